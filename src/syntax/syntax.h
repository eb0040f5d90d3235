/* syntax.h -- what the rooms above may ask of syntax/: source text to tree, trees
 * to `ast` objects and back.
 *
 * A tree lives in the arena it was made in, its identifiers and constants
 * (PyObject *) too: borrow freely while the arena lives.
 */
#pragma once
#include <Python.h>
#include <stdio.h>

#include "gen/syntax/ast.h"
#include "syntax/arena.h"

/* --- text to tree ---
 * start    Py_file_input, Py_single_input, Py_eval_input, Py_func_type_input.
 * flags    PyCF_* (cf_flags).  In addition to what the caller passes, `from
 *          __future__ import barry_as_FLUFL` is obeyed while parsing.
 * version  the minor in cf_feature_version, or -1 / PY_MINOR_VERSION for all.
 * NULL     with SyntaxError (all attributes set), MemoryError, ...
 */

/* Bytes of a file or of exec(b"..."): decoded by BOM, coding cookie, or UTF-8.
 * source[length] must be 0.  PyCF_IGNORE_COOKIE: it is UTF-8 already. */
MUST_USE hob_mod *hob_parse(const char *source, Py_ssize_t length, PyObject *filename,
                            int start, int flags, int version, hob_arena *arena);

/* A str: cookies in it mean nothing. */
MUST_USE hob_mod *hob_parse_str(PyObject *source, PyObject *filename, int start, int flags,
                                int version, hob_arena *arena);

/* From an open file, line by line, so that nothing past the statement is read
 * when start is Py_single_input.  With ps1/ps2 (either may be NULL) lines come
 * from PyOS_Readline with these prompts.  encoding: NULL means by BOM, cookie
 * or UTF-8.  *is_eof tells whether the input had ended already: nothing was left to parse.
 */
MUST_USE hob_mod *hob_parse_file(FILE *file, PyObject *filename, const char *encoding,
                                 int start, const char *ps1, const char *ps2, int flags,
                                 int version, bool *is_eof, hob_arena *arena);

/* --- tree to objects and back ---
 * hob_ast_check: 1 when op is an instance of _ast.AST; with mode >= 0 also checks
 * that it is the root kind for 0 exec, 1 eval, 2 single (TypeError if not).
 */
MUST_USE PyObject *hob_ast_to_object(hob_mod *mod);
MUST_USE hob_mod *hob_ast_from_object(PyObject *op, hob_arena *arena, int mode);
MUST_USE tri hob_ast_check(PyObject *op);

/* What compile() promises about a tree that a program built. */
MUST_USE status hob_ast_validate(hob_mod *mod);

/* --- helpers for the compiler --- */

/* NULL with MemoryError; items are not cleared. */
MUST_USE void *hob_seq_new(Py_ssize_t size, hob_arena *arena);

/* str for an annotation under `from __future__ import annotations`. */
MUST_USE PyObject *hob_ast_unparse(hob_expr *expr);

/* The encoding of a source file, as tracebacks need it to show a line: a new
 * PyMem string, or NULL without an error for UTF-8.  Reads from fd's start. */
MUST_USE MAYBE_NULL char *hob_source_encoding(int fd);

/* _ast's types exist from the first use on; this drops them at exit. */
void hob_ast_fini(void);

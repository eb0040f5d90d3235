/* compile.h -- tree to code object.
 *
 * hob_compile_module owns nothing of what it is given and may change the tree
 * (constants are folded in it).
 */
#pragma once
#include "syntax/syntax.h"

/* optimize: 0, 1 (-O), 2 (-OO), or -1 for what the interpreter was started with.
 * flags: cf_flags get the features that the module asks for; NULL is fine. */
MUST_USE PyCodeObject *hob_compile_module(hob_mod *mod, PyObject *filename,
                                          PyCompilerFlags *flags, int optimize,
                                          hob_arena *arena);

/* --- inside the room --- */

/* Collect the features of a module; last_line is that of the last such import. */
MUST_USE status hob_future_scan(hob_mod *mod, PyObject *filename, int *flags, int *last_line);

/* Fold constants in the tree, which stays in the arena. */
MUST_USE status hob_fold(hob_mod *mod, hob_arena *arena, int optimize, int future_features);

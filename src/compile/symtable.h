/* symtable.h -- what each name means in each scope.
 *
 * A scope is an entry; entries form a tree of children in source order.  The
 * compiler finds one by the tree node that opens it.  `symbols` maps each mangled
 * name to its flags: how it is used here, and its scope in bits from SCOPE_SHIFT.
 */
#pragma once
#include "memory/own.h"
#include "syntax/syntax.h"

/* How a name is used in a scope; the module _symtable shows these numbers. */
enum {
    DEF_GLOBAL = 1, DEF_LOCAL = 2, DEF_PARAM = 4, DEF_NONLOCAL = 8, USE = 16, DEF_FREE = 32,
    DEF_FREE_CLASS = 64,                /* free, and also bound by the class itself */
    DEF_IMPORT = 128, DEF_ANNOT = 256, DEF_COMP_ITER = 512,
    DEF_BOUND = DEF_LOCAL | DEF_PARAM | DEF_IMPORT,
    SCOPE_SHIFT = 11, SCOPE_MASK = 15,
};

typedef enum { LOCAL = 1, GLOBAL_EXPLICIT, GLOBAL_IMPLICIT, FREE, CELL } hob_name_scope;

typedef enum { BLOCK_FUNCTION, BLOCK_CLASS, BLOCK_MODULE, BLOCK_ANNOTATION } hob_block_type;

typedef enum {
    NO_COMPREHENSION, LIST_COMPREHENSION, DICT_COMPREHENSION, SET_COMPREHENSION,
    GENERATOR_EXPRESSION
} hob_comprehension_kind;

typedef struct hob_scope {
    PyObject_HEAD
    PyObject *id;                       /* int: address of the node */
    PyObject *symbols;                  /* dict: str -> int */
    PyObject *name;                     /* str */
    PyObject *varnames;                 /* list of str: parameters in order */
    PyObject *children;                 /* list of entries */
    PyObject *directives;               /* list of (name, span as bytes), or NULL */
    struct hob_scope *parent;           /* borrowed; NULL for the module */
    hob_block_type type;
    hob_comprehension_kind comprehension;
    int nested;                         /* inside a function */
    bool is_generator, is_coroutine, has_varargs, has_varkeywords;
    bool needs_class_cell;              /* a class whose methods name __class__ */
    bool in_target;                     /* of a comprehension, while building */
    int in_iterable;                    /* depth of comprehension iterables, while building */
    int lineno;                         /* for Python: as at.lineno */
    hob_span at;
} hob_scope;

extern PyTypeObject hob_symtable_entry_type;

typedef struct {
    PyObject *filename;                 /* borrowed */
    PyObject *by_node;                  /* dict: int (address of node) -> entry; owns all */
    hob_scope *top;                     /* borrowed from by_node */
    hob_scope *current;
    PyObject *class_name;               /* for mangling, borrowed; NULL outside classes */
    hob_arena *arena;
    int future_features;
    bool failed;                        /* an exception is set: do nothing more */
    int depth, depth_limit;             /* of the visitor's recursion */
} hob_symtable;

/* NULL with SyntaxError, RecursionError, .. */
MUST_USE hob_symtable *hob_symtable_build(hob_mod *mod, PyObject *filename, int future_features,
                                          hob_arena *arena);
void hob_symtable_free(hob_symtable *st);           /* NULL is fine */

/* The entry that node opened: borrowed; KeyError if there is none. */
BORROWED hob_scope *hob_symtable_lookup(hob_symtable *st, const void *node);

/* Flags of a mangled name here, 0 if it is unknown; -1 with an exception. */
long hob_scope_flags(hob_scope *scope, PyObject *name);
/* A hob_name_scope, or 0; -1 with an exception. */
int hob_scope_of(hob_scope *scope, PyObject *name);

/* name as class_name (or NULL) makes it private: new reference. */
MUST_USE PyObject *hob_mangle(PyObject *class_name, PyObject *name);

/* scope.c: decide the scope of every name of the tree. */
MUST_USE status hob_symtable_resolve(hob_symtable *st);

/* Set a SyntaxError at a place; returns -1. */
status hob_syntax_error_at(PyObject *filename, hob_span at, const char *format, ...);

/* How deep a recursion over a tree may go from here: see recursion limit of sys. */
void hob_tree_depth_limits(int *depth, int *limit);
status hob_tree_too_deep(void);         /* sets RecursionError; -1 */

/* Python's symtable(): source text to its top entry. */
MUST_USE PyObject *hob_symtable_of_source(const char *source, Py_ssize_t length,
                                          PyObject *filename, int start,
                                          PyCompilerFlags *flags);

/* scope.c -- what each name means: local, global, free, or a cell.
 *
 * Two directions.  Downwards, a name is looked up through the functions around
 * its scope (a class in between does not count, but for its __class__).  Upwards,
 * each scope hands the names that it and its children need from outside to its
 * parent, where a local that is needed becomes a cell.
 *
 * Holds      a name free in a scope is free or a cell in every function between
 *            it and the one that binds it.
 */
#include "compile/symtable.h"

#include "objects/ids.h"

/* --- where a directive stands --- */

static status
fail_at_directive(hob_symtable *st, hob_scope *scope, PyObject *name, const char *format)
{
    hob_span at = scope->at;
    Py_ssize_t n = scope->directives ? PyList_GET_SIZE(scope->directives) : 0;
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *pair = PyList_GET_ITEM(scope->directives, i);
        if (PyUnicode_Compare(PyTuple_GET_ITEM(pair, 0), name) == 0) {
            memcpy(&at, PyBytes_AS_STRING(PyTuple_GET_ITEM(pair, 1)), sizeof at);
            break;
        }
    }
    return hob_syntax_error_at(st->filename, at, format, name);
}

/* --- downwards --- */

/* Is there a function around scope in which the name is a local? */
static tri
bound_around(hob_scope *scope, PyObject *name)
{
    for (hob_scope *outer = scope->parent; outer; outer = outer->parent) {
        if (outer->type == BLOCK_CLASS) {
            int same = PyUnicode_Compare(name, ID(__class__));
            if (same == 0) { return 1; }
            if (same == -1 && PyErr_Occurred()) { return -1; }
            continue;
        }
        if (outer->type != BLOCK_FUNCTION) { continue; }
        long flags = hob_scope_flags(outer, name);
        if (flags < 0) { return -1; }
        if (flags & DEF_GLOBAL) { return 0; }
        if ((flags & DEF_BOUND) && !(flags & DEF_NONLOCAL)) { return 1; }
    }
    return 0;
}

static int                              /* a hob_name_scope, or -1 with an exception */
scope_of_nonlocal(hob_symtable *st, hob_scope *scope, PyObject *name)
{
    if (scope == st->top) {
        return fail_at_directive(st, scope, name,
                                 "nonlocal declaration not allowed at module level");
    }
    tri bound = bound_around(scope, name);
    if (bound < 0) { return -1; }
    if (!bound) {
        return fail_at_directive(st, scope, name, "no binding for nonlocal '%U' found");
    }
    return FREE;
}

static int
scope_of_name(hob_symtable *st, hob_scope *scope, PyObject *name, long flags)
{
    if (flags & DEF_GLOBAL) {
        if (flags & DEF_NONLOCAL) {
            return fail_at_directive(st, scope, name, "name '%U' is nonlocal and global");
        }
        return GLOBAL_EXPLICIT;
    }
    if (flags & DEF_NONLOCAL) { return scope_of_nonlocal(st, scope, name); }
    if (flags & DEF_BOUND) { return LOCAL; }

    tri bound = bound_around(scope, name);
    if (bound < 0) { return -1; }
    return bound ? FREE : GLOBAL_IMPLICIT;
}

/* --- upwards --- */

static status
set_scope(hob_scope *scope, PyObject *name, long flags, int meaning)
{
    own PyObject *value = PyLong_FromLong(flags | (long)meaning << SCOPE_SHIFT);
    return value ? PyDict_SetItem(scope->symbols, name, value) : -1;
}

/* Decide all names of a scope; those that are free go to `wanted` too.  needed: what
 * the children want from here on; cells are taken out of it. */
static status
decide_names(hob_symtable *st, hob_scope *scope, PyObject *needed, PyObject *wanted)
{
    own PyObject *names = PySequence_List(scope->symbols);
    if (!names) { return -1; }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(names); i++) {
        PyObject *name = PyList_GET_ITEM(names, i);
        long flags = hob_scope_flags(scope, name);
        if (flags < 0) { return -1; }
        int meaning = scope_of_name(st, scope, name, flags);
        if (meaning < 0) { return -1; }
        if (meaning == FREE && PySet_Add(wanted, name) < 0) { return -1; }
        if (meaning == LOCAL && scope->type == BLOCK_FUNCTION) {
            int taken = PySet_Discard(needed, name);
            if (taken < 0) { return -1; }
            if (taken) { meaning = CELL; }
        }
        if (set_scope(scope, name, flags, meaning) < 0) { return -1; }
    }
    return 0;
}

/* A name that only passes through on its way to a child. */
static status
pass_through(hob_scope *scope, PyObject *name)
{
    PyObject *present = PyDict_GetItemWithError(scope->symbols, name);
    if (!present) {
        if (PyErr_Occurred()) { return -1; }
        tri bound = bound_around(scope, name);
        return bound <= 0 ? bound : set_scope(scope, name, 0, FREE);
    }
    long flags = PyLong_AsLong(present);
    if (scope->type == BLOCK_CLASS && (flags & (DEF_BOUND | DEF_GLOBAL))) {
        return set_scope(scope, name, flags | DEF_FREE_CLASS, 0);
    }
    return 0;
}

static status
pass_all_through(hob_scope *scope, PyObject *needed)
{
    Py_ssize_t at = 0;
    PyObject *name;
    Py_hash_t hash;
    while (_PySet_NextEntry(needed, &at, &name, &hash)) {
        if (pass_through(scope, name) < 0) { return -1; }
    }
    return 0;
}

static status
set_update(PyObject *set, PyObject *more)
{
    return PySet_GET_SIZE(more) ? _PySet_Update(set, more) : 0;
}

static status resolve(hob_symtable *st, hob_scope *scope, PyObject *wanted);

static status
resolve_children(hob_symtable *st, hob_scope *scope, PyObject *needed)
{
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(scope->children); i++) {
        if (resolve(st, (hob_scope *)PyList_GET_ITEM(scope->children, i), needed) < 0) {
            return -1;
        }
    }
    return 0;
}

/* Check directives before children are looked at, so that outer errors come first. */
static status
check_names(hob_symtable *st, hob_scope *scope)
{
    if (!scope->directives) { return 0; }
    Py_ssize_t at = 0;
    PyObject *name, *value;
    while (PyDict_Next(scope->symbols, &at, &name, &value)) {
        if (scope_of_name(st, scope, name, PyLong_AsLong(value)) < 0) { return -1; }
    }
    return 0;
}

/* Decide the scope and everything inside; add the names it wants from outside. */
static status
resolve(hob_symtable *st, hob_scope *scope, PyObject *wanted)
{
    if (check_names(st, scope) < 0) { return -1; }
    own PyObject *needed = PySet_New(NULL);
    if (!needed || resolve_children(st, scope, needed) < 0) { return -1; }
    if (decide_names(st, scope, needed, wanted) < 0) { return -1; }

    if (scope->type == BLOCK_CLASS) {
        int taken = PySet_Discard(needed, ID(__class__));
        if (taken < 0) { return -1; }
        if (taken) { scope->needs_class_cell = true; }
    }
    if (pass_all_through(scope, needed) < 0) { return -1; }
    return set_update(wanted, needed);
}

status
hob_symtable_resolve(hob_symtable *st)
{
    own PyObject *wanted = PySet_New(NULL);
    return wanted ? resolve(st, st->top, wanted) : -1;
}

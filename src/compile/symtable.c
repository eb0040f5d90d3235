/* symtable.c -- collecting names: one walk over the tree.
 *
 * Every statement and expression that binds or uses a name adds flags for it to
 * the current scope; functions, classes, lambdas and comprehensions open scopes of
 * their own.  What the names mean is decided afterwards, in scope.c.
 *
 * Holds      after the first failure (st->failed, an exception is set) every
 *            function returns without doing anything.
 */
#include "compile/symtable.h"

#include <structmember.h>

#include "compile/compile.h"

#include "objects/ids.h"
#include "state/c_stack.h"
#include "state/runtime.h"

/* --- errors --- */

status
hob_syntax_error_at(PyObject *filename, hob_span at, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    PyErr_FormatV(PyExc_SyntaxError, format, args);
    va_end(args);
    PyErr_RangedSyntaxLocationObject(filename, at.lineno, at.col_offset + 1, at.end_lineno,
                                     at.end_col_offset + 1);
    return -1;
}

#define FAIL_AT(st, at, ...)                                            \
    do {                                                                \
        if (!(st)->failed) {                                            \
            hob_syntax_error_at((st)->filename, at, __VA_ARGS__);       \
            (st)->failed = true;                                        \
        }                                                               \
    } while (0)

enum { TREE_FRAMES = 3 };               /* tree levels that count as one Python frame */

void
hob_tree_depth_limits(int *depth, int *limit)
{
    PyThreadState *ts = hob_ts();
    int used = ts->recursion_limit - ts->recursion_remaining;
    *depth = used < INT_MAX / TREE_FRAMES ? used * TREE_FRAMES : used;
    *limit = Py_GetRecursionLimit();
    if (*limit < INT_MAX / TREE_FRAMES) { *limit *= TREE_FRAMES; }
}

status
hob_tree_too_deep(void)
{
    PyErr_SetString(PyExc_RecursionError,
                    "maximum recursion depth exceeded during compilation");
    return -1;
}

/* --- names --- */

PyObject *
hob_mangle(PyObject *class_name, PyObject *name)
{
    Py_ssize_t n = PyUnicode_GET_LENGTH(name);
    if (!class_name || n < 2 || PyUnicode_READ_CHAR(name, 0) != '_'
        || PyUnicode_READ_CHAR(name, 1) != '_') {
        return Py_NewRef(name);
    }
    bool is_special = PyUnicode_READ_CHAR(name, n - 1) == '_'
        && PyUnicode_READ_CHAR(name, n - 2) == '_';
    if (is_special || PyUnicode_FindChar(name, '.', 0, n, 1) >= 0) { return Py_NewRef(name); }

    Py_ssize_t n_class = PyUnicode_GET_LENGTH(class_name), skip = 0;
    while (skip < n_class && PyUnicode_READ_CHAR(class_name, skip) == '_') { skip++; }
    if (skip == n_class) { return Py_NewRef(name); }

    own PyObject *stem = PyUnicode_Substring(class_name, skip, n_class);
    if (!stem) { return NULL; }
    PyObject *mangled = PyUnicode_FromFormat("_%U%U", stem, name);
    if (mangled) { PyUnicode_InternInPlace(&mangled); }
    return mangled;
}

long
hob_scope_flags(hob_scope *scope, PyObject *name)
{
    PyObject *flags = PyDict_GetItemWithError(scope->symbols, name);
    if (!flags) { return PyErr_Occurred() ? -1 : 0; }
    return PyLong_AsLong(flags);
}

int
hob_scope_of(hob_scope *scope, PyObject *name)
{
    long flags = hob_scope_flags(scope, name);
    return flags < 0 ? -1 : (int)(flags >> SCOPE_SHIFT & SCOPE_MASK);
}

static void
symbols_set(hob_symtable *st, PyObject *symbols, PyObject *name, long flags)
{
    own PyObject *value = PyLong_FromLong(flags);
    if (!value || PyDict_SetItem(symbols, name, value) < 0) { st->failed = true; }
}

/* Flags of an unmangled name in scope, 0 after a failure. */
static long
flags_of(hob_symtable *st, hob_scope *scope, PyObject *name)
{
    if (st->failed) { return 0; }
    own PyObject *mangled = hob_mangle(st->class_name, name);
    long flags = mangled ? hob_scope_flags(scope, mangled) : -1;
    if (flags < 0) {
        st->failed = true;
        return 0;
    }
    return flags;
}

static void
add_to(hob_symtable *st, hob_scope *scope, PyObject *name, long flag, hob_span at)
{
    if (st->failed) { return; }
    own PyObject *mangled = hob_mangle(st->class_name, name);
    long flags = mangled ? hob_scope_flags(scope, mangled) : -1;
    if (flags < 0) {
        st->failed = true;
        return;
    }
    if (flag & flags & DEF_PARAM) {
        FAIL_AT(st, at, "duplicate argument '%U' in function definition", name);
        return;
    }
    flags |= flag;
    if (scope->in_target) {
        if (flags & (DEF_GLOBAL | DEF_NONLOCAL)) {
            FAIL_AT(st, at, "comprehension inner loop cannot rebind assignment expression "
                    "target '%U'", name);
            return;
        }
        flags |= DEF_COMP_ITER;
    }
    symbols_set(st, scope->symbols, mangled, flags);
    if (st->failed) { return; }

    if (flag & DEF_PARAM) {
        if (PyList_Append(scope->varnames, mangled) < 0) { st->failed = true; }
    }
    else if (flag & DEF_GLOBAL) {       /* the module sees it too */
        long there = hob_scope_flags(st->top, mangled);
        if (there < 0) { st->failed = true; }
        else { symbols_set(st, st->top->symbols, mangled, there | flag); }
    }
}

static void
add(hob_symtable *st, PyObject *name, long flag, hob_span at)
{
    add_to(st, st->current, name, flag, at);
}

/* Remember where a global or nonlocal statement (or := in a comprehension) names it. */
static void
add_directive(hob_symtable *st, PyObject *name, hob_span at)
{
    if (st->failed) { return; }
    hob_scope *scope = st->current;
    if (!scope->directives) {
        scope->directives = PyList_New(0);
        if (!scope->directives) {
            st->failed = true;
            return;
        }
    }
    own PyObject *mangled = hob_mangle(st->class_name, name);
    own PyObject *span = PyBytes_FromStringAndSize((const char *)&at, sizeof at);
    own PyObject *pair = mangled && span ? PyTuple_Pack(2, mangled, span) : NULL;
    if (!pair || PyList_Append(scope->directives, pair) < 0) { st->failed = true; }
}

/* --- scopes --- */

static hob_scope *
scope_new(PyObject *name, hob_block_type type, const void *node, hob_span at)
{
    hob_scope *scope = PyObject_New(hob_scope, &hob_symtable_entry_type);
    if (!scope) { return NULL; }
    memset((char *)scope + sizeof(PyObject), 0, sizeof *scope - sizeof(PyObject));
    scope->type = type;
    scope->at = at;
    scope->lineno = at.lineno;
    scope->name = Py_NewRef(name);
    scope->id = PyLong_FromVoidPtr((void *)node);
    scope->symbols = PyDict_New();
    scope->varnames = PyList_New(0);
    scope->children = PyList_New(0);
    if (!scope->id || !scope->symbols || !scope->varnames || !scope->children) {
        Py_DECREF(scope);
        return NULL;
    }
    return scope;
}

/* Open a scope; false after a failure, when it must not be left either. */
static bool
enter(hob_symtable *st, PyObject *name, hob_block_type type, const void *node, hob_span at)
{
    if (st->failed) { return false; }
    own hob_scope *scope = scope_new(name, type, node, at);
    /* an annotation's own scope is never looked up, and its node may open another */
    PyObject *key = scope && type != BLOCK_ANNOTATION ? scope->id : (PyObject *)scope;
    if (!scope || PyDict_SetItem(st->by_node, key, (PyObject *)scope) < 0) {
        st->failed = true;
        return false;
    }
    hob_scope *outer = st->current;
    scope->parent = outer;
    if (outer) {
        scope->nested = outer->nested || outer->type == BLOCK_FUNCTION;
        scope->in_iterable = outer->in_iterable;
        /* annotations that will only be strings open scopes that do not count */
        if (type != BLOCK_ANNOTATION
            && PyList_Append(outer->children, (PyObject *)scope) < 0) {
            st->failed = true;
            return false;
        }
    }
    else { st->top = scope; }
    st->current = scope;
    return true;
}

static void
leave(hob_symtable *st)
{
    st->current = st->current->parent;
}

hob_scope *
hob_symtable_lookup(hob_symtable *st, const void *node)
{
    own PyObject *id = PyLong_FromVoidPtr((void *)node);
    if (!id) { return NULL; }
    PyObject *scope = PyDict_GetItemWithError(st->by_node, id);
    if (!scope && !PyErr_Occurred()) {
        PyErr_SetString(PyExc_KeyError, "unknown symbol table entry");
    }
    return (hob_scope *)scope;
}

/* --- the walk --- */

static void visit_stmt(hob_symtable *st, hob_stmt *s);
static void visit_expr(hob_symtable *st, hob_expr *e);
static void visit_pattern(hob_symtable *st, hob_pattern *p);

static void
visit_body(hob_symtable *st, hob_stmt_seq *body)
{
    for (Py_ssize_t i = 0; i < body->size; i++) { visit_stmt(st, body->items[i]); }
}

static void
visit_exprs(hob_symtable *st, hob_expr_seq *exprs)
{
    for (Py_ssize_t i = 0; i < exprs->size; i++) {
        if (exprs->items[i]) { visit_expr(st, exprs->items[i]); }
    }
}

static void
visit_maybe(hob_symtable *st, hob_expr *e)
{
    if (e) { visit_expr(st, e); }
}

static void
visit_keywords(hob_symtable *st, hob_keyword_seq *keywords)
{
    for (Py_ssize_t i = 0; i < keywords->size; i++) {
        visit_expr(st, keywords->items[i]->value);
    }
}

/* --- functions --- */

static void
visit_annotation(hob_symtable *st, hob_expr *annotation)
{
    if (!annotation) { return; }
    bool is_string = st->future_features & CO_FUTURE_ANNOTATIONS;
    if (is_string
        && !enter(st, ID(_annotation), BLOCK_ANNOTATION, annotation, annotation->at)) {
        return;
    }
    visit_expr(st, annotation);
    if (is_string) { leave(st); }
}

static void
visit_arg_annotations(hob_symtable *st, hob_arg_seq *args)
{
    for (Py_ssize_t i = 0; i < args->size; i++) {
        visit_annotation(st, args->items[i]->annotation);
    }
}

/* What of a function runs in the scope around it, but for decorators. */
static void
visit_defaults(hob_symtable *st, hob_arguments *args)
{
    visit_exprs(st, args->defaults);
    visit_exprs(st, args->kw_defaults);
}

static void
visit_annotations(hob_symtable *st, hob_arguments *args, hob_expr *returns)
{
    visit_arg_annotations(st, args->posonlyargs);
    visit_arg_annotations(st, args->args);
    if (args->vararg) { visit_annotation(st, args->vararg->annotation); }
    if (args->kwarg) { visit_annotation(st, args->kwarg->annotation); }
    visit_arg_annotations(st, args->kwonlyargs);
    visit_annotation(st, returns);
}

static void
add_parameters(hob_symtable *st, hob_arg_seq *args)
{
    for (Py_ssize_t i = 0; i < args->size; i++) {
        add(st, args->items[i]->arg, DEF_PARAM, args->items[i]->at);
    }
}

static void
visit_arguments(hob_symtable *st, hob_arguments *args)
{
    add_parameters(st, args->posonlyargs);
    add_parameters(st, args->args);
    add_parameters(st, args->kwonlyargs);
    if (args->vararg) {
        add(st, args->vararg->arg, DEF_PARAM, args->vararg->at);
        st->current->has_varargs = true;
    }
    if (args->kwarg) {
        add(st, args->kwarg->arg, DEF_PARAM, args->kwarg->at);
        st->current->has_varkeywords = true;
    }
}

static void
visit_function(hob_symtable *st, hob_stmt *s)
{
    __typeof__(&s->v.function_def) f = &s->v.function_def;      /* async ones are alike */
    add(st, f->name, DEF_LOCAL, s->at);
    visit_defaults(st, f->args);
    visit_annotations(st, f->args, f->returns);
    visit_exprs(st, f->decorator_list);
    if (!enter(st, f->name, BLOCK_FUNCTION, s, s->at)) { return; }
    st->current->is_coroutine = s->kind == STMT_ASYNC_FUNCTION_DEF;
    visit_arguments(st, f->args);
    visit_body(st, f->body);
    leave(st);
}

_Static_assert(sizeof ((hob_stmt *)0)->v.function_def
               == sizeof ((hob_stmt *)0)->v.async_function_def, "visited as one");

static void
visit_class(hob_symtable *st, hob_stmt *s)
{
    __typeof__(&s->v.class_def) c = &s->v.class_def;
    add(st, c->name, DEF_LOCAL, s->at);
    visit_exprs(st, c->bases);
    visit_keywords(st, c->keywords);
    visit_exprs(st, c->decorator_list);
    if (!enter(st, c->name, BLOCK_CLASS, s, s->at)) { return; }
    PyObject *outer = st->class_name;
    st->class_name = c->name;
    visit_body(st, c->body);
    st->class_name = outer;
    leave(st);
}

static void
visit_lambda(hob_symtable *st, hob_expr *e)
{
    visit_defaults(st, e->v.lambda.args);
    if (!enter(st, ID(lambda), BLOCK_FUNCTION, e, e->at)) { return; }
    visit_arguments(st, e->v.lambda.args);
    visit_expr(st, e->v.lambda.body);
    leave(st);
}

/* --- statements --- */

static void
visit_ann_assign(hob_symtable *st, hob_stmt *s)
{
    __typeof__(&s->v.ann_assign) a = &s->v.ann_assign;
    if (a->target->kind != EXPR_NAME) { visit_expr(st, a->target); }
    else {
        PyObject *name = a->target->v.name.id;
        long flags = flags_of(st, st->current, name);
        if ((flags & (DEF_GLOBAL | DEF_NONLOCAL)) && st->current != st->top && a->simple) {
            FAIL_AT(st, s->at, flags & DEF_GLOBAL ? "annotated name '%U' can't be global"
                                                  : "annotated name '%U' can't be nonlocal",
                    name);
            return;
        }
        if (a->simple) { add(st, name, DEF_ANNOT | DEF_LOCAL, a->target->at); }
        else if (a->value) { add(st, name, DEF_LOCAL, a->target->at); }
    }
    visit_annotation(st, a->annotation);
    visit_maybe(st, a->value);
}

/* global and nonlocal must come before anything else is said about the name. */
static void
visit_directive(hob_symtable *st, hob_stmt *s, hob_identifier_seq *names, long flag)
{
    static const struct { long flag; const char *global, *nonlocal; } too_late[] = {
        {DEF_PARAM, "name '%U' is parameter and global", "name '%U' is parameter and nonlocal"},
        {USE, "name '%U' is used prior to global declaration",
         "name '%U' is used prior to nonlocal declaration"},
        {DEF_ANNOT, "annotated name '%U' can't be global",
         "annotated name '%U' can't be nonlocal"},
        {DEF_LOCAL, "name '%U' is assigned to before global declaration",
         "name '%U' is assigned to before nonlocal declaration"},
    };
    for (Py_ssize_t i = 0; i < names->size; i++) {
        PyObject *name = names->items[i];
        long flags = flags_of(st, st->current, name);
        for (size_t k = 0; k < ARRAY_LEN(too_late); k++) {
            if (flags & too_late[k].flag) {
                FAIL_AT(st, s->at, flag == DEF_GLOBAL ? too_late[k].global
                                                      : too_late[k].nonlocal, name);
                return;
            }
        }
        add(st, name, flag, s->at);
        add_directive(st, name, s->at);
    }
}

static void
visit_aliases(hob_symtable *st, hob_alias_seq *names)
{
    for (Py_ssize_t i = 0; i < names->size && !st->failed; i++) {
        hob_alias *alias = names->items[i];
        if (alias->asname) {
            add(st, alias->asname, DEF_IMPORT, alias->at);
            continue;
        }
        Py_ssize_t n = PyUnicode_GET_LENGTH(alias->name);
        Py_ssize_t dot = PyUnicode_FindChar(alias->name, '.', 0, n, 1);
        own PyObject *first = PyUnicode_Substring(alias->name, 0, dot < 0 ? n : dot);
        if (!first) {
            st->failed = true;
            return;
        }
        if (!_PyUnicode_EqualToASCIIString(alias->name, "*")) {
            add(st, first, DEF_IMPORT, alias->at);
        }
        else if (st->current->type != BLOCK_MODULE) {
            FAIL_AT(st, alias->at, "import * only allowed at module level");
        }
    }
}

static void
visit_with(hob_symtable *st, hob_withitem_seq *items, hob_stmt_seq *body)
{
    for (Py_ssize_t i = 0; i < items->size; i++) {
        visit_expr(st, items->items[i]->context_expr);
        visit_maybe(st, items->items[i]->optional_vars);
    }
    visit_body(st, body);
}

static void
visit_try(hob_symtable *st, hob_stmt *s)
{
    __typeof__(&s->v.try) t = &s->v.try;                /* TryStar is alike */
    visit_body(st, t->body);
    visit_body(st, t->orelse);
    for (Py_ssize_t i = 0; i < t->handlers->size; i++) {
        hob_excepthandler *handler = t->handlers->items[i];
        visit_maybe(st, handler->v.except_handler.type);
        if (handler->v.except_handler.name) {
            add(st, handler->v.except_handler.name, DEF_LOCAL, handler->at);
        }
        visit_body(st, handler->v.except_handler.body);
    }
    visit_body(st, t->finalbody);
}

static void
visit_match(hob_symtable *st, hob_stmt *s)
{
    visit_expr(st, s->v.match.subject);
    hob_match_case_seq *cases = s->v.match.cases;
    for (Py_ssize_t i = 0; i < cases->size; i++) {
        visit_pattern(st, cases->items[i]->pattern);
        visit_maybe(st, cases->items[i]->guard);
        visit_body(st, cases->items[i]->body);
    }
}

static void
visit_loop(hob_symtable *st, hob_stmt *s)
{
    __typeof__(&s->v.for_) f = &s->v.for_;              /* async ones are alike */
    visit_expr(st, f->target);
    visit_expr(st, f->iter);
    visit_body(st, f->body);
    visit_body(st, f->orelse);
}

static void
visit_stmt_inner(hob_symtable *st, hob_stmt *s)
{
    switch (s->kind) {
    case STMT_FUNCTION_DEF:
    case STMT_ASYNC_FUNCTION_DEF: visit_function(st, s); break;
    case STMT_CLASS_DEF: visit_class(st, s); break;
    case STMT_RETURN: visit_maybe(st, s->v.return_.value); break;
    case STMT_DELETE: visit_exprs(st, s->v.delete.targets); break;
    case STMT_ASSIGN:
        visit_exprs(st, s->v.assign.targets);
        visit_expr(st, s->v.assign.value);
        break;
    case STMT_AUG_ASSIGN:
        visit_expr(st, s->v.aug_assign.target);
        visit_expr(st, s->v.aug_assign.value);
        break;
    case STMT_ANN_ASSIGN: visit_ann_assign(st, s); break;
    case STMT_FOR:
    case STMT_ASYNC_FOR: visit_loop(st, s); break;
    case STMT_WHILE:
        visit_expr(st, s->v.while_.test);
        visit_body(st, s->v.while_.body);
        visit_body(st, s->v.while_.orelse);
        break;
    case STMT_IF:
        visit_expr(st, s->v.if_.test);
        visit_body(st, s->v.if_.body);
        visit_body(st, s->v.if_.orelse);
        break;
    case STMT_WITH: visit_with(st, s->v.with.items, s->v.with.body); break;
    case STMT_ASYNC_WITH: visit_with(st, s->v.async_with.items, s->v.async_with.body); break;
    case STMT_MATCH: visit_match(st, s); break;
    case STMT_RAISE:
        visit_maybe(st, s->v.raise.exc);
        visit_maybe(st, s->v.raise.cause);
        break;
    case STMT_TRY:
    case STMT_TRY_STAR: visit_try(st, s); break;
    case STMT_ASSERT:
        visit_expr(st, s->v.assert_.test);
        visit_maybe(st, s->v.assert_.msg);
        break;
    case STMT_IMPORT: visit_aliases(st, s->v.import.names); break;
    case STMT_IMPORT_FROM: visit_aliases(st, s->v.import_from.names); break;
    case STMT_GLOBAL: visit_directive(st, s, s->v.global.names, DEF_GLOBAL); break;
    case STMT_NONLOCAL: visit_directive(st, s, s->v.nonlocal.names, DEF_NONLOCAL); break;
    case STMT_EXPR: visit_expr(st, s->v.expr.value); break;
    case STMT_PASS:
    case STMT_BREAK:
    case STMT_CONTINUE: break;
    }
}

static bool                             /* false after a failure */
go_deeper(hob_symtable *st)
{
    if (st->failed) { return false; }
    if (++st->depth > st->depth_limit || hob_c_stack_is_low()) {
        st->depth--;
        hob_tree_too_deep();
        st->failed = true;
        return false;
    }
    return true;
}

static void
visit_stmt(hob_symtable *st, hob_stmt *s)
{
    if (!go_deeper(st)) { return; }
    visit_stmt_inner(st, s);
    st->depth--;
}

/* --- comprehensions and := --- */

static void
visit_generator(hob_symtable *st, hob_comprehension *gen)
{
    if (st->failed) { return; }
    st->current->in_target = true;
    visit_expr(st, gen->target);
    st->current->in_target = false;
    st->current->in_iterable++;
    visit_expr(st, gen->iter);
    st->current->in_iterable--;
    visit_exprs(st, gen->ifs);
    if (gen->is_async) { st->current->is_coroutine = true; }
}

static void
visit_comprehension(hob_symtable *st, hob_expr *e, PyObject *name, hob_comprehension_kind kind,
                    hob_comprehension_seq *generators, hob_expr *element, hob_expr *value)
{
    hob_comprehension *first = generators->items[0];
    st->current->in_iterable++;         /* the first iterable belongs outside */
    visit_expr(st, first->iter);
    st->current->in_iterable--;
    if (!enter(st, name, BLOCK_FUNCTION, e, e->at)) { return; }

    hob_scope *scope = st->current;
    scope->comprehension = kind;
    if (first->is_async) { scope->is_coroutine = true; }
    own PyObject *dot_zero = PyUnicode_InternFromString(".0");
    if (!dot_zero) { st->failed = true; }
    else { add(st, dot_zero, DEF_PARAM, e->at); }

    scope->in_target = true;
    visit_expr(st, first->target);
    scope->in_target = false;
    visit_exprs(st, first->ifs);
    for (Py_ssize_t i = 1; i < generators->size; i++) {
        visit_generator(st, generators->items[i]);
    }
    visit_maybe(st, value);
    visit_expr(st, element);
    scope->is_generator = kind == GENERATOR_EXPRESSION;
    leave(st);
    if (scope->is_coroutine && !scope->is_generator) { st->current->is_coroutine = true; }
}

/* Under `from __future__ import annotations` these make no sense in an annotation. */
static bool
allowed_here(hob_symtable *st, const char *what, hob_expr *e)
{
    if (st->current->type != BLOCK_ANNOTATION) { return true; }
    FAIL_AT(st, e->at, "'%s' can not be used within an annotation", what);
    return false;
}

/* The target of := in a comprehension belongs to the scope around all of them. */
static void
bind_outside(hob_symtable *st, hob_expr *target)
{
    PyObject *name = target->v.name.id;
    for (hob_scope *scope = st->current; scope && !st->failed; scope = scope->parent) {
        if (scope->comprehension) {
            long flags = flags_of(st, scope, name);
            if ((flags & DEF_COMP_ITER) && (flags & (DEF_LOCAL | DEF_GLOBAL))) {
                FAIL_AT(st, target->at, "assignment expression cannot rebind comprehension "
                        "iteration variable '%U'", name);
            }
            continue;
        }
        if (scope->type == BLOCK_CLASS) {
            FAIL_AT(st, target->at, "assignment expression within a comprehension cannot be "
                    "used in a class body");
            return;
        }
        bool is_module = scope->type == BLOCK_MODULE;
        bool is_global = is_module || (flags_of(st, scope, name) & DEF_GLOBAL);
        add(st, name, is_global ? DEF_GLOBAL : DEF_NONLOCAL, target->at);
        add_directive(st, name, target->at);
        add_to(st, scope, name, is_module ? DEF_GLOBAL : DEF_LOCAL, target->at);
        return;
    }
}

static void
visit_named(hob_symtable *st, hob_expr *e)
{
    if (!allowed_here(st, "named expression", e)) { return; }
    if (st->current->in_iterable > 0) {
        FAIL_AT(st, e->at,
                "assignment expression cannot be used in a comprehension iterable expression");
        return;
    }
    if (st->current->comprehension) { bind_outside(st, e->v.named_expr.target); }
    visit_expr(st, e->v.named_expr.value);
    visit_expr(st, e->v.named_expr.target);
}

static void
visit_yield(hob_symtable *st, hob_expr *e, hob_expr *value)
{
    static const char *const inside[] = {
        [LIST_COMPREHENSION] = "'yield' inside list comprehension",
        [SET_COMPREHENSION] = "'yield' inside set comprehension",
        [DICT_COMPREHENSION] = "'yield' inside dict comprehension",
        [GENERATOR_EXPRESSION] = "'yield' inside generator expression",
    };
    if (!allowed_here(st, "yield expression", e)) { return; }
    visit_maybe(st, value);
    st->current->is_generator = true;
    if (st->current->comprehension) { FAIL_AT(st, e->at, inside[st->current->comprehension]); }
}

/* --- expressions --- */

static void
visit_name(hob_symtable *st, hob_expr *e)
{
    bool is_load = e->v.name.ctx == EXPR_CONTEXT_LOAD;
    add(st, e->v.name.id, is_load ? USE : DEF_LOCAL, e->at);
    /* super() finds its class in a cell, so that naming one is using the other */
    if (is_load && st->current->type == BLOCK_FUNCTION
        && _PyUnicode_EqualToASCIIString(e->v.name.id, "super")) {
        add(st, ID(__class__), USE, e->at);
    }
}

static void
visit_expr_inner(hob_symtable *st, hob_expr *e)
{
    switch (e->kind) {
    case EXPR_BOOL_OP: visit_exprs(st, e->v.bool_op.values); break;
    case EXPR_NAMED_EXPR: visit_named(st, e); break;
    case EXPR_BIN_OP:
        visit_expr(st, e->v.bin_op.left);
        visit_expr(st, e->v.bin_op.right);
        break;
    case EXPR_UNARY_OP: visit_expr(st, e->v.unary_op.operand); break;
    case EXPR_LAMBDA: visit_lambda(st, e); break;
    case EXPR_IF_EXP:
        visit_expr(st, e->v.if_exp.test);
        visit_expr(st, e->v.if_exp.body);
        visit_expr(st, e->v.if_exp.orelse);
        break;
    case EXPR_DICT:
        visit_exprs(st, e->v.dict.keys);
        visit_exprs(st, e->v.dict.values);
        break;
    case EXPR_SET: visit_exprs(st, e->v.set.elts); break;
    case EXPR_LIST_COMP:
        visit_comprehension(st, e, ID(listcomp), LIST_COMPREHENSION, e->v.list_comp.generators,
                            e->v.list_comp.elt, NULL);
        break;
    case EXPR_SET_COMP:
        visit_comprehension(st, e, ID(setcomp), SET_COMPREHENSION, e->v.set_comp.generators,
                            e->v.set_comp.elt, NULL);
        break;
    case EXPR_DICT_COMP:
        visit_comprehension(st, e, ID(dictcomp), DICT_COMPREHENSION, e->v.dict_comp.generators,
                            e->v.dict_comp.key, e->v.dict_comp.value);
        break;
    case EXPR_GENERATOR_EXP:
        visit_comprehension(st, e, ID(genexpr), GENERATOR_EXPRESSION,
                            e->v.generator_exp.generators, e->v.generator_exp.elt, NULL);
        break;
    case EXPR_AWAIT:
        if (!allowed_here(st, "await expression", e)) { return; }
        visit_expr(st, e->v.await.value);
        st->current->is_coroutine = true;
        break;
    case EXPR_YIELD: visit_yield(st, e, e->v.yield.value); break;
    case EXPR_YIELD_FROM: visit_yield(st, e, e->v.yield_from.value); break;
    case EXPR_COMPARE:
        visit_expr(st, e->v.compare.left);
        visit_exprs(st, e->v.compare.comparators);
        break;
    case EXPR_CALL:
        visit_expr(st, e->v.call.func);
        visit_exprs(st, e->v.call.args);
        visit_keywords(st, e->v.call.keywords);
        break;
    case EXPR_FORMATTED_VALUE:
        visit_expr(st, e->v.formatted_value.value);
        visit_maybe(st, e->v.formatted_value.format_spec);
        break;
    case EXPR_JOINED_STR: visit_exprs(st, e->v.joined_str.values); break;
    case EXPR_CONSTANT: break;
    case EXPR_ATTRIBUTE: visit_expr(st, e->v.attribute.value); break;
    case EXPR_SUBSCRIPT:
        visit_expr(st, e->v.subscript.value);
        visit_expr(st, e->v.subscript.slice);
        break;
    case EXPR_STARRED: visit_expr(st, e->v.starred.value); break;
    case EXPR_NAME: visit_name(st, e); break;
    case EXPR_LIST: visit_exprs(st, e->v.list.elts); break;
    case EXPR_TUPLE: visit_exprs(st, e->v.tuple.elts); break;
    case EXPR_SLICE:
        visit_maybe(st, e->v.slice.lower);
        visit_maybe(st, e->v.slice.upper);
        visit_maybe(st, e->v.slice.step);
        break;
    }
}

static void
visit_expr(hob_symtable *st, hob_expr *e)
{
    if (!go_deeper(st)) { return; }
    visit_expr_inner(st, e);
    st->depth--;
}

/* --- patterns --- */

static void
visit_patterns(hob_symtable *st, hob_pattern_seq *patterns)
{
    for (Py_ssize_t i = 0; i < patterns->size; i++) { visit_pattern(st, patterns->items[i]); }
}

static void
capture(hob_symtable *st, PyObject *name, hob_pattern *p)
{
    if (name) { add(st, name, DEF_LOCAL, p->at); }
}

static void
visit_pattern(hob_symtable *st, hob_pattern *p)
{
    if (!go_deeper(st)) { return; }
    switch (p->kind) {
    case PATTERN_MATCH_VALUE: visit_expr(st, p->v.match_value.value); break;
    case PATTERN_MATCH_SINGLETON: break;
    case PATTERN_MATCH_SEQUENCE: visit_patterns(st, p->v.match_sequence.patterns); break;
    case PATTERN_MATCH_MAPPING:
        visit_exprs(st, p->v.match_mapping.keys);
        visit_patterns(st, p->v.match_mapping.patterns);
        capture(st, p->v.match_mapping.rest, p);
        break;
    case PATTERN_MATCH_CLASS:
        visit_expr(st, p->v.match_class.cls);
        visit_patterns(st, p->v.match_class.patterns);
        visit_patterns(st, p->v.match_class.kwd_patterns);
        break;
    case PATTERN_MATCH_STAR: capture(st, p->v.match_star.name, p); break;
    case PATTERN_MATCH_AS:
        if (p->v.match_as.pattern) { visit_pattern(st, p->v.match_as.pattern); }
        capture(st, p->v.match_as.name, p);
        break;
    case PATTERN_MATCH_OR: visit_patterns(st, p->v.match_or.patterns); break;
    }
    st->depth--;
}

/* --- the whole --- */

static void
visit_mod(hob_symtable *st, hob_mod *mod)
{
    switch (mod->kind) {
    case MOD_MODULE: visit_body(st, mod->v.module.body); break;
    case MOD_INTERACTIVE: visit_body(st, mod->v.interactive.body); break;
    case MOD_EXPRESSION: visit_expr(st, mod->v.expression.body); break;
    case MOD_FUNCTION_TYPE:
        PyErr_SetString(PyExc_RuntimeError, "this compiler does not handle FunctionTypes");
        st->failed = true;
        break;
    }
}

hob_symtable *
hob_symtable_build(hob_mod *mod, PyObject *filename, int future_features, hob_arena *arena)
{
    hob_symtable *st = PyMem_Calloc(1, sizeof *st);
    if (!st) {
        PyErr_NoMemory();
        return NULL;
    }
    st->filename = filename;
    st->arena = arena;
    st->future_features = future_features;
    hob_tree_depth_limits(&st->depth, &st->depth_limit);
    st->by_node = PyDict_New();
    st->failed = !st->by_node;
    if (enter(st, ID(top), BLOCK_MODULE, mod, (hob_span){0})) { visit_mod(st, mod); }
    if (st->failed || hob_symtable_resolve(st) < 0) {
        hob_symtable_free(st);
        return NULL;
    }
    return st;
}

void
hob_symtable_free(hob_symtable *st)
{
    if (!st) { return; }
    Py_XDECREF(st->by_node);
    PyMem_Free(st);
}

PyObject *
hob_symtable_of_source(const char *source, Py_ssize_t length, PyObject *filename, int start,
                       PyCompilerFlags *flags)
{
    hob_arena *arena = hob_arena_new();
    if (!arena) { return NULL; }

    PyObject *result = NULL;
    int cf = flags ? flags->cf_flags : 0;
    hob_mod *mod = hob_parse(source, length, filename, start, cf,
                             flags ? flags->cf_feature_version : PY_MINOR_VERSION, arena);
    int features = 0, last_line = 0;
    if (mod && hob_future_scan(mod, filename, &features, &last_line) == 0) {
        hob_symtable *st = hob_symtable_build(mod, filename, features | cf, arena);
        if (st) { result = Py_NewRef(st->top); }
        hob_symtable_free(st);
    }
    hob_arena_free(arena);
    return result;
}

/* --- what Python sees of an entry --- */

static PyObject *
scope_repr(hob_scope *scope)
{
    return PyUnicode_FromFormat("<symtable entry %U(%ld), line %d>", scope->name,
                                PyLong_AsLong(scope->id), scope->lineno);
}

static void
scope_dealloc(hob_scope *scope)
{
    Py_XDECREF(scope->id);
    Py_XDECREF(scope->name);
    Py_XDECREF(scope->symbols);
    Py_XDECREF(scope->varnames);
    Py_XDECREF(scope->children);
    Py_XDECREF(scope->directives);
    PyObject_Free(scope);
}

#define MEMBER(name, kind, field) {name, kind, offsetof(hob_scope, field), READONLY, NULL}
static PyMemberDef scope_members[] = {
    MEMBER("id", T_OBJECT, id), MEMBER("name", T_OBJECT, name),
    MEMBER("symbols", T_OBJECT, symbols), MEMBER("varnames", T_OBJECT, varnames),
    MEMBER("children", T_OBJECT, children), MEMBER("nested", T_INT, nested),
    MEMBER("type", T_INT, type), MEMBER("lineno", T_INT, lineno),
    {0},
};

PyTypeObject hob_symtable_entry_type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "symtable entry",
    .tp_basicsize = sizeof(hob_scope),
    .tp_dealloc = (destructor)scope_dealloc,
    .tp_repr = (reprfunc)scope_repr,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_members = scope_members,
};

/* call.c -- calls, and gathering many values into one.
 *
 * A call is one of three: of a method, found without making a bound one; of
 * anything, with its arguments on the stack; or with * and **, or very many
 * arguments, that are first gathered in a tuple and a dict.
 */
#include "compile/emit.h"

#include "objects/ids.h"

const hob_gather hob_gather_list = {BUILD_LIST, LIST_APPEND, LIST_EXTEND, false};
const hob_gather hob_gather_set = {BUILD_SET, SET_ADD, SET_UPDATE, false};
const hob_gather hob_gather_tuple = {BUILD_LIST, LIST_APPEND, LIST_EXTEND, true};

/* --- gathering --- */

static bool
all_const(const hob_expr_seq *elts)
{
    for (Py_ssize_t i = 0; i < elts->size; i++) {
        if (elts->items[i]->kind != EXPR_CONSTANT) { return false; }
    }
    return true;
}

static bool
any_starred(const hob_expr_seq *elts)
{
    for (Py_ssize_t i = 0; i < elts->size; i++) {
        if (elts->items[i]->kind == EXPR_STARRED) { return true; }
    }
    return false;
}

/* Several constants: one, with which the result is made or extended. */
static void
gather_consts(hob_compiler *c, hob_expr_seq *elts, int n_pushed, const hob_gather *how)
{
    if (c->failed) { return; }
    PyObject *items = PyTuple_New(elts->size);
    for (Py_ssize_t i = 0; items && i < elts->size; i++) {
        PyTuple_SET_ITEM(items, i, Py_NewRef(elts->items[i]->v.constant.value));
    }
    if (items && how->build == BUILD_SET) { Py_SETREF(items, PyFrozenSet_New(items)); }
    if (how->is_tuple && n_pushed == 0) {
        hob_emit_new_const(c, items);
        return;
    }
    hob_emit(c, how->build, n_pushed);
    hob_emit_new_const(c, items);
    hob_emit(c, how->extend, 1);
    if (how->is_tuple) { hob_emit(c, LIST_TO_TUPLE, 0); }
}

static void
gather_piecewise(hob_compiler *c, hob_expr_seq *elts, int n_pushed, bool build_first,
                 const hob_gather *how)
{
    bool is_built = build_first;
    if (is_built) { hob_emit(c, how->build, n_pushed); }
    for (Py_ssize_t i = 0; i < elts->size; i++) {
        hob_expr *elt = elts->items[i];
        if (elt->kind != EXPR_STARRED) {
            hob_compile_expr(c, elt);
            if (is_built) { hob_emit(c, how->add, 1); }
            continue;
        }
        if (!is_built) {
            hob_emit(c, how->build, (int)i + n_pushed);
            is_built = true;
        }
        hob_compile_expr(c, elt->v.starred.value);
        hob_emit(c, how->extend, 1);
    }
    if (how->is_tuple) { hob_emit(c, LIST_TO_TUPLE, 0); }
}

void
hob_compile_gather(hob_compiler *c, hob_expr_seq *elts, int n_pushed, const hob_gather *how)
{
    enum { FEW_CONSTANTS = 2 };
    Py_ssize_t n = elts->size;
    if (n > FEW_CONSTANTS && all_const(elts)) {
        gather_consts(c, elts, n_pushed, how);
        return;
    }
    bool is_big = n + n_pushed > STACK_GUIDE;
    if (is_big || any_starred(elts)) {
        gather_piecewise(c, elts, n_pushed, is_big, how);
        return;
    }
    hob_compile_exprs(c, elts);
    hob_emit(c, how->is_tuple ? BUILD_TUPLE : how->build, (int)n + n_pushed);
}

/* --- keywords --- */

static void
check_keywords(hob_compiler *c, hob_keyword_seq *keywords)
{
    for (Py_ssize_t i = 0; i < keywords->size && !c->failed; i++) {
        PyObject *name = keywords->items[i]->arg;
        if (!name) { continue; }
        if (hob_compile_forbids(c, name, EXPR_CONTEXT_STORE)) { return; }
        for (Py_ssize_t k = i + 1; k < keywords->size; k++) {
            hob_keyword *other = keywords->items[k];
            if (other->arg && PyUnicode_Compare(name, other->arg) == 0) {
                AT(c, other);
                hob_compile_error(c, "keyword argument repeated: %U", name);
                return;
            }
        }
    }
}

static PyObject *                       /* tuple of names, or NULL with an exception */
keyword_names(hob_keyword_seq *keywords, Py_ssize_t begin, Py_ssize_t end)
{
    PyObject *names = PyTuple_New(end - begin);
    for (Py_ssize_t i = begin; names && i < end; i++) {
        PyTuple_SET_ITEM(names, i - begin, Py_NewRef(keywords->items[i]->arg));
    }
    return names;
}

static void
compile_keyword_values(hob_compiler *c, hob_keyword_seq *keywords, Py_ssize_t begin,
                       Py_ssize_t end)
{
    for (Py_ssize_t i = begin; i < end; i++) { hob_compile_expr(c, keywords->items[i]->value); }
}

static void
emit_keyword_names(hob_compiler *c, hob_keyword_seq *keywords)
{
    if (c->failed) { return; }
    own PyObject *names = keyword_names(keywords, 0, keywords->size);
    if (!names) {
        hob_compile_fail(c);
        return;
    }
    hob_emit(c, KW_NAMES, hob_emit_const_index(c, names));
}

static bool
any_double_star(const hob_keyword_seq *keywords)
{
    for (Py_ssize_t i = 0; i < keywords->size; i++) {
        if (!keywords->items[i]->arg) { return true; }
    }
    return false;
}

/* A dict of named keyword arguments begin .. end. */
static void
gather_keywords(hob_compiler *c, hob_keyword_seq *keywords, Py_ssize_t begin, Py_ssize_t end)
{
    Py_ssize_t n = end - begin;
    bool is_big = n * 2 > STACK_GUIDE;
    if (n > 1 && !is_big) {
        compile_keyword_values(c, keywords, begin, end);
        if (!c->failed) { hob_emit_new_const(c, keyword_names(keywords, begin, end)); }
        hob_emit(c, BUILD_CONST_KEY_MAP, (int)n);
        return;
    }
    hob_location at = c->unit->at;
    if (is_big) {
        AT_NOWHERE(c);
        hob_emit(c, BUILD_MAP, 0);
        c->unit->at = at;
    }
    for (Py_ssize_t i = begin; i < end; i++) {
        hob_emit_const(c, keywords->items[i]->arg);
        hob_compile_expr(c, keywords->items[i]->value);
        if (is_big) {
            AT_NOWHERE(c);
            hob_emit(c, MAP_ADD, 1);
            c->unit->at = at;
        }
    }
    if (!is_big) { hob_emit(c, BUILD_MAP, (int)n); }
}

/* All keyword arguments, ** included, in one dict. */
static void
gather_all_keywords(hob_compiler *c, hob_keyword_seq *keywords)
{
    Py_ssize_t waiting = 0, n = keywords->size;         /* named ones not yet gathered */
    bool has_dict = false;
    for (Py_ssize_t i = 0; i <= n; i++) {
        if (i < n && keywords->items[i]->arg) {
            waiting++;
            continue;
        }
        if (waiting) {
            gather_keywords(c, keywords, i - waiting, i);
            if (has_dict) { hob_emit(c, DICT_MERGE, 1); }
            has_dict = true;
            waiting = 0;
        }
        if (i == n) { break; }
        if (!has_dict) { hob_emit(c, BUILD_MAP, 0); }
        has_dict = true;
        hob_compile_expr(c, keywords->items[i]->value);
        hob_emit(c, DICT_MERGE, 1);
    }
}

/* --- calls --- */

void
hob_compile_arguments(hob_compiler *c, int n_pushed, hob_expr_seq *args,
                      hob_keyword_seq *keywords)
{
    check_keywords(c, keywords);
    Py_ssize_t n_args = args->size, n_keywords = keywords->size;
    if (n_args + n_keywords * 2 <= STACK_GUIDE && !any_starred(args)
        && !any_double_star(keywords)) {
        hob_compile_exprs(c, args);
        if (n_keywords) {
            compile_keyword_values(c, keywords, 0, n_keywords);
            emit_keyword_names(c, keywords);
        }
        hob_emit_call(c, (int)(n_pushed + n_args + n_keywords));
        return;
    }
    if (n_pushed == 0 && n_args == 1 && args->items[0]->kind == EXPR_STARRED) {
        hob_compile_expr(c, args->items[0]->v.starred.value);
    }
    else { hob_compile_gather(c, args, n_pushed, &hob_gather_tuple); }
    if (n_keywords) { gather_all_keywords(c, keywords); }
    hob_emit(c, CALL_FUNCTION_EX, n_keywords > 0);
}

/* Is e the name of a module that this one imports? Its functions are no methods. */
static bool
is_imported(hob_compiler *c, const hob_expr *e)
{
    if (e->kind != EXPR_NAME || c->failed) { return false; }
    long flags = hob_scope_flags(c->symtable->top, e->v.name.id);
    if (flags < 0) {
        hob_compile_fail(c);
        return false;
    }
    return flags & DEF_IMPORT;
}

static bool
is_method_call(hob_compiler *c, const hob_expr *e)
{
    const hob_expr *func = e->v.call.func;
    if (func->kind != EXPR_ATTRIBUTE || func->v.attribute.ctx != EXPR_CONTEXT_LOAD
        || is_imported(c, func->v.attribute.value)) {
        return false;
    }
    Py_ssize_t n_args = e->v.call.args->size, n_keywords = e->v.call.keywords->size;
    return n_args + n_keywords + (n_keywords != 0) < STACK_GUIDE
        && !any_starred(e->v.call.args) && !any_double_star(e->v.call.keywords);
}

static void
compile_method_call(hob_compiler *c, hob_expr *e)
{
    hob_expr *method = e->v.call.func;
    hob_expr_seq *args = e->v.call.args;
    hob_keyword_seq *keywords = e->v.call.keywords;
    hob_compile_expr(c, method->v.attribute.value);
    AT(c, method);
    hob_compile_at_attribute(c, method);
    hob_emit_name(c, LOAD_METHOD, method->v.attribute.attr);
    hob_compile_exprs(c, args);
    if (keywords->size) {
        compile_keyword_values(c, keywords, 0, keywords->size);
        emit_keyword_names(c, keywords);
    }
    AT(c, e);
    hob_compile_at_attribute(c, method);
    hob_emit_call(c, (int)(args->size + keywords->size));
}

void
hob_compile_call(hob_compiler *c, hob_expr *e)
{
    check_keywords(c, e->v.call.keywords);
    if (is_method_call(c, e)) {
        compile_method_call(c, e);
        return;
    }
    hob_compile_warn_call(c, e->v.call.func);
    AT(c, e->v.call.func);
    hob_emit(c, PUSH_NULL, 0);
    AT(c, e);
    hob_compile_expr(c, e->v.call.func);
    hob_compile_arguments(c, 0, e->v.call.args, e->v.call.keywords);
}

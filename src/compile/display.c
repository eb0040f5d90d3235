/* display.c -- dicts and f-strings. */
#include "compile/emit.h"

#include "objects/ids.h"

/* --- dicts --- */

static bool
keys_are_const(const hob_expr_seq *keys, Py_ssize_t begin, Py_ssize_t end)
{
    for (Py_ssize_t i = begin; i < end; i++) {
        if (!keys->items[i] || keys->items[i]->kind != EXPR_CONSTANT) { return false; }
    }
    return true;
}

static PyObject *
const_keys(const hob_expr_seq *keys, Py_ssize_t begin, Py_ssize_t end)
{
    PyObject *tuple = PyTuple_New(end - begin);
    for (Py_ssize_t i = begin; tuple && i < end; i++) {
        PyTuple_SET_ITEM(tuple, i - begin, Py_NewRef(keys->items[i]->v.constant.value));
    }
    return tuple;
}

/* A dict of the items begin .. end, which have keys. */
static void
compile_items(hob_compiler *c, hob_expr *e, Py_ssize_t begin, Py_ssize_t end)
{
    hob_expr_seq *keys = e->v.dict.keys, *values = e->v.dict.values;
    Py_ssize_t n = end - begin;
    bool is_big = n * 2 > STACK_GUIDE;
    if (n > 1 && !is_big && keys_are_const(keys, begin, end)) {
        for (Py_ssize_t i = begin; i < end; i++) { hob_compile_expr(c, values->items[i]); }
        if (!c->failed) { hob_emit_new_const(c, const_keys(keys, begin, end)); }
        hob_emit(c, BUILD_CONST_KEY_MAP, (int)n);
        return;
    }
    if (is_big) { hob_emit(c, BUILD_MAP, 0); }
    for (Py_ssize_t i = begin; i < end; i++) {
        hob_compile_expr(c, keys->items[i]);
        hob_compile_expr(c, values->items[i]);
        if (is_big) { hob_emit(c, MAP_ADD, 1); }
    }
    if (!is_big) { hob_emit(c, BUILD_MAP, (int)n); }
}

/* The waiting items, into a new dict or the one that is there. */
static void
flush_items(hob_compiler *c, hob_expr *e, Py_ssize_t begin, Py_ssize_t end, bool *has_dict)
{
    compile_items(c, e, begin, end);
    if (*has_dict) { hob_emit(c, DICT_UPDATE, 1); }
    *has_dict = true;
}

void
hob_compile_dict(hob_compiler *c, hob_expr *e)
{
    hob_expr_seq *keys = e->v.dict.keys, *values = e->v.dict.values;
    Py_ssize_t n = values->size, waiting = 0;
    bool has_dict = false;
    for (Py_ssize_t i = 0; i < n; i++) {
        if (keys->items[i]) {
            if (waiting * 2 > STACK_GUIDE) {
                flush_items(c, e, i - waiting, i + 1, &has_dict);
                waiting = 0;
            }
            else { waiting++; }
            continue;
        }
        if (waiting) { flush_items(c, e, i - waiting, i, &has_dict); }
        waiting = 0;
        if (!has_dict) { hob_emit(c, BUILD_MAP, 0); }
        has_dict = true;
        hob_compile_expr(c, values->items[i]);          /* **mapping */
        hob_emit(c, DICT_UPDATE, 1);
    }
    if (waiting) { flush_items(c, e, n - waiting, n, &has_dict); }
    if (!has_dict) { hob_emit(c, BUILD_MAP, 0); }
}

/* --- f-strings --- */

void
hob_compile_joined_str(hob_compiler *c, hob_expr *e)
{
    hob_expr_seq *values = e->v.joined_str.values;
    if (values->size <= STACK_GUIDE) {
        hob_compile_exprs(c, values);
        if (values->size != 1) { hob_emit(c, BUILD_STRING, (int)values->size); }
        return;
    }
    if (!c->failed) { hob_emit_new_const(c, PyUnicode_New(0, 0)); }
    hob_emit_name(c, LOAD_METHOD, ID(join));
    hob_emit(c, BUILD_LIST, 0);
    for (Py_ssize_t i = 0; i < values->size; i++) {
        hob_compile_expr(c, values->items[i]);
        hob_emit(c, LIST_APPEND, 1);
    }
    hob_emit_call(c, 1);
}

void
hob_compile_formatted_value(hob_compiler *c, hob_expr *e)
{
    enum { AS_STR = 1, AS_REPR = 2, AS_ASCII = 3, HAS_SPEC = 4 };
    int conversion = e->v.formatted_value.conversion, how = 0;
    hob_compile_expr(c, e->v.formatted_value.value);
    switch (conversion) {
    case -1: break;
    case 's': how = AS_STR; break;
    case 'r': how = AS_REPR; break;
    case 'a': how = AS_ASCII; break;
    default:
        if (!c->failed) {
            PyErr_Format(PyExc_SystemError, "Unrecognized conversion character %d", conversion);
            hob_compile_fail(c);
        }
        return;
    }
    if (e->v.formatted_value.format_spec) {
        hob_compile_expr(c, e->v.formatted_value.format_spec);
        how |= HAS_SPEC;
    }
    hob_emit(c, FORMAT_VALUE, how);
}

/* future.c -- `from __future__ import ..`: which features a module asks for. */
#include "compile/compile.h"

#include "compile/symtable.h"

/* Features that became the language long ago change nothing. */
static const struct { const char *name; int flag; } features[] = {
    {FUTURE_NESTED_SCOPES, 0}, {FUTURE_GENERATORS, 0}, {FUTURE_DIVISION, 0},
    {FUTURE_ABSOLUTE_IMPORT, 0}, {FUTURE_WITH_STATEMENT, 0}, {FUTURE_PRINT_FUNCTION, 0},
    {FUTURE_UNICODE_LITERALS, 0}, {FUTURE_GENERATOR_STOP, 0},
    {FUTURE_BARRY_AS_BDFL, CO_FUTURE_BARRY_AS_BDFL},
    {FUTURE_ANNOTATIONS, CO_FUTURE_ANNOTATIONS},
};

static status
add_feature(PyObject *filename, hob_stmt *s, PyObject *name, int *flags)
{
    const char *text = PyUnicode_AsUTF8(name);
    if (!text) { return -1; }
    for (size_t i = 0; i < ARRAY_LEN(features); i++) {
        if (strcmp(text, features[i].name) == 0) {
            *flags |= features[i].flag;
            return 0;
        }
    }
    if (strcmp(text, "braces") == 0) { PyErr_SetString(PyExc_SyntaxError, "not a chance"); }
    else { PyErr_Format(PyExc_SyntaxError, "future feature %.100s is not defined", text); }
    PyErr_SyntaxLocationObject(filename, s->lineno, s->col_offset + 1);
    return -1;
}

static bool
is_future_import(const hob_stmt *s)
{
    return s->kind == STMT_IMPORT_FROM && s->v.import_from.module
        && _PyUnicode_EqualToASCIIString(s->v.import_from.module, "__future__");
}

static bool
is_text(const hob_stmt *s)
{
    return s->kind == STMT_EXPR && s->v.expr.value->kind == EXPR_CONSTANT
        && PyUnicode_CheckExact(s->v.expr.value->v.constant.value);
}

status
hob_future_scan(hob_mod *mod, PyObject *filename, int *flags, int *last_line)
{
    *flags = 0;
    *last_line = -1;
    if (mod->kind != MOD_MODULE && mod->kind != MOD_INTERACTIVE) { return 0; }

    hob_stmt_seq *body = mod->kind == MOD_MODULE ? mod->v.module.body : mod->v.interactive.body;
    bool is_over = false;
    int line_before = 0;
    for (Py_ssize_t i = body->size && is_text(body->items[0]); i < body->size; i++) {
        hob_stmt *s = body->items[i];
        if (is_over && s->lineno > line_before) { return 0; }
        line_before = s->lineno;
        if (is_future_import(s)) {
            if (is_over) {
                PyErr_SetString(PyExc_SyntaxError, "from __future__ imports must occur at the "
                                "beginning of the file");
                PyErr_SyntaxLocationObject(filename, s->lineno, s->col_offset);
                return -1;
            }
            hob_alias_seq *names = s->v.import_from.names;
            for (Py_ssize_t k = 0; k < names->size; k++) {
                if (add_feature(filename, s, names->items[k]->name, flags) < 0) { return -1; }
            }
            *last_line = s->lineno;
        }
        else { is_over = true; }
    }
    return 0;
}

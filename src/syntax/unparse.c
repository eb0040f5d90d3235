/* unparse.c -- the source of an expression, for annotations that are kept as text
 * (`from __future__ import annotations`).
 *
 * Each construct has a precedence; one that stands where a tighter one is wanted
 * gets parentheses.  The text reads back as the same tree, not as the same text.
 */
#include "syntax/syntax.h"

#include "memory/own.h"

#include <float.h>

/* Loosest first. */
enum {
    P_TUPLE, P_TEST, P_OR, P_AND, P_NOT, P_COMPARE, P_EXPR, P_BOR = P_EXPR, P_BXOR, P_BAND, P_SHIFT,
    P_ARITH, P_TERM, P_FACTOR, P_POWER, P_AWAIT, P_ATOM,
};

typedef _PyUnicodeWriter writer;

static bool expr(writer *w, hob_expr *e, int level);

/* --- pieces --- */

static bool
text(writer *w, const char *s)
{
    return _PyUnicodeWriter_WriteASCIIString(w, s, -1) == 0;
}

static bool
text_if(writer *w, bool condition, const char *s)
{
    return !condition || text(w, s);
}

static bool
str(writer *w, PyObject *s)
{
    return _PyUnicodeWriter_WriteStr(w, s) == 0;
}

static bool
str_and_drop(writer *w, STOLEN PyObject *s)
{
    own PyObject *mine = s;
    return mine && str(w, mine);
}

static bool
prefixed(writer *w, const char *prefix, hob_expr *e, int level)
{
    return text(w, prefix) && expr(w, e, level);
}

static bool
separated(writer *w, hob_expr_seq *seq, int level)
{
    for (Py_ssize_t i = 0; i < seq->size; i++) {
        if (!text_if(w, i > 0, ", ") || !expr(w, seq->items[i], level)) { return false; }
    }
    return true;
}

/* --- constants --- */

/* repr(), except that infinity is written as a number too large. */
static bool
number_or_string(writer *w, PyObject *value)
{
    own PyObject *repr = PyObject_Repr(value);
    if (!repr) { return false; }
    if (!PyFloat_CheckExact(value) && !PyComplex_CheckExact(value)) { return str(w, repr); }
    own PyObject *inf = PyUnicode_FromString("inf");
    own PyObject *large = PyUnicode_FromFormat("1e%d", DBL_MAX_10_EXP + 1);
    if (!inf || !large) { return false; }
    return str_and_drop(w, PyUnicode_Replace(repr, inf, large, -1));
}

static bool
constant(writer *w, PyObject *value)
{
    if (value == Py_Ellipsis) { return text(w, "..."); }
    if (!PyTuple_CheckExact(value)) { return number_or_string(w, value); }
    Py_ssize_t n = PyTuple_GET_SIZE(value);
    if (!text(w, "(")) { return false; }
    for (Py_ssize_t i = 0; i < n; i++) {
        if (!text_if(w, i > 0, ", ") || !constant(w, PyTuple_GET_ITEM(value, i))) { return false; }
    }
    return text_if(w, n == 1, ",") && text(w, ")");
}

/* --- operators --- */

static const struct { const char *text; int level; bool right; } binary[] = {
    [OPERATOR_ADD] = {" + ", P_ARITH}, [OPERATOR_SUB] = {" - ", P_ARITH},
    [OPERATOR_MULT] = {" * ", P_TERM}, [OPERATOR_MAT_MULT] = {" @ ", P_TERM},
    [OPERATOR_DIV] = {" / ", P_TERM}, [OPERATOR_MOD] = {" % ", P_TERM},
    [OPERATOR_LSHIFT] = {" << ", P_SHIFT}, [OPERATOR_RSHIFT] = {" >> ", P_SHIFT},
    [OPERATOR_BIT_OR] = {" | ", P_BOR}, [OPERATOR_BIT_XOR] = {" ^ ", P_BXOR},
    [OPERATOR_BIT_AND] = {" & ", P_BAND}, [OPERATOR_FLOOR_DIV] = {" // ", P_TERM},
    [OPERATOR_POW] = {" ** ", P_POWER, true},
};

static const struct { const char *text; int level; } unary[] = {
    [UNARYOP_INVERT] = {"~", P_FACTOR}, [UNARYOP_NOT] = {"not ", P_NOT},
    [UNARYOP_UADD] = {"+", P_FACTOR}, [UNARYOP_USUB] = {"-", P_FACTOR},
};

static const char *const comparisons[] = {
    [CMPOP_EQ] = " == ", [CMPOP_NOT_EQ] = " != ", [CMPOP_LT] = " < ", [CMPOP_LT_E] = " <= ",
    [CMPOP_GT] = " > ", [CMPOP_GT_E] = " >= ", [CMPOP_IS] = " is ", [CMPOP_IS_NOT] = " is not ",
    [CMPOP_IN] = " in ", [CMPOP_NOT_IN] = " not in ",
};

static bool
bool_op(writer *w, hob_expr *e, int level)
{
    bool is_and = e->v.bool_op.op == BOOLOP_AND;
    int own_level = is_and ? P_AND : P_OR;
    hob_expr_seq *values = e->v.bool_op.values;
    if (!text_if(w, level > own_level, "(")) { return false; }
    for (Py_ssize_t i = 0; i < values->size; i++) {
        if (!text_if(w, i > 0, is_and ? " and " : " or ")
            || !expr(w, values->items[i], own_level + 1)) {
            return false;
        }
    }
    return text_if(w, level > own_level, ")");
}

static bool
bin_op(writer *w, hob_expr *e, int level)
{
    hob_operator op = e->v.bin_op.op;
    int own_level = binary[op].level;
    bool right = binary[op].right;
    return text_if(w, level > own_level, "(") && expr(w, e->v.bin_op.left, own_level + right)
        && prefixed(w, binary[op].text, e->v.bin_op.right, own_level + !right)
        && text_if(w, level > own_level, ")");
}

static bool
unary_op(writer *w, hob_expr *e, int level)
{
    int own_level = unary[e->v.unary_op.op].level;
    return text_if(w, level > own_level, "(")
        && prefixed(w, unary[e->v.unary_op.op].text, e->v.unary_op.operand, own_level)
        && text_if(w, level > own_level, ")");
}

static bool
compare(writer *w, hob_expr *e, int level)
{
    hob_expr_seq *others = e->v.compare.comparators;
    if (!text_if(w, level > P_COMPARE, "(") || !expr(w, e->v.compare.left, P_COMPARE + 1)) {
        return false;
    }
    for (Py_ssize_t i = 0; i < others->size; i++) {
        if (!prefixed(w, comparisons[e->v.compare.ops->items[i]], others->items[i],
                      P_COMPARE + 1)) {
            return false;
        }
    }
    return text_if(w, level > P_COMPARE, ")");
}

/* --- lambda --- */

static bool
param(writer *w, hob_arg *arg)
{
    return str(w, arg->arg) && (!arg->annotation || prefixed(w, ": ", arg->annotation, P_TEST));
}

static bool
comma(writer *w, bool *first)
{
    if (*first) { return !(*first = false); }
    return text(w, ", ");
}

static bool
positional(writer *w, hob_arguments *a, bool *first)
{
    Py_ssize_t n_posonly = a->posonlyargs->size, n = n_posonly + a->args->size;
    for (Py_ssize_t i = 0; i < n; i++) {
        hob_arg *arg = i < n_posonly ? a->posonlyargs->items[i] : a->args->items[i - n_posonly];
        Py_ssize_t d = i - (n - a->defaults->size);
        if (!comma(w, first) || !param(w, arg)
            || (d >= 0 && !prefixed(w, "=", a->defaults->items[d], P_TEST))
            || !text_if(w, i + 1 == n_posonly, ", /")) {
            return false;
        }
    }
    return true;
}

static bool
params(writer *w, hob_arguments *a)
{
    bool first = true;
    if (!positional(w, a, &first)) { return false; }
    if ((a->vararg || a->kwonlyargs->size)
        && (!comma(w, &first) || !text(w, "*") || (a->vararg && !param(w, a->vararg)))) {
        return false;
    }
    for (Py_ssize_t i = 0; i < a->kwonlyargs->size; i++) {
        hob_expr *value = a->kw_defaults->items[i];
        if (!comma(w, &first) || !param(w, a->kwonlyargs->items[i])
            || (value && !prefixed(w, "=", value, P_TEST))) {
            return false;
        }
    }
    return !a->kwarg || (comma(w, &first) && text(w, "**") && param(w, a->kwarg));
}

/* The reference puts a blank only before plain parameters: `lambda*a: 0`. */
static bool
lambda(writer *w, hob_expr *e, int level)
{
    hob_arguments *a = e->v.lambda.args;
    bool some = a->posonlyargs->size || a->args->size;
    return text_if(w, level > P_TEST, "(") && text(w, some ? "lambda " : "lambda")
        && params(w, a) && prefixed(w, ": ", e->v.lambda.body, P_TEST)
        && text_if(w, level > P_TEST, ")");
}

static bool
if_exp(writer *w, hob_expr *e, int level)
{
    return text_if(w, level > P_TEST, "(") && expr(w, e->v.if_exp.body, P_TEST + 1)
        && prefixed(w, " if ", e->v.if_exp.test, P_TEST + 1)
        && prefixed(w, " else ", e->v.if_exp.orelse, P_TEST) && text_if(w, level > P_TEST, ")");
}

/* --- displays --- */

static bool
dict(writer *w, hob_expr *e)
{
    hob_expr_seq *keys = e->v.dict.keys, *values = e->v.dict.values;
    if (!text(w, "{")) { return false; }
    for (Py_ssize_t i = 0; i < values->size; i++) {
        hob_expr *key = keys->items[i];
        bool fine = text_if(w, i > 0, ", ")
            && (key ? expr(w, key, P_TEST) && prefixed(w, ": ", values->items[i], P_TEST)
                    : prefixed(w, "**", values->items[i], P_EXPR));
        if (!fine) { return false; }
    }
    return text(w, "}");
}

static bool
display(writer *w, const char *open, hob_expr_seq *elts, const char *close)
{
    return text(w, open) && separated(w, elts, P_TEST) && text(w, close);
}

static bool
tuple(writer *w, hob_expr *e, int level)
{
    hob_expr_seq *elts = e->v.tuple.elts;
    if (elts->size == 0) { return text(w, "()"); }
    return text_if(w, level > P_TUPLE, "(") && separated(w, elts, P_TEST)
        && text_if(w, elts->size == 1, ",") && text_if(w, level > P_TUPLE, ")");
}

static bool
clauses(writer *w, hob_comprehension_seq *seq)
{
    for (Py_ssize_t i = 0; i < seq->size; i++) {
        hob_comprehension *c = seq->items[i];
        if (!prefixed(w, c->is_async ? " async for " : " for ", c->target, P_TUPLE)
            || !prefixed(w, " in ", c->iter, P_TEST + 1)) {
            return false;
        }
        for (Py_ssize_t k = 0; k < c->ifs->size; k++) {
            if (!prefixed(w, " if ", c->ifs->items[k], P_TEST + 1)) { return false; }
        }
    }
    return true;
}

static bool
comprehension(writer *w, const char *open, hob_expr *elt, hob_comprehension_seq *generators,
              const char *close)
{
    return prefixed(w, open, elt, P_TEST) && clauses(w, generators) && text(w, close);
}

static bool
dict_comp(writer *w, hob_expr *e)
{
    return prefixed(w, "{", e->v.dict_comp.key, P_TEST)
        && prefixed(w, ": ", e->v.dict_comp.value, P_TEST)
        && clauses(w, e->v.dict_comp.generators) && text(w, "}");
}

/* --- f-strings --- */

static bool joined_pieces(writer *w, hob_expr_seq *values);

static bool
doubled_braces(writer *w, PyObject *s)
{
    static const char *const braces[] = {"{", "{{", "}", "}}"};
    PyObject *result = Py_NewRef(s);
    for (int i = 0; i < 4 && result; i += 2) {
        own PyObject *before = result;
        own PyObject *one = PyUnicode_FromString(braces[i]);
        own PyObject *two = PyUnicode_FromString(braces[i + 1]);
        result = one && two ? PyUnicode_Replace(before, one, two, -1) : NULL;
    }
    return str_and_drop(w, result);
}

static PyObject *
whole_expr(hob_expr *e, int level)
{
    writer w;
    _PyUnicodeWriter_Init(&w);
    w.min_length = 256;
    w.overallocate = 1;
    if (expr(&w, e, level)) { return _PyUnicodeWriter_Finish(&w); }
    _PyUnicodeWriter_Dealloc(&w);
    return NULL;
}

static bool
formatted_value(writer *w, hob_expr *e)
{
    own PyObject *inside = whole_expr(e->v.formatted_value.value, P_TEST + 1);
    if (!inside) { return false; }
    bool is_brace = PyUnicode_GET_LENGTH(inside) && PyUnicode_READ_CHAR(inside, 0) == '{';
    if (!text(w, is_brace ? "{ " : "{") || !str(w, inside)) { return false; }

    int conversion = e->v.formatted_value.conversion;
    hob_expr *spec = e->v.formatted_value.format_spec;
    if (conversion > 0) {
        if (conversion != 'a' && conversion != 'r' && conversion != 's') {
            PyErr_SetString(PyExc_SystemError, "unknown f-value conversion kind");
            return false;
        }
        char shown[] = {'!', (char)conversion, 0};
        if (!text(w, shown)) { return false; }
    }
    if (spec) {
        if (!text(w, ":")) { return false; }
        if (spec->kind == EXPR_JOINED_STR) {
            if (!joined_pieces(w, spec->v.joined_str.values)) { return false; }
        }
        else if (spec->kind == EXPR_CONSTANT && PyUnicode_Check(spec->v.constant.value)) {
            if (!doubled_braces(w, spec->v.constant.value)) { return false; }
        }
        else if (!formatted_value(w, spec)) {
            return false;
        }
    }
    return text(w, "}");
}

/* The inside of an f-string, quotes and escapes not yet made. */
static bool
joined_pieces(writer *w, hob_expr_seq *values)
{
    for (Py_ssize_t i = 0; i < values->size; i++) {
        hob_expr *e = values->items[i];
        bool fine;
        switch (e->kind) {
        case EXPR_CONSTANT: fine = doubled_braces(w, e->v.constant.value); break;
        case EXPR_JOINED_STR: fine = joined_pieces(w, e->v.joined_str.values); break;
        case EXPR_FORMATTED_VALUE: fine = formatted_value(w, e); break;
        default:
            PyErr_SetString(PyExc_SystemError, "unknown expression kind inside f-string");
            fine = false;
        }
        if (!fine) { return false; }
    }
    return true;
}

static bool
joined_str(writer *w, hob_expr *e)
{
    writer inside;
    _PyUnicodeWriter_Init(&inside);
    inside.min_length = 256;
    inside.overallocate = 1;
    bool fine = e->kind == EXPR_JOINED_STR
                    ? joined_pieces(&inside, e->v.joined_str.values)
                    : formatted_value(&inside, e);
    if (!fine) {
        _PyUnicodeWriter_Dealloc(&inside);
        return false;
    }
    own PyObject *body = _PyUnicodeWriter_Finish(&inside);
    return body && text(w, "f") && str_and_drop(w, PyObject_Repr(body));
}

/* --- calls and the rest --- */

static bool
call(writer *w, hob_expr *e)
{
    hob_expr_seq *args = e->v.call.args;
    hob_keyword_seq *keywords = e->v.call.keywords;
    if (!expr(w, e->v.call.func, P_ATOM)) { return false; }
    if (args->size == 1 && keywords->size == 0 && args->items[0]->kind == EXPR_GENERATOR_EXP) {
        return expr(w, args->items[0], P_ATOM);
    }
    bool first = true;
    if (!text(w, "(")) { return false; }
    for (Py_ssize_t i = 0; i < args->size; i++) {
        if (!comma(w, &first) || !expr(w, args->items[i], P_TEST)) { return false; }
    }
    for (Py_ssize_t i = 0; i < keywords->size; i++) {
        hob_keyword *k = keywords->items[i];
        bool fine = comma(w, &first)
            && (k->arg ? str(w, k->arg) && text(w, "=") : text(w, "**"))
            && expr(w, k->value, P_TEST);
        if (!fine) { return false; }
    }
    return text(w, ")");
}

static bool
attribute(writer *w, hob_expr *e)
{
    hob_expr *value = e->v.attribute.value;
    bool is_int = value->kind == EXPR_CONSTANT && PyLong_CheckExact(value->v.constant.value);
    return expr(w, value, P_ATOM) && text(w, is_int ? " ." : ".")
        && str(w, e->v.attribute.attr);
}

static bool
slice(writer *w, hob_expr *e)
{
    hob_expr *lower = e->v.slice.lower, *upper = e->v.slice.upper, *step = e->v.slice.step;
    return (!lower || expr(w, lower, P_TEST)) && text(w, ":")
        && (!upper || expr(w, upper, P_TEST)) && (!step || prefixed(w, ":", step, P_TEST));
}

static bool
await(writer *w, hob_expr *e, int level)
{
    return text_if(w, level > P_AWAIT, "(") && prefixed(w, "await ", e->v.await.value, P_ATOM)
        && text_if(w, level > P_AWAIT, ")");
}

static bool
named_expr(writer *w, hob_expr *e, int level)
{
    return text_if(w, level > P_TUPLE, "(") && expr(w, e->v.named_expr.target, P_ATOM)
        && prefixed(w, " := ", e->v.named_expr.value, P_ATOM)
        && text_if(w, level > P_TUPLE, ")");
}

static bool
yield(writer *w, hob_expr *e)
{
    if (!e->v.yield.value) { return text(w, "(yield)"); }
    return prefixed(w, "(yield ", e->v.yield.value, P_TEST) && text(w, ")");
}

static bool
expr_rule(writer *w, hob_expr *e, int level)
{
    switch (e->kind) {
    case EXPR_BOOL_OP: return bool_op(w, e, level);
    case EXPR_BIN_OP: return bin_op(w, e, level);
    case EXPR_UNARY_OP: return unary_op(w, e, level);
    case EXPR_LAMBDA: return lambda(w, e, level);
    case EXPR_IF_EXP: return if_exp(w, e, level);
    case EXPR_DICT: return dict(w, e);
    case EXPR_SET: return display(w, "{", e->v.set.elts, "}");
    case EXPR_GENERATOR_EXP:
        return comprehension(w, "(", e->v.generator_exp.elt, e->v.generator_exp.generators, ")");
    case EXPR_LIST_COMP:
        return comprehension(w, "[", e->v.list_comp.elt, e->v.list_comp.generators, "]");
    case EXPR_SET_COMP:
        return comprehension(w, "{", e->v.set_comp.elt, e->v.set_comp.generators, "}");
    case EXPR_DICT_COMP: return dict_comp(w, e);
    case EXPR_YIELD: return yield(w, e);
    case EXPR_YIELD_FROM:
        return prefixed(w, "(yield from ", e->v.yield_from.value, P_TEST) && text(w, ")");
    case EXPR_AWAIT: return await(w, e, level);
    case EXPR_COMPARE: return compare(w, e, level);
    case EXPR_CALL: return call(w, e);
    case EXPR_CONSTANT:
        return (!e->v.constant.kind || str(w, e->v.constant.kind))
            && constant(w, e->v.constant.value);
    case EXPR_JOINED_STR: case EXPR_FORMATTED_VALUE: return joined_str(w, e);
    case EXPR_ATTRIBUTE: return attribute(w, e);
    case EXPR_STARRED: return prefixed(w, "*", e->v.starred.value, P_EXPR);
    case EXPR_NAME: return str(w, e->v.name.id);
    case EXPR_LIST: return display(w, "[", e->v.list.elts, "]");
    case EXPR_TUPLE: return tuple(w, e, level);
    case EXPR_SUBSCRIPT:
        return expr(w, e->v.subscript.value, P_ATOM) && text(w, "[")
            && expr(w, e->v.subscript.slice, P_TUPLE) && text(w, "]");
    case EXPR_SLICE: return slice(w, e);
    case EXPR_NAMED_EXPR: return named_expr(w, e, level);
    }
    PyErr_SetString(PyExc_SystemError, "unknown expression kind");
    return false;
}

static bool
expr(writer *w, hob_expr *e, int level)
{
    if (Py_EnterRecursiveCall(" during compilation")) { return false; }
    bool fine = expr_rule(w, e, level);
    Py_LeaveRecursiveCall();
    return fine;
}

PyObject *
hob_ast_unparse(hob_expr *e)
{
    return whole_expr(e, P_TEST);
}

/* fold.c -- constant expressions, folded in the tree.
 *
 * Children first: a node whose operands have become constants becomes one itself,
 * in place, if evaluating it is cheap, cannot grow without bound, and does not
 * fail.  The rules for operators are tables.
 *
 * Holds      the value of every expression and the order of its effects.
 * Hazard     which expressions fold is visible in co_consts, so the limits below
 *            are those of CPython 3.11.
 */
#include "compile/compile.h"

#include "compile/symtable.h"
#include "objects/ids.h"
#include "state/c_stack.h"

enum {
    MOST_INT_BITS = 128,
    MOST_ITEMS = 256,                   /* of a repeated tuple */
    MOST_CHARS = 4096,                  /* of a repeated str or bytes */
    MOST_NESTED_ITEMS = 1024,
    MOST_FORMAT_DIGITS = 2,
};

typedef struct {
    hob_arena *arena;
    int optimize;
    bool keep_annotations;              /* they will be strings of their source */
    int depth, depth_limit;
    bool failed;
} folder;

static void fold_expr(folder *f, hob_expr *e);
static void fold_stmt(folder *f, hob_stmt *s);
static void fold_pattern(folder *f, hob_pattern *p);

/* --- results --- */

/* Make e the constant value.  NULL with an exception: leave e alone, since the program
 * must raise that when it gets there; only an interrupt is for now. */
static void
become(folder *f, hob_expr *e, STOLEN PyObject *value)
{
    if (!value) {
        if (PyErr_ExceptionMatches(PyExc_KeyboardInterrupt)) { f->failed = true; }
        else { PyErr_Clear(); }
        return;
    }
    if (hob_arena_give(f->arena, value) < 0) {
        f->failed = true;
        return;
    }
    e->kind = EXPR_CONSTANT;
    e->v.constant.value = value;
    e->v.constant.kind = NULL;
}

static bool
is_const(const hob_expr *e)
{
    return e->kind == EXPR_CONSTANT;
}

static bool
all_const(const hob_expr_seq *exprs)
{
    for (Py_ssize_t i = 0; i < exprs->size; i++) {
        if (!is_const(exprs->items[i])) { return false; }
    }
    return true;
}

static PyObject *
const_tuple(const hob_expr_seq *exprs)
{
    PyObject *tuple = PyTuple_New(exprs->size);
    if (!tuple) { return NULL; }
    for (Py_ssize_t i = 0; i < exprs->size; i++) {
        PyTuple_SET_ITEM(tuple, i, Py_NewRef(exprs->items[i]->v.constant.value));
    }
    return tuple;
}

/* --- operators that could make much of little ---
 * Each returns false when the result would be too large.
 */

/* What is left of a budget of items after op's, or -1. */
static Py_ssize_t
nested_items(PyObject *op, Py_ssize_t budget)
{
    if (!PyTuple_Check(op)) { return budget; }
    budget -= PyTuple_GET_SIZE(op);
    for (Py_ssize_t i = 0; budget >= 0 && i < PyTuple_GET_SIZE(op); i++) {
        budget = nested_items(PyTuple_GET_ITEM(op, i), budget);
    }
    return budget;
}

static bool
repeat_is_small(PyObject *count, Py_ssize_t size, Py_ssize_t most, PyObject *items)
{
    if (size == 0) { return true; }
    int overflow;
    long n = PyLong_AsLongAndOverflow(count, &overflow);
    if (overflow || n < 0 || n > most / size) { return false; }
    return !items || n == 0 || nested_items(items, MOST_NESTED_ITEMS / n) >= 0;
}

static bool
multiply_is_small(PyObject *a, PyObject *b)
{
    if (PyLong_Check(b) && !PyLong_Check(a)) {
        PyObject *kept = a;
        a = b;
        b = kept;
    }
    if (!PyLong_Check(a)) { return true; }
    if (PyLong_Check(b)) {
        if (Py_SIZE(a) == 0 || Py_SIZE(b) == 0) { return true; }
        return _PyLong_NumBits(a) + _PyLong_NumBits(b) <= MOST_INT_BITS;
    }
    if (PyTuple_Check(b)) { return repeat_is_small(a, PyTuple_GET_SIZE(b), MOST_ITEMS, b); }
    if (PyFrozenSet_Check(b)) {
        return repeat_is_small(a, PySet_GET_SIZE(b), MOST_ITEMS, NULL);
    }
    if (PyUnicode_Check(b)) {
        return repeat_is_small(a, PyUnicode_GET_LENGTH(b), MOST_CHARS, NULL);
    }
    if (PyBytes_Check(b)) { return repeat_is_small(a, PyBytes_GET_SIZE(b), MOST_CHARS, NULL); }
    return true;
}

/* Bits that b says, or -1 if that is more than anybody allows. */
static long
small_count(PyObject *b)
{
    int overflow;
    long n = PyLong_AsLongAndOverflow(b, &overflow);
    return overflow || n > MOST_INT_BITS * 8L ? -1 : n;
}

static bool
power_is_small(PyObject *a, PyObject *b)
{
    if (!PyLong_Check(a) || !PyLong_Check(b) || Py_SIZE(a) == 0 || Py_SIZE(b) <= 0) {
        return true;
    }
    long exponent = small_count(b);
    return exponent >= 0 && _PyLong_NumBits(a) <= (size_t)(MOST_INT_BITS / exponent);
}

static bool
shift_is_small(PyObject *a, PyObject *b)
{
    if (!PyLong_Check(a) || !PyLong_Check(b) || Py_SIZE(a) == 0 || Py_SIZE(b) == 0) {
        return true;
    }
    if (Py_SIZE(b) < 0) { return false; }
    long shift = small_count(b);
    return shift >= 0 && shift <= MOST_INT_BITS
        && _PyLong_NumBits(a) <= (size_t)(MOST_INT_BITS - shift);
}

static bool
remainder_is_small(PyObject *a, PyObject *b)
{
    return !PyUnicode_Check(a) && !PyBytes_Check(a);    /* formatting */
}

static PyObject *
power(PyObject *a, PyObject *b)
{
    return PyNumber_Power(a, b, Py_None);
}

static const struct {
    binaryfunc evaluate;                /* NULL: no constant has it */
    bool (*is_small)(PyObject *, PyObject *);
} binary_operators[] = {
    [OPERATOR_ADD] = {PyNumber_Add, NULL},
    [OPERATOR_SUB] = {PyNumber_Subtract, NULL},
    [OPERATOR_MULT] = {PyNumber_Multiply, multiply_is_small},
    [OPERATOR_MAT_MULT] = {NULL, NULL},
    [OPERATOR_DIV] = {PyNumber_TrueDivide, NULL},
    [OPERATOR_MOD] = {PyNumber_Remainder, remainder_is_small},
    [OPERATOR_POW] = {power, power_is_small},
    [OPERATOR_LSHIFT] = {PyNumber_Lshift, shift_is_small},
    [OPERATOR_RSHIFT] = {PyNumber_Rshift, NULL},
    [OPERATOR_BIT_OR] = {PyNumber_Or, NULL},
    [OPERATOR_BIT_XOR] = {PyNumber_Xor, NULL},
    [OPERATOR_BIT_AND] = {PyNumber_And, NULL},
    [OPERATOR_FLOOR_DIV] = {PyNumber_FloorDivide, NULL},
};

/* --- "..." % (a, b): an f-string, when its conversions are %s %r %a --- */

typedef struct {
    bool left;
    int width, precision;               /* -1: none */
    Py_UCS4 conversion;
} format_field;

/* Up to two digits at *at; false if there are more. */
static bool
take_digits(PyObject *text, Py_ssize_t *at, int *value)
{
    int n = 0;
    *value = 0;
    while (*at < PyUnicode_GET_LENGTH(text)) {
        Py_UCS4 c = PyUnicode_READ_CHAR(text, *at);
        if (c < '0' || c > '9') { break; }
        if (++n > MOST_FORMAT_DIGITS) { return false; }
        *value = *value * 10 + (int)(c - '0');
        ++*at;
    }
    return true;
}

static Py_UCS4
char_at(PyObject *text, Py_ssize_t at)
{
    return at < PyUnicode_GET_LENGTH(text) ? PyUnicode_READ_CHAR(text, at) : 0;
}

/* The field whose '%' is in front of *at; false if it is none an f-string has. */
static bool
take_field(PyObject *text, Py_ssize_t *at, format_field *field)
{
    *field = (format_field){.width = -1, .precision = -1};
    Py_UCS4 c;
    while ((c = char_at(text, *at)) == '-' || c == '+' || c == ' ' || c == '#' || c == '0') {
        field->left |= c == '-';
        ++*at;
    }
    if (c >= '0' && c <= '9' && !take_digits(text, at, &field->width)) { return false; }
    if (char_at(text, *at) == '.') {
        ++*at;
        if (!take_digits(text, at, &field->precision)) { return false; }
    }
    field->conversion = char_at(text, *at);
    ++*at;
    return field->conversion == 's' || field->conversion == 'r' || field->conversion == 'a';
}

/* Literals and specifications have no place of their own in the source. */
static const hob_span NOWHERE = {-1, -1, -1, -1};

static hob_expr *
field_expr(folder *f, const format_field *field, hob_expr *value)
{
    hob_expr *spec = NULL;
    char text[16];
    int n = 0;
    if (field->width > 0) {
        n = PyOS_snprintf(text, sizeof text, "%s%d", field->left ? "" : ">", field->width);
    }
    if (field->precision >= 0) {
        n += PyOS_snprintf(text + n, sizeof text - n, ".%d", field->precision);
    }
    if (n) {
        PyObject *str = hob_arena_keep(f->arena, PyUnicode_FromString(text));
        if (!str) { return NULL; }
        spec = hob_ast_constant(str, NULL, NOWHERE, f->arena);
        if (!spec) { return NULL; }
    }
    return hob_ast_formatted_value(value, (int)field->conversion, spec, value->at, f->arena);
}

/* The literal from start, up to the next field or the end at *at; "%%" stands for "%".
 * MAYBE_NULL: there is none. */
static MAYBE_NULL hob_expr *
literal_expr(folder *f, PyObject *text, Py_ssize_t *at)
{
    Py_ssize_t n = PyUnicode_GET_LENGTH(text), start = *at;
    bool has_escapes = false;
    while (*at < n) {
        if (PyUnicode_READ_CHAR(text, *at) == '%') {
            if (char_at(text, *at + 1) != '%') { break; }
            has_escapes = true;
            ++*at;
        }
        ++*at;
    }
    if (*at == start) { return NULL; }

    PyObject *str = PyUnicode_Substring(text, start, *at);
    if (str && has_escapes) {
        own PyObject *two = PyUnicode_FromString("%%");
        own PyObject *one = PyUnicode_FromString("%");
        PyObject *plain = two && one ? PyUnicode_Replace(str, two, one, -1) : NULL;
        Py_SETREF(str, plain);
    }
    str = hob_arena_keep(f->arena, str);
    return str ? hob_ast_constant(str, NULL, NOWHERE, f->arena) : NULL;
}

/* Pieces of the f-string; false without an exception if there can be none. */
static bool
format_pieces(folder *f, PyObject *text, hob_expr_seq *args, hob_expr_seq *pieces)
{
    Py_ssize_t at = 0, n_args = 0, n = PyUnicode_GET_LENGTH(text);
    while (at < n || n_args < args->size) {
        hob_expr *literal = literal_expr(f, text, &at);
        if (PyErr_Occurred()) { return false; }
        if (literal) { pieces->items[pieces->size++] = literal; }
        if (at >= n) { break; }
        if (n_args >= args->size) { return false; }

        format_field field;
        at++;
        if (!take_field(text, &at, &field)) { return false; }
        hob_expr *value = field_expr(f, &field, args->items[n_args++]);
        if (!value) { return false; }
        pieces->items[pieces->size++] = value;
    }
    return n_args == args->size;
}

static void
fold_format(folder *f, hob_expr *e, PyObject *text, hob_expr_seq *args)
{
    for (Py_ssize_t i = 0; i < args->size; i++) {
        if (args->items[i]->kind == EXPR_STARRED) { return; }
    }
    hob_expr_seq *pieces = hob_seq_new(args->size * 2 + 1, f->arena);
    if (pieces) {
        pieces->size = 0;
        if (format_pieces(f, text, args, pieces)) {
            e->kind = EXPR_JOINED_STR;
            e->v.joined_str.values = pieces;
            return;
        }
    }
    if (PyErr_Occurred()) { f->failed = true; }
}

/* --- expressions --- */

static void
fold_bin_op(folder *f, hob_expr *e)
{
    hob_expr *left = e->v.bin_op.left, *right = e->v.bin_op.right;
    if (!is_const(left)) { return; }
    PyObject *a = left->v.constant.value;
    hob_operator op = e->v.bin_op.op;
    if (op == OPERATOR_MOD && right->kind == EXPR_TUPLE && PyUnicode_Check(a)) {
        fold_format(f, e, a, right->v.tuple.elts);
        return;
    }
    if (!is_const(right) || !binary_operators[op].evaluate) { return; }
    PyObject *b = right->v.constant.value;
    if (binary_operators[op].is_small && !binary_operators[op].is_small(a, b)) { return; }
    become(f, e, binary_operators[op].evaluate(a, b));
}

static PyObject *
logical_not(PyObject *op)
{
    int truth = PyObject_IsTrue(op);
    return truth < 0 ? NULL : PyBool_FromLong(!truth);
}

static void
fold_unary_op(folder *f, hob_expr *e)
{
    static const unaryfunc evaluate[] = {
        [UNARYOP_INVERT] = PyNumber_Invert, [UNARYOP_NOT] = logical_not,
        [UNARYOP_UADD] = PyNumber_Positive, [UNARYOP_USUB] = PyNumber_Negative};
    static const hob_cmpop opposite[] = {       /* only where it is exact for any object */
        [CMPOP_IS] = CMPOP_IS_NOT, [CMPOP_IS_NOT] = CMPOP_IS,
        [CMPOP_IN] = CMPOP_NOT_IN, [CMPOP_NOT_IN] = CMPOP_IN};

    hob_expr *operand = e->v.unary_op.operand;
    hob_unaryop op = e->v.unary_op.op;
    if (is_const(operand)) {
        become(f, e, evaluate[op](operand->v.constant.value));
        return;
    }
    if (op != UNARYOP_NOT || operand->kind != EXPR_COMPARE
        || operand->v.compare.ops->size != 1) {
        return;
    }
    hob_cmpop compare = operand->v.compare.ops->items[0];
    if (compare >= ARRAY_LEN(opposite) || !opposite[compare]) { return; }
    operand->v.compare.ops->items[0] = opposite[compare];
    *e = *operand;                      /* its place too */
}

/* What is only iterated or searched may be a tuple or frozenset. */
static void
fold_iterable(folder *f, hob_expr *e)
{
    if (f->failed) { return; }
    if (e->kind == EXPR_LIST) {
        hob_expr_seq *elts = e->v.list.elts;
        for (Py_ssize_t i = 0; i < elts->size; i++) {
            if (elts->items[i]->kind == EXPR_STARRED) { return; }
        }
        hob_expr_context ctx = e->v.list.ctx;
        e->kind = EXPR_TUPLE;
        e->v.tuple.elts = elts;
        e->v.tuple.ctx = ctx;
        if (all_const(elts)) { become(f, e, const_tuple(elts)); }
    }
    else if (e->kind == EXPR_SET && all_const(e->v.set.elts)) {
        own PyObject *items = const_tuple(e->v.set.elts);
        become(f, e, items ? PyFrozenSet_New(items) : NULL);
    }
}

static void
fold_exprs(folder *f, hob_expr_seq *exprs)
{
    for (Py_ssize_t i = 0; i < exprs->size; i++) {
        if (exprs->items[i]) { fold_expr(f, exprs->items[i]); }
    }
}

static void
fold_maybe(folder *f, hob_expr *e)
{
    if (e) { fold_expr(f, e); }
}

static void
fold_keywords(folder *f, hob_keyword_seq *keywords)
{
    for (Py_ssize_t i = 0; i < keywords->size; i++) { fold_expr(f, keywords->items[i]->value); }
}

static void
fold_generators(folder *f, hob_comprehension_seq *generators)
{
    for (Py_ssize_t i = 0; i < generators->size; i++) {
        hob_comprehension *gen = generators->items[i];
        fold_expr(f, gen->target);
        fold_expr(f, gen->iter);
        fold_exprs(f, gen->ifs);
        fold_iterable(f, gen->iter);
    }
}

static void
fold_annotation(folder *f, hob_expr *annotation)
{
    if (annotation && !f->keep_annotations) { fold_expr(f, annotation); }
}

static void
fold_arg_annotations(folder *f, hob_arg_seq *args)
{
    for (Py_ssize_t i = 0; i < args->size; i++) {
        fold_annotation(f, args->items[i]->annotation);
    }
}

static void
fold_arguments(folder *f, hob_arguments *args)
{
    fold_arg_annotations(f, args->posonlyargs);
    fold_arg_annotations(f, args->args);
    if (args->vararg) { fold_annotation(f, args->vararg->annotation); }
    fold_arg_annotations(f, args->kwonlyargs);
    fold_exprs(f, args->kw_defaults);
    if (args->kwarg) { fold_annotation(f, args->kwarg->annotation); }
    fold_exprs(f, args->defaults);
}

static void
fold_compare(folder *f, hob_expr *e)
{
    fold_expr(f, e->v.compare.left);
    fold_exprs(f, e->v.compare.comparators);
    Py_ssize_t last = e->v.compare.ops->size - 1;
    hob_cmpop op = e->v.compare.ops->items[last];
    if (op == CMPOP_IN || op == CMPOP_NOT_IN) {
        fold_iterable(f, e->v.compare.comparators->items[last]);
    }
}

static void
fold_subscript(folder *f, hob_expr *e)
{
    hob_expr *value = e->v.subscript.value, *slice = e->v.subscript.slice;
    fold_expr(f, value);
    fold_expr(f, slice);
    if (!f->failed && e->v.subscript.ctx == EXPR_CONTEXT_LOAD && is_const(value)
        && is_const(slice)) {
        become(f, e, PyObject_GetItem(value->v.constant.value, slice->v.constant.value));
    }
}

static void
fold_name(folder *f, hob_expr *e)
{
    if (e->v.name.ctx == EXPR_CONTEXT_LOAD
        && _PyUnicode_EqualToASCIIString(e->v.name.id, "__debug__")) {
        become(f, e, PyBool_FromLong(f->optimize == 0));
    }
}

static void
fold_expr_inner(folder *f, hob_expr *e)
{
    switch (e->kind) {
    case EXPR_BOOL_OP: fold_exprs(f, e->v.bool_op.values); break;
    case EXPR_NAMED_EXPR: fold_expr(f, e->v.named_expr.value); break;
    case EXPR_BIN_OP:
        fold_expr(f, e->v.bin_op.left);
        fold_expr(f, e->v.bin_op.right);
        if (!f->failed) { fold_bin_op(f, e); }
        break;
    case EXPR_UNARY_OP:
        fold_expr(f, e->v.unary_op.operand);
        if (!f->failed) { fold_unary_op(f, e); }
        break;
    case EXPR_LAMBDA:
        fold_arguments(f, e->v.lambda.args);
        fold_expr(f, e->v.lambda.body);
        break;
    case EXPR_IF_EXP:
        fold_expr(f, e->v.if_exp.test);
        fold_expr(f, e->v.if_exp.body);
        fold_expr(f, e->v.if_exp.orelse);
        break;
    case EXPR_DICT:
        fold_exprs(f, e->v.dict.keys);
        fold_exprs(f, e->v.dict.values);
        break;
    case EXPR_SET: fold_exprs(f, e->v.set.elts); break;
    case EXPR_LIST_COMP:
        fold_expr(f, e->v.list_comp.elt);
        fold_generators(f, e->v.list_comp.generators);
        break;
    case EXPR_SET_COMP:
        fold_expr(f, e->v.set_comp.elt);
        fold_generators(f, e->v.set_comp.generators);
        break;
    case EXPR_DICT_COMP:
        fold_expr(f, e->v.dict_comp.key);
        fold_expr(f, e->v.dict_comp.value);
        fold_generators(f, e->v.dict_comp.generators);
        break;
    case EXPR_GENERATOR_EXP:
        fold_expr(f, e->v.generator_exp.elt);
        fold_generators(f, e->v.generator_exp.generators);
        break;
    case EXPR_AWAIT: fold_expr(f, e->v.await.value); break;
    case EXPR_YIELD: fold_maybe(f, e->v.yield.value); break;
    case EXPR_YIELD_FROM: fold_expr(f, e->v.yield_from.value); break;
    case EXPR_COMPARE: fold_compare(f, e); break;
    case EXPR_CALL:
        fold_expr(f, e->v.call.func);
        fold_exprs(f, e->v.call.args);
        fold_keywords(f, e->v.call.keywords);
        break;
    case EXPR_FORMATTED_VALUE:
        fold_expr(f, e->v.formatted_value.value);
        fold_maybe(f, e->v.formatted_value.format_spec);
        break;
    case EXPR_JOINED_STR: fold_exprs(f, e->v.joined_str.values); break;
    case EXPR_CONSTANT: break;
    case EXPR_ATTRIBUTE: fold_expr(f, e->v.attribute.value); break;
    case EXPR_SUBSCRIPT: fold_subscript(f, e); break;
    case EXPR_STARRED: fold_expr(f, e->v.starred.value); break;
    case EXPR_NAME: fold_name(f, e); break;
    case EXPR_LIST: fold_exprs(f, e->v.list.elts); break;
    case EXPR_TUPLE:
        fold_exprs(f, e->v.tuple.elts);
        if (!f->failed && e->v.tuple.ctx == EXPR_CONTEXT_LOAD && all_const(e->v.tuple.elts)) {
            become(f, e, const_tuple(e->v.tuple.elts));
        }
        break;
    case EXPR_SLICE:
        fold_maybe(f, e->v.slice.lower);
        fold_maybe(f, e->v.slice.upper);
        fold_maybe(f, e->v.slice.step);
        break;
    }
}

static bool
go_deeper(folder *f)
{
    if (f->failed) { return false; }
    if (++f->depth > f->depth_limit || hob_c_stack_is_low()) {
        f->depth--;
        hob_tree_too_deep();
        f->failed = true;
        return false;
    }
    return true;
}

static void
fold_expr(folder *f, hob_expr *e)
{
    if (!go_deeper(f)) { return; }
    fold_expr_inner(f, e);
    f->depth--;
}

/* --- statements --- */

static void
fold_stmts(folder *f, hob_stmt_seq *body)
{
    for (Py_ssize_t i = 0; i < body->size; i++) { fold_stmt(f, body->items[i]); }
}

static bool
starts_with_text(const hob_stmt_seq *body)
{
    if (body->size == 0 || body->items[0]->kind != STMT_EXPR) { return false; }
    const hob_expr *e = body->items[0]->v.expr.value;
    return e->kind == EXPR_CONSTANT && PyUnicode_CheckExact(e->v.constant.value);
}

/* A body that may have a docstring: folding must not make one of 'a' + 'b'. */
static void
fold_body(folder *f, hob_stmt_seq *body)
{
    bool has_doc = starts_with_text(body);
    fold_stmts(f, body);
    if (f->failed || has_doc || !starts_with_text(body)) { return; }

    hob_expr_seq *values = hob_seq_new(1, f->arena);
    if (!values) {
        f->failed = true;
        return;
    }
    hob_expr *text = body->items[0]->v.expr.value;
    values->items[0] = text;
    hob_expr *joined = hob_ast_joined_str(values, text->at, f->arena);
    if (joined) { body->items[0]->v.expr.value = joined; }
    else { f->failed = true; }
}

static void
fold_function(folder *f, hob_stmt *s)
{
    __typeof__(&s->v.function_def) d = &s->v.function_def;      /* async ones are alike */
    fold_arguments(f, d->args);
    fold_body(f, d->body);
    fold_exprs(f, d->decorator_list);
    fold_annotation(f, d->returns);
}

static void
fold_with(folder *f, hob_withitem_seq *items, hob_stmt_seq *body)
{
    for (Py_ssize_t i = 0; i < items->size; i++) {
        fold_expr(f, items->items[i]->context_expr);
        fold_maybe(f, items->items[i]->optional_vars);
    }
    fold_stmts(f, body);
}

static void
fold_try(folder *f, hob_stmt *s)
{
    __typeof__(&s->v.try) t = &s->v.try;                        /* TryStar is alike */
    fold_stmts(f, t->body);
    for (Py_ssize_t i = 0; i < t->handlers->size; i++) {
        fold_maybe(f, t->handlers->items[i]->v.except_handler.type);
        fold_stmts(f, t->handlers->items[i]->v.except_handler.body);
    }
    fold_stmts(f, t->orelse);
    fold_stmts(f, t->finalbody);
}

static void
fold_loop(folder *f, hob_stmt *s)
{
    __typeof__(&s->v.for_) l = &s->v.for_;                      /* async ones are alike */
    fold_expr(f, l->target);
    fold_expr(f, l->iter);
    fold_stmts(f, l->body);
    fold_stmts(f, l->orelse);
    fold_iterable(f, l->iter);
}

static void
fold_match(folder *f, hob_stmt *s)
{
    fold_expr(f, s->v.match.subject);
    hob_match_case_seq *cases = s->v.match.cases;
    for (Py_ssize_t i = 0; i < cases->size; i++) {
        fold_pattern(f, cases->items[i]->pattern);
        fold_maybe(f, cases->items[i]->guard);
        fold_stmts(f, cases->items[i]->body);
    }
}

static void
fold_stmt_inner(folder *f, hob_stmt *s)
{
    switch (s->kind) {
    case STMT_FUNCTION_DEF:
    case STMT_ASYNC_FUNCTION_DEF: fold_function(f, s); break;
    case STMT_CLASS_DEF:
        fold_exprs(f, s->v.class_def.bases);
        fold_keywords(f, s->v.class_def.keywords);
        fold_body(f, s->v.class_def.body);
        fold_exprs(f, s->v.class_def.decorator_list);
        break;
    case STMT_RETURN: fold_maybe(f, s->v.return_.value); break;
    case STMT_DELETE: fold_exprs(f, s->v.delete.targets); break;
    case STMT_ASSIGN:
        fold_exprs(f, s->v.assign.targets);
        fold_expr(f, s->v.assign.value);
        break;
    case STMT_AUG_ASSIGN:
        fold_expr(f, s->v.aug_assign.target);
        fold_expr(f, s->v.aug_assign.value);
        break;
    case STMT_ANN_ASSIGN:
        fold_expr(f, s->v.ann_assign.target);
        fold_annotation(f, s->v.ann_assign.annotation);
        fold_maybe(f, s->v.ann_assign.value);
        break;
    case STMT_FOR:
    case STMT_ASYNC_FOR: fold_loop(f, s); break;
    case STMT_WHILE:
        fold_expr(f, s->v.while_.test);
        fold_stmts(f, s->v.while_.body);
        fold_stmts(f, s->v.while_.orelse);
        break;
    case STMT_IF:
        fold_expr(f, s->v.if_.test);
        fold_stmts(f, s->v.if_.body);
        fold_stmts(f, s->v.if_.orelse);
        break;
    case STMT_WITH: fold_with(f, s->v.with.items, s->v.with.body); break;
    case STMT_ASYNC_WITH: fold_with(f, s->v.async_with.items, s->v.async_with.body); break;
    case STMT_MATCH: fold_match(f, s); break;
    case STMT_RAISE:
        fold_maybe(f, s->v.raise.exc);
        fold_maybe(f, s->v.raise.cause);
        break;
    case STMT_TRY:
    case STMT_TRY_STAR: fold_try(f, s); break;
    case STMT_ASSERT:
        fold_expr(f, s->v.assert_.test);
        fold_maybe(f, s->v.assert_.msg);
        break;
    case STMT_EXPR: fold_expr(f, s->v.expr.value); break;
    case STMT_IMPORT:
    case STMT_IMPORT_FROM:
    case STMT_GLOBAL:
    case STMT_NONLOCAL:
    case STMT_PASS:
    case STMT_BREAK:
    case STMT_CONTINUE: break;
    }
}

static void
fold_stmt(folder *f, hob_stmt *s)
{
    if (!go_deeper(f)) { return; }
    fold_stmt_inner(f, s);
    f->depth--;
}

/* --- patterns: -1 and 1+2j become constants --- */

static void
fold_patterns(folder *f, hob_pattern_seq *patterns)
{
    for (Py_ssize_t i = 0; i < patterns->size; i++) { fold_pattern(f, patterns->items[i]); }
}

static void
fold_pattern(folder *f, hob_pattern *p)
{
    if (!go_deeper(f)) { return; }
    switch (p->kind) {
    case PATTERN_MATCH_VALUE: fold_expr(f, p->v.match_value.value); break;
    case PATTERN_MATCH_SEQUENCE: fold_patterns(f, p->v.match_sequence.patterns); break;
    case PATTERN_MATCH_MAPPING:
        fold_exprs(f, p->v.match_mapping.keys);
        fold_patterns(f, p->v.match_mapping.patterns);
        break;
    case PATTERN_MATCH_CLASS:
        fold_expr(f, p->v.match_class.cls);
        fold_patterns(f, p->v.match_class.patterns);
        fold_patterns(f, p->v.match_class.kwd_patterns);
        break;
    case PATTERN_MATCH_AS:
        if (p->v.match_as.pattern) { fold_pattern(f, p->v.match_as.pattern); }
        break;
    case PATTERN_MATCH_OR: fold_patterns(f, p->v.match_or.patterns); break;
    case PATTERN_MATCH_SINGLETON:
    case PATTERN_MATCH_STAR: break;
    }
    f->depth--;
}

/* --- the whole --- */

status
hob_fold(hob_mod *mod, hob_arena *arena, int optimize, int future_features)
{
    folder f = {.arena = arena, .optimize = optimize,
                .keep_annotations = future_features & CO_FUTURE_ANNOTATIONS};
    hob_tree_depth_limits(&f.depth, &f.depth_limit);
    switch (mod->kind) {
    case MOD_MODULE: fold_body(&f, mod->v.module.body); break;
    case MOD_INTERACTIVE: fold_stmts(&f, mod->v.interactive.body); break;
    case MOD_EXPRESSION: fold_expr(&f, mod->v.expression.body); break;
    case MOD_FUNCTION_TYPE: break;
    }
    return f.failed ? -1 : 0;
}

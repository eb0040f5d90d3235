/* validate.c -- what compile() promises about a tree that a program built.
 *
 * The compiler takes trees from the parser without a look; those made of `ast`
 * objects come through here first.  Types were checked by convert.c; here contexts,
 * counts, names and places are, in the order in which the compiler would meet them.
 */
#include "syntax/syntax.h"

#include "memory/own.h"
#include "state/c_stack.h"

#include <stdarg.h>

enum { LEVELS_PER_FRAME = 3 };

typedef struct {
    int depth, limit;
} checker;

static bool check_expr(checker *c, hob_expr *e, hob_expr_context ctx);
static bool check_statements(checker *c, hob_stmt_seq *seq);
static bool check_pattern(checker *c, hob_pattern *p, bool star_allowed);

/* --- complaints: always false --- */

static bool
invalid(const char *format, ...)
{
    va_list rest;
    va_start(rest, format);
    PyErr_FormatV(PyExc_ValueError, format, rest);
    va_end(rest);
    return false;
}

static bool
check_span(const hob_span *at)
{
    if (at->lineno > at->end_lineno) {
        return invalid("AST node line range (%d, %d) is not valid", at->lineno, at->end_lineno);
    }
    if ((at->lineno < 0 && at->end_lineno != at->lineno)
        || (at->col_offset < 0 && at->col_offset != at->end_col_offset)) {
        return invalid("AST node column range (%d, %d) for line range (%d, %d) is not valid",
                       at->col_offset, at->end_col_offset, at->lineno, at->end_lineno);
    }
    if (at->lineno == at->end_lineno && at->col_offset > at->end_col_offset) {
        return invalid("line %d, column %d-%d is not a valid range", at->lineno, at->col_offset,
                       at->end_col_offset);
    }
    return true;
}

static bool
enter(checker *c, const hob_span *at)
{
    if (!check_span(at)) { return false; }
    if (++c->depth <= c->limit && !hob_c_stack_is_low()) { return true; }
    PyErr_SetString(PyExc_RecursionError, "maximum recursion depth exceeded during compilation");
    return false;
}

static bool
check_name(PyObject *name)
{
    static const char *const constants[] = {"None", "True", "False"};
    for (size_t i = 0; i < ARRAY_LEN(constants); i++) {
        if (_PyUnicode_EqualToASCIIString(name, constants[i])) {
            return invalid("identifier field can't represent '%s' constant", constants[i]);
        }
    }
    return true;
}

static bool
check_nonempty(Py_ssize_t size, const char *what, const char *owner)
{
    return size > 0 ? true : invalid("empty %s on %s", what, owner);
}

/* --- expressions --- */

static bool
check_exprs(checker *c, hob_expr_seq *seq, hob_expr_context ctx, bool none_allowed)
{
    for (Py_ssize_t i = 0; i < seq->size; i++) {
        hob_expr *e = seq->items[i];
        if (e ? !check_expr(c, e, ctx)
              : !none_allowed && !invalid("None disallowed in expression list")) {
            return false;
        }
    }
    return true;
}

static bool
load(checker *c, hob_expr *e)
{
    return check_expr(c, e, EXPR_CONTEXT_LOAD);
}

static bool
load_if(checker *c, hob_expr *e)
{
    return !e || load(c, e);
}

static bool
load_all(checker *c, hob_expr_seq *seq)
{
    return check_exprs(c, seq, EXPR_CONTEXT_LOAD, false);
}

static bool check_constants(checker *c, PyObject *items);

static bool
check_constant(checker *c, PyObject *value)
{
    if (value == Py_None || value == Py_Ellipsis || PyLong_CheckExact(value)
        || PyFloat_CheckExact(value) || PyComplex_CheckExact(value) || PyBool_Check(value)
        || PyUnicode_CheckExact(value) || PyBytes_CheckExact(value)) {
        return true;
    }
    if (PyTuple_CheckExact(value) || PyFrozenSet_CheckExact(value)) {
        if (++c->depth > c->limit || hob_c_stack_is_low()) {
            PyErr_SetString(PyExc_RecursionError,
                            "maximum recursion depth exceeded during compilation");
            return false;
        }
        bool fine = check_constants(c, value);
        c->depth--;
        return fine;
    }
    if (!PyErr_Occurred()) {
        PyErr_Format(PyExc_TypeError, "got an invalid type in Constant: %s",
                     _PyType_Name(Py_TYPE(value)));
    }
    return false;
}

static bool
check_constants(checker *c, PyObject *items)
{
    own PyObject *iterator = PyObject_GetIter(items);
    if (!iterator) { return false; }
    for (;;) {
        own PyObject *item = PyIter_Next(iterator);
        if (!item) { return !PyErr_Occurred(); }
        if (!check_constant(c, item)) { return false; }
    }
}

static bool
check_comprehensions(checker *c, hob_comprehension_seq *seq)
{
    if (seq->size == 0) { return invalid("comprehension with no generators"); }
    for (Py_ssize_t i = 0; i < seq->size; i++) {
        hob_comprehension *clause = seq->items[i];
        if (!check_expr(c, clause->target, EXPR_CONTEXT_STORE) || !load(c, clause->iter)
            || !load_all(c, clause->ifs)) {
            return false;
        }
    }
    return true;
}

static bool
check_keywords(checker *c, hob_keyword_seq *seq)
{
    for (Py_ssize_t i = 0; i < seq->size; i++) {
        if (!load(c, seq->items[i]->value)) { return false; }
    }
    return true;
}

static bool
check_arg(checker *c, hob_arg *arg)
{
    return !arg || (check_span(&arg->at) && load_if(c, arg->annotation));
}

static bool
check_args(checker *c, hob_arg_seq *seq)
{
    for (Py_ssize_t i = 0; i < seq->size; i++) {
        if (!check_arg(c, seq->items[i])) { return false; }
    }
    return true;
}

static bool
check_arguments(checker *c, hob_arguments *a)
{
    if (!check_args(c, a->posonlyargs) || !check_args(c, a->args)
        || !load_if(c, a->vararg ? a->vararg->annotation : NULL)
        || !check_args(c, a->kwonlyargs)
        || !load_if(c, a->kwarg ? a->kwarg->annotation : NULL)) {
        return false;
    }
    if (a->defaults->size > a->posonlyargs->size + a->args->size) {
        return invalid("more positional defaults than args on arguments");
    }
    if (a->kw_defaults->size != a->kwonlyargs->size) {
        return invalid("length of kwonlyargs is not the same as kw_defaults on arguments");
    }
    return load_all(c, a->defaults) && check_exprs(c, a->kw_defaults, EXPR_CONTEXT_LOAD, true);
}

static const char *
context_name(hob_expr_context ctx)
{
    static const char *const names[] = {
        [EXPR_CONTEXT_LOAD] = "Load", [EXPR_CONTEXT_STORE] = "Store", [EXPR_CONTEXT_DEL] = "Del"};
    return names[ctx];
}

/* The context that e itself tells; 0 if it can be of none but Load. */
static int
own_context(hob_expr *e)
{
    switch (e->kind) {
    case EXPR_ATTRIBUTE: return e->v.attribute.ctx;
    case EXPR_SUBSCRIPT: return e->v.subscript.ctx;
    case EXPR_STARRED: return e->v.starred.ctx;
    case EXPR_NAME: return e->v.name.ctx;
    case EXPR_LIST: return e->v.list.ctx;
    case EXPR_TUPLE: return e->v.tuple.ctx;
    default: return 0;
    }
}

static bool
check_context(hob_expr *e, hob_expr_context ctx)
{
    if (e->kind == EXPR_NAME && !check_name(e->v.name.id)) { return false; }
    int actual = own_context(e);
    if (!actual && ctx != EXPR_CONTEXT_LOAD) {
        return invalid("expression which can't be assigned to in %s context", context_name(ctx));
    }
    if (actual && actual != (int)ctx) {
        return invalid("expression must have %s context but has %s instead", context_name(ctx),
                       context_name((hob_expr_context)actual));
    }
    return true;
}

static bool
check_comparison(checker *c, hob_expr *e)
{
    if (e->v.compare.comparators->size == 0) { return invalid("Compare with no comparators"); }
    if (e->v.compare.comparators->size != e->v.compare.ops->size) {
        return invalid("Compare has a different number of comparators and operands");
    }
    return load_all(c, e->v.compare.comparators) && load(c, e->v.compare.left);
}

static bool
check_parts(checker *c, hob_expr *e, hob_expr_context ctx)
{
    switch (e->kind) {
    case EXPR_BOOL_OP:
        if (e->v.bool_op.values->size < 2) { return invalid("BoolOp with less than 2 values"); }
        return load_all(c, e->v.bool_op.values);
    case EXPR_BIN_OP: return load(c, e->v.bin_op.left) && load(c, e->v.bin_op.right);
    case EXPR_UNARY_OP: return load(c, e->v.unary_op.operand);
    case EXPR_LAMBDA: return check_arguments(c, e->v.lambda.args) && load(c, e->v.lambda.body);
    case EXPR_IF_EXP:
        return load(c, e->v.if_exp.test) && load(c, e->v.if_exp.body)
            && load(c, e->v.if_exp.orelse);
    case EXPR_DICT:
        if (e->v.dict.keys->size != e->v.dict.values->size) {
            return invalid("Dict doesn't have the same number of keys as values");
        }
        return check_exprs(c, e->v.dict.keys, EXPR_CONTEXT_LOAD, true)
            && load_all(c, e->v.dict.values);
    case EXPR_SET: return load_all(c, e->v.set.elts);
    case EXPR_LIST_COMP:
        return check_comprehensions(c, e->v.list_comp.generators) && load(c, e->v.list_comp.elt);
    case EXPR_SET_COMP:
        return check_comprehensions(c, e->v.set_comp.generators) && load(c, e->v.set_comp.elt);
    case EXPR_GENERATOR_EXP:
        return check_comprehensions(c, e->v.generator_exp.generators)
            && load(c, e->v.generator_exp.elt);
    case EXPR_DICT_COMP:
        return check_comprehensions(c, e->v.dict_comp.generators) && load(c, e->v.dict_comp.key)
            && load(c, e->v.dict_comp.value);
    case EXPR_YIELD: return load_if(c, e->v.yield.value);
    case EXPR_YIELD_FROM: return load(c, e->v.yield_from.value);
    case EXPR_AWAIT: return load(c, e->v.await.value);
    case EXPR_COMPARE: return check_comparison(c, e);
    case EXPR_CALL:
        return load(c, e->v.call.func) && load_all(c, e->v.call.args)
            && check_keywords(c, e->v.call.keywords);
    case EXPR_CONSTANT: return check_constant(c, e->v.constant.value);
    case EXPR_JOINED_STR: return load_all(c, e->v.joined_str.values);
    case EXPR_FORMATTED_VALUE:
        return load(c, e->v.formatted_value.value)
            && load_if(c, e->v.formatted_value.format_spec);
    case EXPR_ATTRIBUTE: return load(c, e->v.attribute.value);
    case EXPR_SUBSCRIPT: return load(c, e->v.subscript.slice) && load(c, e->v.subscript.value);
    case EXPR_STARRED: return check_expr(c, e->v.starred.value, ctx);
    case EXPR_SLICE:
        return load_if(c, e->v.slice.lower) && load_if(c, e->v.slice.upper)
            && load_if(c, e->v.slice.step);
    case EXPR_LIST: return check_exprs(c, e->v.list.elts, ctx, false);
    case EXPR_TUPLE: return check_exprs(c, e->v.tuple.elts, ctx, false);
    case EXPR_NAMED_EXPR: return load(c, e->v.named_expr.value);
    case EXPR_NAME: return true;
    }
    PyErr_SetString(PyExc_SystemError, "unexpected expression");
    return false;
}

static bool
check_expr(checker *c, hob_expr *e, hob_expr_context ctx)
{
    if (!enter(c, &e->at) || !check_context(e, ctx) || !check_parts(c, e, ctx)) { return false; }
    c->depth--;
    return true;
}

/* --- patterns --- */

#define NOT_LITERAL "patterns may only match literals and attribute lookups"

static bool
is_number(hob_expr *e, bool real, bool imaginary)
{
    if (e->kind != EXPR_CONSTANT) { return false; }
    PyObject *value = e->v.constant.value;
    return (real && (PyLong_CheckExact(value) || PyFloat_CheckExact(value)))
        || (imaginary && PyComplex_CheckExact(value));
}

static bool
is_negative(hob_expr *e, bool imaginary)
{
    return e->kind == EXPR_UNARY_OP && e->v.unary_op.op == UNARYOP_USUB
        && is_number(e->v.unary_op.operand, true, imaginary);
}

static bool
is_complex(hob_expr *e)
{
    hob_expr *left = e->v.bin_op.left;
    return (e->v.bin_op.op == OPERATOR_ADD || e->v.bin_op.op == OPERATOR_SUB)
        && (is_number(left, true, false) || is_negative(left, false))
        && is_number(e->v.bin_op.right, false, true);
}

static bool
check_match_value(checker *c, hob_expr *e)
{
    if (!load(c, e)) { return false; }
    switch (e->kind) {
    case EXPR_CONSTANT: {
        PyObject *value = e->v.constant.value;
        if (PyLong_CheckExact(value) || PyFloat_CheckExact(value) || PyBytes_CheckExact(value)
            || PyComplex_CheckExact(value) || PyUnicode_CheckExact(value)) {
            return true;
        }
        return invalid("unexpected constant inside of a literal pattern");
    }
    case EXPR_ATTRIBUTE: return true;
    case EXPR_JOINED_STR: return true;          /* the compiler refuses it */
    case EXPR_UNARY_OP: return is_negative(e, true) || invalid(NOT_LITERAL);
    case EXPR_BIN_OP: return is_complex(e) || invalid(NOT_LITERAL);
    default: return invalid(NOT_LITERAL);
    }
}

static bool
check_capture(PyObject *name)
{
    if (_PyUnicode_EqualToASCIIString(name, "_")) {
        return invalid("can't capture name '_' in patterns");
    }
    return check_name(name);
}

static bool
check_patterns(checker *c, hob_pattern_seq *seq, bool star_allowed)
{
    for (Py_ssize_t i = 0; i < seq->size; i++) {
        if (!seq->items[i]) { return invalid("None disallowed in pattern list"); }
        if (!check_pattern(c, seq->items[i], star_allowed)) { return false; }
    }
    return true;
}

static bool
check_mapping_pattern(checker *c, hob_pattern *p)
{
    hob_expr_seq *keys = p->v.match_mapping.keys;
    if (keys->size != p->v.match_mapping.patterns->size) {
        return invalid("MatchMapping doesn't have the same number of keys as patterns");
    }
    if (p->v.match_mapping.rest && !check_capture(p->v.match_mapping.rest)) { return false; }
    for (Py_ssize_t i = 0; i < keys->size; i++) {
        hob_expr *key = keys->items[i];
        if (!key) { return invalid("None disallowed in expression list"); }
        if (key->kind == EXPR_CONSTANT
            && (key->v.constant.value == Py_None || PyBool_Check(key->v.constant.value))) {
            continue;
        }
        if (!check_match_value(c, key)) { return false; }
    }
    return check_patterns(c, p->v.match_mapping.patterns, false);
}

static bool
check_class_pattern(checker *c, hob_pattern *p)
{
    hob_identifier_seq *attrs = p->v.match_class.kwd_attrs;
    if (attrs->size != p->v.match_class.kwd_patterns->size) {
        return invalid("MatchClass doesn't have the same number of keyword attributes as "
                       "patterns");
    }
    if (!load(c, p->v.match_class.cls)) { return false; }
    hob_expr *cls = p->v.match_class.cls;
    while (cls->kind == EXPR_ATTRIBUTE) { cls = cls->v.attribute.value; }
    if (cls->kind != EXPR_NAME) {
        return invalid("MatchClass cls field can only contain Name or Attribute nodes.");
    }
    for (Py_ssize_t i = 0; i < attrs->size; i++) {
        if (!check_name(attrs->items[i])) { return false; }
    }
    return check_patterns(c, p->v.match_class.patterns, false)
        && check_patterns(c, p->v.match_class.kwd_patterns, false);
}

static bool
check_as_pattern(checker *c, hob_pattern *p)
{
    if (p->v.match_as.name && !check_capture(p->v.match_as.name)) { return false; }
    if (!p->v.match_as.pattern) { return true; }
    if (!p->v.match_as.name) {
        return invalid("MatchAs must specify a target name if a pattern is given");
    }
    return check_pattern(c, p->v.match_as.pattern, false);
}

static bool
check_pattern_parts(checker *c, hob_pattern *p, bool star_allowed)
{
    switch (p->kind) {
    case PATTERN_MATCH_VALUE: return check_match_value(c, p->v.match_value.value);
    case PATTERN_MATCH_SINGLETON: {
        PyObject *value = p->v.match_singleton.value;
        return value == Py_None || PyBool_Check(value)
            || invalid("MatchSingleton can only contain True, False and None");
    }
    case PATTERN_MATCH_SEQUENCE: return check_patterns(c, p->v.match_sequence.patterns, true);
    case PATTERN_MATCH_MAPPING: return check_mapping_pattern(c, p);
    case PATTERN_MATCH_CLASS: return check_class_pattern(c, p);
    case PATTERN_MATCH_STAR:
        if (!star_allowed) { return invalid("can't use MatchStar here"); }
        return !p->v.match_star.name || check_capture(p->v.match_star.name);
    case PATTERN_MATCH_AS: return check_as_pattern(c, p);
    case PATTERN_MATCH_OR:
        if (p->v.match_or.patterns->size < 2) {
            return invalid("MatchOr requires at least 2 patterns");
        }
        return check_patterns(c, p->v.match_or.patterns, false);
    }
    PyErr_SetString(PyExc_SystemError, "unexpected pattern");
    return false;
}

static bool
check_pattern(checker *c, hob_pattern *p, bool star_allowed)
{
    if (!enter(c, &p->at) || !check_pattern_parts(c, p, star_allowed)) { return false; }
    c->depth--;
    return true;
}

/* --- statements --- */

static bool
check_body(checker *c, hob_stmt_seq *body, const char *owner)
{
    return check_nonempty(body->size, "body", owner) && check_statements(c, body);
}

static bool
check_function(checker *c, hob_stmt_seq *body, hob_arguments *args, hob_expr_seq *decorators,
               hob_expr *returns, const char *owner)
{
    return check_body(c, body, owner) && check_arguments(c, args) && load_all(c, decorators)
        && load_if(c, returns);
}

static bool
check_targets(checker *c, hob_expr_seq *targets, hob_expr_context ctx)
{
    return check_nonempty(targets->size, "targets",
                          ctx == EXPR_CONTEXT_DEL ? "Delete" : "Assign")
        && check_exprs(c, targets, ctx, false);
}

static bool
check_annotated(checker *c, hob_stmt *s)
{
    if (s->v.ann_assign.target->kind != EXPR_NAME && s->v.ann_assign.simple) {
        PyErr_SetString(PyExc_TypeError, "AnnAssign with simple non-Name target");
        return false;
    }
    return check_expr(c, s->v.ann_assign.target, EXPR_CONTEXT_STORE)
        && load_if(c, s->v.ann_assign.value) && load(c, s->v.ann_assign.annotation);
}

static bool
check_for(checker *c, hob_expr *target, hob_expr *iter, hob_stmt_seq *body, hob_stmt_seq *orelse,
          const char *owner)
{
    return check_expr(c, target, EXPR_CONTEXT_STORE) && load(c, iter)
        && check_body(c, body, owner) && check_statements(c, orelse);
}

static bool
check_with(checker *c, hob_withitem_seq *items, hob_stmt_seq *body, const char *owner)
{
    if (!check_nonempty(items->size, "items", owner)) { return false; }
    for (Py_ssize_t i = 0; i < items->size; i++) {
        hob_withitem *item = items->items[i];
        if (!load(c, item->context_expr)
            || (item->optional_vars
                && !check_expr(c, item->optional_vars, EXPR_CONTEXT_STORE))) {
            return false;
        }
    }
    return check_body(c, body, owner);
}

static bool
check_match(checker *c, hob_stmt *s)
{
    hob_match_case_seq *cases = s->v.match.cases;
    if (!load(c, s->v.match.subject) || !check_nonempty(cases->size, "cases", "Match")) {
        return false;
    }
    for (Py_ssize_t i = 0; i < cases->size; i++) {
        hob_match_case *item = cases->items[i];
        if (!check_pattern(c, item->pattern, false) || !load_if(c, item->guard)
            || !check_body(c, item->body, "match_case")) {
            return false;
        }
    }
    return true;
}

static bool
check_raise(checker *c, hob_stmt *s)
{
    if (s->v.raise.exc) { return load(c, s->v.raise.exc) && load_if(c, s->v.raise.cause); }
    return !s->v.raise.cause || invalid("Raise with cause but no exception");
}

static bool
check_try(checker *c, hob_stmt_seq *body, hob_excepthandler_seq *handlers, hob_stmt_seq *orelse,
          hob_stmt_seq *finalbody, const char *owner)
{
    /* The reference looks at the places of handlers only here: */
    bool has_places = owner[3] == 0;
    if (!check_body(c, body, owner)) { return false; }
    if (handlers->size == 0 && finalbody->size == 0) {
        return invalid("%s has neither except handlers nor finalbody", owner);
    }
    if (handlers->size == 0 && orelse->size) {
        return invalid("%s has orelse but no except handlers", owner);
    }
    for (Py_ssize_t i = 0; i < handlers->size; i++) {
        hob_excepthandler *h = handlers->items[i];
        if (!h) { return invalid("None disallowed in handler list"); }
        if ((has_places && !check_span(&h->at)) || !load_if(c, h->v.except_handler.type)
            || !check_body(c, h->v.except_handler.body, "ExceptHandler")) {
            return false;
        }
    }
    return check_statements(c, finalbody) && check_statements(c, orelse);
}

static bool
check_import_from(hob_stmt *s)
{
    if (s->v.import_from.level < 0) { return invalid("Negative ImportFrom level"); }
    return check_nonempty(s->v.import_from.names->size, "names", "ImportFrom");
}

static bool
check_statement_parts(checker *c, hob_stmt *s)
{
    switch (s->kind) {
    case STMT_FUNCTION_DEF:
        return check_function(c, s->v.function_def.body, s->v.function_def.args,
                              s->v.function_def.decorator_list, s->v.function_def.returns,
                              "FunctionDef");
    case STMT_ASYNC_FUNCTION_DEF:
        return check_function(c, s->v.async_function_def.body, s->v.async_function_def.args,
                              s->v.async_function_def.decorator_list,
                              s->v.async_function_def.returns, "AsyncFunctionDef");
    case STMT_CLASS_DEF:
        return check_body(c, s->v.class_def.body, "ClassDef") && load_all(c, s->v.class_def.bases)
            && check_keywords(c, s->v.class_def.keywords)
            && load_all(c, s->v.class_def.decorator_list);
    case STMT_RETURN: return load_if(c, s->v.return_.value);
    case STMT_DELETE: return check_targets(c, s->v.delete.targets, EXPR_CONTEXT_DEL);
    case STMT_ASSIGN:
        return check_targets(c, s->v.assign.targets, EXPR_CONTEXT_STORE)
            && load(c, s->v.assign.value);
    case STMT_AUG_ASSIGN:
        return check_expr(c, s->v.aug_assign.target, EXPR_CONTEXT_STORE)
            && load(c, s->v.aug_assign.value);
    case STMT_ANN_ASSIGN: return check_annotated(c, s);
    case STMT_FOR:
        return check_for(c, s->v.for_.target, s->v.for_.iter, s->v.for_.body, s->v.for_.orelse,
                         "For");
    case STMT_ASYNC_FOR:
        return check_for(c, s->v.async_for.target, s->v.async_for.iter, s->v.async_for.body,
                         s->v.async_for.orelse, "AsyncFor");
    case STMT_WHILE:
        return load(c, s->v.while_.test) && check_body(c, s->v.while_.body, "While")
            && check_statements(c, s->v.while_.orelse);
    case STMT_IF:
        return load(c, s->v.if_.test) && check_body(c, s->v.if_.body, "If")
            && check_statements(c, s->v.if_.orelse);
    case STMT_WITH: return check_with(c, s->v.with.items, s->v.with.body, "With");
    case STMT_ASYNC_WITH:
        return check_with(c, s->v.async_with.items, s->v.async_with.body, "AsyncWith");
    case STMT_MATCH: return check_match(c, s);
    case STMT_RAISE: return check_raise(c, s);
    case STMT_TRY:
        return check_try(c, s->v.try.body, s->v.try.handlers, s->v.try.orelse,
                         s->v.try.finalbody, "Try");
    case STMT_TRY_STAR:
        return check_try(c, s->v.try_star.body, s->v.try_star.handlers, s->v.try_star.orelse,
                         s->v.try_star.finalbody, "TryStar");
    case STMT_ASSERT: return load(c, s->v.assert_.test) && load_if(c, s->v.assert_.msg);
    case STMT_IMPORT: return check_nonempty(s->v.import.names->size, "names", "Import");
    case STMT_IMPORT_FROM: return check_import_from(s);
    case STMT_GLOBAL: return check_nonempty(s->v.global.names->size, "names", "Global");
    case STMT_NONLOCAL: return check_nonempty(s->v.nonlocal.names->size, "names", "Nonlocal");
    case STMT_EXPR: return load(c, s->v.expr.value);
    case STMT_PASS: case STMT_BREAK: case STMT_CONTINUE: return true;
    }
    PyErr_SetString(PyExc_SystemError, "unexpected statement");
    return false;
}

static bool
check_statements(checker *c, hob_stmt_seq *seq)
{
    for (Py_ssize_t i = 0; i < seq->size; i++) {
        hob_stmt *s = seq->items[i];
        if (!s) { return invalid("None disallowed in statement list"); }
        if (!enter(c, &s->at) || !check_statement_parts(c, s)) { return false; }
        c->depth--;
    }
    return true;
}

status
hob_ast_validate(hob_mod *mod)
{
    PyThreadState *ts = PyThreadState_Get();
    checker c = {.depth = ts->recursion_limit - ts->recursion_remaining,
                 .limit = ts->recursion_limit};
    if (c.depth < INT_MAX / LEVELS_PER_FRAME) { c.depth *= LEVELS_PER_FRAME; }
    if (c.limit < INT_MAX / LEVELS_PER_FRAME) { c.limit *= LEVELS_PER_FRAME; }

    bool fine = false;
    switch (mod->kind) {
    case MOD_MODULE: fine = check_statements(&c, mod->v.module.body); break;
    case MOD_INTERACTIVE: fine = check_statements(&c, mod->v.interactive.body); break;
    case MOD_EXPRESSION: fine = load(&c, mod->v.expression.body); break;
    case MOD_FUNCTION_TYPE:
        fine = load_all(&c, mod->v.function_type.argtypes)
            && load(&c, mod->v.function_type.returns);
        break;
    }
    return fine ? 0 : -1;
}

/* diagnose.c -- the mistakes that have a message of their own.
 *
 * Called in the second pass only, at the first token of the construct that each
 * name tells.  A function that recognises its mistake raises (`failed`); otherwise it
 * may leave the mark and the stack anywhere, the caller puts both back.
 * The order in which readings are tried decides which of several mistakes is told,
 * and what was read decides where "the last token" is; neither is arbitrary.
 */
#include "syntax/parser_int.h"

#include <string.h>

/* --- naming expressions --- */

static const char *
constant_name(PyObject *value)
{
    if (value == Py_None) { return "None"; }
    if (value == Py_False) { return "False"; }
    if (value == Py_True) { return "True"; }
    if (value == Py_Ellipsis) { return "ellipsis"; }
    return "literal";
}

/* What a message calls this kind of expression. */
const char *
hob_expr_name(hob_expr *e)
{
    static const char *const names[] = {
        [EXPR_BOOL_OP] = "expression", [EXPR_NAMED_EXPR] = "named expression",
        [EXPR_BIN_OP] = "expression", [EXPR_UNARY_OP] = "expression", [EXPR_LAMBDA] = "lambda",
        [EXPR_IF_EXP] = "conditional expression", [EXPR_DICT] = "dict literal",
        [EXPR_SET] = "set display", [EXPR_LIST_COMP] = "list comprehension",
        [EXPR_SET_COMP] = "set comprehension", [EXPR_DICT_COMP] = "dict comprehension",
        [EXPR_GENERATOR_EXP] = "generator expression", [EXPR_AWAIT] = "await expression",
        [EXPR_YIELD] = "yield expression", [EXPR_YIELD_FROM] = "yield expression",
        [EXPR_COMPARE] = "comparison", [EXPR_CALL] = "function call",
        [EXPR_FORMATTED_VALUE] = "f-string expression",
        [EXPR_JOINED_STR] = "f-string expression", [EXPR_ATTRIBUTE] = "attribute",
        [EXPR_SUBSCRIPT] = "subscript", [EXPR_STARRED] = "starred", [EXPR_NAME] = "name",
        [EXPR_LIST] = "list", [EXPR_TUPLE] = "tuple", [EXPR_SLICE] = "slice",
    };
    return e->kind == EXPR_CONSTANT ? constant_name(e->v.constant.value) : names[e->kind];
}

enum { STAR_TARGETS, DEL_TARGETS, FOR_TARGETS };

static hob_expr *first_invalid_target(hob_expr *e, int targets);

static hob_expr *
first_invalid_of(hob_expr_seq *elts, int targets)
{
    for (Py_ssize_t i = 0; i < elts->size; i++) {
        hob_expr *found = first_invalid_target(elts->items[i], targets);
        if (found) { return found; }
    }
    return NULL;
}

static hob_expr *
first_invalid_target(hob_expr *e, int targets)
{
    switch (e->kind) {
    case EXPR_LIST: return first_invalid_of(e->v.list.elts, targets);
    case EXPR_TUPLE: return first_invalid_of(e->v.tuple.elts, targets);
    case EXPR_STARRED:
        return targets == DEL_TARGETS ? e : first_invalid_target(e->v.starred.value, targets);
    case EXPR_COMPARE:
        /* The `a in b` of `for a in b` reads as a comparison. */
        if (targets == FOR_TARGETS && e->v.compare.ops->items[0] == CMPOP_IN) {
            return first_invalid_target(e->v.compare.left, targets);
        }
        return targets == FOR_TARGETS ? NULL : e;
    default: return hob_is_single_target(e) ? NULL : e;
    }
}

/* Raise about what in e cannot be assigned to (or deleted). */
bool
hob_diagnose_invalid_target(hob_parser *p, hob_expr *e, int targets)
{
    hob_expr *bad = first_invalid_target(e, targets);
    if (!bad) { return false; }
    hob_error_span(p, bad->at, targets == DEL_TARGETS ? "cannot delete %s" : "cannot assign to %s",
                   hob_expr_name(bad));
    return true;
}

/* --- expressions --- */

static bool
is_legacy_statement(hob_expr *e)
{
    return e->kind == EXPR_NAME
        && (_PyUnicode_EqualToASCIIString(e->v.name.id, "print")
            || _PyUnicode_EqualToASCIIString(e->v.name.id, "exec"));
}

/* Two expressions in a row, inside brackets. */
static bool
diagnose_comma(hob_parser *p)
{
    if (peek(p) == TOK_NAME && peek_second(p) == TOK_STRING) { return false; }
    if (p->failed || hob_parser_is_soft_keyword(p)) { return false; }
    hob_expr *a = parse_disjunction(p);
    hob_expr *b = a ? parse_expression_quietly(p) : NULL;
    if (!b) { return false; }
    if (!is_legacy_statement(a) && token_at(p, p->mark - 1)->level > 0) {
        hob_error_span(p, join(a->at, b->at), "invalid syntax. Perhaps you forgot a comma?");
    }
    return true;
}

static void
diagnose_missing_else(hob_parser *p)
{
    hob_expr *a = parse_disjunction(p);
    if (!a || !accept(p, TOK_IF)) { return; }
    hob_expr *b = parse_disjunction(p);
    if (!b || peek(p) == TOK_ELSE || peek(p) == TOK_COLON || p->failed) { return; }
    hob_error_span(p, join(a->at, b->at), "expected 'else' after 'if' expression");
}

/* print x, exec x */
static void
diagnose_legacy(hob_parser *p)
{
    if (peek(p) != TOK_NAME) { return; }
    hob_expr *name = parse_name(p, EXPR_CONTEXT_LOAD);
    if (!name || peek(p) == TOK_LPAR) { return; }
    hob_expr *rest = parse_star_expressions(p);
    if (!rest || !is_legacy_statement(name)) { return; }
    hob_error_span(p, join(name->at, rest->at),
                   "Missing parentheses in call to '%U'. Did you mean %U(...)?",
                   name->v.name.id, name->v.name.id);
}

void
hob_diagnose_expression(hob_parser *p)
{
    int first = p->mark;
    if (!diagnose_comma(p) && !p->failed) {
        p->mark = first;
        diagnose_missing_else(p);
    }
    if (p->failed) { return; }
    p->mark = first;
    diagnose_legacy(p);
}

/* Does a display that may well be a target begin here? */
static bool
at_list_or_tuple(hob_parser *p)
{
    int first = p->mark;
    hob_expr *e = NULL;
    switch (peek(p)) {
    case TOK_TRUE: case TOK_NONE: case TOK_FALSE: return true;
    case TOK_LSQB: e = parse_list_display(p); break;
    case TOK_LPAR: e = parse_tuple_display(p); break;
    case TOK_LBRACE: break;
    default: return p->failed;
    }
    if (!e && !p->failed) {
        /* Is it a generator expression?  The question finds mistakes in any bracket. */
        p->mark = first;
        if (peek(p) == TOK_LPAR) { e = parse_genexp(p); }
        else { hob_diagnose_comprehension(p); }
    }
    p->mark = first;
    return e || p->failed;
}

static bool
at_assignment_sign(hob_parser *p)
{
    return peek(p) == TOK_EQUAL || peek(p) == TOK_COLONEQUAL;
}

static void
diagnose_named_expression(hob_parser *p)
{
    int first = p->mark;
    hob_expr *a = parse_expression(p);
    if (a && accept(p, TOK_COLONEQUAL) && parse_expression(p)) {
        hob_error_span(p, a->at, "cannot use assignment expressions with %s", hob_expr_name(a));
    }
    if (p->failed) { return; }

    p->mark = first;
    hob_expr *b;
    if (peek(p) == TOK_NAME) {
        a = parse_name(p, EXPR_CONTEXT_LOAD);
        if (a && accept(p, TOK_EQUAL) && (b = parse_bitwise_or(p)) && !at_assignment_sign(p)) {
            hob_error_span(p, join(a->at, b->at),
                           "invalid syntax. Maybe you meant '==' or ':=' instead of '='?");
        }
        if (p->failed) { return; }
    }

    p->mark = first;
    if (at_list_or_tuple(p)) { return; }
    a = parse_bitwise_or(p);
    if (a && accept(p, TOK_EQUAL) && parse_bitwise_or(p) && !at_assignment_sign(p)) {
        hob_error_span(p, a->at, "cannot assign to %s here. Maybe you meant '==' instead of '='?",
                       hob_expr_name(a));
    }
}

void
hob_diagnose_named_expression(hob_parser *p)
{
    void *known;
    int first = p->mark;
    if (hob_memo_find(p, RULE_INVALID_NAMED_EXPRESSION, &known)) { return; }
    diagnose_named_expression(p);
    p->mark = first;
    hob_memo_add(p, RULE_INVALID_NAMED_EXPRESSION, first, NULL);
}

/* --- assignment --- */

/* A list or tuple, perhaps in parentheses. */
static hob_expr *
parse_unannotatable(hob_parser *p)
{
    int first = p->mark;
    if (peek(p) == TOK_LSQB) { return parse_list_display(p); }
    if (peek(p) != TOK_LPAR) { return NULL; }
    hob_expr *e = parse_tuple_display(p);
    if (e || p->failed) { return e; }
    p->mark = first + 1;
    e = parse_unannotatable(p);
    return e && accept(p, TOK_RPAR) ? e : NULL;
}

static void
skip_star_named_expressions(hob_parser *p)
{
    for (;;) {
        int mark = p->mark;
        if (!parse_star_named_expressions(p)) {
            p->mark = mark;
            return;
        }
    }
}

static void
diagnose_annotation(hob_parser *p)
{
    int first = p->mark;
    hob_expr *a = parse_unannotatable(p);
    if (a && accept(p, TOK_COLON) && parse_expression(p)) {
        hob_error_span(p, a->at, "only single target (not %s) can be annotated",
                       a->kind == EXPR_LIST ? "list" : "tuple");
    }
    if (p->failed) { return; }

    p->mark = first;
    a = parse_star_named_expression(p);
    if (a && accept(p, TOK_COMMA)) {
        skip_star_named_expressions(p);
        if (accept(p, TOK_COLON) && parse_expression(p)) {
            hob_error_span(p, a->at, "only single target (not tuple) can be annotated");
        }
    }
    if (p->failed) { return; }

    p->mark = first;
    a = parse_expression(p);
    if (a && accept(p, TOK_COLON) && parse_expression(p)) {
        hob_error_span(p, a->at, "illegal target for annotation");
    }
}

/* (star_targets '=')* */
static void
skip_targets(hob_parser *p)
{
    for (;;) {
        int mark = p->mark;
        if (!parse_star_targets(p) || !accept(p, TOK_EQUAL)) {
            p->mark = mark;
            return;
        }
    }
}

static bool
accept_augmented(hob_parser *p)
{
    switch (peek(p)) {
    case TOK_PLUSEQUAL: case TOK_MINEQUAL: case TOK_STAREQUAL: case TOK_ATEQUAL:
    case TOK_SLASHEQUAL: case TOK_PERCENTEQUAL: case TOK_AMPEREQUAL: case TOK_VBAREQUAL:
    case TOK_CIRCUMFLEXEQUAL: case TOK_LEFTSHIFTEQUAL: case TOK_RIGHTSHIFTEQUAL:
    case TOK_DOUBLESTAREQUAL: case TOK_DOUBLESLASHEQUAL:
        p->mark++;
        return token_at(p, p->mark - 1)->type != TOK_ATEQUAL
            || hob_parser_version(p, 5, "The '@' operator is");
    }
    return false;
}

void
hob_diagnose_assignment(hob_parser *p)
{
    int first = p->mark;
    diagnose_annotation(p);
    if (p->failed) { return; }

    p->mark = first;
    skip_targets(p);
    hob_expr *a = parse_star_expressions(p);
    if (a && accept(p, TOK_EQUAL)) {
        hob_diagnose_invalid_target(p, a, STAR_TARGETS);
        return;
    }
    if (p->failed) { return; }

    p->mark = first;
    skip_targets(p);
    a = parse_yield(p);
    if (a && accept(p, TOK_EQUAL)) {
        hob_error_span(p, a->at, "assignment to yield expression not possible");
    }
    if (p->failed) { return; }

    p->mark = first;
    a = parse_star_expressions(p);
    if (a && accept_augmented(p)
        && (peek(p) == TOK_YIELD ? parse_yield(p) : parse_star_expressions(p))) {
        hob_error_span(p, a->at, "'%s' is an illegal expression for augmented assignment",
                       hob_expr_name(a));
    }
}

void
hob_diagnose_del(hob_parser *p)
{
    p->mark++;
    hob_expr *a = parse_star_expressions(p);
    if (a) { hob_diagnose_invalid_target(p, a, DEL_TARGETS); }
}

/* --- calls --- */

/* The last expression of the last clause. */
static hob_expr *
last_of_clauses(hob_comprehension_seq *clauses)
{
    hob_comprehension *last = clauses->items[clauses->size - 1];
    return last->ifs->size ? last->ifs->items[last->ifs->size - 1] : last->iter;
}

#define UNPARENTHESIZED "Generator expression must be parenthesized"
#define MAYBE_EQUALS "invalid syntax. Maybe you meant '==' or ':=' instead of '='?"

/* NAME '=' expression for ... */
static void
diagnose_keyword_generator(hob_parser *p)
{
    int first = p->mark;
    if (peek(p) != TOK_NAME || peek_second(p) != TOK_EQUAL) { return; }
    p->mark += 2;
    if (parse_expression(p) && parse_comprehension_clauses(p)) {
        hob_error_span(p, join(token_span(token_at(p, first)), token_span(token_at(p, first + 1))),
                       MAYBE_EQUALS);
    }
}

/* expression for .. ',' and perhaps more. */
static void
diagnose_first_generator(hob_parser *p)
{
    hob_expr *a = parse_expression(p);
    hob_comprehension_seq *clauses = a ? parse_comprehension_clauses(p) : NULL;
    if (!clauses || !accept(p, TOK_COMMA)) { return; }
    int mark = p->mark;
    if (!parse_args(p) && !p->failed) {
        p->mark = mark;
        if (parse_expression(p)) { (void)parse_comprehension_clauses(p); }
    }
    hob_error_span(p, join(a->at, last_of_clauses(clauses)->at), UNPARENTHESIZED);
}

static bool
unpacks_mapping(hob_expr *call)
{
    hob_keyword_seq *keywords = call->v.call.keywords;
    for (Py_ssize_t i = 0; i < keywords->size; i++) {
        if (!keywords->items[i]->arg) { return true; }
    }
    return false;
}

/* args ',' then what may not follow. */
static void
diagnose_after_args(hob_parser *p, int first)
{
    p->mark = first;
    hob_expr *call = parse_args(p);
    if (!call || !accept(p, TOK_COMMA)) { return; }
    int mark = p->mark;
    hob_expr *a = parse_expression(p);
    hob_comprehension_seq *clauses = a ? parse_comprehension_clauses(p) : NULL;
    if (clauses) {
        hob_error_span(p, join(a->at, last_of_clauses(clauses)->at), UNPARENTHESIZED);
    }
    if (p->failed) { return; }
    p->mark = mark;
    if (parse_args(p)) {
        hob_error_last(p, PyExc_SyntaxError,
                       unpacks_mapping(call)
                           ? "positional argument follows keyword argument unpacking"
                           : "positional argument follows keyword argument");
    }
}

void
hob_diagnose_arguments(hob_parser *p)
{
    int first = p->mark;
    hob_expr *call = parse_args(p);
    if (call && accept(p, TOK_COMMA) && accept(p, TOK_STAR)) {
        hob_error_span(p, call->at,
                       "iterable argument unpacking follows keyword argument unpacking");
    }
    if (p->failed) { return; }

    p->mark = first;
    diagnose_first_generator(p);
    if (p->failed) { return; }

    p->mark = first;
    diagnose_keyword_generator(p);
    if (p->failed) { return; }

    p->mark = first;
    call = parse_args(p);
    hob_comprehension_seq *clauses = call ? parse_comprehension_clauses(p) : NULL;
    if (clauses) {
        hob_expr_seq *args = call->v.call.args;
        if (args->size > 1) {
            hob_error_span(p, join(args->items[args->size - 1]->at, last_of_clauses(clauses)->at),
                           UNPARENTHESIZED);
        }
        return;
    }
    if (!p->failed) { diagnose_after_args(p, first); }
}

void
hob_diagnose_kwarg(hob_parser *p)
{
    int first = p->mark, type = peek(p);
    if ((type == TOK_TRUE || type == TOK_FALSE || type == TOK_NONE)
        && peek_second(p) == TOK_EQUAL) {
        hob_error_span(p, join(token_span(token_at(p, first)), token_span(token_at(p, first + 1))),
                       "cannot assign to %s", hob_keyword_text(type));
        return;
    }
    if (p->failed) { return; }
    diagnose_keyword_generator(p);
    if (p->failed) { return; }

    p->mark = first;
    if (peek(p) == TOK_NAME && peek_second(p) == TOK_EQUAL) { return; }
    hob_expr *a = parse_expression(p);
    if (a && peek(p) == TOK_EQUAL) {
        hob_error_span(p, join(a->at, token_span(token_at(p, p->mark))),
                       "expression cannot contain assignment, perhaps you meant \"==\"?");
    }
}

/* --- displays and comprehensions --- */

/* At an opening bracket. */
void
hob_diagnose_comprehension(hob_parser *p)
{
    int opening = peek(p), first = ++p->mark;
    hob_expr *a = peek(p) == TOK_STAR ? parse_starred_expression(p) : NULL;
    if (a && parse_comprehension_clauses(p)) {
        hob_error_span(p, a->at, "iterable unpacking cannot be used in comprehension");
    }
    if (p->failed || opening == TOK_LPAR) { return; }

    p->mark = first;
    a = parse_star_named_expression(p);
    if (!a || !accept(p, TOK_COMMA)) { return; }
    int comma = p->mark - 1;
    hob_expr_seq *rest = parse_star_named_expressions(p);
    if (rest && parse_comprehension_clauses(p)) {
        hob_error_span(p, join(a->at, rest->items[rest->size - 1]->at),
                       "did you forget parentheses around the comprehension target?");
    }
    if (p->failed) { return; }
    p->mark = comma + 1;
    if (parse_comprehension_clauses(p)) {
        hob_error_span(p, join(a->at, token_span(token_at(p, comma))),
                       "did you forget parentheses around the comprehension target?");
    }
}

void
hob_diagnose_group(hob_parser *p)
{
    int first = p->mark++;
    if (peek(p) == TOK_STAR) {
        hob_expr *a = parse_starred_expression(p);
        if (a && accept(p, TOK_RPAR)) {
            hob_error_span(p, a->at, "cannot use starred expression here");
        }
    }
    else if (accept(p, TOK_DOUBLESTAR) && parse_expression(p) && accept(p, TOK_RPAR)) {
        hob_error_span(p, token_span(token_at(p, first + 1)),
                       "cannot use double starred expression here");
    }
}

#define STARRED_VALUE "cannot use a starred expression in a dictionary value"
#define NO_VALUE "expression expected after dictionary key and ':'"

/* expression ':' and then no value. */
static void
diagnose_dict_value(hob_parser *p, int first)
{
    p->mark = first;
    if (!parse_expression(p) || !accept(p, TOK_COLON)) { return; }
    int mark = p->mark;
    if (accept(p, TOK_STAR) && parse_bitwise_or(p)) {
        hob_error_from(p, token_span(token_at(p, mark)), STARRED_VALUE);
    }
    if (p->failed) { return; }
    p->mark = mark;
    if (peek(p) == TOK_RBRACE || peek(p) == TOK_COMMA) {
        hob_error_span(p, token_span(token_at(p, mark - 1)), NO_VALUE);
    }
}

static void
diagnose_dict_pair(hob_parser *p)
{
    int first = p->mark;
    hob_expr *a = parse_expression(p);
    if (a && peek(p) != TOK_COLON && !p->failed) {
        hob_error_span(p, (hob_span){a->lineno, a->end_col_offset - 1, a->end_lineno, -1},
                       "':' expected after dictionary key");
    }
    if (!p->failed) { diagnose_dict_value(p, first); }
}

/* At '{'. */
void
hob_diagnose_dict(hob_parser *p)
{
    int first = ++p->mark, n = 0;
    for (;; n++) {
        int mark = p->mark;
        hob_expr *value;
        if (n && !accept(p, TOK_COMMA)) { break; }
        if (!parse_double_starred_pair(p, &value)) {
            p->mark = mark;
            break;
        }
    }
    if (p->failed) { return; }
    if (n && accept(p, TOK_COMMA)) {
        diagnose_dict_pair(p);
        if (p->failed) { return; }
    }
    diagnose_dict_value(p, first);
}

void
hob_diagnose_dict_comprehension(hob_parser *p)
{
    int star = ++p->mark;
    if (accept(p, TOK_DOUBLESTAR) && parse_bitwise_or(p) && parse_comprehension_clauses(p)
        && accept(p, TOK_RBRACE)) {
        hob_error_span(p, token_span(token_at(p, star)),
                       "dict unpacking cannot be used in dict comprehension");
    }
}

void
hob_diagnose_for_target(hob_parser *p)
{
    (void)accept(p, TOK_ASYNC);
    if (!accept(p, TOK_FOR)) { return; }
    hob_expr *a = parse_star_expressions(p);
    if (a) { hob_diagnose_invalid_target(p, a, FOR_TARGETS); }
}

/* --- parameters --- */

static int
skip_params(hob_parser *p, bool is_lambda, hob_param_kind kind)
{
    int n = 0;
    while (parse_whole_param(p, is_lambda, kind)) { n++; }
    return n;
}

static bool
skip_slash(hob_parser *p, bool is_lambda)
{
    return accept(p, TOK_SLASH) && (accept(p, TOK_COMMA) || hob_params_at_end(p, is_lambda));
}

/* Positional-only parameters up to and with their slash; the mark stays if none. */
static bool
skip_posonly(hob_parser *p, bool is_lambda)
{
    int first = p->mark;
    if (skip_params(p, is_lambda, WITHOUT_DEFAULT) && skip_slash(p, is_lambda)) { return true; }
    p->mark = first;
    (void)skip_params(p, is_lambda, WITHOUT_DEFAULT);
    if (skip_params(p, is_lambda, WITH_DEFAULT) && skip_slash(p, is_lambda)) { return true; }
    p->mark = first;
    return false;
}

/* Parameters with defaults, perhaps up to a slash. */
static bool
skip_defaulted(hob_parser *p, bool is_lambda)
{
    int first = p->mark;
    (void)skip_params(p, is_lambda, WITHOUT_DEFAULT);
    if (skip_params(p, is_lambda, WITH_DEFAULT) && skip_slash(p, is_lambda)) { return true; }
    p->mark = first;
    return skip_params(p, is_lambda, WITH_DEFAULT) > 0;
}

static void
diagnose_default_order(hob_parser *p, bool is_lambda)
{
    (void)skip_params(p, is_lambda, WITHOUT_DEFAULT);
    if (p->failed || !skip_defaulted(p, is_lambda)) { return; }
    hob_arg *a = parse_whole_param(p, is_lambda, WITHOUT_DEFAULT);
    if (a) { hob_error_span(p, a->at, "non-default argument follows default argument"); }
}

/* Tuple parameters went with Python 2. */
static void
diagnose_tuple_parameter(hob_parser *p, bool is_lambda)
{
    (void)skip_params(p, is_lambda, WITHOUT_DEFAULT);
    int paren = p->mark;
    if (!accept(p, TOK_LPAR)) { return; }
    if (is_lambda) {
        int n = 0;
        do {
            if (!accept(p, TOK_NAME)) {
                if (n) { p->mark--; }
                break;
            }
            n++;
        } while (accept(p, TOK_COMMA));
        if (n == 0) { return; }
    }
    else if (skip_params(p, false, WITHOUT_DEFAULT) == 0) {
        return;
    }
    (void)accept(p, TOK_COMMA);
    if (peek(p) != TOK_RPAR) { return; }
    hob_error_span(p, join(token_span(token_at(p, paren)), token_span(token_at(p, p->mark))),
                   is_lambda ? "Lambda expression parameters cannot be parenthesized"
                             : "Function parameters cannot be parenthesized");
}

static void
diagnose_second_slash(hob_parser *p, bool is_lambda)
{
    if (!skip_posonly(p, is_lambda)) { return; }
    (void)skip_params(p, is_lambda, MAYBE_DEFAULT);
    if (peek(p) == TOK_SLASH) {
        hob_error_span(p, token_span(token_at(p, p->mark)), "/ may appear only once");
    }
}

static void
diagnose_late_slash(hob_parser *p, bool is_lambda)
{
    (void)skip_posonly(p, is_lambda);
    (void)skip_params(p, is_lambda, MAYBE_DEFAULT);
    if (!accept(p, TOK_STAR)) { return; }
    if (!accept(p, TOK_COMMA) && !parse_whole_param(p, is_lambda, WITHOUT_DEFAULT)) { return; }
    (void)skip_params(p, is_lambda, MAYBE_DEFAULT);
    if (peek(p) == TOK_SLASH) {
        hob_error_span(p, token_span(token_at(p, p->mark)), "/ must be ahead of *");
    }
}

static void
diagnose_slash_star(hob_parser *p, bool is_lambda)
{
    if (skip_params(p, is_lambda, MAYBE_DEFAULT) && accept(p, TOK_SLASH) && peek(p) == TOK_STAR) {
        hob_error_span(p, token_span(token_at(p, p->mark)), "expected comma between / and *");
    }
}

static void
diagnose_lone_slash(hob_parser *p, bool is_lambda)
{
    if (peek(p) == TOK_SLASH && peek_second(p) == TOK_COMMA) {
        hob_error_span(p, token_span(token_at(p, p->mark)), "at least one argument must precede /");
    }
}

void
hob_diagnose_params(hob_parser *p, bool is_lambda)
{
    static void (*const readings[])(hob_parser *, bool) = {
        diagnose_default_order, diagnose_tuple_parameter, diagnose_lone_slash,
        diagnose_second_slash, diagnose_late_slash, diagnose_slash_star,
    };
    int first = p->mark;
    for (size_t i = 0; i < ARRAY_LEN(readings) && !p->failed; i++) {
        p->mark = first;
        readings[i](p, is_lambda);
    }
}

/* At '*'. */
void
hob_diagnose_star_params(hob_parser *p, bool is_lambda)
{
    int first = p->mark, end = is_lambda ? TOK_COLON : TOK_RPAR;
    hob_token star = *token_at(p, first);
    p->mark++;
    bool nothing = peek(p) == end;
    if (accept(p, TOK_COMMA)) { nothing = peek(p) == end || peek(p) == TOK_DOUBLESTAR; }
    if (p->failed) { return; }
    if (nothing && is_lambda) {
        p->mark++;
        hob_error_last(p, PyExc_SyntaxError, "named arguments must follow bare *");
        return;
    }
    if (nothing) {
        hob_error_span(p, token_span(&star), "named arguments must follow bare *");
        return;
    }
    if (!is_lambda && token_at(p, p->mark - 1)->type == TOK_COMMA
        && peek(p) == TOK_TYPE_COMMENT) {
        hob_error_last(p, PyExc_SyntaxError, "bare * has associated type comment");
        return;
    }

    p->mark = first + 1;
    if (parse_param(p, is_lambda, false) && peek(p) == TOK_EQUAL) {
        hob_error_span(p, token_span(token_at(p, p->mark)),
                       "var-positional argument cannot have default value");
    }
    if (p->failed) { return; }

    p->mark = first + 1;
    if (!parse_whole_param(p, is_lambda, WITHOUT_DEFAULT) && !accept(p, TOK_COMMA)) { return; }
    (void)skip_params(p, is_lambda, MAYBE_DEFAULT);
    int second = p->mark;
    if (accept(p, TOK_STAR)
        && (parse_whole_param(p, is_lambda, WITHOUT_DEFAULT) || accept(p, TOK_COMMA))) {
        hob_error_span(p, token_span(token_at(p, second)), "* argument may appear only once");
    }
}

/* At '**'. */
void
hob_diagnose_kwds(hob_parser *p, bool is_lambda)
{
    p->mark++;
    if (!parse_param(p, is_lambda, false)) { return; }
    if (peek(p) == TOK_EQUAL) {
        hob_error_span(p, token_span(token_at(p, p->mark)),
                       "var-keyword argument cannot have default value");
        return;
    }
    if (!accept(p, TOK_COMMA)) { return; }
    int mark = p->mark;
    hob_arg *a = parse_param(p, is_lambda, false);
    if (p->failed) { return; }
    p->mark = mark;
    int type = peek(p);
    if (a || type == TOK_STAR || type == TOK_DOUBLESTAR || type == TOK_SLASH) {
        hob_error_span(p, a ? a->at : token_span(token_at(p, mark)),
                       "arguments cannot follow var-keyword argument");
    }
}

/* At '='. */
void
hob_diagnose_default(hob_parser *p, bool is_lambda)
{
    int type = peek_second(p);
    if (type == TOK_RPAR || type == TOK_COMMA) {
        hob_error_span(p, token_span(token_at(p, p->mark)), "expected default value expression");
    }
}

/* --- small statements --- */

void
hob_diagnose_import_targets(hob_parser *p)
{
    if (parse_import_names(p) && accept(p, TOK_COMMA) && accept(p, TOK_NEWLINE)) {
        hob_error_last(p, PyExc_SyntaxError,
                       "trailing comma not allowed without surrounding parentheses");
    }
}

/* --- compound statements: a missing colon, a missing block --- */

/* Is the mark at a line end, with no indentation behind it? */
static bool
no_block_follows(hob_parser *p)
{
    return accept(p, TOK_NEWLINE) && peek(p) != TOK_INDENT && !p->failed;
}

static void
expected_block_after(hob_parser *p, const char *what, int lineno)
{
    hob_error_indent(p, "expected an indented block after %s on line %d", what, lineno);
}

static void
expected_colon(hob_parser *p)
{
    hob_error_last(p, PyExc_SyntaxError, "expected ':'");
}

/* Behind the head of a statement: a line end is a missing colon, a colon without a
 * block a missing block. */
static void
diagnose_end_of_head(hob_parser *p, const char *what, int lineno)
{
    if (accept(p, TOK_NEWLINE)) {
        expected_colon(p);
    }
    else if (accept(p, TOK_COLON) && no_block_follows(p)) {
        expected_block_after(p, what, lineno);
    }
}

void
hob_diagnose_block(hob_parser *p)
{
    if (no_block_follows(p)) { hob_error_indent(p, "expected an indented block"); }
}

/* if, elif, while */
void
hob_diagnose_condition(hob_parser *p, int keyword)
{
    int lineno = token_at(p, p->mark)->lineno;
    p->mark++;
    if (!parse_named_expression(p)) { return; }
    diagnose_end_of_head(p, keyword == TOK_IF ? "'if' statement"
                            : keyword == TOK_ELIF ? "'elif' statement" : "'while' statement",
                         lineno);
}

/* else, finally, try: nothing between keyword and colon */
void
hob_diagnose_plain_block(hob_parser *p, int keyword)
{
    int lineno = token_at(p, p->mark)->lineno;
    p->mark++;
    if (accept(p, TOK_COLON) && no_block_follows(p)) {
        expected_block_after(p, keyword == TOK_ELSE ? "'else' statement"
                                : keyword == TOK_TRY ? "'try' statement" : "'finally' statement",
                             lineno);
    }
}

void
hob_diagnose_for(hob_parser *p)
{
    (void)accept(p, TOK_ASYNC);
    int lineno = token_at(p, p->mark)->lineno;
    if (accept(p, TOK_FOR) && parse_star_targets(p) && accept(p, TOK_IN)
        && parse_star_expressions(p)) {
        diagnose_end_of_head(p, "'for' statement", lineno);
    }
}

/* item ['as' target] (',' ..)* ; the mark stays before a comma without an item. */
static bool
skip_with_items(hob_parser *p, hob_expr *(*item)(hob_parser *))
{
    for (int n = 0;; n++) {
        int mark = p->mark;
        if (n && !accept(p, TOK_COMMA)) { return true; }
        if (!item(p)) {
            p->mark = mark;
            return n > 0 && !p->failed;
        }
        mark = p->mark;
        if (accept(p, TOK_AS) && !parse_star_target(p)) { p->mark = mark; }
    }
}

static bool
skip_with_head(hob_parser *p, bool parenthesized)
{
    if (!parenthesized) { return skip_with_items(p, parse_expression); }
    if (!accept(p, TOK_LPAR) || !skip_with_items(p, parse_expressions)) { return false; }
    (void)accept(p, TOK_COMMA);
    return accept(p, TOK_RPAR);
}

/* At 'with' or 'async'; wants_colon: look for the missing colon, else the block. */
static void
diagnose_with(hob_parser *p, bool wants_colon)
{
    (void)accept(p, TOK_ASYNC);
    int first = p->mark, lineno = token_at(p, first)->lineno;
    if (peek(p) != TOK_WITH) { return; }
    for (int parenthesized = 0; parenthesized < 2 && !p->failed; parenthesized++) {
        p->mark = first + 1;
        if (!skip_with_head(p, parenthesized)) { continue; }
        if (wants_colon && accept(p, TOK_NEWLINE)) {
            expected_colon(p);
        }
        else if (!wants_colon && accept(p, TOK_COLON) && no_block_follows(p)) {
            expected_block_after(p, "'with' statement", lineno);
        }
    }
}

void
hob_diagnose_with(hob_parser *p)
{
    diagnose_with(p, true);
}

void
hob_diagnose_with_indent(hob_parser *p)
{
    diagnose_with(p, false);
}

void
hob_diagnose_with_item(hob_parser *p)
{
    if (!parse_expression(p) || !accept(p, TOK_AS)) { return; }
    hob_expr *a = parse_expression(p);
    if (!a) { return; }
    int type = peek(p);
    if (type == TOK_COMMA || type == TOK_RPAR || type == TOK_COLON) {
        hob_diagnose_invalid_target(p, a, STAR_TARGETS);
    }
}

void
hob_diagnose_def(hob_parser *p)
{
    (void)accept(p, TOK_ASYNC);
    int lineno = token_at(p, p->mark)->lineno;
    if (!accept(p, TOK_DEF) || !accept(p, TOK_NAME) || !accept(p, TOK_LPAR)) { return; }
    int mark = p->mark;
    if (!parse_params(p, false)) {
        if (p->failed) { return; }
        p->mark = mark;
    }
    if (!accept(p, TOK_RPAR)) { return; }
    mark = p->mark;
    if (accept(p, TOK_RARROW) && !parse_expression(p)) { p->mark = mark; }
    if (accept(p, TOK_COLON) && no_block_follows(p)) {
        expected_block_after(p, "function definition", lineno);
    }
}

void
hob_diagnose_class(hob_parser *p)
{
    int lineno = token_at(p, p->mark)->lineno;
    p->mark++;
    if (!accept(p, TOK_NAME)) { return; }
    int mark = p->mark;
    if (accept(p, TOK_LPAR)) {
        int inside = p->mark;
        if (!parse_arguments(p)) {
            if (p->failed) { return; }
            p->mark = inside;
        }
        if (!accept(p, TOK_RPAR)) { p->mark = mark; }
    }
    diagnose_end_of_head(p, "class definition", lineno);
}

void
hob_diagnose_type_comments(hob_parser *p)
{
    if (accept(p, TOK_TYPE_COMMENT) && accept(p, TOK_NEWLINE) && accept(p, TOK_TYPE_COMMENT)
        && accept(p, TOK_NEWLINE) && accept(p, TOK_INDENT)) {
        hob_error_last(p, PyExc_SyntaxError, "Cannot have two type comments on def");
    }
}

/* --- try --- */

static bool
skip_excepts(hob_parser *p, bool is_star)
{
    int n = 0;
    for (;; n++) {
        int mark = p->mark;
        if (!parse_except_clause(p, is_star)) {
            p->mark = mark;
            return n > 0 && !p->failed;
        }
    }
}

/* One kind of except clause and then the head of the other. */
static void
diagnose_mixed_excepts(hob_parser *p)
{
    int mark = p->mark;
    for (int is_star = 0; is_star < 2 && !p->failed; is_star++) {
        PyObject *name;
        p->mark = mark;
        if (!skip_excepts(p, is_star)) { continue; }
        int first = p->mark, last = is_star ? first : first + 1;
        if (!accept(p, TOK_EXCEPT) || (!is_star && !accept(p, TOK_STAR))) { continue; }
        int end = p->mark;
        if (!parse_expression(p) || !parse_as_name(p, &name)) {
            if (!is_star || p->failed) { continue; }
            p->mark = end;
        }
        if (accept(p, TOK_COLON)) {
            hob_error_span(p, join(token_span(token_at(p, first)), token_span(token_at(p, last))),
                           "cannot have both 'except' and 'except*' on the same 'try'");
        }
    }
}

void
hob_diagnose_try(hob_parser *p)
{
    int first = p->mark;
    hob_diagnose_plain_block(p, TOK_TRY);
    if (p->failed) { return; }

    p->mark = first + 1;
    if (!accept(p, TOK_COLON)) { return; }
    int mark = p->mark;
    if (parse_block(p)) {
        if (peek(p) != TOK_EXCEPT && peek(p) != TOK_FINALLY && !p->failed) {
            hob_error_last(p, PyExc_SyntaxError, "expected 'except' or 'finally' block");
        }
    }
    else {
        p->mark = mark;
    }
    if (!p->failed) { diagnose_mixed_excepts(p); }
}

void
hob_diagnose_except(hob_parser *p)
{
    int first = p->mark;
    PyObject *name;
    if (!accept(p, TOK_EXCEPT)) { return; }
    bool is_star = accept(p, TOK_STAR);
    hob_expr *a = parse_expression(p);
    if (a && accept(p, TOK_COMMA) && parse_expressions(p) && parse_as_name(p, &name)
        && accept(p, TOK_COLON)) {
        hob_error_from(p, a->at, "multiple exception types must be parenthesized");
    }
    if (p->failed) { return; }

    p->mark = first + 1 + is_star;
    if (parse_expression(p) && parse_as_name(p, &name) && accept(p, TOK_NEWLINE)) {
        expected_colon(p);
    }
    if (p->failed) { return; }

    p->mark = first + 1;
    if (accept(p, TOK_NEWLINE)) {
        expected_colon(p);
    }
    else if (is_star) {
        p->mark++;
        if (accept(p, TOK_NEWLINE) || accept(p, TOK_COLON)) {
            hob_error_last(p, PyExc_SyntaxError, "expected one or more exception types");
        }
    }
}

void
hob_diagnose_except_indent(hob_parser *p, bool is_star)
{
    PyObject *name;
    int first = p->mark, lineno = token_at(p, first)->lineno;
    if (!accept(p, TOK_EXCEPT) || (is_star && !accept(p, TOK_STAR))) { return; }
    int mark = p->mark;
    if (!parse_expression(p) || !parse_as_name(p, &name)) {
        if (p->failed || is_star) { return; }
        p->mark = mark;
    }
    if (accept(p, TOK_COLON) && no_block_follows(p)) {
        expected_block_after(p, is_star ? "'except*' statement" : "'except' statement", lineno);
    }
}

/* --- match --- */

/* At the name match. */
void
hob_diagnose_match(hob_parser *p)
{
    int lineno = token_at(p, p->mark)->lineno;
    p->mark++;
    if (!parse_subject(p)) { return; }
    diagnose_end_of_head(p, "'match' statement", lineno);
}

void
hob_diagnose_case(hob_parser *p)
{
    int lineno = token_at(p, p->mark)->lineno;
    if (!hob_parser_is_word(p, "case")) { return; }
    p->mark++;
    if (!parse_patterns(p)) { return; }
    int mark = p->mark;
    if (accept(p, TOK_IF) && !parse_named_expression(p)) { p->mark = mark; }
    diagnose_end_of_head(p, "'case' statement", lineno);
}

void
hob_diagnose_as_pattern(hob_parser *p)
{
    if (!parse_or_pattern(p) || !accept(p, TOK_AS)) { return; }
    if (hob_parser_is_word(p, "_")) {
        hob_error_span(p, token_span(token_at(p, p->mark)), "cannot use '_' as a target");
        return;
    }
    if (peek(p) == TOK_NAME) { return; }
    hob_expr *a = parse_expression(p);
    if (a) { hob_error_span(p, a->at, "invalid pattern target"); }
}

static bool
at_keyword_pattern(hob_parser *p)
{
    return peek(p) == TOK_NAME && peek_second(p) == TOK_EQUAL;
}

/* pattern (',' pattern)*; the mark stays before a comma without one. */
static int
skip_patterns(hob_parser *p, bool keywords, hob_span *at)
{
    for (int n = 0;; n++) {
        int mark = p->mark;
        if (n && !accept(p, TOK_COMMA)) { return n; }
        bool fits = true;
        if (keywords) {
            fits = at_keyword_pattern(p);
            if (fits) { p->mark += 2; }
        }
        hob_pattern *pattern = fits ? parse_pattern(p) : NULL;
        if (!pattern) {
            p->mark = mark;
            return n;
        }
        *at = n ? join(*at, pattern->at) : pattern->at;
    }
}

/* At the class name. */
void
hob_diagnose_class_pattern(hob_parser *p)
{
    hob_span at;
    if (!parse_name_or_attribute(p) || !accept(p, TOK_LPAR)) { return; }
    int mark = p->mark;
    if (skip_patterns(p, false, &at) == 0 || !accept(p, TOK_COMMA)) { p->mark = mark; }
    if (p->failed || skip_patterns(p, true, &at) == 0 || !accept(p, TOK_COMMA)) { return; }
    if (skip_patterns(p, false, &at) > 0 && !p->failed) {
        hob_error_span(p, at, "positional patterns follow keyword patterns");
    }
}

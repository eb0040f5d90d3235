/* parse_expr.c -- expressions, by recursive descent; binary operators by precedence.
 *
 * Places     a node reaches from its first token to its last.  A parenthesised
 *            expression keeps its inner place, but an operator around it starts at
 *            the parenthesis; hence spans are taken from token indices.
 * Trials     when what follows an operator is no operand, the expression ends before
 *            the operator: `a +` is `a`.  Whoever asked then fails at the operator.
 * Next       parse_display.c for brackets, parse_call.c for arguments and parameters.
 */
#include "syntax/parser_int.h"

#include <string.h>

/* Rules of the reference's grammar that a construct stands for; see WITHIN. */
enum {
    DEPTH_STAR_EXPRESSIONS = 2, DEPTH_DISJUNCTION = 3, DEPTH_BITWISE_OR = 12, DEPTH_PRIMARY = 3,
    DEPTH_PAREN = 5, DEPTH_BRACKET = 6, DEPTH_BRACE = 6, DEPTH_SLICES = 2,
    DEPTH_MORE = 2, DEPTH_COMPARED = 3, DEPTH_MORE_SLICES = 3,     /* what later items add */
};

static ALWAYS_INLINE hob_span
span(hob_parser *p, int first)
{
    return hob_parser_span(p, first);
}

/* --- names and constants --- */

hob_expr *
parse_name(hob_parser *p, hob_expr_context ctx)
{
    if (peek(p) != TOK_NAME) { return NULL; }
    hob_token *t = token_at(p, p->mark);
    PyObject *id = hob_parser_name(p, t);
    if (!id) { return NULL; }
    p->mark++;
    return checked(p, hob_ast_name(id, ctx, token_span(t), p->arena));
}

static hob_expr *
constant_here(hob_parser *p, PyObject *value)
{
    hob_token *t = token_at(p, p->mark++);
    return checked(p, hob_ast_constant(value, NULL, token_span(t), p->arena));
}

static hob_expr *
parse_number(hob_parser *p)
{
    hob_expr *e = hob_literal_number(p, token_at(p, p->mark));
    if (e) { p->mark++; }
    return e;
}

static hob_expr *
parse_strings_rule(hob_parser *p)
{
    int first = p->mark;
    while (peek(p) == TOK_STRING) { p->mark++; }
    if (p->failed || p->mark == first) { return NULL; }
    return hob_literal_strings(p, first, p->mark - first);
}

/* Always remembered if there was a warning, which is not to be given twice. */
hob_expr *
parse_strings(hob_parser *p)
{
    void *known;
    int first = p->mark, warnings = p->tok->n_warnings;
    if (p->n_memo && hob_memo_find(p, RULE_STRINGS, &known)) { return known; }
    hob_expr *e = parse_strings_rule(p);
    if (LIKELY(!p->remembers && p->tok->n_warnings == warnings)) { return e; }
    return hob_memo_add(p, RULE_STRINGS, first, e);
}

/* --- lists of expressions --- */

/* '*' operand: a Starred. */
static hob_expr *
parse_star(hob_parser *p, hob_expr *(*operand)(hob_parser *))
{
    int first = p->mark;
    if (!accept(p, TOK_STAR)) { return NULL; }
    hob_expr *e = operand(p);
    if (!e) { return NULL; }
    return checked(p, hob_ast_starred(e, EXPR_CONTEXT_LOAD, span(p, first), p->arena));
}

hob_expr *
parse_starred_expression(hob_parser *p)
{
    return parse_star(p, parse_expression);
}

static hob_expr *
parse_star_expression_rule(hob_parser *p)
{
    return peek(p) == TOK_STAR ? parse_star(p, parse_bitwise_or) : parse_expression(p);
}

hob_expr *
parse_star_expression(hob_parser *p)
{
    return REMEMBERED(p, RULE_STAR_EXPRESSION, parse_star_expression_rule);
}

hob_expr *
parse_star_named_expression(hob_parser *p)
{
    if (peek(p) != TOK_STAR) { return parse_named_expression(p); }
    return WITHIN(p, DEPTH_STARRED_ITEM, parse_star(p, parse_bitwise_or));
}

bool
hob_parser_push_items(hob_parser *p, hob_expr *(*item)(hob_parser *))
{
    do {
        int mark = p->mark;
        hob_expr *e = item(p);
        if (!e || !hob_parser_push(p, e)) {
            p->mark = mark - 1;             /* at the comma, when it was not the first */
            return !p->failed;
        }
    } while (accept(p, TOK_COMMA));
    return !p->failed;
}

/* One or more items with commas between and perhaps one behind; NULL if none. */
static hob_expr_seq *
parse_items(hob_parser *p, hob_expr *(*item)(hob_parser *))
{
    int base = p->n_stack;
    bool fine = hob_parser_push_items(p, item);
    if (!fine || p->n_stack == base) {
        p->n_stack = base;
        return NULL;
    }
    (void)accept(p, TOK_COMMA);
    return hob_parser_take(p, base);
}

hob_expr_seq *
parse_star_named_expressions(hob_parser *p)
{
    return parse_items(p, parse_star_named_expression);
}

/* item, or a tuple of items without parentheses. */
static hob_expr *
parse_bare_tuple(hob_parser *p, hob_expr *(*item)(hob_parser *))
{
    int first = p->mark;
    hob_expr *e = item(p);
    if (!e || peek(p) != TOK_COMMA) { return p->failed ? NULL : e; }

    int base = p->n_stack;
    if (!hob_parser_push(p, e)) { return NULL; }
    p->mark++;
    if (!WITHIN(p, DEPTH_MORE, hob_parser_push_items(p, item))) { return NULL; }
    (void)accept(p, TOK_COMMA);
    hob_expr_seq *elts = hob_parser_take(p, base);
    if (!elts || p->failed) { return NULL; }
    return checked(p, hob_ast_tuple(elts, EXPR_CONTEXT_LOAD, span(p, first), p->arena));
}

hob_expr *
parse_star_expressions(hob_parser *p)
{
    return WITHIN(p, DEPTH_STAR_EXPRESSIONS, parse_bare_tuple(p, parse_star_expression));
}

hob_expr *
parse_expressions(hob_parser *p)
{
    return parse_bare_tuple(p, parse_expression);
}

/* --- := --- */

hob_expr *
parse_assignment_expression(hob_parser *p)
{
    int first = p->mark;
    if (peek(p) != TOK_NAME || peek_second(p) != TOK_COLONEQUAL) { return NULL; }
    hob_expr *target = parse_name(p, EXPR_CONTEXT_STORE);
    if (!target) { return NULL; }
    p->mark++;
    hob_expr *value = WITHIN(p, 1, parse_expression(p));
    if (!value || !hob_parser_version(p, 8, "Assignment expressions are")) { return NULL; }
    return checked(p, hob_ast_named_expr(target, value, span(p, first), p->arena));
}

hob_expr *
parse_expression_not_walrus(hob_parser *p)
{
    hob_expr *e = parse_expression(p);
    return e && peek(p) != TOK_COLONEQUAL && !p->failed ? e : NULL;
}

hob_expr *
parse_walrus_or_expression(hob_parser *p)
{
    int first = p->mark;
    if (peek(p) == TOK_NAME) {
        hob_expr *e = parse_assignment_expression(p);
        if (e || p->failed) { return e; }
        p->mark = first;
    }
    return parse_expression_not_walrus(p);
}

hob_expr *
parse_named_expression(hob_parser *p)
{
    if (!p->looks_for_mistakes) { return parse_walrus_or_expression(p); }
    int first = p->mark;
    hob_expr *e = parse_assignment_expression(p);
    if (e || p->failed) { return e; }
    p->mark = first;
    RETURN_IF_MISTAKE(hob_diagnose_named_expression(p));
    return parse_expression_not_walrus(p);
}

/* --- expression --- */

static hob_expr *
parse_conditional(hob_parser *p)
{
    int first = p->mark;
    if (!hob_parser_depth(p)) { return NULL; }
    if (peek(p) == TOK_LAMBDA) { return WITHIN(p, 1, parse_lambda(p)); }

    hob_expr *body = parse_disjunction(p);
    if (!body || peek(p) != TOK_IF) { return p->failed ? NULL : body; }

    int end = p->mark++;
    hob_expr *test = parse_disjunction(p);
    if (test && accept(p, TOK_ELSE)) {
        hob_expr *orelse = parse_expression(p);
        if (orelse) {
            return checked(p, hob_ast_if_exp(test, body, orelse, span(p, first), p->arena));
        }
    }
    p->mark = end;
    return p->failed ? NULL : body;
}

static hob_expr *
parse_expression_rule(hob_parser *p)
{
    RETURN_IF_MISTAKE((p->depth++, hob_diagnose_expression(p), p->depth--));
    return parse_conditional(p);
}

hob_expr *
parse_expression(hob_parser *p)
{
    return WITHIN(p, 1, REMEMBERED(p, RULE_EXPRESSION, parse_expression_rule));
}

hob_expr *
parse_expression_quietly(hob_parser *p)
{
    bool before = p->looks_for_mistakes;
    p->looks_for_mistakes = false;
    hob_expr *e = parse_conditional(p);
    p->looks_for_mistakes = before;
    return e;
}

/* --- or, and, not --- */

static hob_expr *parse_conjunction(hob_parser *p);

/* item (keyword item)* as a BoolOp. */
static ALWAYS_INLINE hob_expr *
parse_bool_op(hob_parser *p, int keyword, hob_boolop op, hob_expr *(*item)(hob_parser *))
{
    int first = p->mark;
    hob_expr *e = item(p);
    if (LIKELY(!e || peek(p) != keyword)) { return p->failed ? NULL : e; }

    int base = p->n_stack;
    if (!hob_parser_push(p, e)) { return NULL; }
    while (peek(p) == keyword) {
        int end = p->mark++;
        hob_expr *next = WITHIN(p, DEPTH_MORE, item(p));
        if (!next) {
            p->mark = end;
            break;
        }
        if (!hob_parser_push(p, next)) { return NULL; }
    }
    if (p->failed) { return NULL; }
    if (p->n_stack == base + 1) {
        p->n_stack = base;
        return e;
    }
    hob_expr_seq *values = hob_parser_take(p, base);
    return values ? checked(p, hob_ast_bool_op(op, values, span(p, first), p->arena)) : NULL;
}

static hob_expr *parse_comparison(hob_parser *p);

static hob_expr *
parse_inversion_rule(hob_parser *p)
{
    int first = p->mark;
    if (LIKELY(peek(p) != TOK_NOT)) { return WITHIN(p, 1, parse_comparison(p)); }
    if (!hob_parser_depth(p)) { return NULL; }
    p->mark++;
    hob_expr *operand = WITHIN(p, 1, parse_inversion_rule(p));
    if (!operand) { return NULL; }
    return checked(p, hob_ast_unary_op(UNARYOP_NOT, operand, span(p, first), p->arena));
}

static hob_expr *
parse_inversion(hob_parser *p)
{
    return REMEMBERED(p, RULE_INVERSION, parse_inversion_rule);
}

static hob_expr *
parse_conjunction_rule(hob_parser *p)
{
    return parse_bool_op(p, TOK_AND, BOOLOP_AND, parse_inversion);
}

static hob_expr *
parse_conjunction(hob_parser *p)
{
    return REMEMBERED(p, RULE_CONJUNCTION, parse_conjunction_rule);
}

static hob_expr *
parse_disjunction_rule(hob_parser *p)
{
    return parse_bool_op(p, TOK_OR, BOOLOP_OR, parse_conjunction);
}

hob_expr *
parse_disjunction(hob_parser *p)
{
    return WITHIN(p, DEPTH_DISJUNCTION,
                  REMEMBERED(p, RULE_DISJUNCTION, parse_disjunction_rule));
}

/* --- comparisons --- */

/* `!=`, or `<>` for those who asked for it (PEP 401). */
static bool
accept_not_equal(hob_parser *p)
{
    hob_token *t = token_at(p, p->mark);
    bool is_classic = p->tok->text[t->start] == '<';
    if (p->flags & CO_FUTURE_BARRY_AS_BDFL) {
        if (!is_classic) {
            p->mark++;
            hob_error_last(p, PyExc_SyntaxError,
                           "with Barry as BDFL, use '<>' instead of '!='");
        }
        return is_classic;
    }
    return !is_classic;
}

/* Take a comparison operator; 0 if there is none. */
static int
accept_comparison(hob_parser *p)
{
    int op = 0;
    switch (peek(p)) {
    case TOK_EQEQUAL: op = CMPOP_EQ; break;
    case TOK_NOTEQUAL: op = accept_not_equal(p) ? CMPOP_NOT_EQ : 0; break;
    case TOK_LESS: op = CMPOP_LT; break;
    case TOK_LESSEQUAL: op = CMPOP_LT_E; break;
    case TOK_GREATER: op = CMPOP_GT; break;
    case TOK_GREATEREQUAL: op = CMPOP_GT_E; break;
    case TOK_IN: op = CMPOP_IN; break;
    case TOK_IS:
        p->mark++;
        if (peek(p) == TOK_NOT) { return p->mark++, CMPOP_IS_NOT; }
        return CMPOP_IS;
    case TOK_NOT:
        if (peek_second(p) != TOK_IN) { return 0; }
        p->mark += 2;
        return CMPOP_NOT_IN;
    }
    if (op) { p->mark++; }
    return op;
}

static hob_expr *
finish_comparison(hob_parser *p, int first, hob_expr *left, int base)
{
    Py_ssize_t n = (p->n_stack - base) / 2;
    hob_cmpop_seq *ops = checked(p, hob_arena_alloc(p->arena, sizeof *ops
                                                    + (size_t)n * sizeof ops->items[0]));
    hob_expr_seq *comparators = checked(p, hob_seq_new(n, p->arena));
    if (!ops || !comparators) { return NULL; }
    ops->size = n;
    for (Py_ssize_t i = 0; i < n; i++) {
        ops->items[i] = (hob_cmpop)(intptr_t)p->stack[base + 2 * i];
        comparators->items[i] = p->stack[base + 2 * i + 1];
    }
    p->n_stack = base;
    return checked(p, hob_ast_compare(left, ops, comparators, span(p, first), p->arena));
}

static const unsigned char is_comparison[TOK_AFTER_KEYWORDS] = {
    [TOK_EQEQUAL] = 1, [TOK_NOTEQUAL] = 1, [TOK_LESS] = 1, [TOK_LESSEQUAL] = 1, [TOK_GREATER] = 1,
    [TOK_GREATEREQUAL] = 1, [TOK_IN] = 1, [TOK_IS] = 1, [TOK_NOT] = 1,
};

static hob_expr *
parse_comparison(hob_parser *p)
{
    int first = p->mark;
    hob_expr *left = parse_bitwise_or(p);
    if (!left || !is_comparison[peek(p)]) { return p->failed ? NULL : left; }

    int base = p->n_stack;
    for (;;) {
        int end = p->mark;
        intptr_t op = accept_comparison(p);
        hob_expr *right = op ? WITHIN(p, DEPTH_COMPARED, parse_bitwise_or(p)) : NULL;
        if (!right) {
            p->mark = end;
            break;
        }
        if (!hob_parser_push(p, (void *)op) || !hob_parser_push(p, right)) { return NULL; }
    }
    if (p->failed) { return NULL; }
    return p->n_stack == base ? left : finish_comparison(p, first, left, base);
}

/* --- binary operators --- */

static const struct { unsigned char precedence, op; } operators[TOK_AFTER_KEYWORDS] = {
    [TOK_VBAR] = {1, OPERATOR_BIT_OR}, [TOK_CIRCUMFLEX] = {2, OPERATOR_BIT_XOR},
    [TOK_AMPER] = {3, OPERATOR_BIT_AND}, [TOK_LEFTSHIFT] = {4, OPERATOR_LSHIFT},
    [TOK_RIGHTSHIFT] = {4, OPERATOR_RSHIFT}, [TOK_PLUS] = {5, OPERATOR_ADD},
    [TOK_MINUS] = {5, OPERATOR_SUB}, [TOK_STAR] = {6, OPERATOR_MULT},
    [TOK_SLASH] = {6, OPERATOR_DIV}, [TOK_DOUBLESLASH] = {6, OPERATOR_FLOOR_DIV},
    [TOK_PERCENT] = {6, OPERATOR_MOD}, [TOK_AT] = {6, OPERATOR_MAT_MULT},
};

enum { PRECEDENCE_BIT_OR = 1, PRECEDENCE_TERM = 6 };

static hob_expr *parse_factor(hob_parser *p);

static hob_expr *
parse_binary(hob_parser *p, int least)
{
    int first = p->mark;
    hob_expr *left = parse_factor(p);
    if (!left) { return NULL; }

    /* An operator tighter than the last one was refused by the operand it follows. */
    int most = PRECEDENCE_TERM;
    for (;;) {
        int type = peek(p), precedence = operators[type].precedence;
        if (precedence < least || precedence > most || precedence == 0) { break; }
        int end = p->mark++;
        hob_expr *right = parse_binary(p, precedence + 1);
        if (!right) {
            p->mark = end;
            break;
        }
        if (type == TOK_AT && !hob_parser_version(p, 5, "The '@' operator is")) { return NULL; }
        left = checked(p, hob_ast_bin_op(left, operators[type].op, right, span(p, first),
                                         p->arena));
        if (!left) { return NULL; }
        most = precedence;
    }
    return p->failed ? NULL : left;
}

static hob_expr *
parse_bitwise_or_rule(hob_parser *p)
{
    return WITHIN(p, DEPTH_BITWISE_OR, parse_binary(p, PRECEDENCE_BIT_OR));
}

hob_expr *
parse_bitwise_or(hob_parser *p)
{
    return REMEMBERED(p, RULE_BITWISE_OR, parse_bitwise_or_rule);
}

/* --- factor, power, await --- */

static hob_expr *
parse_await_primary_rule(hob_parser *p)
{
    int first = p->mark;
    if (LIKELY(peek(p) != TOK_AWAIT)) { return parse_primary(p); }
    p->mark++;
    hob_expr *value = parse_primary(p);
    if (!value || !hob_parser_version(p, 5, "Await expressions are")) { return NULL; }
    return checked(p, hob_ast_await(value, span(p, first), p->arena));
}

static hob_expr *
parse_power(hob_parser *p)
{
    int first = p->mark;
    hob_expr *base = REMEMBERED(p, RULE_AWAIT_PRIMARY, parse_await_primary_rule);
    if (!base || peek(p) != TOK_DOUBLESTAR) { return p->failed ? NULL : base; }

    int end = p->mark++;
    hob_expr *exponent = parse_factor(p);
    if (!exponent) {
        p->mark = end;
        return p->failed ? NULL : base;
    }
    return checked(p, hob_ast_bin_op(base, OPERATOR_POW, exponent, span(p, first), p->arena));
}

static hob_expr *
parse_factor_rule(hob_parser *p)
{
    int first = p->mark;
    hob_unaryop op;
    switch (peek(p)) {
    case TOK_PLUS: op = UNARYOP_UADD; break;
    case TOK_MINUS: op = UNARYOP_USUB; break;
    case TOK_TILDE: op = UNARYOP_INVERT; break;
    default: return WITHIN(p, 1, parse_power(p));
    }
    p->mark++;
    if (!hob_parser_depth(p)) { return NULL; }
    hob_expr *operand = parse_factor(p);
    if (!operand) { return NULL; }
    return checked(p, hob_ast_unary_op(op, operand, span(p, first), p->arena));
}

static hob_expr *
parse_factor(hob_parser *p)
{
    return WITHIN(p, 1, REMEMBERED(p, RULE_FACTOR, parse_factor_rule));
}

/* --- primaries --- */

static hob_expr *
parse_attribute(hob_parser *p, hob_expr *value, int first)
{
    p->mark++;
    if (peek(p) != TOK_NAME) { return NULL; }
    PyObject *attr = hob_parser_name(p, token_at(p, p->mark));
    if (!attr) { return NULL; }
    p->mark++;
    return checked(p, hob_ast_attribute(value, attr, EXPR_CONTEXT_LOAD, span(p, first), p->arena));
}

static hob_expr *
parse_subscript(hob_parser *p, hob_expr *value, int first)
{
    p->mark++;
    hob_expr *slice = parse_slices(p);
    if (!slice || !accept(p, TOK_RSQB)) { return NULL; }
    return checked(p, hob_ast_subscript(value, slice, EXPR_CONTEXT_LOAD, span(p, first),
                                        p->arena));
}

/* Behind a primary, at any bracket: mistakes made in comprehensions. */
static hob_expr *
diagnose_bracket(hob_parser *p)
{
    RETURN_IF_MISTAKE(hob_diagnose_comprehension(p));
    return NULL;
}

static hob_expr *
parse_primary_rule(hob_parser *p)
{
    int first = p->mark;
    hob_expr *e = WITHIN(p, 1, parse_atom(p));
    while (e) {
        int end = p->mark;
        hob_expr *next = NULL;
        switch (peek(p)) {
        case TOK_DOT: next = parse_attribute(p, e, first); break;
        case TOK_LPAR: next = parse_call_trailer(p, e, first); break;
        case TOK_LSQB:
            (void)diagnose_bracket(p);
            if (!p->failed) { next = WITHIN(p, DEPTH_SLICES, parse_subscript(p, e, first)); }
            break;
        case TOK_LBRACE: (void)diagnose_bracket(p); break;
        default: return p->failed ? NULL : e;
        }
        if (!next) {
            p->mark = end;
            return p->failed ? NULL : e;
        }
        e = next;
    }
    return NULL;
}

static hob_expr *
parse_expected_target(hob_parser *p)
{
    int depth = p->depth;
    p->depth = p->target_depth;
    if (p->target_may_nest && peek(p) == TOK_LPAR) {
        p->target_may_nest = false;
        p->target_at++;
        p->target_depth++;
    }
    else { p->target_at = -1; }
    hob_expr *e = parse_primary(p);
    p->depth = depth;
    return e;
}

hob_expr *
parse_primary(hob_parser *p)
{
    if (UNLIKELY(p->mark == p->target_at)) { return parse_expected_target(p); }
    return WITHIN(p, DEPTH_PRIMARY, REMEMBERED(p, RULE_PRIMARY, parse_primary_rule));
}

/* --- what may be assigned to --- */

static bool
at_trailer(hob_parser *p)
{
    int type = peek(p);
    return type == TOK_DOT || type == TOK_LPAR || type == TOK_LSQB;
}

/* Like a primary; of two readings of a bracket the subscript is tried first. */
static hob_expr *
parse_target_rule(hob_parser *p)
{
    int first = p->mark;
    hob_expr *e = parse_atom(p);
    while (e && at_trailer(p)) {
        int end = p->mark;
        hob_expr *next;
        switch (peek(p)) {
        case TOK_DOT: next = parse_attribute(p, e, first); break;
        case TOK_LPAR: next = parse_call_trailer(p, e, first); break;
        default:
            next = parse_subscript(p, e, first);
            int after = p->mark;
            if (!p->failed && (!next || !at_trailer(p))) {
                p->mark = end;
                (void)diagnose_bracket(p);
                p->mark = after;
            }
        }
        if (p->failed) { return NULL; }
        if (!next) {
            p->mark = end;
            return e;
        }
        e = next;
    }
    return p->failed ? NULL : e;
}

hob_expr *
parse_target(hob_parser *p)
{
    if (!p->diagnosing) { return parse_primary(p); }
    return REMEMBERED(p, RULE_TARGET_PRIMARY, parse_target_rule);
}

/* --- slices --- */

/* [lower] ':' [upper] [':' [step]], lower already parsed (or NULL). */
static hob_expr *
parse_slice_rest(hob_parser *p, int first, hob_expr *lower)
{
    hob_expr *upper = NULL, *step = NULL;
    p->mark++;
    int mark = p->mark;
    if (peek(p) != TOK_COLON && !(upper = parse_expression(p))) { p->mark = mark; }
    if (p->failed) { return NULL; }
    if (accept(p, TOK_COLON)) {
        mark = p->mark;
        step = WITHIN(p, 1, parse_expression(p));
        if (!step) { p->mark = mark; }
    }
    if (p->failed) { return NULL; }
    return checked(p, hob_ast_slice(lower, upper, step, span(p, first), p->arena));
}

static hob_expr *
parse_slice(hob_parser *p)
{
    int first = p->mark;
    hob_expr *lower = NULL;
    if (peek(p) != TOK_COLON) {
        if (!p->diagnosing) {
            bool is_walrus = peek(p) == TOK_NAME && peek_second(p) == TOK_COLONEQUAL;
            lower = WITHIN(p, is_walrus, parse_named_expression(p));
            if (!lower || is_walrus || peek(p) != TOK_COLON) { return p->failed ? NULL : lower; }
            return parse_slice_rest(p, first, lower);
        }
        lower = parse_expression(p);
        if (p->failed) { return NULL; }
        if (!lower || peek(p) != TOK_COLON) {
            p->mark = first;
            return parse_named_expression(p);
        }
    }
    return p->failed ? NULL : parse_slice_rest(p, first, lower);
}

static hob_expr *
parse_slice_or_starred(hob_parser *p)
{
    return peek(p) == TOK_STAR ? parse_starred_expression(p) : parse_slice(p);
}

hob_expr *
parse_slices(hob_parser *p)
{
    int first = p->mark;
    bool is_starred = peek(p) == TOK_STAR;
    if (!is_starred) {
        hob_expr *e = parse_slice(p);
        if (!e || peek(p) != TOK_COMMA) { return p->failed ? NULL : e; }
        if (!p->diagnosing) {
            int base = p->n_stack;
            if (!hob_parser_push(p, e)) { return NULL; }
            p->mark++;
            if (!WITHIN(p, DEPTH_MORE_SLICES, hob_parser_push_items(p, parse_slice_or_starred))) {
                return NULL;
            }
            (void)accept(p, TOK_COMMA);
            hob_expr_seq *elts = hob_parser_take(p, base);
            return !elts || p->failed
                       ? NULL
                       : checked(p, hob_ast_tuple(elts, EXPR_CONTEXT_LOAD, span(p, first),
                                                  p->arena));
        }
        p->mark = first;
    }
    hob_expr_seq *elts = WITHIN(p, DEPTH_MORE, parse_items(p, parse_slice_or_starred));
    if (!elts || p->failed) { return NULL; }
    return checked(p, hob_ast_tuple(elts, EXPR_CONTEXT_LOAD, span(p, first), p->arena));
}

/* --- atoms --- */

hob_expr *
parse_atom(hob_parser *p)
{
    int type = peek(p);
    if (!hob_parser_depth(p)) { return NULL; }
    switch (type) {
    case TOK_NAME: return parse_name(p, EXPR_CONTEXT_LOAD);
    case TOK_TRUE: return constant_here(p, Py_True);
    case TOK_FALSE: return constant_here(p, Py_False);
    case TOK_NONE: return constant_here(p, Py_None);
    case TOK_ELLIPSIS: return constant_here(p, Py_Ellipsis);
    case TOK_NUMBER: return parse_number(p);
    case TOK_STRING: return parse_strings(p);
    case TOK_LPAR: return WITHIN(p, DEPTH_PAREN, parse_display(p, type));
    case TOK_LSQB: return WITHIN(p, DEPTH_BRACKET + p->diagnosing, parse_display(p, type));
    case TOK_LBRACE: return WITHIN(p, DEPTH_BRACE, parse_display(p, type));
    }
    return NULL;
}

/* --- yield --- */

hob_expr *
parse_yield(hob_parser *p)
{
    int first = p->mark;
    if (!accept(p, TOK_YIELD)) { return NULL; }
    int mark = p->mark;
    if (accept(p, TOK_FROM)) {
        hob_expr *value = parse_expression(p);
        if (value) { return checked(p, hob_ast_yield_from(value, span(p, first), p->arena)); }
        p->mark = mark;
    }
    hob_expr *value = parse_star_expressions(p);
    if (!value) { p->mark = mark; }
    return p->failed ? NULL : checked(p, hob_ast_yield(value, span(p, first), p->arena));
}

/* --- targets --- */

bool
hob_is_single_target(hob_expr *e)
{
    return e->kind == EXPR_NAME || e->kind == EXPR_ATTRIBUTE || e->kind == EXPR_SUBSCRIPT;
}

static bool
all_targets(hob_expr_seq *elts, bool (*is_target)(hob_expr *))
{
    for (Py_ssize_t i = 0; i < elts->size; i++) {
        if (!is_target(elts->items[i])) { return false; }
    }
    return true;
}

bool
hob_is_star_target(hob_expr *e)
{
    switch (e->kind) {
    case EXPR_STARRED:
        return e->v.starred.value->kind != EXPR_STARRED && hob_is_star_target(e->v.starred.value);
    case EXPR_TUPLE: return all_targets(e->v.tuple.elts, hob_is_star_target);
    case EXPR_LIST: return all_targets(e->v.list.elts, hob_is_star_target);
    default: return hob_is_single_target(e);
    }
}

bool
hob_is_del_target(hob_expr *e)
{
    switch (e->kind) {
    case EXPR_TUPLE: return all_targets(e->v.tuple.elts, hob_is_del_target);
    case EXPR_LIST: return all_targets(e->v.list.elts, hob_is_del_target);
    default: return hob_is_single_target(e);
    }
}

static void
set_contexts(hob_expr_seq *elts, hob_expr_context ctx)
{
    for (Py_ssize_t i = 0; i < elts->size; i++) { hob_expr_set_context(elts->items[i], ctx); }
}

hob_expr *
hob_expr_set_context(hob_expr *e, hob_expr_context ctx)
{
    switch (e->kind) {
    case EXPR_NAME: e->v.name.ctx = ctx; break;
    case EXPR_ATTRIBUTE: e->v.attribute.ctx = ctx; break;
    case EXPR_SUBSCRIPT: e->v.subscript.ctx = ctx; break;
    case EXPR_STARRED:
        e->v.starred.ctx = ctx;
        hob_expr_set_context(e->v.starred.value, ctx);
        break;
    case EXPR_TUPLE:
        e->v.tuple.ctx = ctx;
        set_contexts(e->v.tuple.elts, ctx);
        break;
    case EXPR_LIST:
        e->v.list.ctx = ctx;
        set_contexts(e->v.list.elts, ctx);
        break;
    default: break;
    }
    return e;
}

static hob_expr *
parse_plain_target(hob_parser *p)
{
    hob_expr *e = parse_target(p);
    return e && hob_is_star_target(e) && e->kind != EXPR_STARRED ? e : NULL;
}

static hob_expr *
parse_star_target_rule(hob_parser *p)
{
    return peek(p) == TOK_STAR ? parse_star(p, parse_plain_target) : parse_plain_target(p);
}

hob_expr *
parse_star_target(hob_parser *p)
{
    return REMEMBERED(p, RULE_STAR_TARGET, parse_star_target_rule);
}

/* Targets as for `for`; contexts are left for the caller to set. */
hob_expr *
parse_star_targets(hob_parser *p)
{
    return parse_bare_tuple(p, parse_star_target);
}

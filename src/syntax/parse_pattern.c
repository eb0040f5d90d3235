/* parse_pattern.c -- the match statement (PEP 634): subject, cases, patterns.
 *
 * `match`, `case` and `_` are ordinary names elsewhere.  parse_match() is tried
 * first whenever a statement begins with the name match; it gives up without a
 * trace if what follows is not a subject and a colon.
 */
#include "syntax/parser_int.h"

#include <string.h>

/* Rules of the reference's grammar that a construct stands for; see WITHIN. */
enum { DEPTH_PATTERN = 8, DEPTH_CASE = 2 };

static hob_pattern *parse_closed_pattern(hob_parser *p);

static hob_span
span(hob_parser *p, int first)
{
    return hob_parser_span(p, first);
}

/* --- numbers and constants --- */

/* '-'? NUMBER, the number being complex or not as asked. */
static hob_expr *
parse_signed_number(hob_parser *p)
{
    int first = p->mark;
    bool is_negative = accept(p, TOK_MINUS);
    if (peek(p) != TOK_NUMBER) { return NULL; }
    hob_expr *number = parse_atom(p);
    if (!number || !is_negative) { return number; }
    return checked(p, hob_ast_unary_op(UNARYOP_USUB, number, span(p, first), p->arena));
}

/* signed_real ('+' | '-') imaginary */
static hob_expr *
parse_complex(hob_parser *p, int first)
{
    hob_expr *real = parse_signed_number(p);
    if (!real) { return NULL; }
    hob_expr *digits = real->kind == EXPR_UNARY_OP ? real->v.unary_op.operand : real;
    if (PyComplex_CheckExact(digits->v.constant.value)) {
        return hob_error_span(p, digits->at, "real number required in complex literal");
    }
    hob_operator op = peek(p) == TOK_PLUS ? OPERATOR_ADD : OPERATOR_SUB;
    if (peek(p) != TOK_PLUS && peek(p) != TOK_MINUS) { return NULL; }
    p->mark++;
    if (peek(p) != TOK_NUMBER) { return NULL; }
    hob_expr *imaginary = parse_atom(p);
    if (!imaginary) { return NULL; }
    if (!PyComplex_CheckExact(imaginary->v.constant.value)) {
        return hob_error_span(p, imaginary->at, "imaginary number required in complex literal");
    }
    return checked(p, hob_ast_bin_op(real, op, imaginary, span(p, first), p->arena));
}

/* A number, string, None, True or False, as an expression. */
static hob_expr *
parse_literal(hob_parser *p)
{
    int first = p->mark;
    switch (peek(p)) {
    case TOK_STRING: return parse_strings(p);
    case TOK_NONE: case TOK_TRUE: case TOK_FALSE: return parse_atom(p);
    case TOK_NUMBER: case TOK_MINUS: break;
    default: return NULL;
    }
    hob_expr *number = parse_signed_number(p);
    if (!number) { return NULL; }
    if (peek(p) != TOK_PLUS && peek(p) != TOK_MINUS) { return p->failed ? NULL : number; }
    p->mark = first;
    return parse_complex(p, first);
}

static bool
is_singleton(hob_expr *e)
{
    return e->kind == EXPR_CONSTANT
        && (e->v.constant.value == Py_None || PyBool_Check(e->v.constant.value));
}

static hob_pattern *
parse_literal_pattern(hob_parser *p)
{
    int first = p->mark;
    hob_expr *value = parse_literal(p);
    if (!value) { return NULL; }
    if (is_singleton(value)) {
        return checked(p, hob_ast_match_singleton(value->v.constant.value, span(p, first),
                                                  p->arena));
    }
    return checked(p, hob_ast_match_value(value, span(p, first), p->arena));
}

/* --- names --- */

static bool
at_wildcard(hob_parser *p)
{
    return hob_parser_is_word(p, "_");
}

static bool
at_name_continuation(hob_parser *p)
{
    int type = peek(p);
    return type == TOK_DOT || type == TOK_LPAR || type == TOK_EQUAL;
}

/* A name that is bound: not `_`, and not the start of something longer. */
static PyObject *
parse_capture_name(hob_parser *p)
{
    if (peek(p) != TOK_NAME || at_wildcard(p)) { return NULL; }
    PyObject *name = hob_parser_name(p, token_at(p, p->mark));
    if (!name) { return NULL; }
    p->mark++;
    return at_name_continuation(p) || p->failed ? NULL : name;
}

/* NAME ('.' NAME)* */
hob_expr *
parse_name_or_attribute(hob_parser *p)
{
    int first = p->mark;
    hob_expr *e = parse_name(p, EXPR_CONTEXT_LOAD);
    while (e && peek(p) == TOK_DOT) {
        int end = p->mark++;
        if (peek(p) != TOK_NAME) {
            p->mark = end;
            return p->failed ? NULL : e;
        }
        PyObject *attr = hob_parser_name(p, token_at(p, p->mark++));
        if (!attr) { return NULL; }
        e = checked(p, hob_ast_attribute(e, attr, EXPR_CONTEXT_LOAD, span(p, first), p->arena));
    }
    return p->failed ? NULL : e;
}

static hob_pattern *
wildcard(hob_parser *p)
{
    int first = p->mark++;
    return checked(p, hob_ast_match_as(NULL, NULL, span(p, first), p->arena));
}

/* --- sequences --- */

static hob_pattern *
parse_star_pattern(hob_parser *p)
{
    int first = p->mark++;
    if (at_wildcard(p)) {
        p->mark++;
        return checked(p, hob_ast_match_star(NULL, span(p, first), p->arena));
    }
    PyObject *name = parse_capture_name(p);
    return name ? checked(p, hob_ast_match_star(name, span(p, first), p->arena)) : NULL;
}

static hob_pattern *
parse_maybe_star_pattern(hob_parser *p)
{
    return peek(p) == TOK_STAR ? parse_star_pattern(p) : parse_pattern(p);
}

/* (item (',' item)* ','?)?, pushed */
static bool
push_maybe_star_patterns(hob_parser *p)
{
    for (;;) {
        int mark = p->mark, base = p->n_stack;
        hob_pattern *item = parse_maybe_star_pattern(p);
        if (!item) {
            p->n_stack = base;
            p->mark = mark;
            return !p->failed;
        }
        if (!hob_parser_push(p, item)) { return false; }
        if (!accept(p, TOK_COMMA)) { return !p->failed; }
    }
}

static hob_pattern *
sequence_node(hob_parser *p, int first, int base)
{
    hob_pattern_seq *patterns = hob_parser_take(p, base);
    if (!patterns) { return NULL; }
    return checked(p, hob_ast_match_sequence(patterns, span(p, first), p->arena));
}

static hob_pattern *
parse_bracket_pattern(hob_parser *p)
{
    int first = p->mark++, base = p->n_stack;
    if (!push_maybe_star_patterns(p) || !accept(p, TOK_RSQB)) { return NULL; }
    return sequence_node(p, first, base);
}

/* '(' ')', '(' pattern ')' for grouping, or a sequence, which has a comma. */
static hob_pattern *
parse_paren_pattern(hob_parser *p)
{
    int first = p->mark++, base = p->n_stack;
    if (accept(p, TOK_RPAR)) { return sequence_node(p, first, base); }
    bool is_star = peek(p) == TOK_STAR;
    hob_pattern *inner = parse_maybe_star_pattern(p);
    if (!inner) { return NULL; }
    if (peek(p) == TOK_RPAR && !is_star) {
        p->mark++;
        return inner;
    }
    if (!accept(p, TOK_COMMA) || !hob_parser_push(p, inner) || !push_maybe_star_patterns(p)
        || !accept(p, TOK_RPAR)) {
        return NULL;
    }
    return sequence_node(p, first, base);
}

/* --- mappings --- */

/* (literal | attribute) ':' pattern, pushed as key and pattern. */
static bool
push_mapping_item(hob_parser *p)
{
    hob_expr *key;
    if (peek(p) == TOK_NAME) {
        key = parse_name_or_attribute(p);
        if (key && key->kind == EXPR_NAME) { return false; }
    }
    else {
        key = parse_literal(p);
    }
    if (!key || !accept(p, TOK_COLON)) { return false; }
    hob_pattern *pattern = parse_pattern(p);
    return pattern && hob_parser_push(p, key) && hob_parser_push(p, pattern);
}

/* key, pattern pairs above base */
static hob_pattern *
mapping_node(hob_parser *p, int first, int base, PyObject *rest)
{
    Py_ssize_t n = (p->n_stack - base) / 2;
    hob_expr_seq *keys = n ? checked(p, hob_seq_new(n, p->arena)) : (void *)&hob_seq_empty;
    hob_pattern_seq *patterns = n ? checked(p, hob_seq_new(n, p->arena)) : (void *)&hob_seq_empty;
    if (!keys || !patterns) { return NULL; }
    for (Py_ssize_t i = 0; i < n; i++) {
        keys->items[i] = p->stack[base + 2 * i];
        patterns->items[i] = p->stack[base + 2 * i + 1];
    }
    p->n_stack = base;
    return checked(p, hob_ast_match_mapping(keys, patterns, rest, span(p, first), p->arena));
}

static hob_pattern *
parse_mapping_pattern(hob_parser *p)
{
    int first = p->mark++, base = p->n_stack;
    PyObject *rest = NULL;
    while (peek(p) != TOK_RBRACE) {
        if (accept(p, TOK_DOUBLESTAR)) {
            rest = parse_capture_name(p);
            if (!rest) { return NULL; }
            (void)accept(p, TOK_COMMA);
            break;
        }
        if (!push_mapping_item(p)) { return NULL; }
        if (!accept(p, TOK_COMMA)) { break; }
    }
    return accept(p, TOK_RBRACE) ? mapping_node(p, first, base, rest) : NULL;
}

/* --- classes --- */

/* NAME '=' pattern, pushed as name and pattern. */
static bool
push_keyword_pattern(hob_parser *p)
{
    PyObject *name = hob_parser_name(p, token_at(p, p->mark));
    if (!name) { return false; }
    p->mark += 2;
    hob_pattern *pattern = parse_pattern(p);
    return pattern && hob_parser_push(p, name) && hob_parser_push(p, pattern);
}

/* The stack holds n_positional patterns, then name, pattern pairs. */
static hob_pattern *
class_node(hob_parser *p, int first, int base, int n_positional, hob_expr *cls)
{
    int names = base + n_positional;
    Py_ssize_t n = (p->n_stack - names) / 2;
    hob_identifier_seq *attrs = n ? checked(p, hob_seq_new(n, p->arena)) : (void *)&hob_seq_empty;
    hob_pattern_seq *values = n ? checked(p, hob_seq_new(n, p->arena)) : (void *)&hob_seq_empty;
    if (!attrs || !values) { return NULL; }
    for (Py_ssize_t i = 0; i < n; i++) {
        attrs->items[i] = p->stack[names + 2 * i];
        values->items[i] = p->stack[names + 2 * i + 1];
    }
    p->n_stack = names;
    hob_pattern_seq *patterns = hob_parser_take(p, base);
    if (!patterns) { return NULL; }
    return checked(p, hob_ast_match_class(cls, patterns, attrs, values, span(p, first), p->arena));
}

static bool
at_keyword_pattern(hob_parser *p)
{
    return peek(p) == TOK_NAME && peek_second(p) == TOK_EQUAL;
}

static hob_pattern *
parse_class_pattern(hob_parser *p, int first, hob_expr *cls)
{
    int base = p->n_stack, n_positional = 0;
    bool more = true;
    p->mark++;
    while (peek(p) != TOK_RPAR && !at_keyword_pattern(p)) {
        hob_pattern *item = parse_pattern(p);
        if (!item || !hob_parser_push(p, item)) { return NULL; }
        n_positional++;
        more = accept(p, TOK_COMMA);
        if (!more) { break; }
    }
    while (more && !p->failed && at_keyword_pattern(p)) {
        if (!push_keyword_pattern(p)) { return NULL; }
        more = accept(p, TOK_COMMA);
    }
    if (!accept(p, TOK_RPAR)) { return NULL; }
    return class_node(p, first, base, n_positional, cls);
}

/* --- patterns that begin with a name --- */

static hob_pattern *
parse_name_pattern(hob_parser *p)
{
    int first = p->mark;
    if (at_wildcard(p)) { return wildcard(p); }
    PyObject *capture = parse_capture_name(p);
    if (capture) { return checked(p, hob_ast_match_as(NULL, capture, span(p, first), p->arena)); }
    if (p->failed) { return NULL; }

    p->mark = first;
    hob_expr *e = parse_name_or_attribute(p);
    if (!e) { return NULL; }
    if (e->kind == EXPR_ATTRIBUTE && !at_name_continuation(p)) {
        return p->failed ? NULL : checked(p, hob_ast_match_value(e, span(p, first), p->arena));
    }
    if (peek(p) != TOK_LPAR) { return NULL; }
    int paren = p->mark, base = p->n_stack;
    if (p->looks_for_mistakes) {
        p->mark = first;
        hob_diagnose_class_pattern(p);
        if (p->failed) { return NULL; }
        p->mark = paren;
    }
    p->n_stack = base;
    return parse_class_pattern(p, first, e);
}

static hob_pattern *
parse_closed_pattern_rule(hob_parser *p)
{
    switch (peek(p)) {
    case TOK_NAME: return parse_name_pattern(p);
    case TOK_LPAR: return parse_paren_pattern(p);
    case TOK_LSQB: return parse_bracket_pattern(p);
    case TOK_LBRACE: return parse_mapping_pattern(p);
    }
    return parse_literal_pattern(p);
}

static hob_pattern *
parse_closed_pattern(hob_parser *p)
{
    int base = p->n_stack;
    hob_pattern *pattern = REMEMBERED(p, RULE_CLOSED_PATTERN, parse_closed_pattern_rule);
    if (!pattern) { p->n_stack = base; }
    return pattern;
}

/* --- or, as --- */

hob_pattern *
parse_or_pattern(hob_parser *p)
{
    int first = p->mark, base = p->n_stack;
    hob_pattern *pattern = parse_closed_pattern(p);
    if (!pattern || peek(p) != TOK_VBAR) { return p->failed ? NULL : pattern; }
    if (!hob_parser_push(p, pattern)) { return NULL; }
    while (peek(p) == TOK_VBAR) {
        int end = p->mark++;
        hob_pattern *next = parse_closed_pattern(p);
        if (!next) {
            p->mark = end;
            break;
        }
        if (!hob_parser_push(p, next)) { return NULL; }
    }
    if (p->failed) { return NULL; }
    if (p->n_stack == base + 1) {
        p->n_stack = base;
        return pattern;
    }
    hob_pattern_seq *patterns = hob_parser_take(p, base);
    return patterns ? checked(p, hob_ast_match_or(patterns, span(p, first), p->arena)) : NULL;
}

static hob_pattern *
parse_pattern_rule(hob_parser *p)
{
    int first = p->mark;
    hob_pattern *pattern = parse_or_pattern(p);
    if (!pattern || peek(p) != TOK_AS) { return p->failed ? NULL : pattern; }
    int end = p->mark++;
    PyObject *name = parse_capture_name(p);
    if (name) { return checked(p, hob_ast_match_as(pattern, name, span(p, first), p->arena)); }
    if (p->failed) { return NULL; }
    p->mark = first;
    RETURN_IF_MISTAKE(hob_diagnose_as_pattern(p));
    p->mark = end;
    return pattern;
}

hob_pattern *
parse_pattern(hob_parser *p)
{
    return hob_parser_depth(p) ? WITHIN(p, DEPTH_PATTERN, parse_pattern_rule(p)) : NULL;
}

/* The patterns of a case: one, or a sequence without brackets. */
hob_pattern *
parse_patterns(hob_parser *p)
{
    int first = p->mark, base = p->n_stack;
    bool is_star = peek(p) == TOK_STAR;
    hob_pattern *pattern = parse_maybe_star_pattern(p);
    if (!pattern) { return NULL; }
    if (peek(p) != TOK_COMMA) { return p->failed || is_star ? NULL : pattern; }
    p->mark++;
    if (!hob_parser_push(p, pattern) || !push_maybe_star_patterns(p)) { return NULL; }
    return sequence_node(p, first, base);
}

/* --- match --- */

/* star_named_expression ',' star_named_expressions?, or named_expression */
hob_expr *
parse_subject(hob_parser *p)
{
    int first = p->mark, base = p->n_stack;
    bool is_star = peek(p) == TOK_STAR;
    hob_expr *e = parse_star_named_expression(p);
    if (!e || peek(p) != TOK_COMMA) { return p->failed || is_star ? NULL : e; }
    p->mark++;
    if (!hob_parser_push(p, e)) { return NULL; }
    int mark = p->mark;
    hob_expr_seq *rest = parse_star_named_expressions(p);
    if (!rest) {
        if (p->failed) { return NULL; }
        p->mark = mark;
    }
    for (Py_ssize_t i = 0; rest && i < rest->size; i++) {
        if (!hob_parser_push(p, rest->items[i])) { return NULL; }
    }
    hob_expr_seq *elts = hob_parser_take(p, base);
    if (!elts) { return NULL; }
    return checked(p, hob_ast_tuple(elts, EXPR_CONTEXT_LOAD, span(p, first), p->arena));
}

static hob_match_case *
parse_case(hob_parser *p)
{
    RETURN_IF_MISTAKE(hob_diagnose_case(p));
    if (!hob_parser_is_word(p, "case")) { return NULL; }
    p->mark++;
    hob_pattern *pattern = parse_patterns(p);
    if (!pattern) { return NULL; }
    hob_expr *guard = NULL;
    if (accept(p, TOK_IF)) {
        guard = parse_named_expression(p);
        if (!guard) { return NULL; }
    }
    if (!accept(p, TOK_COLON)) { return NULL; }
    hob_stmt_seq *body = parse_block(p);
    return body ? checked(p, hob_ast_match_case(pattern, guard, body, p->arena)) : NULL;
}

/* Could the token behind `match` begin a subject?  Most often it settles that match
 * is only a name. */
static bool
may_begin_subject(int type)
{
    switch (type) {
    case TOK_NAME: case TOK_NUMBER: case TOK_STRING: case TOK_LPAR: case TOK_LSQB: case TOK_LBRACE:
    case TOK_PLUS: case TOK_MINUS: case TOK_STAR: case TOK_TILDE: case TOK_ELLIPSIS:
    case TOK_AWAIT: case TOK_NOT: case TOK_LAMBDA: case TOK_TRUE: case TOK_FALSE: case TOK_NONE:
        return true;
    }
    return false;
}

static hob_stmt *
parse_match_rule(hob_parser *p)
{
    int first = p->mark++;
    if (may_begin_subject(peek(p))) {
        hob_expr *subject = parse_subject(p);
        if (subject && accept(p, TOK_COLON) && accept(p, TOK_NEWLINE) && accept(p, TOK_INDENT)) {
            int base = p->n_stack;
            for (;;) {
                int mark = p->mark, top = p->n_stack;
                hob_match_case *item = WITHIN(p, DEPTH_CASE, parse_case(p));
                if (!item) {
                    p->mark = mark;
                    p->n_stack = top;
                    break;
                }
                if (!hob_parser_push(p, item)) { return NULL; }
            }
            if (p->failed) { return NULL; }
            if (p->n_stack > base && accept(p, TOK_DEDENT)) {
                hob_match_case_seq *cases = hob_parser_take(p, base);
                if (!cases || !hob_parser_version(p, 10, "Pattern matching is")) { return NULL; }
                return checked(p, hob_ast_match(subject, cases, span(p, first), p->arena));
            }
            p->n_stack = base;
        }
    }
    p->mark = first;
    RETURN_IF_MISTAKE(hob_diagnose_match(p));
    return NULL;
}

/* At the name match. */
hob_stmt *
parse_match(hob_parser *p)
{
    int base = p->n_stack;
    hob_stmt *stmt = parse_match_rule(p);
    if (!stmt) { p->n_stack = base; }
    return stmt;
}

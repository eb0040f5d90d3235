/* parse_display.c -- what stands in brackets: groups, tuples, lists, sets, dicts, and
 * comprehensions over them.
 *
 * The first pass reads the first item and lets the token behind it decide what the
 * bracket is.  The second pass tries one reading after the other, since each comes
 * with mistakes of its own to look for, and the first one found is told.
 */
#include "syntax/parser_int.h"

/* Rules of the reference's grammar, more or less than a first expression takes; see WITHIN. */
enum {
    DEPTH_MORE = 2, DEPTH_MORE_IN_PAREN = 2, DEPTH_MORE_IN_BRACKET = 1, DEPTH_YIELD_IN_PAREN = -1,
    DEPTH_CLAUSES_IN_BRACKET = -1,
};

static ALWAYS_INLINE hob_span
span(hob_parser *p, int first)
{
    return hob_parser_span(p, first);
}

static bool
starts_clause(int type)
{
    return type == TOK_FOR || type == TOK_ASYNC;
}

/* --- comprehensions --- */

/* Behind `in`, which commits us: disjunction ('if' disjunction)*. */
static hob_comprehension *
parse_clause_rest(hob_parser *p, hob_expr *target, bool is_async)
{
    hob_expr *iter = parse_disjunction(p);
    if (!iter) { return NULL; }
    int base = p->n_stack;
    while (peek(p) == TOK_IF) {
        int end = p->mark++;
        hob_expr *test = WITHIN(p, DEPTH_MORE, parse_disjunction(p));
        if (!test) {
            p->mark = end;
            break;
        }
        if (!hob_parser_push(p, test)) { return NULL; }
    }
    hob_expr_seq *ifs = hob_parser_take(p, base);
    if (!ifs || p->failed) { return NULL; }
    if (is_async && !hob_parser_version(p, 6, "Async comprehensions are")) { return NULL; }
    return checked(p, hob_ast_comprehension(target, iter, ifs, is_async, p->arena));
}

static hob_comprehension *
parse_clause(hob_parser *p)
{
    int first = p->mark;
    bool is_async = accept(p, TOK_ASYNC);
    if (accept(p, TOK_FOR)) {
        hob_expr *target = WITHIN(p, DEPTH_MORE, parse_star_targets(p));
        if (target && accept(p, TOK_IN)) {
            return parse_clause_rest(p, hob_expr_set_context(target, EXPR_CONTEXT_STORE),
                                     is_async);
        }
    }
    p->mark = first;
    RETURN_IF_MISTAKE(hob_diagnose_for_target(p));
    return NULL;
}

hob_comprehension_seq *
parse_comprehension_clauses(hob_parser *p)
{
    int base = p->n_stack;
    for (;;) {
        int mark = p->mark;
        hob_comprehension *clause = starts_clause(peek(p)) ? parse_clause(p) : NULL;
        if (!clause) {
            p->mark = mark;
            break;
        }
        if (!hob_parser_push(p, clause)) { return NULL; }
    }
    if (p->failed || p->n_stack == base) {
        p->n_stack = base;
        return NULL;
    }
    return hob_parser_take(p, base);
}

/* --- displays --- */

static hob_expr *
list_node(hob_parser *p, int first, hob_expr_seq *elts)
{
    if (!elts) { return NULL; }
    return checked(p, hob_ast_list(elts, EXPR_CONTEXT_LOAD, span(p, first), p->arena));
}

static hob_expr *
tuple_node(hob_parser *p, int first, hob_expr_seq *elts)
{
    if (!elts) { return NULL; }
    return checked(p, hob_ast_tuple(elts, EXPR_CONTEXT_LOAD, span(p, first), p->arena));
}

/* first_item (',' item)* ','? closing: the items, or NULL. */
static hob_expr_seq *
parse_items_after(hob_parser *p, hob_expr *first_item, int closing)
{
    int base = p->n_stack;
    if (!hob_parser_push(p, first_item)) { return NULL; }
    if (accept(p, TOK_COMMA) && peek(p) != closing) {
        int n_rules = closing == TOK_RPAR ? DEPTH_MORE_IN_PAREN : DEPTH_MORE_IN_BRACKET;
        if (!WITHIN(p, n_rules, hob_parser_push_items(p, parse_star_named_expression))) {
            return NULL;
        }
        (void)accept(p, TOK_COMMA);
    }
    if (!accept(p, closing)) {
        p->n_stack = base;
        return NULL;
    }
    return hob_parser_take(p, base);
}

static hob_expr *
parse_paren(hob_parser *p)
{
    int first = p->mark++;
    int type = peek(p);
    if (type == TOK_RPAR) {
        p->mark++;
        return tuple_node(p, first, (hob_expr_seq *)&hob_seq_empty);
    }
    if (type == TOK_YIELD) {
        hob_expr *inner = WITHIN(p, DEPTH_YIELD_IN_PAREN, parse_yield(p));
        return inner && accept(p, TOK_RPAR) ? inner : NULL;
    }
    hob_expr *e = parse_star_named_expression(p);
    if (!e) { return NULL; }
    int next = peek(p);
    if (next == TOK_COMMA) { return tuple_node(p, first, parse_items_after(p, e, TOK_RPAR)); }
    if (type == TOK_STAR) { return NULL; }
    if (next == TOK_RPAR) {
        p->mark++;
        return e;
    }
    hob_comprehension_seq *clauses = parse_comprehension_clauses(p);
    if (!clauses || !accept(p, TOK_RPAR)) { return NULL; }
    return checked(p, hob_ast_generator_exp(e, clauses, span(p, first), p->arena));
}

static hob_expr *
parse_bracket(hob_parser *p)
{
    int first = p->mark++;
    int type = peek(p);
    if (type == TOK_RSQB) {
        p->mark++;
        return list_node(p, first, (hob_expr_seq *)&hob_seq_empty);
    }
    hob_expr *e = parse_star_named_expression(p);
    if (!e) { return NULL; }
    if (!starts_clause(peek(p))) { return list_node(p, first, parse_items_after(p, e, TOK_RSQB)); }
    if (type == TOK_STAR) { return NULL; }
    hob_comprehension_seq *clauses = WITHIN(p, DEPTH_CLAUSES_IN_BRACKET,
                                            parse_comprehension_clauses(p));
    if (!clauses || !accept(p, TOK_RSQB)) { return NULL; }
    return checked(p, hob_ast_list_comp(e, clauses, span(p, first), p->arena));
}

/* '**' bitwise_or, key NULL; or expression ':' expression. */
hob_expr *
parse_double_starred_pair(hob_parser *p, hob_expr **value)
{
    static hob_expr no_key;                 /* stands for NULL, which says: none here */
    if (accept(p, TOK_DOUBLESTAR)) {
        *value = WITHIN(p, DEPTH_STARRED_ITEM, parse_bitwise_or(p));
        return *value ? &no_key : NULL;
    }
    hob_expr *key = parse_expression(p);
    if (!key || !accept(p, TOK_COLON)) { return NULL; }
    *value = parse_expression(p);
    return *value ? key : NULL;
}

/* Pairs pushed as key, value above base: a Dict. */
static hob_expr *
dict_node(hob_parser *p, int first, int base)
{
    Py_ssize_t n = (p->n_stack - base) / 2;
    hob_expr_seq *keys = checked(p, hob_seq_new(n, p->arena));
    hob_expr_seq *values = checked(p, hob_seq_new(n, p->arena));
    if (!keys || !values) { return NULL; }
    for (Py_ssize_t i = 0; i < n; i++) {
        hob_expr *key = p->stack[base + 2 * i];
        keys->items[i] = key && key->kind == 0 ? NULL : key;
        values->items[i] = p->stack[base + 2 * i + 1];
    }
    p->n_stack = base;
    return checked(p, hob_ast_dict(keys, values, span(p, first), p->arena));
}

/* (',' pair)* ','?, pushed. */
static bool
push_pairs_after(hob_parser *p)
{
    while (accept(p, TOK_COMMA)) {
        int mark = p->mark;
        hob_expr *value, *key = WITHIN(p, DEPTH_MORE_IN_BRACKET,
                                       parse_double_starred_pair(p, &value));
        if (!key) {
            p->mark = mark;                 /* the comma was the trailing one */
            break;
        }
        if (!hob_parser_push(p, key) || !hob_parser_push(p, value)) { return false; }
    }
    return !p->failed;
}

static hob_expr *
parse_dict_after(hob_parser *p, int first, hob_expr *key, hob_expr *value)
{
    int base = p->n_stack;
    if (!hob_parser_push(p, key) || !hob_parser_push(p, value) || !push_pairs_after(p)) {
        return NULL;
    }
    if (!accept(p, TOK_RBRACE)) {
        p->n_stack = base;
        return NULL;
    }
    return dict_node(p, first, base);
}

static hob_expr *
set_node(hob_parser *p, int first, hob_expr_seq *elts)
{
    return elts ? checked(p, hob_ast_set(elts, span(p, first), p->arena)) : NULL;
}

static hob_expr *
parse_brace(hob_parser *p)
{
    int first = p->mark++;
    int type = peek(p);
    hob_expr *value, *e;
    hob_comprehension_seq *clauses;
    if (type == TOK_RBRACE) {
        p->mark++;
        return dict_node(p, first, p->n_stack);
    }
    if (type == TOK_DOUBLESTAR) {
        e = parse_double_starred_pair(p, &value);
        return e ? parse_dict_after(p, first, e, value) : NULL;
    }
    bool is_walrus = type == TOK_NAME && peek_second(p) == TOK_COLONEQUAL;
    e = parse_star_named_expression(p);
    if (!e) { return NULL; }
    if (type != TOK_STAR && !is_walrus && accept(p, TOK_COLON)) {
        value = parse_expression(p);
        if (!value) { return NULL; }
        if (!starts_clause(peek(p))) { return parse_dict_after(p, first, e, value); }
        clauses = WITHIN(p, DEPTH_CLAUSES_IN_BRACKET,
                         parse_comprehension_clauses(p));
        if (!clauses || !accept(p, TOK_RBRACE)) { return NULL; }
        return checked(p, hob_ast_dict_comp(e, value, clauses, span(p, first), p->arena));
    }
    if (!starts_clause(peek(p))) { return set_node(p, first, parse_items_after(p, e, TOK_RBRACE)); }
    if (type == TOK_STAR) { return NULL; }
    clauses = WITHIN(p, DEPTH_CLAUSES_IN_BRACKET,
                     parse_comprehension_clauses(p));
    if (!clauses || !accept(p, TOK_RBRACE)) { return NULL; }
    return checked(p, hob_ast_set_comp(e, clauses, span(p, first), p->arena));
}

/* Unlike other mistakes, those of dict displays are told in the first pass already.
 * To look for them what is inside is read again, at each level around: remember. */
static hob_expr *
parse_brace_or_complain(hob_parser *p)
{
    int first = p->mark, base = p->n_stack;
    hob_expr *e = parse_brace(p);
    if (!e && !p->failed) {
        p->remembers = true;
        p->mark = first;
        p->n_stack = base;
        hob_diagnose_dict(p);
    }
    return e;
}

/* --- displays once more, one reading after the other, to find mistakes --- */

/* opening item clauses closing: the pieces of a comprehension. */
static hob_expr *
parse_comprehension(hob_parser *p, hob_expr *(*item)(hob_parser *), int closing,
                    hob_comprehension_seq **clauses)
{
    p->mark++;
    hob_expr *e = item(p);
    if (!e) { return NULL; }
    *clauses = parse_comprehension_clauses(p);
    return *clauses && accept(p, closing) ? e : NULL;
}

hob_expr *
parse_genexp(hob_parser *p)
{
    int first = p->mark;
    hob_comprehension_seq *clauses;
    hob_expr *e = parse_comprehension(p, parse_walrus_or_expression, TOK_RPAR, &clauses);
    if (e) { return checked(p, hob_ast_generator_exp(e, clauses, span(p, first), p->arena)); }
    p->mark = first;
    RETURN_IF_MISTAKE(hob_diagnose_comprehension(p));
    return NULL;
}

hob_expr *
parse_tuple_display(hob_parser *p)
{
    int first = p->mark++;
    if (accept(p, TOK_RPAR)) { return tuple_node(p, first, (hob_expr_seq *)&hob_seq_empty); }
    hob_expr *e = parse_star_named_expression(p);
    if (!e || peek(p) != TOK_COMMA) { return NULL; }
    return tuple_node(p, first, parse_items_after(p, e, TOK_RPAR));
}

static hob_expr *
try_group(hob_parser *p)
{
    int first = p->mark++;
    hob_expr *e = peek(p) == TOK_YIELD ? parse_yield(p) : parse_named_expression(p);
    if (e && accept(p, TOK_RPAR)) { return e; }
    p->mark = first;
    RETURN_IF_MISTAKE(hob_diagnose_group(p));
    return NULL;
}

hob_expr *
parse_list_display(hob_parser *p)
{
    int first = p->mark++;
    if (accept(p, TOK_RSQB)) { return list_node(p, first, (hob_expr_seq *)&hob_seq_empty); }
    hob_expr_seq *elts = parse_star_named_expressions(p);
    return elts && accept(p, TOK_RSQB) ? list_node(p, first, elts) : NULL;
}

static hob_expr *
try_list_comprehension(hob_parser *p)
{
    int first = p->mark;
    hob_comprehension_seq *clauses;
    hob_expr *e = parse_comprehension(p, parse_named_expression, TOK_RSQB, &clauses);
    if (e) { return checked(p, hob_ast_list_comp(e, clauses, span(p, first), p->arena)); }
    p->mark = first;
    RETURN_IF_MISTAKE(hob_diagnose_comprehension(p));
    return NULL;
}

static hob_expr *
try_dict(hob_parser *p)
{
    int first = p->mark++, base = p->n_stack;
    if (accept(p, TOK_RBRACE)) { return dict_node(p, first, base); }
    hob_expr *value, *key = parse_double_starred_pair(p, &value);
    if (key) {
        hob_expr *dict = parse_dict_after(p, first, key, value);
        if (dict || p->failed) { return dict; }
    }
    p->mark = first;
    p->n_stack = base;
    hob_diagnose_dict(p);
    return NULL;
}

static hob_expr *
try_set(hob_parser *p)
{
    int first = p->mark++;
    hob_expr_seq *elts = parse_star_named_expressions(p);
    return elts && accept(p, TOK_RBRACE) ? set_node(p, first, elts) : NULL;
}

static hob_expr *
try_dict_comprehension(hob_parser *p)
{
    int first = p->mark++;
    hob_expr *value, *key = peek(p) == TOK_DOUBLESTAR ? NULL : parse_double_starred_pair(p, &value);
    if (key) {
        hob_comprehension_seq *clauses = parse_comprehension_clauses(p);
        if (clauses && accept(p, TOK_RBRACE)) {
            return checked(p, hob_ast_dict_comp(key, value, clauses, span(p, first), p->arena));
        }
    }
    p->mark = first;
    RETURN_IF_MISTAKE(hob_diagnose_dict_comprehension(p));
    return NULL;
}

static hob_expr *
try_set_comprehension(hob_parser *p)
{
    int first = p->mark;
    hob_comprehension_seq *clauses;
    hob_expr *e = parse_comprehension(p, parse_named_expression, TOK_RBRACE, &clauses);
    if (e) { return checked(p, hob_ast_set_comp(e, clauses, span(p, first), p->arena)); }
    p->mark = first;
    RETURN_IF_MISTAKE(hob_diagnose_comprehension(p));
    return NULL;
}

typedef hob_expr *reading(hob_parser *);

static hob_expr *
parse_display_by_trial(hob_parser *p, int type)
{
    static reading *const parens[] = {parse_tuple_display, try_group, parse_genexp, NULL};
    static reading *const brackets[] = {parse_list_display, try_list_comprehension, NULL};
    static reading *const braces[] = {try_dict, try_set, try_dict_comprehension,
                                      try_set_comprehension, NULL};
    int first = p->mark;
    reading *const *trial = type == TOK_LPAR ? parens : type == TOK_LSQB ? brackets : braces;
    for (; *trial; trial++) {
        int base = p->n_stack;
        p->mark = first;
        hob_expr *e = (*trial)(p);
        if (e || p->failed) { return e; }
        p->n_stack = base;
    }
    return NULL;
}

/* At an opening bracket. */
hob_expr *
parse_display(hob_parser *p, int type)
{
    hob_expr *e;
    if (p->diagnosing) { e = parse_display_by_trial(p, type); }
    else if (type == TOK_LPAR) { e = parse_paren(p); }
    else if (type == TOK_LSQB) { e = parse_bracket(p); }
    else { e = parse_brace_or_complain(p); }
    return p->failed ? NULL : e;
}

/* parse_call.c -- what stands between the parentheses of a call, a def, a lambda.
 *
 * Calls      positional and starred arguments go to args, name=value and **value to
 *            keywords; both in the order written.  On the stack a keyword is told
 *            from an expression by the lowest bit of its pointer.
 * Parameters one reader for def and lambda: they differ in annotations, type
 *            comments and the token that ends the list.
 */
#include "syntax/parser_int.h"

/* Rules of the reference's grammar from the call to its arguments; see WITHIN. */
enum {
    DEPTH_GENERATOR = 2, DEPTH_STARRED = 5, DEPTH_KEYWORD = 5, DEPTH_ARGUMENT = 6,
    DEPTH_DEFAULT = 6,
};

/* --- arguments --- */

static bool
push_keyword(hob_parser *p, hob_keyword *keyword)
{
    return keyword && hob_parser_push(p, (void *)((uintptr_t)keyword | 1));
}

/* The stack above base, sorted into a Call without func. */
static hob_expr *
call_node(hob_parser *p, int first, int base)
{
    Py_ssize_t n = p->n_stack - base, n_keywords = 0;
    for (Py_ssize_t i = 0; i < n; i++) { n_keywords += (uintptr_t)p->stack[base + i] & 1; }

    hob_seq *args = &hob_seq_empty, *keywords = &hob_seq_empty;
    if (n > n_keywords) { args = checked(p, hob_seq_new(n - n_keywords, p->arena)); }
    if (n_keywords) { keywords = checked(p, hob_seq_new(n_keywords, p->arena)); }
    if (!args || !keywords) { return NULL; }

    void **arg = args->items, **keyword = keywords->items;
    for (Py_ssize_t i = 0; i < n; i++) {
        uintptr_t item = (uintptr_t)p->stack[base + i];
        if (item & 1) { *keyword++ = (void *)(item - 1); }
        else { *arg++ = (void *)item; }
    }
    p->n_stack = base;
    return checked(p, hob_ast_call(NULL, (hob_expr_seq *)args, (hob_keyword_seq *)keywords,
                                   hob_parser_span(p, first), p->arena));
}

static bool
at_keyword(hob_parser *p)
{
    return peek(p) == TOK_NAME && peek_second(p) == TOK_EQUAL;
}

static bool
push_named(hob_parser *p)
{
    int first = p->mark;
    PyObject *name = hob_parser_name(p, token_at(p, first));
    if (!name) { return false; }
    p->mark += 2;
    hob_expr *value = WITHIN(p, DEPTH_KEYWORD, parse_expression(p));
    if (!value) { return false; }
    return push_keyword(p, checked(p, hob_ast_keyword(name, value, hob_parser_span(p, first),
                                                      p->arena)));
}

static bool
push_double_starred(hob_parser *p)
{
    int first = p->mark;
    if (!accept(p, TOK_DOUBLESTAR)) { return false; }
    hob_expr *value = WITHIN(p, DEPTH_KEYWORD, parse_expression(p));
    if (!value) { return false; }
    return push_keyword(p, checked(p, hob_ast_keyword(NULL, value, hob_parser_span(p, first),
                                                      p->arena)));
}

/* name '=' expression, or the one starred form that is allowed now. */
static bool
push_keyword_item_rule(hob_parser *p, bool double_starred)
{
    if (p->looks_for_mistakes) {
        int mark = p->mark;
        hob_diagnose_kwarg(p);
        if (p->failed) { return false; }
        p->mark = mark;
    }
    int mark = p->mark, base = p->n_stack;
    if (at_keyword(p)) {
        if (push_named(p)) { return true; }
        p->remembers = true;                /* as below */
        p->n_stack = base;
        p->mark = mark;
    }
    if (double_starred) { return push_double_starred(p); }
    hob_expr *e = peek(p) == TOK_STAR ? WITHIN(p, DEPTH_ARGUMENT, parse_starred_expression(p))
                                      : NULL;
    return e && hob_parser_push(p, e);
}

static bool
push_keyword_item(hob_parser *p, bool double_starred, bool is_first)
{
    return WITHIN(p, !is_first, push_keyword_item_rule(p, double_starred));
}

/* item (',' item)*; how many.  The mark stays before a comma without an item. */
static int
push_keyword_items(hob_parser *p, bool double_starred)
{
    int n = 0;
    do {
        int mark = p->mark, base = p->n_stack;
        if (!push_keyword_item(p, double_starred, n == 0)) {
            p->n_stack = base;
            p->mark = n ? mark - 1 : mark;
            return n;
        }
        n++;
    } while (accept(p, TOK_COMMA));
    return n;
}

/* Once a keyword has come: names and *, then names and **. */
static bool
push_keywords(hob_parser *p)
{
    if (push_keyword_items(p, false) == 0) { return push_keyword_items(p, true) > 0; }
    int mark = p->mark;
    if (accept(p, TOK_COMMA) && push_keyword_items(p, true) == 0) { p->mark = mark; }
    return !p->failed;
}

static hob_expr *
parse_positional(hob_parser *p)
{
    if (peek(p) == TOK_STAR) {
        hob_expr *e = parse_starred_expression(p);
        /* The keywords try once more, at each level of calls: 2^n, but for the memo. */
        if (!e) { p->remembers = true; }
        return e;
    }
    if (!p->diagnosing && (peek(p) == TOK_DOUBLESTAR || at_keyword(p))) { return NULL; }
    hob_expr *e = parse_walrus_or_expression(p);
    return e && peek(p) != TOK_EQUAL && !p->failed ? e : NULL;
}

/* The positional arguments from the mark on, pushed; *n counts them.  The mark stays
 * before a comma that none follows. */
static bool
push_positionals(hob_parser *p, int *n)
{
    do {
        int mark = p->mark;
        hob_expr *e = WITHIN(p, DEPTH_ARGUMENT, parse_positional(p));
        if (!e) {
            p->mark = *n ? mark - 1 : mark;
            break;
        }
        if (!hob_parser_push(p, e)) { return false; }
        ++*n;
    } while (accept(p, TOK_COMMA));
    return !p->failed;
}

/* Keywords, or the keywords behind a comma if n positionals are on the stack. */
static hob_expr *
finish_args(hob_parser *p, int first, int base, int n)
{
    int mark = p->mark, keywords = p->n_stack;
    if (n == 0) {
        if (!push_keywords(p)) { return NULL; }
    }
    else if (accept(p, TOK_COMMA) && !WITHIN(p, 1, push_keywords(p))) {
        p->n_stack = keywords;
        p->mark = mark;
    }
    return p->failed ? NULL : call_node(p, first, base);
}

hob_expr *
parse_args(hob_parser *p)
{
    int first = p->mark, base = p->n_stack, n = 0;
    return push_positionals(p, &n) ? finish_args(p, first, base, n) : NULL;
}

static hob_expr *
parse_arguments_rule(hob_parser *p)
{
    int first = p->mark, base = p->n_stack;
    hob_expr *call = parse_args(p);
    if (call) {
        (void)accept(p, TOK_COMMA);
        if (peek(p) == TOK_RPAR) { return call; }
    }
    p->n_stack = base;
    p->mark = first;
    RETURN_IF_MISTAKE(hob_diagnose_arguments(p));
    return NULL;
}

hob_expr *
parse_arguments(hob_parser *p)
{
    return REMEMBERED(p, RULE_ARGUMENTS, parse_arguments_rule);
}

static hob_expr *
call_with(hob_parser *p, hob_expr *func, hob_expr *arguments, int first)
{
    hob_expr_seq *args = (hob_expr_seq *)&hob_seq_empty;
    hob_keyword_seq *keywords = (hob_keyword_seq *)&hob_seq_empty;
    if (arguments && arguments->kind == EXPR_GENERATOR_EXP) {
        args = hob_parser_one(p, arguments);
        if (!args) { return NULL; }
    }
    else if (arguments) {
        args = arguments->v.call.args;
        keywords = arguments->v.call.keywords;
    }
    return checked(p, hob_ast_call(func, args, keywords, hob_parser_span(p, first), p->arena));
}

/* Behind '(' of a call, in the first pass: a generator expression, whose parentheses
 * are those of the call, or a Call without func. */
static hob_expr *
parse_call_contents(hob_parser *p, int paren)
{
    int first = p->mark, base = p->n_stack, n = 0;
    int n_rules = peek(p) == TOK_STAR ? DEPTH_STARRED : DEPTH_GENERATOR;
    hob_expr *e = WITHIN(p, n_rules, parse_positional(p));
    if (e && (peek(p) == TOK_FOR || peek(p) == TOK_ASYNC)) {
        if (token_at(p, first)->type == TOK_STAR) { return NULL; }
        hob_comprehension_seq *clauses = parse_comprehension_clauses(p);
        if (!clauses || !accept(p, TOK_RPAR)) { return NULL; }
        return checked(p, hob_ast_generator_exp(e, clauses, hob_parser_span(p, paren), p->arena));
    }
    if (p->failed) { return NULL; }
    if (e) {
        if (!hob_parser_push(p, e)) { return NULL; }
        n = 1;
        if (accept(p, TOK_COMMA) && !push_positionals(p, &n)) { return NULL; }
    }
    else {
        p->mark = first;
    }
    hob_expr *call = finish_args(p, first, base, n);
    if (!call) { return NULL; }
    (void)accept(p, TOK_COMMA);
    return accept(p, TOK_RPAR) ? call : NULL;
}

/* Behind func, at '('. */
hob_expr *
parse_call_trailer(hob_parser *p, hob_expr *func, int first)
{
    int paren = p->mark++;
    if (!p->diagnosing) {
        if (accept(p, TOK_RPAR)) { return call_with(p, func, NULL, first); }
        hob_expr *contents = parse_call_contents(p, paren);
        return contents ? call_with(p, func, contents, first) : NULL;
    }
    p->mark = paren;
    hob_expr *generator = parse_genexp(p);
    if (generator) { return call_with(p, func, generator, first); }
    if (p->failed) { return NULL; }
    p->mark = paren + 1;
    if (accept(p, TOK_RPAR)) { return call_with(p, func, NULL, first); }
    hob_expr *arguments = parse_arguments(p);
    return arguments && accept(p, TOK_RPAR) ? call_with(p, func, arguments, first) : NULL;
}

/* --- parameters --- */

/* A TYPE_COMMENT at the mark, as a str; NULL without an error if there is none. */
static PyObject *
type_comment_here(hob_parser *p)
{
    if (peek(p) != TOK_TYPE_COMMENT) { return NULL; }
    hob_token *t = token_at(p, p->mark++);
    return hob_parser_keep(p, PyUnicode_DecodeUTF8(p->tok->text + t->start, t->end - t->start,
                                                   NULL));
}

/* NAME annotation?; may_star: the annotation may be starred. */
hob_arg *
parse_param(hob_parser *p, bool is_lambda, bool may_star)
{
    int first = p->mark;
    if (peek(p) != TOK_NAME) { return NULL; }
    PyObject *name = hob_parser_name(p, token_at(p, first));
    if (!name) { return NULL; }
    p->mark++;
    hob_expr *annotation = NULL;
    if (!is_lambda && peek(p) == TOK_COLON) {
        int end = p->mark++;
        annotation = may_star ? parse_star_expression(p) : parse_expression(p);
        if (!annotation) {
            if (p->failed) { return NULL; }
            p->mark = end;
        }
    }
    return checked(p, hob_ast_arg(name, annotation, NULL, hob_parser_span(p, first), p->arena));
}

bool
hob_params_at_end(hob_parser *p, bool is_lambda)
{
    return peek(p) == (is_lambda ? TOK_COLON : TOK_RPAR);
}

/* What ends a parameter: a comma, or the end of the list; a type comment with it. */
static bool
end_param(hob_parser *p, bool is_lambda, hob_arg *arg)
{
    if (accept(p, TOK_COMMA)) {
        if (!is_lambda) { arg->type_comment = type_comment_here(p); }
        return !p->failed;
    }
    if (!is_lambda) { arg->type_comment = type_comment_here(p); }
    return hob_params_at_end(p, is_lambda) && !p->failed;
}

/* '=' expression; NULL without an error when there is none. */
static hob_expr *
parse_default(hob_parser *p, bool is_lambda)
{
    int first = p->mark;
    if (!accept(p, TOK_EQUAL)) { return NULL; }
    hob_expr *value = WITHIN(p, DEPTH_DEFAULT, parse_expression(p));
    if (value || p->failed) { return value; }
    p->mark = first;
    RETURN_IF_MISTAKE(hob_diagnose_default(p, is_lambda));
    return NULL;
}

/* A parameter with its default, if it has one, and what ends it. */
static hob_arg *
parse_param_and_default(hob_parser *p, bool is_lambda, hob_param_kind kind, hob_expr **value)
{
    int mark = p->mark;
    *value = NULL;
    hob_arg *arg = parse_param(p, is_lambda, false);
    if (arg) {
        if (kind != WITHOUT_DEFAULT) { *value = parse_default(p, is_lambda); }
        if (!p->failed && (*value || kind != WITH_DEFAULT) && end_param(p, is_lambda, arg)) {
            return arg;
        }
    }
    p->mark = mark;
    return NULL;
}

hob_arg *
parse_whole_param(hob_parser *p, bool is_lambda, hob_param_kind kind)
{
    hob_expr *value;
    return parse_param_and_default(p, is_lambda, kind, &value);
}

/* Push the arg, and the default (or NULL) on top of it. */
static bool
push_param(hob_parser *p, bool is_lambda, bool needs_default)
{
    hob_expr *value;
    hob_arg *arg = parse_param_and_default(p, is_lambda,
                                           needs_default ? WITH_DEFAULT : MAYBE_DEFAULT, &value);
    return arg && hob_parser_push(p, arg) && hob_parser_push(p, value);
}

typedef struct {
    hob_arg_seq *posonly, *args, *kwonly;
    hob_expr_seq *defaults, *kw_defaults;
    hob_arg *vararg, *kwarg;
} params;

/* The stack holds arg, default pairs above base: n of them to *args, the defaults
 * to the sequence of all items, or only of those there are. */
static bool
take_params(hob_parser *p, int base, hob_arg_seq **args, hob_expr_seq **defaults, bool only_set)
{
    Py_ssize_t n = (p->n_stack - base) / 2, n_defaults = 0;
    for (Py_ssize_t i = 0; i < n; i++) { n_defaults += p->stack[base + 2 * i + 1] != NULL; }
    if (!only_set) { n_defaults = n; }
    *args = n ? checked(p, hob_seq_new(n, p->arena)) : (hob_arg_seq *)&hob_seq_empty;
    *defaults = n_defaults ? checked(p, hob_seq_new(n_defaults, p->arena))
                           : (hob_expr_seq *)&hob_seq_empty;
    if (!*args || !*defaults) { return false; }
    for (Py_ssize_t i = 0, d = 0; i < n; i++) {
        (*args)->items[i] = p->stack[base + 2 * i];
        hob_expr *value = p->stack[base + 2 * i + 1];
        if (value || !only_set) { (*defaults)->items[d++] = value; }
    }
    p->n_stack = base;
    return true;
}

static bool
end_slash(hob_parser *p, bool is_lambda)
{
    int mark = p->mark;
    if (accept(p, TOK_SLASH) && (accept(p, TOK_COMMA) || hob_params_at_end(p, is_lambda))) {
        return true;
    }
    p->mark = mark;
    return false;
}

/* The positional parameters, with at most one `/`. */
static bool
parse_positional_params(hob_parser *p, bool is_lambda, params *out)
{
    int base = p->n_stack, n_posonly = -1;
    bool had_default = false;
    for (;;) {
        while (peek(p) == TOK_NAME && push_param(p, is_lambda, had_default)) {
            had_default = p->stack[p->n_stack - 1] != NULL;
        }
        if (p->failed) { return false; }
        if (n_posonly >= 0 || p->n_stack == base || !end_slash(p, is_lambda)) { break; }
        n_posonly = (p->n_stack - base) / 2;
    }
    hob_arg_seq *all;
    if (!take_params(p, base, &all, &out->defaults, true)) { return false; }
    out->posonly = (hob_arg_seq *)&hob_seq_empty;
    out->args = all;
    if (n_posonly < 0) { return true; }

    for (int i = 0; i < n_posonly; i++) {
        if (!hob_parser_push(p, all->items[i])) { return false; }
    }
    out->posonly = hob_parser_take(p, base);
    for (Py_ssize_t i = n_posonly; i < all->size; i++) {
        if (!hob_parser_push(p, all->items[i])) { return false; }
    }
    out->args = hob_parser_take(p, base);
    return out->posonly && out->args && !p->failed;
}

/* '**' name end. */
static bool
parse_kwds(hob_parser *p, bool is_lambda, params *out)
{
    int mark = p->mark;
    if (peek(p) != TOK_DOUBLESTAR) { return true; }
    if (p->looks_for_mistakes) {
        hob_diagnose_kwds(p, is_lambda);
        if (p->failed) { return false; }
    }
    p->mark = mark + 1;
    hob_arg *arg = parse_param(p, is_lambda, false);
    if (arg && end_param(p, is_lambda, arg)) { out->kwarg = arg; }
    else { p->mark = mark; }
    return !p->failed;
}

/* The name behind `*`; only there, in a def, may an annotation be starred. */
static bool
parse_vararg(hob_parser *p, bool is_lambda, params *out)
{
    int mark = p->mark;
    hob_arg *arg = parse_param(p, is_lambda, false);
    if (!arg || !end_param(p, is_lambda, arg)) {
        if (p->failed || is_lambda) { return false; }
        p->mark = mark;
        arg = parse_param(p, false, true);
        if (!arg || !end_param(p, false, arg)) { return false; }
    }
    out->vararg = arg;
    return true;
}

/* '*' name .. or '*' ',' .., and what may follow it. */
static bool
parse_star_params(hob_parser *p, bool is_lambda, params *out)
{
    int mark = p->mark, base = p->n_stack;
    if (peek(p) == TOK_STAR) {
        if (p->looks_for_mistakes) {
            hob_diagnose_star_params(p, is_lambda);
            if (p->failed) { return false; }
            p->mark = mark;
        }
        p->mark++;
        bool is_bare = peek(p) == TOK_COMMA;
        if (is_bare) { p->mark++; }
        if (is_bare || parse_vararg(p, is_lambda, out)) {
            while (peek(p) == TOK_NAME && push_param(p, is_lambda, false)) { }
            if (p->failed) { return false; }
            if (!is_bare || p->n_stack > base) {
                return take_params(p, base, &out->kwonly, &out->kw_defaults, false)
                    && parse_kwds(p, is_lambda, out);
            }
        }
        p->n_stack = base;
        p->mark = mark;
        return !p->failed;
    }
    return parse_kwds(p, is_lambda, out);
}

/* NULL, too, when there are none. */
hob_arguments *
parse_params(hob_parser *p, bool is_lambda)
{
    int first = p->mark;
    params found = {
        .posonly = (hob_arg_seq *)&hob_seq_empty, .args = (hob_arg_seq *)&hob_seq_empty,
        .kwonly = (hob_arg_seq *)&hob_seq_empty, .defaults = (hob_expr_seq *)&hob_seq_empty,
        .kw_defaults = (hob_expr_seq *)&hob_seq_empty,
    };
    RETURN_IF_MISTAKE(hob_diagnose_params(p, is_lambda));
    if (!parse_positional_params(p, is_lambda, &found)
        || !parse_star_params(p, is_lambda, &found)) {
        return NULL;
    }
    if (p->mark == first) { return NULL; }
    if (found.posonly->size
        && !hob_parser_version(p, 8, "Positional-only parameters are")) {
        return NULL;
    }
    return checked(p, hob_ast_arguments(found.posonly, found.args, found.vararg, found.kwonly,
                                        found.kw_defaults, found.kwarg, found.defaults,
                                        p->arena));
}

hob_arguments *
hob_arguments_none(hob_parser *p)
{
    hob_arg_seq *none = (hob_arg_seq *)&hob_seq_empty;
    hob_expr_seq *no_defaults = (hob_expr_seq *)&hob_seq_empty;
    return checked(p, hob_ast_arguments(none, none, NULL, none, no_defaults, NULL, no_defaults,
                                        p->arena));
}

hob_expr *
parse_lambda(hob_parser *p)
{
    int first = p->mark++;
    hob_arguments *args = NULL;
    if (peek(p) != TOK_COLON) {
        int mark = p->mark, base = p->n_stack;
        args = parse_params(p, true);
        if (p->failed) { return NULL; }
        if (!args) {
            p->mark = mark;
            p->n_stack = base;
        }
    }
    if (!args) { args = hob_arguments_none(p); }
    if (!args || !accept(p, TOK_COLON)) { return NULL; }
    hob_expr *body = parse_expression(p);
    if (!body) { return NULL; }
    return checked(p, hob_ast_lambda(args, body, hob_parser_span(p, first), p->arena));
}

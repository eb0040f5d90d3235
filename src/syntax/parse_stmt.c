/* parse_stmt.c -- statements and blocks.
 *
 * A statement is chosen by its first token.  `match` is a name like any other and
 * is tried first; everything that begins with no keyword is an expression that may
 * turn out to be the target of an assignment.
 */
#include "syntax/parser_int.h"

#include <string.h>

/* Rules of the reference's grammar that a construct stands for; see WITHIN. */
enum {
    DEPTH_STATEMENTS = 3, DEPTH_SIMPLE = 2, DEPTH_COMPOUND = 2, DEPTH_VALUE = 2, DEPTH_YIELD = 2,
    DEPTH_SINGLE_TARGET = 2, DEPTH_STAR_TARGET = 5, DEPTH_STARRED_TARGET = 7,
};

static ALWAYS_INLINE hob_span
span(hob_parser *p, int first)
{
    return hob_parser_span(p, first);
}

/* --- type comments --- */

static PyObject *
type_comment_here(hob_parser *p)
{
    hob_token *t = token_at(p, p->mark++);
    return hob_parser_keep(p, PyUnicode_DecodeUTF8(p->tok->text + t->start, t->end - t->start,
                                                   NULL));
}

/* NULL without an error when there is none. */
static PyObject *
parse_type_comment(hob_parser *p)
{
    return peek(p) == TOK_TYPE_COMMENT ? type_comment_here(p) : NULL;
}

/* Behind the colon of a def the comment may stand on a line of its own. */
static PyObject *
parse_func_type_comment(hob_parser *p)
{
    int first = p->mark;
    if (peek(p) == TOK_NEWLINE && peek_second(p) == TOK_TYPE_COMMENT) {
        p->mark++;
        PyObject *comment = type_comment_here(p);
        if (!comment) { return NULL; }
        if (peek(p) == TOK_NEWLINE && peek_second(p) == TOK_INDENT) { return comment; }
        p->mark = first;
    }
    RETURN_IF_MISTAKE(hob_diagnose_type_comments(p));
    return parse_type_comment(p);
}

/* --- assignment --- */

static bool
is_simple_name(hob_parser *p, int first, hob_expr *target)
{
    return target->kind == EXPR_NAME && token_at(p, first)->type == TOK_NAME;
}

static hob_expr *
parse_yield_or_star_expressions(hob_parser *p)
{
    return peek(p) == TOK_YIELD ? parse_yield(p) : parse_star_expressions(p);
}

/* Behind a target, at ':'. */
static hob_stmt *
parse_annotated(hob_parser *p, int first, hob_expr *target)
{
    bool is_simple = is_simple_name(p, first, target);
    p->mark++;
    hob_expr *annotation = parse_expression(p);
    if (!annotation) { return NULL; }
    hob_expr *value = NULL;
    int mark = p->mark;
    if (accept(p, TOK_EQUAL)) {
        value = parse_yield_or_star_expressions(p);
        if (!value) { p->mark = mark; }
    }
    if (p->failed || !hob_parser_version(p, 6, is_simple ? "Variable annotation syntax is"
                                                         : "Variable annotations syntax is")) {
        return NULL;
    }
    hob_expr_set_context(target, EXPR_CONTEXT_STORE);
    return checked(p, hob_ast_ann_assign(target, annotation, value, is_simple, span(p, first),
                                         p->arena));
}

static const unsigned char augmented[TOK_AFTER_KEYWORDS] = {
    [TOK_PLUSEQUAL] = OPERATOR_ADD, [TOK_MINEQUAL] = OPERATOR_SUB,
    [TOK_STAREQUAL] = OPERATOR_MULT, [TOK_ATEQUAL] = OPERATOR_MAT_MULT,
    [TOK_SLASHEQUAL] = OPERATOR_DIV, [TOK_PERCENTEQUAL] = OPERATOR_MOD,
    [TOK_AMPEREQUAL] = OPERATOR_BIT_AND, [TOK_VBAREQUAL] = OPERATOR_BIT_OR,
    [TOK_CIRCUMFLEXEQUAL] = OPERATOR_BIT_XOR, [TOK_LEFTSHIFTEQUAL] = OPERATOR_LSHIFT,
    [TOK_RIGHTSHIFTEQUAL] = OPERATOR_RSHIFT, [TOK_DOUBLESTAREQUAL] = OPERATOR_POW,
    [TOK_DOUBLESLASHEQUAL] = OPERATOR_FLOOR_DIV,
};

static hob_stmt *
parse_augmented(hob_parser *p, int first, hob_expr *target)
{
    int op = augmented[peek(p)];
    if (peek(p) == TOK_ATEQUAL && !hob_parser_version(p, 5, "The '@' operator is")) {
        return NULL;
    }
    p->mark++;
    hob_expr *value = WITHIN(p, DEPTH_VALUE, parse_yield_or_star_expressions(p));
    if (!value) { return NULL; }
    hob_expr_set_context(target, EXPR_CONTEXT_STORE);
    return checked(p, hob_ast_aug_assign(target, (hob_operator)op, value, span(p, first),
                                         p->arena));
}

/* The value behind the last '=', targets pushed above base. */
static hob_stmt *
finish_assign(hob_parser *p, int first, int base, hob_expr *value)
{
    hob_expr_seq *targets = hob_parser_take(p, base);
    PyObject *comment = parse_type_comment(p);
    if (!targets || p->failed) { return NULL; }
    return checked(p, hob_ast_assign(targets, value, comment, span(p, first), p->arena));
}

static void
expect_star_target(hob_parser *p)
{
    bool is_starred = peek(p) == TOK_STAR;
    p->mark += is_starred;
    hob_parser_expect_target(p, is_starred ? DEPTH_STARRED_TARGET : DEPTH_STAR_TARGET, false);
    p->mark -= is_starred;
}

/* e '=' e '=' .. value; at the first '='. */
static hob_stmt *
parse_assign(hob_parser *p, int first, hob_expr *e)
{
    int base = p->n_stack;
    while (peek(p) == TOK_EQUAL) {
        if (!hob_is_star_target(e)) { return NULL; }
        hob_expr_set_context(e, EXPR_CONTEXT_STORE);
        if (!hob_parser_push(p, e)) { return NULL; }
        p->mark++;
        expect_star_target(p);
        bool is_yield = peek(p) == TOK_YIELD;
        e = WITHIN(p, DEPTH_VALUE, is_yield ? WITHIN(p, 1, parse_yield(p))
                                            : parse_star_expressions(p));
        if (!e) { return NULL; }
        if (is_yield && peek(p) == TOK_EQUAL) { return NULL; }
    }
    return finish_assign(p, first, base, e);
}

static hob_stmt *
expression_statement(hob_parser *p, int first, hob_expr *e)
{
    return checked(p, hob_ast_expr(e, span(p, first), p->arena));
}

static hob_stmt *
parse_expression_statement(hob_parser *p)
{
    int first = p->mark;
    if (peek(p) == TOK_STAR) { expect_star_target(p); }
    else { hob_parser_expect_target(p, DEPTH_SINGLE_TARGET, true); }
    hob_expr *e = parse_star_expressions(p);
    if (!e) { return NULL; }
    int type = peek(p);
    if (type == TOK_EQUAL) { return parse_assign(p, first, e); }
    if (type == TOK_COLON && hob_is_single_target(e)) { return parse_annotated(p, first, e); }
    if (augmented[type] && hob_is_single_target(e)) { return parse_augmented(p, first, e); }
    return p->failed ? NULL : expression_statement(p, first, e);
}

/* --- assignment once more, one reading after the other, to find mistakes --- */

static hob_stmt *
try_annotated(hob_parser *p)
{
    int first = p->mark;
    hob_expr *target = parse_target(p);
    if (!target || !hob_is_single_target(target) || peek(p) != TOK_COLON) { return NULL; }
    return parse_annotated(p, first, target);
}

static hob_stmt *
try_assign(hob_parser *p)
{
    int first = p->mark, base = p->n_stack;
    for (;;) {
        int mark = p->mark;
        hob_expr *target = parse_star_targets(p);
        if (!target || !accept(p, TOK_EQUAL)) {
            p->mark = mark;
            break;
        }
        if (!hob_parser_push(p, target)) { return NULL; }
    }
    if (p->failed || p->n_stack == base) { return NULL; }
    hob_expr *value = parse_yield_or_star_expressions(p);
    if (!value || peek(p) == TOK_EQUAL) { return NULL; }
    return finish_assign(p, first, base, value);
}

/* *committed: an operator has been seen, so nothing else is an assignment. */
static hob_stmt *
try_augmented(hob_parser *p, bool *committed)
{
    int first = p->mark;
    hob_expr *target = parse_target(p);
    if (!target || !hob_is_single_target(target) || !augmented[peek(p)]) { return NULL; }
    *committed = true;
    return parse_augmented(p, first, target);
}

static hob_stmt *
parse_expression_statement_by_trial(hob_parser *p)
{
    int first = p->mark, base = p->n_stack;
    bool committed = false;
    for (int trial = 0; trial < 3 && !committed; trial++) {
        p->mark = first;
        p->n_stack = base;
        hob_stmt *stmt = trial == 0 ? try_annotated(p)
                       : trial == 1 ? try_assign(p) : try_augmented(p, &committed);
        if (stmt || p->failed) { return stmt; }
    }
    p->mark = first;
    p->n_stack = base;
    if (!committed) { RETURN_IF_MISTAKE(hob_diagnose_assignment(p)); }
    p->n_stack = base;
    hob_expr *e = parse_yield_or_star_expressions(p);
    return e ? expression_statement(p, first, e) : NULL;
}

/* --- small statements --- */

static hob_stmt *
parse_return(hob_parser *p)
{
    int first = p->mark++, mark = p->mark;
    hob_expr *value = WITHIN(p, 1, parse_star_expressions(p));
    if (!value) { p->mark = mark; }
    return p->failed ? NULL : checked(p, hob_ast_return(value, span(p, first), p->arena));
}

static hob_stmt *
parse_raise(hob_parser *p)
{
    int first = p->mark++, mark = p->mark;
    hob_expr *cause = NULL, *exc = parse_expression(p);
    if (!exc) { p->mark = mark; }
    else if (peek(p) == TOK_FROM) {
        mark = p->mark++;
        cause = parse_expression(p);
        if (!cause) { p->mark = mark; }
    }
    return p->failed ? NULL : checked(p, hob_ast_raise(exc, cause, span(p, first), p->arena));
}

static hob_stmt *
parse_assert(hob_parser *p)
{
    int first = p->mark++;
    hob_expr *message = NULL, *test = parse_expression(p);
    if (!test) { return NULL; }
    int mark = p->mark;
    if (accept(p, TOK_COMMA)) {
        message = parse_expression(p);
        if (!message) { p->mark = mark; }
    }
    return p->failed ? NULL : checked(p, hob_ast_assert(test, message, span(p, first), p->arena));
}

static hob_expr *
parse_del_target(hob_parser *p)
{
    hob_expr *e = parse_target(p);
    return e && hob_is_del_target(e) ? e : NULL;
}

static hob_stmt *
parse_del(hob_parser *p)
{
    int first = p->mark++, base = p->n_stack;
    for (;;) {
        int mark = p->mark;
        hob_expr *target = parse_del_target(p);
        if (!target) {
            p->mark = mark;
            break;
        }
        hob_expr_set_context(target, EXPR_CONTEXT_DEL);
        if (!hob_parser_push(p, target)) { return NULL; }
        if (!accept(p, TOK_COMMA)) { break; }
    }
    if (p->failed) { return NULL; }
    int type = peek(p);
    if (p->n_stack > base && (type == TOK_SEMI || type == TOK_NEWLINE)) {
        hob_expr_seq *targets = hob_parser_take(p, base);
        return targets ? checked(p, hob_ast_delete(targets, span(p, first), p->arena)) : NULL;
    }
    p->n_stack = base;
    p->mark = first;
    RETURN_IF_MISTAKE(hob_diagnose_del(p));
    return NULL;
}

/* NAME (',' NAME)* */
static hob_identifier_seq *
parse_name_list(hob_parser *p)
{
    int base = p->n_stack;
    do {
        int mark = p->mark;
        if (peek(p) != TOK_NAME) {
            if (p->failed || p->n_stack == base) { return NULL; }
            p->mark = mark - 1;
            break;
        }
        PyObject *name = hob_parser_name(p, token_at(p, p->mark++));
        if (!name || !hob_parser_push(p, name)) { return NULL; }
    } while (accept(p, TOK_COMMA));
    return p->failed ? NULL : hob_parser_take(p, base);
}

static hob_stmt *
parse_global(hob_parser *p)
{
    int first = p->mark++;
    bool is_global = token_at(p, first)->type == TOK_GLOBAL;
    hob_identifier_seq *names = parse_name_list(p);
    if (!names) { return NULL; }
    return checked(p, is_global ? hob_ast_global(names, span(p, first), p->arena)
                                : hob_ast_nonlocal(names, span(p, first), p->arena));
}

/* --- import --- */

/* NAME ('.' NAME)*, joined. */
static PyObject *
parse_dotted_name(hob_parser *p)
{
    if (peek(p) != TOK_NAME) { return NULL; }
    PyObject *name = hob_parser_name(p, token_at(p, p->mark++));
    while (name && peek(p) == TOK_DOT) {
        int mark = p->mark++;
        if (peek(p) != TOK_NAME) {
            p->mark = mark;
            break;
        }
        PyObject *part = hob_parser_name(p, token_at(p, p->mark++));
        if (!part) { return NULL; }
        PyObject *joined = PyUnicode_FromFormat("%U.%U", name, part);
        if (joined) { PyUnicode_InternInPlace(&joined); }
        name = hob_parser_keep(p, joined);
    }
    return p->failed ? NULL : name;
}

/* ['as' NAME]: false when the name is missing. */
bool
parse_as_name(hob_parser *p, PyObject **asname)
{
    *asname = NULL;
    int mark = p->mark;
    if (!accept(p, TOK_AS)) { return !p->failed; }
    if (peek(p) != TOK_NAME) {
        p->mark = mark;
        return !p->failed;
    }
    *asname = hob_parser_name(p, token_at(p, p->mark++));
    return *asname != NULL;
}

static bool
push_alias(hob_parser *p, int first, PyObject *name, PyObject *asname)
{
    hob_alias *alias = checked(p, hob_ast_alias(name, asname, span(p, first), p->arena));
    return alias && hob_parser_push(p, alias);
}

static hob_stmt *
parse_import(hob_parser *p)
{
    int first = p->mark++, base = p->n_stack;
    do {
        int mark = p->mark;
        PyObject *asname, *name = parse_dotted_name(p);
        if (!name) {
            if (p->failed || p->n_stack == base) { return NULL; }
            p->mark = mark - 1;
            break;
        }
        if (!parse_as_name(p, &asname) || !push_alias(p, mark, name, asname)) { return NULL; }
    } while (accept(p, TOK_COMMA));
    hob_alias_seq *names = hob_parser_take(p, base);
    if (!names || p->failed) { return NULL; }
    return checked(p, hob_ast_import(names, span(p, first), p->arena));
}

/* NAME ['as' NAME] (',' ..)*: the mark stays before a comma that nothing follows. */
bool
parse_import_names(hob_parser *p)
{
    int base = p->n_stack;
    do {
        int mark = p->mark;
        PyObject *asname;
        if (peek(p) != TOK_NAME) {
            if (p->failed || p->n_stack == base) { return false; }
            p->mark = mark - 1;
            return true;
        }
        PyObject *name = hob_parser_name(p, token_at(p, p->mark++));
        if (!name || !parse_as_name(p, &asname) || !push_alias(p, mark, name, asname)) {
            return false;
        }
    } while (accept(p, TOK_COMMA));
    return !p->failed;
}

/* What is imported, pushed as aliases. */
static bool
parse_import_targets(hob_parser *p)
{
    int first = p->mark, base = p->n_stack;
    if (accept(p, TOK_LPAR)) {
        if (parse_import_names(p)) {
            (void)accept(p, TOK_COMMA);
            if (accept(p, TOK_RPAR)) { return true; }
        }
    }
    else if (accept(p, TOK_STAR)) {
        PyObject *star = hob_parser_keep(p, PyUnicode_InternFromString("*"));
        return star && push_alias(p, first, star, NULL);
    }
    else if (parse_import_names(p) && peek(p) != TOK_COMMA) {
        return !p->failed;
    }
    if (p->failed) { return false; }
    p->n_stack = base;
    p->mark = first;
    if (p->looks_for_mistakes) { hob_diagnose_import_targets(p); }
    p->n_stack = base;
    return false;
}

static hob_stmt *
parse_import_from(hob_parser *p)
{
    int first = p->mark++, base = p->n_stack, level = 0;
    for (;; p->mark++) {
        int type = peek(p);
        if (type == TOK_DOT) { level++; }
        else if (type == TOK_ELLIPSIS) { level += 3; }
        else { break; }
    }
    PyObject *module = parse_dotted_name(p);
    if (p->failed || (!module && level == 0)) { return NULL; }
    if (!accept(p, TOK_IMPORT) || !parse_import_targets(p)) { return NULL; }
    hob_alias_seq *names = hob_parser_take(p, base);
    if (!names) { return NULL; }
    return checked(p, hob_ast_import_from(module, names, level, span(p, first), p->arena));
}

/* --- a line of small statements --- */

static hob_stmt *
bare_statement(hob_parser *p, hob_stmt *(*make)(hob_span, hob_arena *))
{
    int first = p->mark++;
    return checked(p, make(span(p, first), p->arena));
}

static hob_stmt *
parse_simple_statement_rule(hob_parser *p)
{
    switch (peek(p)) {
    case TOK_RETURN: return parse_return(p);
    case TOK_IMPORT: return parse_import(p);
    case TOK_FROM: return parse_import_from(p);
    case TOK_RAISE: return parse_raise(p);
    case TOK_PASS: return bare_statement(p, hob_ast_pass);
    case TOK_BREAK: return bare_statement(p, hob_ast_break);
    case TOK_CONTINUE: return bare_statement(p, hob_ast_continue);
    case TOK_DEL: return parse_del(p);
    case TOK_ASSERT: return parse_assert(p);
    case TOK_GLOBAL: case TOK_NONLOCAL: return parse_global(p);
    }
    if (p->diagnosing) { return parse_expression_statement_by_trial(p); }
    if (peek(p) == TOK_YIELD) {
        int first = p->mark;
        hob_expr *e = WITHIN(p, DEPTH_YIELD, parse_yield(p));
        return e ? expression_statement(p, first, e) : NULL;
    }
    return parse_expression_statement(p);
}

static hob_stmt *
parse_simple_statement(hob_parser *p)
{
    int base = p->n_stack;
    hob_stmt *stmt = REMEMBERED(p, RULE_SIMPLE_STMT, parse_simple_statement_rule);
    if (!stmt) { p->n_stack = base; }
    return stmt;
}

/* statement (';' statement)* ';'? NEWLINE, pushed. */
static bool
push_simple_statements(hob_parser *p)
{
    do {
        int mark = p->mark;
        if (peek(p) == TOK_NEWLINE && token_at(p, mark - (mark > 0))->type == TOK_SEMI) { break; }
        hob_stmt *stmt = WITHIN(p, DEPTH_SIMPLE, parse_simple_statement(p));
        if (!stmt || !hob_parser_push(p, stmt)) { return false; }
    } while (accept(p, TOK_SEMI));
    return accept(p, TOK_NEWLINE);
}

/* --- blocks --- */

static hob_stmt_seq *
parse_block_rule(hob_parser *p)
{
    int first = p->mark, base = p->n_stack;
    if (peek(p) == TOK_NEWLINE) {
        p->mark++;
        if (accept(p, TOK_INDENT)) {
            hob_stmt_seq *body = parse_statements(p);
            if (body && body->size && accept(p, TOK_DEDENT)) { return body; }
        }
        if (p->failed) { return NULL; }
    }
    else if (push_simple_statements(p)) {
        return hob_parser_take(p, base);
    }
    if (p->failed) { return NULL; }
    p->n_stack = base;
    p->mark = first;
    RETURN_IF_MISTAKE(hob_diagnose_block(p));
    return NULL;
}

hob_stmt_seq *
parse_block(hob_parser *p)
{
    return WITHIN(p, 1, REMEMBERED(p, RULE_BLOCK, parse_block_rule));
}

/* ':' block after a keyword that nothing but a colon can follow. */
static hob_stmt_seq *
parse_forced_block(hob_parser *p)
{
    return hob_parser_expect(p, TOK_COLON, ":") ? parse_block(p) : NULL;
}

static hob_stmt_seq *
no_statements(void)
{
    return (hob_stmt_seq *)&hob_seq_empty;
}

/* keyword ':' block, if there; else no statements.  NULL: an exception. */
static hob_stmt_seq *
parse_tail(hob_parser *p, int keyword)
{
    int mark = p->mark;
    if (peek(p) != keyword) { return p->failed ? NULL : no_statements(); }
    RETURN_IF_MISTAKE(hob_diagnose_plain_block(p, keyword));
    p->mark++;
    hob_stmt_seq *body = parse_forced_block(p);
    if (!body && !p->failed) {
        p->mark = mark;
        return no_statements();
    }
    return body;
}

/* --- if, while, for --- */

/* At 'if' or 'elif'. */
static hob_stmt *
parse_if(hob_parser *p)
{
    int first = p->mark, keyword = peek(p);
    RETURN_IF_MISTAKE(hob_diagnose_condition(p, keyword));
    p->mark++;
    hob_expr *test = parse_named_expression(p);
    if (!test || !accept(p, TOK_COLON)) { return NULL; }
    hob_stmt_seq *body = parse_block(p), *orelse;
    if (!body) { return NULL; }
    if (peek(p) == TOK_ELIF) {
        int mark = p->mark;
        if (!hob_parser_depth(p)) { return NULL; }
        hob_stmt *elif = WITHIN(p, 1, parse_if(p));
        if (!elif) { p->mark = mark; }
        orelse = p->failed ? NULL : elif ? hob_parser_one(p, elif) : no_statements();
    }
    else {
        orelse = parse_tail(p, TOK_ELSE);
    }
    if (!orelse) { return NULL; }
    return checked(p, hob_ast_if(test, body, orelse, span(p, first), p->arena));
}

static hob_stmt *
parse_while(hob_parser *p)
{
    int first = p->mark;
    RETURN_IF_MISTAKE(hob_diagnose_condition(p, TOK_WHILE));
    p->mark++;
    hob_expr *test = parse_named_expression(p);
    if (!test || !accept(p, TOK_COLON)) { return NULL; }
    hob_stmt_seq *body = parse_block(p);
    hob_stmt_seq *orelse = body ? parse_tail(p, TOK_ELSE) : NULL;
    if (!orelse) { return NULL; }
    return checked(p, hob_ast_while(test, body, orelse, span(p, first), p->arena));
}

/* Behind 'in'. */
static hob_stmt *
parse_for_rest(hob_parser *p, int first, hob_expr *target, bool is_async)
{
    hob_expr *iter = parse_star_expressions(p);
    if (!iter || !accept(p, TOK_COLON)) { return NULL; }
    PyObject *comment = parse_type_comment(p);
    if (p->failed) { return NULL; }
    hob_stmt_seq *body = parse_block(p);
    hob_stmt_seq *orelse = body ? parse_tail(p, TOK_ELSE) : NULL;
    if (!orelse) { return NULL; }
    hob_expr_set_context(target, EXPR_CONTEXT_STORE);
    if (!is_async) {
        return checked(p, hob_ast_for(target, iter, body, orelse, comment, span(p, first),
                                      p->arena));
    }
    if (!hob_parser_version(p, 5, "Async for loops are")) { return NULL; }
    return checked(p, hob_ast_async_for(target, iter, body, orelse, comment, span(p, first),
                                        p->arena));
}

static hob_stmt *
parse_for(hob_parser *p)
{
    int first = p->mark;
    RETURN_IF_MISTAKE(hob_diagnose_for(p));
    bool is_async = accept(p, TOK_ASYNC);
    if (accept(p, TOK_FOR)) {
        hob_expr *target = parse_star_targets(p);
        if (target && accept(p, TOK_IN)) { return parse_for_rest(p, first, target, is_async); }
    }
    p->mark = first;
    RETURN_IF_MISTAKE(hob_diagnose_for_target(p));
    return NULL;
}

/* --- with --- */

/* expression ['as' target], pushed. */
static bool
push_with_item(hob_parser *p)
{
    int first = p->mark;
    hob_expr *target = NULL, *context = parse_expression(p);
    if (!context) { return false; }
    if (peek(p) == TOK_AS) {
        int end = p->mark++;
        target = parse_star_target(p);
        int type = target ? peek(p) : TOK_ERRORTOKEN;
        if (type != TOK_COMMA && type != TOK_RPAR && type != TOK_COLON) {
            if (p->failed) { return false; }
            target = NULL;
            p->mark = first;
            if (p->looks_for_mistakes) {
                hob_diagnose_with_item(p);
                if (p->failed) { return false; }
            }
            p->mark = end;
        }
    }
    if (p->failed) { return false; }
    if (target) { hob_expr_set_context(target, EXPR_CONTEXT_STORE); }
    hob_withitem *item = checked(p, hob_ast_withitem(context, target, p->arena));
    return item && hob_parser_push(p, item);
}

/* item (',' item)*; the mark stays before a comma that no item follows. */
static bool
push_with_items(hob_parser *p)
{
    int n = 0;
    do {
        int mark = p->mark;
        if (!push_with_item(p)) {
            if (p->failed || n == 0) { return false; }
            p->mark = mark - 1;
            return true;
        }
        n++;
    } while (accept(p, TOK_COMMA));
    return !p->failed;
}

static hob_stmt *
finish_with(hob_parser *p, int first, int base, PyObject *comment, bool is_async)
{
    hob_withitem_seq *items = hob_parser_take(p, base);
    hob_stmt_seq *body = items ? parse_block(p) : NULL;
    if (!body) { return NULL; }
    if (!is_async) {
        return checked(p, hob_ast_with(items, body, comment, span(p, first), p->arena));
    }
    if (!hob_parser_version(p, 5, "Async with statements are")) { return NULL; }
    return checked(p, hob_ast_async_with(items, body, comment, span(p, first), p->arena));
}

/* with (a as b, c as d): .. -- or is the parenthesis part of an expression? */
static hob_stmt *
try_parenthesized_with(hob_parser *p, int first, bool is_async)
{
    int base = p->n_stack;
    p->mark++;
    if (!push_with_items(p)) { return NULL; }
    (void)accept(p, TOK_COMMA);
    if (!accept(p, TOK_RPAR) || !accept(p, TOK_COLON)) { return NULL; }
    hob_stmt *stmt = finish_with(p, first, base, NULL, is_async);
    if (stmt && !is_async
        && !hob_parser_version(p, 9, "Parenthesized context managers are")) {
        return NULL;
    }
    return stmt;
}

static hob_stmt *
parse_with(hob_parser *p)
{
    int first = p->mark, base = p->n_stack;
    RETURN_IF_MISTAKE(hob_diagnose_with_indent(p));
    bool is_async = accept(p, TOK_ASYNC);
    int mark = ++p->mark;
    if (peek(p) == TOK_LPAR) {
        hob_stmt *stmt = try_parenthesized_with(p, first, is_async);
        if (stmt || p->failed) { return stmt; }
        p->n_stack = base;
        p->mark = mark;
    }
    if (push_with_items(p) && accept(p, TOK_COLON)) {
        PyObject *comment = parse_type_comment(p);
        hob_stmt *stmt = p->failed ? NULL : finish_with(p, first, base, comment, is_async);
        if (stmt || p->failed) { return stmt; }
    }
    if (p->failed) { return NULL; }
    p->n_stack = base;
    p->mark = first;
    RETURN_IF_MISTAKE(hob_diagnose_with(p));
    return NULL;
}

/* --- try --- */

/* One except clause, pushed; is_star says which kind is wanted. */
bool
parse_except_clause(hob_parser *p, bool is_star)
{
    int first = p->mark;
    hob_expr *type = NULL;
    PyObject *name = NULL;
    if (p->looks_for_mistakes) {
        hob_diagnose_except_indent(p, is_star);
        if (p->failed) { return false; }
        p->mark = first;
    }
    if (accept(p, TOK_EXCEPT)) {
        bool fits = accept(p, TOK_STAR) == is_star && !p->failed;
        if (fits && (is_star || peek(p) != TOK_COLON)) {
            type = parse_expression(p);
            fits = type && parse_as_name(p, &name);
        }
        if (fits && accept(p, TOK_COLON)) {
            hob_stmt_seq *body = parse_block(p);
            if (body) {
                void *handler = checked(p, hob_ast_except_handler(type, name, body,
                                                                  span(p, first), p->arena));
                return handler && hob_parser_push(p, handler);
            }
        }
    }
    if (p->failed) { return false; }
    p->mark = first;
    if (p->looks_for_mistakes) {
        hob_diagnose_except(p);
        p->mark = first;
    }
    return false;
}

static hob_excepthandler_seq *
parse_excepts(hob_parser *p, bool is_star)
{
    int base = p->n_stack;
    for (;;) {
        int mark = p->mark, top = p->n_stack;
        if (peek(p) != TOK_EXCEPT) { break; }
        if (!parse_except_clause(p, is_star)) {
            p->n_stack = top;
            p->mark = mark;
            break;
        }
    }
    return p->failed ? NULL : hob_parser_take(p, base);
}

static bool
at_except_star(hob_parser *p)
{
    return peek(p) == TOK_EXCEPT && peek_second(p) == TOK_STAR;
}

static hob_stmt *
parse_try(hob_parser *p)
{
    int first = p->mark;
    RETURN_IF_MISTAKE(hob_diagnose_try(p));
    p->mark++;
    hob_stmt_seq *body = parse_forced_block(p);
    if (!body) { return NULL; }

    bool is_star = at_except_star(p);
    hob_excepthandler_seq *handlers = parse_excepts(p, is_star);
    if (!handlers) { return NULL; }
    hob_stmt_seq *orelse = no_statements();
    if (handlers->size) { orelse = parse_tail(p, TOK_ELSE); }
    hob_stmt_seq *finally = orelse ? parse_tail(p, TOK_FINALLY) : NULL;
    if (!finally || (handlers->size == 0 && finally->size == 0)) { return NULL; }
    if (!is_star) {
        return checked(p, hob_ast_try(body, handlers, orelse, finally, span(p, first), p->arena));
    }
    if (!hob_parser_version(p, 11, "Exception groups are")) { return NULL; }
    return checked(p, hob_ast_try_star(body, handlers, orelse, finally, span(p, first),
                                       p->arena));
}

/* --- def, class --- */

/* At 'def' or 'async'. */
static hob_stmt *
parse_def(hob_parser *p, hob_expr_seq *decorators)
{
    int first = p->mark;
    RETURN_IF_MISTAKE(hob_diagnose_def(p));
    bool is_async = accept(p, TOK_ASYNC);
    if (!accept(p, TOK_DEF) || peek(p) != TOK_NAME) { return NULL; }
    PyObject *name = hob_parser_name(p, token_at(p, p->mark));
    if (!name) { return NULL; }
    p->mark++;
    if (!hob_parser_expect(p, TOK_LPAR, "(")) { return NULL; }

    hob_arguments *args = NULL;
    int mark = p->mark, base = p->n_stack;
    if (peek(p) != TOK_RPAR) { args = parse_params(p, false); }
    if (p->failed) { return NULL; }
    if (!args) {
        p->mark = mark;
        p->n_stack = base;
        args = hob_arguments_none(p);
    }
    if (!args || !accept(p, TOK_RPAR)) { return NULL; }

    hob_expr *returns = NULL;
    mark = p->mark;
    if (accept(p, TOK_RARROW)) {
        returns = parse_expression(p);
        if (!returns) { p->mark = mark; }
    }
    if (p->failed || !hob_parser_expect(p, TOK_COLON, ":")) { return NULL; }
    PyObject *comment = parse_func_type_comment(p);
    hob_stmt_seq *body = p->failed ? NULL : parse_block(p);
    if (!body) { return NULL; }
    if (!is_async) {
        return checked(p, hob_ast_function_def(name, args, body, decorators, returns, comment,
                                               span(p, first), p->arena));
    }
    if (!hob_parser_version(p, 5, "Async functions are")) { return NULL; }
    return checked(p, hob_ast_async_function_def(name, args, body, decorators, returns, comment,
                                                 span(p, first), p->arena));
}

static hob_stmt *
parse_class(hob_parser *p, hob_expr_seq *decorators)
{
    int first = p->mark;
    RETURN_IF_MISTAKE(hob_diagnose_class(p));
    p->mark++;
    if (peek(p) != TOK_NAME) { return NULL; }
    PyObject *name = hob_parser_name(p, token_at(p, p->mark));
    if (!name) { return NULL; }
    p->mark++;
    hob_expr_seq *bases = (hob_expr_seq *)&hob_seq_empty;
    hob_keyword_seq *keywords = (hob_keyword_seq *)&hob_seq_empty;
    if (accept(p, TOK_LPAR) && !accept(p, TOK_RPAR)) {
        hob_expr *arguments = parse_arguments(p);
        if (!arguments || !accept(p, TOK_RPAR)) { return NULL; }
        bases = arguments->v.call.args;
        keywords = arguments->v.call.keywords;
    }
    if (!accept(p, TOK_COLON)) { return NULL; }
    hob_stmt_seq *body = parse_block(p);
    if (!body) { return NULL; }
    return checked(p, hob_ast_class_def(name, bases, keywords, body, decorators, span(p, first),
                                        p->arena));
}

/* ('@' named_expression NEWLINE)+ and what they decorate. */
static hob_stmt *
parse_decorated(hob_parser *p)
{
    int base = p->n_stack;
    while (accept(p, TOK_AT)) {
        hob_expr *e = parse_named_expression(p);
        if (!e || !hob_parser_push(p, e) || !accept(p, TOK_NEWLINE)) { return NULL; }
    }
    hob_expr_seq *decorators = hob_parser_take(p, base);
    if (!decorators || p->failed) { return NULL; }
    int type = peek(p);
    if (type == TOK_CLASS) { return parse_class(p, decorators); }
    if (type == TOK_DEF || type == TOK_ASYNC) { return parse_def(p, decorators); }
    return NULL;
}

static hob_stmt *
parse_async(hob_parser *p)
{
    switch (peek_second(p)) {
    case TOK_DEF: return parse_def(p, (hob_expr_seq *)&hob_seq_empty);
    case TOK_WITH: return parse_with(p);
    case TOK_FOR: return parse_for(p);
    }
    return NULL;
}

/* --- statements --- */

static hob_stmt *
parse_compound(hob_parser *p)
{
    switch (peek(p)) {
    case TOK_DEF: return WITHIN(p, 1, parse_def(p, (hob_expr_seq *)&hob_seq_empty));
    case TOK_AT: return WITHIN(p, 1, parse_decorated(p));
    case TOK_ASYNC: return parse_async(p);
    case TOK_IF: return parse_if(p);
    case TOK_CLASS: return WITHIN(p, 1, parse_class(p, (hob_expr_seq *)&hob_seq_empty));
    case TOK_WITH: return parse_with(p);
    case TOK_FOR: return parse_for(p);
    case TOK_TRY: return parse_try(p);
    case TOK_WHILE: return parse_while(p);
    case TOK_NAME: return hob_parser_is_word(p, "match") ? parse_match(p) : NULL;
    }
    return NULL;
}

/* A compound statement or a line of simple ones, pushed. */
static bool
push_statement(hob_parser *p)
{
    int first = p->mark, base = p->n_stack;
    hob_stmt *stmt = WITHIN(p, DEPTH_COMPOUND, parse_compound(p));
    if (stmt) { return hob_parser_push(p, stmt); }
    if (p->failed) { return false; }
    p->mark = first;
    p->n_stack = base;
    if (push_simple_statements(p)) { return true; }
    p->mark = first;
    p->n_stack = base;
    return false;
}

static bool
may_begin_statement(int type)
{
    return type != TOK_ENDMARKER && type != TOK_DEDENT && type != TOK_NEWLINE
        && type != TOK_INDENT && type != TOK_ERRORTOKEN;
}

/* As many statements as there are, perhaps none. */
hob_stmt_seq *
parse_statements(hob_parser *p)
{
    if (!hob_parser_depth(p)) { return NULL; }
    int base = p->n_stack;
    p->depth += DEPTH_STATEMENTS;
    while (may_begin_statement(peek(p)) && push_statement(p)) { }
    p->depth -= DEPTH_STATEMENTS;
    return p->failed ? NULL : hob_parser_take(p, base);
}

/* One statement at a prompt: never reads a token more than it needs. */
hob_stmt_seq *
parse_single_statement(hob_parser *p)
{
    int first = p->mark, base = p->n_stack;
    if (push_simple_statements(p)) { return hob_parser_take(p, base); }
    if (p->failed) { return NULL; }
    p->mark = first;
    p->n_stack = base;
    hob_stmt *stmt = parse_compound(p);
    if (!stmt || !accept(p, TOK_NEWLINE)) { return NULL; }
    return hob_parser_one(p, stmt);
}

/* parser_int.h -- the parser, for the files of syntax/ that it is spread over.
 *
 * parser.c     tokens, memo, names, the two passes
 * parse_expr.c parse_display.c parse_call.c parse_stmt.c parse_pattern.c   the grammar
 * diagnose.c   what only the second pass looks for
 * literal.c fstring.c   what numbers and strings stand for
 * syntax_error.c   raising
 *
 * Two passes.  The first decides by the next token (or two) and stops at the first
 * misfit.  If it fails without an exception, `diagnosing` is switched on and the
 * text is parsed again from its first token: now every construct first looks for
 * the mistakes known for it, alternatives are tried in a fixed order, and results
 * are remembered (hob_memo) so that this stays linear.  The first mistake found
 * raises; if none is, the error is "invalid syntax" at the last token that the
 * first pass has looked at.
 *
 * A parse function returns NULL when its construct is not there; the mark is then
 * anywhere, and whoever goes on puts it back.  After an exception (`failed`) every
 * token is TOK_ERRORTOKEN, so everything unwinds.
 */
#pragma once
#include "memory/own.h"
#include "syntax/syntax.h"
#include "syntax/tokenizer.h"

typedef struct {
    int type;
    int level;                          /* open brackets behind it */
    int lineno, col_offset, end_lineno, end_col_offset;     /* columns -1: no text */
    Py_ssize_t start, end;              /* in the source text */
} hob_token;

typedef enum {
    RULE_EXPRESSION = 1, RULE_DISJUNCTION, RULE_CONJUNCTION, RULE_INVERSION, RULE_BITWISE_OR,
    RULE_FACTOR, RULE_AWAIT_PRIMARY, RULE_PRIMARY, RULE_STRINGS, RULE_ARGUMENTS, RULE_STAR_TARGET,
    RULE_STAR_EXPRESSION, RULE_SIMPLE_STMT, RULE_BLOCK, RULE_INVALID_NAMED_EXPRESSION,
    RULE_DEL_TARGET, RULE_CLOSED_PATTERN, RULE_STAR_PATTERN, RULE_TARGET_PRIMARY,
} hob_rule;

typedef struct {
    int mark;
    int rule;                           /* 0: empty row */
    int end;
    void *node;                         /* NULL: is not there */
} hob_memo_row;

typedef struct {
    const char *bytes;                  /* in the arena */
    int length;
    uint32_t hash;
    PyObject *name;                     /* borrowed from the arena */
} hob_name_row;

typedef struct hob_parser {
    hob_token *tokens;
    int n_tokens, capacity;
    int mark;                           /* index of the next token */
    bool failed;                        /* an exception is set */
    bool diagnosing;
    bool remembers;                     /* uses the memo */
    bool looks_for_mistakes;            /* diagnosing, and not inside a trial */
    bool has_started;                   /* single input: the statement has begun */
    int depth;                          /* of nested rules */
    int target_at, target_depth;        /* where a target may begin: hob_parser_expect_target */
    bool target_may_nest;

    hob_tokenizer *tok;
    hob_arena *arena;
    PyObject *filename;                 /* borrowed */
    int start_rule;
    int flags;                          /* PyCF_* */
    int version;

    bool is_fstring;                    /* an expression inside an f-string */
    int first_lineno, first_col_offset; /* where its source begins in the file */

    void **stack;                       /* items of sequences under construction */
    int n_stack, stack_capacity;
    hob_memo_row *memo;
    int n_memo, memo_size;              /* size is a power of 2 */
    hob_name_row *names;
    int n_names, names_size;
    PyObject *normalize;                /* unicodedata.normalize, or NULL; owned */
    struct { int lineno; PyObject *tag; } *ignores;     /* `# type: ignore`, tags arena's */
    int n_ignores, ignores_capacity;
} hob_parser;

/* --- tokens --- */
int hob_parser_fill(hob_parser *p);     /* append a token; its type */

static ALWAYS_INLINE int
peek(hob_parser *p)
{
    return LIKELY(p->mark < p->n_tokens) && LIKELY(!p->failed) ? p->tokens[p->mark].type
                                                              : hob_parser_fill(p);
}

static ALWAYS_INLINE hob_token *
token_at(hob_parser *p, int mark)
{
    return &p->tokens[mark];
}

/* Take the next token if it is of this type. */
static ALWAYS_INLINE bool
accept(hob_parser *p, int type)
{
    if (peek(p) != type) { return false; }
    p->mark++;
    return true;
}

/* Type of the token behind the next one (which must have been peeked at). */
static inline int
peek_second(hob_parser *p)
{
    p->mark++;
    int type = peek(p);
    p->mark--;
    return type;
}

bool hob_parser_expect(hob_parser *p, int type, const char *text);  /* or "expected 'text'" */
bool hob_parser_is_word(hob_parser *p, const char *word);           /* next is NAME word */
bool hob_parser_is_soft_keyword(hob_parser *p);

/* --- places --- */

/* From token `first` to the last token before the mark that has text. */
hob_span hob_parser_span(hob_parser *p, int first);

static inline hob_span
token_span(const hob_token *t)
{
    return (hob_span){t->lineno, t->col_offset, t->end_lineno, t->end_col_offset};
}

static inline hob_span
join(hob_span from, hob_span to)
{
    return (hob_span){from.lineno, from.col_offset, to.end_lineno, to.end_col_offset};
}

/* --- sequences: push items, then take those above base --- */
MUST_USE bool hob_parser_push(hob_parser *p, void *item);       /* false: failed */
void *hob_parser_take(hob_parser *p, int base);                 /* a hob_seq, or NULL */
void *hob_parser_one(hob_parser *p, void *item);
extern hob_seq hob_seq_empty;

/* --- names --- */
PyObject *hob_parser_name(hob_parser *p, const hob_token *t);   /* interned; arena's */
PyObject *hob_parser_keep(hob_parser *p, STOLEN PyObject *op);  /* NULL sets failed */

/* --- memo; while diagnosing, and once a dict display has failed --- */
bool hob_memo_find(hob_parser *p, hob_rule rule, void **node);  /* true: mark moved */
void *hob_memo_add(hob_parser *p, hob_rule rule, int mark, void *node);

/* parse(p), through the memo when that is in use. */
static ALWAYS_INLINE void *
remembered(hob_parser *p, hob_rule rule, void *(*parse)(hob_parser *))
{
    void *node;
    int first = p->mark;
    if (UNLIKELY(p->remembers) && hob_memo_find(p, rule, &node)) { return node; }
    node = parse(p);
    return UNLIKELY(p->remembers) ? hob_memo_add(p, rule, first, node) : node;
}

#define REMEMBERED(p, rule, parse) remembered(p, rule, (void *(*)(hob_parser *))(parse))

/* --- depth: the reference gives up at 6000 nested rules of its grammar ---
 * WITHIN(p, n, call) counts n rules around a call; only the places that every deep
 * construct comes through ask whether that was too much (false: failed). */
#define WITHIN(p, n_rules, call)                                                     \
    ({ (p)->depth += (n_rules); __typeof__(call) within_ = (call);                   \
       (p)->depth -= (n_rules); within_; })

enum { DEPTH_STARRED_ITEM = -1 };       /* a rule less than an expression in its place */

bool hob_parser_depth(hob_parser *p);

/* The reference reads what may be a target as one before anything else, by n_rules rules
 * from here to its first primary; and remembers what the brackets of that hold.
 * may_nest: the same goes for a primary behind '(', by one rule more. */
static inline void
hob_parser_expect_target(hob_parser *p, int n_rules, bool may_nest)
{
    p->target_at = p->mark;
    p->target_depth = p->depth + n_rules;
    p->target_may_nest = may_nest;
}

/* Whatever allocates may fail. */
static inline void *
checked(hob_parser *p, void *node)
{
    if (UNLIKELY(!node)) { p->failed = true; }
    return node;
}

/* Feature gates of feature_version: false and SyntaxError when too old. */
bool hob_parser_version(hob_parser *p, int minor, const char *what);

/* --- running --- */
hob_mod *hob_parser_run(hob_parser *p);
void *hob_parser_run_fstring(hob_parser *p);
void hob_parser_init(hob_parser *p, hob_tokenizer *tok, PyObject *filename, int start, int flags,
                     int version, hob_arena *arena);
void hob_parser_fini(hob_parser *p);

/* --- errors: always NULL; columns as in hob_span --- */
enum { HERE = -5 };                     /* as an end: where the tokenizer is */

void *hob_error_last(hob_parser *p, PyObject *type, const char *format, ...);
void *hob_error_token(hob_parser *p, const hob_token *t, const char *format, ...);
void *hob_error_span(hob_parser *p, hob_span at, const char *format, ...);
void *hob_error_indent(hob_parser *p, const char *format, ...);
void *hob_error_span_of(hob_parser *p, PyObject *type, hob_span at, const char *format, ...);
void *hob_error_from(hob_parser *p, hob_span at, const char *format, ...);
void hob_error_of_tokenizer(hob_parser *p);
void hob_error_final(hob_parser *p, int last_token);
void hob_error_rest_of_source(hob_parser *p);

/* --- literals --- */
hob_expr *hob_literal_number(hob_parser *p, const hob_token *t);
hob_expr *hob_literal_strings(hob_parser *p, int first, int count);
/* The str that length bytes of a literal's inside stand for.  With has_escapes an error
 * counts from the run of bytes it is in, not from s. */
PyObject *hob_literal_decode(hob_parser *p, const char *s, Py_ssize_t length, bool has_escapes,
                             const hob_token *t);
bool hob_literal_warn_escape(hob_parser *p, const char *escape, const hob_token *t);

/* A str or f-string under construction: values lie on the stack above base. */
typedef struct {
    PyObject *last;             /* constant text not yet pushed, or NULL; owned */
    int base;
    hob_span at;                /* of the whole concatenation: that of every part */
    PyObject *kind;             /* "u" or NULL; borrowed */
} hob_string_parts;

bool hob_string_parts_add(hob_parser *p, hob_string_parts *parts, STOLEN PyObject *text);
hob_expr *hob_string_parts_joined(hob_parser *p, hob_string_parts *parts);

/* Add the inside of one f-string token. */
bool hob_fstring_add(hob_parser *p, hob_string_parts *parts, const char *s, Py_ssize_t length,
                     bool is_raw, const hob_token *t);

/* --- the grammar: expressions --- */
/* item (',' item)*, pushed; the mark stays before a comma that no item follows. */
bool hob_parser_push_items(hob_parser *p, hob_expr *(*item)(hob_parser *));
hob_expr *parse_display(hob_parser *p, int opening);
hob_expr *parse_star_expressions(hob_parser *p);
hob_expr *parse_star_expression(hob_parser *p);
hob_expr *parse_star_named_expression(hob_parser *p);
hob_expr_seq *parse_star_named_expressions(hob_parser *p);     /* at least one */
hob_expr *parse_assignment_expression(hob_parser *p);
hob_expr *parse_named_expression(hob_parser *p);
hob_expr *parse_expression(hob_parser *p);
hob_expr *parse_expression_quietly(hob_parser *p);  /* looks for no mistakes */
hob_expr *parse_expressions(hob_parser *p);
hob_expr *parse_expression_not_walrus(hob_parser *p);           /* expression !':=' */
hob_expr *parse_walrus_or_expression(hob_parser *p);
hob_expr *parse_disjunction(hob_parser *p);
hob_expr *parse_bitwise_or(hob_parser *p);
hob_expr *parse_primary(hob_parser *p);
hob_expr *parse_target(hob_parser *p);          /* atom and trailers; check what it is */
hob_expr *parse_atom(hob_parser *p);
hob_expr *parse_strings(hob_parser *p);
hob_expr *parse_yield(hob_parser *p);
hob_expr *parse_starred_expression(hob_parser *p);
hob_expr *parse_star_targets(hob_parser *p);
hob_expr *parse_star_target(hob_parser *p);
hob_expr *parse_genexp(hob_parser *p);
hob_expr *parse_tuple_display(hob_parser *p);                   /* '(' .. ',' .. ')' */
hob_expr *parse_list_display(hob_parser *p);                    /* '[' .. ']' */
hob_comprehension_seq *parse_comprehension_clauses(hob_parser *p);
hob_expr *parse_slices(hob_parser *p);
hob_expr *parse_double_starred_pair(hob_parser *p, hob_expr **value);
hob_expr *parse_name(hob_parser *p, hob_expr_context ctx);
hob_expr *parse_lambda(hob_parser *p);
bool hob_is_star_target(hob_expr *e);
bool hob_is_single_target(hob_expr *e);
bool hob_is_del_target(hob_expr *e);
hob_expr *hob_expr_set_context(hob_expr *e, hob_expr_context ctx);

/* --- calls and parameters --- */
hob_expr *parse_arguments(hob_parser *p);           /* a Call without func */
hob_expr *parse_args(hob_parser *p);
hob_expr *parse_call_trailer(hob_parser *p, hob_expr *func, int first);
hob_arguments *parse_params(hob_parser *p, bool is_lambda);     /* at least one */
hob_arguments *hob_arguments_none(hob_parser *p);
hob_arg *parse_param(hob_parser *p, bool is_lambda, bool may_star);

typedef enum { WITHOUT_DEFAULT, WITH_DEFAULT, MAYBE_DEFAULT } hob_param_kind;

/* A parameter and the comma (or end of list) behind it; NULL leaves the mark alone. */
hob_arg *parse_whole_param(hob_parser *p, bool is_lambda, hob_param_kind kind);
bool hob_params_at_end(hob_parser *p, bool is_lambda);

/* --- patterns --- */
hob_pattern *parse_patterns(hob_parser *p);
hob_pattern *parse_pattern(hob_parser *p);
hob_pattern *parse_or_pattern(hob_parser *p);
hob_expr *parse_name_or_attribute(hob_parser *p);

/* --- statements --- */
hob_stmt_seq *parse_statements(hob_parser *p);
hob_stmt_seq *parse_single_statement(hob_parser *p);
hob_stmt_seq *parse_block(hob_parser *p);
bool parse_except_clause(hob_parser *p, bool is_star);          /* pushes a handler */
bool parse_as_name(hob_parser *p, PyObject **asname);           /* optional */
hob_stmt *parse_match(hob_parser *p);
hob_expr *parse_subject(hob_parser *p);
bool parse_import_names(hob_parser *p);             /* pushes aliases */

/* --- mistakes; each returns with `failed` set if it found one --- */
void hob_diagnose_expression(hob_parser *p);
void hob_diagnose_named_expression(hob_parser *p);
void hob_diagnose_assignment(hob_parser *p);
void hob_diagnose_del(hob_parser *p);
void hob_diagnose_arguments(hob_parser *p);
void hob_diagnose_kwarg(hob_parser *p);
void hob_diagnose_comprehension(hob_parser *p);
void hob_diagnose_group(hob_parser *p);
void hob_diagnose_dict(hob_parser *p);
void hob_diagnose_dict_comprehension(hob_parser *p);
void hob_diagnose_params(hob_parser *p, bool is_lambda);
void hob_diagnose_star_params(hob_parser *p, bool is_lambda);
void hob_diagnose_kwds(hob_parser *p, bool is_lambda);
void hob_diagnose_default(hob_parser *p, bool is_lambda);
void hob_diagnose_with_item(hob_parser *p);
void hob_diagnose_for_target(hob_parser *p);
void hob_diagnose_import_targets(hob_parser *p);
void hob_diagnose_block(hob_parser *p);
void hob_diagnose_with(hob_parser *p);
void hob_diagnose_with_indent(hob_parser *p);
void hob_diagnose_for(hob_parser *p);
void hob_diagnose_def(hob_parser *p);
void hob_diagnose_class(hob_parser *p);
void hob_diagnose_condition(hob_parser *p, int keyword);
void hob_diagnose_plain_block(hob_parser *p, int keyword);
void hob_diagnose_try(hob_parser *p);
void hob_diagnose_except(hob_parser *p);
void hob_diagnose_except_indent(hob_parser *p, bool is_star);
void hob_diagnose_match(hob_parser *p);
void hob_diagnose_case(hob_parser *p);
void hob_diagnose_as_pattern(hob_parser *p);
void hob_diagnose_class_pattern(hob_parser *p);
void hob_diagnose_type_comments(hob_parser *p);
bool hob_diagnose_invalid_target(hob_parser *p, hob_expr *e, int targets);
const char *hob_expr_name(hob_expr *e);

/* Look for mistakes, then go on as if nothing had happened: `RETURN_IF_MISTAKE(f(p))`. */
#define RETURN_IF_MISTAKE(call)                                    \
    do {                                                           \
        if (UNLIKELY(p->looks_for_mistakes)) {                     \
            int mark_ = p->mark, stack_ = p->n_stack;              \
            call;                                                  \
            if (p->failed) { return NULL; }                        \
            p->mark = mark_;                                       \
            p->n_stack = stack_;                                   \
        }                                                          \
    } while (0)

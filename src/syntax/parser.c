/* parser.c -- tokens, names, memo, and the two passes over a text.
 *
 * Layout     tokens[0 .. n_tokens): every token so far; mark is the next one.
 *            stack: items of sequences not yet complete, innermost on top.
 *            names: open-addressing table from spelling to interned str, so that
 *            a name costs a lookup and no object.
 * Holds      failed is set exactly when an exception is.
 * Next       parser_int.h tells how parse functions behave.
 */
#include "syntax/parser_int.h"

#include <string.h>

#include "state/c_stack.h"

enum { MAX_DEPTH = 6000 };

/* --- tokens --- */

static bool
grow(hob_parser *p, void **array, int *capacity, size_t item_size, int least)
{
    int wanted = *capacity ? *capacity * 2 : least;
    void *fresh = wanted < INT_MAX / 2 ? PyMem_Realloc(*array, (size_t)wanted * item_size) : NULL;
    if (!fresh) {
        PyErr_NoMemory();
        p->failed = true;
        return false;
    }
    *array = fresh;
    *capacity = wanted;
    return true;
}

static bool
remember_ignore(hob_parser *p, Py_ssize_t start, Py_ssize_t end)
{
    PyObject *tag = hob_parser_keep(p, PyUnicode_DecodeUTF8(p->tok->text + start, end - start,
                                                           NULL));
    if (!tag) { return false; }
    if (p->n_ignores == p->ignores_capacity
        && !grow(p, (void **)&p->ignores, &p->ignores_capacity, sizeof *p->ignores, 8)) {
        return false;
    }
    p->ignores[p->n_ignores].lineno = p->tok->lineno;
    p->ignores[p->n_ignores++].tag = tag;
    return true;
}

/* At the end of a single statement comes the newline it may lack. */
static int
end_of_single(hob_parser *p)
{
    hob_tokenizer *tok = p->tok;
    p->has_started = false;
    if (tok->indent > 0 && !(p->flags & PyCF_DONT_IMPLY_DEDENT)) {
        tok->n_pending = -tok->indent;
        tok->indent = 0;
    }
    return TOK_NEWLINE;
}

static void
place_token(hob_parser *p, hob_token *t)
{
    hob_tokenizer *tok = p->tok;
    bool is_string = t->type == TOK_STRING;
    Py_ssize_t line_start = is_string ? tok->first_line_start : tok->line_start;
    int shift = p->is_fstring && tok->lineno == p->first_lineno ? p->first_col_offset : 0;
    t->level = tok->level;
    t->lineno = is_string ? tok->first_lineno : tok->lineno;
    t->end_lineno = tok->lineno;
    t->col_offset = t->start >= line_start ? (int)(t->start - line_start) + shift : -1;
    t->end_col_offset = t->end >= tok->line_start ? (int)(t->end - tok->line_start) + shift : -1;
}

NOINLINE int
hob_parser_fill(hob_parser *p)
{
    if (p->failed) { return TOK_ERRORTOKEN; }
    if (p->mark < p->n_tokens) { return p->tokens[p->mark].type; }
    if (p->n_tokens == p->capacity
        && !grow(p, (void **)&p->tokens, &p->capacity, sizeof *p->tokens, 64)) {
        return TOK_ERRORTOKEN;
    }

    hob_token *t = &p->tokens[p->n_tokens];
    int type = hob_tokenizer_next(p->tok, &t->start, &t->end);
    while (type == TOK_TYPE_IGNORE) {
        if (!remember_ignore(p, t->start, t->end)) { return TOK_ERRORTOKEN; }
        type = hob_tokenizer_next(p->tok, &t->start, &t->end);
    }
    if (p->start_rule == Py_single_input && type == TOK_ENDMARKER && p->has_started) {
        type = end_of_single(p);
    }
    else {
        p->has_started = true;
    }
    if (type == TOK_NAME) {
        type = hob_keyword_find(p->tok->text + t->start, t->end - t->start);
    }
    t->type = type;
    place_token(p, t);
    p->n_tokens++;
    if (type == TOK_ERRORTOKEN) { hob_error_of_tokenizer(p); }
    return type;
}

bool
hob_parser_expect(hob_parser *p, int type, const char *text)
{
    if (accept(p, type)) { return true; }
    if (!p->failed) {
        hob_error_span(p, token_span(token_at(p, p->mark)), "expected '%s'", text);
    }
    return false;
}

bool
hob_parser_is_word(hob_parser *p, const char *word)
{
    if (peek(p) != TOK_NAME) { return false; }
    hob_token *t = token_at(p, p->mark);
    size_t length = strlen(word);
    return t->end - t->start == (Py_ssize_t)length
        && memcmp(p->tok->text + t->start, word, length) == 0;
}

/* Any beginning of a soft keyword counts, as in the reference: `c` like `case`. */
bool
hob_parser_is_soft_keyword(hob_parser *p)
{
    static const char *const words[] = {"_", "case", "match"};
    if (peek(p) != TOK_NAME) { return false; }
    hob_token *t = token_at(p, p->mark);
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (strncmp(words[i], p->tok->text + t->start, (size_t)(t->end - t->start)) == 0) {
            return true;
        }
    }
    return false;
}

hob_span
hob_parser_span(hob_parser *p, int first)
{
    int last = p->mark - 1;
    while (last > first) {
        int type = p->tokens[last].type;
        if (type != TOK_ENDMARKER && (type < TOK_NEWLINE || type > TOK_DEDENT)) { break; }
        last--;
    }
    return join(token_span(&p->tokens[first]), token_span(&p->tokens[last < 0 ? 0 : last]));
}

bool
hob_parser_depth(hob_parser *p)
{
    if (LIKELY(p->depth <= MAX_DEPTH) && LIKELY(!hob_c_stack_is_low())) { return true; }
    if (!p->failed) { PyErr_NoMemory(); }
    p->failed = true;
    return false;
}

bool
hob_parser_version(hob_parser *p, int minor, const char *what)
{
    if (p->version >= minor) { return true; }
    hob_error_last(p, PyExc_SyntaxError, "%s only supported in Python 3.%i and greater", what,
                   minor);
    return false;
}

/* --- sequences --- */

hob_seq hob_seq_empty = {0};

bool
hob_parser_push(hob_parser *p, void *item)
{
    if (UNLIKELY(p->n_stack == p->stack_capacity)
        && !grow(p, (void **)&p->stack, &p->stack_capacity, sizeof *p->stack, 256)) {
        return false;
    }
    p->stack[p->n_stack++] = item;
    return true;
}

void *
hob_parser_take(hob_parser *p, int base)
{
    int n = p->n_stack - base;
    p->n_stack = base;
    if (n == 0) { return &hob_seq_empty; }
    hob_seq *seq = checked(p, hob_seq_new(n, p->arena));
    if (seq) { memcpy(seq->items, p->stack + base, (size_t)n * sizeof(void *)); }
    return seq;
}

void *
hob_parser_one(hob_parser *p, void *item)
{
    hob_seq *seq = checked(p, hob_seq_new(1, p->arena));
    if (seq) { seq->items[0] = item; }
    return seq;
}

/* --- names --- */

PyObject *
hob_parser_keep(hob_parser *p, STOLEN PyObject *op)
{
    op = hob_arena_keep(p->arena, op);
    if (!op) { p->failed = true; }
    return op;
}

/* PEP 3131: names are compared in NFKC. */
static PyObject *
normalized(hob_parser *p, STOLEN PyObject *name)
{
    own PyObject *mine = name;
    if (!p->normalize) {
        own PyObject *module = PyImport_ImportModule("unicodedata");
        if (!module) { return NULL; }
        p->normalize = PyObject_GetAttrString(module, "normalize");
        if (!p->normalize) { return NULL; }
    }
    PyObject *result = PyObject_CallFunction(p->normalize, "sO", "NFKC", mine);
    if (result && !PyUnicode_Check(result)) {
        PyErr_Format(PyExc_TypeError,
                     "unicodedata.normalize() must return a string, not %.200s",
                     _PyType_Name(Py_TYPE(result)));
        Py_CLEAR(result);
    }
    return result;
}

static PyObject *
new_name(hob_parser *p, const char *bytes, Py_ssize_t length)
{
    PyObject *name = PyUnicode_DecodeUTF8(bytes, length, NULL);
    if (name && !PyUnicode_IS_ASCII(name)) { name = normalized(p, name); }
    if (name) { PyUnicode_InternInPlace(&name); }
    return hob_parser_keep(p, name);
}

static uint32_t
name_hash(const char *bytes, Py_ssize_t length)
{
    uint32_t hash = 2166136261u;            /* FNV-1a */
    for (Py_ssize_t i = 0; i < length; i++) { hash = (hash ^ (unsigned char)bytes[i]) * 16777619u; }
    return hash;
}

static bool
names_grow(hob_parser *p)
{
    int size = p->names_size ? p->names_size * 4 : 256;
    hob_name_row *rows = PyMem_Calloc((size_t)size, sizeof *rows);
    if (!rows) {
        PyErr_NoMemory();
        p->failed = true;
        return false;
    }
    for (int i = 0; i < p->names_size; i++) {
        hob_name_row *row = &p->names[i];
        if (!row->name) { continue; }
        uint32_t at = row->hash & (uint32_t)(size - 1);
        while (rows[at].name) { at = (at + 1) & (uint32_t)(size - 1); }
        rows[at] = *row;
    }
    PyMem_Free(p->names);
    p->names = rows;
    p->names_size = size;
    return true;
}

PyObject *
hob_parser_name(hob_parser *p, const hob_token *t)
{
    if (p->n_names * 2 >= p->names_size && !names_grow(p)) { return NULL; }
    const char *bytes = p->tok->text + t->start;
    Py_ssize_t length = t->end - t->start;
    uint32_t hash = name_hash(bytes, length), mask = (uint32_t)p->names_size - 1;
    hob_name_row *row = &p->names[hash & mask];
    for (uint32_t at = hash & mask; row->name; at = (at + 1) & mask, row = &p->names[at]) {
        if (row->hash == hash && row->length == length
            && memcmp(row->bytes, bytes, (size_t)length) == 0) {
            return row->name;
        }
        if (!p->names[(at + 1) & mask].name) {
            row = &p->names[(at + 1) & mask];
            break;
        }
    }
    PyObject *name = new_name(p, bytes, length);
    if (!name) { return NULL; }
    char *copy = checked(p, hob_arena_alloc(p->arena, (size_t)length + 1));
    if (!copy) { return NULL; }
    memcpy(copy, bytes, (size_t)length);
    *row = (hob_name_row){copy, (int)length, hash, name};
    p->n_names++;
    return name;
}

/* --- memo --- */

static hob_memo_row *
memo_row(hob_memo_row *rows, int size, int mark, int rule)
{
    uint32_t mask = (uint32_t)size - 1;
    uint32_t at = ((uint32_t)mark * 31u + (uint32_t)rule) * 2654435761u >> 7;
    for (;; at++) {
        hob_memo_row *row = &rows[at & mask];
        if (row->rule == 0 || (row->rule == rule && row->mark == mark)) { return row; }
    }
}

static bool
memo_grow(hob_parser *p)
{
    int size = p->memo_size ? p->memo_size * 2 : 1024;
    hob_memo_row *rows = PyMem_Calloc((size_t)size, sizeof *rows);
    if (!rows) {
        PyErr_NoMemory();
        p->failed = true;
        return false;
    }
    for (int i = 0; i < p->memo_size; i++) {
        if (p->memo[i].rule) {
            *memo_row(rows, size, p->memo[i].mark, p->memo[i].rule) = p->memo[i];
        }
    }
    PyMem_Free(p->memo);
    p->memo = rows;
    p->memo_size = size;
    return true;
}

bool
hob_memo_find(hob_parser *p, hob_rule rule, void **node)
{
    *node = NULL;
    if (p->failed) { return true; }
    if (p->memo_size == 0) { return false; }
    hob_memo_row *row = memo_row(p->memo, p->memo_size, p->mark, (int)rule);
    if (row->rule == 0) { return false; }
    *node = row->node;
    p->mark = row->end;
    return true;
}

/* Remember what was found (or not) at token `mark`; hands node through. */
void *
hob_memo_add(hob_parser *p, hob_rule rule, int mark, void *node)
{
    if (p->failed) { return NULL; }
    if (p->n_memo * 2 >= p->memo_size && !memo_grow(p)) { return NULL; }
    hob_memo_row *row = memo_row(p->memo, p->memo_size, mark, (int)rule);
    if (row->rule == 0) { p->n_memo++; }
    *row = (hob_memo_row){mark, (int)rule, p->mark, node};
    return node;
}

/* --- life --- */

void
hob_parser_init(hob_parser *p, hob_tokenizer *tok, PyObject *filename, int start, int flags,
                int version, hob_arena *arena)
{
    memset(p, 0, sizeof *p);
    p->tok = tok;
    p->arena = arena;
    p->filename = filename;
    p->start_rule = start;
    p->flags = flags;
    p->version = (flags & PyCF_ONLY_AST) && version >= 0 ? version : PY_MINOR_VERSION;
    tok->type_comments = (flags & PyCF_TYPE_COMMENTS) != 0;
    tok->async_hacks = p->version < 7;
}

void
hob_parser_fini(hob_parser *p)
{
    PyMem_Free(p->tokens);
    PyMem_Free(p->stack);
    PyMem_Free(p->memo);
    PyMem_Free(p->names);
    PyMem_Free(p->ignores);
    Py_XDECREF(p->normalize);
}

/* --- the start rules --- */

static hob_mod *
parse_file(hob_parser *p)
{
    hob_stmt_seq *body = parse_statements(p);
    if (!body || !accept(p, TOK_ENDMARKER)) { return NULL; }

    int base = p->n_stack;
    for (int i = 0; i < p->n_ignores; i++) {
        void *ignore = checked(p, hob_ast_type_ignore(p->ignores[i].lineno, p->ignores[i].tag,
                                                      p->arena));
        if (!ignore || !hob_parser_push(p, ignore)) { return NULL; }
    }
    hob_type_ignore_seq *ignores = hob_parser_take(p, base);
    return ignores ? checked(p, hob_ast_module(body, ignores, p->arena)) : NULL;
}

static hob_mod *
parse_single(hob_parser *p)
{
    hob_stmt_seq *body;
    if (accept(p, TOK_NEWLINE)) {
        hob_stmt *pass = checked(p, hob_ast_pass(hob_parser_span(p, p->mark - 1), p->arena));
        body = pass ? hob_parser_one(p, pass) : NULL;
    }
    else {
        body = parse_single_statement(p);
    }
    return body ? checked(p, hob_ast_interactive(body, p->arena)) : NULL;
}

static hob_mod *
parse_eval(hob_parser *p)
{
    hob_expr *body = parse_expressions(p);
    if (!body) { return NULL; }
    while (accept(p, TOK_NEWLINE)) { }
    if (!accept(p, TOK_ENDMARKER)) { return NULL; }
    return checked(p, hob_ast_expression(body, p->arena));
}

/* expression (',' expression)* (',' '*' expression)? (',' '**' expression)? */
static bool
parse_type_expressions(hob_parser *p)
{
    bool some = false;
    for (int phase = 0;; some = true) {
        int mark = p->mark, type = peek(p);
        if (phase == 0 && type != TOK_STAR && type != TOK_DOUBLESTAR) {
            hob_expr *e = parse_expression(p);
            if (!e || !hob_parser_push(p, e)) {
                p->mark = some ? mark - 1 : mark;
                return !p->failed;
            }
        }
        else if ((type == TOK_STAR && phase == 0) || (type == TOK_DOUBLESTAR && phase < 2)) {
            p->mark++;
            hob_expr *e = parse_expression(p);
            if (!e || !hob_parser_push(p, e)) {
                p->mark = some ? mark - 1 : mark;
                return !p->failed;
            }
            phase = type == TOK_STAR ? 1 : 2;
        }
        else {
            p->mark = some ? mark - 1 : mark;
            return !p->failed;
        }
        if (phase == 2 || !accept(p, TOK_COMMA)) { return !p->failed; }
    }
}

static hob_mod *
parse_func_type(hob_parser *p)
{
    if (!accept(p, TOK_LPAR)) { return NULL; }
    int base = p->n_stack;
    if (peek(p) != TOK_RPAR && !parse_type_expressions(p)) { return NULL; }
    hob_expr_seq *args = hob_parser_take(p, base);
    if (!args || !accept(p, TOK_RPAR) || !accept(p, TOK_RARROW)) { return NULL; }
    hob_expr *returns = parse_expression(p);
    if (!returns) { return NULL; }
    while (accept(p, TOK_NEWLINE)) { }
    if (!accept(p, TOK_ENDMARKER)) { return NULL; }
    return checked(p, hob_ast_function_type(args, returns, p->arena));
}

static void *
parse_start(hob_parser *p)
{
    p->depth = 1;
    p->target_at = -1;
    if (p->is_fstring) { return parse_star_expressions(p); }
    switch (p->start_rule) {
    case Py_file_input: return parse_file(p);
    case Py_single_input: return parse_single(p);
    case Py_eval_input: return parse_eval(p);
    case Py_func_type_input: return parse_func_type(p);
    }
    PyErr_Format(PyExc_SystemError, "unknown start rule %d", p->start_rule);
    p->failed = true;
    return NULL;
}

/* --- two passes --- */

static bool
text_has_ended(hob_parser *p)
{
    return p->tok->stop == STOP_EOF || p->tok->ended_in_string;
}

/* Is there more than blanks and comments behind a single statement? */
static bool
more_follows(hob_parser *p)
{
    const char *c = p->tok->text + p->tok->at, *end = p->tok->text + p->tok->source->length;
    while (c < end) {
        if (*c == '#') {
            const char *newline = memchr(c, '\n', (size_t)(end - c));
            c = newline ? newline : end;
        }
        else if (*c == ' ' || *c == '\t' || *c == '\n' || *c == '\f') {
            c++;
        }
        else {
            return true;
        }
    }
    return false;
}

static void
second_pass(hob_parser *p)
{
    int last = p->n_tokens - 1;
    p->mark = p->n_stack = 0;
    p->diagnosing = p->looks_for_mistakes = p->remembers = true;
    if (p->n_memo) { memset(p->memo, 0, (size_t)p->memo_size * sizeof *p->memo); }
    p->n_memo = 0;
    p->tok->source->stopped = p->tok->is_interactive;
    (void)parse_start(p);
    hob_error_final(p, last);
}

static void *
run(hob_parser *p)
{
    void *node = parse_start(p);
    if (node) {
        if (p->start_rule == Py_single_input && !p->is_fstring && more_follows(p)) {
            return hob_error_last(p, PyExc_SyntaxError,
                                  "multiple statements found while compiling a single statement");
        }
        return node;
    }
    if ((p->flags & PyCF_ALLOW_INCOMPLETE_INPUT) && text_has_ended(p)) {
        PyErr_Clear();
        p->failed = false;
        return hob_error_last(p, PyExc_SyntaxError, "incomplete input");
    }
    if (!p->failed) {
        second_pass(p);
    }
    else if (p->tok->stop == STOP_NOT && PyErr_ExceptionMatches(PyExc_SyntaxError)) {
        /* The grammar complained; what the tokenizer finds behind comes first. */
        hob_error_rest_of_source(p);
    }
    return NULL;
}

hob_mod *
hob_parser_run(hob_parser *p)
{
    return run(p);
}

void *
hob_parser_run_fstring(hob_parser *p)
{
    return run(p);
}

/* --- entries --- */

/* What went wrong before the first token has a file, but no line. */
static void
raise_without_line(PyObject *filename)
{
    if (!PyErr_ExceptionMatches(PyExc_LookupError) && !PyErr_ExceptionMatches(PyExc_SyntaxError)
        && !PyErr_ExceptionMatches(PyExc_ValueError)) {
        return;
    }
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    own PyObject *message = value ? PyObject_Str(value) : NULL;
    own PyObject *args = message ? Py_BuildValue("O(OiiO)", message, filename, 0, -1, Py_None)
                                 : NULL;
    if (args) { PyErr_SetObject(PyExc_SyntaxError, args); }
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(traceback);
}

static hob_mod *
parse_source(hob_source *source, PyObject *filename, int start, int flags, int version,
             bool *is_eof, hob_arena *arena)
{
    hob_tokenizer *tok = PyMem_Malloc(sizeof *tok);
    if (!tok) {
        PyErr_NoMemory();
        return NULL;
    }
    hob_parser p;
    hob_tokenizer_init(tok, source, filename);
    hob_parser_init(&p, tok, filename, start, flags, version, arena);
    hob_mod *mod = hob_parser_run(&p);
    if (is_eof) {
        *is_eof = tok->stop == STOP_EOF && p.n_tokens > 0 && p.tokens[0].type == TOK_ENDMARKER;
    }
    hob_parser_fini(&p);
    PyMem_Free(tok);
    return mod;
}

hob_mod *
hob_parse(const char *text, Py_ssize_t length, PyObject *filename, int start, int flags,
          int version, hob_arena *arena)
{
    if (PySys_Audit("compile", "y#O", text, length, filename) < 0) { return NULL; }
    hob_source source;
    bool end_line = start == Py_file_input;
    status opened = flags & PyCF_IGNORE_COOKIE
                        ? hob_source_open_utf8(&source, text, length, end_line)
                        : hob_source_open_bytes(&source, text, length, end_line);
    if (opened < 0) {
        raise_without_line(filename);
        return NULL;
    }
    hob_mod *mod = parse_source(&source, filename, start, flags, version, NULL, arena);
    hob_source_close(&source);
    return mod;
}

hob_mod *
hob_parse_str(PyObject *text, PyObject *filename, int start, int flags, int version,
              hob_arena *arena)
{
    Py_ssize_t length;
    const char *utf8 = PyUnicode_AsUTF8AndSize(text, &length);
    if (!utf8) { return NULL; }
    return hob_parse(utf8, length, filename, start, flags | PyCF_IGNORE_COOKIE, version, arena);
}

hob_mod *
hob_parse_file(FILE *file, PyObject *filename, const char *encoding, int start, const char *ps1,
               const char *ps2, int flags, int version, bool *is_eof, hob_arena *arena)
{
    *is_eof = false;
    if (PySys_Audit("compile", "OO", Py_None, filename) < 0) { return NULL; }
    hob_source source;
    if (hob_source_open_file(&source, file, filename, encoding, ps1, ps2) < 0) { return NULL; }
    hob_mod *mod = parse_source(&source, filename, start, flags, version, is_eof, arena);
    *is_eof = *is_eof && source.n_lines == 0;
    hob_source_close(&source);
    return mod;
}

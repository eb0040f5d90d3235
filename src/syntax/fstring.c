/* fstring.c -- formatted strings, as 3.11 reads them: by characters, not tokens.
 *
 * The inside of the token is cut into text and {expression!conversion:spec}.  Each
 * expression is found by counting brackets and quotes, put into parentheses (so that
 * it may begin with blanks and span lines) and given to a parser of its own, whose
 * tokens are told where they stand in the file.
 * A spec is read like an f-string again, once more inside it, and no deeper.
 */
#include "syntax/parser_int.h"

#include <string.h>

typedef struct {
    hob_parser *p;
    const hob_token *t;
    const char *at, *end;
    bool is_raw;
    hob_span place;             /* of every node */
    PyObject *kind;             /* borrowed */
} reader;

enum { MAX_NESTING = 2 };

static void *
complain(reader *r, const char *message)
{
    return hob_error_last(r->p, PyExc_SyntaxError, message);
}

/* --- text --- */

/* Read text up to a brace that ends it.  *again: a doubled brace was read, there is
 * more text.  NULL with failed, or a str (perhaps empty). */
static PyObject *
read_text(reader *r, int depth, bool *again)
{
    const char *start = r->at, *s = start, *text_end;
    *again = false;
    for (;;) {
        text_end = s;
        if (s >= r->end) { break; }
        char c = *s++;
        if (c == '\\' && !r->is_raw && s < r->end) {
            c = *s++;
            if (c == 'N') {                     /* \N{name} has braces of its own */
                if (s < r->end && *s++ == '{') {
                    while (s < r->end && *s++ != '}') { }
                }
                continue;
            }
            if (c == '{' && !hob_literal_warn_escape(r->p, s - 1, r->t)) { return NULL; }
            text_end = s - 1;
        }
        if (c != '{' && c != '}') { continue; }
        if (depth == 0 && s < r->end && *s == c) {
            *again = true;
            text_end = s++;
            break;
        }
        if (depth == 0 && c == '}') {
            return complain(r, "f-string: single '}' is not allowed");
        }
        s--;
        break;
    }
    r->at = s;
    return hob_literal_decode(r->p, start, text_end - start, !r->is_raw, r->t);
}

/* --- expressions --- */

static const char *
unmatched(reader *r, char c)
{
    return hob_error_last(r->p, PyExc_SyntaxError, "f-string: unmatched '%c'", c);
}

/* Is c, with next behind it, an operator of two characters that ends nothing? */
static bool
is_comparison(char c, char next)
{
    return next == '=' && (c == '!' || c == '=' || c == '<' || c == '>');
}

/* Behind a string's opening quote: the place behind its end, or r->end. */
static const char *
skip_string(reader *r, const char *s, bool *closed)
{
    char quote = s[-1];
    int size = s + 1 < r->end && s[0] == quote && s[1] == quote ? 3 : 1;
    s += size - 1;
    for (; s < r->end; s++) {
        if (*s == '\\') {
            return complain(r, "f-string expression part cannot include a backslash");
        }
        if (*s != quote) { continue; }
        if (size == 1) { return *closed = true, s + 1; }
        if (s + 2 < r->end && s[1] == quote && s[2] == quote) { return *closed = true, s + 3; }
    }
    *closed = false;
    return s;
}

/* The end of the expression that starts at r->at; NULL with failed. */
static const char *
find_expression_end(reader *r)
{
    char stack[MAX_PARENS];
    int depth = 0;
    const char *s = r->at;
    while (s < r->end) {
        char c = *s;
        if (c == '\\') {
            return complain(r, "f-string expression part cannot include a backslash");
        }
        if (c == '\'' || c == '"') {
            bool closed = false;
            s = skip_string(r, s + 1, &closed);
            if (!s) { return NULL; }
            if (!closed) { return complain(r, "f-string: unterminated string"); }
            continue;
        }
        if (c == '[' || c == '{' || c == '(') {
            if (depth >= MAX_PARENS) {
                return complain(r, "f-string: too many nested parenthesis");
            }
            stack[depth++] = c;
        }
        else if (c == '#') {
            return complain(r, "f-string expression part cannot include '#'");
        }
        else if (depth == 0 && strchr("!:}=<>", c) && c) {
            if (s + 1 < r->end && is_comparison(c, s[1])) { s++; }
            else if (c != '<' && c != '>') { break; }
        }
        else if (c == ']' || c == '}' || c == ')') {
            if (depth == 0) { return unmatched(r, c); }
            char opening = stack[--depth];
            if (!((opening == '(' && c == ')') || (opening == '[' && c == ']')
                  || (opening == '{' && c == '}'))) {
                return hob_error_last(r->p, PyExc_SyntaxError,
                                      "f-string: closing parenthesis '%c' does not match "
                                      "opening parenthesis '%c'", c, opening);
            }
        }
        s++;
    }
    if (depth) { return unmatched(r, stack[depth - 1]); }
    return s;
}

/* Where the brace before the expression stands, seen from the token's start: lines
 * below it, and the column in its line. */
static void
locate(reader *r, const char *brace, int *lines, int *column)
{
    const char *token = r->p->tok->text + r->t->start, *line = token, *s = brace + 1;
    *lines = 0;
    for (const char *c = token; c < brace; c++) {
        if (*c == '\n') {
            ++*lines;
            line = c + 1;
        }
    }
    while (*s == ' ' || *s == '\t' || *s == '\f') { s++; }
    *column = *s == '\n' ? 0 : (int)(brace - line);
}

static hob_expr *
run_parser(reader *r, hob_source *source, const char *brace)
{
    hob_parser *outer = r->p, p;
    hob_tokenizer *tok = PyMem_Malloc(sizeof *tok);
    if (!tok) {
        PyErr_NoMemory();
        return NULL;
    }
    int lines, column;
    locate(r, brace, &lines, &column);
    hob_tokenizer_init(tok, source, outer->filename);
    hob_parser_init(&p, tok, outer->filename, Py_file_input, outer->flags, outer->version,
                    outer->arena);
    p.version = outer->version;
    p.is_fstring = true;
    p.first_lineno = r->t->lineno + lines;
    p.first_col_offset = lines ? column : r->t->col_offset + column;
    tok->lineno = p.first_lineno - 1;
    hob_expr *e = hob_parser_run_fstring(&p);
    hob_parser_fini(&p);
    outer->tok->n_warnings += tok->n_warnings;
    PyMem_Free(tok);
    return e;
}

static bool
is_blank(const char *s, const char *end)
{
    while (s < end && (*s == ' ' || *s == '\t' || *s == '\n' || *s == '\f')) { s++; }
    return s == end;
}

/* Parse [start, end), which stands behind a brace. */
static hob_expr *
parse_inside(reader *r, const char *start, const char *end)
{
    if (is_blank(start, end)) {
        if (*end == '!' || *end == ':' || *end == '=') {
            return hob_error_last(r->p, PyExc_SyntaxError,
                                  "f-string: expression required before '%c'", *end);
        }
        return complain(r, "f-string: empty expression not allowed");
    }
    size_t length = (size_t)(end - start);
    char *text = PyMem_Malloc(length + 3);
    hob_expr *e = NULL;
    if (!text) {
        PyErr_NoMemory();
    }
    else {
        hob_source source;
        text[0] = '(';
        memcpy(text + 1, start, length);
        memcpy(text + 1 + length, ")", 2);
        if (hob_source_open_bytes(&source, text, (Py_ssize_t)length + 2, true) == 0) {
            e = run_parser(r, &source, start - 1);
            hob_source_close(&source);
        }
        PyMem_Free(text);
    }
    if (!e) { r->p->failed = true; }
    return e;
}

/* --- {expression} --- */

static hob_expr *read_spec(reader *r, int depth);

static bool
at_end(reader *r)
{
    if (r->at < r->end) { return false; }
    complain(r, "f-string: expecting '}'");
    return true;
}

/* '=': the text of the expression, sign and blanks included, becomes part of the text. */
static bool
read_self_documenting(reader *r, const char *start, hob_string_parts *parts)
{
    if (r->p->version < 8) {
        complain(r, "f-string: self documenting expressions are only supported in Python 3.8 and "
                    "greater");
        return false;
    }
    r->at++;
    while (Py_ISSPACE((unsigned char)*r->at)) { r->at++; }
    if (at_end(r)) { return false; }
    return hob_string_parts_add(r->p, parts, PyUnicode_FromStringAndSize(start, r->at - start));
}

/* '!' and a letter, or -1 without; 0 with failed. */
static int
read_conversion(reader *r)
{
    if (*r->at != '!') { return -1; }
    r->at++;
    if (at_end(r)) { return 0; }
    char c = *r->at++;
    if (c != 's' && c != 'r' && c != 'a') {
        complain(r, "f-string: invalid conversion character: expected 's', 'r', or 'a'");
        return 0;
    }
    return c;
}

/* At '{': the FormattedValue; text of its own goes to parts. */
static hob_expr *
read_replacement(reader *r, int depth, hob_string_parts *parts)
{
    if (depth >= MAX_NESTING) { return complain(r, "f-string: expressions nested too deeply"); }
    const char *start = ++r->at;
    const char *end = find_expression_end(r);
    if (!end) { return NULL; }
    r->at = end;
    if (at_end(r)) { return NULL; }
    hob_expr *value = parse_inside(r, start, end);
    if (!value) { return NULL; }

    bool is_documented = *r->at == '=';
    if (is_documented && !read_self_documenting(r, start, parts)) { return NULL; }
    int conversion = read_conversion(r);
    if (conversion == 0 || at_end(r)) { return NULL; }
    hob_expr *spec = NULL;
    if (*r->at == ':') {
        r->at++;
        if (at_end(r) || !(spec = read_spec(r, depth + 1))) { return NULL; }
    }
    if (r->at >= r->end || *r->at != '}') { return complain(r, "f-string: expecting '}'"); }
    r->at++;
    if (is_documented && !spec && conversion == -1) { conversion = 'r'; }
    return checked(r->p, hob_ast_formatted_value(value, conversion, spec, r->place,
                                                 r->p->arena));
}

/* What is constant so far goes before the value. */
static bool
push_constant(reader *r, hob_string_parts *parts)
{
    if (!parts->last) { return true; }
    if (PyUnicode_GET_LENGTH(parts->last) == 0) {
        Py_CLEAR(parts->last);
        return true;
    }
    PyObject *text = hob_parser_keep(r->p, take(parts->last));
    if (!text) { return false; }
    hob_expr *e = checked(r->p, hob_ast_constant(text, parts->kind, r->place, r->p->arena));
    return e && hob_parser_push(r->p, e);
}

/* Text and replacements in turn, to the end (or, in a spec, to its brace). */
static bool
read_all(reader *r, int depth, hob_string_parts *parts)
{
    for (;;) {
        bool again;
        PyObject *text = read_text(r, depth, &again);
        if (!text) { return false; }
        if (!hob_string_parts_add(r->p, parts, text)) { return false; }
        if (again) { continue; }
        if (r->at >= r->end || *r->at == '}') { break; }
        hob_expr *value = read_replacement(r, depth, parts);
        if (!value || !push_constant(r, parts) || !hob_parser_push(r->p, value)) { return false; }
    }
    if (depth > 0 && (r->at >= r->end || *r->at != '}')) {
        complain(r, "f-string: expecting '}'");
        return false;
    }
    return true;
}

/* Unlike its parts, which have the place of the whole, the spec has its token's. */
static hob_expr *
read_spec(reader *r, int depth)
{
    hob_string_parts parts = {.base = r->p->n_stack, .at = token_span(r->t),
                              .kind = r->kind};
    bool fine = read_all(r, depth, &parts);
    parts.kind = NULL;
    hob_expr *spec = fine ? hob_string_parts_joined(r->p, &parts) : NULL;
    Py_XDECREF(parts.last);
    return spec;
}

bool
hob_fstring_add(hob_parser *p, hob_string_parts *parts, const char *s, Py_ssize_t length,
                bool is_raw, const hob_token *t)
{
    reader r = {.p = p, .t = t, .at = s, .end = s + length, .is_raw = is_raw, .place = parts->at,
                .kind = parts->kind};
    return read_all(&r, 0, parts);
}

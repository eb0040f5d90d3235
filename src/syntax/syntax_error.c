/* syntax_error.c -- SyntaxError with its place and its line.
 *
 * Places     spans count UTF-8 bytes from 0; an exception counts characters from 1.
 *            A column of -1 ("no text") becomes 0, HERE stands for the place the
 *            tokenizer has reached.
 * Lines      of files are read from the file again, since the buffer may have moved
 *            on; of anything else they come from the text in memory.
 */
#include "syntax/parser_int.h"

#include <stdarg.h>
#include <string.h>

/* --- the line that goes with an error --- */

/* Line `lineno` of the text in memory, without its newline; of recoded text, as the
 * reference does, the line as it was. */
static PyObject *
line_in_memory(hob_parser *p, int lineno)
{
    hob_tokenizer *tok = p->tok;
    const char *original = tok->source->original;
    const char *at = original ? original : tok->text;
    const char *stop = original ? at + strlen(at) : tok->text + tok->source->length;
    const char *end = original ? stop : tok->text + tok->line_end;
    int n = p->is_fstring ? lineno - p->first_lineno + 1 : lineno;
    for (int i = 1; i < n; i++) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        if (!newline || newline + 1 > end) { break; }
        at = newline + 1;
    }
    const char *newline = memchr(at, '\n', (size_t)(stop - at));
    return PyUnicode_DecodeUTF8(at, (newline ? newline : stop) - at, "replace");
}

static PyObject *
error_line(hob_parser *p, int lineno)
{
    hob_tokenizer *tok = p->tok;
    if (tok->is_interactive) { return line_in_memory(p, lineno); }
    if (p->start_rule == Py_file_input && !p->is_fstring) {
        PyObject *line = _PyErr_ProgramDecodedTextObject(p->filename, lineno,
                                                         tok->source->encoding);
        if (line || PyErr_Occurred()) { return line; }
    }
    if (tok->lineno <= lineno && tok->line_end > tok->buffer_start) {
        return PyUnicode_DecodeUTF8(tok->text + tok->buffer_start,
                                    tok->line_end - tok->buffer_start, "replace");
    }
    if (tok->source->file && tok->source->file != stdin) { return PyUnicode_New(0, 0); }
    return line_in_memory(p, lineno);
}

/* How many characters the first `bytes` bytes of line are; -1 with an exception. */
static Py_ssize_t
characters(PyObject *line, Py_ssize_t bytes)
{
    if (bytes < 0) { return 0; }
    const char *utf8 = PyUnicode_AsUTF8(line);
    if (!utf8) { return -1; }
    Py_ssize_t length = (Py_ssize_t)strlen(utf8);
    if (bytes > length + 1) { bytes = length + 1; }
    own PyObject *text = PyUnicode_DecodeUTF8(utf8, bytes, "replace");
    return text ? PyUnicode_GET_LENGTH(text) : -1;
}

/* --- raising; columns from here on count from 1 --- */

static void
raise_at(hob_parser *p, PyObject *type, hob_span at, const char *format, va_list rest)
{
    hob_tokenizer *tok = p->tok;
    if (p->failed) { return; }
    p->failed = true;
    if (at.end_lineno == HERE) { at.end_lineno = tok->lineno; }
    if (at.end_col_offset == HERE) { at.end_col_offset = (int)(tok->at - tok->line_start); }

    own PyObject *bare = PyUnicode_FromFormatV(format, rest);
    if (!bare) { return; }
    own PyObject *message = p->is_fstring ? PyUnicode_FromFormat("f-string: %U", bare)
                                          : Py_NewRef(bare);
    if (!message) { return; }
    own PyObject *line = error_line(p, at.lineno);
    if (!line) { return; }

    if (p->is_fstring) {
        at.col_offset -= p->first_col_offset;
        at.end_col_offset -= p->first_col_offset;
    }
    Py_ssize_t column = at.col_offset, end_column = at.end_col_offset;
    if (tok->source->encoding) {
        column = characters(line, column);
        if (column < 0) { return; }
        if (end_column > 0) {
            end_column = characters(line, end_column);
            if (end_column < 0) { return; }
        }
    }
    own PyObject *args = Py_BuildValue("(O(OinOin))", message, p->filename, at.lineno, column, line,
                                       at.end_lineno, end_column);
    if (args) { PyErr_SetObject(type, args); }
}

static hob_span
from_one(hob_span at)
{
    at.col_offset += at.col_offset == HERE ? 0 : 1;
    at.end_col_offset += at.end_col_offset == HERE ? 0 : 1;
    return at;
}

void *
hob_error_span_of(hob_parser *p, PyObject *type, hob_span at, const char *format, ...)
{
    va_list rest;
    va_start(rest, format);
    raise_at(p, type, from_one(at), format, rest);
    va_end(rest);
    return NULL;
}

void *
hob_error_span(hob_parser *p, hob_span at, const char *format, ...)
{
    va_list rest;
    va_start(rest, format);
    raise_at(p, PyExc_SyntaxError, from_one(at), format, rest);
    va_end(rest);
    return NULL;
}

/* From a place on to where the tokenizer is. */
void *
hob_error_from(hob_parser *p, hob_span at, const char *format, ...)
{
    at.end_lineno = at.end_col_offset = HERE;
    va_list rest;
    va_start(rest, format);
    raise_at(p, PyExc_SyntaxError, from_one(at), format, rest);
    va_end(rest);
    return NULL;
}

static void
raise_about(hob_parser *p, PyObject *type, const hob_token *t, const char *format, va_list rest)
{
    hob_tokenizer *tok = p->tok;
    hob_span at = {t->lineno, (int)(tok->at - tok->line_start), t->end_lineno, t->end_col_offset};
    if (t->col_offset != -1) { at.col_offset = t->col_offset + 1; }
    if (t->end_col_offset != -1) { at.end_col_offset = t->end_col_offset + 1; }
    raise_at(p, type, at, format, rest);
}

/* About the last token there is. */
static void
raise_last(hob_parser *p, PyObject *type, const char *format, va_list rest)
{
    if (p->failed) { return; }
    if (p->n_tokens == 0) {
        raise_at(p, type, (hob_span){0, 0, 0, -1}, format, rest);
        return;
    }
    raise_about(p, type, &p->tokens[p->n_tokens - 1], format, rest);
}

void *
hob_error_token(hob_parser *p, const hob_token *t, const char *format, ...)
{
    va_list rest;
    va_start(rest, format);
    raise_about(p, PyExc_SyntaxError, t, format, rest);
    va_end(rest);
    return NULL;
}

void *
hob_error_last(hob_parser *p, PyObject *type, const char *format, ...)
{
    va_list rest;
    va_start(rest, format);
    raise_last(p, type, format, rest);
    va_end(rest);
    return NULL;
}

void *
hob_error_indent(hob_parser *p, const char *format, ...)
{
    va_list rest;
    va_start(rest, format);
    raise_last(p, PyExc_IndentationError, format, rest);
    va_end(rest);
    return NULL;
}

static void
raise_never_closed(hob_parser *p)
{
    hob_tokenizer *tok = p->tok;
    int top = tok->level - 1;
    hob_span at = {tok->paren_lines[top], tok->paren_columns[top], tok->paren_lines[top], -1};
    hob_error_span(p, at, "'%c' was never closed", tok->parens[top]);
}

/* --- what the tokenizer could not say itself --- */

/* Bytes that are no UTF-8 where a name should be. */
static void
raise_decode_error(hob_parser *p)
{
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    own PyObject *text = value ? PyObject_Str(value) : NULL;
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(traceback);
    if (!text) {
        p->failed = true;
        return;
    }
    hob_error_last(p, PyExc_SyntaxError, "(unicode error) %U", text);
}

void
hob_error_of_tokenizer(hob_parser *p)
{
    hob_tokenizer *tok = p->tok;
    PyObject *type = PyExc_SyntaxError;
    const char *message;
    int column = 0;

    switch (tok->stop) {
    case STOP_ERROR:
        p->failed = true;
        return;
    case STOP_TOKEN:
        raise_decode_error(p);
        return;
    case STOP_EOF:
        if (tok->level > 0) { raise_never_closed(p); }
        else { hob_error_last(p, type, "unexpected EOF while parsing"); }
        return;
    case STOP_DEDENT:
        hob_error_indent(p, "unindent does not match any outer indentation level");
        return;
    case STOP_TABS:
        type = PyExc_TabError;
        message = "inconsistent use of tabs and spaces in indentation";
        break;
    case STOP_TOO_DEEP:
        type = PyExc_IndentationError;
        message = "too many levels of indentation";
        break;
    case STOP_LINE_CONT:
        column = (int)(tok->at - tok->buffer_start) - 1;
        message = "unexpected character after line continuation character";
        break;
    default:
        message = "unknown parsing error";
    }
    hob_error_span_of(p, type, (hob_span){tok->lineno, column, tok->lineno, -1}, "%s", message);
}

/* --- the end of the second pass --- */

/* Mistakes of the tokenizer in the rest of the text come before "invalid syntax": a
 * bracket never closed above the error, a string without an end. */
void
hob_error_rest_of_source(hob_parser *p)
{
    hob_tokenizer *tok = p->tok;
    if (tok->is_interactive) { return; }
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    p->failed = false;

    int error_line_number = p->tokens[p->n_tokens - 1].lineno, token;
    Py_ssize_t start, end;
    do {
        token = hob_tokenizer_next(tok, &start, &end);
    } while (token != TOK_ERRORTOKEN && token != TOK_ENDMARKER);
    if (token == TOK_ERRORTOKEN) {
        if (PyErr_Occurred()) { p->failed = true; }
        else if (tok->level > 0 && error_line_number > tok->paren_lines[tok->level - 1]) {
            raise_never_closed(p);
        }
    }
    if (p->failed) {
        Py_XDECREF(type);
        Py_XDECREF(value);
        Py_XDECREF(traceback);
        return;
    }
    p->failed = true;
    PyErr_Restore(type, value, traceback);
}

/* Make sure that there is an exception, and the best one.  last: index of the last
 * token that the first pass has seen. */
void
hob_error_final(hob_parser *p, int last)
{
    hob_tokenizer *tok = p->tok;
    if (p->failed) {
        if (tok->stop == STOP_NOT && PyErr_ExceptionMatches(PyExc_SyntaxError)) {
            hob_error_rest_of_source(p);
        }
        return;
    }
    if (last < 0) {
        hob_error_last(p, PyExc_SyntaxError, "error at start before reading any input");
        return;
    }
    hob_token *t = &p->tokens[last];
    if (t->type == TOK_INDENT || t->type == TOK_DEDENT) {
        hob_error_indent(p, t->type == TOK_INDENT ? "unexpected indent" : "unexpected unindent");
        return;
    }
    hob_error_span(p, token_span(t), "invalid syntax");
    hob_error_rest_of_source(p);
}

/* literal.c -- what number and string tokens stand for.
 *
 * Adjacent strings are one expression.  Its parts all have the place of the whole.
 * A str without f-strings becomes a Constant, with them a JoinedStr.
 * Next       fstring.c
 */
#include "syntax/parser_int.h"

#include <string.h>

/* --- numbers --- */

enum { SHORT_NUMBER = 64, SAFE_DIGITS = 18 };

/* A decimal that surely fits a C integer. */
static bool
is_small_decimal(const char *s, Py_ssize_t length, long long *value)
{
    if (length > SAFE_DIGITS || (s[0] == '0' && length > 1)) { return false; }
    long long n = 0;
    for (Py_ssize_t i = 0; i < length; i++) {
        if (s[i] < '0' || s[i] > '9') { return false; }
        n = n * 10 + (s[i] - '0');
    }
    *value = n;
    return true;
}

static PyObject *
number_value(const char *s)
{
    size_t length = strlen(s);
    bool is_radix = s[0] == '0' && length > 1 && strchr("xXoObB", s[1]);
    char last = s[length - 1];
    if (!is_radix && (last == 'j' || last == 'J')) {
        double imaginary = PyOS_string_to_double(s, (char **)&s, NULL);
        if (imaginary == -1.0 && PyErr_Occurred()) { return NULL; }
        return PyComplex_FromDoubles(0.0, imaginary);
    }
    /* `0777else` is the one way to get past the tokenizer with zeros in front. */
    bool is_padded = s[0] == '0' && strspn(s, "0") < length;
    if (!is_radix && (is_padded || strpbrk(s, ".eE"))) {
        double real = PyOS_string_to_double(s, NULL, NULL);
        if (real == -1.0 && PyErr_Occurred()) { return NULL; }
        return PyFloat_FromDouble(real);
    }
    return PyLong_FromString(s, NULL, 0);
}

/* More digits than int() wants to read is an error of the text. */
static void
raise_too_many_digits(hob_parser *p, const hob_token *t)
{
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    p->failed = false;
    hob_error_span(p, (hob_span){t->lineno, -1, t->end_lineno, -1},
                   "%S - Consider hexadecimal for huge integer literals to avoid decimal "
                   "conversion limits.", value);
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(traceback);
}

static PyObject *
long_number(hob_parser *p, const char *s, Py_ssize_t length)
{
    char buffer[SHORT_NUMBER], *copy = buffer;
    if (length >= SHORT_NUMBER) {
        copy = PyMem_Malloc((size_t)length + 1);
        if (!copy) { return PyErr_NoMemory(); }
    }
    Py_ssize_t n = 0;
    for (Py_ssize_t i = 0; i < length; i++) {
        if (s[i] != '_') { copy[n++] = s[i]; }
    }
    copy[n] = 0;
    PyObject *value = number_value(copy);
    if (copy != buffer) { PyMem_Free(copy); }
    return value;
}

hob_expr *
hob_literal_number(hob_parser *p, const hob_token *t)
{
    const char *s = p->tok->text + t->start;
    Py_ssize_t length = t->end - t->start;
    long long small;
    PyObject *value;
    if (is_small_decimal(s, length, &small)) {
        value = PyLong_FromLongLong(small);
    }
    else {
        if (p->version < 6 && memchr(s, '_', (size_t)length)) {
            return hob_error_last(p, PyExc_SyntaxError, "Underscores in numeric literals are only "
                                                        "supported in Python 3.6 and greater");
        }
        value = long_number(p, s, length);
        if (!value && PyErr_ExceptionMatches(PyExc_ValueError)) {
            raise_too_many_digits(p, t);
            return NULL;
        }
    }
    value = hob_parser_keep(p, value);
    return value ? checked(p, hob_ast_constant(value, NULL, token_span(t), p->arena)) : NULL;
}

/* --- escapes --- */

/* escape points behind the backslash.  false: the warning became an exception. */
bool
hob_literal_warn_escape(hob_parser *p, const char *escape, const hob_token *t)
{
    own PyObject *message =
        *escape >= '4' && *escape <= '7'
            ? PyUnicode_FromFormat("invalid octal escape sequence '\\%.3s'", escape)
            : PyUnicode_FromFormat("invalid escape sequence '\\%c'", (unsigned char)*escape);
    if (!message) {
        p->failed = true;
        return false;
    }
    p->tok->n_warnings++;
    if (PyErr_WarnExplicitObject(PyExc_DeprecationWarning, message, p->filename, t->lineno, NULL,
                                 NULL) == 0) {
        return true;
    }
    if (!PyErr_ExceptionMatches(PyExc_DeprecationWarning)) {
        p->failed = true;
        return false;
    }
    PyErr_Clear();
    hob_error_token(p, t, "%U", message);
    return false;
}

/* The same text in ASCII: other characters as \U and 8 digits, which is what positions in
 * error messages count. */
static char *
escape_non_ascii(const char *s, Py_ssize_t length, Py_ssize_t *size)
{
    if (length > PY_SSIZE_T_MAX / 6 - 16) { return (char *)PyErr_NoMemory(); }
    char *buffer = PyMem_Malloc((size_t)length * 6 + 16), *out = buffer;
    if (!buffer) { return (char *)PyErr_NoMemory(); }
    const char *end = s + length;
    while (s < end) {
        if (*s == '\\') {
            *out++ = *s++;
            if (s >= end || (*s & 0x80)) {      /* a lone backslash stands for itself */
                memcpy(out, "u005c", 5);
                out += 5;
            }
        }
        if (s < end && (*s & 0x80)) {
            const char *run = s;
            while (s < end && (*s & 0x80)) { s++; }
            own PyObject *text = PyUnicode_DecodeUTF8(run, s - run, NULL);
            if (!text) {
                PyMem_Free(buffer);
                return NULL;
            }
            for (Py_ssize_t i = 0; i < PyUnicode_GET_LENGTH(text); i++) {
                out += sprintf(out, "\\U%08x", (unsigned)PyUnicode_READ_CHAR(text, i));
            }
        }
        else if (s < end) {
            *out++ = *s++;
        }
    }
    *size = out - buffer;
    return buffer;
}

static PyObject *
decode_escapes(hob_parser *p, const char *s, Py_ssize_t length, const hob_token *t)
{
    const char *invalid = NULL;
    Py_ssize_t size = 0;
    char *ascii = escape_non_ascii(s, length, &size);
    if (!ascii) { return NULL; }
    PyObject *text = _PyUnicode_DecodeUnicodeEscapeInternal(ascii, size, NULL, NULL, &invalid);
    if (text && invalid && !hob_literal_warn_escape(p, invalid, t)) { Py_CLEAR(text); }
    PyMem_Free(ascii);
    return text;
}

/* Errors of decoding are errors of the text. */
static PyObject *
raise_decoding(hob_parser *p)
{
    if (p->failed) { return NULL; }
    const char *what = PyErr_ExceptionMatches(PyExc_UnicodeError) ? "unicode error"
                     : PyErr_ExceptionMatches(PyExc_ValueError) ? "value error" : NULL;
    if (!what) {
        p->failed = true;
        return NULL;
    }
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    own PyObject *text = value ? PyObject_Str(value) : NULL;
    if (!text) { PyErr_Clear(); }
    if (text) { hob_error_last(p, PyExc_SyntaxError, "(%s) %U", what, text); }
    else { hob_error_last(p, PyExc_SyntaxError, "(%s) unknown error", what); }
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(traceback);
    return NULL;
}

PyObject *
hob_literal_decode(hob_parser *p, const char *s, Py_ssize_t length, bool has_escapes,
                   const hob_token *t)
{
    PyObject *text = has_escapes ? decode_escapes(p, s, length, t)
                                 : PyUnicode_DecodeUTF8(s, length, NULL);
    return text ? text : raise_decoding(p);
}

static PyObject *
decode_bytes(hob_parser *p, const char *s, Py_ssize_t length, bool is_raw, const hob_token *t)
{
    const char *invalid = NULL;
    if (is_raw || !memchr(s, '\\', (size_t)length)) { return PyBytes_FromStringAndSize(s, length); }
    PyObject *bytes = _PyBytes_DecodeEscape(s, length, NULL, &invalid);
    if (bytes && invalid && !hob_literal_warn_escape(p, invalid, t)) { Py_CLEAR(bytes); }
    return bytes ? bytes : raise_decoding(p);
}

/* --- parts --- */

/* Put text behind what is there. */
bool
hob_string_parts_add(hob_parser *p, hob_string_parts *parts, STOLEN PyObject *text)
{
    if (!text) {
        p->failed = true;
        return false;
    }
    if (!parts->last) {
        parts->last = text;
        return true;
    }
    PyUnicode_AppendAndDel(&parts->last, text);
    if (!parts->last) { p->failed = true; }
    return parts->last != NULL;
}

static hob_expr *
constant_part(hob_parser *p, hob_string_parts *parts)
{
    PyObject *text = hob_parser_keep(p, take(parts->last));
    return text ? checked(p, hob_ast_constant(text, parts->kind, parts->at, p->arena)) : NULL;
}

/* The values so far as a JoinedStr. */
hob_expr *
hob_string_parts_joined(hob_parser *p, hob_string_parts *parts)
{
    if (parts->last && PyUnicode_GET_LENGTH(parts->last) == 0) { Py_CLEAR(parts->last); }
    if (parts->last) {
        hob_expr *constant = constant_part(p, parts);
        if (!constant || !hob_parser_push(p, constant)) { return NULL; }
    }
    hob_expr_seq *values = hob_parser_take(p, parts->base);
    return values ? checked(p, hob_ast_joined_str(values, parts->at, p->arena)) : NULL;
}

/* --- tokens --- */

typedef struct {
    const char *s;              /* inside the quotes */
    Py_ssize_t length;
    bool is_bytes, is_raw, is_fstring;
} string_token;

static string_token
take_apart(hob_parser *p, const hob_token *t)
{
    string_token it = {.s = p->tok->text + t->start};
    const char *end = p->tok->text + t->end;
    for (; *it.s != '"' && *it.s != '\''; it.s++) {
        switch (*it.s) {
        case 'b': case 'B': it.is_bytes = true; break;
        case 'r': case 'R': it.is_raw = true; break;
        case 'f': case 'F': it.is_fstring = true; break;
        }
    }
    int quotes = end - it.s >= 6 && it.s[1] == it.s[0] && it.s[2] == it.s[0] ? 3 : 1;
    it.s += quotes;
    it.length = end - it.s - quotes;
    return it;
}

static bool
is_ascii(const char *s, Py_ssize_t length)
{
    for (Py_ssize_t i = 0; i < length; i++) {
        if (s[i] & 0x80) { return false; }
    }
    return true;
}

/* Decode one token that is no f-string; NULL with failed. */
static PyObject *
token_value(hob_parser *p, const string_token *it, const hob_token *t)
{
    if (!it->is_bytes) {
        bool has_escapes = !it->is_raw && memchr(it->s, '\\', (size_t)it->length);
        return hob_literal_decode(p, it->s, it->length, has_escapes, t);
    }
    if (!is_ascii(it->s, it->length)) {
        return hob_error_last(p, PyExc_SyntaxError,
                              "bytes can only contain ASCII literal characters");
    }
    PyObject *bytes = decode_bytes(p, it->s, it->length, it->is_raw, t);
    if (!bytes) { p->failed = true; }
    return bytes;
}

static bool
add_token(hob_parser *p, hob_string_parts *parts, const string_token *it, const hob_token *t)
{
    if (it->is_fstring) { return hob_fstring_add(p, parts, it->s, it->length, it->is_raw, t); }
    PyObject *value = token_value(p, it, t);
    if (!value) { return false; }
    if (!it->is_bytes) { return hob_string_parts_add(p, parts, value); }
    if (!parts->last) {
        parts->last = value;
        return true;
    }
    PyBytes_ConcatAndDel(&parts->last, value);
    if (!parts->last) { p->failed = true; }
    return parts->last != NULL;
}

static bool
mixed(hob_parser *p)
{
    hob_error_last(p, PyExc_SyntaxError, "cannot mix bytes and nonbytes literals");
    return false;
}

/* All tokens, one after the other; what is wrong with the first is told first. */
static bool
add_tokens(hob_parser *p, hob_string_parts *parts, int first, int count, bool *is_fstring)
{
    bool is_bytes = false;
    for (int i = 0; i < count; i++) {
        hob_token t = *token_at(p, first + i);
        string_token it = take_apart(p, &t);
        if (i == 0) { is_bytes = it.is_bytes; }
        if (it.is_fstring && p->version < 6) {
            hob_error_last(p, PyExc_SyntaxError,
                           "Format strings are only supported in Python 3.6 and greater");
            return false;
        }
        if (it.is_bytes != is_bytes) {
            /* Its own mistakes come first. */
            own PyObject *value = it.is_fstring ? NULL : token_value(p, &it, &t);
            return (value || it.is_fstring) && mixed(p);
        }
        *is_fstring |= it.is_fstring;
        if (!add_token(p, parts, &it, &t)) { return false; }
    }
    return true;
}

hob_expr *
hob_literal_strings(hob_parser *p, int first, int count)
{
    hob_token *from = token_at(p, first), *to = token_at(p, first + count - 1);
    hob_string_parts parts = {.base = p->n_stack, .at = join(token_span(from), token_span(to))};
    if (p->tok->text[from->start] == 'u') {
        parts.kind = hob_parser_keep(p, PyUnicode_InternFromString("u"));
        if (!parts.kind) { return NULL; }
    }
    bool is_fstring = false;
    hob_expr *e = NULL;
    if (add_tokens(p, &parts, first, count, &is_fstring)) {
        e = is_fstring ? hob_string_parts_joined(p, &parts) : constant_part(p, &parts);
    }
    Py_XDECREF(parts.last);
    if (!e) { p->n_stack = parts.base; }
    return e;
}

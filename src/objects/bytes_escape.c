/* bytes_escape.c -- bytes as literals: repr, and decoding backslash escapes. */
#include <Python.h>

#include "memory/own.h"

/* --- repr --- */

static Py_ssize_t
shown_size(uint8_t c)
{
    if (c == '\\' || c == '\'' || c == '\t' || c == '\n' || c == '\r') { return 2; }
    return c < ' ' || c >= 0x7f ? 4 : 1;
}

/* b'...', or b"..." when that saves escapes (smart quotes). */
PyObject *
PyBytes_Repr(PyObject *op, int smart_quotes)
{
    const uint8_t *p = (const uint8_t *)PyBytes_AS_STRING(op);
    Py_ssize_t n = PyBytes_GET_SIZE(op);
    Py_ssize_t size = 3;
    Py_ssize_t singles = 0;
    Py_ssize_t doubles = 0;
    for (Py_ssize_t i = 0; i < n; i++) {
        Py_ssize_t step = p[i] == '\'' ? 1 : shown_size(p[i]);
        singles += p[i] == '\'';
        doubles += p[i] == '"';
        if (size > PY_SSIZE_T_MAX - step - n) {
            PyErr_SetString(PyExc_OverflowError, "bytes object is too large to make repr");
            return NULL;
        }
        size += step;
    }
    char quote = smart_quotes && singles && !doubles ? '"' : '\'';
    if (quote == '\'') { size += singles; }

    PyObject *text = PyUnicode_New(size, 127);
    if (!text) { return NULL; }
    Py_UCS1 *to = PyUnicode_1BYTE_DATA(text);
    *to++ = 'b';
    *to++ = quote;
    for (Py_ssize_t i = 0; i < n; i++) {
        uint8_t c = p[i];
        if (c == quote || c == '\\') { *to++ = '\\'; *to++ = c; }
        else if (c == '\t') { *to++ = '\\'; *to++ = 't'; }
        else if (c == '\n') { *to++ = '\\'; *to++ = 'n'; }
        else if (c == '\r') { *to++ = '\\'; *to++ = 'r'; }
        else if (c < ' ' || c >= 0x7f) {
            *to++ = '\\';
            *to++ = 'x';
            *to++ = (Py_UCS1)Py_hexdigits[c >> 4];
            *to++ = (Py_UCS1)Py_hexdigits[c & 15];
        }
        else { *to++ = c; }
    }
    *to = quote;
    return text;
}

/* --- escapes --- */

static int
hex_digit(int c)
{
    if (c >= '0' && c <= '9') { return c - '0'; }
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static const char *
simple_escape(char c)
{
    static const char from[] = "\\'\"bftnrva";
    static const char to[] = "\\'\"\b\f\t\n\r\v\a";
    const char *found = c ? strchr(from, c) : NULL;
    return found ? &to[found - from] : NULL;
}

/* What stands for a bad \x: 0 written nothing, 1 wrote '?', -1 with an exception. */
static tri
bad_hex(const char *errors, Py_ssize_t position)
{
    if (!errors || strcmp(errors, "strict") == 0) {
        PyErr_Format(PyExc_ValueError, "invalid \\x escape at position %zd", position);
        return -1;
    }
    if (strcmp(errors, "replace") == 0) { return 1; }
    if (strcmp(errors, "ignore") == 0) { return 0; }
    PyErr_Format(PyExc_ValueError, "decoding error; unknown error handling code: %.400s",
                 errors);
    return -1;
}

/* Decode the escape behind a backslash at s; returns behind it, NULL with an
 * exception; *bad is set for an unknown one, which stays as it is. */
static const char *
decode_one(const char *s, const char *start, const char *end, const char *errors, char **to,
           const char **bad)
{
    char c = *s++;
    if (c == '\n') { return s; }
    const char *plain = simple_escape(c);
    if (plain) {
        *(*to)++ = *plain;
        return s;
    }
    if (c >= '0' && c <= '7') {
        const char *first = s - 1;
        int value = c - '0';
        for (int i = 0; i < 2 && s < end && *s >= '0' && *s <= '7'; i++) {
            value = (value << 3) + (*s++ - '0');
        }
        *(*to)++ = (char)value;
        if (value > 0377 && !*bad) { *bad = first; }
        return s;
    }
    if (c == 'x') {
        if (s + 1 < end && hex_digit(s[0]) >= 0 && hex_digit(s[1]) >= 0) {
            *(*to)++ = (char)((hex_digit(s[0]) << 4) + hex_digit(s[1]));
            return s + 2;
        }
        tri stand_in = bad_hex(errors, s - 2 - start);
        if (stand_in < 0) { return NULL; }
        if (stand_in) { *(*to)++ = '?'; }
        return s < end && hex_digit(s[0]) >= 0 ? s + 1 : s;
    }
    if (!*bad) { *bad = s - 1; }
    *(*to)++ = '\\';
    return s - 1;
}

PyObject *
_PyBytes_DecodeEscape(const char *s, Py_ssize_t n, const char *errors,
                      const char **first_invalid_escape)
{
    *first_invalid_escape = NULL;
    PyObject *result = PyBytes_FromStringAndSize(NULL, n);
    if (!result) { return NULL; }
    char *begin = PyBytes_AS_STRING(result);
    char *to = begin;
    const char *start = s;
    const char *end = s + n;
    while (s < end) {
        const char *slash = memchr(s, '\\', end - s);
        Py_ssize_t run = (slash ? slash : end) - s;
        memcpy(to, s, run);
        to += run;
        s += run;
        if (!slash) { break; }
        if (++s >= end) {
            PyErr_SetString(PyExc_ValueError, "Trailing \\ in string");
            Py_DECREF(result);
            return NULL;
        }
        s = decode_one(s, start, end, errors, &to, first_invalid_escape);
        if (!s) {
            Py_DECREF(result);
            return NULL;
        }
    }
    if (_PyBytes_Resize(&result, to - begin) < 0) { return NULL; }
    return result;
}

/* What is wrong with the escape at bad: the unknown character, or an octal
 * number above 0377. */
static int
invalid_code(const char *bad)
{
    if (*bad < '0' || *bad > '7') { return (unsigned char)*bad; }
    return (bad[0] - '0') << 6 | (bad[1] - '0') << 3 | (bad[2] - '0');
}

/* The same, telling the unknown character too; exported under a private name. */
HOB_EXPORT PyObject *
_PyBytes_DecodeEscape2(const char *s, Py_ssize_t n, const char *errors,
                       int *first_invalid_escape_char, const char **first_invalid_escape_ptr);

PyObject *
_PyBytes_DecodeEscape2(const char *s, Py_ssize_t n, const char *errors,
                       int *first_invalid_escape_char, const char **first_invalid_escape_ptr)
{
    PyObject *result = _PyBytes_DecodeEscape(s, n, errors, first_invalid_escape_ptr);
    const char *bad = *first_invalid_escape_ptr;
    *first_invalid_escape_char = bad ? invalid_code(bad) : -1;
    return result;
}

PyObject *
PyBytes_DecodeEscape(const char *s, Py_ssize_t n, const char *errors, Py_ssize_t unused1,
                     const char *unused2)
{
    const char *bad;
    PyObject *result = _PyBytes_DecodeEscape(s, n, errors, &bad);
    if (!result || !bad) { return result; }
    int code = invalid_code(bad);
    char text[64];
    PyOS_snprintf(text, sizeof text, "invalid octal escape sequence '\\%o'", (unsigned)code);
    int done = code > 0377
        ? PyErr_WarnEx(PyExc_DeprecationWarning, text, 1)
        : PyErr_WarnFormat(PyExc_DeprecationWarning, 1, "invalid escape sequence '\\%c'", code);
    if (done < 0) { Py_CLEAR(result); }
    return result;
}

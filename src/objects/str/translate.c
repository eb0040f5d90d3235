/* translate.c -- str.translate: characters replaced by what a mapping says.
 *
 * ASCII text is translated through a table of 128 bytes that is filled as
 * characters are met, as long as their results are ASCII characters too.
 */
#include "objects/str/str_int.h"

/* What the mapping says about a character. */
typedef enum { KEEP, DROP, CHAR, TEXT } verdict;

typedef struct {
    verdict verdict;
    Py_UCS4 ch;
    PyObject *text;             /* owned, with TEXT */
} translation;

/* Ask mapping about ch. */
static status
ask(PyObject *mapping, Py_UCS4 ch, translation *out)
{
    own PyObject *key = PyLong_FromLong((long)ch);
    if (!key) { return -1; }
    own PyObject *item = PyObject_GetItem(mapping, key);
    if (!item) {
        if (!PyErr_ExceptionMatches(PyExc_LookupError)) { return -1; }
        PyErr_Clear();
        *out = (translation){KEEP, ch, NULL};
        return 0;
    }
    if (item == Py_None) {
        *out = (translation){DROP, 0, NULL};
        return 0;
    }
    if (PyLong_Check(item)) {
        long value = PyLong_AsLong(item);
        if (value < 0 || value > MAX_CHAR) {
            PyErr_Format(PyExc_ValueError, "character mapping must be in range(0x%x)",
                         MAX_CHAR + 1);
            return -1;
        }
        *out = (translation){CHAR, (Py_UCS4)value, NULL};
        return 0;
    }
    if (!PyUnicode_Check(item)) {
        PyErr_SetString(PyExc_TypeError, "character mapping must return integer, None or str");
        return -1;
    }
    READY_OR(item, -1);
    *out = LENGTH(item) == 1 ? (translation){CHAR, PyUnicode_READ_CHAR(item, 0), NULL}
                             : (translation){TEXT, 0, take(item)};
    return 0;
}

static status
put(_PyUnicodeWriter *writer, translation *t)
{
    if (t->verdict != TEXT) { return _PyUnicodeWriter_WriteChar(writer, t->ch); }
    status done = _PyUnicodeWriter_WriteStr(writer, t->text);
    Py_CLEAR(t->text);
    return done;
}

/* --- ASCII --- */

enum { UNKNOWN_YET = 0xff, DROPPED = 0xfe };

/* Translate from the start while results are ASCII; how far that went. */
static Py_ssize_t
translate_ascii(PyObject *input, PyObject *mapping, bool drops, _PyUnicodeWriter *writer)
{
    const uint8_t *from = PyUnicode_DATA(input);
    Py_ssize_t n = LENGTH(input), i = 0;
    uint8_t table[128];
    memset(table, UNKNOWN_YET, sizeof table);
    if (_PyUnicodeWriter_Prepare(writer, n, 127) < 0) { return -1; }
    uint8_t *to = writer->data;
    for (; i < n; i++) {
        uint8_t known = table[from[i]];
        if (known == UNKNOWN_YET) {
            translation t;
            if (ask(mapping, from[i], &t) < 0) { return -1; }
            if (t.verdict == TEXT || t.ch > 127 || (t.verdict == DROP && !drops)) {
                Py_CLEAR(t.text);
                break;
            }
            known = table[from[i]] = t.verdict == DROP ? DROPPED : (uint8_t)t.ch;
        }
        if (known != DROPPED) { to[writer->pos++] = known; }
    }
    return i;
}

/* --- all of it --- */

/* Call the handler about the undefined input[start:stop]. */
static status
translate_by_handler(const char *errors, PyObject *input, Py_ssize_t start, Py_ssize_t stop,
                     _PyUnicodeWriter *writer, Py_ssize_t *pos)
{
    own PyObject *exc = _PyUnicodeTranslateError_Create(input, start, stop,
                                                        "character maps to <undefined>");
    own PyObject *handler = exc ? PyCodec_LookupError(errors) : NULL;
    own PyObject *answer = handler ? PyObject_CallOneArg(handler, exc) : NULL;
    if (!answer) { return -1; }
    static const char format[] = "Un;translating error handler must return (str, int) tuple";
    if (!PyTuple_Check(answer)) {
        PyErr_SetString(PyExc_TypeError, strchr(format, ';') + 1);
        return -1;
    }
    PyObject *replacement;
    if (!PyArg_ParseTuple(answer, format, &replacement, pos)) { return -1; }
    if (*pos < 0) { *pos += LENGTH(input); }
    if (*pos < 0 || *pos > LENGTH(input)) {
        PyErr_Format(PyExc_IndexError, "position %zd from error handler out of bounds", *pos);
        return -1;
    }
    return _PyUnicodeWriter_WriteStr(writer, replacement);
}

static status
translate_rest(PyObject *input, PyObject *mapping, const char *errors, bool drops,
               _PyUnicodeWriter *writer, Py_ssize_t pos)
{
    text in = text_of(input);
    while (pos < in.n) {
        translation t;
        if (ask(mapping, text_at(in, pos), &t) < 0) { return -1; }
        if (t.verdict != DROP) {
            if (put(writer, &t) < 0) { return -1; }
            pos++;
            continue;
        }
        if (drops) {
            pos++;
            continue;
        }
        Py_ssize_t start = pos++;
        while (pos < in.n) {                    /* undefined ones are reported together */
            if (ask(mapping, text_at(in, pos), &t) < 0) { return -1; }
            Py_CLEAR(t.text);
            if (t.verdict != DROP) { break; }
            pos++;
        }
        if (translate_by_handler(errors, input, start, pos, writer, &pos) < 0) { return -1; }
    }
    return 0;
}

PyObject *
PyUnicode_Translate(PyObject *str, PyObject *mapping, const char *errors)
{
    if (hob_str_expect(str) < 0) { return NULL; }
    if (LENGTH(str) == 0) { return hob_str_same(str); }
    bool drops = errors && strcmp(errors, "ignore") == 0;
    _PyUnicodeWriter writer;
    _PyUnicodeWriter_Init(&writer);
    Py_ssize_t pos = 0;
    if (STATE(str).ascii) { pos = translate_ascii(str, mapping, drops, &writer); }
    writer.overallocate = 1;
    if (pos < 0 || translate_rest(str, mapping, errors, drops, &writer, pos) < 0) {
        _PyUnicodeWriter_Dealloc(&writer);
        return NULL;
    }
    return _PyUnicodeWriter_Finish(&writer);
}

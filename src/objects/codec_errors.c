/* codec_errors.c -- what may be done about text a codec cannot handle.
 *
 * A handler takes a UnicodeEncodeError, -DecodeError or -TranslateError and
 * returns (replacement, position to go on from), or raises.  The codecs know
 * the common ones by name and seldom call these.
 */
#include "objects/codecs.h"

#include "memory/own.h"
#include "objects/str/str.h"
#include "text/ucd.h"
#include "text/units.h"
#include "text/utf8.h"

/* --- the fault in an exception --- */

typedef enum { FAULT_ENCODE = 1, FAULT_DECODE = 2, FAULT_TRANSLATE = 4 } fault_side;

typedef struct {
    fault_side side;
    PyObject *object;           /* owned: str, or bytes when decoding */
    Py_ssize_t start, end;
} fault;

static inline void
fault_drop(fault *f)
{
    Py_XDECREF(f->object);
}
#define own_fault __attribute__((cleanup(fault_drop))) fault

static status
wrong_type(PyObject *exc)
{
    PyErr_Format(PyExc_TypeError, "don't know how to handle %.200s in error callback",
                 Py_TYPE(exc)->tp_name);
    return -1;
}

static inline bool
is_a(PyObject *exc, PyObject *type)
{
    return PyObject_TypeCheck(exc, (PyTypeObject *)type);
}

/* Take exc apart if it is of one of the sides. */
static status
fault_of(PyObject *exc, int sides, fault *f)
{
    *f = (fault){0};
    if ((sides & FAULT_ENCODE) && is_a(exc, PyExc_UnicodeEncodeError)) {
        f->side = FAULT_ENCODE;
        if (PyUnicodeEncodeError_GetStart(exc, &f->start) < 0
            || PyUnicodeEncodeError_GetEnd(exc, &f->end) < 0) { return -1; }
        f->object = PyUnicodeEncodeError_GetObject(exc);
    }
    else if ((sides & FAULT_DECODE) && is_a(exc, PyExc_UnicodeDecodeError)) {
        f->side = FAULT_DECODE;
        if (PyUnicodeDecodeError_GetStart(exc, &f->start) < 0
            || PyUnicodeDecodeError_GetEnd(exc, &f->end) < 0) { return -1; }
        f->object = PyUnicodeDecodeError_GetObject(exc);
    }
    else if ((sides & FAULT_TRANSLATE) && is_a(exc, PyExc_UnicodeTranslateError)) {
        f->side = FAULT_TRANSLATE;
        if (PyUnicodeTranslateError_GetStart(exc, &f->start) < 0
            || PyUnicodeTranslateError_GetEnd(exc, &f->end) < 0) { return -1; }
        f->object = PyUnicodeTranslateError_GetObject(exc);
    }
    else {
        return wrong_type(exc);
    }
    if (f->object && f->side != FAULT_DECODE && PyUnicode_READY(f->object) < 0) { return -1; }
    return f->object ? 0 : -1;
}

static inline Py_UCS4
fault_char(const fault *f, Py_ssize_t i)
{
    return PyUnicode_READ_CHAR(f->object, i);
}

/* (replacement, position); consumes the replacement. */
static PyObject *
answer(STOLEN PyObject *replacement, Py_ssize_t position)
{
    return replacement ? Py_BuildValue("(Nn)", replacement, position) : NULL;
}

static PyObject *
raise_again(PyObject *exc)
{
    PyErr_SetObject(PyExceptionInstance_Class(exc), exc);
    return NULL;
}

static PyObject *
filled(Py_ssize_t n, Py_UCS4 ch)
{
    PyObject *str = PyUnicode_New(n < 0 ? 0 : n, ch);
    if (str && n > 0) { _PyUnicode_FastFill(str, 0, n, ch); }
    return str;
}

/* --- the plain ones --- */

PyObject *
PyCodec_StrictErrors(PyObject *exc)
{
    if (PyExceptionInstance_Check(exc)) { return raise_again(exc); }
    PyErr_SetString(PyExc_TypeError, "codec must pass exception instance");
    return NULL;
}

PyObject *
PyCodec_IgnoreErrors(PyObject *exc)
{
    own_fault f;
    if (fault_of(exc, FAULT_ENCODE | FAULT_DECODE | FAULT_TRANSLATE, &f) < 0) { return NULL; }
    return answer(PyUnicode_New(0, 0), f.end);
}

PyObject *
PyCodec_ReplaceErrors(PyObject *exc)
{
    own_fault f;
    if (fault_of(exc, FAULT_ENCODE | FAULT_DECODE | FAULT_TRANSLATE, &f) < 0) { return NULL; }
    PyObject *replacement = f.side == FAULT_ENCODE ? filled(f.end - f.start, '?')
                          : f.side == FAULT_DECODE ? filled(1, 0xfffd)
                          : filled(f.end - f.start, 0xfffd);
    return answer(replacement, f.end);
}

/* --- escapes --- */

/* \xhh, \uhhhh or \Uhhhhhhhh for ch. */
static status
write_escape(_PyUnicodeWriter *writer, Py_UCS4 ch)
{
    char text[12];
    int n = PyOS_snprintf(text, sizeof text, ch < 0x100 ? "\\x%02x"
                          : ch < 0x10000 ? "\\u%04x" : "\\U%08x", (unsigned)ch);
    return _PyUnicodeWriter_WriteASCIIString(writer, text, n);
}

static status
write_reference(_PyUnicodeWriter *writer, Py_UCS4 ch)
{
    char text[16];
    int n = PyOS_snprintf(text, sizeof text, "&#%u;", (unsigned)ch);
    return _PyUnicodeWriter_WriteASCIIString(writer, text, n);
}

static status
write_name(_PyUnicodeWriter *writer, Py_UCS4 ch)
{
    char name[UCD_NAME_SIZE];
    int n = hob_ucd_name(ch, name);
    if (n == 0) { return write_escape(writer, ch); }
    if (_PyUnicodeWriter_WriteASCIIString(writer, "\\N{", 3) < 0) { return -1; }
    if (_PyUnicodeWriter_WriteASCIIString(writer, name, n) < 0) { return -1; }
    return _PyUnicodeWriter_WriteChar(writer, '}');
}

/* Write every character (byte) of the fault by `write`. */
static PyObject *
each_written(const fault *f, status (*write)(_PyUnicodeWriter *, Py_UCS4))
{
    _PyUnicodeWriter writer;
    _PyUnicodeWriter_Init(&writer);
    writer.overallocate = 1;
    for (Py_ssize_t i = f->start; i < f->end; i++) {
        Py_UCS4 ch = f->side == FAULT_DECODE ? (Py_UCS4)(uint8_t)PyBytes_AS_STRING(f->object)[i]
                                             : fault_char(f, i);
        if (write(&writer, ch) < 0) {
            _PyUnicodeWriter_Dealloc(&writer);
            return NULL;
        }
    }
    return answer(_PyUnicodeWriter_Finish(&writer), f->end);
}

PyObject *
PyCodec_XMLCharRefReplaceErrors(PyObject *exc)
{
    own_fault f;
    if (fault_of(exc, FAULT_ENCODE, &f) < 0) { return NULL; }
    return each_written(&f, write_reference);
}

PyObject *
PyCodec_BackslashReplaceErrors(PyObject *exc)
{
    own_fault f;
    if (fault_of(exc, FAULT_ENCODE | FAULT_DECODE | FAULT_TRANSLATE, &f) < 0) { return NULL; }
    return each_written(&f, write_escape);
}

PyObject *
PyCodec_NameReplaceErrors(PyObject *exc)
{
    own_fault f;
    if (fault_of(exc, FAULT_ENCODE, &f) < 0) { return NULL; }
    return each_written(&f, write_name);
}

/* --- surrogates --- */

typedef enum {
    FORM_OTHER, FORM_UTF8, FORM_UTF16_LE, FORM_UTF16_BE, FORM_UTF32_LE, FORM_UTF32_BE,
} utf_form;

/* Which UTF a name means: utf, [-_], 8 | 16 or 32 with [-_] le, be or nothing. */
static utf_form
form_of(const char *name)
{
    if (PyOS_strnicmp(name, "utf", 3) != 0) { return FORM_OTHER; }
    name += 3;
    name += *name == '-' || *name == '_';
    if (strcmp(name, "8") == 0) { return FORM_UTF8; }
    bool is_16 = strncmp(name, "16", 2) == 0;
    if (!is_16 && strncmp(name, "32", 2) != 0) { return FORM_OTHER; }
    name += 2;
    if (!*name) { return is_16 ? FORM_UTF16_LE : FORM_UTF32_LE; }
    name += *name == '-' || *name == '_';
    if (PyOS_stricmp(name, "le") == 0) { return is_16 ? FORM_UTF16_LE : FORM_UTF32_LE; }
    if (PyOS_stricmp(name, "be") == 0) { return is_16 ? FORM_UTF16_BE : FORM_UTF32_BE; }
    return FORM_OTHER;
}

static int
form_size(utf_form form)
{
    return form == FORM_UTF8 ? 3 : form == FORM_UTF16_LE || form == FORM_UTF16_BE ? 2 : 4;
}

static void
surrogate_write(utf_form form, Py_UCS4 ch, uint8_t *to)
{
    memset(to, 0, 4);
    switch (form) {
    case FORM_UTF8: hob_utf8_put(to, ch); break;
    case FORM_UTF16_LE: case FORM_UTF32_LE:
        to[0] = ch & 0xff;
        to[1] = (uint8_t)(ch >> 8);
        break;
    case FORM_UTF16_BE:
        to[0] = (uint8_t)(ch >> 8);
        to[1] = ch & 0xff;
        break;
    default:
        to[2] = (uint8_t)(ch >> 8);
        to[3] = ch & 0xff;
        break;
    }
}

static Py_UCS4
surrogate_read(utf_form form, const uint8_t *s)
{
    switch (form) {
    case FORM_UTF8:
        if ((s[0] & 0xf0) != 0xe0 || (s[1] & 0xc0) != 0x80 || (s[2] & 0xc0) != 0x80) {
            return 0;
        }
        return (Py_UCS4)(s[0] & 0xf) << 12 | (Py_UCS4)(s[1] & 0x3f) << 6 | (s[2] & 0x3f);
    case FORM_UTF16_LE: return s[0] | (Py_UCS4)s[1] << 8;
    case FORM_UTF16_BE: return (Py_UCS4)s[0] << 8 | s[1];
    case FORM_UTF32_LE:
        return s[0] | (Py_UCS4)s[1] << 8 | (Py_UCS4)s[2] << 16 | (Py_UCS4)s[3] << 24;
    default: return (Py_UCS4)s[0] << 24 | (Py_UCS4)s[1] << 16 | (Py_UCS4)s[2] << 8 | s[3];
    }
}

static PyObject *
pass_encoded(PyObject *exc, const fault *f, utf_form form)
{
    int size = form_size(form);
    Py_ssize_t n = f->end - f->start;
    own PyObject *bytes = PyBytes_FromStringAndSize(NULL, n < 0 ? 0 : n * size);
    if (!bytes) { return NULL; }
    uint8_t *to = (uint8_t *)PyBytes_AS_STRING(bytes), unit[4];
    for (Py_ssize_t i = f->start; i < f->end; i++, to += size) {
        Py_UCS4 ch = fault_char(f, i);
        if (!hob_is_surrogate(ch)) { return raise_again(exc); }
        surrogate_write(form, ch, unit);
        memcpy(to, unit, (size_t)size);
    }
    return answer(take(bytes), f->end);
}

static PyObject *
pass_decoded(PyObject *exc, const fault *f, utf_form form)
{
    const uint8_t *s = (const uint8_t *)PyBytes_AS_STRING(f->object);
    Py_UCS4 ch = 0;
    if (PyBytes_GET_SIZE(f->object) - f->start >= form_size(form)) {
        ch = surrogate_read(form, s + f->start);
    }
    if (!hob_is_surrogate(ch)) { return raise_again(exc); }
    return answer(PyUnicode_FromOrdinal((int)ch), f->start + form_size(form));
}

static PyObject *
surrogate_pass(PyObject *exc)
{
    own_fault f;
    if (fault_of(exc, FAULT_ENCODE | FAULT_DECODE, &f) < 0) { return NULL; }
    own PyObject *encoding = f.side == FAULT_ENCODE ? PyUnicodeEncodeError_GetEncoding(exc)
                                                    : PyUnicodeDecodeError_GetEncoding(exc);
    const char *name = encoding ? PyUnicode_AsUTF8(encoding) : NULL;
    if (!name) { return NULL; }
    utf_form form = form_of(name);
    if (form == FORM_OTHER) { return raise_again(exc); }
    return f.side == FAULT_ENCODE ? pass_encoded(exc, &f, form) : pass_decoded(exc, &f, form);
}

/* Bytes 0x80 .. 0xff live in a str as U+DC80 .. U+DCFF (PEP 383). */
static PyObject *
surrogate_escape(PyObject *exc)
{
    own_fault f;
    if (fault_of(exc, FAULT_ENCODE | FAULT_DECODE, &f) < 0) { return NULL; }
    if (f.side == FAULT_ENCODE) {
        own PyObject *bytes = PyBytes_FromStringAndSize(NULL, Py_MAX(f.end - f.start, 0));
        if (!bytes) { return NULL; }
        for (Py_ssize_t i = f.start; i < f.end; i++) {
            Py_UCS4 ch = fault_char(&f, i);
            if (ch < 0xdc80 || ch > 0xdcff) { return raise_again(exc); }
            PyBytes_AS_STRING(bytes)[i - f.start] = (char)(ch - 0xdc00);
        }
        return answer(take(bytes), f.end);
    }
    const uint8_t *s = (const uint8_t *)PyBytes_AS_STRING(f.object) + f.start;
    Py_UCS2 chars[4];
    Py_ssize_t n = 0;
    while (n < 4 && n < f.end - f.start && s[n] >= 128) {
        chars[n] = 0xdc00 + s[n];
        n++;
    }
    if (n == 0) { return raise_again(exc); }
    return answer(PyUnicode_FromKindAndData(PyUnicode_2BYTE_KIND, chars, n), f.start + n);
}

/* --- as functions --- */

#define HANDLER(name, function)                 \
    static PyObject *                           \
    name(PyObject *module, PyObject *exc)       \
    {                                           \
        return function(exc);                   \
    }
HANDLER(strict_errors, PyCodec_StrictErrors)
HANDLER(ignore_errors, PyCodec_IgnoreErrors)
HANDLER(replace_errors, PyCodec_ReplaceErrors)
HANDLER(xmlcharrefreplace_errors, PyCodec_XMLCharRefReplaceErrors)
HANDLER(backslashreplace_errors, PyCodec_BackslashReplaceErrors)
HANDLER(namereplace_errors, PyCodec_NameReplaceErrors)
HANDLER(surrogatepass, surrogate_pass)
HANDLER(surrogateescape, surrogate_escape)

static struct {
    const char *name;
    PyMethodDef def;
} handlers[] = {
    {"strict", {"strict_errors", strict_errors, METH_O,
                "Raise the exception: no coding error passes."}},
    {"ignore", {"ignore_errors", ignore_errors, METH_O, "Leave out what cannot be coded."}},
    {"replace", {"replace_errors", replace_errors, METH_O,
                 "Put a replacement mark for what cannot be coded."}},
    {"xmlcharrefreplace", {"xmlcharrefreplace_errors", xmlcharrefreplace_errors, METH_O,
                           "Put an XML character reference for what cannot be encoded."}},
    {"backslashreplace", {"backslashreplace_errors", backslashreplace_errors, METH_O,
                          "Put a backslash escape for what cannot be coded."}},
    {"namereplace", {"namereplace_errors", namereplace_errors, METH_O,
                     "Put a \\N{...} escape for what cannot be encoded."}},
    {"surrogatepass", {"surrogatepass", surrogatepass, METH_O, NULL}},
    {"surrogateescape", {"surrogateescape", surrogateescape, METH_O, NULL}},
};

status
hob_codec_errors_register(PyObject *registry)
{
    for (size_t i = 0; i < ARRAY_LEN(handlers); i++) {
        own PyObject *function = PyCFunction_NewEx(&handlers[i].def, NULL, NULL);
        if (!function || PyDict_SetItemString(registry, handlers[i].name, function) < 0) {
            return -1;
        }
    }
    return 0;
}

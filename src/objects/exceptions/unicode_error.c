/* unicode_error.c -- UnicodeEncodeError, UnicodeDecodeError, UnicodeTranslateError.
 *
 * Holds      after __init__: object is str (bytes when decoding), encoding and
 *            reason are str.  start and end are whatever was given; who asks
 *            through the API gets them clipped to the object.
 * Hazard     all fields may be set to anything from Python, or be NULL before
 *            __init__: every getter checks.
 */
#include "objects/exceptions/kinds.h"

typedef PyUnicodeErrorObject UniErr;

#define UNICODE_FIELDS(F) F(encoding) F(object) F(reason)
EXCEPTION_MEMORY(unicode, PyUnicodeErrorObject, UNICODE_FIELDS)

PyMemberDef hob_unicode_members[] = {
    {"encoding", T_OBJECT, offsetof(UniErr, encoding), 0, PyDoc_STR("the encoding")},
    {"object", T_OBJECT, offsetof(UniErr, object), 0, PyDoc_STR("what was being converted")},
    {"start", T_PYSSIZET, offsetof(UniErr, start), 0, PyDoc_STR("where the trouble starts")},
    {"end", T_PYSSIZET, offsetof(UniErr, end), 0, PyDoc_STR("where it ends")},
    {"reason", T_OBJECT, offsetof(UniErr, reason), 0, PyDoc_STR("what the trouble is")},
    {NULL, 0, 0, 0, NULL},
};

/* --- __init__ --- */

static int
unicode_fill(UniErr *self, PyObject *encoding, PyObject *object, PyObject *reason)
{
    Py_XSETREF(self->encoding, Py_XNewRef(encoding));
    Py_XSETREF(self->object, Py_NewRef(object));
    Py_XSETREF(self->reason, Py_NewRef(reason));
    return 0;
}

int
hob_encode_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    UniErr *self = (UniErr *)op;
    PyObject *encoding, *object, *reason;
    if (hob_base_init(op, args, kwargs) < 0 ||
        !PyArg_ParseTuple(args, "UUnnU", &encoding, &object, &self->start, &self->end,
                          &reason)) {
        return -1;
    }
    return unicode_fill(self, encoding, object, reason);
}

int
hob_translate_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    UniErr *self = (UniErr *)op;
    PyObject *object, *reason;
    if (hob_base_init(op, args, kwargs) < 0 ||
        !PyArg_ParseTuple(args, "UnnU", &object, &self->start, &self->end, &reason)) {
        return -1;
    }
    return unicode_fill(self, NULL, object, reason);
}

int
hob_decode_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    UniErr *self = (UniErr *)op;
    PyObject *encoding, *object, *reason;
    if (hob_base_init(op, args, kwargs) < 0 ||
        !PyArg_ParseTuple(args, "UOnnU", &encoding, &object, &self->start, &self->end,
                          &reason)) {
        return -1;
    }
    if (PyBytes_Check(object)) { return unicode_fill(self, encoding, object, reason); }
    Py_buffer view;
    if (PyObject_GetBuffer(object, &view, PyBUF_SIMPLE) < 0) { return -1; }
    own PyObject *bytes = PyBytes_FromStringAndSize(view.buf, view.len);
    PyBuffer_Release(&view);
    return bytes ? unicode_fill(self, encoding, bytes, reason) : -1;
}

/* --- str() --- */

/* "\xe9", "\u1234" or "\U00101234" with its quotes. */
static PyObject *
show_character(PyObject *text, Py_ssize_t at)
{
    Py_UCS4 c = PyUnicode_ReadChar(text, at);
    const char *format = c <= 0xff ? "'\\x%02x'" : c <= 0xffff ? "'\\u%04x'" : "'\\U%08x'";
    return PyUnicode_FromFormat(format, (int)c);
}

/* "character 'x' in position 3" or "characters in position 3-5". */
static PyObject *
show_place(UniErr *self)
{
    Py_ssize_t size = PyUnicode_GET_LENGTH(self->object);
    if (self->start < size && self->start >= 0 && self->end == self->start + 1) {
        own PyObject *shown = show_character(self->object, self->start);
        if (!shown) { return NULL; }
        return PyUnicode_FromFormat("character %U in position %zd", shown, self->start);
    }
    return PyUnicode_FromFormat("characters in position %zd-%zd", self->start, self->end - 1);
}

PyObject *
hob_encode_str(PyObject *op)
{
    UniErr *self = (UniErr *)op;
    if (!self->object) { return PyUnicode_FromString(""); }     /* __init__ did not run */
    own PyObject *encoding = PyObject_Str(self->encoding);
    own PyObject *reason = encoding ? PyObject_Str(self->reason) : NULL;
    own PyObject *place = reason ? show_place(self) : NULL;
    if (!place) { return NULL; }
    return PyUnicode_FromFormat("'%U' codec can't encode %U: %U", encoding, place, reason);
}

PyObject *
hob_translate_str(PyObject *op)
{
    UniErr *self = (UniErr *)op;
    if (!self->object) { return PyUnicode_FromString(""); }
    own PyObject *reason = PyObject_Str(self->reason);
    own PyObject *place = reason ? show_place(self) : NULL;
    return place ? PyUnicode_FromFormat("can't translate %U: %U", place, reason) : NULL;
}

PyObject *
hob_decode_str(PyObject *op)
{
    UniErr *self = (UniErr *)op;
    if (!self->object) { return PyUnicode_FromString(""); }
    own PyObject *encoding = PyObject_Str(self->encoding);
    own PyObject *reason = encoding ? PyObject_Str(self->reason) : NULL;
    if (!reason) { return NULL; }
    Py_ssize_t size = PyBytes_GET_SIZE(self->object);
    if (self->start < size && self->start >= 0 && self->end == self->start + 1) {
        int byte = (unsigned char)PyBytes_AS_STRING(self->object)[self->start];
        return PyUnicode_FromFormat("'%U' codec can't decode byte 0x%02x in position %zd: %U",
                                    encoding, byte, self->start, reason);
    }
    return PyUnicode_FromFormat("'%U' codec can't decode bytes in position %zd-%zd: %U",
                                encoding, self->start, self->end - 1, reason);
}

/* --- public API --- */

/* The field if it is a str (bytes), else TypeError. */
static PyObject *
checked_field(PyObject *value, const char *name, bool want_bytes)
{
    if (!value) {
        PyErr_Format(PyExc_TypeError, "%.200s attribute not set", name);
        return NULL;
    }
    if (want_bytes ? PyBytes_Check(value) : PyUnicode_Check(value)) { return Py_NewRef(value); }
    PyErr_Format(PyExc_TypeError, "%.200s attribute must be %s", name,
                 want_bytes ? "bytes" : "unicode");
    return NULL;
}

static PyObject *
get_object(PyObject *self, bool want_bytes)
{
    return checked_field(((UniErr *)self)->object, "object", want_bytes);
}

/* Length of the object; -1 with TypeError. */
static Py_ssize_t
object_size(PyObject *self, bool want_bytes)
{
    own PyObject *object = get_object(self, want_bytes);
    if (!object) { return -1; }
    return want_bytes ? PyBytes_GET_SIZE(object) : PyUnicode_GET_LENGTH(object);
}

static int
get_start(PyObject *self, Py_ssize_t *out, bool want_bytes)
{
    Py_ssize_t size = object_size(self, want_bytes), start = ((UniErr *)self)->start;
    if (size < 0) { return -1; }
    if (start < 0) { start = 0; }
    if (start >= size) { start = size - 1; }
    *out = start;
    return 0;
}

static int
get_end(PyObject *self, Py_ssize_t *out, bool want_bytes)
{
    Py_ssize_t size = object_size(self, want_bytes), end = ((UniErr *)self)->end;
    if (size < 0) { return -1; }
    if (end < 1) { end = 1; }
    if (end > size) { end = size; }
    *out = end;
    return 0;
}

static int
set_reason(PyObject *self, const char *reason)
{
    PyObject *text = PyUnicode_FromString(reason);
    if (!text) { return -1; }
    Py_XSETREF(((UniErr *)self)->reason, text);
    return 0;
}

#define UNICODE_ERROR_API(Name, want_bytes)                                     \
    PyObject *Name##_GetObject(PyObject *self)                                  \
    {                                                                           \
        return get_object(self, want_bytes);                                    \
    }                                                                           \
    PyObject *Name##_GetReason(PyObject *self)                                  \
    {                                                                           \
        return checked_field(((UniErr *)self)->reason, "reason", false);        \
    }                                                                           \
    int Name##_SetReason(PyObject *self, const char *reason)                    \
    {                                                                           \
        return set_reason(self, reason);                                        \
    }                                                                           \
    int Name##_GetStart(PyObject *self, Py_ssize_t *start)                      \
    {                                                                           \
        return get_start(self, start, want_bytes);                              \
    }                                                                           \
    int Name##_GetEnd(PyObject *self, Py_ssize_t *end)                          \
    {                                                                           \
        return get_end(self, end, want_bytes);                                  \
    }                                                                           \
    int Name##_SetStart(PyObject *self, Py_ssize_t start)                       \
    {                                                                           \
        ((UniErr *)self)->start = start;                                        \
        return 0;                                                               \
    }                                                                           \
    int Name##_SetEnd(PyObject *self, Py_ssize_t end)                           \
    {                                                                           \
        ((UniErr *)self)->end = end;                                            \
        return 0;                                                               \
    }
UNICODE_ERROR_API(PyUnicodeEncodeError, false)
UNICODE_ERROR_API(PyUnicodeDecodeError, true)
UNICODE_ERROR_API(PyUnicodeTranslateError, false)
#undef UNICODE_ERROR_API

PyObject *
PyUnicodeEncodeError_GetEncoding(PyObject *self)
{
    return checked_field(((UniErr *)self)->encoding, "encoding", false);
}

PyObject *
PyUnicodeDecodeError_GetEncoding(PyObject *self)
{
    return checked_field(((UniErr *)self)->encoding, "encoding", false);
}

PyObject *
PyUnicodeDecodeError_Create(const char *encoding, const char *object, Py_ssize_t length,
                            Py_ssize_t start, Py_ssize_t end, const char *reason)
{
    return PyObject_CallFunction(PyExc_UnicodeDecodeError, "sy#nns", encoding, object, length,
                                 start, end, reason);
}

PyObject *
_PyUnicodeTranslateError_Create(PyObject *object, Py_ssize_t start, Py_ssize_t end,
                                const char *reason)
{
    return PyObject_CallFunction(PyExc_UnicodeTranslateError, "Onns", object, start, end,
                                 reason);
}

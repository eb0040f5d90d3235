/* bytes.c -- the bytes type: bytes that never change.
 *
 * Layout     PyBytesObject: cached hash, ob_size bytes, and a NUL behind them.
 * Holds      ob_shash is -1 until the hash is asked for.
 *            The empty bytes and the 256 of one byte are static and shared; others
 *            may be written to by their maker while nobody else has seen them.
 * Next       bytes_methods.c, bytes_format.c, bytes_escape.c, bytes_writer.c
 */
#include "objects/bytes.h"

#include "memory/own.h"
#include "objects/bind.h"
#include "objects/ids.h"
#include "objects/iterators.h"
#include "objects/special.h"
#include "state/runtime.h"
#include "text/find.h"

enum { HEADER = offsetof(PyBytesObject, ob_sval) + 1, IMMORTAL = 1 << 29 };

/* Data and NUL of up to one byte lie in the struct's own padding. */
static PyBytesObject singles[256];
static PyBytesObject empty;

static BORROWED PyObject *
shared(PyBytesObject *self, Py_ssize_t n, unsigned char byte)
{
    if (UNLIKELY(Py_REFCNT(self) < IMMORTAL)) {
        Py_SET_REFCNT(self, IMMORTAL * 2);
        if (!Py_TYPE(self)) {
            Py_SET_TYPE(self, &PyBytes_Type);
            Py_SET_SIZE(self, n);
            *hob_bytes_hash_place((PyObject *)self) = -1;
            self->ob_sval[0] = (char)byte;
        }
    }
    return (PyObject *)self;
}

PyObject *
hob_bytes_empty(void)
{
    return shared(&empty, 0, 0);
}

PyObject *
hob_bytes_single(unsigned char byte)
{
    return shared(&singles[byte], 1, byte);
}

static PyObject *
bytes_alloc(Py_ssize_t n, bool zeroed)
{
    if (n > PY_SSIZE_T_MAX - HEADER) {
        PyErr_SetString(PyExc_OverflowError, "byte string is too large");
        return NULL;
    }
    PyBytesObject *self = zeroed ? PyObject_Calloc(1, HEADER + n) : PyObject_Malloc(HEADER + n);
    if (!self) { return PyErr_NoMemory(); }
    PyObject_InitVar((PyVarObject *)self, &PyBytes_Type, n);
    *hob_bytes_hash_place((PyObject *)self) = -1;
    self->ob_sval[n] = '\0';
    return (PyObject *)self;
}

PyObject *
PyBytes_FromStringAndSize(const char *data, Py_ssize_t n)
{
    if (n < 0) {
        PyErr_SetString(PyExc_SystemError,
                        "Negative size passed to PyBytes_FromStringAndSize");
        return NULL;
    }
    if (n == 0) { return Py_NewRef(hob_bytes_empty()); }
    if (n == 1 && data) { return Py_NewRef(hob_bytes_single((unsigned char)*data)); }
    PyObject *self = bytes_alloc(n, false);
    if (self && data) { memcpy(PyBytes_AS_STRING(self), data, n); }
    return self;
}

PyObject *
PyBytes_FromString(const char *text)
{
    size_t n = strlen(text);
    if (n > PY_SSIZE_T_MAX - HEADER) {
        PyErr_SetString(PyExc_OverflowError, "byte string is too long");
        return NULL;
    }
    return PyBytes_FromStringAndSize(text, (Py_ssize_t)n);
}

static void
bytes_dealloc(PyObject *self)
{
    Py_TYPE(self)->tp_free(self);
}

/* tp_alloc: the hash of a subclass's instance begins as unknown too. */
static PyObject *
bytes_type_alloc(PyTypeObject *type, Py_ssize_t n)
{
    PyObject *self = PyType_GenericAlloc(type, n);
    if (self) { *hob_bytes_hash_place(self) = -1; }
    return self;
}

/* --- from objects --- */

static PyObject *
from_buffer(PyObject *op)
{
    Py_buffer view;
    if (PyObject_GetBuffer(op, &view, PyBUF_FULL_RO) < 0) { return NULL; }
    PyObject *self = PyBytes_FromStringAndSize(NULL, view.len);
    if (self && PyBuffer_ToContiguous(PyBytes_AS_STRING(self), &view, view.len, 'C') < 0) {
        Py_CLEAR(self);
    }
    PyBuffer_Release(&view);
    return self;
}

static bool
byte_value(PyObject *item, uint8_t *byte)
{
    if (PyLong_CheckExact(item) && (size_t)Py_SIZE(item) <= 1) {
        digit value = Py_SIZE(item) ? ((PyLongObject *)item)->ob_digit[0] : 0;
        *byte = (uint8_t)value;
        if (value <= 255) { return true; }
    }
    Py_ssize_t value = PyNumber_AsSsize_t(item, NULL);
    if (value == -1 && PyErr_Occurred()) { return false; }
    if (value < 0 || value > 255) {
        PyErr_SetString(PyExc_ValueError, "bytes must be in range(0, 256)");
        return false;
    }
    *byte = (uint8_t)value;
    return true;
}

static PyObject *
from_sequence(PyObject *items)
{
    Py_ssize_t n = PySequence_Fast_GET_SIZE(items);
    own PyObject *self = PyBytes_FromStringAndSize(NULL, n);
    for (Py_ssize_t i = 0; self && i < PySequence_Fast_GET_SIZE(items); i++) {
        uint8_t byte;
        own PyObject *item = Py_NewRef(PySequence_Fast_GET_ITEM(items, i));
        if (!byte_value(item, &byte)) { return NULL; }
        if (i >= PyBytes_GET_SIZE(self)) {          /* the list has grown meanwhile */
            if (_PyBytes_Resize(&self, PySequence_Fast_GET_SIZE(items)) < 0) { return NULL; }
        }
        PyBytes_AS_STRING(self)[i] = (char)byte;
        n = i + 1;
    }
    if (self && n == 1) { return PyBytes_FromStringAndSize(PyBytes_AS_STRING(self), 1); }
    if (self && n < PyBytes_GET_SIZE(self) && _PyBytes_Resize(&self, n) < 0) { return NULL; }
    return take(self);
}

static PyObject *
from_iterator(PyObject *iter, PyObject *source)
{
    Py_ssize_t hint = PyObject_LengthHint(source, 64);
    if (hint == -1 && PyErr_Occurred()) { return NULL; }
    _PyBytesWriter writer;
    _PyBytesWriter_Init(&writer);
    char *to = _PyBytesWriter_Alloc(&writer, hint);
    if (!to) { return NULL; }
    writer.overallocate = 1;
    Py_ssize_t room = writer.allocated;
    for (Py_ssize_t n = 0;; n++) {
        own PyObject *item = PyIter_Next(iter);
        if (!item) {
            if (PyErr_Occurred()) { break; }
            return _PyBytesWriter_Finish(&writer, to);
        }
        uint8_t byte;
        if (!byte_value(item, &byte)) { break; }
        if (n >= room) {
            to = _PyBytesWriter_Resize(&writer, to, n + 1);
            if (!to) { break; }
            room = writer.allocated;
        }
        *to++ = (char)byte;
    }
    _PyBytesWriter_Dealloc(&writer);
    return NULL;
}

PyObject *
PyBytes_FromObject(PyObject *op)
{
    if (!op) {
        PyErr_BadInternalCall();
        return NULL;
    }
    if (PyBytes_CheckExact(op)) { return Py_NewRef(op); }
    if (PyObject_CheckBuffer(op)) { return from_buffer(op); }
    if (PyList_CheckExact(op) || PyTuple_CheckExact(op)) { return from_sequence(op); }
    if (!PyUnicode_Check(op)) {
        own PyObject *iter = PyObject_GetIter(op);
        if (iter) { return from_iterator(iter, op); }
        if (!PyErr_ExceptionMatches(PyExc_TypeError)) { return NULL; }
    }
    PyErr_Format(PyExc_TypeError, "cannot convert '%.200s' object to bytes",
                 Py_TYPE(op)->tp_name);
    return NULL;
}

static PyObject *
type_error(const char *text)
{
    PyErr_SetString(PyExc_TypeError, text);
    return NULL;
}

/* What bytes(source, encoding, errors) is; NULL source: not given. */
static PyObject *
make(PyObject *source, const char *encoding, const char *errors)
{
    if (!source) {
        if (encoding) { return type_error("encoding without a string argument"); }
        if (errors) { return type_error("errors without a string argument"); }
        return PyBytes_FromStringAndSize(NULL, 0);
    }
    bool is_str = PyUnicode_Check(source);
    if (encoding) {
        if (!is_str) { return type_error("encoding without a string argument"); }
        return PyUnicode_AsEncodedString(source, encoding, errors);
    }
    if (errors) {
        return type_error(is_str ? "string argument without an encoding"
                                 : "errors without a string argument");
    }
    own PyObject *method = hob_special_get(source, ID(__bytes__));
    if (method) {
        own PyObject *made = PyObject_CallNoArgs(method);
        if (made && !PyBytes_Check(made)) {
            PyErr_Format(PyExc_TypeError, "__bytes__ returned non-bytes (type %.200s)",
                         Py_TYPE(made)->tp_name);
            return NULL;
        }
        return take(made);
    }
    if (PyErr_Occurred()) { return NULL; }
    if (is_str) { return type_error("string argument without an encoding"); }
    if (PyIndex_Check(source)) {
        Py_ssize_t n = PyNumber_AsSsize_t(source, PyExc_OverflowError);
        if (n >= 0) { return n ? bytes_alloc(n, true) : PyBytes_FromStringAndSize(NULL, 0); }
        if (!PyErr_Occurred()) {
            PyErr_SetString(PyExc_ValueError, "negative count");
            return NULL;
        }
        if (!PyErr_ExceptionMatches(PyExc_TypeError)) { return NULL; }
        PyErr_Clear();
    }
    return PyBytes_FromObject(source);
}

static PyObject *
bytes_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"source", "encoding", "errors", NULL};
    PyObject *source = NULL;
    PyObject *encoding_arg = NULL;
    PyObject *errors_arg = NULL;
    const char *encoding = NULL;
    const char *errors = NULL;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|OOO:bytes", names, &source, &encoding_arg,
                                     &errors_arg)
        || (encoding_arg && !arg_utf8(encoding_arg, &encoding, "bytes", "argument 'encoding'"))
        || (errors_arg && !arg_utf8(errors_arg, &errors, "bytes", "argument 'errors'"))) {
        return NULL;
    }
    own PyObject *made = make(source, encoding, errors);
    if (!made || type == &PyBytes_Type) { return take(made); }
    Py_ssize_t n = PyBytes_GET_SIZE(made);
    PyObject *self = type->tp_alloc(type, n);
    if (!self) { return NULL; }
    *hob_bytes_hash_place(self) = *hob_bytes_hash_place(made);
    memcpy(PyBytes_AS_STRING(self), PyBytes_AS_STRING(made), n + 1);
    return self;
}

/* --- protocols --- */

static Py_ssize_t
bytes_length(PyObject *self)
{
    return Py_SIZE(self);
}

static PyObject *
bytes_item(PyObject *self, Py_ssize_t i)
{
    if ((size_t)i >= (size_t)Py_SIZE(self)) {
        PyErr_SetString(PyExc_IndexError, "index out of range");
        return NULL;
    }
    return Py_NewRef(hob_small_int((unsigned char)PyBytes_AS_STRING(self)[i]));
}

static PyObject *
bytes_subscript(PyObject *self, PyObject *index)
{
    if (PyIndex_Check(index)) {
        Py_ssize_t i = PyNumber_AsSsize_t(index, PyExc_IndexError);
        if (i == -1 && PyErr_Occurred()) { return NULL; }
        return bytes_item(self, i < 0 ? i + Py_SIZE(self) : i);
    }
    if (!PySlice_Check(index)) {
        PyErr_Format(PyExc_TypeError, "byte indices must be integers or slices, not %.200s",
                     Py_TYPE(index)->tp_name);
        return NULL;
    }
    Py_ssize_t start, stop, step;
    if (PySlice_Unpack(index, &start, &stop, &step) < 0) { return NULL; }
    Py_ssize_t n = PySlice_AdjustIndices(Py_SIZE(self), &start, &stop, step);
    if (n <= 0) { return PyBytes_FromStringAndSize("", 0); }
    const char *from = PyBytes_AS_STRING(self);
    if (step == 1) {
        if (n == Py_SIZE(self) && PyBytes_CheckExact(self)) { return Py_NewRef(self); }
        return PyBytes_FromStringAndSize(from + start, n);
    }
    if (n == 1) { return PyBytes_FromStringAndSize(from + start, 1); }
    PyObject *result = PyBytes_FromStringAndSize(NULL, n);
    if (!result) { return NULL; }
    char *to = PyBytes_AS_STRING(result);
    for (Py_ssize_t i = 0; i < n; i++, start += step) { to[i] = from[start]; }
    return result;
}

static PyObject *
bytes_concat(PyObject *a, PyObject *b)
{
    Py_buffer x = {.obj = NULL};
    Py_buffer y = {.obj = NULL};
    PyObject *result = NULL;
    if (PyObject_GetBuffer(a, &x, PyBUF_SIMPLE) < 0
        || PyObject_GetBuffer(b, &y, PyBUF_SIMPLE) < 0) {
        PyErr_Format(PyExc_TypeError, "can't concat %.100s to %.100s", Py_TYPE(b)->tp_name,
                     Py_TYPE(a)->tp_name);
    }
    else if (x.len == 0 && PyBytes_CheckExact(b)) { result = Py_NewRef(b); }
    else if (y.len == 0 && PyBytes_CheckExact(a)) { result = Py_NewRef(a); }
    else if (x.len > PY_SSIZE_T_MAX - y.len) { PyErr_NoMemory(); }
    else {
        result = PyBytes_FromStringAndSize(NULL, x.len + y.len);
        if (result) {
            memcpy(PyBytes_AS_STRING(result), x.buf, x.len);
            memcpy(PyBytes_AS_STRING(result) + x.len, y.buf, y.len);
        }
    }
    if (x.obj) { PyBuffer_Release(&x); }
    if (y.obj) { PyBuffer_Release(&y); }
    return result;
}

/* Fill to[0 .. n_to) with copies of from[0 .. n). */
void
_PyBytes_Repeat(char *to, Py_ssize_t n_to, const char *from, Py_ssize_t n)
{
    if (n_to == 0) { return; }
    if (n == 1) {
        memset(to, from[0], n_to);
        return;
    }
    if (from != to) { memcpy(to, from, n); }
    for (Py_ssize_t done = n; done < n_to;) {
        Py_ssize_t chunk = Py_MIN(done, n_to - done);
        memcpy(to + done, to, chunk);
        done += chunk;
    }
}

static PyObject *
bytes_repeat(PyObject *self, Py_ssize_t times)
{
    Py_ssize_t n = Py_SIZE(self);
    if (times < 0) { times = 0; }
    if (times && n > (PY_SSIZE_T_MAX - HEADER) / times) {
        PyErr_SetString(PyExc_OverflowError, "repeated bytes are too long");
        return NULL;
    }
    if (n * times == n && PyBytes_CheckExact(self)) { return Py_NewRef(self); }
    PyObject *result = bytes_alloc(n * times, false);   /* a new one also if empty */
    if (result && n > 0 && times > 0) {
        _PyBytes_Repeat(PyBytes_AS_STRING(result), n * times, PyBytes_AS_STRING(self), n);
    }
    return result;
}

/* With -b: warn of comparisons that can only say "different". */
static status
warn_of_comparison(PyObject *a, PyObject *b)
{
    if (PyUnicode_Check(a) || PyUnicode_Check(b)) {
        return PyErr_WarnEx(PyExc_BytesWarning, "Comparison between bytes and string", 1);
    }
    if (PyLong_Check(a) || PyLong_Check(b)) {
        return PyErr_WarnEx(PyExc_BytesWarning, "Comparison between bytes and int", 1);
    }
    return 0;
}

_Pragma("GCC diagnostic push")
_Pragma("GCC diagnostic ignored \"-Wdeprecated-declarations\"")
static inline bool
warns_of_bytes(void)
{
    return Py_BytesWarningFlag != 0;
}
_Pragma("GCC diagnostic pop")

static PyObject *
bytes_richcompare(PyObject *a, PyObject *b, int op)
{
    if (!PyBytes_Check(a) || !PyBytes_Check(b)) {
        if (warns_of_bytes() && (op == Py_EQ || op == Py_NE) && warn_of_comparison(a, b) < 0) {
            return NULL;
        }
        Py_RETURN_NOTIMPLEMENTED;
    }
    Py_ssize_t n = Py_SIZE(a);
    Py_ssize_t m = Py_SIZE(b);
    const char *x = PyBytes_AS_STRING(a);
    const char *y = PyBytes_AS_STRING(b);
    if (op == Py_EQ || op == Py_NE) {
        bool same = a == b || (n == m && x[0] == y[0] && memcmp(x, y, n) == 0);
        return PyBool_FromLong(same == (op == Py_EQ));
    }
    int order = memcmp(x, y, Py_MIN(n, m));
    if (order == 0) { order = (n > m) - (n < m); }
    Py_RETURN_RICHCOMPARE(order, 0, op);
}

static Py_hash_t
bytes_hash(PyObject *self)
{
    Py_hash_t *hash = hob_bytes_hash_place(self);
    if (*hash == -1) { *hash = _Py_HashBytes(PyBytes_AS_STRING(self), Py_SIZE(self)); }
    return *hash;
}

static PyObject *
bytes_repr(PyObject *self)
{
    return PyBytes_Repr(self, 1);
}

static PyObject *
bytes_str(PyObject *self)
{
    if (warns_of_bytes()
            && PyErr_WarnEx(PyExc_BytesWarning, "str() on a bytes instance", 1) < 0) {
        return NULL;
    }
    return bytes_repr(self);
}

static PyObject *
bytes_mod(PyObject *self, PyObject *args)
{
    if (!PyBytes_Check(self)) { Py_RETURN_NOTIMPLEMENTED; }
    return _PyBytes_FormatEx(PyBytes_AS_STRING(self), Py_SIZE(self), args, 0);
}

static int
bytes_getbuffer(PyObject *self, Py_buffer *view, int flags)
{
    return PyBuffer_FillInfo(view, self, PyBytes_AS_STRING(self), Py_SIZE(self), 1, flags);
}

/* --- the type --- */

static PyNumberMethods bytes_as_number = {
    .nb_remainder = bytes_mod,
};

static PySequenceMethods bytes_as_sequence = {
    .sq_length = bytes_length,
    .sq_concat = bytes_concat,
    .sq_repeat = bytes_repeat,
    .sq_item = bytes_item,
    .sq_contains = hob_bytes_contains,
};

static PyMappingMethods bytes_as_mapping = {
    .mp_length = bytes_length,
    .mp_subscript = bytes_subscript,
};

static PyBufferProcs bytes_as_buffer = {
    .bf_getbuffer = bytes_getbuffer,
};

PyDoc_STRVAR(bytes_doc,
"bytes(iterable_of_ints) -> bytes\n"
"bytes(string, encoding[, errors]) -> bytes\n"
"bytes(bytes_or_buffer) -> a copy that never changes\n"
"bytes(int) -> that many null bytes\n"
"bytes() -> no bytes\n"
"\n"
"A sequence of bytes, ints from 0 to 255, that never changes.");

PyTypeObject PyBytes_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "bytes",
    .tp_basicsize = HEADER,
    .tp_itemsize = 1,
    .tp_dealloc = bytes_dealloc,
    .tp_repr = bytes_repr,
    .tp_as_number = &bytes_as_number,
    .tp_as_sequence = &bytes_as_sequence,
    .tp_as_mapping = &bytes_as_mapping,
    .tp_hash = bytes_hash,
    .tp_str = bytes_str,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_as_buffer = &bytes_as_buffer,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_BYTES_SUBCLASS
                | _Py_TPFLAGS_MATCH_SELF,
    .tp_doc = bytes_doc,
    .tp_richcompare = bytes_richcompare,
    .tp_iter = hob_sequence_iter_bytes,
    .tp_methods = hob_bytes_methods,
    .tp_alloc = bytes_type_alloc,
    .tp_new = bytes_new,
    .tp_free = PyObject_Free,
};

/* --- invariants --- */

bool
hob_bytes_check(PyObject *op)
{
    Py_ssize_t n = Py_SIZE(op);
    Py_hash_t hash = *hob_bytes_hash_place(op);
    INVARIANT(1, n >= 0);
    INVARIANT(2, PyBytes_AS_STRING(op)[n] == 0);
    INVARIANT(3, hash == -1 || hash == _Py_HashBytes(PyBytes_AS_STRING(op), n));
    return true;
}

/* --- public API --- */

Py_ssize_t
PyBytes_Size(PyObject *op)
{
    if (PyBytes_Check(op)) { return Py_SIZE(op); }
    PyErr_Format(PyExc_TypeError, "expected bytes, %.200s found", Py_TYPE(op)->tp_name);
    return -1;
}

char *
PyBytes_AsString(PyObject *op)
{
    if (PyBytes_Check(op)) { return PyBytes_AS_STRING(op); }
    PyErr_Format(PyExc_TypeError, "expected bytes, %.200s found", Py_TYPE(op)->tp_name);
    return NULL;
}

int
PyBytes_AsStringAndSize(PyObject *op, char **data, Py_ssize_t *n)
{
    if (!data) {
        PyErr_BadInternalCall();
        return -1;
    }
    if (!PyBytes_Check(op)) {
        PyErr_Format(PyExc_TypeError, "expected bytes, %.200s found", Py_TYPE(op)->tp_name);
        return -1;
    }
    *data = PyBytes_AS_STRING(op);
    if (n) {
        *n = Py_SIZE(op);
    }
    else if (strlen(*data) != (size_t)Py_SIZE(op)) {
        PyErr_SetString(PyExc_ValueError, "embedded null byte");
        return -1;
    }
    return 0;
}

void
PyBytes_Concat(PyObject **slot, PyObject *other)
{
    if (!*slot) { return; }
    if (!other) {
        Py_CLEAR(*slot);
        return;
    }
    if (Py_REFCNT(*slot) == 1 && PyBytes_CheckExact(*slot)) {   /* only ours: grow it */
        Py_buffer view;
        if (PyObject_GetBuffer(other, &view, PyBUF_SIMPLE) < 0) {
            PyErr_Format(PyExc_TypeError, "can't concat %.100s to %.100s",
                         Py_TYPE(other)->tp_name, Py_TYPE(*slot)->tp_name);
            Py_CLEAR(*slot);
            return;
        }
        Py_ssize_t n = Py_SIZE(*slot);
        if (n > PY_SSIZE_T_MAX - view.len) {
            PyErr_NoMemory();
            Py_CLEAR(*slot);
        }
        else if (_PyBytes_Resize(slot, n + view.len) == 0) {
            memcpy(PyBytes_AS_STRING(*slot) + n, view.buf, view.len);
        }
        PyBuffer_Release(&view);
        return;
    }
    Py_SETREF(*slot, bytes_concat(*slot, other));
}

void
PyBytes_ConcatAndDel(PyObject **slot, PyObject *other)
{
    PyBytes_Concat(slot, other);
    Py_XDECREF(other);
}

/* Give a bytes that nobody else has seen another size; on failure it is dropped. */
int
_PyBytes_Resize(PyObject **slot, Py_ssize_t n)
{
    PyObject *op = *slot;
    if (!PyBytes_Check(op) || n < 0) { goto bad; }
    if (Py_SIZE(op) == n) { return 0; }         /* any owner may ask for what is */
    if (Py_SIZE(op) == 0 || n == 0) {
        *slot = PyBytes_FromStringAndSize(NULL, n);
        Py_DECREF(op);
        return *slot ? 0 : -1;
    }
    if (Py_REFCNT(op) != 1) { goto bad; }
    PyBytesObject *moved = PyObject_Realloc(op, HEADER + n);
    if (!moved) {
        *slot = NULL;
        PyObject_Free(op);
        PyErr_NoMemory();
        return -1;
    }
    Py_SET_SIZE(moved, n);
    moved->ob_sval[n] = '\0';
    *hob_bytes_hash_place((PyObject *)moved) = -1;
    *slot = (PyObject *)moved;
    return 0;
bad:
    *slot = NULL;
    Py_DECREF(op);
    PyErr_BadInternalCall();
    return -1;
}

Py_ssize_t
_PyBytes_Find(const char *hay, Py_ssize_t n, const char *what, Py_ssize_t m, Py_ssize_t offset)
{
    ptrdiff_t at = hob_find8((const uint8_t *)hay, n, (const uint8_t *)what, m, FIND_FORWARD);
    return at < 0 ? -1 : at + offset;
}

Py_ssize_t
_PyBytes_ReverseFind(const char *hay, Py_ssize_t n, const char *what, Py_ssize_t m,
                     Py_ssize_t offset)
{
    ptrdiff_t at = hob_find8((const uint8_t *)hay, n, (const uint8_t *)what, m, FIND_BACKWARD);
    return at < 0 ? -1 : at + offset;
}

PyObject *
_PyBytes_FromHex(PyObject *text, int use_bytearray)
{
    if (PyUnicode_READY(text) < 0) { return NULL; }
    Py_ssize_t n = PyUnicode_GET_LENGTH(text);
    int kind = PyUnicode_KIND(text);
    const void *data = PyUnicode_DATA(text);
    _PyBytesWriter writer;
    _PyBytesWriter_Init(&writer);
    writer.use_bytearray = use_bytearray;
    uint8_t *to = _PyBytesWriter_Alloc(&writer, n / 2);
    if (!to) { return NULL; }
    static const int8_t values[128] = {
        ['0'] = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, ['A'] = 11, 12, 13, 14, 15, 16,
        ['a'] = 11, 12, 13, 14, 15, 16,         /* one more than the digit says */
    };
#define AT(i) ((i) < n ? PyUnicode_READ(kind, data, i) : 0)
    for (Py_ssize_t i = 0;; i += 2) {
        while (i < n && AT(i) < 128 && Py_ISSPACE(AT(i))) { i++; }
        if (i >= n) { return _PyBytesWriter_Finish(&writer, to); }
        int high = AT(i) < 128 ? values[AT(i)] - 1 : -1;
        int low = AT(i + 1) < 128 ? values[AT(i + 1)] - 1 : -1;
        if (high < 0 || low < 0) {
            PyErr_Format(PyExc_ValueError,
                         "non-hexadecimal number found in fromhex() arg at position %zd",
                         high < 0 ? i : i + 1);
            _PyBytesWriter_Dealloc(&writer);
            return NULL;
        }
        *to++ = (uint8_t)(high << 4 | low);
    }
#undef AT
}

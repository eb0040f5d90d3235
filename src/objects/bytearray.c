/* bytearray.c -- the bytearray type: bytes that can change.
 *
 * Layout     ob_bytes -> [ gone | b0 .. b(n-1) | NUL | spare ]     n == ob_size
 *                                 ^ ob_start
 *            ob_alloc counts all of it.  Deleting at the front only moves ob_start.
 * Holds      ob_start[n] is NUL; with no buffer, readers see
 *            _PyByteArray_empty_string.
 * Hazard     while ob_exports > 0 someone looks at the data: it must not move or
 *            change its size.
 * Next       bytes_methods.c for what it shares with bytes
 */
#include "objects/bytes.h"

#include "memory/own.h"
#include "objects/bind.h"
#include "objects/ids.h"
#include "objects/iterators.h"
#include "state/runtime.h"
#include "text/find.h"

char _PyByteArray_empty_string[] = "";

static inline PyByteArrayObject *
as_array(PyObject *op)
{
    return (PyByteArrayObject *)op;
}

/* --- size --- */

static status
check_not_exported(PyByteArrayObject *self)
{
    if (LIKELY(self->ob_exports == 0)) { return 0; }
    PyErr_SetString(PyExc_BufferError, "Existing exports of data: object cannot be re-sized");
    return -1;
}

/* Move to a buffer of room bytes; the first n stay. */
static status
move_to(PyByteArrayObject *self, Py_ssize_t room, Py_ssize_t n)
{
    if (self->ob_start != self->ob_bytes) {
        char *fresh = PyObject_Malloc(room);
        if (!fresh) { PyErr_NoMemory(); return -1; }
        memcpy(fresh, self->ob_start, Py_MIN(n, Py_SIZE(self)));
        PyObject_Free(self->ob_bytes);
        self->ob_bytes = fresh;
    }
    else {
        char *moved = PyObject_Realloc(self->ob_bytes, room);
        if (!moved) { PyErr_NoMemory(); return -1; }
        self->ob_bytes = moved;
    }
    self->ob_start = self->ob_bytes;
    self->ob_alloc = room;
    return 0;
}

int
PyByteArray_Resize(PyObject *op, Py_ssize_t n)
{
    PyByteArrayObject *self = as_array(op);
    EXPECT(n >= 0);
    if (n == Py_SIZE(self)) { return 0; }
    if (check_not_exported(self) < 0) { return -1; }

    Py_ssize_t alloc = self->ob_alloc;
    Py_ssize_t gone = self->ob_start - self->ob_bytes;
    if (n + gone + 1 <= alloc && n >= alloc / 2) {      /* fits as it lies */
        Py_SET_SIZE(self, n);
        self->ob_start[n] = '\0';
        return 0;
    }
    Py_ssize_t room = n + 1;
    bool grows = n + gone + 1 > alloc;
    if (grows && (size_t)n <= (size_t)alloc + (size_t)(alloc >> 3)) {
        room = n + (n >> 3) + (n < 9 ? 3 : 6);          /* by little: expect more */
    }
    if (room < n || n == PY_SSIZE_T_MAX) { PyErr_NoMemory(); return -1; }
    if (move_to(self, room, n) < 0) { return -1; }
    Py_SET_SIZE(self, n);
    self->ob_start[n] = '\0';
    return 0;
}

/* self[low:high] = n bytes at data, which are not self's own. */
static status
replace(PyByteArrayObject *self, Py_ssize_t low, Py_ssize_t high, const char *data,
        Py_ssize_t n)
{
    Py_ssize_t size = Py_SIZE(self);
    Py_ssize_t growth = n - (high - low);
    if (growth < 0) {
        if (check_not_exported(self) < 0) { return -1; }
        if (low == 0) {
            self->ob_start -= growth;                   /* forget what is in front */
        }
        else {
            char *to = self->ob_start + low + n;
            memmove(to, self->ob_start + high, size - high);
        }
        Py_SET_SIZE(self, size + growth);
        self->ob_start[size + growth] = '\0';
        /* give memory back when much has become free; failing to is no harm */
        if (size + growth < self->ob_alloc / 2
                && move_to(self, size + growth + 1, size + growth) < 0) {
            PyErr_Clear();
        }
        self->ob_start[size + growth] = '\0';
    }
    else if (growth > 0) {
        if (size > PY_SSIZE_T_MAX - growth) { PyErr_NoMemory(); return -1; }
        if (PyByteArray_Resize((PyObject *)self, size + growth) < 0) { return -1; }
        char *from = self->ob_start + high;
        memmove(from + growth, from, size - high);
    }
    if (n) { memcpy(self->ob_start + low, data, n); }
    return 0;
}

/* self[low:high] = values (NULL deletes), any object with a buffer. */
static status
assign_slice(PyByteArrayObject *self, Py_ssize_t low, Py_ssize_t high, PyObject *values)
{
    if (high < low) { high = low; }
    if (!values) { return replace(self, low, high, NULL, 0); }
    if (values == (PyObject *)self) {
        own PyObject *copy = PyBytes_FromStringAndSize(self->ob_start, Py_SIZE(self));
        return copy ? replace(self, low, high, PyBytes_AS_STRING(copy), Py_SIZE(copy)) : -1;
    }
    Py_buffer view;
    if (PyObject_GetBuffer(values, &view, PyBUF_SIMPLE) < 0) {
        PyErr_Format(PyExc_TypeError, "can't set bytearray slice from %.100s",
                     Py_TYPE(values)->tp_name);
        return -1;
    }
    Py_ssize_t size = Py_SIZE(self);
    low = Py_MIN(low, size);
    high = Py_MIN(high, size);
    status done = replace(self, low, high, view.buf, view.len);
    PyBuffer_Release(&view);
    return done;
}

/* --- making --- */

PyObject *
PyByteArray_FromStringAndSize(const char *data, Py_ssize_t n)
{
    if (n < 0) {
        PyErr_SetString(PyExc_SystemError,
                        "Negative size passed to PyByteArray_FromStringAndSize");
        return NULL;
    }
    if (n == PY_SSIZE_T_MAX) { return PyErr_NoMemory(); }
    PyByteArrayObject *self = PyObject_New(PyByteArrayObject, &PyByteArray_Type);
    if (!self) { return NULL; }
    self->ob_bytes = NULL;
    self->ob_alloc = 0;
    self->ob_exports = 0;
    Py_SET_SIZE(self, 0);
    if (n > 0) {
        self->ob_bytes = PyObject_Malloc(n + 1);
        if (!self->ob_bytes) {
            Py_DECREF(self);
            return PyErr_NoMemory();
        }
        if (data) { memcpy(self->ob_bytes, data, n); }
        self->ob_bytes[n] = '\0';
        self->ob_alloc = n + 1;
        Py_SET_SIZE(self, n);
    }
    self->ob_start = self->ob_bytes;
    return (PyObject *)self;
}

PyObject *
PyByteArray_FromObject(PyObject *source)
{
    return PyObject_CallOneArg((PyObject *)&PyByteArray_Type, source);
}

static status
push(PyByteArrayObject *self, int byte)
{
    Py_ssize_t n = Py_SIZE(self);
    if (n == PY_SSIZE_T_MAX) {
        PyErr_SetString(PyExc_OverflowError, "cannot add more objects to bytearray");
        return -1;
    }
    if (PyByteArray_Resize((PyObject *)self, n + 1) < 0) { return -1; }
    self->ob_start[n] = (char)byte;
    return 0;
}

static status
fill_from_iterator(PyByteArrayObject *self, PyObject *iter)
{
    for (;;) {
        own PyObject *item = PyIter_Next(iter);
        if (!item) { return PyErr_Occurred() ? -1 : 0; }
        int byte;
        if (!hob_bytes_arg(item, &byte) || push(self, byte) < 0) { return -1; }
    }
}

/* From a list or tuple of exact ints; 0: something else is in it, nothing is done. */
static tri
fill_from_ints(PyByteArrayObject *self, PyObject *items)
{
    Py_ssize_t n = PySequence_Fast_GET_SIZE(items);
    for (Py_ssize_t i = 0; i < n; i++) {
        if (!PyLong_CheckExact(PySequence_Fast_GET_ITEM(items, i))) { return 0; }
    }
    if (PyByteArray_Resize((PyObject *)self, n) < 0) { return -1; }
    for (Py_ssize_t i = 0; i < n; i++) {
        int byte;
        if (!hob_bytes_arg(PySequence_Fast_GET_ITEM(items, i), &byte)) { return -1; }
        self->ob_start[i] = (char)byte;
    }
    return 1;
}

static status
fill_from_buffer(PyByteArrayObject *self, PyObject *source)
{
    Py_buffer view;
    if (PyObject_GetBuffer(source, &view, PyBUF_FULL_RO) < 0) { return -1; }
    status done = PyByteArray_Resize((PyObject *)self, view.len);
    if (done == 0 && view.len) {
        done = PyBuffer_ToContiguous(self->ob_start, &view, view.len, 'C');
    }
    PyBuffer_Release(&view);
    return done;
}

static status
init_error(const char *text)
{
    PyErr_SetString(PyExc_TypeError, text);
    return -1;
}

static status
bytearray_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"source", "encoding", "errors", NULL};
    PyByteArrayObject *self = as_array(op);
    PyObject *source = NULL;
    PyObject *encoding_arg = NULL;
    PyObject *errors_arg = NULL;
    const char *encoding = NULL;
    const char *errors = NULL;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|OOO:bytearray", names, &source, &encoding_arg,
                                     &errors_arg)
        || (encoding_arg && !arg_utf8(encoding_arg, &encoding, "bytearray", "argument 'encoding'"))
        || (errors_arg && !arg_utf8(errors_arg, &errors, "bytearray", "argument 'errors'"))) {
        return -1;
    }
    if (Py_SIZE(self) != 0 && PyByteArray_Resize(op, 0) < 0) { return -1; }
    if (source && PyUnicode_Check(source)) {
        if (!encoding) { return init_error("string argument without an encoding"); }
        own PyObject *encoded = PyUnicode_AsEncodedString(source, encoding, errors);
        return encoded ? assign_slice(self, 0, 0, encoded) : -1;
    }
    if (encoding) { return init_error("encoding without a string argument"); }
    if (errors) { return init_error("errors without a string argument"); }
    if (!source) { return 0; }

    if (PyIndex_Check(source)) {
        Py_ssize_t n = PyNumber_AsSsize_t(source, PyExc_OverflowError);
        if (n >= 0) {
            if (PyByteArray_Resize(op, n) < 0) { return -1; }
            if (n) { memset(self->ob_start, 0, n); }
            return 0;
        }
        if (!PyErr_Occurred()) {
            PyErr_SetString(PyExc_ValueError, "negative count");
            return -1;
        }
        if (!PyErr_ExceptionMatches(PyExc_TypeError)) { return -1; }
        PyErr_Clear();
    }
    if (PyObject_CheckBuffer(source)) { return fill_from_buffer(self, source); }

    if (PyList_CheckExact(source) || PyTuple_CheckExact(source)) {
        tri done = fill_from_ints(self, source);
        if (done) { return done < 0 ? -1 : 0; }
    }
    own PyObject *iter = PyObject_GetIter(source);
    if (iter) { return fill_from_iterator(self, iter); }
    if (PyErr_ExceptionMatches(PyExc_TypeError)) {
        PyErr_Format(PyExc_TypeError, "cannot convert '%.200s' object to bytearray",
                     Py_TYPE(source)->tp_name);
    }
    return -1;
}

static void
bytearray_dealloc(PyObject *op)
{
    PyByteArrayObject *self = as_array(op);
    if (self->ob_exports > 0) {
        PyErr_SetString(PyExc_SystemError, "deallocated bytearray object has exported buffers");
        PyErr_Print();
    }
    PyObject_Free(self->ob_bytes);
    Py_TYPE(op)->tp_free(op);
}

/* --- protocols --- */

static Py_ssize_t
bytearray_length(PyObject *self)
{
    return Py_SIZE(self);
}

static PyObject *
bytearray_item(PyObject *self, Py_ssize_t i)
{
    if ((size_t)i >= (size_t)Py_SIZE(self)) {
        PyErr_SetString(PyExc_IndexError, "bytearray index out of range");
        return NULL;
    }
    return Py_NewRef(hob_small_int((uint8_t)as_array(self)->ob_start[i]));
}

static COLD void
bad_index(PyObject *index)
{
    PyErr_Format(PyExc_TypeError, "bytearray indices must be integers or slices, not %.200s",
                 Py_TYPE(index)->tp_name);
}

static PyObject *
bytearray_subscript(PyObject *self, PyObject *index)
{
    if (PyIndex_Check(index)) {
        Py_ssize_t i = PyNumber_AsSsize_t(index, PyExc_IndexError);
        if (i == -1 && PyErr_Occurred()) { return NULL; }
        return bytearray_item(self, i < 0 ? i + Py_SIZE(self) : i);
    }
    if (!PySlice_Check(index)) {
        bad_index(index);
        return NULL;
    }
    Py_ssize_t start, stop, step;
    if (PySlice_Unpack(index, &start, &stop, &step) < 0) { return NULL; }
    Py_ssize_t n = PySlice_AdjustIndices(Py_SIZE(self), &start, &stop, step);
    if (n <= 0) { return PyByteArray_FromStringAndSize("", 0); }
    if (step == 1) {
        return PyByteArray_FromStringAndSize(PyByteArray_AS_STRING(self) + start, n);
    }
    PyObject *result = PyByteArray_FromStringAndSize(NULL, n);
    if (!result) { return NULL; }
    char *to = PyByteArray_AS_STRING(result);
    const char *from = PyByteArray_AS_STRING(self);
    for (Py_ssize_t i = 0; i < n; i++, start += step) { to[i] = from[start]; }
    return result;
}

static status
assign_item(PyByteArrayObject *self, Py_ssize_t i, PyObject *value)
{
    int byte = 0;
    if (value && !hob_bytes_arg(value, &byte)) { return -1; }
    if (i < 0) { i += Py_SIZE(self); }
    if ((size_t)i >= (size_t)Py_SIZE(self)) {   /* looked at after the conversion: it runs code */
        PyErr_SetString(PyExc_IndexError, "bytearray index out of range");
        return -1;
    }
    if (!value) { return replace(self, i, i + 1, NULL, 0); }
    self->ob_start[i] = (char)byte;
    return 0;
}

static status
bytearray_ass_item(PyObject *self, Py_ssize_t i, PyObject *value)
{
    if (i < 0) {                                /* the caller has added the length already */
        PyErr_SetString(PyExc_IndexError, "bytearray index out of range");
        return -1;
    }
    return assign_item(as_array(self), i, value);
}

/* del self[start:..:step], n bytes. */
static status
delete_steps(PyByteArrayObject *self, Py_ssize_t start, Py_ssize_t step, Py_ssize_t n)
{
    if (n == 0) { return 0; }
    if (check_not_exported(self) < 0) { return -1; }
    if (step < 0) {
        start += step * (n - 1);
        step = -step;
    }
    Py_ssize_t size = Py_SIZE(self);
    char *p = self->ob_start;
    char *to = p + start;
    for (Py_ssize_t i = 0; i < n; i++) {
        Py_ssize_t at = start + i * step;
        Py_ssize_t next = i + 1 < n ? at + step : size;
        memmove(to, p + at + 1, next - at - 1);
        to += next - at - 1;
    }
    return PyByteArray_Resize((PyObject *)self, size - n);
}

static status
assign_steps(PyByteArrayObject *self, Py_ssize_t start, Py_ssize_t step, Py_ssize_t n,
             const char *data, Py_ssize_t n_data)
{
    if (n_data != n) {
        PyErr_Format(PyExc_ValueError,
                     "attempt to assign bytes of size %zd to extended slice of size %zd",
                     n_data,
                     n);
        return -1;
    }
    for (Py_ssize_t i = 0; i < n; i++, start += step) { self->ob_start[start] = data[i]; }
    return 0;
}

static status
bytearray_ass_subscript(PyObject *op, PyObject *index, PyObject *value)
{
    PyByteArrayObject *self = as_array(op);
    if (PyIndex_Check(index)) {
        Py_ssize_t i = PyNumber_AsSsize_t(index, PyExc_IndexError);
        if (i == -1 && PyErr_Occurred()) { return -1; }
        return assign_item(self, i, value);
    }
    if (!PySlice_Check(index)) {
        bad_index(index);
        return -1;
    }
    /* bytes to assign, of our own: value may be self, or run code */
    own PyObject *bytes = NULL;
    if (value) {
        if (PyNumber_Check(value) || PyUnicode_Check(value)) {
            PyErr_SetString(PyExc_TypeError, "can assign only bytes, buffers, or iterables of "
                            "ints in range(0, 256)");
            return -1;
        }
        bytes = PyByteArray_Check(value) && value != op ? Py_NewRef(value)
                                                        : PyByteArray_FromObject(value);
        if (!bytes) { return -1; }
    }
    Py_ssize_t start, stop, step;
    if (PySlice_Unpack(index, &start, &stop, &step) < 0) { return -1; }
    Py_ssize_t n = PySlice_AdjustIndices(Py_SIZE(self), &start, &stop, step);
    const char *data = bytes ? PyByteArray_AS_STRING(bytes) : NULL;
    Py_ssize_t n_data = bytes ? Py_SIZE(bytes) : 0;
    if ((step < 0 && start < stop) || (step > 0 && start > stop)) { stop = start; }
    if (step == 1) { return replace(self, start, stop, data, n_data); }
    if (n_data == 0) { return delete_steps(self, start, step, n); }
    return assign_steps(self, start, step, n, data, n_data);
}

PyObject *
PyByteArray_Concat(PyObject *a, PyObject *b)
{
    Py_buffer x = {.obj = NULL};
    Py_buffer y = {.obj = NULL};
    PyObject *result = NULL;
    if (PyObject_GetBuffer(a, &x, PyBUF_SIMPLE) < 0
        || PyObject_GetBuffer(b, &y, PyBUF_SIMPLE) < 0) {
        PyErr_Format(PyExc_TypeError, "can't concat %.100s to %.100s", Py_TYPE(b)->tp_name,
                     Py_TYPE(a)->tp_name);
    }
    else if (x.len > PY_SSIZE_T_MAX - y.len) { PyErr_NoMemory(); }
    else {
        result = PyByteArray_FromStringAndSize(NULL, x.len + y.len);
        if (result) {
            char *to = PyByteArray_AS_STRING(result);
            if (x.len) { memcpy(to, x.buf, x.len); }
            if (y.len) { memcpy(to + x.len, y.buf, y.len); }
        }
    }
    if (x.obj) { PyBuffer_Release(&x); }
    if (y.obj) { PyBuffer_Release(&y); }
    return result;
}

static PyObject *
bytearray_inplace_concat(PyObject *self, PyObject *other)
{
    Py_ssize_t n = Py_SIZE(self);
    if (other != self && !PyObject_CheckBuffer(other)) {
        PyErr_Format(PyExc_TypeError, "can't concat %.100s to %.100s", Py_TYPE(other)->tp_name,
                     Py_TYPE(self)->tp_name);
        return NULL;
    }
    return assign_slice(as_array(self), n, n, other) < 0 ? NULL : Py_NewRef(self);
}

static PyObject *
bytearray_repeat(PyObject *self, Py_ssize_t times)
{
    Py_ssize_t n = Py_SIZE(self);
    if (times < 0) { times = 0; }
    if (times && n > PY_SSIZE_T_MAX / times) { return PyErr_NoMemory(); }
    PyObject *result = PyByteArray_FromStringAndSize(NULL, n * times);
    if (result && Py_SIZE(result)) {
        _PyBytes_Repeat(PyByteArray_AS_STRING(result), n * times, PyByteArray_AS_STRING(self),
                        n);
    }
    return result;
}

static PyObject *
bytearray_inplace_repeat(PyObject *self, Py_ssize_t times)
{
    Py_ssize_t n = Py_SIZE(self);
    if (times < 0) { times = 0; }
    else if (times == 1) { return Py_NewRef(self); }
    if (times && n > PY_SSIZE_T_MAX / times) { return PyErr_NoMemory(); }
    if (PyByteArray_Resize(self, n * times) < 0) { return NULL; }
    char *p = PyByteArray_AS_STRING(self);
    if (Py_SIZE(self)) { _PyBytes_Repeat(p, n * times, p, n); }
    return Py_NewRef(self);
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
bytearray_richcompare(PyObject *a, PyObject *b, int op)
{
    if (!PyObject_CheckBuffer(a) || !PyObject_CheckBuffer(b)) {
        bool has_str = PyUnicode_Check(a) || PyUnicode_Check(b);
        if (warns_of_bytes() && (op == Py_EQ || op == Py_NE) && has_str
                && PyErr_WarnEx(PyExc_BytesWarning, "Comparison between bytearray and string",
                                1)
                   < 0) {
            return NULL;
        }
        Py_RETURN_NOTIMPLEMENTED;
    }
    Py_buffer x;
    if (PyObject_GetBuffer(a, &x, PyBUF_SIMPLE) < 0) {
        PyErr_Clear();
        Py_RETURN_NOTIMPLEMENTED;
    }
    Py_buffer y;
    if (PyObject_GetBuffer(b, &y, PyBUF_SIMPLE) < 0) {
        PyErr_Clear();
        PyBuffer_Release(&x);
        Py_RETURN_NOTIMPLEMENTED;
    }
    Py_ssize_t n = Py_MIN(x.len, y.len);
    int order = x.len != y.len && (op == Py_EQ || op == Py_NE) ? 1
                : n ? memcmp(x.buf, y.buf, n) : 0;
    if (order == 0) { order = (x.len > y.len) - (x.len < y.len); }
    PyBuffer_Release(&x);
    PyBuffer_Release(&y);
    Py_RETURN_RICHCOMPARE(order, 0, op);
}

static PyObject *
bytearray_repr(PyObject *self)
{
    if (Py_SIZE(self) > (PY_SSIZE_T_MAX - 32) / 4) {
        PyErr_SetString(PyExc_OverflowError, "bytearray object is too large to make repr");
        return NULL;
    }
    own PyObject *bytes = PyBytes_FromStringAndSize(PyByteArray_AS_STRING(self), Py_SIZE(self));
    own PyObject *text = bytes ? PyBytes_Repr(bytes, 1) : NULL;
    return text ? PyUnicode_FromFormat("%s(%U)", _PyType_Name(Py_TYPE(self)), text) : NULL;
}

static PyObject *
bytearray_str(PyObject *self)
{
    if (warns_of_bytes()
            && PyErr_WarnEx(PyExc_BytesWarning, "str() on a bytearray instance", 1) < 0) {
        return NULL;
    }
    return bytearray_repr(self);
}

static PyObject *
bytearray_mod(PyObject *self, PyObject *args)
{
    if (!PyByteArray_Check(self)) { Py_RETURN_NOTIMPLEMENTED; }
    as_array(self)->ob_exports++;
    PyObject *result =
        _PyBytes_FormatEx(PyByteArray_AS_STRING(self), Py_SIZE(self), args, 1);
    as_array(self)->ob_exports--;
    return result;
}

static int
bytearray_getbuffer(PyObject *self, Py_buffer *view, int flags)
{
    if (!view) {
        PyErr_SetString(PyExc_BufferError,
                        "bytearray_getbuffer: view==NULL argument is obsolete");
        return -1;
    }
    if (PyBuffer_FillInfo(view, self, PyByteArray_AS_STRING(self), Py_SIZE(self), 0,
                          flags) < 0) {
        return -1;
    }
    as_array(self)->ob_exports++;
    return 0;
}

static void
bytearray_releasebuffer(PyObject *self, Py_buffer *view)
{
    as_array(self)->ob_exports--;
    EXPECT(as_array(self)->ob_exports >= 0);
}

/* --- methods that change it (bytes_methods.c publishes them) --- */

PyObject *
hob_bytearray_append(PyObject *self, PyObject *item)
{
    int byte;
    if (!hob_bytes_arg(item, &byte) || push(as_array(self), byte) < 0) { return NULL; }
    Py_RETURN_NONE;
}

PyObject *
hob_bytearray_clear(PyObject *self, PyObject *unused)
{
    if (PyByteArray_Resize(self, 0) < 0) { return NULL; }
    Py_RETURN_NONE;
}

PyObject *
hob_bytearray_copy(PyObject *self, PyObject *unused)
{
    return PyByteArray_FromStringAndSize(PyByteArray_AS_STRING(self), Py_SIZE(self));
}

PyObject *
hob_bytearray_extend(PyObject *self, PyObject *iterable)
{
    Py_ssize_t n = Py_SIZE(self);
    if (PyObject_CheckBuffer(iterable)) {
        if (assign_slice(as_array(self), n, n, iterable) < 0) { return NULL; }
        Py_RETURN_NONE;
    }
    own PyObject *iter = PyObject_GetIter(iterable);
    if (!iter) {
        if (PyErr_ExceptionMatches(PyExc_TypeError)) {
            PyErr_Format(PyExc_TypeError, "can't extend %.100s with %.100s",
                         Py_TYPE(self)->tp_name, Py_TYPE(iterable)->tp_name);
        }
        return NULL;
    }
    /* a failing __len__ or __length_hint__ is the caller's to see */
    if (PyObject_LengthHint(iterable, 32) < 0) { return NULL; }
    /* collect first: the iterator may look at self, and may fail */
    own PyObject *more = PyByteArray_FromStringAndSize(NULL, 0);
    if (!more || fill_from_iterator(as_array(more), iter) < 0) { return NULL; }
    n = Py_SIZE(self);
    if (assign_slice(as_array(self), n, n, more) < 0) { return NULL; }
    Py_RETURN_NONE;
}

PyObject *
hob_bytearray_insert(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    Py_ssize_t i;
    int byte;
    if (!_PyArg_CheckPositional("insert", nargs, 2, 2) || !arg_ssize(args[0], &i)
            || !hob_bytes_arg(args[1], &byte)) {
        return NULL;
    }
    Py_ssize_t n = Py_SIZE(self);
    if (i < 0) { i = i + n < 0 ? 0 : i + n; }
    if (i > n) { i = n; }
    if (PyByteArray_Resize(self, n + 1) < 0) { return NULL; }
    char *p = as_array(self)->ob_start;
    memmove(p + i + 1, p + i, n - i);
    p[i] = (char)byte;
    Py_RETURN_NONE;
}

/* Take the byte at i, which is there, out; -1 with an exception. */
static int
take_out(PyObject *self, Py_ssize_t i)
{
    Py_ssize_t n = Py_SIZE(self);
    if (check_not_exported(as_array(self)) < 0) { return -1; }
    char *p = as_array(self)->ob_start;
    uint8_t byte = (uint8_t)p[i];
    memmove(p + i, p + i + 1, n - i);
    return PyByteArray_Resize(self, n - 1) < 0 ? -1 : byte;
}

PyObject *
hob_bytearray_pop(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    Py_ssize_t i = -1;
    if (!_PyArg_CheckPositional("pop", nargs, 0, 1) || (nargs && !arg_ssize(args[0], &i))) {
        return NULL;
    }
    Py_ssize_t n = Py_SIZE(self);
    if (n == 0) {
        PyErr_SetString(PyExc_IndexError, "pop from empty bytearray");
        return NULL;
    }
    if (i < 0) { i += n; }
    if ((size_t)i >= (size_t)n) {
        PyErr_SetString(PyExc_IndexError, "pop index out of range");
        return NULL;
    }
    int byte = take_out(self, i);
    return byte < 0 ? NULL : Py_NewRef(hob_small_int(byte));
}

PyObject *
hob_bytearray_remove(PyObject *self, PyObject *item)
{
    int byte;
    if (!hob_bytes_arg(item, &byte)) { return NULL; }
    Py_ssize_t at = hob_find8_unit((const uint8_t *)PyByteArray_AS_STRING(self), Py_SIZE(self),
                                   (uint8_t)byte, FIND_FORWARD);
    if (at < 0) {
        PyErr_SetString(PyExc_ValueError, "value not found in bytearray");
        return NULL;
    }
    if (take_out(self, at) < 0) { return NULL; }
    Py_RETURN_NONE;
}

PyObject *
hob_bytearray_reverse(PyObject *self, PyObject *unused)
{
    Py_ssize_t n = Py_SIZE(self);
    char *p = as_array(self)->ob_start;
    for (Py_ssize_t i = 0, j = n - 1; i < j; i++, j--) {
        char c = p[i];
        p[i] = p[j];
        p[j] = c;
    }
    Py_RETURN_NONE;
}

PyObject *
hob_bytearray_alloc(PyObject *self, PyObject *unused)
{
    return PyLong_FromSsize_t(as_array(self)->ob_alloc);
}

PyObject *
hob_bytearray_sizeof(PyObject *self, PyObject *unused)
{
    return PyLong_FromSsize_t(Py_TYPE(self)->tp_basicsize + as_array(self)->ob_alloc);
}

static PyObject *
reduce(PyObject *self, int protocol)
{
    own PyObject *state = _PyObject_GetState(self);
    if (!state) { return NULL; }
    const char *p = PyByteArray_AS_STRING(self);
    Py_ssize_t n = Py_SIZE(self);
    if (protocol < 3) {
        return Py_BuildValue("O(Ns)O", Py_TYPE(self), PyUnicode_DecodeLatin1(p, n, NULL),
                             "latin-1", state);
    }
    if (n == 0) { return Py_BuildValue("O()O", Py_TYPE(self), state); }
    return Py_BuildValue("O(y#)O", Py_TYPE(self), p, n, state);
}

PyObject *
hob_bytearray_reduce(PyObject *self, PyObject *unused)
{
    return reduce(self, 2);
}

PyObject *
hob_bytearray_reduce_ex(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    int protocol = 0;
    if (!_PyArg_CheckPositional("__reduce_ex__", nargs, 0, 1)
            || (nargs && !arg_int(args[0], &protocol))) {
        return NULL;
    }
    return reduce(self, protocol);
}

/* --- the type --- */

static PyNumberMethods bytearray_as_number = {
    .nb_remainder = bytearray_mod,
};

static PySequenceMethods bytearray_as_sequence = {
    .sq_length = bytearray_length,
    .sq_concat = PyByteArray_Concat,
    .sq_repeat = bytearray_repeat,
    .sq_item = bytearray_item,
    .sq_ass_item = bytearray_ass_item,
    .sq_contains = hob_bytes_contains,
    .sq_inplace_concat = bytearray_inplace_concat,
    .sq_inplace_repeat = bytearray_inplace_repeat,
};

static PyMappingMethods bytearray_as_mapping = {
    .mp_length = bytearray_length,
    .mp_subscript = bytearray_subscript,
    .mp_ass_subscript = bytearray_ass_subscript,
};

static PyBufferProcs bytearray_as_buffer = {
    .bf_getbuffer = bytearray_getbuffer,
    .bf_releasebuffer = bytearray_releasebuffer,
};

PyDoc_STRVAR(bytearray_doc,
"bytearray(iterable_of_ints) -> bytearray\n"
"bytearray(string, encoding[, errors]) -> bytearray\n"
"bytearray(bytes_or_buffer) -> a copy that can change\n"
"bytearray(int) -> that many null bytes\n"
"bytearray() -> no bytes\n"
"\n"
"A sequence of bytes, ints from 0 to 255, that can change.");

PyTypeObject PyByteArray_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "bytearray",
    .tp_basicsize = sizeof(PyByteArrayObject),
    .tp_dealloc = bytearray_dealloc,
    .tp_repr = bytearray_repr,
    .tp_as_number = &bytearray_as_number,
    .tp_as_sequence = &bytearray_as_sequence,
    .tp_as_mapping = &bytearray_as_mapping,
    .tp_str = bytearray_str,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_as_buffer = &bytearray_as_buffer,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | _Py_TPFLAGS_MATCH_SELF,
    .tp_doc = bytearray_doc,
    .tp_richcompare = bytearray_richcompare,
    .tp_iter = hob_sequence_iter_bytearray,
    .tp_methods = hob_bytearray_methods,
    .tp_init = bytearray_init,
    .tp_alloc = PyType_GenericAlloc,
    .tp_new = PyType_GenericNew,
    .tp_free = PyObject_Free,
};

/* --- invariants --- */

bool
hob_bytearray_check(PyObject *op)
{
    PyByteArrayObject *self = as_array(op);
    INVARIANT(1, Py_SIZE(self) >= 0 && self->ob_exports >= 0);
    if (!self->ob_bytes) {
        INVARIANT(2, Py_SIZE(self) == 0 && self->ob_alloc == 0);
        return true;
    }
    Py_ssize_t gone = self->ob_start - self->ob_bytes;
    INVARIANT(3, gone >= 0 && gone + Py_SIZE(self) < self->ob_alloc);
    INVARIANT(4, self->ob_start[Py_SIZE(self)] == 0);
    return true;
}

/* --- public API --- */

Py_ssize_t
PyByteArray_Size(PyObject *self)
{
    EXPECT(PyByteArray_Check(self));
    return Py_SIZE(self);
}

char *
PyByteArray_AsString(PyObject *self)
{
    EXPECT(PyByteArray_Check(self));
    return PyByteArray_AS_STRING(self);
}

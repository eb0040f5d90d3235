/* buffer.c -- the buffer protocol (PEP 3118), consumer's side.
 *
 * Layout     an element of an n-dimensional view lies at
 *              buf + sum(index[i] * strides[i])
 *            and with suboffsets, wherever suboffsets[i] >= 0, the pointer there
 *            is followed and the suboffset added before going on.
 * Holds      view->obj is a reference that PyBuffer_Release drops; NULL after that.
 */
#include "memory/own.h"
#include "objects/ids.h"
#include "objects/object.h"

static inline PyBufferProcs *
buffer_procs(PyObject *op)
{
    return Py_TYPE(op)->tp_as_buffer;
}

/* --- get and release --- */

int
PyObject_CheckBuffer(PyObject *self)
{
    return buffer_procs(self) && buffer_procs(self)->bf_getbuffer;
}

int
PyObject_GetBuffer(PyObject *self, Py_buffer *view, int flags)
{
    PyBufferProcs *procs = buffer_procs(self);
    if (UNLIKELY(!procs || !procs->bf_getbuffer)) {
        hob_error_type("a bytes-like object is required, not '%.100s'", self);
        return -1;
    }
    return procs->bf_getbuffer(self, view, flags);
}

void
PyBuffer_Release(Py_buffer *view)
{
    PyObject *self = view->obj;
    if (!self) { return; }
    PyBufferProcs *procs = buffer_procs(self);
    if (procs && procs->bf_releasebuffer) { procs->bf_releasebuffer(self, view); }
    view->obj = NULL;
    Py_DECREF(self);
}

/* A view of plain bytes at buf. */
int
PyBuffer_FillInfo(Py_buffer *view, PyObject *self, void *buf, Py_ssize_t len, int readonly,
                  int flags)
{
    if (!view) {
        PyErr_SetString(PyExc_BufferError,
                        "PyBuffer_FillInfo: view==NULL argument is obsolete");
        return -1;
    }
    if ((flags & PyBUF_WRITABLE) && readonly) {
        PyErr_SetString(PyExc_BufferError, "Object is not writable.");
        return -1;
    }
    bool wants_shape = (flags & PyBUF_ND) == PyBUF_ND;
    bool wants_strides = (flags & PyBUF_STRIDES) == PyBUF_STRIDES;
    *view = (Py_buffer){
        .buf = buf,
        .obj = Py_XNewRef(self),
        .len = len,
        .itemsize = 1,
        .readonly = readonly,
        .ndim = 1,
        .format = flags & PyBUF_FORMAT ? "B" : NULL,
    };
    if (wants_shape) { view->shape = &view->len; }
    if (wants_strides) { view->strides = &view->itemsize; }
    return 0;
}

/* --- contiguity --- */

/* Do the strides follow from the shape, the last (or first) index fastest? */
static bool
is_packed(const Py_buffer *view, bool last_fastest)
{
    if (view->len == 0) { return true; }
    if (!view->strides) { return last_fastest || view->ndim <= 1; }
    Py_ssize_t expected = view->itemsize;
    for (int i = 0; i < view->ndim; i++) {
        int axis = last_fastest ? view->ndim - 1 - i : i;
        Py_ssize_t n = view->shape[axis];
        if (n > 1 && view->strides[axis] != expected) { return false; }
        expected *= n;
    }
    return true;
}

/* Without strides the data is in C order; in one dimension at most, in both. */
static bool
is_fortran(const Py_buffer *view)
{
    if (view->strides || view->len == 0 || view->ndim <= 1) { return is_packed(view, false); }
    int wide = 0;
    for (int i = 0; view->shape && i < view->ndim; i++) { wide += view->shape[i] > 1; }
    return wide <= 1 && view->shape;
}

int
PyBuffer_IsContiguous(const Py_buffer *view, char order)
{
    if (view->suboffsets) { return 0; }
    switch (order) {
    case 'C': return is_packed(view, true);
    case 'F': return is_fortran(view);
    case 'A': return is_packed(view, true) || is_fortran(view);
    default:  return 0;
    }
}

void
PyBuffer_FillContiguousStrides(int ndim, Py_ssize_t *shape, Py_ssize_t *strides, int itemsize,
                               char order)
{
    Py_ssize_t step = itemsize;
    for (int i = 0; i < ndim; i++) {
        int axis = order == 'F' ? i : ndim - 1 - i;
        strides[axis] = step;
        step *= shape[axis];
    }
}

/* --- elements --- */

void *
PyBuffer_GetPointer(const Py_buffer *view, const Py_ssize_t *indices)
{
    char *at = view->buf;
    for (int i = 0; i < view->ndim; i++) {
        at += view->strides[i] * indices[i];
        if (view->suboffsets && view->suboffsets[i] >= 0) {
            at = *(char **)at + view->suboffsets[i];
        }
    }
    return at;
}

/* Count an index tuple up by one, the first (F) or last (C) index fastest. */
void
_Py_add_one_to_index_F(int ndim, Py_ssize_t *index, const Py_ssize_t *shape)
{
    for (int i = 0; i < ndim; i++) {
        if (++index[i] < shape[i]) { return; }
        index[i] = 0;
    }
}

void
_Py_add_one_to_index_C(int ndim, Py_ssize_t *index, const Py_ssize_t *shape)
{
    for (int i = ndim - 1; i >= 0; i--) {
        if (++index[i] < shape[i]) { return; }
        index[i] = 0;
    }
}

/* --- copies --- */

/* Copy element by element between a view and packed memory. */
static status
copy_elements(const Py_buffer *view, char *packed, Py_ssize_t len, char order, bool to_view)
{
    Py_ssize_t *index = PyMem_Calloc((size_t)view->ndim + 1, sizeof *index);
    if (!index) {
        PyErr_NoMemory();
        return -1;
    }
    size_t size = (size_t)view->itemsize;
    for (Py_ssize_t n = len / view->itemsize; n-- > 0; packed += size) {
        void *element = PyBuffer_GetPointer(view, index);
        if (to_view) { memcpy(element, packed, size); }
        else { memcpy(packed, element, size); }
        if (order == 'F') { _Py_add_one_to_index_F(view->ndim, index, view->shape); }
        else { _Py_add_one_to_index_C(view->ndim, index, view->shape); }
    }
    PyMem_Free(index);
    return 0;
}

int
PyBuffer_FromContiguous(const Py_buffer *view, const void *buf, Py_ssize_t len, char order)
{
    if (len > view->len) { len = view->len; }
    if (PyBuffer_IsContiguous(view, order)) {
        memcpy(view->buf, buf, (size_t)len);
        return 0;
    }
    return copy_elements(view, (char *)buf, len, order, true);
}

int
PyBuffer_ToContiguous(void *buf, const Py_buffer *view, Py_ssize_t len, char order)
{
    if (len != view->len) {
        PyErr_SetString(PyExc_ValueError, "PyBuffer_ToContiguous: len != view->len");
        return -1;
    }
    if (PyBuffer_IsContiguous(view, order)) {
        memcpy(buf, view->buf, (size_t)len);
        return 0;
    }
    if (view->ndim == 0 || !view->shape) {                      /* nothing to walk over */
        memcpy(buf, view->buf, (size_t)len);
        return 0;
    }
    Py_buffer walked = *view;
    Py_ssize_t strides[PyBUF_MAX_NDIM];
    if (!view->strides) {                                       /* not asked for: C order */
        PyBuffer_FillContiguousStrides(view->ndim, view->shape, strides, (int)view->itemsize, 'C');
        walked.strides = strides;
    }
    /* 'A' of a view that is contiguous in no order means C order */
    return copy_elements(&walked, buf, len, order == 'F' ? 'F' : 'C', false);
}

int
PyObject_CopyData(PyObject *target, PyObject *source)
{
    if (!PyObject_CheckBuffer(target) || !PyObject_CheckBuffer(source)) {
        PyErr_SetString(PyExc_TypeError,
                        "both destination and source must be bytes-like objects");
        return -1;
    }
    Py_buffer to, from;
    if (PyObject_GetBuffer(target, &to, PyBUF_FULL) < 0) { return -1; }
    if (PyObject_GetBuffer(source, &from, PyBUF_FULL_RO) < 0) {
        PyBuffer_Release(&to);
        return -1;
    }
    status done = -1;
    Py_ssize_t *index = NULL;
    if (to.len < from.len) {
        PyErr_SetString(PyExc_BufferError,
                        "destination is too small to receive data from source");
    }
    else if (PyBuffer_IsContiguous(&to, 'C') && PyBuffer_IsContiguous(&from, 'C')) {
        memcpy(to.buf, from.buf, (size_t)from.len);
        done = 0;
    }
    else if (!(index = PyMem_Calloc((size_t)from.ndim + 1, sizeof *index))) {
        PyErr_NoMemory();
    }
    else {
        for (Py_ssize_t n = from.len / from.itemsize; n-- > 0;) {
            memcpy(PyBuffer_GetPointer(&to, index), PyBuffer_GetPointer(&from, index),
                   (size_t)from.itemsize);
            _Py_add_one_to_index_C(from.ndim, index, from.shape);
        }
        done = 0;
    }
    PyMem_Free(index);
    PyBuffer_Release(&to);
    PyBuffer_Release(&from);
    return done;
}

Py_ssize_t
PyBuffer_SizeFromFormat(const char *format)
{
    own PyObject *module = PyImport_ImportModule("struct");
    own PyObject *size = module ? PyObject_CallMethod(module, "calcsize", "s", format) : NULL;
    return size ? PyLong_AsSsize_t(size) : -1;
}

/* --- the protocol before PEP 3118: pointers that nobody releases --- */

static status
old_style(PyObject *self, const void **buffer, Py_ssize_t *len, int flags)
{
    if (!self || !buffer || !len) {
        hob_error_null();
        return -1;
    }
    Py_buffer view;
    if (PyObject_GetBuffer(self, &view, flags) < 0) { return -1; }
    *buffer = view.buf;
    *len = view.len;
    PyBuffer_Release(&view);
    return 0;
}

int
PyObject_CheckReadBuffer(PyObject *self)
{
    Py_buffer view;
    if (!PyObject_CheckBuffer(self)) { return 0; }
    if (PyObject_GetBuffer(self, &view, PyBUF_SIMPLE) < 0) {
        PyErr_Clear();
        return 0;
    }
    PyBuffer_Release(&view);
    return 1;
}

int
PyObject_AsReadBuffer(PyObject *self, const void **buffer, Py_ssize_t *len)
{
    return old_style(self, buffer, len, PyBUF_SIMPLE);
}

int
PyObject_AsCharBuffer(PyObject *self, const char **buffer, Py_ssize_t *len)
{
    return old_style(self, (const void **)buffer, len, PyBUF_SIMPLE);
}

int
PyObject_AsWriteBuffer(PyObject *self, void **buffer, Py_ssize_t *len)
{
    if (!self || !buffer || !len) {
        hob_error_null();
        return -1;
    }
    if (!PyObject_CheckBuffer(self) ||
        old_style(self, (const void **)buffer, len, PyBUF_WRITABLE) < 0) {
        PyErr_SetString(PyExc_TypeError, "expected a writable bytes-like object");
        return -1;
    }
    return 0;
}

/* memoryview.c -- the memoryview type: memory of other objects, seen as an array.
 *
 * Layout     view is a private copy of the managed buffer's, whose shape, strides
 *            and suboffsets are kept in ob_array (3 * ndim numbers).
 *              exporter <- managed buffer (counts views) <- memoryview (counts buffers
 *              it has given out in turn)
 * Holds      view.obj is borrowed: the managed buffer owns the exporter.
 *            flags say what init_flags found: C, FORTRAN, SCALAR, PIL.
 * Hazard     a view may be released at any time that Python code runs.
 * Next       memory_item.c for single elements
 */
#include <Python.h>

#include <stddef.h>

#include "memory/gc.h"
#include "memory/own.h"
#include "objects/bind.h"
#include "objects/managedbuffer.h"
#include "objects/memory_item.h"
#include "objects/strhex.h"

typedef PyMemoryViewObject mview;

extern PyTypeObject hob_memory_iter_type;

static inline mview *
as_view(PyObject *op)
{
    return (mview *)op;
}

/* --- released or not --- */

static inline bool
is_released(mview *self)
{
    return self->flags & _Py_MEMORYVIEW_RELEASED
           || self->mbuf->flags & _Py_MANAGED_BUFFER_RELEASED;
}

static status
check_alive(mview *self)
{
    if (LIKELY(!is_released(self))) { return 0; }
    PyErr_SetString(PyExc_ValueError, "operation forbidden on released memoryview object");
    return -1;
}

/* --- making --- */

static mview *
view_alloc(int ndim)
{
    mview *self = PyObject_GC_NewVar(mview, &PyMemoryView_Type, 3 * ndim);
    if (!self) { return NULL; }
    self->mbuf = NULL;
    self->hash = -1;
    self->flags = 0;
    self->exports = 0;
    self->weakreflist = NULL;
    self->view.ndim = ndim;
    self->view.shape = self->ob_array;
    self->view.strides = self->ob_array + ndim;
    self->view.suboffsets = self->ob_array + 2 * ndim;
    return self;
}

/* What a view has of its source whatever its shape. */
static void
copy_common(Py_buffer *to, const Py_buffer *from)
{
    to->obj = from->obj;
    to->buf = from->buf;
    to->len = from->len;
    to->itemsize = from->itemsize;
    to->readonly = from->readonly;
    to->format = from->format ? from->format : "B";
    to->internal = from->internal;
}

static void
copy_shape(Py_buffer *to, const Py_buffer *from)
{
    if (from->ndim == 0) {
        to->shape = NULL;
        to->strides = NULL;
        to->suboffsets = NULL;
        return;
    }
    if (from->ndim == 1) {
        to->shape[0] = from->shape ? from->shape[0] : from->len / from->itemsize;
        to->strides[0] = from->strides ? from->strides[0] : from->itemsize;
    }
    else {
        for (int i = 0; i < from->ndim; i++) { to->shape[i] = from->shape[i]; }
        if (from->strides) {
            for (int i = 0; i < from->ndim; i++) { to->strides[i] = from->strides[i]; }
        }
        else {
            PyBuffer_FillContiguousStrides(to->ndim, to->shape, to->strides, (int)to->itemsize,
                                           'C');
        }
    }
    if (!from->suboffsets) {
        to->suboffsets = NULL;
        return;
    }
    for (int i = 0; i < from->ndim; i++) { to->suboffsets[i] = from->suboffsets[i]; }
}

static void
init_flags(mview *self)
{
    const Py_buffer *view = &self->view;
    int flags = 0;
    if (view->ndim == 0) {
        flags = _Py_MEMORYVIEW_SCALAR | _Py_MEMORYVIEW_C | _Py_MEMORYVIEW_FORTRAN;
    }
    else if (view->ndim == 1) {
        if (view->shape[0] == 1 || view->strides[0] == view->itemsize) {
            flags = _Py_MEMORYVIEW_C | _Py_MEMORYVIEW_FORTRAN;
        }
    }
    else {
        flags |= PyBuffer_IsContiguous(view, 'C') ? _Py_MEMORYVIEW_C : 0;
        flags |= PyBuffer_IsContiguous(view, 'F') ? _Py_MEMORYVIEW_FORTRAN : 0;
    }
    if (view->suboffsets) {
        flags |= _Py_MEMORYVIEW_PIL;
        flags &= ~(_Py_MEMORYVIEW_C | _Py_MEMORYVIEW_FORTRAN);
    }
    self->flags = flags;
}

static void
register_view(mview *self, _PyManagedBufferObject *mbuf)
{
    self->mbuf = (_PyManagedBufferObject *)Py_NewRef(mbuf);
    mbuf->exports++;
    hob_gc_track(self);
}

/* A view of mbuf that looks like from (NULL: like its master). */
static mview *
add_view(_PyManagedBufferObject *mbuf, const Py_buffer *from)
{
    if (!from) { from = &mbuf->master; }
    if (from->ndim > PyBUF_MAX_NDIM) {
        PyErr_SetString(PyExc_ValueError,
                        "memoryview: number of dimensions must not exceed "
                        Py_STRINGIFY(PyBUF_MAX_NDIM));
        return NULL;
    }
    mview *self = view_alloc(from->ndim);
    if (!self) { return NULL; }
    copy_common(&self->view, from);
    copy_shape(&self->view, from);
    init_flags(self);
    register_view(self, mbuf);
    return self;
}

/* The same with shape, strides and flags left to the caller. */
static mview *
add_unshaped_view(_PyManagedBufferObject *mbuf, const Py_buffer *from, int ndim)
{
    mview *self = view_alloc(ndim);
    if (!self) { return NULL; }
    copy_common(&self->view, from);
    register_view(self, mbuf);
    return self;
}

static PyObject *
first_view(STOLEN _PyManagedBufferObject *mbuf)
{
    if (!mbuf) { return NULL; }
    mview *self = add_view(mbuf, NULL);
    Py_DECREF(mbuf);
    return (PyObject *)self;
}

PyObject *
PyMemoryView_FromObject(PyObject *op)
{
    if (PyMemoryView_Check(op)) {
        mview *other = as_view(op);
        if (check_alive(other) < 0) { return NULL; }
        return (PyObject *)add_view(other->mbuf, &other->view);
    }
    if (PyObject_CheckBuffer(op)) {
        return first_view(hob_managed_from_object(op, PyBUF_FULL_RO));
    }
    PyErr_Format(PyExc_TypeError, "memoryview: a bytes-like object is required, not '%.200s'",
                 Py_TYPE(op)->tp_name);
    return NULL;
}

PyObject *
PyMemoryView_FromMemory(char *mem, Py_ssize_t size, int flags)
{
    Py_buffer buffer;
    if (PyBuffer_FillInfo(&buffer, NULL, mem, size, flags != PyBUF_WRITE, PyBUF_FULL_RO) < 0) {
        return NULL;
    }
    return first_view(hob_managed_from_buffer(&buffer));
}

PyObject *
PyMemoryView_FromBuffer(const Py_buffer *info)
{
    if (!info->buf) {
        PyErr_SetString(PyExc_ValueError,
                        "PyMemoryView_FromBuffer(): info->buf must not be NULL");
        return NULL;
    }
    return first_view(hob_managed_from_buffer(info));
}

/* A view of a new bytes that holds a contiguous copy. */
static PyObject *
contiguous_copy(const Py_buffer *from, char order)
{
    own PyObject *bytes = PyBytes_FromStringAndSize(NULL, from->len);
    if (!bytes) { return NULL; }
    if (PyBuffer_ToContiguous(PyBytes_AS_STRING(bytes), from, from->len, order) < 0) {
        return NULL;
    }
    own _PyManagedBufferObject *mbuf = hob_managed_from_object(bytes, PyBUF_FULL_RO);
    if (!mbuf) { return NULL; }
    mview *self = add_unshaped_view(mbuf, from, from->ndim);
    if (!self) { return NULL; }
    Py_buffer *to = &self->view;
    to->obj = mbuf->master.obj;
    to->buf = mbuf->master.buf;
    to->readonly = mbuf->master.readonly;
    for (int i = 0; i < to->ndim; i++) { to->shape[i] = from->shape[i]; }
    PyBuffer_FillContiguousStrides(to->ndim, to->shape, to->strides, (int)to->itemsize,
                                   order == 'F' ? 'F' : 'C');
    to->suboffsets = NULL;
    init_flags(self);
    return (PyObject *)self;
}

PyObject *
PyMemoryView_GetContiguous(PyObject *op, int access, char order)
{
    EXPECT(order == 'C' || order == 'F' || order == 'A');
    PyObject *self = PyMemoryView_FromObject(op);
    if (!self) { return NULL; }
    Py_buffer *view = &as_view(self)->view;
    if (access == PyBUF_WRITE && view->readonly) {
        PyErr_SetString(PyExc_BufferError, "underlying buffer is not writable");
        Py_DECREF(self);
        return NULL;
    }
    if (PyBuffer_IsContiguous(view, order)) { return self; }
    PyObject *copy = NULL;
    if (access == PyBUF_WRITE) {
        PyErr_SetString(PyExc_BufferError, "writable contiguous buffer requested "
                        "for a non-contiguous object.");
    }
    else {
        copy = contiguous_copy(view, order);
    }
    Py_DECREF(self);
    return copy;
}

/* --- unmaking --- */

static status
release(mview *self)
{
    if (self->flags & _Py_MEMORYVIEW_RELEASED) { return 0; }
    if (self->exports > 0) {
        PyErr_Format(PyExc_BufferError, "memoryview has %zd exported buffer%s", self->exports,
                     self->exports == 1 ? "" : "s");
        return -1;
    }
    self->flags |= _Py_MEMORYVIEW_RELEASED;
    if (--self->mbuf->exports == 0) { hob_managed_release(self->mbuf); }
    return 0;
}

static void
view_dealloc(PyObject *op)
{
    mview *self = as_view(op);
    EXPECT(self->exports == 0);
    PyObject_GC_UnTrack(op);
    (void)release(self);
    Py_CLEAR(self->mbuf);
    if (self->weakreflist) { PyObject_ClearWeakRefs(op); }
    PyObject_GC_Del(op);
}

static int
view_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(as_view(op)->mbuf);
    return 0;
}

static int
view_clear(PyObject *op)
{
    mview *self = as_view(op);
    if (self->exports > 0) { return 0; }        /* whoever looks through us is cleared first */
    if (release(self) < 0) { PyErr_Clear(); }
    Py_CLEAR(self->mbuf);
    return 0;
}

/* --- casting --- */

static bool
is_byte_format(char code)
{
    return code == 'b' || code == 'B' || code == 'c';
}

static status
cast_to_1d(mview *self, PyObject *format)
{
    Py_buffer *view = &self->view;
    own PyObject *text = PyUnicode_AsASCIIString(format);
    if (!text) { return -1; }
    const char *to = hob_item_native(PyBytes_AS_STRING(text));
    if (!*to) {
        PyErr_SetString(PyExc_ValueError, "memoryview: destination format must be a native "
                        "single character format prefixed with an optional '@'");
        return -1;
    }
    if (!is_byte_format(*hob_item_native(view->format)) && !is_byte_format(*to)) {
        PyErr_SetString(PyExc_TypeError,
                        "memoryview: cannot cast between two non-byte formats");
        return -1;
    }
    Py_ssize_t size = hob_item_size(*to);
    if (view->len % size) {
        PyErr_SetString(PyExc_TypeError, "memoryview: length is not a multiple of itemsize");
        return -1;
    }
    /* keep the prefix as given: the format of a cast reads back as it was written */
    static const char *const prefixed[] = {
        "@c", "@b", "@B", "@h", "@H", "@i", "@I", "@l", "@L", "@q", "@Q", "@n", "@N", "@f",
        "@d", "@?", "@P",
    };
    const char *shown = to;
    for (size_t i = 0; PyBytes_AS_STRING(text)[0] == '@' && i < ARRAY_LEN(prefixed); i++) {
        if (prefixed[i][1] == *to) { shown = prefixed[i]; }
    }
    view->format = (char *)shown;
    view->itemsize = size;
    view->ndim = 1;
    view->shape[0] = view->len / size;
    view->strides[0] = size;
    view->suboffsets = NULL;
    init_flags(self);
    return 0;
}

/* Read shape[i] of n; their product times itemsize, -1 with an exception. */
static Py_ssize_t
read_shape(Py_ssize_t *shape, PyObject *sequence, int n, Py_ssize_t itemsize)
{
    Py_ssize_t len = itemsize;
    for (int i = 0; i < n; i++) {
        PyObject *item = PySequence_Fast_GET_ITEM(sequence, i);
        if (!PyLong_Check(item)) {
            PyErr_SetString(PyExc_TypeError,
                            "memoryview.cast(): elements of shape must be integers");
            return -1;
        }
        Py_ssize_t x = PyLong_AsSsize_t(item);
        if (x == -1 && PyErr_Occurred()) { return -1; }
        if (x <= 0) {
            PyErr_SetString(PyExc_ValueError,
                            "memoryview.cast(): elements of shape must be integers > 0");
            return -1;
        }
        if (x > PY_SSIZE_T_MAX / len) {
            PyErr_SetString(PyExc_ValueError, "memoryview.cast(): product(shape) > SSIZE_MAX");
            return -1;
        }
        len *= x;
        shape[i] = x;
    }
    return len;
}

static status
cast_to_nd(mview *self, PyObject *shape, int ndim)
{
    Py_buffer *view = &self->view;
    Py_ssize_t len = view->itemsize;
    view->ndim = ndim;
    view->suboffsets = NULL;
    if (ndim == 0) {
        view->shape = NULL;
        view->strides = NULL;
    }
    else {
        view->shape = self->ob_array;
        view->strides = self->ob_array + ndim;
        len = read_shape(view->shape, shape, ndim, view->itemsize);
        if (len < 0) { return -1; }
        PyBuffer_FillContiguousStrides(ndim, view->shape, view->strides, (int)view->itemsize,
                                       'C');
    }
    if (view->len != len) {
        PyErr_SetString(PyExc_TypeError,
                        "memoryview: product(shape) * itemsize != buffer size");
        return -1;
    }
    init_flags(self);
    return 0;
}

static bool
has_zeros(const Py_buffer *view)
{
    for (int i = 0; i < view->ndim; i++) {
        if (view->shape[i] == 0 || view->strides[i] == 0) { return true; }
    }
    return false;
}

/** memoryview.cast($self, /, format, shape=NULL)
 *
 *  The same memory with elements of another format, or in another shape.
 */
static PyObject *
view_cast(mview *self, PyUnicodeObject *format, PyObject *shape)
{
    if (check_alive(self) < 0) { return NULL; }
    if (!(self->flags & _Py_MEMORYVIEW_C)) {
        PyErr_SetString(PyExc_TypeError,
                        "memoryview: casts are restricted to C-contiguous views");
        return NULL;
    }
    if ((shape || self->view.ndim != 1) && has_zeros(&self->view)) {
        PyErr_SetString(PyExc_TypeError,
                        "memoryview: cannot cast view with zeros in shape or strides");
        return NULL;
    }
    Py_ssize_t ndim = 1;
    if (shape) {
        if (!PyList_Check(shape) && !PyTuple_Check(shape)) {
            PyErr_SetString(PyExc_TypeError, "shape must be a list or a tuple");
            return NULL;
        }
        ndim = PySequence_Fast_GET_SIZE(shape);
        if (ndim > PyBUF_MAX_NDIM) {
            PyErr_SetString(PyExc_ValueError,
                            "memoryview: number of dimensions must not exceed "
                            Py_STRINGIFY(PyBUF_MAX_NDIM));
            return NULL;
        }
        if (self->view.ndim != 1 && ndim != 1) {
            PyErr_SetString(PyExc_TypeError, "memoryview: cast must be 1D -> ND or ND -> 1D");
            return NULL;
        }
    }
    own mview *result = add_unshaped_view(self->mbuf, &self->view, ndim ? (int)ndim : 1);
    if (!result || cast_to_1d(result, (PyObject *)format) < 0) { return NULL; }
    if (shape && cast_to_nd(result, shape, (int)ndim) < 0) { return NULL; }
    return (PyObject *)take(result);
}

/** memoryview.toreadonly($self, /)
 *
 *  A view of the same memory that cannot write to it.
 */
static PyObject *
view_toreadonly(mview *self)
{
    if (check_alive(self) < 0) { return NULL; }
    mview *result = add_view(self->mbuf, &self->view);
    if (result) { result->view.readonly = 1; }
    return (PyObject *)result;
}

/* --- giving out buffers --- */

static status
refuse(const char *why)
{
    PyErr_SetString(PyExc_BufferError, why);
    return -1;
}

static int
view_getbuffer(PyObject *op, Py_buffer *view, int flags)
{
    mview *self = as_view(op);
    if (check_alive(self) < 0) { return -1; }
#define ASKS_FOR(what) ((flags & (what)) == (what))
    *view = self->view;
    view->obj = NULL;
    if (ASKS_FOR(PyBUF_WRITABLE) && view->readonly) {
        return refuse("memoryview: underlying buffer is not writable");
    }
    if (!ASKS_FOR(PyBUF_FORMAT)) { view->format = NULL; }
    if (ASKS_FOR(PyBUF_C_CONTIGUOUS) && !(self->flags & _Py_MEMORYVIEW_C)) {
        return refuse("memoryview: underlying buffer is not C-contiguous");
    }
    if (ASKS_FOR(PyBUF_F_CONTIGUOUS) && !(self->flags & _Py_MEMORYVIEW_FORTRAN)) {
        return refuse("memoryview: underlying buffer is not Fortran contiguous");
    }
    if (ASKS_FOR(PyBUF_ANY_CONTIGUOUS)
            && !(self->flags & (_Py_MEMORYVIEW_C | _Py_MEMORYVIEW_FORTRAN))) {
        return refuse("memoryview: underlying buffer is not contiguous");
    }
    if (!ASKS_FOR(PyBUF_INDIRECT) && self->flags & _Py_MEMORYVIEW_PIL) {
        return refuse("memoryview: underlying buffer requires suboffsets");
    }
    if (!ASKS_FOR(PyBUF_STRIDES)) {
        if (!(self->flags & _Py_MEMORYVIEW_C)) {
            return refuse("memoryview: underlying buffer is not C-contiguous");
        }
        view->strides = NULL;
    }
    if (!ASKS_FOR(PyBUF_ND)) {
        if (view->format) {
            return refuse("memoryview: cannot cast to unsigned bytes if the format flag "
                          "is present");
        }
        view->ndim = 1;
        view->shape = NULL;
    }
#undef ASKS_FOR
    view->obj = Py_NewRef(op);
    self->exports++;
    return 0;
}

static void
view_releasebuffer(PyObject *op, Py_buffer *view)
{
    as_view(op)->exports--;
}

/* --- finding elements --- */

/* The native format of the elements, NULL with an exception. */
static const char *
item_format(const Py_buffer *view)
{
    const char *format = hob_item_native(view->format);
    if (*format) { return format; }
    PyErr_Format(PyExc_NotImplementedError, "memoryview: unsupported format %s", view->format);
    return NULL;
}

/* Step along one axis by an index; NULL with IndexError. */
static char *
step(const Py_buffer *view, char *p, int axis, Py_ssize_t index)
{
    Py_ssize_t n = view->shape[axis];
    if (index < 0) { index += n; }
    if (index < 0 || index >= n) {
        PyErr_Format(PyExc_IndexError, "index out of bounds on dimension %d", axis + 1);
        return NULL;
    }
    p += view->strides[axis] * index;
    if (view->suboffsets && view->suboffsets[axis] >= 0) {
        p = *(char **)p + view->suboffsets[axis];
    }
    return p;
}

static char *
element_at(const Py_buffer *view, PyObject *indices)
{
    Py_ssize_t n = PyTuple_GET_SIZE(indices);
    if (n > view->ndim) {
        PyErr_Format(PyExc_TypeError, "cannot index %zd-dimension view with %zd-element tuple",
                     (Py_ssize_t)view->ndim, n);
        return NULL;
    }
    char *p = view->buf;
    for (int axis = 0; axis < n && p; axis++) {
        Py_ssize_t index = PyNumber_AsSsize_t(PyTuple_GET_ITEM(indices, axis),
                                              PyExc_IndexError);
        if (index == -1 && PyErr_Occurred()) { return NULL; }
        p = step(view, p, axis, index);
    }
    return p;
}

/* Narrow axis 0 of view to a slice. */
static status
narrow(Py_buffer *view, PyObject *slice)
{
    Py_ssize_t start, stop, by;
    if (PySlice_Unpack(slice, &start, &stop, &by) < 0) { return -1; }
    Py_ssize_t n = PySlice_AdjustIndices(view->shape[0], &start, &stop, by);
    view->buf = (char *)view->buf + view->strides[0] * start;
    view->shape[0] = n;
    view->strides[0] *= by;
    view->len = view->itemsize;
    for (int i = 0; i < view->ndim; i++) { view->len *= view->shape[i]; }
    return 0;
}

/* --- subscript --- */

enum { KEY_OTHER, KEY_INDICES, KEY_SLICES };

static int
kind_of_tuple(PyObject *key)
{
    if (!PyTuple_Check(key)) { return KEY_OTHER; }
    Py_ssize_t n = PyTuple_GET_SIZE(key);
    bool all_indices = true;
    bool all_slices = n > 0;
    for (Py_ssize_t i = 0; i < n; i++) {
        all_indices = all_indices && PyIndex_Check(PyTuple_GET_ITEM(key, i));
        all_slices = all_slices && PySlice_Check(PyTuple_GET_ITEM(key, i));
    }
    return all_indices ? KEY_INDICES : all_slices ? KEY_SLICES : KEY_OTHER;
}

static PyObject *
not_implemented(const char *text)
{
    PyErr_SetString(PyExc_NotImplementedError, text);
    return NULL;
}

static PyObject *
type_error(const char *text)
{
    PyErr_SetString(PyExc_TypeError, text);
    return NULL;
}

static bool
is_scalar_key(PyObject *key)
{
    return key == Py_Ellipsis || (PyTuple_Check(key) && PyTuple_GET_SIZE(key) == 0);
}

static PyObject *
view_item(PyObject *op, Py_ssize_t index)
{
    mview *self = as_view(op);
    if (check_alive(self) < 0) { return NULL; }
    const Py_buffer *view = &self->view;
    const char *format = item_format(view);
    if (!format) { return NULL; }
    if (view->ndim == 0) { return type_error("invalid indexing of 0-dim memory"); }
    if (view->ndim > 1) {
        return not_implemented("multi-dimensional sub-views are not implemented");
    }
    char *p = step(view, view->buf, 0, index);
    return p ? hob_item_unpack(p, format) : NULL;
}

static PyObject *
item_by_tuple(mview *self, PyObject *key)
{
    if (check_alive(self) < 0) { return NULL; }
    const char *format = item_format(&self->view);
    if (!format) { return NULL; }
    if (PyTuple_GET_SIZE(key) < self->view.ndim) {
        return not_implemented("sub-views are not implemented");
    }
    char *p = element_at(&self->view, key);
    if (!p || check_alive(self) < 0) { return NULL; }   /* an __index__ may have released us */
    return hob_item_unpack(p, format);
}

static PyObject *
slice_of(mview *self, PyObject *key)
{
    mview *result = add_view(self->mbuf, &self->view);
    if (!result) { return NULL; }
    if (narrow(&result->view, key) < 0) {
        Py_DECREF(result);
        return NULL;
    }
    init_flags(result);
    return (PyObject *)result;
}

static PyObject *
view_subscript(PyObject *op, PyObject *key)
{
    mview *self = as_view(op);
    if (check_alive(self) < 0) { return NULL; }
    if (self->view.ndim == 0) {
        if (!is_scalar_key(key)) { return type_error("invalid indexing of 0-dim memory"); }
        if (key == Py_Ellipsis) { return Py_NewRef(op); }
        const char *format = item_format(&self->view);
        return format ? hob_item_unpack(self->view.buf, format) : NULL;
    }
    if (PyIndex_Check(key)) {
        Py_ssize_t index = PyNumber_AsSsize_t(key, PyExc_IndexError);
        if (index == -1 && PyErr_Occurred()) { return NULL; }
        return view_item(op, index);
    }
    if (PySlice_Check(key)) { return slice_of(self, key); }
    switch (kind_of_tuple(key)) {
    case KEY_INDICES: return item_by_tuple(self, key);
    case KEY_SLICES:  return not_implemented("multi-dimensional slicing is not implemented");
    default:          return type_error("memoryview: invalid slice key");
    }
}

/* --- assignment --- */

/* Copy n elements of one axis; the two may overlap. */
static status
copy_row(const Py_buffer *to, const Py_buffer *from)
{
    Py_ssize_t n = to->shape[0];
    Py_ssize_t size = to->itemsize;
    bool to_packed = to->strides[0] == size && !to->suboffsets;
    bool from_packed = from->strides[0] == size && !from->suboffsets;
    if (to_packed && from_packed) {
        memmove(to->buf, from->buf, n * size);
        return 0;
    }
    char *row = PyMem_Malloc(n * size);
    if (!row) {
        PyErr_NoMemory();
        return -1;
    }
#define PLACE(v, i) ({                                                      \
        char *p_ = (char *)(v)->buf + (i) * (v)->strides[0];                \
        (v)->suboffsets && (v)->suboffsets[0] >= 0                          \
            ? *(char **)p_ + (v)->suboffsets[0] : p_;                       \
    })
    for (Py_ssize_t i = 0; i < n; i++) { memcpy(row + i * size, PLACE(from, i), size); }
    for (Py_ssize_t i = 0; i < n; i++) { memcpy(PLACE(to, i), row + i * size, size); }
#undef PLACE
    PyMem_Free(row);
    return 0;
}

static status
assign_slice(mview *self, PyObject *key, PyObject *value)
{
    Py_buffer from;
    if (PyObject_GetBuffer(value, &from, PyBUF_FULL_RO) < 0) { return -1; }
    Py_buffer to = self->view;
    Py_ssize_t shape[1] = {to.shape[0]};
    Py_ssize_t strides[1] = {to.strides[0]};
    Py_ssize_t suboffsets[1] = {to.suboffsets ? to.suboffsets[0] : -1};
    to.shape = shape;
    to.strides = strides;
    if (to.suboffsets) { to.suboffsets = suboffsets; }

    status done = narrow(&to, key);
    if (done == 0) { done = check_alive(self); }
    if (done == 0) {
        const char *a = to.format;
        const char *b = from.format ? from.format : "B";
        a += *a == '@';
        b += *b == '@';
        if (from.ndim != 1 || strcmp(a, b) != 0 || to.itemsize != from.itemsize
                || to.shape[0] != from.shape[0]) {
            PyErr_SetString(PyExc_ValueError, "memoryview assignment: lvalue and rvalue have "
                            "different structures");
            done = -1;
        }
        else {
            done = copy_row(&to, &from);
        }
    }
    PyBuffer_Release(&from);
    return done;
}

/* Store value at p.  Converting it may run code that releases us: first convert,
 * then look whether the memory is still there. */
static status
pack_at(mview *self, char *p, PyObject *value, const char *format)
{
    char item[16];
    if (!p || hob_item_pack(item, value, format) < 0 || check_alive(self) < 0) { return -1; }
    memcpy(p, item, self->view.itemsize);
    return 0;
}

static status
view_ass_subscript(PyObject *op, PyObject *key, PyObject *value)
{
    mview *self = as_view(op);
    if (check_alive(self) < 0) { return -1; }
    Py_buffer *view = &self->view;
    const char *format = item_format(view);
    if (!format) { return -1; }
    if (view->readonly) {
        type_error("cannot modify read-only memory");
        return -1;
    }
    if (!value) {
        type_error("cannot delete memory");
        return -1;
    }
    if (view->ndim == 0) {
        if (is_scalar_key(key)) { return pack_at(self, view->buf, value, format); }
        type_error("invalid indexing of 0-dim memory");
        return -1;
    }
    if (PyIndex_Check(key)) {
        if (view->ndim > 1) {
            not_implemented("sub-views are not implemented");
            return -1;
        }
        Py_ssize_t index = PyNumber_AsSsize_t(key, PyExc_IndexError);
        if (index == -1 && PyErr_Occurred()) { return -1; }
        if (check_alive(self) < 0) { return -1; }
        return pack_at(self, step(view, view->buf, 0, index), value, format);
    }
    if (PySlice_Check(key) && view->ndim == 1) { return assign_slice(self, key, value); }
    int kind = kind_of_tuple(key);
    if (kind == KEY_INDICES) {
        if (PyTuple_GET_SIZE(key) < view->ndim) {
            not_implemented("sub-views are not implemented");
            return -1;
        }
        char *p = element_at(view, key);
        if (p && check_alive(self) < 0) { return -1; }
        return pack_at(self, p, value, format);
    }
    if (kind == KEY_SLICES || PySlice_Check(key)) {
        not_implemented("memoryview slice assignments are currently restricted to ndim = 1");
        return -1;
    }
    type_error("memoryview: invalid slice key");
    return -1;
}

static Py_ssize_t
view_length(PyObject *op)
{
    mview *self = as_view(op);
    if (check_alive(self) < 0) { return -1; }
    return self->view.ndim == 0 ? 1 : self->view.shape[0];
}

/* --- comparison and hash --- */

static PyObject *
view_richcompare(PyObject *a, PyObject *b, int op)
{
    if (op != Py_EQ && op != Py_NE) { Py_RETURN_NOTIMPLEMENTED; }
    EXPECT(PyMemoryView_Check(a));
    bool is_view = PyMemoryView_Check(b);
    tri same;
    if (is_released(as_view(a)) || (is_view && is_released(as_view(b)))) {
        same = a == b;
    }
    else if (is_view) {
        same = hob_item_equal_views(&as_view(a)->view, &as_view(b)->view);
    }
    else {
        Py_buffer view;
        if (PyObject_GetBuffer(b, &view, PyBUF_FULL_RO) < 0) {
            PyErr_Clear();
            Py_RETURN_NOTIMPLEMENTED;
        }
        same = hob_item_equal_views(&as_view(a)->view, &view);
        PyBuffer_Release(&view);
    }
    return same < 0 ? NULL : PyBool_FromLong(same == (op == Py_EQ));
}

static PyObject *to_bytes(mview *self, char order);

static Py_hash_t
view_hash(PyObject *op)
{
    mview *self = as_view(op);
    if (self->hash != -1) { return self->hash; }
    if (check_alive(self) < 0) { return -1; }
    if (!self->view.readonly) {
        PyErr_SetString(PyExc_ValueError, "cannot hash writable memoryview object");
        return -1;
    }
    if (!is_byte_format(*hob_item_native(self->view.format))) {
        PyErr_SetString(PyExc_ValueError,
                        "memoryview: hashing is restricted to formats 'B', 'b' or 'c'");
        return -1;
    }
    if (self->view.obj && PyObject_Hash(self->view.obj) == -1) { return -1; }
    if (self->flags & _Py_MEMORYVIEW_C) {
        return self->hash = _Py_HashBytes(self->view.buf, self->view.len);
    }
    own PyObject *bytes = to_bytes(self, 'C');
    return bytes ? self->hash = PyObject_Hash(bytes) : -1;
}

static PyObject *
view_repr(PyObject *op)
{
    const char *state = as_view(op)->flags & _Py_MEMORYVIEW_RELEASED ? "released " : "";
    return PyUnicode_FromFormat("<%smemory at %p>", state, op);
}

/* --- methods --- */

/** memoryview.release($self, /)
 *
 *  Give the memory back to its owner; the view is of no use any more.
 */
static status
view_release(mview *self)
{
    return release(self);
}

static PyObject *
to_bytes(mview *self, char order)
{
    own PyObject *bytes = PyBytes_FromStringAndSize(NULL, self->view.len);
    if (!bytes) { return NULL; }
    if (PyBuffer_ToContiguous(PyBytes_AS_STRING(bytes), &self->view, self->view.len,
                              order) < 0) {
        return NULL;
    }
    return take(bytes);
}

/** memoryview.tobytes($self, /, order='C')
 *
 *  The memory as bytes, in order 'C', 'F' (Fortran) or 'A' (as it lies).
 */
static PyObject *
view_tobytes(mview *self, PyObject *order)
{
    if (check_alive(self) < 0) { return NULL; }
    char code = 'C';
    if (order && order != Py_None) {
        if (!PyUnicode_Check(order)) {
            _PyArg_BadArgument("tobytes", "argument 'order'", "str or None", order);
            return NULL;
        }
        bool is_char = PyUnicode_GET_LENGTH(order) == 1;
        Py_UCS4 c = is_char ? PyUnicode_READ_CHAR(order, 0) : 0;
        if (c != 'C' && c != 'F' && c != 'A') {
            PyErr_SetString(PyExc_ValueError, "order must be 'C', 'F' or 'A'");
            return NULL;
        }
        code = (char)c;
    }
    return to_bytes(self, code);
}

/** memoryview.hex($self, /, sep=NULL, bytes_per_sep=1)
 *
 *  Two hexadecimal digits for each byte, as a str.
 *
 *  sep goes between groups of bytes_per_sep bytes, counted from the right, or
 *  from the left when negative.
 *
 *      >>> value = memoryview(b'\xca\xfe\x01')
 *      >>> value.hex()
 *      'cafe01'
 *      >>> value.hex(' ')
 *      'ca fe 01'
 *      >>> value[::2].hex()
 *      'ca01'
 *      >>> value.hex(':', -2)
 *      'cafe:01'
 */
static PyObject *
view_hex(mview *self, PyObject *sep, int bytes_per_sep)
{
    if (check_alive(self) < 0) { return NULL; }
    if (self->flags & _Py_MEMORYVIEW_C) {
        return _Py_strhex_with_sep(self->view.buf, self->view.len, sep, bytes_per_sep);
    }
    own PyObject *bytes = to_bytes(self, 'C');
    if (!bytes) { return NULL; }
    return _Py_strhex_with_sep(PyBytes_AS_STRING(bytes), PyBytes_GET_SIZE(bytes), sep,
                               bytes_per_sep);
}

static PyObject *
list_axis(const Py_buffer *view, const char *p, int axis, const char *format)
{
    if (axis == view->ndim) { return hob_item_unpack(p, format); }
    own PyObject *list = PyList_New(view->shape[axis]);
    for (Py_ssize_t i = 0; list && i < view->shape[axis]; i++) {
        const char *q = p + i * view->strides[axis];
        if (view->suboffsets && view->suboffsets[axis] >= 0) {
            q = *(char *const *)q + view->suboffsets[axis];
        }
        PyObject *item = list_axis(view, q, axis + 1, format);
        if (!item) { return NULL; }
        PyList_SET_ITEM(list, i, item);
    }
    return take(list);
}

/** memoryview.tolist($self, /)
 *
 *  The elements as a list, of lists in more than one dimension.
 */
static PyObject *
view_tolist(mview *self)
{
    if (check_alive(self) < 0) { return NULL; }
    const char *format = item_format(&self->view);
    return format ? list_axis(&self->view, self->view.buf, 0, format) : NULL;
}

/** memoryview.__enter__($self, /)
 */
static PyObject *
view_enter(PyObject *self)
{
    return check_alive(as_view(self)) < 0 ? NULL : Py_NewRef(self);
}

/** memoryview.__exit__($self, /, *args)
 */
static PyObject *
view_exit(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    if (release(as_view(self)) < 0) { return NULL; }
    Py_RETURN_NONE;
}

/** memoryview.__new__($type, object)
 *
 *  The memory of an object, without copying it.
 */
static PyObject *
view_new(PyTypeObject *type, PyObject *object)
{
    return PyMemoryView_FromObject(object);
}

#include "gen/objects/memoryview.bind.h"

/* --- attributes --- */

static PyObject *
int_tuple(const Py_ssize_t *values, int n)
{
    own PyObject *tuple = PyTuple_New(values ? n : 0);
    for (int i = 0; tuple && values && i < n; i++) {
        PyObject *number = PyLong_FromSsize_t(values[i]);
        if (!number) { return NULL; }
        PyTuple_SET_ITEM(tuple, i, number);
    }
    return take(tuple);
}

#define GETTER(name, value)                                     \
    static PyObject *                                           \
    get_##name(PyObject *op, void *unused)                      \
    {                                                           \
        mview *self = as_view(op);                              \
        if (check_alive(self) < 0) { return NULL; }             \
        const Py_buffer *view = &self->view;                    \
        (void)view;                                             \
        return value;                                           \
    }
GETTER(obj, Py_NewRef(view->obj ? view->obj : Py_None))
GETTER(nbytes, PyLong_FromSsize_t(view->len))
GETTER(readonly, PyBool_FromLong(view->readonly))
GETTER(itemsize, PyLong_FromSsize_t(view->itemsize))
GETTER(format, PyUnicode_FromString(view->format))
GETTER(ndim, PyLong_FromLong(view->ndim))
GETTER(shape, int_tuple(view->shape, view->ndim))
GETTER(strides, int_tuple(view->strides, view->ndim))
GETTER(suboffsets, int_tuple(view->suboffsets, view->ndim))
GETTER(c_contiguous, PyBool_FromLong(self->flags & _Py_MEMORYVIEW_C))
GETTER(f_contiguous, PyBool_FromLong(self->flags & _Py_MEMORYVIEW_FORTRAN))
GETTER(contiguous,
       PyBool_FromLong(self->flags & (_Py_MEMORYVIEW_C | _Py_MEMORYVIEW_FORTRAN)
                       || PyBuffer_IsContiguous(view, 'A')))
#undef GETTER

static PyGetSetDef view_getset[] = {
    {"obj", get_obj, NULL, PyDoc_STR("The object whose memory it is."), NULL},
    {"nbytes", get_nbytes, NULL, PyDoc_STR("Bytes that all elements take."), NULL},
    {"readonly", get_readonly, NULL, PyDoc_STR("Whether the memory cannot be written to."),
     NULL},
    {"itemsize", get_itemsize, NULL, PyDoc_STR("Bytes of one element."), NULL},
    {"format", get_format, NULL, PyDoc_STR("Format of an element, as in module struct."), NULL},
    {"ndim", get_ndim, NULL, PyDoc_STR("Number of dimensions."), NULL},
    {"shape", get_shape, NULL, PyDoc_STR("Number of elements along each dimension."), NULL},
    {"strides", get_strides, NULL, PyDoc_STR("Bytes from one element to the next, along each "
                                             "dimension."), NULL},
    {"suboffsets", get_suboffsets, NULL, PyDoc_STR("Offsets behind pointers, for arrays of "
                                                   "pointers."), NULL},
    {"c_contiguous", get_c_contiguous, NULL, PyDoc_STR("Whether the last dimension varies "
                                                       "fastest, without gaps."), NULL},
    {"f_contiguous", get_f_contiguous, NULL, PyDoc_STR("Whether the first dimension varies "
                                                       "fastest, without gaps."), NULL},
    {"contiguous", get_contiguous, NULL, PyDoc_STR("Whether there are no gaps."), NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

/* --- iterator --- */

typedef struct memory_iter {
    PyObject_HEAD
    Py_ssize_t index;
    mview *seq;                 /* owned; NULL when exhausted */
    Py_ssize_t length;
    const char *format;         /* static */
} memory_iter;

static PyObject *
view_iter(PyObject *op)
{
    if (check_alive(as_view(op)) < 0) { return NULL; }
    const Py_buffer *view = &as_view(op)->view;
    if (view->ndim == 0) { return type_error("invalid indexing of 0-dim memory"); }
    const char *format = item_format(view);
    if (!format) { return NULL; }
    if (view->ndim != 1) {
        return not_implemented("multi-dimensional sub-views are not implemented");
    }
    memory_iter *self = PyObject_GC_New(memory_iter, &hob_memory_iter_type);
    if (!self) { return NULL; }
    self->index = 0;
    self->seq = (mview *)Py_NewRef(op);
    self->length = view->shape[0];
    self->format = format;
    hob_gc_track(self);
    return (PyObject *)self;
}

static void
iter_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    Py_XDECREF(((memory_iter *)op)->seq);
    PyObject_GC_Del(op);
}

static int
iter_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(((memory_iter *)op)->seq);
    return 0;
}

static PyObject *
iter_next(PyObject *op)
{
    memory_iter *self = (memory_iter *)op;
    mview *seq = self->seq;
    if (!seq) { return NULL; }
    if (self->index < self->length) {
        if (check_alive(seq) < 0) { return NULL; }
        char *p = step(&seq->view, seq->view.buf, 0, self->index++);
        return p ? hob_item_unpack(p, self->format) : NULL;
    }
    self->seq = NULL;
    Py_DECREF(seq);
    return NULL;
}

PyTypeObject hob_memory_iter_type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "memory_iterator",
    .tp_basicsize = sizeof(memory_iter),
    .tp_dealloc = iter_dealloc,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_traverse = iter_traverse,
    .tp_iter = PyObject_SelfIter,
    .tp_iternext = iter_next,
};

/* --- the type --- */

static PySequenceMethods view_as_sequence = {
    .sq_length = view_length,
    .sq_item = view_item,
};

static PyMappingMethods view_as_mapping = {
    .mp_length = view_length,
    .mp_subscript = view_subscript,
    .mp_ass_subscript = view_ass_subscript,
};

static PyBufferProcs view_as_buffer = {
    .bf_getbuffer = view_getbuffer,
    .bf_releasebuffer = view_releasebuffer,
};

PyTypeObject PyMemoryView_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "memoryview",
    .tp_basicsize = offsetof(PyMemoryViewObject, ob_array),
    .tp_itemsize = sizeof(Py_ssize_t),
    .tp_dealloc = view_dealloc,
    .tp_repr = view_repr,
    .tp_as_sequence = &view_as_sequence,
    .tp_as_mapping = &view_as_mapping,
    .tp_hash = view_hash,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_as_buffer = &view_as_buffer,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_SEQUENCE,
    .tp_doc = view_new__doc,
    .tp_traverse = view_traverse,
    .tp_clear = view_clear,
    .tp_richcompare = view_richcompare,
    .tp_weaklistoffset = offsetof(PyMemoryViewObject, weakreflist),
    .tp_iter = view_iter,
    .tp_methods = memoryview_methods,
    .tp_getset = view_getset,
    .tp_new = view_new__slot,
};

/* --- invariants --- */

bool
hob_memoryview_check(PyObject *op)
{
    mview *self = as_view(op);
    INVARIANT(1, self->exports >= 0);
    if (!self->mbuf || is_released(self)) { return true; }
    const Py_buffer *view = &self->view;
    INVARIANT(2, self->mbuf->exports > 0 && view->obj == self->mbuf->master.obj);
    INVARIANT(3, 0 <= view->ndim && view->ndim <= PyBUF_MAX_NDIM);
    INVARIANT(4, view->format && view->itemsize >= 0 && view->len >= 0);
    INVARIANT(5, view->ndim == 0 || view->shape == self->ob_array);
    Py_ssize_t n = view->itemsize;
    for (int i = 0; i < view->ndim; i++) { n *= view->shape[i]; }
    INVARIANT(6, n == view->len);
    return true;
}

/* slice.c -- slice objects and the arithmetic of slicing.
 *
 * Holds      PySlice_Unpack clips; PySlice_AdjustIndices then fits start and stop
 *            to a length, so that stepping from start never leaves [0, length).
 */
#include <Python.h>
#include <structmember.h>

#include "base/stress.h"
#include "memory/own.h"
#include "objects/containers.h"
#include "objects/ids.h"
#include "objects/object.h"

#define SLICE(op) ((PySliceObject *)(op))

/* --- life --- */

enum { FREE_MAX = 8 };
static PySliceObject *free_slices;              /* linked through start */
static int n_free;

static PyObject *
slice_make(STOLEN PyObject *start, STOLEN PyObject *stop, STOLEN PyObject *step)
{
    PySliceObject *slice = free_slices;
    if (LIKELY(slice != NULL)) {
        free_slices = (PySliceObject *)slice->start;
        n_free--;
        _Py_NewReference((PyObject *)slice);
    }
    else {
        slice = PyObject_GC_New(PySliceObject, &PySlice_Type);
        if (!slice) {
            Py_DECREF(start);
            Py_DECREF(stop);
            Py_DECREF(step);
            return NULL;
        }
    }
    slice->start = start;
    slice->stop = stop;
    slice->step = step;
    PyObject_GC_Track(slice);
    return (PyObject *)slice;
}

PyObject *
PySlice_New(PyObject *start, PyObject *stop, PyObject *step)
{
    return slice_make(Py_NewRef(start ? start : Py_None), Py_NewRef(stop ? stop : Py_None),
                      Py_NewRef(step ? step : Py_None));
}

PyObject *
_PySlice_FromIndices(Py_ssize_t start, Py_ssize_t stop)
{
    own PyObject *first = PyLong_FromSsize_t(start);
    own PyObject *last = first ? PyLong_FromSsize_t(stop) : NULL;
    return last ? slice_make(take(first), take(last), Py_NewRef(Py_None)) : NULL;
}

static void
slice_dealloc(PyObject *self)
{
    PyObject_GC_UnTrack(self);
    PyObject *start = SLICE(self)->start, *stop = SLICE(self)->stop, *step = SLICE(self)->step;
    if (n_free < FREE_MAX && !STRESSED(freelist)) {
        SLICE(self)->start = (PyObject *)free_slices;
        free_slices = SLICE(self);
        n_free++;
    }
    else {
        PyObject_GC_Del(self);
    }
    Py_DECREF(step);
    Py_DECREF(start);
    Py_DECREF(stop);
}

void
hob_slice_clear_freelist(void)
{
    while (free_slices) {
        PySliceObject *slice = free_slices;
        free_slices = (PySliceObject *)slice->start;
        PyObject_GC_Del(slice);
    }
    n_free = 0;
}

static int
slice_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(SLICE(self)->start);
    Py_VISIT(SLICE(self)->stop);
    Py_VISIT(SLICE(self)->step);
    return 0;
}

/* --- indices --- */

int
PySlice_Unpack(PyObject *self, Py_ssize_t *start, Py_ssize_t *stop, Py_ssize_t *step)
{
    PySliceObject *slice = SLICE(self);
    *step = 1;
    if (slice->step != Py_None) {
        if (!_PyEval_SliceIndex(slice->step, step)) { return -1; }
        if (*step == 0) {
            PyErr_SetString(PyExc_ValueError, "slice step cannot be zero");
            return -1;
        }
        /* so that -step exists */
        if (*step < -PY_SSIZE_T_MAX) { *step = -PY_SSIZE_T_MAX; }
    }
    *start = *step < 0 ? PY_SSIZE_T_MAX : 0;
    if (slice->start != Py_None && !_PyEval_SliceIndex(slice->start, start)) { return -1; }
    *stop = *step < 0 ? PY_SSIZE_T_MIN : PY_SSIZE_T_MAX;
    if (slice->stop != Py_None && !_PyEval_SliceIndex(slice->stop, stop)) { return -1; }
    return 0;
}

/* One bound into [0, length], or for a negative step into [-1, length - 1]. */
static inline Py_ssize_t
fit(Py_ssize_t bound, Py_ssize_t length, bool backward)
{
    if (bound < 0) {
        bound += length;
        if (bound < 0) { return backward ? -1 : 0; }
        return bound;
    }
    if (bound >= length) { return backward ? length - 1 : length; }
    return bound;
}

Py_ssize_t
PySlice_AdjustIndices(Py_ssize_t length, Py_ssize_t *start, Py_ssize_t *stop, Py_ssize_t step)
{
    bool backward = step < 0;
    *start = fit(*start, length, backward);
    *stop = fit(*stop, length, backward);
    if (backward) { return *stop < *start ? (*start - *stop - 1) / -step + 1 : 0; }
    return *start < *stop ? (*stop - *start - 1) / step + 1 : 0;
}

#undef PySlice_GetIndicesEx
int
PySlice_GetIndicesEx(PyObject *self, Py_ssize_t length, Py_ssize_t *start, Py_ssize_t *stop,
                     Py_ssize_t *step, Py_ssize_t *slicelength)
{
    if (PySlice_Unpack(self, start, stop, step) < 0) { return -1; }
    *slicelength = PySlice_AdjustIndices(length, start, stop, *step);
    return 0;
}

/* The oldest interface: no clipping, -1 without an exception when out of range. */
int
PySlice_GetIndices(PyObject *self, Py_ssize_t length, Py_ssize_t *start, Py_ssize_t *stop,
                   Py_ssize_t *step)
{
    PySliceObject *slice = SLICE(self);
    *step = 1;
    if (slice->step != Py_None) {
        if (!PyLong_Check(slice->step)) { return -1; }
        *step = PyLong_AsSsize_t(slice->step);
    }
    *start = *step < 0 ? length - 1 : 0;
    if (slice->start != Py_None) {
        if (!PyLong_Check(slice->start)) { return -1; }
        *start = PyLong_AsSsize_t(slice->start);
        if (*start < 0) { *start += length; }
    }
    *stop = *step < 0 ? -1 : length;
    if (slice->stop != Py_None) {
        if (!PyLong_Check(slice->stop)) { return -1; }
        *stop = PyLong_AsSsize_t(slice->stop);
        if (*stop < 0) { *stop += length; }
    }
    return *stop > length || *start >= length || *step == 0 ? -1 : 0;
}

/* --- indices as ints of any size --- */

static PyObject *
index_of_bound(PyObject *bound)
{
    if (PyIndex_Check(bound)) { return PyNumber_Index(bound); }
    PyErr_SetString(PyExc_TypeError,
                    "slice indices must be integers or None or have an __index__ method");
    return NULL;
}

/* The bound counted from the end when negative, then kept within low and high. */
static PyObject *
fit_long(PyObject *bound, PyObject *length, PyObject *low, PyObject *high)
{
    own PyObject *value = index_of_bound(bound);
    if (!value) { return NULL; }
    if (_PyLong_Sign(value) < 0) {
        PyObject *sum = PyNumber_Add(value, length);
        if (!sum) { return NULL; }
        Py_SETREF(value, sum);
        int below = PyObject_RichCompareBool(value, low, Py_LT);
        if (below) { return below < 0 ? NULL : Py_NewRef(low); }
    }
    else {
        int above = PyObject_RichCompareBool(value, high, Py_GT);
        if (above) { return above < 0 ? NULL : Py_NewRef(high); }
    }
    return take(value);
}

int
_PySlice_GetLongIndices(PySliceObject *self, PyObject *length, PyObject **start_out,
                        PyObject **stop_out, PyObject **step_out)
{
    *start_out = *stop_out = *step_out = NULL;
    own PyObject *step = self->step == Py_None ? PyLong_FromLong(1)
        : index_of_bound(self->step);
    if (!step) { return -1; }
    int sign = _PyLong_Sign(step);
    if (sign == 0) {
        PyErr_SetString(PyExc_ValueError, "slice step cannot be zero");
        return -1;
    }
    bool backward = sign < 0;
    own PyObject *low = PyLong_FromLong(backward ? -1 : 0);
    own PyObject *minus_one = PyLong_FromLong(-1);
    own PyObject *high = minus_one && backward ? PyNumber_Add(length, minus_one)
        : Py_NewRef(length);
    if (!low || !minus_one || !high) { return -1; }

    own PyObject *start = self->start == Py_None ? Py_NewRef(backward ? high : low)
                                                 : fit_long(self->start, length, low, high);
    if (!start) { return -1; }
    own PyObject *stop = self->stop == Py_None ? Py_NewRef(backward ? low : high)
                                               : fit_long(self->stop, length, low, high);
    if (!stop) { return -1; }
    *start_out = take(start);
    *stop_out = take(stop);
    *step_out = take(step);
    return 0;
}

/* --- what Python sees --- */

/** slice.indices($self, len, /)
 *
 *  S.indices(len) -> (start, stop, stride)
 *
 *  The bounds and stride that S means for a sequence of length len, out of range
 *  indices clipped as slicing does.
 */
static PyObject *
slice_indices(PyObject *self, PyObject *len)
{
    own PyObject *length = PyNumber_Index(len);
    if (!length) { return NULL; }
    if (_PyLong_Sign(length) < 0) {
        PyErr_SetString(PyExc_ValueError, "length should not be negative");
        return NULL;
    }
    PyObject *start, *stop, *step;
    if (_PySlice_GetLongIndices(SLICE(self), length, &start, &stop, &step) < 0) { return NULL; }
    return Py_BuildValue("(NNN)", start, stop, step);
}

/** slice.__reduce__($self, /)
 *
 *  Return state information for pickling.
 */
static PyObject *
slice_reduce(PyObject *self)
{
    return Py_BuildValue("O(OOO)", Py_TYPE(self), SLICE(self)->start, SLICE(self)->stop,
                         SLICE(self)->step);
}

#include "gen/objects/slice.bind.h"

static PyObject *
slice_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *start = NULL, *stop = NULL, *step = NULL;
    if (!_PyArg_NoKeywords("slice", kwargs)
        || !PyArg_UnpackTuple(args, "slice", 1, 3, &start, &stop, &step)) {
        return NULL;
    }
    if (!stop) {                /* slice(stop) */
        stop = start;
        start = NULL;
    }
    return PySlice_New(start, stop, step);
}

static PyObject *
slice_repr(PyObject *self)
{
    return PyUnicode_FromFormat("slice(%R, %R, %R)", SLICE(self)->start, SLICE(self)->stop,
                                SLICE(self)->step);
}

/* As tuples of the three fields. */
static PyObject *
slice_richcompare(PyObject *self, PyObject *other, int op)
{
    if (!PySlice_Check(self) || !PySlice_Check(other)) { return Py_NewRef(Py_NotImplemented); }
    if (self == other) {        /* identity counts as equality of all fields */
        return PyBool_FromLong(op == Py_EQ || op == Py_LE || op == Py_GE);
    }
    own PyObject *a = PyTuple_Pack(3, SLICE(self)->start, SLICE(self)->stop, SLICE(self)->step);
    own PyObject *b = a ? PyTuple_Pack(3, SLICE(other)->start, SLICE(other)->stop,
                                       SLICE(other)->step) : NULL;
    return b ? PyObject_RichCompare(a, b, op) : NULL;
}

static PyMemberDef slice_members[] = {
    {"start", T_OBJECT, offsetof(PySliceObject, start), READONLY, NULL},
    {"stop", T_OBJECT, offsetof(PySliceObject, stop), READONLY, NULL},
    {"step", T_OBJECT, offsetof(PySliceObject, step), READONLY, NULL},
    {NULL},
};

PyDoc_STRVAR(slice_doc,
"slice(stop)\n"
"slice(start, stop[, step])\n"
"\n"
"Create a slice object.  It stands for a range of indices, as in a[0:10:2].");

PyTypeObject PySlice_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "slice",
    .tp_basicsize = sizeof(PySliceObject),
    .tp_dealloc = slice_dealloc,
    .tp_repr = slice_repr,
    .tp_hash = PyObject_HashNotImplemented,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_doc = slice_doc,
    .tp_traverse = slice_traverse,
    .tp_richcompare = slice_richcompare,
    .tp_methods = slice_methods,
    .tp_members = slice_members,
    .tp_new = slice_new,
};

/* enumerate.c -- enumerate(): pairs of a running number and an item.
 *
 * Layout     iterators.h: hob_enumerate.
 * Holds      index == PY_SSIZE_T_MAX means that big_index counts from here on.
 *            result is reused for the next pair when nobody else holds it.
 */
#include <Python.h>

#include "memory/gc.h"
#include "memory/own.h"
#include "objects/bind.h"
#include "objects/iterators.h"
#include "objects/object.h"
#include "state/runtime.h"

typedef hob_enumerate enumerate;

static PyObject *
make(PyTypeObject *type, PyObject *iterable, PyObject *start)
{
    own enumerate *self = (enumerate *)type->tp_alloc(type, 0);
    if (!self) { return NULL; }
    self->one = Py_NewRef(hob_small_int(1));
    if (start) {
        own PyObject *number = PyNumber_Index(start);
        if (!number) { return NULL; }
        self->index = PyLong_AsSsize_t(number);
        if (self->index == -1 && PyErr_Occurred()) {
            PyErr_Clear();
            self->index = PY_SSIZE_T_MAX;
            self->big_index = take(number);
        }
    }
    self->iter = PyObject_GetIter(iterable);
    if (!self->iter) { return NULL; }
    self->result = PyTuple_Pack(2, Py_None, Py_None);
    if (!self->result) { return NULL; }
    return (PyObject *)take(self);
}

/** enumerate.__new__($type, iterable, start=0)
 *
 *  An iterator over pairs (number, item), numbers counting from start.
 */
static PyObject *
enumerate_new(PyTypeObject *type, PyObject *iterable, PyObject *start)
{
    return make(type, iterable, start);
}

/** enumerate.__reduce__($self, /)
 *
 *  State for pickling.
 */
static PyObject *
enumerate_reduce(enumerate *self)
{
    if (self->big_index) {
        return Py_BuildValue("O(OO)", Py_TYPE(self), self->iter, self->big_index);
    }
    return Py_BuildValue("O(On)", Py_TYPE(self), self->iter, self->index);
}

/** enumerate.__class_getitem__($type, item, /)
 *
 *  See PEP 585.
 */
static PyObject *
enumerate_class_getitem(PyObject *type, PyObject *item)
{
    return Py_GenericAlias(type, item);
}

#include "gen/objects/enumerate.bind.h"

static COLD PyObject *
bad_keyword(PyObject *name)
{
    PyErr_Format(PyExc_TypeError, "'%U' is an invalid keyword argument for enumerate()", name);
    return NULL;
}

static PyObject *
enumerate_vectorcall(PyObject *type, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    Py_ssize_t nargs = PyVectorcall_NARGS(nargsf);
    Py_ssize_t n_names = kwnames ? PyTuple_GET_SIZE(kwnames) : 0;
    if (nargs + n_names > 2) {
        PyErr_Format(PyExc_TypeError, "enumerate() takes at most 2 arguments (%zd given)",
                     nargs + n_names);
        return NULL;
    }
    PyObject *iterable = nargs > 0 ? args[0] : NULL;
    PyObject *start = nargs > 1 ? args[1] : NULL;
    for (Py_ssize_t i = 0; i < n_names; i++) {
        PyObject *name = PyTuple_GET_ITEM(kwnames, i);
        PyObject **slot = _PyUnicode_EqualToASCIIString(name, "iterable") ? &iterable
                          : _PyUnicode_EqualToASCIIString(name, "start") ? &start : NULL;
        if (!slot || *slot) { return bad_keyword(name); }
        *slot = args[nargs + i];
    }
    if (!iterable) {
        if (start) { return bad_keyword(PyTuple_GET_ITEM(kwnames, 0)); }
        PyErr_SetString(PyExc_TypeError, "enumerate() missing required argument 'iterable'");
        return NULL;
    }
    return make((PyTypeObject *)type, iterable, start);
}

static void
enumerate_dealloc(PyObject *op)
{
    enumerate *self = (enumerate *)op;
    PyObject_GC_UnTrack(op);
    Py_XDECREF(self->iter);
    Py_XDECREF(self->result);
    Py_XDECREF(self->big_index);
    Py_XDECREF(self->one);
    Py_TYPE(op)->tp_free(op);
}

static int
enumerate_traverse(PyObject *op, visitproc visit, void *arg)
{
    enumerate *self = (enumerate *)op;
    Py_VISIT(self->iter);
    Py_VISIT(self->result);
    Py_VISIT(self->big_index);
    Py_VISIT(self->one);
    return 0;
}

/* The number for this item; the next one is made ready. */
static PyObject *
next_number(enumerate *self)
{
    if (LIKELY(self->index != PY_SSIZE_T_MAX)) { return PyLong_FromSsize_t(self->index++); }
    if (!self->big_index) {
        self->big_index = PyLong_FromSsize_t(PY_SSIZE_T_MAX);
        if (!self->big_index) { return NULL; }
    }
    PyObject *next = PyNumber_Add(self->big_index, self->one);
    if (!next) { return NULL; }
    PyObject *number = self->big_index;
    self->big_index = next;
    return number;
}

static PyObject *
enumerate_next(PyObject *op)
{
    enumerate *self = (enumerate *)op;
    PyObject *item = hob_object_next(self->iter);
    if (!item) { return NULL; }
    PyObject *number = next_number(self);
    if (!number) {
        Py_DECREF(item);
        return NULL;
    }
    PyObject *result = self->result;
    if (Py_REFCNT(result) == 1) {
        PyObject *old_number = PyTuple_GET_ITEM(result, 0);
        PyObject *old_item = PyTuple_GET_ITEM(result, 1);
        Py_INCREF(result);
        PyTuple_SET_ITEM(result, 0, number);
        PyTuple_SET_ITEM(result, 1, item);
        Py_DECREF(old_number);
        Py_DECREF(old_item);
        /* the collector may have untracked it while it held plain data */
        if (!hob_gc_is_tracked(result)) { hob_gc_track(result); }
        return result;
    }
    result = PyTuple_New(2);
    if (!result) {
        Py_DECREF(number);
        Py_DECREF(item);
        return NULL;
    }
    PyTuple_SET_ITEM(result, 0, number);
    PyTuple_SET_ITEM(result, 1, item);
    return result;
}

PyTypeObject PyEnum_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "enumerate",
    .tp_basicsize = sizeof(enumerate),
    .tp_dealloc = enumerate_dealloc,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE,
    .tp_doc = enumerate_new__doc,
    .tp_traverse = enumerate_traverse,
    .tp_iter = PyObject_SelfIter,
    .tp_iternext = enumerate_next,
    .tp_methods = enumerate_methods,
    .tp_alloc = PyType_GenericAlloc,
    .tp_new = enumerate_new__slot,
    .tp_free = PyObject_GC_Del,
    .tp_vectorcall = enumerate_vectorcall,
};

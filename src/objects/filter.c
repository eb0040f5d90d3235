/* filter.c -- filter(): the items of an iterable that pass a test. */
#include <Python.h>

#include "memory/own.h"
#include "objects/bind.h"
#include "objects/object.h"

typedef struct filter {
    PyObject_HEAD
    PyObject *func;             /* None and bool ask for the item's own truth */
    PyObject *iter;
} filter;

static PyObject *
make(PyTypeObject *type, PyObject *func, PyObject *iterable)
{
    PyObject *iter = PyObject_GetIter(iterable);
    if (!iter) { return NULL; }
    filter *self = (filter *)type->tp_alloc(type, 0);
    if (!self) {
        Py_DECREF(iter);
        return NULL;
    }
    self->func = Py_NewRef(func);
    self->iter = iter;
    return (PyObject *)self;
}

static PyObject *
filter_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    bool is_ours = type == &PyFilter_Type || type->tp_init == PyFilter_Type.tp_init;
    if (is_ours && !_PyArg_NoKeywords("filter", kwargs)) { return NULL; }
    PyObject *func, *iterable;
    if (!PyArg_UnpackTuple(args, "filter", 2, 2, &func, &iterable)) { return NULL; }
    return make(type, func, iterable);
}

static PyObject *
filter_vectorcall(PyObject *type, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    if (!_PyArg_NoKwnames("filter", kwnames)) { return NULL; }
    if (!_PyArg_CheckPositional("filter", PyVectorcall_NARGS(nargsf), 2, 2)) { return NULL; }
    return make((PyTypeObject *)type, args[0], args[1]);
}

static void
filter_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    Py_TRASHCAN_BEGIN(op, filter_dealloc)
    Py_XDECREF(((filter *)op)->func);
    Py_XDECREF(((filter *)op)->iter);
    Py_TYPE(op)->tp_free(op);
    Py_TRASHCAN_END
}

static int
filter_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(((filter *)op)->func);
    Py_VISIT(((filter *)op)->iter);
    return 0;
}

static tri
passes(filter *self, PyObject *item)
{
    if (self->func == Py_None || self->func == (PyObject *)&PyBool_Type) {
        return item == Py_True ? 1 : PyObject_IsTrue(item);
    }
    PyObject *answer = PyObject_CallOneArg(self->func, item);
    if (!answer) { return -1; }
    tri is_true = answer == Py_True ? 1 : PyObject_IsTrue(answer);
    Py_DECREF(answer);
    return is_true;
}

static PyObject *
filter_next(PyObject *op)
{
    filter *self = (filter *)op;
    for (;;) {
        PyObject *item = hob_object_next(self->iter);
        if (!item) { return NULL; }
        tri passed = passes(self, item);
        if (passed > 0) { return item; }
        Py_DECREF(item);
        if (passed < 0) { return NULL; }
    }
}

/** filter.__reduce__($self, /)
 *
 *  State for pickling.
 */
static PyObject *
filter_reduce(filter *self)
{
    return Py_BuildValue("O(OO)", Py_TYPE(self), self->func, self->iter);
}

#include "gen/objects/filter.bind.h"

PyDoc_STRVAR(filter_doc,
"filter(function or None, iterable) -> an iterator\n"
"\n"
"The items for which function(item) is true, or that are true themselves.");

PyTypeObject PyFilter_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "filter",
    .tp_basicsize = sizeof(filter),
    .tp_dealloc = filter_dealloc,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE,
    .tp_doc = filter_doc,
    .tp_traverse = filter_traverse,
    .tp_iter = PyObject_SelfIter,
    .tp_iternext = filter_next,
    .tp_methods = filter_methods,
    .tp_alloc = PyType_GenericAlloc,
    .tp_new = filter_new,
    .tp_free = PyObject_GC_Del,
    .tp_vectorcall = filter_vectorcall,
};

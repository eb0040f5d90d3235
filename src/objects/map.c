/* map.c -- map(): the results of a function for items of iterables. */
#include <Python.h>

#include "memory/own.h"
#include "objects/bind.h"
#include "objects/object.h"

enum { FEW = 6 };

typedef struct map {
    PyObject_HEAD
    PyObject *iters;            /* tuple of iterators */
    PyObject *func;
} map;

static PyObject *
make(PyTypeObject *type, PyObject *const *args, Py_ssize_t nargs)
{
    if (nargs < 2) {
        PyErr_SetString(PyExc_TypeError, "map() must have at least two arguments.");
        return NULL;
    }
    own PyObject *iters = PyTuple_New(nargs - 1);
    if (!iters) { return NULL; }
    for (Py_ssize_t i = 1; i < nargs; i++) {
        PyObject *iter = PyObject_GetIter(args[i]);
        if (!iter) { return NULL; }
        PyTuple_SET_ITEM(iters, i - 1, iter);
    }
    map *self = (map *)type->tp_alloc(type, 0);
    if (!self) { return NULL; }
    self->iters = take(iters);
    self->func = Py_NewRef(args[0]);
    return (PyObject *)self;
}

static PyObject *
map_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    bool is_ours = type == &PyMap_Type || type->tp_init == PyMap_Type.tp_init;
    if (is_ours && !_PyArg_NoKeywords("map", kwargs)) { return NULL; }
    return make(type, ((PyTupleObject *)args)->ob_item, PyTuple_GET_SIZE(args));
}

static PyObject *
map_vectorcall(PyObject *type, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    if (!_PyArg_NoKwnames("map", kwnames)) { return NULL; }
    return make((PyTypeObject *)type, args, PyVectorcall_NARGS(nargsf));
}

static void
map_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    Py_XDECREF(((map *)op)->iters);
    Py_XDECREF(((map *)op)->func);
    Py_TYPE(op)->tp_free(op);
}

static int
map_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(((map *)op)->iters);
    Py_VISIT(((map *)op)->func);
    return 0;
}

static PyObject *
map_next(PyObject *op)
{
    map *self = (map *)op;
    Py_ssize_t n = PyTuple_GET_SIZE(self->iters);
    PyObject *few[FEW + 1];
    PyObject **slots = few;             /* slots[0] is left to the callee */
    if (n > FEW && !(slots = PyMem_New(PyObject *, n + 1))) { return PyErr_NoMemory(); }
    PyObject **args = slots + 1;

    PyObject *result = NULL;
    Py_ssize_t i = 0;
    for (; i < n; i++) {
        PyObject *iter = PyTuple_GET_ITEM(self->iters, i);
        args[i] = hob_object_next(iter);
        if (!args[i]) { break; }
    }
    if (i == n) {
        result = PyObject_Vectorcall(self->func, args,
                                     (size_t)n | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
    }
    while (i-- > 0) { Py_DECREF(args[i]); }
    if (slots != few) { PyMem_Free(slots); }
    return result;
}

/** map.__reduce__($self, /)
 *
 *  State for pickling.
 */
static PyObject *
map_reduce(map *self)
{
    Py_ssize_t n = PyTuple_GET_SIZE(self->iters);
    own PyObject *args = PyTuple_New(n + 1);
    if (!args) { return NULL; }
    PyTuple_SET_ITEM(args, 0, Py_NewRef(self->func));
    for (Py_ssize_t i = 0; i < n; i++) {
        PyTuple_SET_ITEM(args, i + 1, Py_NewRef(PyTuple_GET_ITEM(self->iters, i)));
    }
    return Py_BuildValue("OO", Py_TYPE(self), args);
}

#include "gen/objects/map.bind.h"

PyDoc_STRVAR(map_doc,
"map(func, *iterables) -> an iterator of results\n"
"\n"
"Calls func with one item from each iterable, till the shortest ends.");

PyTypeObject PyMap_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "map",
    .tp_basicsize = sizeof(map),
    .tp_dealloc = map_dealloc,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE,
    .tp_doc = map_doc,
    .tp_traverse = map_traverse,
    .tp_iter = PyObject_SelfIter,
    .tp_iternext = map_next,
    .tp_methods = map_methods,
    .tp_alloc = PyType_GenericAlloc,
    .tp_new = map_new,
    .tp_free = PyObject_GC_Del,
    .tp_vectorcall = map_vectorcall,
};

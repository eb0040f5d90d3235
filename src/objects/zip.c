/* zip.c -- zip(): tuples of one item from each of several iterables.
 *
 * Holds      result, a tuple as long as iters, is reused for the next row when
 *            nobody else holds it.
 */
#include <Python.h>

#include "memory/gc.h"
#include "memory/own.h"
#include "objects/bind.h"
#include "objects/iterators.h"
#include "objects/object.h"

typedef struct zip {
    PyObject_HEAD
    Py_ssize_t n;
    PyObject *iters;            /* tuple of n iterators */
    PyObject *result;           /* tuple of n, or NULL while being made */
    int is_strict;
} zip;

static PyObject *
make(PyTypeObject *type, PyObject *const *args, Py_ssize_t n, bool is_strict)
{
    own PyObject *iters = PyTuple_New(n);
    if (!iters) { return NULL; }
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *iter = PyObject_GetIter(args[i]);
        if (!iter) { return NULL; }
        PyTuple_SET_ITEM(iters, i, iter);
    }
    own PyObject *result = PyTuple_New(n);
    if (!result) { return NULL; }
    for (Py_ssize_t i = 0; i < n; i++) { PyTuple_SET_ITEM(result, i, Py_NewRef(Py_None)); }
    zip *self = (zip *)type->tp_alloc(type, 0);
    if (!self) { return NULL; }
    self->n = n;
    self->iters = take(iters);
    self->result = take(result);
    self->is_strict = is_strict;
    return (PyObject *)self;
}

static PyObject *
zip_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    int is_strict = 0;
    if (kwargs) {
        static char *names[] = {"strict", NULL};
        own PyObject *nothing = PyTuple_New(0);
        if (!nothing
                || !PyArg_ParseTupleAndKeywords(nothing, kwargs, "|$p:zip", names,
                                                &is_strict)) {
            return NULL;
        }
    }
    return make(type, ((PyTupleObject *)args)->ob_item, PyTuple_GET_SIZE(args), is_strict);
}

static void
zip_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    Py_XDECREF(((zip *)op)->iters);
    Py_XDECREF(((zip *)op)->result);
    Py_TYPE(op)->tp_free(op);
}

static int
zip_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(((zip *)op)->iters);
    Py_VISIT(((zip *)op)->result);
    return 0;
}

/* Iterator i has just ended in strict mode: raise unless all have. */
static COLD PyObject *
check_all_ended(zip *self, Py_ssize_t i)
{
    if (PyErr_Occurred()) {
        if (!PyErr_ExceptionMatches(PyExc_StopIteration)) { return NULL; }
        PyErr_Clear();
    }
    if (i) {
        PyErr_Format(PyExc_ValueError, "zip() argument %zd is shorter than argument%s%zd",
                     i + 1,
                     i == 1 ? " " : "s 1-", i);
        return NULL;
    }
    for (i = 1; i < self->n; i++) {
        PyObject *item = hob_object_next(PyTuple_GET_ITEM(self->iters, i));
        if (item) {
            Py_DECREF(item);
            PyErr_Format(PyExc_ValueError, "zip() argument %zd is longer than argument%s%zd",
                         i + 1, i == 1 ? " " : "s 1-", i);
            return NULL;
        }
        if (!PyErr_Occurred()) { continue; }
        if (!PyErr_ExceptionMatches(PyExc_StopIteration)) { return NULL; }
        PyErr_Clear();
    }
    return NULL;
}

static PyObject *
zip_next(PyObject *op)
{
    zip *self = (zip *)op;
    Py_ssize_t n = self->n;
    if (n == 0) { return NULL; }
    bool reuse = Py_REFCNT(self->result) == 1;
    PyObject *result = reuse ? Py_NewRef(self->result) : PyTuple_New(n);
    if (!result) { return NULL; }
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *item = hob_object_next(PyTuple_GET_ITEM(self->iters, i));
        if (!item) {
            Py_DECREF(result);
            return self->is_strict ? check_all_ended(self, i) : NULL;
        }
        PyObject *old = PyTuple_GET_ITEM(result, i);
        PyTuple_SET_ITEM(result, i, item);
        Py_XDECREF(old);
    }
    /* the collector may have untracked it while it held plain data */
    if (reuse && !hob_gc_is_tracked(result)) { hob_gc_track(result); }
    return result;
}

/** zip.__reduce__($self, /)
 *
 *  State for pickling.
 */
static PyObject *
zip_reduce(zip *self)
{
    if (self->is_strict) { return PyTuple_Pack(3, Py_TYPE(self), self->iters, Py_True); }
    return PyTuple_Pack(2, Py_TYPE(self), self->iters);
}

/** zip.__setstate__($self, state, /)
 *
 *  Set strictness, from pickled state.
 */
static PyObject *
zip_setstate(PyObject *op, PyObject *state)
{
    int is_strict = PyObject_IsTrue(state);
    if (is_strict < 0) { return NULL; }
    ((zip *)op)->is_strict = is_strict;
    Py_RETURN_NONE;
}

#include "gen/objects/zip.bind.h"

PyObject *
hob_zip_vectorcall(PyObject *type, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    Py_ssize_t nargs = PyVectorcall_NARGS(nargsf);
    if (!kwnames || PyTuple_GET_SIZE(kwnames) == 0) {
        return make((PyTypeObject *)type, args, nargs, false);
    }
    own PyObject *kwargs = PyDict_New();
    if (!kwargs) { return NULL; }
    for (Py_ssize_t i = 0, n = PyTuple_GET_SIZE(kwnames); i < n; i++) {
        if (PyDict_SetItem(kwargs, PyTuple_GET_ITEM(kwnames, i), args[nargs + i]) < 0) {
            return NULL;
        }
    }
    own PyObject *tuple = PyTuple_New(nargs);
    if (!tuple) { return NULL; }
    for (Py_ssize_t i = 0; i < nargs; i++) { PyTuple_SET_ITEM(tuple, i, Py_NewRef(args[i])); }
    return zip_new((PyTypeObject *)type, tuple, kwargs);
}

PyDoc_STRVAR(zip_doc,
"zip(*iterables, strict=False) -> an iterator of tuples\n"
"\n"
"Each tuple has one item from every iterable, in order; it ends with the\n"
"shortest.  If strict is true, one that ends early raises ValueError.\n"
"\n"
"    >>> list(zip('ab', range(3)))\n"
"    [('a', 0), ('b', 1)]");

PyTypeObject PyZip_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "zip",
    .tp_basicsize = sizeof(zip),
    .tp_dealloc = zip_dealloc,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE,
    .tp_doc = zip_doc,
    .tp_traverse = zip_traverse,
    .tp_iter = PyObject_SelfIter,
    .tp_iternext = zip_next,
    .tp_methods = zip_methods,
    .tp_alloc = PyType_GenericAlloc,
    .tp_new = zip_new,
    .tp_free = PyObject_GC_Del,
};

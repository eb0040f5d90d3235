/* reversed.c -- reversed(): the items of a sequence, last one first.
 *
 * Holds      index is that of the next item; -1 and seq NULL when exhausted.
 */
#include <Python.h>

#include "memory/own.h"
#include "objects/bind.h"
#include "objects/ids.h"
#include "objects/special.h"

typedef struct reversed {
    PyObject_HEAD
    Py_ssize_t index;
    PyObject *seq;              /* owned; NULL when exhausted */
} reversed;

static PyObject *
make(PyTypeObject *type, PyObject *sequence)
{
    own PyObject *method = hob_special_get(sequence, ID(__reversed__));
    if (method && method != Py_None) { return PyObject_CallNoArgs(method); }
    if (!method && PyErr_Occurred()) { return NULL; }
    if (method || !PySequence_Check(sequence)) {
        PyErr_Format(PyExc_TypeError, "'%.200s' object is not reversible",
                     Py_TYPE(sequence)->tp_name);
        return NULL;
    }
    Py_ssize_t n = PySequence_Size(sequence);
    if (n == -1) { return NULL; }
    reversed *self = (reversed *)type->tp_alloc(type, 0);
    if (!self) { return NULL; }
    self->index = n - 1;
    self->seq = Py_NewRef(sequence);
    return (PyObject *)self;
}

/** @type PyReversed_Type reversed.__new__($type, sequence, /)
 *
 *  An iterator over the items of sequence, last one first.
 */
static PyObject *
reversed_new(PyTypeObject *type, PyObject *sequence)
{
    return make(type, sequence);
}

/** reversed.__length_hint__($self, /)
 *
 *  How many are still to come, at least for now.
 */
static PyObject *
reversed_length_hint(reversed *self)
{
    if (!self->seq) { return PyLong_FromLong(0); }
    Py_ssize_t n = PySequence_Size(self->seq);
    if (n == -1) { return NULL; }
    Py_ssize_t left = self->index + 1;
    return PyLong_FromSsize_t(n < left ? 0 : left);
}

/** reversed.__reduce__($self, /)
 *
 *  State for pickling.
 */
static PyObject *
reversed_reduce(reversed *self)
{
    if (self->seq) { return Py_BuildValue("O(O)n", Py_TYPE(self), self->seq, self->index); }
    return Py_BuildValue("O(())", Py_TYPE(self));
}

/** reversed.__setstate__($self, state, /)
 *
 *  Set the position, from pickled state.
 */
static PyObject *
reversed_setstate(PyObject *op, PyObject *state)
{
    reversed *self = (reversed *)op;
    Py_ssize_t index = PyLong_AsSsize_t(state);
    if (index == -1 && PyErr_Occurred()) { return NULL; }
    if (self->seq) {
        Py_ssize_t n = PySequence_Size(self->seq);
        if (n < 0) { return NULL; }
        self->index = index < -1 ? -1 : index > n - 1 ? n - 1 : index;
    }
    Py_RETURN_NONE;
}

#include "gen/objects/reversed.bind.h"

static PyObject *
reversed_vectorcall(PyObject *type, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    if (!_PyArg_NoKwnames("reversed", kwnames)) { return NULL; }
    if (!_PyArg_CheckPositional("reversed", PyVectorcall_NARGS(nargsf), 1, 1)) { return NULL; }
    return make((PyTypeObject *)type, args[0]);
}

static void
reversed_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    Py_XDECREF(((reversed *)op)->seq);
    Py_TYPE(op)->tp_free(op);
}

static int
reversed_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(((reversed *)op)->seq);
    return 0;
}

static PyObject *
reversed_next(PyObject *op)
{
    reversed *self = (reversed *)op;
    if (self->index >= 0) {
        PySequenceMethods *methods = Py_TYPE(self->seq)->tp_as_sequence;
        PyObject *item = LIKELY(methods && methods->sq_item)
                         ? methods->sq_item(self->seq, self->index)
                         : PySequence_GetItem(self->seq, self->index);      /* which says why not */
        if (item) {
            self->index--;
            return item;
        }
        if (PyErr_ExceptionMatches(PyExc_IndexError)
                || PyErr_ExceptionMatches(PyExc_StopIteration)) {
            PyErr_Clear();
        }
    }
    self->index = -1;
    Py_CLEAR(self->seq);
    return NULL;
}

PyTypeObject PyReversed_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "reversed",
    .tp_basicsize = sizeof(reversed),
    .tp_dealloc = reversed_dealloc,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE,
    .tp_doc = reversed_new__doc,
    .tp_traverse = reversed_traverse,
    .tp_iter = PyObject_SelfIter,
    .tp_iternext = reversed_next,
    .tp_methods = reversed_methods,
    .tp_alloc = PyType_GenericAlloc,
    .tp_new = reversed_new__slot,
    .tp_free = PyObject_GC_Del,
    .tp_vectorcall = reversed_vectorcall,
};

/* seqiter.c -- two plain iterators: over __getitem__ (iterator) and over calls
 * until a sentinel (callable_iterator).
 */
#include "memory/own.h"
#include "objects/call.h"
#include "objects/ids.h"
#include "objects/object.h"

/* --- iterator: o[0], o[1] .. until IndexError --- */

typedef struct seq_iter {
    PyObject_HEAD
    Py_ssize_t index;
    PyObject *seq;              /* NULL when exhausted */
} seq_iter;

#define SEQ(op) ((seq_iter *)(op))

PyObject *
PySeqIter_New(PyObject *seq)
{
    if (!PySequence_Check(seq)) {
        PyErr_BadInternalCall();
        return NULL;
    }
    seq_iter *self = PyObject_GC_New(seq_iter, &PySeqIter_Type);
    if (!self) { return NULL; }
    self->index = 0;
    self->seq = Py_NewRef(seq);
    PyObject_GC_Track(self);
    return (PyObject *)self;
}

static void
seq_iter_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    Py_XDECREF(SEQ(op)->seq);
    PyObject_GC_Del(op);
}

static int
seq_iter_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(SEQ(op)->seq);
    return 0;
}

static PyObject *
seq_iter_next(PyObject *op)
{
    seq_iter *self = SEQ(op);
    if (!self->seq) { return NULL; }
    if (self->index == PY_SSIZE_T_MAX) {
        PyErr_SetString(PyExc_OverflowError, "iter index too large");
        return NULL;
    }
    PyObject *item = PySequence_GetItem(self->seq, self->index);
    if (item) {
        self->index++;
        return item;
    }
    if (PyErr_ExceptionMatches(PyExc_IndexError)
        || PyErr_ExceptionMatches(PyExc_StopIteration)) {
        PyErr_Clear();
        Py_CLEAR(self->seq);
    }
    return NULL;
}

/** seq_iter.__length_hint__($self, /)
 *
 *  Private method returning an estimate of len(list(it)).
 */
static PyObject *
seq_iter_length_hint(PyObject *op)
{
    seq_iter *self = SEQ(op);
    if (!self->seq) { return PyLong_FromLong(0); }
    if (!_PyObject_HasLen(self->seq)) { return Py_NewRef(Py_NotImplemented); }
    Py_ssize_t n = PySequence_Size(self->seq);
    if (n == -1) { return NULL; }
    return PyLong_FromSsize_t(n > self->index ? n - self->index : 0);
}

/** seq_iter.__reduce__($self, /)
 *
 *  Return state information for pickling.
 */
static PyObject *
seq_iter_reduce(PyObject *op)
{
    PyObject *iter = _PyEval_GetBuiltin(ID(iter));      /* runs code: look at self after it */
    if (!iter) { return NULL; }
    if (SEQ(op)->seq) { return Py_BuildValue("N(O)n", iter, SEQ(op)->seq, SEQ(op)->index); }
    return Py_BuildValue("N(())", iter);
}

/** seq_iter.__setstate__($self, state, /)
 *
 *  Set state information for unpickling.
 */
static PyObject *
seq_iter_setstate(PyObject *op, PyObject *state)
{
    Py_ssize_t index = PyLong_AsSsize_t(state);
    if (index == -1 && PyErr_Occurred()) { return NULL; }
    if (SEQ(op)->seq) { SEQ(op)->index = index < 0 ? 0 : index; }
    return Py_NewRef(Py_None);
}

/* --- callable_iterator: f(), f() .. until it gives the sentinel --- */

typedef struct call_iter {
    PyObject_HEAD
    PyObject *callable;         /* NULL when exhausted */
    PyObject *sentinel;         /* NULL when exhausted */
} call_iter;

#define CALL(op) ((call_iter *)(op))

PyObject *
PyCallIter_New(PyObject *callable, PyObject *sentinel)
{
    call_iter *self = PyObject_GC_New(call_iter, &PyCallIter_Type);
    if (!self) { return NULL; }
    self->callable = Py_NewRef(callable);
    self->sentinel = Py_NewRef(sentinel);
    PyObject_GC_Track(self);
    return (PyObject *)self;
}

static void
call_iter_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    Py_XDECREF(CALL(op)->callable);
    Py_XDECREF(CALL(op)->sentinel);
    PyObject_GC_Del(op);
}

static int
call_iter_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(CALL(op)->callable);
    Py_VISIT(CALL(op)->sentinel);
    return 0;
}

static void
call_iter_finish(PyObject *op)
{
    Py_CLEAR(CALL(op)->callable);
    Py_CLEAR(CALL(op)->sentinel);
}

static PyObject *
call_iter_next(PyObject *op)
{
    if (!CALL(op)->callable) { return NULL; }
    own PyObject *callable = Py_NewRef(CALL(op)->callable);
    own PyObject *result = hob_call_noargs(callable);
    if (!result) {
        if (PyErr_ExceptionMatches(PyExc_StopIteration)) {
            PyErr_Clear();
            call_iter_finish(op);
        }
        return NULL;
    }
    if (!CALL(op)->sentinel) { return NULL; }   /* exhausted by the call itself */
    int last = PyObject_RichCompareBool(CALL(op)->sentinel, result, Py_EQ);
    if (last == 0) { return take(result); }
    if (last > 0) { call_iter_finish(op); }
    return NULL;
}

/** call_iter.__reduce__($self, /)
 *
 *  Return state information for pickling.
 */
static PyObject *
call_iter_reduce(PyObject *op)
{
    PyObject *iter = _PyEval_GetBuiltin(ID(iter));
    if (!iter) { return NULL; }
    if (CALL(op)->callable && CALL(op)->sentinel) {
        return Py_BuildValue("N(OO)", iter, CALL(op)->callable, CALL(op)->sentinel);
    }
    return Py_BuildValue("N(())", iter);
}

#include "gen/objects/seqiter.bind.h"

PyTypeObject PySeqIter_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "iterator",
    .tp_basicsize = sizeof(seq_iter),
    .tp_dealloc = seq_iter_dealloc,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_traverse = seq_iter_traverse,
    .tp_iter = PyObject_SelfIter,
    .tp_iternext = seq_iter_next,
    .tp_methods = seq_iter_methods,
};

PyTypeObject PyCallIter_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "callable_iterator",
    .tp_basicsize = sizeof(call_iter),
    .tp_dealloc = call_iter_dealloc,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_traverse = call_iter_traverse,
    .tp_iter = PyObject_SelfIter,
    .tp_iternext = call_iter_next,
    .tp_methods = call_iter_methods,
};

/* pickle_buffer.c -- PickleBuffer: a buffer that a pickler may keep out of its stream.
 *
 * Holds      view.obj is NULL once released, and in an object whose making failed.
 */
#include <Python.h>

#include "memory/own.h"
#include "objects/bind.h"

typedef struct {
    PyObject_HEAD
    Py_buffer view;
    PyObject *weakrefs;
} pickle_buffer;

/* --- methods --- */

static COLD PyObject *
was_released(void)
{
    PyErr_SetString(PyExc_ValueError, "operation forbidden on released PickleBuffer object");
    return NULL;
}

/** pickle_buffer.raw($self, /)
 *
 *  Return a memoryview of the bytes, one-dimensional and unformatted.
 *
 *  BufferError if they do not lie together, in C or Fortran order.
 */
static PyObject *
pickle_buffer_raw(pickle_buffer *self)
{
    if (!self->view.obj) { return was_released(); }
    if (self->view.suboffsets || !PyBuffer_IsContiguous(&self->view, 'A')) {
        PyErr_SetString(PyExc_BufferError, "cannot extract raw buffer from non-contiguous buffer");
        return NULL;
    }
    PyObject *result = PyMemoryView_FromObject((PyObject *)self);
    if (!result) { return NULL; }
    /* The same memory seen as bytes; what has no dimensions becomes one item long. */
    PyMemoryViewObject *memory = (PyMemoryViewObject *)result;
    Py_buffer *view = &memory->view;
    view->format = (char *)"B";
    view->ndim = 1;
    view->itemsize = 1;
    view->strides = &view->itemsize;
    view->shape = &view->len;
    memory->flags |= _Py_MEMORYVIEW_C | _Py_MEMORYVIEW_FORTRAN;
    memory->flags &= ~_Py_MEMORYVIEW_SCALAR;
    return result;
}

/** pickle_buffer.release($self, /)
 *
 *  Let go of the underlying buffer.
 */
static status
pickle_buffer_release(pickle_buffer *self)
{
    PyBuffer_Release(&self->view);
    return 0;
}

#include "gen/objects/pickle_buffer.bind.h"

/* --- the type --- */

static PyObject *
make(PyTypeObject *type, PyObject *base)
{
    own pickle_buffer *self = (pickle_buffer *)type->tp_alloc(type, 0);
    if (!self || PyObject_GetBuffer(base, &self->view, PyBUF_FULL_RO) < 0) { return NULL; }
    return (PyObject *)take(self);
}

static PyObject *
pickle_buffer_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"", NULL};
    PyObject *base;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O:PickleBuffer", names, &base)) { return NULL; }
    return make(type, base);
}

static void
pickle_buffer_dealloc(PyObject *op)
{
    pickle_buffer *self = (pickle_buffer *)op;
    PyObject_GC_UnTrack(op);
    if (self->weakrefs) { PyObject_ClearWeakRefs(op); }
    PyBuffer_Release(&self->view);
    Py_TYPE(op)->tp_free(op);
}

static int
pickle_buffer_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(((pickle_buffer *)op)->view.obj);
    return 0;
}

static int
pickle_buffer_clear(PyObject *op)
{
    PyBuffer_Release(&((pickle_buffer *)op)->view);
    return 0;
}

/* Views of us are views of what we wrap. */
static int
pickle_buffer_get(PyObject *op, Py_buffer *view, int flags)
{
    PyObject *base = ((pickle_buffer *)op)->view.obj;
    if (base) { return PyObject_GetBuffer(base, view, flags); }
    view->obj = NULL;
    was_released();
    return -1;
}

/* Never called, since views are of what we wrap; but argument parsing asks
 * whether an exporter has one before it borrows memory without a view. */
static void
pickle_buffer_released(PyObject *op, Py_buffer *view)
{
}

static PyBufferProcs pickle_buffer_as_buffer = {
    .bf_getbuffer = pickle_buffer_get,
    .bf_releasebuffer = pickle_buffer_released,
};

PyTypeObject PyPickleBuffer_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "pickle.PickleBuffer",
    .tp_basicsize = sizeof(pickle_buffer),
    .tp_dealloc = pickle_buffer_dealloc,
    .tp_as_buffer = &pickle_buffer_as_buffer,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_doc = "A buffer that a pickler may hand on instead of writing it out.",
    .tp_traverse = pickle_buffer_traverse,
    .tp_clear = pickle_buffer_clear,
    .tp_weaklistoffset = offsetof(pickle_buffer, weakrefs),
    .tp_methods = pickle_buffer_methods,
    .tp_new = pickle_buffer_new,
};

/* --- public API --- */

PyObject *
PyPickleBuffer_FromObject(PyObject *base)
{
    return make(&PyPickleBuffer_Type, base);
}

static MUST_USE status
check_buffer(PyObject *op)
{
    if (PyPickleBuffer_Check(op)) { return 0; }
    PyErr_Format(PyExc_TypeError, "expected PickleBuffer, %.200s found", Py_TYPE(op)->tp_name);
    return -1;
}

const Py_buffer *
PyPickleBuffer_GetBuffer(PyObject *op)
{
    if (check_buffer(op) < 0) { return NULL; }
    pickle_buffer *self = (pickle_buffer *)op;
    if (self->view.obj) { return &self->view; }
    was_released();
    return NULL;
}

int
PyPickleBuffer_Release(PyObject *op)
{
    if (check_buffer(op) < 0) { return -1; }
    PyBuffer_Release(&((pickle_buffer *)op)->view);
    return 0;
}

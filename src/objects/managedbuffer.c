/* managedbuffer.c -- one buffer of an exporter, shared by all memoryviews made from it.
 *
 * Layout     _PyManagedBufferObject (public): master is what the exporter gave.
 * Holds      exports counts the memoryviews; when it falls to 0 the buffer goes back.
 */
#include "objects/managedbuffer.h"

#include "memory/gc.h"

static _PyManagedBufferObject *
managed_alloc(void)
{
    _PyManagedBufferObject *self = PyObject_GC_New(_PyManagedBufferObject,
                                                   &_PyManagedBuffer_Type);
    if (!self) { return NULL; }
    self->flags = 0;
    self->exports = 0;
    self->master.obj = NULL;
    hob_gc_track(self);
    return self;
}

_PyManagedBufferObject *
hob_managed_from_object(PyObject *exporter, int flags)
{
    _PyManagedBufferObject *self = managed_alloc();
    if (!self) { return NULL; }
    if (PyObject_GetBuffer(exporter, &self->master, flags) < 0) {
        self->master.obj = NULL;
        Py_DECREF(self);
        return NULL;
    }
    return self;
}

_PyManagedBufferObject *
hob_managed_from_buffer(const Py_buffer *buffer)
{
    _PyManagedBufferObject *self = managed_alloc();
    if (!self) { return NULL; }
    self->master = *buffer;
    self->master.obj = NULL;
    return self;
}

void
hob_managed_release(_PyManagedBufferObject *self)
{
    if (self->flags & _Py_MANAGED_BUFFER_RELEASED) { return; }
    self->flags |= _Py_MANAGED_BUFFER_RELEASED;
    if (hob_gc_is_tracked(self)) { hob_gc_untrack(self); }
    PyBuffer_Release(&self->master);
}

static void
managed_dealloc(PyObject *op)
{
    _PyManagedBufferObject *self = (_PyManagedBufferObject *)op;
    EXPECT(self->exports == 0);
    hob_managed_release(self);
    if (self->flags & _Py_MANAGED_BUFFER_FREE_FORMAT) { PyMem_Free(self->master.format); }
    PyObject_GC_Del(op);
}

static int
managed_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(((_PyManagedBufferObject *)op)->master.obj);
    return 0;
}

static int
managed_clear(PyObject *op)
{
    hob_managed_release((_PyManagedBufferObject *)op);
    return 0;
}

PyTypeObject _PyManagedBuffer_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "managedbuffer",
    .tp_basicsize = sizeof(_PyManagedBufferObject),
    .tp_dealloc = managed_dealloc,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_traverse = managed_traverse,
    .tp_clear = managed_clear,
};

/* --- invariants --- */

bool
hob_managedbuffer_check(PyObject *op)
{
    _PyManagedBufferObject *self = (_PyManagedBufferObject *)op;
    INVARIANT(1, self->exports >= 0);
    INVARIANT(2, !(self->flags & _Py_MANAGED_BUFFER_RELEASED) || !self->master.obj);
    return true;
}

/* _queue.c -- SimpleQueue: an unbounded queue whose waiters ride on the stove.
 *
 * Layout     slots: a ring of n_slots (a power of two) owned references, the oldest
 *            at `first`, n of them.
 * Holds      not_empty.is_locked exactly while n == 0 (once anybody has looked), so a
 *            getter waits by locking it and put() lets the first waiter go on by
 *            releasing it: one wake-up a switch, as state/gil.c has it for locks.
 *            Each put sends one waiter; whoever finds the queue empty waits again.
 * Hazard     Dropping an item may run code that uses the queue: take it out first.
 */
#include <Python.h>
#include <structmember.h>

#include "base/c.h"
#include "memory/own.h"
#include "objects/bind.h"
#include "state/gil.h"

typedef struct {
    PyObject_HEAD
    PyObject **slots;                   /* owned, or NULL */
    size_t first, n, n_slots;
    hob_lock not_empty;
    PyObject *weakrefs;
} SimpleQueueObject;

typedef struct {
    PyTypeObject *queue_type;           /* owned */
    PyObject *Empty;                    /* owned */
} queue_module;

static status
push(SimpleQueueObject *self, PyObject *item)
{
    if (self->n == self->n_slots) {
        size_t n_slots = self->n_slots ? 2 * self->n_slots : 8;
        PyObject **slots = PyMem_New(PyObject *, n_slots);
        if (!slots) {
            PyErr_NoMemory();
            return -1;
        }
        for (size_t i = 0; i < self->n; i++) {
            slots[i] = self->slots[(self->first + i) & (self->n_slots - 1)];
        }
        PyMem_Free(self->slots);
        self->slots = slots;
        self->first = 0;
        self->n_slots = n_slots;
    }
    self->slots[(self->first + self->n++) & (self->n_slots - 1)] = Py_NewRef(item);
    return 0;
}

/* The oldest item; there is one.  A ring that was long once is given back. */
static PyObject *
pop(SimpleQueueObject *self)
{
    PyObject *item = self->slots[self->first];
    self->first = (self->first + 1) & (self->n_slots - 1);
    if (--self->n == 0 && self->n_slots > 1024) {
        PyMem_Free(self->slots);
        self->slots = NULL;
        self->first = self->n_slots = 0;
    }
    self->not_empty.is_locked = self->n == 0;
    return item;
}

/* Wait for an item, timeout_ns at most (-1: without limit).  1 there is one, 0 time is
 * up, -1 a signal handler raised.  DROPS_GIL */
static tri
wait_for_item(SimpleQueueObject *self, int64_t timeout_ns)
{
    _PyTime_t deadline = timeout_ns > 0 ? _PyDeadline_Init(timeout_ns) : 0;
    while (self->n == 0) {
        self->not_empty.is_locked = true;
        PyLockStatus got = hob_lock_acquire(&self->not_empty, timeout_ns, true);
        if (self->n > 0) { break; }
        if (got == PY_LOCK_FAILURE) { return 0; }
        if (got == PY_LOCK_INTR && Py_MakePendingCalls() < 0) { return -1; }
        if (timeout_ns > 0) {
            timeout_ns = _PyDeadline_Get(deadline);
            if (timeout_ns <= 0) { timeout_ns = 0; }
        }
    }
    return 1;
}

/* A subclass with an __init__ of its own may take arguments. */
static PyObject *
queue_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    if (type->tp_init == PyBaseObject_Type.tp_init) {
        if (!_PyArg_NoPositional("SimpleQueue", args)) { return NULL; }
        if (!_PyArg_NoKeywords("SimpleQueue", kwargs)) { return NULL; }
    }
    return type->tp_alloc(type, 0);
}

/** SimpleQueue.put($self, /, item, block=True, timeout=None)
 *
 *  Put an item on the queue; block and timeout are there for those who know Queue.
 *
 *  It never waits.
 */
static PyObject *
put(SimpleQueueObject *self, PyObject *item, bool block, PyObject *timeout)
{
    if (push(self, item) < 0) { return NULL; }
    hob_lock_release(&self->not_empty);
    Py_RETURN_NONE;
}

/** SimpleQueue.put_nowait($self, /, item)
 *
 *  Put an item on the queue, as put() does.
 */
static PyObject *
put_nowait(SimpleQueueObject *self, PyObject *item)
{
    return put(self, item, false, Py_None);
}

static PyObject *
get_within(SimpleQueueObject *self, PyTypeObject *cls, int64_t timeout_ns)
{
    if (UNLIKELY(self->n == 0)) {
        tri got = timeout_ns == 0 ? 0 : wait_for_item(self, timeout_ns);
        if (got < 0) { return NULL; }
        if (!got) {
            queue_module *state = PyType_GetModuleState(cls);
            PyErr_SetNone(state->Empty);
            return NULL;
        }
    }
    return pop(self);
}

/** SimpleQueue.get($self, /, block=True, timeout=None)
 *
 *  Take the oldest item out of the queue and return it.
 *
 *  If there is none wait for one, at most timeout seconds unless that is None, and
 *  raise Empty in the end.  If block is false do not wait.
 */
static PyObject *
get(SimpleQueueObject *self, PyTypeObject *cls, bool block, PyObject *timeout)
{
    if (!block) { return get_within(self, cls, 0); }
    if (timeout == Py_None) { return get_within(self, cls, -1); }
    _PyTime_t limit;
    if (_PyTime_FromSecondsObject(&limit, timeout, _PyTime_ROUND_CEILING) < 0) { return NULL; }
    if (limit < 0) {
        PyErr_SetString(PyExc_ValueError, "'timeout' must be a non-negative number");
        return NULL;
    }
    if (_PyTime_AsMicroseconds(limit, _PyTime_ROUND_CEILING) > PY_TIMEOUT_MAX) {
        PyErr_SetString(PyExc_OverflowError, "timeout value is too large");
        return NULL;
    }
    return get_within(self, cls, limit);
}

/** SimpleQueue.get_nowait($self, /)
 *
 *  Take the oldest item out of the queue, or raise Empty if there is none.
 */
static PyObject *
get_nowait(SimpleQueueObject *self, PyTypeObject *cls)
{
    return get_within(self, cls, 0);
}

/** SimpleQueue.empty($self, /)
 *
 *  Return whether the queue is empty at this moment.
 */
static bool
empty(SimpleQueueObject *self)
{
    return self->n == 0;
}

/** SimpleQueue.qsize($self, /)
 *
 *  Return how many items are in the queue at this moment.
 */
static Py_ssize_t
qsize(SimpleQueueObject *self)
{
    return (Py_ssize_t)self->n;
}

/** @nosig SimpleQueue.__class_getitem__($type, item, /)
 *
 *  See PEP 585
 */
static PyObject *
class_getitem(PyTypeObject *type, PyObject *item)
{
    return Py_GenericAlias((PyObject *)type, item);
}

#include "gen/modules/_queue.bind.h"

/* --- the type --- */

static int
queue_clear(SimpleQueueObject *self)
{
    PyObject **slots = self->slots;
    size_t first = self->first, n = self->n, n_slots = self->n_slots;
    self->slots = NULL;
    self->first = self->n = self->n_slots = 0;
    for (size_t i = 0; i < n; i++) { Py_DECREF(slots[(first + i) & (n_slots - 1)]); }
    PyMem_Free(slots);
    return 0;
}

static int
queue_traverse(SimpleQueueObject *self, visitproc visit, void *arg)
{
    for (size_t i = 0; i < self->n; i++) {
        Py_VISIT(self->slots[(self->first + i) & (self->n_slots - 1)]);
    }
    Py_VISIT(Py_TYPE(self));
    return 0;
}

static void
queue_dealloc(SimpleQueueObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    if (self->weakrefs) { PyObject_ClearWeakRefs((PyObject *)self); }
    queue_clear(self);
    type->tp_free(self);
    Py_DECREF(type);
}

PyDoc_STRVAR(type_doc, "Simple, unbounded, reentrant FIFO queue.");

static PyMemberDef queue_members[] = {
    {"__weaklistoffset__", T_PYSSIZET, offsetof(SimpleQueueObject, weakrefs), READONLY},
    {NULL},
};

static PyType_Slot queue_slots[] = {
    {Py_tp_new, queue_new},
    {Py_tp_dealloc, queue_dealloc},
    {Py_tp_doc, (void *)type_doc},
    {Py_tp_traverse, queue_traverse},
    {Py_tp_clear, queue_clear},
    {Py_tp_methods, SimpleQueue_methods},
    {Py_tp_members, queue_members},
    {0, NULL},
};

static PyType_Spec queue_spec = {
    .name = "_queue.SimpleQueue",
    .basicsize = sizeof(SimpleQueueObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC
             | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = queue_slots,
};

/* --- the module --- */

PyDoc_STRVAR(empty_doc, "Raised by get() and get_nowait() when the queue stays empty.");

static int
queue_exec(PyObject *module)
{
    queue_module *state = PyModule_GetState(module);
    state->Empty = PyErr_NewExceptionWithDoc("_queue.Empty", empty_doc, NULL, NULL);
    if (!state->Empty || PyModule_AddObjectRef(module, "Empty", state->Empty) < 0) { return -1; }
    state->queue_type = (PyTypeObject *)PyType_FromModuleAndSpec(module, &queue_spec, NULL);
    return state->queue_type ? PyModule_AddType(module, state->queue_type) : -1;
}

static int
module_traverse(PyObject *module, visitproc visit, void *arg)
{
    queue_module *state = PyModule_GetState(module);
    Py_VISIT(state->queue_type);
    Py_VISIT(state->Empty);
    return 0;
}

static int
module_clear(PyObject *module)
{
    queue_module *state = PyModule_GetState(module);
    Py_CLEAR(state->queue_type);
    Py_CLEAR(state->Empty);
    return 0;
}

static void
module_free(void *module)
{
    module_clear(module);
}

PyDoc_STRVAR(queue_doc, "SimpleQueue, for module queue.");

static PyModuleDef_Slot module_slots[] = {
    {Py_mod_exec, queue_exec},
    {0, NULL},
};

static struct PyModuleDef queue_def = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_queue",
    .m_doc = queue_doc,
    .m_size = sizeof(queue_module),
    .m_slots = module_slots,
    .m_traverse = module_traverse,
    .m_clear = module_clear,
    .m_free = module_free,
};

PyMODINIT_FUNC
PyInit__queue(void)
{
    return PyModuleDef_Init(&queue_def);
}

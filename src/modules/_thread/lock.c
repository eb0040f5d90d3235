/* lock.c -- _thread.lock and _thread.RLock.
 *
 * Both are a hob_lock (state/gil.h), which the GIL guards: taking a free one is
 * a test and a store.
 */
#include "modules/_thread/thread_int.h"

#include <structmember.h>

#include "memory/own.h"
#include "state/runtime.h"

/* --- waiting --- */

/* (blocking=True, timeout=-1) to nanoseconds as hob_lock_acquire wants them. */
static status
parse_acquire(PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames, int64_t *timeout)
{
    static const char *const names[] = {"blocking", "timeout", NULL};
    static _PyArg_Parser parser = {"|iO:acquire", names, 0};
    *timeout = -1;
    if (nargs == 0 && !kwnames) { return 0; }
    int blocking = 1;
    PyObject *given = NULL;
    if (!_PyArg_ParseStackAndKeywords(args, nargs, kwnames, &parser, &blocking, &given)) {
        return -1;
    }
    const _PyTime_t unset = _PyTime_FromSeconds(-1);
    _PyTime_t t = unset;
    if (given && _PyTime_FromSecondsObject(&t, given, _PyTime_ROUND_TIMEOUT) < 0) { return -1; }
    if (!blocking && t != unset) {
        PyErr_SetString(PyExc_ValueError, "can't specify a timeout for a non-blocking call");
        return -1;
    }
    if (t < 0 && t != unset) {
        PyErr_SetString(PyExc_ValueError, "timeout value must be positive");
        return -1;
    }
    if (!blocking) { *timeout = 0; }
    else if (t != unset) {
        if (_PyTime_AsMicroseconds(t, _PyTime_ROUND_TIMEOUT) > PY_TIMEOUT_MAX) {
            PyErr_SetString(PyExc_OverflowError, "timeout value is too large");
            return -1;
        }
        *timeout = t;
    }
    return 0;
}

/* 1 locked, 0 time is up, -1 a signal handler raised */
static tri
wait_for(hob_lock *lock, int64_t timeout)
{
    _PyTime_t deadline = timeout > 0 ? _PyDeadline_Init(timeout) : 0;
    for (;;) {
        PyLockStatus got = hob_lock_acquire(lock, timeout, true);
        if (LIKELY(got != PY_LOCK_INTR)) { return got == PY_LOCK_ACQUIRED; }
        if (Py_MakePendingCalls() < 0) { return -1; }
        if (timeout > 0) {
            timeout = _PyDeadline_Get(deadline);
            if (timeout <= 0) { timeout = 0; }
        }
    }
}

static void
forget_waiters(hob_lock *lock)
{
    lock->is_locked = false;
    lock->first = lock->last = NULL;
}

/* --- lock --- */

typedef struct {
    PyObject_HEAD
    hob_lock lock;
    PyObject *weakrefs;
} lock_object;

PyObject *
hob_thread_lock_new(PyTypeObject *type)
{
    lock_object *self = (lock_object *)type->tp_alloc(type, 0);
    return (PyObject *)self;
}

void
hob_thread_lock_let_go(PyObject *op)
{
    lock_object *self = (lock_object *)op;
    if (self->lock.is_locked) { hob_lock_release(&self->lock); }
}

static void
lock_dealloc(lock_object *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    if (self->weakrefs) { PyObject_ClearWeakRefs((PyObject *)self); }
    type->tp_free(self);
    Py_DECREF(type);
}

static int
visit_type(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    return 0;
}

PyDoc_STRVAR(acquire_doc,
    "acquire(blocking=True, timeout=-1) -> bool\n\n"
    "Lock the lock.  Wait for it unless blocking is false, at most timeout seconds\n"
    "if that is given.  Return whether it was locked.");

static PyObject *
lock_acquire(lock_object *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    int64_t timeout;
    if (parse_acquire(args, nargs, kwnames, &timeout) < 0) { return NULL; }
    tri got = wait_for(&self->lock, timeout);
    return got < 0 ? NULL : PyBool_FromLong(got);
}

PyDoc_STRVAR(release_doc,
    "release()\n\n"
    "Unlock the lock, whoever has locked it, and let one that waits for it go on.");

static PyObject *
lock_release(lock_object *self, PyObject *unused)
{
    if (!self->lock.is_locked) {
        PyErr_SetString(PyExc_RuntimeError, "release unlocked lock");
        return NULL;
    }
    hob_lock_release(&self->lock);
    Py_RETURN_NONE;
}

static PyObject *
lock_exit(lock_object *self, PyObject *const *args, Py_ssize_t nargs)
{
    return lock_release(self, NULL);
}

PyDoc_STRVAR(locked_doc, "locked() -> bool\n\nReturn whether the lock is locked.");

static PyObject *
lock_locked(lock_object *self, PyObject *unused)
{
    return PyBool_FromLong(self->lock.is_locked);
}

static PyObject *
lock_at_fork_reinit(lock_object *self, PyObject *unused)
{
    forget_waiters(&self->lock);
    Py_RETURN_NONE;
}

static PyObject *
lock_repr(lock_object *self)
{
    return PyUnicode_FromFormat("<%s %s object at %p>",
                                self->lock.is_locked ? "locked" : "unlocked",
                                Py_TYPE(self)->tp_name, self);
}

#define FAST(f) ((PyCFunction)(void (*)(void))(f))

static PyMethodDef lock_methods[] = {
    {"acquire_lock", FAST(lock_acquire), METH_FASTCALL | METH_KEYWORDS, acquire_doc},
    {"acquire", FAST(lock_acquire), METH_FASTCALL | METH_KEYWORDS, acquire_doc},
    {"release_lock", (PyCFunction)lock_release, METH_NOARGS, release_doc},
    {"release", (PyCFunction)lock_release, METH_NOARGS, release_doc},
    {"locked_lock", (PyCFunction)lock_locked, METH_NOARGS, locked_doc},
    {"locked", (PyCFunction)lock_locked, METH_NOARGS, locked_doc},
    {"__enter__", FAST(lock_acquire), METH_FASTCALL | METH_KEYWORDS, acquire_doc},
    {"__exit__", FAST(lock_exit), METH_FASTCALL, release_doc},
    {"_at_fork_reinit", (PyCFunction)lock_at_fork_reinit, METH_NOARGS, NULL},
    {NULL},
};

static PyMemberDef lock_members[] = {
    {"__weaklistoffset__", T_PYSSIZET, offsetof(lock_object, weakrefs), READONLY},
    {NULL},
};

PyDoc_STRVAR(lock_doc,
    "A lock that any thread may release.\n\n"
    "allocate_lock() makes one; it is unlocked.  acquire() locks it and waits while\n"
    "another has it; release() unlocks it.  It does not know who locked it: a thread\n"
    "that locks it twice waits for itself.");

static PyType_Slot lock_slots[] = {
    {Py_tp_dealloc, lock_dealloc},
    {Py_tp_repr, lock_repr},
    {Py_tp_doc, (void *)lock_doc},
    {Py_tp_methods, lock_methods},
    {Py_tp_traverse, visit_type},
    {Py_tp_members, lock_members},
    {0, NULL},
};

PyType_Spec hob_thread_lock_spec = {
    .name = "_thread.lock",
    .basicsize = sizeof(lock_object),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION
             | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = lock_slots,
};

/* --- RLock --- */

typedef struct {
    PyObject_HEAD
    hob_lock lock;
    unsigned long owner;                /* thread that has it, when count > 0 */
    unsigned long count;
    PyObject *weakrefs;
} rlock_object;

static PyObject *
rlock_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    return type->tp_alloc(type, 0);
}

static void
rlock_dealloc(rlock_object *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    if (self->weakrefs) { PyObject_ClearWeakRefs((PyObject *)self); }
    type->tp_free(self);
    Py_DECREF(type);
}

static inline bool
is_mine(rlock_object *self)
{
    return self->count > 0 && self->owner == PyThread_get_thread_ident();
}

static PyObject *
rlock_acquire(rlock_object *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    int64_t timeout;
    if (parse_acquire(args, nargs, kwnames, &timeout) < 0) { return NULL; }
    if (is_mine(self)) {
        if (self->count == ULONG_MAX) {
            PyErr_SetString(PyExc_OverflowError, "Internal lock count overflowed");
            return NULL;
        }
        self->count++;
        Py_RETURN_TRUE;
    }
    tri got = wait_for(&self->lock, timeout);
    if (got < 0) { return NULL; }
    if (got) {
        self->owner = PyThread_get_thread_ident();
        self->count = 1;
    }
    return PyBool_FromLong(got);
}

static PyObject *
not_acquired(void)
{
    PyErr_SetString(PyExc_RuntimeError, "cannot release un-acquired lock");
    return NULL;
}

static PyObject *
rlock_release(rlock_object *self, PyObject *unused)
{
    if (!is_mine(self)) { return not_acquired(); }
    if (--self->count == 0) {
        self->owner = 0;
        hob_lock_release(&self->lock);
    }
    Py_RETURN_NONE;
}

static PyObject *
rlock_exit(rlock_object *self, PyObject *const *args, Py_ssize_t nargs)
{
    return rlock_release(self, NULL);
}

static PyObject *
rlock_acquire_restore(rlock_object *self, PyObject *args)
{
    unsigned long count, owner;
    if (!PyArg_ParseTuple(args, "(kk):_acquire_restore", &count, &owner)) { return NULL; }
    if (hob_lock_acquire(&self->lock, -1, false) != PY_LOCK_ACQUIRED) {
        PyErr_SetString(PyExc_RuntimeError, "couldn't acquire lock");
        return NULL;
    }
    self->owner = owner;
    self->count = count;
    Py_RETURN_NONE;
}

static PyObject *
rlock_release_save(rlock_object *self, PyObject *unused)
{
    if (self->count == 0) { return not_acquired(); }
    unsigned long count = self->count, owner = self->owner;
    self->count = 0;
    self->owner = 0;
    hob_lock_release(&self->lock);
    return Py_BuildValue("kk", count, owner);
}

static PyObject *
rlock_is_owned(rlock_object *self, PyObject *unused)
{
    return PyBool_FromLong(is_mine(self));
}

static PyObject *
rlock_at_fork_reinit(rlock_object *self, PyObject *unused)
{
    forget_waiters(&self->lock);
    self->owner = 0;
    self->count = 0;
    Py_RETURN_NONE;
}

static PyObject *
rlock_repr(rlock_object *self)
{
    return PyUnicode_FromFormat("<%s %s object owner=%ld count=%lu at %p>",
                                self->count ? "locked" : "unlocked", Py_TYPE(self)->tp_name,
                                self->owner, self->count, self);
}

PyDoc_STRVAR(rlock_acquire_doc,
    "acquire(blocking=True, timeout=-1) -> bool\n\n"
    "Lock the lock; the thread that has it may lock it again, and must release it as\n"
    "often.  Other threads wait, as lock.acquire() does.");

PyDoc_STRVAR(rlock_release_doc,
    "release()\n\n"
    "Undo one acquire(); the last one unlocks the lock.  Only the thread that has it\n"
    "may do that.");

static PyMethodDef rlock_methods[] = {
    {"acquire", FAST(rlock_acquire), METH_FASTCALL | METH_KEYWORDS, rlock_acquire_doc},
    {"release", (PyCFunction)rlock_release, METH_NOARGS, rlock_release_doc},
    {"_is_owned", (PyCFunction)rlock_is_owned, METH_NOARGS,
     "_is_owned() -> bool\n\nReturn whether this thread has the lock."},
    {"_acquire_restore", (PyCFunction)rlock_acquire_restore, METH_VARARGS,
     "_acquire_restore(state)\n\nLock it as it was: for Condition."},
    {"_release_save", (PyCFunction)rlock_release_save, METH_NOARGS,
     "_release_save() -> tuple\n\nUnlock it whole, return its state: for Condition."},
    {"__enter__", FAST(rlock_acquire), METH_FASTCALL | METH_KEYWORDS, rlock_acquire_doc},
    {"__exit__", FAST(rlock_exit), METH_FASTCALL, rlock_release_doc},
    {"_at_fork_reinit", (PyCFunction)rlock_at_fork_reinit, METH_NOARGS, NULL},
    {NULL},
};

static PyMemberDef rlock_members[] = {
    {"__weaklistoffset__", T_PYSSIZET, offsetof(rlock_object, weakrefs), READONLY},
    {NULL},
};

static PyType_Slot rlock_slots[] = {
    {Py_tp_dealloc, rlock_dealloc},
    {Py_tp_repr, rlock_repr},
    {Py_tp_methods, rlock_methods},
    {Py_tp_alloc, PyType_GenericAlloc},
    {Py_tp_new, rlock_new},
    {Py_tp_members, rlock_members},
    {Py_tp_traverse, visit_type},
    {0, NULL},
};

PyType_Spec hob_thread_rlock_spec = {
    .name = "_thread.RLock",
    .basicsize = sizeof(rlock_object),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE
             | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = rlock_slots,
};

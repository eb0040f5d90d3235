/* lock.c -- the portable C API of threads: locks, keys, starting.
 *
 * Layout     A PyThread_type_lock is one futex word: 0 free, 1 locked, 2 locked
 *            and perhaps waited for.  It needs no GIL, and may be released by
 *            another thread than the one that locked it.
 *            (Locks of Python code ride on the GIL's queue instead: gil.c.)
 */
#include <Python.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/os/futex.h"
#include "state/c_stack.h"

typedef struct {
    _Atomic uint32_t state;
} c_lock;

/* --- locks --- */

PyThread_type_lock
PyThread_allocate_lock(void)
{
    return PyMem_RawCalloc(1, sizeof(c_lock));
}

void
PyThread_free_lock(PyThread_type_lock lock)
{
    PyMem_RawFree(lock);
}

/* Wait for at most `microseconds` (negative: without limit, 0: not at all). */
PyLockStatus
PyThread_acquire_lock_timed(PyThread_type_lock lock, PY_TIMEOUT_T microseconds, int intr_flag)
{
    c_lock *self = lock;
    uint32_t zero = 0;
    if (atomic_compare_exchange_strong(&self->state, &zero, 1)) { return PY_LOCK_ACQUIRED; }
    if (microseconds == 0) { return PY_LOCK_FAILURE; }
    uint64_t deadline = 0;
    if (microseconds > 0) { deadline = hob_clock_ns() + (uint64_t)microseconds * 1000; }
    while (atomic_exchange(&self->state, 2) != 0) {
        uint64_t left = 0;
        if (microseconds > 0) {
            uint64_t now = hob_clock_ns();
            if (now >= deadline) { return PY_LOCK_FAILURE; }
            left = deadline - now;
        }
        int error = hob_futex_wait(&self->state, 2, left);
        if (error == EINTR && intr_flag) { return PY_LOCK_INTR; }
    }
    return PY_LOCK_ACQUIRED;
}

int
PyThread_acquire_lock(PyThread_type_lock lock, int wait)
{
    return PyThread_acquire_lock_timed(lock, wait ? -1 : 0, 0) == PY_LOCK_ACQUIRED;
}

void
PyThread_release_lock(PyThread_type_lock lock)
{
    c_lock *self = lock;
    if (atomic_exchange(&self->state, 0) == 2) { hob_futex_wake(&self->state); }
}

/* Whoever held or awaited it is not in this process. */
int
_PyThread_at_fork_reinit(PyThread_type_lock *lock)
{
    atomic_store(&((c_lock *)*lock)->state, 0);
    return 0;
}

/* --- threads --- */

static size_t stack_size;               /* 0: the system's default */

void
PyThread_init_thread(void)
{
}

typedef struct {
    void (*func)(void *);
    void *arg;
} start_args;

static void *
run_thread(void *given)
{
    start_args start = *(start_args *)given;
    PyMem_RawFree(given);
    start.func(start.arg);
    return NULL;
}

unsigned long
PyThread_start_new_thread(void (*func)(void *), void *arg)
{
    start_args *start = PyMem_RawMalloc(sizeof *start);
    pthread_attr_t attributes;
    if (!start || pthread_attr_init(&attributes) != 0) {
        PyMem_RawFree(start);
        return PYTHREAD_INVALID_THREAD_ID;
    }
    *start = (start_args){func, arg};
    pthread_t thread;
    int error = stack_size ? pthread_attr_setstacksize(&attributes,
                                                       stack_size + HOB_C_STACK_RESERVE) : 0;
    if (!error) { error = pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED); }
    if (!error) { error = pthread_create(&thread, &attributes, run_thread, start); }
    pthread_attr_destroy(&attributes);
    if (error) {
        PyMem_RawFree(start);
        return PYTHREAD_INVALID_THREAD_ID;
    }
    return (unsigned long)thread;
}

unsigned long
PyThread_get_thread_ident(void)
{
    return (unsigned long)pthread_self();
}

unsigned long
PyThread_get_thread_native_id(void)
{
    return (unsigned long)syscall(SYS_gettid);
}

void
PyThread_exit_thread(void)
{
    pthread_exit(NULL);
}

size_t
PyThread_get_stacksize(void)
{
    return stack_size;
}

int
PyThread_set_stacksize(size_t size)
{
    if (size == 0) {
        stack_size = 0;
        return 0;
    }
    if (size < PTHREAD_STACK_MIN || size < 0x8000) { return -1; }
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes) != 0) { return -1; }
    int error = pthread_attr_setstacksize(&attributes, size);
    pthread_attr_destroy(&attributes);
    if (error) { return -1; }
    stack_size = size;
    return 0;
}

/* --- sys.thread_info --- */

PyDoc_STRVAR(info_doc, "sys.thread_info\n\nHow threads are implemented.");

static PyStructSequence_Field info_fields[] = {
    {"name", "name of the implementation"},
    {"lock", "what locks are made of"},
    {"version", "name and version of the thread library"},
    {NULL},
};

static PyStructSequence_Desc info_desc = {"sys.thread_info", info_doc, info_fields, 3};
static PyTypeObject info_type;

PyObject *
PyThread_GetInfo(void)
{
    if (!info_type.tp_name && PyStructSequence_InitType2(&info_type, &info_desc) < 0) {
        return NULL;
    }
    PyObject *info = PyStructSequence_New(&info_type);
    if (!info) { return NULL; }
    char version[128];
    size_t n = confstr(_CS_GNU_LIBPTHREAD_VERSION, version, sizeof version);
    bool is_known = n > 0 && n < sizeof version;
    PyStructSequence_SET_ITEM(info, 0, PyUnicode_FromString("pthread"));
    PyStructSequence_SET_ITEM(info, 1, PyUnicode_FromString("semaphore"));
    PyStructSequence_SET_ITEM(info, 2, is_known ? PyUnicode_DecodeFSDefault(version)
                                                : Py_NewRef(Py_None));
    if (PyErr_Occurred()) {
        Py_DECREF(info);
        return NULL;
    }
    return info;
}

/* --- thread-specific storage --- */

Py_tss_t *
PyThread_tss_alloc(void)
{
    return PyMem_RawCalloc(1, sizeof(Py_tss_t));
}

void
PyThread_tss_free(Py_tss_t *key)
{
    if (!key) { return; }
    PyThread_tss_delete(key);
    PyMem_RawFree(key);
}

int
PyThread_tss_is_created(Py_tss_t *key)
{
    return key->_is_initialized;
}

int
PyThread_tss_create(Py_tss_t *key)
{
    if (key->_is_initialized) { return 0; }
    if (pthread_key_create(&key->_key, NULL) != 0) { return -1; }
    key->_is_initialized = 1;
    return 0;
}

void
PyThread_tss_delete(Py_tss_t *key)
{
    if (!key->_is_initialized) { return; }
    pthread_key_delete(key->_key);
    key->_is_initialized = 0;
}

int
PyThread_tss_set(Py_tss_t *key, void *value)
{
    return pthread_setspecific(key->_key, value) == 0 ? 0 : -1;
}

void *
PyThread_tss_get(Py_tss_t *key)
{
    return pthread_getspecific(key->_key);
}

/* --- the older API of the same --- */

int
PyThread_create_key(void)
{
    pthread_key_t key;
    if (pthread_key_create(&key, NULL) != 0) { return -1; }
    if (key > INT_MAX) {
        pthread_key_delete(key);
        errno = ENOMEM;
        return -1;
    }
    return (int)key;
}

void
PyThread_delete_key(int key)
{
    pthread_key_delete((pthread_key_t)key);
}

void
PyThread_delete_key_value(int key)
{
    pthread_setspecific((pthread_key_t)key, NULL);
}

int
PyThread_set_key_value(int key, void *value)
{
    return pthread_setspecific((pthread_key_t)key, value) == 0 ? 0 : -1;
}

void *
PyThread_get_key_value(int key)
{
    return pthread_getspecific((pthread_key_t)key);
}

void
PyThread_ReInitTLS(void)
{
}

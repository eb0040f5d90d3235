/* runtime.h -- the one process-wide object, at the offsets extensions read.
 *
 * Debian's compiled modules read three things of _PyRuntime, by offset and
 * without a call: the current thread state (+0x240) and the small ints
 * (+0x2a8: 262 of 32 bytes each, -5 .. 256).  Everything else is ours.
 */
#pragma once
#include <Python.h>

#include "base/c.h"

enum { SMALL_INT_MIN = -5, SMALL_INT_MAX = 256, N_SMALL_INTS = 262 };

typedef struct pyruntimestate {
    int initialized;                    /* Py_IsInitialized */
    int core_initialized;
    PyThreadState *finalizing;          /* the thread that runs Py_Finalize, or NULL */
    PyInterpreterState *main_interp;
    PyInterpreterState *interps;        /* all interpreters, newest first */
    int64_t next_interp_id;
    unsigned long main_thread;          /* ident of the thread that started Python */
    unsigned long main_native_thread;   /* .. and its native id */
    char reserved0[0x240 - 56];
    PyThreadState *current;             /* +0x240: who holds the stove, or NULL */
    char reserved1[0x2a8 - 0x248];
    PyLongObject small_ints[N_SMALL_INTS];      /* +0x2a8 */
} hob_runtime;

_Static_assert(offsetof(hob_runtime, current) == 0x240, "read by _asyncio, _json, ...");
_Static_assert(offsetof(hob_runtime, small_ints) == 0x2a8, "read by _ctypes, ...");
_Static_assert(sizeof(PyLongObject) == 32, "small ints lie 32 bytes apart");

extern HOB_EXPORT hob_runtime _PyRuntime;

/* The running thread's state.  One load; NULL when nobody holds the GIL. */
static inline PyThreadState *
hob_ts(void)
{
    return _PyRuntime.current;
}

/* The same for a thread that may not hold the GIL: another's may come and go. */
static inline PyThreadState *
hob_ts_of_whoever(void)
{
    return __atomic_load_n(&_PyRuntime.current, __ATOMIC_RELAXED);
}

static inline void
hob_set_current(PyThreadState *ts)
{
    __atomic_store_n(&_PyRuntime.current, ts, __ATOMIC_RELAXED);
}

static inline PyObject *            /* borrowed; SMALL_INT_MIN <= value <= SMALL_INT_MAX */
hob_small_int(long value)
{
    return (PyObject *)&_PyRuntime.small_ints[value - SMALL_INT_MIN];
}

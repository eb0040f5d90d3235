/* recursion.c -- how deep calls may nest: by count, and by what the C stack holds.
 *
 * Holds      ts->recursion_remaining counts down from the limit; below zero the
 *            error is raised once, and recursion_headroom lets 50 more calls
 *            handle it before the process is given up.
 *            hob_c_stack_low and hob_c_stack_guard describe this OS thread's
 *            stack; an address in its last guard bytes is too low.  Stacks that
 *            others made (coroutine libraries in C) lie elsewhere and pass.
 */
#include "vm/recursion.h"

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include "objects/undeclared.h"
#include "state/interp.h"
#include "state/runtime.h"
#include "vm/eval.h"
#include "vm/vm.h"

enum { HEADROOM = 50, GUARD_BYTES = 256 * 1024 };

__thread uintptr_t hob_c_stack_low;
__thread uintptr_t hob_c_stack_guard = UINTPTR_MAX;     /* not known: all is too low */

extern void *__libc_stack_end;

/* Find this thread's stack. */
static void
find_stack(void)
{
    uintptr_t low = 0;
    if (getpid() == gettid()) {
        /* The main thread's grows on demand, down to its limit. */
        struct rlimit limit;
        uintptr_t size = 8u << 20;
        if (getrlimit(RLIMIT_STACK, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
            size = limit.rlim_cur;
        }
        uintptr_t high = (uintptr_t)__libc_stack_end;
        low = high > size ? high - size : 0;
    }
    else {
        pthread_attr_t attr;
        void *base;
        size_t size;
        if (pthread_getattr_np(pthread_self(), &attr) == 0) {
            if (pthread_attr_getstack(&attr, &base, &size) == 0) { low = (uintptr_t)base; }
            pthread_attr_destroy(&attr);
        }
    }
    hob_c_stack_low = low;
    hob_c_stack_guard = low ? GUARD_BYTES : 0;
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    if (low && here - low < 2 * (uintptr_t)GUARD_BYTES) {
        hob_c_stack_guard = (here - low) / 4;           /* a small stack: keep a quarter */
    }
}

COLD bool
hob_c_stack_is_low_slow(void)
{
    if (hob_c_stack_guard == UINTPTR_MAX) { find_stack(); }
    return (uintptr_t)__builtin_frame_address(0) - hob_c_stack_low < hob_c_stack_guard;
}

COLD void
hob_c_stack_error(const char *where)
{
    PyErr_Format(PyExc_RecursionError, "maximum recursion depth exceeded%s", where);
}

/* recursion_remaining has gone below zero, at a place described by where. */
int
_Py_CheckRecursiveCall(PyThreadState *ts, const char *where)
{
    if (ts->recursion_headroom) {
        if (ts->recursion_remaining < -HEADROOM) {
            Py_FatalError("Cannot recover from stack overflow.");
        }
        return 0;
    }
    if (ts->recursion_remaining > 0) { return 0; }
    ts->recursion_headroom++;
    PyErr_Format(PyExc_RecursionError, "maximum recursion depth exceeded%s", where);
    ts->recursion_headroom--;
    ts->recursion_remaining++;
    return -1;
}

int
Py_EnterRecursiveCall(const char *where)
{
    PyThreadState *ts = hob_ts();
    if (ts->recursion_remaining-- <= 0) { return _Py_CheckRecursiveCall(ts, where); }
    if (UNLIKELY(hob_c_stack_is_low())) {
        ts->recursion_remaining++;
        hob_c_stack_error(where);
        return -1;
    }
    return 0;
}

void
Py_LeaveRecursiveCall(void)
{
    hob_ts()->recursion_remaining++;
}

int
Py_GetRecursionLimit(void)
{
    return hob_ts()->recursion_limit;
}

void
Py_SetRecursionLimit(int limit)
{
    for (PyThreadState *ts = hob_ts()->interp->threads; ts; ts = ts->next) {
        int depth = ts->recursion_limit - ts->recursion_remaining;
        ts->recursion_limit = limit;
        ts->recursion_remaining = limit - depth;
    }
}

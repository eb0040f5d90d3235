/* breaker.h -- what makes the machine leave its fast path. */
#pragma once
#include <Python.h>

#include "base/c.h"
#include "state/interp.h"

/* Do what interp->breaker asks for: signal handlers, pending calls, the GIL,
 * asynchronous exceptions.  Called at RESUME, JUMP_BACKWARD and calls. */
MUST_USE status hob_breaker_handle(PyThreadState *ts);

/* BREAK_SIGNAL | BREAK_PENDING: work that only the main thread does. */
extern int hob_breaker_main_work;

/* A thread has become current: which bits concern it? */
static inline void
hob_breaker_enter(PyThreadState *ts)
{
    int bits = __atomic_load_n(&hob_breaker_main_work, __ATOMIC_RELAXED);
    if (UNLIKELY(bits | (ts->async_exc != NULL) | (ts->trash_delete_later != NULL))) {
        hob_breaker_set(ts->interp, bits | (ts->async_exc ? BREAK_ASYNC : 0)
                                        | (ts->trash_delete_later ? BREAK_TRASH : 0));
    }
}

/* Have the main thread stop for this work soon.  Async-signal-safe. */
void hob_breaker_tell_main(int bits);

/* Does ts run signal handlers and pending calls? */
bool hob_breaker_is_main(PyThreadState *ts);

/* modules/_signal/: run the Python handlers of signals that have arrived. */
MUST_USE status hob_signal_run_handlers(PyThreadState *ts);

HOB_EXPORT int  _PyEval_AddPendingCall(PyInterpreterState *interp, int (*func)(void *),
                                       void *arg);
HOB_EXPORT void _PyEval_SignalReceived(PyInterpreterState *interp);
HOB_EXPORT void _PyEval_SignalAsyncExc(PyInterpreterState *interp);

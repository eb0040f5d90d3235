/* breaker.c -- check points: what happens when a running thread must stop.
 *
 * Layout     interp->breaker is one word that the machine loads at each check
 *            point; its bits (state/interp.h) say why it is not zero.
 *            Pending calls are in a ring of 32 slots.  A slot's turn says whose it
 *            is: lap 2n, free for the n-th writer; 2n + 1, full for the reader.
 * Holds      Signals and pending calls are the main thread's work: another thread
 *            that finds the bits clears them, and hob_breaker_enter sets them again
 *            when the main thread becomes current.
 * Hazard     Py_AddPendingCall and hob_breaker_tell_main run in signal handlers and
 *            in threads without the GIL: atomics only.
 * Next       gil.c; modules/_signal/
 */
#include "state/breaker.h"

#include <stdatomic.h>

#include "base/trace.h"
#include "memory/trashcan.h"
#include "state/gil.h"
#include "state/runtime.h"
#include "state/thread.h"

int hob_breaker_main_work;

bool
hob_breaker_is_main(PyThreadState *ts)
{
    return ts->interp == _PyRuntime.main_interp
        && PyThread_get_thread_ident() == _PyRuntime.main_thread;
}

void
hob_breaker_tell_main(int bits)
{
    __atomic_fetch_or(&hob_breaker_main_work, bits, __ATOMIC_SEQ_CST);
    PyInterpreterState *interp = _PyRuntime.main_interp;
    if (!interp) { return; }
    hob_gil_want_main(interp->gil);
    hob_breaker_set(interp, bits | BREAK_GIL);
}

/* --- pending calls --- */

enum { N_SLOTS = 32 };

static struct {
    _Atomic uint32_t turn;
    int (*func)(void *);
    void *arg;
} ring[N_SLOTS];

static _Atomic uint32_t n_added;        /* slots claimed by writers */
static uint32_t n_taken;                /* .. emptied by the reader */
static bool is_calling;

int
Py_AddPendingCall(int (*func)(void *), void *arg)
{
    uint32_t n = atomic_load(&n_added);
    for (;;) {
        uint32_t lap = n / N_SLOTS * 2, turn = atomic_load(&ring[n % N_SLOTS].turn);
        if (turn == lap) {
            if (!atomic_compare_exchange_weak(&n_added, &n, n + 1)) { continue; }
            ring[n % N_SLOTS].func = func;
            ring[n % N_SLOTS].arg = arg;
            atomic_store(&ring[n % N_SLOTS].turn, lap + 1);
            hob_breaker_tell_main(BREAK_PENDING);
            return 0;
        }
        if ((int32_t)(turn - lap) < 0) { return -1; }           /* full */
        n = atomic_load(&n_added);
    }
}

int
_PyEval_AddPendingCall(PyInterpreterState *interp, int (*func)(void *), void *arg)
{
    return Py_AddPendingCall(func, arg);
}

static bool
take_call(int (**func)(void *), void **arg)
{
    uint32_t n = n_taken, lap = n / N_SLOTS * 2;
    if (atomic_load(&ring[n % N_SLOTS].turn) != lap + 1) { return false; }
    *func = ring[n % N_SLOTS].func;
    *arg = ring[n % N_SLOTS].arg;
    atomic_store(&ring[n % N_SLOTS].turn, lap + 2);
    n_taken = n + 1;
    return true;
}

static void
main_work_done(PyInterpreterState *interp, int bit)
{
    __atomic_fetch_and(&hob_breaker_main_work, ~bit, __ATOMIC_SEQ_CST);
    hob_breaker_clear(interp, bit);
}

/* Make the calls that are there now; the main thread's. */
static status
make_calls(PyThreadState *ts)
{
    if (is_calling) { return 0; }
    is_calling = true;
    main_work_done(ts->interp, BREAK_PENDING);
    int (*func)(void *);
    void *arg;
    status result = 0;
    for (int i = 0; i < N_SLOTS && take_call(&func, &arg); i++) {
        TRACE(breaker, "pending_call function=%p", (void *)func);
        if (func(arg) != 0) {
            result = -1;
            hob_breaker_tell_main(BREAK_PENDING);       /* the rest, later */
            break;
        }
    }
    is_calling = false;
    return result;
}

static status
run_signal_handlers(PyThreadState *ts)
{
    main_work_done(ts->interp, BREAK_SIGNAL);
    atomic_store(&ts->interp->gil->main_is_wanted, 0);
    TRACE(breaker, "signal_handlers");
    if (hob_signal_run_handlers(ts) == 0) { return 0; }
    hob_breaker_tell_main(BREAK_SIGNAL);                /* others may wait behind it */
    return -1;
}

int
Py_MakePendingCalls(void)
{
    PyThreadState *ts = hob_ts();
    if (!hob_breaker_is_main(ts)) { return 0; }
    return run_signal_handlers(ts) < 0 ? -1 : make_calls(ts);
}

/* --- the check point --- */

static status
raise_async(PyThreadState *ts)
{
    hob_breaker_clear(ts->interp, BREAK_ASYNC);
    PyObject *exc = ts->async_exc;
    if (!exc) { return 0; }
    ts->async_exc = NULL;
    TRACE(breaker, "async_exception type=%s", ((PyTypeObject *)exc)->tp_name);
    PyErr_SetNone(exc);
    Py_DECREF(exc);
    return -1;
}

static void
yield(PyThreadState *ts)
{
    hob_set_current(NULL);
    hob_gil_check(&hob_thread_of(ts)->gil);
    hob_thread_came_back(ts);
}

status
hob_breaker_handle(PyThreadState *ts)
{
    int bits = __atomic_load_n(&ts->interp->breaker, __ATOMIC_ACQUIRE);
    if (bits & (BREAK_SIGNAL | BREAK_PENDING)) {
        if (!hob_breaker_is_main(ts)) {
            hob_breaker_clear(ts->interp, BREAK_SIGNAL | BREAK_PENDING);
        }
        else {
            if ((bits & BREAK_SIGNAL) && run_signal_handlers(ts) < 0) { return -1; }
            if ((bits & BREAK_PENDING) && make_calls(ts) < 0) { return -1; }
        }
    }
    if (bits & BREAK_TRASH) {
        hob_breaker_clear(ts->interp, BREAK_TRASH);
        hob_trash_empty(ts);
    }
    if (bits & BREAK_GIL) { yield(ts); }
    return ts->async_exc || (bits & BREAK_ASYNC) ? raise_async(ts) : 0;
}

void
_PyEval_SignalReceived(PyInterpreterState *interp)
{
    hob_breaker_tell_main(BREAK_SIGNAL);
}

void
_PyEval_SignalAsyncExc(PyInterpreterState *interp)
{
    hob_breaker_set(interp, BREAK_ASYNC);
}

/* --- sys.setswitchinterval --- */

void
_PyEval_SetSwitchInterval(unsigned long microseconds)
{
    uint64_t slice = (uint64_t)(microseconds ? microseconds : 1) * 1000;
    atomic_store(&PyInterpreterState_Get()->gil->slice, slice);
}

unsigned long
_PyEval_GetSwitchInterval(void)
{
    return (unsigned long)(atomic_load(&PyInterpreterState_Get()->gil->slice) / 1000);
}

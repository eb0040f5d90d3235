/* fork.c -- what must happen around fork().
 *
 * Before     os.register_at_fork(before=…) in reverse, then the import lock.
 * Parent     release it; after_in_parent in order.
 * Child      the forking thread is the only one: it owns the GIL, is the main
 *            thread, and the states of all others are forgotten; after_in_child.
 */
#include "base/trace.h"
#include "state/breaker.h"
#include "state/interp.h"
#include "state/runtime.h"
#include "state/thread.h"

void hob_signal_after_fork(void);       /* modules/_signal.c: forget the parent's */

/* Call each function of a list or NULL; errors are reported, not raised. */
static void
call_all(PyObject *functions, bool reversed)
{
    if (!functions) { return; }
    PyObject *copy = PyList_GetSlice(functions, 0, PyList_GET_SIZE(functions));
    if (!copy || (reversed && PyList_Reverse(copy) < 0)) {
        PyErr_WriteUnraisable(functions);
        Py_XDECREF(copy);
        return;
    }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(copy); i++) {
        PyObject *function = PyList_GET_ITEM(copy, i);
        PyObject *result = PyObject_CallNoArgs(function);
        if (!result) { PyErr_WriteUnraisable(function); }
        Py_XDECREF(result);
    }
    Py_DECREF(copy);
}

void
PyOS_BeforeFork(void)
{
    call_all(PyInterpreterState_Get()->before_forkers, true);
    _PyImport_AcquireLock();
}

void
PyOS_AfterFork_Parent(void)
{
    if (_PyImport_ReleaseLock() <= 0) {
        Py_FatalError("failed releasing import lock after fork");
    }
    call_all(PyInterpreterState_Get()->after_forkers_parent, false);
}

void
PyOS_AfterFork_Child(void)
{
    PyThreadState *ts = PyThreadState_Get();
    hob_thread_after_fork(ts);
    TRACE(thread, "forked parent_pid=%d", (int)getppid());
    (void)_PyImport_ReleaseLock();              /* this thread took it before the fork */
    hob_signal_after_fork();
    hob_thread_delete_others(ts);
    call_all(ts->interp->after_forkers_child, false);
}

void
PyOS_AfterFork(void)
{
    PyOS_AfterFork_Child();
}

int
_PyOS_IsMainThread(void)
{
    return hob_breaker_is_main(PyThreadState_Get());
}

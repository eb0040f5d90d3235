/* runtime.c -- the process-wide object, and the first interpreter's life.
 *
 * Next       interp.c, thread.c; run/init.c and run/fini.c call these
 */
#include "state/runtime.h"

#include "state/gil.h"
#include "state/interp.h"
#include "state/lifecycle.h"
#include "state/thread.h"

hob_runtime _PyRuntime;

/* Make the first interpreter and its first thread, which holds the GIL. */
status
hob_runtime_init(void)
{
    _PyRuntime.finalizing = NULL;
    _PyRuntime.main_thread = PyThread_get_thread_ident();
    _PyRuntime.main_native_thread = PyThread_get_thread_native_id();
    PyInterpreterState *interp = PyInterpreterState_New();
    if (!interp) { return -1; }
    PyThreadState *ts = PyThreadState_New(interp);
    if (!ts) { return -1; }
    hob_gil_open(interp->gil, &hob_thread_of(ts)->gil);
    hob_set_current(ts);
    return 0;
}

/* From here on ts is the only thread that runs Python. */
void
hob_runtime_close(PyThreadState *ts)
{
    hob_thread_close(ts);
    hob_thread_delete_others(ts);
}

/* The end: drop what the interpreter holds, then the interpreter. */
void
hob_runtime_fini(void)
{
    PyThreadState *ts = hob_ts();
    PyInterpreterState *interp = ts->interp;
    hob_gil *gil = interp->gil;
    PyInterpreterState_Clear(interp);
    PyThreadState_Swap(NULL);
    PyThreadState_Delete(ts);
    PyInterpreterState_Delete(interp);
    hob_gil_forget_owner(gil);
    _PyRuntime.main_interp = NULL;
}

/* --- names that the public headers leave out --- */

HOB_EXPORT PyStatus _PyRuntimeState_Init(hob_runtime *runtime);
HOB_EXPORT void     _PyRuntimeState_Fini(hob_runtime *runtime);
HOB_EXPORT PyStatus _PyRuntime_Initialize(void);
HOB_EXPORT void     _PyRuntime_Finalize(void);
HOB_EXPORT PyStatus _PyInterpreterState_Enable(hob_runtime *runtime);

PyStatus
_PyRuntimeState_Init(hob_runtime *runtime)
{
    return PyStatus_Ok();               /* the object is static and starts out right */
}

void
_PyRuntimeState_Fini(hob_runtime *runtime)
{
}

PyStatus
_PyRuntime_Initialize(void)
{
    return PyStatus_Ok();
}

void
_PyRuntime_Finalize(void)
{
}

PyStatus
_PyInterpreterState_Enable(hob_runtime *runtime)
{
    return PyStatus_Ok();
}

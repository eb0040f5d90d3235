/* trace.c -- sys.settrace and sys.setprofile: Python functions as C hooks. */
#include "modules/sys/sys.h"

#include <frameobject.h>

#include "memory/own.h"
#include "objects/ids.h"
#include "state/runtime.h"
#include "vm/frame.h"
#include "vm/vm.h"

/* The names of PyTrace_CALL ... PyTrace_OPCODE. */
static PyObject *
event_name(int what)
{
    switch (what) {
    case PyTrace_CALL: return ID(call);
    case PyTrace_EXCEPTION: return ID(exception);
    case PyTrace_LINE: return ID(line);
    case PyTrace_RETURN: return ID(return);
    case PyTrace_C_CALL: return ID(c_call);
    case PyTrace_C_EXCEPTION: return ID(c_exception);
    case PyTrace_C_RETURN: return ID(c_return);
    default: return ID(opcode);
    }
}

static MUST_USE PyObject *
call_hook(PyObject *hook, PyFrameObject *frame, int what, PyObject *arg)
{
    if (PyFrame_FastToLocalsWithError(frame) < 0) { return NULL; }
    PyObject *args[4] = {NULL, (PyObject *)frame, event_name(what), arg ? arg : Py_None};
    PyObject *result =
        PyObject_Vectorcall(hook, args + 1, 3 | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
    PyFrame_LocalsToFast(frame, 1);
    if (!result) { PyTraceBack_Here(frame); }
    return result;
}

static int
profile_hook(PyObject *self, PyFrameObject *frame, int what, PyObject *arg)
{
    own PyObject *result = call_hook(self, frame, what, arg);
    if (!result) {
        _PyEval_SetProfile(hob_ts(), NULL, NULL);
        return -1;
    }
    return 0;
}

/* self is the global trace function; later events go to what it returned. */
static int
trace_hook(PyObject *self, PyFrameObject *frame, int what, PyObject *arg)
{
    PyObject **local = &frame->f_trace;
    PyObject *hook = what == PyTrace_CALL ? self : *local;
    if (!hook) { return 0; }
    own PyObject *keep = Py_NewRef(hook);
    own PyObject *result = call_hook(keep, frame, what, arg);
    if (!result) {
        _PyEval_SetTrace(hob_ts(), NULL, NULL);
        Py_CLEAR(*local);
        return -1;
    }
    if (result != Py_None) { Py_XSETREF(*local, take(result)); }
    return 0;
}

/** settrace($module, function, /)
 *
 *  Set the global debug tracing function.
 *
 *  It is called on each function call, with a frame, an event and an argument;
 *  what it returns traces that frame.  See the debugger chapter of the library manual.
 */
static status
sys_settrace(PyObject *module, PyObject *function)
{
    bool off = function == Py_None;
    return _PyEval_SetTrace(hob_ts(), off ? NULL : trace_hook, off ? NULL : function);
}

/** setprofile($module, function, /)
 *
 *  Have a function told of every call and return of this thread; None stops it.
 */
static status
sys_setprofile(PyObject *module, PyObject *function)
{
    bool off = function == Py_None;
    return _PyEval_SetProfile(hob_ts(), off ? NULL : profile_hook, off ? NULL : function);
}

/** gettrace($module, /)
 *
 *  Return the global debug tracing function set with sys.settrace.
 */
static PyObject *
sys_gettrace(PyObject *module)
{
    PyObject *function = hob_ts()->c_traceobj;
    return Py_NewRef(function ? function : Py_None);
}

/** getprofile($module, /)
 *
 *  Return the profiling function set with sys.setprofile.
 */
static PyObject *
sys_getprofile(PyObject *module)
{
    PyObject *function = hob_ts()->c_profileobj;
    return Py_NewRef(function ? function : Py_None);
}

/** call_tracing($module, func, args, /)
 *
 *  Call func(*args) with tracing on: the way a debugger runs code recursively.
 */
static PyObject *
sys_call_tracing(PyObject *module, PyObject *func, PyTupleObject *args)
{
    PyThreadState *ts = hob_ts();
    int tracing = ts->tracing;
    uint8_t use_tracing = ts->cframe->use_tracing;
    ts->tracing = 0;
    ts->cframe->use_tracing = ts->c_tracefunc || ts->c_profilefunc ? 255 : 0;
    PyObject *result = PyObject_Call(func, (PyObject *)args, NULL);
    ts->tracing = tracing;
    ts->cframe->use_tracing = use_tracing;
    return result;
}

#include "gen/modules/sys/trace.bind.h"

PyMethodDef *const hob_sys_trace_methods = module_methods;

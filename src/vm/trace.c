/* trace.c -- events for trace and profile functions (sys.settrace, sys.setprofile).
 *
 * Only the tracing loop (eval_traced.c) calls here.  While a hook runs ts->tracing
 * is above zero and cframe->use_tracing zero, so nothing it does is traced.
 *
 * Holds      cframe->use_tracing of the newest C frame is 255 when a hook is set
 *            and none is running, else 0; extensions read it.
 */
#include "vm/eval.h"
#include "vm/vm.h"

#include "bytecode/linetable.h"
#include "gen/bytecode/opcode.h"
#include "memory/own.h"
#include "objects/call.h"
#include "objects/ids.h"
#include "objects/undeclared.h"
#include "state/interp.h"

/* --- calling a hook --- */

static void
update_switch(PyThreadState *ts)
{
    bool on = ts->tracing == 0 && (ts->c_tracefunc || ts->c_profilefunc);
    ts->cframe->use_tracing = on ? 255 : 0;
}

/* The line of a code unit's byte offset, remembered with its neighbourhood. */
static int
line_of(PyThreadState *ts, PyCodeObject *code, int offset)
{
    PyTraceInfo *info = &ts->trace_info;
    PyCodeAddressRange *bounds = &info->bounds;
    if (info->code == code && bounds->ar_start <= offset && offset < bounds->ar_end) {
        return bounds->ar_line;
    }
    hob_linetable_reader reader;
    hob_linetable_open(&reader, code);
    while (hob_linetable_next(&reader)) {
        if (offset < reader.stop) {
            info->code = code;
            bounds->ar_start = reader.start;
            bounds->ar_end = reader.stop;
            bounds->ar_line = reader.where.line;
            return reader.where.line;
        }
    }
    return -1;
}

/* Call func for an event in frame; 0, or -1 with an exception. */
static int
call_hook(PyThreadState *ts, Py_tracefunc func, PyObject *self, hob_frame *frame, int what,
          PyObject *arg)
{
    if (ts->tracing) { return 0; }
    PyFrameObject *object = hob_frame_object(frame);
    if (!object) { return -1; }
    int what_before = ts->tracing_what;
    ts->tracing_what = what;
    ts->tracing++;
    ts->cframe->use_tracing = 0;
    int lasti = hob_frame_lasti(frame);
    object->f_lineno = lasti < 0 ? frame->code->co_firstlineno : line_of(ts, frame->code,
                                                                         lasti);
    Py_INCREF(object);
    int failed = func(self, object, what, arg);
    object->f_lineno = 0;
    Py_DECREF(object);
    ts->tracing--;
    ts->tracing_what = what_before;
    update_switch(ts);
    return failed ? -1 : 0;
}

/* The same with an exception possibly pending, which is kept unless the hook raises. */
static int
call_protected(PyThreadState *ts, Py_tracefunc func, PyObject *self, hob_frame *frame, int what,
               PyObject *arg)
{
    PyObject *type, *value, *tb;
    PyErr_Fetch(&type, &value, &tb);
    if (call_hook(ts, func, self, frame, what, arg) == 0) {
        PyErr_Restore(type, value, tb);
        return 0;
    }
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(tb);
    return -1;
}

/* Tell both hooks. */
static int
tell(PyThreadState *ts, hob_frame *frame, int what, PyObject *arg)
{
    if (ts->c_tracefunc &&
        call_protected(ts, ts->c_tracefunc, ts->c_traceobj, frame, what, arg) < 0) {
        return -1;
    }
    if (ts->c_profilefunc &&
        call_protected(ts, ts->c_profilefunc, ts->c_profileobj, frame, what, arg) < 0) {
        return -1;
    }
    return 0;
}

/* --- events --- */

int
hob_trace_call(PyThreadState *ts, hob_frame *frame)
{
    ts->trace_info.code = NULL;         /* another code may have its address now */
    return tell(ts, frame, PyTrace_CALL, Py_None);
}

int
hob_trace_return(PyThreadState *ts, hob_frame *frame, PyObject *value)
{
    return tell(ts, frame, PyTrace_RETURN, value);
}

void
hob_trace_unwind(PyThreadState *ts, hob_frame *frame)
{
    (void)tell(ts, frame, PyTrace_RETURN, NULL);
}

void
hob_trace_exception(PyThreadState *ts, hob_frame *frame)
{
    PyObject *type, *value, *tb;
    PyErr_Fetch(&type, &value, &tb);
    if (!value) { value = Py_NewRef(Py_None); }
    PyErr_NormalizeException(&type, &value, &tb);
    own PyObject *arg = PyTuple_Pack(3, type, value, tb ? tb : Py_None);
    if (arg && call_hook(ts, ts->c_tracefunc, ts->c_traceobj, frame, PyTrace_EXCEPTION,
                         arg) == 0) {
        PyErr_Restore(type, value, tb);
        return;
    }
    if (!arg) {
        PyErr_Restore(type, value, tb);
        return;
    }
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(tb);
}

/* Before each instruction: has a line begun? */
int
hob_trace_line(PyThreadState *ts, hob_frame *frame, int unit_before)
{
    if (!ts->c_tracefunc || ts->tracing) { return 0; }
    PyCodeObject *code = frame->code;
    const _Py_CODEUNIT *units = hob_code_start(code);
    int entry = 0;
    while (hob_opcode_deopt[units[entry] & 255] != RESUME) { entry++; }
    int last_line = unit_before <= entry ? -1
                  : line_of(ts, code, unit_before * (int)sizeof(_Py_CODEUNIT));
    int line = line_of(ts, code, hob_frame_lasti(frame));
    PyFrameObject *object = hob_frame_object(frame);
    if (!object) { return -1; }
    int failed = 0;
    if (line != -1 && object->f_trace_lines) {
        bool back = hob_frame_unit(frame) < unit_before && (*frame->prev_instr & 255) != SEND;
        if (line != last_line || back) {
            failed = call_hook(ts, ts->c_tracefunc, ts->c_traceobj, frame, PyTrace_LINE,
                               Py_None);
        }
    }
    if (!failed && object->f_trace_opcodes && ts->c_tracefunc) {
        failed = call_hook(ts, ts->c_tracefunc, ts->c_traceobj, frame, PyTrace_OPCODE, Py_None);
    }
    return failed;
}

/* --- calls of C functions: the profile function is told --- */

static bool
begin_c_call(PyThreadState *ts, PyObject *func)
{
    return !ts->c_profilefunc ||
           call_hook(ts, ts->c_profilefunc, ts->c_profileobj, ts->cframe->current_frame,
                     PyTrace_C_CALL, func) == 0;
}

/* result is taken over. */
static PyObject *
end_c_call(PyThreadState *ts, PyObject *func, PyObject *result)
{
    if (!ts->c_profilefunc) { return result; }
    hob_frame *frame = ts->cframe->current_frame;
    if (!result) {
        call_protected(ts, ts->c_profilefunc, ts->c_profileobj, frame, PyTrace_C_EXCEPTION,
                       func);
    }
    else if (call_hook(ts, ts->c_profilefunc, ts->c_profileobj, frame, PyTrace_C_RETURN,
                       func) < 0) {
        Py_CLEAR(result);
    }
    return result;
}

/* A method of a type is reported as bound to its first argument. */
static PyObject *
bind_first(PyObject *descr, PyObject *first)
{
    return Py_TYPE(descr)->tp_descr_get(descr, first, (PyObject *)Py_TYPE(first));
}

PyObject *
hob_trace_c_call(PyThreadState *ts, PyObject *func, PyObject *const *args, size_t nargsf,
                 PyObject *kwnames)
{
    if (PyCFunction_CheckExact(func) || PyCMethod_CheckExact(func)) {
        if (!begin_c_call(ts, func)) { return NULL; }
        return end_c_call(ts, func, hob_call_ts(ts, func, args, nargsf, kwnames));
    }
    Py_ssize_t nargs = PyVectorcall_NARGS(nargsf);
    if (Py_IS_TYPE(func, &PyMethodDescr_Type) && nargs > 0) {
        own PyObject *bound = bind_first(func, args[0]);
        if (!bound || !begin_c_call(ts, bound)) { return NULL; }
        PyObject *result = hob_call_ts(ts, bound, args + 1, (size_t)nargs - 1, kwnames);
        return end_c_call(ts, bound, result);
    }
    return hob_call_ts(ts, func, args, nargsf, kwnames);
}

PyObject *
hob_trace_call_ex(PyThreadState *ts, PyObject *func, PyObject *args, PyObject *kwargs)
{
    if (PyCFunction_CheckExact(func) || PyCMethod_CheckExact(func)) {
        if (!begin_c_call(ts, func)) { return NULL; }
        return end_c_call(ts, func, PyObject_Call(func, args, kwargs));
    }
    Py_ssize_t n = PyTuple_GET_SIZE(args);
    if (Py_IS_TYPE(func, &PyMethodDescr_Type) && n > 0) {
        own PyObject *bound = bind_first(func, PyTuple_GET_ITEM(args, 0));
        if (!bound || !begin_c_call(ts, bound)) { return NULL; }
        PyObject *result = PyObject_VectorcallDict(bound, ((PyTupleObject *)args)->ob_item + 1,
                                                   (size_t)n - 1, kwargs);
        return end_c_call(ts, bound, result);
    }
    return PyObject_Call(func, args, kwargs);
}

/* PyIter_Send, seen by a trace function as a call of send or __next__. */
PySendResult
hob_trace_send(PyThreadState *ts, hob_frame *frame, PyObject *receiver, PyObject *sent,
               PyObject **result)
{
    if (!ts->c_tracefunc) { return PyIter_Send(receiver, sent, result); }
    if (sent == Py_None && PyIter_Check(receiver)) {
        *result = Py_TYPE(receiver)->tp_iternext(receiver);
    }
    else {
        *result = PyObject_CallMethodOneArg(receiver, ID(send), sent);
    }
    if (*result) { return PYGEN_NEXT; }
    if (PyErr_ExceptionMatches(PyExc_StopIteration)) { hob_trace_exception(ts, frame); }
    return _PyGen_FetchStopIterationValue(result) == 0 ? PYGEN_RETURN : PYGEN_ERROR;
}

/* --- public API --- */

/* Replace one of the pairs (function, object).  Dropping the old object may run
 * code; that must not replace the pair too. */
static int
set_hook(PyThreadState *ts, Py_tracefunc *func_slot, PyObject **self_slot, Py_tracefunc func,
         PyObject *self, bool *busy, const char *complaint)
{
    if (*busy) {
        PyErr_SetString(PyExc_RuntimeError, complaint);
        *busy = false;
        return -1;
    }
    *busy = true;
    PyObject *old = *self_slot;
    *func_slot = NULL;
    *self_slot = NULL;
    update_switch(ts);
    Py_XDECREF(old);
    *self_slot = Py_XNewRef(self);
    *func_slot = func;
    update_switch(ts);
    *busy = false;
    return 0;
}

int
_PyEval_SetTrace(PyThreadState *ts, Py_tracefunc func, PyObject *arg)
{
    static bool busy;
    if (PySys_Audit("sys.settrace", NULL) < 0) { return -1; }
    return set_hook(ts, &ts->c_tracefunc, &ts->c_traceobj, func, arg, &busy,
                    "Cannot install a trace function while another trace function is being "
                    "installed");
}

int
_PyEval_SetProfile(PyThreadState *ts, Py_tracefunc func, PyObject *arg)
{
    static bool busy;
    if (PySys_Audit("sys.setprofile", NULL) < 0) { return -1; }
    return set_hook(ts, &ts->c_profilefunc, &ts->c_profileobj, func, arg, &busy,
                    "Cannot install a profile function while another profile function is being "
                    "installed");
}

void
PyEval_SetTrace(Py_tracefunc func, PyObject *arg)
{
    if (_PyEval_SetTrace(hob_ts(), func, arg) < 0) {
        _PyErr_WriteUnraisableMsg("in PyEval_SetTrace", NULL);
    }
}

void
PyEval_SetProfile(Py_tracefunc func, PyObject *arg)
{
    if (_PyEval_SetProfile(hob_ts(), func, arg) < 0) {
        _PyErr_WriteUnraisableMsg("in PyEval_SetProfile", NULL);
    }
}

/* Suspend tracing of this thread; calls nest. */
void
PyThreadState_EnterTracing(PyThreadState *ts)
{
    ts->tracing++;
    ts->cframe->use_tracing = 0;
}

void
PyThreadState_LeaveTracing(PyThreadState *ts)
{
    ts->tracing--;
    update_switch(ts);
}

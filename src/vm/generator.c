/* generator.c -- generators, and what coroutines and async generators share.
 *
 * Layout     PyGenObject is public up to gi_iframe, where the frame follows.
 * Holds      gi_frame_state says what is in the frame: from GEN_CLEARED on,
 *            nothing.  While it runs ts->exc_info points at gi_exc_state.
 *            A generator suspended in `yield from` or `await` has stopped in
 *            front of RESUME 2 or 3, and delegates to its top of stack.
 * Hazard     GEN_EXECUTING is also set while a throw or close is passed on to
 *            what it delegates to; its frame does not run then.
 * Next       coroutine.c asyncgen.c; ops/generator.ops
 */
#include "vm/generator.h"

#include <structmember.h>

#include "bytecode/exctable.h"
#include "gen/bytecode/opcode.h"
#include "memory/gc.h"
#include "memory/own.h"
#include "objects/ids.h"
#include "objects/undeclared.h"
#include "state/c_stack.h"
#include "state/interp.h"

HOB_EXPORT void _PyErr_ChainStackItem(_PyErr_StackItem *item);

/* "generator", "coroutine" or "async generator", for messages. */
static const char *
kind_name(PyGenObject *gen)
{
    return PyCoro_CheckExact(gen) ? "coroutine"
         : PyAsyncGen_CheckExact(gen) ? "async generator" : "generator";
}

/* --- making --- */

static PyGenObject *
generator_alloc(PyTypeObject *type, PyCodeObject *code, PyObject *name, PyObject *qualname)
{
    size_t bytes = offsetof(PyGenObject, gi_iframe) +
                   hob_code_frame_words(code) * sizeof(PyObject *);
    PyGenObject *gen = (PyGenObject *)hob_gc_alloc(bytes, 0);
    if (!gen) { return NULL; }
    Py_SET_TYPE(gen, type);
    Py_SET_REFCNT(gen, 1);
    gen->gi_code = (PyCodeObject *)Py_NewRef(code);
    gen->gi_weakreflist = NULL;
    gen->gi_name = Py_NewRef(name);
    gen->gi_qualname = Py_NewRef(qualname);
    gen->gi_exc_state.exc_value = NULL;
    gen->gi_exc_state.previous_item = NULL;
    gen->gi_origin_or_finalizer = NULL;
    gen->gi_hooks_inited = 0;
    gen->gi_closed = 0;
    gen->gi_running_async = 0;
    gen->gi_frame_state = GEN_CLEARED;
    return gen;
}

/* The frame is still to be copied in: until then the state is GEN_CLEARED. */
PyObject *
hob_generator_new(PyFunctionObject *func)
{
    PyCodeObject *code = (PyCodeObject *)func->func_code;
    int flags = code->co_flags & (CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR);
    PyTypeObject *type = flags == CO_GENERATOR ? &PyGen_Type
                       : flags == CO_ASYNC_GENERATOR ? &PyAsyncGen_Type : &PyCoro_Type;
    PyGenObject *gen = generator_alloc(type, code, func->func_name, func->func_qualname);
    if (!gen) { return NULL; }
    hob_gc_track(gen);
    PyThreadState *ts = hob_ts();
    int depth = ts->coroutine_origin_tracking_depth;
    if (UNLIKELY(type == &PyCoro_Type && depth)) {
        hob_frame *from = hob_frame_skip_incomplete(ts->cframe->current_frame->previous);
        gen->gi_origin_or_finalizer = hob_coro_origin(depth, from);
        if (!gen->gi_origin_or_finalizer) {
            Py_DECREF(gen);
            return NULL;
        }
    }
    return (PyObject *)gen;
}

/* A generator of a frame object that has not run; object is taken over. */
static PyObject *
generator_of_frame(PyTypeObject *type, STOLEN PyFrameObject *object, PyObject *name,
                   PyObject *qualname)
{
    hob_frame *from = object->f_frame;
    PyCodeObject *code = from->code;
    PyGenObject *gen = from->owner != OWNED_BY_OBJECT ? NULL
        : generator_alloc(type, code, name ? name : code->co_name,
                          qualname ? qualname : code->co_qualname);
    if (!gen) {
        if (!PyErr_Occurred()) { PyErr_BadInternalCall(); }
        Py_DECREF(object);
        return NULL;
    }
    hob_frame *frame = hob_generator_frame((PyObject *)gen);
    memcpy(frame, from, offsetof(hob_frame,
                                 slots) + (size_t)from->stacktop * sizeof(PyObject *));
    frame->owner = OWNED_BY_GENERATOR;
    frame->prev_instr = hob_code_start(code) - 1;
    frame->object = object;
    object->f_frame = frame;
    PyMem_Free(from);
    if (hob_gc_is_tracked(object)) { hob_gc_untrack(object); }
    gen->gi_frame_state = GEN_CREATED;
    hob_gc_track(gen);
    return (PyObject *)gen;
}

/* --- the end --- */

void
hob_generator_finish(PyThreadState *ts, PyGenObject *gen)
{
    hob_frame *frame = hob_generator_frame((PyObject *)gen);
    gen->gi_frame_state = GEN_CLEARED;
    frame->stacktop = frame->code->co_nlocalsplus;
    hob_frame_clear(frame);
    Py_CLEAR(gen->gi_exc_state.exc_value);
}

void
hob_generator_check_stop(PyThreadState *ts, PyGenObject *gen)
{
    if (PyErr_ExceptionMatches(PyExc_StopIteration)) {
        _PyErr_FormatFromCause(PyExc_RuntimeError, "%s raised StopIteration", kind_name(gen));
    }
    else if (PyAsyncGen_CheckExact(gen) && PyErr_ExceptionMatches(PyExc_StopAsyncIteration)) {
        _PyErr_FormatFromCause(PyExc_RuntimeError, "async generator raised StopAsyncIteration");
    }
}

/* --- running --- */

/* Why a generator in this state cannot take arg; sets what *result needs. */
COLD static PySendResult
refuse(PyGenObject *gen, PyObject *arg, PyObject **result, bool throwing, bool closing)
{
    *result = NULL;
    if (gen->gi_frame_state == GEN_CREATED) {
        PyErr_Format(PyExc_TypeError, "can't send non-None value to a just-started %s",
                     kind_name(gen));
    }
    else if (gen->gi_frame_state == GEN_EXECUTING) {
        PyErr_Format(PyExc_ValueError, "%s already executing", kind_name(gen));
    }
    else if (PyCoro_CheckExact(gen) && !closing) {
        PyErr_SetString(PyExc_RuntimeError, "cannot reuse already awaited coroutine");
    }
    else if (arg && !throwing) {
        *result = Py_NewRef(Py_None);
        return PYGEN_RETURN;
    }
    return PYGEN_ERROR;
}

PySendResult
hob_generator_send(PyGenObject *gen, PyObject *arg, PyObject **result, bool throwing,
                   bool closing)
{
    int state = gen->gi_frame_state;
    if (UNLIKELY(state >= GEN_EXECUTING || (state == GEN_CREATED && arg && arg != Py_None))) {
        return refuse(gen, arg, result, throwing, closing);
    }
    PyThreadState *ts = hob_ts();
    hob_frame *frame = hob_generator_frame((PyObject *)gen);
    frame->slots[frame->stacktop++] = Py_NewRef(arg ? arg : Py_None);
    hob_generator_resume(ts, gen);
    PyObject *handled = gen->gi_exc_state.exc_value;
    if (throwing && handled && handled != Py_None) { _PyErr_ChainStackItem(NULL); }
    PyObject *value = ts->interp->eval_frame(ts, frame, throwing);
    *result = value;
    if (!value) { return PYGEN_ERROR; }
    if (gen->gi_frame_state == GEN_SUSPENDED) { return PYGEN_NEXT; }
    if (value == Py_None && !arg && !PyAsyncGen_CheckExact(gen)) { Py_CLEAR(*result); }
    return PYGEN_RETURN;
}

PySendResult
hob_generator_am_send(PyObject *self, PyObject *arg, PyObject **result)
{
    return hob_generator_send((PyGenObject *)self, arg, result, false, false);
}

PyObject *
hob_generator_send_value(PyGenObject *gen, PyObject *arg, bool throwing, bool closing)
{
    PyObject *result;
    if (hob_generator_send(gen, arg, &result, throwing,
                           closing) != PYGEN_RETURN) { return result; }
    if (PyAsyncGen_CheckExact(gen)) { PyErr_SetNone(PyExc_StopAsyncIteration); }
    else if (!result || result == Py_None) { PyErr_SetNone(PyExc_StopIteration); }
    else { _PyGen_SetStopIterationValue(result); }
    Py_XDECREF(result);
    return NULL;
}

PyObject *
hob_generator_m_send(PyObject *self, PyObject *arg)
{
    return hob_generator_send_value((PyGenObject *)self, arg, false, false);
}

static PyObject *
generator_next(PyObject *self)
{
    PyObject *result;
    if (hob_generator_send((PyGenObject *)self, NULL, &result, false, false) == PYGEN_RETURN) {
        if (result) {
            _PyGen_SetStopIterationValue(result);
            Py_CLEAR(result);
        }
    }
    return result;
}

/* --- delegation --- */

PyObject *
hob_generator_delegate(PyGenObject *gen)
{
    if (gen->gi_frame_state >= GEN_COMPLETED ||
        gen->gi_frame_state == GEN_CREATED) { return NULL; }
    hob_frame *frame = hob_generator_frame((PyObject *)gen);
    _Py_CODEUNIT next = frame->prev_instr[1];
    if (hob_opcode_deopt[next & 255] != RESUME || next >> 8 < 2) { return NULL; }
    return Py_NewRef(frame->slots[frame->stacktop - 1]);
}

/* Close what a generator delegates to. */
static status
close_delegate(PyObject *delegate)
{
    PyObject *result = NULL;
    if (PyGen_CheckExact(delegate) || PyCoro_CheckExact(delegate)) {
        result = hob_generator_close((PyGenObject *)delegate);
    }
    else {
        own PyObject *close = NULL;
        if (_PyObject_LookupAttr(delegate, ID(close), &close) < 0) {
            PyErr_WriteUnraisable(delegate);
        }
        if (!close) { return 0; }
        result = PyObject_CallNoArgs(close);
    }
    Py_XDECREF(result);
    return result ? 0 : -1;
}

static status
close_delegate_of(PyGenObject *gen, PyObject *delegate)
{
    int8_t state = gen->gi_frame_state;
    gen->gi_frame_state = GEN_EXECUTING;
    status done = close_delegate(delegate);
    gen->gi_frame_state = state;
    return done;
}

/* Would an exception raised where gen stopped be seen by anybody? */
static bool
has_handler(PyGenObject *gen)
{
    hob_frame *frame = hob_generator_frame((PyObject *)gen);
    hob_exctable_entry entry;
    return hob_ts()->cframe->use_tracing ||
           hob_exctable_find(frame->code, hob_frame_unit(frame), &entry);
}

/* End gen where it stopped, as an exception that nobody sees would: the stack goes
 * first, from its top. */
static void
end_unseen(PyGenObject *gen)
{
    hob_frame *frame = hob_generator_frame((PyObject *)gen);
    gen->gi_frame_state = GEN_EXECUTING;
    while (frame->stacktop > frame->code->co_nlocalsplus) {
        PyObject *top = frame->slots[--frame->stacktop];
        Py_XDECREF(top);
    }
    hob_generator_finish(hob_ts(), gen);
}

PyObject *
hob_generator_close(PyGenObject *gen)
{
    if (!hob_c_stack_has_room()) { return NULL; }
    if (gen->gi_frame_state == GEN_CREATED) {
        hob_generator_finish(hob_ts(), gen);
        Py_RETURN_NONE;
    }
    if (gen->gi_frame_state >= GEN_COMPLETED) { Py_RETURN_NONE; }
    status failed = 0;
    own PyObject *delegate = hob_generator_delegate(gen);
    if (delegate) { failed = close_delegate_of(gen, delegate); }
    else if (gen->gi_frame_state == GEN_SUSPENDED && !has_handler(gen)) {
        end_unseen(gen);
        Py_RETURN_NONE;
    }
    if (!failed) { PyErr_SetNone(PyExc_GeneratorExit); }
    PyObject *value = hob_generator_send_value(gen, Py_None, true, true);
    if (value) {
        Py_DECREF(value);
        PyErr_Format(PyExc_RuntimeError, "%s ignored GeneratorExit", kind_name(gen));
        return NULL;
    }
    if (PyErr_ExceptionMatches(PyExc_StopIteration) ||
        PyErr_ExceptionMatches(PyExc_GeneratorExit)) {
        PyErr_Clear();
        Py_RETURN_NONE;
    }
    return NULL;
}

PyObject *
hob_generator_m_close(PyObject *self, PyObject *unused)
{
    return hob_generator_close((PyGenObject *)self);
}

/* Raise type, value, tb inside gen itself. */
static PyObject *
throw_here(PyGenObject *gen, PyObject *type, PyObject *value, PyObject *tb)
{
    if (tb == Py_None) { tb = NULL; }
    else if (tb && !PyTraceBack_Check(tb)) {
        PyErr_SetString(PyExc_TypeError, "throw() third argument must be a traceback object");
        return NULL;
    }
    Py_INCREF(type);
    Py_XINCREF(value);
    Py_XINCREF(tb);
    if (PyExceptionClass_Check(type)) {
        PyErr_NormalizeException(&type, &value, &tb);
    }
    else if (PyExceptionInstance_Check(type)) {
        if (value && value != Py_None) {
            PyErr_SetString(PyExc_TypeError,
                            "instance exception may not have a separate value");
            goto fail;
        }
        Py_XSETREF(value, type);
        type = Py_NewRef(PyExceptionInstance_Class(type));
        if (!tb) { tb = PyException_GetTraceback(value); }
    }
    else {
        PyErr_Format(PyExc_TypeError, "exceptions must be classes or instances deriving from "
                     "BaseException, not %s", Py_TYPE(type)->tp_name);
        goto fail;
    }
    PyErr_Restore(type, value, tb);
    return hob_generator_send_value(gen, Py_None, true, false);

fail:
    Py_DECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(tb);
    return NULL;
}

/* Throw into what gen delegates to.  1: gen itself must have it. */
static int
throw_into_delegate(PyGenObject *gen, PyObject *delegate, bool close_on_exit, PyObject *type,
                    PyObject *value, PyObject *tb, PyObject **result)
{
    PyThreadState *ts = hob_ts();
    int8_t state = gen->gi_frame_state;
    if (PyGen_CheckExact(delegate) || PyCoro_CheckExact(delegate)) {
        /* So that the delegate sees gen below it. */
        hob_frame *frame = hob_generator_frame((PyObject *)gen);
        hob_frame *below = ts->cframe->current_frame;
        frame->previous = below;
        ts->cframe->current_frame = frame;
        gen->gi_frame_state = GEN_EXECUTING;
        *result = hob_generator_throw((PyGenObject *)delegate, close_on_exit, type, value, tb);
        gen->gi_frame_state = state;
        ts->cframe->current_frame = below;
        frame->previous = NULL;
        return 0;
    }
    own PyObject *throw = NULL;
    if (_PyObject_LookupAttr(delegate, ID(throw), &throw) < 0) {
        *result = NULL;
        return -1;
    }
    if (!throw) { return 1; }
    gen->gi_frame_state = GEN_EXECUTING;
    *result = PyObject_CallFunctionObjArgs(throw, type, value, tb, NULL);
    gen->gi_frame_state = state;
    return 0;
}

/* The delegate is done, with an exception pending: gen goes on behind its SEND loop. */
static PyObject *
leave_delegate(PyGenObject *gen)
{
    hob_frame *frame = hob_generator_frame((PyObject *)gen);
    PyObject *delegate = frame->slots[--frame->stacktop];
    Py_DECREF(delegate);
    const _Py_CODEUNIT *send = frame->prev_instr - 1;       /* SEND, YIELD_VALUE, RESUME */
    EXPECT(hob_opcode_deopt[*send & 255] == SEND);
    frame->prev_instr = (_Py_CODEUNIT *)send + (*send >> 8);
    PyObject *value;
    if (_PyGen_FetchStopIterationValue(&value) < 0) {
        return hob_generator_send_value(gen, Py_None, true, false);
    }
    PyObject *result = hob_generator_send_value(gen, value, false, false);
    Py_DECREF(value);
    return result;
}

PyObject *
hob_generator_throw(PyGenObject *gen, bool close_on_exit, PyObject *type, PyObject *value,
                    PyObject *tb)
{
    if (!hob_c_stack_has_room()) { return NULL; }
    own PyObject *delegate = hob_generator_delegate(gen);
    if (!delegate || gen->gi_frame_state == GEN_EXECUTING) {
        return throw_here(gen, type, value, tb);
    }
    if (close_on_exit && PyErr_GivenExceptionMatches(type, PyExc_GeneratorExit)) {
        if (close_delegate_of(gen, delegate) < 0) {
            return hob_generator_send_value(gen, Py_None, true, false);
        }
        return throw_here(gen, type, value, tb);
    }
    PyObject *result;
    int outcome = throw_into_delegate(gen, delegate, close_on_exit, type, value, tb, &result);
    if (outcome < 0) { return NULL; }
    if (outcome > 0) { return throw_here(gen, type, value, tb); }
    return result ? result : leave_delegate(gen);
}

PyObject *
hob_generator_throw_args(PyGenObject *gen, PyObject *const *args, Py_ssize_t nargs)
{
    if (!_PyArg_CheckPositional("throw", nargs, 1, 3)) { return NULL; }
    return hob_generator_throw(gen, true, args[0], nargs > 1 ? args[1] : NULL,
                               nargs > 2 ? args[2] : NULL);
}

PyObject *
hob_generator_m_throw(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    return hob_generator_throw_args((PyGenObject *)self, args, nargs);
}

/* --- StopIteration and its value --- */

int
_PyGen_SetStopIterationValue(PyObject *value)
{
    if (!value || (!PyTuple_Check(value) && !PyExceptionInstance_Check(value))) {
        PyErr_SetObject(PyExc_StopIteration, value);
        return 0;
    }
    /* These two would be taken for arguments, or for the exception itself. */
    own PyObject *exc = PyObject_CallOneArg(PyExc_StopIteration, value);
    if (!exc) { return -1; }
    PyErr_SetObject(PyExc_StopIteration, exc);
    return 0;
}

int
_PyGen_FetchStopIterationValue(PyObject **result)
{
    PyObject *value = NULL;
    if (PyErr_ExceptionMatches(PyExc_StopIteration)) {
        PyObject *type, *exc, *tb;
        PyErr_Fetch(&type, &exc, &tb);
        if (exc) {
            if (PyObject_TypeCheck(exc, (PyTypeObject *)type)) {
                value = Py_NewRef(((PyStopIterationObject *)exc)->value);
                Py_DECREF(exc);
            }
            else if (type == PyExc_StopIteration && !PyTuple_Check(exc)) {
                value = exc;
            }
            else {
                PyErr_NormalizeException(&type, &exc, &tb);
                if (!PyObject_TypeCheck(exc, (PyTypeObject *)PyExc_StopIteration)) {
                    PyErr_Restore(type, exc, tb);
                    return -1;
                }
                value = Py_NewRef(((PyStopIterationObject *)exc)->value);
                Py_DECREF(exc);
            }
        }
        Py_XDECREF(type);
        Py_XDECREF(tb);
    }
    else if (PyErr_Occurred()) {
        return -1;
    }
    *result = value ? value : Py_NewRef(Py_None);
    return 0;
}

/* --- finalisation --- */

/* RuntimeWarning: coroutine '...' was never awaited. */
static void
warn_unawaited(PyGenObject *gen)
{
    bool warned = false;
    own PyObject *warn = _PyImport_GetModuleAttrString("warnings", "_warn_unawaited_coroutine");
    if (!warn && (PyErr_ExceptionMatches(PyExc_AttributeError) ||
                  PyErr_ExceptionMatches(PyExc_ImportError))) {
        PyErr_Clear();
    }
    if (warn) {
        own PyObject *result = PyObject_CallOneArg(warn, (PyObject *)gen);
        warned = result || PyErr_ExceptionMatches(PyExc_RuntimeWarning);
    }
    if (PyErr_Occurred()) { PyErr_WriteUnraisable((PyObject *)gen); }
    if (!warned && PyErr_WarnFormat(PyExc_RuntimeWarning, 1, "coroutine '%S' was never awaited",
                                    gen->gi_qualname) < 0) {
        PyErr_WriteUnraisable((PyObject *)gen);
    }
}

void
_PyGen_Finalize(PyObject *self)
{
    PyGenObject *gen = (PyGenObject *)self;
    if (gen->gi_frame_state >= GEN_COMPLETED) { return; }
    PyObject *type, *value, *tb;
    PyErr_Fetch(&type, &value, &tb);
    if (PyAsyncGen_CheckExact(self)) {
        PyObject *finalizer = gen->gi_origin_or_finalizer;
        if (finalizer && !gen->gi_closed) {
            PyObject *result = PyObject_CallOneArg(finalizer, self);
            if (!result) { PyErr_WriteUnraisable(self); }
            Py_XDECREF(result);
            PyErr_Restore(type, value, tb);
            return;
        }
    }
    if (gen->gi_code->co_flags & CO_COROUTINE && gen->gi_frame_state == GEN_CREATED) {
        warn_unawaited(gen);
    }
    else {
        PyObject *result = hob_generator_close(gen);
        if (!result) { PyErr_WriteUnraisable(self); }
        Py_XDECREF(result);
    }
    PyErr_Restore(type, value, tb);
}

void
hob_generator_dealloc(PyObject *self)
{
    PyGenObject *gen = (PyGenObject *)self;
    if (gen->gi_weakreflist) { PyObject_ClearWeakRefs(self); }
    if (gen->gi_frame_state < GEN_COMPLETED) {
        if (PyObject_CallFinalizerFromDealloc(self) < 0) { return; }
    }
    if (hob_gc_is_tracked(gen)) { hob_gc_untrack(gen); }
    if (gen->gi_frame_state < GEN_CLEARED) {
        hob_frame *frame = hob_generator_frame(self);
        gen->gi_frame_state = GEN_CLEARED;
        frame->previous = NULL;
        hob_frame_clear(frame);
    }
    Py_CLEAR(gen->gi_origin_or_finalizer);
    Py_CLEAR(gen->gi_exc_state.exc_value);
    Py_CLEAR(gen->gi_code);
    Py_CLEAR(gen->gi_name);
    Py_CLEAR(gen->gi_qualname);
    hob_gc_free(gen, 0);
}

int
hob_generator_traverse(PyObject *self, visitproc visit, void *arg)
{
    PyGenObject *gen = (PyGenObject *)self;
    Py_VISIT(gen->gi_code);
    Py_VISIT(gen->gi_name);
    Py_VISIT(gen->gi_qualname);
    Py_VISIT(gen->gi_origin_or_finalizer);
    if (gen->gi_frame_state < GEN_CLEARED && gen->gi_frame_state != GEN_EXECUTING) {
        int stopped = hob_frame_traverse(hob_generator_frame(self), visit, arg);
        if (stopped) { return stopped; }
    }
    Py_VISIT(gen->gi_exc_state.exc_value);
    return 0;
}

/* --- attributes --- */

PyObject *
hob_generator_repr(PyObject *self)
{
    return PyUnicode_FromFormat("<%s object %S at %p>", Py_TYPE(self)->tp_name,
                                ((PyGenObject *)self)->gi_qualname, self);
}

PyObject *
hob_generator_m_sizeof(PyObject *self, PyObject *unused)
{
    PyCodeObject *code = ((PyGenObject *)self)->gi_code;
    return PyLong_FromSize_t(offsetof(PyGenObject, gi_iframe) +
                             hob_code_frame_words(code) * sizeof(PyObject *));
}

PyObject *
hob_generator_get_name(PyObject *self, void *unused)
{
    return Py_NewRef(((PyGenObject *)self)->gi_name);
}

int
hob_generator_set_name(PyObject *self, PyObject *value, void *unused)
{
    if (!value || !PyUnicode_Check(value)) {
        PyErr_SetString(PyExc_TypeError, "__name__ must be set to a string object");
        return -1;
    }
    Py_SETREF(((PyGenObject *)self)->gi_name, Py_NewRef(value));
    return 0;
}

PyObject *
hob_generator_get_qualname(PyObject *self, void *unused)
{
    return Py_NewRef(((PyGenObject *)self)->gi_qualname);
}

int
hob_generator_set_qualname(PyObject *self, PyObject *value, void *unused)
{
    if (!value || !PyUnicode_Check(value)) {
        PyErr_SetString(PyExc_TypeError, "__qualname__ must be set to a string object");
        return -1;
    }
    Py_SETREF(((PyGenObject *)self)->gi_qualname, Py_NewRef(value));
    return 0;
}

PyObject *
hob_generator_get_delegate(PyObject *self, void *unused)
{
    PyObject *delegate = hob_generator_delegate((PyGenObject *)self);
    return delegate ? delegate : Py_NewRef(Py_None);
}

PyObject *
hob_generator_get_running(PyObject *self, void *unused)
{
    return PyBool_FromLong(((PyGenObject *)self)->gi_frame_state == GEN_EXECUTING);
}

PyObject *
hob_generator_get_suspended(PyObject *self, void *unused)
{
    return PyBool_FromLong(((PyGenObject *)self)->gi_frame_state == GEN_SUSPENDED);
}

PyObject *
hob_generator_get_frame(PyObject *self, void *audit_name)
{
    if (PySys_Audit("object.__getattr__", "Os", self, (const char *)audit_name) < 0) {
        return NULL;
    }
    if (((PyGenObject *)self)->gi_frame_state >= GEN_CLEARED) { Py_RETURN_NONE; }
    return Py_XNewRef(hob_frame_object(hob_generator_frame(self)));
}

const char hob_doc_send[] =
    "send(arg) -> send 'arg' into generator,\n"
    "return next yielded value or raise StopIteration.";
const char hob_doc_throw[] =
    "throw(value)\n"
    "throw(type[,value[,tb]])\n\n"
    "Raise exception in generator, return next yielded value or raise\n"
    "StopIteration.";
const char hob_doc_close[] = "close() -> raise GeneratorExit inside generator.";
const char hob_doc_sizeof[] = "gen.__sizeof__() -> size of gen in memory, in bytes";

static PyMethodDef generator_methods[] = {
    {"send", hob_generator_m_send, METH_O, hob_doc_send},
    {"throw", (PyCFunction)(void (*)(void))hob_generator_m_throw, METH_FASTCALL, hob_doc_throw},
    {"close", hob_generator_m_close, METH_NOARGS, hob_doc_close},
    {"__sizeof__", hob_generator_m_sizeof, METH_NOARGS, hob_doc_sizeof},
    {NULL},
};

static PyMemberDef generator_members[] = {
    {"gi_code", T_OBJECT, offsetof(PyGenObject, gi_code), READONLY | PY_AUDIT_READ, NULL},
    {NULL},
};

static PyGetSetDef generator_getset[] = {
    {"__name__", hob_generator_get_name, hob_generator_set_name, "name of the generator", NULL},
    {"__qualname__", hob_generator_get_qualname, hob_generator_set_qualname,
     "qualified name of the generator", NULL},
    {"gi_yieldfrom", hob_generator_get_delegate, NULL,
     "object being iterated by yield from, or None", NULL},
    {"gi_running", hob_generator_get_running, NULL, NULL, NULL},
    {"gi_frame", hob_generator_get_frame, NULL, NULL, "gi_frame"},
    {"gi_suspended", hob_generator_get_suspended, NULL, NULL, NULL},
    {NULL},
};

static PyAsyncMethods generator_as_async = {.am_send = hob_generator_am_send};

PyTypeObject PyGen_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "generator",
    .tp_basicsize = offsetof(PyGenObject, gi_iframe) + offsetof(hob_frame, slots),
    .tp_itemsize = sizeof(PyObject *),
    .tp_dealloc = hob_generator_dealloc,
    .tp_as_async = &generator_as_async,
    .tp_repr = hob_generator_repr,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_traverse = hob_generator_traverse,
    .tp_weaklistoffset = offsetof(PyGenObject, gi_weakreflist),
    .tp_iter = PyObject_SelfIter,
    .tp_iternext = generator_next,
    .tp_methods = generator_methods,
    .tp_members = generator_members,
    .tp_getset = generator_getset,
    .tp_finalize = _PyGen_Finalize,
};

/* --- public API; the frame is taken over --- */

PyObject *
PyGen_NewWithQualName(PyFrameObject *frame, PyObject *name, PyObject *qualname)
{
    return generator_of_frame(&PyGen_Type, frame, name, qualname);
}

PyObject *
PyGen_New(PyFrameObject *frame)
{
    return generator_of_frame(&PyGen_Type, frame, NULL, NULL);
}

PyObject *
PyCoro_New(PyFrameObject *frame, PyObject *name, PyObject *qualname)
{
    PyObject *coro = generator_of_frame(&PyCoro_Type, frame, name, qualname);
    PyThreadState *ts = hob_ts();
    if (coro && ts->coroutine_origin_tracking_depth) {
        PyObject *origin = hob_coro_origin(ts->coroutine_origin_tracking_depth,
                                           hob_frame_current(ts));
        if (!origin) { Py_CLEAR(coro); }
        else { ((PyGenObject *)coro)->gi_origin_or_finalizer = origin; }
    }
    return coro;
}

PyObject *
PyAsyncGen_New(PyFrameObject *frame, PyObject *name, PyObject *qualname)
{
    return generator_of_frame(&PyAsyncGen_Type, frame, name, qualname);
}

/* --- invariants --- */

bool
hob_generator_check(PyObject *op)
{
    PyGenObject *gen = (PyGenObject *)op;
    int state = gen->gi_frame_state;
    INVARIANT(1, state == GEN_CREATED || state == GEN_SUSPENDED || state == GEN_EXECUTING
                 || state == GEN_COMPLETED || state == GEN_CLEARED);
    INVARIANT(2, gen->gi_name && gen->gi_qualname);
    if (state >= GEN_EXECUTING) { return true; }
    const hob_frame *frame = hob_generator_frame(op);
    INVARIANT(3, frame->owner == OWNED_BY_GENERATOR && frame->code == gen->gi_code);
    INVARIANT(4, !gen->gi_exc_state.previous_item);     /* linked only while it runs */
    return hob_frame_check(frame);
}

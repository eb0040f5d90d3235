/* eval_api.c -- how C code runs Python code, and asks about what is running. */
#include "vm/vm.h"

#include "memory/own.h"
#include "objects/ids.h"
#include "objects/object.h"
#include "objects/tuple.h"
#include "objects/type/type.h"
#include "objects/upcalls.h"
#include "state/interp.h"

/* --- calling functions --- */

/* Take a frame with args bound, all references borrowed. */
static hob_frame *
push_borrowed(PyThreadState *ts, PyFunctionObject *func, PyObject *locals,
              PyObject *const *args,
              Py_ssize_t nargs, PyObject *kwnames)
{
    Py_INCREF(func);
    Py_ssize_t all = nargs + (kwnames ? PyTuple_GET_SIZE(kwnames) : 0);
    for (Py_ssize_t i = 0; i < all; i++) { Py_INCREF(args[i]); }
    return hob_frame_push(ts, func, locals, args, nargs, kwnames);
}

PyObject *
hob_eval_call(PyThreadState *ts, PyFunctionObject *func, PyObject *locals,
              PyObject *const *args,
              Py_ssize_t nargs, PyObject *kwnames)
{
    hob_frame *frame = push_borrowed(ts, func, locals, args, nargs, kwnames);
    if (UNLIKELY(!frame)) { return NULL; }
    return ts->interp->eval_frame(ts, frame, 0);
}

PyObject *
_PyFunction_Vectorcall(PyObject *callable, PyObject *const *args, size_t nargsf,
                       PyObject *kwnames)
{
    PyThreadState *ts = hob_ts();
    PyFunctionObject *func = (PyFunctionObject *)callable;
    PyCodeObject *code = (PyCodeObject *)func->func_code;
    PyObject *locals = code->co_flags & CO_OPTIMIZED ? NULL : func->func_globals;
    return hob_eval_call(ts, func, locals, args, PyVectorcall_NARGS(nargsf), kwnames);
}

PyObject *
PyEval_EvalCode(PyObject *code, PyObject *globals, PyObject *locals)
{
    PyThreadState *ts = hob_ts();
    PyObject *builtins = hob_builtins_of(ts, globals);
    if (!builtins) { return NULL; }
    PyCodeObject *co = (PyCodeObject *)code;
    PyFrameConstructor spec = {
        .fc_globals = globals, .fc_builtins = builtins, .fc_name = co->co_name,
        .fc_qualname = co->co_name, .fc_code = code,
    };
    own PyFunctionObject *func = hob_function_from(&spec);
    if (!func) { return NULL; }
    return hob_eval_call(ts, func, locals ? locals : globals, NULL, 0, NULL);
}

PyObject *
PyEval_EvalCodeEx(PyObject *code, PyObject *globals, PyObject *locals, PyObject *const *args,
                  int nargs, PyObject *const *kws, int n_kws, PyObject *const *defaults,
                  int n_defaults, PyObject *kwdefaults, PyObject *closure)
{
    PyThreadState *ts = hob_ts();
    PyObject *builtins = hob_builtins_of(ts, globals);
    own PyObject *default_tuple = builtins ? hob_tuple_copy_of(defaults, n_defaults) : NULL;
    own PyObject *kwnames = default_tuple && n_kws ? PyTuple_New(n_kws) : NULL;
    if (!default_tuple || (n_kws && !kwnames)) { return NULL; }
    PyObject **all = PyMem_New(PyObject *, (size_t)nargs + (size_t)n_kws + 1);
    if (!all) { return PyErr_NoMemory(); }
    for (int i = 0; i < nargs; i++) { all[i] = args[i]; }
    for (int i = 0; i < n_kws; i++) {
        PyTuple_SET_ITEM(kwnames, i, Py_NewRef(kws[2 * i]));
        all[nargs + i] = kws[2 * i + 1];
    }
    PyCodeObject *co = (PyCodeObject *)code;
    PyFrameConstructor spec = {
        .fc_globals = globals, .fc_builtins = builtins, .fc_name = co->co_name,
        .fc_qualname = co->co_name, .fc_code = code, .fc_defaults = default_tuple,
        .fc_kwdefaults = kwdefaults, .fc_closure = closure,
    };
    own PyFunctionObject *func = hob_function_from(&spec);
    PyObject *result = NULL;
    if (func) {
        PyObject *where = locals ? locals : co->co_flags & CO_OPTIMIZED ? NULL : globals;
        result = hob_eval_call(ts, func, where, all, nargs, kwnames);
    }
    PyMem_Free(all);
    return result;
}

PyObject *
PyEval_EvalFrame(PyFrameObject *frame)
{
    return PyEval_EvalFrameEx(frame, 0);
}

/* Run a frame made by PyFrame_New: its contents move to the data stack. */
PyObject *
PyEval_EvalFrameEx(PyFrameObject *object, int throwing)
{
    PyThreadState *ts = hob_ts();
    hob_frame *from = object->f_frame;
    if (from->owner == OWNED_BY_GENERATOR) {
        PyGenObject *gen = hob_frame_generator(from);
        if (gen->gi_frame_state >= GEN_EXECUTING) {
            PyErr_SetString(PyExc_ValueError, "generator already executing");
            return NULL;
        }
        hob_generator_resume(ts, gen);
        return ts->interp->eval_frame(ts, from, throwing);
    }
    if (from->owner != OWNED_BY_OBJECT) {
        PyErr_SetString(PyExc_SystemError, "frame is running already");
        return NULL;
    }
    hob_frame *frame = hob_stack_take(ts, hob_code_frame_words(from->code));
    if (!frame) { return NULL; }
    hob_frame_init(frame, (PyFunctionObject *)Py_NewRef(from->func), from->locals, from->code);
    for (int i = 0; i < from->code->co_nlocalsplus; i++) {
        frame->slots[i] = Py_XNewRef(from->slots[i]);
    }
    return ts->interp->eval_frame(ts, frame, throwing);
}

/* --- what is running --- */

PyFrameObject *
PyEval_GetFrame(void)
{
    hob_frame *frame = hob_frame_current(hob_ts());
    if (!frame) { return NULL; }
    PyFrameObject *object = hob_frame_object(frame);
    if (!object) { PyErr_Clear(); }
    return object;
}

PyFrameObject *
PyThreadState_GetFrame(PyThreadState *ts)
{
    hob_frame *frame = hob_frame_current(ts);
    if (!frame) { return NULL; }
    PyFrameObject *object = hob_frame_object(frame);
    if (!object) { PyErr_Clear(); }
    return (PyFrameObject *)Py_XNewRef(object);
}

PyObject *
PyEval_GetLocals(void)
{
    hob_frame *frame = hob_frame_current(hob_ts());
    if (!frame) {
        PyErr_SetString(PyExc_SystemError, "frame does not exist");
        return NULL;
    }
    return hob_frame_locals(frame);
}

PyObject *
PyEval_GetGlobals(void)
{
    hob_frame *frame = hob_frame_current(hob_ts());
    return frame ? frame->globals : NULL;
}

PyObject *
PyEval_GetBuiltins(void)
{
    PyThreadState *ts = hob_ts();
    hob_frame *frame = ts->cframe->current_frame;
    return frame ? frame->builtins : ts->interp->builtins;
}

PyObject *
_PyEval_GetBuiltin(PyObject *name)
{
    PyObject *value = PyObject_GetItem(PyEval_GetBuiltins(), name);
    if (!value && PyErr_ExceptionMatches(PyExc_KeyError)) {
        PyErr_SetObject(PyExc_AttributeError, name);
    }
    return value;
}

PyObject *
_PyEval_GetBuiltinId(_Py_Identifier *id)
{
    PyObject *name = _PyUnicode_FromId(id);
    return name ? _PyEval_GetBuiltin(name) : NULL;
}

int
PyEval_MergeCompilerFlags(PyCompilerFlags *flags)
{
    hob_frame *frame = hob_ts()->cframe->current_frame;
    if (frame) { flags->cf_flags |= frame->code->co_flags & PyCF_MASK; }
    return flags->cf_flags != 0;
}

const char *
PyEval_GetFuncName(PyObject *func)
{
    if (PyMethod_Check(func)) { return PyEval_GetFuncName(PyMethod_GET_FUNCTION(func)); }
    if (PyFunction_Check(func)) {
        return PyUnicode_AsUTF8(((PyFunctionObject *)func)->func_name);
    }
    if (PyCFunction_Check(func)) { return ((PyCFunctionObject *)func)->m_ml->ml_name; }
    return Py_TYPE(func)->tp_name;
}

const char *
PyEval_GetFuncDesc(PyObject *func)
{
    bool is_func = PyMethod_Check(func) || PyFunction_Check(func) || PyCFunction_Check(func);
    return is_func ? "()" : " object";
}

Py_ssize_t
_PyEval_RequestCodeExtraIndex(freefunc free)
{
    PyInterpreterState *interp = hob_ts()->interp;
    if (interp->n_co_extra == (Py_ssize_t)ARRAY_LEN(interp->co_extra_free)) { return -1; }
    interp->co_extra_free[interp->n_co_extra] = free;
    return interp->n_co_extra++;
}

/* --- slice indices --- */

static int
slice_index(PyObject *value, Py_ssize_t *index, const char *expected)
{
    if (!PyIndex_Check(value)) {
        PyErr_Format(PyExc_TypeError,
                     "slice indices must be integers or %shave an __index__ method", expected);
        return 0;
    }
    Py_ssize_t n = PyNumber_AsSsize_t(value, NULL);
    if (n == -1 && PyErr_Occurred()) { return 0; }
    *index = n;
    return 1;
}

int
_PyEval_SliceIndex(PyObject *value, Py_ssize_t *index)
{
    return value == Py_None ? 1 : slice_index(value, index, "None or ");
}

int
_PyEval_SliceIndexNotNone(PyObject *value, Py_ssize_t *index)
{
    return slice_index(value, index, "");
}

/* --- upcalls of objects/ --- */

/* The frame's first argument, or NULL when there is none any more. */
static PyObject *
first_argument(hob_frame *frame)
{
    PyCodeObject *code = frame->code;
    PyObject *first = frame->slots[0];
    uint8_t kind = (uint8_t)PyBytes_AS_STRING(code->co_localspluskinds)[0];
    if (first && kind & 0x40 && PyCell_Check(first) && !hob_frame_is_incomplete(frame)) {
        first = PyCell_GET(first);
    }
    return first;
}

/* The __class__ cell among the free variables. */
static status
class_cell(hob_frame *frame, PyTypeObject **type)
{
    PyCodeObject *code = frame->code;
    for (int i = code->co_nlocalsplus - code->co_nfreevars; i < code->co_nlocalsplus; i++) {
        if (PyTuple_GET_ITEM(code->co_localsplusnames, i) != ID(__class__)) { continue; }
        PyObject *cell = frame->slots[i];
        if (!cell || !PyCell_Check(cell)) {
            PyErr_SetString(PyExc_RuntimeError, "super(): bad __class__ cell");
            return -1;
        }
        PyObject *value = PyCell_GET(cell);
        if (!value) {
            PyErr_SetString(PyExc_RuntimeError, "super(): empty __class__ cell");
            return -1;
        }
        if (!PyType_Check(value)) {
            PyErr_Format(PyExc_RuntimeError, "super(): __class__ is not a type (%s)",
                         Py_TYPE(value)->tp_name);
            return -1;
        }
        *type = (PyTypeObject *)value;
        return 0;
    }
    PyErr_SetString(PyExc_RuntimeError, "super(): __class__ cell not found");
    return -1;
}

status
hob_frame_super_args(PyTypeObject **type, PyObject **self)
{
    hob_frame *frame = hob_ts()->cframe->current_frame;
    if (!frame) {
        PyErr_SetString(PyExc_RuntimeError, "super(): no current frame");
        return -1;
    }
    if (frame->code->co_argcount == 0) {
        PyErr_SetString(PyExc_RuntimeError, "super(): no arguments");
        return -1;
    }
    *self = first_argument(frame);
    if (!*self) {
        PyErr_SetString(PyExc_RuntimeError, "super(): arg[0] deleted");
        return -1;
    }
    return class_cell(frame, type);
}

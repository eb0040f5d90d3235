/* frame_object.c -- the frame object: what sys._getframe and tracebacks show.
 *
 * Holds      f_frame points at the live frame while that runs (which holds a
 *            reference to the object), and at memory of the object's own after.
 *            The collector knows the object only then: before that everything
 *            it can reach is reached from the running thread.
 * Next       frame.c, frame_line.c
 */
#include "vm/frame.h"

#include <frameobject.h>
#include <structmember.h>

#include "memory/gc.h"
#include "memory/own.h"
#include "objects/ids.h"
#include "vm/vm.h"

/* tp_basicsize and tp_itemsize are those of 3.11, where a frame's contents lie in
 * the object itself: sizes are computed as if they did. */
enum { BODY_OFFSET = 48, SIZE_WITH_HEAD = BODY_OFFSET + offsetof(hob_frame, slots) };

/* An object without frame; not tracked. */
static MAYBE_NULL PyFrameObject *
frame_alloc(void)
{
    PyFrameObject *self = (PyFrameObject *)hob_gc_alloc(sizeof *self, 0);
    if (!self) { return NULL; }
    Py_SET_TYPE(self, &PyFrame_Type);
    Py_SET_REFCNT(self, 1);
    self->f_back = NULL;
    self->f_trace = NULL;
    self->f_lineno = 0;
    self->f_trace_lines = 1;
    self->f_trace_opcodes = 0;
    self->f_fast_as_locals = 0;
    return self;
}

COLD PyFrameObject *
hob_frame_make_object(hob_frame *frame)
{
    PyThreadState *ts = hob_ts();
    PyObject *type = ts->curexc_type, *value = ts->curexc_value, *tb = ts->curexc_traceback;
    ts->curexc_type = ts->curexc_value = ts->curexc_traceback = NULL;
    PyFrameObject *self = frame_alloc();
    if (!self) {
        Py_XDECREF(type);
        Py_XDECREF(value);
        Py_XDECREF(tb);
        if (!ts->curexc_type) { PyErr_NoMemory(); }
        return NULL;
    }
    PyErr_Restore(type, value, tb);
    if (frame->object) {                /* the allocation ran a collection that asked too */
        hob_gc_free(self, 0);
        return frame->object;
    }
    self->f_frame = frame;
    frame->object = self;
    return self;
}

/* --- attributes --- */

static PyObject *
frame_get_locals(PyFrameObject *self, void *unused)
{
    return PyFrame_GetLocals(self);
}

int
PyFrame_GetLineNumber(PyFrameObject *self)
{
    return self->f_lineno ? self->f_lineno : hob_frame_line(self->f_frame);
}

static PyObject *
frame_get_line(PyFrameObject *self, void *unused)
{
    int line = PyFrame_GetLineNumber(self);
    if (line < 0) { Py_RETURN_NONE; }
    return PyLong_FromLong(line);
}

static PyObject *
frame_get_lasti(PyFrameObject *self, void *unused)
{
    return PyLong_FromLong(PyFrame_GetLasti(self));
}

static PyObject *
frame_get_back(PyFrameObject *self, void *unused)
{
    PyObject *back = (PyObject *)PyFrame_GetBack(self);
    if (!back && PyErr_Occurred()) { return NULL; }
    return back ? back : Py_NewRef(Py_None);
}

static PyObject *
frame_get_globals(PyFrameObject *self, void *unused)
{
    return PyFrame_GetGlobals(self);
}

static PyObject *
frame_get_builtins(PyFrameObject *self, void *unused)
{
    return PyFrame_GetBuiltins(self);
}

static PyObject *
frame_get_code(PyFrameObject *self, void *unused)
{
    if (PySys_Audit("object.__getattr__", "Os", self, "f_code") < 0) { return NULL; }
    return (PyObject *)PyFrame_GetCode(self);
}

static PyObject *
frame_get_trace(PyFrameObject *self, void *unused)
{
    return Py_NewRef(self->f_trace ? self->f_trace : Py_None);
}

static int
frame_set_trace(PyFrameObject *self, PyObject *value, void *unused)
{
    if (value == Py_None) { value = NULL; }
    Py_XSETREF(self->f_trace, Py_XNewRef(value));
    return 0;
}

static PyMemberDef frame_members[] = {
    {"f_trace_lines", T_BOOL, offsetof(PyFrameObject, f_trace_lines), 0, NULL},
    {"f_trace_opcodes", T_BOOL, offsetof(PyFrameObject, f_trace_opcodes), 0, NULL},
    {NULL},
};

static PyGetSetDef frame_getset[] = {
    {"f_back", (getter)frame_get_back, NULL, NULL, NULL},
    {"f_locals", (getter)frame_get_locals, NULL, NULL, NULL},
    {"f_lineno", (getter)frame_get_line, (setter)hob_frame_set_line, NULL, NULL},
    {"f_trace", (getter)frame_get_trace, (setter)frame_set_trace, NULL, NULL},
    {"f_lasti", (getter)frame_get_lasti, NULL, NULL, NULL},
    {"f_globals", (getter)frame_get_globals, NULL, NULL, NULL},
    {"f_builtins", (getter)frame_get_builtins, NULL, NULL, NULL},
    {"f_code", (getter)frame_get_code, NULL, NULL, NULL},
    {NULL},
};

/* --- life --- */

static int
frame_traverse(PyFrameObject *self, visitproc visit, void *arg)
{
    Py_VISIT(self->f_back);
    Py_VISIT(self->f_trace);
    if (self->f_frame->owner != OWNED_BY_OBJECT) { return 0; }
    return hob_frame_traverse(self->f_frame, visit, arg);
}

/* Drop the values of a finished frame; what names it stays. */
static int
frame_tp_clear(PyFrameObject *self)
{
    Py_CLEAR(self->f_trace);
    hob_frame *frame = self->f_frame;
    int n = frame->stacktop;
    frame->stacktop = 0;
    for (int i = 0; i < n; i++) { Py_CLEAR(frame->slots[i]); }
    Py_CLEAR(frame->locals);
    return 0;
}

static void
frame_dealloc(PyFrameObject *self)
{
    if (hob_gc_is_tracked(self)) { hob_gc_untrack(self); }
    Py_TRASHCAN_BEGIN(self, frame_dealloc)
    hob_frame *frame = self->f_frame;
    if (frame->owner == OWNED_BY_OBJECT && frame != &hob_no_frame) {
        self->f_frame = NULL;
        int n = frame->stacktop;
        frame->stacktop = 0;
        for (int i = 0; i < n; i++) { Py_CLEAR(frame->slots[i]); }
        Py_CLEAR(frame->locals);
        Py_XDECREF(frame->func);
        Py_DECREF(frame->code);
        PyMem_Free(frame);
    }
    Py_CLEAR(self->f_back);
    Py_CLEAR(self->f_trace);
    hob_gc_free(self, 0);
    Py_TRASHCAN_END
}

static PyObject *
frame_repr(PyFrameObject *self)
{
    PyCodeObject *code = self->f_frame->code;
    return PyUnicode_FromFormat("<frame at %p, file %R, line %d, code %S>", self,
                                code->co_filename, PyFrame_GetLineNumber(self), code->co_name);
}

static PyObject *
frame_clear(PyFrameObject *self, PyObject *unused)
{
    hob_frame *frame = self->f_frame;
    if (frame->owner == OWNED_BY_GENERATOR) {
        PyGenObject *gen = hob_frame_generator(frame);
        if (gen->gi_frame_state == GEN_EXECUTING) { goto running; }
        _PyGen_Finalize((PyObject *)gen);
        Py_RETURN_NONE;
    }
    if (frame->owner == OWNED_BY_THREAD) { goto running; }
    (void)frame_tp_clear(self);
    Py_RETURN_NONE;

running:
    PyErr_SetString(PyExc_RuntimeError, "cannot clear an executing frame");
    return NULL;
}

static PyObject *
frame_sizeof(PyFrameObject *self, PyObject *unused)
{
    PyCodeObject *code = self->f_frame->code;
    size_t slots = (size_t)code->co_nlocalsplus + (size_t)code->co_stacksize;
    return PyLong_FromSize_t(SIZE_WITH_HEAD + slots * sizeof(PyObject *));
}

static PyMethodDef frame_methods[] = {
    {"clear", (PyCFunction)frame_clear, METH_NOARGS,
     "F.clear(): clear most references held by the frame"},
    {"__sizeof__", (PyCFunction)frame_sizeof, METH_NOARGS,
     "F.__sizeof__() -> size of F in memory, in bytes"},
    {NULL},
};

PyTypeObject PyFrame_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "frame",
    .tp_basicsize = SIZE_WITH_HEAD,
    .tp_itemsize = sizeof(PyObject *),
    .tp_dealloc = (destructor)frame_dealloc,
    .tp_repr = (reprfunc)frame_repr,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_setattro = PyObject_GenericSetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_traverse = (traverseproc)frame_traverse,
    .tp_clear = (inquiry)frame_tp_clear,
    .tp_methods = frame_methods,
    .tp_members = frame_members,
    .tp_getset = frame_getset,
};

/* --- public API --- */

/* A frame that never runs: Cython makes one to have a place for a traceback. */
PyFrameObject *
PyFrame_New(PyThreadState *ts, PyCodeObject *code, PyObject *globals, PyObject *locals)
{
    PyObject *builtins = hob_builtins_of(ts, globals);
    if (!builtins) { return NULL; }
    PyFrameConstructor spec = {
        .fc_globals = globals, .fc_builtins = builtins, .fc_name = code->co_name,
        .fc_qualname = code->co_name, .fc_code = (PyObject *)code,
    };
    PyFunctionObject *func = hob_function_from(&spec);
    if (!func) { return NULL; }
    PyFrameObject *self = frame_alloc();
    size_t bytes = hob_code_frame_words(code) * sizeof(PyObject *);
    hob_frame *frame = self ? PyMem_Malloc(bytes) : NULL;
    if (!frame) {
        if (self) { hob_gc_free(self, 0); }
        Py_DECREF(func);
        PyErr_NoMemory();
        return NULL;
    }
    hob_frame_init(frame, func, locals, code);
    frame->previous = NULL;
    for (int i = 0; i < code->co_nlocalsplus; i++) { frame->slots[i] = NULL; }
    frame->owner = OWNED_BY_OBJECT;
    /* As if it had begun: it is shown in tracebacks. */
    frame->prev_instr = hob_code_start(code) + code->_co_firsttraceable;
    self->f_frame = frame;
    hob_gc_track(self);
    return self;
}

PyCodeObject *
PyFrame_GetCode(PyFrameObject *frame)
{
    return (PyCodeObject *)Py_NewRef(frame->f_frame->code);
}

PyFrameObject *
PyFrame_GetBack(PyFrameObject *self)
{
    if (self->f_back) { return (PyFrameObject *)Py_NewRef(self->f_back); }
    hob_frame *below = hob_frame_skip_incomplete(self->f_frame->previous);
    return below ? (PyFrameObject *)Py_XNewRef(hob_frame_object(below)) : NULL;
}

PyObject *
PyFrame_GetLocals(PyFrameObject *self)
{
    PyObject *locals = hob_frame_locals(self->f_frame);
    if (!locals) { return NULL; }
    self->f_fast_as_locals = 1;
    return Py_NewRef(locals);
}

PyObject *
PyFrame_GetGlobals(PyFrameObject *self)
{
    return Py_NewRef(self->f_frame->globals ? self->f_frame->globals : Py_None);
}

PyObject *
PyFrame_GetBuiltins(PyFrameObject *self)
{
    return Py_NewRef(self->f_frame->builtins ? self->f_frame->builtins : Py_None);
}

int
PyFrame_GetLasti(PyFrameObject *self)
{
    int lasti = hob_frame_lasti(self->f_frame);
    return lasti < 0 ? -1 : lasti;
}

PyObject *
PyFrame_GetGenerator(PyFrameObject *self)
{
    if (self->f_frame->owner != OWNED_BY_GENERATOR) { return NULL; }
    return Py_NewRef(hob_frame_generator(self->f_frame));
}

int
PyFrame_FastToLocalsWithError(PyFrameObject *self)
{
    if (!self) {
        PyErr_BadInternalCall();
        return -1;
    }
    if (hob_frame_fast_to_locals(self->f_frame) < 0) { return -1; }
    self->f_fast_as_locals = 1;
    return 0;
}

void
PyFrame_FastToLocals(PyFrameObject *self)
{
    PyObject *type, *value, *tb;
    PyErr_Fetch(&type, &value, &tb);
    if (PyFrame_FastToLocalsWithError(self) < 0) { PyErr_Clear(); }
    PyErr_Restore(type, value, tb);
}

void
PyFrame_LocalsToFast(PyFrameObject *self, int clear)
{
    if (!self || !self->f_fast_as_locals) { return; }
    hob_frame_locals_to_fast(self->f_frame, clear != 0);
    self->f_fast_as_locals = 0;
}

int
_PyFrame_IsEntryFrame(PyFrameObject *self)
{
    return self->f_frame->is_entry;
}

/* --- invariants --- */

bool
hob_frame_object_check(PyObject *op)
{
    PyFrameObject *self = (PyFrameObject *)op;
    INVARIANT(1, self->f_frame);
    INVARIANT(2, !self->f_back || PyFrame_Check(self->f_back));
    if (self->f_frame->owner == OWNED_BY_OBJECT) { return hob_frame_check(self->f_frame); }
    INVARIANT(3, self->f_frame->object == self);
    return true;
}

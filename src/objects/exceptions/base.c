/* base.c -- BaseException: what every exception has, and PyException_*.
 *
 * Layout     dict args notes traceback context cause suppress_context, then
 *            what a kind adds.  args is a tuple once __new__ ran.
 *            `notes` is not used: __notes__ lives in the dict.
 * Holds      context and cause are exceptions or NULL, traceback a traceback
 *            or NULL.
 */
#include "objects/exceptions/kinds.h"

#include "memory/gc.h"
#include "objects/ids.h"

typedef PyBaseExceptionObject Exc;

/* --- life --- */

static inline void
base_wipe(Exc *self)
{
    self->dict = self->args = self->notes = NULL;
    self->traceback = self->context = self->cause = NULL;
    self->suppress_context = 0;
}

PyObject *
hob_base_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    Exc *self = (Exc *)type->tp_alloc(type, 0);
    if (!self) { return NULL; }
    self->args = args ? Py_NewRef(args) : PyTuple_New(0);
    if (self->args) { return (PyObject *)self; }
    Py_DECREF(self);
    return NULL;
}

int
hob_base_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    if (!_PyArg_NoKeywords(Py_TYPE(op)->tp_name, kwargs)) { return -1; }
    Py_XSETREF(((Exc *)op)->args, Py_NewRef(args));
    return 0;
}

bool
hob_base_is_plain(PyTypeObject *type)
{
    return type->tp_new == hob_base_new && type->tp_init == hob_base_init
        && type->tp_alloc == PyType_GenericAlloc && type->tp_basicsize == sizeof(Exc)
        && !(type->tp_flags & Py_TPFLAGS_HEAPTYPE) && Py_IS_TYPE(type, &PyType_Type);
}

/* An instance of such a type. */
static PyObject *
base_make_plain(PyTypeObject *type, STOLEN PyObject *args)
{
    Exc *self = (Exc *)hob_gc_alloc((size_t)type->tp_basicsize, 0);
    if (!self) {
        Py_DECREF(args);
        return NULL;
    }
    PyObject_Init((PyObject *)self, type);
    base_wipe(self);
    self->args = args;
    hob_gc_track(self);
    return (PyObject *)self;
}

PyObject *
hob_base_vectorcall(PyObject *type, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    if (kwnames && !_PyArg_NoKwnames(((PyTypeObject *)type)->tp_name, kwnames)) { return NULL; }
    Py_ssize_t n = PyVectorcall_NARGS(nargsf);
    PyObject *tuple = PyTuple_New(n);
    if (!tuple) { return NULL; }
    for (Py_ssize_t i = 0; i < n; i++) { PyTuple_SET_ITEM(tuple, i, Py_NewRef(args[i])); }
    return base_make_plain((PyTypeObject *)type, tuple);
}

int
hob_base_clear(PyObject *op)
{
    Exc *self = (Exc *)op;
    Py_CLEAR(self->dict);
    Py_CLEAR(self->args);
    Py_CLEAR(self->notes);
    Py_CLEAR(self->traceback);
    Py_CLEAR(self->cause);
    Py_CLEAR(self->context);
    return 0;
}

int
hob_base_traverse(PyObject *op, visitproc visit, void *arg)
{
    Exc *self = (Exc *)op;
    Py_VISIT(self->dict);
    Py_VISIT(self->args);
    Py_VISIT(self->notes);
    Py_VISIT(self->traceback);
    Py_VISIT(self->cause);
    Py_VISIT(self->context);
    return 0;
}

void
hob_base_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    Py_TRASHCAN_BEGIN(op, hob_base_dealloc)
    hob_base_clear(op);
    Py_TYPE(op)->tp_free(op);
    Py_TRASHCAN_END
}

/* --- text --- */

PyObject *
hob_base_str(PyObject *self)
{
    PyObject *args = exc_args(self);
    switch (PyTuple_GET_SIZE(args)) {
    case 0: return PyUnicode_FromString("");
    case 1: return PyObject_Str(PyTuple_GET_ITEM(args, 0));
    default: return PyObject_Str(args);
    }
}

PyObject *
hob_base_repr(PyObject *self)
{
    const char *name = _PyType_Name(Py_TYPE(self));
    PyObject *args = exc_args(self);
    if (PyTuple_GET_SIZE(args) == 1) {
        return PyUnicode_FromFormat("%s(%R)", name, PyTuple_GET_ITEM(args, 0));
    }
    return PyUnicode_FromFormat("%s%R", name, args);
}

/* --- methods --- */

PyObject *
hob_base_reduce_with(PyObject *self, PyObject *args, PyObject *dict)
{
    if (dict) { return PyTuple_Pack(3, Py_TYPE(self), args, dict); }
    return PyTuple_Pack(2, Py_TYPE(self), args);
}

static PyObject *
base_reduce(PyObject *self, PyObject *unused)
{
    return hob_base_reduce_with(self, exc_args(self), ((Exc *)self)->dict);
}

static PyObject *
base_setstate(PyObject *self, PyObject *state)
{
    if (state == Py_None) { Py_RETURN_NONE; }
    if (!PyDict_Check(state)) {
        PyErr_SetString(PyExc_TypeError, "state is not a dictionary");
        return NULL;
    }
    PyObject *key, *value;
    Py_ssize_t at = 0;
    while (PyDict_Next(state, &at, &key, &value)) {
        own PyObject *held_key = Py_NewRef(key);
        own PyObject *held_value = Py_NewRef(value);
        if (PyObject_SetAttr(self, held_key, held_value) < 0) { return NULL; }
    }
    Py_RETURN_NONE;
}

static PyObject *
base_with_traceback(PyObject *self, PyObject *traceback)
{
    if (PyException_SetTraceback(self, traceback) < 0) { return NULL; }
    return Py_NewRef(self);
}

static PyObject *
base_add_note(PyObject *self, PyObject *note)
{
    if (!PyUnicode_Check(note)) {
        PyErr_Format(PyExc_TypeError, "note must be a str, not '%s'", Py_TYPE(note)->tp_name);
        return NULL;
    }
    PyObject *found;
    if (_PyObject_LookupAttr(self, ID(__notes__), &found) < 0) { return NULL; }
    own PyObject *notes = found;
    if (!notes) {
        notes = PyList_New(0);
        if (!notes || PyObject_SetAttr(self, ID(__notes__), notes) < 0) { return NULL; }
    }
    else if (!PyList_Check(notes)) {
        PyErr_SetString(PyExc_TypeError, "Cannot add note: __notes__ is not a list");
        return NULL;
    }
    if (PyList_Append(notes, note) < 0) { return NULL; }
    Py_RETURN_NONE;
}

PyMethodDef hob_base_methods[] = {
    {"__reduce__", base_reduce, METH_NOARGS, NULL},
    {"__setstate__", base_setstate, METH_O, NULL},
    {"with_traceback", base_with_traceback, METH_O,
     PyDoc_STR("Exception.with_traceback(tb) --\n"
               "    make tb the __traceback__ and give self.")},
    {"add_note", base_add_note, METH_O,
     PyDoc_STR("Exception.add_note(note) --\n    append a str to __notes__")},
    {NULL, NULL, 0, NULL},
};

PyMemberDef hob_base_members[] = {
    {"__suppress_context__", T_BOOL, offsetof(Exc, suppress_context), 0, NULL},
    {NULL, 0, 0, 0, NULL},
};

/* --- attributes --- */

static bool
refuse_delete(PyObject *value, const char *name)
{
    if (value) { return false; }
    PyErr_Format(PyExc_TypeError, "%s may not be deleted", name);
    return true;
}

static PyObject *
or_none(PyObject *value)
{
    return Py_NewRef(value ? value : Py_None);
}

static PyObject *
base_get_args(PyObject *self, void *unused)
{
    return or_none(exc_args(self));
}

static int
base_set_args(PyObject *self, PyObject *value, void *unused)
{
    if (refuse_delete(value, "args")) { return -1; }
    PyObject *args = PySequence_Tuple(value);
    if (!args) { return -1; }
    Py_XSETREF(((Exc *)self)->args, args);
    return 0;
}

static PyObject *
base_get_traceback(PyObject *self, void *unused)
{
    return or_none(((Exc *)self)->traceback);
}

static int
base_set_traceback(PyObject *self, PyObject *value, void *unused)
{
    if (refuse_delete(value, "__traceback__")) { return -1; }
    return PyException_SetTraceback(self, value);
}

/* A new reference, or NULL for None; -1 when it is no exception. */
static status
other_exception(PyObject *value, const char *what, PyObject **out)
{
    *out = NULL;
    if (value == Py_None) { return 0; }
    if (PyExceptionInstance_Check(value)) {
        *out = Py_NewRef(value);
        return 0;
    }
    PyErr_Format(PyExc_TypeError, "exception %s must be None or derive from BaseException",
                 what);
    return -1;
}

static PyObject *
base_get_context(PyObject *self, void *unused)
{
    return or_none(((Exc *)self)->context);
}

static int
base_set_context(PyObject *self, PyObject *value, void *unused)
{
    PyObject *context;
    if (refuse_delete(value, "__context__") ||
        other_exception(value, "context", &context) < 0) {
        return -1;
    }
    PyException_SetContext(self, context);
    return 0;
}

static PyObject *
base_get_cause(PyObject *self, void *unused)
{
    return or_none(((Exc *)self)->cause);
}

static int
base_set_cause(PyObject *self, PyObject *value, void *unused)
{
    PyObject *cause;
    if (refuse_delete(value, "__cause__") || other_exception(value, "cause", &cause) < 0) {
        return -1;
    }
    PyException_SetCause(self, cause);
    return 0;
}

PyGetSetDef hob_base_getset[] = {
    {"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, NULL, NULL},
    {"args", base_get_args, base_set_args, NULL, NULL},
    {"__traceback__", base_get_traceback, base_set_traceback, NULL, NULL},
    {"__context__", base_get_context, base_set_context,
     PyDoc_STR("the exception that was being handled"), NULL},
    {"__cause__", base_get_cause, base_set_cause, PyDoc_STR("what `raise ... from` named"),
     NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

/* --- making one of a type and a value --- */

PyObject *
hob_exception_make(PyObject *type, PyObject *value)
{
    PyTypeObject *cls = (PyTypeObject *)type;
    if (hob_base_is_plain(cls) && (!value || !PyTuple_CheckExact(value))) {
        bool none = !value || value == Py_None;
        return hob_base_vectorcall(type, &value, none ? 0 : 1, NULL);
    }
    own PyObject *exc = NULL;
    if (!value || value == Py_None) { exc = PyObject_CallNoArgs(type); }
    else if (PyTuple_Check(value)) { exc = PyObject_Call(type, value, NULL); }
    else { exc = PyObject_CallOneArg(type, value); }
    if (exc && !PyExceptionInstance_Check(exc)) {
        PyErr_Format(PyExc_TypeError,
                     "calling %R should have returned an instance of BaseException, not %s",
                     type, Py_TYPE(exc)->tp_name);
        return NULL;
    }
    return take(exc);
}

/* --- public API --- */

PyObject *
PyException_GetTraceback(PyObject *self)
{
    return Py_XNewRef(((Exc *)self)->traceback);
}

int
PyException_SetTraceback(PyObject *self, PyObject *tb)
{
    if (!tb || !(tb == Py_None || PyTraceBack_Check(tb))) {
        PyErr_SetString(PyExc_TypeError, "__traceback__ must be a traceback or None");
        return -1;
    }
    Py_XSETREF(((Exc *)self)->traceback, Py_NewRef(tb));
    return 0;
}

PyObject *
PyException_GetCause(PyObject *self)
{
    return Py_XNewRef(((Exc *)self)->cause);
}

void
PyException_SetCause(PyObject *self, STOLEN PyObject *cause)
{
    ((Exc *)self)->suppress_context = 1;
    Py_XSETREF(((Exc *)self)->cause, cause);
}

PyObject *
PyException_GetContext(PyObject *self)
{
    return Py_XNewRef(((Exc *)self)->context);
}

void
PyException_SetContext(PyObject *self, STOLEN PyObject *context)
{
    Py_XSETREF(((Exc *)self)->context, context);
}

#undef PyExceptionClass_Name
const char *
PyExceptionClass_Name(PyObject *op)
{
    EXPECT(PyExceptionClass_Check(op));
    return ((PyTypeObject *)op)->tp_name;
}

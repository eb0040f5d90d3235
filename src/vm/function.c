/* function.c -- the function type: code, the names it sees, and its defaults.
 *
 * Layout     PyFunctionObject is public.  func_annotations is NULL, a dict, or a
 *            flat tuple (name, value, ..) which becomes a dict when first read.
 * Holds      func_version is 0 or unique to this function's present code,
 *            defaults and keyword defaults; every change of those resets it.
 * Next       arguments.c, eval.c
 */
#include "vm/vm.h"

#include <structmember.h>

#include "memory/gc.h"
#include "memory/own.h"
#include "objects/dict/dict.h"
#include "objects/ids.h"
#include "objects/object.h"
#include "state/interp.h"

/* --- versions --- */

static uint32_t last_version;

uint32_t
hob_function_version(PyFunctionObject *func)
{
    if (!func->func_version && func->vectorcall == _PyFunction_Vectorcall &&
        last_version != UINT32_MAX) {
        func->func_version = ++last_version;
    }
    return func->func_version;
}

/* --- making --- */

/* What names that are not in globals mean: globals["__builtins__"], or the
 * builtins of the running frame.  Borrowed. */
PyObject *
hob_builtins_of(PyThreadState *ts, PyObject *globals)
{
    PyObject *builtins = PyDict_CheckExact(globals)
                       ? hob_dict_peek_str((PyDictObject *)globals, ID(__builtins__))
                       : PyDict_GetItemWithError(globals, ID(__builtins__));
    if (builtins) {
        return PyModule_Check(builtins) ? PyModule_GetDict(builtins) : builtins;
    }
    return PyErr_Occurred() ? NULL : PyEval_GetBuiltins();
}

/* A function with no reference filled in but code and globals; not tracked. */
static MAYBE_NULL PyFunctionObject *
function_alloc(PyObject *code, PyObject *globals, PyObject *builtins)
{
    PyFunctionObject *func = (PyFunctionObject *)hob_gc_alloc(sizeof *func, 0);
    if (!func) { return NULL; }
    memset((char *)func + sizeof(PyObject), 0, sizeof *func - sizeof(PyObject));
    Py_SET_TYPE(func, &PyFunction_Type);
    Py_SET_REFCNT(func, 1);
    func->func_code = Py_NewRef(code);
    func->func_globals = Py_NewRef(globals);
    func->func_builtins = Py_NewRef(builtins);
    func->func_name = Py_NewRef(((PyCodeObject *)code)->co_name);
    func->vectorcall = _PyFunction_Vectorcall;
    return func;
}

PyFunctionObject *
hob_function_from(const PyFrameConstructor *spec)
{
    PyFunctionObject *func = function_alloc(spec->fc_code, spec->fc_globals, spec->fc_builtins);
    if (!func) { return NULL; }
    Py_SETREF(func->func_name, Py_NewRef(spec->fc_name));
    func->func_qualname = Py_NewRef(spec->fc_qualname);
    func->func_defaults = Py_XNewRef(spec->fc_defaults);
    func->func_kwdefaults = Py_XNewRef(spec->fc_kwdefaults);
    func->func_closure = Py_XNewRef(spec->fc_closure);
    func->func_doc = Py_NewRef(Py_None);
    hob_gc_track(func);
    return func;
}

PyObject *
PyFunction_NewWithQualName(PyObject *code_object, PyObject *globals, PyObject *qualname)
{
    EXPECT(globals && PyDict_Check(globals));
    PyThreadState *ts = hob_ts();
    PyCodeObject *code = (PyCodeObject *)code_object;
    PyObject *module = PyDict_GetItemWithError(globals, ID(__name__));
    if (!module && PyErr_Occurred()) { return NULL; }
    own PyObject *module_name = Py_XNewRef(module);
    PyObject *builtins = hob_builtins_of(ts, globals);
    if (!builtins) { return NULL; }
    PyFunctionObject *func = function_alloc(code_object, globals, builtins);
    if (!func) { return NULL; }
    PyObject *doc = PyTuple_GET_SIZE(code->co_consts) ? PyTuple_GET_ITEM(code->co_consts,
                                                                         0) : NULL;
    func->func_doc = Py_NewRef(doc && PyUnicode_Check(doc) ? doc : Py_None);
    func->func_qualname = Py_NewRef(qualname ? qualname : code->co_qualname);
    func->func_module = take(module_name);
    hob_gc_track(func);
    return (PyObject *)func;
}

PyObject *
PyFunction_New(PyObject *code, PyObject *globals)
{
    return PyFunction_NewWithQualName(code, globals, NULL);
}

/* --- attributes --- */

#define OFF(field) offsetof(PyFunctionObject, field)

static PyMemberDef function_members[] = {
    {"__closure__", T_OBJECT, OFF(func_closure), READONLY, NULL},
    {"__doc__", T_OBJECT, OFF(func_doc), 0, NULL},
    {"__globals__", T_OBJECT, OFF(func_globals), READONLY, NULL},
    {"__module__", T_OBJECT, OFF(func_module), 0, NULL},
    {"__builtins__", T_OBJECT, OFF(func_builtins), READONLY, NULL},
    {NULL},
};

static PyObject *
function_get_code(PyFunctionObject *self, void *unused)
{
    if (PySys_Audit("object.__getattr__", "Os", self, "__code__") < 0) { return NULL; }
    return Py_NewRef(self->func_code);
}

static int
function_set_code(PyFunctionObject *self, PyObject *value, void *unused)
{
    if (!value || !PyCode_Check(value)) {
        PyErr_SetString(PyExc_TypeError, "__code__ must be set to a code object");
        return -1;
    }
    if (PySys_Audit("object.__setattr__", "OsO", self, "__code__", value) < 0) { return -1; }
    Py_ssize_t n_free = ((PyCodeObject *)value)->co_nfreevars;
    Py_ssize_t n_closure = self->func_closure ? PyTuple_GET_SIZE(self->func_closure) : 0;
    if (n_closure != n_free) {
        PyErr_Format(PyExc_ValueError,
                     "%U() requires a code object with %zd free vars, not %zd",
                     self->func_name, n_closure, n_free);
        return -1;
    }
    self->func_version = 0;
    Py_SETREF(self->func_code, Py_NewRef(value));
    return 0;
}

static PyObject *
function_get_name(PyFunctionObject *self, void *unused)
{
    return Py_NewRef(self->func_name);
}

static PyObject *
function_get_qualname(PyFunctionObject *self, void *unused)
{
    return Py_NewRef(self->func_qualname);
}

/* The closure of the getset says which of the two. */
static int
function_set_str(PyFunctionObject *self, PyObject *value, void *which)
{
    bool is_name = which != NULL;
    if (!value || !PyUnicode_Check(value)) {
        PyErr_Format(PyExc_TypeError, "%s must be set to a string object",
                     is_name ? "__name__" : "__qualname__");
        return -1;
    }
    PyObject **slot = is_name ? &self->func_name : &self->func_qualname;
    Py_SETREF(*slot, Py_NewRef(value));
    return 0;
}

static PyObject *
function_get_defaults(PyFunctionObject *self, void *unused)
{
    if (PySys_Audit("object.__getattr__", "Os", self, "__defaults__") < 0) { return NULL; }
    return Py_NewRef(self->func_defaults ? self->func_defaults : Py_None);
}

static int
function_set_defaults(PyFunctionObject *self, PyObject *value, void *unused)
{
    if (value == Py_None) { value = NULL; }
    if (value && !PyTuple_Check(value)) {
        PyErr_SetString(PyExc_TypeError, "__defaults__ must be set to a tuple object");
        return -1;
    }
    int audit = value ? PySys_Audit("object.__setattr__", "OsO", self, "__defaults__", value)
                      : PySys_Audit("object.__delattr__", "Os", self, "__defaults__");
    if (audit < 0) { return -1; }
    self->func_version = 0;
    Py_XSETREF(self->func_defaults, Py_XNewRef(value));
    return 0;
}

static PyObject *
function_get_kwdefaults(PyFunctionObject *self, void *unused)
{
    if (PySys_Audit("object.__getattr__", "Os", self, "__kwdefaults__") < 0) { return NULL; }
    return Py_NewRef(self->func_kwdefaults ? self->func_kwdefaults : Py_None);
}

static int
function_set_kwdefaults(PyFunctionObject *self, PyObject *value, void *unused)
{
    if (value == Py_None) { value = NULL; }
    if (value && !PyDict_Check(value)) {
        PyErr_SetString(PyExc_TypeError, "__kwdefaults__ must be set to a dict object");
        return -1;
    }
    int audit = value ? PySys_Audit("object.__setattr__", "OsO", self, "__kwdefaults__", value)
                      : PySys_Audit("object.__delattr__", "Os", self, "__kwdefaults__");
    if (audit < 0) { return -1; }
    self->func_version = 0;
    Py_XSETREF(self->func_kwdefaults, Py_XNewRef(value));
    return 0;
}

/* The annotations as a dict; borrowed, NULL on error. */
static PyObject *
annotations_dict(PyFunctionObject *self)
{
    PyObject *notes = self->func_annotations;
    if (notes && PyTuple_CheckExact(notes)) {
        own PyObject *dict = PyDict_New();
        if (!dict) { return NULL; }
        for (Py_ssize_t i = 0; i + 1 < PyTuple_GET_SIZE(notes); i += 2) {
            if (PyDict_SetItem(dict, PyTuple_GET_ITEM(notes, i),
                               PyTuple_GET_ITEM(notes, i + 1)) < 0) {
                return NULL;
            }
        }
        Py_SETREF(self->func_annotations, take(dict));
    }
    EXPECT(!self->func_annotations || PyDict_Check(self->func_annotations));
    return self->func_annotations;
}

static PyObject *
function_get_annotations(PyFunctionObject *self, void *unused)
{
    if (!self->func_annotations) {
        self->func_annotations = PyDict_New();
        if (!self->func_annotations) { return NULL; }
    }
    return Py_XNewRef(annotations_dict(self));
}

static int
function_set_annotations(PyFunctionObject *self, PyObject *value, void *unused)
{
    if (value == Py_None) { value = NULL; }
    if (value && !PyDict_Check(value)) {
        PyErr_SetString(PyExc_TypeError, "__annotations__ must be set to a dict object");
        return -1;
    }
    self->func_version = 0;
    Py_XSETREF(self->func_annotations, Py_XNewRef(value));
    return 0;
}

static PyGetSetDef function_getset[] = {
    {"__code__", (getter)function_get_code, (setter)function_set_code, NULL, NULL},
    {"__defaults__", (getter)function_get_defaults, (setter)function_set_defaults, NULL, NULL},
    {"__kwdefaults__", (getter)function_get_kwdefaults, (setter)function_set_kwdefaults, NULL,
     NULL},
    {"__annotations__", (getter)function_get_annotations, (setter)function_set_annotations,
     NULL,
     NULL},
    {"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, NULL, NULL},
    {"__name__", (getter)function_get_name, (setter)function_set_str, NULL, "name"},
    {"__qualname__", (getter)function_get_qualname, (setter)function_set_str, NULL, NULL},
    {NULL},
};

/* --- construction from Python --- */

static status
check_closure(PyCodeObject *code, PyObject *name, PyObject *defaults, PyObject *closure)
{
    if (name != Py_None && !PyUnicode_Check(name)) {
        PyErr_SetString(PyExc_TypeError, "arg 3 (name) must be None or string");
        return -1;
    }
    if (defaults != Py_None && !PyTuple_Check(defaults)) {
        PyErr_SetString(PyExc_TypeError, "arg 4 (defaults) must be None or tuple");
        return -1;
    }
    Py_ssize_t n_free = code->co_nfreevars;
    if (!PyTuple_Check(closure)) {
        if (n_free && closure == Py_None) {
            PyErr_SetString(PyExc_TypeError, "arg 5 (closure) must be tuple");
            return -1;
        }
        if (closure != Py_None) {
            PyErr_SetString(PyExc_TypeError, "arg 5 (closure) must be None or tuple");
            return -1;
        }
    }
    Py_ssize_t n_closure = closure == Py_None ? 0 : PyTuple_GET_SIZE(closure);
    if (n_closure != n_free) {
        PyErr_Format(PyExc_ValueError, "%U requires closure of length %zd, not %zd",
                     code->co_name, n_free, n_closure);
        return -1;
    }
    for (Py_ssize_t i = 0; i < n_closure; i++) {
        PyObject *cell = PyTuple_GET_ITEM(closure, i);
        if (!PyCell_Check(cell)) {
            PyErr_Format(PyExc_TypeError, "arg 5 (closure) expected cell, found %s",
                         Py_TYPE(cell)->tp_name);
            return -1;
        }
    }
    return 0;
}

/** function.__new__($type, code, globals, name=None, argdefs=None, closure=None)
 *
 *  Create a function object.
 *
 *    code
 *      a code object
 *    globals
 *      the globals dictionary
 *    name
 *      a string that overrides the name from the code object
 *    argdefs
 *      a tuple that specifies the default argument values
 *    closure
 *      a tuple that supplies the bindings for free variables
 */
static PyObject *
function_new(PyTypeObject *type, PyCodeObject *code, PyDictObject *globals, PyObject *name,
             PyObject *argdefs, PyObject *closure)
{
    if (check_closure(code, name, argdefs, closure) < 0) { return NULL; }
    if (PySys_Audit("function.__new__", "O", code) < 0) { return NULL; }
    PyFunctionObject *func =
        (PyFunctionObject *)PyFunction_New((PyObject *)code, (PyObject *)globals);
    if (!func) { return NULL; }
    if (name != Py_None) { Py_SETREF(func->func_name, Py_NewRef(name)); }
    if (argdefs != Py_None) { func->func_defaults = Py_NewRef(argdefs); }
    if (closure != Py_None) { func->func_closure = Py_NewRef(closure); }
    return (PyObject *)func;
}

#include "gen/vm/function.bind.h"

/* --- life --- */

static int
function_clear(PyFunctionObject *self)
{
    self->func_version = 0;
    Py_CLEAR(self->func_globals);
    Py_CLEAR(self->func_builtins);
    Py_CLEAR(self->func_module);
    Py_CLEAR(self->func_defaults);
    Py_CLEAR(self->func_kwdefaults);
    Py_CLEAR(self->func_doc);
    Py_CLEAR(self->func_dict);
    Py_CLEAR(self->func_closure);
    Py_CLEAR(self->func_annotations);
    /* A function in a cycle may still be called or printed: the code stays, and the
     * names, which a program may have set to strs that refer to the cycle, are empty. */
    PyObject *empty = PyUnicode_New(0, 0);          /* the shared one: never fails */
    Py_SETREF(self->func_name, Py_NewRef(empty));
    Py_SETREF(self->func_qualname, empty);
    return 0;
}

static void
function_dealloc(PyFunctionObject *self)
{
    if (hob_gc_is_tracked(self)) { hob_gc_untrack(self); }
    if (self->func_weakreflist) { PyObject_ClearWeakRefs((PyObject *)self); }
    Py_XDECREF(self->func_globals);
    Py_XDECREF(self->func_builtins);
    Py_XDECREF(self->func_module);
    Py_XDECREF(self->func_defaults);
    Py_XDECREF(self->func_kwdefaults);
    Py_XDECREF(self->func_doc);
    Py_XDECREF(self->func_dict);
    Py_XDECREF(self->func_closure);
    Py_XDECREF(self->func_annotations);
    Py_XDECREF(self->func_name);
    Py_XDECREF(self->func_qualname);
    Py_XDECREF(self->func_code);
    hob_gc_free(self, 0);
}

static int
function_traverse(PyFunctionObject *self, visitproc visit, void *arg)
{
    Py_VISIT(self->func_code);
    Py_VISIT(self->func_globals);
    Py_VISIT(self->func_builtins);
    Py_VISIT(self->func_module);
    Py_VISIT(self->func_defaults);
    Py_VISIT(self->func_kwdefaults);
    Py_VISIT(self->func_doc);
    Py_VISIT(self->func_name);
    Py_VISIT(self->func_dict);
    Py_VISIT(self->func_closure);
    Py_VISIT(self->func_annotations);
    Py_VISIT(self->func_qualname);
    return 0;
}

static PyObject *
function_repr(PyFunctionObject *self)
{
    return PyUnicode_FromFormat("<function %U at %p>", self->func_qualname, self);
}

static PyObject *
function_descr_get(PyObject *self, PyObject *obj, PyObject *type)
{
    return !obj || obj == Py_None ? Py_NewRef(self) : PyMethod_New(self, obj);
}

PyTypeObject PyFunction_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "function",
    .tp_basicsize = sizeof(PyFunctionObject),
    .tp_dealloc = (destructor)function_dealloc,
    .tp_vectorcall_offset = offsetof(PyFunctionObject, vectorcall),
    .tp_repr = (reprfunc)function_repr,
    .tp_call = PyVectorcall_Call,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_setattro = PyObject_GenericSetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL |
                Py_TPFLAGS_METHOD_DESCRIPTOR,
    .tp_doc = function_new__doc,
    .tp_traverse = (traverseproc)function_traverse,
    .tp_clear = (inquiry)function_clear,
    .tp_weaklistoffset = offsetof(PyFunctionObject, func_weakreflist),
    .tp_members = function_members,
    .tp_getset = function_getset,
    .tp_descr_get = function_descr_get,
    .tp_dictoffset = offsetof(PyFunctionObject, func_dict),
    .tp_new = function_new__slot,
};

/* --- public API --- */

static PyFunctionObject *
checked(PyObject *op)
{
    if (!PyFunction_Check(op)) {
        PyErr_BadInternalCall();
        return NULL;
    }
    return (PyFunctionObject *)op;
}

#define GETTER(name, field)                                                     \
    PyObject *                                                                  \
    name(PyObject *op)                                                          \
    {                                                                           \
        PyFunctionObject *func = checked(op);                                   \
        return func ? func->field : NULL;                                       \
    }
GETTER(PyFunction_GetCode, func_code)
GETTER(PyFunction_GetGlobals, func_globals)
GETTER(PyFunction_GetModule, func_module)
GETTER(PyFunction_GetDefaults, func_defaults)
GETTER(PyFunction_GetKwDefaults, func_kwdefaults)
GETTER(PyFunction_GetClosure, func_closure)
#undef GETTER

PyObject *
PyFunction_GetAnnotations(PyObject *op)
{
    PyFunctionObject *func = checked(op);
    return func ? annotations_dict(func) : NULL;
}

/* Store value, of a type that holds, or NULL for None, in slot. */
static int
set_part(PyFunctionObject *func, PyObject **slot, PyObject *value, bool fits,
         const char *complaint)
{
    if (value == Py_None) { value = NULL; }
    else if (!fits) {
        PyErr_SetString(PyExc_SystemError, complaint);
        return -1;
    }
    func->func_version = 0;
    Py_XSETREF(*slot, Py_XNewRef(value));
    return 0;
}

int
PyFunction_SetDefaults(PyObject *op, PyObject *value)
{
    PyFunctionObject *func = checked(op);
    return func ? set_part(func, &func->func_defaults, value, value && PyTuple_Check(value),
                           "non-tuple default args") : -1;
}

int
PyFunction_SetKwDefaults(PyObject *op, PyObject *value)
{
    PyFunctionObject *func = checked(op);
    return func ? set_part(func, &func->func_kwdefaults, value, value && PyDict_Check(value),
                           "non-dict keyword only default args") : -1;
}

int
PyFunction_SetClosure(PyObject *op, PyObject *value)
{
    PyFunctionObject *func = checked(op);
    if (!func) { return -1; }
    if (value != Py_None && !PyTuple_Check(value)) {
        PyErr_Format(PyExc_SystemError, "expected tuple for closure, got '%.100s'",
                     Py_TYPE(value)->tp_name);
        return -1;
    }
    return set_part(func, &func->func_closure, value, true, "");
}

int
PyFunction_SetAnnotations(PyObject *op, PyObject *value)
{
    PyFunctionObject *func = checked(op);
    return func ? set_part(func, &func->func_annotations, value, value && PyDict_Check(value),
                           "non-dict annotations") : -1;
}

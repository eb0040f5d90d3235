/* cfunction.c -- functions written in C: PyMethodDef plus self and module.
 *
 * Layout     vectorcall is chosen once, by the METH_ flags.  METH_VARARGS has none
 *            and goes through tp_call with its tuple.
 * Holds      the PyMethodDef is the extension's own, by pointer: its doc may be
 *            patched later.  m_self is NULL for METH_STATIC in effect: GET_SELF
 *            hides it.
 * Next       descr.c (the same functions before they are bound)
 */
#include <Python.h>
#include <structmember.h>

#include "memory/own.h"
#include "objects/ids.h"
#include "objects/meth.h"
#include "objects/object.h"

/* --- errors --- */

void *
hob_meth_error(PyObject *callable, const char *format, Py_ssize_t n)
{
    own PyObject *name = _PyObject_FunctionStr(callable);
    if (!name) { return NULL; }
    if (n < 0) { PyErr_Format(PyExc_TypeError, format, name); }
    else { PyErr_Format(PyExc_TypeError, format, name, n); }
    return NULL;
}

/* --- one vectorcall a kind of flags --- */

#define FUNC(callable) ((PyCFunctionObject *)(callable))
#define METH(callable, type) ((type)(hob_meth_any)FUNC(callable)->m_ml->ml_meth)
#define SELF(callable) PyCFunction_GET_SELF(callable)

static PyObject *
call_noargs(PyObject *callable, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    if (!hob_meth_no_keywords(callable, kwnames)) { return NULL; }
    Py_ssize_t n = PyVectorcall_NARGS(nargsf);
    if (UNLIKELY(n != 0)) {
        return hob_meth_error(callable, "%U takes no arguments (%zd given)", n);
    }
    PyThreadState *ts = hob_ts();
    if (hob_recursion_enter(ts, METH_RECURSION)) { return NULL; }
    PyObject *result = METH(callable, PyCFunction)(SELF(callable), NULL);
    hob_recursion_leave(ts);
    return result;
}

static PyObject *
call_o(PyObject *callable, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    if (!hob_meth_no_keywords(callable, kwnames)) { return NULL; }
    Py_ssize_t n = PyVectorcall_NARGS(nargsf);
    if (UNLIKELY(n != 1)) {
        return hob_meth_error(callable, "%U takes exactly one argument (%zd given)", n);
    }
    PyThreadState *ts = hob_ts();
    if (hob_recursion_enter(ts, METH_RECURSION)) { return NULL; }
    PyObject *result = METH(callable, PyCFunction)(SELF(callable), args[0]);
    hob_recursion_leave(ts);
    return result;
}

static PyObject *
call_fastcall(PyObject *callable, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    if (!hob_meth_no_keywords(callable, kwnames)) { return NULL; }
    PyThreadState *ts = hob_ts();
    if (hob_recursion_enter(ts, METH_RECURSION)) { return NULL; }
    PyObject *result = METH(callable, _PyCFunctionFast)(SELF(callable), args,
                                                        PyVectorcall_NARGS(nargsf));
    hob_recursion_leave(ts);
    return result;
}

static PyObject *
call_fastcall_keywords(PyObject *callable, PyObject *const *args, size_t nargsf,
                       PyObject *kwnames)
{
    PyThreadState *ts = hob_ts();
    if (hob_recursion_enter(ts, METH_RECURSION)) { return NULL; }
    PyObject *result = METH(callable, _PyCFunctionFastWithKeywords)(
        SELF(callable), args, PyVectorcall_NARGS(nargsf), kwnames);
    hob_recursion_leave(ts);
    return result;
}

static PyObject *
call_method(PyObject *callable, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    PyThreadState *ts = hob_ts();
    if (hob_recursion_enter(ts, METH_RECURSION)) { return NULL; }
    PyObject *result = METH(callable, PyCMethod)(
        SELF(callable), PyCFunction_GET_CLASS(callable), args,
        (size_t)PyVectorcall_NARGS(nargsf), kwnames);
    hob_recursion_leave(ts);
    return result;
}

/* METH_VARARGS, with a tuple and a dict made already. */
static PyObject *
cfunction_call(PyObject *callable, PyObject *args, PyObject *kwargs)
{
    if (FUNC(callable)->vectorcall) { return PyVectorcall_Call(callable, args, kwargs); }
    PyObject *self = SELF(callable);
    if (PyCFunction_GET_FLAGS(callable) & METH_KEYWORDS) {
        return METH(callable, PyCFunctionWithKeywords)(self, args, kwargs);
    }
    if (kwargs && PyDict_GET_SIZE(kwargs)) {
        /* unlike the vectorcalls, this one tells no module or type */
        return PyErr_Format(PyExc_TypeError, "%.200s() takes no keyword arguments",
                            FUNC(callable)->m_ml->ml_name);
    }
    return METH(callable, PyCFunction)(self, args);
}

/* --- making one --- */

static const struct { int flags; vectorcallfunc call; } kinds[] = {
    {METH_VARARGS, NULL},
    {METH_VARARGS | METH_KEYWORDS, NULL},
    {METH_FASTCALL, call_fastcall},
    {METH_FASTCALL | METH_KEYWORDS, call_fastcall_keywords},
    {METH_NOARGS, call_noargs},
    {METH_O, call_o},
    {METH_METHOD | METH_FASTCALL | METH_KEYWORDS, call_method},
};

static status
choose_call(PyMethodDef *def, vectorcallfunc *call)
{
    int flags = def->ml_flags & METH_KIND_BITS;
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        if (kinds[i].flags == flags) {
            *call = kinds[i].call;
            return 0;
        }
    }
    PyErr_Format(PyExc_SystemError, "%s() method: bad call flags", def->ml_name);
    return -1;
}

PyObject *
PyCMethod_New(PyMethodDef *def, PyObject *self, PyObject *module, PyTypeObject *cls)
{
    vectorcallfunc call;
    if (choose_call(def, &call) < 0) { return NULL; }
    PyCFunctionObject *func;
    if (def->ml_flags & METH_METHOD) {
        if (!cls) {
            PyErr_SetString(PyExc_SystemError,
                            "attempting to create PyCMethod with a METH_METHOD flag "
                            "but no class");
            return NULL;
        }
        PyCMethodObject *method = PyObject_GC_New(PyCMethodObject, &PyCMethod_Type);
        if (!method) { return NULL; }
        method->mm_class = (PyTypeObject *)Py_NewRef(cls);
        func = (PyCFunctionObject *)method;
    }
    else {
        if (cls) {
            PyErr_SetString(PyExc_SystemError,
                            "attempting to create PyCFunction with class "
                            "but no METH_METHOD flag");
            return NULL;
        }
        func = PyObject_GC_New(PyCFunctionObject, &PyCFunction_Type);
        if (!func) { return NULL; }
    }
    func->m_weakreflist = NULL;
    func->m_ml = def;
    func->m_self = Py_XNewRef(self);
    func->m_module = Py_XNewRef(module);
    func->vectorcall = call;
    PyObject_GC_Track(func);
    return (PyObject *)func;
}

#undef PyCFunction_NewEx
PyObject *
PyCFunction_NewEx(PyMethodDef *def, PyObject *self, PyObject *module)
{
    return PyCMethod_New(def, self, module, NULL);
}

#undef PyCFunction_New
PyObject *
PyCFunction_New(PyMethodDef *def, PyObject *self)
{
    return PyCMethod_New(def, self, NULL, NULL);
}

/* --- life --- */

static int
cfunction_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(PyCFunction_GET_CLASS(self));
    Py_VISIT(FUNC(self)->m_self);
    Py_VISIT(FUNC(self)->m_module);
    return 0;
}

static void
cfunction_dealloc(PyObject *self)
{
    PyObject_GC_UnTrack(self);
    Py_TRASHCAN_BEGIN(self, cfunction_dealloc)
    PyCFunctionObject *func = FUNC(self);
    if (func->m_weakreflist) { PyObject_ClearWeakRefs(self); }
    Py_XDECREF(PyCFunction_GET_CLASS(self));
    Py_XDECREF(func->m_self);
    Py_XDECREF(func->m_module);
    PyObject_GC_Del(self);
    Py_TRASHCAN_END
}

/* --- what Python sees --- */

/* A function of a module, or of nothing: not a method. */
static inline bool
is_plain_function(PyObject *self)
{
    PyObject *bound = FUNC(self)->m_self;
    return !bound || PyModule_Check(bound);
}

static PyObject *
cfunction_repr(PyObject *self)
{
    const char *name = FUNC(self)->m_ml->ml_name;
    if (is_plain_function(self)) {
        return PyUnicode_FromFormat("<built-in function %s>", name);
    }
    PyObject *bound = FUNC(self)->m_self;
    return PyUnicode_FromFormat("<built-in method %s of %s object at %p>", name,
                                Py_TYPE(bound)->tp_name, bound);
}

static Py_hash_t
cfunction_hash(PyObject *self)
{
    Py_hash_t hash = _Py_HashPointer(FUNC(self)->m_self)
                   ^ _Py_HashPointer((void *)FUNC(self)->m_ml->ml_meth);
    return hash == -1 ? -2 : hash;
}

static PyObject *
cfunction_richcompare(PyObject *self, PyObject *other, int op)
{
    if ((op != Py_EQ && op != Py_NE) || !PyCFunction_Check(self) || !PyCFunction_Check(other)) {
        return Py_NewRef(Py_NotImplemented);
    }
    bool equal = FUNC(self)->m_self == FUNC(other)->m_self
              && FUNC(self)->m_ml->ml_meth == FUNC(other)->m_ml->ml_meth;
    return PyBool_FromLong(equal == (op == Py_EQ));
}

static PyObject *
cfunction_reduce(PyObject *self, PyObject *unused)
{
    const char *name = FUNC(self)->m_ml->ml_name;
    if (is_plain_function(self)) { return PyUnicode_FromString(name); }
    return Py_BuildValue("N(Os)", _PyEval_GetBuiltin(ID(getattr)), FUNC(self)->m_self, name);
}

static PyObject *
cfunction_get_doc(PyObject *self, void *context)
{
    PyMethodDef *def = FUNC(self)->m_ml;
    return _PyType_GetDocFromInternalDoc(def->ml_name, def->ml_doc);
}

static PyObject *
cfunction_get_text_signature(PyObject *self, void *context)
{
    PyMethodDef *def = FUNC(self)->m_ml;
    return _PyType_GetTextSignatureFromInternalDoc(def->ml_name, def->ml_doc);
}

static PyObject *
cfunction_get_name(PyObject *self, void *context)
{
    return PyUnicode_FromString(FUNC(self)->m_ml->ml_name);
}

static PyObject *
cfunction_get_qualname(PyObject *self, void *context)
{
    const char *name = FUNC(self)->m_ml->ml_name;
    if (is_plain_function(self)) { return PyUnicode_FromString(name); }
    PyObject *bound = FUNC(self)->m_self;
    PyObject *type = PyType_Check(bound) ? bound : (PyObject *)Py_TYPE(bound);
    own PyObject *qualname = PyObject_GetAttr(type, ID(__qualname__));
    if (!qualname) { return NULL; }
    if (!PyUnicode_Check(qualname)) {
        PyErr_SetString(PyExc_TypeError,
                        "<method>.__class__.__qualname__ is not a unicode object");
        return NULL;
    }
    return PyUnicode_FromFormat("%S.%s", qualname, name);
}

static PyObject *
cfunction_get_self(PyObject *self, void *context)
{
    PyObject *bound = PyCFunction_GET_SELF(self);
    return Py_NewRef(bound ? bound : Py_None);
}

static PyMethodDef cfunction_methods[] = {
    {"__reduce__", cfunction_reduce, METH_NOARGS, NULL},
    {NULL},
};

static PyMemberDef cfunction_members[] = {
    {"__module__", T_OBJECT, offsetof(PyCFunctionObject, m_module), 0, NULL},
    {NULL},
};

static PyGetSetDef cfunction_getset[] = {
    {"__doc__", cfunction_get_doc, NULL, NULL, NULL},
    {"__name__", cfunction_get_name, NULL, NULL, NULL},
    {"__qualname__", cfunction_get_qualname, NULL, NULL, NULL},
    {"__self__", cfunction_get_self, NULL, NULL, NULL},
    {"__text_signature__", cfunction_get_text_signature, NULL, NULL, NULL},
    {NULL},
};

PyTypeObject PyCFunction_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "builtin_function_or_method",
    .tp_basicsize = sizeof(PyCFunctionObject),
    .tp_dealloc = cfunction_dealloc,
    .tp_vectorcall_offset = offsetof(PyCFunctionObject, vectorcall),
    .tp_repr = cfunction_repr,
    .tp_hash = cfunction_hash,
    .tp_call = cfunction_call,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL,
    .tp_traverse = cfunction_traverse,
    .tp_richcompare = cfunction_richcompare,
    .tp_weaklistoffset = offsetof(PyCFunctionObject, m_weakreflist),
    .tp_methods = cfunction_methods,
    .tp_members = cfunction_members,
    .tp_getset = cfunction_getset,
};

PyTypeObject PyCMethod_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "builtin_method",
    .tp_basicsize = sizeof(PyCMethodObject),
    .tp_base = &PyCFunction_Type,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL,
    .tp_dealloc = cfunction_dealloc,
    .tp_traverse = cfunction_traverse,
    .tp_vectorcall_offset = offsetof(PyCFunctionObject, vectorcall),
};

/* --- public API --- */

PyCFunction
PyCFunction_GetFunction(PyObject *self)
{
    if (!PyCFunction_Check(self)) {
        PyErr_BadInternalCall();
        return NULL;
    }
    return PyCFunction_GET_FUNCTION(self);
}

PyObject *
PyCFunction_GetSelf(PyObject *self)
{
    if (!PyCFunction_Check(self)) {
        PyErr_BadInternalCall();
        return NULL;
    }
    return PyCFunction_GET_SELF(self);
}

int
PyCFunction_GetFlags(PyObject *self)
{
    if (!PyCFunction_Check(self)) {
        PyErr_BadInternalCall();
        return -1;
    }
    return PyCFunction_GET_FLAGS(self);
}

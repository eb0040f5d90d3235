/* method.c -- bound methods, and the instancemethod that binds like a function.
 *
 * Holds      im_self is never NULL.  Two methods are equal when their functions are
 *            and they are bound to the very same object.
 * Cost       calls put self in front of the arguments, in the spare word when the
 *            caller left one; bound methods come from a freelist.
 */
#include <Python.h>
#include <structmember.h>

#include "base/stress.h"
#include "memory/own.h"
#include "objects/call.h"
#include "objects/containers.h"
#include "objects/ids.h"
#include "objects/object.h"

#define METHOD(op) ((PyMethodObject *)(op))

/* --- call --- */

static PyObject *
method_vectorcall(PyObject *op, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    PyThreadState *ts = hob_ts();
    PyObject *self = METHOD(op)->im_self, *func = METHOD(op)->im_func;
    Py_ssize_t nargs = PyVectorcall_NARGS(nargsf);
    if (nargsf & PY_VECTORCALL_ARGUMENTS_OFFSET) {
        PyObject **shifted = (PyObject **)args - 1;
        PyObject *saved = shifted[0];
        shifted[0] = self;
        PyObject *result = hob_call_ts(ts, func, shifted, (size_t)nargs + 1, kwnames);
        shifted[0] = saved;
        return result;
    }
    Py_ssize_t total = nargs + (kwnames ? PyTuple_GET_SIZE(kwnames) : 0);
    if (total == 0) { return hob_call_ts(ts, func, &self, 1, NULL); }
    PyObject *few[8], **shifted = few;
    if (total + 1 > (Py_ssize_t)ARRAY_LEN(few)) {
        shifted = PyMem_New(PyObject *, (size_t)total + 1);
        if (!shifted) { return PyErr_NoMemory(); }
    }
    shifted[0] = self;
    memcpy(shifted + 1, args, (size_t)total * sizeof *args);
    PyObject *result = hob_call_ts(ts, func, shifted, (size_t)nargs + 1, kwnames);
    if (shifted != few) { PyMem_Free(shifted); }
    return result;
}

/* --- attributes: its own, else the function's --- */

static PyObject *
method_getattro(PyObject *op, PyObject *name)
{
    PyTypeObject *type = Py_TYPE(op);
    if (!type->tp_dict && PyType_Ready(type) < 0) { return NULL; }
    PyObject *descr = _PyType_Lookup(type, name);
    if (!descr) { return PyObject_GetAttr(METHOD(op)->im_func, name); }
    descrgetfunc get = Py_TYPE(descr)->tp_descr_get;
    return get ? get(descr, op, (PyObject *)type) : Py_NewRef(descr);
}

static PyObject *
method_get_doc(PyObject *op, void *context)
{
    return PyObject_GetAttr(METHOD(op)->im_func, ID(__doc__));
}

/* <bound method C.f of <object>> */
static PyObject *
method_repr(PyObject *op)
{
    PyObject *func = METHOD(op)->im_func, *found;
    if (_PyObject_LookupAttr(func, ID(__qualname__), &found) < 0) { return NULL; }
    if (!found && _PyObject_LookupAttr(func, ID(__name__), &found) < 0) { return NULL; }
    own PyObject *name = found;
    if (!name || !PyUnicode_Check(name)) {
        return PyUnicode_FromFormat("<bound method ? of %R>", METHOD(op)->im_self);
    }
    return PyUnicode_FromFormat("<bound method %U of %R>", name, METHOD(op)->im_self);
}

static Py_hash_t
method_hash(PyObject *op)
{
    Py_hash_t hash = PyObject_Hash(METHOD(op)->im_func);
    if (hash == -1) { return -1; }
    hash ^= _Py_HashPointer(METHOD(op)->im_self);
    return hash == -1 ? -2 : hash;
}

static PyObject *
method_richcompare(PyObject *op, PyObject *other, int how)
{
    if ((how != Py_EQ && how != Py_NE) || !PyMethod_Check(op) || !PyMethod_Check(other)) {
        return Py_NewRef(Py_NotImplemented);
    }
    int equal = PyObject_RichCompareBool(METHOD(op)->im_func, METHOD(other)->im_func, Py_EQ);
    if (equal < 0) { return NULL; }
    equal = equal && METHOD(op)->im_self == METHOD(other)->im_self;
    return PyBool_FromLong(equal == (how == Py_EQ));
}

static PyObject *
method_reduce(PyObject *op, PyObject *unused)
{
    own PyObject *name = PyObject_GetAttr(METHOD(op)->im_func, ID(__name__));
    if (!name) { return NULL; }
    return Py_BuildValue("N(OO)", _PyEval_GetBuiltin(ID(getattr)), METHOD(op)->im_self, name);
}

/* --- life --- */

enum { FREE_MAX = 64 };
static PyMethodObject *free_methods;            /* linked through im_func */
static int n_free;

static void
method_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    if (METHOD(op)->im_weakreflist) { PyObject_ClearWeakRefs(op); }
    PyObject *func = METHOD(op)->im_func, *self = METHOD(op)->im_self;
    if (n_free < FREE_MAX && !STRESSED(freelist)) {
        METHOD(op)->im_func = (PyObject *)free_methods;
        free_methods = METHOD(op);
        n_free++;
    }
    else {
        PyObject_GC_Del(op);
    }
    Py_DECREF(func);
    Py_XDECREF(self);
}

void
hob_method_clear_freelist(void)
{
    while (free_methods) {
        PyMethodObject *method = free_methods;
        free_methods = (PyMethodObject *)method->im_func;
        PyObject_GC_Del(method);
    }
    n_free = 0;
}

static int
method_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(METHOD(op)->im_func);
    Py_VISIT(METHOD(op)->im_self);
    return 0;
}

static PyObject *
method_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *func, *self;
    if (!_PyArg_NoKeywords("method", kwargs)
        || !PyArg_UnpackTuple(args, "method", 2, 2, &func, &self)) {
        return NULL;
    }
    if (!PyCallable_Check(func)) {
        PyErr_SetString(PyExc_TypeError, "first argument must be callable");
        return NULL;
    }
    if (self == Py_None) {
        PyErr_SetString(PyExc_TypeError, "instance must not be None");
        return NULL;
    }
    return PyMethod_New(func, self);
}

static PyMethodDef method_methods[] = {
    {"__reduce__", method_reduce, METH_NOARGS, NULL},
    {NULL},
};

static PyMemberDef method_members[] = {
    {"__func__", T_OBJECT, offsetof(PyMethodObject, im_func), READONLY | RESTRICTED,
     "the function (or other callable) implementing a method"},
    {"__self__", T_OBJECT, offsetof(PyMethodObject, im_self), READONLY | RESTRICTED,
     "the instance to which a method is bound"},
    {NULL},
};

static PyGetSetDef method_getset[] = {
    {"__doc__", method_get_doc, NULL, NULL, NULL},
    {NULL},
};

PyDoc_STRVAR(method_doc,
"method(function, instance)\n"
"\n"
"Create a bound instance method object.");

PyTypeObject PyMethod_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "method",
    .tp_basicsize = sizeof(PyMethodObject),
    .tp_dealloc = method_dealloc,
    .tp_vectorcall_offset = offsetof(PyMethodObject, vectorcall),
    .tp_repr = method_repr,
    .tp_hash = method_hash,
    .tp_call = PyVectorcall_Call,
    .tp_getattro = method_getattro,
    .tp_setattro = PyObject_GenericSetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL,
    .tp_doc = method_doc,
    .tp_traverse = method_traverse,
    .tp_richcompare = method_richcompare,
    .tp_weaklistoffset = offsetof(PyMethodObject, im_weakreflist),
    .tp_methods = method_methods,
    .tp_members = method_members,
    .tp_getset = method_getset,
    .tp_new = method_new,
};

PyObject *
PyMethod_New(PyObject *func, PyObject *self)
{
    if (!self) {
        PyErr_BadInternalCall();
        return NULL;
    }
    PyMethodObject *op = free_methods;
    if (LIKELY(op != NULL)) {
        free_methods = (PyMethodObject *)op->im_func;
        n_free--;
        PyObject_Init((PyObject *)op, &PyMethod_Type);
    }
    else {
        op = PyObject_GC_New(PyMethodObject, &PyMethod_Type);
        if (!op) { return NULL; }
    }
    op->im_func = Py_NewRef(func);
    op->im_self = Py_NewRef(self);
    op->im_weakreflist = NULL;
    op->vectorcall = method_vectorcall;
    PyObject_GC_Track(op);
    return (PyObject *)op;
}

PyObject *
PyMethod_Function(PyObject *op)
{
    if (!PyMethod_Check(op)) {
        PyErr_BadInternalCall();
        return NULL;
    }
    return METHOD(op)->im_func;
}

PyObject *
PyMethod_Self(PyObject *op)
{
    if (!PyMethod_Check(op)) {
        PyErr_BadInternalCall();
        return NULL;
    }
    return METHOD(op)->im_self;
}

/* --- instancemethod: lets any callable bind as functions do --- */

#define FUNCTION(op) (((PyInstanceMethodObject *)(op))->func)

static PyObject *
instancemethod_getattro(PyObject *op, PyObject *name)
{
    PyTypeObject *type = Py_TYPE(op);
    if (!type->tp_dict && PyType_Ready(type) < 0) { return NULL; }
    PyObject *descr = _PyType_Lookup(type, name);
    if (!descr) { return PyObject_GetAttr(FUNCTION(op), name); }
    descrgetfunc get = Py_TYPE(descr)->tp_descr_get;
    return get ? get(descr, op, (PyObject *)type) : Py_NewRef(descr);
}

static PyObject *
instancemethod_get_doc(PyObject *op, void *context)
{
    return PyObject_GetAttr(FUNCTION(op), ID(__doc__));
}

static PyObject *
instancemethod_call(PyObject *op, PyObject *args, PyObject *kwargs)
{
    return PyObject_Call(FUNCTION(op), args, kwargs);
}

static PyObject *
instancemethod_descr_get(PyObject *op, PyObject *instance, PyObject *type)
{
    return instance ? PyMethod_New(FUNCTION(op), instance) : Py_NewRef(FUNCTION(op));
}

static PyObject *
instancemethod_richcompare(PyObject *op, PyObject *other, int how)
{
    if ((how != Py_EQ && how != Py_NE) || !PyInstanceMethod_Check(op)
        || !PyInstanceMethod_Check(other)) {
        return Py_NewRef(Py_NotImplemented);
    }
    int equal = PyObject_RichCompareBool(FUNCTION(op), FUNCTION(other), Py_EQ);
    return equal < 0 ? NULL : PyBool_FromLong(equal == (how == Py_EQ));
}

static PyObject *
instancemethod_repr(PyObject *op)
{
    PyObject *found;
    if (_PyObject_LookupAttr(FUNCTION(op), ID(__name__), &found) < 0) { return NULL; }
    own PyObject *name = found;
    if (!name || !PyUnicode_Check(name)) {
        return PyUnicode_FromFormat("<instancemethod ? at %p>", op);
    }
    return PyUnicode_FromFormat("<instancemethod %U at %p>", name, op);
}

static void
instancemethod_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    Py_DECREF(FUNCTION(op));
    PyObject_GC_Del(op);
}

static int
instancemethod_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(FUNCTION(op));
    return 0;
}

static PyObject *
instancemethod_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *func;
    if (!_PyArg_NoKeywords("instancemethod", kwargs)
        || !PyArg_UnpackTuple(args, "instancemethod", 1, 1, &func)) {
        return NULL;
    }
    if (!PyCallable_Check(func)) {
        PyErr_SetString(PyExc_TypeError, "first argument must be callable");
        return NULL;
    }
    return PyInstanceMethod_New(func);
}

static PyMemberDef instancemethod_members[] = {
    {"__func__", T_OBJECT, offsetof(PyInstanceMethodObject, func), READONLY | RESTRICTED,
     "the function (or other callable) implementing a method"},
    {NULL},
};

static PyGetSetDef instancemethod_getset[] = {
    {"__doc__", instancemethod_get_doc, NULL, NULL, NULL},
    {NULL},
};

PyDoc_STRVAR(instancemethod_doc,
"instancemethod(function)\n"
"\n"
"Bind a function to a class.");

PyTypeObject PyInstanceMethod_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "instancemethod",
    .tp_basicsize = sizeof(PyInstanceMethodObject),
    .tp_dealloc = instancemethod_dealloc,
    .tp_repr = instancemethod_repr,
    .tp_call = instancemethod_call,
    .tp_getattro = instancemethod_getattro,
    .tp_setattro = PyObject_GenericSetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_doc = instancemethod_doc,
    .tp_traverse = instancemethod_traverse,
    .tp_richcompare = instancemethod_richcompare,
    .tp_members = instancemethod_members,
    .tp_getset = instancemethod_getset,
    .tp_descr_get = instancemethod_descr_get,
    .tp_new = instancemethod_new,
};

PyObject *
PyInstanceMethod_New(PyObject *func)
{
    PyInstanceMethodObject *op = PyObject_GC_New(PyInstanceMethodObject,
                                                 &PyInstanceMethod_Type);
    if (!op) { return NULL; }
    op->func = Py_NewRef(func);
    PyObject_GC_Track(op);
    return (PyObject *)op;
}

PyObject *
PyInstanceMethod_Function(PyObject *op)
{
    if (!PyInstanceMethod_Check(op)) {
        PyErr_BadInternalCall();
        return NULL;
    }
    return FUNCTION(op);
}

/* classmethod.c -- classmethod and staticmethod: functions that do not bind to the
 * instance.
 *
 * Layout     both are { callable, dict }; dict holds what was copied from the
 *            callable (__name__, __doc__ ..) so that they look like it.
 */
#include <Python.h>
#include <structmember.h>

#include "memory/own.h"
#include "objects/ids.h"
#include "objects/object.h"

typedef struct wrapped_function {
    PyObject_HEAD
    PyObject *callable;
    PyObject *dict;
} wrapped_function;

#define WRAPPED(op) ((wrapped_function *)(op))

/* --- shared --- */

static status
copy_attributes(PyObject *from, PyObject *to)
{
    PyObject *const names[] = {ID(__module__), ID(__name__), ID(__qualname__), ID(__doc__),
                               ID(__annotations__)};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        PyObject *found;
        if (_PyObject_LookupAttr(from, names[i], &found) < 0) { return -1; }
        own PyObject *value = found;
        if (value && PyObject_SetAttr(to, names[i], value) < 0) { return -1; }
    }
    return 0;
}

static int
wrapped_init(PyObject *op, PyObject *args, PyObject *kwargs, const char *name)
{
    PyObject *callable;
    if (!_PyArg_NoKeywords(name, kwargs)
        || !PyArg_UnpackTuple(args, name, 1, 1, &callable)) {
        return -1;
    }
    Py_INCREF(callable);
    Py_XSETREF(WRAPPED(op)->callable, callable);
    return copy_attributes(callable, op);
}

static int
wrapped_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(WRAPPED(op)->dict);
    Py_VISIT(WRAPPED(op)->callable);
    return 0;
}

static int
wrapped_clear(PyObject *op)
{
    Py_CLEAR(WRAPPED(op)->dict);
    Py_CLEAR(WRAPPED(op)->callable);
    return 0;
}

static void
wrapped_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    Py_XDECREF(WRAPPED(op)->callable);
    Py_XDECREF(WRAPPED(op)->dict);
    Py_TYPE(op)->tp_free(op);
}

static PyObject *
wrapped_is_abstract(PyObject *op, void *context)
{
    int abstract = _PyObject_IsAbstract(WRAPPED(op)->callable);
    return abstract < 0 ? NULL : PyBool_FromLong(abstract);
}

/* From C: no attributes are copied. */
static PyObject *
wrapped_new(PyTypeObject *type, PyObject *callable)
{
    PyObject *op = PyType_GenericAlloc(type, 0);
    if (op) { WRAPPED(op)->callable = Py_NewRef(callable); }
    return op;
}

static PyMemberDef wrapped_members[] = {
    {"__func__", T_OBJECT, offsetof(wrapped_function, callable), READONLY, NULL},
    {"__wrapped__", T_OBJECT, offsetof(wrapped_function, callable), READONLY, NULL},
    {NULL},
};

static PyGetSetDef wrapped_getset[] = {
    {"__isabstractmethod__", wrapped_is_abstract, NULL, NULL, NULL},
    {"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, NULL, NULL},
    {NULL},
};

#define WRAPPED_COMMON                                                          \
    .tp_basicsize = sizeof(wrapped_function),                                   \
    .tp_dealloc = wrapped_dealloc,                                              \
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,  \
    .tp_traverse = wrapped_traverse,                                            \
    .tp_clear = wrapped_clear,                                                  \
    .tp_members = wrapped_members,                                              \
    .tp_getset = wrapped_getset,                                                \
    .tp_dictoffset = offsetof(wrapped_function, dict),                          \
    .tp_alloc = PyType_GenericAlloc,                                            \
    .tp_new = PyType_GenericNew,                                                \
    .tp_free = PyObject_GC_Del

static COLD void *
error_uninitialized(const char *name)
{
    PyErr_Format(PyExc_RuntimeError, "uninitialized %s object", name);
    return NULL;
}

/* --- classmethod --- */

static PyObject *
classmethod_get(PyObject *op, PyObject *instance, PyObject *type)
{
    PyObject *callable = WRAPPED(op)->callable;
    if (!callable) { return error_uninitialized("classmethod"); }
    if (!type) { type = (PyObject *)Py_TYPE(instance); }
    if (!hob_c_stack_has_room()) { return NULL; }
    descrgetfunc get = Py_TYPE(callable)->tp_descr_get;
    return get ? get(callable, type, type) : PyMethod_New(callable, type);
}

static int
classmethod_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    return wrapped_init(op, args, kwargs, "classmethod");
}

static PyObject *
classmethod_repr(PyObject *op)
{
    return PyUnicode_FromFormat("<classmethod(%R)>", WRAPPED(op)->callable);
}

PyDoc_STRVAR(classmethod_doc,
"classmethod(function) -> method\n"
"\n"
"Make a function receive the class as its first argument, where a plain method\n"
"receives the instance:\n"
"\n"
"  class C:\n"
"      @classmethod\n"
"      def f(cls, arg1, arg2, argN):\n"
"          ...\n"
"\n"
"It may be called on the class (C.f()) or on an instance (C().f(), of which only\n"
"the class counts); called on a derived class, it receives that.");

PyTypeObject PyClassMethod_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "classmethod",
    WRAPPED_COMMON,
    .tp_repr = classmethod_repr,
    .tp_doc = classmethod_doc,
    .tp_descr_get = classmethod_get,
    .tp_init = classmethod_init,
};

PyObject *
PyClassMethod_New(PyObject *callable)
{
    return wrapped_new(&PyClassMethod_Type, callable);
}

/* --- staticmethod --- */

static PyObject *
staticmethod_get(PyObject *op, PyObject *instance, PyObject *type)
{
    PyObject *callable = WRAPPED(op)->callable;
    return callable ? Py_NewRef(callable) : error_uninitialized("staticmethod");
}

static PyObject *
staticmethod_call(PyObject *op, PyObject *args, PyObject *kwargs)
{
    PyObject *callable = WRAPPED(op)->callable;
    return callable ? PyObject_Call(callable, args, kwargs)
        : error_uninitialized("staticmethod");
}

static int
staticmethod_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    return wrapped_init(op, args, kwargs, "staticmethod");
}

static PyObject *
staticmethod_repr(PyObject *op)
{
    return PyUnicode_FromFormat("<staticmethod(%R)>", WRAPPED(op)->callable);
}

PyDoc_STRVAR(staticmethod_doc,
"staticmethod(function) -> method\n"
"\n"
"Make a function receive neither the instance nor the class:\n"
"\n"
"     class C:\n"
"         @staticmethod\n"
"         def f(arg1, arg2, argN):\n"
"             ...\n"
"\n"
"It may be called on the class (C.f()) or on an instance (C().f()). For functions\n"
"that need the class, see classmethod.");

PyTypeObject PyStaticMethod_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "staticmethod",
    WRAPPED_COMMON,
    .tp_repr = staticmethod_repr,
    .tp_call = staticmethod_call,
    .tp_doc = staticmethod_doc,
    .tp_descr_get = staticmethod_get,
    .tp_init = staticmethod_init,
};

PyObject *
PyStaticMethod_New(PyObject *callable)
{
    return wrapped_new(&PyStaticMethod_Type, callable);
}

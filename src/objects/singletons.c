/* singletons.c -- None, NotImplemented and Ellipsis: objects with one instance.
 *
 * Holds      the three are static and never freed; their counts move like any
 *            other, and reaching zero is a broken extension, reported at once.
 */
#include "objects/object.h"

static void COLD
singleton_dealloc(PyObject *self)
{
    _Py_FatalErrorFormat("singleton_dealloc", "deallocating %s", Py_TYPE(self)->tp_name);
}

/* The one instance again, whoever asks for a new one. */
static PyObject *
singleton_new(PyTypeObject *type, PyObject *args, PyObject *kwargs, const char *name,
              PyObject *instance)
{
    if (PyTuple_GET_SIZE(args) || (kwargs && PyDict_GET_SIZE(kwargs))) {
        PyErr_Format(PyExc_TypeError, "%s takes no arguments", name);
        return NULL;
    }
    return Py_NewRef(instance);
}

/* --- None --- */

static PyObject *
none_repr(PyObject *self)
{
    return PyUnicode_FromString("None");
}

static PyObject *
none_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    return singleton_new(type, args, kwargs, "NoneType", Py_None);
}

static int
none_bool(PyObject *self)
{
    return 0;
}

static PyNumberMethods none_as_number = { .nb_bool = none_bool };

PyTypeObject _PyNone_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "NoneType",
    .tp_basicsize = sizeof(PyObject),
    .tp_dealloc = singleton_dealloc,
    .tp_repr = none_repr,
    .tp_as_number = &none_as_number,
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = none_new,
};

PyObject _Py_NoneStruct = { _PyObject_EXTRA_INIT 1, &_PyNone_Type };

/* --- NotImplemented --- */

static PyObject *
notimplemented_repr(PyObject *self)
{
    return PyUnicode_FromString("NotImplemented");
}

static PyObject *
notimplemented_reduce(PyObject *self, PyObject *unused)
{
    return PyUnicode_FromString("NotImplemented");
}

static PyObject *
notimplemented_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    return singleton_new(type, args, kwargs, "NotImplementedType", Py_NotImplemented);
}

static int
notimplemented_bool(PyObject *self)
{
    int failed = PyErr_WarnEx(PyExc_DeprecationWarning,
                              "NotImplemented should not be used in a boolean context", 1);
    return failed ? -1 : 1;
}

static PyMethodDef notimplemented_methods[] = {
    {"__reduce__", notimplemented_reduce, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyNumberMethods notimplemented_as_number = { .nb_bool = notimplemented_bool };

PyTypeObject _PyNotImplemented_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "NotImplementedType",
    .tp_basicsize = sizeof(PyObject),
    .tp_dealloc = singleton_dealloc,
    .tp_repr = notimplemented_repr,
    .tp_as_number = &notimplemented_as_number,
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_methods = notimplemented_methods,
    .tp_new = notimplemented_new,
};

PyObject _Py_NotImplementedStruct = { _PyObject_EXTRA_INIT 1, &_PyNotImplemented_Type };

/* --- Ellipsis --- */

static PyObject *
ellipsis_repr(PyObject *self)
{
    return PyUnicode_FromString("Ellipsis");
}

static PyObject *
ellipsis_reduce(PyObject *self, PyObject *unused)
{
    return PyUnicode_FromString("Ellipsis");
}

static PyObject *
ellipsis_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    return singleton_new(type, args, kwargs, "EllipsisType", Py_Ellipsis);
}

static PyMethodDef ellipsis_methods[] = {
    {"__reduce__", ellipsis_reduce, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

PyTypeObject PyEllipsis_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "ellipsis",
    .tp_basicsize = sizeof(PyObject),
    .tp_dealloc = singleton_dealloc,
    .tp_repr = ellipsis_repr,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_methods = ellipsis_methods,
    .tp_new = ellipsis_new,
};

PyObject _Py_EllipsisObject = { _PyObject_EXTRA_INIT 1, &PyEllipsis_Type };

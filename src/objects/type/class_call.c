/* class_call.c -- calling a class: __new__, then __init__.
 *
 * Most classes say nothing about __new__, so making an instance is one
 * allocation and one call of a Python function; that path builds no argument
 * tuple (hob_class_plain_init says when it is open).
 */
#include "objects/exceptions/exceptions.h"
#include "objects/instance.h"
#include "objects/int/int.h"
#include "objects/iterators.h"
#include "objects/type/type_int.h"

/* --- the general way --- */

PyObject *
hob_type_call(PyObject *self, PyObject *args, PyObject *kwargs)
{
    PyTypeObject *type = (PyTypeObject *)self;
    if (type == &PyType_Type) {
        Py_ssize_t n = PyTuple_GET_SIZE(args);
        if (n == 1 && (!kwargs || PyDict_GET_SIZE(kwargs) == 0)) {
            return Py_NewRef(Py_TYPE(PyTuple_GET_ITEM(args, 0)));
        }
        if (n != 3) {
            PyErr_SetString(PyExc_TypeError, "type() takes 1 or 3 arguments");
            return NULL;
        }
    }
    if (!type->tp_new) {
        PyErr_Format(PyExc_TypeError, "cannot create '%s' instances", type->tp_name);
        return NULL;
    }
    PyThreadState *ts = hob_ts();
    PyObject *instance = _Py_CheckFunctionResult(ts, self, type->tp_new(type, args, kwargs),
                                                 NULL);
    if (!instance) { return NULL; }
    /* __new__ chose otherwise */
    if (!PyObject_TypeCheck(instance, type)) { return instance; }
    initproc init = Py_TYPE(instance)->tp_init;
    if (init && init(instance, args, kwargs) < 0) {
        Py_DECREF(instance);
        return NULL;
    }
    return instance;
}

/* --- makers --- */

/* The makers that the slots of the ABI have no place for. */
static MAYBE_NULL vectorcallfunc
kept_maker(PyTypeObject *type)
{
    if (type == &PyLong_Type) { return hob_int_vectorcall; }
    if (type == &PyZip_Type) { return hob_zip_vectorcall; }
    return hob_base_is_plain(type) ? hob_base_vectorcall : NULL;
}

vectorcallfunc
hob_type_maker(PyTypeObject *type)
{
    return type->tp_vectorcall ? type->tp_vectorcall : kept_maker(type);
}

/* --- the short way --- */

PyObject *
hob_class_plain_init(PyTypeObject *type)
{
    if (type->tp_new != hob_object_new || type->tp_init != hob_slot_tp_init
        || type->tp_alloc != PyType_GenericAlloc || type->tp_itemsize
        || Py_TYPE(type)->tp_call != hob_type_call
        || (type->tp_flags & Py_TPFLAGS_IS_ABSTRACT)) {
        return NULL;
    }
    PyObject *init = hob_type_peek(type, ID(__init__));
    return init && PyType_HasFeature(Py_TYPE(init), Py_TPFLAGS_METHOD_DESCRIPTOR) ? init : NULL;
}

PyObject *
hob_class_alloc(PyTypeObject *type)
{
    if (LIKELY(type->tp_flags & Py_TPFLAGS_MANAGED_DICT)) { return hob_instance_alloc(type); }
    return PyType_GenericAlloc(type, 0);
}

/* init(instance, *args): the free word in front of args takes the instance. */
static PyObject *
call_init(PyThreadState *ts, PyObject *init, PyObject *instance, PyObject *const *args,
          size_t nargsf, PyObject *kwnames)
{
    Py_ssize_t nargs = PyVectorcall_NARGS(nargsf);
    if (nargsf & PY_VECTORCALL_ARGUMENTS_OFFSET) {
        PyObject **shifted = (PyObject **)args - 1;
        PyObject *saved = shifted[0];
        shifted[0] = instance;
        PyObject *result = hob_call_ts(ts, init, shifted, (size_t)nargs + 1, kwnames);
        shifted[0] = saved;
        return result;
    }
    Py_ssize_t total = nargs + (kwnames ? PyTuple_GET_SIZE(kwnames) : 0);
    PyObject *few[8], **shifted = few;
    if (total + 1 > (Py_ssize_t)ARRAY_LEN(few)) {
        shifted = PyMem_New(PyObject *, (size_t)total + 1);
        if (!shifted) { return PyErr_NoMemory(); }
    }
    shifted[0] = instance;
    if (total) { memcpy(shifted + 1, args, (size_t)total * sizeof *args); }
    PyObject *result = hob_call_ts(ts, init, shifted, (size_t)nargs + 1, kwnames);
    if (shifted != few) { PyMem_Free(shifted); }
    return result;
}

static PyObject *
call_plain(PyTypeObject *type, PyObject *init, PyObject *const *args, size_t nargsf,
           PyObject *kwnames)
{
    own PyObject *instance = hob_class_alloc(type);
    if (!instance) { return NULL; }
    Py_INCREF(init);
    PyObject *result = call_init(hob_ts(), init, instance, args, nargsf, kwnames);
    Py_DECREF(init);
    if (UNLIKELY(result != Py_None)) {
        if (!result) { return NULL; }
        hob_error_type("__init__() should return None, not '%.200s'", result);
        Py_DECREF(result);
        return NULL;
    }
    Py_DECREF(result);
    return take(instance);
}

static PyObject *
call_class(PyObject *self, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    PyTypeObject *type = (PyTypeObject *)self;
    PyObject *init = hob_class_plain_init(type);
    if (LIKELY(init != NULL)) { return call_plain(type, init, args, nargsf, kwnames); }

    Py_ssize_t nargs = PyVectorcall_NARGS(nargsf);
    if (nargs == 0 && !kwnames && type->tp_new == hob_object_new
        && type->tp_init == hob_object_init
        && !(type->tp_flags & Py_TPFLAGS_IS_ABSTRACT)) {
        return type->tp_alloc(type, 0);         /* `class K: pass`, called K() */
    }
    vectorcallfunc make = kept_maker(type);
    if (make) { return make(self, args, nargsf, kwnames); }

    own PyObject *tuple = PyTuple_New(nargs);
    if (!tuple) { return NULL; }
    for (Py_ssize_t i = 0; i < nargs; i++) { PyTuple_SET_ITEM(tuple, i, Py_NewRef(args[i])); }
    own PyObject *kwargs = kwnames && PyTuple_GET_SIZE(kwnames)
        ? _PyStack_AsDict(args + nargs, kwnames) : NULL;
    if (!kwargs && kwnames && PyTuple_GET_SIZE(kwnames)) { return NULL; }
    return hob_type_call(self, tuple, kwargs);
}

/* Type's tp_call without a tuple; it counts as a call from C. */
PyObject *
hob_class_vectorcall(PyObject *self, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    PyThreadState *ts = hob_ts();
    if (hob_recursion_enter(ts, " while calling a Python object")) { return NULL; }
    PyObject *result = call_class(self, args, nargsf, kwnames);
    hob_recursion_leave(ts);
    return result;
}

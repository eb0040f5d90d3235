/* call.h -- calling, without detours.
 *
 * hob_call is PyObject_Vectorcall with the dispatch in line; the machine uses
 * it for every call that it does not understand better.
 */
#pragma once
#include <Python.h>

#include "base/c.h"
#include "objects/object.h"

static inline vectorcallfunc
hob_vectorcall_of(PyObject *callable)
{
    PyTypeObject *type = Py_TYPE(callable);
    if (!PyType_HasFeature(type, Py_TPFLAGS_HAVE_VECTORCALL)) { return NULL; }
    return *(vectorcallfunc *)((char *)callable + type->tp_vectorcall_offset);
}

static inline PyObject *
hob_call_ts(PyThreadState *ts, PyObject *callable, PyObject *const *args, size_t nargsf,
            PyObject *kwnames)
{
    vectorcallfunc func = hob_vectorcall_of(callable);
    if (UNLIKELY(!func)) {
        return _PyObject_MakeTpCall(ts, callable, args, PyVectorcall_NARGS(nargsf), kwnames);
    }
    PyObject *result = func(callable, args, nargsf, kwnames);
    if (LIKELY(result && !ts->curexc_type)) { return result; }
    if (LIKELY(!result && ts->curexc_type)) { return NULL; }
    return _Py_CheckFunctionResult(ts, callable, result, NULL);
}

static inline PyObject *
hob_call(PyObject *callable, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    return hob_call_ts(hob_ts(), callable, args, nargsf, kwnames);
}

static inline PyObject *
hob_call_noargs(PyObject *callable)
{
    return hob_call(callable, NULL, 0, NULL);
}

static inline PyObject *
hob_call_one(PyObject *callable, PyObject *arg)
{
    PyObject *args[2] = {NULL, arg};
    return hob_call(callable, args + 1, 1 | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
}

/* self.name(args): args[0] is self, all borrowed. */
MUST_USE PyObject *hob_call_method(PyObject *name, PyObject *const *args, Py_ssize_t nargs);

/* A call prepended by one argument: obj(*args, **kwargs) as func(first, *args, **kwargs). */
MUST_USE PyObject *hob_call_prepend(PyThreadState *ts, PyObject *callable, PyObject *first,
                                    PyObject *args, PyObject *kwargs);

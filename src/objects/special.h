/* special.h -- looking up __special__ methods: on the type, bound to the object. */
#pragma once
#include <Python.h>

#include "base/c.h"

/* type(self).name bound to self; NULL without an error when there is none. */
MAYBE_NULL MUST_USE static inline PyObject *
hob_special_get(PyObject *self, PyObject *name)
{
    PyObject *found = _PyType_Lookup(Py_TYPE(self), name);
    if (!found) { return NULL; }
    descrgetfunc get = Py_TYPE(found)->tp_descr_get;
    if (!get) { return Py_NewRef(found); }
    Py_INCREF(found);
    PyObject *bound = get(found, self, (PyObject *)Py_TYPE(self));
    Py_DECREF(found);
    return bound;
}

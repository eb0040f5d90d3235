/* equal.h -- a == b as containers ask it: identity first, the plainest types inline. */
#pragma once
#include <Python.h>

#include "base/c.h"

/* PyObject_RichCompareBool(a, b, Py_EQ), which runs code unless a and b are exact
 * ints or strs. */
MUST_USE static inline tri
hob_equal(PyObject *a, PyObject *b)
{
    if (a == b) { return 1; }
    PyTypeObject *type = Py_TYPE(a);
    if (type == Py_TYPE(b)) {
        if (type == &PyLong_Type) {
            Py_ssize_t size = Py_SIZE(a);
            if (size != Py_SIZE(b)) { return 0; }
            const digit *x = ((PyLongObject *)a)->ob_digit;
            const digit *y = ((PyLongObject *)b)->ob_digit;
            return memcmp(x, y, (size_t)(size < 0 ? -size : size) * sizeof(digit)) == 0;
        }
        if (type == &PyUnicode_Type && PyUnicode_IS_READY(a) && PyUnicode_IS_READY(b)) {
            Py_ssize_t n = PyUnicode_GET_LENGTH(a);
            size_t kind = PyUnicode_KIND(a);
            return n == PyUnicode_GET_LENGTH(b) && kind == PyUnicode_KIND(b)
                   && memcmp(PyUnicode_DATA(a), PyUnicode_DATA(b), (size_t)n * kind) == 0;
        }
    }
    return PyObject_RichCompareBool(a, b, Py_EQ);
}

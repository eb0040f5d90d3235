/* _bisect.c -- finding and keeping a place in a sorted sequence.
 *
 * Holds      bisect_right: everything in a[:i] is <= x, in a[i:] > x;
 *            bisect_left: everything in a[:i] is < x, in a[i:] >= x.
 *            Only "<" is asked: x < item to the right, item < x to the left.
 */
#include <Python.h>

#include "memory/own.h"
#include "objects/bind.h"

/* item < x to the left, x < item to the right; item is mapped by key if any. */
static tri
goes_on(PyObject *item, PyObject *x, PyObject *key, bool to_left)
{
    if (key == Py_None) {
        return PyObject_RichCompareBool(to_left ? item : x, to_left ? x : item, Py_LT);
    }
    own PyObject *value = PyObject_CallOneArg(key, item);
    if (!value) { return -1; }
    return PyObject_RichCompareBool(to_left ? value : x, to_left ? x : value, Py_LT);
}

/* The place of x in a[low:high]; -1 with an exception. */
static Py_ssize_t
search(PyObject *a, PyObject *x, Py_ssize_t low, Py_ssize_t high, PyObject *key, bool to_left)
{
    if (low < 0) {
        PyErr_SetString(PyExc_ValueError, "lo must be non-negative");
        return -1;
    }
    if (high == -1 && (high = PySequence_Size(a)) < 0) { return -1; }
    ssizeargfunc get = Py_TYPE(a)->tp_as_sequence ? Py_TYPE(a)->tp_as_sequence->sq_item : NULL;
    if (!get) { get = PySequence_GetItem; }
    while (low < high) {
        Py_ssize_t middle = (Py_ssize_t)(((size_t)low + (size_t)high) / 2);
        own PyObject *item = get(a, middle);
        if (!item) { return -1; }
        tri moves = goes_on(item, x, key, to_left);
        if (moves < 0) { return -1; }
        if (moves == to_left) { low = middle + 1; }
        else { high = middle; }
    }
    return low;
}

/* hi: None is the length of a. */
static bool
arg_high(PyObject *value, Py_ssize_t *high)
{
    *high = -1;
    return value == Py_None || !value || arg_ssize(value, high);
}

static PyObject *
insort(PyObject *a, PyObject *x, Py_ssize_t lo, PyObject *hi, PyObject *key, bool to_left)
{
    Py_ssize_t high;
    if (!arg_high(hi, &high)) { return NULL; }
    own PyObject *sought = key == Py_None ? Py_NewRef(x) : PyObject_CallOneArg(key, x);
    Py_ssize_t at = sought ? search(a, sought, lo, high, key, to_left) : -1;
    if (at < 0) { return NULL; }
    if (PyList_CheckExact(a)) {
        if (PyList_Insert(a, at, x) < 0) { return NULL; }
        Py_RETURN_NONE;
    }
    own PyObject *done = PyObject_CallMethod(a, "insert", "nO", at, x);
    if (!done) { return NULL; }
    Py_RETURN_NONE;
}

/** bisect_right($module, /, a, x, lo=0, hi=None, *, key=None)
 *
 *  The place after all items that are not greater than x in a sorted list.
 *
 *  lo and hi bound the part of a to search; key is called on each item that is
 *  looked at, but not on x.
 */
static Py_ssize_t
bisect_right(PyObject *module, PyObject *a, PyObject *x, Py_ssize_t lo, PyObject *hi,
             PyObject *key)
{
    Py_ssize_t high;
    return arg_high(hi, &high) ? search(a, x, lo, high, key, false) : -1;
}

/** insort_right($module, /, a, x, lo=0, hi=None, *, key=None)
 *
 *  Insert x after all items that are not greater.
 */
static PyObject *
insort_right(PyObject *module, PyObject *a, PyObject *x, Py_ssize_t lo, PyObject *hi,
             PyObject *key)
{
    return insort(a, x, lo, hi, key, false);
}

/** bisect_left($module, /, a, x, lo=0, hi=None, *, key=None)
 *
 *  The place before all items that are not less than x in a sorted list.
 *
 *  lo and hi bound the part of a to search; key is called on each item that is
 *  looked at, but not on x.
 */
static Py_ssize_t
bisect_left(PyObject *module, PyObject *a, PyObject *x, Py_ssize_t lo, PyObject *hi,
            PyObject *key)
{
    Py_ssize_t high;
    return arg_high(hi, &high) ? search(a, x, lo, high, key, true) : -1;
}

/** insort_left($module, /, a, x, lo=0, hi=None, *, key=None)
 *
 *  Insert x before all items that are not less.
 */
static PyObject *
insort_left(PyObject *module, PyObject *a, PyObject *x, Py_ssize_t lo, PyObject *hi,
            PyObject *key)
{
    return insort(a, x, lo, hi, key, true);
}

#include "gen/modules/_bisect.bind.h"

static PyModuleDef_Slot module_slots[] = {
    {0, NULL},
};

PyDoc_STRVAR(module_doc, "Places in sorted sequences.");

static struct PyModuleDef module_def = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_bisect",
    .m_doc = module_doc,
    .m_methods = module_methods,
    .m_slots = module_slots,
};

PyMODINIT_FUNC
PyInit__bisect(void)
{
    return PyModuleDef_Init(&module_def);
}

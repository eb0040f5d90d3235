/* slices.c -- x[a:b] of the built-in sequences without a slice object.
 *
 * Holds      Nothing here runs Python code before it has decided to do the whole
 *            operation: containers are of exact types, bounds None or small ints.
 * Next       ops/subscript.ops, BUILD_SLICE__BINARY_SUBSCR
 */
#include "vm/vm.h"

#include "objects/int/int.h"
#include "objects/list.h"
#include "objects/tuple.h"

/* The bound op says, or what None means. */
static bool
read_bound(PyObject *op, Py_ssize_t if_none, Py_ssize_t *value)
{
    if (op == Py_None) {
        *value = if_none;
        return true;
    }
    if (!PyLong_CheckExact(op) || !hob_int_is_compact(op)) { return false; }
    *value = (Py_ssize_t)hob_int_compact_value(op);
    return true;
}

/* Where the slice of a sequence of `length` begins, its step, and its size; -1: unknown. */
static Py_ssize_t
read_slice(PyObject *const *bounds, Py_ssize_t n, Py_ssize_t length, Py_ssize_t *start,
           Py_ssize_t *step)
{
    Py_ssize_t stop;
    *step = 1;
    if (n == 3 && (!read_bound(bounds[2], 1, step) || *step == 0)) { return -1; }
    bool down = *step < 0;
    if (!read_bound(bounds[0], down ? PY_SSIZE_T_MAX : 0, start)
        || !read_bound(bounds[1], down ? PY_SSIZE_T_MIN : PY_SSIZE_T_MAX, &stop)) {
        return -1;
    }
    return PySlice_AdjustIndices(length, start, &stop, *step);
}

PyObject *
hob_slice_get(PyObject *container, PyObject *const *bounds, Py_ssize_t n)
{
    PyTypeObject *type = Py_TYPE(container);
    Py_ssize_t start, step, size, length;
    if (type == &PyUnicode_Type) {
        if (!PyUnicode_IS_READY(container)) { return NULL; }
        length = PyUnicode_GET_LENGTH(container);
    }
    else if (type == &PyList_Type || type == &PyTuple_Type || type == &PyBytes_Type) {
        length = Py_SIZE(container);
    }
    else {
        return NULL;
    }
    size = read_slice(bounds, n, length, &start, &step);
    if (size < 0) { return NULL; }
    if (type == &PyList_Type) {
        return hob_list_slice((PyListObject *)container, start, step, size);
    }
    if (step != 1) { return NULL; }
    if (type == &PyUnicode_Type) { return PyUnicode_Substring(container, start, start + size); }
    if (size == length) { return Py_NewRef(container); }
    if (type == &PyBytes_Type) {
        return PyBytes_FromStringAndSize(PyBytes_AS_STRING(container) + start, size);
    }
    return PyTuple_GetSlice(container, start, start + size);
}

tri
hob_slice_set(PyObject *container, PyObject *const *bounds, Py_ssize_t n, PyObject *value)
{
    if (!PyList_CheckExact(container) || !PyList_CheckExact(value)) { return 0; }
    Py_ssize_t start, step;
    Py_ssize_t size = read_slice(bounds, n, PyList_GET_SIZE(container), &start, &step);
    if (size < 0 || step != 1) { return 0; }
    return PyList_SetSlice(container, start, start + size, value) < 0 ? -1 : 1;
}

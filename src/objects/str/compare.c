/* compare.c -- equality, order and hash.
 *
 * Holds     equal strs have equal kinds, so equality is that of their bytes.
 */
#include "objects/str/str_int.h"

#include "base/hash.h"
#include "objects/plain.h"

bool
hob_str_equal(PyObject *a, PyObject *b)
{
    return hob_equal_strs(a, b);
}

bool
hob_str_equals_ascii(PyObject *str, const char *ascii, Py_ssize_t n)
{
    return STATE(str).ascii && LENGTH(str) == n
        && memcmp(PyUnicode_DATA(str), ascii, (size_t)n) == 0;
}

Py_hash_t
hob_str_hash(PyObject *str)
{
    if (LIKELY(HASH(str) != -1)) { return HASH(str); }
    READY_OR(str, -1);
    return HASH(str) = hob_hash_bytes(PyUnicode_DATA(str), LENGTH(str) * STATE(str).kind);
}

static int
order_of(PyObject *a, PyObject *b)
{
    text x = text_of(a), y = text_of(b);
    return hob_units_compare(x.kind, x.data, x.n, y.kind, y.data, y.n);
}

/* --- public API --- */

int
PyUnicode_Compare(PyObject *left, PyObject *right)
{
    if (PyUnicode_Check(left) && PyUnicode_Check(right)) {
        READY_OR(left, -1);
        READY_OR(right, -1);
        return left == right ? 0 : order_of(left, right);
    }
    PyErr_Format(PyExc_TypeError, "Can't compare %.100s and %.100s", Py_TYPE(left)->tp_name,
                 Py_TYPE(right)->tp_name);
    return -1;
}

PyObject *
PyUnicode_RichCompare(PyObject *left, PyObject *right, int op)
{
    if (!PyUnicode_Check(left) || !PyUnicode_Check(right)) { Py_RETURN_NOTIMPLEMENTED; }
    READY_OR(left, NULL);
    READY_OR(right, NULL);
    if (op == Py_EQ || op == Py_NE) {
        bool equal = left == right || hob_str_equal(left, right);
        return Py_NewRef(equal == (op == Py_EQ) ? Py_True : Py_False);
    }
    int order = left == right ? 0 : order_of(left, right);
    Py_RETURN_RICHCOMPARE(order, 0, op);
}

int
_PyUnicode_Equal(PyObject *str1, PyObject *str2)
{
    return str1 == str2 || hob_str_equal(str1, str2);
}

int
_PyUnicode_EQ(PyObject *aa, PyObject *bb)
{
    return hob_str_equal(aa, bb);
}

int
PyUnicode_CompareWithASCIIString(PyObject *uni, const char *str)
{
    READY_OR(uni, -1);
    text t = text_of(uni);
    return hob_units_compare(t.kind, t.data, t.n, 1, str, (Py_ssize_t)strlen(str));
}

int
_PyUnicode_EqualToASCIIString(PyObject *unicode, const char *str)
{
    if (!STATE(unicode).ready && _PyUnicode_Ready(unicode) < 0) {
        PyErr_Clear();
        return 0;
    }
    return hob_str_equals_ascii(unicode, str, (Py_ssize_t)strlen(str));
}

int
_PyUnicode_EqualToASCIIId(PyObject *left, _Py_Identifier *right)
{
    if (!STATE(left).ready && _PyUnicode_Ready(left) < 0) {
        PyErr_Clear();
        return 0;
    }
    if (!STATE(left).ascii) { return 0; }
    PyObject *name = _PyUnicode_FromId(right);
    if (!name) {
        PyErr_Clear();
        return 0;
    }
    return left == name || hob_str_equal(left, name);
}

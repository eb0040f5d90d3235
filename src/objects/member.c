/* member.c -- PyMemberDef: C fields of an object as Python attributes.
 *
 * Each field type is one case of get and one of set, side by side.  An object
 * field of type T_OBJECT reads NULL as None; T_OBJECT_EX as AttributeError.
 */
#include <Python.h>
#include <structmember.h>

#include "memory/own.h"
#include "objects/object.h"

PyObject *
PyMember_GetOne(const char *self, PyMemberDef *member)
{
    if (member->flags & READ_RESTRICTED
        && PySys_Audit("object.__getattr__", "Os", self, member->name) < 0) {
        return NULL;
    }
    const void *at = self + member->offset;
    switch (member->type) {
    case T_BOOL:      return PyBool_FromLong(*(const char *)at);
    case T_BYTE:      return PyLong_FromLong(*(const signed char *)at);
    case T_UBYTE:     return PyLong_FromUnsignedLong(*(const unsigned char *)at);
    case T_SHORT:     return PyLong_FromLong(*(const short *)at);
    case T_USHORT:    return PyLong_FromUnsignedLong(*(const unsigned short *)at);
    case T_INT:       return PyLong_FromLong(*(const int *)at);
    case T_UINT:      return PyLong_FromUnsignedLong(*(const unsigned int *)at);
    case T_LONG:      return PyLong_FromLong(*(const long *)at);
    case T_ULONG:     return PyLong_FromUnsignedLong(*(const unsigned long *)at);
    case T_PYSSIZET:  return PyLong_FromSsize_t(*(const Py_ssize_t *)at);
    case T_LONGLONG:  return PyLong_FromLongLong(*(const long long *)at);
    case T_ULONGLONG: return PyLong_FromUnsignedLongLong(*(const unsigned long long *)at);
    case T_FLOAT:     return PyFloat_FromDouble(*(const float *)at);
    case T_DOUBLE:    return PyFloat_FromDouble(*(const double *)at);
    case T_CHAR:      return PyUnicode_FromStringAndSize(at, 1);
    case T_STRING_INPLACE: return PyUnicode_FromString(at);
    case T_NONE:      return Py_NewRef(Py_None);
    case T_STRING: {
        const char *text = *(const char *const *)at;
        return text ? PyUnicode_FromString(text) : Py_NewRef(Py_None);
    }
    case T_OBJECT: {
        PyObject *value = *(PyObject *const *)at;
        return Py_NewRef(value ? value : Py_None);
    }
    case T_OBJECT_EX: {
        PyObject *value = *(PyObject *const *)at;
        if (!value) {
            PyObject *owner = (PyObject *)self;
            PyErr_Format(PyExc_AttributeError, "'%.200s' object has no attribute '%s'",
                         Py_TYPE(owner)->tp_name, member->name);
        }
        return Py_XNewRef(value);
    }
    default:
        PyErr_SetString(PyExc_SystemError, "bad memberdescr type");
        return NULL;
    }
}

/* --- set --- */

static status
warn_truncated(const char *ctype)
{
    return PyErr_WarnFormat(PyExc_RuntimeWarning, 1, "Truncation of value to %s", ctype);
}

/* A long within [low, high], or cut with a warning. */
static status
set_long(PyObject *value, long low, long high, const char *ctype, long *out)
{
    *out = PyLong_AsLong(value);
    if (*out == -1 && PyErr_Occurred()) { return -1; }
    return *out < low || *out > high ? warn_truncated(ctype) : 0;
}

/* unsigned int and long take negative numbers too, with a warning. */
static status
set_unsigned(PyObject *value, const char *ctype, unsigned long *out)
{
    *out = PyLong_AsUnsignedLong(value);
    if (*out != (unsigned long)-1 || !PyErr_Occurred()) { return 0; }
    PyErr_Clear();
    *out = (unsigned long)PyLong_AsLong(value);
    if (*out == (unsigned long)-1 && PyErr_Occurred()) { return -1; }
    return PyErr_WarnFormat(PyExc_RuntimeWarning, 1,
                            "Writing negative value into unsigned field");
}

static status
set_object(PyObject **field, PyObject *value)
{
    PyObject *old = *field;
    *field = Py_XNewRef(value);
    Py_XDECREF(old);
    return 0;
}

static status
check_delete(char *self, PyMemberDef *member)
{
    if (member->type == T_OBJECT_EX) {
        if (*(PyObject **)(self + member->offset)) { return 0; }
        PyErr_SetString(PyExc_AttributeError, member->name);
        return -1;
    }
    if (member->type == T_OBJECT) { return 0; }
    PyErr_SetString(PyExc_TypeError, "can't delete numeric/char attribute");
    return -1;
}

int
PyMember_SetOne(char *self, PyMemberDef *member, PyObject *value)
{
    if (member->flags & READONLY) {
        PyErr_SetString(PyExc_AttributeError, "readonly attribute");
        return -1;
    }
    if (!value && check_delete(self, member) < 0) { return -1; }
    void *at = self + member->offset;
    long n = 0;
    unsigned long u = 0;
    switch (member->type) {
    case T_BOOL:
        if (!PyBool_Check(value)) {
            PyErr_SetString(PyExc_TypeError, "attribute value type must be bool");
            return -1;
        }
        *(char *)at = value == Py_True;
        return 0;
    case T_BYTE:
        if (set_long(value, SCHAR_MIN, SCHAR_MAX, "char", &n) < 0) { return -1; }
        *(signed char *)at = (signed char)n;
        return 0;
    case T_UBYTE:
        if (set_long(value, 0, UCHAR_MAX, "unsigned char", &n) < 0) { return -1; }
        *(unsigned char *)at = (unsigned char)n;
        return 0;
    case T_SHORT:
        if (set_long(value, SHRT_MIN, SHRT_MAX, "short", &n) < 0) { return -1; }
        *(short *)at = (short)n;
        return 0;
    case T_USHORT:
        if (set_long(value, 0, USHRT_MAX, "unsigned short", &n) < 0) { return -1; }
        *(unsigned short *)at = (unsigned short)n;
        return 0;
    case T_INT:
        if (set_long(value, INT_MIN, INT_MAX, "int", &n) < 0) { return -1; }
        *(int *)at = (int)n;
        return 0;
    case T_UINT:
        if (set_unsigned(value, "unsigned int", &u) < 0) { return -1; }
        *(unsigned int *)at = (unsigned int)u;
        return u > UINT_MAX && (long)u >= 0 ? warn_truncated("unsigned int") : 0;
    case T_LONG:
        if (set_long(value, LONG_MIN, LONG_MAX, "long", &n) < 0) { return -1; }
        *(long *)at = n;
        return 0;
    case T_ULONG:
        if (set_unsigned(value, "unsigned long", &u) < 0) { return -1; }
        *(unsigned long *)at = u;
        return 0;
    case T_PYSSIZET: {
        Py_ssize_t size = PyLong_AsSsize_t(value);
        if (size == -1 && PyErr_Occurred()) { return -1; }
        *(Py_ssize_t *)at = size;
        return 0;
    }
    case T_LONGLONG: {
        long long wide = PyLong_AsLongLong(value);
        if (wide == -1 && PyErr_Occurred()) { return -1; }
        *(long long *)at = wide;
        return 0;
    }
    case T_ULONGLONG: {
        unsigned long long wide = PyLong_Check(value)
            ? PyLong_AsUnsignedLongLong(value) : (unsigned long long)PyLong_AsLong(value);
        if (wide == (unsigned long long)-1 && PyErr_Occurred()) { return -1; }
        *(unsigned long long *)at = wide;
        return 0;
    }
    case T_FLOAT: {
        double number = PyFloat_AsDouble(value);
        if (number == -1.0 && PyErr_Occurred()) { return -1; }
        *(float *)at = (float)number;
        return 0;
    }
    case T_DOUBLE: {
        double number = PyFloat_AsDouble(value);
        if (number == -1.0 && PyErr_Occurred()) { return -1; }
        *(double *)at = number;
        return 0;
    }
    case T_OBJECT: case T_OBJECT_EX:
        return set_object(at, value);
    case T_CHAR: {
        Py_ssize_t len;
        const char *text = PyUnicode_AsUTF8AndSize(value, &len);
        if (!text) { return -1; }
        if (len != 1) {
            PyErr_BadArgument();
            return -1;
        }
        *(char *)at = *text;
        return 0;
    }
    case T_STRING: case T_STRING_INPLACE:
        PyErr_SetString(PyExc_TypeError, "readonly attribute");
        return -1;
    default:
        PyErr_Format(PyExc_SystemError, "bad memberdescr type for %s", member->name);
        return -1;
    }
}

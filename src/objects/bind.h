/* bind.h -- converters used by generated argument parsing (tools/gen/bind.py).
 *
 * arg_X(value, &out) fills out, or returns false with an exception set.
 * ret_X(result) turns a C result into an object.  Public API only, so that a
 * module written with it also compiles as an extension.
 */
#pragma once
#include <Python.h>

#include "base/c.h"

/* Parameter types that mean more than their C type. */
typedef Py_ssize_t ssize_or_none;       /* None leaves the default */
typedef Py_ssize_t slice_index;         /* clipped, None leaves the default */
typedef Py_buffer  writable_buffer;

#define ARG_INTEGER(name, ctype, convert)                                       \
    static inline bool arg_##name(PyObject *value, ctype *out)                  \
    {                                                                           \
        *out = convert(value);                                                  \
        return !(*out == (ctype)-1 && PyErr_Occurred());                        \
    }
ARG_INTEGER(int, int, _PyLong_AsInt)
ARG_INTEGER(long, long, PyLong_AsLong)
ARG_INTEGER(long_long, long long, PyLong_AsLongLong)
ARG_INTEGER(unsigned_long, unsigned long, PyLong_AsUnsignedLong)
ARG_INTEGER(unsigned_long_long, unsigned long long, PyLong_AsUnsignedLongLong)
ARG_INTEGER(size_t, size_t, PyLong_AsSize_t)
#undef ARG_INTEGER

static inline bool
arg_ssize(PyObject *value, Py_ssize_t *out)
{
    if (PyLong_CheckExact(value)) {
        *out = PyLong_AsSsize_t(value);
    }
    else {
        PyObject *index = PyNumber_Index(value);
        if (!index) { return false; }
        *out = PyLong_AsSsize_t(index);
        Py_DECREF(index);
    }
    return !(*out == -1 && PyErr_Occurred());
}

static inline bool
arg_ssize_or_none(PyObject *value, Py_ssize_t *out)
{
    if (value == Py_None) { return true; }
    if (!PyIndex_Check(value)) {
        PyErr_Format(PyExc_TypeError, "argument should be integer or None, not '%.200s'",
                     Py_TYPE(value)->tp_name);
        return false;
    }
    *out = PyNumber_AsSsize_t(value, PyExc_OverflowError);
    return !(*out == -1 && PyErr_Occurred());
}

static inline bool
arg_slice_index(PyObject *value, Py_ssize_t *out)
{
    return _PyEval_SliceIndexNotNone(value, out);
}

static inline bool
arg_double(PyObject *value, double *out)
{
    if (PyFloat_CheckExact(value)) {
        *out = PyFloat_AS_DOUBLE(value);
        return true;
    }
    *out = PyFloat_AsDouble(value);
    return !(*out == -1.0 && PyErr_Occurred());
}

static inline bool
arg_complex(PyObject *value, Py_complex *out)
{
    *out = PyComplex_AsCComplex(value);
    return !PyErr_Occurred();
}

static inline bool
arg_bool(PyObject *value, bool *out)
{
    int truth = PyObject_IsTrue(value);
    *out = truth > 0;
    return truth >= 0;
}

static inline bool
arg_unsigned_char(PyObject *value, unsigned char *out)
{
    long number = PyLong_AsLong(value);
    if (number == -1 && PyErr_Occurred()) { return false; }
    if (number < 0 || number > UINT8_MAX) {
        PyErr_SetString(PyExc_OverflowError, number < 0
                        ? "unsigned byte integer is less than minimum"
                        : "unsigned byte integer is greater than maximum");
        return false;
    }
    *out = (unsigned char)number;
    return true;
}

/* The rest name the argument in their error. */
static inline bool
arg_ucs4(PyObject *value, Py_UCS4 *out, const char *func, const char *what)
{
    if (!PyUnicode_Check(value)) {
        _PyArg_BadArgument(func, what, "a unicode character", value);
        return false;
    }
    if (PyUnicode_GET_LENGTH(value) != 1) {
        _PyArg_BadArgument(func, what, "a unicode character", value);
        return false;
    }
    *out = PyUnicode_READ_CHAR(value, 0);
    return true;
}

static inline bool
arg_utf8(PyObject *value, const char **out, const char *func, const char *what)
{
    if (!PyUnicode_Check(value)) {
        _PyArg_BadArgument(func, what, "str", value);
        return false;
    }
    Py_ssize_t length;
    *out = PyUnicode_AsUTF8AndSize(value, &length);
    if (!*out) { return false; }
    if (strlen(*out) != (size_t)length) {
        PyErr_SetString(PyExc_ValueError, "embedded null character");
        return false;
    }
    return true;
}

/* For a parameter whose default is None: NULL then. */
static inline bool
arg_utf8_or_none(PyObject *value, const char **out, const char *func, const char *what)
{
    *out = NULL;
    if (value == Py_None) { return true; }
    if (!PyUnicode_Check(value)) {
        _PyArg_BadArgument(func, what, "str or None", value);
        return false;
    }
    return arg_utf8(value, out, func, what);
}

static inline bool
arg_buffer(PyObject *value, Py_buffer *out, int flags, const char *func, const char *what)
{
    if ((flags & PyBUF_WRITABLE) == 0) {
        if (PyObject_GetBuffer(value, out, PyBUF_SIMPLE) != 0) { return false; }
    }
    else if (PyObject_GetBuffer(value, out, PyBUF_WRITABLE) != 0) {
        PyErr_Clear();
        _PyArg_BadArgument(func, what, "read-write bytes-like object", value);
        return false;
    }
    if (!PyBuffer_IsContiguous(out, 'C')) {
        PyBuffer_Release(out);
        _PyArg_BadArgument(func, what, "contiguous buffer", value);
        return false;
    }
    return true;
}

static inline bool
arg_typed(PyObject *value, void *out, bool matches, const char *expected, const char *func,
          const char *what)
{
    if (!matches) {
        _PyArg_BadArgument(func, what, expected, value);
        return false;
    }
    *(PyObject **)out = value;
    return true;
}

static inline PyObject *ret_object(void *op) { return (PyObject *)op; }
static inline PyObject *ret_bool(bool b) { return PyBool_FromLong(b); }
static inline PyObject *ret_status(status s) { return s < 0 ? NULL : Py_NewRef(Py_None); }
static inline PyObject *ret_tri(tri t) { return t < 0 ? NULL : PyBool_FromLong(t); }

static inline PyObject *
ret_long(long n)
{
    return n == -1 && PyErr_Occurred() ? NULL : PyLong_FromLong(n);
}

static inline PyObject *
ret_ssize(Py_ssize_t n)
{
    return n == -1 && PyErr_Occurred() ? NULL : PyLong_FromSsize_t(n);
}

static inline PyObject *
ret_size(size_t n)
{
    return n == (size_t)-1 && PyErr_Occurred() ? NULL : PyLong_FromSize_t(n);
}

static inline PyObject *
ret_double(double d)
{
    return d == -1.0 && PyErr_Occurred() ? NULL : PyFloat_FromDouble(d);
}

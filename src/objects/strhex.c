/* strhex.c -- bytes as hexadecimal text, for hex() and hexdigest(). */
#include "objects/strhex.h"

#include "memory/own.h"

/* The one ASCII character of a separator, -1 with an exception. */
static int
separator(PyObject *sep, bool any_byte)
{
    Py_ssize_t n = PyObject_Length(sep);
    if (n < 0) { return -1; }
    if (n != 1) {
        PyErr_SetString(PyExc_ValueError, "sep must be length 1.");
        return -1;
    }
    int c;
    if (PyUnicode_Check(sep)) {
        if (PyUnicode_READY(sep) < 0) { return -1; }
        c = PyUnicode_KIND(sep) == PyUnicode_1BYTE_KIND ? PyUnicode_1BYTE_DATA(sep)[0] : 128;
    }
    else if (PyBytes_Check(sep)) {
        c = (unsigned char)PyBytes_AS_STRING(sep)[0];
    }
    else {
        PyErr_SetString(PyExc_TypeError, "sep must be str or bytes.");
        return -1;
    }
    if (c > 127 && !any_byte) {
        PyErr_SetString(PyExc_ValueError, "sep must be ASCII.");
        return -1;
    }
    return c;
}

static void
fill(uint8_t *to, const uint8_t *data, Py_ssize_t n, int sep, Py_ssize_t group, bool from_left)
{
    static const char digits[] = "0123456789abcdef";
    if (!group) {
        for (Py_ssize_t i = 0; i < n; i++) {
            to[2 * i] = (uint8_t)digits[data[i] >> 4];
            to[2 * i + 1] = (uint8_t)digits[data[i] & 15];
        }
        return;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        Py_ssize_t before = from_left ? i : n - i;
        if (i && before % group == 0) { *to++ = (uint8_t)sep; }
        *to++ = (uint8_t)digits[data[i] >> 4];
        *to++ = (uint8_t)digits[data[i] & 15];
    }
}

static PyObject *
strhex(const char *data, Py_ssize_t n, PyObject *sep, int per_group, bool as_bytes)
{
    int c = 0;
    if (sep && (c = separator(sep, as_bytes)) < 0) { return NULL; }
    Py_ssize_t group = sep ? (per_group < 0 ? -(Py_ssize_t)per_group : per_group) : 0;
    if (group >= n) { group = 0; }
    Py_ssize_t n_seps = group ? (n - 1) / group : 0;
    if (n > (PY_SSIZE_T_MAX - n_seps) / 2) { return PyErr_NoMemory(); }
    Py_ssize_t size = 2 * n + n_seps;

    PyObject *text = as_bytes ? PyBytes_FromStringAndSize(NULL, size)
                              : PyUnicode_New(size, 127);
    if (!text) { return NULL; }
    uint8_t *to = as_bytes ? (uint8_t *)PyBytes_AS_STRING(text) : PyUnicode_1BYTE_DATA(text);
    if (size) { fill(to, (const uint8_t *)data, n, c, group, per_group < 0); }
    return text;
}

PyObject *
_Py_strhex(const char *data, const Py_ssize_t n)
{
    return strhex(data, n, NULL, 0, false);
}

PyObject *
_Py_strhex_bytes(const char *data, const Py_ssize_t n)
{
    return strhex(data, n, NULL, 0, true);
}

PyObject *
_Py_strhex_with_sep(const char *data, const Py_ssize_t n, const PyObject *sep,
                    const int bytes_per_group)
{
    return strhex(data, n, (PyObject *)sep, bytes_per_group, false);
}

PyObject *
_Py_strhex_bytes_with_sep(const char *data, const Py_ssize_t n, const PyObject *sep,
                          const int bytes_per_group)
{
    return strhex(data, n, (PyObject *)sep, bytes_per_group, true);
}

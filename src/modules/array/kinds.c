/* kinds.c -- what the items of an array can be: one C type a type code.
 *
 * Holds      a set function writes nothing unless it succeeds;
 *            it may run Python code before.  [note: items-first]
 */
#include "modules/array/kinds.h"

#include "memory/own.h"

static status
range_error(const char *what, bool is_low)
{
    PyErr_Format(PyExc_OverflowError, is_low ? "%s is less than minimum"
                                             : "%s is greater than maximum", what);
    return -1;
}

/* An int within low..high; the error speaks of `what`. */
static status
read_long(PyObject *value, long low, long high, const char *what, long *out)
{
    *out = PyLong_AsLong(value);
    if (*out == -1 && PyErr_Occurred()) { return -1; }
    return *out < low || *out > high ? range_error(what, *out < low) : 0;
}

/* As the public unsigned converters, but through __index__. */
static status
read_unsigned(PyObject *value, bool is_long_long, unsigned long long *out)
{
    own PyObject *index = PyNumber_Index(value);
    if (!index) { return -1; }
    *out = is_long_long ? PyLong_AsUnsignedLongLong(index) : PyLong_AsUnsignedLong(index);
    return *out == (unsigned long long)-1 && PyErr_Occurred() ? -1 : 0;
}

/* A get and a compare function of each C type. */
#define KIND(name, ctype, make)                                                     \
    static PyObject *                                                               \
    get_##name(const void *at)                                                      \
    {                                                                               \
        return make(*(const ctype *)at);                                            \
    }                                                                               \
    static int                                                                      \
    compare_##name(const void *left, const void *right, Py_ssize_t n)               \
    {                                                                               \
        const ctype *a = left, *b = right;                                          \
        for (Py_ssize_t i = 0; i < n; i++) {                                        \
            if (a[i] != b[i]) { return a[i] < b[i] ? -1 : 1; }                      \
        }                                                                           \
        return 0;                                                                   \
    }
KIND(b, signed char, PyLong_FromLong)
KIND(B, unsigned char, PyLong_FromLong)
KIND(h, short, PyLong_FromLong)
KIND(H, unsigned short, PyLong_FromLong)
KIND(i, int, PyLong_FromLong)
KIND(I, unsigned int, PyLong_FromUnsignedLong)
KIND(l, long, PyLong_FromLong)
KIND(L, unsigned long, PyLong_FromUnsignedLong)
#undef KIND

static PyObject *get_f(const void *at) { return PyFloat_FromDouble(*(const float *)at); }
static PyObject *get_d(const void *at) { return PyFloat_FromDouble(*(const double *)at); }
static PyObject *get_u(const void *at) { return PyUnicode_FromOrdinal(*(const int *)at); }

static status
set_b(PyObject *value, void *at)
{
    long x;
    if (read_long(value, SHRT_MIN, SHRT_MAX, "signed short integer", &x) < 0) { return -1; }
    if (x != (signed char)x) { return range_error("signed char", x < 0); }
    *(signed char *)at = (signed char)x;
    return 0;
}

static status
set_B(PyObject *value, void *at)
{
    long x;
    if (read_long(value, 0, UCHAR_MAX, "unsigned byte integer", &x) < 0) { return -1; }
    *(unsigned char *)at = (unsigned char)x;
    return 0;
}

static status
set_h(PyObject *value, void *at)
{
    long x;
    if (read_long(value, SHRT_MIN, SHRT_MAX, "signed short integer", &x) < 0) { return -1; }
    *(short *)at = (short)x;
    return 0;
}

static status
set_H(PyObject *value, void *at)
{
    long x;
    if (read_long(value, INT_MIN, INT_MAX, "signed integer", &x) < 0) { return -1; }
    if (x != (unsigned short)x) { return range_error("unsigned short", x < 0); }
    *(unsigned short *)at = (unsigned short)x;
    return 0;
}

static status
set_i(PyObject *value, void *at)
{
    long x;
    if (read_long(value, INT_MIN, INT_MAX, "signed integer", &x) < 0) { return -1; }
    *(int *)at = (int)x;
    return 0;
}

static status
set_I(PyObject *value, void *at)
{
    unsigned long long x;
    if (read_unsigned(value, false, &x) < 0) { return -1; }
    if (x > UINT_MAX) { return range_error("unsigned int", false); }
    *(unsigned int *)at = (unsigned int)x;
    return 0;
}

static status
set_l(PyObject *value, void *at)
{
    long x = PyLong_AsLong(value);
    if (x == -1 && PyErr_Occurred()) { return -1; }
    *(long *)at = x;
    return 0;
}

static status
set_L(PyObject *value, void *at)
{
    unsigned long long x;
    if (read_unsigned(value, false, &x) < 0) { return -1; }
    *(unsigned long *)at = (unsigned long)x;
    return 0;
}

static status
set_q(PyObject *value, void *at)
{
    long long x = PyLong_AsLongLong(value);
    if (x == -1 && PyErr_Occurred()) { return -1; }
    *(long long *)at = x;
    return 0;
}

static status
set_Q(PyObject *value, void *at)
{
    return read_unsigned(value, true, at);
}

static status
set_d(PyObject *value, void *at)
{
    double x = PyFloat_AsDouble(value);
    if (x == -1.0 && PyErr_Occurred()) { return -1; }
    *(double *)at = x;
    return 0;
}

static status
set_f(PyObject *value, void *at)
{
    double x;
    if (set_d(value, &x) < 0) { return -1; }
    *(float *)at = (float)x;
    return 0;
}

static status
set_u(PyObject *value, void *at)
{
    if (!PyUnicode_Check(value) || PyUnicode_READY(value) < 0
        || PyUnicode_GET_LENGTH(value) != 1) {
        PyErr_SetString(PyExc_TypeError, "array item must be unicode character");
        return -1;
    }
    *(Py_UCS4 *)at = PyUnicode_READ_CHAR(value, 0);
    return 0;
}

/* The order is that of typecodes, and decides among kinds of one format. */
const item_kind hob_array_kinds[N_KINDS] = {
    {'b', 1, get_b, set_b, compare_b, "b", S8},
    {'B', 1, get_B, set_B, compare_B, "B", U8},
    {'u', 4, get_u, set_u, compare_i, "w", UTF32_LE},
    {'h', 2, get_h, set_h, compare_h, "h", S16_LE},
    {'H', 2, get_H, set_H, compare_H, "H", U16_LE},
    {'i', 4, get_i, set_i, compare_i, "i", S32_LE},
    {'I', 4, get_I, set_I, compare_I, "I", U32_LE},
    {'l', 8, get_l, set_l, compare_l, "l", S64_LE},
    {'L', 8, get_L, set_L, compare_L, "L", U64_LE},
    {'q', 8, get_l, set_q, compare_l, "q", S64_LE},
    {'Q', 8, get_L, set_Q, compare_L, "Q", U64_LE},
    {'f', 4, get_f, set_f, NULL, "f", F32_LE},
    {'d', 8, get_d, set_d, NULL, "d", F64_LE},
};
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ && sizeof(long) == sizeof(long long),
               "the table above names the formats of this machine");

/* The kind of a type code, NULL if there is none. */
const item_kind *
hob_array_kind(int code)
{
    for (size_t i = 0; i < N_KINDS; i++) {
        if (hob_array_kinds[i].code == code) { return &hob_array_kinds[i]; }
    }
    return NULL;
}

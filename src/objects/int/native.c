/* native.c -- from ints to C numbers, with each type's own way to refuse.
 *
 * Holds      a number of at most two digits needs no loop; any other goes
 *            through int_magnitude, which says when 64 bits do not do.
 *            Functions that take "a number" use __index__; those documented
 *            for ints only say TypeError.
 */
#include "objects/int/digits.h"

#include <limits.h>

/* |op| in 64 bits; false when it is larger. */
static bool
int_magnitude(PyObject *op, uint64_t *out)
{
    Py_ssize_t n = hob_int_ndigits(op);
    const digit *d = hob_int_digits(op);
    if (n > 3 || (n == 3 && d[2] >> 4)) { return false; }
    uint64_t m = 0;
    while (--n >= 0) { m = m << DIGIT_BITS | d[n]; }
    *out = m;
    return true;
}

/* The value as int64: 0, or its sign (-1, 1) when it does not fit. */
static int
int_as_i64(PyObject *op, int64_t *out)
{
    if (LIKELY(hob_int_is_medium(op))) {
        *out = hob_int_medium_value(op);
        return 0;
    }
    uint64_t m;
    bool negative = Py_SIZE(op) < 0;
    if (!int_magnitude(op, &m) || m > (uint64_t)INT64_MAX + negative) {
        return negative ? -1 : 1;
    }
    *out = negative ? (int64_t)(0 - m) : (int64_t)m;
    return 0;
}

/* |op| modulo 2**64, sign applied. */
static uint64_t
int_wrap(PyObject *op)
{
    const digit *d = hob_int_digits(op);
    uint64_t m = 0;
    for (Py_ssize_t n = Py_MIN(hob_int_ndigits(op), 3); --n >= 0;) {
        m = m << DIGIT_BITS | d[n];
    }
    return Py_SIZE(op) < 0 ? 0 - m : m;
}

static bool
refuse_non_int(PyObject *op)
{
    if (LIKELY(op && PyLong_Check(op))) { return false; }
    if (!op) { PyErr_BadInternalCall(); }
    else { PyErr_SetString(PyExc_TypeError, "an integer is required"); }
    return true;
}

#define OVERFLOW(text) PyErr_SetString(PyExc_OverflowError, text)
#define TOO_LARGE(ctype) OVERFLOW("Python int too large to convert to C " ctype)

/* --- signed --- */

long long
PyLong_AsLongLongAndOverflow(PyObject *op, int *overflow)
{
    *overflow = 0;
    if (!op) {
        PyErr_BadInternalCall();
        return -1;
    }
    int64_t value;
    if (LIKELY(PyLong_Check(op))) {
        *overflow = int_as_i64(op, &value);
        return *overflow ? -1 : value;
    }
    PyObject *index = _PyNumber_Index(op);
    if (!index) { return -1; }
    *overflow = int_as_i64(index, &value);
    Py_DECREF(index);
    return *overflow ? -1 : value;
}

long
PyLong_AsLongAndOverflow(PyObject *op, int *overflow)
{
    return (long)PyLong_AsLongLongAndOverflow(op, overflow);
}

long
PyLong_AsLong(PyObject *op)
{
    int overflow;
    long value = PyLong_AsLongAndOverflow(op, &overflow);
    if (UNLIKELY(overflow)) { TOO_LARGE("long"); }
    return value;
}

int
_PyLong_AsInt(PyObject *op)
{
    int overflow;
    long value = PyLong_AsLongAndOverflow(op, &overflow);
    if (UNLIKELY(overflow || value > INT_MAX || value < INT_MIN)) {
        TOO_LARGE("int");
        return -1;
    }
    return (int)value;
}

long long
PyLong_AsLongLong(PyObject *op)
{
    int overflow;
    long long value = PyLong_AsLongLongAndOverflow(op, &overflow);
    if (UNLIKELY(overflow)) { OVERFLOW("int too big to convert"); }
    return value;
}

Py_ssize_t
PyLong_AsSsize_t(PyObject *op)
{
    if (refuse_non_int(op)) { return -1; }
    int64_t value;
    if (LIKELY(int_as_i64(op, &value) == 0)) { return (Py_ssize_t)value; }
    TOO_LARGE("ssize_t");
    return -1;
}

/* --- unsigned --- */

unsigned long
PyLong_AsUnsignedLong(PyObject *op)
{
    if (refuse_non_int(op)) { return (unsigned long)-1; }
    uint64_t value;
    if (Py_SIZE(op) < 0) { OVERFLOW("can't convert negative value to unsigned int"); }
    else if (!int_magnitude(op, &value)) { TOO_LARGE("unsigned long"); }
    else { return value; }
    return (unsigned long)-1;
}

size_t
PyLong_AsSize_t(PyObject *op)
{
    if (refuse_non_int(op)) { return (size_t)-1; }
    uint64_t value;
    if (Py_SIZE(op) < 0) { OVERFLOW("can't convert negative value to size_t"); }
    else if (!int_magnitude(op, &value)) { TOO_LARGE("size_t"); }
    else { return value; }
    return (size_t)-1;
}

unsigned long long
PyLong_AsUnsignedLongLong(PyObject *op)
{
    if (refuse_non_int(op)) { return (unsigned long long)-1; }
    uint64_t value;
    if (Py_SIZE(op) < 0) { OVERFLOW("can't convert negative int to unsigned"); }
    else if (!int_magnitude(op, &value)) { OVERFLOW("int too big to convert"); }
    else { return value; }
    return (unsigned long long)-1;
}

unsigned long long
PyLong_AsUnsignedLongLongMask(PyObject *op)
{
    if (!op) {
        PyErr_BadInternalCall();
        return (unsigned long long)-1;
    }
    if (LIKELY(PyLong_Check(op))) { return int_wrap(op); }
    PyObject *index = _PyNumber_Index(op);
    if (!index) { return (unsigned long long)-1; }
    uint64_t value = int_wrap(index);
    Py_DECREF(index);
    return value;
}

unsigned long
PyLong_AsUnsignedLongMask(PyObject *op)
{
    return (unsigned long)PyLong_AsUnsignedLongLongMask(op);
}

void *
PyLong_AsVoidPtr(PyObject *op)
{
    if (PyLong_Check(op) && Py_SIZE(op) < 0) {
        long value = PyLong_AsLong(op);
        return value == -1 && PyErr_Occurred() ? NULL : (void *)value;
    }
    unsigned long value = PyLong_AsUnsignedLong(op);
    if (value == (unsigned long)-1 && PyErr_Occurred()) { return NULL; }
    return (void *)value;
}

/* --- converters for PyArg_Parse "O&" --- */

static bool
converter_value(PyObject *op, uint64_t *value)
{
    if (PyLong_Check(op) && Py_SIZE(op) < 0) {
        PyErr_SetString(PyExc_ValueError, "value must be positive");
        return false;
    }
    *value = PyLong_AsUnsignedLong(op);
    return !(*value == (uint64_t)-1 && PyErr_Occurred());
}

int
_PyLong_UnsignedShort_Converter(PyObject *op, void *out)
{
    uint64_t value;
    if (!converter_value(op, &value)) { return 0; }
    if (value > USHRT_MAX) {
        OVERFLOW("Python int too large for C unsigned short");
        return 0;
    }
    *(unsigned short *)out = (unsigned short)value;
    return 1;
}

int
_PyLong_UnsignedInt_Converter(PyObject *op, void *out)
{
    uint64_t value;
    if (!converter_value(op, &value)) { return 0; }
    if (value > UINT_MAX) {
        OVERFLOW("Python int too large for C unsigned int");
        return 0;
    }
    *(unsigned int *)out = (unsigned int)value;
    return 1;
}

int
_PyLong_UnsignedLong_Converter(PyObject *op, void *out)
{
    uint64_t value;
    if (!converter_value(op, &value)) { return 0; }
    *(unsigned long *)out = value;
    return 1;
}

int
_PyLong_UnsignedLongLong_Converter(PyObject *op, void *out)
{
    if (PyLong_Check(op) && Py_SIZE(op) < 0) {
        PyErr_SetString(PyExc_ValueError, "value must be positive");
        return 0;
    }
    unsigned long long value = PyLong_AsUnsignedLongLong(op);
    if (value == (unsigned long long)-1 && PyErr_Occurred()) { return 0; }
    *(unsigned long long *)out = value;
    return 1;
}

int
_PyLong_Size_t_Converter(PyObject *op, void *out)
{
    if (PyLong_Check(op) && Py_SIZE(op) < 0) {
        PyErr_SetString(PyExc_ValueError, "value must be positive");
        return 0;
    }
    size_t value = PyLong_AsSize_t(op);
    if (value == (size_t)-1 && PyErr_Occurred()) { return 0; }
    *(size_t *)out = value;
    return 1;
}

/* --- questions about the number --- */

int
_PyLong_Sign(PyObject *op)
{
    return (Py_SIZE(op) > 0) - (Py_SIZE(op) < 0);
}

size_t
_PyLong_NumBits(PyObject *op)
{
    return (size_t)hob_int_bits(op);
}

/* --- two's complement bytes --- */

/* Byte i of the magnitude, from the least significant, in steps of one. */
typedef struct {
    const digit *at;
    Py_ssize_t left;
    uint64_t bits;
    int n_bits;
} byte_feed;

static inline unsigned
next_byte(byte_feed *feed)
{
    if (feed->n_bits < 8 && feed->left > 0) {
        feed->bits |= (uint64_t)*feed->at++ << feed->n_bits;
        feed->n_bits += DIGIT_BITS;
        feed->left--;
    }
    unsigned byte = feed->bits & 0xff;
    feed->bits >>= 8;
    feed->n_bits -= 8;
    if (feed->n_bits < 0) { feed->n_bits = 0; }
    return byte;
}

int
_PyLong_AsByteArray(PyLongObject *v, unsigned char *bytes, size_t n, int little_endian,
                    int is_signed)
{
    bool negative = Py_SIZE(v) < 0;
    if (negative && !is_signed) {
        OVERFLOW("can't convert negative int to unsigned");
        return -1;
    }
    byte_feed feed = {v->ob_digit, hob_int_ndigits(v), 0, 0};
    unsigned carry = negative, top = 0;
    for (size_t i = 0; i < n; i++) {
        unsigned byte = next_byte(&feed);
        if (negative) {
            byte = (byte ^ 0xff) + carry;
            carry = byte >> 8;
            byte &= 0xff;
        }
        top = byte;
        bytes[little_endian ? i : n - 1 - i] = (unsigned char)byte;
    }
    /* The value fits if its bits end within n bytes, sign bit included. */
    int64_t bits = hob_int_bits(v);
    bool fits = (uint64_t)bits <= 8 * (uint64_t)n;
    if (fits && is_signed) {
        if (n == 0) { fits = bits == 0; }
        else { fits = (uint64_t)bits < 8 * (uint64_t)n || (top >> 7) == negative; }
        if (fits && bits && (uint64_t)bits == 8 * (uint64_t)n) { fits = negative && top >> 7; }
    }
    if (!fits && n == 0 && is_signed && negative && Py_SIZE(v) == -1 && v->ob_digit[0] == 1) {
        return 0;                                   /* -1 is all sign: no byte says it */
    }
    if (fits) { return 0; }
    OVERFLOW("int too big to convert");
    return -1;
}

PyObject *
_PyLong_FromByteArray(const unsigned char *bytes, size_t n, int little_endian, int is_signed)
{
    if (n == 0) { return Py_NewRef(hob_small_int(0)); }
    ptrdiff_t step = little_endian ? 1 : -1;
    const unsigned char *at = little_endian ? bytes : bytes + n - 1;
    bool negative = is_signed && at[step * (ptrdiff_t)(n - 1)] >> 7;
    if (n <= 8) {
        uint64_t value = negative ? ~(uint64_t)0 : 0;
        for (size_t i = n; i-- > 0;) { value = value << 8 | at[step * (ptrdiff_t)i]; }
        return negative ? hob_int_from_i64((int64_t)value) : PyLong_FromUnsignedLong(value);
    }
    if (n > (size_t)MAX_DIGITS) {
        OVERFLOW("byte array too long to convert to int");
        return NULL;
    }
    size_t n_digits = (n / DIGIT_BITS) * 8 + (n % DIGIT_BITS * 8 + DIGIT_BITS - 1) / DIGIT_BITS;
    PyLongObject *z = hob_int_new((Py_ssize_t)n_digits + 1);
    if (!z) { return NULL; }
    uint64_t acc = 0;
    int bits = 0;
    digit *out = z->ob_digit;
    unsigned carry = negative;
    for (size_t i = 0; i < n; i++, at += step) {
        unsigned byte = *at;
        if (negative) {
            byte = (byte ^ 0xff) + carry;
            carry = byte >> 8;
            byte &= 0xff;
        }
        acc |= (uint64_t)byte << bits;
        bits += 8;
        if (bits >= DIGIT_BITS) {
            *out++ = (digit)(acc & PyLong_MASK);
            acc >>= DIGIT_BITS;
            bits -= DIGIT_BITS;
        }
    }
    acc |= (uint64_t)carry << bits;                 /* -(2**(8n)): all bytes were 0 */
    while (out < z->ob_digit + n_digits + 1) {
        *out++ = (digit)(acc & PyLong_MASK);
        acc >>= DIGIT_BITS;
    }
    if (negative) { Py_SET_SIZE(z, -Py_SIZE(z)); }
    return hob_int_settle(z);
}

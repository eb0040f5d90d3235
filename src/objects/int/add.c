/* add.c -- order, sign, sum and difference of ints, and their hash.
 *
 * Holds      two ints of at most two digits add in 64 bits; longer ones digit
 *            by digit.  Sums of signed numbers are sums or differences of
 *            magnitudes with a sign chosen first.
 */
#include "objects/int/digits.h"

/* Order of two magnitudes: -1, 0, 1. */
static int
magnitude_compare(const digit *a, Py_ssize_t na, const digit *b, Py_ssize_t nb)
{
    if (na != nb) { return na < nb ? -1 : 1; }
    for (Py_ssize_t i = na; --i >= 0;) {
        if (a[i] != b[i]) { return a[i] < b[i] ? -1 : 1; }
    }
    return 0;
}

int
hob_int_compare(PyObject *a, PyObject *b)
{
    if (hob_int_both_compact(a, b)) {
        int64_t left = hob_int_compact_value(a), right = hob_int_compact_value(b);
        return (left > right) - (left < right);
    }
    if (Py_SIZE(a) != Py_SIZE(b)) { return Py_SIZE(a) < Py_SIZE(b) ? -1 : 1; }
    int order = magnitude_compare(hob_int_digits(a), hob_int_ndigits(a),
                                  hob_int_digits(b), hob_int_ndigits(b));
    return Py_SIZE(a) < 0 ? -order : order;
}

PyObject *
hob_int_richcompare(PyObject *a, PyObject *b, int op)
{
    int order = a == b ? 0 : hob_int_compare(a, b);
    Py_RETURN_RICHCOMPARE(order, 0, op);
}

/* |a| + |b|, na >= nb */
static PyLongObject *
magnitude_add(const digit *a, Py_ssize_t na, const digit *b, Py_ssize_t nb)
{
    PyLongObject *z = hob_int_new(na + 1);
    if (!z) { return NULL; }
    digit carry = 0;
    Py_ssize_t i = 0;
    for (; i < nb; i++) {
        carry += a[i] + b[i];
        z->ob_digit[i] = carry & PyLong_MASK;
        carry >>= DIGIT_BITS;
    }
    for (; i < na; i++) {
        carry += a[i];
        z->ob_digit[i] = carry & PyLong_MASK;
        carry >>= DIGIT_BITS;
    }
    z->ob_digit[i] = carry;
    return z;
}

/* |a| - |b|, |a| >= |b| */
static PyLongObject *
magnitude_sub(const digit *a, Py_ssize_t na, const digit *b, Py_ssize_t nb)
{
    PyLongObject *z = hob_int_new(na);
    if (!z) { return NULL; }
    sdigit borrow = 0;                              /* 0 or -1 */
    Py_ssize_t i = 0;
    for (; i < nb; i++) {
        sdigit d = (sdigit)a[i] - (sdigit)b[i] + borrow;
        borrow = d >> 31;
        z->ob_digit[i] = (digit)d & PyLong_MASK;
    }
    for (; i < na; i++) {
        sdigit d = (sdigit)a[i] + borrow;
        borrow = d >> 31;
        z->ob_digit[i] = (digit)d & PyLong_MASK;
    }
    EXPECT(borrow == 0);
    return z;
}

/* a + b with b's sign turned when flip is -1. */
static PyObject *
add_signed(PyObject *a, PyObject *b, int flip)
{
    const digit *da = hob_int_digits(a), *db = hob_int_digits(b);
    Py_ssize_t na = hob_int_ndigits(a), nb = hob_int_ndigits(b);
    bool a_negative = Py_SIZE(a) < 0, b_negative = Py_SIZE(b) * flip < 0;
    PyLongObject *z;
    bool negative = a_negative;
    if (a_negative == b_negative) {
        z = na >= nb ? magnitude_add(da, na, db, nb) : magnitude_add(db, nb, da, na);
    }
    else if (magnitude_compare(da, na, db, nb) >= 0) {
        z = magnitude_sub(da, na, db, nb);
    }
    else {
        negative = b_negative;
        z = magnitude_sub(db, nb, da, na);
    }
    if (!z) { return NULL; }
    if (negative) { Py_SET_SIZE(z, -Py_SIZE(z)); }
    return hob_int_settle(z);
}

PyObject *
hob_int_add_any(PyObject *a, PyObject *b)
{
    if (hob_int_is_medium(a) && hob_int_is_medium(b)) {
        return hob_int_from_i64(hob_int_medium_value(a) + hob_int_medium_value(b));
    }
    return add_signed(a, b, 1);
}

PyObject *
hob_int_sub_any(PyObject *a, PyObject *b)
{
    if (hob_int_is_medium(a) && hob_int_is_medium(b)) {
        return hob_int_from_i64(hob_int_medium_value(a) - hob_int_medium_value(b));
    }
    return add_signed(a, b, -1);
}

PyObject *
hob_int_neg(PyObject *a)
{
    if (hob_int_is_compact(a)) { return hob_int_from_i64(-hob_int_compact_value(a)); }
    PyObject *z = _PyLong_Copy((PyLongObject *)a);
    if (z) { Py_SET_SIZE(z, -Py_SIZE(z)); }
    return z;
}

/* -a - 1 */
PyObject *
hob_int_invert(PyObject *a)
{
    if (hob_int_is_medium(a)) { return hob_int_from_i64(-hob_int_medium_value(a) - 1); }
    PyObject *z = hob_int_add_any(a, hob_small_int(1));
    if (z) { Py_SET_SIZE(z, -Py_SIZE(z)); }
    return z;
}

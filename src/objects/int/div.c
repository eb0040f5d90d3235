/* div.c -- quotients and remainders of ints, true division, gcd, square root.
 *
 * Holds      q == floor(a / b) and r has the sign of b: truncated division of
 *            the magnitudes is corrected once at the end.
 *            True division is correctly rounded: the quotient is computed to
 *            at least 55 bits with a sticky bit below, then rounded half-even.
 */
#include "base/decimal.h"
#include "objects/int/arith.h"
#include "objects/int/digits.h"

#include <float.h>
#include <math.h>

/* --- floor division --- */

static void
set_division_error(bool modulo)
{
    PyErr_SetString(PyExc_ZeroDivisionError,
                    modulo ? "integer modulo by zero" : "integer division or modulo by zero");
}

/* Truncated quotient and remainder of a by one digit. */
static PyObject *
divide_by_digit(PyObject *a, digit b, digit *rest)
{
    Py_ssize_t n = hob_int_ndigits(a);
    PyLongObject *q = hob_int_new(n);
    if (!q) { return NULL; }
    const digit *d = hob_int_digits(a);
    digit r = 0;
    for (Py_ssize_t i = n; --i >= 0;) {
        twodigits part = (twodigits)r << DIGIT_BITS | d[i];
        q->ob_digit[i] = (digit)(part / b);
        r = (digit)(part % b);
    }
    *rest = r;
    return hob_int_settle(q);
}

static digit
modulo_digit(PyObject *a, digit b)
{
    const digit *d = hob_int_digits(a);
    digit r = 0;
    for (Py_ssize_t i = hob_int_ndigits(a); --i >= 0;) {
        r = (digit)(((twodigits)r << DIGIT_BITS | d[i]) % b);
    }
    return r;
}

/* Truncated division of magnitudes; either result may be unwanted (NULL).
 * q is >= 0, r is >= 0. */
static status
divide_magnitudes(PyObject *a, PyObject *b, PyObject **q, PyObject **r)
{
    if (hob_int_ndigits(b) == 1) {
        digit rest;
        if (q) {
            *q = divide_by_digit(a, hob_int_digits(b)[0], &rest);
            if (!*q) { return -1; }
        }
        else {
            rest = modulo_digit(a, hob_int_digits(b)[0]);
        }
        if (r) {
            *r = hob_int_from_i64(rest);
            if (!*r) {
                if (q) { Py_CLEAR(*q); }
                return -1;
            }
        }
        return 0;
    }
    mp_size_t ln, ld;
    LIMBS(num);
    LIMBS(den);
    LIMBS(quo);
    LIMBS(rem);
    if (!hob_limbs_load(&num, &ln, a) || !hob_limbs_load(&den, &ld, b)) { return -1; }
    if (ln < ld) {
        ln = ld = 0;
    }
    else {
        if (!hob_mpn_room(4 * (ln + ld)) || !hob_limbs_init(&quo, ln - ld + 1) ||
            !hob_limbs_init(&rem, ld)) {
            return -1;
        }
        PyThreadState *aside = hob_mpn_aside(ln - ld + 1, ld);
        mpn_tdiv_qr(quo.at, rem.at, 0, num.at, ln, den.at, ld);
        hob_aside_end(aside);
    }
    if (q) {
        *q = ln ? hob_int_from_limbs(quo.at, ln - ld + 1, false) : Py_NewRef(hob_small_int(0));
        if (!*q) { return -1; }
    }
    if (r) {
        if (ln) { *r = hob_int_from_limbs(rem.at, ld, false); }
        else {
            *r = _PyLong_Copy((PyLongObject *)a);
            if (*r && Py_SIZE(*r) < 0) { Py_SETREF(*r, hob_int_neg(*r)); }
        }
        if (!*r) {
            if (q) { Py_CLEAR(*q); }
            return -1;
        }
    }
    return 0;
}

/* Floor quotient and remainder; either may be unwanted.  b is not 0. */
static status
divide_floor(PyObject *a, PyObject *b, PyObject **q, PyObject **r)
{
    bool differ = (Py_SIZE(a) < 0) != (Py_SIZE(b) < 0), negative = Py_SIZE(a) < 0;
    own PyObject *divisor = Py_NewRef(b);                   /* what is lent may go meanwhile */
    own PyObject *quo = NULL;
    own PyObject *rem = NULL;
    bool want_rem = r || differ;
    if (divide_magnitudes(a, b, q ? &quo : NULL, want_rem ? &rem : NULL) < 0) { return -1; }
    bool exact = want_rem && Py_SIZE(rem) == 0;
    if (q && differ) {                              /* -quo, or -quo - 1 */
        Py_SETREF(quo, exact ? hob_int_neg(quo) : hob_int_invert(quo));
        if (!quo) { return -1; }
    }
    if (r) {
        if (negative) {
            Py_SETREF(rem, hob_int_neg(rem));
            if (!rem) { return -1; }
        }
        if (differ && !exact) {
            Py_SETREF(rem, hob_int_add(rem, divisor));
            if (!rem) { return -1; }
        }
        *r = take(rem);
    }
    if (q) { *q = take(quo); }
    return 0;
}

static inline int64_t
floordiv_i64(int64_t a, int64_t b)
{
    int64_t q = a / b;
    return q - ((a % b != 0) & ((a ^ b) < 0));
}

static inline int64_t
mod_i64(int64_t a, int64_t b)
{
    int64_t r = a % b;
    return r + (((r != 0) & ((r ^ b) < 0)) ? b : 0);
}

PyObject *
hob_int_floordiv_any(PyObject *a, PyObject *b)
{
    if (Py_SIZE(b) == 0) {
        set_division_error(false);
        return NULL;
    }
    if (hob_int_is_medium(a) && hob_int_is_medium(b)) {
        return hob_int_from_i64(floordiv_i64(hob_int_medium_value(a), hob_int_medium_value(b)));
    }
    PyObject *q;
    return divide_floor(a, b, &q, NULL) < 0 ? NULL : q;
}

PyObject *
hob_int_mod_any(PyObject *a, PyObject *b)
{
    if (Py_SIZE(b) == 0) {
        set_division_error(true);
        return NULL;
    }
    if (hob_int_is_medium(a) && hob_int_is_medium(b)) {
        return hob_int_from_i64(mod_i64(hob_int_medium_value(a), hob_int_medium_value(b)));
    }
    PyObject *r;
    return divide_floor(a, b, NULL, &r) < 0 ? NULL : r;
}

/* (a // b, a % b) as two new references. */
status
hob_int_divmod(PyObject *a, PyObject *b, PyObject **q, PyObject **r)
{
    if (Py_SIZE(b) == 0) {
        set_division_error(false);
        return -1;
    }
    if (hob_int_is_medium(a) && hob_int_is_medium(b)) {
        int64_t x = hob_int_medium_value(a), y = hob_int_medium_value(b);
        *q = hob_int_from_i64(floordiv_i64(x, y));
        if (!*q) { return -1; }
        *r = hob_int_from_i64(mod_i64(x, y));
        if (!*r) {
            Py_CLEAR(*q);
            return -1;
        }
        return 0;
    }
    return divide_floor(a, b, q, r);
}

/* --- true division --- */

/* Top 64 bits of |op| as limbs n with a sticky lowest bit; value is about
 * result * 2***exponent. */
static uint64_t
top_bits(const mp_limb_t *limbs, mp_size_t n, int64_t *exponent)
{
    int shift = __builtin_clzl(limbs[n - 1]);
    uint64_t top = limbs[n - 1] << shift;
    *exponent = (int64_t)(n - 1) * LIMB_BITS - shift;
    if (n == 1) { return top; }
    bool sticky = false;
    if (shift) {
        top |= limbs[n - 2] >> (LIMB_BITS - shift);
        sticky = limbs[n - 2] << shift != 0;
    }
    else {
        sticky = limbs[n - 2] != 0;
    }
    for (mp_size_t i = 0; i < n - 2 && !sticky; i++) { sticky = limbs[i] != 0; }
    return top | sticky;
}

/* |a| / |b| correctly rounded, HUGE_VAL on overflow; -1.0 with an exception. */
static double
divide_true(PyObject *a, PyObject *b)
{
    int64_t lead = hob_int_bits(a) - hob_int_bits(b);
    if (lead > DBL_MAX_EXP) { return HUGE_VAL; }
    if (lead < DBL_MIN_EXP - DBL_MANT_DIG - 1) { return 0.0; }
    /* scale so that the quotient has 61 or 62 bits */
    int64_t shift = 61 - lead;
    own PyObject *num = Py_NewRef(a);
    own PyObject *den = Py_NewRef(b);
    if (shift > 0) { Py_SETREF(num, _PyLong_Lshift(num, (size_t)shift)); }
    else if (shift < 0) { Py_SETREF(den, _PyLong_Lshift(den, (size_t)-shift)); }
    if (!num || !den) { return -1.0; }
    PyObject *q, *r;
    if (divide_magnitudes(num, den, &q, &r) < 0) { return -1.0; }
    bool inexact = Py_SIZE(r) != 0;
    const digit *d = hob_int_digits(q);
    uint64_t mantissa = 0;
    for (Py_ssize_t i = hob_int_ndigits(q); --i >= 0;) {
        mantissa = mantissa << DIGIT_BITS | d[i];
    }
    Py_DECREF(q);
    Py_DECREF(r);
    return hob_double_round(mantissa | inexact, -shift);
}

PyObject *
hob_int_truediv(PyObject *a, PyObject *b)
{
    if (Py_SIZE(b) == 0) {
        PyErr_SetString(PyExc_ZeroDivisionError, "division by zero");
        return NULL;
    }
    bool negative = (Py_SIZE(a) < 0) != (Py_SIZE(b) < 0);
    if (Py_SIZE(a) == 0) { return PyFloat_FromDouble(negative ? -0.0 : 0.0); }
    if (hob_int_bits(a) <= DBL_MANT_DIG && hob_int_bits(b) <= DBL_MANT_DIG) {
        return PyFloat_FromDouble((double)hob_int_medium_value(a) /
                                  (double)hob_int_medium_value(b));
    }
    double quotient = divide_true(a, b);
    if (quotient == -1.0) { return NULL; }
    if (isinf(quotient)) {
        PyErr_SetString(PyExc_OverflowError, "integer division result too large for a float");
        return NULL;
    }
    return PyFloat_FromDouble(negative ? -quotient : quotient);
}

/* --- public API: doubles --- */

double
PyLong_AsDouble(PyObject *op)
{
    if (!op) {
        PyErr_BadInternalCall();
        return -1.0;
    }
    if (!PyLong_Check(op)) {
        PyErr_SetString(PyExc_TypeError, "an integer is required");
        return -1.0;
    }
    if (hob_int_is_medium(op)) { return (double)hob_int_medium_value(op); }
    if (hob_int_bits(op) <= DBL_MAX_EXP) {
        mp_limb_t limbs[DBL_MAX_EXP / LIMB_BITS + 2];
        mp_size_t n = hob_limbs_from_digits(limbs, hob_int_digits(op), hob_int_ndigits(op));
        int64_t exponent;
        uint64_t top = top_bits(limbs, n, &exponent);
        double value = hob_double_round(top, exponent);
        if (!isinf(value)) { return Py_SIZE(op) < 0 ? -value : value; }
    }
    PyErr_SetString(PyExc_OverflowError, "int too large to convert to float");
    return -1.0;
}

double
_PyLong_Frexp(PyLongObject *a, Py_ssize_t *e)
{
    *e = 0;
    int64_t bits = hob_int_bits(a);
    if (bits == 0) { return 0.0; }
    const digit *d = a->ob_digit;
    Py_ssize_t n = hob_int_ndigits(a), i = n;
    unsigned __int128 top = 0;                      /* the upper 4 digits, or fewer */
    while (--i >= 0 && i >= n - 4) { top = top << DIGIT_BITS | d[i]; }
    int top_bits_n = (int)(bits - (int64_t)(i + 1) * DIGIT_BITS);
    bool sticky = false;
    for (; i >= 0 && !sticky; i--) { sticky = d[i] != 0; }
    while (top_bits_n > 62) {
        sticky = sticky || (top & 1);
        top >>= 1;
        top_bits_n--;
    }
    double x = hob_double_round((uint64_t)top | sticky, -top_bits_n);
    if (x == 1.0) {
        x = 0.5;
        bits++;
    }
    *e = (Py_ssize_t)bits;
    return Py_SIZE(a) < 0 ? -x : x;
}

/* --- public API: gcd, nearest quotient, square root --- */

static uint64_t
gcd_u64(uint64_t a, uint64_t b)
{
    if (a == 0) { return b; }
    if (b == 0) { return a; }
    int twos = __builtin_ctzl(a | b);
    a >>= __builtin_ctzl(a);
    do {
        b >>= __builtin_ctzl(b);
        if (a > b) {
            uint64_t swap = a;
            a = b;
            b = swap;
        }
        b -= a;
    } while (b != 0);
    return a << twos;
}

PyObject *
_PyLong_GCD(PyObject *a, PyObject *b)
{
    if (hob_int_is_medium(a) && hob_int_is_medium(b)) {
        int64_t x = hob_int_medium_value(a), y = hob_int_medium_value(b);
        return hob_int_from_i64((int64_t)gcd_u64((uint64_t)(x < 0 ? -x : x),
                                                 (uint64_t)(y < 0 ? -y : y)));
    }
    mp_size_t na, nb;
    LIMBS(x);
    LIMBS(y);
    if (!hob_limbs_load(&x, &na, a) || !hob_limbs_load(&y, &nb, b) ||
        !hob_mpn_room(8 * (na + nb))) {
        return NULL;
    }
    mpz_t va, vb, result;
    mpz_init2(result, (mp_bitcnt_t)(na > nb ? na : nb) * LIMB_BITS);
    PyThreadState *aside = hob_mpn_aside(na, GCD_STEPS * nb);
    mpz_gcd(result, mpz_roinit_n(va, x.at, na), mpz_roinit_n(vb, y.at, nb));
    hob_aside_end(aside);
    PyObject *z = hob_int_from_limbs(mpz_limbs_read(result), (mp_size_t)mpz_size(result),
                                     false);
    mpz_clear(result);
    return z;
}

PyObject *
_PyLong_DivmodNear(PyObject *a, PyObject *b)
{
    if (!PyLong_Check(a) || !PyLong_Check(b)) {
        PyErr_SetString(PyExc_TypeError, "non-integer arguments in division");
        return NULL;
    }
    PyObject *q0, *r0;
    if (hob_int_divmod(a, b, &q0, &r0) < 0) { return NULL; }
    own PyObject *q = q0;
    own PyObject *r = r0;
    own PyObject *twice = _PyLong_Lshift(r, 1);
    if (!twice) { return NULL; }
    /* r has the sign of b: the floor quotient is 1 too small beyond half */
    int order = hob_int_compare(twice, b);
    if (Py_SIZE(b) < 0) { order = -order; }
    if (order > 0 || (order == 0 && Py_SIZE(q) != 0 && hob_int_digits(q)[0] & 1)) {
        Py_SETREF(q, hob_int_add(q, hob_small_int(1)));
        if (!q) { return NULL; }
        Py_SETREF(r, hob_int_sub(r, b));
        if (!r) { return NULL; }
    }
    return PyTuple_Pack(2, q, r);
}

PyObject *
hob_int_isqrt(PyObject *n)
{
    if (hob_int_is_medium(n)) {
        uint64_t value = (uint64_t)hob_int_medium_value(n);
        uint64_t root = (uint64_t)sqrt((double)value);
        while (root * root > value) { root--; }
        while ((root + 1) * (root + 1) <= value) { root++; }
        return hob_int_from_i64((int64_t)root);
    }
    mp_size_t limbs;
    LIMBS(x);
    LIMBS(root);
    if (!hob_limbs_load(&x, &limbs, n) || !hob_mpn_room(4 * limbs) ||
        !hob_limbs_init(&root, (limbs + 1) / 2)) {
        return NULL;
    }
    PyThreadState *aside = hob_mpn_aside(limbs / 2, limbs / 2);
    mpn_sqrtrem(root.at, NULL, x.at, limbs);
    hob_aside_end(aside);
    return hob_int_from_limbs(root.at, (limbs + 1) / 2, false);
}

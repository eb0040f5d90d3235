/* integer.c -- the functions of math on ints: gcd, lcm, factorial, comb, perm,
 * isqrt.
 *
 * Holds      products of ranges are trees: halves of about equal size, so that
 *            the multiplication of large ints is used where it is best.
 */
#include "modules/math/math_int.h"

#include "memory/own.h"
#include "objects/bind.h"
#include "objects/int/int.h"

/* --- gcd and lcm --- */

/** gcd($module, *integers)
 *
 *  Greatest common divisor; 0 of nothing.
 */
static PyObject *
math_gcd(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    own PyObject *result = PyLong_FromLong(0);
    for (Py_ssize_t i = 0; i < nargs && result; i++) {
        own PyObject *n = _PyNumber_Index(args[i]);
        if (!n) { return NULL; }
        Py_SETREF(result, _PyLong_GCD(result, n));
    }
    return take(result);
}

static PyObject *
lcm_of_two(PyObject *a, PyObject *b)
{
    if (_PyLong_Sign(a) == 0 || _PyLong_Sign(b) == 0) { return PyLong_FromLong(0); }
    own PyObject *gcd = _PyLong_GCD(a, b);
    own PyObject *part = gcd ? PyNumber_FloorDivide(a, gcd) : NULL;
    own PyObject *product = part ? PyNumber_Multiply(part, b) : NULL;
    return product ? PyNumber_Absolute(product) : NULL;
}

/** lcm($module, *integers)
 *
 *  Least common multiple; 1 of nothing.
 */
static PyObject *
math_lcm(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    own PyObject *result = PyLong_FromLong(1);
    for (Py_ssize_t i = 0; i < nargs && result; i++) {
        own PyObject *n = _PyNumber_Index(args[i]);
        if (!n) { return NULL; }
        Py_SETREF(result, nargs == 1 ? PyNumber_Absolute(n) : lcm_of_two(result, n));
    }
    return take(result);
}

/* --- products of ranges --- */

/* low * (low + 1) * ... * high, the empty product for low > high. */
static PyObject *
product_of_range(uint64_t low, uint64_t high)
{
    uint64_t product = 1;
    if (high < low) { return PyLong_FromLong(1); }
    if (high - low < 32) {
        uint64_t i = low;
        while (i <= high && !__builtin_mul_overflow(product, i, &product)) { i++; }
        if (i > high) { return PyLong_FromUnsignedLongLong(product); }
        if (low == high) { return PyLong_FromUnsignedLongLong(low); }
    }
    uint64_t middle = low + (high - low) / 2;
    own PyObject *left = product_of_range(low, middle);
    own PyObject *right = left ? product_of_range(middle + 1, high) : NULL;
    return right ? PyNumber_Multiply(left, right) : NULL;
}

/* n!, split into odd factors and a power of two: n! = odd(n) * odd(n/2) * ... */
static PyObject *
product_of_odds(uint64_t low, uint64_t high)            /* odd numbers in low .. high */
{
    low |= 1;
    if (low > high) { return PyLong_FromLong(1); }
    uint64_t count = (high - low) / 2 + 1, product = 1, i = low;
    if (count <= 32) {
        while (i <= high && !__builtin_mul_overflow(product, i, &product)) { i += 2; }
        if (i > high) { return PyLong_FromUnsignedLongLong(product); }
    }
    uint64_t middle = low + (count / 2) * 2;
    own PyObject *left = product_of_odds(low, middle - 1);
    own PyObject *right = left ? product_of_odds(middle, high) : NULL;
    return right ? PyNumber_Multiply(left, right) : NULL;
}

static PyObject *
factorial_of(uint64_t n)
{
    if (n <= 20) {
        uint64_t product = 1;
        for (uint64_t i = 2; i <= n; i++) { product *= i; }
        return PyLong_FromUnsignedLongLong(product);
    }
    own PyObject *inner = PyLong_FromLong(1);           /* odd numbers up to n / 2**k */
    own PyObject *odd = PyLong_FromLong(1);
    if (!inner || !odd) { return NULL; }
    for (int k = 63 - __builtin_clzll(n); k >= 0; k--) {
        uint64_t low = k < 63 ? (n >> (k + 1)) + 1 : 1, high = n >> k;
        own PyObject *part = product_of_odds(low, high);
        if (!part) { return NULL; }
        Py_SETREF(inner, PyNumber_Multiply(inner, part));
        if (!inner) { return NULL; }
        Py_SETREF(odd, PyNumber_Multiply(odd, inner));
        if (!odd) { return NULL; }
        if (PyErr_CheckSignals() < 0) { return NULL; }
    }
    return _PyLong_Lshift(odd, n - (uint64_t)__builtin_popcountll(n));
}

/** factorial($module, n, /)
 *
 *  n!, the product of 1 .. n.
 */
static PyObject *
math_factorial(PyObject *module, PyObject *n)
{
    int overflow;
    long value = PyLong_AsLongAndOverflow(n, &overflow);
    if (value == -1 && PyErr_Occurred()) { return NULL; }
    if (overflow > 0) {
        PyErr_Format(PyExc_OverflowError, "factorial() argument should not exceed %ld",
                     LONG_MAX);
        return NULL;
    }
    if (overflow < 0 || value < 0) {
        PyErr_SetString(PyExc_ValueError, "factorial() not defined for negative values");
        return NULL;
    }
    return factorial_of((uint64_t)value);
}

/* --- choices --- */

static bool
refuse_negative(PyObject *value, const char *name)
{
    if (_PyLong_Sign(value) >= 0) { return false; }
    PyErr_Format(PyExc_ValueError, "%s must be a non-negative integer", name);
    return true;
}

/* n (n-1) ... (n-k+1) of a large n, for offsets from low to low + k - 1. */
static PyObject *
falling_product(PyObject *n, uint64_t low, uint64_t k)
{
    if (k == 1) {
        own PyObject *offset = PyLong_FromUnsignedLongLong(low);
        return offset ? PyNumber_Subtract(n, offset) : NULL;
    }
    own PyObject *left = falling_product(n, low, k / 2);
    own PyObject *right = left ? falling_product(n, low + k / 2, k - k / 2) : NULL;
    return right ? PyNumber_Multiply(left, right) : NULL;
}

/* n! / (n-k)!, 0 <= k <= n */
static PyObject *
perm_of(PyObject *n, uint64_t k)
{
    if (k == 0) { return PyLong_FromLong(1); }
    int overflow;
    long long value = PyLong_AsLongLongAndOverflow(n, &overflow);
    if (!overflow) { return product_of_range((uint64_t)value - k + 1, (uint64_t)value); }
    return falling_product(n, 0, k);
}

/* n! / (n-k)! / k! for small ones in 64 bits; 0 when it does not fit. */
static uint64_t
comb_u64(uint64_t n, uint64_t k)
{
    uint64_t result = 1;
    for (uint64_t i = 1; i <= k; i++) {                 /* result is C(n, i) after a step */
        unsigned __int128 wide = (unsigned __int128)result * (n - k + i);
        wide /= i;
        if (wide >> 64) { return 0; }
        result = (uint64_t)wide;
    }
    return result;
}

/* A count that fits long long, else OverflowError. */
static bool
count_fits(PyObject *k, const char *what, uint64_t *out)
{
    int overflow;
    long long value = PyLong_AsLongLongAndOverflow(k, &overflow);
    if (overflow > 0) {
        PyErr_Format(PyExc_OverflowError, "%s must not exceed %lld", what, LLONG_MAX);
        return false;
    }
    *out = (uint64_t)value;
    return !(value == -1 && PyErr_Occurred());
}

static tri
is_less(PyObject *a, PyObject *b)
{
    return PyObject_RichCompareBool(a, b, Py_LT);
}

/** comb($module, n, k, /)
 *
 *  In how many ways k of n things can be chosen, the order being of no
 *  interest: n! / (k! * (n - k)!), or 0 when k > n.
 */
static PyObject *
math_comb(PyObject *module, PyObject *n, PyObject *k)
{
    own PyObject *all = _PyNumber_Index(n);
    own PyObject *chosen = all ? _PyNumber_Index(k) : NULL;
    if (!chosen || refuse_negative(all, "n") || refuse_negative(chosen, "k")) { return NULL; }
    own PyObject *others = PyNumber_Subtract(all, chosen);
    if (!others) { return NULL; }
    if (_PyLong_Sign(others) < 0) { return PyLong_FromLong(0); }
    tri less = is_less(others, chosen);
    uint64_t count;
    if (less < 0 || !count_fits(less ? others : chosen, "min(n - k, k)", &count)) {
        return NULL;
    }
    int overflow;
    long long value = PyLong_AsLongLongAndOverflow(all, &overflow);
    if (!overflow && count <= 34) {
        uint64_t small = comb_u64((uint64_t)value, count);
        if (small) { return PyLong_FromUnsignedLongLong(small); }
    }
    own PyObject *top = perm_of(all, count);
    own PyObject *bottom = top ? factorial_of(count) : NULL;
    return bottom ? PyNumber_FloorDivide(top, bottom) : NULL;
}

/** perm($module, n, k=None, /)
 *
 *  In how many ways k of n things can be lined up: n! / (n - k)!, or 0 when
 *  k > n.  Without k, all of them: n!.
 */
static PyObject *
math_perm(PyObject *module, PyObject *n, PyObject *k)
{
    if (k == Py_None) { return math_factorial(module, n); }
    own PyObject *all = _PyNumber_Index(n);
    own PyObject *chosen = all ? _PyNumber_Index(k) : NULL;
    if (!chosen || refuse_negative(all, "n") || refuse_negative(chosen, "k")) { return NULL; }
    tri less = is_less(all, chosen);
    if (less) { return less < 0 ? NULL : PyLong_FromLong(0); }
    uint64_t count;
    return count_fits(chosen, "k", &count) ? perm_of(all, count) : NULL;
}

/** isqrt($module, n, /)
 *
 *  The greatest int whose square is not above n.
 */
static PyObject *
math_isqrt(PyObject *module, PyObject *n)
{
    own PyObject *value = _PyNumber_Index(n);
    if (!value) { return NULL; }
    if (_PyLong_Sign(value) < 0) {
        PyErr_SetString(PyExc_ValueError, "isqrt() argument must be nonnegative");
        return NULL;
    }
    return hob_int_isqrt(value);
}

#include "gen/modules/math/integer.bind.h"

PyMethodDef *const math_integer_methods = module_methods;

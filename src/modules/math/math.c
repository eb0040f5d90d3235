/* math.c -- the module math: C's mathematical functions with Python's errors.
 *
 * Holds      a NaN that comes out of numbers is ValueError; an infinity that
 *            comes out of finite ones is OverflowError where a result may be
 *            too large, else ValueError (a pole).
 * Next       special.c (gamma, lengths), integer.c (functions on ints)
 */
#include "modules/math/math_int.h"

#include "memory/own.h"
#include "objects/bind.h"
#include "objects/ids.h"
#include "objects/undeclared.h"

#include <errno.h>
#include <float.h>
#include <math.h>

/* --- errors --- */

static PyObject *
domain_error(void)
{
    PyErr_SetString(PyExc_ValueError, "math domain error");
    return NULL;
}

static PyObject *
range_error(void)
{
    PyErr_SetString(PyExc_OverflowError, "math range error");
    return NULL;
}

/* Out of line: what the compiler learns here (-1.0 is checked for) would make
 * it compute f(-1.0) itself, with other last bits than the library's. */
static NOINLINE bool
convert_to_double(PyObject *op, double *out)
{
    *out = PyFloat_AsDouble(op);
    return !(*out == -1.0 && PyErr_Occurred());
}

static inline bool
as_double(PyObject *op, double *out)
{
    if (LIKELY(PyFloat_CheckExact(op))) {
        *out = PyFloat_AS_DOUBLE(op);
        return true;
    }
    return convert_to_double(op, out);
}

/* r = f(x), judged by what went in and came out. */
static inline PyObject *
judge(double x, double r, bool may_overflow)
{
    if (UNLIKELY(isnan(r) && !isnan(x))) { return domain_error(); }
    if (UNLIKELY(isinf(r) && isfinite(x))) {
        return may_overflow ? range_error() : domain_error();
    }
    return PyFloat_FromDouble(r);
}

/* --- one double to one double --- */

enum { POLE = 0, OVERFLOW = 1 };        /* what an infinity means */

/** acos($module, x, /)
 *
 *  The arc cosine of x, in radians from 0 to pi.
 */
static PyObject *
math_acos(PyObject *module, PyObject *x)
{
    double value;
    return as_double(x, &value) ? judge(value, acos(value), POLE) : NULL;
}

/** acosh($module, x, /)
 *
 *  The inverse hyperbolic cosine of x.
 */
static PyObject *
math_acosh(PyObject *module, PyObject *x)
{
    double value;
    return as_double(x, &value) ? judge(value, acosh(value), POLE) : NULL;
}

/** asin($module, x, /)
 *
 *  The arc sine of x, in radians from -pi/2 to pi/2.
 */
static PyObject *
math_asin(PyObject *module, PyObject *x)
{
    double value;
    return as_double(x, &value) ? judge(value, asin(value), POLE) : NULL;
}

/** asinh($module, x, /)
 *
 *  The inverse hyperbolic sine of x.
 */
static PyObject *
math_asinh(PyObject *module, PyObject *x)
{
    double value;
    return as_double(x, &value) ? judge(value, asinh(value), POLE) : NULL;
}

/** atan($module, x, /)
 *
 *  The arc tangent of x, in radians from -pi/2 to pi/2.
 */
static PyObject *
math_atan(PyObject *module, PyObject *x)
{
    double value;
    return as_double(x, &value) ? judge(value, atan(value), POLE) : NULL;
}

/** atanh($module, x, /)
 *
 *  The inverse hyperbolic tangent of x.
 */
static PyObject *
math_atanh(PyObject *module, PyObject *x)
{
    double value;
    return as_double(x, &value) ? judge(value, atanh(value), POLE) : NULL;
}

/** cbrt($module, x, /)
 *
 *  The cube root of x.
 */
static PyObject *
math_cbrt(PyObject *module, PyObject *x)
{
    double value;
    return as_double(x, &value) ? judge(value, cbrt(value), POLE) : NULL;
}

/** cos($module, x, /)
 *
 *  The cosine of x radians.
 */
static PyObject *
math_cos(PyObject *module, PyObject *x)
{
    double value;
    return as_double(x, &value) ? judge(value, cos(value), POLE) : NULL;
}

/** cosh($module, x, /)
 *
 *  The hyperbolic cosine of x.
 */
static PyObject *
math_cosh(PyObject *module, PyObject *x)
{
    double value;
    return as_double(x, &value) ? judge(value, cosh(value), OVERFLOW) : NULL;
}

/** erf($module, x, /)
 *
 *  The error function at x.
 */
static PyObject *
math_erf(PyObject *module, PyObject *x)
{
    double value;
    return as_double(x, &value) ? judge(value, erf(value), POLE) : NULL;
}

/** erfc($module, x, /)
 *
 *  The complementary error function at x: 1 - erf(x).
 */
static PyObject *
math_erfc(PyObject *module, PyObject *x)
{
    double value;
    return as_double(x, &value) ? judge(value, erfc(value), POLE) : NULL;
}

/** exp($module, x, /)
 *
 *  e raised to the power of x.
 */
static PyObject *
math_exp(PyObject *module, PyObject *x)
{
    double value;
    return as_double(x, &value) ? judge(value, exp(value), OVERFLOW) : NULL;
}

/** exp2($module, x, /)
 *
 *  2 raised to the power of x.
 */
static PyObject *
math_exp2(PyObject *module, PyObject *x)
{
    double value;
    return as_double(x, &value) ? judge(value, exp2(value), OVERFLOW) : NULL;
}

/** expm1($module, x, /)
 *
 *  exp(x) - 1, without the loss of digits near 0.
 */
static PyObject *
math_expm1(PyObject *module, PyObject *x)
{
    double value;
    return as_double(x, &value) ? judge(value, expm1(value), OVERFLOW) : NULL;
}

/** fabs($module, x, /)
 *
 *  The absolute value of the float x.
 */
static PyObject *
math_fabs(PyObject *module, PyObject *x)
{
    double value;
    return as_double(x, &value) ? judge(value, fabs(value), POLE) : NULL;
}

/** log1p($module, x, /)
 *
 *  log(1 + x), the natural one, without the loss of digits near 0.
 */
static PyObject *
math_log1p(PyObject *module, PyObject *x)
{
    double value;
    return as_double(x, &value) ? judge(value, log1p(value), POLE) : NULL;
}

/** sin($module, x, /)
 *
 *  The sine of x radians.
 */
static PyObject *
math_sin(PyObject *module, PyObject *x)
{
    double value;
    return as_double(x, &value) ? judge(value, sin(value), POLE) : NULL;
}

/** sinh($module, x, /)
 *
 *  The hyperbolic sine of x.
 */
static PyObject *
math_sinh(PyObject *module, PyObject *x)
{
    double value;
    return as_double(x, &value) ? judge(value, sinh(value), OVERFLOW) : NULL;
}

/** sqrt($module, x, /)
 *
 *  The square root of x.
 */
static PyObject *
math_sqrt(PyObject *module, PyObject *x)
{
    double value;
    return as_double(x, &value) ? judge(value, sqrt(value), POLE) : NULL;
}

/** tan($module, x, /)
 *
 *  The tangent of x radians.
 */
static PyObject *
math_tan(PyObject *module, PyObject *x)
{
    double value;
    return as_double(x, &value) ? judge(value, tan(value), POLE) : NULL;
}

/** tanh($module, x, /)
 *
 *  The hyperbolic tangent of x.
 */
static PyObject *
math_tanh(PyObject *module, PyObject *x)
{
    double value;
    return as_double(x, &value) ? judge(value, tanh(value), POLE) : NULL;
}

/* What gamma and lgamma say through errno. */
static PyObject *
judge_errno(double r)
{
    if (errno == 0) { return PyFloat_FromDouble(r); }
    return errno == EDOM ? domain_error() : range_error();
}

/** gamma($module, x, /)
 *
 *  The gamma function at x.
 */
static PyObject *
math_gamma_(PyObject *module, PyObject *x)
{
    double value;
    return as_double(x, &value) ? judge_errno(math_gamma(value)) : NULL;
}

/** lgamma($module, x, /)
 *
 *  The natural logarithm of the gamma function's absolute value at x.
 */
static PyObject *
math_lgamma_(PyObject *module, PyObject *x)
{
    double value;
    return as_double(x, &value) ? judge_errno(math_lgamma(value)) : NULL;
}

/** degrees($module, x, /)
 *
 *  The angle x, given in radians, in degrees.
 */
static PyObject *
math_degrees(PyObject *module, double x)
{
    return PyFloat_FromDouble(x * (180.0 / Py_MATH_PI));
}

/** radians($module, x, /)
 *
 *  The angle x, given in degrees, in radians.
 */
static PyObject *
math_radians(PyObject *module, double x)
{
    return PyFloat_FromDouble(x * (Py_MATH_PI / 180.0));
}

/** ulp($module, x, /)
 *
 *  The weight of the last bit of the float x.
 */
static PyObject *
math_ulp(PyObject *module, double x)
{
    if (isnan(x)) { return PyFloat_FromDouble(x); }
    x = fabs(x);
    if (isinf(x)) { return PyFloat_FromDouble(x); }
    double next = nextafter(x, HUGE_VAL);
    if (isinf(next)) { return PyFloat_FromDouble(x - nextafter(x, 0.0)); }
    return PyFloat_FromDouble(next - x);
}

/** isfinite($module, x, /)
 *
 *  Whether x is neither an infinity nor a NaN.
 */
static bool
math_isfinite(PyObject *module, double x)
{
    return isfinite(x);
}

/** isinf($module, x, /)
 *
 *  Whether x is an infinity of either sign.
 */
static bool
math_isinf(PyObject *module, double x)
{
    return isinf(x);
}

/** isnan($module, x, /)
 *
 *  Whether x is a NaN.
 */
static bool
math_isnan(PyObject *module, double x)
{
    return isnan(x);
}

/* --- rounding to ints --- */

/* op.<name>() by its type, or NULL; *found says whether there is one. */
static PyObject *
call_special(PyObject *op, PyObject *name, bool *found)
{
    own PyObject *method = _PyObject_LookupSpecial(op, name);
    *found = method != NULL;
    return method ? PyObject_CallNoArgs(method) : NULL;
}

/** ceil($module, x, /)
 *
 *  The least integer not below x.
 */
static PyObject *
math_ceil(PyObject *module, PyObject *x)
{
    if (!PyFloat_CheckExact(x)) {
        bool found;
        PyObject *result = call_special(x, ID(__ceil__), &found);
        if (found || PyErr_Occurred()) { return result; }
    }
    double value;
    return as_double(x, &value) ? PyLong_FromDouble(ceil(value)) : NULL;
}

/** floor($module, x, /)
 *
 *  The greatest integer not above x.
 */
static PyObject *
math_floor(PyObject *module, PyObject *x)
{
    if (!PyFloat_CheckExact(x)) {
        bool found;
        PyObject *result = call_special(x, ID(__floor__), &found);
        if (found || PyErr_Occurred()) { return result; }
    }
    double value;
    return as_double(x, &value) ? PyLong_FromDouble(floor(value)) : NULL;
}

/** trunc($module, x, /)
 *
 *  The integer next to x on the side of 0: what x.__trunc__() gives.
 */
static PyObject *
math_trunc(PyObject *module, PyObject *x)
{
    if (PyFloat_CheckExact(x)) { return PyLong_FromDouble(PyFloat_AS_DOUBLE(x)); }
    bool found;
    PyObject *result = call_special(x, ID(__trunc__), &found);
    if (!found && !PyErr_Occurred()) {
        PyErr_Format(PyExc_TypeError, "type %.100s doesn't define __trunc__ method",
                     Py_TYPE(x)->tp_name);
    }
    return result;
}

/* --- two doubles --- */

/* r = f(x, y), judged as in `judge`. */
static PyObject *
judge_two(double x, double y, double r)
{
    if (isnan(r) && !isnan(x) && !isnan(y)) { return domain_error(); }
    if (isinf(r) && isfinite(x) && isfinite(y)) { return range_error(); }
    return PyFloat_FromDouble(r);
}

/** atan2($module, y, x, /)
 *
 *  The arc tangent of y/x, in radians, in the quadrant that the signs of both
 *  say.
 */
static PyObject *
math_atan2(PyObject *module, double y, double x)
{
    return PyFloat_FromDouble(atan2(y, x));
}

/** copysign($module, x, y, /)
 *
 *  The size of x with the sign of y, as a float; that of -0.0 counts.
 */
static PyObject *
math_copysign(PyObject *module, double x, double y)
{
    return PyFloat_FromDouble(copysign(x, y));
}

/** fmod($module, x, y, /)
 *
 *  The rest of x / y as C's fmod has it, with the sign of x.
 */
static PyObject *
math_fmod(PyObject *module, double x, double y)
{
    return judge_two(x, y, fmod(x, y));
}

/** nextafter($module, x, y, /)
 *
 *  The float next to x on the side of y.
 */
static PyObject *
math_nextafter(PyObject *module, double x, double y)
{
    return PyFloat_FromDouble(nextafter(x, y));
}

/** remainder($module, x, y, /)
 *
 *  x - n*y where n is the integer nearest to x / y, the even one of two.
 */
static PyObject *
math_remainder(PyObject *module, double x, double y)
{
    return judge_two(x, y, remainder(x, y));
}

/** pow($module, x, y, /)
 *
 *  x raised to the power of y, as a float.
 */
static PyObject *
math_pow(PyObject *module, double x, double y)
{
    if (x == 0.0 && y < 0.0 && isfinite(y)) { return domain_error(); }
    return judge_two(x, y, pow(x, y));
}

/** ldexp($module, x, i, /)
 *
 *  x * (2**i), the inverse of frexp().
 */
static PyObject *
math_ldexp(PyObject *module, double x, PyObject *i)
{
    if (!PyLong_Check(i)) {
        PyErr_SetString(PyExc_TypeError, "Expected an int as second argument to ldexp.");
        return NULL;
    }
    int overflow;
    long exponent = PyLong_AsLongAndOverflow(i, &overflow);
    if (exponent == -1 && PyErr_Occurred()) { return NULL; }
    if (overflow) { exponent = overflow < 0 ? LONG_MIN : LONG_MAX; }
    if (x == 0.0 || !isfinite(x)) { return PyFloat_FromDouble(x); }
    if (exponent > 10000) { return range_error(); }
    if (exponent < -10000) { return PyFloat_FromDouble(copysign(0.0, x)); }
    double r = ldexp(x, (int)exponent);
    return isinf(r) ? range_error() : PyFloat_FromDouble(r);
}

/** frexp($module, x, /)
 *
 *  x as a pair (m, e) of a float and an int: x == m * 2**e exactly, with
 *  0.5 <= abs(m) < 1, or both 0 for 0.
 */
static PyObject *
math_frexp(PyObject *module, double x)
{
    int exponent = 0;
    if (x != 0.0 && isfinite(x)) { x = frexp(x, &exponent); }
    return Py_BuildValue("(di)", x, exponent);
}

/** modf($module, x, /)
 *
 *  The fraction and the integer part of x, both floats with the sign of x.
 */
static PyObject *
math_modf(PyObject *module, double x)
{
    double whole, fraction = modf(x, &whole);
    return Py_BuildValue("(dd)", fraction, whole);
}

/** isclose($module, /, a, b, *, rel_tol=1e-09, abs_tol=0.0)
 *
 *  Whether a and b are nearly the same.
 *
 *    rel_tol
 *      how far they may be apart, in units of the larger one
 *    abs_tol
 *      how far they may be apart in any case
 *
 *  An infinity is close to itself only, a NaN to nothing.
 */
static PyObject *
math_isclose(PyObject *module, double a, double b, double rel_tol, double abs_tol)
{
    if (rel_tol < 0.0 || abs_tol < 0.0) {
        PyErr_SetString(PyExc_ValueError, "tolerances must be non-negative");
        return NULL;
    }
    if (a == b) { Py_RETURN_TRUE; }
    if (isinf(a) || isinf(b)) { Py_RETURN_FALSE; }
    double apart = fabs(b - a);
    return PyBool_FromLong(apart <= fabs(rel_tol * b) || apart <= fabs(rel_tol * a) ||
                           apart <= abs_tol);
}

/* --- logarithms, of ints of any size, too --- */

/* The logarithm of x by f, which gives it for doubles > 0. */
static PyObject *
logarithm(PyObject *x, double (*f)(double))
{
    if (PyLong_Check(x)) {
        if (_PyLong_Sign(x) <= 0) { return domain_error(); }
        double value = PyLong_AsDouble(x);
        if (!(value == -1.0 && PyErr_Occurred())) { return PyFloat_FromDouble(f(value)); }
        if (!PyErr_ExceptionMatches(PyExc_OverflowError)) { return NULL; }
        PyErr_Clear();
        Py_ssize_t exponent;
        value = _PyLong_Frexp((PyLongObject *)x, &exponent);
        if (value == -1.0 && PyErr_Occurred()) { return NULL; }
        return PyFloat_FromDouble(f(value) + f(2.0) * (double)exponent);
    }
    double value;
    if (!as_double(x, &value)) { return NULL; }
    if (value <= 0.0) { return domain_error(); }
    return PyFloat_FromDouble(f(value));
}

/** @nosig log($module, x, base=NULL, /)
 *
 *  log(x, [base=math.e])
 *  The logarithm of x to the given base, or the natural one.
 */
static PyObject *
math_log(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    if (nargs < 1 || nargs > 2) {
        PyErr_SetString(PyExc_TypeError, "math.log requires 1 to 2 arguments");
        return NULL;
    }
    PyObject *top = logarithm(args[0], log);
    if (!top || nargs == 1) { return top; }
    PyObject *bottom = logarithm(args[1], log);
    PyObject *quotient = bottom ? PyNumber_TrueDivide(top, bottom) : NULL;
    Py_DECREF(top);
    Py_XDECREF(bottom);
    return quotient;
}

/** log2($module, x, /)
 *
 *  The logarithm of x to the base 2.
 */
static PyObject *
math_log2(PyObject *module, PyObject *x)
{
    return logarithm(x, log2);
}

/** log10($module, x, /)
 *
 *  The logarithm of x to the base 10.
 */
static PyObject *
math_log10(PyObject *module, PyObject *x)
{
    return logarithm(x, log10);
}

/* --- exact sums ---
 *
 * J. R. Shewchuk, "Adaptive precision floating-point arithmetic": the sum so
 * far is kept as doubles that do not overlap, smallest first.
 */

typedef struct {
    double *part;
    Py_ssize_t n, room;
    double small[32];
    double special;                     /* sum of infinities and NaNs seen */
    double infinities;
} exact_sum;

static void
exact_free(exact_sum *s)
{
    if (s->part != s->small) { PyMem_Free(s->part); }
}

static status
exact_grow(exact_sum *s)
{
    if (s->n < s->room) { return 0; }
    double *bigger = PyMem_New(double, 2 * s->room);
    if (!bigger) {
        PyErr_NoMemory();
        return -1;
    }
    memcpy(bigger, s->part, (size_t)s->n * sizeof *bigger);
    exact_free(s);
    s->part = bigger;
    s->room *= 2;
    return 0;
}

static status
exact_add(exact_sum *s, double given)
{
    double x = given;
    Py_ssize_t kept = 0;
    for (Py_ssize_t i = 0; i < s->n; i++) {
        double y = s->part[i];
        if (fabs(x) < fabs(y)) {
            double swap = x;
            x = y;
            y = swap;
        }
        volatile double high = x + y, back = high - x;
        double low = y - back;
        if (low != 0.0) { s->part[kept++] = low; }
        x = high;
    }
    s->n = kept;
    if (x == 0.0) { return 0; }
    if (isfinite(x)) {
        if (exact_grow(s) < 0) { return -1; }
        s->part[s->n++] = x;
        return 0;
    }
    if (isfinite(given)) {
        PyErr_SetString(PyExc_OverflowError, "intermediate overflow in fsum");
        return -1;
    }
    if (isinf(given)) { s->infinities += given; }
    s->special += given;
    s->n = 0;
    return 0;
}

/* The parts as one correctly rounded double. */
static double
exact_round(const exact_sum *s)
{
    Py_ssize_t n = s->n;
    if (n == 0) { return 0.0; }
    double high = s->part[--n], low = 0.0;
    while (n > 0) {
        double x = high, y = s->part[--n];
        high = x + y;
        low = y - (high - x);
        if (low != 0.0) { break; }
    }
    /* a tie was rounded to even; what lies below may break it */
    if (n > 0 && ((low < 0.0 && s->part[n - 1] < 0.0) || (low > 0.0 && s->part[n - 1] > 0.0))) {
        double twice = low * 2.0, moved = high + twice;
        if (twice == moved - high) { high = moved; }
    }
    return high;
}

/** fsum($module, seq, /)
 *
 *  The sum of the floats of an iterable, rounded once.
 */
static PyObject *
math_fsum(PyObject *module, PyObject *seq)
{
    own PyObject *iterator = PyObject_GetIter(seq);
    if (!iterator) { return NULL; }
    __attribute__((cleanup(exact_free))) exact_sum s;
    s.part = s.small;
    s.n = 0;
    s.room = ARRAY_LEN(s.small);
    s.special = s.infinities = 0.0;
    PyObject *item;
    while ((item = PyIter_Next(iterator))) {
        double value;
        bool is_number = as_double(item, &value);
        Py_DECREF(item);
        if (!is_number || exact_add(&s, value) < 0) { return NULL; }
    }
    if (PyErr_Occurred()) { return NULL; }
    if (s.special != 0.0) {
        if (isnan(s.infinities)) {
            PyErr_SetString(PyExc_ValueError, "-inf + inf in fsum");
            return NULL;
        }
        return PyFloat_FromDouble(s.special);
    }
    return PyFloat_FromDouble(exact_round(&s));
}

/* --- products --- */

/* Multiply ints from the iterator while they are exact and fit a long: 1 at
 * the end, 0 when *item (owned) does not fit in, -1 on error. */
static tri
product_of_ints(PyObject *iterator, PyObject **result, PyObject **item)
{
    int overflow;
    long product = PyLong_AsLongAndOverflow(*result, &overflow);
    if (overflow) { return 0; }
    while ((*item = PyIter_Next(iterator))) {
        if (!PyLong_CheckExact(*item)) { break; }
        long factor = PyLong_AsLongAndOverflow(*item, &overflow), bigger;
        if (overflow || __builtin_mul_overflow(product, factor, &bigger)) { break; }
        product = bigger;
        Py_CLEAR(*item);
    }
    if (!*item && PyErr_Occurred()) { return -1; }
    Py_SETREF(*result, PyLong_FromLong(product));
    if (!*result) {
        Py_CLEAR(*item);
        return -1;
    }
    return *item == NULL;
}

/* The same for floats, with ints among them. */
static tri
product_of_floats(PyObject *iterator, PyObject **result, PyObject **item)
{
    double product = PyFloat_AS_DOUBLE(*result);
    while (*item || (*item = PyIter_Next(iterator))) {
        if (PyFloat_CheckExact(*item)) {
            product *= PyFloat_AS_DOUBLE(*item);
        }
        else if (PyLong_CheckExact(*item)) {
            int overflow;
            long factor = PyLong_AsLongAndOverflow(*item, &overflow);
            if (overflow) { break; }
            product *= (double)factor;
        }
        else {
            break;
        }
        Py_CLEAR(*item);
    }
    if (!*item && PyErr_Occurred()) { return -1; }
    Py_SETREF(*result, PyFloat_FromDouble(product));
    if (!*result) {
        Py_CLEAR(*item);
        return -1;
    }
    return *item == NULL;
}

/** prod($module, iterable, /, *, start=1)
 *
 *  The product of start and all elements of an iterable of numbers.
 */
static PyObject *
math_prod(PyObject *module, PyObject *iterable, PyObject *start)
{
    own PyObject *iterator = PyObject_GetIter(iterable);
    if (!iterator) { return NULL; }
    own PyObject *result = start ? Py_NewRef(start) : PyLong_FromLong(1);
    if (!result) { return NULL; }
    PyObject *item = NULL;
    if (PyLong_CheckExact(result)) {
        tri done = product_of_ints(iterator, &result, &item);
        if (done) { return done < 0 ? NULL : take(result); }
        if (item) {                                     /* what did not fit decides the rest */
            own PyObject *factor = take(item);
            Py_SETREF(result, PyNumber_Multiply(result, factor));
            if (!result) { return NULL; }
        }
    }
    if (PyFloat_CheckExact(result)) {
        tri done = product_of_floats(iterator, &result, &item);
        if (done) { return done < 0 ? NULL : take(result); }
    }
    while (item || (item = PyIter_Next(iterator))) {
        own PyObject *factor = take(item);
        Py_SETREF(result, PyNumber_Multiply(result, factor));
        if (!result) { return NULL; }
    }
    return PyErr_Occurred() ? NULL : take(result);
}

/* --- lengths --- */

/* Coordinates on the stack while they are few. */
typedef struct {
    double *at, small[16];
    double max;
    bool found_nan;
} coordinates;

static void
coordinates_free(coordinates *c)
{
    if (c->at && c->at != c->small) { PyMem_Free(c->at); }
}
#define COORDINATES(name) \
    __attribute__((cleanup(coordinates_free))) coordinates name = {.at = NULL}

static bool
coordinates_init(coordinates *c, Py_ssize_t n)
{
    c->max = 0.0;
    c->found_nan = false;
    c->at = n <= (Py_ssize_t)ARRAY_LEN(c->small) ? c->small : PyMem_New(double, n);
    if (c->at) { return true; }
    PyErr_NoMemory();
    return false;
}

static inline void
coordinates_put(coordinates *c, Py_ssize_t i, double x)
{
    c->at[i] = fabs(x);
    c->found_nan = c->found_nan || isnan(x);
    if (c->at[i] > c->max) { c->max = c->at[i]; }
}

static PyObject *
coordinates_length(coordinates *c, Py_ssize_t n)
{
    double length = math_norm(c->at, n, c->max, c->found_nan);
    return length == -1.0 ? PyErr_NoMemory() : PyFloat_FromDouble(length);
}

/** @nosig hypot($module, *coordinates)
 *
 *  hypot(*coordinates) -> value
 *
 *  The length of the vector from the origin to the point with these
 *  coordinates; for two, the hypotenuse: sqrt(x*x + y*y).
 */
static PyObject *
math_hypot(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    COORDINATES(c);
    if (!coordinates_init(&c, nargs)) { return NULL; }
    for (Py_ssize_t i = 0; i < nargs; i++) {
        double x;
        if (!as_double(args[i], &x)) { return NULL; }
        coordinates_put(&c, i, x);
    }
    return coordinates_length(&c, nargs);
}

/** dist($module, p, q, /)
 *
 *  The Euclidean distance of two points, each a sequence of coordinates.
 */
static PyObject *
math_dist(PyObject *module, PyObject *p, PyObject *q)
{
    own PyObject *a = PyTuple_Check(p) ? Py_NewRef(p) : PySequence_Tuple(p);
    own PyObject *b = a ? (PyTuple_Check(q) ? Py_NewRef(q) : PySequence_Tuple(q)) : NULL;
    if (!b) { return NULL; }
    Py_ssize_t n = PyTuple_GET_SIZE(a);
    if (n != PyTuple_GET_SIZE(b)) {
        PyErr_SetString(PyExc_ValueError,
                        "both points must have the same number of dimensions");
        return NULL;
    }
    COORDINATES(c);
    if (!coordinates_init(&c, n)) { return NULL; }
    for (Py_ssize_t i = 0; i < n; i++) {
        double x, y;
        if (!as_double(PyTuple_GET_ITEM(a, i), &x) || !as_double(PyTuple_GET_ITEM(b, i), &y)) {
            return NULL;
        }
        coordinates_put(&c, i, x - y);
    }
    return coordinates_length(&c, n);
}

#include "gen/modules/math/math.bind.h"

/* --- the module --- */

static int
math_exec(PyObject *module)
{
    const struct {
        const char *name;
        double value;
    } constants[] = {
        {"pi", Py_MATH_PI}, {"e", Py_MATH_E}, {"tau", Py_MATH_TAU}, {"inf", HUGE_VAL},
        {"nan", fabs(NAN)},
    };
    for (size_t i = 0; i < ARRAY_LEN(constants); i++) {
        own PyObject *value = PyFloat_FromDouble(constants[i].value);
        if (!value || PyModule_AddObjectRef(module, constants[i].name, value) < 0) {
            return -1;
        }
    }
    return PyModule_AddFunctions(module, math_integer_methods);
}

static PyModuleDef_Slot math_slots[] = {
    {Py_mod_exec, math_exec},
    {0, NULL},
};

PyDoc_STRVAR(math_doc, "The mathematical functions of the C standard, and some more.");

static struct PyModuleDef math_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "math",
    .m_doc = math_doc,
    .m_size = 0,
    .m_methods = module_methods,
    .m_slots = math_slots,
};

PyMODINIT_FUNC
PyInit_math(void)
{
    return PyModuleDef_Init(&math_module);
}

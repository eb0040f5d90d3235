/* cmath.c -- the module cmath: elementary functions of complex numbers.
 *
 * W. Kahan, "Branch cuts for complex elementary functions" (1987): the inverse
 * functions go through two square roots each, so that zeros keep their signs
 * and the branch cuts come out right.  Arguments with an infinity or a NaN
 * follow a table after Annex G of the C standard.
 * Holds      a function says through errno: EDOM (ValueError) or ERANGE
 *            (OverflowError).
 */
#include <Python.h>

#include "memory/own.h"
#include "objects/bind.h"

#include <errno.h>
#include <float.h>
#include <math.h>

#define MATH_LN2  0.6931471805599453094172321214581765680755001343602552
#define MATH_LN10 2.302585092994045684017991454684364208
#define LARGE        (DBL_MAX / 4.0)
#define SQRT_LARGE   (sqrt(LARGE))
#define LOG_LARGE    (log(LARGE))
#define SQRT_TINY    (sqrt(DBL_MIN))

enum { SCALE_UP = 53, SCALE_DOWN = -27 };       /* 2**-27 is sqrt(2**-54) */

typedef Py_complex cpx;

/* A result without trouble; the library may have noted an underflow. */
static inline cpx
fine(double real, double imag)
{
    errno = 0;
    return (cpx){real, imag};
}

static inline bool
all_finite(cpx z)
{
    return isfinite(z.real) && isfinite(z.imag);
}

/* --- infinities and NaNs ---
 *
 * Rows: real part -inf, negative, -0, 0, positive, inf, nan; columns: the
 * imaginary part, likewise.  Each entry is the real and the imaginary part of
 * the result: 0, l for 1, h pi/2, q pi/4, t 3 pi/4, p pi, i infinity, n NaN,
 * upper case for the negative (o is -0, L is -1); EE is a domain error, and
 * both parts being finite never gets here.
 */

enum special {
    FOR_ACOS, FOR_ACOSH, FOR_ASINH, FOR_ATANH, FOR_COSH, FOR_EXP, FOR_LOG, FOR_SINH, FOR_SQRT,
    FOR_TANH, FOR_RECT,
};

static const char special_results[][7][21] = {
    [FOR_ACOS] = {
        "ti pi pi pI pI tI ni",
        "hi .. .. .. .. hI nn",
        "hi .. .. .. .. hI hn",
        "hi .. .. .. .. hI hn",
        "hi .. .. .. .. hI nn",
        "qi 0i 0i 0I 0I qI ni",
        "ni nn nn nn nn nI nn",
    },
    [FOR_ACOSH] = {
        "iT iP iP ip ip it in",
        "iH .. .. .. .. ih nn",
        "iH .. .. .. .. ih nn",
        "iH .. .. .. .. ih nn",
        "iH .. .. .. .. ih nn",
        "iQ io io i0 i0 iq in",
        "in nn nn nn nn in nn",
    },
    [FOR_ASINH] = {
        "IQ Io Io I0 I0 Iq In",
        "IH .. .. .. .. Ih nn",
        "IH .. .. .. .. Ih nn",
        "iH .. .. .. .. ih nn",
        "iH .. .. .. .. ih nn",
        "iQ io io i0 i0 iq in",
        "in nn no n0 nn in nn",
    },
    [FOR_ATANH] = {
        "oH oH oH oh oh oh on",
        "oH .. .. .. .. oh nn",
        "oH .. .. .. .. oh on",
        "0H .. .. .. .. 0h 0n",
        "0H .. .. .. .. 0h nn",
        "0H 0H 0H 0h 0h 0h 0n",
        "0H nn nn nn nn 0h nn",
    },
    [FOR_COSH] = {
        "EE ii i0 io iI EE in",
        "EE .. .. .. .. EE nn",
        "EE .. .. .. .. EE n0",
        "EE .. .. .. .. EE n0",
        "EE .. .. .. .. EE nn",
        "EE iI io i0 ii EE in",
        "nn nn n0 n0 nn nn nn",
    },
    [FOR_EXP] = {
        "00 0o 0o 00 00 00 00",
        "EE .. .. .. .. EE nn",
        "EE .. .. .. .. EE nn",
        "EE .. .. .. .. EE nn",
        "EE .. .. .. .. EE nn",
        "EE iI io i0 ii EE in",
        "nn nn no n0 nn nn nn",
    },
    [FOR_LOG] = {
        "iT iP iP ip ip it in",
        "iH .. .. .. .. ih nn",
        "iH .. .. .. .. ih nn",
        "iH .. .. .. .. ih nn",
        "iH .. .. .. .. ih nn",
        "iQ io io i0 i0 iq in",
        "in nn nn nn nn in nn",
    },
    [FOR_SINH] = {
        "EE II Io I0 Ii EE in",
        "EE .. .. .. .. EE nn",
        "EE .. .. .. .. EE 0n",
        "EE .. .. .. .. EE 0n",
        "EE .. .. .. .. EE nn",
        "EE iI io i0 ii EE in",
        "nn nn no n0 nn nn nn",
    },
    [FOR_SQRT] = {
        "iI 0I 0I 0i 0i ii ni",
        "iI .. .. .. .. ii nn",
        "iI .. .. .. .. ii nn",
        "iI .. .. .. .. ii nn",
        "iI .. .. .. .. ii nn",
        "iI io io i0 i0 ii in",
        "iI nn nn nn nn ii nn",
    },
    [FOR_TANH] = {
        "L0 Lo Lo L0 L0 L0 L0",
        "EE .. .. .. .. EE nn",
        "EE .. .. .. .. EE nn",
        "EE .. .. .. .. EE nn",
        "EE .. .. .. .. EE nn",
        "l0 lo lo l0 l0 l0 l0",
        "nn nn no n0 nn nn nn",
    },
    [FOR_RECT] = {
        "EE Ii I0 Io II EE in",
        "EE .. .. .. .. EE nn",
        "00 .. .. .. .. 00 00",
        "00 .. .. .. .. 00 00",
        "EE .. .. .. .. EE nn",
        "EE iI io i0 ii EE in",
        "nn nn n0 n0 nn nn nn",
    },
};

static int
special_index(double x)
{
    if (isnan(x)) { return 6; }
    if (isinf(x)) { return x < 0 ? 0 : 5; }
    if (x == 0.0) { return signbit(x) ? 2 : 3; }
    return x < 0 ? 1 : 4;
}

static double
special_part(char c)
{
    switch (c) {
    case '0': return 0.0;
    case 'o': return -0.0;
    case 'l': return 1.0;
    case 'L': return -1.0;
    case 'q': return Py_MATH_PI / 4;
    case 'Q': return -Py_MATH_PI / 4;
    case 'h': return Py_MATH_PI / 2;
    case 'H': return -Py_MATH_PI / 2;
    case 't': return 3.0 * Py_MATH_PI / 4;
    case 'T': return -3.0 * Py_MATH_PI / 4;
    case 'p': return Py_MATH_PI;
    case 'P': return -Py_MATH_PI;
    case 'i': return HUGE_VAL;
    case 'I': return -HUGE_VAL;
    default: return fabs(NAN);
    }
}

static cpx
special(enum special which, double real, double imag)
{
    const char *entry = special_results[which][special_index(real)] + 3 * special_index(imag);
    errno = entry[0] == 'E' ? EDOM : 0;
    return (cpx){special_part(entry[0]), special_part(entry[1])};
}

/* What grows without bound in a direction that is known. */
static inline bool
is_directed(double size, double angle)
{
    return isinf(size) && isfinite(angle) && angle != 0.0;
}

/* --- through i --- */

static inline cpx
times_i(cpx z)
{
    return (cpx){-z.imag, z.real};
}

static inline cpx
times_minus_i(cpx z)
{
    return (cpx){z.imag, -z.real};
}

/* --- square root, logarithm --- */

static cpx
c_sqrt(cpx z)
{
    errno = 0;
    if (!all_finite(z)) { return special(FOR_SQRT, z.real, z.imag); }
    if (z.real == 0.0 && z.imag == 0.0) { return fine(0.0, z.imag); }
    double ax = fabs(z.real), ay = fabs(z.imag), s;
    if (ax < DBL_MIN && ay < DBL_MIN) {                 /* keep the digits of subnormals */
        ax = ldexp(ax, SCALE_UP);
        s = ldexp(sqrt(ax + hypot(ax, ldexp(ay, SCALE_UP))), SCALE_DOWN);
    }
    else {
        ax /= 8.0;
        s = 2.0 * sqrt(ax + hypot(ax, ay / 8.0));
    }
    double d = ay / (2.0 * s);
    if (z.real >= 0.0) { return fine(s, copysign(d, z.imag)); }
    return fine(d, copysign(s, z.imag));
}

/* The logarithm of |z|, z finite and not 0. */
static double
log_of_length(cpx z)
{
    double ax = fabs(z.real), ay = fabs(z.imag);
    if (ax > LARGE || ay > LARGE) { return log(hypot(ax / 2.0, ay / 2.0)) + MATH_LN2; }
    if (ax < DBL_MIN && ay < DBL_MIN) {
        return log(hypot(ldexp(ax, DBL_MANT_DIG), ldexp(ay, DBL_MANT_DIG))) -
               DBL_MANT_DIG * MATH_LN2;
    }
    double h = hypot(ax, ay);
    if (h < 0.71 || h > 1.73) { return log(h); }
    double more = ax > ay ? ax : ay, less = ax > ay ? ay : ax;  /* log(1 + x), x small */
    return log1p((more - 1) * (more + 1) + less * less) / 2.0;
}

static cpx
c_log(cpx z)
{
    errno = 0;
    if (!all_finite(z)) { return special(FOR_LOG, z.real, z.imag); }
    double angle = atan2(z.imag, z.real);
    if (z.real == 0.0 && z.imag == 0.0) {
        errno = EDOM;
        return (cpx){-HUGE_VAL, angle};
    }
    return fine(log_of_length(z), angle);
}

static cpx
c_log10(cpx z)
{
    cpx r = c_log(z);
    return (cpx){r.real / MATH_LN10, r.imag / MATH_LN10};
}

/* --- inverse functions --- */

static cpx
c_acos(cpx z)
{
    errno = 0;
    if (!all_finite(z)) { return special(FOR_ACOS, z.real, z.imag); }
    if (fabs(z.real) > LARGE || fabs(z.imag) > LARGE) {
        double size = log(hypot(z.real / 2.0, z.imag / 2.0)) + MATH_LN2 * 2.0;
        double imag = z.real < 0.0 ? -copysign(size, z.imag) : copysign(size, -z.imag);
        return fine(atan2(fabs(z.imag), z.real), imag);
    }
    cpx minus = c_sqrt((cpx){1.0 - z.real, -z.imag});
    cpx plus = c_sqrt((cpx){1.0 + z.real, z.imag});
    return fine(2.0 * atan2(minus.real, plus.real),
                asinh(plus.real * minus.imag - plus.imag * minus.real));
}

static cpx
c_acosh(cpx z)
{
    errno = 0;
    if (!all_finite(z)) { return special(FOR_ACOSH, z.real, z.imag); }
    if (fabs(z.real) > LARGE || fabs(z.imag) > LARGE) {
        return fine(log(hypot(z.real / 2.0, z.imag / 2.0)) + MATH_LN2 * 2.0,
                    atan2(z.imag, z.real));
    }
    cpx minus = c_sqrt((cpx){z.real - 1.0, z.imag}), plus = c_sqrt((cpx){z.real + 1.0, z.imag});
    return fine(asinh(minus.real * plus.real + minus.imag * plus.imag),
                2.0 * atan2(minus.imag, plus.real));
}

static cpx
c_asinh(cpx z)
{
    errno = 0;
    if (!all_finite(z)) { return special(FOR_ASINH, z.real, z.imag); }
    if (fabs(z.real) > LARGE || fabs(z.imag) > LARGE) {
        double size = log(hypot(z.real / 2.0, z.imag / 2.0)) + MATH_LN2 * 2.0;
        double real = z.imag < 0.0 ? -copysign(size, -z.real) : copysign(size, z.real);
        return fine(real, atan2(z.imag, fabs(z.real)));
    }
    cpx one = c_sqrt((cpx){1.0 + z.imag, -z.real}), other = c_sqrt((cpx){1.0 - z.imag, z.real});
    return fine(asinh(one.real * other.imag - other.real * one.imag),
                atan2(z.imag, one.real * other.real - one.imag * other.imag));
}

static cpx
c_asin(cpx z)
{
    return times_minus_i(c_asinh(times_i(z)));
}

static cpx
c_atanh(cpx z)
{
    errno = 0;
    if (!all_finite(z)) { return special(FOR_ATANH, z.real, z.imag); }
    if (z.real < 0.0 || (z.real == 0.0 && signbit(z.real))) {   /* odd */
        cpx r = c_atanh((cpx){-z.real, -z.imag});
        return (cpx){-r.real, -r.imag};
    }
    double ay = fabs(z.imag);
    if (z.real > SQRT_LARGE || ay > SQRT_LARGE) {
        double h = hypot(z.real / 2.0, z.imag / 2.0);           /* z / |z|**2, no overflow */
        return fine(z.real / 4.0 / h / h, -copysign(Py_MATH_PI / 2.0, -z.imag));
    }
    if (z.real == 1.0 && ay < SQRT_TINY) {
        if (ay == 0.0) {
            errno = EDOM;
            return (cpx){HUGE_VAL, z.imag};
        }
        return fine(-log(sqrt(ay) / sqrt(hypot(ay, 2.0))),
                    copysign(atan2(2.0, -ay) / 2, z.imag));
    }
    return fine(log1p(4.0 * z.real / ((1 - z.real) * (1 - z.real) + ay * ay)) / 4.0,
                -atan2(-2.0 * z.imag, (1 - z.real) * (1 + z.real) - ay * ay) / 2.0);
}

static cpx
c_atan(cpx z)
{
    return times_minus_i(c_atanh(times_i(z)));
}

/* --- exponential and circular functions --- */

static inline cpx
note_overflow(double real, double imag)
{
    errno = isinf(real) || isinf(imag) ? ERANGE : 0;
    return (cpx){real, imag};
}

static cpx
c_exp(cpx z)
{
    errno = 0;
    if (!all_finite(z)) {
        if (is_directed(z.real, z.imag)) {
            double size = z.real > 0 ? HUGE_VAL : 0.0;
            return (cpx){copysign(size, cos(z.imag)), copysign(size, sin(z.imag))};
        }
        return special(FOR_EXP, z.real, z.imag);
    }
    if (z.real > LOG_LARGE) {
        double l = exp(z.real - 1.0);
        return note_overflow(l * cos(z.imag) * Py_MATH_E, l * sin(z.imag) * Py_MATH_E);
    }
    double l = exp(z.real);
    return note_overflow(l * cos(z.imag), l * sin(z.imag));
}

static cpx
c_cosh(cpx z)
{
    errno = 0;
    if (!all_finite(z)) {
        if (is_directed(z.real, z.imag)) {
            double imag = copysign(HUGE_VAL, sin(z.imag));
            return (cpx){copysign(HUGE_VAL, cos(z.imag)), z.real > 0 ? imag : -imag};
        }
        return special(FOR_COSH, z.real, z.imag);
    }
    if (fabs(z.real) > LOG_LARGE) {
        double x = z.real - copysign(1.0, z.real);
        return note_overflow(cos(z.imag) * cosh(x) * Py_MATH_E,
                             sin(z.imag) * sinh(x) * Py_MATH_E);
    }
    return note_overflow(cos(z.imag) * cosh(z.real), sin(z.imag) * sinh(z.real));
}

static cpx
c_sinh(cpx z)
{
    errno = 0;
    if (!all_finite(z)) {
        if (is_directed(z.real, z.imag)) {
            double real = copysign(HUGE_VAL, cos(z.imag));
            return (cpx){z.real > 0 ? real : -real, copysign(HUGE_VAL, sin(z.imag))};
        }
        return special(FOR_SINH, z.real, z.imag);
    }
    if (fabs(z.real) > LOG_LARGE) {
        double x = z.real - copysign(1.0, z.real);
        return note_overflow(cos(z.imag) * sinh(x) * Py_MATH_E,
                             sin(z.imag) * cosh(x) * Py_MATH_E);
    }
    return note_overflow(cos(z.imag) * sinh(z.real), sin(z.imag) * cosh(z.real));
}

static cpx
c_tanh(cpx z)
{
    errno = 0;
    if (!all_finite(z)) {
        if (is_directed(z.real, z.imag)) {
            return (cpx){copysign(1.0, z.real), copysign(0.0, 2.0 * sin(z.imag) * cos(z.imag))};
        }
        return special(FOR_TANH, z.real, z.imag);
    }
    if (fabs(z.real) > LOG_LARGE) {
        return fine(copysign(1.0, z.real),
                    4.0 * sin(z.imag) * cos(z.imag) * exp(-2.0 * fabs(z.real)));
    }
    double tx = tanh(z.real), ty = tan(z.imag), cx = 1.0 / cosh(z.real), both = tx * ty;
    double below = 1.0 + both * both;
    return fine(tx * (1.0 + ty * ty) / below, ((ty / below) * cx) * cx);
}

static cpx
c_cos(cpx z)
{
    return c_cosh(times_i(z));
}

static cpx
c_sin(cpx z)
{
    return times_minus_i(c_sinh(times_i(z)));
}

static cpx
c_tan(cpx z)
{
    return times_minus_i(c_tanh(times_i(z)));
}

/* --- what Python sees --- */

static PyObject *
set_error(void)
{
    if (errno == ERANGE) { PyErr_SetString(PyExc_OverflowError, "math range error"); }
    else { PyErr_SetString(PyExc_ValueError, "math domain error"); }
    return NULL;
}

static PyObject *
judge(cpx r)
{
    if (errno == EDOM || errno == ERANGE) { return set_error(); }
    return PyComplex_FromCComplex(r);
}

/** acos($module, z, /)
 *
 *  The arc cosine of z.
 */
static PyObject *
cmath_acos(PyObject *module, Py_complex z)
{
    return judge(c_acos(z));
}

/** acosh($module, z, /)
 *
 *  The inverse hyperbolic cosine of z.
 */
static PyObject *
cmath_acosh(PyObject *module, Py_complex z)
{
    return judge(c_acosh(z));
}

/** asin($module, z, /)
 *
 *  The arc sine of z.
 */
static PyObject *
cmath_asin(PyObject *module, Py_complex z)
{
    return judge(c_asin(z));
}

/** asinh($module, z, /)
 *
 *  The inverse hyperbolic sine of z.
 */
static PyObject *
cmath_asinh(PyObject *module, Py_complex z)
{
    return judge(c_asinh(z));
}

/** atan($module, z, /)
 *
 *  The arc tangent of z.
 */
static PyObject *
cmath_atan(PyObject *module, Py_complex z)
{
    return judge(c_atan(z));
}

/** atanh($module, z, /)
 *
 *  The inverse hyperbolic tangent of z.
 */
static PyObject *
cmath_atanh(PyObject *module, Py_complex z)
{
    return judge(c_atanh(z));
}

/** cos($module, z, /)
 *
 *  The cosine of z.
 */
static PyObject *
cmath_cos(PyObject *module, Py_complex z)
{
    return judge(c_cos(z));
}

/** cosh($module, z, /)
 *
 *  The hyperbolic cosine of z.
 */
static PyObject *
cmath_cosh(PyObject *module, Py_complex z)
{
    return judge(c_cosh(z));
}

/** exp($module, z, /)
 *
 *  e raised to the power of z.
 */
static PyObject *
cmath_exp(PyObject *module, Py_complex z)
{
    return judge(c_exp(z));
}

/** log10($module, z, /)
 *
 *  The logarithm of z to the base 10.
 */
static PyObject *
cmath_log10(PyObject *module, Py_complex z)
{
    return judge(c_log10(z));
}

/** sin($module, z, /)
 *
 *  The sine of z.
 */
static PyObject *
cmath_sin(PyObject *module, Py_complex z)
{
    return judge(c_sin(z));
}

/** sinh($module, z, /)
 *
 *  The hyperbolic sine of z.
 */
static PyObject *
cmath_sinh(PyObject *module, Py_complex z)
{
    return judge(c_sinh(z));
}

/** sqrt($module, z, /)
 *
 *  The square root of z.
 */
static PyObject *
cmath_sqrt(PyObject *module, Py_complex z)
{
    return judge(c_sqrt(z));
}

/** tan($module, z, /)
 *
 *  The tangent of z.
 */
static PyObject *
cmath_tan(PyObject *module, Py_complex z)
{
    return judge(c_tan(z));
}

/** tanh($module, z, /)
 *
 *  The hyperbolic tangent of z.
 */
static PyObject *
cmath_tanh(PyObject *module, Py_complex z)
{
    return judge(c_tanh(z));
}

/** log($module, z, base=NULL, /)
 *
 *  log(z[, base]) -> the logarithm of z to the given base, or the natural one.
 */
static PyObject *
cmath_log(PyObject *module, Py_complex z, PyObject *base)
{
    cpx r = c_log(z);
    if (base) {
        cpx b = PyComplex_AsCComplex(base);
        if (PyErr_Occurred()) { return NULL; }
        r = _Py_c_quot(r, c_log(b));                    /* errno is what these two leave */
    }
    return judge(r);
}

/** phase($module, z, /)
 *
 *  The argument of z: its angle with the positive real axis, -pi .. pi.
 */
static PyObject *
cmath_phase(PyObject *module, Py_complex z)
{
    errno = 0;
    double angle = atan2(z.imag, z.real);
    return errno ? set_error() : PyFloat_FromDouble(angle);     /* an underflow counts here */
}

/** polar($module, z, /)
 *
 *  z in polar coordinates: the pair of its length and its phase.
 */
static PyObject *
cmath_polar(PyObject *module, Py_complex z)
{
    double length = _Py_c_abs(z);
    if (errno == ERANGE) { return set_error(); }
    return Py_BuildValue("dd", length, atan2(z.imag, z.real));
}

/** rect($module, r, phi, /)
 *
 *  The complex number with length r and phase phi.
 */
static PyObject *
cmath_rect(PyObject *module, double r, double phi)
{
    cpx z;
    errno = 0;
    if (isfinite(r) && isfinite(phi)) {
        z = phi == 0.0 ? (cpx){r, r * phi} : (cpx){r * cos(phi), r * sin(phi)};
        return PyComplex_FromCComplex(z);
    }
    if (is_directed(r, phi)) {
        z = (cpx){copysign(HUGE_VAL, cos(phi)), copysign(HUGE_VAL, sin(phi))};
        if (r < 0) { z = (cpx){-z.real, -z.imag}; }
        return PyComplex_FromCComplex(z);
    }
    return judge(special(FOR_RECT, r, phi));
}

/** isfinite($module, z, /)
 *
 *  Whether both parts of z are finite.
 */
static bool
cmath_isfinite(PyObject *module, Py_complex z)
{
    return all_finite(z);
}

/** isnan($module, z, /)
 *
 *  Whether a part of z is a NaN.
 */
static bool
cmath_isnan(PyObject *module, Py_complex z)
{
    return isnan(z.real) || isnan(z.imag);
}

/** isinf($module, z, /)
 *
 *  Whether a part of z is an infinity.
 */
static bool
cmath_isinf(PyObject *module, Py_complex z)
{
    return isinf(z.real) || isinf(z.imag);
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
 *  What has an infinite part is close to itself only, a NaN to nothing.
 */
static PyObject *
cmath_isclose(PyObject *module, Py_complex a, Py_complex b, double rel_tol, double abs_tol)
{
    if (rel_tol < 0.0 || abs_tol < 0.0) {
        PyErr_SetString(PyExc_ValueError, "tolerances must be non-negative");
        return NULL;
    }
    if (a.real == b.real && a.imag == b.imag) { Py_RETURN_TRUE; }
    if (isinf(a.real) || isinf(a.imag) || isinf(b.real) || isinf(b.imag)) { Py_RETURN_FALSE; }
    double apart = _Py_c_abs(_Py_c_diff(a, b));
    return PyBool_FromLong(apart <= rel_tol * _Py_c_abs(b) || apart <= rel_tol * _Py_c_abs(a) ||
                           apart <= abs_tol);
}

#include "gen/modules/cmath.bind.h"

/* --- the module --- */

static status
add_constant(PyObject *module, const char *name, STOLEN PyObject *value)
{
    own PyObject *held = value;
    return held ? PyModule_AddObjectRef(module, name, held) : -1;
}

static int
cmath_exec(PyObject *module)
{
    double inf = HUGE_VAL, nan = fabs(NAN);
    if (add_constant(module, "pi", PyFloat_FromDouble(Py_MATH_PI)) < 0 ||
        add_constant(module, "e", PyFloat_FromDouble(Py_MATH_E)) < 0 ||
        add_constant(module, "tau", PyFloat_FromDouble(Py_MATH_TAU)) < 0 ||
        add_constant(module, "inf", PyFloat_FromDouble(inf)) < 0 ||
        add_constant(module, "infj", PyComplex_FromDoubles(0.0, inf)) < 0 ||
        add_constant(module, "nan", PyFloat_FromDouble(nan)) < 0 ||
        add_constant(module, "nanj", PyComplex_FromDoubles(0.0, nan)) < 0) {
        return -1;
    }
    return 0;
}

static PyModuleDef_Slot cmath_slots[] = {
    {Py_mod_exec, cmath_exec},
    {0, NULL},
};

PyDoc_STRVAR(cmath_doc, "The mathematical functions of complex numbers.");

static struct PyModuleDef cmath_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "cmath",
    .m_doc = cmath_doc,
    .m_size = 0,
    .m_methods = module_methods,
    .m_slots = cmath_slots,
};

PyMODINIT_FUNC
PyInit_cmath(void)
{
    return PyModuleDef_Init(&cmath_module);
}

/* special.c -- the gamma function, its logarithm, and Euclidean lengths.
 *
 * Gamma      C. Lanczos, "A precision approximation of the gamma function"
 *            (1964), with g = 6.0246800407767296 and the 13-term rational sum
 *            that the Boost libraries publish for 53-bit arithmetic:
 *            gamma(x) = y**(x - 1/2) * exp(-y) * L(x),   y = x + g - 1/2.
 *            y is rounded; its error d changes the result by d * g / y.
 * Length     squares are split into a double and its exact error (fused
 *            multiply-add), summed with the errors kept apart, and the root
 *            gets one correction step: almost always correctly rounded.
 */
#include "modules/math/math_int.h"

#include <errno.h>
#include <float.h>
#include <math.h>

#define LANCZOS_G 6.024680040776729583740234375
#define LANCZOS_G_HALF 5.524680040776729583740234375        /* g - 1/2 */

enum { LANCZOS_TERMS = 13 };

static const double lanczos_top[LANCZOS_TERMS] = {
    23531376880.410759688572007674451636754734846804940,
    42919803642.649098768957899047001988850926355848959,
    35711959237.355668049440185451547166705960488635843,
    17921034426.037209699919755754458931112671403265390,
    6039542586.3520280050642916443072979210699388420708,
    1439720407.3117216736632230727949123939715485786372,
    248874557.86205415651146038641322942321632125127801,
    31426415.585400194380614231628318205362874684987640,
    2876370.6289353724412254090516208496135991145378768,
    186056.26539522349504029498971604569928220784236328,
    8071.6720023658162106380029022722506138218516325024,
    210.82427775157934587250973392071336271166969580291,
    2.5066282746310002701649081771338373386264310793408,
};

/* x (x + 1) ... (x + 11), multiplied out */
static const double lanczos_bottom[LANCZOS_TERMS] = {
    0.0, 39916800.0, 120543840.0, 150917976.0, 105258076.0, 45995730.0, 13339535.0, 2637558.0,
    357423.0, 32670.0, 1925.0, 66.0, 1.0,
};

/* L(x) for x > 0; in powers of 1/x where those of x would lose digits. */
static double
lanczos_sum(double x)
{
    double top = 0.0, bottom = 0.0;
    if (x < 5.0) {
        for (int i = LANCZOS_TERMS; --i >= 0;) {
            top = top * x + lanczos_top[i];
            bottom = bottom * x + lanczos_bottom[i];
        }
    }
    else {
        for (int i = 0; i < LANCZOS_TERMS; i++) {
            top = top / x + lanczos_top[i];
            bottom = bottom / x + lanczos_bottom[i];
        }
    }
    return top / bottom;
}

/* sin(pi * x) without the error of pi * x; x finite. */
static double
sin_pi(double x)
{
    const double pi = 3.141592653589793;
    double y = fmod(fabs(x), 2.0), result;
    switch ((int)round(2.0 * y)) {
    case 0: result = sin(pi * y); break;
    case 1: result = cos(pi * (y - 0.5)); break;
    case 2: result = sin(pi * (1.0 - y)); break;        /* -sin(pi (y - 1)), zero positive */
    case 3: result = -cos(pi * (y - 1.5)); break;
    default: result = sin(pi * (y - 2.0));
    }
    return copysign(1.0, x) * result;
}

double
math_gamma(double x)
{
    static const double factorials[] = {
        1.0, 1.0, 2.0, 6.0, 24.0, 120.0, 720.0, 5040.0, 40320.0, 362880.0, 3628800.0,
        39916800.0,
        479001600.0, 6227020800.0, 87178291200.0, 1307674368000.0, 20922789888000.0,
        355687428096000.0, 6402373705728000.0, 121645100408832000.0, 2432902008176640000.0,
        51090942171709440000.0, 1124000727777607680000.0};
    const double pi = 3.141592653589793;
    errno = 0;
    if (!isfinite(x)) {
        if (isnan(x) || x > 0.0) { return x; }
        errno = EDOM;
        return NAN;
    }
    if (x == 0.0) {
        errno = EDOM;
        return copysign(HUGE_VAL, x);
    }
    if (x == floor(x)) {
        if (x < 0.0) {
            errno = EDOM;
            return NAN;
        }
        if (x <= (double)ARRAY_LEN(factorials)) { return factorials[(int)x - 1]; }
    }
    double size = fabs(x);
    if (size < 1e-20) {                                 /* gamma(x) ~ 1/x */
        double r = 1.0 / x;
        if (isinf(r)) { errno = ERANGE; }
        return r;
    }
    if (size > 200.0) {
        if (x < 0.0) { return 0.0 / sin_pi(x); }
        errno = ERANGE;
        return HUGE_VAL;
    }
    double y = size + LANCZOS_G_HALF;
    double d = size > LANCZOS_G_HALF ? (y - size) - LANCZOS_G_HALF
                                     : (y - LANCZOS_G_HALF) - size;
    double correction = d * LANCZOS_G / y, r;
    if (x < 0.0) {                                      /* reflected at 0 */
        r = -pi / sin_pi(size) / size * exp(y) / lanczos_sum(size);
        r -= correction * r;
        if (size < 140.0) { r /= pow(y, size - 0.5); }
        else {
            double half = pow(y, size / 2.0 - 0.25);
            r /= half;
            r /= half;
        }
    }
    else {
        r = lanczos_sum(size) / exp(y);
        r += correction * r;
        if (size < 140.0) { r *= pow(y, size - 0.5); }
        else {
            double half = pow(y, size / 2.0 - 0.25);
            r *= half;
            r *= half;
        }
    }
    if (isinf(r)) { errno = ERANGE; }
    return r;
}

double
math_lgamma(double x)
{
    const double log_pi = 1.144729885849400174143427351353058711647;
    errno = 0;
    if (!isfinite(x)) { return isnan(x) ? x : HUGE_VAL; }
    if (x == floor(x) && x <= 2.0) {
        if (x > 0.0) { return 0.0; }
        errno = EDOM;
        return HUGE_VAL;
    }
    double size = fabs(x);
    if (size < 1e-20) { return -log(size); }
    double r = log(lanczos_sum(size)) - LANCZOS_G;
    r += (size - 0.5) * (log(size + LANCZOS_G - 0.5) - 1);
    if (x < 0.0) { r = log_pi - log(fabs(sin_pi(size))) - log(size) - r; }
    if (isinf(r)) { errno = ERANGE; }
    return r;
}

/* --- Euclidean length --- */

/* sum + x as a double and its error; |sum| >= |x|. */
static inline double
fast_two_sum(double sum, double x, double *error)
{
    double total = sum + x;
    *error = x - (total - sum);
    return total;
}

double
math_norm(const double *v, Py_ssize_t n, double max, bool found_nan)
{
    if (isinf(max)) { return max; }
    if (found_nan) { return NAN; }
    if (max == 0.0 || n <= 1) { return max; }
    int exponent;
    (void)frexp(max, &exponent);
    if (exponent < -1023) {                             /* 1/scale would overflow */
        double scaled[8], *w = n <= 8 ? scaled : PyMem_New(double, n);
        if (!w) { return -1.0; }
        for (Py_ssize_t i = 0; i < n; i++) { w[i] = v[i] / DBL_MIN; }
        double result = DBL_MIN * math_norm(w, n, max / DBL_MIN, false);
        if (w != scaled) { PyMem_Free(w); }
        return result;
    }
    double scale = ldexp(1.0, -exponent), sum = 1.0, errors = 0.0, products = 0.0, error;
    for (Py_ssize_t i = 0; i < n; i++) {
        double x = v[i] * scale;                        /* |x| < 1 */
        double square = x * x;
        products += fma(x, x, -square);
        sum = fast_two_sum(sum, square, &error);
        errors += error;
    }
    double h = sqrt(sum - 1.0 + (errors + products));
    /* h' = h + (s - h*h) / 2h, with h*h exact */
    double square = h * h;
    products -= fma(h, h, -square);
    sum = fast_two_sum(sum, -square, &error);
    errors += error;
    double rest = sum - 1.0 + (errors + products);
    return (h + rest / (2.0 * h)) / scale;
}

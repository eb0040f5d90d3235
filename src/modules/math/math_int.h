/* math_int.h -- what the files of the module math share. */
#pragma once
#include <Python.h>

#include "base/c.h"

/* special.c: errno is EDOM at a pole or outside the domain, ERANGE beyond the
 * range, else 0. */
double math_gamma(double x);
double math_lgamma(double x);

/* The Euclidean length of n coordinates, none negative; max is the largest. */
double math_norm(const double *v, Py_ssize_t n, double max, bool found_nan);

/* integer.c: gcd, lcm, factorial, comb, perm, isqrt. */
extern PyMethodDef *const math_integer_methods;

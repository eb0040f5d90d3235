/* arith.h -- what the int type needs of mul.c, div.c, text.c: not for others. */
#pragma once
#include "objects/int/int.h"

MUST_USE PyObject *hob_int_pow_plain(PyObject *base, PyObject *exponent);
MUST_USE PyObject *hob_int_pow_mod(PyObject *base, PyObject *exponent, PyObject *modulus);
MUST_USE PyObject *hob_int_truediv(PyObject *a, PyObject *b);
MUST_USE status    hob_int_divmod(PyObject *a, PyObject *b, PyObject **q, PyObject **r);
MUST_USE PyObject *hob_int_to_decimal(PyObject *op);

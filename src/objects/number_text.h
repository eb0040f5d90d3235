/* number_text.h -- doubles as text, without allocation. */
#pragma once
#include <Python.h>

#include "base/c.h"

/* repr of a finite double, without a NUL; returns the end.  32 bytes do. */
char *hob_double_repr(double value, char *out);

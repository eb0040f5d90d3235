/* float_int.h -- what float.c needs of float_pack.c. */
#pragma once
#include "base/c.h"

/* Write a finite double as "-0x1.8p+1" with a NUL; 40 bytes do. */
void hob_float_write_hex(double value, char *out);

/* Read such a text, blanks around it allowed; ValueError, OverflowError. */
MUST_USE status hob_float_read_hex(const char *text, const char *end, double *out);

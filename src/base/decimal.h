/* decimal.h -- doubles and decimal digits, correctly rounded both ways.
 *
 * Pure C: no object, no locale, no allocation, no global state but a table of
 * powers that fills itself.
 */
#pragma once
#include "base/c.h"

/* A double has at most 309 digits before the point and 1074 after it; at most
 * 767 are significant. */
enum { DECIMAL_ROOM = 1100 };

/* Digits d1 d2 .. dn of a finite number: 0.d1d2..dn * 10**point; no leading
 * and no trailing zeros, n == 0 for 0. */
typedef struct {
    int n;
    int point;
    char digits[DECIMAL_ROOM];          /* ASCII, no NUL */
} hob_decimal;

/* All three ignore the sign of value, which is finite. */

/* The fewest digits that read back as value; of those, the nearest. */
void hob_decimal_shortest(double value, hob_decimal *out);

/* value rounded half-even to n >= 1 significant digits. */
void hob_decimal_significant(double value, int n, hob_decimal *out);

/* value rounded half-even to n digits after the point (before it if n < 0). */
void hob_decimal_fixed(double value, int n, hob_decimal *out);

/* Read [sign] digits [. digits] [e [sign] digits].  *end is where reading
 * stopped: text itself when there is no number.  Beyond the range: infinity
 * with *overflow set. */
double hob_decimal_read(const char *text, const char **end, bool *overflow);

/* mantissa * 2**exponent rounded half-even; the mantissa's lowest bit stands
 * for everything below it (sticky), so unless the value is exact it must have
 * at least 55 bits.  Infinity when it does not fit. */
double hob_double_round(uint64_t mantissa, int64_t exponent);

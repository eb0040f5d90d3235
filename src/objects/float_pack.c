/* float_pack.c -- floats as bytes (PyFloat_Pack*) and as hexadecimal text.
 *
 * Holds      this machine's floats and doubles are IEEE 754, little-endian;
 *            half precision is done by hand.
 */
#include "base/decimal.h"
#include "memory/own.h"
#include "objects/float_int.h"

#include <float.h>
#include <math.h>

/* --- bytes --- */

/* Copy n bytes, in the machine's order (little-endian) or the other. */
static inline void
copy_ordered(char *to, const char *from, int n, int little)
{
    if (little) {
        memcpy(to, from, (size_t)n);
        return;
    }
    for (int i = 0; i < n; i++) { to[i] = from[n - 1 - i]; }
}

/* The 16 bits of x in half precision, rounded half-even; false when too large. */
static bool
to_half(double x, uint16_t *out)
{
    uint16_t sign = signbit(x) ? 0x8000 : 0;
    if (isnan(x)) {
        *out = sign | 0x7e00;
        return true;
    }
    double magnitude = fabs(x);
    if (isinf(x)) {
        *out = sign | 0x7c00;
        return true;
    }
    /* the unit in the last place: 2**-24 below 2**-14, else 2**(exponent - 11) */
    int exponent;
    (void)frexp(magnitude, &exponent);
    int unit = magnitude < ldexp(1.0, -14) ? -24 : exponent - 11;
    double units = rint(ldexp(magnitude, -unit));
    /* 2048 units carry into the exponent by themselves */
    uint32_t bits = unit == -24 ? (uint32_t)units
                                : ((uint32_t)(unit + 24) << 10) + (uint32_t)units;
    if (bits >= 0x7c00) { return false; }
    *out = (uint16_t)(sign | bits);
    return true;
}

static double
from_half(uint16_t bits)
{
    int biased = bits >> 10 & 0x1f, fraction = bits & 0x3ff;
    double value;
    if (biased == 0x1f) { value = fraction ? NAN : HUGE_VAL; }
    else if (biased == 0) { value = ldexp(fraction, -24); }
    else { value = ldexp(fraction + 1024, biased - 25); }
    return copysign(value, bits & 0x8000 ? -1.0 : 1.0);
}

int
PyFloat_Pack2(double x, char *p, int le)
{
    uint16_t bits;
    if (!to_half(x, &bits)) {
        PyErr_SetString(PyExc_OverflowError, "float too large to pack with e format");
        return -1;
    }
    copy_ordered(p, (const char *)&bits, 2, le);
    return 0;
}

int
PyFloat_Pack4(double x, char *p, int le)
{
    float y = (float)x;
    if (isinf(y) && !isinf(x)) {
        PyErr_SetString(PyExc_OverflowError, "float too large to pack with f format");
        return -1;
    }
    copy_ordered(p, (const char *)&y, 4, le);
    return 0;
}

int
PyFloat_Pack8(double x, char *p, int le)
{
    copy_ordered(p, (const char *)&x, 8, le);
    return 0;
}

double
PyFloat_Unpack2(const char *p, int le)
{
    uint16_t bits;
    copy_ordered((char *)&bits, p, 2, le);
    return from_half(bits);
}

double
PyFloat_Unpack4(const char *p, int le)
{
    float x;
    copy_ordered((char *)&x, p, 4, le);
    return x;
}

double
PyFloat_Unpack8(const char *p, int le)
{
    double x;
    copy_ordered((char *)&x, p, 8, le);
    return x;
}

/* --- hexadecimal --- */

void
hob_float_write_hex(double value, char *out)
{
    int exponent = 0;
    double fraction = frexp(fabs(value), &exponent);
    if (signbit(value)) { *out++ = '-'; }
    if (value == 0.0) {
        strcpy(out, "0x0.0p+0");
        return;
    }
    /* 1.xxx * 2**(exponent-1), but no exponent below -1022 */
    int shift = 1 - Py_MAX(DBL_MIN_EXP - exponent, 0);
    uint64_t bits = (uint64_t)ldexp(fraction, shift + 52);
    exponent -= shift;
    snprintf(out, 32, "0x%d.%013llxp%+d", (int)(bits >> 52),
             (unsigned long long)(bits & (((uint64_t)1 << 52) - 1)), exponent);
}

/* A text in parts: hexadecimal digits with a point, and an exponent. */
typedef struct {
    const char *first, *last;           /* digits, perhaps with a point within */
    const char *point;                  /* the point, or last */
    int64_t n;                          /* digits */
    int64_t exponent;
    bool negative;
} hex_text;

static inline int
hex_value(char c)
{
    if (c >= '0' && c <= '9') { return c - '0'; }
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Where the number ends, or NULL when there is none. */
static const char *
scan_hex(const char *s, hex_text *out)
{
    *out = (hex_text){0};
    out->negative = *s == '-';
    if (*s == '-' || *s == '+') { s++; }
    if (s[0] == '0' && (s[1] | 0x20) == 'x') { s += 2; }
    out->first = s;
    while (hex_value(*s) >= 0) { s++; }
    out->n = s - out->first;
    out->point = s;
    if (*s == '.') {
        const char *fraction = ++s;
        while (hex_value(*s) >= 0) { s++; }
        out->n += s - fraction;
    }
    out->last = s;
    if (out->n == 0) { return NULL; }
    if ((*s | 0x20) != 'p') { return s; }
    s++;
    bool minus = *s == '-';
    if (*s == '-' || *s == '+') { s++; }
    if (*s < '0' || *s > '9') { return NULL; }
    for (; *s >= '0' && *s <= '9'; s++) {
        if (out->exponent < INT64_MAX / 100) {
            out->exponent = out->exponent * 10 + (*s - '0');
        }
    }
    if (minus) { out->exponent = -out->exponent; }
    return s;
}

static double
value_of_hex(const hex_text *t)
{
    uint64_t mantissa = 0;
    bool sticky = false;
    int64_t fraction_digits = Py_MAX(t->last - t->point - 1, 0);
    int64_t exponent = -4 * fraction_digits;
    for (const char *p = t->first; p < t->last; p++) {
        if (*p == '.') { continue; }
        if (mantissa >> 60 == 0) {
            mantissa = mantissa << 4 | (unsigned)hex_value(*p);
        }
        else {
            sticky = sticky || hex_value(*p) != 0;
            exponent += 4;
        }
    }
    if (mantissa == 0) { return 0.0; }
    if (__builtin_add_overflow(exponent, t->exponent, &exponent)) {
        return t->exponent > 0 ? HUGE_VAL : 0.0;
    }
    return hob_double_round(mantissa | sticky, exponent);
}

status
hob_float_read_hex(const char *s, const char *text_end, double *out)
{
    while (Py_ISSPACE(*s)) { s++; }
    char *word_end;
    double value = _Py_parse_inf_or_nan(s, &word_end);
    const char *end = word_end;
    if (end == s) {
        hex_text t;
        end = scan_hex(s, &t);
        if (end) {
            value = value_of_hex(&t);
            if (t.negative) { value = -value; }
        }
    }
    if (end && word_end == s && isinf(value)) {
        PyErr_SetString(PyExc_OverflowError,
                        "hexadecimal value too large to represent as a float");
        return -1;
    }
    while (end && Py_ISSPACE(*end)) { end++; }
    if (end != text_end) {
        PyErr_SetString(PyExc_ValueError, "invalid hexadecimal floating-point string");
        return -1;
    }
    *out = value;
    return 0;
}

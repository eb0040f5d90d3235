/* number_text.c -- doubles as text: PyOS_double_to_string, PyOS_string_to_double
 * and the old names of the digit generator.
 *
 * Layout     a number is laid out in three steps: digits (base/decimal.c), where
 *            the point goes and how many places are shown, characters.
 */
#include "base/decimal.h"
#include "memory/own.h"
#include "objects/number_text.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>

/* --- numbers to text --- */

/* What is shown of the digits: places first .. last around the point. */
typedef struct {
    const hob_decimal *d;
    int whole_first;                /* highest place shown before the point, >= 1 */
    int places;                     /* how many after it */
    bool point;                     /* written even if no place follows */
    bool has_exponent;
    int exponent;
    char e;
} layout;

/* The digit at place i after the point of 0.d1d2d3..: i < d->n else 0. */
static inline char
digit_of(const hob_decimal *d, int i)
{
    return i >= 0 && i < d->n ? d->digits[i] : '0';
}

static size_t
layout_size(const layout *l)
{
    return (size_t)l->whole_first + 1 + (size_t)l->places + 8;
}

/* Write the layout; the digits of the whole part start at index `start`. */
static char *
layout_write(const layout *l, int start, char *out)
{
    for (int i = 0; i < l->whole_first; i++) { *out++ = digit_of(l->d, start + i); }
    if (l->places > 0 || l->point) { *out++ = '.'; }
    int from = start + l->whole_first;
    for (int i = 0; i < l->places; i++) { *out++ = digit_of(l->d, from + i); }
    if (!l->has_exponent) { return out; }
    *out++ = l->e;
    int e = l->exponent;
    *out++ = e < 0 ? '-' : '+';
    e = e < 0 ? -e : e;
    if (e >= 100) { *out++ = (char)('0' + e / 100); }
    *out++ = (char)('0' + e / 10 % 10);
    *out++ = (char)('0' + e % 10);
    return out;
}

/* Without an exponent: digits before the point, and `places` after it. */
static layout
plain_layout(const hob_decimal *d, int places, int *start)
{
    layout l = {.d = d, .places = places};
    l.whole_first = d->n && d->point > 0 ? d->point : 1;
    *start = d->n && d->point > 0 ? 0 : (d->n ? d->point - 1 : 0);
    return l;
}

/* With one: a single digit before the point. */
static layout
exponent_layout(const hob_decimal *d, int places, char e, int *start)
{
    *start = 0;
    return (layout){.d = d, .whole_first = 1, .places = places, .has_exponent = true,
                    .exponent = d->n ? d->point - 1 : 0, .e = e};
}

/* Choose digits and layout for a finite value. */
static layout
choose(double value, char code, int precision, int flags, hob_decimal *d, int *start)
{
    bool upper = isupper((unsigned char)code), alt = flags & Py_DTSF_ALT;
    char e = upper ? 'E' : 'e';
    layout l;
    switch (tolower((unsigned char)code)) {
    case 'f':
        hob_decimal_fixed(value, precision, d);
        l = plain_layout(d, precision, start);
        break;
    case 'e':
        hob_decimal_significant(value, precision + 1, d);
        l = exponent_layout(d, precision, e, start);
        break;
    case 'g': {
        if (precision == 0) { precision = 1; }
        hob_decimal_significant(value, precision, d);
        int most = precision - ((flags & Py_DTSF_ADD_DOT_0) != 0);
        bool scientific = d->point <= -4 || d->point > most;
        int shown = alt ? precision : d->n;             /* significant digits */
        if (scientific) { l = exponent_layout(d, Py_MAX(shown - 1, 0), e, start); }
        else { l = plain_layout(d, Py_MAX(shown - (d->n ? d->point : 1), 0), start); }
        break;
    }
    default:                                            /* 'r' */
        hob_decimal_shortest(value, d);
        if (d->n && (d->point <= -4 || d->point > 16)) {
            l = exponent_layout(d, d->n - 1, e, start);
        }
        else {
            l = plain_layout(d, d->n ? Py_MAX(d->n - d->point, 0) : 0, start);
        }
    }
    if (flags & Py_DTSF_ADD_DOT_0 && !l.has_exponent && l.places == 0) { l.places = 1; }
    l.point = alt;
    return l;
}

static char *
special_text(const char *text, bool negative, int flags)
{
    char *result = PyMem_Malloc(5);
    if (!result) {
        PyErr_NoMemory();
        return NULL;
    }
    char *p = result;
    if (negative) { *p++ = '-'; }
    else if (flags & Py_DTSF_SIGN) { *p++ = '+'; }
    strcpy(p, text);
    return result;
}

char *
PyOS_double_to_string(double value, char code, int precision, int flags, int *type)
{
    bool known = code && strchr("efgrEFGR", code) != NULL && code != 'R';
    if (!known || (code == 'r' && precision != 0)) {
        PyErr_BadInternalCall();
        return NULL;
    }
    bool upper = isupper((unsigned char)code), negative = signbit(value);
    int kind = isnan(value) ? Py_DTST_NAN : isinf(value) ? Py_DTST_INFINITE : Py_DTST_FINITE;
    if (type) { *type = kind; }
    if (kind == Py_DTST_NAN) { return special_text(upper ? "NAN" : "nan", false, flags); }
    if (kind == Py_DTST_INFINITE) {
        return special_text(upper ? "INF" : "inf", negative, flags);
    }
    hob_decimal d;
    int start;
    layout l = choose(value, code, precision, flags, &d, &start);
    if (d.n == 0 && flags & Py_DTSF_NO_NEG_0) { negative = false; }
    char *result = PyMem_Malloc(layout_size(&l) + 2);
    if (!result) {
        PyErr_NoMemory();
        return NULL;
    }
    char *p = result;
    if (negative) { *p++ = '-'; }
    else if (flags & Py_DTSF_SIGN) { *p++ = '+'; }
    *layout_write(&l, start, p) = '\0';
    return result;
}

/* The repr of a finite double, without allocation. */
char *
hob_double_repr(double value, char *out)
{
    hob_decimal d;
    int start;
    layout l = choose(value, 'r', 0, Py_DTSF_ADD_DOT_0, &d, &start);
    if (signbit(value)) { *out++ = '-'; }
    return layout_write(&l, start, out);
}

/* --- text to numbers --- */

static const char *
match_word(const char *s, const char *lower)
{
    for (; *lower; s++, lower++) {
        if (tolower((unsigned char)*s) != *lower) { return NULL; }
    }
    return s;
}

double
_Py_parse_inf_or_nan(const char *p, char **endptr)
{
    const char *s = p, *end;
    bool negative = *s == '-';
    if (*s == '-' || *s == '+') { s++; }
    double value;
    if ((end = match_word(s, "inf"))) {
        const char *longer = match_word(end, "inity");
        if (longer) { end = longer; }
        value = negative ? -HUGE_VAL : HUGE_VAL;
    }
    else if ((end = match_word(s, "nan"))) {
        value = negative ? -fabs(NAN) : fabs(NAN);
    }
    else {
        end = p;
        value = -1.0;
    }
    *endptr = (char *)end;
    return value;
}

double
PyOS_string_to_double(const char *s, char **endptr, PyObject *overflow_exception)
{
    const char *end;
    bool overflow;
    double value = hob_decimal_read(s, &end, &overflow);
    if (end == s) {
        char *stop;
        value = _Py_parse_inf_or_nan(s, &stop);
        end = stop;
    }
    double result = -1.0;
    if (end == s || (!endptr && *end != '\0')) {
        PyErr_Format(PyExc_ValueError, "could not convert string to float: '%.200s'", s);
    }
    else if (overflow && overflow_exception) {
        PyErr_Format(overflow_exception, "value too large to convert to float: '%.200s'", s);
    }
    else {
        result = value;
    }
    if (endptr) { *endptr = (char *)end; }
    return result;
}

/* The text without its underscores; false when one does not stand between
 * two digits or the text has a NUL. */
static bool
strip_underscores(const char *s, Py_ssize_t len, char *out, Py_ssize_t *n)
{
    char before = '\0';
    char *p = out;
    for (Py_ssize_t i = 0; i < len; i++) {
        char c = s[i];
        if (c == '_') {
            if (!isdigit((unsigned char)before)) { return false; }
        }
        else {
            if (before == '_' && !isdigit((unsigned char)c)) { return false; }
            if (c == '\0') { return false; }
            *p++ = c;
        }
        before = c;
    }
    *p = '\0';
    *n = p - out;
    return before != '_';
}

PyObject *
_Py_string_to_number_with_underscores(const char *s, Py_ssize_t len, const char *what,
                                      PyObject *obj, void *arg,
                                      PyObject *(*innerfunc)(const char *, Py_ssize_t, void *))
{
    if (!memchr(s, '_', (size_t)len)) { return innerfunc(s, len, arg); }
    char *copy = PyMem_Malloc((size_t)len + 1);
    if (!copy) { return PyErr_NoMemory(); }
    Py_ssize_t n;
    PyObject *result = NULL;
    if (strip_underscores(s, len, copy, &n)) { result = innerfunc(copy, n, arg); }
    else { PyErr_Format(PyExc_ValueError, "could not convert string to %s: %R", what, obj); }
    PyMem_Free(copy);
    return result;
}

/* --- exported names of the digit generator --- */

HOB_EXPORT double
_Py_dg_strtod(const char *s, char **end)
{
    const char *stop;
    bool overflow;
    double value = hob_decimal_read(s, &stop, &overflow);
    if (overflow) { errno = ERANGE; }
    if (end) { *end = (char *)stop; }
    return value;
}

HOB_EXPORT char *
_Py_dg_dtoa(double value, int mode, int ndigits, int *decpt, int *sign, char **rve)
{
    hob_decimal d;
    const char *text = d.digits;
    int n;
    *sign = signbit(value) != 0;
    if (!isfinite(value)) {
        text = isnan(value) ? "NaN" : "Infinity";
        n = (int)strlen(text);
        *decpt = 9999;
    }
    else {
        if (mode == 2) { hob_decimal_significant(value, Py_MAX(ndigits, 1), &d); }
        else if (mode == 3) { hob_decimal_fixed(value, ndigits, &d); }
        else { hob_decimal_shortest(value, &d); }
        n = d.n;
        *decpt = value != 0.0 && n == 0 ? -ndigits : d.point;
        if (value == 0.0) {
            text = "0";
            n = 1;
        }
    }
    char *result = PyMem_Malloc((size_t)n + 1);
    if (!result) { return NULL; }
    memcpy(result, text, (size_t)n);
    result[n] = '\0';
    if (rve) { *rve = result + n; }
    return result;
}

HOB_EXPORT void
_Py_dg_freedtoa(char *s)
{
    PyMem_Free(s);
}

HOB_EXPORT double
_Py_dg_infinity(int sign)
{
    return sign ? -HUGE_VAL : HUGE_VAL;
}

HOB_EXPORT double
_Py_dg_stdnan(int sign)
{
    return copysign(NAN, sign ? -1.0 : 1.0);
}

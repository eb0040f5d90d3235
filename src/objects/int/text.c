/* text.c -- ints as text: int("..."), str(), bases 2 to 36.
 *
 * Layout     reading: scan_literal finds sign, base, digits; then 64-bit
 *            arithmetic, bit packing (bases 2 4 8 16 32) or mpn_set_str.
 *            writing: 64-bit arithmetic, bit unpacking, or mpn_get_str.
 * Holds      conversions that are not linear (bases that are not powers of
 *            two) obey interp->int_max_str_digits, above 640 digits.
 */
#include "objects/int/arith.h"
#include "objects/int/digits.h"
#include "state/interp.h"

#include <ctype.h>

enum { LIMIT_FROM = 640, NO_DIGIT = 37 };

HOB_EXPORT unsigned char _PyLong_DigitValue[256] = {
    [0 ... '0' - 1] = NO_DIGIT,
    ['0'] = 0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
    ['9' + 1 ... 'A' - 1] = NO_DIGIT,
    ['A'] = 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29,
    30, 31, 32, 33, 34, 35,
    ['Z' + 1 ... 'a' - 1] = NO_DIGIT,
    ['a'] = 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29,
    30, 31, 32, 33, 34, 35,
    ['z' + 1 ... 255] = NO_DIGIT,
};

static inline unsigned
digit_value(char c)
{
    return _PyLong_DigitValue[(unsigned char)c];
}

static inline int
digit_limit(void)
{
    return hob_ts()->interp->int_max_str_digits;
}

/* --- reading --- */

typedef struct {
    const char *digits;             /* first digit */
    const char *end;                /* after the last */
    Py_ssize_t n;                   /* digits, without underscores */
    int base;
    bool negative;
} literal;

static inline bool
is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* 0b 0o 0x in front of digits: the base they name, else 0. */
static int
prefix_base(const char *s)
{
    if (s[0] != '0') { return 0; }
    switch (s[1]) {
    case 'b': case 'B': return 2;
    case 'o': case 'O': return 8;
    case 'x': case 'X': return 16;
    default: return 0;
    }
}

/* Read blanks, sign, prefix, digits; false when there is no number. */
static bool
scan_literal(const char *s, int base, literal *out)
{
    while (is_space(*s)) { s++; }
    out->negative = *s == '-';
    if (*s == '-' || *s == '+') { s++; }
    bool only_zero = false;
    int named = prefix_base(s);
    if (base == 0) {
        base = named ? named : 10;
        only_zero = !named && *s == '0';            /* no leading zeros in base 0 */
    }
    if (named && named == base) {
        s += 2;
        if (*s == '_') { s++; }
    }
    out->base = base;
    out->digits = s;
    out->n = 0;
    char before = '_';                              /* none may come first */
    bool nonzero = false;
    for (;; s++) {
        if (*s == '_') {
            if (before == '_') { return false; }
        }
        else {
            unsigned value = digit_value(*s);
            if (value >= (unsigned)base) { break; }
            nonzero |= value != 0;
            out->n++;
        }
        before = *s;
    }
    out->end = s;
    return before != '_' && !(only_zero && nonzero);
}

/* Digits of a power-of-two base, bits at a time from the end. */
static PyObject *
pack_bits(const literal *lit, int bits)
{
    if (lit->n > MAX_DIGITS / bits) {
        PyErr_SetString(PyExc_ValueError, "int string too large to convert");
        return NULL;
    }
    PyLongObject *z = hob_int_new((lit->n * bits + DIGIT_BITS - 1) / DIGIT_BITS);
    if (!z) { return NULL; }
    digit *out = z->ob_digit;
    uint64_t acc = 0;
    int n_bits = 0;
    for (const char *p = lit->end; --p >= lit->digits;) {
        if (*p == '_') { continue; }
        acc |= (uint64_t)digit_value(*p) << n_bits;
        n_bits += bits;
        if (n_bits >= DIGIT_BITS) {
            *out++ = (digit)(acc & PyLong_MASK);
            acc >>= DIGIT_BITS;
            n_bits -= DIGIT_BITS;
        }
    }
    if (out < z->ob_digit + Py_SIZE(z)) { *out = (digit)acc; }
    if (lit->negative) { Py_SET_SIZE(z, -Py_SIZE(z)); }
    return hob_int_settle(z);
}

/* Any base through mpn: digit values in bytes first. */
static PyObject *
read_mpn(const literal *lit)
{
    unsigned char *values = PyMem_Malloc((size_t)lit->n);
    if (!values) { return PyErr_NoMemory(); }
    size_t n = 0;
    for (const char *p = lit->digits; p < lit->end; p++) {
        if (*p == '_' || (n == 0 && *p == '0')) { continue; }
        values[n++] = (unsigned char)digit_value(*p);
    }
    PyObject *z = NULL;
    mp_size_t room = (mp_size_t)(n / 64 * 6 + n % 64 * 6 / 64) + 2;     /* 6 bits > log2(36) */
    LIMBS(limbs);
    if (n == 0) {
        z = Py_NewRef(hob_small_int(0));
    }
    else if (hob_mpn_room(4 * room) && hob_limbs_init(&limbs, room)) {
        PyThreadState *aside = hob_mpn_aside(room, TEXT_STEPS * room);
        mp_size_t used = mpn_set_str(limbs.at, values, n, lit->base);
        hob_aside_end(aside);
        z = hob_int_from_limbs(limbs.at, used, lit->negative);
    }
    PyMem_Free(values);
    return z;
}

static PyObject *
read_u64(const literal *lit)
{
    uint64_t value = 0;
    for (const char *p = lit->digits; p < lit->end; p++) {
        if (*p != '_') { value = value * (unsigned)lit->base + digit_value(*p); }
    }
    return hob_int_from_i64(lit->negative ? -(int64_t)value : (int64_t)value);
}

/* The number of a scanned literal, within the digit limit. */
static PyObject *
read_literal(const literal *lit)
{
    /* so many digits of any base stay below 2**63 */
    static const unsigned char safe[37] = {
        0, 0, 62, 39, 31, 27, 24, 22, 20, 19, 18, 18, 17, 17, 16, 16, 15, 15, 15, 14, 14, 14,
        14,
        13, 13, 13, 13, 13, 13, 12, 12, 12, 12, 12, 12, 12, 12};
    if (lit->n <= safe[lit->base]) { return read_u64(lit); }
    if ((lit->base & (lit->base - 1)) == 0) { return pack_bits(lit, __builtin_ctz(lit->base)); }
    if (lit->n > LIMIT_FROM) {
        int limit = digit_limit();
        if (limit > 0 && lit->n > limit) {
            PyErr_Format(PyExc_ValueError, "Exceeds the limit (%d digits) for integer string "
                         "conversion: value has %zd digits; use sys.set_int_max_str_digits() "
                         "to increase the limit", limit, lit->n);
            return NULL;
        }
    }
    return read_mpn(lit);
}

/* Read a NUL-terminated text: 1 and a number, 0 when it is none, -1 with an
 * exception.  *end is where reading stopped, trailing blanks included; *base
 * becomes the one that was read. */
static int
read_text(const char *s, int *base, const char **end, PyObject **out)
{
    literal lit;
    bool found = scan_literal(s, *base, &lit);
    *base = lit.base;
    *end = lit.digits;
    if (!found) { return 0; }
    *out = read_literal(&lit);
    if (!*out) { return -1; }
    while (is_space(*lit.end)) { lit.end++; }
    *end = lit.end;
    return 1;
}

static PyObject *
refuse_text(PyObject *shown, int base)
{
    PyErr_Format(PyExc_ValueError, "invalid literal for int() with base %d: %.200R", base,
                 shown);
    return NULL;
}

static bool
base_is_wrong(int base)
{
    if (base == 0 || (base >= 2 && base <= 36)) { return false; }
    PyErr_SetString(PyExc_ValueError, "int() arg 2 must be >= 2 and <= 36");
    return true;
}

/* The number that all of s is, else NULL: without an exception when it is none. */
static MAYBE_NULL PyObject *
read_whole(const char *s, const char *s_end, int base)
{
    const char *end;
    PyObject *z;
    int found = read_text(s, &base, &end, &z);
    if (found <= 0) { return NULL; }
    if (end == s_end) { return z; }
    Py_DECREF(z);
    return NULL;
}

PyObject *
PyLong_FromString(const char *str, char **pend, int base)
{
    if (base_is_wrong(base)) { return NULL; }
    const char *end;
    PyObject *z;
    int found = read_text(str, &base, &end, &z);
    if (found < 0) { return NULL; }
    if (pend) { *pend = (char *)end; }
    if (found && *end == '\0') { return z; }
    if (found) { Py_DECREF(z); }
    own PyObject *shown = PyUnicode_FromStringAndSize(str, (Py_ssize_t)strnlen(str, 200));
    return shown ? refuse_text(shown, base) : NULL;
}

PyObject *
_PyLong_FromBytes(const char *s, Py_ssize_t len, int base)
{
    if (base_is_wrong(base)) { return NULL; }
    PyObject *z = read_whole(s, s + len, base);
    if (z || PyErr_Occurred()) { return z; }
    own PyObject *shown = PyBytes_FromStringAndSize(s, Py_MIN(len, 200));
    return shown ? refuse_text(shown, base) : NULL;
}

PyObject *
PyLong_FromUnicodeObject(PyObject *u, int base)
{
    if (base_is_wrong(base)) { return NULL; }
    own PyObject *ascii = PyUnicode_READY(u) == 0 && PyUnicode_IS_COMPACT_ASCII(u)
                          ? Py_NewRef(u) : _PyUnicode_TransformDecimalAndSpaceToASCII(u);
    if (!ascii) { return NULL; }
    EXPECT(PyUnicode_IS_ASCII(ascii));
    const char *s = (const char *)PyUnicode_1BYTE_DATA(ascii);
    PyObject *z = read_whole(s, s + PyUnicode_GET_LENGTH(ascii), base);
    return z || PyErr_Occurred() ? z : refuse_text(u, base);
}

/* --- writing --- */

char *
hob_int_decimal(char *end, int64_t value)
{
    static const char pairs[201] =
        "00010203040506070809101112131415161718192021222324"
        "25262728293031323334353637383940414243444546474849"
        "50515253545556575859606162636465666768697071727374"
        "75767778798081828384858687888990919293949596979899";
    uint64_t m = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    while (m >= 100) {
        end -= 2;
        memcpy(end, pairs + m % 100 * 2, 2);
        m /= 100;
    }
    if (m >= 10) {
        end -= 2;
        memcpy(end, pairs + m * 2, 2);
    }
    else {
        *--end = (char)('0' + m);
    }
    if (value < 0) { *--end = '-'; }
    return end;
}

/* The text of an int, made in place or on the heap. */
typedef struct {
    char *start;
    Py_ssize_t n;
    char *heap;                     /* owned, MAYBE_NULL */
    char small[72];                 /* 60 bits, prefix, sign */
} int_text;

static void
int_text_free(int_text *t)
{
    PyMem_Free(t->heap);
}
#define TEXT(name) __attribute__((cleanup(int_text_free))) int_text name; name.heap = NULL

/* Room for n characters, on the heap when they are many; the end of it. */
static char *
int_text_room(int_text *t, size_t n)
{
    if (n <= sizeof t->small) { return t->small + sizeof t->small; }
    t->heap = PyMem_Malloc(n);
    if (t->heap) { return t->heap + n; }
    PyErr_NoMemory();
    return NULL;
}

static bool
refuse_long_text(int limit)
{
    PyErr_Format(PyExc_ValueError,
                 "Exceeds the limit (%d digits) for integer string conversion; "
                 "use sys.set_int_max_str_digits() to increase the limit", limit);
    return false;
}

/* Decimal text of more than two digits. */
static bool
decimal_large(int_text *t, PyObject *op)
{
    int64_t bits = hob_int_bits(op);
    int limit = digit_limit();
    /* 2**(bits-1) has at least this many decimal digits */
    if (limit > 0 && (double)(bits - 1) * 0.30102 >= limit) { return refuse_long_text(limit); }
    size_t room = (size_t)((double)bits * 0.302) + 4;
    mp_size_t n;
    LIMBS(limbs);
    if (!hob_limbs_load(&limbs, &n, op) || !hob_mpn_room(3 * n)) { return false; }
    char *end = int_text_room(t, room);
    if (!end) { return false; }
    char *first = end - room + 1;
    bool negative = Py_SIZE(op) < 0;
    PyThreadState *aside = hob_mpn_aside(n, TEXT_STEPS * n);
    size_t used = mpn_get_str((unsigned char *)first, 10, limbs.at, n);
    hob_aside_end(aside);                       /* op may be gone */
    while (used > 1 && *first == 0) {
        first++;
        used--;
    }
    if (limit > 0 && used > LIMIT_FROM && used > (size_t)limit) {
        return refuse_long_text(limit);
    }
    for (size_t i = 0; i < used; i++) { first[i] += '0'; }
    if (negative) {
        *--first = '-';
        used++;
    }
    t->start = first;
    t->n = (Py_ssize_t)used;
    return true;
}

/* Text in base 2, 8 or 16. */
static bool
binary_text(int_text *t, PyObject *op, int base, bool prefix)
{
    int bits = __builtin_ctz((unsigned)base);
    size_t n_digits = (size_t)((hob_int_bits(op) + bits - 1) / bits);
    char *end = int_text_room(t, n_digits + 4);
    if (!end) { return false; }
    char *p = end;
    const digit *d = hob_int_digits(op), *stop = d + hob_int_ndigits(op);
    uint64_t acc = 0;
    int n_bits = 0;
    for (size_t i = 0; i < n_digits; i++) {
        if (n_bits < bits && d < stop) {
            acc |= (uint64_t)*d++ << n_bits;
            n_bits += DIGIT_BITS;
        }
        *--p = "0123456789abcdef"[acc & ((unsigned)base - 1)];
        acc >>= bits;
        n_bits -= bits;
    }
    if (n_digits == 0) { *--p = '0'; }
    if (prefix) {
        *--p = base == 16 ? 'x' : base == 8 ? 'o' : 'b';
        *--p = '0';
    }
    if (Py_SIZE(op) < 0) { *--p = '-'; }
    t->start = p;
    t->n = end - p;
    return true;
}

static bool
int_text_make(int_text *t, PyObject *op, int base, bool prefix)
{
    if (!PyLong_Check(op)) {
        PyErr_BadInternalCall();
        return false;
    }
    if (base != 10) { return binary_text(t, op, base, prefix); }
    if (!hob_int_is_medium(op)) { return decimal_large(t, op); }
    char *end = t->small + sizeof t->small;
    t->start = hob_int_decimal(end, hob_int_medium_value(op));
    t->n = end - t->start;
    return true;
}

static PyObject *
ascii_from(const char *s, Py_ssize_t n)
{
    PyObject *text = PyUnicode_New(n, 127);
    if (text) { memcpy(PyUnicode_1BYTE_DATA(text), s, (size_t)n); }
    return text;
}

PyObject *
hob_int_to_decimal(PyObject *op)
{
    if (hob_int_is_medium(op)) {
        char buffer[24], *end = buffer + sizeof buffer;
        char *start = hob_int_decimal(end, hob_int_medium_value(op));
        return ascii_from(start, end - start);
    }
    TEXT(t);
    return decimal_large(&t, op) ? ascii_from(t.start, t.n) : NULL;
}

/* --- public API: writing --- */

PyObject *
_PyLong_Format(PyObject *op, int base)
{
    TEXT(t);
    return int_text_make(&t, op, base, true) ? ascii_from(t.start, t.n) : NULL;
}

HOB_EXPORT int
_PyLong_FormatWriter(_PyUnicodeWriter *writer, PyObject *op, int base, int alternate)
{
    TEXT(t);
    if (!int_text_make(&t, op, base, alternate)) { return -1; }
    return _PyUnicodeWriter_WriteASCIIString(writer, t.start, t.n);
}

HOB_EXPORT char *
_PyLong_FormatBytesWriter(_PyBytesWriter *writer, char *str, PyObject *op, int base,
                          int alternate)
{
    TEXT(t);
    if (!int_text_make(&t, op, base, alternate)) { return NULL; }
    str = _PyBytesWriter_Prepare(writer, str, t.n);
    if (!str) { return NULL; }
    return (char *)memcpy(str, t.start, (size_t)t.n) + t.n;
}

/* --- public API: strtol that knows Python's prefixes --- */

/* Digits of s in base (0: by prefix); wraps and sets *overflow beyond 64 bits. */
static unsigned long
read_c_integer(const char *s, char **end, int base, bool *overflow)
{
    *overflow = false;
    const char *start = s;
    while (isspace((unsigned char)*s)) { s++; }
    int named = prefix_base(s);
    if (base == 0) { base = named ? named : 10; }
    if (named && named == base) {
        if (digit_value(s[2]) >= (unsigned)base) {              /* "0x" alone is 0 */
            if (end) { *end = (char *)s + 2; }
            return 0;
        }
        s += 2;
    }
    unsigned long value = 0;
    bool any = false;
    for (; digit_value(*s) < (unsigned)base; s++, any = true) {
        *overflow |= __builtin_mul_overflow(value, (unsigned long)base, &value);
        *overflow |= __builtin_add_overflow(value, digit_value(*s), &value);
    }
    if (end) { *end = (char *)(any ? s : start); }
    return value;
}

unsigned long
PyOS_strtoul(const char *str, char **ptr, int base)
{
    if (base != 0 && (base < 2 || base > 36)) {
        while (isspace((unsigned char)*str)) { str++; }
        if (ptr) { *ptr = (char *)str; }
        return 0;
    }
    bool overflow;
    unsigned long value = read_c_integer(str, ptr, base, &overflow);
    if (!overflow) { return value; }
    errno = ERANGE;
    return (unsigned long)-1;
}

long
PyOS_strtol(const char *str, char **ptr, int base)
{
    while (*str && isspace((unsigned char)*str)) { str++; }
    char sign = *str;
    if (sign == '+' || sign == '-') { str++; }
    unsigned long magnitude = PyOS_strtoul(str, ptr, base);
    if (sign == '-' && magnitude == (unsigned long)LONG_MAX + 1) { return LONG_MIN; }
    if (magnitude <= LONG_MAX) { return sign == '-' ? -(long)magnitude : (long)magnitude; }
    errno = ERANGE;
    return LONG_MAX;
}

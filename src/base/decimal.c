/* decimal.c -- doubles to decimal digits and back, correctly rounded.
 *
 * Shortest   Schubfach: R. Giulietti, "The Schubfach way to render doubles".
 * Fixed      c * 2**q * 10**n is c * 5**n shifted by q + n bits: exact in 128
 *            bits for everyday numbers, in mpn limbs for the rest.
 * Reading    W. Clinger's exact case; then D. Lemire, "Number parsing at a
 *            gigabyte per second"; then, for the one in a million that these
 *            leave open, exact integers.
 * Holds      power_of_ten(k) is floor(10**k) to 128 bits, top bit set; exact
 *            for 0 <= k <= 55.  Entries are made when first asked for, by
 *            exact division; the high word is stored last.
 */
#include "base/decimal.h"

#include <gmp.h>
#include <math.h>
#include <string.h>

typedef unsigned __int128 u128;

enum {
    MANTISSA_BITS = 52,
    EXPONENT_BIAS = 1075,               /* value = c * 2**(biased - 1075) */
    POW_MIN = -342, POW_MAX = 324,
    BIG = 136,                          /* limbs: more than 800 digits and 5**1200 take */
    KEPT_DIGITS = 800,
};

/* --- the parts of a double --- */

typedef struct {
    uint64_t c;
    int q;                              /* value = c * 2**q */
    bool lower_is_closer;               /* c is a power of two: the gap below is half */
} parts;

static parts
take_apart(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    uint64_t fraction = bits & (((uint64_t)1 << MANTISSA_BITS) - 1);
    int biased = (int)(bits >> MANTISSA_BITS & 0x7ff);
    if (biased == 0) { return (parts){fraction, 1 - EXPONENT_BIAS, false}; }
    return (parts){fraction | (uint64_t)1 << MANTISSA_BITS, biased - EXPONENT_BIAS,
                   fraction == 0 && biased > 1};
}

double
hob_double_round(uint64_t mantissa, int64_t exponent)
{
    if (mantissa == 0) { return 0.0; }
    int bits = 64 - __builtin_clzl(mantissa);
    if (exponent + bits > 1024) { return HUGE_VAL; }
    int64_t lowest = exponent + bits - 53;              /* weight of the last bit kept */
    if (lowest < -1074) { lowest = -1074; }
    int64_t drop = lowest - exponent;
    if (drop > 64) { return 0.0; }
    if (drop > 0) {
        uint64_t half = (uint64_t)1 << (drop - 1);
        uint64_t rest = mantissa & (half | (half - 1));
        mantissa = drop == 64 ? 0 : mantissa >> drop;
        if (rest > half || (rest == half && mantissa & 1)) { mantissa++; }
        exponent = lowest;
    }
    return ldexp((double)mantissa, (int)exponent);
}

/* --- big integers: limbs, least significant first --- */

/* x[n] *= 5**e; returns the new size. */
static mp_size_t
multiply_by_5s(mp_limb_t *x, mp_size_t n, int e)
{
    static const mp_limb_t five27 = 7450580596923828125u;       /* 5**27 < 2**64 */
    for (; e >= 27; e -= 27) {
        mp_limb_t carry = mpn_mul_1(x, x, n, five27);
        if (carry) { x[n++] = carry; }
    }
    mp_limb_t rest = 1;
    while (e-- > 0) { rest *= 5; }
    if (rest == 1) { return n; }
    mp_limb_t carry = mpn_mul_1(x, x, n, rest);
    if (carry) { x[n++] = carry; }
    return n;
}

/* x[n] <<= bits; returns the new size. */
static mp_size_t
shift_left(mp_limb_t *x, mp_size_t n, unsigned bits)
{
    mp_size_t words = bits / 64;
    bits %= 64;
    memmove(x + words, x, (size_t)n * sizeof *x);
    memset(x, 0, (size_t)words * sizeof *x);
    if (bits) {
        mp_limb_t carry = mpn_lshift(x + words, x + words, n, bits);
        if (carry) { x[words + n++] = carry; }
    }
    return words + n;
}

static int
bit_count(const mp_limb_t *x, mp_size_t n)
{
    return (int)n * 64 - __builtin_clzl(x[n - 1]);
}

/* The 64 bits of x from bit `at` up. */
static uint64_t
bits_at(const mp_limb_t *x, mp_size_t n, int at)
{
    mp_size_t word = at / 64;
    int shift = at % 64;
    uint64_t low = word < n ? x[word] >> shift : 0;
    if (shift && word + 1 < n) { low |= x[word + 1] << (64 - shift); }
    return low;
}

static bool
any_below(const mp_limb_t *x, int at)
{
    for (int i = 0; i < at / 64; i++) {
        if (x[i]) { return true; }
    }
    return at % 64 && x[at / 64] << (64 - at % 64) != 0;
}

/* --- powers of ten --- */

typedef struct {
    uint64_t hi, lo;
} pow10_word;

static pow10_word powers[POW_MAX - POW_MIN + 1];        /* hi == 0: not made yet */

static __attribute__((cold, noinline)) void
make_power(int k, pow10_word *out)
{
    mp_limb_t five[24] = {1};
    mp_size_t n = multiply_by_5s(five, 1, k < 0 ? -k : k);
    uint64_t hi, lo;
    if (k >= 0) {
        int bits = bit_count(five, n);
        if (bits < 128) {
            n = shift_left(five, n, (unsigned)(128 - bits));
            bits = 128;
        }
        lo = bits_at(five, n, bits - 128);
        hi = bits_at(five, n, bits - 64);
    }
    else {
        mp_limb_t top[28] = {1}, quotient[28], rest[24];
        mp_size_t n_top = shift_left(top, 1, (unsigned)bit_count(five, n) + 127);
        mpn_tdiv_qr(quotient, rest, 0, top, n_top, five, n);
        lo = quotient[0];
        hi = quotient[1];
    }
    out->lo = lo;
    __atomic_store_n(&out->hi, hi, __ATOMIC_RELEASE);
}

static inline pow10_word
power_of_ten(int k)
{
    pow10_word *entry = &powers[k - POW_MIN];
    if (UNLIKELY(__atomic_load_n(&entry->hi, __ATOMIC_ACQUIRE) == 0)) { make_power(k, entry); }
    return *entry;
}

/* The same rounded up. */
static inline pow10_word
power_of_ten_above(int k)
{
    pow10_word g = power_of_ten(k);
    if (k < 0 || k > 55) {
        g.lo++;
        g.hi += g.lo == 0;
    }
    return g;
}

/* floor(log2(10**e)), floor(log10(2**e)), floor(log10(3/4 * 2**e)) */
static inline int
log2_of_pow10(int e)
{
    return (e * 1741647) >> 19;
}

static inline int
log10_of_pow2(int e)
{
    return (e * 1262611) >> 22;
}

static inline int
log10_of_pow2_lower(int e)
{
    return (e * 1262611 - 524031) >> 22;
}

/* --- digits out of 64 bits --- */

static void
put_u64(uint64_t value, int exponent, hob_decimal *out)
{
    char buffer[20], *end = buffer + sizeof buffer, *p = end;
    while (value) {
        *--p = (char)('0' + value % 10);
        value /= 10;
    }
    out->n = (int)(end - p);
    memcpy(out->digits, p, (size_t)out->n);
    out->point = out->n + exponent;
    while (out->n > 0 && out->digits[out->n - 1] == '0') { out->n--; }
    if (out->n == 0) { out->point = 1; }
}

/* --- shortest --- */

/* The upper 64 bits of g * cp / 2**64, with the rest as a sticky lowest bit. */
static inline uint64_t
round_to_odd(pow10_word g, uint64_t cp)
{
    u128 low = (u128)g.lo * cp;
    u128 product = (u128)g.hi * cp + (uint64_t)(low >> 64);
    return (uint64_t)(product >> 64) | ((uint64_t)product > 1);
}

void
hob_decimal_shortest(double value, hob_decimal *out)
{
    parts v = take_apart(value);
    if (v.c == 0) {
        out->n = 0;
        out->point = 1;
        return;
    }
    if (v.q <= 0 && v.q > -MANTISSA_BITS - 1 && (v.c & (((uint64_t)1 << -v.q) - 1)) == 0) {
        put_u64(v.c >> -v.q, 0, out);                   /* a small integer */
        return;
    }
    bool odd = v.c & 1;
    int k = v.lower_is_closer ? log10_of_pow2_lower(v.q) : log10_of_pow2(v.q);
    int h = v.q + log2_of_pow10(-k) + 1;
    pow10_word g = power_of_ten_above(-k);
    uint64_t lower = round_to_odd(g, (4 * v.c - 2 + v.lower_is_closer) << h) + odd;
    uint64_t middle = round_to_odd(g, 4 * v.c << h);
    uint64_t upper = round_to_odd(g, (4 * v.c + 2) << h) - odd;

    uint64_t s = middle / 4;
    if (s >= 10) {                                      /* one digit less, if in the interval */
        uint64_t tens = s / 10;
        bool below = lower <= 40 * tens, above = 40 * tens + 40 <= upper;
        if (below != above) {
            put_u64(tens + above, k + 1, out);
            return;
        }
    }
    bool below = lower <= 4 * s, above = 4 * s + 4 <= upper;
    bool up = below != above ? above : middle > 4 * s + 2 || (middle == 4 * s + 2 && s & 1);
    put_u64(s + up, k, out);
}

/* --- fixed and significant --- */

/* The digits of big integer x (destroyed), which counts units of 10**exponent. */
static void
put_big(mp_limb_t *x, mp_size_t n, int exponent, hob_decimal *out)
{
    while (n > 0 && x[n - 1] == 0) { n--; }
    if (n == 0) {
        out->n = 0;
        out->point = 1;
        return;
    }
    if (n == 1) {
        put_u64(x[0], exponent, out);
        return;
    }
    unsigned char text[DECIMAL_ROOM + 40];
    size_t size = mpn_get_str(text, 10, x, n), skip = 0;
    while (text[skip] == 0) { skip++; }
    out->point = (int)(size - skip) + exponent;
    while (text[size - 1] == 0) { size--; }
    out->n = (int)(size - skip);
    for (int i = 0; i < out->n; i++) { out->digits[i] = (char)('0' + text[skip + (size_t)i]); }
}

/* x[n] / 2**bits rounded half-even; returns the new size. */
static mp_size_t
shift_right_even(mp_limb_t *x, mp_size_t n, int bits)
{
    if (bits > (int)n * 64) {
        x[0] = 0;
        return 1;
    }
    bool half = bits_at(x, n, bits - 1) & 1, below = any_below(x, bits - 1);
    mp_size_t words = bits / 64;
    n -= words;
    memmove(x, x + words, (size_t)n * sizeof *x);
    if (bits % 64 && n) { mpn_rshift(x, x, n, (unsigned)(bits % 64)); }
    if (n == 0) { x[n++] = 0; }
    if (half && (below || x[0] & 1)) {
        if (mpn_add_1(x, x, n, 1)) { x[n++] = 1; }
    }
    return n;
}

/* round(c * 2**q * 10**n) for n >= 0, by shifting. */
static void
fixed_shift(parts v, int n, hob_decimal *out)
{
    if (v.q < 0 && n > -v.q) { n = -v.q; }              /* no more digits than that */
    if (v.q >= 0) { n = 0; }
    int e = v.q + n;
    if (n <= 27 && e < 0 && e > -120) {
        uint64_t five = 1;
        for (int i = 0; i < n; i++) { five *= 5; }
        u128 x = (u128)v.c * five, half = (u128)1 << (-e - 1), rest = x & (half | (half - 1));
        x >>= -e;
        if (rest > half || (rest == half && x & 1)) { x++; }
        if (x >> 64 == 0) {
            put_u64((uint64_t)x, -n, out);
            return;
        }
    }
    mp_limb_t x[BIG] = {v.c};
    mp_size_t size = multiply_by_5s(x, 1, n);
    if (e > 0) { size = shift_left(x, size, (unsigned)e); }
    else if (e < 0) { size = shift_right_even(x, size, -e); }
    put_big(x, size, -n, out);
}

/* round(c * 2**q / 10**n) for n > 0, by division. */
static void
fixed_divide(parts v, int n, hob_decimal *out)
{
    mp_limb_t x[BIG] = {v.c}, unit[BIG] = {1}, quotient[BIG], rest[BIG];
    if (n > 330) {
        put_u64(0, 0, out);
        return;
    }
    mp_size_t n_unit = multiply_by_5s(unit, 1, n), n_x = 1;
    int e = v.q - n;                                    /* x / unit * 2**e */
    if (e > 0) { n_x = shift_left(x, n_x, (unsigned)e); }
    else { n_unit = shift_left(unit, n_unit, (unsigned)-e); }
    mp_size_t n_quotient = 1;
    quotient[0] = 0;
    if (n_x >= n_unit) {
        mpn_tdiv_qr(quotient, rest, 0, x, n_x, unit, n_unit);
        n_quotient = n_x - n_unit + 1;
    }
    else {
        memset(rest, 0, (size_t)n_unit * sizeof *rest);
        memcpy(rest, x, (size_t)n_x * sizeof *x);
    }
    mp_limb_t carry = mpn_lshift(rest, rest, n_unit, 1);        /* compare 2 * rest with unit */
    int order = carry ? 1 : mpn_cmp(rest, unit, n_unit);
    if (order > 0 || (order == 0 && quotient[0] & 1)) {
        if (mpn_add_1(quotient, quotient, n_quotient, 1)) { quotient[n_quotient++] = 1; }
    }
    put_big(quotient, n_quotient, n, out);
}

void
hob_decimal_fixed(double value, int n, hob_decimal *out)
{
    parts v = take_apart(value);
    if (v.c == 0) {
        out->n = 0;
        out->point = 1;
    }
    else if (n >= 0) {
        fixed_shift(v, n, out);
    }
    else {
        fixed_divide(v, -n, out);
    }
}

void
hob_decimal_significant(double value, int n, hob_decimal *out)
{
    parts v = take_apart(value);
    if (v.c == 0) {
        out->n = 0;
        out->point = 1;
        return;
    }
    if (n > DECIMAL_ROOM) { n = DECIMAL_ROOM; }
    /* 10**k <= value, perhaps 10**(k+1) <= value */
    int k = log10_of_pow2(v.q + 63 - __builtin_clzl(v.c));
    hob_decimal_fixed(value, n - 1 - k, out);
    if (out->n == 0 || out->point > k + 1) { hob_decimal_fixed(value, n - 2 - k, out); }
}

/* --- reading --- */

/* A scanned number: all its digits, and the first 19 of them as an integer. */
typedef struct {
    uint64_t w;                         /* up to 19 significant digits */
    int64_t exponent;                   /* value = w * 10**exponent, if not truncated */
    bool truncated;                     /* more digits follow, not all zero */
    const char *first, *last;           /* significant digits, perhaps with a point within */
    bool negative;
} scanned;

static inline bool
is_digit(char c)
{
    return (unsigned char)(c - '0') < 10;
}

/* NULL when there is no number. */
static const char *
scan(const char *s, scanned *out)
{
    *out = (scanned){0};
    out->negative = *s == '-';
    if (*s == '-' || *s == '+') { s++; }
    const char *point = NULL;
    int n = 0;
    uint64_t w = 0;
    int64_t exponent = 0;
    bool any = false;
    for (;; s++) {
        if (*s == '.' && !point) {
            point = s;
            continue;
        }
        if (!is_digit(*s)) { break; }
        any = true;
        if (n == 0 && *s == '0') {
            if (point) { exponent--; }
            continue;
        }
        if (n == 0) { out->first = s; }
        out->last = s + 1;
        if (n < 19) {
            w = w * 10 + (uint64_t)(*s - '0');
            n++;
            if (point) { exponent--; }
        }
        else {
            if (*s != '0') { out->truncated = true; }
            if (!point) { exponent++; }
        }
    }
    if (!any) { return NULL; }
    if (*s == 'e' || *s == 'E') {
        const char *e = s + 1;
        bool minus = *e == '-';
        if (*e == '-' || *e == '+') { e++; }
        if (is_digit(*e)) {
            int64_t value = 0;
            for (; is_digit(*e); e++) {
                if (value < 100000000000) { value = value * 10 + (*e - '0'); }
            }
            exponent += minus ? -value : value;
            s = e;
        }
    }
    out->w = w;
    out->exponent = exponent;
    return s;
}

/* Lemire's: w * 10**q to a double, or false when 128 bits do not decide. */
static bool
read_128(uint64_t w, int64_t q, double *out)
{
    if (w == 0 || q < POW_MIN) {
        *out = 0.0;
        return true;
    }
    if (q > 308) {
        *out = HUGE_VAL;
        return true;
    }
    pow10_word g = q < 0 && q >= -27 ? power_of_ten_above((int)q) : power_of_ten((int)q);
    int zeros = __builtin_clzl(w);
    w <<= zeros;
    u128 product = (u128)w * g.hi;
    uint64_t hi = (uint64_t)(product >> 64), lo = (uint64_t)product;
    if ((hi & 0x1ff) == 0x1ff) {                        /* the lower word may carry */
        uint64_t more = (uint64_t)((u128)w * g.lo >> 64);
        lo += more;
        hi += lo < more;
    }
    if (lo == UINT64_MAX && (q < -27 || q > 55)) { return false; }
    int upper = (int)(hi >> 63), drop = upper + 64 - MANTISSA_BITS - 3;
    uint64_t mantissa = hi >> drop;                     /* 54 bits: one to round */
    int64_t power = ((217706 * q) >> 16) + 63 + upper - zeros + 1023;   /* biased */
    if (power <= 0) {                                   /* subnormal */
        if (-power + 1 >= 64) {
            *out = 0.0;
            return true;
        }
        mantissa >>= -power + 1;
        mantissa += mantissa & 1;
        *out = ldexp((double)(mantissa >> 1), 1 - EXPONENT_BIAS);
        return true;
    }
    if (lo <= 1 && q >= -4 && q <= 23 && (mantissa & 3) == 1 && mantissa << drop == hi) {
        mantissa &= ~(uint64_t)1;                       /* a tie: stay even */
    }
    mantissa += mantissa & 1;
    mantissa >>= 1;
    *out = power >= 0x7ff ? HUGE_VAL : ldexp((double)mantissa, (int)power - EXPONENT_BIAS);
    return true;
}

/* The digits themselves: at most KEPT_DIGITS, the rest as a final 1. */
static int
collect_digits(const scanned *s, unsigned char *digits, int64_t *exponent)
{
    int n = 0, n_first = 0;
    bool rest = false;
    int64_t dropped = 0;
    for (const char *p = s->first; p < s->last; p++) {
        if (!is_digit(*p)) { continue; }
        n_first++;
        if (n < KEPT_DIGITS) { digits[n++] = (unsigned char)(*p - '0'); }
        else {
            rest = rest || *p != '0';
            dropped++;
        }
    }
    /* s->exponent counts from the 19th digit */
    int64_t seen = n_first < 19 ? n_first : 19;
    *exponent = s->exponent - (n_first - seen) + dropped;
    if (rest) {
        digits[n++] = 1;
        --*exponent;
    }
    return n;
}

/* Exact: digits * 10**exponent as an integer, or as a quotient of two. */
static __attribute__((noinline)) double
read_exact(const scanned *s)
{
    unsigned char digits[KEPT_DIGITS + 1];
    int64_t e;
    int n_digits = collect_digits(s, digits, &e);
    if (n_digits + e > 310) { return HUGE_VAL; }
    if (n_digits + e < -330) { return 0.0; }
    mp_limb_t x[2 * BIG] = {0}, unit[BIG] = {1}, quotient[2 * BIG], rest[BIG];
    mp_size_t n = mpn_set_str(x, digits, (size_t)n_digits, 10);
    if (e >= 0) {
        n = multiply_by_5s(x, n, (int)e);
        int drop = bit_count(x, n) - 64;
        if (drop <= 0) { return hob_double_round(x[0], e); }
        return hob_double_round(bits_at(x, n, drop) | any_below(x, drop), drop + e);
    }
    mp_size_t n_unit = multiply_by_5s(unit, 1, (int)-e);
    int shift = bit_count(unit, n_unit) - bit_count(x, n) + 63; /* quotient: 63 or 64 bits */
    if (shift > 0) { n = shift_left(x, n, (unsigned)shift); }
    else {
        n_unit = shift_left(unit, n_unit, (unsigned)-shift);
    }
    mpn_tdiv_qr(quotient, rest, 0, x, n, unit, n_unit);
    bool inexact = false;
    for (mp_size_t i = 0; i < n_unit && !inexact; i++) { inexact = rest[i] != 0; }
    return hob_double_round(quotient[0] | inexact, e - shift);
}

static double
read_scanned(const scanned *s)
{
    static const double tens[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
                                  1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21,
                                  1e22};
    if (!s->truncated) {
        if (s->w >> 53 == 0 && s->exponent >= -22 && s->exponent <= 22) {
            double w = (double)s->w;                    /* both are exact: one rounding */
            return s->exponent < 0 ? w / tens[-s->exponent] : w * tens[s->exponent];
        }
        double value;
        return read_128(s->w, s->exponent, &value) ? value : read_exact(s);
    }
    double low, high;
    if (read_128(s->w, s->exponent, &low) && read_128(s->w + 1, s->exponent, &high) &&
        low == high) {
        return low;
    }
    return read_exact(s);
}

double
hob_decimal_read(const char *text, const char **end, bool *overflow)
{
    scanned s;
    *overflow = false;
    const char *stop = scan(text, &s);
    *end = stop ? stop : text;
    if (!stop) { return 0.0; }
    double value = s.w ? read_scanned(&s) : 0.0;
    *overflow = isinf(value);
    return s.negative ? -value : value;
}

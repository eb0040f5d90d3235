/* mul.c -- products and powers of ints.
 *
 * Layout     up to two digits each: one 128-bit product.  A short factor: rows
 *            of 30-bit digits.  Both at least MPN_FROM digits: limbs and mpn,
 *            which goes over to Toom-Cook and FFT by itself.
 * Hazard     a power is a loop that may last: it looks at signals between
 *            squarings.                                   [note: mpn-room]
 */
#include "objects/int/arith.h"
#include "objects/int/digits.h"

enum {
    MPN_FROM = 6,                   /* digits of the shorter factor */
    STEPS_PER_DIGIT = 400,          /* of powmod_u64, in products of two limbs */
};

static PyObject *
mul_i128(PyObject *a, PyObject *b)
{
    __int128 product = (__int128)hob_int_medium_value(a) * hob_int_medium_value(b);
    if (product == (int64_t)product) { return hob_int_from_i64((int64_t)product); }
    bool negative = product < 0;
    unsigned __int128 m = negative ? -(unsigned __int128)product : (unsigned __int128)product;
    mp_limb_t limbs[2] = {(mp_limb_t)m, (mp_limb_t)(m >> 64)};
    return hob_int_from_limbs(limbs, 2, negative);
}

/* Rows of digits; nb <= na. */
static PyLongObject *
mul_rows(const digit *a, Py_ssize_t na, const digit *b, Py_ssize_t nb)
{
    PyLongObject *z = hob_int_new(na + nb);
    if (!z) { return NULL; }
    memset(z->ob_digit, 0, (size_t)(na + nb) * sizeof(digit));
    for (Py_ssize_t j = 0; j < nb; j++) {
        twodigits carry = 0, factor = b[j];
        digit *row = z->ob_digit + j;
        for (Py_ssize_t i = 0; i < na; i++) {
            carry += row[i] + factor * a[i];
            row[i] = (digit)(carry & PyLong_MASK);
            carry >>= DIGIT_BITS;
        }
        row[na] = (digit)carry;
    }
    return z;
}

/* The product through limbs; na >= nb >= 1. */
static PyObject *
mul_mpn(PyObject *a, PyObject *b, bool negative)
{
    mp_size_t na, nb;
    LIMBS(x);
    LIMBS(y);
    LIMBS(z);
    if (!hob_limbs_load(&x, &na, a)) { return NULL; }
    if (a == b) {
        if (!hob_mpn_room(6 * na) || !hob_limbs_init(&z, 2 * na)) { return NULL; }
        PyThreadState *aside = hob_mpn_aside(na, na);
        mpn_sqr(z.at, x.at, na);
        hob_aside_end(aside);
        return hob_int_from_limbs(z.at, 2 * na, negative);
    }
    if (!hob_limbs_load(&y, &nb, b)) { return NULL; }
    if (!hob_mpn_room(5 * (na + nb)) || !hob_limbs_init(&z, na + nb)) { return NULL; }
    PyThreadState *aside = hob_mpn_aside(na, nb);
    if (na >= nb) { mpn_mul(z.at, x.at, na, y.at, nb); }
    else { mpn_mul(z.at, y.at, nb, x.at, na); }
    hob_aside_end(aside);
    return hob_int_from_limbs(z.at, na + nb, negative);
}

PyObject *
hob_int_mul_any(PyObject *a, PyObject *b)
{
    if (hob_int_is_medium(a) && hob_int_is_medium(b)) { return mul_i128(a, b); }
    if (hob_int_ndigits(a) < hob_int_ndigits(b)) {
        PyObject *longer = b;
        b = a;
        a = longer;
    }
    Py_ssize_t na = hob_int_ndigits(a), nb = hob_int_ndigits(b);
    if (nb == 0) { return Py_NewRef(hob_small_int(0)); }
    bool negative = (Py_SIZE(a) < 0) != (Py_SIZE(b) < 0);
    if (nb >= MPN_FROM) { return mul_mpn(a, b, negative); }
    PyLongObject *z = mul_rows(hob_int_digits(a), na, hob_int_digits(b), nb);
    if (!z) { return NULL; }
    if (negative) { Py_SET_SIZE(z, -Py_SIZE(z)); }
    return hob_int_settle(z);
}

/* --- powers --- */

/* value ** exponent in 64 bits, or false when that does not fit. */
static bool
pow_i64(int64_t value, uint64_t exponent, int64_t *out)
{
    int64_t result = 1;
    for (;;) {
        if (exponent & 1 && __builtin_mul_overflow(result, value, &result)) { return false; }
        exponent >>= 1;
        if (exponent == 0) { break; }
        if (__builtin_mul_overflow(value, value, &value)) { return false; }
    }
    *out = result;
    return true;
}

/* odd ** exponent, odd of n limbs, as limbs left in the returned buffer of two
 * (both of n_room limbs); NULL on error. */
static mp_limb_t *
pow_limbs(const mp_limb_t *odd, mp_size_t n, uint64_t exponent, mp_limb_t *one,
          mp_limb_t *other, mp_size_t *n_out)
{
    memcpy(one, odd, (size_t)n * sizeof *one);
    mp_size_t size = n;
    int bit = 63 - __builtin_clzl(exponent);
    while (--bit >= 0) {
        if (size > 4096 && PyErr_CheckSignals() < 0) { return NULL; }
        if (!hob_mpn_room(6 * size)) { return NULL; }
        bool odd_too = exponent >> bit & 1;
        PyThreadState *aside = hob_mpn_aside(size, size + (odd_too ? 2 * n : 0));
        mpn_sqr(other, one, size);
        size *= 2;
        size -= other[size - 1] == 0;
        mp_limb_t *swap = one;
        one = other;
        other = swap;
        if (odd_too) {
            if (size >= n) { mpn_mul(other, one, size, odd, n); }
            else { mpn_mul(other, odd, n, one, size); }
            size += n;
            size -= other[size - 1] == 0;
            swap = one;
            one = other;
            other = swap;
        }
        hob_aside_end(aside);
    }
    *n_out = size;
    return one;
}

/* base ** exponent for |base| > 1; powers of two in base become a shift. */
static PyObject *
pow_large(PyObject *base, uint64_t exponent)
{
    bool negative = Py_SIZE(base) < 0 && exponent & 1;
    mp_size_t n;
    LIMBS(odd);
    if (!hob_limbs_load(&odd, &n, base)) { return NULL; }
    uint64_t twos = mpn_scan1(odd.at, 0);
    if (twos) {
        mp_size_t words = (mp_size_t)(twos / LIMB_BITS);
        memmove(odd.at, odd.at + words, (size_t)(n - words) * sizeof *odd.at);
        n -= words;
        if (twos % LIMB_BITS) { mpn_rshift(odd.at, odd.at, n, twos % LIMB_BITS); }
        n -= odd.at[n - 1] == 0;
    }
    uint64_t odd_bits = (uint64_t)n * LIMB_BITS - (uint64_t)__builtin_clzl(odd.at[n - 1]);
    unsigned __int128 bits = (unsigned __int128)odd_bits * exponent;
    if (bits / DIGIT_BITS > (unsigned __int128)MAX_DIGITS ||
        (unsigned __int128)twos * exponent / DIGIT_BITS > (unsigned __int128)MAX_DIGITS) {
        return PyErr_NoMemory();
    }
    own PyObject *result = NULL;
    if (n == 1 && odd.at[0] == 1) {
        result = Py_NewRef(hob_small_int(negative ? -1 : 1));
    }
    else {
        mp_size_t room = (mp_size_t)(bits / LIMB_BITS) + n + 2, size;
        LIMBS(one);
        LIMBS(other);
        if (!hob_limbs_init(&one, room) || !hob_limbs_init(&other, room)) { return NULL; }
        mp_limb_t *power = pow_limbs(odd.at, n, exponent, one.at, other.at, &size);
        if (!power) { return NULL; }
        result = hob_int_from_limbs(power, size, negative);
    }
    if (!result || twos == 0) { return take(result); }
    return _PyLong_Lshift(result, twos * exponent);
}

/* base ** exponent, exponent >= 0 */
PyObject *
hob_int_pow_plain(PyObject *base, PyObject *exponent)
{
    if (hob_int_is_compact(base)) {
        int64_t value = hob_int_compact_value(base);
        if (Py_SIZE(exponent) == 0 || value == 1) { return Py_NewRef(hob_small_int(1)); }
        if (value == 0) { return Py_NewRef(hob_small_int(0)); }
        if (value == -1) {
            return Py_NewRef(hob_small_int(hob_int_digits(exponent)[0] & 1 ? -1 : 1));
        }
    }
    if (!hob_int_is_medium(exponent)) { return PyErr_NoMemory(); }
    uint64_t n = (uint64_t)hob_int_medium_value(exponent);
    int64_t power;
    if (hob_int_is_medium(base) && pow_i64(hob_int_medium_value(base), n, &power)) {
        return hob_int_from_i64(power);
    }
    if (n == 0) { return Py_NewRef(hob_small_int(1)); }
    if (n == 1) { return _PyLong_Copy((PyLongObject *)base); }
    if (n == 2) { return hob_int_mul_any(base, base); }
    return pow_large(base, n);
}

/* base ** exponent % modulus in 64 bits; 0 <= base < modulus < 2**60.  The caller
 * owns the exponent. */
static uint64_t
powmod_u64(uint64_t base, PyObject *exponent, uint64_t modulus)
{
    uint64_t result = 1 % modulus;
    const digit *d = hob_int_digits(exponent);
    Py_ssize_t n = hob_int_ndigits(exponent);
    PyThreadState *aside = hob_mpn_aside(n, STEPS_PER_DIGIT);
    for (Py_ssize_t i = n; --i >= 0;) {
        for (int bit = DIGIT_BITS; --bit >= 0;) {
            result = (uint64_t)((unsigned __int128)result * result % modulus);
            if (d[i] >> bit & 1) {
                result = (uint64_t)((unsigned __int128)result * base % modulus);
            }
        }
    }
    hob_aside_end(aside);
    return result;
}

/* The same for any size: 0 <= base < modulus. */
static PyObject *
powmod_large(PyObject *base, PyObject *exponent, PyObject *modulus)
{
    mp_size_t nb, ne, nm;
    LIMBS(b);
    LIMBS(e);
    LIMBS(m);
    if (!hob_limbs_load(&b, &nb, base) || !hob_limbs_load(&e, &ne, exponent) ||
        !hob_limbs_load(&m, &nm, modulus) || !hob_mpn_room(16 * nm)) {
        return NULL;
    }
    mpz_t vb, ve, vm, result;
    mpz_init2(result, (mp_bitcnt_t)nm * LIMB_BITS);
    PyThreadState *aside = hob_mpn_aside(nm * nm, ne * LIMB_BITS);
    mpz_powm(result, mpz_roinit_n(vb, b.at, nb), mpz_roinit_n(ve, e.at, ne),
             mpz_roinit_n(vm, m.at, nm));
    hob_aside_end(aside);
    PyObject *z = hob_int_from_limbs(mpz_limbs_read(result), (mp_size_t)mpz_size(result),
                                     false);
    mpz_clear(result);
    return z;
}

/* x with x * a == 1 (mod modulus); modulus > 0.  ValueError. */
static PyObject *
invert_mod(PyObject *a, PyObject *modulus)
{
    mp_size_t na, nm;
    LIMBS(x);
    LIMBS(m);
    if (!hob_limbs_load(&x, &na, a) || !hob_limbs_load(&m, &nm, modulus) ||
        !hob_mpn_room(16 * (na + nm))) {
        return NULL;
    }
    mpz_t va, vm, result;
    mpz_init2(result, (mp_bitcnt_t)nm * LIMB_BITS);
    mpz_roinit_n(va, x.at, Py_SIZE(a) < 0 ? -na : na);
    PyThreadState *aside = hob_mpn_aside(na + nm, GCD_STEPS * nm);
    int found = mpz_invert(result, va, mpz_roinit_n(vm, m.at, nm));
    hob_aside_end(aside);
    if (nm == 1 && m.at[0] == 1) {                  /* everything is 0 (mod 1) */
        found = 1;
        mpz_set_ui(result, 0);
    }
    PyObject *z = NULL;
    if (found) {
        z = hob_int_from_limbs(mpz_limbs_read(result), (mp_size_t)mpz_size(result), false);
    }
    else {
        PyErr_SetString(PyExc_ValueError, "base is not invertible for the given modulus");
    }
    mpz_clear(result);
    return z;
}

/* pow(base, exponent, modulus) */
PyObject *
hob_int_pow_mod(PyObject *base, PyObject *exponent, PyObject *modulus)
{
    if (Py_SIZE(modulus) == 0) {
        PyErr_SetString(PyExc_ValueError, "pow() 3rd argument cannot be 0");
        return NULL;
    }
    own PyObject *divisor = Py_NewRef(modulus);             /* what is lent may go meanwhile */
    own PyObject *m = Py_SIZE(modulus) < 0 ? hob_int_neg(modulus) : Py_NewRef(modulus);
    if (!m) { return NULL; }
    own PyObject *e = Py_NewRef(exponent);
    own PyObject *b = Py_NewRef(base);
    if (Py_SIZE(e) < 0) {
        Py_SETREF(e, hob_int_neg(e));
        if (!e) { return NULL; }
        Py_SETREF(b, invert_mod(b, m));
        if (!b) { return NULL; }
    }
    Py_SETREF(b, hob_int_mod(b, m));
    if (!b) { return NULL; }
    own PyObject *z = NULL;
    if (hob_int_is_medium(m)) {
        z = hob_int_from_i64((int64_t)powmod_u64((uint64_t)hob_int_medium_value(b), e,
                                                 (uint64_t)hob_int_medium_value(m)));
    }
    else {
        z = powmod_large(b, e, m);
    }
    if (!z || Py_SIZE(divisor) > 0 || Py_SIZE(z) == 0) { return take(z); }
    return hob_int_add(z, divisor);
}

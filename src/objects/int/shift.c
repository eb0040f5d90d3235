/* shift.c -- ints as endless two's complement bit strings: << >> & | ^.
 *
 * Holds      a negative number is worked on as its two's complement, digit by
 *            digit, without a copy: digit i of -m is (~m[i] + carry) with the
 *            carry alive while all lower digits were 0.
 */
#include "objects/int/digits.h"

/* --- bitwise --- */

/* Reads the digits of an int in two's complement, from the lowest up. */
typedef struct {
    const digit *at;
    Py_ssize_t left;
    digit flip;                     /* PyLong_MASK for a negative number, else 0 */
    digit carry;
} twos;

static twos
twos_of(PyObject *op)
{
    bool negative = Py_SIZE(op) < 0;
    return (twos){hob_int_digits(op), hob_int_ndigits(op), negative ? PyLong_MASK : 0,
                  negative};
}

static inline digit
twos_next(twos *t)
{
    digit d = t->left > 0 ? *t->at : 0;
    t->at++;
    t->left--;
    d = (d ^ t->flip) + t->carry;
    t->carry = d >> DIGIT_BITS;
    return d & PyLong_MASK;
}

/* Turn n digits of two's complement into the magnitude of a negative number. */
static void
twos_negate(digit *d, Py_ssize_t n)
{
    digit carry = 1;
    for (Py_ssize_t i = 0; i < n; i++) {
        carry += d[i] ^ PyLong_MASK;
        d[i] = carry & PyLong_MASK;
        carry >>= DIGIT_BITS;
    }
}

#define BITWISE(name, OP)                                                       \
    PyObject *                                                                  \
    name(PyObject *a, PyObject *b)                                              \
    {                                                                           \
        if (hob_int_is_medium(a) && hob_int_is_medium(b)) {                     \
            return hob_int_from_i64(hob_int_medium_value(a) OP                  \
                                    hob_int_medium_value(b));                   \
        }                                                                       \
        Py_ssize_t n = Py_MAX(hob_int_ndigits(a), hob_int_ndigits(b)) + 1;      \
        bool negative = (Py_SIZE(a) < 0) OP (Py_SIZE(b) < 0);                   \
        if (!negative && 0 == (1 OP 0)) {           /* &: the shorter decides */ \
            if (Py_SIZE(a) >= 0) { n = Py_MIN(n, hob_int_ndigits(a)); }         \
            if (Py_SIZE(b) >= 0) { n = Py_MIN(n, hob_int_ndigits(b)); }         \
        }                                                                       \
        PyLongObject *z = hob_int_new(n);                                       \
        if (!z) { return NULL; }                                                \
        twos left = twos_of(a), right = twos_of(b);                             \
        for (Py_ssize_t i = 0; i < n; i++) {                                    \
            z->ob_digit[i] = twos_next(&left) OP twos_next(&right);             \
        }                                                                       \
        if (negative) {                                                         \
            twos_negate(z->ob_digit, n);                                        \
            Py_SET_SIZE(z, -n);                                                 \
        }                                                                       \
        return hob_int_settle(z);                                               \
    }
BITWISE(hob_int_and_any, &)
BITWISE(hob_int_or_any, |)
BITWISE(hob_int_xor_any, ^)
#undef BITWISE

/* --- shifts --- */

/* a * 2**(words * 30 + bits) */
static PyObject *
shift_left(PyObject *a, Py_ssize_t words, int bits)
{
    Py_ssize_t na = hob_int_ndigits(a);
    if (na == 0) { return Py_NewRef(hob_small_int(0)); }
    if (words > MAX_DIGITS - na - 1) { return PyErr_NoMemory(); }
    PyLongObject *z = hob_int_new(na + words + (bits != 0));
    if (!z) { return NULL; }
    const digit *d = hob_int_digits(a);
    memset(z->ob_digit, 0, (size_t)words * sizeof(digit));
    digit *out = z->ob_digit + words;
    twodigits carry = 0;
    for (Py_ssize_t i = 0; i < na; i++) {
        carry |= (twodigits)d[i] << bits;
        out[i] = (digit)(carry & PyLong_MASK);
        carry >>= DIGIT_BITS;
    }
    if (bits) { out[na] = (digit)carry; }
    if (Py_SIZE(a) < 0) { Py_SET_SIZE(z, -Py_SIZE(z)); }
    return hob_int_settle(z);
}

/* floor(a / 2**(words * 30 + bits)) */
static PyObject *
shift_right(PyObject *a, Py_ssize_t words, int bits)
{
    bool negative = Py_SIZE(a) < 0;
    Py_ssize_t na = hob_int_ndigits(a);
    if (words >= na) { return Py_NewRef(hob_small_int(negative ? -1 : 0)); }
    const digit *d = hob_int_digits(a);
    digit lost = d[words] & (((digit)1 << bits) - 1);
    for (Py_ssize_t i = 0; i < words && !lost; i++) { lost = d[i]; }
    Py_ssize_t n = na - words;
    PyLongObject *z = hob_int_new(n + 1);
    if (!z) { return NULL; }
    digit carry = negative && lost;                 /* floor: away from zero */
    for (Py_ssize_t i = 0; i < n; i++) {
        twodigits pair = d[words + i];
        if (words + i + 1 < na) { pair |= (twodigits)d[words + i + 1] << DIGIT_BITS; }
        carry += (digit)(pair >> bits & PyLong_MASK);
        z->ob_digit[i] = carry & PyLong_MASK;
        carry >>= DIGIT_BITS;
    }
    z->ob_digit[n] = carry;
    if (negative) { Py_SET_SIZE(z, -(n + 1)); }
    return hob_int_settle(z);
}

/* Split a count into whole digits and bits: 1; too large for memory: 0. */
static int
split_count(PyObject *count, Py_ssize_t *words, int *bits)
{
    if (hob_int_is_medium(count)) {
        int64_t n = hob_int_medium_value(count);
        *words = (Py_ssize_t)(n / DIGIT_BITS);
        *bits = (int)(n % DIGIT_BITS);
        return 1;
    }
    if (hob_int_ndigits(count) > 3) { return 0; }
    const digit *d = hob_int_digits(count);
    unsigned __int128 n = (unsigned __int128)d[2] << 60 | (twodigits)d[1] << 30 | d[0];
    if (n / DIGIT_BITS > (unsigned __int128)PY_SSIZE_T_MAX) { return 0; }
    *words = (Py_ssize_t)(n / DIGIT_BITS);
    *bits = (int)(n % DIGIT_BITS);
    return 1;
}

PyObject *
hob_int_lshift_any(PyObject *a, PyObject *b)
{
    if (Py_SIZE(b) < 0) {
        PyErr_SetString(PyExc_ValueError, "negative shift count");
        return NULL;
    }
    if (Py_SIZE(a) == 0) { return Py_NewRef(hob_small_int(0)); }
    Py_ssize_t words;
    int bits;
    if (!split_count(b, &words, &bits)) {
        PyErr_SetString(PyExc_OverflowError, "too many digits in integer");
        return NULL;
    }
    return shift_left(a, words, bits);
}

PyObject *
hob_int_rshift_any(PyObject *a, PyObject *b)
{
    if (Py_SIZE(b) < 0) {
        PyErr_SetString(PyExc_ValueError, "negative shift count");
        return NULL;
    }
    Py_ssize_t words;
    int bits;
    if (!split_count(b, &words, &bits)) {
        return Py_NewRef(hob_small_int(Py_SIZE(a) < 0 ? -1 : 0));
    }
    if (hob_int_is_medium(a) && words <= 1) {
        return hob_int_from_i64(hob_int_medium_value(a) >> (words * DIGIT_BITS + bits));
    }
    return shift_right(a, words, bits);
}

/* --- public API --- */

PyObject *
_PyLong_Lshift(PyObject *a, size_t by)
{
    return shift_left(a, (Py_ssize_t)(by / DIGIT_BITS), (int)(by % DIGIT_BITS));
}

PyObject *
_PyLong_Rshift(PyObject *a, size_t by)
{
    return shift_right(a, (Py_ssize_t)(by / DIGIT_BITS), (int)(by % DIGIT_BITS));
}

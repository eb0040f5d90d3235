/* small.c -- where ints come from: the small ones, the pool, and C numbers.
 *
 * Layout     _PyRuntime.small_ints holds -5 .. 256, filled by hob_int_init
 *            before anything else runs.  Others are PyObject_Malloc blocks of
 *            at least 32 bytes; dead ones of one or two digits wait in
 *            hob_int_pool.
 * Holds      a result never has leading zero digits and never duplicates a
 *            small int: hob_int_settle is the last step of every operation.
 * Next       native.c is the way back to C numbers; digits.h the machinery.
 */
#include "objects/int/digits.h"

#include <math.h>

struct hob_int_pool hob_int_pool;

status
hob_int_init(void)
{
    for (int value = SMALL_INT_MIN; value <= SMALL_INT_MAX; value++) {
        PyLongObject *op = (PyLongObject *)hob_small_int(value);
        op->ob_base.ob_base.ob_refcnt = 1;
        op->ob_base.ob_base.ob_type = &PyLong_Type;
        op->ob_base.ob_size = (value > 0) - (value < 0);
        op->ob_digit[0] = (digit)(value < 0 ? -value : value);
    }
    return 0;
}

void
hob_int_clear_pool(void)
{
    while (hob_int_pool.first) {
        PyObject *op = hob_int_pool.first;
        hob_int_pool.first = (PyObject *)op->ob_type;
        PyObject_Free(op);
    }
    hob_int_pool.n = 0;
}

/* --- allocation --- */

PyObject *
hob_int_alloc_medium(void)
{
    PyLongObject *op = PyObject_Malloc(sizeof *op);
    if (!op) { return PyErr_NoMemory(); }
    return PyObject_Init((PyObject *)op, &PyLong_Type);
}

PyLongObject *
hob_int_new(Py_ssize_t n)
{
    if (n <= 2) {
        PyLongObject *op = (PyLongObject *)hob_int_new_medium();
        if (op) { Py_SET_SIZE(op, n); }
        return op;
    }
    if (n > MAX_DIGITS) {
        PyErr_SetString(PyExc_OverflowError, "too many digits in integer");
        return NULL;
    }
    PyLongObject *op = PyObject_Malloc(offsetof(PyLongObject, ob_digit) +
                                       (size_t)n * sizeof(digit));
    if (!op) {
        PyErr_NoMemory();
        return NULL;
    }
    return (PyLongObject *)PyObject_InitVar((PyVarObject *)op, &PyLong_Type, n);
}

PyObject *
hob_int_settle(PyLongObject *z)
{
    Py_ssize_t room = hob_int_ndigits(z), n = room;
    while (n > 0 && z->ob_digit[n - 1] == 0) { n--; }
    Py_SET_SIZE(z, Py_SIZE(z) < 0 ? -n : n);
    if (n <= 2 && room > 2) {                       /* no large block into the pool */
        int64_t value = hob_int_medium_value(z);
        PyObject_Free(z);
        return hob_int_from_i64(value);
    }
    if (n <= 1) {
        int64_t value = hob_int_compact_value(z);
        if (value >= SMALL_INT_MIN && value <= SMALL_INT_MAX) {
            hob_int_bury((PyObject *)z);
            return Py_NewRef(hob_small_int((long)value));
        }
    }
    return (PyObject *)z;
}

static PyObject *
int_from_magnitude(uint64_t magnitude, bool negative)
{
    digit d[3] = {magnitude & PyLong_MASK, magnitude >> DIGIT_BITS & PyLong_MASK,
                  (digit)(magnitude >> 2 * DIGIT_BITS)};
    Py_ssize_t n = d[2] ? 3 : d[1] ? 2 : d[0] ? 1 : 0;
    PyLongObject *op = hob_int_new(n);
    if (!op) { return NULL; }
    for (Py_ssize_t i = 0; i < n; i++) { op->ob_digit[i] = d[i]; }
    if (negative) { Py_SET_SIZE(op, -n); }
    return (PyObject *)op;
}

PyObject *
hob_int_from_wide(int64_t value)
{
    if (value >= SMALL_INT_MIN && value <= SMALL_INT_MAX) {
        return Py_NewRef(hob_small_int((long)value));
    }
    return int_from_magnitude(value < 0 ? 0 - (uint64_t)value : (uint64_t)value, value < 0);
}

static PyObject *
int_from_u64(uint64_t value)
{
    if (value <= INT64_MAX) { return hob_int_from_i64((int64_t)value); }
    return int_from_magnitude(value, false);
}

/* --- limbs --- */

bool
hob_mpn_room(mp_size_t n)
{
    if (LIKELY(n < 1 << 14)) { return true; }
    void *probe = (size_t)n > SIZE_MAX / sizeof(mp_limb_t) / 2
                  ? NULL : PyMem_RawMalloc((size_t)n * sizeof(mp_limb_t));
    if (!probe) {
        PyErr_NoMemory();
        return false;
    }
    PyMem_RawFree(probe);
    return true;
}

mp_size_t
hob_limbs_from_digits(mp_limb_t *out, const digit *d, Py_ssize_t n)
{
    mp_size_t used = 0;
    mp_limb_t limb = 0;
    unsigned bits = 0;
    for (Py_ssize_t i = 0; i < n; i++) {
        mp_limb_t next = d[i];
        limb |= next << bits;
        bits += DIGIT_BITS;
        if (bits >= LIMB_BITS) {
            out[used++] = limb;
            bits -= LIMB_BITS;
            limb = next >> (DIGIT_BITS - bits);
        }
    }
    if (bits) { out[used++] = limb; }
    while (used > 0 && out[used - 1] == 0) { used--; }
    return used;
}

/* Write exactly n digits of the limbs; digits beyond them are 0. */
static void
digits_from_limbs(digit *out, Py_ssize_t n, const mp_limb_t *limbs, mp_size_t n_limbs)
{
    mp_limb_t limb = 0;
    unsigned bits = 0;
    mp_size_t at = 0;
    for (Py_ssize_t i = 0; i < n; i++) {
        mp_limb_t d = limb;
        if (bits < DIGIT_BITS) {
            limb = at < n_limbs ? limbs[at++] : 0;
            d |= limb << bits;
            limb >>= DIGIT_BITS - bits;
            bits += LIMB_BITS - DIGIT_BITS;
        }
        else {
            limb >>= DIGIT_BITS;
            bits -= DIGIT_BITS;
        }
        out[i] = (digit)(d & PyLong_MASK);
    }
}

PyObject *
hob_int_from_limbs(const mp_limb_t *limbs, mp_size_t n, bool negative)
{
    while (n > 0 && limbs[n - 1] == 0) { n--; }
    if (n == 0) { return Py_NewRef(hob_small_int(0)); }
    Py_ssize_t n_digits = hob_digits_for_limbs(n);
    int64_t bits = (int64_t)(n - 1) * LIMB_BITS + (64 - __builtin_clzl(limbs[n - 1]));
    n_digits = (Py_ssize_t)((bits + DIGIT_BITS - 1) / DIGIT_BITS);
    PyLongObject *z = hob_int_new(n_digits);
    if (!z) { return NULL; }
    digits_from_limbs(z->ob_digit, n_digits, limbs, n);
    if (negative) { Py_SET_SIZE(z, -n_digits); }
    return hob_int_settle(z);
}

/* --- public API: from C numbers --- */

PyLongObject *
_PyLong_New(Py_ssize_t size)
{
    return hob_int_new(size);
}

PyObject *
_PyLong_Copy(PyLongObject *src)
{
    if (!src) {
        PyErr_BadInternalCall();
        return NULL;
    }
    if (hob_int_is_compact(src)) { return hob_int_from_i64(hob_int_compact_value(src)); }
    Py_ssize_t n = hob_int_ndigits(src);
    PyLongObject *z = hob_int_new(n);
    if (!z) { return NULL; }
    memcpy(z->ob_digit, src->ob_digit, (size_t)n * sizeof(digit));
    Py_SET_SIZE(z, Py_SIZE(src));
    return (PyObject *)z;
}

PyObject *
PyLong_FromLong(long value)
{
    return hob_int_from_i64(value);
}

PyObject *
PyLong_FromLongLong(long long value)
{
    return hob_int_from_i64(value);
}

PyObject *
PyLong_FromSsize_t(Py_ssize_t value)
{
    return hob_int_from_i64(value);
}

PyObject *
PyLong_FromUnsignedLong(unsigned long value)
{
    return int_from_u64(value);
}

PyObject *
PyLong_FromUnsignedLongLong(unsigned long long value)
{
    return int_from_u64(value);
}

PyObject *
PyLong_FromSize_t(size_t value)
{
    return int_from_u64(value);
}

PyObject *
PyLong_FromVoidPtr(void *p)
{
    return int_from_u64((uintptr_t)p);
}

PyObject *
PyLong_FromDouble(double value)
{
    if (LIKELY(value > -9.2e18 && value < 9.2e18)) { return hob_int_from_i64((int64_t)value); }
    if (isinf(value)) {
        PyErr_SetString(PyExc_OverflowError, "cannot convert float infinity to integer");
        return NULL;
    }
    if (isnan(value)) {
        PyErr_SetString(PyExc_ValueError, "cannot convert float NaN to integer");
        return NULL;
    }
    int exponent;
    double fraction = frexp(fabs(value), &exponent);
    mp_limb_t limbs[1024 / LIMB_BITS + 1] = {0};
    uint64_t mantissa = (uint64_t)ldexp(fraction, 53);
    int shift = exponent - 53;                      /* > 0: |value| > 2**62 */
    limbs[shift / LIMB_BITS] = mantissa << shift % LIMB_BITS;
    if (shift % LIMB_BITS) {
        limbs[shift / LIMB_BITS + 1] = mantissa >> (LIMB_BITS - shift % LIMB_BITS);
    }
    return hob_int_from_limbs(limbs, ARRAY_LEN(limbs), value < 0);
}

/* --- invariants --- */

bool
hob_int_check(PyObject *op)
{
    const digit *digits = ((PyLongObject *)op)->ob_digit;
    Py_ssize_t n = Py_ABS(Py_SIZE(op));
    INVARIANT(1, n == 0 || digits[n - 1] != 0);
    for (Py_ssize_t i = 0; i < n; i++) { INVARIANT(2, digits[i] <= PyLong_MASK); }
    if (!PyLong_CheckExact(op) || n > 1) { return true; }
    int64_t value = n ? hob_int_compact_value(op) : 0;
    bool is_small = (uint64_t)(value - SMALL_INT_MIN) < N_SMALL_INTS;
    INVARIANT(3, !is_small || op == hob_small_int((long)value));
    return true;
}

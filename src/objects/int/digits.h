/* digits.h -- magnitudes: runs of 30-bit digits, and the same as GMP limbs.
 *
 * For files of objects/int/ only.  Everything large goes through GMP's mpn
 * layer: digits are repacked into 64-bit limbs (linear), worked on, and
 * repacked.  mpn never allocates what we can see, but it may need scratch of
 * its own and ends the process when it gets none, so before a big operation
 * hob_mpn_room asks whether that much memory is there.  [note: mpn-room]
 */
#pragma once
#include <gmp.h>

#include "memory/own.h"
#include "objects/int/int.h"
#include "state/aside.h"

_Static_assert(GMP_NUMB_BITS == 64, "limbs are 64-bit words without nails");

enum { DIGIT_BITS = PyLong_SHIFT, LIMB_BITS = 64 };

#define MAX_DIGITS                                                              \
    ((PY_SSIZE_T_MAX - (Py_ssize_t)offsetof(PyLongObject, ob_digit)) /          \
     (Py_ssize_t)sizeof(digit))

/* An exact int of n digits, contents unset, ob_size == n.  OverflowError when
 * n is absurd, MemoryError. */
MUST_USE PyLongObject *hob_int_new(Py_ssize_t n);

/* Strip leading zero digits of a fresh int, replace it by the small int when
 * it is one. */
MUST_USE PyObject *hob_int_settle(STOLEN PyLongObject *z);

static inline Py_ssize_t
hob_int_ndigits(const void *op)
{
    Py_ssize_t n = Py_SIZE(op);
    return n < 0 ? -n : n;
}

static inline const digit *
hob_int_digits(const void *op)
{
    return ((const PyLongObject *)op)->ob_digit;
}

static inline int
hob_digit_bits(digit d)
{
    return d ? 32 - __builtin_clz(d) : 0;
}

/* Bits of the magnitude of op as an exact count. */
static inline int64_t
hob_int_bits(const void *op)
{
    Py_ssize_t n = hob_int_ndigits(op);
    if (n == 0) { return 0; }
    return (int64_t)(n - 1) * DIGIT_BITS + hob_digit_bits(hob_int_digits(op)[n - 1]);
}

/* Around work on private limbs that takes about as long as na times nb products of
 * two limbs: when they are many, other threads run.  Ends with hob_aside_end. */
static inline PyThreadState *
hob_mpn_aside(mp_size_t na, mp_size_t nb)
{
    uint64_t n;
    if (__builtin_mul_overflow((uint64_t)na, (uint64_t)nb, &n)) { n = UINT64_MAX; }
    return hob_aside_begin(n, ASIDE_PRODUCTS);
}

/* Where a limb by a limb takes longer than a product: that many times. */
enum { GCD_STEPS = 8, TEXT_STEPS = 3 };

static inline Py_ssize_t
hob_limbs_for_digits(Py_ssize_t n)
{
    return (Py_ssize_t)(((size_t)n * DIGIT_BITS + LIMB_BITS - 1) / LIMB_BITS);
}

static inline Py_ssize_t
hob_digits_for_limbs(Py_ssize_t n)
{
    return (Py_ssize_t)(((size_t)n * LIMB_BITS + DIGIT_BITS - 1) / DIGIT_BITS);
}

/* Repack; out holds hob_limbs_for_digits(n).  Returns the count without
 * leading zeros. */
mp_size_t hob_limbs_from_digits(mp_limb_t *out, const digit *d, Py_ssize_t n);

/* The int of n limbs, leading zeros allowed. */
MUST_USE PyObject *hob_int_from_limbs(const mp_limb_t *limbs, mp_size_t n, bool negative);

/* True if about n limbs of scratch can be had, else MemoryError. */
MUST_USE bool hob_mpn_room(mp_size_t n);

/* --- limbs borrowed from the stack while they are few --- */
enum { LIMBS_ON_STACK = 48 };

typedef struct {
    mp_limb_t *at;
    mp_limb_t small[LIMBS_ON_STACK];
} hob_limbs;

/* Room for n limbs; false with MemoryError.  Freed by hob_limbs_free. */
static inline bool
hob_limbs_init(hob_limbs *limbs, mp_size_t n)
{
    limbs->at = limbs->small;
    if (LIKELY(n <= LIMBS_ON_STACK)) { return true; }
    limbs->at = PyMem_New(mp_limb_t, n);
    if (limbs->at) { return true; }
    PyErr_NoMemory();
    return false;
}

static inline void
hob_limbs_free(void *limbs)
{
    hob_limbs *l = limbs;
    if (l->at && l->at != l->small) { PyMem_Free(l->at); }
}

/* A hob_limbs that frees itself; declare with LIMBS(name). */
#define LIMBS(name) __attribute__((cleanup(hob_limbs_free))) hob_limbs name; name.at = NULL

/* Digits of op as limbs in `limbs`; the count through *n. */
static inline bool
hob_limbs_load(hob_limbs *limbs, mp_size_t *n, const void *op)
{
    Py_ssize_t nd = hob_int_ndigits(op);
    if (!hob_limbs_init(limbs, hob_limbs_for_digits(nd) + 1)) { return false; }
    *n = hob_limbs_from_digits(limbs->at, hob_int_digits(op), nd);
    return true;
}

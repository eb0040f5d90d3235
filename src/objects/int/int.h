/* int.h -- what other files may do with an int without leaving their own code.
 *
 * Layout     PyLongObject: the sign is the sign of ob_size, the magnitude is
 *            |ob_size| digits of 30 bits, least significant first.  0 has none.
 * Holds      the top digit is not zero; every int in -5 .. 256 that the
 *            runtime makes is the one in _PyRuntime.small_ints.
 *            An exact int of one or two digits always occupies 32 bytes, so
 *            that dead ones can be chained in hob_int_pool and reused.
 * Hazard     ob_digit[0] of 0 is not defined; multiply by ob_size, as
 *            hob_int_compact_value does, before trusting it.
 */
#pragma once
#include <Python.h>

#include "base/c.h"
#include "base/stress.h"
#include "state/runtime.h"

/* Fill the small ints.  The very first init: needs nothing. */
MUST_USE status hob_int_init(void);

/* sys.int_info's type and sys.float_info's; needs structseq. */
MUST_USE status hob_int_info_init(void);

/* int(x, base) over a vector; see hob_type_maker. */
MUST_USE PyObject *hob_int_vectorcall(PyObject *type, PyObject *const *args, size_t nargsf,
                                      PyObject *kwnames);

/* Give every pooled int back to the allocator (end of the process). */
void hob_int_clear_pool(void);

bool hob_int_check(PyObject *op);       /* deep invariants */

/* --- looking --- */

/* At most one digit: -(2**30 - 1) .. 2**30 - 1. */
static inline bool
hob_int_is_compact(const void *op)
{
    return (size_t)Py_SIZE(op) + 1 < 3;
}

static inline int64_t               /* requires hob_int_is_compact(op) */
hob_int_compact_value(const void *op)
{
    return (int64_t)Py_SIZE(op) * ((const PyLongObject *)op)->ob_digit[0];
}

/* At most two digits: the magnitude is below 2**60. */
static inline bool
hob_int_is_medium(const void *op)
{
    return (size_t)Py_SIZE(op) + 2 < 5;
}

static inline int64_t               /* requires hob_int_is_medium(op) */
hob_int_medium_value(const void *op)
{
    const digit *d = ((const PyLongObject *)op)->ob_digit;
    switch (Py_SIZE(op)) {
    case 0: return 0;
    case 1: return d[0];
    case -1: return -(int64_t)d[0];
    case 2: return (int64_t)((twodigits)d[1] << PyLong_SHIFT | d[0]);
    default: return -(int64_t)((twodigits)d[1] << PyLong_SHIFT | d[0]);
    }
}

static inline bool
hob_int_both_compact(const void *a, const void *b)
{
    return hob_int_is_compact(a) && hob_int_is_compact(b);
}

/* --- making --- */

/* Dead 32-byte ints, linked through ob_type. */
struct hob_int_pool {
    PyObject *first;                /* MAYBE_NULL */
    int n;
};
extern struct hob_int_pool hob_int_pool;
enum { INT_POOL_MAX = 1024 };

MUST_USE PyObject *hob_int_alloc_medium(void);      /* pool empty: ask the allocator */
MUST_USE PyObject *hob_int_from_wide(int64_t value);        /* any value */

/* Room for an exact int of one or two digits, count 1; ob_size, digits unset. */
static inline PyObject *
hob_int_new_medium(void)
{
    PyObject *op = hob_int_pool.first;
    if (UNLIKELY(!op)) { return hob_int_alloc_medium(); }
    PyObject *next = (PyObject *)op->ob_type;
    __builtin_prefetch(next, 1);                /* the next call reads the link in it */
    hob_int_pool.first = next;
    hob_int_pool.n--;
    op->ob_type = &PyLong_Type;
    op->ob_refcnt = 1;
    return op;
}

/* The int of value. */
static ALWAYS_INLINE PyObject *
hob_int_from_i64(int64_t value)
{
    if ((uint64_t)(value - SMALL_INT_MIN) < N_SMALL_INTS) {
        return Py_NewRef(hob_small_int((long)value));
    }
    if (UNLIKELY((uint64_t)(value + PyLong_MASK) > 2 * (uint64_t)PyLong_MASK)) {
        return hob_int_from_wide(value);
    }
    PyObject *op = hob_int_new_medium();
    if (UNLIKELY(!op)) { return NULL; }
    Py_SET_SIZE(op, value < 0 ? -1 : 1);
    ((PyLongObject *)op)->ob_digit[0] = (digit)(value < 0 ? -value : value);
    return op;
}

/* Drop the last reference of an exact int (what tp_dealloc does). */
static inline void
hob_int_bury(PyObject *op)
{
    if (LIKELY(hob_int_is_medium(op) && hob_int_pool.n < INT_POOL_MAX
               && !STRESSED(freelist))) {
        op->ob_type = (PyTypeObject *)hob_int_pool.first;
        hob_int_pool.first = op;
        hob_int_pool.n++;
        return;
    }
    PyObject_Free(op);
}

/* --- arithmetic on two ints (exact or subclass; the result is exact) --- */

MUST_USE PyObject *hob_int_add_any(PyObject *a, PyObject *b);
MUST_USE PyObject *hob_int_sub_any(PyObject *a, PyObject *b);
MUST_USE PyObject *hob_int_mul_any(PyObject *a, PyObject *b);
MUST_USE PyObject *hob_int_floordiv_any(PyObject *a, PyObject *b);
MUST_USE PyObject *hob_int_mod_any(PyObject *a, PyObject *b);
MUST_USE PyObject *hob_int_and_any(PyObject *a, PyObject *b);
MUST_USE PyObject *hob_int_or_any(PyObject *a, PyObject *b);
MUST_USE PyObject *hob_int_xor_any(PyObject *a, PyObject *b);
MUST_USE PyObject *hob_int_lshift_any(PyObject *a, PyObject *b);
MUST_USE PyObject *hob_int_rshift_any(PyObject *a, PyObject *b);
MUST_USE PyObject *hob_int_neg(PyObject *a);
MUST_USE PyObject *hob_int_invert(PyObject *a);

/* Floor of the square root of n >= 0. */
MUST_USE PyObject *hob_int_isqrt(PyObject *n);

/* -1, 0 or 1 as a is below, equal to or above b. */
int hob_int_compare(PyObject *a, PyObject *b);

/* New reference to Py_True or Py_False for op in Py_LT .. Py_GE. */
PyObject *hob_int_richcompare(PyObject *a, PyObject *b, int op);

static ALWAYS_INLINE PyObject *
hob_int_add(PyObject *a, PyObject *b)
{
    if (LIKELY(hob_int_both_compact(a, b))) {
        return hob_int_from_i64(hob_int_compact_value(a) + hob_int_compact_value(b));
    }
    return hob_int_add_any(a, b);
}

static ALWAYS_INLINE PyObject *
hob_int_sub(PyObject *a, PyObject *b)
{
    if (LIKELY(hob_int_both_compact(a, b))) {
        return hob_int_from_i64(hob_int_compact_value(a) - hob_int_compact_value(b));
    }
    return hob_int_sub_any(a, b);
}

static ALWAYS_INLINE PyObject *
hob_int_mul(PyObject *a, PyObject *b)
{
    if (LIKELY(hob_int_both_compact(a, b))) {
        return hob_int_from_i64(hob_int_compact_value(a) * hob_int_compact_value(b));
    }
    return hob_int_mul_any(a, b);
}

static ALWAYS_INLINE PyObject *
hob_int_and(PyObject *a, PyObject *b)
{
    if (LIKELY(hob_int_both_compact(a, b))) {
        return hob_int_from_i64(hob_int_compact_value(a) & hob_int_compact_value(b));
    }
    return hob_int_and_any(a, b);
}

static ALWAYS_INLINE PyObject *
hob_int_or(PyObject *a, PyObject *b)
{
    if (LIKELY(hob_int_both_compact(a, b))) {
        return hob_int_from_i64(hob_int_compact_value(a) | hob_int_compact_value(b));
    }
    return hob_int_or_any(a, b);
}

static ALWAYS_INLINE PyObject *
hob_int_xor(PyObject *a, PyObject *b)
{
    if (LIKELY(hob_int_both_compact(a, b))) {
        return hob_int_from_i64(hob_int_compact_value(a) ^ hob_int_compact_value(b));
    }
    return hob_int_xor_any(a, b);
}

static ALWAYS_INLINE PyObject *
hob_int_lshift(PyObject *a, PyObject *b)
{
    if (LIKELY(hob_int_both_compact(a, b))) {
        int64_t by = hob_int_compact_value(b);
        if (LIKELY((uint64_t)by < 32)) {
            return hob_int_from_i64(hob_int_compact_value(a) * ((int64_t)1 << by));
        }
    }
    return hob_int_lshift_any(a, b);
}

static ALWAYS_INLINE PyObject *
hob_int_rshift(PyObject *a, PyObject *b)
{
    if (LIKELY(hob_int_both_compact(a, b))) {
        int64_t by = hob_int_compact_value(b);
        if (LIKELY((uint64_t)by < 64)) {
            return hob_int_from_i64(hob_int_compact_value(a) >> by);
        }
    }
    return hob_int_rshift_any(a, b);
}

/* Floor division of C integers; b is not 0. */
static inline int32_t
hob_floordiv_i32(int32_t a, int32_t b)
{
    int32_t q = a / b;
    return q - ((a % b != 0) & ((a ^ b) < 0));
}

static inline int32_t
hob_mod_i32(int32_t a, int32_t b)
{
    int32_t r = a % b;
    return r + (((r != 0) & ((r ^ b) < 0)) ? b : 0);
}

static ALWAYS_INLINE PyObject *
hob_int_floordiv(PyObject *a, PyObject *b)
{
    if (LIKELY(hob_int_both_compact(a, b) && Py_SIZE(b) != 0)) {
        return hob_int_from_i64(hob_floordiv_i32((int32_t)hob_int_compact_value(a),
                                                 (int32_t)hob_int_compact_value(b)));
    }
    return hob_int_floordiv_any(a, b);
}

static ALWAYS_INLINE PyObject *
hob_int_mod(PyObject *a, PyObject *b)
{
    if (LIKELY(hob_int_both_compact(a, b) && Py_SIZE(b) != 0)) {
        return hob_int_from_i64(hob_mod_i32((int32_t)hob_int_compact_value(a),
                                            (int32_t)hob_int_compact_value(b)));
    }
    return hob_int_mod_any(a, b);
}

/* --- text (no digit limit is applied unless said) --- */

/* Decimal digits of value before end; returns where they start.  20 bytes do. */
char *hob_int_decimal(char *end, int64_t value);

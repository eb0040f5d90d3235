/* float.h -- what other files may do with a float without a call.
 *
 * Holds      dead exact floats (24 bytes) wait in hob_float_pool, linked
 *            through ob_type.
 */
#pragma once
#include <Python.h>

#include "base/c.h"
#include "base/stress.h"

struct hob_float_pool {
    PyObject *first;                /* MAYBE_NULL */
    int n;
};
extern struct hob_float_pool hob_float_pool;
enum { FLOAT_POOL_MAX = 1024 };

MUST_USE PyObject *hob_float_alloc(double value);           /* pool empty */

static inline PyObject *
hob_float_new(double value)
{
    PyObject *op = hob_float_pool.first;
    if (UNLIKELY(!op)) { return hob_float_alloc(value); }
    hob_float_pool.first = (PyObject *)op->ob_type;
    hob_float_pool.n--;
    op->ob_type = &PyFloat_Type;
    op->ob_refcnt = 1;
    ((PyFloatObject *)op)->ob_fval = value;
    return op;
}

/* Drop the last reference of an exact float. */
static inline void
hob_float_bury(PyObject *op)
{
    if (LIKELY(hob_float_pool.n < FLOAT_POOL_MAX && !STRESSED(freelist))) {
        op->ob_type = (PyTypeObject *)hob_float_pool.first;
        hob_float_pool.first = op;
        hob_float_pool.n++;
        return;
    }
    PyObject_Free(op);
}

/* sys.float_info's type; needs structseq. */
MUST_USE status hob_float_init(void);
void hob_float_clear_pool(void);

/* a // b and a % b of finite or other doubles as Python defines them; b != 0. */
double hob_float_floordiv(double a, double b);
double hob_float_mod(double a, double b);

/* a ** b as float.__pow__ defines it: a float, a complex (negative base), or
 * NULL with ZeroDivisionError or OverflowError. */
MUST_USE PyObject *hob_float_pow(double a, double b);

/* Compare a float with a float or an int, exactly; NotImplemented otherwise. */
PyObject *hob_float_richcompare(PyObject *a, PyObject *b, int op);

/* own.h -- references that drop themselves.
 *
 *     own PyObject *size = PyLong_FromSsize_t(n);
 *     if (!size) { return NULL; }
 *     ...
 *     return take(size);
 *
 * `own` drops its reference on every way out of the scope; `take` hands it on
 * and leaves NULL behind.  An `own` variable is initialised where it is
 * declared.  It may be of any object pointer type.
 */
#pragma once
#include <Python.h>

#include "base/c.h"

static inline void
hob_own_drop(void *slot)
{
    PyObject *op = *(PyObject **)slot;
    Py_XDECREF(op);
}

#define own     __attribute__((cleanup(hob_own_drop), unused))
#define take(x) ({ __typeof__(x) taken_ = (x); (x) = NULL; taken_; })

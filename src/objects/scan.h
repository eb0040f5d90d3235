/* scan.h -- searching, comparing, hashing long bytes and strs while other threads run.
 *
 * For operations that Python code asks for by name, on operands that their caller
 * owns.  What containers do with their items, and the C API, keep the GIL: they
 * would be split in the middle (docs/decisions).
 */
#pragma once
#include <Python.h>

#include "base/c.h"
#include "state/aside.h"

/* n units of 1, 2 or 4 bytes that do not change. */
typedef struct {
    int kind;
    const void *data;
    Py_ssize_t n;
} hob_span;

/* Are they so many that what follows makes a difference? */
static inline bool
hob_scan_is_long(int kind, Py_ssize_t n)
{
    return UNLIKELY(n * kind >= 2 * ASIDE_BYTES);
}

/* First (or last) place of a needle of the same kind in a long hay, or -1: text/find.h. */
Py_ssize_t hob_scan_find(hob_span hay, hob_span needle, int direction);
/* How often it occurs, at most max; a long hay is read aside if so wished. */
Py_ssize_t hob_scan_count(hob_span hay, hob_span needle, Py_ssize_t max, bool aside);

/* PyObject_Hash; that of long bytes or a long str, both exact, is computed aside. */
Py_hash_t hob_scan_hash(PyObject *op);

MUST_USE PyObject *hob_scan_compare_long(PyObject *a, PyObject *b, int op);

_Static_assert(offsetof(PyVarObject, ob_size) == offsetof(PyASCIIObject, length),
               "bytes and strs keep their length in the same place");

/* PyObject_RichCompare as an operator. */
MUST_USE static inline PyObject *
hob_scan_compare(PyObject *a, PyObject *b, int op)
{
    PyTypeObject *type = Py_TYPE(a);
    if (type == Py_TYPE(b) && (type == &PyBytes_Type || type == &PyUnicode_Type)
        && hob_scan_is_long(1, Py_SIZE(a)) && hob_scan_is_long(1, Py_SIZE(b))) {
        return hob_scan_compare_long(a, b, op);
    }
    return PyObject_RichCompare(a, b, op);
}

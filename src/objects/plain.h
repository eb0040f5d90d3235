/* plain.h -- comparing plain values: exact ints, floats and strs, and tuples of them.
 *
 * Nobody's code runs and nothing fails, so that the caller need hold nothing while
 * it asks.  What is not plain enough is unknown: then PyObject_RichCompare has the word.
 *
 * Holds      an order is one bit, and what an operator accepts is a set of them.
 *            nothing here looks whether a == b.
 */
#pragma once
#include "base/span.h"
#include "objects/int/int.h"

typedef enum hob_order {
    ORDER_UNKNOWN = 0, ORDER_LESS = 1, ORDER_EQUAL = 2, ORDER_GREATER = 4,
    ORDER_NONE = 8,                             /* one is a NaN */
} hob_order;

/* The order of two numbers of C, none of them a NaN. */
#define ORDER_OF(x, y)  ((x) < (y) ? ORDER_LESS : (x) > (y) ? ORDER_GREATER : ORDER_EQUAL)

/* Whether op (Py_LT ..) holds between two whose order is known. */
static inline bool
hob_order_holds(hob_order order, int op)
{
    static const uint8_t accepted[] = {
        [Py_LT] = ORDER_LESS, [Py_LE] = ORDER_LESS | ORDER_EQUAL,
        [Py_EQ] = ORDER_EQUAL, [Py_NE] = ORDER_LESS | ORDER_GREATER | ORDER_NONE,
        [Py_GT] = ORDER_GREATER, [Py_GE] = ORDER_GREATER | ORDER_EQUAL,
    };
    EXPECT(order != ORDER_UNKNOWN);
    return (accepted[op] & order) != 0;
}

/* --- order --- */

static inline hob_order
hob_order_strs(PyObject *a, PyObject *b)        /* unknown unless of one byte a character */
{
    if (PyUnicode_KIND(a) != PyUnicode_1BYTE_KIND || PyUnicode_KIND(b) != PyUnicode_1BYTE_KIND) {
        return ORDER_UNKNOWN;
    }
    Py_ssize_t n = PyUnicode_GET_LENGTH(a), m = PyUnicode_GET_LENGTH(b);
    int order = hob_span_order(PyUnicode_DATA(a), PyUnicode_DATA(b), (size_t)Py_MIN(n, m));
    return order ? ORDER_OF(order, 0) : ORDER_OF(n, m);
}

static inline hob_order
hob_order_floats(PyObject *a, PyObject *b)
{
    double x = PyFloat_AS_DOUBLE(a), y = PyFloat_AS_DOUBLE(b);
    return UNLIKELY(x != x || y != y) ? ORDER_NONE : ORDER_OF(x, y);
}

/* The order of two values that are no tuples. */
static ALWAYS_INLINE hob_order
hob_order_items(PyObject *a, PyObject *b)
{
    PyTypeObject *type = Py_TYPE(a);
    if (type != Py_TYPE(b)) { return ORDER_UNKNOWN; }
    if (type == &PyLong_Type) {
        if (UNLIKELY(!hob_int_is_medium(a) || !hob_int_is_medium(b))) { return ORDER_UNKNOWN; }
        int64_t x = hob_int_medium_value(a), y = hob_int_medium_value(b);
        return ORDER_OF(x, y);
    }
    if (type == &PyUnicode_Type && PyUnicode_IS_READY(a) && PyUnicode_IS_READY(b)) {
        return hob_order_strs(a, b);
    }
    return type == &PyFloat_Type ? hob_order_floats(a, b) : ORDER_UNKNOWN;
}

/* The order of two exact tuples: of the first items that are not equal (tuple.c). */
hob_order hob_order_tuples(PyObject *a, PyObject *b);

static inline hob_order
hob_order_plain(PyObject *a, PyObject *b)
{
    if (PyTuple_CheckExact(a) && PyTuple_CheckExact(b)) { return hob_order_tuples(a, b); }
    return hob_order_items(a, b);
}

/* --- equality --- */

enum { EQUAL_UNKNOWN = -1 };

static ALWAYS_INLINE bool
hob_equal_strs(PyObject *a, PyObject *b)        /* both ready, of any kind */
{
    Py_ssize_t n = PyUnicode_GET_LENGTH(a);
    size_t kind = PyUnicode_KIND(a);
    return n == PyUnicode_GET_LENGTH(b) && kind == PyUnicode_KIND(b)
           && hob_span_same(PyUnicode_DATA(a), PyUnicode_DATA(b), (size_t)n * kind);
}

static ALWAYS_INLINE bool
hob_equal_ints(PyObject *a, PyObject *b)        /* of any size */
{
    Py_ssize_t size = Py_SIZE(a);
    size_t n = (size_t)(size < 0 ? -size : size);
    return size == Py_SIZE(b)
           && hob_span_same(((PyLongObject *)a)->ob_digit, ((PyLongObject *)b)->ob_digit,
                            n * sizeof(digit));
}

/* 1, 0 or EQUAL_UNKNOWN; tuples are not looked into. */
static ALWAYS_INLINE int
hob_equal_plain(PyObject *a, PyObject *b)
{
    PyTypeObject *type = Py_TYPE(a);
    if (type != Py_TYPE(b)) { return EQUAL_UNKNOWN; }
    if (type == &PyLong_Type) { return hob_equal_ints(a, b); }
    if (type == &PyUnicode_Type && PyUnicode_IS_READY(a) && PyUnicode_IS_READY(b)) {
        return hob_equal_strs(a, b);
    }
    if (type == &PyFloat_Type) { return PyFloat_AS_DOUBLE(a) == PyFloat_AS_DOUBLE(b); }
    return EQUAL_UNKNOWN;
}

/* a == b as containers ask it, PyObject_RichCompareBool(a, b, Py_EQ): identity first.
 * What is not plain runs code. */
MUST_USE static inline tri
hob_equal(PyObject *a, PyObject *b)
{
    if (a == b) { return 1; }
    int equal = hob_equal_plain(a, b);
    return equal != EQUAL_UNKNOWN ? equal : PyObject_RichCompareBool(a, b, Py_EQ);
}

/* same.h -- comparing two ints in place: keys of tables, items of tuples and heaps. */
#pragma once
#include "objects/int/int.h"

/* Are both exact ints of at most two digits?  Then *same is whether they are equal. */
static inline bool
hob_int_same_medium(const PyObject *a, const PyObject *b, bool *same)
{
    if (!PyLong_CheckExact(a) || !PyLong_CheckExact(b) || !hob_int_is_medium(a)
        || !hob_int_is_medium(b)) {
        return false;
    }
    *same = hob_int_medium_value(a) == hob_int_medium_value(b);
    return true;
}

/* Are both exact ints of at most two digits?  Then *holds is whether a op b (Py_LT ..). */
static inline bool
hob_int_order_medium(const PyObject *a, const PyObject *b, int op, bool *holds)
{
    if (!PyLong_CheckExact(a) || !PyLong_CheckExact(b) || !hob_int_is_medium(a)
        || !hob_int_is_medium(b)) {
        return false;
    }
    int64_t x = hob_int_medium_value(a), y = hob_int_medium_value(b);
    static const uint8_t outcomes[] = {         /* bit 0: less, 1: equal, 2: greater */
        [Py_LT] = 1, [Py_LE] = 3, [Py_EQ] = 2, [Py_NE] = 5, [Py_GT] = 4, [Py_GE] = 6,
    };
    *holds = outcomes[op] >> (1 + (x > y) - (x < y)) & 1;
    return true;
}

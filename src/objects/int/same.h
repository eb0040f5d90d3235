/* same.h -- equality of keys that are ints, for tables that find them by hash. */
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

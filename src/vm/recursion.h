/* recursion.h -- is there enough C stack left? */
#pragma once
#include <Python.h>

#include "base/c.h"

extern __thread uintptr_t hob_c_stack_low, hob_c_stack_guard;
bool hob_c_stack_is_low_slow(void);

/* True when the C stack of this thread is nearly used up. */
static ALWAYS_INLINE bool
hob_c_stack_is_low(void)
{
    if (LIKELY((uintptr_t)__builtin_frame_address(0) - hob_c_stack_low >= hob_c_stack_guard)) {
        return false;
    }
    return hob_c_stack_is_low_slow();
}

/* c_stack.h -- is there enough C stack left?
 *
 * Whatever recurses in C by the shape of data (a parser, a repr, a deallocation)
 * asks on its way down.  The counted limit (sys.setrecursionlimit) bounds programs;
 * this bounds the process: a stack may be small, a limit large, a frame of a
 * sanitizer's build huge.
 */
#pragma once
#include <Python.h>

#include "base/c.h"

/* Addresses below are too low.  UINTPTR_MAX until this thread's stack is measured. */
extern __thread uintptr_t hob_c_stack_limit;

bool hob_c_stack_is_low_slow(uintptr_t bytes);

/* True when less than these bytes are left above the reserve. */
static ALWAYS_INLINE bool
hob_c_stack_is_low_by(uintptr_t bytes)
{
    return UNLIKELY((uintptr_t)__builtin_frame_address(0) - bytes < hob_c_stack_limit)
        && hob_c_stack_is_low_slow(bytes);
}

/* True when the C stack of this thread is nearly used up. */
static ALWAYS_INLINE bool
hob_c_stack_is_low(void)
{
    return hob_c_stack_is_low_by(0);
}

/* Raise RecursionError; where reads like " in comparison". */
void hob_c_stack_error(const char *where);

/* For what nests without being counted: false, with RecursionError, when low. */
static inline bool
hob_c_stack_has_room(void)
{
    if (LIKELY(!hob_c_stack_is_low())) { return true; }
    hob_c_stack_error("");
    return false;
}

/* What a thread's stack is made larger by, so that all of what was asked for is usable. */
enum { HOB_C_STACK_RESERVE = 256 * 1024 };

/* c_stack.c -- where this thread's C stack ends.
 *
 * Layout     low [ reserve | usable .. | in use ] high           it grows downwards
 *                          ^ hob_c_stack_limit
 * Holds      The reserve is what C code may use between two questions: library
 *            calls, raising an error.  A stack that somebody else made small keeps
 *            a quarter of what is left when it is first seen.
 * Hazard     An address outside of [low, high) is on a stack that others made
 *            (coroutine libraries in C): nothing is known of it, it passes.
 */
#include "state/c_stack.h"

#include <pthread.h>
#include <sys/auxv.h>
#include <sys/resource.h>
#include <unistd.h>

#ifdef HOB_DEBUG
enum { RESERVE = 2 * HOB_C_STACK_RESERVE };     /* frames are larger */
#else
enum { RESERVE = HOB_C_STACK_RESERVE };
#endif

enum { USABLE = 2 << 20 };              /* under ThreadSanitizer */

#define UNLIMITED ((uintptr_t)16 << 30)         /* what a stack without a limit may use */

__thread uintptr_t hob_c_stack_limit = UINTPTR_MAX;
static __thread uintptr_t stack_low, stack_reserve;

extern void *__libc_stack_end;

/* The main thread's grows on demand, down to a limit that may change.  The name of
 * the program lies at its very end, above the environment. */
static uintptr_t
main_stack_low(void)
{
    uintptr_t high = getauxval(AT_EXECFN), size = 8u << 20;
    if (!high) { high = (uintptr_t)__libc_stack_end; }
    struct rlimit limit;
    if (getrlimit(RLIMIT_STACK, &limit) == 0) {
        size = limit.rlim_cur < UNLIMITED ? limit.rlim_cur : UNLIMITED;
    }
    return high > size ? high - size : 0;
}

static uintptr_t
thread_stack_low(void)
{
    pthread_attr_t attr;
    void *base = NULL;
    size_t size;
    if (pthread_getattr_np(pthread_self(), &attr) == 0) {
        if (pthread_attr_getstack(&attr, &base, &size) != 0) { base = NULL; }
        pthread_attr_destroy(&attr);
    }
    return (uintptr_t)base;
}

static void
measure(uintptr_t here)
{
    bool is_first = hob_c_stack_limit == UINTPTR_MAX;
    if (getpid() == gettid()) { stack_low = main_stack_low(); }
    else if (is_first)        { stack_low = thread_stack_low(); }
    if (is_first) {
        uintptr_t left = here - stack_low;
        stack_reserve = left < 2 * (uintptr_t)RESERVE ? left / 4 : RESERVE;
    }
    hob_c_stack_limit = stack_low ? stack_low + stack_reserve : 0;
#ifdef __SANITIZE_THREAD__              /* its own stack has room for 65,536 calls */
    if (stack_low && is_first && here - stack_low > USABLE + stack_reserve) {
        stack_reserve = here - stack_low - USABLE;
        hob_c_stack_limit = here - USABLE;
    }
#endif
}

COLD bool
hob_c_stack_is_low_slow(uintptr_t bytes)
{
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    measure(here);
    return here - bytes < hob_c_stack_limit && here >= stack_low;
}

COLD void
hob_c_stack_error(const char *where)
{
    PyErr_Format(PyExc_RecursionError, "maximum recursion depth exceeded%s", where);
}

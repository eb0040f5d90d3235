/* c.h -- the C we wish C had: words for ownership, status, and promises.
 *
 * Everything here is a macro or a static inline; it costs nothing.  It knows
 * no Python object beyond the opaque name, so every room may include it.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef int status;             /* 0, or -1 with an exception set */
typedef int tri;                /* 1 yes, 0 no, -1 with an exception set */

/* --- what a signature says about ownership; silence is the common case --- */
#define MUST_USE    __attribute__((warn_unused_result))
#define BORROWED                /* result is borrowed */
#define STOLEN                  /* argument is consumed, also on failure */
#define MAYBE_NULL              /* NULL may come back without an error */

/* --- what the compiler should know --- */
#define LIKELY(x)    __builtin_expect(!!(x), 1)
#define UNLIKELY(x)  __builtin_expect(!!(x), 0)
#define NOINLINE     __attribute__((noinline))
#define COLD         __attribute__((cold, noinline))
#define ALWAYS_INLINE inline __attribute__((always_inline))
#define HOB_EXPORT   __attribute__((visibility("default")))
#define ARRAY_LEN(a) (sizeof (a) / sizeof (a)[0])

/* Going over things[0 .. n-1] from the front (or from the back): fetch what the pointer
 * some steps on leads to, so that memory is waited for less. */
enum { FETCH_STEPS = 8 };
#define FETCH_AHEAD(things, i, n)                                                   \
    do { if ((i) + FETCH_STEPS < (n)) { __builtin_prefetch((things)[(i) + FETCH_STEPS], 1); } } \
    while (0)
#define FETCH_BEHIND(things, i)                                                     \
    do { if ((i) >= FETCH_STEPS) { __builtin_prefetch((things)[(i) - FETCH_STEPS], 1); } } while (0)

/* --- promises ---
 * EXPECT  cheap; checked in debug builds.
 * DEEP    walks a structure; checked with -DHOB_DEEP.
 * ENSURE  always checked; ends the process.
 */
void hob_promise_broken(const char *what, const char *file, int line)
    __attribute__((noreturn, cold));

#define ENSURE(x) \
    do { if (UNLIKELY(!(x))) { hob_promise_broken(#x, __FILE__, __LINE__); } } while (0)
/* In a hob_x_check, which has an invariant for each number: tell which one does not hold. */
bool hob_invariant_broken(const char *where, int number, const char *what)
    __attribute__((cold));
#define INVARIANT(number, x) \
    do { if (UNLIKELY(!(x))) { return hob_invariant_broken(__func__, number, #x); } } while (0)
#ifdef HOB_DEBUG
#  define EXPECT(x) ENSURE(x)
#else
#  define EXPECT(x) do { (void)sizeof(!(x)); } while (0)
#endif
#ifdef HOB_DEEP
#  define DEEP(x) ENSURE(x)
#else
#  define DEEP(x) do { (void)sizeof(!(x)); } while (0)
#endif

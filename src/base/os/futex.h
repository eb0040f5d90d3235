/* futex.h -- what the scheduler of threads asks of the machine: sleep on a
 * word, wake a sleeper, read clocks, count cores. */
#pragma once
#include <stdatomic.h>
#include <stdint.h>
#include <time.h>

#include "base/c.h"

/* Sleep while *word == expected, at most timeout_ns (0: no limit).  Returns 0,
 * or ETIMEDOUT, EINTR, EAGAIN; the word decides, not the result. */
int hob_futex_wait(_Atomic uint32_t *word, uint32_t expected, uint64_t timeout_ns);
void hob_futex_wake(_Atomic uint32_t *word);            /* one sleeper */
void hob_futex_wake_all(_Atomic uint32_t *word);

/* Cores this process may use: affinity and the control group's quota. */
int hob_cores(void);

static inline uint64_t
hob_clock_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* A counter that is cheap to read, the same on all cores; about 0.3 ns a tick
 * on the machines we know, and nothing here depends on it closely. */
static inline uint64_t
hob_ticks(void)
{
#if defined(__x86_64__)
    return __builtin_ia32_rdtsc();
#else
    return 3 * hob_clock_ns();
#endif
}

static inline void
hob_relax(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#else
    atomic_signal_fence(memory_order_seq_cst);
#endif
}

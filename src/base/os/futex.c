/* futex.c -- futex.h on Linux. */
#include "base/os/futex.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <sched.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

static long
futex(_Atomic uint32_t *word, int op, uint32_t value, const struct timespec *timeout)
{
    return syscall(SYS_futex, word, op | FUTEX_PRIVATE_FLAG, value, timeout, NULL, 0);
}

int
hob_futex_wait(_Atomic uint32_t *word, uint32_t expected, uint64_t timeout_ns)
{
    struct timespec timeout = {(time_t)(timeout_ns / 1000000000u),
                               (long)(timeout_ns % 1000000000u)};
    return futex(word, FUTEX_WAIT, expected, timeout_ns ? &timeout : NULL) == 0 ? 0 : errno;
}

void
hob_futex_wake(_Atomic uint32_t *word)
{
    futex(word, FUTEX_WAKE, 1, NULL);
}

void
hob_futex_wake_all(_Atomic uint32_t *word)
{
    futex(word, FUTEX_WAKE, INT_MAX, NULL);
}

int
hob_cores(void)
{
    cpu_set_t set;
    int n = 1;
    if (sched_getaffinity(0, sizeof set, &set) == 0) { n = CPU_COUNT(&set); }
    else {
        long online = sysconf(_SC_NPROCESSORS_ONLN);
        if (online > 0) { n = (int)online; }
    }
    FILE *f = fopen("/sys/fs/cgroup/cpu.max", "re");
    if (f) {
        long quota, period;
        if (fscanf(f, "%ld %ld", &quota, &period) == 2 && period > 0) {
            long whole = (quota + period - 1) / period;
            if (whole < n) { n = whole > 0 ? (int)whole : 1; }
        }
        fclose(f);
    }
    return n;
}

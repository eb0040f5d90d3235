/* sanitize.c -- what the sanitizer builds tell their runtime, before main.
 *
 * Holds      nothing in other builds.  The environment (ASAN_OPTIONS,
 *            UBSAN_OPTIONS, TSAN_OPTIONS) is read after these and wins;
 *            tests/sanitizer.py adds a log_path there, so that no report of a
 *            child process is lost.
 * Options    detect_leaks=0            what lives to the end is no leak here; the debug
 *                                      build counts references at exit instead
 *            handle_*=0                a deadly signal belongs to Python's handlers or
 *                                      ends the process, as tests that crash expect
 *            use_sigaltstack=0         then there is no use for a signal stack, and
 *                                      faulthandler can have its own
 *            allocator_may_return_null a request too large is a MemoryError
 *            detect_stack_use_after_return=0
 *                                      frames stay on the stack that recursion.c measures
 *            malloc_context_size=10, quarantine_size_mb=64
 *                                      less time, and enough to find a cause
 *            halt_on_error=1           with 0 a process goes on after a report
 *            exitcode=66               no test expects it
 *            die_after_fork=0          the child of a fork may start threads: Python's do
 *            atexit_sleep_ms=0         a process does not wait a second at its end
 *            history_size=4            of the two places of a race, the older one too
 */
#include "base/c.h"

#define DEADLY                                                                       \
    "handle_segv=0:handle_sigbus=0:handle_abort=0:handle_sigill=0:handle_sigfpe=0:"  \
    "use_sigaltstack=0:exitcode=66:print_stacktrace=1"

__attribute__((visibility("default"))) const char *__asan_default_options(void);
__attribute__((visibility("default"))) const char *__ubsan_default_options(void);

#ifdef __SANITIZE_ADDRESS__
const char *
__asan_default_options(void)
{
    return DEADLY ":detect_leaks=0:allocator_may_return_null=1"
        ":detect_stack_use_after_return=0:strict_string_checks=1"
        ":malloc_context_size=10:quarantine_size_mb=64";
}
#endif

#ifdef __SANITIZE_THREAD__
__attribute__((visibility("default"))) const char *__tsan_default_options(void);

const char *
__tsan_default_options(void)
{
    return DEADLY ":halt_on_error=0:die_after_fork=0:atexit_sleep_ms=0:history_size=4"
        ":allocator_may_return_null=1";
}
#endif

#ifdef HOB_UBSAN                        /* gcc has no macro of its own for it */
const char *
__ubsan_default_options(void)
{
    return DEADLY ":halt_on_error=1";
}
#endif

/* trace.c -- the lines of HOB_TRACE. */
#include "base/trace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/os/futex.h"
#include "base/switches.h"

static const hob_switch channels[] = {
#define X(name, what) {#name, what},
#include "base/trace.def"
#undef X
};
_Static_assert(N_TRACE_CHANNELS <= 32, "a bit of hob_trace_on each");

enum { LINE_MAX = 512 };

uint32_t hob_trace_on;
static int trace_fd = STDERR_FILENO;
static uint64_t began_ns;

bool
hob_trace_start(void)
{
    began_ns = hob_clock_ns();
    if (!hob_switches_read("HOB_TRACE", channels, N_TRACE_CHANNELS, &hob_trace_on)) {
        return false;
    }
    const char *path = hob_trace_on ? secure_getenv("HOB_TRACE_FILE") : NULL;
    if (!path || !*path) { return true; }
    trace_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (trace_fd >= 0) { return true; }
    fprintf(stderr, "hob: HOB_TRACE_FILE: cannot open '%s': %s\n", path, strerror(errno));
    return false;
}

uint64_t
hob_trace_clock(void)
{
    return (hob_clock_ns() - began_ns) / 1000;
}

void
hob_trace_say(int channel, const char *format, ...)
{
    int saved_errno = errno;
    char line[LINE_MAX];
    uint64_t now = hob_trace_clock();
    int n = snprintf(line, sizeof line, "[%s] %llu.%06llu #%d ", channels[channel].name,
                     (unsigned long long)(now / 1000000), (unsigned long long)(now % 1000000),
                     (int)gettid());
    va_list args;
    va_start(args, format);
    n += vsnprintf(line + n, sizeof line - (size_t)n, format, args);
    va_end(args);
    if (n > LINE_MAX - 1) { n = LINE_MAX - 1; }
    line[n] = '\n';
    ssize_t written = write(trace_fd, line, (size_t)n + 1);
    (void)written;                      /* nobody to tell */
    errno = saved_errno;
}

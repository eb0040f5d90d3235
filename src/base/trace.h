/* trace.h -- telling what happens inside while it happens: HOB_TRACE=gc,import.
 *
 * A channel is a row of trace.def.  TRACE(gc, "begin generation=%d", n) writes
 *
 *     [gc] 0.012345 #4711 begin generation=2
 *
 * that is the channel, seconds since start, the thread, an event, and values as
 * name=value: for a reader, grep and awk alike.  A line is one write() to
 * stderr, or to the end of the file that HOB_TRACE_FILE names.
 *
 * Cost       off, one load and a branch that is never taken; still, only at cold
 *            places.  Arguments are not evaluated then.
 */
#pragma once
#include <stdint.h>

#include "base/c.h"

enum {
#define X(name, what) TRACE_##name,
#include "base/trace.def"
#undef X
    N_TRACE_CHANNELS
};

extern uint32_t hob_trace_on;           /* bit by channel */

#define TRACES(channel) UNLIKELY(hob_trace_on & (uint32_t)1 << TRACE_##channel)
#define TRACE(channel, ...) \
    do { if (TRACES(channel)) { hob_trace_say(TRACE_##channel, __VA_ARGS__); } } while (0)

/* Read the environment; false, with a message on stderr, when it asks for what is not there. */
MUST_USE bool hob_trace_start(void);

void hob_trace_say(int channel, const char *format, ...)
    __attribute__((format(printf, 2, 3), cold));

/* Microseconds since start, to measure what a line then tells. */
uint64_t hob_trace_clock(void);

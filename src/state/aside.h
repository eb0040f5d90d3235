/* aside.h -- long work in C on what nobody changes: other threads run meanwhile.
 *
 *     PyThreadState *aside = hob_aside_begin(n, ASIDE_BYTES);
 *     hash = hob_hash_bytes(data, n);
 *     hob_aside_end(aside);
 *
 * Holds      between the two only memory is touched that the caller's references
 *            keep alive and that never changes (bytes, str, int), or that is the
 *            caller's own.  No object is made, dropped or counted; no exception.
 * Hazard     any code may run in other threads before hob_aside_end is through: the
 *            caller has nothing half done, and borrows nothing that it uses later.
 * Next       objects/scan.c; what does so, what does not and why is in
 *            docs/internals/state.md and docs/decisions
 */
#pragma once
#include <Python.h>

#include "base/c.h"
#include "base/stress.h"

/* From how much on it pays to leave the stove and come back: some microseconds
 * of work.  Bytes that are read, products of two limbs. */
#define ASIDE_BYTES    (STRESSED(aside) ? 8 : 64 << 10)
#define ASIDE_PRODUCTS (STRESSED(aside) ? 4 : 10000)

static inline MAYBE_NULL PyThreadState *
hob_aside_begin(uint64_t n, int from)
{
    return LIKELY(n < (uint64_t)from) ? NULL : PyEval_SaveThread();
}

static inline void
hob_aside_end(PyThreadState *aside)
{
    if (UNLIKELY(aside != NULL)) { PyEval_RestoreThread(aside); }
}

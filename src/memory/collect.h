/* collect.h -- the collector's own state, for module gc and for start and end. */
#pragma once
#include <Python.h>

#include "base/c.h"
#include "memory/gc.h"

enum { GC_GENERATIONS = 3 };

enum {                                  /* gc.DEBUG_* */
    GC_DEBUG_STATS = 1, GC_DEBUG_COLLECTABLE = 2, GC_DEBUG_UNCOLLECTABLE = 4,
    GC_DEBUG_SAVEALL = 32,
    GC_DEBUG_LEAK = GC_DEBUG_COLLECTABLE | GC_DEBUG_UNCOLLECTABLE | GC_DEBUG_SAVEALL,
};

typedef struct hob_gc_generation {
    hob_gc_head *list;                  /* circular, with this head */
    int threshold;
    int count;                          /* [0] objects made minus freed; else collections of
                                           the generation below since the last of this one */
    Py_ssize_t n_collections, n_collected, n_uncollectable;
} hob_gc_generation;

typedef struct hob_gc_state {
    bool is_enabled;
    bool is_collecting;
    int debug;
    hob_gc_generation generations[GC_GENERATIONS];
    hob_gc_head *permanent;             /* gc.freeze() */
    PyObject *garbage;                  /* list gc.garbage, or NULL */
    PyObject *callbacks;                /* list gc.callbacks, or NULL */
    Py_ssize_t n_long_lived;            /* objects that survived the last full collection */
    Py_ssize_t n_long_pending;          /* .. that joined the oldest generation since */
} hob_gc_state;

extern hob_gc_state hob_gc;

/* Collect this generation and those below, with callbacks; the number of
 * unreachable objects found. */
Py_ssize_t hob_gc_collect(int generation);

/* Full collection that reports nothing and calls nobody (finalisation). */
Py_ssize_t hob_gc_collect_quietly(void);

/* Warn of uncollectable objects, then let go of gc.garbage and gc.callbacks. */
void hob_gc_shutdown_report(void);
void hob_gc_fini(void);

MUST_USE status hob_gc_init(void);      /* makes gc.garbage; lists exist */

Py_ssize_t hob_gc_list_size(const hob_gc_head *list);
void hob_gc_list_merge(hob_gc_head *from, hob_gc_head *to);

/* Call empty() at the end of every full collection: for free lists. */
void hob_gc_add_emptier(void (*empty)(void));

/* Call all of them now. */
void hob_gc_empty(void);

bool hob_gc_check(void);                        /* deep invariants of the lists */

/* Called, when set, before each full collection under HOB_STRESS=check. */
extern bool (*hob_gc_watcher)(void);

/* gc.h -- the collector as other rooms see it: headers, tracking, allocation.
 *
 * Layout     a collected object is preceded by two words; one whose type has
 *            MANAGED_DICT by two more (objects/instance.h says what is there):
 *
 *            -32        -24    -16    -8     0
 *            [ values ][ dict ][ next | prev ][ ob_refcnt | ob_type | ... ]
 *
 * Holds      next == 0  <=>  the object is not tracked.
 *            prev's two low bits are the collector's own: bit 0 says the
 *            object has been finalized, bit 1 that it is being collected.
 */
#pragma once
#include <Python.h>

#include "base/c.h"

typedef struct hob_gc_head {
    uintptr_t next;             /* hob_gc_head *, or 0 */
    uintptr_t prev;             /* hob_gc_head * | bits */
} hob_gc_head;

enum { GC_FINALIZED = 1, GC_COLLECTING = 2, GC_PREV_BITS = 3 };

static inline hob_gc_head *
hob_gc_head_of(const void *op)
{
    return (hob_gc_head *)op - 1;
}

static inline PyObject *
hob_gc_object_of(const hob_gc_head *head)
{
    return (PyObject *)(head + 1);
}

static inline bool
hob_gc_is_tracked(const void *op)
{
    return hob_gc_head_of(op)->next != 0;
}

/* Is op of a collected type? */
static inline bool
hob_gc_is_collected(PyObject *op)
{
    PyTypeObject *type = Py_TYPE(op);
    return (type->tp_flags & Py_TPFLAGS_HAVE_GC) && (!type->tp_is_gc || type->tp_is_gc(op));
}

/* Must the collector know a container that holds op?  It has let go of tuples that
 * hold nothing of the kind. */
static inline bool
hob_gc_is_trackable(PyObject *op)
{
    return hob_gc_is_collected(op) && (!PyTuple_CheckExact(op) || hob_gc_is_tracked(op));
}

extern hob_gc_head hob_gc_young;        /* list head of the youngest generation */

/* Put a new object on the youngest list; it must not be there yet. */
static inline void
hob_gc_track(void *op)
{
    hob_gc_head *head = hob_gc_head_of(op);
    EXPECT(head->next == 0);
    hob_gc_head *last = (hob_gc_head *)hob_gc_young.prev;
    last->next = (uintptr_t)head;
    head->prev = (head->prev & GC_FINALIZED) | (uintptr_t)last;
    head->next = (uintptr_t)&hob_gc_young;
    hob_gc_young.prev = (uintptr_t)head;
}

/* Take a tracked object off its list. */
static inline void
hob_gc_untrack(void *op)
{
    hob_gc_head *head = hob_gc_head_of(op);
    EXPECT(head->next != 0);
    hob_gc_head *before = (hob_gc_head *)(head->prev & ~(uintptr_t)GC_PREV_BITS);
    hob_gc_head *after = (hob_gc_head *)head->next;
    before->next = (uintptr_t)after;
    after->prev = (after->prev & GC_PREV_BITS) | (uintptr_t)before;
    head->next = 0;
    head->prev &= GC_FINALIZED;
}

/* Allocate size bytes for an object of a collected type, with `before` bytes
 * in front of the header (0, or 16 for MANAGED_DICT; zeroed).  The object's
 * own bytes are not initialised and it is not tracked.  May run the collector
 * first.  NULL with MemoryError. */
MUST_USE PyObject *hob_gc_alloc(size_t size, size_t before);

/* Free what hob_gc_alloc gave, untracking it when tracked. */
void hob_gc_free(void *op, size_t before);

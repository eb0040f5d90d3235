/* trashcan.c -- deallocating deep structures without deep recursion.
 *
 * tp_dealloc of a container may run tp_dealloc of what it held, and so on.
 * Past a depth of 50 the object is not deallocated but put on a list of the
 * thread (linked through the prev word of the collector's header, which an
 * untracked object does not use); the outermost deallocation empties the list.
 *
 * Holds      objects on the list have reference count 0 and are untracked.
 */
#include "memory/gc.h"
#include "state/runtime.h"

enum { DEPTH_LIMIT = 50 };

static void
deposit(PyThreadState *ts, PyObject *op)
{
    EXPECT(!hob_gc_is_tracked(op) && Py_REFCNT(op) == 0);
    hob_gc_head *head = hob_gc_head_of(op);
    head->prev = (head->prev & GC_FINALIZED) | (uintptr_t)ts->trash_delete_later;
    ts->trash_delete_later = op;
}

static void
empty_list(PyThreadState *ts)
{
    ts->trash_delete_nesting++;                 /* the deallocators deposit, not recurse */
    while (ts->trash_delete_later) {
        PyObject *op = ts->trash_delete_later;
        hob_gc_head *head = hob_gc_head_of(op);
        ts->trash_delete_later = (PyObject *)(head->prev & ~(uintptr_t)GC_PREV_BITS);
        head->prev &= GC_FINALIZED;
        Py_TYPE(op)->tp_dealloc(op);
    }
    ts->trash_delete_nesting--;
}

/* True when op has been put off: the deallocator must return at once. */
int
_PyTrash_begin(PyThreadState *ts, PyObject *op)
{
    if (ts->trash_delete_nesting >= DEPTH_LIMIT) {
        deposit(ts, op);
        return 1;
    }
    ts->trash_delete_nesting++;
    return 0;
}

void
_PyTrash_end(PyThreadState *ts)
{
    ts->trash_delete_nesting--;
    if (ts->trash_delete_later && ts->trash_delete_nesting <= 0) { empty_list(ts); }
}

/* A subclass's dealloc calls its base's: only the outer one may put off. */
int
_PyTrash_cond(PyObject *op, destructor dealloc)
{
    return Py_TYPE(op)->tp_dealloc == dealloc;
}

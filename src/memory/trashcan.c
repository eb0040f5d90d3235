/* trashcan.c -- deallocating deep structures without deep recursion.
 *
 * tp_dealloc of a container may run tp_dealloc of what it held, and so on.
 * Past a depth of 50 a common container is not deallocated but put on a list of
 * the thread; the outermost deallocation empties the list.  For every other type
 * _Py_Dealloc does the same when the C stack is low; then the list is emptied at
 * a check point of the machine, when there is room again.
 *
 * Layout     the list is linked through the prev word of the collector's header,
 *            which an untracked object does not use.
 * Holds      objects on the list have reference count 0 and are untracked; bit
 *            WAS_TRACKED says that their deallocators expect to find them tracked.
 */
#include "memory/trashcan.h"

#include "memory/gc.h"
#include "state/c_stack.h"
#include "state/interp.h"
#include "state/runtime.h"

enum { DEPTH_LIMIT = 50, WAS_TRACKED = GC_COLLECTING };

static void
deposit(PyThreadState *ts, PyObject *op, uintptr_t bits)
{
    EXPECT(!hob_gc_is_tracked(op) && Py_REFCNT(op) == 0);
    hob_gc_head *head = hob_gc_head_of(op);
    head->prev = (head->prev & GC_FINALIZED) | bits | (uintptr_t)ts->trash_delete_later;
    ts->trash_delete_later = op;
}

static PyObject *
withdraw(PyThreadState *ts)
{
    PyObject *op = ts->trash_delete_later;
    hob_gc_head *head = hob_gc_head_of(op);
    bool was_tracked = head->prev & WAS_TRACKED;
    ts->trash_delete_later = (PyObject *)(head->prev & ~(uintptr_t)GC_PREV_BITS);
    head->prev &= GC_FINALIZED;
    if (was_tracked) { hob_gc_track(op); }
    return op;
}

void
hob_trash_empty(PyThreadState *ts)
{
    ts->trash_delete_nesting++;                 /* the deallocators deposit, not recurse */
    while (ts->trash_delete_later && !hob_c_stack_is_low()) {
        PyObject *op = withdraw(ts);
        Py_TYPE(op)->tp_dealloc(op);
    }
    ts->trash_delete_nesting--;
    if (ts->trash_delete_later) { hob_breaker_set(ts->interp, BREAK_TRASH); }
}

COLD bool
hob_trash_put_off(PyObject *op)
{
    PyThreadState *ts = hob_ts();
    if (!ts || !PyObject_IS_GC(op)) { return false; }
    bool was_tracked = hob_gc_is_tracked(op);
    if (was_tracked) { hob_gc_untrack(op); }
    deposit(ts, op, was_tracked ? WAS_TRACKED : 0);
    hob_breaker_set(ts->interp, BREAK_TRASH);
    return true;
}

/* True when op has been put off: the deallocator must return at once. */
int
_PyTrash_begin(PyThreadState *ts, PyObject *op)
{
    if (ts->trash_delete_nesting >= DEPTH_LIMIT) {
        deposit(ts, op, 0);
        return 1;
    }
    ts->trash_delete_nesting++;
    return 0;
}

void
_PyTrash_end(PyThreadState *ts)
{
    ts->trash_delete_nesting--;
    if (ts->trash_delete_later && ts->trash_delete_nesting <= 0) { hob_trash_empty(ts); }
}

/* A subclass's dealloc calls its base's: only the outer one may put off. */
int
_PyTrash_cond(PyObject *op, destructor dealloc)
{
    return Py_TYPE(op)->tp_dealloc == dealloc;
}

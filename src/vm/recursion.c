/* recursion.c -- how deep calls may nest, by count; state/c_stack.c is by what fits.
 *
 * Holds      ts->recursion_remaining counts down from the limit; below zero the
 *            error is raised once, and recursion_headroom lets 50 more calls
 *            handle it before the process is given up.
 */
#include "objects/object.h"
#include "objects/undeclared.h"
#include "state/c_stack.h"
#include "state/interp.h"
#include "state/runtime.h"
#include "vm/eval.h"
#include "vm/vm.h"

enum { HEADROOM = 50 };

/* recursion_remaining has gone below zero, at a place described by where. */
int
_Py_CheckRecursiveCall(PyThreadState *ts, const char *where)
{
    if (ts->recursion_headroom) {
        if (ts->recursion_remaining < -HEADROOM) {
            Py_FatalError("Cannot recover from stack overflow.");
        }
        return 0;
    }
    if (ts->recursion_remaining > 0) { return 0; }
    ts->recursion_headroom++;
    PyErr_Format(PyExc_RecursionError, "maximum recursion depth exceeded%s", where);
    ts->recursion_headroom--;
    ts->recursion_remaining++;
    return -1;
}

/* No C stack is left for what hob_recursion_enter has counted. */
COLD int
hob_recursion_no_stack(PyThreadState *ts, const char *where)
{
    ts->recursion_remaining++;
    hob_c_stack_error(where);
    return -1;
}

int
Py_EnterRecursiveCall(const char *where)
{
    return hob_recursion_enter(hob_ts(), where);
}

void
Py_LeaveRecursiveCall(void)
{
    hob_ts()->recursion_remaining++;
}

int
Py_GetRecursionLimit(void)
{
    return hob_ts()->recursion_limit;
}

void
Py_SetRecursionLimit(int limit)
{
    for (PyThreadState *ts = hob_ts()->interp->threads; ts; ts = ts->next) {
        int depth = ts->recursion_limit - ts->recursion_remaining;
        ts->recursion_limit = limit;
        ts->recursion_remaining = limit - depth;
    }
}

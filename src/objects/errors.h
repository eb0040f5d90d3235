/* errors.h -- the pending exception as other files see it, and the functions
 * about it that extensions know by name but no public header declares.
 */
#pragma once
#include <Python.h>

#include "base/c.h"
#include "state/runtime.h"

/* The pending exception is ts->curexc_type, curexc_value, curexc_traceback,
 * all owned, all NULL when there is none; value may still be the argument
 * that the exception is to be made with. */
static inline bool
hob_error_pending(PyThreadState *ts)
{
    return ts->curexc_type != NULL;
}

/* Whether the pending exception is of class type or derived from it; type is
 * a class.  False when nothing is pending. */
static inline bool
hob_error_is(PyThreadState *ts, PyObject *type)
{
    PyObject *pending = ts->curexc_type;
    return pending && (pending == type || PyErr_GivenExceptionMatches(pending, type));
}

/* Take the pending exception as one object with its traceback set, or NULL
 * without one. */
MAYBE_NULL PyObject *hob_error_take(PyThreadState *ts);

/* Make exc, an exception with its own traceback, the pending one. */
void hob_error_give(PyThreadState *ts, STOLEN PyObject *exc);

/* sys.unraisablehook's default. */
MUST_USE PyObject *hob_errors_unraisable_default(PyObject *args);

HOB_EXPORT void _PyErr_Restore(PyThreadState *ts, PyObject *type, PyObject *value,
                               PyObject *tb);
HOB_EXPORT void _PyErr_Fetch(PyThreadState *ts, PyObject **type, PyObject **value,
                             PyObject **tb);
HOB_EXPORT void _PyErr_Clear(PyThreadState *ts);
HOB_EXPORT void _PyErr_SetObject(PyThreadState *ts, PyObject *type, PyObject *value);
HOB_EXPORT void _PyErr_SetNone(PyThreadState *ts, PyObject *type);
HOB_EXPORT void _PyErr_SetString(PyThreadState *ts, PyObject *type, const char *text);
HOB_EXPORT int _PyErr_ExceptionMatches(PyThreadState *ts, PyObject *type);
HOB_EXPORT void _PyErr_NormalizeException(PyThreadState *ts, PyObject **type, PyObject **value,
                                          PyObject **tb);
HOB_EXPORT PyObject *_PyErr_NoMemory(PyThreadState *ts);
HOB_EXPORT PyObject *_PyErr_Format(PyThreadState *ts, PyObject *type, const char *format, ...);
HOB_EXPORT PyObject *_PyErr_FormatFromCauseTstate(PyThreadState *ts, PyObject *type,
                                                  const char *format, ...);
HOB_EXPORT void _PyErr_ChainStackItem(_PyErr_StackItem *item);
HOB_EXPORT PyObject *_PyErr_StackItemToExcInfoTuple(_PyErr_StackItem *item);

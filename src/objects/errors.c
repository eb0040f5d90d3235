/* errors.c -- the pending exception, and the ones being handled.
 *
 * Layout     pending: ts->curexc_type, curexc_value, curexc_traceback.  Setting
 *            one stores class and argument and makes no exception object;
 *            PyErr_NormalizeException makes it, when somebody looks.
 *            handled: ts->exc_info -> { exc_value, previous_item } -> ...,
 *            one item a running generator or frame stack; the topmost that
 *            holds an exception is "the" handled one.
 * Holds      while an exception is being handled, one that is set becomes an
 *            object at once and gets the handled one as its __context__; the
 *            chain of contexts never becomes a ring.
 * Next       errors_make.c (formatted, errno, ...), unraisable.c
 */
#include "objects/errors.h"

#include "memory/own.h"
#include "objects/exceptions/exceptions.h"

enum { NORMALIZE_LIMIT = 32 };

/* --- store and fetch --- */

void
_PyErr_Restore(PyThreadState *ts, STOLEN PyObject *type, STOLEN PyObject *value,
               STOLEN PyObject *tb)
{
    if (UNLIKELY(tb && !PyTraceBack_Check(tb))) { Py_CLEAR(tb); }
    PyObject *old_type = ts->curexc_type;
    PyObject *old_value = ts->curexc_value;
    PyObject *old_tb = ts->curexc_traceback;
    ts->curexc_type = type;
    ts->curexc_value = value;
    ts->curexc_traceback = tb;
    if (UNLIKELY(old_type != NULL)) {
        Py_DECREF(old_type);
        Py_XDECREF(old_value);
        Py_XDECREF(old_tb);
    }
}

void
PyErr_Restore(PyObject *type, PyObject *value, PyObject *tb)
{
    _PyErr_Restore(hob_ts(), type, value, tb);
}

void
_PyErr_Fetch(PyThreadState *ts, PyObject **type, PyObject **value, PyObject **tb)
{
    *type = ts->curexc_type;
    *value = ts->curexc_value;
    *tb = ts->curexc_traceback;
    ts->curexc_type = ts->curexc_value = ts->curexc_traceback = NULL;
}

void
PyErr_Fetch(PyObject **type, PyObject **value, PyObject **tb)
{
    _PyErr_Fetch(hob_ts(), type, value, tb);
}

void
_PyErr_Clear(PyThreadState *ts)
{
    if (ts->curexc_type) { _PyErr_Restore(ts, NULL, NULL, NULL); }
}

void
PyErr_Clear(void)
{
    _PyErr_Clear(hob_ts());
}

PyObject *
PyErr_Occurred(void)
{
    PyThreadState *ts = hob_ts();
    return ts ? ts->curexc_type : NULL;
}

/* --- setting --- */

_PyErr_StackItem *
_PyErr_GetTopmostException(PyThreadState *ts)
{
    _PyErr_StackItem *item = ts->exc_info;
    while ((!item->exc_value || item->exc_value == Py_None) && item->previous_item) {
        item = item->previous_item;
    }
    return item;
}

/* Cut the context chain of `from` before exc, so that exc may go in front. */
static void
cut_context_ring(PyObject *from, PyObject *exc)
{
    PyObject *slow = from;
    bool step = false;
    for (PyObject *at = from;;) {
        PyObject *next = ((PyBaseExceptionObject *)at)->context;        /* borrowed */
        if (!next) { return; }
        if (next == exc) {
            PyException_SetContext(at, NULL);
            return;
        }
        at = next;
        if (at == slow) { return; }                 /* a ring made by the program */
        if (step) { slow = ((PyBaseExceptionObject *)slow)->context; }
        step = !step;
    }
}

/* Turn value into an exception object whose context is the handled one; -1
 * with another exception pending instead. */
static COLD status
chain_to_handled(PyThreadState *ts, PyObject *type, PyObject **value, PyObject *handled)
{
    own PyObject *context = Py_NewRef(handled);
    if (!*value || !PyExceptionInstance_Check(*value)) {
        _PyErr_Clear(ts);
        PyObject *exc = hob_exception_make(type, *value);
        if (!exc) { return -1; }
        Py_XSETREF(*value, exc);
    }
    if (context == *value) { return 0; }
    cut_context_ring(context, *value);
    PyException_SetContext(*value, take(context));
    return 0;
}

void
_PyErr_SetObject(PyThreadState *ts, PyObject *type, PyObject *value)
{
    if (UNLIKELY(type && !PyExceptionClass_Check(type))) {
        _PyErr_Format(ts, PyExc_SystemError,
                      "_PyErr_SetObject: exception %R is not a BaseException subclass", type);
        return;
    }
    PyObject *handled = _PyErr_GetTopmostException(ts)->exc_value;
    PyObject *held = Py_XNewRef(value);
    if (UNLIKELY(type && handled && handled != Py_None)) {
        if (chain_to_handled(ts, type, &held, handled) < 0) {
            Py_XDECREF(held);
            return;
        }
    }
    PyObject *tb = NULL;
    if (held && PyExceptionInstance_Check(held)) { tb = PyException_GetTraceback(held); }
    _PyErr_Restore(ts, Py_XNewRef(type), held, tb);
}

void
PyErr_SetObject(PyObject *type, PyObject *value)
{
    _PyErr_SetObject(hob_ts(), type, value);
}

void
_PyErr_SetNone(PyThreadState *ts, PyObject *type)
{
    _PyErr_SetObject(ts, type, NULL);
}

void
PyErr_SetNone(PyObject *type)
{
    _PyErr_SetObject(hob_ts(), type, NULL);
}

void
_PyErr_SetString(PyThreadState *ts, PyObject *type, const char *text)
{
    PyObject *value = PyUnicode_FromString(text);
    if (!value) { return; }
    _PyErr_SetObject(ts, type, value);
    Py_DECREF(value);
}

void
PyErr_SetString(PyObject *type, const char *text)
{
    _PyErr_SetString(hob_ts(), type, text);
}

void
_PyErr_SetKeyError(PyObject *key)
{
    PyThreadState *ts = hob_ts();
    if (LIKELY(PyUnicode_Check(key) || PyLong_Check(key))) {
        _PyErr_SetObject(ts, PyExc_KeyError, key);
        return;
    }
    own PyObject *args = PyTuple_Pack(1, key);      /* tuples, None, exceptions: one argument */
    if (args) { _PyErr_SetObject(ts, PyExc_KeyError, args); }
}

/* --- memory --- */

PyObject *
_PyErr_NoMemory(PyThreadState *ts)
{
    PyObject *exc = hob_exception_spare_memory_error();
    if (exc) {
        _PyErr_SetObject(ts, PyExc_MemoryError, exc);
        Py_DECREF(exc);
    }
    return NULL;
}

PyObject *
PyErr_NoMemory(void)
{
    return _PyErr_NoMemory(hob_ts());
}

/* --- asking --- */

int
PyErr_GivenExceptionMatches(PyObject *err, PyObject *exc)
{
    if (!err || !exc) { return 0; }
    if (PyTuple_Check(exc)) {
        for (Py_ssize_t i = 0; i < PyTuple_Size(exc); i++) {
            if (PyErr_GivenExceptionMatches(err, PyTuple_GET_ITEM(exc, i))) { return 1; }
        }
        return 0;
    }
    if (PyExceptionInstance_Check(err)) { err = PyExceptionInstance_Class(err); }
    if (PyExceptionClass_Check(err) && PyExceptionClass_Check(exc)) {
        return PyType_IsSubtype((PyTypeObject *)err, (PyTypeObject *)exc);
    }
    return err == exc;
}

int
_PyErr_ExceptionMatches(PyThreadState *ts, PyObject *exc)
{
    return PyErr_GivenExceptionMatches(ts->curexc_type, exc);
}

int
PyErr_ExceptionMatches(PyObject *exc)
{
    return _PyErr_ExceptionMatches(hob_ts(), exc);
}

/* --- normalising --- */

/* One attempt: 0, or -1 with another exception pending. */
static status
normalize_once(PyObject **type, PyObject **value)
{
    if (!*value) { *value = Py_NewRef(Py_None); }
    if (!PyExceptionClass_Check(*type)) { return 0; }
    if (PyExceptionInstance_Check(*value)) {
        PyObject *cls = PyExceptionInstance_Class(*value);
        if (cls == *type) { return 0; }
        int is_subclass = PyObject_IsSubclass(cls, *type);
        if (is_subclass < 0) { return -1; }
        if (is_subclass) {
            Py_SETREF(*type, Py_NewRef(cls));
            return 0;
        }
    }
    PyObject *exc = hob_exception_make(*type, *value);
    if (!exc) { return -1; }
    Py_SETREF(*value, exc);
    return 0;
}

void
_PyErr_NormalizeException(PyThreadState *ts, PyObject **type, PyObject **value, PyObject **tb)
{
    for (int depth = 1; *type && normalize_once(type, value) < 0; depth++) {
        Py_DECREF(*type);
        Py_XDECREF(*value);
        if (depth == NORMALIZE_LIMIT) {
            _PyErr_SetString(ts, PyExc_RecursionError,
                             "maximum recursion depth exceeded while normalizing an exception");
        }
        PyObject *old_tb = *tb;
        _PyErr_Fetch(ts, type, value, tb);
        EXPECT(*type);
        if (!*tb) { *tb = old_tb; }
        else { Py_XDECREF(old_tb); }
        if (depth < NORMALIZE_LIMIT + 2) { continue; }
        if (PyErr_GivenExceptionMatches(*type, PyExc_MemoryError)) {
            Py_FatalError("Cannot recover from MemoryErrors while normalizing exceptions.");
        }
        Py_FatalError("Cannot recover from the recursive normalization of an exception.");
    }
}

void
PyErr_NormalizeException(PyObject **type, PyObject **value, PyObject **tb)
{
    _PyErr_NormalizeException(hob_ts(), type, value, tb);
}

PyObject *
hob_error_take(PyThreadState *ts)
{
    PyObject *type, *value, *tb;
    _PyErr_Fetch(ts, &type, &value, &tb);
    if (!type) { return NULL; }
    _PyErr_NormalizeException(ts, &type, &value, &tb);
    if (tb) {
        PyException_SetTraceback(value, tb);
        Py_DECREF(tb);
    }
    Py_DECREF(type);
    return value;
}

void
hob_error_give(PyThreadState *ts, STOLEN PyObject *exc)
{
    _PyErr_Restore(ts, Py_NewRef(Py_TYPE(exc)), exc, PyException_GetTraceback(exc));
}

/* --- the handled exception --- */

PyObject *
_PyErr_GetHandledException(PyThreadState *ts)
{
    PyObject *exc = _PyErr_GetTopmostException(ts)->exc_value;
    return exc == Py_None ? NULL : Py_XNewRef(exc);
}

PyObject *
PyErr_GetHandledException(void)
{
    return _PyErr_GetHandledException(hob_ts());
}

void
_PyErr_SetHandledException(PyThreadState *ts, PyObject *exc)
{
    Py_XSETREF(ts->exc_info->exc_value, Py_XNewRef(exc));
}

void
PyErr_SetHandledException(PyObject *exc)
{
    _PyErr_SetHandledException(hob_ts(), exc);
}

static PyObject *                       /* borrowed */
type_of_handled(PyObject *exc)
{
    return !exc || exc == Py_None ? Py_None : (PyObject *)Py_TYPE(exc);
}

static PyObject *                       /* borrowed */
traceback_of_handled(PyObject *exc)
{
    if (!exc || exc == Py_None) { return Py_None; }
    PyObject *tb = ((PyBaseExceptionObject *)exc)->traceback;
    return tb ? tb : Py_None;
}

void
_PyErr_GetExcInfo(PyThreadState *ts, PyObject **type, PyObject **value, PyObject **tb)
{
    PyObject *exc = _PyErr_GetTopmostException(ts)->exc_value;
    *type = Py_NewRef(type_of_handled(exc));
    *value = Py_XNewRef(exc);
    *tb = Py_NewRef(traceback_of_handled(exc));
}

void
PyErr_GetExcInfo(PyObject **type, PyObject **value, PyObject **tb)
{
    _PyErr_GetExcInfo(hob_ts(), type, value, tb);
}

void
PyErr_SetExcInfo(STOLEN PyObject *type, STOLEN PyObject *value, STOLEN PyObject *tb)
{
    PyErr_SetHandledException(value);               /* type and tb follow from value */
    Py_XDECREF(value);
    Py_XDECREF(type);
    Py_XDECREF(tb);
}

PyObject *
_PyErr_StackItemToExcInfoTuple(_PyErr_StackItem *item)
{
    PyObject *exc = item->exc_value;
    return PyTuple_Pack(3, type_of_handled(exc), exc ? exc : Py_None,
                        traceback_of_handled(exc));
}

/* --- chaining --- */

void
_PyErr_ChainExceptions(STOLEN PyObject *type, STOLEN PyObject *value, STOLEN PyObject *tb)
{
    if (!type) { return; }
    PyThreadState *ts = hob_ts();
    if (!hob_error_pending(ts)) {
        _PyErr_Restore(ts, type, value, tb);
        return;
    }
    PyObject *new_type, *new_value, *new_tb;
    _PyErr_Fetch(ts, &new_type, &new_value, &new_tb);
    _PyErr_NormalizeException(ts, &type, &value, &tb);
    if (tb) {
        PyException_SetTraceback(value, tb);
        Py_DECREF(tb);
    }
    Py_DECREF(type);
    _PyErr_NormalizeException(ts, &new_type, &new_value, &new_tb);
    PyException_SetContext(new_value, value);
    _PyErr_Restore(ts, new_type, new_value, new_tb);
}

/* Set the context of the pending exception to what item handles. */
void
_PyErr_ChainStackItem(_PyErr_StackItem *item)
{
    if (item && (!item->exc_value || item->exc_value == Py_None)) { return; }
    PyThreadState *ts = hob_ts();
    _PyErr_StackItem *saved = ts->exc_info;
    PyObject *type, *value, *tb;
    _PyErr_Fetch(ts, &type, &value, &tb);
    if (item) { ts->exc_info = item; }
    _PyErr_SetObject(ts, type, value);              /* chains */
    ts->exc_info = saved;
    if (tb && ts->curexc_type == type) { Py_XSETREF(ts->curexc_traceback, take(tb)); }
    Py_XDECREF(tb);
    Py_DECREF(type);
    Py_XDECREF(value);
}

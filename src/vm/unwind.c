/* unwind.c -- raise, except, and the errors that instructions raise by name.
 *
 * The walk from an instruction to its handler is part of the loop (`unwind:` in
 * eval_loop.h); here is what raise and except mean.
 */
#include "vm/vm.h"

#include "bytecode/code.h"
#include "memory/own.h"

/* --- raise --- */

/* The exception being handled, skipping generators that handle none. */
static MAYBE_NULL BORROWED PyObject *
handled_exception(PyThreadState *ts)
{
    _PyErr_StackItem *item = ts->exc_info;
    while ((!item->exc_value || item->exc_value == Py_None) && item->previous_item) {
        item = item->previous_item;
    }
    PyObject *value = item->exc_value;
    return value == Py_None ? NULL : value;
}

/* The instance that `raise exc` means. */
static PyObject *
exception_of(PyObject *exc)
{
    if (PyExceptionInstance_Check(exc)) { return Py_NewRef(exc); }
    if (!PyExceptionClass_Check(exc)) {
        PyErr_SetString(PyExc_TypeError, "exceptions must derive from BaseException");
        return NULL;
    }
    PyObject *made = PyObject_CallNoArgs(exc);
    if (made && !PyExceptionInstance_Check(made)) {
        PyErr_Format(PyExc_TypeError,
                     "calling %R should have returned an instance of BaseException, not %R",
                     exc, Py_TYPE(made));
        Py_CLEAR(made);
    }
    return made;
}

int
hob_raise(PyThreadState *ts, PyObject *raised, PyObject *given_cause)
{
    own PyObject *exc = raised;
    own PyObject *cause = given_cause;
    if (!exc) {
        PyObject *value = handled_exception(ts);
        if (!value) {
            PyErr_SetString(PyExc_RuntimeError, "No active exception to reraise");
            return 0;
        }
        PyErr_Restore(Py_NewRef(Py_TYPE(value)), Py_NewRef(value),
                      PyException_GetTraceback(value));
        return 1;
    }
    own PyObject *value = exception_of(exc);
    if (!value) { return 0; }
    if (cause) {
        PyObject *because;
        if (PyExceptionClass_Check(cause)) {
            because = PyObject_CallNoArgs(cause);
            if (!because) { return 0; }
        }
        else if (PyExceptionInstance_Check(cause)) {
            because = Py_NewRef(cause);
        }
        else if (cause == Py_None) {
            because = NULL;
        }
        else {
            PyErr_SetString(PyExc_TypeError, "exception causes must derive from BaseException");
            return 0;
        }
        PyException_SetCause(value, because);
    }
    PyErr_SetObject(PyExceptionClass_Check(exc) ? exc : (PyObject *)Py_TYPE(value), value);
    return 0;
}

/* --- except --- */

/* Fill in what except or except* may name, in a class or a tuple of them. */
static tri
all_of(PyObject *kinds, tri (*holds)(PyObject *))
{
    if (!PyTuple_Check(kinds)) { return holds(kinds); }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(kinds); i++) {
        tri answer = holds(PyTuple_GET_ITEM(kinds, i));
        if (answer != 1) { return answer; }
    }
    return 1;
}

static tri
is_exception_class(PyObject *kind)
{
    return PyExceptionClass_Check(kind);
}

static tri
is_no_group_class(PyObject *kind)
{
    int is = PyObject_IsSubclass(kind, PyExc_BaseExceptionGroup);
    return is < 0 ? -1 : !is;
}

static status
check_classes(PyObject *kinds)
{
    if (all_of(kinds, is_exception_class) == 1) { return 0; }
    PyErr_SetString(PyExc_TypeError,
                    "catching classes that do not inherit from BaseException is not allowed");
    return -1;
}

tri
hob_exception_matches(PyThreadState *ts, PyObject *left, PyObject *right)
{
    if ((PyObject *)Py_TYPE(left) == right) { return 1; }
    if (check_classes(right) < 0) { return -1; }
    return PyErr_GivenExceptionMatches(left, right);
}

status
hob_group_check(PyThreadState *ts, PyObject *kinds)
{
    if (check_classes(kinds) < 0) { return -1; }
    tri fine = all_of(kinds, is_no_group_class);
    if (fine == 0) {
        PyErr_SetString(PyExc_TypeError, "catching ExceptionGroup with except* is not allowed. "
                                         "Use except instead.");
    }
    return fine == 1 ? 0 : -1;
}

/* --- names without a value --- */

/* NameError (or a subclass) about name; a plain NameError also carries it. */
COLD void
hob_error_name(PyThreadState *ts, PyObject *exc, const char *format, PyObject *name)
{
    const char *text = PyUnicode_AsUTF8(name);
    if (!text) { return; }
    PyErr_Format(exc, format, text);
    if (exc != PyExc_NameError) { return; }
    PyObject *type, *value, *tb;
    PyErr_Fetch(&type, &value, &tb);
    PyErr_NormalizeException(&type, &value, &tb);
    if (PyErr_GivenExceptionMatches(value, PyExc_NameError)) {
        PyNameErrorObject *error = (PyNameErrorObject *)value;
        if (!error->name) { error->name = Py_NewRef(name); }
    }
    PyErr_Restore(type, value, tb);
}

COLD void
hob_error_unbound(PyThreadState *ts, PyCodeObject *code, int slot)
{
    PyObject *name = PyTuple_GET_ITEM(code->co_localsplusnames, slot);
    if (PyBytes_AS_STRING(code->co_localspluskinds)[slot] & (char)HOB_SLOT_FREE) {
        hob_error_name(ts, PyExc_NameError, "cannot access free variable '%s' where it is not "
                                            "associated with a value in enclosing scope", name);
    }
    else {
        hob_error_name(ts, PyExc_UnboundLocalError,
                       "cannot access local variable '%s' where it "
                                                    "is not associated with a value", name);
    }
}

/* protocols.c -- what instructions do beyond one call of the public API:
 * unpacking, with, match, f-strings, awaiting. */
#include "vm/vm.h"

#include "memory/own.h"
#include "objects/call.h"
#include "objects/ids.h"
#include "objects/int/int.h"
#include "objects/list.h"
#include "objects/tuple.h"
#include "objects/type/type.h"

/* --- truth --- */

tri
hob_truth(PyObject *op)
{
    if (op == Py_True) { return 1; }
    if (op == Py_False || op == Py_None) { return 0; }
    PyTypeObject *type = Py_TYPE(op);
    if (type == &PyLong_Type || type == &PyList_Type || type == &PyTuple_Type) {
        return Py_SIZE(op) != 0;
    }
    if (type == &PyUnicode_Type) { return PyUnicode_GET_LENGTH(op) != 0; }
    if (type == &PyDict_Type) { return PyDict_GET_SIZE(op) != 0; }
    return PyObject_IsTrue(op);
}

/* --- a, *b, c = seq --- */

COLD static status
error_not_enough(int expected, bool at_least, Py_ssize_t got)
{
    PyErr_Format(PyExc_ValueError, "not enough values to unpack (expected %s%d, got %zd)",
                 at_least ? "at least " : "", expected, got);
    return -1;
}

COLD static status
error_too_many(int expected)
{
    PyErr_Format(PyExc_ValueError, "too many values to unpack (expected %d)", expected);
    return -1;
}

static status
unpack_array(PyObject *const *items, Py_ssize_t n, int expected, PyObject **end)
{
    if (n < expected) { return error_not_enough(expected, false, n); }
    if (n > expected) { return error_too_many(expected); }
    for (int i = 0; i < expected; i++) { *--end = Py_NewRef(items[i]); }
    return 0;
}

static status
unpack_iterator(PyObject *iter, int n_before, int n_after, PyObject **end)
{
    PyObject **at = end;
    own PyObject *rest = NULL;
    int i = 0;
    for (; i < n_before; i++) {
        PyObject *item = PyIter_Next(iter);
        if (!item) {
            if (!PyErr_Occurred()) {
                int expected = n_after < 0 ? n_before : n_before + n_after;
                (void)error_not_enough(expected, n_after >= 0, i);
            }
            goto fail;
        }
        *--at = item;
    }
    if (n_after < 0) {
        own PyObject *more = PyIter_Next(iter);
        if (!more) {
            if (PyErr_Occurred()) { goto fail; }
            return 0;
        }
        (void)error_too_many(n_before);
        goto fail;
    }
    rest = PySequence_List(iter);
    if (!rest) { goto fail; }
    Py_ssize_t n_rest = PyList_GET_SIZE(rest);
    if (n_rest < n_after) {
        (void)error_not_enough(n_before + n_after, true, n_before + n_rest);
        goto fail;
    }
    PyListObject *list = (PyListObject *)rest;
    *--at = rest;
    for (Py_ssize_t k = n_rest - n_after; k < n_rest; k++) { *--at = list->ob_item[k]; }
    Py_SET_SIZE(list, n_rest - n_after);        /* its references have moved to the stack */
    rest = NULL;
    return 0;

fail:
    while (at < end) {
        Py_DECREF(*at);
        at++;
    }
    return -1;
}

status
hob_unpack(PyThreadState *ts, PyObject *seq, int n_before, int n_after, PyObject **end)
{
    if (n_after < 0) {
        if (PyTuple_CheckExact(seq)) {
            return unpack_array(((PyTupleObject *)seq)->ob_item, PyTuple_GET_SIZE(seq),
                                n_before,
                                end);
        }
        if (PyList_CheckExact(seq)) {
            return unpack_array(((PyListObject *)seq)->ob_item, PyList_GET_SIZE(seq), n_before,
                                end);
        }
    }
    own PyObject *iter = PyObject_GetIter(seq);
    if (!iter) {
        if (PyErr_ExceptionMatches(PyExc_TypeError) && !Py_TYPE(seq)->tp_iter &&
            !PySequence_Check(seq)) {
            PyErr_Format(PyExc_TypeError, "cannot unpack non-iterable %.200s object",
                         Py_TYPE(seq)->tp_name);
        }
        return -1;
    }
    status done = unpack_iterator(iter, n_before, n_after, end);
    int total = n_after < 0 ? n_before : n_before + 1 + n_after;
    if (done < 0 && total > 0) { end[-total] = seq; }   /* the lowest slot is the one of seq */
    return done;
}

status
hob_extend_list(PyThreadState *ts, PyObject *list, PyObject *iterable)
{
    PyObject *none = _PyList_Extend((PyListObject *)list, iterable);
    if (none) {
        Py_DECREF(none);
        return 0;
    }
    if (PyErr_ExceptionMatches(PyExc_TypeError) && !Py_TYPE(iterable)->tp_iter &&
        !PySequence_Check(iterable)) {
        PyErr_Format(PyExc_TypeError, "Value after * must be an iterable, not %.200s",
                     Py_TYPE(iterable)->tp_name);
    }
    return -1;
}

/* --- special methods of the type --- */

/* type(self).name bound to self; NULL without an error when there is none. */
PyObject *
hob_lookup_special(PyObject *self, PyObject *name)
{
    PyObject *found = hob_type_peek(Py_TYPE(self), name);
    if (!found) { return NULL; }
    Py_INCREF(found);
    descrgetfunc get = Py_TYPE(found)->tp_descr_get;
    if (!get) { return found; }
    PyObject *bound = get(found, self, (PyObject *)Py_TYPE(self));
    Py_DECREF(found);
    return bound;
}

status
hob_enter_context(PyThreadState *ts, PyObject *manager, bool is_async, PyObject **exit,
                  PyObject **result)
{
    const char *protocol = is_async ? "asynchronous context manager" : "context manager";
    own PyObject *enter = hob_lookup_special(manager,
                                             is_async ? ID(__aenter__) : ID(__enter__));
    if (!enter) {
        if (!ts->curexc_type) {
            PyErr_Format(PyExc_TypeError, "'%.200s' object does not support the %s protocol",
                         Py_TYPE(manager)->tp_name, protocol);
        }
        return -1;
    }
    own PyObject *leave = hob_lookup_special(manager, is_async ? ID(__aexit__) : ID(__exit__));
    if (!leave) {
        if (!ts->curexc_type) {
            PyErr_Format(PyExc_TypeError, "'%.200s' object does not support the %s protocol "
                         "(missed %s method)", Py_TYPE(manager)->tp_name, protocol,
                         is_async ? "__aexit__" : "__exit__");
        }
        return -1;
    }
    *result = hob_call_ts(ts, enter, NULL, 0, NULL);
    if (!*result) { return -1; }
    *exit = take(leave);
    return 0;
}

PyObject *
hob_exit_context(PyThreadState *ts, PyObject *exit, PyObject *exc)
{
    own PyObject *tb = PyException_GetTraceback(exc);
    PyObject *args[4] = {NULL, (PyObject *)Py_TYPE(exc), exc, tb ? tb : Py_None};
    return hob_call_ts(ts, exit, args + 1, 3 | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
}

/* --- f-strings --- */

PyObject *
hob_format_value(PyObject *value, PyObject *spec, int conversion)
{
    static PyObject *(*const convert[4])(PyObject *) = {
        NULL, PyObject_Str, PyObject_Repr, PyObject_ASCII,
    };
    own PyObject *converted = conversion ? convert[conversion](value) : Py_NewRef(value);
    if (!converted) { return NULL; }
    if (!spec && PyUnicode_CheckExact(converted)) { return take(converted); }
    return PyObject_Format(converted, spec);
}

/* --- match --- */

/* The values of keys in map, a tuple; None when one is missing. */
PyObject *
hob_match_keys(PyThreadState *ts, PyObject *map, PyObject *keys)
{
    Py_ssize_t n = PyTuple_GET_SIZE(keys);
    if (n == 0) { return Py_NewRef(hob_tuple_empty()); }
    own PyObject *seen = PySet_New(NULL);
    /* get() and not [], which defaultdict and others give side effects. */
    own PyObject *get = seen ? PyObject_GetAttr(map, ID(get)) : NULL;
    own PyObject *missing = get ? PyObject_CallNoArgs((PyObject *)&PyBaseObject_Type) : NULL;
    own PyObject *values = missing ? PyTuple_New(n) : NULL;
    if (!values) { return NULL; }
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *key = PyTuple_GET_ITEM(keys, i);
        int known = PySet_Contains(seen, key);
        if (known || PySet_Add(seen, key) < 0) {
            if (known > 0) {
                PyErr_Format(PyExc_ValueError, "mapping pattern checks duplicate key (%R)",
                             key);
            }
            return NULL;
        }
        PyObject *args[3] = {NULL, key, missing};
        PyObject *value = hob_call_ts(ts, get, args + 1, 2 | PY_VECTORCALL_ARGUMENTS_OFFSET,
                                      NULL);
        if (!value) { return NULL; }
        if (value == missing) {
            Py_DECREF(value);
            Py_RETURN_NONE;
        }
        PyTuple_SET_ITEM(values, i, value);
    }
    return take(values);
}

/* subject.name for a class pattern; each name once.  NULL, maybe without error. */
static PyObject *
match_attribute(PyObject *subject, PyObject *type, PyObject *name, PyObject *seen)
{
    int known = PySet_Contains(seen, name);
    if (known || PySet_Add(seen, name) < 0) {
        if (known > 0) {
            PyErr_Format(PyExc_TypeError, "%s() got multiple sub-patterns for attribute %R",
                         ((PyTypeObject *)type)->tp_name, name);
        }
        return NULL;
    }
    PyObject *value;
    (void)_PyObject_LookupAttr(subject, name, &value);
    return value;
}

/* Append the attributes that positional sub-patterns mean; -1 may be no error. */
static status
match_positional(PyObject *subject, PyObject *type, Py_ssize_t n, PyObject *seen,
                 PyObject *attrs)
{
    own PyObject *match_args = NULL;
    bool match_self = false;
    if (_PyObject_LookupAttr(type, ID(__match_args__), &match_args) < 0) { return -1; }
    if (!match_args) {
        match_self = PyType_HasFeature((PyTypeObject *)type, _Py_TPFLAGS_MATCH_SELF);
        match_args = Py_NewRef(hob_tuple_empty());
    }
    else if (!PyTuple_CheckExact(match_args)) {
        PyErr_Format(PyExc_TypeError, "%s.__match_args__ must be a tuple (got %s)",
                     ((PyTypeObject *)type)->tp_name, Py_TYPE(match_args)->tp_name);
        return -1;
    }
    Py_ssize_t allowed = match_self ? 1 : PyTuple_GET_SIZE(match_args);
    if (allowed < n) {
        PyErr_Format(PyExc_TypeError, "%s() accepts %zd positional sub-pattern%s (%zd given)",
                     ((PyTypeObject *)type)->tp_name, allowed, allowed == 1 ? "" : "s", n);
        return -1;
    }
    if (match_self) { return PyList_Append(attrs, subject); }
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *name = PyTuple_GET_ITEM(match_args, i);
        if (!PyUnicode_CheckExact(name)) {
            PyErr_Format(PyExc_TypeError, "__match_args__ elements must be strings (got %s)",
                         Py_TYPE(name)->tp_name);
            return -1;
        }
        own PyObject *value = match_attribute(subject, type, name, seen);
        if (!value || PyList_Append(attrs, value) < 0) { return -1; }
    }
    return 0;
}

/* The attributes a class pattern looks at, a tuple; NULL without an error when
 * the subject does not match. */
PyObject *
hob_match_class(PyThreadState *ts, PyObject *subject, PyObject *type, Py_ssize_t n_positional,
                PyObject *names)
{
    if (!PyType_Check(type)) {
        PyErr_SetString(PyExc_TypeError, "called match pattern must be a type");
        return NULL;
    }
    if (PyObject_IsInstance(subject, type) <= 0) { return NULL; }
    own PyObject *seen = PySet_New(NULL);
    own PyObject *attrs = seen ? PyList_New(0) : NULL;
    if (!attrs) { return NULL; }
    if (n_positional && match_positional(subject, type, n_positional, seen, attrs) < 0) {
        return NULL;
    }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(names); i++) {
        own PyObject *value = match_attribute(subject, type, PyTuple_GET_ITEM(names, i), seen);
        if (!value || PyList_Append(attrs, value) < 0) { return NULL; }
    }
    return PyList_AsTuple(attrs);
}

/* --- await and its kin --- */

PyObject *
hob_get_aiter(PyThreadState *ts, PyObject *obj)
{
    PyTypeObject *type = Py_TYPE(obj);
    unaryfunc make = type->tp_as_async ? type->tp_as_async->am_aiter : NULL;
    if (!make) {
        PyErr_Format(PyExc_TypeError,
                     "'async for' requires an object with __aiter__ method, got %.100s",
                     type->tp_name);
        return NULL;
    }
    own PyObject *iter = make(obj);
    if (!iter) { return NULL; }
    if (!Py_TYPE(iter)->tp_as_async || !Py_TYPE(iter)->tp_as_async->am_anext) {
        PyErr_Format(PyExc_TypeError, "'async for' received an object from __aiter__ that does "
                     "not implement __anext__: %.100s", Py_TYPE(iter)->tp_name);
        return NULL;
    }
    return take(iter);
}

PyObject *
hob_get_anext(PyThreadState *ts, PyObject *aiter)
{
    PyTypeObject *type = Py_TYPE(aiter);
    if (PyAsyncGen_CheckExact(aiter)) { return type->tp_as_async->am_anext(aiter); }
    unaryfunc next = type->tp_as_async ? type->tp_as_async->am_anext : NULL;
    if (!next) {
        PyErr_Format(PyExc_TypeError,
                     "'async for' requires an iterator with __anext__ method, got %.100s",
                     type->tp_name);
        return NULL;
    }
    own PyObject *step = next(aiter);
    if (!step) { return NULL; }
    PyObject *awaitable = hob_coro_awaitable_iter(step);
    if (!awaitable) {
        _PyErr_FormatFromCause(PyExc_TypeError,
                               "'async for' received an invalid object from __anext__: %.100s",
                               Py_TYPE(step)->tp_name);
    }
    return awaitable;
}

/* oparg: 1 what __aenter__ gave, 2 what __aexit__ gave, 0 an await expression. */
PyObject *
hob_get_awaitable(PyThreadState *ts, PyObject *obj, int oparg)
{
    PyObject *iter = hob_coro_awaitable_iter(obj);
    if (!iter) {
        PyTypeObject *type = Py_TYPE(obj);
        if (oparg && (!type->tp_as_async || !type->tp_as_async->am_await)) {
            PyErr_Format(PyExc_TypeError, "'async with' received an object from %s that does "
                         "not implement __await__: %.100s",
                         oparg == 1 ? "__aenter__" : "__aexit__", type->tp_name);
        }
        return NULL;
    }
    if (PyCoro_CheckExact(iter)) {
        own PyObject *delegate = hob_generator_delegate((PyGenObject *)iter);
        if (delegate) {
            Py_DECREF(iter);
            PyErr_SetString(PyExc_RuntimeError, "coroutine is being awaited already");
            return NULL;
        }
    }
    return iter;
}

PyObject *
hob_get_yield_from_iter(PyThreadState *ts, PyCodeObject *code, PyObject *obj)
{
    if (PyCoro_CheckExact(obj)) {
        if (!(code->co_flags & (CO_COROUTINE | CO_ITERABLE_COROUTINE))) {
            PyErr_SetString(PyExc_TypeError, "cannot 'yield from' a coroutine object in a "
                                             "non-coroutine generator");
            return NULL;
        }
        return Py_NewRef(obj);
    }
    return PyGen_CheckExact(obj) ? Py_NewRef(obj) : PyObject_GetIter(obj);
}

/* --- the interactive loop --- */

status
hob_print_expr(PyThreadState *ts, PyObject *value)
{
    PyObject *hook = PySys_GetObject("displayhook");
    if (!hook) {
        PyErr_SetString(PyExc_RuntimeError, "lost sys.displayhook");
        return -1;
    }
    Py_INCREF(hook);
    own PyObject *result = hob_call_one(hook, value);
    Py_DECREF(hook);
    return result ? 0 : -1;
}

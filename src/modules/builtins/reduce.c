/* reduce.c -- functions over iterables: all, any, max, min, sum, sorted. */
#include "modules/builtins/builtins.h"

#include "objects/int/int.h"
#include "state/runtime.h"

static MUST_USE tri
any_or_all(PyObject *iterable, int stop_at)
{
    own PyObject *iterator = PyObject_GetIter(iterable);
    if (!iterator) { return -1; }
    iternextfunc next = Py_TYPE(iterator)->tp_iternext;
    for (;;) {
        own PyObject *item = next(iterator);
        if (!item) { break; }
        int truth = PyObject_IsTrue(item);
        if (truth < 0) { return -1; }
        if (truth == stop_at) { return stop_at; }
    }
    if (PyErr_Occurred()) {
        if (!PyErr_ExceptionMatches(PyExc_StopIteration)) { return -1; }
        PyErr_Clear();
    }
    return !stop_at;
}

/** all($module, iterable, /)
 *
 *  Whether no item is false; so True when there is none.
 */
static tri
builtin_all(PyObject *module, PyObject *iterable)
{
    return any_or_all(iterable, 0);
}

/** any($module, iterable, /)
 *
 *  Whether some item is true; so False when there is none.
 */
static tri
builtin_any(PyObject *module, PyObject *iterable)
{
    return any_or_all(iterable, 1);
}

/* --- min and max --- */

/* The better of the items by op (Py_LT or Py_GT); NULL without an error: none. */
static MAYBE_NULL PyObject *
best_of(PyObject *iterable, PyObject *key, int op)
{
    own PyObject *iterator = PyObject_GetIter(iterable);
    if (!iterator) { return NULL; }
    own PyObject *best = NULL;
    own PyObject *best_value = NULL;
    for (;;) {
        own PyObject *item = PyIter_Next(iterator);
        if (!item) { break; }
        own PyObject *value = key ? PyObject_CallOneArg(key, item) : Py_NewRef(item);
        if (!value) { return NULL; }
        int better = best ? PyObject_RichCompareBool(value, best_value, op) : 1;
        if (better < 0) { return NULL; }
        if (better) {
            Py_XSETREF(best, take(item));
            Py_XSETREF(best_value, take(value));
        }
    }
    return PyErr_Occurred() ? NULL : take(best);
}

static PyObject *
min_or_max(PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames, const char *name, int op)
{
    PyObject *key = NULL, *fallback = NULL;
    if (nargs == 0) {
        PyErr_Format(PyExc_TypeError, "%s expected at least 1 argument, got 0", name);
        return NULL;
    }
    Py_ssize_t n_words = kwnames ? PyTuple_GET_SIZE(kwnames) : 0;
    if (n_words > 2) {
        PyErr_Format(PyExc_TypeError, "%s() takes at most 2 keyword arguments (%zd given)", name,
                     n_words);
        return NULL;
    }
    for (Py_ssize_t i = 0; i < n_words; i++) {
        PyObject *word = PyTuple_GET_ITEM(kwnames, i);
        if (_PyUnicode_EqualToASCIIString(word, "key")) { key = args[nargs + i]; }
        else if (_PyUnicode_EqualToASCIIString(word, "default")) { fallback = args[nargs + i]; }
        else {
            PyErr_Format(PyExc_TypeError, "'%U' is an invalid keyword argument for %s()", word,
                         name);
            return NULL;
        }
    }
    if (nargs > 1 && fallback) {
        PyErr_Format(PyExc_TypeError,
                     "Cannot specify a default for %s() with multiple positional arguments", name);
        return NULL;
    }
    if (key == Py_None) { key = NULL; }
    if (nargs > 1 && !key) {            /* the common small case, without an iterator */
        PyObject *best = args[0];
        for (Py_ssize_t i = 1; i < nargs; i++) {
            int better = PyObject_RichCompareBool(args[i], best, op);
            if (better < 0) { return NULL; }
            if (better) { best = args[i]; }
        }
        return Py_NewRef(best);
    }
    own PyObject *packed = NULL;
    if (nargs > 1) {
        packed = PyTuple_New(nargs);
        if (!packed) { return NULL; }
        for (Py_ssize_t i = 0; i < nargs; i++) { PyTuple_SET_ITEM(packed, i, Py_NewRef(args[i])); }
    }
    PyObject *best = best_of(packed ? packed : args[0], key, op);
    if (best || PyErr_Occurred()) { return best; }
    if (fallback) { return Py_NewRef(fallback); }
    PyErr_Format(PyExc_ValueError, "%s() arg is an empty sequence", name);
    return NULL;
}

static PyObject *
builtin_min(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    return min_or_max(args, nargs, kwnames, "min", Py_LT);
}

static PyObject *
builtin_max(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    return min_or_max(args, nargs, kwnames, "max", Py_GT);
}

/* --- sum --- */

static MUST_USE status
refuse_text(PyObject *start)
{
    const char *message =
        PyUnicode_Check(start)     ? "sum() can't sum strings [use ''.join(seq) instead]"
        : PyBytes_Check(start)     ? "sum() can't sum bytes [use b''.join(seq) instead]"
        : PyByteArray_Check(start) ? "sum() can't sum bytearray [use b''.join(seq) instead]"
                                   : NULL;
    if (message) { PyErr_SetString(PyExc_TypeError, message); }
    return message ? -1 : 0;
}

/* Whether op is an int, or a bool, that fits. */
static inline bool
is_short_int(PyObject *op, long *value)
{
    if (LIKELY(PyLong_CheckExact(op) && hob_int_is_medium(op))) {
        *value = hob_int_medium_value(op);
        return true;
    }
    if (!PyLong_CheckExact(op) && !PyBool_Check(op)) { return false; }
    int overflow;
    *value = PyLong_AsLongAndOverflow(op, &overflow);
    return !overflow;
}

/* Add while the items are ints and the total fits a long; *item is the first that
 * was not added (NULL at the end).  The total so far is in *total. */
static MUST_USE status
sum_ints(PyObject *iterator, PyObject **total, PyObject **item)
{
    long sum;
    *item = NULL;
    if (!is_short_int(*total, &sum)) { return 0; }
    PyObject *next;
    while ((next = PyIter_Next(iterator))) {
        long value, more;
        if (!is_short_int(next, &value) || __builtin_add_overflow(sum, value, &more)) {
            *item = next;
            break;
        }
        sum = more;
        if (--next->ob_refcnt == 0) { hob_int_bury(next); }     /* exact: a bool stays */
    }
    if (PyErr_Occurred()) { return -1; }
    PyObject *boxed = PyLong_FromLong(sum);
    if (!boxed) {
        Py_CLEAR(*item);
        return -1;
    }
    Py_SETREF(*total, boxed);
    return 0;
}

static MUST_USE status
sum_floats(PyObject *iterator, PyObject **total, PyObject **item)
{
    double sum = PyFloat_AS_DOUBLE(*total);
    PyObject *next = *item;
    *item = NULL;
    for (;; next = NULL) {
        if (!next && !(next = PyIter_Next(iterator))) { break; }
        if (PyFloat_CheckExact(next)) { sum += PyFloat_AS_DOUBLE(next); }
        else if (PyLong_Check(next)) {
            int overflow;
            long value = PyLong_AsLongAndOverflow(next, &overflow);
            if (overflow) {
                *item = next;
                break;
            }
            sum += (double)value;
        }
        else {
            *item = next;
            break;
        }
        Py_DECREF(next);
    }
    if (PyErr_Occurred()) { return -1; }
    PyObject *boxed = PyFloat_FromDouble(sum);
    if (!boxed) {
        Py_CLEAR(*item);
        return -1;
    }
    Py_SETREF(*total, boxed);
    return 0;
}

/** sum($module, iterable, /, start=NULL)
 *
 *  start plus every item, from left to right.
 *
 *  Meant for numbers: a str as start is refused, ''.join() does that better.
 */
static PyObject *
builtin_sum(PyObject *module, PyObject *iterable, PyObject *start)
{
    own PyObject *iterator = PyObject_GetIter(iterable);
    if (!iterator) { return NULL; }
    if (start && refuse_text(start) < 0) { return NULL; }
    own PyObject *total = start ? Py_NewRef(start) : Py_NewRef(hob_small_int(0));
    PyObject *item = NULL;
    if (PyLong_CheckExact(total)) {
        if (sum_ints(iterator, &total, &item) < 0) { return NULL; }
        if (item && PyFloat_CheckExact(item)) {
            /* ints first, then floats: go on in double */
            PyObject *sum = PyNumber_Add(total, item);
            Py_CLEAR(item);
            if (!sum) { return NULL; }
            Py_SETREF(total, sum);
        }
    }
    if (PyFloat_CheckExact(total) && sum_floats(iterator, &total, &item) < 0) { return NULL; }
    for (;;) {
        if (!item && !(item = PyIter_Next(iterator))) { break; }
        PyObject *sum = PyNumber_Add(total, item);
        Py_CLEAR(item);
        if (!sum) { return NULL; }
        Py_SETREF(total, sum);
    }
    return PyErr_Occurred() ? NULL : take(total);
}

/** sorted($module, iterable, /, *, key=None, reverse=False)
 *
 *  A new list of the items, from smallest to largest.
 *
 *  key says by what to compare an item; reverse turns the order round. Items
 *  that compare equal keep their order.
 */
static PyObject *
builtin_sorted(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    if (!_PyArg_CheckPositional("sorted", nargs, 1, 1)) { return NULL; }
    own PyObject *list = PySequence_List(args[0]);
    if (!list) { return NULL; }
    own PyObject *sort = PyObject_GetAttr(list, ID(sort));
    own PyObject *done =
        sort ? PyObject_Vectorcall(sort, args + 1, (size_t)nargs - 1, kwnames) : NULL;
    return done ? take(list) : NULL;
}

#include "gen/modules/builtins/reduce.bind.h"

static PyMethodDef methods[] = {
    {"min", (PyCFunction)(void (*)(void))builtin_min, METH_FASTCALL | METH_KEYWORDS,
     "min(iterable, *[, default=obj, key=func]) -> value\n"
     "min(arg1, arg2, *args, *[, key=func]) -> value\n\n"
     "The smallest item of an iterable, or of several arguments; the first of equal\n"
     "ones. key says by what to compare; default is for an iterable with no item."},
    {"max", (PyCFunction)(void (*)(void))builtin_max, METH_FASTCALL | METH_KEYWORDS,
     "max(iterable, *[, default=obj, key=func]) -> value\n"
     "max(arg1, arg2, *args, *[, key=func]) -> value\n\n"
     "The largest item of an iterable, or of several arguments; the first of equal\n"
     "ones. key says by what to compare; default is for an iterable with no item."},
    {"all", (PyCFunction)(void (*)(void))builtin_all__call, METH_O, builtin_all__doc},
    {"any", (PyCFunction)(void (*)(void))builtin_any__call, METH_O, builtin_any__doc},
    {"sum", (PyCFunction)(void (*)(void))builtin_sum__call, METH_FASTCALL | METH_KEYWORDS,
     "sum($module, iterable, /, start=0)\n--\n\n"
     "start plus every item, from left to right.\n\n"
     "Meant for numbers: a str as start is refused, ''.join() does that better."},
    {"sorted", (PyCFunction)(void (*)(void))builtin_sorted, METH_FASTCALL | METH_KEYWORDS,
     builtin_sorted__doc},
    {NULL},
};

PyMethodDef *const hob_builtins_reduce = methods;
static const void *const unused_table __attribute__((unused)) = module_methods;

/* isinstance.c -- isinstance() and issubclass().
 *
 * A "class" need not be a type: anything with a tuple __bases__ will do, as old
 * abstract base class machinery expects.
 */
#include "memory/own.h"
#include "objects/call.h"
#include "objects/ids.h"
#include "objects/object.h"
#include "objects/type/type.h"
#include "objects/union.h"

/* cls.__bases__ when it is a tuple; else NULL, with or without an exception. */
static PyObject *
bases_of(PyObject *cls)
{
    PyObject *bases;
    if (_PyObject_LookupAttr(cls, ID(__bases__), &bases) < 0) { return NULL; }
    if (bases && !PyTuple_Check(bases)) { Py_CLEAR(bases); }
    return bases;
}

/* Walk __bases__ upward from derived. */
static tri
derives(PyObject *derived, PyObject *cls)
{
    own PyObject *at = Py_NewRef(derived);
    for (;;) {
        if (at == cls) { return 1; }
        own PyObject *bases = bases_of(at);
        if (!bases) { return PyErr_Occurred() ? -1 : 0; }
        Py_ssize_t n = PyTuple_GET_SIZE(bases);
        if (n == 0) { return 0; }
        if (n == 1) {           /* a chain needs no recursion */
            PyObject *next = Py_NewRef(PyTuple_GET_ITEM(bases, 0));
            Py_SETREF(at, next);
            continue;
        }
        PyThreadState *ts = hob_ts();
        if (hob_recursion_enter(ts, " in __issubclass__")) { return -1; }
        tri answer = 0;
        for (Py_ssize_t i = 0; i < n && answer == 0; i++) {
            answer = derives(PyTuple_GET_ITEM(bases, i), cls);
        }
        hob_recursion_leave(ts);
        return answer;
    }
}

static bool
check_class(PyObject *cls, const char *message)
{
    own PyObject *bases = bases_of(cls);
    if (bases) { return true; }
    if (!PyErr_Occurred()) { PyErr_SetString(PyExc_TypeError, message); }
    return false;
}

/* --- what type.__instancecheck__ and __subclasscheck__ do --- */

int
_PyObject_RealIsInstance(PyObject *self, PyObject *cls)
{
    if (PyType_Check(cls) && PyObject_TypeCheck(self, (PyTypeObject *)cls)) { return 1; }
    if (!PyType_Check(cls) && !check_class(cls, "isinstance() arg 2 must be a type, a tuple of "
                                                "types, or a union")) {
        return -1;
    }
    PyObject *found;
    if (_PyObject_LookupAttr(self, ID(__class__), &found) < 0) { return -1; }
    own PyObject *claimed = found;
    if (!claimed) { return 0; }
    if (!PyType_Check(cls)) { return derives(claimed, cls); }
    return claimed != (PyObject *)Py_TYPE(self) && PyType_Check(claimed)
        && PyType_IsSubtype((PyTypeObject *)claimed, (PyTypeObject *)cls);
}

int
_PyObject_RealIsSubclass(PyObject *derived, PyObject *cls)
{
    if (PyType_Check(cls) && PyType_Check(derived)) {
        return PyType_IsSubtype((PyTypeObject *)derived, (PyTypeObject *)cls);
    }
    if (!check_class(derived, "issubclass() arg 1 must be a class")) { return -1; }
    if (!check_class(cls,
                     "issubclass() arg 2 must be a class, a tuple of classes, or a union")) {
        return -1;
    }
    return derives(derived, cls);
}

/* --- with tuples and __instancecheck__ / __subclasscheck__ --- */

typedef struct check_kind {
    const char *where;          /* for RecursionError */
    bool of_instance;
} check_kind;

static const check_kind is_instance = {" in __instancecheck__", true};
static const check_kind is_subclass = {" in __subclasscheck__", false};

static tri
check(const check_kind *kind, PyObject *self, PyObject *cls)
{
    if (kind->of_instance && Py_TYPE(self) == (PyTypeObject *)cls) { return 1; }
    if (PyType_CheckExact(cls)) {
        if (!kind->of_instance && self == cls) { return 1; }
        return kind->of_instance ? _PyObject_RealIsInstance(self, cls)
                                 : _PyObject_RealIsSubclass(self, cls);
    }
    PyThreadState *ts = hob_ts();
    if (Py_IS_TYPE(cls, &hob_union_type)) { cls = hob_union_args(cls); }
    if (PyTuple_Check(cls)) {
        if (hob_recursion_enter(ts, kind->where)) { return -1; }
        tri answer = 0;
        for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(cls) && answer == 0; i++) {
            answer = check(kind, self, PyTuple_GET_ITEM(cls, i));
        }
        hob_recursion_leave(ts);
        return answer;
    }
    PyObject *name = kind->of_instance ? ID(__instancecheck__) : ID(__subclasscheck__);
    own PyObject *method = _PyObject_LookupSpecial(cls, name);
    if (!method) {
        if (PyErr_Occurred()) { return -1; }
        return kind->of_instance ? _PyObject_RealIsInstance(self, cls)
                                 : _PyObject_RealIsSubclass(self, cls);
    }
    if (hob_recursion_enter(ts, kind->where)) { return -1; }
    own PyObject *result = hob_call_one(method, self);
    hob_recursion_leave(ts);
    return result ? PyObject_IsTrue(result) : -1;
}

int
PyObject_IsInstance(PyObject *self, PyObject *cls)
{
    return check(&is_instance, self, cls);
}

int
PyObject_IsSubclass(PyObject *derived, PyObject *cls)
{
    return check(&is_subclass, derived, cls);
}

/* persistent.c -- persistent_id of a pickler, persistent_load of an unpickler.
 *
 * Layout     A subclass defines it as a method, or a program sets it as an attribute.
 * Hazard     A bound method would hold the object that holds it: of a method of its
 *            own an object keeps the function only, and binds it when asked.
 */
#include "modules/_pickle/pickle_int.h"

status
hob_persistent_bind(pickle_head *self, PyObject *name)
{
    PyObject *me = (PyObject *)self, *found;
    if (_PyObject_LookupAttr(me, name, &found) < 0) { return -1; }
    self->persistent_self = NULL;
    if (found && PyMethod_Check(found) && PyMethod_GET_SELF(found) == me) {
        self->persistent_self = me;
        Py_SETREF(found, Py_NewRef(PyMethod_GET_FUNCTION(found)));
    }
    Py_XSETREF(self->persistent, found);
    return 0;
}

PyObject *
hob_persistent_call(pickle_head *self, PyObject *arg)
{
    own PyObject *function = Py_NewRef(self->persistent);
    PyObject *args[] = {self->persistent_self, arg};
    if (!self->persistent_self) { return PyObject_CallOneArg(function, arg); }
    return PyObject_Vectorcall(function, args, 2, NULL);
}

PyObject *
hob_persistent_get(PyObject *op, void *name)
{
    pickle_head *self = (pickle_head *)op;
    if (!self->persistent) {
        PyErr_SetString(PyExc_AttributeError, name);
        return NULL;
    }
    if (!self->persistent_self) { return Py_NewRef(self->persistent); }
    return PyMethod_New(self->persistent, self->persistent_self);
}

int
hob_persistent_set(PyObject *op, PyObject *value, void *name)
{
    pickle_head *self = (pickle_head *)op;
    if (!value) {
        PyErr_SetString(PyExc_TypeError, "attribute deletion is not supported");
        return -1;
    }
    if (!PyCallable_Check(value)) {
        PyErr_Format(PyExc_TypeError, "%s must be a callable taking one argument", name);
        return -1;
    }
    self->persistent_self = NULL;
    Py_XSETREF(self->persistent, Py_NewRef(value));
    return 0;
}

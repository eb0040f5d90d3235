/* reduce.c -- object.__reduce__ and __reduce_ex__: how pickle and copy see an
 * object that says nothing itself.
 *
 * Protocols 0 and 1 are done by copyreg in Python.  From 2 on the answer is
 *     (copyreg.__newobj__, (cls, *args), state, list items, dict items)
 * or copyreg.__newobj_ex__ with (cls, args, kwargs), PEP 307 and 3154.
 */
#include "objects/instance.h"
#include "objects/type/type_int.h"

static PyObject *
import_copyreg(void)
{
    return PyImport_ImportModule("copyreg");
}

/* --- state --- */

/* The names of the slots of a class, from copyreg, as a list or None. */
static PyObject *
slot_names(PyTypeObject *cls)
{
    PyObject *names = PyDict_GetItemWithError(cls->tp_dict, ID(__slotnames__));
    if (!names && PyErr_Occurred()) { return NULL; }
    if (names) {
        if (names != Py_None && !PyList_Check(names)) {
            PyErr_Format(PyExc_TypeError,
                         "%.200s.__slotnames__ should be a list or None, not %.200s",
                         cls->tp_name, Py_TYPE(names)->tp_name);
            return NULL;
        }
        return Py_NewRef(names);
    }
    own PyObject *copyreg = import_copyreg();
    if (!copyreg) { return NULL; }
    own PyObject *made = PyObject_CallMethodOneArg(copyreg, ID(_slotnames), (PyObject *)cls);
    if (made && made != Py_None && !PyList_Check(made)) {
        PyErr_SetString(PyExc_TypeError, "copyreg._slotnames didn't return a list or None");
        return NULL;
    }
    return take(made);
}

static bool
has_no_attributes(PyObject *self)
{
    if (Py_TYPE(self)->tp_flags & Py_TPFLAGS_MANAGED_DICT) {
        return hob_instance_is_empty(self);
    }
    if (!Py_TYPE(self)->tp_dictoffset) { return true; }
    PyObject *dict = *hob_object_dict_slot(self);
    return !dict || PyDict_GET_SIZE(dict) == 0;
}

/* { slot name: value } of the slots that are set. */
static PyObject *
slot_values(PyObject *self, PyObject *names)
{
    own PyObject *values = PyDict_New();
    Py_ssize_t n = PyList_GET_SIZE(names);
    for (Py_ssize_t i = 0; values && i < n; i++) {
        own PyObject *name = Py_NewRef(PyList_GET_ITEM(names, i));
        PyObject *found;
        if (_PyObject_LookupAttr(self, name, &found) < 0) { return NULL; }
        own PyObject *value = found;
        if (value && PyDict_SetItem(values, name, value) < 0) { return NULL; }
        if (PyList_GET_SIZE(names) != n) {
            PyErr_Format(PyExc_RuntimeError, "__slotsname__ changed size during iteration");
            return NULL;
        }
    }
    return take(values);
}

/* Would a state of attributes and slots miss fields that C code added? */
static bool
has_hidden_fields(PyObject *self, PyObject *names)
{
    PyTypeObject *type = Py_TYPE(self);
    Py_ssize_t known = PyBaseObject_Type.tp_basicsize;
    if (type->tp_dictoffset && !(type->tp_flags & Py_TPFLAGS_MANAGED_DICT)) {
        known += sizeof(PyObject *);
    }
    if (type->tp_weaklistoffset) { known += sizeof(PyObject *); }
    if (names != Py_None) { known += PyList_GET_SIZE(names) * (Py_ssize_t)sizeof(PyObject *); }
    return type->tp_basicsize > known;
}

/* required: an object that only C code can fill is an error. */
static PyObject *
default_state(PyObject *self, bool required)
{
    if (required && Py_TYPE(self)->tp_itemsize) {
        return hob_error_type("cannot pickle %.200s objects", self);
    }
    own PyObject *state = has_no_attributes(self) ? Py_NewRef(Py_None)
        : hob_object_get_dict(self);
    if (!state) { return NULL; }
    own PyObject *names = slot_names(Py_TYPE(self));
    if (!names) { return NULL; }
    if (required && has_hidden_fields(self, names)) {
        return hob_error_type("cannot pickle '%.200s' object", self);
    }
    if (names == Py_None || PyList_GET_SIZE(names) == 0) { return take(state); }

    own PyObject *values = slot_values(self, names);
    if (!values) { return NULL; }
    if (PyDict_GET_SIZE(values) == 0) { return take(state); }
    return PyTuple_Pack(2, state, values);
}

PyObject *
hob_object_getstate(PyObject *self, PyObject *unused)
{
    return default_state(self, false);
}

/* self.__getstate__(); object's own in its stricter form. */
static PyObject *
ask_state(PyObject *self, bool required)
{
    own PyObject *method = PyObject_GetAttr(self, ID(__getstate__));
    if (!method) { return NULL; }
    if (PyCFunction_Check(method) && PyCFunction_GET_SELF(method) == self) {
        PyObject *native = hob_type_peek(&PyBaseObject_Type, ID(__getstate__));
        if (native && Py_IS_TYPE(native, &PyMethodDescr_Type)
            && ((PyMethodDescrObject *)native)->d_method->ml_meth
               == PyCFunction_GET_FUNCTION(method)) {
            return default_state(self, required);
        }
    }
    return hob_call_noargs(method);
}

PyObject *
_PyObject_GetState(PyObject *self)
{
    return ask_state(self, false);
}

/* --- arguments of __new__ --- */

static status
split_newargs_ex(PyObject *given, PyObject **args, PyObject **kwargs)
{
    if (!PyTuple_Check(given)) {
        PyErr_Format(PyExc_TypeError, "__getnewargs_ex__ should return a tuple, not '%.200s'",
                     Py_TYPE(given)->tp_name);
        return -1;
    }
    if (PyTuple_GET_SIZE(given) != 2) {
        PyErr_Format(PyExc_ValueError,
                     "__getnewargs_ex__ should return a tuple of length 2, not %zd",
                     PyTuple_GET_SIZE(given));
        return -1;
    }
    PyObject *first = PyTuple_GET_ITEM(given, 0), *second = PyTuple_GET_ITEM(given, 1);
    if (!PyTuple_Check(first)) {
        PyErr_Format(PyExc_TypeError, "first item of the tuple returned by __getnewargs_ex__ "
                     "must be a tuple, not '%.200s'", Py_TYPE(first)->tp_name);
        return -1;
    }
    if (!PyDict_Check(second)) {
        PyErr_Format(PyExc_TypeError, "second item of the tuple returned by __getnewargs_ex__ "
                     "must be a dict, not '%.200s'", Py_TYPE(second)->tp_name);
        return -1;
    }
    *args = Py_NewRef(first);
    *kwargs = Py_NewRef(second);
    return 0;
}

/* New references; both NULL when the object names no arguments. */
static status
new_arguments(PyObject *self, PyObject **args, PyObject **kwargs)
{
    *args = *kwargs = NULL;
    bool missing;
    own PyObject *extended = hob_special_call(ID(__getnewargs_ex__), &self, 1, &missing);
    if (extended) { return split_newargs_ex(extended, args, kwargs); }
    if (!missing) { return -1; }

    own PyObject *plain = hob_special_call(ID(__getnewargs__), &self, 1, &missing);
    if (!plain) { return missing ? 0 : -1; }
    if (!PyTuple_Check(plain)) {
        PyErr_Format(PyExc_TypeError, "__getnewargs__ should return a tuple, not '%.200s'",
                     Py_TYPE(plain)->tp_name);
        return -1;
    }
    *args = take(plain);
    return 0;
}

/* iter(self) for lists, iter(self.items()) for dicts, else None. */
static PyObject *
list_items(PyObject *self)
{
    return PyList_Check(self) ? PyObject_GetIter(self) : Py_NewRef(Py_None);
}

static PyObject *
dict_items(PyObject *self)
{
    if (!PyDict_Check(self)) { return Py_NewRef(Py_None); }
    own PyObject *items = PyObject_CallMethodNoArgs(self, ID(items));
    return items ? PyObject_GetIter(items) : NULL;
}

/* (cls, *args) */
static PyObject *
class_and_args(PyObject *cls, PyObject *args)
{
    Py_ssize_t n = args ? PyTuple_GET_SIZE(args) : 0;
    PyObject *result = PyTuple_New(n + 1);
    if (!result) { return NULL; }
    PyTuple_SET_ITEM(result, 0, Py_NewRef(cls));
    for (Py_ssize_t i = 0; i < n; i++) {
        PyTuple_SET_ITEM(result, i + 1, Py_NewRef(PyTuple_GET_ITEM(args, i)));
    }
    return result;
}

static PyObject *
reduce_newobj(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    if (!type->tp_new) { return hob_error_type("cannot pickle '%.200s' object", self); }

    PyObject *given_args, *given_kwargs;
    if (new_arguments(self, &given_args, &given_kwargs) < 0) { return NULL; }
    own PyObject *args = given_args;
    own PyObject *kwargs = given_kwargs;
    own PyObject *copyreg = import_copyreg();
    if (!copyreg) { return NULL; }
    bool by_keyword = kwargs && PyDict_GET_SIZE(kwargs) > 0;
    own PyObject *maker = PyObject_GetAttr(copyreg, by_keyword ? ID(__newobj_ex__)
                                           : ID(__newobj__));
    if (!maker) { return NULL; }
    own PyObject *making = by_keyword ? PyTuple_Pack(3, type, args, kwargs)
                                      : class_and_args((PyObject *)type, args);
    if (!making) { return NULL; }

    bool required = !args && !PyList_Check(self) && !PyDict_Check(self);
    own PyObject *state = ask_state(self, required);
    own PyObject *listed = state ? list_items(self) : NULL;
    own PyObject *mapped = listed ? dict_items(self) : NULL;
    return mapped ? PyTuple_Pack(5, maker, making, state, listed, mapped) : NULL;
}

static PyObject *
reduce_protocol(PyObject *self, int protocol)
{
    if (protocol >= 2) { return reduce_newobj(self); }
    own PyObject *copyreg = import_copyreg();
    return copyreg ? PyObject_CallMethod(copyreg, "_reduce_ex", "Oi", self, protocol) : NULL;
}

PyObject *
hob_object_reduce(PyObject *self, PyObject *unused)
{
    return reduce_protocol(self, 0);
}

/* A __reduce__ of the class's own goes before. */
PyObject *
hob_object_reduce_ex(PyObject *self, PyObject *given)
{
    int protocol = _PyLong_AsInt(given);
    if (protocol == -1 && PyErr_Occurred()) { return NULL; }
    PyObject *found;
    if (_PyObject_LookupAttr(self, ID(__reduce__), &found) < 0) { return NULL; }
    own PyObject *reduce = found;
    if (reduce) {
        own PyObject *of_class = PyObject_GetAttr((PyObject *)Py_TYPE(self), ID(__reduce__));
        if (!of_class) { return NULL; }
        if (of_class != hob_type_peek(&PyBaseObject_Type, ID(__reduce__))) {
            return hob_call_noargs(reduce);
        }
    }
    return reduce_protocol(self, protocol);
}

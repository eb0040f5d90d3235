/* mapping.c -- the mapping protocol, type() and format(). */
#include "memory/own.h"
#include "objects/call.h"
#include "objects/ids.h"
#include "objects/object.h"

int
PyMapping_Check(PyObject *self)
{
    return self && Py_TYPE(self)->tp_as_mapping && Py_TYPE(self)->tp_as_mapping->mp_subscript;
}

Py_ssize_t
PyMapping_Size(PyObject *self)
{
    if (UNLIKELY(!self)) {
        hob_error_null();
        return -1;
    }
    PyMappingMethods *mapping = Py_TYPE(self)->tp_as_mapping;
    if (mapping && mapping->mp_length) { return mapping->mp_length(self); }
    PySequenceMethods *sequence = Py_TYPE(self)->tp_as_sequence;
    bool is_sequence = sequence && sequence->sq_length;
    hob_error_type(is_sequence ? "%.200s is not a mapping"
                               : "object of type '%.200s' has no len()", self);
    return -1;
}

#undef PyMapping_Length
Py_ssize_t
PyMapping_Length(PyObject *self)
{
    return PyMapping_Size(self);
}

PyObject *
PyMapping_GetItemString(PyObject *self, const char *key)
{
    if (!key) { return hob_error_null(); }
    own PyObject *text = PyUnicode_FromString(key);
    return text ? PyObject_GetItem(self, text) : NULL;
}

int
PyMapping_SetItemString(PyObject *self, const char *key, PyObject *value)
{
    if (!key) {
        hob_error_null();
        return -1;
    }
    own PyObject *text = PyUnicode_FromString(key);
    return text ? PyObject_SetItem(self, text, value) : -1;
}

int
PyMapping_HasKeyString(PyObject *self, const char *key)
{
    own PyObject *value = PyMapping_GetItemString(self, key);
    if (value) { return 1; }
    PyErr_Clear();
    return 0;
}

int
PyMapping_HasKey(PyObject *self, PyObject *key)
{
    own PyObject *value = PyObject_GetItem(self, key);
    if (value) { return 1; }
    PyErr_Clear();
    return 0;
}

/* list(self.method()) */
static PyObject *
listed(PyObject *self, PyObject *method)
{
    own PyObject *result = hob_call_method(method, &self, 1);
    if (!result || PyList_CheckExact(result)) { return take(result); }
    own PyObject *iterator = PyObject_GetIter(result);
    if (!iterator) {
        if (PyErr_ExceptionMatches(PyExc_TypeError)) {
            PyErr_Format(PyExc_TypeError, "%.200s.%U() returned a non-iterable (type %.200s)",
                         Py_TYPE(self)->tp_name, method, Py_TYPE(result)->tp_name);
        }
        return NULL;
    }
    return PySequence_List(iterator);
}

PyObject *
PyMapping_Keys(PyObject *self)
{
    if (!self) { return hob_error_null(); }
    return PyDict_CheckExact(self) ? PyDict_Keys(self) : listed(self, ID(keys));
}

PyObject *
PyMapping_Items(PyObject *self)
{
    if (!self) { return hob_error_null(); }
    return PyDict_CheckExact(self) ? PyDict_Items(self) : listed(self, ID(items));
}

PyObject *
PyMapping_Values(PyObject *self)
{
    if (!self) { return hob_error_null(); }
    return PyDict_CheckExact(self) ? PyDict_Values(self) : listed(self, ID(values));
}

/* --- type() and format() --- */

PyObject *
PyObject_Type(PyObject *self)
{
    return self ? Py_NewRef(Py_TYPE(self)) : hob_error_null();
}

PyObject *
PyObject_Format(PyObject *self, PyObject *spec)
{
    if (spec && !PyUnicode_Check(spec)) {
        PyErr_Format(PyExc_SystemError, "Format specifier must be a string, not %.200s",
                     Py_TYPE(spec)->tp_name);
        return NULL;
    }
    bool plain = !spec || PyUnicode_GET_LENGTH(spec) == 0;
    if (plain) {                /* str and int have no say in their empty format */
        if (PyUnicode_CheckExact(self)) { return Py_NewRef(self); }
        if (PyLong_CheckExact(self)) { return PyObject_Str(self); }
    }
    own PyObject *empty = spec ? NULL : PyUnicode_New(0, 0);
    if (!spec && !empty) { return NULL; }
    own PyObject *method = _PyObject_LookupSpecial(self, ID(__format__));
    if (!method) {
        if (!PyErr_Occurred()) {
            hob_error_type("Type %.100s doesn't define __format__", self);
        }
        return NULL;
    }
    own PyObject *text = hob_call_one(method, spec ? spec : empty);
    if (text && !PyUnicode_Check(text)) {
        return hob_error_type("__format__ must return a str, not %.200s", text);
    }
    return take(text);
}

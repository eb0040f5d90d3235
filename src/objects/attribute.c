/* attribute.c -- reading and writing attributes by name.
 *
 * Layout     a name is looked up in three places, in this order: a data
 *            descriptor on the type; the instance (inline values or a dict);
 *            anything else on the type.
 * Holds      a missing attribute is AttributeError with name and obj set, unless
 *            the caller asked quietly (hob_object_getattr_quiet and its kin):
 *            then no exception object is ever made.
 * Next       instance.c, type/lookup.c
 */
#include "memory/own.h"
#include "objects/call.h"
#include "objects/dict/dict.h"
#include "objects/ids.h"
#include "objects/instance.h"
#include "objects/object.h"
#include "objects/type/type.h"

/* --- errors --- */

void
hob_error_attribute(PyObject *op, PyObject *name)
{
    PyErr_Format(PyExc_AttributeError, "'%.50s' object has no attribute '%U'",
                 Py_TYPE(op)->tp_name, name);
    hob_error_attribute_context(op, name);
}

void
hob_error_attribute_context(PyObject *op, PyObject *name)
{
    if (!PyErr_ExceptionMatches(PyExc_AttributeError)) { return; }
    PyObject *type, *value, *tb;
    PyErr_Fetch(&type, &value, &tb);
    PyErr_NormalizeException(&type, &value, &tb);
    if (value && PyErr_GivenExceptionMatches(value, PyExc_AttributeError)) {
        PyAttributeErrorObject *error = (PyAttributeErrorObject *)value;
        if (!error->name && !error->obj) {
            error->name = Py_NewRef(name);
            error->obj = Py_NewRef(op);
        }
    }
    PyErr_Restore(type, value, tb);
}

static COLD void
error_name_not_str(PyObject *name)
{
    hob_error_type("attribute name must be string, not '%.200s'", name);
}

/* --- where the instance dict is --- */

/* tp_dictoffset resolved; a negative one counts from the end of the items. */
static inline PyObject **
dict_slot_at_offset(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    Py_ssize_t offset = type->tp_dictoffset;
    if (offset == 0) { return NULL; }
    if (offset < 0) {
        Py_ssize_t n = Py_SIZE(self);
        offset += (Py_ssize_t)_PyObject_VAR_SIZE(type, n < 0 ? -n : n);
        EXPECT(offset > 0);
    }
    return (PyObject **)((char *)self + offset);
}

PyObject **
hob_object_dict_slot(PyObject *self)
{
    if (PyType_HasFeature(Py_TYPE(self), Py_TPFLAGS_MANAGED_DICT)) {
        return *hob_instance_values(self) ? NULL : hob_instance_dict(self);
    }
    return dict_slot_at_offset(self);
}

PyObject **
_PyObject_GetDictPtr(PyObject *self)
{
    if (!PyType_HasFeature(Py_TYPE(self), Py_TPFLAGS_MANAGED_DICT)) {
        return dict_slot_at_offset(self);
    }
    if (*hob_instance_values(self) && !hob_instance_materialise(self)) {
        PyErr_Clear();
        return NULL;
    }
    return hob_instance_dict(self);
}

PyObject *
hob_object_get_dict(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    if (PyType_HasFeature(type, Py_TPFLAGS_MANAGED_DICT)) {
        return Py_XNewRef(hob_instance_materialise(self));
    }
    PyObject **slot = dict_slot_at_offset(self);
    if (!slot) {
        PyErr_SetString(PyExc_AttributeError, "This object has no __dict__");
        return NULL;
    }
    if (!*slot) {
        PyDictKeysObject *keys = PyType_HasFeature(type, Py_TPFLAGS_HEAPTYPE)
                                 ? hob_instance_keys(type) : NULL;
        *slot = keys ? hob_dict_new_shared(keys) : PyDict_New();
    }
    return Py_XNewRef(*slot);
}

PyObject *
PyObject_GenericGetDict(PyObject *self, void *context)
{
    return hob_object_get_dict(self);
}

int
PyObject_GenericSetDict(PyObject *self, PyObject *value, void *context)
{
    PyObject **slot = _PyObject_GetDictPtr(self);
    if (!slot) {
        if (PyType_HasFeature(Py_TYPE(self), Py_TPFLAGS_MANAGED_DICT)) {
            PyErr_NoMemory();
        }
        else {
            PyErr_SetString(PyExc_AttributeError, "This object has no __dict__");
        }
        return -1;
    }
    if (!value) {
        PyErr_SetString(PyExc_TypeError, "cannot delete __dict__");
        return -1;
    }
    if (!PyDict_Check(value)) {
        hob_error_type("__dict__ must be set to a dictionary, not a '%.200s'", value);
        return -1;
    }
    Py_INCREF(value);
    Py_XSETREF(*slot, value);
    return 0;
}

/* --- generic read --- */

/* What the instance itself holds under name: a new reference, or NULL. */
static inline PyObject *
instance_value(PyObject *self, PyTypeObject *type, PyObject *name, PyObject *dict)
{
    if (!dict) {
        if (PyType_HasFeature(type, Py_TPFLAGS_MANAGED_DICT)) {
            PyDictValues *values = *hob_instance_values(self);
            if (values) { return Py_XNewRef(hob_instance_peek(self, values, name)); }
            dict = *hob_instance_dict(self);
        }
        else if (type->tp_dictoffset) {
            dict = *dict_slot_at_offset(self);
        }
        if (!dict) { return NULL; }
    }
    Py_INCREF(dict);
    PyObject *value = Py_XNewRef(PyDict_GetItemWithError(dict, name));
    Py_DECREF(dict);
    return value;
}

/* The attribute, or NULL; without an exception when quiet and merely missing. */
static PyObject *
generic_get(PyObject *self, PyObject *name, PyObject *dict, bool quiet)
{
    PyTypeObject *type = Py_TYPE(self);
    if (UNLIKELY(!PyUnicode_Check(name))) {
        error_name_not_str(name);
        return NULL;
    }
    if (UNLIKELY(!type->tp_dict) && PyType_Ready(type) < 0) { return NULL; }

    PyObject *descr = hob_type_peek(type, name);
    descrgetfunc get = NULL;
    PyObject *result;
    if (descr) {
        Py_INCREF(descr);
        get = Py_TYPE(descr)->tp_descr_get;
        if (get && hob_descr_is_data(descr)) {
            result = get(descr, self, (PyObject *)type);
            Py_DECREF(descr);
            if (!result && quiet) { (void)hob_error_drop(PyExc_AttributeError); }
            return result;
        }
    }
    result = instance_value(self, type, name, dict);
    if (result) {
        Py_XDECREF(descr);
        return result;
    }
    if (UNLIKELY(PyErr_Occurred())) {
        Py_XDECREF(descr);
        if (quiet) { (void)hob_error_drop(PyExc_AttributeError); }
        return NULL;
    }
    if (get) {
        result = get(descr, self, (PyObject *)type);
        Py_DECREF(descr);
        if (!result && quiet) { (void)hob_error_drop(PyExc_AttributeError); }
        return result;
    }
    if (descr) { return descr; }
    if (!quiet) { hob_error_attribute(self, name); }
    return NULL;
}

PyObject *
_PyObject_GenericGetAttrWithDict(PyObject *self, PyObject *name, PyObject *dict, int suppress)
{
    return generic_get(self, name, dict, suppress);
}

PyObject *
PyObject_GenericGetAttr(PyObject *self, PyObject *name)
{
    return generic_get(self, name, NULL, false);
}

/* --- generic write --- */

static status
generic_set_error(PyObject *self, PyObject *name, PyObject *descr)
{
    PyErr_Format(PyExc_AttributeError,
                 descr ? "'%.100s' object attribute '%U' is read-only"
                       : "'%.100s' object has no attribute '%U'",
                 Py_TYPE(self)->tp_name, name);
    return -1;
}

/* The instance has a dict slot (or inline values): store there. */
static status
instance_store(PyObject *self, PyTypeObject *type, PyObject *name, PyObject *value,
               PyObject *descr)
{
    PyObject **slot;
    PyDictKeysObject *shared = NULL;
    if (PyType_HasFeature(type, Py_TPFLAGS_MANAGED_DICT)) {
        PyDictValues *values = *hob_instance_values(self);
        if (values) { return hob_instance_store(self, values, name, value); }
        slot = hob_instance_dict(self);
        shared = hob_instance_keys(type);
    }
    else {
        slot = dict_slot_at_offset(self);
        if (!slot) { return generic_set_error(self, name, descr); }
        if (PyType_HasFeature(type, Py_TPFLAGS_HEAPTYPE)) { shared = hob_instance_keys(type); }
    }
    PyObject *dict = *slot;
    status done;
    if (!dict) {
        if (!value) { return generic_set_error(self, name, NULL); }
        return hob_dict_store_attr(slot, shared, name, value);
    }
    Py_INCREF(dict);
    done = value ? PyDict_SetItem(dict, name, value) : PyDict_DelItem(dict, name);
    Py_DECREF(dict);
    if (done < 0 && !value && hob_error_drop(PyExc_KeyError)) {
        return generic_set_error(self, name, NULL);
    }
    return done;
}

int
_PyObject_GenericSetAttrWithDict(PyObject *self, PyObject *name, PyObject *value,
                                 PyObject *dict)
{
    PyTypeObject *type = Py_TYPE(self);
    if (UNLIKELY(!PyUnicode_Check(name))) {
        error_name_not_str(name);
        return -1;
    }
    if (UNLIKELY(!type->tp_dict) && PyType_Ready(type) < 0) { return -1; }

    Py_INCREF(name);
    Py_INCREF(type);            /* storing may drop the last instance that held it */
    PyObject *descr = Py_XNewRef(hob_type_peek(type, name));
    status done;
    descrsetfunc set = descr ? Py_TYPE(descr)->tp_descr_set : NULL;
    if (set) {
        done = set(descr, self, value);
    }
    else if (dict) {
        done = value ? PyDict_SetItem(dict, name, value) : PyDict_DelItem(dict, name);
        if (done < 0 && hob_error_drop(PyExc_KeyError)) {
            done = generic_set_error(self, name, NULL);
        }
    }
    else {
        done = instance_store(self, type, name, value, descr);
    }
    Py_XDECREF(descr);
    Py_DECREF(type);
    Py_DECREF(name);
    return done;
}

int
PyObject_GenericSetAttr(PyObject *self, PyObject *name, PyObject *value)
{
    return _PyObject_GenericSetAttrWithDict(self, name, value, NULL);
}

/* --- reading through the type's own slot --- */

PyObject *
PyObject_GetAttr(PyObject *self, PyObject *name)
{
    PyTypeObject *type = Py_TYPE(self);
    if (UNLIKELY(!PyUnicode_Check(name))) {
        error_name_not_str(name);
        return NULL;
    }
    if (!hob_c_stack_has_room()) { return NULL; }
    PyObject *result = NULL;
    if (LIKELY(type->tp_getattro != NULL)) {
        result = type->tp_getattro(self, name);
    }
    else if (type->tp_getattr) {
        const char *text = PyUnicode_AsUTF8(name);
        if (!text) { return NULL; }
        result = type->tp_getattr(self, (char *)text);
    }
    else {
        hob_error_attribute(self, name);
        return NULL;
    }
    if (UNLIKELY(!result)) { hob_error_attribute_context(self, name); }
    return result;
}

int
_PyObject_LookupAttr(PyObject *self, PyObject *name, PyObject **result)
{
    PyTypeObject *type = Py_TYPE(self);
    *result = NULL;
    if (UNLIKELY(!PyUnicode_Check(name))) {
        error_name_not_str(name);
        return -1;
    }
    if (!hob_c_stack_has_room()) { return -1; }
    if (type->tp_getattro == PyObject_GenericGetAttr) {
        *result = generic_get(self, name, NULL, true);
        if (*result) { return 1; }
        return PyErr_Occurred() ? -1 : 0;
    }
    if (type->tp_getattro == PyType_Type.tp_getattro) {
        bool missing = false;
        *result = hob_type_getattr((PyTypeObject *)self, name, &missing);
        if (*result) { return 1; }
        if (missing) { return 0; }
    }
    else if (type->tp_getattro) {
        *result = type->tp_getattro(self, name);
    }
    else if (type->tp_getattr) {
        const char *text = PyUnicode_AsUTF8(name);
        if (!text) { return -1; }
        *result = type->tp_getattr(self, (char *)text);
    }
    else {
        return 0;
    }
    if (*result) { return 1; }
    return hob_error_drop(PyExc_AttributeError) ? 0 : -1;
}

PyObject *
hob_object_getattr_quiet(PyObject *self, PyObject *name, bool *missing)
{
    PyObject *result;
    *missing = _PyObject_LookupAttr(self, name, &result) == 0;
    return result;
}

/* The callable for self.name(): 1 with the unbound method (pass self first),
 * 0 with a bound one or any other attribute, or NULL with an exception. */
int
_PyObject_GetMethod(PyObject *self, PyObject *name, PyObject **method)
{
    PyTypeObject *type = Py_TYPE(self);
    *method = NULL;
    if (type->tp_getattro != PyObject_GenericGetAttr || !PyUnicode_Check(name)) {
        *method = PyObject_GetAttr(self, name);
        return 0;
    }
    if (UNLIKELY(!type->tp_dict) && PyType_Ready(type) < 0) { return 0; }

    PyObject *descr = hob_type_peek(type, name);
    descrgetfunc get = NULL;
    bool is_method = false;
    if (descr) {
        Py_INCREF(descr);
        if (PyType_HasFeature(Py_TYPE(descr), Py_TPFLAGS_METHOD_DESCRIPTOR)) {
            is_method = true;
        }
        else {
            get = Py_TYPE(descr)->tp_descr_get;
            if (get && hob_descr_is_data(descr)) {
                *method = get(descr, self, (PyObject *)type);
                Py_DECREF(descr);
                if (!*method) { hob_error_attribute_context(self, name); }
                return 0;
            }
        }
    }
    PyObject *value = instance_value(self, type, name, NULL);
    if (value || PyErr_Occurred()) {
        Py_XDECREF(descr);
        *method = value;
        return 0;
    }
    if (is_method) {
        *method = descr;
        return 1;
    }
    if (get) {
        *method = get(descr, self, (PyObject *)type);
        Py_DECREF(descr);
        if (!*method) { hob_error_attribute_context(self, name); }
        return 0;
    }
    if (descr) {
        *method = descr;
        return 0;
    }
    hob_error_attribute(self, name);
    return 0;
}

int
PyObject_HasAttr(PyObject *self, PyObject *name)
{
    PyObject *value;
    if (_PyObject_LookupAttr(self, name, &value) < 0) {
        PyErr_Clear();
        return 0;
    }
    if (!value) { return 0; }
    Py_DECREF(value);
    return 1;
}

/* --- writing through the type's own slot --- */

static COLD status
set_unsupported(PyObject *self, PyObject *name, PyObject *value)
{
    PyTypeObject *type = Py_TYPE(self);
    bool readable = type->tp_getattr || type->tp_getattro;
    PyErr_Format(PyExc_TypeError,
                 readable ? "'%.100s' object has only read-only attributes (%s .%U)"
                          : "'%.100s' object has no attributes (%s .%U)",
                 type->tp_name, value ? "assign to" : "del", name);
    return -1;
}

int
PyObject_SetAttr(PyObject *self, PyObject *name, PyObject *value)
{
    PyTypeObject *type = Py_TYPE(self);
    if (UNLIKELY(!PyUnicode_Check(name))) {
        error_name_not_str(name);
        return -1;
    }
    Py_INCREF(name);
    PyUnicode_InternInPlace(&name);
    status done;
    if (LIKELY(type->tp_setattro != NULL)) {
        done = type->tp_setattro(self, name, value);
    }
    else if (type->tp_setattr) {
        const char *text = PyUnicode_AsUTF8(name);
        done = text ? type->tp_setattr(self, (char *)text, value) : -1;
    }
    else {
        done = set_unsupported(self, name, value);
    }
    Py_DECREF(name);
    return done;
}

/* --- by C string and by identifier --- */

PyObject *
PyObject_GetAttrString(PyObject *self, const char *name)
{
    if (!Py_TYPE(self)->tp_getattro && Py_TYPE(self)->tp_getattr) {
        return Py_TYPE(self)->tp_getattr(self, (char *)name);
    }
    own PyObject *text = PyUnicode_FromString(name);
    return text ? PyObject_GetAttr(self, text) : NULL;
}

int
PyObject_HasAttrString(PyObject *self, const char *name)
{
    own PyObject *value = PyObject_GetAttrString(self, name);
    if (value) { return 1; }
    PyErr_Clear();
    return 0;
}

int
PyObject_SetAttrString(PyObject *self, const char *name, PyObject *value)
{
    if (!Py_TYPE(self)->tp_setattro && Py_TYPE(self)->tp_setattr) {
        return Py_TYPE(self)->tp_setattr(self, (char *)name, value);
    }
    own PyObject *text = PyUnicode_InternFromString(name);
    return text ? PyObject_SetAttr(self, text, value) : -1;
}

PyObject *
_PyObject_GetAttrId(PyObject *self, _Py_Identifier *name)
{
    PyObject *text = _PyUnicode_FromId(name);
    return text ? PyObject_GetAttr(self, text) : NULL;
}

int
_PyObject_SetAttrId(PyObject *self, _Py_Identifier *name, PyObject *value)
{
    PyObject *text = _PyUnicode_FromId(name);
    return text ? PyObject_SetAttr(self, text, value) : -1;
}

int
_PyObject_LookupAttrId(PyObject *self, _Py_Identifier *name, PyObject **result)
{
    PyObject *text = _PyUnicode_FromId(name);
    if (!text) {
        *result = NULL;
        return -1;
    }
    return _PyObject_LookupAttr(self, text, result);
}

/* instance.c -- inline attribute values of instances: store, read, hand over.
 *
 * Holds      see instance.h.  The order bytes in front of the values follow this
 *            instance's own assignments, so a later __dict__ iterates rightly.
 * Next       attribute.c, dict/keys.h
 */
#include "objects/instance.h"

#include "objects/dict/dict.h"
#include "objects/object.h"

/* Entry number of name in the shared keys, or INDEX_EMPTY. */
static inline Py_ssize_t
instance_find(PyDictKeysObject *keys, PyObject *name)
{
    if (UNLIKELY(!PyUnicode_CheckExact(name))) { return INDEX_EMPTY; }
    return hob_keys_find_str(keys, name, hob_dict_hash(name));
}

PyObject *
hob_instance_peek(PyObject *self, PyDictValues *values, PyObject *name)
{
    PyDictKeysObject *keys = hob_instance_keys(Py_TYPE(self));
    if (LIKELY(PyUnicode_CheckExact(name))) {
        Py_ssize_t ix = instance_find(keys, name);
        return ix >= 0 ? values->values[ix] : NULL;
    }
    /* A subclass of str: its own __eq__ and __hash__ do not count here, as the
     * keys are exact str; compare the text. */
    hob_dict_str_entry *entries = hob_keys_str(keys);
    for (Py_ssize_t i = 0; i < keys->n_entries; i++) {
        if (entries[i].key && _PyUnicode_EQ(entries[i].key, name)) { return values->values[i]; }
    }
    return NULL;
}

/* Through the dict, after inline values turned out not to do. */
static status
instance_store_in_dict(PyObject *self, PyObject *name, PyObject *value)
{
    PyObject *dict = hob_instance_materialise(self);
    if (!dict) { return -1; }
    Py_INCREF(dict);
    status done = value ? PyDict_SetItem(dict, name, value) : PyDict_DelItem(dict, name);
    Py_DECREF(dict);
    if (done < 0 && !value && hob_error_drop(PyExc_KeyError)) {
        PyErr_Format(PyExc_AttributeError, "'%.100s' object has no attribute '%U'",
                     Py_TYPE(self)->tp_name, name);
    }
    return done;
}

status
hob_instance_store(PyObject *self, PyDictValues *values, PyObject *name, PyObject *value)
{
    PyDictKeysObject *keys = hob_instance_keys(Py_TYPE(self));
    Py_ssize_t ix = instance_find(keys, name);
    if (UNLIKELY(ix < 0)) {
        if (value && PyUnicode_CheckExact(name)) {
            ix = hob_keys_add_shared(keys, name, hob_dict_hash(name));
        }
        if (ix < 0) { return instance_store_in_dict(self, name, value); }
    }
    EXPECT(ix < hob_values_capacity(values));
    PyObject *old = values->values[ix];
    if (UNLIKELY(!old)) {
        if (!value) {
            PyErr_Format(PyExc_AttributeError, "'%.100s' object has no attribute '%U'",
                         Py_TYPE(self)->tp_name, name);
            return -1;
        }
        values->values[ix] = Py_NewRef(value);
        hob_values_note(values, ix);
        return 0;
    }
    values->values[ix] = Py_XNewRef(value);
    if (!value) { hob_values_forget(values, ix); }
    Py_DECREF(old);
    return 0;
}

PyObject *
hob_instance_materialise(PyObject *self)
{
    PyObject **slot = hob_instance_dict(self);
    if (*slot) { return *slot; }
    PyDictKeysObject *keys = hob_instance_keys(Py_TYPE(self));
    PyDictValues *inside = *hob_instance_values(self);
    PyObject *dict;
    if (!inside) {
        dict = keys ? hob_dict_new_shared(keys) : PyDict_New();
        if (!dict) { return NULL; }
    }
    else {
        PyDictValues *outside = hob_values_new(keys);
        if (!outside) { return NULL; }
        EXPECT(hob_values_capacity(outside) >= keys->n_entries);
        int n = hob_values_length(inside);
        for (int i = 0; i < n; i++) {
            int ix = hob_values_order(inside, i);
            outside->values[ix] = inside->values[ix];
            hob_values_note(outside, ix);
        }
        dict = hob_dict_from_values(keys, outside);
        if (!dict) {
            hob_values_free(outside);
            return NULL;
        }
        *hob_instance_values(self) = NULL;
    }
    *slot = dict;
    return dict;
}

bool
hob_instance_is_empty(PyObject *self)
{
    PyDictValues *values = *hob_instance_values(self);
    if (values) { return hob_values_length(values) == 0; }
    PyObject *dict = *hob_instance_dict(self);
    return !dict || PyDict_GET_SIZE(dict) == 0;
}

int
hob_instance_traverse(PyObject *self, visitproc visit, void *arg)
{
    PyDictValues *values = *hob_instance_values(self);
    if (values) {
        int n = hob_values_length(values);
        for (int i = 0; i < n; i++) {
            PyObject *value = values->values[hob_values_order(values, i)];
            Py_VISIT(value);
        }
    }
    Py_VISIT(*hob_instance_dict(self));
    return 0;
}

void
hob_instance_clear(PyObject *self)
{
    PyDictValues **slot = hob_instance_values(self);
    PyDictValues *values = *slot;
    if (values) {
        *slot = NULL;           /* what runs below sees an object without values */
        int n = hob_values_length(values);
        for (int i = 0; i < n; i++) {
            int ix = hob_values_order(values, i);
            Py_CLEAR(values->values[ix]);
        }
    }
    Py_CLEAR(*hob_instance_dict(self));
}

/* --- invariants --- */

bool
hob_instance_check(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyDictValues *values = *hob_instance_values(self);
    PyObject *dict = *hob_instance_dict(self);
    PyDictKeysObject *keys = hob_instance_keys(type);
    INVARIANT(1, !values || !dict);
    INVARIANT(2, !dict || PyDict_Check(dict));
    if (!values) { return true; }
    INVARIANT(3, keys && (char *)values > (char *)self);
    INVARIANT(4, hob_values_capacity(values) >= hob_values_length(values));
    for (int i = 0; i < hob_values_capacity(values); i++) {
        INVARIANT(5, !values->values[i] || Py_REFCNT(values->values[i]) > 0);
    }
    return true;
}

/* merge.c -- filling a dict from elsewhere: another dict, a mapping, pairs, keys.
 *
 * Holds      the source may change while we copy from it only through code that
 *            hashing, comparing or iterating runs; for a dict source that is
 *            noticed and reported.
 */
#include "objects/dict/dict_int.h"

#include "objects/ids.h"

/* --- from a dict --- */

static bool
is_plain(PyObject *op)
{
    return PyDict_Check(op) && Py_TYPE(op)->tp_iter == hob_dict_tp_iter;
}

/* An empty dict takes a copy of a dense table as it lies. */
static tri
merge_by_copy(PyDictObject *self, PyDictObject *other)
{
    PyDictKeysObject *keys = other->ma_keys;
    if (self->ma_used || self->ma_values || other->ma_values
            || other->ma_used != keys->n_entries) {
        return 0;
    }
    bool is_dense = keys->log2_size == DICT_MIN_LOG2
                    || hob_keys_room(keys->log2_size - 1) < other->ma_used;
    if (!is_dense) { return 0; }
    PyDictKeysObject *copy = hob_keys_copy(keys);
    if (!copy) { return -1; }
    if (hob_gc_is_tracked(other) && !hob_gc_is_tracked(self)) { hob_gc_track(self); }
    hob_dict_touch(self, DICT_EVENT_ADD, NULL, NULL);
    PyDictKeysObject *old = self->ma_keys;
    self->ma_keys = copy;
    self->ma_used = other->ma_used;
    hob_keys_decref(old);
    return 1;
}

static status
reserve(PyDictObject *self, PyDictObject *other)
{
    if (hob_keys_room(self->ma_keys->log2_size) >= other->ma_used) { return 0; }
    Py_ssize_t n = self->ma_used + other->ma_used;
    return hob_dict_resize(self, hob_keys_log2_for((n * 3 + 1) / 2),
                           other->ma_keys->kind == KEYS_GENERAL);
}

static status
merge_one(PyDictObject *self, PyObject *key, Py_hash_t hash, PyObject *value, int mode)
{
    if (mode == MERGE_REPLACE) {
        return hob_dict_insert(self, Py_NewRef(key), hash, Py_NewRef(value));
    }
    PyObject *present;
    if (hob_dict_find(self, key, hash, &present) == INDEX_ERROR) { return -1; }
    if (!present) { return hob_dict_insert(self, Py_NewRef(key), hash, Py_NewRef(value)); }
    if (mode == MERGE_KEEP) { return 0; }
    _PyErr_SetKeyError(key);
    return -1;
}

static status
merge_dict(PyDictObject *self, PyDictObject *other, int mode)
{
    if (other == self || other->ma_used == 0) { return 0; }
    if (self->ma_used == 0) {
        tri done = merge_by_copy(self, other);
        if (done) { return done < 0 ? -1 : 0; }
        mode = MERGE_REPLACE;           /* no key can be in both */
    }
    if (reserve(self, other) < 0) { return -1; }

    Py_ssize_t n_entries = other->ma_keys->n_entries;
    Py_ssize_t pos = 0;
    PyObject *key, *value;
    Py_hash_t hash;
    while (hob_dict_step(other, &pos, &key, &value, &hash)) {
        own PyObject *held_key = Py_NewRef(key);
        own PyObject *held_value = Py_NewRef(value);
        if (merge_one(self, held_key, hash, held_value, mode) < 0) { return -1; }
        if (other->ma_keys->n_entries != n_entries) {
            PyErr_SetString(PyExc_RuntimeError, "dict mutated during update");
            return -1;
        }
    }
    return 0;
}

/* --- from any mapping --- */

static status
merge_key(PyObject *self, PyObject *other, PyObject *key, int mode)
{
    if (mode != MERGE_REPLACE) {
        tri present = PyDict_Contains(self, key);
        if (present < 0) { return -1; }
        if (present && mode == MERGE_KEEP) { return 0; }
        if (present) {
            _PyErr_SetKeyError(key);
            return -1;
        }
    }
    own PyObject *value = PyObject_GetItem(other, key);
    if (!value) { return -1; }
    return PyDict_SetItem(self, key, value);
}

static status
merge_mapping(PyObject *self, PyObject *other, int mode)
{
    own PyObject *keys = PyMapping_Keys(other);
    if (!keys) { return -1; }
    own PyObject *iter = PyObject_GetIter(keys);
    if (!iter) { return -1; }
    for (;;) {
        own PyObject *key = PyIter_Next(iter);
        if (!key) { return PyErr_Occurred() ? -1 : 0; }
        if (merge_key(self, other, key, mode) < 0) { return -1; }
    }
}

status
hob_dict_merge(PyObject *self, PyObject *other, int mode)
{
    if (!self || !PyDict_Check(self) || !other) {
        PyErr_BadInternalCall();
        return -1;
    }
    if (is_plain(other)) {
        return merge_dict((PyDictObject *)self, (PyDictObject *)other, mode);
    }
    return merge_mapping(self, other, mode);
}

int
PyDict_Merge(PyObject *self, PyObject *other, int override)
{
    return hob_dict_merge(self, other, override != 0);
}

int
PyDict_Update(PyObject *self, PyObject *other)
{
    return hob_dict_merge(self, other, MERGE_REPLACE);
}

int
_PyDict_MergeEx(PyObject *self, PyObject *other, int override)
{
    return hob_dict_merge(self, other, override);
}

/* --- from pairs --- */

static status
merge_pair(PyObject *self, PyObject *item, Py_ssize_t i, int mode)
{
    own PyObject *pair = PySequence_Fast(item, "");
    if (!pair) {
        if (PyErr_ExceptionMatches(PyExc_TypeError)) {
            PyErr_Format(PyExc_TypeError,
                         "cannot convert dictionary update sequence element #%zd to a sequence",
                         i);
        }
        return -1;
    }
    Py_ssize_t n = PySequence_Fast_GET_SIZE(pair);
    if (n != 2) {
        PyErr_Format(PyExc_ValueError,
                     "dictionary update sequence element #%zd has length %zd; 2 is required",
                     i, n);
        return -1;
    }
    own PyObject *key = Py_NewRef(PySequence_Fast_GET_ITEM(pair, 0));
    own PyObject *value = Py_NewRef(PySequence_Fast_GET_ITEM(pair, 1));
    if (mode) { return PyDict_SetItem(self, key, value); }
    return PyDict_SetDefault(self, key, value) ? 0 : -1;
}

int
PyDict_MergeFromSeq2(PyObject *self, PyObject *pairs, int override)
{
    own PyObject *iter = PyObject_GetIter(pairs);
    if (!iter) { return -1; }
    for (Py_ssize_t i = 0;; i++) {
        own PyObject *item = PyIter_Next(iter);
        if (!item) { return PyErr_Occurred() ? -1 : 0; }
        if (merge_pair(self, item, i, override) < 0) { return -1; }
    }
}

/* --- what update() and dict() accept --- */

status
hob_dict_update_from(PyObject *self, PyObject *source)
{
    if (PyDict_CheckExact(source)) { return hob_dict_merge(self, source, MERGE_REPLACE); }
    PyObject *method;
    if (_PyObject_LookupAttr(source, ID(keys), &method) < 0) { return -1; }
    if (!method) { return PyDict_MergeFromSeq2(self, source, 1); }
    Py_DECREF(method);
    return hob_dict_merge(self, source, MERGE_REPLACE);
}

status
hob_dict_update_args(PyObject *self, PyObject *args, PyObject *kwargs, const char *name)
{
    PyObject *source = NULL;
    if (!PyArg_UnpackTuple(args, name, 0, 1, &source)) { return -1; }
    if (source && hob_dict_update_from(self, source) < 0) { return -1; }
    if (!kwargs) { return 0; }
    if (!PyArg_ValidateKeywordArguments(kwargs)) { return -1; }
    return hob_dict_merge(self, kwargs, MERGE_REPLACE);
}

/* --- fromkeys --- */

static status
fill_from_dict(PyDictObject *self, PyDictObject *source, PyObject *value)
{
    Py_ssize_t pos = 0;
    PyObject *key;
    Py_hash_t hash;
    if (hob_dict_resize(self, hob_keys_log2_for((source->ma_used * 3 + 1) / 2),
                        source->ma_keys->kind == KEYS_GENERAL) < 0) {
        return -1;
    }
    while (hob_dict_step(source, &pos, &key, NULL, &hash)) {
        if (hob_dict_insert(self, Py_NewRef(key), hash, Py_NewRef(value)) < 0) { return -1; }
    }
    return 0;
}

static status
fill_from_set(PyDictObject *self, PyObject *source, PyObject *value)
{
    Py_ssize_t pos = 0;
    PyObject *key;
    Py_hash_t hash;
    if (hob_dict_resize(self, hob_keys_log2_for((PySet_GET_SIZE(source) * 3 + 1) / 2),
                        true) < 0) {
        return -1;
    }
    while (_PySet_NextEntry(source, &pos, &key, &hash)) {
        if (hob_dict_insert(self, Py_NewRef(key), hash, Py_NewRef(value)) < 0) { return -1; }
    }
    return 0;
}

static status
fill_from_iterable(PyObject *self, PyObject *iterable, PyObject *value)
{
    own PyObject *iter = PyObject_GetIter(iterable);
    if (!iter) { return -1; }
    bool is_exact = PyDict_CheckExact(self);
    for (;;) {
        own PyObject *key = PyIter_Next(iter);
        if (!key) { return PyErr_Occurred() ? -1 : 0; }
        status done = is_exact ? PyDict_SetItem(self, key, value)
                               : PyObject_SetItem(self, key, value);
        if (done < 0) { return -1; }
    }
}

PyObject *
hob_dict_fromkeys(PyObject *cls, PyObject *iterable, PyObject *value)
{
    own PyObject *made = PyObject_CallNoArgs(cls);
    if (!made) { return NULL; }
    PyDictObject *self = (PyDictObject *)made;
    status done;
    if (PyDict_CheckExact(made) && self->ma_used == 0 && PyDict_CheckExact(iterable)) {
        done = fill_from_dict(self, (PyDictObject *)iterable, value);
    }
    else if (PyDict_CheckExact(made) && self->ma_used == 0 && PyAnySet_CheckExact(iterable)) {
        done = fill_from_set(self, iterable, value);
    }
    else {
        done = fill_from_iterable(made, iterable, value);
    }
    return done < 0 ? NULL : take(made);
}

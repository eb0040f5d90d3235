/* api.c -- PyDict_*: the dict for C callers.
 *
 * Holds      getters return borrowed references; the plain PyDict_GetItem and
 *            PyDict_GetItemString swallow errors, as they always have.
 */
#include "objects/dict/dict_int.h"

static tri
is_dict(PyObject *op)
{
    if (LIKELY(op && PyDict_Check(op))) { return 1; }
    PyErr_BadInternalCall();
    return 0;
}

/* --- make --- */

PyObject *
PyDict_New(void)
{
    return hob_dict_over(&hob_keys_empty, NULL, 0);
}

PyObject *
_PyDict_NewPresized(Py_ssize_t n)
{
    return hob_dict_new_for(n, false);
}

/* --- get --- */

PyObject *
_PyDict_GetItem_KnownHash(PyObject *op, PyObject *key, Py_hash_t hash)
{
    if (!is_dict(op)) { return NULL; }
    PyObject *value;
    hob_dict_find_fast((PyDictObject *)op, key, hash, &value);
    return value;
}

PyObject *
PyDict_GetItemWithError(PyObject *op, PyObject *key)
{
    if (!is_dict(op)) { return NULL; }
    Py_hash_t hash = hob_dict_hash(key);
    if (hash == -1) { return NULL; }
    PyObject *value;
    hob_dict_find_fast((PyDictObject *)op, key, hash, &value);
    return value;
}

PyObject *
_PyDict_GetItemWithError(PyObject *op, PyObject *key)
{
    return PyDict_GetItemWithError(op, key);
}

PyObject *
PyDict_GetItem(PyObject *op, PyObject *key)
{
    if (!op || !PyDict_Check(op)) { return NULL; }
    /* errors are suppressed, and one that is pending must survive */
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    Py_hash_t hash = hob_dict_hash(key);
    PyObject *found = NULL;
    if (hash != -1) { hob_dict_find_fast((PyDictObject *)op, key, hash, &found); }
    PyErr_Restore(type, value, traceback);
    return found;
}

PyObject *
PyDict_GetItemString(PyObject *op, const char *key)
{
    own PyObject *name = PyUnicode_FromString(key);
    if (!name) {
        PyErr_Clear();
        return NULL;
    }
    return PyDict_GetItem(op, name);
}

PyObject *
_PyDict_GetItemStringWithError(PyObject *op, const char *key)
{
    own PyObject *name = PyUnicode_FromString(key);
    return name ? PyDict_GetItemWithError(op, name) : NULL;
}

PyObject *
_PyDict_GetItemIdWithError(PyObject *op, _Py_Identifier *key)
{
    PyObject *name = _PyUnicode_FromId(key);
    return name ? PyDict_GetItemWithError(op, name) : NULL;
}

int
_PyDict_Contains_KnownHash(PyObject *op, PyObject *key, Py_hash_t hash)
{
    PyObject *value;
    Py_ssize_t ix = hob_dict_find_fast((PyDictObject *)op, key, hash, &value);
    return ix == INDEX_ERROR ? -1 : value != NULL;
}

int
PyDict_Contains(PyObject *op, PyObject *key)
{
    Py_hash_t hash = hob_dict_hash(key);
    return hash == -1 ? -1 : _PyDict_Contains_KnownHash(op, key, hash);
}

int
_PyDict_ContainsId(PyObject *op, _Py_Identifier *key)
{
    PyObject *name = _PyUnicode_FromId(key);
    return name ? PyDict_Contains(op, name) : -1;
}

/* --- set --- */

int
PyDict_SetItem(PyObject *op, PyObject *key, PyObject *value)
{
    if (!is_dict(op)) { return -1; }
    EXPECT(key && value);
    return hob_dict_give((PyDictObject *)op, Py_NewRef(key), Py_NewRef(value));
}

int
_PyDict_SetItem_KnownHash(PyObject *op, PyObject *key, PyObject *value, Py_hash_t hash)
{
    if (!is_dict(op)) { return -1; }
    return hob_dict_insert((PyDictObject *)op, Py_NewRef(key), hash, Py_NewRef(value));
}

int
PyDict_SetItemString(PyObject *op, const char *key, PyObject *value)
{
    PyObject *name = PyUnicode_FromString(key);
    if (!name) { return -1; }
    PyUnicode_InternInPlace(&name);
    status done = PyDict_SetItem(op, name, value);
    Py_DECREF(name);
    return done;
}

int
_PyDict_SetItemId(PyObject *op, _Py_Identifier *key, PyObject *value)
{
    PyObject *name = _PyUnicode_FromId(key);
    return name ? PyDict_SetItem(op, name, value) : -1;
}

/* --- delete --- */

int
_PyDict_DelItem_KnownHash(PyObject *op, PyObject *key, Py_hash_t hash)
{
    if (!is_dict(op)) { return -1; }
    PyObject *value = hob_dict_pop_hash(op, key, hash, NULL);
    if (!value) { return -1; }
    Py_DECREF(value);
    return 0;
}

int
PyDict_DelItem(PyObject *op, PyObject *key)
{
    Py_hash_t hash = hob_dict_hash(key);
    return hash == -1 ? -1 : _PyDict_DelItem_KnownHash(op, key, hash);
}

int
PyDict_DelItemString(PyObject *op, const char *key)
{
    own PyObject *name = PyUnicode_FromString(key);
    return name ? PyDict_DelItem(op, name) : -1;
}

int
_PyDict_DelItemId(PyObject *op, _Py_Identifier *key)
{
    PyObject *name = _PyUnicode_FromId(key);
    return name ? PyDict_DelItem(op, name) : -1;
}

/* Delete key if predicate(value) says so: nothing runs between asking and doing. */
int
_PyDict_DelItemIf(PyObject *op, PyObject *key, int (*predicate)(PyObject *value))
{
    if (!is_dict(op)) { return -1; }
    PyDictObject *self = (PyDictObject *)op;
    Py_hash_t hash = PyObject_Hash(key);
    if (hash == -1) { return -1; }
    PyObject *value;
    Py_ssize_t ix = hob_dict_find_fast(self, key, hash, &value);
    if (ix == INDEX_ERROR) { return -1; }
    if (!value) {
        _PyErr_SetKeyError(key);
        return -1;
    }
    tri wanted = predicate(value);
    if (wanted <= 0) { return wanted; }
    Py_DECREF(hob_dict_remove(self, ix, hash));
    return 0;
}

PyObject *
_PyDict_Pop(PyObject *op, PyObject *key, PyObject *fallback)
{
    PyDictObject *self = (PyDictObject *)op;
    if (self->ma_used == 0) {               /* the key need not be hashable then */
        if (fallback) { return Py_NewRef(fallback); }
        _PyErr_SetKeyError(key);
        return NULL;
    }
    Py_hash_t hash = hob_dict_hash(key);
    return hash == -1 ? NULL : hob_dict_pop_hash(op, key, hash, fallback);
}

/* --- walk and list --- */

int
PyDict_Next(PyObject *op, Py_ssize_t *pos, PyObject **key, PyObject **value)
{
    return op && PyDict_Check(op) && hob_dict_step((PyDictObject *)op, pos, key, value, NULL);
}

int
_PyDict_Next(PyObject *op, Py_ssize_t *pos, PyObject **key, PyObject **value, Py_hash_t *hash)
{
    return op && PyDict_Check(op) && hob_dict_step((PyDictObject *)op, pos, key, value, hash);
}

/* A list of n slots for what; allocating may run the collector and so change the
 * dict, hence the loop in hob_dict_list. */
static PyObject *
list_slots(Py_ssize_t n, int what)
{
    own PyObject *list = PyList_New(n);
    if (!list || what != LIST_ITEMS) { return take(list); }
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *pair = PyTuple_New(2);
        if (!pair) { return NULL; }
        PyList_SET_ITEM(list, i, pair);
    }
    return take(list);
}

PyObject *
hob_dict_list(PyDictObject *self, int what)
{
    PyObject *list;
    for (;;) {
        Py_ssize_t n = self->ma_used;
        list = list_slots(n, what);
        if (!list) { return NULL; }
        if (n == self->ma_used) { break; }
        Py_DECREF(list);
    }
    Py_ssize_t pos = 0;
    PyObject *key, *value;
    for (Py_ssize_t i = 0; hob_dict_step(self, &pos, &key, &value, NULL); i++) {
        if (what == LIST_ITEMS) {
            PyObject *pair = PyList_GET_ITEM(list, i);
            PyTuple_SET_ITEM(pair, 0, Py_NewRef(key));
            PyTuple_SET_ITEM(pair, 1, Py_NewRef(value));
        }
        else {
            PyList_SET_ITEM(list, i, Py_NewRef(what == LIST_KEYS ? key : value));
        }
    }
    return list;
}

PyObject *
PyDict_Keys(PyObject *op)
{
    return is_dict(op) ? hob_dict_list((PyDictObject *)op, LIST_KEYS) : NULL;
}

PyObject *
PyDict_Values(PyObject *op)
{
    return is_dict(op) ? hob_dict_list((PyDictObject *)op, LIST_VALUES) : NULL;
}

PyObject *
PyDict_Items(PyObject *op)
{
    return is_dict(op) ? hob_dict_list((PyDictObject *)op, LIST_ITEMS) : NULL;
}

/* --- facts --- */

Py_ssize_t
PyDict_Size(PyObject *op)
{
    return is_dict(op) ? ((PyDictObject *)op)->ma_used : -1;
}

Py_ssize_t
_PyDict_SizeOf(PyDictObject *self)
{
    Py_ssize_t size = Py_TYPE(self)->tp_basicsize;
    if (self->ma_values) {
        int capacity = hob_values_capacity(self->ma_values);
        size += (Py_ssize_t)(hob_values_prefix(capacity) + sizeof(PyObject *) * capacity);
    }
    /* shared keys are counted with the class that shares them */
    if (self->ma_keys->refcnt == 1 && self->ma_keys != &hob_keys_empty) {
        size += hob_keys_bytes(self->ma_keys);
    }
    return size;
}

int
_PyDict_HasOnlyStringKeys(PyObject *op)
{
    PyDictObject *self = (PyDictObject *)op;
    if (self->ma_keys->kind != KEYS_GENERAL) { return 1; }
    Py_ssize_t pos = 0;
    PyObject *key;
    while (hob_dict_step(self, &pos, &key, NULL, NULL)) {
        if (!PyUnicode_Check(key)) { return 0; }
    }
    return 1;
}

/* Called by the collector: a dict of plain data needs no watching. */
void
_PyDict_MaybeUntrack(PyObject *op)
{
    if (!PyDict_CheckExact(op) || !hob_gc_is_tracked(op)) { return; }
    PyDictObject *self = (PyDictObject *)op;
    bool has_str_keys = self->ma_keys->kind != KEYS_GENERAL;
    Py_ssize_t pos = 0;
    PyObject *key, *value;
    while (hob_dict_step(self, &pos, &key, &value, NULL)) {
        if (hob_gc_is_trackable(value) || (!has_str_keys && hob_gc_is_trackable(key))) { return; }
    }
    hob_gc_untrack(op);
}

HOB_EXPORT int
_PyDict_CheckConsistency(PyObject *op, int check_content)
{
    ENSURE(PyDict_Check(op));
    ENSURE(!check_content || hob_dict_check((PyDictObject *)op));
    return 1;
}

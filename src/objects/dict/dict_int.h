/* dict_int.h -- what the files of dict/ share. */
#pragma once
#include "objects/dict/dict.h"

#include "memory/gc.h"
#include "memory/own.h"

/* --- one change at a time (dict.c) --- */

/* self[key] = value. */
MUST_USE status hob_dict_insert(PyDictObject *self, STOLEN PyObject *key, Py_hash_t hash,
                                STOLEN PyObject *value);

/* The same for a key that is known to be absent. */
MUST_USE status hob_dict_insert_absent(PyDictObject *self, STOLEN PyObject *key, Py_hash_t hash,
                                       STOLEN PyObject *value);

/* Remove entry ix, which is there; returns its value, the caller's now. */
PyObject *hob_dict_remove(PyDictObject *self, Py_ssize_t ix, Py_hash_t hash);

/* Make room for n_slots slots at least; a split dict becomes combined. */
MUST_USE status hob_dict_resize(PyDictObject *self, int log2_size, bool is_general);

/* --- whole dicts (dict.c) --- */

/* A dict that takes over a table (and values); the table is dropped on failure. */
MUST_USE PyObject *hob_dict_over(STOLEN PyDictKeysObject *keys, PyDictValues *values,
                                 Py_ssize_t used);
MUST_USE PyObject *hob_dict_new_for(Py_ssize_t n, bool is_str);
void hob_dict_track_for(PyDictObject *self, PyObject *key, PyObject *value);
void hob_dict_touch_slow(PyDictObject *self, hob_dict_event event, PyObject *key,
                         PyObject *value);
extern uint64_t hob_dict_last_version;
void hob_dict_dealloc(PyObject *op);                            /* tp_dealloc of dict */

/* Take a new version for a change that is about to happen. */
static inline void
hob_dict_touch(PyDictObject *self, hob_dict_event event, PyObject *key, PyObject *value)
{
    if (UNLIKELY(self->ma_version_tag & DICT_WATCHED)) {
        hob_dict_touch_slow(self, event, key, value);
    }
    hob_dict_last_version += DICT_VERSION_STEP;
    self->ma_version_tag = hob_dict_last_version | (self->ma_version_tag & DICT_WATCHED);
}

/* Begin to track self when a new key or value asks for it. */
static inline void
hob_dict_track(PyDictObject *self, PyObject *key, PyObject *value)
{
    if (!hob_gc_is_tracked(self)) { hob_dict_track_for(self, key, value); }
}

/* hob_dict_find with the commonest case inline: a str in a small table of strs. */
static ALWAYS_INLINE Py_ssize_t
hob_dict_find_fast(PyDictObject *self, PyObject *key, Py_hash_t hash, PyObject **value)
{
    PyDictKeysObject *keys = self->ma_keys;
    if (keys->kind != KEYS_STR || !PyUnicode_CheckExact(key) || keys->log2_size >= 8) {
        return hob_dict_find(self, key, hash, value);
    }
    Py_ssize_t ix = hob_keys_find_small(keys, key, hash);
    *value = ix >= 0 ? hob_keys_str(keys)[ix].value : NULL;
    return ix;
}

/* hob_dict_step, inline; nothing may be NULL. */
static ALWAYS_INLINE bool
hob_dict_walk(PyDictObject *self, Py_ssize_t *pos, PyObject **key, PyObject **value,
              Py_hash_t *hash)
{
    Py_ssize_t i = *pos;
    PyDictKeysObject *keys = self->ma_keys;
    if (UNLIKELY(i < 0)) { return false; }
    if (UNLIKELY(self->ma_values != NULL)) {
        if (i >= hob_values_length(self->ma_values)) { return false; }
        int ix = hob_values_order(self->ma_values, (int)i);
        *key = hob_keys_str(keys)[ix].key;
        *value = self->ma_values->values[ix];
        *hash = ((PyASCIIObject *)*key)->hash;
    }
    else if (keys->kind != KEYS_GENERAL) {
        hob_dict_str_entry *entries = hob_keys_str(keys);
        while (i < keys->n_entries && !entries[i].value) { i++; }
        if (i >= keys->n_entries) { return false; }
        *key = entries[i].key;
        *value = entries[i].value;
        *hash = ((PyASCIIObject *)*key)->hash;
    }
    else {
        hob_dict_entry *entries = hob_keys_general(keys);
        while (i < keys->n_entries && !entries[i].value) { i++; }
        if (i >= keys->n_entries) { return false; }
        *key = entries[i].key;
        *value = entries[i].value;
        *hash = entries[i].hash;
    }
    *pos = i + 1;
    return true;
}

/* --- merge.c --- */

enum { MERGE_KEEP = 0, MERGE_REPLACE = 1, MERGE_REFUSE = 2 };   /* a key in both */

MUST_USE status hob_dict_merge(PyObject *self, PyObject *other, int mode);
MUST_USE status hob_dict_update_from(PyObject *self, PyObject *source); /* mapping or pairs */
MUST_USE status hob_dict_update_args(PyObject *self, PyObject *args, PyObject *kwargs,
                                     const char *name);
MUST_USE PyObject *hob_dict_fromkeys(PyObject *cls, PyObject *iterable, PyObject *value);

/* --- type.c, iter.c, views.c --- */
PyObject *hob_dict_tp_iter(PyObject *self);                        /* tp_iter of dict */
PyObject *hob_dict_make_iter(PyDictObject *dict, PyTypeObject *type);
MUST_USE tri hob_dict_equal(PyDictObject *a, PyDictObject *b);
MUST_USE PyObject *hob_dict_list(PyDictObject *self, int what); /* LIST_KEYS .. */
enum { LIST_KEYS = 1, LIST_VALUES = 2, LIST_ITEMS = 3 };

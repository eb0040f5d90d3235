/* dict.h -- what other files may do with a dict, beyond the public API.
 *
 * Layout     PyDictObject (public): ma_used, ma_version_tag, ma_keys, ma_values.
 *            keys.h draws the tables.  ma_values is NULL for a combined dict.
 * Holds      ma_version_tag is unique over all dicts and grows: each insert,
 *            change of a value, delete and clear takes a new one (a store of the
 *            value that is there does not).  Its bit 0 is not part of the count:
 *            it says that the dict is watched.
 * Hazard     a lookup in a KEYS_GENERAL table may run __eq__, which may do
 *            anything to the dict.
 */
#pragma once
#include <Python.h>

#include "base/c.h"
#include "objects/dict/keys.h"

/* --- lookup --- */

/* Find key: its entry number and borrowed *value (NULL in *value when absent);
 * INDEX_EMPTY, or INDEX_ERROR with an exception. */
Py_ssize_t hob_dict_find(PyDictObject *self, PyObject *key, Py_hash_t hash, PyObject **value);

/* The value of an exact str whose hash is known to be cached (interned names). */
MAYBE_NULL BORROWED PyObject *hob_dict_peek_str(PyDictObject *self, PyObject *key);

/* A name in globals, else in builtins; both exact dicts. */
MAYBE_NULL PyObject *hob_dict_load_global(PyDictObject *globals, PyDictObject *builtins,
                                          PyObject *key);

/* The hash of key; of an exact str with cached hash in one load. */
static inline Py_hash_t
hob_dict_hash(PyObject *key)
{
    if (PyUnicode_CheckExact(key)) {
        Py_hash_t hash = ((PyASCIIObject *)key)->hash;
        if (LIKELY(hash != -1)) { return hash; }
    }
    return PyObject_Hash(key);
}

/* --- making and changing --- */

/* A dict over the values of an instance; both are taken over on success: the
 * keys get one more reference, the values a new owner. */
MUST_USE PyObject *hob_dict_from_values(PyDictKeysObject *keys, PyDictValues *values);

/* n pairs at keys[0], keys[stride] .. and values[0], values[stride] ..; borrowed. */
MUST_USE PyObject *hob_dict_from_items(PyObject *const *keys, Py_ssize_t keys_stride,
                                       PyObject *const *values, Py_ssize_t values_stride,
                                       Py_ssize_t n);

/* self[key] = value, taking over both references. */
MUST_USE status hob_dict_give(PyDictObject *self, STOLEN PyObject *key, STOLEN PyObject *value);

/* d[name] = value (NULL deletes: KeyError when absent) for the __dict__ of an
 * instance; like PyDict_SetItem, but a fresh dict starts from the shared keys. */
MUST_USE status hob_dict_store_attr(PyObject **slot, PyDictKeysObject *shared, PyObject *name,
                                    PyObject *value);

/* An empty dict that shares keys (may come back unshared). */
MUST_USE PyObject *hob_dict_new_shared(PyDictKeysObject *keys);

/* d.pop(key) with the hash known; fallback NULL raises KeyError. */
MUST_USE PyObject *hob_dict_pop_hash(PyObject *self, PyObject *key, Py_hash_t hash,
                                     PyObject *fallback);

/* --- watching: the machine caches globals and builtins --- */

enum { DICT_WATCHED = 1, DICT_VERSION_STEP = 2 };

typedef enum hob_dict_event {
    DICT_EVENT_ADD, DICT_EVENT_CHANGE, DICT_EVENT_DELETE, DICT_EVENT_CLEAR, DICT_EVENT_DEALLOC,
} hob_dict_event;

/* Called before the change; key and value are borrowed, NULL where senseless. */
typedef void (*hob_dict_watcher)(PyDictObject *self, hob_dict_event event, PyObject *key,
                                 PyObject *value);

extern hob_dict_watcher hob_dict_on_change;     /* NULL until the machine sets it */

static inline void
hob_dict_watch(PyObject *self)
{
    ((PyDictObject *)self)->ma_version_tag |= DICT_WATCHED;
}

static inline void
hob_dict_unwatch(PyObject *self)
{
    ((PyDictObject *)self)->ma_version_tag &= ~(uint64_t)DICT_WATCHED;
}

/* --- iteration --- */

/* One step of a walk in insertion order, starting from *pos = 0: value (and key,
 * hash when not NULL) are borrowed; false at the end. */
bool hob_dict_step(PyDictObject *self, Py_ssize_t *pos, PyObject **key, PyObject **value,
                   Py_hash_t *hash);

/* --- memory --- */
void hob_dict_clear_freelists(void);            /* for full collections and the end */
bool hob_dict_check(PyDictObject *self);        /* deep invariants */

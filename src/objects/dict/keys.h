/* keys.h -- the two tables of a dict: keys, and for split dicts values.
 *
 * Layout     one block:
 *              [ header 32 bytes ][ indices: 1 << log2_index_bytes bytes ][ entries ]
 *            indices are int8, int16, int32 or int64 by table size and hold
 *            an entry number, INDEX_EMPTY or INDEX_DUMMY.  Entries are in
 *            insertion order: hob_dict_entry for KEYS_GENERAL, else
 *            hob_dict_str_entry (keys are exact str; hash read from the str).
 * Holds      n_usable + n_entries == USABLE(1 << log2_size).
 *            KEYS_SPLIT tables are shared by the instances of one class; the
 *            values lie in a PyDictValues of each instance, and an entry's
 *            value field is NULL.
 *            version is 0 (unknown) or unique to this content of keys; any
 *            change of the keys resets it to 0.
 */
#pragma once
#include <Python.h>

#include "base/c.h"

enum { KEYS_GENERAL = 0, KEYS_STR = 1, KEYS_SPLIT = 2 };
enum { INDEX_EMPTY = -1, INDEX_DUMMY = -2, INDEX_ERROR = -3 };
enum { DICT_MIN_LOG2 = 3, SHARED_KEYS_MAX = 30 };

typedef struct hob_dict_entry {
    Py_hash_t hash;
    PyObject *key;              /* owned; NULL when deleted */
    PyObject *value;            /* owned */
} hob_dict_entry;

typedef struct hob_dict_str_entry {
    PyObject *key;              /* owned; NULL when deleted */
    PyObject *value;            /* owned; NULL in split tables */
} hob_dict_str_entry;

struct _dictkeysobject {
    Py_ssize_t refcnt;
    uint8_t log2_size;
    uint8_t log2_index_bytes;
    uint8_t kind;
    uint32_t version;
    Py_ssize_t n_usable;
    Py_ssize_t n_entries;
    char indices[];
};

/* Values of one split dict.  Order of insertion is kept so that iteration can
 * follow it: prefix[-1] is its length, prefix[-2] its capacity, both in bytes
 * in front of the struct, then one byte per inserted key (its entry number). */
struct _dictvalues {
    PyObject *values[1];        /* owned or NULL */
};

static inline void *
hob_keys_entries(const PyDictKeysObject *keys)
{
    return (char *)keys->indices + ((size_t)1 << keys->log2_index_bytes);
}

static inline hob_dict_entry *
hob_keys_general(const PyDictKeysObject *keys)
{
    EXPECT(keys->kind == KEYS_GENERAL);
    return hob_keys_entries(keys);
}

static inline hob_dict_str_entry *
hob_keys_str(const PyDictKeysObject *keys)
{
    EXPECT(keys->kind != KEYS_GENERAL);
    return hob_keys_entries(keys);
}

static inline bool
hob_keys_is_str(const PyDictKeysObject *keys)
{
    return keys->kind != KEYS_GENERAL;
}

/* A version for the present content of keys, made when it has none; 0 when
 * versions have run out.  For inline caches. */
uint32_t hob_keys_version(PyDictKeysObject *keys);

/* Entry number of an exact-str key with known hash, or INDEX_EMPTY. */
Py_ssize_t hob_keys_find_str(const PyDictKeysObject *keys, PyObject *key, Py_hash_t hash);

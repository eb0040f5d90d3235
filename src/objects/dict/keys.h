/* keys.h -- the two tables of a dict: keys, and for split dicts values.
 *
 * Layout     one block:
 *              [ header 32 bytes ][ indices: 1 << log2_index_bytes bytes ][ entries ]
 *            indices are int8, int16, int32 or int64 by table size and hold
 *            an entry number, INDEX_EMPTY or INDEX_DUMMY.  Entries are in
 *            insertion order: hob_dict_entry for KEYS_GENERAL, else
 *            hob_dict_str_entry (keys are exact str; hash read from the str).
 * Holds      n_usable + n_entries <= USABLE(1 << log2_size); less than that only
 *            after popitem, and in split tables that have been tightened.
 *            A table that is not split belongs to one dict (refcnt 1), except the
 *            one empty table, which is static.
 *            KEYS_SPLIT tables are shared by the instances of one class; the
 *            values lie in a PyDictValues of each instance, and an entry's
 *            value field is NULL.
 *            version is 0 (unknown) or unique to this content of keys; any
 *            change of the keys resets it to 0.
 */
#pragma once
#include <Python.h>

#include "base/c.h"
#include "objects/plain.h"

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

/* Values of one split dict or instance.
 *
 *   bytes    [ unused | order(n-1) .. order(1) order(0) | capacity | length ][ v0 | v1 | .. ]
 *                                                                            ^ the pointer
 * order(i) is the entry number of the i-th key that was set, so that iteration
 * follows the order of this instance's assignments.  capacity never falls short
 * of what the shared keys can ever hold, so any entry number of the keys is a
 * valid index into values.
 */
struct _dictvalues {
    PyObject *values[1];        /* owned or NULL */
};

static inline int
hob_values_capacity(const PyDictValues *values)
{
    return ((const uint8_t *)values)[-2];
}

static inline int
hob_values_length(const PyDictValues *values)
{
    return ((const uint8_t *)values)[-1];
}

/* Entry number of the i-th key set. */
static inline int
hob_values_order(const PyDictValues *values, int i)
{
    return ((const uint8_t *)values)[-3 - i];
}

/* Note that values[ix], NULL till now, has just been set. */
static inline void
hob_values_note(PyDictValues *values, Py_ssize_t ix)
{
    uint8_t *bytes = (uint8_t *)values;
    EXPECT(bytes[-1] < bytes[-2]);
    bytes[-3 - bytes[-1]++] = (uint8_t)ix;
}

/* Bytes in front of the values. */
static inline size_t
hob_values_prefix(int capacity)
{
    return ((size_t)capacity + 2 + 7) & ~(size_t)7;
}

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

/* How many entries a table of 1 << log2_size slots takes: two thirds. */
static inline Py_ssize_t
hob_keys_room(int log2_size)
{
    return (Py_ssize_t)(((size_t)1 << log2_size) << 1) / 3;
}

extern PyDictKeysObject hob_keys_empty;         /* of every empty dict; never freed */

/* A version for the present content of keys, made when it has none; 0 when
 * versions have run out.  For inline caches. */
uint32_t hob_keys_version(PyDictKeysObject *keys);

/* Entry number of an exact-str key with known hash, or INDEX_EMPTY. */
Py_ssize_t hob_keys_find_str(const PyDictKeysObject *keys, PyObject *key, Py_hash_t hash);

/* --- shared keys and their values, for instances (objects/instance.c) --- */

/* New empty keys for the instances of one class; refcnt 1. */
MUST_USE PyDictKeysObject *hob_keys_new_shared(void);

/* The entry number of an exact str in shared keys, added when it is not there
 * yet; INDEX_EMPTY when it cannot be shared (table full). */
Py_ssize_t hob_keys_add_shared(PyDictKeysObject *keys, PyObject *key, Py_hash_t hash);

void hob_keys_decref(PyDictKeysObject *keys);

static inline void
hob_keys_incref(PyDictKeysObject *keys)
{
    keys->refcnt++;
}

/* Values for one more instance, all NULL.  Each call makes the shared keys one
 * entry tighter, so that capacity settles a little above what a class needs.
 * NULL with MemoryError. */
MUST_USE PyDictValues *hob_values_new(PyDictKeysObject *keys);

/* Forget that values[ix] was set; the caller has taken its reference. */
void hob_values_forget(PyDictValues *values, Py_ssize_t ix);

/* Drop all values and free the block / free the block alone. */
void hob_values_drop(PyDictValues *values);
void hob_values_free(PyDictValues *values);

/* A copy with new references, for a dict over the same keys. */
MUST_USE PyDictValues *hob_values_copy(const PyDictValues *values);

/* --- tables as dict.c uses them --- */

/* A table with no entries; NULL with MemoryError. */
MUST_USE PyDictKeysObject *hob_keys_new(int log2_size, int kind);

/* Free the block of a table whose entries have been moved away. */
void hob_keys_free(PyDictKeysObject *keys);

/* A copy of a combined table, with new references. */
MUST_USE PyDictKeysObject *hob_keys_copy(const PyDictKeysObject *keys);

/* Enter entries 0 .. n_entries - 1, all present, in the (empty) indices. */
void hob_keys_build_indices(PyDictKeysObject *keys);

/* Append an entry that is known to be absent, taking over the references; there
 * must be room (n_usable > 0).  Returns its number. */
Py_ssize_t hob_keys_append(PyDictKeysObject *keys, STOLEN PyObject *key, Py_hash_t hash,
                           STOLEN PyObject *value);

/* Make the slot that holds entry ix a dummy. */
void hob_keys_unlink(PyDictKeysObject *keys, Py_hash_t hash, Py_ssize_t ix);

Py_ssize_t hob_keys_bytes(const PyDictKeysObject *keys);
int  hob_keys_log2_for(Py_ssize_t slots);       /* a table of that many slots at least */
void hob_keys_clear_freelists(void);

/* The index of the slot at position i. */
static inline Py_ssize_t
hob_keys_index(const PyDictKeysObject *keys, size_t i)
{
    if (LIKELY(keys->log2_size < 8)) { return ((const int8_t *)keys->indices)[i]; }
    if (keys->log2_size < 16) { return ((const int16_t *)keys->indices)[i]; }
    if (keys->log2_size < 32) { return ((const int32_t *)keys->indices)[i]; }
    return ((const int64_t *)keys->indices)[i];
}

/* A walk over the slots a hash may be in: slot is the current position. */
typedef struct hob_probe {
    size_t slot;
    size_t perturb;
    size_t mask;
} hob_probe;

static inline hob_probe
hob_probe_start(const PyDictKeysObject *keys, Py_hash_t hash)
{
    size_t mask = ((size_t)1 << keys->log2_size) - 1;
    return (hob_probe){(size_t)hash & mask, (size_t)hash, mask};
}

static inline void
hob_probe_next(hob_probe *p)
{
    p->perturb >>= 5;
    p->slot = (p->slot * 5 + p->perturb + 1) & p->mask;
}

/* hob_keys_find_str for a table of at most 128 slots; to inline where it is hot. */
static ALWAYS_INLINE Py_ssize_t
hob_keys_find_small(const PyDictKeysObject *keys, PyObject *key, Py_hash_t hash)
{
    const int8_t *indices = (const int8_t *)keys->indices;
    const hob_dict_str_entry *entries = hob_keys_str(keys);
    for (hob_probe p = hob_probe_start(keys, hash);; hob_probe_next(&p)) {
        Py_ssize_t ix = indices[p.slot];
        if (ix < 0) {
            if (ix == INDEX_EMPTY) { return INDEX_EMPTY; }
            continue;
        }
        PyObject *other = entries[ix].key;
        if (other == key
                || (((PyASCIIObject *)other)->hash == hash && hob_equal_strs(other, key))) {
            return ix;
        }
    }
}

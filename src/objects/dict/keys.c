/* keys.c -- the tables under dicts: allocation, probing by str, shared keys, values.
 *
 * Layout     keys.h draws both blocks.
 * Holds      entries from n_entries on are not initialised.
 *            nothing here runs Python code, except that dropping the last
 *            reference to a table or to values drops what they hold.
 * Hazard     hob_keys_find_str compares exact strs only; a table that holds other
 *            keys, or a key that is no exact str, is dict.c's business.
 * Next       dict.c
 */
#include "objects/dict/keys.h"

#include "base/stress.h"
#include "memory/own.h"

enum { N_FREE_KEYS = 80, KEYS_HEADER = sizeof(PyDictKeysObject) };

_Static_assert(sizeof(PyDictKeysObject) == 32, "getsizeof of dicts follows from it");

/* Tables of eight slots are most tables: keep dead ones, by kind of entry. */
static struct {
    PyDictKeysObject *items[N_FREE_KEYS];
    int n;
} free_keys[2];                         /* KEYS_GENERAL, KEYS_STR */

PyDictKeysObject hob_keys_empty = {
    .refcnt = 1, .log2_size = 0, .log2_index_bytes = 3, .kind = KEYS_STR,
    .indices = {-1, -1, -1, -1, -1, -1, -1, -1},
};

/* --- allocation --- */

static size_t
entry_bytes(int kind)
{
    return kind == KEYS_GENERAL ? sizeof(hob_dict_entry) : sizeof(hob_dict_str_entry);
}

static int
index_bytes_log2(int log2_size)
{
    int width = log2_size < 8 ? 0 : log2_size < 16 ? 1 : log2_size < 32 ? 2 : 3;
    return log2_size + width < 3 ? 3 : log2_size + width;
}

static PyDictKeysObject *
keys_alloc(int log2_size, int kind, Py_ssize_t n_room)
{
    bool is_small = log2_size == DICT_MIN_LOG2 && kind != KEYS_SPLIT;
    if (is_small && free_keys[kind].n) { return free_keys[kind].items[--free_keys[kind].n]; }

    size_t index_bytes = (size_t)1 << index_bytes_log2(log2_size);
    PyDictKeysObject *keys =
        PyObject_Malloc(KEYS_HEADER + index_bytes + entry_bytes(kind) * n_room);
    if (!keys) { PyErr_NoMemory(); }
    return keys;
}

static PyDictKeysObject *
keys_init(PyDictKeysObject *keys, int log2_size, int kind, Py_ssize_t n_room)
{
    *keys = (PyDictKeysObject){
        .refcnt = 1,
        .log2_size = (uint8_t)log2_size,
        .log2_index_bytes = (uint8_t)index_bytes_log2(log2_size),
        .kind = (uint8_t)kind,
        .n_usable = n_room,
    };
    memset(keys->indices, 0xff, (size_t)1 << keys->log2_index_bytes);
    return keys;
}

PyDictKeysObject *
hob_keys_new(int log2_size, int kind)
{
    EXPECT(log2_size >= DICT_MIN_LOG2);
    if (log2_size > 58) { return (PyDictKeysObject *)PyErr_NoMemory(); }
    Py_ssize_t n_room = hob_keys_room(log2_size);
    PyDictKeysObject *keys = keys_alloc(log2_size, kind, n_room);
    return keys ? keys_init(keys, log2_size, kind, n_room) : NULL;
}

void
hob_keys_free(PyDictKeysObject *keys)
{
    EXPECT(keys != &hob_keys_empty);
    int kind = keys->kind;
    if (keys->log2_size == DICT_MIN_LOG2 && kind != KEYS_SPLIT
            && free_keys[kind].n < N_FREE_KEYS && !STRESSED(freelist)) {
        free_keys[kind].items[free_keys[kind].n++] = keys;
        return;
    }
    PyObject_Free(keys);
}

static void
drop_entries(PyDictKeysObject *keys)
{
    Py_ssize_t n = keys->n_entries;
    if (keys->kind == KEYS_GENERAL) {
        hob_dict_entry *entry = hob_keys_general(keys);
        for (; n > 0; n--, entry++) {
            if (n > FETCH_STEPS) {
                __builtin_prefetch(entry[FETCH_STEPS].key, 1);
                __builtin_prefetch(entry[FETCH_STEPS].value, 1);
            }
            Py_XDECREF(entry->key);
            Py_XDECREF(entry->value);
        }
        return;
    }
    hob_dict_str_entry *entry = hob_keys_str(keys);
    for (; n > 0; n--, entry++) {
        if (n > FETCH_STEPS) {
            __builtin_prefetch(entry[FETCH_STEPS].key, 1);
            __builtin_prefetch(entry[FETCH_STEPS].value, 1);
        }
        Py_XDECREF(entry->key);
        Py_XDECREF(entry->value);
    }
}

void
hob_keys_decref(PyDictKeysObject *keys)
{
    if (keys == &hob_keys_empty || --keys->refcnt > 0) { return; }
    drop_entries(keys);
    hob_keys_free(keys);
}

PyDictKeysObject *
hob_keys_copy(const PyDictKeysObject *keys)
{
    EXPECT(keys->kind != KEYS_SPLIT && keys != &hob_keys_empty);
    PyDictKeysObject *copy =
        keys_alloc(keys->log2_size, keys->kind, hob_keys_room(keys->log2_size));
    if (!copy) { return NULL; }
    memcpy(copy, keys, hob_keys_bytes(keys));
    copy->refcnt = 1;

    size_t words = entry_bytes(keys->kind) / sizeof(void *);
    PyObject **pair = (PyObject **)hob_keys_entries(copy) + (words - 2);
    for (Py_ssize_t i = 0; i < copy->n_entries; i++, pair += words) {
        Py_XINCREF(pair[0]);
        Py_XINCREF(pair[1]);
    }
    return copy;
}

Py_ssize_t
hob_keys_bytes(const PyDictKeysObject *keys)
{
    return (Py_ssize_t)(KEYS_HEADER + ((size_t)1 << keys->log2_index_bytes)
                        + entry_bytes(keys->kind) * hob_keys_room(keys->log2_size));
}

/* The reference rounds oddly (1 to 7 give 16 slots, 16 to 23 give 32, ..) and
 * sys.getsizeof shows it. */
int
hob_keys_log2_for(Py_ssize_t slots)
{
    const size_t least = (size_t)1 << DICT_MIN_LOG2;
    size_t last = (((size_t)slots | least) - 1) | (least - 1);
    return 64 - __builtin_clzll(last);
}

void
hob_keys_clear_freelists(void)
{
    for (int kind = 0; kind < 2; kind++) {
        while (free_keys[kind].n) { PyObject_Free(free_keys[kind].items[--free_keys[kind].n]); }
    }
}

/* --- probing --- */

/* One loop for each width of index; most tables are of the first. */
#define FIND_STR(itype)                                                             \
    do {                                                                            \
        const itype *indices = (const itype *)keys->indices;                        \
        for (;; hob_probe_next(&p)) {                                               \
            Py_ssize_t ix = indices[p.slot];                                        \
            if (ix >= 0) {                                                          \
                PyObject *other = entries[ix].key;                                  \
                if (other == key) { return ix; }                                    \
                if (((PyASCIIObject *)other)->hash == hash && hob_equal_strs(other, key)) { \
                    return ix;                                                      \
                }                                                                   \
            }                                                                       \
            else if (ix == INDEX_EMPTY) { return INDEX_EMPTY; }                     \
        }                                                                           \
    } while (0)

static NOINLINE Py_ssize_t
find_str_wide(const PyDictKeysObject *keys, PyObject *key, Py_hash_t hash)
{
    const hob_dict_str_entry *entries = hob_keys_str(keys);
    hob_probe p = hob_probe_start(keys, hash);
    if (keys->log2_size < 16) { FIND_STR(int16_t); }
    if (keys->log2_size < 32) { FIND_STR(int32_t); }
    FIND_STR(int64_t);
}

Py_ssize_t
hob_keys_find_str(const PyDictKeysObject *keys, PyObject *key, Py_hash_t hash)
{
    if (UNLIKELY(keys->log2_size >= 8)) { return find_str_wide(keys, key, hash); }
    return hob_keys_find_small(keys, key, hash);
}

static inline void
set_index(PyDictKeysObject *keys, size_t slot, Py_ssize_t ix)
{
    if (LIKELY(keys->log2_size < 8)) { ((int8_t *)keys->indices)[slot] = (int8_t)ix; }
    else if (keys->log2_size < 16) { ((int16_t *)keys->indices)[slot] = (int16_t)ix; }
    else if (keys->log2_size < 32) { ((int32_t *)keys->indices)[slot] = (int32_t)ix; }
    else { ((int64_t *)keys->indices)[slot] = ix; }
}

static inline void
link_entry(PyDictKeysObject *keys, Py_hash_t hash, Py_ssize_t ix)
{
    hob_probe p = hob_probe_start(keys, hash);
    while (hob_keys_index(keys, p.slot) >= 0) { hob_probe_next(&p); }
    set_index(keys, p.slot, ix);
}

void
hob_keys_build_indices(PyDictKeysObject *keys)
{
    Py_ssize_t n = keys->n_entries;
    if (keys->kind == KEYS_GENERAL) {
        hob_dict_entry *entries = hob_keys_general(keys);
        for (Py_ssize_t i = 0; i < n; i++) { link_entry(keys, entries[i].hash, i); }
        return;
    }
    hob_dict_str_entry *entries = hob_keys_str(keys);
    for (Py_ssize_t i = 0; i < n; i++) {
        if (i + FETCH_STEPS < n) { __builtin_prefetch(entries[i + FETCH_STEPS].key); }
        link_entry(keys, ((PyASCIIObject *)entries[i].key)->hash, i);
    }
}

Py_ssize_t
hob_keys_append(PyDictKeysObject *keys, PyObject *key, Py_hash_t hash, PyObject *value)
{
    EXPECT(keys->n_usable > 0);
    Py_ssize_t ix = keys->n_entries;
    link_entry(keys, hash, ix);
    if (keys->kind == KEYS_GENERAL) {
        hob_keys_general(keys)[ix] = (hob_dict_entry){hash, key, value};
    }
    else {
        hob_keys_str(keys)[ix] = (hob_dict_str_entry){key, value};
    }
    keys->n_usable--;
    keys->n_entries++;
    keys->version = 0;
    return ix;
}

void
hob_keys_unlink(PyDictKeysObject *keys, Py_hash_t hash, Py_ssize_t ix)
{
    hob_probe p = hob_probe_start(keys, hash);
    while (hob_keys_index(keys, p.slot) != ix) { hob_probe_next(&p); }
    set_index(keys, p.slot, INDEX_DUMMY);
    keys->version = 0;
}

/* --- versions --- */

uint32_t
hob_keys_version(PyDictKeysObject *keys)
{
    static uint32_t last_version = 0;
    if (keys->version == 0 && last_version != UINT32_MAX) { keys->version = ++last_version; }
    return keys->version;
}

/* --- shared keys --- */

enum { SHARED_LOG2 = 6 };       /* 64 slots take 42, so 30 probe well */

PyDictKeysObject *
hob_keys_new_shared(void)
{
    PyDictKeysObject *keys = keys_alloc(SHARED_LOG2, KEYS_SPLIT, hob_keys_room(SHARED_LOG2));
    return keys ? keys_init(keys, SHARED_LOG2, KEYS_SPLIT, SHARED_KEYS_MAX) : NULL;
}

Py_ssize_t
hob_keys_add_shared(PyDictKeysObject *keys, PyObject *key, Py_hash_t hash)
{
    EXPECT(keys->kind == KEYS_SPLIT && PyUnicode_CheckExact(key));
    Py_ssize_t ix = hob_keys_find_str(keys, key, hash);
    if (ix >= 0 || keys->n_usable <= 0) { return ix; }
    return hob_keys_append(keys, Py_NewRef(key), hash, NULL);
}

/* --- values --- */

static PyDictValues *
values_alloc(int capacity)
{
    size_t prefix = hob_values_prefix(capacity);
    char *block = PyMem_Malloc(prefix + sizeof(PyObject *) * capacity);
    if (!block) {
        PyErr_NoMemory();
        return NULL;
    }
    uint8_t *at = (uint8_t *)block + prefix;
    at[-1] = 0;
    at[-2] = (uint8_t)capacity;
    return (PyDictValues *)at;
}

PyDictValues *
hob_values_new(PyDictKeysObject *keys)
{
    if (keys->n_usable > 1) { keys->n_usable--; }
    Py_ssize_t capacity = keys->n_entries + keys->n_usable;
    PyDictValues *values = values_alloc((int)(capacity ? capacity : 1));
    if (values) { memset(values, 0, sizeof(PyObject *) * hob_values_capacity(values)); }
    return values;
}

PyDictValues *
hob_values_copy(const PyDictValues *values)
{
    int capacity = hob_values_capacity(values);
    PyDictValues *copy = values_alloc(capacity);
    if (!copy) { return NULL; }
    size_t prefix = hob_values_prefix(capacity);
    memcpy((char *)copy - prefix, (const char *)values - prefix,
           prefix + sizeof(PyObject *) * capacity);
    for (int i = 0; i < capacity; i++) { Py_XINCREF(copy->values[i]); }
    return copy;
}

void
hob_values_free(PyDictValues *values)
{
    PyMem_Free((char *)values - hob_values_prefix(hob_values_capacity(values)));
}

void
hob_values_drop(PyDictValues *values)
{
    for (int i = 0, n = hob_values_capacity(values); i < n; i++) {
        Py_CLEAR(values->values[i]);
    }
    hob_values_free(values);
}

void
hob_values_forget(PyDictValues *values, Py_ssize_t ix)
{
    uint8_t *order = (uint8_t *)values - 3;             /* order[-i] */
    int n = hob_values_length(values);
    int i = 0;
    while (i < n && order[-i] != ix) { i++; }
    EXPECT(i < n);
    for (; i + 1 < n; i++) { order[-i] = order[-i - 1]; }
    values->values[ix] = NULL;
    ((uint8_t *)values)[-1]--;
}

/* dict.c -- the dict as a structure: find, insert, remove, resize, copy.
 *
 * Layout     keys.h draws the tables; dict.h the object.
 * Holds      ma_used == number of entries with a value.
 *            A combined dict owns its table; a split one shares it and owns values.
 *            A dict is unknown to the collector until it holds a key or value that
 *            the collector knows; most dicts of plain data never get there.
 * Hazard     find may run __eq__, which may change the dict; it notices by the
 *            table's address and the entry's key, and starts again.
 *            Dropping a reference may do anything: it is the last thing done.
 * Next       merge.c, type.c, views.c, iter.c, api.c
 */
#include "base/stress.h"
#include "objects/dict/dict_int.h"

#include "objects/plain.h"

enum { N_FREE_DICTS = 80 };

static struct {
    PyDictObject *items[N_FREE_DICTS];
    int n;
} free_dicts;

uint64_t hob_dict_last_version = 0;
hob_dict_watcher hob_dict_on_change = NULL;

COLD void
hob_dict_touch_slow(PyDictObject *self, hob_dict_event event, PyObject *key, PyObject *value)
{
    if (hob_dict_on_change) { hob_dict_on_change(self, event, key, value); }
}

NOINLINE void
hob_dict_track_for(PyDictObject *self, PyObject *key, PyObject *value)
{
    if (hob_gc_is_trackable(key) || hob_gc_is_trackable(value)) { hob_gc_track(self); }
}

/* --- find --- */

/* Compare a stored key with a sought one: 1 same, 0 not, INDEX_ERROR, or
 * KEY_MOVED when the comparison has changed the table. */
enum { KEY_MOVED = -4 };

static NOINLINE int
compare_keys(PyDictObject *self, PyDictKeysObject *keys, PyObject **slot, PyObject *key)
{
    PyObject *stored = Py_NewRef(*slot);
    int same = PyObject_RichCompareBool(stored, key, Py_EQ);
    bool has_moved = self->ma_keys != keys || *slot != stored;
    Py_DECREF(stored);
    if (same < 0) { return INDEX_ERROR; }
    return has_moved ? KEY_MOVED : same;
}

/* Comparing may replace the table by one of the other kind: the two hand over. */
static Py_ssize_t find_stranger(PyDictObject *self, PyObject *key, Py_hash_t hash);

static Py_ssize_t
find_general(PyDictObject *self, PyObject *key, Py_hash_t hash)
{
again:;
    PyDictKeysObject *keys = self->ma_keys;
    if (keys->kind != KEYS_GENERAL) { return find_stranger(self, key, hash); }
    hob_dict_entry *entries = hob_keys_general(keys);
    for (hob_probe p = hob_probe_start(keys, hash);; hob_probe_next(&p)) {
        Py_ssize_t ix = hob_keys_index(keys, p.slot);
        if (ix < 0) {
            if (ix == INDEX_EMPTY) { return INDEX_EMPTY; }
            continue;
        }
        hob_dict_entry *entry = &entries[ix];
        if (entry->key == key) { return ix; }
        if (entry->hash != hash) { continue; }
        int same = hob_equal_plain(entry->key, key);
        if (same == EQUAL_UNKNOWN) { same = compare_keys(self, keys, &entry->key, key); }
        if (same > 0) { return ix; }
        if (same == KEY_MOVED) { goto again; }
        if (same < 0) { return same; }
    }
}

/* Find a key that is no exact str among exact strs. */
static NOINLINE Py_ssize_t
find_stranger(PyDictObject *self, PyObject *key, Py_hash_t hash)
{
again:;
    PyDictKeysObject *keys = self->ma_keys;
    if (keys->kind == KEYS_GENERAL) { return find_general(self, key, hash); }
    hob_dict_str_entry *entries = hob_keys_str(keys);
    for (hob_probe p = hob_probe_start(keys, hash);; hob_probe_next(&p)) {
        Py_ssize_t ix = hob_keys_index(keys, p.slot);
        if (ix < 0) {
            if (ix == INDEX_EMPTY) { return INDEX_EMPTY; }
            continue;
        }
        if (((PyASCIIObject *)entries[ix].key)->hash != hash) { continue; }
        int same = compare_keys(self, keys, &entries[ix].key, key);
        if (same > 0) { return ix; }
        if (same == KEY_MOVED) { goto again; }
        if (same < 0) { return same; }
    }
}

static ALWAYS_INLINE Py_ssize_t
find(PyDictObject *self, PyObject *key, Py_hash_t hash, PyObject **value)
{
    PyDictKeysObject *keys = self->ma_keys;
    Py_ssize_t ix;
    if (keys->kind != KEYS_GENERAL && LIKELY(PyUnicode_CheckExact(key))) {
        ix = hob_keys_find_str(keys, key, hash);
    }
    else {
        ix = keys->kind == KEYS_GENERAL ? find_general(self, key, hash)
                                        : find_stranger(self, key, hash);
        keys = self->ma_keys;
    }
    if (ix < 0) { *value = NULL; }
    else if (keys->kind == KEYS_STR) { *value = hob_keys_str(keys)[ix].value; }
    else if (keys->kind == KEYS_GENERAL) { *value = hob_keys_general(keys)[ix].value; }
    else { *value = self->ma_values->values[ix]; }
    return ix;
}

Py_ssize_t
hob_dict_find(PyDictObject *self, PyObject *key, Py_hash_t hash, PyObject **value)
{
    return find(self, key, hash, value);
}

PyObject *
hob_dict_peek_str(PyDictObject *self, PyObject *key)
{
    PyObject *value;
    Py_hash_t hash = hob_dict_hash(key);
    if (hash == -1 || find(self, key, hash, &value) == INDEX_ERROR) { return NULL; }
    return value;
}

PyObject *
hob_dict_load_global(PyDictObject *globals, PyDictObject *builtins, PyObject *key)
{
    Py_hash_t hash = hob_dict_hash(key);
    if (hash == -1) { return NULL; }
    PyObject *value;
    if (find(globals, key, hash, &value) == INDEX_ERROR) { return NULL; }
    if (!value && find(builtins, key, hash, &value) == INDEX_ERROR) { return NULL; }
    return Py_XNewRef(value);
}

/* --- resize --- */

static PyObject *
set_entry(PyDictKeysObject *keys, Py_ssize_t i, PyObject *key, Py_hash_t hash, PyObject *value)
{
    if (keys->kind == KEYS_GENERAL) {
        hob_keys_general(keys)[i] = (hob_dict_entry){hash, key, value};
    }
    else {
        hob_keys_str(keys)[i] = (hob_dict_str_entry){key, value};
    }
    return key;
}

/* Move the entries of a split dict, in its own order; keys are shared, so new
 * references are made of them. */
static Py_ssize_t
unsplit_entries(PyDictObject *self, PyDictKeysObject *to)
{
    hob_dict_str_entry *from = hob_keys_str(self->ma_keys);
    int n = hob_values_length(self->ma_values);
    for (int i = 0; i < n; i++) {
        int ix = hob_values_order(self->ma_values, i);
        PyObject *key = Py_NewRef(from[ix].key);
        set_entry(to, i, key, ((PyASCIIObject *)key)->hash, self->ma_values->values[ix]);
    }
    return n;
}

static Py_ssize_t
move_entries(PyDictKeysObject *from, PyDictKeysObject *to)
{
    Py_ssize_t n = 0;
    if (from->kind == KEYS_GENERAL) {
        hob_dict_entry *entries = hob_keys_general(from);
        hob_dict_entry *target = hob_keys_general(to);
        for (Py_ssize_t i = 0; i < from->n_entries; i++) {
            if (entries[i].value) { target[n++] = entries[i]; }
        }
        return n;
    }
    hob_dict_str_entry *entries = hob_keys_str(from);
    for (Py_ssize_t i = 0; i < from->n_entries; i++) {
        if (!entries[i].value) { continue; }
        PyObject *key = entries[i].key;
        set_entry(to, n++, key, ((PyASCIIObject *)key)->hash, entries[i].value);
    }
    return n;
}

status
hob_dict_resize(PyDictObject *self, int log2_size, bool is_general)
{
    PyDictKeysObject *old = self->ma_keys;
    PyDictValues *values = self->ma_values;
    bool was_general = old->kind == KEYS_GENERAL;
    PyDictKeysObject *keys =
        hob_keys_new(log2_size, is_general || was_general ? KEYS_GENERAL : KEYS_STR);
    if (!keys) { return -1; }

    Py_ssize_t n = values ? unsplit_entries(self, keys) : move_entries(old, keys);
    EXPECT(n == self->ma_used && n <= keys->n_usable);
    keys->n_entries = n;
    keys->n_usable -= n;
    hob_keys_build_indices(keys);
    self->ma_keys = keys;
    self->ma_values = NULL;

    if (values) {
        hob_values_free(values);
        hob_keys_decref(old);
    }
    else if (old != &hob_keys_empty) { hob_keys_free(old); }
    return 0;
}

/* --- insert --- */

static status
make_room(PyDictObject *self, PyObject *key)
{
    bool is_general = !PyUnicode_CheckExact(key);
    PyDictKeysObject *keys = self->ma_keys;
    bool fits = keys->n_usable > 0 && !self->ma_values
                && (keys->kind == KEYS_GENERAL || !is_general);
    if (LIKELY(fits)) { return 0; }
    return hob_dict_resize(self, hob_keys_log2_for(self->ma_used * 3), is_general);
}

status
hob_dict_insert_absent(PyDictObject *self, PyObject *key, Py_hash_t hash, PyObject *value)
{
    if (UNLIKELY(make_room(self, key) < 0)) {
        Py_DECREF(key);
        Py_DECREF(value);
        return -1;
    }
    hob_dict_track(self, key, value);
    hob_dict_touch(self, DICT_EVENT_ADD, key, value);
    hob_keys_append(self->ma_keys, key, hash, value);
    self->ma_used++;
    return 0;
}

static BORROWED PyObject **
value_slot(PyDictObject *self, Py_ssize_t ix)
{
    PyDictKeysObject *keys = self->ma_keys;
    if (keys->kind == KEYS_STR) { return &hob_keys_str(keys)[ix].value; }
    if (keys->kind == KEYS_GENERAL) { return &hob_keys_general(keys)[ix].value; }
    return &self->ma_values->values[ix];
}

/* Set the value of an entry of a split dict that has none yet. */
static status
fill_split(PyDictObject *self, Py_ssize_t ix, PyObject *key, PyObject *value)
{
    hob_dict_track(self, key, value);
    hob_dict_touch(self, DICT_EVENT_ADD, key, value);
    hob_values_note(self->ma_values, ix);
    self->ma_values->values[ix] = value;
    self->ma_used++;
    Py_DECREF(key);
    return 0;
}

/* A key that is no exact str is about to come: let the table take such keys. */
static status
generalise(PyDictObject *self, PyObject *key)
{
    PyDictKeysObject *keys = self->ma_keys;
    if (LIKELY(keys->kind == KEYS_GENERAL || PyUnicode_CheckExact(key))
            || keys == &hob_keys_empty) {
        return 0;
    }
    return hob_dict_resize(self, hob_keys_log2_for(self->ma_used * 3), true);
}

status
hob_dict_insert(PyDictObject *self, PyObject *key, Py_hash_t hash, PyObject *value)
{
    PyObject *old = NULL;
    Py_ssize_t ix = generalise(self, key) < 0 ? INDEX_ERROR : find(self, key, hash, &old);
    if (UNLIKELY(ix == INDEX_ERROR)) {
        Py_DECREF(key);
        Py_DECREF(value);
        return -1;
    }
    if (!old) {
        if (!self->ma_values) { return hob_dict_insert_absent(self, key, hash, value); }
        if (ix == INDEX_EMPTY && PyUnicode_CheckExact(key)) {
            ix = hob_keys_add_shared(self->ma_keys, key, hash);
        }
        if (ix >= 0) { return fill_split(self, ix, key, value); }
        return hob_dict_insert_absent(self, key, hash, value);
    }
    if (old != value) {
        hob_dict_track(self, key, value);
        hob_dict_touch(self, DICT_EVENT_CHANGE, key, value);
        *value_slot(self, ix) = value;
    }
    Py_DECREF(key);
    Py_DECREF(old);         /* the value itself when nothing has changed */
    return 0;
}

status
hob_dict_give(PyDictObject *self, PyObject *key, PyObject *value)
{
    Py_hash_t hash = hob_dict_hash(key);
    if (UNLIKELY(hash == -1)) {
        Py_DECREF(key);
        Py_DECREF(value);
        return -1;
    }
    return hob_dict_insert(self, key, hash, value);
}

PyObject *
PyDict_SetDefault(PyObject *op, PyObject *key, PyObject *fallback)
{
    if (!op || !PyDict_Check(op)) {
        PyErr_BadInternalCall();
        return NULL;
    }
    PyDictObject *self = (PyDictObject *)op;
    Py_hash_t hash = hob_dict_hash(key);
    if (hash == -1 || generalise(self, key) < 0) { return NULL; }
    PyObject *value;
    if (find(self, key, hash, &value) == INDEX_ERROR) { return NULL; }
    if (value) { return value; }
    status done = self->ma_values
                  ? hob_dict_insert(self, Py_NewRef(key), hash, Py_NewRef(fallback))
                  : hob_dict_insert_absent(self, Py_NewRef(key), hash, Py_NewRef(fallback));
    return done < 0 ? NULL : fallback;
}

/* --- remove --- */

PyObject *
hob_dict_remove(PyDictObject *self, Py_ssize_t ix, Py_hash_t hash)
{
    PyObject **slot = value_slot(self, ix);
    PyObject *value = *slot;
    EXPECT(value);
    PyDictKeysObject *keys = self->ma_keys;
    if (self->ma_values) {
        hob_dict_touch(self, DICT_EVENT_DELETE, hob_keys_str(keys)[ix].key, NULL);
        hob_values_forget(self->ma_values, ix);
        self->ma_used--;
        return value;
    }
    PyObject **key_slot = keys->kind == KEYS_GENERAL ? &hob_keys_general(keys)[ix].key
                                                     : &hob_keys_str(keys)[ix].key;
    hob_dict_touch(self, DICT_EVENT_DELETE, *key_slot, NULL);
    hob_keys_unlink(keys, hash, ix);
    PyObject *key = *key_slot;
    *key_slot = NULL;
    *slot = NULL;
    self->ma_used--;
    Py_DECREF(key);
    return value;
}

PyObject *
hob_dict_pop_hash(PyObject *op, PyObject *key, Py_hash_t hash, PyObject *fallback)
{
    PyDictObject *self = (PyDictObject *)op;
    PyObject *value;
    Py_ssize_t ix = find(self, key, hash, &value);
    if (ix == INDEX_ERROR) { return NULL; }
    if (value) { return hob_dict_remove(self, ix, hash); }
    if (fallback) { return Py_NewRef(fallback); }
    _PyErr_SetKeyError(key);
    return NULL;
}

/* --- whole dicts --- */

static PyDictObject *
dict_alloc(void)
{
    PyDictObject *self;
    if (LIKELY(free_dicts.n)) {
        self = free_dicts.items[--free_dicts.n];
    }
    else {
        self = (PyDictObject *)hob_gc_alloc(sizeof(PyDictObject), 0);
        if (!self) { return NULL; }
        Py_SET_TYPE(self, &PyDict_Type);
    }
    _Py_NewReference((PyObject *)self);
    return self;
}

PyObject *
hob_dict_over(PyDictKeysObject *keys, PyDictValues *values, Py_ssize_t used)
{
    PyDictObject *self = dict_alloc();
    if (!self) {
        hob_keys_decref(keys);
        return NULL;
    }
    self->ma_keys = keys;
    self->ma_values = values;
    self->ma_used = used;
    self->ma_version_tag = hob_dict_last_version += DICT_VERSION_STEP;
    return (PyObject *)self;
}

PyObject *
hob_dict_new_for(Py_ssize_t n, bool is_str)
{
    if (n <= hob_keys_room(DICT_MIN_LOG2)) { return PyDict_New(); }
    /* the smallest table that takes n entries, but no more than 128 Ki slots */
    Py_ssize_t slots = n > (1 << 17) * 2 / 3 ? 1 << 17 : (n * 3 + 1) / 2;
    PyDictKeysObject *keys =
        hob_keys_new(hob_keys_log2_for(slots), is_str ? KEYS_STR : KEYS_GENERAL);
    return keys ? hob_dict_over(keys, NULL, 0) : NULL;
}

PyObject *
hob_dict_from_values(PyDictKeysObject *keys, PyDictValues *values)
{
    hob_keys_incref(keys);
    PyObject *self = hob_dict_over(keys, values, hob_values_length(values));
    if (!self) { return NULL; }
    for (int i = 0, n = hob_values_length(values); i < n; i++) {
        PyObject *value = values->values[hob_values_order(values, i)];
        if (hob_gc_is_trackable(value)) {
            hob_gc_track(self);
            break;
        }
    }
    return self;
}

PyObject *
hob_dict_new_shared(PyDictKeysObject *keys)
{
    PyDictValues *values = hob_values_new(keys);
    if (!values) { return NULL; }
    hob_keys_incref(keys);
    PyObject *self = hob_dict_over(keys, values, 0);
    if (!self) { hob_values_free(values); }
    return self;
}

status
hob_dict_store_attr(PyObject **slot, PyDictKeysObject *shared, PyObject *name, PyObject *value)
{
    if (!*slot) {
        *slot = shared ? hob_dict_new_shared(shared) : PyDict_New();
        if (!*slot) { return -1; }
    }
    return value ? PyDict_SetItem(*slot, name, value) : PyDict_DelItem(*slot, name);
}

PyObject *
hob_dict_from_items(PyObject *const *keys, Py_ssize_t keys_stride, PyObject *const *values,
                    Py_ssize_t values_stride, Py_ssize_t n)
{
    bool is_str = true;
    for (Py_ssize_t i = 0; i < n && is_str; i++) {
        is_str = PyUnicode_CheckExact(keys[i * keys_stride]);
    }
    own PyObject *self = hob_dict_new_for(n, is_str);
    if (!self) { return NULL; }
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *key = Py_NewRef(keys[i * keys_stride]);
        PyObject *value = Py_NewRef(values[i * values_stride]);
        if (hob_dict_give((PyDictObject *)self, key, value) < 0) { return NULL; }
    }
    return take(self);
}

static PyObject *
copy_split(PyDictObject *self)
{
    PyDictValues *values = hob_values_copy(self->ma_values);
    if (!values) { return NULL; }
    hob_keys_incref(self->ma_keys);
    PyObject *copy = hob_dict_over(self->ma_keys, values, self->ma_used);
    if (!copy) { hob_values_drop(values); }
    return copy;
}

PyObject *
PyDict_Copy(PyObject *op)
{
    if (!op || !PyDict_Check(op)) {
        PyErr_BadInternalCall();
        return NULL;
    }
    PyDictObject *self = (PyDictObject *)op;
    if (self->ma_used == 0) { return PyDict_New(); }

    PyObject *copy;
    bool is_plain = Py_TYPE(op)->tp_iter == hob_dict_tp_iter;
    if (self->ma_values) {
        copy = copy_split(self);
    }
    else if (is_plain && self->ma_used >= self->ma_keys->n_entries * 2 / 3) {
        /* dense enough: copy the table as it lies */
        PyDictKeysObject *keys = hob_keys_copy(self->ma_keys);
        copy = keys ? hob_dict_over(keys, NULL, self->ma_used) : NULL;
    }
    else {
        copy = PyDict_New();
        if (copy && hob_dict_merge(copy, op, MERGE_REPLACE) < 0) { Py_CLEAR(copy); }
        return copy;
    }
    if (copy && hob_gc_is_tracked(op)) { hob_gc_track(copy); }
    return copy;
}

static void
drop_tables(PyDictKeysObject *keys, PyDictValues *values)
{
    if (values) { hob_values_drop(values); }
    hob_keys_decref(keys);
}

void
PyDict_Clear(PyObject *op)
{
    if (!PyDict_Check(op)) { return; }
    PyDictObject *self = (PyDictObject *)op;
    PyDictKeysObject *keys = self->ma_keys;
    PyDictValues *values = self->ma_values;
    if (keys == &hob_keys_empty) { return; }
    hob_dict_touch(self, DICT_EVENT_CLEAR, NULL, NULL);
    self->ma_keys = &hob_keys_empty;
    self->ma_values = NULL;
    self->ma_used = 0;
    drop_tables(keys, values);
}

/* tp_dealloc of dict. */
void
hob_dict_dealloc(PyObject *op)
{
    PyDictObject *self = (PyDictObject *)op;
    if (UNLIKELY(self->ma_version_tag & DICT_WATCHED)) {
        Py_SET_REFCNT(op, 1);
        hob_dict_touch_slow(self, DICT_EVENT_DEALLOC, NULL, NULL);
        Py_SET_REFCNT(op, 0);
    }
    if (hob_gc_is_tracked(op)) { hob_gc_untrack(op); }
    Py_TRASHCAN_BEGIN(op, hob_dict_dealloc)
    drop_tables(self->ma_keys, self->ma_values);
    if (free_dicts.n < N_FREE_DICTS && Py_IS_TYPE(op, &PyDict_Type) && !STRESSED(freelist)) {
        free_dicts.items[free_dicts.n++] = self;
    }
    else {
        Py_TYPE(op)->tp_free(op);
    }
    Py_TRASHCAN_END
}

void
hob_dict_clear_freelists(void)
{
    while (free_dicts.n) { PyObject_GC_Del(free_dicts.items[--free_dicts.n]); }
    hob_keys_clear_freelists();
}

void
_PyDict_DebugMallocStats(FILE *out)
{
    _PyDebugAllocatorStats(out, "free PyDictObject", free_dicts.n, sizeof(PyDictObject));
}

/* --- walking --- */

bool
hob_dict_step(PyDictObject *self, Py_ssize_t *pos, PyObject **key, PyObject **value,
              Py_hash_t *hash)
{
    PyObject *found_key, *found;
    Py_hash_t found_hash;
    if (!hob_dict_walk(self, pos, &found_key, &found, &found_hash)) { return false; }
    if (key) { *key = found_key; }
    if (value) { *value = found; }
    if (hash) { *hash = found_hash; }
    return true;
}

bool
hob_dict_check(PyDictObject *self)
{
    PyDictKeysObject *keys = self->ma_keys;
    INVARIANT(1, self->ma_used >= 0);
    INVARIANT(2, keys->n_entries + keys->n_usable <= hob_keys_room(keys->log2_size));
    INVARIANT(3, (keys->kind == KEYS_SPLIT) == (self->ma_values != NULL));
    if (self->ma_values) {
        INVARIANT(4, hob_values_length(self->ma_values) == self->ma_used);
        INVARIANT(5, hob_values_capacity(self->ma_values) >= keys->n_entries);
        return true;
    }
    Py_ssize_t n = 0;
    Py_ssize_t pos = 0;
    PyObject *key;
    Py_hash_t hash;
    while (hob_dict_step(self, &pos, &key, NULL, &hash)) {
        INVARIANT(6, keys->kind != KEYS_STR || PyUnicode_CheckExact(key));
        hob_probe p = hob_probe_start(keys, hash);
        while (hob_keys_index(keys, p.slot) != pos - 1) {       /* found by its hash */
            INVARIANT(7, hob_keys_index(keys, p.slot) != INDEX_EMPTY);
            hob_probe_next(&p);
        }
        n++;
    }
    INVARIANT(8, n == self->ma_used);
    return true;
}

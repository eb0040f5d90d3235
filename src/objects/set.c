/* set.c -- set and frozenset: hash tables of keys alone.
 *
 * Layout     PySetObject (public): table of mask + 1 slots {key, hash}, the inline
 *            smalltable while 8 slots are enough.
 *              unused  key NULL, hash 0
 *              dummy   key DUMMY, hash -1          (a key was removed)
 *              active  key owned, hash its hash
 * Holds      fill == active + dummy, used == active, fill * 5 < mask * 3 after
 *            an insertion: there is always an unused slot, so probes end.
 *            Python sees the order of slots when it iterates, so where a key
 *            lands (probes, growth, how operations build results) is behaviour.
 * Hazard     comparing keys may change the set; lookups notice and start again,
 *            walkers hold what they look at.
 */
#include <Python.h>

#include <stddef.h>

#include "memory/gc.h"
#include "memory/own.h"
#include "objects/containers.h"
#include "objects/dict/dict.h"
#include "objects/ids.h"
#include "objects/plain.h"

enum { LINEAR_PROBES = 9, PERTURB_SHIFT = 5, QUICK_GROWTH_MAX = 50000 };

static PyObject dummy_object;
#define DUMMY (&dummy_object)
PyObject *_PySet_Dummy = DUMMY;

static inline PySetObject *
as_set(PyObject *op)
{
    return (PySetObject *)op;
}

static inline bool
is_active(const setentry *slot)
{
    return slot->key && slot->key != DUMMY;
}

/* --- the table --- */

/* Walk the slots of a hash: a run of neighbours, then a jump.  `visit` sees
 * `slot` and leaves the walk by itself. */
#define WALK_SLOTS(table_, mask_, hash_, visit)                                 \
    do {                                                                        \
        size_t walk_perturb = (size_t)(hash_), walk_mask = (size_t)(mask_);     \
        size_t walk_i = walk_perturb & walk_mask;                               \
        for (;;) {                                                              \
            setentry *slot = &(table_)[walk_i];                                 \
            int walk_left = walk_i + LINEAR_PROBES <= walk_mask ? LINEAR_PROBES : 0; \
            do { visit; slot++; } while (walk_left--);                          \
            walk_perturb >>= PERTURB_SHIFT;                                     \
            walk_i = (walk_i * 5 + 1 + walk_perturb) & walk_mask;               \
        }                                                                       \
    } while (0)

enum { SLOT_OTHER = 0, SLOT_SAME = 1, SLOT_FAILED = -1, SLOT_MOVED = -2 };

/* Whether slot, whose hash is right, holds key. */
static ALWAYS_INLINE int
match_slot(PySetObject *self, setentry *table, setentry *slot, PyObject *key)
{
    PyObject *stored = slot->key;
    if (stored == key) { return SLOT_SAME; }
    int equal = hob_equal_plain(stored, key);
    if (equal != EQUAL_UNKNOWN) { return equal; }
    Py_INCREF(stored);
    int same = PyObject_RichCompareBool(stored, key, Py_EQ);
    Py_DECREF(stored);
    if (same < 0) { return SLOT_FAILED; }
    if (self->table != table || slot->key != stored) { return SLOT_MOVED; }
    return same;
}

/* The slot that holds key, or the unused one that ends the search; NULL with an
 * exception.  *free (when asked for) is the last dummy on the way, or NULL. */
static ALWAYS_INLINE setentry *
find_or_free(PySetObject *self, PyObject *key, Py_hash_t hash, setentry **free)
{
again:;
    setentry *table = self->table;
    if (free) { *free = NULL; }
    WALK_SLOTS(table, self->mask, hash, {
        if (slot->hash == 0 && !slot->key) { return slot; }
        if (free && slot->hash == -1) { *free = slot; }
        if (slot->hash == hash && slot->key != DUMMY) {
            int match = match_slot(self, table, slot, key);
            if (match == SLOT_SAME) { return slot; }
            if (match == SLOT_FAILED) { return NULL; }
            if (match == SLOT_MOVED) { goto again; }
        }
    });
}

static setentry *
find(PySetObject *self, PyObject *key, Py_hash_t hash)
{
    return find_or_free(self, key, hash, NULL);
}

/* Put a key that is known to be absent in a table without dummies. */
static void
place(setentry *table, size_t mask, PyObject *key, Py_hash_t hash)
{
    WALK_SLOTS(table, mask, hash, {
        if (!slot->key) {
            slot->key = key;
            slot->hash = hash;
            return;
        }
    });
}

static status
resize(PySetObject *self, Py_ssize_t at_least)
{
    size_t size = PySet_MINSIZE;
    while (size <= (size_t)at_least) { size <<= 1; }

    setentry small_copy[PySet_MINSIZE];
    setentry *old = self->table;
    size_t n_old = (size_t)self->mask + 1;
    bool was_small = old == self->smalltable;
    setentry *table;
    if (size == PySet_MINSIZE) {
        table = self->smalltable;
        if (was_small) {
            if (self->fill == self->used) { return 0; }
            memcpy(small_copy, old, sizeof small_copy);
            old = small_copy;
        }
    }
    else {
        if (size > PY_SSIZE_T_MAX / sizeof(setentry)) { PyErr_NoMemory(); return -1; }
        table = PyMem_Malloc(size * sizeof(setentry));
        if (!table) { PyErr_NoMemory(); return -1; }
    }
    memset(table, 0, size * sizeof(setentry));
    self->mask = (Py_ssize_t)size - 1;
    self->table = table;
    for (size_t i = 0; i < n_old; i++) {
        if (is_active(&old[i])) { place(table, size - 1, old[i].key, old[i].hash); }
    }
    self->fill = self->used;
    if (!was_small) { PyMem_Free(old); }
    return 0;
}

static Py_ssize_t
grown_size(PySetObject *self)
{
    return self->used > QUICK_GROWTH_MAX ? self->used * 2 : self->used * 4;
}

/* Add key (borrowed). */
static status
add_hashed(PySetObject *self, PyObject *key, Py_hash_t hash)
{
    setentry *dummy;
    setentry *slot = find_or_free(self, key, hash, &dummy);
    if (!slot) { return -1; }
    if (slot->key) { return 0; }
    if (dummy) {                        /* as good as unused, and already counted in fill */
        dummy->key = Py_NewRef(key);
        dummy->hash = hash;
        self->used++;
        return 0;
    }
    slot->key = Py_NewRef(key);
    slot->hash = hash;
    self->fill++;
    self->used++;
    if ((size_t)self->fill * 5 < (size_t)self->mask * 3) { return 0; }
    return resize(self, grown_size(self));
}

static status
add(PySetObject *self, PyObject *key)
{
    Py_hash_t hash = hob_dict_hash(key);
    return hash == -1 ? -1 : add_hashed(self, key, hash);
}

static tri
contains_hashed(PySetObject *self, PyObject *key, Py_hash_t hash)
{
    setentry *slot = find(self, key, hash);
    return slot ? slot->key != NULL : -1;
}

static tri
contains(PySetObject *self, PyObject *key)
{
    Py_hash_t hash = hob_dict_hash(key);
    return hash == -1 ? -1 : contains_hashed(self, key, hash);
}

/* 1 when key was there. */
static tri
discard_hashed(PySetObject *self, PyObject *key, Py_hash_t hash)
{
    setentry *slot = find(self, key, hash);
    if (!slot) { return -1; }
    PyObject *old = slot->key;
    if (!old) { return 0; }
    slot->key = DUMMY;
    slot->hash = -1;
    self->used--;
    Py_DECREF(old);
    return 1;
}

static tri
discard(PySetObject *self, PyObject *key)
{
    Py_hash_t hash = hob_dict_hash(key);
    return hash == -1 ? -1 : discard_hashed(self, key, hash);
}

static void
reset(PySetObject *self)
{
    memset(self->smalltable, 0, sizeof self->smalltable);
    self->fill = 0;
    self->used = 0;
    self->mask = PySet_MINSIZE - 1;
    self->table = self->smalltable;
    self->hash = -1;
}

/* Empty the set first, drop keys then: that may run code that uses it. */
static status
clear(PySetObject *self)
{
    if (self->fill == 0 && self->table == self->smalltable) { return 0; }
    setentry small_copy[PySet_MINSIZE];
    setentry *table = self->table;
    bool was_small = table == self->smalltable;
    Py_ssize_t used = self->used;
    if (was_small) { table = memcpy(small_copy, table, sizeof small_copy); }
    reset(self);
    for (setentry *slot = table; used > 0; slot++) {
        if (!is_active(slot)) { continue; }
        used--;
        Py_DECREF(slot->key);
    }
    if (!was_small) { PyMem_Free(table); }
    return 0;
}

/* The next active slot from *pos on; NULL at the end. */
static setentry *
next_slot(PySetObject *self, Py_ssize_t *pos)
{
    Py_ssize_t i = *pos;
    while (i <= self->mask && !is_active(&self->table[i])) { i++; }
    *pos = i + 1;
    return i <= self->mask ? &self->table[i] : NULL;
}

/* --- making --- */

static PyObject *
make_empty(PyTypeObject *type)
{
    PySetObject *self = (PySetObject *)type->tp_alloc(type, 0);
    if (!self) { return NULL; }
    self->mask = PySet_MINSIZE - 1;     /* the rest is zero */
    self->table = self->smalltable;
    self->hash = -1;
    return (PyObject *)self;
}

/* set or frozenset, whichever type derives from. */
static PyTypeObject *
base_type(PyTypeObject *type)
{
    return PyType_IsSubtype(type, &PySet_Type) ? &PySet_Type : &PyFrozenSet_Type;
}

static status update(PySetObject *self, PyObject *other);

static PyObject *
make_from(PyTypeObject *type, PyObject *iterable)
{
    own PyObject *self = make_empty(type);
    if (!self) { return NULL; }
    if (iterable && update(as_set(self), iterable) < 0) { return NULL; }
    return take(self);
}

static PyObject *
make_copy(PySetObject *self)
{
    return make_from(base_type(Py_TYPE(self)), (PyObject *)self);
}

/* --- update --- */

static status
update_from_set(PySetObject *self, PySetObject *other)
{
    if (other == self || other->used == 0) { return 0; }
    if ((self->fill + other->used) * 5 >= self->mask * 3
            && resize(self, (self->used + other->used) * 2) < 0) {
        return -1;
    }
    if (self->fill == 0) {              /* nothing to compare with */
        bool same_shape = self->mask == other->mask && other->fill == other->used;
        for (Py_ssize_t i = 0; i <= other->mask; i++) {
            setentry *slot = &other->table[i];
            if (!is_active(slot)) { continue; }
            Py_INCREF(slot->key);
            if (same_shape) { self->table[i] = *slot; }
            else { place(self->table, (size_t)self->mask, slot->key, slot->hash); }
        }
        self->fill = other->used;
        self->used = other->used;
        return 0;
    }
    for (Py_ssize_t i = 0; i <= other->mask; i++) {
        setentry *slot = &other->table[i];
        if (!is_active(slot)) { continue; }
        own PyObject *key = Py_NewRef(slot->key);
        if (add_hashed(self, key, slot->hash) < 0) { return -1; }
    }
    return 0;
}

static status
update_from_dict(PySetObject *self, PyDictObject *other)
{
    if ((self->fill + other->ma_used) * 5 >= self->mask * 3
            && resize(self, (self->used + other->ma_used) * 2) < 0) {
        return -1;
    }
    Py_ssize_t pos = 0;
    PyObject *k;
    Py_hash_t hash;
    while (hob_dict_step(other, &pos, &k, NULL, &hash)) {
        own PyObject *key = Py_NewRef(k);
        if (add_hashed(self, key, hash) < 0) { return -1; }
    }
    return 0;
}

static status
update(PySetObject *self, PyObject *other)
{
    if (PyAnySet_Check(other)) { return update_from_set(self, as_set(other)); }
    if (PyDict_CheckExact(other)) { return update_from_dict(self, (PyDictObject *)other); }
    own PyObject *iter = PyObject_GetIter(other);
    if (!iter) { return -1; }
    for (;;) {
        own PyObject *key = PyIter_Next(iter);
        if (!key) { return PyErr_Occurred() ? -1 : 0; }
        if (add(self, key) < 0) { return -1; }
    }
}

static void
swap_bodies(PySetObject *a, PySetObject *b)
{
#define SWAP(field) { __typeof__(a->field) t_ = a->field; a->field = b->field; b->field = t_; }
    bool a_small = a->table == a->smalltable;
    bool b_small = b->table == b->smalltable;
    SWAP(fill) SWAP(used) SWAP(mask) SWAP(table)
    if (a_small || b_small) {
        setentry t[PySet_MINSIZE];
        memcpy(t, a->smalltable, sizeof t);
        memcpy(a->smalltable, b->smalltable, sizeof t);
        memcpy(b->smalltable, t, sizeof t);
    }
    if (b_small) { a->table = a->smalltable; }
    if (a_small) { b->table = b->smalltable; }
    if (PyType_IsSubtype(Py_TYPE(a), &PyFrozenSet_Type)
            && PyType_IsSubtype(Py_TYPE(b), &PyFrozenSet_Type)) {
        SWAP(hash)
    }
    else {
        a->hash = -1;
        b->hash = -1;
    }
#undef SWAP
}

/* --- intersection --- */

/* Walk the active keys of a set, holding each: `body` sees key and hash. */
#define EACH_KEY(set_, body)                                            \
    do {                                                                \
        Py_ssize_t each_pos = 0;                                        \
        for (setentry *each; (each = next_slot((set_), &each_pos));) {  \
            Py_hash_t hash = each->hash;                                \
            own PyObject *key = Py_NewRef(each->key);                   \
            body                                                        \
        }                                                               \
    } while (0)

static PyObject *
intersection(PySetObject *self, PyObject *other)
{
    if ((PyObject *)self == other) { return make_copy(self); }
    own PyObject *result = make_empty(base_type(Py_TYPE(self)));
    if (!result) { return NULL; }

    if (PyAnySet_Check(other)) {
        PySetObject *walked = as_set(other);
        PySetObject *asked = self;
        if (walked->used > asked->used) {
            walked = self;
            asked = as_set(other);
        }
        EACH_KEY(walked, {
            tri found = contains_hashed(asked, key, hash);
            if (found < 0 || (found && add_hashed(as_set(result), key, hash) < 0)) {
                return NULL;
            }
        });
        return take(result);
    }

    own PyObject *iter = PyObject_GetIter(other);
    if (!iter) { return NULL; }
    for (;;) {
        own PyObject *key = PyIter_Next(iter);
        if (!key) { return PyErr_Occurred() ? NULL : take(result); }
        Py_hash_t hash = hob_dict_hash(key);
        if (hash == -1) { return NULL; }
        tri found = contains_hashed(self, key, hash);
        if (found < 0) { return NULL; }
        if (!found) { continue; }
        if (add_hashed(as_set(result), key, hash) < 0) { return NULL; }
        if (as_set(result)->used >= self->used) { return take(result); }    /* has all */
    }
}

static PyObject *
intersection_all(PySetObject *self, PyObject *const *others, Py_ssize_t n)
{
    if (n == 0) { return make_copy(self); }
    PyObject *result = Py_NewRef(self);
    for (Py_ssize_t i = 0; result && i < n; i++) {
        PyObject *next = intersection(as_set(result), others[i]);
        Py_DECREF(result);
        result = next;
    }
    return result;
}

static tri
is_disjoint(PySetObject *self, PyObject *other)
{
    if ((PyObject *)self == other) { return self->used == 0; }
    if (PyAnySet_CheckExact(other)) {
        PySetObject *walked = as_set(other);
        PySetObject *asked = self;
        if (walked->used > asked->used) {
            walked = self;
            asked = as_set(other);
        }
        EACH_KEY(walked, {
            tri found = contains_hashed(asked, key, hash);
            if (found) { return found < 0 ? -1 : 0; }
        });
        return 1;
    }
    own PyObject *iter = PyObject_GetIter(other);
    if (!iter) { return -1; }
    for (;;) {
        own PyObject *key = PyIter_Next(iter);
        if (!key) { return PyErr_Occurred() ? -1 : 1; }
        tri found = contains(self, key);
        if (found) { return found < 0 ? -1 : 0; }
    }
}

/* --- difference --- */

static status
difference_update(PySetObject *self, PyObject *other)
{
    if ((PyObject *)self == other) { return clear(self); }
    if (PyAnySet_Check(other)) {
        /* a far bigger set is cut down to what can matter */
        own PyObject *cut = as_set(other)->used >> 3 > self->used
                            ? intersection(self, other) : Py_NewRef(other);
        if (!cut) { return -1; }
        EACH_KEY(as_set(cut), {
            if (discard_hashed(self, key, hash) < 0) { return -1; }
        });
    }
    else {
        own PyObject *iter = PyObject_GetIter(other);
        if (!iter) { return -1; }
        for (;;) {
            own PyObject *key = PyIter_Next(iter);
            if (!key) { break; }
            if (discard(self, key) < 0) { return -1; }
        }
        if (PyErr_Occurred()) { return -1; }
    }
    /* sweep when more than a quarter of the slots are dummies */
    if ((size_t)(self->fill - self->used) <= (size_t)self->mask / 4) { return 0; }
    return resize(self, grown_size(self));
}

static PyObject *
copy_and_remove(PySetObject *self, PyObject *other)
{
    own PyObject *result = make_copy(self);
    if (!result || difference_update(as_set(result), other) < 0) { return NULL; }
    return take(result);
}

static PyObject *
difference(PySetObject *self, PyObject *other)
{
    Py_ssize_t theirs;
    if (PyAnySet_Check(other)) { theirs = as_set(other)->used; }
    else if (PyDict_CheckExact(other)) { theirs = PyDict_GET_SIZE(other); }
    else { return copy_and_remove(self, other); }
    if (self->used >> 2 > theirs) { return copy_and_remove(self, other); }

    own PyObject *result = make_empty(base_type(Py_TYPE(self)));
    if (!result) { return NULL; }
    bool is_dict = PyDict_CheckExact(other);
    EACH_KEY(self, {
        tri found = is_dict ? _PyDict_Contains_KnownHash(other, key, hash)
                            : contains_hashed(as_set(other), key, hash);
        if (found < 0 || (!found && add_hashed(as_set(result), key, hash) < 0)) { return NULL; }
    });
    return take(result);
}

/* --- symmetric difference --- */

static status
toggle(PySetObject *self, PyObject *key, Py_hash_t hash)
{
    tri was_there = discard_hashed(self, key, hash);
    if (was_there) { return was_there < 0 ? -1 : 0; }
    return add_hashed(self, key, hash);
}

static status
symmetric_update(PySetObject *self, PyObject *other)
{
    if ((PyObject *)self == other) { return clear(self); }
    if (PyDict_CheckExact(other)) {
        Py_ssize_t pos = 0;
        PyObject *k;
        Py_hash_t hash;
        while (hob_dict_step((PyDictObject *)other, &pos, &k, NULL, &hash)) {
            own PyObject *key = Py_NewRef(k);
            if (toggle(self, key, hash) < 0) { return -1; }
        }
        return 0;
    }
    own PyObject *set = PyAnySet_Check(other)
                        ? Py_NewRef(other) : make_from(base_type(Py_TYPE(self)), other);
    if (!set) { return -1; }
    EACH_KEY(as_set(set), {
        if (toggle(self, key, hash) < 0) { return -1; }
    });
    return 0;
}

static PyObject *
symmetric(PySetObject *self, PyObject *other)
{
    own PyObject *result = make_from(base_type(Py_TYPE(self)), other);
    if (!result || symmetric_update(as_set(result), (PyObject *)self) < 0) { return NULL; }
    return take(result);
}

/* --- order --- */

static tri
is_subset(PySetObject *self, PyObject *other)
{
    if (!PyAnySet_Check(other)) {
        own PyObject *common = intersection(self, other);
        return common ? as_set(common)->used == self->used : -1;
    }
    if (self->used > as_set(other)->used) { return 0; }
    EACH_KEY(self, {
        tri found = contains_hashed(as_set(other), key, hash);
        if (found <= 0) { return found; }
    });
    return 1;
}

static tri
is_superset(PySetObject *self, PyObject *other)
{
    if (PyAnySet_Check(other)) { return is_subset(as_set(other), (PyObject *)self); }
    own PyObject *iter = PyObject_GetIter(other);
    if (!iter) { return -1; }
    for (;;) {
        own PyObject *key = PyIter_Next(iter);
        if (!key) { return PyErr_Occurred() ? -1 : 1; }
        tri found = contains(self, key);
        if (found <= 0) { return found; }
    }
}

static tri
is_equal(PySetObject *a, PySetObject *b)
{
    if (a->used != b->used) { return 0; }
    if (a->hash != -1 && b->hash != -1 && a->hash != b->hash) { return 0; }
    return is_subset(a, (PyObject *)b);
}

static PyObject *
set_richcompare(PyObject *a, PyObject *b, int op)
{
    if (!PyAnySet_Check(b)) { Py_RETURN_NOTIMPLEMENTED; }
    PySetObject *x = as_set(a);
    PySetObject *y = as_set(b);
    tri answer = 0;
    switch (op) {
    case Py_EQ: answer = is_equal(x, y); break;
    case Py_NE: answer = is_equal(x, y); answer = answer < 0 ? -1 : !answer; break;
    case Py_LE: answer = is_subset(x, b); break;
    case Py_GE: answer = is_superset(x, b); break;
    case Py_LT: answer = x->used < y->used ? is_subset(x, b) : 0; break;
    case Py_GT: answer = x->used > y->used ? is_superset(x, b) : 0; break;
    }
    return answer < 0 ? NULL : PyBool_FromLong(answer);
}

/* --- hash of a frozenset: independent of order, as collections.abc.Set._hash --- */

static inline Py_uhash_t
shuffle_bits(Py_uhash_t h)
{
    return ((h ^ 89869747UL) ^ (h << 16)) * 3644798167UL;
}

static Py_hash_t
frozenset_hash(PyObject *op)
{
    PySetObject *self = as_set(op);
    if (self->hash != -1) { return self->hash; }
    Py_uhash_t hash = 1927868237UL * ((Py_uhash_t)self->used + 1);
    for (Py_ssize_t i = 0; i <= self->mask; i++) {
        if (is_active(&self->table[i])) {
            hash ^= shuffle_bits((Py_uhash_t)self->table[i].hash);
        }
    }
    hash ^= (hash >> 11) ^ (hash >> 25);
    hash = hash * 69069U + 907133923UL;
    if (hash == (Py_uhash_t)-1) { hash = 590923713UL; }
    return self->hash = (Py_hash_t)hash;
}

/* --- operators --- */

#define BOTH_SETS(a, b) \
    if (!PyAnySet_Check(a) || !PyAnySet_Check(b)) { Py_RETURN_NOTIMPLEMENTED; }
#define OTHER_SET(b) if (!PyAnySet_Check(b)) { Py_RETURN_NOTIMPLEMENTED; }

static PyObject *
set_sub(PyObject *a, PyObject *b)
{
    BOTH_SETS(a, b)
    return difference(as_set(a), b);
}

static PyObject *
set_and(PyObject *a, PyObject *b)
{
    BOTH_SETS(a, b)
    return intersection(as_set(a), b);
}

static PyObject *
set_xor(PyObject *a, PyObject *b)
{
    BOTH_SETS(a, b)
    return symmetric(as_set(a), b);
}

static PyObject *
set_or(PyObject *a, PyObject *b)
{
    BOTH_SETS(a, b)
    own PyObject *result = make_copy(as_set(a));
    if (!result) { return NULL; }
    if (a != b && update(as_set(result), b) < 0) { return NULL; }
    return take(result);
}

static PyObject *
set_isub(PyObject *self, PyObject *b)
{
    OTHER_SET(b)
    return difference_update(as_set(self), b) < 0 ? NULL : Py_NewRef(self);
}

static PyObject *
set_iand(PyObject *self, PyObject *b)
{
    OTHER_SET(b)
    own PyObject *common = intersection(as_set(self), b);
    if (!common) { return NULL; }
    swap_bodies(as_set(self), as_set(common));
    return Py_NewRef(self);
}

static PyObject *
set_ixor(PyObject *self, PyObject *b)
{
    OTHER_SET(b)
    return symmetric_update(as_set(self), b) < 0 ? NULL : Py_NewRef(self);
}

static PyObject *
set_ior(PyObject *self, PyObject *b)
{
    OTHER_SET(b)
    return update(as_set(self), b) < 0 ? NULL : Py_NewRef(self);
}

/* A set is not hashable, but a frozenset may be a key: look that up instead.
 * Returns an equal frozenset when the pending TypeError is about such a key. */
static PyObject *
frozen_key(PyObject *key)
{
    if (!PySet_Check(key) || !PyErr_ExceptionMatches(PyExc_TypeError)) { return NULL; }
    PyErr_Clear();
    return make_from(&PyFrozenSet_Type, key);
}

static tri
set_contains(PyObject *self, PyObject *key)
{
    tri found = contains(as_set(self), key);
    if (found >= 0) { return found; }
    own PyObject *frozen = frozen_key(key);
    return frozen ? contains(as_set(self), frozen) : -1;
}

static tri
set_remove_key(PyObject *self, PyObject *key)
{
    tri found = discard(as_set(self), key);
    if (found >= 0) { return found; }
    own PyObject *frozen = frozen_key(key);
    return frozen ? discard(as_set(self), frozen) : -1;
}

static Py_ssize_t
set_length(PyObject *self)
{
    return as_set(self)->used;
}

static PyObject *
set_repr(PyObject *self)
{
    const char *name = Py_TYPE(self)->tp_name;
    int entered = Py_ReprEnter(self);
    if (entered) { return entered > 0 ? PyUnicode_FromFormat("%s(...)", name) : NULL; }
    PyObject *result = NULL;
    if (as_set(self)->used == 0) {
        result = PyUnicode_FromFormat("%s()", name);
        Py_ReprLeave(self);
        return result;
    }
    own PyObject *keys = PySequence_List(self);
    own PyObject *listed = keys ? PyObject_Repr(keys) : NULL;
    own PyObject *inside =
        listed ? PyUnicode_Substring(listed, 1, PyUnicode_GET_LENGTH(listed) - 1) : NULL;
    if (inside) {
        result = Py_IS_TYPE(self, &PySet_Type) ? PyUnicode_FromFormat("{%U}", inside)
                                               : PyUnicode_FromFormat("%s({%U})", name, inside);
    }
    Py_ReprLeave(self);
    return result;
}

/* --- methods of both --- */

/** @coexist set.__contains__($self, item, /)
 *
 *  Whether item is in the set.
 */
static PyObject *
set_contains_method(PyObject *self, PyObject *item)
{
    tri found = set_contains(self, item);
    return found < 0 ? NULL : PyBool_FromLong(found);
}

/** set.copy($self, /)
 *
 *  A new set with the same elements.
 */
static PyObject *
set_copy(PySetObject *self)
{
    return make_copy(self);
}

/** set.difference($self, /, *others)
 *
 *  A new set of the elements that are in none of the others.
 */
static PyObject *
set_difference(PySetObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    if (nargs == 0) { return make_copy(self); }
    own PyObject *result = difference(self, args[0]);
    for (Py_ssize_t i = 1; result && i < nargs; i++) {
        if (difference_update(as_set(result), args[i]) < 0) { return NULL; }
    }
    return take(result);
}

/** set.intersection($self, /, *others)
 *
 *  A new set of the elements that are in all the others too.
 */
static PyObject *
set_intersection(PySetObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    return intersection_all(self, args, nargs);
}

/** set.isdisjoint($self, other, /)
 *
 *  Whether the set and the iterable have nothing in common.
 */
static tri
set_isdisjoint(PySetObject *self, PyObject *other)
{
    return is_disjoint(self, other);
}

/** set.issubset($self, other, /)
 *
 *  Whether every element is in other.
 */
static tri
set_issubset(PySetObject *self, PyObject *other)
{
    return is_subset(self, other);
}

/** set.issuperset($self, other, /)
 *
 *  Whether everything in other is an element.
 */
static tri
set_issuperset(PySetObject *self, PyObject *other)
{
    return is_superset(self, other);
}

/** set.__reduce__($self, /)
 *
 *  State for pickling.
 */
static PyObject *
set_reduce(PyObject *self)
{
    own PyObject *keys = PySequence_List(self);
    if (!keys) { return NULL; }
    own PyObject *state = _PyObject_GetState(self);
    if (!state) { return NULL; }
    return Py_BuildValue("O(O)O", Py_TYPE(self), keys, state);
}

/** set.__sizeof__($self, /)
 *
 *  Bytes of the set and its table.
 */
static Py_ssize_t
set_sizeof(PySetObject *self)
{
    Py_ssize_t size = Py_TYPE(self)->tp_basicsize;
    if (self->table != self->smalltable) {
        size += (self->mask + 1) * (Py_ssize_t)sizeof(setentry);
    }
    return size;
}

/** set.symmetric_difference($self, other, /)
 *
 *  A new set of the elements that are in just one of the two.
 */
static PyObject *
set_symmetric_difference(PySetObject *self, PyObject *other)
{
    return symmetric(self, other);
}

/** set.union($self, /, *others)
 *
 *  A new set of the elements of this and all the others.
 */
static PyObject *
set_union(PySetObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    own PyObject *result = make_copy(self);
    for (Py_ssize_t i = 0; result && i < nargs; i++) {
        if (args[i] != (PyObject *)self && update(as_set(result), args[i]) < 0) { return NULL; }
    }
    return take(result);
}

/** set.__class_getitem__($type, item, /)
 *
 *  See PEP 585.
 */
static PyObject *
set_class_getitem(PyObject *type, PyObject *item)
{
    return Py_GenericAlias(type, item);
}

/* --- methods of set alone --- */

/** set.add($self, item, /)
 *
 *  Add an element, if it is not there yet.
 */
static PyObject *
set_add(PyObject *self, PyObject *item)
{
    if (add(as_set(self), item) < 0) { return NULL; }
    Py_RETURN_NONE;
}

/** set.clear($self, /)
 *
 *  Remove all elements.
 */
static status
set_clear(PySetObject *self)
{
    return clear(self);
}

/** set.discard($self, item, /)
 *
 *  Remove an element if it is there.
 */
static PyObject *
set_discard(PyObject *self, PyObject *item)
{
    if (set_remove_key(self, item) < 0) { return NULL; }
    Py_RETURN_NONE;
}

/** set.remove($self, item, /)
 *
 *  Remove an element; KeyError when it is not there.
 */
static PyObject *
set_remove(PyObject *self, PyObject *item)
{
    tri found = set_remove_key(self, item);
    if (found < 0) { return NULL; }
    if (found) { Py_RETURN_NONE; }
    _PyErr_SetKeyError(item);
    return NULL;
}

/** set.pop($self, /)
 *
 *  Remove some element and return it; KeyError when there is none.
 */
static PyObject *
set_pop(PySetObject *self)
{
    if (self->used == 0) {
        PyErr_SetString(PyExc_KeyError, "pop from an empty set");
        return NULL;
    }
    /* the finger remembers where the last pop was, so that emptying is linear */
    setentry *slot = &self->table[self->finger & self->mask];
    setentry *last = &self->table[self->mask];
    while (!is_active(slot)) { slot = slot == last ? self->table : slot + 1; }
    PyObject *key = slot->key;
    slot->key = DUMMY;
    slot->hash = -1;
    self->used--;
    self->finger = slot - self->table + 1;
    return key;
}

/** set.update($self, /, *others)
 *
 *  Add the elements of all the others.
 */
static PyObject *
set_update(PySetObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    for (Py_ssize_t i = 0; i < nargs; i++) {
        if (update(self, args[i]) < 0) { return NULL; }
    }
    Py_RETURN_NONE;
}

/** set.difference_update($self, /, *others)
 *
 *  Remove the elements of all the others.
 */
static PyObject *
set_difference_update(PySetObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    for (Py_ssize_t i = 0; i < nargs; i++) {
        if (difference_update(self, args[i]) < 0) { return NULL; }
    }
    Py_RETURN_NONE;
}

/** set.intersection_update($self, /, *others)
 *
 *  Keep only what is in all the others too.
 */
static PyObject *
set_intersection_update(PySetObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    own PyObject *common = intersection_all(self, args, nargs);
    if (!common) { return NULL; }
    swap_bodies(self, as_set(common));
    Py_RETURN_NONE;
}

/** set.symmetric_difference_update($self, other, /)
 *
 *  Keep what is in just one of the two.
 */
static status
set_symmetric_difference_update(PySetObject *self, PyObject *other)
{
    return symmetric_update(self, other);
}

static PyObject *
frozenset_copy(PyObject *self, PyObject *unused)
{
    return PyFrozenSet_CheckExact(self) ? Py_NewRef(self) : make_copy(as_set(self));
}

#include "gen/objects/set.bind.h"

/* frozenset shares what does not change a set; the rest of set_methods is set's. */
#define SHARED(pyname, function, flags, doc) \
    {pyname, (PyCFunction)(void (*)(void))function, flags, doc}
static PyMethodDef frozen_methods[] = {
    SHARED("__contains__", set_contains_method, METH_O | METH_COEXIST,
           set_contains_method__doc),
    SHARED("copy", frozenset_copy, METH_NOARGS,
           PyDoc_STR("The same frozenset; of a subclass, a frozenset with the same elements.")),
    SHARED("difference", set_difference, METH_FASTCALL, set_difference__doc),
    SHARED("intersection", set_intersection, METH_FASTCALL, set_intersection__doc),
    SHARED("isdisjoint", set_isdisjoint__call, METH_O, set_isdisjoint__doc),
    SHARED("issubset", set_issubset__call, METH_O, set_issubset__doc),
    SHARED("issuperset", set_issuperset__call, METH_O, set_issuperset__doc),
    SHARED("__reduce__", set_reduce__call, METH_NOARGS, set_reduce__doc),
    SHARED("__sizeof__", set_sizeof__call, METH_NOARGS, set_sizeof__doc),
    SHARED("symmetric_difference", set_symmetric_difference, METH_O,
           set_symmetric_difference__doc),
    SHARED("union", set_union, METH_FASTCALL, set_union__doc),
    SHARED("__class_getitem__", set_class_getitem, METH_O | METH_CLASS, set_class_getitem__doc),
    {NULL, NULL, 0, NULL},
};
#undef SHARED

/* --- making and unmaking --- */

static PyObject *
set_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    return make_empty(type);
}

static status
set_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    PySetObject *self = as_set(op);
    PyObject *iterable = NULL;
    if (!_PyArg_NoKeywords("set", kwargs)) { return -1; }
    if (!PyArg_UnpackTuple(args, Py_TYPE(self)->tp_name, 0, 1, &iterable)) { return -1; }
    if (self->fill) { clear(self); }
    self->hash = -1;
    return iterable ? update(self, iterable) : 0;
}

static PyObject *
set_vectorcall(PyObject *type, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    if (!_PyArg_NoKwnames("set", kwnames)) { return NULL; }
    Py_ssize_t nargs = PyVectorcall_NARGS(nargsf);
    if (!_PyArg_CheckPositional("set", nargs, 0, 1)) { return NULL; }
    return make_from((PyTypeObject *)type, nargs ? args[0] : NULL);
}

static PyObject *
make_frozen(PyTypeObject *type, PyObject *iterable)
{
    if (type == &PyFrozenSet_Type && iterable && PyFrozenSet_CheckExact(iterable)) {
        return Py_NewRef(iterable);
    }
    return make_from(type, iterable);
}

static PyObject *
frozenset_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *iterable = NULL;
    bool is_ours = type == &PyFrozenSet_Type || type->tp_init == PyFrozenSet_Type.tp_init;
    if (is_ours && !_PyArg_NoKeywords("frozenset", kwargs)) { return NULL; }
    if (!PyArg_UnpackTuple(args, type->tp_name, 0, 1, &iterable)) { return NULL; }
    return make_frozen(type, iterable);
}

static PyObject *
frozenset_vectorcall(PyObject *type, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    if (!_PyArg_NoKwnames("frozenset", kwnames)) { return NULL; }
    Py_ssize_t nargs = PyVectorcall_NARGS(nargsf);
    if (!_PyArg_CheckPositional("frozenset", nargs, 0, 1)) { return NULL; }
    return make_frozen((PyTypeObject *)type, nargs ? args[0] : NULL);
}

static void
set_dealloc(PyObject *op)
{
    PySetObject *self = as_set(op);
    PyObject_GC_UnTrack(op);
    Py_TRASHCAN_BEGIN(op, set_dealloc)
    if (self->weakreflist) { PyObject_ClearWeakRefs(op); }
    Py_ssize_t used = self->used;
    for (setentry *slot = self->table; used > 0; slot++) {
        if (!is_active(slot)) { continue; }
        used--;
        Py_DECREF(slot->key);
    }
    if (self->table != self->smalltable) { PyMem_Free(self->table); }
    Py_TYPE(op)->tp_free(op);
    Py_TRASHCAN_END
}

static int
set_traverse(PyObject *op, visitproc visit, void *arg)
{
    PySetObject *self = as_set(op);
    Py_ssize_t left = self->used;
    for (setentry *slot = self->table; left > 0; slot++) {
        if (!is_active(slot)) { continue; }
        left--;
        Py_VISIT(slot->key);
    }
    return 0;
}

static int
set_tp_clear(PyObject *self)
{
    return clear(as_set(self));
}

/* --- iterator --- */

typedef struct set_iter {
    PyObject_HEAD
    PySetObject *set;           /* owned; NULL when exhausted */
    Py_ssize_t used;            /* at the start; -1 after a change of size */
    Py_ssize_t pos;             /* next_slot's */
    Py_ssize_t left;
} set_iter;

static PyObject *
set_tp_iter(PyObject *set)
{
    set_iter *self = PyObject_GC_New(set_iter, &PySetIter_Type);
    if (!self) { return NULL; }
    self->set = (PySetObject *)Py_NewRef(set);
    self->used = as_set(set)->used;
    self->pos = 0;
    self->left = self->used;
    hob_gc_track(self);
    return (PyObject *)self;
}

static void
set_iter_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    Py_XDECREF(((set_iter *)op)->set);
    PyObject_GC_Del(op);
}

static int
set_iter_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(((set_iter *)op)->set);
    return 0;
}

static PyObject *
set_iter_next(PyObject *op)
{
    set_iter *self = (set_iter *)op;
    PySetObject *set = self->set;
    if (!set) { return NULL; }
    if (self->used != set->used) {
        PyErr_SetString(PyExc_RuntimeError, "Set changed size during iteration");
        self->used = -1;
        return NULL;
    }
    setentry *slot = next_slot(set, &self->pos);
    if (!slot) {
        self->set = NULL;
        Py_DECREF(set);
        return NULL;
    }
    self->left--;
    return Py_NewRef(slot->key);
}

static PyObject *
set_iter_length_hint(PyObject *op, PyObject *unused)
{
    set_iter *self = (set_iter *)op;
    bool valid = self->set && self->used == self->set->used;
    return PyLong_FromSsize_t(valid ? self->left : 0);
}

static PyObject *
set_iter_reduce(PyObject *op, PyObject *unused)
{
    set_iter *self = (set_iter *)op;
    own set_iter *copy = PyObject_GC_New(set_iter, &PySetIter_Type);
    if (!copy) { return NULL; }
    copy->set = (PySetObject *)Py_XNewRef(self->set);
    copy->used = self->used;
    copy->pos = self->pos;
    copy->left = self->left;
    hob_gc_track(copy);
    own PyObject *list = PySequence_List((PyObject *)copy);
    if (!list) { return NULL; }
    return Py_BuildValue("N(O)", _PyEval_GetBuiltin(ID(iter)), list);
}

static PyMethodDef set_iter_methods[] = {
    {"__length_hint__", set_iter_length_hint, METH_NOARGS,
     PyDoc_STR("How many are still to come, at least for now.")},
    {"__reduce__", set_iter_reduce, METH_NOARGS, PyDoc_STR("State for pickling.")},
    {NULL, NULL, 0, NULL},
};

PyTypeObject PySetIter_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "set_iterator",
    .tp_basicsize = sizeof(set_iter),
    .tp_dealloc = set_iter_dealloc,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_traverse = set_iter_traverse,
    .tp_iter = PyObject_SelfIter,
    .tp_iternext = set_iter_next,
    .tp_methods = set_iter_methods,
};

/* --- the types --- */

static PySequenceMethods set_as_sequence = {
    .sq_length = set_length,
    .sq_contains = set_contains,
};

static PyNumberMethods set_as_number = {
    .nb_subtract = set_sub,
    .nb_and = set_and,
    .nb_xor = set_xor,
    .nb_or = set_or,
    .nb_inplace_subtract = set_isub,
    .nb_inplace_and = set_iand,
    .nb_inplace_xor = set_ixor,
    .nb_inplace_or = set_ior,
};

static PyNumberMethods frozenset_as_number = {
    .nb_subtract = set_sub,
    .nb_and = set_and,
    .nb_xor = set_xor,
    .nb_or = set_or,
};

PyDoc_STRVAR(set_doc,
"set() -> an empty set\n"
"set(iterable) -> a set of the items of iterable\n"
"\n"
"A set holds each of its elements once, in no order to rely on.");

PyDoc_STRVAR(frozenset_doc,
"frozenset() -> an empty frozenset\n"
"frozenset(iterable) -> a frozenset of the items of iterable\n"
"\n"
"A set that never changes, and so can be a key itself.");

PyTypeObject PySet_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "set",
    .tp_basicsize = sizeof(PySetObject),
    .tp_dealloc = set_dealloc,
    .tp_repr = set_repr,
    .tp_as_number = &set_as_number,
    .tp_as_sequence = &set_as_sequence,
    .tp_hash = PyObject_HashNotImplemented,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE
                | _Py_TPFLAGS_MATCH_SELF,
    .tp_doc = set_doc,
    .tp_traverse = set_traverse,
    .tp_clear = set_tp_clear,
    .tp_richcompare = set_richcompare,
    .tp_weaklistoffset = offsetof(PySetObject, weakreflist),
    .tp_iter = set_tp_iter,
    .tp_methods = set_methods,
    .tp_init = set_init,
    .tp_alloc = PyType_GenericAlloc,
    .tp_new = set_new,
    .tp_free = PyObject_GC_Del,
    .tp_vectorcall = set_vectorcall,
};

PyTypeObject PyFrozenSet_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "frozenset",
    .tp_basicsize = sizeof(PySetObject),
    .tp_dealloc = set_dealloc,
    .tp_repr = set_repr,
    .tp_as_number = &frozenset_as_number,
    .tp_as_sequence = &set_as_sequence,
    .tp_hash = frozenset_hash,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE
                | _Py_TPFLAGS_MATCH_SELF,
    .tp_doc = frozenset_doc,
    .tp_traverse = set_traverse,
    .tp_clear = set_tp_clear,
    .tp_richcompare = set_richcompare,
    .tp_weaklistoffset = offsetof(PySetObject, weakreflist),
    .tp_iter = set_tp_iter,
    .tp_methods = frozen_methods,
    .tp_alloc = PyType_GenericAlloc,
    .tp_new = frozenset_new,
    .tp_free = PyObject_GC_Del,
    .tp_vectorcall = frozenset_vectorcall,
};

/* --- invariants --- */

/* Do the probes of a hash lead to slot before they meet an unused one? */
static bool
is_found(PySetObject *self, const setentry *wanted)
{
    WALK_SLOTS(self->table, self->mask, wanted->hash, {
        if (slot == wanted) { return true; }
        if (!slot->key) { return false; }
    });
}

bool
hob_set_check(PyObject *op)
{
    PySetObject *self = as_set(op);
    size_t n_slots = (size_t)self->mask + 1;
    INVARIANT(1, n_slots >= PySet_MINSIZE && (n_slots & (n_slots - 1)) == 0);
    INVARIANT(2, (self->table == self->smalltable) == (n_slots == PySet_MINSIZE));
    Py_ssize_t n_active = 0, n_dummies = 0;
    for (const setentry *slot = self->table; slot < self->table + n_slots; slot++) {
        if (!slot->key) { INVARIANT(3, slot->hash == 0); }
        else if (slot->key == DUMMY) {
            INVARIANT(4, slot->hash == -1);
            n_dummies++;
        }
        else {
            INVARIANT(5, slot->hash != -1 && Py_REFCNT(slot->key) > 0);
            INVARIANT(6, is_found(self, slot));
            n_active++;
        }
    }
    INVARIANT(7, self->used == n_active && self->fill == n_active + n_dummies);
    INVARIANT(8, self->fill <= self->mask);                     /* or a search would not end */
    return true;
}

/* --- public API --- */

static tri
check_any(PyObject *op)
{
    if (LIKELY(PyAnySet_Check(op))) { return 1; }
    PyErr_BadInternalCall();
    return 0;
}

static tri
check_set(PyObject *op)
{
    if (LIKELY(PySet_Check(op))) { return 1; }
    PyErr_BadInternalCall();
    return 0;
}

PyObject *
PySet_New(PyObject *iterable)
{
    return make_from(&PySet_Type, iterable);
}

PyObject *
PyFrozenSet_New(PyObject *iterable)
{
    return make_from(&PyFrozenSet_Type, iterable);
}

Py_ssize_t
PySet_Size(PyObject *op)
{
    return check_any(op) ? as_set(op)->used : -1;
}

int
PySet_Clear(PyObject *op)
{
    return check_set(op) ? clear(as_set(op)) : -1;
}

int
PySet_Contains(PyObject *op, PyObject *key)
{
    return check_any(op) ? contains(as_set(op), key) : -1;
}

int
PySet_Discard(PyObject *op, PyObject *key)
{
    return check_set(op) ? discard(as_set(op), key) : -1;
}

/* Also for a frozenset that nobody else has seen yet. */
int
PySet_Add(PyObject *op, PyObject *key)
{
    if (!PySet_Check(op) && (!PyFrozenSet_Check(op) || Py_REFCNT(op) != 1)) {
        PyErr_BadInternalCall();
        return -1;
    }
    return add(as_set(op), key);
}

PyObject *
PySet_Pop(PyObject *op)
{
    return check_set(op) ? set_pop(as_set(op)) : NULL;
}

int
_PySet_Update(PyObject *op, PyObject *iterable)
{
    return check_set(op) ? update(as_set(op), iterable) : -1;
}

int
_PySet_NextEntry(PyObject *op, Py_ssize_t *pos, PyObject **key, Py_hash_t *hash)
{
    if (!check_any(op)) { return -1; }
    setentry *slot = next_slot(as_set(op), pos);
    if (!slot) { return 0; }
    *key = slot->key;
    *hash = slot->hash;
    return 1;
}

/* memo.c -- what was seen already: the memos of picklers and unpicklers.
 *
 * Layout     A pickler asks by object: an open-addressed table of (object, place),
 *            linear in the low bits of the address, of which the low 3 say nothing.
 *            An unpickler asks by place: a plain array.
 * Holds      n_slots is a power of two, mask == n_slots - 1, and a third of the slots
 *            is free; keys are owned, so that no address is used twice.
 * Python     The `memo` attributes are proxies, which copy to dicts.
 */
#include "modules/_pickle/pickle_int.h"

#include "objects/bind.h"

enum { FIRST_SLOTS = 8, BIG_TABLE = 50000 };

/* --- by object --- */

memo_table *
hob_seen_new(void)
{
    memo_table *memo = PyMem_Malloc(sizeof *memo);
    if (!memo) { return NULL; }
    *memo = (memo_table){.mask = FIRST_SLOTS - 1, .n_slots = FIRST_SLOTS};
    memo->slots = PyMem_Calloc(FIRST_SLOTS, sizeof(memo_entry));
    if (memo->slots) { return memo; }
    PyMem_Free(memo);
    return NULL;
}

memo_table *
hob_seen_copy(const memo_table *from)
{
    memo_table *memo = PyMem_Malloc(sizeof *memo);
    if (!memo) { return NULL; }
    *memo = *from;
    memo->slots = PyMem_New(memo_entry, from->n_slots);
    if (!memo->slots) {
        PyMem_Free(memo);
        return NULL;
    }
    for (size_t i = 0; i < from->n_slots; i++) {
        memo->slots[i] = from->slots[i];
        Py_XINCREF(memo->slots[i].key);
    }
    return memo;
}

/* Forget everything.  Releasing a key may run code, which finds the table empty. */
void
hob_seen_clear(memo_table *memo)
{
    while (memo->n_used) {
        size_t n_before = memo->n_used;
        memo->n_used = 0;
        for (size_t i = 0; n_before && i < memo->n_slots; i++) {
            PyObject *key = take(memo->slots[i].key);
            if (!key) { continue; }
            n_before--;
            Py_DECREF(key);
        }
    }
}

void
hob_seen_free(memo_table *memo)
{
    if (!memo) { return; }
    hob_seen_clear(memo);
    PyMem_Free(memo->slots);
    PyMem_Free(memo);
}

/* Objects of one size lie at regular addresses, which fall on few slots in long runs;
 * multiplied by the golden ratio they spread (Knuth, vol. 3, 6.4). */
static inline size_t
spread(PyObject *key)
{
    size_t mixed = ((uintptr_t)key >> 4) * UINT64_C(0x9E3779B97F4A7C15);
    return mixed ^ mixed >> 32;
}

/* The slot of key, or the free one where it belongs. */
static inline memo_entry *
find_slot(const memo_table *memo, PyObject *key)
{
    size_t i = spread(key);
    for (size_t step = 0; ; step++) {
        memo_entry *slot = &memo->slots[(i + step) & memo->mask];
        if (slot->key == key || !slot->key) { return slot; }
    }
}

Py_ssize_t
hob_seen_find(const memo_table *memo, PyObject *key)
{
    memo_entry *slot = find_slot(memo, key);
    return slot->key ? slot->place : -1;
}

static MUST_USE status
memo_resize(memo_table *memo, size_t wanted)
{
    size_t n_slots = FIRST_SLOTS;
    while (n_slots < wanted) {
        if (n_slots > SIZE_MAX / 4 / sizeof(memo_entry)) { return -1; }
        n_slots *= 2;
    }
    memo_entry *slots = PyMem_Calloc(n_slots, sizeof(memo_entry));
    if (!slots) { return -1; }
    memo_entry *old = memo->slots;
    size_t n_old = memo->n_slots;
    memo->slots = slots;
    memo->n_slots = n_slots;
    memo->mask = n_slots - 1;
    for (size_t i = 0; i < n_old; i++) {
        if (old[i].key) { *find_slot(memo, old[i].key) = old[i]; }
    }
    PyMem_Free(old);
    return 0;
}

status
hob_seen_set(memo_table *memo, PyObject *key, Py_ssize_t place)
{
    memo_entry *slot = find_slot(memo, key);
    if (slot->key) {
        slot->place = place;
        return 0;
    }
    *slot = (memo_entry){Py_NewRef(key), place};
    memo->n_used++;
    if (memo->n_used * 3 < memo->n_slots * 2) { return 0; }
    size_t factor = memo->n_used > BIG_TABLE ? 2 : 4;
    if (memo_resize(memo, memo->n_used * factor) == 0) { return 0; }
    PyErr_NoMemory();
    return -1;
}

/* --- by place --- */

status
hob_places_grow(unpickler *self, size_t n)
{
    PyObject **memo = n > PY_SSIZE_T_MAX / sizeof(PyObject *) ? NULL
        : PyMem_Realloc(self->memo, n * sizeof(PyObject *));
    if (!memo) {
        PyErr_NoMemory();
        return -1;
    }
    for (size_t i = self->n_memo; i < n; i++) { memo[i] = NULL; }
    self->memo = memo;
    self->n_memo = n;
    return 0;
}

status
hob_places_set(unpickler *self, size_t place, PyObject *value)
{
    if (place >= self->n_memo && hob_places_grow(self, place * 2) < 0) { return -1; }
    PyObject *old = self->memo[place];
    self->memo[place] = Py_NewRef(value);
    if (!old) { self->n_memoized++; }
    else { Py_DECREF(old); }
    return 0;
}

void
hob_places_clear(unpickler *self)
{
    PyObject **memo = take(self->memo);
    size_t n = self->n_memo;
    self->n_memo = 0;
    self->n_memoized = 0;
    for (size_t i = 0; i < n; i++) { Py_XDECREF(memo[i]); }
    PyMem_Free(memo);
}

/* --- the proxies --- */

typedef struct {
    PyObject_HEAD
    PyObject *owner;            /* pickler or unpickler */
} memo_proxy;

static MUST_USE PyObject *
proxy_make(PyTypeObject *type, PyObject *owner)
{
    memo_proxy *self = PyObject_GC_New(memo_proxy, type);
    if (!self) { return NULL; }
    self->owner = Py_NewRef(owner);
    PyObject_GC_Track(self);
    return (PyObject *)self;
}

static void
proxy_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    Py_CLEAR(((memo_proxy *)op)->owner);
    PyObject_GC_Del(op);
}

static int
proxy_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(((memo_proxy *)op)->owner);
    return 0;
}

static int
proxy_clear_refs(PyObject *op)
{
    Py_CLEAR(((memo_proxy *)op)->owner);
    return 0;
}

/* { id(object): (place, object) } */
static MUST_USE PyObject *
pickler_memo_dict(memo_proxy *self)
{
    memo_table *memo = ((pickler *)self->owner)->memo;
    own PyObject *copy = PyDict_New();
    if (!copy) { return NULL; }
    for (size_t i = 0; i < memo->n_slots; i++) {
        if (!memo->slots[i].key) { continue; }
        own PyObject *id = PyLong_FromVoidPtr(memo->slots[i].key);
        own PyObject *pair = Py_BuildValue("nO", memo->slots[i].place, memo->slots[i].key);
        if (!id || !pair || PyDict_SetItem(copy, id, pair) < 0) { return NULL; }
    }
    return take(copy);
}

/* { place: object } */
static MUST_USE PyObject *
unpickler_memo_dict(memo_proxy *self)
{
    unpickler *owner = (unpickler *)self->owner;
    own PyObject *copy = PyDict_New();
    if (!copy) { return NULL; }
    for (size_t i = 0; i < owner->n_memo; i++) {
        if (!owner->memo[i]) { continue; }
        own PyObject *place = PyLong_FromSize_t(i);
        if (!place || PyDict_SetItem(copy, place, owner->memo[i]) < 0) { return NULL; }
    }
    return take(copy);
}

static MUST_USE PyObject *
reduced_dict(STOLEN PyObject *copy)
{
    return copy ? Py_BuildValue("O(N)", &PyDict_Type, copy) : NULL;
}

/** pickler_memo.clear($self, /)
 *
 *  Remove all items from memo.
 */
static status
pickler_memo_clear(memo_proxy *self)
{
    hob_seen_clear(((pickler *)self->owner)->memo);
    return 0;
}

/** pickler_memo.copy($self, /)
 *
 *  Copy the memo to a new object.
 */
static PyObject *
pickler_memo_copy(memo_proxy *self)
{
    return pickler_memo_dict(self);
}

/** pickler_memo.__reduce__($self, /)
 *
 *  Implement pickle support.
 */
static PyObject *
pickler_memo_reduce(memo_proxy *self)
{
    return reduced_dict(pickler_memo_dict(self));
}

/** unpickler_memo.clear($self, /)
 *
 *  Remove all items from memo.
 */
static status
unpickler_memo_clear(memo_proxy *self)
{
    unpickler *owner = (unpickler *)self->owner;
    hob_places_clear(owner);
    return hob_places_grow(owner, MEMO_SLOTS);
}

/** unpickler_memo.copy($self, /)
 *
 *  Copy the memo to a new object.
 */
static PyObject *
unpickler_memo_copy(memo_proxy *self)
{
    return unpickler_memo_dict(self);
}

/** unpickler_memo.__reduce__($self, /)
 *
 *  Implement pickling support.
 */
static PyObject *
unpickler_memo_reduce(memo_proxy *self)
{
    return reduced_dict(unpickler_memo_dict(self));
}

#include "gen/modules/_pickle/memo.bind.h"

#define MEMO_TYPE(which, python_name)                                   \
    PyTypeObject hob_##which##_memo_type = {                            \
        PyVarObject_HEAD_INIT(NULL, 0)                                  \
        .tp_name = python_name,                                         \
        .tp_basicsize = sizeof(memo_proxy),                             \
        .tp_dealloc = proxy_dealloc,                                    \
        .tp_hash = PyObject_HashNotImplemented,                         \
        .tp_getattro = PyObject_GenericGetAttr,                         \
        .tp_setattro = PyObject_GenericSetAttr,                         \
        .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,            \
        .tp_traverse = proxy_traverse,                                  \
        .tp_clear = proxy_clear_refs,                                   \
        .tp_methods = which##_memo_methods,                             \
    };
MEMO_TYPE(pickler, "_pickle.PicklerMemoProxy")
MEMO_TYPE(unpickler, "_pickle.UnpicklerMemoProxy")

/* --- the memo attributes --- */

PyObject *
hob_memo_get(PyObject *owner, void *unused)
{
    return proxy_make(PyObject_TypeCheck(owner, &hob_pickler_type) ? &hob_pickler_memo_type
                                                                   : &hob_unpickler_memo_type,
                      owner);
}

static MUST_USE status
memo_fill(memo_table *memo, PyObject *dict)
{
    PyObject *key, *value;
    for (Py_ssize_t i = 0; PyDict_Next(dict, &i, &key, &value); ) {
        if (!PyTuple_Check(value) || PyTuple_GET_SIZE(value) != 2) {
            PyErr_SetString(PyExc_TypeError, "'memo' values must be 2-item tuples");
            return -1;
        }
        Py_ssize_t place = PyLong_AsSsize_t(PyTuple_GET_ITEM(value, 0));
        if (place == -1 && PyErr_Occurred()) { return -1; }
        if (hob_seen_set(memo, PyTuple_GET_ITEM(value, 1), place) < 0) { return -1; }
    }
    return 0;
}

static MUST_USE status
memo_assign(pickler *self, PyObject *value)
{
    memo_table *memo;
    if (Py_IS_TYPE(value, &hob_pickler_memo_type)) {
        memo = hob_seen_copy(((pickler *)((memo_proxy *)value)->owner)->memo);
    }
    else if (PyDict_Check(value)) { memo = hob_seen_new(); }
    else {
        PyErr_Format(PyExc_TypeError, "'memo' attribute must be a PicklerMemoProxy object or dict, "
                     "not %.200s", Py_TYPE(value)->tp_name);
        return -1;
    }
    if (!memo) {
        PyErr_NoMemory();
        return -1;
    }
    if (PyDict_Check(value) && memo_fill(memo, value) < 0) {
        hob_seen_free(memo);
        return -1;
    }
    memo_table *old = self->memo;
    self->memo = memo;
    hob_seen_free(old);
    return 0;
}

static MUST_USE status
places_fill(unpickler *self, PyObject *dict)
{
    PyObject *key, *value;
    for (Py_ssize_t i = 0; PyDict_Next(dict, &i, &key, &value); ) {
        if (!PyLong_Check(key)) {
            PyErr_SetString(PyExc_TypeError, "memo key must be integers");
            return -1;
        }
        Py_ssize_t place = PyLong_AsSsize_t(key);
        if (place == -1 && PyErr_Occurred()) { return -1; }
        if (place < 0) {
            PyErr_SetString(PyExc_ValueError, "memo key must be positive integers.");
            return -1;
        }
        if (hob_places_set(self, (size_t)place, value) < 0) { return -1; }
    }
    return 0;
}

/* A dict of places: what `memo` may be set to. */
static MUST_USE PyObject *
places_source(PyObject *value)
{
    if (Py_IS_TYPE(value, &hob_unpickler_memo_type)) {
        return unpickler_memo_dict((memo_proxy *)value);
    }
    if (PyDict_Check(value)) { return Py_NewRef(value); }
    PyErr_Format(PyExc_TypeError, "'memo' attribute must be an UnpicklerMemoProxy object or dict, "
                 "not %.200s", Py_TYPE(value)->tp_name);
    return NULL;
}

static MUST_USE status
places_assign(unpickler *self, PyObject *value)
{
    own PyObject *dict = places_source(value);
    if (!dict) { return -1; }
    PyObject **old = self->memo;
    size_t n_old = self->n_memo;
    Py_ssize_t n_memoized = self->n_memoized;
    self->memo = NULL;
    self->n_memo = 0;
    self->n_memoized = 0;
    bool is_done = hob_places_grow(self, MEMO_SLOTS) == 0 && places_fill(self, dict) == 0;
    if (!is_done) {
        hob_places_clear(self);
        self->memo = old;
        self->n_memo = n_old;
        self->n_memoized = n_memoized;
        return -1;
    }
    for (size_t i = 0; i < n_old; i++) { Py_XDECREF(old[i]); }
    PyMem_Free(old);
    return 0;
}

int
hob_memo_set(PyObject *owner, PyObject *value, void *unused)
{
    if (!value) {
        PyErr_SetString(PyExc_TypeError, "attribute deletion is not supported");
        return -1;
    }
    if (PyObject_TypeCheck(owner, &hob_pickler_type)) {
        return memo_assign((pickler *)owner, value);
    }
    return places_assign((unpickler *)owner, value);
}

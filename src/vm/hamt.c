/* hamt.c -- the hash array mapped trie behind contexts (Bagwell, 2001; PEP 567).
 *
 * Layout     a node has a bitmap of 32 and one pair of pointers for each bit set:
 *
 *            bitmap 0..1..1..1     [ key | value ][ NULL | node ][ key | value ]
 *
 *            The bit of a key is five bits of its 32-bit hash, other five at each
 *            level.  Keys whose hashes are all the same share a collision node:
 *            bitmap 0, the hash, and pairs in any order.
 * Holds      Nodes never change once another node or a map refers to them.  A
 *            node below the root has at least two keys beneath it.
 * Hazard     comparing keys may run Python code; it cannot change a node.
 */
#include "vm/hamt.h"

#include "memory/own.h"

typedef struct {
    PyObject_VAR_HEAD                   /* ob_size: pointers in slots */
    uint32_t bitmap;                    /* 0: a collision node, or the empty root */
    uint32_t hash;                      /* of a collision node */
    PyObject *slots[];                  /* owned */
} node;

enum { BITS = 5, LEVELS_MAX = 8 };

/* --- nodes --- */

static node *
node_new(Py_ssize_t n_slots, uint32_t bitmap, uint32_t hash)
{
    node *self = PyObject_GC_NewVar(node, &hob_hamt_node_type, n_slots);
    if (!self) { return NULL; }
    self->bitmap = bitmap;
    self->hash = hash;
    memset(self->slots, 0, (size_t)n_slots * sizeof(PyObject *));
    PyObject_GC_Track(self);
    return self;
}

static void
node_dealloc(node *self)
{
    PyObject_GC_UnTrack(self);
    Py_TRASHCAN_BEGIN(self, node_dealloc)
    for (Py_ssize_t i = 0; i < Py_SIZE(self); i++) { Py_XDECREF(self->slots[i]); }
    PyObject_GC_Del(self);
    Py_TRASHCAN_END
}

static int
node_traverse(node *self, visitproc visit, void *arg)
{
    for (Py_ssize_t i = 0; i < Py_SIZE(self); i++) { Py_VISIT(self->slots[i]); }
    return 0;
}

PyTypeObject hob_hamt_node_type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "hamt_node",
    .tp_basicsize = sizeof(node),
    .tp_itemsize = sizeof(PyObject *),
    .tp_dealloc = (destructor)node_dealloc,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_traverse = (traverseproc)node_traverse,
};

static bool
is_collision(const node *self)
{
    return self->bitmap == 0 && Py_SIZE(self) > 0;
}

static uint32_t
bit_at(uint32_t hash, int shift)
{
    return (uint32_t)1 << (hash >> shift & 31);
}

/* Index of the pair for bit. */
static Py_ssize_t
place(const node *self, uint32_t bit)
{
    return 2 * (Py_ssize_t)__builtin_popcount(self->bitmap & (bit - 1));
}

/* A copy with slots moved apart (gap 2) or together (gap -2) at `at`. */
static node *
node_copy(const node *from, Py_ssize_t at, int gap, uint32_t bitmap)
{
    Py_ssize_t n = Py_SIZE(from);
    node *copy = node_new(n + gap, bitmap, from->hash);
    if (!copy) { return NULL; }
    Py_ssize_t resume = gap < 0 ? at - gap : at;
    for (Py_ssize_t i = 0; i < at; i++) { copy->slots[i] = Py_XNewRef(from->slots[i]); }
    for (Py_ssize_t i = resume; i < n; i++) {
        copy->slots[i + gap] = Py_XNewRef(from->slots[i]);
    }
    return copy;
}

static void
put_slot(node *self, Py_ssize_t i, PyObject *value)
{
    Py_XSETREF(self->slots[i], Py_XNewRef(value));
}

static tri
same_key(PyObject *a, PyObject *b)
{
    return a == b ? 1 : PyObject_RichCompareBool(a, b, Py_EQ);
}

static bool
hash_of(PyObject *key, uint32_t *hash)
{
    Py_hash_t h = PyObject_Hash(key);
    *hash = (uint32_t)h ^ (uint32_t)((uint64_t)h >> 32);
    return h != -1;
}

/* --- find --- */

/* The index of key's pair in a collision node; -1 not there, -2 error. */
static Py_ssize_t
find_collision(const node *self, PyObject *key)
{
    for (Py_ssize_t i = 0; i < Py_SIZE(self); i += 2) {
        tri same = same_key(self->slots[i], key);
        if (same) { return same < 0 ? -2 : i; }
    }
    return -1;
}

tri
hob_hamt_find(hob_hamt *self, PyObject *key, PyObject **value)
{
    uint32_t hash;
    if (!hash_of(key, &hash)) { return -1; }
    const node *at = (const node *)self->root;
    for (int shift = 0; ; shift += BITS) {
        if (is_collision(at)) {
            Py_ssize_t i = find_collision(at, key);
            if (i >= 0) { *value = at->slots[i + 1]; }
            return i == -2 ? -1 : i >= 0;
        }
        uint32_t bit = bit_at(hash, shift);
        if (!(at->bitmap & bit)) { return 0; }
        Py_ssize_t i = place(at, bit);
        PyObject *found = at->slots[i];
        if (found) {
            tri same = same_key(found, key);
            if (same > 0) { *value = at->slots[i + 1]; }
            return same;
        }
        at = (const node *)at->slots[i + 1];
    }
}

/* --- with --- */

static MUST_USE node *node_with(node *self, int shift, uint32_t hash, PyObject *key,
                                PyObject *value,
                                bool *added);

/* A node for two keys that meet at shift. */
static node *
node_of_two(int shift, PyObject *key1, PyObject *value1, uint32_t hash, PyObject *key,
            PyObject *value)
{
    uint32_t hash1;
    if (!hash_of(key1, &hash1)) { return NULL; }
    if (hash1 == hash) {
        node *both = node_new(4, 0, hash);
        if (!both) { return NULL; }
        PyObject *four[4] = {key1, value1, key, value};
        for (int i = 0; i < 4; i++) { put_slot(both, i, four[i]); }
        return both;
    }
    bool added;
    own node *empty = node_new(0, 0, 0);
    own node *one = empty ? node_with(empty, shift, hash1, key1, value1, &added) : NULL;
    return one ? node_with(one, shift, hash, key, value, &added) : NULL;
}

static node *
collision_with(node *self, int shift, uint32_t hash, PyObject *key, PyObject *value,
               bool *added)
{
    if (hash != self->hash) {
        /* Another hash comes: a level above both. */
        own node *above = node_new(2, bit_at(self->hash, shift), 0);
        if (!above) { return NULL; }
        put_slot(above, 1, (PyObject *)self);
        return node_with(above, shift, hash, key, value, added);
    }
    Py_ssize_t i = find_collision(self, key), n = Py_SIZE(self);
    if (i == -2) { return NULL; }
    if (i >= 0 && self->slots[i + 1] == value) { return (node *)Py_NewRef(self); }
    node *copy = node_copy(self, n, i < 0 ? 2 : 0, 0);
    if (!copy) { return NULL; }
    if (i < 0) {
        *added = true;
        put_slot(copy, n, key);
        put_slot(copy, n + 1, value);
    }
    else {
        put_slot(copy, i + 1, value);
    }
    return copy;
}

static node *
node_with(node *self, int shift, uint32_t hash, PyObject *key, PyObject *value, bool *added)
{
    if (is_collision(self)) { return collision_with(self, shift, hash, key, value, added); }
    uint32_t bit = bit_at(hash, shift);
    Py_ssize_t i = place(self, bit);
    if (!(self->bitmap & bit)) {
        node *copy = node_copy(self, i, 2, self->bitmap | bit);
        if (!copy) { return NULL; }
        put_slot(copy, i, key);
        put_slot(copy, i + 1, value);
        *added = true;
        return copy;
    }
    PyObject *there = self->slots[i], *its = self->slots[i + 1];
    own PyObject *replacement = NULL;
    PyObject *new_key = NULL;
    if (!there) {
        replacement = (PyObject *)node_with((node *)its, shift + BITS, hash, key, value, added);
    }
    else {
        tri same = same_key(there, key);
        if (same < 0) { return NULL; }
        if (same) {
            new_key = there;
            replacement = Py_NewRef(value);
        }
        else {
            *added = true;
            replacement = (PyObject *)node_of_two(shift + BITS, there, its, hash, key, value);
        }
    }
    if (!replacement) { return NULL; }
    if (replacement == its) { return (node *)Py_NewRef(self); }
    node *copy = node_copy(self, i, 0, self->bitmap);
    if (!copy) { return NULL; }
    put_slot(copy, i, new_key);
    put_slot(copy, i + 1, replacement);
    return copy;
}

/* --- without --- */
enum outcome { FAILED, ABSENT, EMPTY, SMALLER };

/* Only one pair, not a node, is left: the level above can hold it itself. */
static bool
is_lone_pair(const node *self)
{
    return Py_SIZE(self) == 2 && self->slots[0];
}

static enum outcome
node_without(node *self, int shift, uint32_t hash, PyObject *key, node **result)
{
    if (is_collision(self)) {
        Py_ssize_t i = hash == self->hash ? find_collision(self, key) : -1;
        if (i < 0) { return i == -2 ? FAILED : ABSENT; }
        if (Py_SIZE(self) == 4) {       /* one left: no collision any more */
            *result = node_new(2, bit_at(hash, shift), 0);
            if (!*result) { return FAILED; }
            put_slot(*result, 0, self->slots[2 - i]);
            put_slot(*result, 1, self->slots[3 - i]);
            return SMALLER;
        }
        *result = node_copy(self, i, -2, 0);
        return *result ? SMALLER : FAILED;
    }
    uint32_t bit = bit_at(hash, shift);
    if (!(self->bitmap & bit)) { return ABSENT; }
    Py_ssize_t i = place(self, bit);
    if (self->slots[i]) {
        tri same = same_key(self->slots[i], key);
        if (same <= 0) { return same < 0 ? FAILED : ABSENT; }
        if (Py_SIZE(self) == 2) { return EMPTY; }
        *result = node_copy(self, i, -2, self->bitmap & ~bit);
        return *result ? SMALLER : FAILED;
    }
    node *made = NULL;
    enum outcome outcome = node_without((node *)self->slots[i + 1], shift + BITS, hash, key,
                                        &made);
    own node *below = made;
    if (outcome == FAILED || outcome == ABSENT) { return outcome; }
    EXPECT(outcome == SMALLER);
    *result = node_copy(self, i, 0, self->bitmap);
    if (!*result) { return FAILED; }
    if (is_lone_pair(below)) {
        put_slot(*result, i, below->slots[0]);
        put_slot(*result, i + 1, below->slots[1]);
    }
    else {
        put_slot(*result, i + 1, (PyObject *)below);
    }
    return SMALLER;
}

/* --- maps --- */

static hob_hamt *
hamt_make(STOLEN node *root, Py_ssize_t count)
{
    if (!root) { return NULL; }
    hob_hamt *self = PyObject_GC_New(hob_hamt, &hob_hamt_type);
    if (!self) {
        Py_DECREF(root);
        return NULL;
    }
    self->root = (PyObject *)root;
    self->weakreflist = NULL;
    self->count = count;
    PyObject_GC_Track(self);
    return self;
}

hob_hamt *
hob_hamt_new(void)
{
    static PyObject *empty_node;             /* shared by all; immutable */
    if (!empty_node) {
        empty_node = (PyObject *)node_new(0, 0, 0);
        if (!empty_node) { return NULL; }
    }
    return hamt_make((node *)Py_NewRef(empty_node), 0);
}

hob_hamt *
hob_hamt_with(hob_hamt *self, PyObject *key, PyObject *value)
{
    uint32_t hash;
    bool added = false;
    if (!hash_of(key, &hash)) { return NULL; }
    node *root = node_with((node *)self->root, 0, hash, key, value, &added);
    if (!root) { return NULL; }
    if ((PyObject *)root == self->root) {
        Py_DECREF(root);
        return (hob_hamt *)Py_NewRef(self);
    }
    return hamt_make(root, self->count + added);
}

hob_hamt *
hob_hamt_without(hob_hamt *self, PyObject *key)
{
    uint32_t hash;
    node *root = NULL;
    if (!hash_of(key, &hash)) { return NULL; }
    switch (node_without((node *)self->root, 0, hash, key, &root)) {
    case FAILED: return NULL;
    case ABSENT: return (hob_hamt *)Py_NewRef(self);
    case EMPTY:  return hob_hamt_new();
    default:     return hamt_make(root, self->count - 1);
    }
}

/* --- iteration --- */
typedef struct {
    PyObject_HEAD
    hob_hamt *map;                      /* owned */
    int level;                          /* -1: at the end */
    node *path[LEVELS_MAX + 1];         /* borrowed from map */
    Py_ssize_t next[LEVELS_MAX + 1];
} hamt_iter;

static bool
iter_step(hamt_iter *self, PyObject **key, PyObject **value)
{
    while (self->level >= 0) {
        node *at = self->path[self->level];
        Py_ssize_t i = self->next[self->level];
        if (i >= Py_SIZE(at)) {
            self->level--;
            continue;
        }
        self->next[self->level] = i + 2;
        if (at->slots[i]) {
            *key = at->slots[i];
            *value = at->slots[i + 1];
            return true;
        }
        self->level++;
        self->path[self->level] = (node *)at->slots[i + 1];
        self->next[self->level] = 0;
    }
    return false;
}

static PyObject *
iter_new(hob_hamt *map, PyTypeObject *type)
{
    hamt_iter *self = PyObject_GC_New(hamt_iter, type);
    if (!self) { return NULL; }
    self->map = (hob_hamt *)Py_NewRef(map);
    self->level = 0;
    self->path[0] = (node *)map->root;
    self->next[0] = 0;
    PyObject_GC_Track(self);
    return (PyObject *)self;
}

PyObject *hob_hamt_iter_keys(hob_hamt *self) { return iter_new(self, &hob_hamt_keys_type); }
PyObject *hob_hamt_iter_values(hob_hamt *self) { return iter_new(self, &hob_hamt_values_type); }
PyObject *hob_hamt_iter_items(hob_hamt *self) { return iter_new(self, &hob_hamt_items_type); }

static void
iter_dealloc(hamt_iter *self)
{
    PyObject_GC_UnTrack(self);
    Py_XDECREF(self->map);
    PyObject_GC_Del(self);
}

static int
iter_traverse(hamt_iter *self, visitproc visit, void *arg)
{
    Py_VISIT(self->map);
    return 0;
}

static PyObject *
keys_next(hamt_iter *self)
{
    PyObject *key, *value;
    return iter_step(self, &key, &value) ? Py_NewRef(key) : NULL;
}

static PyObject *
values_next(hamt_iter *self)
{
    PyObject *key, *value;
    return iter_step(self, &key, &value) ? Py_NewRef(value) : NULL;
}

static PyObject *
items_next(hamt_iter *self)
{
    PyObject *key, *value;
    return iter_step(self, &key, &value) ? PyTuple_Pack(2, key, value) : NULL;
}

static Py_ssize_t
iter_length(hamt_iter *self)
{
    return self->map->count;
}

static PyMappingMethods iter_as_mapping = {.mp_length = (lenfunc)iter_length};

#define ITER_TYPE(which)                                                        \
    PyTypeObject hob_hamt_##which##_type = {                                    \
        PyVarObject_HEAD_INIT(&PyType_Type, 0)                                  \
        .tp_name = #which,                                                      \
        .tp_basicsize = sizeof(hamt_iter),                                      \
        .tp_dealloc = (destructor)iter_dealloc,                                 \
        .tp_as_mapping = &iter_as_mapping,                                      \
        .tp_getattro = PyObject_GenericGetAttr,                                 \
        .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,                    \
        .tp_traverse = (traverseproc)iter_traverse,                             \
        .tp_iter = PyObject_SelfIter,                                           \
        .tp_iternext = (iternextfunc)which##_next,                              \
    };
ITER_TYPE(keys)
ITER_TYPE(values)
ITER_TYPE(items)

tri
hob_hamt_equal(hob_hamt *a, hob_hamt *b)
{
    if (a == b) { return 1; }
    if (a->count != b->count) { return 0; }
    hamt_iter walk = {.level = 0, .path = {(node *)a->root}};
    PyObject *key, *value, *other;
    while (iter_step(&walk, &key, &value)) {
        tri found = hob_hamt_find(b, key, &other);
        if (found <= 0) { return found; }
        tri same = PyObject_RichCompareBool(value, other, Py_EQ);
        if (same <= 0) { return same; }
    }
    return 1;
}

/* --- the type: only tests see it --- */

static void
hamt_dealloc(hob_hamt *self)
{
    PyObject_GC_UnTrack(self);
    if (self->weakreflist) { PyObject_ClearWeakRefs((PyObject *)self); }
    Py_XDECREF(self->root);
    PyObject_GC_Del(self);
}

static int
hamt_traverse(hob_hamt *self, visitproc visit, void *arg)
{
    Py_VISIT(self->root);
    return 0;
}

static PyObject *
hamt_richcompare(PyObject *a, PyObject *b, int op)
{
    if (!Py_IS_TYPE(a, &hob_hamt_type) || !Py_IS_TYPE(b, &hob_hamt_type) ||
        (op != Py_EQ && op != Py_NE)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    tri same = hob_hamt_equal((hob_hamt *)a, (hob_hamt *)b);
    return same < 0 ? NULL : PyBool_FromLong(same == (op == Py_EQ));
}

static PyObject *
hamt_subscript(hob_hamt *self, PyObject *key)
{
    PyObject *value;
    tri found = hob_hamt_find(self, key, &value);
    if (found == 0) { PyErr_SetObject(PyExc_KeyError, key); }
    return found > 0 ? Py_NewRef(value) : NULL;
}

static int
hamt_contains(hob_hamt *self, PyObject *key)
{
    PyObject *value;
    return hob_hamt_find(self, key, &value);
}

static Py_ssize_t
hamt_length(hob_hamt *self)
{
    return self->count;
}

static PyObject *
hamt_set(hob_hamt *self, PyObject *args)
{
    PyObject *key, *value;
    if (!PyArg_UnpackTuple(args, "set", 2, 2, &key, &value)) { return NULL; }
    return (PyObject *)hob_hamt_with(self, key, value);
}

static PyObject *
hamt_get(hob_hamt *self, PyObject *args)
{
    PyObject *key, *fallback = Py_None, *value;
    if (!PyArg_UnpackTuple(args, "get", 1, 2, &key, &fallback)) { return NULL; }
    tri found = hob_hamt_find(self, key, &value);
    return found < 0 ? NULL : Py_NewRef(found ? value : fallback);
}

static PyObject *
hamt_delete(hob_hamt *self, PyObject *key)
{
    return (PyObject *)hob_hamt_without(self, key);
}

static PyObject *
hamt_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    return (PyObject *)hob_hamt_new();
}

static PyObject *
hamt_keys(hob_hamt *self, PyObject *unused)
{
    return hob_hamt_iter_keys(self);
}

static PyObject *
hamt_values(hob_hamt *self, PyObject *unused)
{
    return hob_hamt_iter_values(self);
}

static PyObject *
hamt_items(hob_hamt *self, PyObject *unused)
{
    return hob_hamt_iter_items(self);
}

static PyMethodDef hamt_methods[] = {
    {"set", (PyCFunction)hamt_set, METH_VARARGS, NULL},
    {"get", (PyCFunction)hamt_get, METH_VARARGS, NULL},
    {"delete", (PyCFunction)hamt_delete, METH_O, NULL},
    {"items", (PyCFunction)hamt_items, METH_NOARGS, NULL},
    {"keys", (PyCFunction)hamt_keys, METH_NOARGS, NULL},
    {"values", (PyCFunction)hamt_values, METH_NOARGS, NULL},
    {NULL},
};

static PySequenceMethods hamt_as_sequence = {.sq_contains = (objobjproc)hamt_contains};
static PyMappingMethods hamt_as_mapping = {
    .mp_length = (lenfunc)hamt_length,
    .mp_subscript = (binaryfunc)hamt_subscript,
};

PyTypeObject hob_hamt_type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "hamt",
    .tp_basicsize = sizeof(hob_hamt),
    .tp_dealloc = (destructor)hamt_dealloc,
    .tp_as_sequence = &hamt_as_sequence,
    .tp_as_mapping = &hamt_as_mapping,
    .tp_hash = PyObject_HashNotImplemented,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_traverse = (traverseproc)hamt_traverse,
    .tp_richcompare = hamt_richcompare,
    .tp_weaklistoffset = offsetof(hob_hamt, weakreflist),
    .tp_iter = (getiterfunc)hob_hamt_iter_keys,
    .tp_methods = hamt_methods,
    .tp_new = hamt_new,
};

PyObject *
_PyContext_NewHamtForTests(void)
{
    return (PyObject *)hob_hamt_new();
}

/* odict.c -- collections.OrderedDict: a dict with an order that can be rearranged.
 *
 * Layout     a dict, and beside it a doubly linked list of its keys in order:
 *              first <-> node <-> node <-> last
 *            places[i] is the node of the dict's entry i, so that finding a node is
 *            one dict lookup.  places lies parallel to the table place_keys; when the
 *            dict has moved to another table it is laid out anew.
 * Holds      each node owns its key.  state changes with every change of the list.
 * Hazard     dict's own methods may be called on us behind our back: an entry may
 *            have no node, or a node no entry.  A place is believed only if its
 *            node has the very key of the entry.
 */
#include <Python.h>

#include <stddef.h>

#include "memory/gc.h"
#include "memory/own.h"
#include "objects/bind.h"
#include "objects/containers.h"
#include "objects/dict/dict_int.h"
#include "objects/ids.h"

typedef struct node {
    PyObject *key;
    Py_hash_t hash;
    struct node *next;
    struct node *prev;
} node;

struct _odictobject {
    PyDictObject dict;
    node **places;                      /* n_places of them, or NULL */
    PyDictKeysObject *place_keys;       /* the table they lie parallel to; not owned */
    Py_ssize_t n_places;
    node *first;
    node *last;
    size_t state;
    PyObject *inst_dict;
    PyObject *weakreflist;
};
typedef struct _odictobject odict;

_Static_assert(sizeof(odict) == 112, "tp_basicsize of the reference");

static inline odict *
as_odict(PyObject *op)
{
    return (odict *)op;
}

/* --- nodes --- */

/* The entry number and key of a key in the dict; INDEX_EMPTY, INDEX_ERROR. */
static Py_ssize_t
find_entry(odict *self, PyObject *key, Py_hash_t hash, PyObject **entry_key)
{
    PyObject *value;
    Py_ssize_t ix = hob_dict_find(&self->dict, key, hash, &value);
    if (ix < 0) { return ix; }
    PyDictKeysObject *keys = self->dict.ma_keys;
    *entry_key = keys->kind == KEYS_GENERAL ? hob_keys_general(keys)[ix].key
                                            : hob_keys_str(keys)[ix].key;
    return ix;
}

/* Lay places out parallel to the dict's present table. */
static status
lay_out(odict *self)
{
    PyDictKeysObject *keys = self->dict.ma_keys;
    Py_ssize_t n = (Py_ssize_t)1 << keys->log2_size;
    node **places = PyMem_Calloc(n, sizeof *places);
    if (!places) {
        PyErr_NoMemory();
        return -1;
    }
    /* finding may run __eq__ and change everything: only adopt what stays true */
    size_t state = self->state;
    for (node *at = self->first; at; at = at->next) {
        PyObject *entry_key;
        Py_ssize_t ix = find_entry(self, at->key, at->hash, &entry_key);
        bool has_moved = self->dict.ma_keys != keys || self->state != state;
        if (ix == INDEX_ERROR || has_moved) {
            PyMem_Free(places);
            if (ix == INDEX_ERROR) { return -1; }
            return lay_out(self);
        }
        if (ix >= 0 && ix < n) { places[ix] = at; }
    }
    PyMem_Free(self->places);
    self->places = places;
    self->place_keys = keys;
    self->n_places = n;
    return 0;
}

/* The node of key, NULL when it has none (or with an exception); *ix is its
 * entry, negative without one. */
static node *
find_node(odict *self, PyObject *key, Py_hash_t hash, Py_ssize_t *ix)
{
    PyObject *entry_key;
    *ix = find_entry(self, key, hash, &entry_key);
    if (*ix < 0) { return NULL; }
    if (self->place_keys != self->dict.ma_keys || *ix >= self->n_places) {
        if (lay_out(self) < 0) {
            *ix = INDEX_ERROR;
            return NULL;
        }
        *ix = find_entry(self, key, hash, &entry_key);
        if (*ix < 0 || *ix >= self->n_places) { return NULL; }
    }
    node *found = self->places[*ix];
    return found && found->key == entry_key ? found : NULL;
}

static void
link_last(odict *self, node *n)
{
    n->next = NULL;
    n->prev = self->last;
    if (self->last) { self->last->next = n; }
    else { self->first = n; }
    self->last = n;
    self->state++;
}

static void
link_first(odict *self, node *n)
{
    n->prev = NULL;
    n->next = self->first;
    if (self->first) { self->first->prev = n; }
    else { self->last = n; }
    self->first = n;
    self->state++;
}

static void
unlink_node(odict *self, node *n)
{
    if (n->prev) { n->prev->next = n->next; }
    else { self->first = n->next; }
    if (n->next) { n->next->prev = n->prev; }
    else { self->last = n->prev; }
    self->state++;
}

/* Give a key that is in the dict a node at the end, unless it has one. */
static status
add_node(odict *self, PyObject *key, Py_hash_t hash)
{
    Py_ssize_t ix;
    if (find_node(self, key, hash, &ix)) { return 0; }
    if (ix == INDEX_ERROR) { return -1; }
    if (ix < 0) {
        _PyErr_SetKeyError(key);
        return -1;
    }
    node *fresh = PyMem_Malloc(sizeof *fresh);
    if (!fresh) {
        PyErr_NoMemory();
        return -1;
    }
    PyDictKeysObject *keys = self->dict.ma_keys;
    fresh->key = Py_NewRef(keys->kind == KEYS_GENERAL ? hob_keys_general(keys)[ix].key
                                                      : hob_keys_str(keys)[ix].key);
    fresh->hash = hash;
    self->places[ix] = fresh;
    link_last(self, fresh);
    return 0;
}

/* Take key's node away, if it has one. */
static status
drop_node(odict *self, PyObject *key, Py_hash_t hash)
{
    Py_ssize_t ix;
    node *found = find_node(self, key, hash, &ix);
    if (!found) { return ix == INDEX_ERROR ? -1 : 0; }
    self->places[ix] = NULL;
    unlink_node(self, found);
    PyObject *held = found->key;
    PyMem_Free(found);
    Py_DECREF(held);
    return 0;
}

static void
drop_all_nodes(odict *self)
{
    node *at = self->first;
    PyMem_Free(self->places);
    self->places = NULL;
    self->place_keys = NULL;
    self->n_places = 0;
    self->first = NULL;
    self->last = NULL;
    self->state++;
    while (at) {
        node *next = at->next;
        PyObject *key = at->key;
        PyMem_Free(at);
        Py_DECREF(key);
        at = next;
    }
}

/* --- items --- */

static status
set_hashed(PyObject *op, PyObject *key, Py_hash_t hash, PyObject *value)
{
    if (_PyDict_SetItem_KnownHash(op, key, value, hash) < 0) { return -1; }
    if (add_node(as_odict(op), key, hash) == 0) { return 0; }
    PyObject *type, *error, *traceback;
    PyErr_Fetch(&type, &error, &traceback);
    (void)_PyDict_DelItem_KnownHash(op, key, hash);
    _PyErr_ChainExceptions(type, error, traceback);
    return -1;
}

int
PyODict_SetItem(PyObject *op, PyObject *key, PyObject *value)
{
    Py_hash_t hash = PyObject_Hash(key);
    return hash == -1 ? -1 : set_hashed(op, key, hash, value);
}

int
PyODict_DelItem(PyObject *op, PyObject *key)
{
    Py_hash_t hash = PyObject_Hash(key);
    if (hash == -1 || drop_node(as_odict(op), key, hash) < 0) { return -1; }
    return _PyDict_DelItem_KnownHash(op, key, hash);
}

static status
odict_ass_subscript(PyObject *op, PyObject *key, PyObject *value)
{
    return value ? PyODict_SetItem(op, key, value) : PyODict_DelItem(op, key);
}

static PyObject *
pop_hashed(PyObject *op, PyObject *key, Py_hash_t hash, PyObject *fallback)
{
    if (drop_node(as_odict(op), key, hash) < 0) { return NULL; }
    return hob_dict_pop_hash(op, key, hash, fallback);
}

/* The value of a node's key, hashed anew as any other lookup; KeyError without. */
static BORROWED PyObject *
value_of(odict *self, PyObject *key)
{
    PyObject *value;
    Py_hash_t hash = hob_dict_hash(key);
    if (hash == -1) { return NULL; }
    Py_ssize_t ix = hob_dict_find(&self->dict, key, hash, &value);
    if (ix != INDEX_ERROR && !value) { _PyErr_SetKeyError(key); }
    return value;
}

/* --- update: through self's own __setitem__ --- */

static status
add_pair(PyObject *self, PyObject *pair)
{
    own PyObject *iter = PyObject_GetIter(pair);
    if (!iter) { return -1; }
    own PyObject *key = PyIter_Next(iter);
    if (!key) {
        if (PyErr_Occurred()) { return -1; }
        PyErr_SetString(PyExc_ValueError, "need more than 0 values to unpack");
        return -1;
    }
    own PyObject *value = PyIter_Next(iter);
    if (!value) {
        if (PyErr_Occurred()) { return -1; }
        PyErr_SetString(PyExc_ValueError, "need more than 1 value to unpack");
        return -1;
    }
    own PyObject *more = PyIter_Next(iter);
    if (more) {
        PyErr_SetString(PyExc_ValueError, "too many values to unpack (expected 2)");
        return -1;
    }
    if (PyErr_Occurred()) { return -1; }
    return PyObject_SetItem(self, key, value);
}

static status
add_pairs(PyObject *self, PyObject *pairs)
{
    own PyObject *iter = PyObject_GetIter(pairs);
    if (!iter) { return -1; }
    for (;;) {
        own PyObject *pair = PyIter_Next(iter);
        if (!pair) { return PyErr_Occurred() ? -1 : 0; }
        if (add_pair(self, pair) < 0) { return -1; }
    }
}

static status
add_by_keys(PyObject *self, PyObject *source, PyObject *keys_method)
{
    own PyObject *keys = PyObject_CallNoArgs(keys_method);
    own PyObject *iter = keys ? PyObject_GetIter(keys) : NULL;
    if (!iter) { return -1; }
    for (;;) {
        own PyObject *key = PyIter_Next(iter);
        if (!key) { return PyErr_Occurred() ? -1 : 0; }
        own PyObject *value = PyObject_GetItem(source, key);
        if (!value || PyObject_SetItem(self, key, value) < 0) { return -1; }
    }
}

static status
update_from(PyObject *self, PyObject *source)
{
    if (PyDict_CheckExact(source)) {
        own PyObject *items = PyDict_Items(source);
        return items ? add_pairs(self, items) : -1;
    }
    own PyObject *method = NULL;
    if (_PyObject_LookupAttr(source, ID(keys), &method) < 0) { return -1; }
    if (method) { return add_by_keys(self, source, method); }
    if (_PyObject_LookupAttr(source, ID(items), &method) < 0) { return -1; }
    if (method) {
        own PyObject *items = PyObject_CallNoArgs(method);
        return items ? add_pairs(self, items) : -1;
    }
    return add_pairs(self, source);
}

static status
update_args(PyObject *self, PyObject *args, PyObject *kwargs)
{
    if (PyTuple_GET_SIZE(args)) {
        own PyObject *source = Py_NewRef(PyTuple_GET_ITEM(args, 0));
        if (update_from(self, source) < 0) { return -1; }
    }
    if (!kwargs) { return 0; }
    if (!PyArg_ValidateKeywordArguments(kwargs)) { return -1; }
    own PyObject *items = PyDict_Items(kwargs);
    return items ? add_pairs(self, items) : -1;
}

/* --- methods --- */

/** OrderedDict.fromkeys($type, /, iterable, value=None)
 *
 *  A new one with the keys of iterable, all with the same value.
 */
static PyObject *
odict_fromkeys(PyObject *type, PyObject *iterable, PyObject *value)
{
    return hob_dict_fromkeys(type, iterable, value);
}

/** OrderedDict.__sizeof__($self, /)
 *
 *  Bytes of the dict, its tables and its order.
 */
static Py_ssize_t
odict_sizeof(odict *self)
{
    Py_ssize_t n = 0;
    for (node *at = self->first; at; at = at->next) { n++; }
    return _PyDict_SizeOf(&self->dict) + self->n_places * (Py_ssize_t)sizeof(node *)
           + n * (Py_ssize_t)sizeof(node);
}

/** OrderedDict.__reduce__($self, /)
 *
 *  State for pickling.
 */
static PyObject *
odict_reduce(PyObject *self)
{
    own PyObject *state = _PyObject_GetState(self);
    if (!state) { return NULL; }
    own PyObject *items = PyObject_CallMethodNoArgs(self, ID(items));
    own PyObject *iter = items ? PyObject_GetIter(items) : NULL;
    own PyObject *args = PyTuple_New(0);
    if (!iter || !args) { return NULL; }
    return PyTuple_Pack(5, Py_TYPE(self), args, state, Py_None, iter);
}

/** OrderedDict.setdefault($self, /, key, default=None)
 *
 *  The value of key, after setting it to default when there was no such key.
 */
static PyObject *
odict_setdefault(PyObject *self, PyObject *key, PyObject *default_)
{
    if (PyODict_CheckExact(self)) {
        PyObject *value = PyDict_GetItemWithError(self, key);
        if (value) { return Py_NewRef(value); }
        if (PyErr_Occurred() || PyODict_SetItem(self, key, default_) < 0) { return NULL; }
        return Py_NewRef(default_);
    }
    int found = PySequence_Contains(self, key);
    if (found < 0) { return NULL; }
    if (found) { return PyObject_GetItem(self, key); }
    return PyObject_SetItem(self, key, default_) < 0 ? NULL : Py_NewRef(default_);
}

/** OrderedDict.pop($self, /, key, default=NULL)
 *
 *  Remove key and return its value.
 *
 *  Without such a key, return default if there is one, else raise KeyError.
 */
static PyObject *
odict_pop(PyObject *self, PyObject *key, PyObject *default_)
{
    Py_hash_t hash = PyObject_Hash(key);
    if (hash == -1) { return NULL; }
    if (!default_) {                /* the key as the exception's arguments: () if it is () */
        PyObject *value;
        Py_ssize_t ix = hob_dict_find((PyDictObject *)self, key, hash, &value);
        if (ix == INDEX_ERROR) { return NULL; }
        if (!value) {
            PyErr_SetObject(PyExc_KeyError, key);
            return NULL;
        }
    }
    return pop_hashed(self, key, hash, default_);
}

/** OrderedDict.popitem($self, /, last=True)
 *
 *  Remove the last (or first) pair and return it as (key, value).
 */
static PyObject *
odict_popitem(odict *self, bool last)
{
    node *end = last ? self->last : self->first;
    if (!end) {
        PyErr_SetString(PyExc_KeyError, "dictionary is empty");
        return NULL;
    }
    own PyObject *key = Py_NewRef(end->key);
    own PyObject *value = pop_hashed((PyObject *)self, key, end->hash, NULL);
    return value ? PyTuple_Pack(2, key, value) : NULL;
}

/** OrderedDict.keys($self, /)
 *
 *  A set-like view of the keys, in order.
 */
static PyObject *
odict_keys(PyObject *self)
{
    return _PyDictView_New(self, &PyODictKeys_Type);
}

/** OrderedDict.values($self, /)
 *
 *  A view of the values, in order.
 */
static PyObject *
odict_values(PyObject *self)
{
    return _PyDictView_New(self, &PyODictValues_Type);
}

/** OrderedDict.items($self, /)
 *
 *  A set-like view of the pairs, in order.
 */
static PyObject *
odict_items(PyObject *self)
{
    return _PyDictView_New(self, &PyODictItems_Type);
}

/** OrderedDict.update($self, /, *args, **kwargs)
 *
 *  Set keys from a mapping or from an iterable of pairs, then from keywords.
 */
static PyObject *
odict_update(PyObject *self, PyObject *args, PyObject *kwargs)
{
    if (PyTuple_GET_SIZE(args) > 1) {
        PyErr_Format(PyExc_TypeError,
                     "update() takes at most 1 positional argument (%zd given)",
                     PyTuple_GET_SIZE(args));
        return NULL;
    }
    if (update_args(self, args, kwargs) < 0) { return NULL; }
    Py_RETURN_NONE;
}

/** OrderedDict.clear($self, /)
 *
 *  Remove everything.
 */
static void
odict_clear(PyObject *self)
{
    PyDict_Clear(self);
    drop_all_nodes(as_odict(self));
}

/* Copy in order into an exact OrderedDict. */
static status
copy_exact(PyObject *to, odict *self)
{
    size_t state = self->state;
    for (node *at = self->first; at; at = at->next) {
        own PyObject *key = Py_NewRef(at->key);
        own PyObject *value = Py_XNewRef(value_of(self, key));
        if (!value || set_hashed(to, key, at->hash, value) < 0) { return -1; }
        if (self->state != state) {
            PyErr_SetString(PyExc_RuntimeError, "OrderedDict mutated during iteration");
            return -1;
        }
    }
    return 0;
}

static status
copy_subclass(PyObject *to, PyObject *op)
{
    odict *self = as_odict(op);
    size_t state = self->state;
    for (node *at = self->first; at; at = at->next) {
        own PyObject *key = Py_NewRef(at->key);
        own PyObject *value = PyObject_GetItem(op, key);
        if (!value || PyObject_SetItem(to, key, value) < 0) { return -1; }
        if (self->state != state) {
            PyErr_SetString(PyExc_RuntimeError, "OrderedDict mutated during iteration");
            return -1;
        }
    }
    return 0;
}

/** OrderedDict.copy($self, /)
 *
 *  A shallow copy.
 */
static PyObject *
odict_copy(PyObject *self)
{
    bool is_exact = PyODict_CheckExact(self);
    own PyObject *copy = is_exact ? PyODict_New()
        : PyObject_CallNoArgs((PyObject *)Py_TYPE(self));
    if (!copy) { return NULL; }
    status done = is_exact ? copy_exact(copy, as_odict(self)) : copy_subclass(copy, self);
    return done < 0 ? NULL : take(copy);
}

static PyObject *make_iter(odict *self, int kind);
enum { ITER_REVERSED = 1, ITER_KEYS = 2, ITER_VALUES = 4,
      ITER_ITEMS = ITER_KEYS | ITER_VALUES };

/** OrderedDict.__reversed__($self, /)
 *
 *  An iterator over the keys, last one first.
 */
static PyObject *
odict_reversed(odict *self)
{
    return make_iter(self, ITER_KEYS | ITER_REVERSED);
}

/** OrderedDict.move_to_end($self, /, key, last=True)
 *
 *  Move a key to the end, or to the beginning; KeyError without such a key.
 */
static status
odict_move_to_end(odict *self, PyObject *key, bool last)
{
    if (!self->first) {
        PyErr_SetObject(PyExc_KeyError, key);
        return -1;
    }
    node *end = last ? self->last : self->first;
    if (key == end->key) { return 0; }
    Py_hash_t hash = PyObject_Hash(key);
    if (hash == -1) { return -1; }
    Py_ssize_t ix;
    node *found = find_node(self, key, hash, &ix);
    if (!found) {
        if (ix != INDEX_ERROR && !PyErr_Occurred()) { PyErr_SetObject(PyExc_KeyError, key); }
        return -1;
    }
    if (found == (last ? self->last : self->first)) { return 0; }
    unlink_node(self, found);
    if (last) { link_last(self, found); }
    else { link_first(self, found); }
    return 0;
}

#include "gen/objects/odict.bind.h"

/* --- the rest of the protocols --- */

static status
odict_init(PyObject *self, PyObject *args, PyObject *kwargs)
{
    Py_ssize_t n = PyTuple_GET_SIZE(args);
    if (n > 1) {
        PyErr_Format(PyExc_TypeError, "expected at most 1 arguments, got %zd", n);
        return -1;
    }
    return update_args(self, args, kwargs);
}

static PyObject *
odict_or(PyObject *a, PyObject *b)
{
    if (!PyDict_Check(a) || !PyDict_Check(b)) { Py_RETURN_NOTIMPLEMENTED; }
    PyTypeObject *type = Py_TYPE(PyODict_Check(a) ? a : b);
    own PyObject *result = PyObject_CallOneArg((PyObject *)type, a);
    if (!result || update_from(result, b) < 0) { return NULL; }
    return take(result);
}

static PyObject *
odict_ior(PyObject *self, PyObject *other)
{
    return update_from(self, other) < 0 ? NULL : Py_NewRef(self);
}

/* The pairs of an exact OrderedDict, as a list. */
static PyObject *
list_pairs(odict *self)
{
    own PyObject *list = PyList_New(0);
    size_t state = self->state;
    for (node *at = self->first; list && at && self->state == state; at = at->next) {
        PyObject *value = value_of(self, at->key);
        own PyObject *pair = value ? PyTuple_Pack(2, at->key, value) : NULL;
        if (!pair || PyList_Append(list, pair) < 0) { return NULL; }
    }
    return take(list);
}

static PyObject *
odict_repr(PyObject *self)
{
    const char *name = _PyType_Name(Py_TYPE(self));
    if (PyODict_SIZE(self) == 0) { return PyUnicode_FromFormat("%s()", name); }
    int entered = Py_ReprEnter(self);
    if (entered) { return entered > 0 ? PyUnicode_FromString("...") : NULL; }
    own PyObject *pairs = NULL;
    if (PyODict_CheckExact(self)) {
        pairs = list_pairs(as_odict(self));
    }
    else {
        own PyObject *items = PyObject_CallMethodNoArgs(self, ID(items));
        pairs = items ? PySequence_List(items) : NULL;
    }
    PyObject *text = pairs ? PyUnicode_FromFormat("%s(%R)", name, pairs) : NULL;
    Py_ReprLeave(self);
    return text;
}

static tri
same_order(odict *a, odict *b)
{
    size_t a_state = a->state;
    size_t b_state = b->state;
    node *x = a->first;
    node *y = b->first;
    for (; x && y; x = x->next, y = y->next) {
        own PyObject *p = Py_NewRef(x->key);
        own PyObject *q = Py_NewRef(y->key);
        tri same = PyObject_RichCompareBool(p, q, Py_EQ);
        if (same <= 0) { return same; }
        if (a->state != a_state || b->state != b_state) {
            PyErr_SetString(PyExc_RuntimeError, "OrderedDict mutated during iteration");
            return -1;
        }
    }
    return !x && !y;
}

static PyObject *
odict_richcompare(PyObject *a, PyObject *b, int op)
{
    if (!PyODict_Check(a) || !PyDict_Check(b) || (op != Py_EQ && op != Py_NE)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    tri same = hob_dict_equal((PyDictObject *)a, (PyDictObject *)b);
    if (same > 0 && PyODict_Check(b)) { same = same_order(as_odict(a), as_odict(b)); }
    return same < 0 ? NULL : PyBool_FromLong(same == (op == Py_EQ));
}

static void
odict_dealloc(PyObject *op)
{
    odict *self = as_odict(op);
    PyObject_GC_UnTrack(op);
    Py_TRASHCAN_BEGIN(op, odict_dealloc)
    Py_XDECREF(self->inst_dict);
    if (self->weakreflist) { PyObject_ClearWeakRefs(op); }
    drop_all_nodes(self);
    PyDict_Type.tp_dealloc(op);
    Py_TRASHCAN_END
}

static int
odict_traverse(PyObject *op, visitproc visit, void *arg)
{
    odict *self = as_odict(op);
    Py_VISIT(self->inst_dict);
    for (node *at = self->first; at; at = at->next) { Py_VISIT(at->key); }
    return PyDict_Type.tp_traverse(op, visit, arg);
}

static int
odict_tp_clear(PyObject *op)
{
    Py_CLEAR(as_odict(op)->inst_dict);
    odict_clear(op);
    return 0;
}

static PyObject *
odict_iter(PyObject *op)
{
    return make_iter(as_odict(op), ITER_KEYS);
}

static PyGetSetDef odict_getset[] = {
    {"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyNumberMethods odict_as_number = {
    .nb_or = odict_or,
    .nb_inplace_or = odict_ior,
};

static PyMappingMethods odict_as_mapping = {
    .mp_ass_subscript = odict_ass_subscript,
};

PyDoc_STRVAR(odict_doc, "A dict whose order of keys can be rearranged");

PyTypeObject PyODict_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "collections.OrderedDict",
    .tp_basicsize = sizeof(odict),
    .tp_dealloc = odict_dealloc,
    .tp_repr = odict_repr,
    .tp_as_number = &odict_as_number,
    .tp_as_mapping = &odict_as_mapping,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE,
    .tp_doc = odict_doc,
    .tp_traverse = odict_traverse,
    .tp_clear = odict_tp_clear,
    .tp_richcompare = odict_richcompare,
    .tp_weaklistoffset = offsetof(odict, weakreflist),
    .tp_iter = odict_iter,
    .tp_methods = OrderedDict_methods,
    .tp_getset = odict_getset,
    .tp_base = &PyDict_Type,
    .tp_dictoffset = offsetof(odict, inst_dict),
    .tp_init = odict_init,
    .tp_alloc = PyType_GenericAlloc,
};

PyObject *
PyODict_New(void)
{
    return PyDict_Type.tp_new(&PyODict_Type, NULL, NULL);
}

/* --- iterator --- */

typedef struct odict_iter_object {
    PyObject_HEAD
    size_t kind;                /* ITER_ bits */
    odict *dict;                /* owned; NULL when exhausted */
    Py_ssize_t size;
    size_t state;               /* the list's; current is valid while it stays */
    PyObject *result;           /* 2-tuple to reuse, for items */
    node *current;              /* the next one */
} odict_iter_object;

static PyObject *
make_iter(odict *dict, int kind)
{
    own odict_iter_object *self = PyObject_GC_New(odict_iter_object, &PyODictIter_Type);
    if (!self) { return NULL; }
    self->kind = (size_t)kind;
    self->dict = (odict *)Py_NewRef(dict);
    self->size = PyODict_SIZE(dict);
    self->state = dict->state;
    self->result = NULL;
    self->current = kind & ITER_REVERSED ? dict->last : dict->first;
    hob_gc_track(self);
    if ((kind & ITER_ITEMS) == ITER_ITEMS) {
        self->result = PyTuple_Pack(2, Py_None, Py_None);
        if (!self->result) { return NULL; }
    }
    return (PyObject *)take(self);
}

static void
iter_dealloc(PyObject *op)
{
    odict_iter_object *self = (odict_iter_object *)op;
    PyObject_GC_UnTrack(op);
    Py_XDECREF(self->dict);
    Py_XDECREF(self->result);
    PyObject_GC_Del(op);
}

static int
iter_traverse(PyObject *op, visitproc visit, void *arg)
{
    odict_iter_object *self = (odict_iter_object *)op;
    Py_VISIT(self->dict);
    Py_VISIT(self->result);
    return 0;
}

/* The node to give out; NULL at the end or with an exception. */
static node *
iter_step(odict_iter_object *self)
{
    odict *dict = self->dict;
    if (!dict) { return NULL; }
    node *at = self->current;
    if (at && dict->state != self->state) {
        PyErr_SetString(PyExc_RuntimeError, "OrderedDict mutated during iteration");
        at = NULL;
    }
    else if (at && self->size != PyODict_SIZE(dict)) {
        PyErr_SetString(PyExc_RuntimeError, "OrderedDict changed size during iteration");
        at = NULL;
    }
    if (!at) {
        Py_CLEAR(self->dict);
        return NULL;
    }
    self->current = self->kind & ITER_REVERSED ? at->prev : at->next;
    return at;
}

static PyObject *
make_item(odict_iter_object *self, STOLEN PyObject *key, STOLEN PyObject *value)
{
    PyObject *result = self->result;
    if (Py_REFCNT(result) == 1) {
        PyObject *old_key = PyTuple_GET_ITEM(result, 0);
        PyObject *old_value = PyTuple_GET_ITEM(result, 1);
        Py_INCREF(result);
        PyTuple_SET_ITEM(result, 0, key);
        PyTuple_SET_ITEM(result, 1, value);
        Py_DECREF(old_key);
        Py_DECREF(old_value);
        if (!hob_gc_is_tracked(result)) { hob_gc_track(result); }
        return result;
    }
    result = PyTuple_New(2);
    if (!result) {
        Py_DECREF(key);
        Py_DECREF(value);
        return NULL;
    }
    PyTuple_SET_ITEM(result, 0, key);
    PyTuple_SET_ITEM(result, 1, value);
    return result;
}

static PyObject *
iter_next(PyObject *op)
{
    odict_iter_object *self = (odict_iter_object *)op;
    node *at = iter_step(self);
    if (!at) { return NULL; }
    PyObject *key = Py_NewRef(at->key);
    if (!(self->kind & ITER_VALUES)) { return key; }
    PyObject *value = Py_XNewRef(value_of(self->dict, key));
    if (!value) {
        Py_DECREF(key);
        Py_CLEAR(self->dict);
        return NULL;
    }
    if (self->kind & ITER_KEYS) { return make_item(self, key, value); }
    Py_DECREF(key);
    return value;
}

static PyObject *
iter_reduce(PyObject *op, PyObject *unused)
{
    odict_iter_object *self = (odict_iter_object *)op;
    own odict_iter_object *copy = PyObject_GC_New(odict_iter_object, &PyODictIter_Type);
    if (!copy) { return NULL; }
    copy->kind = self->kind;
    copy->dict = (odict *)Py_XNewRef(self->dict);
    copy->size = self->size;
    copy->state = self->state;
    copy->result = Py_XNewRef(self->result);
    copy->current = self->current;
    hob_gc_track(copy);
    own PyObject *list = PySequence_List((PyObject *)copy);
    if (!list) { return NULL; }
    return Py_BuildValue("N(O)", _PyEval_GetBuiltin(ID(iter)), list);
}

static PyMethodDef iter_methods[] = {
    {"__reduce__", iter_reduce, METH_NOARGS, PyDoc_STR("State for pickling.")},
    {NULL, NULL, 0, NULL},
};

PyTypeObject PyODictIter_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "odict_iterator",
    .tp_basicsize = sizeof(odict_iter_object),
    .tp_dealloc = iter_dealloc,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_traverse = iter_traverse,
    .tp_iter = PyObject_SelfIter,
    .tp_iternext = iter_next,
    .tp_methods = iter_methods,
};

/* --- views --- */

PyDoc_STRVAR(reversed_doc, "An iterator over the view, last one first.");

#define VIEW(ctype, stem, base, kind)                                                   \
    static PyObject *                                                                   \
    stem##_iter(PyObject *op)                                                           \
    {                                                                                   \
        PyDictObject *dict = ((_PyDictViewObject *)op)->dv_dict;                        \
        if (!dict) { Py_RETURN_NONE; }                                                  \
        return make_iter((odict *)dict, kind);                                          \
    }                                                                                   \
    static PyObject *                                                                   \
    stem##_reversed(PyObject *op, PyObject *unused)                                     \
    {                                                                                   \
        PyDictObject *dict = ((_PyDictViewObject *)op)->dv_dict;                        \
        if (!dict) { Py_RETURN_NONE; }                                                  \
        return make_iter((odict *)dict, (kind) | ITER_REVERSED);                        \
    }                                                                                   \
    static PyMethodDef stem##_methods[] = {                                             \
        {"__reversed__", stem##_reversed, METH_NOARGS, reversed_doc},                   \
        {NULL, NULL, 0, NULL},                                                          \
    };                                                                                  \
    PyTypeObject ctype = {                                                              \
        PyVarObject_HEAD_INIT(&PyType_Type, 0)                                          \
        .tp_name = "odict_" #stem,                                                      \
        .tp_flags = Py_TPFLAGS_DEFAULT,                                                 \
        .tp_iter = stem##_iter,                                                         \
        .tp_methods = stem##_methods,                                                   \
        .tp_base = &base,                                                               \
    }

VIEW(PyODictKeys_Type, keys, PyDictKeys_Type, ITER_KEYS);
VIEW(PyODictValues_Type, values, PyDictValues_Type, ITER_VALUES);
VIEW(PyODictItems_Type, items, PyDictItems_Type, ITER_ITEMS);

/* --- invariants --- */

/* Is a node linked from both sides? */
static bool
is_linked(odict *self, const node *n)
{
    return (n->prev ? n->prev->next : self->first) == n
        && (n->next ? n->next->prev : self->last) == n;
}

bool
hob_odict_check(PyObject *op)
{
    odict *self = as_odict(op);
    INVARIANT(1, (self->first == NULL) == (self->last == NULL));
    for (const node *n = self->first; n; n = n->next) {
        INVARIANT(2, is_linked(self, n));
        INVARIANT(3, Py_REFCNT(n->key) > 0);
    }
    if (self->place_keys != self->dict.ma_keys) { return true; }
    for (Py_ssize_t i = 0; i < self->n_places; i++) {
        INVARIANT(4, !self->places[i] || is_linked(self, self->places[i]));
    }
    return true;
}

/* lru_cache.c -- functools.lru_cache: results by arguments, the oldest dropped first.
 *
 * Layout     cache: dict from key to result (unbounded) or to a link; the links of a
 *            bounded cache form a ring through `root`, oldest first:
 *
 *                root.next -> oldest <-> ... <-> newest -> root
 *
 * Holds      a link in the ring is in the dict too; the dict owns it, the ring
 *            borrows: a link that dies with the dict leaves the ring by itself.
 * Hazard     hash and == of keys are Python code: after each dict operation the
 *            cache may have changed under us.
 */
#include "modules/_functools/functools.h"

#include <structmember.h>

typedef struct lru_link {
    PyObject_HEAD
    struct lru_link *prev, *next;       /* borrowed; prev is NULL outside the ring */
    Py_hash_t hash;
    PyObject *key, *result;             /* owned */
} lru_link;

typedef struct lru_cache lru_cache;
struct lru_cache {
    PyObject_HEAD
    lru_link root;                      /* only its prev and next count */
    PyObject *(*call)(lru_cache *self, PyObject *args, PyObject *kwargs);
    bool typed;
    PyObject *func, *cache, *info_type, *kwd_mark;      /* owned */
    PyTypeObject *link_type;            /* owned */
    Py_ssize_t maxsize, hits, misses;
    PyObject *dict;
    PyObject *weakrefs;
};

/* --- the ring --- */

static void
ring_out(lru_link *link)
{
    if (!link->prev) { return; }
    link->prev->next = link->next;
    link->next->prev = link->prev;
    link->prev = NULL;
}

static void
ring_append(lru_cache *self, lru_link *link)
{
    ring_out(link);
    lru_link *root = &self->root, *last = root->prev;
    last->next = root->prev = link;
    link->prev = last;
    link->next = root;
}

static void
ring_prepend(lru_cache *self, lru_link *link)
{
    ring_out(link);
    lru_link *root = &self->root, *first = root->next;
    first->prev = root->next = link;
    link->prev = root;
    link->next = first;
}

static void
link_dealloc(PyObject *op)
{
    lru_link *link = (lru_link *)op;
    PyTypeObject *type = Py_TYPE(op);
    ring_out(link);
    Py_XDECREF(link->key);
    Py_XDECREF(link->result);
    type->tp_free(op);
    Py_DECREF(type);
}

static PyType_Slot link_slots[] = {{Py_tp_dealloc, link_dealloc}, {0, NULL}};

PyType_Spec hob_lru_link_spec = {
    .name = "functools._lru_list_elem",
    .basicsize = sizeof(lru_link),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = link_slots,
};

/* --- keys --- */

/* The arguments as one hashable: the single int or str itself where that is safe,
 * else a tuple (args.., mark, name, value.., types..). */
static MUST_USE PyObject *
make_key(lru_cache *self, PyObject *args, PyObject *kwargs)
{
    Py_ssize_t n_kw = kwargs ? PyDict_GET_SIZE(kwargs) : 0, n_args = PyTuple_GET_SIZE(args);
    if (!self->typed && n_kw == 0) {
        if (n_args == 1) {
            PyObject *only = PyTuple_GET_ITEM(args, 0);
            if (PyUnicode_CheckExact(only) || PyLong_CheckExact(only)) { return Py_NewRef(only); }
        }
        return Py_NewRef(args);
    }
    Py_ssize_t n = n_args + (n_kw ? 1 + 2 * n_kw : 0) + (self->typed ? n_args + n_kw : 0), at = 0;
    PyObject *key = PyTuple_New(n);
    if (!key) { return NULL; }
    for (Py_ssize_t i = 0; i < n_args; i++) {
        PyTuple_SET_ITEM(key, at++, Py_NewRef(PyTuple_GET_ITEM(args, i)));
    }
    PyObject *name, *value;
    Py_ssize_t pos = 0;
    if (n_kw) {
        PyTuple_SET_ITEM(key, at++, Py_NewRef(self->kwd_mark));
        while (PyDict_Next(kwargs, &pos, &name, &value)) {
            PyTuple_SET_ITEM(key, at++, Py_NewRef(name));
            PyTuple_SET_ITEM(key, at++, Py_NewRef(value));
        }
    }
    if (self->typed) {
        for (Py_ssize_t i = 0; i < n_args; i++) {
            PyTuple_SET_ITEM(key, at++, Py_NewRef((PyObject *)Py_TYPE(PyTuple_GET_ITEM(args, i))));
        }
        pos = 0;
        while (n_kw && PyDict_Next(kwargs, &pos, &name, &value)) {
            PyTuple_SET_ITEM(key, at++, Py_NewRef((PyObject *)Py_TYPE(value)));
        }
    }
    return key;
}

/* --- the three ways to call --- */

static PyObject *
call_uncached(lru_cache *self, PyObject *args, PyObject *kwargs)
{
    self->misses++;
    return PyObject_Call(self->func, args, kwargs);
}

static PyObject *
call_unbounded(lru_cache *self, PyObject *args, PyObject *kwargs)
{
    own PyObject *key = make_key(self, args, kwargs);
    if (!key) { return NULL; }
    Py_hash_t hash = PyObject_Hash(key);
    if (hash == -1) { return NULL; }
    PyObject *result = _PyDict_GetItem_KnownHash(self->cache, key, hash);
    if (result) {
        self->hits++;
        return Py_NewRef(result);
    }
    if (PyErr_Occurred()) { return NULL; }
    self->misses++;
    result = PyObject_Call(self->func, args, kwargs);
    if (result && _PyDict_SetItem_KnownHash(self->cache, key, result, hash) < 0) {
        Py_CLEAR(result);
    }
    return result;
}

static MUST_USE status
add_link(lru_cache *self, PyObject *key, Py_hash_t hash, PyObject *result)
{
    own lru_link *link = PyObject_New(lru_link, self->link_type);
    if (!link) { return -1; }
    link->prev = NULL;
    link->hash = hash;
    link->key = Py_NewRef(key);
    link->result = Py_NewRef(result);
    if (_PyDict_SetItem_KnownHash(self->cache, key, (PyObject *)link, hash) < 0) { return -1; }
    ring_append(self, link);
    return 0;
}

/* Reuse the oldest link for a new result. */
static MUST_USE status
replace_oldest(lru_cache *self, PyObject *key, Py_hash_t hash, PyObject *result)
{
    own lru_link *oldest = (lru_link *)Py_NewRef((PyObject *)self->root.next);
    ring_out(oldest);
    own PyObject *popped = NULL;
    own PyObject *found = Py_XNewRef(_PyDict_GetItem_KnownHash(self->cache, oldest->key,
                                                               oldest->hash));
    if (!found && PyErr_Occurred()) {
        ring_prepend(self, oldest);
        return -1;
    }
    if (found) {
        popped = Py_NewRef(found);
        if (_PyDict_DelItem_KnownHash(self->cache, oldest->key, oldest->hash) < 0) {
            if (!PyErr_ExceptionMatches(PyExc_KeyError)) {
                ring_prepend(self, oldest);
                return -1;
            }
            PyErr_Clear();
        }
    }
    if (!popped) { return 0; }          /* somebody removed it meanwhile: nothing to reuse */
    own PyObject *old_key = oldest->key;
    own PyObject *old_result = oldest->result;
    oldest->hash = hash;
    oldest->key = Py_NewRef(key);
    oldest->result = Py_NewRef(result);
    if (_PyDict_SetItem_KnownHash(self->cache, key, (PyObject *)oldest, hash) < 0) { return -1; }
    ring_append(self, oldest);
    return 0;
}

static PyObject *
call_bounded(lru_cache *self, PyObject *args, PyObject *kwargs)
{
    own PyObject *key = make_key(self, args, kwargs);
    if (!key) { return NULL; }
    Py_hash_t hash = PyObject_Hash(key);
    if (hash == -1) { return NULL; }
    lru_link *link = (lru_link *)_PyDict_GetItem_KnownHash(self->cache, key, hash);
    if (link) {
        ring_append(self, link);
        self->hits++;
        return Py_NewRef(link->result);
    }
    if (PyErr_Occurred()) { return NULL; }
    self->misses++;
    own PyObject *result = PyObject_Call(self->func, args, kwargs);
    if (!result) { return NULL; }
    /* the call may have filled this key */
    if (_PyDict_GetItem_KnownHash(self->cache, key, hash)) { return take(result); }
    if (PyErr_Occurred()) { return NULL; }
    bool is_full = PyDict_GET_SIZE(self->cache) >= self->maxsize
        && self->root.next != &self->root;
    status kept = is_full ? replace_oldest(self, key, hash, result)
                          : add_link(self, key, hash, result);
    return kept < 0 ? NULL : take(result);
}

/* --- the type --- */

static PyObject *
lru_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"user_function", "maxsize", "typed", "cache_info_type", NULL};
    PyObject *func, *maxsize_obj, *info_type;
    int typed;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "OOpO:lru_cache", names, &func, &maxsize_obj,
                                     &typed, &info_type)) {
        return NULL;
    }
    functools_state *state = state_of_type(type);
    if (!state) { return NULL; }
    if (!PyCallable_Check(func)) {
        PyErr_SetString(PyExc_TypeError, "the first argument must be callable");
        return NULL;
    }
    Py_ssize_t maxsize = -1;
    if (maxsize_obj != Py_None) {
        if (!PyIndex_Check(maxsize_obj)) {
            PyErr_SetString(PyExc_TypeError, "maxsize should be integer or None");
            return NULL;
        }
        maxsize = PyNumber_AsSsize_t(maxsize_obj, PyExc_OverflowError);
        if (maxsize == -1 && PyErr_Occurred()) { return NULL; }
        if (maxsize < 0) { maxsize = 0; }
    }
    own PyObject *cache = PyDict_New();
    lru_cache *self = cache ? (lru_cache *)type->tp_alloc(type, 0) : NULL;
    if (!self) { return NULL; }
    self->root.prev = self->root.next = &self->root;
    self->call = maxsize_obj == Py_None ? call_unbounded : maxsize == 0 ? call_uncached
                                                                        : call_bounded;
    self->typed = typed;
    self->cache = take(cache);
    self->func = Py_NewRef(func);
    self->maxsize = maxsize;
    self->kwd_mark = Py_NewRef(state->kwd_mark);
    self->link_type = (PyTypeObject *)Py_NewRef((PyObject *)state->lru_link_type);
    self->info_type = Py_NewRef(info_type);
    return (PyObject *)self;
}

static PyObject *
lru_call(PyObject *op, PyObject *args, PyObject *kwargs)
{
    return ((lru_cache *)op)->call((lru_cache *)op, args, kwargs);
}

/* Empty the ring; the links, still counted, as a chain through next. */
static lru_link *
unlink_all(lru_cache *self)
{
    lru_link *root = &self->root, *first = root->next;
    if (first == root) { return NULL; }
    root->prev->next = NULL;
    for (lru_link *link = first; link; link = link->next) {
        Py_INCREF(link);
        link->prev = NULL;
    }
    root->prev = root->next = root;
    return first;
}

static void
drop_chain(lru_link *link)
{
    while (link) {
        lru_link *next = link->next;
        Py_DECREF(link);
        link = next;
    }
}

static int
lru_clear(PyObject *op)
{
    lru_cache *self = (lru_cache *)op;
    lru_link *chain = self->root.next ? unlink_all(self) : NULL;
    Py_CLEAR(self->cache);
    Py_CLEAR(self->func);
    Py_CLEAR(self->kwd_mark);
    Py_CLEAR(self->link_type);
    Py_CLEAR(self->info_type);
    Py_CLEAR(self->dict);
    drop_chain(chain);
    return 0;
}

static int
lru_traverse(PyObject *op, visitproc visit, void *arg)
{
    lru_cache *self = (lru_cache *)op;
    Py_VISIT(Py_TYPE(op));
    for (lru_link *link = self->root.next; link && link != &self->root; link = link->next) {
        Py_VISIT(link->key);
        Py_VISIT(link->result);
        Py_VISIT(Py_TYPE(link));
    }
    Py_VISIT(self->cache);
    Py_VISIT(self->func);
    Py_VISIT(self->kwd_mark);
    Py_VISIT(self->link_type);
    Py_VISIT(self->info_type);
    Py_VISIT(self->dict);
    return 0;
}

static void
lru_dealloc(PyObject *op)
{
    PyTypeObject *type = Py_TYPE(op);
    PyObject_GC_UnTrack(op);
    if (((lru_cache *)op)->weakrefs) { PyObject_ClearWeakRefs(op); }
    lru_clear(op);
    type->tp_free(op);
    Py_DECREF(type);
}

static PyObject *
lru_cache_info(PyObject *op, PyObject *unused)
{
    lru_cache *self = (lru_cache *)op;
    if (self->maxsize == -1) {
        return PyObject_CallFunction(self->info_type, "nnOn", self->hits, self->misses, Py_None,
                                     PyDict_GET_SIZE(self->cache));
    }
    return PyObject_CallFunction(self->info_type, "nnnn", self->hits, self->misses, self->maxsize,
                                 PyDict_GET_SIZE(self->cache));
}

static PyObject *
lru_cache_clear(PyObject *op, PyObject *unused)
{
    lru_cache *self = (lru_cache *)op;
    lru_link *chain = unlink_all(self);
    self->hits = self->misses = 0;
    PyDict_Clear(self->cache);
    drop_chain(chain);
    Py_RETURN_NONE;
}

static PyObject *
lru_reduce(PyObject *op, PyObject *unused)
{
    return PyObject_GetAttrString(op, "__qualname__");
}

static PyObject *
lru_self(PyObject *op, PyObject *unused)
{
    return Py_NewRef(op);
}

static PyObject *
lru_get(PyObject *op, PyObject *instance, PyObject *type)
{
    if (!instance || instance == Py_None) { return Py_NewRef(op); }
    return PyMethod_New(op, instance);
}

static PyMethodDef lru_methods[] = {
    {"cache_info", lru_cache_info, METH_NOARGS, NULL},
    {"cache_clear", lru_cache_clear, METH_NOARGS, NULL},
    {"__reduce__", lru_reduce, METH_NOARGS, NULL},
    {"__copy__", lru_self, METH_VARARGS, NULL},
    {"__deepcopy__", lru_self, METH_VARARGS, NULL},
    {NULL},
};

static PyMemberDef lru_members[] = {
    {"__dictoffset__", T_PYSSIZET, offsetof(lru_cache, dict), READONLY, NULL},
    {"__weaklistoffset__", T_PYSSIZET, offsetof(lru_cache, weakrefs), READONLY, NULL},
    {NULL},
};

static PyGetSetDef lru_getset[] = {
    {"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, NULL, NULL},
    {NULL},
};

static PyType_Slot lru_slots[] = {
    {Py_tp_dealloc, lru_dealloc},
    {Py_tp_call, lru_call},
    {Py_tp_doc, "A callable that remembers what a function answered.\n\n"
                "  user_function\n    asked when the answer is not known yet\n"
                "  maxsize\n    how many answers to keep; None keeps all, 0 none\n"
                "  typed\n    whether 3 and 3.0 are different questions\n"
                "  cache_info_type\n    builds (hits, misses, maxsize, currsize)"},
    {Py_tp_traverse, lru_traverse},
    {Py_tp_clear, lru_clear},
    {Py_tp_methods, lru_methods},
    {Py_tp_members, lru_members},
    {Py_tp_getset, lru_getset},
    {Py_tp_descr_get, lru_get},
    {Py_tp_new, lru_new},
    {0, NULL},
};

PyType_Spec hob_lru_spec = {
    .name = "functools._lru_cache_wrapper",
    .basicsize = sizeof(lru_cache),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC
        | Py_TPFLAGS_METHOD_DESCRIPTOR | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = lru_slots,
};

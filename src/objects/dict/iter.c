/* iter.c -- dict iterators: keys, values, items, each forward and in reverse.
 *
 * Layout     iterators.h: hob_dict_iter, one struct for the six types.
 * Holds      dict == NULL: exhausted.  used == -1: the dict has changed its size
 *            under us, and the error stays.
 *            Item iterators reuse their 2-tuple while nobody else holds it.
 */
#include "objects/dict/dict_int.h"

#include "objects/ids.h"
#include "objects/iterators.h"

typedef hob_dict_iter dict_iter;

static bool
is_items(PyTypeObject *type)
{
    return type == &PyDictIterItem_Type || type == &PyDictRevIterItem_Type;
}

static bool
is_reverse(PyTypeObject *type)
{
    return type == &PyDictRevIterKey_Type || type == &PyDictRevIterItem_Type
           || type == &PyDictRevIterValue_Type;
}

PyObject *
hob_dict_make_iter(PyDictObject *dict, PyTypeObject *type)
{
    own dict_iter *self = PyObject_GC_New(dict_iter, type);
    if (!self) { return NULL; }
    self->dict = (PyDictObject *)Py_NewRef(dict);
    self->used = dict->ma_used;
    self->left = dict->ma_used;
    self->pos = 0;
    self->result = NULL;
    if (is_reverse(type)) {
        self->pos = dict->ma_values ? dict->ma_used - 1 : dict->ma_keys->n_entries - 1;
    }
    hob_gc_track(self);
    if (is_items(type)) {
        self->result = PyTuple_Pack(2, Py_None, Py_None);
        if (!self->result) { return NULL; }
    }
    return (PyObject *)take(self);
}

PyObject *
hob_dict_tp_iter(PyObject *dict)
{
    return hob_dict_make_iter((PyDictObject *)dict, &PyDictIterKey_Type);
}

static void
iter_dealloc(PyObject *op)
{
    dict_iter *self = (dict_iter *)op;
    PyObject_GC_UnTrack(op);
    Py_XDECREF(self->dict);
    Py_XDECREF(self->result);
    PyObject_GC_Del(op);
}

static int
iter_traverse(PyObject *op, visitproc visit, void *arg)
{
    dict_iter *self = (dict_iter *)op;
    Py_VISIT(self->dict);
    Py_VISIT(self->result);
    return 0;
}

/* Raise when the dict is no longer the one we began with. */
static status
check_size(dict_iter *self)
{
    if (LIKELY(self->used == self->dict->ma_used)) { return 0; }
    PyErr_SetString(PyExc_RuntimeError, "dictionary changed size during iteration");
    self->used = -1;
    return -1;
}

static PyObject *
finish(dict_iter *self)
{
    PyDictObject *dict = take(self->dict);
    Py_DECREF(dict);
    return NULL;
}

static ALWAYS_INLINE bool
step_forward(dict_iter *self, PyObject **key, PyObject **value)
{
    Py_hash_t hash;
    if (check_size(self) < 0) { return false; }
    if (!hob_dict_walk(self->dict, &self->pos, key, value, &hash)) {
        finish(self);
        return false;
    }
    if (self->left == 0) {
        PyErr_SetString(PyExc_RuntimeError, "dictionary keys changed during iteration");
        finish(self);
        return false;
    }
    self->left--;
    return true;
}

static bool
step_back(dict_iter *self, PyObject **key, PyObject **value)
{
    PyDictObject *dict = self->dict;
    if (check_size(self) < 0) { return false; }
    Py_ssize_t i = self->pos;
    PyDictKeysObject *keys = dict->ma_keys;
    *value = NULL;
    if (self->left > 0 && dict->ma_values) {
        if (i >= 0 && i < hob_values_length(dict->ma_values)) {
            int ix = hob_values_order(dict->ma_values, (int)i);
            *key = hob_keys_str(keys)[ix].key;
            *value = dict->ma_values->values[ix];
        }
    }
    else if (self->left > 0) {
        if (i >= keys->n_entries) { i = keys->n_entries - 1; }
        for (; i >= 0 && !*value; i--) {
            bool is_general = keys->kind == KEYS_GENERAL;
            *key = is_general ? hob_keys_general(keys)[i].key : hob_keys_str(keys)[i].key;
            *value = is_general ? hob_keys_general(keys)[i].value : hob_keys_str(keys)[i].value;
        }
        i++;
    }
    if (!*value) {
        finish(self);
        return false;
    }
    self->pos = i - 1;
    self->left--;
    return true;
}

/* The pair for an item iterator, in the old tuple if it is free again. */
static PyObject *
make_item(dict_iter *self, PyObject *key, PyObject *value)
{
    PyObject *result = self->result;
    Py_INCREF(key);
    Py_INCREF(value);
    if (Py_REFCNT(result) == 1) {
        PyObject *old_key = PyTuple_GET_ITEM(result, 0);
        PyObject *old_value = PyTuple_GET_ITEM(result, 1);
        PyTuple_SET_ITEM(result, 0, key);
        PyTuple_SET_ITEM(result, 1, value);
        Py_INCREF(result);
        Py_DECREF(old_key);
        Py_DECREF(old_value);
        /* the collector may have untracked it while it held plain data */
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

#define ITERNEXT(name, step, make)                          \
    static PyObject *                                       \
    name(PyObject *op)                                      \
    {                                                       \
        dict_iter *self = (dict_iter *)op;                  \
        PyObject *key, *value;                              \
        if (!self->dict) { return NULL; }                   \
        if (!step(self, &key, &value)) { return NULL; }     \
        return make;                                        \
    }

ITERNEXT(key_next, step_forward, Py_NewRef(key))
ITERNEXT(value_next, step_forward, Py_NewRef(value))
ITERNEXT(item_next, step_forward, make_item(self, key, value))
ITERNEXT(key_back, step_back, Py_NewRef(key))
ITERNEXT(value_back, step_back, Py_NewRef(value))
ITERNEXT(item_back, step_back, make_item(self, key, value))

/** dict_iter.__length_hint__($self, /)
 *
 *  How many are still to come, at least for now.
 */
static PyObject *
iter_length_hint(dict_iter *self)
{
    bool valid = self->dict && self->used == self->dict->ma_used;
    return PyLong_FromSsize_t(valid ? self->left : 0);
}

/** dict_iter.__reduce__($self, /)
 *
 *  State for pickling: what is left, as a list.
 */
static PyObject *
iter_reduce(dict_iter *self)
{
    PyObject *builtin = _PyEval_GetBuiltin(ID(iter));
    if (!builtin) { return NULL; }
    /* walk a copy of the iterator */
    own dict_iter *copy = PyObject_GC_New(dict_iter, Py_TYPE(self));
    if (!copy) {
        Py_DECREF(builtin);
        return NULL;
    }
    copy->dict = (PyDictObject *)Py_XNewRef(self->dict);
    copy->used = self->used;
    copy->pos = self->pos;
    copy->left = self->left;
    copy->result = Py_XNewRef(self->result);
    hob_gc_track(copy);
    PyObject *list = PySequence_List((PyObject *)copy);
    if (!list) {
        Py_DECREF(builtin);
        return NULL;
    }
    return Py_BuildValue("N(N)", builtin, list);
}

#include "gen/objects/dict/iter.bind.h"

#define ITER_TYPE(ctype, pyname, next)                                  \
    PyTypeObject ctype = {                                              \
        PyVarObject_HEAD_INIT(&PyType_Type, 0)                          \
        .tp_name = pyname,                                              \
        .tp_basicsize = sizeof(dict_iter),                              \
        .tp_dealloc = iter_dealloc,                                     \
        .tp_getattro = PyObject_GenericGetAttr,                         \
        .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,            \
        .tp_traverse = iter_traverse,                                   \
        .tp_iter = PyObject_SelfIter,                                   \
        .tp_iternext = next,                                            \
        .tp_methods = dict_iter_methods,                                \
    }

ITER_TYPE(PyDictIterKey_Type, "dict_keyiterator", key_next);
ITER_TYPE(PyDictIterValue_Type, "dict_valueiterator", value_next);
ITER_TYPE(PyDictIterItem_Type, "dict_itemiterator", item_next);
ITER_TYPE(PyDictRevIterKey_Type, "dict_reversekeyiterator", key_back);
ITER_TYPE(PyDictRevIterValue_Type, "dict_reversevalueiterator", value_back);
ITER_TYPE(PyDictRevIterItem_Type, "dict_reverseitemiterator", item_back);

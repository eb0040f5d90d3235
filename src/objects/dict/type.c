/* type.c -- dict as Python sees it: its methods, slots and type object.
 *
 * Next       views.c for keys(), values(), items(); iter.c for iteration.
 */
#include "objects/dict/dict_int.h"

#include <stddef.h>

#include "objects/ids.h"
#include "objects/special.h"

static inline PyDictObject *
as_dict(PyObject *op)
{
    return (PyDictObject *)op;
}

/* --- subscript --- */

/* self[key] of a subclass may have __missing__. */
static COLD PyObject *
missing(PyObject *self, PyObject *key)
{
    if (!PyDict_CheckExact(self)) {
        PyObject *method = hob_special_get(self, ID(__missing__));
        if (method) {
            PyObject *result = PyObject_CallOneArg(method, key);
            Py_DECREF(method);
            return result;
        }
        if (PyErr_Occurred()) { return NULL; }
    }
    _PyErr_SetKeyError(key);
    return NULL;
}

static PyObject *
dict_subscript(PyObject *self, PyObject *key)
{
    Py_hash_t hash = hob_dict_hash(key);
    if (hash == -1) { return NULL; }
    PyObject *value;
    if (hob_dict_find_fast(as_dict(self), key, hash, &value) == INDEX_ERROR) { return NULL; }
    return value ? Py_NewRef(value) : missing(self, key);
}

static status
dict_ass_subscript(PyObject *self, PyObject *key, PyObject *value)
{
    return value ? PyDict_SetItem(self, key, value) : PyDict_DelItem(self, key);
}

static Py_ssize_t
dict_length(PyObject *self)
{
    return as_dict(self)->ma_used;
}

/* --- repr --- */

static status
write_repr(_PyUnicodeWriter *writer, PyObject *op)
{
    own PyObject *text = PyObject_Repr(op);
    return text ? _PyUnicodeWriter_WriteStr(writer, text) : -1;
}

static status
write_items(_PyUnicodeWriter *writer, PyDictObject *self)
{
    Py_ssize_t pos = 0;
    PyObject *k, *v;
    for (bool is_first = true; hob_dict_step(self, &pos, &k, &v, NULL); is_first = false) {
        own PyObject *key = Py_NewRef(k);
        own PyObject *value = Py_NewRef(v);
        if (!is_first && _PyUnicodeWriter_WriteASCIIString(writer, ", ", 2) < 0) { return -1; }
        if (write_repr(writer, key) < 0) { return -1; }
        if (_PyUnicodeWriter_WriteASCIIString(writer, ": ", 2) < 0) { return -1; }
        if (write_repr(writer, value) < 0) { return -1; }
    }
    return 0;
}

static PyObject *
dict_repr(PyObject *self)
{
    int entered = Py_ReprEnter(self);
    if (entered) { return entered > 0 ? PyUnicode_FromString("{...}") : NULL; }
    if (as_dict(self)->ma_used == 0) {
        Py_ReprLeave(self);
        return PyUnicode_FromString("{}");
    }
    _PyUnicodeWriter writer;
    _PyUnicodeWriter_Init(&writer);
    writer.overallocate = 1;
    writer.min_length = 1 + 4 + (2 + 4) * (as_dict(self)->ma_used - 1) + 1;
    bool failed = _PyUnicodeWriter_WriteChar(&writer, '{') < 0
                  || write_items(&writer, as_dict(self)) < 0;
    writer.overallocate = 0;
    failed = failed || _PyUnicodeWriter_WriteChar(&writer, '}') < 0;
    Py_ReprLeave(self);
    if (failed) {
        _PyUnicodeWriter_Dealloc(&writer);
        return NULL;
    }
    return _PyUnicodeWriter_Finish(&writer);
}

/* --- comparison --- */

tri
hob_dict_equal(PyDictObject *a, PyDictObject *b)
{
    if (a->ma_used != b->ma_used) { return 0; }
    Py_ssize_t pos = 0;
    PyObject *k, *v;
    Py_hash_t hash;
    while (hob_dict_step(a, &pos, &k, &v, &hash)) {
        own PyObject *key = Py_NewRef(k);
        own PyObject *mine = Py_NewRef(v);
        PyObject *theirs;
        if (hob_dict_find_fast(b, key, hash, &theirs) == INDEX_ERROR) { return -1; }
        if (!theirs) { return 0; }
        own PyObject *held = Py_NewRef(theirs);
        tri same = PyObject_RichCompareBool(mine, held, Py_EQ);
        if (same <= 0) { return same; }
    }
    return 1;
}

static PyObject *
dict_richcompare(PyObject *a, PyObject *b, int op)
{
    if (!PyDict_Check(a) || !PyDict_Check(b) || (op != Py_EQ && op != Py_NE)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    tri same = hob_dict_equal(as_dict(a), as_dict(b));
    return same < 0 ? NULL : PyBool_FromLong(same == (op == Py_EQ));
}

/* --- union --- */

static PyObject *
dict_or(PyObject *a, PyObject *b)
{
    if (!PyDict_Check(a) || !PyDict_Check(b)) { Py_RETURN_NOTIMPLEMENTED; }
    own PyObject *result = PyDict_Copy(a);
    if (!result || hob_dict_update_from(result, b) < 0) { return NULL; }
    return take(result);
}

static PyObject *
dict_ior(PyObject *self, PyObject *other)
{
    return hob_dict_update_from(self, other) < 0 ? NULL : Py_NewRef(self);
}

/* --- methods --- */

/** @coexist dict.__contains__($self, key, /)
 *
 *  Whether key is one of the keys.
 */
static PyObject *
dict_contains(PyObject *self, PyObject *key)
{
    tri found = PyDict_Contains(self, key);
    return found < 0 ? NULL : PyBool_FromLong(found);
}

/** @coexist dict.__getitem__($self, key, /)
 *
 *  Return self[key].
 */
static PyObject *
dict_getitem(PyObject *self, PyObject *key)
{
    return dict_subscript(self, key);
}

/** dict.__sizeof__($self, /)
 *
 *  Bytes of the dict and its own tables.
 */
static PyObject *
dict_sizeof(PyObject *self)
{
    return PyLong_FromSsize_t(_PyDict_SizeOf(as_dict(self)));
}

/** dict.get($self, key, default=None, /)
 *
 *  The value of key, or default when there is no such key.
 */
static PyObject *
dict_get(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    if (!_PyArg_CheckPositional("get", nargs, 1, 2)) { return NULL; }
    Py_hash_t hash = hob_dict_hash(args[0]);
    if (hash == -1) { return NULL; }
    PyObject *value;
    if (hob_dict_find_fast(as_dict(self), args[0], hash, &value) == INDEX_ERROR) {
        return NULL;
    }
    if (value) { return Py_NewRef(value); }
    return Py_NewRef(nargs > 1 ? args[1] : Py_None);
}

/** dict.setdefault($self, key, default=None, /)
 *
 *  The value of key, after setting it to default when there was no such key.
 */
static PyObject *
dict_setdefault(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    if (!_PyArg_CheckPositional("setdefault", nargs, 1, 2)) { return NULL; }
    return Py_XNewRef(PyDict_SetDefault(self, args[0], nargs > 1 ? args[1] : Py_None));
}

/** dict.pop($self, key, default=NULL, /)
 *
 *  Remove key and return its value.
 *
 *  Without such a key, return default if there is one, else raise KeyError.
 */
static PyObject *
dict_pop(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    if (!_PyArg_CheckPositional("pop", nargs, 1, 2)) { return NULL; }
    return _PyDict_Pop(self, args[0], nargs > 1 ? args[1] : NULL);
}

/* Take the last entry off a combined dict. */
static PyObject *
pop_last(PyDictObject *self)
{
    PyDictKeysObject *keys = self->ma_keys;
    PyObject *pair = PyTuple_New(2);
    if (!pair) { return NULL; }
    Py_ssize_t i = keys->n_entries - 1;
    PyObject **key, **value;
    Py_hash_t hash;
    if (keys->kind == KEYS_GENERAL) {
        hob_dict_entry *entries = hob_keys_general(keys);
        while (!entries[i].value) { i--; }
        key = &entries[i].key;
        value = &entries[i].value;
        hash = entries[i].hash;
    }
    else {
        hob_dict_str_entry *entries = hob_keys_str(keys);
        while (!entries[i].value) { i--; }
        key = &entries[i].key;
        value = &entries[i].value;
        hash = ((PyASCIIObject *)*key)->hash;
    }
    hob_dict_touch(self, DICT_EVENT_DELETE, *key, NULL);
    hob_keys_unlink(keys, hash, i);
    PyTuple_SET_ITEM(pair, 0, take(*key));
    PyTuple_SET_ITEM(pair, 1, take(*value));
    keys->n_entries = i;            /* the slot stays a dummy: n_usable does not grow */
    self->ma_used--;
    return pair;
}

/** dict.popitem($self, /)
 *
 *  Remove the pair that was added last and return it as (key, value).
 *
 *  KeyError when the dict is empty.
 */
static PyObject *
dict_popitem(PyDictObject *self)
{
    if (self->ma_used == 0) {
        PyErr_SetString(PyExc_KeyError, "popitem(): dictionary is empty");
        return NULL;
    }
    if (self->ma_values && hob_dict_resize(self, self->ma_keys->log2_size, false) < 0) {
        return NULL;
    }
    return pop_last(self);
}

/** dict.keys($self, /)
 *
 *  A set-like view of the keys.
 */
static PyObject *
dict_keys(PyObject *self)
{
    return _PyDictView_New(self, &PyDictKeys_Type);
}

/** dict.items($self, /)
 *
 *  A set-like view of the (key, value) pairs.
 */
static PyObject *
dict_items(PyObject *self)
{
    return _PyDictView_New(self, &PyDictItems_Type);
}

/** dict.values($self, /)
 *
 *  A view of the values.
 */
static PyObject *
dict_values(PyObject *self)
{
    return _PyDictView_New(self, &PyDictValues_Type);
}

/** dict.update($self, /, *args, **kwargs)
 *
 *  Set keys from a mapping or from an iterable of pairs, then from keywords.
 */
static PyObject *
dict_update(PyObject *self, PyObject *args, PyObject *kwargs)
{
    if (hob_dict_update_args(self, args, kwargs, "update") < 0) { return NULL; }
    Py_RETURN_NONE;
}

/** dict.fromkeys($type, iterable, value=None, /)
 *
 *  A new dict with the keys of iterable, all with the same value.
 */
static PyObject *
dict_fromkeys(PyObject *type, PyObject *iterable, PyObject *value)
{
    return hob_dict_fromkeys(type, iterable, value);
}

/** dict.clear($self, /)
 *
 *  Remove everything.
 */
static void
dict_clear(PyObject *self)
{
    PyDict_Clear(self);
}

/** dict.copy($self, /)
 *
 *  A shallow copy.
 */
static PyObject *
dict_copy(PyObject *self)
{
    return PyDict_Copy(self);
}

/** dict.__reversed__($self, /)
 *
 *  An iterator over the keys, last one first.
 */
static PyObject *
dict_reversed(PyObject *self)
{
    return hob_dict_make_iter(as_dict(self), &PyDictRevIterKey_Type);
}

/** dict.__class_getitem__($type, item, /)
 *
 *  See PEP 585.
 */
static PyObject *
dict_class_getitem(PyObject *type, PyObject *item)
{
    return Py_GenericAlias(type, item);
}

#include "gen/objects/dict/type.bind.h"

/* --- making --- */

/* Not known to the collector until something in it asks for that. */
static PyObject *
dict_type_alloc(PyTypeObject *type, Py_ssize_t n)
{
    PyObject *self = PyType_GenericAlloc(type, n);
    if (self && hob_gc_is_tracked(self)) { hob_gc_untrack(self); }
    return self;
}

static PyObject *
dict_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *self = type->tp_alloc(type, 0);
    if (!self) { return NULL; }
    PyDictObject *dict = as_dict(self);
    dict->ma_used = 0;
    dict->ma_version_tag = hob_dict_last_version += DICT_VERSION_STEP;
    dict->ma_keys = &hob_keys_empty;
    dict->ma_values = NULL;
    return self;
}

static status
dict_init(PyObject *self, PyObject *args, PyObject *kwargs)
{
    return hob_dict_update_args(self, args, kwargs, "dict");
}

static PyObject *
dict_vectorcall(PyObject *type, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    Py_ssize_t nargs = PyVectorcall_NARGS(nargsf);
    if (!_PyArg_CheckPositional("dict", nargs, 0, 1)) { return NULL; }
    own PyObject *self = type == (PyObject *)&PyDict_Type
                         ? PyDict_New() : dict_new((PyTypeObject *)type, NULL, NULL);
    if (!self) { return NULL; }
    if (nargs && hob_dict_update_from(self, args[0]) < 0) { return NULL; }
    if (kwnames) {
        for (Py_ssize_t i = 0, n = PyTuple_GET_SIZE(kwnames); i < n; i++) {
            if (PyDict_SetItem(self, PyTuple_GET_ITEM(kwnames, i), args[nargs + i]) < 0) {
                return NULL;
            }
        }
    }
    return take(self);
}

/* --- collector --- */

static int
dict_traverse(PyObject *op, visitproc visit, void *arg)
{
    PyDictObject *self = as_dict(op);
    PyDictKeysObject *keys = self->ma_keys;
    if (self->ma_values) {
        for (int i = 0, n = hob_values_capacity(self->ma_values); i < n; i++) {
            Py_VISIT(self->ma_values->values[i]);
        }
        return 0;
    }
    if (keys->kind == KEYS_GENERAL) {
        hob_dict_entry *entry = hob_keys_general(keys);
        for (Py_ssize_t i = keys->n_entries; i > 0; i--, entry++) {
            if (!entry->value) { continue; }
            Py_VISIT(entry->value);
            Py_VISIT(entry->key);
        }
        return 0;
    }
    hob_dict_str_entry *entry = hob_keys_str(keys);
    for (Py_ssize_t i = keys->n_entries; i > 0; i--, entry++) { Py_VISIT(entry->value); }
    return 0;
}

static int
dict_tp_clear(PyObject *self)
{
    PyDict_Clear(self);
    return 0;
}

/* --- the type --- */

static PyNumberMethods dict_as_number = {
    .nb_or = dict_or,
    .nb_inplace_or = dict_ior,
};

static PySequenceMethods dict_as_sequence = {
    .sq_contains = PyDict_Contains,
};

static PyMappingMethods dict_as_mapping = {
    .mp_length = dict_length,
    .mp_subscript = dict_subscript,
    .mp_ass_subscript = dict_ass_subscript,
};

PyDoc_STRVAR(dict_doc,
"dict() -> an empty dict\n"
"dict(mapping) -> a dict with the keys and values of a mapping\n"
"dict(iterable) -> a dict made of an iterable of (key, value) pairs\n"
"dict(**kwargs) -> a dict with the keywords as keys; also after the others");

PyTypeObject PyDict_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "dict",
    .tp_basicsize = sizeof(PyDictObject),
    .tp_dealloc = hob_dict_dealloc,
    .tp_repr = dict_repr,
    .tp_as_number = &dict_as_number,
    .tp_as_sequence = &dict_as_sequence,
    .tp_as_mapping = &dict_as_mapping,
    .tp_hash = PyObject_HashNotImplemented,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE
                | Py_TPFLAGS_DICT_SUBCLASS | _Py_TPFLAGS_MATCH_SELF | Py_TPFLAGS_MAPPING,
    .tp_doc = dict_doc,
    .tp_traverse = dict_traverse,
    .tp_clear = dict_tp_clear,
    .tp_richcompare = dict_richcompare,
    .tp_iter = hob_dict_tp_iter,
    .tp_methods = dict_methods,
    .tp_init = dict_init,
    .tp_alloc = dict_type_alloc,
    .tp_new = dict_new,
    .tp_free = PyObject_GC_Del,
    .tp_vectorcall = dict_vectorcall,
};

/* views.c -- dict views: keys(), values() and items().
 *
 * Layout     _PyDictViewObject (public): dv_dict, owned; NULL only in a view that
 *            an extension has not filled yet.
 * Holds      keys and items views behave as sets; values views only iterate.
 */
#include "objects/dict/dict_int.h"

#include "objects/ids.h"

typedef _PyDictViewObject view;

static BORROWED PyDictObject *
dict_of(PyObject *op)
{
    return ((view *)op)->dv_dict;
}

PyObject *
_PyDictView_New(PyObject *dict, PyTypeObject *type)
{
    if (!dict) {
        PyErr_BadInternalCall();
        return NULL;
    }
    if (!PyDict_Check(dict)) {
        PyErr_Format(PyExc_TypeError, "%s() requires a dict argument, not '%s'", type->tp_name,
                     Py_TYPE(dict)->tp_name);
        return NULL;
    }
    view *self = PyObject_GC_New(view, type);
    if (!self) { return NULL; }
    self->dv_dict = (PyDictObject *)Py_NewRef(dict);
    hob_gc_track(self);
    return (PyObject *)self;
}

static void
view_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    Py_XDECREF(dict_of(op));
    PyObject_GC_Del(op);
}

static int
view_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(dict_of(op));
    return 0;
}

static Py_ssize_t
view_length(PyObject *op)
{
    PyDictObject *dict = dict_of(op);
    return dict ? dict->ma_used : 0;
}

static PyObject *
view_repr(PyObject *op)
{
    int entered = Py_ReprEnter(op);
    if (entered) { return entered > 0 ? PyUnicode_FromString("...") : NULL; }
    own PyObject *list = PySequence_List(op);
    PyObject *result = list ? PyUnicode_FromFormat("%s(%R)", Py_TYPE(op)->tp_name, list) : NULL;
    Py_ReprLeave(op);
    return result;
}

static PyObject *
view_mapping(PyObject *op, void *closure)
{
    return PyDictProxy_New((PyObject *)dict_of(op));
}

/* --- iteration --- */

static PyObject *
view_iter(PyObject *op, PyTypeObject *type)
{
    PyDictObject *dict = dict_of(op);
    if (!dict) { Py_RETURN_NONE; }
    return hob_dict_make_iter(dict, type);
}

static PyObject *keys_iter(PyObject *op) { return view_iter(op, &PyDictIterKey_Type); }
static PyObject *values_iter(PyObject *op) { return view_iter(op, &PyDictIterValue_Type); }
static PyObject *items_iter(PyObject *op) { return view_iter(op, &PyDictIterItem_Type); }

static PyObject *
view_reversed(PyObject *op, PyObject *unused)
{
    PyTypeObject *type = PyType_IsSubtype(Py_TYPE(op), &PyDictKeys_Type)
                         ? &PyDictRevIterKey_Type
                         : PyType_IsSubtype(Py_TYPE(op), &PyDictItems_Type)
                         ? &PyDictRevIterItem_Type : &PyDictRevIterValue_Type;
    return view_iter(op, type);
}

/* --- containment and comparison --- */

static tri
keys_contains(PyObject *op, PyObject *key)
{
    PyDictObject *dict = dict_of(op);
    return dict ? PyDict_Contains((PyObject *)dict, key) : 0;
}

static tri
items_contains(PyObject *op, PyObject *pair)
{
    PyDictObject *dict = dict_of(op);
    if (!dict || !PyTuple_Check(pair) || PyTuple_GET_SIZE(pair) != 2) { return 0; }
    PyObject *found = PyDict_GetItemWithError((PyObject *)dict, PyTuple_GET_ITEM(pair, 0));
    if (!found) { return PyErr_Occurred() ? -1 : 0; }
    own PyObject *held = Py_NewRef(found);
    return PyObject_RichCompareBool(held, PyTuple_GET_ITEM(pair, 1), Py_EQ);
}

/* Whether everything in a is in b. */
static tri
is_within(PyObject *a, PyObject *b)
{
    own PyObject *iter = PyObject_GetIter(a);
    if (!iter) { return -1; }
    for (;;) {
        own PyObject *item = PyIter_Next(iter);
        if (!item) { return PyErr_Occurred() ? -1 : 1; }
        tri found = PySequence_Contains(b, item);
        if (found <= 0) { return found; }
    }
}

static bool
is_setlike(PyObject *op)
{
    return PyAnySet_Check(op) || PyDictKeys_Check(op) || PyDictItems_Check(op);
}

static PyObject *
view_richcompare(PyObject *self, PyObject *other, int op)
{
    EXPECT(PyDictViewSet_Check(self));
    if (!is_setlike(other)) { Py_RETURN_NOTIMPLEMENTED; }
    Py_ssize_t mine = PyObject_Size(self);
    if (mine < 0) { return NULL; }
    Py_ssize_t theirs = PyObject_Size(other);
    if (theirs < 0) { return NULL; }

    tri answer = 0;
    switch (op) {
    case Py_EQ: case Py_NE: answer = mine == theirs ? is_within(self, other) : 0; break;
    case Py_LT: answer = mine < theirs ? is_within(self, other) : 0; break;
    case Py_LE: answer = mine <= theirs ? is_within(self, other) : 0; break;
    case Py_GT: answer = mine > theirs ? is_within(other, self) : 0; break;
    case Py_GE: answer = mine >= theirs ? is_within(other, self) : 0; break;
    }
    if (answer < 0) { return NULL; }
    return PyBool_FromLong(op == Py_NE ? !answer : answer);
}

/* --- set operations: all make a set --- */

static PyObject *
view_to_set(PyObject *op)
{
    /* a set takes the keys of a plain dict with their hashes */
    if (PyDictKeys_Check(op) && PyDict_CheckExact(dict_of(op))) {
        return PySet_New((PyObject *)dict_of(op));
    }
    return PySet_New(op);
}

static PyObject *
set_after(PyObject *set, PyObject *method, PyObject *other)
{
    if (!set) { return NULL; }
    PyObject *done = PyObject_CallMethodOneArg(set, method, other);
    if (!done) {
        Py_DECREF(set);
        return NULL;
    }
    Py_DECREF(done);
    return set;
}

static PyObject *
view_sub(PyObject *a, PyObject *b)
{
    return set_after(view_to_set(a), ID(difference_update), b);
}

static PyObject *
view_or(PyObject *a, PyObject *b)
{
    PyObject *set = view_to_set(a);
    if (set && _PySet_Update(set, b) < 0) { Py_CLEAR(set); }
    return set;
}

/* Items of one dict that are not in the other, added to set. */
static status
add_unshared(PyObject *set, PyDictObject *from, PyDictObject *other)
{
    Py_ssize_t pos = 0;
    PyObject *k, *v;
    Py_hash_t hash;
    while (hob_dict_step(from, &pos, &k, &v, &hash)) {
        own PyObject *key = Py_NewRef(k);
        own PyObject *value = Py_NewRef(v);
        PyObject *theirs;
        if (hob_dict_find(other, key, hash, &theirs) == INDEX_ERROR) { return -1; }
        if (theirs) {
            own PyObject *held = Py_NewRef(theirs);
            tri same = PyObject_RichCompareBool(value, held, Py_EQ);
            if (same < 0) { return -1; }
            if (same) { continue; }
        }
        own PyObject *pair = PyTuple_Pack(2, key, value);
        if (!pair || PySet_Add(set, pair) < 0) { return -1; }
    }
    return 0;
}

static PyObject *
view_xor(PyObject *a, PyObject *b)
{
    if (!PyDictItems_Check(a) || !PyDictItems_Check(b)) {
        return set_after(view_to_set(a), ID(symmetric_difference_update), b);
    }
    own PyObject *set = PySet_New(NULL);
    if (!set || add_unshared(set, dict_of(a), dict_of(b)) < 0
            || add_unshared(set, dict_of(b), dict_of(a)) < 0) {
        return NULL;
    }
    return take(set);
}

PyObject *
_PyDictView_Intersect(PyObject *self, PyObject *other)
{
    /* the operator of a view on the right side; or walk the shorter of two views */
    if (!PyDictViewSet_Check(self)) {
        PyObject *swap = other;
        other = self;
        self = swap;
    }
    else if (PyDictViewSet_Check(other) && view_length(other) > view_length(self)) {
        PyObject *swap = other;
        other = self;
        self = swap;
    }
    /* a view that other code might have overridden is not; a set answers by itself */
    if (PySet_CheckExact(other) && PyObject_Size(other) > view_length(self)) {
        return PyObject_CallMethodOneArg(other, ID(intersection), self);
    }
    own PyObject *result = PySet_New(NULL);
    if (!result) { return NULL; }
    own PyObject *iter = PyObject_GetIter(other);
    if (!iter) { return NULL; }
    bool is_keys = PyDictKeys_Check(self);
    for (;;) {
        own PyObject *item = PyIter_Next(iter);
        if (!item) { return PyErr_Occurred() ? NULL : take(result); }
        tri found = is_keys ? keys_contains(self, item) : items_contains(self, item);
        if (found < 0 || (found && PySet_Add(result, item) < 0)) { return NULL; }
    }
}

/** view.isdisjoint($self, other, /)
 *
 *  Whether the view and the iterable have nothing in common.
 */
static PyObject *
view_isdisjoint(PyObject *self, PyObject *other)
{
    if (self == other) { return PyBool_FromLong(view_length(self) == 0); }
    /* look up the items of the shorter one */
    if (PyAnySet_CheckExact(other) || PyDictViewSet_Check(other)) {
        Py_ssize_t theirs = PyObject_Size(other);
        if (theirs < 0) { return NULL; }
        if (theirs > view_length(self)) {
            PyObject *swap = other;
            other = self;
            self = swap;
        }
    }
    own PyObject *iter = PyObject_GetIter(other);
    if (!iter) { return NULL; }
    for (;;) {
        own PyObject *item = PyIter_Next(iter);
        if (!item) {
            if (PyErr_Occurred()) { return NULL; }
            Py_RETURN_TRUE;
        }
        tri found = PySequence_Contains(self, item);
        if (found < 0) { return NULL; }
        if (found) { Py_RETURN_FALSE; }
    }
}

/** view.__reversed__($self, /)
 *
 *  An iterator over the view, last one first.
 */
static PyObject *
view_reversed_method(PyObject *self)
{
    return view_reversed(self, NULL);
}

/** values.__reversed__($self, /)
 *
 *  An iterator over the values, last one first.
 */
static PyObject *
values_reversed_method(PyObject *self)
{
    return view_reversed(self, NULL);
}

#include "gen/objects/dict/views.bind.h"

/* --- the types --- */

static PyGetSetDef view_getset[] = {
    {"mapping", view_mapping, NULL, PyDoc_STR("the dict behind this view, read-only"), NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyNumberMethods view_as_number = {
    .nb_subtract = view_sub,
    .nb_and = _PyDictView_Intersect,
    .nb_xor = view_xor,
    .nb_or = view_or,
};

static PySequenceMethods keys_as_sequence = {
    .sq_length = view_length,
    .sq_contains = keys_contains,
};

static PySequenceMethods items_as_sequence = {
    .sq_length = view_length,
    .sq_contains = items_contains,
};

static PySequenceMethods values_as_sequence = {
    .sq_length = view_length,
};

PyTypeObject PyDictKeys_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "dict_keys",
    .tp_basicsize = sizeof(view),
    .tp_dealloc = view_dealloc,
    .tp_repr = view_repr,
    .tp_as_number = &view_as_number,
    .tp_as_sequence = &keys_as_sequence,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_traverse = view_traverse,
    .tp_richcompare = view_richcompare,
    .tp_iter = keys_iter,
    .tp_methods = view_methods,
    .tp_getset = view_getset,
};

PyTypeObject PyDictItems_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "dict_items",
    .tp_basicsize = sizeof(view),
    .tp_dealloc = view_dealloc,
    .tp_repr = view_repr,
    .tp_as_number = &view_as_number,
    .tp_as_sequence = &items_as_sequence,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_traverse = view_traverse,
    .tp_richcompare = view_richcompare,
    .tp_iter = items_iter,
    .tp_methods = view_methods,
    .tp_getset = view_getset,
};

PyTypeObject PyDictValues_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "dict_values",
    .tp_basicsize = sizeof(view),
    .tp_dealloc = view_dealloc,
    .tp_repr = view_repr,
    .tp_as_sequence = &values_as_sequence,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_traverse = view_traverse,
    .tp_iter = values_iter,
    .tp_methods = values_methods,
    .tp_getset = view_getset,
};

/* group.c -- groupby and tee: several iterators over one.
 *
 * Layout     groupby and its present group share the source; an item that has been
 *            read waits in value (with its key) till the group, or the next group, takes it.
 *            tees share a list of data objects of 57 items each, filled as the
 *            foremost tee reads:
 *              tee a -> [ 57 items ] -> [ 23 items ] <- tee b
 * Holds      a group is live only while groupby's group points at it.
 */
#include "modules/itertools/itertools_int.h"

#include <stddef.h>
#include <structmember.h>

#include "objects/ids.h"

#define BASETYPE Py_TPFLAGS_BASETYPE

/* --- groupby --- */

typedef struct groupby {
    PyObject_HEAD
    PyObject *iter;
    PyObject *key_func;         /* None: the item itself */
    PyObject *target;           /* key of the group that was given out, or NULL */
    PyObject *key;              /* key of value, or of the last item taken; or NULL */
    PyObject *value;            /* the item that waits, or NULL */
    const void *group;          /* the live group; borrowed, only compared */
} groupby;

typedef struct grouper {
    PyObject_HEAD
    PyObject *parent;           /* groupby */
    PyObject *target;
} grouper;

ITERATOR_LIFE(groupby, 5, , iter, key_func, target, key, value)
ITERATOR_LIFE(grouper, 2, , parent, target)

/** groupby.__new__($type, iterable, key=None)
 *
 *  Pairs (key, group): runs of items with equal keys.
 *
 *  A group is an iterator over its items; it ends when the next one is asked for.
 */
static PyObject *
groupby_new(PyTypeObject *type, PyObject *iterable, PyObject *key)
{
    own PyObject *iter = PyObject_GetIter(iterable);
    groupby *self = iter ? (groupby *)type->tp_alloc(type, 0) : NULL;
    if (!self) { return NULL; }
    self->iter = take(iter);
    self->key_func = Py_NewRef(key);
    return (PyObject *)self;
}

/* Read one item and its key. */
static status
read_item(groupby *self)
{
    own PyObject *value = PyIter_Next(self->iter);
    if (!value) { return -1; }
    PyObject *key = self->key_func == Py_None ? Py_NewRef(value)
                                              : PyObject_CallOneArg(self->key_func, value);
    if (!key) { return -1; }
    Py_XSETREF(self->value, take(value));
    Py_XSETREF(self->key, key);
    return 0;
}

static tri
keys_equal(PyObject *a, PyObject *b)
{
    own PyObject *x = Py_NewRef(a);         /* comparing may read on */
    own PyObject *y = Py_NewRef(b);
    return PyObject_RichCompareBool(x, y, Py_EQ);
}

static PyObject *
make_group(groupby *parent, PyObject *target)
{
    grouper *self = PyObject_GC_New(grouper, &hob_grouper_type);
    if (!self) { return NULL; }
    self->parent = Py_NewRef(parent);
    self->target = Py_NewRef(target);
    parent->group = self;
    PyObject_GC_Track(self);
    return (PyObject *)self;
}

static PyObject *
groupby_next(PyObject *op)
{
    groupby *self = (groupby *)op;
    self->group = NULL;
    for (;;) {                                  /* skip what is left of the last group */
        if (self->key) {
            if (!self->target) { break; }
            tri same = keys_equal(self->target, self->key);
            if (same < 0) { return NULL; }
            if (!same) { break; }
        }
        if (read_item(self) < 0) { return NULL; }
    }
    Py_INCREF(self->key);
    Py_XSETREF(self->target, self->key);
    own PyObject *group = make_group(self, self->target);
    return group ? PyTuple_Pack(2, self->key, group) : NULL;
}

/** groupby.__reduce__($self, /)
 *
 *  State for pickling.
 */
static PyObject *
groupby_reduce(groupby *self)
{
    if (self->target && self->key && self->value) {
        return Py_BuildValue("O(OO)(OOO)", Py_TYPE(self), self->iter, self->key_func, self->key,
                             self->value, self->target);
    }
    return Py_BuildValue("O(OO)", Py_TYPE(self), self->iter, self->key_func);
}

/** groupby.__setstate__($self, state, /)
 *
 *  Set keys and the waiting item, from pickled state.
 */
static PyObject *
groupby_setstate(PyObject *op, PyObject *state)
{
    groupby *self = (groupby *)op;
    PyObject *key, *value, *target;
    if (!PyTuple_Check(state)) { return state_not_tuple(); }
    if (!PyArg_ParseTuple(state, "OOO", &key, &value, &target)) { return NULL; }
    Py_INCREF(key);
    Py_XSETREF(self->key, key);
    Py_INCREF(value);
    Py_XSETREF(self->value, value);
    Py_INCREF(target);
    Py_XSETREF(self->target, target);
    Py_RETURN_NONE;
}

/* --- its groups --- */

static PyObject *
grouper_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *parent, *target;
    if (!_PyArg_NoKeywords("_grouper", kwargs)
            || !PyArg_UnpackTuple(args, "_grouper", 2, 2, &parent, &target)) {
        return NULL;
    }
    if (!PyObject_TypeCheck(parent, &hob_groupby_type)) {
        _PyArg_BadArgument("_grouper", "argument 1", "itertools.groupby", parent);
        return NULL;
    }
    return make_group((groupby *)parent, target);
}

static PyObject *
grouper_next(PyObject *op)
{
    grouper *self = (grouper *)op;
    groupby *parent = (groupby *)self->parent;
    if (parent->group != self) { return NULL; }
    if (!parent->value && read_item(parent) < 0) { return NULL; }
    if (keys_equal(self->target, parent->key) <= 0) { return NULL; }
    PyObject *value = parent->value;
    parent->value = NULL;
    Py_CLEAR(parent->key);
    return value;
}

/** _grouper.__reduce__($self, /)
 *
 *  State for pickling.
 */
static PyObject *
grouper_reduce(grouper *self)
{
    if (((groupby *)self->parent)->group != self) {
        return Py_BuildValue("N(())", _PyEval_GetBuiltin(ID(iter)));
    }
    return Py_BuildValue("O(OO)", Py_TYPE(self), self->parent, self->target);
}

/* --- tee --- */

enum { TEE_ITEMS = 57 };

typedef struct tee_data {
    PyObject_HEAD
    PyObject *iter;
    int n_read;
    int is_reading;             /* the source is being stepped */
    PyObject *next;             /* the next data object, or NULL */
    PyObject *values[TEE_ITEMS];
} tee_data;

typedef struct tee {
    PyObject_HEAD
    tee_data *data;
    int index;                  /* in data */
    PyObject *weakreflist;
} tee;

_Static_assert(sizeof(tee_data) == 496 && sizeof(tee) == 40, "sizes of the reference");

static PyObject *
make_data(PyObject *iter)
{
    tee_data *self = PyObject_GC_New(tee_data, &hob_tee_data_type);
    if (!self) { return NULL; }
    self->iter = Py_NewRef(iter);
    self->n_read = 0;
    self->is_reading = 0;
    self->next = NULL;
    PyObject_GC_Track(self);
    return (PyObject *)self;
}

static PyObject *
data_next(tee_data *self)
{
    if (!self->next) { self->next = make_data(self->iter); }
    return Py_XNewRef(self->next);
}

static PyObject *
data_item(tee_data *self, int i)
{
    if (i < self->n_read) { return Py_NewRef(self->values[i]); }
    if (self->is_reading) {
        PyErr_SetString(PyExc_RuntimeError, "cannot re-enter the tee iterator");
        return NULL;
    }
    self->is_reading = 1;
    PyObject *item = PyIter_Next(self->iter);
    self->is_reading = 0;
    if (!item) { return NULL; }
    self->values[self->n_read++] = Py_NewRef(item);
    return item;
}

static int
tee_data_traverse(PyObject *op, visitproc visit, void *arg)
{
    tee_data *self = (tee_data *)op;
    Py_VISIT(self->iter);
    for (int i = 0; i < self->n_read; i++) { Py_VISIT(self->values[i]); }
    Py_VISIT(self->next);
    return 0;
}

/* Drop a chain of data objects one by one: it may be long. */
static void
drop_chain(PyObject *op)
{
    while (op && Py_IS_TYPE(op, &hob_tee_data_type) && Py_REFCNT(op) == 1) {
        PyObject *next = ((tee_data *)op)->next;
        ((tee_data *)op)->next = NULL;
        Py_DECREF(op);
        op = next;
    }
    Py_XDECREF(op);
}

static int
tee_data_clear(PyObject *op)
{
    tee_data *self = (tee_data *)op;
    Py_CLEAR(self->iter);
    int n = self->n_read;
    self->n_read = 0;
    for (int i = 0; i < n; i++) { Py_CLEAR(self->values[i]); }
    PyObject *next = self->next;
    self->next = NULL;
    drop_chain(next);
    return 0;
}

static void
tee_data_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    tee_data_clear(op);
    PyObject_GC_Del(op);
}

static PyObject *
invalid_arguments(void)
{
    PyErr_SetString(PyExc_ValueError, "Invalid arguments");
    return NULL;
}

/* (iterator, items, next data object or None): as pickled. */
static PyObject *
tee_data_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *iter, *values, *next;
    if (!_PyArg_NoKeywords("_tee_dataobject", kwargs)
            || !PyArg_UnpackTuple(args, "teedataobject", 3, 3, &iter, &values, &next)) {
        return NULL;
    }
    if (!PyList_Check(values)) {
        _PyArg_BadArgument("teedataobject", "argument 2", "list", values);
        return NULL;
    }
    own tee_data *self = (tee_data *)make_data(iter);
    if (!self) { return NULL; }
    Py_ssize_t n = PyList_GET_SIZE(values);
    if (n > TEE_ITEMS) { return invalid_arguments(); }
    for (Py_ssize_t i = 0; i < n; i++) {
        self->values[i] = Py_NewRef(PyList_GET_ITEM(values, i));
        self->n_read++;
    }
    if (next != Py_None) {
        if (n != TEE_ITEMS || !Py_IS_TYPE(next, &hob_tee_data_type)) {
            return invalid_arguments();
        }
        self->next = Py_NewRef(next);
    }
    return (PyObject *)take(self);
}

/** _tee_dataobject.__reduce__($self, /)
 *
 *  State for pickling.
 */
static PyObject *
tee_data_reduce(tee_data *self)
{
    PyObject *values = PyList_New(self->n_read);
    if (!values) { return NULL; }
    for (int i = 0; i < self->n_read; i++) {
        PyList_SET_ITEM(values, i, Py_NewRef(self->values[i]));
    }
    return Py_BuildValue("O(ONO)", Py_TYPE(self), self->iter, values,
                         self->next ? self->next : Py_None);
}

static int
tee_clear(PyObject *op)
{
    tee *self = (tee *)op;
    if (self->weakreflist) { PyObject_ClearWeakRefs(op); }
    Py_CLEAR(self->data);
    return 0;
}

static void
tee_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    tee_clear(op);
    PyObject_GC_Del(op);
}

static int
tee_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(((tee *)op)->data);
    return 0;
}

static PyObject *
make_tee(STOLEN PyObject *data, int index)
{
    tee *self = data ? PyObject_GC_New(tee, &hob_tee_type) : NULL;
    if (!self) {
        Py_XDECREF(data);
        return NULL;
    }
    self->data = (tee_data *)data;
    self->index = index;
    self->weakreflist = NULL;
    PyObject_GC_Track(self);
    return (PyObject *)self;
}

/** _tee.__copy__($self, /)
 *
 *  Another iterator at the same place.
 */
static PyObject *
tee_copy(tee *self)
{
    return make_tee(Py_NewRef(self->data), self->index);
}

static PyObject *
tee_of(PyObject *iterable)
{
    own PyObject *iter = PyObject_GetIter(iterable);
    if (!iter) { return NULL; }
    if (Py_IS_TYPE(iter, &hob_tee_type)) { return tee_copy((tee *)iter); }
    return make_tee(make_data(iter), 0);
}

/** _tee.__new__($type, iterable, /)
 *
 *  An iterator that can be copied.
 */
static PyObject *
tee_new(PyTypeObject *type, PyObject *iterable)
{
    return tee_of(iterable);
}

static PyObject *
tee_next(PyObject *op)
{
    tee *self = (tee *)op;
    if (self->index >= TEE_ITEMS) {
        PyObject *next = data_next(self->data);
        if (!next) { return NULL; }
        Py_SETREF(self->data, (tee_data *)next);
        self->index = 0;
    }
    PyObject *item = data_item(self->data, self->index);
    if (item) { self->index++; }
    return item;
}

/** _tee.__reduce__($self, /)
 *
 *  State for pickling.
 */
static PyObject *
tee_reduce(tee *self)
{
    return Py_BuildValue("O(())(Oi)", Py_TYPE(self), self->data, self->index);
}

/** _tee.__setstate__($self, state, /)
 *
 *  Set the place, from pickled state.
 */
static PyObject *
tee_setstate(PyObject *op, PyObject *state)
{
    tee *self = (tee *)op;
    PyObject *data;
    int index;
    if (!PyTuple_Check(state)) { return state_not_tuple(); }
    if (!PyArg_ParseTuple(state, "O!i", &hob_tee_data_type, &data, &index)) { return NULL; }
    if (index < 0 || index > TEE_ITEMS) {
        PyErr_SetString(PyExc_ValueError, "Index out of range");
        return NULL;
    }
    Py_INCREF(data);
    Py_XSETREF(self->data, (tee_data *)data);
    self->index = index;
    Py_RETURN_NONE;
}

/* What tee(iterable, n) returns. */
PyObject *
hob_itertools_tee(PyObject *iterable, Py_ssize_t n)
{
    if (n < 0) {
        PyErr_SetString(PyExc_ValueError, "n must be >= 0");
        return NULL;
    }
    own PyObject *result = PyTuple_New(n);
    if (!result || n == 0) { return take(result); }
    own PyObject *first = PyObject_GetIter(iterable);
    if (!first) { return NULL; }
    own PyObject *copy = NULL;
    if (_PyObject_LookupAttr(first, ID(__copy__), &copy) < 0) { return NULL; }
    if (!copy) {
        PyObject *made = tee_of(first);
        Py_SETREF(first, made);
        copy = first ? PyObject_GetAttr(first, ID(__copy__)) : NULL;
        if (!copy) { return NULL; }
    }
    PyTuple_SET_ITEM(result, 0, take(first));
    for (Py_ssize_t i = 1; i < n; i++) {
        PyObject *other = PyObject_CallNoArgs(copy);
        if (!other) { return NULL; }
        PyTuple_SET_ITEM(result, i, other);
    }
    return take(result);
}

#include "gen/modules/itertools/group.bind.h"

ITERATOR_TYPE(hob_groupby_type, "groupby", groupby, BASETYPE,
              .tp_doc = groupby_new__doc, .tp_methods = groupby_methods,
              .tp_new = groupby_new__slot);
ITERATOR_TYPE(hob_grouper_type, "_grouper", grouper, 0,
              .tp_methods = _grouper_methods, .tp_new = grouper_new);
ITERATOR_TYPE(hob_tee_type, "_tee", tee, 0,
              .tp_doc = tee_new__doc, .tp_methods = _tee_methods, .tp_clear = tee_clear,
              .tp_weaklistoffset = offsetof(tee, weakreflist), .tp_new = tee_new__slot);

PyDoc_STRVAR(tee_data_doc, "teedataobject(iterable, values, next, /): items that tees share");

PyTypeObject hob_tee_data_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "itertools._tee_dataobject",
    .tp_basicsize = sizeof(tee_data),
    .tp_dealloc = tee_data_dealloc,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_doc = tee_data_doc,
    .tp_traverse = tee_data_traverse,
    .tp_clear = tee_data_clear,
    .tp_methods = _tee_dataobject_methods,
    .tp_new = tee_data_new,
    .tp_free = PyObject_GC_Del,
};

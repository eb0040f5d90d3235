/* chain.c -- iterators that go on: chain, cycle, repeat, count, zip_longest. */
#include "modules/itertools/itertools_int.h"

#include "objects/ids.h"

#define BASETYPE Py_TPFLAGS_BASETYPE

/* --- chain --- */

typedef struct chain {
    PyObject_HEAD
    PyObject *source;           /* iterator of iterables; NULL when exhausted */
    PyObject *active;           /* the present iterator, or NULL */
} chain;

ITERATOR_LIFE(chain, 2, , source, active)

static PyObject *
make_chain(PyTypeObject *type, STOLEN PyObject *source)
{
    if (!source) { return NULL; }
    chain *self = (chain *)type->tp_alloc(type, 0);
    if (!self) {
        Py_DECREF(source);
        return NULL;
    }
    self->source = source;
    return (PyObject *)self;
}

static PyObject *
chain_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    bool is_ours = type == &hob_chain_type || type->tp_init == hob_chain_type.tp_init;
    if (is_ours && !_PyArg_NoKeywords("chain", kwargs)) { return NULL; }
    return make_chain(type, PyObject_GetIter(args));
}

/** chain.from_iterable($type, iterable, /)
 *
 *  A chain over the iterables that iterable yields.
 */
static PyObject *
chain_from_iterable(PyObject *type, PyObject *iterable)
{
    return make_chain((PyTypeObject *)type, PyObject_GetIter(iterable));
}

static PyObject *
chain_next(PyObject *op)
{
    chain *self = (chain *)op;
    while (self->source) {
        if (!self->active) {
            own PyObject *iterable = PyIter_Next(self->source);
            if (!iterable) {
                Py_CLEAR(self->source);
                return NULL;
            }
            self->active = PyObject_GetIter(iterable);
            if (!self->active) {
                Py_CLEAR(self->source);
                return NULL;
            }
        }
        PyObject *item = advance(self->active);
        if (item) { return item; }
        if (ended_badly()) { return NULL; }
        Py_CLEAR(self->active);
    }
    return NULL;
}

/** chain.__reduce__($self, /)
 *
 *  State for pickling.
 */
static PyObject *
chain_reduce(chain *self)
{
    PyObject *type = (PyObject *)Py_TYPE(self);
    if (!self->source) { return Py_BuildValue("O()", type); }
    if (!self->active) { return Py_BuildValue("O()(O)", type, self->source); }
    return Py_BuildValue("O()(OO)", type, self->source, self->active);
}

/** chain.__setstate__($self, state, /)
 *
 *  Set the iterators, from pickled state.
 */
static PyObject *
chain_setstate(PyObject *op, PyObject *state)
{
    chain *self = (chain *)op;
    PyObject *source;
    PyObject *active = NULL;
    if (!PyTuple_Check(state)) { return state_not_tuple(); }
    if (!PyArg_ParseTuple(state, "O|O", &source, &active)) { return NULL; }
    if (!PyIter_Check(source) || (active && !PyIter_Check(active))) {
        PyErr_SetString(PyExc_TypeError, "Arguments must be iterators.");
        return NULL;
    }
    Py_INCREF(source);
    Py_XINCREF(active);
    Py_XSETREF(self->source, source);
    Py_XSETREF(self->active, active);
    Py_RETURN_NONE;
}

/** chain.__class_getitem__($type, item, /)
 *
 *  See PEP 585.
 */
static PyObject *
chain_class_getitem(PyObject *type, PyObject *item)
{
    return Py_GenericAlias(type, item);
}

/* --- cycle --- */

typedef struct cycle {
    PyObject_HEAD
    PyObject *iter;             /* NULL after the first round */
    PyObject *saved;            /* list of the items of the first round */
    Py_ssize_t index;           /* in saved */
    int is_saved;               /* iter gives what saved has already (unpickled) */
} cycle;

ITERATOR_LIFE(cycle, 2, , iter, saved)

/** @type hob_cycle_type cycle.__new__($type, iterable, /)
 *
 *  The items of iterable, over and over.
 */
static PyObject *
cycle_new(PyTypeObject *type, PyObject *iterable)
{
    own PyObject *iter = PyObject_GetIter(iterable);
    own PyObject *saved = iter ? PyList_New(0) : NULL;
    cycle *self = saved ? (cycle *)type->tp_alloc(type, 0) : NULL;
    if (!self) { return NULL; }
    self->iter = take(iter);
    self->saved = take(saved);
    return (PyObject *)self;
}

static PyObject *
cycle_next(PyObject *op)
{
    cycle *self = (cycle *)op;
    if (self->iter) {
        PyObject *item = PyIter_Next(self->iter);
        if (item) {
            if (self->is_saved || PyList_Append(self->saved, item) == 0) { return item; }
            Py_DECREF(item);
            return NULL;
        }
        if (PyErr_Occurred()) { return NULL; }
        Py_CLEAR(self->iter);
    }
    Py_ssize_t n = PyList_GET_SIZE(self->saved);
    if (n == 0) { return NULL; }
    PyObject *item = Py_NewRef(PyList_GET_ITEM(self->saved, self->index));
    if (++self->index >= n) { self->index = 0; }
    return item;
}

/** cycle.__reduce__($self, /)
 *
 *  State for pickling.
 */
static PyObject *
cycle_reduce(cycle *self)
{
    PyObject *type = (PyObject *)Py_TYPE(self);
    if (self->iter) {
        return Py_BuildValue("O(O)(OO)", type, self->iter, self->saved,
                             self->is_saved ? Py_True : Py_False);
    }
    own PyObject *iter = PyObject_GetIter(self->saved);
    if (!iter) { return NULL; }
    if (self->index) {
        PyObject *done = PyObject_CallMethod(iter, "__setstate__", "n", self->index);
        if (!done) { return NULL; }
        Py_DECREF(done);
    }
    return Py_BuildValue("O(O)(OO)", type, iter, self->saved, Py_True);
}

/** cycle.__setstate__($self, state, /)
 *
 *  Set the saved items, from pickled state.
 */
static PyObject *
cycle_setstate(PyObject *op, PyObject *state)
{
    cycle *self = (cycle *)op;
    PyObject *saved;
    int is_saved;
    if (!PyTuple_Check(state)) { return state_not_tuple(); }
    if (!PyArg_ParseTuple(state, "O!i", &PyList_Type, &saved, &is_saved)) { return NULL; }
    Py_INCREF(saved);
    Py_XSETREF(self->saved, saved);
    self->is_saved = is_saved != 0;
    self->index = 0;
    Py_RETURN_NONE;
}

/* --- repeat --- */

typedef struct repeat {
    PyObject_HEAD
    PyObject *object;
    Py_ssize_t left;            /* -1: for ever */
} repeat;

ITERATOR_LIFE(repeat, 1, , object)

static PyObject *
repeat_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"object", "times", NULL};
    PyObject *object;
    Py_ssize_t times = -1;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|n:repeat", names, &object, &times)) {
        return NULL;
    }
    Py_ssize_t n_given = PyTuple_GET_SIZE(args) + (kwargs ? PyDict_GET_SIZE(kwargs) : 0);
    if (n_given == 2 && times < 0) { times = 0; }
    repeat *self = (repeat *)type->tp_alloc(type, 0);
    if (!self) { return NULL; }
    self->object = Py_NewRef(object);
    self->left = times;
    return (PyObject *)self;
}

static PyObject *
repeat_next(PyObject *op)
{
    repeat *self = (repeat *)op;
    if (self->left == 0) { return NULL; }
    if (self->left > 0) { self->left--; }
    return Py_NewRef(self->object);
}

static PyObject *
repeat_repr(PyObject *op)
{
    repeat *self = (repeat *)op;
    const char *name = _PyType_Name(Py_TYPE(op));
    return self->left < 0 ? PyUnicode_FromFormat("%s(%R)", name, self->object)
                          : PyUnicode_FromFormat("%s(%R, %zd)", name, self->object, self->left);
}

/** repeat.__length_hint__($self, /)
 *
 *  How many are still to come; TypeError when it goes on for ever.
 */
static PyObject *
repeat_length_hint(repeat *self)
{
    if (self->left >= 0) { return PyLong_FromSsize_t(self->left); }
    PyErr_SetString(PyExc_TypeError, "len() of unsized object");
    return NULL;
}

/** repeat.__reduce__($self, /)
 *
 *  State for pickling.
 */
static PyObject *
repeat_reduce(repeat *self)
{
    if (self->left < 0) { return Py_BuildValue("O(O)", Py_TYPE(self), self->object); }
    return Py_BuildValue("O(On)", Py_TYPE(self), self->object, self->left);
}

/* --- count --- */

typedef struct count {
    PyObject_HEAD
    Py_ssize_t fast;            /* counts by one; PY_SSIZE_T_MAX: number and by do */
    PyObject *number;           /* NULL while counting fast */
    PyObject *by;
} count;

ITERATOR_LIFE(count, 2, , number, by)

static bool
is_one(PyObject *op)
{
    if (!PyLong_Check(op)) { return false; }
    int overflow;
    return PyLong_AsLongAndOverflow(op, &overflow) == 1;
}

/** count.__new__($type, start=0, step=1)
 *
 *  The numbers start, start + step, start + 2 * step, ... for ever.
 */
static PyObject *
count_new(PyTypeObject *type, PyObject *start, PyObject *step)
{
    if ((start && !PyNumber_Check(start)) || (step && !PyNumber_Check(step))) {
        PyErr_SetString(PyExc_TypeError, "a number is required");
        return NULL;
    }
    own PyObject *number = start ? Py_NewRef(start) : PyLong_FromLong(0);
    own PyObject *by = step ? Py_NewRef(step) : PyLong_FromLong(1);
    if (!number || !by) { return NULL; }
    Py_ssize_t fast = PY_SSIZE_T_MAX;
    if (PyLong_Check(number) && is_one(by)) {
        fast = PyLong_AsSsize_t(number);
        if (fast == -1 && PyErr_Occurred()) {
            PyErr_Clear();
            fast = PY_SSIZE_T_MAX;
        }
        else {
            Py_CLEAR(number);
        }
    }
    count *self = (count *)type->tp_alloc(type, 0);
    if (!self) { return NULL; }
    self->fast = fast;
    self->number = take(number);
    self->by = take(by);
    return (PyObject *)self;
}

static PyObject *
count_next_slow(count *self)
{
    if (!self->number) {
        self->number = PyLong_FromSsize_t(PY_SSIZE_T_MAX);
        if (!self->number) { return NULL; }
    }
    PyObject *next = PyNumber_Add(self->number, self->by);
    if (!next) { return NULL; }
    PyObject *number = self->number;
    self->number = next;
    return number;
}

static PyObject *
count_next(PyObject *op)
{
    count *self = (count *)op;
    if (LIKELY(self->fast != PY_SSIZE_T_MAX)) { return PyLong_FromSsize_t(self->fast++); }
    return count_next_slow(self);
}

static PyObject *
count_repr(PyObject *op)
{
    count *self = (count *)op;
    const char *name = _PyType_Name(Py_TYPE(op));
    if (self->fast != PY_SSIZE_T_MAX || !self->number) {
        return PyUnicode_FromFormat("%s(%zd)", name, self->fast);
    }
    if (is_one(self->by)) { return PyUnicode_FromFormat("%s(%R)", name, self->number); }
    return PyUnicode_FromFormat("%s(%R, %R)", name, self->number, self->by);
}

/** count.__reduce__($self, /)
 *
 *  State for pickling.
 */
static PyObject *
count_reduce(count *self)
{
    if (self->fast != PY_SSIZE_T_MAX || !self->number) {
        return Py_BuildValue("O(n)", Py_TYPE(self), self->fast);
    }
    return Py_BuildValue("O(OO)", Py_TYPE(self), self->number, self->by);
}

/* --- zip_longest --- */

typedef struct zip_longest {
    PyObject_HEAD
    Py_ssize_t n;
    Py_ssize_t n_active;
    PyObject *iters;            /* tuple of n; NULL for one that has ended */
    PyObject *result;           /* tuple of n, reused */
    PyObject *fill;
} zip_longest;

ITERATOR_LIFE(zip_longest, 3, , iters, result, fill)

static PyObject *
zip_longest_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *fill = Py_None;
    if (kwargs && PyDict_GET_SIZE(kwargs) > 0) {
        fill = PyDict_GET_SIZE(kwargs) == 1 ? PyDict_GetItemWithError(kwargs, ID(fillvalue))
            : NULL;
        if (!fill) {
            if (!PyErr_Occurred()) {
                PyErr_SetString(PyExc_TypeError,
                                "zip_longest() got an unexpected keyword argument");
            }
            return NULL;
        }
    }
    Py_ssize_t n = PyTuple_GET_SIZE(args);
    own PyObject *iters = PyTuple_New(n);
    own PyObject *result = iters ? PyTuple_New(n) : NULL;
    if (!result) { return NULL; }
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *iter = PyObject_GetIter(PyTuple_GET_ITEM(args, i));
        if (!iter) { return NULL; }
        PyTuple_SET_ITEM(iters, i, iter);
        PyTuple_SET_ITEM(result, i, Py_NewRef(Py_None));
    }
    zip_longest *self = (zip_longest *)type->tp_alloc(type, 0);
    if (!self) { return NULL; }
    self->n = n;
    self->n_active = n;
    self->iters = take(iters);
    self->result = take(result);
    self->fill = Py_NewRef(fill);
    return (PyObject *)self;
}

/* Item i of the row; NULL when all have ended or with an exception. */
static PyObject *
item_or_fill(zip_longest *self, Py_ssize_t i)
{
    PyObject *iter = PyTuple_GET_ITEM(self->iters, i);
    if (!iter) { return Py_NewRef(self->fill); }
    PyObject *item = PyIter_Next(iter);
    if (item) { return item; }
    self->n_active--;
    if (PyErr_Occurred()) { self->n_active = 0; }
    if (self->n_active == 0) { return NULL; }
    PyTuple_SET_ITEM(self->iters, i, NULL);
    Py_DECREF(iter);
    return Py_NewRef(self->fill);
}

static PyObject *
zip_longest_next(PyObject *op)
{
    zip_longest *self = (zip_longest *)op;
    if (self->n == 0 || self->n_active == 0) { return NULL; }
    own PyObject *result = NULL;
    if (Py_REFCNT(self->result) == 1) {
        result = Py_NewRef(self->result);
        if (!PyObject_GC_IsTracked(result)) { PyObject_GC_Track(result); }
    }
    else if (!(result = PyTuple_New(self->n))) { return NULL; }
    for (Py_ssize_t i = 0; i < self->n; i++) {
        PyObject *item = item_or_fill(self, i);
        if (!item) { return NULL; }
        PyObject *old = PyTuple_GET_ITEM(result, i);
        PyTuple_SET_ITEM(result, i, item);
        Py_XDECREF(old);
    }
    return take(result);
}

/** zip_longest.__reduce__($self, /)
 *
 *  State for pickling: an empty tuple stands for an iterator that has ended.
 */
static PyObject *
zip_longest_reduce(zip_longest *self)
{
    own PyObject *args = PyTuple_New(self->n);
    for (Py_ssize_t i = 0; args && i < self->n; i++) {
        PyObject *iter = PyTuple_GET_ITEM(self->iters, i);
        PyObject *shown = iter ? Py_NewRef(iter) : PyTuple_New(0);
        if (!shown) { return NULL; }
        PyTuple_SET_ITEM(args, i, shown);
    }
    return args ? Py_BuildValue("OOO", Py_TYPE(self), args, self->fill) : NULL;
}

/** zip_longest.__setstate__($self, state, /)
 *
 *  Set the fill value.
 */
static PyObject *
zip_longest_setstate(PyObject *op, PyObject *state)
{
    Py_INCREF(state);
    Py_XSETREF(((zip_longest *)op)->fill, state);
    Py_RETURN_NONE;
}

#include "gen/modules/itertools/chain.bind.h"

PyDoc_STRVAR(chain_doc,
"chain(*iterables) --> chain object\n"
"\n"
"The items of the first iterable, then those of the next, and so on.");

PyDoc_STRVAR(repeat_doc,
"repeat(object [,times]) -> the object, that many times, or for ever");

PyDoc_STRVAR(zip_longest_doc,
"zip_longest(*iterables, fillvalue=None) --> zip_longest object\n"
"\n"
"Tuples of one item from each iterable, till the longest ends; fillvalue stands\n"
"for the items of those that have ended before.");

ITERATOR_TYPE(hob_chain_type, "chain", chain, BASETYPE,
              .tp_doc = chain_doc, .tp_methods = chain_methods, .tp_new = chain_new);
ITERATOR_TYPE(hob_cycle_type, "cycle", cycle, BASETYPE,
              .tp_doc = cycle_new__doc, .tp_methods = cycle_methods, .tp_new = cycle_new__slot);
ITERATOR_TYPE(hob_repeat_type, "repeat", repeat, BASETYPE,
              .tp_doc = repeat_doc, .tp_repr = repeat_repr, .tp_methods = repeat_methods,
              .tp_new = repeat_new);
ITERATOR_TYPE(hob_count_type, "count", count, BASETYPE,
              .tp_doc = count_new__doc, .tp_repr = count_repr, .tp_methods = count_methods,
              .tp_new = count_new__slot);
ITERATOR_TYPE(hob_zip_longest_type, "zip_longest", zip_longest, BASETYPE,
              .tp_doc = zip_longest_doc, .tp_methods = zip_longest_methods,
              .tp_new = zip_longest_new);

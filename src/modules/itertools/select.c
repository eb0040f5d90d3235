/* select.c -- iterators that choose items of one iterable, or call with them:
 * compress, dropwhile, takewhile, filterfalse, islice, starmap, accumulate, pairwise.
 */
#include "modules/itertools/itertools_int.h"

#define BASETYPE Py_TPFLAGS_BASETYPE

/* Truth of predicate(item), or of the item itself for None and bool. */
static tri
holds(PyObject *predicate, PyObject *item)
{
    if (predicate == Py_None || predicate == (PyObject *)&PyBool_Type) {
        return PyObject_IsTrue(item);
    }
    PyObject *answer = PyObject_CallOneArg(predicate, item);
    if (!answer) { return -1; }
    tri truth = PyObject_IsTrue(answer);
    Py_DECREF(answer);
    return truth;
}

/* --- compress --- */

typedef struct compress {
    PyObject_HEAD
    PyObject *data;
    PyObject *selectors;
} compress;

ITERATOR_LIFE(compress, 2, , data, selectors)

/** compress.__new__($type, data, selectors)
 *
 *  The items of data for which the item of selectors is true.
 */
static PyObject *
compress_new(PyTypeObject *type, PyObject *data, PyObject *selectors)
{
    own PyObject *items = PyObject_GetIter(data);
    own PyObject *flags = items ? PyObject_GetIter(selectors) : NULL;
    compress *self = flags ? (compress *)type->tp_alloc(type, 0) : NULL;
    if (!self) { return NULL; }
    self->data = take(items);
    self->selectors = take(flags);
    return (PyObject *)self;
}

static PyObject *
compress_next(PyObject *op)
{
    compress *self = (compress *)op;
    for (;;) {
        own PyObject *item = advance(self->data);
        if (!item) { return NULL; }
        own PyObject *flag = advance(self->selectors);
        if (!flag) { return NULL; }
        tri truth = PyObject_IsTrue(flag);
        if (truth) { return truth < 0 ? NULL : take(item); }
    }
}

/** compress.__reduce__($self, /)
 *
 *  State for pickling.
 */
static PyObject *
compress_reduce(compress *self)
{
    return Py_BuildValue("O(OO)", Py_TYPE(self), self->data, self->selectors);
}

/* --- dropwhile and takewhile --- */

typedef struct while_iter {
    PyObject_HEAD
    PyObject *predicate;
    PyObject *iter;
    long turned;                /* dropwhile: has begun; takewhile: has ended */
} while_iter;

ITERATOR_LIFE(while_iter, 2, , predicate, iter)

static PyObject *
make_while(PyTypeObject *type, PyObject *predicate, PyObject *iterable)
{
    PyObject *iter = PyObject_GetIter(iterable);
    if (!iter) { return NULL; }
    while_iter *self = (while_iter *)type->tp_alloc(type, 0);
    if (!self) {
        Py_DECREF(iter);
        return NULL;
    }
    self->predicate = Py_NewRef(predicate);
    self->iter = iter;
    return (PyObject *)self;
}

static PyObject *
call_holds_item(while_iter *self, PyObject *item, tri *truth)
{
    PyObject *answer = PyObject_CallOneArg(self->predicate, item);
    if (!answer) { return NULL; }
    *truth = PyObject_IsTrue(answer);
    Py_DECREF(answer);
    return *truth < 0 ? NULL : item;
}

/** @type hob_dropwhile_type dropwhile.__new__($type, predicate, iterable, /)
 *
 *  The items from the first one on for which predicate(item) is false.
 */
static PyObject *
dropwhile_new(PyTypeObject *type, PyObject *predicate, PyObject *iterable)
{
    return make_while(type, predicate, iterable);
}

static PyObject *
dropwhile_next(PyObject *op)
{
    while_iter *self = (while_iter *)op;
    for (;;) {
        own PyObject *item = advance(self->iter);
        if (!item || self->turned) { return take(item); }
        tri truth;
        if (!call_holds_item(self, item, &truth)) { return NULL; }
        if (!truth) {
            self->turned = 1;
            return take(item);
        }
    }
}

/** @type hob_takewhile_type takewhile.__new__($type, predicate, iterable, /)
 *
 *  The items before the first one for which predicate(item) is false.
 */
static PyObject *
takewhile_new(PyTypeObject *type, PyObject *predicate, PyObject *iterable)
{
    return make_while(type, predicate, iterable);
}

static PyObject *
takewhile_next(PyObject *op)
{
    while_iter *self = (while_iter *)op;
    if (self->turned) { return NULL; }
    own PyObject *item = advance(self->iter);
    if (!item) { return NULL; }
    tri truth;
    if (!call_holds_item(self, item, &truth)) { return NULL; }
    if (truth) { return take(item); }
    self->turned = 1;
    return NULL;
}

/** while_iter.__reduce__($self, /)
 *
 *  State for pickling.
 */
static PyObject *
while_reduce(while_iter *self)
{
    return Py_BuildValue("O(OO)l", Py_TYPE(self), self->predicate, self->iter, self->turned);
}

/** while_iter.__setstate__($self, state, /)
 *
 *  Set whether the condition has already turned.
 */
static PyObject *
while_setstate(PyObject *op, PyObject *state)
{
    int turned = PyObject_IsTrue(state);
    if (turned < 0) { return NULL; }
    ((while_iter *)op)->turned = turned;
    Py_RETURN_NONE;
}

/* --- filterfalse --- */

typedef struct filterfalse {
    PyObject_HEAD
    PyObject *predicate;
    PyObject *iter;
} filterfalse;

ITERATOR_LIFE(filterfalse, 2, , predicate, iter)

/** @type hob_filterfalse_type filterfalse.__new__($type, function, iterable, /)
 *
 *  The items for which function(item) is false, or that are false for None.
 */
static PyObject *
filterfalse_new(PyTypeObject *type, PyObject *function, PyObject *iterable)
{
    own PyObject *iter = PyObject_GetIter(iterable);
    filterfalse *self = iter ? (filterfalse *)type->tp_alloc(type, 0) : NULL;
    if (!self) { return NULL; }
    self->predicate = Py_NewRef(function);
    self->iter = take(iter);
    return (PyObject *)self;
}

static PyObject *
filterfalse_next(PyObject *op)
{
    filterfalse *self = (filterfalse *)op;
    for (;;) {
        own PyObject *item = advance(self->iter);
        if (!item) { return NULL; }
        tri truth = holds(self->predicate, item);
        if (truth <= 0) { return truth < 0 ? NULL : take(item); }
    }
}

/** filterfalse.__reduce__($self, /)
 *
 *  State for pickling.
 */
static PyObject *
filterfalse_reduce(filterfalse *self)
{
    return Py_BuildValue("O(OO)", Py_TYPE(self), self->predicate, self->iter);
}

/* --- islice --- */

typedef struct islice {
    PyObject_HEAD
    PyObject *iter;             /* NULL when exhausted */
    Py_ssize_t next;            /* index of the next item to give */
    Py_ssize_t stop;            /* -1: none */
    Py_ssize_t by;
    Py_ssize_t count;           /* items taken from iter */
} islice;

ITERATOR_LIFE(islice, 1, , iter)

static const char bad_stop[] =
    "Stop argument for islice() must be None or an integer: 0 <= x <= sys.maxsize.";
static const char bad_index[] =
    "Indices for islice() must be None or an integer: 0 <= x <= sys.maxsize.";

/* A non-negative index; None leaves *value. */
static bool
slice_number(PyObject *op, Py_ssize_t *value, Py_ssize_t least, const char *error)
{
    if (op == Py_None) { return true; }
    *value = PyNumber_AsSsize_t(op, PyExc_OverflowError);
    if (*value >= least) { return true; }
    PyErr_Clear();
    PyErr_SetString(PyExc_ValueError, error);
    return false;
}

/* What is no number, or is -1, is said of the stop; what is below, of any index. */
static bool
slice_stop(PyObject *op, Py_ssize_t *value)
{
    if (slice_number(op, value, 0, bad_index)) { return true; }
    if (*value == -1) { PyErr_SetString(PyExc_ValueError, bad_stop); }
    return false;
}

static PyObject *
islice_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static const char bad_step[] = "Step for islice() must be a positive integer or None.";
    bool is_ours = type == &hob_islice_type || type->tp_init == hob_islice_type.tp_init;
    if (is_ours && !_PyArg_NoKeywords("islice", kwargs)) { return NULL; }
    PyObject *iterable, *a, *b = NULL, *c = NULL;
    if (!PyArg_UnpackTuple(args, "islice", 2, 4, &iterable, &a, &b, &c)) { return NULL; }
    Py_ssize_t start = 0;
    Py_ssize_t stop = -1;
    Py_ssize_t by = 1;
    if (b && !slice_stop(b, &stop)) { return NULL; }
    if (b && !slice_number(a, &start, 0, bad_index)) { return NULL; }
    if (!b && !slice_stop(a, &stop)) { return NULL; }
    if (c && !slice_number(c, &by, 1, bad_step)) { return NULL; }

    own PyObject *iter = PyObject_GetIter(iterable);
    islice *self = iter ? (islice *)type->tp_alloc(type, 0) : NULL;
    if (!self) { return NULL; }
    self->iter = take(iter);
    self->next = start;
    self->stop = stop;
    self->by = by;
    return (PyObject *)self;
}

static PyObject *
islice_next(PyObject *op)
{
    islice *self = (islice *)op;
    PyObject *iter = self->iter;
    if (!iter) { return NULL; }
    Py_ssize_t stop = self->stop;
    while (self->count < self->next) {
        PyObject *skipped = advance(iter);
        if (!skipped) { goto ended; }
        Py_DECREF(skipped);
        self->count++;
    }
    if (stop != -1 && self->count >= stop) { goto ended; }
    PyObject *item = advance(iter);
    if (!item) { goto ended; }
    self->count++;
    Py_ssize_t next;
    bool is_past = __builtin_add_overflow(self->next, self->by, &next)
                   || (stop != -1 && next > stop);
    self->next = is_past ? stop : next;
    return item;
ended:
    Py_CLEAR(self->iter);
    return NULL;
}

/** islice.__reduce__($self, /)
 *
 *  State for pickling.
 */
static PyObject *
islice_reduce(islice *self)
{
    if (!self->iter) {
        own PyObject *nothing = PyList_New(0);
        own PyObject *iter = nothing ? PyObject_GetIter(nothing) : NULL;
        return iter ? Py_BuildValue("O(Oi)i", Py_TYPE(self), iter, 0, 0) : NULL;
    }
    own PyObject *stop = self->stop == -1 ? Py_NewRef(Py_None) : PyLong_FromSsize_t(self->stop);
    if (!stop) { return NULL; }
    return Py_BuildValue("O(OnOn)n", Py_TYPE(self), self->iter, self->next, stop, self->by,
                         self->count);
}

/** islice.__setstate__($self, state, /)
 *
 *  Set how many items have been taken.
 */
static PyObject *
islice_setstate(PyObject *op, PyObject *state)
{
    Py_ssize_t count = PyLong_AsSsize_t(state);
    if (count == -1 && PyErr_Occurred()) { return NULL; }
    ((islice *)op)->count = count;
    Py_RETURN_NONE;
}

/* --- starmap --- */

typedef struct starmap {
    PyObject_HEAD
    PyObject *func;
    PyObject *iter;
} starmap;

ITERATOR_LIFE(starmap, 2, , func, iter)

/** @type hob_starmap_type starmap.__new__($type, function, iterable, /)
 *
 *  The results of function(*args), args from the iterable.
 */
static PyObject *
starmap_new(PyTypeObject *type, PyObject *function, PyObject *iterable)
{
    own PyObject *iter = PyObject_GetIter(iterable);
    starmap *self = iter ? (starmap *)type->tp_alloc(type, 0) : NULL;
    if (!self) { return NULL; }
    self->func = Py_NewRef(function);
    self->iter = take(iter);
    return (PyObject *)self;
}

static PyObject *
starmap_next(PyObject *op)
{
    starmap *self = (starmap *)op;
    own PyObject *args = advance(self->iter);
    if (!args) { return NULL; }
    if (!PyTuple_CheckExact(args)) {
        PyObject *tuple = PySequence_Tuple(args);
        Py_SETREF(args, tuple);
        if (!args) { return NULL; }
    }
    return PyObject_Call(self->func, args, NULL);
}

/** starmap.__reduce__($self, /)
 *
 *  State for pickling.
 */
static PyObject *
starmap_reduce(starmap *self)
{
    return Py_BuildValue("O(OO)", Py_TYPE(self), self->func, self->iter);
}

/* --- accumulate --- */

typedef struct accumulate {
    PyObject_HEAD
    PyObject *total;            /* NULL before the first item */
    PyObject *iter;
    PyObject *func;             /* NULL: add */
    PyObject *initial;          /* None: none, or given out already */
} accumulate;

ITERATOR_LIFE(accumulate, 4, , total, iter, func, initial)

/** accumulate.__new__($type, iterable, func=None, *, initial=None)
 *
 *  Running sums, or results of func(total, item), beginning with initial if given.
 */
static PyObject *
accumulate_new(PyTypeObject *type, PyObject *iterable, PyObject *func, PyObject *initial)
{
    own PyObject *iter = PyObject_GetIter(iterable);
    accumulate *self = iter ? (accumulate *)type->tp_alloc(type, 0) : NULL;
    if (!self) { return NULL; }
    self->iter = take(iter);
    self->func = func == Py_None ? NULL : Py_NewRef(func);
    self->initial = Py_NewRef(initial);
    return (PyObject *)self;
}

static PyObject *
accumulate_next(PyObject *op)
{
    accumulate *self = (accumulate *)op;
    if (self->initial != Py_None) {
        self->total = self->initial;
        self->initial = Py_NewRef(Py_None);
        return Py_NewRef(self->total);
    }
    own PyObject *item = advance(self->iter);
    if (!item) { return NULL; }
    if (!self->total) {
        self->total = take(item);
        return Py_NewRef(self->total);
    }
    PyObject *total = self->func
                      ? PyObject_CallFunctionObjArgs(self->func, self->total, item, NULL)
                      : PyNumber_Add(self->total, item);
    if (!total) { return NULL; }
    Py_INCREF(total);
    Py_SETREF(self->total, total);
    return total;
}

/** accumulate.__reduce__($self, /)
 *
 *  State for pickling.
 */
static PyObject *
accumulate_reduce(accumulate *self)
{
    PyObject *type = (PyObject *)Py_TYPE(self);
    PyObject *func = self->func ? self->func : Py_None;
    if (self->initial != Py_None) {     /* put it in front of the items */
        PyObject *iter = PyObject_CallFunction((PyObject *)&hob_chain_type, "(O)O",
                                               self->initial, self->iter);
        return iter ? Py_BuildValue("O(NO)O", type, iter, func, Py_None) : NULL;
    }
    if (self->total == Py_None) {       /* as state None would mean: no total yet */
        own PyObject *iter = PyObject_CallFunction((PyObject *)&hob_chain_type, "(O)O",
                                                   self->total, self->iter);
        own PyObject *again =
            iter ? PyObject_CallFunctionObjArgs(type, iter, func, NULL) : NULL;
        return again ? Py_BuildValue("O(OiO)", &hob_islice_type, again, 1, Py_None) : NULL;
    }
    return Py_BuildValue("O(OO)O", type, self->iter, func,
                         self->total ? self->total : Py_None);
}

/** accumulate.__setstate__($self, state, /)
 *
 *  Set the total.
 */
static PyObject *
accumulate_setstate(PyObject *op, PyObject *state)
{
    Py_INCREF(state);
    Py_XSETREF(((accumulate *)op)->total, state);
    Py_RETURN_NONE;
}

/* --- pairwise --- */

typedef struct pairwise {
    PyObject_HEAD
    PyObject *iter;             /* NULL when exhausted */
    PyObject *last;             /* NULL before the first pair */
} pairwise;

ITERATOR_LIFE(pairwise, 2, , iter, last)

/** @type hob_pairwise_type pairwise.__new__($type, iterable, /)
 *
 *  Pairs of neighbours: (a, b), (b, c), (c, d), ...
 */
static PyObject *
pairwise_new(PyTypeObject *type, PyObject *iterable)
{
    own PyObject *iter = PyObject_GetIter(iterable);
    pairwise *self = iter ? (pairwise *)type->tp_alloc(type, 0) : NULL;
    if (!self) { return NULL; }
    self->iter = take(iter);
    return (PyObject *)self;
}

static PyObject *
pairwise_next(PyObject *op)
{
    pairwise *self = (pairwise *)op;
    if (!self->iter) { return NULL; }
    own PyObject *iter = Py_NewRef(self->iter);     /* stepping may run our own next */
    if (!self->last) {
        PyObject *first = advance(iter);
        Py_XSETREF(self->last, first);
        if (!first) {
            Py_CLEAR(self->iter);
            return NULL;
        }
        if (!self->iter) {
            Py_CLEAR(self->last);
            return NULL;
        }
    }
    own PyObject *last = Py_NewRef(self->last);
    own PyObject *next = advance(iter);
    if (!next) {
        Py_CLEAR(self->iter);
        Py_CLEAR(self->last);
        return NULL;
    }
    PyObject *pair = PyTuple_Pack(2, last, next);
    Py_XSETREF(self->last, take(next));
    return pair;
}

#include "gen/modules/itertools/select.bind.h"

ITERATOR_TYPE(hob_compress_type, "compress", compress, BASETYPE,
              .tp_doc = compress_new__doc, .tp_methods = compress_methods,
              .tp_new = compress_new__slot);

#define while_iter_next dropwhile_next
ITERATOR_TYPE(hob_dropwhile_type, "dropwhile", while_iter, BASETYPE,
              .tp_doc = dropwhile_new__doc, .tp_methods = while_iter_methods,
              .tp_new = dropwhile_new__slot);
#undef while_iter_next
#define while_iter_next takewhile_next
ITERATOR_TYPE(hob_takewhile_type, "takewhile", while_iter, BASETYPE,
              .tp_doc = takewhile_new__doc, .tp_methods = while_iter_methods,
              .tp_new = takewhile_new__slot);
#undef while_iter_next

ITERATOR_TYPE(hob_filterfalse_type, "filterfalse", filterfalse, BASETYPE,
              .tp_doc = filterfalse_new__doc, .tp_methods = filterfalse_methods,
              .tp_new = filterfalse_new__slot);

PyDoc_STRVAR(islice_doc,
"islice(iterable, stop) --> islice object\n"
"islice(iterable, start, stop[, step]) --> islice object\n"
"\n"
"Items of iterable as a slice would choose them; indices are not negative.");

ITERATOR_TYPE(hob_islice_type, "islice", islice, BASETYPE,
              .tp_doc = islice_doc, .tp_methods = islice_methods, .tp_new = islice_new);
ITERATOR_TYPE(hob_starmap_type, "starmap", starmap, BASETYPE,
              .tp_doc = starmap_new__doc, .tp_methods = starmap_methods,
              .tp_new = starmap_new__slot);
ITERATOR_TYPE(hob_accumulate_type, "accumulate", accumulate, BASETYPE,
              .tp_doc = accumulate_new__doc, .tp_methods = accumulate_methods,
              .tp_new = accumulate_new__slot);
ITERATOR_TYPE(hob_pairwise_type, "pairwise", pairwise, BASETYPE,
              .tp_doc = pairwise_new__doc, .tp_new = pairwise_new__slot);

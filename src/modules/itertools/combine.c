/* combine.c -- product, permutations, combinations with and without replacement.
 *
 * Each keeps its input as tuples (pools) and walks through index vectors in
 * lexicographic order; an item of the last result is replaced only where its index
 * has changed.
 *
 * Holds      result is NULL before the first row, and always that of indices after.
 */
#include "modules/itertools/itertools_int.h"

#define BASETYPE Py_TPFLAGS_BASETYPE

static PyObject *
invalid_arguments(void)
{
    PyErr_SetString(PyExc_ValueError, "invalid arguments");
    return NULL;
}

static Py_ssize_t *
new_indices(Py_ssize_t n)
{
    Py_ssize_t *indices = PyMem_New(Py_ssize_t, n ? n : 1);
    if (!indices) { PyErr_NoMemory(); }
    return indices;
}

static PyObject *
tuple_of_indices(const Py_ssize_t *indices, Py_ssize_t n)
{
    own PyObject *tuple = PyTuple_New(n);
    for (Py_ssize_t i = 0; tuple && i < n; i++) {
        PyObject *number = PyLong_FromSsize_t(indices[i]);
        if (!number) { return NULL; }
        PyTuple_SET_ITEM(tuple, i, number);
    }
    return take(tuple);
}

/* A tuple of pool[indices[i]]. */
static PyObject *
choose(PyObject *pool, const Py_ssize_t *indices, Py_ssize_t n)
{
    PyObject *tuple = PyTuple_New(n);
    for (Py_ssize_t i = 0; tuple && i < n; i++) {
        PyTuple_SET_ITEM(tuple, i, Py_NewRef(PyTuple_GET_ITEM(pool, indices[i])));
    }
    return tuple;
}

/* Read item i of a state tuple as an index between low and high. */
static bool
read_index(PyObject *state, Py_ssize_t i, Py_ssize_t low, Py_ssize_t high, Py_ssize_t *index)
{
    Py_ssize_t value = PyLong_AsSsize_t(PyTuple_GET_ITEM(state, i));
    if (value == -1 && PyErr_Occurred()) { return false; }
    if (high < low) { high = low; }
    *index = clamp(value, low, high);
    return true;
}

/* r, which must not be negative; -1 with an exception. */
static Py_ssize_t
check_r(Py_ssize_t r)
{
    if (r < 0) { PyErr_SetString(PyExc_ValueError, "r must be non-negative"); }
    return r < 0 ? -1 : r;
}

/* --- combinations, both kinds --- */

typedef struct combinations {
    PyObject_HEAD
    PyObject *pool;
    Py_ssize_t *indices;        /* r of them */
    PyObject *result;
    Py_ssize_t r;
    int stopped;
} combinations;

ITERATOR_LIFE(combinations, 2, PyMem_Free(self->indices), pool, result)

static PyObject *
make_combinations(PyTypeObject *type, PyObject *iterable, Py_ssize_t r, bool replaces)
{
    own PyObject *pool = PySequence_Tuple(iterable);
    if (!pool || check_r(r) < 0) { return NULL; }
    Py_ssize_t n = PyTuple_GET_SIZE(pool);
    Py_ssize_t *indices = new_indices(r);
    if (!indices) { return NULL; }
    for (Py_ssize_t i = 0; i < r; i++) { indices[i] = replaces ? 0 : i; }
    combinations *self = (combinations *)type->tp_alloc(type, 0);
    if (!self) {
        PyMem_Free(indices);
        return NULL;
    }
    self->pool = take(pool);
    self->indices = indices;
    self->r = r;
    self->stopped = replaces ? n == 0 && r > 0 : r > n;
    return (PyObject *)self;
}

/* Give row zero, or let `turn` find the first changed index (-1: no more) and set
 * the indices from there on. */
static PyObject *
next_row(combinations *self,
         Py_ssize_t (*turn)(Py_ssize_t *indices, Py_ssize_t n, Py_ssize_t r))
{
    if (self->stopped) { return NULL; }
    if (!self->result) {
        self->result = choose(self->pool, self->indices, self->r);
        return Py_XNewRef(self->result);
    }
    PyObject *result = reuse_result(&self->result);
    if (!result) { return NULL; }
    Py_ssize_t first = turn(self->indices, PyTuple_GET_SIZE(self->pool), self->r);
    if (first < 0) {
        self->stopped = 1;
        Py_DECREF(result);
        return NULL;
    }
    for (Py_ssize_t i = first; i < self->r; i++) {
        set_item(result, i, PyTuple_GET_ITEM(self->pool, self->indices[i]));
    }
    return result;
}

/* Count the rightmost index that can go up; the ones behind follow it closely. */
static Py_ssize_t
turn_combination(Py_ssize_t *indices, Py_ssize_t n, Py_ssize_t r)
{
    Py_ssize_t i = r - 1;
    while (i >= 0 && indices[i] == i + n - r) { i--; }
    if (i < 0) { return -1; }
    indices[i]++;
    for (Py_ssize_t j = i + 1; j < r; j++) { indices[j] = indices[j - 1] + 1; }
    return i;
}

static Py_ssize_t
turn_with_replacement(Py_ssize_t *indices, Py_ssize_t n, Py_ssize_t r)
{
    Py_ssize_t i = r - 1;
    while (i >= 0 && indices[i] == n - 1) { i--; }
    if (i < 0) { return -1; }
    Py_ssize_t index = indices[i] + 1;
    for (Py_ssize_t j = i; j < r; j++) { indices[j] = index; }
    return i;
}

static PyObject *
combinations_next(PyObject *op)
{
    return next_row((combinations *)op, turn_combination);
}

static PyObject *
combinations_wr_next(PyObject *op)
{
    return next_row((combinations *)op, turn_with_replacement);
}

/** combinations.__new__($type, iterable, r)
 *
 *  Tuples of r items in the order they come in, each place used at most once.
 */
static PyObject *
combinations_new(PyTypeObject *type, PyObject *iterable, Py_ssize_t r)
{
    return make_combinations(type, iterable, r, false);
}

/** combinations_with_replacement.__new__($type, iterable, r)
 *
 *  Tuples of r items in the order they come in, each place used any number of times.
 */
static PyObject *
combinations_wr_new(PyTypeObject *type, PyObject *iterable, Py_ssize_t r)
{
    return make_combinations(type, iterable, r, true);
}

/** combinations.__reduce__($self, /)
 *
 *  State for pickling.
 */
static PyObject *
combinations_reduce(combinations *self)
{
    PyObject *type = (PyObject *)Py_TYPE(self);
    if (!self->result) { return Py_BuildValue("O(On)", type, self->pool, self->r); }
    if (self->stopped) { return Py_BuildValue("O(()n)", type, self->r); }
    PyObject *indices = tuple_of_indices(self->indices, self->r);
    return indices ? Py_BuildValue("O(On)N", type, self->pool, self->r, indices) : NULL;
}

static PyObject *
set_combination(combinations *self, PyObject *state, bool replaces)
{
    Py_ssize_t n = PyTuple_GET_SIZE(self->pool);
    if (!PyTuple_Check(state) || PyTuple_GET_SIZE(state) != self->r) {
        return invalid_arguments();
    }
    if (n == 0 && self->r > 0) { return invalid_arguments(); }
    for (Py_ssize_t i = 0; i < self->r; i++) {
        Py_ssize_t high = replaces ? n - 1 : i + n - self->r;
        if (!read_index(state, i, 0, high, &self->indices[i])) { return NULL; }
    }
    PyObject *result = choose(self->pool, self->indices, self->r);
    if (!result) { return NULL; }
    Py_XSETREF(self->result, result);
    Py_RETURN_NONE;
}

/** combinations.__setstate__($self, state, /)
 *
 *  Set the indices, from pickled state.
 */
static PyObject *
combinations_setstate(PyObject *op, PyObject *state)
{
    return set_combination((combinations *)op, state, Py_TYPE(op)->tp_iternext
                           == combinations_wr_next);
}

/** combinations.__sizeof__($self, /)
 *
 *  Bytes of the iterator and its indices.
 */
static Py_ssize_t
combinations_sizeof(combinations *self)
{
    return Py_TYPE(self)->tp_basicsize + self->r * (Py_ssize_t)sizeof(Py_ssize_t);
}

/* --- permutations --- */

typedef struct permutations {
    PyObject_HEAD
    PyObject *pool;
    Py_ssize_t *indices;        /* n of them, a permutation; the first r are the row */
    Py_ssize_t *cycles;         /* r of them: how far place i has still to rotate */
    PyObject *result;
    Py_ssize_t r;
    int stopped;
} permutations;

ITERATOR_LIFE(permutations, 2, PyMem_Free(self->indices); PyMem_Free(self->cycles), pool,
              result)

/** permutations.__new__($type, iterable, r=None)
 *
 *  Tuples of r items (all) in every order, each place used at most once.
 */
static PyObject *
permutations_new(PyTypeObject *type, PyObject *iterable, PyObject *r)
{
    own PyObject *pool = PySequence_Tuple(iterable);
    if (!pool) { return NULL; }
    Py_ssize_t n = PyTuple_GET_SIZE(pool);
    Py_ssize_t length = n;
    if (r != Py_None) {
        if (!PyLong_Check(r)) {
            PyErr_SetString(PyExc_TypeError, "Expected int as r");
            return NULL;
        }
        length = PyLong_AsSsize_t(r);
        if ((length == -1 && PyErr_Occurred()) || check_r(length) < 0) { return NULL; }
    }
    Py_ssize_t *indices = new_indices(n);
    Py_ssize_t *cycles = indices ? new_indices(length) : NULL;
    permutations *self = cycles ? (permutations *)type->tp_alloc(type, 0) : NULL;
    if (!self) {
        PyMem_Free(indices);
        PyMem_Free(cycles);
        return NULL;
    }
    for (Py_ssize_t i = 0; i < n; i++) { indices[i] = i; }
    for (Py_ssize_t i = 0; i < length; i++) { cycles[i] = n - i; }
    self->pool = take(pool);
    self->indices = indices;
    self->cycles = cycles;
    self->r = length;
    self->stopped = length > n;
    return (PyObject *)self;
}

/* Advance the indices; the first that has changed, or -1 after the last row. */
static Py_ssize_t
turn_permutation(permutations *self)
{
    Py_ssize_t *indices = self->indices;
    Py_ssize_t n = PyTuple_GET_SIZE(self->pool);
    for (Py_ssize_t i = self->r - 1; i >= 0; i--) {
        if (--self->cycles[i] == 0) {           /* rotate indices[i:] back and carry on */
            Py_ssize_t index = indices[i];
            memmove(&indices[i], &indices[i + 1], (n - 1 - i) * sizeof *indices);
            indices[n - 1] = index;
            self->cycles[i] = n - i;
            continue;
        }
        Py_ssize_t j = n - self->cycles[i];
        Py_ssize_t index = indices[i];
        indices[i] = indices[j];
        indices[j] = index;
        return i;
    }
    return -1;
}

static PyObject *
permutations_next(PyObject *op)
{
    permutations *self = (permutations *)op;
    if (self->stopped) { return NULL; }
    if (!self->result) {
        self->result = choose(self->pool, self->indices, self->r);
        return Py_XNewRef(self->result);
    }
    if (PyTuple_GET_SIZE(self->pool) == 0) {
        self->stopped = 1;
        return NULL;
    }
    PyObject *result = reuse_result(&self->result);
    if (!result) { return NULL; }
    Py_ssize_t first = turn_permutation(self);
    if (first < 0) {
        self->stopped = 1;
        Py_DECREF(result);
        return NULL;
    }
    for (Py_ssize_t i = first; i < self->r; i++) {
        set_item(result, i, PyTuple_GET_ITEM(self->pool, self->indices[i]));
    }
    return result;
}

/** permutations.__reduce__($self, /)
 *
 *  State for pickling.
 */
static PyObject *
permutations_reduce(permutations *self)
{
    PyObject *type = (PyObject *)Py_TYPE(self);
    if (!self->result) { return Py_BuildValue("O(On)", type, self->pool, self->r); }
    if (self->stopped) { return Py_BuildValue("O(()n)", type, self->r); }
    own PyObject *indices = tuple_of_indices(self->indices, PyTuple_GET_SIZE(self->pool));
    own PyObject *cycles = indices ? tuple_of_indices(self->cycles, self->r) : NULL;
    return cycles ? Py_BuildValue("O(On)(OO)", type, self->pool, self->r, indices, cycles)
        : NULL;
}

/** permutations.__setstate__($self, state, /)
 *
 *  Set indices and cycles, from pickled state.
 */
static PyObject *
permutations_setstate(PyObject *op, PyObject *state)
{
    permutations *self = (permutations *)op;
    PyObject *indices, *cycles;
    if (!PyTuple_Check(state)) { return state_not_tuple(); }
    if (!PyArg_ParseTuple(state, "O!O!", &PyTuple_Type, &indices, &PyTuple_Type, &cycles)) {
        return NULL;
    }
    Py_ssize_t n = PyTuple_GET_SIZE(self->pool);
    if (PyTuple_GET_SIZE(indices) != n || PyTuple_GET_SIZE(cycles) != self->r || self->r > n) {
        return invalid_arguments();
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        if (!read_index(indices, i, 0, n - 1, &self->indices[i])) { return NULL; }
    }
    for (Py_ssize_t i = 0; i < self->r; i++) {
        if (!read_index(cycles, i, 1, n - i, &self->cycles[i])) { return NULL; }
    }
    PyObject *result = choose(self->pool, self->indices, self->r);
    if (!result) { return NULL; }
    Py_XSETREF(self->result, result);
    Py_RETURN_NONE;
}

/** permutations.__sizeof__($self, /)
 *
 *  Bytes of the iterator and its indices.
 */
static Py_ssize_t
permutations_sizeof(permutations *self)
{
    Py_ssize_t n = PyTuple_GET_SIZE(self->pool) + self->r;
    return Py_TYPE(self)->tp_basicsize + n * (Py_ssize_t)sizeof(Py_ssize_t);
}

/* --- product --- */

typedef struct product {
    PyObject_HEAD
    PyObject *pools;            /* tuple of tuples */
    Py_ssize_t *indices;        /* one in each pool */
    PyObject *result;
    int stopped;
} product;

ITERATOR_LIFE(product, 2, PyMem_Free(self->indices), pools, result)

static PyObject *
product_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    Py_ssize_t times = 1;
    if (kwargs) {
        static char *names[] = {"repeat", NULL};
        own PyObject *nothing = PyTuple_New(0);
        if (!nothing
                || !PyArg_ParseTupleAndKeywords(nothing, kwargs, "|n:product", names, &times)) {
            return NULL;
        }
        if (times < 0) {
            PyErr_SetString(PyExc_ValueError, "repeat argument cannot be negative");
            return NULL;
        }
    }
    Py_ssize_t n_args = times ? PyTuple_GET_SIZE(args) : 0;
    if (n_args && times > PY_SSIZE_T_MAX / (Py_ssize_t)sizeof(Py_ssize_t) / n_args) {
        PyErr_SetString(PyExc_OverflowError, "repeat argument too large");
        return NULL;
    }
    Py_ssize_t n = n_args * times;
    own PyObject *pools = PyTuple_New(n);
    for (Py_ssize_t i = 0; pools && i < n; i++) {
        PyObject *pool = i < n_args ? PySequence_Tuple(PyTuple_GET_ITEM(args, i))
                                    : Py_NewRef(PyTuple_GET_ITEM(pools, i - n_args));
        if (!pool) { return NULL; }
        PyTuple_SET_ITEM(pools, i, pool);
    }
    Py_ssize_t *indices = pools ? new_indices(n) : NULL;
    product *self = indices ? (product *)type->tp_alloc(type, 0) : NULL;
    if (!self) {
        PyMem_Free(indices);
        return NULL;
    }
    memset(indices, 0, n * sizeof *indices);
    self->pools = take(pools);
    self->indices = indices;
    return (PyObject *)self;
}

/* The row of indices; NULL without an exception when a pool is empty. */
static PyObject *
make_row(product *self)
{
    Py_ssize_t n = PyTuple_GET_SIZE(self->pools);
    for (Py_ssize_t i = 0; i < n; i++) {
        if (PyTuple_GET_SIZE(PyTuple_GET_ITEM(self->pools, i)) == 0) { return NULL; }
    }
    PyObject *row = PyTuple_New(n);
    for (Py_ssize_t i = 0; row && i < n; i++) {
        PyObject *pool = PyTuple_GET_ITEM(self->pools, i);
        PyTuple_SET_ITEM(row, i, Py_NewRef(PyTuple_GET_ITEM(pool, self->indices[i])));
    }
    return row;
}

static PyObject *
product_next(PyObject *op)
{
    product *self = (product *)op;
    if (self->stopped) { return NULL; }
    if (!self->result) {
        self->result = make_row(self);
        if (!self->result) { self->stopped = 1; }
        return Py_XNewRef(self->result);
    }
    PyObject *result = reuse_result(&self->result);
    if (!result) { return NULL; }
    for (Py_ssize_t i = PyTuple_GET_SIZE(self->pools) - 1; i >= 0; i--) {  /* as an odometer */
        PyObject *pool = PyTuple_GET_ITEM(self->pools, i);
        bool carries = ++self->indices[i] == PyTuple_GET_SIZE(pool);
        if (carries) { self->indices[i] = 0; }
        set_item(result, i, PyTuple_GET_ITEM(pool, self->indices[i]));
        if (!carries) { return result; }
    }
    self->stopped = 1;
    Py_DECREF(result);
    return NULL;
}

/** product.__reduce__($self, /)
 *
 *  State for pickling.
 */
static PyObject *
product_reduce(product *self)
{
    PyObject *type = (PyObject *)Py_TYPE(self);
    if (self->stopped) { return Py_BuildValue("O(())", type); }
    if (!self->result) { return Py_BuildValue("OO", type, self->pools); }
    PyObject *indices = tuple_of_indices(self->indices, PyTuple_GET_SIZE(self->pools));
    return indices ? Py_BuildValue("OON", type, self->pools, indices) : NULL;
}

/** product.__setstate__($self, state, /)
 *
 *  Set the indices, from pickled state.
 */
static PyObject *
product_setstate(PyObject *op, PyObject *state)
{
    product *self = (product *)op;
    Py_ssize_t n = PyTuple_GET_SIZE(self->pools);
    if (!PyTuple_Check(state) || PyTuple_GET_SIZE(state) != n) { return invalid_arguments(); }
    for (Py_ssize_t i = 0; i < n; i++) {
        Py_ssize_t size = PyTuple_GET_SIZE(PyTuple_GET_ITEM(self->pools, i));
        if (!read_index(state, i, 0, size - 1, &self->indices[i])) { return NULL; }
        if (size == 0) {                /* nothing will come of it */
            self->stopped = 1;
            Py_RETURN_NONE;
        }
    }
    PyObject *result = make_row(self);
    if (!result) { return NULL; }
    Py_XSETREF(self->result, result);
    Py_RETURN_NONE;
}

/** product.__sizeof__($self, /)
 *
 *  Bytes of the iterator and its indices.
 */
static Py_ssize_t
product_sizeof(product *self)
{
    Py_ssize_t n = PyTuple_GET_SIZE(self->pools);
    return Py_TYPE(self)->tp_basicsize + n * (Py_ssize_t)sizeof(Py_ssize_t);
}

#include "gen/modules/itertools/combine.bind.h"

ITERATOR_TYPE(hob_combinations_type, "combinations", combinations, BASETYPE,
              .tp_doc = combinations_new__doc, .tp_methods = combinations_methods,
              .tp_new = combinations_new__slot);

#define combinations_next combinations_wr_next
ITERATOR_TYPE(hob_combinations_wr_type, "combinations_with_replacement", combinations, BASETYPE,
              .tp_doc = combinations_wr_new__doc, .tp_methods = combinations_methods,
              .tp_new = combinations_wr_new__slot);
#undef combinations_next

ITERATOR_TYPE(hob_permutations_type, "permutations", permutations, BASETYPE,
              .tp_doc = permutations_new__doc, .tp_methods = permutations_methods,
              .tp_new = permutations_new__slot);

PyDoc_STRVAR(product_doc,
"product(*iterables, repeat=1) --> product object\n"
"\n"
"Tuples of one item from each iterable, in all ways: as nested loops, the last\n"
"one innermost.  repeat takes all iterables that many times.");

ITERATOR_TYPE(hob_product_type, "product", product, BASETYPE,
              .tp_doc = product_doc, .tp_methods = product_methods, .tp_new = product_new);

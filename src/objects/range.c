/* range.c -- range(): arithmetic progressions of ints of any size.
 *
 * Layout     iterators.h: hob_range holds start, stop, step and the length, all
 *            ints; hob_range_iter counts in C longs.
 * Holds      step is not zero; length is exact.
 *            Whatever fits in C longs is computed in them; the rest goes through
 *            int objects, by the same formulas.
 */
#include <Python.h>

#include <structmember.h>

#include "memory/own.h"
#include "objects/bind.h"
#include "objects/ids.h"
#include "objects/int/int.h"
#include "objects/iterators.h"
#include "state/runtime.h"

#define ZERO hob_small_int(0)
#define ONE hob_small_int(1)

static inline hob_range *
as_range(PyObject *op)
{
    return (hob_range *)op;
}

/* The long value of an int, when it has one. */
static inline bool
as_long(PyObject *op, long *value)
{
    int overflow;
    *value = PyLong_AsLongAndOverflow(op, &overflow);
    return overflow == 0;
}

/* Members of start, start + step, .. before stop. */
static unsigned long
count_steps(long start, long stop, long step)
{
    if (step > 0) {
        return start < stop ? 1 + ((unsigned long)stop - 1 - (unsigned long)start) / step : 0;
    }
    return start > stop
           ? 1 + ((unsigned long)start - 1 - (unsigned long)stop) / (0UL - (unsigned long)step)
           : 0;
}

/* --- arithmetic on ints of any size --- */

/* a + b * c */
static PyObject *
linear(PyObject *a, PyObject *b, PyObject *c)
{
    own PyObject *product = PyNumber_Multiply(b, c);
    return product ? PyNumber_Add(a, product) : NULL;
}

static PyObject *
length_of(PyObject *start, PyObject *stop, PyObject *step)
{
    long a, b, c;
    if (as_long(start, &a) && as_long(stop, &b) && as_long(step, &c)) {
        return PyLong_FromUnsignedLong(count_steps(a, b, c));
    }
    bool is_up = _PyLong_Sign(step) > 0;
    PyObject *low = is_up ? start : stop;
    PyObject *high = is_up ? stop : start;
    tri has_members = PyObject_RichCompareBool(low, high, Py_LT);
    if (has_members <= 0) { return has_members < 0 ? NULL : PyLong_FromLong(0); }

    own PyObject *size = PyNumber_Absolute(step);           /* (high - 1 - low) // size + 1 */
    own PyObject *span = size ? PyNumber_Subtract(high, low) : NULL;
    own PyObject *last = span ? PyNumber_Subtract(span, ONE) : NULL;
    own PyObject *full = last ? PyNumber_FloorDivide(last, size) : NULL;
    return full ? PyNumber_Add(full, ONE) : NULL;
}

/* --- making --- */

static PyObject *
make(PyTypeObject *type, STOLEN PyObject *start, STOLEN PyObject *stop, STOLEN PyObject *step)
{
    PyObject *length = start && stop && step ? length_of(start, stop, step) : NULL;
    hob_range *self = length ? PyObject_New(hob_range, type) : NULL;
    if (!self) {
        Py_XDECREF(start);
        Py_XDECREF(stop);
        Py_XDECREF(step);
        Py_XDECREF(length);
        return NULL;
    }
    self->start = start;
    self->stop = stop;
    self->step = step;
    self->length = length;
    return (PyObject *)self;
}

static PyObject *
check_step(STOLEN PyObject *step)
{
    if (step && _PyLong_Sign(step) == 0) {
        PyErr_SetString(PyExc_ValueError, "range() arg 3 must not be zero");
        Py_CLEAR(step);
    }
    return step;
}

static PyObject *
make_from_args(PyTypeObject *type, PyObject *const *args, Py_ssize_t nargs)
{
    if (!_PyArg_CheckPositional("range", nargs, 1, 3)) { return NULL; }
    if (nargs == 1) {
        PyObject *stop = PyNumber_Index(args[0]);
        return stop ? make(type, Py_NewRef(ZERO), stop, Py_NewRef(ONE)) : NULL;
    }
    own PyObject *start = PyNumber_Index(args[0]);
    if (!start) { return NULL; }
    own PyObject *stop = PyNumber_Index(args[1]);
    if (!stop) { return NULL; }
    PyObject *step = nargs == 3 ? check_step(PyNumber_Index(args[2])) : Py_NewRef(ONE);
    if (!step) { return NULL; }
    return make(type, take(start), take(stop), step);
}

static PyObject *
range_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    if (!_PyArg_NoKeywords("range", kwargs)) { return NULL; }
    return make_from_args(type, ((PyTupleObject *)args)->ob_item, PyTuple_GET_SIZE(args));
}

static PyObject *
range_vectorcall(PyObject *type, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    if (!_PyArg_NoKwnames("range", kwnames)) { return NULL; }
    return make_from_args((PyTypeObject *)type, args, PyVectorcall_NARGS(nargsf));
}

static void
range_dealloc(PyObject *op)
{
    hob_range *self = as_range(op);
    Py_DECREF(self->start);
    Py_DECREF(self->stop);
    Py_DECREF(self->step);
    Py_DECREF(self->length);
    PyObject_Free(op);
}

/* --- protocols --- */

static Py_ssize_t
range_length(PyObject *self)
{
    return PyLong_AsSsize_t(as_range(self)->length);
}

static int
range_bool(PyObject *self)
{
    return _PyLong_Sign(as_range(self)->length) != 0;
}

/* start + index * step, whether inside or not. */
static PyObject *
value_at(hob_range *self, PyObject *index)
{
    long start, step, i, product, value;
    if (as_long(self->start, &start) && as_long(self->step, &step) && as_long(index, &i)
            && !__builtin_mul_overflow(i, step, &product)
            && !__builtin_add_overflow(start, product, &value)) {
        return PyLong_FromLong(value);
    }
    return linear(self->start, index, self->step);
}

static PyObject *
item_at(hob_range *self, PyObject *given)
{
    own PyObject *index = _PyLong_Sign(given) < 0 ? PyNumber_Add(self->length, given)
                                                  : Py_NewRef(given);
    if (!index) { return NULL; }
    tri is_inside = _PyLong_Sign(index) < 0
                    ? 0 : PyObject_RichCompareBool(index, self->length, Py_LT);
    if (is_inside < 0) { return NULL; }
    if (!is_inside) {
        PyErr_SetString(PyExc_IndexError, "range object index out of range");
        return NULL;
    }
    return value_at(self, index);
}

static PyObject *
range_item(PyObject *self, Py_ssize_t i)
{
    own PyObject *index = PyLong_FromSsize_t(i);
    return index ? item_at(as_range(self), index) : NULL;
}

static PyObject *
slice_of(hob_range *self, PyObject *slice)
{
    PyObject *start, *stop, *step;
    if (_PySlice_GetLongIndices((PySliceObject *)slice, self->length, &start, &stop,
                                &step) < 0) {
        return NULL;
    }
    PyObject *new_step = PyNumber_Multiply(self->step, step);
    PyObject *new_start = new_step ? value_at(self, start) : NULL;
    PyObject *new_stop = new_start ? value_at(self, stop) : NULL;
    Py_DECREF(start);
    Py_DECREF(stop);
    Py_DECREF(step);
    return make(Py_TYPE(self), new_start, new_stop, new_step);
}

static PyObject *
range_subscript(PyObject *self, PyObject *index)
{
    if (PyIndex_Check(index)) {
        own PyObject *number = PyNumber_Index(index);
        return number ? item_at(as_range(self), number) : NULL;
    }
    if (PySlice_Check(index)) { return slice_of(as_range(self), index); }
    PyErr_Format(PyExc_TypeError, "range indices must be integers or slices, not %.200s",
                 Py_TYPE(index)->tp_name);
    return NULL;
}

static bool
is_plain_int(PyObject *op)
{
    return PyLong_CheckExact(op) || PyBool_Check(op);
}

static tri
contains_int(hob_range *self, PyObject *value)
{
    long start, stop, step, n;
    if (as_long(value, &n) && as_long(self->start, &start) && as_long(self->stop, &stop)
            && as_long(self->step, &step)) {
        bool is_between = step > 0 ? start <= n && n < stop : stop < n && n <= start;
        if (!is_between) { return 0; }
        unsigned long distance = step > 0 ? (unsigned long)n - (unsigned long)start
                                          : (unsigned long)start - (unsigned long)n;
        return distance % (step > 0 ? (unsigned long)step : 0UL - (unsigned long)step) == 0;
    }
    bool is_up = _PyLong_Sign(self->step) > 0;
    tri after_start = PyObject_RichCompareBool(value, self->start, is_up ? Py_GE : Py_LE);
    if (after_start <= 0) { return after_start; }
    tri before_stop = PyObject_RichCompareBool(value, self->stop, is_up ? Py_LT : Py_GT);
    if (before_stop <= 0) { return before_stop; }
    own PyObject *distance = PyNumber_Subtract(value, self->start);
    own PyObject *rest = distance ? PyNumber_Remainder(distance, self->step) : NULL;
    return rest ? _PyLong_Sign(rest) == 0 : -1;
}

static tri
range_contains(PyObject *self, PyObject *value)
{
    if (is_plain_int(value)) { return contains_int(as_range(self), value); }
    return (tri)_PySequence_IterSearch(self, value, PY_ITERSEARCH_CONTAINS);
}

/* Whether two ranges have the same members. */
static tri
is_equal(hob_range *a, hob_range *b)
{
    if (a == b) { return 1; }
    tri same = PyObject_RichCompareBool(a->length, b->length, Py_EQ);
    if (same <= 0 || _PyLong_Sign(a->length) == 0) { return same; }
    same = PyObject_RichCompareBool(a->start, b->start, Py_EQ);
    if (same <= 0) { return same; }
    tri is_single = PyObject_RichCompareBool(a->length, ONE, Py_EQ);
    if (is_single) { return is_single; }
    return PyObject_RichCompareBool(a->step, b->step, Py_EQ);
}

static PyObject *
range_richcompare(PyObject *a, PyObject *b, int op)
{
    if (!PyRange_Check(b) || (op != Py_EQ && op != Py_NE)) { Py_RETURN_NOTIMPLEMENTED; }
    tri same = is_equal(as_range(a), as_range(b));
    return same < 0 ? NULL : PyBool_FromLong(same == (op == Py_EQ));
}

/* Of (length, start, step), with None for what does not matter. */
static Py_hash_t
range_hash(PyObject *op)
{
    hob_range *self = as_range(op);
    bool is_empty = _PyLong_Sign(self->length) == 0;
    tri is_single = is_empty ? 0 : PyObject_RichCompareBool(self->length, ONE, Py_EQ);
    if (is_single < 0) { return -1; }
    own PyObject *facts = PyTuple_Pack(3, self->length, is_empty ? Py_None : self->start,
                                       is_empty || is_single ? Py_None : self->step);
    return facts ? PyObject_Hash(facts) : -1;
}

static PyObject *
range_repr(PyObject *op)
{
    hob_range *self = as_range(op);
    Py_ssize_t step = PyNumber_AsSsize_t(self->step, NULL);
    if (step == -1 && PyErr_Occurred()) { return NULL; }
    if (step == 1) { return PyUnicode_FromFormat("range(%R, %R)", self->start, self->stop); }
    return PyUnicode_FromFormat("range(%R, %R, %R)", self->start, self->stop, self->step);
}

/* --- iterators --- */

typedef struct long_range_iter {
    PyObject_HEAD
    PyObject *index;            /* all are ints */
    PyObject *start;
    PyObject *step;
    PyObject *length;
} long_range_iter;

static PyObject *
make_fast_iter(long start, long step, unsigned long n)
{
    hob_range_iter *self = PyObject_New(hob_range_iter, &PyRangeIter_Type);
    if (!self) { return NULL; }
    self->next = start;
    self->step = step;
    self->left = (long)n;
    self->total = (long)n;
    return (PyObject *)self;
}

static PyObject *
make_long_iter(STOLEN PyObject *start, STOLEN PyObject *step, PyObject *length)
{
    long_range_iter *self =
        start && step ? PyObject_New(long_range_iter, &PyLongRangeIter_Type) : NULL;
    if (!self) {
        Py_XDECREF(start);
        Py_XDECREF(step);
        return NULL;
    }
    self->index = Py_NewRef(ZERO);
    self->start = start;
    self->step = step;
    self->length = Py_NewRef(length);
    return (PyObject *)self;
}

static PyObject *
range_iter(PyObject *op)
{
    hob_range *self = as_range(op);
    long start, stop, step;
    if (as_long(self->start, &start) && as_long(self->stop, &stop)
            && as_long(self->step, &step)) {
        unsigned long n = count_steps(start, stop, step);
        /* one step past the end must not wrap: pickles compute with it */
        __int128 beyond = (__int128)start + (__int128)n * step;
        if (n <= LONG_MAX && beyond <= LONG_MAX && beyond >= LONG_MIN) {
            return make_fast_iter(start, step, n);
        }
    }
    return make_long_iter(Py_NewRef(self->start), Py_NewRef(self->step), self->length);
}

static PyObject *
iter_next(PyObject *op)
{
    hob_range_iter *self = (hob_range_iter *)op;
    if (self->left == 0) { return NULL; }
    self->left--;
    long value = self->next;
    self->next = (long)((unsigned long)value + (unsigned long)self->step);
    return hob_int_from_i64(value);
}

static PyObject *
iter_length_hint(PyObject *op, PyObject *unused)
{
    return PyLong_FromLong(((hob_range_iter *)op)->left);
}

static PyObject *
iter_state(STOLEN PyObject *range, STOLEN PyObject *index)
{
    return Py_BuildValue("N(N)N", _PyEval_GetBuiltin(ID(iter)), range, index);
}

static PyObject *
iter_reduce(PyObject *op, PyObject *unused)
{
    hob_range_iter *self = (hob_range_iter *)op;
    long index = self->total - self->left;
    long start = self->next - index * self->step;
    PyObject *range = make(&PyRange_Type, PyLong_FromLong(start),
                           PyLong_FromLong(start + self->total * self->step),
                           PyLong_FromLong(self->step));
    return range ? iter_state(range, PyLong_FromLong(index)) : NULL;
}

static PyObject *
iter_setstate(PyObject *op, PyObject *state)
{
    hob_range_iter *self = (hob_range_iter *)op;
    long index = PyLong_AsLong(state);
    if (index == -1 && PyErr_Occurred()) { return NULL; }
    index = index < 0 ? 0 : index > self->total ? self->total : index;
    long start = self->next - (self->total - self->left) * self->step;
    self->next = start + index * self->step;
    self->left = self->total - index;
    Py_RETURN_NONE;
}

static PyMethodDef iter_methods[] = {
    {"__length_hint__", iter_length_hint, METH_NOARGS,
     PyDoc_STR("How many are still to come.")},
    {"__reduce__", iter_reduce, METH_NOARGS, PyDoc_STR("State for pickling.")},
    {"__setstate__", iter_setstate, METH_O,
     PyDoc_STR("Set the position, from pickled state.")},
    {NULL, NULL, 0, NULL},
};

PyTypeObject PyRangeIter_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "range_iterator",
    .tp_basicsize = sizeof(hob_range_iter),
    .tp_dealloc = (destructor)PyObject_Free,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_iter = PyObject_SelfIter,
    .tp_iternext = iter_next,
    .tp_methods = iter_methods,
};

static void
long_iter_dealloc(PyObject *op)
{
    long_range_iter *self = (long_range_iter *)op;
    Py_DECREF(self->index);
    Py_DECREF(self->start);
    Py_DECREF(self->step);
    Py_DECREF(self->length);
    PyObject_Free(op);
}

static PyObject *
long_iter_next(PyObject *op)
{
    long_range_iter *self = (long_range_iter *)op;
    tri has_more = PyObject_RichCompareBool(self->index, self->length, Py_LT);
    if (has_more <= 0) { return NULL; }
    own PyObject *next = PyNumber_Add(self->index, ONE);
    if (!next) { return NULL; }
    PyObject *value = linear(self->start, self->index, self->step);
    if (value) { Py_SETREF(self->index, take(next)); }
    return value;
}

static PyObject *
long_iter_length_hint(PyObject *op, PyObject *unused)
{
    long_range_iter *self = (long_range_iter *)op;
    return PyNumber_Subtract(self->length, self->index);
}

static PyObject *
long_iter_reduce(PyObject *op, PyObject *unused)
{
    long_range_iter *self = (long_range_iter *)op;
    PyObject *stop = linear(self->start, self->length, self->step);
    PyObject *range = stop ? make(&PyRange_Type, Py_NewRef(self->start), stop,
                                  Py_NewRef(self->step)) : NULL;
    return range ? iter_state(range, Py_NewRef(self->index)) : NULL;
}

static PyObject *
long_iter_setstate(PyObject *op, PyObject *state)
{
    long_range_iter *self = (long_range_iter *)op;
    PyObject *index = state;
    tri is_negative = PyObject_RichCompareBool(state, ZERO, Py_LT);
    if (is_negative < 0) { return NULL; }
    if (is_negative) { index = ZERO; }
    tri is_past = PyObject_RichCompareBool(self->length, index, Py_LT);
    if (is_past < 0) { return NULL; }
    if (is_past) { index = self->length; }
    Py_INCREF(index);
    Py_SETREF(self->index, index);
    Py_RETURN_NONE;
}

static PyMethodDef long_iter_methods[] = {
    {"__length_hint__", long_iter_length_hint, METH_NOARGS,
     PyDoc_STR("How many are still to come.")},
    {"__reduce__", long_iter_reduce, METH_NOARGS, PyDoc_STR("State for pickling.")},
    {"__setstate__", long_iter_setstate, METH_O,
     PyDoc_STR("Set the position, from pickled state.")},
    {NULL, NULL, 0, NULL},
};

PyTypeObject PyLongRangeIter_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "longrange_iterator",
    .tp_basicsize = sizeof(long_range_iter),
    .tp_dealloc = long_iter_dealloc,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_iter = PyObject_SelfIter,
    .tp_iternext = long_iter_next,
    .tp_methods = long_iter_methods,
};

/* --- methods --- */

/** range.__reversed__($self, /)
 *
 *  An iterator over the members, last one first.
 */
static PyObject *
range_reversed(PyObject *op)
{
    hob_range *self = as_range(op);
    long start, stop, step;
    if (as_long(self->start, &start) && as_long(self->stop, &stop)
            && as_long(self->step, &step) && step != LONG_MIN) {
        unsigned long n = count_steps(start, stop, step);
        long beyond;
        if (n <= LONG_MAX && !__builtin_sub_overflow(start, step, &beyond)) {
            unsigned long last = (unsigned long)start + (n - 1) * (unsigned long)step;
            if (n == 0) { last = (unsigned long)beyond; }
            return make_fast_iter((long)last, -step, n);
        }
    }
    own PyObject *last_index = PyNumber_Subtract(self->length, ONE);
    PyObject *last = last_index ? linear(self->start, last_index, self->step) : NULL;
    PyObject *back = last ? PyNumber_Negative(self->step) : NULL;
    return make_long_iter(last, back, self->length);
}

/** range.__reduce__($self, /)
 */
static PyObject *
range_reduce(PyObject *op)
{
    hob_range *self = as_range(op);
    return Py_BuildValue("(O(OOO))", Py_TYPE(op), self->start, self->stop, self->step);
}

/** range.count($self, value, /)
 *
 *  How many members equal value.
 */
static PyObject *
range_count(PyObject *self, PyObject *value)
{
    if (is_plain_int(value)) {
        tri found = contains_int(as_range(self), value);
        return found < 0 ? NULL : PyLong_FromLong(found);
    }
    Py_ssize_t count = _PySequence_IterSearch(self, value, PY_ITERSEARCH_COUNT);
    return count < 0 ? NULL : PyLong_FromSsize_t(count);
}

/** range.index($self, value, /)
 *
 *  Position of value; ValueError when it is no member.
 */
static PyObject *
range_index(PyObject *op, PyObject *value)
{
    hob_range *self = as_range(op);
    if (!is_plain_int(value)) {
        Py_ssize_t i = _PySequence_IterSearch(op, value, PY_ITERSEARCH_INDEX);
        return i < 0 ? NULL : PyLong_FromSsize_t(i);
    }
    tri found = contains_int(self, value);
    if (found < 0) { return NULL; }
    if (!found) {
        PyErr_Format(PyExc_ValueError, "%R is not in range", value);
        return NULL;
    }
    own PyObject *distance = PyNumber_Subtract(value, self->start);
    return distance ? PyNumber_FloorDivide(distance, self->step) : NULL;
}

#include "gen/objects/range.bind.h"

static PyMemberDef range_members[] = {
    {"start", T_OBJECT_EX, offsetof(hob_range, start), READONLY, NULL},
    {"stop", T_OBJECT_EX, offsetof(hob_range, stop), READONLY, NULL},
    {"step", T_OBJECT_EX, offsetof(hob_range, step), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PySequenceMethods range_as_sequence = {
    .sq_length = range_length,
    .sq_item = range_item,
    .sq_contains = range_contains,
};

static PyMappingMethods range_as_mapping = {
    .mp_length = range_length,
    .mp_subscript = range_subscript,
};

static PyNumberMethods range_as_number = {
    .nb_bool = range_bool,
};

PyDoc_STRVAR(range_doc,
"range(stop) -> range object\n"
"range(start, stop[, step]) -> range object\n"
"\n"
"The ints from start (0) up to but without stop, in steps of step (1).  A\n"
"negative step counts down.");

PyTypeObject PyRange_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "range",
    .tp_basicsize = sizeof(hob_range),
    .tp_dealloc = range_dealloc,
    .tp_repr = range_repr,
    .tp_as_number = &range_as_number,
    .tp_as_sequence = &range_as_sequence,
    .tp_as_mapping = &range_as_mapping,
    .tp_hash = range_hash,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_SEQUENCE,
    .tp_doc = range_doc,
    .tp_richcompare = range_richcompare,
    .tp_iter = range_iter,
    .tp_methods = range_methods,
    .tp_members = range_members,
    .tp_new = range_new,
    .tp_vectorcall = range_vectorcall,
};

/* itertools_int.h -- what the files of itertools share.
 *
 * Every type here is an iterator with a few owned objects.  ITERATOR_LIFE writes
 * the destructor and the collector's walk from the list of those fields, and
 * ITERATOR_TYPE the type object, so that a file holds what is particular.
 */
#pragma once
#include <Python.h>

#include "memory/own.h"
#include "objects/bind.h"
#include "objects/object.h"

extern PyTypeObject hob_accumulate_type, hob_chain_type, hob_combinations_type,
    hob_combinations_wr_type, hob_compress_type, hob_count_type, hob_cycle_type,
    hob_dropwhile_type, hob_filterfalse_type, hob_groupby_type, hob_grouper_type,
    hob_islice_type, hob_pairwise_type, hob_permutations_type, hob_product_type,
    hob_repeat_type, hob_starmap_type, hob_takewhile_type, hob_tee_type,
    hob_tee_data_type, hob_zip_longest_type;

PyObject *hob_itertools_tee(PyObject *iterable, Py_ssize_t n);

#define EACH_1(f, a)             f(a)
#define EACH_2(f, a, b)          f(a) f(b)
#define EACH_3(f, a, b, c)       f(a) f(b) f(c)
#define EACH_4(f, a, b, c, d)    f(a) f(b) f(c) f(d)
#define EACH_5(f, a, b, c, d, e) f(a) f(b) f(c) f(d) f(e)

#define DROP_FIELD(field)  Py_XDECREF(self->field);
#define VISIT_FIELD(field) Py_VISIT(self->field);

/* `extra` frees what is no object. */
#define ITERATOR_LIFE(stem, n, extra, ...)                          \
    static void                                                     \
    stem##_dealloc(PyObject *op)                                    \
    {                                                               \
        stem *self = (stem *)op;                                    \
        PyObject_GC_UnTrack(op);                                    \
        Py_TRASHCAN_BEGIN(op, stem##_dealloc)                       \
        EACH_##n(DROP_FIELD, __VA_ARGS__)                           \
        extra;                                                      \
        Py_TYPE(op)->tp_free(op);                                   \
        Py_TRASHCAN_END                                             \
    }                                                               \
    static int                                                      \
    stem##_traverse(PyObject *op, visitproc visit, void *arg)       \
    {                                                               \
        stem *self = (stem *)op;                                    \
        EACH_##n(VISIT_FIELD, __VA_ARGS__)                          \
        return 0;                                                   \
    }

#define ITERATOR_TYPE(symbol, pyname, stem, base_flag, ...)         \
    PyTypeObject symbol = {                                         \
        PyVarObject_HEAD_INIT(NULL, 0)                              \
        .tp_name = "itertools." pyname,                             \
        .tp_basicsize = sizeof(stem),                               \
        .tp_dealloc = stem##_dealloc,                               \
        .tp_getattro = PyObject_GenericGetAttr,                     \
        .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | base_flag, \
        .tp_traverse = stem##_traverse,                             \
        .tp_iter = PyObject_SelfIter,                               \
        .tp_iternext = stem##_next,                                 \
        .tp_free = PyObject_GC_Del,                                 \
        __VA_ARGS__                                                 \
    }

static inline PyObject *
advance(PyObject *iter)
{
    return hob_object_next(iter);
}

/* After an iterator has ended: whether that was an error (StopIteration is not). */
static inline bool
ended_badly(void)
{
    if (!PyErr_Occurred()) { return false; }
    if (!PyErr_ExceptionMatches(PyExc_StopIteration)) { return true; }
    PyErr_Clear();
    return false;
}

/* A result tuple to write into: the last one, when nobody else has it, else a copy
 * of it; the caller's reference, and *slot's. */
static inline PyObject *
reuse_result(PyObject **slot)
{
    PyObject *result = *slot;
    if (Py_REFCNT(result) == 1) {
        /* the collector may have untracked it while it held plain data */
        if (!PyObject_GC_IsTracked(result)) { PyObject_GC_Track(result); }
        return Py_NewRef(result);
    }
    Py_ssize_t n = PyTuple_GET_SIZE(result);
    PyObject *copy = PyTuple_New(n);
    if (!copy) { return NULL; }
    for (Py_ssize_t i = 0; i < n; i++) {
        PyTuple_SET_ITEM(copy, i, Py_NewRef(PyTuple_GET_ITEM(result, i)));
    }
    *slot = copy;
    Py_DECREF(result);
    return Py_NewRef(copy);
}

static inline void
set_item(PyObject *tuple, Py_ssize_t i, PyObject *item)
{
    PyObject *old = PyTuple_GET_ITEM(tuple, i);
    PyTuple_SET_ITEM(tuple, i, Py_NewRef(item));
    Py_DECREF(old);
}

static inline Py_ssize_t
clamp(Py_ssize_t i, Py_ssize_t low, Py_ssize_t high)
{
    return i > high ? high : i < low ? low : i;
}

static inline PyObject *
state_not_tuple(void)
{
    PyErr_SetString(PyExc_TypeError, "state is not a tuple");
    return NULL;
}

/* iterators.h -- bodies of the builtin iterators that the machine steps inline.
 *
 * Holds      seq == NULL: exhausted for good.  All references are owned.
 */
#pragma once
#include <Python.h>

#include "base/c.h"

/* list, list reversed, tuple, str, bytes, bytearray: sequence_iter.c */
typedef struct hob_sequence_iter {
    PyObject_HEAD
    Py_ssize_t index;                   /* of the next item */
    PyObject *seq;                      /* NULL when exhausted */
} hob_sequence_iter;

MUST_USE PyObject *hob_sequence_iter_new(PyTypeObject *type, PyObject *seq, Py_ssize_t index);

MUST_USE PyObject *hob_sequence_iter_list(PyObject *list);      /* their tp_iter */
MUST_USE PyObject *hob_sequence_iter_tuple(PyObject *tuple);
MUST_USE PyObject *hob_sequence_iter_bytes(PyObject *bytes);
MUST_USE PyObject *hob_sequence_iter_bytearray(PyObject *array);
MUST_USE PyObject *hob_sequence_iter_str(PyObject *str);

/* To step: if (left == 0) stop; left -= 1; give next; next += step (may wrap at
 * the very end). */
typedef struct hob_range_iter {         /* PyRangeIter_Type: all numbers fit a long */
    PyObject_HEAD
    long next;
    long step;
    long left;                          /* how many are still to come */
    long total;                         /* left at the start */
} hob_range_iter;

typedef struct hob_range {              /* PyRange_Type */
    PyObject_HEAD
    PyObject *start;                    /* exact ints */
    PyObject *stop;
    PyObject *step;
    PyObject *length;
} hob_range;

typedef struct hob_dict_iter {          /* the six dict iterators */
    PyObject_HEAD
    PyDictObject *dict;                 /* NULL when exhausted */
    Py_ssize_t used;                    /* ma_used at the start; -1 after a change */
    Py_ssize_t pos;                     /* hob_dict_step's */
    PyObject *result;                   /* 2-tuple reused by item iterators, or NULL */
    Py_ssize_t left;
} hob_dict_iter;

/* zip(*iterables) over a vector; see hob_type_maker. */
MUST_USE PyObject *hob_zip_vectorcall(PyObject *type, PyObject *const *args, size_t nargsf,
                                      PyObject *kwnames);

typedef struct hob_enumerate {          /* PyEnum_Type */
    PyObject_HEAD
    Py_ssize_t index;                   /* PY_SSIZE_T_MAX: count in big_index */
    PyObject *iter;
    PyObject *result;                   /* 2-tuple reused while nobody else holds it */
    PyObject *big_index;                /* int, or NULL */
    PyObject *one;                      /* the int 1, for big_index */
} hob_enumerate;

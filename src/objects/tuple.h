/* tuple.h -- what other files may do with a tuple, beyond the public API. */
#pragma once
#include <Python.h>

#include "base/c.h"

/* A tuple of n items whose references are taken over, also on failure. */
MUST_USE PyObject *hob_tuple_from_array(PyObject *const *items, Py_ssize_t n);

/* A tuple of n borrowed items. */
MUST_USE PyObject *hob_tuple_copy_of(PyObject *const *items, Py_ssize_t n);

/* The empty tuple; one object, borrowed. */
BORROWED PyObject *hob_tuple_empty(void);

void hob_tuple_clear_freelists(void);

bool hob_tuple_check(PyObject *op);             /* deep invariants */

/* list.h -- what other files may do with a list, beyond the public API. */
#pragma once
#include <Python.h>

#include "base/c.h"

/* A list of n items whose references are taken over, also on failure. */
MUST_USE PyObject *hob_list_from_array(PyObject *const *items, Py_ssize_t n);

/* Append, taking over item; out of line when the array is full. */
MUST_USE status hob_list_give_slow(PyListObject *self, STOLEN PyObject *item);

static inline status
hob_list_give(PyListObject *self, STOLEN PyObject *item)
{
    Py_ssize_t n = Py_SIZE(self);
    if (LIKELY(self->allocated > n)) {
        self->ob_item[n] = item;
        Py_SET_SIZE(self, n + 1);
        return 0;
    }
    return hob_list_give_slow(self, item);
}

/* Append all of iterable. */
MUST_USE status hob_list_extend(PyListObject *self, PyObject *iterable);

/* self[start:..:step], n items of which all are there. */
MUST_USE PyObject *hob_list_slice(PyListObject *self, Py_ssize_t start, Py_ssize_t step,
                                  Py_ssize_t n);

/* Sort in place; key may be NULL or None. */
MUST_USE status hob_list_sort(PyListObject *self, PyObject *key, bool reverse);

void hob_list_clear_freelist(void);
bool hob_list_check(PyListObject *self);        /* deep invariants */

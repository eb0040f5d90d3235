/* hamt.h -- an immutable mapping that shares structure with its versions.
 *
 * What a Context holds: adding a variable makes a new map in O(log n) and leaves
 * the old one as it was, so copying a context copies one pointer.
 */
#pragma once
#include <Python.h>

#include "base/c.h"

typedef struct _pyhamtobject {
    PyObject_HEAD
    PyObject *root;                     /* owned: a node */
    PyObject *weakreflist;
    Py_ssize_t count;
} hob_hamt;

extern PyTypeObject hob_hamt_type, hob_hamt_node_type;
extern PyTypeObject hob_hamt_items_type, hob_hamt_keys_type, hob_hamt_values_type;

MUST_USE hob_hamt *hob_hamt_new(void);
MUST_USE hob_hamt *hob_hamt_with(hob_hamt *self, PyObject *key, PyObject *value);

/* Without key; self itself (a new reference) when it is not there. */
MUST_USE hob_hamt *hob_hamt_without(hob_hamt *self, PyObject *key);

/* 1 with borrowed *value, 0, or -1. */
MUST_USE tri hob_hamt_find(hob_hamt *self, PyObject *key, PyObject **value);
MUST_USE tri hob_hamt_equal(hob_hamt *a, hob_hamt *b);

MUST_USE PyObject *hob_hamt_iter_keys(hob_hamt *self);
MUST_USE PyObject *hob_hamt_iter_values(hob_hamt *self);
MUST_USE PyObject *hob_hamt_iter_items(hob_hamt *self);

/* union.h -- X | Y of types. */
#pragma once
#include <Python.h>

#include "base/c.h"

extern PyTypeObject hob_union_type;             /* types.UnionType */

/* left | right for types, aliases and None; NotImplemented for anything else. */
MUST_USE PyObject *hob_union_or(PyObject *left, PyObject *right);

/* The members, as a tuple; self must be a union. */
BORROWED PyObject *hob_union_args(PyObject *self);

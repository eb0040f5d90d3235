/* genericalias.h -- what generic aliases and unions share. */
#pragma once
#include <Python.h>

#include "base/c.h"

extern PyTypeObject hob_genericalias_iter_type; /* *list[int] */

/* The type parameters among args, each once; a tuple. */
MUST_USE PyObject *hob_generic_parameters(PyObject *args);

/* args with parameters replaced by item (one or a tuple); self is for errors. */
MUST_USE PyObject *hob_generic_substitute(PyObject *self, PyObject *args, PyObject *parameters,
                                          PyObject *item);

/* How an argument is written: int, mod.Class, ..., or its repr. */
MUST_USE PyObject *hob_generic_arg_repr(PyObject *arg);

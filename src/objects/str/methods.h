/* methods.h -- slots of str that have files of their own. */
#pragma once
#include "objects/iterators.h"
#include "objects/str/str_int.h"

PyObject *hob_str_repr(PyObject *self);         /* repr.c */

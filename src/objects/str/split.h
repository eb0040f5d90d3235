/* split.h -- a str taken apart and changed piece by piece. */
#pragma once
#include "objects/str/str_int.h"

/* sep NULL splits at whitespace; max < 0 is no limit. */
MUST_USE PyObject *hob_str_split(PyObject *str, PyObject *sep, Py_ssize_t max);
MUST_USE PyObject *hob_str_rsplit(PyObject *str, PyObject *sep, Py_ssize_t max);

typedef enum { STRIP_LEFT = 1, STRIP_RIGHT = 2, STRIP_BOTH = 3 } strip_side;
/* chars NULL strips whitespace. */
MUST_USE PyObject *hob_str_strip(PyObject *str, strip_side side, PyObject *chars);

/* max < 0 is no limit; may_leave: a long str is changed aside. */
MUST_USE PyObject *hob_str_replace(PyObject *str, PyObject *old, PyObject *new, Py_ssize_t max,
                                   bool may_leave);
MUST_USE PyObject *hob_str_pad(PyObject *str, Py_ssize_t left, Py_ssize_t right, Py_UCS4 fill);
MUST_USE PyObject *hob_str_expandtabs(PyObject *str, int tabsize);
MUST_USE PyObject *hob_str_zfill(PyObject *str, Py_ssize_t width);

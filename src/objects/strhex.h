/* strhex.h -- bytes as hexadecimal text. */
#pragma once
#include <Python.h>

#include "base/c.h"

/* These names are exported for extensions that know them from private headers. */
HOB_EXPORT PyObject *_Py_strhex(const char *data, const Py_ssize_t n);
HOB_EXPORT PyObject *_Py_strhex_bytes(const char *data, const Py_ssize_t n);
HOB_EXPORT PyObject *_Py_strhex_with_sep(const char *data, const Py_ssize_t n,
                                         const PyObject *sep, const int bytes_per_group);
HOB_EXPORT PyObject *_Py_strhex_bytes_with_sep(const char *data, const Py_ssize_t n,
                                               const PyObject *sep, const int bytes_per_group);

/* memory_item.h -- single elements of memory: native formats, objects from and to them. */
#pragma once
#include <Python.h>

#include "base/c.h"

/* "B" for "B" and "@B", else "" (not a native single-character format). */
const char *hob_item_native(const char *format);

/* Bytes of a native format character; -1 when it is none. */
Py_ssize_t hob_item_size(char code);

/* The element at p as an object / an object as the element at p. */
MUST_USE PyObject *hob_item_unpack(const char *p, const char *format);
MUST_USE status hob_item_pack(char *p, PyObject *item, const char *format);

/* Whether two elements of the same native format are equal. */
bool hob_item_equal(const char *p, const char *q, char code);

/* Whether two views hold equal elements in the same shape; formats may be any
 * that module struct knows. */
MUST_USE tri hob_item_equal_views(const Py_buffer *v, const Py_buffer *w);

/* managedbuffer.h -- one buffer of an exporter, shared by all memoryviews made from it. */
#pragma once
#include <Python.h>

#include "base/c.h"

MUST_USE _PyManagedBufferObject *hob_managed_from_object(PyObject *exporter, int flags);

/* Of memory that nobody owns; the buffer is copied. */
MUST_USE _PyManagedBufferObject *hob_managed_from_buffer(const Py_buffer *buffer);

/* Give the buffer back to its exporter; a second time does nothing. */
void hob_managed_release(_PyManagedBufferObject *self);

bool hob_managedbuffer_check(PyObject *op);     /* deep invariants */
bool hob_memoryview_check(PyObject *op);

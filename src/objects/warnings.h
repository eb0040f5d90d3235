/* warnings.h -- the core of warnings, for the module _warnings and the start. */
#pragma once
#include <Python.h>

#include "base/c.h"

/* Default filters, registry and action of the interpreter. */
MUST_USE status hob_warnings_init(void);

/* warnings.warn(): category NULL or None is the message's own, or UserWarning. */
MUST_USE status hob_warnings_warn(PyObject *message, MAYBE_NULL PyObject *category,
                                  Py_ssize_t stack_level, MAYBE_NULL PyObject *source);

/* warnings.warn_explicit(); module, registry, line and source may be NULL. */
MUST_USE status hob_warnings_explicit(PyObject *category, PyObject *message, PyObject *filename,
                                      int lineno, PyObject *module, PyObject *registry,
                                      PyObject *line, PyObject *source);

/* The filters changed: what registries remember is void. */
void hob_warnings_mutated(void);

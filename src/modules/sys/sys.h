/* sys.h -- the sys module's own pieces, and what run/ needs of it. */
#pragma once
#include <Python.h>

#include "base/c.h"

/* Make the module with all that does not depend on the configuration. */
MUST_USE PyObject *hob_sys_create(PyInterpreterState *interp);

/* Add what the configuration decides: path, argv, flags, prefixes ... */
MUST_USE status hob_sys_configure(PyInterpreterState *interp);

/* Structured constants: flags, version_info, hash_info ...   (info.c) */
MUST_USE status hob_sys_add_info(PyObject *dict);
MUST_USE PyObject *hob_sys_flags(const PyConfig *config);

/* Methods of hooks.c and trace.c, added to the module by sys.c. */
extern PyMethodDef *const hob_sys_hook_methods;
extern PyMethodDef *const hob_sys_trace_methods;

/* printf into a stream of sys: what PySys_WriteStderr does, without fail. */
void hob_sys_write(const char *name, FILE *fallback, const char *format, va_list args);

void hob_sys_audit_clear(void);         /* forget the C hooks */

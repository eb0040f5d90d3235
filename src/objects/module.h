/* module.h -- a module object from within; the machine reads dict in line. */
#pragma once
#include <Python.h>

#include "base/c.h"

typedef struct hob_module {
    PyObject_HEAD
    PyObject *dict;             /* the namespace; NULL once cleared */
    struct PyModuleDef *def;    /* borrowed, or NULL */
    void *state;                /* PyMem block of def->m_size bytes, or NULL */
    PyObject *weakrefs;
    PyObject *name;             /* str or NULL: for messages */
} hob_module;

_Static_assert(sizeof(hob_module) == 56, "extensions derive from module");

/* tp_getattro of module: an attribute, or what the module's __getattr__ gives. */
MUST_USE PyObject *hob_module_getattro(PyObject *self, PyObject *name);

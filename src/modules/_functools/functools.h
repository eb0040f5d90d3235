/* functools.h -- what the files of module _functools share. */
#pragma once
#include <Python.h>

#include "base/c.h"
#include "memory/own.h"
#include "objects/bind.h"

typedef struct {
    PyTypeObject *partial_type, *key_type, *lru_type, *lru_link_type;   /* owned */
    PyObject *kwd_mark;         /* owned: stands between positional and keyword parts of a key */
} functools_state;

extern struct PyModuleDef hob_functools_def;
extern PyType_Spec hob_partial_spec, hob_lru_spec, hob_lru_link_spec;

static inline functools_state *
state_of(PyObject *module)
{
    return PyModule_GetState(module);
}

static inline functools_state *
state_of_type(PyTypeObject *type)
{
    PyObject *module = PyType_GetModuleByDef(type, &hob_functools_def);
    return module ? state_of(module) : NULL;
}

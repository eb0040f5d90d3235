/* thread_int.h -- shared by the files of module _thread. */
#pragma once
#include <Python.h>

#include "base/c.h"
#include "state/gil.h"

typedef struct {
    PyTypeObject *lock_type;            /* owned */
    PyTypeObject *rlock_type;           /* owned */
    PyTypeObject *local_type;           /* owned */
    PyTypeObject *guard_type;           /* owned: local.c */
    PyTypeObject *hook_args_type;       /* owned */
} hob_thread_module;

static inline hob_thread_module *
hob_thread_state(PyObject *module)
{
    return PyModule_GetState(module);
}

extern PyType_Spec hob_thread_lock_spec, hob_thread_rlock_spec, hob_thread_local_spec,
                   hob_thread_guard_spec;
extern struct PyModuleDef hob_thread_module_def;

MUST_USE PyObject *hob_thread_lock_new(PyTypeObject *type);

/* Release a lock object if it is locked: at the end of the thread it stands for. */
void hob_thread_lock_let_go(PyObject *lock);

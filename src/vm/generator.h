/* generator.h -- for the files of generators, coroutines and async generators. */
#pragma once
#include "vm/vm.h"

/* Run until the next yield, sending arg (NULL: as next() does).  With throwing
 * the pending exception is raised inside.  *result is NULL on error and, for
 * next(), at an end with None. */
PySendResult hob_generator_send(PyGenObject *gen, PyObject *arg, PyObject **result,
                                bool throwing,
                                bool closing);

/* gen.send(arg): the value yielded, or NULL with StopIteration and so on. */
PyObject *hob_generator_send_value(PyGenObject *gen, PyObject *arg, bool throwing,
                                   bool closing);

/* gen.throw(type, value, tb).  With close_on_exit GeneratorExit closes what gen
 * delegates to; async generators want it thrown. */
PyObject *hob_generator_throw(PyGenObject *gen, bool close_on_exit, PyObject *type,
                              PyObject *value, PyObject *tb);
PyObject *hob_generator_throw_args(PyGenObject *gen, PyObject *const *args, Py_ssize_t nargs);
PyObject *hob_generator_close(PyGenObject *gen);

PySendResult hob_generator_am_send(PyObject *self, PyObject *arg, PyObject **result);

/* Slots and methods that the three types share; gen is the first argument. */
int       hob_generator_traverse(PyObject *self, visitproc visit, void *arg);
void      hob_generator_dealloc(PyObject *self);
PyObject *hob_generator_repr(PyObject *self);
PyObject *hob_generator_m_send(PyObject *self, PyObject *arg);
PyObject *hob_generator_m_throw(PyObject *self, PyObject *const *args, Py_ssize_t nargs);
PyObject *hob_generator_m_close(PyObject *self, PyObject *unused);
PyObject *hob_generator_m_sizeof(PyObject *self, PyObject *unused);
PyObject *hob_generator_get_name(PyObject *self, void *unused);
int       hob_generator_set_name(PyObject *self, PyObject *value, void *unused);
PyObject *hob_generator_get_qualname(PyObject *self, void *unused);
int       hob_generator_set_qualname(PyObject *self, PyObject *value, void *unused);
PyObject *hob_generator_get_delegate(PyObject *self, void *unused);
PyObject *hob_generator_get_running(PyObject *self, void *unused);
PyObject *hob_generator_get_suspended(PyObject *self, void *unused);
PyObject *hob_generator_get_frame(PyObject *self, void *audit_name);

extern const char hob_doc_send[], hob_doc_throw[], hob_doc_close[], hob_doc_sizeof[];

bool hob_generator_check(PyObject *gen);        /* deep invariants; all three kinds */

/* exceptions.h -- the exception tree as other files see it. */
#pragma once
#include <Python.h>

#include "base/c.h"

/* Ready the types, make ExceptionGroup and the spare MemoryErrors.  Needs the
 * types of types.def ready, and ids. */
MUST_USE status hob_exceptions_init(void);

/* Put every exception into the dict of builtins, aliases included. */
MUST_USE status hob_exceptions_publish(PyObject *builtins_dict);

/* type(value): value NULL or None is no argument, a tuple is all arguments.
 * TypeError when type makes something else than an exception. */
MUST_USE PyObject *hob_exception_make(PyObject *type, MAYBE_NULL PyObject *value);

/* Is type static, and an instance of it nothing but BaseException's fields, made by
 * BaseException's new and init?  Then the second makes one over a vector. */
bool hob_base_is_plain(PyTypeObject *type);
MUST_USE PyObject *hob_base_vectorcall(PyObject *type, PyObject *const *args, size_t nargsf,
                                       PyObject *kwnames);

/* A MemoryError without allocating, while there are spare ones. */
MUST_USE PyObject *hob_exception_spare_memory_error(void);

/* Exceptions that failed attempts of `except*` left: what is to be raised
 * after the handlers of orig ran, given the list excs of what they raised or
 * left unhandled.  None when nothing is. */
MUST_USE PyObject *hob_exception_reraise_star(PyObject *orig, PyObject *excs);

/* Split exc by type (a class or tuple): the part that matches and the rest,
 * either NULL when empty.  A naked match is wrapped into a group. */
MUST_USE status hob_exception_group_match(PyObject *exc, PyObject *type, PyObject **match,
                                          PyObject **rest);

/* Exception's type object, and is-a tests of the C structs. */
static inline bool
hob_exception_is_group(PyObject *op)
{
    return PyObject_TypeCheck(op, (PyTypeObject *)PyExc_BaseExceptionGroup);
}

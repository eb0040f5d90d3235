/* object.h -- what every object file needs beyond the public API: errors that
 * name a type, recursion checks in line, attribute reads that do not raise.
 */
#pragma once
#include <Python.h>

#include "base/c.h"
#include "objects/undeclared.h"
#include "state/c_stack.h"
#include "state/runtime.h"

/* --- deep recursion of C protocols ends in RecursionError ---
 * where reads like " while calling a Python object". */
int hob_recursion_no_stack(PyThreadState *ts, const char *where);

/* For the machine, whose calls do not use the C stack: the count alone. */
static inline int
hob_recursion_count(PyThreadState *ts, const char *where)
{
    return UNLIKELY(ts->recursion_remaining-- <= 0) ? _Py_CheckRecursiveCall(ts, where) : 0;
}

static inline int
hob_recursion_enter(PyThreadState *ts, const char *where)
{
    if (UNLIKELY(ts->recursion_remaining-- <= 0)) { return _Py_CheckRecursiveCall(ts, where); }
    return UNLIKELY(hob_c_stack_is_low()) ? hob_recursion_no_stack(ts, where) : 0;
}

static inline void
hob_recursion_leave(PyThreadState *ts)
{
    ts->recursion_remaining++;
}

/* The next item of an iterator; one made of iterators may nest deeply. */
static inline PyObject *
hob_object_next(PyObject *iter)
{
    return hob_c_stack_has_room() ? Py_TYPE(iter)->tp_iternext(iter) : NULL;
}

/* --- errors --- */

/* SystemError for a NULL argument, unless an exception is set.  Returns NULL. */
COLD void *hob_error_null(void);

/* TypeError whose text has one %s for the name of the type of op.  Returns NULL. */
COLD void *hob_error_type(const char *format, PyObject *op);

/* Set AttributeError: the reference's wording for a missing attribute of op. */
COLD void hob_error_attribute(PyObject *op, PyObject *name);

/* Give the pending AttributeError, if it is one without name and obj, both. */
COLD void hob_error_attribute_context(PyObject *op, PyObject *name);

/* True, and the error dropped, when the pending exception is of this type. */
static inline bool
hob_error_drop(PyObject *type)
{
    if (!PyErr_ExceptionMatches(type)) { return false; }
    PyErr_Clear();
    return true;
}

/* --- attributes --- */

/* A data descriptor of type: an object with tp_descr_set. */
static inline bool
hob_descr_is_data(PyObject *descr)
{
    return Py_TYPE(descr)->tp_descr_set != NULL;
}

/* The attribute's value, or NULL with *missing set and no error pending. */
MAYBE_NULL PyObject *hob_object_getattr_quiet(PyObject *self, PyObject *name, bool *missing);

/* The slot of the materialised or ordinary instance dict, which may hold NULL;
 * NULL when the type has none (or, for MANAGED_DICT, attributes lie inline). */
MAYBE_NULL PyObject **hob_object_dict_slot(PyObject *self);

/* self.__dict__ for the C slot function of subclasses: made when missing. */
MUST_USE PyObject *hob_object_get_dict(PyObject *self);

/* True when op's type takes part in collection and this object does too. */
static inline bool
hob_object_is_gc(PyObject *op)
{
    PyTypeObject *type = Py_TYPE(op);
    return PyType_IS_GC(type) && (!type->tp_is_gc || type->tp_is_gc(op));
}

#define HOB_STATIC_TYPE_HEAD(meta) PyVarObject_HEAD_INIT(meta, 0)

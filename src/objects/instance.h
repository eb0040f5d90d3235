/* instance.h -- attributes of an instance whose type has MANAGED_DICT.
 *
 * Layout     two words before the collector's header (memory/gc.h):
 *              values  inline attribute values (split keys: ht_cached_keys), or NULL
 *              dict    the materialised __dict__, or NULL
 * Holds      not both: making the dict hands the values over to it.
 * Hazard     a dict made from inline values owns them; after that every read
 *            goes through the dict.
 */
#pragma once
#include <Python.h>

#include "base/c.h"

static inline PyDictValues **
hob_instance_values(PyObject *self)
{
    EXPECT(PyType_HasFeature(Py_TYPE(self), Py_TPFLAGS_MANAGED_DICT));
    return (PyDictValues **)self - 4;
}

static inline PyObject **
hob_instance_dict(PyObject *self)
{
    EXPECT(PyType_HasFeature(Py_TYPE(self), Py_TPFLAGS_MANAGED_DICT));
    return (PyObject **)self - 3;
}

/* Bytes in front of the collector's header for instances of type. */
static inline size_t
hob_instance_before(PyTypeObject *type)
{
    return PyType_HasFeature(type, Py_TPFLAGS_MANAGED_DICT) ? 2 * sizeof(void *) : 0;
}

/* Give a new instance of a MANAGED_DICT type its (empty) inline values, when
 * the type shares keys. */
MUST_USE status hob_instance_init_values(PyObject *self, PyTypeObject *type);

/* Set (value) or delete (NULL) an attribute held in inline values; materialises
 * the dict when the keys cannot be shared. AttributeError when deleting nothing. */
MUST_USE status hob_instance_store(PyObject *self, PyDictValues *values, PyObject *name,
                                   PyObject *value);

/* The value in inline values. */
MAYBE_NULL BORROWED PyObject *hob_instance_peek(PyObject *self, PyDictValues *values,
                                                PyObject *name);

int  hob_instance_traverse(PyObject *self, visitproc visit, void *arg);
void hob_instance_clear(PyObject *self);        /* drops values and dict */

/* Hand inline values over to a new dict; what __dict__ reads. */
BORROWED PyObject *hob_instance_materialise(PyObject *self);

/* instance.h -- attributes of an instance whose type has MANAGED_DICT.
 *
 * Layout     two words before the collector's header (memory/gc.h), and, when
 *            hob_instance_alloc made the object, its values behind the body in
 *            the same block:
 *
 *      -32      -24    -16    -8     0                      basicsize
 *      [ values ][ dict ][ gc header ][ refcnt | type | ... ][ prefix | v0 | v1 .. ]
 *          |                                                            ^
 *          +------------------------------------------------------------+
 *
 *            values  where the inline values are (prefix: dict/keys.h), or NULL
 *            dict    the materialised __dict__, or NULL
 * Holds      not both: making the dict moves the values out into a block of the
 *            dict's own.  values, when set, always points into the object.
 *            Any entry number of ht_cached_keys is a valid index into values.
 * Hazard     after materialising, every read must go through the dict.
 */
#pragma once
#include <Python.h>

#include "base/c.h"
#include "memory/gc.h"
#include "objects/dict/keys.h"

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

/* The keys that instances of a MANAGED_DICT type share, or NULL. */
static inline PyDictKeysObject *
hob_instance_keys(PyTypeObject *type)
{
    return ((PyHeapTypeObject *)type)->ht_cached_keys;
}

/* A new, zeroed, tracked instance of a heap type with MANAGED_DICT and no
 * itemsize: what PyType_GenericAlloc does for `class K: pass`. */
static inline MUST_USE PyObject *
hob_instance_alloc(PyTypeObject *type)
{
    PyDictKeysObject *keys = hob_instance_keys(type);
    size_t body = ((size_t)type->tp_basicsize + 7) & ~(size_t)7;
    size_t prefix = 0, size = body;
    int capacity = 0;
    if (LIKELY(keys != NULL)) {
        if (keys->n_usable > 1) { keys->n_usable--; }       /* settle near what is used */
        capacity = (int)(keys->n_entries + keys->n_usable);
        capacity |= (int)(body >> 3) & 1;                   /* fill the last 16 bytes */
        prefix = hob_values_prefix(capacity);
        size += prefix + (size_t)capacity * sizeof(PyObject *);
    }
    PyObject *self = hob_gc_alloc(size, 2 * sizeof(void *));
    if (UNLIKELY(!self)) { return NULL; }
    memset(self, 0, size);
    if (LIKELY(keys != NULL)) {
        PyDictValues *values = (PyDictValues *)((char *)self + body + prefix);
        ((uint8_t *)values)[-2] = (uint8_t)capacity;
        *((PyDictValues **)self - 4) = values;
    }
    Py_SET_TYPE(self, type);
    Py_INCREF(type);
    Py_SET_REFCNT(self, 1);
    hob_gc_track(self);
    return self;
}

/* Set (value) or delete (NULL) an attribute held in inline values; materialises
 * the dict when the keys cannot be shared. AttributeError when deleting nothing. */
MUST_USE status hob_instance_store(PyObject *self, PyDictValues *values, PyObject *name,
                                   PyObject *value);

/* The value in inline values; name must be a str. */
MAYBE_NULL BORROWED PyObject *hob_instance_peek(PyObject *self, PyDictValues *values,
                                                PyObject *name);

int  hob_instance_traverse(PyObject *self, visitproc visit, void *arg);
void hob_instance_clear(PyObject *self);        /* drops values and dict */

/* Move inline values out into a new dict (made empty when there are none);
 * what __dict__ reads.  NULL with MemoryError. */
MUST_USE BORROWED PyObject *hob_instance_materialise(PyObject *self);

bool hob_instance_check(PyObject *self);        /* deep invariants */

/* True when no attribute was ever stored in self, inline or in its dict. */
bool hob_instance_is_empty(PyObject *self);

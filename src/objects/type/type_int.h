/* type_int.h -- shared by the files of type/ only. */
#pragma once
#include <Python.h>
#include <structmember.h>

#include "base/c.h"
#include "memory/own.h"
#include "objects/call.h"
#include "objects/ids.h"
#include "objects/object.h"
#include "objects/type/type.h"

/* --- slots: one row of slots.def --- */

/* Rows are PyWrapperDescrObject.d_base: extensions read and copy them. */
extern struct wrapperbase hob_slots[];
extern const int hob_n_slots;

MUST_USE status hob_slots_init(void);           /* interns the names; idempotent */

/* Address of a slot (offset into PyHeapTypeObject) of any type; NULL when the type
 * lacks the sub-table. */
void **hob_slot_address(PyTypeObject *type, int offset);

/* Put wrapper descriptors for the type's own slots into tp_dict. */
MUST_USE status hob_slots_add_wrappers(PyTypeObject *type);

/* Set the slots of a new class from its dunder names. */
void hob_slots_fill(PyTypeObject *type);

/* name was set or deleted on type: bring it and its subclasses up to date. */
MUST_USE status hob_slots_update_name(PyTypeObject *type, PyObject *name);

/* The bases changed: all slots of type and its subclasses. */
void hob_slots_update_all(PyTypeObject *type);

/* Python-side slot functions that other files compare against. */
PyObject *hob_slot_tp_new(PyTypeObject *type, PyObject *args, PyObject *kwargs);
int       hob_slot_tp_init(PyObject *self, PyObject *args, PyObject *kwargs);
PyObject *hob_slot_tp_call(PyObject *self, PyObject *args, PyObject *kwargs);
void      hob_slot_tp_finalize(PyObject *self);
PyObject *hob_slot_tp_getattro(PyObject *self, PyObject *name);
PyObject *hob_slot_tp_getattr_hook(PyObject *self, PyObject *name);

/* C-side: T.__new__ of a static type. */
MUST_USE status hob_type_add_new_wrapper(PyTypeObject *type);
MAYBE_NULL BORROWED PyTypeObject *hob_type_of_new_wrapper(PyObject *callable);

/* --- allocation of instances of classes --- */
void hob_subtype_dealloc(PyObject *self);
int  hob_subtype_traverse(PyObject *self, visitproc visit, void *arg);
int  hob_subtype_clear(PyObject *self);
extern PyGetSetDef hob_subtype_getset_full[];           /* __dict__ and __weakref__ */
extern PyGetSetDef hob_subtype_getset_dict[];
extern PyGetSetDef hob_subtype_getset_weakref[];

/* --- mro.c --- */
MUST_USE status hob_mro_set(PyTypeObject *type,
                            PyObject **old_mro);   /* *old_mro: new reference */
MUST_USE PyObject *hob_mro_compute(PyTypeObject *type);                /* C3; a tuple */
BORROWED PyTypeObject *hob_mro_solid_base(PyTypeObject *type);
MUST_USE BORROWED PyTypeObject *hob_mro_best_base(PyObject *bases);

/* --- subclasses (lookup.c) ---
 * tp_subclasses is NULL or a dict { address of the subclass : weak reference }. */
MUST_USE status hob_subclasses_add(PyTypeObject *base, PyTypeObject *type);
void hob_subclasses_remove(PyTypeObject *base, PyTypeObject *type);
MUST_USE status hob_subclasses_add_to_bases(PyTypeObject *type, PyObject *bases);
void hob_subclasses_remove_from_bases(PyTypeObject *type, PyObject *bases);
MUST_USE PyObject *hob_subclasses_list(PyTypeObject *type);
/* Call visit for each living subclass; stops at the first non-zero answer. */
int hob_subclasses_each(PyTypeObject *type, int (*visit)(PyTypeObject *, void *), void *arg);

/* --- inherit.c --- */
MUST_USE status hob_inherit(PyTypeObject *type);

/* --- parts of PyType_Type and PyBaseObject_Type --- */
extern PyMethodDef hob_type_methods[];
extern PyMemberDef hob_type_members[];
extern PyGetSetDef hob_type_getset[];
PyObject *hob_type_new(PyTypeObject *metatype, PyObject *args, PyObject *kwargs);
int       hob_type_setattro(PyObject *self, PyObject *name, PyObject *value);
PyObject *hob_type_getattro(PyObject *self, PyObject *name);
PyObject *hob_type_call(PyObject *self, PyObject *args, PyObject *kwargs);
PyObject *hob_object_new(PyTypeObject *type, PyObject *args, PyObject *kwargs);
int       hob_object_init(PyObject *self, PyObject *args, PyObject *kwargs);
extern PyMethodDef hob_reduce_methods[];        /* __reduce__ __reduce_ex__ __getstate__ */
MUST_USE PyObject *hob_type_name(PyTypeObject *type);
MUST_USE PyObject *hob_type_module(PyTypeObject *type);
PyObject *hob_object_reduce(PyObject *self, PyObject *unused);
PyObject *hob_object_reduce_ex(PyObject *self, PyObject *protocol);
PyObject *hob_object_getstate(PyObject *self, PyObject *unused);

static inline bool
hob_type_is_heap(const PyTypeObject *type)
{
    return (type->tp_flags & Py_TPFLAGS_HEAPTYPE) != 0;
}

/* The members that __slots__ made, behind the class object. */
static inline PyMemberDef *
hob_type_slot_members(PyTypeObject *type)
{
    return (PyMemberDef *)((char *)type + Py_TYPE(type)->tp_basicsize);
}

/* Interned name that starts and ends with two underscores? */
static inline bool
hob_name_is_dunder(PyObject *name)
{
    Py_ssize_t n = PyUnicode_GET_LENGTH(name);
    return n > 4 && PyUnicode_READ_CHAR(name, 0) == '_' && PyUnicode_READ_CHAR(name, 1) == '_'
        && PyUnicode_READ_CHAR(name, n - 1) == '_' && PyUnicode_READ_CHAR(name, n - 2) == '_';
}

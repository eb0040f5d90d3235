/* slots_py.h -- the slot functions of classes written in Python, for the table.
 * What each does stands in slots_py.c.
 */
#pragma once
#include <Python.h>

#include "objects/type/type_int.h"

PyObject *slot_tp_repr(PyObject *self);
PyObject *slot_tp_str(PyObject *self);
Py_hash_t slot_tp_hash(PyObject *self);
int       slot_tp_setattro(PyObject *self, PyObject *name, PyObject *value);
PyObject *slot_tp_richcompare(PyObject *self, PyObject *other, int op);
PyObject *slot_tp_iter(PyObject *self);
PyObject *slot_tp_iternext(PyObject *self);
PyObject *slot_tp_descr_get(PyObject *self, PyObject *instance, PyObject *owner);
int       slot_tp_descr_set(PyObject *self, PyObject *instance, PyObject *value);
PyObject *slot_am_await(PyObject *self);
PyObject *slot_am_aiter(PyObject *self);
PyObject *slot_am_anext(PyObject *self);
int       slot_nb_bool(PyObject *self);
PyObject *slot_nb_power(PyObject *self, PyObject *other, PyObject *third);
PyObject *slot_nb_inplace_power(PyObject *self, PyObject *other, PyObject *third);
Py_ssize_t slot_length(PyObject *self);
PyObject *slot_mp_subscript(PyObject *self, PyObject *key);
int       slot_mp_ass_subscript(PyObject *self, PyObject *key, PyObject *value);
PyObject *slot_sq_item(PyObject *self, Py_ssize_t i);
int       slot_sq_ass_item(PyObject *self, Py_ssize_t i, PyObject *value);
int       slot_sq_contains(PyObject *self, PyObject *value);

/* X(slot, name, reflected name): both operands may answer */
#define SLOTS_BINARY(X)                                  \
    X(nb_add, __add__, __radd__)                         \
    X(nb_subtract, __sub__, __rsub__)                    \
    X(nb_multiply, __mul__, __rmul__)                    \
    X(nb_remainder, __mod__, __rmod__)                   \
    X(nb_divmod, __divmod__, __rdivmod__)                \
    X(nb_lshift, __lshift__, __rlshift__)                \
    X(nb_rshift, __rshift__, __rrshift__)                \
    X(nb_and, __and__, __rand__)                         \
    X(nb_xor, __xor__, __rxor__)                         \
    X(nb_or, __or__, __ror__)                            \
    X(nb_floor_divide, __floordiv__, __rfloordiv__)      \
    X(nb_true_divide, __truediv__, __rtruediv__)         \
    X(nb_matrix_multiply, __matmul__, __rmatmul__)

#define SLOTS_INPLACE(X)                                 \
    X(nb_inplace_add, __iadd__)                          \
    X(nb_inplace_subtract, __isub__)                     \
    X(nb_inplace_multiply, __imul__)                     \
    X(nb_inplace_remainder, __imod__)                    \
    X(nb_inplace_lshift, __ilshift__)                    \
    X(nb_inplace_rshift, __irshift__)                    \
    X(nb_inplace_and, __iand__)                          \
    X(nb_inplace_xor, __ixor__)                          \
    X(nb_inplace_or, __ior__)                            \
    X(nb_inplace_floor_divide, __ifloordiv__)            \
    X(nb_inplace_true_divide, __itruediv__)              \
    X(nb_inplace_matrix_multiply, __imatmul__)

#define SLOTS_UNARY(X)                                   \
    X(nb_negative, __neg__)                              \
    X(nb_positive, __pos__)                              \
    X(nb_absolute, __abs__)                              \
    X(nb_invert, __invert__)                             \
    X(nb_int, __int__)                                   \
    X(nb_float, __float__)                               \
    X(nb_index, __index__)

#define X(slot, ...) PyObject *slot_##slot(PyObject *self, PyObject *other);
SLOTS_BINARY(X)
SLOTS_INPLACE(X)
#undef X
#define X(slot, ...) PyObject *slot_##slot(PyObject *self);
SLOTS_UNARY(X)
#undef X

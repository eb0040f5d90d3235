/* bytes.h -- what the files about bytes and bytearray share, and others may use. */
#pragma once
#include <Python.h>

#include "base/c.h"

/* The bytes of a bytes or bytearray. */
static inline char *
hob_bytes_data(PyObject *op)
{
    return PyBytes_Check(op) ? PyBytes_AS_STRING(op) : PyByteArray_AS_STRING(op);
}

/* Where a bytes keeps its hash, -1 until asked for; the field is deprecated for others. */
static inline Py_hash_t *
hob_bytes_hash_place(PyObject *self)
{
    return (Py_hash_t *)((char *)self + offsetof(PyBytesObject, ob_sval) - sizeof(Py_hash_t));
}

/* The empty bytes and those of one byte exist once; borrowed. */
BORROWED PyObject *hob_bytes_empty(void);
BORROWED PyObject *hob_bytes_single(unsigned char byte);

/* Methods of bytes and bytearray (bytes_methods.c). */
extern PyMethodDef hob_bytes_methods[];
extern PyMethodDef hob_bytearray_methods[];
MUST_USE tri hob_bytes_contains(PyObject *self, PyObject *item);

/* A byte value: ValueError outside of 0 .. 255. */
MUST_USE bool hob_bytes_arg(PyObject *value, int *byte);

/* The part of bytearray's methods that changes it (bytearray.c). */
PyObject *hob_bytearray_append(PyObject *self, PyObject *item);
PyObject *hob_bytearray_clear(PyObject *self, PyObject *unused);
PyObject *hob_bytearray_copy(PyObject *self, PyObject *unused);
PyObject *hob_bytearray_extend(PyObject *self, PyObject *iterable);
PyObject *hob_bytearray_insert(PyObject *self, PyObject *const *args, Py_ssize_t nargs);
PyObject *hob_bytearray_pop(PyObject *self, PyObject *const *args, Py_ssize_t nargs);
PyObject *hob_bytearray_remove(PyObject *self, PyObject *item);
PyObject *hob_bytearray_reverse(PyObject *self, PyObject *unused);
PyObject *hob_bytearray_alloc(PyObject *self, PyObject *unused);
PyObject *hob_bytearray_reduce(PyObject *self, PyObject *unused);
PyObject *hob_bytearray_reduce_ex(PyObject *self, PyObject *const *args, Py_ssize_t nargs);
PyObject *hob_bytearray_sizeof(PyObject *self, PyObject *unused);

/* Exported for extensions that know them from private headers. */
HOB_EXPORT void _PyBytes_Repeat(char *to, Py_ssize_t n_to, const char *from, Py_ssize_t n);
HOB_EXPORT Py_ssize_t _PyBytes_Find(const char *hay, Py_ssize_t n, const char *what,
                                    Py_ssize_t m, Py_ssize_t offset);
HOB_EXPORT Py_ssize_t _PyBytes_ReverseFind(const char *hay, Py_ssize_t n, const char *what,
                                           Py_ssize_t m, Py_ssize_t offset);

bool hob_bytes_check(PyObject *op);             /* deep invariants */
bool hob_bytearray_check(PyObject *op);

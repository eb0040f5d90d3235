/* iter.c -- iterators over the characters of a str.
 *
 * Two types, as in the reference: one for ASCII, whose characters are all
 * shared objects, one for the rest.
 */
#include "objects/str/methods.h"

#include "memory/gc.h"
#include "objects/ids.h"

typedef struct {
    PyObject_HEAD
    Py_ssize_t index;
    PyObject *str;              /* owned; NULL when exhausted */
} str_iter;

static void
iter_dealloc(str_iter *self)
{
    PyObject_GC_UnTrack(self);
    Py_XDECREF(self->str);
    PyObject_GC_Del(self);
}

static int
iter_traverse(str_iter *self, visitproc visit, void *arg)
{
    Py_VISIT(self->str);
    return 0;
}

static PyObject *
iter_next(str_iter *self)
{
    PyObject *str = self->str;
    if (!str) { return NULL; }
    if (self->index < LENGTH(str)) {
        return hob_str_char_get(PyUnicode_READ_CHAR(str, self->index++));
    }
    self->str = NULL;
    Py_DECREF(str);
    return NULL;
}

static PyObject *
ascii_iter_next(str_iter *self)
{
    PyObject *str = self->str;
    if (!str) { return NULL; }
    if (self->index < LENGTH(str)) {
        const uint8_t *units = (const uint8_t *)((PyASCIIObject *)str + 1);
        return Py_NewRef((PyObject *)&hob_str_chars_ascii[units[self->index++]]);
    }
    self->str = NULL;
    Py_DECREF(str);
    return NULL;
}

/** @nosig iter.__length_hint__($self, /)
 *
 *  Private: how many characters are left.
 */
static Py_ssize_t
iter_length_hint(str_iter *self)
{
    return self->str ? LENGTH(self->str) - self->index : 0;
}

/** @nosig iter.__reduce__($self, /)
 *
 *  Private: the state for pickling.
 */
static PyObject *
iter_reduce(str_iter *self)
{
    own PyObject *iter = _PyEval_GetBuiltin(ID(iter));
    if (!iter) { return NULL; }
    if (!self->str) { return Py_BuildValue("O(O)", iter, hob_str_empty()); }
    return Py_BuildValue("O(O)n", iter, self->str, self->index);
}

/** @nosig iter.__setstate__($self, state, /)
 *
 *  Private: the state from unpickling.
 */
static PyObject *
iter_setstate(PyObject *self, PyObject *state)
{
    str_iter *it = (str_iter *)self;
    Py_ssize_t index = PyLong_AsSsize_t(state);
    if (index == -1 && PyErr_Occurred()) { return NULL; }
    if (it->str) { it->index = Py_MIN(Py_MAX(index, 0), LENGTH(it->str)); }
    Py_RETURN_NONE;
}

#include "gen/objects/str/iter.bind.h"

#define ITER_TYPE(name, next)                                   \
    {                                                           \
        PyVarObject_HEAD_INIT(&PyType_Type, 0)                  \
        .tp_name = name,                                        \
        .tp_basicsize = sizeof(str_iter),                       \
        .tp_dealloc = (destructor)iter_dealloc,                 \
        .tp_getattro = PyObject_GenericGetAttr,                 \
        .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,    \
        .tp_traverse = (traverseproc)iter_traverse,             \
        .tp_iter = PyObject_SelfIter,                           \
        .tp_iternext = (iternextfunc)next,                      \
        .tp_methods = iter_methods,                             \
    }

PyTypeObject PyUnicodeIter_Type = ITER_TYPE("str_iterator", iter_next);
PyTypeObject hob_str_ascii_iter_type = ITER_TYPE("str_ascii_iterator", ascii_iter_next);

PyObject *
hob_str_iter(PyObject *self)
{
    if (!PyUnicode_Check(self)) {
        PyErr_BadInternalCall();
        return NULL;
    }
    READY_OR(self, NULL);
    PyTypeObject *type = STATE(self).compact && STATE(self).ascii ? &hob_str_ascii_iter_type
                                                                  : &PyUnicodeIter_Type;
    str_iter *iter = PyObject_GC_New(str_iter, type);
    if (!iter) { return NULL; }
    iter->index = 0;
    iter->str = Py_NewRef(self);
    PyObject_GC_Track(iter);
    return (PyObject *)iter;
}

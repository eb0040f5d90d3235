/* sequence_iter.c -- the iterators of list, tuple, str, bytes and bytearray: one shape,
 * an index into a sequence, with a step for each kind of item.
 *
 * Holds      seq == NULL: exhausted for good.  An index may be past the end, when a
 *            list or bytearray has shrunk since; it is never below 0, or below -1
 *            for list_reverseiterator, which counts down.
 * Hazard     looking up the builtins for pickling runs code: read seq after it.
 * Next       seqiter.c for sequences in general; vm/ops/flow.ops steps two of
 *            these inline
 */
#include "objects/iterators.h"

#include "memory/gc.h"
#include "memory/own.h"
#include "objects/ids.h"
#include "objects/str/methods.h"
#include "state/runtime.h"

extern PyTypeObject hob_str_ascii_iter_type;            /* types.def */

#define ITER(op) ((hob_sequence_iter *)(op))

/* What lets one function read the length of all of them. */
_Static_assert(offsetof(PyASCIIObject, length) == offsetof(PyVarObject, ob_size), "Py_SIZE");

PyObject *
hob_sequence_iter_new(PyTypeObject *type, PyObject *seq, Py_ssize_t index)
{
    hob_sequence_iter *self = PyObject_GC_New(hob_sequence_iter, type);
    if (!self) { return NULL; }
    self->index = index;
    self->seq = Py_NewRef(seq);
    hob_gc_track(self);
    return (PyObject *)self;
}

static void
iter_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    Py_XDECREF(ITER(op)->seq);
    PyObject_GC_Del(op);
}

static int
iter_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(ITER(op)->seq);
    return 0;
}

/* --- stepping --- */

static COLD PyObject *
finish(hob_sequence_iter *self)
{
    Py_CLEAR(self->seq);
    return NULL;
}

/* The sequence, borrowed, if it has an item at index; else the iterator is through. */
static ALWAYS_INLINE MAYBE_NULL PyObject *
more(hob_sequence_iter *self)
{
    PyObject *seq = self->seq;
    return !seq || LIKELY(self->index < Py_SIZE(seq)) ? seq : finish(self);
}

static PyObject *
list_next(PyObject *op)
{
    PyObject *list = more(ITER(op));
    if (!list) { return NULL; }
    PyObject **items = ((PyListObject *)list)->ob_item;
    Py_ssize_t i = ITER(op)->index++;
    FETCH_AHEAD(items, i, Py_SIZE(list));
    return Py_NewRef(items[i]);
}

static PyObject *
list_previous(PyObject *op)
{
    hob_sequence_iter *self = ITER(op);
    if (!self->seq) { return NULL; }
    if (self->index >= 0 && self->index < Py_SIZE(self->seq)) {
        return Py_NewRef(PyList_GET_ITEM(self->seq, self->index--));
    }
    self->index = -1;
    return finish(self);
}

static PyObject *
tuple_next(PyObject *op)
{
    PyObject *tuple = more(ITER(op));
    return tuple ? Py_NewRef(PyTuple_GET_ITEM(tuple, ITER(op)->index++)) : NULL;
}

static PyObject *
bytes_next(PyObject *op)
{
    PyObject *bytes = more(ITER(op));
    if (!bytes) { return NULL; }
    return Py_NewRef(hob_small_int((uint8_t)PyBytes_AS_STRING(bytes)[ITER(op)->index++]));
}

static PyObject *
bytearray_next(PyObject *op)
{
    PyObject *array = more(ITER(op));
    if (!array) { return NULL; }
    return Py_NewRef(hob_small_int((uint8_t)PyByteArray_AS_STRING(array)[ITER(op)->index++]));
}

static PyObject *
str_next(PyObject *op)
{
    PyObject *str = more(ITER(op));
    return str ? hob_str_char_get(PyUnicode_READ_CHAR(str, ITER(op)->index++)) : NULL;
}

static PyObject *
ascii_next(PyObject *op)
{
    PyObject *str = more(ITER(op));
    if (!str) { return NULL; }
    const uint8_t *units = (const uint8_t *)((PyASCIIObject *)str + 1);
    return Py_NewRef((PyObject *)&hob_str_chars_ascii[units[ITER(op)->index++]]);
}

/* --- methods --- */

static bool
is_backward(PyObject *op)
{
    return Py_IS_TYPE(op, &PyListRevIter_Type);
}

static PyObject *
iter_length_hint(PyObject *op, PyObject *unused)
{
    hob_sequence_iter *self = ITER(op);
    Py_ssize_t n = self->seq ? Py_SIZE(self->seq) : 0, left;
    if (is_backward(op)) { left = self->index < n ? self->index + 1 : 0; }
    else                 { left = self->index < n ? n - self->index : 0; }
    return PyLong_FromSsize_t(left);
}

/* What iter() is to be called with to get an exhausted iterator. */
static PyObject *
nothing_for(PyTypeObject *type)
{
    if (type == &PyListIter_Type || type == &PyListRevIter_Type) { return PyList_New(0); }
    bool is_str = type == &PyUnicodeIter_Type || type == &hob_str_ascii_iter_type;
    return is_str ? PyUnicode_New(0, 0) : PyTuple_New(0);
}

static PyObject *
iter_reduce(PyObject *op, PyObject *unused)
{
    hob_sequence_iter *self = ITER(op);
    bool goes_on = self->seq != NULL;
    own PyObject *builtin = _PyEval_GetBuiltin(goes_on && is_backward(op) ? ID(reversed)
                                                                          : ID(iter));
    if (!builtin) { return NULL; }
    if (self->seq) { return Py_BuildValue("O(O)n", builtin, self->seq, self->index); }
    own PyObject *nothing = nothing_for(Py_TYPE(op));
    return nothing ? Py_BuildValue("O(O)", builtin, nothing) : NULL;
}

static PyObject *
iter_setstate(PyObject *op, PyObject *state)
{
    hob_sequence_iter *self = ITER(op);
    Py_ssize_t index = PyLong_AsSsize_t(state);
    if (index == -1 && PyErr_Occurred()) { return NULL; }
    if (!self->seq) { Py_RETURN_NONE; }
    Py_ssize_t first = is_backward(op) ? -1 : 0, last = Py_SIZE(self->seq) + first;
    self->index = index < first ? first : index > last ? last : index;
    Py_RETURN_NONE;
}

static PyMethodDef iter_methods[] = {
    {"__length_hint__", iter_length_hint, METH_NOARGS,
     PyDoc_STR("How many are still to come, at least for now.")},
    {"__reduce__", iter_reduce, METH_NOARGS, PyDoc_STR("State for pickling.")},
    {"__setstate__", iter_setstate, METH_O,
     PyDoc_STR("Set the position, from pickled state.")},
    {NULL, NULL, 0, NULL},
};

/* --- the types --- */

#define SEQUENCE_ITER(name, next)                               \
    {                                                           \
        PyVarObject_HEAD_INIT(&PyType_Type, 0)                  \
        .tp_name = name,                                        \
        .tp_basicsize = sizeof(hob_sequence_iter),              \
        .tp_dealloc = iter_dealloc,                             \
        .tp_getattro = PyObject_GenericGetAttr,                 \
        .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,    \
        .tp_traverse = iter_traverse,                           \
        .tp_iter = PyObject_SelfIter,                           \
        .tp_iternext = next,                                    \
        .tp_methods = iter_methods,                             \
    }

PyTypeObject PyListIter_Type = SEQUENCE_ITER("list_iterator", list_next);
PyTypeObject PyListRevIter_Type = SEQUENCE_ITER("list_reverseiterator", list_previous);
PyTypeObject PyTupleIter_Type = SEQUENCE_ITER("tuple_iterator", tuple_next);
PyTypeObject PyBytesIter_Type = SEQUENCE_ITER("bytes_iterator", bytes_next);
PyTypeObject PyByteArrayIter_Type = SEQUENCE_ITER("bytearray_iterator", bytearray_next);
PyTypeObject PyUnicodeIter_Type = SEQUENCE_ITER("str_iterator", str_next);
PyTypeObject hob_str_ascii_iter_type = SEQUENCE_ITER("str_ascii_iterator", ascii_next);

/* --- tp_iter of each --- */

PyObject *
hob_sequence_iter_list(PyObject *list)
{
    return hob_sequence_iter_new(&PyListIter_Type, list, 0);
}

PyObject *
hob_sequence_iter_tuple(PyObject *tuple)
{
    return hob_sequence_iter_new(&PyTupleIter_Type, tuple, 0);
}

PyObject *
hob_sequence_iter_bytes(PyObject *bytes)
{
    return hob_sequence_iter_new(&PyBytesIter_Type, bytes, 0);
}

PyObject *
hob_sequence_iter_bytearray(PyObject *array)
{
    return hob_sequence_iter_new(&PyByteArrayIter_Type, array, 0);
}

PyObject *
hob_sequence_iter_str(PyObject *str)
{
    if (!PyUnicode_Check(str)) {
        PyErr_BadInternalCall();
        return NULL;
    }
    READY_OR(str, NULL);
    bool is_plain = STATE(str).compact && STATE(str).ascii;
    return hob_sequence_iter_new(is_plain ? &hob_str_ascii_iter_type : &PyUnicodeIter_Type, str, 0);
}

/* sequence.c -- the sequence protocol, and o[key] for everything.
 *
 * Holds      o[key] asks the mapping slot first, then, for an index, the sequence
 *            slot, then, for a class, __class_getitem__.
 *            A negative index is made positive here, once, by the length; the
 *            slot sees what is left.
 * Next       mapping.c
 */
#include "memory/own.h"
#include "objects/call.h"
#include "objects/ids.h"
#include "objects/object.h"
#include "objects/type/type.h"

static inline PySequenceMethods *
sequence_of(PyObject *op)
{
    return Py_TYPE(op)->tp_as_sequence;
}

static inline PyMappingMethods *
mapping_of(PyObject *op)
{
    return Py_TYPE(op)->tp_as_mapping;
}

/* TypeError: "'X' object doesn't support item deletion" and its like; NULL. */
static COLD void *
error_says(PyObject *op, const char *what)
{
    PyErr_Format(PyExc_TypeError, "'%.200s' object %s", Py_TYPE(op)->tp_name, what);
    return NULL;
}

static COLD status
error_not_sequence(PyObject *op)
{
    hob_error_type("%.200s is not a sequence", op);
    return -1;
}

/* --- length --- */

Py_ssize_t
PyObject_Size(PyObject *self)
{
    if (UNLIKELY(!self)) {
        hob_error_null();
        return -1;
    }
    PySequenceMethods *sequence = sequence_of(self);
    if (sequence && sequence->sq_length) { return sequence->sq_length(self); }
    return PyMapping_Size(self);
}

#undef PyObject_Length
Py_ssize_t
PyObject_Length(PyObject *self)
{
    return PyObject_Size(self);
}

int
_PyObject_HasLen(PyObject *self)
{
    PySequenceMethods *sequence = sequence_of(self);
    PyMappingMethods *mapping = mapping_of(self);
    return (sequence && sequence->sq_length) || (mapping && mapping->mp_length);
}

Py_ssize_t
PyObject_LengthHint(PyObject *self, Py_ssize_t fallback)
{
    if (_PyObject_HasLen(self)) {
        Py_ssize_t n = PyObject_Size(self);
        if (n >= 0 || !hob_error_drop(PyExc_TypeError)) { return n; }
    }
    bool missing;
    own PyObject *hint = hob_special_call(ID(__length_hint__), &self, 1, &missing);
    if (!hint) {
        return missing || hob_error_drop(PyExc_TypeError) ? fallback : -1;
    }
    if (hint == Py_NotImplemented) { return fallback; }
    if (!PyLong_Check(hint)) {
        hob_error_type("__length_hint__ must be an integer, not %.100s", hint);
        return -1;
    }
    Py_ssize_t n = PyLong_AsSsize_t(hint);
    if (n < 0 && !PyErr_Occurred()) {
        PyErr_SetString(PyExc_ValueError, "__length_hint__() should return >= 0");
        return -1;
    }
    return n;
}

int
PySequence_Check(PyObject *self)
{
    if (PyDict_Check(self)) { return 0; }
    return sequence_of(self) && sequence_of(self)->sq_item;
}

Py_ssize_t
PySequence_Size(PyObject *self)
{
    if (UNLIKELY(!self)) {
        hob_error_null();
        return -1;
    }
    PySequenceMethods *sequence = sequence_of(self);
    if (sequence && sequence->sq_length) { return sequence->sq_length(self); }
    if (mapping_of(self) && mapping_of(self)->mp_length) { return error_not_sequence(self); }
    hob_error_type("object of type '%.200s' has no len()", self);
    return -1;
}

#undef PySequence_Length
Py_ssize_t
PySequence_Length(PyObject *self)
{
    return PySequence_Size(self);
}

/* --- o[key] --- */

/* list[int]: __class_getitem__ of a class. */
static PyObject *
class_getitem(PyTypeObject *cls, PyObject *key)
{
    if (cls == &PyType_Type) { return Py_GenericAlias((PyObject *)cls, key); }
    PyObject *found;
    if (_PyObject_LookupAttr((PyObject *)cls, ID(__class_getitem__), &found) < 0) {
        return NULL;
    }
    own PyObject *method = found;
    if (method && method != Py_None) { return hob_call_one(method, key); }
    PyErr_Format(PyExc_TypeError, "type '%.200s' is not subscriptable", cls->tp_name);
    return NULL;
}

PyObject *
PyObject_GetItem(PyObject *self, PyObject *key)
{
    if (UNLIKELY(!self || !key)) { return hob_error_null(); }
    PyMappingMethods *mapping = mapping_of(self);
    if (LIKELY(mapping && mapping->mp_subscript)) { return mapping->mp_subscript(self, key); }

    PySequenceMethods *sequence = sequence_of(self);
    if (sequence && sequence->sq_item) {
        if (!PyIndex_Check(key)) {
            return hob_error_type("sequence index must be integer, not '%.200s'", key);
        }
        Py_ssize_t i = PyNumber_AsSsize_t(key, PyExc_IndexError);
        if (i == -1 && PyErr_Occurred()) { return NULL; }
        return PySequence_GetItem(self, i);
    }
    if (PyType_Check(self)) { return class_getitem((PyTypeObject *)self, key); }
    return error_says(self, "is not subscriptable");
}

/* Set (value) or delete (NULL) through the sequence slot. */
static status
store_by_index(PyObject *self, PyObject *key, PyObject *value, bool *handled)
{
    PySequenceMethods *sequence = sequence_of(self);
    *handled = true;
    if (sequence && PyIndex_Check(key)) {
        Py_ssize_t i = PyNumber_AsSsize_t(key, PyExc_IndexError);
        if (i == -1 && PyErr_Occurred()) { return -1; }
        return value ? PySequence_SetItem(self, i, value) : PySequence_DelItem(self, i);
    }
    if (sequence && sequence->sq_ass_item) {
        hob_error_type("sequence index must be integer, not '%.200s'", key);
        return -1;
    }
    *handled = false;
    return 0;
}

int
PyObject_SetItem(PyObject *self, PyObject *key, PyObject *value)
{
    if (UNLIKELY(!self || !key || !value)) {
        hob_error_null();
        return -1;
    }
    PyMappingMethods *mapping = mapping_of(self);
    if (LIKELY(mapping && mapping->mp_ass_subscript)) {
        return mapping->mp_ass_subscript(self, key, value);
    }
    bool handled;
    status done = store_by_index(self, key, value, &handled);
    if (handled) { return done; }
    error_says(self, "does not support item assignment");
    return -1;
}

int
PyObject_DelItem(PyObject *self, PyObject *key)
{
    if (UNLIKELY(!self || !key)) {
        hob_error_null();
        return -1;
    }
    PyMappingMethods *mapping = mapping_of(self);
    if (LIKELY(mapping && mapping->mp_ass_subscript)) {
        return mapping->mp_ass_subscript(self, key, NULL);
    }
    bool handled;
    status done = store_by_index(self, key, NULL, &handled);
    if (handled) { return done; }
    error_says(self, "does not support item deletion");
    return -1;
}

int
PyObject_DelItemString(PyObject *self, const char *key)
{
    if (!self || !key) {
        hob_error_null();
        return -1;
    }
    own PyObject *text = PyUnicode_FromString(key);
    return text ? PyObject_DelItem(self, text) : -1;
}

/* --- by index --- */

/* Count a negative index from the end. */
static inline bool
index_from_start(PyObject *self, PySequenceMethods *sequence, Py_ssize_t *i)
{
    if (*i >= 0 || !sequence->sq_length) { return true; }
    Py_ssize_t n = sequence->sq_length(self);
    if (n < 0) { return false; }
    *i += n;
    return true;
}

PyObject *
PySequence_GetItem(PyObject *self, Py_ssize_t i)
{
    if (UNLIKELY(!self)) { return hob_error_null(); }
    PySequenceMethods *sequence = sequence_of(self);
    if (LIKELY(sequence && sequence->sq_item)) {
        return index_from_start(self, sequence, &i) ? sequence->sq_item(self, i) : NULL;
    }
    if (mapping_of(self) && mapping_of(self)->mp_subscript) {
        error_not_sequence(self);
        return NULL;
    }
    return error_says(self, "does not support indexing");
}

static status
store_item(PyObject *self, Py_ssize_t i, PyObject *value, const char *complaint)
{
    if (UNLIKELY(!self)) {
        hob_error_null();
        return -1;
    }
    PySequenceMethods *sequence = sequence_of(self);
    if (LIKELY(sequence && sequence->sq_ass_item)) {
        return index_from_start(self, sequence, &i) ? sequence->sq_ass_item(self, i, value)
            : -1;
    }
    if (mapping_of(self) && mapping_of(self)->mp_ass_subscript) {
        return error_not_sequence(self);
    }
    error_says(self, complaint);
    return -1;
}

int
PySequence_SetItem(PyObject *self, Py_ssize_t i, PyObject *value)
{
    return store_item(self, i, value, "does not support item assignment");
}

int
PySequence_DelItem(PyObject *self, Py_ssize_t i)
{
    return store_item(self, i, NULL, "doesn't support item deletion");
}

/* --- slices --- */

PyObject *
PySequence_GetSlice(PyObject *self, Py_ssize_t start, Py_ssize_t stop)
{
    if (UNLIKELY(!self)) { return hob_error_null(); }
    PyMappingMethods *mapping = mapping_of(self);
    if (!mapping || !mapping->mp_subscript) { return error_says(self, "is unsliceable"); }
    own PyObject *slice = _PySlice_FromIndices(start, stop);
    return slice ? mapping->mp_subscript(self, slice) : NULL;
}

static status
store_slice(PyObject *self, Py_ssize_t start, Py_ssize_t stop, PyObject *value,
            const char *complaint)
{
    if (UNLIKELY(!self)) {
        hob_error_null();
        return -1;
    }
    PyMappingMethods *mapping = mapping_of(self);
    if (!mapping || !mapping->mp_ass_subscript) {
        error_says(self, complaint);
        return -1;
    }
    own PyObject *slice = _PySlice_FromIndices(start, stop);
    return slice ? mapping->mp_ass_subscript(self, slice, value) : -1;
}

int
PySequence_SetSlice(PyObject *self, Py_ssize_t start, Py_ssize_t stop, PyObject *value)
{
    return store_slice(self, start, stop, value, "doesn't support slice assignment");
}

int
PySequence_DelSlice(PyObject *self, Py_ssize_t start, Py_ssize_t stop)
{
    return store_slice(self, start, stop, NULL, "doesn't support slice deletion");
}

/* --- + and * of sequences --- */

/* What the number protocol says of two sequences; NULL without error: nothing. */
static PyObject *
ask_number(PyObject *left, PyObject *right, PyObject *(*operator)(PyObject *, PyObject *))
{
    PyObject *result = operator(left, right);
    if (!result && PyErr_ExceptionMatches(PyExc_TypeError)) { PyErr_Clear(); }
    return result;
}

static inline bool
has_number_slot(PyObject *op, size_t offset)
{
    PyNumberMethods *number = Py_TYPE(op)->tp_as_number;
    return number && *(void **)((char *)number + offset);
}

PyObject *
PySequence_Concat(PyObject *self, PyObject *other)
{
    if (UNLIKELY(!self || !other)) { return hob_error_null(); }
    PySequenceMethods *sequence = sequence_of(self);
    if (sequence && sequence->sq_concat) { return sequence->sq_concat(self, other); }
    size_t add = offsetof(PyNumberMethods, nb_add);
    if (PySequence_Check(self) && PySequence_Check(other)
        && (has_number_slot(self, add) || has_number_slot(other, add))) {
        PyObject *result = ask_number(self, other, PyNumber_Add);
        if (result || PyErr_Occurred()) { return result; }
    }
    return error_says(self, "can't be concatenated");
}

PyObject *
PySequence_InPlaceConcat(PyObject *self, PyObject *other)
{
    if (UNLIKELY(!self || !other)) { return hob_error_null(); }
    PySequenceMethods *sequence = sequence_of(self);
    if (sequence && sequence->sq_inplace_concat) {
        return sequence->sq_inplace_concat(self, other);
    }
    if (sequence && sequence->sq_concat) { return sequence->sq_concat(self, other); }
    size_t add = offsetof(PyNumberMethods, nb_add);
    if (PySequence_Check(self) && PySequence_Check(other)
        && (has_number_slot(self, add) || has_number_slot(other, add)
            || has_number_slot(self, offsetof(PyNumberMethods, nb_inplace_add)))) {
        PyObject *result = ask_number(self, other, PyNumber_InPlaceAdd);
        if (result || PyErr_Occurred()) { return result; }
    }
    return error_says(self, "can't be concatenated");
}

static PyObject *
repeat_by_number(PyObject *self, Py_ssize_t n, PyObject *(*operator)(PyObject *, PyObject *))
{
    if (PySequence_Check(self)) {
        own PyObject *count = PyLong_FromSsize_t(n);
        if (!count) { return NULL; }
        PyObject *result = ask_number(self, count, operator);
        if (result || PyErr_Occurred()) { return result; }
    }
    return error_says(self, "can't be repeated");
}

PyObject *
PySequence_Repeat(PyObject *self, Py_ssize_t n)
{
    if (UNLIKELY(!self)) { return hob_error_null(); }
    PySequenceMethods *sequence = sequence_of(self);
    if (sequence && sequence->sq_repeat) { return sequence->sq_repeat(self, n); }
    return repeat_by_number(self, n, PyNumber_Multiply);
}

PyObject *
PySequence_InPlaceRepeat(PyObject *self, Py_ssize_t n)
{
    if (UNLIKELY(!self)) { return hob_error_null(); }
    PySequenceMethods *sequence = sequence_of(self);
    if (sequence && sequence->sq_inplace_repeat) {
        return sequence->sq_inplace_repeat(self, n);
    }
    if (sequence && sequence->sq_repeat) { return sequence->sq_repeat(self, n); }
    return repeat_by_number(self, n, PyNumber_InPlaceMultiply);
}

/* --- to list and tuple --- */

PyObject *
PySequence_List(PyObject *self)
{
    if (UNLIKELY(!self)) { return hob_error_null(); }
    own PyObject *list = PyList_New(0);
    if (!list) { return NULL; }
    own PyObject *none = _PyList_Extend((PyListObject *)list, self);
    return none ? take(list) : NULL;
}

PyObject *
PySequence_Tuple(PyObject *self)
{
    if (UNLIKELY(!self)) { return hob_error_null(); }
    if (PyTuple_CheckExact(self)) { return Py_NewRef(self); }
    if (PyList_CheckExact(self)) { return PyList_AsTuple(self); }
    own PyObject *list = PySequence_List(self);
    return list ? PyList_AsTuple(list) : NULL;
}

PyObject *
PySequence_Fast(PyObject *self, const char *message)
{
    if (UNLIKELY(!self)) { return hob_error_null(); }
    if (PyList_CheckExact(self) || PyTuple_CheckExact(self)) { return Py_NewRef(self); }
    own PyObject *iterator = PyObject_GetIter(self);
    if (!iterator) {
        if (PyErr_ExceptionMatches(PyExc_TypeError)) {
            PyErr_SetString(PyExc_TypeError, message);
        }
        return NULL;
    }
    return PySequence_List(iterator);
}

/* --- search --- */

static COLD Py_ssize_t
error_too_many(const char *what)
{
    PyErr_Format(PyExc_OverflowError, "%s exceeds C integer size", what);
    return -1;
}

Py_ssize_t
_PySequence_IterSearch(PyObject *self, PyObject *wanted, int operation)
{
    if (UNLIKELY(!self || !wanted)) {
        hob_error_null();
        return -1;
    }
    own PyObject *iterator = PyObject_GetIter(self);
    if (!iterator) {
        if (PyErr_ExceptionMatches(PyExc_TypeError)) {
            hob_error_type("argument of type '%.200s' is not iterable", self);
        }
        return -1;
    }
    Py_ssize_t n = 0;
    bool wrapped = false;
    for (;;) {
        own PyObject *item = PyIter_Next(iterator);
        if (!item) {
            if (PyErr_Occurred()) { return -1; }
            break;
        }
        int equal = PyObject_RichCompareBool(item, wanted, Py_EQ);
        if (equal < 0) { return -1; }
        switch (operation) {
        case PY_ITERSEARCH_COUNT:
            if (!equal) { break; }
            if (n == PY_SSIZE_T_MAX) { return error_too_many("count"); }
            n++;
            break;
        case PY_ITERSEARCH_INDEX:
            if (equal) { return wrapped ? error_too_many("index") : n; }
            if (n == PY_SSIZE_T_MAX) { wrapped = true; }
            n = (Py_ssize_t)((size_t)n + 1);
            break;
        default:
            if (equal) { return 1; }
        }
    }
    if (operation != PY_ITERSEARCH_INDEX) { return n; }
    PyErr_SetString(PyExc_ValueError, "sequence.index(x): x not in sequence");
    return -1;
}

Py_ssize_t
PySequence_Count(PyObject *self, PyObject *value)
{
    return _PySequence_IterSearch(self, value, PY_ITERSEARCH_COUNT);
}

Py_ssize_t
PySequence_Index(PyObject *self, PyObject *value)
{
    return _PySequence_IterSearch(self, value, PY_ITERSEARCH_INDEX);
}

int
PySequence_Contains(PyObject *self, PyObject *value)
{
    PySequenceMethods *sequence = sequence_of(self);
    if (sequence && sequence->sq_contains) { return sequence->sq_contains(self, value); }
    return (int)_PySequence_IterSearch(self, value, PY_ITERSEARCH_CONTAINS);
}

#undef PySequence_In
int
PySequence_In(PyObject *self, PyObject *value)
{
    return PySequence_Contains(self, value);
}

/* --- bytes sequences as C arrays, for exec() --- */

void
_Py_FreeCharPArray(char *const array[])
{
    for (Py_ssize_t i = 0; array[i]; i++) { PyMem_Free(array[i]); }
    PyMem_Free((void *)array);
}

char *const *
_PySequence_BytesToCharpArray(PyObject *self)
{
    Py_ssize_t n = PySequence_Size(self);
    if (n < 0) { return NULL; }
    char **array = n < PY_SSIZE_T_MAX / (Py_ssize_t)sizeof *array
                   ? PyMem_Calloc((size_t)n + 1, sizeof *array) : NULL;
    if (!array) {
        PyErr_NoMemory();
        return NULL;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        own PyObject *item = PySequence_GetItem(self, i);
        char *data;
        Py_ssize_t size;
        if (!item || PyBytes_AsStringAndSize(item, &data, NULL) < 0) { goto failed; }
        size = PyBytes_GET_SIZE(item);
        array[i] = PyMem_Malloc((size_t)size + 1);
        if (!array[i]) {
            PyErr_NoMemory();
            goto failed;
        }
        memcpy(array[i], data, (size_t)size + 1);
    }
    return array;

failed:
    _Py_FreeCharPArray(array);
    return NULL;
}

/* array.c -- module array: packed arrays of one C type.
 *
 * Layout     ob_item -> [ x0 | x1 | .. | x(n-1) | spare .. ]   n == ob_size, all of kind->size
 * Holds      0 <= ob_size <= allocated; n_exports > 0 forbids any change of ob_size.
 * Hazard     turning an object into an item runs Python code, which can resize self:
 *            convert into a local item first, look at ob_size after.  [note: items-first]
 *            The two types are made once and shared by all interpreters: they are
 *            immutable and refer to nothing that belongs to one of them.
 * Next       kinds.c: all that knows what an item is; here, bytes are moved.
 */
#include <Python.h>
#include <structmember.h>

#include "base/c.h"
#include "memory/own.h"
#include "modules/array/kinds.h"
#include "objects/bind.h"

typedef struct {
    PyObject_VAR_HEAD
    char *ob_item;
    Py_ssize_t allocated;
    const item_kind *kind;
    PyObject *weakrefs;
    Py_ssize_t n_exports;
} array_object;

typedef struct {
    PyObject_HEAD
    Py_ssize_t index;
    array_object *array;                /* owned; NULL when exhausted */
} iter_object;

static PyTypeObject *array_type, *iter_type;

/* --- storage --- */

static inline bool
is_array(PyObject *op)
{
    return PyObject_TypeCheck(op, array_type);
}

static inline char *
item_at(array_object *self, Py_ssize_t i)
{
    return self->ob_item + i * self->kind->size;
}

static array_object *
array_make(PyTypeObject *type, Py_ssize_t n, const item_kind *kind)
{
    if (n < 0) {
        PyErr_BadInternalCall();
        return NULL;
    }
    if (n > PY_SSIZE_T_MAX / kind->size) { return (array_object *)PyErr_NoMemory(); }
    array_object *self = (array_object *)type->tp_alloc(type, 0);
    if (!self) { return NULL; }
    self->kind = kind;
    if (n == 0) { return self; }
    self->ob_item = PyMem_Malloc((size_t)n * kind->size);
    if (!self->ob_item) {
        Py_DECREF(self);
        return (array_object *)PyErr_NoMemory();
    }
    Py_SET_SIZE(self, n);
    self->allocated = n;
    return self;
}

static status
array_check_resizable(array_object *self)
{
    if (self->n_exports == 0) { return 0; }
    PyErr_SetString(PyExc_BufferError, "cannot resize an array that is exporting buffers");
    return -1;
}

/* Make room for n items and let there be n.  Grows by a sixteenth and some. */
static status
array_resize(array_object *self, Py_ssize_t n)
{
    Py_ssize_t old = Py_SIZE(self);
    if (n != old && array_check_resizable(self) < 0) { return -1; }
    if (n <= self->allocated && old < n + 16 && self->ob_item) {
        Py_SET_SIZE(self, n);
        return 0;
    }
    if (n == 0) {
        PyMem_Free(self->ob_item);
        self->ob_item = NULL;
        self->allocated = 0;
        Py_SET_SIZE(self, 0);
        return 0;
    }
    size_t wanted = (size_t)n + (n >> 4) + (old < 8 ? 3 : 7);
    char *items = NULL;
    if (wanted <= (size_t)PY_SSIZE_T_MAX / self->kind->size) {
        items = PyMem_Realloc(self->ob_item, wanted * self->kind->size);
    }
    if (!items) {
        PyErr_NoMemory();
        return -1;
    }
    self->ob_item = items;
    self->allocated = (Py_ssize_t)wanted;
    Py_SET_SIZE(self, n);
    return 0;
}

static int
array_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    return 0;
}

static void
array_dealloc(PyObject *op)
{
    array_object *self = (array_object *)op;
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    if (self->weakrefs) { PyObject_ClearWeakRefs(op); }
    PyMem_Free(self->ob_item);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyObject *
array_peek_object(array_object *self, Py_ssize_t i)
{
    return self->kind->get(item_at(self, i));
}

/* Put value at i, if i is still there once value is converted. */
static status
array_put(array_object *self, Py_ssize_t i, PyObject *value)
{
    item x;
    if (self->kind->set(value, &x) < 0) { return -1; }
    if (i < 0 || i >= Py_SIZE(self)) {
        PyErr_SetString(PyExc_IndexError, "array assignment index out of range");
        return -1;
    }
    memcpy(item_at(self, i), &x, self->kind->size);
    return 0;
}

static status
array_insert_object(array_object *self, Py_ssize_t where, PyObject *value)
{
    item x;
    if (self->kind->set(value, &x) < 0) { return -1; }
    Py_ssize_t n = Py_SIZE(self);
    if (array_resize(self, n + 1) < 0) { return -1; }
    if (where < 0) { where = where + n < 0 ? 0 : where + n; }
    if (where > n) { where = n; }
    if (where < n) {
        memmove(item_at(self, where + 1), item_at(self, where), (n - where) * self->kind->size);
    }
    memcpy(item_at(self, where), &x, self->kind->size);
    return 0;
}

/* --- sequence protocol --- */

static Py_ssize_t
array_length(PyObject *self)
{
    return Py_SIZE(self);
}

static PyObject *
array_item(array_object *self, Py_ssize_t i)
{
    if (i < 0 || i >= Py_SIZE(self)) {
        PyErr_SetString(PyExc_IndexError, "array index out of range");
        return NULL;
    }
    return array_peek_object(self, i);
}

/* Items low..high-1, clipped, as an array of the exact type. */
static array_object *
array_slice(array_object *self, Py_ssize_t low, Py_ssize_t high)
{
    Py_ssize_t n = Py_SIZE(self);
    low = low < 0 ? 0 : low > n ? n : low;
    high = high < low ? low : high > n ? n : high;
    array_object *made = array_make(array_type, high - low, self->kind);
    if (made && high > low) {
        memcpy(made->ob_item, item_at(self, low), (high - low) * self->kind->size);
    }
    return made;
}

static PyObject *
array_concat(array_object *self, PyObject *other)
{
    if (!is_array(other)) {
        PyErr_Format(PyExc_TypeError, "can only append array (not \"%.200s\") to array",
                     Py_TYPE(other)->tp_name);
        return NULL;
    }
    array_object *right = (array_object *)other;
    if (self->kind != right->kind) {
        PyErr_BadArgument();
        return NULL;
    }
    if (Py_SIZE(self) > PY_SSIZE_T_MAX - Py_SIZE(right)) { return PyErr_NoMemory(); }
    array_object *made = array_make(array_type, Py_SIZE(self) + Py_SIZE(right), self->kind);
    if (!made) { return NULL; }
    if (Py_SIZE(self) > 0) {
        memcpy(made->ob_item, self->ob_item, Py_SIZE(self) * self->kind->size);
    }
    if (Py_SIZE(right) > 0) {
        memcpy(item_at(made, Py_SIZE(self)), right->ob_item, Py_SIZE(right) * self->kind->size);
    }
    return (PyObject *)made;
}

/* Fill size bytes at start with copies of the first `done` of them. */
static void
repeat_bytes(char *start, size_t done, size_t size)
{
    if (done == 1) {
        memset(start, start[0], size);
        return;
    }
    while (done < size) {
        size_t more = done < size - done ? done : size - done;
        memcpy(start + done, start, more);
        done += more;
    }
}

static PyObject *
array_repeat(array_object *self, Py_ssize_t times)
{
    if (times < 0) { times = 0; }
    Py_ssize_t n = Py_SIZE(self);
    if (n > 0 && times > PY_SSIZE_T_MAX / n) { return PyErr_NoMemory(); }
    array_object *made = array_make(array_type, n * times, self->kind);
    if (!made || n * times == 0) { return (PyObject *)made; }
    size_t size = (size_t)n * self->kind->size;
    memcpy(made->ob_item, self->ob_item, size);
    repeat_bytes(made->ob_item, size, size * times);
    return (PyObject *)made;
}

static PyObject *
array_inplace_repeat(array_object *self, Py_ssize_t times)
{
    Py_ssize_t n = Py_SIZE(self);
    if (n == 0) { return Py_NewRef(self); }
    if (times < 0) { times = 0; }
    if (times > PY_SSIZE_T_MAX / self->kind->size / n) { return PyErr_NoMemory(); }
    if (array_resize(self, n * times) < 0) { return NULL; }
    size_t size = (size_t)n * self->kind->size;
    if (times > 0) { repeat_bytes(self->ob_item, size, size * times); }
    return Py_NewRef(self);
}

static status
array_extend_array(array_object *self, array_object *other)
{
    if (self->kind != other->kind) {
        PyErr_SetString(PyExc_TypeError, "can only extend with array of same kind");
        return -1;
    }
    Py_ssize_t n = Py_SIZE(self), more = Py_SIZE(other);
    if (n > PY_SSIZE_T_MAX - more) {
        PyErr_NoMemory();
        return -1;
    }
    if (array_resize(self, n + more) < 0) { return -1; }
    /* other may be self: its items are read after the move */
    if (more > 0) { memcpy(item_at(self, n), other->ob_item, more * self->kind->size); }
    return 0;
}

static status
array_extend_iterator(array_object *self, PyObject *iterator)
{
    for (;;) {
        own PyObject *value = PyIter_Next(iterator);
        if (!value) { return PyErr_Occurred() ? -1 : 0; }
        if (array_insert_object(self, Py_SIZE(self), value) < 0) { return -1; }
    }
}

static status
array_extend_any(array_object *self, PyObject *values)
{
    if (is_array(values)) { return array_extend_array(self, (array_object *)values); }
    own PyObject *iterator = PyObject_GetIter(values);
    return iterator ? array_extend_iterator(self, iterator) : -1;
}

static PyObject *
array_inplace_concat(array_object *self, PyObject *other)
{
    if (!is_array(other)) {
        PyErr_Format(PyExc_TypeError, "can only extend array with array (not \"%.200s\")",
                     Py_TYPE(other)->tp_name);
        return NULL;
    }
    return array_extend_array(self, (array_object *)other) < 0 ? NULL : Py_NewRef(self);
}

/* The first index in start..stop-1 of an equal item, -1 if there is none, -2 on error. */
static Py_ssize_t
array_find(array_object *self, PyObject *value, Py_ssize_t start, Py_ssize_t stop)
{
    for (Py_ssize_t i = start; i < stop && i < Py_SIZE(self); i++) {
        own PyObject *here = array_peek_object(self, i);
        if (!here) { return -2; }
        tri same = PyObject_RichCompareBool(here, value, Py_EQ);
        if (same < 0) { return -2; }
        if (same) { return i; }
    }
    return -1;
}

static int
array_contains(array_object *self, PyObject *value)
{
    Py_ssize_t at = array_find(self, value, 0, PY_SSIZE_T_MAX);
    return at == -2 ? -1 : at >= 0;
}

static PyObject *
array_subscript(array_object *self, PyObject *key)
{
    if (PyIndex_Check(key)) {
        Py_ssize_t i = PyNumber_AsSsize_t(key, PyExc_IndexError);
        if (i == -1 && PyErr_Occurred()) { return NULL; }
        return array_item(self, i < 0 ? i + Py_SIZE(self) : i);
    }
    if (!PySlice_Check(key)) {
        PyErr_SetString(PyExc_TypeError, "array indices must be integers");
        return NULL;
    }
    Py_ssize_t start, stop, step;
    if (PySlice_Unpack(key, &start, &stop, &step) < 0) { return NULL; }
    Py_ssize_t n = PySlice_AdjustIndices(Py_SIZE(self), &start, &stop, step);
    if (step == 1) { return (PyObject *)array_slice(self, start, start + n); }
    array_object *made = array_make(array_type, n, self->kind);
    if (!made) { return NULL; }
    for (Py_ssize_t i = 0; i < n; i++) {
        memcpy(item_at(made, i), item_at(self, start + i * step), self->kind->size);
    }
    return (PyObject *)made;
}

/* Make the n items at start to be n_new; the new ones are not written yet. */
static status
array_splice(array_object *self, Py_ssize_t start, Py_ssize_t n, Py_ssize_t n_new)
{
    Py_ssize_t size = Py_SIZE(self), tail = size - start - n;
    if (n_new > n && size > PY_SSIZE_T_MAX - (n_new - n)) {
        PyErr_NoMemory();
        return -1;
    }
    if (n_new < n && tail > 0) {
        memmove(item_at(self, start + n_new), item_at(self, start + n), tail * self->kind->size);
    }
    if (n_new != n && array_resize(self, size + n_new - n) < 0) { return -1; }
    if (n_new > n && tail > 0) {
        memmove(item_at(self, start + n_new), item_at(self, start + n), tail * self->kind->size);
    }
    return 0;
}

static status
array_delete_range(array_object *self, Py_ssize_t start, Py_ssize_t n)
{
    if (n > 0 && array_check_resizable(self) < 0) { return -1; }
    return array_splice(self, start, n, 0);
}

/* Delete n items, each `step` after the one before. */
static status
array_delete_stepped(array_object *self, Py_ssize_t start, Py_ssize_t step, Py_ssize_t n)
{
    if (n == 0) { return 0; }
    if (step < 0) {
        start += step * (n - 1);
        step = -step;
    }
    Py_ssize_t size = Py_SIZE(self), to = start;
    for (Py_ssize_t i = 0; i < n; i++) {
        Py_ssize_t from = start + i * step + 1;
        Py_ssize_t next = i + 1 < n ? from + step - 1 : size;
        memmove(item_at(self, to), item_at(self, from), (next - from) * self->kind->size);
        to += next - from;
    }
    return array_resize(self, size - n);
}

/* The array to be assigned to a slice of self: a copy when it is self itself. */
static array_object * MAYBE_NULL
array_source(array_object *self, PyObject *value)
{
    if (!is_array(value)) {
        PyErr_Format(PyExc_TypeError, "can only assign array (not \"%.200s\") to array slice",
                     Py_TYPE(value)->tp_name);
        return NULL;
    }
    if (value == (PyObject *)self) { return array_slice(self, 0, Py_SIZE(self)); }
    if (((array_object *)value)->kind != self->kind) {
        PyErr_BadArgument();
        return NULL;
    }
    return (array_object *)Py_NewRef(value);
}

static status
array_assign_slice(array_object *self, PyObject *key, PyObject *value)
{
    Py_ssize_t start, stop, step;
    if (PySlice_Unpack(key, &start, &stop, &step) < 0) { return -1; }
    own array_object *source = value ? array_source(self, value) : NULL;
    if (value && !source) { return -1; }
    Py_ssize_t n = PySlice_AdjustIndices(Py_SIZE(self), &start, &stop, step);
    Py_ssize_t needed = source ? Py_SIZE(source) : 0;
    if ((needed == 0 || n != needed) && array_check_resizable(self) < 0) { return -1; }
    if (step == 1) {
        if (array_splice(self, start, n, needed) < 0) { return -1; }
        if (needed > 0) {
            memcpy(item_at(self, start), source->ob_item, needed * self->kind->size);
        }
        return 0;
    }
    if (needed == 0) { return array_delete_stepped(self, start, step, n); }
    if (n != needed) {
        PyErr_Format(PyExc_ValueError,
                     "attempt to assign array of size %zd to extended slice of size %zd",
                     needed, n);
        return -1;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        memcpy(item_at(self, start + i * step), item_at(source, i), self->kind->size);
    }
    return 0;
}

static int
array_assign_subscript(array_object *self, PyObject *key, PyObject *value)
{
    if (PySlice_Check(key)) { return array_assign_slice(self, key, value); }
    if (!PyIndex_Check(key)) {
        PyErr_SetString(PyExc_TypeError, "array indices must be integers");
        return -1;
    }
    Py_ssize_t i = PyNumber_AsSsize_t(key, PyExc_IndexError);
    if (i == -1 && PyErr_Occurred()) { return -1; }
    if (i < 0) { i += Py_SIZE(self); }
    if (i < 0 || i >= Py_SIZE(self)) {
        PyErr_SetString(PyExc_IndexError, "array assignment index out of range");
        return -1;
    }
    return value ? array_put(self, i, value) : array_delete_range(self, i, 1);
}

/* --- comparison and text --- */

static bool
order_fits(int order, int op)
{
    switch (op) {
    case Py_LT: return order < 0;
    case Py_LE: return order <= 0;
    case Py_EQ: return order == 0;
    case Py_NE: return order != 0;
    case Py_GT: return order > 0;
    default:    return order >= 0;
    }
}

static PyObject *
array_richcompare(PyObject *left, PyObject *right, int op)
{
    if (!is_array(left) || !is_array(right)) { Py_RETURN_NOTIMPLEMENTED; }
    array_object *a = (array_object *)left, *b = (array_object *)right;
    if (Py_SIZE(a) != Py_SIZE(b) && (op == Py_EQ || op == Py_NE)) {
        return PyBool_FromLong(op == Py_NE);
    }
    Py_ssize_t n = Py_MIN(Py_SIZE(a), Py_SIZE(b));
    if (a->kind == b->kind && a->kind->compare) {
        int order = a->kind->compare(a->ob_item, b->ob_item, n);
        if (order == 0) { order = (Py_SIZE(a) > Py_SIZE(b)) - (Py_SIZE(a) < Py_SIZE(b)); }
        return PyBool_FromLong(order_fits(order, op));
    }
    for (Py_ssize_t i = 0; i < Py_SIZE(a) && i < Py_SIZE(b); i++) {
        own PyObject *x = array_peek_object(a, i);
        if (!x) { return NULL; }
        own PyObject *y = array_peek_object(b, i);
        if (!y) { return NULL; }
        tri same = PyObject_RichCompareBool(x, y, Py_EQ);
        if (same < 0) { return NULL; }
        if (same) { continue; }
        if (op == Py_EQ || op == Py_NE) { return PyBool_FromLong(op == Py_NE); }
        return PyObject_RichCompare(x, y, op);
    }
    int order = (Py_SIZE(a) > Py_SIZE(b)) - (Py_SIZE(a) < Py_SIZE(b));
    return PyBool_FromLong(order_fits(order, op));
}

/** array.tolist($self, /)
 *
 *  Return a list with the same items.
 */
static PyObject *
array_tolist(array_object *self)
{
    own PyObject *list = PyList_New(Py_SIZE(self));
    if (!list) { return NULL; }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(list); i++) {
        PyObject *value = array_peek_object(self, i);
        if (!value) { return NULL; }
        PyList_SET_ITEM(list, i, value);
    }
    return take(list);
}

/** array.tounicode($self, /)
 *
 *  Return the characters of a unicode array as a string.
 *
 *  For an array of another type, which is a ValueError, take
 *  array.tobytes().decode().
 */
static PyObject *
array_tounicode(array_object *self)
{
    if (self->kind->code != 'u') {
        PyErr_SetString(PyExc_ValueError,
                        "tounicode() may only be called on unicode type arrays");
        return NULL;
    }
    /* unlike the UCS4 makers, this one checks that each is a character */
    return PyUnicode_FromWideChar((const wchar_t *)self->ob_item, Py_SIZE(self));
}

static PyObject *
array_repr(array_object *self)
{
    const char *name = _PyType_Name(Py_TYPE(self));
    if (Py_SIZE(self) == 0) { return PyUnicode_FromFormat("%s('%c')", name, self->kind->code); }
    own PyObject *items = self->kind->code == 'u' ? array_tounicode(self) : array_tolist(self);
    if (!items) { return NULL; }
    return PyUnicode_FromFormat("%s('%c', %R)", name, self->kind->code, items);
}

/* --- methods --- */

/** array.append($self, v, /)
 *
 *  Add one item at the end.
 */
static PyObject *
array_append(array_object *self, PyObject *v)
{
    return array_insert_object(self, Py_SIZE(self), v) < 0 ? NULL : Py_NewRef(Py_None);
}

/** array.buffer_info($self, /)
 *
 *  Return (address, length) of the memory that holds the items.
 *
 *  The length counts items: times itemsize, it is in bytes.
 */
static PyObject *
array_buffer_info(array_object *self)
{
    own PyObject *address = PyLong_FromVoidPtr(self->ob_item);
    return address ? Py_BuildValue("(On)", address, Py_SIZE(self)) : NULL;
}

/** array.byteswap($self, /)
 *
 *  Reverse the order of bytes in every item.
 */
static PyObject *
array_byteswap(array_object *self)
{
    Py_ssize_t n = Py_SIZE(self);
    char *at = self->ob_item;
    switch (self->kind->size) {
    case 2:
        for (uint16_t *p = (uint16_t *)at; n > 0; n--, p++) { *p = __builtin_bswap16(*p); }
        break;
    case 4:
        for (uint32_t *p = (uint32_t *)at; n > 0; n--, p++) { *p = __builtin_bswap32(*p); }
        break;
    case 8:
        for (uint64_t *p = (uint64_t *)at; n > 0; n--, p++) { *p = __builtin_bswap64(*p); }
        break;
    }
    Py_RETURN_NONE;
}

/** array.__copy__($self, /)
 *
 *  Return a copy of the array.
 */
static PyObject *
array_copy(array_object *self)
{
    return (PyObject *)array_slice(self, 0, Py_SIZE(self));
}

/** array.count($self, v, /)
 *
 *  Return how many items equal v.
 */
static PyObject *
array_count(array_object *self, PyObject *v)
{
    Py_ssize_t count = 0, at = -1;
    while ((at = array_find(self, v, at + 1, PY_SSIZE_T_MAX)) >= 0) { count++; }
    return at == -2 ? NULL : PyLong_FromSsize_t(count);
}

/** array.__deepcopy__($self, unused, /)
 *
 *  Return a copy of the array.
 */
static PyObject *
array_deepcopy(array_object *self, PyObject *unused)
{
    return array_copy(self);
}

/** array.extend($self, bb, /)
 *
 *  Append the items of an array of the same type, or of any iterable.
 */
static PyObject *
array_extend(array_object *self, PyTypeObject *cls, PyObject *bb)
{
    return array_extend_any(self, bb) < 0 ? NULL : Py_NewRef(Py_None);
}

static status
array_append_bytes(array_object *self, const Py_buffer *buffer)
{
    if (buffer->itemsize != 1) {
        PyErr_SetString(PyExc_TypeError, "a bytes-like object is required");
        return -1;
    }
    if (buffer->len % self->kind->size != 0) {
        PyErr_SetString(PyExc_ValueError, "bytes length not a multiple of item size");
        return -1;
    }
    Py_ssize_t n = Py_SIZE(self), more = buffer->len / self->kind->size;
    if (more == 0) { return 0; }
    if (n > PY_SSIZE_T_MAX - more || n + more > PY_SSIZE_T_MAX / self->kind->size) {
        PyErr_NoMemory();
        return -1;
    }
    if (array_resize(self, n + more) < 0) { return -1; }
    memcpy(item_at(self, n), buffer->buf, buffer->len);
    return 0;
}

/** array.frombytes($self, buffer, /)
 *
 *  Append items that are given as bytes, in the form of this machine.
 */
static status
array_frombytes(array_object *self, Py_buffer *buffer)
{
    return array_append_bytes(self, buffer);
}

static status
array_append_bytes_of(array_object *self, PyObject *bytes)
{
    Py_buffer view;
    if (PyObject_GetBuffer(bytes, &view, PyBUF_SIMPLE) < 0) { return -1; }
    status done = array_append_bytes(self, &view);
    PyBuffer_Release(&view);
    return done;
}

/** array.fromfile($self, f, n, /)
 *
 *  Read n items from the file f and append them.
 */
static PyObject *
array_fromfile(array_object *self, PyTypeObject *cls, PyObject *f, Py_ssize_t n)
{
    if (n < 0) {
        PyErr_SetString(PyExc_ValueError, "negative count");
        return NULL;
    }
    if (n > PY_SSIZE_T_MAX / self->kind->size) { return PyErr_NoMemory(); }
    Py_ssize_t size = n * self->kind->size;
    own PyObject *bytes = PyObject_CallMethod(f, "read", "n", size);
    if (!bytes) { return NULL; }
    if (!PyBytes_Check(bytes)) {
        PyErr_SetString(PyExc_TypeError, "read() didn't return bytes");
        return NULL;
    }
    if (array_append_bytes_of(self, bytes) < 0) { return NULL; }
    if (PyBytes_GET_SIZE(bytes) != size) {
        PyErr_SetString(PyExc_EOFError, "read() didn't return enough bytes");
        return NULL;
    }
    Py_RETURN_NONE;
}

/** array.fromlist($self, list, /)
 *
 *  Append the items of a list; all of them, or none when one does not fit.
 */
static status
array_fromlist(array_object *self, PyObject *list)
{
    if (!PyList_Check(list)) {
        PyErr_SetString(PyExc_TypeError, "arg must be list");
        return -1;
    }
    Py_ssize_t n = PyList_GET_SIZE(list), old = Py_SIZE(self);
    if (n == 0) { return 0; }
    if (array_resize(self, old + n) < 0) { return -1; }
    for (Py_ssize_t i = 0; i < n; i++) {
        own PyObject *value = Py_NewRef(PyList_GET_ITEM(list, i));
        if (array_put(self, Py_SIZE(self) - n + i, value) < 0) {
            PyObject *type, *error, *traceback;
            PyErr_Fetch(&type, &error, &traceback);
            if (Py_SIZE(self) > old && array_resize(self, old) < 0) { PyErr_Clear(); }
            PyErr_Restore(type, error, traceback);
            return -1;
        }
        if (PyList_GET_SIZE(list) != n) {
            PyErr_SetString(PyExc_RuntimeError, "list changed size during iteration");
            if (Py_SIZE(self) > old) { (void)!array_resize(self, old); }
            return -1;
        }
    }
    return 0;
}

/** array.fromunicode($self, ustr, /)
 *
 *  Append the characters of a string to a unicode array.
 *
 *  To an array of another type, which is a ValueError, append
 *  ustr.encode(...) with frombytes().
 */
static PyObject *
array_fromunicode(array_object *self, PyUnicodeObject *ustr)
{
    if (self->kind->code != 'u') {
        PyErr_SetString(PyExc_ValueError,
                        "fromunicode() may only be called on unicode type arrays");
        return NULL;
    }
    Py_ssize_t n = Py_SIZE(self), more = PyUnicode_GetLength((PyObject *)ustr);
    if (more < 0) { return NULL; }
    if (more > 0) {
        if (array_resize(self, n + more) < 0) { return NULL; }
        if (!PyUnicode_AsUCS4((PyObject *)ustr, (Py_UCS4 *)item_at(self, n), more, 0)) {
            return NULL;
        }
    }
    Py_RETURN_NONE;
}

/** array.index($self, v, start=0, stop=sys.maxsize, /)
 *
 *  Return the index of the first item that equals v.
 *
 *  It is a ValueError when there is none.
 */
static PyObject *
array_index(array_object *self, PyObject *v, slice_index start, slice_index stop)
{
    if (start < 0 && (start += Py_SIZE(self)) < 0) { start = 0; }
    if (stop < 0) { stop += Py_SIZE(self); }
    Py_ssize_t at = array_find(self, v, start, stop);
    if (at >= 0) { return PyLong_FromSsize_t(at); }
    if (at == -1) { PyErr_SetString(PyExc_ValueError, "array.index(x): x not in array"); }
    return NULL;
}

/** array.insert($self, i, v, /)
 *
 *  Insert v before position i.
 */
static status
array_insert(array_object *self, Py_ssize_t i, PyObject *v)
{
    return array_insert_object(self, i, v);
}

/** array.pop($self, i=-1, /)
 *
 *  Remove the item at i, the last one unless told, and return it.
 */
static PyObject *
array_pop(array_object *self, Py_ssize_t i)
{
    if (Py_SIZE(self) == 0) {
        PyErr_SetString(PyExc_IndexError, "pop from empty array");
        return NULL;
    }
    if (i < 0) { i += Py_SIZE(self); }
    if (i < 0 || i >= Py_SIZE(self)) {
        PyErr_SetString(PyExc_IndexError, "pop index out of range");
        return NULL;
    }
    own PyObject *value = array_peek_object(self, i);
    if (!value || array_delete_range(self, i, 1) < 0) { return NULL; }
    return take(value);
}

/** array.tobytes($self, /)
 *
 *  Return the items as bytes, in the form of this machine.
 */
static PyObject *
array_tobytes(array_object *self)
{
    if (Py_SIZE(self) > PY_SSIZE_T_MAX / self->kind->size) { return PyErr_NoMemory(); }
    return PyBytes_FromStringAndSize(self->ob_item, Py_SIZE(self) * self->kind->size);
}

/* What rebuilds an array from a pickle. */
static PyObject *
get_reconstructor(void)
{
    own PyObject *module = PyImport_ImportModule("array");
    return module ? PyObject_GetAttrString(module, "_array_reconstructor") : NULL;
}

/** array.__reduce_ex__($self, value, /)
 *
 *  Return what pickles need.
 */
static PyObject *
array_reduce_ex(array_object *self, PyTypeObject *cls, PyObject *value)
{
    own PyObject *name = PyUnicode_InternFromString("__dict__");
    own PyObject *dict = NULL;
    if (!name || _PyObject_LookupAttr((PyObject *)self, name, &dict) < 0) { return NULL; }
    if (!dict) { dict = Py_NewRef(Py_None); }
    if (!PyLong_Check(value)) {
        PyErr_SetString(PyExc_TypeError, "__reduce_ex__ argument should be an integer");
        return NULL;
    }
    long protocol = PyLong_AsLong(value);
    if (protocol == -1 && PyErr_Occurred()) { return NULL; }
    int code = (unsigned char)self->kind->code;
    if (protocol < 3) {
        own PyObject *list = array_tolist(self);
        return list ? Py_BuildValue("O(CO)O", Py_TYPE(self), code, list, dict) : NULL;
    }
    own PyObject *make = get_reconstructor();
    own PyObject *bytes = make ? array_tobytes(self) : NULL;
    if (!bytes) { return NULL; }
    return Py_BuildValue("O(OCiO)O", make, Py_TYPE(self), code, (int)self->kind->format, bytes,
                         dict);
}

/** array.remove($self, v, /)
 *
 *  Remove the first item that equals v.
 */
static PyObject *
array_remove(array_object *self, PyObject *v)
{
    Py_ssize_t at = array_find(self, v, 0, PY_SSIZE_T_MAX);
    if (at == -1) { PyErr_SetString(PyExc_ValueError, "array.remove(x): x not in array"); }
    if (at < 0) { return NULL; }
    if (at < Py_SIZE(self) && array_delete_range(self, at, 1) < 0) { return NULL; }
    Py_RETURN_NONE;
}

/** array.reverse($self, /)
 *
 *  Turn the order of the items around.
 */
static void
array_reverse(array_object *self)
{
    for (Py_ssize_t i = 0, j = Py_SIZE(self) - 1; i < j; i++, j--) {
        item x;
        memcpy(&x, item_at(self, i), self->kind->size);
        memcpy(item_at(self, i), item_at(self, j), self->kind->size);
        memcpy(item_at(self, j), &x, self->kind->size);
    }
}

#define FILE_BLOCK (64 * 1024)

/** array.tofile($self, f, /)
 *
 *  Write the items to the file f, as bytes in the form of this machine.
 */
static PyObject *
array_tofile(array_object *self, PyTypeObject *cls, PyObject *f)
{
    for (Py_ssize_t at = 0; at < Py_SIZE(self) * self->kind->size; at += FILE_BLOCK) {
        Py_ssize_t size = Py_MIN(Py_SIZE(self) * self->kind->size - at, FILE_BLOCK);
        own PyObject *bytes = PyBytes_FromStringAndSize(self->ob_item + at, size);
        own PyObject *done = bytes ? PyObject_CallMethod(f, "write", "O", bytes) : NULL;
        if (!done) { return NULL; }
    }
    Py_RETURN_NONE;
}

/** array.__sizeof__($self, /)
 *
 *  Return the size in bytes, spare room included.
 */
static PyObject *
array_sizeof(array_object *self)
{
    return PyLong_FromSsize_t(_PyObject_SIZE(Py_TYPE(self))
                              + self->allocated * self->kind->size);
}

static PyObject *
array_get_typecode(array_object *self, void *closure)
{
    return PyUnicode_FromOrdinal(self->kind->code);
}

static PyObject *
array_get_itemsize(array_object *self, void *closure)
{
    return PyLong_FromLong(self->kind->size);
}

/* --- buffer --- */

static int
array_getbuffer(array_object *self, Py_buffer *view, int flags)
{
    static char nothing[8];
    if (!view) {
        PyErr_SetString(PyExc_BufferError,
                        "array_buffer_getbuf: view==NULL argument is obsolete");
        return -1;
    }
    *view = (Py_buffer){
        .buf = self->ob_item ? self->ob_item : nothing,
        .obj = Py_NewRef(self),
        .len = Py_SIZE(self) * self->kind->size,
        .itemsize = self->kind->size,
        .ndim = 1,
        .format = flags & PyBUF_FORMAT ? (char *)self->kind->buffer_format : NULL,
        .shape = flags & PyBUF_ND ? &((PyVarObject *)self)->ob_size : NULL,
    };
    if ((flags & PyBUF_STRIDES) == PyBUF_STRIDES) { view->strides = &view->itemsize; }
    self->n_exports++;
    return 0;
}

static void
array_releasebuffer(array_object *self, Py_buffer *view)
{
    self->n_exports--;
}

/* --- making arrays --- */

static status
array_fill_list(array_object *self, PyObject *values)
{
    for (Py_ssize_t i = 0; i < Py_SIZE(self); i++) {
        own PyObject *value = PySequence_GetItem(values, i);
        if (!value || array_put(self, i, value) < 0) { return -1; }
    }
    return 0;
}

/* Give a new array, of the size that array_start_size said, its items. */
static status
array_fill(array_object *self, PyObject *initial, PyObject *iterator)
{
    if (iterator) { return array_extend_iterator(self, iterator); }
    if (PyList_Check(initial) || PyTuple_Check(initial)) {
        return array_fill_list(self, initial);
    }
    if (PyBytes_Check(initial) || PyByteArray_Check(initial)) {
        return array_append_bytes_of(self, initial);
    }
    if (PyUnicode_Check(initial)) {
        return Py_SIZE(self) == 0
               || PyUnicode_AsUCS4(initial, (Py_UCS4 *)self->ob_item, Py_SIZE(self), 0) ? 0 : -1;
    }
    if (Py_SIZE(self) > 0) {
        memcpy(self->ob_item, ((array_object *)initial)->ob_item,
               Py_SIZE(self) * self->kind->size);
    }
    return 0;
}

/* Is initial copied at once, rather than iterated over?  *n is its length in items. */
static bool
array_start_size(int code, PyObject *initial, Py_ssize_t *n)
{
    *n = 0;
    if (PyList_Check(initial) || PyTuple_Check(initial)) {
        *n = Py_SIZE(initial);
        return true;
    }
    if (PyUnicode_Check(initial)) {
        *n = PyUnicode_GET_LENGTH(initial);
        return true;
    }
    if (is_array(initial) && ((array_object *)initial)->kind->code == code) {
        *n = Py_SIZE(initial);
        return true;
    }
    return PyBytes_Check(initial) || PyByteArray_Check(initial);
}

static PyObject *
array_build(PyTypeObject *type, int code, PyObject *initial)
{
    if (PySys_Audit("array.__new__", "CO", code, initial ? initial : Py_None) < 0) {
        return NULL;
    }
    if (initial && code != 'u') {
        const char *what = PyUnicode_Check(initial) ? "str"
            : is_array(initial) && ((array_object *)initial)->kind->code == 'u'
            ? "unicode array" : NULL;
        if (what) {
            PyErr_Format(PyExc_TypeError,
                         "cannot use a %s to initialize an array with typecode '%c'", what, code);
            return NULL;
        }
    }
    Py_ssize_t n = 0;
    own PyObject *iterator = NULL;
    if (initial && !array_start_size(code, initial, &n)) {
        iterator = PyObject_GetIter(initial);
        if (!iterator) { return NULL; }
    }
    const item_kind *kind = hob_array_kind(code);
    if (!kind) {
        PyErr_SetString(PyExc_ValueError,
                        "bad typecode (must be b, B, u, h, H, i, I, l, L, q, Q, f or d)");
        return NULL;
    }
    own array_object *self = array_make(type, n, kind);
    if (!self || (initial && array_fill(self, initial, iterator) < 0)) { return NULL; }
    return (PyObject *)take(self);
}

static PyObject *
array_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    if ((type == array_type || type->tp_init == array_type->tp_init)
        && !_PyArg_NoKeywords("array.array", kwargs)) {
        return NULL;
    }
    int code;
    PyObject *initial = NULL;
    if (!PyArg_ParseTuple(args, "C|O:array", &code, &initial)) { return NULL; }
    return array_build(type, code, initial);
}

/* --- rebuilding from a pickle of any machine --- */

/* Of every item_format: size is what the length must be a multiple of. */
static const struct { unsigned char size; bool is_signed, is_big; } formats[N_FORMATS] = {
    [U8] = {1}, [S8] = {1, true},
    [U16_LE] = {2, false}, [U16_BE] = {2, false, true},
    [S16_LE] = {2, true}, [S16_BE] = {2, true, true},
    [U32_LE] = {4, false}, [U32_BE] = {4, false, true},
    [S32_LE] = {4, true}, [S32_BE] = {4, true, true},
    [U64_LE] = {8, false}, [U64_BE] = {8, false, true},
    [S64_LE] = {8, true}, [S64_BE] = {8, true, true},
    [F32_LE] = {4, false}, [F32_BE] = {4, false, true},
    [F64_LE] = {8, false}, [F64_BE] = {8, false, true},
    [UTF16_LE] = {4, false}, [UTF16_BE] = {4, false, true},
    [UTF32_LE] = {8, false}, [UTF32_BE] = {8, false, true},
};

static PyObject *
unpack_item(const char *at, item_format format)
{
    bool is_little = !formats[format].is_big;
    if (format < F32_LE) {
        return _PyLong_FromByteArray((const unsigned char *)at, formats[format].size, is_little,
                                     formats[format].is_signed);
    }
    double x = format < F64_LE ? PyFloat_Unpack4(at, is_little) : PyFloat_Unpack8(at, is_little);
    return x == -1.0 && PyErr_Occurred() ? NULL : PyFloat_FromDouble(x);
}

/* The items as what array() takes: a string, or a list of numbers. */
static PyObject *
unpack_items(PyObject *bytes, item_format format)
{
    const char *at = PyBytes_AS_STRING(bytes);
    Py_ssize_t size = PyBytes_GET_SIZE(bytes), step = formats[format].size;
    if (size % step != 0) {
        PyErr_SetString(PyExc_ValueError, "string length not a multiple of item size");
        return NULL;
    }
    int order = formats[format].is_big ? 1 : -1;
    if (format >= UTF32_LE) { return PyUnicode_DecodeUTF32(at, size, "strict", &order); }
    if (format >= UTF16_LE) { return PyUnicode_DecodeUTF16(at, size, "strict", &order); }
    own PyObject *list = PyList_New(size / step);
    if (!list) { return NULL; }
    for (Py_ssize_t i = 0; i < size / step; i++) {
        PyObject *value = unpack_item(at + i * step, format);
        if (!value) { return NULL; }
        PyList_SET_ITEM(list, i, value);
    }
    return take(list);
}

/* The type code for items of an integer format: the pickled one names a C type, whose size
 * may be another here. */
static int
native_code(int code, item_format format)
{
    for (size_t i = 0; format < F32_LE && i < N_KINDS; i++) {
        item_format mine = hob_array_kinds[i].format;
        if (mine < F32_LE && formats[mine].size == formats[format].size
            && formats[mine].is_signed == formats[format].is_signed) {
            code = hob_array_kinds[i].code;
        }
    }
    return code;
}

/** _array_reconstructor($module, arraytype, typecode, mformat_code, items, /)
 *
 *  Rebuild an array from a pickle.
 */
static PyObject *
array_reconstruct(PyObject *module, PyObject *arraytype, Py_UCS4 typecode, int mformat_code,
                  PyObject *items)
{
    if (!PyType_Check(arraytype)) {
        PyErr_Format(PyExc_TypeError, "first argument must be a type object, not %.200s",
                     Py_TYPE(arraytype)->tp_name);
        return NULL;
    }
    PyTypeObject *type = (PyTypeObject *)arraytype;
    if (!PyType_IsSubtype(type, array_type)) {
        PyErr_Format(PyExc_TypeError, "%.200s is not a subtype of %.200s", type->tp_name,
                     array_type->tp_name);
        return NULL;
    }
    const item_kind *kind = typecode < 128 ? hob_array_kind((int)typecode) : NULL;
    if (!kind) {
        PyErr_SetString(PyExc_ValueError, "second argument must be a valid type code");
        return NULL;
    }
    if (mformat_code < 0 || mformat_code >= N_FORMATS) {
        PyErr_SetString(PyExc_ValueError,
                        "third argument must be a valid machine format code.");
        return NULL;
    }
    if (!PyBytes_Check(items)) {
        PyErr_Format(PyExc_TypeError, "fourth argument should be bytes, not %.200s",
                     Py_TYPE(items)->tp_name);
        return NULL;
    }
    if (kind->format == (item_format)mformat_code) {
        return array_build(type, kind->code, items);
    }
    own PyObject *values = unpack_items(items, mformat_code);
    return values ? array_build(type, native_code(kind->code, mformat_code), values) : NULL;
}

/* --- the iterator --- */

static PyObject *
array_iter(array_object *self)
{
    iter_object *it = PyObject_GC_New(iter_object, iter_type);
    if (!it) { return NULL; }
    it->index = 0;
    it->array = (array_object *)Py_NewRef(self);
    PyObject_GC_Track(it);
    return (PyObject *)it;
}

static void
iter_dealloc(iter_object *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    Py_XDECREF(self->array);
    PyObject_GC_Del(self);
    Py_DECREF(type);
}

static int
iter_traverse(iter_object *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(self->array);
    return 0;
}

static PyObject *
iter_next(iter_object *self)
{
    if (!self->array) { return NULL; }
    if (self->index < Py_SIZE(self->array)) {
        return array_peek_object(self->array, self->index++);
    }
    Py_CLEAR(self->array);
    return NULL;
}

/** iter.__reduce__($self, /)
 *
 *  Return what pickles need.
 */
static PyObject *
iter_reduce(iter_object *self)
{
    own PyObject *builtins = PyImport_ImportModule("builtins");
    own PyObject *iter = builtins ? PyObject_GetAttrString(builtins, "iter") : NULL;
    if (!iter) { return NULL; }
    if (!self->array) { return Py_BuildValue("O(())", iter); }
    return Py_BuildValue("O(O)n", iter, self->array, self->index);
}

/** iter.__setstate__($self, state, /)
 *
 *  Continue at the index that a pickle holds.
 */
static PyObject *
iter_setstate(iter_object *self, PyObject *state)
{
    Py_ssize_t index = PyLong_AsSsize_t(state);
    if (index == -1 && PyErr_Occurred()) { return NULL; }
    Py_ssize_t n = self->array ? Py_SIZE(self->array) : 0;
    self->index = index < 0 ? 0 : Py_MIN(index, n);
    Py_RETURN_NONE;
}

#include "gen/modules/array/array.bind.h"

/* --- types and module --- */

static PyGetSetDef array_getset[] = {
    {"typecode", (getter)array_get_typecode, NULL, "the letter that names the type of items"},
    {"itemsize", (getter)array_get_itemsize, NULL, "the size of one item, in bytes"},
    {NULL},
};

static PyMemberDef array_members[] = {
    {"__weaklistoffset__", T_PYSSIZET, offsetof(array_object, weakrefs), READONLY},
    {NULL},
};

PyDoc_STRVAR(array_doc,
    "array(typecode [, initializer]) -> array\n\n"
    "A sequence of values of one C type, stored without objects.\n\n"
    "The initializer is an iterable of items, or a bytes-like object that holds\n"
    "them in the form of this machine, or, for 'u', a string.  Type codes:\n\n"
    "    'b' 'B'   signed, unsigned char         1 byte\n"
    "    'h' 'H'   signed, unsigned short        2 bytes\n"
    "    'i' 'I'   signed, unsigned int          4 bytes\n"
    "    'l' 'L'   signed, unsigned long         8 bytes\n"
    "    'q' 'Q'   signed, unsigned long long    8 bytes\n"
    "    'f' 'd'   float, double                 4, 8 bytes\n"
    "    'u'       Unicode character             4 bytes");

static PyType_Slot array_slots[] = {
    {Py_tp_dealloc, array_dealloc},
    {Py_tp_repr, array_repr},
    {Py_tp_getattro, PyObject_GenericGetAttr},
    {Py_tp_doc, (void *)array_doc},
    {Py_tp_richcompare, array_richcompare},
    {Py_tp_iter, array_iter},
    {Py_tp_methods, array_methods},
    {Py_tp_members, array_members},
    {Py_tp_getset, array_getset},
    {Py_tp_alloc, PyType_GenericAlloc},
    {Py_tp_new, array_new},
    {Py_tp_traverse, array_traverse},
    {Py_sq_length, array_length},
    {Py_sq_concat, array_concat},
    {Py_sq_repeat, array_repeat},
    {Py_sq_item, array_item},
    {Py_sq_contains, array_contains},
    {Py_sq_inplace_concat, array_inplace_concat},
    {Py_sq_inplace_repeat, array_inplace_repeat},
    {Py_mp_length, array_length},
    {Py_mp_subscript, array_subscript},
    {Py_mp_ass_subscript, array_assign_subscript},
    {Py_bf_getbuffer, array_getbuffer},
    {Py_bf_releasebuffer, array_releasebuffer},
    {0, NULL},
};

static PyType_Spec array_spec = {
    .name = "array.array",
    .basicsize = sizeof(array_object),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_IMMUTABLETYPE
             | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_SEQUENCE,
    .slots = array_slots,
};

static PyType_Slot iter_slots[] = {
    {Py_tp_dealloc, iter_dealloc},
    {Py_tp_getattro, PyObject_GenericGetAttr},
    {Py_tp_traverse, iter_traverse},
    {Py_tp_iter, PyObject_SelfIter},
    {Py_tp_iternext, iter_next},
    {Py_tp_methods, iter_methods},
    {0, NULL},
};

static PyType_Spec iter_spec = {
    .name = "array.arrayiterator",
    .basicsize = sizeof(iter_object),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION
             | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = iter_slots,
};

static PyTypeObject *
make_type(PyTypeObject **kept, PyType_Spec *spec)
{
    if (!*kept) { *kept = (PyTypeObject *)PyType_FromSpec(spec); }
    return *kept;
}

static status
register_as_sequence(void)
{
    own PyObject *abc = PyImport_ImportModule("collections.abc");
    own PyObject *sequence = abc ? PyObject_GetAttrString(abc, "MutableSequence") : NULL;
    if (!sequence) { return -1; }
    own PyObject *done = PyObject_CallMethod(sequence, "register", "O", array_type);
    return done ? 0 : -1;
}

static int
array_exec(PyObject *module)
{
    if (!make_type(&array_type, &array_spec) || !make_type(&iter_type, &iter_spec)) { return -1; }
    if (PyModule_AddObjectRef(module, "ArrayType", (PyObject *)array_type) < 0) { return -1; }
    if (PyModule_AddObjectRef(module, "array", (PyObject *)array_type) < 0) { return -1; }
    if (register_as_sequence() < 0) { return -1; }
    char codes[N_KINDS + 1] = "";
    for (size_t i = 0; i < N_KINDS; i++) { codes[i] = hob_array_kinds[i].code; }
    return PyModule_AddStringConstant(module, "typecodes", codes);
}

PyDoc_STRVAR(module_doc,
    "Packed arrays of basic values: characters, integers, floating point numbers.\n\n"
    "An array behaves much like a list, but its items are of one C type, which a\n"
    "letter names.\n");

static PyModuleDef_Slot module_slots[] = {
    {Py_mod_exec, array_exec},
    {0, NULL},
};

static struct PyModuleDef array_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "array",
    .m_doc = module_doc,
    .m_methods = module_methods,
    .m_slots = module_slots,
};

PyMODINIT_FUNC
PyInit_array(void)
{
    return PyModuleDef_Init(&array_module);
}

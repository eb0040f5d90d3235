/* list.c -- the list type: a growable array of owned references.
 *
 * Layout     ob_item -> [ r0 | r1 | .. | r(n-1) | spare .. ]     n == ob_size
 * Holds      0 <= ob_size <= allocated; slots past ob_size own nothing;
 *            ob_item is NULL only when allocated is 0 (or -1: being sorted).
 *            Extensions write slots and ob_size directly: no other storage, ever.
 * Hazard     anything that can run Python code can resize self: after it,
 *            read ob_item and ob_size again.              [note: lists-move]
 *            Dropping an item is such code: first make self whole, then drop.
 * Next       list_sort.c
 */
#include "objects/list.h"

#include "base/stress.h"
#include "memory/gc.h"
#include "memory/own.h"
#include "objects/bind.h"
#include "objects/ids.h"
#include "objects/iterators.h"
#include "objects/plain.h"

enum { N_FREE_LISTS = 120 };

static struct {
    PyListObject *items[N_FREE_LISTS];
    int n;
} free_lists;

static inline PyListObject *
as_list(PyObject *op)
{
    return (PyListObject *)op;
}

/* --- size --- */

/* Set ob_size to n, with spare slots in proportion, so that appending is linear
 * (0, 4, 8, 16, 24, 32, 40, 52, 64, 76, ..).  New slots are not initialised. */
static status
resize(PyListObject *self, Py_ssize_t n)
{
    Py_ssize_t allocated = self->allocated;
    if (allocated >= n && n >= allocated >> 1) {
        Py_SET_SIZE(self, n);
        return 0;
    }
    size_t room = ((size_t)n + ((size_t)n >> 3) + 6) & ~(size_t)3;
    if (n - Py_SIZE(self) > (Py_ssize_t)(room - n)) {   /* a big step: keep closer to it */
        room = ((size_t)n + 3) & ~(size_t)3;
    }
    if (n == 0) { room = 0; }
    if (room > (size_t)PY_SSIZE_T_MAX / sizeof(PyObject *)) {
        PyErr_NoMemory();
        return -1;
    }
    PyObject **items = PyMem_Realloc(self->ob_item, room * sizeof(PyObject *));
    if (!items) {
        PyErr_NoMemory();
        return -1;
    }
    self->ob_item = items;
    Py_SET_SIZE(self, n);
    self->allocated = (Py_ssize_t)room;
    return 0;
}

/* First storage for n items of a list that has none. */
static status
reserve(PyListObject *self, Py_ssize_t n)
{
    EXPECT(!self->ob_item && n > 0);
    n = (n + 1) & ~(Py_ssize_t)1;           /* the allocator rounds to 16 bytes anyway */
    if ((size_t)n > (size_t)PY_SSIZE_T_MAX / sizeof(PyObject *)
            || !(self->ob_item = PyMem_New(PyObject *, n))) {
        PyErr_NoMemory();
        return -1;
    }
    self->allocated = n;
    return 0;
}

NOINLINE status
hob_list_give_slow(PyListObject *self, PyObject *item)
{
    Py_ssize_t n = Py_SIZE(self);
    if (resize(self, n + 1) < 0) {
        Py_DECREF(item);
        return -1;
    }
    self->ob_item[n] = item;
    return 0;
}

/* --- making and unmaking --- */

static PyListObject *
list_alloc(void)
{
    PyListObject *self;
    if (LIKELY(free_lists.n)) {
        self = free_lists.items[--free_lists.n];
    }
    else {
        self = (PyListObject *)hob_gc_alloc(sizeof(PyListObject), 0);
        if (!self) { return NULL; }
        Py_SET_TYPE(self, &PyList_Type);
    }
    _Py_NewReference((PyObject *)self);
    self->ob_item = NULL;
    self->allocated = 0;
    Py_SET_SIZE(self, 0);
    return self;
}

/* A list of size n whose slots the caller fills (NULL now, when `zeroed`). */
static PyListObject *
list_of(Py_ssize_t n, bool zeroed)
{
    PyListObject *self = list_alloc();
    if (!self) { return NULL; }
    if (n > 0) {
        bool fits = (size_t)n <= (size_t)PY_SSIZE_T_MAX / sizeof(PyObject *);
        self->ob_item = !fits ? NULL
                        : zeroed ? PyMem_Calloc(n, sizeof(PyObject *))
                        : PyMem_Malloc(n * sizeof(PyObject *));
        if (!self->ob_item) {
            hob_gc_track(self);
            Py_DECREF(self);
            return (PyListObject *)PyErr_NoMemory();
        }
        Py_SET_SIZE(self, n);
        self->allocated = n;
    }
    hob_gc_track(self);
    return self;
}

PyObject *
PyList_New(Py_ssize_t n)
{
    if (n < 0) {
        PyErr_BadInternalCall();
        return NULL;
    }
    return (PyObject *)list_of(n, true);
}

/* A list of n items, borrowed. */
static PyObject *
list_copy_of(PyObject *const *items, Py_ssize_t n)
{
    PyListObject *self = list_of(n, false);
    if (!self) { return NULL; }
    for (Py_ssize_t i = 0; i < n; i++) {
        FETCH_AHEAD(items, i, n);
        self->ob_item[i] = Py_NewRef(items[i]);
    }
    return (PyObject *)self;
}

PyObject *
hob_list_from_array(PyObject *const *items, Py_ssize_t n)
{
    PyListObject *self = list_of(n, false);
    if (!self) {
        for (Py_ssize_t i = 0; i < n; i++) { Py_DECREF(items[i]); }
        return NULL;
    }
    if (n) { memcpy(self->ob_item, items, n * sizeof *items); }
    return (PyObject *)self;
}

/* Drop n items, last one first, and free their array. */
static void
drop_items(PyObject **items, Py_ssize_t n)
{
    while (n-- > 0) {
        FETCH_BEHIND(items, n);
        Py_XDECREF(items[n]);
    }
    PyMem_Free(items);
}

static void
list_dealloc(PyObject *op)
{
    PyListObject *self = as_list(op);
    PyObject_GC_UnTrack(op);
    Py_TRASHCAN_BEGIN(op, list_dealloc)
    if (self->ob_item) { drop_items(self->ob_item, Py_SIZE(self)); }
    if (free_lists.n < N_FREE_LISTS && PyList_CheckExact(op) && !STRESSED(freelist)) {
        free_lists.items[free_lists.n++] = self;
    }
    else {
        Py_TYPE(op)->tp_free(op);
    }
    Py_TRASHCAN_END
}

void
hob_list_clear_freelist(void)
{
    while (free_lists.n) { PyObject_GC_Del(free_lists.items[--free_lists.n]); }
}

static int
list_traverse(PyObject *op, visitproc visit, void *arg)
{
    PyListObject *self = as_list(op);
    for (Py_ssize_t i = Py_SIZE(self); i-- > 0;) { Py_VISIT(self->ob_item[i]); }
    return 0;
}

/* Empty self, then drop what it held, last item first. */
static int
empty(PyObject *op)
{
    PyListObject *self = as_list(op);
    PyObject **items = self->ob_item;
    if (!items) { return 0; }
    Py_ssize_t n = Py_SIZE(self);
    Py_SET_SIZE(self, 0);
    self->ob_item = NULL;
    self->allocated = 0;
    drop_items(items, n);
    return 0;
}

/* --- single items --- */

static COLD PyObject *
index_error(const char *text)
{
    PyErr_SetString(PyExc_IndexError, text);
    return NULL;
}

static inline bool
is_inside(Py_ssize_t i, Py_ssize_t n)
{
    return (size_t)i < (size_t)n;
}

static Py_ssize_t
list_length(PyObject *self)
{
    return Py_SIZE(self);
}

static PyObject *
list_item(PyObject *self, Py_ssize_t i)
{
    if (!is_inside(i, Py_SIZE(self))) { return index_error("list index out of range"); }
    return Py_NewRef(as_list(self)->ob_item[i]);
}

static status
insert(PyListObject *self, Py_ssize_t i, PyObject *item)
{
    Py_ssize_t n = Py_SIZE(self);
    if (resize(self, n + 1) < 0) { return -1; }
    if (i < 0) { i = i + n < 0 ? 0 : i + n; }
    if (i > n) { i = n; }
    memmove(&self->ob_item[i + 1], &self->ob_item[i], (n - i) * sizeof(PyObject *));
    self->ob_item[i] = Py_NewRef(item);
    return 0;
}

/* self[low:high] = items; drops what was there.  items may be NULL for n == 0. */
static status
replace(PyListObject *self, Py_ssize_t low, Py_ssize_t high, PyObject *const *items,
        Py_ssize_t n)
{
    Py_ssize_t size = Py_SIZE(self);
    low = low < 0 ? 0 : low > size ? size : low;
    high = high < low ? low : high > size ? size : high;
    Py_ssize_t n_old = high - low;
    if (size + n - n_old == 0) { return empty((PyObject *)self); }

    PyObject *few[8];
    PyObject **dropped = few;
    if (n_old > 8 && !(dropped = PyMem_New(PyObject *, n_old))) {
        PyErr_NoMemory();
        return -1;
    }
    if (n_old) { memcpy(dropped, &self->ob_item[low], n_old * sizeof *dropped); }

    status done = 0;
    if (n == n_old) {
        /* the array stays as it is */
    }
    else if (n < n_old) {
        PyObject **from = &self->ob_item[high];
        memmove(from - (n_old - n), from, (size - high) * sizeof(PyObject *));
        if (resize(self, size + n - n_old) < 0) {       /* cannot shrink: put it back */
            memmove(from, from - (n_old - n), (size - high) * sizeof(PyObject *));
            memcpy(&self->ob_item[low], dropped, n_old * sizeof *dropped);
            n_old = 0;
            done = -1;
        }
    }
    else {
        if (resize(self, size + n - n_old) < 0) {
            n_old = 0;
            done = -1;
        }
        else {
            PyObject **from = &self->ob_item[high];
            memmove(from + (n - n_old), from, (size - high) * sizeof(PyObject *));
        }
    }
    if (done == 0) {
        for (Py_ssize_t i = 0; i < n; i++) { self->ob_item[low + i] = Py_XNewRef(items[i]); }
    }
    while (n_old-- > 0) { Py_XDECREF(dropped[n_old]); }
    if (dropped != few) { PyMem_Free(dropped); }
    return done;
}

/* self[low:high] = value; NULL deletes. */
static status
assign_slice(PyListObject *self, Py_ssize_t low, Py_ssize_t high, PyObject *value)
{
    if (!value) { return replace(self, low, high, NULL, 0); }
    own PyObject *items = value == (PyObject *)self
                          ? list_copy_of(self->ob_item, Py_SIZE(self))
                          : PySequence_Fast(value, "can only assign an iterable");
    if (!items) { return -1; }
    return replace(self, low, high, PySequence_Fast_ITEMS(items),
                   PySequence_Fast_GET_SIZE(items));
}

static status
list_ass_item(PyObject *op, Py_ssize_t i, PyObject *value)
{
    PyListObject *self = as_list(op);
    if (!is_inside(i, Py_SIZE(self))) {
        index_error("list assignment index out of range");
        return -1;
    }
    if (!value) { return replace(self, i, i + 1, NULL, 0); }
    PyObject *old = self->ob_item[i];
    self->ob_item[i] = Py_NewRef(value);
    Py_DECREF(old);
    return 0;
}

/* --- subscript --- */

PyObject *
hob_list_slice(PyListObject *self, Py_ssize_t start, Py_ssize_t step, Py_ssize_t n)
{
    if (n <= 0) { return PyList_New(0); }
    if (step == 1) { return list_copy_of(self->ob_item + start, n); }
    PyListObject *result = list_of(n, false);
    if (!result) { return NULL; }
    for (Py_ssize_t i = 0; i < n; i++, start += step) {
        result->ob_item[i] = Py_NewRef(self->ob_item[start]);
    }
    return (PyObject *)result;
}

static COLD void
bad_index(PyObject *index)
{
    PyErr_Format(PyExc_TypeError, "list indices must be integers or slices, not %.200s",
                 Py_TYPE(index)->tp_name);
}

static PyObject *
list_subscript(PyObject *op, PyObject *index)
{
    PyListObject *self = as_list(op);
    if (PyIndex_Check(index)) {
        Py_ssize_t i = PyNumber_AsSsize_t(index, PyExc_IndexError);
        if (i == -1 && PyErr_Occurred()) { return NULL; }
        return list_item(op, i < 0 ? i + Py_SIZE(self) : i);
    }
    if (!PySlice_Check(index)) {
        bad_index(index);
        return NULL;
    }
    Py_ssize_t start, stop, step;
    if (PySlice_Unpack(index, &start, &stop, &step) < 0) { return NULL; }
    Py_ssize_t n = PySlice_AdjustIndices(Py_SIZE(self), &start, &stop, step);
    return hob_list_slice(self, start, step, n);
}

/* del self[start:..:step], n items, step not 1: close the gaps run by run. */
static status
delete_steps(PyListObject *self, Py_ssize_t start, Py_ssize_t step, Py_ssize_t n)
{
    if (n <= 0) { return 0; }
    if (step < 0) {
        start += step * (n - 1);
        step = -step;
    }
    PyObject **dropped = PyMem_New(PyObject *, n);
    if (!dropped) {
        PyErr_NoMemory();
        return -1;
    }
    Py_ssize_t size = Py_SIZE(self);
    PyObject **to = &self->ob_item[start];
    for (Py_ssize_t i = 0; i < n; i++) {
        Py_ssize_t at = start + i * step;
        Py_ssize_t next = i + 1 < n ? at + step : size;
        dropped[i] = self->ob_item[at];
        memmove(to, &self->ob_item[at + 1], (next - at - 1) * sizeof(PyObject *));
        to += next - at - 1;
    }
    Py_SET_SIZE(self, size - n);
    status done = resize(self, size - n);
    for (Py_ssize_t i = 0; i < n; i++) { Py_DECREF(dropped[i]); }
    PyMem_Free(dropped);
    return done;
}

static status
assign_steps(PyListObject *self, PyObject *index, PyObject *value)
{
    own PyObject *items = value == (PyObject *)self
                          ? list_copy_of(self->ob_item, Py_SIZE(self))
                          : PySequence_Fast(value, "must assign iterable to extended slice");
    if (!items) { return -1; }
    /* making items may have run code that changed self: the bounds are read now */
    Py_ssize_t start, stop, step;
    if (PySlice_Unpack(index, &start, &stop, &step) < 0) { return -1; }
    Py_ssize_t n = PySlice_AdjustIndices(Py_SIZE(self), &start, &stop, step);
    if (PySequence_Fast_GET_SIZE(items) != n) {
        PyErr_Format(PyExc_ValueError,
                     "attempt to assign sequence of size %zd to extended slice of size %zd",
                     PySequence_Fast_GET_SIZE(items), n);
        return -1;
    }
    if (n == 0) { return 0; }
    PyObject **dropped = PyMem_New(PyObject *, n);
    if (!dropped) {
        PyErr_NoMemory();
        return -1;
    }
    PyObject **from = PySequence_Fast_ITEMS(items);
    for (Py_ssize_t i = 0; i < n; i++, start += step) {
        dropped[i] = self->ob_item[start];
        self->ob_item[start] = Py_NewRef(from[i]);
    }
    for (Py_ssize_t i = 0; i < n; i++) { Py_DECREF(dropped[i]); }
    PyMem_Free(dropped);
    return 0;
}

static status
list_ass_subscript(PyObject *op, PyObject *index, PyObject *value)
{
    PyListObject *self = as_list(op);
    if (PyIndex_Check(index)) {
        Py_ssize_t i = PyNumber_AsSsize_t(index, PyExc_IndexError);
        if (i == -1 && PyErr_Occurred()) { return -1; }
        return list_ass_item(op, i < 0 ? i + Py_SIZE(self) : i, value);
    }
    if (!PySlice_Check(index)) {
        bad_index(index);
        return -1;
    }
    Py_ssize_t start, stop, step;
    if (PySlice_Unpack(index, &start, &stop, &step) < 0) { return -1; }
    Py_ssize_t n = PySlice_AdjustIndices(Py_SIZE(self), &start, &stop, step);
    if (step == 1) { return assign_slice(self, start, stop, value); }
    return value ? assign_steps(self, index, value) : delete_steps(self, start, step, n);
}

/* --- concatenation, repetition, containment --- */

static PyObject *
list_concat(PyObject *a, PyObject *b)
{
    if (!PyList_Check(b)) {
        PyErr_Format(PyExc_TypeError, "can only concatenate list (not \"%.200s\") to list",
                     Py_TYPE(b)->tp_name);
        return NULL;
    }
    Py_ssize_t n = Py_SIZE(a);
    Py_ssize_t m = Py_SIZE(b);
    PyListObject *result = list_of(n + m, false);
    if (!result) { return NULL; }
    for (Py_ssize_t i = 0; i < n; i++) {
        result->ob_item[i] = Py_NewRef(as_list(a)->ob_item[i]);
    }
    for (Py_ssize_t i = 0; i < m; i++) {
        result->ob_item[n + i] = Py_NewRef(as_list(b)->ob_item[i]);
    }
    return (PyObject *)result;
}

/* Fill items[n .. n * times) with copies of items[0 .. n), counting references. */
static void
repeat_items(PyObject **items, Py_ssize_t n, Py_ssize_t times)
{
    for (Py_ssize_t i = 0; i < n; i++) {
        Py_SET_REFCNT(items[i], Py_REFCNT(items[i]) + times - 1);
    }
    for (Py_ssize_t done = n, all = n * times; done < all;) {
        Py_ssize_t chunk = done < all - done ? done : all - done;
        memcpy(items + done, items, chunk * sizeof *items);
        done += chunk;
    }
}

static PyObject *
list_repeat(PyObject *self, Py_ssize_t times)
{
    Py_ssize_t n = Py_SIZE(self);
    if (n == 0 || times <= 0) { return PyList_New(0); }
    if (n > PY_SSIZE_T_MAX / times) { return PyErr_NoMemory(); }
    PyListObject *result = list_of(n * times, false);
    if (!result) { return NULL; }
    for (Py_ssize_t i = 0; i < n; i++) {
        result->ob_item[i] = Py_NewRef(as_list(self)->ob_item[i]);
    }
    repeat_items(result->ob_item, n, times);
    return (PyObject *)result;
}

static PyObject *
list_inplace_repeat(PyObject *op, Py_ssize_t times)
{
    PyListObject *self = as_list(op);
    Py_ssize_t n = Py_SIZE(self);
    if (n == 0 || times == 1) { return Py_NewRef(op); }
    if (times < 1) {
        empty(op);
        return Py_NewRef(op);
    }
    if (n > PY_SSIZE_T_MAX / times) { return PyErr_NoMemory(); }
    if (resize(self, n * times) < 0) { return NULL; }
    repeat_items(self->ob_item, n, times);
    return Py_NewRef(op);
}

static tri
list_contains(PyObject *self, PyObject *value)
{
    for (Py_ssize_t i = 0; i < Py_SIZE(self); i++) {    /* the size may change */
        PyObject *item = as_list(self)->ob_item[i];
        if (item == value) { return 1; }
        Py_INCREF(item);
        tri same = hob_equal(item, value);
        Py_DECREF(item);
        if (same) { return same; }
    }
    return 0;
}

/* --- extend --- */

static status
extend_from_array(PyListObject *self, PyObject *source)
{
    Py_ssize_t n = PySequence_Fast_GET_SIZE(source);
    if (n == 0) { return 0; }
    Py_ssize_t m = Py_SIZE(self);
    if (!self->ob_item) {
        if (reserve(self, n) < 0) { return -1; }
        Py_SET_SIZE(self, n);
    }
    else if (resize(self, m + n) < 0) { return -1; }
    /* source may be self: read its items after the resize */
    PyObject **from = PySequence_Fast_ITEMS(source);
    for (Py_ssize_t i = 0; i < n; i++) { self->ob_item[m + i] = Py_NewRef(from[i]); }
    return 0;
}

/* Make room for a guessed number of items; the size stays. */
static status
reserve_more(PyListObject *self, Py_ssize_t n)
{
    Py_ssize_t m = Py_SIZE(self);
    if (n <= 0 || m > PY_SSIZE_T_MAX - n) { return 0; }     /* cannot be: wait and see */
    if (!self->ob_item) { return reserve(self, n); }
    if (resize(self, m + n) < 0) { return -1; }
    Py_SET_SIZE(self, m);
    return 0;
}

status
hob_list_extend(PyListObject *self, PyObject *iterable)
{
    if (PyList_CheckExact(iterable) || PyTuple_CheckExact(iterable)
            || iterable == (PyObject *)self) {
        own PyObject *held = Py_NewRef(iterable);
        return extend_from_array(self, held);
    }
    own PyObject *iter = PyObject_GetIter(iterable);
    if (!iter) { return -1; }
    iternextfunc next = Py_TYPE(iter)->tp_iternext;
    Py_ssize_t hint = PyObject_LengthHint(iterable, 8);
    if (hint < 0 || reserve_more(self, hint) < 0) { return -1; }
    for (;;) {
        PyObject *item = next(iter);
        if (!item) { break; }
        if (hob_list_give(self, item) < 0) { return -1; }
    }
    if (PyErr_Occurred()) {
        if (!PyErr_ExceptionMatches(PyExc_StopIteration)) { return -1; }
        PyErr_Clear();
    }
    if (Py_SIZE(self) < self->allocated) { return resize(self, Py_SIZE(self)); }
    return 0;
}

static PyObject *
list_inplace_concat(PyObject *self, PyObject *other)
{
    return hob_list_extend(as_list(self), other) < 0 ? NULL : Py_NewRef(self);
}

/* --- methods --- */

/** @coexist list.__getitem__($self, index, /)
 *
 *  Return self[index].
 */
static PyObject *
list_getitem(PyObject *self, PyObject *index)
{
    return list_subscript(self, index);
}


/** list.__reversed__($self, /)
 *
 *  An iterator over the items, last one first.
 */
static PyObject *
list_reversed(PyObject *self)
{
    return hob_sequence_iter_new(&PyListRevIter_Type, self, Py_SIZE(self) - 1);
}

/** list.__sizeof__($self, /)
 *
 *  Bytes of the list and its array.
 */
static Py_ssize_t
list_sizeof(PyListObject *self)
{
    return Py_TYPE(self)->tp_basicsize + self->allocated * (Py_ssize_t)sizeof(PyObject *);
}

/** list.clear($self, /)
 *
 *  Remove all items.
 */
static void
list_clear(PyObject *self)
{
    empty(self);
}

/** list.copy($self, /)
 *
 *  A shallow copy.
 */
static PyObject *
list_copy(PyListObject *self)
{
    return list_copy_of(self->ob_item, Py_SIZE(self));
}

/** list.append($self, object, /)
 *
 *  Add object at the end.
 */
static PyObject *
list_append(PyObject *self, PyObject *object)
{
    if (hob_list_give(as_list(self), Py_NewRef(object)) < 0) { return NULL; }
    Py_RETURN_NONE;
}

/** list.insert($self, index, object, /)
 *
 *  Insert object before index.
 */
static status
list_insert(PyListObject *self, Py_ssize_t index, PyObject *object)
{
    return insert(self, index, object);
}

/** list.extend($self, iterable, /)
 *
 *  Add all items of iterable at the end.
 */
static PyObject *
list_extend(PyObject *self, PyObject *iterable)
{
    if (hob_list_extend(as_list(self), iterable) < 0) { return NULL; }
    Py_RETURN_NONE;
}

/** list.pop($self, index=-1, /)
 *
 *  Remove the item at index (the last one) and return it.
 *
 *  IndexError when there is no such item.
 */
static PyObject *
list_pop(PyListObject *self, Py_ssize_t index)
{
    Py_ssize_t n = Py_SIZE(self);
    if (n == 0) { return index_error("pop from empty list"); }
    if (index < 0) { index += n; }
    if (!is_inside(index, n)) { return index_error("pop index out of range"); }

    PyObject *item = self->ob_item[index];
    PyObject **at = &self->ob_item[index];
    memmove(at, at + 1, (n - 1 - index) * sizeof(PyObject *));
    if (resize(self, n - 1) < 0) {
        at = &self->ob_item[index];
        memmove(at + 1, at, (n - 1 - index) * sizeof(PyObject *));
        *at = item;
        return NULL;
    }
    return item;
}

/** list.remove($self, value, /)
 *
 *  Remove the first item that equals value; ValueError without one.
 */
static PyObject *
list_remove(PyObject *op, PyObject *value)
{
    PyListObject *self = as_list(op);
    for (Py_ssize_t i = 0; i < Py_SIZE(self); i++) {
        own PyObject *item = Py_NewRef(self->ob_item[i]);
        tri same = hob_equal(item, value);
        if (same < 0) { return NULL; }
        if (!same) { continue; }
        if (replace(self, i, i + 1, NULL, 0) < 0) { return NULL; }
        Py_RETURN_NONE;
    }
    PyErr_SetString(PyExc_ValueError, "list.remove(x): x not in list");
    return NULL;
}

/** list.index($self, value, start=0, stop=sys.maxsize, /)
 *
 *  Position of the first item that equals value; ValueError without one.
 */
static PyObject *
list_index(PyListObject *self, PyObject *value, slice_index start, slice_index stop)
{
    Py_ssize_t n = Py_SIZE(self);
    if (start < 0) { start = start + n < 0 ? 0 : start + n; }
    if (stop < 0) { stop = stop + n < 0 ? 0 : stop + n; }
    for (Py_ssize_t i = start; i < stop && i < Py_SIZE(self); i++) {
        own PyObject *item = Py_NewRef(self->ob_item[i]);
        tri same = hob_equal(item, value);
        if (same < 0) { return NULL; }
        if (same) { return PyLong_FromSsize_t(i); }
    }
    PyErr_Format(PyExc_ValueError, "%R is not in list", value);
    return NULL;
}

/** list.count($self, value, /)
 *
 *  How many items equal value.
 */
static PyObject *
list_count(PyObject *op, PyObject *value)
{
    PyListObject *self = as_list(op);
    Py_ssize_t count = 0;
    for (Py_ssize_t i = 0; i < Py_SIZE(self); i++) {
        PyObject *item = self->ob_item[i];
        if (item == value) {
            count++;
            continue;
        }
        Py_INCREF(item);
        tri same = hob_equal(item, value);
        Py_DECREF(item);
        if (same < 0) { return NULL; }
        count += same;
    }
    return PyLong_FromSsize_t(count);
}

/** list.reverse($self, /)
 *
 *  Reverse the order of the items, in place.
 */
static void
list_reverse(PyListObject *self)
{
    if (Py_SIZE(self) < 2) { return; }
    PyObject **low = self->ob_item;
    PyObject **high = low + Py_SIZE(self) - 1;
    while (low < high) {
        PyObject *item = *low;
        *low++ = *high;
        *high-- = item;
    }
}

/** list.sort($self, /, *, key=None, reverse=False)
 *
 *  Sort in place, in ascending order.
 *
 *  Equal items keep their order.  key is called once for each item and its
 *  results are compared instead; reverse sorts in descending order.
 */
static status
list_sort(PyListObject *self, PyObject *key, int reverse)
{
    return hob_list_sort(self, key, reverse != 0);
}

/** list.__class_getitem__($type, item, /)
 *
 *  See PEP 585.
 */
static PyObject *
list_class_getitem(PyObject *type, PyObject *item)
{
    return Py_GenericAlias(type, item);
}

/** @type PyList_Type list.__init__($self, iterable=(), /)
 *
 *  A sequence that can change: the items of iterable, or nothing.
 */
static int
list_init(PyListObject *self, PyObject *iterable)
{
    if (self->ob_item) { empty((PyObject *)self); }
    return iterable ? hob_list_extend(self, iterable) : 0;
}

#include "gen/objects/list.bind.h"

static PyObject *
list_vectorcall(PyObject *type, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    if (!_PyArg_NoKwnames("list", kwnames)) { return NULL; }
    Py_ssize_t nargs = PyVectorcall_NARGS(nargsf);
    if (!_PyArg_CheckPositional("list", nargs, 0, 1)) { return NULL; }
    own PyObject *self = type == (PyObject *)&PyList_Type
                         ? PyList_New(0)
                         : ((PyTypeObject *)type)->tp_alloc((PyTypeObject *)type, 0);
    if (!self) { return NULL; }
    if (nargs && hob_list_extend(as_list(self), args[0]) < 0) { return NULL; }
    return take(self);
}

/* --- repr and comparison --- */

static status
write_items(_PyUnicodeWriter *writer, PyListObject *self)
{
    for (Py_ssize_t i = 0; i < Py_SIZE(self); i++) {
        if (i > 0 && _PyUnicodeWriter_WriteASCIIString(writer, ", ", 2) < 0) { return -1; }
        own PyObject *item = Py_NewRef(self->ob_item[i]);
        own PyObject *text = PyObject_Repr(item);
        if (!text || _PyUnicodeWriter_WriteStr(writer, text) < 0) { return -1; }
    }
    return 0;
}

static PyObject *
list_repr(PyObject *self)
{
    if (Py_SIZE(self) == 0) { return PyUnicode_FromString("[]"); }
    int entered = Py_ReprEnter(self);
    if (entered) { return entered > 0 ? PyUnicode_FromString("[...]") : NULL; }
    _PyUnicodeWriter writer;
    _PyUnicodeWriter_Init(&writer);
    writer.overallocate = 1;
    writer.min_length = 1 + 1 + (2 + 1) * (Py_SIZE(self) - 1) + 1;
    bool failed = _PyUnicodeWriter_WriteChar(&writer, '[') < 0
                  || write_items(&writer, as_list(self)) < 0;
    writer.overallocate = 0;
    failed = failed || _PyUnicodeWriter_WriteChar(&writer, ']') < 0;
    Py_ReprLeave(self);
    if (failed) {
        _PyUnicodeWriter_Dealloc(&writer);
        return NULL;
    }
    return _PyUnicodeWriter_Finish(&writer);
}

static PyObject *
list_richcompare(PyObject *a, PyObject *b, int op)
{
    if (!PyList_Check(a) || !PyList_Check(b)) { Py_RETURN_NOTIMPLEMENTED; }
    PyListObject *x = as_list(a);
    PyListObject *y = as_list(b);
    if (Py_SIZE(x) != Py_SIZE(y) && (op == Py_EQ || op == Py_NE)) {
        return PyBool_FromLong(op == Py_NE);
    }
    for (Py_ssize_t i = 0; i < Py_SIZE(x) && i < Py_SIZE(y); i++) {
        if (x->ob_item[i] == y->ob_item[i]) { continue; }
        own PyObject *p = Py_NewRef(x->ob_item[i]);
        own PyObject *q = Py_NewRef(y->ob_item[i]);
        tri same = hob_equal(p, q);
        if (same < 0) { return NULL; }
        if (same) { continue; }
        /* comparing may have shortened a list: then the lengths decide, below */
        if (i >= Py_SIZE(x) || i >= Py_SIZE(y)) { break; }
        if (op == Py_EQ || op == Py_NE) { return PyBool_FromLong(op == Py_NE); }
        return PyObject_RichCompare(p, q, op);
    }
    Py_ssize_t n = Py_SIZE(x);
    Py_ssize_t m = Py_SIZE(y);
    Py_RETURN_RICHCOMPARE(n, m, op);
}

/* --- the type --- */

static PySequenceMethods list_as_sequence = {
    .sq_length = list_length,
    .sq_concat = list_concat,
    .sq_repeat = list_repeat,
    .sq_item = list_item,
    .sq_ass_item = list_ass_item,
    .sq_contains = list_contains,
    .sq_inplace_concat = list_inplace_concat,
    .sq_inplace_repeat = list_inplace_repeat,
};

static PyMappingMethods list_as_mapping = {
    .mp_length = list_length,
    .mp_subscript = list_subscript,
    .mp_ass_subscript = list_ass_subscript,
};

PyTypeObject PyList_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "list",
    .tp_basicsize = sizeof(PyListObject),
    .tp_dealloc = list_dealloc,
    .tp_repr = list_repr,
    .tp_as_sequence = &list_as_sequence,
    .tp_as_mapping = &list_as_mapping,
    .tp_hash = PyObject_HashNotImplemented,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE
                | Py_TPFLAGS_LIST_SUBCLASS | _Py_TPFLAGS_MATCH_SELF | Py_TPFLAGS_SEQUENCE,
    .tp_doc = list_init__doc,
    .tp_traverse = list_traverse,
    .tp_clear = empty,
    .tp_richcompare = list_richcompare,
    .tp_iter = hob_sequence_iter_list,
    .tp_methods = list_methods,
    .tp_init = list_init__slot,
    .tp_alloc = PyType_GenericAlloc,
    .tp_new = PyType_GenericNew,
    .tp_free = PyObject_GC_Del,
    .tp_vectorcall = list_vectorcall,
};

bool
hob_list_check(PyListObject *self)
{
    Py_ssize_t n = Py_SIZE(self);
    if (self->allocated == -1) {                /* it is being sorted */
        INVARIANT(1, n == 0 && !self->ob_item);
        return true;
    }
    INVARIANT(2, 0 <= n && n <= self->allocated);
    INVARIANT(3, self->ob_item || self->allocated == 0);
    for (Py_ssize_t i = 0; i < n; i++) {        /* PyList_New leaves NULL for C code to fill */
        INVARIANT(4, !self->ob_item[i] || Py_REFCNT(self->ob_item[i]) > 0);
    }
    return true;
}

/* --- public API --- */

static bool
check(PyObject *op)
{
    if (LIKELY(op && PyList_Check(op))) { return true; }
    PyErr_BadInternalCall();
    return false;
}

Py_ssize_t
PyList_Size(PyObject *op)
{
    return check(op) ? Py_SIZE(op) : -1;
}

PyObject *
PyList_GetItem(PyObject *op, Py_ssize_t i)
{
    if (!check(op)) { return NULL; }
    if (!is_inside(i, Py_SIZE(op))) { return index_error("list index out of range"); }
    return as_list(op)->ob_item[i];
}

int
PyList_SetItem(PyObject *op, Py_ssize_t i, PyObject *item)
{
    if (!op || !PyList_Check(op)) {
        Py_XDECREF(item);
        PyErr_BadInternalCall();
        return -1;
    }
    if (!is_inside(i, Py_SIZE(op))) {
        Py_XDECREF(item);
        index_error("list assignment index out of range");
        return -1;
    }
    PyObject *old = as_list(op)->ob_item[i];
    as_list(op)->ob_item[i] = item;
    Py_XDECREF(old);
    return 0;
}

int
PyList_Insert(PyObject *op, Py_ssize_t i, PyObject *item)
{
    return check(op) ? insert(as_list(op), i, item) : -1;
}

int
PyList_Append(PyObject *op, PyObject *item)
{
    if (!item) {
        PyErr_BadInternalCall();
        return -1;
    }
    return check(op) ? hob_list_give(as_list(op), Py_NewRef(item)) : -1;
}

PyObject *
PyList_GetSlice(PyObject *op, Py_ssize_t low, Py_ssize_t high)
{
    if (!check(op)) { return NULL; }
    Py_ssize_t n = Py_SIZE(op);
    low = low < 0 ? 0 : low > n ? n : low;
    high = high < low ? low : high > n ? n : high;
    return list_copy_of(as_list(op)->ob_item + low, high - low);
}

int
PyList_SetSlice(PyObject *op, Py_ssize_t low, Py_ssize_t high, PyObject *value)
{
    return check(op) ? assign_slice(as_list(op), low, high, value) : -1;
}

int
PyList_Sort(PyObject *op)
{
    return check(op) ? hob_list_sort(as_list(op), NULL, false) : -1;
}

int
PyList_Reverse(PyObject *op)
{
    if (!check(op)) { return -1; }
    list_reverse(as_list(op));
    return 0;
}

PyObject *
PyList_AsTuple(PyObject *op)
{
    if (!check(op)) { return NULL; }
    Py_ssize_t n = Py_SIZE(op);
    PyObject *tuple = PyTuple_New(n);
    if (!tuple) { return NULL; }
    n = Py_MIN(n, Py_SIZE(op));     /* allocating may have collected */
    for (Py_ssize_t i = 0; i < n; i++) {
        PyTuple_SET_ITEM(tuple, i, Py_NewRef(as_list(op)->ob_item[i]));
    }
    return tuple;
}

PyObject *
_PyList_Extend(PyListObject *self, PyObject *iterable)
{
    if (hob_list_extend(self, iterable) < 0) { return NULL; }
    Py_RETURN_NONE;
}

void
_PyList_DebugMallocStats(FILE *out)
{
    _PyDebugAllocatorStats(out, "free PyListObject", free_lists.n, sizeof(PyListObject));
}

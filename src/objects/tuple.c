/* tuple.c -- the tuple type: a fixed row of owned references.
 *
 * Layout     ob_item[ob_size] inside the object.
 * Holds      no item is NULL once Python sees the tuple.  The empty tuple is one
 *            static object.  A tuple of plain data is untracked by the collector
 *            when it first meets it.
 *            Dead small tuples wait in lists by size, chained through ob_item[0].
 */
#include "objects/tuple.h"

#include "base/stress.h"
#include "memory/gc.h"
#include "memory/own.h"
#include "objects/bind.h"
#include "objects/ids.h"
#include "objects/iterators.h"
#include "objects/plain.h"

enum { FREE_SIZE_MAX = 20, FREE_MAX = 2000, IMMORTAL = 1 << 29 };

static struct {
    PyTupleObject *first;
    int n;
} free_tuples[FREE_SIZE_MAX + 1];       /* by size; [0] stays empty */

static struct {
    hob_gc_head head;                   /* never tracked */
    PyTupleObject tuple;
} empty = {{0, 0}, {PyVarObject_HEAD_INIT(&PyTuple_Type, 0) {NULL}}};

static inline PyTupleObject *
as_tuple(PyObject *op)
{
    return (PyTupleObject *)op;
}

/* --- making and unmaking --- */

PyObject *
hob_tuple_empty(void)
{
    PyObject *op = (PyObject *)&empty.tuple;
    if (UNLIKELY(Py_REFCNT(op) < IMMORTAL)) { Py_SET_REFCNT(op, IMMORTAL * 2); }
    return op;
}

/* A tuple of n > 0 slots, not initialised, not tracked. */
static ALWAYS_INLINE PyTupleObject *
tuple_alloc(Py_ssize_t n)
{
    PyTupleObject *self;
    if (n <= FREE_SIZE_MAX && LIKELY(free_tuples[n].first)) {
        self = free_tuples[n].first;
        free_tuples[n].first = (PyTupleObject *)self->ob_item[0];
        free_tuples[n].n--;
    }
    else {
        size_t header = offsetof(PyTupleObject, ob_item);
        if ((size_t)n > (PY_SSIZE_T_MAX - header - 64) / sizeof(PyObject *)) {
            return (PyTupleObject *)PyErr_NoMemory();
        }
        self = (PyTupleObject *)hob_gc_alloc(header + n * sizeof(PyObject *), 0);
        if (!self) { return NULL; }
        Py_SET_TYPE(self, &PyTuple_Type);
        Py_SET_SIZE(self, n);
    }
    _Py_NewReference((PyObject *)self);
    return self;
}

PyObject *
PyTuple_New(Py_ssize_t n)
{
    if (n == 0) { return Py_NewRef(hob_tuple_empty()); }
    if (n < 0) {
        PyErr_BadInternalCall();
        return NULL;
    }
    PyTupleObject *self = tuple_alloc(n);
    if (!self) { return NULL; }
    memset(self->ob_item, 0, n * sizeof(PyObject *));
    hob_gc_track(self);
    return (PyObject *)self;
}

PyObject *
hob_tuple_from_array(PyObject *const *items, Py_ssize_t n)
{
    if (n == 0) { return Py_NewRef(hob_tuple_empty()); }
    PyTupleObject *self = tuple_alloc(n);
    if (!self) {
        for (Py_ssize_t i = 0; i < n; i++) { Py_DECREF(items[i]); }
        return NULL;
    }
    memcpy(self->ob_item, items, n * sizeof *items);
    hob_gc_track(self);
    return (PyObject *)self;
}

PyObject *
hob_tuple_copy_of(PyObject *const *items, Py_ssize_t n)
{
    if (n == 0) { return Py_NewRef(hob_tuple_empty()); }
    PyTupleObject *self = tuple_alloc(n);
    if (!self) { return NULL; }
    for (Py_ssize_t i = 0; i < n; i++) { self->ob_item[i] = Py_NewRef(items[i]); }
    hob_gc_track(self);
    return (PyObject *)self;
}

static void
tuple_dealloc(PyObject *op)
{
    PyTupleObject *self = as_tuple(op);
    if (UNLIKELY(self == &empty.tuple)) {       /* someone dropped what was not theirs */
        Py_SET_REFCNT(op, IMMORTAL * 2);
        return;
    }
    Py_ssize_t n = Py_SIZE(op);
    if (hob_gc_is_tracked(op)) { hob_gc_untrack(op); }
    Py_TRASHCAN_BEGIN(op, tuple_dealloc)
    for (Py_ssize_t i = n; i-- > 0;) { Py_XDECREF(self->ob_item[i]); }
    if (n > 0 && n <= FREE_SIZE_MAX && free_tuples[n].n < FREE_MAX && PyTuple_CheckExact(op)
        && !STRESSED(freelist)) {
        self->ob_item[0] = (PyObject *)free_tuples[n].first;
        free_tuples[n].first = self;
        free_tuples[n].n++;
    }
    else {
        Py_TYPE(op)->tp_free(op);
    }
    Py_TRASHCAN_END
}

void
hob_tuple_clear_freelists(void)
{
    for (int n = 1; n <= FREE_SIZE_MAX; n++) {
        PyTupleObject *self = free_tuples[n].first;
        free_tuples[n].first = NULL;
        free_tuples[n].n = 0;
        while (self) {
            PyTupleObject *next = (PyTupleObject *)self->ob_item[0];
            PyObject_GC_Del(self);
            self = next;
        }
    }
}

static int
tuple_traverse(PyObject *op, visitproc visit, void *arg)
{
    for (Py_ssize_t i = Py_SIZE(op); i-- > 0;) { Py_VISIT(as_tuple(op)->ob_item[i]); }
    return 0;
}

/* --- protocols --- */

static Py_ssize_t
tuple_length(PyObject *self)
{
    return Py_SIZE(self);
}

static PyObject *
tuple_item(PyObject *self, Py_ssize_t i)
{
    if ((size_t)i >= (size_t)Py_SIZE(self)) {
        PyErr_SetString(PyExc_IndexError, "tuple index out of range");
        return NULL;
    }
    return Py_NewRef(as_tuple(self)->ob_item[i]);
}

static PyObject *
tuple_subscript(PyObject *op, PyObject *index)
{
    PyTupleObject *self = as_tuple(op);
    if (PyIndex_Check(index)) {
        Py_ssize_t i = PyNumber_AsSsize_t(index, PyExc_IndexError);
        if (i == -1 && PyErr_Occurred()) { return NULL; }
        return tuple_item(op, i < 0 ? i + Py_SIZE(self) : i);
    }
    if (!PySlice_Check(index)) {
        PyErr_Format(PyExc_TypeError, "tuple indices must be integers or slices, not %.200s",
                     Py_TYPE(index)->tp_name);
        return NULL;
    }
    Py_ssize_t start, stop, step;
    if (PySlice_Unpack(index, &start, &stop, &step) < 0) { return NULL; }
    Py_ssize_t n = PySlice_AdjustIndices(Py_SIZE(self), &start, &stop, step);
    if (n <= 0) { return PyTuple_New(0); }
    if (step == 1 && n == Py_SIZE(self) && PyTuple_CheckExact(op)) { return Py_NewRef(op); }
    if (step == 1) { return hob_tuple_copy_of(self->ob_item + start, n); }
    PyTupleObject *result = tuple_alloc(n);
    if (!result) { return NULL; }
    for (Py_ssize_t i = 0; i < n; i++, start += step) {
        result->ob_item[i] = Py_NewRef(self->ob_item[start]);
    }
    hob_gc_track(result);
    return (PyObject *)result;
}

static PyObject *
tuple_concat(PyObject *a, PyObject *b)
{
    if (Py_SIZE(a) == 0 && PyTuple_CheckExact(b)) { return Py_NewRef(b); }
    if (!PyTuple_Check(b)) {
        PyErr_Format(PyExc_TypeError, "can only concatenate tuple (not \"%.200s\") to tuple",
                     Py_TYPE(b)->tp_name);
        return NULL;
    }
    Py_ssize_t n = Py_SIZE(a);
    Py_ssize_t m = Py_SIZE(b);
    if (m == 0 && PyTuple_CheckExact(a)) { return Py_NewRef(a); }
    if (n + m == 0) { return PyTuple_New(0); }
    PyTupleObject *result = tuple_alloc(n + m);
    if (!result) { return NULL; }
    for (Py_ssize_t i = 0; i < n; i++) {
        result->ob_item[i] = Py_NewRef(as_tuple(a)->ob_item[i]);
    }
    for (Py_ssize_t i = 0; i < m; i++) {
        result->ob_item[n + i] = Py_NewRef(as_tuple(b)->ob_item[i]);
    }
    hob_gc_track(result);
    return (PyObject *)result;
}

static PyObject *
tuple_repeat(PyObject *op, Py_ssize_t times)
{
    Py_ssize_t n = Py_SIZE(op);
    if ((n == 0 || times == 1) && PyTuple_CheckExact(op)) { return Py_NewRef(op); }
    if (n == 0 || times <= 0) { return PyTuple_New(0); }
    if (n > PY_SSIZE_T_MAX / times) { return PyErr_NoMemory(); }
    PyTupleObject *result = tuple_alloc(n * times);
    if (!result) { return NULL; }
    PyObject **items = result->ob_item;
    for (Py_ssize_t i = 0; i < n; i++) {
        items[i] = as_tuple(op)->ob_item[i];
        Py_SET_REFCNT(items[i], Py_REFCNT(items[i]) + times);
    }
    for (Py_ssize_t done = n, all = n * times; done < all;) {
        Py_ssize_t chunk = done < all - done ? done : all - done;
        memcpy(items + done, items, chunk * sizeof *items);
        done += chunk;
    }
    hob_gc_track(result);
    return (PyObject *)result;
}

static tri
tuple_contains(PyObject *self, PyObject *value)
{
    for (Py_ssize_t i = 0, n = Py_SIZE(self); i < n; i++) {
        tri same = hob_equal(as_tuple(self)->ob_item[i], value);
        if (same) { return same; }
    }
    return 0;
}

/* xxHash's 64-bit primes and rounds, one lane for each item's hash. */
static Py_hash_t
tuple_hash(PyObject *op)
{
    static const Py_uhash_t p1 = 11400714785074694791ULL;
    static const Py_uhash_t p2 = 14029467366897019727ULL;
    static const Py_uhash_t p5 = 2870177450012600261ULL;
    Py_ssize_t n = Py_SIZE(op);
    Py_uhash_t mix = p5;
    for (Py_ssize_t i = 0; i < n; i++) {
        Py_hash_t lane = PyObject_Hash(as_tuple(op)->ob_item[i]);
        if (lane == -1) { return -1; }
        mix += (Py_uhash_t)lane * p2;
        mix = (mix << 31) | (mix >> 33);
        mix *= p1;
    }
    mix += (Py_uhash_t)n ^ (p5 ^ 3527539UL);
    return mix == (Py_uhash_t)-1 ? 1546275796 : (Py_hash_t)mix;
}

hob_order
hob_order_tuples(PyObject *a, PyObject *b)
{
    Py_ssize_t n = Py_SIZE(a);
    Py_ssize_t m = Py_SIZE(b);
    for (Py_ssize_t i = 0; i < n && i < m; i++) {
        PyObject *x = as_tuple(a)->ob_item[i];
        PyObject *y = as_tuple(b)->ob_item[i];
        if (x == y) { continue; }
        hob_order order = hob_order_items(x, y);
        if (order != ORDER_EQUAL) { return order; }
    }
    return ORDER_OF(n, m);
}

static PyObject *
tuple_richcompare(PyObject *a, PyObject *b, int op)
{
    if (!PyTuple_Check(a) || !PyTuple_Check(b)) { Py_RETURN_NOTIMPLEMENTED; }
    Py_ssize_t n = Py_SIZE(a);
    Py_ssize_t m = Py_SIZE(b);
    Py_ssize_t shorter = Py_MIN(n, m);
    for (Py_ssize_t i = 0; i < shorter; i++) {
        PyObject *x = as_tuple(a)->ob_item[i];
        PyObject *y = as_tuple(b)->ob_item[i];
        if (x == y) { continue; }
        hob_order order = hob_order_items(x, y);
        if (order == ORDER_EQUAL) { continue; }
        if (order != ORDER_UNKNOWN) { return PyBool_FromLong(hob_order_holds(order, op)); }
        tri same = PyObject_RichCompareBool(x, y, Py_EQ);
        if (same < 0) { return NULL; }
        if (same) { continue; }
        if (op == Py_EQ || op == Py_NE) { return PyBool_FromLong(op == Py_NE); }
        return PyObject_RichCompare(x, y, op);
    }
    Py_RETURN_RICHCOMPARE(n, m, op);
}

static status
write_items(_PyUnicodeWriter *writer, PyTupleObject *self)
{
    for (Py_ssize_t i = 0, n = Py_SIZE(self); i < n; i++) {
        if (i > 0 && _PyUnicodeWriter_WriteASCIIString(writer, ", ", 2) < 0) { return -1; }
        own PyObject *text = PyObject_Repr(self->ob_item[i]);
        if (!text || _PyUnicodeWriter_WriteStr(writer, text) < 0) { return -1; }
    }
    return 0;
}

static PyObject *
tuple_repr(PyObject *self)
{
    Py_ssize_t n = Py_SIZE(self);
    if (n == 0) { return PyUnicode_FromString("()"); }
    int entered = Py_ReprEnter(self);
    if (entered) { return entered > 0 ? PyUnicode_FromString("(...)") : NULL; }
    _PyUnicodeWriter writer;
    _PyUnicodeWriter_Init(&writer);
    writer.overallocate = 1;
    writer.min_length = n > 1 ? 1 + 1 + (2 + 1) * (n - 1) + 1 : 4;
    bool failed = _PyUnicodeWriter_WriteChar(&writer, '(') < 0
                  || write_items(&writer, as_tuple(self)) < 0;
    writer.overallocate = 0;
    const char *end = n > 1 ? ")" : ",)";
    failed = failed || _PyUnicodeWriter_WriteASCIIString(&writer, end, strlen(end)) < 0;
    Py_ReprLeave(self);
    if (failed) {
        _PyUnicodeWriter_Dealloc(&writer);
        return NULL;
    }
    return _PyUnicodeWriter_Finish(&writer);
}

/* --- methods --- */

/** tuple.__getnewargs__($self, /)
 */
static PyObject *
tuple_getnewargs(PyTupleObject *self)
{
    return Py_BuildValue("(N)", hob_tuple_copy_of(self->ob_item, Py_SIZE(self)));
}

/** tuple.index($self, value, start=0, stop=sys.maxsize, /)
 *
 *  Position of the first item that equals value; ValueError without one.
 */
static PyObject *
tuple_index(PyTupleObject *self, PyObject *value, slice_index start, slice_index stop)
{
    Py_ssize_t n = Py_SIZE(self);
    if (start < 0) { start = start + n < 0 ? 0 : start + n; }
    if (stop < 0) { stop += n; }
    if (stop > n) { stop = n; }
    for (Py_ssize_t i = start; i < stop; i++) {
        tri same = hob_equal(self->ob_item[i], value);
        if (same < 0) { return NULL; }
        if (same) { return PyLong_FromSsize_t(i); }
    }
    PyErr_SetString(PyExc_ValueError, "tuple.index(x): x not in tuple");
    return NULL;
}

/** tuple.count($self, value, /)
 *
 *  How many items equal value.
 */
static PyObject *
tuple_count(PyObject *self, PyObject *value)
{
    Py_ssize_t count = 0;
    for (Py_ssize_t i = 0, n = Py_SIZE(self); i < n; i++) {
        tri same = hob_equal(as_tuple(self)->ob_item[i], value);
        if (same < 0) { return NULL; }
        count += same;
    }
    return PyLong_FromSsize_t(count);
}

/** tuple.__class_getitem__($type, item, /)
 *
 *  See PEP 585.
 */
static PyObject *
tuple_class_getitem(PyObject *type, PyObject *item)
{
    return Py_GenericAlias(type, item);
}

static PyObject *
make(PyTypeObject *type, PyObject *iterable)
{
    if (type == &PyTuple_Type) {
        return iterable ? PySequence_Tuple(iterable) : PyTuple_New(0);
    }
    own PyObject *items = iterable ? PySequence_Tuple(iterable) : PyTuple_New(0);
    if (!items) { return NULL; }
    Py_ssize_t n = PyTuple_GET_SIZE(items);
    PyObject *self = type->tp_alloc(type, n);
    if (!self) { return NULL; }
    for (Py_ssize_t i = 0; i < n; i++) {
        as_tuple(self)->ob_item[i] = Py_NewRef(as_tuple(items)->ob_item[i]);
    }
    return self;
}

/** @type PyTuple_Type tuple.__new__($type, iterable=(), /)
 *
 *  A sequence that never changes: the items of iterable, or nothing.
 *
 *  Of a tuple, the very same tuple.
 */
static PyObject *
tuple_new(PyTypeObject *type, PyObject *iterable)
{
    return make(type, iterable);
}

#include "gen/objects/tuple.bind.h"

static PyObject *
tuple_vectorcall(PyObject *type, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    if (!_PyArg_NoKwnames("tuple", kwnames)) { return NULL; }
    Py_ssize_t nargs = PyVectorcall_NARGS(nargsf);
    if (!_PyArg_CheckPositional("tuple", nargs, 0, 1)) { return NULL; }
    return make((PyTypeObject *)type, nargs ? args[0] : NULL);
}

/* --- the type --- */

static PySequenceMethods tuple_as_sequence = {
    .sq_length = tuple_length,
    .sq_concat = tuple_concat,
    .sq_repeat = tuple_repeat,
    .sq_item = tuple_item,
    .sq_contains = tuple_contains,
};

static PyMappingMethods tuple_as_mapping = {
    .mp_length = tuple_length,
    .mp_subscript = tuple_subscript,
};

PyTypeObject PyTuple_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "tuple",
    .tp_basicsize = sizeof(PyTupleObject) - sizeof(PyObject *),
    .tp_itemsize = sizeof(PyObject *),
    .tp_dealloc = tuple_dealloc,
    .tp_repr = tuple_repr,
    .tp_as_sequence = &tuple_as_sequence,
    .tp_as_mapping = &tuple_as_mapping,
    .tp_hash = tuple_hash,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE
                | Py_TPFLAGS_TUPLE_SUBCLASS | _Py_TPFLAGS_MATCH_SELF | Py_TPFLAGS_SEQUENCE,
    .tp_doc = tuple_new__doc,
    .tp_traverse = tuple_traverse,
    .tp_richcompare = tuple_richcompare,
    .tp_iter = hob_sequence_iter_tuple,
    .tp_methods = tuple_methods,
    .tp_new = tuple_new__slot,
    .tp_free = PyObject_GC_Del,
    .tp_vectorcall = tuple_vectorcall,
};

/* --- invariants --- */

bool
hob_tuple_check(PyObject *op)
{
    INVARIANT(1, Py_SIZE(op) >= 0);
    INVARIANT(2, Py_SIZE(op) > 0 || !PyTuple_CheckExact(op) || op == (PyObject *)&empty.tuple);
    for (Py_ssize_t i = 0; i < Py_SIZE(op); i++) {      /* NULL while C code fills it */
        PyObject *item = PyTuple_GET_ITEM(op, i);
        INVARIANT(3, !item || Py_REFCNT(item) > 0);
    }
    return true;
}

/* --- public API --- */

Py_ssize_t
PyTuple_Size(PyObject *op)
{
    if (!PyTuple_Check(op)) {
        PyErr_BadInternalCall();
        return -1;
    }
    return Py_SIZE(op);
}

PyObject *
PyTuple_GetItem(PyObject *op, Py_ssize_t i)
{
    if (!PyTuple_Check(op)) {
        PyErr_BadInternalCall();
        return NULL;
    }
    if ((size_t)i >= (size_t)Py_SIZE(op)) {
        PyErr_SetString(PyExc_IndexError, "tuple index out of range");
        return NULL;
    }
    return as_tuple(op)->ob_item[i];
}

/* Only for a tuple that nobody else has seen. */
int
PyTuple_SetItem(PyObject *op, Py_ssize_t i, PyObject *item)
{
    if (!PyTuple_Check(op) || Py_REFCNT(op) != 1) {
        Py_XDECREF(item);
        PyErr_BadInternalCall();
        return -1;
    }
    if ((size_t)i >= (size_t)Py_SIZE(op)) {
        Py_XDECREF(item);
        PyErr_SetString(PyExc_IndexError, "tuple assignment index out of range");
        return -1;
    }
    PyObject *old = as_tuple(op)->ob_item[i];
    as_tuple(op)->ob_item[i] = item;
    Py_XDECREF(old);
    return 0;
}

PyObject *
PyTuple_Pack(Py_ssize_t n, ...)
{
    if (n == 0) { return PyTuple_New(0); }
    va_list items;
    va_start(items, n);
    PyTupleObject *self = tuple_alloc(n);
    for (Py_ssize_t i = 0; self && i < n; i++) {
        self->ob_item[i] = Py_NewRef(va_arg(items, PyObject *));
    }
    va_end(items);
    if (self) { hob_gc_track(self); }
    return (PyObject *)self;
}

PyObject *
PyTuple_GetSlice(PyObject *op, Py_ssize_t low, Py_ssize_t high)
{
    if (!op || !PyTuple_Check(op)) {
        PyErr_BadInternalCall();
        return NULL;
    }
    Py_ssize_t n = Py_SIZE(op);
    low = low < 0 ? 0 : low;
    high = high > n ? n : high;
    if (high < low) { high = low; }
    if (low == 0 && high == n && PyTuple_CheckExact(op)) { return Py_NewRef(op); }
    return hob_tuple_copy_of(as_tuple(op)->ob_item + low, high - low);
}

/* Give a tuple that nobody else has seen another size; new slots are NULL. */
int
_PyTuple_Resize(PyObject **slot, Py_ssize_t n)
{
    PyObject *op = *slot;
    if (!op || !PyTuple_CheckExact(op) || (Py_SIZE(op) != 0 && Py_REFCNT(op) != 1)) {
        *slot = NULL;
        Py_XDECREF(op);
        PyErr_BadInternalCall();
        return -1;
    }
    Py_ssize_t old = Py_SIZE(op);
    if (old == n) { return 0; }
    if (n == 0 || old == 0) {
        Py_DECREF(op);
        *slot = PyTuple_New(n);
        return *slot ? 0 : -1;
    }
    if (hob_gc_is_tracked(op)) { hob_gc_untrack(op); }
    for (Py_ssize_t i = n; i < old; i++) { Py_CLEAR(as_tuple(op)->ob_item[i]); }
    PyTupleObject *moved = PyObject_GC_Resize(PyTupleObject, op, n);
    if (!moved) {
        *slot = NULL;
        PyObject_GC_Del(op);
        return -1;
    }
    if (n > old) { memset(&moved->ob_item[old], 0, (n - old) * sizeof(PyObject *)); }
    *slot = (PyObject *)moved;
    hob_gc_track(moved);
    return 0;
}

/* Called by the collector: a tuple of plain data needs no watching. */
void
_PyTuple_MaybeUntrack(PyObject *op)
{
    if (!PyTuple_CheckExact(op) || !hob_gc_is_tracked(op)) { return; }
    for (Py_ssize_t i = 0, n = Py_SIZE(op); i < n; i++) {
        PyObject *item = as_tuple(op)->ob_item[i];
        if (!item || hob_gc_is_trackable(item)) { return; }         /* NULL: still being filled */
    }
    hob_gc_untrack(op);
}

void
_PyTuple_DebugMallocStats(FILE *out)
{
    for (int n = 1; n <= FREE_SIZE_MAX; n++) {
        char what[64];
        PyOS_snprintf(what, sizeof what, "free %d-sized PyTupleObject", n);
        _PyDebugAllocatorStats(out, what, free_tuples[n].n,
                               offsetof(PyTupleObject, ob_item) + n * sizeof(PyObject *));
    }
}

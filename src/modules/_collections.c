/* _collections.c -- deque, defaultdict, and helpers of module collections.
 *
 * Layout     a deque is a doubly linked list of blocks of 64 references:
 *
 *              left block            right block
 *              [ . . a b c ] <-> [ d e f g ] <-> [ h i . . ]
 *                    ^ left_index                  ^ right_index
 * Holds      Py_SIZE == 0  <=>  one block, left_index == right_index + 1.
 *            Slots outside left..right own nothing.  state changes with every change
 *            of what is in the deque, so that iterators notice.
 * Hazard     dropping or comparing items runs code that may change the deque:
 *            items are taken out before they are dropped, and state is compared after.
 */
#include <Python.h>

#include <structmember.h>

#include "base/stress.h"
#include "memory/own.h"
#include "objects/bind.h"
#include "objects/ids.h"

enum { BLOCK = 64, MIDDLE = (BLOCK - 1) / 2, FREE_BLOCKS = 16 };

typedef struct block {
    struct block *left;
    PyObject *items[BLOCK];
    struct block *right;
} block;

typedef struct deque {
    PyObject_VAR_HEAD
    block *left;
    block *right;
    Py_ssize_t left_index;              /* 0 <= left_index < BLOCK */
    Py_ssize_t right_index;             /* 0 <= right_index < BLOCK */
    size_t state;
    Py_ssize_t maxlen;                  /* -1: unbounded */
    Py_ssize_t n_free;
    block *free[FREE_BLOCKS];
    PyObject *weakreflist;
} deque;

_Static_assert(sizeof(deque) == 216, "getsizeof of the reference");

PyTypeObject hob_deque_type;                    /* run/check.c knows it */
static PyTypeObject deque_iter_type;
static PyTypeObject deque_reverse_iter_type;
static PyTypeObject defaultdict_type;
static PyTypeObject tuplegetter_type;

/* --- blocks --- */

static block *
new_block(deque *self)
{
    if (self->n_free) { return self->free[--self->n_free]; }
    block *b = PyMem_Malloc(sizeof *b);
    if (!b) { PyErr_NoMemory(); }
    return b;
}

static void
free_block(deque *self, block *b)
{
    if (self->n_free < FREE_BLOCKS && !STRESSED(freelist)) { self->free[self->n_free++] = b; }
    else { PyMem_Free(b); }
}

static void
set_empty(deque *self, block *b)
{
    b->left = NULL;
    b->right = NULL;
    self->left = b;
    self->right = b;
    self->left_index = MIDDLE + 1;
    self->right_index = MIDDLE;
}

/* --- both ends --- */

static status
push_right(deque *self, STOLEN PyObject *item)
{
    if (self->right_index == BLOCK - 1) {
        block *b = new_block(self);
        if (!b) {
            Py_DECREF(item);
            return -1;
        }
        b->left = self->right;
        b->right = NULL;
        self->right->right = b;
        self->right = b;
        self->right_index = -1;
    }
    Py_SET_SIZE(self, Py_SIZE(self) + 1);
    self->right->items[++self->right_index] = item;
    self->state++;
    return 0;
}

static status
push_left(deque *self, STOLEN PyObject *item)
{
    if (self->left_index == 0) {
        block *b = new_block(self);
        if (!b) {
            Py_DECREF(item);
            return -1;
        }
        b->right = self->left;
        b->left = NULL;
        self->left->left = b;
        self->left = b;
        self->left_index = BLOCK;
    }
    Py_SET_SIZE(self, Py_SIZE(self) + 1);
    self->left->items[--self->left_index] = item;
    self->state++;
    return 0;
}

/* The last item; there must be one. */
static PyObject *
pull_right(deque *self)
{
    PyObject *item = self->right->items[self->right_index--];
    Py_SET_SIZE(self, Py_SIZE(self) - 1);
    self->state++;
    if (self->right_index < 0) {
        if (Py_SIZE(self)) {
            block *before = self->right->left;
            free_block(self, self->right);
            before->right = NULL;
            self->right = before;
            self->right_index = BLOCK - 1;
        }
        else {
            set_empty(self, self->right);
        }
    }
    return item;
}

static PyObject *
pull_left(deque *self)
{
    PyObject *item = self->left->items[self->left_index++];
    Py_SET_SIZE(self, Py_SIZE(self) - 1);
    self->state++;
    if (self->left_index == BLOCK) {
        if (Py_SIZE(self)) {
            block *after = self->left->right;
            free_block(self, self->left);
            after->left = NULL;
            self->left = after;
            self->left_index = 0;
        }
        else {
            set_empty(self, self->left);
        }
    }
    return item;
}

static COLD PyObject *
empty_error(void)
{
    PyErr_SetString(PyExc_IndexError, "pop from an empty deque");
    return NULL;
}

static inline bool
is_too_long(deque *self)
{
    return (size_t)self->maxlen < (size_t)Py_SIZE(self);    /* -1: never */
}

static status
append_right(deque *self, STOLEN PyObject *item)
{
    if (push_right(self, item) < 0) { return -1; }
    if (is_too_long(self)) { Py_DECREF(pull_left(self)); }
    return 0;
}

static status
append_left(deque *self, STOLEN PyObject *item)
{
    if (push_left(self, item) < 0) { return -1; }
    if (is_too_long(self)) { Py_DECREF(pull_right(self)); }
    return 0;
}

/** deque.append($self, item, /)
 *
 *  Add an item at the right end.
 */
static PyObject *
deque_append(PyObject *self, PyObject *item)
{
    if (append_right((deque *)self, Py_NewRef(item)) < 0) { return NULL; }
    Py_RETURN_NONE;
}

/** deque.appendleft($self, item, /)
 *
 *  Add an item at the left end.
 */
static PyObject *
deque_appendleft(PyObject *self, PyObject *item)
{
    if (append_left((deque *)self, Py_NewRef(item)) < 0) { return NULL; }
    Py_RETURN_NONE;
}

/** deque.pop($self, /)
 *
 *  Remove the rightmost item and return it.
 */
static PyObject *
deque_pop(deque *self)
{
    return Py_SIZE(self) ? pull_right(self) : empty_error();
}

/** deque.popleft($self, /)
 *
 *  Remove the leftmost item and return it.
 */
static PyObject *
deque_popleft(deque *self)
{
    return Py_SIZE(self) ? pull_left(self) : empty_error();
}

/* --- many at once --- */

static status
extend(deque *self, PyObject *iterable, status (*append)(deque *, PyObject *))
{
    own PyObject *source = iterable == (PyObject *)self ? PySequence_List(iterable)
                                                        : Py_NewRef(iterable);
    own PyObject *iter = source ? PyObject_GetIter(source) : NULL;
    if (!iter) { return -1; }
    if (Py_SIZE(self) == 0) {           /* leave the one block's room where it will grow */
        self->left_index = append == append_right ? 1 : BLOCK - 1;
        self->right_index = self->left_index - 1;
    }
    iternextfunc next = Py_TYPE(iter)->tp_iternext;
    for (PyObject *item; (item = next(iter));) {
        if (self->maxlen == 0) { Py_DECREF(item); }
        else if (append(self, item) < 0) { return -1; }
    }
    if (!PyErr_Occurred()) { return 0; }
    if (!PyErr_ExceptionMatches(PyExc_StopIteration)) { return -1; }
    PyErr_Clear();
    return 0;
}

/** deque.extend($self, iterable, /)
 *
 *  Add the items of iterable at the right end.
 */
static PyObject *
deque_extend(PyObject *self, PyObject *iterable)
{
    if (extend((deque *)self, iterable, append_right) < 0) { return NULL; }
    Py_RETURN_NONE;
}

/** deque.extendleft($self, iterable, /)
 *
 *  Add the items of iterable at the left end, one after the other.
 */
static PyObject *
deque_extendleft(PyObject *self, PyObject *iterable)
{
    if (extend((deque *)self, iterable, append_left) < 0) { return NULL; }
    Py_RETURN_NONE;
}

static PyObject *
deque_inplace_concat(PyObject *self, PyObject *other)
{
    return extend((deque *)self, other, append_right) < 0 ? NULL : Py_NewRef(self);
}

/* Make self empty with a block of its own, then drop what the old ones held. */
static void
empty(deque *self)
{
    if (Py_SIZE(self) == 0) { return; }
    block *fresh = new_block(self);
    if (!fresh) {                       /* no memory: one by one, then */
        PyErr_Clear();
        while (Py_SIZE(self)) { Py_DECREF(pull_right(self)); }
        return;
    }
    block *b = self->left;
    Py_ssize_t i = self->left_index;
    Py_ssize_t n = Py_SIZE(self);
    Py_SET_SIZE(self, 0);
    set_empty(self, fresh);
    self->state++;
    while (n-- > 0) {
        if (i == BLOCK) {
            block *next = b->right;
            free_block(self, b);
            b = next;
            i = 0;
        }
        Py_DECREF(b->items[i++]);
    }
    free_block(self, b);
}

/** deque.clear($self, /)
 *
 *  Remove all items.
 */
static void
deque_clear(deque *self)
{
    empty(self);
}

static PyObject *
make_deque(PyTypeObject *type)
{
    deque *self = (deque *)type->tp_alloc(type, 0);
    if (!self) { return NULL; }
    block *b = new_block(self);
    if (!b) {
        Py_DECREF(self);
        return NULL;
    }
    Py_SET_SIZE(self, 0);
    set_empty(self, b);
    self->maxlen = -1;
    return (PyObject *)self;
}

static PyObject *
deque_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    return make_deque(type);
}

static status
deque_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"iterable", "maxlen", NULL};
    deque *self = (deque *)op;
    PyObject *iterable = NULL;
    PyObject *limit = NULL;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|OO:deque", names, &iterable, &limit)) {
        return -1;
    }
    Py_ssize_t maxlen = -1;
    if (limit && limit != Py_None) {
        maxlen = PyLong_AsSsize_t(limit);
        if (maxlen == -1 && PyErr_Occurred()) { return -1; }
        if (maxlen < 0) {
            PyErr_SetString(PyExc_ValueError, "maxlen must be non-negative");
            return -1;
        }
    }
    self->maxlen = maxlen;
    empty(self);
    return iterable ? extend(self, iterable, append_right) : 0;
}

static void
deque_dealloc(PyObject *op)
{
    deque *self = (deque *)op;
    PyObject_GC_UnTrack(op);
    Py_TRASHCAN_BEGIN(op, deque_dealloc)
    if (self->weakreflist) { PyObject_ClearWeakRefs(op); }
    if (self->left) {
        empty(self);
        PyMem_Free(self->left);
    }
    while (self->n_free) { PyMem_Free(self->free[--self->n_free]); }
    Py_TYPE(op)->tp_free(op);
    Py_TRASHCAN_END
}

static int
deque_traverse(PyObject *op, visitproc visit, void *arg)
{
    deque *self = (deque *)op;
    if (!self->left) { return 0; }
    Py_ssize_t i = self->left_index;
    for (block *b = self->left; b; b = b->right, i = 0) {
        Py_ssize_t last = b == self->right ? self->right_index : BLOCK - 1;
        for (; i <= last; i++) { Py_VISIT(b->items[i]); }
    }
    return 0;
}

static int
deque_tp_clear(PyObject *op)
{
    empty((deque *)op);
    return 0;
}

/* --- copies --- */

static PyObject *
copy(deque *self)
{
    if (Py_IS_TYPE(self, &hob_deque_type)) {
        own PyObject *result = make_deque(&hob_deque_type);
        if (!result) { return NULL; }
        ((deque *)result)->maxlen = self->maxlen;
        if (extend((deque *)result, (PyObject *)self, append_right) < 0) { return NULL; }
        return take(result);
    }
    PyObject *type = (PyObject *)Py_TYPE(self);
    PyObject *result = self->maxlen < 0 ? PyObject_CallOneArg(type, (PyObject *)self)
                                        : PyObject_CallFunction(type, "On", self, self->maxlen);
    if (result && !PyObject_TypeCheck(result, &hob_deque_type)) {
        PyErr_Format(PyExc_TypeError, "%.200s() must return a deque, not %.200s",
                     Py_TYPE(self)->tp_name, Py_TYPE(result)->tp_name);
        Py_CLEAR(result);
    }
    return result;
}

/** deque.copy($self, /)
 *
 *  A shallow copy.
 */
static PyObject *
deque_copy(deque *self)
{
    return copy(self);
}

/** deque.__copy__($self, /)
 *
 *  A shallow copy.
 */
static PyObject *
deque_copy_dunder(deque *self)
{
    return copy(self);
}

static PyObject *
deque_concat(PyObject *a, PyObject *b)
{
    if (!PyObject_TypeCheck(b, &hob_deque_type)) {
        PyErr_Format(PyExc_TypeError, "can only concatenate deque (not \"%.200s\") to deque",
                     Py_TYPE(b)->tp_name);
        return NULL;
    }
    own PyObject *result = copy((deque *)a);
    if (!result || extend((deque *)result, b, append_right) < 0) { return NULL; }
    return take(result);
}

static PyObject *
deque_inplace_repeat(PyObject *op, Py_ssize_t times)
{
    deque *self = (deque *)op;
    Py_ssize_t n = Py_SIZE(self);
    if (n == 0 || times == 1) { return Py_NewRef(op); }
    if (times <= 0) {
        empty(self);
        return Py_NewRef(op);
    }
    if (self->maxlen >= 0 && times > (self->maxlen + n - 1) / n) {
        times = (self->maxlen + n - 1) / n;             /* more would be dropped again */
    }
    if (n > PY_SSIZE_T_MAX / times) { return PyErr_NoMemory(); }
    own PyObject *items = PySequence_List(op);
    if (!items) { return NULL; }
    while (--times > 0) {
        if (extend(self, items, append_right) < 0) { return NULL; }
    }
    return Py_NewRef(op);
}

static PyObject *
deque_repeat(PyObject *self, Py_ssize_t times)
{
    own PyObject *result = copy((deque *)self);
    return result ? deque_inplace_repeat(result, times) : NULL;
}

/* --- rotation --- */

/* Move the last n items to the front, or the first -n to the back, in runs. */
static status
rotate(deque *self, Py_ssize_t n)
{
    Py_ssize_t size = Py_SIZE(self);
    Py_ssize_t half = size >> 1;
    if (size <= 1) { return 0; }
    if (n > half || n < -half) {
        n %= size;
        if (n > half) { n -= size; }
        else if (n < -half) { n += size; }
    }
    for (; n > 0; n--) {
        if (push_left(self, pull_right(self)) < 0) { return -1; }
    }
    for (; n < 0; n++) {
        if (push_right(self, pull_left(self)) < 0) { return -1; }
    }
    return 0;
}

/** deque.rotate($self, n=1, /)
 *
 *  Rotate n steps to the right, or to the left when negative.
 */
static PyObject *
deque_rotate(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    Py_ssize_t n = 1;
    if (!_PyArg_CheckPositional("deque.rotate", nargs, 0, 1)) { return NULL; }
    if (nargs && !arg_ssize(args[0], &n)) { return NULL; }
    if (rotate((deque *)self, n) < 0) { return NULL; }
    Py_RETURN_NONE;
}

/** deque.reverse($self, /)
 *
 *  Reverse the order, in place.
 */
static void
deque_reverse(deque *self)
{
    block *b = self->left;
    block *c = self->right;
    Py_ssize_t i = self->left_index;
    Py_ssize_t j = self->right_index;
    for (Py_ssize_t n = Py_SIZE(self) >> 1; n > 0; n--) {
        PyObject *item = b->items[i];
        b->items[i] = c->items[j];
        c->items[j] = item;
        if (++i == BLOCK) {
            b = b->right;
            i = 0;
        }
        if (j-- == 0) {
            c = c->left;
            j = BLOCK - 1;
        }
    }
}

/* --- single items --- */

/* Where item i lies, from the nearer end. */
static PyObject **
slot_of(deque *self, Py_ssize_t i)
{
    Py_ssize_t n = Py_SIZE(self);
    Py_ssize_t at = i + self->left_index;
    Py_ssize_t steps = at / BLOCK;
    at %= BLOCK;
    block *b;
    if (i < n >> 1) {
        for (b = self->left; steps > 0; steps--) { b = b->right; }
    }
    else {
        steps = (self->left_index + n - 1) / BLOCK - steps;
        for (b = self->right; steps > 0; steps--) { b = b->left; }
    }
    return &b->items[at];
}

static bool
check_index(deque *self, Py_ssize_t i)
{
    if ((size_t)i < (size_t)Py_SIZE(self)) { return true; }
    PyErr_SetString(PyExc_IndexError, "deque index out of range");
    return false;
}

static Py_ssize_t
deque_length(PyObject *self)
{
    return Py_SIZE(self);
}

static PyObject *
deque_item(PyObject *op, Py_ssize_t i)
{
    deque *self = (deque *)op;
    return check_index(self, i) ? Py_NewRef(*slot_of(self, i)) : NULL;
}

static status
delete_at(deque *self, Py_ssize_t i)
{
    if (rotate(self, -i) < 0) { return -1; }
    PyObject *item = pull_left(self);
    status done = rotate(self, i);
    Py_DECREF(item);
    return done;
}

static status
deque_ass_item(PyObject *op, Py_ssize_t i, PyObject *value)
{
    deque *self = (deque *)op;
    if (!check_index(self, i)) { return -1; }
    if (!value) { return delete_at(self, i); }
    PyObject **slot = slot_of(self, i);
    PyObject *old = *slot;
    *slot = Py_NewRef(value);
    Py_DECREF(old);
    return 0;
}

/** deque.insert($self, index, object, /)
 *
 *  Insert object before index.
 */
static PyObject *
deque_insert(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    deque *self = (deque *)op;
    if (nargs != 2) {
        PyErr_Format(PyExc_TypeError, "insert() takes exactly 2 arguments (%zd given)", nargs);
        return NULL;
    }
    Py_ssize_t index;
    if (!arg_ssize(args[0], &index)) { return NULL; }
    Py_ssize_t n = Py_SIZE(self);
    if (self->maxlen == n) {
        PyErr_SetString(PyExc_IndexError, "deque already at its maximum size");
        return NULL;
    }
    PyObject *object = args[1];
    status done;
    if (index >= n) { done = append_right(self, Py_NewRef(object)); }
    else if (index <= -n || index == 0) { done = append_left(self, Py_NewRef(object)); }
    else {
        done = rotate(self, -index);
        if (done == 0) {
            done = index < 0 ? append_right(self, Py_NewRef(object))
                             : append_left(self, Py_NewRef(object));
        }
        if (done == 0) { done = rotate(self, index); }
    }
    if (done < 0) { return NULL; }
    Py_RETURN_NONE;
}

/* --- searching --- */

/* A place in a deque while nobody changes it. */
typedef struct cursor {
    block *b;
    Py_ssize_t i;
    size_t state;
} cursor;

static cursor
cursor_at(deque *self, Py_ssize_t i)
{
    cursor c = {self->left, self->left_index + i, self->state};
    while (c.i >= BLOCK) {
        c.b = c.b->right;
        c.i -= BLOCK;
    }
    return c;
}

/* Compare the item at the cursor and step on; mutation raises `error`. */
static tri
compare_and_step(deque *self, cursor *c, PyObject *value, PyObject *error)
{
    own PyObject *item = Py_NewRef(c->b->items[c->i]);
    tri same = PyObject_RichCompareBool(item, value, Py_EQ);
    if (same < 0) { return -1; }
    if (self->state != c->state) {
        PyErr_SetString(error, "deque mutated during iteration");
        return -1;
    }
    if (++c->i == BLOCK) {
        c->b = c->b->right;
        c->i = 0;
    }
    return same;
}

/* Position of the first item from start on that equals value: -1 without one, -2
 * with an exception. */
static Py_ssize_t
search(deque *self, PyObject *value, Py_ssize_t start, Py_ssize_t stop, PyObject *error)
{
    if (start >= stop) { return -1; }
    cursor c = cursor_at(self, start);
    for (Py_ssize_t i = start; i < stop; i++) {
        tri same = compare_and_step(self, &c, value, error);
        if (same) { return same < 0 ? -2 : i; }
    }
    return -1;
}

static tri
deque_contains(PyObject *op, PyObject *value)
{
    Py_ssize_t at = search((deque *)op, value, 0, Py_SIZE(op), PyExc_RuntimeError);
    return at == -2 ? -1 : at >= 0;
}

/** deque.count($self, value, /)
 *
 *  How many items equal value.
 */
static PyObject *
deque_count(PyObject *op, PyObject *value)
{
    deque *self = (deque *)op;
    Py_ssize_t count = 0;
    cursor c = cursor_at(self, 0);
    for (Py_ssize_t n = Py_SIZE(self); n > 0; n--) {
        tri same = compare_and_step(self, &c, value, PyExc_RuntimeError);
        if (same < 0) { return NULL; }
        count += same;
    }
    return PyLong_FromSsize_t(count);
}

static PyObject *
not_found(PyObject *value)
{
    PyErr_Format(PyExc_ValueError, "%R is not in deque", value);
    return NULL;
}

/** deque.index($self, value, start=0, stop=sys.maxsize, /)
 *
 *  Position of the first item that equals value; ValueError without one.
 */
static PyObject *
deque_index(PyObject *op, PyObject *const *args, Py_ssize_t nargs)
{
    deque *self = (deque *)op;
    Py_ssize_t start = 0;
    Py_ssize_t stop = Py_SIZE(self);
    PyObject *value;
    if (!_PyArg_ParseStack(args, nargs, "O|O&O&:index", &value, _PyEval_SliceIndexNotNone, &start,
                           _PyEval_SliceIndexNotNone, &stop)) {
        return NULL;
    }
    Py_ssize_t n = Py_SIZE(self);
    if (start < 0) { start = start + n < 0 ? 0 : start + n; }
    if (stop < 0) { stop = stop + n < 0 ? 0 : stop + n; }
    if (stop > n) { stop = n; }
    Py_ssize_t at = search(self, value, start, stop, PyExc_RuntimeError);
    if (at == -2) { return NULL; }
    return at < 0 ? not_found(value) : PyLong_FromSsize_t(at);
}

/** deque.remove($self, value, /)
 *
 *  Remove the first item that equals value; ValueError without one.
 */
static PyObject *
deque_remove(PyObject *op, PyObject *value)
{
    deque *self = (deque *)op;
    Py_ssize_t at = search(self, value, 0, Py_SIZE(self), PyExc_IndexError);
    if (at == -2) { return NULL; }
    if (at < 0) { return not_found(value); }
    if (delete_at(self, at) < 0) { return NULL; }
    Py_RETURN_NONE;
}

/* --- the rest of deque --- */

/** deque.__reduce__($self, /)
 *
 *  State for pickling.
 */
static PyObject *
deque_reduce(PyObject *op)
{
    deque *self = (deque *)op;
    own PyObject *state = _PyObject_GetState(op);
    own PyObject *iter = state ? PyObject_GetIter(op) : NULL;
    if (!iter) { return NULL; }
    if (self->maxlen < 0) { return Py_BuildValue("O()OO", Py_TYPE(op), state, iter); }
    return Py_BuildValue("O(()n)OO", Py_TYPE(op), self->maxlen, state, iter);
}

static PyObject *make_iter(PyTypeObject *type, deque *self);

/** deque.__reversed__($self, /)
 *
 *  An iterator over the items, last one first.
 */
static PyObject *
deque_reversed(deque *self)
{
    return make_iter(&deque_reverse_iter_type, self);
}

/** deque.__sizeof__($self, /)
 *
 *  Bytes of the deque and its blocks.
 */
static Py_ssize_t
deque_sizeof(deque *self)
{
    Py_ssize_t n_blocks = (self->left_index + Py_SIZE(self) + BLOCK - 1) / BLOCK;
    return Py_TYPE(self)->tp_basicsize + n_blocks * (Py_ssize_t)sizeof(block);
}

/** deque.__class_getitem__($type, item, /)
 *
 *  See PEP 585.
 */
static PyObject *
deque_class_getitem(PyObject *type, PyObject *item)
{
    return Py_GenericAlias(type, item);
}

static PyObject *
deque_repr(PyObject *op)
{
    int entered = Py_ReprEnter(op);
    if (entered) { return entered > 0 ? PyUnicode_FromString("[...]") : NULL; }
    own PyObject *items = PySequence_List(op);
    PyObject *text = NULL;
    if (items) {
        Py_ssize_t maxlen = ((deque *)op)->maxlen;
        const char *name = _PyType_Name(Py_TYPE(op));
        text = maxlen >= 0 ? PyUnicode_FromFormat("%s(%R, maxlen=%zd)", name, items, maxlen)
                           : PyUnicode_FromFormat("%s(%R)", name, items);
    }
    Py_ReprLeave(op);
    return text;
}

static PyObject *
deque_richcompare(PyObject *a, PyObject *b, int op)
{
    if (!PyObject_TypeCheck(a, &hob_deque_type) || !PyObject_TypeCheck(b, &hob_deque_type)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    Py_ssize_t n = Py_SIZE(a);
    Py_ssize_t m = Py_SIZE(b);
    if (op == Py_EQ || op == Py_NE) {
        if (a == b) { return PyBool_FromLong(op == Py_EQ); }
        if (n != m) { return PyBool_FromLong(op == Py_NE); }
    }
    own PyObject *a_iter = PyObject_GetIter(a);
    own PyObject *b_iter = a_iter ? PyObject_GetIter(b) : NULL;
    if (!b_iter) { return NULL; }
    for (;;) {
        own PyObject *x = PyIter_Next(a_iter);
        if (!x && PyErr_Occurred()) { return NULL; }
        own PyObject *y = PyIter_Next(b_iter);
        if (!y && PyErr_Occurred()) { return NULL; }
        if (!x || !y) {
            int first = x != NULL;
            int second = y != NULL;
            Py_RETURN_RICHCOMPARE(first, second, op);
        }
        tri same = PyObject_RichCompareBool(x, y, Py_EQ);
        if (same < 0) { return NULL; }
        if (!same) {
            if (op == Py_EQ || op == Py_NE) { return PyBool_FromLong(op == Py_NE); }
            return PyObject_RichCompare(x, y, op);
        }
    }
}

static PyObject *
get_maxlen(PyObject *op, void *unused)
{
    Py_ssize_t maxlen = ((deque *)op)->maxlen;
    if (maxlen < 0) { Py_RETURN_NONE; }
    return PyLong_FromSsize_t(maxlen);
}

static PyGetSetDef deque_getset[] = {
    {"maxlen", get_maxlen, NULL, PyDoc_STR("The greatest length it may have, or None."), NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyObject *
deque_iter(PyObject *self)
{
    return make_iter(&deque_iter_type, (deque *)self);
}

/* --- its iterators --- */

typedef struct deque_iter_object {
    PyObject_HEAD
    block *b;
    Py_ssize_t index;           /* in the block */
    deque *deque;               /* owned */
    size_t state;
    Py_ssize_t left;            /* items still to come */
} deque_iter_object;

static PyObject *
make_iter(PyTypeObject *type, deque *self)
{
    deque_iter_object *it = PyObject_GC_New(deque_iter_object, type);
    if (!it) { return NULL; }
    bool is_forward = type == &deque_iter_type;
    it->b = is_forward ? self->left : self->right;
    it->index = is_forward ? self->left_index : self->right_index;
    it->deque = (deque *)Py_NewRef(self);
    it->state = self->state;
    it->left = Py_SIZE(self);
    PyObject_GC_Track(it);
    return (PyObject *)it;
}

static void
iter_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    Py_XDECREF(((deque_iter_object *)op)->deque);
    PyObject_GC_Del(op);
}

static int
iter_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(((deque_iter_object *)op)->deque);
    return 0;
}

static bool
check_unchanged(deque_iter_object *it)
{
    if (it->deque->state == it->state) { return true; }
    it->left = 0;
    PyErr_SetString(PyExc_RuntimeError, "deque mutated during iteration");
    return false;
}

static PyObject *
iter_next(PyObject *op)
{
    deque_iter_object *it = (deque_iter_object *)op;
    if (!check_unchanged(it) || it->left == 0) { return NULL; }
    PyObject *item = it->b->items[it->index++];
    it->left--;
    if (it->index == BLOCK && it->left > 0) {
        it->b = it->b->right;
        it->index = 0;
    }
    return Py_NewRef(item);
}

static PyObject *
reverse_iter_next(PyObject *op)
{
    deque_iter_object *it = (deque_iter_object *)op;
    if (it->left == 0 || !check_unchanged(it)) { return NULL; }
    PyObject *item = it->b->items[it->index--];
    it->left--;
    if (it->index < 0 && it->left > 0) {
        it->b = it->b->left;
        it->index = BLOCK - 1;
    }
    return Py_NewRef(item);
}

/* (deque, index=0): as pickled. */
static PyObject *
iter_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *of;
    Py_ssize_t index = 0;
    if (!PyArg_ParseTuple(args, "O!|n", &hob_deque_type, &of, &index)) { return NULL; }
    own PyObject *it = make_iter(type, (deque *)of);
    while (it && index-- > 0) {
        PyObject *item = type->tp_iternext(it);
        if (item) { Py_DECREF(item); }
        else if (PyErr_Occurred()) { return NULL; }
        else { break; }
    }
    return take(it);
}

static PyObject *
iter_length_hint(PyObject *op, PyObject *unused)
{
    return PyLong_FromSsize_t(((deque_iter_object *)op)->left);
}

static PyObject *
iter_reduce(PyObject *op, PyObject *unused)
{
    deque_iter_object *it = (deque_iter_object *)op;
    return Py_BuildValue("O(On)", Py_TYPE(op), it->deque, Py_SIZE(it->deque) - it->left);
}

static PyMethodDef iter_methods[] = {
    {"__length_hint__", iter_length_hint, METH_NOARGS,
     PyDoc_STR("How many are still to come.")},
    {"__reduce__", iter_reduce, METH_NOARGS, PyDoc_STR("State for pickling.")},
    {NULL, NULL, 0, NULL},
};

#define DEQUE_ITER_TYPE(ctype, pyname, next)                    \
    static PyTypeObject ctype = {                               \
        PyVarObject_HEAD_INIT(NULL, 0)                          \
        .tp_name = pyname,                                      \
        .tp_basicsize = sizeof(deque_iter_object),              \
        .tp_dealloc = iter_dealloc,                             \
        .tp_getattro = PyObject_GenericGetAttr,                 \
        .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,    \
        .tp_traverse = iter_traverse,                           \
        .tp_iter = PyObject_SelfIter,                           \
        .tp_iternext = next,                                    \
        .tp_methods = iter_methods,                             \
        .tp_new = iter_new,                                     \
    }
DEQUE_ITER_TYPE(deque_iter_type, "_collections._deque_iterator", iter_next);
DEQUE_ITER_TYPE(deque_reverse_iter_type, "_collections._deque_reverse_iterator",
                reverse_iter_next);

/* --- defaultdict --- */

typedef struct defaultdict {
    PyDictObject dict;
    PyObject *default_factory;          /* or NULL */
} defaultdict;

/** defaultdict.__missing__($self, key, /)
 *
 *  Called for a key that is not there: set and return default_factory().
 */
static PyObject *
defaultdict_missing(PyObject *op, PyObject *key)
{
    PyObject *factory = ((defaultdict *)op)->default_factory;
    if (!factory || factory == Py_None) {
        _PyErr_SetKeyError(key);
        return NULL;
    }
    own PyObject *value = PyObject_CallNoArgs(factory);
    if (!value || PyObject_SetItem(op, key, value) < 0) { return NULL; }
    return take(value);
}

static PyObject *
copy_defaultdict(defaultdict *self, PyObject *source)
{
    PyObject *factory = self->default_factory ? self->default_factory : Py_None;
    return PyObject_CallFunctionObjArgs((PyObject *)Py_TYPE(self), factory, source, NULL);
}

/** defaultdict.copy($self, /)
 *
 *  A shallow copy.
 */
static PyObject *
defaultdict_copy(PyObject *self)
{
    return copy_defaultdict((defaultdict *)self, self);
}

/** defaultdict.__copy__($self, /)
 *
 *  A shallow copy.
 */
static PyObject *
defaultdict_copy_dunder(PyObject *self)
{
    return copy_defaultdict((defaultdict *)self, self);
}

/** defaultdict.__reduce__($self, /)
 *
 *  State for pickling.
 */
static PyObject *
defaultdict_reduce(PyObject *op)
{
    PyObject *factory = ((defaultdict *)op)->default_factory;
    own PyObject *args = factory && factory != Py_None ? PyTuple_Pack(1, factory)
                                                       : PyTuple_New(0);
    own PyObject *items = args ? PyObject_CallMethodNoArgs(op, ID(items)) : NULL;
    own PyObject *iter = items ? PyObject_GetIter(items) : NULL;
    return iter ? PyTuple_Pack(5, Py_TYPE(op), args, Py_None, Py_None, iter) : NULL;
}

/** defaultdict.__class_getitem__($type, item, /)
 *
 *  See PEP 585.
 */
static PyObject *
defaultdict_class_getitem(PyObject *type, PyObject *item)
{
    return Py_GenericAlias(type, item);
}

static status
defaultdict_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    defaultdict *self = (defaultdict *)op;
    PyObject *factory = NULL;
    Py_ssize_t n = PyTuple_GET_SIZE(args);
    if (n > 0) {
        factory = PyTuple_GET_ITEM(args, 0);
        if (factory != Py_None && !PyCallable_Check(factory)) {
            PyErr_SetString(PyExc_TypeError, "first argument must be callable or None");
            return -1;
        }
    }
    own PyObject *rest = PyTuple_GetSlice(args, n > 0, n);
    if (!rest) { return -1; }
    PyObject *old = self->default_factory;
    self->default_factory = Py_XNewRef(factory);
    status done = PyDict_Type.tp_init(op, rest, kwargs);
    Py_XDECREF(old);
    return done;
}

static void
defaultdict_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    Py_CLEAR(((defaultdict *)op)->default_factory);
    PyDict_Type.tp_dealloc(op);
}

static int
defaultdict_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(((defaultdict *)op)->default_factory);
    return PyDict_Type.tp_traverse(op, visit, arg);
}

static int
defaultdict_tp_clear(PyObject *op)
{
    Py_CLEAR(((defaultdict *)op)->default_factory);
    return PyDict_Type.tp_clear(op);
}

static PyObject *
repr_factory(PyObject *factory)
{
    if (!factory) { return PyUnicode_FromString("None"); }
    int entered = Py_ReprEnter(factory);
    if (entered) { return entered > 0 ? PyUnicode_FromString("...") : NULL; }
    PyObject *text = PyObject_Repr(factory);
    Py_ReprLeave(factory);
    return text;
}

static PyObject *
defaultdict_repr(PyObject *op)
{
    own PyObject *items = PyDict_Type.tp_repr(op);
    own PyObject *factory = items ? repr_factory(((defaultdict *)op)->default_factory) : NULL;
    if (!factory) { return NULL; }
    return PyUnicode_FromFormat("%s(%U, %U)", _PyType_Name(Py_TYPE(op)), factory, items);
}

static PyObject *
defaultdict_or(PyObject *a, PyObject *b)
{
    bool is_left = PyObject_TypeCheck(a, &defaultdict_type);
    if (!PyDict_Check(is_left ? b : a)) { Py_RETURN_NOTIMPLEMENTED; }
    own PyObject *result = copy_defaultdict((defaultdict *)(is_left ? a : b), a);
    if (!result || PyDict_Update(result, b) < 0) { return NULL; }
    return take(result);
}

static PyMemberDef defaultdict_members[] = {
    {"default_factory", T_OBJECT, offsetof(defaultdict, default_factory), 0,
     PyDoc_STR("What makes the value of a missing key.")},
    {NULL, 0, 0, 0, NULL},
};

/* --- _tuplegetter: the fields of named tuples --- */

typedef struct tuplegetter {
    PyObject_HEAD
    Py_ssize_t index;
    PyObject *doc;
} tuplegetter;

/** _tuplegetter.__new__($type, index, doc, /)
 */
static PyObject *
tuplegetter_new(PyTypeObject *type, Py_ssize_t index, PyObject *doc)
{
    tuplegetter *self = (tuplegetter *)type->tp_alloc(type, 0);
    if (!self) { return NULL; }
    self->index = index;
    self->doc = Py_NewRef(doc);
    return (PyObject *)self;
}

/** _tuplegetter.__reduce__($self, /)
 */
static PyObject *
tuplegetter_reduce(tuplegetter *self)
{
    return Py_BuildValue("O(nO)", Py_TYPE(self), self->index, self->doc);
}

static PyObject *
tuplegetter_get(PyObject *op, PyObject *of, PyObject *type)
{
    Py_ssize_t index = ((tuplegetter *)op)->index;
    if (!of || (of == Py_None)) { return Py_NewRef(op); }
    if (!PyTuple_Check(of)) {
        PyErr_Format(PyExc_TypeError, "descriptor for index '%zd' for tuple subclasses "
                     "doesn't apply to '%s' object", index, Py_TYPE(of)->tp_name);
        return NULL;
    }
    if ((size_t)index >= (size_t)PyTuple_GET_SIZE(of)) {
        PyErr_SetString(PyExc_IndexError, "tuple index out of range");
        return NULL;
    }
    return Py_NewRef(PyTuple_GET_ITEM(of, index));
}

static status
tuplegetter_set(PyObject *op, PyObject *of, PyObject *value)
{
    PyErr_SetString(PyExc_AttributeError,
                    value ? "can't set attribute" : "can't delete attribute");
    return -1;
}

static void
tuplegetter_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    Py_CLEAR(((tuplegetter *)op)->doc);
    Py_TYPE(op)->tp_free(op);
}

static int
tuplegetter_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(((tuplegetter *)op)->doc);
    return 0;
}

static int
tuplegetter_clear(PyObject *op)
{
    Py_CLEAR(((tuplegetter *)op)->doc);
    return 0;
}

static PyObject *
tuplegetter_repr(PyObject *op)
{
    tuplegetter *self = (tuplegetter *)op;
    return PyUnicode_FromFormat("%s(%zd, %R)", _PyType_Name(Py_TYPE(op)), self->index,
                                self->doc);
}

static PyMemberDef tuplegetter_members[] = {
    {"__doc__", T_OBJECT, offsetof(tuplegetter, doc), 0, NULL},
    {NULL, 0, 0, 0, NULL},
};

/* --- counting --- */

/* Whether mapping gets and sets its items as a dict does. */
static bool
is_plain_counter(PyObject *mapping)
{
    PyTypeObject *type = Py_TYPE(mapping);
    return PyDict_Check(mapping)
           && _PyType_Lookup(type, ID(get)) == _PyType_Lookup(&PyDict_Type, ID(get))
           && _PyType_Lookup(type, ID(__setitem__))
              == _PyType_Lookup(&PyDict_Type, ID(__setitem__));
}

static status
count_in_dict(PyObject *mapping, PyObject *key, PyObject *one)
{
    Py_hash_t hash = PyObject_Hash(key);
    if (hash == -1) { return -1; }
    PyObject *count = _PyDict_GetItem_KnownHash(mapping, key, hash);
    if (!count) {
        return PyErr_Occurred() ? -1 : _PyDict_SetItem_KnownHash(mapping, key, one, hash);
    }
    own PyObject *more = PyNumber_Add(count, one);
    return more ? _PyDict_SetItem_KnownHash(mapping, key, more, hash) : -1;
}

static status
count_in_mapping(PyObject *mapping, PyObject *get, PyObject *key, PyObject *zero, PyObject *one)
{
    own PyObject *count = PyObject_CallFunctionObjArgs(get, key, zero, NULL);
    own PyObject *more = count ? PyNumber_Add(count, one) : NULL;
    return more ? PyObject_SetItem(mapping, key, more) : -1;
}

/** _count_elements($module, mapping, iterable, /)
 *
 *  Count each item of iterable in mapping.
 */
static PyObject *
count_elements(PyObject *module, PyObject *mapping, PyObject *iterable)
{
    own PyObject *iter = PyObject_GetIter(iterable);
    own PyObject *one = iter ? PyLong_FromLong(1) : NULL;
    own PyObject *zero = one ? PyLong_FromLong(0) : NULL;
    if (!zero) { return NULL; }
    bool is_plain = is_plain_counter(mapping);
    own PyObject *get = is_plain ? NULL : PyObject_GetAttr(mapping, ID(get));
    if (!is_plain && !get) { return NULL; }
    for (;;) {
        own PyObject *key = PyIter_Next(iter);
        if (!key) { break; }
        status done = is_plain ? count_in_dict(mapping, key, one)
                               : count_in_mapping(mapping, get, key, zero, one);
        if (done < 0) { return NULL; }
    }
    if (PyErr_Occurred()) { return NULL; }
    Py_RETURN_NONE;
}

#include "gen/modules/_collections.bind.h"

/* --- types --- */

static PySequenceMethods deque_as_sequence = {
    .sq_length = deque_length,
    .sq_concat = deque_concat,
    .sq_repeat = deque_repeat,
    .sq_item = deque_item,
    .sq_ass_item = deque_ass_item,
    .sq_contains = deque_contains,
    .sq_inplace_concat = deque_inplace_concat,
    .sq_inplace_repeat = deque_inplace_repeat,
};

PyDoc_STRVAR(deque_doc,
"deque([iterable[, maxlen]]) -> deque object\n"
"\n"
"A sequence that grows and shrinks fast at both ends.");

bool hob_deque_check(PyObject *op);

bool
hob_deque_check(PyObject *op)
{
    deque *self = (deque *)op;
    INVARIANT(1, Py_SIZE(self) >= 0 && 0 <= self->n_free && self->n_free <= FREE_BLOCKS);
    INVARIANT(2, 0 <= self->left_index && self->left_index <= BLOCK);
    INVARIANT(3, -1 <= self->right_index && self->right_index < BLOCK);
    Py_ssize_t n_blocks = 1;
    for (const block *b = self->left; b != self->right; b = b->right, n_blocks++) {
        INVARIANT(4, b->right && b->right->left == b);
    }
    Py_ssize_t n = (n_blocks - 1) * BLOCK + self->right_index - self->left_index + 1;
    INVARIANT(5, n == Py_SIZE(self));
    const block *b = self->left;
    for (Py_ssize_t i = self->left_index; n > 0; i++, n--) {
        if (i == BLOCK) {
            b = b->right;
            i = 0;
        }
        INVARIANT(6, b->items[i] && Py_REFCNT(b->items[i]) > 0);
    }
    return true;
}

PyTypeObject hob_deque_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "collections.deque",
    .tp_basicsize = sizeof(deque),
    .tp_dealloc = deque_dealloc,
    .tp_repr = deque_repr,
    .tp_as_sequence = &deque_as_sequence,
    .tp_hash = PyObject_HashNotImplemented,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC
                | Py_TPFLAGS_SEQUENCE,
    .tp_doc = deque_doc,
    .tp_traverse = deque_traverse,
    .tp_clear = deque_tp_clear,
    .tp_richcompare = deque_richcompare,
    .tp_weaklistoffset = offsetof(deque, weakreflist),
    .tp_iter = deque_iter,
    .tp_methods = deque_methods,
    .tp_getset = deque_getset,
    .tp_init = deque_init,
    .tp_alloc = PyType_GenericAlloc,
    .tp_new = deque_new,
    .tp_free = PyObject_GC_Del,
};

static PyNumberMethods defaultdict_as_number = {
    .nb_or = defaultdict_or,
};

PyDoc_STRVAR(defaultdict_doc,
"defaultdict(default_factory=None, /, [...]) -> dict with default factory\n"
"\n"
"A dict that makes the value of a missing key with default_factory().  The\n"
"other arguments are those of dict.");

static PyTypeObject defaultdict_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "collections.defaultdict",
    .tp_basicsize = sizeof(defaultdict),
    .tp_dealloc = defaultdict_dealloc,
    .tp_repr = defaultdict_repr,
    .tp_as_number = &defaultdict_as_number,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .tp_doc = defaultdict_doc,
    .tp_traverse = defaultdict_traverse,
    .tp_clear = defaultdict_tp_clear,
    .tp_methods = defaultdict_methods,
    .tp_members = defaultdict_members,
    .tp_init = defaultdict_init,
    .tp_alloc = PyType_GenericAlloc,
    .tp_free = PyObject_GC_Del,
};

static PyTypeObject tuplegetter_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "_collections._tuplegetter",
    .tp_basicsize = sizeof(tuplegetter),
    .tp_dealloc = tuplegetter_dealloc,
    .tp_repr = tuplegetter_repr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_traverse = tuplegetter_traverse,
    .tp_clear = tuplegetter_clear,
    .tp_methods = _tuplegetter_methods,
    .tp_members = tuplegetter_members,
    .tp_descr_get = tuplegetter_get,
    .tp_descr_set = tuplegetter_set,
    .tp_new = tuplegetter_new__slot,
};

/* --- module --- */

static status
module_exec(PyObject *module)
{
    defaultdict_type.tp_base = &PyDict_Type;
    PyTypeObject *types[] = {
        &hob_deque_type, &defaultdict_type, &PyODict_Type, &deque_iter_type,
        &deque_reverse_iter_type, &tuplegetter_type,
    };
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        if (PyModule_AddType(module, types[i]) < 0) { return -1; }
    }
    return 0;
}

static PyModuleDef_Slot module_slots[] = {
    {Py_mod_exec, module_exec},
    {0, NULL},
};

PyDoc_STRVAR(module_doc, "Containers of module collections: deque, defaultdict, OrderedDict.");

static struct PyModuleDef module_def = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_collections",
    .m_doc = module_doc,
    .m_methods = module_methods,
    .m_slots = module_slots,
};

PyMODINIT_FUNC
PyInit__collections(void)
{
    return PyModuleDef_Init(&module_def);
}

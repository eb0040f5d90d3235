/* children.c -- an Element as the sequence of its children. */
#include "modules/_elementtree/etree.h"

/* --- one child --- */

static Py_ssize_t
element_length(PyObject *self)
{
    return etree_n_children((etree_element *)self);
}

static PyObject *
element_item(PyObject *op, Py_ssize_t index)
{
    etree_element *self = (etree_element *)op;
    if (index < 0 || index >= etree_n_children(self)) {
        PyErr_SetString(PyExc_IndexError, "child index out of range");
        return NULL;
    }
    return Py_NewRef(self->more->children[index]);
}

/* Close the gap: children [index, index + n) have been taken out. */
static void
close_gap(etree_more *more, Py_ssize_t index, Py_ssize_t n)
{
    more->n -= n;
    memmove(more->children + index, more->children + index + n,
            (size_t)(more->n - index) * sizeof *more->children);
}

static int
element_set_item(PyObject *op, Py_ssize_t index, PyObject *value)
{
    etree_element *self = (etree_element *)op;
    if (index < 0 || index >= etree_n_children(self)) {
        PyErr_SetString(PyExc_IndexError, "child assignment index out of range");
        return -1;
    }
    if (value && hob_etree_need_all(&value, 1) < 0) { return -1; }
    own PyObject *old = self->more->children[index];
    if (value) { self->more->children[index] = Py_NewRef(value); }
    else { close_gap(self->more, index, 1); }
    return 0;
}

PyObject *
hob_etree_append(PyObject *self, PyObject *child)
{
    if (!hob_etree_need(child, "append", "argument")) { return NULL; }
    if (hob_etree_add((etree_element *)self, child) < 0) { return NULL; }
    Py_RETURN_NONE;
}

status
hob_etree_insert(etree_element *self, Py_ssize_t index, PyObject *child)
{
    if (!hob_etree_need(child, "insert", "argument 2")) { return -1; }
    if (hob_etree_make_room(self, 1) < 0) { return -1; }
    etree_more *more = self->more;
    if (index < 0) { index = Py_MAX(index + more->n, 0); }
    index = Py_MIN(index, more->n);
    memmove(more->children + index + 1, more->children + index,
            (size_t)(more->n - index) * sizeof *more->children);
    more->children[index] = Py_NewRef(child);
    more->n++;
    return 0;
}

/* The first child that is, or else equals, this one; -1: none, -2: an error.  An
 * __eq__ may change the children while they are looked at. */
static Py_ssize_t
child_index(etree_element *self, PyObject *child)
{
    for (Py_ssize_t i = 0; i < etree_n_children(self); i++) {
        if (self->more->children[i] == child) { return i; }
    }
    for (Py_ssize_t i = 0; i < etree_n_children(self); i++) {
        own PyObject *other = Py_NewRef(self->more->children[i]);
        tri same = PyObject_RichCompareBool(other, child, Py_EQ);
        if (same) { return same < 0 ? -2 : i; }
    }
    return -1;
}

status
hob_etree_remove(etree_element *self, PyObject *child)
{
    if (!hob_etree_need(child, "remove", "argument")) { return -1; }
    Py_ssize_t index = child_index(self, child);
    if (index == -2) { return -1; }
    if (index < 0 || index >= etree_n_children(self)) {
        PyErr_SetString(PyExc_ValueError, "list.remove(x): x not in list");
        return -1;
    }
    own PyObject *gone = self->more->children[index];
    close_gap(self->more, index, 1);
    return 0;
}

/* --- several --- */

static PyObject *
sequence_of(PyObject *op)
{
    PyObject *items = PySequence_Fast(op, "");
    if (!items) {
        PyErr_Format(PyExc_TypeError, "expected sequence, not \"%.200s\"", Py_TYPE(op)->tp_name);
    }
    return items;
}

PyObject *
hob_etree_extend(PyObject *op, PyObject *elements)
{
    etree_element *self = (etree_element *)op;
    own PyObject *items = sequence_of(elements);
    if (!items) { return NULL; }
    for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(items); i++) {
        PyObject *child = PySequence_Fast_GET_ITEM(items, i);
        if (hob_etree_need_all(&child, 1) < 0 || hob_etree_add(self, child) < 0) { return NULL; }
    }
    Py_RETURN_NONE;
}

/* children[start:stop] as a list that takes the references over. */
static PyObject *
take_out(etree_more *more, Py_ssize_t start, Py_ssize_t step, Py_ssize_t n)
{
    PyObject *list = PyList_New(n);
    for (Py_ssize_t i = 0; list && i < n; i++) {
        PyList_SET_ITEM(list, i, more->children[start + i * step]);
    }
    return list;
}

/* Delete every step-th child; step > 0. */
static status
delete_slice(etree_element *self, Py_ssize_t start, Py_ssize_t step, Py_ssize_t n)
{
    etree_more *more = self->more;
    own PyObject *gone = take_out(more, start, step, n);
    if (!gone) { return -1; }
    Py_ssize_t to = start;
    for (Py_ssize_t i = start, k = 0; i < more->n; i++) {
        if (k < n && i == start + k * step) { k++; }
        else { more->children[to++] = more->children[i]; }
    }
    more->n = to;
    return 0;
}

/* children[start:start+n] = items; the ones that go are dropped last. */
static status
replace_run(etree_element *self, Py_ssize_t start, Py_ssize_t n, PyObject *items)
{
    Py_ssize_t n_new = PySequence_Fast_GET_SIZE(items);
    if (n_new > n && hob_etree_make_room(self, n_new - n) < 0) { return -1; }
    if (!self->more) { return 0; }
    etree_more *more = self->more;
    own PyObject *gone = take_out(more, start, 1, n);
    if (!gone) { return -1; }
    PyObject **at = more->children + start;
    memmove(at + n_new, at + n, (size_t)(more->n - start - n) * sizeof *at);
    for (Py_ssize_t i = 0; i < n_new; i++) {
        at[i] = Py_NewRef(PySequence_Fast_GET_ITEM(items, i));
    }
    more->n += n_new - n;
    return 0;
}

static status
replace_steps(etree_element *self, Py_ssize_t start, Py_ssize_t step, Py_ssize_t n,
              PyObject *items)
{
    Py_ssize_t n_new = PySequence_Fast_GET_SIZE(items);
    if (n_new != n) {
        PyErr_Format(PyExc_ValueError,
                     "attempt to assign sequence of size %zd to extended slice of size %zd",
                     n_new, n);
        return -1;
    }
    own PyObject *gone = n ? take_out(self->more, start, step, n) : PyList_New(0);
    if (!gone) { return -1; }
    for (Py_ssize_t i = 0; i < n; i++) {
        self->more->children[start + i * step] = Py_NewRef(PySequence_Fast_GET_ITEM(items, i));
    }
    return 0;
}

static status
set_slice(etree_element *self, PyObject *slice, PyObject *value)
{
    Py_ssize_t start, stop, step;
    if (PySlice_Unpack(slice, &start, &stop, &step) < 0) { return -1; }
    /* what value is may depend on the children, and change them */
    own PyObject *items = value ? sequence_of(value) : NULL;
    if (value && !items) { return -1; }
    if (items && hob_etree_need_all(PySequence_Fast_ITEMS(items),
                                    PySequence_Fast_GET_SIZE(items)) < 0) {
        return -1;
    }
    Py_ssize_t n = PySlice_AdjustIndices(etree_n_children(self), &start, &stop, step);
    if (!value) {
        if (n == 0) { return 0; }
        if (step < 0) {
            start += (n - 1) * step;
            step = -step;
        }
        return delete_slice(self, start, step, n);
    }
    return step == 1 ? replace_run(self, start, n, items)
                     : replace_steps(self, start, step, n, items);
}

static PyObject *
get_slice(etree_element *self, PyObject *slice)
{
    Py_ssize_t start, stop, step;
    if (PySlice_Unpack(slice, &start, &stop, &step) < 0) { return NULL; }
    Py_ssize_t n = PySlice_AdjustIndices(etree_n_children(self), &start, &stop, step);
    PyObject *list = PyList_New(n);
    for (Py_ssize_t i = 0; list && i < n; i++) {
        PyList_SET_ITEM(list, i, Py_NewRef(self->more->children[start + i * step]));
    }
    return list;
}

/* --- subscripts --- */

/* A number as an index; false with an exception. */
static bool
index_of(etree_element *self, PyObject *key, Py_ssize_t *index)
{
    *index = PyNumber_AsSsize_t(key, PyExc_IndexError);
    if (*index == -1 && PyErr_Occurred()) { return false; }
    if (*index < 0) { *index += etree_n_children(self); }
    return true;
}

static PyObject *
element_subscript(PyObject *op, PyObject *key)
{
    etree_element *self = (etree_element *)op;
    Py_ssize_t index;
    if (PyIndex_Check(key)) {
        return index_of(self, key, &index) ? element_item(op, index) : NULL;
    }
    if (PySlice_Check(key)) { return get_slice(self, key); }
    PyErr_SetString(PyExc_TypeError, "element indices must be integers");
    return NULL;
}

static int
element_set_subscript(PyObject *op, PyObject *key, PyObject *value)
{
    etree_element *self = (etree_element *)op;
    Py_ssize_t index;
    if (PyIndex_Check(key)) {
        return index_of(self, key, &index) ? element_set_item(op, index, value) : -1;
    }
    if (PySlice_Check(key)) { return set_slice(self, key, value); }
    PyErr_SetString(PyExc_TypeError, "element indices must be integers");
    return -1;
}

PySequenceMethods hob_etree_as_sequence = {
    .sq_length = element_length,
    .sq_item = element_item,
    .sq_ass_item = element_set_item,
};

PyMappingMethods hob_etree_as_mapping = {
    .mp_length = element_length,
    .mp_subscript = element_subscript,
    .mp_ass_subscript = element_set_subscript,
};

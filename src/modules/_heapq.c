/* _heapq.c -- a list as a binary heap.
 *
 * Holds      min heaps: not heap[child] < heap[parent]; max heaps the other way.
 * Hazard     comparing may change the list: its size is checked after each, and its
 *            items are read anew.
 *
 * An item taken from the end to the root goes down to a leaf first, always to the
 * lesser child, and then up: it mostly belongs near the leaves, and that way costs
 * about half the comparisons (Knuth, vol. 3, 5.2.3, exercise 18).
 */
#include <Python.h>

#include "memory/own.h"
#include "objects/bind.h"
#include "objects/plain.h"

static inline PyObject **
items_of(PyListObject *heap)
{
    return heap->ob_item;
}

/* Whether heap[i] must be above heap[j]. */
static tri
goes_above(PyListObject *heap, Py_ssize_t i, Py_ssize_t j, bool is_max)
{
    Py_ssize_t n = PyList_GET_SIZE(heap);
    PyObject *a = items_of(heap)[is_max ? j : i];
    PyObject *b = items_of(heap)[is_max ? i : j];
    hob_order order = hob_order_plain(a, b);
    if (order != ORDER_UNKNOWN) { return order == ORDER_LESS; }
    Py_INCREF(a);
    Py_INCREF(b);
    tri is_less = PyObject_RichCompareBool(a, b, Py_LT);
    Py_DECREF(a);
    Py_DECREF(b);
    if (is_less >= 0 && n != PyList_GET_SIZE(heap)) {
        PyErr_SetString(PyExc_RuntimeError, "list changed size during iteration");
        return -1;
    }
    return is_less;
}

static void
swap(PyListObject *heap, Py_ssize_t i, Py_ssize_t j)
{
    PyObject **items = items_of(heap);
    PyObject *item = items[i];
    items[i] = items[j];
    items[j] = item;
}

static COLD status
index_error(void)
{
    PyErr_SetString(PyExc_IndexError, "index out of range");
    return -1;
}

/* Let the item at `at` rise as far as it must, not above top. */
static status
rise(PyListObject *heap, Py_ssize_t top, Py_ssize_t at, bool is_max)
{
    if (at >= PyList_GET_SIZE(heap)) { return index_error(); }
    while (at > top) {
        Py_ssize_t parent = (at - 1) >> 1;
        tri rises = goes_above(heap, at, parent, is_max);
        if (rises <= 0) { return rises; }
        swap(heap, at, parent);
        at = parent;
    }
    return 0;
}

/* Let the item at `top` sink to a leaf and rise again. */
static status
sink(PyListObject *heap, Py_ssize_t top, bool is_max)
{
    Py_ssize_t n = PyList_GET_SIZE(heap);
    if (top >= n) { return index_error(); }
    Py_ssize_t at = top;
    while (at < n >> 1) {
        Py_ssize_t child = 2 * at + 1;
        for (Py_ssize_t i = 2 * child + 1; i < 2 * child + 5 && i < n; i++) {
            __builtin_prefetch(items_of(heap)[i]);          /* for the next round */
        }
        if (child + 1 < n) {
            tri left_first = goes_above(heap, child, child + 1, is_max);
            if (left_first < 0) { return -1; }
            child += !left_first;
        }
        swap(heap, at, child);
        at = child;
    }
    return rise(heap, top, at, is_max);
}

static PyObject *
pop(PyListObject *heap, bool is_max)
{
    Py_ssize_t n = PyList_GET_SIZE(heap);
    if (n == 0) {
        index_error();
        return NULL;
    }
    PyObject *last = Py_NewRef(items_of(heap)[n - 1]);
    if (PyList_SetSlice((PyObject *)heap, n - 1, n, NULL) < 0) {
        Py_DECREF(last);
        return NULL;
    }
    if (n == 1) { return last; }
    PyObject *root = items_of(heap)[0];
    items_of(heap)[0] = last;
    if (sink(heap, 0, is_max) < 0) { Py_CLEAR(root); }
    return root;
}

static PyObject *
replace(PyListObject *heap, PyObject *item, bool is_max)
{
    if (PyList_GET_SIZE(heap) == 0) {
        index_error();
        return NULL;
    }
    PyObject *root = items_of(heap)[0];
    items_of(heap)[0] = Py_NewRef(item);
    if (sink(heap, 0, is_max) < 0) { Py_CLEAR(root); }
    return root;
}

/* Sink heap[at]; when that was a left child, its parent's turn has come, and so on. */
static status
sink_upward(PyListObject *heap, Py_ssize_t at, bool is_max)
{
    for (;; at >>= 1) {
        if (sink(heap, at, is_max) < 0) { return -1; }
        if (!(at & 1)) { return 0; }
    }
}

/* For a big heap: finish subtree by subtree instead of row by row, so that what is
 * touched again is still in the cache (LaMarca and Ladner, 1996). */
static status
heapify_by_subtrees(PyListObject *heap, bool is_max)
{
    Py_ssize_t n_parents = PyList_GET_SIZE(heap) >> 1;
    Py_ssize_t row = 1;                 /* the lowest row with parents begins at row - 1 */
    while (2 * row <= n_parents) { row *= 2; }
    row -= 1;
    /* parents of leaves alone: the right part of the row above, then the lowest row */
    for (Py_ssize_t i = row - 1; i >= n_parents >> 1; i--) {
        if (sink_upward(heap, i, is_max) < 0) { return -1; }
    }
    for (Py_ssize_t i = n_parents - 1; i >= row; i--) {
        if (sink_upward(heap, i, is_max) < 0) { return -1; }
    }
    return 0;
}

enum { BIG = 2500 };

static status
heapify(PyListObject *heap, bool is_max)
{
    Py_ssize_t n = PyList_GET_SIZE(heap);
    if (n > BIG) { return heapify_by_subtrees(heap, is_max); }
    for (Py_ssize_t i = (n >> 1) - 1; i >= 0; i--) {
        if (sink(heap, i, is_max) < 0) { return -1; }
    }
    return 0;
}

/** heappush($module, heap, item, /)
 *
 *  Add item to the heap.
 */
static status
heappush(PyObject *module, PyListObject *heap, PyObject *item)
{
    if (PyList_Append((PyObject *)heap, item) < 0) { return -1; }
    return rise(heap, 0, PyList_GET_SIZE(heap) - 1, false);
}

/** heappop($module, heap, /)
 *
 *  Remove the smallest item and return it; IndexError when there is none.
 */
static PyObject *
heappop(PyObject *module, PyListObject *heap)
{
    return pop(heap, false);
}

/** heapreplace($module, heap, item, /)
 *
 *  Remove the smallest item, then add item; return what was removed.
 */
static PyObject *
heapreplace(PyObject *module, PyListObject *heap, PyObject *item)
{
    return replace(heap, item, false);
}

/** heappushpop($module, heap, item, /)
 *
 *  Add item, then remove the smallest one and return it.
 */
static PyObject *
heappushpop(PyObject *module, PyListObject *heap, PyObject *item)
{
    if (PyList_GET_SIZE(heap) == 0) { return Py_NewRef(item); }
    own PyObject *root = Py_NewRef(items_of(heap)[0]);
    tri goes_in = PyObject_RichCompareBool(root, item, Py_LT);
    if (goes_in < 0) { return NULL; }
    if (!goes_in) { return Py_NewRef(item); }
    return replace(heap, item, false);
}

/** heapify($module, heap, /)
 *
 *  Make a list a heap, in place, in linear time.
 */
static status
heapify_min(PyObject *module, PyListObject *heap)
{
    return heapify(heap, false);
}

/** _heappop_max($module, heap, /)
 *
 *  Like heappop, for a heap with the greatest item on top.
 */
static PyObject *
heappop_max(PyObject *module, PyListObject *heap)
{
    return pop(heap, true);
}

/** _heapreplace_max($module, heap, item, /)
 *
 *  Like heapreplace, for a heap with the greatest item on top.
 */
static PyObject *
heapreplace_max(PyObject *module, PyListObject *heap, PyObject *item)
{
    return replace(heap, item, true);
}

/** _heapify_max($module, heap, /)
 *
 *  Like heapify, with the greatest item on top.
 */
static status
heapify_max(PyObject *module, PyListObject *heap)
{
    return heapify(heap, true);
}

#include "gen/modules/_heapq.bind.h"

static status
module_exec(PyObject *module)
{
    own PyObject *about = PyUnicode_FromString(
        "A heap is a list a with a[k] <= a[2*k+1] and a[k] <= a[2*k+2] for all k, where\n"
        "there are such items: a[0] is the smallest.  Adding an item, and removing the\n"
        "smallest, cost a number of comparisons that grows with the logarithm of len(a).\n");
    return about ? PyModule_AddObjectRef(module, "__about__", about) : -1;
}

static PyModuleDef_Slot module_slots[] = {
    {Py_mod_exec, module_exec},
    {0, NULL},
};

PyDoc_STRVAR(module_doc, "Heap queues: the smallest item first.");

static struct PyModuleDef module_def = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_heapq",
    .m_doc = module_doc,
    .m_methods = module_methods,
    .m_slots = module_slots,
};

PyMODINIT_FUNC
PyInit__heapq(void)
{
    return PyModuleDef_Init(&module_def);
}

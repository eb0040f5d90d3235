/* iter.c -- walks over a tree: Element.iter() and Element.itertext().
 *
 * Layout     steps[0 .. n) is the way from the root to where the walk is: an element
 *            and the index of its next child.  The root waits in `root` until the
 *            walk has begun.
 * Holds      Every element of steps is owned.
 * Hazard     The tree may change between two steps, and while a tag is compared.
 */
#include "modules/_elementtree/etree.h"

typedef struct {
    etree_element *element;             /* owned */
    Py_ssize_t next;                    /* index of the next child */
} walk_step;

typedef struct {
    PyObject_HEAD
    walk_step *steps;
    Py_ssize_t n;
    Py_ssize_t room;
    etree_element *root;                /* NULL once entered */
    PyObject *tag;                      /* wanted, None: all */
    bool texts;                         /* give texts and tails, not elements */
} tree_walk;

/* --- life --- */

PyObject *
hob_etree_iter_new(etree_element *root, PyObject *tag, bool texts)
{
    tree_walk *self = PyObject_GC_New(tree_walk, &hob_etree_iter_type);
    if (!self) { return NULL; }
    bool is_star = PyUnicode_Check(tag) && PyUnicode_CompareWithASCIIString(tag, "*") == 0;
    self->tag = Py_NewRef(is_star ? Py_None : tag);
    self->root = (etree_element *)Py_NewRef((PyObject *)root);
    self->steps = NULL;
    self->n = self->room = 0;
    self->texts = texts;
    PyObject_GC_Track(self);
    return (PyObject *)self;
}

static int
walk_traverse(PyObject *op, visitproc visit, void *arg)
{
    tree_walk *self = (tree_walk *)op;
    for (Py_ssize_t i = 0; i < self->n; i++) { Py_VISIT(self->steps[i].element); }
    Py_VISIT(self->root);
    Py_VISIT(self->tag);
    return 0;
}

static void
walk_dealloc(PyObject *op)
{
    tree_walk *self = (tree_walk *)op;
    PyObject_GC_UnTrack(op);
    while (self->n) { Py_DECREF(self->steps[--self->n].element); }
    PyMem_Free(self->steps);
    Py_XDECREF(self->root);
    Py_XDECREF(self->tag);
    PyObject_GC_Del(op);
}

/* --- steps --- */

/* Go into element, whose reference is taken over. */
static status
walk_enter(tree_walk *self, STOLEN etree_element *element)
{
    if (self->n == self->room) {
        Py_ssize_t room = self->room ? self->room * 2 : 8;
        walk_step *steps = self->steps;
        PyMem_Resize(steps, walk_step, (size_t)room);
        if (!steps) {
            Py_DECREF(element);
            PyErr_NoMemory();
            return -1;
        }
        self->steps = steps;
        self->room = room;
    }
    self->steps[self->n++] = (walk_step){element, 0};
    return 0;
}

/* Take one step: *entered is the element gone into, or *left the one left for good
 * (a new reference).  Both NULL: the walk is over. */
static status
walk_step_on(tree_walk *self, etree_element **entered, etree_element **left)
{
    *entered = *left = NULL;
    if (self->root) {
        *entered = self->root;
        self->root = NULL;
        return walk_enter(self, *entered);
    }
    if (!self->n) { return 0; }
    walk_step *at = &self->steps[self->n - 1];
    if (at->next < etree_n_children(at->element)) {
        *entered = (etree_element *)Py_NewRef(at->element->more->children[at->next++]);
        return walk_enter(self, *entered);
    }
    self->n--;
    *left = at->element;
    return 0;
}

/* What the walk gives of a step: a new reference; NULL without an exception: nothing. */
static MAYBE_NULL PyObject *
text_of_step(etree_text *text)
{
    PyObject *value = hob_etree_text_get(text);
    if (!value || value == Py_None) { return NULL; }
    own PyObject *kept = Py_NewRef(value);
    tri is_true = PyObject_IsTrue(kept);
    return is_true > 0 ? take(kept) : NULL;
}

static MAYBE_NULL PyObject *
element_of_step(tree_walk *self, etree_element *element)
{
    if (self->tag == Py_None) { return Py_NewRef((PyObject *)element); }
    own PyObject *kept = Py_NewRef((PyObject *)element);
    own PyObject *tag = Py_NewRef(element->tag);
    tri same = PyObject_RichCompareBool(tag, self->tag, Py_EQ);
    return same > 0 ? take(kept) : NULL;
}

static PyObject *
walk_next(PyObject *op)
{
    tree_walk *self = (tree_walk *)op;
    for (;;) {
        etree_element *entered, *left;
        if (walk_step_on(self, &entered, &left) < 0) { return NULL; }
        if (!entered && !left) { return NULL; }
        own PyObject *dropped = (PyObject *)left;
        PyObject *value = NULL;
        if (!self->texts) { value = entered ? element_of_step(self, entered) : NULL; }
        else if (entered) { value = text_of_step(&entered->text); }
        else if (self->n) { value = text_of_step(&left->tail); }  /* not the root's */
        if (value || PyErr_Occurred()) { return value; }
    }
}

PyTypeObject hob_etree_iter_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "_elementtree._element_iterator",
    .tp_basicsize = sizeof(tree_walk),
    .tp_dealloc = walk_dealloc,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_traverse = walk_traverse,
    .tp_iter = PyObject_SelfIter,
    .tp_iternext = walk_next,
};

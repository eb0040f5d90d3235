/* copy.c -- elements copied, shallow and deep, and as the state of a pickle. */
#include "modules/_elementtree/etree.h"

#include "objects/ids.h"

/* --- shallow --- */

/* Let copy have the text and tail of self: pieces are joined first, so that no two
 * elements share a list. */
static status
share_texts(etree_element *self, etree_element *copy)
{
    PyObject *text = hob_etree_text_get(&self->text);
    if (!text) { return -1; }
    hob_etree_text_set(&copy->text, Py_NewRef(text));
    PyObject *tail = hob_etree_text_get(&self->tail);
    if (!tail) { return -1; }
    hob_etree_text_set(&copy->tail, Py_NewRef(tail));
    return 0;
}

PyObject *
hob_etree_copy(etree_element *self)
{
    own PyObject *copy = hob_etree_new(self->tag, self->more ? self->more->attrib : NULL);
    if (!copy || share_texts(self, (etree_element *)copy) < 0) { return NULL; }
    for (Py_ssize_t i = 0; i < etree_n_children(self); i++) {
        if (hob_etree_add((etree_element *)copy, self->more->children[i]) < 0) { return NULL; }
    }
    return take(copy);
}

/* --- deep --- */

static bool
is_plain_text(PyObject *value)
{
    return value == Py_None || PyUnicode_CheckExact(value);
}

/* A dict of texts alone: its copy is its deep copy. */
static bool
is_plain_dict(PyObject *value)
{
    if (!PyDict_CheckExact(value)) { return false; }
    Py_ssize_t at = 0;
    PyObject *key, *item;
    while (PyDict_Next(value, &at, &key, &item)) {
        if (!PyUnicode_CheckExact(key) || !PyUnicode_CheckExact(item)) { return false; }
    }
    return true;
}

static PyObject *
deep(PyObject *value, PyObject *memo)
{
    if (is_plain_text(value)) { return Py_NewRef(value); }
    if (Py_REFCNT(value) == 1 && is_plain_dict(value)) { return PyDict_Copy(value); }
    if (etree_check_exact(value)) { return hob_etree_deepcopy((etree_element *)value, memo); }
    return PyObject_CallFunctionObjArgs(hob_etree.deepcopy, value, memo, NULL);
}

/* Set a text of the copy to the deep copy of this one. */
static status
deep_text(etree_text *from, etree_text *to, PyObject *memo)
{
    own PyObject *text = Py_XNewRef(hob_etree_text_get(from));
    PyObject *copy = text ? deep(text, memo) : NULL;
    if (!copy) { return -1; }
    hob_etree_text_set(to, copy);
    return 0;
}

static status
deep_children(etree_element *self, etree_element *to, PyObject *memo)
{
    for (Py_ssize_t i = 0; i < etree_n_children(self); i++) {
        own PyObject *child = Py_NewRef(self->more->children[i]);
        own PyObject *copy = deep(child, memo);
        if (!copy || hob_etree_need_all(&copy, 1) < 0) { return -1; }
        if (hob_etree_add(to, copy) < 0) { return -1; }
    }
    return 0;
}

static PyObject *
deep_element(etree_element *self, PyObject *memo)
{
    own PyObject *old_tag = Py_NewRef(self->tag);
    own PyObject *tag = deep(old_tag, memo);
    if (!tag) { return NULL; }
    PyObject *dict = self->more ? self->more->attrib : NULL;
    own PyObject *attrib = dict ? deep(dict, memo) : NULL;
    if (dict && !attrib) { return NULL; }
    own PyObject *copy = hob_etree_new(tag, attrib);
    if (!copy) { return NULL; }
    etree_element *to = (etree_element *)copy;
    if (deep_text(&self->text, &to->text, memo) < 0) { return NULL; }
    if (deep_text(&self->tail, &to->tail, memo) < 0) { return NULL; }
    if (deep_children(self, to, memo) < 0) { return NULL; }
    own PyObject *id = PyLong_FromVoidPtr(self);
    if (!id || PyDict_SetItem(memo, id, copy) < 0) { return NULL; }
    return take(copy);
}

PyObject *
hob_etree_deepcopy(etree_element *self, PyObject *memo)
{
    if (Py_EnterRecursiveCall(" while calling a Python object")) { return NULL; }
    PyObject *copy = deep_element(self, memo);
    Py_LeaveRecursiveCall();
    return copy;
}

/* --- state --- */

PyObject *
hob_etree_get_state(etree_element *self)
{
    Py_ssize_t n = etree_n_children(self);
    own PyObject *children = PyList_New(n);
    if (!children) { return NULL; }
    for (Py_ssize_t i = 0; i < n; i++) {
        PyList_SET_ITEM(children, i, Py_NewRef(self->more->children[i]));
    }
    PyObject *dict = self->more ? self->more->attrib : NULL;
    own PyObject *attrib = dict ? Py_NewRef(dict) : PyDict_New();
    if (!attrib) { return NULL; }
    PyObject *text = hob_etree_text_get(&self->text);
    PyObject *tail = text ? hob_etree_text_get(&self->tail) : NULL;
    if (!tail) { return NULL; }
    return Py_BuildValue("{sOsOsOsOsO}", "tag", self->tag, "_children", children,
                         "attrib", attrib, "text", text, "tail", tail);
}

/* Put the items of list in place of the children. */
static status
replace_children(etree_element *self, PyObject *list)
{
    if (!PyList_Check(list)) {
        PyErr_SetString(PyExc_TypeError, "'_children' is not a list");
        return -1;
    }
    if (hob_etree_need_all(PySequence_Fast_ITEMS(list), PyList_GET_SIZE(list)) < 0) { return -1; }
    etree_more *old = self->more;
    self->more = NULL;
    status done = hob_etree_make_room(self, PyList_GET_SIZE(list));
    for (Py_ssize_t i = 0; done == 0 && i < PyList_GET_SIZE(list); i++) {
        done = hob_etree_add(self, PyList_GET_ITEM(list, i));
    }
    if (done == 0 && old) { self->more->attrib = take(old->attrib); }
    hob_etree_more_free(old);
    return done;
}

status
hob_etree_set_state(etree_element *self, PyObject *state)
{
    static char *names[] = {"tag", "attrib", "text", "tail", "_children", NULL};
    if (!PyDict_CheckExact(state)) {
        PyErr_Format(PyExc_TypeError, "Don't know how to unpickle \"%.200R\" as an Element",
                     state);
        return -1;
    }
    PyObject *tag = NULL, *attrib = NULL, *text = NULL, *tail = NULL, *children = NULL;
    own PyObject *nothing = PyTuple_New(0);
    if (!nothing || !PyArg_ParseTupleAndKeywords(nothing, state, "|$OOOOO", names, &tag, &attrib,
                                                 &text, &tail, &children)) {
        return -1;
    }
    if (!tag) {
        PyErr_SetString(PyExc_TypeError, "tag may not be NULL");
        return -1;
    }
    /* setting a field may run Python code, which may empty the state */
    own PyObject *kept = Py_BuildValue("(OOOO)", attrib ? attrib : Py_None, text ? text : Py_None,
                                       tail ? tail : Py_None, children ? children : Py_None);
    if (!kept) { return -1; }
    Py_SETREF(self->tag, Py_NewRef(tag));
    hob_etree_text_set(&self->text, Py_XNewRef(text));
    hob_etree_text_set(&self->tail, Py_XNewRef(tail));
    if (children && replace_children(self, children) < 0) { return -1; }
    if (!attrib) { return 0; }
    if (hob_etree_need_more(self) < 0) { return -1; }
    Py_XSETREF(self->more->attrib, Py_NewRef(attrib));
    return 0;
}

/* element.c -- the type Element: life, attributes, and its table of methods.
 *
 * Next       children.c (the sequence), find.c (paths), iter.c (walks), copy.c
 *            (copying and pickling); etree.h draws the layout.
 */
#include "modules/_elementtree/etree.h"

#include <structmember.h>

#include "memory/gc.h"
#include "objects/bind.h"
#include "objects/ids.h"

/* --- more: attributes and children --- */

status
hob_etree_need_more(etree_element *self)
{
    if (self->more) { return 0; }
    etree_more *more = PyObject_Malloc(sizeof *more);
    if (!more) {
        PyErr_NoMemory();
        return -1;
    }
    *more = (etree_more){.room = ETREE_FEW};
    more->children = more->few;
    self->more = more;
    return 0;
}

void
hob_etree_more_free(STOLEN etree_more *more)
{
    if (!more) { return; }
    for (Py_ssize_t i = 0; i < more->n; i++) { Py_DECREF(more->children[i]); }
    if (more->children != more->few) { PyObject_Free(more->children); }
    Py_XDECREF(more->attrib);
    PyObject_Free(more);
}

status
hob_etree_make_room(etree_element *self, Py_ssize_t count)
{
    if (hob_etree_need_more(self) < 0) { return -1; }
    etree_more *more = self->more;
    if (count <= more->room - more->n) { return 0; }
    size_t size = (size_t)more->n + (size_t)count;
    size_t room = size + (size >> 3) + (size < 9 ? 3 : 6);
    if (room > PY_SSIZE_T_MAX / sizeof(PyObject *)) {
        PyErr_NoMemory();
        return -1;
    }
    PyObject **old = more->children == more->few ? NULL : more->children;
    PyObject **children = PyObject_Realloc(old, room * sizeof *children);
    if (!children) {
        PyErr_NoMemory();
        return -1;
    }
    if (!old) { memcpy(children, more->few, (size_t)more->n * sizeof *children); }
    more->children = children;
    more->room = (Py_ssize_t)room;
    return 0;
}

status
hob_etree_add(etree_element *self, PyObject *child)
{
    if (hob_etree_make_room(self, 1) < 0) { return -1; }
    self->more->children[self->more->n++] = Py_NewRef(child);
    return 0;
}

PyObject *                              /* borrowed */
hob_etree_attrib(etree_element *self)
{
    if (hob_etree_need_more(self) < 0) { return NULL; }
    if (!self->more->attrib) { self->more->attrib = PyDict_New(); }
    return self->more->attrib;
}

/* --- life --- */

static bool
has_items(PyObject *attrib)
{
    return attrib && !(PyDict_CheckExact(attrib) && PyDict_GET_SIZE(attrib) == 0);
}

static etree_element *
element_alloc(PyTypeObject *type, PyObject *tag)
{
    etree_element *self = (etree_element *)type->tp_alloc(type, 0);
    if (!self) { return NULL; }
    self->tag = Py_NewRef(tag);
    self->text = hob_etree_text_of(NULL);
    self->tail = hob_etree_text_of(NULL);
    return self;
}

PyObject *
hob_etree_new(PyObject *tag, PyObject *attrib)
{
    own etree_element *self = element_alloc(&hob_etree_element_type, tag);
    if (!self) { return NULL; }
    if (has_items(attrib)) {
        if (hob_etree_need_more(self) < 0) { return NULL; }
        self->more->attrib = Py_NewRef(attrib);
    }
    return (PyObject *)take(self);
}

static PyObject *
element_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    return (PyObject *)element_alloc(type, Py_None);
}

static int
element_traverse(PyObject *op, visitproc visit, void *arg)
{
    etree_element *self = (etree_element *)op;
    Py_VISIT(self->tag);
    Py_VISIT(etree_text_peek(self->text));
    Py_VISIT(etree_text_peek(self->tail));
    if (self->more) {
        Py_VISIT(self->more->attrib);
        for (Py_ssize_t i = 0; i < self->more->n; i++) { Py_VISIT(self->more->children[i]); }
    }
    return 0;
}

static void
drop_more(etree_element *self)
{
    etree_more *more = self->more;
    self->more = NULL;
    hob_etree_more_free(more);
}

/* Text and tail stay objects, since methods may still be called. */
static int
element_clear(PyObject *op)
{
    etree_element *self = (etree_element *)op;
    Py_SETREF(self->tag, Py_NewRef(Py_None));
    hob_etree_text_set(&self->text, NULL);
    hob_etree_text_set(&self->tail, NULL);
    drop_more(self);
    return 0;
}

static void
element_dealloc(PyObject *op)
{
    etree_element *self = (etree_element *)op;
    PyObject_GC_UnTrack(op);
    Py_TRASHCAN_BEGIN(op, element_dealloc)
    if (self->weakrefs) { PyObject_ClearWeakRefs(op); }
    Py_XDECREF(self->tag);
    Py_XDECREF(etree_text_peek(self->text));
    Py_XDECREF(etree_text_peek(self->tail));
    drop_more(self);
    Py_TYPE(op)->tp_free(op);
    Py_TRASHCAN_END
}

/* --- arguments --- */

bool
hob_etree_need(PyObject *op, const char *function, const char *argument)
{
    if (etree_check(op)) { return true; }
    _PyArg_BadArgument(function, argument, hob_etree_element_type.tp_name, op);
    return false;
}

status
hob_etree_need_all(PyObject *const *items, Py_ssize_t n)
{
    for (Py_ssize_t i = 0; i < n; i++) {
        if (etree_check(items[i])) { continue; }
        PyErr_Format(PyExc_TypeError, "expected an Element, not \"%.200s\"",
                     Py_TYPE(items[i])->tp_name);
        return -1;
    }
    return 0;
}

/* The dict that kwargs has under "attrib", NULL when none; -1: it is no dict. */
static status
attrib_among(PyObject *kwargs, PyObject **found)
{
    *found = PyDict_GetItemWithError(kwargs, ID(attrib));
    if (!*found) { return PyErr_Occurred() ? -1 : 0; }
    if (PyDict_Check(*found)) { return 0; }
    PyErr_Format(PyExc_TypeError, "attrib must be dict, not %.100s", Py_TYPE(*found)->tp_name);
    return -1;
}

PyObject *                              /* NULL without an exception: none given */
hob_etree_collect_attrib(PyObject *dict, PyObject *kwargs)
{
    bool is_named = !dict && kwargs;
    if (is_named && attrib_among(kwargs, &dict) < 0) { return NULL; }
    is_named = is_named && dict;
    if (!dict && !kwargs) { return NULL; }
    own PyObject *all = dict ? PyDict_Copy(dict) : PyDict_New();
    if (!all || !kwargs) { return take(all); }
    if (!is_named) { return PyDict_Update(all, kwargs) < 0 ? NULL : take(all); }

    own PyObject *others = PyDict_Copy(kwargs);
    if (!others || PyDict_DelItem(others, ID(attrib)) < 0) { return NULL; }
    return PyDict_Update(all, others) < 0 ? NULL : take(all);
}

static int
element_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    etree_element *self = (etree_element *)op;
    PyObject *tag, *dict = NULL;
    if (!PyArg_ParseTuple(args, "O|O!:Element", &tag, &PyDict_Type, &dict)) { return -1; }
    own PyObject *attrib = hob_etree_collect_attrib(dict, kwargs);
    if (!attrib && PyErr_Occurred()) { return -1; }
    if (has_items(attrib)) {
        drop_more(self);
        if (hob_etree_need_more(self) < 0) { return -1; }
        Py_XSETREF(self->more->attrib, Py_NewRef(attrib));
    }
    Py_SETREF(self->tag, Py_NewRef(tag));
    hob_etree_text_set(&self->text, NULL);
    hob_etree_text_set(&self->tail, NULL);
    return 0;
}

static PyObject *
element_repr(PyObject *op)
{
    etree_element *self = (etree_element *)op;
    int again = Py_ReprEnter(op);
    if (again > 0) {
        PyErr_Format(PyExc_RuntimeError, "reentrant call inside %s.__repr__",
                     Py_TYPE(op)->tp_name);
    }
    if (again) { return NULL; }
    PyObject *text = PyUnicode_FromFormat("<Element %R at %p>", self->tag, op);
    Py_ReprLeave(op);
    return text;
}

/* --- fields --- */

static PyObject *
get_tag(PyObject *self, void *closure)
{
    return Py_NewRef(((etree_element *)self)->tag);
}

static PyObject *
get_text(PyObject *self, void *closure)
{
    return Py_XNewRef(hob_etree_text_get(&((etree_element *)self)->text));
}

static PyObject *
get_tail(PyObject *self, void *closure)
{
    return Py_XNewRef(hob_etree_text_get(&((etree_element *)self)->tail));
}

static PyObject *
get_attrib(PyObject *self, void *closure)
{
    return Py_XNewRef(hob_etree_attrib((etree_element *)self));
}

static bool
is_deletion(PyObject *value)
{
    if (value) { return false; }
    PyErr_SetString(PyExc_AttributeError, "can't delete element attribute");
    return true;
}

static int
set_tag(PyObject *self, PyObject *value, void *closure)
{
    if (is_deletion(value)) { return -1; }
    Py_SETREF(((etree_element *)self)->tag, Py_NewRef(value));
    return 0;
}

static int
set_text(PyObject *self, PyObject *value, void *closure)
{
    if (is_deletion(value)) { return -1; }
    hob_etree_text_set(&((etree_element *)self)->text, Py_NewRef(value));
    return 0;
}

static int
set_tail(PyObject *self, PyObject *value, void *closure)
{
    if (is_deletion(value)) { return -1; }
    hob_etree_text_set(&((etree_element *)self)->tail, Py_NewRef(value));
    return 0;
}

static int
set_attrib(PyObject *op, PyObject *value, void *closure)
{
    etree_element *self = (etree_element *)op;
    if (is_deletion(value)) { return -1; }
    if (!PyDict_Check(value)) {
        PyErr_Format(PyExc_TypeError, "attrib must be dict, not %.200s", Py_TYPE(value)->tp_name);
        return -1;
    }
    if (hob_etree_need_more(self) < 0) { return -1; }
    Py_XSETREF(self->more->attrib, Py_NewRef(value));
    return 0;
}

static PyGetSetDef element_getset[] = {
    {"tag", get_tag, set_tag,
     PyDoc_STR("A string identifying what kind of data this element represents"), NULL},
    {"text", get_text, set_text,
     PyDoc_STR("A string of text directly after the start tag, or None"), NULL},
    {"tail", get_tail, set_tail,
     PyDoc_STR("A string of text directly after the end tag, or None"), NULL},
    {"attrib", get_attrib, set_attrib,
     PyDoc_STR("A dictionary containing the element's attributes"), NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

/* --- methods --- */

/** Element.clear($self, /) */
static PyObject *
element_wipe(etree_element *self)
{
    hob_etree_text_set(&self->text, NULL);
    hob_etree_text_set(&self->tail, NULL);
    drop_more(self);
    Py_RETURN_NONE;
}

/** Element.get($self, /, key, default=None) */
static PyObject *
element_get(etree_element *self, PyObject *key, PyObject *default_)
{
    /* hashing the key may put another dict in place of this one */
    own PyObject *attrib = self->more ? Py_XNewRef(self->more->attrib) : NULL;
    if (!attrib) { return Py_NewRef(default_); }
    PyObject *value = PyDict_GetItemWithError(attrib, key);
    if (!value && PyErr_Occurred()) { return NULL; }
    return Py_NewRef(value ? value : default_);
}

/** Element.set($self, key, value, /) */
static PyObject *
element_set(etree_element *self, PyObject *key, PyObject *value)
{
    own PyObject *attrib = Py_XNewRef(hob_etree_attrib(self));
    if (!attrib || PyDict_SetItem(attrib, key, value) < 0) { return NULL; }
    Py_RETURN_NONE;
}

/** Element.find($self, /, path, namespaces=None) */
static PyObject *
element_find(etree_element *self, PyObject *path, PyObject *namespaces)
{
    return hob_etree_find(self, path, namespaces);
}

/** Element.findtext($self, /, path, default=None, namespaces=None) */
static PyObject *
element_findtext(etree_element *self, PyObject *path, PyObject *default_, PyObject *namespaces)
{
    return hob_etree_findtext(self, path, default_, namespaces);
}

/** Element.findall($self, /, path, namespaces=None) */
static PyObject *
element_findall(etree_element *self, PyObject *path, PyObject *namespaces)
{
    return hob_etree_findall(self, path, namespaces);
}

/** Element.append($self, subelement, /) */
static PyObject *
element_append(PyObject *self, PyObject *subelement)
{
    return hob_etree_append(self, subelement);
}

/** Element.extend($self, elements, /) */
static PyObject *
element_extend(PyObject *self, PyObject *elements)
{
    return hob_etree_extend(self, elements);
}

/** Element.insert($self, index, subelement, /) */
static PyObject *
element_insert(etree_element *self, Py_ssize_t index, PyObject *subelement)
{
    if (hob_etree_insert(self, index, subelement) < 0) { return NULL; }
    Py_RETURN_NONE;
}

/** Element.remove($self, subelement, /) */
static PyObject *
element_remove(PyObject *self, PyObject *subelement)
{
    if (hob_etree_remove((etree_element *)self, subelement) < 0) { return NULL; }
    Py_RETURN_NONE;
}

/** Element.iter($self, /, tag=None) */
static PyObject *
element_iter(etree_element *self, PyObject *tag)
{
    return hob_etree_iter_new(self, tag, false);
}

/** Element.itertext($self, /) */
static PyObject *
element_itertext(etree_element *self)
{
    return hob_etree_iter_new(self, Py_None, true);
}

/** Element.iterfind($self, /, path, namespaces=None) */
static PyObject *
element_iterfind(PyObject *self, PyObject *path, PyObject *namespaces)
{
    return PyObject_CallMethodObjArgs(hob_etree.path, ID(iterfind), self, path, namespaces, NULL);
}

/** Element.items($self, /) */
static PyObject *
element_items(etree_element *self)
{
    return self->more && self->more->attrib ? PyDict_Items(self->more->attrib) : PyList_New(0);
}

/** Element.keys($self, /) */
static PyObject *
element_keys(etree_element *self)
{
    return self->more && self->more->attrib ? PyDict_Keys(self->more->attrib) : PyList_New(0);
}

/** Element.makeelement($self, tag, attrib, /) */
static PyObject *
element_makeelement(etree_element *self, PyObject *tag, PyDictObject *attrib)
{
    own PyObject *copy = PyDict_Copy((PyObject *)attrib);
    return copy ? hob_etree_new(tag, copy) : NULL;
}

/** Element.__copy__($self, /) */
static PyObject *
element_copy(etree_element *self)
{
    return hob_etree_copy(self);
}

/** Element.__deepcopy__($self, memo, /) */
static PyObject *
element_deepcopy(etree_element *self, PyDictObject *memo)
{
    return hob_etree_deepcopy(self, (PyObject *)memo);
}

/** Element.__sizeof__($self, /) */
static PyObject *
element_sizeof(etree_element *self)
{
    size_t size = (size_t)Py_TYPE(self)->tp_basicsize;
    etree_more *more = self->more;
    if (more) { size += sizeof *more; }
    if (more && more->children != more->few) { size += (size_t)more->room * sizeof(PyObject *); }
    return PyLong_FromSize_t(size);
}

/** Element.__getstate__($self, /) */
static PyObject *
element_getstate(etree_element *self)
{
    return hob_etree_get_state(self);
}

/** Element.__setstate__($self, state, /) */
static PyObject *
element_setstate(PyObject *self, PyObject *state)
{
    if (hob_etree_set_state((etree_element *)self, state) < 0) { return NULL; }
    Py_RETURN_NONE;
}

#include "gen/modules/_elementtree/element.bind.h"

PyTypeObject hob_etree_element_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "xml.etree.ElementTree.Element",
    .tp_basicsize = sizeof(etree_element),
    .tp_dealloc = element_dealloc,
    .tp_repr = element_repr,
    .tp_as_sequence = &hob_etree_as_sequence,
    .tp_as_mapping = &hob_etree_as_mapping,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .tp_traverse = element_traverse,
    .tp_clear = element_clear,
    .tp_weaklistoffset = offsetof(etree_element, weakrefs),
    .tp_methods = Element_methods,
    .tp_getset = element_getset,
    .tp_init = element_init,
    .tp_alloc = PyType_GenericAlloc,
    .tp_new = element_new,
    .tp_free = PyObject_GC_Del,
};

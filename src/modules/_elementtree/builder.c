/* builder.c -- TreeBuilder: a tree out of start, end, data, comment and pi.
 *
 * Layout     stack[0 .. depth) are the open elements around `here`, the innermost
 *            one.  `last` is what was started or ended last; data that comes now is
 *            its text, or its tail once `last_is_done`.
 * Holds      data is NULL, an object, or a list of several pieces; it is kept
 *            until something else than data comes.  here and last are None before
 *            the first start.
 * Hazard     Factories may make anything: only an exact Element is reached into,
 *            everything else has its attributes set and append() called.
 */
#include "modules/_elementtree/etree.h"

#include "memory/gc.h"
#include "objects/bind.h"
#include "objects/ids.h"

struct etree_builder {
    PyObject_HEAD
    PyObject *root;                     /* NULL before the first start */
    PyObject *here;
    PyObject *last;
    bool last_is_done;
    PyObject *data;
    PyObject *stack;                    /* list */
    Py_ssize_t depth;
    PyObject *element_factory;          /* NULL: Element */
    PyObject *comment_factory;          /* NULL: comments are their text */
    PyObject *pi_factory;               /* NULL: (target, text) */
    bool insert_comments, insert_pis;
    PyObject *report;                   /* queue.append, or NULL */
    PyObject *events[N_EVENTS];         /* names to report by, or NULL */
};

const char *const hob_etree_event_names[N_EVENTS] = {
    "start", "end", "comment", "pi", "start-ns", "end-ns",
};

/* --- life --- */

static PyObject *
builder_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    own etree_builder *self = (etree_builder *)type->tp_alloc(type, 0);
    if (!self) { return NULL; }
    self->here = Py_NewRef(Py_None);
    self->last = Py_NewRef(Py_None);
    self->stack = PyList_New(0);
    return self->stack ? (PyObject *)take(self) : NULL;
}

PyObject *
hob_etree_builder_new(void)
{
    return builder_new(&hob_etree_builder_type, NULL, NULL);
}

#define EACH_FIELD(F)                                                           \
    F(root) F(here) F(last) F(data) F(stack) F(element_factory)                 \
    F(comment_factory) F(pi_factory) F(report)

static int
builder_traverse(PyObject *op, visitproc visit, void *arg)
{
    etree_builder *self = (etree_builder *)op;
#define VISIT(field) Py_VISIT(self->field);
    EACH_FIELD(VISIT)
#undef VISIT
    return 0;
}

static int
builder_clear(PyObject *op)
{
    etree_builder *self = (etree_builder *)op;
#define CLEAR(field) Py_CLEAR(self->field);
    EACH_FIELD(CLEAR)
#undef CLEAR
    for (int i = 0; i < N_EVENTS; i++) { Py_CLEAR(self->events[i]); }
    return 0;
}

static void
builder_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    builder_clear(op);
    Py_TYPE(op)->tp_free(op);
}

/* None is as if it were not given: then it is what _set_factories() said, if anything. */
static void
set_factory(PyObject **slot, PyObject *given, PyObject *usual)
{
    Py_XSETREF(*slot, Py_XNewRef(given && given != Py_None ? given : usual));
}

static int
builder_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"element_factory", "comment_factory", "pi_factory",
                            "insert_comments", "insert_pis", NULL};
    etree_builder *self = (etree_builder *)op;
    PyObject *element = NULL, *comment = NULL, *pi = NULL;
    int insert_comments = 0, insert_pis = 0;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|O$OOpp:TreeBuilder", names, &element,
                                     &comment, &pi, &insert_comments, &insert_pis)) {
        return -1;
    }
    set_factory(&self->element_factory, element, NULL);
    set_factory(&self->comment_factory, comment, hob_etree.comment_factory);
    set_factory(&self->pi_factory, pi, hob_etree.pi_factory);
    self->insert_comments = insert_comments;
    self->insert_pis = insert_pis;
    return 0;
}

/* --- text --- */

/* Put data behind the attribute of an object that is no plain Element. */
static status
extend_attribute(PyObject *element, PyObject *name, PyObject *data)
{
    own PyObject *now = PyObject_GetAttr(element, name);
    if (!now) { return -1; }
    own PyObject *text = Py_NewRef(data);
    if (PyList_CheckExact(data)) {
        own PyObject *empty = PyUnicode_New(0, 0);
        if (!empty) { return -1; }
        Py_SETREF(text, PyUnicode_Join(empty, data));
        if (!text) { return -1; }
    }
    if (now != Py_None) {
        Py_SETREF(text, PyNumber_Add(now, text));
        if (!text) { return -1; }
    }
    return PyObject_SetAttr(element, name, text);
}

/* Give the collected data to the element it belongs to. */
static status
flush_data(etree_builder *self)
{
    own PyObject *data = take(self->data);
    if (!data) { return 0; }
    own PyObject *last = Py_NewRef(self->last);
    if (etree_check_exact(last)) {
        etree_element *element = (etree_element *)last;
        return hob_etree_text_extend(self->last_is_done ? &element->tail : &element->text, data);
    }
    return extend_attribute(last, self->last_is_done ? ID(tail) : ID(text), data);
}

status
hob_etree_builder_data(etree_builder *self, PyObject *data)
{
    if (!self->data) {
        if (self->last != Py_None) { self->data = Py_NewRef(data); }
        return 0;                       /* what comes before the first start is dropped */
    }
    if (PyList_CheckExact(self->data)) { return PyList_Append(self->data, data); }
    PyObject *list = PyList_New(2);
    if (!list) { return -1; }
    PyList_SET_ITEM(list, 0, self->data);
    PyList_SET_ITEM(list, 1, Py_NewRef(data));
    self->data = list;
    return 0;
}

/* --- events --- */

status
hob_etree_builder_report(etree_builder *self, enum etree_event event, PyObject *value)
{
    if (!self->events[event]) { return 0; }
    own PyObject *pair = PyTuple_Pack(2, self->events[event], value);
    own PyObject *report = Py_NewRef(self->report);
    own PyObject *done = pair ? PyObject_CallOneArg(report, pair) : NULL;
    return done ? 0 : -1;
}

bool
hob_etree_builder_listens(etree_builder *self, enum etree_event event)
{
    return self->events[event] != NULL;
}

static status
listen_to(etree_builder *self, PyObject *name)
{
    const char *text = PyUnicode_Check(name) ? PyUnicode_AsUTF8(name)
        : PyBytes_Check(name) ? PyBytes_AS_STRING(name) : NULL;
    if (!text) {
        PyErr_Clear();
        PyErr_SetString(PyExc_ValueError, "invalid events sequence");
        return -1;
    }
    for (int i = 0; i < N_EVENTS; i++) {
        if (strcmp(text, hob_etree_event_names[i]) != 0) { continue; }
        PyObject *shown = PyUnicode_InternFromString(text);
        if (!shown) { return -1; }
        Py_XSETREF(self->events[i], shown);
        return 0;
    }
    PyErr_Format(PyExc_ValueError, "unknown event '%s'", text);
    return -1;
}

status
hob_etree_builder_listen(etree_builder *self, PyObject *queue, PyObject *names)
{
    PyObject *report = PyObject_GetAttr(queue, ID(append));
    if (!report) { return -1; }
    Py_XSETREF(self->report, report);
    for (int i = 0; i < N_EVENTS; i++) { Py_CLEAR(self->events[i]); }
    if (names == Py_None) { return listen_to(self, ID(end)); }
    own PyObject *wanted = PySequence_Fast(names, "events must be a sequence");
    if (!wanted) { return -1; }
    for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(wanted); i++) {
        if (listen_to(self, PySequence_Fast_GET_ITEM(wanted, i)) < 0) { return -1; }
    }
    return 0;
}

/* --- the tree --- */

static status
add_child(PyObject *parent, PyObject *child)
{
    if (etree_check_exact(parent) && etree_check(child)) {
        return hob_etree_add((etree_element *)parent, child);
    }
    own PyObject *done = PyObject_CallMethodOneArg(parent, ID(append), child);
    return done ? 0 : -1;
}

static PyObject *
make_element(etree_builder *self, PyObject *tag, PyObject *attrib)
{
    if (!self->element_factory) { return hob_etree_new(tag, attrib); }
    own PyObject *factory = Py_NewRef(self->element_factory);
    own PyObject *dict = attrib ? Py_NewRef(attrib) : PyDict_New();
    return dict ? PyObject_CallFunctionObjArgs(factory, tag, dict, NULL) : NULL;
}

static void
set_last(etree_builder *self, PyObject *element, bool is_done)
{
    Py_SETREF(self->last, Py_NewRef(element));
    self->last_is_done = is_done;
}

/* Put the element we are in on the stack, and be in this one. */
static status
go_into(etree_builder *self, PyObject *element)
{
    if (self->depth < PyList_GET_SIZE(self->stack)) {
        if (PyList_SetItem(self->stack, self->depth, Py_NewRef(self->here)) < 0) { return -1; }
    }
    else if (PyList_Append(self->stack, self->here) < 0) {
        return -1;
    }
    self->depth++;
    Py_SETREF(self->here, Py_NewRef(element));
    return 0;
}

PyObject *
hob_etree_builder_start(etree_builder *self, PyObject *tag, PyObject *attrib)
{
    if (flush_data(self) < 0) { return NULL; }
    own PyObject *element = make_element(self, tag, attrib);
    if (!element) { return NULL; }
    own PyObject *here = Py_NewRef(self->here);
    if (here != Py_None) {
        if (add_child(here, element) < 0) { return NULL; }
    }
    else if (self->root) {
        PyErr_SetString(hob_etree.parse_error, "multiple elements on top level");
        return NULL;
    }
    else {
        self->root = Py_NewRef(element);
    }
    if (go_into(self, element) < 0) { return NULL; }
    set_last(self, element, false);
    return hob_etree_builder_report(self, ON_START, element) < 0 ? NULL : take(element);
}

PyObject *
hob_etree_builder_end(etree_builder *self)
{
    if (flush_data(self) < 0) { return NULL; }
    if (self->depth == 0) {
        PyErr_SetString(PyExc_IndexError, "pop from empty stack");
        return NULL;
    }
    own PyObject *element = Py_NewRef(self->here);
    set_last(self, element, true);
    self->depth--;
    Py_SETREF(self->here, Py_NewRef(PyList_GET_ITEM(self->stack, self->depth)));
    return hob_etree_builder_report(self, ON_END, element) < 0 ? NULL : take(element);
}

/* A comment or instruction was made: hang it where we are, and report it. */
static PyObject *
place(etree_builder *self, STOLEN PyObject *made, bool insert, enum etree_event event)
{
    own PyObject *node = made;
    if (!node) { return NULL; }
    own PyObject *here = Py_NewRef(self->here);
    if (insert && here != Py_None) {
        if (add_child(here, node) < 0) { return NULL; }
        set_last(self, node, true);
    }
    return hob_etree_builder_report(self, event, node) < 0 ? NULL : take(node);
}

PyObject *
hob_etree_builder_comment(etree_builder *self, PyObject *text)
{
    if (flush_data(self) < 0) { return NULL; }
    own PyObject *factory = Py_XNewRef(self->comment_factory);
    PyObject *made = factory ? PyObject_CallOneArg(factory, text) : Py_NewRef(text);
    return place(self, made, self->insert_comments, ON_COMMENT);
}

PyObject *
hob_etree_builder_pi(etree_builder *self, PyObject *target, PyObject *text)
{
    if (flush_data(self) < 0) { return NULL; }
    own PyObject *factory = Py_XNewRef(self->pi_factory);
    PyObject *made = factory ? PyObject_CallFunctionObjArgs(factory, target, text, NULL)
                             : PyTuple_Pack(2, target, text);
    return place(self, made, self->insert_pis, ON_PI);
}

PyObject *
hob_etree_builder_close(etree_builder *self)
{
    return Py_NewRef(self->root ? self->root : Py_None);
}

/* --- methods --- */

/** TreeBuilder.data($self, data, /) */
static PyObject *
builder_data(PyObject *self, PyObject *data)
{
    if (hob_etree_builder_data((etree_builder *)self, data) < 0) { return NULL; }
    Py_RETURN_NONE;
}

/** TreeBuilder.start($self, tag, attrs, /) */
static PyObject *
builder_start(etree_builder *self, PyObject *tag, PyDictObject *attrs)
{
    return hob_etree_builder_start(self, tag, (PyObject *)attrs);
}

/** TreeBuilder.end($self, tag, /) */
static PyObject *
builder_end(PyObject *self, PyObject *tag)
{
    return hob_etree_builder_end((etree_builder *)self);
}

/** TreeBuilder.comment($self, text, /) */
static PyObject *
builder_comment(PyObject *self, PyObject *text)
{
    return hob_etree_builder_comment((etree_builder *)self, text);
}

/** TreeBuilder.pi($self, target, text=None, /) */
static PyObject *
builder_pi(etree_builder *self, PyObject *target, PyObject *text)
{
    return hob_etree_builder_pi(self, target, text);
}

/** TreeBuilder.close($self, /) */
static PyObject *
builder_close(etree_builder *self)
{
    return hob_etree_builder_close(self);
}

#include "gen/modules/_elementtree/builder.bind.h"

PyTypeObject hob_etree_builder_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "xml.etree.ElementTree.TreeBuilder",
    .tp_basicsize = sizeof(etree_builder),
    .tp_dealloc = builder_dealloc,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .tp_traverse = builder_traverse,
    .tp_clear = builder_clear,
    .tp_methods = TreeBuilder_methods,
    .tp_init = builder_init,
    .tp_alloc = PyType_GenericAlloc,
    .tp_new = builder_new,
    .tp_free = PyObject_GC_Del,
};

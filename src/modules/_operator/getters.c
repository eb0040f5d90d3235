/* getters.c -- itemgetter, attrgetter and methodcaller: callables that remember
 * what to fetch.
 *
 * Holds      their types are immutable, so all three can be vectorcalled.
 *            attrgetter keeps each dotted name as a tuple of interned parts.
 */
#include <Python.h>
#include <structmember.h>

#include "memory/own.h"
#include "modules/_operator/_operator.h"
#include "objects/ids.h"

/* The one positional argument of a call of self; NULL with TypeError. */
static PyObject *
only_argument(const char *name, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    if (!_PyArg_NoKwnames(name, kwnames)) { return NULL; }
    if (!_PyArg_CheckPositional(name, PyVectorcall_NARGS(nargsf), 1, 1)) { return NULL; }
    return args[0];
}

/* name(arg, ...): the repr of all three. */
static PyObject *
repr_of(PyObject *self, PyObject *args, PyObject *kwargs)
{
    int active = Py_ReprEnter(self);
    const char *type = Py_TYPE(self)->tp_name;
    if (active) { return active < 0 ? NULL : PyUnicode_FromFormat("%s(...)", type); }

    own PyObject *texts = PyList_New(0);
    bool good = texts != NULL;
    for (Py_ssize_t i = 0; good && i < PyTuple_GET_SIZE(args); i++) {
        own PyObject *text = PyObject_Repr(PyTuple_GET_ITEM(args, i));
        good = text && PyList_Append(texts, text) == 0;
    }
    Py_ssize_t at = 0;
    PyObject *key, *value;
    while (good && kwargs && PyDict_Next(kwargs, &at, &key, &value)) {
        own PyObject *text = PyUnicode_FromFormat("%U=%R", key, value);
        good = text && PyList_Append(texts, text) == 0;
    }
    own PyObject *comma = good ? PyUnicode_FromString(", ") : NULL;
    own PyObject *joined = comma ? PyUnicode_Join(comma, texts) : NULL;
    PyObject *result = joined ? PyUnicode_FromFormat("%s(%U)", type, joined) : NULL;
    Py_ReprLeave(self);
    return result;
}

/* --- itemgetter --- */

typedef struct item_getter {
    PyObject_HEAD
    PyObject *items;            /* tuple, at least one */
    Py_ssize_t index;           /* of a tuple or list when >= 0, for one small int */
    vectorcallfunc vectorcall;
} item_getter;

#define ITEMS(op) ((item_getter *)(op))

static PyObject *
items_fetch(PyObject *self, PyObject *from)
{
    item_getter *getter = ITEMS(self);
    PyObject *items = getter->items;
    Py_ssize_t n = PyTuple_GET_SIZE(items);
    if (n == 1) {
        if (getter->index >= 0 && PyTuple_CheckExact(from)
            && getter->index < PyTuple_GET_SIZE(from)) {
            return Py_NewRef(PyTuple_GET_ITEM(from, getter->index));
        }
        return PyObject_GetItem(from, PyTuple_GET_ITEM(items, 0));
    }
    own PyObject *result = PyTuple_New(n);
    for (Py_ssize_t i = 0; result && i < n; i++) {
        PyObject *item = PyObject_GetItem(from, PyTuple_GET_ITEM(items, i));
        if (!item) { return NULL; }
        PyTuple_SET_ITEM(result, i, item);
    }
    return take(result);
}

static PyObject *
items_vectorcall(PyObject *self, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    PyObject *from = only_argument("itemgetter", args, nargsf, kwnames);
    return from ? items_fetch(self, from) : NULL;
}

static PyObject *
items_call(PyObject *self, PyObject *args, PyObject *kwargs)
{
    if (!_PyArg_NoKeywords("itemgetter", kwargs)) { return NULL; }
    PyObject *from;
    return PyArg_UnpackTuple(args, "itemgetter", 1, 1, &from) ? items_fetch(self, from) : NULL;
}

static PyObject *
items_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    if (!_PyArg_NoKeywords("itemgetter", kwargs)) { return NULL; }
    if (PyTuple_GET_SIZE(args) == 0) {
        (void)_PyArg_CheckPositional("itemgetter", 0, 1, 1);
        return NULL;
    }
    item_getter *self = (item_getter *)type->tp_alloc(type, 0);
    if (!self) { return NULL; }
    self->items = Py_NewRef(args);
    self->index = -1;
    PyObject *first = PyTuple_GET_ITEM(args, 0);
    if (PyTuple_GET_SIZE(args) == 1 && PyLong_CheckExact(first)) {
        self->index = PyLong_AsSsize_t(first);
        if (self->index == -1) { PyErr_Clear(); }
    }
    self->vectorcall = items_vectorcall;
    return (PyObject *)self;
}

static PyObject *
items_repr(PyObject *self)
{
    return repr_of(self, ITEMS(self)->items, NULL);
}

/** item_getter.__reduce__($self, /)
 *
 *  Return state information for pickling
 */
static PyObject *
items_reduce(PyObject *self)
{
    return PyTuple_Pack(2, Py_TYPE(self), ITEMS(self)->items);
}

static int
items_clear(PyObject *self)
{
    Py_CLEAR(ITEMS(self)->items);
    return 0;
}

static int
items_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(ITEMS(self)->items);
    return 0;
}

/* --- attrgetter --- */

typedef struct attr_getter {
    PyObject_HEAD
    PyObject *names;            /* tuple of str, or of tuples of str for dotted names */
    PyObject *given;            /* tuple: the arguments as they were */
    vectorcallfunc vectorcall;
} attr_getter;

#define ATTRS(op) ((attr_getter *)(op))

/* from.a.b.c */
static PyObject *
dotted_get(PyObject *from, PyObject *name)
{
    if (PyUnicode_CheckExact(name)) { return PyObject_GetAttr(from, name); }
    own PyObject *at = Py_NewRef(from);
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(name); i++) {
        PyObject *next = PyObject_GetAttr(at, PyTuple_GET_ITEM(name, i));
        if (!next) { return NULL; }
        Py_SETREF(at, next);
    }
    return take(at);
}

static PyObject *
attrs_fetch(PyObject *self, PyObject *from)
{
    PyObject *names = ATTRS(self)->names;
    Py_ssize_t n = PyTuple_GET_SIZE(names);
    if (n == 1) { return dotted_get(from, PyTuple_GET_ITEM(names, 0)); }
    own PyObject *result = PyTuple_New(n);
    for (Py_ssize_t i = 0; result && i < n; i++) {
        PyObject *value = dotted_get(from, PyTuple_GET_ITEM(names, i));
        if (!value) { return NULL; }
        PyTuple_SET_ITEM(result, i, value);
    }
    return take(result);
}

static PyObject *
attrs_vectorcall(PyObject *self, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    PyObject *from = only_argument("attrgetter", args, nargsf, kwnames);
    return from ? attrs_fetch(self, from) : NULL;
}

static PyObject *
attrs_call(PyObject *self, PyObject *args, PyObject *kwargs)
{
    if (!_PyArg_NoKeywords("attrgetter", kwargs)) { return NULL; }
    PyObject *from;
    return PyArg_UnpackTuple(args, "attrgetter", 1, 1, &from) ? attrs_fetch(self, from) : NULL;
}

/* "a.b" as ("a", "b"), "a" as itself; interned. */
static PyObject *
split_name(PyObject *name)
{
    Py_ssize_t n = PyUnicode_GET_LENGTH(name);
    if (PyUnicode_FindChar(name, '.', 0, n, 1) < 0) {
        PyObject *whole = PyUnicode_FromObject(name);
        if (whole) { PyUnicode_InternInPlace(&whole); }
        return whole;
    }
    own PyObject *dot = PyUnicode_FromString(".");
    own PyObject *parts = dot ? PyUnicode_Split(name, dot, -1) : NULL;
    if (!parts) { return NULL; }
    own PyObject *tuple = PyTuple_New(PyList_GET_SIZE(parts));
    for (Py_ssize_t i = 0; tuple && i < PyList_GET_SIZE(parts); i++) {
        PyObject *part = Py_NewRef(PyList_GET_ITEM(parts, i));
        PyUnicode_InternInPlace(&part);
        PyTuple_SET_ITEM(tuple, i, part);
    }
    return take(tuple);
}

static PyObject *
attrs_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    if (!_PyArg_NoKeywords("attrgetter", kwargs)) { return NULL; }
    Py_ssize_t n = PyTuple_GET_SIZE(args);
    if (n == 0) {
        (void)_PyArg_CheckPositional("attrgetter", 0, 1, 1);
        return NULL;
    }
    own PyObject *names = PyTuple_New(n);
    for (Py_ssize_t i = 0; names && i < n; i++) {
        PyObject *name = PyTuple_GET_ITEM(args, i);
        if (!PyUnicode_Check(name)) {
            PyErr_SetString(PyExc_TypeError, "attribute name must be a string");
            return NULL;
        }
        PyObject *parts = split_name(name);
        if (!parts) { return NULL; }
        PyTuple_SET_ITEM(names, i, parts);
    }
    attr_getter *self = names ? (attr_getter *)type->tp_alloc(type, 0) : NULL;
    if (!self) { return NULL; }
    self->names = take(names);
    self->given = Py_NewRef(args);
    self->vectorcall = attrs_vectorcall;
    return (PyObject *)self;
}

static PyObject *
attrs_repr(PyObject *self)
{
    return repr_of(self, ATTRS(self)->given, NULL);
}

/** attr_getter.__reduce__($self, /)
 *
 *  Return state information for pickling
 */
static PyObject *
attrs_reduce(PyObject *self)
{
    return PyTuple_Pack(2, Py_TYPE(self), ATTRS(self)->given);
}

static int
attrs_clear(PyObject *self)
{
    Py_CLEAR(ATTRS(self)->names);
    Py_CLEAR(ATTRS(self)->given);
    return 0;
}

static int
attrs_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(ATTRS(self)->names);
    Py_VISIT(ATTRS(self)->given);
    return 0;
}

/* --- methodcaller --- */

typedef struct method_caller {
    PyObject_HEAD
    PyObject *name;
    PyObject *args;             /* tuple */
    PyObject *kwargs;           /* dict or NULL */
} method_caller;

#define CALLER(op) ((method_caller *)(op))

static PyObject *
caller_call(PyObject *self, PyObject *args, PyObject *kwargs)
{
    PyObject *on;
    if (!_PyArg_NoKeywords("methodcaller", kwargs)
        || !PyArg_UnpackTuple(args, "methodcaller", 1, 1, &on)) {
        return NULL;
    }
    own PyObject *method = PyObject_GetAttr(on, CALLER(self)->name);
    return method ? PyObject_Call(method, CALLER(self)->args, CALLER(self)->kwargs) : NULL;
}

static PyObject *
caller_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    if (PyTuple_GET_SIZE(args) < 1) {
        PyErr_SetString(PyExc_TypeError,
                        "methodcaller needs at least one argument, the method name");
        return NULL;
    }
    PyObject *name = PyTuple_GET_ITEM(args, 0);
    if (!PyUnicode_Check(name)) {
        PyErr_SetString(PyExc_TypeError, "method name must be a string");
        return NULL;
    }
    own PyObject *self = type->tp_alloc(type, 0);
    if (!self) { return NULL; }
    CALLER(self)->name = Py_NewRef(name);
    PyUnicode_InternInPlace(&CALLER(self)->name);
    CALLER(self)->kwargs = Py_XNewRef(kwargs);
    CALLER(self)->args = PyTuple_GetSlice(args, 1, PyTuple_GET_SIZE(args));
    return CALLER(self)->args ? take(self) : NULL;
}

/* (name, *args) */
static PyObject *
caller_given(PyObject *self)
{
    own PyObject *first = PyTuple_Pack(1, CALLER(self)->name);
    return first ? PySequence_Concat(first, CALLER(self)->args) : NULL;
}

static PyObject *
caller_repr(PyObject *self)
{
    own PyObject *given = caller_given(self);
    return given ? repr_of(self, given, CALLER(self)->kwargs) : NULL;
}

/** method_caller.__reduce__($self, /)
 *
 *  Return state information for pickling
 */
static PyObject *
caller_reduce(PyObject *self)
{
    PyObject *kwargs = CALLER(self)->kwargs;
    if (!kwargs || PyDict_GET_SIZE(kwargs) == 0) {
        return Py_BuildValue("ON", Py_TYPE(self), caller_given(self));
    }
    own PyObject *functools = PyImport_ImportModule("functools");
    own PyObject *partial = functools ? PyObject_GetAttrString(functools, "partial") : NULL;
    if (!partial) { return NULL; }
    PyObject *args[] = {(PyObject *)Py_TYPE(self), CALLER(self)->name};
    own PyObject *maker = PyObject_VectorcallDict(partial, args, 2, kwargs);
    return maker ? PyTuple_Pack(2, maker, CALLER(self)->args) : NULL;
}

static int
caller_clear(PyObject *self)
{
    Py_CLEAR(CALLER(self)->name);
    Py_CLEAR(CALLER(self)->args);
    Py_CLEAR(CALLER(self)->kwargs);
    return 0;
}

static int
caller_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(CALLER(self)->args);
    Py_VISIT(CALLER(self)->kwargs);
    return 0;
}

#include "gen/modules/_operator/getters.bind.h"

/* --- types --- */

static void
getter_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    (void)type->tp_clear(self);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyMemberDef item_getter_members[] = {
    {"__vectorcalloffset__", T_PYSSIZET, offsetof(item_getter, vectorcall), READONLY, NULL},
    {NULL},
};

static PyMemberDef attr_getter_members[] = {
    {"__vectorcalloffset__", T_PYSSIZET, offsetof(attr_getter, vectorcall), READONLY, NULL},
    {NULL},
};

PyDoc_STRVAR(itemgetter_doc,
"itemgetter(item, ...)\n\n"
"A callable that takes items out of its argument: itemgetter(k)(x) is x[k], and\n"
"with several keys it answers with a tuple.");

PyDoc_STRVAR(attrgetter_doc,
"attrgetter(attr, ...)\n\n"
"A callable that takes attributes out of its argument: attrgetter('a.b')(x) is\n"
"x.a.b, and with several names it answers with a tuple.");

PyDoc_STRVAR(methodcaller_doc,
"methodcaller(name, ...)\n\n"
"A callable that calls a method of its argument with the arguments given here:\n"
"methodcaller('m', 1, k=2)(x) is x.m(1, k=2).");

#define GETTER_FLAGS (Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE)

static PyType_Slot itemgetter_slots[] = {
    {Py_tp_doc, (void *)itemgetter_doc},
    {Py_tp_dealloc, getter_dealloc},
    {Py_tp_call, items_call},
    {Py_tp_traverse, items_traverse},
    {Py_tp_clear, items_clear},
    {Py_tp_methods, item_getter_methods},
    {Py_tp_members, item_getter_members},
    {Py_tp_new, items_new},
    {Py_tp_getattro, PyObject_GenericGetAttr},
    {Py_tp_repr, items_repr},
    {0, NULL},
};

PyType_Spec hob_itemgetter_spec = {
    .name = "operator.itemgetter",
    .basicsize = sizeof(item_getter),
    .flags = GETTER_FLAGS | Py_TPFLAGS_HAVE_VECTORCALL,
    .slots = itemgetter_slots,
};

static PyType_Slot attrgetter_slots[] = {
    {Py_tp_doc, (void *)attrgetter_doc},
    {Py_tp_dealloc, getter_dealloc},
    {Py_tp_call, attrs_call},
    {Py_tp_traverse, attrs_traverse},
    {Py_tp_clear, attrs_clear},
    {Py_tp_methods, attr_getter_methods},
    {Py_tp_members, attr_getter_members},
    {Py_tp_new, attrs_new},
    {Py_tp_getattro, PyObject_GenericGetAttr},
    {Py_tp_repr, attrs_repr},
    {0, NULL},
};

PyType_Spec hob_attrgetter_spec = {
    .name = "operator.attrgetter",
    .basicsize = sizeof(attr_getter),
    .flags = GETTER_FLAGS | Py_TPFLAGS_HAVE_VECTORCALL,
    .slots = attrgetter_slots,
};

static PyType_Slot methodcaller_slots[] = {
    {Py_tp_doc, (void *)methodcaller_doc},
    {Py_tp_dealloc, getter_dealloc},
    {Py_tp_call, caller_call},
    {Py_tp_traverse, caller_traverse},
    {Py_tp_clear, caller_clear},
    {Py_tp_methods, method_caller_methods},
    {Py_tp_new, caller_new},
    {Py_tp_getattro, PyObject_GenericGetAttr},
    {Py_tp_repr, caller_repr},
    {0, NULL},
};

PyType_Spec hob_methodcaller_spec = {
    .name = "operator.methodcaller",
    .basicsize = sizeof(method_caller),
    .flags = GETTER_FLAGS,
    .slots = methodcaller_slots,
};

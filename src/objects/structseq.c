/* structseq.c -- named tuples of C (os.stat_result, time.struct_time ..).
 *
 * Layout     a tuple whose items go on behind its end: ob_size counts the visible
 *            fields, n_fields in the type's dict counts all.
 * Holds      unnamed fields are visible only by index.
 */
#include <Python.h>
#include <structmember.h>

#include "memory/own.h"
#include "objects/ids.h"
#include "objects/object.h"
#include "objects/undeclared.h"

const char *const PyStructSequence_UnnamedField = "unnamed field";

#define ITEMS(op) (((PyTupleObject *)(op))->ob_item)

/* --- counts --- */

/* A count kept in the type's dict; -1 with an exception. */
static Py_ssize_t
type_count(PyTypeObject *type, PyObject *name)
{
    PyObject *value = PyDict_GetItemWithError(type->tp_dict, name);
    if (!value) {
        if (!PyErr_Occurred()) {
            PyErr_Format(PyExc_TypeError, "Missed attribute '%U' of type %s", name,
                         type->tp_name);
        }
        return -1;
    }
    return PyLong_AsSsize_t(value);
}

static inline Py_ssize_t
n_fields(PyTypeObject *type)
{
    return type_count(type, ID(n_fields));
}

static inline Py_ssize_t
n_visible(PyTypeObject *type)
{
    return type_count(type, ID(n_sequence_fields));
}

static inline Py_ssize_t
n_unnamed(PyTypeObject *type)
{
    return type_count(type, ID(n_unnamed_fields));
}

/* --- life --- */

PyObject *
PyStructSequence_New(PyTypeObject *type)
{
    Py_ssize_t n = n_fields(type), visible = n_visible(type);
    if (n < 0 || visible < 0) { return NULL; }
    PyTupleObject *self = PyObject_GC_NewVar(PyTupleObject, type, n);
    if (!self) { return NULL; }
    Py_SET_SIZE(self, visible);
    memset(self->ob_item, 0, (size_t)n * sizeof(PyObject *));
    return (PyObject *)self;
}

void
PyStructSequence_SetItem(PyObject *self, Py_ssize_t i, PyObject *value)
{
    PyStructSequence_SET_ITEM(self, i, value);
}

PyObject *
PyStructSequence_GetItem(PyObject *self, Py_ssize_t i)
{
    return PyStructSequence_GET_ITEM(self, i);
}

static int
structseq_traverse(PyObject *self, visitproc visit, void *arg)
{
    PyTypeObject *type = Py_TYPE(self);
    if (type->tp_flags & Py_TPFLAGS_HEAPTYPE) { Py_VISIT(type); }
    Py_ssize_t n = n_fields(type);
    for (Py_ssize_t i = 0; i < n; i++) { Py_VISIT(ITEMS(self)[i]); }
    return 0;
}

static void
structseq_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    Py_ssize_t n = n_fields(type);
    for (Py_ssize_t i = 0; i < n; i++) { Py_XDECREF(ITEMS(self)[i]); }
    PyObject_GC_Del(self);
    if (type->tp_flags & Py_TPFLAGS_HEAPTYPE) { Py_DECREF(type); }
}

/* --- new --- */

static status
check_length(PyTypeObject *type, Py_ssize_t given, Py_ssize_t low, Py_ssize_t high)
{
    const char *how = given < low ? "at least " : "at most ";
    Py_ssize_t limit = given < low ? low : high;
    if (low <= given && given <= high) { return 0; }
    if (low == high) {
        PyErr_Format(PyExc_TypeError, "%.500s() takes a %zd-sequence (%zd-sequence given)",
                     type->tp_name, low, given);
    }
    else {
        PyErr_Format(PyExc_TypeError, "%.500s() takes an %s%zd-sequence (%zd-sequence given)",
                     type->tp_name, how, limit, given);
    }
    return -1;
}

/* Hidden fields behind what the sequence gave: from the dict, else None. */
static status
fill_hidden(PyObject *self, PyTypeObject *type, Py_ssize_t from, PyObject *dict)
{
    Py_ssize_t n = n_fields(type), unnamed = n_unnamed(type);
    for (Py_ssize_t i = from; i < n; i++) {
        PyObject *value = NULL;
        if (dict) {
            const char *name = type->tp_members[i - unnamed].name;
            own PyObject *key = PyUnicode_FromString(name);
            if (!key) { return -1; }
            value = PyDict_GetItemWithError(dict, key);
            if (!value && PyErr_Occurred()) { return -1; }
        }
        ITEMS(self)[i] = Py_NewRef(value ? value : Py_None);
    }
    return 0;
}

/** structseq.__new__($type, sequence, dict=NULL) */
static PyObject *
structseq_new(PyTypeObject *type, PyObject *sequence, PyObject *dict)
{
    Py_ssize_t low = n_visible(type), high = n_fields(type);
    if (low < 0 || high < 0 || n_unnamed(type) < 0) { return NULL; }
    own PyObject *fast = PySequence_Fast(sequence, "constructor requires a sequence");
    if (!fast) { return NULL; }
    if (dict && !PyDict_Check(dict)) {
        PyErr_Format(PyExc_TypeError, "%.500s() takes a dict as second arg, if any",
                     type->tp_name);
        return NULL;
    }
    Py_ssize_t given = PySequence_Fast_GET_SIZE(fast);
    if (check_length(type, given, low, high) < 0) { return NULL; }
    own PyObject *self = PyStructSequence_New(type);
    if (!self) { return NULL; }
    for (Py_ssize_t i = 0; i < given; i++) {
        ITEMS(self)[i] = Py_NewRef(PySequence_Fast_GET_ITEM(fast, i));
    }
    if (fill_hidden(self, type, given, dict) < 0) { return NULL; }
    PyObject_GC_Track(self);
    return take(self);
}

/* --- what Python sees --- */

/* module.Type(field=value, ...): the visible fields that have names. */
static PyObject *
structseq_repr(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    own PyObject *texts = PyList_New(0);
    for (Py_ssize_t i = 0; texts && i < Py_SIZE(self); i++) {
        const char *name = type->tp_members[i].name;
        if (!name) {
            PyErr_Format(PyExc_SystemError,
                         "In structseq_repr(), member %zd name is NULL for type %.500s", i,
                         type->tp_name);
            return NULL;
        }
        own PyObject *text = PyUnicode_FromFormat("%s=%R", name, ITEMS(self)[i]);
        if (!text || PyList_Append(texts, text) < 0) { return NULL; }
    }
    own PyObject *comma = texts ? PyUnicode_FromString(", ") : NULL;
    own PyObject *joined = comma ? PyUnicode_Join(comma, texts) : NULL;
    return joined ? PyUnicode_FromFormat("%s(%U)", type->tp_name, joined) : NULL;
}

/** structseq.__reduce__($self, /) */
static PyObject *
structseq_reduce(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    Py_ssize_t n = n_fields(type), visible = n_visible(type), unnamed = n_unnamed(type);
    if (n < 0 || visible < 0 || unnamed < 0) { return NULL; }
    own PyObject *tuple = PyTuple_New(visible);
    own PyObject *dict = PyDict_New();
    if (!tuple || !dict) { return NULL; }
    for (Py_ssize_t i = 0; i < visible; i++) {
        PyTuple_SET_ITEM(tuple, i, Py_NewRef(ITEMS(self)[i]));
    }
    for (Py_ssize_t i = visible; i < n; i++) {
        const char *name = type->tp_members[i - unnamed].name;
        if (PyDict_SetItemString(dict, name, ITEMS(self)[i]) < 0) { return NULL; }
    }
    return Py_BuildValue("(O(OO))", type, tuple, dict);
}

#include "gen/objects/structseq.bind.h"

/* --- making types --- */

static Py_ssize_t
count_fields(const PyStructSequence_Desc *desc, Py_ssize_t *unnamed)
{
    Py_ssize_t n = 0;
    *unnamed = 0;
    for (; desc->fields[n].name; n++) {
        if (desc->fields[n].name == PyStructSequence_UnnamedField) { (*unnamed)++; }
    }
    return n;
}

static status
set_count(PyObject *dict, PyObject *name, Py_ssize_t count)
{
    own PyObject *value = PyLong_FromSsize_t(count);
    return value ? PyDict_SetItem(dict, name, value) : -1;
}

/* The counts, and __match_args__ of the visible named fields. */
static status
fill_dict(PyTypeObject *type, const PyStructSequence_Desc *desc, Py_ssize_t n,
          Py_ssize_t unnamed)
{
    PyObject *dict = type->tp_dict;
    if (set_count(dict, ID(n_sequence_fields), desc->n_in_sequence) < 0
        || set_count(dict, ID(n_fields), n) < 0
        || set_count(dict, ID(n_unnamed_fields), unnamed) < 0) {
        return -1;
    }
    own PyObject *names = PyList_New(0);
    for (Py_ssize_t i = 0; names && i < desc->n_in_sequence; i++) {
        if (desc->fields[i].name == PyStructSequence_UnnamedField) { continue; }
        own PyObject *name = PyUnicode_FromString(desc->fields[i].name);
        if (!name || PyList_Append(names, name) < 0) { return -1; }
    }
    own PyObject *keys = names ? PyList_AsTuple(names) : NULL;
    return keys ? PyDict_SetItem(dict, ID(__match_args__), keys) : -1;
}

static PyMemberDef *
make_members(const PyStructSequence_Desc *desc, Py_ssize_t n, Py_ssize_t unnamed)
{
    PyMemberDef *members = PyMem_Calloc((size_t)(n - unnamed) + 1, sizeof *members);
    if (!members) {
        PyErr_NoMemory();
        return NULL;
    }
    Py_ssize_t k = 0;
    for (Py_ssize_t i = 0; i < n; i++) {
        const PyStructSequence_Field *field = &desc->fields[i];
        if (field->name == PyStructSequence_UnnamedField) { continue; }
        members[k++] = (PyMemberDef){
            .name = field->name,
            .type = T_OBJECT,
            .offset = (Py_ssize_t)offsetof(PyTupleObject,
                                           ob_item) + i * (Py_ssize_t)sizeof(PyObject *),
            .flags = READONLY,
            .doc = field->doc,
        };
    }
    return members;
}

int
_PyStructSequence_InitType(PyTypeObject *type, PyStructSequence_Desc *desc, unsigned long flags)
{
    if (type->tp_flags & Py_TPFLAGS_READY) { return 0; }        /* of an earlier interpreter */
    Py_ssize_t unnamed, n = count_fields(desc, &unnamed);
    PyMemberDef *members = make_members(desc, n, unnamed);
    if (!members) { return -1; }

    Py_ssize_t refcnt = Py_REFCNT(type);
    *type = (PyTypeObject){
        PyVarObject_HEAD_INIT(&PyType_Type, 0)
        .tp_name = desc->name,
        .tp_basicsize = offsetof(PyTupleObject, ob_item),
        .tp_itemsize = sizeof(PyObject *),
        .tp_dealloc = structseq_dealloc,
        .tp_repr = structseq_repr,
        .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | flags,
        .tp_doc = desc->doc,
        .tp_traverse = structseq_traverse,
        .tp_methods = structseq_methods,
        .tp_members = members,
        .tp_base = &PyTuple_Type,
        .tp_new = flags & Py_TPFLAGS_DISALLOW_INSTANTIATION ? NULL : structseq_new__slot,
    };
    Py_SET_REFCNT(type, refcnt ? refcnt + 1 : 1);
    if (PyType_Ready(type) < 0) {
        PyMem_Free(members);
        return -1;
    }
    Py_INCREF(type);
    return fill_dict(type, desc, n, unnamed);
}

int
PyStructSequence_InitType2(PyTypeObject *type, PyStructSequence_Desc *desc)
{
    return _PyStructSequence_InitType(type, desc, 0);
}

void
PyStructSequence_InitType(PyTypeObject *type, PyStructSequence_Desc *desc)
{
    (void)PyStructSequence_InitType2(type, desc);
}

PyTypeObject *
_PyStructSequence_NewType(PyStructSequence_Desc *desc, unsigned long flags)
{
    Py_ssize_t unnamed, n = count_fields(desc, &unnamed);
    PyMemberDef *members = make_members(desc, n, unnamed);
    if (!members) { return NULL; }
    PyType_Slot slots[] = {
        {Py_tp_dealloc, structseq_dealloc},
        {Py_tp_repr, structseq_repr},
        {Py_tp_doc, (void *)desc->doc},
        {Py_tp_methods, structseq_methods},
        {Py_tp_new, structseq_new__slot},
        {Py_tp_members, members},
        {Py_tp_traverse, structseq_traverse},
        {0, NULL},
    };
    PyType_Spec spec = {
        .name = desc->name,
        .basicsize = offsetof(PyTupleObject, ob_item),
        .itemsize = sizeof(PyObject *),
        .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | (unsigned int)flags,
        .slots = slots,
    };
    own PyObject *type = PyType_FromSpecWithBases(&spec, (PyObject *)&PyTuple_Type);
    PyMem_Free(members);
    if (!type || fill_dict((PyTypeObject *)type, desc, n, unnamed) < 0) { return NULL; }
    return (PyTypeObject *)take(type);
}

PyTypeObject *
PyStructSequence_NewType(PyStructSequence_Desc *desc)
{
    return _PyStructSequence_NewType(desc, 0);
}

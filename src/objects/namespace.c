/* namespace.c -- types.SimpleNamespace: an object that is nothing but its dict. */
#include <Python.h>
#include <structmember.h>

#include "memory/own.h"
#include "objects/ids.h"
#include "objects/object.h"

typedef struct namespace_object {
    PyObject_HEAD
    PyObject *dict;
} namespace_object;

#define DICT(op) (((namespace_object *)(op))->dict)

static PyObject *
namespace_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    own PyObject *self = type->tp_alloc(type, 0);
    if (!self) { return NULL; }
    DICT(self) = PyDict_New();
    return DICT(self) ? take(self) : NULL;
}

static int
namespace_init(PyObject *self, PyObject *args, PyObject *kwargs)
{
    if (PyTuple_GET_SIZE(args)) {
        PyErr_SetString(PyExc_TypeError, "no positional arguments expected");
        return -1;
    }
    if (!kwargs) { return 0; }
    if (!PyArg_ValidateKeywordArguments(kwargs)) { return -1; }
    return PyDict_Update(DICT(self), kwargs);
}

static int
namespace_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(DICT(self));
    return 0;
}

static int
namespace_clear(PyObject *self)
{
    Py_CLEAR(DICT(self));
    return 0;
}

static void
namespace_dealloc(PyObject *self)
{
    PyObject_GC_UnTrack(self);
    Py_CLEAR(DICT(self));
    Py_TYPE(self)->tp_free(self);
}

/* "a=1, b=2"; names that are not nonempty strs stay out. */
static PyObject *
namespace_pairs(PyObject *dict)
{
    own PyObject *texts = PyList_New(0);
    own PyObject *keys = PyDict_Keys(dict);
    if (!texts || !keys) { return NULL; }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(keys); i++) {
        PyObject *key = PyList_GET_ITEM(keys, i);
        if (!PyUnicode_Check(key) || PyUnicode_GET_LENGTH(key) == 0) { continue; }
        own PyObject *value = Py_XNewRef(PyDict_GetItemWithError(dict, key));
        if (!value) {
            if (PyErr_Occurred()) { return NULL; }
            continue;           /* gone meanwhile */
        }
        own PyObject *text = PyUnicode_FromFormat("%S=%R", key, value);
        if (!text || PyList_Append(texts, text) < 0) { return NULL; }
    }
    own PyObject *comma = PyUnicode_FromString(", ");
    return comma ? PyUnicode_Join(comma, texts) : NULL;
}

static PyObject *
namespace_repr(PyObject *self)
{
    bool exact = Py_IS_TYPE(self, &_PyNamespace_Type);
    const char *name = exact ? "namespace" : Py_TYPE(self)->tp_name;
    int active = Py_ReprEnter(self);
    if (active) { return active < 0 ? NULL : PyUnicode_FromFormat("%s(...)", name); }
    own PyObject *pairs = namespace_pairs(DICT(self));
    PyObject *text = pairs ? PyUnicode_FromFormat("%s(%S)", name, pairs) : NULL;
    Py_ReprLeave(self);
    return text;
}

static PyObject *
namespace_richcompare(PyObject *self, PyObject *other, int op)
{
    if (!PyObject_TypeCheck(self, &_PyNamespace_Type)
        || !PyObject_TypeCheck(other, &_PyNamespace_Type)) {
        return Py_NewRef(Py_NotImplemented);
    }
    return PyObject_RichCompare(DICT(self), DICT(other), op);
}

/** namespace.__reduce__($self, /)
 *
 *  Return state information for pickling.
 */
static PyObject *
namespace_reduce(PyObject *self)
{
    return Py_BuildValue("O()O", Py_TYPE(self), DICT(self));
}

#include "gen/objects/namespace.bind.h"

static PyMemberDef namespace_members[] = {
    {"__dict__", T_OBJECT, offsetof(namespace_object, dict), READONLY, NULL},
    {NULL},
};

PyDoc_STRVAR(namespace_doc,
"A simple attribute-based namespace.\n"
"\n"
"SimpleNamespace(**kwargs)");

PyTypeObject _PyNamespace_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "types.SimpleNamespace",
    .tp_basicsize = sizeof(namespace_object),
    .tp_dealloc = namespace_dealloc,
    .tp_repr = namespace_repr,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_setattro = PyObject_GenericSetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE,
    .tp_doc = namespace_doc,
    .tp_traverse = namespace_traverse,
    .tp_clear = namespace_clear,
    .tp_richcompare = namespace_richcompare,
    .tp_methods = namespace_methods,
    .tp_members = namespace_members,
    .tp_dictoffset = offsetof(namespace_object, dict),
    .tp_init = namespace_init,
    .tp_alloc = PyType_GenericAlloc,
    .tp_new = namespace_new,
    .tp_free = PyObject_GC_Del,
};

PyObject *
_PyNamespace_New(PyObject *kwargs)
{
    own PyObject *self = namespace_new(&_PyNamespace_Type, NULL, NULL);
    if (!self || (kwargs && PyDict_Update(DICT(self), kwargs) < 0)) { return NULL; }
    return take(self);
}

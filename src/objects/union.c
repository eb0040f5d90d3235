/* union.c -- types.UnionType: int | str.
 *
 * Holds      args are flat (no union inside a union) and without duplicates, at
 *            least two; None stands as NoneType.
 *            parameters is made when first asked for.
 */
#include "objects/union.h"

#include <structmember.h>

#include "memory/own.h"
#include "objects/genericalias.h"
#include "objects/ids.h"
#include "objects/object.h"

typedef struct union_object {
    PyObject_HEAD
    PyObject *args;
    PyObject *parameters;       /* NULL until needed */
} union_object;

#define ARGS(op) (((union_object *)(op))->args)
#define PARAMETERS(op) (((union_object *)(op))->parameters)

static inline bool
is_union(PyObject *op)
{
    return Py_IS_TYPE(op, &hob_union_type);
}

PyObject *
hob_union_args(PyObject *self)
{
    return ARGS(self);
}

/* --- making --- */

static inline bool
is_unionable(PyObject *op)
{
    return op == Py_None || PyType_Check(op) || PyObject_TypeCheck(op, &Py_GenericAliasType)
        || is_union(op);
}

/* Aliases are the same when equal, anything else when identical. */
static tri
is_same(PyObject *a, PyObject *b)
{
    bool aliases = PyObject_TypeCheck(a, &Py_GenericAliasType)
                && PyObject_TypeCheck(b, &Py_GenericAliasType);
    return aliases ? PyObject_RichCompareBool(a, b, Py_EQ) : a == b;
}

static status
add_member(PyObject *list, PyObject *op)
{
    if (is_union(op)) {
        for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(ARGS(op)); i++) {
            if (add_member(list, PyTuple_GET_ITEM(ARGS(op), i)) < 0) { return -1; }
        }
        return 0;
    }
    if (op == Py_None) { op = (PyObject *)&_PyNone_Type; }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(list); i++) {
        tri same = is_same(PyList_GET_ITEM(list, i), op);
        if (same) { return same < 0 ? -1 : 0; }
    }
    return PyList_Append(list, op);
}

/* A union of the list's members; the member itself when there is one. */
static PyObject *
union_of(PyObject *list)
{
    if (PyList_GET_SIZE(list) == 1) { return Py_NewRef(PyList_GET_ITEM(list, 0)); }
    own PyObject *args = PyList_AsTuple(list);
    if (!args) { return NULL; }
    union_object *self = PyObject_GC_New(union_object, &hob_union_type);
    if (!self) { return NULL; }
    self->args = take(args);
    self->parameters = NULL;
    PyObject_GC_Track(self);
    return (PyObject *)self;
}

PyObject *
hob_union_or(PyObject *left, PyObject *right)
{
    if (!is_unionable(left) || !is_unionable(right)) { return Py_NewRef(Py_NotImplemented); }
    own PyObject *list = PyList_New(0);
    if (!list || add_member(list, left) < 0 || add_member(list, right) < 0) { return NULL; }
    return union_of(list);
}

/* --- compare --- */

static PyObject *
union_richcompare(PyObject *self, PyObject *other, int op)
{
    if ((op != Py_EQ && op != Py_NE) || !is_union(other)) {
        return Py_NewRef(Py_NotImplemented);
    }
    own PyObject *a = PySet_New(ARGS(self));
    own PyObject *b = a ? PySet_New(ARGS(other)) : NULL;
    return b ? PyObject_RichCompare(a, b, op) : NULL;
}

static Py_hash_t
union_hash(PyObject *self)
{
    own PyObject *set = PyFrozenSet_New(ARGS(self));
    return set ? PyObject_Hash(set) : -1;
}

/* --- repr --- */

static PyObject *
union_repr(PyObject *self)
{
    own PyObject *texts = PyList_New(0);
    for (Py_ssize_t i = 0; texts && i < PyTuple_GET_SIZE(ARGS(self)); i++) {
        PyObject *arg = PyTuple_GET_ITEM(ARGS(self), i);
        own PyObject *text = arg == (PyObject *)&_PyNone_Type ? PyUnicode_FromString("None")
                                                              : hob_generic_arg_repr(arg);
        if (!text || PyList_Append(texts, text) < 0) { return NULL; }
    }
    own PyObject *bar = texts ? PyUnicode_FromString(" | ") : NULL;
    return bar ? PyUnicode_Join(bar, texts) : NULL;
}

/* --- parameters --- */

static status
need_parameters(PyObject *self)
{
    if (!PARAMETERS(self)) { PARAMETERS(self) = hob_generic_parameters(ARGS(self)); }
    return PARAMETERS(self) ? 0 : -1;
}

static PyObject *
union_get_parameters(PyObject *self, void *context)
{
    return need_parameters(self) < 0 ? NULL : Py_NewRef(PARAMETERS(self));
}

static PyObject *
union_getitem(PyObject *self, PyObject *item)
{
    if (need_parameters(self) < 0) { return NULL; }
    own PyObject *args = hob_generic_substitute(self, ARGS(self), PARAMETERS(self), item);
    if (!args) { return NULL; }
    own PyObject *result = Py_NewRef(PyTuple_GET_ITEM(args, 0));
    for (Py_ssize_t i = 1; i < PyTuple_GET_SIZE(args); i++) {
        PyObject *next = PyNumber_Or(result, PyTuple_GET_ITEM(args, i));
        if (!next) { return NULL; }
        Py_SETREF(result, next);
    }
    return take(result);
}

/* --- the type --- */

static PyObject *
union_getattro(PyObject *self, PyObject *name)
{
    if (PyUnicode_Check(name) && _PyUnicode_EQ(name, ID(__module__))) {
        return PyObject_GetAttr((PyObject *)Py_TYPE(self), name);
    }
    return PyObject_GenericGetAttr(self, name);
}

static int
union_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(ARGS(self));
    Py_VISIT(PARAMETERS(self));
    return 0;
}

static void
union_dealloc(PyObject *self)
{
    PyObject_GC_UnTrack(self);
    Py_XDECREF(ARGS(self));
    Py_XDECREF(PARAMETERS(self));
    Py_TYPE(self)->tp_free(self);
}

static PyMemberDef union_members[] = {
    {"__args__", T_OBJECT, offsetof(union_object, args), READONLY, NULL},
    {NULL},
};

static PyGetSetDef union_getset[] = {
    {"__parameters__", union_get_parameters, NULL,
     "Type variables in the types.UnionType.", NULL},
    {NULL},
};

static PyNumberMethods union_as_number = { .nb_or = hob_union_or };
static PyMappingMethods union_as_mapping = { .mp_subscript = union_getitem };

PyTypeObject hob_union_type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "types.UnionType",
    .tp_basicsize = sizeof(union_object),
    .tp_dealloc = union_dealloc,
    .tp_repr = union_repr,
    .tp_as_number = &union_as_number,
    .tp_as_mapping = &union_as_mapping,
    .tp_hash = union_hash,
    .tp_getattro = union_getattro,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_doc = PyDoc_STR("Represent a PEP 604 union type\n\nE.g. for int | str"),
    .tp_traverse = union_traverse,
    .tp_richcompare = union_richcompare,
    .tp_members = union_members,
    .tp_getset = union_getset,
    .tp_alloc = PyType_GenericAlloc,
    .tp_free = PyObject_GC_Del,
};

/* bool.c -- True and False: two ints with a type of their own. */
#include "memory/own.h"
#include "objects/int/int.h"
#include "objects/ids.h"

static PyObject *
bool_repr(PyObject *self)
{
    return Py_NewRef(self == Py_True ? ID(True) : ID(False));
}

static PyObject *
bool_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *x = Py_False;
    if (!_PyArg_NoKeywords("bool", kwargs) || !PyArg_UnpackTuple(args, "bool", 0, 1, &x)) {
        return NULL;
    }
    int truth = PyObject_IsTrue(x);
    return truth < 0 ? NULL : PyBool_FromLong(truth);
}

static PyObject *
bool_vectorcall(PyObject *type, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    Py_ssize_t nargs = PyVectorcall_NARGS(nargsf);
    if (!_PyArg_NoKwnames("bool", kwnames) || !_PyArg_CheckPositional("bool", nargs, 0, 1)) {
        return NULL;
    }
    int truth = nargs ? PyObject_IsTrue(args[0]) : 0;
    return truth < 0 ? NULL : PyBool_FromLong(truth);
}

/* & | ^ of two bools are bools; with anything else they are ints'. */
#define BITWISE(name, OP, slot)                                                 \
    static PyObject *                                                           \
    bool_##name(PyObject *a, PyObject *b)                                       \
    {                                                                           \
        if (PyBool_Check(a) && PyBool_Check(b)) {                               \
            return PyBool_FromLong((a == Py_True) OP (b == Py_True));           \
        }                                                                       \
        return PyLong_Type.tp_as_number->slot(a, b);                            \
    }
BITWISE(and, &, nb_and)
BITWISE(or, |, nb_or)
BITWISE(xor, ^, nb_xor)
#undef BITWISE

static PyNumberMethods bool_as_number = {
    .nb_and = bool_and,
    .nb_xor = bool_xor,
    .nb_or = bool_or,
};

PyDoc_STRVAR(bool_doc,
"bool(x) -> bool\n"
"\n"
"True if x counts as true, else False: there are no other instances.\n"
"A subclass of int that cannot be subclassed.");

PyTypeObject PyBool_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "bool",
    .tp_basicsize = sizeof(struct _longobject),
    .tp_itemsize = sizeof(digit),
    .tp_repr = bool_repr,
    .tp_as_number = &bool_as_number,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_LONG_SUBCLASS | _Py_TPFLAGS_MATCH_SELF,
    .tp_doc = bool_doc,
    .tp_base = &PyLong_Type,
    .tp_alloc = PyType_GenericAlloc,
    .tp_new = bool_new,
    .tp_free = PyObject_Free,
    .tp_vectorcall = bool_vectorcall,
};

/* Exported as ints, which is what they are made of. */
struct _longobject _Py_FalseStruct = {
    PyVarObject_HEAD_INIT(&PyBool_Type, 0)
    {0},
};

struct _longobject _Py_TrueStruct = {
    PyVarObject_HEAD_INIT(&PyBool_Type, 1)
    {1},
};

PyObject *
PyBool_FromLong(long truth)
{
    return Py_NewRef(truth ? Py_True : Py_False);
}

#undef Py_IsTrue
int
Py_IsTrue(PyObject *op)
{
    return op == Py_True;
}

#undef Py_IsFalse
int
Py_IsFalse(PyObject *op)
{
    return op == Py_False;
}

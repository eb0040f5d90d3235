/* cell.c -- a variable that several functions share. */
#include "memory/own.h"
#include "objects/object.h"

#define CONTENT(op) (((PyCellObject *)(op))->ob_ref)

PyObject *
PyCell_New(PyObject *value)
{
    PyCellObject *cell = PyObject_GC_New(PyCellObject, &PyCell_Type);
    if (!cell) { return NULL; }
    cell->ob_ref = Py_XNewRef(value);
    PyObject_GC_Track(cell);
    return (PyObject *)cell;
}

PyObject *
PyCell_Get(PyObject *self)
{
    if (!PyCell_Check(self)) {
        PyErr_BadInternalCall();
        return NULL;
    }
    return Py_XNewRef(CONTENT(self));
}

int
PyCell_Set(PyObject *self, PyObject *value)
{
    if (!PyCell_Check(self)) {
        PyErr_BadInternalCall();
        return -1;
    }
    PyObject *old = CONTENT(self);
    CONTENT(self) = Py_XNewRef(value);
    Py_XDECREF(old);
    return 0;
}

static PyObject *
cell_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *value = NULL;
    if (!_PyArg_NoKeywords("cell", kwargs) || !PyArg_UnpackTuple(args, "cell", 0, 1, &value)) {
        return NULL;
    }
    return PyCell_New(value);
}

static void
cell_dealloc(PyObject *self)
{
    PyObject_GC_UnTrack(self);
    Py_XDECREF(CONTENT(self));
    PyObject_GC_Del(self);
}

static int
cell_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(CONTENT(self));
    return 0;
}

static int
cell_clear(PyObject *self)
{
    Py_CLEAR(CONTENT(self));
    return 0;
}

/* By content; an empty cell comes before all others. */
static PyObject *
cell_richcompare(PyObject *self, PyObject *other, int op)
{
    if (!PyCell_Check(self) || !PyCell_Check(other)) { return Py_NewRef(Py_NotImplemented); }
    PyObject *a = CONTENT(self), *b = CONTENT(other);
    if (a && b) { return PyObject_RichCompare(a, b, op); }
    Py_RETURN_RICHCOMPARE(!b, !a, op);
}

static PyObject *
cell_repr(PyObject *self)
{
    PyObject *value = CONTENT(self);
    if (!value) { return PyUnicode_FromFormat("<cell at %p: empty>", self); }
    return PyUnicode_FromFormat("<cell at %p: %.80s object at %p>", self,
                                Py_TYPE(value)->tp_name,
                                value);
}

static PyObject *
cell_get_contents(PyObject *self, void *context)
{
    PyObject *value = CONTENT(self);
    if (!value) { PyErr_SetString(PyExc_ValueError, "Cell is empty"); }
    return Py_XNewRef(value);
}

static int
cell_set_contents(PyObject *self, PyObject *value, void *context)
{
    Py_XINCREF(value);
    Py_XSETREF(CONTENT(self), value);
    return 0;
}

static PyGetSetDef cell_getset[] = {
    {"cell_contents", cell_get_contents, cell_set_contents, NULL, NULL},
    {NULL},
};

PyDoc_STRVAR(cell_doc,
"cell([contents])\n"
"--\n"
"\n"
"Create a new cell object.\n"
"\n"
"  contents\n"
"    the contents of the cell. If not specified, the cell will be empty,\n"
"    and further attempts to access its cell_contents attribute will\n"
"    raise a ValueError.");

PyTypeObject PyCell_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "cell",
    .tp_basicsize = sizeof(PyCellObject),
    .tp_dealloc = cell_dealloc,
    .tp_repr = cell_repr,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_doc = cell_doc,
    .tp_traverse = cell_traverse,
    .tp_clear = cell_clear,
    .tp_richcompare = cell_richcompare,
    .tp_getset = cell_getset,
    .tp_new = cell_new,
};

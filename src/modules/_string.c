/* _string.c -- the _string module: how str.format reads its text.
 *
 * string.Formatter is built on these two iterators; the parser itself is
 * objects/str/format.c.
 */
#include <Python.h>

#include "base/c.h"
#include "memory/own.h"
#include "objects/str/format.h"

/* --- pieces of a format string --- */

typedef struct {
    PyObject_HEAD
    PyObject *str;              /* owned */
    Py_ssize_t pos;
    Py_ssize_t end;
} pieces;

static void
pieces_dealloc(pieces *self)
{
    Py_XDECREF(self->str);
    PyObject_Free(self);
}

static PyObject *
part(PyObject *str, span s)
{
    return PyUnicode_Substring(str, s.start, s.end);
}

/* (literal text, field name, spec, conversion), the last three None without a field */
static PyObject *
pieces_next(pieces *self)
{
    markup_piece piece;
    if (hob_markup_next(self->str, &self->pos, self->end, &piece) <= 0) { return NULL; }
    own PyObject *literal = part(self->str, piece.literal);
    if (!literal) { return NULL; }
    if (!piece.has_field) { return PyTuple_Pack(4, literal, Py_None, Py_None, Py_None); }
    own PyObject *name = part(self->str, piece.name);
    own PyObject *spec = part(self->str, piece.spec);
    own PyObject *conversion = piece.conversion ? hob_str_char_get(piece.conversion)
                                                : Py_NewRef(Py_None);
    if (!name || !spec || !conversion) { return NULL; }
    return PyTuple_Pack(4, literal, name, spec, conversion);
}

static PyTypeObject pieces_type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "formatteriterator",
    .tp_basicsize = sizeof(pieces) + sizeof(Py_ssize_t),
    .tp_dealloc = (destructor)pieces_dealloc,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_iter = PyObject_SelfIter,
    .tp_iternext = (iternextfunc)pieces_next,
};

/* --- steps of a field name --- */

typedef struct {
    PyObject_HEAD
    PyObject *str;              /* owned */
    Py_ssize_t pos;
    Py_ssize_t end;
    Py_ssize_t spare[2];
} steps;

static void
steps_dealloc(steps *self)
{
    Py_XDECREF(self->str);
    PyObject_Free(self);
}

static PyObject *
key_object(PyObject *str, span key, Py_ssize_t index)
{
    return index >= 0 ? PyLong_FromSsize_t(index) : part(str, key);
}

/* (is attribute, name or index) */
static PyObject *
steps_next(steps *self)
{
    bool is_attribute;
    span key;
    Py_ssize_t index;
    if (hob_field_next(self->str, &self->pos, self->end, &is_attribute, &key, &index) <= 0) {
        return NULL;
    }
    own PyObject *object = key_object(self->str, key, index);
    return object ? PyTuple_Pack(2, is_attribute ? Py_True : Py_False, object) : NULL;
}

static PyTypeObject steps_type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "fieldnameiterator",
    .tp_basicsize = sizeof(steps),
    .tp_dealloc = (destructor)steps_dealloc,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_iter = PyObject_SelfIter,
    .tp_iternext = (iternextfunc)steps_next,
};

/* --- module --- */

static bool
expect_str(PyObject *value)
{
    if (PyUnicode_Check(value)) { return PyUnicode_READY(value) == 0; }
    PyErr_Format(PyExc_TypeError, "expected str, got %s", Py_TYPE(value)->tp_name);
    return false;
}

static PyObject *
formatter_parser(PyObject *module, PyObject *value)
{
    if (!expect_str(value)) { return NULL; }
    pieces *self = PyObject_New(pieces, &pieces_type);
    if (!self) { return NULL; }
    self->str = Py_NewRef(value);
    self->pos = 0;
    self->end = PyUnicode_GET_LENGTH(value);
    return (PyObject *)self;
}

static PyObject *
formatter_field_name_split(PyObject *module, PyObject *value)
{
    if (!expect_str(value)) { return NULL; }
    Py_ssize_t pos = 0, end = PyUnicode_GET_LENGTH(value), index;
    span first;
    if (hob_field_first(value, &pos, end, &first, &index) < 0) { return NULL; }
    own PyObject *key = key_object(value, first, index);
    if (!key) { return NULL; }
    steps *rest = PyObject_New(steps, &steps_type);
    if (!rest) { return NULL; }
    rest->str = Py_NewRef(value);
    rest->pos = pos;
    rest->end = end;
    return Py_BuildValue("ON", key, rest);
}

static PyMethodDef string_methods[] = {
    {"formatter_field_name_split", formatter_field_name_split, METH_O,
     "Take a field name apart: its first part and an iterator over the others."},
    {"formatter_parser", formatter_parser, METH_O,
     "Take a format string apart: an iterator over its pieces."},
    {NULL, NULL, 0, NULL},
};

static int
string_exec(PyObject *module)
{
    if (PyType_Ready(&pieces_type) < 0) { return -1; }
    return PyType_Ready(&steps_type);
}

static PyModuleDef_Slot string_slots[] = {
    {Py_mod_exec, string_exec},
    {0, NULL},
};

static struct PyModuleDef string_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_string",
    .m_doc = "How str.format reads its text; string.Formatter is built on it.",
    .m_methods = string_methods,
    .m_slots = string_slots,
};

PyMODINIT_FUNC
PyInit__string(void)
{
    return PyModuleDef_Init(&string_module);
}

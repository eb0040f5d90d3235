/* kinds.c -- exceptions with a field or two more: StopIteration, SystemExit,
 * ImportError, NameError, AttributeError, KeyError, MemoryError, SyntaxError.
 *
 * Hazard     a MemoryError must be had when nothing can be allocated: some are
 *            made at the start and come back here when they die.
 */
#include "objects/exceptions/kinds.h"

#include "memory/gc.h"
#include "objects/ids.h"

#define MEMBER(Struct, field, doc) \
    {#field, T_OBJECT, offsetof(Struct, field), 0, PyDoc_STR(doc)}
#define END_OF_MEMBERS {NULL, 0, 0, 0, NULL}

/* --- StopIteration: value --- */

#define STOP_FIELDS(F) F(value)
EXCEPTION_MEMORY(stop, PyStopIterationObject, STOP_FIELDS)

int
hob_stop_init(PyObject *self, PyObject *args, PyObject *kwargs)
{
    if (hob_base_init(self, args, kwargs) < 0) { return -1; }
    exc_set(&((PyStopIterationObject *)self)->value,
            PyTuple_GET_SIZE(args) > 0 ? PyTuple_GET_ITEM(args, 0) : NULL);
    return 0;
}

PyMemberDef hob_stop_members[] = {
    MEMBER(PyStopIterationObject, value, "what the generator returned"),
    END_OF_MEMBERS,
};

/* --- SystemExit: code --- */

#define EXIT_FIELDS(F) F(code)
EXCEPTION_MEMORY(exit, PySystemExitObject, EXIT_FIELDS)

int
hob_exit_init(PyObject *self, PyObject *args, PyObject *kwargs)
{
    if (hob_base_init(self, args, kwargs) < 0) { return -1; }
    Py_ssize_t n = PyTuple_GET_SIZE(args);
    if (n == 0) { return 0; }
    exc_set(&((PySystemExitObject *)self)->code, n == 1 ? PyTuple_GET_ITEM(args, 0) : args);
    return 0;
}

PyMemberDef hob_exit_members[] = {
    MEMBER(PySystemExitObject, code, "what the process reports"),
    END_OF_MEMBERS,
};

/* --- keyword arguments after the positional ones of the base --- */

/* base's init with args, then keywords by name into up to two fields. */
static int
init_with_keywords(PyObject *self, PyObject *args, PyObject *kwargs, const char *format,
                   char **names, PyObject **one, PyObject **two)
{
    if (hob_base_init(self, args, NULL) < 0) { return -1; }
    PyObject *first = NULL, *second = NULL;
    if (kwargs) {
        own PyObject *no_args = PyTuple_New(0);
        if (!no_args ||
            !PyArg_ParseTupleAndKeywords(no_args, kwargs, format, names, &first, &second)) {
            return -1;
        }
    }
    Py_XSETREF(*one, Py_XNewRef(first));
    if (two) { Py_XSETREF(*two, Py_XNewRef(second)); }
    return 0;
}

/* --- ImportError: msg, name, path --- */

#define IMPORT_FIELDS(F) F(msg) F(name) F(path)
EXCEPTION_MEMORY(import, PyImportErrorObject, IMPORT_FIELDS)

int
hob_import_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"name", "path", NULL};
    PyImportErrorObject *self = (PyImportErrorObject *)op;
    if (init_with_keywords(op, args, kwargs, "|$OO:ImportError", names, &self->name,
                           &self->path) < 0) {
        return -1;
    }
    PyObject *msg = PyTuple_GET_SIZE(args) == 1 ? PyTuple_GET_ITEM(args, 0) : NULL;
    Py_XSETREF(self->msg, Py_XNewRef(msg));
    return 0;
}

PyObject *
hob_import_str(PyObject *op)
{
    PyObject *msg = ((PyImportErrorObject *)op)->msg;
    return msg && PyUnicode_CheckExact(msg) ? Py_NewRef(msg) : hob_base_str(op);
}

/* The dict with name and path added: NULL without an error when empty. */
static PyObject *
import_state(PyImportErrorObject *self)
{
    if (!self->name && !self->path) { return Py_XNewRef(self->dict); }
    own PyObject *dict = self->dict ? PyDict_Copy(self->dict) : PyDict_New();
    if (!dict || (self->name && PyDict_SetItem(dict, ID(name), self->name) < 0) ||
        (self->path && PyDict_SetItem(dict, ID(path), self->path) < 0)) {
        return NULL;
    }
    return take(dict);
}

static PyObject *
import_reduce(PyObject *op, PyObject *unused)
{
    own PyObject *state = import_state((PyImportErrorObject *)op);
    if (!state && PyErr_Occurred()) { return NULL; }
    return hob_base_reduce_with(op, exc_args(op), state);
}

PyMethodDef hob_import_methods[] = {
    {"__reduce__", import_reduce, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

PyMemberDef hob_import_members[] = {
    MEMBER(PyImportErrorObject, msg, "the message"),
    MEMBER(PyImportErrorObject, name, "the module's name"),
    MEMBER(PyImportErrorObject, path, "the module's path"),
    END_OF_MEMBERS,
};

/* --- NameError: name --- */

#define NAME_FIELDS(F) F(name)
EXCEPTION_MEMORY(name, PyNameErrorObject, NAME_FIELDS)

int
hob_name_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"name", NULL};
    PyNameErrorObject *self = (PyNameErrorObject *)op;
    return init_with_keywords(op, args, kwargs, "|$O:NameError", names, &self->name, NULL);
}

/* Empty, but there: the ABI's table of slots has it. */
PyMethodDef hob_name_methods[] = {{NULL, NULL, 0, NULL}};

PyMemberDef hob_name_members[] = {
    MEMBER(PyNameErrorObject, name, "the name"),
    END_OF_MEMBERS,
};

/* --- AttributeError: name, obj --- */

#define ATTRIBUTE_FIELDS(F) F(obj) F(name)
EXCEPTION_MEMORY(attribute, PyAttributeErrorObject, ATTRIBUTE_FIELDS)

int
hob_attribute_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"name", "obj", NULL};
    PyAttributeErrorObject *self = (PyAttributeErrorObject *)op;
    return init_with_keywords(op, args, kwargs, "|$OO:AttributeError", names, &self->name,
                              &self->obj);
}

PyMethodDef hob_attribute_methods[] = {{NULL, NULL, 0, NULL}};

PyMemberDef hob_attribute_members[] = {
    MEMBER(PyAttributeErrorObject, name, "the attribute's name"),
    MEMBER(PyAttributeErrorObject, obj, "the object"),
    END_OF_MEMBERS,
};

/* --- KeyError: its only argument is shown as written --- */

PyObject *
hob_key_str(PyObject *self)
{
    PyObject *args = exc_args(self);
    if (PyTuple_GET_SIZE(args) == 1) { return PyObject_Repr(PyTuple_GET_ITEM(args, 0)); }
    return hob_base_str(self);
}

/* --- MemoryError --- */

enum { SPARE_MEMORY_ERRORS = 16 };

static PyObject *spare_errors[SPARE_MEMORY_ERRORS];     /* dead: reference count 0, untracked */
static int n_spare_errors;

/* Bring a spare one back to life, or NULL. */
static PyObject *
revive_spare(void)
{
    if (n_spare_errors == 0) { return NULL; }
    PyObject *self = spare_errors[--n_spare_errors];
    _Py_NewReference(self);
    hob_gc_track(self);
    return self;
}

PyObject *
hob_memory_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    if (type != &hob_MemoryError_type) { return hob_base_new(type, args, kwargs); }
    PyObject *self = revive_spare();
    if (!self) { return hob_base_new(type, args, kwargs); }
    ((PyBaseExceptionObject *)self)->args = PyTuple_New(0);     /* the shared empty one */
    if (((PyBaseExceptionObject *)self)->args) { return self; }
    Py_DECREF(self);
    return NULL;
}

void
hob_memory_dealloc(PyObject *self)
{
    PyObject_GC_UnTrack(self);
    hob_base_clear(self);
    ((PyBaseExceptionObject *)self)->suppress_context = 0;
    if (Py_IS_TYPE(self, &hob_MemoryError_type) && n_spare_errors < SPARE_MEMORY_ERRORS) {
        spare_errors[n_spare_errors++] = self;
        return;
    }
    Py_TYPE(self)->tp_free(self);
}

PyObject *
hob_exception_spare_memory_error(void)
{
    return hob_memory_new(&hob_MemoryError_type, NULL, NULL);
}

status
hob_memory_fill(void)
{
    PyObject *made[SPARE_MEMORY_ERRORS];
    for (int i = 0; i < SPARE_MEMORY_ERRORS; i++) {
        made[i] = hob_base_new(&hob_MemoryError_type, NULL, NULL);
        if (!made[i]) {
            while (i-- > 0) { Py_DECREF(made[i]); }
            return -1;
        }
    }
    for (int i = 0; i < SPARE_MEMORY_ERRORS; i++) { Py_DECREF(made[i]); }
    return 0;
}

/* --- SyntaxError --- */

#define SYNTAX_FIELDS(F) \
    F(msg) F(filename) F(lineno) F(offset) F(end_lineno) F(end_offset) F(text) \
    F(print_file_and_line)
EXCEPTION_MEMORY(syntax, PySyntaxErrorObject, SYNTAX_FIELDS)

/* (filename, lineno, offset, text[, end_lineno, end_offset]) */
static int
syntax_set_place(PySyntaxErrorObject *self, PyObject *place)
{
    own PyObject *tuple = PySequence_Tuple(place);
    if (!tuple) { return -1; }
    PyObject *v[6] = {NULL};
    if (!PyArg_ParseTuple(tuple, "OOOO|OO", &v[0], &v[1], &v[2], &v[3], &v[4], &v[5])) {
        return -1;
    }
    PyObject **field[6] = {&self->filename, &self->lineno, &self->offset, &self->text,
                           &self->end_lineno, &self->end_offset};
    for (int i = 0; i < 6; i++) { Py_XSETREF(*field[i], Py_XNewRef(v[i])); }
    if (self->end_lineno && !self->end_offset) {
        PyErr_SetString(PyExc_TypeError,
                        "end_offset must be provided when end_lineno is provided");
        return -1;
    }
    return 0;
}

int
hob_syntax_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    PySyntaxErrorObject *self = (PySyntaxErrorObject *)op;
    if (hob_base_init(op, args, kwargs) < 0) { return -1; }
    Py_ssize_t n = PyTuple_GET_SIZE(args);
    if (n >= 1) { Py_XSETREF(self->msg, Py_NewRef(PyTuple_GET_ITEM(args, 0))); }
    return n == 2 ? syntax_set_place(self, PyTuple_GET_ITEM(args, 1)) : 0;
}

/* What follows the last slash of a path. */
static PyObject *
base_name(PyObject *path)
{
    Py_ssize_t n = PyUnicode_GET_LENGTH(path);
    Py_ssize_t slash = PyUnicode_FindChar(path, '/', 0, n, -1);
    return slash < 0 ? Py_NewRef(path) : PyUnicode_Substring(path, slash + 1, n);
}

PyObject *
hob_syntax_str(PyObject *op)
{
    PySyntaxErrorObject *self = (PySyntaxErrorObject *)op;
    PyObject *msg = self->msg ? self->msg : Py_None;
    bool has_file = self->filename && PyUnicode_Check(self->filename);
    bool has_line = self->lineno && PyLong_CheckExact(self->lineno);
    if (!has_file && !has_line) { return PyObject_Str(msg); }
    int overflow = 0;
    long line = has_line ? PyLong_AsLongAndOverflow(self->lineno, &overflow) : 0;
    if (!has_file) { return PyUnicode_FromFormat("%S (line %ld)", msg, line); }
    own PyObject *file = base_name(self->filename);
    if (!file) { return NULL; }
    if (!has_line) { return PyUnicode_FromFormat("%S (%U)", msg, file); }
    return PyUnicode_FromFormat("%S (%U, line %ld)", msg, file, line);
}

PyMemberDef hob_syntax_members[] = {
    MEMBER(PySyntaxErrorObject, msg, "the message"),
    MEMBER(PySyntaxErrorObject, filename, "the file"),
    MEMBER(PySyntaxErrorObject, lineno, "the line, from 1"),
    MEMBER(PySyntaxErrorObject, offset, "the column, from 1"),
    MEMBER(PySyntaxErrorObject, text, "the line's text"),
    MEMBER(PySyntaxErrorObject, end_lineno, "the last line"),
    MEMBER(PySyntaxErrorObject, end_offset, "the column after the last one"),
    MEMBER(PySyntaxErrorObject, print_file_and_line, "whether file and line are shown"),
    END_OF_MEMBERS,
};

/* rwpair.c -- BufferedRWPair: a reader and a writer as one object (sockets, ttys). */
#include "modules/_io/io.h"

#include "objects/undeclared.h"

typedef struct {
    PyObject_HEAD
    PyObject *dict;
    PyObject *weakrefs;
    PyObject *reader, *writer;  /* owned; NULL before __init__ */
} rwpair;

/** BufferedRWPair.__init__($self, reader, writer, buffer_size=DEFAULT_BUFFER_SIZE, /)
 *
 *  Two raw streams as one: a buffered reader of the one, a buffered writer of the
 *  other.
 *
 *  Made for sockets and two-way pipes; it cannot seek.
 */
static int
rwpair_init(rwpair *self, PyObject *reader, PyObject *writer, Py_ssize_t buffer_size)
{
    if (hob_io_check_readable(reader) < 0 || hob_io_check_writable(writer) < 0) { return -1; }
    own PyObject *in = PyObject_CallFunction((PyObject *)&hob_bufferedreader_type, "On", reader,
                                             buffer_size);
    own PyObject *out = in ? PyObject_CallFunction((PyObject *)&hob_bufferedwriter_type, "On",
                                                   writer, buffer_size) : NULL;
    if (!out) { return -1; }
    Py_XSETREF(self->reader, take(in));
    Py_XSETREF(self->writer, take(out));
    return 0;
}

static PyObject *
forward(PyObject *half, PyObject *name, PyObject *args)
{
    if (!half) {
        PyErr_SetString(PyExc_ValueError, "I/O operation on uninitialized object");
        return NULL;
    }
    own PyObject *method = PyObject_GetAttr(half, name);
    return method ? PyObject_CallObject(method, args) : NULL;
}

#define FORWARD(name, half, id)                                                 \
    static PyObject *                                                           \
    rwpair_##name(PyObject *self, PyObject *args)                               \
    {                                                                           \
        return forward(((rwpair *)self)->half, id, args);                       \
    }
FORWARD(read, reader, ID(read))
FORWARD(peek, reader, ID(peek))
FORWARD(read1, reader, ID(read1))
FORWARD(readinto, reader, ID(readinto))
FORWARD(readinto1, reader, ID(readinto1))
FORWARD(readable, reader, ID(readable))
FORWARD(write, writer, ID(write))
FORWARD(flush, writer, ID(flush))
FORWARD(writable, writer, ID(writable))

static PyObject *
rwpair_close(PyObject *op, PyObject *unused)
{
    rwpair *self = (rwpair *)op;
    own PyObject *out = forward(self->writer, ID(close), NULL);
    PyObject *type = NULL, *value = NULL, *tb = NULL;
    if (!out) { PyErr_Fetch(&type, &value, &tb); }
    own PyObject *in = forward(self->reader, ID(close), NULL);
    if (type) {
        _PyErr_ChainExceptions(type, value, tb);
        return NULL;
    }
    return take(in);
}

static PyObject *
rwpair_isatty(PyObject *op, PyObject *unused)
{
    rwpair *self = (rwpair *)op;
    own PyObject *answer = forward(self->writer, ID(isatty), NULL);
    if (!answer || answer != Py_False) { return take(answer); }
    return forward(self->reader, ID(isatty), NULL);
}

static PyObject *
rwpair_get_closed(PyObject *op, void *closure)
{
    rwpair *self = (rwpair *)op;
    if (!self->writer) {
        PyErr_SetString(PyExc_RuntimeError,
                        "the BufferedRWPair object is being garbage-collected");
        return NULL;
    }
    return PyObject_GetAttr(self->writer, ID(closed));
}

#define DEFAULT_BUFFER_SIZE IO_BUFFER_SIZE
#include "gen/modules/_io/rwpair.bind.h"

static PyMethodDef rwpair_methods[] = {
    {"read", rwpair_read, METH_VARARGS, NULL}, {"peek", rwpair_peek, METH_VARARGS, NULL},
    {"read1", rwpair_read1, METH_VARARGS, NULL}, {"readinto", rwpair_readinto, METH_VARARGS, NULL},
    {"readinto1", rwpair_readinto1, METH_VARARGS, NULL},
    {"write", rwpair_write, METH_VARARGS, NULL}, {"flush", rwpair_flush, METH_NOARGS, NULL},
    {"readable", rwpair_readable, METH_NOARGS, NULL},
    {"writable", rwpair_writable, METH_NOARGS, NULL},
    {"close", rwpair_close, METH_NOARGS, NULL}, {"isatty", rwpair_isatty, METH_NOARGS, NULL},
    {NULL},
};

static PyGetSetDef rwpair_getset[] = {
    {"closed", rwpair_get_closed, NULL, NULL, NULL},
    {NULL},
};

static int
rwpair_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(((rwpair *)op)->dict);
    Py_VISIT(((rwpair *)op)->reader);
    Py_VISIT(((rwpair *)op)->writer);
    return 0;
}

static int
rwpair_clear(PyObject *op)
{
    Py_CLEAR(((rwpair *)op)->dict);
    Py_CLEAR(((rwpair *)op)->reader);
    Py_CLEAR(((rwpair *)op)->writer);
    return 0;
}

static void
rwpair_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    hob_io_head_clear(op);
    rwpair_clear(op);
    Py_TYPE(op)->tp_free(op);
}

PyTypeObject hob_bufferedrwpair_type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "_io.BufferedRWPair",
    .tp_basicsize = sizeof(rwpair),
    .tp_dealloc = rwpair_dealloc,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .tp_doc = rwpair_init__doc,
    .tp_traverse = rwpair_traverse,
    .tp_clear = rwpair_clear,
    .tp_weaklistoffset = IO_WEAK_OFFSET,
    .tp_methods = rwpair_methods,
    .tp_getset = rwpair_getset,
    .tp_base = &hob_bufferediobase_type,
    .tp_dictoffset = IO_DICT_OFFSET,
    .tp_init = rwpair_init__slot,
    .tp_new = PyType_GenericNew,
};

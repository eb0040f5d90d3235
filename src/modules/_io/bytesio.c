/* bytesio.c -- BytesIO: a binary stream in memory.
 *
 * Layout     `bytes` is a bytes object with room to spare; size bytes of it count.
 * Holds      while `bytes` is shared with others (refcount > 1: getvalue() gave it
 *            out, or it came from the constructor) it is copied before a write.
 *            exports > 0: a getbuffer() view is out; size must not change.
 */
#include "modules/_io/io.h"

#include "objects/undeclared.h"

typedef struct {
    PyObject_HEAD
    PyObject *dict;
    PyObject *weakrefs;
    PyObject *bytes;            /* owned bytes; NULL when closed */
    Py_ssize_t pos;
    Py_ssize_t size;
    Py_ssize_t exports;
} bytesio;

typedef struct {
    PyObject_HEAD
    bytesio *source;            /* owned */
} bytesio_buffer;

#define DATA(self) PyBytes_AS_STRING((self)->bytes)
#define ROOM(self) PyBytes_GET_SIZE((self)->bytes)

static status
check_open(bytesio *self)
{
    if (self->bytes) { return 0; }
    PyErr_SetString(PyExc_ValueError, "I/O operation on closed file.");
    return -1;
}

static status
check_exports(bytesio *self)
{
    if (self->exports == 0) { return 0; }
    PyErr_SetString(PyExc_BufferError, "Existing exports of data: object cannot be re-sized");
    return -1;
}

/* Make bytes ours alone, with room for at least `room`. */
static MUST_USE status
make_private(bytesio *self, Py_ssize_t room)
{
    if (room < self->size) { room = self->size; }
    PyObject *copy = PyBytes_FromStringAndSize(NULL, room);
    if (!copy) { return -1; }
    memcpy(PyBytes_AS_STRING(copy), DATA(self), (size_t)self->size);
    Py_SETREF(self->bytes, copy);
    return 0;
}

static MUST_USE status
reserve(bytesio *self, Py_ssize_t size)
{
    Py_ssize_t room = ROOM(self);
    if (size > room) {
        size_t wanted = (size_t)size + ((size_t)size >> 3) + (size < 9 ? 3 : 6);
        if (wanted > PY_SSIZE_T_MAX - 64) { wanted = (size_t)size; }
        if (size > PY_SSIZE_T_MAX - 64) {
            PyErr_SetString(PyExc_OverflowError, "new buffer size too large");
            return -1;
        }
        if (Py_REFCNT(self->bytes) > 1) { return make_private(self, (Py_ssize_t)wanted); }
        return _PyBytes_Resize(&self->bytes, (Py_ssize_t)wanted);
    }
    return Py_REFCNT(self->bytes) > 1 ? make_private(self, room) : 0;
}

static Py_ssize_t
write_bytes(bytesio *self, const Py_buffer *data)
{
    Py_ssize_t n = data->len;
    if (check_open(self) < 0 || check_exports(self) < 0) { return -1; }
    if (n == 0) { return 0; }
    if (self->pos > PY_SSIZE_T_MAX - n) {
        PyErr_SetString(PyExc_OverflowError, "new buffer size too large");
        return -1;
    }
    if (reserve(self, self->pos + n) < 0) { return -1; }
    if (self->pos > self->size) {       /* a hole reads as zeros */
        memset(DATA(self) + self->size, 0, (size_t)(self->pos - self->size));
    }
    memcpy(DATA(self) + self->pos, data->buf, (size_t)n);
    self->pos += n;
    if (self->pos > self->size) { self->size = self->pos; }
    return n;
}

/** BytesIO.readable($self, /)
 *
 *  Whether the file can be read: always, while it is open.
 */
static PyObject *
bytesio_readable(bytesio *self)
{
    if (check_open(self) < 0) { return NULL; }
    Py_RETURN_TRUE;
}

/** BytesIO.writable($self, /)
 *
 *  Whether the file can be written: always, while it is open.
 */
static PyObject *
bytesio_writable(bytesio *self)
{
    return bytesio_readable(self);
}

/** BytesIO.seekable($self, /)
 *
 *  Whether the position can be moved: always, while the file is open.
 */
static PyObject *
bytesio_seekable(bytesio *self)
{
    return bytesio_readable(self);
}

/** BytesIO.flush($self, /)
 *
 *  Does nothing.
 */
static status
bytesio_flush(bytesio *self)
{
    return check_open(self);
}

/** BytesIO.isatty($self, /)
 *
 *  Always returns False.
 */
static PyObject *
bytesio_isatty(bytesio *self)
{
    if (check_open(self) < 0) { return NULL; }
    Py_RETURN_FALSE;
}

/** BytesIO.tell($self, /)
 *
 *  Current file position, an integer.
 */
static PyObject *
bytesio_tell(bytesio *self)
{
    return check_open(self) < 0 ? NULL : PyLong_FromSsize_t(self->pos);
}

/** BytesIO.getbuffer($self, /)
 *
 *  A memoryview of the content; writing to it changes the file.
 */
static PyObject *
bytesio_getbuffer(bytesio *self)
{
    if (check_open(self) < 0) { return NULL; }
    bytesio_buffer *buffer = PyObject_GC_New(bytesio_buffer, &_PyBytesIOBuffer_Type);
    if (!buffer) { return NULL; }
    buffer->source = (bytesio *)Py_NewRef((PyObject *)self);
    PyObject_GC_Track(buffer);
    PyObject *view = PyMemoryView_FromObject((PyObject *)buffer);
    Py_DECREF(buffer);
    return view;
}

/** BytesIO.getvalue($self, /)
 *
 *  All of the content, wherever the position is.
 */
static PyObject *
bytesio_getvalue(bytesio *self)
{
    if (check_open(self) < 0) { return NULL; }
    if (self->size != ROOM(self) || self->exports > 0) {
        if (self->exports > 0 || Py_REFCNT(self->bytes) > 1) {
            if (self->size != ROOM(self) || self->exports > 0) {
                if (self->exports > 0) {
                    return PyBytes_FromStringAndSize(DATA(self), self->size);
                }
                if (make_private(self, self->size) < 0) { return NULL; }
            }
        }
        else if (_PyBytes_Resize(&self->bytes, self->size) < 0) { return NULL; }
    }
    return Py_NewRef(self->bytes);
}

static PyObject *
read_at_most(bytesio *self, Py_ssize_t size)
{
    Py_ssize_t left = self->size > self->pos ? self->size - self->pos : 0;
    if (size < 0 || size > left) { size = left; }
    if (size == self->size && self->pos == 0 && size == ROOM(self) && size > 1
        && self->exports == 0) {
        self->pos += size;              /* all of it: share instead of copying */
        return Py_NewRef(self->bytes);
    }
    PyObject *bytes = PyBytes_FromStringAndSize(size ? DATA(self) + self->pos : NULL, size);
    if (bytes) { self->pos += size; }
    return bytes;
}

/** BytesIO.read($self, size=-1, /)
 *
 *  The next bytes, at most size of them; all that are left if size is negative.
 *
 *  b'' says that the end is reached.
 */
static PyObject *
bytesio_read(bytesio *self, ssize_or_none size)
{
    return check_open(self) < 0 ? NULL : read_at_most(self, size);
}

/** BytesIO.read1($self, size=-1, /)
 *
 *  The same as read().
 */
static PyObject *
bytesio_read1(bytesio *self, ssize_or_none size)
{
    return bytesio_read(self, size);
}

static Py_ssize_t
line_length(bytesio *self, Py_ssize_t limit)
{
    if (self->pos >= self->size) { return 0; }
    const char *start = DATA(self) + self->pos;
    Py_ssize_t n = self->size - self->pos;
    if (limit >= 0 && limit < n) { n = limit; }
    const char *newline = memchr(start, '\n', (size_t)n);
    return newline ? newline + 1 - start : n;
}

/** BytesIO.readline($self, size=-1, /)
 *
 *  The bytes up to and with the next newline, at most size of them unless that
 *  is negative.
 *
 *  b'' says that the end is reached.
 */
static PyObject *
bytesio_readline(bytesio *self, ssize_or_none size)
{
    return check_open(self) < 0 ? NULL : read_at_most(self, line_length(self, size));
}

/** BytesIO.readlines($self, size=None, /)
 *
 *  The lines that are left, as a list.
 *
 *  It stops early once they make up size bytes, if size is positive.
 */
static PyObject *
bytesio_readlines(bytesio *self, PyObject *size)
{
    if (check_open(self) < 0) { return NULL; }
    Py_ssize_t limit = 0, total = 0;
    if (size != Py_None) {
        if (!PyLong_Check(size)) {
            PyErr_Format(PyExc_TypeError, "integer argument expected, got '%s'",
                         Py_TYPE(size)->tp_name);
            return NULL;
        }
        limit = PyLong_AsSsize_t(size);
        if (limit == -1 && PyErr_Occurred()) { return NULL; }
    }
    own PyObject *lines = PyList_New(0);
    Py_ssize_t n;
    while (lines && (n = line_length(self, -1)) != 0) {
        own PyObject *line = PyBytes_FromStringAndSize(DATA(self) + self->pos, n);
        if (!line || PyList_Append(lines, line) < 0) { return NULL; }
        self->pos += n;
        total += n;
        if (limit > 0 && total >= limit) { break; }
    }
    return take(lines);
}

/** BytesIO.readinto($self, buffer, /)
 *
 *  Fill buffer with the next bytes; the number that came, 0 at the end.
 */
static PyObject *
bytesio_readinto(bytesio *self, writable_buffer *buffer)
{
    if (check_open(self) < 0) { return NULL; }
    Py_ssize_t left = self->size > self->pos ? self->size - self->pos : 0;
    Py_ssize_t n = buffer->len < left ? buffer->len : left;
    if (n > 0) { memcpy(buffer->buf, DATA(self) + self->pos, (size_t)n); }
    self->pos += n;
    return PyLong_FromSsize_t(n);
}

/** BytesIO.truncate($self, size=None, /)
 *
 *  Cut the content off after size bytes, by default at the position, which
 *  stays; the new size.
 */
static PyObject *
bytesio_truncate(bytesio *self, PyObject *size)
{
    if (check_open(self) < 0 || check_exports(self) < 0) { return NULL; }
    Py_ssize_t length = self->pos;
    if (size != Py_None) {
        if (!PyIndex_Check(size)) {
            PyErr_Format(PyExc_TypeError, "argument should be integer or None, not '%.200s'",
                         Py_TYPE(size)->tp_name);
            return NULL;
        }
        length = PyNumber_AsSsize_t(size, PyExc_OverflowError);
        if (length == -1 && PyErr_Occurred()) { return NULL; }
    }
    if (length < 0) {
        PyErr_Format(PyExc_ValueError, "negative size value %zd", length);
        return NULL;
    }
    if (length < self->size) {
        self->size = length;
        status done = Py_REFCNT(self->bytes) > 1 ? make_private(self, length)
                                                 : _PyBytes_Resize(&self->bytes, length);
        if (done < 0) { return NULL; }
    }
    return PyLong_FromSsize_t(length);
}

/** BytesIO.seek($self, pos, whence=0, /)
 *
 *  Move the position, and return it.
 *
 *  pos counts from the start (whence 0), from the present position (1), or from
 *  the end (2).
 */
static PyObject *
bytesio_seek(bytesio *self, Py_ssize_t pos, int whence)
{
    if (check_open(self) < 0) { return NULL; }
    if (pos < 0 && whence == 0) {
        PyErr_Format(PyExc_ValueError, "negative seek value %zd", pos);
        return NULL;
    }
    if (whence < 0 || whence > 2) {
        PyErr_Format(PyExc_ValueError, "invalid whence (%i, should be 0, 1 or 2)", whence);
        return NULL;
    }
    Py_ssize_t from = whence == 1 ? self->pos : whence == 2 ? self->size : 0;
    if (pos > PY_SSIZE_T_MAX - from) {
        PyErr_SetString(PyExc_OverflowError, "new position too large");
        return NULL;
    }
    self->pos = pos + from < 0 ? 0 : pos + from;
    return PyLong_FromSsize_t(self->pos);
}

/** BytesIO.write($self, b, /)
 *
 *  Put bytes at the position, over what is there; how many they were.
 */
static PyObject *
bytesio_write(bytesio *self, PyObject *b)
{
    if (check_open(self) < 0 || check_exports(self) < 0) { return NULL; }
    Py_buffer view;
    if (PyObject_GetBuffer(b, &view, PyBUF_CONTIG_RO) < 0) { return NULL; }
    Py_ssize_t n = write_bytes(self, &view);
    PyBuffer_Release(&view);
    return n < 0 ? NULL : PyLong_FromSsize_t(n);
}

/** BytesIO.writelines($self, lines, /)
 *
 *  Write every bytes-like object of lines, with nothing in between.
 */
static PyObject *
bytesio_writelines(bytesio *self, PyObject *lines)
{
    if (check_open(self) < 0) { return NULL; }
    own PyObject *iterator = PyObject_GetIter(lines);
    if (!iterator) { return NULL; }
    for (;;) {
        own PyObject *line = PyIter_Next(iterator);
        if (!line) { break; }
        own PyObject *done = bytesio_write(self, line);
        if (!done) { return NULL; }
    }
    if (PyErr_Occurred()) { return NULL; }
    Py_RETURN_NONE;
}

/** BytesIO.close($self, /)
 *
 *  Disable all I/O operations.
 */
static PyObject *
bytesio_close(bytesio *self)
{
    if (check_exports(self) < 0) { return NULL; }
    Py_CLEAR(self->bytes);
    Py_RETURN_NONE;
}

/* pickling: (value, position, __dict__) */
static PyObject *
bytesio_getstate(PyObject *op, PyObject *unused)
{
    bytesio *self = (bytesio *)op;
    own PyObject *value = bytesio_getvalue(self);
    if (!value) { return NULL; }
    own PyObject *dict = self->dict ? PyDict_Copy(self->dict) : Py_NewRef(Py_None);
    return dict ? Py_BuildValue("(OnO)", value, self->pos, dict) : NULL;
}

static PyObject *
bytesio_setstate(PyObject *op, PyObject *state)
{
    bytesio *self = (bytesio *)op;
    if (!PyTuple_Check(state) || PyTuple_GET_SIZE(state) < 3) {
        PyErr_Format(PyExc_TypeError, "%.200s.__setstate__ argument should be 3-tuple, got %.200s",
                     Py_TYPE(op)->tp_name, Py_TYPE(state)->tp_name);
        return NULL;
    }
    if (check_exports(self) < 0) { return NULL; }
    if (self->bytes) { self->size = self->pos = 0; }
    own PyObject *done = bytesio_write(self, PyTuple_GET_ITEM(state, 0));
    if (!done) { return NULL; }
    PyObject *position = PyTuple_GET_ITEM(state, 1), *dict = PyTuple_GET_ITEM(state, 2);
    if (!PyLong_Check(position)) {
        PyErr_Format(PyExc_TypeError, "second item of state must be an integer, not %.200s",
                     Py_TYPE(position)->tp_name);
        return NULL;
    }
    if (hob_io_state_position(position, &self->pos) < 0) { return NULL; }
    if (hob_io_state_dict((struct io_head *)self, dict, "third") < 0) { return NULL; }
    Py_RETURN_NONE;
}

static PyObject *
bytesio_sizeof(PyObject *op, PyObject *unused)
{
    bytesio *self = (bytesio *)op;
    Py_ssize_t size = Py_TYPE(op)->tp_basicsize;
    if (self->bytes && Py_REFCNT(self->bytes) == 1) {
        Py_ssize_t inner = (Py_ssize_t)_PySys_GetSizeOf(self->bytes);
        if (inner < 0) { return NULL; }
        size += inner;
    }
    return PyLong_FromSsize_t(size);
}

/** @type hob_bytesio_type BytesIO.__init__($self, initial_bytes=b'')
 *
 *  A binary file that lives in memory.
 */
static int
bytesio_init(bytesio *self, PyObject *initial_bytes)
{
    self->size = self->pos = 0;
    if (self->exports > 0) { return check_exports(self); }
    if (!self->bytes && !(self->bytes = PyBytes_FromStringAndSize(NULL, 0))) { return -1; }
    if (!initial_bytes || initial_bytes == Py_None) { return 0; }
    if (PyBytes_CheckExact(initial_bytes)) {
        Py_XSETREF(self->bytes, Py_NewRef(initial_bytes));
        self->size = PyBytes_GET_SIZE(initial_bytes);
        return 0;
    }
    own PyObject *done = bytesio_write(self, initial_bytes);
    self->pos = 0;
    return done ? 0 : -1;
}

#include "gen/modules/_io/bytesio.bind.h"

static PyObject *
bytesio_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    own bytesio *self = (bytesio *)type->tp_alloc(type, 0);
    if (!self) { return NULL; }
    self->bytes = PyBytes_FromStringAndSize(NULL, 0);
    return self->bytes ? (PyObject *)take(self) : NULL;
}

static PyObject *
bytesio_iternext(PyObject *op)
{
    bytesio *self = (bytesio *)op;
    if (check_open(self) < 0) { return NULL; }
    Py_ssize_t n = line_length(self, -1);
    return n == 0 ? NULL : read_at_most(self, n);
}

static PyObject *
bytesio_get_closed(PyObject *self, void *closure)
{
    return PyBool_FromLong(!((bytesio *)self)->bytes);
}

static void
bytesio_dealloc(PyObject *op)
{
    bytesio *self = (bytesio *)op;
    PyObject_GC_UnTrack(op);
    if (self->exports > 0) {
        PyErr_SetString(PyExc_SystemError, "deallocated BytesIO object has exported buffers");
        PyErr_Print();
    }
    Py_CLEAR(self->bytes);
    hob_io_head_clear(op);
    Py_TYPE(op)->tp_free(op);
}

static int
bytesio_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(((bytesio *)op)->dict);
    Py_VISIT(((bytesio *)op)->bytes);
    return 0;
}

static int
bytesio_clear(PyObject *op)
{
    bytesio *self = (bytesio *)op;
    Py_CLEAR(self->dict);
    if (self->exports == 0) { Py_CLEAR(self->bytes); }
    return 0;
}

static PyGetSetDef bytesio_getset[] = {
    {"closed", bytesio_get_closed, NULL, "True if the file is closed.", NULL},
    {NULL},
};

static PyMethodDef state_methods[] = {
    {"__getstate__", bytesio_getstate, METH_NOARGS, NULL},
    {"__setstate__", bytesio_setstate, METH_O, NULL},
    {"__sizeof__", bytesio_sizeof, METH_NOARGS, NULL},
    {NULL},
};
PyMethodDef *const hob_bytesio_private = state_methods;

PyTypeObject hob_bytesio_type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "_io.BytesIO",
    .tp_basicsize = sizeof(bytesio),
    .tp_dealloc = bytesio_dealloc,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .tp_doc = bytesio_init__doc,
    .tp_traverse = bytesio_traverse,
    .tp_clear = bytesio_clear,
    .tp_weaklistoffset = IO_WEAK_OFFSET,
    .tp_iter = PyObject_SelfIter,
    .tp_iternext = bytesio_iternext,
    .tp_methods = BytesIO_methods,
    .tp_getset = bytesio_getset,
    .tp_base = &hob_bufferediobase_type,
    .tp_dictoffset = IO_DICT_OFFSET,
    .tp_init = bytesio_init__slot,
    .tp_new = bytesio_new,
};

/* --- the exporter behind getbuffer() --- */

static int
buffer_get(PyObject *op, Py_buffer *view, int flags)
{
    bytesio *self = ((bytesio_buffer *)op)->source;
    if (!view) {
        PyErr_SetString(PyExc_BufferError, "bytesiobuf_getbuffer: view==NULL argument is obsolete");
        return -1;
    }
    if (self->exports == 0 && Py_REFCNT(self->bytes) > 1 && make_private(self, self->size) < 0) {
        return -1;
    }
    (void)PyBuffer_FillInfo(view, op, DATA(self), self->size, 0, flags);
    self->exports++;
    return 0;
}

static void
buffer_release(PyObject *op, Py_buffer *view)
{
    ((bytesio_buffer *)op)->source->exports--;
}

static void
buffer_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    Py_CLEAR(((bytesio_buffer *)op)->source);
    Py_TYPE(op)->tp_free(op);
}

static int
buffer_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(((bytesio_buffer *)op)->source);
    return 0;
}

static PyBufferProcs buffer_procs = {buffer_get, buffer_release};

HOB_EXPORT PyTypeObject _PyBytesIOBuffer_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "_io._BytesIOBuffer",
    .tp_basicsize = sizeof(bytesio_buffer),
    .tp_dealloc = buffer_dealloc,
    .tp_as_buffer = &buffer_procs,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_traverse = buffer_traverse,
};

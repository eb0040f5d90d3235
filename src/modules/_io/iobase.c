/* iobase.c -- the abstract bases: _IOBase, _RawIOBase, _BufferedIOBase, _TextIOBase.
 *
 * Holds      a stream that is dropped is closed first (hob_iobase_finalize), while
 *            its Python subclass can still see the object.
 */
#include "modules/_io/io.h"

#include "objects/undeclared.h"
#include "state/interp.h"
#include "state/runtime.h"

PyObject *hob_io_unsupported;

PyObject *
hob_io_unsupported_operation(const char *message)
{
    PyErr_SetString(hob_io_unsupported, message);
    return NULL;
}

/* --- state checks --- */

tri
hob_io_is_closed(PyObject *stream)
{
    PyObject *found;
    if (_PyObject_LookupAttr(stream, ID(closed), &found) <= 0) {
        return found ? 0 : PyErr_Occurred() ? -1 : 0;
    }
    int closed = PyObject_IsTrue(found);
    Py_DECREF(found);
    return closed;
}

status
hob_io_check_closed(PyObject *stream)
{
    tri closed = hob_io_is_closed(stream);
    if (closed > 0) { PyErr_SetString(PyExc_ValueError, "I/O operation on closed file."); }
    return closed ? -1 : 0;
}

static status
check_able(PyObject *stream, PyObject *method, const char *message)
{
    own PyObject *answer = PyObject_CallMethodNoArgs(stream, method);
    if (!answer) { return -1; }
    if (answer == Py_True) { return 0; }
    hob_io_unsupported_operation(message);
    return -1;
}

status
hob_io_check_readable(PyObject *stream)
{
    return check_able(stream, ID(readable), "File or stream is not readable.");
}

status
hob_io_check_writable(PyObject *stream)
{
    return check_able(stream, ID(writable), "File or stream is not writable.");
}

status
hob_io_check_seekable(PyObject *stream)
{
    return check_able(stream, ID(seekable), "File or stream is not seekable.");
}

off_t
hob_io_offset(PyObject *number)
{
    own PyObject *index = PyNumber_Index(number);
    if (!index) { return -1; }
    long long value = PyLong_AsLongLong(index);
    if (value == -1 && PyErr_Occurred() && PyErr_ExceptionMatches(PyExc_OverflowError)) {
        PyErr_Clear();
        PyErr_Format(PyExc_ValueError, "cannot fit '%.200s' into an offset-sized integer",
                     Py_TYPE(number)->tp_name);
    }
    return value;
}

tri
hob_io_trap_eintr(void)
{
    if (!PyErr_ExceptionMatches(PyExc_OSError)) { return 0; }
    PyObject *type, *value, *tb;
    PyErr_Fetch(&type, &value, &tb);
    PyErr_NormalizeException(&type, &value, &tb);
    own PyObject *number = value ? PyObject_GetAttr(value, ID(errno)) : NULL;
    bool is_eintr = number && PyLong_Check(number) && PyLong_AsLong(number) == EINTR;
    PyErr_Restore(type, value, tb);
    if (is_eintr) { PyErr_Clear(); }
    return is_eintr;
}

/* --- end of a stream --- */

/* --- state of streams in memory --- */

status
hob_io_state_position(PyObject *position, Py_ssize_t *pos)
{
    Py_ssize_t value = PyLong_AsSsize_t(position);
    if (value == -1 && PyErr_Occurred()) { return -1; }
    if (value < 0) {
        PyErr_SetString(PyExc_ValueError, "position value cannot be negative");
        return -1;
    }
    *pos = value;
    return 0;
}

status
hob_io_state_dict(struct io_head *self, PyObject *dict, const char *which)
{
    if (dict == Py_None) { return 0; }
    if (!PyDict_Check(dict)) {
        PyErr_Format(PyExc_TypeError, "%s item of state should be a dict, got a %.200s", which,
                     Py_TYPE(dict)->tp_name);
        return -1;
    }
    if (self->dict) { return PyDict_Update(self->dict, dict); }
    self->dict = Py_NewRef(dict);
    return 0;
}

void
hob_iobase_finalize(PyObject *self)
{
    PyObject *type, *value, *tb;
    PyErr_Fetch(&type, &value, &tb);
    PyObject *found;
    int closed = -1;
    if (_PyObject_LookupAttr(self, ID(closed), &found) >= 0 && found) {
        closed = PyObject_IsTrue(found);
        Py_DECREF(found);
    }
    if (closed < 0) { PyErr_Clear(); }
    if (closed == 0) {
        /* lets close() know that nobody asked for it */
        if (PyObject_SetAttr(self, ID(_finalizing), Py_True) < 0) { PyErr_Clear(); }
        own PyObject *done = PyObject_CallMethodNoArgs(self, ID(close));
        if (!done) {
            if (hob_ts()->interp->config.dev_mode) { PyErr_WriteUnraisable(self); }
            else { PyErr_Clear(); }
        }
    }
    PyErr_Restore(type, value, tb);
}

bool
hob_io_finalize(PyObject *self)
{
    if (PyObject_CallFinalizerFromDealloc(self) < 0) {
        /* the type was counted for this instance; the revived one needs it still */
        if (PyType_HasFeature(Py_TYPE(self), Py_TPFLAGS_HEAPTYPE)) { Py_INCREF(Py_TYPE(self)); }
        return false;
    }
    return true;
}

void
hob_io_head_clear(PyObject *self)
{
    struct io_head *head = (struct io_head *)self;
    if (head->weakrefs) { PyObject_ClearWeakRefs(self); }
    Py_CLEAR(head->dict);
}

static void
iobase_dealloc(PyObject *self)
{
    if (!hob_io_finalize(self)) { return; }
    PyObject_GC_UnTrack(self);
    hob_io_head_clear(self);
    Py_TYPE(self)->tp_free(self);
}

static int
iobase_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(((struct io_head *)self)->dict);
    return 0;
}

static int
iobase_clear(PyObject *self)
{
    Py_CLEAR(((struct io_head *)self)->dict);
    return 0;
}

/* True once _IOBase.close() has run: the attribute it leaves. */
static tri
is_marked_closed(PyObject *self)
{
    PyObject *found;
    int answer = _PyObject_LookupAttr(self, ID(__IOBase_closed), &found);
    Py_XDECREF(found);
    return answer;
}

static status
check_marked(PyObject *self)
{
    tri closed = is_marked_closed(self);
    if (closed > 0) { PyErr_SetString(PyExc_ValueError, "I/O operation on closed file."); }
    return closed ? -1 : 0;
}

/* --- _IOBase --- */

/** _IOBase.seek($self, *args)
 *
 *  Change the stream position to the given byte offset.
 *
 *  whence 0 counts from the start, 1 from the current position, 2 from the end.
 *  Return the new absolute position.
 */
static PyObject *
iobase_seek(PyObject *self, PyObject *args)
{
    return hob_io_unsupported_operation("seek");
}

/** _IOBase.tell($self, /)
 *
 *  Return the current stream position.
 */
static PyObject *
iobase_tell(PyObject *self)
{
    return PyObject_CallMethod(self, "seek", "ii", 0, 1);
}

/** _IOBase.truncate($self, *args)
 *
 *  Truncate the file to size bytes; the position is left unchanged.
 */
static PyObject *
iobase_truncate(PyObject *self, PyObject *args)
{
    return hob_io_unsupported_operation("truncate");
}

/** _IOBase.flush($self, /)
 *
 *  Flush write buffers, if the stream has any.
 */
static status
iobase_flush(PyObject *self)
{
    return check_marked(self);
}

/** _IOBase.close($self, /)
 *
 *  Flush and close the stream.  Has no effect when it is already closed.
 */
static PyObject *
iobase_close(PyObject *self)
{
    tri closed = is_marked_closed(self);
    if (closed < 0) { return NULL; }
    if (closed) { Py_RETURN_NONE; }
    own PyObject *done = PyObject_CallMethodNoArgs(self, ID(flush));
    PyObject *type, *value, *tb;
    PyErr_Fetch(&type, &value, &tb);
    int marked = PyObject_SetAttr(self, ID(__IOBase_closed), Py_True);
    _PyErr_ChainExceptions(type, value, tb);
    if (marked < 0 || !done) { return NULL; }
    Py_RETURN_NONE;
}

/** _IOBase.seekable($self, /)
 *
 *  Return whether the stream supports seek, tell and truncate.
 */
static PyObject *iobase_seekable(PyObject *self) { Py_RETURN_FALSE; }

/** _IOBase.readable($self, /)
 *
 *  Return whether the stream can be read from.
 */
static PyObject *iobase_readable(PyObject *self) { Py_RETURN_FALSE; }

/** _IOBase.writable($self, /)
 *
 *  Return whether the stream can be written to.
 */
static PyObject *iobase_writable(PyObject *self) { Py_RETURN_FALSE; }

static PyObject *
iobase_check_closed(PyObject *self, PyObject *unused)
{
    if (hob_io_check_closed(self) < 0) { return NULL; }
    Py_RETURN_NONE;
}

#define CHECKER(name, function)                                                 \
    static PyObject *                                                           \
    name(PyObject *self, PyObject *unused)                                      \
    {                                                                           \
        if (function(self) < 0) { return NULL; }                                \
        Py_RETURN_TRUE;                                                         \
    }
CHECKER(iobase_check_seekable, hob_io_check_seekable)
CHECKER(iobase_check_readable, hob_io_check_readable)
CHECKER(iobase_check_writable, hob_io_check_writable)

/** _IOBase.fileno($self, /)
 *
 *  Return the file descriptor, if there is one; OSError otherwise.
 */
static PyObject *
iobase_fileno(PyObject *self)
{
    return hob_io_unsupported_operation("fileno");
}

/** _IOBase.isatty($self, /)
 *
 *  Whether a terminal is behind the stream, as far as it can tell.
 */
static PyObject *
iobase_isatty(PyObject *self)
{
    if (hob_io_check_closed(self) < 0) { return NULL; }
    Py_RETURN_FALSE;
}

/** _IOBase.__enter__($self, /)
 */
static PyObject *
iobase_enter(PyObject *self)
{
    return hob_io_check_closed(self) < 0 ? NULL : Py_NewRef(self);
}

/** _IOBase.__exit__($self, *args)
 */
static PyObject *
iobase_exit(PyObject *self, PyObject *args)
{
    return PyObject_CallMethodNoArgs(self, ID(close));
}

/* How many bytes to read next when looking for the end of a line: as far as
 * peek() shows it, else one. */
static Py_ssize_t
line_step(PyObject *self, PyObject *peek, Py_ssize_t limit, Py_ssize_t have)
{
    if (!peek) { return 1; }
    own PyObject *seen = NULL;
    do {
        seen = PyObject_CallOneArg(peek, hob_small_int(1));
    } while (!seen && hob_io_trap_eintr() > 0);
    if (!seen) { return -1; }
    if (!PyBytes_Check(seen)) {
        PyErr_Format(PyExc_OSError, "peek() should have returned a bytes object, not '%.200s'",
                     Py_TYPE(seen)->tp_name);
        return -1;
    }
    Py_ssize_t n = PyBytes_GET_SIZE(seen);
    if (n == 0) { return 1; }
    if (limit >= 0 && n > limit - have) { n = limit - have; }
    const char *text = PyBytes_AS_STRING(seen);
    const char *newline = memchr(text, '\n', (size_t)n);
    return newline ? newline + 1 - text : n;
}

/** _IOBase.readline($self, size=-1, /)
 *
 *  Read and return a line; at most size bytes if size is given.
 *
 *  The line terminator is b"\n" for binary files.
 */
static PyObject *
iobase_readline(PyObject *self, ssize_or_none size)
{
    PyObject *found;
    if (_PyObject_LookupAttr(self, ID(peek), &found) < 0) { return NULL; }
    own PyObject *peek = found;
    own PyObject *line = PyByteArray_FromStringAndSize(NULL, 0);
    if (!line) { return NULL; }

    while (size < 0 || PyByteArray_GET_SIZE(line) < size) {
        Py_ssize_t have = PyByteArray_GET_SIZE(line);
        Py_ssize_t step = line_step(self, peek, size, have);
        if (step < 0) { return NULL; }
        own PyObject *count = PyLong_FromSsize_t(step);
        if (!count) { return NULL; }
        own PyObject *bytes = PyObject_CallMethodOneArg(self, ID(read), count);
        if (!bytes) {
            if (hob_io_trap_eintr() > 0) { continue; }
            return NULL;
        }
        if (!PyBytes_Check(bytes)) {
            PyErr_Format(PyExc_OSError, "read() should have returned a bytes object, not '%.200s'",
                         Py_TYPE(bytes)->tp_name);
            return NULL;
        }
        Py_ssize_t n = PyBytes_GET_SIZE(bytes);
        if (n == 0) { break; }
        if (PyByteArray_Resize(line, have + n) < 0) { return NULL; }
        memcpy(PyByteArray_AS_STRING(line) + have, PyBytes_AS_STRING(bytes), (size_t)n);
        if (PyByteArray_AS_STRING(line)[have + n - 1] == '\n') { break; }
    }
    return PyBytes_FromStringAndSize(PyByteArray_AS_STRING(line), PyByteArray_GET_SIZE(line));
}

static PyObject *
iobase_iter(PyObject *self)
{
    return hob_io_check_closed(self) < 0 ? NULL : Py_NewRef(self);
}

static PyObject *
iobase_next(PyObject *self)
{
    own PyObject *line = PyObject_CallMethodNoArgs(self, ID(readline));
    if (!line) { return NULL; }
    Py_ssize_t n = PyObject_Size(line);
    return n <= 0 ? NULL : take(line);
}

/** _IOBase.readlines($self, hint=-1, /)
 *
 *  Return a list of lines; no more are read once hint bytes have been.
 */
static PyObject *
iobase_readlines(PyObject *self, ssize_or_none hint)
{
    own PyObject *lines = PyList_New(0);
    if (!lines) { return NULL; }
    if (hint <= 0) {
        own PyObject *done = PyObject_CallMethodOneArg(lines, ID(extend), self);
        return done ? take(lines) : NULL;
    }
    own PyObject *iterator = PyObject_GetIter(self);
    Py_ssize_t total = 0;
    while (iterator) {
        own PyObject *line = PyIter_Next(iterator);
        if (!line) { break; }
        if (PyList_Append(lines, line) < 0) { return NULL; }
        Py_ssize_t n = PyObject_Size(line);
        if (n < 0) { return NULL; }
        if (n > hint - total) { break; }
        total += n;
    }
    return PyErr_Occurred() ? NULL : take(lines);
}

/** _IOBase.writelines($self, lines, /)
 *
 *  Write a list of lines; no separators are added.
 */
static PyObject *
iobase_writelines(PyObject *self, PyObject *lines)
{
    if (hob_io_check_closed(self) < 0) { return NULL; }
    own PyObject *iterator = PyObject_GetIter(lines);
    if (!iterator) { return NULL; }
    for (;;) {
        own PyObject *line = PyIter_Next(iterator);
        if (!line) { break; }
        own PyObject *done = NULL;
        do {
            done = PyObject_CallMethodOneArg(self, ID(write), line);
        } while (!done && hob_io_trap_eintr() > 0);
        if (!done) { return NULL; }
    }
    if (PyErr_Occurred()) { return NULL; }
    Py_RETURN_NONE;
}

/* --- _RawIOBase --- */

/** _RawIOBase.read($self, size=-1, /)
 */
static PyObject *
rawiobase_read(PyObject *self, Py_ssize_t size)
{
    if (size < 0) { return PyObject_CallMethodNoArgs(self, ID(readall)); }
    own PyObject *buffer = PyByteArray_FromStringAndSize(NULL, size);
    if (!buffer) { return NULL; }
    own PyObject *count = PyObject_CallMethodOneArg(self, ID(readinto), buffer);
    if (!count || count == Py_None) { return take(count); }
    Py_ssize_t n = PyNumber_AsSsize_t(count, PyExc_ValueError);
    if (n == -1 && PyErr_Occurred()) { return NULL; }
    return PyBytes_FromStringAndSize(PyByteArray_AsString(buffer), n);
}

static PyObject *
not_here(void)
{
    PyErr_SetNone(PyExc_NotImplementedError);
    return NULL;
}

/** _RawIOBase.readinto($self, *args)
 *
 *  Read bytes into the buffer and return how many; a raw stream defines its own.
 */
static PyObject *
rawiobase_readinto(PyObject *self, PyObject *args)
{
    return not_here();
}

/** _RawIOBase.write($self, *args)
 *
 *  Write the buffer and return how many bytes; a raw stream defines its own.
 */
static PyObject *
rawiobase_write(PyObject *self, PyObject *args)
{
    return not_here();
}

/** _RawIOBase.readall($self, /)
 *
 *  Read until the end, using several calls of read().
 */
static PyObject *
rawiobase_readall(PyObject *self)
{
    own PyObject *chunks = PyList_New(0);
    own PyObject *step = PyLong_FromLong(IO_BUFFER_SIZE);
    if (!chunks || !step) { return NULL; }
    for (;;) {
        own PyObject *chunk = PyObject_CallMethodOneArg(self, ID(read), step);
        if (!chunk) {
            if (hob_io_trap_eintr() > 0) { continue; }
            return NULL;
        }
        if (chunk == Py_None) {
            if (PyList_GET_SIZE(chunks) == 0) { return take(chunk); }
            break;
        }
        if (!PyBytes_Check(chunk)) {
            PyErr_SetString(PyExc_TypeError, "read() should return bytes");
            return NULL;
        }
        if (PyBytes_GET_SIZE(chunk) == 0) { break; }
        if (PyList_Append(chunks, chunk) < 0) { return NULL; }
    }
    own PyObject *empty = PyBytes_FromStringAndSize(NULL, 0);
    return empty ? _PyBytes_Join(empty, chunks) : NULL;
}

static PyObject *
rawiobase_abstract(PyObject *self, PyObject *args)
{
    PyErr_SetNone(PyExc_NotImplementedError);
    return NULL;
}

static PyMethodDef rawiobase_abstracts[] = {
    {"readinto", rawiobase_abstract, METH_VARARGS, NULL},
    {"write", rawiobase_abstract, METH_VARARGS, NULL},
    {NULL},
};

PyMethodDef *const hob_rawiobase_abstracts = rawiobase_abstracts;

/* --- _BufferedIOBase --- */

/** _BufferedIOBase.detach($self, /)
 *
 *  Disconnect this buffer from its raw stream and return the raw stream.
 */
static PyObject *
bufferediobase_detach(PyObject *self)
{
    return hob_io_unsupported_operation("detach");
}

/** _BufferedIOBase.read($self, *args)
 *
 *  Read and return up to n bytes; all until the end if n is omitted, None or negative.
 */
static PyObject *
bufferediobase_read(PyObject *self, PyObject *args)
{
    return hob_io_unsupported_operation("read");
}

/** _BufferedIOBase.read1($self, *args)
 *
 *  Read and return up to n bytes, with at most one read() of the raw stream.
 */
static PyObject *
bufferediobase_read1(PyObject *self, PyObject *args)
{
    return hob_io_unsupported_operation("read1");
}

/** _BufferedIOBase.write($self, *args)
 *
 *  Write the given buffer and return the number of bytes written.
 */
static PyObject *
bufferediobase_write(PyObject *self, PyObject *args)
{
    return hob_io_unsupported_operation("write");
}

static PyObject *
read_into(PyObject *self, Py_buffer *buffer, PyObject *method)
{
    own PyObject *size = PyLong_FromSsize_t(buffer->len);
    own PyObject *bytes = size ? PyObject_CallMethodOneArg(self, method, size) : NULL;
    if (!bytes) { return NULL; }
    if (!PyBytes_Check(bytes)) {
        PyErr_SetString(PyExc_TypeError, "read() should return bytes");
        return NULL;
    }
    Py_ssize_t n = PyBytes_GET_SIZE(bytes);
    if (n > buffer->len) {
        PyErr_Format(PyExc_ValueError, "read() returned too much data: %zd bytes requested, "
                     "%zd returned", buffer->len, n);
        return NULL;
    }
    memcpy(buffer->buf, PyBytes_AS_STRING(bytes), (size_t)n);
    return PyLong_FromSsize_t(n);
}

/** _BufferedIOBase.readinto($self, buffer, /)
 */
static PyObject *
bufferediobase_readinto(PyObject *self, writable_buffer *buffer)
{
    return read_into(self, buffer, ID(read));
}

/** _BufferedIOBase.readinto1($self, buffer, /)
 */
static PyObject *
bufferediobase_readinto1(PyObject *self, writable_buffer *buffer)
{
    return read_into(self, buffer, ID(read1));
}

/* --- _TextIOBase --- */

/** _TextIOBase.detach($self, /)
 *
 *  Separate the underlying buffer from the stream and return it.
 */
static PyObject *
textiobase_detach(PyObject *self)
{
    return hob_io_unsupported_operation("detach");
}

/** _TextIOBase.read($self, *args)
 *
 *  Read at most n characters from the stream.
 */
static PyObject *
textiobase_read(PyObject *self, PyObject *args)
{
    return hob_io_unsupported_operation("read");
}

/** _TextIOBase.readline($self, *args)
 *
 *  Read until newline or the end; "" at the end.
 */
static PyObject *
textiobase_readline(PyObject *self, PyObject *args)
{
    return hob_io_unsupported_operation("readline");
}

/** _TextIOBase.write($self, *args)
 *
 *  Write a string to the stream and return the number of characters written.
 */
static PyObject *
textiobase_write(PyObject *self, PyObject *args)
{
    return hob_io_unsupported_operation("write");
}

#include "gen/modules/_io/iobase.bind.h"

static PyMethodDef iobase_checks[] = {
    {"_checkClosed", iobase_check_closed, METH_NOARGS, NULL},
    {"_checkSeekable", iobase_check_seekable, METH_NOARGS, NULL},
    {"_checkReadable", iobase_check_readable, METH_NOARGS, NULL},
    {"_checkWritable", iobase_check_writable, METH_NOARGS, NULL},
    {NULL},
};

PyMethodDef *const hob_iobase_checks = iobase_checks;

static PyObject *
iobase_get_closed(PyObject *self, void *closure)
{
    tri closed = is_marked_closed(self);
    return closed < 0 ? NULL : PyBool_FromLong(closed);
}

static PyObject *
none_getter(PyObject *self, void *closure)
{
    Py_RETURN_NONE;
}

static PyGetSetDef iobase_getset[] = {
    {"__dict__", PyObject_GenericGetDict, NULL, NULL, NULL},
    {"closed", iobase_get_closed, NULL, NULL, NULL},
    {NULL},
};

static PyGetSetDef textiobase_getset[] = {
    {"encoding", none_getter, NULL, "Encoding of the text stream; None in this base.", NULL},
    {"newlines", none_getter, NULL, "Line endings seen so far; None in this base.", NULL},
    {"errors", none_getter, NULL, "Error handler of encoder and decoder; None in this base.", NULL},
    {NULL},
};

PyTypeObject hob_iobase_type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "_io._IOBase",
    .tp_basicsize = sizeof(struct io_head),
    .tp_dealloc = iobase_dealloc,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .tp_doc = "The abstract base class of all streams, acting on bytes or text.\n\n"
              "It has no public constructor; methods that a stream cannot do raise\n"
              "UnsupportedOperation, and any use of a closed stream raises ValueError.\n"
              "A stream can be iterated over, yielding lines, and is a context manager.",
    .tp_traverse = iobase_traverse,
    .tp_clear = iobase_clear,
    .tp_weaklistoffset = IO_WEAK_OFFSET,
    .tp_iter = iobase_iter,
    .tp_iternext = iobase_next,
    .tp_methods = _IOBase_methods,
    .tp_getset = iobase_getset,
    .tp_dictoffset = IO_DICT_OFFSET,
    .tp_new = PyType_GenericNew,
    .tp_finalize = hob_iobase_finalize,
};

#define ABSTRACT(symbol, name, parent, methods, getset, doc)                    \
    PyTypeObject symbol = {                                                     \
        PyVarObject_HEAD_INIT(&PyType_Type, 0)                                  \
        .tp_name = name,                                                        \
        .tp_basicsize = sizeof(struct io_head),                                 \
        .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, \
        .tp_doc = doc,                                                          \
        .tp_traverse = iobase_traverse,                                         \
        .tp_clear = iobase_clear,                                               \
        .tp_weaklistoffset = IO_WEAK_OFFSET,                                    \
        .tp_dictoffset = IO_DICT_OFFSET,                                        \
        .tp_methods = methods,                                                  \
        .tp_getset = getset,                                                    \
        .tp_base = &parent,                                                     \
        .tp_dealloc = iobase_dealloc,                                           \
    }
ABSTRACT(hob_rawiobase_type, "_io._RawIOBase", hob_iobase_type, _RawIOBase_methods, NULL,
         "What raw streams derive from: bytes, with no buffer in between.");
ABSTRACT(hob_bufferediobase_type, "_io._BufferedIOBase", hob_iobase_type,
         _BufferedIOBase_methods, NULL,
         "Base class for buffered binary streams.\n\n"
         "read() may be called without a size; a partial result means the end or,\n"
         "for interactive raw streams, a short read.");
ABSTRACT(hob_textiobase_type, "_io._TextIOBase", hob_iobase_type, _TextIOBase_methods,
         textiobase_getset, "Base class for text I/O: characters and lines.");

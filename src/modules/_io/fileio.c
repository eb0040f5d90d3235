/* fileio.c -- FileIO: a raw binary stream over a file descriptor.
 *
 * Holds      fd == -1: closed.  seekable is -1 until somebody asks.
 * Hazard     every system call drops the GIL; fd may be closed meanwhile by
 *            another thread, which gives EBADF.
 */
#include "modules/_io/io.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "objects/undeclared.h"
#include "state/interp.h"
#include "state/runtime.h"

typedef struct {
    PyObject_HEAD
    PyObject *dict;
    PyObject *weakrefs;
    int fd;
    bool created, readable, writable, appending, closefd;
    signed char seekable;
    char finalizing;
    unsigned int blksize;
} fileio;

enum { SMALL_CHUNK = 8192, LARGE_CHUNK = 256 * 1024 };

/* --- closing --- */

static status
close_fd(fileio *self)
{
    int fd = self->fd, why = 0;
    if (fd < 0) { return 0; }
    self->fd = -1;
    Py_BEGIN_ALLOW_THREADS
    if (close(fd) < 0) { why = errno; }
    Py_END_ALLOW_THREADS
    if (why == 0) { return 0; }
    errno = why;
    PyErr_SetFromErrno(PyExc_OSError);
    return -1;
}

static PyObject *
fileio_dealloc_warn(PyObject *op, PyObject *source)
{
    fileio *self = (fileio *)op;
    if (self->fd < 0 || !self->closefd) { Py_RETURN_NONE; }
    PyObject *type, *value, *tb;
    PyErr_Fetch(&type, &value, &tb);
    if (PyErr_ResourceWarning(source, 1, "unclosed file %R", source) < 0
        && PyErr_ExceptionMatches(PyExc_Warning)) {
        PyErr_WriteUnraisable(op);
    }
    PyErr_Clear();
    PyErr_Restore(type, value, tb);
    Py_RETURN_NONE;
}

/** FileIO.close($self, /)
 *
 *  Give the file descriptor back, unless closefd was false.
 *
 *  After that nothing can be read or written; to close again does nothing.
 */
static PyObject *
fileio_close(fileio *self)
{
    own PyObject *done = PyObject_CallMethodOneArg((PyObject *)&hob_rawiobase_type, ID(close),
                                                   (PyObject *)self);
    if (!self->closefd) {
        self->fd = -1;
        return take(done);
    }
    PyObject *type, *value, *tb;
    PyErr_Fetch(&type, &value, &tb);
    if (self->finalizing) { Py_XDECREF(fileio_dealloc_warn((PyObject *)self, (PyObject *)self)); }
    status closed = close_fd(self);
    if (type) { _PyErr_ChainExceptions(type, value, tb); }
    if (closed < 0) { return NULL; }
    return take(done);
}

/* --- opening --- */

static COLD status
bad_mode(void)
{
    PyErr_SetString(PyExc_ValueError, "Must have exactly one of create/read/write/append mode "
                    "and at most one plus");
    return -1;
}

static MUST_USE status
parse_mode(fileio *self, const char *mode, int *flags)
{
    bool chosen = false, plus = false;
    *flags = 0;
    for (const char *at = mode; *at; at++) {
        switch (*at) {
        case 'x':
        case 'r':
        case 'w':
        case 'a':
            if (chosen) { return bad_mode(); }
            chosen = true;
            if (*at == 'x') { self->created = self->writable = true; *flags |= O_EXCL | O_CREAT; }
            if (*at == 'r') { self->readable = true; }
            if (*at == 'w') { self->writable = true; *flags |= O_CREAT | O_TRUNC; }
            if (*at == 'a') {
                self->appending = self->writable = true;
                *flags |= O_APPEND | O_CREAT;
            }
            break;
        case 'b':
            break;
        case '+':
            if (plus) { return bad_mode(); }
            plus = self->readable = self->writable = true;
            break;
        default:
            PyErr_Format(PyExc_ValueError, "invalid mode: %.200s", mode);
            return -1;
        }
    }
    if (!chosen) { return bad_mode(); }
    *flags |= self->readable && self->writable ? O_RDWR : self->readable ? O_RDONLY : O_WRONLY;
    *flags |= O_CLOEXEC;
    return 0;
}

static MUST_USE status
open_path(fileio *self, PyObject *name, PyObject *path, int flags)
{
    int why = 0, interrupted = 0;
    do {
        Py_BEGIN_ALLOW_THREADS
        self->fd = open(PyBytes_AS_STRING(path), flags, 0666);
        why = errno;
        Py_END_ALLOW_THREADS
    } while (self->fd < 0 && why == EINTR && !(interrupted = PyErr_CheckSignals()));
    if (interrupted) { return -1; }
    if (self->fd >= 0) { return 0; }
    errno = why;
    PyErr_SetFromErrnoWithFilenameObject(PyExc_OSError, name);
    return -1;
}

static MUST_USE status
open_with(fileio *self, PyObject *name, PyObject *opener, int flags)
{
    own PyObject *made = PyObject_CallFunction(opener, "Oi", name, flags);
    if (!made) { return -1; }
    self->fd = _PyLong_AsInt(made);
    if (self->fd < 0) {
        if (!PyErr_Occurred()) {
            PyErr_Format(PyExc_ValueError, "opener returned %d", self->fd);
        }
        else if (PyErr_ExceptionMatches(PyExc_TypeError)) {
            PyErr_SetString(PyExc_TypeError, "expected integer from opener");
        }
        self->fd = -1;
        return -1;
    }
    if (_Py_set_inheritable(self->fd, 0, NULL) < 0) { return -1; }
    return 0;
}

/** @type hob_fileio_type FileIO.__init__($self, file, mode='r', closefd=True, opener=None)
 *
 *  Open a file.
 *
 *  The mode can be 'r' (default), 'w', 'x' or 'a' for reading, writing, exclusive
 *  creation or appending.  The file will be created if it doesn't exist when opened
 *  for writing or appending; it will be truncated when opened for writing.  A
 *  FileExistsError will be raised if it already exists when opened for creating.
 *  Add a '+' to the mode to allow simultaneous reading and writing.  opener is called
 *  with (file, flags) and must return an open file descriptor.
 */
static int
fileio_init(fileio *self, PyObject *file, const char *mode, bool closefd, PyObject *opener)
{
    if (self->fd >= 0) {
        if (self->closefd) {
            if (close_fd(self) < 0) { return -1; }
        }
        else { self->fd = -1; }
    }
    self->created = self->readable = self->writable = self->appending = false;
    self->seekable = -1;
    self->closefd = closefd;

    int fd = -1;
    if (!PyFloat_Check(file)) {
        fd = _PyLong_AsInt(file);
        if (fd < 0) {
            if (!PyErr_Occurred()) {
                PyErr_SetString(PyExc_ValueError, "negative file descriptor");
                return -1;
            }
            PyErr_Clear();
            fd = -1;
        }
    }
    own PyObject *path = NULL;
    if (fd < 0) {
        PyObject *converted;
        if (!PyUnicode_FSConverter(file, &converted)) { return -1; }
        path = converted;
    }
    int flags;
    if (parse_mode(self, mode, &flags) < 0) { return -1; }
    if (PySys_Audit("open", "Osi", file, mode, flags) < 0) { return -1; }
    bool mine = false;
    if (fd >= 0) { self->fd = fd; }
    else {
        if (!closefd) {
            PyErr_SetString(PyExc_ValueError, "Cannot use closefd=False with file name");
            return -1;
        }
        mine = true;
        if ((opener == Py_None ? open_path(self, file, path, flags)
                               : open_with(self, file, opener, flags)) < 0) {
            goto failed;
        }
    }
    struct stat st;
    int stat_result;
    Py_BEGIN_ALLOW_THREADS
    stat_result = fstat(self->fd, &st);
    Py_END_ALLOW_THREADS
    self->blksize = IO_BUFFER_SIZE;
    if (stat_result < 0) {
        if (errno == EBADF) {
            PyErr_SetFromErrno(PyExc_OSError);
            goto failed;
        }
    }
    else {
        if (S_ISDIR(st.st_mode)) {
            errno = EISDIR;
            PyErr_SetFromErrnoWithFilenameObject(PyExc_OSError, file);
            goto failed;
        }
        if (st.st_blksize > 1) { self->blksize = (unsigned int)st.st_blksize; }
    }
    if (PyObject_SetAttr((PyObject *)self, ID(name), file) < 0) { goto failed; }
    if (self->appending) {
        /* a pipe cannot be moved to its end; that is no error here */
        if (lseek(self->fd, 0, SEEK_END) < 0 && errno != ESPIPE) {
            PyErr_SetFromErrno(PyExc_OSError);
            goto failed;
        }
    }
    return 0;

failed:
    if (!mine) { self->fd = -1; }
    if (self->fd >= 0) {
        PyObject *type, *value, *tb;
        PyErr_Fetch(&type, &value, &tb);
        if (close_fd(self) < 0) { PyErr_Clear(); }
        PyErr_Restore(type, value, tb);
    }
    return -1;
}

static PyObject *
fileio_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    fileio *self = (fileio *)type->tp_alloc(type, 0);
    if (self) {
        self->fd = -1;
        self->seekable = -1;
        self->closefd = true;
    }
    return (PyObject *)self;
}

static int
fileio_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(((fileio *)self)->dict);
    return 0;
}

static int
fileio_clear(PyObject *self)
{
    Py_CLEAR(((fileio *)self)->dict);
    return 0;
}

static void
fileio_dealloc(PyObject *self)
{
    ((fileio *)self)->finalizing = 1;
    if (!hob_io_finalize(self)) { return; }
    PyObject_GC_UnTrack(self);
    hob_io_head_clear(self);
    Py_TYPE(self)->tp_free(self);
}

/* --- state --- */

static COLD PyObject *
err_closed(void)
{
    PyErr_SetString(PyExc_ValueError, "I/O operation on closed file");
    return NULL;
}

static COLD PyObject *
err_mode(const char *action)
{
    PyErr_Format(hob_io_unsupported, "File not open for %s", action);
    return NULL;
}

/** FileIO.fileno($self, /)
 *
 *  The file descriptor.
 */
static PyObject *
fileio_fileno(fileio *self)
{
    return self->fd < 0 ? err_closed() : PyLong_FromLong(self->fd);
}

/** FileIO.readable($self, /)
 *
 *  Whether the mode allows to read.
 */
static PyObject *
fileio_readable(fileio *self)
{
    return self->fd < 0 ? err_closed() : PyBool_FromLong(self->readable);
}

/** FileIO.writable($self, /)
 *
 *  Whether the mode allows to write.
 */
static PyObject *
fileio_writable(fileio *self)
{
    return self->fd < 0 ? err_closed() : PyBool_FromLong(self->writable);
}

static PyObject *
seek_to(fileio *self, PyObject *position, int whence, bool quiet)
{
    off_t offset = 0;
    if (position) {
        offset = PyLong_AsLong(position);
        if (offset == -1 && PyErr_Occurred()) { return NULL; }
    }
    off_t result;
    Py_BEGIN_ALLOW_THREADS
    result = lseek(self->fd, offset, whence);
    Py_END_ALLOW_THREADS
    if (self->seekable < 0) { self->seekable = result >= 0; }
    if (result < 0) { return quiet ? NULL : PyErr_SetFromErrno(PyExc_OSError); }
    return PyLong_FromLongLong(result);
}

/** FileIO.seekable($self, /)
 *
 *  Whether the position of the file can be moved.
 */
static PyObject *
fileio_seekable(fileio *self)
{
    if (self->fd < 0) { return err_closed(); }
    if (self->seekable < 0) { Py_XDECREF(seek_to(self, NULL, SEEK_CUR, true)); }
    return PyBool_FromLong(self->seekable > 0);
}

/** FileIO.isatty($self, /)
 *
 *  Whether a terminal is behind the descriptor.
 */
static PyObject *
fileio_isatty(fileio *self)
{
    if (self->fd < 0) { return err_closed(); }
    int answer;
    Py_BEGIN_ALLOW_THREADS
    answer = isatty(self->fd);
    Py_END_ALLOW_THREADS
    return PyBool_FromLong(answer);
}

/* --- reading and writing --- */

/** FileIO.readinto($self, buffer, /)
 *
 *  Same as RawIOBase.readinto().
 */
static PyObject *
fileio_readinto(fileio *self, writable_buffer *buffer)
{
    if (self->fd < 0) { return err_closed(); }
    if (!self->readable) { return err_mode("reading"); }
    Py_ssize_t n = _Py_read(self->fd, buffer->buf, (size_t)buffer->len);
    int why = errno;
    if (n >= 0) { return PyLong_FromSsize_t(n); }
    if (why != EAGAIN) { return NULL; }
    PyErr_Clear();
    Py_RETURN_NONE;
}

/* What is left of a regular file, plus one byte to see the end in one read. */
static size_t
room_for_rest(int fd)
{
    struct stat st;
    off_t at, end = -1;
    Py_BEGIN_ALLOW_THREADS
    at = lseek(fd, 0, SEEK_CUR);
    if (fstat(fd, &st) == 0) { end = st.st_size; }
    Py_END_ALLOW_THREADS
    if (end <= 0 || at < 0 || end < at) { return SMALL_CHUNK; }
    return (size_t)(end - at) + 1;
}

static size_t
grow(size_t room)
{
    size_t add = room > 65536 ? room >> 3 : 256 + room;
    return room + (add < SMALL_CHUNK ? SMALL_CHUNK : add);
}

/** FileIO.readall($self, /)
 *
 *  All bytes up to the end of the file.
 *
 *  A file that does not block gives what is there, or None if that is nothing.
 */
static PyObject *
fileio_readall(fileio *self)
{
    if (self->fd < 0) { return err_closed(); }
    size_t room = room_for_rest(self->fd), have = 0;
    PyObject *bytes = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)room);
    if (!bytes) { return NULL; }
    for (;;) {
        if (have >= room) {
            room = grow(room);
            if (room > PY_SSIZE_T_MAX) {
                Py_DECREF(bytes);
                PyErr_SetString(PyExc_OverflowError, "unbounded read returned more bytes than "
                                "a Python bytes object can hold");
                return NULL;
            }
            if (_PyBytes_Resize(&bytes, (Py_ssize_t)room) < 0) { return NULL; }
        }
        Py_ssize_t n = _Py_read(self->fd, PyBytes_AS_STRING(bytes) + have, room - have);
        int why = errno;
        if (n == 0) { break; }
        if (n > 0) { have += (size_t)n; continue; }
        if (why == EAGAIN) {
            PyErr_Clear();
            if (have > 0) { break; }
            Py_DECREF(bytes);
            Py_RETURN_NONE;
        }
        Py_DECREF(bytes);
        return NULL;
    }
    if (have < room && _PyBytes_Resize(&bytes, (Py_ssize_t)have) < 0) { return NULL; }
    return bytes;
}

/** FileIO.read($self, size=-1, /)
 *
 *  At most size bytes, by one system call: fewer may come.
 *
 *  b'' is the end of the file; None says that reading would block.
 */
static PyObject *
fileio_read(fileio *self, ssize_or_none size)
{
    if (self->fd < 0) { return err_closed(); }
    if (!self->readable) { return err_mode("reading"); }
    if (size < 0) { return fileio_readall(self); }
    if (size > 0x7ffff000) { size = 0x7ffff000; }
    PyObject *bytes = PyBytes_FromStringAndSize(NULL, size);
    if (!bytes) { return NULL; }
    Py_ssize_t n = _Py_read(self->fd, PyBytes_AS_STRING(bytes), (size_t)size);
    if (n < 0) {
        int why = errno;
        Py_DECREF(bytes);
        if (why != EAGAIN) { return NULL; }
        PyErr_Clear();
        Py_RETURN_NONE;
    }
    if (n != size && _PyBytes_Resize(&bytes, n) < 0) { return NULL; }
    return bytes;
}

/** FileIO.write($self, b, /)
 *
 *  Write bytes by one system call; how many were taken, maybe not all.
 *
 *  None says that writing would block.
 */
static PyObject *
fileio_write(fileio *self, Py_buffer *b)
{
    if (self->fd < 0) { return err_closed(); }
    if (!self->writable) { return err_mode("writing"); }
    Py_ssize_t n = _Py_write(self->fd, b->buf, (size_t)b->len);
    int why = errno;
    if (n >= 0) { return PyLong_FromSsize_t(n); }
    if (why != EAGAIN) { return NULL; }
    PyErr_Clear();
    Py_RETURN_NONE;
}

/** FileIO.seek($self, pos, whence=0, /)
 *
 *  Move to new file position and return the file position.
 *
 *  Argument offset is a byte count.  whence 0 counts from the start (offset should
 *  be >= 0), 1 from the current position, 2 from the end of the file.
 *  Note that not all file objects are seekable.
 */
static PyObject *
fileio_seek(fileio *self, PyObject *pos, int whence)
{
    return self->fd < 0 ? err_closed() : seek_to(self, pos, whence, false);
}

/** FileIO.tell($self, /)
 *
 *  The position in the file; OSError where there is none.
 */
static PyObject *
fileio_tell(fileio *self)
{
    return self->fd < 0 ? err_closed() : seek_to(self, NULL, SEEK_CUR, false);
}

/** FileIO.truncate($self, size=None, /)
 *
 *  Cut the file off after size bytes, by default at the position, which stays;
 *  the size.
 */
static PyObject *
fileio_truncate(fileio *self, PyObject *size)
{
    if (self->fd < 0) { return err_closed(); }
    if (!self->writable) { return err_mode("writing"); }
    own PyObject *target = size == Py_None ? seek_to(self, NULL, SEEK_CUR, false) : Py_NewRef(size);
    if (!target) { return NULL; }
    off_t length = PyLong_AsLong(target);
    if (length == -1 && PyErr_Occurred()) { return NULL; }
    int result;
    Py_BEGIN_ALLOW_THREADS
    errno = 0;
    do { result = ftruncate(self->fd, length); } while (result < 0 && errno == EINTR);
    Py_END_ALLOW_THREADS
    if (result != 0) { return PyErr_SetFromErrno(PyExc_OSError); }
    return take(target);
}

#include "gen/modules/_io/fileio.bind.h"

static const char *
mode_text(fileio *self)
{
    if (self->created) { return self->readable ? "xb+" : "xb"; }
    if (self->appending) { return self->readable ? "ab+" : "ab"; }
    if (!self->readable) { return "wb"; }
    return self->writable ? "rb+" : "rb";
}

static PyObject *
fileio_repr(PyObject *op)
{
    fileio *self = (fileio *)op;
    const char *type_name = _PyType_Name(Py_TYPE(op));
    if (self->fd < 0) { return PyUnicode_FromFormat("<_io.FileIO [closed]>"); }
    PyObject *found;
    if (_PyObject_LookupAttr(op, ID(name), &found) < 0) { return NULL; }
    own PyObject *name = found;
    const char *closefd = self->closefd ? "True" : "False";
    (void)type_name;
    if (!name) {
        return PyUnicode_FromFormat("<_io.FileIO fd=%d mode='%s' closefd=%s>", self->fd,
                                    mode_text(self), closefd);
    }
    int entered = Py_ReprEnter(op);
    if (entered > 0) {
        PyErr_Format(PyExc_RuntimeError, "reentrant call inside %s.__repr__", Py_TYPE(op)->tp_name);
    }
    if (entered != 0) { return NULL; }
    PyObject *text = PyUnicode_FromFormat("<_io.FileIO name=%R mode='%s' closefd=%s>", name,
                                          mode_text(self), closefd);
    Py_ReprLeave(op);
    return text;
}

static PyObject *
fileio_get_closed(PyObject *self, void *closure)
{
    return PyBool_FromLong(((fileio *)self)->fd < 0);
}

static PyObject *
fileio_get_closefd(PyObject *self, void *closure)
{
    return PyBool_FromLong(((fileio *)self)->closefd);
}

static PyObject *
fileio_get_mode(PyObject *self, void *closure)
{
    return PyUnicode_FromString(mode_text((fileio *)self));
}

static PyGetSetDef fileio_getset[] = {
    {"closed", fileio_get_closed, NULL, "True if the file is closed", NULL},
    {"closefd", fileio_get_closefd, NULL,
     "whether close() gives the descriptor back", NULL},
    {"mode", fileio_get_mode, NULL, "String giving the file mode", NULL},
    {NULL},
};

#include <structmember.h>

static PyMemberDef fileio_members[] = {
    {"_blksize", T_UINT, offsetof(fileio, blksize), 0, NULL},
    {"_finalizing", T_BOOL, offsetof(fileio, finalizing), 0, NULL},
    {NULL},
};

static PyMethodDef fileio_private[] = {
    {"_dealloc_warn", fileio_dealloc_warn, METH_O, NULL},
    {NULL},
};
PyMethodDef *const hob_fileio_private = fileio_private;

PyTypeObject hob_fileio_type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "_io.FileIO",
    .tp_basicsize = sizeof(fileio),
    .tp_dealloc = fileio_dealloc,
    .tp_repr = fileio_repr,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .tp_doc = fileio_init__doc,
    .tp_traverse = fileio_traverse,
    .tp_clear = fileio_clear,
    .tp_weaklistoffset = IO_WEAK_OFFSET,
    .tp_methods = FileIO_methods,
    .tp_members = fileio_members,
    .tp_getset = fileio_getset,
    .tp_base = &hob_rawiobase_type,
    .tp_dictoffset = IO_DICT_OFFSET,
    .tp_init = fileio_init__slot,
    .tp_new = fileio_new,
};

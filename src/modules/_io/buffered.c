/* buffered.c -- BufferedReader, BufferedWriter, BufferedRandom, BufferedRWPair.
 *
 * Layout     one buffer, in one of two uses at a time:
 *
 *              reading   [ taken | pos .. end: read ahead ]   raw stands at `end`
 *              writing   [ 0 .. end: not yet written ]        raw stands at 0
 *
 * Holds      0 <= pos <= end <= size.  is_dirty says which use it is; when it is
 *            set pos == end.  abs_pos is where the raw stream stands, or -1 when
 *            not known.
 * Hazard     calls of the raw stream run Python code and drop the GIL; the lock
 *            keeps other threads out of the buffer, and a thread that comes back
 *            in by itself (a signal handler) gets RuntimeError.
 */
#include "modules/_io/io.h"

#include <structmember.h>

#include "objects/undeclared.h"
#include "state/runtime.h"

typedef struct {
    PyObject_HEAD
    PyObject *dict;
    PyObject *weakrefs;
    PyObject *raw;              /* owned; NULL when detached or never initialised */
    bool ok, detached, readable, writable, is_dirty, fast_closed;
    char finalizing;
    char *buffer;
    Py_ssize_t size, pos, end;
    off_t abs_pos;
    PyThread_type_lock lock;
    volatile unsigned long owner;
} buffered;

/* --- initialised? open? --- */

static COLD status
bad_state(buffered *self)
{
    PyErr_SetString(PyExc_ValueError, self->detached ? "raw stream has been detached"
                    : "I/O operation on uninitialized object");
    return -1;
}

#define CHECK_READY(self) do { if (!(self)->ok) { bad_state(self); return NULL; } } while (0)

/* The raw stream, held: another thread may detach it during any call. */
static PyObject *
hold_raw(buffered *self)
{
    if (self->raw) { return Py_NewRef(self->raw); }
    bad_state(self);
    return NULL;
}

static tri
raw_is_closed(buffered *self)
{
    if (!self->ok) { return bad_state(self); }
    own PyObject *closed = PyObject_GetAttr(self->raw, ID(closed));
    return closed ? PyObject_IsTrue(closed) : -1;
}

static status
check_open(buffered *self, const char *message)
{
    tri closed = raw_is_closed(self);
    if (closed == 0 && !self->buffer) { closed = 1; }   /* close() is under way */
    if (closed > 0) { PyErr_SetString(PyExc_ValueError, message); }
    return closed ? -1 : 0;
}

/* --- the lock --- */

static MUST_USE status
enter_slow(buffered *self)
{
    if (self->owner == PyThread_get_thread_ident()) {
        PyErr_Format(PyExc_RuntimeError, "reentrant call inside %R", self);
        return -1;
    }
    /* at the end, a daemon thread that will never run again may hold the lock */
    PY_TIMEOUT_T limit = _Py_IsFinalizing() ? 1000000 : -1;
    PyThreadState *ts = PyEval_SaveThread();
    PyLockStatus got = PyThread_acquire_lock_timed(self->lock, limit, 0);
    PyEval_RestoreThread(ts);
    if (got == PY_LOCK_ACQUIRED) { return 0; }
    PyObject *text = PyObject_ASCII((PyObject *)self);
    const char *shown = text ? PyUnicode_AsUTF8(text) : NULL;
    _Py_FatalErrorFormat("_enter_buffered_busy",
                         "could not acquire lock for %s at interpreter "
                         "shutdown, possibly due to daemon threads",
                         shown ? shown : "<ascii() failed>");
}

static MUST_USE status
enter(buffered *self)
{
    if (!PyThread_acquire_lock(self->lock, NOWAIT_LOCK) && enter_slow(self) < 0) { return -1; }
    self->owner = PyThread_get_thread_ident();
    return 0;
}

static void
leave(buffered *self)
{
    self->owner = 0;
    PyThread_release_lock(self->lock);
}

/* --- the raw stream --- */

static off_t
raw_tell(buffered *self)
{
    own PyObject *raw = hold_raw(self);
    own PyObject *answer = raw ? PyObject_CallMethodNoArgs(raw, ID(tell)) : NULL;
    if (!answer) { return -1; }
    off_t n = hob_io_offset(answer);
    if (n < 0) {
        if (!PyErr_Occurred()) {
            PyErr_Format(PyExc_OSError, "Raw stream returned invalid position %lld", (long long)n);
        }
        return -1;
    }
    return self->abs_pos = n;
}

static off_t
raw_seek(buffered *self, off_t target, int whence)
{
    own PyObject *offset = PyLong_FromLongLong(target);
    own PyObject *how = PyLong_FromLong(whence);
    own PyObject *raw = hold_raw(self);
    if (!offset || !how || !raw) { return -1; }
    own PyObject *answer = PyObject_CallMethodObjArgs(raw, ID(seek), offset, how, NULL);
    if (!answer) { return -1; }
    off_t n = hob_io_offset(answer);
    if (n < 0) {
        if (!PyErr_Occurred()) {
            PyErr_Format(PyExc_OSError, "Raw stream returned invalid position %lld", (long long)n);
        }
        return -1;
    }
    return self->abs_pos = n;
}

/* Bytes read into start; -2 when the stream would block, -1 with an error.
 * start is NULL when another thread has closed the stream meanwhile: ValueError. */
static Py_ssize_t
raw_read(buffered *self, char *start, Py_ssize_t room)
{
    Py_buffer memory;
    if (PyBuffer_FillInfo(&memory, NULL, start, room, false, PyBUF_CONTIG) < 0) { return -1; }
    own PyObject *view = PyMemoryView_FromBuffer(&memory);
    own PyObject *raw = hold_raw(self);
    if (!view || !raw) { return -1; }
    own PyObject *answer = NULL;
    do {
        answer = PyObject_CallMethodOneArg(raw, ID(readinto), view);
    } while (!answer && hob_io_trap_eintr() > 0);
    PyObject *type, *value, *tb;
    PyErr_Fetch(&type, &value, &tb);
    PyObject *released = PyObject_CallMethod(view, "release", NULL);
    if (!released) { PyErr_Clear(); }
    Py_XDECREF(released);
    PyErr_Restore(type, value, tb);
    if (!answer) { return -1; }
    if (answer == Py_None) { return -2; }
    Py_ssize_t n = PyNumber_AsSsize_t(answer, PyExc_ValueError);
    if (n == -1 && PyErr_Occurred()) {
        PyObject *cause_type, *cause, *cause_tb;
        PyErr_Fetch(&cause_type, &cause, &cause_tb);
        PyErr_Restore(cause_type, cause, cause_tb);
        _PyErr_FormatFromCause(PyExc_OSError, "raw readinto() failed");
        return -1;
    }
    if (n < 0 || n > room) {
        PyErr_Format(PyExc_OSError, "raw readinto() returned invalid length %zd "
                     "(should have been between 0 and %zd)", n, room);
        return -1;
    }
    if (n > 0 && self->abs_pos >= 0) { self->abs_pos += n; }
    return n;
}

/* Bytes written; -2 when the stream would block, -1 with an error. */
static Py_ssize_t
raw_write(buffered *self, const char *start, Py_ssize_t length)
{
    own PyObject *view = PyMemoryView_FromMemory((char *)start, length, PyBUF_READ);
    own PyObject *raw = hold_raw(self);
    if (!view || !raw) { return -1; }
    own PyObject *answer = NULL;
    int why;
    do {
        errno = 0;
        answer = PyObject_CallMethodOneArg(raw, ID(write), view);
        why = errno;
    } while (!answer && hob_io_trap_eintr() > 0);
    if (!answer) { return -1; }
    if (answer == Py_None) {
        errno = why;
        return -2;
    }
    Py_ssize_t n = PyNumber_AsSsize_t(answer, PyExc_ValueError);
    if (n == -1 && PyErr_Occurred()) { return -1; }
    if (n < 0 || n > length) {
        PyErr_Format(PyExc_OSError, "raw write() returned invalid length %zd "
                     "(should have been between 0 and %zd)", n, length);
        return -1;
    }
    if (n > 0 && self->abs_pos >= 0) { self->abs_pos += n; }
    return n;
}

static COLD void
set_blocking_error(const char *message, Py_ssize_t written)
{
    PyErr_Clear();
    own PyObject *error =
        PyObject_CallFunction(PyExc_BlockingIOError, "isn", errno, message, written);
    if (error) { PyErr_SetObject(PyExc_BlockingIOError, error); }
}

/* --- the buffer's two uses --- */

static Py_ssize_t
ahead(const buffered *self)
{
    return self->is_dirty ? 0 : self->end - self->pos;
}

static void
forget_ahead(buffered *self)
{
    if (!self->is_dirty) { self->pos = self->end = 0; }
}

/* Write what is pending; lock held. */
static MUST_USE status
flush_dirty(buffered *self)
{
    if (!self->is_dirty) { return 0; }
    Py_ssize_t done = 0;
    while (done < self->end) {
        Py_ssize_t n = raw_write(self, self->buffer + done, self->end - done);
        if (n < 0) {
            memmove(self->buffer, self->buffer + done, (size_t)(self->end - done));
            self->pos = self->end -= done;
            if (n == -2) { set_blocking_error("write could not complete without blocking", 0); }
            return -1;
        }
        done += n;
        if (PyErr_CheckSignals() < 0) {
            memmove(self->buffer, self->buffer + done, (size_t)(self->end - done));
            self->pos = self->end -= done;
            self->is_dirty = self->end > 0;
            return -1;
        }
    }
    self->pos = self->end = 0;
    self->is_dirty = false;
    return 0;
}

/* Move the raw stream back over what was read ahead. */
static MUST_USE status
undo_ahead(buffered *self)
{
    Py_ssize_t n = ahead(self);
    if (n > 0 && raw_seek(self, -n, 1) < 0) { return -1; }
    forget_ahead(self);
    return 0;
}

/* Ready to read from the buffer: nothing pending. */
static MUST_USE status
to_reading(buffered *self)
{
    return self->writable ? flush_dirty(self) : 0;
}

/* Read ahead into the empty buffer; as raw_read. */
static Py_ssize_t
fill(buffered *self)
{
    self->pos = self->end = 0;
    Py_ssize_t n = raw_read(self, self->buffer, self->size);
    if (n > 0) { self->end = n; }
    return n;
}

/* --- making --- */

static MUST_USE status
make_buffer(buffered *self, PyObject *raw, Py_ssize_t size)
{
    if (size <= 0) {
        PyErr_SetString(PyExc_ValueError, "buffer size must be strictly positive");
        return -1;
    }
    char *buffer = PyMem_Malloc((size_t)size);
    if (!buffer) {
        PyErr_NoMemory();
        return -1;
    }
    PyMem_Free(self->buffer);
    self->buffer = buffer;
    self->size = size;
    self->pos = self->end = 0;
    self->is_dirty = false;
    if (self->lock) { PyThread_free_lock(self->lock); }
    self->lock = PyThread_allocate_lock();
    if (!self->lock) {
        PyErr_SetString(PyExc_RuntimeError, "can't allocate read lock");
        return -1;
    }
    self->owner = 0;
    Py_XSETREF(self->raw, Py_NewRef(raw));
    self->detached = false;
    self->fast_closed = Py_IS_TYPE(raw, &hob_fileio_type);
    self->abs_pos = -1;
    if (raw_tell(self) < 0) { PyErr_Clear(); }  /* pipes cannot tell */
    self->ok = true;
    return 0;
}

static PyObject *
buffered_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    return type->tp_alloc(type, 0);
}

/** BufferedReader.__init__($self, raw, buffer_size=DEFAULT_BUFFER_SIZE)
 *
 *  Reads ahead from a raw stream that can be read.
 */
static int
reader_init(buffered *self, PyObject *raw, Py_ssize_t buffer_size)
{
    self->ok = self->detached = false;
    if (hob_io_check_readable(raw) < 0) { return -1; }
    self->readable = true;
    self->writable = false;
    return make_buffer(self, raw, buffer_size);
}

/** BufferedWriter.__init__($self, raw, buffer_size=DEFAULT_BUFFER_SIZE)
 *
 *  Collects what goes to a raw stream that can be written.
 *
 *  It holds up to buffer_size bytes back.
 */
static int
writer_init(buffered *self, PyObject *raw, Py_ssize_t buffer_size)
{
    self->ok = self->detached = false;
    if (hob_io_check_writable(raw) < 0) { return -1; }
    self->readable = false;
    self->writable = true;
    return make_buffer(self, raw, buffer_size);
}

/** BufferedRandom.__init__($self, raw, buffer_size=DEFAULT_BUFFER_SIZE)
 *
 *  Reads ahead from, and collects what goes to, a raw stream that can seek.
 *
 *  One buffer of buffer_size bytes serves both.
 */
static int
random_init(buffered *self, PyObject *raw, Py_ssize_t buffer_size)
{
    self->ok = self->detached = false;
    if (hob_io_check_seekable(raw) < 0 || hob_io_check_readable(raw) < 0
        || hob_io_check_writable(raw) < 0) {
        return -1;
    }
    self->readable = self->writable = true;
    return make_buffer(self, raw, buffer_size);
}

/* --- passing through --- */

#define FORWARD(name, attribute)                                                \
    static PyObject *                                                           \
    name(PyObject *op, PyObject *unused)                                        \
    {                                                                           \
        buffered *self = (buffered *)op;                                        \
        CHECK_READY(self);                                                      \
        return PyObject_CallMethodNoArgs(self->raw, attribute);             \
    }
FORWARD(buffered_seekable, ID(seekable))
FORWARD(buffered_readable, ID(readable))
FORWARD(buffered_writable, ID(writable))
FORWARD(buffered_fileno, ID(fileno))
FORWARD(buffered_isatty, ID(isatty))

static PyObject *
buffered_get_closed(PyObject *op, void *closure)
{
    buffered *self = (buffered *)op;
    CHECK_READY(self);
    return PyObject_GetAttr(self->raw, ID(closed));
}

static PyObject *
buffered_get_name(PyObject *op, void *closure)
{
    buffered *self = (buffered *)op;
    CHECK_READY(self);
    return PyObject_GetAttr(self->raw, ID(name));
}

static PyObject *
buffered_get_mode(PyObject *op, void *closure)
{
    buffered *self = (buffered *)op;
    CHECK_READY(self);
    return PyObject_GetAttr(self->raw, ID(mode));
}

static PyObject *
buffered_dealloc_warn(PyObject *op, PyObject *source)
{
    buffered *self = (buffered *)op;
    if (self->ok && self->raw) {
        own PyObject *done = PyObject_CallMethodOneArg(self->raw, ID(_dealloc_warn), source);
        if (!done) { PyErr_Clear(); }
    }
    Py_RETURN_NONE;
}

/* --- flush, close, detach --- */

static PyObject *
buffered_flush(PyObject *op, PyObject *unused)
{
    buffered *self = (buffered *)op;
    CHECK_READY(self);
    if (check_open(self, "flush of closed file") < 0 || enter(self) < 0) { return NULL; }
    status done = flush_dirty(self);
    if (done == 0 && self->readable && self->writable) { done = undo_ahead(self); }
    leave(self);
    if (done < 0) { return NULL; }
    Py_RETURN_NONE;
}

/* A pure reader has nothing of its own to flush. */
static PyObject *
reader_flush(PyObject *op, PyObject *unused)
{
    buffered *self = (buffered *)op;
    CHECK_READY(self);
    own PyObject *raw = hold_raw(self);
    return raw ? PyObject_CallMethodNoArgs(raw, ID(flush)) : NULL;
}

/* The raw stream is closed under the lock: whoever comes meanwhile waits. */
static PyObject *
buffered_close(PyObject *op, PyObject *unused)
{
    buffered *self = (buffered *)op;
    CHECK_READY(self);
    if (enter(self) < 0) { return NULL; }
    tri closed = raw_is_closed(self);
    leave(self);
    if (closed < 0) { return NULL; }
    if (closed) { Py_RETURN_NONE; }
    if (self->finalizing && self->raw) { Py_XDECREF(buffered_dealloc_warn(op, op)); }

    own PyObject *flushed = PyObject_CallMethodNoArgs(op, ID(flush));
    PyObject *type = NULL, *value = NULL, *tb = NULL;
    if (!flushed) { PyErr_Fetch(&type, &value, &tb); }
    if (enter(self) < 0) {
        if (type) { _PyErr_ChainExceptions(type, value, tb); }
        return NULL;
    }
    self->pos = self->end = 0;
    self->is_dirty = false;
    own PyObject *raw = hold_raw(self);
    own PyObject *done = raw ? PyObject_CallMethodNoArgs(raw, ID(close)) : NULL;
    PyMem_Free(self->buffer);           /* from here on the stream counts as closed */
    self->buffer = NULL;
    leave(self);
    if (type) {
        _PyErr_ChainExceptions(type, value, tb);
        return NULL;
    }
    return take(done);
}

static PyObject *
buffered_detach(PyObject *op, PyObject *unused)
{
    buffered *self = (buffered *)op;
    CHECK_READY(self);
    own PyObject *flushed = PyObject_CallMethodNoArgs(op, ID(flush));
    if (!flushed || (!self->ok && bad_state(self) < 0)) { return NULL; }
    self->detached = true;
    self->ok = false;
    return take(self->raw);
}

/* --- reading --- */

/* Join what is ahead with what the raw stream still gives. */
static PyObject *
read_all(buffered *self)
{
    own PyObject *front = PyBytes_FromStringAndSize(self->buffer + self->pos, ahead(self));
    if (!front) { return NULL; }
    forget_ahead(self);
    own PyObject *raw = hold_raw(self);
    PyObject *found;
    if (!raw || _PyObject_LookupAttr(raw, ID(readall), &found) < 0) { return NULL; }
    own PyObject *readall = found;
    own PyObject *chunks = PyList_New(0);
    if (!chunks || (PyBytes_GET_SIZE(front) && PyList_Append(chunks, front) < 0)) { return NULL; }
    if (readall) {
        own PyObject *rest = PyObject_CallNoArgs(readall);
        if (!rest) { return NULL; }
        self->abs_pos = -1;
        if (rest != Py_None && !PyBytes_Check(rest)) {
            PyErr_SetString(PyExc_TypeError, "readall() should return bytes");
            return NULL;
        }
        if (PyBytes_GET_SIZE(front) == 0) { return take(rest); }
        if (rest == Py_None) { return take(front); }
        PyBytes_Concat(&front, rest);
        return take(front);
    }
    for (;;) {
        own PyObject *chunk = PyObject_CallMethodNoArgs(raw, ID(read));
        if (!chunk) { return NULL; }
        if (chunk != Py_None && !PyBytes_Check(chunk)) {
            PyErr_SetString(PyExc_TypeError, "read() should return bytes");
            return NULL;
        }
        if (chunk == Py_None || PyBytes_GET_SIZE(chunk) == 0) {
            if (PyList_GET_SIZE(chunks) == 0) { return take(chunk); }
            own PyObject *empty = PyBytes_FromStringAndSize(NULL, 0);
            return empty ? _PyBytes_Join(empty, chunks) : NULL;
        }
        if (PyList_Append(chunks, chunk) < 0) { return NULL; }
        if (self->abs_pos >= 0) { self->abs_pos += PyBytes_GET_SIZE(chunk); }
    }
}

/* Move up to n bytes that were read ahead to out; how many that were. */
static Py_ssize_t
take_ahead(buffered *self, char *out, Py_ssize_t n)
{
    Py_ssize_t have = ahead(self);
    if (have > n) { have = n; }
    if (have > 0) {
        memcpy(out, self->buffer + self->pos, (size_t)have);
        self->pos += have;
    }
    return have;
}

/* Exactly n bytes unless the end or a would-block comes first. */
static PyObject *
read_n(buffered *self, Py_ssize_t n)
{
    PyObject *bytes = PyBytes_FromStringAndSize(NULL, n);
    if (!bytes) { return NULL; }
    char *out = PyBytes_AS_STRING(bytes);
    Py_ssize_t got = take_ahead(self, out, n);
    while (got < n) {
        forget_ahead(self);
        Py_ssize_t left = n - got;
        Py_ssize_t whole = left - left % self->size;    /* straight into the result */
        Py_ssize_t r;
        if (whole > 0) { r = raw_read(self, out + got, whole); }
        else {
            r = fill(self);
            if (r > 0) {
                Py_ssize_t part = r < left ? r : left;
                memcpy(out + got, self->buffer, (size_t)part);
                self->pos = part;
                got += part;
                if (part == r) { continue; }
                break;
            }
        }
        if (r == -1) {
            Py_DECREF(bytes);
            return NULL;
        }
        if (r <= 0) {
            if (r == -2 && got == 0) {
                Py_DECREF(bytes);
                Py_RETURN_NONE;
            }
            break;
        }
        got += r;
    }
    if (got < n && _PyBytes_Resize(&bytes, got) < 0) { return NULL; }
    return bytes;
}

/** Buffered.read($self, size=-1, /)
 */
static PyObject *
buffered_read(buffered *self, ssize_or_none size)
{
    CHECK_READY(self);
    if (size < -1) {
        PyErr_SetString(PyExc_ValueError, "read length must be non-negative or -1");
        return NULL;
    }
    if (check_open(self, "read of closed file") < 0) { return NULL; }
    if (size >= 0 && size <= ahead(self)) {             /* no lock: nothing is called */
        PyObject *bytes = PyBytes_FromStringAndSize(self->buffer + self->pos, size);
        if (bytes) { self->pos += size; }
        return bytes;
    }
    if (enter(self) < 0) { return NULL; }
    PyObject *result = NULL;
    if (to_reading(self) == 0) { result = size < 0 ? read_all(self) : read_n(self, size); }
    leave(self);
    return result;
}

/** Buffered.read1($self, size=-1, /)
 */
static PyObject *
buffered_read1(buffered *self, Py_ssize_t size)
{
    CHECK_READY(self);
    if (check_open(self, "read of closed file") < 0) { return NULL; }
    if (size < 0) { size = self->size; }
    if (size == 0) { return PyBytes_FromStringAndSize(NULL, 0); }
    Py_ssize_t have = ahead(self);
    if (have > 0) {
        if (size > have) { size = have; }
        PyObject *bytes = PyBytes_FromStringAndSize(self->buffer + self->pos, size);
        if (bytes) { self->pos += size; }
        return bytes;
    }
    PyObject *bytes = PyBytes_FromStringAndSize(NULL, size);
    if (!bytes) { return NULL; }
    if (enter(self) < 0) {
        Py_DECREF(bytes);
        return NULL;
    }
    Py_ssize_t n = -1;
    if (to_reading(self) == 0) {
        /* another thread may have read ahead while we waited for the lock */
        n = take_ahead(self, PyBytes_AS_STRING(bytes), size);
        if (n == 0) {
            forget_ahead(self);
            n = raw_read(self, PyBytes_AS_STRING(bytes), size);
        }
    }
    leave(self);
    if (n == -1) {
        Py_DECREF(bytes);
        return NULL;
    }
    if (n == -2) { n = 0; }
    if (n < size) { _PyBytes_Resize(&bytes, n); }
    return bytes;
}

static PyObject *
read_into(buffered *self, Py_buffer *buffer, bool once)
{
    CHECK_READY(self);
    if (check_open(self, "readinto of closed file") < 0) { return NULL; }
    char *out = buffer->buf;
    Py_ssize_t got = take_ahead(self, out, buffer->len);
    if (got == buffer->len) { return PyLong_FromSsize_t(got); }
    if (enter(self) < 0) { return NULL; }
    Py_ssize_t r = to_reading(self);
    while (r >= 0 && got < buffer->len) {
        Py_ssize_t left = buffer->len - got;
        r = take_ahead(self, out + got, left);
        if (r == 0) {
            forget_ahead(self);
            if (left > self->size) { r = raw_read(self, out + got, left); }
            else if (once && got > 0) { break; }        /* enough to return: do not wait */
            else {
                r = fill(self);
                if (r > 0) { r = take_ahead(self, out + got, left); }
            }
        }
        if (r <= 0) { break; }
        got += r;
        if (once) { break; }
    }
    leave(self);
    if (r == -1) { return NULL; }
    if (r == -2 && got == 0) { Py_RETURN_NONE; }
    return PyLong_FromSsize_t(got);
}

/** Buffered.readinto($self, buffer, /)
 */
static PyObject *
buffered_readinto(buffered *self, writable_buffer *buffer)
{
    return read_into(self, buffer, false);
}

/** Buffered.readinto1($self, buffer, /)
 */
static PyObject *
buffered_readinto1(buffered *self, writable_buffer *buffer)
{
    return read_into(self, buffer, true);
}

/* A line of at most limit bytes (-1: any length). */
static PyObject *
read_line(buffered *self, Py_ssize_t limit)
{
    if (check_open(self, "readline of closed file") < 0) { return NULL; }
    Py_ssize_t have = ahead(self);
    Py_ssize_t n = limit >= 0 && limit < have ? limit : have;
    const char *start = self->buffer + self->pos;
    const char *newline = n > 0 ? memchr(start, '\n', (size_t)n) : NULL;
    if (newline || (limit >= 0 && n == limit)) {
        if (newline) { n = newline + 1 - start; }
        PyObject *line = PyBytes_FromStringAndSize(start, n);
        if (line) { self->pos += n; }
        return line;
    }
    if (enter(self) < 0) { return NULL; }
    own PyObject *line = NULL;
    PyObject *result = NULL;
    if (to_reading(self) < 0) { goto done; }
    line = PyBytes_FromStringAndSize(NULL, 0);
    while (line) {
        Py_ssize_t got = PyBytes_GET_SIZE(line);
        if (ahead(self) == 0) {
            forget_ahead(self);
            Py_ssize_t r = fill(self);
            if (r == -1) { goto done; }
            if (r <= 0) { break; }
        }
        start = self->buffer + self->pos;
        n = limit >= 0 && limit - got < ahead(self) ? limit - got : ahead(self);
        newline = memchr(start, '\n', (size_t)n);
        if (newline) { n = newline + 1 - start; }
        if (_PyBytes_Resize(&line, got + n) < 0) { goto done; }
        memcpy(PyBytes_AS_STRING(line) + got, self->buffer + self->pos, (size_t)n);
        self->pos += n;
        if (newline || (limit >= 0 && got + n >= limit)) { break; }
    }
    result = take(line);
done:
    leave(self);
    return result;
}

/** Buffered.readline($self, size=-1, /)
 */
static PyObject *
buffered_readline(buffered *self, ssize_or_none size)
{
    CHECK_READY(self);
    return read_line(self, size);
}

/** Buffered.peek($self, size=0, /)
 */
static PyObject *
buffered_peek(buffered *self, Py_ssize_t size)
{
    CHECK_READY(self);
    if (check_open(self, "peek of closed file") < 0 || enter(self) < 0) { return NULL; }
    PyObject *bytes = NULL;
    if (to_reading(self) == 0) {
        Py_ssize_t r = 0;
        if (ahead(self) == 0) {
            forget_ahead(self);
            r = fill(self);
        }
        if (r != -1) { bytes = PyBytes_FromStringAndSize(self->buffer + self->pos, ahead(self)); }
    }
    leave(self);
    return bytes;
}

static PyObject *
buffered_iternext(PyObject *op)
{
    buffered *self = (buffered *)op;
    CHECK_READY(self);
    own PyObject *line = NULL;
    if (Py_IS_TYPE(op, &hob_bufferedreader_type) || Py_IS_TYPE(op, &hob_bufferedrandom_type)) {
        line = read_line(self, -1);
    }
    else {
        line = PyObject_CallMethodNoArgs(op, ID(readline));
        if (line && !PyBytes_Check(line)) {
            PyErr_Format(PyExc_OSError,
                         "readline() should have returned a bytes object, not '%.200s'",
                         Py_TYPE(line)->tp_name);
            return NULL;
        }
    }
    if (!line || PyBytes_GET_SIZE(line) == 0) { return NULL; }
    return take(line);
}

/* --- writing --- */

/** Buffered.write($self, buffer, /)
 */
static PyObject *
buffered_write(buffered *self, Py_buffer *buffer)
{
    CHECK_READY(self);
    if (enter(self) < 0) { return NULL; }
    const char *from = buffer->buf;
    Py_ssize_t n = buffer->len, done = 0;
    PyObject *result = NULL;
    if (check_open(self, "write to closed file") < 0) { goto out; }
    if (!self->is_dirty && undo_ahead(self) < 0) { goto out; }
    if (n <= self->size - self->end) {
        memcpy(self->buffer + self->end, from, (size_t)n);
        self->pos = self->end += n;
        self->is_dirty = self->end > 0;
        result = PyLong_FromSsize_t(n);
        goto out;
    }
    if (flush_dirty(self) < 0) {
        if (!PyErr_ExceptionMatches(PyExc_BlockingIOError)) { goto out; }
        /* keep what fits, and say how much that was */
        Py_ssize_t room = self->size - self->end;
        Py_ssize_t part = n < room ? n : room;
        memcpy(self->buffer + self->end, from, (size_t)part);
        self->pos = self->end += part;
        if (part == n) {
            PyErr_Clear();
            result = PyLong_FromSsize_t(n);
        }
        else { set_blocking_error("write could not complete without blocking", part); }
        goto out;
    }
    while (n - done > self->size) {
        Py_ssize_t r = raw_write(self, from + done, n - done);
        if (r == -1) { goto out; }
        if (r == -2) {
            Py_ssize_t left = n - done, part = left < self->size ? left : self->size;
            memcpy(self->buffer, from + done, (size_t)part);
            self->pos = self->end = part;
            self->is_dirty = true;
            done += part;
            if (part < left) {
                set_blocking_error("write could not complete without blocking", done);
                goto out;
            }
            result = PyLong_FromSsize_t(n);
            goto out;
        }
        done += r;
        if (PyErr_CheckSignals() < 0) { goto out; }
    }
    memcpy(self->buffer, from + done, (size_t)(n - done));
    self->pos = self->end = n - done;
    self->is_dirty = self->end > 0;
    result = PyLong_FromSsize_t(n);
out:
    leave(self);
    return result;
}

/* --- positions --- */

/* Where the user is: raw position, corrected by the buffer. */
static PyObject *
buffered_tell(PyObject *op, PyObject *unused)
{
    buffered *self = (buffered *)op;
    CHECK_READY(self);
    off_t at = raw_tell(self);
    if (at < 0) { return NULL; }
    at = self->is_dirty ? at + self->end : at - ahead(self);
    return PyLong_FromLongLong(at < 0 ? 0 : at);
}

/** Buffered.seek($self, target, whence=0, /)
 */
static PyObject *
buffered_seek(buffered *self, PyObject *target, int whence)
{
    CHECK_READY(self);
    if (whence < 0 || whence > 2) {
#ifdef SEEK_DATA
        if (whence != SEEK_DATA && whence != SEEK_HOLE)
#endif
        {
            PyErr_Format(PyExc_ValueError, "whence value %d unsupported", whence);
            return NULL;
        }
    }
    if (check_open(self, "seek of closed file") < 0 || hob_io_check_seekable(self->raw) < 0) {
        return NULL;
    }
    off_t offset = hob_io_offset(target);
    if (offset == -1 && PyErr_Occurred()) { return NULL; }

    /* inside what is already read: move there, call nobody */
    if ((whence == 0 || whence == 1) && self->readable && !self->is_dirty && self->end > 0) {
        off_t raw_at = self->abs_pos >= 0 ? self->abs_pos : raw_tell(self);
        if (raw_at < 0) { PyErr_Clear(); }
        else {
            off_t now = raw_at - ahead(self);
            off_t move = whence == 0 ? offset - now : offset;
            if (move >= -self->pos && move <= ahead(self)) {
                self->pos += move;
                return PyLong_FromLongLong(now + move);
            }
        }
    }
    if (enter(self) < 0) { return NULL; }
    PyObject *result = NULL;
    if (flush_dirty(self) == 0) {
        if (whence == 1) { offset -= ahead(self); }
        off_t at = raw_seek(self, offset, whence);
        if (at >= 0) {
            forget_ahead(self);
            result = PyLong_FromLongLong(at);
        }
    }
    leave(self);
    return result;
}

/** Buffered.truncate($self, pos=None, /)
 */
static PyObject *
buffered_truncate(buffered *self, PyObject *pos)
{
    CHECK_READY(self);
    if (check_open(self, "truncate of closed file") < 0) { return NULL; }
    if (!self->writable) { return hob_io_unsupported_operation("truncate"); }
    if (enter(self) < 0) { return NULL; }
    PyObject *result = NULL;
    if (flush_dirty(self) == 0 && (!self->readable || undo_ahead(self) == 0)) {
        own PyObject *raw = hold_raw(self);
        result = raw ? PyObject_CallMethodOneArg(raw, ID(truncate), pos) : NULL;
        if (result && raw_tell(self) < 0) { PyErr_Clear(); }
    }
    leave(self);
    return result;
}

/* --- the rest --- */

static PyObject *
buffered_sizeof(PyObject *op, PyObject *unused)
{
    buffered *self = (buffered *)op;
    return PyLong_FromSsize_t(Py_TYPE(op)->tp_basicsize + (self->buffer ? self->size : 0));
}

static PyObject *
buffered_repr(PyObject *op)
{
    PyObject *found;
    if (_PyObject_LookupAttr(op, ID(name), &found) < 0) {
        if (!PyErr_ExceptionMatches(PyExc_ValueError)) { return NULL; }
        PyErr_Clear();
    }
    own PyObject *name = found;
    if (!name) { return PyUnicode_FromFormat("<%s>", Py_TYPE(op)->tp_name); }
    int entered = Py_ReprEnter(op);
    if (entered > 0) {
        PyErr_Format(PyExc_RuntimeError, "reentrant call inside %s.__repr__", Py_TYPE(op)->tp_name);
    }
    if (entered != 0) { return NULL; }
    PyObject *text = PyUnicode_FromFormat("<%s name=%R>", Py_TYPE(op)->tp_name, name);
    Py_ReprLeave(op);
    return text;
}

static void
buffered_dealloc(PyObject *op)
{
    buffered *self = (buffered *)op;
    self->finalizing = 1;
    if (!hob_io_finalize(op)) { return; }
    PyObject_GC_UnTrack(op);
    self->ok = false;
    Py_CLEAR(self->raw);
    PyMem_Free(self->buffer);
    self->buffer = NULL;
    if (self->lock) { PyThread_free_lock(self->lock); }
    hob_io_head_clear(op);
    Py_TYPE(op)->tp_free(op);
}

static int
buffered_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(((buffered *)op)->raw);
    Py_VISIT(((buffered *)op)->dict);
    return 0;
}

static int
buffered_clear(PyObject *op)
{
    buffered *self = (buffered *)op;
    self->ok = false;
    Py_CLEAR(self->raw);
    Py_CLEAR(self->dict);
    return 0;
}

#define DEFAULT_BUFFER_SIZE IO_BUFFER_SIZE
#include "gen/modules/_io/buffered.bind.h"

/* Buffered_methods holds the parsed ones; each type takes those it has. */
#define PLAIN(name, function) {name, function, METH_NOARGS, NULL}

static PyMethodDef common_methods[] = {
    PLAIN("detach", buffered_detach), PLAIN("close", buffered_close),
    PLAIN("seekable", buffered_seekable), PLAIN("fileno", buffered_fileno),
    PLAIN("isatty", buffered_isatty), PLAIN("tell", buffered_tell),
    PLAIN("__sizeof__", buffered_sizeof),
    {"_dealloc_warn", buffered_dealloc_warn, METH_O, NULL},
    {NULL},
};
static PyMethodDef reader_methods[] = {
    PLAIN("readable", buffered_readable), PLAIN("flush", reader_flush), {NULL},
};
static PyMethodDef writer_methods[] = {
    PLAIN("writable", buffered_writable), PLAIN("flush", buffered_flush), {NULL},
};
static PyMethodDef random_methods[] = {
    PLAIN("readable", buffered_readable), PLAIN("writable", buffered_writable),
    PLAIN("flush", buffered_flush), {NULL},
};

static PyMemberDef buffered_members[] = {
    {"raw", T_OBJECT, offsetof(buffered, raw), READONLY, NULL},
    {"_finalizing", T_BOOL, offsetof(buffered, finalizing), 0, NULL},
    {NULL},
};
static PyGetSetDef buffered_getset[] = {
    {"closed", buffered_get_closed, NULL, NULL, NULL},
    {"name", buffered_get_name, NULL, NULL, NULL},
    {"mode", buffered_get_mode, NULL, NULL, NULL},
    {NULL},
};

#define BUFFERED(symbol, name, methods, prefix, next)                           \
    PyTypeObject symbol = {                                                     \
        PyVarObject_HEAD_INIT(&PyType_Type, 0)                                  \
        .tp_name = name,                                                        \
        .tp_basicsize = sizeof(buffered),                                       \
        .tp_dealloc = buffered_dealloc,                                         \
        .tp_repr = buffered_repr,                                               \
        .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, \
        .tp_doc = prefix##_init__doc,                                           \
        .tp_traverse = buffered_traverse,                                       \
        .tp_clear = buffered_clear,                                             \
        .tp_weaklistoffset = IO_WEAK_OFFSET,                                    \
        .tp_iternext = next,                                                    \
        .tp_methods = methods,                                                  \
        .tp_members = buffered_members,                                         \
        .tp_getset = buffered_getset,                                           \
        .tp_base = &hob_bufferediobase_type,                                    \
        .tp_dictoffset = IO_DICT_OFFSET,                                        \
        .tp_init = prefix##_init__slot,                                         \
        .tp_new = buffered_new,                                                 \
    }
BUFFERED(hob_bufferedreader_type, "_io.BufferedReader", reader_methods, reader, buffered_iternext);
BUFFERED(hob_bufferedwriter_type, "_io.BufferedWriter", writer_methods, writer, NULL);
BUFFERED(hob_bufferedrandom_type, "_io.BufferedRandom", random_methods, random, buffered_iternext);

static MUST_USE status
add_methods(PyTypeObject *type, PyMethodDef *methods, const char *const *only)
{
    for (PyMethodDef *def = methods; def->ml_name; def++) {
        bool wanted = !only;
        for (const char *const *name = only; only && *name; name++) {
            if (strcmp(*name, def->ml_name) == 0) { wanted = true; }
        }
        if (!wanted) { continue; }
        own PyObject *descr = PyDescr_NewMethod(type, def);
        if (!descr || PyDict_SetItemString(type->tp_dict, def->ml_name, descr) < 0) { return -1; }
    }
    PyType_Modified(type);
    return 0;
}

/* What the three types share is written once and put into each. */
status
hob_buffered_ready(void)
{
    static const char *const of_reader[] = {"read", "read1", "readinto", "readinto1", "readline",
                                            "peek", "seek", "truncate", NULL};
    static const char *const of_writer[] = {"write", "seek", "truncate", NULL};
    const struct { PyTypeObject *type; const char *const *only; } kinds[] = {
        {&hob_bufferedreader_type, of_reader}, {&hob_bufferedwriter_type, of_writer},
        {&hob_bufferedrandom_type, NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        if (PyType_Ready(kinds[i].type) < 0
            || add_methods(kinds[i].type, common_methods, NULL) < 0
            || add_methods(kinds[i].type, Buffered_methods, kinds[i].only) < 0) {
            return -1;
        }
    }
    return 0;
}

/* textio_tell.c -- positions in a text stream.
 *
 * A position is a cookie: where to put the buffer, and what to do then to get the
 * decoder where it was.  As one integer, little-endian:
 *
 *     start 8 | decoder flags 4 | bytes to feed 4 | characters to skip 4 | need eof 1
 *
 * so that for simple encodings the cookie is the byte position itself.
 */
#include "modules/_io/textio.h"

#include "state/runtime.h"

typedef struct {
    off_t start;
    int flags, to_feed, to_skip;
    char need_eof;
} cookie;

enum { COOKIE_BYTES = 8 + 3 * 4 + 1 };

static MUST_USE PyObject *
cookie_make(const cookie *c)
{
    unsigned char bytes[COOKIE_BYTES];
    memcpy(bytes, &c->start, 8);
    memcpy(bytes + 8, &c->flags, 4);
    memcpy(bytes + 12, &c->to_feed, 4);
    memcpy(bytes + 16, &c->to_skip, 4);
    bytes[20] = (unsigned char)c->need_eof;
    return _PyLong_FromByteArray(bytes, sizeof bytes, 1, 0);
}

static MUST_USE status
cookie_parse(cookie *c, PyObject *number)
{
    own PyObject *index = PyNumber_Long(number);
    unsigned char bytes[COOKIE_BYTES];
    if (!index || _PyLong_AsByteArray((PyLongObject *)index, bytes, sizeof bytes, 1, 0) < 0) {
        return -1;
    }
    memcpy(&c->start, bytes, 8);
    memcpy(&c->flags, bytes + 8, 4);
    memcpy(&c->to_feed, bytes + 12, 4);
    memcpy(&c->to_skip, bytes + 16, 4);
    c->need_eof = (char)bytes[20];
    return 0;
}

static MUST_USE status
decoder_set(textio *self, PyObject *bytes, int flags)
{
    own PyObject *done = PyObject_CallMethod(self->decoder, "setstate", "((Oi))", bytes, flags);
    return done ? 0 : -1;
}

static MUST_USE status
decoder_start(textio *self, const cookie *c)
{
    if (c->start == 0 && c->flags == 0) {
        own PyObject *done = PyObject_CallMethodNoArgs(self->decoder, ID(reset));
        return done ? 0 : -1;
    }
    own PyObject *empty = PyBytes_FromStringAndSize(NULL, 0);
    return empty ? decoder_set(self, empty, c->flags) : -1;
}

static MUST_USE status
encoder_start(textio *self, bool at_start)
{
    own PyObject *done = at_start ? PyObject_CallMethodNoArgs(self->encoder, ID(reset))
        : PyObject_CallMethodOneArg(self->encoder, ID(setstate), hob_small_int(0));
    if (!done) { return -1; }
    self->at_start = at_start;
    return 0;
}

static void
forget(textio *self)
{
    Py_CLEAR(self->chars);
    self->used = 0;
    Py_CLEAR(self->snapshot_bytes);
}

/* --- seek --- */

static PyObject *
seek_end(textio *self)
{
    own PyObject *flushed = PyObject_CallMethodNoArgs((PyObject *)self, ID(flush));
    if (!flushed) { return NULL; }
    forget(self);
    if (self->decoder) {
        own PyObject *done = PyObject_CallMethodNoArgs(self->decoder, ID(reset));
        if (!done) { return NULL; }
    }
    own PyObject *end = PyObject_CallMethod(self->buffer, "seek", "ii", 0, 2);
    if (!end) { return NULL; }
    if (self->encoder) {
        int zero = PyObject_RichCompareBool(end, hob_small_int(0), Py_EQ);
        if (zero < 0 || encoder_start(self, zero) < 0) { return NULL; }
    }
    return take(end);
}

static tri
is_zero(PyObject *number)
{
    return PyObject_RichCompareBool(number, hob_small_int(0), Py_EQ);
}

PyObject *
hob_textio_seek(textio *self, PyObject *given, int whence)
{
    if (!self->seekable) {
        return hob_io_unsupported_operation("underlying stream is not seekable");
    }
    own PyObject *where = Py_NewRef(given);
    if (whence == 1 || whence == 2) {
        tri zero = is_zero(where);
        if (zero < 0) { return NULL; }
        if (!zero) {
            return hob_io_unsupported_operation(whence == 1
                ? "can't do nonzero cur-relative seeks" : "can't do nonzero end-relative seeks");
        }
        if (whence == 2) { return seek_end(self); }
        PyObject *now = PyObject_CallMethodNoArgs((PyObject *)self, ID(tell));
        if (!now) { return NULL; }
        Py_SETREF(where, now);
    }
    else if (whence != 0) {
        PyErr_Format(PyExc_ValueError, "invalid whence (%d, should be %d, %d or %d)", whence, 0,
                     1, 2);
        return NULL;
    }
    int negative = PyObject_RichCompareBool(where, hob_small_int(0), Py_LT);
    if (negative < 0) { return NULL; }
    if (negative) {
        PyErr_Format(PyExc_ValueError, "negative seek position %R", where);
        return NULL;
    }
    own PyObject *flushed = PyObject_CallMethodNoArgs((PyObject *)self, ID(flush));
    cookie c;
    if (!flushed || cookie_parse(&c, where) < 0) { return NULL; }
    own PyObject *start = PyLong_FromLongLong(c.start);
    own PyObject *moved = start ? PyObject_CallMethodOneArg(self->buffer, ID(seek), start) : NULL;
    if (!moved) { return NULL; }
    forget(self);
    if (self->decoder && decoder_start(self, &c) < 0) { return NULL; }
    if (c.to_skip) {
        own PyObject *input = PyObject_CallMethod(self->buffer, "read", "i", c.to_feed);
        if (!input) { return NULL; }
        if (!PyBytes_Check(input)) {
            PyErr_Format(PyExc_TypeError, "underlying read() should have returned a bytes object, "
                         "not '%.200s'", Py_TYPE(input)->tp_name);
            return NULL;
        }
        self->snapshot_flags = c.flags;
        Py_XSETREF(self->snapshot_bytes, Py_NewRef(input));
        PyObject *chars = hob_textio_decode(self, input, c.need_eof);
        if (!chars) { return NULL; }
        Py_XSETREF(self->chars, chars);
        if (PyUnicode_GET_LENGTH(chars) < c.to_skip) {
            PyErr_SetString(PyExc_OSError, "can't restore logical file position");
            return NULL;
        }
        self->used = c.to_skip;
    }
    else {
        self->snapshot_flags = c.flags;
        PyObject *empty = PyBytes_FromStringAndSize(NULL, 0);
        if (!empty) { return NULL; }
        Py_XSETREF(self->snapshot_bytes, empty);
    }
    if (self->encoder && encoder_start(self, c.start == 0 && c.flags == 0) < 0) { return NULL; }
    return take(where);
}

/* --- tell --- */

/* Decode bytes[from, from+n) further; how many characters that gave. */
static Py_ssize_t
feed(textio *self, const char *from, Py_ssize_t n, bool final)
{
    own PyObject *bytes = PyBytes_FromStringAndSize(from, n);
    own PyObject *text = bytes ? PyObject_CallMethodObjArgs(self->decoder, ID(decode), bytes,
                                                            final ? Py_True : Py_False, NULL)
                               : NULL;
    return text ? PyUnicode_GET_LENGTH(text) : -1;
}

/* The decoder's state: how many bytes it holds back, its flags. */
static MUST_USE status
decoder_state(textio *self, Py_ssize_t *held, int *flags)
{
    own PyObject *state = PyObject_CallMethodNoArgs(self->decoder, ID(getstate));
    if (!state) { return -1; }
    if (!PyTuple_Check(state)) {
        PyErr_SetString(PyExc_TypeError, "illegal decoder state");
        return -1;
    }
    PyObject *bytes;
    if (!PyArg_ParseTuple(state, "Oi;illegal decoder state", &bytes, flags)) { return -1; }
    if (!PyBytes_Check(bytes)) {
        PyErr_Format(PyExc_TypeError, "illegal decoder state: the first item should be a bytes "
                     "object, not '%.200s'", Py_TYPE(bytes)->tp_name);
        return -1;
    }
    *held = PyBytes_GET_SIZE(bytes);
    return 0;
}

/* From the snapshot on, find the last safe point (nothing held back) at or before
 * the used-th character: fills c and leaves in *skip what is still to skip. */
static MUST_USE status
find_safe_point(textio *self, cookie *c, PyObject *fed)
{
    const char *bytes = PyBytes_AS_STRING(fed);
    Py_ssize_t n = PyBytes_GET_SIZE(fed);
    c->to_skip = (int)self->used;

    /* guess where the characters end in bytes, and go back until the guess is safe */
    Py_ssize_t skip = (Py_ssize_t)(self->ratio * (double)self->used), back = 1;
    if (skip > n) { skip = n; }
    while (skip > 0) {
        if (decoder_start(self, c) < 0) { return -1; }
        Py_ssize_t n_chars = feed(self, bytes, skip, false);
        if (n_chars < 0) { return -1; }
        if (n_chars <= c->to_skip) {
            Py_ssize_t held;
            int flags;
            if (decoder_state(self, &held, &flags) < 0) { return -1; }
            if (held == 0) {
                c->flags = flags;
                c->to_skip -= (int)n_chars;
                break;
            }
            skip -= held;
            back = 1;
        }
        else {
            skip -= back;
            back *= 2;
        }
    }
    if (skip <= 0) {
        skip = 0;
        if (decoder_start(self, c) < 0) { return -1; }
    }
    c->start += skip;
    if (c->to_skip == 0) { return 0; }

    /* then byte by byte */
    Py_ssize_t decoded = 0, at = skip;
    c->to_feed = 0;
    for (; at < n; at++) {
        Py_ssize_t n_chars = feed(self, bytes + at, 1, false);
        if (n_chars < 0) { return -1; }
        decoded += n_chars;
        c->to_feed++;
        Py_ssize_t held;
        int flags;
        if (decoder_state(self, &held, &flags) < 0) { return -1; }
        if (held == 0 && decoded <= c->to_skip) {
            c->start += c->to_feed;
            c->to_skip -= (int)decoded;
            c->flags = flags;
            c->to_feed = 0;
            decoded = 0;
        }
        if (decoded >= c->to_skip) { break; }
    }
    if (at == n) {
        Py_ssize_t n_chars = feed(self, NULL, 0, true);
        if (n_chars < 0) { return -1; }
        decoded += n_chars;
        c->need_eof = 1;
        if (decoded < c->to_skip) {
            PyErr_SetString(PyExc_OSError, "can't reconstruct logical file position");
            return -1;
        }
    }
    return 0;
}

PyObject *
hob_textio_tell(textio *self)
{
    if (!self->seekable) {
        return hob_io_unsupported_operation("underlying stream is not seekable");
    }
    if (!self->telling) {
        PyErr_SetString(PyExc_OSError, "telling position disabled by next() call");
        return NULL;
    }
    if (hob_textio_write_pending(self) < 0) { return NULL; }
    own PyObject *flushed = PyObject_CallMethodNoArgs((PyObject *)self, ID(flush));
    own PyObject *position = flushed ? PyObject_CallMethodNoArgs(self->buffer, ID(tell)) : NULL;
    if (!position) { return NULL; }
    if (!self->decoder || !self->snapshot_bytes) { return take(position); }

    cookie c = {0};
    c.start = PyLong_AsLongLong(position);
    if (c.start == -1 && PyErr_Occurred()) { return NULL; }
    own PyObject *fed = Py_NewRef(self->snapshot_bytes);
    c.start -= PyBytes_GET_SIZE(fed);
    c.flags = self->snapshot_flags;
    if (!self->chars || self->used == 0) { return cookie_make(&c); }

    own PyObject *saved = PyObject_CallMethodNoArgs(self->decoder, ID(getstate));
    if (!saved) { return NULL; }
    status found = find_safe_point(self, &c, fed);
    PyObject *type, *value, *tb;
    PyErr_Fetch(&type, &value, &tb);
    own PyObject *restored = PyObject_CallMethodOneArg(self->decoder, ID(setstate), saved);
    _PyErr_ChainExceptions(type, value, tb);
    if (found < 0 || !restored) { return NULL; }
    return cookie_make(&c);
}

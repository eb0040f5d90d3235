/* textio.c -- TextIOWrapper: characters over a buffered binary stream.
 *
 * Layout     reading   buffer → decoder → chars [ used | to hand out ]
 *            writing   text → encoder → pending (list of bytes) → buffer
 *
 *            snapshot: the decoder's flags, and the bytes fed to it since, as they
 *            were when `chars` was decoded; from it tell() finds out how many bytes
 *            the used characters came from (textio_tell.c).
 * Holds      pending and chars are never both in use: writing drops chars, reading
 *            flushes pending.
 * Hazard     decoder, encoder and buffer are any Python objects.
 * Next       textio_tell.c: seek and tell
 */
#include "modules/_io/textio.h"

#include <structmember.h>

#include "objects/undeclared.h"
#include "state/interp.h"
#include "state/runtime.h"

/* --- checks --- */

status
hob_textio_check(textio *self)
{
    if (self->ok && !self->detached) { return 0; }
    PyErr_SetString(PyExc_ValueError, self->ok ? "underlying buffer has been detached"
                    : "I/O operation on uninitialized object");
    return -1;
}

static status
check_open(textio *self)
{
    if (hob_textio_check(self) < 0) { return -1; }
    if (Py_IS_TYPE(self, &hob_textiowrapper_type) && self->raw) {
        own PyObject *closed = PyObject_GetAttr(self->raw, ID(closed));
        int answer = closed ? PyObject_IsTrue(closed) : -1;
        if (answer > 0) { PyErr_SetString(PyExc_ValueError, "I/O operation on closed file."); }
        return answer ? -1 : 0;
    }
    return hob_io_check_closed((PyObject *)self);
}

#define CHECK(self) do { if (hob_textio_check(self) < 0) { return NULL; } } while (0)
#define CHECK_OPEN(self) do { if (check_open(self) < 0) { return NULL; } } while (0)

/* --- newline, encoder, decoder --- */

static MUST_USE status
check_newline(const char *newline)
{
    if (!newline || !newline[0] || strcmp(newline, "\n") == 0 || strcmp(newline, "\r") == 0
        || strcmp(newline, "\r\n") == 0) {
        return 0;
    }
    PyErr_Format(PyExc_ValueError, "illegal newline value: %s", newline);
    return -1;
}

static MUST_USE status
set_newline(textio *self, const char *newline)
{
    PyObject *readnl = newline ? PyUnicode_FromString(newline) : NULL;
    if (newline && !readnl) { return -1; }
    Py_XSETREF(self->readnl, readnl);
    self->read_universal = !newline || !newline[0];
    self->read_translate = !newline;
    self->writenl = newline && newline[0] == '\r' ? newline[1] ? "\r\n" : "\r" : NULL;
    return 0;
}

static MUST_USE status
set_decoder(textio *self, PyObject *codec_info, const char *errors)
{
    own PyObject *answer = PyObject_CallMethodNoArgs(self->buffer, ID(readable));
    int readable = answer ? PyObject_IsTrue(answer) : -1;
    if (readable < 0) { return -1; }
    Py_CLEAR(self->decoder);
    if (!readable) { return 0; }
    self->decoder = _PyCodecInfo_GetIncrementalDecoder(codec_info, errors);
    if (!self->decoder) { return -1; }
    if (self->read_universal) {
        PyObject *wrapped = PyObject_CallFunctionObjArgs(
            (PyObject *)&hob_newline_decoder_type, self->decoder,
            self->read_translate ? Py_True : Py_False, NULL);
        if (!wrapped) { return -1; }
        Py_SETREF(self->decoder, wrapped);
    }
    return 0;
}

/* Codecs that need no incremental encoder: what was written before does not matter. */
static const struct { const char *name; enum fast_encoding fast; } fast_codecs[] = {
    {"ascii", FAST_ASCII}, {"iso8859-1", FAST_LATIN1}, {"utf-8", FAST_UTF8},
};

static MUST_USE status
set_encoder(textio *self, PyObject *codec_info, const char *errors)
{
    own PyObject *answer = PyObject_CallMethodNoArgs(self->buffer, ID(writable));
    int writable = answer ? PyObject_IsTrue(answer) : -1;
    if (writable < 0) { return -1; }
    Py_CLEAR(self->encoder);
    self->fast = FAST_NONE;
    if (!writable) { return 0; }
    self->encoder = _PyCodecInfo_GetIncrementalEncoder(codec_info, errors);
    if (!self->encoder) { return -1; }
    PyObject *found;
    if (_PyObject_LookupAttr(codec_info, ID(name), &found) < 0) { return -1; }
    own PyObject *name = found;
    for (size_t i = 0; name && PyUnicode_Check(name) && i < ARRAY_LEN(fast_codecs); i++) {
        if (_PyUnicode_EqualToASCIIString(name, fast_codecs[i].name)) {
            self->fast = fast_codecs[i].fast;
        }
    }
    return 0;
}

/* Appending to a file that has text: no byte order mark again. */
static MUST_USE status
fix_encoder_state(textio *self)
{
    if (!self->seekable || !self->encoder) { return 0; }
    self->at_start = true;
    own PyObject *cookie = PyObject_CallMethodNoArgs(self->buffer, ID(tell));
    if (!cookie) { return -1; }
    int moved = PyObject_RichCompareBool(cookie, hob_small_int(0), Py_NE);
    if (moved <= 0) { return moved; }
    self->at_start = false;
    own PyObject *done = PyObject_CallMethodOneArg(self->encoder, ID(setstate), hob_small_int(0));
    return done ? 0 : -1;
}

/* --- making --- */

static MUST_USE PyObject *
encoding_name(PyObject *encoding)
{
    if (encoding == Py_None && hob_ts()->interp->config.warn_default_encoding
        && PyErr_WarnEx(PyExc_EncodingWarning, "'encoding' argument not specified", 1) < 0) {
        return NULL;
    }
    bool locale = encoding == Py_None
        || (PyUnicode_Check(encoding) && _PyUnicode_EqualToASCIIString(encoding, "locale"));
    if (!locale) { return Py_NewRef(encoding); }
    if (encoding == Py_None && Py_UTF8Mode > 0) { return PyUnicode_FromString("utf-8"); }
    return _Py_GetLocaleEncodingObject();
}

static MUST_USE status
look_at_buffer(textio *self)
{
    if (Py_IS_TYPE(self->buffer, &hob_bufferedreader_type)
        || Py_IS_TYPE(self->buffer, &hob_bufferedwriter_type)
        || Py_IS_TYPE(self->buffer, &hob_bufferedrandom_type)) {
        PyObject *raw;
        if (_PyObject_LookupAttr(self->buffer, ID(raw), &raw) < 0) { return -1; }
        if (raw && Py_IS_TYPE(raw, &hob_fileio_type)) { self->raw = raw; }
        else { Py_XDECREF(raw); }
    }
    own PyObject *answer = PyObject_CallMethodNoArgs(self->buffer, ID(seekable));
    int seekable = answer ? PyObject_IsTrue(answer) : -1;
    if (seekable < 0) { return -1; }
    self->seekable = self->telling = seekable;
    PyObject *read1;
    if (_PyObject_LookupAttr(self->buffer, ID(read1), &read1) < 0) { return -1; }
    self->has_read1 = read1 != NULL;
    Py_XDECREF(read1);
    return 0;
}

static void
reset(textio *self)
{
    self->ok = self->detached = false;
    Py_CLEAR(self->buffer);
    Py_CLEAR(self->raw);
    Py_CLEAR(self->encoding);
    Py_CLEAR(self->errors);
    Py_CLEAR(self->decoder);
    Py_CLEAR(self->encoder);
    Py_CLEAR(self->readnl);
    Py_CLEAR(self->chars);
    Py_CLEAR(self->pending);
    Py_CLEAR(self->snapshot_bytes);
    self->used = self->n_pending = 0;
    self->ratio = 0.0;
}

/** @type hob_textiowrapper_type TextIOWrapper.__init__($self, buffer, encoding=None, errors=None,
 *                                  newline=None, line_buffering=False, write_through=False)
 *
 *  Character and line based layer over a BufferedIOBase object, buffer.
 *
 *  encoding gives the name of the encoding that the stream will be decoded or
 *  encoded with.  It defaults to locale.getencoding().
 *
 *  errors determines the strictness of encoding and decoding (see help(codecs.Codec)
 *  or the documentation for codecs.register) and defaults to "strict".
 *
 *  newline controls how line endings are handled.  It can be None, '', '\\n', '\\r',
 *  and '\\r\\n'.  On input, None enables universal newlines: lines can end in '\\n',
 *  '\\r', or '\\r\\n', and these are translated into '\\n'; with '' they are returned
 *  untranslated; with another value lines are only terminated by it.  On output, None
 *  translates '\\n' to os.linesep; '' and '\\n' do no translation; another value
 *  replaces '\\n'.
 *
 *  If line_buffering is True, a call to flush is implied when a call to write
 *  contains a newline character.
 */
static int
textio_init(textio *self, PyObject *buffer, PyObject *encoding, PyObject *errors,
            const char *newline, bool line_buffering, bool write_through)
{
    reset(self);
    if (encoding != Py_None && !PyUnicode_Check(encoding)) {
        PyErr_Format(PyExc_TypeError,
                     "TextIOWrapper() argument 'encoding' must be str or None, not %.50s",
                     Py_TYPE(encoding)->tp_name);
        return -1;
    }
    if (errors != Py_None && !PyUnicode_Check(errors)) {
        PyErr_Format(PyExc_TypeError,
                     "TextIOWrapper() argument 'errors' must be str or None, not %.50s",
                     Py_TYPE(errors)->tp_name);
        return -1;
    }
    if (check_newline(newline) < 0) { return -1; }
    self->encoding = encoding_name(encoding);
    if (!self->encoding) { return -1; }
    const char *name = PyUnicode_AsUTF8(self->encoding);
    if (!name) { return -1; }
    if (strlen(name) != (size_t)PyUnicode_GET_LENGTH(self->encoding)
        && PyUnicode_IS_ASCII(self->encoding)) {
        PyErr_SetString(PyExc_ValueError, "embedded null character");
        return -1;
    }
    own PyObject *codec_info = _PyCodec_LookupTextEncoding(name, "codecs.open()");
    if (!codec_info) { return -1; }
    self->errors = errors == Py_None ? PyUnicode_FromString("strict") : Py_NewRef(errors);
    const char *errors_text = self->errors ? PyUnicode_AsUTF8(self->errors) : NULL;
    if (!errors_text) { return -1; }
    if (PyUnicode_GET_LENGTH(self->errors) != (Py_ssize_t)strlen(errors_text)
        && PyUnicode_IS_ASCII(self->errors)) {
        PyErr_SetString(PyExc_ValueError, "embedded null character");
        return -1;
    }
    if (errors != Py_None && hob_ts()->interp->config.dev_mode) {
        own PyObject *handler = PyCodec_LookupError(errors_text);
        if (!handler) { return -1; }
    }
    self->chunk_size = IO_BUFFER_SIZE;
    self->line_buffering = line_buffering;
    self->write_through = write_through;
    if (set_newline(self, newline) < 0) { return -1; }
    self->buffer = Py_NewRef(buffer);
    if (set_decoder(self, codec_info, errors_text) < 0
        || set_encoder(self, codec_info, errors_text) < 0
        || look_at_buffer(self) < 0 || fix_encoder_state(self) < 0) {
        return -1;
    }
    self->ok = true;
    return 0;
}

/* --- writing --- */

status
hob_textio_write_pending(textio *self)
{
    if (!self->pending) { return 0; }
    own PyObject *list = take(self->pending);
    self->n_pending = 0;
    own PyObject *bytes = NULL;
    if (PyList_GET_SIZE(list) == 1) { bytes = Py_NewRef(PyList_GET_ITEM(list, 0)); }
    else {
        own PyObject *empty = PyBytes_FromStringAndSize(NULL, 0);
        bytes = empty ? _PyBytes_Join(empty, list) : NULL;
    }
    if (!bytes) { return -1; }
    own PyObject *done = NULL;
    do {
        done = PyObject_CallMethodOneArg(self->buffer, ID(write), bytes);
    } while (!done && hob_io_trap_eintr() > 0);
    return done ? 0 : -1;
}

static MUST_USE PyObject *
encode(textio *self, PyObject *text)
{
    const char *errors = self->fast ? PyUnicode_AsUTF8(self->errors) : NULL;
    switch (self->fast) {
    case FAST_ASCII: return _PyUnicode_AsASCIIString(text, errors);
    case FAST_LATIN1: return _PyUnicode_AsLatin1String(text, errors);
    case FAST_UTF8: return _PyUnicode_AsUTF8String(text, errors);
    default: break;
    }
    return PyObject_CallMethodOneArg(self->encoder, ID(encode), text);
}

static void
drop_chars(textio *self)
{
    Py_CLEAR(self->chars);
    self->used = 0;
    Py_CLEAR(self->snapshot_bytes);
}

/** TextIOWrapper.write($self, text, /)
 */
static PyObject *
textio_write(textio *self, PyUnicodeObject *text)
{
    CHECK_OPEN(self);
    if (!self->encoder) { return hob_io_unsupported_operation("not writable"); }
    PyObject *given = (PyObject *)text;
    Py_ssize_t length = PyUnicode_GET_LENGTH(given);
    bool has_newline = (self->writenl || self->line_buffering)
        && PyUnicode_FindChar(given, '\n', 0, length, 1) >= 0;
    own PyObject *out = NULL;
    if (has_newline && self->writenl) {
        own PyObject *lf = PyUnicode_FromString("\n");
        own PyObject *newline = PyUnicode_FromString(self->writenl);
        out = lf && newline ? PyUnicode_Replace(given, lf, newline, -1) : NULL;
    }
    else { out = Py_NewRef(given); }
    if (!out) { return NULL; }
    bool flush = self->line_buffering
        && (has_newline || PyUnicode_FindChar(given, '\r', 0, length, 1) >= 0);

    own PyObject *bytes = encode(self, out);
    if (!bytes) { return NULL; }
    if (!PyBytes_Check(bytes)) {
        PyErr_Format(PyExc_TypeError, "encoder should return a bytes object, not '%.200s'",
                     Py_TYPE(bytes)->tp_name);
        return NULL;
    }
    Py_ssize_t n = PyBytes_GET_SIZE(bytes);
    if (self->pending && self->n_pending + n > self->chunk_size
        && hob_textio_write_pending(self) < 0) {
        return NULL;
    }
    if (!self->pending && !(self->pending = PyList_New(0))) { return NULL; }
    if (PyList_Append(self->pending, bytes) < 0) { return NULL; }
    self->n_pending += n;
    if (self->n_pending >= self->chunk_size || flush || self->write_through) {
        if (hob_textio_write_pending(self) < 0) { return NULL; }
    }
    if (flush) {
        own PyObject *done = PyObject_CallMethodNoArgs(self->buffer, ID(flush));
        if (!done) { return NULL; }
    }
    drop_chars(self);
    if (self->decoder) {
        own PyObject *done = PyObject_CallMethodNoArgs(self->decoder, ID(reset));
        if (!done) { return NULL; }
    }
    return PyLong_FromSsize_t(length);
}

/* --- reading --- */

PyObject *
hob_textio_decode(textio *self, PyObject *input, bool final)
{
    if (Py_IS_TYPE(self->decoder, &hob_newline_decoder_type)) {
        return hob_newline_decode(self->decoder, input, final);
    }
    PyObject *text = PyObject_CallMethodObjArgs(self->decoder, ID(decode), input,
                                                final ? Py_True : Py_False, NULL);
    if (text && !PyUnicode_Check(text)) {
        PyErr_Format(PyExc_TypeError, "decoder should return a string result, not '%.200s'",
                     Py_TYPE(text)->tp_name);
        Py_CLEAR(text);
    }
    return text;
}

/* Decode the next chunk into chars.  1: got some; 0: the end; -1: error. */
static MUST_USE tri
read_chunk(textio *self, Py_ssize_t hint)
{
    if (!self->decoder) {
        hob_io_unsupported_operation("not readable");
        return -1;
    }
    own PyObject *fed = NULL;           /* bytes the decoder holds back */
    int flags = 0;
    if (self->telling) {
        own PyObject *state = PyObject_CallMethodNoArgs(self->decoder, ID(getstate));
        if (!state) { return -1; }
        if (!PyTuple_Check(state)) {
            PyErr_SetString(PyExc_TypeError, "illegal decoder state");
            return -1;
        }
        PyObject *held;
        if (!PyArg_ParseTuple(state, "Oi;illegal decoder state", &held, &flags)) { return -1; }
        if (!PyBytes_Check(held)) {
            PyErr_Format(PyExc_TypeError, "illegal decoder state: the first item should be a "
                         "bytes object, not '%.200s'", Py_TYPE(held)->tp_name);
            return -1;
        }
        fed = Py_NewRef(held);
    }
    if (hint > 0) { hint = (Py_ssize_t)((self->ratio > 1.0 ? self->ratio : 1.0) * (double)hint); }
    own PyObject *size = PyLong_FromSsize_t(hint > self->chunk_size ? hint : self->chunk_size);
    if (!size) { return -1; }
    own PyObject *input = PyObject_CallMethodOneArg(
        self->buffer, self->has_read1 ? ID(read1) : ID(read), size);
    if (!input) { return -1; }
    Py_buffer view;
    if (PyObject_GetBuffer(input, &view, PyBUF_SIMPLE) != 0) {
        PyErr_Format(PyExc_TypeError, "underlying %s() should have returned a bytes-like object, "
                     "not '%.200s'", self->has_read1 ? "read1" : "read", Py_TYPE(input)->tp_name);
        return -1;
    }
    Py_ssize_t n = view.len;
    PyBuffer_Release(&view);
    bool eof = n == 0;
    PyObject *chars = hob_textio_decode(self, input, eof);
    if (!chars) { return -1; }
    Py_XSETREF(self->chars, chars);
    self->used = 0;
    Py_ssize_t n_chars = PyUnicode_GET_LENGTH(chars);
    self->ratio = n_chars > 0 ? (double)n / (double)n_chars : 0.0;
    if (n_chars > 0) { eof = false; }
    if (self->telling) {
        if (!PyBytes_Check(input)) {
            PyObject *copy = PyBytes_FromObject(input);
            if (!copy) { return -1; }
            Py_SETREF(input, copy);
        }
        PyBytes_Concat(&fed, input);
        if (!fed) { return -1; }
        self->snapshot_flags = flags;
        Py_XSETREF(self->snapshot_bytes, take(fed));
    }
    return !eof;
}

static Py_ssize_t
available(textio *self)
{
    return self->chars ? PyUnicode_GET_LENGTH(self->chars) - self->used : 0;
}

/* At most n of the decoded characters (all when n < 0). */
static MUST_USE PyObject *
take_chars(textio *self, Py_ssize_t n)
{
    Py_ssize_t have = available(self);
    if (!self->chars) { return PyUnicode_New(0, 0); }
    if (n < 0 || n > have) { n = have; }
    PyObject *text = self->used > 0 || n < have
        ? PyUnicode_Substring(self->chars, self->used, self->used + n) : Py_NewRef(self->chars);
    if (text) { self->used += n; }
    return text;
}

static MUST_USE PyObject *
read_all(textio *self)
{
    own PyObject *bytes = PyObject_CallMethodNoArgs(self->buffer, ID(read));
    if (!bytes) { return NULL; }
    own PyObject *rest = NULL;
    if (bytes == Py_None) { rest = PyUnicode_New(0, 0); }
    else { rest = hob_textio_decode(self, bytes, true); }
    own PyObject *front = rest ? take_chars(self, -1) : NULL;
    if (!front) { return NULL; }
    PyUnicode_Append(&front, rest);
    drop_chars(self);
    return take(front);
}

/** TextIOWrapper.read($self, size=-1, /)
 */
static PyObject *
textio_read(textio *self, ssize_or_none size)
{
    CHECK_OPEN(self);
    if (!self->decoder) { return hob_io_unsupported_operation("not readable"); }
    if (hob_textio_write_pending(self) < 0) { return NULL; }
    if (size < 0) { return read_all(self); }
    own PyObject *text = take_chars(self, size);
    if (!text) { return NULL; }
    Py_ssize_t left = size - PyUnicode_GET_LENGTH(text);
    while (left > 0) {
        tri more = read_chunk(self, left);
        if (more < 0) {
            if (hob_io_trap_eintr() > 0) { continue; }
            return NULL;
        }
        if (!more) { break; }
        own PyObject *part = take_chars(self, left);
        if (!part) { return NULL; }
        left -= PyUnicode_GET_LENGTH(part);
        PyUnicode_Append(&text, part);
        if (!text) { return NULL; }
    }
    return take(text);
}

/* A line of at most limit characters (-1: any length). */
static MUST_USE PyObject *
read_line(textio *self, Py_ssize_t limit)
{
    if (hob_textio_write_pending(self) < 0) { return NULL; }
    own PyObject *head = NULL;          /* what of the line was read before chars */
    for (;;) {
        tri more = 1;
        while (available(self) == 0 && more > 0) {
            more = read_chunk(self, 0);
            if (more < 0) {
                if (hob_io_trap_eintr() <= 0) { return NULL; }
                more = 1;
            }
        }
        if (!more && available(self) == 0) {
            drop_chars(self);
            return head ? take(head) : PyUnicode_New(0, 0);
        }
        Py_ssize_t start = self->used, consumed;
        own PyObject *text = Py_NewRef(self->chars);
        if (head) {                     /* a line end may lie across the border */
            PyObject *tail = PyUnicode_Substring(text, start, PyUnicode_GET_LENGTH(text));
            if (!tail) { return NULL; }
            Py_ssize_t n_head = PyUnicode_GET_LENGTH(head);
            PyObject *joined = PyUnicode_Concat(head, tail);
            Py_DECREF(tail);
            if (!joined) { return NULL; }
            Py_SETREF(text, joined);
            start -= n_head;            /* position in chars of text[0] */
        }
        Py_ssize_t offset = head ? -start : 0;          /* text index = chars index + offset */
        Py_ssize_t from = head ? 0 : self->used;
        Py_ssize_t end = hob_io_find_line_end(self->read_translate, self->read_universal,
                                              self->readnl, text, from,
                                              PyUnicode_GET_LENGTH(text), &consumed);
        if (end < 0 && limit >= 0 && PyUnicode_GET_LENGTH(text) - from >= limit) {
            end = from + limit;
        }
        if (end >= 0) {
            if (limit >= 0 && end - from > limit) { end = from + limit; }
            PyObject *line = from == 0 && end == PyUnicode_GET_LENGTH(text)
                ? Py_NewRef(text) : PyUnicode_Substring(text, from, end);
            if (line) { self->used = end - offset; }
            return line;
        }
        PyObject *rest = from == 0 ? Py_NewRef(text)
                                   : PyUnicode_Substring(text, from, PyUnicode_GET_LENGTH(text));
        if (!rest) { return NULL; }
        Py_XSETREF(head, rest);
        Py_CLEAR(self->chars);
        self->used = 0;
    }
}

/** TextIOWrapper.readline($self, size=-1, /)
 */
static PyObject *
textio_readline(textio *self, Py_ssize_t size)
{
    CHECK_OPEN(self);
    return read_line(self, size < 0 ? -1 : size);
}

static PyObject *
textio_iternext(PyObject *op)
{
    textio *self = (textio *)op;
    CHECK(self);
    self->telling = false;
    own PyObject *line = NULL;
    if (Py_IS_TYPE(op, &hob_textiowrapper_type)) {
        if (check_open(self) < 0) { return NULL; }
        line = read_line(self, -1);
    }
    else {
        line = PyObject_CallMethodNoArgs(op, ID(readline));
        if (line && !PyUnicode_Check(line)) {
            PyErr_Format(PyExc_OSError,
                         "readline() should have returned a str object, not '%.200s'",
                         Py_TYPE(line)->tp_name);
            return NULL;
        }
    }
    if (!line) { return NULL; }
    if (PyUnicode_GET_LENGTH(line) == 0) {
        Py_CLEAR(self->snapshot_bytes);
        self->telling = self->seekable;
        return NULL;
    }
    return take(line);
}

/* --- reconfigure --- */

static MUST_USE status
change_codec(textio *self, PyObject *encoding, PyObject *errors, bool newline_changed)
{
    if (encoding == Py_None && errors == Py_None && !newline_changed) { return 0; }
    own PyObject *new_encoding = NULL;
    if (encoding == Py_None) {
        new_encoding = Py_NewRef(self->encoding);
        errors = errors == Py_None ? self->errors : errors;
    }
    else {
        new_encoding = _PyUnicode_EqualToASCIIString(encoding, "locale")
            ? _Py_GetLocaleEncodingObject() : Py_NewRef(encoding);
        if (!new_encoding) { return -1; }
    }
    own PyObject *new_errors = errors == Py_None ? PyUnicode_FromString("strict")
                                                 : Py_NewRef(errors);
    const char *name = PyUnicode_AsUTF8(new_encoding);
    const char *errors_text = new_errors ? PyUnicode_AsUTF8(new_errors) : NULL;
    if (!name || !errors_text) { return -1; }
    own PyObject *codec_info = _PyCodec_LookupTextEncoding(name, "codecs.open()");
    if (!codec_info || set_decoder(self, codec_info, errors_text) < 0
        || set_encoder(self, codec_info, errors_text) < 0) {
        return -1;
    }
    Py_SETREF(self->encoding, take(new_encoding));
    Py_SETREF(self->errors, take(new_errors));
    return fix_encoder_state(self);
}

static MUST_USE tri
flag_or(PyObject *value, bool old)
{
    if (value == Py_None) { return old; }
    long number = PyLong_AsLong(value);
    return number == -1 && PyErr_Occurred() ? -1 : number != 0;
}

/** TextIOWrapper.reconfigure($self, /, *, encoding=None, errors=None, newline=NULL,
 *                             line_buffering=None, write_through=None)
 *
 *  Change how the stream encodes, buffers and ends lines; flushes it first.
 */
static PyObject *
textio_reconfigure(textio *self, PyObject *encoding, PyObject *errors, PyObject *newline,
                   PyObject *line_buffering, PyObject *write_through)
{
    CHECK(self);
    if (encoding != Py_None && !PyUnicode_Check(encoding)) {
        _PyArg_BadArgument("reconfigure", "argument 'encoding'", "str or None", encoding);
        return NULL;
    }
    if (errors != Py_None && !PyUnicode_Check(errors)) {
        _PyArg_BadArgument("reconfigure", "argument 'errors'", "str or None", errors);
        return NULL;
    }
    if (self->chars && (encoding != Py_None || errors != Py_None || newline)) {
        return hob_io_unsupported_operation("It is not possible to set the encoding or newline "
                                            "of stream after the first read");
    }
    const char *newline_text = NULL;
    if (newline && newline != Py_None) {
        if (!PyUnicode_Check(newline)) {
            PyErr_Format(PyExc_TypeError, "reconfigure() argument 'newline' must be str or None, "
                         "not %.200s", Py_TYPE(newline)->tp_name);
            return NULL;
        }
        newline_text = PyUnicode_AsUTF8(newline);
        if (!newline_text || check_newline(newline_text) < 0) { return NULL; }
    }
    tri by_line = flag_or(line_buffering, self->line_buffering);
    tri through = by_line < 0 ? -1 : flag_or(write_through, self->write_through);
    if (through < 0) { return NULL; }
    own PyObject *flushed = PyObject_CallMethodNoArgs((PyObject *)self, ID(flush));
    if (!flushed) { return NULL; }
    Py_CLEAR(self->chars);
    if (newline && set_newline(self, newline_text) < 0) { return NULL; }
    if (change_codec(self, encoding, errors, newline != NULL) < 0) { return NULL; }
    self->line_buffering = by_line;
    self->write_through = through;
    Py_RETURN_NONE;
}

/* --- passing through --- */

/** TextIOWrapper.flush($self, /)
 */
static PyObject *
textio_flush(textio *self)
{
    CHECK_OPEN(self);
    self->telling = self->seekable;
    if (hob_textio_write_pending(self) < 0) { return NULL; }
    return PyObject_CallMethodNoArgs(self->buffer, ID(flush));
}

/** TextIOWrapper.detach($self, /)
 */
static PyObject *
textio_detach(textio *self)
{
    CHECK(self);
    own PyObject *done = PyObject_CallMethodNoArgs((PyObject *)self, ID(flush));
    if (!done) { return NULL; }
    self->detached = true;
    Py_CLEAR(self->raw);
    return take(self->buffer);
}

/** TextIOWrapper.close($self, /)
 */
static PyObject *
textio_close(textio *self)
{
    CHECK(self);
    own PyObject *closed = PyObject_GetAttr((PyObject *)self, ID(closed));
    int is_closed = closed ? PyObject_IsTrue(closed) : -1;
    if (is_closed < 0) { return NULL; }
    if (is_closed) { Py_RETURN_NONE; }
    if (self->finalizing) {
        own PyObject *warned = PyObject_CallMethodOneArg(self->buffer, ID(_dealloc_warn),
                                                         (PyObject *)self);
        if (!warned) { PyErr_Clear(); }
    }
    own PyObject *flushed = PyObject_CallMethodNoArgs((PyObject *)self, ID(flush));
    PyObject *type = NULL, *value = NULL, *tb = NULL;
    if (!flushed) { PyErr_Fetch(&type, &value, &tb); }
    own PyObject *done = PyObject_CallMethodNoArgs(self->buffer, ID(close));
    if (type) {
        _PyErr_ChainExceptions(type, value, tb);
        return NULL;
    }
    return take(done);
}

/** TextIOWrapper.fileno($self, /)
 */
static PyObject *
textio_fileno(textio *self)
{
    CHECK(self);
    return PyObject_CallMethodNoArgs(self->buffer, ID(fileno));
}

/** TextIOWrapper.seekable($self, /)
 */
static PyObject *
textio_seekable(textio *self)
{
    CHECK(self);
    return PyObject_CallMethodNoArgs(self->buffer, ID(seekable));
}

/** TextIOWrapper.readable($self, /)
 */
static PyObject *
textio_readable(textio *self)
{
    CHECK(self);
    return PyObject_CallMethodNoArgs(self->buffer, ID(readable));
}

/** TextIOWrapper.writable($self, /)
 */
static PyObject *
textio_writable(textio *self)
{
    CHECK(self);
    return PyObject_CallMethodNoArgs(self->buffer, ID(writable));
}

/** TextIOWrapper.isatty($self, /)
 */
static PyObject *
textio_isatty(textio *self)
{
    CHECK(self);
    return PyObject_CallMethodNoArgs(self->buffer, ID(isatty));
}

/** TextIOWrapper.seek($self, cookie, whence=0, /)
 */
static PyObject *
textio_seek(textio *self, PyObject *cookie, int whence)
{
    CHECK_OPEN(self);
    return hob_textio_seek(self, cookie, whence);
}

/** TextIOWrapper.tell($self, /)
 */
static PyObject *
textio_tell(textio *self)
{
    CHECK_OPEN(self);
    return hob_textio_tell(self);
}

/** TextIOWrapper.truncate($self, pos=None, /)
 */
static PyObject *
textio_truncate(textio *self, PyObject *pos)
{
    CHECK(self);
    own PyObject *done = PyObject_CallMethodNoArgs((PyObject *)self, ID(flush));
    return done ? PyObject_CallMethodOneArg(self->buffer, ID(truncate), pos) : NULL;
}

#include "gen/modules/_io/textio.bind.h"

static PyObject *
textio_get_name(PyObject *op, void *closure)
{
    textio *self = (textio *)op;
    CHECK(self);
    return PyObject_GetAttr(self->buffer, ID(name));
}

static PyObject *
textio_get_closed(PyObject *op, void *closure)
{
    textio *self = (textio *)op;
    CHECK(self);
    return PyObject_GetAttr(self->buffer, ID(closed));
}

static PyObject *
textio_get_newlines(PyObject *op, void *closure)
{
    textio *self = (textio *)op;
    CHECK(self);
    PyObject *found;
    if (!self->decoder) { Py_RETURN_NONE; }
    if (_PyObject_LookupAttr(self->decoder, ID(newlines), &found) < 0) { return NULL; }
    return found ? found : Py_NewRef(Py_None);
}

static PyObject *
textio_get_errors(PyObject *op, void *closure)
{
    textio *self = (textio *)op;
    if (!self->ok) {
        hob_textio_check(self);
        return NULL;
    }
    return Py_NewRef(self->errors);
}

static PyObject *
textio_get_chunk_size(PyObject *op, void *closure)
{
    textio *self = (textio *)op;
    CHECK(self);
    return PyLong_FromSsize_t(self->chunk_size);
}

static int
textio_set_chunk_size(PyObject *op, PyObject *value, void *closure)
{
    textio *self = (textio *)op;
    if (hob_textio_check(self) < 0) { return -1; }
    if (!value) {
        PyErr_SetString(PyExc_AttributeError, "cannot delete attribute");
        return -1;
    }
    Py_ssize_t n = PyNumber_AsSsize_t(value, PyExc_ValueError);
    if (n == -1 && PyErr_Occurred()) { return -1; }
    if (n <= 0) {
        PyErr_SetString(PyExc_ValueError, "a strictly positive integer is required");
        return -1;
    }
    self->chunk_size = n;
    return 0;
}

static MUST_USE status
add_part(PyObject **text, PyObject *self, PyObject *attribute, const char *format)
{
    PyObject *found;
    if (_PyObject_LookupAttr(self, attribute, &found) < 0) {
        if (!PyErr_ExceptionMatches(PyExc_ValueError)) { return -1; }
        PyErr_Clear();          /* detached or closed: leave it out */
        found = NULL;
    }
    if (!found) { return 0; }
    own PyObject *value = found;
    own PyObject *part = PyUnicode_FromFormat(format, value);
    if (!part) { return -1; }
    PyUnicode_Append(text, part);
    return *text ? 0 : -1;
}

static PyObject *
textio_repr(PyObject *op)
{
    textio *self = (textio *)op;
    if (!self->ok) {
        hob_textio_check(self);
        return NULL;
    }
    int entered = Py_ReprEnter(op);
    if (entered > 0) {
        PyErr_Format(PyExc_RuntimeError, "reentrant call inside %s.__repr__", Py_TYPE(op)->tp_name);
    }
    if (entered != 0) { return NULL; }
    PyObject *text = PyUnicode_FromString("<_io.TextIOWrapper");
    PyObject *result = NULL;
    if (text && add_part(&text, op, ID(name), " name=%R") == 0
        && add_part(&text, op, ID(mode), " mode=%R") == 0) {
        result = PyUnicode_FromFormat("%U encoding=%R>", text, self->encoding);
    }
    Py_XDECREF(text);
    Py_ReprLeave(op);
    return result;
}

static int
textio_traverse(PyObject *op, visitproc visit, void *arg)
{
    textio *self = (textio *)op;
    Py_VISIT(self->buffer);
    Py_VISIT(self->raw);
    Py_VISIT(self->encoder);
    Py_VISIT(self->decoder);
    Py_VISIT(self->pending);
    Py_VISIT(self->dict);
    return 0;
}

static int
textio_clear(PyObject *op)
{
    textio *self = (textio *)op;
    reset(self);
    Py_CLEAR(self->dict);
    return 0;
}

static void
textio_dealloc(PyObject *op)
{
    textio *self = (textio *)op;
    self->finalizing = 1;
    if (!hob_io_finalize(op)) { return; }
    PyObject_GC_UnTrack(op);
    reset(self);
    hob_io_head_clear(op);
    Py_TYPE(op)->tp_free(op);
}

static PyMemberDef textio_members[] = {
    {"encoding", T_OBJECT, offsetof(textio, encoding), READONLY, NULL},
    {"buffer", T_OBJECT_EX, offsetof(textio, buffer), READONLY, NULL},
    {"line_buffering", T_BOOL, offsetof(textio, line_buffering), READONLY, NULL},
    {"write_through", T_BOOL, offsetof(textio, write_through), READONLY, NULL},
    {"_finalizing", T_BOOL, offsetof(textio, finalizing), 0, NULL},
    {NULL},
};

static PyGetSetDef textio_getset[] = {
    {"name", textio_get_name, NULL, NULL, NULL},
    {"closed", textio_get_closed, NULL, NULL, NULL},
    {"newlines", textio_get_newlines, NULL, NULL, NULL},
    {"errors", textio_get_errors, NULL, NULL, NULL},
    {"_CHUNK_SIZE", textio_get_chunk_size, textio_set_chunk_size, NULL, NULL},
    {NULL},
};

PyTypeObject hob_textiowrapper_type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "_io.TextIOWrapper",
    .tp_basicsize = sizeof(textio),
    .tp_dealloc = textio_dealloc,
    .tp_repr = textio_repr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .tp_doc = textio_init__doc,
    .tp_traverse = textio_traverse,
    .tp_clear = textio_clear,
    .tp_weaklistoffset = IO_WEAK_OFFSET,
    .tp_iternext = textio_iternext,
    .tp_methods = TextIOWrapper_methods,
    .tp_members = textio_members,
    .tp_getset = textio_getset,
    .tp_base = &hob_textiobase_type,
    .tp_dictoffset = IO_DICT_OFFSET,
    .tp_init = textio_init__slot,
    .tp_new = PyType_GenericNew,
};

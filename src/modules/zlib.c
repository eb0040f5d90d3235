/* zlib.c -- module zlib over the library of that name.
 *
 * Holds      a Compress or Decompress object's z_stream is initialised exactly while
 *            is_ready; `lock` guards it, since (de)compression drops the GIL.
 */
#include <Python.h>

#include <structmember.h>
#include <zlib.h>

#include "base/c.h"
#include "memory/own.h"
#include "objects/bind.h"

#define DEF_BUF_SIZE (16 * 1024)
#define DEF_MEM_LEVEL 8
#define DEFLATED Z_DEFLATED
enum { GIL_MIN = 5 * 1024 };            /* shorter data are not worth dropping the GIL */

typedef struct {
    PyTypeObject *compress_type, *decompress_type;      /* owned */
    PyObject *error;            /* owned: zlib.error */
} zlib_state;

typedef struct {
    PyObject_HEAD
    z_stream z;
    bool is_ready;
    char eof;
    PyObject *unused_data, *unconsumed_tail;    /* owned bytes */
    PyObject *zdict;            /* owned, MAYBE_NULL */
    PyThread_type_lock lock;
} stream;

static struct PyModuleDef zlib_def;

static zlib_state *
state_of(PyObject *module)
{
    return PyModule_GetState(module);
}

static zlib_state *
state_of_stream(stream *self)
{
    return PyType_GetModuleState(Py_TYPE(self));
}

static COLD void
set_error(zlib_state *state, const z_stream *z, int code, const char *doing)
{
    const char *why = code == Z_VERSION_ERROR ? "library version mismatch" : z->msg;
    if (!why) {
        why = code == Z_BUF_ERROR ? "incomplete or truncated stream"
            : code == Z_STREAM_ERROR ? "inconsistent stream state"
            : code == Z_DATA_ERROR ? "invalid input data" : NULL;
    }
    if (why) { PyErr_Format(state->error, "Error %d %s: %.200s", code, doing, why); }
    else { PyErr_Format(state->error, "Error %d %s", code, doing); }
}

/* --- output that grows --- */

typedef struct {
    PyObject *bytes;            /* owned; NULL after a failure */
    Py_ssize_t limit;           /* -1: none */
} output;

static MUST_USE status
output_start(output *out, z_stream *z, Py_ssize_t room, Py_ssize_t limit)
{
    if (limit >= 0 && room > limit) { room = limit; }
    out->limit = limit;
    out->bytes = PyBytes_FromStringAndSize(NULL, room);
    if (!out->bytes) { return -1; }
    z->next_out = (Bytef *)PyBytes_AS_STRING(out->bytes);
    z->avail_out = room > UINT_MAX ? UINT_MAX : (uInt)room;
    return 0;
}

static Py_ssize_t
output_used(const output *out, const z_stream *z)
{
    return (const char *)z->next_out - PyBytes_AS_STRING(out->bytes);
}

/* More room after avail_out has run out: 1, 0 at the limit, -1. */
static MUST_USE tri
output_more(output *out, z_stream *z)
{
    Py_ssize_t used = output_used(out, z), room = PyBytes_GET_SIZE(out->bytes);
    if (used == room) {
        if (out->limit >= 0 && room >= out->limit) { return 0; }
        room = room > PY_SSIZE_T_MAX / 2 ? PY_SSIZE_T_MAX : 2 * room + 64;
        if (out->limit >= 0 && room > out->limit) { room = out->limit; }
        if (_PyBytes_Resize(&out->bytes, room) < 0) { return -1; }
        z->next_out = (Bytef *)PyBytes_AS_STRING(out->bytes) + used;
    }
    z->avail_out = room - used > UINT_MAX ? UINT_MAX : (uInt)(room - used);
    return 1;
}

static MUST_USE PyObject *
output_finish(output *out, const z_stream *z)
{
    Py_ssize_t used = output_used(out, z);
    if (used != PyBytes_GET_SIZE(out->bytes)) { _PyBytes_Resize(&out->bytes, used); }
    return take(out->bytes);
}

/* Give the library its next piece of input: it counts in 32 bits. */
static void
feed(z_stream *z, Py_ssize_t *left)
{
    z->avail_in = *left > UINT_MAX ? UINT_MAX : (uInt)*left;
    *left -= z->avail_in;
}

static int
run(z_stream *z, int mode, int (*step)(z_streamp, int), Py_ssize_t n)
{
    int code;
    if (n < GIL_MIN) { return step(z, mode); }
    Py_BEGIN_ALLOW_THREADS
    code = step(z, mode);
    Py_END_ALLOW_THREADS
    return code;
}

/* --- functions --- */

/** compress($module, data, /, level=Z_DEFAULT_COMPRESSION, wbits=MAX_WBITS)
 *
 *  data, compressed in one go.
 *
 *    level
 *      0 (stored) to 9 (smallest); -1 leaves it to the library
 *    wbits
 *      size of the window and kind of header
 */
static PyObject *
zlib_compress(PyObject *module, Py_buffer *data, int level, int wbits)
{
    zlib_state *state = state_of(module);
    z_stream z = {0};
    int code = deflateInit2(&z, level, DEFLATED, wbits, DEF_MEM_LEVEL, Z_DEFAULT_STRATEGY);
    if (code != Z_OK) {
        if (code == Z_MEM_ERROR) {
            PyErr_SetString(PyExc_MemoryError, "Out of memory while compressing data");
        }
        else if (code == Z_STREAM_ERROR) { PyErr_SetString(state->error, "Bad compression level"); }
        else { set_error(state, &z, code, "while compressing data"); }
        return NULL;
    }
    output out;
    PyObject *result = NULL;
    z.next_in = data->buf;
    Py_ssize_t left = data->len;
    if (output_start(&out, &z, DEF_BUF_SIZE, -1) < 0) { goto done; }
    do {
        feed(&z, &left);
        do {
            if (z.avail_out == 0 && output_more(&out, &z) < 0) { goto done; }
            code = run(&z, left ? Z_NO_FLUSH : Z_FINISH, deflate, data->len);
            if (code == Z_STREAM_ERROR) {
                set_error(state, &z, code, "while compressing data");
                Py_CLEAR(out.bytes);
                goto done;
            }
        } while (z.avail_out == 0);
    } while (code != Z_STREAM_END);
    result = output_finish(&out, &z);
done:
    deflateEnd(&z);
    return result;
}

/** decompress($module, data, /, wbits=MAX_WBITS, bufsize=DEF_BUF_SIZE)
 *
 *  data, decompressed in one go.
 *
 *    wbits
 *      size of the window and kind of header
 *    bufsize
 *      how much room to start with
 */
static PyObject *
zlib_decompress(PyObject *module, Py_buffer *data, int wbits, Py_ssize_t bufsize)
{
    zlib_state *state = state_of(module);
    if (bufsize < 0) {
        PyErr_SetString(PyExc_ValueError, "bufsize must be non-negative");
        return NULL;
    }
    z_stream z = {.next_in = data->buf};
    int code = inflateInit2(&z, wbits);
    if (code != Z_OK) {
        if (code == Z_MEM_ERROR) {
            PyErr_SetString(PyExc_MemoryError, "Out of memory while decompressing data");
        }
        else { set_error(state, &z, code, "while preparing to decompress data"); }
        return NULL;
    }
    output out = {NULL};
    PyObject *result = NULL;
    Py_ssize_t left = data->len;
    if (output_start(&out, &z, bufsize ? bufsize : 1, -1) < 0) { goto done; }
    do {
        feed(&z, &left);
        do {
            if (z.avail_out == 0 && output_more(&out, &z) < 0) { goto done; }
            code = run(&z, left ? Z_NO_FLUSH : Z_FINISH, inflate, data->len);
            if (code == Z_MEM_ERROR) {
                PyErr_SetString(PyExc_MemoryError, "Out of memory while decompressing data");
                goto done;
            }
            if (code != Z_OK && code != Z_BUF_ERROR && code != Z_STREAM_END) {
                set_error(state, &z, code, "while decompressing data");
                goto done;
            }
        } while (z.avail_out == 0 && code != Z_STREAM_END);
    } while (code != Z_STREAM_END && left);
    if (code != Z_STREAM_END) {
        set_error(state, &z, code == Z_OK ? Z_BUF_ERROR : code, "while decompressing data");
        goto done;
    }
    result = output_finish(&out, &z);
done:
    Py_XDECREF(out.bytes);
    inflateEnd(&z);
    return result;
}

/** adler32($module, data, value=1, /)
 *
 *  The Adler-32 checksum of data, an unsigned int.
 *
 *    value
 *      the checksum of what came before
 */
static PyObject *
zlib_adler32(PyObject *module, Py_buffer *data, PyObject *value)
{
    unsigned long start = value ? PyLong_AsUnsignedLongMask(value) : 1;
    if (PyErr_Occurred()) { return NULL; }
    unsigned long sum;
    if (data->len < GIL_MIN) { sum = adler32_z(start & 0xffffffff, data->buf, (size_t)data->len); }
    else {
        Py_BEGIN_ALLOW_THREADS
        sum = adler32_z(start & 0xffffffff, data->buf, (size_t)data->len);
        Py_END_ALLOW_THREADS
    }
    return PyLong_FromUnsignedLong(sum & 0xffffffff);
}

/** crc32($module, data, value=0, /)
 *
 *  The CRC-32 checksum of data, an unsigned int.
 *
 *    value
 *      the checksum of what came before
 */
static PyObject *
zlib_crc32(PyObject *module, Py_buffer *data, PyObject *value)
{
    unsigned long start = value ? PyLong_AsUnsignedLongMask(value) : 0;
    if (PyErr_Occurred()) { return NULL; }
    unsigned long sum;
    if (data->len < GIL_MIN) { sum = crc32_z(start & 0xffffffff, data->buf, (size_t)data->len); }
    else {
        Py_BEGIN_ALLOW_THREADS
        sum = crc32_z(start & 0xffffffff, data->buf, (size_t)data->len);
        Py_END_ALLOW_THREADS
    }
    return PyLong_FromUnsignedLong(sum & 0xffffffff);
}

/* --- stream objects --- */

static MUST_USE stream *
stream_new(PyTypeObject *type)
{
    own stream *self = PyObject_New(stream, type);
    if (!self) { return NULL; }
    memset((char *)self + sizeof(PyObject), 0, sizeof *self - sizeof(PyObject));
    self->unused_data = PyBytes_FromStringAndSize(NULL, 0);
    self->unconsumed_tail = PyBytes_FromStringAndSize(NULL, 0);
    self->lock = PyThread_allocate_lock();
    if (!self->unused_data || !self->unconsumed_tail) { return NULL; }
    if (!self->lock) {
        PyErr_SetString(PyExc_MemoryError, "Unable to allocate lock");
        return NULL;
    }
    return take(self);
}

static void
stream_free(stream *self)
{
    PyTypeObject *type = Py_TYPE(self);
    if (self->lock) { PyThread_free_lock(self->lock); }
    Py_XDECREF(self->unused_data);
    Py_XDECREF(self->unconsumed_tail);
    Py_XDECREF(self->zdict);
    PyObject_Free(self);
    Py_DECREF(type);
}

static void
enter(stream *self)
{
    if (PyThread_acquire_lock(self->lock, NOWAIT_LOCK)) { return; }
    Py_BEGIN_ALLOW_THREADS
    PyThread_acquire_lock(self->lock, WAIT_LOCK);
    Py_END_ALLOW_THREADS
}

static void
leave(stream *self)
{
    PyThread_release_lock(self->lock);
}

static void
compress_dealloc(PyObject *op)
{
    stream *self = (stream *)op;
    if (self->is_ready) { deflateEnd(&self->z); }
    stream_free(self);
}

static void
decompress_dealloc(PyObject *op)
{
    stream *self = (stream *)op;
    if (self->is_ready) { inflateEnd(&self->z); }
    stream_free(self);
}

/** compressobj($module, /, level=Z_DEFAULT_COMPRESSION, method=DEFLATED, wbits=MAX_WBITS,
 *              memLevel=DEF_MEM_LEVEL, strategy=Z_DEFAULT_STRATEGY, zdict=None)
 *
 *  Return a compressor object.
 *
 *    level
 *      The compression level (an integer in the range 0-9 or -1).
 *    method
 *      The compression algorithm.  DEFLATED is the only one.
 *    wbits
 *      Size of the window, as a power of two, and the container format.
 *    memLevel
 *      How much memory is used for internal state, 1 to 9.
 *    strategy
 *      Used to tune the compression algorithm.
 *    zdict
 *      The predefined compression dictionary: subsequences that are likely to
 *      occur in the input data.
 */
static PyObject *
zlib_compressobj(PyObject *module, int level, int method, int wbits, int memLevel, int strategy,
                 PyObject *zdict)
{
    zlib_state *state = state_of(module);
    Py_buffer dict = {NULL};
    if (zdict != Py_None) {
        if (PyObject_GetBuffer(zdict, &dict, PyBUF_SIMPLE) < 0) { return NULL; }
        if ((size_t)dict.len > UINT_MAX) {
            PyBuffer_Release(&dict);
            PyErr_SetString(PyExc_OverflowError, "zdict length does not fit in an unsigned int");
            return NULL;
        }
    }
    own stream *self = stream_new(state->compress_type);
    int code = Z_OK;
    if (self) {
        code = deflateInit2(&self->z, level, method, wbits, memLevel, strategy);
        self->is_ready = code == Z_OK;
        if (code == Z_OK && dict.obj) {
            code = deflateSetDictionary(&self->z, dict.buf, (uInt)dict.len);
            if (code == Z_STREAM_ERROR) { PyErr_SetString(PyExc_ValueError, "Invalid dictionary"); }
            else if (code != Z_OK) { PyErr_SetString(PyExc_ValueError, "deflateSetDictionary()"); }
        }
        else if (code == Z_MEM_ERROR) {
            PyErr_SetString(PyExc_MemoryError, "Can't allocate memory for compression object");
        }
        else if (code == Z_STREAM_ERROR) {
            PyErr_SetString(PyExc_ValueError, "Invalid initialization option");
        }
        else if (code != Z_OK) {
            set_error(state, &self->z, code, "while creating compression object");
        }
    }
    if (dict.obj) { PyBuffer_Release(&dict); }
    return self && code == Z_OK ? (PyObject *)take(self) : NULL;
}

static MUST_USE status
set_inflate_dict(stream *self)
{
    Py_buffer dict;
    if (PyObject_GetBuffer(self->zdict, &dict, PyBUF_SIMPLE) < 0) { return -1; }
    if ((size_t)dict.len > UINT_MAX) {
        PyBuffer_Release(&dict);
        PyErr_SetString(PyExc_OverflowError, "zdict length does not fit in an unsigned int");
        return -1;
    }
    int code = inflateSetDictionary(&self->z, dict.buf, (uInt)dict.len);
    PyBuffer_Release(&dict);
    if (code == Z_OK) { return 0; }
    set_error(state_of_stream(self), &self->z, code, "while setting zdict");
    return -1;
}

/** decompressobj($module, /, wbits=MAX_WBITS, zdict=b'')
 *
 *  An object that decompresses a stream piece by piece.
 *
 *    wbits
 *      size of the window and kind of header
 *    zdict
 *      the dictionary that the compressor was given
 */
static PyObject *
zlib_decompressobj(PyObject *module, int wbits, PyObject *zdict)
{
    zlib_state *state = state_of(module);
    if (zdict && !PyObject_CheckBuffer(zdict)) {
        PyErr_SetString(PyExc_TypeError, "zdict argument must support the buffer protocol");
        return NULL;
    }
    own stream *self = stream_new(state->decompress_type);
    if (!self) { return NULL; }
    self->zdict = Py_XNewRef(zdict);
    int code = inflateInit2(&self->z, wbits);
    self->is_ready = code == Z_OK;
    if (code == Z_OK) {
        if (self->zdict && wbits < 0 && set_inflate_dict(self) < 0) { return NULL; }
        return (PyObject *)take(self);
    }
    if (code == Z_STREAM_ERROR) {
        PyErr_SetString(PyExc_ValueError, "Invalid initialization option");
    }
    else if (code == Z_MEM_ERROR) {
        PyErr_SetString(PyExc_MemoryError, "Can't allocate memory for decompression object");
    }
    else { set_error(state, &self->z, code, "while creating decompression object"); }
    return NULL;
}

/** Compress.compress($self, data, /)
 *
 *  Returns a bytes object containing compressed data.
 *
 *  After calling this function, some of the input data may still
 *  be stored in internal buffers for later processing.
 *  Call the flush() method to clear these buffers.
 */
static PyObject *
compress_compress(stream *self, PyTypeObject *cls, Py_buffer *data)
{
    enter(self);
    output out = {NULL};
    PyObject *result = NULL;
    Py_ssize_t left = data->len;
    self->z.next_in = data->buf;
    if (output_start(&out, &self->z, DEF_BUF_SIZE, -1) < 0) { goto done; }
    do {
        feed(&self->z, &left);
        do {
            if (self->z.avail_out == 0 && output_more(&out, &self->z) < 0) { goto done; }
            int code = run(&self->z, Z_NO_FLUSH, deflate, data->len);
            if (code == Z_STREAM_ERROR) {
                set_error(state_of_stream(self), &self->z, code, "while compressing data");
                goto done;
            }
        } while (self->z.avail_out == 0);
    } while (left);
    result = output_finish(&out, &self->z);
done:
    Py_XDECREF(out.bytes);
    leave(self);
    return result;
}

/** Compress.flush($self, mode=Z_FINISH, /)
 *
 *  Return a bytes object containing any remaining compressed data.
 *
 *    mode
 *      One of the constants Z_SYNC_FLUSH, Z_FULL_FLUSH, Z_FINISH.  If mode ==
 *      Z_FINISH, the compressor object can no longer be used after calling the
 *      flush() method.  Otherwise, more data can still be compressed.
 */
static PyObject *
compress_flush(stream *self, PyTypeObject *cls, int mode)
{
    if (mode == Z_NO_FLUSH) { return PyBytes_FromStringAndSize(NULL, 0); }
    enter(self);
    output out = {NULL};
    PyObject *result = NULL;
    int code = Z_OK;
    self->z.avail_in = 0;
    if (output_start(&out, &self->z, DEF_BUF_SIZE, -1) < 0) { goto done; }
    do {
        if (self->z.avail_out == 0 && output_more(&out, &self->z) < 0) { goto done; }
        code = run(&self->z, mode, deflate, GIL_MIN);
        if (code == Z_STREAM_ERROR) {
            set_error(state_of_stream(self), &self->z, code, "while flushing");
            goto done;
        }
    } while (self->z.avail_out == 0);
    if (code == Z_STREAM_END && mode == Z_FINISH) {
        code = deflateEnd(&self->z);
        self->is_ready = false;
        if (code != Z_OK) {
            set_error(state_of_stream(self), &self->z, code, "while finishing compression");
            goto done;
        }
    }
    else if (code != Z_OK && code != Z_BUF_ERROR) {
        set_error(state_of_stream(self), &self->z, code, "while flushing");
        goto done;
    }
    result = output_finish(&out, &self->z);
done:
    Py_XDECREF(out.bytes);
    leave(self);
    return result;
}

static PyObject *
stream_copy(stream *self, int (*duplicate)(z_streamp, z_streamp), const char *doing)
{
    own stream *copy = stream_new(Py_TYPE(self));
    if (!copy) { return NULL; }
    enter(self);
    int code = duplicate(&copy->z, &self->z);
    leave(self);
    copy->is_ready = code == Z_OK;
    if (code != Z_OK) {
        if (code == Z_STREAM_ERROR) {
            PyErr_SetString(PyExc_ValueError, "Inconsistent stream state");
        }
        else if (code == Z_MEM_ERROR) {
            PyErr_SetString(PyExc_MemoryError, "Can't allocate memory for stream object");
        }
        else { set_error(state_of_stream(self), &self->z, code, doing); }
        return NULL;
    }
    Py_SETREF(copy->unused_data, Py_NewRef(self->unused_data));
    Py_SETREF(copy->unconsumed_tail, Py_NewRef(self->unconsumed_tail));
    copy->zdict = Py_XNewRef(self->zdict);
    copy->eof = self->eof;
    return (PyObject *)take(copy);
}

/** Compress.copy($self, /)
 *
 *  Return a copy of the compression object.
 */
static PyObject *
compress_copy(stream *self, PyTypeObject *cls)
{
    return stream_copy(self, deflateCopy, "while copying compression object");
}

/** Compress.__copy__($self, /)
 */
static PyObject *
compress_copy2(stream *self, PyTypeObject *cls)
{
    return compress_copy(self, cls);
}

/** Compress.__deepcopy__($self, memo, /)
 */
static PyObject *
compress_deepcopy(stream *self, PyTypeObject *cls, PyObject *memo)
{
    return compress_copy(self, cls);
}

/* Input that is left after a call: after the end unused_data, else (with a limit)
 * unconsumed_tail. */
static MUST_USE status
save_rest(stream *self, Py_buffer *data, int code)
{
    const char *end = (const char *)data->buf + data->len;
    Py_ssize_t rest = end - (const char *)self->z.next_in;
    if (code == Z_STREAM_END) {
        if (rest > 0) {
            PyObject *more = PyBytes_FromStringAndSize((char *)self->z.next_in, rest);
            if (!more) { return -1; }
            PyBytes_ConcatAndDel(&self->unused_data, more);
            if (!self->unused_data) { return -1; }
            self->z.avail_in = 0;
        }
        rest = 0;
    }
    if (rest > 0 || PyBytes_GET_SIZE(self->unconsumed_tail) > 0) {
        PyObject *tail = PyBytes_FromStringAndSize((char *)self->z.next_in, rest);
        if (!tail) { return -1; }
        Py_SETREF(self->unconsumed_tail, tail);
    }
    return 0;
}

static PyObject *
inflate_some(stream *self, Py_buffer *data, Py_ssize_t room, Py_ssize_t limit, int last_mode,
             const char *doing)
{
    output out = {NULL};
    PyObject *result = NULL;
    int code = Z_OK;
    tri more = 1;
    Py_ssize_t left = data->len;
    self->z.next_in = data->buf;
    if (output_start(&out, &self->z, room, limit) < 0) { goto done; }
    do {
        feed(&self->z, &left);
        do {
            if (self->z.avail_out == 0) {
                more = output_more(&out, &self->z);
                if (more < 0) { goto done; }
                if (!more) { break; }
            }
            code = run(&self->z, left ? Z_SYNC_FLUSH : last_mode, inflate, data->len);
            if (code == Z_NEED_DICT && self->zdict) {
                if (set_inflate_dict(self) < 0) { goto done; }
                code = Z_OK;
                continue;
            }
            if (code != Z_OK && code != Z_BUF_ERROR && code != Z_STREAM_END) {
                if (last_mode == Z_FINISH && code != Z_DATA_ERROR) { break; }
                if (save_rest(self, data, code) == 0) {
                    set_error(state_of_stream(self), &self->z, code, doing);
                }
                goto done;
            }
        } while (code != Z_STREAM_END
                 && (self->z.avail_out == 0 || (code == Z_OK && self->z.avail_in)));
    } while (code != Z_STREAM_END && left && more);
    if (save_rest(self, data, code) < 0) { goto done; }
    if (code == Z_STREAM_END) { self->eof = 1; }
    result = output_finish(&out, &self->z);
done:
    Py_XDECREF(out.bytes);
    return result;
}

/** Decompress.decompress($self, data, /, max_length=0)
 *
 *  Return a bytes object containing the decompressed version of the data.
 *
 *    data
 *      The binary data to decompress.
 *    max_length
 *      The maximum allowable length of the decompressed data.  Unconsumed input
 *      data will be stored in the unconsumed_tail attribute.
 *
 *  After calling this function, some of the input data may still be stored in
 *  internal buffers for later processing.  Call flush() to clear them.
 */
static PyObject *
decompress_decompress(stream *self, PyTypeObject *cls, Py_buffer *data, Py_ssize_t max_length)
{
    if (max_length < 0) {
        PyErr_SetString(PyExc_ValueError, "max_length must be non-negative");
        return NULL;
    }
    enter(self);
    PyObject *result = inflate_some(self, data, DEF_BUF_SIZE, max_length ? max_length : -1,
                                    Z_SYNC_FLUSH, "while decompressing data");
    leave(self);
    return result;
}

/** Decompress.flush($self, length=DEF_BUF_SIZE, /)
 *
 *  Return a bytes object containing any remaining decompressed data.
 *
 *    length
 *      The initial size of the output buffer.
 */
static PyObject *
decompress_flush(stream *self, PyTypeObject *cls, Py_ssize_t length)
{
    if (length <= 0) {
        PyErr_SetString(PyExc_ValueError, "length must be greater than zero");
        return NULL;
    }
    enter(self);
    own PyObject *tail = Py_NewRef(self->unconsumed_tail);
    Py_buffer data;
    PyObject *result = NULL;
    if (PyObject_GetBuffer(tail, &data, PyBUF_SIMPLE) == 0) {
        result = inflate_some(self, &data, length, -1, Z_FINISH, "while decompressing data");
        PyBuffer_Release(&data);
    }
    if (result && self->eof && self->is_ready) {
        int code = inflateEnd(&self->z);
        self->is_ready = false;
        if (code != Z_OK) {
            set_error(state_of_stream(self), &self->z, code, "while finishing decompression");
            Py_CLEAR(result);
        }
    }
    leave(self);
    return result;
}

/** Decompress.copy($self, /)
 *
 *  Return a copy of the decompression object.
 */
static PyObject *
decompress_copy(stream *self, PyTypeObject *cls)
{
    return stream_copy(self, inflateCopy, "while copying decompression object");
}

/** Decompress.__copy__($self, /)
 */
static PyObject *
decompress_copy2(stream *self, PyTypeObject *cls)
{
    return decompress_copy(self, cls);
}

/** Decompress.__deepcopy__($self, memo, /)
 */
static PyObject *
decompress_deepcopy(stream *self, PyTypeObject *cls, PyObject *memo)
{
    return decompress_copy(self, cls);
}

#include "gen/modules/zlib.bind.h"

static PyMemberDef decompress_members[] = {
    {"unused_data", T_OBJECT, offsetof(stream, unused_data), READONLY, NULL},
    {"unconsumed_tail", T_OBJECT, offsetof(stream, unconsumed_tail), READONLY, NULL},
    {"eof", T_BOOL, offsetof(stream, eof), READONLY, NULL},
    {NULL},
};

static PyType_Slot compress_slots[] = {
    {Py_tp_dealloc, compress_dealloc}, {Py_tp_methods, Compress_methods}, {0, NULL},
};
static PyType_Slot decompress_slots[] = {
    {Py_tp_dealloc, decompress_dealloc}, {Py_tp_methods, Decompress_methods},
    {Py_tp_members, decompress_members}, {0, NULL},
};
static PyType_Spec compress_spec = {
    "zlib.Compress",
    sizeof(stream),
    0,
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
    compress_slots,
};
static PyType_Spec decompress_spec = {
    "zlib.Decompress",
    sizeof(stream),
    0,
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
    decompress_slots,
};

static const struct { const char *name; int value; } constants[] = {
    {"MAX_WBITS", MAX_WBITS}, {"DEFLATED", DEFLATED}, {"DEF_MEM_LEVEL", DEF_MEM_LEVEL},
    {"DEF_BUF_SIZE", DEF_BUF_SIZE}, {"Z_NO_COMPRESSION", Z_NO_COMPRESSION},
    {"Z_BEST_SPEED", Z_BEST_SPEED}, {"Z_BEST_COMPRESSION", Z_BEST_COMPRESSION},
    {"Z_DEFAULT_COMPRESSION", Z_DEFAULT_COMPRESSION}, {"Z_FILTERED", Z_FILTERED},
    {"Z_HUFFMAN_ONLY", Z_HUFFMAN_ONLY}, {"Z_RLE", Z_RLE}, {"Z_FIXED", Z_FIXED},
    {"Z_DEFAULT_STRATEGY", Z_DEFAULT_STRATEGY}, {"Z_NO_FLUSH", Z_NO_FLUSH},
    {"Z_PARTIAL_FLUSH", Z_PARTIAL_FLUSH}, {"Z_SYNC_FLUSH", Z_SYNC_FLUSH},
    {"Z_FULL_FLUSH", Z_FULL_FLUSH}, {"Z_FINISH", Z_FINISH}, {"Z_BLOCK", Z_BLOCK},
    {"Z_TREES", Z_TREES},
};

static int
zlib_exec(PyObject *module)
{
    zlib_state *state = state_of(module);
    state->compress_type = (PyTypeObject *)PyType_FromModuleAndSpec(module, &compress_spec, NULL);
    state->decompress_type =
        (PyTypeObject *)PyType_FromModuleAndSpec(module, &decompress_spec, NULL);
    state->error = PyErr_NewException("zlib.error", NULL, NULL);
    if (!state->compress_type || !state->decompress_type || !state->error
        || PyModule_AddObjectRef(module, "error", state->error) < 0) {
        return -1;
    }
    for (size_t i = 0; i < ARRAY_LEN(constants); i++) {
        if (PyModule_AddIntConstant(module, constants[i].name, constants[i].value) < 0) {
            return -1;
        }
    }
    return PyModule_AddStringConstant(module, "ZLIB_VERSION", ZLIB_VERSION) < 0
        || PyModule_AddStringConstant(module, "ZLIB_RUNTIME_VERSION", zlibVersion()) < 0
        || PyModule_AddStringConstant(module, "__version__", "1.0") < 0 ? -1 : 0;
}

static int
zlib_traverse(PyObject *module, visitproc visit, void *arg)
{
    Py_VISIT(state_of(module)->compress_type);
    Py_VISIT(state_of(module)->decompress_type);
    Py_VISIT(state_of(module)->error);
    return 0;
}

static int
zlib_clear(PyObject *module)
{
    Py_CLEAR(state_of(module)->compress_type);
    Py_CLEAR(state_of(module)->decompress_type);
    Py_CLEAR(state_of(module)->error);
    return 0;
}

static PyModuleDef_Slot zlib_slots[] = {{Py_mod_exec, zlib_exec}, {0, NULL}};

static struct PyModuleDef zlib_def = {
    PyModuleDef_HEAD_INIT,
    .m_name = "zlib",
    .m_doc = "Compression compatible with gzip, by the zlib library.",
    .m_size = sizeof(zlib_state),
    .m_methods = module_methods,
    .m_slots = zlib_slots,
    .m_traverse = zlib_traverse,
    .m_clear = zlib_clear,
};

PyMODINIT_FUNC
PyInit_zlib(void)
{
    return PyModuleDef_Init(&zlib_def);
}

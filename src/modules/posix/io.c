/* io.c -- module posix: moving bytes through descriptors. */
#include "modules/posix/posix_int.h"

#include <sys/sendfile.h>
#include <sys/uio.h>
#include <unistd.h>

#include "memory/own.h"
#include "state/file.h"

/** lseek($module, fd, position, how, /)
 *
 *  Move the position in a file and return it.
 *
 *  how is SEEK_SET (from the start), SEEK_CUR (from here) or SEEK_END.
 */
static PyObject *
posix_lseek(PyObject *module, int fd, off_arg position, int how)
{
    off_t result;
    Py_BEGIN_ALLOW_THREADS
    result = lseek(fd, position, how);
    Py_END_ALLOW_THREADS
    return result < 0 ? hob_posix_error() : PyLong_FromLongLong(result);
}

/* --- one buffer --- */

/** read($module, fd, length, /)
 *
 *  Read at most length bytes; empty bytes at the end.
 */
static PyObject *
posix_read(PyObject *module, int fd, Py_ssize_t length)
{
    if (length < 0) {
        errno = EINVAL;
        return hob_posix_error();
    }
    if (length > 0x7ffff000) { length = 0x7ffff000; }
    PyObject *buffer = PyBytes_FromStringAndSize(NULL, length);
    if (!buffer) { return NULL; }
    Py_ssize_t n = _Py_read(fd, PyBytes_AS_STRING(buffer), (size_t)length);
    if (n == -1) {
        Py_DECREF(buffer);
        return NULL;
    }
    if (n != length) { _PyBytes_Resize(&buffer, n); }
    return buffer;
}

/** pread($module, fd, length, offset, /)
 *
 *  Read at most length bytes at offset, leaving the position as it is.
 */
static PyObject *
posix_pread(PyObject *module, int fd, Py_ssize_t length, off_arg offset)
{
    if (length < 0) {
        errno = EINVAL;
        return hob_posix_error();
    }
    own PyObject *buffer = PyBytes_FromStringAndSize(NULL, length);
    if (!buffer) { return NULL; }
    Py_ssize_t n;
    char *at = PyBytes_AS_STRING(buffer);
    RETRY(n = pread(fd, at, (size_t)length, offset), n < 0)
    if (n < 0) { return hob_posix_error(); }
    PyObject *result = take(buffer);
    if (n != length) { _PyBytes_Resize(&result, n); }
    return result;
}

/** write($module, fd, data, /)
 *
 *  Write bytes; return how many were written.
 */
static Py_ssize_t
posix_write(PyObject *module, int fd, Py_buffer *data)
{
    return _Py_write(fd, data->buf, (size_t)data->len);
}

/** pwrite($module, fd, buffer, offset, /)
 *
 *  Write bytes at offset, leaving the position as it is.
 */
static PyObject *
posix_pwrite(PyObject *module, int fd, Py_buffer *buffer, off_arg offset)
{
    Py_ssize_t n;
    RETRY(n = pwrite(fd, buffer->buf, (size_t)buffer->len, offset), n < 0)
    return n < 0 ? hob_posix_error() : PyLong_FromSsize_t(n);
}

/* --- several buffers --- */

typedef struct {
    struct iovec *vec;
    Py_buffer *views;
    Py_ssize_t n;
} buffer_list;

static void
buffers_release(buffer_list *list)
{
    for (Py_ssize_t i = 0; i < list->n; i++) { PyBuffer_Release(&list->views[i]); }
    PyMem_Free(list->vec);
    PyMem_Free(list->views);
}

#define with_buffers __attribute__((cleanup(buffers_release))) buffer_list

static status
buffers_from(buffer_list *list, PyObject *sequence, int flags, const char *func)
{
    if (!PySequence_Check(sequence)) {
        PyErr_Format(PyExc_TypeError, "%s() arg 2 must be a sequence", func);
        return -1;
    }
    Py_ssize_t n = PySequence_Size(sequence);
    if (n < 0) { return -1; }
    list->vec = PyMem_New(struct iovec, n);
    list->views = PyMem_New(Py_buffer, n);
    if (!list->vec || !list->views) {
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        own PyObject *item = PySequence_GetItem(sequence, i);
        if (!item || PyObject_GetBuffer(item, &list->views[i], flags) < 0) { return -1; }
        list->n++;
        list->vec[i] = (struct iovec){list->views[i].buf, (size_t)list->views[i].len};
    }
    return 0;
}

/** readv($module, fd, buffers, /)
 *
 *  Read into several writable buffers, one after the other; return how many bytes.
 */
static PyObject *
posix_readv(PyObject *module, int fd, PyObject *buffers)
{
    with_buffers list = {0};
    if (buffers_from(&list, buffers, PyBUF_WRITABLE, "readv") < 0) { return NULL; }
    Py_ssize_t n;
    RETRY(n = readv(fd, list.vec, (int)list.n), n < 0)
    return n < 0 ? hob_posix_error() : PyLong_FromSsize_t(n);
}

/** preadv($module, fd, buffers, offset, flags=0, /)
 *
 *  Like readv(), at offset; flags are RWF_HIPRI and RWF_NOWAIT.
 */
static PyObject *
posix_preadv(PyObject *module, int fd, PyObject *buffers, off_arg offset, int flags)
{
    with_buffers list = {0};
    if (buffers_from(&list, buffers, PyBUF_WRITABLE, "preadv") < 0) { return NULL; }
    Py_ssize_t n;
    RETRY(n = preadv2(fd, list.vec, (int)list.n, offset, flags), n < 0)
    return n < 0 ? hob_posix_error() : PyLong_FromSsize_t(n);
}

/** writev($module, fd, buffers, /)
 *
 *  Write several buffers, one after the other; return how many bytes.
 */
static PyObject *
posix_writev(PyObject *module, int fd, PyObject *buffers)
{
    with_buffers list = {0};
    if (buffers_from(&list, buffers, PyBUF_SIMPLE, "writev") < 0) { return NULL; }
    Py_ssize_t n;
    RETRY(n = writev(fd, list.vec, (int)list.n), n < 0)
    return n < 0 ? hob_posix_error() : PyLong_FromSsize_t(n);
}

/** pwritev($module, fd, buffers, offset, flags=0, /)
 *
 *  Like writev(), at offset; flags are RWF_DSYNC, RWF_SYNC and RWF_APPEND.
 */
static PyObject *
posix_pwritev(PyObject *module, int fd, PyObject *buffers, off_arg offset, int flags)
{
    with_buffers list = {0};
    if (buffers_from(&list, buffers, PyBUF_SIMPLE, "pwritev") < 0) { return NULL; }
    Py_ssize_t n;
    RETRY(n = pwritev2(fd, list.vec, (int)list.n, offset, flags), n < 0)
    return n < 0 ? hob_posix_error() : PyLong_FromSsize_t(n);
}

/* --- from descriptor to descriptor --- */

/** sendfile($module, /, out_fd, in_fd, offset, count)
 *
 *  Copy count bytes of in_fd from offset on to out_fd; None as offset reads from
 *  the position and moves it.  Return how many bytes.
 */
static PyObject *
posix_sendfile(PyObject *module, int out_fd, int in_fd, PyObject *offset, Py_ssize_t count)
{
    off_t at;
    if (offset != Py_None && !arg_off(offset, &at, "sendfile", "offset")) { return NULL; }
    Py_ssize_t n;
    RETRY(n = sendfile(out_fd, in_fd, offset == Py_None ? NULL : &at, (size_t)count), n < 0)
    return n < 0 ? hob_posix_error() : PyLong_FromSsize_t(n);
}

static status
read_offsets(Py_ssize_t count, PyObject *offset_src, PyObject *offset_dst, loff_t *src,
             loff_t *dst)
{
    if (count < 0) {
        PyErr_SetString(PyExc_ValueError, "negative value for 'count' not allowed");
        return -1;
    }
    off_t at;
    if (offset_src != Py_None) {
        if (!arg_off(offset_src, &at, "", "offset_src")) { return -1; }
        *src = at;
    }
    if (offset_dst != Py_None) {
        if (!arg_off(offset_dst, &at, "", "offset_dst")) { return -1; }
        *dst = at;
    }
    return 0;
}

/** copy_file_range($module, /, src, dst, count, offset_src=None, offset_dst=None)
 *
 *  Copy count bytes from one file to another without leaving the kernel.
 *
 *  An offset that is None is the position in that file, which then moves.  Return
 *  how many bytes.
 */
static PyObject *
posix_copy_file_range(PyObject *module, int src, int dst, Py_ssize_t count,
                      PyObject *offset_src,
                      PyObject *offset_dst)
{
    loff_t from, to;
    if (read_offsets(count, offset_src, offset_dst, &from, &to) < 0) { return NULL; }
    loff_t *p_from = offset_src == Py_None ? NULL : &from;
    loff_t *p_to = offset_dst == Py_None ? NULL : &to;
    Py_ssize_t n;
    RETRY(n = copy_file_range(src, p_from, dst, p_to, (size_t)count, 0), n < 0)
    return n < 0 ? hob_posix_error() : PyLong_FromSsize_t(n);
}

/** splice($module, /, src, dst, count, offset_src=None, offset_dst=None, flags=0)
 *
 *  Move count bytes from or to a pipe without leaving the kernel.
 *
 *  An offset that is None is the position of that file; a pipe has none.  Return
 *  how many bytes.
 */
static PyObject *
posix_splice(PyObject *module, int src, int dst, Py_ssize_t count, PyObject *offset_src,
             PyObject *offset_dst, uint_arg flags)
{
    loff_t from, to;
    if (read_offsets(count, offset_src, offset_dst, &from, &to) < 0) { return NULL; }
    loff_t *p_from = offset_src == Py_None ? NULL : &from;
    loff_t *p_to = offset_dst == Py_None ? NULL : &to;
    Py_ssize_t n;
    RETRY(n = splice(src, p_from, dst, p_to, (size_t)count, flags), n < 0)
    return n < 0 ? hob_posix_error() : PyLong_FromSsize_t(n);
}

#include "gen/modules/posix/io.bind.h"

PyMethodDef *const hob_posix_io_methods = module_methods;

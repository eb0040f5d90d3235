/* bytes_writer.c -- _PyBytesWriter: build a bytes whose size is not known before.
 *
 * Layout     the writer is the caller's; it begins with its own small buffer and
 *            moves to a bytes (or bytearray) object when that is too small.
 * Holds      the caller keeps the write position and hands it in each time: the
 *            data may move.  On failure the writer is emptied.
 */
#include <Python.h>

#include "base/c.h"

static char *
start_of(_PyBytesWriter *writer)
{
    if (writer->use_small_buffer) { return writer->small_buffer; }
    return writer->use_bytearray ? PyByteArray_AS_STRING(writer->buffer)
                                 : PyBytes_AS_STRING(writer->buffer);
}

void
_PyBytesWriter_Init(_PyBytesWriter *writer)
{
    memset(writer, 0, offsetof(_PyBytesWriter, small_buffer));
}

void
_PyBytesWriter_Dealloc(_PyBytesWriter *writer)
{
    Py_CLEAR(writer->buffer);
}

void *
_PyBytesWriter_Alloc(_PyBytesWriter *writer, Py_ssize_t size)
{
    EXPECT(writer->min_size == 0 && !writer->buffer);
    writer->use_small_buffer = 1;
    writer->allocated = sizeof writer->small_buffer;
    return _PyBytesWriter_Prepare(writer, writer->small_buffer, size);
}

void *
_PyBytesWriter_Resize(_PyBytesWriter *writer, void *at, Py_ssize_t size)
{
    Py_ssize_t pos = (char *)at - start_of(writer);
    if (writer->overallocate && size <= PY_SSIZE_T_MAX - size / 4) { size += size / 4; }
    if (writer->use_small_buffer) {
        writer->buffer = writer->use_bytearray ? PyByteArray_FromStringAndSize(NULL, size)
                                               : PyBytes_FromStringAndSize(NULL, size);
        if (!writer->buffer) { return NULL; }
        memcpy(writer->use_bytearray ? PyByteArray_AS_STRING(writer->buffer)
                                     : PyBytes_AS_STRING(writer->buffer),
               writer->small_buffer, pos);
        writer->use_small_buffer = 0;
    }
    else {
        status done = writer->use_bytearray ? PyByteArray_Resize(writer->buffer, size)
                                            : _PyBytes_Resize(&writer->buffer, size);
        if (done < 0) {
            _PyBytesWriter_Dealloc(writer);
            writer->allocated = 0;
            return NULL;
        }
    }
    writer->allocated = size;
    return start_of(writer) + pos;
}

void *
_PyBytesWriter_Prepare(_PyBytesWriter *writer, void *at, Py_ssize_t size)
{
    if (size == 0) { return at; }
    if (writer->min_size > PY_SSIZE_T_MAX - size) {
        PyErr_NoMemory();
        _PyBytesWriter_Dealloc(writer);
        return NULL;
    }
    Py_ssize_t need = writer->min_size + size;
    if (need > writer->allocated) {
        at = _PyBytesWriter_Resize(writer, at, need);
        if (!at) { return NULL; }
    }
    writer->min_size = need;
    return at;
}

void *
_PyBytesWriter_WriteBytes(_PyBytesWriter *writer, void *at, const void *bytes, Py_ssize_t size)
{
    char *to = _PyBytesWriter_Prepare(writer, at, size);
    if (!to) { return NULL; }
    memcpy(to, bytes, size);
    return to + size;
}

PyObject *
_PyBytesWriter_Finish(_PyBytesWriter *writer, void *at)
{
    Py_ssize_t size = (char *)at - start_of(writer);
    if (size == 0 && !writer->use_bytearray) {
        Py_CLEAR(writer->buffer);
        return PyBytes_FromStringAndSize(NULL, 0);
    }
    if (writer->use_small_buffer) {
        return writer->use_bytearray ? PyByteArray_FromStringAndSize(writer->small_buffer, size)
                                     : PyBytes_FromStringAndSize(writer->small_buffer, size);
    }
    PyObject *result = writer->buffer;
    writer->buffer = NULL;
    if (size == writer->allocated) { return result; }
    if (!writer->use_bytearray) {
        _PyBytes_Resize(&result, size);
        return result;
    }
    if (PyByteArray_Resize(result, size) < 0) { Py_CLEAR(result); }
    return result;
}

/* buffer.h -- bytes that grow at their end, on the way to a bytes object. */
#pragma once
#include <Python.h>

#include "base/c.h"

typedef struct {
    uint8_t *bytes;                     /* PyMem, or NULL while empty */
    Py_ssize_t size, room;
} hob_buffer;

static inline void
hob_buffer_clear(hob_buffer *b)
{
    PyMem_Free(b->bytes);
    *b = (hob_buffer){0};
}

/* Make place for n more bytes; they may then be put without asking. */
MUST_USE static inline status
hob_buffer_reserve(hob_buffer *b, Py_ssize_t n)
{
    if (LIKELY(b->room - b->size >= n)) { return 0; }

    Py_ssize_t room = b->size + n + b->size / 2 + 64;
    uint8_t *bytes = PyMem_Realloc(b->bytes, room);
    if (!bytes) {
        PyErr_NoMemory();
        return -1;
    }
    b->bytes = bytes;
    b->room = room;
    return 0;
}

static inline void
hob_buffer_put(hob_buffer *b, unsigned byte)
{
    EXPECT(b->size < b->room);
    b->bytes[b->size++] = (uint8_t)byte;
}

MUST_USE static inline PyObject *
hob_buffer_bytes(const hob_buffer *b)
{
    return PyBytes_FromStringAndSize((const char *)b->bytes, b->size);
}

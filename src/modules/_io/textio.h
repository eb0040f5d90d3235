/* textio.h -- TextIOWrapper's struct, shared by textio.c and textio_tell.c. */
#pragma once
#include "modules/_io/io.h"

enum fast_encoding { FAST_NONE, FAST_ASCII, FAST_LATIN1, FAST_UTF8 };

typedef struct {
    PyObject_HEAD
    PyObject *dict;
    PyObject *weakrefs;
    PyObject *buffer;           /* owned; NULL when detached */
    PyObject *raw;              /* owned FileIO below a plain buffer, or NULL */
    PyObject *encoding, *errors;        /* owned str */
    PyObject *decoder, *encoder;        /* owned, MAYBE_NULL: cannot read, cannot write */
    PyObject *readnl;           /* owned str, or NULL: universal */
    const char *writenl;        /* what "\n" is written as; NULL: itself */
    Py_ssize_t chunk_size;
    bool ok, detached, read_universal, read_translate, seekable, telling, has_read1, at_start;
    char line_buffering, write_through, finalizing;
    enum fast_encoding fast;

    PyObject *chars;            /* owned str: decoded; MAYBE_NULL */
    Py_ssize_t used;            /* how many of chars were handed out */
    int snapshot_flags;
    PyObject *snapshot_bytes;   /* owned; NULL: no snapshot */
    double ratio;               /* bytes per character in the last chunk */
    PyObject *pending;          /* owned list of bytes; MAYBE_NULL */
    Py_ssize_t n_pending;       /* bytes in it */
} textio;

status hob_textio_check(textio *self);
status hob_textio_write_pending(textio *self);
PyObject *hob_textio_decode(textio *self, PyObject *input, bool final);

/* textio_tell.c */
PyObject *hob_textio_tell(textio *self);
PyObject *hob_textio_seek(textio *self, PyObject *cookie, int whence);

/* io.h -- what the files of module _io share.
 *
 * Layout     every stream object starts with struct io_head, so that one set of
 *            functions keeps __dict__, weak references and the closing finalizer.
 */
#pragma once
#include <Python.h>

#include "base/c.h"
#include <sys/types.h>

#include "memory/own.h"
#include "objects/bind.h"
#include "objects/ids.h"

enum { IO_BUFFER_SIZE = 8192 };

struct io_head {
    PyObject_HEAD
    PyObject *dict;             /* owned, MAYBE_NULL */
    PyObject *weakrefs;
};

extern PyTypeObject hob_iobase_type, hob_rawiobase_type, hob_bufferediobase_type,
    hob_textiobase_type, hob_fileio_type, hob_bytesio_type, hob_bufferedreader_type,
    hob_bufferedwriter_type, hob_bufferedrandom_type, hob_bufferedrwpair_type,
    hob_newline_decoder_type, hob_stringio_type, hob_textiowrapper_type;
extern PyTypeObject _PyBytesIOBuffer_Type;

extern PyObject *hob_io_unsupported;    /* io.UnsupportedOperation, owned */

/* --- iobase.c --- */
status hob_buffered_ready(void);
extern PyMethodDef *const hob_iobase_checks, *const hob_rawiobase_abstracts,
     *const hob_fileio_private, *const hob_bytesio_private,
    *const hob_stringio_private;
status hob_io_check_closed(PyObject *stream);           /* ValueError when closed */
status hob_io_check_readable(PyObject *stream);
status hob_io_check_writable(PyObject *stream);
status hob_io_check_seekable(PyObject *stream);
tri    hob_io_is_closed(PyObject *stream);              /* attribute `closed` */
PyObject *hob_io_unsupported_operation(const char *message);

/* Start of a dealloc: run the finalizer (close); false when that revived self. */
bool hob_io_finalize(PyObject *self);
void hob_io_head_clear(PyObject *self);                 /* weak references and dict */
void hob_iobase_finalize(PyObject *self);               /* tp_finalize of all streams */

/* What __setstate__ of streams in memory takes from a state: a position, and None or a dict,
 * its `which` item ("third"), for __dict__. */
MUST_USE status hob_io_state_position(PyObject *position, Py_ssize_t *pos);
MUST_USE status hob_io_state_dict(struct io_head *self, PyObject *dict, const char *which);

/* --- numbers --- */
off_t hob_io_offset(PyObject *number);       /* -1 with an error */
tri  hob_io_trap_eintr(void);           /* 1: the pending OSError was EINTR; cleared */

/* getset `__dict__` helper and common slots */
#define IO_DICT_OFFSET offsetof(struct io_head, dict)
#define IO_WEAK_OFFSET offsetof(struct io_head, weakrefs)

/* --- newline.c --- */
enum { SEEN_CR = 1, SEEN_LF = 2, SEEN_CRLF = 4 };

/* Where the line that starts at `start` of text ends (after its newline), or
 * -1.  *consumed: characters searched in vain.  translated: only "\n" ends a line;
 * universal: any; else newline says. */
Py_ssize_t hob_io_find_line_end(bool translated, bool universal, PyObject *newline,
                                PyObject *text, Py_ssize_t start, Py_ssize_t end,
                                Py_ssize_t *consumed);
PyObject *hob_newline_decode(PyObject *decoder, PyObject *input, bool final);
PyObject *hob_newlines_seen(int seen);

/* --- module.c --- */
PyObject *hob_io_text_encoding(PyObject *encoding, int stacklevel);

typedef Py_ssize_t io_size;

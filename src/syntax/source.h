/* source.h -- program text, handed out line by line as UTF-8. */
#pragma once
#include <Python.h>
#include <stdio.h>

#include "base/c.h"

typedef struct {
    char *text;                 /* PyMem, owned; text[length] is 0 */
    Py_ssize_t length;          /* bytes read so far */
    Py_ssize_t capacity;
    char *original;             /* before it was recoded, or NULL; PyMem, owned */
    FILE *file;                 /* NULL: all of the text is there */
    const char *prompt;         /* of the next line, or NULL; interactive only */
    const char *next_prompt;
    bool interactive;
    bool stopped;               /* ask for no more lines */
    bool is_eof;                /* file has ended */
    int n_lines;                /* lines read from file */
    bool cookie_done;           /* no coding cookie can follow */
    PyObject *readline;         /* callable giving str lines, or NULL; owned */
    char *encoding;             /* PyMem, owned; NULL: not declared */
    PyObject *filename;         /* borrowed */
} hob_source;

/* Each makes an empty or filled source; -1 with an exception, nothing to free.
 * end_line: add a newline to a last line without one. */
MUST_USE status hob_source_open_utf8(hob_source *self, const char *bytes, Py_ssize_t length,
                                     bool end_line);
MUST_USE status hob_source_open_bytes(hob_source *self, const char *bytes, Py_ssize_t length,
                                      bool end_line);
MUST_USE status hob_source_open_file(hob_source *self, FILE *file, PyObject *filename,
                                     const char *encoding, const char *ps1, const char *ps2);
void hob_source_close(hob_source *self);

/* Add one line: 1, 0 at the end, -1 with an exception. */
MUST_USE tri hob_source_more(hob_source *self, bool is_continued_line);

/* str.h -- what other files may do with a str beyond the public API.
 *
 * Layout, kinds and flags are those of PEP 393 (cpython/unicodeobject.h).
 * The empty str and the 256 Latin-1 characters are static objects: they exist
 * before anything is initialised.
 */
#pragma once
#include <Python.h>

#include "base/c.h"

typedef struct { PyASCIIObject head; uint8_t data[8]; } hob_str_ascii1;
typedef struct { PyCompactUnicodeObject head; uint8_t data[8]; } hob_str_latin1;

extern hob_str_ascii1 hob_str_the_empty;
extern hob_str_ascii1 hob_str_chars_ascii[128];
extern hob_str_latin1 hob_str_chars_latin1[128];        /* U+0080 .. U+00FF */

/* The empty str. */
static inline BORROWED PyObject *
hob_str_empty(void)
{
    return (PyObject *)&hob_str_the_empty;
}

/* The one-character str of ch < 256. */
static inline BORROWED PyObject *
hob_str_char_peek(Py_UCS4 ch)
{
    return ch < 128 ? (PyObject *)&hob_str_chars_ascii[ch]
                    : (PyObject *)&hob_str_chars_latin1[(ch - 128) & 127];
}

/* The one-character str of any ch up to U+10FFFF. */
MUST_USE PyObject *hob_str_char_get(Py_UCS4 ch);

/* Are two ready strs equal? */
bool hob_str_equal(PyObject *a, PyObject *b);

/* `item in str` as an operator: PyUnicode_Contains, but a long str is searched while
 * other threads run. */
MUST_USE tri hob_str_contains(PyObject *str, PyObject *item);

/* Is str (ready) these n ASCII bytes? */
bool hob_str_equals_ascii(PyObject *str, const char *ascii, Py_ssize_t n);

/* A str as UTF-8 for a line of diagnosis; "?" when it has none.  Leaves the pending exception
 * as it is; the text lives as long as the str. */
BORROWED const char *hob_str_show(PyObject *str);

/* The hash of a str, from its cache when it is there; cannot fail once ready. */
Py_hash_t hob_str_hash(PyObject *str);

/* The interned str equal to n bytes of ASCII. */
MUST_USE PyObject *hob_str_intern_ascii(const char *ascii, Py_ssize_t n);

/* Call visit for each interned str until it answers nonzero; returns that. */
int hob_str_visit_interned(int (*visit)(PyObject *str, void *arg), void *arg);

bool hob_str_check(PyObject *str);              /* deep invariants */
bool hob_str_intern_check(void);                /* .. of the table of interned ones */

/* What the start needs of this room. */
MUST_USE status hob_str_init(void);             /* before any type is readied */
MUST_USE status hob_codecs_init(void);          /* registry of the running interpreter */
MUST_USE status hob_fs_encoding_init(void);     /* fs encoding from interp->config */
void hob_codecs_fini(PyInterpreterState *interp);
bool hob_fs_chosen(void);                       /* has hob_fs_encoding_init run? */

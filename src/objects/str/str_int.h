/* str_int.h -- for the files of this folder only. */
#pragma once
#include <Python.h>

#include "base/c.h"
#include "memory/own.h"
#include "memory/pool.h"
#include "objects/scan.h"
#include "objects/str/str.h"
#include "text/find.h"
#include "text/units.h"

/* --- fields --- */
#define STATE(op)       (((PyASCIIObject *)(op))->state)
#define LENGTH(op)      (((PyASCIIObject *)(op))->length)
#define HASH(op)        (((PyASCIIObject *)(op))->hash)
#define WSTR(op)        (((PyASCIIObject *)(op))->wstr)
#define UTF8(op)        (((PyCompactUnicodeObject *)(op))->utf8)
#define UTF8_LENGTH(op) (((PyCompactUnicodeObject *)(op))->utf8_length)
#define WSTR_LENGTH(op) (((PyCompactUnicodeObject *)(op))->wstr_length)
#define DATA_ANY(op)    (((PyUnicodeObject *)(op))->data.any)

enum { MAX_CHAR = 0x10ffff };

/* A ready str taken apart: what loops want. */
typedef hob_span text;

static inline text
text_of(PyObject *str)
{
    return (text){STATE(str).kind, PyUnicode_DATA(str), LENGTH(str)};
}

static inline Py_UCS4
text_at(text t, Py_ssize_t i)
{
    return hob_unit_at(t.kind, t.data, i);
}

static inline const void *
text_place(text t, Py_ssize_t i)
{
    return (const char *)t.data + i * t.kind;
}

static inline int
kind_of_max(Py_UCS4 max)
{
    return max < 0x100 ? 1 : max < 0x10000 ? 2 : 4;
}

/* Ready op, or leave the function with bad. */
#define READY_OR(op, bad) \
    do {                                                                            \
        if (UNLIKELY(!STATE(op).ready) && _PyUnicode_Ready((PyObject *)(op)) < 0) {  \
            return bad;                                                             \
        }                                                                           \
    } while (0)

/* Is op a str?  TypeError "must be str, not X" if not.  Readies it. */
MUST_USE status hob_str_expect(PyObject *op);

/* A str that only its holder knows may be changed in place. */
static inline bool
is_modifiable(PyObject *str)
{
    return Py_REFCNT(str) == 1 && HASH(str) == -1 && !STATE(str).interned
        && PyUnicode_CheckExact(str);
}

/* --- making --- */

/* New compact ASCII str of n > 0 characters, to be filled; PyUnicode_New(n, 127)
 * without its questions. */
static inline PyObject *
new_ascii(Py_ssize_t n)
{
    enum { ASCII_STATE = 1u << 2 | 1u << 5 | 1u << 6 | 1u << 7 };
    PyASCIIObject *str = hob_object_malloc(sizeof *str + (size_t)n + 1);
    if (UNLIKELY(!str)) { return PyErr_NoMemory(); }
    Py_SET_REFCNT(str, 1);
    Py_SET_TYPE(str, &PyUnicode_Type);
    str->length = n;
    str->hash = -1;
    *(uint64_t *)(void *)&str->state = ASCII_STATE;     /* with the padding behind it */
    str->wstr = NULL;
    ((char *)(str + 1))[n] = 0;
    return (PyObject *)str;
}

/* New str of n units of a kind, narrowed to what they need. */
MUST_USE PyObject *hob_str_from_units(int kind, const void *units, Py_ssize_t n);
/* The same where the range is known: bits as hob_units_bits gives them. */
MUST_USE PyObject *hob_str_from_units_bits(int kind, const void *units, Py_ssize_t n,
                                           Py_UCS4 bits);
MUST_USE PyObject *hob_str_from_latin1(const void *bytes, Py_ssize_t n);
MUST_USE PyObject *hob_str_from_ascii(const void *bytes, Py_ssize_t n);
/* str itself if it is an exact str, else an exact copy. */
MUST_USE PyObject *hob_str_same(PyObject *str);
/* str[start:stop] of a ready str; indices in range. */
MUST_USE PyObject *hob_str_slice(PyObject *str, Py_ssize_t start, Py_ssize_t stop);
/* Change the length of a str that is ours alone; *str is consumed on failure. */
MUST_USE status hob_str_resize(PyObject **str, Py_ssize_t n);
/* Copy n characters between ready strs; the target is wide enough. */
void hob_str_copy(PyObject *to, Py_ssize_t at, PyObject *from, Py_ssize_t start, Py_ssize_t n);

/* New str of a subtype with the text of value (ready). */
MUST_USE PyObject *hob_str_new_subtype(PyTypeObject *type, PyObject *value);
/* New str whose n units are to be filled in wstr (deprecated API). */
MUST_USE PyObject *hob_str_new_legacy(Py_ssize_t n);

void hob_str_dealloc(PyObject *str);
Py_ssize_t hob_str_sizeof(PyObject *str);       /* with all that hangs on it */

void hob_str_unintern(PyObject *str);           /* called when an interned str dies */

/* str * times; readies str. */
MUST_USE PyObject *hob_str_repeat(PyObject *str, Py_ssize_t times);

/* --- searching --- */
Py_ssize_t hob_str_find(text hay, text needle, int direction);   /* -2: no memory */
Py_ssize_t hob_str_find_char(text hay, Py_UCS4 ch, int direction);


/* The same for a needle of the hay's kind. */
static inline Py_ssize_t
hob_str_find_same(text hay, text needle, int direction)
{
    return hay.kind == 1 ? hob_find8(hay.data, hay.n, needle.data, needle.n, direction)
         : hay.kind == 2 ? hob_find16(hay.data, hay.n, needle.data, needle.n, direction)
         : hob_find32(hay.data, hay.n, needle.data, needle.n, direction);
}

Py_ssize_t hob_str_count(text hay, text needle, Py_ssize_t max);

/* hob_str_find; a long hay is searched aside. */
Py_ssize_t hob_str_find_aside(text hay, text needle, int direction);

/* PyUnicode_Find and PyUnicode_Count for methods: a long str is searched aside. */
Py_ssize_t hob_str_find_method(PyObject *str, PyObject *sub, Py_ssize_t start, Py_ssize_t end,
                               int direction);
Py_ssize_t hob_str_count_method(PyObject *str, PyObject *sub, Py_ssize_t start,
                                Py_ssize_t end);

/* The needle's units at the width of the hay: needle itself, or a copy in
 * stack or in *heap, to be freed by PyMem_Free.  NULL without memory. */
enum { WIDEN_STACK = 512 };
const void *hob_text_widen(text needle, int kind, void *stack, void **heap);

/* --- codecs --- */
typedef enum {
    ERRORS_UNKNOWN, ERRORS_STRICT, ERRORS_SURROGATEESCAPE, ERRORS_REPLACE, ERRORS_IGNORE,
    ERRORS_BACKSLASHREPLACE, ERRORS_SURROGATEPASS, ERRORS_XMLCHARREFREPLACE, ERRORS_OTHER,
} errors_mode;

errors_mode hob_errors_mode(const char *errors);

/* A codec at work on faulty input: the handler and exception, made on first use. */
typedef struct {
    const char *encoding;
    const char *errors;             /* NULL is "strict" */
    errors_mode mode;               /* ERRORS_UNKNOWN until asked */
    PyObject *handler;              /* owned */
    PyObject *exc;                  /* owned */
} codec_fault;

#define CODEC_FAULT(encoding_, errors_) {encoding_, errors_, ERRORS_UNKNOWN, NULL, NULL}
void hob_codec_fault_drop(codec_fault *fault);
#define own_fault __attribute__((cleanup(hob_codec_fault_drop))) codec_fault

static inline errors_mode
hob_codec_fault_mode(codec_fault *fault)
{
    if (fault->mode == ERRORS_UNKNOWN) { fault->mode = hob_errors_mode(fault->errors); }
    return fault->mode;
}

/* Input of a decoder; a handler may replace it while decoding. */
typedef struct {
    const char *start;
    Py_ssize_t n;
    PyObject *bytes;                /* owned once a handler put it there, or NULL */
} decoder_input;

/* Ask the handler about input[start:stop].  Its text goes to writer, and *pos
 * to where decoding goes on. */
MUST_USE status hob_decode_fault(codec_fault *fault, decoder_input *input, Py_ssize_t start,
                                 Py_ssize_t stop, const char *reason,
                                 _PyUnicodeWriter *writer, Py_ssize_t *pos);

/* Ask the handler about str[start:stop]: its replacement, str or bytes (new),
 * and *pos where encoding goes on. */
MUST_USE PyObject *hob_encode_fault(codec_fault *fault, PyObject *str, Py_ssize_t start,
                                    Py_ssize_t stop, const char *reason, Py_ssize_t *pos);

/* Raise UnicodeEncodeError for str[start:stop] (strict). */
void hob_encode_raise(codec_fault *fault, PyObject *str, Py_ssize_t start, Py_ssize_t stop,
                      const char *reason);

/* Write the escapes that `backslashreplace` and `xmlcharrefreplace` mean; the
 * length written (at most ESCAPE_SIZE). */
enum { ESCAPE_SIZE = 12 };
int hob_escape_backslash(Py_UCS4 ch, char *to);
int hob_escape_xml(Py_UCS4 ch, char *to);

/* A growing byte string for encoders. */
typedef struct {
    PyObject *bytes;                /* owned, or NULL */
    char *at, *end;
} byte_sink;

MUST_USE status hob_sink_start(byte_sink *sink, Py_ssize_t n);
MUST_USE status hob_sink_room(byte_sink *sink, Py_ssize_t n);   /* n more bytes fit */
MUST_USE PyObject *hob_sink_finish(byte_sink *sink);
void hob_sink_drop(byte_sink *sink);
#define own_sink __attribute__((cleanup(hob_sink_drop))) byte_sink

static inline status
hob_sink_put(byte_sink *sink, const void *bytes, Py_ssize_t n)
{
    if (sink->end - sink->at < n && hob_sink_room(sink, n) < 0) { return -1; }
    memcpy(sink->at, bytes, (size_t)n);
    sink->at += n;
    return 0;
}

/* Put what escape makes of each character of t[start:stop]. */
MUST_USE status hob_sink_put_escapes(byte_sink *sink, text t, Py_ssize_t start, Py_ssize_t stop,
                                     int (*escape)(Py_UCS4, char *));
/* Put the bytes that surrogateescape made into surrogates; *start stops at another character. */
MUST_USE status hob_sink_put_escaped_bytes(byte_sink *sink, text t, Py_ssize_t *start,
                                           Py_ssize_t stop);

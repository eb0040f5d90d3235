/* format.h -- str.format and what it shares with the _string module. */
#pragma once
#include "objects/str/str_int.h"

/* Fill in the replacement fields of self.  args is a tuple, or NULL for
 * format_map; kwargs a mapping or NULL. */
MUST_USE PyObject *hob_str_format(PyObject *self, PyObject *args, PyObject *kwargs);

/* A part str[start:end] of a format string. */
typedef struct { Py_ssize_t start, end; } span;

/* One piece of a format string: literal text, then perhaps a field. */
typedef struct {
    span literal;
    bool has_field;
    span name, spec;
    bool spec_has_fields;
    Py_UCS4 conversion;         /* 0: none */
} markup_piece;

/* The next piece of str between *pos and end: 1, or 0 at the end. */
MUST_USE tri hob_markup_next(PyObject *str, Py_ssize_t *pos, Py_ssize_t end,
                             markup_piece *piece);

/* The first part of a field name, up to '.' or '['; *index is its number or -1.
 * *pos moves to what follows. */
MUST_USE status hob_field_first(PyObject *str, Py_ssize_t *pos, Py_ssize_t end, span *first,
                                Py_ssize_t *index);

/* The next .attribute or [key] of a field name: 1, or 0 at the end. */
MUST_USE tri hob_field_next(PyObject *str, Py_ssize_t *pos, Py_ssize_t end, bool *is_attribute,
                            span *key, Py_ssize_t *index);

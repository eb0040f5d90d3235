/* format_spec.h -- the format mini-language, as parsed. */
#pragma once
#include "objects/str/str_int.h"

typedef struct {
    Py_UCS4 fill;
    Py_UCS4 align;              /* < > ^ = */
    bool align_given;
    bool alternate;             /* # */
    bool no_negative_zero;      /* z */
    char sign;                  /* + - space, or 0 */
    char grouping;              /* , _ or 0 */
    Py_ssize_t width, precision;        /* -1: not given */
    Py_UCS4 type;               /* 0: not given */
} format_spec;

/* Parse spec[start:end] for obj, which the messages name. */
MUST_USE status hob_format_spec_parse(PyObject *spec, Py_ssize_t start, Py_ssize_t end,
                                      PyObject *obj, Py_UCS4 default_type,
                                      Py_UCS4 default_align, format_spec *out);

/* ValueError: type is no format code for obj. */
void hob_format_spec_unknown(Py_UCS4 type, PyObject *obj);

/* How integer digits are grouped, and what the decimal point is. */
typedef struct {
    PyObject *decimal_point;    /* owned, both */
    PyObject *separator;
    const char *grouping;       /* sizes of groups from the right, as in struct lconv */
    char *grouping_copy;        /* owned, or NULL */
} number_locale;

MUST_USE status hob_number_locale_get(const format_spec *spec, number_locale *out);
void hob_number_locale_drop(number_locale *locale);
#define own_locale __attribute__((cleanup(hob_number_locale_drop))) number_locale

/* A number in ASCII, taken apart. */
typedef struct {
    const char *text;           /* digits [. rest], without sign and prefix */
    Py_ssize_t n_digits, n_rest;
    bool has_point;
    bool is_negative;
    const char *prefix;         /* 0x ... or "" */
    bool upper;
} number_parts;

/* Write a number laid out as the spec says, without outer padding when bare. */
MUST_USE status hob_number_write(_PyUnicodeWriter *writer, const format_spec *spec,
                                 const number_parts *number, const number_locale *locale,
                                 bool bare);

/* How long that will be, and *max its widest character. */
Py_ssize_t hob_number_length(const format_spec *spec, const number_parts *number,
                             const number_locale *locale, Py_UCS4 *max);

/* Where padding goes for n characters. */
void hob_format_spec_padding(const format_spec *spec, Py_ssize_t n, Py_ssize_t *left,
                             Py_ssize_t *right);
MUST_USE status hob_write_fill(_PyUnicodeWriter *writer, Py_UCS4 ch, Py_ssize_t n);

/* format_spec.c -- the format mini-language: parsing, and the layout of numbers.
 *
 *     [[fill]align][sign][z][#][0][width][grouping][.precision][type]
 *
 * A number is laid out as
 *
 *     left padding | sign | prefix | padding of '=' | grouped digits
 *                  | decimal point | rest | right padding
 *
 * Zeros of a '0' fill are grouped with the digits.
 */
#include "objects/str/format_spec.h"

#include <limits.h>
#include <locale.h>

#include "objects/undeclared.h"

/* --- parsing --- */

static inline bool
is_align(Py_UCS4 ch)
{
    return ch == '<' || ch == '>' || ch == '=' || ch == '^';
}

/* Read a number; -1 without digits, -2 with an exception. */
static Py_ssize_t
read_number(text t, Py_ssize_t *pos, Py_ssize_t end)
{
    Py_ssize_t n = 0, start = *pos;
    for (; *pos < end; ++*pos) {
        int digit = _PyUnicode_ToDecimalDigit(text_at(t, *pos));
        if (digit < 0) { break; }
        if (n > (PY_SSIZE_T_MAX - digit) / 10) {
            PyErr_SetString(PyExc_ValueError, "Too many decimal digits in format string");
            return -2;
        }
        n = n * 10 + digit;
    }
    return *pos == start ? -1 : n;
}

static status
no_grouping(char grouping, Py_UCS4 type)
{
    if (type > 32 && type < 128) {
        PyErr_Format(PyExc_ValueError, "Cannot specify '%c' with '%c'.", grouping, (int)type);
    }
    else {
        PyErr_Format(PyExc_ValueError, "Cannot specify '%c' with '\\x%x'.", grouping,
                     (unsigned)type);
    }
    return -1;
}

static status
parse_grouping(text t, Py_ssize_t *pos, Py_ssize_t end, format_spec *out)
{
    if (*pos < end && text_at(t, *pos) == ',') {
        out->grouping = ',';
        ++*pos;
    }
    if (*pos < end && text_at(t, *pos) == '_') {
        if (out->grouping) { goto both; }
        out->grouping = '_';
        ++*pos;
    }
    if (*pos < end && text_at(t, *pos) == ',' && out->grouping == '_') { goto both; }
    return 0;
both:
    PyErr_SetString(PyExc_ValueError, "Cannot specify both ',' and '_'.");
    return -1;
}

/* May the type be grouped? */
static status
check_grouping(const format_spec *spec)
{
    static const char any[] = "defgEGF%", underscore_only[] = "boxX";
    Py_UCS4 type = spec->type;
    if (!spec->grouping || type == 0) { return 0; }
    if (type < 128 && strchr(any, (int)type)) { return 0; }
    if (spec->grouping == '_' && type < 128 && strchr(underscore_only, (int)type)) { return 0; }
    return no_grouping(spec->grouping, type);
}

static void
parse_alignment(text t, Py_ssize_t *pos, Py_ssize_t end, format_spec *out, bool *fill_given)
{
    if (end - *pos >= 2 && is_align(text_at(t, *pos + 1))) {
        out->fill = text_at(t, *pos);
        out->align = text_at(t, *pos + 1);
        *fill_given = out->align_given = true;
        *pos += 2;
    }
    else if (end - *pos >= 1 && is_align(text_at(t, *pos))) {
        out->align = text_at(t, *pos);
        out->align_given = true;
        ++*pos;
    }
}

status
hob_format_spec_parse(PyObject *spec, Py_ssize_t start, Py_ssize_t end, PyObject *obj,
                      Py_UCS4 default_type, Py_UCS4 default_align, format_spec *out)
{
    text t = text_of(spec);
    Py_ssize_t pos = start;
    bool fill_given = false;
    *out = (format_spec){.fill = ' ', .align = default_align, .width = -1, .precision = -1,
                         .type = default_type};
    parse_alignment(t, &pos, end, out, &fill_given);
    if (pos < end) {
        Py_UCS4 ch = text_at(t, pos);
        if (ch == '+' || ch == '-' || ch == ' ') {
            out->sign = (char)ch;
            pos++;
        }
    }
    if (pos < end && text_at(t, pos) == 'z') {
        out->no_negative_zero = true;
        pos++;
    }
    if (pos < end && text_at(t, pos) == '#') {
        out->alternate = true;
        pos++;
    }
    if (!fill_given && pos < end && text_at(t, pos) == '0') {
        out->fill = '0';
        if (!out->align_given && default_align == '>') { out->align = '='; }
        pos++;
    }
    out->width = read_number(t, &pos, end);
    if (out->width == -2) { return -1; }
    if (parse_grouping(t, &pos, end, out) < 0) { return -1; }
    if (pos < end && text_at(t, pos) == '.') {
        pos++;
        out->precision = read_number(t, &pos, end);
        if (out->precision == -2) { return -1; }
        if (out->precision == -1) {
            PyErr_SetString(PyExc_ValueError, "Format specifier missing precision");
            return -1;
        }
    }
    if (end - pos > 1) {
        own PyObject *shown = PyUnicode_Substring(spec, start, end);
        if (!shown) { return -1; }
        PyErr_Format(PyExc_ValueError,
                     "Invalid format specifier '%U' for object of type '%.200s'",
                     shown, Py_TYPE(obj)->tp_name);
        return -1;
    }
    if (pos < end) { out->type = text_at(t, pos); }
    return check_grouping(out);
}

void
hob_format_spec_unknown(Py_UCS4 type, PyObject *obj)
{
    const char *name = Py_TYPE(obj)->tp_name;
    if (type > 32 && type < 128) {
        PyErr_Format(PyExc_ValueError, "Unknown format code '%c' for object of type '%.200s'",
                     (int)type, name);
    }
    else {
        PyErr_Format(PyExc_ValueError,
                     "Unknown format code '\\x%x' for object of type '%.200s'",
                     (unsigned)type, name);
    }
}

/* --- padding --- */

void
hob_format_spec_padding(const format_spec *spec, Py_ssize_t n, Py_ssize_t *left,
                        Py_ssize_t *right)
{
    Py_ssize_t room = spec->width > n ? spec->width - n : 0;
    *left = spec->align == '>' ? room : spec->align == '^' ? room / 2 : 0;
    *right = spec->align == '=' ? 0 : room - *left;
}

status
hob_write_fill(_PyUnicodeWriter *writer, Py_UCS4 ch, Py_ssize_t n)
{
    if (n <= 0) { return 0; }
    if (_PyUnicodeWriter_Prepare(writer, n, ch) < 0) { return -1; }
    hob_units_fill(writer->kind, (char *)writer->data + writer->pos * writer->kind, n, ch);
    writer->pos += n;
    return 0;
}

/* --- locale --- */

static status
current_locale(number_locale *out)
{
    struct lconv *lc = localeconv();
    out->grouping_copy = _PyMem_Strdup(lc->grouping);
    if (!out->grouping_copy) {
        PyErr_NoMemory();
        return -1;
    }
    out->grouping = out->grouping_copy;
    return _Py_GetLocaleconvNumeric(lc, &out->decimal_point, &out->separator);
}

status
hob_number_locale_get(const format_spec *spec, number_locale *out)
{
    *out = (number_locale){NULL};
    if (spec->type == 'n') { return current_locale(out); }
    out->decimal_point = Py_NewRef(hob_str_char_peek('.'));
    out->separator = Py_NewRef(spec->grouping ? hob_str_char_peek((Py_UCS4)spec->grouping)
                                              : hob_str_empty());
    bool by_four = spec->grouping == '_' && spec->type && spec->type < 128
        && strchr("boxX", (int)spec->type);
    out->grouping = !spec->grouping ? "" : by_four ? "\4" : "\3";
    return 0;
}

void
hob_number_locale_drop(number_locale *locale)
{
    Py_CLEAR(locale->decimal_point);
    Py_CLEAR(locale->separator);
    PyMem_Free(locale->grouping_copy);
    locale->grouping_copy = NULL;
}

/* --- grouping --- */

/* Sizes of digit groups from the right; the last one repeats. */
typedef struct {
    const char *next;
    char last;
} group_sizes;

/* The next size, or 0 when the rest is one group. */
static Py_ssize_t
next_group(group_sizes *sizes)
{
    if (*sizes->next == 0) { return sizes->last; }
    if (*sizes->next == CHAR_MAX) { return 0; }
    return sizes->last = *sizes->next++;
}

/* Where grouped digits go: backward from `at`. */
typedef struct {
    int kind;
    void *units;
    Py_ssize_t at;
} backward;

static void
put_back(backward *out, Py_UCS4 ch)
{
    hob_unit_set(out->kind, out->units, --out->at, ch);
}

/* Put digits, separated, with zeros in front up to min_width; from the right. */
static void
group_digits(backward *out, text digits, Py_ssize_t min_width, const char *grouping,
             text separator)
{
    group_sizes sizes = {grouping, 0};
    Py_ssize_t left = digits.n;
    for (bool is_first = true;; is_first = false) {
        Py_ssize_t size = next_group(&sizes), needed = Py_MAX(Py_MAX(left, min_width), 1);
        bool is_last = size <= 0;
        if (is_last || size > needed) { size = needed; }
        if (!is_first) {
            for (Py_ssize_t i = separator.n; i > 0; i--) { put_back(out, text_at(separator,
                                                                                 i - 1)); }
        }
        for (Py_ssize_t i = 0; i < size; i++) {
            put_back(out, left > 0 ? text_at(digits, left - 1) : '0');
            left -= left > 0;
        }
        min_width -= size;
        if (is_last || (left <= 0 && min_width <= 0)) { return; }
        min_width -= separator.n;
    }
}

/* How many characters that will be. */
static Py_ssize_t
grouped_length(Py_ssize_t n_digits, Py_ssize_t min_width, const char *grouping, text separator)
{
    group_sizes sizes = {grouping, 0};
    Py_ssize_t left = n_digits, total = 0;
    for (bool is_first = true;; is_first = false) {
        Py_ssize_t size = next_group(&sizes), needed = Py_MAX(Py_MAX(left, min_width), 1);
        bool is_last = size <= 0;
        if (is_last || size > needed) { size = needed; }
        total += size + (is_first ? 0 : separator.n);
        left -= Py_MIN(left, size);
        min_width -= size;
        if (is_last || (left <= 0 && min_width <= 0)) { return total; }
        min_width -= separator.n;
    }
}

Py_ssize_t
_PyUnicode_InsertThousandsGrouping(_PyUnicodeWriter *writer, Py_ssize_t n_buffer,
                                   PyObject *digits, Py_ssize_t d_pos, Py_ssize_t n_digits,
                                   Py_ssize_t min_width, const char *grouping,
                                   PyObject *thousands_sep, Py_UCS4 *maxchar)
{
    min_width = Py_MAX(0, min_width);
    text separator = text_of(thousands_sep);
    Py_ssize_t n = grouped_length(n_digits, min_width, grouping, separator);
    if (!writer) {
        Py_UCS4 max = PyUnicode_MAX_CHAR_VALUE(thousands_sep);
        if (*maxchar < max) { *maxchar = max; }
        return n;
    }
    text source = text_of(digits), part = {source.kind, text_place(source, d_pos), n_digits};
    backward out = {(int)writer->kind, writer->data, writer->pos + n_buffer};
    group_digits(&out, part, min_width, grouping, separator);
    return n;
}

/* --- layout --- */

typedef struct {
    char sign;                  /* to be shown, or 0 */
    Py_ssize_t n_prefix;
    Py_ssize_t inner;           /* padding of '=' */
    Py_ssize_t min_digits;      /* grouped width to fill with zeros */
    Py_ssize_t n_grouped;
    Py_ssize_t left, right;     /* padding */
    Py_ssize_t total;
} number_layout;

static number_layout
lay_out(const format_spec *spec, const number_parts *number, const number_locale *locale)
{
    number_layout l = {0};
    l.sign = number->is_negative ? '-' : spec->sign == '+' ? '+' : spec->sign == ' ' ? ' ' : 0;
    l.n_prefix = (Py_ssize_t)strlen(number->prefix);
    Py_ssize_t fixed = l.n_prefix + (l.sign != 0) + number->n_rest
        + (number->has_point ? LENGTH(locale->decimal_point) : 0);
    if (spec->fill == '0' && spec->align == '=') {
        l.min_digits = Py_MAX(spec->width - fixed, 0);
    }
    if (number->n_digits) {
        l.n_grouped = grouped_length(number->n_digits, l.min_digits, locale->grouping,
                                     text_of(locale->separator));
    }
    Py_ssize_t n = fixed + l.n_grouped;
    hob_format_spec_padding(spec, n, &l.left, &l.right);
    if (spec->align == '=' && spec->width > n) { l.inner = spec->width - n; }
    l.total = n + l.left + l.right + l.inner;
    return l;
}

Py_ssize_t
hob_number_length(const format_spec *spec, const number_parts *number,
                  const number_locale *locale, Py_UCS4 *max)
{
    number_layout l = lay_out(spec, number, locale);
    Py_UCS4 widest = 127;
    if (l.left || l.right || l.inner) { widest = Py_MAX(widest, spec->fill); }
    widest = Py_MAX(widest, PyUnicode_MAX_CHAR_VALUE(locale->separator));
    if (number->has_point) {
        widest = Py_MAX(widest, PyUnicode_MAX_CHAR_VALUE(locale->decimal_point));
    }
    *max = widest;
    return l.total;
}

static void
put_ascii(_PyUnicodeWriter *writer, const char *from, Py_ssize_t n, bool upper)
{
    for (Py_ssize_t i = 0; i < n; i++) {
        uint8_t ch = (uint8_t)from[i];
        hob_unit_set((int)writer->kind, writer->data, writer->pos++,
                     upper ? _Py_ctype_toupper[ch] : ch);
    }
}

static void
put_fill(_PyUnicodeWriter *writer, Py_UCS4 ch, Py_ssize_t n)
{
    hob_units_fill((int)writer->kind, (char *)writer->data + writer->pos * writer->kind, n, ch);
    writer->pos += n;
}

status
hob_number_write(_PyUnicodeWriter *writer, const format_spec *spec, const number_parts *number,
                 const number_locale *locale, bool bare)
{
    format_spec unpadded;
    if (bare) {
        unpadded = *spec;
        unpadded.width = -1;
        unpadded.fill = 0;
        unpadded.align = '<';
        spec = &unpadded;
    }
    number_layout l = lay_out(spec, number, locale);
    Py_UCS4 max;
    Py_ssize_t total = hob_number_length(spec, number, locale, &max);
    if (_PyUnicodeWriter_Prepare(writer, total, max) < 0) { return -1; }
    put_fill(writer, spec->fill, l.left);
    if (l.sign) { put_ascii(writer, &l.sign, 1, false); }
    put_ascii(writer, number->prefix, l.n_prefix, number->upper);
    put_fill(writer, spec->fill, l.inner);
    if (number->n_digits) {
        Py_ssize_t start = writer->pos;
        backward out = {(int)writer->kind, writer->data, start + l.n_grouped};
        text digits = {1, number->text, number->n_digits};
        group_digits(&out, digits, l.min_digits, locale->grouping, text_of(locale->separator));
        if (number->upper) {
            for (Py_ssize_t i = start; i < start + l.n_grouped; i++) {
                Py_UCS4 ch = hob_unit_at((int)writer->kind, writer->data, i);
                if (ch < 128) {
                    hob_unit_set((int)writer->kind, writer->data, i, _Py_ctype_toupper[ch]);
                }
            }
        }
        writer->pos += l.n_grouped;
    }
    const char *rest = number->text + number->n_digits;
    if (number->has_point) {
        text point = text_of(locale->decimal_point);
        hob_units_copy((int)writer->kind, (char *)writer->data + writer->pos * writer->kind,
                       point.kind, point.data, point.n);
        writer->pos += point.n;
        rest++;
    }
    put_ascii(writer, rest, number->n_rest, number->upper);
    put_fill(writer, spec->fill, l.right);
    return 0;
}

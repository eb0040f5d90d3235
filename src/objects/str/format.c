/* format.c -- str.format: text with {replacement fields}.
 *
 *     {name!conversion:spec}      name is [first][.attribute | [key]] ...
 *
 * A spec may hold fields itself, one level deep.  Pieces are spans of the one
 * format string, so that parsing allocates nothing.
 */
#include "objects/str/format.h"

#include "objects/str/format_spec.h"
#include "objects/undeclared.h"

static status
refuse(const char *what)
{
    PyErr_SetString(PyExc_ValueError, what);
    return -1;
}

/* --- pieces --- */

/* The field's name: from *pos to ':', '!' or '}', which is read too. */
static status
parse_name(text t, Py_ssize_t *pos, Py_ssize_t end, span *name, Py_UCS4 *ended_by)
{
    bool in_brackets = false;
    name->start = *pos;
    while (*pos < end) {
        Py_UCS4 ch = text_at(t, (*pos)++);
        if (in_brackets) {              /* a key may hold anything but its end */
            in_brackets = ch != ']';
            continue;
        }
        switch (ch) {
        case '{': return refuse("unexpected '{' in field name");
        case '[': in_brackets = true; break;
        case '}': case ':': case '!':
            name->end = *pos - 1;
            *ended_by = ch;
            return 0;
        }
    }
    return refuse("expected '}' before end of string");
}

/* The spec: from *pos to the brace that closes the field, which is read too. */
static status
parse_spec(text t, Py_ssize_t *pos, Py_ssize_t end, markup_piece *piece)
{
    int depth = 1;
    piece->spec.start = *pos;
    while (*pos < end) {
        Py_UCS4 ch = text_at(t, (*pos)++);
        if (ch == '{') {
            piece->spec_has_fields = true;
            depth++;
        }
        else if (ch == '}' && --depth == 0) {
            piece->spec.end = *pos - 1;
            return 0;
        }
    }
    return refuse("unmatched '{' in format spec");
}

/* What is in the braces, *pos behind the first. */
static status
parse_field(text t, Py_ssize_t *pos, Py_ssize_t end, markup_piece *piece)
{
    Py_UCS4 ch = 0;
    piece->has_field = true;
    if (parse_name(t, pos, end, &piece->name, &ch) < 0) { return -1; }
    piece->spec = (span){*pos, *pos};
    if (ch == '}') { return 0; }
    if (ch == '!') {
        if (*pos >= end) {
            return refuse("end of string while looking for conversion specifier");
        }
        piece->conversion = text_at(t, (*pos)++);
        if (*pos < end) {
            ch = text_at(t, (*pos)++);
            if (ch == '}') { return 0; }
            if (ch != ':') { return refuse("expected ':' after conversion specifier"); }
        }
    }
    return parse_spec(t, pos, end, piece);
}

tri
hob_markup_next(PyObject *str, Py_ssize_t *pos, Py_ssize_t end, markup_piece *piece)
{
    *piece = (markup_piece){0};
    if (*pos >= end) { return 0; }
    text t = text_of(str);
    Py_ssize_t i = *pos;
    piece->literal.start = i;
    Py_UCS4 ch = 0;
    while (i < end && (ch = text_at(t, i)) != '{' && ch != '}') { i++; }
    piece->literal.end = i;
    if (i == end) {
        *pos = end;
        return 1;
    }
    i++;
    if (i < end && text_at(t, i) == ch) {       /* doubled: a brace of the text */
        piece->literal.end = i;
        *pos = i + 1;
        return 1;
    }
    if (ch == '}') { return refuse("Single '}' encountered in format string"); }
    if (i == end) { return refuse("Single '{' encountered in format string"); }
    *pos = i;
    return parse_field(t, pos, end, piece) < 0 ? -1 : 1;
}

/* --- field names --- */

/* The number a span spells: -1 when it is none, -2 with an exception. */
static Py_ssize_t
span_number(text t, span s)
{
    if (s.start >= s.end) { return -1; }
    Py_ssize_t n = 0;
    for (Py_ssize_t i = s.start; i < s.end; i++) {
        int digit = _PyUnicode_ToDecimalDigit(text_at(t, i));
        if (digit < 0) { return -1; }
        if (n > (PY_SSIZE_T_MAX - digit) / 10) {
            refuse("Too many decimal digits in format string");
            return -2;
        }
        n = n * 10 + digit;
    }
    return n;
}

status
hob_field_first(PyObject *str, Py_ssize_t *pos, Py_ssize_t end, span *first, Py_ssize_t *index)
{
    text t = text_of(str);
    first->start = *pos;
    while (*pos < end && text_at(t, *pos) != '.' && text_at(t, *pos) != '[') { ++*pos; }
    first->end = *pos;
    *index = span_number(t, *first);
    return *index == -2 ? -1 : 0;
}

tri
hob_field_next(PyObject *str, Py_ssize_t *pos, Py_ssize_t end, bool *is_attribute, span *key,
               Py_ssize_t *index)
{
    if (*pos >= end) { return 0; }
    text t = text_of(str);
    Py_UCS4 ch = text_at(t, (*pos)++);
    key->start = *pos;
    *index = -1;
    if (ch == '.') {
        *is_attribute = true;
        while (*pos < end && text_at(t, *pos) != '.' && text_at(t, *pos) != '[') { ++*pos; }
        key->end = *pos;
    }
    else if (ch == '[') {
        *is_attribute = false;
        while (*pos < end && text_at(t, *pos) != ']') { ++*pos; }
        if (*pos >= end) { return refuse("Missing ']' in format string"); }
        key->end = (*pos)++;
        *index = span_number(t, *key);
        if (*index == -2) { return -1; }
    }
    else {
        return refuse("Only '.' or '[' may follow ']' in format field specifier");
    }
    if (key->start == key->end) { return refuse("Empty attribute in format string"); }
    return 1;
}

/* --- values --- */

typedef enum { NUMBERING_OPEN, NUMBERING_AUTO, NUMBERING_MANUAL } numbering;

typedef struct {
    PyObject *args, *kwargs;    /* borrowed; either may be NULL */
    numbering numbering;
    Py_ssize_t next_index;
} format_values;

static PyObject *
span_str(PyObject *str, span s)
{
    return PyUnicode_Substring(str, s.start, s.end);
}

/* Settle whether fields are numbered by themselves or by hand. */
static status
check_numbering(format_values *values, bool is_empty)
{
    if (values->numbering == NUMBERING_OPEN) {
        values->numbering = is_empty ? NUMBERING_AUTO : NUMBERING_MANUAL;
    }
    if (values->numbering == NUMBERING_MANUAL && is_empty) {
        return refuse("cannot switch from manual field specification "
                      "to automatic field numbering");
    }
    if (values->numbering == NUMBERING_AUTO && !is_empty) {
        return refuse("cannot switch from automatic field numbering "
                      "to manual field specification");
    }
    return 0;
}

static PyObject *
positional(format_values *values, Py_ssize_t index)
{
    if (!values->args) {
        PyErr_SetString(PyExc_ValueError, "Format string contains positional fields");
        return NULL;
    }
    if (index >= PyTuple_GET_SIZE(values->args)) {
        PyErr_Format(PyExc_IndexError,
                     "Replacement index %zd out of range for positional args tuple", index);
        return NULL;
    }
    return Py_NewRef(PyTuple_GET_ITEM(values->args, index));
}

static PyObject *
by_name(format_values *values, PyObject *str, span name)
{
    own PyObject *key = span_str(str, name);
    if (!key) { return NULL; }
    if (!values->kwargs) {
        PyErr_SetObject(PyExc_KeyError, key);
        return NULL;
    }
    return PyObject_GetItem(values->kwargs, key);
}

static PyObject *
step_into(PyObject *object, PyObject *str, bool is_attribute, span key, Py_ssize_t index)
{
    if (index >= 0 && PySequence_Check(object)) { return PySequence_GetItem(object, index); }
    own PyObject *name = index >= 0 ? PyLong_FromSsize_t(index) : span_str(str, key);
    if (!name) { return NULL; }
    return is_attribute ? PyObject_GetAttr(object, name) : PyObject_GetItem(object, name);
}

/* The object a field name means. */
static PyObject *
field_value(format_values *values, PyObject *str, span name)
{
    span first;
    Py_ssize_t index, pos = name.start;
    if (hob_field_first(str, &pos, name.end, &first, &index) < 0) { return NULL; }
    bool is_empty = first.start == first.end;
    if (is_empty || index >= 0) {
        if (check_numbering(values, is_empty) < 0) { return NULL; }
        if (is_empty) { index = values->next_index++; }
    }
    own PyObject *object = index >= 0 ? positional(values, index) : by_name(values, str, first);
    while (object) {
        bool is_attribute;
        span key;
        tri more = hob_field_next(str, &pos, name.end, &is_attribute, &key, &index);
        if (more < 0) { return NULL; }
        if (!more) { return take(object); }
        PyObject *next = step_into(object, str, is_attribute, key, index);
        Py_SETREF(object, next);
    }
    return NULL;
}

static PyObject *
converted(PyObject *object, Py_UCS4 conversion)
{
    switch (conversion) {
    case 'r': return PyObject_Repr(object);
    case 's': return PyObject_Str(object);
    case 'a': return PyObject_ASCII(object);
    }
    if (conversion > 32 && conversion < 127) {
        PyErr_Format(PyExc_ValueError, "Unknown conversion specifier %c", (int)conversion);
    }
    else {
        PyErr_Format(PyExc_ValueError, "Unknown conversion specifier \\x%x",
                     (unsigned)conversion);
    }
    return NULL;
}

/* --- output --- */

typedef int (*advanced_writer)(_PyUnicodeWriter *, PyObject *, PyObject *, Py_ssize_t,
                               Py_ssize_t);

/* The writer for exact basic types, or NULL. */
static advanced_writer
writer_of(PyTypeObject *type)
{
    if (type == &PyUnicode_Type) { return _PyUnicode_FormatAdvancedWriter; }
    if (type == &PyLong_Type) { return _PyLong_FormatAdvancedWriter; }
    if (type == &PyFloat_Type) { return _PyFloat_FormatAdvancedWriter; }
    if (type == &PyComplex_Type) { return _PyComplex_FormatAdvancedWriter; }
    return NULL;
}

static status
write_formatted(_PyUnicodeWriter *writer, PyObject *object, PyObject *str, span spec)
{
    advanced_writer write = writer_of(Py_TYPE(object));
    if (write) { return write(writer, object, str, spec.start, spec.end); }
    own PyObject *spec_str = spec.start < spec.end ? span_str(str, spec)
                                                   : Py_NewRef(hob_str_empty());
    if (!spec_str) { return -1; }
    own PyObject *result = PyObject_Format(object, spec_str);
    return result ? _PyUnicodeWriter_WriteStr(writer, result) : -1;
}

static status write_pieces(_PyUnicodeWriter *writer, PyObject *str, span all,
                           format_values *values, int levels);

/* The spec with its own fields filled in. */
static PyObject *
expand_spec(PyObject *str, span spec, format_values *values, int levels)
{
    _PyUnicodeWriter writer;
    _PyUnicodeWriter_Init(&writer);
    writer.overallocate = 1;
    writer.min_length = spec.end - spec.start + 100;
    if (write_pieces(&writer, str, spec, values, levels) == 0) {
        return _PyUnicodeWriter_Finish(&writer);
    }
    _PyUnicodeWriter_Dealloc(&writer);
    return NULL;
}

static status
write_field(_PyUnicodeWriter *writer, PyObject *str, const markup_piece *piece,
            format_values *values, int levels)
{
    own PyObject *object = field_value(values, str, piece->name);
    if (!object) { return -1; }
    if (piece->conversion) {
        PyObject *text = converted(object, piece->conversion);
        Py_SETREF(object, text);
        if (!object) { return -1; }
    }
    if (!piece->spec_has_fields) { return write_formatted(writer, object, str, piece->spec); }
    own PyObject *spec = expand_spec(str, piece->spec, values, levels - 1);
    if (!spec) { return -1; }
    return write_formatted(writer, object, spec, (span){0, LENGTH(spec)});
}

static status
write_pieces(_PyUnicodeWriter *writer, PyObject *str, span all, format_values *values,
             int levels)
{
    if (levels <= 0) { return refuse("Max string recursion exceeded"); }
    Py_ssize_t pos = all.start;
    for (;;) {
        markup_piece piece;
        tri more = hob_markup_next(str, &pos, all.end, &piece);
        if (more <= 0) { return more; }
        if (pos == all.end && !piece.has_field) { writer->overallocate = 0; }
        if (_PyUnicodeWriter_WriteSubstring(writer, str, piece.literal.start,
                                            piece.literal.end) < 0) { return -1; }
        if (!piece.has_field) { continue; }
        if (pos == all.end) { writer->overallocate = 0; }
        if (write_field(writer, str, &piece, values, levels) < 0) { return -1; }
    }
}

enum { MAX_LEVELS = 2 };

PyObject *
hob_str_format(PyObject *self, PyObject *args, PyObject *kwargs)
{
    READY_OR(self, NULL);
    format_values values = {args, kwargs, NUMBERING_OPEN, 0};
    _PyUnicodeWriter writer;
    _PyUnicodeWriter_Init(&writer);
    writer.overallocate = 1;
    writer.min_length = LENGTH(self) + 100;
    if (write_pieces(&writer, self, (span){0, LENGTH(self)}, &values, MAX_LEVELS) == 0) {
        return _PyUnicodeWriter_Finish(&writer);
    }
    _PyUnicodeWriter_Dealloc(&writer);
    return NULL;
}

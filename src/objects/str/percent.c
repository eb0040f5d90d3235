/* percent.c -- text % values.
 *
 *     % [(key)] [flags] [width] [.precision] [h | l | L] conversion
 *
 * Values come from a tuple in turn, from a mapping by key, or are one object.
 */
#include "objects/str/str_int.h"

#include <limits.h>

#include "objects/undeclared.h"

enum {
    FLAG_LEFT = 1, FLAG_SIGN = 2, FLAG_BLANK = 4, FLAG_ALTERNATE = 8, FLAG_ZERO = 16,
};

typedef struct {
    PyObject *format;           /* borrowed */
    text t;                     /* of it */
    Py_ssize_t pos;
    PyObject *args;             /* borrowed: a tuple of values, or one value */
    Py_ssize_t n_args;          /* of the tuple, or -1 for one value */
    Py_ssize_t next_arg;        /* < n_args while there is one; starts at -2 for one value */
    PyObject *mapping;          /* borrowed, or NULL */
    PyObject *keyed;            /* owned: what the last (key) gave and args is now, or NULL */
    _PyUnicodeWriter writer;
} percent_state;

typedef struct {
    int flags;
    Py_ssize_t width;
    int precision;              /* -1: not given */
    Py_UCS4 conversion;
    char sign;                  /* to be shown, or 0 */
} percent_spec;

/* --- values --- */

static BORROWED PyObject *
next_value(percent_state *p)
{
    if (p->next_arg >= p->n_args) {
        PyErr_SetString(PyExc_TypeError, "not enough arguments for format string");
        return NULL;
    }
    Py_ssize_t i = p->next_arg++;
    return p->n_args < 0 ? p->args : PyTuple_GET_ITEM(p->args, i);
}

/* --- parsing --- */

static status
incomplete(void)
{
    PyErr_SetString(PyExc_ValueError, "incomplete format");
    return -1;
}

/* %(key): look it up; *pos is behind the opening parenthesis. */
static status
parse_key(percent_state *p)
{
    if (!p->mapping) {
        PyErr_SetString(PyExc_TypeError, "format requires a mapping");
        return -1;
    }
    Py_ssize_t start = p->pos;
    int depth = 1;
    while (depth > 0 && p->pos < p->t.n) {
        Py_UCS4 ch = text_at(p->t, p->pos++);
        depth += (ch == '(') - (ch == ')');
    }
    if (depth > 0) {
        PyErr_SetString(PyExc_ValueError, "incomplete format key");
        return -1;
    }
    own PyObject *key = PyUnicode_Substring(p->format, start, p->pos - 1);
    if (!key) { return -1; }
    PyObject *value = PyObject_GetItem(p->mapping, key);
    if (!value) { return -1; }
    Py_XSETREF(p->keyed, value);
    p->args = value;
    p->n_args = -1;
    p->next_arg = -2;
    return 0;
}

static int
flag_of(Py_UCS4 ch)
{
    return ch == '-' ? FLAG_LEFT : ch == '+' ? FLAG_SIGN : ch == ' ' ? FLAG_BLANK
         : ch == '#' ? FLAG_ALTERNATE : ch == '0' ? FLAG_ZERO : 0;
}

/* A '*': the number is a value. */
static status
star_value(percent_state *p, PyObject **value)
{
    *value = next_value(p);
    if (!*value) { return -1; }
    if (PyLong_Check(*value)) { return 0; }
    PyErr_SetString(PyExc_TypeError, "* wants int");
    return -1;
}

/* Digits at pos; too_big when they exceed max. */
static status
parse_digits(percent_state *p, Py_ssize_t max, const char *too_big, Py_ssize_t *out)
{
    Py_ssize_t n = 0;
    for (; p->pos < p->t.n; p->pos++) {
        Py_UCS4 ch = text_at(p->t, p->pos);
        if (ch < '0' || ch > '9') { break; }
        if (n > (max - (Py_ssize_t)(ch - '0')) / 10) {
            PyErr_SetString(PyExc_ValueError, too_big);
            return -1;
        }
        n = n * 10 + (Py_ssize_t)(ch - '0');
    }
    *out = n;
    return 0;
}

static status
parse_width(percent_state *p, percent_spec *spec)
{
    if (text_at(p->t, p->pos) != '*') {
        return parse_digits(p, PY_SSIZE_T_MAX, "width too big", &spec->width);
    }
    p->pos++;
    PyObject *value;
    if (star_value(p, &value) < 0) { return -1; }
    spec->width = PyLong_AsSsize_t(value);
    if (spec->width == -1 && PyErr_Occurred()) { return -1; }
    if (spec->width < 0) {
        spec->flags |= FLAG_LEFT;
        spec->width = -spec->width;
    }
    return 0;
}

static status
parse_precision(percent_state *p, percent_spec *spec)
{
    p->pos++;
    spec->precision = 0;
    if (p->pos >= p->t.n) { return 0; }
    if (text_at(p->t, p->pos) != '*') {
        Py_ssize_t n;
        if (parse_digits(p, INT_MAX, "precision too big", &n) < 0) { return -1; }
        spec->precision = (int)n;
        return 0;
    }
    p->pos++;
    PyObject *value;
    if (star_value(p, &value) < 0) { return -1; }
    spec->precision = _PyLong_AsInt(value);
    if (spec->precision == -1 && PyErr_Occurred()) { return -1; }
    spec->precision = Py_MAX(spec->precision, 0);
    return 0;
}

/* Parse behind a '%'. */
static status
parse(percent_state *p, percent_spec *spec)
{
    *spec = (percent_spec){.precision = -1};
    if (p->pos < p->t.n && text_at(p->t, p->pos) == '(') {
        p->pos++;
        if (parse_key(p) < 0) { return -1; }
    }
    for (int flag; p->pos < p->t.n && (flag = flag_of(text_at(p->t, p->pos))); p->pos++) {
        spec->flags |= flag;
    }
    if (p->pos < p->t.n && parse_width(p, spec) < 0) { return -1; }
    if (p->pos < p->t.n && text_at(p->t, p->pos) == '.' && parse_precision(p, spec) < 0) {
        return -1;
    }
    if (p->pos < p->t.n) {
        Py_UCS4 ch = text_at(p->t, p->pos);
        p->pos += ch == 'h' || ch == 'l' || ch == 'L';
    }
    if (p->pos >= p->t.n) { return incomplete(); }
    spec->conversion = text_at(p->t, p->pos++);
    return 0;
}

/* --- numbers --- */

static PyObject *
float_text(PyObject *value, const percent_spec *spec)
{
    double x = PyFloat_AsDouble(value);
    if (x == -1.0 && PyErr_Occurred()) { return NULL; }
    int precision = spec->precision < 0 ? 6 : spec->precision;
    int flags = spec->flags & FLAG_ALTERNATE ? Py_DTSF_ALT : 0;
    char *text = PyOS_double_to_string(x, (char)spec->conversion, precision, flags, NULL);
    if (!text) { return NULL; }
    PyObject *str = hob_str_from_ascii(text, (Py_ssize_t)strlen(text));
    PyMem_Free(text);
    return str;
}

/* The digits of an int as %d %x ... want them: sign, prefix with '#', zeros up
 * to the precision. */
PyObject *
_PyUnicode_FormatLong(PyObject *val, int alt, int prec, int type)
{
    static const size_t prefix_size = 2;
    int base = type == 'o' ? 8 : type == 'x' || type == 'X' ? 16 : 10;
    if (type != 'd' && type != 'u' && base == 10) {
        PyErr_BadInternalCall();
        return NULL;
    }
    own PyObject *plain = base == 10 ? PyNumber_Long(val) : NULL;
    if (base == 10 && !plain) { return NULL; }
    own PyObject *digits = base == 10 ? PyObject_Str(plain) : PyNumber_ToBase(val, base);
    if (!digits) { return NULL; }
    const char *text = PyUnicode_DATA(digits);
    bool is_negative = *text == '-';
    size_t n = (size_t)LENGTH(digits) - is_negative;
    text += is_negative;
    char prefix[2] = {0};
    size_t n_prefix = 0;
    if (base != 10) {
        memcpy(prefix, text, prefix_size);
        text += prefix_size;
        n -= prefix_size;
        n_prefix = alt ? prefix_size : 0;
    }
    size_t zeros = prec > 0 && (size_t)prec > n ? (size_t)prec - n : 0;
    if (zeros > PY_SSIZE_T_MAX - n - 3) {
        PyErr_SetString(PyExc_OverflowError, "string too large in _PyUnicode_FormatLong");
        return NULL;
    }
    PyObject *str = PyUnicode_New((Py_ssize_t)(is_negative + n_prefix + zeros + n), 127);
    if (!str) { return NULL; }
    char *to = PyUnicode_DATA(str);
    if (is_negative) { *to++ = '-'; }
    memcpy(to, prefix, n_prefix);
    memset(to + n_prefix, '0', zeros);
    memcpy(to + n_prefix + zeros, text, n);
    if (type == 'X') {
        for (size_t i = 0; i < n_prefix + zeros + n; i++) { to[i] = Py_TOUPPER(to[i]); }
    }
    return str;
}

/* The int that %d means by value. */
static PyObject *
as_int(PyObject *value, Py_UCS4 conversion)
{
    if (PyLong_Check(value)) { return Py_NewRef(value); }
    bool hex_or_octal = conversion == 'x' || conversion == 'X' || conversion == 'o';
    if (PyNumber_Check(value)) {
        PyObject *number = hex_or_octal ? PyNumber_Index(value) : PyNumber_Long(value);
        if (number || !PyErr_ExceptionMatches(PyExc_TypeError)) { return number; }
        PyErr_Clear();
    }
    PyErr_Format(PyExc_TypeError, hex_or_octal
                 ? "%%%c format: an integer is required, not %.200s"
                 : "%%%c format: a real number is required, not %.200s",
                 (int)conversion, Py_TYPE(value)->tp_name);
    return NULL;
}

static PyObject *
int_text(PyObject *value, const percent_spec *spec)
{
    own PyObject *number = as_int(value, spec->conversion);
    if (!number) { return NULL; }
    int type = spec->conversion == 'i' || spec->conversion == 'u' ? 'd' : (int)spec->conversion;
    return _PyUnicode_FormatLong(number, spec->flags & FLAG_ALTERNATE, spec->precision, type);
}

static Py_UCS4
no_char(void)
{
    PyErr_SetString(PyExc_TypeError, "%c requires int or char");
    return (Py_UCS4)-1;
}

/* The character %c means by value, or (Py_UCS4)-1. */
static Py_UCS4
as_char(PyObject *value)
{
    if (PyUnicode_Check(value)) {
        READY_OR(value, (Py_UCS4)-1);
        return LENGTH(value) == 1 ? PyUnicode_READ_CHAR(value, 0) : no_char();
    }
    own PyObject *index = PyLong_Check(value) ? Py_NewRef(value) : PyNumber_Index(value);
    if (!index) { return no_char(); }
    int overflow;
    long ch = PyLong_AsLongAndOverflow(index, &overflow);
    if (ch == -1 && PyErr_Occurred()) { return no_char(); }
    if (overflow || ch < 0 || ch > MAX_CHAR) {
        PyErr_SetString(PyExc_OverflowError, "%c arg not in range(0x110000)");
        return (Py_UCS4)-1;
    }
    return (Py_UCS4)ch;
}

/* --- output --- */

static status
unsupported(percent_state *p, Py_UCS4 conversion)
{
    PyErr_Format(PyExc_ValueError, "unsupported format character '%c' (0x%x) at index %zd",
                 conversion >= 31 && conversion <= 126 ? (int)conversion : '?',
                 (unsigned)conversion, p->pos - 1);
    return -1;
}

/* The text of one value; numbers get *is_number set. */
static PyObject *
value_text(percent_state *p, PyObject *value, percent_spec *spec, bool *is_number)
{
    switch (spec->conversion) {
    case 's': return PyUnicode_CheckExact(value) ? Py_NewRef(value) : PyObject_Str(value);
    case 'r': return PyObject_Repr(value);
    case 'a': return PyObject_ASCII(value);
    case 'c': {
        Py_UCS4 ch = as_char(value);
        return ch == (Py_UCS4)-1 ? NULL : hob_str_char_get(ch);
    }
    case 'i': case 'd': case 'u': case 'o': case 'x': case 'X':
        *is_number = true;
        return int_text(value, spec);
    case 'e': case 'E': case 'f': case 'F': case 'g': case 'G':
        *is_number = true;
        return float_text(value, spec);
    default:
        unsupported(p, spec->conversion);
        return NULL;
    }
}

static status
fill(_PyUnicodeWriter *writer, Py_UCS4 ch, Py_ssize_t n)
{
    if (n <= 0) { return 0; }
    if (_PyUnicodeWriter_Prepare(writer, n, ch) < 0) { return -1; }
    hob_units_fill((int)writer->kind, (char *)writer->data + writer->pos * writer->kind, n, ch);
    writer->pos += n;
    return 0;
}

/* Write text[start:end] with sign and 0x prefix apart, padded to the width. */
static status
write_number(percent_state *p, PyObject *str, const percent_spec *spec)
{
    _PyUnicodeWriter *writer = &p->writer;
    text t = text_of(str);
    Py_ssize_t start = 0;
    Py_UCS4 sign = 0, first = t.n ? text_at(t, 0) : 0;
    if (first == '-' || first == '+') {
        sign = first;
        start = 1;
    }
    else if (spec->flags & FLAG_SIGN) { sign = '+'; }
    else if (spec->flags & FLAG_BLANK) { sign = ' '; }
    bool has_prefix = (spec->flags & FLAG_ALTERNATE)
        && (spec->conversion == 'x' || spec->conversion == 'X' || spec->conversion == 'o');
    Py_ssize_t n_prefix = has_prefix ? 2 : 0;
    Py_ssize_t room = spec->width - (t.n - start) - (sign != 0);
    bool zeros = spec->flags & FLAG_ZERO, left = spec->flags & FLAG_LEFT;
    if (!zeros && !left && fill(writer, ' ', room) < 0) { return -1; }
    if (sign && _PyUnicodeWriter_WriteChar(writer, sign) < 0) { return -1; }
    if (_PyUnicodeWriter_WriteSubstring(writer, str, start, start + n_prefix) < 0) {
        return -1;
    }
    if (zeros && !left && fill(writer, '0', room) < 0) { return -1; }
    if (_PyUnicodeWriter_WriteSubstring(writer, str, start + n_prefix, t.n) < 0) { return -1; }
    return left ? fill(writer, ' ', room) : 0;
}

static status
write_text(percent_state *p, PyObject *str, const percent_spec *spec)
{
    READY_OR(str, -1);
    Py_ssize_t n = LENGTH(str);
    if (spec->precision >= 0 && spec->conversion != 'c') { n = Py_MIN(n, spec->precision); }
    Py_ssize_t room = spec->width - n;
    bool left = spec->flags & FLAG_LEFT;
    if (!left && fill(&p->writer, ' ', room) < 0) { return -1; }
    if (_PyUnicodeWriter_WriteSubstring(&p->writer, str, 0, n) < 0) { return -1; }
    return left ? fill(&p->writer, ' ', room) : 0;
}

/* Write value without an intermediate str where no padding is asked for: 1, or
 * 0 when that is not for this one. */
static tri
write_directly(percent_state *p, PyObject *value, const percent_spec *spec)
{
    if (spec->flags || spec->width) { return 0; }
    switch (spec->conversion) {
    case 's':
        if (spec->precision >= 0 || !PyUnicode_CheckExact(value)) { return 0; }
        return _PyUnicodeWriter_WriteStr(&p->writer, value) < 0 ? -1 : 1;
    case 'd': case 'i': case 'u':
        if (spec->precision >= 0 || !PyLong_CheckExact(value)) { return 0; }
        return _PyLong_FormatWriter(&p->writer, value, 10, 0) < 0 ? -1 : 1;
    default:
        return 0;
    }
}

/* One directive, *pos behind its '%'. */
static status
write_directive(percent_state *p)
{
    if (p->pos < p->t.n && text_at(p->t, p->pos) == '%') {
        p->pos++;
        return _PyUnicodeWriter_WriteChar(&p->writer, '%');
    }
    percent_spec spec;
    if (parse(p, &spec) < 0) { return -1; }
    PyObject *value = next_value(p);
    if (!value) { return -1; }
    if (p->pos == p->t.n) { p->writer.overallocate = 0; }
    tri done = write_directly(p, value, &spec);
    if (done) { return done < 0 ? -1 : 0; }
    bool is_number = false;
    own PyObject *str = value_text(p, value, &spec, &is_number);
    if (!str) { return -1; }
    if (is_number) { return write_number(p, str, &spec); }
    return write_text(p, str, &spec);
}

static status
write_all(percent_state *p)
{
    while (p->pos < p->t.n) {
        text rest = {p->t.kind, text_place(p->t, p->pos), p->t.n - p->pos};
        Py_ssize_t run = hob_str_find_char(rest, '%', FIND_FORWARD);
        Py_ssize_t stop = run < 0 ? p->t.n : p->pos + run;
        if (stop == p->t.n) { p->writer.overallocate = 0; }
        if (_PyUnicodeWriter_WriteSubstring(&p->writer, p->format, p->pos, stop) < 0) {
            return -1;
        }
        p->pos = stop;
        if (p->pos == p->t.n) { break; }
        p->pos++;
        if (write_directive(p) < 0) { return -1; }
    }
    return 0;
}

PyObject *
PyUnicode_Format(PyObject *format, PyObject *args)
{
    if (!format || !args) {
        PyErr_BadInternalCall();
        return NULL;
    }
    if (hob_str_expect(format) < 0) { return NULL; }
    percent_state p = {.format = format, .t = text_of(format), .args = args, .n_args = -1,
                       .next_arg = -2};
    if (PyTuple_Check(args)) {
        p.n_args = PyTuple_GET_SIZE(args);
        p.next_arg = 0;
    }
    else if (PyMapping_Check(args) && !PyUnicode_Check(args)) { p.mapping = args; }
    _PyUnicodeWriter_Init(&p.writer);
    p.writer.min_length = p.t.n + 100;
    p.writer.overallocate = 1;
    status done = write_all(&p);
    Py_XDECREF(p.keyed);
    if (done == 0 && !p.mapping && p.next_arg < p.n_args) {
        PyErr_SetString(PyExc_TypeError,
                        "not all arguments converted during string formatting");
        done = -1;
    }
    if (done == 0) { return _PyUnicodeWriter_Finish(&p.writer); }
    _PyUnicodeWriter_Dealloc(&p.writer);
    return NULL;
}

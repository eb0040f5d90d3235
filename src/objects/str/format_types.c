/* format_types.c -- __format__ of str, int, float and complex.
 *
 * Each parses the same mini-language (format_spec.c), checks what its type
 * allows, makes plain digits, and has them laid out.
 */
#include "objects/str/format_spec.h"

#include <limits.h>

#include "objects/undeclared.h"

/* Without a spec: str(obj), or obj itself. */
static status
write_plain(_PyUnicodeWriter *writer, PyObject *obj)
{
    if (PyUnicode_CheckExact(obj)) { return _PyUnicodeWriter_WriteStr(writer, obj); }
    own PyObject *str = PyObject_Str(obj);
    return str ? _PyUnicodeWriter_WriteStr(writer, str) : -1;
}

/* --- str --- */

static status
refuse(const char *what)
{
    PyErr_SetString(PyExc_ValueError, what);
    return -1;
}

static status
check_str_spec(const format_spec *spec)
{
    if (spec->sign == ' ') { return refuse("Space not allowed in string format specifier"); }
    if (spec->sign) { return refuse("Sign not allowed in string format specifier"); }
    if (spec->no_negative_zero) {
        return refuse("Negative zero coercion (z) not allowed in string format specifier");
    }
    if (spec->alternate) {
        return refuse("Alternate form (#) not allowed in string format specifier");
    }
    if (spec->align == '=') {
        return refuse("'=' alignment not allowed in string format specifier");
    }
    return 0;
}

static status
write_str(_PyUnicodeWriter *writer, PyObject *str, const format_spec *spec)
{
    if (check_str_spec(spec) < 0) { return -1; }
    Py_ssize_t n = LENGTH(str), left, right;
    if (spec->precision >= 0 && n > spec->precision) { n = spec->precision; }
    hob_format_spec_padding(spec, n, &left, &right);
    if (left > 0 && hob_write_fill(writer, spec->fill, left) < 0) { return -1; }
    if (_PyUnicodeWriter_WriteSubstring(writer, str, 0, n) < 0) { return -1; }
    return hob_write_fill(writer, spec->fill, right);
}

int
_PyUnicode_FormatAdvancedWriter(_PyUnicodeWriter *writer, PyObject *obj, PyObject *format_spec_,
                                Py_ssize_t start, Py_ssize_t end)
{
    READY_OR(obj, -1);
    if (start == end) { return write_plain(writer, obj); }
    format_spec spec;
    if (hob_format_spec_parse(format_spec_, start, end, obj, 's', '<', &spec) < 0) {
        return -1;
    }
    if (spec.type == 's') { return write_str(writer, obj, &spec); }
    hob_format_spec_unknown(spec.type, obj);
    return -1;
}

/* --- int --- */

/* format(i, 'c'): the character, padded. */
static status
write_int_char(_PyUnicodeWriter *writer, PyObject *value, const format_spec *spec)
{
    if (spec->sign) { return refuse("Sign not allowed with integer format specifier 'c'"); }
    if (spec->alternate) {
        return refuse("Alternate form (#) not allowed with integer format specifier 'c'");
    }
    long ch = PyLong_AsLong(value);
    if (ch == -1 && PyErr_Occurred()) { return -1; }
    if (ch < 0 || ch > MAX_CHAR) {
        PyErr_SetString(PyExc_OverflowError, "%c arg not in range(0x110000)");
        return -1;
    }
    Py_ssize_t left, right;
    hob_format_spec_padding(spec, 1, &left, &right);
    if (spec->align == '=') { left = spec->width - 1; }
    if (hob_write_fill(writer, spec->fill, left) < 0
        || _PyUnicodeWriter_WriteChar(writer, (Py_UCS4)ch) < 0) { return -1; }
    return hob_write_fill(writer, spec->fill, right);
}

static status
write_int(_PyUnicodeWriter *writer, PyObject *value, const format_spec *spec)
{
    if (spec->precision != -1) {
        return refuse("Precision not allowed in integer format specifier");
    }
    if (spec->no_negative_zero) {
        return refuse("Negative zero coercion (z) not allowed in integer format specifier");
    }
    if (spec->type == 'c') { return write_int_char(writer, value, spec); }
    int base = spec->type == 'b' ? 2 : spec->type == 'o' ? 8
             : spec->type == 'x' || spec->type == 'X' ? 16 : 10;
    if (base == 10 && !spec->grouping && spec->type != 'n' && spec->width == -1
        && spec->sign != '+' && spec->sign != ' ' && !spec->alternate) {
        return _PyLong_FormatWriter(writer, value, 10, 0);
    }
    own PyObject *digits = _PyLong_Format(value, base);
    if (!digits) { return -1; }
    const char *text = PyUnicode_DATA(digits);
    number_parts number = {.prefix = "", .is_negative = *text == '-',
                           .upper = spec->type == 'X'};
    number.text = text + number.is_negative;
    number.n_digits = LENGTH(digits) - number.is_negative;
    if (base != 10) {
        if (spec->alternate) { number.prefix = base == 2 ? "0b" : base == 8 ? "0o" : "0x"; }
        number.text += 2;                       /* _PyLong_Format writes the prefix always */
        number.n_digits -= 2;
    }
    own_locale locale;
    if (hob_number_locale_get(spec, &locale) < 0) { return -1; }
    return hob_number_write(writer, spec, &number, &locale, false);
}

static status write_float(_PyUnicodeWriter *writer, double value, const format_spec *spec);

int
_PyLong_FormatAdvancedWriter(_PyUnicodeWriter *writer, PyObject *obj, PyObject *format_spec_,
                             Py_ssize_t start, Py_ssize_t end)
{
    if (start == end) {
        if (PyLong_CheckExact(obj)) { return _PyLong_FormatWriter(writer, obj, 10, 0); }
        return write_plain(writer, obj);
    }
    READY_OR(format_spec_, -1);
    format_spec spec;
    if (hob_format_spec_parse(format_spec_, start, end, obj, 'd', '>', &spec) < 0) {
        return -1;
    }
    if (spec.type < 128 && strchr("bcdoxXn", (int)spec.type)) {
        return write_int(writer, obj, &spec);
    }
    if (spec.type < 128 && strchr("eEfFgG%", (int)spec.type)) {
        own PyObject *as_float = PyNumber_Float(obj);
        return as_float ? write_float(writer, PyFloat_AS_DOUBLE(as_float), &spec) : -1;
    }
    hob_format_spec_unknown(spec.type, obj);
    return -1;
}

/* --- float --- */

enum { DEFAULT_PRECISION = 6 };

/* Take ASCII text of a float apart. */
static number_parts
float_parts(const char *text, Py_ssize_t n)
{
    number_parts number = {.prefix = "", .is_negative = *text == '-'};
    number.text = text + number.is_negative;
    n -= number.is_negative;
    while (number.n_digits < n && Py_ISDIGIT(number.text[number.n_digits])) {
        number.n_digits++;
    }
    number.has_point = number.n_digits < n && number.text[number.n_digits] == '.';
    number.n_rest = n - number.n_digits - number.has_point;
    return number;
}

static int
float_flags(const format_spec *spec)
{
    return (spec->alternate ? Py_DTSF_ALT : 0) | (spec->no_negative_zero ? Py_DTSF_NO_NEG_0
                                                  : 0);
}

static status
check_precision(const format_spec *spec)
{
    if (spec->precision <= INT_MAX) { return 0; }
    return refuse("precision too big");
}

/* The code and precision for PyOS_double_to_string; *flags gets more. */
static int
float_code(const format_spec *spec, int *precision, int *flags)
{
    *precision = (int)spec->precision;
    if (spec->type == 0) {
        *flags |= Py_DTSF_ADD_DOT_0;
        if (*precision >= 0) { return 'g'; }
        *precision = 0;
        return 'r';
    }
    if (*precision < 0) { *precision = DEFAULT_PRECISION; }
    return spec->type == 'n' ? 'g' : spec->type == '%' ? 'f' : (int)spec->type;
}

static status
write_float(_PyUnicodeWriter *writer, double value, const format_spec *spec)
{
    if (check_precision(spec) < 0) { return -1; }
    int precision, flags = float_flags(spec), code = float_code(spec, &precision, &flags);
    if (spec->type == '%') { value *= 100; }
    char *text = PyOS_double_to_string(value, (char)code, precision, flags, NULL);
    if (!text) { return -1; }
    size_t n = strlen(text);
    status done = -1;
    if (spec->type == '%') {
        char *longer = PyMem_Realloc(text, n + 2);
        if (!longer) {
            PyErr_NoMemory();
            goto done;
        }
        text = longer;
        text[n++] = '%';
        text[n] = 0;
    }
    if (spec->width == -1 && spec->sign != '+' && spec->sign != ' ' && spec->type != 'n'
        && !spec->grouping) {
        done = _PyUnicodeWriter_WriteASCIIString(writer, text, (Py_ssize_t)n);
        goto done;
    }
    number_parts number = float_parts(text, (Py_ssize_t)n);
    number_locale locale;
    done = hob_number_locale_get(spec, &locale);
    if (done == 0) { done = hob_number_write(writer, spec, &number, &locale, false); }
    hob_number_locale_drop(&locale);
done:
    PyMem_Free(text);
    return done;
}

static bool
is_float_type(Py_UCS4 type)
{
    return type == 0 || (type < 128 && strchr("eEfFgGn", (int)type));
}

int
_PyFloat_FormatAdvancedWriter(_PyUnicodeWriter *writer, PyObject *obj, PyObject *format_spec_,
                              Py_ssize_t start, Py_ssize_t end)
{
    if (start == end) { return write_plain(writer, obj); }
    READY_OR(format_spec_, -1);
    format_spec spec;
    if (hob_format_spec_parse(format_spec_, start, end, obj, 0, '>', &spec) < 0) { return -1; }
    if (is_float_type(spec.type) || spec.type == '%') {
        return write_float(writer, PyFloat_AS_DOUBLE(obj), &spec);
    }
    hob_format_spec_unknown(spec.type, obj);
    return -1;
}

/* --- complex --- */

/* Write [(] real imaginary j [)] within the spec's padding. */
static status
write_complex_parts(_PyUnicodeWriter *writer, const format_spec *spec, const char *re,
                    const char *im, bool skip_re, bool parens)
{
    own_locale locale;
    if (hob_number_locale_get(spec, &locale) < 0) { return -1; }
    format_spec part = *spec;
    part.width = -1;
    part.align = '<';
    part.fill = 0;
    number_parts re_number = float_parts(re, (Py_ssize_t)strlen(re));
    number_parts im_number = float_parts(im, (Py_ssize_t)strlen(im));
    format_spec im_part = part;
    if (!skip_re) { im_part.sign = '+'; }
    Py_UCS4 max;
    Py_ssize_t n = hob_number_length(&im_part, &im_number, &locale, &max) + 1 + 2 * parens;
    if (!skip_re) { n += hob_number_length(&part, &re_number, &locale, &max); }
    Py_ssize_t left, right;
    hob_format_spec_padding(spec, n, &left, &right);
    if (hob_write_fill(writer, spec->fill, left) < 0
        || (parens && _PyUnicodeWriter_WriteChar(writer, '(') < 0)
        || (!skip_re && hob_number_write(writer, &part, &re_number, &locale, true) < 0)
        || hob_number_write(writer, &im_part, &im_number, &locale, true) < 0
        || _PyUnicodeWriter_WriteChar(writer, 'j') < 0
        || (parens && _PyUnicodeWriter_WriteChar(writer, ')') < 0)) { return -1; }
    return hob_write_fill(writer, spec->fill, right);
}

static status
write_complex(_PyUnicodeWriter *writer, Py_complex value, const format_spec *spec)
{
    if (check_precision(spec) < 0) { return -1; }
    if (spec->fill == '0') {
        return refuse("Zero padding is not allowed in complex format specifier");
    }
    if (spec->align == '=') {
        return refuse("'=' alignment flag is not allowed in complex format specifier");
    }
    int precision, flags = float_flags(spec), code = float_code(spec, &precision, &flags);
    flags &= ~Py_DTSF_ADD_DOT_0;
    bool bare = spec->type == 0;
    bool skip_re = bare && value.real == 0.0 && copysign(1.0, value.real) == 1.0;
    char *re = PyOS_double_to_string(value.real, (char)code, precision, flags, NULL);
    char *im = re ? PyOS_double_to_string(value.imag, (char)code, precision, flags,
                                          NULL) : NULL;
    status done = -1;
    if (im) { done = write_complex_parts(writer, spec, re, im, skip_re, bare && !skip_re); }
    PyMem_Free(re);
    PyMem_Free(im);
    return done;
}

int
_PyComplex_FormatAdvancedWriter(_PyUnicodeWriter *writer, PyObject *obj, PyObject *format_spec_,
                                Py_ssize_t start, Py_ssize_t end)
{
    if (start == end) { return write_plain(writer, obj); }
    READY_OR(format_spec_, -1);
    format_spec spec;
    if (hob_format_spec_parse(format_spec_, start, end, obj, 0, '>', &spec) < 0) { return -1; }
    if (is_float_type(spec.type)) {
        return write_complex(writer, ((PyComplexObject *)obj)->cval, &spec);
    }
    hob_format_spec_unknown(spec.type, obj);
    return -1;
}

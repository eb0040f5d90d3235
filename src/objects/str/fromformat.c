/* fromformat.c -- PyUnicode_FromFormat: messages made in C.
 *
 *     % [0] [width] [.precision] [l | ll | z] conversion
 *
 * conversions   c d i u x p s  as in C (s: UTF-8, faults replaced)
 *               U str · V str or, when NULL, char * · S str() · R repr() · A ascii()
 * Holds         l, ll and z go with d, i and u only.  What is no conversion
 *               ends the formatting: it and all that follows is copied.
 */
#include "objects/str/str_int.h"

typedef struct {
    bool zero_pad;
    Py_ssize_t width, precision;        /* -1: not given */
    int longs;                          /* 0, 1 or 2 'l' */
    bool is_size;                       /* 'z' */
} directive;

/* The decimal number at *at, or -1 with an exception when it is too large. */
static Py_ssize_t
read_number(const char **at, const char *what)
{
    Py_ssize_t n = 0;
    for (; Py_ISDIGIT(**at); ++*at) {
        if (n > (PY_SSIZE_T_MAX - (**at - '0')) / 10) {
            PyErr_Format(PyExc_ValueError, "%s too big", what);
            return -1;
        }
        n = n * 10 + (**at - '0');
    }
    return n;
}

/* Parse behind the '%'; what conversion follows stays at *at. */
static status
read_directive(const char **at, directive *d)
{
    *d = (directive){false, -1, -1, 0, false};
    if (**at == '0') {
        d->zero_pad = true;
        ++*at;
    }
    if (Py_ISDIGIT(**at) && (d->width = read_number(at, "width")) < 0) { return -1; }
    if (**at == '.') {
        ++*at;
        if (Py_ISDIGIT(**at)) {
            if ((d->precision = read_number(at, "precision")) < 0) { return -1; }
        }
        if (**at == '%') { --*at; }             /* "%.3%" is no directive */
    }
    const char *modifier = *at;
    if (modifier[0] == 'l') {
        int longs = modifier[1] == 'l' ? 2 : 1;
        char conversion = modifier[longs];
        if (conversion == 'd' || conversion == 'i' || conversion == 'u') {
            d->longs = longs;
            *at += longs;
        }
    }
    else if (modifier[0] == 'z'
             && (modifier[1] == 'd' || modifier[1] == 'i' || modifier[1] == 'u')) {
        d->is_size = true;
        ++*at;
    }
    return 0;
}

/* --- writing --- */

static status
write_fill(_PyUnicodeWriter *writer, Py_UCS4 ch, Py_ssize_t n)
{
    if (n <= 0) { return 0; }
    if (_PyUnicodeWriter_Prepare(writer, n, ch) < 0) { return -1; }
    hob_units_fill(writer->kind, (char *)writer->data + writer->pos * writer->kind, n, ch);
    writer->pos += n;
    return 0;
}

static status
write_number(_PyUnicodeWriter *writer, const directive *d, const char *digits, Py_ssize_t n)
{
    Py_ssize_t precision = Py_MAX(d->precision, n), width = Py_MAX(d->width, n);
    if (d->zero_pad && width > precision) { precision = width; }
    if (write_fill(writer, ' ', width - precision) < 0
        || write_fill(writer, '0', precision - n) < 0) { return -1; }
    return _PyUnicodeWriter_WriteASCIIString(writer, digits, n);
}

/* str cut to the precision, at the right of the width. */
static status
write_str(_PyUnicodeWriter *writer, PyObject *str, const directive *d)
{
    READY_OR(str, -1);
    if (d->width == -1 && d->precision == -1) { return _PyUnicodeWriter_WriteStr(writer, str); }
    Py_ssize_t n = LENGTH(str);
    if (d->precision != -1) { n = Py_MIN(n, d->precision); }
    if (write_fill(writer, ' ', d->width - n) < 0) { return -1; }
    return _PyUnicodeWriter_WriteSubstring(writer, str, 0, n);
}

/* A C string, the precision counting bytes. */
static status
write_bytes(_PyUnicodeWriter *writer, const char *bytes, const directive *d)
{
    size_t n = d->precision == -1 ? strlen(bytes) : strnlen(bytes, (size_t)d->precision);
    if (d->width <= 0 && hob_ascii_prefix((const uint8_t *)bytes,
                                          (ptrdiff_t)n) == (ptrdiff_t)n) {
        return _PyUnicodeWriter_WriteASCIIString(writer, bytes, (Py_ssize_t)n);
    }
    own PyObject *str = PyUnicode_DecodeUTF8Stateful(bytes, (Py_ssize_t)n, "replace", NULL);
    if (!str) { return -1; }
    directive whole = *d;
    whole.precision = -1;
    return write_str(writer, str, &whole);
}

static status
write_made(_PyUnicodeWriter *writer, PyObject *(*make)(PyObject *), PyObject *object,
           const directive *d)
{
    own PyObject *str = make(object);
    return str ? write_str(writer, str, d) : -1;
}

static status
write_char(_PyUnicodeWriter *writer, int ordinal)
{
    if (ordinal < 0 || ordinal > MAX_CHAR) {
        PyErr_SetString(PyExc_OverflowError, "character argument not in range(0x110000)");
        return -1;
    }
    return _PyUnicodeWriter_WriteChar(writer, (Py_UCS4)ordinal);
}

static int
decimal_digits(unsigned long long value, bool is_negative, char *to)
{
    char reversed[24];
    int n = 0, at = 0;
    do { reversed[n++] = (char)('0' + value % 10); } while (value /= 10);
    if (is_negative) { to[at++] = '-'; }
    while (n > 0) { to[at++] = reversed[--n]; }
    return at;
}

static status
write_signed(_PyUnicodeWriter *writer, const directive *d, long long value)
{
    char digits[32];
    unsigned long long size = value < 0 ? 0ULL - (unsigned long long)value
                                        : (unsigned long long)value;
    return write_number(writer, d, digits, decimal_digits(size, value < 0, digits));
}

static status
write_unsigned(_PyUnicodeWriter *writer, const directive *d, unsigned long long value)
{
    char digits[32];
    return write_number(writer, d, digits, decimal_digits(value, false, digits));
}

static status
write_pointer(_PyUnicodeWriter *writer, const void *pointer)
{
    char text[40] = "0x";
    int n = PyOS_snprintf(text + 2, sizeof text - 2, "%p", pointer);
    const char *shown = text[2] == '0' && (text[3] == 'x' || text[3] == 'X') ? text + 2 : text;
    return _PyUnicodeWriter_WriteASCIIString(writer, shown, shown == text ? n + 2 : n);
}

typedef struct { va_list list; } arguments;

/* One conversion: 1, 0 when there is none such. */
static tri
convert(_PyUnicodeWriter *writer, char conversion, const directive *d, arguments *args)
{
    status done;
    switch (conversion) {
    case 'c':
        done = write_char(writer, va_arg(args->list, int));
        break;
    case 'd': case 'i': {
        long long value = d->longs == 2 ? va_arg(args->list, long long)
                        : d->longs ? va_arg(args->list, long)
                        : d->is_size ? va_arg(args->list, Py_ssize_t) : va_arg(args->list, int);
        done = write_signed(writer, d, value);
        break;
    }
    case 'u': {
        unsigned long long value = d->longs == 2 ? va_arg(args->list, unsigned long long)
                                 : d->longs ? va_arg(args->list, unsigned long)
                                 : d->is_size ? va_arg(args->list, size_t)
                                 : va_arg(args->list, unsigned int);
        done = write_unsigned(writer, d, value);
        break;
    }
    case 'x': {
        char digits[16];
        int n = PyOS_snprintf(digits, sizeof digits, "%x", va_arg(args->list, unsigned int));
        done = write_number(writer, d, digits, n);
        break;
    }
    case 'p': done = write_pointer(writer, va_arg(args->list, void *)); break;
    case 's': done = write_bytes(writer, va_arg(args->list, const char *), d); break;
    case 'U': done = write_str(writer, va_arg(args->list, PyObject *), d); break;
    case 'V': {
        PyObject *str = va_arg(args->list, PyObject *);
        const char *bytes = va_arg(args->list, const char *);
        done = str ? write_str(writer, str, d) : write_bytes(writer, bytes, d);
        break;
    }
    case 'S': done = write_made(writer, PyObject_Str, va_arg(args->list, PyObject *), d); break;
    case 'R': done = write_made(writer, PyObject_Repr, va_arg(args->list, PyObject *),
                                d); break;
    case 'A': done = write_made(writer, PyObject_ASCII, va_arg(args->list, PyObject *),
                                d); break;
    case '%': done = _PyUnicodeWriter_WriteChar(writer, '%'); break;
    default: return 0;
    }
    return done < 0 ? -1 : 1;
}

static status
write_plain(_PyUnicodeWriter *writer, const char *from, Py_ssize_t n)
{
    Py_ssize_t good = hob_ascii_prefix((const uint8_t *)from, n);
    if (good < n) {
        PyErr_Format(PyExc_ValueError,
                     "PyUnicode_FromFormatV() expects an ASCII-encoded format "
                     "string, got a non-ASCII byte: 0x%02x", (unsigned char)from[good]);
        return -1;
    }
    return _PyUnicodeWriter_WriteASCIIString(writer, from, n);
}

static status
format_all(_PyUnicodeWriter *writer, const char *format, arguments *args)
{
    while (*format) {
        const char *percent = strchr(format, '%');
        size_t n = percent ? (size_t)(percent - format) : strlen(format);
        if (n && write_plain(writer, format, (Py_ssize_t)n) < 0) { return -1; }
        if (!percent) { return 0; }
        const char *at = percent + 1;
        directive d;
        if (read_directive(&at, &d) < 0) { return -1; }
        tri done = convert(writer, *at, &d, args);
        if (done < 0) { return -1; }
        if (!done) {
            return _PyUnicodeWriter_WriteLatin1String(writer, percent,
                                                      (Py_ssize_t)strlen(percent));
        }
        format = at + 1;
    }
    return 0;
}

/* --- public API --- */

PyObject *
PyUnicode_FromFormatV(const char *format, va_list vargs)
{
    _PyUnicodeWriter writer;
    _PyUnicodeWriter_Init(&writer);
    writer.min_length = (Py_ssize_t)strlen(format) + 100;
    writer.overallocate = 1;
    arguments args;
    va_copy(args.list, vargs);
    status done = format_all(&writer, format, &args);
    va_end(args.list);
    if (done == 0) { return _PyUnicodeWriter_Finish(&writer); }
    _PyUnicodeWriter_Dealloc(&writer);
    return NULL;
}

PyObject *
PyUnicode_FromFormat(const char *format, ...)
{
    va_list vargs;
    va_start(vargs, format);
    PyObject *str = PyUnicode_FromFormatV(format, vargs);
    va_end(vargs);
    return str;
}

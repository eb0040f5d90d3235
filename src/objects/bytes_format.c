/* bytes_format.c -- bytes % args, and PyBytes_FromFormat. */
#include "objects/bytes.h"

#include "memory/own.h"
#include "objects/ids.h"
#include "objects/special.h"

/* --- bytes % args (PEP 461) --- */

enum { F_LEFT = 1, F_SIGN = 2, F_BLANK = 4, F_ALT = 8, F_ZERO = 16 };

typedef struct formatter {
    const char *at;             /* in the format */
    Py_ssize_t left;            /* bytes of it still to read */
    const char *start;
    PyObject *args;             /* borrowed: tuple, or the only argument */
    Py_ssize_t next_arg;        /* -1: args is the only one; -2: and has been used */
    Py_ssize_t n_args;
    PyObject *mapping;          /* borrowed; NULL when args is none */
    PyObject *held;             /* owned: the value of the last %(key), which args is then */
    _PyBytesWriter writer;
    char *to;
} formatter;

typedef struct spec {
    int flags;
    Py_ssize_t width;           /* -1: none */
    int precision;              /* -1: none */
    char code;
} spec;

static BORROWED PyObject *
next_arg(formatter *f)
{
    if (f->n_args < 0 && f->next_arg == -1) {
        f->next_arg = -2;
        return f->args;
    }
    if (f->n_args >= 0 && f->next_arg < f->n_args) {
        return PyTuple_GET_ITEM(f->args, f->next_arg++);
    }
    PyErr_SetString(PyExc_TypeError, "not enough arguments for format string");
    return NULL;
}

/* %(key): take the value from the mapping. */
static status
read_key(formatter *f)
{
    if (!f->mapping) {
        PyErr_SetString(PyExc_TypeError, "format requires a mapping");
        return -1;
    }
    const char *key = ++f->at;
    f->left--;
    int depth = 1;
    while (depth > 0 && --f->left >= 0) {
        depth += (*f->at == '(') - (*f->at == ')');
        f->at++;
    }
    if (depth > 0 || f->left < 0) {
        PyErr_SetString(PyExc_ValueError, "incomplete format key");
        return -1;
    }
    own PyObject *name = PyBytes_FromStringAndSize(key, f->at - key - 1);
    if (!name) { return -1; }
    Py_XSETREF(f->held, PyObject_GetItem(f->mapping, name));
    f->args = f->held;                              /* the only argument from now on */
    f->next_arg = f->held ? -1 : -2;
    f->n_args = -1;
    return f->held ? 0 : -1;
}

static bool
read_char(formatter *f, char *c)
{
    if (--f->left < 0) { return false; }
    *c = *f->at++;
    return true;
}

/* A number or a star; *c is its first character and becomes the one behind it. */
static status
read_number(formatter *f, char *c, Py_ssize_t *value, Py_ssize_t max, const char *name)
{
    if (*c == '*') {
        PyObject *arg = next_arg(f);
        if (!arg) { return -1; }
        if (!PyLong_Check(arg)) {
            PyErr_SetString(PyExc_TypeError, "* wants int");
            return -1;
        }
        *value = max == INT_MAX ? _PyLong_AsInt(arg) : PyLong_AsSsize_t(arg);
        if (*value == -1 && PyErr_Occurred()) { return -1; }
        if (!read_char(f, c)) { *c = '\0'; }
        return 0;
    }
    *value = 0;
    while (Py_ISDIGIT((unsigned char)*c)) {
        int digit = *c - '0';
        if (*value > (max - digit) / 10) {
            PyErr_Format(PyExc_ValueError, "%s too big", name);
            return -1;
        }
        *value = *value * 10 + digit;
        if (!read_char(f, c)) {
            *c = '\0';
            break;
        }
    }
    return 0;
}

/* Flags, width, precision, length modifier and code, behind the % and key. */
static status
read_spec(formatter *f, spec *s)
{
    static const char flags[] = "-+ #0";
    *s = (spec){0, -1, -1, 0};
    char c = '\0';
    const char *flag;
    while (read_char(f, &c) && (flag = strchr(flags, c)) && c) {
        s->flags |= 1 << (flag - flags);
        c = '\0';
    }
    if (c == '*' || Py_ISDIGIT((unsigned char)c)) {
        if (read_number(f, &c, &s->width, PY_SSIZE_T_MAX, "width") < 0) { return -1; }
        if (s->width < 0) {
            s->flags |= F_LEFT;
            s->width = -s->width;
        }
    }
    if (c == '.') {
        Py_ssize_t precision = 0;
        c = '\0';
        if (read_char(f, &c) && (c == '*' || Py_ISDIGIT((unsigned char)c))
                && read_number(f, &c, &precision, INT_MAX, "prec") < 0) {
            return -1;
        }
        s->precision = precision < 0 ? 0 : (int)precision;
    }
    if (c == 'h' || c == 'l' || c == 'L') {
        c = '\0';
        read_char(f, &c);
    }
    if (f->left < 0) {
        PyErr_SetString(PyExc_ValueError, "incomplete format");
        return -1;
    }
    s->code = c;
    return 0;
}

/* The text of one argument. */
typedef struct piece {
    const char *text;
    Py_ssize_t n;
    PyObject *owner;            /* what keeps text alive, or */
    Py_buffer view;             /* view.obj is not NULL, or */
    char *memory;               /* PyMem, or NULL */
    char byte;
    bool is_number;
} piece;

static void
drop_piece(piece *p)
{
    Py_XDECREF(p->owner);
    if (p->view.obj) { PyBuffer_Release(&p->view); }
    PyMem_Free(p->memory);
}

static status
take_ascii(piece *p, STOLEN PyObject *text)
{
    p->owner = text;
    if (!text) { return -1; }
    p->text = PyUnicode_AsUTF8AndSize(text, &p->n);
    return p->text ? 0 : -1;
}

static status
format_bytes(piece *p, PyObject *arg)
{
    if (PyBytes_Check(arg) || PyByteArray_Check(arg)) {
        p->owner = Py_NewRef(arg);
        p->text = hob_bytes_data(arg);
        p->n = Py_SIZE(arg);
        return 0;
    }
    PyObject *method = hob_special_get(arg, ID(__bytes__));
    if (method) {
        p->owner = PyObject_CallNoArgs(method);
        Py_DECREF(method);
        if (!p->owner) { return -1; }
        if (!PyBytes_Check(p->owner)) {
            PyErr_Format(PyExc_TypeError, "__bytes__ returned non-bytes (type %.200s)",
                         Py_TYPE(p->owner)->tp_name);
            return -1;
        }
        p->text = PyBytes_AS_STRING(p->owner);
        p->n = PyBytes_GET_SIZE(p->owner);
        return 0;
    }
    if (PyErr_Occurred()) { return -1; }
    if (PyObject_CheckBuffer(arg)) {
        if (PyObject_GetBuffer(arg, &p->view, PyBUF_FULL_RO) < 0) { return -1; }
        if (PyBuffer_IsContiguous(&p->view, 'C')) {
            p->text = p->view.buf;
            p->n = p->view.len;
            return 0;
        }
        p->owner = PyBytes_FromStringAndSize(NULL, p->view.len);
        if (!p->owner) { return -1; }
        p->text = PyBytes_AS_STRING(p->owner);
        p->n = p->view.len;
        return PyBuffer_ToContiguous(PyBytes_AS_STRING(p->owner), &p->view, p->view.len, 'C');
    }
    PyErr_Format(PyExc_TypeError,
                 "%%b requires a bytes-like object, or an object that implements __bytes__, "
                 "not '%.100s'", Py_TYPE(arg)->tp_name);
    return -1;
}

static status
format_byte(piece *p, PyObject *arg)
{
    p->text = &p->byte;
    p->n = 1;
    if ((PyBytes_Check(arg) || PyByteArray_Check(arg)) && Py_SIZE(arg) == 1) {
        p->byte = hob_bytes_data(arg)[0];
        return 0;
    }
    if (!PyBytes_Check(arg) && !PyByteArray_Check(arg) && PyIndex_Check(arg)) {
        int overflow;
        long value = PyLong_AsLongAndOverflow(arg, &overflow);
        if (value == -1 && PyErr_Occurred()) { return -1; }
        if (overflow || value < 0 || value > 255) {
            PyErr_SetString(PyExc_OverflowError, "%c arg not in range(256)");
            return -1;
        }
        p->byte = (char)value;
        return 0;
    }
    PyErr_SetString(PyExc_TypeError, "%c requires an integer in range(256) or a single byte");
    return -1;
}

static status
format_int(piece *p, PyObject *arg, spec *s)
{
    char code = s->code == 'i' || s->code == 'u' ? 'd' : s->code;
    own PyObject *number = NULL;
    if (PyLong_Check(arg)) { number = Py_NewRef(arg); }
    else if (PyNumber_Check(arg)) {
        number = code == 'd' ? PyNumber_Long(arg) : PyNumber_Index(arg);
        if (!number && !PyErr_ExceptionMatches(PyExc_TypeError)) { return -1; }
    }
    if (!number) {
        PyErr_Format(PyExc_TypeError, "%%%c format: %s is required, not %.200s", code,
                     code == 'd' ? "a real number" : "an integer", Py_TYPE(arg)->tp_name);
        return -1;
    }
    p->is_number = true;
    return take_ascii(p, _PyUnicode_FormatLong(number, s->flags & F_ALT, s->precision, code));
}

static status
format_float(piece *p, PyObject *arg, spec *s)
{
    double value = PyFloat_AsDouble(arg);
    if (value == -1.0 && PyErr_Occurred()) {
        if (PyErr_ExceptionMatches(PyExc_TypeError)) {
            PyErr_Format(PyExc_TypeError, "float argument required, not %.200s",
                         Py_TYPE(arg)->tp_name);
        }
        return -1;
    }
    p->is_number = true;
    p->memory = PyOS_double_to_string(value, s->code, s->precision < 0 ? 6 : s->precision,
                                      s->flags & F_ALT ? Py_DTSF_ALT : 0, NULL);
    if (!p->memory) { return -1; }
    p->text = p->memory;
    p->n = (Py_ssize_t)strlen(p->text);
    return 0;
}

static status
format_arg(formatter *f, piece *p, PyObject *arg, spec *s)
{
    switch (s->code) {
    case 'a': case 'r': {
        if (take_ascii(p, PyObject_ASCII(arg)) < 0) { return -1; }
        break;
    }
    case 's': case 'b':
        if (format_bytes(p, arg) < 0) { return -1; }
        break;
    case 'c':
        return format_byte(p, arg);
    case 'd': case 'i': case 'u': case 'o': case 'x': case 'X':
        return format_int(p, arg, s);
    case 'e': case 'E': case 'f': case 'F': case 'g': case 'G':
        return format_float(p, arg, s);
    default:
        PyErr_Format(PyExc_ValueError, "unsupported format character '%c' (0x%x) at index %zd",
                     s->code, s->code, (Py_ssize_t)(f->at - 1 - f->start));
        return -1;
    }
    if (s->precision >= 0 && p->n > s->precision) { p->n = s->precision; }
    return 0;
}

/* Write a piece with its sign, prefix and padding. */
static status
put_piece(formatter *f, piece *p, spec *s)
{
    const char *text = p->text;
    Py_ssize_t n = p->n;
    char sign = '\0';
    int n_prefix = 0;           /* 0x and the like */
    if (p->is_number) {
        if (n && (*text == '-' || *text == '+')) {
            sign = *text++;
            n--;
        }
        else if (s->flags & F_SIGN) { sign = '+'; }
        else if (s->flags & F_BLANK) { sign = ' '; }
        bool has_prefix = s->flags & F_ALT
            && (s->code == 'x' || s->code == 'X' || s->code == 'o');
        n_prefix = has_prefix ? 2 : 0;
    }
    Py_ssize_t size = n + (sign != '\0');
    Py_ssize_t padding = s->width > size ? s->width - size : 0;
    bool zeros = p->is_number && s->flags & F_ZERO && !(s->flags & F_LEFT);

    char *to = _PyBytesWriter_Prepare(&f->writer, f->to, size + padding);
    if (!to) { return -1; }
    if (!zeros && !(s->flags & F_LEFT)) {
        memset(to, ' ', padding);
        to += padding;
    }
    if (sign) { *to++ = sign; }
    memcpy(to, text, n_prefix);
    to += n_prefix;
    if (zeros) {
        memset(to, '0', padding);
        to += padding;
    }
    memcpy(to, text + n_prefix, n - n_prefix);
    to += n - n_prefix;
    if (s->flags & F_LEFT) {
        memset(to, ' ', padding);
        to += padding;
    }
    f->to = to;
    return 0;
}

/* One conversion, behind its %. */
static status
convert(formatter *f)
{
    if (f->left > 0 && *f->at == '(' && read_key(f) < 0) { return -1; }
    spec s;
    if (read_spec(f, &s) < 0) { return -1; }
    PyObject *arg = next_arg(f);
    if (!arg) { return -1; }
    own PyObject *kept = Py_NewRef(arg);
    piece p = {.owner = NULL};
    status done = format_arg(f, &p, kept, &s);
    if (done == 0) { done = put_piece(f, &p, &s); }
    drop_piece(&p);
    return done;
}

static status
run_format(formatter *f)
{
    while (f->left > 0) {
        const char *percent = memchr(f->at, '%', f->left);
        Py_ssize_t n = percent ? percent - f->at : f->left;
        f->to = _PyBytesWriter_WriteBytes(&f->writer, f->to, f->at, n);
        if (!f->to) { return -1; }
        f->at += n;
        f->left -= n;
        if (!percent) { break; }
        f->at++;
        f->left--;
        if (f->left > 0 && *f->at == '%') {
            f->to = _PyBytesWriter_WriteBytes(&f->writer, f->to, "%", 1);
            if (!f->to) { return -1; }
            f->at++;
            f->left--;
            continue;
        }
        if (convert(f) < 0) { return -1; }
    }
    bool all_used = f->n_args >= 0 ? f->next_arg >= f->n_args : f->next_arg == -2;
    if (!all_used && !f->mapping) {
        PyErr_SetString(PyExc_TypeError, "not all arguments converted during bytes formatting");
        return -1;
    }
    return 0;
}

PyObject *
_PyBytes_FormatEx(const char *format, Py_ssize_t n, PyObject *args, int use_bytearray)
{
    if (!format || !args) {
        PyErr_BadInternalCall();
        return NULL;
    }
    bool is_tuple = PyTuple_Check(args);
    bool is_mapping = PyMapping_Check(args) && !is_tuple && !PyBytes_Check(args)
                      && !PyUnicode_Check(args) && !PyByteArray_Check(args);
    formatter f = {
        .at = format, .left = n, .start = format, .args = args,
        .next_arg = is_tuple ? 0 : -1, .n_args = is_tuple ? PyTuple_GET_SIZE(args) : -1,
        .mapping = is_mapping ? args : NULL,
    };
    _PyBytesWriter_Init(&f.writer);
    f.writer.use_bytearray = use_bytearray;
    f.to = _PyBytesWriter_Alloc(&f.writer, 0);
    f.writer.overallocate = !use_bytearray;
    status done = f.to ? run_format(&f) : -1;
    Py_XDECREF(f.held);
    if (done < 0) {
        _PyBytesWriter_Dealloc(&f.writer);
        return NULL;
    }
    return _PyBytesWriter_Finish(&f.writer, f.to);
}

/* --- PyBytes_FromFormat --- */

typedef struct c_spec {
    Py_ssize_t precision;       /* -1: none */
    bool is_long;
    bool is_size;
    char code;
} c_spec;

static const char *
read_c_spec(const char *at, c_spec *s)
{
    *s = (c_spec){.precision = -1};
    while (Py_ISDIGIT((unsigned char)*at)) { at++; }        /* a width says nothing */
    if (*at == '.') {
        s->precision = 0;
        for (at++; Py_ISDIGIT((unsigned char)*at); at++) {
            s->precision = s->precision * 10 + (*at - '0');
        }
    }
    while (*at && *at != '%' && !Py_ISALPHA((unsigned char)*at)) { at++; }
    if (*at == 'l' && (at[1] == 'd' || at[1] == 'u')) {
        s->is_long = true;
        at++;
    }
    else if (*at == 'z' && (at[1] == 'd' || at[1] == 'u')) {
        s->is_size = true;
        at++;
    }
    s->code = *at;
    return at;
}

/* Text of one C argument in buffer, or where it lies already; NULL: unknown code. */
static const char *
format_c_arg(c_spec *s, va_list *args, char *buffer, size_t size, Py_ssize_t *n)
{
    switch (s->code) {
    case 'c': {
        int c = va_arg(*args, int);
        if (c < 0 || c > 255) {
            PyErr_SetString(PyExc_OverflowError, "PyBytes_FromFormatV(): "
                            "%c format expects an integer in range [0; 255]");
            return NULL;
        }
        buffer[0] = (char)c;
        *n = 1;
        return buffer;
    }
    case 'd': case 'i':
        if (s->is_long) { snprintf(buffer, size, "%ld", va_arg(*args, long)); }
        else if (s->is_size) { snprintf(buffer, size, "%zd", va_arg(*args, Py_ssize_t)); }
        else { snprintf(buffer, size, "%d", va_arg(*args, int)); }
        break;
    case 'u':
        if (s->is_long) { snprintf(buffer, size, "%lu", va_arg(*args, unsigned long)); }
        else if (s->is_size) { snprintf(buffer, size, "%zu", va_arg(*args, size_t)); }
        else { snprintf(buffer, size, "%u", va_arg(*args, unsigned)); }
        break;
    case 'x':
        snprintf(buffer, size, "%x", va_arg(*args, int));
        break;
    case 'p':
        snprintf(buffer, size, "0x%lx", (unsigned long)va_arg(*args, void *));
        break;
    case 's': {
        const char *text = va_arg(*args, const char *);
        *n = (Py_ssize_t)(s->precision < 0 ? strlen(text) : strnlen(text, s->precision));
        return text;
    }
    case '%':
        buffer[0] = '%';
        *n = 1;
        return buffer;
    default:
        return NULL;
    }
    *n = (Py_ssize_t)strlen(buffer);
    return buffer;
}

PyObject *
PyBytes_FromFormatV(const char *format, va_list given)
{
    va_list args;
    va_copy(args, given);
    _PyBytesWriter writer;
    _PyBytesWriter_Init(&writer);
    char *to = _PyBytesWriter_Alloc(&writer, 0);
    writer.overallocate = 1;
    while (to && *format) {
        const char *percent = strchrnul(format, '%');
        to = _PyBytesWriter_WriteBytes(&writer, to, format, percent - format);
        if (!to || !*percent) { break; }
        c_spec s;
        char buffer[32];
        Py_ssize_t n;
        format = read_c_spec(percent + 1, &s);
        const char *text = format_c_arg(&s, &args, buffer, sizeof buffer, &n);
        if (text) {
            to = _PyBytesWriter_WriteBytes(&writer, to, text, n);
            format++;
            continue;
        }
        if (PyErr_Occurred()) { to = NULL; break; }
        /* not a code: the rest is text */
        to = _PyBytesWriter_WriteBytes(&writer, to, percent, (Py_ssize_t)strlen(percent));
        break;
    }
    va_end(args);
    if (!to) {
        _PyBytesWriter_Dealloc(&writer);
        return NULL;
    }
    return _PyBytesWriter_Finish(&writer, to);
}

PyObject *
PyBytes_FromFormat(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    PyObject *result = PyBytes_FromFormatV(format, args);
    va_end(args);
    return result;
}

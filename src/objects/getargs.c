/* getargs.c -- PyArg_Parse and PyArg_ParseTuple: values by a format string.
 *
 * Layout     every format character is a unit in a table: a function that
 *            converts one value into the destinations it takes off the
 *            va_list, and how many destinations it has when it is skipped.
 * Holds      on failure everything a unit acquired is released again: units
 *            note it in the parse's cleanups.
 * Next       getargs_keywords.c; the generated way is tools/gen/bind.py
 */
#include "objects/getargs_int.h"

#include "memory/own.h"
#include "objects/getargs.h"

#include <ctype.h>
#include <float.h>
#include <limits.h>
#include <wchar.h>

#define DEST(p, type) va_arg(*(p)->va, type)

/* --- cleanups --- */

bool
args_parse_init(args_parse *p, const char *format, va_list *va, int flags, int n_max)
{
    p->format = format;
    p->va = va;
    p->flags = flags;
    p->levels[0] = 0;
    p->n_cleanups = 0;
    p->cleanups = p->first_cleanups;
    if (n_max <= ARGS_CLEANUPS) { return true; }
    p->cleanups = PyMem_New(args_cleanup, n_max);
    if (p->cleanups) { return true; }
    PyErr_NoMemory();
    return false;
}

int
args_parse_end(args_parse *p, int result)
{
    if (!result) {
        for (int i = 0; i < p->n_cleanups; i++) {
            p->cleanups[i].undo(NULL, p->cleanups[i].what);
        }
    }
    if (p->cleanups != p->first_cleanups) { PyMem_Free(p->cleanups); }
    return result;
}

static void
undo_with(args_parse *p, void *what, int (*undo)(PyObject *, void *))
{
    p->cleanups[p->n_cleanups++] = (args_cleanup){what, undo};
}

static int
undo_memory(PyObject *unused, void *what)
{
    void **slot = what;
    PyMem_Free(*slot);
    *slot = NULL;
    return 0;
}

static int
undo_buffer(PyObject *unused, void *what)
{
    PyBuffer_Release(what);
    return 0;
}

/* --- what is wrong --- */

/* "must be EXPECTED, not TYPE"; an EXPECTED in parentheses stands alone. */
static const char *
wrong(args_parse *p, PyObject *arg, const char *expected)
{
    if (expected[0] == '(') {
        snprintf(p->message, sizeof p->message, "%.100s", expected);
    }
    else {
        snprintf(p->message, sizeof p->message, "must be %.50s, not %.50s", expected,
                 arg == Py_None ? "None" : Py_TYPE(arg)->tp_name);
    }
    return p->message;
}

/* An exception is pending and says it all. */
static const char *
raised(args_parse *p)
{
    p->message[0] = '\0';
    return p->message;
}

void
args_set_error(args_parse *p, Py_ssize_t iarg, const char *what, const char *fname,
               const char *custom)
{
    if (PyErr_Occurred()) { return; }
    char text[512];
    if (!custom) {
        size_t n = 0;
        if (fname) { n = (size_t)snprintf(text, sizeof text, "%.200s() ", fname); }
        n += (size_t)snprintf(text + n, sizeof text - n, "argument");
        if (iarg != 0) {
            n += (size_t)snprintf(text + n, sizeof text - n, " %" PY_FORMAT_SIZE_T "d", iarg);
            for (int i = 0; i < ARGS_LEVELS && p->levels[i] > 0 && n < 220; i++) {
                n += (size_t)snprintf(text + n, sizeof text - n, ", item %d", p->levels[i] - 1);
            }
        }
        snprintf(text + n, sizeof text - n, " %.256s", what);
        custom = text;
    }
    PyErr_SetString(what[0] == '(' ? PyExc_SystemError : PyExc_TypeError, custom);
}

/* --- numbers --- */

/* A long within low .. high; the texts of the two errors differ by type. */
static bool
ranged(PyObject *arg, long low, long high, const char *kind, long *out)
{
    *out = PyLong_AsLong(arg);
    if (*out == -1 && PyErr_Occurred()) { return false; }
    if (*out >= low && *out <= high) { return true; }
    PyErr_Format(PyExc_OverflowError, *out < low ? "%s integer is less than minimum"
                                                 : "%s integer is greater than maximum", kind);
    return false;
}

#define UNIT_RANGED(name, ctype, low, high, kind)                               \
    static const char *                                                         \
    unit_##name(args_parse *p, PyObject *arg)                                   \
    {                                                                           \
        ctype *out = DEST(p, ctype *);                                          \
        long value;                                                             \
        if (!ranged(arg, low, high, kind, &value)) { return raised(p); }        \
        *out = (ctype)value;                                                    \
        return NULL;                                                            \
    }
UNIT_RANGED(b, unsigned char, 0, UCHAR_MAX, "unsigned byte")
UNIT_RANGED(h, short, SHRT_MIN, SHRT_MAX, "signed short")
UNIT_RANGED(i, int, INT_MIN, INT_MAX, "signed")
#undef UNIT_RANGED

#define UNIT_NUMBER(name, ctype, source, convert)                               \
    static const char *                                                         \
    unit_##name(args_parse *p, PyObject *arg)                                   \
    {                                                                           \
        ctype *out = DEST(p, ctype *);                                          \
        source value = convert(arg);                                            \
        if (value == (source)-1 && PyErr_Occurred()) { return raised(p); }      \
        *out = (ctype)value;                                                    \
        return NULL;                                                            \
    }
UNIT_NUMBER(B, unsigned char, unsigned long, PyLong_AsUnsignedLongMask)
UNIT_NUMBER(H, unsigned short, unsigned long, PyLong_AsUnsignedLongMask)
UNIT_NUMBER(I, unsigned int, unsigned long, PyLong_AsUnsignedLongMask)
UNIT_NUMBER(l, long, long, PyLong_AsLong)
UNIT_NUMBER(L, long long, long long, PyLong_AsLongLong)
UNIT_NUMBER(f, float, double, PyFloat_AsDouble)
UNIT_NUMBER(d, double, double, PyFloat_AsDouble)
#undef UNIT_NUMBER

static const char *
unit_k(args_parse *p, PyObject *arg)
{
    unsigned long *out = DEST(p, unsigned long *);
    if (!PyLong_Check(arg)) { return wrong(p, arg, "int"); }
    *out = PyLong_AsUnsignedLongMask(arg);
    return NULL;
}

static const char *
unit_n(args_parse *p, PyObject *arg)
{
    Py_ssize_t *out = DEST(p, Py_ssize_t *);
    own PyObject *index = _PyNumber_Index(arg);
    if (!index) { return raised(p); }
    Py_ssize_t value = PyLong_AsSsize_t(index);
    if (value == -1 && PyErr_Occurred()) { return raised(p); }
    *out = value;
    return NULL;
}

static const char *
unit_D(args_parse *p, PyObject *arg)
{
    Py_complex *out = DEST(p, Py_complex *);
    Py_complex value = PyComplex_AsCComplex(arg);
    if (PyErr_Occurred()) { return raised(p); }
    *out = value;
    return NULL;
}

static const char *
unit_p(args_parse *p, PyObject *arg)
{
    int *out = DEST(p, int *);
    int truth = PyObject_IsTrue(arg);
    if (truth < 0) { return raised(p); }
    *out = truth > 0;
    return NULL;
}

/* --- single characters --- */

static const char *
unit_c(args_parse *p, PyObject *arg)
{
    char *out = DEST(p, char *);
    if (PyBytes_Check(arg) && PyBytes_GET_SIZE(arg) == 1) {
        *out = PyBytes_AS_STRING(arg)[0];
        return NULL;
    }
    if (PyByteArray_Check(arg) && PyByteArray_GET_SIZE(arg) == 1) {
        *out = PyByteArray_AS_STRING(arg)[0];
        return NULL;
    }
    return wrong(p, arg, "a byte string of length 1");
}

static const char *
unit_C(args_parse *p, PyObject *arg)
{
    int *out = DEST(p, int *);
    if (!PyUnicode_Check(arg)) { return wrong(p, arg, "a unicode character"); }
    if (PyUnicode_READY(arg) < 0) { return raised(p); }
    if (PyUnicode_GET_LENGTH(arg) != 1) { return wrong(p, arg, "a unicode character"); }
    *out = (int)PyUnicode_READ_CHAR(arg, 0);
    return NULL;
}

/* --- buffers and C strings --- */

/* A contiguous buffer of arg, or what is wrong. */
static const char *
get_buffer(PyObject *arg, Py_buffer *view)
{
    if (PyObject_GetBuffer(arg, view, PyBUF_SIMPLE) != 0) { return "bytes-like object"; }
    if (PyBuffer_IsContiguous(view, 'C')) { return NULL; }
    PyBuffer_Release(view);
    return "contiguous buffer";
}

/* The memory of a buffer that needs no release. */
static const char *
read_only_memory(PyObject *arg, const void **out, Py_ssize_t *size)
{
    *out = NULL;
    PyBufferProcs *procs = Py_TYPE(arg)->tp_as_buffer;
    if (procs && procs->bf_releasebuffer) { return "read-only bytes-like object"; }
    Py_buffer view;
    const char *what = get_buffer(arg, &view);
    if (what) { return what; }
    *out = view.buf;
    *size = view.len;
    PyBuffer_Release(&view);
    return NULL;
}

static const char *
need_size_t(args_parse *p)
{
    if (p->flags & ARGS_SIZE_T) { return NULL; }
    PyErr_SetString(PyExc_SystemError,
                    "PY_SSIZE_T_CLEAN macro must be defined for '#' formats");
    return raised(p);
}

static bool
next_is(args_parse *p, char c)
{
    if (*p->format != c) { return false; }
    p->format++;
    return true;
}

static const char *
unit_y(args_parse *p, PyObject *arg)
{
    if (next_is(p, '*')) {
        Py_buffer *view = DEST(p, Py_buffer *);
        const char *what = get_buffer(arg, view);
        if (what) { return wrong(p, arg, what); }
        undo_with(p, view, undo_buffer);
        return NULL;
    }
    const void **out = DEST(p, const void **);
    Py_ssize_t size;
    const char *what = read_only_memory(arg, out, &size);
    if (what) { return wrong(p, arg, what); }
    if (next_is(p, '#')) {
        const char *bad = need_size_t(p);
        if (bad) { return bad; }
        *DEST(p, Py_ssize_t *) = size;
        return NULL;
    }
    if (strlen(*out) == (size_t)size) { return NULL; }
    PyErr_SetString(PyExc_ValueError, "embedded null byte");
    return raised(p);
}

/* s* and z*: a Py_buffer of text (as UTF-8) or bytes. */
static const char *
text_view(args_parse *p, PyObject *arg, bool none_ok)
{
    Py_buffer *view = DEST(p, Py_buffer *);
    if (none_ok && arg == Py_None) {
        PyBuffer_FillInfo(view, NULL, NULL, 0, 1, 0);
    }
    else if (PyUnicode_Check(arg)) {
        Py_ssize_t size;
        const char *text = PyUnicode_AsUTF8AndSize(arg, &size);
        if (!text) { return wrong(p, arg, "(unicode conversion error)"); }
        PyBuffer_FillInfo(view, arg, (void *)text, size, 1, 0);
    }
    else {
        const char *what = get_buffer(arg, view);
        if (what) { return wrong(p, arg, what); }
    }
    undo_with(p, view, undo_buffer);
    return NULL;
}

/* s# and z#: text (as UTF-8) or read-only bytes, with the size. */
static const char *
text_sized(args_parse *p, PyObject *arg, bool none_ok)
{
    const void **out = DEST(p, const void **);
    const char *bad = need_size_t(p);
    if (bad) { return bad; }
    Py_ssize_t *size = DEST(p, Py_ssize_t *);
    if (none_ok && arg == Py_None) {
        *out = NULL;
        *size = 0;
        return NULL;
    }
    if (PyUnicode_Check(arg)) {
        const char *text = PyUnicode_AsUTF8AndSize(arg, size);
        if (!text) { return wrong(p, arg, "(unicode conversion error)"); }
        *out = text;
        return NULL;
    }
    const char *what = read_only_memory(arg, out, size);
    return what ? wrong(p, arg, what) : NULL;
}

static const char *
text_unit(args_parse *p, PyObject *arg, bool none_ok)
{
    if (next_is(p, '*')) { return text_view(p, arg, none_ok); }
    if (next_is(p, '#')) { return text_sized(p, arg, none_ok); }
    const char **out = DEST(p, const char **);
    if (none_ok && arg == Py_None) {
        *out = NULL;
        return NULL;
    }
    if (!PyUnicode_Check(arg)) { return wrong(p, arg, none_ok ? "str or None" : "str"); }
    Py_ssize_t size;
    const char *text = PyUnicode_AsUTF8AndSize(arg, &size);
    if (!text) { return wrong(p, arg, "(unicode conversion error)"); }
    if (strlen(text) != (size_t)size) {
        PyErr_SetString(PyExc_ValueError, "embedded null character");
        return raised(p);
    }
    *out = text;
    return NULL;
}

static const char *
unit_s(args_parse *p, PyObject *arg)
{
    return text_unit(p, arg, false);
}

static const char *
unit_z(args_parse *p, PyObject *arg)
{
    return text_unit(p, arg, true);
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

/* u u# Z Z#: text as Py_UNICODE. */
static const char *
wide_unit(args_parse *p, PyObject *arg, char c)
{
    if (PyErr_WarnFormat(PyExc_DeprecationWarning, 1,
                         "getargs: The '%c' format is deprecated. Use 'U' instead.", c) < 0) {
        return raised(p);
    }
    Py_UNICODE **out = DEST(p, Py_UNICODE **);
    Py_ssize_t size, *size_out = NULL;
    if (next_is(p, '#')) {
        const char *bad = need_size_t(p);
        if (bad) { return bad; }
        size_out = DEST(p, Py_ssize_t *);
    }
    if (c == 'Z' && arg == Py_None) {
        *out = NULL;
        if (size_out) { *size_out = 0; }
        return NULL;
    }
    if (!PyUnicode_Check(arg)) { return wrong(p, arg, c == 'Z' ? "str or None" : "str"); }
    *out = PyUnicode_AsUnicodeAndSize(arg, &size);
    if (!*out) { return raised(p); }
    if (size_out) {
        *size_out = size;
        return NULL;
    }
    if (wcslen(*out) == (size_t)size) { return NULL; }
    PyErr_SetString(PyExc_ValueError, "embedded null character");
    return raised(p);
}
#pragma GCC diagnostic pop

static const char *
unit_u(args_parse *p, PyObject *arg)
{
    return wide_unit(p, arg, 'u');
}

static const char *
unit_Z(args_parse *p, PyObject *arg)
{
    return wide_unit(p, arg, 'Z');
}

static const char *
unit_w(args_parse *p, PyObject *arg)
{
    if (!next_is(p, '*')) { return wrong(p, arg, "(invalid use of 'w' format character)"); }
    Py_buffer *view = DEST(p, Py_buffer *);
    if (PyObject_GetBuffer(arg, view, PyBUF_WRITABLE) < 0) {
        PyErr_Clear();
        return wrong(p, arg, "read-write bytes-like object");
    }
    if (!PyBuffer_IsContiguous(view, 'C')) {
        PyBuffer_Release(view);
        return wrong(p, arg, "contiguous buffer");
    }
    undo_with(p, view, undo_buffer);
    return NULL;
}

/* --- encoded text: es et es# et# --- */

/* arg as bytes in encoding: a new reference, or NULL with *bad set. */
static PyObject *
encode_arg(args_parse *p, PyObject *arg, const char *encoding, bool recode, const char **bad)
{
    *bad = p->message;
    if (!recode && (PyBytes_Check(arg) || PyByteArray_Check(arg))) { return Py_NewRef(arg); }
    if (!PyUnicode_Check(arg)) {
        wrong(p, arg, recode ? "str" : "str, bytes or bytearray");
        return NULL;
    }
    PyObject *bytes = PyUnicode_AsEncodedString(
        arg, encoding ? encoding : PyUnicode_GetDefaultEncoding(), NULL);
    if (!bytes) {
        wrong(p, arg, "(encoding failed)");
        return NULL;
    }
    if (PyBytes_Check(bytes)) { return bytes; }
    Py_DECREF(bytes);
    wrong(p, arg, "(encoder failed to return bytes)");
    return NULL;
}

/* Put size bytes and a NUL into *buffer: the caller's own when *room says so. */
static const char *
store_encoded(args_parse *p, PyObject *arg, char **buffer, Py_ssize_t *room, const char *text,
              Py_ssize_t size)
{
    if (!room && strlen(text) != (size_t)size) {
        return wrong(p, arg, "encoded string without null bytes");
    }
    if (room && *buffer && size + 1 > *room) {
        PyErr_Format(PyExc_ValueError, "encoded string too long (%zd, maximum length %zd)",
                     size, *room - 1);
        return raised(p);
    }
    if (!room || !*buffer) {
        *buffer = PyMem_New(char, size + 1);
        if (!*buffer) {
            PyErr_NoMemory();
            return raised(p);
        }
        undo_with(p, buffer, undo_memory);
    }
    memcpy(*buffer, text, (size_t)size);
    (*buffer)[size] = '\0';
    if (room) { *room = size; }
    return NULL;
}

static const char *
unit_e(args_parse *p, PyObject *arg)
{
    const char *encoding = DEST(p, const char *);
    bool recode = *p->format == 's';
    if (!recode && *p->format != 't') {
        return wrong(p, arg, "(unknown parser marker combination)");
    }
    p->format++;
    char **buffer = DEST(p, char **);
    if (!buffer) { return wrong(p, arg, "(buffer is NULL)"); }
    const char *bad;
    own PyObject *bytes = encode_arg(p, arg, encoding, recode, &bad);
    if (!bytes) { return bad; }
    bool is_bytes = PyBytes_Check(bytes);
    const char *text = is_bytes ? PyBytes_AS_STRING(bytes) : PyByteArray_AS_STRING(bytes);
    Py_ssize_t size = is_bytes ? PyBytes_GET_SIZE(bytes) : PyByteArray_GET_SIZE(bytes);
    Py_ssize_t *room = NULL;
    if (next_is(p, '#')) {
        bad = need_size_t(p);
        if (bad) { return bad; }
        room = DEST(p, Py_ssize_t *);
        if (!room) { return wrong(p, arg, "(buffer_len is NULL)"); }
    }
    return store_encoded(p, arg, buffer, room, text, size);
}

/* --- objects --- */

#define UNIT_OBJECT(name, check, expected)                                      \
    static const char *                                                         \
    unit_##name(args_parse *p, PyObject *arg)                                   \
    {                                                                           \
        PyObject **out = DEST(p, PyObject **);                                  \
        if (!check(arg)) { return wrong(p, arg, expected); }                    \
        *out = arg;                                                             \
        return NULL;                                                            \
    }
UNIT_OBJECT(S, PyBytes_Check, "bytes")
UNIT_OBJECT(Y, PyByteArray_Check, "bytearray")
#undef UNIT_OBJECT

static const char *
unit_U(args_parse *p, PyObject *arg)
{
    PyObject **out = DEST(p, PyObject **);
    if (!PyUnicode_Check(arg)) { return wrong(p, arg, "str"); }
    if (PyUnicode_READY(arg) < 0) { return raised(p); }
    *out = arg;
    return NULL;
}

static const char *
unit_O(args_parse *p, PyObject *arg)
{
    if (next_is(p, '!')) {
        PyTypeObject *type = DEST(p, PyTypeObject *);
        PyObject **out = DEST(p, PyObject **);
        if (!PyType_IsSubtype(Py_TYPE(arg), type)) { return wrong(p, arg, type->tp_name); }
        *out = arg;
        return NULL;
    }
    if (next_is(p, '&')) {
        int (*converter)(PyObject *, void *) = DEST(p, int (*)(PyObject *, void *));
        void *out = DEST(p, void *);
        int result = converter(arg, out);
        if (result == 0) { return wrong(p, arg, "(unspecified)"); }
        if (result == Py_CLEANUP_SUPPORTED) { undo_with(p, out, converter); }
        return NULL;
    }
    *DEST(p, PyObject **) = arg;
    return NULL;
}

/* --- the table --- */

static const struct {
    const char *(*convert)(args_parse *p, PyObject *arg);
} units[128] = {
    ['b'] = {unit_b}, ['B'] = {unit_B}, ['h'] = {unit_h}, ['H'] = {unit_H}, ['i'] = {unit_i},
    ['I'] = {unit_I}, ['n'] = {unit_n}, ['l'] = {unit_l}, ['k'] = {unit_k}, ['L'] = {unit_L},
    ['K'] = {unit_k}, ['f'] = {unit_f}, ['d'] = {unit_d}, ['D'] = {unit_D}, ['c'] = {unit_c},
    ['C'] = {unit_C}, ['p'] = {unit_p}, ['y'] = {unit_y}, ['s'] = {unit_s}, ['z'] = {unit_z},
    ['u'] = {unit_u}, ['Z'] = {unit_Z}, ['e'] = {unit_e}, ['S'] = {unit_S}, ['Y'] = {unit_Y},
    ['U'] = {unit_U}, ['O'] = {unit_O}, ['w'] = {unit_w},
};
_Static_assert(sizeof(unsigned long) == sizeof(unsigned long long), "k and K are one unit");

/* Units of the group that opens at format, up to its end. */
static int
count_group(const char *format)
{
    int n = 0, level = 0;
    for (;; format++) {
        char c = *format;
        if (c == '(') {
            n += level == 0;
            level++;
        }
        else if (c == ')') {
            if (level-- == 0) { return n; }
        }
        else if (args_at_end(format)) {
            return n;
        }
        else if (level == 0 && isalpha((unsigned char)c) && c != 'e') {
            n++;
        }
    }
}

/* (...): the items of a sequence, one unit each. */
static const char *
convert_group(args_parse *p, PyObject *arg, int depth)
{
    int n = count_group(p->format);
    if (!PySequence_Check(arg) || PyBytes_Check(arg)) {
        snprintf(p->message, sizeof p->message, "must be %d-item sequence, not %.50s", n,
                 arg == Py_None ? "None" : Py_TYPE(arg)->tp_name);
        p->levels[depth] = 0;
        return p->message;
    }
    Py_ssize_t size = PySequence_Size(arg);
    if (size != n) {
        snprintf(p->message, sizeof p->message,
                 "must be sequence of length %d, not %" PY_FORMAT_SIZE_T "d", n, size);
        p->levels[depth] = 0;
        return p->message;
    }
    for (int i = 0; i < n; i++) {
        PyObject *item = PySequence_GetItem(arg, i);
        const char *bad;
        if (!item) {
            PyErr_Clear();
            p->levels[depth] = i + 1;
            p->levels[depth + 1] = 0;
            return "is not retrievable";
        }
        if (next_is(p, '(')) {
            bad = depth + 2 < ARGS_LEVELS ? convert_group(p, item, depth + 1)
                                          : "(too many levels in getargs format)";
            if (!bad && *p->format == ')') { p->format++; }
        }
        else {
            p->levels[depth + 1] = 0;
            bad = args_convert(p, item);
        }
        Py_DECREF(item);                /* what was stored is borrowed from the sequence */
        if (bad) {
            p->levels[depth] = i + 1;
            return bad;
        }
    }
    return NULL;
}

const char *
args_convert(args_parse *p, PyObject *arg)
{
    if (next_is(p, '(')) {
        const char *bad = convert_group(p, arg, 0);
        if (!bad && *p->format == ')') { p->format++; }
        return bad;
    }
    unsigned char c = (unsigned char)*p->format++;
    if (c < ARRAY_LEN(units) && units[c].convert) { return units[c].convert(p, arg); }
    return wrong(p, arg, "(impossible<bad format char>)");
}

static const char impossible[] = "impossible<bad format char>";

/* Step over the unit at *format; *n counts its destinations.  NULL or what is
 * wrong. */
static const char *
measure_unit(const char **format, int flags, int *n)
{
    const char *f = *format;
    unsigned char c = (unsigned char)*f++;
    if (c == '(') {
        while (*f != ')') {
            if (args_at_end(f)) { return "Unmatched left paren in format string"; }
            const char *bad = measure_unit(&f, flags, n);
            if (bad) { return bad; }
        }
        *format = f + 1;
        return NULL;
    }
    if (c == ')') { return "Unmatched right paren in format string"; }
    if (c >= ARRAY_LEN(units) || !units[c].convert) { return impossible; }
    ++*n;
    if (c == 'e') {
        if (*f != 's' && *f != 't') { return impossible; }
        f++;
        ++*n;
    }
    if (c == 'O' && (*f == '!' || *f == '&')) {
        f++;
        ++*n;
    }
    if (strchr("szyuZwe", c) && *f == '#') {
        if (!(flags & ARGS_SIZE_T)) { return impossible; }
        f++;
        ++*n;
    }
    else if (strchr("szyw", c) && *f == '*') {
        f++;
    }
    *format = f;
    return NULL;
}

const char *
args_skip(args_parse *p)
{
    int n = 0;
    const char *bad = measure_unit(&p->format, p->flags, &n);
    if (bad) { return bad; }
    while (n-- > 0) { (void)DEST(p, void *); }
    return NULL;
}

const char *
hob_getargs_after_unit(const char *format)
{
    int n = 0;
    return measure_unit(&format, ARGS_SIZE_T, &n) ? NULL : format;
}

/* --- positional parsing --- */

/* What a format says before any value is seen. */
typedef struct {
    const char *fname, *custom;         /* MAYBE_NULL */
    int min, max;
} format_shape;

static bool
read_shape(const char *format, format_shape *s)
{
    *s = (format_shape){NULL, NULL, -1, 0};
    int level = 0;
    for (const char *f = format; *f; f++) {
        switch (*f) {
        case '(':
            s->max += level == 0;
            if (++level >= 30) {
                Py_FatalError("too many tuple nesting levels in argument format string");
            }
            break;
        case ')':
            if (level-- == 0) { Py_FatalError("excess ')' in getargs format"); }
            break;
        case ':':
            s->fname = f + 1;
            goto done;
        case ';':
            s->custom = f + 1;
            goto done;
        case '|':
            if (level == 0) { s->min = s->max; }
            break;
        default:
            s->max += level == 0 && isalpha((unsigned char)*f) && *f != 'e';
        }
    }
done:
    if (level != 0) { Py_FatalError("missing ')' in getargs format"); }
    if (s->min < 0) { s->min = s->max; }
    return true;
}

static int
refuse_count(const format_shape *s, Py_ssize_t nargs)
{
    if (s->custom) {
        PyErr_SetString(PyExc_TypeError, s->custom);
        return 0;
    }
    int bound = nargs < s->min ? s->min : s->max;
    PyErr_Format(PyExc_TypeError, "%.150s%s takes %s %d argument%s (%zd given)",
                 s->fname ? s->fname : "function", s->fname ? "()" : "",
                 s->min == s->max ? "exactly" : nargs < s->min ? "at least" : "at most",
                 bound, bound == 1 ? "" : "s", nargs);
    return 0;
}

static int
parse_stack(PyObject *const *args, Py_ssize_t nargs, const char *format, va_list *va, int flags)
{
    format_shape shape;
    read_shape(format, &shape);
    if (nargs < shape.min || nargs > shape.max) { return refuse_count(&shape, nargs); }
    args_parse p;
    if (!args_parse_init(&p, format, va, flags, (int)strlen(format))) { return 0; }
    for (Py_ssize_t i = 0; i < nargs; i++) {
        next_is(&p, '|');
        p.levels[0] = 0;
        const char *bad = args_convert(&p, args[i]);
        if (bad) {
            args_set_error(&p, i + 1, bad, shape.fname, shape.custom);
            return args_parse_end(&p, 0);
        }
    }
    if (!args_at_end(p.format) && !isalpha((unsigned char)*p.format) && *p.format != '(' &&
        *p.format != '|') {
        PyErr_Format(PyExc_SystemError, "bad format string: %.200s", format);
        return args_parse_end(&p, 0);
    }
    return args_parse_end(&p, 1);
}

static int
parse_tuple(PyObject *args, const char *format, va_list *va, int flags)
{
    if (!PyTuple_Check(args)) {
        PyErr_SetString(PyExc_SystemError,
                        "new style getargs format but argument is not a tuple");
        return 0;
    }
    return parse_stack(((PyTupleObject *)args)->ob_item, PyTuple_GET_SIZE(args), format, va,
                       flags);
}

/* PyArg_Parse: one value, or none. */
static int
parse_one(PyObject *arg, const char *format, va_list *va, int flags)
{
    format_shape shape;
    read_shape(format, &shape);
    const char *fname = shape.fname ? shape.fname : "function", *call = shape.fname ? "()" : "";
    if (shape.max == 0) {
        if (!arg) { return 1; }
        PyErr_Format(PyExc_TypeError, "%.200s%s takes no arguments", fname, call);
        return 0;
    }
    if (shape.min != 1 || shape.max != 1) {
        PyErr_SetString(PyExc_SystemError, "old style getargs format uses new features");
        return 0;
    }
    if (!arg) {
        PyErr_Format(PyExc_TypeError, "%.200s%s takes at least one argument", fname, call);
        return 0;
    }
    args_parse p;
    if (!args_parse_init(&p, format, va, flags, (int)strlen(format))) { return 0; }
    const char *bad = args_convert(&p, arg);
    if (bad) { args_set_error(&p, p.levels[0], bad, shape.fname, shape.custom); }
    return args_parse_end(&p, !bad);
}

/* --- public API --- */

#undef PyArg_Parse
#undef PyArg_ParseTuple
#undef PyArg_VaParse
#undef _PyArg_ParseStack

/* The two names of each function: '#' needs the one with _SizeT.  The header
 * declares that one only, so the other is exported here. */
#define PARSE_FUNCTION(name, flag, call, ...)                                   \
    HOB_EXPORT int                                                              \
    name(__VA_ARGS__, const char *format, ...)                                  \
    {                                                                           \
        va_list va;                                                             \
        va_start(va, format);                                                   \
        int result = call, flag);                                               \
        va_end(va);                                                             \
        return result;                                                          \
    }
#define ONE   parse_one(arg, format, &va
#define TUPLE parse_tuple(args, format, &va
#define STACK parse_stack(args, nargs, format, &va
PARSE_FUNCTION(PyArg_Parse, 0, ONE, PyObject *arg)
PARSE_FUNCTION(_PyArg_Parse_SizeT, ARGS_SIZE_T, ONE, PyObject *arg)
PARSE_FUNCTION(PyArg_ParseTuple, 0, TUPLE, PyObject *args)
PARSE_FUNCTION(_PyArg_ParseTuple_SizeT, ARGS_SIZE_T, TUPLE, PyObject *args)
PARSE_FUNCTION(_PyArg_ParseStack, 0, STACK, PyObject *const *args, Py_ssize_t nargs)
PARSE_FUNCTION(_PyArg_ParseStack_SizeT, ARGS_SIZE_T, STACK, PyObject *const *args,
               Py_ssize_t nargs)
#undef ONE
#undef TUPLE
#undef STACK
#undef PARSE_FUNCTION

HOB_EXPORT int
PyArg_VaParse(PyObject *args, const char *format, va_list va)
{
    va_list copy;
    va_copy(copy, va);
    int result = parse_tuple(args, format, &copy, 0);
    va_end(copy);
    return result;
}

HOB_EXPORT int
_PyArg_VaParse_SizeT(PyObject *args, const char *format, va_list va)
{
    va_list copy;
    va_copy(copy, va);
    int result = parse_tuple(args, format, &copy, ARGS_SIZE_T);
    va_end(copy);
    return result;
}

/* --- public API: unpacking and checking counts --- */

#undef _PyArg_CheckPositional
int
_PyArg_CheckPositional(const char *name, Py_ssize_t nargs, Py_ssize_t min, Py_ssize_t max)
{
    EXPECT(min >= 0 && min <= max);
    if (nargs >= min && nargs <= max) { return 1; }
    Py_ssize_t bound = nargs < min ? min : max;
    const char *how = min == max ? "" : nargs < min ? "at least " : "at most ";
    const char *plural = bound == 1 ? "" : "s";
    if (name) {
        PyErr_Format(PyExc_TypeError, "%.200s expected %s%zd argument%s, got %zd", name, how,
                     bound, plural, nargs);
    }
    else {
        PyErr_Format(PyExc_TypeError, "unpacked tuple should have %s%zd element%s, but has %zd",
                     how, bound, plural, nargs);
    }
    return 0;
}

static int
unpack_stack(PyObject *const *args, Py_ssize_t nargs, const char *name, Py_ssize_t min,
             Py_ssize_t max, va_list *va)
{
    if (!_PyArg_CheckPositional(name, nargs, min, max)) { return 0; }
    for (Py_ssize_t i = 0; i < nargs; i++) { *va_arg(*va, PyObject **) = args[i]; }
    return 1;
}

int
PyArg_UnpackTuple(PyObject *args, const char *name, Py_ssize_t min, Py_ssize_t max, ...)
{
    if (!PyTuple_Check(args)) {
        PyErr_SetString(PyExc_SystemError, "PyArg_UnpackTuple() argument list is not a tuple");
        return 0;
    }
    va_list va;
    va_start(va, max);
    int result = unpack_stack(((PyTupleObject *)args)->ob_item, PyTuple_GET_SIZE(args), name,
                              min, max, &va);
    va_end(va);
    return result;
}

int
_PyArg_UnpackStack(PyObject *const *args, Py_ssize_t nargs, const char *name, Py_ssize_t min,
                   Py_ssize_t max, ...)
{
    va_list va;
    va_start(va, max);
    int result = unpack_stack(args, nargs, name, min, max, &va);
    va_end(va);
    return result;
}

void
_PyArg_BadArgument(const char *fname, const char *displayname, const char *expected,
                   PyObject *arg)
{
    PyErr_Format(PyExc_TypeError, "%.200s() %.200s must be %.50s, not %.50s", fname,
                 displayname, expected, arg == Py_None ? "None" : Py_TYPE(arg)->tp_name);
}

#undef _PyArg_NoKeywords
int
_PyArg_NoKeywords(const char *name, PyObject *kwargs)
{
    if (!kwargs) { return 1; }
    if (!PyDict_CheckExact(kwargs)) {
        PyErr_BadInternalCall();
        return 0;
    }
    if (PyDict_GET_SIZE(kwargs) == 0) { return 1; }
    PyErr_Format(PyExc_TypeError, "%.200s() takes no keyword arguments", name);
    return 0;
}

#undef _PyArg_NoKwnames
int
_PyArg_NoKwnames(const char *name, PyObject *kwnames)
{
    if (!kwnames || PyTuple_GET_SIZE(kwnames) == 0) { return 1; }
    PyErr_Format(PyExc_TypeError, "%s() takes no keyword arguments", name);
    return 0;
}

#undef _PyArg_NoPositional
int
_PyArg_NoPositional(const char *name, PyObject *args)
{
    if (!args) { return 1; }
    if (!PyTuple_CheckExact(args)) {
        PyErr_BadInternalCall();
        return 0;
    }
    if (PyTuple_GET_SIZE(args) == 0) { return 1; }
    PyErr_Format(PyExc_TypeError, "%.200s() takes no positional arguments", name);
    return 0;
}

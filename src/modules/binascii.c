/* binascii.c -- module binascii: bytes as text and back, checksums.
 *
 * Tables for base64 and hex digits answer 0xFF for what is none.
 */
#include <Python.h>

#include <zlib.h>

#include "base/c.h"
#include "memory/own.h"
#include "objects/bind.h"

typedef struct {
    PyObject *error, *incomplete;       /* owned */
} binascii_state;

static binascii_state *
state_of(PyObject *module)
{
    return PyModule_GetState(module);
}

/* Input that may be ASCII text. */
typedef struct { Py_buffer view; } ascii_arg;

static bool
arg_ascii(PyObject *value, ascii_arg *out, const char *func, const char *what)
{
    if (PyUnicode_Check(value)) {
        if (PyUnicode_READY(value) < 0) { return false; }
        if (!PyUnicode_IS_ASCII(value)) {
            PyErr_SetString(PyExc_ValueError,
                            "string argument should contain only ASCII characters");
            return false;
        }
        return PyBuffer_FillInfo(&out->view, value, PyUnicode_1BYTE_DATA(value),
                                 PyUnicode_GET_LENGTH(value), 1, PyBUF_SIMPLE) == 0;
    }
    if (PyObject_GetBuffer(value, &out->view, PyBUF_SIMPLE) == 0) { return true; }
    PyErr_Format(PyExc_TypeError, "argument should be bytes, buffer or ASCII string, not '%.100s'",
                 Py_TYPE(value)->tp_name);
    return false;
}

static inline void
done_ascii(ascii_arg *it)
{
    PyBuffer_Release(&it->view);
}

/* --- base64 --- */

static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static unsigned char base64_values[256], hex_values[256];

static void
fill_tables(void)
{
    memset(base64_values, 0xFF, sizeof base64_values);
    memset(hex_values, 0xFF, sizeof hex_values);
    for (unsigned i = 0; i < 64; i++) {
        base64_values[(unsigned char)base64_digits[i]] = (unsigned char)i;
    }
    for (unsigned i = 0; i < 16; i++) {
        hex_values[(unsigned char)"0123456789abcdef"[i]] = (unsigned char)i;
        hex_values[(unsigned char)"0123456789ABCDEF"[i]] = (unsigned char)i;
    }
}

/* Decode n characters into out; the number of bytes, or -1. */
static Py_ssize_t
base64_decode(PyObject *error, const unsigned char *in, Py_ssize_t n, unsigned char *out,
              bool strict)
{
    Py_ssize_t n_out = 0, n_data = 0;
    int quad = 0, pads = 0;
    unsigned char left = 0;
    bool padding = false;
    if (strict && n > 0 && in[0] == '=') {
        PyErr_SetString(error, "Leading padding not allowed");
        return -1;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        unsigned char c = in[i];
        if (c == '=') {
            padding = true;
            if (quad >= 2 && quad + ++pads >= 4) {
                if (strict && i + 1 < n) {
                    PyErr_SetString(error, "Excess data after padding");
                    return -1;
                }
                return n_out;
            }
            continue;
        }
        unsigned char value = base64_values[c];
        if (value == 0xFF) {
            if (strict) {
                PyErr_SetString(error, "Only base64 data is allowed");
                return -1;
            }
            continue;
        }
        if (strict && padding) {
            PyErr_SetString(error, "Discontinuous padding not allowed");
            return -1;
        }
        pads = 0;
        n_data++;
        switch (quad) {
        case 0: left = value; break;
        case 1: out[n_out++] = (unsigned char)(left << 2 | value >> 4); left = value & 0x0f; break;
        case 2: out[n_out++] = (unsigned char)(left << 4 | value >> 2); left = value & 0x03; break;
        case 3: out[n_out++] = (unsigned char)(left << 6 | value); left = 0; break;
        }
        quad = (quad + 1) & 3;
    }
    if (quad == 1) {
        PyErr_Format(error, "Invalid base64-encoded string: number of data characters (%zd) cannot "
                     "be 1 more than a multiple of 4", n_data);
        return -1;
    }
    if (quad != 0) {
        PyErr_SetString(error, "Incorrect padding");
        return -1;
    }
    return n_out;
}

/** a2b_base64($module, data, /, *, strict_mode=False)
 *
 *  The bytes that base64 text stands for.
 *
 *    strict_mode
 *      refuse characters outside the alphabet, and anything after the padding,
 *      instead of skipping them
 */
static PyObject *
binascii_a2b_base64(PyObject *module, ascii_arg *data, bool strict_mode)
{
    PyObject *bytes = PyBytes_FromStringAndSize(NULL, (data->view.len + 3) / 4 * 3);
    Py_ssize_t n = -1;
    if (bytes) {
        n = base64_decode(state_of(module)->error, data->view.buf, data->view.len,
                          (unsigned char *)PyBytes_AS_STRING(bytes), strict_mode);
    }
    if (n < 0) { Py_CLEAR(bytes); }
    else { _PyBytes_Resize(&bytes, n); }
    return bytes;
}

/** b2a_base64($module, data, /, *, newline=True)
 *
 *  Base64-code line of data.
 */
static PyObject *
binascii_b2a_base64(PyObject *module, Py_buffer *data, bool newline)
{
    if (data->len > (PY_SSIZE_T_MAX - 4) / 4 * 3) {
        PyErr_SetString(state_of(module)->error, "Too much data for base64 line");
        return NULL;
    }
    PyObject *bytes = PyBytes_FromStringAndSize(NULL, (data->len + 2) / 3 * 4 + newline);
    if (!bytes) { return NULL; }
    const unsigned char *in = data->buf, *end = in + data->len;
    char *out = PyBytes_AS_STRING(bytes);
    for (; end - in >= 3; in += 3) {
        *out++ = base64_digits[in[0] >> 2];
        *out++ = base64_digits[(in[0] & 3) << 4 | in[1] >> 4];
        *out++ = base64_digits[(in[1] & 15) << 2 | in[2] >> 6];
        *out++ = base64_digits[in[2] & 63];
    }
    if (end - in == 1) {
        *out++ = base64_digits[in[0] >> 2];
        *out++ = base64_digits[(in[0] & 3) << 4];
        *out++ = '=';
        *out++ = '=';
    }
    else if (end - in == 2) {
        *out++ = base64_digits[in[0] >> 2];
        *out++ = base64_digits[(in[0] & 3) << 4 | in[1] >> 4];
        *out++ = base64_digits[(in[1] & 15) << 2];
        *out++ = '=';
    }
    if (newline) { *out = '\n'; }
    return bytes;
}

/* --- uuencode --- */

/** a2b_uu($module, data, /)
 *
 *  The bytes that one uuencoded line stands for.
 */
static PyObject *
binascii_a2b_uu(PyObject *module, ascii_arg *data)
{
    const unsigned char *in = data->view.buf, *end = in + data->view.len;
    PyObject *error = state_of(module)->error;
    Py_ssize_t n = ((in < end ? *in++ : 0) - ' ') & 63;
    own PyObject *bytes = PyBytes_FromStringAndSize(NULL, n);
    if (!bytes) { return NULL; }
    unsigned char *out = (unsigned char *)PyBytes_AS_STRING(bytes), *stop = out + n;
    unsigned value = 0;
    int bits = 0;
    for (; out < stop; in++) {
        unsigned c = in < end ? *in : 0;
        if (c == '\n' || c == '\r' || in >= end) { c = 0; }   /* spaces cut off by the mail */
        else {
            if (c < ' ' || c > ' ' + 64) {
                PyErr_SetString(error, "Illegal char");
                return NULL;
            }
            c = (c - ' ') & 63;
        }
        value = value << 6 | c;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            *out++ = (unsigned char)(value >> bits);
            value &= (1u << bits) - 1;
        }
        if (in >= end) { in--; }        /* stay at the end: the rest is zeros */
    }
    for (; in < end; in++) {
        unsigned c = *in;
        if (c != ' ' && c != ' ' + 64 && c != '\n' && c != '\r') {
            PyErr_SetString(error, "Trailing garbage");
            return NULL;
        }
    }
    return take(bytes);
}

/** b2a_uu($module, data, /, *, backtick=False)
 *
 *  Uuencode line of data.
 */
static PyObject *
binascii_b2a_uu(PyObject *module, Py_buffer *data, bool backtick)
{
    if (data->len > 45) {
        PyErr_SetString(state_of(module)->error, "At most 45 bytes at once");
        return NULL;
    }
    PyObject *bytes = PyBytes_FromStringAndSize(NULL, 2 + (data->len + 2) / 3 * 4);
    if (!bytes) { return NULL; }
    char *out = PyBytes_AS_STRING(bytes), zero = backtick ? '`' : ' ';
    const unsigned char *in = data->buf;
    *out++ = data->len ? (char)(' ' + data->len) : zero;
    for (Py_ssize_t i = 0; i < data->len; i += 3) {
        unsigned a = in[i], b = i + 1 < data->len ? in[i + 1] : 0,
                 c = i + 2 < data->len ? in[i + 2] : 0;
        unsigned sextets[4] = {a >> 2, (a & 3) << 4 | b >> 4, (b & 15) << 2 | c >> 6, c & 63};
        for (int k = 0; k < 4; k++) { *out++ = sextets[k] ? (char)(' ' + sextets[k]) : zero; }
    }
    *out = '\n';
    return bytes;
}

/* --- hex --- */

static PyObject *
unhex(PyObject *module, const Py_buffer *digits)
{
    PyObject *error = state_of(module)->error;
    if (digits->len % 2) {
        PyErr_SetString(error, "Odd-length string");
        return NULL;
    }
    own PyObject *bytes = PyBytes_FromStringAndSize(NULL, digits->len / 2);
    if (!bytes) { return NULL; }
    const unsigned char *in = digits->buf;
    for (Py_ssize_t i = 0; i < digits->len; i += 2) {
        unsigned high = hex_values[in[i]], low = hex_values[in[i + 1]];
        if (high > 15 || low > 15) {
            PyErr_SetString(error, "Non-hexadecimal digit found");
            return NULL;
        }
        PyBytes_AS_STRING(bytes)[i / 2] = (char)(high << 4 | low);
    }
    return take(bytes);
}

/** a2b_hex($module, hexstr, /)
 *
 *  The bytes that pairs of hexadecimal digits stand for; also named unhexlify().
 */
static PyObject *
binascii_a2b_hex(PyObject *module, ascii_arg *hexstr)
{
    return unhex(module, &hexstr->view);
}

/** unhexlify($module, hexstr, /)
 *
 *  The bytes that pairs of hexadecimal digits stand for.
 */
static PyObject *
binascii_unhexlify(PyObject *module, ascii_arg *hexstr)
{
    return unhex(module, &hexstr->view);
}

HOB_EXPORT PyObject *_Py_strhex_bytes_with_sep(const char *bytes, const Py_ssize_t n, PyObject *sep,
                                               const int bytes_per_group);

/** b2a_hex($module, /, data, sep=NULL, bytes_per_sep=1)
 *
 *  Hexadecimal representation of binary data.
 *
 *    sep
 *      An optional single character or byte to separate hex bytes.
 *    bytes_per_sep
 *      How many bytes between separators.  Positive values count from the
 *      right, negative values count from the left.
 *
 *  The return value is a bytes object.
 */
static PyObject *
binascii_b2a_hex(PyObject *module, Py_buffer *data, PyObject *sep, int bytes_per_sep)
{
    return _Py_strhex_bytes_with_sep(data->buf, data->len, sep, bytes_per_sep);
}

/** hexlify($module, /, data, sep=NULL, bytes_per_sep=1)
 *
 *  Two hexadecimal digits for each byte, as bytes; also named b2a_hex().
 *
 *  sep goes between groups of bytes_per_sep bytes, counted from the right, or
 *  from the left when negative.
 */
static PyObject *
binascii_hexlify(PyObject *module, Py_buffer *data, PyObject *sep, int bytes_per_sep)
{
    return _Py_strhex_bytes_with_sep(data->buf, data->len, sep, bytes_per_sep);
}

/* --- checksums --- */

/** crc_hqx($module, data, crc, /)
 *
 *  Compute CRC-CCITT incrementally.
 */
static PyObject *
binascii_crc_hqx(PyObject *module, Py_buffer *data, PyObject *crc)
{
    own PyObject *index = PyNumber_Index(crc);
    if (!index) { return NULL; }
    unsigned sum = (unsigned)PyLong_AsUnsignedLongMask(index) & 0xffff;
    const unsigned char *in = data->buf;
    for (Py_ssize_t i = 0; i < data->len; i++) {
        sum ^= (unsigned)in[i] << 8;
        for (int bit = 0; bit < 8; bit++) { sum = sum & 0x8000 ? sum << 1 ^ 0x1021 : sum << 1; }
        sum &= 0xffff;
    }
    return PyLong_FromUnsignedLong(sum);
}

/** crc32($module, data, crc=0, /)
 *
 *  Compute CRC-32 incrementally.
 */
static PyObject *
binascii_crc32(PyObject *module, Py_buffer *data, PyObject *crc)
{
    unsigned long start = 0;
    if (crc) {
        own PyObject *index = PyNumber_Index(crc);
        if (!index) { return NULL; }
        start = PyLong_AsUnsignedLongMask(index);
    }
    unsigned long sum;
    if (data->len < 5 * 1024) { sum = crc32_z(start & 0xffffffff, data->buf, (size_t)data->len); }
    else {
        Py_BEGIN_ALLOW_THREADS
        sum = crc32_z(start & 0xffffffff, data->buf, (size_t)data->len);
        Py_END_ALLOW_THREADS
    }
    return PyLong_FromUnsignedLong(sum & 0xffffffff);
}

/* --- quoted printable (RFC 2045) --- */

/** a2b_qp($module, /, data, header=False)
 *
 *  The bytes that quoted-printable text stands for.
 */
static PyObject *
binascii_a2b_qp(PyObject *module, ascii_arg *data, int header)
{
    PyObject *bytes = PyBytes_FromStringAndSize(NULL, data->view.len);
    if (!bytes) { return NULL; }
    const unsigned char *in = data->view.buf, *end = in + data->view.len;
    unsigned char *out = (unsigned char *)PyBytes_AS_STRING(bytes), *start = out;
    while (in < end) {
        if (*in != '=') {
            *out++ = header && *in == '_' ? ' ' : *in;
            in++;
            continue;
        }
        in++;
        if (in >= end) { break; }
        if (*in == '\n' || *in == '\r') {       /* a soft line break */
            if (*in != '\n') { while (in < end && *in != '\n') { in++; } }
            if (in < end) { in++; }
        }
        else if (*in == '=') {                  /* broken encoders write "==" for "=" */
            *out++ = '=';
            in++;
        }
        else if (in + 1 < end && hex_values[in[0]] < 16 && hex_values[in[1]] < 16) {
            *out++ = (unsigned char)(hex_values[in[0]] << 4 | hex_values[in[1]]);
            in += 2;
        }
        else { *out++ = '='; }
    }
    _PyBytes_Resize(&bytes, out - start);
    return bytes;
}

enum { QP_LINE = 76 };

/* Must in[i] be written as =XX? */
static bool
qp_quotes(const unsigned char *in, Py_ssize_t i, Py_ssize_t n, Py_ssize_t column, bool quotetabs,
          bool istext, bool header)
{
    unsigned char c = in[i];
    if (c > 126 || c == '=' || (header && c == '_')) { return true; }
    if (c == '.' && column == 0) {
        if (i + 1 == n || in[i + 1] == '\n' || in[i + 1] == '\r' || in[i + 1] == 0) { return true; }
    }
    if (!istext && (c == '\r' || c == '\n')) { return true; }
    if ((c == '\t' || c == ' ') && i + 1 == n) { return true; }
    if (c < 33 && c != '\r' && c != '\n' && c != '\t' && c != ' ') { return true; }
    return c < 33 && c != '\r' && c != '\n'
        && (quotetabs || (!quotetabs && c != '\t' && c != ' '));
}

/** b2a_qp($module, /, data, quotetabs=False, istext=True, header=False)
 *
 *  Bytes as quoted-printable text.
 *
 *  With istext, line ends stay as they are and blanks before them are escaped;
 *  without it, CR and LF are escaped like other control characters. quotetabs
 *  escapes all spaces and tabs; header writes a space as _.
 */
static PyObject *
binascii_b2a_qp(PyObject *module, Py_buffer *data, int quotetabs, int istext,
                int header)
{
    const unsigned char *in = data->buf;
    Py_ssize_t n = data->len, column = 0;
    const unsigned char *first_lf = n ? memchr(in, '\n', (size_t)n) : NULL;
    bool crlf = first_lf && first_lf > in && first_lf[-1] == '\r';
    /* worst case: every byte as =XX, and a soft break every 25 of them */
    PyObject *bytes = PyBytes_FromStringAndSize(NULL, n * 3 + n * 3 / 24 * 3 + 16);
    if (!bytes) { return NULL; }
    char *start = PyBytes_AS_STRING(bytes), *out = start;
    for (Py_ssize_t i = 0; i < n; ) {
        unsigned char c = in[i];
        bool break_next = i + 1 == n || in[i + 1] == '\n';
        if (qp_quotes(in, i, n, column, quotetabs, istext, header)) {
            if (column + 3 >= QP_LINE) {
                *out++ = '=';
                if (crlf) { *out++ = '\r'; }
                *out++ = '\n';
                column = 0;
            }
            *out++ = '=';
            *out++ = "0123456789ABCDEF"[c >> 4];
            *out++ = "0123456789ABCDEF"[c & 15];
            i++;
            column += 3;
            continue;
        }
        if (istext && (c == '\n' || (c == '\r' && i + 1 < n && in[i + 1] == '\n'))) {
            column = 0;
            if (out > start
                && (out[-1] == ' ' || out[-1] == '\t')) { /* no white space before it */
                unsigned char last = (unsigned char)out[-1];
                out[-1] = '=';
                *out++ = "0123456789ABCDEF"[last >> 4];
                *out++ = "0123456789ABCDEF"[last & 15];
            }
            if (crlf) { *out++ = '\r'; }
            *out++ = '\n';
            i += c == '\r' ? 2 : 1;
            continue;
        }
        if (!break_next && column + 1 >= QP_LINE) {
            *out++ = '=';
            if (crlf) { *out++ = '\r'; }
            *out++ = '\n';
            column = 0;
        }
        column++;
        *out++ = header && c == ' ' ? '_' : (char)c;
        i++;
    }
    _PyBytes_Resize(&bytes, out - start);
    return bytes;
}

#include "gen/modules/binascii.bind.h"

static int
binascii_exec(PyObject *module)
{
    fill_tables();
    binascii_state *state = state_of(module);
    state->error = PyErr_NewException("binascii.Error", PyExc_ValueError, NULL);
    state->incomplete = PyErr_NewException("binascii.Incomplete", NULL, NULL);
    if (!state->error || !state->incomplete) { return -1; }
    return PyModule_AddObjectRef(module, "Error", state->error) < 0
        || PyModule_AddObjectRef(module, "Incomplete", state->incomplete) < 0 ? -1 : 0;
}

static int
binascii_traverse(PyObject *module, visitproc visit, void *arg)
{
    Py_VISIT(state_of(module)->error);
    Py_VISIT(state_of(module)->incomplete);
    return 0;
}

static int
binascii_clear(PyObject *module)
{
    Py_CLEAR(state_of(module)->error);
    Py_CLEAR(state_of(module)->incomplete);
    return 0;
}

static PyModuleDef_Slot slots[] = {{Py_mod_exec, binascii_exec}, {0, NULL}};

static struct PyModuleDef def = {
    PyModuleDef_HEAD_INIT,
    .m_name = "binascii",
    .m_doc = "Bytes as ASCII text and back, in several encodings.",
    .m_size = sizeof(binascii_state),
    .m_methods = module_methods,
    .m_slots = slots,
    .m_traverse = binascii_traverse,
    .m_clear = binascii_clear,
};

PyMODINIT_FUNC
PyInit_binascii(void)
{
    return PyModuleDef_Init(&def);
}

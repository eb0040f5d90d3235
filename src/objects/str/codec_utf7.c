/* codec_utf7.c -- UTF-7 (RFC 2152): base64 runs of UTF-16 between ASCII.
 *
 * A run opens with '+' and ends at the first byte outside of the alphabet; a
 * '-' there only ends it.  "+-" is a plus sign.
 */
#include "objects/str/str_int.h"

/* --- classes of ASCII characters --- */

enum {
    BASE64 = 1,                 /* in the alphabet of runs */
    DIRECT = 2,                 /* RFC: set D */
    OPTIONAL = 4,               /* RFC: set O */
    BLANK = 8,
};

static const uint8_t classes[128] = {
    ['\t'] = BLANK, ['\n'] = BLANK, ['\r'] = BLANK, [' '] = BLANK,
    ['A' ... 'Z'] = BASE64 | DIRECT, ['a' ... 'z'] = BASE64 | DIRECT,
    ['0' ... '9'] = BASE64 | DIRECT, ['/'] = BASE64 | DIRECT, ['+'] = BASE64,
    ['\''] = DIRECT, ['('] = DIRECT, [')'] = DIRECT, [','] = DIRECT, ['-'] = DIRECT,
    ['.'] = DIRECT, [':'] = DIRECT, ['?'] = DIRECT,
    ['!'] = OPTIONAL, ['"'] = OPTIONAL, ['#'] = OPTIONAL, ['$'] = OPTIONAL, ['%'] = OPTIONAL,
    ['&'] = OPTIONAL, ['*'] = OPTIONAL, [';'] = OPTIONAL, ['<'] = OPTIONAL, ['='] = OPTIONAL,
    ['>'] = OPTIONAL, ['@'] = OPTIONAL, ['['] = OPTIONAL, [']'] = OPTIONAL, ['^'] = OPTIONAL,
    ['_'] = OPTIONAL, ['`'] = OPTIONAL, ['{'] = OPTIONAL, ['|'] = OPTIONAL, ['}'] = OPTIONAL,
};

static inline bool
is_base64(Py_UCS4 ch)
{
    return ch < 128 && (classes[ch] & BASE64);
}

static inline unsigned
base64_value(uint8_t ch)
{
    return ch >= 'a' ? ch - 'a' + 26u : ch >= 'A' ? ch - 'A' + 0u
         : ch >= '0' ? ch - '0' + 52u : ch == '+' ? 62 : 63;
}

static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* --- decoding --- */

typedef struct {
    decoder_input input;
    _PyUnicodeWriter writer;
    codec_fault *fault;
    Py_ssize_t pos;
    Py_ssize_t start;           /* of the run, or of the fault */
    bool in_run;
    Py_ssize_t written_before;  /* writer.pos where the run began */
    uint32_t buffer;            /* bits not yet used */
    int n_bits;
    Py_UCS4 high;               /* a high surrogate that waits, or 0 */
} utf7_decoder;

static inline status
decoder_write(utf7_decoder *d, Py_UCS4 ch)
{
    return _PyUnicodeWriter_WriteChar(&d->writer, ch);
}

/* Take one unit of UTF-16. */
static status
decoder_unit(utf7_decoder *d, Py_UCS4 unit)
{
    if (d->high) {
        Py_UCS4 high = d->high;
        d->high = 0;
        if (Py_UNICODE_IS_LOW_SURROGATE(unit)) {
            return decoder_write(d, Py_UNICODE_JOIN_SURROGATES(high, unit));
        }
        if (decoder_write(d, high) < 0) { return -1; }
    }
    if (Py_UNICODE_IS_HIGH_SURROGATE(unit)) {
        d->high = unit;
        return 0;
    }
    return decoder_write(d, unit);
}

static status
decoder_complain(utf7_decoder *d, Py_ssize_t stop, const char *reason)
{
    return hob_decode_fault(d->fault, &d->input, d->start, stop, reason, &d->writer, &d->pos);
}

/* One byte of a run, or its end. */
static status
decode_in_run(utf7_decoder *d, uint8_t ch)
{
    if (is_base64(ch)) {
        d->pos++;
        d->buffer = d->buffer << 6 | base64_value(ch);
        d->n_bits += 6;
        if (d->n_bits < 16) { return 0; }
        d->n_bits -= 16;
        Py_UCS4 unit = d->buffer >> d->n_bits & 0xffff;
        d->buffer &= (1u << d->n_bits) - 1;
        return decoder_unit(d, unit);
    }
    d->in_run = false;
    if (d->n_bits >= 6) {
        return decoder_complain(d, d->pos + 1, "partial character in shift sequence");
    }
    if (d->n_bits > 0 && d->buffer) {
        return decoder_complain(d, d->pos + 1, "non-zero padding bits in shift sequence");
    }
    if (d->high && ch < 128 && ch != '+') {
        if (decoder_write(d, d->high) < 0) { return -1; }
    }
    d->high = 0;
    d->pos += ch == '-';
    return 0;
}

/* A '+': the start of a run, or a plus sign. */
static status
decode_plus(utf7_decoder *d)
{
    d->start = d->pos++;
    if (d->pos < d->input.n) {
        uint8_t next = (uint8_t)d->input.start[d->pos];
        if (next == '-') {
            d->pos++;
            return decoder_write(d, '+');
        }
        if (!is_base64(next)) { return decoder_complain(d, d->pos + 1, "ill-formed sequence"); }
    }
    d->in_run = true;
    d->high = 0;
    d->written_before = d->writer.pos;
    d->buffer = 0;
    d->n_bits = 0;
    return 0;
}

static status
decode_byte(utf7_decoder *d)
{
    uint8_t ch = (uint8_t)d->input.start[d->pos];
    if (d->in_run) { return decode_in_run(d, ch); }
    if (ch == '+') { return decode_plus(d); }
    if (ch < 128) {
        d->pos++;
        return decoder_write(d, ch);
    }
    d->start = d->pos;
    return decoder_complain(d, d->pos + 1, "unexpected special character");
}

static status
decode_all(utf7_decoder *d, bool may_be_cut)
{
    for (;;) {
        while (d->pos < d->input.n) {
            if (decode_byte(d) < 0) { return -1; }
        }
        bool unfinished = d->high || d->n_bits >= 6 || (d->n_bits > 0 && d->buffer);
        if (!d->in_run || may_be_cut || !unfinished) { return 0; }
        d->in_run = false;
        if (decoder_complain(d, d->input.n, "unterminated shift sequence") < 0) { return -1; }
        if (d->pos >= d->input.n) { return 0; }
    }
}

PyObject *
PyUnicode_DecodeUTF7Stateful(const char *s, Py_ssize_t size, const char *errors,
                             Py_ssize_t *consumed)
{
    own_fault fault = CODEC_FAULT("utf7", errors);
    utf7_decoder d = {.input = {s, size, NULL}, .fault = &fault};
    _PyUnicodeWriter_Init(&d.writer);
    d.writer.min_length = size;
    status done = decode_all(&d, consumed != NULL);
    Py_XDECREF(d.input.bytes);
    if (done < 0) {
        _PyUnicodeWriter_Dealloc(&d.writer);
        return NULL;
    }
    if (consumed) {
        *consumed = d.pos;
        if (d.in_run) {                 /* come back to the whole run later */
            d.writer.pos = d.written_before;
            *consumed = d.start;
        }
    }
    return _PyUnicodeWriter_Finish(&d.writer);
}

PyObject *
PyUnicode_DecodeUTF7(const char *s, Py_ssize_t size, const char *errors)
{
    return PyUnicode_DecodeUTF7Stateful(s, size, errors, NULL);
}

/* --- encoding --- */

typedef struct {
    char *at;
    bool in_run;
    uint32_t buffer;
    int n_bits;
} utf7_encoder;

static void
encoder_unit(utf7_encoder *e, uint32_t unit)
{
    e->buffer = e->buffer << 16 | unit;
    e->n_bits += 16;
    while (e->n_bits >= 6) {
        e->n_bits -= 6;
        *e->at++ = alphabet[e->buffer >> e->n_bits & 63];
    }
    e->buffer &= (1u << e->n_bits) - 1;
}

/* End a run: pad the last bits with zeros. */
static void
encoder_end_run(utf7_encoder *e)
{
    if (e->n_bits) { *e->at++ = alphabet[e->buffer << (6 - e->n_bits) & 63]; }
    e->n_bits = 0;
    e->buffer = 0;
    e->in_run = false;
}

static void
encode_char(utf7_encoder *e, Py_UCS4 ch, bool is_direct)
{
    if (is_direct) {
        if (e->in_run) {
            encoder_end_run(e);
            if (is_base64(ch) || ch == '-') { *e->at++ = '-'; }
        }
        *e->at++ = (char)ch;
        return;
    }
    if (!e->in_run) {
        *e->at++ = '+';
        if (ch == '+') {
            *e->at++ = '-';
            return;
        }
        e->in_run = true;
    }
    if (ch >= 0x10000) {
        encoder_unit(e, Py_UNICODE_HIGH_SURROGATE(ch));
        ch = Py_UNICODE_LOW_SURROGATE(ch);
    }
    encoder_unit(e, ch);
}

PyObject *
_PyUnicode_EncodeUTF7(PyObject *str, int base64SetO, int base64WhiteSpace, const char *errors)
{
    READY_OR(str, NULL);
    text t = text_of(str);
    if (t.n == 0) { return PyBytes_FromStringAndSize(NULL, 0); }
    if (t.n > PY_SSIZE_T_MAX / 8) { return PyErr_NoMemory(); }
    own PyObject *bytes = PyBytes_FromStringAndSize(NULL, t.n * 8);
    if (!bytes) { return NULL; }
    int direct = DIRECT | (base64SetO ? 0 : OPTIONAL) | (base64WhiteSpace ? 0 : BLANK);
    utf7_encoder e = {.at = PyBytes_AS_STRING(bytes)};
    for (Py_ssize_t i = 0; i < t.n; i++) {
        Py_UCS4 ch = text_at(t, i);
        encode_char(&e, ch, ch < 128 && (classes[ch] & direct));
    }
    if (e.in_run) {
        encoder_end_run(&e);
        *e.at++ = '-';
    }
    PyObject *result = take(bytes);
    if (_PyBytes_Resize(&result, e.at - PyBytes_AS_STRING(result)) < 0) { return NULL; }
    return result;
}

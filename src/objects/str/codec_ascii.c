/* codec_ascii.c -- ASCII and Latin-1. */
#include "objects/str/str_int.h"

/* --- escapes that stand for what an encoding lacks --- */

int
hob_escape_backslash(Py_UCS4 ch, char *to)
{
    int n_digits = ch < 0x100 ? 2 : ch < 0x10000 ? 4 : 8;
    *to++ = '\\';
    *to++ = n_digits == 2 ? 'x' : n_digits == 4 ? 'u' : 'U';
    for (int i = n_digits; i-- > 0;) { *to++ = Py_hexdigits[ch >> i * 4 & 15]; }
    return n_digits + 2;
}

int
hob_escape_xml(Py_UCS4 ch, char *to)
{
    char digits[10];
    int n = 0;
    do { digits[n++] = (char)('0' + ch % 10); } while (ch /= 10);
    char *start = to;
    *to++ = '&';
    *to++ = '#';
    while (n > 0) { *to++ = digits[--n]; }
    *to++ = ';';
    return (int)(to - start);
}

/* --- decoding --- */

/* Deal with the byte at *pos, which is not ASCII. */
static status
decode_bad(codec_fault *fault, decoder_input *input, _PyUnicodeWriter *writer, Py_ssize_t *pos)
{
    Py_UCS4 byte = (uint8_t)input->start[*pos];
    switch (hob_codec_fault_mode(fault)) {
    case ERRORS_REPLACE:
        ++*pos;
        return _PyUnicodeWriter_WriteChar(writer, 0xfffd);
    case ERRORS_SURROGATEESCAPE:
        ++*pos;
        return _PyUnicodeWriter_WriteChar(writer, 0xdc00 + byte);
    case ERRORS_IGNORE:
        ++*pos;
        return 0;
    default:
        return hob_decode_fault(fault, input, *pos, *pos + 1, "ordinal not in range(128)",
                                writer,
                                pos);
    }
}

static COLD PyObject *
decode_faulty(const char *s, Py_ssize_t size, const char *errors)
{
    own_fault fault = CODEC_FAULT("ascii", errors);
    decoder_input input = {s, size, NULL};
    _PyUnicodeWriter writer;
    _PyUnicodeWriter_Init(&writer);
    writer.min_length = size;
    writer.overallocate = 1;
    status done = 0;
    for (Py_ssize_t pos = 0; done == 0 && pos < input.n;) {
        Py_ssize_t run = hob_ascii_prefix((const uint8_t *)input.start + pos, input.n - pos);
        if (run) {
            done = _PyUnicodeWriter_WriteASCIIString(&writer, input.start + pos, run);
            pos += run;
        }
        else {
            done = decode_bad(&fault, &input, &writer, &pos);
        }
    }
    Py_XDECREF(input.bytes);
    if (done == 0) { return _PyUnicodeWriter_Finish(&writer); }
    _PyUnicodeWriter_Dealloc(&writer);
    return NULL;
}

PyObject *
PyUnicode_DecodeASCII(const char *s, Py_ssize_t size, const char *errors)
{
    if (hob_ascii_prefix((const uint8_t *)s, size) == size) {
        return hob_str_from_ascii(s, size);
    }
    return decode_faulty(s, size, errors);
}

PyObject *
PyUnicode_DecodeLatin1(const char *s, Py_ssize_t size, const char *errors)
{
    return hob_str_from_latin1(s, size);
}

/* --- encoding --- */

typedef struct {
    const char *name;
    Py_UCS4 limit;              /* characters below can be encoded */
    const char *reason;
} narrow_encoding;

static const narrow_encoding ascii = {"ascii", 128, "ordinal not in range(128)"};
static const narrow_encoding latin1 = {"latin-1", 256, "ordinal not in range(256)"};

static status
put_question_marks(byte_sink *sink, Py_ssize_t n)
{
    if (hob_sink_room(sink, n) < 0) { return -1; }
    memset(sink->at, '?', (size_t)n);
    sink->at += n;
    return 0;
}

static status
encode_by_handler(codec_fault *fault, const narrow_encoding *to, byte_sink *sink, PyObject *str,
                  Py_ssize_t start, Py_ssize_t stop, Py_ssize_t *pos)
{
    own PyObject *replacement = hob_encode_fault(fault, str, start, stop, to->reason, pos);
    if (!replacement) { return -1; }
    if (PyBytes_Check(replacement)) {
        return hob_sink_put(sink, PyBytes_AS_STRING(replacement),
                            PyBytes_GET_SIZE(replacement));
    }
    text t = text_of(replacement);
    bool fits = STATE(replacement).ascii || (t.kind == 1 && to->limit == 256);
    if (!fits) {
        hob_encode_raise(fault, str, start, stop, to->reason);
        return -1;
    }
    return hob_sink_put(sink, t.data, t.n);
}

/* Deal with str[start:stop], none of which can be encoded. */
static status
encode_bad(codec_fault *fault, const narrow_encoding *to, byte_sink *sink, PyObject *str,
           Py_ssize_t start, Py_ssize_t stop, Py_ssize_t *pos)
{
    text t = text_of(str);
    *pos = stop;
    switch (hob_codec_fault_mode(fault)) {
    case ERRORS_REPLACE: return put_question_marks(sink, stop - start);
    case ERRORS_IGNORE: return 0;
    case ERRORS_BACKSLASHREPLACE:
        return hob_sink_put_escapes(sink, t, start, stop, hob_escape_backslash);
    case ERRORS_XMLCHARREFREPLACE:
        return hob_sink_put_escapes(sink, t, start, stop, hob_escape_xml);
    case ERRORS_SURROGATEESCAPE:
        if (hob_sink_put_escaped_bytes(sink, t, &start, stop) < 0) { return -1; }
        if (start == stop) { return 0; }
        break;
    default:
        break;
    }
    return encode_by_handler(fault, to, sink, str, start, stop, pos);
}

static PyObject *
encode_narrow(PyObject *str, const char *errors, const narrow_encoding *to)
{
    text t = text_of(str);
    own_fault fault = CODEC_FAULT(to->name, errors);
    own_sink sink;
    if (hob_sink_start(&sink, t.n) < 0) { return NULL; }
    for (Py_ssize_t pos = 0; pos < t.n;) {
        Py_UCS4 ch = text_at(t, pos);
        if (ch < to->limit) {
            char byte = (char)ch;
            if (hob_sink_put(&sink, &byte, 1) < 0) { return NULL; }
            pos++;
            continue;
        }
        Py_ssize_t stop = pos + 1;
        while (stop < t.n && text_at(t, stop) >= to->limit) { stop++; }
        if (encode_bad(&fault, to, &sink, str, pos, stop, &pos) < 0) { return NULL; }
    }
    return hob_sink_finish(&sink);
}

PyObject *
_PyUnicode_AsASCIIString(PyObject *unicode, const char *errors)
{
    if (!PyUnicode_Check(unicode)) {
        PyErr_BadArgument();
        return NULL;
    }
    READY_OR(unicode, NULL);
    if (STATE(unicode).ascii) {
        return PyBytes_FromStringAndSize(PyUnicode_DATA(unicode), LENGTH(unicode));
    }
    return encode_narrow(unicode, errors, &ascii);
}

PyObject *
PyUnicode_AsASCIIString(PyObject *unicode)
{
    return _PyUnicode_AsASCIIString(unicode, NULL);
}

PyObject *
_PyUnicode_AsLatin1String(PyObject *unicode, const char *errors)
{
    if (!PyUnicode_Check(unicode)) {
        PyErr_BadArgument();
        return NULL;
    }
    READY_OR(unicode, NULL);
    if (STATE(unicode).kind == 1) {
        return PyBytes_FromStringAndSize(PyUnicode_DATA(unicode), LENGTH(unicode));
    }
    return encode_narrow(unicode, errors, &latin1);
}

PyObject *
PyUnicode_AsLatin1String(PyObject *unicode)
{
    return _PyUnicode_AsLatin1String(unicode, NULL);
}

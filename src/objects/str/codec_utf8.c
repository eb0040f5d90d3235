/* codec_utf8.c -- UTF-8: the codec everything else leans on.
 *
 * Valid text is measured, allocated exactly, and decoded without a check.
 * Only faulty text goes through the writer.
 */
#include "objects/str/str_int.h"

#include "text/utf8.h"

/* --- decoding --- */

static PyObject *
decode_valid(const uint8_t *s, const hob_utf8_scan *scan)
{
    if (scan->bits == 0) { return hob_str_from_ascii(s, scan->n_good); }
    PyObject *str;
    if (scan->n_chars == 1) {
        Py_UCS4 ch;
        hob_utf8_decode(4, &ch, s, scan->n_good);
        return hob_str_char_get(ch);
    }
    str = PyUnicode_New(scan->n_chars, hob_range_max(scan->bits));
    if (str) { hob_utf8_decode(STATE(str).kind, PyUnicode_DATA(str), s, scan->n_good); }
    return str;
}

static status
write_valid(_PyUnicodeWriter *writer, const uint8_t *s, const hob_utf8_scan *scan)
{
    if (scan->n_chars == 0) { return 0; }
    if (_PyUnicodeWriter_Prepare(writer, scan->n_chars, hob_range_max(scan->bits)) < 0) {
        return -1;
    }
    hob_utf8_decode(writer->kind, (char *)writer->data + writer->pos * writer->kind, s,
                    scan->n_good);
    writer->pos += scan->n_chars;
    return 0;
}

static const char *
reason_of(hob_utf8_verdict verdict)
{
    return verdict == UTF8_BAD_START ? "invalid start byte"
         : verdict == UTF8_CUT ? "unexpected end of data" : "invalid continuation byte";
}

/* Deal with n bad bytes at *pos. */
static status
decode_bad(codec_fault *fault, decoder_input *input, const hob_utf8_scan *scan,
           _PyUnicodeWriter *writer, Py_ssize_t *pos)
{
    Py_ssize_t stop = *pos + scan->n_bad;
    switch (hob_codec_fault_mode(fault)) {
    case ERRORS_REPLACE:
        *pos = stop;
        return _PyUnicodeWriter_WriteChar(writer, 0xfffd);
    case ERRORS_IGNORE:
        *pos = stop;
        return 0;
    case ERRORS_SURROGATEESCAPE:
        while (*pos < stop) {
            Py_UCS4 ch = 0xdc00 + (uint8_t)input->start[(*pos)++];
            if (_PyUnicodeWriter_WriteChar(writer, ch) < 0) { return -1; }
        }
        return 0;
    default:
        return hob_decode_fault(fault, input, *pos, stop, reason_of(scan->verdict), writer,
                                pos);
    }
}

/* May more input make this right?  The start of an encoded surrogate waits for
 * its last byte too, for the handler that lets surrogates pass. */
static bool
is_cut(const hob_utf8_scan *scan, const uint8_t *s, Py_ssize_t n)
{
    if (scan->verdict == UTF8_CUT) { return true; }
    const uint8_t *at = s + scan->n_good;
    return scan->verdict == UTF8_BAD_CONTINUATION && n - scan->n_good == 2 && at[0] == 0xed
        && (at[1] & 0xe0) == 0xa0;
}

static status
decode_rest(codec_fault *fault, decoder_input *input, bool may_be_cut, _PyUnicodeWriter *writer,
            Py_ssize_t *pos)
{
    for (;;) {
        const uint8_t *at = (const uint8_t *)input->start + *pos;
        Py_ssize_t n = input->n - *pos;
        hob_utf8_scan scan = hob_utf8_measure(at, n);
        if (write_valid(writer, at, &scan) < 0) { return -1; }
        *pos += scan.n_good;
        if (scan.verdict == UTF8_GOOD || (may_be_cut && is_cut(&scan, at, n))) { return 0; }
        if (decode_bad(fault, input, &scan, writer, pos) < 0) { return -1; }
    }
}

static COLD PyObject *
decode_faulty(const char *s, Py_ssize_t size, const char *errors, Py_ssize_t *consumed)
{
    own_fault fault = CODEC_FAULT("utf-8", errors);
    decoder_input input = {s, size, NULL};
    _PyUnicodeWriter writer;
    _PyUnicodeWriter_Init(&writer);
    writer.min_length = size;
    writer.overallocate = 1;
    Py_ssize_t pos = 0;
    status done = decode_rest(&fault, &input, consumed != NULL, &writer, &pos);
    Py_XDECREF(input.bytes);
    if (done < 0) {
        _PyUnicodeWriter_Dealloc(&writer);
        return NULL;
    }
    if (consumed) { *consumed = pos; }
    return _PyUnicodeWriter_Finish(&writer);
}

PyObject *
PyUnicode_DecodeUTF8Stateful(const char *s, Py_ssize_t size, const char *errors,
                             Py_ssize_t *consumed)
{
    const uint8_t *bytes = (const uint8_t *)s;
    if (size == 0) {
        if (consumed) { *consumed = 0; }
        return Py_NewRef(hob_str_empty());
    }
    hob_utf8_scan scan = hob_utf8_measure(bytes, size);
    if (scan.verdict == UTF8_GOOD || (consumed && is_cut(&scan, bytes, size))) {
        if (consumed) { *consumed = scan.n_good; }
        return decode_valid(bytes, &scan);
    }
    return decode_faulty(s, size, errors, consumed);
}

PyObject *
PyUnicode_DecodeUTF8(const char *s, Py_ssize_t size, const char *errors)
{
    return PyUnicode_DecodeUTF8Stateful(s, size, errors, NULL);
}

/* --- encoding --- */

static const char no_surrogates[] = "surrogates not allowed";

static int
surrogate_bytes(Py_UCS4 ch, char *to)
{
    return (int)((char *)hob_utf8_put((uint8_t *)to, ch) - to);
}

static int
question_mark(Py_UCS4 ch, char *to)
{
    *to = '?';
    return 1;
}

/* Ask the handler about the surrogates str[start:stop]. */
static status
encode_by_handler(codec_fault *fault, byte_sink *sink, PyObject *str, Py_ssize_t start,
                  Py_ssize_t stop, Py_ssize_t *pos)
{
    own PyObject *replacement = hob_encode_fault(fault, str, start, stop, no_surrogates, pos);
    if (!replacement) { return -1; }
    if (PyBytes_Check(replacement)) {
        return hob_sink_put(sink, PyBytes_AS_STRING(replacement),
                            PyBytes_GET_SIZE(replacement));
    }
    if (!STATE(replacement).ascii) {
        hob_encode_raise(fault, str, start, stop, no_surrogates);
        return -1;
    }
    return hob_sink_put(sink, PyUnicode_DATA(replacement), LENGTH(replacement));
}

/* Deal with the run of surrogates at *pos. */
static status
encode_surrogates(codec_fault *fault, byte_sink *sink, PyObject *str, Py_ssize_t *pos)
{
    text t = text_of(str);
    Py_ssize_t start = *pos, stop = start;
    while (stop < t.n && hob_is_surrogate(text_at(t, stop))) { stop++; }
    *pos = stop;
    switch (hob_codec_fault_mode(fault)) {
    case ERRORS_REPLACE: return hob_sink_put_escapes(sink, t, start, stop, question_mark);
    case ERRORS_IGNORE: return 0;
    case ERRORS_SURROGATEPASS:
        return hob_sink_put_escapes(sink, t, start, stop, surrogate_bytes);
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
    return encode_by_handler(fault, sink, str, start, stop, pos);
}

static PyObject *
encode(PyObject *str, const char *errors)
{
    text t = text_of(str);
    Py_ssize_t size = hob_utf8_size(t.kind, t.data, t.n);
    own_fault fault = CODEC_FAULT("utf-8", errors);
    own_sink sink;
    if (hob_sink_start(&sink, size) < 0) { return NULL; }
    for (Py_ssize_t pos = 0;;) {
        uint8_t *at = (uint8_t *)sink.at;
        pos += hob_utf8_encode(t.kind, text_place(t, pos), t.n - pos, &at);
        sink.at = (char *)at;
        if (pos == t.n) { return hob_sink_finish(&sink); }
        if (encode_surrogates(&fault, &sink, str, &pos) < 0) { return NULL; }
        if (hob_sink_room(&sink, (t.n - pos) * 4) < 0) { return NULL; }
    }
}

PyObject *
_PyUnicode_AsUTF8String(PyObject *unicode, const char *errors)
{
    if (!PyUnicode_Check(unicode)) {
        PyErr_BadArgument();
        return NULL;
    }
    READY_OR(unicode, NULL);
    if (STATE(unicode).ascii) {
        return PyBytes_FromStringAndSize(PyUnicode_DATA(unicode), LENGTH(unicode));
    }
    if (UTF8(unicode)) {
        return PyBytes_FromStringAndSize(UTF8(unicode), UTF8_LENGTH(unicode));
    }
    return encode(unicode, errors);
}

PyObject *
PyUnicode_AsUTF8String(PyObject *unicode)
{
    return _PyUnicode_AsUTF8String(unicode, NULL);
}

/* Fill the utf8 cache of a str that is not ASCII. */
static status
fill_utf8(PyObject *str)
{
    text t = text_of(str);
    Py_ssize_t size = hob_utf8_size(t.kind, t.data, t.n);
    uint8_t *utf8 = PyObject_Malloc((size_t)size + 1), *end = utf8;
    if (!utf8) {
        PyErr_NoMemory();
        return -1;
    }
    if (hob_utf8_encode(t.kind, t.data, t.n, &end) < t.n) {
        PyObject_Free(utf8);
        PyObject *never = encode(str, NULL);            /* raises */
        Py_XDECREF(never);
        return -1;
    }
    *end = 0;
    UTF8(str) = (char *)utf8;
    UTF8_LENGTH(str) = end - utf8;
    return 0;
}

const char *
PyUnicode_AsUTF8AndSize(PyObject *unicode, Py_ssize_t *psize)
{
    if (!PyUnicode_Check(unicode)) {
        PyErr_BadArgument();
        return NULL;
    }
    READY_OR(unicode, NULL);
    if (LIKELY(STATE(unicode).ascii)) {
        if (psize) { *psize = LENGTH(unicode); }
        return PyUnicode_DATA(unicode);
    }
    if (!UTF8(unicode) && fill_utf8(unicode) < 0) { return NULL; }
    if (psize) { *psize = UTF8_LENGTH(unicode); }
    return UTF8(unicode);
}

const char *
PyUnicode_AsUTF8(PyObject *unicode)
{
    return PyUnicode_AsUTF8AndSize(unicode, NULL);
}

const char *
hob_str_show(PyObject *str)
{
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    const char *text = str ? PyUnicode_AsUTF8(str) : NULL;
    PyErr_Restore(type, value, traceback);      /* drops a failure of our own */
    return text ? text : "?";
}

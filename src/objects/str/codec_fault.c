/* codec_fault.c -- codecs meeting what they cannot code: calling error handlers.
 *
 * Hazard    a handler is Python code.  It may hand back other input for a
 *           decoder (exc.object), and any position to go on from.
 */
#include "objects/str/str_int.h"

errors_mode
hob_errors_mode(const char *errors)
{
    static const struct { const char *name; errors_mode mode; } known[] = {
        {"strict", ERRORS_STRICT}, {"surrogateescape", ERRORS_SURROGATEESCAPE},
        {"replace", ERRORS_REPLACE}, {"ignore", ERRORS_IGNORE},
        {"backslashreplace", ERRORS_BACKSLASHREPLACE}, {"surrogatepass", ERRORS_SURROGATEPASS},
        {"xmlcharrefreplace", ERRORS_XMLCHARREFREPLACE},
    };
    if (!errors) { return ERRORS_STRICT; }
    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        if (strcmp(errors, known[i].name) == 0) { return known[i].mode; }
    }
    return ERRORS_OTHER;
}

void
hob_codec_fault_drop(codec_fault *fault)
{
    Py_CLEAR(fault->handler);
    Py_CLEAR(fault->exc);
}

static status
find_handler(codec_fault *fault)
{
    if (!fault->handler) { fault->handler = PyCodec_LookupError(fault->errors); }
    return fault->handler ? 0 : -1;
}

/* Turn a handler's answer about n units of input into a position. */
static status
check_position(Py_ssize_t answered, Py_ssize_t n, Py_ssize_t *pos)
{
    *pos = answered < 0 ? answered + n : answered;
    if (*pos >= 0 && *pos <= n) { return 0; }
    PyErr_Format(PyExc_IndexError, "position %zd from error handler out of bounds", *pos);
    return -1;
}

/* --- decoding --- */

static status
prepare_decode_exc(codec_fault *fault, decoder_input *input, Py_ssize_t start, Py_ssize_t stop,
                   const char *reason)
{
    if (!fault->exc) {
        fault->exc = PyUnicodeDecodeError_Create(fault->encoding, input->start, input->n, start,
                                                 stop, reason);
        return fault->exc ? 0 : -1;
    }
    if (PyUnicodeDecodeError_SetStart(fault->exc, start) < 0
        || PyUnicodeDecodeError_SetEnd(fault->exc, stop) < 0) { return -1; }
    return PyUnicodeDecodeError_SetReason(fault->exc, reason);
}

/* The input may have been replaced by the handler. */
static status
refresh_input(codec_fault *fault, decoder_input *input)
{
    PyObject *bytes = PyUnicodeDecodeError_GetObject(fault->exc);
    if (!bytes) { return -1; }
    if (!PyBytes_Check(bytes)) {
        PyErr_SetString(PyExc_TypeError, "exception attribute object must be bytes");
        Py_DECREF(bytes);
        return -1;
    }
    Py_XSETREF(input->bytes, bytes);
    input->start = PyBytes_AS_STRING(bytes);
    input->n = PyBytes_GET_SIZE(bytes);
    return 0;
}

status
hob_decode_fault(codec_fault *fault, decoder_input *input, Py_ssize_t start, Py_ssize_t stop,
                 const char *reason, _PyUnicodeWriter *writer, Py_ssize_t *pos)
{
    if (hob_codec_fault_mode(fault) == ERRORS_STRICT) {
        if (prepare_decode_exc(fault, input, start, stop, reason) == 0) {
            PyCodec_StrictErrors(fault->exc);
        }
        return -1;
    }
    if (find_handler(fault) < 0
        || prepare_decode_exc(fault, input, start, stop, reason) < 0) { return -1; }
    own PyObject *answer = PyObject_CallOneArg(fault->handler, fault->exc);
    if (!answer) { return -1; }
    static const char format[] = "Un;decoding error handler must return (str, int) tuple";
    if (!PyTuple_Check(answer)) {
        PyErr_SetString(PyExc_TypeError, strchr(format, ';') + 1);
        return -1;
    }
    PyObject *replacement;
    Py_ssize_t answered;
    if (!PyArg_ParseTuple(answer, format, &replacement, &answered)) { return -1; }
    if (refresh_input(fault, input) < 0) { return -1; }
    if (check_position(answered, input->n, pos) < 0) { return -1; }
    /* a guess at what is to come: one character for each byte that is left */
    READY_OR(replacement, -1);
    Py_ssize_t n = LENGTH(replacement);
    if (n > 1 && writer->min_length <= PY_SSIZE_T_MAX - (n - 1)) {
        writer->min_length += n - 1;
        writer->overallocate = 1;
    }
    return _PyUnicodeWriter_WriteStr(writer, replacement);
}

/* --- encoding --- */

static status
prepare_encode_exc(codec_fault *fault, PyObject *str, Py_ssize_t start, Py_ssize_t stop,
                   const char *reason)
{
    if (!fault->exc) {
        fault->exc = PyObject_CallFunction(PyExc_UnicodeEncodeError, "sOnns", fault->encoding,
                                           str, start, stop, reason);
        return fault->exc ? 0 : -1;
    }
    if (PyUnicodeEncodeError_SetStart(fault->exc, start) < 0
        || PyUnicodeEncodeError_SetEnd(fault->exc, stop) < 0) { return -1; }
    return PyUnicodeEncodeError_SetReason(fault->exc, reason);
}

void
hob_encode_raise(codec_fault *fault, PyObject *str, Py_ssize_t start, Py_ssize_t stop,
                 const char *reason)
{
    if (prepare_encode_exc(fault, str, start, stop, reason) < 0) { return; }
    PyCodec_StrictErrors(fault->exc);
}

PyObject *
hob_encode_fault(codec_fault *fault, PyObject *str, Py_ssize_t start, Py_ssize_t stop,
                 const char *reason, Py_ssize_t *pos)
{
    if (hob_codec_fault_mode(fault) == ERRORS_STRICT) {
        hob_encode_raise(fault, str, start, stop, reason);
        return NULL;
    }
    if (find_handler(fault) < 0
        || prepare_encode_exc(fault, str, start, stop, reason) < 0) { return NULL; }
    own PyObject *answer = PyObject_CallOneArg(fault->handler, fault->exc);
    if (!answer) { return NULL; }
    static const char format[] = "On;encoding error handler must return (str/bytes, int) tuple";
    const char *complaint = strchr(format, ';') + 1;
    if (!PyTuple_Check(answer)) {
        PyErr_SetString(PyExc_TypeError, complaint);
        return NULL;
    }
    PyObject *replacement;
    Py_ssize_t answered;
    if (!PyArg_ParseTuple(answer, format, &replacement, &answered)) { return NULL; }
    if (!PyUnicode_Check(replacement) && !PyBytes_Check(replacement)) {
        PyErr_SetString(PyExc_TypeError, complaint);
        return NULL;
    }
    if (PyUnicode_Check(replacement)) { READY_OR(replacement, NULL); }
    if (check_position(answered, LENGTH(str), pos) < 0) { return NULL; }
    return Py_NewRef(replacement);
}

/* --- byte sink --- */

status
hob_sink_start(byte_sink *sink, Py_ssize_t n)
{
    sink->at = sink->end = NULL;
    sink->bytes = PyBytes_FromStringAndSize(NULL, n);
    if (!sink->bytes) { return -1; }
    sink->at = PyBytes_AS_STRING(sink->bytes);
    sink->end = sink->at + n;
    return 0;
}

status
hob_sink_room(byte_sink *sink, Py_ssize_t n)
{
    if (sink->end - sink->at >= n) { return 0; }
    Py_ssize_t used = sink->at - PyBytes_AS_STRING(sink->bytes);
    if (n > PY_SSIZE_T_MAX / 2 - used) {
        PyErr_NoMemory();
        return -1;
    }
    Py_ssize_t size = used + n;
    size += size / 4;
    if (used == 0 || PyBytes_GET_SIZE(sink->bytes) == 0) {      /* b'' and b'x' are shared */
        Py_CLEAR(sink->bytes);
        return hob_sink_start(sink, size);
    }
    if (_PyBytes_Resize(&sink->bytes, size) < 0) { return -1; }
    sink->at = PyBytes_AS_STRING(sink->bytes) + used;
    sink->end = PyBytes_AS_STRING(sink->bytes) + size;
    return 0;
}

status
hob_sink_put_escapes(byte_sink *sink, text t, Py_ssize_t start, Py_ssize_t stop,
                     int (*escape)(Py_UCS4, char *))
{
    for (; start < stop; start++) {
        char escaped[ESCAPE_SIZE];
        int n = escape(text_at(t, start), escaped);
        if (hob_sink_put(sink, escaped, n) < 0) { return -1; }
    }
    return 0;
}

status
hob_sink_put_escaped_bytes(byte_sink *sink, text t, Py_ssize_t *start, Py_ssize_t stop)
{
    for (; *start < stop; ++*start) {
        Py_UCS4 ch = text_at(t, *start);
        if (ch < 0xdc80 || ch > 0xdcff) { break; }
        char byte = (char)(ch & 0xff);
        if (hob_sink_put(sink, &byte, 1) < 0) { return -1; }
    }
    return 0;
}

PyObject *
hob_sink_finish(byte_sink *sink)
{
    Py_ssize_t used = sink->at - PyBytes_AS_STRING(sink->bytes);
    if (used != PyBytes_GET_SIZE(sink->bytes) && _PyBytes_Resize(&sink->bytes, used) < 0) {
        return NULL;
    }
    return take(sink->bytes);
}

void
hob_sink_drop(byte_sink *sink)
{
    Py_CLEAR(sink->bytes);
}

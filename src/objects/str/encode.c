/* encode.c -- str from bytes and bytes from str, by the name of an encoding.
 *
 * The names most programs use are known here and need no codec object.
 */
#include "objects/str/str_int.h"

#include "objects/codecs.h"
#include "state/interp.h"
#include "state/runtime.h"

/* --- names --- */

typedef enum {
    ENC_OTHER, ENC_UTF8, ENC_UTF16, ENC_UTF32, ENC_ASCII, ENC_LATIN1,
} known_encoding;

static known_encoding
known_by_name(const char *encoding)
{
    static const struct { const char *name; known_encoding which; } known[] = {
        {"utf_8", ENC_UTF8}, {"utf8", ENC_UTF8}, {"ascii", ENC_ASCII}, {"us_ascii", ENC_ASCII},
        {"latin1", ENC_LATIN1}, {"latin_1", ENC_LATIN1}, {"iso_8859_1", ENC_LATIN1},
        {"iso8859_1", ENC_LATIN1}, {"utf_16", ENC_UTF16}, {"utf16", ENC_UTF16},
        {"utf_32", ENC_UTF32}, {"utf32", ENC_UTF32},
    };
    if (!encoding) { return ENC_UTF8; }
    char name[32];
    if (strlen(encoding) >= sizeof name) { return ENC_OTHER; }
    hob_encoding_normalize(encoding, name);
    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        if (strcmp(name, known[i].name) == 0) { return known[i].which; }
    }
    return ENC_OTHER;
}

/* In development mode unknown names are complained about at once. */
static status
check_names(const char *encoding, const char *errors)
{
    PyInterpreterState *interp = hob_ts()->interp;
    if (LIKELY(!interp->config.dev_mode) || interp->finalizing || !hob_fs_chosen()) {
        return 0;
    }
    if (encoding) {
        own PyObject *codec = _PyCodec_Lookup(encoding);
        if (!codec) { return -1; }
    }
    if (errors) {
        own PyObject *handler = PyCodec_LookupError(errors);
        if (!handler) { return -1; }
    }
    return 0;
}

/* --- decoding --- */

static PyObject *
decode_by_codec(const char *s, Py_ssize_t size, const char *encoding, const char *errors)
{
    Py_buffer view;
    if (PyBuffer_FillInfo(&view, NULL, (void *)s, size, 1, PyBUF_FULL_RO) < 0) { return NULL; }
    own PyObject *buffer = PyMemoryView_FromBuffer(&view);
    if (!buffer) { return NULL; }
    own PyObject *str = _PyCodec_DecodeText(buffer, encoding, errors);
    if (!str) { return NULL; }
    if (!PyUnicode_Check(str)) {
        PyErr_Format(PyExc_TypeError, "'%.400s' decoder returned '%.400s' instead of 'str'; "
                     "use codecs.decode() to decode to arbitrary types",
                     encoding, Py_TYPE(str)->tp_name);
        return NULL;
    }
    READY_OR(str, NULL);
    return take(str);
}

PyObject *
PyUnicode_Decode(const char *s, Py_ssize_t size, const char *encoding, const char *errors)
{
    if (check_names(encoding, errors) < 0) { return NULL; }
    switch (known_by_name(encoding)) {
    case ENC_UTF8:   return PyUnicode_DecodeUTF8Stateful(s, size, errors, NULL);
    case ENC_UTF16:  return PyUnicode_DecodeUTF16(s, size, errors, NULL);
    case ENC_UTF32:  return PyUnicode_DecodeUTF32(s, size, errors, NULL);
    case ENC_ASCII:  return PyUnicode_DecodeASCII(s, size, errors);
    case ENC_LATIN1: return PyUnicode_DecodeLatin1(s, size, errors);
    default:         return decode_by_codec(s, size, encoding, errors);
    }
}

PyObject *
PyUnicode_FromEncodedObject(PyObject *obj, const char *encoding, const char *errors)
{
    if (!obj) {
        PyErr_BadInternalCall();
        return NULL;
    }
    if (PyBytes_Check(obj)) {
        if (PyBytes_GET_SIZE(obj) == 0) {
            return check_names(encoding, errors) < 0 ? NULL : Py_NewRef(hob_str_empty());
        }
        return PyUnicode_Decode(PyBytes_AS_STRING(obj), PyBytes_GET_SIZE(obj), encoding,
                                errors);
    }
    if (PyUnicode_Check(obj)) {
        PyErr_SetString(PyExc_TypeError, "decoding str is not supported");
        return NULL;
    }
    Py_buffer buffer;
    if (PyObject_GetBuffer(obj, &buffer, PyBUF_SIMPLE) < 0) {
        PyErr_Format(PyExc_TypeError, "decoding to str: need a bytes-like object, %.80s found",
                     Py_TYPE(obj)->tp_name);
        return NULL;
    }
    PyObject *str;
    if (buffer.len == 0) {
        str = check_names(encoding, errors) < 0 ? NULL : Py_NewRef(hob_str_empty());
    }
    else {
        str = PyUnicode_Decode(buffer.buf, buffer.len, encoding, errors);
    }
    PyBuffer_Release(&buffer);
    return str;
}

/* --- encoding --- */

static PyObject *
encode_by_codec(PyObject *str, const char *encoding, const char *errors)
{
    own PyObject *bytes = _PyCodec_EncodeText(str, encoding, errors);
    if (!bytes || PyBytes_Check(bytes)) { return take(bytes); }
    if (PyByteArray_Check(bytes)) {
        if (PyErr_WarnFormat(PyExc_RuntimeWarning, 1,
                             "encoder %s returned bytearray instead of bytes; "
                             "use codecs.encode() to encode to arbitrary types",
                             encoding) < 0) { return NULL; }
        return PyBytes_FromStringAndSize(PyByteArray_AS_STRING(bytes),
                                         PyByteArray_GET_SIZE(bytes));
    }
    PyErr_Format(PyExc_TypeError, "'%.400s' encoder returned '%.400s' instead of 'bytes'; "
                 "use codecs.encode() to encode to arbitrary types",
                 encoding, Py_TYPE(bytes)->tp_name);
    return NULL;
}

PyObject *
PyUnicode_AsEncodedString(PyObject *unicode, const char *encoding, const char *errors)
{
    if (!PyUnicode_Check(unicode)) {
        PyErr_BadArgument();
        return NULL;
    }
    if (check_names(encoding, errors) < 0) { return NULL; }
    switch (known_by_name(encoding)) {
    case ENC_UTF8:   return _PyUnicode_AsUTF8String(unicode, errors);
    case ENC_UTF16:  return _PyUnicode_EncodeUTF16(unicode, errors, 0);
    case ENC_UTF32:  return _PyUnicode_EncodeUTF32(unicode, errors, 0);
    case ENC_ASCII:  return _PyUnicode_AsASCIIString(unicode, errors);
    case ENC_LATIN1: return _PyUnicode_AsLatin1String(unicode, errors);
    default:         return encode_by_codec(unicode, encoding, errors);
    }
}

const char *
PyUnicode_GetDefaultEncoding(void)
{
    return "utf-8";
}

/* --- deprecated: any codec, str on one side --- */

PyObject *
PyUnicode_AsDecodedObject(PyObject *unicode, const char *encoding, const char *errors)
{
    if (!PyUnicode_Check(unicode)) {
        PyErr_BadArgument();
        return NULL;
    }
    if (PyErr_WarnEx(PyExc_DeprecationWarning,
                     "PyUnicode_AsDecodedObject() is deprecated; "
                     "use PyCodec_Decode() to decode from str", 1) < 0) { return NULL; }
    return PyCodec_Decode(unicode, encoding ? encoding : "utf-8", errors);
}

PyObject *
PyUnicode_AsDecodedUnicode(PyObject *unicode, const char *encoding, const char *errors)
{
    if (!PyUnicode_Check(unicode)) {
        PyErr_BadArgument();
        return NULL;
    }
    if (PyErr_WarnEx(PyExc_DeprecationWarning,
                     "PyUnicode_AsDecodedUnicode() is deprecated; "
                     "use PyCodec_Decode() to decode from str to str", 1) < 0) { return NULL; }
    encoding = encoding ? encoding : "utf-8";
    own PyObject *str = PyCodec_Decode(unicode, encoding, errors);
    if (!str || PyUnicode_Check(str)) { return take(str); }
    PyErr_Format(PyExc_TypeError, "'%.400s' decoder returned '%.400s' instead of 'str'; "
                 "use codecs.decode() to decode to arbitrary types",
                 encoding, Py_TYPE(str)->tp_name);
    return NULL;
}

PyObject *
PyUnicode_AsEncodedObject(PyObject *unicode, const char *encoding, const char *errors)
{
    if (!PyUnicode_Check(unicode)) {
        PyErr_BadArgument();
        return NULL;
    }
    if (PyErr_WarnEx(PyExc_DeprecationWarning,
                     "PyUnicode_AsEncodedObject() is deprecated; "
                     "use PyUnicode_AsEncodedString() to encode from str to bytes "
                     "or PyCodec_Encode() for generic encoding", 1) < 0) { return NULL; }
    return PyCodec_Encode(unicode, encoding ? encoding : "utf-8", errors);
}

PyObject *
PyUnicode_AsEncodedUnicode(PyObject *unicode, const char *encoding, const char *errors)
{
    if (!PyUnicode_Check(unicode)) {
        PyErr_BadArgument();
        return NULL;
    }
    if (PyErr_WarnEx(PyExc_DeprecationWarning,
                     "PyUnicode_AsEncodedUnicode() is deprecated; "
                     "use PyCodec_Encode() to encode from str to str", 1) < 0) { return NULL; }
    encoding = encoding ? encoding : "utf-8";
    own PyObject *str = PyCodec_Encode(unicode, encoding, errors);
    if (!str || PyUnicode_Check(str)) { return take(str); }
    PyErr_Format(PyExc_TypeError, "'%.400s' encoder returned '%.400s' instead of 'str'; "
                 "use codecs.encode() to encode to arbitrary types",
                 encoding, Py_TYPE(str)->tp_name);
    return NULL;
}

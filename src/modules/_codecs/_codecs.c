/* _codecs.c -- the _codecs module: the registry and the codecs written in C.
 *
 * An encoder returns (bytes, characters taken), a decoder (str, bytes taken);
 * with final false a decoder stops in front of what is cut off.
 */
#include <Python.h>

#include "base/c.h"
#include "memory/own.h"
#include "objects/bind.h"

/* --- arguments --- */

/* The name of an error handler; None is NULL. */
typedef const char *errors_arg;
#define default_errors NULL

static inline bool
arg_errors(PyObject *value, const char **out, const char *func, const char *what)
{
    if (value == Py_None) {
        *out = NULL;
        return true;
    }
    if (!PyUnicode_Check(value)) {
        _PyArg_BadArgument(func, what, "str or None", value);
        return false;
    }
    return arg_utf8(value, out, func, what);
}

/* Bytes to read; a str stands for its UTF-8. */
typedef struct { Py_buffer view; } text_arg;

static inline bool
arg_text(PyObject *value, text_arg *out, const char *func, const char *what)
{
    if (!PyUnicode_Check(value)) {
        return arg_buffer(value, &out->view, PyBUF_SIMPLE, func, what);
    }
    Py_ssize_t n;
    const char *utf8 = PyUnicode_AsUTF8AndSize(value, &n);
    return utf8 && PyBuffer_FillInfo(&out->view, value, (void *)utf8, n, 1, PyBUF_SIMPLE) == 0;
}

static inline void
done_text(text_arg *it)
{
    if (it->view.obj) { PyBuffer_Release(&it->view); }
}

/* A str, readied. */
typedef PyObject *str_arg;

static inline bool
arg_str(PyObject *value, PyObject **out, const char *func, const char *what)
{
    if (!PyUnicode_Check(value)) {
        _PyArg_BadArgument(func, what, "str", value);
        return false;
    }
    *out = value;
    return PyUnicode_READY(value) == 0;
}

/* --- results --- */

/* (result, n); consumes result. */
static PyObject *
pair(STOLEN PyObject *result, Py_ssize_t n)
{
    return result ? Py_BuildValue("Nn", result, n) : NULL;
}

static inline PyObject *
encoded(STOLEN PyObject *bytes, PyObject *str)
{
    return pair(bytes, PyUnicode_GET_LENGTH(str));
}

/* --- registry --- */

/** register($module, search_function, /)
 *
 *  Add a function that finds codecs.
 *
 *  It takes an encoding's name in lower case and returns a CodecInfo, a tuple
 *  (encode, decode, stream_reader, stream_writer), or None.
 */
static PyObject *
codecs_register(PyObject *module, PyObject *search_function)
{
    if (PyCodec_Register(search_function) < 0) { return NULL; }
    Py_RETURN_NONE;
}

/** unregister($module, search_function, /)
 *
 *  Remove a search function and forget what was found; nothing if it is unknown.
 */
static PyObject *
codecs_unregister(PyObject *module, PyObject *search_function)
{
    if (PyCodec_Unregister(search_function) < 0) { return NULL; }
    Py_RETURN_NONE;
}

/** lookup($module, encoding, /)
 *
 *  The codec of an encoding; LookupError when there is none.
 */
static PyObject *
codecs_lookup(PyObject *module, const char *encoding)
{
    return _PyCodec_Lookup(encoding);
}

/** encode($module, /, obj, encoding='utf-8'{NULL}, errors='strict'{NULL})
 *
 *  Encode obj with any codec.
 */
static PyObject *
codecs_encode(PyObject *module, PyObject *obj, const char *encoding, const char *errors)
{
    return PyCodec_Encode(obj, encoding ? encoding : PyUnicode_GetDefaultEncoding(), errors);
}

/** decode($module, /, obj, encoding='utf-8'{NULL}, errors='strict'{NULL})
 *
 *  Decode obj with any codec.
 */
static PyObject *
codecs_decode(PyObject *module, PyObject *obj, const char *encoding, const char *errors)
{
    return PyCodec_Decode(obj, encoding ? encoding : PyUnicode_GetDefaultEncoding(), errors);
}

/** register_error($module, errors, handler, /)
 *
 *  Name an error handler.
 *
 *  It takes the exception of a coding fault and returns (replacement, position
 *  to go on from), or raises.
 */
static PyObject *
codecs_register_error(PyObject *module, const char *errors, PyObject *handler)
{
    if (PyCodec_RegisterError(errors, handler) < 0) { return NULL; }
    Py_RETURN_NONE;
}

/** lookup_error($module, name, /)
 *
 *  The error handler of that name; LookupError when there is none.
 */
static PyObject *
codecs_lookup_error(PyObject *module, const char *name)
{
    return PyCodec_LookupError(name);
}

/* --- escapes --- */

/** escape_decode($module, data, errors=None, /) */
static PyObject *
codecs_escape_decode(PyObject *module, text_arg *data, errors_arg errors)
{
    return pair(PyBytes_DecodeEscape(data->view.buf, data->view.len, errors, 0, NULL),
                data->view.len);
}

/* The escaped form of a byte; how long it is. */
static int
escape_byte(uint8_t byte, char *to)
{
    char letter = byte == '\\' || byte == '\'' ? (char)byte
                : byte == '\t' ? 't' : byte == '\n' ? 'n' : byte == '\r' ? 'r' : 0;
    if (letter) {
        to[0] = '\\';
        to[1] = letter;
        return 2;
    }
    if (byte >= ' ' && byte < 0x7f) {
        to[0] = (char)byte;
        return 1;
    }
    to[0] = '\\';
    to[1] = 'x';
    to[2] = Py_hexdigits[byte >> 4];
    to[3] = Py_hexdigits[byte & 15];
    return 4;
}

/** escape_encode($module, data, errors=None, /) */
static PyObject *
codecs_escape_encode(PyObject *module, PyBytesObject *data, errors_arg errors)
{
    Py_ssize_t n = PyBytes_GET_SIZE(data);
    if (n > PY_SSIZE_T_MAX / 4) {
        PyErr_SetString(PyExc_OverflowError, "string is too large to encode");
        return NULL;
    }
    PyObject *bytes = PyBytes_FromStringAndSize(NULL, 4 * n);
    if (!bytes) { return NULL; }
    char *at = PyBytes_AS_STRING(bytes);
    const uint8_t *from = (const uint8_t *)PyBytes_AS_STRING(data);
    for (Py_ssize_t i = 0; i < n; i++) { at += escape_byte(from[i], at); }
    if (_PyBytes_Resize(&bytes, at - PyBytes_AS_STRING(bytes)) < 0) { return NULL; }
    return pair(bytes, n);
}

/* --- decoders --- */

/** utf_7_decode($module, data, errors=None, final=False, /) */
static PyObject *
codecs_utf_7_decode(PyObject *module, Py_buffer *data, errors_arg errors, int final)
{
    Py_ssize_t used = data->len;
    PyObject *str = PyUnicode_DecodeUTF7Stateful(data->buf, data->len, errors,
                                                 final ? NULL : &used);
    return pair(str, used);
}

/** utf_8_decode($module, data, errors=None, final=False, /) */
static PyObject *
codecs_utf_8_decode(PyObject *module, Py_buffer *data, errors_arg errors, int final)
{
    Py_ssize_t used = data->len;
    PyObject *str = PyUnicode_DecodeUTF8Stateful(data->buf, data->len, errors,
                                                 final ? NULL : &used);
    return pair(str, used);
}

typedef PyObject *(*wide_decoder)(const char *, Py_ssize_t, const char *, int *, Py_ssize_t *);

/* Decode UTF-16 or UTF-32 from the byte order given. */
static PyObject *
decode_wide(wide_decoder decode, Py_buffer *data, const char *errors, int order, int final)
{
    Py_ssize_t used = data->len;
    PyObject *str = decode(data->buf, data->len, errors, &order, final ? NULL : &used);
    return pair(str, used);
}

/* The same, and (str, bytes taken, byte order found). */
static PyObject *
decode_wide_ex(wide_decoder decode, Py_buffer *data, const char *errors, int order, int final)
{
    Py_ssize_t used = data->len;
    PyObject *str = decode(data->buf, data->len, errors, &order, final ? NULL : &used);
    return str ? Py_BuildValue("Nni", str, used, order) : NULL;
}

/** utf_16_decode($module, data, errors=None, final=False, /) */
static PyObject *
codecs_utf_16_decode(PyObject *module, Py_buffer *data, errors_arg errors, int final)
{
    return decode_wide(PyUnicode_DecodeUTF16Stateful, data, errors, 0, final);
}

/** utf_16_le_decode($module, data, errors=None, final=False, /) */
static PyObject *
codecs_utf_16_le_decode(PyObject *module, Py_buffer *data, errors_arg errors, int final)
{
    return decode_wide(PyUnicode_DecodeUTF16Stateful, data, errors, -1, final);
}

/** utf_16_be_decode($module, data, errors=None, final=False, /) */
static PyObject *
codecs_utf_16_be_decode(PyObject *module, Py_buffer *data, errors_arg errors, int final)
{
    return decode_wide(PyUnicode_DecodeUTF16Stateful, data, errors, 1, final);
}

/** utf_16_ex_decode($module, data, errors=None, byteorder=0, final=False, /) */
static PyObject *
codecs_utf_16_ex_decode(PyObject *module, Py_buffer *data, errors_arg errors, int byteorder,
                        int final)
{
    return decode_wide_ex(PyUnicode_DecodeUTF16Stateful, data, errors, byteorder, final);
}

/** utf_32_decode($module, data, errors=None, final=False, /) */
static PyObject *
codecs_utf_32_decode(PyObject *module, Py_buffer *data, errors_arg errors, int final)
{
    return decode_wide(PyUnicode_DecodeUTF32Stateful, data, errors, 0, final);
}

/** utf_32_le_decode($module, data, errors=None, final=False, /) */
static PyObject *
codecs_utf_32_le_decode(PyObject *module, Py_buffer *data, errors_arg errors, int final)
{
    return decode_wide(PyUnicode_DecodeUTF32Stateful, data, errors, -1, final);
}

/** utf_32_be_decode($module, data, errors=None, final=False, /) */
static PyObject *
codecs_utf_32_be_decode(PyObject *module, Py_buffer *data, errors_arg errors, int final)
{
    return decode_wide(PyUnicode_DecodeUTF32Stateful, data, errors, 1, final);
}

/** utf_32_ex_decode($module, data, errors=None, byteorder=0, final=False, /) */
static PyObject *
codecs_utf_32_ex_decode(PyObject *module, Py_buffer *data, errors_arg errors, int byteorder,
                        int final)
{
    return decode_wide_ex(PyUnicode_DecodeUTF32Stateful, data, errors, byteorder, final);
}

/** unicode_escape_decode($module, data, errors=None, final=True, /) */
static PyObject *
codecs_unicode_escape_decode(PyObject *module, text_arg *data, errors_arg errors, int final)
{
    Py_ssize_t used = data->view.len;
    PyObject *str = _PyUnicode_DecodeUnicodeEscapeStateful(data->view.buf, data->view.len,
                                                           errors,
                                                           final ? NULL : &used);
    return pair(str, used);
}

/** raw_unicode_escape_decode($module, data, errors=None, final=True, /) */
static PyObject *
codecs_raw_unicode_escape_decode(PyObject *module, text_arg *data, errors_arg errors, int final)
{
    Py_ssize_t used = data->view.len;
    PyObject *str = _PyUnicode_DecodeRawUnicodeEscapeStateful(data->view.buf, data->view.len,
                                                              errors, final ? NULL : &used);
    return pair(str, used);
}

/** latin_1_decode($module, data, errors=None, /) */
static PyObject *
codecs_latin_1_decode(PyObject *module, Py_buffer *data, errors_arg errors)
{
    return pair(PyUnicode_DecodeLatin1(data->buf, data->len, errors), data->len);
}

/** ascii_decode($module, data, errors=None, /) */
static PyObject *
codecs_ascii_decode(PyObject *module, Py_buffer *data, errors_arg errors)
{
    return pair(PyUnicode_DecodeASCII(data->buf, data->len, errors), data->len);
}

/** charmap_decode($module, data, errors=None, mapping=None, /) */
static PyObject *
codecs_charmap_decode(PyObject *module, Py_buffer *data, errors_arg errors, PyObject *mapping)
{
    if (mapping == Py_None) { mapping = NULL; }
    return pair(PyUnicode_DecodeCharmap(data->buf, data->len, mapping, errors), data->len);
}

/* --- encoders --- */

/** readbuffer_encode($module, data, errors=None, /) */
static PyObject *
codecs_readbuffer_encode(PyObject *module, text_arg *data, errors_arg errors)
{
    return pair(PyBytes_FromStringAndSize(data->view.buf, data->view.len), data->view.len);
}

/** utf_7_encode($module, str, errors=None, /) */
static PyObject *
codecs_utf_7_encode(PyObject *module, str_arg str, errors_arg errors)
{
    return encoded(_PyUnicode_EncodeUTF7(str, 0, 0, errors), str);
}

/** utf_8_encode($module, str, errors=None, /) */
static PyObject *
codecs_utf_8_encode(PyObject *module, str_arg str, errors_arg errors)
{
    return encoded(_PyUnicode_AsUTF8String(str, errors), str);
}

/** utf_16_encode($module, str, errors=None, byteorder=0, /) */
static PyObject *
codecs_utf_16_encode(PyObject *module, str_arg str, errors_arg errors, int byteorder)
{
    return encoded(_PyUnicode_EncodeUTF16(str, errors, byteorder), str);
}

/** utf_16_le_encode($module, str, errors=None, /) */
static PyObject *
codecs_utf_16_le_encode(PyObject *module, str_arg str, errors_arg errors)
{
    return encoded(_PyUnicode_EncodeUTF16(str, errors, -1), str);
}

/** utf_16_be_encode($module, str, errors=None, /) */
static PyObject *
codecs_utf_16_be_encode(PyObject *module, str_arg str, errors_arg errors)
{
    return encoded(_PyUnicode_EncodeUTF16(str, errors, 1), str);
}

/** utf_32_encode($module, str, errors=None, byteorder=0, /) */
static PyObject *
codecs_utf_32_encode(PyObject *module, str_arg str, errors_arg errors, int byteorder)
{
    return encoded(_PyUnicode_EncodeUTF32(str, errors, byteorder), str);
}

/** utf_32_le_encode($module, str, errors=None, /) */
static PyObject *
codecs_utf_32_le_encode(PyObject *module, str_arg str, errors_arg errors)
{
    return encoded(_PyUnicode_EncodeUTF32(str, errors, -1), str);
}

/** utf_32_be_encode($module, str, errors=None, /) */
static PyObject *
codecs_utf_32_be_encode(PyObject *module, str_arg str, errors_arg errors)
{
    return encoded(_PyUnicode_EncodeUTF32(str, errors, 1), str);
}

/** unicode_escape_encode($module, str, errors=None, /) */
static PyObject *
codecs_unicode_escape_encode(PyObject *module, str_arg str, errors_arg errors)
{
    return encoded(PyUnicode_AsUnicodeEscapeString(str), str);
}

/** raw_unicode_escape_encode($module, str, errors=None, /) */
static PyObject *
codecs_raw_unicode_escape_encode(PyObject *module, str_arg str, errors_arg errors)
{
    return encoded(PyUnicode_AsRawUnicodeEscapeString(str), str);
}

/** latin_1_encode($module, str, errors=None, /) */
static PyObject *
codecs_latin_1_encode(PyObject *module, str_arg str, errors_arg errors)
{
    return encoded(_PyUnicode_AsLatin1String(str, errors), str);
}

/** ascii_encode($module, str, errors=None, /) */
static PyObject *
codecs_ascii_encode(PyObject *module, str_arg str, errors_arg errors)
{
    return encoded(_PyUnicode_AsASCIIString(str, errors), str);
}

/** charmap_encode($module, str, errors=None, mapping=None, /) */
static PyObject *
codecs_charmap_encode(PyObject *module, str_arg str, errors_arg errors, PyObject *mapping)
{
    if (mapping == Py_None) { mapping = NULL; }
    return encoded(_PyUnicode_EncodeCharmap(str, mapping, errors), str);
}

/** charmap_build($module, map, /) */
static PyObject *
codecs_charmap_build(PyObject *module, str_arg map)
{
    return PyUnicode_BuildEncodingMap(map);
}

#include "gen/modules/_codecs/_codecs.bind.h"

static PyModuleDef_Slot codecs_slots[] = {{0, NULL}};

static struct PyModuleDef codecs_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_codecs",
    .m_methods = module_methods,
    .m_slots = codecs_slots,
};

PyMODINIT_FUNC
PyInit__codecs(void)
{
    return PyModuleDef_Init(&codecs_module);
}

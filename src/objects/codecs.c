/* codecs.c -- the registry: encodings by name, and calls through it.
 *
 * Layout    per interpreter: a list of search functions, a dict of what they
 *           found (normalised name -> CodecInfo), a dict of error handlers.
 * Holds     the package `encodings` is imported with the first lookup; it
 *           registers the search function that finds nearly everything.
 * Next      codec_errors.c (the handlers), str/encode.c (str and bytes in and
 *           out, where well-known names need no lookup)
 */
#include <Python.h>

#include "base/c.h"
#include "memory/own.h"
#include "objects/codecs.h"
#include "objects/ids.h"
#include "objects/str/str.h"
#include "state/interp.h"
#include "state/runtime.h"

void
hob_encoding_normalize(const char *name, char *to)
{
    bool gap = false;
    char *out = to;
    for (; *name; name++) {
        if (!Py_ISALNUM(*name) && *name != '.') {
            gap = true;
            continue;
        }
        if (gap && out != to) { *out++ = '_'; }
        gap = false;
        *out++ = (char)Py_TOLOWER(*name);
    }
    *out = 0;
}

/* --- the registry's life --- */

status
hob_codecs_init(void)
{
    PyInterpreterState *interp = hob_ts()->interp;
    if (interp->codec_search_path) { return 0; }
    interp->codec_search_cache = PyDict_New();
    interp->codec_error_registry = PyDict_New();
    interp->codec_search_path = PyList_New(0);
    if (!interp->codec_search_cache || !interp->codec_error_registry
        || !interp->codec_search_path
        || hob_codec_errors_register(interp->codec_error_registry) < 0) {
        hob_codecs_fini(interp);
        return -1;
    }
    return 0;
}

void
hob_codecs_fini(PyInterpreterState *interp)
{
    Py_CLEAR(interp->codec_search_path);
    Py_CLEAR(interp->codec_search_cache);
    Py_CLEAR(interp->codec_error_registry);
}

/* The running interpreter with a registry and `encodings` imported; NULL with
 * an exception. */
static PyInterpreterState *
ready_registry(void)
{
    PyInterpreterState *interp = hob_ts()->interp;
    if (LIKELY(interp->codec_search_path && PyList_GET_SIZE(interp->codec_search_path))) {
        return interp;
    }
    if (hob_codecs_init() < 0) { return NULL; }
    own PyObject *module = PyImport_ImportModuleNoBlock("encodings");
    return module ? interp : NULL;
}

/* --- lookup --- */

/* The interned normalised name. */
static PyObject *
normalized(const char *encoding)
{
    size_t n = strlen(encoding);
    char stack[64], *name = stack;
    if (n >= sizeof stack) {
        if (n > PY_SSIZE_T_MAX - 1 || !(name = PyMem_Malloc(n + 1))) {
            return PyErr_NoMemory();
        }
    }
    hob_encoding_normalize(encoding, name);
    PyObject *str = hob_str_intern_ascii(name, (Py_ssize_t)strlen(name));
    if (name != stack) { PyMem_Free(name); }
    return str;
}

/* Ask the search functions; what the first that knows returns. */
static PyObject *
search(PyInterpreterState *interp, PyObject *name, const char *encoding)
{
    own PyObject *path = Py_NewRef(interp->codec_search_path);
    if (PyList_GET_SIZE(path) == 0) {
        PyErr_SetString(PyExc_LookupError,
                        "no codec search functions registered: can't find encoding");
        return NULL;
    }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(path); i++) {
        own PyObject *function = Py_NewRef(PyList_GET_ITEM(path, i));
        own PyObject *found = PyObject_CallOneArg(function, name);
        if (!found) { return NULL; }
        if (found == Py_None) { continue; }
        if (!PyTuple_Check(found) || PyTuple_GET_SIZE(found) != 4) {
            PyErr_SetString(PyExc_TypeError, "codec search functions must return 4-tuples");
            return NULL;
        }
        return take(found);
    }
    PyErr_Format(PyExc_LookupError, "unknown encoding: %s", encoding);
    return NULL;
}

PyObject *
_PyCodec_Lookup(const char *encoding)
{
    if (!encoding) {
        PyErr_BadArgument();
        return NULL;
    }
    PyInterpreterState *interp = ready_registry();
    if (!interp) { return NULL; }
    own PyObject *name = normalized(encoding);
    if (!name) { return NULL; }
    PyObject *cached = PyDict_GetItemWithError(interp->codec_search_cache, name);
    if (cached) { return Py_NewRef(cached); }
    if (PyErr_Occurred()) { return NULL; }
    own PyObject *found = search(interp, name, encoding);
    if (!found || PyDict_SetItem(interp->codec_search_cache, name, found) < 0) { return NULL; }
    return take(found);
}

int
PyCodec_KnownEncoding(const char *encoding)
{
    own PyObject *codec = _PyCodec_Lookup(encoding);
    if (codec) { return 1; }
    PyErr_Clear();
    return 0;
}

int
PyCodec_Register(PyObject *search_function)
{
    PyInterpreterState *interp = hob_ts()->interp;
    if (!search_function) {
        PyErr_BadArgument();
        return -1;
    }
    if (!interp->codec_search_path && !ready_registry()) { return -1; }
    if (!PyCallable_Check(search_function)) {
        PyErr_SetString(PyExc_TypeError, "argument must be callable");
        return -1;
    }
    return PyList_Append(interp->codec_search_path, search_function);
}

int
PyCodec_Unregister(PyObject *search_function)
{
    PyInterpreterState *interp = hob_ts()->interp;
    PyObject *path = interp->codec_search_path;
    if (!path) { return 0; }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(path); i++) {
        if (PyList_GET_ITEM(path, i) != search_function) { continue; }
        PyDict_Clear(interp->codec_search_cache);
        return PyList_SetSlice(path, i, i + 1, NULL);
    }
    return 0;
}

/* --- parts of a codec --- */

enum { CODEC_ENCODER, CODEC_DECODER, CODEC_READER, CODEC_WRITER };

static PyObject *
codec_part(const char *encoding, int part)
{
    own PyObject *codec = _PyCodec_Lookup(encoding);
    return codec ? Py_NewRef(PyTuple_GET_ITEM(codec, part)) : NULL;
}

PyObject *
PyCodec_Encoder(const char *encoding)
{
    return codec_part(encoding, CODEC_ENCODER);
}

PyObject *
PyCodec_Decoder(const char *encoding)
{
    return codec_part(encoding, CODEC_DECODER);
}

static PyObject *
new_stream(const char *encoding, int part, PyObject *stream, const char *errors)
{
    own PyObject *codec = _PyCodec_Lookup(encoding);
    if (!codec) { return NULL; }
    PyObject *maker = PyTuple_GET_ITEM(codec, part);
    return errors ? PyObject_CallFunction(maker, "Os", stream, errors)
                  : PyObject_CallOneArg(maker, stream);
}

PyObject *
PyCodec_StreamReader(const char *encoding, PyObject *stream, const char *errors)
{
    return new_stream(encoding, CODEC_READER, stream, errors);
}

PyObject *
PyCodec_StreamWriter(const char *encoding, PyObject *stream, const char *errors)
{
    return new_stream(encoding, CODEC_WRITER, stream, errors);
}

static PyObject *
new_incremental(PyObject *codec, PyObject *name, const char *errors)
{
    own PyObject *maker = PyObject_GetAttr(codec, name);
    if (!maker) { return NULL; }
    return errors ? PyObject_CallFunction(maker, "s", errors) : PyObject_CallNoArgs(maker);
}

PyObject *
_PyCodecInfo_GetIncrementalDecoder(PyObject *codec_info, const char *errors)
{
    return new_incremental(codec_info, ID(incrementaldecoder), errors);
}

PyObject *
_PyCodecInfo_GetIncrementalEncoder(PyObject *codec_info, const char *errors)
{
    return new_incremental(codec_info, ID(incrementalencoder), errors);
}

PyObject *
PyCodec_IncrementalEncoder(const char *encoding, const char *errors)
{
    own PyObject *codec = _PyCodec_Lookup(encoding);
    return codec ? new_incremental(codec, ID(incrementalencoder), errors) : NULL;
}

PyObject *
PyCodec_IncrementalDecoder(const char *encoding, const char *errors)
{
    own PyObject *codec = _PyCodec_Lookup(encoding);
    return codec ? new_incremental(codec, ID(incrementaldecoder), errors) : NULL;
}

/* --- calls --- */

/* Run one side of a codec on object; its result's first item. */
static PyObject *
run(PyObject *function, PyObject *object, const char *errors, const char *doing,
    const char *encoding, const char *complaint)
{
    own PyObject *result = errors ? PyObject_CallFunction(function, "Os", object, errors)
                                  : PyObject_CallOneArg(function, object);
    if (!result) {
        _PyErr_TrySetFromCause("%s with '%s' codec failed", doing, encoding);
        return NULL;
    }
    if (!PyTuple_Check(result) || PyTuple_GET_SIZE(result) != 2) {
        PyErr_SetString(PyExc_TypeError, complaint);
        return NULL;
    }
    return Py_NewRef(PyTuple_GET_ITEM(result, 0));
}

static PyObject *
run_encoder(PyObject *encoder, PyObject *object, const char *errors, const char *encoding)
{
    return run(encoder, object, errors, "encoding", encoding,
               "encoder must return a tuple (object, integer)");
}

static PyObject *
run_decoder(PyObject *decoder, PyObject *object, const char *errors, const char *encoding)
{
    return run(decoder, object, errors, "decoding", encoding,
               "decoder must return a tuple (object,integer)");
}

PyObject *
PyCodec_Encode(PyObject *object, const char *encoding, const char *errors)
{
    own PyObject *encoder = PyCodec_Encoder(encoding);
    return encoder ? run_encoder(encoder, object, errors, encoding) : NULL;
}

PyObject *
PyCodec_Decode(PyObject *object, const char *encoding, const char *errors)
{
    own PyObject *decoder = PyCodec_Decoder(encoding);
    return decoder ? run_decoder(decoder, object, errors, encoding) : NULL;
}

/* A codec between str and bytes; others are not for str.encode and its like. */
PyObject *
_PyCodec_LookupTextEncoding(const char *encoding, const char *alternate_command)
{
    own PyObject *codec = _PyCodec_Lookup(encoding);
    if (!codec || PyTuple_CheckExact(codec)) { return take(codec); }
    PyObject *flag;
    if (_PyObject_LookupAttr(codec, ID(_is_text_encoding), &flag) < 0) { return NULL; }
    if (!flag) { return take(codec); }
    int is_text = PyObject_IsTrue(flag);
    Py_DECREF(flag);
    if (is_text > 0) { return take(codec); }
    if (is_text == 0) {
        PyErr_Format(PyExc_LookupError,
                     "'%.400s' is not a text encoding; use %s to handle arbitrary codecs",
                     encoding, alternate_command);
    }
    return NULL;
}

static PyObject *
text_part(const char *encoding, const char *alternative, int part)
{
    own PyObject *codec = _PyCodec_LookupTextEncoding(encoding, alternative);
    return codec ? Py_NewRef(PyTuple_GET_ITEM(codec, part)) : NULL;
}

PyObject *
_PyCodec_EncodeText(PyObject *object, const char *encoding, const char *errors)
{
    own PyObject *encoder = text_part(encoding, "codecs.encode()", CODEC_ENCODER);
    return encoder ? run_encoder(encoder, object, errors, encoding) : NULL;
}

PyObject *
_PyCodec_DecodeText(PyObject *object, const char *encoding, const char *errors)
{
    own PyObject *decoder = text_part(encoding, "codecs.decode()", CODEC_DECODER);
    return decoder ? run_decoder(decoder, object, errors, encoding) : NULL;
}

/* --- error handlers by name --- */

int
PyCodec_RegisterError(const char *name, PyObject *error)
{
    if (!hob_ts()->interp->codec_error_registry && !ready_registry()) { return -1; }
    if (!PyCallable_Check(error)) {
        PyErr_SetString(PyExc_TypeError, "handler must be callable");
        return -1;
    }
    return PyDict_SetItemString(hob_ts()->interp->codec_error_registry, name, error);
}

PyObject *
PyCodec_LookupError(const char *name)
{
    if (!hob_ts()->interp->codec_error_registry && !ready_registry()) { return NULL; }
    if (!name) { name = "strict"; }
    own PyObject *key = PyUnicode_FromString(name);
    if (!key) { return NULL; }
    PyObject *handler = PyDict_GetItemWithError(hob_ts()->interp->codec_error_registry, key);
    if (handler) { return Py_NewRef(handler); }
    if (!PyErr_Occurred()) {
        PyErr_Format(PyExc_LookupError, "unknown error handler name '%.400s'", name);
    }
    return NULL;
}

/* module.c -- module _io: open(), and how the types come together. */
#include "modules/_io/io.h"

#include <structmember.h>

#include "objects/undeclared.h"
#include "state/interp.h"
#include "state/runtime.h"

/* --- the mode string of open() --- */

struct mode {
    bool creating, reading, writing, appending, updating, text, binary;
};

static MUST_USE status
parse_mode(const char *text, struct mode *mode)
{
    for (const char *at = text; *at; at++) {
        if (strchr(at + 1, *at)) {
            PyErr_Format(PyExc_ValueError, "invalid mode: '%s'", text);
            return -1;
        }
        switch (*at) {
        case 'x': mode->creating = true; break;
        case 'r': mode->reading = true; break;
        case 'w': mode->writing = true; break;
        case 'a': mode->appending = true; break;
        case '+': mode->updating = true; break;
        case 't': mode->text = true; break;
        case 'b': mode->binary = true; break;
        default:
            PyErr_Format(PyExc_ValueError, "invalid mode: '%s'", text);
            return -1;
        }
    }
    return 0;
}

static MUST_USE status
bad(const char *message)
{
    PyErr_SetString(PyExc_ValueError, message);
    return -1;
}

static MUST_USE status
check_mode(const struct mode *mode, const char *encoding, const char *errors, const char *newline)
{
    if (mode->text && mode->binary) { return bad("can't have text and binary mode at once"); }
    if (mode->creating + mode->reading + mode->writing + mode->appending != 1) {
        return bad("must have exactly one of create/read/write/append mode");
    }
    if (mode->binary && encoding) { return bad("binary mode doesn't take an encoding argument"); }
    if (mode->binary && errors) { return bad("binary mode doesn't take an errors argument"); }
    if (mode->binary && newline) { return bad("binary mode doesn't take a newline argument"); }
    return 0;
}

/* Close result after a failure, keeping the error. */
static PyObject *
abandon(PyObject *result)
{
    PyObject *type, *value, *tb;
    PyErr_Fetch(&type, &value, &tb);
    own PyObject *done = PyObject_CallMethodNoArgs(result, ID(close));
    _PyErr_ChainExceptions(type, value, tb);
    return NULL;
}

/** open($module, /, file, mode='r', buffering=-1, encoding=None, errors=None, newline=None,
 *       closefd=True, opener=None)
 *
 *  Open file and return a stream.  Raise OSError upon failure.
 *
 *  file is either a text or byte string giving the name (and the path if the file
 *  isn't in the current working directory) of the file to be opened or an integer
 *  file descriptor of the file to be wrapped.  (If a file descriptor is given, it is
 *  closed when the returned I/O object is closed, unless closefd is set to False.)
 *
 *  mode is an optional string that specifies the mode in which the file is opened:
 *  'r' open for reading (default), 'w' for writing, truncating the file first, 'x'
 *  create a new file and open it for writing, 'a' for writing, appending to the end;
 *  with 'b' for binary mode, 't' for text mode (default), '+' for updating.
 *
 *  buffering is an optional integer used to set the buffering policy: 0 switches
 *  buffering off (only in binary mode), 1 selects line buffering (only in text mode),
 *  more gives the size of a fixed-size chunk buffer.
 *
 *  encoding, errors and newline are for text mode; see TextIOWrapper.
 *
 *  A custom opener can be used by passing a callable; it is called with (file, flags)
 *  and must return an open file descriptor.
 */
static PyObject *
io_open(PyObject *module, PyObject *file, const char *mode, int buffering, PyObject *encoding,
        PyObject *errors, PyObject *newline, bool closefd, PyObject *opener)
{
    const struct { const char *name; PyObject *value; } texts[] = {
        {"encoding", encoding}, {"errors", errors}, {"newline", newline},
    };
    for (int i = 0; i < 3; i++) {
        PyObject *value = texts[i].value;
        if (value == Py_None || PyUnicode_Check(value)) { continue; }
        PyErr_Format(PyExc_TypeError, "open() argument '%s' must be str or None, not %.50s",
                     texts[i].name, Py_TYPE(value)->tp_name);
        return NULL;
    }
    const char *newline_text = newline == Py_None ? NULL : PyUnicode_AsUTF8(newline);
    const char *encoding_text = encoding == Py_None ? NULL : PyUnicode_AsUTF8(encoding);
    const char *errors_text = errors == Py_None ? NULL : PyUnicode_AsUTF8(errors);
    if (PyErr_Occurred()) { return NULL; }
    own PyObject *path = PyNumber_Check(file) ? Py_NewRef(file) : PyOS_FSPath(file);
    if (!path) { return NULL; }
    if (!PyUnicode_Check(path) && !PyBytes_Check(path) && !PyNumber_Check(path)) {
        PyErr_Format(PyExc_TypeError, "invalid file: %R", path);
        return NULL;
    }
    struct mode m = {0};
    if (parse_mode(mode, &m) < 0 || check_mode(&m, encoding_text, errors_text, newline_text) < 0) {
        return NULL;
    }
    if (m.binary && buffering == 1
        && PyErr_WarnEx(PyExc_RuntimeWarning, "line buffering (buffering=1) isn't supported in "
                        "binary mode, the default buffer size will be used", 1) < 0) {
        return NULL;
    }
    char raw_mode[8];
    snprintf(raw_mode, sizeof raw_mode, "%s%s%s%s%s", m.creating ? "x" : "", m.reading ? "r" : "",
             m.writing ? "w" : "", m.appending ? "a" : "", m.updating ? "+" : "");
    own PyObject *result = PyObject_CallFunction((PyObject *)&hob_fileio_type, "OsOO", path,
                                                 raw_mode, closefd ? Py_True : Py_False, opener);
    if (!result) { return NULL; }

    bool is_tty = false;
    if (buffering < 0) {
        own PyObject *answer = PyObject_CallMethodNoArgs(result, ID(isatty));
        if (!answer) { return abandon(result); }
        is_tty = PyObject_IsTrue(answer) > 0;
    }
    bool line_buffering = (buffering == 1 && !m.binary) || (buffering < 0 && is_tty);
    if (line_buffering || (buffering == 1 && m.binary)) { buffering = -1; }
    if (buffering < 0) {
        own PyObject *size = PyObject_GetAttr(result, ID(_blksize));
        long n = size ? PyLong_AsLong(size) : -1;
        if (n == -1 && PyErr_Occurred()) { return abandon(result); }
        buffering = (int)n;
    }
    if (buffering == 0) {
        if (m.binary) { return take(result); }
        PyErr_SetString(PyExc_ValueError, "can't have unbuffered text I/O");
        return abandon(result);
    }
    PyTypeObject *type = m.updating ? &hob_bufferedrandom_type
        : m.reading ? &hob_bufferedreader_type : &hob_bufferedwriter_type;
    PyObject *buffer = PyObject_CallFunction((PyObject *)type, "Oi", result, buffering);
    if (!buffer) { return abandon(result); }
    Py_SETREF(result, buffer);
    if (m.binary) { return take(result); }

    PyObject *wrapper = PyObject_CallFunction((PyObject *)&hob_textiowrapper_type, "OOOOO", result,
                                              encoding, errors, newline,
                                              line_buffering ? Py_True : Py_False);
    if (!wrapper) { return abandon(result); }
    Py_SETREF(result, wrapper);
    own PyObject *mode_text = PyUnicode_FromString(mode);
    if (!mode_text || PyObject_SetAttr(result, ID(mode), mode_text) < 0) { return abandon(result); }
    return take(result);
}

PyObject *
hob_io_text_encoding(PyObject *encoding, int stacklevel)
{
    if (encoding && encoding != Py_None) { return Py_NewRef(encoding); }
    if (hob_ts()->interp->config.warn_default_encoding
        && PyErr_WarnEx(PyExc_EncodingWarning, "'encoding' argument not specified", stacklevel)
               < 0) {
        return NULL;
    }
    return PyUnicode_InternFromString(Py_UTF8Mode > 0 ? "utf-8" : "locale");
}

/** text_encoding($module, encoding, stacklevel=2, /)
 *
 *  A helper function to choose the text encoding.
 *
 *  When encoding is not None, this function returns it.  Otherwise, it returns the
 *  default text encoding (i.e. "locale"), and emits an EncodingWarning if
 *  sys.flags.warn_default_encoding is set.
 */
static PyObject *
io_text_encoding(PyObject *module, PyObject *encoding, int stacklevel)
{
    return hob_io_text_encoding(encoding, stacklevel);
}

/** open_code($module, /, path)
 *
 *  Open a file whose content is going to be run as code.
 *
 *  Like open(path, 'rb'), but whoever embeds the interpreter can look at it first.
 */
static PyObject *
io_open_code(PyObject *module, PyUnicodeObject *path)
{
    return PyFile_OpenCodeObject((PyObject *)path);
}

#include "gen/modules/_io/module.bind.h"

static MUST_USE status
add_private(PyTypeObject *type, PyMethodDef *methods)
{
    for (PyMethodDef *def = methods; def->ml_name; def++) {
        own PyObject *descr = PyDescr_NewMethod(type, def);
        if (!descr || PyDict_SetItemString(type->tp_dict, def->ml_name, descr) < 0) { return -1; }
    }
    PyType_Modified(type);
    return 0;
}

static MUST_USE status
make_unsupported(PyObject *module)
{
    if (!hob_io_unsupported) {
        hob_io_unsupported = PyObject_CallFunction((PyObject *)&PyType_Type, "s(OO){}",
                                                   "UnsupportedOperation", PyExc_OSError,
                                                   PyExc_ValueError);
        if (!hob_io_unsupported) { return -1; }
        own PyObject *name = PyUnicode_FromString("io");
        if (!name || PyObject_SetAttr(hob_io_unsupported, ID(__module__), name) < 0) { return -1; }
    }
    return PyModule_AddObjectRef(module, "UnsupportedOperation", hob_io_unsupported);
}

static struct PyModuleDef def = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_io",
    .m_doc = "The streams of module io, in C: raw files, buffers, text.",
    .m_size = -1,
    .m_methods = module_methods,
};

PyMODINIT_FUNC
PyInit__io(void)
{
    static const struct { const char *name; PyTypeObject *type; } types[] = {
        {"_IOBase", &hob_iobase_type}, {"_RawIOBase", &hob_rawiobase_type},
        {"_BufferedIOBase", &hob_bufferediobase_type}, {"_TextIOBase", &hob_textiobase_type},
        {"FileIO", &hob_fileio_type}, {"BytesIO", &hob_bytesio_type},
        {"StringIO", &hob_stringio_type}, {"BufferedReader", &hob_bufferedreader_type},
        {"BufferedWriter", &hob_bufferedwriter_type}, {"BufferedRandom", &hob_bufferedrandom_type},
        {"BufferedRWPair", &hob_bufferedrwpair_type},
        {"IncrementalNewlineDecoder", &hob_newline_decoder_type},
        {"TextIOWrapper", &hob_textiowrapper_type},
    };
    own PyObject *module = PyModule_Create(&def);
    if (!module || PyModule_AddIntConstant(module, "DEFAULT_BUFFER_SIZE", IO_BUFFER_SIZE) < 0
        || make_unsupported(module) < 0
        || PyModule_AddObjectRef(module, "BlockingIOError", PyExc_BlockingIOError) < 0
        || PyType_Ready(&_PyBytesIOBuffer_Type) < 0) {
        return NULL;
    }
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        if (types[i].type == &hob_bufferedreader_type && hob_buffered_ready() < 0) { return NULL; }
        if (PyType_Ready(types[i].type) < 0
            || PyModule_AddObjectRef(module, types[i].name, (PyObject *)types[i].type) < 0) {
            return NULL;
        }
    }
    if (add_private(&hob_iobase_type, hob_iobase_checks) < 0
        || add_private(&hob_rawiobase_type, hob_rawiobase_abstracts) < 0
        || add_private(&hob_fileio_type, hob_fileio_private) < 0
        || add_private(&hob_bytesio_type, hob_bytesio_private) < 0
        || add_private(&hob_stringio_type, hob_stringio_private) < 0) {
        return NULL;
    }
    return take(module);
}

/* errors_make.c -- exceptions with a made-up message: formatted text, errno,
 * imports, syntax errors with their line; and new exception classes.
 */
#include "objects/errors.h"

#include "memory/own.h"
#include "objects/exceptions/exceptions.h"
#include "objects/ids.h"

#include <errno.h>
#include <stdio.h>

/* --- formatted --- */

static PyObject *
format_error(PyThreadState *ts, PyObject *type, const char *format, va_list args)
{
    _PyErr_Clear(ts);                   /* formatting may call anything */
    PyObject *text = PyUnicode_FromFormatV(format, args);
    if (text) {
        _PyErr_SetObject(ts, type, text);
        Py_DECREF(text);
    }
    return NULL;
}

PyObject *
PyErr_FormatV(PyObject *type, const char *format, va_list args)
{
    return format_error(hob_ts(), type, format, args);
}

#define WITH_ARGS(call) ({                                                      \
    va_list args;                                                               \
    va_start(args, format);                                                     \
    __typeof__(call) result_ = (call);                                          \
    va_end(args);                                                               \
    result_;                                                                    \
})

PyObject *
PyErr_Format(PyObject *type, const char *format, ...)
{
    return WITH_ARGS(format_error(hob_ts(), type, format, args));
}

PyObject *
_PyErr_Format(PyThreadState *ts, PyObject *type, const char *format, ...)
{
    return WITH_ARGS(format_error(ts, type, format, args));
}

/* Raise anew with the pending exception as cause and context. */
static PyObject *
format_from_cause(PyThreadState *ts, PyObject *type, const char *format, va_list args)
{
    PyObject *cause = hob_error_take(ts);
    EXPECT(cause);
    format_error(ts, type, format, args);
    PyObject *exc = hob_error_take(ts);
    PyException_SetCause(exc, Py_NewRef(cause));
    PyException_SetContext(exc, cause);
    hob_error_give(ts, exc);
    return NULL;
}

PyObject *
_PyErr_FormatFromCause(PyObject *type, const char *format, ...)
{
    return WITH_ARGS(format_from_cause(hob_ts(), type, format, args));
}

PyObject *
_PyErr_FormatFromCauseTstate(PyThreadState *ts, PyObject *type, const char *format, ...)
{
    return WITH_ARGS(format_from_cause(ts, type, format, args));
}

/* Whether exc could be made again from a message alone. */
static bool
is_plain_message(PyObject *exc)
{
    PyTypeObject *type = Py_TYPE(exc), *base = (PyTypeObject *)PyExc_BaseException;
    Py_ssize_t weak = type->tp_weaklistoffset > 0 ? (Py_ssize_t)sizeof(PyObject *) : 0;
    if (type->tp_init != base->tp_init || type->tp_new != base->tp_new ||
        type->tp_basicsize != base->tp_basicsize + weak || type->tp_itemsize != 0) {
        return false;
    }
    PyBaseExceptionObject *self = (PyBaseExceptionObject *)exc;
    Py_ssize_t n = PyTuple_GET_SIZE(self->args);
    if (n > 1 || (n == 1 && !PyUnicode_CheckExact(PyTuple_GET_ITEM(self->args, 0)))) {
        return false;
    }
    return !self->dict || PyDict_GET_SIZE(self->dict) == 0;
}

PyObject *
_PyErr_TrySetFromCause(const char *format, ...)
{
    PyThreadState *ts = hob_ts();
    PyObject *exc = hob_error_take(ts);
    if (!is_plain_message(exc)) {
        hob_error_give(ts, exc);
        return NULL;
    }
    own PyObject *cause = exc;
    own PyObject *prefix = WITH_ARGS(PyUnicode_FromFormatV(format, args));
    if (!prefix) { return NULL; }
    _PyErr_Format(ts, (PyObject *)Py_TYPE(cause), "%U (%s: %S)", prefix,
                  Py_TYPE(cause)->tp_name, cause);
    PyObject *made = hob_error_take(ts);
    PyException_SetCause(made, Py_NewRef(cause));
    hob_error_give(ts, made);
    return made;                        /* borrowed: it is pending */
}

/* --- fixed texts --- */

int
PyErr_BadArgument(void)
{
    PyErr_SetString(PyExc_TypeError, "bad argument type for built-in operation");
    return 0;
}

void
_PyErr_BadInternalCall(const char *filename, int lineno)
{
    PyErr_Format(PyExc_SystemError, "%s:%d: bad argument to internal function", filename,
                 lineno);
}

#undef PyErr_BadInternalCall
void
PyErr_BadInternalCall(void)
{
    PyErr_SetString(PyExc_SystemError, "bad argument to internal function");
}

/* --- errno --- */

PyObject *
PyErr_SetFromErrnoWithFilenameObjects(PyObject *type, PyObject *filename, PyObject *filename2)
{
    int code = errno;
    if (code == EINTR && PyErr_CheckSignals()) { return NULL; }
    own PyObject *text = code ? PyUnicode_DecodeLocale(strerror(code), "surrogateescape")
                              : PyUnicode_FromString("Error");
    own PyObject *number = text ? PyLong_FromLong(code) : NULL;
    if (!number) { return NULL; }
    own PyObject *zero = PyLong_FromLong(0);
    PyObject *args[5] = {number, text, filename, zero, filename2};
    size_t n = filename2 ? 5 : filename ? 3 : 2;
    if (filename2 && !filename) { args[2] = Py_None; }
    own PyObject *exc = PyObject_Vectorcall(type, args, n, NULL);
    if (exc) { PyErr_SetObject((PyObject *)Py_TYPE(exc), exc); }
    return NULL;
}

PyObject *
PyErr_SetFromErrnoWithFilenameObject(PyObject *type, PyObject *filename)
{
    return PyErr_SetFromErrnoWithFilenameObjects(type, filename, NULL);
}

PyObject *
PyErr_SetFromErrnoWithFilename(PyObject *type, const char *filename)
{
    int code = errno;                   /* decoding may change it */
    own PyObject *name = NULL;
    if (filename) {
        name = PyUnicode_DecodeFSDefault(filename);
        if (!name) { return NULL; }
    }
    errno = code;
    return PyErr_SetFromErrnoWithFilenameObjects(type, name, NULL);
}

PyObject *
PyErr_SetFromErrno(PyObject *type)
{
    return PyErr_SetFromErrnoWithFilenameObjects(type, NULL, NULL);
}

/* --- imports --- */

PyObject *
PyErr_SetImportErrorSubclass(PyObject *type, PyObject *msg, PyObject *name, PyObject *path)
{
    int is_subclass = PyObject_IsSubclass(type, PyExc_ImportError);
    if (is_subclass < 0) { return NULL; }
    if (!is_subclass) {
        PyErr_SetString(PyExc_TypeError, "expected a subclass of ImportError");
        return NULL;
    }
    if (!msg) {
        PyErr_SetString(PyExc_TypeError, "expected a message argument");
        return NULL;
    }
    own PyObject *names = PyTuple_Pack(2, ID(name), ID(path));
    if (!names) { return NULL; }
    PyObject *args[3] = {msg, name ? name : Py_None, path ? path : Py_None};
    own PyObject *exc = PyObject_Vectorcall(type, args, 1, names);
    if (exc) { PyErr_SetObject((PyObject *)Py_TYPE(exc), exc); }
    return NULL;
}

PyObject *
PyErr_SetImportError(PyObject *msg, PyObject *name, PyObject *path)
{
    return PyErr_SetImportErrorSubclass(PyExc_ImportError, msg, name, path);
}

/* --- new classes --- */

/* The dict for a class called name: dict or a new one, with __module__. */
static PyObject *
class_namespace(const char *name, Py_ssize_t n_module, PyObject *dict)
{
    own PyObject *space = dict ? Py_NewRef(dict) : PyDict_New();
    if (!space) { return NULL; }
    int has = PyDict_Contains(space, ID(__module__));
    if (has < 0) { return NULL; }
    if (!has) {
        own PyObject *module = PyUnicode_FromStringAndSize(name, n_module);
        if (!module || PyDict_SetItem(space, ID(__module__), module) < 0) { return NULL; }
    }
    return take(space);
}

PyObject *
PyErr_NewException(const char *name, PyObject *base, PyObject *dict)
{
    const char *dot = strrchr(name, '.');
    if (!dot) {
        PyErr_SetString(PyExc_SystemError, "PyErr_NewException: name must be module.class");
        return NULL;
    }
    if (!base) { base = PyExc_Exception; }
    own PyObject *space = class_namespace(name, dot - name, dict);
    own PyObject *bases = PyTuple_Check(base) ? Py_NewRef(base) : PyTuple_Pack(1, base);
    if (!space || !bases) { return NULL; }
    return PyObject_CallFunction((PyObject *)&PyType_Type, "sOO", dot + 1, bases, space);
}

PyObject *
PyErr_NewExceptionWithDoc(const char *name, const char *doc, PyObject *base, PyObject *dict)
{
    own PyObject *space = dict ? Py_NewRef(dict) : PyDict_New();
    if (!space) { return NULL; }
    if (doc) {
        own PyObject *text = PyUnicode_FromString(doc);
        if (!text || PyDict_SetItem(space, ID(__doc__), text) < 0) { return NULL; }
    }
    return PyErr_NewException(name, base, space);
}

/* --- the place of a syntax error --- */

/* exc.name = number, None for -1; errors are forgotten. */
static void
set_place(PyObject *exc, PyObject *name, int number)
{
    own PyObject *value = number == -1 ? Py_NewRef(Py_None) : PyLong_FromLong(number);
    if (!value || PyObject_SetAttr(exc, name, value) < 0) { PyErr_Clear(); }
}

static void
set_attribute(PyObject *exc, PyObject *name, PyObject *value)
{
    if (PyObject_SetAttr(exc, name, value) < 0) { PyErr_Clear(); }
}

/* exc.name = None unless it has one. */
static void
set_default(PyObject *exc, PyObject *name)
{
    PyObject *found;
    if (_PyObject_LookupAttr(exc, name, &found) < 0) { PyErr_Clear(); }
    else if (found) { Py_DECREF(found); }
    else { set_attribute(exc, name, Py_None); }
}

/* Add file, line and columns to the pending SyntaxError. */
static void
add_location(PyObject *filename, int line, int column, int end_line, int end_column)
{
    PyThreadState *ts = hob_ts();
    PyObject *exc = hob_error_take(ts);
    if (!exc) { return; }
    own PyObject *number = PyLong_FromLong(line);
    if (number) { set_attribute(exc, ID(lineno), number); }
    else { PyErr_Clear(); }
    set_place(exc, ID(offset), column);
    set_place(exc, ID(end_lineno), end_line);
    set_place(exc, ID(end_offset), end_column);
    if (filename) {
        set_attribute(exc, ID(filename), filename);
        own PyObject *text = PyErr_ProgramTextObject(filename, line);
        if (text) { set_attribute(exc, ID(text), text); }
        else { PyErr_Clear(); }
    }
    if (!Py_IS_TYPE(exc, (PyTypeObject *)PyExc_SyntaxError)) {
        set_default(exc, ID(msg));
        set_default(exc, ID(print_file_and_line));
    }
    hob_error_give(ts, exc);
}

void
PyErr_SyntaxLocationObject(PyObject *filename, int lineno, int col_offset)
{
    add_location(filename, lineno, col_offset, lineno, -1);
}

void
PyErr_RangedSyntaxLocationObject(PyObject *filename, int lineno, int col_offset, int end_lineno,
                                 int end_col_offset)
{
    add_location(filename, lineno, col_offset, end_lineno, end_col_offset);
}

void
PyErr_SyntaxLocationEx(const char *filename, int lineno, int col_offset)
{
    own PyObject *name = filename ? PyUnicode_DecodeFSDefault(filename) : NULL;
    if (filename && !name) { PyErr_Clear(); }
    add_location(name, lineno, col_offset, lineno, -1);
}

void
PyErr_SyntaxLocation(const char *filename, int lineno)
{
    PyErr_SyntaxLocationEx(filename, lineno, -1);
}

/* --- a line of a program --- */

/* Read up to line `lineno`; the line's raw bytes, or NULL (MAYBE_NULL). */
static char *
read_line(FILE *file, int lineno, size_t *size)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t n = -1;
    for (int at = 0; at < lineno; at++) {
        n = getline(&line, &room, file);
        if (n < 0) { break; }
    }
    if (n >= 0) {
        *size = (size_t)n;
        return line;
    }
    free(line);
    return NULL;
}

static PyObject *
program_text(FILE *file, int lineno, const char *encoding)
{
    if (!file) { return NULL; }
    size_t size;
    char *line = read_line(file, lineno, &size);
    fclose(file);
    if (!line) { return NULL; }
    PyObject *text = PyUnicode_Decode(line, (Py_ssize_t)size, encoding ? encoding : "utf-8",
                                      "replace");
    free(line);
    return text;
}

PyObject *
_PyErr_ProgramDecodedTextObject(PyObject *filename, int lineno, const char *encoding)
{
    if (!filename || lineno <= 0) { return NULL; }
    FILE *file = _Py_fopen_obj(filename, "r");
    if (!file) {
        PyErr_Clear();
        return NULL;
    }
    return program_text(file, lineno, encoding);
}

PyObject *
PyErr_ProgramTextObject(PyObject *filename, int lineno)
{
    return _PyErr_ProgramDecodedTextObject(filename, lineno, NULL);
}

PyObject *
PyErr_ProgramText(const char *filename, int lineno)
{
    if (!filename) { return NULL; }
    own PyObject *name = PyUnicode_DecodeFSDefault(filename);
    if (!name) {
        PyErr_Clear();
        return NULL;
    }
    return PyErr_ProgramTextObject(name, lineno);
}

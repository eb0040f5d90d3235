/* file.c -- C's view of Python's file objects, and stderrprinter: the write-only
 * file that serves before _io can be imported.
 */
#include <Python.h>

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "memory/own.h"
#include "objects/call.h"
#include "objects/ids.h"
#include "objects/object.h"

/* --- opening and reading --- */

PyObject *
PyFile_FromFd(int fd, const char *name, const char *mode, int buffering, const char *encoding,
              const char *errors, const char *newline, int closefd)
{
    own PyObject *io = PyImport_ImportModule("_io");
    if (!io) { return NULL; }
    return PyObject_CallMethod(io, "open", "isisssO", fd, mode, buffering, encoding, errors,
                               newline, closefd ? Py_True : Py_False);
}

/* A line without its newline; EOFError at the end. */
static PyObject *
strip_newline(STOLEN PyObject *line)
{
    own PyObject *text = line;
    bool is_bytes = PyBytes_Check(text);
    Py_ssize_t n = is_bytes ? PyBytes_GET_SIZE(text) : PyUnicode_GET_LENGTH(text);
    if (n == 0) {
        PyErr_SetString(PyExc_EOFError, "EOF when reading a line");
        return NULL;
    }
    if (is_bytes) {
        const char *data = PyBytes_AS_STRING(text);
        return data[n - 1] == '\n' ? PyBytes_FromStringAndSize(data, n - 1) : take(text);
    }
    return PyUnicode_READ_CHAR(text, n - 1) == '\n' ? PyUnicode_Substring(text, 0, n - 1)
                                                     : take(text);
}

PyObject *
PyFile_GetLine(PyObject *file, int n)
{
    if (!file) {
        PyErr_BadInternalCall();
        return NULL;
    }
    PyObject *line = n <= 0 ? PyObject_CallMethodNoArgs(file, ID(readline))
                            : PyObject_CallMethod(file, "readline", "i", n);
    if (!line) { return NULL; }
    if (!PyBytes_Check(line) && !PyUnicode_Check(line)) {
        Py_DECREF(line);
        PyErr_SetString(PyExc_TypeError, "object.readline() returned non-string");
        return NULL;
    }
    return n < 0 ? strip_newline(line) : line;
}

/* --- writing --- */

int
PyFile_WriteObject(PyObject *value, PyObject *file, int flags)
{
    if (!file) {
        PyErr_SetString(PyExc_TypeError, "writeobject with NULL file");
        return -1;
    }
    own PyObject *write = PyObject_GetAttr(file, ID(write));
    if (!write) { return -1; }
    own PyObject *text = flags & Py_PRINT_RAW ? PyObject_Str(value) : PyObject_Repr(value);
    if (!text) { return -1; }
    own PyObject *result = hob_call_one(write, text);
    return result ? 0 : -1;
}

int
PyFile_WriteString(const char *text, PyObject *file)
{
    if (!file) {                /* an error that is pending already says more */
        if (!PyErr_Occurred()) {
            PyErr_SetString(PyExc_SystemError, "null file for PyFile_WriteString");
        }
        return -1;
    }
    if (PyErr_Occurred()) { return -1; }
    own PyObject *str = PyUnicode_FromString(text);
    return str ? PyFile_WriteObject(str, file, Py_PRINT_RAW) : -1;
}

/* --- file descriptors --- */

int
PyObject_AsFileDescriptor(PyObject *self)
{
    int fd;
    if (PyLong_Check(self)) {
        fd = _PyLong_AsInt(self);
    }
    else {
        PyObject *found;
        if (_PyObject_LookupAttr(self, ID(fileno), &found) < 0) { return -1; }
        own PyObject *fileno = found;
        if (!fileno) {
            PyErr_SetString(PyExc_TypeError,
                            "argument must be an int, or have a fileno() method.");
            return -1;
        }
        own PyObject *number = hob_call_noargs(fileno);
        if (!number) { return -1; }
        if (!PyLong_Check(number)) {
            PyErr_SetString(PyExc_TypeError, "fileno() returned a non-integer");
            return -1;
        }
        fd = _PyLong_AsInt(number);
    }
    if (fd == -1 && PyErr_Occurred()) { return -1; }
    if (fd < 0) {
        PyErr_Format(PyExc_ValueError, "file descriptor cannot be a negative integer (%i)", fd);
        return -1;
    }
    return fd;
}

int
_PyLong_FileDescriptor_Converter(PyObject *self, void *result)
{
    int fd = PyObject_AsFileDescriptor(self);
    if (fd == -1) { return 0; }
    *(int *)result = fd;
    return 1;
}

/* fgets() that makes "\n" of "\r\n" and "\r"; NULL at the end of the file. */
char *
Py_UniversalNewlineFgets(char *buf, int size, FILE *stream, PyObject *unused)
{
    if (unused) {
        errno = ENXIO;          /* file objects are not served any more */
        return NULL;
    }
    char *at = buf;
    int c = 'x';
    bool after_return = false;
    flockfile(stream);
    while (--size > 0 && (c = getc_unlocked(stream)) != EOF) {
        if (after_return) {
            after_return = false;
            if (c == '\n') {
                c = getc_unlocked(stream);
                if (c == EOF) { break; }
            }
        }
        if (c == '\r') {
            after_return = true;
            c = '\n';
        }
        *at++ = (char)c;
        if (c == '\n') { break; }
    }
    if (after_return) {         /* the "\n" of a "\r\n" belongs to this line */
        int next = getc_unlocked(stream);
        if (next != '\n') { ungetc(next, stream); }
    }
    funlockfile(stream);
    *at = '\0';
    return at == buf ? NULL : buf;
}

/* --- source files: one hook may replace how they are opened --- */

static Py_OpenCodeHookFunction open_code_hook;
static void *open_code_data;

int
PyFile_SetOpenCodeHook(Py_OpenCodeHookFunction hook, void *data)
{
    if (Py_IsInitialized() && PySys_Audit("setopencodehook", NULL) < 0) { return -1; }
    if (open_code_hook) {
        if (Py_IsInitialized()) {
            PyErr_SetString(PyExc_SystemError, "failed to change existing open_code hook");
        }
        return -1;
    }
    open_code_hook = hook;
    open_code_data = data;
    return 0;
}

PyObject *
PyFile_OpenCodeObject(PyObject *path)
{
    if (!PyUnicode_Check(path)) {
        return hob_error_type("'path' must be 'str', not '%.200s'", path);
    }
    if (open_code_hook) { return open_code_hook(path, open_code_data); }
    own PyObject *io = PyImport_ImportModule("_io");
    return io ? PyObject_CallMethod(io, "open", "Os", path, "rb") : NULL;
}

PyObject *
PyFile_OpenCode(const char *utf8path)
{
    own PyObject *path = PyUnicode_FromString(utf8path);
    return path ? PyFile_OpenCodeObject(path) : NULL;
}

/* --- stderrprinter --- */

typedef struct printer_object {
    PyObject_HEAD
    int fd;
} printer_object;

#define FD(op) (((printer_object *)(op))->fd)

PyObject *
PyFile_NewStdPrinter(int fd)
{
    if (fd != fileno(stdout) && fd != fileno(stderr)) {
        PyErr_BadInternalCall();
        return NULL;
    }
    printer_object *self = PyObject_New(printer_object, &PyStdPrinter_Type);
    if (self) { self->fd = fd; }
    return (PyObject *)self;
}

/** printer.close($self, /)
 *
 *  Do nothing: the stream belongs to the process.
 */
static PyObject *
printer_close(PyObject *self)
{
    return Py_NewRef(Py_None);
}

/** printer.flush($self, /)
 *
 *  Do nothing: writes are not buffered.
 */
static PyObject *
printer_flush(PyObject *self)
{
    return Py_NewRef(Py_None);
}

/** printer.fileno($self, /)
 *
 *  The file descriptor.
 */
static PyObject *
printer_fileno(PyObject *self)
{
    return PyLong_FromLong(FD(self));
}

/** printer.isatty($self, /)
 *
 *  Whether the stream is a terminal.
 */
static PyObject *
printer_isatty(PyObject *self)
{
    return FD(self) < 0 ? Py_NewRef(Py_False) : PyBool_FromLong(isatty(FD(self)));
}

/** printer.write($self, text, /)
 *
 *  Write a str; what cannot be encoded is written as escapes.
 */
static PyObject *
printer_write(PyObject *self, PyObject *text)
{
    if (FD(self) < 0) { return Py_NewRef(Py_None); }
    if (!PyUnicode_Check(text)) {
        return hob_error_type("write() argument 1 must be str, not %.50s", text);
    }
    own PyObject *bytes = PyUnicode_AsEncodedString(text, "utf-8", "backslashreplace");
    if (!bytes) { return NULL; }
    Py_ssize_t n = _Py_write(FD(self), PyBytes_AS_STRING(bytes),
                             (size_t)PyBytes_GET_SIZE(bytes));
    if (n >= 0) { return PyLong_FromSsize_t(n); }
    if (errno != EAGAIN) { return NULL; }
    PyErr_Clear();
    return Py_NewRef(Py_None);
}

#include "gen/objects/file.bind.h"

static PyObject *
printer_repr(PyObject *self)
{
    return PyUnicode_FromFormat("<stdprinter(fd=%d) object at %p>", FD(self), self);
}

static PyObject *
printer_get_closed(PyObject *self, void *context)
{
    return Py_NewRef(Py_False);
}

static PyObject *
printer_get_none(PyObject *self, void *context)
{
    return Py_NewRef(Py_None);
}

static void
printer_dealloc(PyObject *self)
{
    PyObject_Free(self);
}

static PyGetSetDef printer_getset[] = {
    {"closed", printer_get_closed, NULL, "True if the file is closed", NULL},
    {"encoding", printer_get_none, NULL, "Encoding of the file", NULL},
    {"mode", printer_get_none, NULL, "String giving the file mode", NULL},
    {NULL},
};

PyTypeObject PyStdPrinter_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "stderrprinter",
    .tp_basicsize = sizeof(printer_object),
    .tp_dealloc = printer_dealloc,
    .tp_repr = printer_repr,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_methods = printer_methods,
    .tp_getset = printer_getset,
};

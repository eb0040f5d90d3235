/* stdio.c -- sys.stdin, stdout, stderr: made by module io over fds 0, 1, 2. */
#include "run/run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "memory/own.h"
#include "objects/ids.h"
#include "state/interp.h"

static bool
fd_is_open(int fd)
{
    return fcntl(fd, F_GETFD) >= 0 || errno != EBADF;
}

/* After a failure: None when the descriptor went away meanwhile, else NULL. */
static MAYBE_NULL PyObject *
none_if_closed(int fd)
{
    if (!PyErr_ExceptionMatches(PyExc_OSError) || fd_is_open(fd)) { return NULL; }
    PyErr_Clear();
    Py_RETURN_NONE;
}

/* An encoding as its codec calls it: "utf8" is "utf-8". */
static MUST_USE PyObject *
codec_name(const wchar_t *encoding)
{
    own PyObject *asked = PyUnicode_FromWideChar(encoding, -1);
    const char *utf8 = asked ? PyUnicode_AsUTF8(asked) : NULL;
    own PyObject *codec = utf8 ? _PyCodec_Lookup(utf8) : NULL;
    return codec ? PyObject_GetAttr(codec, ID(name)) : NULL;
}

/* One text stream.  None when its descriptor is closed. */
static MUST_USE PyObject *
make_stream(const PyConfig *config, PyObject *io, int fd, bool writes, const char *name,
            const wchar_t *encoding, const wchar_t *errors)
{
    if (!fd_is_open(fd)) { Py_RETURN_NONE; }
    bool raw_only = !config->buffered_stdio && writes;
    own PyObject *buffer = PyObject_CallMethod(io, "open", "isiOOOO", fd, writes ? "wb" : "rb",
                                               raw_only ? 0 : -1, Py_None, Py_None, Py_None,
                                               Py_False);
    if (!buffer) { return none_if_closed(fd); }
    own PyObject *raw = raw_only ? Py_NewRef(buffer) : PyObject_GetAttr(buffer, ID(raw));
    if (!raw) { return NULL; }
    own PyObject *shown = PyUnicode_FromString(name);
    if (!shown || PyObject_SetAttr(raw, ID(name), shown) < 0) { return NULL; }
    own PyObject *tty = PyObject_CallMethodNoArgs(raw, ID(isatty));
    if (!tty) { return NULL; }
    int is_tty = PyObject_IsTrue(tty);
    if (is_tty < 0) { return NULL; }

    bool through = !config->buffered_stdio;
    bool by_line = (is_tty || fd == 2) && config->buffered_stdio;
    if (config->interactive && writes) { by_line = config->buffered_stdio; }
    own PyObject *encoding_text = codec_name(encoding);
    own PyObject *errors_text = PyUnicode_FromWideChar(errors, -1);
    if (!encoding_text || !errors_text) { return NULL; }
    own PyObject *stream = PyObject_CallMethod(
        io, "TextIOWrapper", "OOOsOO", buffer, encoding_text, errors_text, "\n",
        by_line ? Py_True : Py_False, through ? Py_True : Py_False);
    if (!stream) { return none_if_closed(fd); }
    own PyObject *mode = PyUnicode_FromString(writes ? "w" : "r");
    if (!mode || PyObject_SetAttr(stream, ID(mode), mode) < 0) { return NULL; }
    return take(stream);
}

static MUST_USE status
install(const char *name, const char *copy, STOLEN PyObject *stream)
{
    own PyObject *kept = stream;
    if (!kept) { return -1; }
    return PySys_SetObject(copy, kept) < 0 || PySys_SetObject(name, kept) < 0 ? -1 : 0;
}

status
hob_stdio_init(PyInterpreterState *interp)
{
    const PyConfig *config = &interp->config;
    struct stat st;
    if (fd_is_open(0) && fstat(0, &st) == 0 && S_ISDIR(st.st_mode)) {
        PyErr_SetString(PyExc_RuntimeError, "<stdin> is a directory, cannot continue");
        return -1;
    }
    own PyObject *builtins = PyImport_ImportModule("builtins");
    own PyObject *io = PyImport_ImportModule("io");
    if (!builtins || !io) { return -1; }
    own PyObject *open = PyObject_GetAttr(io, ID(open));
    if (!open || PyObject_SetAttr(builtins, ID(open), open) < 0) { return -1; }

    const wchar_t *encoding = config->stdio_encoding, *errors = config->stdio_errors;
    if (install("stdin", "__stdin__",
                make_stream(config, io, 0, false, "<stdin>", encoding, errors)) < 0
        || install("stdout", "__stdout__",
                   make_stream(config, io, 1, true, "<stdout>", encoding, errors)) < 0) {
        return -1;
    }
    own PyObject *err = make_stream(config, io, 2, true, "<stderr>", encoding, L"backslashreplace");
    if (!err) { return -1; }
    if (err != Py_None) {       /* its codec must be there before it is needed */
        own PyObject *name = PyObject_GetAttr(err, ID(encoding));
        const char *utf8 = name ? PyUnicode_AsUTF8(name) : NULL;
        own PyObject *codec = utf8 ? _PyCodec_Lookup(utf8) : NULL;
        if (!codec) { PyErr_Clear(); }
    }
    return install("stderr", "__stderr__", take(err));
}

/* A stderr that works before io does. */
status
hob_stdio_init_early(void)
{
    own PyObject *printer = PyFile_NewStdPrinter(fileno(stderr));
    if (!printer) { return -1; }
    return PySys_SetObject("stderr", printer) < 0
        || PySys_SetObject("__stderr__", printer) < 0 ? -1 : 0;
}

static bool
is_closed(PyObject *stream)
{
    own PyObject *closed = PyObject_GetAttrString(stream, "closed");
    int answer = closed ? PyObject_IsTrue(closed) : -1;
    if (answer < 0) { PyErr_Clear(); }
    return answer > 0;
}

/* Flush stdout and stderr; -1 when text could not be written. */
static status
flush_streams(bool tells)
{
    PyObject *type, *value, *tb;
    PyErr_Fetch(&type, &value, &tb);
    status result = 0;
    static const char *const names[] = {"stdout", "stderr"};
    for (int i = 0; i < 2; i++) {
        own PyObject *stream = Py_XNewRef(PySys_GetObject(names[i]));
        if (!stream || stream == Py_None || is_closed(stream)) { continue; }
        own PyObject *done = PyObject_CallMethodNoArgs(stream, ID(flush));
        if (!done) {
            if (tells && i == 0) { PyErr_WriteUnraisable(stream); }
            else { PyErr_Clear(); }
            result = -1;
        }
    }
    PyErr_Restore(type, value, tb);
    return result;
}

/* Between programs: a failure shows up at the end. */
void hob_stdio_flush(void) { (void)flush_streams(false); }

/* At the end: what could not be written makes the exit code. */
status hob_stdio_flush_last(void) { return flush_streams(true); }

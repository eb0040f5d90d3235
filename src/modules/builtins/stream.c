/* stream.c -- print, input, breakpoint. */
#include "modules/builtins/builtins.h"

#include <unistd.h>

#include "state/runtime.h"

/** print($module, /, *args, sep=' ', end='\n', file=None, flush=False)
 *
 *  Write the arguments as text to a stream.
 *
 *    sep
 *      goes between two of them
 *    end
 *      goes after the last
 *    file
 *      where to; None means sys.stdout
 *    flush
 *      push it out of the stream's buffer at once
 */
static PyObject *
builtin_print(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    PyObject *sep = NULL, *end = NULL, *file = NULL, *flush = NULL;
    for (Py_ssize_t i = 0; kwnames && i < PyTuple_GET_SIZE(kwnames); i++) {
        PyObject *name = PyTuple_GET_ITEM(kwnames, i), *value = args[nargs + i];
        if (_PyUnicode_EqualToASCIIString(name, "sep")) { sep = value; }
        else if (_PyUnicode_EqualToASCIIString(name, "end")) { end = value; }
        else if (_PyUnicode_EqualToASCIIString(name, "file")) { file = value; }
        else if (_PyUnicode_EqualToASCIIString(name, "flush")) { flush = value; }
        else {
            PyErr_Format(PyExc_TypeError, "%R is an invalid keyword argument for print()", name);
            return NULL;
        }
    }
    int do_flush = flush ? PyObject_IsTrue(flush) : 0;
    if (do_flush < 0) { return NULL; }
    if (!file || file == Py_None) {
        file = PySys_GetObject("stdout");
        if (!file) {
            PyErr_SetString(PyExc_RuntimeError, "lost sys.stdout");
            return NULL;
        }
        if (file == Py_None) { Py_RETURN_NONE; }        /* no stdout: nothing to do */
    }
    const struct { const char *name; PyObject **value; } texts[] = {{"sep", &sep}, {"end", &end}};
    for (int i = 0; i < 2; i++) {
        PyObject **value = texts[i].value;
        if (*value == Py_None) { *value = NULL; }
        if (*value && !PyUnicode_Check(*value)) {
            PyErr_Format(PyExc_TypeError, "%s must be None or a string, not %.200s", texts[i].name,
                         Py_TYPE(*value)->tp_name);
            return NULL;
        }
    }
    own PyObject *out = Py_NewRef(file);
    for (Py_ssize_t i = 0; i < nargs; i++) {
        if (i > 0 && (sep ? PyFile_WriteObject(sep, out, Py_PRINT_RAW)
                          : PyFile_WriteString(" ", out)) < 0) {
            return NULL;
        }
        if (PyFile_WriteObject(args[i], out, Py_PRINT_RAW) < 0) { return NULL; }
    }
    if ((end ? PyFile_WriteObject(end, out, Py_PRINT_RAW) : PyFile_WriteString("\n", out)) < 0) {
        return NULL;
    }
    if (do_flush) {
        own PyObject *done = PyObject_CallMethodNoArgs(out, ID(flush));
        if (!done) { return NULL; }
    }
    Py_RETURN_NONE;
}

/* Is stream a terminal over this descriptor? */
static bool
is_terminal(PyObject *stream, int fd)
{
    own PyObject *number = PyObject_CallMethodNoArgs(stream, ID(fileno));
    long n = number ? PyLong_AsLong(number) : -1;
    if (n == -1 && PyErr_Occurred()) { PyErr_Clear(); }
    return n == fd && isatty(fd);
}

static MUST_USE PyObject *
stream_text(PyObject *stream, PyObject *attribute)
{
    PyObject *value = PyObject_GetAttr(stream, attribute);
    if (value && !PyUnicode_Check(value)) { Py_CLEAR(value); }
    return value;
}

/* A line through readline; NULL without an error when the streams do not allow it. */
static MAYBE_NULL PyObject *
input_from_terminal(PyObject *in, PyObject *out, PyObject *prompt)
{
    own PyObject *in_encoding = stream_text(in, ID(encoding));
    own PyObject *in_errors = stream_text(in, ID(errors));
    own PyObject *out_encoding = stream_text(out, ID(encoding));
    own PyObject *out_errors = stream_text(out, ID(errors));
    if (!in_encoding || !in_errors || !out_encoding || !out_errors) {
        PyErr_Clear();
        return NULL;
    }
    own PyObject *flushed = PyObject_CallMethodNoArgs(out, ID(flush));
    if (!flushed) { PyErr_Clear(); }
    own PyObject *prompt_bytes = NULL;
    if (prompt) {
        own PyObject *text = PyObject_Str(prompt);
        prompt_bytes = text ? PyUnicode_AsEncodedString(text, PyUnicode_AsUTF8(out_encoding),
                                                        PyUnicode_AsUTF8(out_errors)) : NULL;
        if (!prompt_bytes) { return NULL; }
        if (strlen(PyBytes_AS_STRING(prompt_bytes)) != (size_t)PyBytes_GET_SIZE(prompt_bytes)) {
            PyErr_SetString(PyExc_ValueError,
                            "input: prompt string cannot contain null characters");
            return NULL;
        }
    }
    char *line = PyOS_Readline(stdin, stdout, prompt_bytes ? PyBytes_AS_STRING(prompt_bytes) : "");
    if (!line) {
        PyErr_CheckSignals();
        if (!PyErr_Occurred()) { PyErr_SetNone(PyExc_KeyboardInterrupt); }
        return NULL;
    }
    size_t n = strlen(line);
    PyObject *result = NULL;
    if (n == 0) { PyErr_SetNone(PyExc_EOFError); }
    else {
        if (line[n - 1] == '\n') { n--; }
        result = PyUnicode_Decode(line, (Py_ssize_t)n, PyUnicode_AsUTF8(in_encoding),
                                  PyUnicode_AsUTF8(in_errors));
    }
    PyMem_Free(line);
    if (result && PySys_Audit("builtins.input/result", "O", result) < 0) { Py_CLEAR(result); }
    return result;
}

/** input($module, prompt='', /)
 *
 *  One line from standard input, without its newline.
 *
 *  prompt is written first, with no newline. The end of the file raises EOFError.
 *  At a terminal, the readline module edits the line if it has been imported.
 */
static PyObject *
builtin_input(PyObject *module, PyObject *prompt)
{
    static const char *const names[] = {"stdin", "stdout", "stderr"};
    PyObject *streams[3];
    for (int i = 0; i < 3; i++) {
        streams[i] = PySys_GetObject(names[i]);
        if (!streams[i] || streams[i] == Py_None) {
            PyErr_Format(PyExc_RuntimeError, "input(): lost sys.%s", names[i]);
            return NULL;
        }
    }
    own PyObject *in = Py_NewRef(streams[0]);
    own PyObject *out = Py_NewRef(streams[1]);
    own PyObject *err = Py_NewRef(streams[2]);
    if (PySys_Audit("builtins.input", "O", prompt ? prompt : Py_None) < 0) { return NULL; }
    own PyObject *flushed = PyObject_CallMethodNoArgs(err, ID(flush));
    if (!flushed) { PyErr_Clear(); }
    if (is_terminal(in, fileno(stdin)) && is_terminal(out, fileno(stdout))) {
        PyObject *line = input_from_terminal(in, out, prompt);
        if (line || PyErr_Occurred()) { return line; }
    }
    if (prompt && PyFile_WriteObject(prompt, out, Py_PRINT_RAW) != 0) { return NULL; }
    own PyObject *flushed_out = PyObject_CallMethodNoArgs(out, ID(flush));
    if (!flushed_out) { PyErr_Clear(); }
    return PyFile_GetLine(in, -1);
}

/** breakpoint($module, *args, **kws)
 *
 *  Enter the debugger: calls sys.breakpointhook() with the same arguments.
 *
 *  Unless somebody replaced that hook, it starts pdb.
 */
static PyObject *
builtin_breakpoint(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    PyObject *hook = PySys_GetObject("breakpointhook");
    if (!hook) {
        PyErr_SetString(PyExc_RuntimeError, "lost sys.breakpointhook");
        return NULL;
    }
    if (PySys_Audit("builtins.breakpoint", "O", hook) < 0) { return NULL; }
    own PyObject *keep = Py_NewRef(hook);
    return PyObject_Vectorcall(keep, args, nargs, kwnames);
}

#include "gen/modules/builtins/stream.bind.h"

PyMethodDef *const hob_builtins_stream = module_methods;

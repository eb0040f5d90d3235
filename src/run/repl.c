/* repl.c -- the interactive loop: read a statement, run it, show its value. */
#include "run/run.h"

#include <stdio.h>
#include <unistd.h>

#include "compile/compile.h"
#include "memory/own.h"
#include "objects/ids.h"
#include "state/interp.h"
#include "state/runtime.h"
#include "syntax/syntax.h"

enum { REPL_EOF = 11, REPL_ERROR = -1, REPL_DONE = 0 };

/* str(sys.NAME) as UTF-8 in a bytes object; NULL without an error: no prompt. */
static MAYBE_NULL PyObject *
prompt_bytes(const char *name)
{
    PyObject *value = PySys_GetObject(name);
    if (!value) { return NULL; }
    own PyObject *text = PyObject_Str(value);
    PyObject *bytes = text ? PyUnicode_AsUTF8String(text) : NULL;
    if (!bytes) { PyErr_Clear(); }
    return bytes;
}

static int
run_one(FILE *file, PyObject *filename, PyCompilerFlags *flags)
{
    own PyObject *ps1 = prompt_bytes("ps1");
    own PyObject *ps2 = prompt_bytes("ps2");
    hob_arena *arena = hob_arena_new();
    if (!arena) { return REPL_ERROR; }
    PyObject *in = PySys_GetObject("stdin");
    own PyObject *encoding = in && in != Py_None ? PyObject_GetAttr(in, ID(encoding)) : NULL;
    if (!encoding) { PyErr_Clear(); }
    const char *encoding_name = encoding && PyUnicode_Check(encoding) ? PyUnicode_AsUTF8(encoding)
                                                                      : NULL;
    bool is_eof = false;
    hob_mod *tree = hob_parse_file(file, filename, encoding_name, Py_single_input,
                                   ps1 ? PyBytes_AS_STRING(ps1) : "",
                                   ps2 ? PyBytes_AS_STRING(ps2) : "", flags->cf_flags,
                                   PY_MINOR_VERSION, &is_eof, arena);
    if (!tree) {
        hob_arena_free(arena);
        if (!is_eof) { return REPL_ERROR; }
        PyErr_Clear();
        return REPL_EOF;
    }
    PyObject *main = PyImport_AddModule("__main__");
    own PyObject *dict = main ? Py_NewRef(PyModule_GetDict(main)) : NULL;
    own PyObject *code = dict ? (PyObject *)hob_compile_module(tree, filename, flags, -1, arena)
                              : NULL;
    hob_arena_free(arena);
    if (!code || PySys_Audit("exec", "O", code) < 0) { return REPL_ERROR; }
    own PyObject *value = hob_run_code(code, dict, dict);
    if (!value) { return REPL_ERROR; }
    hob_stdio_flush();
    return REPL_DONE;
}

int
hob_repl_one(FILE *file, PyObject *filename, PyCompilerFlags *flags)
{
    PyCompilerFlags local = _PyCompilerFlags_INIT;
    int result = run_one(file, filename, flags ? flags : &local);
    if (result == REPL_ERROR) {
        PyErr_Print();
        hob_stdio_flush();
    }
    return result;
}

static void
set_prompt(const char *name, const char *text)
{
    if (PySys_GetObject(name)) { return; }
    own PyObject *prompt = PyUnicode_FromString(text);
    if (!prompt || PySys_SetObject(name, prompt) < 0) { PyErr_Clear(); }
}

int
hob_repl_file(FILE *file, PyObject *filename, PyCompilerFlags *flags)
{
    PyCompilerFlags local = _PyCompilerFlags_INIT;
    if (!flags) { flags = &local; }
    set_prompt("ps1", ">>> ");
    set_prompt("ps2", "... ");
    int memory_errors = 0;
    for (;;) {
        int result = run_one(file, filename, flags);
        if (result == REPL_EOF) { return 0; }
        if (result == REPL_ERROR && PyErr_Occurred()) {
            if (!PyErr_ExceptionMatches(PyExc_MemoryError)) { memory_errors = 0; }
            else if (++memory_errors > 16) {
                PyErr_Clear();
                return -1;
            }
            PyErr_Print();
            hob_stdio_flush();
        }
    }
}

/* --- PyOS_Readline --- */

int (*PyOS_InputHook)(void);
char *(*PyOS_ReadlineFunctionPointer)(FILE *, FILE *, const char *);
PyThreadState *_PyOS_ReadlineTState;

/* A line from file, with its newline; "" at the end or when it cannot be read;
 * NULL on interrupt. */
static char *
read_plain(FILE *in, FILE *out, const char *prompt)
{
    if (prompt) { fputs(prompt, stderr); }
    fflush(stderr);
    size_t n = 0, room = 128;
    char *line = PyMem_RawMalloc(room);
    while (line) {
        errno = 0;
        clearerr(in);
        if (PyOS_InputHook) { (void)PyOS_InputHook(); }
        char *got = fgets(line + n, (int)(room - n), in);
        if (!got && (feof(in) || errno != EINTR)) {
            clearerr(in);
            line[n] = 0;
            return line;
        }
        if (!got) {
            PyEval_RestoreThread(_PyOS_ReadlineTState);
            int interrupted = PyErr_CheckSignals();
            _PyOS_ReadlineTState = PyEval_SaveThread();
            if (interrupted == 0) { continue; }
            PyMem_RawFree(line);
            return NULL;
        }
        n += strlen(line + n);
        if (n && line[n - 1] == '\n') { return line; }
        if (n + 1 < room) { continue; }
        char *more = PyMem_RawRealloc(line, room *= 2);
        if (!more) { PyMem_RawFree(line); }
        line = more;
    }
    return NULL;
}

/* The line is PyMem_Malloc'ed. */
char *
PyOS_Readline(FILE *in, FILE *out, const char *prompt)
{
    PyThreadState *ts = hob_ts();
    if (_PyOS_ReadlineTState == ts) {
        PyErr_SetString(PyExc_RuntimeError, "can't re-enter readline");
        return NULL;
    }
    _PyOS_ReadlineTState = PyEval_SaveThread();
    bool tty = isatty(fileno(in)) && isatty(fileno(out));
    char *line = tty && PyOS_ReadlineFunctionPointer ? PyOS_ReadlineFunctionPointer(in, out, prompt)
                                                     : read_plain(in, out, prompt);
    _PyOS_ReadlineTState = NULL;
    PyEval_RestoreThread(ts);
    if (!line) { return NULL; }

    size_t size = strlen(line) + 1;
    char *copy = PyMem_Malloc(size);
    if (copy) { memcpy(copy, line, size); }
    else { PyErr_NoMemory(); }
    PyMem_RawFree(line);
    return copy;
}

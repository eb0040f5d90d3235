/* pipeline.c -- the arrows between the rooms, in order.
 *
 *     bytes ─ hob_parse ─→ tree ─ hob_compile_module ─→ code ─ PyEval_EvalCode ─→ result
 *
 * (hob_parse reads through tokenizer and parser; hob_compile_module through
 * symbol table, code generation and assembler; PyEval_EvalCode makes a frame
 * and runs hob_eval_frame.)  PyRun_* and Py_Compile* are these arrows with the
 * C API's names.
 */
#include "run/run.h"

#include <marshal.h>

#include "compile/compile.h"
#include "memory/own.h"
#include "objects/ids.h"
#include "state/interp.h"
#include "state/runtime.h"
#include "syntax/syntax.h"

static int
feature_version(const PyCompilerFlags *flags)
{
    return flags && (flags->cf_flags & PyCF_ONLY_AST) ? flags->cf_feature_version
                                                      : PY_MINOR_VERSION;
}

/* --- run --- */

PyObject *
hob_run_code(PyObject *code, PyObject *globals, PyObject *locals)
{
    int has = PyDict_Contains(globals, ID(__builtins__));
    if (has < 0 || (!has && PyDict_SetItem(globals, ID(__builtins__), PyEval_GetBuiltins()) < 0)) {
        return NULL;
    }
    PyObject *value = PyEval_EvalCode(code, globals, locals);
    _Py_UnhandledKeyboardInterrupt = !value && PyErr_Occurred() == PyExc_KeyboardInterrupt;
    return value;
}

/* Run a tree; drops the arena before the code runs. */
static MUST_USE PyObject *
run_tree(hob_mod *tree, PyObject *filename, PyObject *globals, PyObject *locals,
         PyCompilerFlags *flags, hob_arena *arena)
{
    own PyObject *code = tree
        ? (PyObject *)hob_compile_module(tree, filename, flags, -1, arena) : NULL;
    hob_arena_free(arena);
    if (!code || PySys_Audit("exec", "O", code) < 0) { return NULL; }
    return hob_run_code(code, globals, locals);
}

PyObject *
hob_run_text(const char *text, PyObject *filename, int start, PyObject *globals,
             PyObject *locals, PyCompilerFlags *flags)
{
    hob_arena *arena = hob_arena_new();
    if (!arena) { return NULL; }
    hob_mod *tree = hob_parse(text, (Py_ssize_t)strlen(text), filename, start,
                              flags ? flags->cf_flags : 0, feature_version(flags), arena);
    return run_tree(tree, filename, globals, locals, flags, arena);
}

PyObject *
PyRun_StringFlags(const char *text, int start, PyObject *globals, PyObject *locals,
                  PyCompilerFlags *flags)
{
    own PyObject *filename = PyUnicode_FromString("<string>");
    return filename ? hob_run_text(text, filename, start, globals, locals, flags) : NULL;
}

static MUST_USE PyObject *
run_file(FILE *file, PyObject *filename, int start, PyObject *globals, PyObject *locals,
         bool close, PyCompilerFlags *flags)
{
    hob_arena *arena = hob_arena_new();
    if (!arena) { return NULL; }
    bool is_eof;
    hob_mod *tree = hob_parse_file(file, filename, NULL, start, NULL, NULL,
                                   flags ? flags->cf_flags : 0, feature_version(flags), &is_eof,
                                   arena);
    if (close) { fclose(file); }
    return run_tree(tree, filename, globals, locals, flags, arena);
}

PyObject *
PyRun_FileExFlags(FILE *file, const char *name, int start, PyObject *globals, PyObject *locals,
                  int close, PyCompilerFlags *flags)
{
    own PyObject *filename = PyUnicode_DecodeFSDefault(name);
    return filename ? run_file(file, filename, start, globals, locals, close, flags) : NULL;
}

/* --- as __main__ --- */

static PyObject *                       /* borrowed */
main_dict(void)
{
    PyObject *main = PyImport_AddModule("__main__");
    return main ? PyModule_GetDict(main) : NULL;
}

int
PyRun_SimpleStringFlags(const char *text, PyCompilerFlags *flags)
{
    PyObject *dict = main_dict();
    own PyObject *result = dict ? PyRun_StringFlags(text, Py_file_input, dict, dict, flags) : NULL;
    if (!result) { PyErr_Print(); }
    return result ? 0 : -1;
}

static bool
is_pyc(FILE *file, PyObject *filename)
{
    const char *name = PyUnicode_AsUTF8(filename);
    if (!name) { PyErr_Clear(); return false; }
    size_t length = strlen(name);
    if (length > 4 && strcmp(name + length - 4, ".pyc") == 0) { return true; }
    unsigned char head[2];
    long magic = PyImport_GetMagicNumber();
    if (ftell(file) != 0 || fileno(file) < 0) { return false; }
    bool yes = fread(head, 1, 2, file) == 2 && (head[0] | head[1] << 8) == (magic & 0xffff);
    rewind(file);
    return yes;
}

static MUST_USE PyObject *
run_pyc(FILE *file, PyObject *globals, PyObject *locals)
{
    long magic = PyMarshal_ReadLongFromFile(file);
    if (magic != PyImport_GetMagicNumber()) {
        PyErr_SetString(PyExc_RuntimeError, "Bad magic number in .pyc file");
        fclose(file);
        return NULL;
    }
    for (int i = 0; i < 3; i++) { (void)PyMarshal_ReadLongFromFile(file); }
    own PyObject *code = PyErr_Occurred() ? NULL : PyMarshal_ReadLastObjectFromFile(file);
    fclose(file);
    if (!code || !PyCode_Check(code)) {
        PyErr_SetString(PyExc_RuntimeError, "Bad code object in .pyc file");
        return NULL;
    }
    return hob_run_code(code, globals, locals);
}

/* __loader__ of the main module: a file loader of importlib. */
static MUST_USE status
set_main_loader(PyObject *dict, PyObject *filename, const char *name)
{
    own PyObject *external = PyObject_GetAttrString(hob_ts()->interp->importlib,
                                                    "_bootstrap_external");
    own PyObject *type = external ? PyObject_GetAttrString(external, name) : NULL;
    own PyObject *loader = type ? PyObject_CallFunction(type, "sO", "__main__", filename) : NULL;
    return loader ? PyDict_SetItemString(dict, "__loader__", loader) : -1;
}

int
hob_run_simple_file(FILE *file, PyObject *filename, bool close, PyCompilerFlags *flags)
{
    own PyObject *dict = Py_XNewRef(main_dict());
    if (!dict) { return -1; }
    int code;
    bool set_file = false;
    int result = -1;
    own PyObject *value = NULL;
    if (!PyDict_GetItemString(dict, "__file__")) {
        if (PyDict_SetItemString(dict, "__file__", filename) < 0
            || PyDict_SetItemString(dict, "__cached__", Py_None) < 0) {
            goto done;
        }
        set_file = true;
    }
    if (is_pyc(file, filename)) {
        if (close) { fclose(file); }
        const char *name = PyUnicode_AsUTF8(filename);
        FILE *binary = name ? fopen(name, "rb") : NULL;
        if (!binary) {
            fputs("python: Can't reopen .pyc file\n", stderr);
            goto done;
        }
        if (set_main_loader(dict, filename, "SourcelessFileLoader") < 0) {
            fputs("python: failed to set __main__.__loader__\n", stderr);
            fclose(binary);
            goto done;
        }
        value = run_pyc(binary, dict, dict);
    }
    else {
        if (!_PyUnicode_EqualToASCIIString(filename, "<stdin>")
            && set_main_loader(dict, filename, "SourceFileLoader") < 0) {
            fputs("python: failed to set __main__.__loader__\n", stderr);
            goto done;
        }
        value = run_file(file, filename, Py_file_input, dict, dict, close, flags);
    }
    hob_stdio_flush();
    if (!value) {
        if (hob_system_exit(&code)) {           /* which collects what is in the dict, too */
            Py_CLEAR(dict);
            Py_Exit(code);
        }
        own PyObject *main = Py_XNewRef(PyImport_AddModule("__main__"));        /* print may exit */
        PyErr_Print();
        goto done;
    }
    result = 0;
done:
    if (set_file) {
        if (PyDict_DelItemString(dict, "__file__") < 0) { PyErr_Clear(); }
        if (PyDict_DelItemString(dict, "__cached__") < 0) { PyErr_Clear(); }
    }
    return result;
}

int
hob_run_any_file(FILE *file, PyObject *filename, bool close, PyCompilerFlags *flags)
{
    if (!Py_FdIsInteractive(file, PyUnicode_AsUTF8(filename))) {
        return hob_run_simple_file(file, filename, close, flags);
    }
    int result = hob_repl_file(file, filename, flags);
    if (close) { fclose(file); }
    return result;
}

int
Py_FdIsInteractive(FILE *file, const char *name)
{
    if (isatty(fileno(file))) { return 1; }
    if (!Py_InteractiveFlag) { return 0; }
    return !name || strcmp(name, "<stdin>") == 0 || strcmp(name, "???") == 0;
}

int
_Py_FdIsInteractive(FILE *file, PyObject *filename)
{
    return Py_FdIsInteractive(file, filename ? PyUnicode_AsUTF8(filename) : NULL);
}

/* The forms that take the file's name as an object, for the machine's own programs. */

HOB_EXPORT int
_PyRun_SimpleFileObject(FILE *file, PyObject *filename, int close, PyCompilerFlags *flags)
{
    return hob_run_simple_file(file, filename, close, flags);
}

HOB_EXPORT int
_PyRun_AnyFileObject(FILE *file, PyObject *filename, int close, PyCompilerFlags *flags)
{
    return hob_run_any_file(file, filename, close, flags);
}

HOB_EXPORT int
_PyRun_InteractiveLoopObject(FILE *file, PyObject *filename, PyCompilerFlags *flags)
{
    return hob_repl_file(file, filename, flags);
}

int
PyRun_SimpleFileExFlags(FILE *file, const char *name, int close, PyCompilerFlags *flags)
{
    own PyObject *filename = PyUnicode_DecodeFSDefault(name);
    return filename ? hob_run_simple_file(file, filename, close, flags) : -1;
}

int
PyRun_AnyFileExFlags(FILE *file, const char *name, int close, PyCompilerFlags *flags)
{
    own PyObject *filename = PyUnicode_DecodeFSDefault(name ? name : "???");
    if (!filename) {
        PyErr_Print();
        return -1;
    }
    return hob_run_any_file(file, filename, close, flags);
}

int
PyRun_InteractiveLoopFlags(FILE *file, const char *name, PyCompilerFlags *flags)
{
    own PyObject *filename = PyUnicode_DecodeFSDefault(name);
    if (!filename) {
        PyErr_Print();
        return -1;
    }
    return hob_repl_file(file, filename, flags);
}

int
PyRun_InteractiveOneFlags(FILE *file, const char *name, PyCompilerFlags *flags)
{
    own PyObject *filename = PyUnicode_DecodeFSDefault(name);
    if (!filename) {
        PyErr_Print();
        return -1;
    }
    return hob_repl_one(file, filename, flags);
}

int
PyRun_InteractiveOneObject(FILE *file, PyObject *filename, PyCompilerFlags *flags)
{
    return hob_repl_one(file, filename, flags);
}

/* --- the same without flags: macros in the headers, functions in the ABI --- */

#undef PyRun_String
#undef PyRun_SimpleString
#undef PyRun_AnyFile
#undef PyRun_AnyFileEx
#undef PyRun_AnyFileFlags
#undef PyRun_SimpleFile
#undef PyRun_SimpleFileEx
#undef PyRun_InteractiveOne
#undef PyRun_InteractiveLoop
#undef PyRun_File
#undef PyRun_FileEx
#undef PyRun_FileFlags
#define SHORT(result, name, params, call)                                       \
    HOB_EXPORT result name params { return call; }
SHORT(PyObject *, PyRun_String, (const char *text, int start, PyObject *g, PyObject *l),
      PyRun_StringFlags(text, start, g, l, NULL))
SHORT(int, PyRun_SimpleString, (const char *text), PyRun_SimpleStringFlags(text, NULL))
SHORT(int, PyRun_AnyFile, (FILE *f, const char *name), PyRun_AnyFileExFlags(f, name, 0, NULL))
SHORT(int, PyRun_AnyFileEx, (FILE *f, const char *name, int close),
      PyRun_AnyFileExFlags(f, name, close, NULL))
SHORT(int, PyRun_AnyFileFlags, (FILE *f, const char *name, PyCompilerFlags *flags),
      PyRun_AnyFileExFlags(f, name, 0, flags))
SHORT(int, PyRun_SimpleFile, (FILE *f, const char *name), PyRun_SimpleFileExFlags(f, name, 0, NULL))
SHORT(int, PyRun_SimpleFileEx, (FILE *f, const char *name, int close),
      PyRun_SimpleFileExFlags(f, name, close, NULL))
SHORT(int, PyRun_InteractiveOne, (FILE * f, const char *name),
      PyRun_InteractiveOneFlags(f, name, NULL))
SHORT(int, PyRun_InteractiveLoop, (FILE *f, const char *name),
      PyRun_InteractiveLoopFlags(f, name, NULL))
SHORT(PyObject *, PyRun_File, (FILE *f, const char *name, int start, PyObject *g, PyObject *l),
      PyRun_FileExFlags(f, name, start, g, l, 0, NULL))
SHORT(PyObject *, PyRun_FileEx,
      (FILE *f, const char *name, int start, PyObject *g, PyObject *l, int close),
      PyRun_FileExFlags(f, name, start, g, l, close, NULL))
SHORT(PyObject *, PyRun_FileFlags,
      (FILE *f, const char *name, int start, PyObject *g, PyObject *l, PyCompilerFlags *flags),
      PyRun_FileExFlags(f, name, start, g, l, 0, flags))

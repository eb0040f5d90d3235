/* freeze.c -- freeze NAME: Hob's compiler before Hob can import.
 *
 * Reads source text on standard input, compiles it as the file `<frozen NAME>`
 * and writes the code object, marshalled, on standard output.  The build links
 * it from Hob's own rooms with an empty table of frozen modules, so it starts
 * without importlib; tools/gen/frozen.py runs it for each module it freezes.
 * Exit status: 0, or 1 with the error on standard error.
 */
#include <Python.h>

#include <marshal.h>

#include "base/c.h"
#include "memory/own.h"

static char *
read_all(FILE *from)
{
    size_t used = 0, room = 1 << 16;
    char *text = malloc(room);
    while (text) {
        used += fread(text + used, 1, room - used - 1, from);
        if (used < room - 1) {
            text[used] = 0;
            return text;
        }
        char *more = realloc(text, room *= 2);
        if (!more) { free(text); }
        text = more;
    }
    return NULL;
}

static MUST_USE status
freeze(const char *name, const char *source)
{
    PyCompilerFlags flags = {.cf_flags = 0, .cf_feature_version = PY_MINOR_VERSION};
    own PyObject *file = PyUnicode_FromFormat("<frozen %s>", name);
    own PyObject *code = file ? Py_CompileStringObject(source, file, Py_file_input, &flags, 0)
                              : NULL;
    own PyObject *bytes = code ? PyMarshal_WriteObjectToString(code, Py_MARSHAL_VERSION) : NULL;
    if (!bytes) { return -1; }
    size_t n = (size_t)PyBytes_GET_SIZE(bytes);
    return fwrite(PyBytes_AS_STRING(bytes), 1, n, stdout) == n && fflush(stdout) == 0 ? 0 : -1;
}

int
main(int argc, char **argv)
{
    if (argc != 2) {
        fputs("usage: freeze NAME <source >code\n", stderr);
        return 1;
    }
    PyConfig config;
    PyConfig_InitIsolatedConfig(&config);
    config._install_importlib = config._init_main = 0;
    PyStatus status = Py_InitializeFromConfig(&config);
    if (PyStatus_Exception(status)) { Py_ExitStatusException(status); }
    char *source = read_all(stdin);
    int failed = !source || freeze(argv[1], source) < 0;
    if (failed && PyErr_Occurred()) { PyErr_Print(); }
    free(source);
    fflush(stderr);
    _exit(failed);          /* there is little to end, and no importlib to end it with */
}

/* main.c -- hob as a program: what to run, and the exit code. */
#include "run/run.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wchar.h>

#include "memory/leaks.h"
#include "memory/own.h"
#include "objects/ids.h"
#include "run/config.h"
#include "run/init.h"
#include "run/version.h"
#include "state/interp.h"
#include "state/runtime.h"

int _Py_UnhandledKeyboardInterrupt;
static int orig_argc;
static wchar_t **orig_argv;

static PyConfig *
config_now(void)
{
    return &hob_ts()->interp->config;
}

/* --- exit --- */

/* The code SystemExit asks for; its message, if that is what it carries, is printed. */
bool
hob_system_exit(int *code)
{
    if (!PyErr_Occurred() || !PyErr_ExceptionMatches(PyExc_SystemExit)) { return false; }
    if (Py_InspectFlag) { return false; }
    fflush(stdout);
    PyObject *type, *value, *tb;
    PyErr_Fetch(&type, &value, &tb);
    own PyObject *keep_type = type;
    own PyObject *keep_tb = tb;
    own PyObject *status = value;
    *code = 0;
    if (!status || status == Py_None) { return true; }
    if (PyExceptionInstance_Check(status)) {
        PyObject *inner = PyObject_GetAttr(status, ID(code));
        if (inner) { Py_SETREF(status, inner); }
        else { PyErr_Clear(); }
    }
    if (status == Py_None) { return true; }
    if (PyLong_Check(status)) {
        *code = (int)PyLong_AsLong(status);
        if (PyErr_Occurred()) { PyErr_Clear(); }
        return true;
    }
    PyObject *err = PySys_GetObject("stderr");
    if (err && err != Py_None) { PyFile_WriteObject(status, err, Py_PRINT_RAW); }
    else {
        PyObject_Print(status, stderr, Py_PRINT_RAW);
        fflush(stderr);
    }
    PySys_WriteStderr("\n");
    PyErr_Clear();
    *code = 1;
    return true;
}

HOB_EXPORT int _Py_HandleSystemExit(int *code);

int
_Py_HandleSystemExit(int *code)
{
    return hob_system_exit(code);
}

void
Py_Exit(int code)
{
    HOB_LEAKS_EXITING();
    if (Py_FinalizeEx() < 0) { code = 120; }
    exit(code);
}

/* End as the default action of SIGINT would: shells look at that. */
static int
exit_by_interrupt(void)
{
    if (PyOS_setsig(SIGINT, SIG_DFL) == SIG_ERR) { perror("signal"); }
    else { kill(getpid(), SIGINT); }
    return SIGINT + 128;
}

/* Show the pending exception; the exit code. */
static int
report(void)
{
    int code;
    if (hob_system_exit(&code)) { return code; }
    _Py_UnhandledKeyboardInterrupt = PyErr_ExceptionMatches(PyExc_KeyboardInterrupt);
    PyErr_Print();
    return 1;
}

/* --- sys.path[0] --- */

static MUST_USE PyObject *
folder_of_script(const wchar_t *script)
{
    own PyObject *text = PyUnicode_FromWideChar(script, -1);
    own PyObject *bytes = text ? PyUnicode_EncodeFSDefault(text) : NULL;
    if (!bytes) { return NULL; }
    char path[PATH_MAX], target[PATH_MAX];
    snprintf(path, sizeof path, "%s", PyBytes_AS_STRING(bytes));
    ssize_t n = readlink(path, target, sizeof target - 1);
    if (n > 0) {                        /* the script is a link: its target's folder */
        target[n] = 0;
        if (target[0] == '/') { strcpy(path, target); }
        else {
            char *slash = strrchr(path, '/');
            size_t room = slash ? (size_t)(slash + 1 - path) : 0;
            snprintf(path + room, sizeof path - room, "%s", target);
        }
    }
    char real[PATH_MAX];
    if (realpath(path, real)) { strcpy(path, real); }
    char *slash = strrchr(path, '/');
    if (!slash) { return PyUnicode_FromString(""); }
    *(slash == path ? slash + 1 : slash) = 0;
    return PyUnicode_DecodeFSDefault(path);
}

static MUST_USE status
prepend_path(PyObject *entry)
{
    PyObject *path = PySys_GetObject("path");
    if (!path) {
        PyErr_SetString(PyExc_RuntimeError, "unable to get sys.path");
        return -1;
    }
    return PyList_Insert(path, 0, entry);
}

static MUST_USE status
prepend_path0(const PyConfig *config)
{
    if (config->safe_path) { return 0; }
    own PyObject *entry = NULL;
    if (config->run_module) {
        char cwd[PATH_MAX];
        if (!getcwd(cwd, sizeof cwd)) { return 0; }
        entry = PyUnicode_DecodeFSDefault(cwd);
    }
    else if (config->run_filename) { entry = folder_of_script(config->run_filename); }
    else { entry = PyUnicode_FromString(""); }
    return entry ? prepend_path(entry) : -1;
}

/* --- what to run --- */

static int
run_module(const wchar_t *name, bool set_argv0)
{
    if (PySys_Audit("cpython.run_module", "u", name) < 0) { return report(); }
    own PyObject *run = _PyImport_GetModuleAttrString("runpy", "_run_module_as_main");
    own PyObject *text = PyUnicode_FromWideChar(name, -1);
    if (!run || !text) {
        fprintf(stderr, "Could not import runpy module\n");
        return report();
    }
    own PyObject *done =
        PyObject_CallFunctionObjArgs(run, text, set_argv0 ? Py_True : Py_False, NULL);
    return done ? 0 : report();
}

static int
run_command(const wchar_t *command, PyCompilerFlags *flags)
{
    own PyObject *text = PyUnicode_FromWideChar(command, -1);
    if (!text) { return report(); }
    if (PySys_Audit("cpython.run_command", "O", text) < 0) { return report(); }
    own PyObject *bytes = PyUnicode_AsUTF8String(text);
    if (!bytes) {
        PySys_WriteStderr("Unable to decode the command from the command line:\n");
        return report();
    }
    flags->cf_flags |= PyCF_IGNORE_COOKIE;
    PyObject *main = PyImport_AddModule("__main__");
    PyObject *dict = main ? PyModule_GetDict(main) : NULL;
    own PyObject *value = dict ? PyRun_StringFlags(PyBytes_AS_STRING(bytes), Py_file_input, dict,
                                                   dict, flags) : NULL;
    return value ? 0 : report();
}

static int
run_script(const PyConfig *config, PyCompilerFlags *flags)
{
    own PyObject *filename = PyUnicode_FromWideChar(config->run_filename, -1);
    if (!filename) { return report(); }
    if (PySys_Audit("cpython.run_file", "O", filename) < 0) { return report(); }
    own PyObject *bytes = PyUnicode_EncodeFSDefault(filename);
    if (!bytes) { return report(); }
    own PyObject *program = PyUnicode_FromWideChar(config->program_name, -1);
    if (!program) { return report(); }
    FILE *file = fopen(PyBytes_AS_STRING(bytes), "rbe");
    if (!file) {
        int error = errno;
        PySys_FormatStderr("%U: can't open file %R: [Errno %d] %s\n", program, filename, error,
                           strerror(error));
        return 2;
    }
    if (config->skip_source_first_line) {
        int c;
        while ((c = getc(file)) != EOF && c != '\n') { }
        if (c == '\n') { ungetc(c, file); }
    }
    struct stat st;
    if (fstat(fileno(file), &st) == 0 && S_ISDIR(st.st_mode)) {
        PySys_FormatStderr("%U: %R is a directory, cannot continue\n", program, filename);
        fclose(file);
        return 1;
    }
    if (Py_MakePendingCalls() < 0) {
        fclose(file);
        return report();
    }
    return hob_run_any_file(file, filename, true, flags) != 0;
}

static int
run_startup(PyCompilerFlags *flags)
{
    const char *name = hob_config_env(config_now(), "PYTHONSTARTUP");
    if (!name) { return 0; }
    own PyObject *filename = PyUnicode_DecodeFSDefault(name);
    if (!filename || PySys_Audit("cpython.run_startup", "O", filename) < 0) { return report(); }
    FILE *file = fopen(name, "re");
    if (!file) {
        int why = errno;
        PySys_WriteStderr("Could not open PYTHONSTARTUP\n");
        errno = why;
        PyErr_SetFromErrnoWithFilenameObjects(PyExc_OSError, filename, NULL);
        PyErr_Print();
        return 0;
    }
    (void)hob_run_simple_file(file, filename, true, flags);
    PyErr_Clear();
    return 0;
}

static int
run_interactive_hook(void)
{
    own PyObject *hook = Py_XNewRef(PySys_GetObject("__interactivehook__"));
    if (!hook) { return 0; }
    if (PySys_Audit("cpython.run_interactivehook", "O", hook) < 0) { return report(); }
    own PyObject *done = PyObject_CallNoArgs(hook);
    if (!done) {
        PySys_WriteStderr("Failed calling sys.__interactivehook__\n");
        return report();
    }
    return 0;
}

static int
run_stdin(PyConfig *config, PyCompilerFlags *flags)
{
    bool interactive = Py_FdIsInteractive(stdin, "<stdin>");
    if (interactive) {
        config->inspect = 0;            /* no second prompt afterwards */
        Py_InspectFlag = 0;
        if (run_startup(flags) || run_interactive_hook()) { return 1; }
    }
    if (PySys_Audit("cpython.run_stdin", NULL) < 0) { return report(); }
    own PyObject *filename = PyUnicode_FromString("<stdin>");
    if (!filename) { return report(); }
    return hob_run_any_file(stdin, filename, false, flags) != 0;
}

static void
show_header(const PyConfig *config)
{
    bool wanted = config->verbose || (!config->run_command && !config->run_filename
        && !config->run_module && (config->inspect || config->interactive || isatty(0)));
    if (config->quiet || !wanted) { return; }
    fprintf(stderr, "Python %s on %s\n", Py_GetVersion(), Py_GetPlatform());
    if (config->site_import) {
        fputs(
            "Type \"help\", \"copyright\", \"credits\" or \"license\" for more information.\n",
            stderr);
    }
}

static void
import_readline(const PyConfig *config)
{
    if (config->isolated || (!config->inspect && (config->run_command || config->run_filename
                                                  || config->run_module))) {
        return;
    }
    if (!isatty(0)) { return; }
    own PyObject *module = PyImport_ImportModule("readline");
    if (!module) { PyErr_Clear(); }
}

/* After the program, -i or PYTHONINSPECT: a prompt with its names. */
static void
inspect_after(PyConfig *config, PyCompilerFlags *flags, int *code)
{
    const char *late = getenv("PYTHONINSPECT");
    if (!config->inspect && !(config->use_environment && late && late[0])) { return; }
    if (!Py_FdIsInteractive(stdin, "<stdin>")) { return; }
    config->inspect = 0;
    Py_InspectFlag = 0;
    if (run_interactive_hook()) { return; }
    own PyObject *filename = PyUnicode_FromString("<stdin>");
    *code = filename && hob_run_any_file(stdin, filename, false, flags) != 0;
}

/* A folder, zip or other thing a path hook takes: run its __main__. */
static MUST_USE tri
script_is_importable(const PyConfig *config, PyObject **entry)
{
    *entry = NULL;
    if (!config->run_filename) { return 0; }
    own PyObject *path = PyUnicode_FromWideChar(config->run_filename, -1);
    own PyObject *importer = path ? PyImport_GetImporter(path) : NULL;
    if (!importer) { return -1; }
    if (importer == Py_None) { return 0; }
    *entry = take(path);
    return 1;
}

static int
run_python(void)
{
    PyConfig *config = config_now();
    PyCompilerFlags flags = _PyCompilerFlags_INIT;
    PyObject *entry;
    int code;
    tri importable = script_is_importable(config, &entry);
    own PyObject *main_entry = entry;
    if (importable < 0) { return report(); }
    if ((importable ? prepend_path(main_entry) : prepend_path0(config)) < 0) { return report(); }
    show_header(config);
    import_readline(config);
    if (config->run_command) { code = run_command(config->run_command, &flags); }
    else if (config->run_module) { code = run_module(config->run_module, true); }
    else if (importable) { code = run_module(L"__main__", false); }
    else if (config->run_filename) {
        const wchar_t *dump = hob_config_xoption(config, L"dump");
        const wchar_t *what = dump ? wcschr(dump, L'=') : NULL;
        if (!what) { code = run_script(config, &flags); }
        else { code = hob_dump_script(config->run_filename, what + 1) < 0 ? report() : 0; }
    }
    else { code = run_stdin(config, &flags); }
    inspect_after(config, &flags, &code);
    return code;
}

HOB_EXPORT void
_Py_ClearArgcArgv(void)
{
    for (int i = 0; orig_argv && i < orig_argc; i++) { PyMem_RawFree(orig_argv[i]); }
    PyMem_RawFree(orig_argv);
    orig_argv = NULL;
    orig_argc = 0;
}

int
Py_RunMain(void)
{
    int code = run_python();
    if (Py_FinalizeEx() < 0) { code = 120; }
    _Py_ClearArgcArgv();
    return _Py_UnhandledKeyboardInterrupt ? exit_by_interrupt() : code;
}

static int
start_and_run(PyConfig *config)
{
    orig_argc = (int)config->argv.length;
    orig_argv = PyMem_RawCalloc((size_t)orig_argc + 1, sizeof *orig_argv);
    for (int i = 0; orig_argv && i < orig_argc; i++) {
        orig_argv[i] = hob_wide_copy(config->argv.items[i]);
    }
    PyStatus status = Py_InitializeFromConfig(config);
    PyConfig_Clear(config);
    if (PyStatus_IsExit(status)) { return status.exitcode; }
    if (PyStatus_Exception(status)) { Py_ExitStatusException(status); }
    return Py_RunMain();
}

void
Py_GetArgcArgv(int *argc, wchar_t ***argv)
{
    *argc = orig_argc;
    *argv = orig_argv;
}

int
Py_Main(int argc, wchar_t **argv)
{
    PyConfig config;
    PyConfig_InitPythonConfig(&config);
    PyStatus status = PyConfig_SetArgv(&config, argc, argv);
    if (PyStatus_Exception(status)) { Py_ExitStatusException(status); }
    return start_and_run(&config);
}

int
Py_BytesMain(int argc, char **argv)
{
    hob_leaks_start();
    PyStatus status = Py_PreInitializeFromBytesArgs(NULL, argc, argv);
    if (PyStatus_IsExit(status)) { return status.exitcode; }
    if (PyStatus_Exception(status)) { Py_ExitStatusException(status); }
    PyConfig config;
    PyConfig_InitPythonConfig(&config);
    status = PyConfig_SetBytesArgv(&config, argc, argv);
    if (PyStatus_Exception(status)) { Py_ExitStatusException(status); }
    return start_and_run(&config);
}

int
Py_FrozenMain(int argc, char **argv)
{
    return Py_BytesMain(argc, argv);
}

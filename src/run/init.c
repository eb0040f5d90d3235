/* init.c -- from nothing to a running interpreter.
 *
 * Order      1. locale and configuration: no objects yet
 *            2. memory, interpreter, first thread, the GIL
 *            3. core: small ints, str, types, names, exceptions, builtins, sys
 *            4. import: frozen importlib; from here on modules can be imported
 *            5. main: encodings, path importers, signals, streams, site
 * Holds      each step is one row of `steps`; a failing step names itself in the
 *            fatal error.
 * Next       fini.c undoes it; main.c runs something in between.
 */
#include "run/init.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/stress.h"
#include "base/trace.h"
#include "import/import.h"
#include "memory/alloc.h"
#include "memory/collect.h"
#include "memory/leaks.h"
#include "memory/own.h"
#include "modules/sys/sys.h"
#include "objects/ids.h"
#include "run/config.h"
#include "run/run.h"
#include "run/version.h"
#include "state/interp.h"
#include "state/runtime.h"
#include "run/rooms.h"

enum { DEFAULT_MAX_STR_DIGITS = 4300 };

static PyStatus
fail(const char *func, const char *message)
{
    return hob_status_in(func, message);
}

/* --- locale --- */

static bool preinitialised, is_preinitialising;
static PyPreConfig pre_config;

/* Whose memory it will be: what the embedder chose, PYTHONMALLOC, or -X dev. */
static PyStatus
choose_allocators(PyPreConfig *pre)
{
    PyMemAllocatorName allocator = (PyMemAllocatorName)pre->allocator;
    const char *dev = _Py_GetEnv(pre->use_environment, "PYTHONDEVMODE");
    if (pre->dev_mode < 0) { pre->dev_mode = dev != NULL; }
    if (allocator == PYMEM_ALLOCATOR_NOT_SET && pre->dev_mode) {
        allocator = PYMEM_ALLOCATOR_DEBUG;
    }
    const char *name = _Py_GetEnv(pre->use_environment, "PYTHONMALLOC");
    if (name && pre->allocator == PYMEM_ALLOCATOR_NOT_SET
        && _PyMem_GetAllocatorName(name, &allocator) < 0) {
        return fail("preconfig_init_allocator", "PYTHONMALLOC: unknown allocator");
    }
    pre->allocator = allocator;
    if (_PyMem_SetupAllocators(allocator) < 0) { return PyStatus_NoMemory(); }
    hob_leaks_start_stacks();
    return PyStatus_Ok();
}

PyStatus
Py_PreInitialize(const PyPreConfig *given)
{
    if (preinitialised) { return PyStatus_Ok(); }
    if (!hob_trace_start() || !hob_stress_start()) { return PyStatus_Exit(2); }
    if (given) { pre_config = *given; }
    else { PyPreConfig_InitPythonConfig(&pre_config); }
    is_preinitialising = true;
    PyStatus status = choose_allocators(&pre_config);
    if (PyStatus_Exception(status)) { return status; }
    preinitialised = true;
    hob_locale_init(&pre_config);
    return PyStatus_Ok();
}

const PyPreConfig *
hob_preconfig(void)
{
    return &pre_config;
}

/* Options that matter before argv can be decoded: -E, -I, -X utf8. */
PyStatus
Py_PreInitializeFromBytesArgs(const PyPreConfig *given, Py_ssize_t argc, char **argv)
{
    PyPreConfig pre;
    if (given) { pre = *given; }
    else { PyPreConfig_InitPythonConfig(&pre); }
    for (Py_ssize_t i = 1; pre.parse_argv && i < argc && argv[i][0] == '-' && argv[i][1]; i++) {
        const char *word = argv[i] + 1;
        if (word[0] == '-') {
            if (word[1] == 0) { break; }
            continue;
        }
        for (; *word; word++) {
            if (*word == 'E' || *word == 'I') { pre.use_environment = 0; }
            if (*word == 'I') { pre.isolated = 1; }
            if (*word == 'c' || *word == 'm') { i = argc; break; }
            if (*word != 'W' && *word != 'X') { continue; }
            const char *value = word[1] ? word + 1 : i + 1 < argc ? argv[++i] : "";
            if (*word == 'X') {
                if (strcmp(value, "dev") == 0) { pre.dev_mode = 1; }
                else if (strcmp(value, "utf8") == 0 || strcmp(value, "utf8=1") == 0) {
                    pre.utf8_mode = 1;
                }
                else if (strcmp(value, "utf8=0") == 0) { pre.utf8_mode = 0; }
                else if (strncmp(value, "utf8=", 5) == 0) {
                    return PyStatus_Error("invalid -X utf8 option value");
                }
            }
            break;
        }
    }
    if (pre.use_environment && pre.utf8_mode < 0) {
        const char *value = getenv("PYTHONUTF8");
        if (value && value[0] && strcmp(value, "0") != 0 && strcmp(value, "1") != 0) {
            return PyStatus_Error("invalid PYTHONUTF8 environment variable value");
        }
    }
    return Py_PreInitialize(&pre);
}

PyStatus
Py_PreInitializeFromArgs(const PyPreConfig *given, Py_ssize_t argc, wchar_t **argv)
{
    return Py_PreInitialize(given);
}

/* argv as either strings or wide strings, as the two structs of the ABI carry it */
struct _PyArgv {
    Py_ssize_t argc;
    int use_bytes_argv;
    char *const *bytes_argv;
    wchar_t *const *wchar_argv;
};

HOB_EXPORT PyStatus _Py_PreInitializeFromPyArgv(const PyPreConfig *given,
                                                const struct _PyArgv *args);

PyStatus
_Py_PreInitializeFromPyArgv(const PyPreConfig *given, const struct _PyArgv *args)
{
    if (!args) { return Py_PreInitialize(given); }
    if (args->use_bytes_argv) {
        return Py_PreInitializeFromBytesArgs(given, args->argc, (char **)args->bytes_argv);
    }
    return Py_PreInitializeFromArgs(given, args->argc, (wchar_t **)args->wchar_argv);
}

HOB_EXPORT PyStatus _Py_PreInitializeFromConfig(const PyConfig *config,
                                                const struct _PyArgv *args);

PyStatus
_Py_PreInitializeFromConfig(const PyConfig *config, const struct _PyArgv *args)
{
    PyPreConfig pre;
    if (config->_config_init == 3) { PyPreConfig_InitIsolatedConfig(&pre); }
    else { PyPreConfig_InitPythonConfig(&pre); }
    if (config->use_environment >= 0) { pre.use_environment = config->use_environment; }
    if (config->isolated >= 0) { pre.isolated = config->isolated; }
    if (config->dev_mode >= 0) { pre.dev_mode = config->dev_mode; }
    if (!args) { pre.parse_argv = 0; }
    return _Py_PreInitializeFromPyArgv(&pre, args);
}

HOB_EXPORT PyStatus _PyArgv_AsWstrList(const struct _PyArgv *args, PyWideStringList *list);

PyStatus
_PyArgv_AsWstrList(const struct _PyArgv *args, PyWideStringList *list)
{
    PyWideStringList result = {0, NULL};
    PyStatus status = PyStatus_Ok();
    for (Py_ssize_t i = 0; i < args->argc && !PyStatus_Exception(status); i++) {
        wchar_t *decoded = NULL;
        if (args->use_bytes_argv) {
            decoded = Py_DecodeLocale(args->bytes_argv[i], NULL);
            if (!decoded) {
                status = fail("_PyArgv_AsWstrList", "cannot decode command line arguments");
                break;
            }
        }
        status = PyWideStringList_Append(&result, decoded ? decoded : args->wchar_argv[i]);
        PyMem_RawFree(decoded);
    }
    if (PyStatus_Exception(status)) {
        _PyWideStringList_Clear(&result);
        return status;
    }
    _PyWideStringList_Clear(list);
    *list = result;
    return status;
}

/* --- core --- */

static MUST_USE status
start_collector(void)
{
    if (STRESSED(check)) { hob_gc_watcher = hob_check_everything; }
    hob_gc_add_emptier(hob_containers_clear_freelists);
    hob_gc_add_emptier(hob_method_clear_freelist);
    hob_gc_add_emptier(hob_slice_clear_freelist);
    hob_gc_add_emptier(hob_vm_clear_freelists);
    hob_gc_add_emptier(hob_float_clear_pool);
    hob_gc_add_emptier(hob_int_clear_pool);
    return hob_gc_init();
}

static MUST_USE status
make_modules(void)
{
    PyInterpreterState *interp = hob_ts()->interp;
    interp->modules = PyDict_New();
    return interp->modules ? 0 : -1;
}

static MUST_USE status
make_builtins(void)
{
    return hob_builtins_init(hob_ts()->interp);
}

static MUST_USE status
make_sys(void)
{
    PyInterpreterState *interp = hob_ts()->interp;
    own PyObject *sys = hob_sys_create(interp);
    if (!sys || _PyImport_SetModuleString("sys", sys) < 0) { return -1; }
    return _PyImport_FixupBuiltin(sys, "sys", interp->modules) < 0 || hob_stdio_init_early() < 0
        ? -1 : 0;
}

static MUST_USE status
configure_sys(void)
{
    return hob_sys_configure(hob_ts()->interp);
}

/* A new configuration for the running interpreter; sys follows it. */
int
_PyInterpreterState_SetConfig(const PyConfig *given)
{
    PyConfig config;
    PyConfig_InitPythonConfig(&config);
    PyStatus status = hob_config_copy(&config, given) < 0 ? PyStatus_NoMemory()
                                                          : PyConfig_Read(&config);
    int result = -1;
    if (PyStatus_Exception(status)) {
        PyErr_SetString(PyExc_ValueError, status.err_msg ? status.err_msg : "invalid config");
    }
    else if (hob_config_copy(&hob_ts()->interp->config, &config) < 0) { PyErr_NoMemory(); }
    else {
        hob_config_to_flags(&config);
        result = configure_sys();
    }
    PyConfig_Clear(&config);
    return result;
}

static MUST_USE status
import_core(void)
{
    PyInterpreterState *interp = hob_ts()->interp;
    return interp->config._install_importlib ? hob_import_start(interp) : 0;
}

/* --- main --- */

static MUST_USE status
import_external(void)
{
    return hob_import_start_external(hob_ts()->interp);
}

static MUST_USE status
start_signals(void)
{
    return hob_ts()->interp->config.install_signal_handlers ? hob_signal_install() : 0;
}

static MUST_USE status
start_faulthandler(void)
{
    if (!hob_ts()->interp->config.faulthandler) { return 0; }
    own PyObject *module = PyImport_ImportModule("faulthandler");
    own PyObject *done = module ? PyObject_CallMethod(module, "enable", NULL) : NULL;
    return done ? 0 : -1;
}

static MUST_USE status
start_tracemalloc(void)
{
    int n_frames = hob_ts()->interp->config.tracemalloc;
    if (n_frames == 0) { return 0; }
    own PyObject *module = PyImport_ImportModule("_tracemalloc");
    own PyObject *done = module ? PyObject_CallMethod(module, "start", "i", n_frames) : NULL;
    return done ? 0 : -1;
}

static MUST_USE status
make_main(void)
{
    PyObject *main = PyImport_AddModule("__main__");
    if (!main) { return -1; }
    PyObject *dict = PyModule_GetDict(main);
    own PyObject *annotations = PyDict_New();
    if (!annotations || PyDict_SetItemString(dict, "__annotations__", annotations) < 0) {
        return -1;
    }
    PyObject *builtins = PyImport_AddModule("builtins");
    if (!builtins || PyDict_SetItemString(dict, "__builtins__", builtins) < 0) { return -1; }
    own PyObject *loader = PyObject_GetAttrString(hob_ts()->interp->importlib, "BuiltinImporter");
    return loader ? PyDict_SetItemString(dict, "__loader__", loader) : -1;
}

static MUST_USE status
make_streams(void)
{
    return hob_stdio_init(hob_ts()->interp);
}

static MUST_USE status
import_warnings(void)
{
    if (hob_ts()->interp->config.warnoptions.length == 0) { return 0; }
    own PyObject *module = PyImport_ImportModule("warnings");
    if (!module) { PyErr_Clear(); }
    return 0;
}

static MUST_USE status
import_site(void)
{
    if (!hob_ts()->interp->config.site_import) { return 0; }
    own PyObject *module = PyImport_ImportModule("site");
    return module ? 0 : -1;
}

struct step {
    const char *name;
    status (*run)(void);
    const char *failure;
};

static const struct step core_steps[] = {
    {"int", hob_int_init, "can't make the small ints"},
    {"str", hob_str_init, "can't initialise str"},
    {"ids", hob_ids_init, "can't intern names"},
    {"types", hob_types_init, "can't initialise types"},
    {"gc", start_collector, "can't initialise the collector"},
    {"exceptions", hob_exceptions_init, "can't initialise exceptions"},
    {"int_info", hob_int_info_init, "can't make sys.int_info"},
    {"float_info", hob_float_init, "can't make sys.float_info"},
    {"vm", hob_vm_init, "can't initialise the machine"},
    {"modules", make_modules, "can't make modules dictionary"},
    {"builtins", make_builtins, "can't initialize builtins module"},
    {"sys", make_sys, "can't initialize sys module"},
    {"sys_config", configure_sys, "failed to update the sys module"},
    {"warnings", hob_warnings_init, "can't initialize warnings"},
    {"importlib", import_core, "can't initialise importlib"},
};

static const struct step main_steps[] = {
    {"external", import_external, "external importer setup failed"},
    {"fs_encoding", hob_fs_encoding_init,
     "failed to get the Python codec of the filesystem encoding"},
    {"signals", start_signals, "can't initialize signals"},
    {"faulthandler", start_faulthandler, "failed to enable faulthandler"},
    {"tracemalloc", start_tracemalloc, "can't start tracemalloc"},
    {"main", make_main, "can't create __main__ module"},
    {"streams", make_streams, "can't initialize sys standard streams"},
    {"warnoptions", import_warnings, "can't import warnings"},
    {"site", import_site, "Failed to import the site module"},
};

static PyStatus
run_steps(const struct step *steps, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        TRACE(run, "start step=%s", steps[i].name);
        if (steps[i].run() < 0) {
            static char func[64];
            snprintf(func, sizeof func, "init_%s", steps[i].name);
            return fail(func, steps[i].failure);
        }
    }
    return PyStatus_Ok();
}

static PyStatus
init_core(const PyConfig *given)
{
    static PyConfig config;
    PyConfig_InitPythonConfig(&config);
    if (hob_config_copy(&config, given) < 0 || hob_paths_apply_set(&config) < 0) {
        return PyStatus_NoMemory();
    }
    PyStatus status = PyConfig_Read(&config);
    if (PyStatus_Exception(status)) { return status; }
    hob_config_to_flags(&config);

    if (hob_hash_init(config.use_hash_seed, config.hash_seed) < 0) {
        return fail("init_hash", "failed to get random numbers to initialize Python");
    }
    if (hob_runtime_init() < 0) { return fail("init_runtime", "can't make first interpreter"); }
    PyInterpreterState *interp = hob_ts()->interp;
    if (hob_config_copy(&interp->config, &config) < 0) { return PyStatus_NoMemory(); }
    interp->int_max_str_digits = hob_int_max_str_digits_flag >= 0 ? hob_int_max_str_digits_flag
                                                                  : DEFAULT_MAX_STR_DIGITS;
    PyConfig_Clear(&config);
    status = run_steps(core_steps, ARRAY_LEN(core_steps));
    if (!PyStatus_Exception(status)) { _PyRuntime.core_initialized = 1; }
    return status;
}

PyStatus
_Py_InitializeMain(void)
{
    PyStatus status = run_steps(main_steps, ARRAY_LEN(main_steps));
    if (!PyStatus_Exception(status)) { _PyRuntime.initialized = 1; }
    return status;
}

PyStatus
Py_InitializeFromConfig(const PyConfig *config)
{
    if (_PyRuntime.initialized) { return PyStatus_Ok(); }
    PyStatus status = Py_PreInitialize(NULL);
    if (!PyStatus_Exception(status)) { status = init_core(config); }
    if (!PyStatus_Exception(status) && config->_init_main) { status = _Py_InitializeMain(); }
    return status;
}

void
Py_InitializeEx(int install_signals)
{
    if (_PyRuntime.initialized) { return; }
    PyConfig config;
    PyConfig_InitPythonConfig(&config);
    config.parse_argv = 0;
    config.configure_c_stdio = 0;
    config.install_signal_handlers = install_signals;
    PyStatus status = Py_InitializeFromConfig(&config);
    PyConfig_Clear(&config);
    if (PyStatus_Exception(status)) { Py_ExitStatusException(status); }
}

void Py_Initialize(void) { Py_InitializeEx(1); }
int Py_IsInitialized(void) { return _PyRuntime.initialized; }
int _Py_IsCoreInitialized(void) { return _PyRuntime.core_initialized; }

int
Py_SetStandardStreamEncoding(const char *encoding, const char *errors)
{
    if (_PyRuntime.initialized) { return -1; }
    if (encoding && setenv("PYTHONIOENCODING", encoding, 1) != 0) { return -2; }
    return 0;
}

/* What Py_SetStandardStreamEncoding said lives in the environment, not in a variable. */
HOB_EXPORT void
_Py_ClearStandardStreamEncoding(void)
{
}

/* --- further interpreters --- */

/* What a new interpreter has of its own; types, names and codecs' C parts are shared. */
static const struct step sub_steps[] = {
    {"modules", make_modules, "can't make modules dictionary"},
    {"builtins", make_builtins, "can't initialize builtins module"},
    {"sys", make_sys, "can't initialize sys module"},
    {"sys_config", configure_sys, "failed to update the sys module"},
    {"warnings", hob_warnings_init, "can't initialize warnings"},
    {"importlib", import_core, "can't initialise importlib"},
    {"external", import_external, "external importer setup failed"},
    {"main", make_main, "can't create __main__ module"},
    {"streams", make_streams, "can't initialize sys standard streams"},
    {"site", import_site, "Failed to import the site module"},
};

PyThreadState *
_Py_NewInterpreter(int isolated)
{
    if (!_PyRuntime.initialized) { Py_FatalError("Py_Initialize must be called first"); }
    PyThreadState *before = hob_ts();
    PyInterpreterState *interp = PyInterpreterState_New();
    PyThreadState *ts = interp ? PyThreadState_New(interp) : NULL;
    if (!ts) { return NULL; }
    PyThreadState_Swap(ts);
    const PyInterpreterState *main_interp = _PyRuntime.main_interp;
    interp->int_max_str_digits = main_interp->int_max_str_digits;
    interp->dlopenflags = main_interp->dlopenflags;
    interp->eval_frame = main_interp->eval_frame;
    PyStatus status = hob_config_copy(&interp->config, &main_interp->config) < 0
        ? PyStatus_NoMemory() : run_steps(sub_steps, ARRAY_LEN(sub_steps));
    interp->config._isolated_interpreter = isolated;
    if (!PyStatus_Exception(status)) { return ts; }
    PyErr_PrintEx(0);
    PyThreadState_Clear(ts);
    PyThreadState_Swap(before);
    PyThreadState_Delete(ts);
    PyInterpreterState_Delete(interp);
    return NULL;
}

PyThreadState *
Py_NewInterpreter(void)
{
    return _Py_NewInterpreter(0);
}

/* --- dying --- */

static const char *
runtime_stage(void)
{
    return _PyRuntime.finalizing ? "finalizing" : _PyRuntime.initialized ? "initialized"
        : _PyRuntime.core_initialized ? "core initialized"
        : preinitialised ? "preinitialized" : is_preinitialising ? "preinitializing" : "unknown";
}

static COLD void __attribute__((noreturn))
fatal(const char *func, const char *message, int exit_code)
{
    static bool again;
    if (again) { abort(); }
    again = true;
    fflush(stdout);
    fprintf(stderr, "Fatal Python error: %s%s%s\nPython runtime state: %s\n", func ? func : "",
            func ? ": " : "", message ? message : "<message not set>", runtime_stage());
    PyThreadState *ts = hob_ts();
    if (ts && ts == PyGILState_GetThisThreadState() && PyErr_Occurred()) {
        PyObject *type, *value, *tb;
        PyErr_Fetch(&type, &value, &tb);
        PyErr_NormalizeException(&type, &value, &tb);
        PyErr_Display(type, value, tb);
    }
    fputc('\n', stderr);
    fflush(stderr);
    hob_traceback_dump_current(2);
    PyInterpreterState *interp = ts ? ts->interp : _PyRuntime.main_interp;
    if (interp) { _Py_DumpExtensionModules(2, interp); }
    hob_faulthandler_fini();
    if (exit_code < 0) { abort(); }
    exit(exit_code);
}

#undef Py_FatalError
void
Py_FatalError(const char *message)
{
    fatal(NULL, message, -1);
}

void
_Py_FatalErrorFunc(const char *func, const char *message)
{
    fatal(func, message, -1);
}

void
_Py_FatalErrorFormat(const char *func, const char *format, ...)
{
    char message[512];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    fatal(func, message, -1);
}

void
Py_ExitStatusException(PyStatus status)
{
    if (PyStatus_IsExit(status)) { exit(status.exitcode); }
    if (PyStatus_IsError(status)) {
        if (_PyRuntime.core_initialized && !_PyRuntime.initialized && hob_ts()) {
            const PyConfig *config = &hob_ts()->interp->config;
            if (!config->stdlib_dir) { hob_paths_dump(config); }
        }
        fatal(status.func, status.err_msg, 1);
    }
    Py_FatalError("Py_ExitStatusException() must not be called on success");
}

/* config.c -- PyConfig: how this interpreter was asked to be.
 *
 * Order      defaults (PyConfig_Init*Config) → command line → environment →
 *            paths.  -1 in an int, NULL in a string mean "not decided yet".
 * Holds      strings are from PyMem_RawMalloc and owned by the config.
 */
#include "run/config.h"

#include <limits.h>
#include <stdlib.h>
#include <unistd.h>
#include <wchar.h>
#include <wctype.h>

#include "base/os/futex.h"
#include "run/version.h"
#include "state/gil.h"

/* The legacy globals. */
int Py_DebugFlag, Py_VerboseFlag, Py_QuietFlag, Py_InteractiveFlag, Py_InspectFlag;
int Py_OptimizeFlag, Py_NoSiteFlag, Py_BytesWarningFlag, Py_FrozenFlag, Py_IgnoreEnvironmentFlag;
int Py_DontWriteBytecodeFlag, Py_NoUserSiteDirectory, Py_UnbufferedStdioFlag;
int Py_HashRandomizationFlag, Py_IsolatedFlag;
int Py_UTF8Mode;
int hob_int_max_str_digits_flag = -1;

enum { CONFIG_COMPAT = 1, CONFIG_PYTHON = 2, CONFIG_ISOLATED = 3 };

#define STRINGS(X)                                                                       \
    X(dump_refs_file) X(filesystem_encoding) X(filesystem_errors) X(pycache_prefix)      \
    X(stdio_encoding) X(stdio_errors) X(check_hash_pycs_mode) X(program_name)            \
    X(pythonpath_env) X(home) X(platlibdir) X(stdlib_dir) X(executable)                  \
    X(base_executable) X(prefix) X(base_prefix) X(exec_prefix) X(base_exec_prefix)       \
    X(run_command) X(run_module) X(run_filename)
#define LISTS(X) X(orig_argv) X(argv) X(xoptions) X(warnoptions) X(module_search_paths)

static void
config_defaults(PyConfig *config, int kind)
{
    memset(config, 0, sizeof *config);
    config->_config_init = kind;
    config->isolated = config->use_environment = config->dev_mode = -1;
    config->install_signal_handlers = 1;
    config->use_hash_seed = config->faulthandler = config->tracemalloc = -1;
    config->code_debug_ranges = 1;
    config->site_import = config->bytes_warning = config->inspect = config->interactive = -1;
    config->optimization_level = config->parser_debug = config->write_bytecode = -1;
    config->verbose = config->quiet = config->user_site_directory = -1;
    config->buffered_stdio = config->pathconfig_warnings = config->use_frozen_modules = -1;
    config->import_time = config->warn_default_encoding = config->safe_path = -1;
    config->_install_importlib = config->_init_main = 1;
}

HOB_EXPORT void
_PyConfig_InitCompatConfig(PyConfig *config)
{
    config_defaults(config, CONFIG_COMPAT);
}

void
PyConfig_InitPythonConfig(PyConfig *config)
{
    config_defaults(config, CONFIG_PYTHON);
    config->configure_c_stdio = 1;
    config->parse_argv = 1;
    config->isolated = 0;
    config->use_environment = 1;
}

void
PyConfig_InitIsolatedConfig(PyConfig *config)
{
    config_defaults(config, CONFIG_ISOLATED);
    config->isolated = 1;
    config->use_environment = 0;
    config->user_site_directory = 0;
    config->dev_mode = 0;
    config->install_signal_handlers = 0;
    config->use_hash_seed = 0;
    config->faulthandler = config->tracemalloc = 0;
    config->safe_path = 1;
    config->pathconfig_warnings = 0;
}

HOB_EXPORT void
_PyPreConfig_InitCompatConfig(PyPreConfig *pre)
{
    *pre = (PyPreConfig){._config_init = CONFIG_COMPAT, .isolated = -1, .use_environment = -1,
                         .configure_locale = 1, .dev_mode = -1,
                         .allocator = PYMEM_ALLOCATOR_NOT_SET};
}

void
PyPreConfig_InitPythonConfig(PyPreConfig *pre)
{
    *pre = (PyPreConfig){._config_init = CONFIG_PYTHON, .parse_argv = 1, .use_environment = 1,
                         .configure_locale = 1, .coerce_c_locale = -1, .coerce_c_locale_warn = -1,
                         .utf8_mode = -1, .dev_mode = -1, .allocator = PYMEM_ALLOCATOR_NOT_SET};
}

void
PyPreConfig_InitIsolatedConfig(PyPreConfig *pre)
{
    *pre = (PyPreConfig){._config_init = CONFIG_ISOLATED, .isolated = 1,
                         .allocator = PYMEM_ALLOCATOR_NOT_SET};
}

void
PyConfig_Clear(PyConfig *config)
{
#define X(name) PyMem_RawFree(config->name); config->name = NULL;
    STRINGS(X)
#undef X
#define X(name) _PyWideStringList_Clear(&config->name);
    LISTS(X)
#undef X
}

status
hob_config_copy(PyConfig *to, const PyConfig *from)
{
    if (to == from) { return 0; }
    PyConfig copy = *from;
#define X(name) copy.name = NULL;
    STRINGS(X)
#undef X
#define X(name) copy.name = (PyWideStringList){0, NULL};
    LISTS(X)
#undef X
    status result = 0;
#define X(name) if (hob_wide_set(&copy.name, from->name) < 0) { result = -1; }
    STRINGS(X)
#undef X
#define X(name) if (_PyWideStringList_Copy(&copy.name, &from->name) < 0) { result = -1; }
    LISTS(X)
#undef X
    if (result < 0) {
        PyConfig_Clear(&copy);
        return -1;
    }
    PyConfig_Clear(to);
    *to = copy;
    return 0;
}

PyStatus
PyConfig_SetString(PyConfig *config, wchar_t **slot, const wchar_t *text)
{
    return hob_wide_set(slot, text) < 0 ? PyStatus_NoMemory() : PyStatus_Ok();
}

PyStatus
PyConfig_SetBytesString(PyConfig *config, wchar_t **slot, const char *bytes)
{
    wchar_t *text = NULL;
    if (bytes) {
        size_t length;
        text = Py_DecodeLocale(bytes, &length);
        if (!text) {
            return length == (size_t)-2 ? PyStatus_Error("cannot decode string")
                                        : PyStatus_NoMemory();
        }
    }
    PyMem_RawFree(*slot);
    *slot = text;
    return PyStatus_Ok();
}

PyStatus
PyConfig_SetWideStringList(PyConfig *config, PyWideStringList *list, Py_ssize_t length,
                           wchar_t **items)
{
    PyWideStringList given = {length, items};
    return _PyWideStringList_Copy(list, &given) < 0 ? PyStatus_NoMemory() : PyStatus_Ok();
}

PyStatus
PyConfig_SetArgv(PyConfig *config, Py_ssize_t argc, wchar_t *const *argv)
{
    return PyConfig_SetWideStringList(config, &config->argv, argc, (wchar_t **)argv);
}

PyStatus
PyConfig_SetBytesArgv(PyConfig *config, Py_ssize_t argc, char *const *argv)
{
    PyStatus status = Py_PreInitialize(NULL);
    if (PyStatus_Exception(status)) { return status; }
    _PyWideStringList_Clear(&config->argv);
    for (Py_ssize_t i = 0; i < argc; i++) {
        wchar_t *text = NULL;
        status = PyConfig_SetBytesString(config, &text, argv[i]);
        if (!PyStatus_Exception(status)) { status = PyWideStringList_Append(&config->argv, text); }
        PyMem_RawFree(text);
        if (PyStatus_Exception(status)) { return status; }
    }
    return PyStatus_Ok();
}

/* --- reading --- */

PyStatus
hob_status_in(const char *func, const char *message)
{
    PyStatus status = PyStatus_Error(message);
    status.func = func;
    return status;
}


const char *
_Py_GetEnv(int use_environment, const char *name)
{
    if (use_environment <= 0) { return NULL; }
    const char *value = getenv(name);
    return value && value[0] ? value : NULL;
}

const char *
hob_config_env(const PyConfig *config, const char *name)
{
    return _Py_GetEnv(config->use_environment, name);
}

/* The option's text ("name" or "name=value"), or NULL. */
const wchar_t *
hob_config_xoption(const PyConfig *config, const wchar_t *name)
{
    size_t length = wcslen(name);
    for (Py_ssize_t i = config->xoptions.length - 1; i >= 0; i--) {
        const wchar_t *option = config->xoptions.items[i];
        if (wcsncmp(option, name, length) == 0 && (option[length] == 0 || option[length] == L'=')) {
            return option;
        }
    }
    return NULL;
}

#undef Py_GETENV
HOB_EXPORT char *
Py_GETENV(const char *name)
{
    return (char *)_Py_GetEnv(!Py_IgnoreEnvironmentFlag, name);
}

HOB_EXPORT const wchar_t *
_Py_get_xoption(const PyWideStringList *options, const wchar_t *name)
{
    PyConfig holder = {.xoptions = *options};
    return hob_config_xoption(&holder, name);
}

static bool
whole_number(const char *text, long *out)
{
    char *end;
    errno = 0;
    *out = strtol(text, &end, 10);
    return end != text && *end == 0 && errno == 0 && *out >= INT_MIN && *out <= INT_MAX;
}

static bool
wide_number(const wchar_t *text, long *out)
{
    wchar_t *end;
    errno = 0;
    *out = wcstol(text, &end, 10);
    return end != text && *end == 0 && errno == 0 && *out >= INT_MIN && *out <= INT_MAX;
}

HOB_EXPORT int
_Py_str_to_int(const char *text, int *result)
{
    long number = 0;
    if (text[0] && !whole_number(text, &number)) { return -1; }
    *result = (int)number;
    return 0;
}

HOB_EXPORT void _Py_get_env_flag(int use_environment, int *flag, const char *name);

/* PYTHONVERBOSE and kin: a number, or anything else for 1; raises *flag. */
void
_Py_get_env_flag(int use_environment, int *flag, const char *name)
{
    const char *value = _Py_GetEnv(use_environment, name);
    if (!value) { return; }
    int number;
    if (_Py_str_to_int(value, &number) < 0 || number < 0) { number = 1; }
    if (*flag < number) { *flag = number; }
}

static void
env_level(const PyConfig *config, int *level, const char *name)
{
    _Py_get_env_flag(config->use_environment, level, name);
}

static PyStatus
read_hash_seed(PyConfig *config)
{
    if (config->use_hash_seed >= 0) { return PyStatus_Ok(); }
    const char *value = hob_config_env(config, "PYTHONHASHSEED");
    config->use_hash_seed = 0;
    config->hash_seed = 0;
    if (!value || strcmp(value, "random") == 0) { return PyStatus_Ok(); }
    char *end;
    errno = 0;
    unsigned long seed = strtoul(value, &end, 10);
    if (*end || seed > 4294967295UL || errno == ERANGE) {
        return hob_status_in("config_init_hash_seed", "PYTHONHASHSEED must be \"random\" "
                             "or an integer in range [0; 4294967295]");
    }
    config->use_hash_seed = 1;
    config->hash_seed = seed;
    return PyStatus_Ok();
}

static PyStatus
read_int_max_str_digits(PyConfig *config)
{
    enum { LOWEST = 640 };
    long number;
    hob_int_max_str_digits_flag = -1;
    const char *value = hob_config_env(config, "PYTHONINTMAXSTRDIGITS");
    if (value) {
        if (!whole_number(value, &number) || (number != 0 && number < LOWEST)) {
            return hob_status_in("config_init_int_max_str_digits", "PYTHONINTMAXSTRDIGITS: "
                                 "invalid limit; must be >= 640 or 0 for unlimited.");
        }
        hob_int_max_str_digits_flag = (int)number;
    }
    const wchar_t *option = hob_config_xoption(config, L"int_max_str_digits");
    if (option) {
        const wchar_t *equals = wcschr(option, L'=');
        if (!equals || !wide_number(equals + 1, &number) || (number != 0 && number < LOWEST)) {
            return hob_status_in("config_init_int_max_str_digits", "-X int_max_str_digits: "
                                 "invalid limit; must be >= 640 or 0 for unlimited.");
        }
        hob_int_max_str_digits_flag = (int)number;
    }
    return PyStatus_Ok();
}

static PyStatus
read_tracemalloc(PyConfig *config)
{
    if (config->tracemalloc >= 0) { return PyStatus_Ok(); }
    config->tracemalloc = 0;
    long number;
    const char *value = hob_config_env(config, "PYTHONTRACEMALLOC");
    if (value) {
        if (!whole_number(value, &number) || number < 0) {
            return hob_status_in("config_init_tracemalloc",
                                 "PYTHONTRACEMALLOC: invalid number of frames");
        }
        config->tracemalloc = (int)number;
    }
    const wchar_t *option = hob_config_xoption(config, L"tracemalloc");
    if (option) {
        const wchar_t *equals = wcschr(option, L'=');
        number = 1;
        if (equals && (!wide_number(equals + 1, &number) || number < 0)) {
            return hob_status_in("config_init_tracemalloc",
                                 "-X tracemalloc=NFRAME: invalid number of frames");
        }
        config->tracemalloc = (int)number;
    }
    return PyStatus_Ok();
}

static PyStatus
use_gil(enum hob_gil_mode mode, uint64_t seed)
{
    hob_gil_set_mode(&hob_the_gil, mode, seed);
    return PyStatus_Ok();
}

/* -X gil=hob|cpython|shake[,seed]: the rules by which threads take turns. */
static PyStatus
read_gil(PyConfig *config)
{
    const wchar_t *option = hob_config_xoption(config, L"gil");
    if (!option) { return PyStatus_Ok(); }
    const wchar_t *rules = option[3] ? option + 4 : L"";
    if (wcscmp(rules, L"hob") == 0)     { return use_gil(GIL_HOB, 0); }
    if (wcscmp(rules, L"cpython") == 0) { return use_gil(GIL_CPYTHON, 0); }
    if (wcscmp(rules, L"shake") == 0) {
        uint64_t seed = hob_clock_ns() ^ (uint64_t)getpid() << 32;
        seed = seed % 1000000;
        fprintf(stderr, "-X gil=shake,%u\n", (unsigned)seed);      /* to do it again */
        return use_gil(GIL_SHAKE, seed);
    }
    if (wcsncmp(rules, L"shake,", 6) == 0 && iswdigit((wint_t)rules[6])) {
        wchar_t *end;
        errno = 0;
        unsigned long long seed = wcstoull(rules + 6, &end, 10);
        if (*end == 0 && errno == 0) { return use_gil(GIL_SHAKE, seed); }
    }
    return hob_status_in("config_read_gil", "-X gil: expected \"hob\", \"cpython\", "
                         "\"shake\" or \"shake,\" and a seed (a whole number)");
}

static PyStatus
read_frozen_modules(PyConfig *config)
{
    const wchar_t *option = hob_config_xoption(config, L"frozen_modules");
    if (!option) {
        if (config->use_frozen_modules < 0) { config->use_frozen_modules = 1; }
        return PyStatus_Ok();
    }
    const wchar_t *equals = wcschr(option, L'=');
    if (!equals || wcscmp(equals + 1, L"on") == 0 || equals[1] == 0) {
        config->use_frozen_modules = 1;
    }
    else if (wcscmp(equals + 1, L"off") == 0) {
        config->use_frozen_modules = 0;
    }
    else {
        return PyStatus_Error("bad value for option -X frozen_modules "
                              "(expected \"on\" or \"off\")");
    }
    return PyStatus_Ok();
}

static PyStatus
read_text_env(PyConfig *config, wchar_t **slot, const char *name)
{
    if (*slot) { return PyStatus_Ok(); }
    const char *value = hob_config_env(config, name);
    return value ? PyConfig_SetBytesString(config, slot, value) : PyStatus_Ok();
}

static void
settle(int *option, bool on, int undecided)
{
    if (on) { *option = 1; }
    else if (*option < 0) { *option = undecided; }
}

static PyStatus
read_pycache_prefix(PyConfig *config)
{
    if (config->pycache_prefix) { return PyStatus_Ok(); }
    const wchar_t *option = hob_config_xoption(config, L"pycache_prefix");
    if (option) {
        const wchar_t *equals = wcschr(option, L'=');
        bool given = equals && equals[1];
        return PyConfig_SetString(config, &config->pycache_prefix, given ? equals + 1 : NULL);
    }
    return read_text_env(config, &config->pycache_prefix, "PYTHONPYCACHEPREFIX");
}

/* Encodings of the file system and of the standard streams. */
static PyStatus
read_encodings(PyConfig *config)
{
    PyStatus status = PyStatus_Ok();
    if (!config->filesystem_encoding) {
        status = PyConfig_SetBytesString(config, &config->filesystem_encoding,
                                         Py_UTF8Mode ? "utf-8" : hob_locale_encoding());
    }
    if (!PyStatus_Exception(status) && !config->filesystem_errors) {
        status = PyConfig_SetString(config, &config->filesystem_errors, L"surrogateescape");
    }
    const char *both = hob_config_env(config, "PYTHONIOENCODING");
    if (both && !PyStatus_Exception(status)) {
        const char *colon = strchr(both, ':');
        char encoding[128];
        size_t length = colon ? (size_t)(colon - both) : strlen(both);
        snprintf(encoding, sizeof encoding, "%.*s", (int)length, both);
        if (encoding[0] && !config->stdio_encoding) {
            status = PyConfig_SetBytesString(config, &config->stdio_encoding, encoding);
        }
        const char *errors = colon && colon[1] ? colon + 1 : NULL;
        if (!errors && encoding[0]) { errors = "strict"; }
        if (errors && !config->stdio_errors && !PyStatus_Exception(status)) {
            status = PyConfig_SetBytesString(config, &config->stdio_errors, errors);
        }
    }
    if (PyStatus_Exception(status)) { return status; }
    bool lax = Py_UTF8Mode || hob_locale_is_c();
    if (!config->stdio_encoding) {
        status = PyConfig_SetBytesString(config, &config->stdio_encoding,
                                         Py_UTF8Mode ? "utf-8" : hob_locale_encoding());
    }
    if (!PyStatus_Exception(status) && !config->stdio_errors) {
        status = PyConfig_SetString(config, &config->stdio_errors,
                                    lax ? L"surrogateescape" : L"strict");
    }
    return status;
}

static PyStatus
read_warn_options(PyConfig *config)
{
    PyWideStringList all = {0, NULL};
    PyStatus status = PyStatus_Ok();
    if (config->dev_mode > 0) { status = PyWideStringList_Append(&all, L"default"); }
    const char *value = hob_config_env(config, "PYTHONWARNINGS");
    if (value && !PyStatus_Exception(status)) {
        wchar_t *text = Py_DecodeLocale(value, NULL);
        wchar_t *rest = NULL;
        for (wchar_t *item = text ? wcstok(text, L",", &rest) : NULL; item;
             item = wcstok(NULL, L",", &rest)) {
            status = PyWideStringList_Append(&all, item);
        }
        PyMem_RawFree(text);
    }
    if (!PyStatus_Exception(status)) {
        status = _PyWideStringList_Extend(&all, &config->warnoptions);
    }
    if (!PyStatus_Exception(status) && config->bytes_warning > 0) {
        status = PyWideStringList_Append(
            &all, config->bytes_warning > 1 ? L"error::BytesWarning" : L"default::BytesWarning");
    }
    _PyWideStringList_Clear(&config->warnoptions);
    config->warnoptions = all;
    return status;
}

static void
read_flags(PyConfig *config)
{
    int *const levels[] = {&config->parser_debug, &config->verbose, &config->optimization_level,
                           &config->inspect};
    static const char *const names[] = {"PYTHONDEBUG", "PYTHONVERBOSE", "PYTHONOPTIMIZE",
                                        "PYTHONINSPECT"};
    for (size_t i = 0; i < ARRAY_LEN(levels); i++) {
        if (*levels[i] < 0) { *levels[i] = 0; }
        env_level(config, levels[i], names[i]);
    }
    int no_bytecode = config->write_bytecode == 0, no_user = config->user_site_directory == 0;
    int unbuffered = config->buffered_stdio == 0;
    env_level(config, &no_bytecode, "PYTHONDONTWRITEBYTECODE");
    env_level(config, &no_user, "PYTHONNOUSERSITE");
    env_level(config, &unbuffered, "PYTHONUNBUFFERED");
    config->write_bytecode = !no_bytecode;
    config->user_site_directory = !no_user && config->isolated <= 0;
    config->buffered_stdio = !unbuffered;

    settle(&config->site_import, false, 1);
    settle(&config->bytes_warning, false, 0);
    if (config->bytes_warning < 0) { config->bytes_warning = 0; }
    settle(&config->interactive, false, 0);
    settle(&config->quiet, false, 0);
    settle(&config->pathconfig_warnings, false, 1);
    bool safe = hob_config_env(config, "PYTHONSAFEPATH") || config->isolated > 0;
    settle(&config->safe_path, safe, 0);
    settle(&config->dev_mode, hob_config_xoption(config, L"dev")
           || hob_config_env(config, "PYTHONDEVMODE"), 0);
    settle(&config->faulthandler, config->dev_mode > 0
           || hob_config_xoption(config, L"faulthandler")
           || hob_config_env(config, "PYTHONFAULTHANDLER"), 0);
    settle(&config->import_time, hob_config_xoption(config, L"importtime")
           || hob_config_env(config, "PYTHONPROFILEIMPORTTIME"), 0);
    settle(&config->warn_default_encoding, hob_config_xoption(config, L"warn_default_encoding")
           || hob_config_env(config, "PYTHONWARNDEFAULTENCODING"), 0);
    if (hob_config_xoption(config, L"showrefcount")) { config->show_ref_count = 1; }
    if (hob_config_env(config, "PYTHONMALLOCSTATS")) { config->malloc_stats = 1; }
    if (hob_config_xoption(config, L"no_debug_ranges")
        || hob_config_env(config, "PYTHONNODEBUGRANGES")) {
        config->code_debug_ranges = 0;
    }
}

/* __main__.__file__ does not change with the working folder. */
static PyStatus
make_filename_absolute(PyConfig *config)
{
    char cwd[PATH_MAX];
    if (!config->run_filename || config->run_filename[0] == L'/' || !getcwd(cwd, sizeof cwd)) {
        return PyStatus_Ok();
    }
    const wchar_t *name = config->run_filename;
    if (name[0] == L'.' && !name[1]) { name++; }        /* the folder itself */
    size_t n = strlen(cwd);
    if (*name && n + 1 < sizeof cwd && cwd[n - 1] != '/') { strcpy(cwd + n, "/"); }
    wchar_t *folder = Py_DecodeLocale(cwd, NULL);
    wchar_t *whole = folder ? hob_wide_join(folder, name) : NULL;
    PyMem_RawFree(folder);
    if (!whole) { return PyStatus_NoMemory(); }
    PyMem_RawFree(config->run_filename);
    config->run_filename = whole;
    return PyStatus_Ok();
}

PyStatus
PyConfig_Read(PyConfig *config)
{
    PyStatus status = Py_PreInitialize(NULL);
    if (PyStatus_Exception(status)) { return status; }
    if (config->isolated < 0) { config->isolated = 0; }
    if (config->use_environment < 0) { config->use_environment = !config->isolated; }
    if (config->orig_argv.length == 0
        && _PyWideStringList_Copy(&config->orig_argv, &config->argv) < 0) {
        return PyStatus_NoMemory();
    }
    if (config->parse_argv == 1) {
        status = hob_cmdline_parse(config);
        if (PyStatus_Exception(status)) { return status; }
        config->parse_argv = 2;
    }
    if (config->isolated > 0) { config->use_environment = config->user_site_directory = 0; }
    read_flags(config);
    PyStatus (*const steps[])(PyConfig *) = {
        read_hash_seed, read_tracemalloc, read_int_max_str_digits, read_gil, read_frozen_modules,
        read_pycache_prefix, read_encodings, read_warn_options, make_filename_absolute,
    };
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        status = steps[i](config);
        if (PyStatus_Exception(status)) { return status; }
    }
    if (!config->check_hash_pycs_mode) {
        status = PyConfig_SetString(config, &config->check_hash_pycs_mode, L"default");
    }
    if (!PyStatus_Exception(status) && !config->pythonpath_env) {
        status = read_text_env(config, &config->pythonpath_env, "PYTHONPATH");
    }
    if (!PyStatus_Exception(status) && !config->home) {
        status = read_text_env(config, &config->home, "PYTHONHOME");
    }
    if (!PyStatus_Exception(status) && !config->platlibdir) {
        status = read_text_env(config, &config->platlibdir, "PYTHONPLATLIBDIR");
        if (!config->platlibdir && !PyStatus_Exception(status)) {
            status = PyConfig_SetString(config, &config->platlibdir, L"lib");
        }
    }
    if (PyStatus_Exception(status)) { return status; }
    if (config->argv.length == 0) {
        status = PyWideStringList_Append(&config->argv, L"");
        if (PyStatus_Exception(status)) { return status; }
    }
    return hob_paths_compute(config);
}

void
hob_config_to_flags(const PyConfig *config)
{
    Py_DebugFlag = config->parser_debug;
    Py_VerboseFlag = config->verbose;
    Py_QuietFlag = config->quiet;
    Py_InteractiveFlag = config->interactive;
    Py_InspectFlag = config->inspect;
    Py_OptimizeFlag = config->optimization_level;
    Py_NoSiteFlag = !config->site_import;
    Py_BytesWarningFlag = config->bytes_warning;
    Py_IgnoreEnvironmentFlag = !config->use_environment;
    Py_DontWriteBytecodeFlag = !config->write_bytecode;
    Py_NoUserSiteDirectory = !config->user_site_directory;
    Py_UnbufferedStdioFlag = !config->buffered_stdio;
    Py_HashRandomizationFlag = !config->use_hash_seed || config->hash_seed != 0;
    Py_IsolatedFlag = config->isolated;
}

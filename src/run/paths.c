/* paths.c -- where the program is, where its library is, what sys.path starts with.
 *
 * A file <executable>._pth says all of it.  Else the library is looked for, in this order:
 *   1. PYTHONHOME (or PyConfig.home)
 *   2. a pyvenv.cfg beside the executable or one folder up: its `home`
 *   3. upwards from the executable: a folder with lib/python3.11/os.py
 *   4. the prefix Hob was built for, PREFIX
 * docs/decisions/015-the-library-is-found-in-c.md says why this is not Python.
 */
#include "run/config.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wchar.h>

#include "state/file.h"
#include "state/interp.h"
#include "state/runtime.h"

#ifndef PREFIX
#  define PREFIX "/usr"
#endif
#define LIBRARY "python3.11"
#define LIBRARY_ZIP "python311.zip"

/* --- file names as bytes; converted at the border --- */

static bool
is_file(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static bool
is_folder(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool
is_executable(const char *path)
{
    return is_file(path) && access(path, X_OK) == 0;
}

static void
cut_last(char *path)
{
    char *slash = strrchr(path, '/');
    if (slash) { *(slash == path ? slash + 1 : slash) = 0; }
    else { path[0] = 0; }
}

static bool
join(char *out, const char *folder, const char *name)
{
    size_t n = strlen(folder);
    const char *middle = n && folder[n - 1] == '/' ? "" : "/";
    return snprintf(out, PATH_MAX, "%s%s%s", folder, middle, name) < PATH_MAX;
}

/* Make path absolute, without resolving symbolic links. */
static void
make_absolute(char *path)
{
    if (path[0] == '/') { return; }
    char cwd[PATH_MAX], whole[PATH_MAX];
    if (!getcwd(cwd, sizeof cwd)) { return; }
    const char *tail = strncmp(path, "./", 2) == 0 ? path + 2 : path;
    if (join(whole, cwd, tail)) { strcpy(path, whole); }
}

/* The executable: argv[0] itself, or found on PATH. */
static void
find_program(const char *argv0, char *out)
{
    out[0] = 0;
    if (!argv0[0]) { return; }
    if (strchr(argv0, '/')) {
        snprintf(out, PATH_MAX, "%s", argv0);
        make_absolute(out);
        return;
    }
    const char *path = getenv("PATH");
    while (path && *path) {
        const char *end = strchrnul(path, ':');
        char folder[PATH_MAX];
        if (end - path < PATH_MAX) {
            snprintf(folder, sizeof folder, "%.*s", (int)(end - path), path);
            if (join(out, folder[0] ? folder : ".", argv0) && is_executable(out)) {
                make_absolute(out);
                return;
            }
        }
        path = *end ? end + 1 : end;
    }
    out[0] = 0;
}

/* `home = ...` of a pyvenv.cfg, into out. */
static bool
venv_home(const char *folder, char *out)
{
    char name[PATH_MAX];
    if (!join(name, folder, "pyvenv.cfg")) { return false; }
    FILE *file = fopen(name, "r");
    if (!file) { return false; }
    char line[PATH_MAX + 32];
    bool found = false;
    while (!found && fgets(line, sizeof line, file)) {
        char *equals = strchr(line, '=');
        if (!equals) { continue; }
        char *key = line + strspn(line, " \t");
        size_t length = strcspn(key, " \t=");
        if (length != 4 || strncasecmp(key, "home", 4) != 0) { continue; }
        char *value = equals + 1 + strspn(equals + 1, " \t");
        value[strcspn(value, "\r\n")] = 0;
        snprintf(out, PATH_MAX, "%s", value);
        found = true;
    }
    fclose(file);
    return found;
}

static bool
has_library(const char *folder, const char *libdir)
{
    char below[PATH_MAX], name[PATH_MAX];
    snprintf(below, sizeof below, "%.256s/" LIBRARY "/os.py", libdir);
    return join(name, folder, below) && is_file(name);
}

/* Upwards from folder: the first with a library.  Changes folder. */
static bool
find_landmark(char *folder, const char *libdir)
{
    while (folder[0] && strcmp(folder, "/") != 0) {     /* /lib is a link to /usr/lib */
        if (has_library(folder, libdir)) { return true; }
        cut_last(folder);
    }
    return false;
}

/* --- into the config --- */

static PyStatus
put(PyConfig *config, wchar_t **slot, const char *path)
{
    return *slot ? PyStatus_Ok() : PyConfig_SetBytesString(config, slot, path);
}

static PyStatus
add_path(PyConfig *config, const char *folder, const char *name)
{
    char path[PATH_MAX];
    if (!join(path, folder, name)) { return PyStatus_Ok(); }
    wchar_t *text = NULL;
    PyStatus status = PyConfig_SetBytesString(config, &text, path);
    if (!PyStatus_Exception(status)) {
        status = PyWideStringList_Append(&config->module_search_paths, text);
    }
    PyMem_RawFree(text);
    return status;
}

/* An entry of PYTHONPATH, tidied and then put behind the current folder; NULL: no
 * memory. */
static wchar_t *
absolute_entry(STOLEN wchar_t *entry)
{
    wchar_t *tidy = _Py_normpath(entry, (Py_ssize_t)wcslen(entry));
    char cwd[PATH_MAX];
    if (tidy[0] == L'/' || !getcwd(cwd, sizeof cwd - 1)) { return entry; }
    bool is_here = !tidy[0] || wcscmp(tidy, L".") == 0;
    if (!is_here) { strcat(cwd, "/"); }
    wchar_t *folder = Py_DecodeLocale(cwd, NULL);
    wchar_t *whole = folder ? hob_wide_join(folder, is_here ? L"" : tidy) : NULL;
    PyMem_RawFree(folder);
    PyMem_RawFree(entry);
    return whole;
}

/* Append the entries of a list of folders, colons between them. */
static PyStatus
add_listed(PyConfig *config, const wchar_t *at, bool make_absolute_too)
{
    PyStatus status = PyStatus_Ok();
    while (at && !PyStatus_Exception(status)) {
        const wchar_t *end = wcschr(at, L':');
        wchar_t *entry = hob_wide_copy(at);
        if (!entry) { return PyStatus_NoMemory(); }
        if (end) { entry[end - at] = 0; }
        if (make_absolute_too && !(entry = absolute_entry(entry))) { return PyStatus_NoMemory(); }
        status = PyWideStringList_Append(&config->module_search_paths, entry);
        PyMem_RawFree(entry);
        at = end ? end + 1 : NULL;
    }
    return status;
}

static void
to_bytes(const wchar_t *text, char *out)
{
    char *bytes = text ? Py_EncodeLocale(text, NULL) : NULL;
    snprintf(out, PATH_MAX, "%s", bytes ? bytes : "");
    PyMem_Free(bytes);
}

struct places {
    char program[PATH_MAX];             /* sys.executable */
    char base_program[PATH_MAX];        /* sys._base_executable */
    char prefix[PATH_MAX], exec_prefix[PATH_MAX];
    char venv[PATH_MAX];                /* folder of pyvenv.cfg, or "" */
};

/* The program a virtual environment stands for: what its link leads to or, for a
 * copy, the one of that name, or of a usual name, in home. */
static void
find_base_program(const char *home, struct places *at)
{
    char real[PATH_MAX];
    if (realpath(at->program, real) && strcmp(real, at->program) != 0) {
        strcpy(at->base_program, real);
        return;
    }
    const char *slash = strrchr(at->program, '/');
    const char *const names[] = {slash ? slash + 1 : at->program, "python3", LIBRARY};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (join(at->base_program, home, names[i]) && is_file(at->base_program)) { return; }
    }
    join(at->base_program, home, names[0]);
}

static void
find_places(const PyConfig *config, struct places *at)
{
    char libdir[PATH_MAX], folder[PATH_MAX], real[PATH_MAX], home[PATH_MAX];
    to_bytes(config->platlibdir, libdir);
    if (config->executable) { to_bytes(config->executable, at->program); }
    else {
        char argv0[PATH_MAX];
        to_bytes(config->program_name, argv0);
        find_program(argv0, at->program);
    }
    strcpy(at->base_program, at->program);
    at->venv[0] = 0;
    if (config->home) {
        char *colon;
        to_bytes(config->home, at->prefix);
        strcpy(at->exec_prefix, at->prefix);
        if ((colon = strchr(at->prefix, ':'))) {
            *colon = 0;
            strcpy(at->exec_prefix, colon + 1);
        }
        return;
    }
    strcpy(folder, at->program);
    cut_last(folder);
    bool venv = folder[0] && venv_home(folder, home);
    if (!venv && folder[0]) {
        cut_last(folder);
        venv = folder[0] && venv_home(folder, home);
    }
    if (venv) {
        strcpy(at->venv, folder);
        find_base_program(home, at);
        strcpy(folder, home);
    }
    else {
        strcpy(folder, realpath(at->program, real) ? real : at->program);
        cut_last(folder);
    }
    strcpy(at->prefix, find_landmark(folder, libdir) ? folder : PREFIX);
    strcpy(at->exec_prefix, at->prefix);
}

/* --- <program>._pth: a path of its own, and nothing else --- */

static PyStatus
add_tidied(PyConfig *config, const char *path)
{
    wchar_t *text = Py_DecodeLocale(path, NULL);
    if (!text) { return PyStatus_NoMemory(); }
    wchar_t *tidy = _Py_normpath(text, (Py_ssize_t)wcslen(text));
    PyStatus status = PyWideStringList_Append(&config->module_search_paths, tidy);
    PyMem_RawFree(text);
    return status;
}

/* One line, stripped and without its comment: a folder, or `import site`. */
static PyStatus
take_pth_line(PyConfig *config, const char *folder, char *line)
{
    line[strcspn(line, "#\r\n")] = 0;
    line += strspn(line, " \t");
    for (size_t n = strlen(line); n && (line[n - 1] == ' ' || line[n - 1] == '\t'); n--) {
        line[n - 1] = 0;
    }
    if (!line[0]) { return PyStatus_Ok(); }
    if (strcmp(line, "import site") == 0) { config->site_import = 1; }
    else if (strncmp(line, "import ", 7) == 0) {
        fputs("unsupported 'import' line in ._pth file\n", stderr);
    }
    else {
        char path[PATH_MAX];
        if (line[0] == '/') { snprintf(path, sizeof path, "%s", line); }
        else if (!join(path, folder, line)) { return PyStatus_Ok(); }
        return add_tidied(config, path);
    }
    return PyStatus_Ok();
}

/* Read the file beside the program, if there is one: what it lists is the whole of
 * sys.path, its folder every prefix, and the interpreter isolated. */
static PyStatus
read_pth(PyConfig *config, const struct places *at, bool *is_there)
{
    char name[PATH_MAX], folder[PATH_MAX], line[PATH_MAX];
    *is_there = false;
    if (snprintf(name, sizeof name, "%s._pth", at->program) >= PATH_MAX) { return PyStatus_Ok(); }
    FILE *file = at->program[0] ? fopen(name, "r") : NULL;
    if (!file) { return PyStatus_Ok(); }
    *is_there = true;
    strcpy(folder, at->program);
    cut_last(folder);
    config->isolated = config->safe_path = 1;
    config->use_environment = config->site_import = 0;
    _PyWideStringList_Clear(&config->module_search_paths);
    PyStatus status = PyConfig_SetBytesString(config, &config->home, folder);
    while (!PyStatus_Exception(status) && fgets(line, sizeof line, file)) {
        status = take_pth_line(config, folder, line);
    }
    fclose(file);
    config->module_search_paths_set = 1;
    return status;
}

/* --- all of it --- */

/* What was given without its base: the base is the same. */
static status
copy_to_bases(PyConfig *config)
{
    const struct { wchar_t **base, *given; } pairs[] = {
        {&config->base_executable, config->executable},
        {&config->base_prefix, config->prefix},
        {&config->base_exec_prefix, config->exec_prefix},
    };
    for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
        bool is_missing = !*pairs[i].base && pairs[i].given;
        if (is_missing && hob_wide_set(pairs[i].base, pairs[i].given) < 0) { return -1; }
    }
    return 0;
}

PyStatus
hob_paths_compute(PyConfig *config)
{
    if (copy_to_bases(config) < 0) { return PyStatus_NoMemory(); }
    static struct places at;
    find_places(config, &at);
    bool has_pth = false;
    PyStatus status = config->module_search_paths_set ? PyStatus_Ok()
                                                      : read_pth(config, &at, &has_pth);
    if (PyStatus_Exception(status)) { return status; }
    if (has_pth) { find_places(config, &at); }
    char libdir[PATH_MAX], library[PATH_MAX], dynload[PATH_MAX], below[PATH_MAX];
    to_bytes(config->platlibdir, libdir);
    snprintf(below, sizeof below, "%.256s/" LIBRARY, libdir);
    join(library, at.prefix, below);
    snprintf(below, sizeof below, "%.256s/" LIBRARY "/lib-dynload", libdir);
    join(dynload, at.exec_prefix, below);

    const char *site_prefix = at.prefix;        /* site.py finds pyvenv.cfg by itself */
    const struct { wchar_t **slot; const char *path; } outputs[] = {
        {&config->executable, at.program},
        {&config->base_executable, at.base_program},
        {&config->base_prefix, at.prefix},
        {&config->base_exec_prefix, at.exec_prefix},
        {&config->prefix, site_prefix},
        {&config->exec_prefix, at.exec_prefix},
    };
    for (size_t i = 0; i < ARRAY_LEN(outputs) && !PyStatus_Exception(status); i++) {
        status = put(config, outputs[i].slot, outputs[i].path);
    }
    if (!PyStatus_Exception(status) && (has_pth || is_folder(library))) {
        status = put(config, &config->stdlib_dir, library);
    }
    if (PyStatus_Exception(status) || config->module_search_paths_set) { return status; }
    _PyWideStringList_Clear(&config->module_search_paths);
    status = add_listed(config, config->pythonpath_env, true);
    if (!PyStatus_Exception(status)) {
        snprintf(below, sizeof below, "%.256s/" LIBRARY_ZIP, libdir);
        status = add_path(config, at.prefix, below);
    }
    if (!PyStatus_Exception(status)) { status = add_path(config, library, ""); }
    if (!PyStatus_Exception(status)) { status = add_path(config, dynload, ""); }
    for (Py_ssize_t i = 0; i < config->module_search_paths.length; i++) {
        wchar_t *entry = config->module_search_paths.items[i];
        size_t n = wcslen(entry);
        if (n > 1 && entry[n - 1] == L'/') { entry[n - 1] = 0; }
    }
    config->module_search_paths_set = 1;
    return status;
}

/* --- the report of a failed start --- */

static void
dump_text(const char *label, const wchar_t *text)
{
    if (text) { fprintf(stderr, "  %s = '%ls'\n", label, text); }
    else { fprintf(stderr, "  %s = (not set)\n", label); }
}

void
hob_paths_dump(const PyConfig *config)
{
    fputs("Python path configuration:\n", stderr);
    dump_text("PYTHONHOME", config->home);
    dump_text("PYTHONPATH", config->pythonpath_env);
    dump_text("program name", config->program_name);
    fprintf(stderr, "  isolated = %i\n", config->isolated);
    fprintf(stderr, "  environment = %i\n", config->use_environment);
    fprintf(stderr, "  user site = %i\n", config->user_site_directory);
    fprintf(stderr, "  safe_path = %i\n", config->safe_path);
    fprintf(stderr, "  import site = %i\n", config->site_import);
    fprintf(stderr, "  is in build tree = %i\n", config->_is_python_build);
    dump_text("stdlib dir", config->stdlib_dir);
    dump_text("sys._base_executable", config->base_executable);
    dump_text("sys.base_prefix", config->base_prefix);
    dump_text("sys.base_exec_prefix", config->base_exec_prefix);
    dump_text("sys.platlibdir", config->platlibdir);
    dump_text("sys.executable", config->executable);
    dump_text("sys.prefix", config->prefix);
    dump_text("sys.exec_prefix", config->exec_prefix);
    fputs("  sys.path = [\n", stderr);
    for (Py_ssize_t i = 0; i < config->module_search_paths.length; i++) {
        fprintf(stderr, "    '%ls',\n", config->module_search_paths.items[i]);
    }
    fputs("  ]\n", stderr);
}

/* The search as a code object, for who wants to run it again: there is none, since
 * it is done above, in C. */
HOB_EXPORT PyObject *_Py_Get_Getpath_CodeObject(void);

PyObject *
_Py_Get_Getpath_CodeObject(void)
{
    PyErr_SetString(PyExc_NotImplementedError, "the search for the library is not a code object");
    return NULL;
}

/* --- the public getters; before start they answer what was set --- */

static wchar_t *set_program_name, *set_home, *set_path, *set_full_path;

#define SETTER(function, slot)                                                  \
    void function(const wchar_t *text)                                          \
    {                                                                           \
        if (hob_wide_set(&slot, text && text[0] ? text : NULL) < 0) {           \
            Py_FatalError(#function " failed: out of memory");                  \
        }                                                                       \
    }
SETTER(Py_SetProgramName, set_program_name)
SETTER(Py_SetPythonHome, set_home)
SETTER(Py_SetPath, set_path)
SETTER(_Py_SetProgramFullPath, set_full_path)

/* Forget what was set. */
HOB_EXPORT void
_PyPathConfig_ClearGlobal(void)
{
    wchar_t **slots[] = {&set_program_name, &set_home, &set_path, &set_full_path};
    for (size_t i = 0; i < ARRAY_LEN(slots); i++) {
        PyMem_RawFree(*slots[i]);
        *slots[i] = NULL;
    }
}

status
hob_paths_apply_set(PyConfig *config)
{
    if (set_program_name && hob_wide_set(&config->program_name, set_program_name) < 0) {
        return -1;
    }
    if (set_home && hob_wide_set(&config->home, set_home) < 0) { return -1; }
    if (set_full_path && hob_wide_set(&config->executable, set_full_path) < 0) { return -1; }
    if (!set_path) { return 0; }
    PyStatus status = add_listed(config, set_path, false);
    config->module_search_paths_set = 1;
    return PyStatus_Exception(status) ? -1 : 0;
}

static const PyConfig *
config_now(void)
{
    PyInterpreterState *interp = _PyRuntime.main_interp;
    return interp ? &interp->config : NULL;
}

#define GETTER(function, field)                                                 \
    wchar_t *function(void)                                                     \
    {                                                                           \
        const PyConfig *config = config_now();                                  \
        return config ? config->field : NULL;                                   \
    }
GETTER(Py_GetPrefix, prefix)
GETTER(Py_GetExecPrefix, exec_prefix)
GETTER(Py_GetProgramFullPath, executable)
GETTER(Py_GetPythonHome, home)

wchar_t *
Py_GetProgramName(void)
{
    const PyConfig *config = config_now();
    if (config && config->program_name) { return config->program_name; }
    return set_program_name ? set_program_name : L"python3";
}

wchar_t *
Py_GetPath(void)
{
    const PyConfig *config = config_now();
    static wchar_t *joined;
    if (!config) { return set_path; }
    wchar_t *whole = hob_wide_copy(L"");
    for (Py_ssize_t i = 0; whole && i < config->module_search_paths.length; i++) {
        wchar_t *with_colon = i ? hob_wide_join(whole, L":") : hob_wide_copy(whole);
        wchar_t *next = with_colon
            ? hob_wide_join(with_colon, config->module_search_paths.items[i]) : NULL;
        PyMem_RawFree(with_colon);
        PyMem_RawFree(whole);
        whole = next;
    }
    PyMem_RawFree(joined);
    return joined = whole;
}

/* config_dict.c -- the configuration as Python sees it in the library's tests.
 *
 * PyConfig <-> dict, one table for both ways; the global variables of the old
 * interface beside it.  Everything here is reached by name from extensions only.
 */
#include <Python.h>

#include <stddef.h>

#include "memory/own.h"
#include "run/config.h"
#include "run/run.h"
#include "state/interp.h"
#include "state/runtime.h"

extern int _Py_HasFileSystemDefaultEncodeErrors;       /* undeclared, but exported */

enum kind { INT, SEED, TEXT, MAYBE_TEXT, LIST };

struct field {
    const char *name;
    size_t offset;
    enum kind kind;
};

#define F(kind, name) {#name, offsetof(PyConfig, name), kind},
static const struct field config_fields[] = {
    F(INT, _config_init) F(INT, isolated) F(INT, use_environment) F(INT, dev_mode)
    F(INT, install_signal_handlers) F(INT, use_hash_seed) F(SEED, hash_seed)
    F(INT, faulthandler) F(INT, tracemalloc) F(INT, import_time) F(INT, code_debug_ranges)
    F(INT, show_ref_count) F(INT, dump_refs) F(INT, malloc_stats)
    F(TEXT, filesystem_encoding) F(TEXT, filesystem_errors) F(MAYBE_TEXT, pycache_prefix)
    F(TEXT, program_name) F(INT, parse_argv) F(LIST, argv) F(LIST, xoptions)
    F(LIST, warnoptions) F(MAYBE_TEXT, pythonpath_env) F(MAYBE_TEXT, home)
    F(INT, module_search_paths_set) F(LIST, module_search_paths) F(MAYBE_TEXT, stdlib_dir)
    F(MAYBE_TEXT, executable) F(MAYBE_TEXT, base_executable) F(MAYBE_TEXT, prefix)
    F(MAYBE_TEXT, base_prefix) F(MAYBE_TEXT, exec_prefix) F(MAYBE_TEXT, base_exec_prefix)
    F(TEXT, platlibdir) F(INT, site_import) F(INT, bytes_warning)
    F(INT, warn_default_encoding) F(INT, inspect) F(INT, interactive)
    F(INT, optimization_level) F(INT, parser_debug) F(INT, write_bytecode) F(INT, verbose)
    F(INT, quiet) F(INT, user_site_directory) F(INT, configure_c_stdio)
    F(INT, buffered_stdio) F(TEXT, stdio_encoding) F(TEXT, stdio_errors)
    F(INT, skip_source_first_line) F(MAYBE_TEXT, run_command) F(MAYBE_TEXT, run_module)
    F(MAYBE_TEXT, run_filename) F(INT, _install_importlib) F(TEXT, check_hash_pycs_mode)
    F(INT, pathconfig_warnings) F(INT, _init_main) F(INT, _isolated_interpreter)
    F(LIST, orig_argv) F(INT, use_frozen_modules) F(INT, safe_path) F(INT, _is_python_build)
};
#undef F

#define F(name) {#name, offsetof(PyPreConfig, name), INT},
static const struct field preconfig_fields[] = {
    F(_config_init) F(parse_argv) F(isolated) F(use_environment) F(configure_locale)
    F(coerce_c_locale) F(coerce_c_locale_warn) F(utf8_mode) F(dev_mode) F(allocator)
};
#undef F

/* --- to Python --- */

HOB_EXPORT PyObject *_PyWideStringList_AsList(const PyWideStringList *list);

PyObject *
_PyWideStringList_AsList(const PyWideStringList *list)
{
    own PyObject *result = PyList_New(list->length);
    for (Py_ssize_t i = 0; result && i < list->length; i++) {
        PyObject *item = PyUnicode_FromWideChar(list->items[i], -1);
        if (!item) { return NULL; }
        PyList_SET_ITEM(result, i, item);
    }
    return take(result);
}

static PyObject *
field_value(const void *base, const struct field *field)
{
    const void *place = (const char *)base + field->offset;
    if (field->kind == INT) { return PyLong_FromLong(*(const int *)place); }
    if (field->kind == SEED) { return PyLong_FromUnsignedLong(*(const unsigned long *)place); }
    if (field->kind == LIST) { return _PyWideStringList_AsList(place); }
    const wchar_t *text = *(wchar_t *const *)place;
    return text ? PyUnicode_FromWideChar(text, -1) : Py_NewRef(Py_None);
}

static PyObject *
fields_dict(const void *base, const struct field *fields, size_t n)
{
    own PyObject *result = PyDict_New();
    for (size_t i = 0; result && i < n; i++) {
        own PyObject *value = field_value(base, &fields[i]);
        if (!value || PyDict_SetItemString(result, fields[i].name, value) < 0) { return NULL; }
    }
    return take(result);
}

HOB_EXPORT PyObject *_PyConfig_AsDict(const PyConfig *config);

PyObject *
_PyConfig_AsDict(const PyConfig *config)
{
    return fields_dict(config, config_fields, ARRAY_LEN(config_fields));
}

/* The global variables that came before PyConfig. */
static PyObject *
globals_dict(void)
{
    return Py_BuildValue(
        "{szsisz" "sisisisisisi" "sisisisisisi" "sisisisisi}",
        "Py_FileSystemDefaultEncoding", Py_FileSystemDefaultEncoding,
        "Py_HasFileSystemDefaultEncoding", Py_HasFileSystemDefaultEncoding,
        "Py_FileSystemDefaultEncodeErrors", Py_FileSystemDefaultEncodeErrors,
        "_Py_HasFileSystemDefaultEncodeErrors", _Py_HasFileSystemDefaultEncodeErrors,
        "Py_UTF8Mode", Py_UTF8Mode, "Py_DebugFlag", Py_DebugFlag,
        "Py_VerboseFlag", Py_VerboseFlag, "Py_QuietFlag", Py_QuietFlag,
        "Py_InteractiveFlag", Py_InteractiveFlag, "Py_InspectFlag", Py_InspectFlag,
        "Py_OptimizeFlag", Py_OptimizeFlag, "Py_NoSiteFlag", Py_NoSiteFlag,
        "Py_BytesWarningFlag", Py_BytesWarningFlag, "Py_FrozenFlag", Py_FrozenFlag,
        "Py_IgnoreEnvironmentFlag", Py_IgnoreEnvironmentFlag,
        "Py_DontWriteBytecodeFlag", Py_DontWriteBytecodeFlag,
        "Py_NoUserSiteDirectory", Py_NoUserSiteDirectory,
        "Py_UnbufferedStdioFlag", Py_UnbufferedStdioFlag,
        "Py_HashRandomizationFlag", Py_HashRandomizationFlag, "Py_IsolatedFlag", Py_IsolatedFlag);
}

/* What was left to decide is decided by now. */
static PyObject *
preconfig_dict(void)
{
    PyPreConfig pre = *hob_preconfig();
    if (pre.coerce_c_locale < 0) { pre.coerce_c_locale = 0; }
    if (pre.coerce_c_locale_warn < 0) { pre.coerce_c_locale_warn = 0; }
    pre.utf8_mode = Py_UTF8Mode;
    pre.dev_mode = hob_ts()->interp->config.dev_mode;
    return fields_dict(&pre, preconfig_fields, ARRAY_LEN(preconfig_fields));
}

HOB_EXPORT PyObject *_Py_GetConfigsAsDict(void);

PyObject *
_Py_GetConfigsAsDict(void)
{
    own PyObject *globals = globals_dict();
    own PyObject *pre = globals ? preconfig_dict() : NULL;
    own PyObject *config = pre ? _PyConfig_AsDict(&hob_ts()->interp->config) : NULL;
    return config ? Py_BuildValue("{sOsOsO}", "global_config", globals, "pre_config", pre,
                                  "config", config) : NULL;
}

/* --- from Python --- */

static status
bad_type(const char *name)
{
    PyErr_Format(PyExc_TypeError, "invalid config type: %s", name);
    return -1;
}

static status
bad_value(const char *name)
{
    PyErr_Format(PyExc_ValueError, "invalid config value: %s", name);
    return -1;
}

/* Which of the two a failed conversion of a number means. */
static status
bad_number(const char *name)
{
    bool is_type = PyErr_ExceptionMatches(PyExc_TypeError);
    if (!is_type && !PyErr_ExceptionMatches(PyExc_OverflowError)) { return -1; }
    PyErr_Clear();
    return is_type ? bad_type(name) : bad_value(name);
}

static status
read_int(int *place, const char *name, PyObject *value)
{
    int number = _PyLong_AsInt(value);
    if (number == -1 && PyErr_Occurred()) { return bad_number(name); }
    bool is_kind = strcmp(name, "_config_init") == 0;
    if (number < (is_kind ? 1 : 0) || (is_kind && number > 3)) { return bad_value(name); }
    *place = number;
    return 0;
}

static status
read_seed(unsigned long *place, const char *name, PyObject *value)
{
    unsigned long number = PyLong_AsUnsignedLong(value);
    if (number == (unsigned long)-1 && PyErr_Occurred()) { return bad_number(name); }
    if (number > 0xffffffffUL) { return bad_value(name); }
    *place = number;
    return 0;
}

static status
read_text(wchar_t **place, PyObject *value)
{
    wchar_t *text = PyUnicode_AsWideCharString(value, NULL);
    if (!text) { return -1; }
    status result = hob_wide_set(place, text);
    PyMem_Free(text);
    if (result < 0) { PyErr_NoMemory(); }
    return result;
}

static status
read_list(PyWideStringList *place, const char *name, PyObject *value)
{
    if (!PyList_CheckExact(value)) { return bad_type(name); }
    _PyWideStringList_Clear(place);
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(value); i++) {
        PyObject *item = PyList_GET_ITEM(value, i);
        if (item == Py_None) { return bad_value(name); }
        if (!PyUnicode_Check(item)) { return bad_type(name); }
        wchar_t *text = PyUnicode_AsWideCharString(item, NULL);
        if (!text) { return -1; }
        bool failed = PyStatus_Exception(PyWideStringList_Append(place, text));
        PyMem_Free(text);
        if (failed) {
            PyErr_NoMemory();
            return -1;
        }
    }
    return 0;
}

static status
read_field(PyConfig *config, const struct field *field, PyObject *value)
{
    void *place = (char *)config + field->offset;
    if (field->kind == INT) { return read_int(place, field->name, value); }
    if (field->kind == SEED) { return read_seed(place, field->name, value); }
    if (field->kind == LIST) { return read_list(place, field->name, value); }
    if (value == Py_None) {
        if (field->kind == TEXT) { return bad_value(field->name); }
        return hob_wide_set(place, NULL);
    }
    if (!PyUnicode_Check(value)) { return bad_type(field->name); }
    return read_text(place, value);
}

HOB_EXPORT int _PyConfig_FromDict(PyConfig *config, PyObject *dict);

int
_PyConfig_FromDict(PyConfig *config, PyObject *dict)
{
    if (!PyDict_Check(dict)) {
        PyErr_SetString(PyExc_TypeError, "dict expected");
        return -1;
    }
    for (size_t i = 0; i < ARRAY_LEN(config_fields); i++) {
        const struct field *field = &config_fields[i];
        own PyObject *value = Py_XNewRef(_PyDict_GetItemStringWithError(dict, field->name));
        if (!value) {
            if (!PyErr_Occurred()) {
                PyErr_Format(PyExc_ValueError, "missing config key: %s", field->name);
            }
            return -1;
        }
        if (read_field(config, field, value) < 0) { return -1; }
    }
    return 0;
}

int
_PyInterpreterState_GetConfigCopy(PyConfig *config)
{
    if (hob_config_copy(config, &hob_ts()->interp->config) == 0) { return 0; }
    PyErr_NoMemory();
    return -1;
}

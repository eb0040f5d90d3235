/* warnings.c -- what becomes of a warning: shown, raised, or dropped.
 *
 * Layout     the state is in the interpreter: warn_filters (list), warn_once
 *            (dict), warn_default (str).  When the Python module `warnings` is
 *            imported its attributes of these names count instead, since
 *            programs may replace them.
 * Holds      a registry (a module's __warningregistry__) maps keys of warnings
 *            already seen to True, and "version" to the filters' version it
 *            was filled under; with another version it is void.
 */
#include "objects/warnings.h"

#include "memory/own.h"
#include "objects/ids.h"
#include "state/interp.h"
#include "state/runtime.h"

HOB_EXPORT int _Py_DisplaySourceLine(PyObject *file, PyObject *filename, int lineno, int indent,
                                     int *truncation, PyObject **line);

static inline PyInterpreterState *
interp_now(void)
{
    return hob_ts()->interp;
}

/* --- state --- */

static PyObject *
make_filter(PyObject *action, PyObject *category, PyObject *module)
{
    own PyObject *zero = PyLong_FromLong(0);
    return zero ? PyTuple_Pack(5, action, Py_None, category, module ? module : Py_None, zero)
                : NULL;
}

static PyObject *
default_filters(void)
{
    const struct {
        PyObject *action, *category, *module;
    } rules[] = {
        {ID(default), PyExc_DeprecationWarning, ID(__main__)},
        {ID(ignore), PyExc_DeprecationWarning, NULL},
        {ID(ignore), PyExc_PendingDeprecationWarning, NULL},
        {ID(ignore), PyExc_ImportWarning, NULL},
        {ID(ignore), PyExc_ResourceWarning, NULL},
    };
    own PyObject *filters = PyList_New(ARRAY_LEN(rules));
    if (!filters) { return NULL; }
    for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
        PyObject *rule = make_filter(rules[i].action, rules[i].category, rules[i].module);
        if (!rule) { return NULL; }
        PyList_SET_ITEM(filters, (Py_ssize_t)i, rule);
    }
    return take(filters);
}

status
hob_warnings_init(void)
{
    PyInterpreterState *interp = interp_now();
    if (!interp->warn_filters) {
        interp->warn_filters = default_filters();
        if (!interp->warn_filters) { return -1; }
    }
    if (!interp->warn_once) {
        interp->warn_once = PyDict_New();
        if (!interp->warn_once) { return -1; }
    }
    if (!interp->warn_default) { interp->warn_default = Py_NewRef(ID(default)); }
    return 0;
}

void
hob_warnings_mutated(void)
{
    interp_now()->warn_filters_version++;
}

/* An attribute of the module warnings if that is imported (or can be, with
 * try_import): new reference, or NULL without or with an exception. */
static MAYBE_NULL PyObject *
warnings_attr(PyObject *name, bool try_import)
{
    own PyObject *module = NULL;
    if (try_import) {
        module = PyImport_ImportModule("warnings");
        if (!module) {
            if (PyErr_ExceptionMatches(PyExc_ImportError)) { PyErr_Clear(); }
            return NULL;
        }
    }
    else {
        if (_Py_IsFinalizing()) { return NULL; }
        module = PyImport_GetModule(ID(warnings));
        if (!module) { return NULL; }
    }
    PyObject *attr;
    (void)_PyObject_LookupAttr(module, name, &attr);
    return attr;
}

/* --- filters --- */

/* Whether a filter's pattern (None, str, or an object with match) fits. */
static tri
pattern_fits(PyObject *pattern, PyObject *text)
{
    if (pattern == Py_None) { return 1; }
    if (PyUnicode_CheckExact(pattern)) {
        return PyUnicode_Compare(pattern, text) == 0 ? 1 : PyErr_Occurred() ? -1 : 0;
    }
    own PyObject *match = PyObject_CallMethodOneArg(pattern, ID(match), text);
    return match ? PyObject_IsTrue(match) : -1;
}

static tri
filter_fits(PyObject *item, PyObject *category, PyObject *text, Py_ssize_t lineno,
            PyObject *module)
{
    int is_subclass = PyObject_IsSubclass(category, PyTuple_GET_ITEM(item, 2));
    if (is_subclass <= 0) { return is_subclass; }
    Py_ssize_t line = PyLong_AsSsize_t(PyTuple_GET_ITEM(item, 4));
    if (line == -1 && PyErr_Occurred()) { return -1; }
    if (line != 0 && line != lineno) { return 0; }
    tri fits = pattern_fits(PyTuple_GET_ITEM(item, 1), text);
    return fits <= 0 ? fits : pattern_fits(PyTuple_GET_ITEM(item, 3), module);
}

static PyObject *
default_action(void)
{
    PyInterpreterState *interp = interp_now();
    PyObject *action = warnings_attr(ID(defaultaction), false);
    if (!action) {
        if (PyErr_Occurred()) { return NULL; }
        if (interp->warn_default) { return Py_NewRef(interp->warn_default); }
        PyErr_SetString(PyExc_ValueError, "_warnings.defaultaction not found");
        return NULL;
    }
    if (!PyUnicode_Check(action)) {
        PyErr_Format(PyExc_TypeError, "_warnings.defaultaction must be a string, not '%.200s'",
                     Py_TYPE(action)->tp_name);
        Py_DECREF(action);
        return NULL;
    }
    Py_XSETREF(interp->warn_default, Py_NewRef(action));
    return action;
}

/* The action for a warning; *item is the filter that gave it, or None (new). */
static PyObject *
choose_action(PyObject *category, PyObject *text, Py_ssize_t lineno, PyObject *module,
              PyObject **item)
{
    PyInterpreterState *interp = interp_now();
    PyObject *current = warnings_attr(ID(filters), false);
    if (!current && PyErr_Occurred()) { return NULL; }
    if (current) { Py_XSETREF(interp->warn_filters, current); }
    own PyObject *filters = Py_XNewRef(interp->warn_filters);
    if (!filters || !PyList_Check(filters)) {
        PyErr_SetString(PyExc_ValueError, "_warnings.filters must be a list");
        return NULL;
    }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(filters); i++) {
        own PyObject *rule = Py_NewRef(PyList_GET_ITEM(filters, i));
        if (!PyTuple_Check(rule) || PyTuple_GET_SIZE(rule) != 5) {
            PyErr_Format(PyExc_ValueError, "_warnings.filters item %zd isn't a 5-tuple", i);
            return NULL;
        }
        PyObject *action = PyTuple_GET_ITEM(rule, 0);
        if (!PyUnicode_Check(action)) {
            PyErr_Format(PyExc_TypeError, "action must be a string, not '%.200s'",
                         Py_TYPE(action)->tp_name);
            return NULL;
        }
        tri fits = filter_fits(rule, category, text, lineno, module);
        if (fits < 0) { return NULL; }
        if (fits) {
            Py_INCREF(action);
            *item = take(rule);
            return action;
        }
    }
    PyObject *action = default_action();
    if (action) { *item = Py_NewRef(Py_None); }
    return action;
}

/* --- registries --- */

/* Whether key was seen; with `mark`, it is seen from now on. */
static tri
already_warned(PyObject *registry, PyObject *key, bool mark)
{
    PyInterpreterState *interp = interp_now();
    PyObject *version = PyDict_GetItemWithError(registry, ID(version));
    if (!version && PyErr_Occurred()) { return -1; }
    if (!version || !PyLong_CheckExact(version) ||
        PyLong_AsLong(version) != interp->warn_filters_version) {
        PyErr_Clear();
        PyDict_Clear(registry);
        own PyObject *now = PyLong_FromLong(interp->warn_filters_version);
        if (!now || PyDict_SetItem(registry, ID(version), now) < 0) { return -1; }
    }
    else {
        PyObject *seen = PyDict_GetItemWithError(registry, key);
        if (seen) {
            tri truth = PyObject_IsTrue(seen);
            if (truth) { return truth; }
        }
        else if (PyErr_Occurred()) {
            return -1;
        }
    }
    if (mark && PyDict_SetItem(registry, key, Py_True) < 0) { return -1; }
    return 0;
}

/* The same for a key of text and category only. */
static tri
already_warned_anywhere(PyObject *registry, PyObject *text, PyObject *category)
{
    own PyObject *key = PyTuple_Pack(2, text, category);
    return key ? already_warned(registry, key, true) : -1;
}

static PyObject *                   /* borrowed */
once_registry(void)
{
    PyInterpreterState *interp = interp_now();
    PyObject *registry = warnings_attr(ID(onceregistry), false);
    if (!registry) { return PyErr_Occurred() ? NULL : interp->warn_once; }
    if (!PyDict_Check(registry)) {
        PyErr_Format(PyExc_TypeError, "_warnings.onceregistry must be a dict, not '%.200s'",
                     Py_TYPE(registry)->tp_name);
        Py_DECREF(registry);
        return NULL;
    }
    Py_XSETREF(interp->warn_once, registry);
    return registry;
}

/* --- showing --- */

/* Print a warning the plain way; nothing may fail. */
static void
show_plain(PyObject *filename, int lineno, PyObject *text, PyObject *category, PyObject *line)
{
    own PyObject *file = Py_XNewRef(PySys_GetObject("stderr"));
    if (!file) {
        fprintf(stderr, "lost sys.stderr\n");
        return;
    }
    if (file == Py_None) { return; }
    own PyObject *name = PyObject_GetAttr(category, ID(__name__));
    own PyObject *place = name ? PyUnicode_FromFormat(":%d: ", lineno) : NULL;
    if (!place || PyFile_WriteObject(filename, file, Py_PRINT_RAW) < 0 ||
        PyFile_WriteObject(place, file, Py_PRINT_RAW) < 0 ||
        PyFile_WriteObject(name, file, Py_PRINT_RAW) < 0 ||
        PyFile_WriteString(": ", file) < 0 ||
        PyFile_WriteObject(text, file, Py_PRINT_RAW) < 0 ||
        PyFile_WriteString("\n", file) < 0) {
        PyErr_Clear();
        return;
    }
    if (!line) {
        (void)_Py_DisplaySourceLine(file, filename, lineno, 2, NULL, NULL);
        PyErr_Clear();
        return;
    }
    Py_ssize_t n = PyUnicode_GET_LENGTH(line), start = 0;
    while (start < n) {
        Py_UCS4 c = PyUnicode_READ_CHAR(line, start);
        if (c != ' ' && c != '\t' && c != '\f') { break; }
        start++;
    }
    own PyObject *shown = PyUnicode_Substring(line, start, n);
    if (!shown || PyFile_WriteString("  ", file) < 0 ||
        PyFile_WriteObject(shown, file, Py_PRINT_RAW) < 0 ||
        PyFile_WriteString("\n", file) < 0) {
        PyErr_Clear();
    }
}

/* Hand the warning to warnings._showwarnmsg, or print it. */
static status
show_warning(PyObject *category, PyObject *text, PyObject *message, PyObject *filename,
             int lineno, PyObject *lineno_object, PyObject *line, PyObject *source)
{
    own PyObject *show = warnings_attr(ID(_showwarnmsg), source != NULL);
    if (!show) {
        if (PyErr_Occurred()) { return -1; }
        show_plain(filename, lineno, text, category, line);
        return 0;
    }
    if (!PyCallable_Check(show)) {
        PyErr_SetString(PyExc_TypeError, "warnings._showwarnmsg() must be set to a callable");
        return -1;
    }
    own PyObject *cls = warnings_attr(ID(WarningMessage), false);
    if (!cls) {
        if (!PyErr_Occurred()) {
            PyErr_SetString(PyExc_RuntimeError, "unable to get warnings.WarningMessage");
        }
        return -1;
    }
    own PyObject *shown = PyObject_CallFunctionObjArgs(
        cls, message, category, filename, lineno_object, Py_None, Py_None,
        source ? source : Py_None, NULL);
    if (!shown) { return -1; }
    own PyObject *result = PyObject_CallOneArg(show, shown);
    return result ? 0 : -1;
}

/* --- deciding --- */

/* The module a file without a module name is taken for. */
static PyObject *
module_of_file(PyObject *filename)
{
    Py_ssize_t n = PyUnicode_GET_LENGTH(filename);
    if (n == 0) { return PyUnicode_FromString("<unknown>"); }
    if (n >= 3 && PyUnicode_READ_CHAR(filename, n - 3) == '.' &&
        PyUnicode_READ_CHAR(filename, n - 2) == 'p' &&
        PyUnicode_READ_CHAR(filename, n - 1) == 'y') {
        return PyUnicode_Substring(filename, 0, n - 3);
    }
    return Py_NewRef(filename);
}

static bool
action_is(PyObject *action, const char *name)
{
    return _PyUnicode_EqualToASCIIString(action, name);
}

/* After an action was chosen: 1 when the warning is to be shown. */
static tri
apply_action(PyObject *action, PyObject *item, PyObject *key, PyObject *registry,
             PyObject *text, PyObject *category, PyObject *message)
{
    if (action_is(action, "error")) {
        PyErr_SetObject(category, message);
        return -1;
    }
    if (action_is(action, "ignore")) { return 0; }
    if (action_is(action, "always")) { return 1; }
    if (registry && PyDict_SetItem(registry, key, Py_True) < 0) { return -1; }
    tri seen;
    if (action_is(action, "once")) {
        PyObject *where = registry ? registry : once_registry();
        seen = where ? already_warned_anywhere(where, text, category) : -1;
    }
    else if (action_is(action, "module")) {
        seen = registry ? already_warned_anywhere(registry, text, category) : 0;
    }
    else if (action_is(action, "default")) {
        return 1;
    }
    else {
        PyErr_Format(PyExc_RuntimeError, "Unrecognized action (%R) in warnings.filters:\n %R",
                     action, item);
        return -1;
    }
    return seen < 0 ? -1 : !seen;
}

status
hob_warnings_explicit(PyObject *category, PyObject *given, PyObject *filename, int lineno,
                      PyObject *given_module, PyObject *registry, PyObject *line,
                      PyObject *source)
{
    if (given_module == Py_None) { return 0; }              /* at shutdown */
    if (registry && registry != Py_None && !PyDict_Check(registry)) {
        PyErr_SetString(PyExc_TypeError, "'registry' must be a dict or None");
        return -1;
    }
    if (registry == Py_None) { registry = NULL; }
    own PyObject *held = Py_XNewRef(registry);
    own PyObject *module = given_module ? Py_NewRef(given_module) : module_of_file(filename);
    if (!module) { return -1; }
    int is_warning = PyObject_IsInstance(given, PyExc_Warning);
    if (is_warning < 0) { return -1; }
    own PyObject *text = is_warning ? PyObject_Str(given) : Py_NewRef(given);
    if (is_warning) { category = (PyObject *)Py_TYPE(given); }
    own PyObject *message = !text ? NULL : is_warning ? Py_NewRef(given)
                                                      : PyObject_CallOneArg(category, given);
    own PyObject *lineno_object = message ? PyLong_FromLong(lineno) : NULL;
    own PyObject *key = lineno_object ? PyTuple_Pack(3, text, category, lineno_object) : NULL;
    if (!key) { return -1; }
    if (registry) {
        tri seen = already_warned(registry, key, false);
        if (seen) { return seen < 0 ? -1 : 0; }
    }
    PyObject *rule = NULL;
    own PyObject *action = choose_action(category, text, lineno, module, &rule);
    if (!action) { return -1; }
    own PyObject *item = rule;
    tri show = apply_action(action, item, key, registry, text, category, message);
    if (show <= 0) { return show; }
    return show_warning(category, text, message, filename, lineno, lineno_object, line, source);
}

/* --- where a warning comes from --- */

/* Frames of the import machinery do not count. */
static bool
is_import_frame(PyFrameObject *frame)
{
    own PyObject *code = (PyObject *)PyFrame_GetCode(frame);
    PyObject *filename = ((PyCodeObject *)code)->co_filename;
    if (!filename || !PyUnicode_Check(filename)) { return false; }
    return PyUnicode_Contains(filename, ID(importlib)) > 0 &&
           PyUnicode_Contains(filename, ID(_bootstrap)) > 0;
}

/* The caller of a frame, which is dropped. */
static MAYBE_NULL PyFrameObject *
caller_of(STOLEN PyFrameObject *frame, bool skip_import)
{
    do {
        PyFrameObject *back = PyFrame_GetBack(frame);
        Py_DECREF(frame);
        frame = back;
    } while (frame && skip_import && is_import_frame(frame));
    return frame;
}

typedef struct {                        /* all new references */
    PyObject *filename, *module, *registry;
    int lineno;
} place;

static void
place_free(place *p)
{
    Py_XDECREF(p->filename);
    Py_XDECREF(p->module);
    Py_XDECREF(p->registry);
}

/* The frame stack_level calls up. */
static MAYBE_NULL PyFrameObject *
frame_at(Py_ssize_t stack_level)
{
    PyFrameObject *frame = PyThreadState_GetFrame(hob_ts());
    bool skip_import = frame && stack_level > 0 && !is_import_frame(frame);
    while (--stack_level > 0 && frame) { frame = caller_of(frame, skip_import); }
    return frame;
}

/* globals["__warningregistry__"], made if missing. */
static PyObject *
registry_of(PyObject *globals)
{
    PyObject *registry = PyDict_GetItemWithError(globals, ID(__warningregistry__));
    if (registry) { return Py_NewRef(registry); }
    if (PyErr_Occurred()) { return NULL; }
    own PyObject *made = PyDict_New();
    if (!made || PyDict_SetItem(globals, ID(__warningregistry__), made) < 0) { return NULL; }
    return take(made);
}

static status
find_place(Py_ssize_t stack_level, place *out)
{
    *out = (place){NULL};
    own PyObject *globals = NULL;
    own PyFrameObject *frame = frame_at(stack_level);
    if (frame) {
        PyCodeObject *code = PyFrame_GetCode(frame);
        globals = PyFrame_GetGlobals(frame);
        out->filename = Py_NewRef(code->co_filename);
        out->lineno = PyFrame_GetLineNumber(frame);
        Py_DECREF(code);
    }
    else {
        globals = Py_XNewRef(interp_now()->sysdict);
        out->filename = PyUnicode_FromString("sys");
        out->lineno = 1;
    }
    if (!globals || !out->filename) { return -1; }
    out->registry = registry_of(globals);
    if (!out->registry) { return -1; }
    PyObject *name = PyDict_GetItemWithError(globals, ID(__name__));
    if (!name && PyErr_Occurred()) { return -1; }
    if (name && (name == Py_None || PyUnicode_Check(name))) { out->module = Py_NewRef(name); }
    else { out->module = PyUnicode_FromString("<string>"); }
    return out->module ? 0 : -1;
}

/* The category of a warning, checked: borrowed. */
static PyObject *
category_of(PyObject *message, PyObject *category)
{
    int is_warning = PyObject_IsInstance(message, PyExc_Warning);
    if (is_warning < 0) { return NULL; }
    if (is_warning) { return (PyObject *)Py_TYPE(message); }
    if (!category || category == Py_None) { return PyExc_UserWarning; }
    if (PyType_Check(category) && PyObject_IsSubclass(category, PyExc_Warning) > 0) {
        return category;
    }
    PyErr_Format(PyExc_TypeError, "category must be a Warning subclass, not '%s'",
                 Py_TYPE(category)->tp_name);
    return NULL;
}

static status
warn_from_here(PyObject *category, PyObject *message, Py_ssize_t stack_level, PyObject *source)
{
    __attribute__((cleanup(place_free))) place at;
    if (find_place(stack_level, &at) < 0) { return -1; }
    return hob_warnings_explicit(category, message, at.filename, at.lineno, at.module,
                                 at.registry, NULL, source);
}

status
hob_warnings_warn(PyObject *message, PyObject *category, Py_ssize_t stack_level,
                  PyObject *source)
{
    category = category_of(message, category);
    return category ? warn_from_here(category, message, stack_level, source) : -1;
}

/* --- public API --- */

int
PyErr_WarnEx(PyObject *category, const char *text, Py_ssize_t stack_level)
{
    own PyObject *message = PyUnicode_FromString(text);
    if (!message) { return -1; }
    return warn_from_here(category ? category : PyExc_RuntimeWarning, message, stack_level,
                          NULL);
}

static int
warn_format(PyObject *source, PyObject *category, Py_ssize_t stack_level, const char *format,
            va_list args)
{
    own PyObject *message = PyUnicode_FromFormatV(format, args);
    if (!message) { return -1; }
    return warn_from_here(category ? category : PyExc_RuntimeWarning, message, stack_level,
                          source);
}

int
PyErr_WarnFormat(PyObject *category, Py_ssize_t stack_level, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int result = warn_format(NULL, category, stack_level, format, args);
    va_end(args);
    return result;
}

int
PyErr_ResourceWarning(PyObject *source, Py_ssize_t stack_level, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int result = warn_format(source, PyExc_ResourceWarning, stack_level, format, args);
    va_end(args);
    return result;
}

int
PyErr_WarnExplicitObject(PyObject *category, PyObject *message, PyObject *filename, int lineno,
                         PyObject *module, PyObject *registry)
{
    return hob_warnings_explicit(category ? category : PyExc_RuntimeWarning, message, filename,
                                 lineno, module, registry, NULL, NULL);
}

/* The C strings of a place as objects; module may be NULL. */
static int
warn_explicit_c(PyObject *category, PyObject *message, const char *filename, int lineno,
                const char *module, PyObject *registry)
{
    own PyObject *file = PyUnicode_DecodeFSDefault(filename);
    own PyObject *name = file && module ? PyUnicode_FromString(module) : NULL;
    if (!message || !file || (module && !name)) { return -1; }
    return PyErr_WarnExplicitObject(category, message, file, lineno, name, registry);
}

int
PyErr_WarnExplicit(PyObject *category, const char *text, const char *filename, int lineno,
                   const char *module, PyObject *registry)
{
    own PyObject *message = PyUnicode_FromString(text);
    return warn_explicit_c(category, message, filename, lineno, module, registry);
}

int
PyErr_WarnExplicitFormat(PyObject *category, const char *filename, int lineno,
                         const char *module, PyObject *registry, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    own PyObject *message = PyUnicode_FromFormatV(format, args);
    va_end(args);
    return warn_explicit_c(category, message, filename, lineno, module, registry);
}

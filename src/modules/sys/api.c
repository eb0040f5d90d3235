/* api.c -- PySys_*: attributes of sys, writing to its streams, auditing.
 *
 * Hazard     PySys_GetObject borrows from the sys dict: anything that runs
 *            Python code may drop it.
 */
#include "modules/sys/sys.h"

#include <stdarg.h>

#include "memory/own.h"
#include "objects/ids.h"
#include "objects/undeclared.h"
#include "state/interp.h"
#include "state/runtime.h"

/* --- attributes --- */

PyObject *
_PySys_GetAttr(PyThreadState *ts, PyObject *name)
{
    PyObject *dict = ts->interp->sysdict;
    if (!dict) { return NULL; }
    PyObject *type, *value, *tb;
    PyErr_Fetch(&type, &value, &tb);
    PyObject *found = PyDict_GetItemWithError(dict, name);
    PyErr_Restore(type, value, tb);
    return found;
}

PyObject *
PySys_GetObject(const char *name)
{
    PyThreadState *ts = hob_ts();
    if (!ts->interp->sysdict) { return NULL; }
    PyObject *type, *value, *tb;
    PyErr_Fetch(&type, &value, &tb);
    PyObject *found = _PyDict_GetItemStringWithError(ts->interp->sysdict, name);
    PyErr_Restore(type, value, tb);
    return found;
}

int
PySys_SetObject(const char *name, PyObject *value)
{
    PyObject *dict = hob_ts()->interp->sysdict;
    own PyObject *key = PyUnicode_InternFromString(name);
    if (!key) { return -1; }
    if (value) { return PyDict_SetItem(dict, key, value); }
    own PyObject *old = _PyDict_Pop(dict, key, Py_None);
    return old ? 0 : -1;
}

size_t
_PySys_GetSizeOf(PyObject *object)
{
    if (!PyType_IS_GC(&PyType_Type) || PyType_Ready(Py_TYPE(object)) < 0) { return (size_t)-1; }
    PyObject *method = _PyObject_LookupSpecial(object, ID(__sizeof__));
    if (!method) {
        if (!PyErr_Occurred()) {
            PyErr_Format(PyExc_TypeError, "Type %.100s doesn't define __sizeof__",
                         Py_TYPE(object)->tp_name);
        }
        return (size_t)-1;
    }
    own PyObject *result = PyObject_CallNoArgs(method);
    Py_DECREF(method);
    if (!result) { return (size_t)-1; }
    Py_ssize_t size = PyLong_AsSsize_t(result);
    if (size == -1 && PyErr_Occurred()) { return (size_t)-1; }
    if (size < 0) {
        PyErr_SetString(PyExc_ValueError, "__sizeof__() should return >= 0");
        return (size_t)-1;
    }
    size_t before = 0;
    if (PyType_IS_GC(Py_TYPE(object))) {
        before = 16;
        if (PyType_HasFeature(Py_TYPE(object), Py_TPFLAGS_MANAGED_DICT)) { before += 16; }
    }
    return (size_t)size + before;
}

/* --- writing --- */

static MUST_USE status
write_text(PyObject *stream, PyObject *text)
{
    own PyObject *result = PyObject_CallMethodOneArg(stream, ID(write), text);
    return result ? 0 : -1;
}

static void
write_object(const char *name, FILE *fallback, PyObject *text)
{
    PyObject *stream = PySys_GetObject(name);
    if (stream && stream != Py_None) {
        own PyObject *keep = Py_NewRef(stream);
        if (write_text(keep, text) == 0) { return; }
        PyErr_Clear();
    }
    const char *utf8 = PyUnicode_AsUTF8(text);
    if (utf8) { fputs(utf8, fallback); }
    else { PyErr_Clear(); }
}

void
hob_sys_write(const char *name, FILE *fallback, const char *format, va_list args)
{
    enum { LIMIT = 1001 };
    char buffer[LIMIT];
    PyObject *type, *value, *tb;
    PyErr_Fetch(&type, &value, &tb);
    int length = PyOS_vsnprintf(buffer, sizeof buffer, format, args);
    own PyObject *text = PyUnicode_DecodeUTF8(buffer, (Py_ssize_t)strlen(buffer), "replace");
    if (text) { write_object(name, fallback, text); }
    if (length < 0 || (size_t)length >= sizeof buffer) {
        own PyObject *note = PyUnicode_FromString("... truncated");
        if (note) { write_object(name, fallback, note); }
    }
    PyErr_Clear();
    PyErr_Restore(type, value, tb);
}

static void
write_formatted(const char *name, FILE *fallback, const char *format, va_list args)
{
    PyObject *type, *value, *tb;
    PyErr_Fetch(&type, &value, &tb);
    own PyObject *text = PyUnicode_FromFormatV(format, args);
    if (text) { write_object(name, fallback, text); }
    PyErr_Clear();
    PyErr_Restore(type, value, tb);
}

#define WRITER(function, name, stream, write)           \
    void function(const char *format, ...)              \
    {                                                   \
        va_list args;                                   \
        va_start(args, format);                         \
        write(name, stream, format, args);              \
        va_end(args);                                   \
    }
WRITER(PySys_WriteStdout, "stdout", stdout, hob_sys_write)
WRITER(PySys_WriteStderr, "stderr", stderr, hob_sys_write)
WRITER(PySys_FormatStdout, "stdout", stdout, write_formatted)
WRITER(PySys_FormatStderr, "stderr", stderr, write_formatted)

/* --- argv and path --- */

static MUST_USE PyObject *
list_of_wide(int n, wchar_t *const *items)
{
    own PyObject *list = PyList_New(n);
    if (!list) { return NULL; }
    for (int i = 0; i < n; i++) {
        PyObject *item = PyUnicode_FromWideChar(items[i], -1);
        if (!item) { return NULL; }
        PyList_SET_ITEM(list, i, item);
    }
    return take(list);
}

void
PySys_SetArgvEx(int argc, wchar_t **argv, int update_path)
{
    wchar_t *empty[] = {L""};
    bool none = argc < 1 || !argv;
    own PyObject *list = list_of_wide(none ? 1 : argc, none ? empty : argv);
    if (!list || PySys_SetObject("argv", list) < 0) { Py_FatalError("can't assign sys.argv"); }
    if (!update_path) { return; }
    PyObject *path = PySys_GetObject("path");
    if (!path) { return; }
    own PyObject *front = none ? PyUnicode_FromString("") : NULL;
    if (!none) {
        const wchar_t *slash = wcsrchr(argv[0], L'/');
        front = PyUnicode_FromWideChar(argv[0], slash ? slash - argv[0] : 0);
    }
    if (!front || PyList_Insert(path, 0, front) < 0) { Py_FatalError("sys.path.insert(0) failed"); }
}

void
PySys_SetArgv(int argc, wchar_t **argv)
{
    PySys_SetArgvEx(argc, argv, Py_IsolatedFlag == 0);
}

void
PySys_SetPath(const wchar_t *path)
{
    own PyObject *list = PyList_New(0);
    while (list) {
        const wchar_t *end = wcschr(path, L':');
        own PyObject *entry = PyUnicode_FromWideChar(path, end ? end - path : -1);
        if (!entry || PyList_Append(list, entry) < 0) { Py_FatalError("can't create sys.path"); }
        if (!end) { break; }
        path = end + 1;
    }
    if (!list || PySys_SetObject("path", list) < 0) { Py_FatalError("can't assign sys.path"); }
}

static void
append_option(const char *name, PyObject *option)
{
    PyObject *list = PySys_GetObject(name);
    if (!list || !PyList_Check(list)) {
        own PyObject *fresh = PyList_New(0);
        if (!fresh || PySys_SetObject(name, fresh) < 0) { return; }
        list = PySys_GetObject(name);
    }
    if (PyList_Append(list, option) < 0) { PyErr_Clear(); }
}

void
PySys_AddWarnOptionUnicode(PyObject *option)
{
    append_option("warnoptions", option);
}

void
PySys_AddWarnOption(const wchar_t *option)
{
    if (!hob_ts()) { return; }
    own PyObject *text = PyUnicode_FromWideChar(option, -1);
    if (text) { append_option("warnoptions", text); }
}

void
PySys_ResetWarnOptions(void)
{
    if (!hob_ts()) { return; }
    PyObject *list = PySys_GetObject("warnoptions");
    if (list && PyList_Check(list)) { PyList_SetSlice(list, 0, PyList_GET_SIZE(list), NULL); }
}

int
PySys_HasWarnOptions(void)
{
    PyObject *list = hob_ts() ? PySys_GetObject("warnoptions") : NULL;
    return list && PyList_Check(list) && PyList_GET_SIZE(list) > 0;
}

void
PySys_AddXOption(const wchar_t *option)
{
    PyObject *options = PySys_GetXOptions();
    if (!options) { return; }
    const wchar_t *equals = wcschr(option, L'=');
    own PyObject *name = PyUnicode_FromWideChar(option, equals ? equals - option : -1);
    own PyObject *value = equals ? PyUnicode_FromWideChar(equals + 1, -1) : Py_NewRef(Py_True);
    if (!name || !value || PyDict_SetItem(options, name, value) < 0) { PyErr_Clear(); }
}

PyObject *
PySys_GetXOptions(void)
{
    PyObject *options = PySys_GetObject("_xoptions");
    if (options && PyDict_Check(options)) { return options; }
    own PyObject *fresh = PyDict_New();
    if (!fresh || PySys_SetObject("_xoptions", fresh) < 0) { return NULL; }
    return PySys_GetObject("_xoptions");
}

/* --- auditing (PEP 578) --- */

struct c_hook {
    struct c_hook *next;
    Py_AuditHookFunction run;
    void *data;
};
static struct c_hook *c_hooks;          /* in order of addition */

int
PySys_AddAuditHook(Py_AuditHookFunction hook, void *data)
{
    PyThreadState *ts = hob_ts();
    if (ts && PySys_Audit("sys.addaudithook", NULL) < 0) {
        if (!PyErr_ExceptionMatches(PyExc_RuntimeError)) { return -1; }
        PyErr_Clear();                  /* refused, but that is no error */
        return 0;
    }
    struct c_hook *entry = PyMem_RawMalloc(sizeof *entry);
    if (!entry) {
        if (ts) { PyErr_NoMemory(); }
        return -1;
    }
    *entry = (struct c_hook){NULL, hook, data};
    struct c_hook **end = &c_hooks;
    while (*end) { end = &(*end)->next; }
    *end = entry;
    return 0;
}

void
hob_sys_audit_clear(void)
{
    while (c_hooks) {
        struct c_hook *entry = c_hooks;
        c_hooks = entry->next;
        PyMem_RawFree(entry);
    }
}

/* Call the Python hooks; tracing is off in a hook unless it has __cantrace__. */
static MUST_USE status
audit_python(PyThreadState *ts, PyObject *hooks, PyObject *name, PyObject *args)
{
    status result = 0;
    PyThreadState_EnterTracing(ts);
    for (Py_ssize_t i = 0; result == 0 && i < PyList_GET_SIZE(hooks); i++) {
        own PyObject *hook = Py_NewRef(PyList_GET_ITEM(hooks, i));
        PyObject *found;
        if (_PyObject_LookupAttr(hook, ID(__cantrace__), &found) < 0) { result = -1; break; }
        int traced = found ? PyObject_IsTrue(found) : 0;
        Py_XDECREF(found);
        if (traced < 0) { result = -1; break; }
        if (traced) { PyThreadState_LeaveTracing(ts); }
        own PyObject *done = PyObject_CallFunctionObjArgs(hook, name, args, NULL);
        if (traced) { PyThreadState_EnterTracing(ts); }
        if (!done) { result = -1; }
    }
    PyThreadState_LeaveTracing(ts);
    return result;
}

static MUST_USE status
audit_run(const char *event, PyObject *args)
{
    for (struct c_hook *entry = c_hooks; entry; entry = entry->next) {
        if (entry->run(event, args, entry->data) < 0) { return -1; }
    }
    PyThreadState *ts = hob_ts();
    if (!ts->interp->audit_hooks) { return 0; }
    own PyObject *name = PyUnicode_FromString(event);
    return name ? audit_python(ts, ts->interp->audit_hooks, name, args) : -1;
}

int
PySys_Audit(const char *event, const char *format, ...)
{
    PyThreadState *ts = hob_ts();
    if (!c_hooks && (!ts || !ts->interp->audit_hooks)) { return 0; }
    if (!ts) { return 0; }
    PyObject *type, *value, *tb;
    PyErr_Fetch(&type, &value, &tb);

    own PyObject *args = NULL;
    if (format && format[0]) {
        va_list items;
        va_start(items, format);
        args = Py_VaBuildValue(format, items);
        va_end(items);
        if (args && !PyTuple_Check(args)) {
            PyObject *one = PyTuple_Pack(1, args);
            Py_SETREF(args, one);
        }
    }
    else {
        args = PyTuple_New(0);
    }
    status result = args ? audit_run(event, args) : -1;
    if (result == 0) {
        PyErr_Restore(type, value, tb);
        return 0;
    }
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(tb);
    return -1;
}

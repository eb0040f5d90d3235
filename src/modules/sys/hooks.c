/* hooks.c -- sys.displayhook, excepthook, breakpointhook, unraisablehook. */
#include "modules/sys/sys.h"

#include "memory/own.h"
#include "objects/errors.h"
#include "objects/ids.h"
#include "state/interp.h"
#include "state/runtime.h"

/* Write text to stream, escaping what its encoding cannot hold. */
static MUST_USE status
write_escaped(PyObject *stream, PyObject *text)
{
    own PyObject *encoding = PyObject_GetAttr(stream, ID(encoding));
    if (!encoding) { return -1; }
    const char *name = PyUnicode_AsUTF8(encoding);
    if (!name) { return -1; }
    own PyObject *bytes = PyUnicode_AsEncodedString(text, name, "backslashreplace");
    if (!bytes) { return -1; }

    PyObject *found;
    if (_PyObject_LookupAttr(stream, ID(buffer), &found) < 0) { return -1; }
    own PyObject *buffer = found;
    own PyObject *done = NULL;
    if (buffer) {
        done = PyObject_CallMethodOneArg(buffer, ID(write), bytes);
    }
    else {
        own PyObject *again = PyUnicode_FromEncodedObject(bytes, name, "strict");
        if (!again) { return -1; }
        done = PyObject_CallMethodOneArg(stream, ID(write), again);
    }
    return done ? 0 : -1;
}

/** displayhook($module, object, /)
 *
 *  Show the value of an expression at the prompt, and keep it as builtins._
 */
static PyObject *
sys_displayhook(PyObject *module, PyObject *object)
{
    own PyObject *builtins = PyImport_GetModule(ID(builtins));
    if (!builtins) {
        if (!PyErr_Occurred()) { PyErr_SetString(PyExc_RuntimeError, "lost builtins module"); }
        return NULL;
    }
    if (object == Py_None) { Py_RETURN_NONE; }
    if (PyObject_SetAttr(builtins, ID(_), Py_None) != 0) { return NULL; }
    PyObject *stream = PySys_GetObject("stdout");
    if (!stream || stream == Py_None) {
        PyErr_SetString(PyExc_RuntimeError, "lost sys.stdout");
        return NULL;
    }
    own PyObject *out = Py_NewRef(stream);
    own PyObject *text = PyObject_Repr(object);
    if (!text) { return NULL; }
    if (PyFile_WriteObject(text, out, Py_PRINT_RAW) < 0) {
        if (!PyErr_ExceptionMatches(PyExc_UnicodeEncodeError)) { return NULL; }
        PyErr_Clear();
        if (write_escaped(out, text) < 0) { return NULL; }
    }
    if (PyFile_WriteString("\n", out) < 0) { return NULL; }
    if (PyObject_SetAttr(builtins, ID(_), object) != 0) { return NULL; }
    Py_RETURN_NONE;
}

/** excepthook($module, exctype, value, traceback, /)
 *
 *  Print an exception that nobody caught, with its traceback, to sys.stderr.
 */
static PyObject *
sys_excepthook(PyObject *module, PyObject *exctype, PyObject *value, PyObject *traceback)
{
    PyErr_Display(exctype, value, traceback);
    Py_RETURN_NONE;
}

/* The callable PYTHONBREAKPOINT names: "pkg.mod.attr" or "attr" of builtins. */
static MUST_USE PyObject *
breakpoint_target(const char *setting)
{
    const char *dot = strrchr(setting, '.');
    if (dot == setting) { return NULL; }
    own PyObject *module_name = dot ? PyUnicode_FromStringAndSize(setting, dot - setting)
                                    : PyUnicode_FromString("builtins");
    if (!module_name) { return NULL; }
    own PyObject *module = PyImport_Import(module_name);
    if (!module) {
        if (PyErr_ExceptionMatches(PyExc_ImportError)) { PyErr_Clear(); }
        return NULL;
    }
    PyObject *target = PyObject_GetAttrString(module, dot ? dot + 1 : setting);
    if (!target && PyErr_ExceptionMatches(PyExc_AttributeError)) { PyErr_Clear(); }
    return target;
}

/** breakpointhook($module, *args, **kws)
 *
 *  What breakpoint() calls; it goes by PYTHONBREAKPOINT, pdb by default.
 */
static PyObject *
sys_breakpointhook(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    const char *setting = Py_IgnoreEnvironmentFlag ? NULL : getenv("PYTHONBREAKPOINT");
    if (!setting || !setting[0]) { setting = "pdb.set_trace"; }
    if (strcmp(setting, "0") == 0) { Py_RETURN_NONE; }
    own PyObject *keep = PyBytes_FromString(setting);   /* the environment may change */
    if (!keep) { return NULL; }
    own PyObject *target = breakpoint_target(PyBytes_AS_STRING(keep));
    if (target) { return PyObject_Vectorcall(target, args, nargs, kwnames); }
    if (PyErr_Occurred()) { return NULL; }
    if (PyErr_WarnFormat(PyExc_RuntimeWarning, 0, "Ignoring unimportable $PYTHONBREAKPOINT: \"%s\"",
                         PyBytes_AS_STRING(keep)) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

/** unraisablehook($module, unraisable, /)
 *
 *  Handle an unraisable exception.
 *
 *  The unraisable argument has the attributes exc_type, exc_value,
 *  exc_traceback, err_msg and object.
 */
static PyObject *
sys_unraisablehook(PyObject *module, PyObject *unraisable)
{
    return hob_errors_unraisable_default(unraisable);
}

#include "gen/modules/sys/hooks.bind.h"

PyMethodDef *const hob_sys_hook_methods = module_methods;

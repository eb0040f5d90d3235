/* unraisable.c -- exceptions that nobody can catch: those of destructors,
 * callbacks, finalisers.  They go to sys.unraisablehook.
 */
#include "objects/errors.h"

#include "memory/own.h"
#include "objects/ids.h"

/* --- the hook's argument --- */

static PyStructSequence_Field args_fields[] = {
    {"exc_type", "class of the exception"},
    {"exc_value", "the exception"},
    {"exc_traceback", "its traceback"},
    {"err_msg", "what failed, or None"},
    {"object", "what caused it"},
    {NULL, NULL},
};

static PyStructSequence_Desc args_desc = {
    "UnraisableHookArgs",
    "UnraisableHookArgs\n\nAn exception that could not be raised, as a named tuple.",
    args_fields, 5,
};

static PyTypeObject args_type;

static PyObject *
make_args(PyObject *type, PyObject *value, PyObject *tb, PyObject *err_msg, PyObject *object)
{
    if (!args_type.tp_name && PyStructSequence_InitType2(&args_type, &args_desc) < 0) {
        return NULL;
    }
    PyObject *args = PyStructSequence_New(&args_type);
    if (!args) { return NULL; }
    PyObject *field[] = {type, value, tb, err_msg, object};
    for (int i = 0; i < (int)ARRAY_LEN(field); i++) {
        PyStructSequence_SET_ITEM(args, i, Py_NewRef(field[i] ? field[i] : Py_None));
    }
    return args;
}

/* --- the default hook --- */

static status
write_text(PyObject *file, const char *text)
{
    return PyFile_WriteString(text, file);
}

/* str() or repr() of op, or a text that says it failed. */
static status
write_object(PyObject *file, PyObject *op, int flags, const char *failure)
{
    if (PyFile_WriteObject(op, file, flags) == 0) { return 0; }
    PyErr_Clear();
    return write_text(file, failure);
}

/* "module.Class", without the modules that need no mention. */
static status
write_class(PyObject *file, PyObject *type)
{
    own PyObject *module = PyObject_GetAttr(type, ID(__module__));
    if (!module || !PyUnicode_Check(module)) {
        PyErr_Clear();
        if (write_text(file, "<unknown>.") < 0) { return -1; }
    }
    else if (!_PyUnicode_EqualToASCIIString(module, "builtins") &&
             !_PyUnicode_EqualToASCIIString(module, "__main__")) {
        if (PyFile_WriteObject(module, file, Py_PRINT_RAW) < 0 || write_text(file, ".") < 0) {
            return -1;
        }
    }
    own PyObject *name = PyObject_GetAttr(type, ID(__qualname__));
    if (name && PyUnicode_Check(name)) { return PyFile_WriteObject(name, file, Py_PRINT_RAW); }
    PyErr_Clear();
    return write_text(file, "<unknown>");
}

static status
write_headline(PyObject *file, PyObject *err_msg, PyObject *object)
{
    bool has_msg = err_msg && err_msg != Py_None;
    bool has_object = object && object != Py_None;
    if (!has_msg && !has_object) { return 0; }
    if (has_msg) {
        if (PyFile_WriteObject(err_msg, file, Py_PRINT_RAW) < 0) { return -1; }
        if (!has_object) { return write_text(file, ":\n"); }
        if (write_text(file, ": ") < 0) { return -1; }
    }
    else if (write_text(file, "Exception ignored in: ") < 0) {
        return -1;
    }
    if (write_object(file, object, 0, "<object repr() failed>") < 0) { return -1; }
    return write_text(file, "\n");
}

/* Everything about the exception into file. */
static status
write_report(PyObject *file, PyObject *type, PyObject *value, PyObject *tb, PyObject *err_msg,
             PyObject *object)
{
    if (write_headline(file, err_msg, object) < 0) { return -1; }
    if (tb && tb != Py_None && PyTraceBack_Print(tb, file) < 0) { PyErr_Clear(); }
    if (!type || type == Py_None) { return -1; }
    if (write_class(file, type) < 0) { return -1; }
    if (value && value != Py_None) {
        if (write_text(file, ": ") < 0 ||
            write_object(file, value, Py_PRINT_RAW, "<exception str() failed>") < 0) {
            return -1;
        }
    }
    return write_text(file, "\n");
}

static void
report_to_stderr(PyObject *type, PyObject *value, PyObject *tb, PyObject *err_msg,
                 PyObject *object)
{
    own PyObject *file = Py_XNewRef(PySys_GetObject("stderr"));
    if (!file || file == Py_None) { return; }
    if (write_report(file, type, value, tb, err_msg, object) < 0) {
        PyErr_Clear();
        return;
    }
    own PyObject *flushed = PyObject_CallMethodNoArgs(file, ID(flush));
    if (!flushed) { PyErr_Clear(); }
}

PyObject *
hob_errors_unraisable_default(PyObject *args)
{
    if (!args_type.tp_name || !Py_IS_TYPE(args, &args_type)) {
        PyErr_SetString(PyExc_TypeError,
                        "sys.unraisablehook argument type must be UnraisableHookArgs");
        return NULL;
    }
    PyObject *const *field = ((PyTupleObject *)args)->ob_item;
    report_to_stderr(field[0], field[1], field[2], field[3], field[4]);
    Py_RETURN_NONE;
}

/* --- reporting --- */

/* Give the exception a traceback of the running frame if it has none. */
static void
add_traceback(PyThreadState *ts, PyObject **type, PyObject **value, PyObject **tb)
{
    PyFrameObject *frame = PyThreadState_GetFrame(ts);
    if (!frame) { return; }
    PyErr_Restore(*type, *value, *tb);
    (void)PyTraceBack_Here(frame);
    PyErr_Fetch(type, value, tb);
    Py_DECREF(frame);
}

/* The pending exception of a failed hook replaces what was to be reported. */
static void
report_failed_hook(PyThreadState *ts, const char *headline, PyObject *hook)
{
    PyObject *type, *value, *tb;
    _PyErr_Fetch(ts, &type, &value, &tb);
    _PyErr_NormalizeException(ts, &type, &value, &tb);
    own PyObject *msg = PyUnicode_FromString(headline);
    if (!msg) { PyErr_Clear(); }
    report_to_stderr(type, value, tb, msg, hook);
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(tb);
}

void
_PyErr_WriteUnraisableMsg(const char *err_msg, PyObject *object)
{
    PyThreadState *ts = hob_ts();
    PyObject *type, *value, *tb;
    _PyErr_Fetch(ts, &type, &value, &tb);
    if (!type) { return; }
    if (!tb || tb == Py_None) { add_traceback(ts, &type, &value, &tb); }
    _PyErr_NormalizeException(ts, &type, &value, &tb);
    if (tb && tb != Py_None && PyException_SetTraceback(value, tb) < 0) { PyErr_Clear(); }

    own PyObject *held_type = type;
    own PyObject *held_value = value;
    own PyObject *held_tb = tb;
    own PyObject *msg = err_msg ? PyUnicode_FromFormat("Exception ignored %s", err_msg) : NULL;
    if (!msg) { PyErr_Clear(); }
    own PyObject *hook = Py_XNewRef(PySys_GetObject("unraisablehook"));
    if (!hook || hook == Py_None) {
        report_to_stderr(type, value, tb, msg, object);
        return;
    }
    own PyObject *args = make_args(type, value, tb, msg, object);
    if (args && PySys_Audit("sys.unraisablehook", "OO", hook, args) < 0) {
        report_failed_hook(ts, "Exception ignored in audit hook", hook);
        return;
    }
    own PyObject *result = args ? PyObject_CallOneArg(hook, args) : NULL;
    if (!result) { report_failed_hook(ts, "Exception ignored in sys.unraisablehook", hook); }
}

void
PyErr_WriteUnraisable(PyObject *object)
{
    _PyErr_WriteUnraisableMsg(NULL, object);
}

/* syslog.c -- module syslog: messages to the system's log.
 *
 * Holds      the C library keeps the pointer that openlog() was given: `ident`
 *            owns its text while the log is open.
 */
#include <Python.h>
#include <syslog.h>

#include "base/c.h"
#include "memory/own.h"

static PyObject *ident;                 /* owned: str, or NULL */
static bool is_open;

/* The last part of sys.argv[0], or NULL. */
static PyObject *
program_name(void)
{
    PyObject *argv = PySys_GetObject("argv");
    if (!argv || !PyList_Check(argv) || PyList_GET_SIZE(argv) == 0) { return NULL; }
    PyObject *path = PyList_GET_ITEM(argv, 0);
    if (!PyUnicode_Check(path) || PyUnicode_GET_LENGTH(path) == 0) { return NULL; }
    Py_ssize_t n = PyUnicode_GET_LENGTH(path);
    Py_ssize_t slash = PyUnicode_FindChar(path, '/', 0, n, -1);
    if (slash < -1) { return NULL; }
    return PyUnicode_Substring(path, slash + 1, n);
}

static PyObject *
open_log(PyObject *name, long options, long facility)
{
    own PyObject *chosen = Py_XNewRef(name);
    if (!chosen) {
        chosen = program_name();
        if (!chosen && PyErr_Occurred()) { return NULL; }
    }
    const char *text = NULL;
    if (chosen) {
        text = PyUnicode_AsUTF8(chosen);
        if (!text) { return NULL; }
    }
    if (PySys_Audit("syslog.openlog", "Oll", chosen ? chosen : Py_None, options,
                    facility) < 0) {
        return NULL;
    }
    openlog(text, (int)options, (int)facility);
    is_open = true;
    Py_XSETREF(ident, Py_XNewRef(chosen));
    Py_RETURN_NONE;
}

static PyObject *
syslog_openlog(PyObject *module, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"ident", "logoption", "facility", NULL};
    PyObject *name = NULL;
    long options = 0, facility = LOG_USER;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|Ull:openlog", names, &name, &options,
                                     &facility)) {
        return NULL;
    }
    return open_log(name, options, facility);
}

static PyObject *
syslog_syslog(PyObject *module, PyObject *args)
{
    PyObject *message;
    int priority = LOG_INFO;
    if (!PyArg_ParseTuple(args, "iU;[priority,] message string", &priority, &message)) {
        PyErr_Clear();
        if (!PyArg_ParseTuple(args, "U;[priority,] message string", &message)) { return NULL; }
    }
    const char *text = PyUnicode_AsUTF8(message);
    if (!text) { return NULL; }
    if (PySys_Audit("syslog.syslog", "is", priority, text) < 0) { return NULL; }
    if (!is_open) {
        own PyObject *opened = open_log(NULL, 0, LOG_USER);
        if (!opened) { return NULL; }
    }
    own PyObject *held = Py_XNewRef(ident);             /* closelog() may run meanwhile */
    Py_BEGIN_ALLOW_THREADS
    syslog(priority, "%s", text);
    Py_END_ALLOW_THREADS
    Py_RETURN_NONE;
}

static PyObject *
syslog_closelog(PyObject *module, PyObject *unused)
{
    if (PySys_Audit("syslog.closelog", NULL) < 0) { return NULL; }
    if (is_open) {
        closelog();
        Py_CLEAR(ident);
        is_open = false;
    }
    Py_RETURN_NONE;
}

static PyObject *
syslog_setlogmask(PyObject *module, PyObject *args)
{
    long mask;
    if (!PyArg_ParseTuple(args, "l;mask for priority", &mask)) { return NULL; }
    if (PySys_Audit("syslog.setlogmask", "O", args) < 0) { return NULL; }
    return PyLong_FromLong(setlogmask((int)mask));
}

static PyObject *
syslog_log_mask(PyObject *module, PyObject *args)
{
    long priority;
    if (!PyArg_ParseTuple(args, "l:LOG_MASK", &priority)) { return NULL; }
    return PyLong_FromLong(LOG_MASK(priority));
}

static PyObject *
syslog_log_upto(PyObject *module, PyObject *args)
{
    long priority;
    if (!PyArg_ParseTuple(args, "l:LOG_UPTO", &priority)) { return NULL; }
    return PyLong_FromLong(LOG_UPTO(priority));
}

static PyMethodDef syslog_methods[] = {
    {"openlog", (PyCFunction)(void (*)(void))syslog_openlog, METH_VARARGS | METH_KEYWORDS},
    {"closelog", syslog_closelog, METH_NOARGS},
    {"syslog", syslog_syslog, METH_VARARGS},
    {"setlogmask", syslog_setlogmask, METH_VARARGS},
    {"LOG_MASK", syslog_log_mask, METH_VARARGS},
    {"LOG_UPTO", syslog_log_upto, METH_VARARGS},
    {NULL},
};

#define LOG_CONSTANTS(X)                                                            \
    X(EMERG) X(ALERT) X(CRIT) X(ERR) X(WARNING) X(NOTICE) X(INFO) X(DEBUG)          \
    X(PID) X(CONS) X(NDELAY) X(ODELAY) X(NOWAIT) X(PERROR)                          \
    X(KERN) X(USER) X(MAIL) X(DAEMON) X(AUTH) X(LPR) X(SYSLOG) X(CRON) X(UUCP)      \
    X(NEWS) X(AUTHPRIV) X(LOCAL0) X(LOCAL1) X(LOCAL2) X(LOCAL3) X(LOCAL4)           \
    X(LOCAL5) X(LOCAL6) X(LOCAL7)

static int
syslog_exec(PyObject *module)
{
    static const struct { const char *name; int value; } constants[] = {
#define X(name) {"LOG_" #name, LOG_##name},
        LOG_CONSTANTS(X)
#undef X
    };
    for (size_t i = 0; i < ARRAY_LEN(constants); i++) {
        if (PyModule_AddIntConstant(module, constants[i].name, constants[i].value) < 0) {
            return -1;
        }
    }
    return 0;
}

static PyModuleDef_Slot syslog_slots[] = {
    {Py_mod_exec, syslog_exec},
    {0, NULL},
};

static struct PyModuleDef syslog_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "syslog",
    .m_methods = syslog_methods,
    .m_slots = syslog_slots,
};

PyMODINIT_FUNC
PyInit_syslog(void)
{
    return PyModuleDef_Init(&syslog_module);
}

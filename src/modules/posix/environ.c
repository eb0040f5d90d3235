/* environ.c -- module posix: the environment, entropy, the name of the system. */
#include "modules/posix/posix_int.h"

#include <stdlib.h>
#include <sys/random.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "memory/own.h"

/* --- the environment --- */

/* { b"NAME": b"value" }; the first of several wins. */
static PyObject *
environment_dict(void)
{
    own PyObject *dict = PyDict_New();
    if (!dict) { return NULL; }
    for (char **at = environ; at && *at; at++) {
        const char *equals = strchr(*at, '=');
        if (!equals) { continue; }
        own PyObject *name = PyBytes_FromStringAndSize(*at, equals - *at);
        own PyObject *value = PyBytes_FromString(equals + 1);
        if (!name || !value || !PyDict_SetDefault(dict, name, value)) { return NULL; }
    }
    return take(dict);
}

/** putenv($module, name, value, /)
 *
 *  Set a variable in the environment of this process and its children.
 */
static PyObject *
posix_putenv(PyObject *module, name_arg *name, name_arg *value)
{
    const char *text = PyBytes_AS_STRING(name->bytes);
    if (strchr(text, '=')) {
        PyErr_SetString(PyExc_ValueError, "illegal environment variable name");
        return NULL;
    }
    if (PySys_Audit("os.putenv", "OO", name->bytes, value->bytes) < 0) { return NULL; }
    return hob_posix_result(setenv(text, PyBytes_AS_STRING(value->bytes), 1) != 0);
}

/** unsetenv($module, name, /)
 *
 *  Remove a variable from the environment.
 */
static PyObject *
posix_unsetenv(PyObject *module, name_arg *name)
{
    if (PySys_Audit("os.unsetenv", "(O)", name->bytes) < 0) { return NULL; }
    return hob_posix_result(unsetenv(PyBytes_AS_STRING(name->bytes)) != 0);
}

/** umask($module, mask, /)
 *
 *  Set which rights new files do not get, and return what it was.
 */
static int
posix_umask(PyObject *module, int mask)
{
    return (int)umask((mode_t)mask);
}

/** strerror($module, code, /)
 *
 *  Return the text of an error number.
 */
static PyObject *
posix_strerror(PyObject *module, int code)
{
    const char *text = strerror(code);
    if (!text) {
        PyErr_SetString(PyExc_ValueError, "strerror() argument out of range");
        return NULL;
    }
    return PyUnicode_DecodeLocale(text, "surrogateescape");
}

/* --- entropy --- */

/** urandom($module, size, /)
 *
 *  Return random bytes that are fit for cryptography.
 */
static PyObject *
posix_urandom(PyObject *module, Py_ssize_t size)
{
    if (size < 0) {
        return PyErr_Format(PyExc_ValueError, "negative argument not allowed");
    }
    own PyObject *bytes = PyBytes_FromStringAndSize(NULL, size);
    if (!bytes || _PyOS_URandom(PyBytes_AS_STRING(bytes), size) < 0) { return NULL; }
    return take(bytes);
}

/** getrandom($module, /, size, flags=0)
 *
 *  Return at most size random bytes from the kernel.
 */
static PyObject *
posix_getrandom(PyObject *module, Py_ssize_t size, int flags)
{
    if (size < 0) {
        errno = EINVAL;
        return hob_posix_error();
    }
    own PyObject *bytes = PyBytes_FromStringAndSize(NULL, size);
    if (!bytes) { return NULL; }
    char *at = PyBytes_AS_STRING(bytes);
    ssize_t n;
    for (;;) {
        n = getrandom(at, (size_t)size, (unsigned)flags);
        if (n >= 0 || errno != EINTR) { break; }
        if (PyErr_CheckSignals() < 0) { return NULL; }
    }
    if (n < 0) { return hob_posix_error(); }
    PyObject *result = take(bytes);
    if (n != size) { _PyBytes_Resize(&result, n); }
    return result;
}

/* --- the system --- */

PyDoc_STRVAR(uname_doc,
    "uname_result: Result from os.uname().\n\n"
    "A tuple of (sysname, nodename, release, version, machine).");

static PyStructSequence_Field uname_fields[] = {
    {"sysname", "operating system name"},
    {"nodename", "name of machine on network (implementation-defined)"},
    {"release", "operating system release"},
    {"version", "operating system version"},
    {"machine", "hardware identifier"},
    {NULL},
};

static PyStructSequence_Desc uname_desc = {"posix.uname_result", uname_doc, uname_fields, 5};
static PyTypeObject *uname_type;

/** uname($module, /)
 *
 *  Return what system this is.
 */
static PyObject *
posix_uname(PyObject *module)
{
    struct utsname u;
    if (uname(&u) < 0) { return hob_posix_error(); }
    own PyObject *result = PyStructSequence_New(uname_type);
    if (!result) { return NULL; }
    const char *const texts[] = {u.sysname, u.nodename, u.release, u.version, u.machine};
    for (int i = 0; i < 5; i++) {
        PyObject *text = PyUnicode_DecodeFSDefault(texts[i]);
        if (!text) { return NULL; }
        PyStructSequence_SET_ITEM(result, i, text);
    }
    return take(result);
}

#include "gen/modules/posix/environ.bind.h"

PyMethodDef *const hob_posix_environ_methods = module_methods;

status
hob_posix_add_environ(PyObject *module)
{
    own PyObject *dict = environment_dict();
    if (!dict || PyModule_AddObjectRef(module, "environ", dict) < 0) { return -1; }
    return hob_posix_add_structseq(module, "uname_result", &uname_desc, &uname_type);
}

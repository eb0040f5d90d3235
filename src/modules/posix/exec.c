/* exec.c -- module posix: execv(), execve(), posix_spawn(). */
#include "modules/posix/posix_int.h"

#include <signal.h>
#include <spawn.h>
#include <unistd.h>

#include "memory/own.h"

HOB_EXPORT int _Py_Sigset_Converter(PyObject *obj, void *set);

/* --- arguments and environments as C has them --- */

void
hob_strings_free(char **strings, Py_ssize_t n)
{
    if (!strings) { return; }
    for (Py_ssize_t i = 0; i < n; i++) { PyMem_Free(strings[i]); }
    PyMem_Free(strings);
}

void
hob_environment_free(char **strings)
{
    Py_ssize_t n = 0;
    while (strings && strings[n]) { n++; }
    hob_strings_free(strings, n);
}

static char *
copy_bytes(PyObject *bytes)
{
    Py_ssize_t size = PyBytes_GET_SIZE(bytes) + 1;
    char *copy = PyMem_Malloc((size_t)size);
    if (!copy) {
        PyErr_NoMemory();
        return NULL;
    }
    return memcpy(copy, PyBytes_AS_STRING(bytes), (size_t)size);
}

/* A list or tuple of names to a NULL-terminated array. */
char **
hob_strings_from(PyObject *sequence, Py_ssize_t *n)
{
    Py_ssize_t size = PySequence_Size(sequence);
    char **strings = PyMem_New(char *, size + 1);
    if (!strings) {
        PyErr_NoMemory();
        return NULL;
    }
    for (Py_ssize_t i = 0; i < size; i++) {
        own PyObject *item = PySequence_GetItem(sequence, i);
        own PyObject *bytes = NULL;
        strings[i] = item && PyUnicode_FSConverter(item, &bytes) ? copy_bytes(bytes) : NULL;
        if (!strings[i]) {
            hob_strings_free(strings, i);
            return NULL;
        }
    }
    strings[size] = NULL;
    *n = size;
    return strings;
}

static char *
environment_entry(PyObject *key, PyObject *value)
{
    own PyObject *name = NULL;
    own PyObject *text = NULL;
    if (!PyUnicode_FSConverter(key, &name) || !PyUnicode_FSConverter(value, &text)) {
        return NULL;
    }
    const char *k = PyBytes_AS_STRING(name);
    if (!k[0] || strchr(k + 1, '=')) {
        PyErr_SetString(PyExc_ValueError, "illegal environment variable name");
        return NULL;
    }
    own PyObject *entry = PyBytes_FromFormat("%s=%s", k, PyBytes_AS_STRING(text));
    return entry ? copy_bytes(entry) : NULL;
}

/* A mapping to a NULL-terminated array of "name=value". */
char **
hob_environment_from(PyObject *mapping)
{
    Py_ssize_t n = PyMapping_Size(mapping);
    if (n < 0) { return NULL; }
    own PyObject *keys = PyMapping_Keys(mapping);
    own PyObject *values = keys ? PyMapping_Values(mapping) : NULL;
    if (!values) { return NULL; }
    if (!PyList_Check(keys) || !PyList_Check(values)) {
        PyErr_SetString(PyExc_TypeError, "env.keys() or env.values() is not a list");
        return NULL;
    }
    n = Py_MIN(PyList_GET_SIZE(keys), PyList_GET_SIZE(values));
    char **strings = PyMem_New(char *, n + 1);
    if (!strings) {
        PyErr_NoMemory();
        return NULL;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        strings[i] = environment_entry(PyList_GET_ITEM(keys, i), PyList_GET_ITEM(values, i));
        if (!strings[i]) {
            hob_strings_free(strings, i);
            return NULL;
        }
    }
    strings[n] = NULL;
    return strings;
}

/* --- exec --- */

/** execv($module, path, argv, /)
 *
 *  Run another program in place of this one; argv is its list of arguments.
 */
static PyObject *
posix_execv(PyObject *module, path_arg *path, PyObject *argv)
{
    if (!PyList_Check(argv) && !PyTuple_Check(argv)) {
        PyErr_SetString(PyExc_TypeError, "execv() arg 2 must be a tuple or list");
        return NULL;
    }
    if (PySequence_Size(argv) < 1) {
        PyErr_SetString(PyExc_ValueError, "execv() arg 2 must not be empty");
        return NULL;
    }
    Py_ssize_t n;
    char **strings = hob_strings_from(argv, &n);
    if (!strings) { return NULL; }
    if (!strings[0][0]) {
        PyErr_SetString(PyExc_ValueError, "execv() arg 2 first element cannot be empty");
    }
    else if (PySys_Audit("os.exec", "OOO", path->object, argv, Py_None) == 0) {
        execv(path->narrow, strings);
        hob_posix_error();
    }
    hob_strings_free(strings, n);
    return NULL;
}

static bool
is_argv(const char *func, PyObject *argv)
{
    if (!PyList_Check(argv) && !PyTuple_Check(argv)) {
        PyErr_Format(PyExc_TypeError, "%s: argv must be a tuple or list", func);
        return false;
    }
    if (PySequence_Size(argv) < 1) {
        PyErr_Format(PyExc_ValueError, "%s: argv must not be empty", func);
        return false;
    }
    return true;
}

static bool
is_environment(const char *func, PyObject *env)
{
    if (PyMapping_Check(env)) { return true; }
    PyErr_Format(PyExc_TypeError, "%s: environment must be a mapping object", func);
    return false;
}

static bool
has_name(const char *func, char **argv)
{
    if (argv[0][0]) { return true; }
    PyErr_Format(PyExc_ValueError, "%s: argv first element cannot be empty", func);
    return false;
}

/** execve($module, /, path, argv, env)
 *
 *  Run another program in place of this one, with environment env.
 *
 *  path may be an open file.
 */
static PyObject *
posix_execve(PyObject *module, path_fd_arg *path, PyObject *argv, PyObject *env)
{
    if (!is_argv("execve", argv) || !is_environment("execve", env)) { return NULL; }
    Py_ssize_t n = 0;
    char **strings = hob_strings_from(argv, &n);
    char **environment = NULL;
    if (strings && has_name("execve", strings)) { environment = hob_environment_from(env); }
    if (environment && PySys_Audit("os.exec", "OOO", path->object, argv, env) == 0) {
        if (path->is_fd) { fexecve(path->fd, strings, environment); }
        else             { execve(path->narrow, strings, environment); }
        hob_path_error(path);
    }
    hob_environment_free(environment);
    hob_strings_free(strings, n);
    return NULL;
}

/* --- spawn --- */

static status
spawn_errno(int error)
{
    errno = error;
    hob_posix_error();
    return -1;
}

/* One of the file_actions; paths it uses are kept in `kept`. */
static status
add_file_action(posix_spawn_file_actions_t *actions, PyObject *action, PyObject *kept)
{
    if (!PyTuple_Check(action) || !PyTuple_GET_SIZE(action)) {
        PyErr_SetString(PyExc_TypeError, "Each file_actions element must be a non-empty tuple");
        return -1;
    }
    long kind = PyLong_AsLong(PyTuple_GET_ITEM(action, 0)), tag;
    if (kind == -1 && PyErr_Occurred()) { return -1; }
    int error, fd, fd2, flags;
    unsigned long mode;
    switch (kind) {
    case 0: {                                   /* POSIX_SPAWN_OPEN */
        own PyObject *path = NULL;
        if (!PyArg_ParseTuple(action, "liO&ik;A open file_action tuple must have 5 elements",
                              &tag, &fd, PyUnicode_FSConverter, &path, &flags, &mode)) {
            return -1;
        }
        if (PyList_Append(kept, path) < 0) { return -1; }
        error = posix_spawn_file_actions_addopen(actions, fd, PyBytes_AS_STRING(path), flags,
                                                 (mode_t)mode);
        break;
    }
    case 1:                                     /* POSIX_SPAWN_CLOSE */
        if (!PyArg_ParseTuple(action, "li;A close file_action tuple must have 2 elements", &tag,
                              &fd)) {
            return -1;
        }
        error = posix_spawn_file_actions_addclose(actions, fd);
        break;
    case 2:                                     /* POSIX_SPAWN_DUP2 */
        if (!PyArg_ParseTuple(action, "lii;A dup2 file_action tuple must have 3 elements", &tag,
                              &fd, &fd2)) {
            return -1;
        }
        error = posix_spawn_file_actions_adddup2(actions, fd, fd2);
        break;
    default:
        PyErr_SetString(PyExc_TypeError, "Unknown file_actions identifier");
        return -1;
    }
    return error ? spawn_errno(error) : 0;
}

static status
read_file_actions(posix_spawn_file_actions_t *actions, PyObject *given, PyObject *kept)
{
    own PyObject *list = PySequence_Fast(given, "file_actions must be a sequence or None");
    if (!list) { return -1; }
    for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(list); i++) {
        if (add_file_action(actions, PySequence_Fast_GET_ITEM(list, i), kept) < 0) {
            return -1;
        }
    }
    return 0;
}

status hob_sched_param_from(PyObject *op, struct sched_param *out);

typedef struct {
    PyObject *setpgroup, *setsigmask, *setsigdef, *scheduler;   /* borrowed or NULL */
    int resetids, setsid;
} spawn_options;

static status
read_scheduler(posix_spawnattr_t *attributes, PyObject *scheduler, short *flags)
{
    PyObject *policy, *param;
    struct sched_param schedparam;
    if (!PyArg_Parse(scheduler, "(OO);A scheduler tuple must have two elements", &policy,
                     &param)) {
        return -1;
    }
    if (hob_sched_param_from(param, &schedparam) < 0) { return -1; }
    if (policy != Py_None) {
        int number = _PyLong_AsInt(policy);
        if (number == -1 && PyErr_Occurred()) { return -1; }
        int error = posix_spawnattr_setschedpolicy(attributes, number);
        if (error) { return spawn_errno(error); }
        *flags |= POSIX_SPAWN_SETSCHEDULER;
    }
    else { *flags |= POSIX_SPAWN_SETSCHEDPARAM; }
    int error = posix_spawnattr_setschedparam(attributes, &schedparam);
    return error ? spawn_errno(error) : 0;
}

static status
read_options(posix_spawnattr_t *attributes, const spawn_options *options)
{
    short flags = 0;
    int error;
    sigset_t set;
    if (options->setpgroup) {
        pid_t group;
        if (!arg_pid(options->setpgroup, &group, "", "")) { return -1; }
        if ((error = posix_spawnattr_setpgroup(attributes, group))) {
            return spawn_errno(error);
        }
        flags |= POSIX_SPAWN_SETPGROUP;
    }
    if (options->resetids) { flags |= POSIX_SPAWN_RESETIDS; }
    if (options->setsid) { flags |= POSIX_SPAWN_SETSID; }
    if (options->setsigmask) {
        if (!_Py_Sigset_Converter(options->setsigmask, &set)) { return -1; }
        if ((error = posix_spawnattr_setsigmask(attributes, &set))) {
            return spawn_errno(error);
        }
        flags |= POSIX_SPAWN_SETSIGMASK;
    }
    if (options->setsigdef) {
        if (!_Py_Sigset_Converter(options->setsigdef, &set)) { return -1; }
        if ((error = posix_spawnattr_setsigdefault(attributes, &set))) {
            return spawn_errno(error);
        }
        flags |= POSIX_SPAWN_SETSIGDEF;
    }
    if (options->scheduler && read_scheduler(attributes, options->scheduler, &flags) < 0) {
        return -1;
    }
    error = posix_spawnattr_setflags(attributes, flags);
    return error ? spawn_errno(error) : 0;
}

static PyObject *
spawn(bool use_path, const hob_path *path, PyObject *argv, PyObject *env,
      PyObject *file_actions,
      const spawn_options *options)
{
    const char *func = use_path ? "posix_spawnp" : "posix_spawn";
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    Py_ssize_t n = 0;
    pid_t pid;
    PyObject *result = NULL;
    if (!is_argv(func, argv) || !is_environment(func, env)) { return NULL; }
    char **strings = hob_strings_from(argv, &n), **environment = NULL;
    own PyObject *kept = PyList_New(0);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    if (!strings || !kept || !has_name(func, strings)) { goto done; }
    environment = hob_environment_from(env);
    if (!environment) { goto done; }
    if (file_actions && file_actions != Py_None
        && read_file_actions(&actions, file_actions, kept) < 0) {
        goto done;
    }
    if (read_options(&attributes, options) < 0) { goto done; }
    if (PySys_Audit("os.posix_spawn", "OOO", path->object, argv, env) < 0) { goto done; }
    int error = (use_path ? posix_spawnp : posix_spawn)(&pid, path->narrow, &actions,
                                                        &attributes,
                                                        strings, environment);
    errno = error;
    result = error ? hob_path_error(path) : PyLong_FromLong(pid);
done:
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    hob_environment_free(environment);
    hob_strings_free(strings, n);
    return result;
}

/** posix_spawn($module, path, argv, env, /, *, file_actions=(), setpgroup=NULL,
 *              resetids=False, setsid=False, setsigmask=(), setsigdef=(), scheduler=NULL)
 *
 *  Start a program as a child process and return its pid.
 *
 *  file_actions says what happens to descriptors in the child, in order: tuples of
 *  POSIX_SPAWN_OPEN, POSIX_SPAWN_CLOSE or POSIX_SPAWN_DUP2 and their arguments.
 *  The others are attributes of the child: process group, effective ids, session,
 *  signals held back and set to default, and (policy, param) of the scheduler.
 */
static PyObject *
posix_posix_spawn(PyObject *module, path_arg *path, PyObject *argv, PyObject *env,
                  PyObject *file_actions, PyObject *setpgroup, int resetids, int setsid,
                  PyObject *setsigmask, PyObject *setsigdef, PyObject *scheduler)
{
    spawn_options options = {setpgroup, setsigmask, setsigdef, scheduler, resetids, setsid};
    return spawn(false, path, argv, env, file_actions, &options);
}

/** posix_spawnp($module, path, argv, env, /, *, file_actions=(), setpgroup=NULL,
 *               resetids=False, setsid=False, setsigmask=(), setsigdef=(), scheduler=NULL)
 *
 *  Start a program that is looked for in PATH; else the same as posix_spawn().
 */
static PyObject *
posix_posix_spawnp(PyObject *module, path_arg *path, PyObject *argv, PyObject *env,
                   PyObject *file_actions, PyObject *setpgroup, int resetids, int setsid,
                   PyObject *setsigmask, PyObject *setsigdef, PyObject *scheduler)
{
    spawn_options options = {setpgroup, setsigmask, setsigdef, scheduler, resetids, setsid};
    return spawn(true, path, argv, env, file_actions, &options);
}

#include "gen/modules/posix/exec.bind.h"

PyMethodDef *const hob_posix_exec_methods = module_methods;

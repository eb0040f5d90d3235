/* proc.c -- module posix: processes: identity, groups, priority, fork, times. */
#include "modules/posix/posix_int.h"

#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/times.h>
#include <unistd.h>

#include "memory/own.h"
#include "state/interp.h"

/* --- the end --- */

/** _exit($module, /, status)
 *
 *  End the process at once: no clean-up, no atexit functions.
 */
static PyObject *
posix__exit(PyObject *module, int status)
{
    _exit(status);
    return NULL;
}

/** abort($module, /)
 *
 *  End the process as if something had gone badly wrong, with a core dump.
 */
static PyObject *
posix_abort(PyObject *module)
{
    abort();
    return NULL;
}

/* --- who is who --- */

#define GET_PID(name)                                                   \
    static PyObject *                                                   \
    posix_##name(PyObject *module, PyObject *unused)                    \
    {                                                                   \
        return PyLong_FromLong(name());                                 \
    }
GET_PID(getpid)
GET_PID(getppid)
GET_PID(getpgrp)

/** getpgid($module, /, pid)
 *
 *  Return the process group of a process.
 */
static PyObject *
posix_getpgid(PyObject *module, pid_arg pid)
{
    pid_t group = getpgid(pid);
    return group < 0 ? hob_posix_error() : PyLong_FromLong(group);
}

/** getsid($module, pid, /)
 *
 *  Return the session of a process.
 */
static PyObject *
posix_getsid(PyObject *module, pid_arg pid)
{
    pid_t session = getsid(pid);
    return session < 0 ? hob_posix_error() : PyLong_FromLong(session);
}

/** setsid($module, /)
 *
 *  Begin a new session.
 */
static PyObject *
posix_setsid(PyObject *module)
{
    return hob_posix_result(setsid() < 0);
}

/** setpgid($module, pid, pgrp, /)
 *
 *  Put a process into a process group.
 */
static PyObject *
posix_setpgid(PyObject *module, pid_arg pid, pid_arg pgrp)
{
    return hob_posix_result(setpgid(pid, pgrp) < 0);
}

/** setpgrp($module, /)
 *
 *  Make this process the leader of a process group of its own.
 */
static PyObject *
posix_setpgrp(PyObject *module)
{
    return hob_posix_result(setpgrp() < 0);
}

/** kill($module, pid, signal, /)
 *
 *  Send a signal to a process.
 */
static PyObject *
posix_kill(PyObject *module, pid_arg pid, Py_ssize_t signal)
{
    if (PySys_Audit("os.kill", "in", pid, signal) < 0) { return NULL; }
    if (kill(pid, (int)signal) == -1) { return hob_posix_error(); }
    if (PyErr_CheckSignals()) { return NULL; }
    Py_RETURN_NONE;
}

/** killpg($module, pgid, signal, /)
 *
 *  Send a signal to a process group.
 */
static PyObject *
posix_killpg(PyObject *module, pid_arg pgid, cint_arg signal)
{
    if (PySys_Audit("os.killpg", "ii", pgid, signal) < 0) { return NULL; }
    if (killpg(pgid, signal) == -1) { return hob_posix_error(); }
    if (PyErr_CheckSignals()) { return NULL; }
    Py_RETURN_NONE;
}

/** pidfd_open($module, /, pid, flags=0)
 *
 *  Return a descriptor that refers to a process.
 */
static PyObject *
posix_pidfd_open(PyObject *module, pid_arg pid, uint_arg flags)
{
    int fd = (int)syscall(SYS_pidfd_open, pid, flags);
    return fd < 0 ? hob_posix_error() : PyLong_FromLong(fd);
}

/* --- priority --- */

/** nice($module, increment, /)
 *
 *  Add to the niceness of this process and return it.
 */
static PyObject *
posix_nice(PyObject *module, int increment)
{
    errno = 0;
    int value = nice(increment);
    return value == -1 && errno ? hob_posix_error() : PyLong_FromLong(value);
}

/** getpriority($module, /, which, who)
 *
 *  Return the niceness of a process, group or user (PRIO_PROCESS, PRIO_PGRP,
 *  PRIO_USER).
 */
static PyObject *
posix_getpriority(PyObject *module, int which, int who)
{
    errno = 0;
    int value = getpriority((__priority_which_t)which, (id_t)who);
    return errno ? hob_posix_error() : PyLong_FromLong(value);
}

/** setpriority($module, /, which, who, priority)
 *
 *  Set the niceness of a process, group or user.
 */
static PyObject *
posix_setpriority(PyObject *module, int which, int who, int priority)
{
    return hob_posix_result(setpriority((__priority_which_t)which, (id_t)who, priority) == -1);
}

/* --- children --- */

static bool
may_fork(void)
{
    if (PyInterpreterState_Get() == PyInterpreterState_Main()) { return true; }
    PyErr_SetString(PyExc_RuntimeError, "fork not supported for subinterpreters");
    return false;
}

static void
after_fork(pid_t pid)
{
    int saved = errno;
    if (pid == 0) { PyOS_AfterFork_Child(); }
    else          { PyOS_AfterFork_Parent(); }
    errno = saved;
}

/** fork($module, /)
 *
 *  Make a copy of this process: return 0 in the child, its pid in the parent.
 */
static PyObject *
posix_fork(PyObject *module)
{
    if (!may_fork() || PySys_Audit("os.fork", NULL) < 0) { return NULL; }
    PyOS_BeforeFork();
    pid_t pid = fork();
    after_fork(pid);
    return pid == -1 ? hob_posix_error() : PyLong_FromLong(pid);
}

/** forkpty($module, /)
 *
 *  Fork with a new pseudo-terminal as the child's terminal.
 *
 *  Return (pid, fd of the master); the pid is 0 in the child.
 */
static PyObject *
posix_forkpty(PyObject *module)
{
    if (!may_fork() || PySys_Audit("os.forkpty", NULL) < 0) { return NULL; }
    int master = -1;
    PyOS_BeforeFork();
    pid_t pid = forkpty(&master, NULL, NULL, NULL);
    after_fork(pid);
    return pid == -1 ? hob_posix_error() : Py_BuildValue("(ii)", (int)pid, master);
}

static status
add_forker(PyObject **list, PyObject *func)
{
    if (!func) { return 0; }
    if (!*list) {
        *list = PyList_New(0);
        if (!*list) { return -1; }
    }
    return PyList_Append(*list, func);
}

static bool
check_forker(PyObject *func, const char *name)
{
    if (!func || PyCallable_Check(func)) { return true; }
    PyErr_Format(PyExc_TypeError, "'%.200s' must be callable, not %.200s", name,
                 Py_TYPE(func)->tp_name);
    return false;
}

/** register_at_fork($module, /, *, before=NULL, after_in_child=NULL, after_in_parent=NULL)
 *
 *  Have functions called around os.fork(): before in the parent, last registered
 *  first; after_in_child and after_in_parent in order of registration.
 */
static PyObject *
posix_register_at_fork(PyObject *module, PyObject *before, PyObject *after_in_child,
                       PyObject *after_in_parent)
{
    if (!before && !after_in_child && !after_in_parent) {
        PyErr_SetString(PyExc_TypeError, "At least one argument is required.");
        return NULL;
    }
    if (!check_forker(before, "before") || !check_forker(after_in_child, "after_in_child")
        || !check_forker(after_in_parent, "after_in_parent")) {
        return NULL;
    }
    PyInterpreterState *interp = PyInterpreterState_Get();
    if (add_forker(&interp->before_forkers, before) < 0) { return NULL; }
    if (add_forker(&interp->after_forkers_child, after_in_child) < 0) { return NULL; }
    if (add_forker(&interp->after_forkers_parent, after_in_parent) < 0) { return NULL; }
    Py_RETURN_NONE;
}

/** system($module, /, command)
 *
 *  Run a command in a shell and return its wait status.
 */
static PyObject *
posix_system(PyObject *module, name_arg *command)
{
    const char *text = PyBytes_AsString(command->bytes);
    if (PySys_Audit("os.system", "(O)", command->bytes) < 0) { return NULL; }
    long result;
    Py_BEGIN_ALLOW_THREADS
    result = system(text);
    Py_END_ALLOW_THREADS
    return PyLong_FromLong(result);
}

/* --- the machine --- */

/** cpu_count($module, /)
 *
 *  Return the number of processors of the machine, or None when it is not known.
 */
static PyObject *
posix_cpu_count(PyObject *module)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n >= 1 ? PyLong_FromLong(n) : Py_NewRef(Py_None);
}

/** getloadavg($module, /)
 *
 *  Return how many processes wanted to run, on average of 1, 5 and 15 minutes.
 */
static PyObject *
posix_getloadavg(PyObject *module)
{
    double load[3];
    if (getloadavg(load, 3) != 3) {
        PyErr_SetString(PyExc_OSError, "Load averages are unobtainable");
        return NULL;
    }
    return Py_BuildValue("ddd", load[0], load[1], load[2]);
}

PyDoc_STRVAR(times_doc,
    "times_result: Result from os.times().\n\n"
    "A tuple of (user, system, children_user, children_system, elapsed) seconds.");

static PyStructSequence_Field times_fields[] = {
    {"user", "user time"},
    {"system", "system time"},
    {"children_user", "user time of children"},
    {"children_system", "system time of children"},
    {"elapsed", "elapsed time since an arbitrary point in the past"},
    {NULL},
};

static PyStructSequence_Desc times_desc = {"posix.times_result", times_doc, times_fields, 5};
static PyTypeObject *times_type;

/** times($module, /)
 *
 *  Return the processor time that this process and its children have used.
 */
static PyObject *
posix_times(PyObject *module)
{
    struct tms t;
    errno = 0;
    clock_t elapsed = times(&t);
    if (elapsed == (clock_t)-1) { return hob_posix_error(); }
    double ticks = (double)sysconf(_SC_CLK_TCK);
    const clock_t values[] = {t.tms_utime, t.tms_stime, t.tms_cutime, t.tms_cstime, elapsed};
    own PyObject *result = PyStructSequence_New(times_type);
    if (!result) { return NULL; }
    for (int i = 0; i < 5; i++) {
        PyObject *value = PyFloat_FromDouble((double)values[i] / ticks);
        if (!value) { return NULL; }
        PyStructSequence_SET_ITEM(result, i, value);
    }
    return take(result);
}

#include "gen/modules/posix/proc.bind.h"

PyMethodDef *const hob_posix_proc_methods = module_methods;

static PyMethodDef id_methods[] = {
    {"getpid", posix_getpid, METH_NOARGS,
     "getpid($module, /)\n--\n\nReturn the id of this process."},
    {"getppid", posix_getppid, METH_NOARGS,
     "getppid($module, /)\n--\n\nReturn the id of the parent process."},
    {"getpgrp", posix_getpgrp, METH_NOARGS,
     "getpgrp($module, /)\n--\n\nReturn the process group of this process."},
    {NULL},
};

status
hob_posix_add_proc_types(PyObject *module)
{
    if (PyModule_AddFunctions(module, id_methods) < 0) { return -1; }
    return hob_posix_add_structseq(module, "times_result", &times_desc, &times_type);
}

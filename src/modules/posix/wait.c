/* wait.c -- module posix: waiting for children, and what their status means. */
#include "modules/posix/posix_int.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "memory/own.h"

static PyObject *
wait_result(pid_t pid, int status)
{
    return pid < 0 ? hob_posix_error() : Py_BuildValue("(ii)", (int)pid, status);
}

/** wait($module, /)
 *
 *  Wait for any child to end: return (pid, status).
 */
static PyObject *
posix_wait(PyObject *module)
{
    pid_t pid;
    int status = 0;
    RETRY(pid = wait(&status), pid < 0)
    return wait_result(pid, status);
}

/** waitpid($module, pid, options, /)
 *
 *  Wait for a child: return (pid, status), or (0, 0) with WNOHANG and none ready.
 */
static PyObject *
posix_waitpid(PyObject *module, pid_arg pid, cint_arg options)
{
    pid_t found;
    int status = 0;
    RETRY(found = waitpid(pid, &status, options), found < 0)
    return wait_result(found, status);
}

static double
seconds_of(const struct timeval *t)
{
    return (double)t->tv_sec + (double)t->tv_usec * 1e-6;
}

/* resource.struct_rusage of it */
static PyObject *
rusage_result(const struct rusage *ru)
{
    own PyObject *resource = PyImport_ImportModule("resource");
    own PyObject *type = resource ? PyObject_GetAttrString(resource, "struct_rusage") : NULL;
    own PyObject *result = type ? PyStructSequence_New((PyTypeObject *)type) : NULL;
    if (!result) { return NULL; }
    const long counts[] = {ru->ru_maxrss, ru->ru_ixrss, ru->ru_idrss, ru->ru_isrss,
                           ru->ru_minflt,
                           ru->ru_majflt, ru->ru_nswap, ru->ru_inblock, ru->ru_oublock,
                           ru->ru_msgsnd, ru->ru_msgrcv, ru->ru_nsignals, ru->ru_nvcsw,
                           ru->ru_nivcsw};
    for (int i = 0; i < 16; i++) {
        PyObject *value = i == 0 ? PyFloat_FromDouble(seconds_of(&ru->ru_utime))
                        : i == 1 ? PyFloat_FromDouble(seconds_of(&ru->ru_stime))
                        : PyLong_FromLong(counts[i - 2]);
        if (!value) { return NULL; }
        PyStructSequence_SET_ITEM(result, i, value);
    }
    return take(result);
}

static PyObject *
wait_result_rusage(pid_t pid, int status, const struct rusage *usage)
{
    if (pid < 0) { return hob_posix_error(); }
    PyObject *used = rusage_result(usage);
    return used ? Py_BuildValue("(iiN)", (int)pid, status, used) : NULL;
}

/** wait3($module, /, options)
 *
 *  Wait for any child: return (pid, status, resources used).
 */
static PyObject *
posix_wait3(PyObject *module, int options)
{
    pid_t pid;
    int status = 0;
    struct rusage usage = {0};
    RETRY(pid = wait3(&status, options, &usage), pid < 0)
    return wait_result_rusage(pid, status, &usage);
}

/** wait4($module, /, pid, options)
 *
 *  Wait for a child: return (pid, status, resources used).
 */
static PyObject *
posix_wait4(PyObject *module, pid_arg pid, cint_arg options)
{
    pid_t found;
    int status = 0;
    struct rusage usage = {0};
    RETRY(found = wait4(pid, &status, options, &usage), found < 0)
    return wait_result_rusage(found, status, &usage);
}

PyDoc_STRVAR(waitid_doc,
    "waitid_result: Result from waitid.\n\n"
    "A tuple of (si_pid, si_uid, si_signo, si_status, si_code).");

static PyStructSequence_Field waitid_fields[] = {
    {"si_pid"}, {"si_uid"}, {"si_signo"}, {"si_status"}, {"si_code"}, {NULL},
};

static PyStructSequence_Desc waitid_desc = {"posix.waitid_result", waitid_doc, waitid_fields,
                                            5};
static PyTypeObject *waitid_type;

/** waitid($module, idtype, id, options, /)
 *
 *  Wait for children as idtype says: P_PID, P_PGID, P_ALL or P_PIDFD.
 *
 *  Return what is known of one, or None with WNOHANG and none ready.
 */
static PyObject *
posix_waitid(PyObject *module, cint_arg idtype, id_arg id, cint_arg options)
{
    siginfo_t info;
    int result;
    info.si_pid = 0;
    RETRY(result = waitid((idtype_t)idtype, id, &info, options), result < 0)
    if (result < 0) { return hob_posix_error(); }
    if (info.si_pid == 0) { Py_RETURN_NONE; }
    own PyObject *found = PyStructSequence_New(waitid_type);
    if (!found) { return NULL; }
    const long values[] = {info.si_pid, info.si_uid, info.si_signo, info.si_status,
                           info.si_code};
    for (int i = 0; i < 5; i++) {
        PyObject *value = i == 1 ? _PyLong_FromUid(info.si_uid) : PyLong_FromLong(values[i]);
        if (!value) { return NULL; }
        PyStructSequence_SET_ITEM(found, i, value);
    }
    return take(found);
}

/* --- what a status means --- */

/** WIFEXITED($module, /, status)
 *
 *  Return True if the process ended by exit().
 */
static bool
wait_WIFEXITED(PyObject *module, int status)
{
    return WIFEXITED(status);
}

/** WEXITSTATUS($module, /, status)
 *
 *  Return the exit code in a wait status.
 */
static int
wait_WEXITSTATUS(PyObject *module, int status)
{
    return WEXITSTATUS(status);
}

/** WIFSIGNALED($module, /, status)
 *
 *  Return True if a signal ended the process.
 */
static bool
wait_WIFSIGNALED(PyObject *module, int status)
{
    return WIFSIGNALED(status);
}

/** WTERMSIG($module, /, status)
 *
 *  Return the signal that ended the process.
 */
static int
wait_WTERMSIG(PyObject *module, int status)
{
    return WTERMSIG(status);
}

/** WIFSTOPPED($module, /, status)
 *
 *  Return True if a signal stopped the process.
 */
static bool
wait_WIFSTOPPED(PyObject *module, int status)
{
    return WIFSTOPPED(status);
}

/** WSTOPSIG($module, /, status)
 *
 *  Return the signal that stopped the process.
 */
static int
wait_WSTOPSIG(PyObject *module, int status)
{
    return WSTOPSIG(status);
}

/** WIFCONTINUED($module, /, status)
 *
 *  Return True if the process goes on after it was stopped.
 */
static bool
wait_WIFCONTINUED(PyObject *module, int status)
{
    return WIFCONTINUED(status);
}

/** WCOREDUMP($module, status, /)
 *
 *  Return True if the process left a core dump.
 */
static bool
wait_WCOREDUMP(PyObject *module, int status)
{
    return WCOREDUMP(status);
}

/** waitstatus_to_exitcode($module, /, status)
 *
 *  Return the exit code in a wait status, or -signal if that ended the process.
 */
static PyObject *
posix_waitstatus_to_exitcode(PyObject *module, PyObject *status)
{
    int value = _PyLong_AsInt(status);
    if (value == -1 && PyErr_Occurred()) { return NULL; }
    if (WIFEXITED(value)) { return PyLong_FromLong(WEXITSTATUS(value)); }
    if (WIFSIGNALED(value)) { return PyLong_FromLong(-WTERMSIG(value)); }
    if (WIFSTOPPED(value)) {
        return PyErr_Format(PyExc_ValueError, "process stopped by delivery of signal %i",
                            WSTOPSIG(value));
    }
    return PyErr_Format(PyExc_ValueError, "invalid wait status: %i", value);
}

#include "gen/modules/posix/wait.bind.h"

PyMethodDef *const hob_posix_wait_methods = module_methods;

status
hob_posix_add_wait_types(PyObject *module)
{
    return hob_posix_add_structseq(module, "waitid_result", &waitid_desc, &waitid_type);
}

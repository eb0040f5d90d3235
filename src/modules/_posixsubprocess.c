/* _posixsubprocess.c -- the child side of module subprocess, in C.
 *
 * fork_exec() prepares everything in the parent, so that the child, between fork
 * and exec, calls only what is safe there: no allocation, no locks, no Python,
 * except for preexec_fn, which is the caller's own risk.
 *
 * With no preexec_fn and no change of user the child is made by vfork(): the parent
 * stands still and its memory is shared until exec, which saves copying page tables.
 *
 * Hazard     The child of a vfork runs on our stack: child_run never returns, and
 *            signals are held back meanwhile so that no handler of ours runs there.
 */
#include "modules/posix/posix_int.h"

#include <grp.h>
#include <signal.h>
#include <unistd.h>

#include "memory/own.h"
#include "state/file.h"

enum { MAX_GROUPS = 65536 };

typedef struct {
    char **argv, **envp, **executables;         /* NULL-terminated; envp may be NULL */
    const char *cwd;                            /* or NULL */
    const int *keep;                            /* ascending descriptors */
    Py_ssize_t n_keep;
    int p2cread, p2cwrite, c2pread, c2pwrite, errread, errwrite, errpipe_read, errpipe_write;
    int close_fds, restore_signals, call_setsid;
    pid_t pgid;                                 /* -1: none */
    int umask;                                  /* -1: leave it */
    bool set_gid, set_uid, set_groups;
    gid_t gid;
    uid_t uid;
    size_t n_groups;
    const gid_t *groups;
    PyObject *preexec_fn;                       /* or NULL */
    const sigset_t *old_mask;                   /* of a vfork: what to restore */
} child_plan;

/* --- in the child --- */

static bool
keep_open(const child_plan *plan)
{
    for (Py_ssize_t i = 0; i < plan->n_keep; i++) {
        int fd = plan->keep[i];
        if (fd == plan->errpipe_write) { continue; }    /* closed by exec: that says "done" */
        if (_Py_set_inheritable_async_safe(fd, 1, NULL) < 0) { return false; }
    }
    return true;
}

static void
close_others(const child_plan *plan)
{
    int from = 3;
    for (Py_ssize_t i = 0; i < plan->n_keep; i++) {
        int fd = plan->keep[i];
        if (fd < from) { continue; }
        if (fd > from) { _Py_closerange(from, fd - 1); }
        from = fd + 1;
    }
    _Py_closerange(from, INT_MAX);
}

/* Make fd the standard stream `to`, open across exec. */
static bool
move_fd(int fd, int to)
{
    if (fd == to) { return _Py_set_inheritable_async_safe(fd, 1, NULL) == 0; }
    return fd == -1 || dup2(fd, to) != -1;
}

static bool
close_parents_ends(const child_plan *plan)
{
    return (plan->p2cwrite == -1 || close(plan->p2cwrite) == 0)
        && (plan->c2pread == -1 || close(plan->c2pread) == 0)
        && (plan->errread == -1 || close(plan->errread) == 0)
        && close(plan->errpipe_read) == 0;
}

static bool
set_streams(const child_plan *plan)
{
    int out = plan->c2pwrite, err = plan->errwrite;
    /* Out of the way of the dup2 calls below; dup'ed ones vanish with close_fds. */
    if (out == 0 && (out = dup(out)) == -1) { return false; }
    while (err == 0 || err == 1) {
        if ((err = dup(err)) == -1) { return false; }
    }
    return move_fd(plan->p2cread, 0) && move_fd(out, 1) && move_fd(err, 2);
}

static bool
set_identity(const child_plan *plan)
{
    if (plan->call_setsid && setsid() == -1) { return false; }
    if (plan->pgid >= 0 && setpgid(0, plan->pgid) == -1) { return false; }
    if (plan->set_groups && setgroups(plan->n_groups, plan->groups) == -1) { return false; }
    if (plan->set_gid && setregid(plan->gid, plan->gid) == -1) { return false; }
    return !plan->set_uid || setreuid(plan->uid, plan->uid) != -1;
}

/* Try each executable; the errno to report. */
static int
exec_any(const child_plan *plan)
{
    int saved = 0;
    for (char **path = plan->executables; *path; path++) {
        if (plan->envp) { execve(*path, plan->argv, plan->envp); }
        else            { execv(*path, plan->argv); }
        if (errno != ENOENT && errno != ENOTDIR && saved == 0) { saved = errno; }
    }
    return saved ? saved : errno;
}

/* "OSError:<hex errno>:<what>" or "SubprocessError:0:<what>" to the parent */
static void
report(int fd, int error, const char *what)
{
    char text[64];
    size_t n = 0;
    const char *head = error ? "OSError:" : "SubprocessError:0";
    for (; head[n]; n++) { text[n] = head[n]; }
    if (error) {
        char digits[sizeof(int) * 2];
        int k = 0;
        for (unsigned rest = (unsigned)error; rest; rest >>= 4) {
            digits[k++] = "0123456789abcdef"[rest & 15];
        }
        while (k) { text[n++] = digits[--k]; }
    }
    text[n++] = ':';
    _Py_write_noraise(fd, text, n);
    _Py_write_noraise(fd, what, strlen(what));
}

static void __attribute__((noreturn))
child_run(const child_plan *plan)
{
    const char *what = "noexec";                /* what subprocess takes for "cwd is wrong" */
    int error;
    if (!keep_open(plan) || !close_parents_ends(plan) || !set_streams(plan)) { goto failed; }
    if (plan->cwd && chdir(plan->cwd) == -1) { goto failed; }
    if (plan->umask >= 0) { umask((mode_t)plan->umask); }
    if (plan->restore_signals) { _Py_RestoreSignals(); }
    if (plan->old_mask) { sigprocmask(SIG_SETMASK, plan->old_mask, NULL); }
    if (!set_identity(plan)) { goto failed; }
    if (plan->preexec_fn) {
        PyObject *result = PyObject_CallNoArgs(plan->preexec_fn);
        if (!result) {
            report(plan->errpipe_write, 0, "Exception occurred in preexec_fn.");
            _exit(255);
        }
    }
    if (plan->close_fds) { close_others(plan); }
    error = exec_any(plan);
    report(plan->errpipe_write, error, "");
    _exit(255);
failed:
    error = errno;
    report(plan->errpipe_write, error, what);
    _exit(255);
}

/* Fork and run the plan; alone in its frame, because of vfork. */
static NOINLINE pid_t
child_start(child_plan *plan, bool share_memory)
{
    pid_t pid = share_memory ? vfork() : fork();
    if (pid != 0) { return pid; }
    if (plan->preexec_fn) { PyOS_AfterFork_Child(); }
    child_run(plan);
}

/* --- in the parent --- */

/* A sequence of bytes to a NULL-terminated array, or NULL with an exception. */
static char **
strings_from_bytes(PyObject *sequence)
{
    Py_ssize_t n = PySequence_Size(sequence);
    if (n < 0) { return NULL; }
    char **strings = PyMem_New(char *, n + 1);
    if (!strings) {
        PyErr_NoMemory();
        return NULL;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        own PyObject *item = PySequence_GetItem(sequence, i);
        char *text = NULL;
        if (item && !PyBytes_Check(item)) {
            PyErr_Format(PyExc_TypeError, "expected bytes, %.200s found",
                         Py_TYPE(item)->tp_name);
        }
        else if (item && PyBytes_AsStringAndSize(item, &text, NULL) == 0) {
            text = _PyMem_Strdup(text);
            if (!text) { PyErr_NoMemory(); }
        }
        else { text = NULL; }
        if (!text) {
            hob_strings_free(strings, i);
            return NULL;
        }
        strings[i] = text;
    }
    strings[n] = NULL;
    return strings;
}

/* The arguments, by the file system encoding; any sequence, fixed before. */
static char **
argv_from(PyObject *args, Py_ssize_t *n)
{
    own PyObject *fast = PySequence_Fast(args, "argv must be a tuple");
    own PyObject *fixed = fast ? PySequence_Tuple(fast) : NULL;
    return fixed ? hob_strings_from(fixed, n) : NULL;
}

static bool
keep_is_valid(PyObject *fds)
{
    long before = -1;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(fds); i++) {
        PyObject *item = PyTuple_GET_ITEM(fds, i);
        if (!PyLong_Check(item)) { return false; }
        long fd = PyLong_AsLong(item);
        if (fd < 0 || fd <= before || fd > INT_MAX) {
            PyErr_Clear();
            return false;
        }
        before = fd;
    }
    return true;
}

static gid_t *
groups_from(PyObject *list, size_t *n)
{
    if (!PyList_Check(list)) {
        PyErr_SetString(PyExc_TypeError, "setgroups argument must be a list");
        return NULL;
    }
    Py_ssize_t size = PySequence_Size(list);
    if (size < 0) { return NULL; }
    if (size > MAX_GROUPS) {
        PyErr_SetString(PyExc_ValueError, "too many groups");
        return NULL;
    }
    gid_t *groups = PyMem_New(gid_t, size ? size : 1);
    if (!groups) {
        PyErr_NoMemory();
        return NULL;
    }
    for (Py_ssize_t i = 0; i < size; i++) {
        own PyObject *item = PySequence_GetItem(list, i);
        const char *why = NULL;
        if (!item) { goto failed; }
        if (!PyLong_Check(item)) {
            PyErr_SetString(PyExc_TypeError, "groups must be integers");
            goto failed;
        }
        if (!_Py_Gid_Converter(item, &groups[i])) { why = "invalid group id"; }
        if (!why) { continue; }
        PyErr_Clear();
        PyErr_SetString(PyExc_ValueError, why);
failed:
        PyMem_Free(groups);
        return NULL;
    }
    *n = (size_t)size;
    return groups;
}

typedef struct {                        /* what the parent must free */
    char **argv;
    Py_ssize_t argc;
    gid_t *groups;
    int *keep;
    PyObject *cwd;                      /* bytes */
} child_memory;

static void
memory_free(child_plan *plan, child_memory *memory)
{
    hob_strings_free(memory->argv, memory->argc);
    hob_environment_free(plan->executables);
    hob_environment_free(plan->envp);
    PyMem_Free(memory->groups);
    PyMem_Free(memory->keep);
    Py_XDECREF(memory->cwd);
}

static pid_t
start(child_plan *plan, bool allow_vfork)
{
    bool share = allow_vfork && !plan->preexec_fn && !plan->set_uid && !plan->set_gid
              && !plan->set_groups;
    sigset_t all, old;
    if (share) {
        sigfillset(&all);
        if (pthread_sigmask(SIG_BLOCK, &all, &old) == 0) { plan->old_mask = &old; }
        else { share = false; }
    }
    pid_t pid = child_start(plan, share);
    int error = errno;
    if (plan->old_mask) { pthread_sigmask(SIG_SETMASK, &old, NULL); }
    errno = error;
    return pid;
}

PyDoc_STRVAR(fork_exec_doc,
    "fork_exec(args, executable_list, close_fds, pass_fds, cwd, env,\n"
    "          p2cread, p2cwrite, c2pread, c2pwrite,\n"
    "          errread, errwrite, errpipe_read, errpipe_write,\n"
    "          restore_signals, call_setsid, pgid_to_set,\n"
    "          gid, groups_list, uid,\n"
    "          preexec_fn)\n\n"
    "Start a child process and run the first of executable_list that can be run.\n\n"
    "Of the three pipes the child's ends become its standard streams.  What fails in\n"
    "the child is written to errpipe_write.  Returns the child's pid.");

static PyObject *
fork_exec(PyObject *module, PyObject *args)
{
    PyObject *process_args, *executables, *keep, *cwd, *env, *gid, *groups, *uid, *preexec_fn;
    int allow_vfork;
    child_plan plan = {0};
    child_memory memory = {0};
    PyObject *result = NULL;
    bool has_hook = false, collected = false;
    if (!PyArg_ParseTuple(args, "OOpO!OOiiiiiiiiiiiOOOiOp:fork_exec", &process_args,
                          &executables,
                          &plan.close_fds, &PyTuple_Type, &keep, &cwd, &env, &plan.p2cread,
                          &plan.p2cwrite, &plan.c2pread, &plan.c2pwrite, &plan.errread,
                          &plan.errwrite, &plan.errpipe_read, &plan.errpipe_write,
                          &plan.restore_signals, &plan.call_setsid, &plan.pgid, &gid, &groups,
                          &uid, &plan.umask, &preexec_fn, &allow_vfork)) {
        return NULL;
    }
    has_hook = preexec_fn != Py_None;
    if (has_hook && PyInterpreterState_Get() != PyInterpreterState_Main()) {
        PyErr_SetString(PyExc_RuntimeError, "preexec_fn not supported within subinterpreters");
        return NULL;
    }
    if (plan.close_fds && plan.errpipe_write < 3) {
        PyErr_SetString(PyExc_ValueError, "errpipe_write must be >= 3");
        return NULL;
    }
    if (!keep_is_valid(keep)) {
        PyErr_SetString(PyExc_ValueError, "bad value(s) in fds_to_keep");
        return NULL;
    }
    plan.executables = strings_from_bytes(executables);
    if (!plan.executables) { goto done; }
    memory.argv = plan.argv = argv_from(process_args, &memory.argc);
    if (!plan.argv) { goto done; }
    if (env != Py_None && !(plan.envp = strings_from_bytes(env))) { goto done; }
    if (cwd != Py_None) {
        if (!PyUnicode_FSConverter(cwd, &memory.cwd)) { goto done; }
        plan.cwd = PyBytes_AsString(memory.cwd);
    }
    if (groups != Py_None) {
        plan.groups = memory.groups = groups_from(groups, &plan.n_groups);
        if (!plan.groups) { goto done; }
        plan.set_groups = true;
    }
    if (gid != Py_None) {
        if (!_Py_Gid_Converter(gid, &plan.gid)) { goto done; }
        plan.set_gid = true;
    }
    if (uid != Py_None) {
        if (!_Py_Uid_Converter(uid, &plan.uid)) { goto done; }
        plan.set_uid = true;
    }
    plan.n_keep = PyTuple_GET_SIZE(keep);
    plan.keep = memory.keep = PyMem_New(int, plan.n_keep ? plan.n_keep : 1);
    if (!plan.keep) {
        PyErr_NoMemory();
        goto done;
    }
    for (Py_ssize_t i = 0; i < plan.n_keep; i++) {
        memory.keep[i] = (int)PyLong_AsLong(PyTuple_GET_ITEM(keep, i));
    }
    if (has_hook) {
        plan.preexec_fn = preexec_fn;
        collected = PyGC_Disable();             /* finalizers are not for the child to run */
        PyOS_BeforeFork();
    }
    pid_t pid = start(&plan, allow_vfork);
    int error = errno;
    if (has_hook) {
        PyOS_AfterFork_Parent();
        if (collected) { PyGC_Enable(); }
    }
    errno = error;
    result = pid < 0 ? PyErr_SetFromErrno(PyExc_OSError) : PyLong_FromLong(pid);
done:
    memory_free(&plan, &memory);
    return result;
}

static PyMethodDef subprocess_methods[] = {
    {"fork_exec", fork_exec, METH_VARARGS, fork_exec_doc},
    {NULL},
};

static struct PyModuleDef subprocess_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_posixsubprocess",
    .m_doc = "fork and exec in one step, for subprocess.",
    .m_methods = subprocess_methods,
};

PyMODINIT_FUNC
PyInit__posixsubprocess(void)
{
    return PyModuleDef_Init(&subprocess_module);
}

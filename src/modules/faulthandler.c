/* faulthandler.c -- tracebacks when the process is about to die, or hangs.
 *
 * Layout     fatal[]     signals that end the process, with what was set before
 *            user[]      signals that a program has chosen (register)
 *            watchdog    a thread that waits for its time to run out
 * Holds      Whatever runs in a signal handler only reads memory and calls write():
 *            _Py_DumpTraceback* are made for that (vm/traceback_dump.c).
 *            Each descriptor's file object is kept alive while it may be used.
 * Hazard     A handler restores what was set before it and raises the signal again.
 */
#include <Python.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/c.h"
#include "memory/own.h"
#include "state/interp.h"
#include "state/runtime.h"

HOB_EXPORT void _Py_DumpTraceback(int fd, PyThreadState *ts);
HOB_EXPORT const char *_Py_DumpTracebackThreads(int fd, PyInterpreterState *interp,
                                                PyThreadState *current);
HOB_EXPORT Py_ssize_t _Py_write_noraise(int fd, const void *buf, size_t count);
HOB_EXPORT void _Py_DumpDecimal(int fd, size_t value);
HOB_EXPORT void _Py_DumpASCII(int fd, PyObject *text);
HOB_EXPORT void _Py_DumpExtensionModules(int fd, PyInterpreterState *interp);

enum { N_SIGNALS = 65 };

static void
put(int fd, const char *text)
{
    _Py_write_noraise(fd, text, strlen(text));
}

/* --- which file --- */

/* A descriptor, or an object with fileno(), which is flushed; NULL or None is
 * sys.stderr.  *file becomes the object to keep alive (borrowed), or NULL. */
static int
fd_of(PyObject **file)
{
    PyObject *given = *file;
    if (!given || given == Py_None) {
        given = PySys_GetObject("stderr");
        if (!given) {
            PyErr_SetString(PyExc_RuntimeError, "unable to get sys.stderr");
            return -1;
        }
        if (given == Py_None) {
            PyErr_SetString(PyExc_RuntimeError, "sys.stderr is None");
            return -1;
        }
    }
    else if (PyLong_Check(given)) {
        int fd = _PyLong_AsInt(given);
        if (fd == -1 && PyErr_Occurred()) { return -1; }
        if (fd < 0) {
            PyErr_SetString(PyExc_ValueError, "file is not a valid file descripter");
            return -1;
        }
        *file = NULL;
        return fd;
    }
    own PyObject *result = PyObject_CallMethod(given, "fileno", NULL);
    if (!result) { return -1; }
    long fd = -1;
    if (PyLong_Check(result)) { fd = PyLong_AsLong(result); }
    if (fd < 0 || fd > INT_MAX) {
        PyErr_Clear();
        PyErr_SetString(PyExc_RuntimeError, "file.fileno() is not a valid file descriptor");
        return -1;
    }
    own PyObject *flushed = PyObject_CallMethod(given, "flush", NULL);
    if (!flushed) { PyErr_Clear(); }
    *file = given;
    return (int)fd;
}

/* The thread state of the caller, without trusting that it has the GIL. */
static PyThreadState *
current_state(void)
{
    PyThreadState *ts = hob_ts();
    if (!ts) {
        PyErr_SetString(PyExc_RuntimeError, "unable to get the current thread state");
    }
    return ts;
}

static void
dump(int fd, bool all_threads, PyInterpreterState *interp)
{
    static volatile bool is_busy;       /* a fault while dumping must not start over */
    if (is_busy) { return; }
    is_busy = true;
    PyThreadState *ts = PyGILState_GetThisThreadState();
    if (all_threads) { (void)_Py_DumpTracebackThreads(fd, interp, ts); }
    else if (ts)     { _Py_DumpTraceback(fd, ts); }
    is_busy = false;
}

static PyObject *
fh_dump_traceback(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"file", "all_threads", NULL};
    PyObject *file = NULL;
    int all_threads = 1;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|Oi:dump_traceback", names, &file,
                                     &all_threads)) {
        return NULL;
    }
    int fd = fd_of(&file);
    if (fd < 0) { return NULL; }
    PyThreadState *ts = current_state();
    if (!ts) { return NULL; }
    own PyObject *held = Py_XNewRef(file);
    if (all_threads) {
        const char *error = _Py_DumpTracebackThreads(fd, NULL, ts);
        if (error) {
            PyErr_SetString(PyExc_RuntimeError, error);
            return NULL;
        }
    }
    else { _Py_DumpTraceback(fd, ts); }
    if (PyErr_CheckSignals()) { return NULL; }
    Py_RETURN_NONE;
}

/* --- fatal signals --- */

typedef struct {
    int signum;
    const char *name;
    bool is_enabled;
    struct sigaction previous;
} fatal_signal;

static fatal_signal fatal[] = {
    {SIGBUS, "Bus error"},
    {SIGILL, "Illegal instruction"},
    {SIGFPE, "Floating point exception"},
    {SIGABRT, "Aborted"},
    {SIGSEGV, "Segmentation fault"},
};

static struct {
    bool is_enabled;
    PyObject *file;                     /* owned, or NULL */
    int fd;
    bool all_threads;
    PyInterpreterState *interp;
} fault;

static stack_t alternate, old_alternate;        /* overflows need a stack of their own */

static void
fatal_restore(fatal_signal *entry)
{
    if (!entry->is_enabled) { return; }
    entry->is_enabled = false;
    sigaction(entry->signum, &entry->previous, NULL);
}

static void
on_fatal(int signum)
{
    if (!fault.is_enabled) { return; }
    int saved = errno;
    fatal_signal *entry = NULL;
    for (size_t i = 0; i < ARRAY_LEN(fatal); i++) {
        if (fatal[i].signum == signum) { entry = &fatal[i]; }
    }
    if (!entry) { return; }
    fatal_restore(entry);
    put(fault.fd, "Fatal Python error: ");
    put(fault.fd, entry->name);
    put(fault.fd, "\n\n");
    dump(fault.fd, fault.all_threads, fault.interp);
    _Py_DumpExtensionModules(fault.fd, fault.interp);
    errno = saved;
    raise(signum);
}

static status
fatal_install(void)
{
    if (fault.is_enabled) { return 0; }
    fault.is_enabled = true;
    for (size_t i = 0; i < ARRAY_LEN(fatal); i++) {
        struct sigaction action = {.sa_handler = on_fatal, .sa_flags = SA_NODEFER};
        sigemptyset(&action.sa_mask);
        if (alternate.ss_sp) { action.sa_flags |= SA_ONSTACK; }
        if (sigaction(fatal[i].signum, &action, &fatal[i].previous) != 0) {
            PyErr_SetFromErrno(PyExc_RuntimeError);
            return -1;
        }
        fatal[i].is_enabled = true;
    }
    return 0;
}

static void
alternate_stack_make(void)
{
    if (alternate.ss_sp) { return; }
    size_t size = (size_t)sysconf(_SC_SIGSTKSZ);
    if (size < 32768) { size = 32768; }
    alternate.ss_sp = PyMem_RawMalloc(2 * size);
    if (!alternate.ss_sp) { return; }
    alternate.ss_size = 2 * size;
    if (sigaltstack(&alternate, &old_alternate) != 0) {
        PyMem_RawFree(alternate.ss_sp);
        alternate.ss_sp = NULL;
    }
}

static PyObject *
fh_enable(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"file", "all_threads", NULL};
    PyObject *file = NULL;
    int all_threads = 1;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|Oi:enable", names, &file, &all_threads)) {
        return NULL;
    }
    int fd = fd_of(&file);
    if (fd < 0) { return NULL; }
    PyThreadState *ts = current_state();
    if (!ts) { return NULL; }
    alternate_stack_make();
    Py_XSETREF(fault.file, Py_XNewRef(file));
    fault.fd = fd;
    fault.all_threads = all_threads;
    fault.interp = ts->interp;
    if (fatal_install() < 0) { return NULL; }
    Py_RETURN_NONE;
}

static void
fatal_disable(void)
{
    if (fault.is_enabled) {
        fault.is_enabled = false;
        for (size_t i = 0; i < ARRAY_LEN(fatal); i++) { fatal_restore(&fatal[i]); }
    }
    Py_CLEAR(fault.file);
}

static PyObject *
fh_disable(PyObject *self, PyObject *unused)
{
    bool was = fault.is_enabled;
    fatal_disable();
    return PyBool_FromLong(was);
}

static PyObject *
fh_is_enabled(PyObject *self, PyObject *unused)
{
    return PyBool_FromLong(fault.is_enabled);
}

/* --- the watchdog --- */

static struct {
    PyObject *file;                     /* owned, or NULL */
    int fd;
    _PyTime_t timeout;
    bool repeat, exits;
    PyInterpreterState *interp;
    char header[64];
    PyThread_type_lock cancel;          /* held by Python while the thread is to run on */
    PyThread_type_lock running;         /* held by the thread while it runs */
} watchdog;

static void
watchdog_run(void *unused)
{
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, NULL);           /* signals are not for this thread */
    bool again;
    do {
        PyLockStatus got = PyThread_acquire_lock_timed(
            watchdog.cancel, _PyTime_AsMicroseconds(watchdog.timeout,
                                                    _PyTime_ROUND_TIMEOUT), 0);
        if (got == PY_LOCK_ACQUIRED) {
            PyThread_release_lock(watchdog.cancel);
            break;
        }
        put(watchdog.fd, watchdog.header);
        const char *error = _Py_DumpTracebackThreads(watchdog.fd, watchdog.interp, NULL);
        again = watchdog.repeat && !error;
        if (watchdog.exits) { _exit(1); }
    } while (again);
    PyThread_release_lock(watchdog.running);
}

static void
watchdog_stop(void)
{
    if (!watchdog.cancel) { return; }
    PyThread_release_lock(watchdog.cancel);
    PyThread_acquire_lock(watchdog.running, WAIT_LOCK);
    PyThread_release_lock(watchdog.running);
    PyThread_acquire_lock(watchdog.cancel, WAIT_LOCK);
    Py_CLEAR(watchdog.file);
}

static void
watchdog_header(_PyTime_t timeout)
{
    long long us = _PyTime_AsMicroseconds(timeout, _PyTime_ROUND_TIMEOUT);
    long long sec = us / 1000000, min = sec / 60, hour = min / 60;
    us %= 1000000;
    if (us) {
        PyOS_snprintf(watchdog.header, sizeof watchdog.header,
                      "Timeout (%lld:%02d:%02d.%06d)!\n", hour, (int)(min % 60),
                      (int)(sec % 60), (int)us);
    }
    else {
        PyOS_snprintf(watchdog.header, sizeof watchdog.header, "Timeout (%lld:%02d:%02d)!\n",
                      hour, (int)(min % 60), (int)(sec % 60));
    }
}

static PyObject *
fh_dump_traceback_later(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"timeout", "repeat", "file", "exit", NULL};
    PyObject *timeout_object, *file = NULL;
    int repeat = 0, exits = 0;
    _PyTime_t timeout;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|iOi:dump_traceback_later", names,
                                     &timeout_object, &repeat, &file, &exits)) {
        return NULL;
    }
    if (_PyTime_FromSecondsObject(&timeout, timeout_object, _PyTime_ROUND_TIMEOUT) < 0) {
        return NULL;
    }
    if (timeout <= 0) {
        PyErr_SetString(PyExc_ValueError, "timeout must be greater than 0");
        return NULL;
    }
    if (_PyTime_AsMicroseconds(timeout, _PyTime_ROUND_TIMEOUT) > PY_TIMEOUT_MAX) {
        PyErr_SetString(PyExc_OverflowError, "timeout value is too large");
        return NULL;
    }
    PyThreadState *ts = current_state();
    if (!ts) { return NULL; }
    int fd = fd_of(&file);
    if (fd < 0) { return NULL; }
    if (!watchdog.running) {
        watchdog.running = PyThread_allocate_lock();
        if (!watchdog.running) { return PyErr_NoMemory(); }
    }
    if (!watchdog.cancel) {
        watchdog.cancel = PyThread_allocate_lock();
        if (!watchdog.cancel || !PyThread_acquire_lock(watchdog.cancel, NOWAIT_LOCK)) {
            return PyErr_NoMemory();
        }
    }
    watchdog_stop();
    watchdog.file = Py_XNewRef(file);
    watchdog.fd = fd;
    watchdog.timeout = timeout;
    watchdog.repeat = repeat;
    watchdog.exits = exits;
    watchdog.interp = ts->interp;
    watchdog_header(timeout);
    PyThread_acquire_lock(watchdog.running, WAIT_LOCK);
    if (PyThread_start_new_thread(watchdog_run, NULL) == PYTHREAD_INVALID_THREAD_ID) {
        PyThread_release_lock(watchdog.running);
        Py_CLEAR(watchdog.file);
        PyErr_SetString(PyExc_RuntimeError, "unable to start watchdog thread");
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
fh_cancel(PyObject *self, PyObject *unused)
{
    watchdog_stop();
    Py_RETURN_NONE;
}

/* --- signals a program has chosen --- */

typedef struct {
    bool is_enabled;
    PyObject *file;                     /* owned, or NULL */
    int fd;
    bool all_threads, chain;
    struct sigaction previous;
    PyInterpreterState *interp;
} user_signal;

static user_signal user[N_SIGNALS];

static void on_user(int signum);

static int
user_install(int signum, struct sigaction *previous)
{
    struct sigaction action = {.sa_handler = on_user, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    if (user[signum].chain) { action.sa_flags = SA_NODEFER; }   /* we raise it ourselves */
    if (alternate.ss_sp) { action.sa_flags |= SA_ONSTACK; }
    return sigaction(signum, &action, previous);
}

static void
on_user(int signum)
{
    int saved = errno;
    user_signal *entry = &user[signum];
    if (!entry->is_enabled) { return; }
    dump(entry->fd, entry->all_threads, entry->interp);
    if (entry->chain) {
        sigaction(signum, &entry->previous, NULL);
        errno = saved;
        raise(signum);
        saved = errno;
        user_install(signum, NULL);
    }
    errno = saved;
}

static bool
check_signum(int signum)
{
    for (size_t i = 0; i < ARRAY_LEN(fatal); i++) {
        if (fatal[i].signum == signum) {
            PyErr_Format(PyExc_RuntimeError,
                         "signal %i cannot be registered, use enable() instead", signum);
            return false;
        }
    }
    if (signum >= 1 && signum < N_SIGNALS) { return true; }
    PyErr_SetString(PyExc_ValueError, "signal number out of range");
    return false;
}

static PyObject *
fh_register(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"signum", "file", "all_threads", "chain", NULL};
    int signum, all_threads = 1, chain = 0;
    PyObject *file = NULL;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "i|Oii:register", names, &signum, &file,
                                     &all_threads, &chain)) {
        return NULL;
    }
    if (!check_signum(signum)) { return NULL; }
    PyThreadState *ts = current_state();
    if (!ts) { return NULL; }
    int fd = fd_of(&file);
    if (fd < 0) { return NULL; }
    user_signal *entry = &user[signum];
    if (!entry->is_enabled) {
        struct sigaction previous;
        entry->chain = chain;
        if (user_install(signum, &previous) != 0) { return PyErr_SetFromErrno(PyExc_OSError); }
        entry->previous = previous;
    }
    Py_XSETREF(entry->file, Py_XNewRef(file));
    entry->fd = fd;
    entry->all_threads = all_threads;
    entry->chain = chain;
    entry->interp = ts->interp;
    entry->is_enabled = true;
    Py_RETURN_NONE;
}

static bool
user_disable(int signum)
{
    user_signal *entry = &user[signum];
    if (!entry->is_enabled) { return false; }
    entry->is_enabled = false;
    sigaction(signum, &entry->previous, NULL);
    Py_CLEAR(entry->file);
    entry->fd = -1;
    return true;
}

static PyObject *
fh_unregister(PyObject *self, PyObject *args)
{
    int signum;
    if (!PyArg_ParseTuple(args, "i:unregister", &signum)) { return NULL; }
    if (!check_signum(signum)) { return NULL; }
    return PyBool_FromLong(user_disable(signum));
}

/* --- accidents on purpose, for tests --- */

static void
no_core_dump(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_CORE, &limit) == 0) {
        limit.rlim_cur = 0;
        setrlimit(RLIMIT_CORE, &limit);
    }
}

__attribute__((no_sanitize("undefined")))       /* it is meant */
static PyObject *
fh_read_null(PyObject *self, PyObject *unused)
{
    volatile int *null = NULL;
    no_core_dump();
    return PyLong_FromLong(*null);
}

static PyObject *
fh_sigsegv(PyObject *self, PyObject *args)
{
    int release_gil = 0;
    if (!PyArg_ParseTuple(args, "|i:_sigsegv", &release_gil)) { return NULL; }
    no_core_dump();
    if (release_gil) {
        Py_BEGIN_ALLOW_THREADS
        raise(SIGSEGV);
        Py_END_ALLOW_THREADS
    }
    else { raise(SIGSEGV); }
    Py_RETURN_NONE;
}

static PyObject *
fh_sigfpe(PyObject *self, PyObject *unused)
{
    no_core_dump();
    raise(SIGFPE);
    Py_RETURN_NONE;
}

static PyObject *
fh_sigabrt(PyObject *self, PyObject *unused)
{
    no_core_dump();
    abort();
}

static void
fatal_thread(void *lock)
{
    _Py_FatalErrorFunc("faulthandler_fatal_error_thread", "in new thread");
}

static PyObject *
fh_fatal_error_c_thread(PyObject *self, PyObject *unused)
{
    no_core_dump();
    PyThread_type_lock lock = PyThread_allocate_lock();
    if (!lock) { return PyErr_NoMemory(); }
    PyThread_acquire_lock(lock, WAIT_LOCK);
    if (PyThread_start_new_thread(fatal_thread, lock) == PYTHREAD_INVALID_THREAD_ID) {
        PyThread_free_lock(lock);
        PyErr_SetString(PyExc_RuntimeError, "unable to start the thread");
        return NULL;
    }
    PyThread_acquire_lock(lock, WAIT_LOCK);             /* never: the process ends */
    Py_RETURN_NONE;
}

/* Recurse until the stack ends, or `most` bytes are used. */
static NOINLINE uintptr_t
eat_stack(uintptr_t lowest, uintptr_t highest, size_t *depth)
{
    volatile unsigned char page[4096];
    uintptr_t here = (uintptr_t)page;
    *depth += 1;
    if (here < lowest || highest < here) { return here; }
    page[0] = 1;
    page[sizeof page - 1] = 0;
    uintptr_t end = eat_stack(lowest, highest, depth);
    return end + page[sizeof page - 1];
}

static PyObject *
fh_stack_overflow(PyObject *self, PyObject *unused)
{
    enum { MOST = 100 * 1024 * 1024 };
    uintptr_t here = (uintptr_t)&self, lowest = here > MOST ? here - MOST : 0;
    size_t depth = 0;
    no_core_dump();
    uintptr_t end = eat_stack(lowest, here + MOST, &depth);
    size_t used = end < here ? here - end : end - here;
    PyErr_Format(PyExc_RuntimeError,
                 "unable to raise a stack overflow (allocated %zu bytes on the stack, "
                 "%zu recursive calls)", used, depth);
    return NULL;
}

/* --- module --- */

#define KW(f) ((PyCFunction)(void (*)(void))(f)), METH_VARARGS | METH_KEYWORDS

static PyMethodDef fh_methods[] = {
    {"enable", KW(fh_enable),
     "enable(file=sys.stderr, all_threads=True): write tracebacks when a fatal signal comes"},
    {"disable", fh_disable, METH_NOARGS, "disable(): undo enable()"},
    {"is_enabled", fh_is_enabled, METH_NOARGS, "is_enabled()->bool: is enable() in effect?"},
    {"dump_traceback", KW(fh_dump_traceback),
     "dump_traceback(file=sys.stderr, all_threads=True): write the traceback of this thread,\n"
     "or of all threads, to a file"},
    {"dump_traceback_later", KW(fh_dump_traceback_later),
     "dump_traceback_later(timeout, repeat=False, file=sys.stderr, exit=False):\n"
     "write the tracebacks of all threads after timeout seconds, each time if repeat is\n"
     "true; then end the process if exit is true"},
    {"cancel_dump_traceback_later", fh_cancel, METH_NOARGS,
     "cancel_dump_traceback_later():\nundo dump_traceback_later()"},
    {"register", KW(fh_register),
     "register(signum, file=sys.stderr, all_threads=True, chain=False): write tracebacks\n"
     "when a signal comes, and with chain call the handler there was before"},
    {"unregister", fh_unregister, METH_VARARGS,
     "unregister(signum): undo register(); return whether there was something to undo"},
    {"_read_null", fh_read_null, METH_NOARGS, "_read_null(): read from address 0"},
    {"_sigsegv", fh_sigsegv, METH_VARARGS, "_sigsegv(release_gil=False): raise SIGSEGV"},
    {"_fatal_error_c_thread", fh_fatal_error_c_thread, METH_NOARGS,
     "_fatal_error_c_thread(): call Py_FatalError() in a thread that is not Python's"},
    {"_sigabrt", fh_sigabrt, METH_NOARGS, "_sigabrt(): raise SIGABRT"},
    {"_sigfpe", fh_sigfpe, METH_NOARGS, "_sigfpe(): raise SIGFPE"},
    {"_stack_overflow", fh_stack_overflow, METH_NOARGS,
     "_stack_overflow(): use up the C stack"},
    {NULL},
};

static int
fh_traverse(PyObject *module, visitproc visit, void *arg)
{
    Py_VISIT(watchdog.file);
    Py_VISIT(fault.file);
    for (int i = 1; i < N_SIGNALS; i++) { Py_VISIT(user[i].file); }
    return 0;
}

static struct PyModuleDef fh_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "faulthandler",
    .m_doc = "faulthandler module.",
    .m_methods = fh_methods,
    .m_traverse = fh_traverse,
};

PyMODINIT_FUNC
PyInit_faulthandler(void)
{
    return PyModuleDef_Init(&fh_module);
}

/* At the end of the interpreter. */
void hob_faulthandler_fini(void);

void
hob_faulthandler_fini(void)
{
    if (watchdog.cancel) {
        watchdog_stop();
        PyThread_release_lock(watchdog.cancel);
        PyThread_free_lock(watchdog.cancel);
        PyThread_free_lock(watchdog.running);
        watchdog.cancel = watchdog.running = NULL;
    }
    for (int i = 1; i < N_SIGNALS; i++) { user_disable(i); }
    fatal_disable();
    if (alternate.ss_sp) {
        sigaltstack(&old_alternate, NULL);
        PyMem_RawFree(alternate.ss_sp);
        alternate.ss_sp = NULL;
    }
}

/* --- "Extension modules: ..." at the end of a fatal error --- */

/* A value of a dict with str keys, found without allocating or comparing objects. */
static PyObject *
peek_item(PyObject *dict, const char *name)
{
    PyObject *key, *value;
    Py_ssize_t at = 0;
    while (PyDict_Next(dict, &at, &key, &value)) {
        if (PyUnicode_Check(key) && PyUnicode_CompareWithASCIIString(key, name) == 0) {
            return value;
        }
    }
    return NULL;
}

static bool
is_in_set(PyObject *set, PyObject *name)
{
    PyObject *item;
    Py_hash_t hash;
    Py_ssize_t at = 0;
    while (set && _PySet_NextEntry(set, &at, &item, &hash)) {
        if (PyUnicode_Check(item) && PyUnicode_Compare(name, item) == 0) { return true; }
    }
    return false;
}

void
_Py_DumpExtensionModules(int fd, PyInterpreterState *interp)
{
    if (!interp || !interp->modules || !PyDict_Check(interp->modules)) { return; }
    PyObject *known = NULL;
    if (interp->sysdict && PyDict_Check(interp->sysdict)) {
        known = peek_item(interp->sysdict, "stdlib_module_names");
        if (known && !PyFrozenSet_Check(known)) { known = NULL; }
    }
    PyObject *name, *module;
    Py_ssize_t at = 0;
    size_t n = 0;
    while (PyDict_Next(interp->modules, &at, &name, &module)) {
        if (!PyUnicode_Check(name) || !PyModule_Check(module)) { continue; }
        struct PyModuleDef *def = PyModule_GetDef(module);
        if (!def || !def->m_methods || is_in_set(known, name)) { continue; }
        put(fd, n++ ? ", " : "\nExtension modules: ");
        _Py_DumpASCII(fd, name);
    }
    if (!n) { return; }
    put(fd, " (total: ");
    _Py_DumpDecimal(fd, n);
    put(fd, ")\n");
}

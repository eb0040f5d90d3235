/* _signal.c -- signals: from the C handler to the Python one.
 *
 * A signal arrives in any thread at any point; its C handler marks it and asks
 * the main thread to stop at its next check point (state/breaker.c), where
 * hob_signal_run_handlers calls the Python function.
 *
 * Holds      handlers[n].func is an int (SIG_DFL, SIG_IGN), a callable, or NULL when
 *            somebody else's C code handles signal n.
 * Hazard     on_signal may only touch atomics, write() to the wake-up fd, and add a
 *            pending call.
 */
#include <Python.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <structmember.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/c.h"
#include "memory/own.h"
#include "state/breaker.h"
#include "state/gil.h"
#include "state/runtime.h"

enum { N_SIGNALS = 65 };                /* Linux: 1 .. 64 */

static struct {
    _Atomic int has_arrived;
    _Atomic int is_echo;                /* nudge_main has sent it once more */
    PyObject *func;                     /* owned, or NULL */
} handlers[N_SIGNALS];

static _Atomic int some_arrived;
static sigset_t blocked_by_main;        /* as far as we know */
static struct { _Atomic int fd; int warns; } wakeup = {-1, 1};

static PyObject *default_handler;       /* int SIG_DFL */
static PyObject *ignore_handler;        /* int SIG_IGN */
static PyObject *itimer_error;

static bool
is_signal(long signum)
{
    return signum >= 1 && signum < N_SIGNALS;
}

static bool
check_signal(long signum)
{
    if (is_signal(signum)) { return true; }
    PyErr_SetString(PyExc_ValueError, "signal number out of range");
    return false;
}

/* SIG_DFL and SIG_IGN are also known by value: signal.py wraps them. */
static bool
is_same_handler(PyObject *func, PyObject *fixed)
{
    if (!func || !fixed) { return false; }
    if (func == fixed) { return true; }
    return PyLong_Check(func) && PyObject_RichCompareBool(func, fixed, Py_EQ) == 1;
}

/* --- arrival --- */

static int
report_wakeup_write_error(void *data)
{
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    errno = (int)(intptr_t)data;
    PyErr_SetFromErrno(PyExc_OSError);
    PySys_WriteStderr("Exception ignored when trying to write to the signal wakeup fd:\n");
    PyErr_WriteUnraisable(NULL);
    PyErr_Restore(type, value, traceback);
    return 0;
}

static void
write_wakeup(int signum)
{
    int fd = atomic_load(&wakeup.fd);
    if (fd == -1) { return; }
    unsigned char byte = (unsigned char)signum;
    ssize_t n;
    do { n = write(fd, &byte, 1); } while (n < 0 && errno == EINTR);
    if (n < 0 && (wakeup.warns || (errno != EWOULDBLOCK && errno != EAGAIN))) {
        Py_AddPendingCall(report_wakeup_write_error, (void *)(intptr_t)errno);
    }
}

static void
mark(int signum)
{
    atomic_store(&handlers[signum].has_arrived, 1);
    atomic_store(&some_arrived, 1);
    hob_breaker_tell_main(BREAK_SIGNAL);
    write_wakeup(signum);
}

/* The signal came to another thread while the main thread is in a system call,
 * or asleep for a lock: send it there too, or nobody would run the handler soon. */
static void
nudge_main(int signum)
{
    PyInterpreterState *interp = _PyRuntime.main_interp;
    if (!interp || !hob_gil_main_is_away(interp->gil)) { return; }
    if (sigismember(&blocked_by_main, signum)) { return; }     /* it would not be heard */
    atomic_store(&handlers[signum].is_echo, 1);
    syscall(SYS_tgkill, getpid(), _PyRuntime.main_native_thread, signum);
}

static void
on_signal(int signum)
{
    int saved = errno;
    bool is_main = pthread_self() == _PyRuntime.main_thread;
    if (!is_main || !atomic_exchange(&handlers[signum].is_echo, 0)) {
        mark(signum);
        if (!is_main) { nudge_main(signum); }
    }
    errno = saved;
}

/* --- delivery --- */

static status
call_handler(int signum, PyObject *frame)
{
    PyObject *func = handlers[signum].func;
    if (!func || is_same_handler(func, ignore_handler) || is_same_handler(func,
                                                                          default_handler)) {
        /* signal() changed it after the signal came */
        PyErr_Format(PyExc_OSError, "Signal %i ignored due to race condition", signum);
        PyErr_WriteUnraisable(Py_None);
        return 0;
    }
    own PyObject *held = Py_NewRef(func);
    own PyObject *result = PyObject_CallFunction(held, "iO", signum, frame);
    return result ? 0 : -1;
}

status
hob_signal_run_handlers(PyThreadState *ts)
{
    if (!atomic_exchange(&some_arrived, 0)) { return 0; }
    own PyObject *frame = Py_XNewRef((PyObject *)PyEval_GetFrame());
    if (!frame) { frame = Py_NewRef(Py_None); }
    for (int signum = 1; signum < N_SIGNALS; signum++) {
        if (!atomic_exchange(&handlers[signum].has_arrived, 0)) { continue; }
        if (call_handler(signum, frame) < 0) {
            atomic_store(&some_arrived, 1);     /* there may be more */
            return -1;
        }
    }
    return 0;
}

/** default_int_handler($module, signalnum, frame, /)
 *
 *  The handler of SIGINT that Python installs: raise KeyboardInterrupt.
 */
static PyObject *
default_int_handler(PyObject *module, int signalnum, PyObject *frame)
{
    PyErr_SetNone(PyExc_KeyboardInterrupt);
    return NULL;
}

/* --- alarms --- */

/** alarm($module, seconds, /)
 *
 *  Have SIGALRM sent after so many seconds; return what was left of the last.
 */
static long
signal_alarm(PyObject *module, int seconds)
{
    return (long)alarm((unsigned)seconds);
}

/** pause($module, /)
 *
 *  Wait until a signal arrives.
 */
static PyObject *
signal_pause(PyObject *module)
{
    Py_BEGIN_ALLOW_THREADS
    (void)pause();
    Py_END_ALLOW_THREADS
    if (PyErr_CheckSignals()) { return NULL; }
    Py_RETURN_NONE;
}

static status
to_timeval(PyObject *obj, struct timeval *tv)
{
    tv->tv_sec = tv->tv_usec = 0;
    if (!obj) { return 0; }
    _PyTime_t t;
    if (_PyTime_FromSecondsObject(&t, obj, _PyTime_ROUND_CEILING) < 0) { return -1; }
    return _PyTime_AsTimeval(t, tv, _PyTime_ROUND_CEILING);
}

static double
from_timeval(const struct timeval *tv)
{
    return (double)tv->tv_sec + (double)tv->tv_usec / 1000000.0;
}

static PyObject *
itimer_pair(const struct itimerval *timer)
{
    return Py_BuildValue("(dd)", from_timeval(&timer->it_value),
                         from_timeval(&timer->it_interval));
}

/** setitimer($module, which, seconds, interval=0.0, /)
 *
 *  Set a timer (ITIMER_REAL, ITIMER_VIRTUAL or ITIMER_PROF).
 *
 *  Its signal comes after seconds, then every interval seconds if that is not
 *  zero.  Return what was set before.
 */
static PyObject *
setitimer_(PyObject *module, int which, PyObject *seconds, PyObject *interval)
{
    struct itimerval new, old;
    if (to_timeval(seconds, &new.it_value) < 0) { return NULL; }
    if (to_timeval(interval, &new.it_interval) < 0) { return NULL; }
    if (setitimer(which, &new, &old) != 0) { return PyErr_SetFromErrno(itimer_error); }
    return itimer_pair(&old);
}

/** getitimer($module, which, /)
 *
 *  Return what is left of a timer, and its interval.
 */
static PyObject *
getitimer_(PyObject *module, int which)
{
    struct itimerval now;
    if (getitimer(which, &now) != 0) { return PyErr_SetFromErrno(itimer_error); }
    return itimer_pair(&now);
}

/* --- handlers --- */

/** raise_signal($module, signalnum, /)
 *
 *  Send a signal to the calling thread.
 */
static PyObject *
raise_signal(PyObject *module, int signalnum)
{
    int error;
    Py_BEGIN_ALLOW_THREADS
    error = raise(signalnum);
    Py_END_ALLOW_THREADS
    if (error) { return PyErr_SetFromErrno(PyExc_OSError); }
    if (PyErr_CheckSignals()) { return NULL; }
    Py_RETURN_NONE;
}

static bool
may_set(const char *what)
{
    if (_PyOS_IsMainThread()) { return true; }
    PyErr_Format(PyExc_ValueError, "%s only works in main thread of the main interpreter",
                 what);
    return false;
}

/** signal($module, signalnum, handler, /)
 *
 *  Set what happens when a signal arrives: SIG_DFL, SIG_IGN or a function.
 *
 *  A function is called with the signal number and the frame that was running,
 *  in the main thread.  Return the handler there was before.
 */
static PyObject *
signal_signal(PyObject *module, int signalnum, PyObject *handler)
{
    if (!may_set("signal")) { return NULL; }
    if (!check_signal(signalnum)) { return NULL; }
    PyOS_sighandler_t func = on_signal;
    if (!PyCallable_Check(handler)) {
        if (is_same_handler(handler, ignore_handler)) { func = SIG_IGN; }
        else if (is_same_handler(handler, default_handler)) { func = SIG_DFL; }
        else {
            PyErr_SetString(PyExc_TypeError, "signal handler must be signal.SIG_IGN, "
                            "signal.SIG_DFL, or a callable object");
            return NULL;
        }
    }
    if (PyErr_CheckSignals()) { return NULL; }
    if (PyOS_setsig(signalnum, func) == SIG_ERR) { return PyErr_SetFromErrno(PyExc_OSError); }
    PyObject *old = handlers[signalnum].func;
    handlers[signalnum].func = Py_NewRef(handler);
    return old ? old : Py_NewRef(Py_None);
}

/** getsignal($module, signalnum, /)
 *
 *  Return the handler of a signal: SIG_IGN, SIG_DFL, a function, or None when it
 *  was not installed by Python.
 */
static PyObject *
getsignal(PyObject *module, int signalnum)
{
    if (!check_signal(signalnum)) { return NULL; }
    PyObject *func = handlers[signalnum].func;
    return Py_NewRef(func ? func : Py_None);
}

/** strsignal($module, signalnum, /)
 *
 *  Return the system's description of a signal, or None if it has none.
 */
static PyObject *
strsignal_(PyObject *module, int signalnum)
{
    if (!check_signal(signalnum)) { return NULL; }
    errno = 0;
    const char *text = strsignal(signalnum);
    if (errno || !text || strstr(text, "Unknown signal")) { Py_RETURN_NONE; }
    return PyUnicode_FromString(text);
}

/** siginterrupt($module, signalnum, flag, /)
 *
 *  Choose whether system calls are interrupted by a signal (true) or restarted.
 */
static PyObject *
siginterrupt_(PyObject *module, int signalnum, int flag)
{
    if (!check_signal(signalnum)) { return NULL; }
    struct sigaction action;
    if (sigaction(signalnum, NULL, &action) == 0) {
        if (flag) { action.sa_flags &= ~SA_RESTART; }
        else      { action.sa_flags |= SA_RESTART; }
        if (sigaction(signalnum, &action, NULL) == 0) { Py_RETURN_NONE; }
    }
    return PyErr_SetFromErrno(PyExc_OSError);
}

PyDoc_STRVAR(set_wakeup_fd_doc,
    "set_wakeup_fd(fd, *, warn_on_full_buffer=True) -> fd\n\n"
    "Have the number of each signal written to fd, as one byte, when it arrives.\n"
    "The fd must be non-blocking; -1 stops it.  Return the fd there was before.");

static PyObject *
set_wakeup_fd(PyObject *module, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"", "warn_on_full_buffer", NULL};
    int fd, warns = 1;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "i|$p:set_wakeup_fd", names, &fd, &warns)) {
        return NULL;
    }
    if (!may_set("set_wakeup_fd")) { return NULL; }
    if (fd != -1) {
        struct stat status;
        if (fstat(fd, &status) != 0) { return PyErr_SetFromErrno(PyExc_OSError); }
        int flags = fcntl(fd, F_GETFL);
        if (flags < 0) { return PyErr_SetFromErrno(PyExc_OSError); }
        if (!(flags & O_NONBLOCK)) {
            return PyErr_Format(PyExc_ValueError, "the fd %i must be in non-blocking mode", fd);
        }
    }
    wakeup.warns = warns;
    return PyLong_FromLong(atomic_exchange(&wakeup.fd, fd));
}

/* --- sets of signals --- */

HOB_EXPORT int _Py_Sigset_Converter(PyObject *obj, void *set);

/* "O&" converter: an iterable of signal numbers to a sigset_t. */
int
_Py_Sigset_Converter(PyObject *obj, void *result)
{
    sigset_t *set = result;
    sigemptyset(set);
    own PyObject *iterator = PyObject_GetIter(obj);
    if (!iterator) { return 0; }
    PyObject *next;
    while ((next = PyIter_Next(iterator))) {
        own PyObject *item = next;
        int overflow;
        long signum = PyLong_AsLongAndOverflow(item, &overflow);
        if (signum <= 0 || signum >= N_SIGNALS) {
            if (overflow || !PyErr_Occurred()) {
                PyErr_Format(PyExc_ValueError, "signal number %ld out of range [1; %i]", signum,
                             N_SIGNALS - 1);
            }
            return 0;
        }
        if (sigaddset(set, (int)signum) == 0) { continue; }
        if (errno != EINVAL) {
            PyErr_SetFromErrno(PyExc_OSError);
            return 0;
        }
        if (PyErr_WarnFormat(PyExc_RuntimeWarning, 1, "invalid signal number %ld, "
                             "please use valid_signals()", signum) < 0) {
            return 0;
        }
    }
    return PyErr_Occurred() ? 0 : Py_CLEANUP_SUPPORTED;
}

static PyObject *
set_of(const sigset_t *set)
{
    own PyObject *result = PySet_New(NULL);
    if (!result) { return NULL; }
    for (int signum = 1; signum < N_SIGNALS; signum++) {
        if (sigismember(set, signum) != 1) { continue; }
        own PyObject *number = PyLong_FromLong(signum);
        if (!number || PySet_Add(result, number) < 0) { return NULL; }
    }
    return take(result);
}

static void
remember_mask(void)
{
    pthread_sigmask(SIG_BLOCK, NULL, &blocked_by_main);
}

/** pthread_sigmask($module, how, mask, /)
 *
 *  Read and change which signals this thread does not take now.
 */
static PyObject *
pthread_sigmask_(PyObject *module, int how, PyObject *mask)
{
    sigset_t new, old;
    if (!_Py_Sigset_Converter(mask, &new)) { return NULL; }
    int error = pthread_sigmask(how, &new, &old);
    if (error) {
        errno = error;
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    if (pthread_self() == _PyRuntime.main_thread) { remember_mask(); }
    if (PyErr_CheckSignals()) { return NULL; }
    return set_of(&old);
}

/** sigpending($module, /)
 *
 *  Return the signals that wait because this thread does not take them now.
 */
static PyObject *
sigpending_(PyObject *module)
{
    sigset_t set;
    if (sigpending(&set) != 0) { return PyErr_SetFromErrno(PyExc_OSError); }
    return set_of(&set);
}

/** valid_signals($module, /)
 *
 *  Return the set of signal numbers of this platform.
 */
static PyObject *
valid_signals(PyObject *module)
{
    sigset_t set;
    if (sigemptyset(&set) != 0 || sigfillset(&set) != 0) {
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    return set_of(&set);
}

/** sigwait($module, sigset, /)
 *
 *  Wait until one of the signals in sigset arrives; take and return it.
 */
static PyObject *
sigwait_(PyObject *module, PyObject *sigset)
{
    sigset_t set;
    if (!_Py_Sigset_Converter(sigset, &set)) { return NULL; }
    int error, signum;
    Py_BEGIN_ALLOW_THREADS
    error = sigwait(&set, &signum);
    Py_END_ALLOW_THREADS
    if (error) {
        errno = error;
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    return PyLong_FromLong(signum);
}

static PyStructSequence_Field siginfo_fields[] = {
    {"si_signo", "signal number"},
    {"si_code", "signal code"},
    {"si_errno", "errno associated with this signal"},
    {"si_pid", "sending process ID"},
    {"si_uid", "real user ID of sending process"},
    {"si_status", "exit value or signal"},
    {"si_band", "band event for SIGPOLL"},
    {NULL},
};

PyDoc_STRVAR(siginfo_doc, "struct_siginfo: what is known of a signal that arrived.");

static PyStructSequence_Desc siginfo_desc = {"signal.struct_siginfo", siginfo_doc,
                                             siginfo_fields, 7};
static PyTypeObject *siginfo_type;

static PyObject *
siginfo_make(const siginfo_t *info)
{
    own PyObject *result = PyStructSequence_New(siginfo_type);
    if (!result) { return NULL; }
    const long values[] = {info->si_signo, info->si_code, info->si_errno, info->si_pid, 0,
                           info->si_status, info->si_band};
    for (int i = 0; i < 7; i++) {
        PyObject *value = i == 4 ? PyLong_FromUnsignedLong(info->si_uid)
                                 : PyLong_FromLong(values[i]);
        if (!value) { return NULL; }
        PyStructSequence_SET_ITEM(result, i, value);
    }
    return take(result);
}

/** sigwaitinfo($module, sigset, /)
 *
 *  Wait until one of the signals in sigset arrives; return what is known of it.
 */
static PyObject *
sigwaitinfo_(PyObject *module, PyObject *sigset)
{
    sigset_t set;
    siginfo_t info;
    if (!_Py_Sigset_Converter(sigset, &set)) { return NULL; }
    for (;;) {
        int error;
        Py_BEGIN_ALLOW_THREADS
        error = sigwaitinfo(&set, &info) == -1 ? errno : 0;
        Py_END_ALLOW_THREADS
        if (!error) { return siginfo_make(&info); }
        if (error != EINTR) {
            errno = error;
            return PyErr_SetFromErrno(PyExc_OSError);
        }
        if (PyErr_CheckSignals()) { return NULL; }
    }
}

/** sigtimedwait($module, sigset, timeout, /)
 *
 *  Like sigwaitinfo(), but return None after timeout seconds.
 */
static PyObject *
sigtimedwait_(PyObject *module, PyObject *sigset, PyObject *timeout)
{
    sigset_t set;
    siginfo_t info;
    _PyTime_t left;
    if (!_Py_Sigset_Converter(sigset, &set)) { return NULL; }
    if (_PyTime_FromSecondsObject(&left, timeout, _PyTime_ROUND_CEILING) < 0) { return NULL; }
    if (left < 0) {
        PyErr_SetString(PyExc_ValueError, "timeout must be non-negative");
        return NULL;
    }
    _PyTime_t deadline = _PyDeadline_Init(left);
    do {
        struct timespec ts;
        if (_PyTime_AsTimespec(left, &ts) < 0) { return NULL; }
        int error;
        Py_BEGIN_ALLOW_THREADS
        error = sigtimedwait(&set, &info, &ts) == -1 ? errno : 0;
        Py_END_ALLOW_THREADS
        if (!error) { return siginfo_make(&info); }
        if (error == EAGAIN) { Py_RETURN_NONE; }
        if (error != EINTR) {
            errno = error;
            return PyErr_SetFromErrno(PyExc_OSError);
        }
        if (PyErr_CheckSignals()) { return NULL; }
        left = _PyDeadline_Get(deadline);
    } while (left >= 0);
    Py_RETURN_NONE;
}

/** pthread_kill($module, thread_id, signalnum, /)
 *
 *  Send a signal to a thread of this process.
 */
static PyObject *
pthread_kill_(PyObject *module, PyObject *thread_id, int signalnum)
{
    if (!PyLong_Check(thread_id)) {
        _PyArg_BadArgument("pthread_kill", "argument 1", "int", thread_id);
        return NULL;
    }
    unsigned long id = PyLong_AsUnsignedLongMask(thread_id);
    if (PySys_Audit("signal.pthread_kill", "ki", id, signalnum) < 0) { return NULL; }
    int error = pthread_kill((pthread_t)id, signalnum);
    if (error) {
        errno = error;
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    if (PyErr_CheckSignals()) { return NULL; }
    Py_RETURN_NONE;
}

/** pidfd_send_signal($module, pidfd, signalnum, siginfo=None, flags=0, /)
 *
 *  Send a signal to the process that a pidfd refers to.
 */
static PyObject *
pidfd_send_signal(PyObject *module, int pidfd, int signalnum, PyObject *siginfo, int flags)
{
    if (siginfo != Py_None) {
        PyErr_SetString(PyExc_TypeError, "siginfo must be None");
        return NULL;
    }
    if (syscall(SYS_pidfd_send_signal, pidfd, signalnum, NULL, flags) < 0) {
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    Py_RETURN_NONE;
}

#include "gen/modules/_signal.bind.h"

static PyMethodDef raw_methods[] = {
    {"set_wakeup_fd", (PyCFunction)(void (*)(void))set_wakeup_fd, METH_VARARGS | METH_KEYWORDS,
     set_wakeup_fd_doc},
    {NULL},
};

/* --- module --- */

#define SIGNAL_CONSTANTS(X)                                                             \
    X(SIGHUP) X(SIGINT) X(SIGQUIT) X(SIGILL) X(SIGTRAP) X(SIGIOT) X(SIGABRT) X(SIGFPE)  \
    X(SIGKILL) X(SIGBUS) X(SIGSEGV) X(SIGSYS) X(SIGPIPE) X(SIGALRM) X(SIGTERM)          \
    X(SIGUSR1) X(SIGUSR2) X(SIGCHLD) X(SIGCLD) X(SIGPWR) X(SIGIO) X(SIGPOLL) X(SIGURG)  \
    X(SIGWINCH) X(SIGSTOP) X(SIGTSTP) X(SIGCONT) X(SIGTTIN) X(SIGTTOU) X(SIGVTALRM)     \
    X(SIGPROF) X(SIGXCPU) X(SIGXFSZ) X(SIGRTMIN) X(SIGRTMAX) X(SIGSTKFLT)               \
    X(SIG_BLOCK) X(SIG_UNBLOCK) X(SIG_SETMASK)                                          \
    X(ITIMER_REAL) X(ITIMER_VIRTUAL) X(ITIMER_PROF)

/* Read what the process was started with; once. */
static status
read_handlers(void)
{
    if (default_handler) { return 0; }
    default_handler = PyLong_FromVoidPtr((void *)SIG_DFL);
    ignore_handler = PyLong_FromVoidPtr((void *)SIG_IGN);
    if (!default_handler || !ignore_handler) { return -1; }
    for (int signum = 1; signum < N_SIGNALS; signum++) {
        PyOS_sighandler_t func = PyOS_getsig(signum);
        handlers[signum].func = func == SIG_DFL ? Py_NewRef(default_handler)
                              : func == SIG_IGN ? Py_NewRef(ignore_handler) : NULL;
    }
    return 0;
}

static int
signal_exec(PyObject *module)
{
    if (read_handlers() < 0) { return -1; }
    const struct { const char *name; long value; } constants[] = {
#define X(name) {#name, name},
        SIGNAL_CONSTANTS(X)
#undef X
        {"NSIG", N_SIGNALS},
    };
    if (PyModule_AddFunctions(module, raw_methods) < 0) { return -1; }
    for (size_t i = 0; i < ARRAY_LEN(constants); i++) {
        if (PyModule_AddIntConstant(module, constants[i].name, constants[i].value) < 0) {
            return -1;
        }
    }
    if (PyModule_AddObjectRef(module, "SIG_DFL", default_handler) < 0) { return -1; }
    if (PyModule_AddObjectRef(module, "SIG_IGN", ignore_handler) < 0) { return -1; }
    if (!itimer_error) {
        itimer_error = PyErr_NewException("signal.itimer_error", PyExc_OSError, NULL);
        if (!itimer_error) { return -1; }
    }
    if (PyModule_AddObjectRef(module, "ItimerError", itimer_error) < 0) { return -1; }
    if (!siginfo_type) {
        siginfo_type = PyStructSequence_NewType(&siginfo_desc);
        if (!siginfo_type) { return -1; }
    }
    return PyModule_AddObjectRef(module, "struct_siginfo", (PyObject *)siginfo_type);
}

PyDoc_STRVAR(signal_doc,
    "Signals: what happens when they arrive, and sending them.\n\n"
    "signal() sets a handler and getsignal() reads it; alarm() and setitimer() send\n"
    "signals later; pause(), sigwait() and others wait for them; pthread_sigmask()\n"
    "holds them back.  A handler is called with the signal number and the frame\n"
    "that was running.");

static PyModuleDef_Slot signal_slots[] = {
    {Py_mod_exec, signal_exec},
    {0, NULL},
};

static struct PyModuleDef signal_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_signal",
    .m_doc = signal_doc,
    .m_methods = module_methods,
    .m_slots = signal_slots,
};

PyMODINIT_FUNC
PyInit__signal(void)
{
    return PyModuleDef_Init(&signal_module);
}

/* --- start, fork, end --- */

status hob_signal_install(void);
void hob_signal_fini(void);
void hob_signal_after_fork(void);

/* Ignore SIGPIPE and SIGXFSZ; have SIGINT raise KeyboardInterrupt. */
status
hob_signal_install(void)
{
    remember_mask();
    PyOS_setsig(SIGPIPE, SIG_IGN);
    PyOS_setsig(SIGXFSZ, SIG_IGN);
    own PyObject *module = PyImport_ImportModule("_signal");
    if (!module) { return -1; }
    if (!is_same_handler(handlers[SIGINT].func, default_handler)) { return 0; }
    PyObject *func = PyObject_GetAttrString(module, "default_int_handler");
    if (!func) { return -1; }
    Py_SETREF(handlers[SIGINT].func, func);
    PyOS_setsig(SIGINT, on_signal);
    return 0;
}

void
hob_signal_after_fork(void)
{
    atomic_store(&some_arrived, 0);
    for (int i = 1; i < N_SIGNALS; i++) {
        atomic_store(&handlers[i].has_arrived, 0);
        atomic_store(&handlers[i].is_echo, 0);
    }
    remember_mask();                            /* the forking thread is the main one now */
}

void
hob_signal_fini(void)
{
    for (int signum = 1; signum < N_SIGNALS; signum++) {
        PyObject *func = handlers[signum].func;
        atomic_store(&handlers[signum].has_arrived, 0);
        handlers[signum].func = NULL;
        if (func && func != Py_None && !is_same_handler(func, default_handler)
            && !is_same_handler(func, ignore_handler)) {
            PyOS_setsig(signum, SIG_DFL);
        }
        Py_XDECREF(func);
    }
    Py_CLEAR(default_handler);
    Py_CLEAR(ignore_handler);
    Py_CLEAR(itimer_error);
    Py_CLEAR(siginfo_type);
}

/* --- public API --- */

int
PyErr_CheckSignals(void)
{
    PyThreadState *ts = PyThreadState_Get();
    return hob_breaker_is_main(ts) ? hob_signal_run_handlers(ts) : 0;
}

int
_PyErr_CheckSignals(void)
{
    return hob_signal_run_handlers(PyThreadState_Get());
}

HOB_EXPORT int _PyErr_CheckSignalsTstate(PyThreadState *ts);

int
_PyErr_CheckSignalsTstate(PyThreadState *ts)
{
    return hob_signal_run_handlers(ts);
}

/* As if the signal had arrived, if Python handles it. */
int
PyErr_SetInterruptEx(int signum)
{
    if (!is_signal(signum)) { return -1; }
    PyObject *func = handlers[signum].func;
    if (func && !is_same_handler(func, ignore_handler) && !is_same_handler(func,
                                                                           default_handler)) {
        mark(signum);
    }
    return 0;
}

void
PyErr_SetInterrupt(void)
{
    (void)PyErr_SetInterruptEx(SIGINT);
}

HOB_EXPORT int _PyOS_InterruptOccurred(PyThreadState *ts);

int
_PyOS_InterruptOccurred(PyThreadState *ts)
{
    return hob_breaker_is_main(ts) && atomic_exchange(&handlers[SIGINT].has_arrived, 0);
}

int
PyOS_InterruptOccurred(void)
{
    return _PyOS_InterruptOccurred(PyThreadState_Get());
}

int
PySignal_SetWakeupFd(int fd)
{
    return atomic_exchange(&wakeup.fd, fd < 0 ? -1 : fd);
}

PyOS_sighandler_t
PyOS_getsig(int signum)
{
    struct sigaction action;
    return sigaction(signum, NULL, &action) == -1 ? SIG_ERR : action.sa_handler;
}

PyOS_sighandler_t
PyOS_setsig(int signum, PyOS_sighandler_t handler)
{
    struct sigaction action, old;
    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    sigemptyset(&action.sa_mask);
    action.sa_flags = SA_ONSTACK;
    return sigaction(signum, &action, &old) == -1 ? SIG_ERR : old.sa_handler;
}

/* What a child of subprocess is to start with. */
void
_Py_RestoreSignals(void)
{
    PyOS_setsig(SIGPIPE, SIG_DFL);
    PyOS_setsig(SIGXFSZ, SIG_DFL);
}

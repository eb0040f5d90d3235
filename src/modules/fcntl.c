/* fcntl.c -- module fcntl: fcntl(), ioctl() and file locks. */
#include <Python.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/ioctl.h>

#include "base/c.h"
#include "memory/own.h"

typedef int fildes_arg;

enum { BUFFER_SIZE = 1024 };

static bool
arg_fildes(PyObject *value, int *out, const char *func, const char *name)
{
    *out = PyObject_AsFileDescriptor(value);
    return *out >= 0;
}

#define RETRY(call, failed)                                             \
    for (;;) {                                                          \
        Py_BEGIN_ALLOW_THREADS                                          \
        call;                                                           \
        Py_END_ALLOW_THREADS                                            \
        if (!(failed) || errno != EINTR) { break; }                     \
        if (PyErr_CheckSignals()) { return NULL; }                      \
    }

/** fcntl($module, fd, cmd, arg=0, /)
 *
 *  Perform an operation on a descriptor.
 *
 *  arg is an integer, or bytes (or str) that the system reads and perhaps changes;
 *  then the result is what they have become, else the number that fcntl() returns.
 */
static PyObject *
fcntl_fcntl(PyObject *module, fildes_arg fd, int cmd, PyObject *arg)
{
    if (PySys_Audit("fcntl.fcntl", "iiO", fd, cmd, arg ? arg : Py_None) < 0) { return NULL; }
    int result;
    char buffer[BUFFER_SIZE];
    const char *text;
    Py_ssize_t size;
    if (arg && PyArg_Parse(arg, "s#", &text, &size)) {
        if (size > BUFFER_SIZE) {
            PyErr_SetString(PyExc_ValueError, "fcntl string arg too long");
            return NULL;
        }
        memcpy(buffer, text, (size_t)size);
        RETRY(result = fcntl(fd, cmd, buffer), result < 0)
        if (result < 0) { return PyErr_SetFromErrno(PyExc_OSError); }
        return PyBytes_FromStringAndSize(buffer, size);
    }
    PyErr_Clear();
    unsigned number = 0;
    if (arg && !PyArg_Parse(arg, "I;fcntl requires a file or file descriptor,"
                                 " an integer and optionally a third integer or a string",
                            &number)) {
        return NULL;
    }
    RETRY(result = fcntl(fd, cmd, (int)number), result < 0)
    return result < 0 ? PyErr_SetFromErrno(PyExc_OSError) : PyLong_FromLong(result);
}

/* A writable buffer, changed in place if mutate is true. */
static PyObject *
ioctl_writable(int fd, unsigned request, Py_buffer *view, bool mutate)
{
    char buffer[BUFFER_SIZE];
    char *at = view->buf;
    Py_ssize_t size = view->len;
    int result;
    if (size <= BUFFER_SIZE) {
        memcpy(buffer, view->buf, (size_t)size);
        if (size < BUFFER_SIZE) { buffer[size] = '\0'; }
        at = buffer;
    }
    else if (!mutate) {
        PyErr_SetString(PyExc_ValueError, "ioctl string arg too long");
        return NULL;
    }
    if (at == buffer) {
        Py_BEGIN_ALLOW_THREADS
        result = ioctl(fd, request, at);
        Py_END_ALLOW_THREADS
    }
    else { result = ioctl(fd, request, at); }           /* others must not resize it */
    int error = errno;
    if (mutate && at == buffer) { memcpy(view->buf, buffer, (size_t)size); }
    if (result < 0) {
        errno = error;
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    return mutate ? PyLong_FromLong(result) : PyBytes_FromStringAndSize(buffer, size);
}

/** ioctl($module, fd, request, arg=0, mutate_flag=True, /)
 *
 *  Perform a device's operation on a descriptor.
 *
 *  arg is an integer or bytes, as in fcntl(); a writable buffer is changed in place,
 *  unless mutate_flag is false.
 */
static PyObject *
fcntl_ioctl(PyObject *module, fildes_arg fd, PyObject *request, PyObject *arg, bool mutate_flag)
{
    unsigned code = (unsigned)PyLong_AsUnsignedLongMask(request);
    if (code == (unsigned)-1 && PyErr_Occurred()) { return NULL; }
    if (PySys_Audit("fcntl.ioctl", "iIO", fd, code, arg ? arg : Py_None) < 0) { return NULL; }
    Py_buffer view;
    int result;
    if (arg && PyArg_Parse(arg, "w*:ioctl", &view)) {
        PyObject *object = ioctl_writable(fd, code, &view, mutate_flag);
        PyBuffer_Release(&view);
        return object;
    }
    PyErr_Clear();
    if (arg && PyArg_Parse(arg, "s*:ioctl", &view)) {
        char buffer[BUFFER_SIZE];
        Py_ssize_t size = view.len;
        if (size > BUFFER_SIZE) {
            PyBuffer_Release(&view);
            PyErr_SetString(PyExc_ValueError, "ioctl string arg too long");
            return NULL;
        }
        memcpy(buffer, view.buf, (size_t)size);
        if (size < BUFFER_SIZE) { buffer[size] = '\0'; }
        PyBuffer_Release(&view);
        Py_BEGIN_ALLOW_THREADS
        result = ioctl(fd, code, buffer);
        Py_END_ALLOW_THREADS
        return result < 0 ? PyErr_SetFromErrno(PyExc_OSError)
                          : PyBytes_FromStringAndSize(buffer, size);
    }
    PyErr_Clear();
    int number = 0;
    if (arg && !PyArg_Parse(arg, "i;ioctl requires a file or file descriptor,"
                                 " an integer and optionally an integer or buffer argument",
                            &number)) {
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    result = ioctl(fd, code, number);
    Py_END_ALLOW_THREADS
    return result < 0 ? PyErr_SetFromErrno(PyExc_OSError) : PyLong_FromLong(result);
}

/** flock($module, fd, operation, /)
 *
 *  Lock or unlock a whole file: LOCK_SH, LOCK_EX, LOCK_UN, with LOCK_NB.
 */
static PyObject *
fcntl_flock(PyObject *module, fildes_arg fd, int operation)
{
    if (PySys_Audit("fcntl.flock", "ii", fd, operation) < 0) { return NULL; }
    int result;
    RETRY(result = flock(fd, operation), result < 0)
    if (result < 0) { return PyErr_SetFromErrno(PyExc_OSError); }
    Py_RETURN_NONE;
}

/** lockf($module, fd, cmd, len=0, start=0, whence=0, /)
 *
 *  Lock or unlock a part of a file: LOCK_SH, LOCK_EX, LOCK_UN, with LOCK_NB.
 *
 *  The part is len bytes (0: to the end) from start, which counts from the start,
 *  the position or the end of the file, as whence says.
 */
static PyObject *
fcntl_lockf(PyObject *module, fildes_arg fd, int cmd, PyObject *len, PyObject *start,
            int whence)
{
    if (PySys_Audit("fcntl.lockf", "iiOOi", fd, cmd, len ? len : Py_None,
                    start ? start : Py_None, whence) < 0) {
        return NULL;
    }
    struct flock lock = {0};
    if (cmd == LOCK_UN)      { lock.l_type = F_UNLCK; }
    else if (cmd & LOCK_SH)  { lock.l_type = F_RDLCK; }
    else if (cmd & LOCK_EX)  { lock.l_type = F_WRLCK; }
    else {
        PyErr_SetString(PyExc_ValueError, "unrecognized lockf argument");
        return NULL;
    }
    if (start) {
        lock.l_start = PyLong_AsLong(start);
        if (PyErr_Occurred()) { return NULL; }
    }
    if (len) {
        lock.l_len = PyLong_AsLong(len);
        if (PyErr_Occurred()) { return NULL; }
    }
    lock.l_whence = (short)whence;
    int result;
    RETRY(result = fcntl(fd, cmd & LOCK_NB ? F_SETLK : F_SETLKW, &lock), result < 0)
    if (result < 0) { return PyErr_SetFromErrno(PyExc_OSError); }
    Py_RETURN_NONE;
}

#include "gen/modules/fcntl.bind.h"

#define FCNTL_CONSTANTS(X)                                                              \
    X(LOCK_SH) X(LOCK_EX) X(LOCK_NB) X(LOCK_UN) X(LOCK_MAND) X(LOCK_READ) X(LOCK_WRITE) \
    X(LOCK_RW) X(F_DUPFD) X(F_DUPFD_CLOEXEC) X(F_GETFD) X(F_SETFD) X(F_GETFL)           \
    X(F_SETFL) X(F_GETLK) X(F_SETLK) X(F_SETLKW) X(F_OFD_GETLK) X(F_OFD_SETLK)          \
    X(F_OFD_SETLKW) X(F_GETOWN) X(F_SETOWN) X(F_GETSIG) X(F_SETSIG) X(F_RDLCK)          \
    X(F_WRLCK) X(F_UNLCK) X(F_EXLCK) X(F_SHLCK) X(F_GETLK64) X(F_SETLK64)               \
    X(F_SETLKW64) X(FASYNC) X(F_SETLEASE) X(F_GETLEASE) X(F_NOTIFY) X(DN_ACCESS)        \
    X(DN_MODIFY) X(DN_CREATE) X(DN_DELETE) X(DN_RENAME) X(DN_ATTRIB) X(DN_MULTISHOT)    \
    X(F_SETPIPE_SZ) X(F_GETPIPE_SZ) X(F_ADD_SEALS) X(F_GET_SEALS) X(F_SEAL_SEAL)        \
    X(F_SEAL_SHRINK) X(F_SEAL_GROW) X(F_SEAL_WRITE) X(FD_CLOEXEC)

static int
fcntl_exec(PyObject *module)
{
    static const struct { const char *name; long long value; } constants[] = {
#define X(name) {#name, name},
        FCNTL_CONSTANTS(X)
#undef X
    };
    for (size_t i = 0; i < ARRAY_LEN(constants); i++) {
        if (PyModule_AddIntConstant(module, constants[i].name, (long)constants[i].value) < 0) {
            return -1;
        }
    }
    return 0;
}

static PyModuleDef_Slot fcntl_slots[] = {
    {Py_mod_exec, fcntl_exec},
    {0, NULL},
};

static struct PyModuleDef fcntl_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "fcntl",
    .m_doc = "Control of descriptors: fcntl(), ioctl() and file locks.",
    .m_methods = module_methods,
    .m_slots = fcntl_slots,
};

PyMODINIT_FUNC
PyInit_fcntl(void)
{
    return PyModuleDef_Init(&fcntl_module);
}

/* fd.c -- module posix: descriptors themselves: open, close, copy, flags, terminals. */
#include "modules/posix/posix_int.h"

#include <pty.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>
#include <utmp.h>

#include "memory/own.h"
#include "state/file.h"

/* --- open and close --- */

/** open($module, /, path, flags, mode=511, *, dir_fd=None)
 *
 *  Open a file and return its descriptor, which child programs do not inherit.
 *
 *  A relative path starts at dir_fd.
 */
static PyObject *
posix_open(PyObject *module, path_arg *path, int flags, int mode, dir_fd_arg dir_fd)
{
    flags |= O_CLOEXEC;
    if (PySys_Audit("open", "OOi", path->object, Py_None, flags) < 0) { return NULL; }
    int fd;
    RETRY(fd = openat(dir_fd, path->narrow, flags, (mode_t)mode), fd < 0)
    return fd < 0 ? hob_path_error(path) : PyLong_FromLong(fd);
}

/** close($module, /, fd)
 *
 *  Close a descriptor.
 */
static PyObject *
posix_close(PyObject *module, int fd)
{
    int result;
    /* Not repeated after a signal: Linux has closed it by then (POSIX leaves it open). */
    Py_BEGIN_ALLOW_THREADS
    result = close(fd);
    Py_END_ALLOW_THREADS
    return hob_posix_result(result < 0 && errno != EINTR);
}

/** closerange($module, fd_low, fd_high, /)
 *
 *  Close all descriptors from fd_low up to, not including, fd_high.
 */
static PyObject *
posix_closerange(PyObject *module, int fd_low, int fd_high)
{
    Py_BEGIN_ALLOW_THREADS
    _Py_closerange(fd_low, fd_high - 1);
    Py_END_ALLOW_THREADS
    Py_RETURN_NONE;
}

/** dup($module, fd, /)
 *
 *  Return a copy of a descriptor, which child programs do not inherit.
 */
static int
posix_dup(PyObject *module, int fd)
{
    return _Py_dup(fd);
}

/** dup2($module, /, fd, fd2, inheritable=True)
 *
 *  Make fd2 a copy of fd, closing it first if it is open.
 */
static PyObject *
posix_dup2(PyObject *module, int fd, int fd2, bool inheritable)
{
    if (fd < 0 || fd2 < 0) { return hob_posix_error(); }
    int result;
    Py_BEGIN_ALLOW_THREADS
    result = inheritable || fd == fd2 ? dup2(fd, fd2) : dup3(fd, fd2, O_CLOEXEC);
    Py_END_ALLOW_THREADS
    if (result < 0) { return hob_posix_error(); }
    if (!inheritable && fd == fd2 && _Py_set_inheritable(fd2, 0, NULL) < 0) { return NULL; }
    return PyLong_FromLong(fd2);
}

/** isatty($module, fd, /)
 *
 *  Return whether fd is a terminal.
 */
static bool
posix_isatty(PyObject *module, int fd)
{
    int result;
    Py_BEGIN_ALLOW_THREADS
    result = isatty(fd);
    Py_END_ALLOW_THREADS
    return result;
}

static PyObject *
fd_pair(int result, const int fds[2])
{
    return result != 0 ? hob_posix_error() : Py_BuildValue("(ii)", fds[0], fds[1]);
}

/** pipe($module, /)
 *
 *  Make a pipe: a pair of descriptors, to read from and to write to.
 */
static PyObject *
posix_pipe(PyObject *module)
{
    int fds[2], result;
    Py_BEGIN_ALLOW_THREADS
    result = pipe2(fds, O_CLOEXEC);
    Py_END_ALLOW_THREADS
    return fd_pair(result, fds);
}

/** pipe2($module, flags, /)
 *
 *  Make a pipe with flags: O_NONBLOCK, O_CLOEXEC.
 */
static PyObject *
posix_pipe2(PyObject *module, int flags)
{
    int fds[2], result = pipe2(fds, flags);
    return fd_pair(result, fds);
}

/** memfd_create($module, /, name, flags=MFD_CLOEXEC)
 *
 *  Make a file that is in memory only; name is for debugging.
 */
static PyObject *
posix_memfd_create(PyObject *module, name_arg *name, mask_arg flags)
{
    int fd;
    Py_BEGIN_ALLOW_THREADS
    fd = memfd_create(PyBytes_AS_STRING(name->bytes), flags);
    Py_END_ALLOW_THREADS
    return fd == -1 ? hob_posix_error() : PyLong_FromLong(fd);
}

/* --- event counters --- */

/** eventfd($module, /, initval, flags=EFD_CLOEXEC)
 *
 *  Make a descriptor that holds a counter.
 */
static PyObject *
posix_eventfd(PyObject *module, uint_arg initval, int flags)
{
    int fd;
    Py_BEGIN_ALLOW_THREADS
    fd = eventfd(initval, flags);
    Py_END_ALLOW_THREADS
    return fd == -1 ? hob_posix_error() : PyLong_FromLong(fd);
}

/** eventfd_read($module, /, fd)
 *
 *  Read the counter of an eventfd.
 */
static PyObject *
posix_eventfd_read(PyObject *module, fildes_arg fd)
{
    eventfd_t value;
    int result;
    Py_BEGIN_ALLOW_THREADS
    result = eventfd_read(fd, &value);
    Py_END_ALLOW_THREADS
    return result == -1 ? hob_posix_error() : PyLong_FromUnsignedLongLong(value);
}

/** eventfd_write($module, /, fd, value)
 *
 *  Add value to the counter of an eventfd.
 */
static PyObject *
posix_eventfd_write(PyObject *module, fildes_arg fd, ull_arg value)
{
    int result;
    Py_BEGIN_ALLOW_THREADS
    result = eventfd_write(fd, value);
    Py_END_ALLOW_THREADS
    return hob_posix_result(result == -1);
}

/* --- flags --- */

/** get_inheritable($module, fd, /)
 *
 *  Return whether child programs inherit fd.
 */
static PyObject *
posix_get_inheritable(PyObject *module, int fd)
{
    int result = _Py_get_inheritable(fd);
    return result < 0 ? NULL : PyBool_FromLong(result);
}

/** set_inheritable($module, fd, inheritable, /)
 *
 *  Choose whether child programs inherit fd.
 */
static status
posix_set_inheritable(PyObject *module, int fd, int inheritable)
{
    return _Py_set_inheritable(fd, inheritable, NULL);
}

/** get_blocking($module, fd, /)
 *
 *  Return whether reading from fd waits for data.
 */
static PyObject *
posix_get_blocking(PyObject *module, int fd)
{
    int result = _Py_get_blocking(fd);
    return result < 0 ? NULL : PyBool_FromLong(result);
}

/** set_blocking($module, fd, blocking, /)
 *
 *  Choose whether reading from fd waits for data.
 */
static status
posix_set_blocking(PyObject *module, int fd, int blocking)
{
    return _Py_set_blocking(fd, blocking);
}

/** device_encoding($module, /, fd)
 *
 *  Return the encoding of the terminal fd, or None when it is no terminal.
 */
static PyObject *
posix_device_encoding(PyObject *module, int fd)
{
    return _Py_device_encoding(fd);
}

/* --- getting to the disk --- */

/** fsync($module, /, fd)
 *
 *  Wait until all that was written to fd is on the disk.
 */
static PyObject *
posix_fsync(PyObject *module, fildes_arg fd)
{
    int result;
    RETRY(result = fsync(fd), result != 0)
    return hob_posix_result(result != 0);
}

/** fdatasync($module, /, fd)
 *
 *  Wait until the data written to fd is on the disk, not its times.
 */
static PyObject *
posix_fdatasync(PyObject *module, fildes_arg fd)
{
    int result;
    RETRY(result = fdatasync(fd), result != 0)
    return hob_posix_result(result != 0);
}

/** sync($module, /)
 *
 *  Have everything written to disk.
 */
static PyObject *
posix_sync(PyObject *module)
{
    Py_BEGIN_ALLOW_THREADS
    sync();
    Py_END_ALLOW_THREADS
    Py_RETURN_NONE;
}

/** ftruncate($module, fd, length, /)
 *
 *  Cut the open file fd off at length bytes.
 */
static PyObject *
posix_ftruncate(PyObject *module, int fd, off_arg length)
{
    int result;
    if (PySys_Audit("os.truncate", "in", fd, (Py_ssize_t)length) < 0) { return NULL; }
    RETRY(result = ftruncate(fd, length), result != 0)
    return hob_posix_result(result != 0);
}

static PyObject *
error_result(int error)
{
    errno = error;
    return hob_posix_result(error != 0);
}

/** posix_fallocate($module, fd, offset, length, /)
 *
 *  Make sure that the disk has room for length bytes from offset on.
 */
static PyObject *
posix_posix_fallocate(PyObject *module, int fd, off_arg offset, off_arg length)
{
    int error;
    RETRY(errno = error = posix_fallocate(fd, offset, length), error != 0)
    return error_result(error);
}

/** posix_fadvise($module, fd, offset, length, advice, /)
 *
 *  Tell the system how length bytes from offset on will be used.
 */
static PyObject *
posix_posix_fadvise(PyObject *module, int fd, off_arg offset, off_arg length, int advice)
{
    int error;
    RETRY(errno = error = posix_fadvise(fd, offset, length, advice), error != 0)
    return error_result(error);
}

/** lockf($module, fd, command, length, /)
 *
 *  Lock, unlock or test a part of a file: F_LOCK, F_TLOCK, F_ULOCK, F_TEST.
 */
static PyObject *
posix_lockf(PyObject *module, int fd, int command, off_arg length)
{
    int result;
    if (PySys_Audit("os.lockf", "iiL", fd, command, (long long)length) < 0) { return NULL; }
    Py_BEGIN_ALLOW_THREADS
    result = lockf(fd, command, length);
    Py_END_ALLOW_THREADS
    return hob_posix_result(result < 0);
}

/* --- terminals --- */

/** ttyname($module, fd, /)
 *
 *  Return the name of the terminal fd.
 */
static PyObject *
posix_ttyname(PyObject *module, int fd)
{
    long size = sysconf(_SC_TTY_NAME_MAX);
    if (size == -1) { return hob_posix_error(); }
    char *name = PyMem_RawMalloc((size_t)size);
    if (!name) { return PyErr_NoMemory(); }
    int error = ttyname_r(fd, name, (size_t)size);
    errno = error;
    PyObject *result = error ? hob_posix_error() : PyUnicode_DecodeFSDefault(name);
    PyMem_RawFree(name);
    return result;
}

/** ctermid($module, /)
 *
 *  Return the name of the terminal that controls this process.
 */
static PyObject *
posix_ctermid(PyObject *module)
{
    char name[L_ctermid];
    return ctermid(name) ? PyUnicode_DecodeFSDefault(name) : hob_posix_error();
}

/** openpty($module, /)
 *
 *  Make a pseudo-terminal: a pair of descriptors, of the master and the slave.
 */
static PyObject *
posix_openpty(PyObject *module)
{
    int master, slave;
    if (openpty(&master, &slave, NULL, NULL, NULL) != 0) { return hob_posix_error(); }
    if (_Py_set_inheritable(master, 0, NULL) < 0 || _Py_set_inheritable(slave, 0, NULL) < 0) {
        close(master);
        close(slave);
        return NULL;
    }
    return Py_BuildValue("(ii)", master, slave);
}

/** login_tty($module, fd, /)
 *
 *  Make fd the controlling terminal and the standard streams of this process.
 */
static PyObject *
posix_login_tty(PyObject *module, fildes_arg fd)
{
    return hob_posix_result(login_tty(fd) == -1);
}

/** tcgetpgrp($module, fd, /)
 *
 *  Return the process group in the foreground of a terminal.
 */
static PyObject *
posix_tcgetpgrp(PyObject *module, int fd)
{
    pid_t group = tcgetpgrp(fd);
    return group < 0 ? hob_posix_error() : PyLong_FromLong(group);
}

/** tcsetpgrp($module, fd, pgid, /)
 *
 *  Put a process group into the foreground of a terminal.
 */
static PyObject *
posix_tcsetpgrp(PyObject *module, int fd, pid_arg pgid)
{
    return hob_posix_result(tcsetpgrp(fd, pgid) < 0);
}

PyDoc_STRVAR(terminal_size_doc, "A tuple of (columns, lines) for holding terminal window size");

static PyStructSequence_Field terminal_size_fields[] = {
    {"columns", "width of the terminal window in characters"},
    {"lines", "height of the terminal window in characters"},
    {NULL},
};

static PyStructSequence_Desc terminal_size_desc = {"os.terminal_size", terminal_size_doc,
                                                   terminal_size_fields, 2};
static PyTypeObject *terminal_size_type;

/** get_terminal_size($module, fd={STDOUT_FILENO}, /)
 *
 *  Return the size of the terminal fd as (columns, lines).
 */
static PyObject *
posix_get_terminal_size(PyObject *module, int fd)
{
    struct winsize size;
    if (ioctl(fd, TIOCGWINSZ, &size) != 0) { return hob_posix_error(); }
    own PyObject *result = PyStructSequence_New(terminal_size_type);
    own PyObject *columns = PyLong_FromLong(size.ws_col);
    own PyObject *lines = PyLong_FromLong(size.ws_row);
    if (!result || !columns || !lines) { return NULL; }
    PyStructSequence_SET_ITEM(result, 0, take(columns));
    PyStructSequence_SET_ITEM(result, 1, take(lines));
    return take(result);
}

#include "gen/modules/posix/fd.bind.h"

PyMethodDef *const hob_posix_fd_methods = module_methods;

status
hob_posix_add_fd_types(PyObject *module)
{
    return hob_posix_add_structseq(module, "terminal_size", &terminal_size_desc,
                                   &terminal_size_type);
}

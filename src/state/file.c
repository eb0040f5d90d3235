/* file.c -- file descriptors and paths for C code: see file.h.
 *
 * Every descriptor made here is not inheritable (PEP 446); every call that may
 * block lets go of the GIL and is repeated after a signal (PEP 475).
 */
#include "state/file.h"

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <wchar.h>

enum { READ_MAX = 0x7ffff000 };         /* what Linux reads and writes at once */

static int
raise_errno(void)
{
    PyErr_SetFromErrno(PyExc_OSError);
    return -1;
}

/* --- looking --- */

int
_Py_fstat_noraise(int fd, struct stat *status)
{
    return fstat(fd, status);
}

int
_Py_fstat(int fd, struct stat *status)
{
    int result;
    Py_BEGIN_ALLOW_THREADS
    result = fstat(fd, status);
    Py_END_ALLOW_THREADS
    return result != 0 ? raise_errno() : 0;
}

int
_Py_stat(PyObject *path, struct stat *status)
{
    PyObject *bytes = PyUnicode_EncodeFSDefault(path);
    if (!bytes) { return -2; }
    char *narrow;
    if (PyBytes_AsStringAndSize(bytes, &narrow, NULL) < 0) {
        Py_DECREF(bytes);
        return -2;
    }
    int result = stat(narrow, status);
    Py_DECREF(bytes);
    return result;
}

/* --- opening --- */

int
_Py_open_noraise(const char *path, int flags)
{
    return open(path, flags | O_CLOEXEC);
}

int
_Py_open(const char *path, int flags)
{
    if (PySys_Audit("open", "sOi", path, Py_None, flags) < 0) { return -1; }
    for (;;) {
        int fd;
        Py_BEGIN_ALLOW_THREADS
        fd = _Py_open_noraise(path, flags);
        Py_END_ALLOW_THREADS
        if (fd >= 0) { return fd; }
        if (errno != EINTR) {
            PyErr_SetFromErrnoWithFilename(PyExc_OSError, path);
            return -1;
        }
        if (PyErr_CheckSignals()) { return -1; }
    }
}

static FILE *
make_private(FILE *file)
{
    if (file && _Py_set_inheritable_async_safe(fileno(file), 0, NULL) < 0) {
        fclose(file);
        return NULL;
    }
    return file;
}

FILE *
_Py_wfopen(const wchar_t *path, const wchar_t *mode)
{
    if (PySys_Audit("open", "uui", path, mode, 0) < 0) { return NULL; }
    char narrow_mode[10];
    size_t n = wcstombs(narrow_mode, mode, sizeof narrow_mode);
    if (n == (size_t)-1 || n >= sizeof narrow_mode) {
        errno = EINVAL;
        return NULL;
    }
    char *narrow = Py_EncodeLocale(path, NULL);
    if (!narrow) { return NULL; }
    FILE *file = fopen(narrow, narrow_mode);
    PyMem_Free(narrow);
    return make_private(file);
}

FILE *
_Py_fopen_obj(PyObject *path, const char *mode)
{
    if (PySys_Audit("open", "Osi", path, mode, 0) < 0) { return NULL; }
    PyObject *bytes;
    if (!PyUnicode_FSConverter(path, &bytes)) { return NULL; }
    FILE *file;
    bool interrupted = false;
    do {
        Py_BEGIN_ALLOW_THREADS
        file = fopen(PyBytes_AS_STRING(bytes), mode);
        Py_END_ALLOW_THREADS
    } while (!file && errno == EINTR && !(interrupted = PyErr_CheckSignals() != 0));
    int error = errno;
    Py_DECREF(bytes);
    if (interrupted) { return NULL; }
    if (!file) {
        errno = error;
        PyErr_SetFromErrnoWithFilenameObject(PyExc_OSError, path);
        return NULL;
    }
    if (_Py_set_inheritable(fileno(file), 0, NULL) < 0) {
        fclose(file);
        return NULL;
    }
    return file;
}

/* --- reading and writing --- */

/* Behind a call that failed: true when it was only interrupted, and is to be made again.
 * Else there is an exception; errno stays. */
static bool
may_go_on(void)
{
    int error = errno;
    if (error == EINTR && PyErr_CheckSignals() == 0) { return true; }
    if (error != EINTR) { raise_errno(); }
    errno = error;
    return false;
}

Py_ssize_t
_Py_read(int fd, void *buf, size_t count)
{
    if (count > READ_MAX) { count = READ_MAX; }
    for (;;) {
        Py_ssize_t n;
        Py_BEGIN_ALLOW_THREADS
        errno = 0;
        n = read(fd, buf, count);
        Py_END_ALLOW_THREADS
        if (n >= 0) { return n; }
        if (!may_go_on()) { return -1; }
    }
}

/* A console or a pipe of a parent that reads slowly need not be kept busy
 * with more than it asked for; a file takes it all. */
Py_ssize_t
_Py_write(int fd, const void *buf, size_t count)
{
    if (count > READ_MAX) { count = READ_MAX; }
    for (;;) {
        Py_ssize_t n;
        Py_BEGIN_ALLOW_THREADS
        errno = 0;
        n = write(fd, buf, count);
        Py_END_ALLOW_THREADS
        if (n >= 0) { return n; }
        if (!may_go_on()) { return -1; }
    }
}

Py_ssize_t
_Py_write_noraise(int fd, const void *buf, size_t count)
{
    if (count > READ_MAX) { count = READ_MAX; }
    Py_ssize_t n;
    do { n = write(fd, buf, count); } while (n < 0 && errno == EINTR);
    return n;
}

/* --- wide paths --- */

/* Decode what the system gave into buf; length, or -1 with errno. */
static Py_ssize_t
give_wide(const char *narrow, wchar_t *buf, size_t size)
{
    size_t n;
    wchar_t *wide = Py_DecodeLocale(narrow, &n);
    if (!wide) {
        errno = EINVAL;
        return -1;
    }
    if (n + 1 > size) {
        PyMem_RawFree(wide);
        errno = EINVAL;
        return -1;
    }
    wmemcpy(buf, wide, n + 1);
    PyMem_RawFree(wide);
    return (Py_ssize_t)n;
}

int
_Py_wreadlink(const wchar_t *path, wchar_t *buf, size_t size)
{
    char target[PATH_MAX];
    char *narrow = Py_EncodeLocale(path, NULL);
    if (!narrow) {
        errno = EINVAL;
        return -1;
    }
    ssize_t n = readlink(narrow, target, sizeof target);
    PyMem_Free(narrow);
    if (n == -1) { return -1; }
    if (n == sizeof target) {
        errno = EINVAL;
        return -1;
    }
    target[n] = '\0';
    return (int)give_wide(target, buf, size);
}

wchar_t *
_Py_wrealpath(const wchar_t *path, wchar_t *resolved, size_t size)
{
    char target[PATH_MAX];
    char *narrow = Py_EncodeLocale(path, NULL);
    if (!narrow) {
        errno = EINVAL;
        return NULL;
    }
    char *found = realpath(narrow, target);
    PyMem_Free(narrow);
    return found && give_wide(target, resolved, size) >= 0 ? resolved : NULL;
}

wchar_t *
_Py_wgetcwd(wchar_t *buf, size_t size)
{
    char narrow[PATH_MAX];
    return getcwd(narrow, sizeof narrow) && give_wide(narrow, buf, size) >= 0 ? buf : NULL;
}

/* Where the component in front of `end` begins, not before `root`. */
static Py_ssize_t
component_start(const wchar_t *path, Py_ssize_t root, Py_ssize_t end)
{
    while (end > root && path[end - 1] != L'/') { end--; }
    return end;
}

static bool
is_dots(const wchar_t *at, Py_ssize_t n)
{
    return n == 2 && at[0] == L'.' && at[1] == L'.';
}

Py_ssize_t
hob_path_normalise(wchar_t *path, Py_ssize_t size)
{
    Py_ssize_t root = 0;
    if (size == 1) { return 1; }                /* "." alone stays, too */
    while (root < size && path[root] == L'/') { root++; }
    Py_ssize_t in = root;
    if (root > 2) { root = 1; }                 /* "//x" means something; "///x" is "/x" */
    Py_ssize_t out = root;
    while (in < size) {
        Py_ssize_t end = in;
        while (end < size && path[end] != L'/') { end++; }
        Py_ssize_t n = end - in;
        bool up = is_dots(path + in, n);
        Py_ssize_t last = component_start(path, root, out);
        if (n == 0 || (n == 1 && path[in] == L'.')) { }
        else if (up && out > root && !is_dots(path + last, out - last)) {
            out = last > root ? last - 1 : root;
        }
        else if (!up || root == 0) {
            if (out > root) { path[out++] = L'/'; }
            wmemmove(path + out, path + in, (size_t)n);
            out += n;
        }
        in = end + 1;
    }
    return out;
}

/* size -1: up to the terminator */
wchar_t *
_Py_normpath(wchar_t *path, Py_ssize_t size)
{
    if (!path[0] || size == 0) { return path; }
    Py_ssize_t n = size < 0 ? (Py_ssize_t)wcslen(path) : size;
    path[hob_path_normalise(path, n)] = L'\0';
    return path;
}

/* --- inheritance, blocking --- */

static int
get_inheritable(int fd, bool raise)
{
    int flags = fcntl(fd, F_GETFD, 0);
    if (flags == -1) { return raise ? raise_errno() : -1; }
    return !(flags & FD_CLOEXEC);
}

int
_Py_get_inheritable(int fd)
{
    return get_inheritable(fd, true);
}

static int
set_inheritable(int fd, bool inheritable, bool raise, int *atomic_flag_works)
{
    /* A flag at the time of opening made it so: look once whether that works. */
    if (atomic_flag_works && !inheritable) {
        if (*atomic_flag_works == -1) {
            int is = get_inheritable(fd, raise);
            if (is == -1) { return -1; }
            *atomic_flag_works = !is;
        }
        if (*atomic_flag_works) { return 0; }
    }
    if (ioctl(fd, inheritable ? FIONCLEX : FIOCLEX, NULL) == 0) { return 0; }
    if (errno != ENOTTY && errno != EACCES && errno != EBADF) {
        return raise ? raise_errno() : -1;
    }
    int flags = fcntl(fd, F_GETFD);             /* O_PATH files know no ioctl */
    if (flags < 0) { return raise ? raise_errno() : -1; }
    int wanted = inheritable ? flags & ~FD_CLOEXEC : flags | FD_CLOEXEC;
    if (wanted == flags) { return 0; }
    if (fcntl(fd, F_SETFD, wanted) < 0) { return raise ? raise_errno() : -1; }
    return 0;
}

int
_Py_set_inheritable(int fd, int inheritable, int *atomic_flag_works)
{
    return set_inheritable(fd, inheritable, true, atomic_flag_works);
}

int
_Py_set_inheritable_async_safe(int fd, int inheritable, int *atomic_flag_works)
{
    return set_inheritable(fd, inheritable, false, atomic_flag_works);
}

int
_Py_dup(int fd)
{
    int copy;
    Py_BEGIN_ALLOW_THREADS
    copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    Py_END_ALLOW_THREADS
    return copy < 0 ? raise_errno() : copy;
}

int
_Py_get_blocking(int fd)
{
    int flags = fcntl(fd, F_GETFL, 0);
    if (flags < 0) { return raise_errno(); }
    return !(flags & O_NONBLOCK);
}

int
_Py_set_blocking(int fd, int blocking)
{
    int flags = fcntl(fd, F_GETFL, 0);
    if (flags < 0) { return raise_errno(); }
    int wanted = blocking ? flags & ~O_NONBLOCK : flags | O_NONBLOCK;
    if (fcntl(fd, F_SETFL, wanted) < 0) { return raise_errno(); }
    return 0;
}

/* Close first .. last, both included; no error is an error. */
void
_Py_closerange(int first, int last)
{
    if (first > last) { return; }
    if (first < 0) { first = 0; }
    if (syscall(SYS_close_range, first, last, 0) == 0) { return; }
    if (last == INT_MAX) {
        long limit = sysconf(_SC_OPEN_MAX);
        if (limit > 0) { last = (int)limit; }
    }
    for (int fd = first; fd <= last; fd++) { close(fd); }
}

/* --- encodings --- */

PyObject *
_Py_GetLocaleEncodingObject(void)
{
    const char *name = nl_langinfo(CODESET);
    if (Py_UTF8Mode || !name || !name[0]) { name = "utf-8"; }
    return PyUnicode_DecodeLocale(name, "surrogateescape");
}

wchar_t *
_Py_GetLocaleEncoding(void)
{
    const char *name = nl_langinfo(CODESET);
    if (!name || !name[0]) { name = "utf-8"; }
    return Py_DecodeLocale(name, NULL);
}

PyObject *
_Py_device_encoding(int fd)
{
    int is_terminal;
    Py_BEGIN_ALLOW_THREADS
    is_terminal = isatty(fd);
    Py_END_ALLOW_THREADS
    if (!is_terminal) { Py_RETURN_NONE; }
    return Py_UTF8Mode ? PyUnicode_FromString("utf-8") : _Py_GetLocaleEncodingObject();
}

/* --- entropy --- */

int
hob_entropy(void *buffer, Py_ssize_t size, bool blocking, bool raise)
{
    char *at = buffer;
    while (size > 0) {
        size_t part = (size_t)size < 256 ? (size_t)size : 256;  /* not interrupted below that */
        ssize_t n;
        Py_BEGIN_ALLOW_THREADS
        n = getrandom(at, part, blocking ? 0 : GRND_NONBLOCK);
        if (n < 0 && errno == EAGAIN && !blocking) {
            /* The kernel has not enough yet, and who asks does not need good ones. */
            int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
            n = fd < 0 ? -1 : read(fd, at, part);
            if (fd >= 0) { close(fd); }
        }
        Py_END_ALLOW_THREADS
        if (n < 0 && errno == EINTR) {
            if (raise && PyErr_CheckSignals()) { return -1; }
            continue;
        }
        if (n < 0) { return raise ? raise_errno() : -1; }
        at += n;
        size -= n;
    }
    return 0;
}

int
_PyOS_URandom(void *buffer, Py_ssize_t size)
{
    if (size < 0) {
        PyErr_Format(PyExc_ValueError, "negative argument not allowed");
        return -1;
    }
    return hob_entropy(buffer, size, true, true);
}

int
_PyOS_URandomNonblock(void *buffer, Py_ssize_t size)
{
    if (size < 0) {
        PyErr_Format(PyExc_ValueError, "negative argument not allowed");
        return -1;
    }
    return hob_entropy(buffer, size, false, true);
}

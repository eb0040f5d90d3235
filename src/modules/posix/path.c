/* path.c -- module posix: operations on names in the file system. */
#include "modules/posix/posix_int.h"

#include <stdio.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <unistd.h>

#include "memory/own.h"
#include "state/file.h"

/* --- where we are --- */

/** chdir($module, /, path)
 *
 *  Make path (or an open directory) the working directory.
 */
static PyObject *
posix_chdir(PyObject *module, path_fd_arg *path)
{
    int result;
    if (PySys_Audit("os.chdir", "(O)", path->object) < 0) { return NULL; }
    Py_BEGIN_ALLOW_THREADS
    result = path->is_fd ? fchdir(path->fd) : chdir(path->narrow);
    Py_END_ALLOW_THREADS
    return hob_path_result(result != 0, path);
}

/** fchdir($module, /, fd)
 *
 *  Make the open directory fd the working directory.
 */
static PyObject *
posix_fchdir(PyObject *module, fildes_arg fd)
{
    int result;
    if (PySys_Audit("os.chdir", "(i)", fd) < 0) { return NULL; }
    RETRY(result = fchdir(fd), result != 0)
    return hob_posix_result(result != 0);
}

/* The working directory in memory from malloc, or NULL with errno. */
static char *
working_directory(void)
{
    char *text;
    Py_BEGIN_ALLOW_THREADS
    text = getcwd(NULL, 0);
    Py_END_ALLOW_THREADS
    return text;
}

/** getcwd($module, /)
 *
 *  Return the working directory.
 */
static PyObject *
posix_getcwd(PyObject *module)
{
    char *text = working_directory();
    if (!text) { return hob_posix_error(); }
    PyObject *result = PyUnicode_DecodeFSDefault(text);
    free(text);
    return result;
}

/** getcwdb($module, /)
 *
 *  Return the working directory as bytes.
 */
static PyObject *
posix_getcwdb(PyObject *module)
{
    char *text = working_directory();
    if (!text) { return hob_posix_error(); }
    PyObject *result = PyBytes_FromString(text);
    free(text);
    return result;
}

/** chroot($module, /, path)
 *
 *  Make path the root directory.
 */
static PyObject *
posix_chroot(PyObject *module, path_arg *path)
{
    int result;
    Py_BEGIN_ALLOW_THREADS
    result = chroot(path->narrow);
    Py_END_ALLOW_THREADS
    return hob_path_result(result < 0, path);
}

/* --- rights --- */

/** access($module, /, path, mode, *, dir_fd=None, effective_ids=False, follow_symlinks=True)
 *
 *  Return whether this process may use path as mode says.
 *
 *  mode is F_OK (does it exist) or a combination of R_OK, W_OK and X_OK.  The
 *  real user and group count, or with effective_ids the effective ones.
 */
static PyObject *
posix_access(PyObject *module, path_arg *path, int mode, dir_fd_arg dir_fd, bool effective_ids,
             bool follow_symlinks)
{
    int result;
    int flags = (follow_symlinks ? 0 : AT_SYMLINK_NOFOLLOW) | (effective_ids ? AT_EACCESS : 0);
    Py_BEGIN_ALLOW_THREADS
    result = dir_fd != AT_FDCWD || flags ? faccessat(dir_fd, path->narrow, mode, flags)
                                         : access(path->narrow, mode);
    Py_END_ALLOW_THREADS
    return PyBool_FromLong(result == 0);
}

/** chmod($module, /, path, mode, *, dir_fd=None, follow_symlinks=True)
 *
 *  Change the rights to a file.
 *
 *  path may be an open file.  With dir_fd a relative path starts there; without
 *  follow_symlinks a symbolic link itself is meant, which Linux cannot change.
 */
static PyObject *
posix_chmod(PyObject *module, path_fd_arg *path, int mode, dir_fd_arg dir_fd,
            bool follow_symlinks)
{
    if (PySys_Audit("os.chmod", "Oii", path->object, mode, hob_dir_fd_told(dir_fd)) < 0) {
        return NULL;
    }
    int result, flags = follow_symlinks ? 0 : AT_SYMLINK_NOFOLLOW;
    Py_BEGIN_ALLOW_THREADS
    if (path->is_fd) { result = fchmod(path->fd, (mode_t)mode); }
    else if (dir_fd != AT_FDCWD || flags) {
        result = fchmodat(dir_fd, path->narrow, (mode_t)mode, flags);
    }
    else { result = chmod(path->narrow, (mode_t)mode); }
    Py_END_ALLOW_THREADS
    if (result == 0) { Py_RETURN_NONE; }
    if (!path->is_fd && !follow_symlinks && (errno == ENOTSUP || errno == EOPNOTSUPP)) {
        if (dir_fd != AT_FDCWD) {
            PyErr_Format(PyExc_ValueError,
                         "chmod: cannot use dir_fd and follow_symlinks together");
        }
        else {
            PyErr_SetString(PyExc_NotImplementedError,
                            "chmod: follow_symlinks unavailable on this platform");
        }
        return NULL;
    }
    return hob_path_error(path);
}

/** fchmod($module, /, fd, mode)
 *
 *  Change the rights to the open file fd.
 */
static PyObject *
posix_fchmod(PyObject *module, int fd, int mode)
{
    int result;
    if (PySys_Audit("os.chmod", "iii", fd, mode, -1) < 0) { return NULL; }
    RETRY(result = fchmod(fd, (mode_t)mode), result != 0)
    return hob_posix_result(result != 0);
}

/** chown($module, /, path, uid, gid, *, dir_fd=None, follow_symlinks=True)
 *
 *  Change the owner and group of a file; -1 leaves one as it is.
 *
 *  path may be an open file.  With dir_fd a relative path starts there; without
 *  follow_symlinks a symbolic link itself is changed.
 */
static PyObject *
posix_chown(PyObject *module, path_fd_arg *path, uid_arg uid, gid_arg gid, dir_fd_arg dir_fd,
            bool follow_symlinks)
{
    if (hob_path_and_dir_fd_invalid(path, dir_fd)) { return NULL; }
    if (hob_fd_and_follow_invalid("chown", path, follow_symlinks)) { return NULL; }
    if (PySys_Audit("os.chown", "OIIi", path->object, uid, gid, hob_dir_fd_told(dir_fd)) < 0) {
        return NULL;
    }
    int result;
    Py_BEGIN_ALLOW_THREADS
    result = path->is_fd ? fchown(path->fd, uid, gid)
                         : fchownat(dir_fd, path->narrow, uid, gid,
                                    follow_symlinks ? 0 : AT_SYMLINK_NOFOLLOW);
    Py_END_ALLOW_THREADS
    return hob_path_result(result != 0, path);
}

/** fchown($module, /, fd, uid, gid)
 *
 *  Change the owner and group of the open file fd.
 */
static PyObject *
posix_fchown(PyObject *module, int fd, uid_arg uid, gid_arg gid)
{
    int result;
    if (PySys_Audit("os.chown", "iIIi", fd, uid, gid, -1) < 0) { return NULL; }
    RETRY(result = fchown(fd, uid, gid), result != 0)
    return hob_posix_result(result != 0);
}

/** lchown($module, /, path, uid, gid)
 *
 *  Change the owner and group of path itself, if it is a symbolic link.
 */
static PyObject *
posix_lchown(PyObject *module, path_arg *path, uid_arg uid, gid_arg gid)
{
    int result;
    if (PySys_Audit("os.chown", "OIIi", path->object, uid, gid, -1) < 0) { return NULL; }
    Py_BEGIN_ALLOW_THREADS
    result = lchown(path->narrow, uid, gid);
    Py_END_ALLOW_THREADS
    return hob_path_result(result < 0, path);
}

/* --- names --- */

/** link($module, /, src, dst, *, src_dir_fd=None, dst_dir_fd=None, follow_symlinks=True)
 *
 *  Give a file another name.
 *
 *  A relative name starts at its dir_fd; without follow_symlinks a symbolic link
 *  itself gets the name.
 */
static PyObject *
posix_link(PyObject *module, path_arg *src, path_arg *dst, dir_fd_arg src_dir_fd,
           dir_fd_arg dst_dir_fd, bool follow_symlinks)
{
    if (PySys_Audit("os.link", "OOii", src->object, dst->object, hob_dir_fd_told(src_dir_fd),
                    hob_dir_fd_told(dst_dir_fd)) < 0) {
        return NULL;
    }
    int result;
    Py_BEGIN_ALLOW_THREADS
    if (src_dir_fd != AT_FDCWD || dst_dir_fd != AT_FDCWD || !follow_symlinks) {
        result = linkat(src_dir_fd, src->narrow, dst_dir_fd, dst->narrow,
                        follow_symlinks ? AT_SYMLINK_FOLLOW : 0);
    }
    else { result = link(src->narrow, dst->narrow); }
    Py_END_ALLOW_THREADS
    return result ? hob_path_error2(src, dst) : Py_NewRef(Py_None);
}

static PyObject *
rename_path(path_arg *src, path_arg *dst, int src_dir_fd, int dst_dir_fd)
{
    if (PySys_Audit("os.rename", "OOii", src->object, dst->object, hob_dir_fd_told(src_dir_fd),
                    hob_dir_fd_told(dst_dir_fd)) < 0) {
        return NULL;
    }
    int result;
    Py_BEGIN_ALLOW_THREADS
    result = renameat(src_dir_fd, src->narrow, dst_dir_fd, dst->narrow);
    Py_END_ALLOW_THREADS
    return result ? hob_path_error2(src, dst) : Py_NewRef(Py_None);
}

/** rename($module, /, src, dst, *, src_dir_fd=None, dst_dir_fd=None)
 *
 *  Rename a file or directory; a relative name starts at its dir_fd.
 */
static PyObject *
posix_rename(PyObject *module, path_arg *src, path_arg *dst, dir_fd_arg src_dir_fd,
             dir_fd_arg dst_dir_fd)
{
    return rename_path(src, dst, src_dir_fd, dst_dir_fd);
}

/** replace($module, /, src, dst, *, src_dir_fd=None, dst_dir_fd=None)
 *
 *  Rename a file or directory, over one that is there.
 */
static PyObject *
posix_replace(PyObject *module, path_arg *src, path_arg *dst, dir_fd_arg src_dir_fd,
              dir_fd_arg dst_dir_fd)
{
    return rename_path(src, dst, src_dir_fd, dst_dir_fd);
}

/** mkdir($module, /, path, mode=511, *, dir_fd=None)
 *
 *  Make a directory; a relative path starts at dir_fd.
 */
static PyObject *
posix_mkdir(PyObject *module, path_arg *path, int mode, dir_fd_arg dir_fd)
{
    if (PySys_Audit("os.mkdir", "Oii", path->object, mode, hob_dir_fd_told(dir_fd)) < 0) {
        return NULL;
    }
    int result;
    Py_BEGIN_ALLOW_THREADS
    result = mkdirat(dir_fd, path->narrow, (mode_t)mode);
    Py_END_ALLOW_THREADS
    return hob_path_result(result < 0, path);
}

/** rmdir($module, /, path, *, dir_fd=None)
 *
 *  Remove an empty directory; a relative path starts at dir_fd.
 */
static PyObject *
posix_rmdir(PyObject *module, path_arg *path, dir_fd_arg dir_fd)
{
    if (PySys_Audit("os.rmdir", "Oi", path->object, hob_dir_fd_told(dir_fd)) < 0) {
        return NULL;
    }
    int result;
    Py_BEGIN_ALLOW_THREADS
    result = unlinkat(dir_fd, path->narrow, AT_REMOVEDIR);
    Py_END_ALLOW_THREADS
    return hob_path_result(result != 0, path);
}

static PyObject *
remove_path(path_arg *path, int dir_fd)
{
    if (PySys_Audit("os.remove", "Oi", path->object, hob_dir_fd_told(dir_fd)) < 0) {
        return NULL;
    }
    int result;
    Py_BEGIN_ALLOW_THREADS
    result = unlinkat(dir_fd, path->narrow, 0);
    Py_END_ALLOW_THREADS
    return hob_path_result(result != 0, path);
}

/** unlink($module, /, path, *, dir_fd=None)
 *
 *  Remove a file; a relative path starts at dir_fd.
 */
static PyObject *
posix_unlink(PyObject *module, path_arg *path, dir_fd_arg dir_fd)
{
    return remove_path(path, dir_fd);
}

/** remove($module, /, path, *, dir_fd=None)
 *
 *  Remove a file; the same as unlink().
 */
static PyObject *
posix_remove(PyObject *module, path_arg *path, dir_fd_arg dir_fd)
{
    return remove_path(path, dir_fd);
}

/** symlink($module, /, src, dst, target_is_directory=False, *, dir_fd=None)
 *
 *  Make dst a symbolic link to src; a relative dst starts at dir_fd.
 */
static PyObject *
posix_symlink(PyObject *module, path_arg *src, path_arg *dst, bool target_is_directory,
              dir_fd_arg dir_fd)
{
    if (PySys_Audit("os.symlink", "OOi", src->object, dst->object,
                    hob_dir_fd_told(dir_fd)) < 0) {
        return NULL;
    }
    int result;
    Py_BEGIN_ALLOW_THREADS
    result = symlinkat(src->narrow, dir_fd, dst->narrow);
    Py_END_ALLOW_THREADS
    return result ? hob_path_error2(src, dst) : Py_NewRef(Py_None);
}

/** readlink($module, /, path, *, dir_fd=None)
 *
 *  Return what a symbolic link refers to; a relative path starts at dir_fd.
 */
static PyObject *
posix_readlink(PyObject *module, path_arg *path, dir_fd_arg dir_fd)
{
    char target[PATH_MAX + 1];
    ssize_t n;
    Py_BEGIN_ALLOW_THREADS
    n = readlinkat(dir_fd, path->narrow, target, PATH_MAX);
    Py_END_ALLOW_THREADS
    if (n < 0) { return hob_path_error(path); }
    return PyUnicode_Check(path->object) ? PyUnicode_DecodeFSDefaultAndSize(target, n)
                                         : PyBytes_FromStringAndSize(target, n);
}

/** mkfifo($module, /, path, mode=438, *, dir_fd=None)
 *
 *  Make a FIFO, a pipe with a name; a relative path starts at dir_fd.
 */
static PyObject *
posix_mkfifo(PyObject *module, path_arg *path, int mode, dir_fd_arg dir_fd)
{
    int result;
    RETRY(result = mkfifoat(dir_fd, path->narrow, (mode_t)mode), result != 0)
    return hob_posix_result(result != 0);
}

/** mknod($module, /, path, mode=384, device=0, *, dir_fd=None)
 *
 *  Make a file, a device or a FIFO.
 *
 *  mode has the rights and the kind (S_IFREG, S_IFCHR, S_IFBLK, S_IFIFO); device
 *  is for devices, see makedev().  A relative path starts at dir_fd.
 */
static PyObject *
posix_mknod(PyObject *module, path_arg *path, int mode, dev_arg device, dir_fd_arg dir_fd)
{
    int result;
    RETRY(result = mknodat(dir_fd, path->narrow, (mode_t)mode, device), result != 0)
    return hob_posix_result(result != 0);
}

/** major($module, device, /)
 *
 *  Return the major number of a device number.
 */
static PyObject *
posix_major(PyObject *module, dev_arg device)
{
    return PyLong_FromUnsignedLong(major(device));
}

/** minor($module, device, /)
 *
 *  Return the minor number of a device number.
 */
static PyObject *
posix_minor(PyObject *module, dev_arg device)
{
    return PyLong_FromUnsignedLong(minor(device));
}

/** makedev($module, major, minor, /)
 *
 *  Return the device number of a major and a minor number.
 */
static PyObject *
posix_makedev(PyObject *module, int major, int minor)
{
    return PyLong_FromUnsignedLongLong(gnu_dev_makedev((unsigned)major, (unsigned)minor));
}

/* --- contents and times --- */

/** truncate($module, /, path, length)
 *
 *  Cut a file (or an open file) off at length bytes.
 */
static PyObject *
posix_truncate(PyObject *module, path_fd_arg *path, off_arg length)
{
    int result;
    if (path->is_fd) {
        if (PySys_Audit("os.truncate", "in", path->fd, (Py_ssize_t)length) < 0) { return NULL; }
        RETRY(result = ftruncate(path->fd, length), result != 0)
        return hob_posix_result(result != 0);
    }
    if (PySys_Audit("os.truncate", "On", path->object, (Py_ssize_t)length) < 0) { return NULL; }
    Py_BEGIN_ALLOW_THREADS
    result = truncate(path->narrow, length);
    Py_END_ALLOW_THREADS
    return hob_path_result(result < 0, path);
}

/* Nanoseconds as a Python int, split by a billion. */
static status
split_ns(PyObject *ns, struct timespec *out)
{
    own PyObject *billion = PyLong_FromLong(1000000000);
    own PyObject *pair = billion ? PyNumber_Divmod(ns, billion) : NULL;
    if (!pair) { return -1; }
    if (!PyTuple_Check(pair) || PyTuple_GET_SIZE(pair) != 2) {
        PyErr_Format(PyExc_TypeError, "%.200s.__divmod__() must return a 2-tuple, not %.200s",
                     Py_TYPE(ns)->tp_name, Py_TYPE(pair)->tp_name);
        return -1;
    }
    out->tv_sec = _PyLong_AsTime_t(PyTuple_GET_ITEM(pair, 0));
    if (out->tv_sec == -1 && PyErr_Occurred()) { return -1; }
    out->tv_nsec = PyLong_AsLong(PyTuple_GET_ITEM(pair, 1));
    return out->tv_nsec == -1 && PyErr_Occurred() ? -1 : 0;
}

static status
read_times(PyObject *times, PyObject *ns, struct timespec out[2])
{
    if (times != Py_None && ns) {
        PyErr_SetString(PyExc_ValueError,
                        "utime: you may specify either 'times' or 'ns' but not both");
        return -1;
    }
    if (times != Py_None) {
        if (!PyTuple_CheckExact(times) || PyTuple_GET_SIZE(times) != 2) {
            PyErr_SetString(PyExc_TypeError,
                            "utime: 'times' must be either a tuple of two ints or None");
            return -1;
        }
        for (int i = 0; i < 2; i++) {
            if (_PyTime_ObjectToTimespec(PyTuple_GET_ITEM(times, i), &out[i].tv_sec,
                                         &out[i].tv_nsec, _PyTime_ROUND_FLOOR) < 0) {
                return -1;
            }
        }
        return 0;
    }
    if (!PyTuple_CheckExact(ns) || PyTuple_GET_SIZE(ns) != 2) {
        PyErr_SetString(PyExc_TypeError, "utime: 'ns' must be a tuple of two ints");
        return -1;
    }
    return split_ns(PyTuple_GET_ITEM(ns, 0), &out[0]) < 0
        || split_ns(PyTuple_GET_ITEM(ns, 1), &out[1]) < 0 ? -1 : 0;
}

/** utime($module, /, path, times=None, *, ns=NULL, dir_fd=None, follow_symlinks=True)
 *
 *  Set the times of access and modification of a file.
 *
 *  times is a pair in seconds, ns one in nanoseconds; without both it is now.
 *  path may be an open file.  With dir_fd a relative path starts there; without
 *  follow_symlinks a symbolic link itself is meant.
 */
static PyObject *
posix_utime(PyObject *module, path_fd_arg *path, PyObject *times, PyObject *ns,
            dir_fd_arg dir_fd, bool follow_symlinks)
{
    struct timespec both[2];
    bool is_now = times == Py_None && !ns;
    if (!is_now && read_times(times, ns, both) < 0) { return NULL; }
    if (hob_path_and_dir_fd_invalid(path, dir_fd)) { return NULL; }
    if (hob_dir_fd_and_fd_invalid("utime", dir_fd, path->is_fd ? path->fd : -1)) {
        return NULL;
    }
    if (hob_fd_and_follow_invalid("utime", path, follow_symlinks)) { return NULL; }
    if (PySys_Audit("os.utime", "OOOi", path->object, times, ns ? ns : Py_None,
                    hob_dir_fd_told(dir_fd)) < 0) {
        return NULL;
    }
    int result;
    const struct timespec *when = is_now ? NULL : both;
    Py_BEGIN_ALLOW_THREADS
    result = path->is_fd ? futimens(path->fd, when)
                         : utimensat(dir_fd, path->narrow, when,
                                     follow_symlinks ? 0 : AT_SYMLINK_NOFOLLOW);
    Py_END_ALLOW_THREADS
    return hob_posix_result(result < 0);
}

/* --- text --- */

/** fspath($module, /, path)
 *
 *  Return what stands for path in the file system: str and bytes themselves, else
 *  what __fspath__() returns.
 */
static PyObject *
posix_fspath(PyObject *module, PyObject *path)
{
    return PyOS_FSPath(path);
}

/** _path_normpath($module, /, path)
 *
 *  The body of posixpath.normpath().
 */
static PyObject *
path_normpath(PyObject *module, PyObject *path)
{
    if (!PyUnicode_Check(path)) {
        PyErr_Format(PyExc_TypeError, "expected 'str', not '%.200s'", Py_TYPE(path)->tp_name);
        return NULL;
    }
    Py_ssize_t size;
    wchar_t *wide = PyUnicode_AsWideCharString(path, &size);
    if (!wide) { return NULL; }
    PyObject *result = PyUnicode_FromWideChar(wide, hob_path_normalise(wide, size));
    PyMem_Free(wide);
    return result;
}

#include "gen/modules/posix/path.bind.h"

PyMethodDef *const hob_posix_path_methods = module_methods;

/* --- public API --- */

PyObject *
PyOS_FSPath(PyObject *path)
{
    if (PyUnicode_Check(path) || PyBytes_Check(path)) { return Py_NewRef(path); }
    PyObject *name = PyUnicode_InternFromString("__fspath__");
    if (!name) { return NULL; }
    PyObject *found = _PyType_Lookup(Py_TYPE(path), name);
    Py_DECREF(name);
    if (!found) {
        return PyErr_Format(PyExc_TypeError,
                            "expected str, bytes or os.PathLike object, not %.200s",
                            Py_TYPE(path)->tp_name);
    }
    own PyObject *held = Py_NewRef(found);
    descrgetfunc get = Py_TYPE(held)->tp_descr_get;
    own PyObject *func = get ? get(held, path, (PyObject *)Py_TYPE(path)) : Py_NewRef(held);
    own PyObject *result = func ? PyObject_CallNoArgs(func) : NULL;
    if (!result) { return NULL; }
    if (PyUnicode_Check(result) || PyBytes_Check(result)) { return take(result); }
    return PyErr_Format(PyExc_TypeError,
                        "expected %.200s.__fspath__() to return str or bytes, not %.200s",
                        Py_TYPE(path)->tp_name, Py_TYPE(result)->tp_name);
}

/* stat.c -- module posix: stat(), statvfs() and what they return.
 *
 * Layout     os.stat_result is a sequence of ten ints; the times in it are whole
 *            seconds and have no name.  Behind them are, by name only, the times
 *            as floats and in nanoseconds, and what else Linux knows.
 */
#include "modules/posix/posix_int.h"

#include <sys/statvfs.h>

#include "memory/own.h"

static PyTypeObject *stat_type, *statvfs_type;

/* --- types --- */

static PyStructSequence_Field stat_fields[] = {
    {"st_mode", "protection bits"},
    {"st_ino", "inode"},
    {"st_dev", "device"},
    {"st_nlink", "number of hard links"},
    {"st_uid", "user ID of owner"},
    {"st_gid", "group ID of owner"},
    {"st_size", "total size, in bytes"},
    {NULL, "integer time of last access"},      /* unnamed: see hob_posix_add_stat_types */
    {NULL, "integer time of last modification"},
    {NULL, "integer time of last change"},
    {"st_atime", "time of last access"},
    {"st_mtime", "time of last modification"},
    {"st_ctime", "time of last change"},
    {"st_atime_ns", "time of last access in nanoseconds"},
    {"st_mtime_ns", "time of last modification in nanoseconds"},
    {"st_ctime_ns", "time of last change in nanoseconds"},
    {"st_blksize", "blocksize for filesystem I/O"},
    {"st_blocks", "number of blocks allocated"},
    {"st_rdev", "device type (if inode device)"},
    {NULL},
};

enum { INT_TIMES = 7, FLOAT_TIMES = 10, NS_TIMES = 13, BLKSIZE = 16, BLOCKS = 17, RDEV = 18 };

PyDoc_STRVAR(stat_doc,
    "stat_result: Result from stat, fstat, or lstat.\n\n"
    "A tuple of (mode, ino, dev, nlink, uid, gid, size, atime, mtime, ctime), with more\n"
    "attributes; st_atime and so on are floats, st_atime_ns whole nanoseconds.");

static PyStructSequence_Desc stat_desc = {"os.stat_result", stat_doc, stat_fields, 10};

static PyStructSequence_Field statvfs_fields[] = {
    {"f_bsize"}, {"f_frsize"}, {"f_blocks"}, {"f_bfree"}, {"f_bavail"}, {"f_files"},
    {"f_ffree"}, {"f_favail"}, {"f_flag"}, {"f_namemax"}, {"f_fsid"}, {NULL},
};

PyDoc_STRVAR(statvfs_doc,
    "statvfs_result: Result from statvfs or fstatvfs.\n\n"
    "A tuple of (bsize, frsize, blocks, bfree, bavail, files, ffree, favail, flag,\n"
    "namemax), and f_fsid.");

static PyStructSequence_Desc statvfs_desc = {"os.statvfs_result", statvfs_doc, statvfs_fields,
                                             10};

static newfunc structseq_new;

/* Made from ten values, the float times are the whole seconds. */
static PyObject *
stat_result_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *self = structseq_new(type, args, kwargs);
    if (!self) { return NULL; }
    for (int i = 0; i < 3; i++) {
        if (PyStructSequence_GET_ITEM(self, FLOAT_TIMES + i) != Py_None) { continue; }
        PyObject *seconds = Py_NewRef(PyStructSequence_GET_ITEM(self, INT_TIMES + i));
        Py_DECREF(Py_None);
        PyStructSequence_SET_ITEM(self, FLOAT_TIMES + i, seconds);
    }
    return self;
}

status
hob_posix_add_stat_types(PyObject *module)
{
    if (!stat_type) {
        for (int i = INT_TIMES; i < FLOAT_TIMES; i++) {
            stat_fields[i].name = PyStructSequence_UnnamedField;
        }
        stat_type = PyStructSequence_NewType(&stat_desc);
        if (!stat_type) { return -1; }
        structseq_new = stat_type->tp_new;
        stat_type->tp_new = stat_result_new;
    }
    if (PyModule_AddObjectRef(module, "stat_result", (PyObject *)stat_type) < 0) { return -1; }
    return hob_posix_add_structseq(module, "statvfs_result", &statvfs_desc, &statvfs_type);
}

/* --- filling --- */

static bool
set_item(PyObject *result, int i, PyObject *value)
{
    if (!value) { return false; }
    PyStructSequence_SET_ITEM(result, i, value);
    return true;
}

/* sec * 10**9 + nsec; dates after 2262 need more than 64 bits */
static PyObject *
whole_ns(const struct timespec *t)
{
    int64_t ns;
    if (!__builtin_mul_overflow((int64_t)t->tv_sec, INT64_C(1000000000), &ns)
        && !__builtin_add_overflow(ns, (int64_t)t->tv_nsec, &ns)) {
        return PyLong_FromLongLong(ns);
    }
    own PyObject *sec = _PyLong_FromTime_t(t->tv_sec);
    own PyObject *billion = PyLong_FromLong(1000000000);
    own PyObject *nsec = PyLong_FromLong(t->tv_nsec);
    if (!sec || !billion || !nsec) { return NULL; }
    own PyObject *product = PyNumber_Multiply(sec, billion);
    return product ? PyNumber_Add(product, nsec) : NULL;
}

static bool
set_time(PyObject *result, int i, const struct timespec *t)
{
    return set_item(result, INT_TIMES + i, _PyLong_FromTime_t(t->tv_sec))
        && set_item(result, FLOAT_TIMES + i,
                    PyFloat_FromDouble((double)t->tv_sec + 1e-9 * (double)t->tv_nsec))
        && set_item(result, NS_TIMES + i, whole_ns(t));
}

PyObject *
hob_stat_result(const struct stat *status)
{
    own PyObject *result = PyStructSequence_New(stat_type);
    if (!result) { return NULL; }
    bool done = set_item(result, 0, PyLong_FromLong((long)status->st_mode))
        && set_item(result, 1, PyLong_FromUnsignedLongLong(status->st_ino))
        && set_item(result, 2, PyLong_FromUnsignedLongLong(status->st_dev))
        && set_item(result, 3, PyLong_FromLong((long)status->st_nlink))
        && set_item(result, 4, _PyLong_FromUid(status->st_uid))
        && set_item(result, 5, _PyLong_FromGid(status->st_gid))
        && set_item(result, 6, PyLong_FromLongLong(status->st_size))
        && set_time(result, 0, &status->st_atim)
        && set_time(result, 1, &status->st_mtim)
        && set_time(result, 2, &status->st_ctim)
        && set_item(result, BLKSIZE, PyLong_FromLong(status->st_blksize))
        && set_item(result, BLOCKS, PyLong_FromLong(status->st_blocks))
        && set_item(result, RDEV, PyLong_FromLong((long)status->st_rdev));
    return done ? take(result) : NULL;
}

static PyObject *
statvfs_result(const struct statvfs *fs)
{
    own PyObject *result = PyStructSequence_New(statvfs_type);
    if (!result) { return NULL; }
    const unsigned long values[] = {fs->f_bsize, fs->f_frsize, fs->f_blocks, fs->f_bfree,
                                    fs->f_bavail, fs->f_files, fs->f_ffree, fs->f_favail,
                                    fs->f_flag, fs->f_namemax, fs->f_fsid};
    for (int i = 0; i < 11; i++) {
        if (!set_item(result, i, PyLong_FromUnsignedLong(values[i]))) { return NULL; }
    }
    return take(result);
}

/* --- functions --- */

static PyObject *
stat_path(const hob_path *path, int dir_fd, bool follow_symlinks)
{
    struct stat status;
    int result;
    if (hob_path_and_dir_fd_invalid(path, dir_fd)) { return NULL; }
    if (hob_dir_fd_and_fd_invalid("stat", dir_fd, path->is_fd ? path->fd : -1)) { return NULL; }
    if (path->func[0] != 'l' && hob_fd_and_follow_invalid("stat", path, follow_symlinks)) {
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    result = path->is_fd ? fstat(path->fd, &status)
                         : fstatat(dir_fd, path->narrow, &status,
                                   follow_symlinks ? 0 : AT_SYMLINK_NOFOLLOW);
    Py_END_ALLOW_THREADS
    return result != 0 ? hob_path_error(path) : hob_stat_result(&status);
}

/** stat($module, /, path, *, dir_fd=None, follow_symlinks=True)
 *
 *  Return what the system knows of a file.
 *
 *  path may be an open file.  With dir_fd a relative path starts there; without
 *  follow_symlinks a symbolic link itself is looked at.
 */
static PyObject *
posix_stat(PyObject *module, path_fd_arg *path, dir_fd_arg dir_fd, bool follow_symlinks)
{
    return stat_path(path, dir_fd, follow_symlinks);
}

/** lstat($module, /, path, *, dir_fd=None)
 *
 *  Return what the system knows of a file, or of a symbolic link itself.
 */
static PyObject *
posix_lstat(PyObject *module, path_arg *path, dir_fd_arg dir_fd)
{
    return stat_path(path, dir_fd, false);
}

/** fstat($module, /, fd)
 *
 *  Return what the system knows of the open file fd.
 */
static PyObject *
posix_fstat(PyObject *module, int fd)
{
    struct stat status;
    int result;
    RETRY(result = fstat(fd, &status), result != 0)
    return result != 0 ? hob_posix_error() : hob_stat_result(&status);
}

/** statvfs($module, /, path)
 *
 *  Return what the system knows of the file system that path is in.
 */
static PyObject *
posix_statvfs(PyObject *module, path_fd_arg *path)
{
    struct statvfs fs;
    int result;
    Py_BEGIN_ALLOW_THREADS
    result = path->is_fd ? fstatvfs(path->fd, &fs) : statvfs(path->narrow, &fs);
    Py_END_ALLOW_THREADS
    return result != 0 ? hob_path_error(path) : statvfs_result(&fs);
}

/** fstatvfs($module, fd, /)
 *
 *  Return what the system knows of the file system of the open file fd.
 */
static PyObject *
posix_fstatvfs(PyObject *module, int fd)
{
    struct statvfs fs;
    int result;
    RETRY(result = fstatvfs(fd, &fs), result != 0)
    return result != 0 ? hob_posix_error() : statvfs_result(&fs);
}

#include "gen/modules/posix/stat.bind.h"

PyMethodDef *const hob_posix_stat_methods = module_methods;

/* posix_int.h -- what the files of module posix share: arguments and errors.
 *
 * Arguments are C types named X_arg; tools/gen/bind.py calls arg_X for each.
 * A path_arg is a str, bytes or os.PathLike, and the variants say what else:
 *
 *      path_arg         path only              path_fd_arg       or an open file
 *      path_none_arg    or None                path_fd_none_arg  either
 */
#pragma once
#include <Python.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/c.h"

typedef struct hob_path {
    const char *narrow;                 /* NULL: an fd, None, or not given */
    Py_ssize_t length;
    int fd;                             /* valid when is_fd */
    bool is_fd;
    PyObject *object;                   /* owned: what errors name, or NULL */
    PyObject *bytes;                    /* owned: holds narrow, or NULL */
    const char *func;
} hob_path;

typedef hob_path path_arg, path_fd_arg, path_none_arg, path_fd_none_arg;

bool hob_path_convert(PyObject *value, hob_path *out, const char *func, const char *name,
                      bool allow_none, bool allow_fd);
void hob_path_release(hob_path *path);

#define PATH_KIND(kind, none, fd)                                                       \
    static inline bool arg_##kind(PyObject *value, hob_path *out, const char *func,     \
                                  const char *name)                                     \
    {                                                                                   \
        return hob_path_convert(value, out, func, name, none, fd);                      \
    }                                                                                   \
    static inline void done_##kind(hob_path *path) { hob_path_release(path); }
PATH_KIND(path, false, false)
PATH_KIND(path_fd, false, true)
PATH_KIND(path_none, true, false)
PATH_KIND(path_fd_none, true, true)
#undef PATH_KIND

/* --- numbers that are not plain C integers --- */
typedef int dir_fd_arg;                 /* an fd, or None for the working directory */
typedef int fildes_arg;                 /* an fd, or an object with fileno() */
typedef pid_t pid_arg;
typedef int cint_arg;                   /* an int, worded like a pid when it is too large */
typedef uid_t uid_arg;
typedef gid_t gid_arg;
typedef dev_t dev_arg;
typedef off_t off_arg;
typedef id_t id_arg;
typedef unsigned uint_arg;              /* an int that fits */
typedef unsigned long long ull_arg;
typedef unsigned mask_arg;              /* the low bits of any int */

enum { default_dir_fd = AT_FDCWD };

bool arg_dir_fd(PyObject *value, int *out, const char *func, const char *name);
bool arg_fildes(PyObject *value, int *out, const char *func, const char *name);
bool arg_pid(PyObject *value, pid_t *out, const char *func, const char *name);
bool arg_cint(PyObject *value, int *out, const char *func, const char *name);
bool arg_uid(PyObject *value, uid_t *out, const char *func, const char *name);
bool arg_gid(PyObject *value, gid_t *out, const char *func, const char *name);
bool arg_dev(PyObject *value, dev_t *out, const char *func, const char *name);
bool arg_off(PyObject *value, off_t *out, const char *func, const char *name);
bool arg_uint(PyObject *value, unsigned *out, const char *func, const char *name);
bool arg_ull(PyObject *value, unsigned long long *out, const char *func, const char *name);
bool arg_mask(PyObject *value, unsigned *out, const char *func, const char *name);
bool arg_id(PyObject *value, id_t *out, const char *func, const char *name);

typedef struct { PyObject *bytes; } name_arg;           /* a name for the system, no nulls */
bool arg_name(PyObject *value, name_arg *out, const char *func, const char *name);
static inline void done_name(name_arg *name) { Py_XDECREF(name->bytes); }

HOB_EXPORT int _Py_Uid_Converter(PyObject *obj, uid_t *out);
HOB_EXPORT int _Py_Gid_Converter(PyObject *obj, gid_t *out);
HOB_EXPORT PyObject *_PyLong_FromUid(uid_t uid);
HOB_EXPORT PyObject *_PyLong_FromGid(gid_t gid);

/* --- errors --- */
PyObject *hob_posix_error(void);                                /* OSError from errno */
PyObject *hob_path_error(const hob_path *path);                 /* .. naming path */
PyObject *hob_path_error2(const hob_path *path, const hob_path *path2);

/* A call that returned `failed`: OSError, or None. */
static inline PyObject *
hob_posix_result(bool failed)
{
    return failed ? hob_posix_error() : Py_NewRef(Py_None);
}

static inline PyObject *
hob_path_result(bool failed, const hob_path *path)
{
    return failed ? hob_path_error(path) : Py_NewRef(Py_None);
}

/* ValueError for combinations that make no sense; true when there is one. */
bool hob_path_and_dir_fd_invalid(const hob_path *path, int dir_fd);
bool hob_dir_fd_and_fd_invalid(const char *func, int dir_fd, int fd);
bool hob_fd_and_follow_invalid(const char *func, const hob_path *path, bool follow_symlinks);

/* Run a call without the GIL, again after a signal (PEP 475).  `failed` is a
 * test of the result; leaves with NULL when a signal handler raised. */
#define RETRY(call, failed)                                             \
    for (;;) {                                                          \
        Py_BEGIN_ALLOW_THREADS                                          \
        call;                                                           \
        Py_END_ALLOW_THREADS                                            \
        if (!(failed) || errno != EINTR) { break; }                     \
        if (PyErr_CheckSignals()) { return NULL; }                      \
    }

/* pwd, grp: run call with a buffer that grows until the entry fits.  0, or an errno. */
#define LOOK_UP_ENTRY(status, buffer, found, call)                                    \
    for (size_t size_ = 1024;; size_ *= 2) {                                    \
        char *larger_ = PyMem_RawRealloc(buffer, size_);                        \
        if (!larger_) { status = ENOMEM; found = NULL; break; }                 \
        buffer = larger_;                                                       \
        size_t size = size_;                                                    \
        Py_BEGIN_ALLOW_THREADS                                                  \
        status = call;                                                          \
        Py_END_ALLOW_THREADS                                                    \
        if (status != ERANGE || size_ > (1u << 30)) { break; }                  \
    }

/* For audit events: AT_FDCWD is told as -1. */
static inline int
hob_dir_fd_told(int dir_fd)
{
    return dir_fd == AT_FDCWD ? -1 : dir_fd;
}

/* --- one table and one start function a file --- */
extern PyMethodDef *const hob_posix_path_methods, *const hob_posix_dir_methods,
                   *const hob_posix_stat_methods, *const hob_posix_fd_methods,
                   *const hob_posix_io_methods, *const hob_posix_proc_methods,
                   *const hob_posix_wait_methods,
                   *const hob_posix_exec_methods, *const hob_posix_sched_methods,
                   *const hob_posix_user_methods, *const hob_posix_xattr_methods,
                   *const hob_posix_conf_methods, *const hob_posix_environ_methods,
                   *const hob_posix_user_id_methods;

MUST_USE status hob_posix_add_dir_types(PyObject *module);
MUST_USE status hob_posix_add_stat_types(PyObject *module);
MUST_USE status hob_posix_add_fd_types(PyObject *module);
MUST_USE status hob_posix_add_proc_types(PyObject *module);
MUST_USE status hob_posix_add_wait_types(PyObject *module);
MUST_USE status hob_posix_add_sched_types(PyObject *module);
MUST_USE status hob_posix_add_names(PyObject *module);
MUST_USE status hob_posix_add_environ(PyObject *module);

/* Make a struct sequence type once and add it to the module. */
MUST_USE status hob_posix_add_structseq(PyObject *module, const char *name,
                                        PyStructSequence_Desc *desc, PyTypeObject **type);

/* stat.c */
MUST_USE PyObject *hob_stat_result(const struct stat *status);

/* exec.c: arguments and environments as C has them */
char **hob_strings_from(PyObject *sequence, Py_ssize_t *n);     /* NULL with exception */
char **hob_environment_from(PyObject *mapping);
void hob_strings_free(char **strings, Py_ssize_t n);
void hob_environment_free(char **strings);

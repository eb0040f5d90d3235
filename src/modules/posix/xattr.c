/* xattr.c -- module posix: extended attributes of files. */
#include "modules/posix/posix_int.h"

#include <limits.h>
#include <linux/limits.h>
#include <sys/xattr.h>

#include "memory/own.h"

/* Call get(buffer, size) with growing buffers until it fits; bytes of exactly
 * what came, or NULL with `failed` telling whether errno says why. */
static PyObject *
read_growing(ssize_t (*get)(const hob_path *, const char *, bool, char *, size_t),
             const hob_path *path, const char *name, bool follow_symlinks)
{
    static const size_t sizes[] = {256, XATTR_SIZE_MAX};
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        PyObject *buffer = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)sizes[i]);
        if (!buffer) { return NULL; }
        char *at = PyBytes_AS_STRING(buffer);
        ssize_t n;
        Py_BEGIN_ALLOW_THREADS
        n = get(path, name, follow_symlinks, at, sizes[i]);
        Py_END_ALLOW_THREADS
        if (n >= 0) {
            if ((size_t)n != sizes[i]) { _PyBytes_Resize(&buffer, n); }
            return buffer;
        }
        int error = errno;
        Py_DECREF(buffer);
        errno = error;
        if (error != ERANGE) { break; }
    }
    return hob_path_error(path);
}

static ssize_t
get_value(const hob_path *path, const char *name, bool follow, char *buffer, size_t size)
{
    if (path->is_fd) { return fgetxattr(path->fd, name, buffer, size); }
    return (follow ? getxattr : lgetxattr)(path->narrow, name, buffer, size);
}

static ssize_t
get_names(const hob_path *path, const char *unused, bool follow, char *buffer, size_t size)
{
    const char *name = path->narrow ? path->narrow : ".";
    if (path->is_fd) { return flistxattr(path->fd, buffer, size); }
    return (follow ? listxattr : llistxattr)(name, buffer, size);
}

/** getxattr($module, /, path, attribute, *, follow_symlinks=True)
 *
 *  Return the value of an extended attribute; path may be an open file.
 */
static PyObject *
posix_getxattr(PyObject *module, path_fd_arg *path, path_arg *attribute, bool follow_symlinks)
{
    if (hob_fd_and_follow_invalid("getxattr", path, follow_symlinks)) { return NULL; }
    if (PySys_Audit("os.getxattr", "OO", path->object, attribute->object) < 0) { return NULL; }
    return read_growing(get_value, path, attribute->narrow, follow_symlinks);
}

/** setxattr($module, /, path, attribute, value, flags=0, *, follow_symlinks=True)
 *
 *  Set an extended attribute; path may be an open file.
 *
 *  flags may be XATTR_CREATE or XATTR_REPLACE.
 */
static PyObject *
posix_setxattr(PyObject *module, path_fd_arg *path, path_arg *attribute, Py_buffer *value,
               int flags, bool follow_symlinks)
{
    if (hob_fd_and_follow_invalid("setxattr", path, follow_symlinks)) { return NULL; }
    if (PySys_Audit("os.setxattr", "OOy#i", path->object, attribute->object, value->buf,
                    value->len, flags) < 0) {
        return NULL;
    }
    int result;
    size_t size = (size_t)value->len;
    Py_BEGIN_ALLOW_THREADS
    result = path->is_fd ? fsetxattr(path->fd, attribute->narrow, value->buf, size, flags)
        : (follow_symlinks ? setxattr : lsetxattr)(path->narrow, attribute->narrow, value->buf,
                                                   size, flags);
    Py_END_ALLOW_THREADS
    return hob_path_result(result != 0, path);
}

/** removexattr($module, /, path, attribute, *, follow_symlinks=True)
 *
 *  Remove an extended attribute; path may be an open file.
 */
static PyObject *
posix_removexattr(PyObject *module, path_fd_arg *path, path_arg *attribute,
                  bool follow_symlinks)
{
    if (hob_fd_and_follow_invalid("removexattr", path, follow_symlinks)) { return NULL; }
    if (PySys_Audit("os.removexattr", "OO", path->object, attribute->object) < 0) {
        return NULL;
    }
    int result;
    Py_BEGIN_ALLOW_THREADS
    result = path->is_fd ? fremovexattr(path->fd, attribute->narrow)
        : (follow_symlinks ? removexattr : lremovexattr)(path->narrow, attribute->narrow);
    Py_END_ALLOW_THREADS
    return hob_path_result(result != 0, path);
}

/** listxattr($module, /, path=None, *, follow_symlinks=True)
 *
 *  Return the names of the extended attributes of a file; None is the working
 *  directory, and path may be an open file.
 */
static PyObject *
posix_listxattr(PyObject *module, path_fd_none_arg *path, bool follow_symlinks)
{
    path->func = "listxattr";
    if (hob_fd_and_follow_invalid("listxattr", path, follow_symlinks)) { return NULL; }
    if (PySys_Audit("os.listxattr", "(O)", path->object ? path->object : Py_None) < 0) {
        return NULL;
    }
    own PyObject *names = read_growing(get_names, path, NULL, follow_symlinks);
    if (!names) { return NULL; }
    own PyObject *list = PyList_New(0);
    if (!list) { return NULL; }
    const char *at = PyBytes_AS_STRING(names), *end = at + PyBytes_GET_SIZE(names);
    for (; at < end; at += strlen(at) + 1) {
        own PyObject *name = PyUnicode_DecodeFSDefault(at);
        if (!name || PyList_Append(list, name) < 0) { return NULL; }
    }
    return take(list);
}

#include "gen/modules/posix/xattr.bind.h"

PyMethodDef *const hob_posix_xattr_methods = module_methods;

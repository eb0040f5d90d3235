/* convert.c -- arguments of module posix: paths, descriptors, ids; its errors. */
#include "modules/posix/posix_int.h"

#include "memory/own.h"
#include "objects/bind.h"

/* --- errors --- */

PyObject *
hob_posix_error(void)
{
    return PyErr_SetFromErrno(PyExc_OSError);
}

PyObject *
hob_path_error(const hob_path *path)
{
    return PyErr_SetFromErrnoWithFilenameObject(PyExc_OSError, path->object);
}

PyObject *
hob_path_error2(const hob_path *path, const hob_path *path2)
{
    return PyErr_SetFromErrnoWithFilenameObjects(PyExc_OSError, path->object, path2->object);
}

bool
hob_path_and_dir_fd_invalid(const hob_path *path, int dir_fd)
{
    if (path->narrow || dir_fd == AT_FDCWD) { return false; }
    PyErr_Format(PyExc_ValueError, "%s: can't specify dir_fd without matching path",
                 path->func);
    return true;
}

bool
hob_dir_fd_and_fd_invalid(const char *func, int dir_fd, int fd)
{
    if (dir_fd == AT_FDCWD || fd < 0) { return false; }
    PyErr_Format(PyExc_ValueError, "%s: can't specify both dir_fd and fd", func);
    return true;
}

bool
hob_fd_and_follow_invalid(const char *func, const hob_path *path, bool follow_symlinks)
{
    if (!path->is_fd || path->fd <= 0 || follow_symlinks) { return false; }
    PyErr_Format(PyExc_ValueError, "%s: cannot use fd and follow_symlinks together", func);
    return true;
}

/* --- descriptors --- */

static bool
fd_from(PyObject *value, int *out)
{
    own PyObject *index = PyNumber_Index(value);
    if (!index) { return false; }
    int overflow;
    long number = PyLong_AsLongAndOverflow(index, &overflow);
    if (overflow > 0 || number > INT_MAX) {
        PyErr_SetString(PyExc_OverflowError, "fd is greater than maximum");
        return false;
    }
    if (overflow < 0 || number < INT_MIN) {
        PyErr_SetString(PyExc_OverflowError, "fd is less than minimum");
        return false;
    }
    *out = (int)number;
    return true;
}

bool
arg_dir_fd(PyObject *value, int *out, const char *func, const char *name)
{
    if (value == Py_None) {
        *out = AT_FDCWD;
        return true;
    }
    if (PyIndex_Check(value)) { return fd_from(value, out); }
    PyErr_Format(PyExc_TypeError, "argument should be integer or None, not %.200s",
                 Py_TYPE(value)->tp_name);
    return false;
}

bool
arg_fildes(PyObject *value, int *out, const char *func, const char *name)
{
    *out = PyObject_AsFileDescriptor(value);
    return *out >= 0;
}

/* --- paths --- */

static const char *
allowed(bool none, bool fd)
{
    if (fd) {
        return none ? "string, bytes, os.PathLike, integer or None"
                    : "string, bytes, os.PathLike or integer";
    }
    return none ? "string, bytes, os.PathLike or None" : "string, bytes or os.PathLike";
}

/* What type(value).__fspath__ makes of it: str or bytes.  NULL without an
 * exception when it has none. */
static PyObject *
fspath_of(PyObject *value)
{
    static PyObject *key;
    if (!key && !(key = PyUnicode_InternFromString("__fspath__"))) { return NULL; }
    PyObject *found = _PyType_Lookup(Py_TYPE(value), key);
    if (!found) { return NULL; }
    descrgetfunc get = Py_TYPE(found)->tp_descr_get;
    own PyObject *held = Py_NewRef(found);
    own PyObject *func = get ? get(held, value, (PyObject *)Py_TYPE(value)) : Py_NewRef(held);
    own PyObject *result = func ? PyObject_CallNoArgs(func) : NULL;
    if (!result) { return NULL; }
    if (PyUnicode_Check(result) || PyBytes_Check(result)) { return take(result); }
    PyErr_Format(PyExc_TypeError,
                 "expected %.200s.__fspath__() to return str or bytes, not %.200s",
                 Py_TYPE(value)->tp_name, Py_TYPE(result)->tp_name);
    return NULL;
}

static bool
path_from_bytes(hob_path *out, STOLEN PyObject *bytes, const char *name)
{
    out->bytes = bytes;
    out->narrow = PyBytes_AS_STRING(bytes);
    out->length = PyBytes_GET_SIZE(bytes);
    if (strlen(out->narrow) == (size_t)out->length) { return true; }
    PyErr_Format(PyExc_ValueError, "%s: embedded null character in %s", out->func, name);
    return false;
}

static bool
path_from_buffer(hob_path *out, PyObject *value, const char *name, const char *what)
{
    if (PyErr_WarnFormat(PyExc_DeprecationWarning, 1, "%s: %s should be %s, not %.200s",
                         out->func, name, what, Py_TYPE(value)->tp_name) < 0) {
        return false;
    }
    PyObject *bytes = PyBytes_FromObject(value);
    return bytes && path_from_bytes(out, bytes, name);
}

bool
hob_path_convert(PyObject *value, hob_path *out, const char *func, const char *name,
                 bool allow_none, bool allow_fd)
{
    out->func = func;
    if (value == Py_None && allow_none) { return true; }
    out->object = Py_NewRef(value);
    const char *what = allowed(allow_none, allow_fd);
    bool is_index = allow_fd && PyIndex_Check(value);
    if (!PyUnicode_Check(value) && !PyBytes_Check(value) && !is_index
        && !PyObject_CheckBuffer(value)) {
        PyObject *path = fspath_of(value);
        if (!path) {
            if (PyErr_Occurred()) { return false; }
            PyErr_Format(PyExc_TypeError, "%s: %s should be %s, not %.200s", func, name, what,
                         Py_TYPE(value)->tp_name);
            return false;
        }
        Py_SETREF(out->object, path);
        value = path;
    }
    if (PyUnicode_Check(value)) {
        PyObject *bytes;
        if (!PyUnicode_FSConverter(value, &bytes)) { return false; }
        return path_from_bytes(out, bytes, name);
    }
    if (PyBytes_Check(value)) { return path_from_bytes(out, Py_NewRef(value), name); }
    if (!is_index) { return path_from_buffer(out, value, name, what); }
    out->is_fd = true;
    return fd_from(value, &out->fd);
}

void
hob_path_release(hob_path *path)
{
    Py_CLEAR(path->object);
    Py_CLEAR(path->bytes);
}

bool
arg_name(PyObject *value, name_arg *out, const char *func, const char *name)
{
    return PyUnicode_FSConverter(value, &out->bytes) != 0;
}

/* --- numbers --- */

bool
arg_cint(PyObject *value, int *out, const char *func, const char *name)
{
    long number = PyLong_AsLong(value);
    if (number == -1 && PyErr_Occurred()) { return false; }
    if (number > INT_MAX || number < INT_MIN) {
        PyErr_Format(PyExc_OverflowError, "signed integer is %s",
                     number > 0 ? "greater than maximum" : "less than minimum");
        return false;
    }
    *out = (int)number;
    return true;
}

bool
arg_pid(PyObject *value, pid_t *out, const char *func, const char *name)
{
    return arg_cint(value, out, func, name);
}

bool
arg_off(PyObject *value, off_t *out, const char *func, const char *name)
{
    *out = PyLong_AsLong(value);
    return !(*out == -1 && PyErr_Occurred());
}

bool
arg_dev(PyObject *value, dev_t *out, const char *func, const char *name)
{
    *out = PyLong_AsUnsignedLongLong(value);
    return !(*out == (dev_t)-1 && PyErr_Occurred());
}

static bool
is_negative(PyObject *value)
{
    if (!PyLong_Check(value) || _PyLong_Sign(value) >= 0) { return false; }
    PyErr_SetString(PyExc_ValueError, "value must be positive");
    return true;
}

bool
arg_uint(PyObject *value, unsigned *out, const char *func, const char *name)
{
    if (is_negative(value)) { return false; }
    unsigned long number = PyLong_AsUnsignedLong(value);
    if (number == (unsigned long)-1 && PyErr_Occurred()) { return false; }
    if (number > UINT_MAX) {
        PyErr_SetString(PyExc_OverflowError, "Python int too large for C unsigned int");
        return false;
    }
    *out = (unsigned)number;
    return true;
}

bool
arg_ull(PyObject *value, unsigned long long *out, const char *func, const char *name)
{
    if (is_negative(value)) { return false; }
    *out = PyLong_AsUnsignedLongLong(value);
    return !(*out == (unsigned long long)-1 && PyErr_Occurred());
}

bool
arg_mask(PyObject *value, unsigned *out, const char *func, const char *name)
{
    *out = (unsigned)PyLong_AsUnsignedLongMask(value);
    return !(*out == (unsigned)-1 && PyErr_Occurred());
}

bool
arg_id(PyObject *value, id_t *out, const char *func, const char *name)
{
    /* id_t is unsigned, but what it stands for is a pid_t where -1 has meaning */
    int number;
    if (!arg_cint(value, &number, func, name)) { return false; }
    *out = (id_t)number;
    return true;
}

/* An unsigned id; -1 stands for the largest ("leave as it is").  What fits a
 * long but not the id is "less than minimum" on either side: so it is worded. */
static bool
user_id_from(PyObject *value, const char *what, unsigned *out)
{
    own PyObject *index = PyNumber_Index(value);
    if (!index) {
        PyErr_Format(PyExc_TypeError, "%s should be integer, not %.200s", what,
                     Py_TYPE(value)->tp_name);
        return false;
    }
    int overflow;
    long number = PyLong_AsLongAndOverflow(index, &overflow);
    if (!overflow && (number == -1 || (unsigned)number == number)) {
        *out = (unsigned)number;
        return true;
    }
    PyErr_Format(PyExc_OverflowError, overflow > 0 ? "%s is greater than maximum"
                                                   : "%s is less than minimum", what);
    return false;
}

bool
arg_uid(PyObject *value, uid_t *out, const char *func, const char *name)
{
    return user_id_from(value, "uid", out);
}

bool
arg_gid(PyObject *value, gid_t *out, const char *func, const char *name)
{
    return user_id_from(value, "gid", out);
}

int
_Py_Uid_Converter(PyObject *obj, uid_t *out)
{
    return user_id_from(obj, "uid", out);
}

int
_Py_Gid_Converter(PyObject *obj, gid_t *out)
{
    return user_id_from(obj, "gid", out);
}

PyObject *
_PyLong_FromUid(uid_t uid)
{
    return uid == (uid_t)-1 ? PyLong_FromLong(-1) : PyLong_FromUnsignedLong(uid);
}

PyObject *
_PyLong_FromGid(gid_t gid)
{
    return gid == (gid_t)-1 ? PyLong_FromLong(-1) : PyLong_FromUnsignedLong(gid);
}

/* --- types --- */

status
hob_posix_add_structseq(PyObject *module, const char *name, PyStructSequence_Desc *desc,
                        PyTypeObject **type)
{
    if (!*type) {
        *type = PyStructSequence_NewType(desc);
        if (!*type) { return -1; }
    }
    return PyModule_AddObjectRef(module, name, (PyObject *)*type);
}

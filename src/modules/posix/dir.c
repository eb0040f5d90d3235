/* dir.c -- module posix: listdir(), scandir() and os.DirEntry.
 *
 * Holds      An iterator owns its DIR until it is exhausted, closed or deallocated;
 *            one that was neither exhausted nor closed is a ResourceWarning.
 *            A DirEntry asks the system once for each of its two stat results.
 */
#include "modules/posix/posix_int.h"

#include <dirent.h>
#include <structmember.h>
#include <unistd.h>

#include "memory/own.h"

/* --- reading a directory --- */

static bool
is_self_or_parent(const char *name)
{
    return name[0] == '.' && (!name[1] || (name[1] == '.' && !name[2]));
}

/* Open path, a copy of its descriptor, or (not given) the working directory. */
static DIR *
open_dir(const hob_path *path)
{
    DIR *dir = NULL;
    int error = 0;
    Py_BEGIN_ALLOW_THREADS
    if (path->is_fd) {
        int fd = fcntl(path->fd, F_DUPFD_CLOEXEC, 0);
        if (fd >= 0) {
            dir = fdopendir(fd);
            if (!dir) {
                error = errno;
                close(fd);
                errno = error;
            }
        }
    }
    else { dir = opendir(path->narrow ? path->narrow : "."); }
    error = errno;
    Py_END_ALLOW_THREADS
    errno = error;
    return dir;
}

static void
close_dir(DIR *dir, bool shares_position)
{
    Py_BEGIN_ALLOW_THREADS
    if (shares_position) { rewinddir(dir); }    /* the caller's fd has the same offset */
    closedir(dir);
    Py_END_ALLOW_THREADS
}

/* The next entry that is not . or ..; NULL at the end (errno 0) or on error. */
static struct dirent *
read_dir(DIR *dir)
{
    struct dirent *entry;
    do {
        Py_BEGIN_ALLOW_THREADS
        errno = 0;
        entry = readdir(dir);
        Py_END_ALLOW_THREADS
    } while (entry && is_self_or_parent(entry->d_name));
    return entry;
}

/* Names are bytes when the path was, or a buffer. */
static bool
wants_str(const hob_path *path)
{
    return !path->object || path->is_fd || PyUnicode_Check(path->object);
}

/** listdir($module, /, path=None)
 *
 *  Return a list of the names in a directory, in no order, without . and ..
 *
 *  path may be an open directory; None is the working directory.  The names are
 *  bytes if path is, else str.
 */
static PyObject *
posix_listdir(PyObject *module, path_fd_none_arg *path)
{
    if (PySys_Audit("os.listdir", "O", path->object ? path->object : Py_None) < 0) {
        return NULL;
    }
    own PyObject *list = PyList_New(0);
    if (!list) { return NULL; }
    DIR *dir = open_dir(path);
    if (!dir) { return hob_path_error(path); }
    bool as_str = wants_str(path);
    struct dirent *entry;
    bool failed = false;
    while (!failed && (entry = read_dir(dir))) {
        own PyObject *name = as_str ? PyUnicode_DecodeFSDefault(entry->d_name)
                                    : PyBytes_FromString(entry->d_name);
        failed = !name || PyList_Append(list, name) < 0;
    }
    if (!failed && errno) {
        hob_path_error(path);
        failed = true;
    }
    close_dir(dir, path->is_fd);
    return failed ? NULL : take(list);
}

/* --- DirEntry --- */

typedef struct {
    PyObject_HEAD
    PyObject *name, *path;              /* owned: str or bytes */
    PyObject *stat, *lstat;             /* owned: results, once asked for */
    unsigned char d_type;
    ino_t inode;
    int dir_fd;                         /* DEFAULT: path says it all */
} dir_entry;

static PyTypeObject *dir_entry_type, *scandir_type;

static void
dir_entry_dealloc(dir_entry *self)
{
    PyTypeObject *type = Py_TYPE(self);
    Py_XDECREF(self->name);
    Py_XDECREF(self->path);
    Py_XDECREF(self->stat);
    Py_XDECREF(self->lstat);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyObject *
dir_entry_fetch(dir_entry *self, bool follow_symlinks)
{
    own PyObject *bytes = NULL;
    if (PyUnicode_Check(self->path)) {
        PyObject *encoded;
        if (!PyUnicode_FSConverter(self->path, &encoded)) { return NULL; }
        bytes = encoded;
    }
    else { bytes = Py_NewRef(self->path); }
    struct stat status;
    int result;
    Py_BEGIN_ALLOW_THREADS
    result = fstatat(self->dir_fd, PyBytes_AS_STRING(bytes), &status,
                     follow_symlinks ? 0 : AT_SYMLINK_NOFOLLOW);
    Py_END_ALLOW_THREADS
    if (result != 0) {
        return PyErr_SetFromErrnoWithFilenameObject(PyExc_OSError, self->path);
    }
    return hob_stat_result(&status);
}

static PyObject *
dir_entry_lstat(dir_entry *self)
{
    if (!self->lstat) { self->lstat = dir_entry_fetch(self, false); }
    return Py_XNewRef(self->lstat);
}

/* 1 a symbolic link, 0 not, -1 error */
static tri
is_link(dir_entry *self)
{
    if (self->d_type != DT_UNKNOWN) { return self->d_type == DT_LNK; }
    own PyObject *status = dir_entry_lstat(self);
    if (!status) {
        if (!PyErr_ExceptionMatches(PyExc_FileNotFoundError)) { return -1; }
        PyErr_Clear();
        return 0;
    }
    long mode = PyLong_AsLong(PyStructSequence_GET_ITEM(status, 0));
    return mode == -1 && PyErr_Occurred() ? -1 : S_ISLNK(mode);
}

static PyObject *
dir_entry_get_stat(dir_entry *self, bool follow_symlinks)
{
    if (!follow_symlinks) { return dir_entry_lstat(self); }
    if (!self->stat) {
        tri link = is_link(self);
        if (link < 0) { return NULL; }
        self->stat = link ? dir_entry_fetch(self, true) : dir_entry_lstat(self);
    }
    return Py_XNewRef(self->stat);
}

/* Is it of this kind (S_IFDIR, S_IFREG, S_IFLNK)? */
static tri
has_kind(dir_entry *self, bool follow_symlinks, mode_t kind)
{
    bool via_link = follow_symlinks && self->d_type == DT_LNK;
    if (self->d_type != DT_UNKNOWN && !via_link) {
        return self->d_type == (kind == S_IFDIR ? DT_DIR : kind == S_IFREG ? DT_REG : DT_LNK);
    }
    own PyObject *status = dir_entry_get_stat(self, follow_symlinks);
    if (!status) {
        if (!PyErr_ExceptionMatches(PyExc_FileNotFoundError)) { return -1; }
        PyErr_Clear();                          /* gone, or a dangling link */
        return 0;
    }
    long mode = PyLong_AsLong(PyStructSequence_GET_ITEM(status, 0));
    if (mode == -1 && PyErr_Occurred()) { return -1; }
    return ((mode_t)mode & S_IFMT) == kind;
}

/** DirEntry.is_dir($self, /, *, follow_symlinks=True)
 *
 *  Return whether the entry is a directory.
 */
static tri
dir_entry_is_dir(dir_entry *self, bool follow_symlinks)
{
    return has_kind(self, follow_symlinks, S_IFDIR);
}

/** DirEntry.is_file($self, /, *, follow_symlinks=True)
 *
 *  Return whether the entry is a regular file.
 */
static tri
dir_entry_is_file(dir_entry *self, bool follow_symlinks)
{
    return has_kind(self, follow_symlinks, S_IFREG);
}

/** DirEntry.is_symlink($self, /)
 *
 *  Return whether the entry is a symbolic link.
 */
static tri
dir_entry_is_symlink(dir_entry *self)
{
    return is_link(self);
}

/** DirEntry.stat($self, /, *, follow_symlinks=True)
 *
 *  Return what the system knows of the entry; it is asked only once.
 */
static PyObject *
dir_entry_stat(dir_entry *self, bool follow_symlinks)
{
    return dir_entry_get_stat(self, follow_symlinks);
}

/** DirEntry.inode($self, /)
 *
 *  Return the inode number of the entry.
 */
static PyObject *
dir_entry_inode(dir_entry *self)
{
    return PyLong_FromUnsignedLongLong(self->inode);
}

/** DirEntry.__fspath__($self, /)
 *
 *  Return the path of the entry.
 */
static PyObject *
dir_entry_fspath(dir_entry *self)
{
    return Py_NewRef(self->path);
}

static PyObject *
dir_entry_repr(dir_entry *self)
{
    return PyUnicode_FromFormat("<DirEntry %R>", self->name);
}

static PyMemberDef dir_entry_members[] = {
    {"name", T_OBJECT_EX, offsetof(dir_entry, name), READONLY,
     "the name in the directory that was scanned"},
    {"path", T_OBJECT_EX, offsetof(dir_entry, path), READONLY,
     "the full path: what was given to scandir(), and the name"},
    {NULL},
};

/* The directory, a slash unless it ends in one, and the name. */
static PyObject *
join_path(const char *dir, const char *name)
{
    size_t n = strlen(dir), m = strlen(name);
    bool slash = n > 0 && dir[n - 1] != '/';
    PyObject *bytes = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)(n + slash + m));
    if (!bytes) { return NULL; }
    char *at = PyBytes_AS_STRING(bytes);
    memcpy(at, dir, n);
    if (slash) { at[n] = '/'; }
    memcpy(at + n + slash, name, m);
    return bytes;
}

static PyObject *
dir_entry_make(const hob_path *path, const struct dirent *found)
{
    own dir_entry *entry = (dir_entry *)dir_entry_type->tp_alloc(dir_entry_type, 0);
    if (!entry) { return NULL; }
    entry->dir_fd = path->is_fd ? path->fd : AT_FDCWD;
    entry->d_type = found->d_type;
    entry->inode = found->d_ino;
    bool as_str = wants_str(path);
    entry->name = as_str ? PyUnicode_DecodeFSDefault(found->d_name)
                         : PyBytes_FromString(found->d_name);
    if (!entry->name) { return NULL; }
    if (path->is_fd) {
        entry->path = Py_NewRef(entry->name);
        return (PyObject *)take(entry);
    }
    own PyObject *joined = join_path(path->narrow ? path->narrow : ".", found->d_name);
    if (!joined) { return NULL; }
    entry->path = as_str ? PyUnicode_DecodeFSDefaultAndSize(PyBytes_AS_STRING(joined),
                                                            PyBytes_GET_SIZE(joined))
                         : Py_NewRef(joined);
    return entry->path ? (PyObject *)take(entry) : NULL;
}

/* --- the iterator of scandir() --- */

typedef struct {
    PyObject_HEAD
    hob_path path;
    DIR *dir;                           /* NULL: exhausted or closed */
} scandir_iterator;

static void
scandir_stop(scandir_iterator *self)
{
    DIR *dir = self->dir;
    if (!dir) { return; }
    self->dir = NULL;
    close_dir(dir, self->path.is_fd);
}

static PyObject *
scandir_next(scandir_iterator *self)
{
    if (!self->dir) { return NULL; }
    struct dirent *found = read_dir(self->dir);
    PyObject *entry = NULL;
    if (found) { entry = dir_entry_make(&self->path, found); }
    else if (errno) { hob_path_error(&self->path); }
    if (!entry) { scandir_stop(self); }
    return entry;
}

static PyObject *
scandir_close(scandir_iterator *self, PyObject *unused)
{
    scandir_stop(self);
    Py_RETURN_NONE;
}

static PyObject *
scandir_enter(PyObject *self, PyObject *unused)
{
    return Py_NewRef(self);
}

static PyObject *
scandir_exit(scandir_iterator *self, PyObject *args)
{
    scandir_stop(self);
    Py_RETURN_NONE;
}

static void
scandir_finalize(scandir_iterator *self)
{
    if (!self->dir) { return; }
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    if (PyErr_ResourceWarning((PyObject *)self, 1, "unclosed scandir iterator %R", self) < 0
        && PyErr_ExceptionMatches(PyExc_Warning)) {
        PyErr_WriteUnraisable((PyObject *)self);
    }
    scandir_stop(self);
    PyErr_Restore(type, value, traceback);
}

static void
scandir_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    if (PyObject_CallFinalizerFromDealloc(self) < 0) { return; }
    hob_path_release(&((scandir_iterator *)self)->path);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyMethodDef scandir_methods[] = {
    {"__enter__", scandir_enter, METH_NOARGS},
    {"__exit__", (PyCFunction)scandir_exit, METH_VARARGS},
    {"close", (PyCFunction)scandir_close, METH_NOARGS},
    {NULL},
};

static PyType_Slot scandir_slots[] = {
    {Py_tp_dealloc, scandir_dealloc},
    {Py_tp_finalize, scandir_finalize},
    {Py_tp_iter, PyObject_SelfIter},
    {Py_tp_iternext, scandir_next},
    {Py_tp_methods, scandir_methods},
    {0, NULL},
};

static PyType_Spec scandir_spec = {
    .name = "posix.ScandirIterator",
    .basicsize = sizeof(scandir_iterator),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_FINALIZE | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = scandir_slots,
};

/** scandir($module, /, path=None)
 *
 *  Return an iterator over the entries of a directory: DirEntry objects, in no
 *  order, without . and ..
 *
 *  path may be an open directory; None is the working directory.  Names and paths
 *  are bytes if path is, else str.
 */
static PyObject *
posix_scandir(PyObject *module, path_fd_none_arg *path)
{
    if (PySys_Audit("os.scandir", "O", path->object ? path->object : Py_None) < 0) {
        return NULL;
    }
    own scandir_iterator *self = (scandir_iterator *)scandir_type->tp_alloc(scandir_type, 0);
    if (!self) { return NULL; }
    self->path = *path;                         /* moved */
    path->object = path->bytes = NULL;
    self->dir = open_dir(&self->path);
    if (!self->dir) { return hob_path_error(&self->path); }
    return (PyObject *)take(self);
}

#include "gen/modules/posix/dir.bind.h"

PyMethodDef *const hob_posix_dir_methods = module_methods;

static PyMethodDef class_getitem[] = {
    {"__class_getitem__", Py_GenericAlias, METH_O | METH_CLASS, "See PEP 585"},
    {NULL},
};

static PyType_Slot dir_entry_slots[] = {
    {Py_tp_dealloc, dir_entry_dealloc},
    {Py_tp_repr, dir_entry_repr},
    {Py_tp_methods, DirEntry_methods},
    {Py_tp_members, dir_entry_members},
    {0, NULL},
};

static PyType_Spec dir_entry_spec = {
    .name = "posix.DirEntry",
    .basicsize = sizeof(dir_entry),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = dir_entry_slots,
};

status
hob_posix_add_dir_types(PyObject *module)
{
    if (!dir_entry_type) {
        dir_entry_type = (PyTypeObject *)PyType_FromSpec(&dir_entry_spec);
        if (!dir_entry_type) { return -1; }
        own PyObject *method = PyDescr_NewClassMethod(dir_entry_type, &class_getitem[0]);
        if (!method) { return -1; }
        if (PyDict_SetItemString(dir_entry_type->tp_dict, "__class_getitem__", method) < 0) {
            return -1;
        }
        PyType_Modified(dir_entry_type);
        scandir_type = (PyTypeObject *)PyType_FromSpec(&scandir_spec);
        if (!scandir_type) { return -1; }
    }
    return PyModule_AddObjectRef(module, "DirEntry", (PyObject *)dir_entry_type);
}

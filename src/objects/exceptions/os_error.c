/* os_error.c -- OSError and its subclasses by errno.
 *
 * OSError(errno, strerror[, filename[, winerror[, filename2]]]) becomes the
 * subclass that errno names, so the arguments are read in __new__; a
 * subclass with an __init__ of its own and no __new__ reads them in
 * OSError.__init__ instead, which it may call with others.
 * Holds      args is (errno, strerror) when a filename was taken out of it.
 *            `written` is -1 when there is no characters_written.
 */
#include "objects/exceptions/kinds.h"

#include <errno.h>
typedef PyOSErrorObject OSErr;

#define OS_FIELDS(F) F(myerrno) F(strerror) F(filename) F(filename2)
EXCEPTION_MEMORY(os, PyOSErrorObject, OS_FIELDS)

/* --- errno -> class --- */

static const struct {
    int code;
    PyTypeObject *type;
} errno_types[] = {
    {EAGAIN, &hob_BlockingIOError_type},
    {EALREADY, &hob_BlockingIOError_type},
    {EINPROGRESS, &hob_BlockingIOError_type},
    {EWOULDBLOCK, &hob_BlockingIOError_type},
    {EPIPE, &hob_BrokenPipeError_type},
    {ESHUTDOWN, &hob_BrokenPipeError_type},
    {ECHILD, &hob_ChildProcessError_type},
    {ECONNABORTED, &hob_ConnectionAbortedError_type},
    {ECONNREFUSED, &hob_ConnectionRefusedError_type},
    {ECONNRESET, &hob_ConnectionResetError_type},
    {EEXIST, &hob_FileExistsError_type},
    {ENOENT, &hob_FileNotFoundError_type},
    {EISDIR, &hob_IsADirectoryError_type},
    {ENOTDIR, &hob_NotADirectoryError_type},
    {EINTR, &hob_InterruptedError_type},
    {EACCES, &hob_PermissionError_type},
    {EPERM, &hob_PermissionError_type},
    {ESRCH, &hob_ProcessLookupError_type},
    {ETIMEDOUT, &hob_TimeoutError_type},
};

static PyObject *errno_map;             /* dict: number -> class */

status
hob_os_fill_errno_map(void)
{
    if (errno_map) { return 0; }            /* the runtime starts again */
    errno_map = PyDict_New();
    if (!errno_map) { return -1; }
    for (size_t i = 0; i < ARRAY_LEN(errno_types); i++) {
        own PyObject *code = PyLong_FromLong(errno_types[i].code);
        if (!code || PyDict_SetItem(errno_map, code, (PyObject *)errno_types[i].type) < 0) {
            return -1;
        }
    }
    return 0;
}

/* --- construction --- */

typedef struct {                        /* all borrowed, MAYBE_NULL */
    PyObject *number, *text, *filename, *winerror, *filename2;
} os_args;

static void
os_read_args(PyObject *args, os_args *out)
{
    *out = (os_args){NULL};
    Py_ssize_t n = PyTuple_GET_SIZE(args);
    if (n < 2 || n > 5) { return; }
    PyObject **slot[] = {&out->number, &out->text, &out->filename, &out->winerror,
                         &out->filename2};
    for (Py_ssize_t i = 0; i < n; i++) { *slot[i] = PyTuple_GET_ITEM(args, i); }
}

/* Fill self from its arguments. */
static status
os_fill(OSErr *self, PyObject *args, const os_args *given)
{
    own PyObject *kept = Py_NewRef(args);
    if (given->filename && given->filename != Py_None) {
        if (Py_IS_TYPE(self, &hob_BlockingIOError_type) && PyNumber_Check(given->filename)) {
            self->written = PyNumber_AsSsize_t(given->filename, PyExc_ValueError);
            if (self->written == -1 && PyErr_Occurred()) { return -1; }
        }
        else {
            self->filename = Py_NewRef(given->filename);
            if (given->filename2 && given->filename2 != Py_None) {
                self->filename2 = Py_NewRef(given->filename2);
            }
            Py_SETREF(kept, PyTuple_GetSlice(args, 0, 2));
            if (!kept) { return -1; }
        }
    }
    self->myerrno = Py_XNewRef(given->number);
    self->strerror = Py_XNewRef(given->text);
    Py_XSETREF(self->args, take(kept));
    return 0;
}

/* Whether the arguments are for __init__: it is overridden, __new__ is not. */
static bool
os_reads_in_init(PyTypeObject *type)
{
    return type->tp_init != hob_os_init && type->tp_new == hob_os_new;
}

/* The class to make: a subclass by errno when OSError itself is called. */
static PyTypeObject *
os_choose(PyTypeObject *type, const os_args *given)
{
    if (type != &hob_OSError_type || !given->number || !PyLong_Check(given->number) ||
        !errno_map) {
        return type;
    }
    PyObject *found = PyDict_GetItemWithError(errno_map, given->number);
    if (found) { return (PyTypeObject *)found; }
    return PyErr_Occurred() ? NULL : type;
}

PyObject *
hob_os_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    os_args given = {NULL};
    bool in_init = os_reads_in_init(type);
    if (!in_init) {
        if (!_PyArg_NoKeywords(type->tp_name, kwargs)) { return NULL; }
        os_read_args(args, &given);
        type = os_choose(type, &given);
        if (!type) { return NULL; }
    }
    OSErr *self = (OSErr *)type->tp_alloc(type, 0);
    if (!self) { return NULL; }
    self->written = -1;
    if (in_init) {
        self->args = PyTuple_New(0);
        if (self->args) { return (PyObject *)self; }
    }
    else if (os_fill(self, args, &given) == 0) {
        return (PyObject *)self;
    }
    Py_DECREF(self);
    return NULL;
}

int
hob_os_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    if (!os_reads_in_init(Py_TYPE(op))) { return 0; }
    if (!_PyArg_NoKeywords(Py_TYPE(op)->tp_name, kwargs)) { return -1; }
    os_args given;
    os_read_args(args, &given);
    return os_fill((OSErr *)op, args, &given);
}

/* --- text --- */

PyObject *
hob_os_str(PyObject *op)
{
    OSErr *self = (OSErr *)op;
    PyObject *number = self->myerrno ? self->myerrno : Py_None;
    PyObject *text = self->strerror ? self->strerror : Py_None;
    if (self->filename && self->filename2) {
        return PyUnicode_FromFormat("[Errno %S] %S: %R -> %R", number, text, self->filename,
                                    self->filename2);
    }
    if (self->filename) {
        return PyUnicode_FromFormat("[Errno %S] %S: %R", number, text, self->filename);
    }
    if (self->myerrno && self->strerror) {
        return PyUnicode_FromFormat("[Errno %S] %S", number, text);
    }
    return hob_base_str(op);
}

/* --- pickling: put the filenames back among the arguments --- */

static PyObject *
os_full_args(OSErr *self)
{
    PyObject *args = self->args;
    if (PyTuple_GET_SIZE(args) != 2 || !self->filename) { return Py_NewRef(args); }
    PyObject *number = PyTuple_GET_ITEM(args, 0), *text = PyTuple_GET_ITEM(args, 1);
    if (!self->filename2) { return PyTuple_Pack(3, number, text, self->filename); }
    return PyTuple_Pack(5, number, text, self->filename, Py_None, self->filename2);
}

static PyObject *
os_reduce(PyObject *op, PyObject *unused)
{
    own PyObject *args = os_full_args((OSErr *)op);
    return args ? hob_base_reduce_with(op, args, ((OSErr *)op)->dict) : NULL;
}

PyMethodDef hob_os_methods[] = {
    {"__reduce__", os_reduce, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

PyMemberDef hob_os_members[] = {
    {"errno", T_OBJECT, offsetof(OSErr, myerrno), 0, PyDoc_STR("the number of the error")},
    {"strerror", T_OBJECT, offsetof(OSErr, strerror), 0, PyDoc_STR("what the system says")},
    {"filename", T_OBJECT, offsetof(OSErr, filename), 0, PyDoc_STR("the file")},
    {"filename2", T_OBJECT, offsetof(OSErr, filename2), 0, PyDoc_STR("the second file")},
    {NULL, 0, 0, 0, NULL},
};

/* --- characters_written --- */

static bool
os_written_missing(OSErr *self)
{
    if (self->written != -1) { return false; }
    PyErr_SetString(PyExc_AttributeError, "characters_written");
    return true;
}

static PyObject *
os_get_written(PyObject *op, void *unused)
{
    if (os_written_missing((OSErr *)op)) { return NULL; }
    return PyLong_FromSsize_t(((OSErr *)op)->written);
}

static int
os_set_written(PyObject *op, PyObject *value, void *unused)
{
    OSErr *self = (OSErr *)op;
    if (!value) {
        if (os_written_missing(self)) { return -1; }
        self->written = -1;
        return 0;
    }
    Py_ssize_t n = PyNumber_AsSsize_t(value, PyExc_ValueError);
    if (n == -1 && PyErr_Occurred()) { return -1; }
    self->written = n;
    return 0;
}

PyGetSetDef hob_os_getset[] = {
    {"characters_written", os_get_written, os_set_written, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

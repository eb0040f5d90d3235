/* select.c -- module select: waiting for descriptors with select, poll and epoll.
 *
 * Holds      A wait that a signal ends is repeated for the time that is left
 *            (PEP 475).
 * Hazard     A poll object that is waiting must not be changed into another array by
 *            a second poll(): that is a RuntimeError.
 */
#include <Python.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <structmember.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <unistd.h>

#include "base/c.h"
#include "memory/own.h"

static PyTypeObject *poll_type, *epoll_type;

typedef int fildes_arg;
typedef unsigned short ushort_arg;

static bool
arg_fildes(PyObject *value, int *out, const char *func, const char *name)
{
    *out = PyObject_AsFileDescriptor(value);
    return *out >= 0;
}

static bool
arg_ushort(PyObject *value, unsigned short *out, const char *func, const char *name)
{
    if (PyLong_Check(value) && _PyLong_Sign(value) < 0) {
        PyErr_SetString(PyExc_ValueError, "value must be positive");
        return false;
    }
    unsigned long number = PyLong_AsUnsignedLong(value);
    if (number == (unsigned long)-1 && PyErr_Occurred()) { return false; }
    if (number > USHRT_MAX) {
        PyErr_SetString(PyExc_OverflowError, "Python int too large for C unsigned short");
        return false;
    }
    *out = (unsigned short)number;
    return true;
}

/* --- select() --- */

typedef struct {
    PyObject *objects;                  /* owned: PySequence_Fast of what was given */
    int *fds;                           /* of each of them */
    fd_set set;
} fd_list;

static void
fd_list_free(fd_list *list)
{
    Py_XDECREF(list->objects);
    PyMem_Free(list->fds);
}

#define own_list __attribute__((cleanup(fd_list_free))) fd_list

static status
fd_list_read(fd_list *list, PyObject *given, int *max)
{
    FD_ZERO(&list->set);
    list->objects = PySequence_Fast(given, "arguments 1-3 must be sequences");
    if (!list->objects) { return -1; }
    Py_ssize_t allocated = 0;
    /* fileno() may change the list: ask for its size every time */
    for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(list->objects); i++) {
        own PyObject *object = Py_NewRef(PySequence_Fast_GET_ITEM(list->objects, i));
        int fd = PyObject_AsFileDescriptor(object);
        if (fd == -1) { return -1; }
        if (fd >= FD_SETSIZE) {
            PyErr_SetString(PyExc_ValueError, "filedescriptor out of range in select()");
            return -1;
        }
        if (i >= FD_SETSIZE) {
            PyErr_SetString(PyExc_ValueError, "too many file descriptors in select()");
            return -1;
        }
        if (i >= allocated) {
            allocated = allocated ? 2 * allocated : 16;
            int *more = PyMem_Resize(list->fds, int, allocated);
            if (!more) {
                PyErr_NoMemory();
                return -1;
            }
            list->fds = more;
        }
        list->fds[i] = fd;
        FD_SET(fd, &list->set);
        if (fd > *max) { *max = fd; }
    }
    return 0;
}

/* The objects whose descriptors are ready. */
static PyObject *
fd_list_ready(fd_list *list, const fd_set *ready, Py_ssize_t n)
{
    own PyObject *result = PyList_New(0);
    if (!result) { return NULL; }
    for (Py_ssize_t i = 0; i < n && i < PySequence_Fast_GET_SIZE(list->objects); i++) {
        if (FD_ISSET(list->fds[i], ready)
            && PyList_Append(result, PySequence_Fast_GET_ITEM(list->objects, i)) < 0) {
            return NULL;
        }
    }
    return take(result);
}

/** select($module, rlist, wlist, xlist, timeout=None, /)
 *
 *  Wait until descriptors are ready, at most timeout seconds.
 *
 *  The lists are of descriptors, or objects with fileno(), to wait for until they
 *  can be read, can be written, or have an exceptional condition.  Return three
 *  lists of those that are ready; all are empty when time is up.
 */
static PyObject *
select_select(PyObject *module, PyObject *rlist, PyObject *wlist, PyObject *xlist,
              PyObject *timeout)
{
    _PyTime_t left = 0, deadline = 0;
    bool is_limited = timeout != Py_None;
    if (is_limited) {
        if (_PyTime_FromSecondsObject(&left, timeout, _PyTime_ROUND_TIMEOUT) < 0) {
            if (PyErr_ExceptionMatches(PyExc_TypeError)) {
                PyErr_SetString(PyExc_TypeError, "timeout must be a float or None");
            }
            return NULL;
        }
        if (left < 0) {
            PyErr_SetString(PyExc_ValueError, "timeout must be non-negative");
            return NULL;
        }
        deadline = _PyDeadline_Init(left);
    }
    own_list reading = {0};
    own_list writing = {0};
    own_list other = {0};
    int max = -1;
    if (fd_list_read(&reading, rlist, &max) < 0 || fd_list_read(&writing, wlist, &max) < 0
        || fd_list_read(&other, xlist, &max) < 0) {
        return NULL;
    }
    fd_set r, w, x;
    int n;
    for (;;) {
        struct timeval tv;
        r = reading.set;
        w = writing.set;
        x = other.set;
        if (is_limited) { _PyTime_AsTimeval_clamp(left, &tv, _PyTime_ROUND_CEILING); }
        Py_BEGIN_ALLOW_THREADS
        errno = 0;
        n = select(max + 1, &r, &w, &x, is_limited ? &tv : NULL);
        Py_END_ALLOW_THREADS
        if (errno != EINTR) { break; }
        if (PyErr_CheckSignals()) { return NULL; }
        if (is_limited && (left = _PyDeadline_Get(deadline)) < 0) {
            FD_ZERO(&r);                        /* time is up */
            FD_ZERO(&w);
            FD_ZERO(&x);
            n = 0;
            break;
        }
    }
    if (n < 0) { return PyErr_SetFromErrno(PyExc_OSError); }
    own PyObject *readable = fd_list_ready(&reading, &r,
                                           PySequence_Fast_GET_SIZE(reading.objects));
    own PyObject *writable = fd_list_ready(&writing, &w,
                                           PySequence_Fast_GET_SIZE(writing.objects));
    own PyObject *special = fd_list_ready(&other, &x, PySequence_Fast_GET_SIZE(other.objects));
    return readable && writable && special ? PyTuple_Pack(3, readable, writable, special)
                                           : NULL;
}

/* --- poll --- */

typedef struct {
    PyObject_HEAD
    PyObject *dict;                     /* owned: fd -> events */
    struct pollfd *fds;                 /* made from it when it has changed */
    Py_ssize_t n_fds;
    bool is_current;
    bool is_waiting;
} poll_object;

static status
poll_update(poll_object *self)
{
    if (self->is_current) { return 0; }
    Py_ssize_t n = PyDict_GET_SIZE(self->dict), i = 0, at = 0;
    struct pollfd *fds = PyMem_Resize(self->fds, struct pollfd, n ? n : 1);
    if (!fds) {
        PyErr_NoMemory();
        return -1;
    }
    self->fds = fds;
    self->n_fds = n;
    PyObject *key, *value;
    while (PyDict_Next(self->dict, &at, &key, &value)) {
        fds[i].fd = (int)PyLong_AsLong(key);
        fds[i].events = (short)PyLong_AsLong(value);
        i++;
    }
    self->is_current = true;
    return 0;
}

static status
poll_set(poll_object *self, int fd, unsigned short events)
{
    own PyObject *key = PyLong_FromLong(fd);
    own PyObject *value = PyLong_FromLong(events);
    if (!key || !value || PyDict_SetItem(self->dict, key, value) < 0) { return -1; }
    self->is_current = false;
    return 0;
}

PyDoc_STRVAR(poll_register_doc,
    "register($self, fd,\n"
    "         eventmask=select.POLLIN | select.POLLPRI | select.POLLOUT, /)\n"
    "--\n\n"
    "Watch a descriptor for some events.");

static PyObject *
poll_register(poll_object *self, PyObject *const *args, Py_ssize_t nargs)
{
    unsigned short events = POLLIN | POLLPRI | POLLOUT;
    int fd;
    if (!_PyArg_CheckPositional("register", nargs, 1, 2)) { return NULL; }
    if (!arg_fildes(args[0], &fd, "", "fd")) { return NULL; }
    if (nargs > 1 && !arg_ushort(args[1], &events, "", "eventmask")) { return NULL; }
    if (poll_set(self, fd, events) < 0) { return NULL; }
    Py_RETURN_NONE;
}

/** poll.modify($self, fd, eventmask, /)
 *
 *  Watch a descriptor for other events.
 */
static PyObject *
poll_modify(poll_object *self, fildes_arg fd, ushort_arg eventmask)
{
    own PyObject *key = PyLong_FromLong(fd);
    if (!key) { return NULL; }
    if (!PyDict_GetItemWithError(self->dict, key)) {
        if (!PyErr_Occurred()) {
            errno = ENOENT;
            PyErr_SetFromErrno(PyExc_OSError);
        }
        return NULL;
    }
    if (poll_set(self, fd, eventmask) < 0) { return NULL; }
    Py_RETURN_NONE;
}

/** poll.unregister($self, fd, /)
 *
 *  Do not watch a descriptor any more.
 */
static PyObject *
poll_unregister(poll_object *self, fildes_arg fd)
{
    own PyObject *key = PyLong_FromLong(fd);
    if (!key || PyDict_DelItem(self->dict, key) < 0) { return NULL; }
    self->is_current = false;
    Py_RETURN_NONE;
}

/* Seconds or milliseconds as poll() and epoll_wait() want them: -1 without limit. */
static status
read_timeout(PyObject *timeout, bool is_ms, _PyTime_t *ns, int *ms)
{
    *ms = -1;
    if (timeout == Py_None) { return 0; }
    status got = is_ms ? _PyTime_FromMillisecondsObject(ns, timeout, _PyTime_ROUND_TIMEOUT)
                       : _PyTime_FromSecondsObject(ns, timeout, _PyTime_ROUND_TIMEOUT);
    if (got < 0) {
        if (PyErr_ExceptionMatches(PyExc_TypeError)) {
            PyErr_SetString(PyExc_TypeError, "timeout must be an integer or None");
        }
        return -1;
    }
    _PyTime_t rounded = _PyTime_AsMilliseconds(*ns, is_ms ? _PyTime_ROUND_TIMEOUT
                                                          : _PyTime_ROUND_CEILING);
    if (rounded < INT_MIN || rounded > INT_MAX) {
        PyErr_SetString(PyExc_OverflowError, "timeout is too large");
        return -1;
    }
    *ms = rounded < 0 ? -1 : (int)rounded;
    return 0;
}

/** poll.poll($self, timeout=None, /)
 *
 *  Wait until something happens, at most timeout milliseconds.
 *
 *  Return a list of (fd, event).
 */
static PyObject *
poll_poll(poll_object *self, PyObject *timeout)
{
    _PyTime_t ns = 0, deadline = 0;
    int ms;
    if (read_timeout(timeout, true, &ns, &ms) < 0) { return NULL; }
    if (ms >= 0) { deadline = _PyDeadline_Init(ns); }
    if (self->is_waiting) {
        PyErr_SetString(PyExc_RuntimeError, "concurrent poll() invocation");
        return NULL;
    }
    if (poll_update(self) < 0) { return NULL; }
    self->is_waiting = true;
    int n;
    for (;;) {
        Py_BEGIN_ALLOW_THREADS
        errno = 0;
        n = poll(self->fds, (nfds_t)self->n_fds, ms);
        Py_END_ALLOW_THREADS
        if (errno != EINTR) { break; }
        if (PyErr_CheckSignals()) {
            n = -2;
            break;
        }
        if (ms >= 0) {
            _PyTime_t left = _PyDeadline_Get(deadline);
            if (left < 0) {
                n = 0;
                break;
            }
            ms = (int)_PyTime_AsMilliseconds(left, _PyTime_ROUND_CEILING);
        }
    }
    self->is_waiting = false;
    if (n == -2) { return NULL; }
    if (n < 0) { return PyErr_SetFromErrno(PyExc_OSError); }
    own PyObject *result = PyList_New(0);
    if (!result) { return NULL; }
    for (Py_ssize_t i = 0; i < self->n_fds && n > 0; i++) {
        if (!self->fds[i].revents) { continue; }
        n--;
        own PyObject *pair = Py_BuildValue("(ii)", self->fds[i].fd,
                                           self->fds[i].revents & 0xffff);
        if (!pair || PyList_Append(result, pair) < 0) { return NULL; }
    }
    return take(result);
}

static void
poll_dealloc(poll_object *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyMem_Free(self->fds);
    Py_XDECREF(self->dict);
    type->tp_free(self);
    Py_DECREF(type);
}

/** poll($module, /)
 *
 *  Return a polling object: it watches descriptors that are registered with it.
 */
static PyObject *
select_poll(PyObject *module)
{
    own poll_object *self = PyObject_New(poll_object, poll_type);
    if (!self) { return NULL; }
    self->fds = NULL;
    self->n_fds = 0;
    self->is_current = self->is_waiting = false;
    self->dict = PyDict_New();
    return self->dict ? (PyObject *)take(self) : NULL;
}

/* --- epoll --- */

typedef struct {
    PyObject_HEAD
    int fd;                             /* -1: closed */
} epoll_object;

static PyObject *
epoll_make(PyTypeObject *type, int fd)
{
    epoll_object *self = (epoll_object *)type->tp_alloc(type, 0);
    if (!self) { return NULL; }
    self->fd = fd;
    if (fd == -1) {
        Py_BEGIN_ALLOW_THREADS
        self->fd = epoll_create1(EPOLL_CLOEXEC);
        Py_END_ALLOW_THREADS
    }
    if (self->fd < 0) {
        Py_DECREF(self);
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    return (PyObject *)self;
}

static PyObject *
epoll_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"sizehint", "flags", NULL};
    int sizehint = -1, flags = 0;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|ii:epoll", names, &sizehint, &flags)) {
        return NULL;
    }
    if (sizehint != -1 && sizehint <= 0) {
        PyErr_SetString(PyExc_ValueError, "negative sizehint");
        return NULL;
    }
    if (flags && flags != EPOLL_CLOEXEC) {
        PyErr_SetString(PyExc_OSError, "invalid flags");
        return NULL;
    }
    return epoll_make(type, -1);
}

static bool
epoll_is_open(epoll_object *self)
{
    if (self->fd >= 0) { return true; }
    PyErr_SetString(PyExc_ValueError, "I/O operation on closed epoll object");
    return false;
}

/* errno of closing it, or 0 */
static int
epoll_shut(epoll_object *self)
{
    if (self->fd < 0) { return 0; }
    int fd = self->fd, error = 0;
    self->fd = -1;
    Py_BEGIN_ALLOW_THREADS
    if (close(fd) < 0) { error = errno; }
    Py_END_ALLOW_THREADS
    return error;
}

static void
epoll_dealloc(epoll_object *self)
{
    PyTypeObject *type = Py_TYPE(self);
    (void)epoll_shut(self);
    type->tp_free(self);
    Py_DECREF(type);
}

/** epoll.fromfd($type, fd, /)
 *
 *  Make an epoll object of an epoll descriptor.
 */
static PyObject *
epoll_fromfd(PyTypeObject *type, int fd)
{
    return epoll_make(type, fd);
}

/** epoll.close($self, /)
 *
 *  Close the descriptor; the object is of no use after that.
 */
static PyObject *
epoll_close(epoll_object *self)
{
    errno = epoll_shut(self);
    if (errno) { return PyErr_SetFromErrno(PyExc_OSError); }
    Py_RETURN_NONE;
}

/** epoll.fileno($self, /)
 *
 *  Return the descriptor of the epoll itself.
 */
static PyObject *
epoll_fileno(epoll_object *self)
{
    return epoll_is_open(self) ? PyLong_FromLong(self->fd) : NULL;
}

static PyObject *
epoll_control(epoll_object *self, int operation, int fd, unsigned events)
{
    if (!epoll_is_open(self)) { return NULL; }
    struct epoll_event event = {.events = events, .data.fd = fd};
    int result;
    Py_BEGIN_ALLOW_THREADS
    result = epoll_ctl(self->fd, operation, fd, &event);
    Py_END_ALLOW_THREADS
    if (result < 0) { return PyErr_SetFromErrno(PyExc_OSError); }
    Py_RETURN_NONE;
}

static bool
read_mask(PyObject *value, unsigned *out)
{
    *out = (unsigned)PyLong_AsUnsignedLongMask(value);
    return !(*out == (unsigned)-1 && PyErr_Occurred());
}

PyDoc_STRVAR(epoll_register_doc,
    "register($self, /, fd,\n"
    "         eventmask=select.EPOLLIN | select.EPOLLPRI | select.EPOLLOUT)\n"
    "--\n\n"
    "Watch a descriptor for some events; OSError if it is watched already.");

static PyObject *
epoll_register(epoll_object *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const names[] = {"fd", "eventmask", NULL};
    static _PyArg_Parser parser = {NULL, names, "register"};
    PyObject *slots[2] = {NULL};
    args = _PyArg_UnpackKeywords(args, nargs, NULL, kwnames, &parser, 1, 2, 0, slots);
    if (!args) { return NULL; }
    bool has_mask = args == slots ? slots[1] != NULL : nargs > 1;
    unsigned events = EPOLLIN | EPOLLPRI | EPOLLOUT;
    int fd;
    if (!arg_fildes(args[0], &fd, "", "fd")) { return NULL; }
    if (has_mask && !read_mask(args[1], &events)) { return NULL; }
    return epoll_control(self, EPOLL_CTL_ADD, fd, events);
}

/** epoll.modify($self, /, fd, eventmask)
 *
 *  Watch a descriptor for other events.
 */
static PyObject *
epoll_modify(epoll_object *self, fildes_arg fd, PyObject *eventmask)
{
    unsigned events;
    return read_mask(eventmask, &events) ? epoll_control(self, EPOLL_CTL_MOD, fd, events)
                                         : NULL;
}

/** epoll.unregister($self, /, fd)
 *
 *  Do not watch a descriptor any more.
 */
static PyObject *
epoll_unregister(epoll_object *self, fildes_arg fd)
{
    return epoll_control(self, EPOLL_CTL_DEL, fd, 0);
}

/** epoll.poll($self, /, timeout=None, maxevents=-1)
 *
 *  Wait until something happens, at most timeout seconds.
 *
 *  Return a list of (fd, events), of maxevents at most.
 */
static PyObject *
epoll_poll(epoll_object *self, PyObject *timeout, int maxevents)
{
    _PyTime_t ns = 0, deadline = 0;
    int ms;
    if (!epoll_is_open(self)) { return NULL; }
    if (read_timeout(timeout, false, &ns, &ms) < 0) { return NULL; }
    if (ms >= 0) { deadline = _PyDeadline_Init(ns); }
    if (maxevents == -1) { maxevents = FD_SETSIZE - 1; }
    if (maxevents < 1) {
        return PyErr_Format(PyExc_ValueError, "maxevents must be greater than 0, got %d",
                            maxevents);
    }
    struct epoll_event *events = PyMem_New(struct epoll_event, maxevents);
    if (!events) { return PyErr_NoMemory(); }
    int n;
    for (;;) {
        Py_BEGIN_ALLOW_THREADS
        errno = 0;
        n = epoll_wait(self->fd, events, maxevents, ms);
        Py_END_ALLOW_THREADS
        if (errno != EINTR) { break; }
        if (PyErr_CheckSignals()) {
            PyMem_Free(events);
            return NULL;
        }
        if (ms >= 0) {
            _PyTime_t left = _PyDeadline_Get(deadline);
            if (left < 0) {
                n = 0;
                break;
            }
            ms = (int)_PyTime_AsMilliseconds(left, _PyTime_ROUND_CEILING);
        }
    }
    PyObject *result = n < 0 ? PyErr_SetFromErrno(PyExc_OSError) : PyList_New(n);
    for (int i = 0; result && i < n; i++) {
        PyObject *pair = Py_BuildValue("iI", events[i].data.fd, events[i].events);
        if (!pair) { Py_CLEAR(result); }
        else { PyList_SET_ITEM(result, i, pair); }
    }
    PyMem_Free(events);
    return result;
}

/** epoll.__enter__($self, /)
 *
 */
static PyObject *
epoll_enter(epoll_object *self)
{
    return epoll_is_open(self) ? Py_NewRef(self) : NULL;
}

/** epoll.__exit__($self, exc_type=None, exc_value=None, exc_tb=None, /)
 *
 */
static PyObject *
epoll_exit(epoll_object *self, PyObject *exc_type, PyObject *exc_value, PyObject *exc_tb)
{
    return PyObject_CallMethod((PyObject *)self, "close", NULL);
}

static PyObject *
epoll_get_closed(epoll_object *self, void *unused)
{
    return PyBool_FromLong(self->fd < 0);
}

static PyGetSetDef epoll_getset[] = {
    {"closed", (getter)epoll_get_closed, NULL, "True if the epoll handler is closed"},
    {NULL},
};

#include "gen/modules/select.bind.h"

/* --- types --- */

static PyMethodDef poll_register_method[] = {
    {"register", (PyCFunction)(void (*)(void))poll_register, METH_FASTCALL, poll_register_doc},
    {NULL},
};

static PyMethodDef epoll_register_method[] = {
    {"register", (PyCFunction)(void (*)(void))epoll_register, METH_FASTCALL | METH_KEYWORDS,
     epoll_register_doc},
    {NULL},
};

PyDoc_STRVAR(epoll_doc,
    "select.epoll(sizehint=-1, flags=0)\n\n"
    "Make an epoll object.\n\n"
    "sizehint is of no importance; flags may be EPOLL_CLOEXEC, which is set anyway.");

static PyType_Slot poll_slots[] = {
    {Py_tp_dealloc, poll_dealloc},
    {Py_tp_methods, poll_methods},
    {0, NULL},
};

static PyType_Spec poll_spec = {
    .name = "select.poll",
    .basicsize = sizeof(poll_object),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = poll_slots,
};

static PyType_Slot epoll_slots[] = {
    {Py_tp_dealloc, epoll_dealloc},
    {Py_tp_doc, (void *)epoll_doc},
    {Py_tp_getattro, PyObject_GenericGetAttr},
    {Py_tp_getset, epoll_getset},
    {Py_tp_methods, epoll_methods},
    {Py_tp_new, epoll_new},
    {0, NULL},
};

static PyType_Spec epoll_spec = {
    .name = "select.epoll",
    .basicsize = sizeof(epoll_object),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = epoll_slots,
};

/* A heap type, with one more method than its table has. */
static PyTypeObject *
make_type(PyType_Spec *spec, PyMethodDef *extra)
{
    own PyTypeObject *type = (PyTypeObject *)PyType_FromSpec(spec);
    own PyObject *method = type ? PyDescr_NewMethod(type, extra) : NULL;
    if (!method || PyDict_SetItemString(type->tp_dict, extra->ml_name, method) < 0) {
        return NULL;
    }
    PyType_Modified(type);
    return take(type);
}

#define SELECT_CONSTANTS(X)                                                             \
    X(PIPE_BUF) X(POLLIN) X(POLLPRI) X(POLLOUT) X(POLLERR) X(POLLHUP) X(POLLNVAL)       \
    X(POLLRDNORM) X(POLLRDBAND) X(POLLWRNORM) X(POLLWRBAND) X(POLLMSG) X(POLLRDHUP)     \
    X(EPOLLIN) X(EPOLLOUT) X(EPOLLPRI) X(EPOLLERR) X(EPOLLHUP) X(EPOLLRDHUP)            \
    X(EPOLLET) X(EPOLLONESHOT) X(EPOLLEXCLUSIVE) X(EPOLLRDNORM) X(EPOLLRDBAND)          \
    X(EPOLLWRNORM) X(EPOLLWRBAND) X(EPOLLMSG) X(EPOLL_CLOEXEC)

static int
select_exec(PyObject *module)
{
    const struct { const char *name; unsigned value; } constants[] = {
#define X(name) {#name, name},
        SELECT_CONSTANTS(X)
#undef X
    };
    for (size_t i = 0; i < ARRAY_LEN(constants); i++) {
        if (PyModule_AddIntConstant(module, constants[i].name, (long)constants[i].value) < 0) {
            return -1;
        }
    }
    if (!poll_type && !(poll_type = make_type(&poll_spec, poll_register_method))) { return -1; }
    if (!epoll_type && !(epoll_type = make_type(&epoll_spec, epoll_register_method))) {
        return -1;
    }
    if (PyModule_AddObjectRef(module, "epoll", (PyObject *)epoll_type) < 0) { return -1; }
    return PyModule_AddObjectRef(module, "error", PyExc_OSError);
}

PyDoc_STRVAR(select_doc,
    "Waiting for descriptors: select(), poll() and epoll().");

static PyModuleDef_Slot select_slots[] = {
    {Py_mod_exec, select_exec},
    {0, NULL},
};

static struct PyModuleDef select_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "select",
    .m_doc = select_doc,
    .m_methods = module_methods,
    .m_slots = select_slots,
};

PyMODINIT_FUNC
PyInit_select(void)
{
    return PyModuleDef_Init(&select_module);
}

/* socket.c -- the socket type: one descriptor, its family, and how long it waits.
 *
 * Holds      timeout < 0 blocks in the kernel; >= 0 means the descriptor is
 *            non-blocking and, when > 0, that poll() does the waiting.
 * Holds      a call that a signal interrupts is repeated for the time that is left,
 *            after the signal's Python handler (PEP 475).
 * Hazard     another thread may close the socket while a call runs without the GIL:
 *            fd is read once a call, and -1 is the kernel's EBADF.
 */
#include "modules/_socket/socket.h"

#include <structmember.h>

_PyTime_t hob_socket_default_timeout = -1000000000;

static PyObject *
raise_errno(void)
{
    return PyErr_SetFromErrno(PyExc_OSError);
}

/* --- waiting and calling --- */

status
hob_socket_read_timeout(PyObject *value, _PyTime_t *out)
{
    if (value == Py_None) {
        *out = _PyTime_FromSeconds(-1);
        return 0;
    }
    if (_PyTime_FromSecondsObject(out, value, _PyTime_ROUND_TIMEOUT) < 0) { return -1; }
    if (*out < 0) {
        PyErr_SetString(PyExc_ValueError, "Timeout value out of range");
        return -1;
    }
    return 0;
}

PyObject *
hob_socket_show_timeout(_PyTime_t timeout)
{
    if (timeout < 0) { Py_RETURN_NONE; }
    return PyFloat_FromDouble(_PyTime_AsSecondsDouble(timeout));
}

static status
set_blocking(socket_object *self, bool is_blocking)
{
    int on = !is_blocking, result;
    Py_BEGIN_ALLOW_THREADS
    result = ioctl(self->fd, FIONBIO, &on);
    Py_END_ALLOW_THREADS
    if (result < 0) {
        raise_errno();
        return -1;
    }
    return 0;
}

/* poll() for at most `left`, or forever when that is negative: > 0 ready, 0 time is up,
 * -1 errno. */
static int
wait_ready(socket_object *self, bool is_writing, bool is_connect, _PyTime_t left)
{
    if (self->fd < 0) { return 1; }                 /* the call itself will complain */
    struct pollfd entry = {.fd = self->fd, .events = is_writing ? POLLOUT : POLLIN};
    if (is_connect) { entry.events |= POLLERR; }
    int ms = -1, ready, error;
    if (left >= 0) {
        _PyTime_t wanted = _PyTime_AsMilliseconds(left, _PyTime_ROUND_CEILING);
        ms = wanted > INT_MAX ? INT_MAX : (int)wanted;
    }
    Py_BEGIN_ALLOW_THREADS
    ready = poll(&entry, 1, ms);
    error = errno;
    Py_END_ALLOW_THREADS
    errno = error;
    return ready;
}

typedef struct {
    bool is_writing;
    bool is_connect;                    /* wait before the first try, even when blocking */
    int *error;                         /* NULL: raise; else take errno here, raise nothing */
    _PyTime_t timeout;
} call_mode;

static status
call_failed(socket_object *self, const call_mode *mode, int error)
{
    if (mode->error) { *mode->error = error; }
    else {
        errno = error;
        self->on_error();
    }
    return -1;
}

/* Wait until the socket is ready, running signal handlers; -1 when it is not. */
static status
call_wait(socket_object *self, const call_mode *mode, _PyTime_t deadline)
{
    for (;;) {
        _PyTime_t left = mode->timeout;
        if (left > 0) {
            left = _PyDeadline_Get(deadline);
            if (left < 0) { left = 0; }
        }
        int ready = wait_ready(self, mode->is_writing, mode->is_connect, left);
        if (ready > 0) { return 0; }
        if (ready < 0 && errno != EINTR) { return call_failed(self, mode, errno); }
        if (ready < 0) {
            if (PyErr_CheckSignals() == 0) { continue; }
            if (mode->error) { *mode->error = -1; }
            return -1;
        }
        if (mode->error) { *mode->error = EWOULDBLOCK; }
        else { PyErr_SetString(PyExc_TimeoutError, "timed out"); }
        return -1;
    }
}

static status
call_mode_run(socket_object *self, const call_mode *mode, socket_try call, void *arg)
{
    _PyTime_t deadline = mode->timeout > 0 ? _PyDeadline_Init(mode->timeout) : 0;
    for (;;) {
        if ((mode->timeout > 0 || mode->is_connect)
            && call_wait(self, mode, deadline) < 0) {
            return -1;
        }
        bool is_done;
        int error;
        do {
            Py_BEGIN_ALLOW_THREADS
            is_done = call(self, arg);
            error = errno;
            Py_END_ALLOW_THREADS
            if (is_done) {
                if (mode->error) { *mode->error = 0; }
                return 0;
            }
            if (error == EINTR && PyErr_CheckSignals() < 0) {
                if (mode->error) { *mode->error = -1; }
                return -1;
            }
        } while (error == EINTR);
        bool is_early = error == EAGAIN || error == EWOULDBLOCK;
        if (!is_early || mode->timeout <= 0) { return call_failed(self, mode, error); }
    }
}

status
hob_socket_call(socket_object *self, bool is_writing, socket_try call, void *arg)
{
    call_mode mode = {.is_writing = is_writing, .timeout = self->timeout};
    return call_mode_run(self, &mode, call, arg);
}

/* --- life --- */

static status
socket_start(socket_object *self, int fd, int family, int type, int proto)
{
    self->fd = fd;
    self->family = family;
    self->type = type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC);
    self->proto = proto;
    self->on_error = raise_errno;
    if (type & SOCK_NONBLOCK) {
        self->timeout = 0;
        return 0;
    }
    self->timeout = hob_socket_default_timeout;
    return self->timeout >= 0 ? set_blocking(self, false) : 0;
}

/* A socket object for fd, which is the caller's again on failure. */
socket_object *
hob_socket_wrap(int fd, int family, int type, int proto)
{
    socket_object *self = (socket_object *)hob_socket_type.tp_alloc(&hob_socket_type, 0);
    if (!self) { return NULL; }
    if (socket_start(self, fd, family, type, proto) < 0) {
        self->fd = -1;
        Py_DECREF(self);
        return NULL;
    }
    return self;
}

static PyObject *
socket_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    socket_object *self = (socket_object *)type->tp_alloc(type, 0);
    if (!self) { return NULL; }
    self->fd = -1;
    self->timeout = _PyTime_FromSeconds(-1);
    self->on_error = raise_errno;
    return (PyObject *)self;
}

/* Ask a descriptor for what was not told (-1). */
static status
describe_fd(int fd, int *family, int *type, int *proto)
{
    address name;
    socklen_t size = sizeof name;
    memset(&name, 0, sizeof name);
    if (getsockname(fd, &name.any, &size) < 0) {
        if (*family == -1 || (errno != EINVAL && errno != EOPNOTSUPP)) {
            raise_errno();
            return -1;
        }
    }
    else if (*family == -1) {
        *family = name.any.sa_family;
    }
    socklen_t int_size = sizeof(int);
    if (*type == -1 && getsockopt(fd, SOL_SOCKET, SO_TYPE, type, &int_size) < 0) {
        raise_errno();
        return -1;
    }
    int_size = sizeof(int);
    if (*proto == -1 && getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, proto, &int_size) < 0) {
        raise_errno();
        return -1;
    }
    return 0;
}

static int
read_fileno(PyObject *fileno)
{
    own PyObject *index = PyNumber_Index(fileno);
    if (!index) { return -1; }
    int fd = (int)PyLong_AsLong(index);
    if (fd == -1 && PyErr_Occurred()) { return -1; }
    if (fd < 0) {
        PyErr_SetString(PyExc_ValueError, "negative file descriptor");
        return -1;
    }
    return fd;
}

static int
socket_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"family", "type", "proto", "fileno", NULL};
    socket_object *self = (socket_object *)op;
    int family = -1, type = -1, proto = -1, fd;
    PyObject *fileno = NULL;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|iiiO:socket", names, &family, &type, &proto,
                                     &fileno)) {
        return -1;
    }
    if (PySys_Audit("socket.__new__", "Oiii", op, family, type, proto) < 0) { return -1; }
    if (fileno && fileno != Py_None) {
        fd = read_fileno(fileno);
        if (fd < 0 || describe_fd(fd, &family, &type, &proto) < 0) { return -1; }
        return socket_start(self, fd, family, type, proto);
    }
    if (family == -1) { family = AF_INET; }
    if (type == -1) { type = SOCK_STREAM; }
    if (proto == -1) { proto = 0; }
    Py_BEGIN_ALLOW_THREADS
    fd = socket(family, type | SOCK_CLOEXEC, proto);
    Py_END_ALLOW_THREADS
    if (fd < 0) {
        raise_errno();
        return -1;
    }
    if (socket_start(self, fd, family, type, proto) < 0) {
        self->fd = -1;
        close(fd);
        return -1;
    }
    return 0;
}

static void
socket_finalize(PyObject *op)
{
    socket_object *self = (socket_object *)op;
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    if (self->fd >= 0) {
        if (PyErr_ResourceWarning(op, 1, "unclosed %R", op) < 0
            && PyErr_ExceptionMatches(PyExc_Warning)) {
            PyErr_WriteUnraisable(op);
        }
        int fd = self->fd;
        self->fd = -1;
        Py_BEGIN_ALLOW_THREADS
        (void)close(fd);
        Py_END_ALLOW_THREADS
    }
    PyErr_Restore(type, value, traceback);
}

static void
socket_dealloc(PyObject *self)
{
    if (PyObject_CallFinalizerFromDealloc(self) < 0) { return; }
    Py_TYPE(self)->tp_free(self);
}

static PyObject *
socket_repr(socket_object *self)
{
    return PyUnicode_FromFormat("<socket object, fd=%d, family=%d, type=%d, proto=%d>", self->fd,
                                self->family, self->type, self->proto);
}

PyDoc_STRVAR(close_doc, "close()\n\nClose the socket.  It cannot be used afterwards.");

static PyObject *
socket_close(socket_object *self, PyObject *unused)
{
    int fd = self->fd, result, error;
    if (fd < 0) { Py_RETURN_NONE; }
    self->fd = -1;
    Py_BEGIN_ALLOW_THREADS
    result = close(fd);
    error = errno;
    Py_END_ALLOW_THREADS
    errno = error;
    /* the peer is gone: the socket is closed all the same */
    if (result < 0 && error != ECONNRESET) { return self->on_error(); }
    Py_RETURN_NONE;
}

PyDoc_STRVAR(detach_doc,
    "detach()\n\n"
    "Close the socket object but not its descriptor, and return that.");

static PyObject *
socket_detach(socket_object *self, PyObject *unused)
{
    int fd = self->fd;
    self->fd = -1;
    return PyLong_FromLong(fd);
}

PyDoc_STRVAR(fileno_doc, "fileno() -> integer\n\nReturn the descriptor.");

static PyObject *
socket_fileno(socket_object *self, PyObject *unused)
{
    return PyLong_FromLong(self->fd);
}

/* --- blocking or not --- */

PyDoc_STRVAR(setblocking_doc,
    "setblocking(flag)\n\n"
    "Block without limit if flag is true, else never wait: settimeout(None or 0).");

static PyObject *
socket_setblocking(socket_object *self, PyObject *flag)
{
    long number = PyLong_AsLong(flag);
    if (number == -1 && PyErr_Occurred()) { return NULL; }
    self->timeout = _PyTime_FromSeconds(number ? -1 : 0);
    if (set_blocking(self, number != 0) < 0) { return NULL; }
    Py_RETURN_NONE;
}

PyDoc_STRVAR(getblocking_doc,
    "getblocking()\n\nReturn False if the socket never waits, else True.");

static PyObject *
socket_getblocking(socket_object *self, PyObject *unused)
{
    return PyBool_FromLong(self->timeout != 0);
}

PyDoc_STRVAR(settimeout_doc,
    "settimeout(timeout)\n\n"
    "Wait at most timeout seconds in calls of this socket; None is for ever, 0 not at all.");

static PyObject *
socket_settimeout(socket_object *self, PyObject *value)
{
    _PyTime_t timeout;
    if (hob_socket_read_timeout(value, &timeout) < 0) { return NULL; }
    self->timeout = timeout;
    if (set_blocking(self, timeout < 0) < 0) { return NULL; }
    Py_RETURN_NONE;
}

PyDoc_STRVAR(gettimeout_doc,
    "gettimeout() -> timeout\n\nReturn the timeout in seconds, None when there is none.");

static PyObject *
socket_gettimeout(socket_object *self, PyObject *unused)
{
    return hob_socket_show_timeout(self->timeout);
}

/* --- connections --- */

typedef struct {
    address *name;
    socklen_t *size;
    int result;
} accept_arg;

static bool
try_accept(socket_object *self, void *arg)
{
    accept_arg *it = arg;
    it->result = accept4(self->fd, &it->name->any, it->size, SOCK_CLOEXEC);
    return it->result >= 0;
}

PyDoc_STRVAR(accept_doc,
    "_accept() -> (integer, address info)\n\n"
    "Wait for a connection; return its descriptor and the client's address.");

static PyObject *
socket_accept(socket_object *self, PyObject *unused)
{
    address name;
    socklen_t size;
    if (hob_address_room(self, &size) < 0) { return NULL; }
    memset(&name, 0, sizeof name);
    accept_arg it = {&name, &size, -1};
    if (hob_socket_call(self, false, try_accept, &it) < 0) { return NULL; }
    own PyObject *fd = PyLong_FromLong(it.result);
    own PyObject *from = fd ? hob_address_show(it.result, &name, size, self->proto) : NULL;
    PyObject *pair = from ? PyTuple_Pack(2, fd, from) : NULL;
    if (!pair) { close(it.result); }
    return pair;
}

PyDoc_STRVAR(bind_doc,
    "bind(address)\n\n"
    "Give the socket a local address: (host, port) for internet sockets.");

static PyObject *
socket_bind(socket_object *self, PyObject *given)
{
    address name;
    socklen_t size;
    int result;
    if (hob_address_read(self, given, &name, &size, "bind") < 0) { return NULL; }
    if (PySys_Audit("socket.bind", "OO", self, given) < 0) { return NULL; }
    Py_BEGIN_ALLOW_THREADS
    result = bind(self->fd, &name.any, size);
    Py_END_ALLOW_THREADS
    if (result < 0) { return self->on_error(); }
    Py_RETURN_NONE;
}

/* How did the connection that was begun end? */
static bool
try_connected(socket_object *self, void *unused)
{
    int error;
    socklen_t size = sizeof error;
    if (getsockopt(self->fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0) { return false; }
    if (error == EISCONN || error == 0) { return true; }
    errno = error;
    return false;
}

/* Connect; errno's value instead of an exception when `error` is not NULL. */
static status
connect_to(socket_object *self, address *name, socklen_t size, int *error)
{
    int result, why;
    Py_BEGIN_ALLOW_THREADS
    result = connect(self->fd, &name->any, size);
    why = errno;
    Py_END_ALLOW_THREADS
    if (error) { *error = 0; }
    if (result == 0) { return 0; }
    call_mode mode = {.is_writing = true, .is_connect = true, .error = error,
                      .timeout = self->timeout};
    bool must_wait;
    if (why == EINTR) {
        /* the kernel goes on connecting */
        if (PyErr_CheckSignals() < 0) {
            if (error) { *error = -1; }
            return -1;
        }
        must_wait = self->timeout != 0;
    }
    else {
        must_wait = self->timeout > 0 && why == EINPROGRESS;
    }
    if (!must_wait) { return call_failed(self, &mode, why); }
    return call_mode_run(self, &mode, try_connected, NULL);
}

PyDoc_STRVAR(connect_doc,
    "connect(address)\n\n"
    "Connect to a remote address: (host, port) for internet sockets.");

static PyObject *
socket_connect(socket_object *self, PyObject *given)
{
    address name;
    socklen_t size;
    if (hob_address_read(self, given, &name, &size, "connect") < 0) { return NULL; }
    if (PySys_Audit("socket.connect", "OO", self, given) < 0) { return NULL; }
    if (connect_to(self, &name, size, NULL) < 0) { return NULL; }
    Py_RETURN_NONE;
}

PyDoc_STRVAR(connect_ex_doc,
    "connect_ex(address) -> errno\n\n"
    "Like connect(), but return the error number, 0 for success, where that would raise.");

static PyObject *
socket_connect_ex(socket_object *self, PyObject *given)
{
    address name;
    socklen_t size;
    int error;
    if (hob_address_read(self, given, &name, &size, "connect_ex") < 0) { return NULL; }
    if (PySys_Audit("socket.connect", "OO", self, given) < 0) { return NULL; }
    (void)!connect_to(self, &name, size, &error);
    return error < 0 ? NULL : PyLong_FromLong(error);
}

static PyObject *
show_name(socket_object *self, int (*ask)(int, struct sockaddr *, socklen_t *))
{
    address name;
    socklen_t size;
    int result;
    if (hob_address_room(self, &size) < 0) { return NULL; }
    memset(&name, 0, sizeof name);
    Py_BEGIN_ALLOW_THREADS
    result = ask(self->fd, &name.any, &size);
    Py_END_ALLOW_THREADS
    if (result < 0) { return self->on_error(); }
    return hob_address_show(self->fd, &name, Py_MIN(size, sizeof name), self->proto);
}

PyDoc_STRVAR(getsockname_doc,
    "getsockname() -> address info\n\nReturn the local address.");

static PyObject *
socket_getsockname(socket_object *self, PyObject *unused)
{
    return show_name(self, (int (*)(int, struct sockaddr *, socklen_t *))getsockname);
}

PyDoc_STRVAR(getpeername_doc,
    "getpeername() -> address info\n\nReturn the address at the other end.");

static PyObject *
socket_getpeername(socket_object *self, PyObject *unused)
{
    return show_name(self, (int (*)(int, struct sockaddr *, socklen_t *))getpeername);
}

PyDoc_STRVAR(listen_doc,
    "listen([backlog])\n\n"
    "Let others connect; backlog is how many may wait to be accepted, at least 0.");

static PyObject *
socket_listen(socket_object *self, PyObject *args)
{
    int backlog = Py_MIN(SOMAXCONN, 128), result;
    if (!PyArg_ParseTuple(args, "|i:listen", &backlog)) { return NULL; }
    Py_BEGIN_ALLOW_THREADS
    result = listen(self->fd, Py_MAX(backlog, 0));
    Py_END_ALLOW_THREADS
    if (result < 0) { return self->on_error(); }
    Py_RETURN_NONE;
}

PyDoc_STRVAR(shutdown_doc,
    "shutdown(flag)\n\n"
    "End reading (SHUT_RD), writing (SHUT_WR) or both (SHUT_RDWR).");

static PyObject *
socket_shutdown(socket_object *self, PyObject *flag)
{
    int how = _PyLong_AsInt(flag), result;
    if (how == -1 && PyErr_Occurred()) { return NULL; }
    Py_BEGIN_ALLOW_THREADS
    result = shutdown(self->fd, how);
    Py_END_ALLOW_THREADS
    if (result < 0) { return self->on_error(); }
    Py_RETURN_NONE;
}

/* --- options --- */

PyDoc_STRVAR(getsockopt_doc,
    "getsockopt(level, option[, buffersize]) -> value\n\n"
    "Return an option: an integer, or with a buffersize that many bytes at most.");

static PyObject *
socket_getsockopt(socket_object *self, PyObject *args)
{
    int level, option;
    socklen_t size = 0;
    if (!PyArg_ParseTuple(args, "ii|i:getsockopt", &level, &option, &size)) { return NULL; }
    if (size == 0 && self->family == AF_VSOCK) {
        uint64_t wide = 0;
        size = sizeof wide;
        if (getsockopt(self->fd, level, option, &wide, &size) < 0) { return self->on_error(); }
        return PyLong_FromUnsignedLong(wide);
    }
    if (size == 0) {
        int value = 0;
        size = sizeof value;
        if (getsockopt(self->fd, level, option, &value, &size) < 0) { return self->on_error(); }
        return PyLong_FromLong(value);
    }
    if ((int)size < 0 || size > 1024) {
        PyErr_SetString(PyExc_OSError, "getsockopt buflen out of range");
        return NULL;
    }
    char value[1024];
    if (getsockopt(self->fd, level, option, value, &size) < 0) { return self->on_error(); }
    return PyBytes_FromStringAndSize(value, size);
}

PyDoc_STRVAR(setsockopt_doc,
    "setsockopt(level, option, value: int)\n"
    "setsockopt(level, option, value: buffer)\n"
    "setsockopt(level, option, None, optlen: int)\n\n"
    "Set an option to an integer, to bytes, or to nothing of length optlen.");

static PyObject *
socket_setsockopt(socket_object *self, PyObject *args)
{
    int level, option, value, result;
    unsigned size;
    PyObject *none;
    Py_buffer view;
    if (self->family == AF_VSOCK) {
        uint64_t wide;
        if (PyArg_ParseTuple(args, "iiK:setsockopt", &level, &option, &wide)) {
            result = setsockopt(self->fd, level, option, &wide, sizeof wide);
            if (result < 0) { return self->on_error(); }
            Py_RETURN_NONE;
        }
        PyErr_Clear();
    }
    if (PyArg_ParseTuple(args, "iii:setsockopt", &level, &option, &value)) {
        result = setsockopt(self->fd, level, option, &value, sizeof value);
        if (result < 0) { return self->on_error(); }
        Py_RETURN_NONE;
    }
    PyErr_Clear();
    if (PyArg_ParseTuple(args, "iiO!I:setsockopt", &level, &option, Py_TYPE(Py_None), &none,
                         &size)) {
        result = setsockopt(self->fd, level, option, NULL, (socklen_t)size);
        if (result < 0) { return self->on_error(); }
        Py_RETURN_NONE;
    }
    PyErr_Clear();
    if (!PyArg_ParseTuple(args, "iiy*:setsockopt", &level, &option, &view)) { return NULL; }
    if (view.len > INT_MAX) {
        PyErr_Format(PyExc_OverflowError, "socket option is larger than %i bytes", INT_MAX);
        PyBuffer_Release(&view);
        return NULL;
    }
    result = setsockopt(self->fd, level, option, view.buf, (socklen_t)view.len);
    int error = errno;
    PyBuffer_Release(&view);
    errno = error;
    if (result < 0) { return self->on_error(); }
    Py_RETURN_NONE;
}

/* --- receiving --- */

typedef struct {
    char *data;
    Py_ssize_t size;
    int flags;
    address *name;                      /* NULL: not asked for, or not told */
    socklen_t *name_size;
    socklen_t told_size;
    Py_ssize_t result;
} transfer;

static bool
try_receive(socket_object *self, void *arg)
{
    transfer *it = arg;
    it->result = it->name
        ? recvfrom(self->fd, it->data, it->size, it->flags, &it->name->any, it->name_size)
        : recv(self->fd, it->data, it->size, it->flags);
    return it->result >= 0;
}

/* Bytes received, or -1. */
static Py_ssize_t
receive(socket_object *self, char *data, Py_ssize_t size, int flags)
{
    if (size == 0) { return 0; }
    transfer it = {.data = data, .size = size, .flags = flags};
    return hob_socket_call(self, false, try_receive, &it) < 0 ? -1 : it.result;
}

PyDoc_STRVAR(recv_doc,
    "recv(buffersize[, flags]) -> data\n\n"
    "Receive at most buffersize bytes, waiting for at least one; b'' is the end.");

static PyObject *
socket_recv(socket_object *self, PyObject *args)
{
    Py_ssize_t size;
    int flags = 0;
    if (!PyArg_ParseTuple(args, "n|i:recv", &size, &flags)) { return NULL; }
    if (size < 0) {
        PyErr_SetString(PyExc_ValueError, "negative buffersize in recv");
        return NULL;
    }
    PyObject *data = PyBytes_FromStringAndSize(NULL, size);
    if (!data) { return NULL; }
    Py_ssize_t got = receive(self, PyBytes_AS_STRING(data), size, flags);
    if (got < 0) {
        Py_DECREF(data);
        return NULL;
    }
    if (got != size) { _PyBytes_Resize(&data, got); }
    return data;
}

PyDoc_STRVAR(recv_into_doc,
    "recv_into(buffer, [nbytes[, flags]]) -> nbytes_read\n\n"
    "Like recv(), but into a buffer; without nbytes, as much as it can hold.");

static PyObject *
socket_recv_into(socket_object *self, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"buffer", "nbytes", "flags", NULL};
    int flags = 0;
    Py_buffer view;
    Py_ssize_t size = 0, got = -1;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "w*|ni:recv_into", names, &view, &size,
                                     &flags)) {
        return NULL;
    }
    if (size < 0) {
        PyErr_SetString(PyExc_ValueError, "negative buffersize in recv_into");
    }
    else if (view.len < size) {
        PyErr_SetString(PyExc_ValueError, "buffer too small for requested bytes");
    }
    else {
        got = receive(self, view.buf, size ? size : view.len, flags);
    }
    PyBuffer_Release(&view);
    return got < 0 ? NULL : PyLong_FromSsize_t(got);
}

/* Bytes received, or -1; *from is the sender. */
static Py_ssize_t
receive_from(socket_object *self, char *data, Py_ssize_t size, int flags, PyObject **from)
{
    address name;
    socklen_t name_size;
    if (hob_address_room(self, &name_size) < 0) { return -1; }
    memset(&name, 0, sizeof name);
    transfer it = {.data = data, .size = size, .flags = flags, .name = &name,
                   .name_size = &name_size};
    if (hob_socket_call(self, false, try_receive, &it) < 0) { return -1; }
    *from = hob_address_show(self->fd, &name, name_size, self->proto);
    return *from ? it.result : -1;
}

PyDoc_STRVAR(recvfrom_doc,
    "recvfrom(buffersize[, flags]) -> (data, address info)\n\n"
    "Like recv(), but also return who sent it.");

static PyObject *
socket_recvfrom(socket_object *self, PyObject *args)
{
    Py_ssize_t size;
    int flags = 0;
    if (!PyArg_ParseTuple(args, "n|i:recvfrom", &size, &flags)) { return NULL; }
    if (size < 0) {
        PyErr_SetString(PyExc_ValueError, "negative buffersize in recvfrom");
        return NULL;
    }
    own PyObject *data = PyBytes_FromStringAndSize(NULL, size);
    if (!data) { return NULL; }
    own PyObject *from = NULL;
    Py_ssize_t got = receive_from(self, PyBytes_AS_STRING(data), size, flags, &from);
    if (got < 0 || (got != size && _PyBytes_Resize(&data, got) < 0)) { return NULL; }
    return PyTuple_Pack(2, data, from);
}

PyDoc_STRVAR(recvfrom_into_doc,
    "recvfrom_into(buffer[, nbytes[, flags]]) -> (nbytes, address info)\n\n"
    "Like recv_into(), but also return who sent it.");

static PyObject *
socket_recvfrom_into(socket_object *self, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"buffer", "nbytes", "flags", NULL};
    int flags = 0;
    Py_buffer view;
    Py_ssize_t size = 0, got = -1;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "w*|ni:recvfrom_into", names, &view, &size,
                                     &flags)) {
        return NULL;
    }
    own PyObject *from = NULL;
    if (size < 0) {
        PyErr_SetString(PyExc_ValueError, "negative buffersize in recvfrom_into");
    }
    else if (size > view.len) {
        PyErr_SetString(PyExc_ValueError, "nbytes is greater than the length of the buffer");
    }
    else {
        got = receive_from(self, view.buf, size ? size : view.len, flags, &from);
    }
    PyBuffer_Release(&view);
    return got < 0 ? NULL : Py_BuildValue("nO", got, from);
}

/* --- sending --- */

static bool
try_send(socket_object *self, void *arg)
{
    transfer *it = arg;
    it->result = it->name
        ? sendto(self->fd, it->data, it->size, it->flags, &it->name->any, it->told_size)
        : send(self->fd, it->data, it->size, it->flags);
    return it->result >= 0;
}

PyDoc_STRVAR(send_doc,
    "send(data[, flags]) -> count\n\n"
    "Send data and return how many bytes of it were taken.");

static PyObject *
socket_send(socket_object *self, PyObject *args)
{
    Py_buffer view;
    int flags = 0;
    if (!PyArg_ParseTuple(args, "y*|i:send", &view, &flags)) { return NULL; }
    transfer it = {.data = view.buf, .size = view.len, .flags = flags};
    status done = hob_socket_call(self, true, try_send, &it);
    PyBuffer_Release(&view);
    return done < 0 ? NULL : PyLong_FromSsize_t(it.result);
}

/* Send all; the timeout is for the whole. */
static status
send_everything(socket_object *self, char *data, Py_ssize_t size, int flags)
{
    call_mode mode = {.is_writing = true, .timeout = self->timeout};
    _PyTime_t deadline = mode.timeout > 0 ? _PyDeadline_Init(mode.timeout) : 0;
    do {
        if (deadline) {
            mode.timeout = _PyDeadline_Get(deadline);
            if (mode.timeout <= 0) {
                PyErr_SetString(PyExc_TimeoutError, "timed out");
                return -1;
            }
        }
        transfer it = {.data = data, .size = size, .flags = flags};
        if (call_mode_run(self, &mode, try_send, &it) < 0) { return -1; }
        data += it.result;
        size -= it.result;
        if (PyErr_CheckSignals() < 0) { return -1; }
    } while (size > 0);
    return 0;
}

PyDoc_STRVAR(sendall_doc,
    "sendall(data[, flags])\n\n"
    "Send all of data.  After an error it is unknown how much was sent.");

static PyObject *
socket_sendall(socket_object *self, PyObject *args)
{
    Py_buffer view;
    int flags = 0;
    if (!PyArg_ParseTuple(args, "y*|i:sendall", &view, &flags)) { return NULL; }
    status done = send_everything(self, view.buf, view.len, flags);
    PyBuffer_Release(&view);
    return done < 0 ? NULL : Py_NewRef(Py_None);
}

PyDoc_STRVAR(sendto_doc,
    "sendto(data[, flags], address) -> count\n\n"
    "Like send(), to the given address.");

static PyObject *
socket_sendto(socket_object *self, PyObject *args)
{
    Py_buffer view;
    PyObject *given;
    int flags = 0;
    switch (PyTuple_GET_SIZE(args)) {
    case 2:
        if (!PyArg_ParseTuple(args, "y*O:sendto", &view, &given)) { return NULL; }
        break;
    case 3:
        if (!PyArg_ParseTuple(args, "y*iO:sendto", &view, &flags, &given)) { return NULL; }
        break;
    default:
        PyErr_Format(PyExc_TypeError, "sendto() takes 2 or 3 arguments (%zd given)",
                     PyTuple_GET_SIZE(args));
        return NULL;
    }
    address name;
    transfer it = {.data = view.buf, .size = view.len, .flags = flags, .name = &name};
    status done = hob_address_read(self, given, &name, &it.told_size, "sendto");
    if (done == 0) { done = PySys_Audit("socket.sendto", "OO", self, given); }
    if (done == 0) { done = hob_socket_call(self, true, try_send, &it); }
    PyBuffer_Release(&view);
    return done < 0 ? NULL : PyLong_FromSsize_t(it.result);
}

/* --- the type --- */

PyDoc_STRVAR(recvmsg_doc,
    "recvmsg(bufsize[, ancbufsize[, flags]]) -> (data, ancdata, msg_flags, address)\n\n"
    "Receive data and ancillary data: a list of (cmsg_level, cmsg_type, cmsg_data).\n"
    "ancbufsize is the room for it, see CMSG_SPACE() and CMSG_LEN().");
PyDoc_STRVAR(recvmsg_into_doc,
    "recvmsg_into(buffers[, ancbufsize[, flags]]) -> (nbytes, ancdata, msg_flags, address)\n\n"
    "Like recvmsg(), but scatter the data into buffers, an iterable of writable ones.");
PyDoc_STRVAR(sendmsg_doc,
    "sendmsg(buffers[, ancdata[, flags[, address]]]) -> count\n\n"
    "Send what an iterable of buffers holds as one message, with ancillary data, an\n"
    "iterable of (cmsg_level, cmsg_type, cmsg_data); return how many bytes were taken.");
PyDoc_STRVAR(sendmsg_afalg_doc,
    "sendmsg_afalg([msg], *, op[, iv[, assoclen[, flags=MSG_MORE]]])\n\n"
    "Set operation, initial vector and length of associated data of an AF_ALG socket.");

#define METHOD(name, function, flags) \
    {#name, (PyCFunction)(void (*)(void))function, flags, name##_doc}
static PyMethodDef socket_methods[] = {
    {"_accept", (PyCFunction)socket_accept, METH_NOARGS, accept_doc},
    METHOD(bind, socket_bind, METH_O),
    METHOD(close, socket_close, METH_NOARGS),
    METHOD(connect, socket_connect, METH_O),
    METHOD(connect_ex, socket_connect_ex, METH_O),
    METHOD(detach, socket_detach, METH_NOARGS),
    METHOD(fileno, socket_fileno, METH_NOARGS),
    METHOD(getpeername, socket_getpeername, METH_NOARGS),
    METHOD(getsockname, socket_getsockname, METH_NOARGS),
    METHOD(getsockopt, socket_getsockopt, METH_VARARGS),
    METHOD(listen, socket_listen, METH_VARARGS),
    METHOD(recv, socket_recv, METH_VARARGS),
    METHOD(recv_into, socket_recv_into, METH_VARARGS | METH_KEYWORDS),
    METHOD(recvfrom, socket_recvfrom, METH_VARARGS),
    METHOD(recvfrom_into, socket_recvfrom_into, METH_VARARGS | METH_KEYWORDS),
    METHOD(send, socket_send, METH_VARARGS),
    METHOD(sendall, socket_sendall, METH_VARARGS),
    METHOD(sendto, socket_sendto, METH_VARARGS),
    METHOD(setblocking, socket_setblocking, METH_O),
    METHOD(getblocking, socket_getblocking, METH_NOARGS),
    METHOD(settimeout, socket_settimeout, METH_O),
    METHOD(gettimeout, socket_gettimeout, METH_NOARGS),
    METHOD(setsockopt, socket_setsockopt, METH_VARARGS),
    METHOD(shutdown, socket_shutdown, METH_O),
    METHOD(recvmsg, hob_message_recvmsg, METH_VARARGS),
    METHOD(recvmsg_into, hob_message_recvmsg_into, METH_VARARGS),
    METHOD(sendmsg, hob_message_sendmsg, METH_VARARGS),
    METHOD(sendmsg_afalg, hob_message_sendmsg_afalg, METH_VARARGS | METH_KEYWORDS),
    {NULL},
};

static PyMemberDef socket_members[] = {
    {"family", T_INT, offsetof(socket_object, family), READONLY, "the socket family"},
    {"type", T_INT, offsetof(socket_object, type), READONLY, "the socket type"},
    {"proto", T_INT, offsetof(socket_object, proto), READONLY, "the socket protocol"},
    {NULL},
};

static PyGetSetDef socket_getset[] = {
    {"timeout", (getter)socket_gettimeout, NULL, "the socket timeout"},
    {NULL},
};

PyDoc_STRVAR(socket_doc,
    "socket(family=AF_INET, type=SOCK_STREAM, proto=0) -> socket object\n"
    "socket(family=-1, type=-1, proto=-1, fileno=None) -> socket object\n\n"
    "One end of a conversation.  With a fileno the object takes that descriptor, and\n"
    "asks it for what is not told.");

PyTypeObject hob_socket_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "_socket.socket",
    .tp_basicsize = sizeof(socket_object),
    .tp_dealloc = socket_dealloc,
    .tp_repr = (reprfunc)socket_repr,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .tp_doc = socket_doc,
    .tp_methods = socket_methods,
    .tp_members = socket_members,
    .tp_getset = socket_getset,
    .tp_init = socket_init,
    .tp_alloc = PyType_GenericAlloc,
    .tp_new = socket_new,
    .tp_free = PyObject_Free,
    .tp_finalize = socket_finalize,
};

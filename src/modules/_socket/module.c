/* module.c -- module _socket: constants, exceptions, and functions that take descriptors. */
#include "modules/_socket/socket.h"

PyDoc_STRVAR(close_doc,
    "close(integer) -> None\n\n"
    "Close the descriptor of a socket, like os.close().");

static PyObject *
socket_close_fd(PyObject *module, PyObject *number)
{
    int fd = (int)PyLong_AsLong(number), result;
    if (fd == -1 && PyErr_Occurred()) { return NULL; }
    Py_BEGIN_ALLOW_THREADS
    result = close(fd);
    Py_END_ALLOW_THREADS
    if (result < 0 && errno != ECONNRESET) { return PyErr_SetFromErrno(PyExc_OSError); }
    Py_RETURN_NONE;
}

PyDoc_STRVAR(dup_doc,
    "dup(integer) -> integer\n\n"
    "Return a new descriptor of the same socket; children do not inherit it.");

static PyObject *
socket_dup_fd(PyObject *module, PyObject *number)
{
    int fd = (int)PyLong_AsLong(number);
    if (fd == -1 && PyErr_Occurred()) { return NULL; }
    int copy;
    Py_BEGIN_ALLOW_THREADS
    copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    Py_END_ALLOW_THREADS
    if (copy < 0) { return PyErr_SetFromErrno(PyExc_OSError); }
    return PyLong_FromLong(copy);
}

PyDoc_STRVAR(socketpair_doc,
    "socketpair([family[, type [, proto]]]) -> (socket object, socket object)\n\n"
    "Return two sockets that are connected with each other, AF_UNIX unless told.");

static PyObject *
socket_socketpair(PyObject *module, PyObject *args)
{
    int family = AF_UNIX, type = SOCK_STREAM, proto = 0, fds[2], result;
    if (!PyArg_ParseTuple(args, "|iii:socketpair", &family, &type, &proto)) { return NULL; }
    Py_BEGIN_ALLOW_THREADS
    result = socketpair(family, type | SOCK_CLOEXEC, proto, fds);
    Py_END_ALLOW_THREADS
    if (result < 0) { return PyErr_SetFromErrno(PyExc_OSError); }
    own socket_object *left = hob_socket_wrap(fds[0], family, type, proto);
    if (!left) { close(fds[0]); }
    own socket_object *right = left ? hob_socket_wrap(fds[1], family, type, proto) : NULL;
    if (!right) {
        close(fds[1]);
        return NULL;
    }
    return PyTuple_Pack(2, left, right);
}

PyDoc_STRVAR(getdefaulttimeout_doc,
    "getdefaulttimeout() -> timeout\n\n"
    "Return the timeout that new sockets get, in seconds; None is none.");

static PyObject *
socket_getdefaulttimeout(PyObject *module, PyObject *unused)
{
    return hob_socket_show_timeout(hob_socket_default_timeout);
}

PyDoc_STRVAR(setdefaulttimeout_doc,
    "setdefaulttimeout(timeout)\n\n"
    "Set the timeout that new sockets get, in seconds; None is none.");

static PyObject *
socket_setdefaulttimeout(PyObject *module, PyObject *value)
{
    _PyTime_t timeout;
    if (hob_socket_read_timeout(value, &timeout) < 0) { return NULL; }
    hob_socket_default_timeout = timeout;
    Py_RETURN_NONE;
}

PyDoc_STRVAR(CMSG_LEN_doc,
    "CMSG_LEN(length) -> control message length\n\n"
    "Return the length of an ancillary item with `length` bytes of data, without the\n"
    "padding after it: the room for the last item.");
PyDoc_STRVAR(CMSG_SPACE_doc,
    "CMSG_SPACE(length) -> buffer size\n\n"
    "Return the room for an ancillary item with `length` bytes of data, padding included.");

#define FUNCTION(name, function, flags) \
    {#name, (PyCFunction)(void (*)(void))function, flags, name##_doc}
static PyMethodDef socket_functions[] = {
    FUNCTION(close, socket_close_fd, METH_O),
    FUNCTION(dup, socket_dup_fd, METH_O),
    FUNCTION(socketpair, socket_socketpair, METH_VARARGS),
    FUNCTION(getdefaulttimeout, socket_getdefaulttimeout, METH_NOARGS),
    FUNCTION(setdefaulttimeout, socket_setdefaulttimeout, METH_O),
    FUNCTION(CMSG_LEN, hob_message_cmsg_len, METH_VARARGS),
    FUNCTION(CMSG_SPACE, hob_message_cmsg_space, METH_VARARGS),
    {NULL},
};

static status
add_constants(PyObject *module)
{
    static const struct { const char *name; long long value; } table[] = {
#define X(name)        {#name, name},
#define V(name, value) {#name, value},
#include "modules/_socket/constants.def"
#undef X
#undef V
    };
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        if (PyModule_AddIntConstant(module, table[i].name, (long)table[i].value) < 0) {
            return -1;
        }
    }
    if (PyModule_AddObjectRef(module, "has_ipv6", Py_True) < 0) { return -1; }
    if (PyModule_AddStringConstant(module, "BDADDR_ANY", "00:00:00:00:00:00") < 0) { return -1; }
    return PyModule_AddStringConstant(module, "BDADDR_LOCAL", "00:00:00:FF:FF:FF");
}

static status
add_exceptions(PyObject *module)
{
    if (!hob_socket_herror
        && !(hob_socket_herror = PyErr_NewException("socket.herror", PyExc_OSError, NULL))) {
        return -1;
    }
    if (!hob_socket_gaierror
        && !(hob_socket_gaierror = PyErr_NewException("socket.gaierror", PyExc_OSError, NULL))) {
        return -1;
    }
    const struct { const char *name; PyObject *type; } table[] = {
        {"error", PyExc_OSError}, {"herror", hob_socket_herror},
        {"gaierror", hob_socket_gaierror}, {"timeout", PyExc_TimeoutError},
        {"SocketType", (PyObject *)&hob_socket_type}, {"socket", (PyObject *)&hob_socket_type},
    };
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        if (PyModule_AddObjectRef(module, table[i].name, table[i].type) < 0) { return -1; }
    }
    return 0;
}

static status
add_capi(PyObject *module)
{
    static socket_capi capi;
    capi = (socket_capi){&hob_socket_type, PyExc_OSError, PyExc_TimeoutError};
    own PyObject *capsule = PyCapsule_New(&capi, "_socket.CAPI", NULL);
    return capsule ? PyModule_AddObjectRef(module, "CAPI", capsule) : -1;
}

PyDoc_STRVAR(module_doc,
    "Sockets, as the operating system has them.\n\n"
    "Module socket is what programs use.");

static struct PyModuleDef socket_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_socket",
    .m_doc = module_doc,
    .m_size = -1,
    .m_methods = hob_resolve_functions,
};

PyMODINIT_FUNC
PyInit__socket(void)
{
    if (PyType_Ready(&hob_socket_type) < 0) { return NULL; }
    own PyObject *module = PyModule_Create(&socket_module);
    if (!module || PyModule_AddFunctions(module, socket_functions) < 0
        || add_exceptions(module) < 0 || add_capi(module) < 0 || add_constants(module) < 0) {
        return NULL;
    }
    return take(module);
}

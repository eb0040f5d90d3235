/* errno.c -- module errno: the system's error numbers by name. */
#include <Python.h>
#include <errno.h>

#include "base/c.h"
#include "memory/own.h"

/* Where two names share a number, errorcode has the later one. */
#define ERROR_NAMES(X) \
    X(ENODEV) X(ENOCSI) X(EHOSTUNREACH) X(ENOMSG) X(EUCLEAN) X(EL2NSYNC) X(EL2HLT)        \
    X(ENODATA) X(ENOTBLK) X(ENOSYS) X(EPIPE) X(EINVAL) X(EOVERFLOW) X(EADV) X(EINTR)      \
    X(EUSERS) X(ENOTEMPTY) X(ENOBUFS) X(EPROTO) X(EREMOTE) X(ENAVAIL) X(ECHILD) X(ELOOP)  \
    X(EXDEV) X(E2BIG) X(ESRCH) X(EMSGSIZE) X(EAFNOSUPPORT) X(EBADR) X(EHOSTDOWN)          \
    X(EPFNOSUPPORT) X(ENOPROTOOPT) X(EBUSY) X(EWOULDBLOCK) X(EBADFD) X(EDOTDOT)           \
    X(EISCONN) X(ENOANO) X(ESHUTDOWN) X(ECHRNG) X(ELIBBAD) X(ENONET) X(EBADE) X(EBADF)    \
    X(EMULTIHOP) X(EIO) X(EUNATCH) X(EPROTOTYPE) X(ENOSPC) X(ENOEXEC) X(EALREADY)         \
    X(ENETDOWN) X(ENOTNAM) X(EACCES) X(ELNRNG) X(EILSEQ) X(ENOTDIR) X(ENOTUNIQ) X(EPERM)  \
    X(EDOM) X(EXFULL) X(ECONNREFUSED) X(EISDIR) X(EPROTONOSUPPORT) X(EROFS)               \
    X(EADDRNOTAVAIL) X(EIDRM) X(ECOMM) X(ESRMNT) X(EREMOTEIO) X(EL3RST) X(EBADMSG)        \
    X(ENFILE) X(ELIBMAX) X(ESPIPE) X(ENOLINK) X(ENETRESET) X(ETIMEDOUT) X(ENOENT)         \
    X(EEXIST) X(EDQUOT) X(ENOSTR) X(EBADSLT) X(EBADRQC) X(ELIBACC) X(EFAULT) X(EFBIG)     \
    X(EDEADLK) X(ENOTCONN) X(EDESTADDRREQ) X(ELIBSCN) X(ENOLCK) X(EISNAM)                 \
    X(ECONNABORTED) X(ENETUNREACH) X(ESTALE) X(ENOSR) X(ENOMEM) X(ENOTSOCK) X(ESTRPIPE)   \
    X(EMLINK) X(ERANGE) X(ELIBEXEC) X(EL3HLT) X(ECONNRESET) X(EADDRINUSE) X(EOPNOTSUPP)   \
    X(EREMCHG) X(EAGAIN) X(ENAMETOOLONG) X(ENOTTY) X(ERESTART) X(ESOCKTNOSUPPORT)         \
    X(ETIME) X(EBFONT) X(EDEADLOCK) X(ETOOMANYREFS) X(EMFILE) X(ETXTBSY) X(EINPROGRESS)   \
    X(ENXIO) X(ENOPKG) X(ENOMEDIUM) X(EMEDIUMTYPE) X(ECANCELED) X(ENOKEY) X(EKEYEXPIRED)  \
    X(EKEYREVOKED) X(EKEYREJECTED) X(EOWNERDEAD) X(ENOTRECOVERABLE) X(ERFKILL)            \
    X(ENOTSUP)

static const struct { const char *name; int number; } errors[] = {
#define X(name) {#name, name},
    ERROR_NAMES(X)
#undef X
};

static int
errno_exec(PyObject *module)
{
    PyObject *dict = PyModule_GetDict(module);
    own PyObject *codes = PyDict_New();
    if (!codes || PyDict_SetItemString(dict, "errorcode", codes) < 0) { return -1; }
    for (size_t i = 0; i < ARRAY_LEN(errors); i++) {
        own PyObject *name = PyUnicode_FromString(errors[i].name);
        own PyObject *number = PyLong_FromLong(errors[i].number);
        if (!name || !number) { return -1; }
        if (PyDict_SetItem(dict, name, number) < 0) { return -1; }
        if (PyDict_SetItem(codes, number, name) < 0) { return -1; }
    }
    return 0;
}

PyDoc_STRVAR(errno_doc,
    "The error numbers of the system, each by its name: errno.ENOENT is 2.\n\n"
    "errorcode maps the numbers back to names; os.strerror() has their texts.\n"
    "Names that this system does not know are not defined.");

static PyModuleDef_Slot errno_slots[] = {
    {Py_mod_exec, errno_exec},
    {0, NULL},
};

static struct PyModuleDef errno_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "errno",
    .m_doc = errno_doc,
    .m_slots = errno_slots,
};

PyMODINIT_FUNC
PyInit_errno(void)
{
    return PyModuleDef_Init(&errno_module);
}

/* module.c -- module posix: its parts put together.
 *
 * The functions are in files by topic: path, dir, stat, fd, io, proc, wait, exec,
 * sched, user, xattr, conf, environ.  constants.def has the integers.
 */
#include "modules/posix/posix_int.h"

#include <dlfcn.h>
#include <limits.h>
#include <linux/limits.h>
#include <linux/memfd.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <sysexits.h>
#include <unistd.h>

#include "memory/own.h"

enum { POSIX_SPAWN_OPEN, POSIX_SPAWN_CLOSE, POSIX_SPAWN_DUP2 };
#ifndef EX_OK
#define EX_OK 0
#endif

static const struct { const char *name; long long value; } constants[] = {
#define X(name) {#name, name},
#include "modules/posix/constants.def"
#undef X
};

/* What os.py makes of: supports_dir_fd, supports_fd, supports_follow_symlinks. */
static const char *const have_functions[] = {
    "HAVE_EVENTFD", "HAVE_FACCESSAT", "HAVE_FCHDIR", "HAVE_FCHMOD", "HAVE_FCHMODAT",
    "HAVE_FCHOWN", "HAVE_FCHOWNAT", "HAVE_FEXECVE", "HAVE_FDOPENDIR", "HAVE_FPATHCONF",
    "HAVE_FSTATAT", "HAVE_FSTATVFS", "HAVE_FTRUNCATE", "HAVE_FUTIMENS", "HAVE_FUTIMES",
    "HAVE_FUTIMESAT", "HAVE_LINKAT", "HAVE_LCHOWN", "HAVE_LSTAT", "HAVE_LUTIMES",
    "HAVE_MEMFD_CREATE", "HAVE_MKDIRAT", "HAVE_MKFIFOAT", "HAVE_MKNODAT", "HAVE_OPENAT",
    "HAVE_READLINKAT", "HAVE_RENAMEAT", "HAVE_SYMLINKAT", "HAVE_UNLINKAT", "HAVE_UTIMENSAT",
};

static status
add_constants(PyObject *module)
{
    for (size_t i = 0; i < ARRAY_LEN(constants); i++) {
        own PyObject *value = PyLong_FromLongLong(constants[i].value);
        if (PyModule_AddObjectRef(module, constants[i].name, value) < 0) { return -1; }
    }
    return 0;
}

static status
add_have_functions(PyObject *module)
{
    own PyObject *list = PyList_New(0);
    if (!list) { return -1; }
    for (size_t i = 0; i < ARRAY_LEN(have_functions); i++) {
        own PyObject *name = PyUnicode_FromString(have_functions[i]);
        if (!name || PyList_Append(list, name) < 0) { return -1; }
    }
    return PyModule_AddObjectRef(module, "_have_functions", list);
}

static status
add_functions(PyObject *module)
{
    PyMethodDef *const tables[] = {
        hob_posix_path_methods, hob_posix_dir_methods, hob_posix_stat_methods,
        hob_posix_fd_methods, hob_posix_io_methods, hob_posix_proc_methods,
        hob_posix_wait_methods, hob_posix_exec_methods, hob_posix_sched_methods,
        hob_posix_user_methods, hob_posix_user_id_methods, hob_posix_xattr_methods,
        hob_posix_conf_methods, hob_posix_environ_methods,
    };
    for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
        if (PyModule_AddFunctions(module, tables[i]) < 0) { return -1; }
    }
    return 0;
}

static int
posix_exec(PyObject *module)
{
    static status (*const parts[])(PyObject *) = {
        add_functions, add_constants, add_have_functions, hob_posix_add_environ,
        hob_posix_add_names, hob_posix_add_stat_types, hob_posix_add_dir_types,
        hob_posix_add_fd_types, hob_posix_add_proc_types, hob_posix_add_wait_types,
        hob_posix_add_sched_types,
    };
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        if (parts[i](module) < 0) { return -1; }
    }
    return PyModule_AddObjectRef(module, "error", PyExc_OSError);
}

PyDoc_STRVAR(posix_doc,
    "The system calls of POSIX and Linux, thinly wrapped.  Use module os, which is built\n"
    "on this one and is the same on all systems.");

static PyModuleDef_Slot posix_slots[] = {
    {Py_mod_exec, posix_exec},
    {0, NULL},
};

static struct PyModuleDef posix_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "posix",
    .m_doc = posix_doc,
    .m_slots = posix_slots,
};

PyMODINIT_FUNC
PyInit_posix(void)
{
    return PyModuleDef_Init(&posix_module);
}

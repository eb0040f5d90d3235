/* conf.c -- module posix: limits and options of the system, by name or number. */
#include "modules/posix/posix_int.h"

#include <unistd.h>

#include "memory/own.h"

#define CONFSTR_NAMES(X)                                                                  \
    X(CS_GNU_LIBC_VERSION) X(CS_GNU_LIBPTHREAD_VERSION) X(CS_LFS64_CFLAGS)                \
    X(CS_LFS64_LDFLAGS) X(CS_LFS64_LIBS) X(CS_LFS64_LINTFLAGS) X(CS_LFS_CFLAGS)           \
    X(CS_LFS_LDFLAGS) X(CS_LFS_LIBS) X(CS_LFS_LINTFLAGS) X(CS_PATH)                       \
    X(CS_XBS5_ILP32_OFF32_CFLAGS) X(CS_XBS5_ILP32_OFF32_LDFLAGS)                          \
    X(CS_XBS5_ILP32_OFF32_LIBS) X(CS_XBS5_ILP32_OFF32_LINTFLAGS)                          \
    X(CS_XBS5_ILP32_OFFBIG_CFLAGS) X(CS_XBS5_ILP32_OFFBIG_LDFLAGS)                        \
    X(CS_XBS5_ILP32_OFFBIG_LIBS) X(CS_XBS5_ILP32_OFFBIG_LINTFLAGS)                        \
    X(CS_XBS5_LP64_OFF64_CFLAGS) X(CS_XBS5_LP64_OFF64_LDFLAGS)                            \
    X(CS_XBS5_LP64_OFF64_LIBS) X(CS_XBS5_LP64_OFF64_LINTFLAGS)                            \
    X(CS_XBS5_LPBIG_OFFBIG_CFLAGS) X(CS_XBS5_LPBIG_OFFBIG_LDFLAGS)                        \
    X(CS_XBS5_LPBIG_OFFBIG_LIBS) X(CS_XBS5_LPBIG_OFFBIG_LINTFLAGS)

#define PATHCONF_NAMES(X)                                                                 \
    X(PC_ALLOC_SIZE_MIN) X(PC_ASYNC_IO) X(PC_CHOWN_RESTRICTED) X(PC_FILESIZEBITS)         \
    X(PC_LINK_MAX) X(PC_MAX_CANON) X(PC_MAX_INPUT) X(PC_NAME_MAX) X(PC_NO_TRUNC)          \
    X(PC_PATH_MAX) X(PC_PIPE_BUF) X(PC_PRIO_IO) X(PC_REC_INCR_XFER_SIZE)                  \
    X(PC_REC_MAX_XFER_SIZE) X(PC_REC_MIN_XFER_SIZE) X(PC_REC_XFER_ALIGN)                  \
    X(PC_SOCK_MAXBUF) X(PC_SYMLINK_MAX) X(PC_SYNC_IO) X(PC_VDISABLE)

#define SYSCONF_NAMES(X)                                                                  \
    X(SC_2_CHAR_TERM) X(SC_2_C_BIND) X(SC_2_C_DEV) X(SC_2_C_VERSION) X(SC_2_FORT_DEV)     \
    X(SC_2_FORT_RUN) X(SC_2_LOCALEDEF) X(SC_2_SW_DEV) X(SC_2_UPE) X(SC_2_VERSION)         \
    X(SC_AIO_LISTIO_MAX) X(SC_AIO_MAX) X(SC_AIO_PRIO_DELTA_MAX) X(SC_ARG_MAX)             \
    X(SC_ASYNCHRONOUS_IO) X(SC_ATEXIT_MAX) X(SC_AVPHYS_PAGES) X(SC_BC_BASE_MAX)           \
    X(SC_BC_DIM_MAX) X(SC_BC_SCALE_MAX) X(SC_BC_STRING_MAX) X(SC_CHARCLASS_NAME_MAX)      \
    X(SC_CHAR_BIT) X(SC_CHAR_MAX) X(SC_CHAR_MIN) X(SC_CHILD_MAX) X(SC_CLK_TCK)            \
    X(SC_COLL_WEIGHTS_MAX) X(SC_DELAYTIMER_MAX) X(SC_EQUIV_CLASS_MAX)                     \
    X(SC_EXPR_NEST_MAX) X(SC_FSYNC) X(SC_GETGR_R_SIZE_MAX) X(SC_GETPW_R_SIZE_MAX)         \
    X(SC_INT_MAX) X(SC_INT_MIN) X(SC_IOV_MAX) X(SC_JOB_CONTROL) X(SC_LINE_MAX)            \
    X(SC_LOGIN_NAME_MAX) X(SC_LONG_BIT) X(SC_MAPPED_FILES) X(SC_MB_LEN_MAX)               \
    X(SC_MEMLOCK) X(SC_MEMLOCK_RANGE) X(SC_MEMORY_PROTECTION) X(SC_MESSAGE_PASSING)       \
    X(SC_MINSIGSTKSZ) X(SC_MQ_OPEN_MAX) X(SC_MQ_PRIO_MAX) X(SC_NGROUPS_MAX)               \
    X(SC_NL_ARGMAX) X(SC_NL_LANGMAX) X(SC_NL_MSGMAX) X(SC_NL_NMAX) X(SC_NL_SETMAX)        \
    X(SC_NL_TEXTMAX) X(SC_NPROCESSORS_CONF) X(SC_NPROCESSORS_ONLN) X(SC_NZERO)            \
    X(SC_OPEN_MAX) X(SC_PAGESIZE) X(SC_PAGE_SIZE) X(SC_PASS_MAX) X(SC_PHYS_PAGES)         \
    X(SC_PII) X(SC_PII_INTERNET) X(SC_PII_INTERNET_DGRAM) X(SC_PII_INTERNET_STREAM)       \
    X(SC_PII_OSI) X(SC_PII_OSI_CLTS) X(SC_PII_OSI_COTS) X(SC_PII_OSI_M) X(SC_PII_SOCKET)  \
    X(SC_PII_XTI) X(SC_POLL) X(SC_PRIORITIZED_IO) X(SC_PRIORITY_SCHEDULING)               \
    X(SC_REALTIME_SIGNALS) X(SC_RE_DUP_MAX) X(SC_RTSIG_MAX) X(SC_SAVED_IDS)               \
    X(SC_SCHAR_MAX) X(SC_SCHAR_MIN) X(SC_SELECT) X(SC_SEMAPHORES) X(SC_SEM_NSEMS_MAX)     \
    X(SC_SEM_VALUE_MAX) X(SC_SHARED_MEMORY_OBJECTS) X(SC_SHRT_MAX) X(SC_SHRT_MIN)         \
    X(SC_SIGQUEUE_MAX) X(SC_SSIZE_MAX) X(SC_STREAM_MAX) X(SC_SYNCHRONIZED_IO)             \
    X(SC_THREADS) X(SC_THREAD_ATTR_STACKADDR) X(SC_THREAD_ATTR_STACKSIZE)                 \
    X(SC_THREAD_DESTRUCTOR_ITERATIONS) X(SC_THREAD_KEYS_MAX)                              \
    X(SC_THREAD_PRIORITY_SCHEDULING) X(SC_THREAD_PRIO_INHERIT) X(SC_THREAD_PRIO_PROTECT)  \
    X(SC_THREAD_PROCESS_SHARED) X(SC_THREAD_SAFE_FUNCTIONS) X(SC_THREAD_STACK_MIN)        \
    X(SC_THREAD_THREADS_MAX) X(SC_TIMERS) X(SC_TIMER_MAX) X(SC_TTY_NAME_MAX)              \
    X(SC_TZNAME_MAX) X(SC_T_IOV_MAX) X(SC_UCHAR_MAX) X(SC_UINT_MAX) X(SC_UIO_MAXIOV)      \
    X(SC_ULONG_MAX) X(SC_USHRT_MAX) X(SC_VERSION) X(SC_WORD_BIT) X(SC_XBS5_ILP32_OFF32)   \
    X(SC_XBS5_ILP32_OFFBIG) X(SC_XBS5_LP64_OFF64) X(SC_XBS5_LPBIG_OFFBIG)                 \
    X(SC_XOPEN_CRYPT) X(SC_XOPEN_ENH_I18N) X(SC_XOPEN_LEGACY) X(SC_XOPEN_REALTIME)        \
    X(SC_XOPEN_REALTIME_THREADS) X(SC_XOPEN_SHM) X(SC_XOPEN_UNIX) X(SC_XOPEN_VERSION)     \
    X(SC_XOPEN_XCU_VERSION) X(SC_XOPEN_XPG2) X(SC_XOPEN_XPG3) X(SC_XOPEN_XPG4)


typedef struct {
    const char *name;
    int number;
} conf_name;

static const conf_name confstr_names[] = {
#define X(name) {#name, _##name},
    CONFSTR_NAMES(X)
};
static const conf_name pathconf_names[] = {
    PATHCONF_NAMES(X)
};
static const conf_name sysconf_names[] = {
    SYSCONF_NAMES(X)
#undef X
};

static const struct { const char *name; const conf_name *names; size_t n; } name_dicts[] = {
    {"confstr_names", confstr_names, ARRAY_LEN(confstr_names)},
    {"pathconf_names", pathconf_names, ARRAY_LEN(pathconf_names)},
    {"sysconf_names", sysconf_names, ARRAY_LEN(sysconf_names)},
};

/* A number, or a name in the (sorted) table. */
static status
conf_number(PyObject *arg, const conf_name *names, size_t n, int *number)
{
    if (PyLong_Check(arg)) {
        *number = _PyLong_AsInt(arg);
        return *number == -1 && PyErr_Occurred() ? -1 : 0;
    }
    if (!PyUnicode_Check(arg)) {
        PyErr_SetString(PyExc_TypeError, "configuration names must be strings or integers");
        return -1;
    }
    const char *wanted = PyUnicode_AsUTF8(arg);
    if (!wanted) { return -1; }
    for (size_t low = 0, high = n; low < high;) {
        size_t middle = (low + high) / 2;
        int order = strcmp(wanted, names[middle].name);
        if (order == 0) {
            *number = names[middle].number;
            return 0;
        }
        if (order < 0) { high = middle; }
        else           { low = middle + 1; }
    }
    PyErr_SetString(PyExc_ValueError, "unrecognized configuration name");
    return -1;
}

#define NUMBER(arg, table, number) \
    if (conf_number(arg, table, ARRAY_LEN(table), &number) < 0) { return NULL; }

/** confstr($module, name, /)
 *
 *  Return a text that describes the system, or None if it has none of that name.
 */
static PyObject *
posix_confstr(PyObject *module, PyObject *name)
{
    int number;
    NUMBER(name, confstr_names, number)
    char small[256];
    errno = 0;
    size_t size = confstr(number, small, sizeof small);
    if (size == 0) { return errno ? hob_posix_error() : Py_NewRef(Py_None); }
    if (size <= sizeof small) {
        return PyUnicode_DecodeFSDefaultAndSize(small, (Py_ssize_t)size - 1);
    }
    char *large = PyMem_Malloc(size);
    if (!large) { return PyErr_NoMemory(); }
    size_t again = confstr(number, large, size);
    PyObject *result = PyUnicode_DecodeFSDefaultAndSize(large, (Py_ssize_t)Py_MIN(again,
                                                                                  size) - 1);
    PyMem_Free(large);
    return result;
}

/** sysconf($module, name, /)
 *
 *  Return a number that describes the system; -1 where there is no limit.
 */
static PyObject *
posix_sysconf(PyObject *module, PyObject *name)
{
    int number;
    NUMBER(name, sysconf_names, number)
    errno = 0;
    long value = sysconf(number);
    return value == -1 && errno ? hob_posix_error() : PyLong_FromLong(value);
}

/** pathconf($module, /, path, name)
 *
 *  Return a number that describes the file system of path; -1 where there is no limit.
 */
static PyObject *
posix_pathconf(PyObject *module, path_fd_arg *path, PyObject *name)
{
    int number;
    NUMBER(name, pathconf_names, number)
    errno = 0;
    long limit = path->is_fd ? fpathconf(path->fd, number) : pathconf(path->narrow, number);
    if (limit != -1 || !errno) { return PyLong_FromLong(limit); }
    return errno == EINVAL ? hob_posix_error() : hob_path_error(path);
}

/** fpathconf($module, fd, name, /)
 *
 *  Return a number that describes the file system of the open file fd.
 */
static PyObject *
posix_fpathconf(PyObject *module, fildes_arg fd, PyObject *name)
{
    int number;
    NUMBER(name, pathconf_names, number)
    errno = 0;
    long limit = fpathconf(fd, number);
    return limit == -1 && errno ? hob_posix_error() : PyLong_FromLong(limit);
}

#include "gen/modules/posix/conf.bind.h"

PyMethodDef *const hob_posix_conf_methods = module_methods;

status
hob_posix_add_names(PyObject *module)
{
    for (size_t i = 0; i < ARRAY_LEN(name_dicts); i++) {
        own PyObject *dict = PyDict_New();
        if (!dict) { return -1; }
        for (size_t k = 0; k < name_dicts[i].n; k++) {
            own PyObject *number = PyLong_FromLong(name_dicts[i].names[k].number);
            if (!number || PyDict_SetItemString(dict, name_dicts[i].names[k].name,
                                                number) < 0) {
                return -1;
            }
        }
        if (PyModule_AddObjectRef(module, name_dicts[i].name, dict) < 0) { return -1; }
    }
    return 0;
}

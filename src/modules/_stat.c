/* _stat.c -- module _stat: constants and tests of file modes. */
#include <Python.h>
#include <sys/stat.h>

#include "base/c.h"

static bool
parse_mode(PyObject *arg, mode_t *mode)
{
    unsigned long value = PyLong_AsUnsignedLong(arg);
    if (value == (unsigned long)-1 && PyErr_Occurred()) { return false; }
    if ((mode_t)value != value) {
        PyErr_SetString(PyExc_OverflowError, "mode out of range");
        return false;
    }
    *mode = (mode_t)value;
    return true;
}

#define MODE_TEST(name)                                                 \
    static PyObject *                                                   \
    stat_##name(PyObject *module, PyObject *arg)                        \
    {                                                                   \
        mode_t mode;                                                    \
        if (!parse_mode(arg, &mode)) { return NULL; }                   \
        return PyBool_FromLong(name(mode));                             \
    }

/* kinds of file that Linux has not */
#define S_ISDOOR(mode) ((void)(mode), 0)
#define S_ISPORT(mode) ((void)(mode), 0)
#define S_ISWHT(mode)  ((void)(mode), 0)

#define MODE_TESTS(X)                                                   \
    X(S_ISDIR, "a directory") X(S_ISCHR, "a character device")          \
    X(S_ISBLK, "a block device") X(S_ISREG, "a regular file")           \
    X(S_ISFIFO, "a FIFO") X(S_ISLNK, "a symbolic link")                 \
    X(S_ISSOCK, "a socket") X(S_ISDOOR, "a door")                       \
    X(S_ISPORT, "an event port") X(S_ISWHT, "a whiteout")

#define X(name, what) MODE_TEST(name)
MODE_TESTS(X)
#undef X

static PyObject *
stat_S_IMODE(PyObject *module, PyObject *arg)
{
    mode_t mode;
    if (!parse_mode(arg, &mode)) { return NULL; }
    return PyLong_FromUnsignedLong(mode & 07777);
}

static PyObject *
stat_S_IFMT(PyObject *module, PyObject *arg)
{
    mode_t mode;
    if (!parse_mode(arg, &mode)) { return NULL; }
    return PyLong_FromUnsignedLong(mode & S_IFMT);
}

static char
kind_letter(mode_t mode)
{
    static const struct { mode_t kind; char letter; } letters[] = {
        {S_IFREG, '-'}, {S_IFDIR, 'd'}, {S_IFLNK, 'l'}, {S_IFBLK, 'b'},
        {S_IFCHR, 'c'}, {S_IFIFO, 'p'}, {S_IFSOCK, 's'},
    };
    for (size_t i = 0; i < ARRAY_LEN(letters); i++) {
        if ((mode & S_IFMT) == letters[i].kind) { return letters[i].letter; }
    }
    return '?';
}

static PyObject *
stat_filemode(PyObject *module, PyObject *arg)
{
    mode_t mode;
    if (!parse_mode(arg, &mode)) { return NULL; }
    char text[10] = {kind_letter(mode)};
    static const char bits[] = "rwxrwxrwx";
    for (int i = 0; i < 9; i++) { text[1 + i] = mode & (0400 >> i) ? bits[i] : '-'; }
    if (mode & S_ISUID) { text[3] = mode & S_IXUSR ? 's' : 'S'; }
    if (mode & S_ISGID) { text[6] = mode & S_IXGRP ? 's' : 'S'; }
    if (mode & S_ISVTX) { text[9] = mode & S_IXOTH ? 't' : 'T'; }
    return PyUnicode_FromStringAndSize(text, sizeof text);
}

static PyMethodDef stat_methods[] = {
#define X(name, what) \
    {#name, stat_##name, METH_O, #name "(mode) -> bool\n\nReturn True if mode is of " what "."},
    MODE_TESTS(X)
#undef X
    {"S_IMODE", stat_S_IMODE, METH_O,
     "S_IMODE(mode)\n\nReturn the part of mode that os.chmod() sets."},
    {"S_IFMT", stat_S_IFMT, METH_O,
     "S_IFMT(mode)\n\nReturn the part of mode that says what it is."},
    {"filemode", stat_filemode, METH_O,
     "filemode(mode) -> str\n\nWrite mode like '-rwxrwxrwx'."},
    {NULL},
};

static int
stat_exec(PyObject *module)
{
    static const struct { const char *name; unsigned long value; } constants[] = {
#define C(name) {#name, name}
        C(S_IFDIR), C(S_IFCHR), C(S_IFBLK), C(S_IFREG), C(S_IFIFO), C(S_IFLNK), C(S_IFSOCK),
        {"S_IFDOOR", 0}, {"S_IFPORT", 0}, {"S_IFWHT", 0},
        C(S_ISUID), C(S_ISGID), C(S_ISVTX), {"S_ENFMT", S_ISGID},
        C(S_IREAD), C(S_IWRITE), C(S_IEXEC),
        C(S_IRWXU), C(S_IRUSR), C(S_IWUSR), C(S_IXUSR),
        C(S_IRWXG), C(S_IRGRP), C(S_IWGRP), C(S_IXGRP),
        C(S_IRWXO), C(S_IROTH), C(S_IWOTH), C(S_IXOTH),
#undef C
        /* BSD file flags */
        {"UF_NODUMP", 0x1}, {"UF_IMMUTABLE", 0x2}, {"UF_APPEND", 0x4}, {"UF_OPAQUE", 0x8},
        {"UF_NOUNLINK", 0x10}, {"UF_COMPRESSED", 0x20}, {"UF_HIDDEN", 0x8000},
        {"SF_ARCHIVED", 0x10000}, {"SF_IMMUTABLE", 0x20000}, {"SF_APPEND", 0x40000},
        {"SF_NOUNLINK", 0x100000}, {"SF_SNAPSHOT", 0x200000},
        /* places in the tuple that os.stat() returns */
        {"ST_MODE", 0}, {"ST_INO", 1}, {"ST_DEV", 2}, {"ST_NLINK", 3}, {"ST_UID", 4},
        {"ST_GID", 5}, {"ST_SIZE", 6}, {"ST_ATIME", 7}, {"ST_MTIME", 8}, {"ST_CTIME", 9},
    };
    for (size_t i = 0; i < ARRAY_LEN(constants); i++) {
        if (PyModule_AddIntConstant(module, constants[i].name, (long)constants[i].value) < 0) {
            return -1;
        }
    }
    return 0;
}

PyDoc_STRVAR(stat_doc,
    "What the st_mode of os.stat() means: S_IS*() say what kind of file it is, S_IMODE()\n"
    "and S_IFMT() take it apart, filemode() writes it as ls does; and constants.");

static PyModuleDef_Slot stat_slots[] = {
    {Py_mod_exec, stat_exec},
    {0, NULL},
};

static struct PyModuleDef stat_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_stat",
    .m_doc = stat_doc,
    .m_methods = stat_methods,
    .m_slots = stat_slots,
};

PyMODINIT_FUNC
PyInit__stat(void)
{
    return PyModuleDef_Init(&stat_module);
}

/* pwd.c -- module pwd: the user database. */
#include "modules/posix/posix_int.h"

#include <pwd.h>
#include <unistd.h>

#include "memory/own.h"

static PyStructSequence_Field passwd_fields[] = {
    {"pw_name", "user name"},
    {"pw_passwd", "password"},
    {"pw_uid", "user id"},
    {"pw_gid", "group id"},
    {"pw_gecos", "real name"},
    {"pw_dir", "home directory"},
    {"pw_shell", "shell program"},
    {NULL},
};

PyDoc_STRVAR(passwd_doc,
    "pwd.struct_passwd: an entry of the user database\n\n"
    "A tuple of (pw_name, pw_passwd, pw_uid, pw_gid, pw_gecos, pw_dir, pw_shell).");

static PyStructSequence_Desc passwd_desc = {"pwd.struct_passwd", passwd_doc, passwd_fields, 7};
static PyTypeObject *passwd_type;

static PyObject *
text_or_none(const char *text)
{
    return text ? PyUnicode_DecodeFSDefault(text) : Py_NewRef(Py_None);
}

static PyObject *
passwd_make(const struct passwd *p)
{
    own PyObject *result = PyStructSequence_New(passwd_type);
    if (!result) { return NULL; }
    PyObject *const values[] = {
        text_or_none(p->pw_name), text_or_none(p->pw_passwd), _PyLong_FromUid(p->pw_uid),
        _PyLong_FromGid(p->pw_gid), text_or_none(p->pw_gecos), text_or_none(p->pw_dir),
        text_or_none(p->pw_shell),
    };
    bool failed = false;
    for (int i = 0; i < 7; i++) {
        PyStructSequence_SET_ITEM(result, i, values[i]);
        failed |= !values[i];
    }
    return failed ? NULL : take(result);
}

/** getpwuid($module, uidobj, /)
 *
 *  Return the entry of a user id.
 */
static PyObject *
pwd_getpwuid(PyObject *module, PyObject *uidobj)
{
    uid_t uid;
    if (!_Py_Uid_Converter(uidobj, &uid)) {
        if (PyErr_ExceptionMatches(PyExc_OverflowError)) {
            PyErr_Format(PyExc_KeyError, "getpwuid(): uid not found");
        }
        return NULL;
    }
    struct passwd entry, *found = NULL;
    char *buffer = NULL;
    int status;
    LOOK_UP_ENTRY(status, buffer, found, getpwuid_r(uid, &entry, buffer, size, &found))
    PyObject *result = NULL;
    if (found) { result = passwd_make(found); }
    else if (status == ENOMEM) { PyErr_NoMemory(); }
    else {
        own PyObject *number = _PyLong_FromUid(uid);
        if (number) { PyErr_Format(PyExc_KeyError, "getpwuid(): uid not found: %S", number); }
    }
    PyMem_RawFree(buffer);
    return result;
}

/** getpwnam($module, name, /)
 *
 *  Return the entry of a user name.
 */
static PyObject *
pwd_getpwnam(PyObject *module, PyUnicodeObject *name)
{
    own PyObject *bytes = PyUnicode_EncodeFSDefault((PyObject *)name);
    char *text;
    if (!bytes || PyBytes_AsStringAndSize(bytes, &text, NULL) < 0) { return NULL; }
    struct passwd entry, *found = NULL;
    char *buffer = NULL;
    int status;
    LOOK_UP_ENTRY(status, buffer, found, getpwnam_r(text, &entry, buffer, size, &found))
    PyObject *result = NULL;
    if (found) { result = passwd_make(found); }
    else if (status == ENOMEM) { PyErr_NoMemory(); }
    else { PyErr_Format(PyExc_KeyError, "getpwnam(): name not found: %R", name); }
    PyMem_RawFree(buffer);
    return result;
}

/** getpwall($module, /)
 *
 *  Return a list of all entries, in no order.
 */
static PyObject *
pwd_getpwall(PyObject *module)
{
    own PyObject *list = PyList_New(0);
    if (!list) { return NULL; }
    bool failed = false;
    struct passwd *entry;
    setpwent();
    while (!failed && (entry = getpwent())) {
        own PyObject *item = passwd_make(entry);
        failed = !item || PyList_Append(list, item) < 0;
    }
    endpwent();
    return failed ? NULL : take(list);
}

#include "gen/modules/pwd.bind.h"

static int
pwd_exec(PyObject *module)
{
    return hob_posix_add_structseq(module, "struct_passwd", &passwd_desc, &passwd_type);
}

static PyModuleDef_Slot pwd_slots[] = {
    {Py_mod_exec, pwd_exec},
    {0, NULL},
};

static struct PyModuleDef pwd_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "pwd",
    .m_doc = "The user database: entries by name or id, as tuples of name, password, user\n"
             "id, group id, real name, home directory and shell.",
    .m_methods = module_methods,
    .m_slots = pwd_slots,
};

PyMODINIT_FUNC
PyInit_pwd(void)
{
    return PyModuleDef_Init(&pwd_module);
}

/* user.c -- module posix: users and groups of this process. */
#include "modules/posix/posix_int.h"

#include <grp.h>
#include <unistd.h>

#include "memory/own.h"

#define GET_ID(name, kind)                                              \
    static PyObject *                                                   \
    posix_##name(PyObject *module, PyObject *unused)                    \
    {                                                                   \
        return _PyLong_From##kind(name());                              \
    }
GET_ID(getuid, Uid)
GET_ID(geteuid, Uid)
GET_ID(getgid, Gid)
GET_ID(getegid, Gid)

/** getresuid($module, /)
 *
 *  Return the real, effective and saved user.
 */
static PyObject *
posix_getresuid(PyObject *module)
{
    uid_t real, effective, saved;
    if (getresuid(&real, &effective, &saved) < 0) { return hob_posix_error(); }
    return Py_BuildValue("(NNN)", _PyLong_FromUid(real), _PyLong_FromUid(effective),
                         _PyLong_FromUid(saved));
}

/** getresgid($module, /)
 *
 *  Return the real, effective and saved group.
 */
static PyObject *
posix_getresgid(PyObject *module)
{
    gid_t real, effective, saved;
    if (getresgid(&real, &effective, &saved) < 0) { return hob_posix_error(); }
    return Py_BuildValue("(NNN)", _PyLong_FromGid(real), _PyLong_FromGid(effective),
                         _PyLong_FromGid(saved));
}

/** setuid($module, uid, /)
 *
 *  Set the user of this process.
 */
static PyObject *
posix_setuid(PyObject *module, uid_arg uid)
{
    return hob_posix_result(setuid(uid) < 0);
}

/** seteuid($module, euid, /)
 *
 *  Set the effective user.
 */
static PyObject *
posix_seteuid(PyObject *module, uid_arg euid)
{
    return hob_posix_result(seteuid(euid) < 0);
}

/** setgid($module, gid, /)
 *
 *  Set the group of this process.
 */
static PyObject *
posix_setgid(PyObject *module, gid_arg gid)
{
    return hob_posix_result(setgid(gid) < 0);
}

/** setegid($module, egid, /)
 *
 *  Set the effective group.
 */
static PyObject *
posix_setegid(PyObject *module, gid_arg egid)
{
    return hob_posix_result(setegid(egid) < 0);
}

/** setreuid($module, ruid, euid, /)
 *
 *  Set the real and the effective user.
 */
static PyObject *
posix_setreuid(PyObject *module, uid_arg ruid, uid_arg euid)
{
    return hob_posix_result(setreuid(ruid, euid) < 0);
}

/** setregid($module, rgid, egid, /)
 *
 *  Set the real and the effective group.
 */
static PyObject *
posix_setregid(PyObject *module, gid_arg rgid, gid_arg egid)
{
    return hob_posix_result(setregid(rgid, egid) < 0);
}

/** setresuid($module, ruid, euid, suid, /)
 *
 *  Set the real, the effective and the saved user.
 */
static PyObject *
posix_setresuid(PyObject *module, uid_arg ruid, uid_arg euid, uid_arg suid)
{
    return hob_posix_result(setresuid(ruid, euid, suid) < 0);
}

/** setresgid($module, rgid, egid, sgid, /)
 *
 *  Set the real, the effective and the saved group.
 */
static PyObject *
posix_setresgid(PyObject *module, gid_arg rgid, gid_arg egid, gid_arg sgid)
{
    return hob_posix_result(setresgid(rgid, egid, sgid) < 0);
}

/* --- lists of groups --- */

static PyObject *
list_of_groups(const gid_t *groups, int n)
{
    own PyObject *list = PyList_New(n);
    if (!list) { return NULL; }
    for (int i = 0; i < n; i++) {
        PyObject *group = _PyLong_FromGid(groups[i]);
        if (!group) { return NULL; }
        PyList_SET_ITEM(list, i, group);
    }
    return take(list);
}

/** getgroups($module, /)
 *
 *  Return the groups of this process.
 */
static PyObject *
posix_getgroups(PyObject *module)
{
    int n = getgroups(0, NULL);
    if (n < 0) { return hob_posix_error(); }
    gid_t *groups = PyMem_New(gid_t, n ? n : 1);
    if (!groups) { return PyErr_NoMemory(); }
    n = getgroups(n, groups);
    PyObject *result = n < 0 ? hob_posix_error() : list_of_groups(groups, n);
    PyMem_Free(groups);
    return result;
}

/** getgrouplist($module, user, group, /)
 *
 *  Return the groups that a user belongs to, group among them.
 */
static PyObject *
posix_getgrouplist(PyObject *module, PyObject *user, PyObject *group)
{
    if (!PyUnicode_Check(user)) {
        _PyArg_BadArgument("getgrouplist", "argument 1", "str", user);
        return NULL;
    }
    Py_ssize_t length;
    const char *name = PyUnicode_AsUTF8AndSize(user, &length);
    if (!name) { return NULL; }
    if (strlen(name) != (size_t)length) {
        PyErr_SetString(PyExc_ValueError, "embedded null character");
        return NULL;
    }
    gid_t base;
    if (!_Py_Gid_Converter(group, &base)) { return NULL; }
    for (int n = 64;; n *= 2) {
        int found = n;
        gid_t *groups = PyMem_New(gid_t, n);
        if (!groups) { return PyErr_NoMemory(); }
        if (getgrouplist(name, base, groups, &found) != -1) {
            PyObject *result = list_of_groups(groups, found);
            PyMem_Free(groups);
            return result;
        }
        PyMem_Free(groups);
        if (n > INT_MAX / 2) { return PyErr_NoMemory(); }
    }
}

/** initgroups($module, username, gid, /)
 *
 *  Take on all groups of a user, and gid.
 */
static PyObject *
posix_initgroups(PyObject *module, name_arg *username, gid_arg gid)
{
    if (initgroups(PyBytes_AS_STRING(username->bytes), gid) == -1) {
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    Py_RETURN_NONE;
}

/** setgroups($module, groups, /)
 *
 *  Set the groups of this process.
 */
static PyObject *
posix_setgroups(PyObject *module, PyObject *groups)
{
    if (!PySequence_Check(groups)) {
        PyErr_SetString(PyExc_TypeError, "setgroups argument must be a sequence");
        return NULL;
    }
    Py_ssize_t n = PySequence_Size(groups);
    if (n < 0) { return NULL; }
    if (n > NGROUPS_MAX) {
        PyErr_SetString(PyExc_ValueError, "too many groups");
        return NULL;
    }
    gid_t *ids = PyMem_New(gid_t, n ? n : 1);
    if (!ids) { return PyErr_NoMemory(); }
    PyObject *result = NULL;
    for (Py_ssize_t i = 0; i < n; i++) {
        own PyObject *item = PySequence_GetItem(groups, i);
        if (!item) { goto done; }
        if (!PyLong_Check(item)) {
            PyErr_SetString(PyExc_TypeError, "groups must be integers");
            goto done;
        }
        if (!_Py_Gid_Converter(item, &ids[i])) { goto done; }
    }
    result = hob_posix_result(setgroups((size_t)n, ids) < 0);
done:
    PyMem_Free(ids);
    return result;
}

/** getlogin($module, /)
 *
 *  Return the name under which the user logged in.
 */
static PyObject *
posix_getlogin(PyObject *module)
{
    errno = 0;
    const char *name = getlogin();
    if (name) { return PyUnicode_DecodeFSDefault(name); }
    if (errno) { return hob_posix_error(); }
    PyErr_SetString(PyExc_OSError, "unable to determine login name");
    return NULL;
}

#include "gen/modules/posix/user.bind.h"

PyMethodDef *const hob_posix_user_methods = module_methods;

static PyMethodDef id_methods[] = {
    {"getuid", posix_getuid, METH_NOARGS, "getuid($module, /)\n--\n\nReturn the real user."},
    {"geteuid", posix_geteuid, METH_NOARGS,
     "geteuid($module, /)\n--\n\nReturn the effective user."},
    {"getgid", posix_getgid, METH_NOARGS, "getgid($module, /)\n--\n\nReturn the real group."},
    {"getegid", posix_getegid, METH_NOARGS,
     "getegid($module, /)\n--\n\nReturn the effective group."},
    {NULL},
};

PyMethodDef *const hob_posix_user_id_methods = id_methods;

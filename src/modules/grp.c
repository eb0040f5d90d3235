/* grp.c -- module grp: the group database. */
#include "modules/posix/posix_int.h"

#include <grp.h>
#include <unistd.h>

#include "memory/own.h"

static PyStructSequence_Field group_fields[] = {
    {"gr_name", "group name"},
    {"gr_passwd", "password"},
    {"gr_gid", "group id"},
    {"gr_mem", "group members"},
    {NULL},
};

PyDoc_STRVAR(group_doc,
    "grp.struct_group: an entry of the group database\n\n"
    "A tuple of (gr_name, gr_passwd, gr_gid, gr_mem).");

static PyStructSequence_Desc group_desc = {"grp.struct_group", group_doc, group_fields, 4};
static PyTypeObject *group_type;

static PyObject *
members_of(const struct group *g)
{
    own PyObject *list = PyList_New(0);
    if (!list) { return NULL; }
    for (char **member = g->gr_mem; *member; member++) {
        own PyObject *name = PyUnicode_DecodeFSDefault(*member);
        if (!name || PyList_Append(list, name) < 0) { return NULL; }
    }
    return take(list);
}

static PyObject *
group_make(const struct group *g)
{
    own PyObject *result = PyStructSequence_New(group_type);
    if (!result) { return NULL; }
    PyObject *const values[] = {
        PyUnicode_DecodeFSDefault(g->gr_name),
        g->gr_passwd ? PyUnicode_DecodeFSDefault(g->gr_passwd) : Py_NewRef(Py_None),
        _PyLong_FromGid(g->gr_gid), members_of(g),
    };
    bool failed = false;
    for (int i = 0; i < 4; i++) {
        PyStructSequence_SET_ITEM(result, i, values[i]);
        failed |= !values[i];
    }
    return failed ? NULL : take(result);
}

/** getgrgid($module, /, id)
 *
 *  Return the entry of a group id.
 */
static PyObject *
grp_getgrgid(PyObject *module, PyObject *id)
{
    gid_t gid;
    if (!_Py_Gid_Converter(id, &gid)) { return NULL; }
    struct group entry, *found = NULL;
    char *buffer = NULL;
    int status;
    LOOK_UP_ENTRY(status, buffer, found, getgrgid_r(gid, &entry, buffer, size, &found))
    PyObject *result = NULL;
    if (found) { result = group_make(found); }
    else if (status == ENOMEM) { PyErr_NoMemory(); }
    else {
        own PyObject *number = _PyLong_FromGid(gid);
        if (number) { PyErr_Format(PyExc_KeyError, "getgrgid(): gid not found: %S", number); }
    }
    PyMem_RawFree(buffer);
    return result;
}

/** getgrnam($module, /, name)
 *
 *  Return the entry of a group name.
 */
static PyObject *
grp_getgrnam(PyObject *module, PyUnicodeObject *name)
{
    own PyObject *bytes = PyUnicode_EncodeFSDefault((PyObject *)name);
    char *text;
    if (!bytes || PyBytes_AsStringAndSize(bytes, &text, NULL) < 0) { return NULL; }
    struct group entry, *found = NULL;
    char *buffer = NULL;
    int status;
    LOOK_UP_ENTRY(status, buffer, found, getgrnam_r(text, &entry, buffer, size, &found))
    PyObject *result = NULL;
    if (found) { result = group_make(found); }
    else if (status == ENOMEM) { PyErr_NoMemory(); }
    else { PyErr_Format(PyExc_KeyError, "getgrnam(): name not found: %R", name); }
    PyMem_RawFree(buffer);
    return result;
}

/** getgrall($module, /)
 *
 *  Return a list of all entries, in no order.
 */
static PyObject *
grp_getgrall(PyObject *module)
{
    own PyObject *list = PyList_New(0);
    if (!list) { return NULL; }
    bool failed = false;
    struct group *entry;
    setgrent();
    while (!failed && (entry = getgrent())) {
        own PyObject *item = group_make(entry);
        failed = !item || PyList_Append(list, item) < 0;
    }
    endgrent();
    return failed ? NULL : take(list);
}

#include "gen/modules/grp.bind.h"

static int
grp_exec(PyObject *module)
{
    return hob_posix_add_structseq(module, "struct_group", &group_desc, &group_type);
}

static PyModuleDef_Slot grp_slots[] = {
    {Py_mod_exec, grp_exec},
    {0, NULL},
};

static struct PyModuleDef grp_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "grp",
    .m_doc = "The group database: entries by name or id, as tuples of name, password, group\n"
             "id and members.",
    .m_methods = module_methods,
    .m_slots = grp_slots,
};

PyMODINIT_FUNC
PyInit_grp(void)
{
    return PyModuleDef_Init(&grp_module);
}

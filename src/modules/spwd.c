/* spwd.c -- module spwd: the shadow password database. */
#include "modules/posix/posix_int.h"

#include <shadow.h>

#include "memory/own.h"

static PyStructSequence_Field spwd_fields[] = {
    {"sp_namp", "login name"},
    {"sp_pwdp", "encrypted password"},
    {"sp_lstchg", "date of last change"},
    {"sp_min", "min #days between changes"},
    {"sp_max", "max #days between changes"},
    {"sp_warn", "#days before pw expires to warn user about it"},
    {"sp_inact", "#days after pw expires until account is disabled"},
    {"sp_expire", "#days since 1970-01-01 when account expires"},
    {"sp_flag", "reserved"},
    {"sp_nam", "login name; deprecated"},
    {"sp_pwd", "encrypted password; deprecated"},
    {NULL},
};

PyDoc_STRVAR(entry_doc,
    "spwd.struct_spwd: an entry of the shadow password database\n\n"
    "A tuple of (sp_namp, sp_pwdp, sp_lstchg, sp_min, sp_max, sp_warn, sp_inact,\n"
    "sp_expire, sp_flag).");

static PyStructSequence_Desc spwd_desc = {"spwd.struct_spwd", entry_doc, spwd_fields, 9};
static PyTypeObject *spwd_type;

static PyObject *
text_or_none(const char *text)
{
    return text ? PyUnicode_DecodeFSDefault(text) : Py_NewRef(Py_None);
}

static PyObject *
spwd_make(const struct spwd *p)
{
    own PyObject *result = PyStructSequence_New(spwd_type);
    if (!result) { return NULL; }
    const long numbers[] = {p->sp_lstchg, p->sp_min, p->sp_max, p->sp_warn, p->sp_inact,
                            p->sp_expire, (long)p->sp_flag};
    bool failed = false;
    for (int i = 0; i < 11; i++) {
        PyObject *value = i == 0 || i == 9 ? text_or_none(p->sp_namp)
                        : i == 1 || i == 10 ? text_or_none(p->sp_pwdp)
                        : PyLong_FromLong(numbers[i - 2]);
        PyStructSequence_SET_ITEM(result, i, value);
        failed |= !value;
    }
    return failed ? NULL : take(result);
}

/** getspnam($module, arg, /)
 *
 *  Return the entry of a user name.
 */
static PyObject *
spwd_getspnam(PyObject *module, PyUnicodeObject *arg)
{
    own PyObject *bytes = PyUnicode_EncodeFSDefault((PyObject *)arg);
    char *name;
    if (!bytes || PyBytes_AsStringAndSize(bytes, &name, NULL) < 0) { return NULL; }
    errno = 0;
    struct spwd *entry = getspnam(name);
    if (entry) { return spwd_make(entry); }
    if (errno) { PyErr_SetFromErrno(PyExc_OSError); }
    else { PyErr_SetString(PyExc_KeyError, "getspnam(): name not found"); }
    return NULL;
}

/** getspall($module, /)
 *
 *  Return a list of all entries, in no order.
 */
static PyObject *
spwd_getspall(PyObject *module)
{
    own PyObject *list = PyList_New(0);
    if (!list) { return NULL; }
    bool failed = false;
    struct spwd *entry;
    setspent();
    while (!failed && (entry = getspent())) {
        own PyObject *item = spwd_make(entry);
        failed = !item || PyList_Append(list, item) < 0;
    }
    endspent();
    return failed ? NULL : take(list);
}

#include "gen/modules/spwd.bind.h"

static int
spwd_exec(PyObject *module)
{
    return hob_posix_add_structseq(module, "struct_spwd", &spwd_desc, &spwd_type);
}

static PyModuleDef_Slot spwd_slots[] = {
    {Py_mod_exec, spwd_exec},
    {0, NULL},
};

static struct PyModuleDef spwd_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "spwd",
    .m_doc = "The shadow password database: entries by user name.",
    .m_methods = module_methods,
    .m_slots = spwd_slots,
};

PyMODINIT_FUNC
PyInit_spwd(void)
{
    if (PyErr_WarnEx(PyExc_DeprecationWarning,
                     "'spwd' is deprecated and slated for removal in Python 3.13", 7)) {
        return NULL;
    }
    return PyModuleDef_Init(&spwd_module);
}

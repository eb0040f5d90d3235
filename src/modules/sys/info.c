/* info.c -- the structured constants of sys: flags, version_info, hash_info ... */
#include "modules/sys/sys.h"

#include "memory/own.h"
#include "objects/ids.h"
#include "objects/undeclared.h"
#include "run/version.h"
#include "state/interp.h"
#include "state/runtime.h"

/* --- flags --- */

#define FLAGS(X)                                                        \
    X(debug, config->parser_debug, "-d")                                \
    X(inspect, config->inspect, "-i")                                   \
    X(interactive, config->interactive, "-i")                           \
    X(optimize, config->optimization_level, "-O or -OO")                \
    X(dont_write_bytecode, !config->write_bytecode, "-B")               \
    X(no_user_site, !config->user_site_directory, "-s")                 \
    X(no_site, !config->site_import, "-S")                              \
    X(ignore_environment, !config->use_environment, "-E")               \
    X(verbose, config->verbose, "-v")                                   \
    X(bytes_warning, config->bytes_warning, "-b")                       \
    X(quiet, config->quiet, "-q")                                       \
    X(hash_randomization, !config->use_hash_seed || config->hash_seed, "-R") \
    X(isolated, config->isolated, "-I")

static PyStructSequence_Field flag_fields[] = {
#define X(name, value, doc) {#name, doc},
    FLAGS(X)
#undef X
    {"dev_mode", "-X dev"},
    {"utf8_mode", "-X utf8"},
    {"warn_default_encoding", "-X warn_default_encoding"},
    {"safe_path", "-P"},
    {"int_max_str_digits", "-X int_max_str_digits"},
    {NULL, NULL},
};

static PyStructSequence_Desc flags_desc = {
    "sys.flags", "sys.flags\n\nFlags provided through command line arguments or environment vars.",
    flag_fields, ARRAY_LEN(flag_fields) - 1,
};

/* Types of singletons: made once, never instantiated again by programs. */
static PyTypeObject flags_type, version_type, hash_info_type, hooks_type;

static MUST_USE status
single_type(PyTypeObject *type, PyStructSequence_Desc *desc)
{
    if (type->tp_name) { return 0; }
    if (PyStructSequence_InitType2(type, desc) < 0) { return -1; }
    type->tp_flags |= Py_TPFLAGS_DISALLOW_INSTANTIATION;
    type->tp_init = NULL;
    type->tp_new = NULL;
    if (PyDict_DelItemString(type->tp_dict, "__new__") < 0) { PyErr_Clear(); }
    PyType_Modified(type);
    return 0;
}

PyObject *
hob_sys_flags(const PyConfig *config)
{
    if (single_type(&flags_type, &flags_desc) < 0) { return NULL; }
    own PyObject *flags = PyStructSequence_New(&flags_type);
    if (!flags) { return NULL; }
    Py_ssize_t at = 0;
#define X(name, value, doc) PyStructSequence_SET_ITEM(flags, at++, PyLong_FromLong(value));
    FLAGS(X)
#undef X
    PyStructSequence_SET_ITEM(flags, at++, PyBool_FromLong(config->dev_mode));
    PyStructSequence_SET_ITEM(flags, at++, PyLong_FromLong(Py_UTF8Mode));
    PyStructSequence_SET_ITEM(flags, at++, PyLong_FromLong(config->warn_default_encoding));
    PyStructSequence_SET_ITEM(flags, at++, PyBool_FromLong(config->safe_path));
    PyStructSequence_SET_ITEM(flags, at++, PyLong_FromLong(hob_int_max_str_digits_flag));
    return PyErr_Occurred() ? NULL : take(flags);
}

/* --- version_info --- */

static PyStructSequence_Field version_fields[] = {
    {"major", "Major release number"},
    {"minor", "Minor release number"},
    {"micro", "Patch release number"},
    {"releaselevel", "'alpha', 'beta', 'candidate', or 'final'"},
    {"serial", "Serial release number"},
    {NULL, NULL},
};
static PyStructSequence_Desc version_desc = {
    "sys.version_info",
    "sys.version_info\n\nVersion information as a named tuple.",
    version_fields,
    5,
};

static MUST_USE PyObject *
version_info(void)
{
    if (single_type(&version_type, &version_desc) < 0) { return NULL; }
    own PyObject *info = PyStructSequence_New(&version_type);
    if (!info) { return NULL; }
    PyStructSequence_SET_ITEM(info, 0, PyLong_FromLong(PY_MAJOR_VERSION));
    PyStructSequence_SET_ITEM(info, 1, PyLong_FromLong(PY_MINOR_VERSION));
    PyStructSequence_SET_ITEM(info, 2, PyLong_FromLong(PY_MICRO_VERSION));
    PyStructSequence_SET_ITEM(info, 3, PyUnicode_FromString("final"));
    PyStructSequence_SET_ITEM(info, 4, PyLong_FromLong(PY_RELEASE_SERIAL));
    return PyErr_Occurred() ? NULL : take(info);
}

/* --- hash_info --- */

static PyStructSequence_Field hash_fields[] = {
    {"width", "width of the type used for hashing, in bits"},
    {"modulus", "prime number giving the modulus on which the hash function is based"},
    {"inf", "value to be used for hash of a positive infinity"},
    {"nan", "value to be used for hash of a nan"},
    {"imag", "multiplier used for the imaginary part of a complex number"},
    {"algorithm", "name of the algorithm for hashing of str, bytes and memoryviews"},
    {"hash_bits", "internal output size of hash algorithm"},
    {"seed_bits", "seed size of hash algorithm"},
    {"cutoff", "small string optimization cutoff"},
    {NULL, NULL},
};
static PyStructSequence_Desc hash_desc = {
    "sys.hash_info",
    "hash_info\n\nA named tuple providing parameters used for computing hashes. "
    "The attributes are read only.",
    hash_fields, 9,
};

static MUST_USE PyObject *
hash_info(void)
{
    if (!hash_info_type.tp_name && PyStructSequence_InitType2(&hash_info_type, &hash_desc) < 0) {
        return NULL;
    }
    own PyObject *info = PyStructSequence_New(&hash_info_type);
    if (!info) { return NULL; }
    PyStructSequence_SET_ITEM(info, 0, PyLong_FromLong(8 * (long)sizeof(Py_hash_t)));
    PyStructSequence_SET_ITEM(info, 1, PyLong_FromSize_t(_PyHASH_MODULUS));
    PyStructSequence_SET_ITEM(info, 2, PyLong_FromLong(_PyHASH_INF));
    PyStructSequence_SET_ITEM(info, 3, PyLong_FromLong(0));
    PyStructSequence_SET_ITEM(info, 4, PyLong_FromLong(_PyHASH_IMAG));
    PyStructSequence_SET_ITEM(info, 5, PyUnicode_FromString("siphash13"));
    PyStructSequence_SET_ITEM(info, 6, PyLong_FromLong(64));
    PyStructSequence_SET_ITEM(info, 7, PyLong_FromLong(128));
    PyStructSequence_SET_ITEM(info, 8, PyLong_FromLong(Py_HASH_CUTOFF));
    return PyErr_Occurred() ? NULL : take(info);
}

/* --- asyncgen_hooks --- */

static PyStructSequence_Field hooks_fields[] = {
    {"firstiter", "Called when an async generator is first iterated"},
    {"finalizer", "Called when an async generator is garbage collected"},
    {NULL, NULL},
};
static PyStructSequence_Desc hooks_desc = {
    "asyncgen_hooks", "asyncgen_hooks\n\nThe hooks of async generators, as a named tuple.",
    hooks_fields, 2,
};

PyObject *
hob_sys_asyncgen_hooks(PyObject *firstiter, PyObject *finalizer)
{
    if (!hooks_type.tp_name && PyStructSequence_InitType2(&hooks_type, &hooks_desc) < 0) {
        return NULL;
    }
    PyObject *hooks = PyStructSequence_New(&hooks_type);
    if (!hooks) { return NULL; }
    PyStructSequence_SET_ITEM(hooks, 0, Py_NewRef(firstiter ? firstiter : Py_None));
    PyStructSequence_SET_ITEM(hooks, 1, Py_NewRef(finalizer ? finalizer : Py_None));
    return hooks;
}

/* --- implementation --- */

static MUST_USE PyObject *
implementation(PyObject *version)
{
    own PyObject *dict = Py_BuildValue(
        "{ss ss sO si ss ss}", "name", "cpython", "cache_tag", PyImport_GetMagicTag(), "version",
        version, "hexversion", PY_VERSION_HEX, "_multiarch", "x86_64-linux-gnu", "hob",
        HOB_VERSION);
    return dict ? _PyNamespace_New(dict) : NULL;
}

/* --- all of them --- */

status
hob_sys_add_info(PyObject *dict)
{
    own PyObject *version = version_info();
    if (!version) { return -1; }
    const struct { const char *name; PyObject *value; } items[] = {
        {"version_info", Py_NewRef(version)},
        {"implementation", implementation(version)},
        {"hash_info", hash_info()},
        {"thread_info", PyThread_GetInfo()},
        {"int_info", PyLong_GetInfo()},
        {"float_info", PyFloat_GetInfo()},
        {"hexversion", PyLong_FromLong(PY_VERSION_HEX)},
        {"version", PyUnicode_FromString(Py_GetVersion())},
        {"api_version", PyLong_FromLong(PYTHON_API_VERSION)},
        {"copyright", PyUnicode_FromString(Py_GetCopyright())},
        {"platform", PyUnicode_FromString(Py_GetPlatform())},
        {"maxsize", PyLong_FromSsize_t(PY_SSIZE_T_MAX)},
        {"maxunicode", PyLong_FromLong(0x10ffff)},
        {"byteorder", PyUnicode_FromString("little")},
        {"float_repr_style", PyUnicode_FromString("short")},
        {"abiflags", PyUnicode_FromString("")},
        {"_framework", PyUnicode_FromString("")},
        {"_git", Py_BuildValue("(sss)", "CPython", "", "")},
    };
    status result = 0;
    for (size_t i = 0; i < ARRAY_LEN(items); i++) {
        if (!items[i].value || PyDict_SetItemString(dict, items[i].name, items[i].value) < 0) {
            result = -1;
        }
        Py_XDECREF(items[i].value);
    }
    return result;
}

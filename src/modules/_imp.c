/* _imp.c -- what importlib asks of the import room. */
#include "import/import.h"

#include <pthread.h>

#include "base/c.h"
#include "base/hash.h"
#include "memory/own.h"
#include "objects/ids.h"
#include "state/interp.h"
#include "state/runtime.h"

/* The global import lock: re-entrant, kept for imp.acquire_lock(); module
 * locks are importlib's own. */
static struct { PyThread_type_lock lock; unsigned long owner; int depth; } import_lock;

void
_PyImport_AcquireLock(void)
{
    unsigned long me = PyThread_get_thread_ident();
    if (!import_lock.lock) {
        import_lock.lock = PyThread_allocate_lock();
        if (!import_lock.lock) { return; }
    }
    if (import_lock.depth > 0 && import_lock.owner == me) {
        import_lock.depth++;
        return;
    }
    if (!PyThread_acquire_lock(import_lock.lock, NOWAIT_LOCK)) {
        PyThreadState *ts = PyEval_SaveThread();
        PyThread_acquire_lock(import_lock.lock, WAIT_LOCK);
        PyEval_RestoreThread(ts);
    }
    import_lock.owner = me;
    import_lock.depth = 1;
}

int
_PyImport_ReleaseLock(void)
{
    if (import_lock.depth == 0 || !import_lock.lock) { return 0; }
    if (import_lock.owner != PyThread_get_thread_ident()) { return -1; }
    if (--import_lock.depth == 0) {
        import_lock.owner = 0;
        PyThread_release_lock(import_lock.lock);
    }
    return 1;
}

/** lock_held($module, /)
 *
 *  Return True if the import lock is currently held, else False.
 */
static bool
imp_lock_held(PyObject *module)
{
    return import_lock.depth > 0;
}

/** acquire_lock($module, /)
 *
 *  Take the import lock, waiting for it; the owner may take it again.
 */
static void
imp_acquire_lock(PyObject *module)
{
    _PyImport_AcquireLock();
}

/** release_lock($module, /)
 *
 *  Give the import lock back.
 */
static status
imp_release_lock(PyObject *module)
{
    if (_PyImport_ReleaseLock() <= 0) {
        PyErr_SetString(PyExc_RuntimeError, "not holding the import lock");
        return -1;
    }
    return 0;
}

static void
fix_filenames(PyCodeObject *code, PyObject *old, PyObject *path)
{
    if (PyUnicode_Compare(code->co_filename, old) != 0) { return; }
    Py_XSETREF(code->co_filename, Py_NewRef(path));
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(code->co_consts); i++) {
        PyObject *constant = PyTuple_GET_ITEM(code->co_consts, i);
        if (PyCode_Check(constant)) { fix_filenames((PyCodeObject *)constant, old, path); }
    }
}

/** _fix_co_filename($module, code, path, /)
 *
 *  Change co_filename of a code object and of those nested in it.
 */
static void
imp_fix_co_filename(PyObject *module, PyCodeObject *code, PyUnicodeObject *path)
{
    if (PyUnicode_Compare(code->co_filename, (PyObject *)path) == 0) { return; }
    own PyObject *old = Py_NewRef(code->co_filename);
    fix_filenames(code, old, (PyObject *)path);
}

/** create_builtin($module, spec, /)
 *
 *  Create the built-in module a spec names; None when there is none.
 */
static PyObject *
imp_create_builtin(PyObject *module, PyObject *spec)
{
    own PyObject *name = PyObject_GetAttr(spec, ID(name));
    return name ? hob_builtin_create(name, spec) : NULL;
}

static int
exec_module(PyObject *mod)
{
    if (!PyModule_Check(mod)) { return 0; }
    PyModuleDef *def = PyModule_GetDef(mod);
    if (!def) { return PyErr_Occurred() ? -1 : 0; }
    if (PyModule_GetState(mod)) { return 0; }       /* already run */
    return PyModule_ExecDef(mod, def);
}

/** exec_builtin($module, mod, /)
 *
 *  Initialise a built-in module.
 */
static int
imp_exec_builtin(PyObject *module, PyObject *mod)
{
    return exec_module(mod);
}

/** create_dynamic($module, spec, file=NULL, /)
 *
 *  Create the extension module a spec names.
 */
static PyObject *
imp_create_dynamic(PyObject *module, PyObject *spec, PyObject *file)
{
    return hob_dynload_create(spec);
}

/** exec_dynamic($module, mod, /)
 *
 *  Initialise an extension module.
 */
static int
imp_exec_dynamic(PyObject *module, PyObject *mod)
{
    return exec_module(mod);
}

/** extension_suffixes($module, /)
 *
 *  Return the list of file name endings that identify extension modules.
 */
static PyObject *
imp_extension_suffixes(PyObject *module)
{
    own PyObject *list = PyList_New(0);
    if (!list) { return NULL; }
    for (const char *const *suffix = hob_dynload_suffixes; *suffix; suffix++) {
        own PyObject *text = PyUnicode_FromString(*suffix);
        if (!text || PyList_Append(list, text) < 0) { return NULL; }
    }
    return take(list);
}

/** is_builtin($module, name, /)
 *
 *  Return 1 for a built-in module, -1 for one that cannot be initialised again, else 0.
 */
static int
imp_is_builtin(PyObject *module, PyUnicodeObject *name)
{
    const struct _inittab *entry = hob_builtin_find((PyObject *)name);
    return !entry ? 0 : entry->initfunc ? 1 : -1;
}

/** find_frozen($module, name, /, *, withdata=False)
 *
 *  Return (data, is_package, origname) of a frozen module, or None.
 */
static PyObject *
imp_find_frozen(PyObject *module, PyUnicodeObject *name, bool withdata)
{
    struct hob_frozen_info info;
    enum hob_frozen_status found = hob_frozen_find((PyObject *)name, &info);
    if (found == FROZEN_NOT_FOUND || found == FROZEN_DISABLED || found == FROZEN_BAD_NAME) {
        Py_RETURN_NONE;
    }
    if (found != FROZEN_OKAY) {
        hob_frozen_set_error(found, (PyObject *)name);
        return NULL;
    }
    own PyObject *data = withdata
                             ? PyMemoryView_FromMemory((char *)info.data, info.size, PyBUF_READ)
                             : Py_NewRef(Py_None);
    own PyObject *origname = info.origname && info.origname[0]
        ? PyUnicode_FromString(info.origname) : Py_NewRef(Py_None);
    if (!data || !origname) { return NULL; }
    return PyTuple_Pack(3, data, info.is_package ? Py_True : Py_False, origname);
}

/** get_frozen_object($module, name, data=None, /)
 *
 *  Return the code object of a frozen module.
 */
static PyObject *
imp_get_frozen_object(PyObject *module, PyUnicodeObject *name, PyObject *data)
{
    struct hob_frozen_info info = {.name = (PyObject *)name};
    if (data != Py_None) {
        Py_buffer view;
        if (!PyObject_CheckBuffer(data)) {
            _PyArg_BadArgument("get_frozen_object", "argument 2", "bytes", data);
            return NULL;
        }
        if (PyObject_GetBuffer(data, &view, PyBUF_SIMPLE) != 0) { return NULL; }
        info.data = view.buf;
        info.size = view.len;
        PyObject *code = NULL;
        if (info.size == 0) { hob_frozen_set_error(FROZEN_INVALID, info.name); }
        else { code = hob_frozen_code(&info); }
        PyBuffer_Release(&view);
        return code;
    }
    enum hob_frozen_status found = hob_frozen_find((PyObject *)name, &info);
    if (found != FROZEN_OKAY) {
        hob_frozen_set_error(found, (PyObject *)name);
        return NULL;
    }
    return hob_frozen_code(&info);
}

/** init_frozen($module, name, /)
 *
 *  Import a frozen module; None when there is none of that name.
 */
static PyObject *
imp_init_frozen(PyObject *module, PyUnicodeObject *name)
{
    int found = PyImport_ImportFrozenModuleObject((PyObject *)name);
    if (found < 0) { return NULL; }
    if (!found) { Py_RETURN_NONE; }
    return Py_XNewRef(PyImport_AddModuleObject((PyObject *)name));
}

/** is_frozen($module, name, /)
 *
 *  Return True if a module of that name is frozen.
 */
static bool
imp_is_frozen(PyObject *module, PyUnicodeObject *name)
{
    struct hob_frozen_info info;
    return hob_frozen_find((PyObject *)name, &info) == FROZEN_OKAY;
}

/** is_frozen_package($module, name, /)
 *
 *  Return True if the frozen module is a package.
 */
static tri
imp_is_frozen_package(PyObject *module, PyUnicodeObject *name)
{
    struct hob_frozen_info info;
    enum hob_frozen_status found = hob_frozen_find((PyObject *)name, &info);
    if (found != FROZEN_OKAY && found != FROZEN_EXCLUDED) {
        hob_frozen_set_error(found, (PyObject *)name);
        return -1;
    }
    return info.is_package;
}

/** _frozen_module_names($module, /)
 *
 *  Return the list of names of frozen modules.
 */
static PyObject *
imp_frozen_module_names(PyObject *module)
{
    return hob_frozen_names();
}

/** _override_frozen_modules_for_tests($module, override, /)
 *
 *  Force frozen modules on (> 0), off (< 0), or leave it to the configuration (0).
 */
static void
imp_override_frozen(PyObject *module, int override)
{
    hob_import_override_frozen = override;
}

/** source_hash($module, /, key, source)
 *
 *  Return the 8-byte SipHash-1-3 of source, keyed by key, for hash-based .pyc files.
 */
static PyObject *
imp_source_hash(PyObject *module, long key, Py_buffer *source)
{
    uint64_t hash = hob_siphash13(source->buf, (size_t)source->len, (uint64_t)key, 0);
    unsigned char bytes[8];
    for (int i = 0; i < 8; i++) { bytes[i] = (unsigned char)(hash >> (8 * i)); }
    return PyBytes_FromStringAndSize((char *)bytes, 8);
}

#include "gen/modules/_imp.bind.h"

static int
imp_exec(PyObject *module)
{
    PyInterpreterState *interp = hob_ts()->interp;
    const wchar_t *mode = interp->config.check_hash_pycs_mode;
    own PyObject *text = PyUnicode_FromWideChar(mode ? mode : L"default", -1);
    return text ? PyModule_AddObjectRef(module, "check_hash_based_pycs", text) : -1;
}

static PyModuleDef_Slot slots[] = {{Py_mod_exec, imp_exec}, {0, NULL}};

static struct PyModuleDef def = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_imp",
    .m_doc = "What importlib asks of the interpreter.",
    .m_size = 0,
    .m_methods = module_methods,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit__imp(void)
{
    return PyModuleDef_Init(&def);
}

/* extensions.c -- from PyInit_x to a module; the registry of single-phase ones.
 *
 * Multi-phase init (PEP 489) returns a PyModuleDef and leaves the rest to
 * PyModule_FromDefAndSpec.  Single-phase init returns a finished module; it is
 * remembered under (filename, name) in `known_extensions`, so that a later import
 * gets the same state again: m_size == -1 by a copy of its dict, else by running
 * init again.
 *
 * Holds      known_extensions: dict (filename, name) -> capsule-free pointer object of
 *            PyModuleDef; values are Python ints holding the address.
 */
#include "import/import.h"

#include "memory/own.h"
#include "objects/ids.h"
#include "state/interp.h"
#include "state/runtime.h"

const char *_Py_PackageContext;
static PyObject *known_extensions;              /* dict, or NULL before the first entry */

static MAYBE_NULL PyModuleDef *
known_get(PyObject *filename, PyObject *name)
{
    if (!known_extensions) { return NULL; }
    own PyObject *key = PyTuple_Pack(2, filename, name);
    if (!key) { return NULL; }
    PyObject *address = PyDict_GetItemWithError(known_extensions, key);
    return address ? PyLong_AsVoidPtr(address) : NULL;
}

static MUST_USE status
known_set(PyObject *filename, PyObject *name, PyModuleDef *def)
{
    if (!known_extensions && !(known_extensions = PyDict_New())) { return -1; }
    own PyObject *key = PyTuple_Pack(2, filename, name);
    own PyObject *address = PyLong_FromVoidPtr(def);
    return key && address ? PyDict_SetItem(known_extensions, key, address) : -1;
}

/* --- PyState_*: the module of a def in this interpreter --- */

PyObject *
PyState_FindModule(PyModuleDef *def)
{
    PyObject *table = hob_ts()->interp->modules_by_index;
    Py_ssize_t index = def->m_base.m_index;
    if (def->m_slots || index == 0 || !table || index >= PyList_GET_SIZE(table)) { return NULL; }
    PyObject *module = PyList_GET_ITEM(table, index);
    return module == Py_None ? NULL : module;
}

int
_PyState_AddModule(PyThreadState *ts, PyObject *module, PyModuleDef *def);

HOB_EXPORT int
_PyState_AddModule(PyThreadState *ts, PyObject *module, PyModuleDef *def)
{
    PyInterpreterState *interp = ts->interp;
    if (!def) {
        PyErr_SetString(PyExc_SystemError, "module definition is NULL");
        return -1;
    }
    if (def->m_slots) {
        PyErr_SetString(PyExc_SystemError,
                        "PyState_AddModule called on module with slots");
        return -1;
    }
    if (!interp->modules_by_index && !(interp->modules_by_index = PyList_New(0))) { return -1; }
    while (PyList_GET_SIZE(interp->modules_by_index) <= def->m_base.m_index) {
        if (PyList_Append(interp->modules_by_index, Py_None) < 0) { return -1; }
    }
    return PyList_SetItem(interp->modules_by_index, def->m_base.m_index, Py_NewRef(module));
}

int
PyState_AddModule(PyObject *module, PyModuleDef *def)
{
    PyThreadState *ts = hob_ts();
    if (!def) { Py_FatalError("module definition is NULL"); }
    PyObject *table = ts->interp->modules_by_index;
    Py_ssize_t index = def->m_base.m_index;
    if (table && index < PyList_GET_SIZE(table) && module == PyList_GET_ITEM(table, index)) {
        Py_FatalError("module already added");
    }
    return _PyState_AddModule(ts, module, def);
}

int
PyState_RemoveModule(PyModuleDef *def)
{
    if (def->m_slots) {
        PyErr_SetString(PyExc_SystemError, "PyState_RemoveModule called on module with slots");
        return -1;
    }
    PyObject *table = hob_ts()->interp->modules_by_index;
    Py_ssize_t index = def->m_base.m_index;
    if (index == 0) { Py_FatalError("invalid module index"); }
    if (!table || index >= PyList_GET_SIZE(table)) { Py_FatalError("Module index out of bounds."); }
    return PyList_SetItem(table, index, Py_NewRef(Py_None));
}

/* --- single-phase modules --- */

/* Remember a finished single-phase module. */
status
hob_extension_finish(PyObject *module, PyObject *name, PyObject *filename)
{
    PyModuleDef *def = PyModule_GetDef(module);
    if (!def) {
        PyErr_BadInternalCall();
        return -1;
    }
    if (_PyImport_SetModule(name, module) < 0) { return -1; }
    if (_PyState_AddModule(hob_ts(), module, def) < 0) {
        PyObject_DelItem(PyImport_GetModuleDict(), name);
        return -1;
    }
    if (def->m_size == -1) {
        Py_CLEAR(def->m_base.m_copy);
        def->m_base.m_copy = PyDict_Copy(PyModule_GetDict(module));
        if (!def->m_base.m_copy) { return -1; }
    }
    return known_set(filename, name, def);
}

int
_PyImport_FixupExtensionObject(PyObject *module, PyObject *name, PyObject *filename,
                               PyObject *modules)
{
    return hob_extension_finish(module, name, filename);
}

int
_PyImport_FixupBuiltin(PyObject *module, const char *name, PyObject *modules)
{
    own PyObject *text = PyUnicode_InternFromString(name);
    return text ? hob_extension_finish(module, text, text) : -1;
}

/* The state of a single-phase module imported before.  *found tells whether
 * there was one; NULL with *found is an error. */
PyObject *
hob_extension_find(PyObject *name, PyObject *filename, bool *found)
{
    PyModuleDef *def = known_get(filename, name);
    *found = def != NULL;
    if (!def) { return NULL; }

    own PyObject *module = NULL;
    if (def->m_size == -1) {
        if (!def->m_base.m_copy) { *found = false; return NULL; }
        module = Py_XNewRef(PyImport_AddModuleObject(name));
        if (!module || PyDict_Update(PyModule_GetDict(module), def->m_base.m_copy) < 0) {
            return NULL;
        }
    }
    else {
        if (!def->m_base.m_init) { *found = false; return NULL; }
        module = def->m_base.m_init();
        if (!module || _PyImport_SetModule(name, module) < 0) { return NULL; }
    }
    return _PyState_AddModule(hob_ts(), module, def) < 0 ? NULL : take(module);
}

/* Run PyInit_x and see the protocol kept.  init_name is "PyInit_x" for
 * messages about extensions (NULL: built in). */
PyObject *
hob_extension_from_init(PyObject *(*init)(void), PyObject *name, PyObject *filename,
                        PyObject *spec, const char *init_name)
{
    const char *shown = PyUnicode_AsUTF8(name);
    if (!shown) { return NULL; }
    const char *outer = _Py_PackageContext;
    if (init_name) { _Py_PackageContext = shown; }
    PyObject *made = init();
    _Py_PackageContext = outer;
    /* A def is static and not counted; one that PyModuleDef_Init never saw has no type. */
    bool is_def = made && (!Py_TYPE(made) || PyObject_TypeCheck(made, &PyModuleDef_Type));
    own PyObject *module = is_def ? NULL : made;

    if (!made) {
        if (!PyErr_Occurred()) {
            PyErr_Format(PyExc_SystemError,
                         "initialization of %s failed without raising an exception", shown);
        }
        return NULL;
    }
    if (PyErr_Occurred()) {
        PyErr_Format(PyExc_SystemError,
                     "initialization of %s raised unreported exception", shown);
        return NULL;
    }
    if (!Py_TYPE(made)) {
        PyErr_Format(PyExc_SystemError, "init function of %s returned uninitialized object", shown);
        return NULL;
    }
    if (is_def) { return PyModule_FromDefAndSpec((PyModuleDef *)made, spec); }
    PyModuleDef *def = PyModule_Check(module) ? PyModule_GetDef(module) : NULL;
    if (!def) {
        if (PyErr_Occurred()) { PyErr_Clear(); }
        PyErr_Format(PyExc_SystemError,
                     "initialization of %s did not return an extension module", shown);
        return NULL;
    }
    def->m_base.m_init = init;
    if (init_name && PyModule_AddObjectRef(module, "__file__", filename) < 0) { PyErr_Clear(); }
    if (hob_extension_finish(module, name, filename) < 0) { return NULL; }
    return take(module);
}

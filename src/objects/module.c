/* module.c -- module objects and their definitions (single- and multi-phase).
 *
 * Layout     dict is the namespace; def and state belong to modules of C; name is
 *            a copy of __name__ for diagnostics after the dict is gone.
 * Holds      m_traverse, m_clear and m_free of the definition run only when its
 *            state exists, or when it asks for none.
 * Next       import/, PEP 489
 */
#include <Python.h>
#include <structmember.h>

#include "memory/own.h"
#include "objects/ids.h"
#include "objects/module.h"
#include "objects/object.h"
#include "state/interp.h"

#define MODULE(op) ((hob_module *)(op))

/* --- definitions --- */

static Py_ssize_t last_index;

PyTypeObject PyModuleDef_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "moduledef",
    .tp_basicsize = sizeof(struct PyModuleDef),
    .tp_flags = Py_TPFLAGS_DEFAULT,
};

PyObject *
PyModuleDef_Init(struct PyModuleDef *def)
{
    if (def->m_base.m_index == 0) {
        def->m_base.m_index = ++last_index;
        Py_SET_REFCNT(def, 1);
        Py_SET_TYPE(def, &PyModuleDef_Type);
    }
    return (PyObject *)def;
}

/* --- making --- */

/* The five names every module has. */
static status
module_fill_dict(PyObject *self, PyObject *name, PyObject *doc)
{
    PyObject *dict = MODULE(self)->dict;
    if (PyDict_SetItem(dict, ID(__name__), name) < 0
        || PyDict_SetItem(dict, ID(__doc__), doc ? doc : Py_None) < 0
        || PyDict_SetItem(dict, ID(__package__), Py_None) < 0
        || PyDict_SetItem(dict, ID(__loader__), Py_None) < 0
        || PyDict_SetItem(dict, ID(__spec__), Py_None) < 0) {
        return -1;
    }
    if (PyUnicode_CheckExact(name)) {
        Py_INCREF(name);
        Py_XSETREF(MODULE(self)->name, name);
    }
    return 0;
}

static PyObject *
module_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    own PyObject *self = type->tp_alloc(type, 0);
    if (!self) { return NULL; }
    MODULE(self)->dict = PyDict_New();
    return MODULE(self)->dict ? take(self) : NULL;
}

PyObject *
PyModule_NewObject(PyObject *name)
{
    own PyObject *self = module_new(&PyModule_Type, NULL, NULL);
    if (!self || module_fill_dict(self, name, NULL) < 0) { return NULL; }
    return take(self);
}

PyObject *
PyModule_New(const char *name)
{
    own PyObject *text = PyUnicode_FromString(name);
    return text ? PyModule_NewObject(text) : NULL;
}

static status
check_api_version(const char *name, int version)
{
    if (version == PYTHON_API_VERSION || version == PYTHON_ABI_VERSION) { return 0; }
    return PyErr_WarnFormat(PyExc_RuntimeWarning, 1,
                            "Python C API version mismatch for module %.100s: This Python has "
                            "API version %d, module %.100s has version %d.", name,
                            PYTHON_API_VERSION, name, version);
}

static status
add_functions(PyObject *self, PyObject *name, PyMethodDef *functions)
{
    for (PyMethodDef *def = functions; def->ml_name; def++) {
        if (def->ml_flags & (METH_CLASS | METH_STATIC)) {
            PyErr_SetString(PyExc_ValueError,
                            "module functions cannot set METH_CLASS or METH_STATIC");
            return -1;
        }
        own PyObject *func = PyCFunction_NewEx(def, self, name);
        if (!func || PyObject_SetAttrString(self, def->ml_name, func) < 0) { return -1; }
    }
    return 0;
}

int
PyModule_AddFunctions(PyObject *self, PyMethodDef *functions)
{
    own PyObject *name = PyModule_GetNameObject(self);
    return name ? add_functions(self, name, functions) : -1;
}

int
PyModule_SetDocString(PyObject *self, const char *doc)
{
    own PyObject *text = PyUnicode_FromString(doc);
    return text ? PyObject_SetAttr(self, ID(__doc__), text) : -1;
}

/* Functions and doc of the definition. */
static status
add_contents(PyObject *self, PyObject *name, struct PyModuleDef *def)
{
    if (def->m_methods && add_functions(self, name, def->m_methods) < 0) { return -1; }
    return def->m_doc ? PyModule_SetDocString(self, def->m_doc) : 0;
}

/* While a submodule pkg.mod is being loaded, "mod" means its full name. */
static const char *
full_name(const char *name)
{
    if (!_Py_PackageContext) { return name; }
    const char *dot = strrchr(_Py_PackageContext, '.');
    if (!dot || strcmp(name, dot + 1) != 0) { return name; }
    name = _Py_PackageContext;
    _Py_PackageContext = NULL;
    return name;
}

static status
make_state(PyObject *self, struct PyModuleDef *def)
{
    MODULE(self)->state = PyMem_Calloc(1, (size_t)def->m_size);
    if (MODULE(self)->state) { return 0; }
    PyErr_NoMemory();
    return -1;
}

#undef PyModule_Create2
PyObject *
PyModule_Create2(struct PyModuleDef *def, int version)
{
    if (!PyModuleDef_Init(def)) { return NULL; }
    const char *name = def->m_name;
    if (check_api_version(name, version) < 0) { return NULL; }
    if (def->m_slots) {
        PyErr_Format(PyExc_SystemError,
                     "module %s: PyModule_Create is incompatible with m_slots",
                     name);
        return NULL;
    }
    own PyObject *self = PyModule_New(full_name(name));
    if (!self || (def->m_size > 0 && make_state(self, def) < 0)) { return NULL; }
    own PyObject *full = PyModule_GetNameObject(self);
    if (!full || add_contents(self, full, def) < 0) { return NULL; }
    MODULE(self)->def = def;
    return take(self);
}

PyObject *
_PyModule_CreateInitialized(struct PyModuleDef *def, int version)
{
    return PyModule_Create2(def, version);
}

/* --- multi-phase --- */

typedef PyObject *(*create_function)(PyObject *spec, PyModuleDef *def);

/* What the slots say: *create, and whether there is anything to execute. */
static status
read_slots(PyModuleDef *def, const char *name, create_function *create, bool *executes)
{
    for (PyModuleDef_Slot *slot = def->m_slots; slot && slot->slot; slot++) {
        if (slot->slot == Py_mod_create) {
            if (*create) {
                PyErr_Format(PyExc_SystemError, "module %s has multiple create slots", name);
                return -1;
            }
            *create = (create_function)slot->value;
        }
        else if (slot->slot < 0 || slot->slot > _Py_mod_LAST_SLOT) {
            PyErr_Format(PyExc_SystemError, "module %s uses unknown slot ID %i", name,
                         slot->slot);
            return -1;
        }
        else {
            *executes = true;
        }
    }
    return 0;
}

static PyObject *
call_create(create_function create, PyObject *spec, PyModuleDef *def, const char *name)
{
    PyObject *self = create(spec, def);
    if (!self) {
        if (!PyErr_Occurred()) {
            PyErr_Format(PyExc_SystemError,
                         "creation of module %s failed without setting an exception", name);
        }
        return NULL;
    }
    if (PyErr_Occurred()) {
        Py_DECREF(self);
        PyErr_Format(PyExc_SystemError,
                     "creation of module %s raised unreported exception", name);
        return NULL;
    }
    return self;
}

/* Py_mod_create may give anything; then the definition must not want a state. */
static status
check_created(PyModuleDef *def, const char *name, bool executes)
{
    if (def->m_size > 0 || def->m_traverse || def->m_clear || def->m_free) {
        PyErr_Format(PyExc_SystemError,
                     "module %s is not a module object, but requests module state", name);
        return -1;
    }
    if (executes) {
        PyErr_Format(PyExc_SystemError,
                     "module %s specifies execution slots, but did not create "
                     "a ModuleType instance", name);
        return -1;
    }
    return 0;
}

#undef PyModule_FromDefAndSpec2
PyObject *
PyModule_FromDefAndSpec2(struct PyModuleDef *def, PyObject *spec, int version)
{
    PyModuleDef_Init(def);
    own PyObject *name_object = PyObject_GetAttr(spec, ID(name));
    if (!name_object) { return NULL; }
    const char *name = PyUnicode_AsUTF8(name_object);
    if (!name || check_api_version(name, version) < 0) { return NULL; }
    if (def->m_size < 0) {
        PyErr_Format(PyExc_SystemError,
                     "module %s: m_size may not be negative for multi-phase initialization",
                     name);
        return NULL;
    }
    create_function create = NULL;
    bool executes = false;
    if (read_slots(def, name, &create, &executes) < 0) { return NULL; }

    own PyObject *self = create ? call_create(create, spec, def, name)
                                : PyModule_NewObject(name_object);
    if (!self) { return NULL; }
    if (PyModule_Check(self)) {
        MODULE(self)->state = NULL;
        MODULE(self)->def = def;
    }
    else if (check_created(def, name, executes) < 0) {
        return NULL;
    }
    return add_contents(self, name_object, def) < 0 ? NULL : take(self);
}

int
PyModule_ExecDef(PyObject *self, struct PyModuleDef *def)
{
    const char *name = PyModule_GetName(self);
    if (!name) { return -1; }
    /* a state of no bytes still tells that the module has run */
    if (!MODULE(self)->state && def->m_size >= 0 && make_state(self, def) < 0) { return -1; }

    for (PyModuleDef_Slot *slot = def->m_slots; slot && slot->slot; slot++) {
        if (slot->slot == Py_mod_create) { continue; }
        if (slot->slot != Py_mod_exec) {
            PyErr_Format(PyExc_SystemError, "module %s initialized with unknown slot %i", name,
                         slot->slot);
            return -1;
        }
        int failed = ((int (*)(PyObject *))slot->value)(self);
        if (failed) {
            if (!PyErr_Occurred()) {
                PyErr_Format(PyExc_SystemError,
                             "execution of module %s failed without setting an exception",
                             name);
            }
            return -1;
        }
        if (PyErr_Occurred()) {
            PyErr_Format(PyExc_SystemError,
                         "execution of module %s raised unreported exception", name);
            return -1;
        }
    }
    return 0;
}

/* --- asking --- */

static bool
check_module(PyObject *self)
{
    if (LIKELY(PyModule_Check(self))) { return true; }
    PyErr_BadArgument();
    return false;
}

PyObject *
PyModule_GetDict(PyObject *self)
{
    if (PyModule_Check(self)) { return MODULE(self)->dict; }
    PyErr_BadInternalCall();
    return NULL;
}

/* A str from the module's dict, or SystemError. */
static PyObject *
dict_text(PyObject *self, PyObject *name, const char *error)
{
    if (!check_module(self)) { return NULL; }
    PyObject *dict = MODULE(self)->dict;
    PyObject *value = dict ? PyDict_GetItemWithError(dict, name) : NULL;
    if (value && PyUnicode_Check(value)) { return Py_NewRef(value); }
    if (!PyErr_Occurred()) { PyErr_SetString(PyExc_SystemError, error); }
    return NULL;
}

PyObject *
PyModule_GetNameObject(PyObject *self)
{
    return dict_text(self, ID(__name__), "nameless module");
}

PyObject *
PyModule_GetFilenameObject(PyObject *self)
{
    return dict_text(self, ID(__file__), "module filename missing");
}

const char *
PyModule_GetName(PyObject *self)
{
    own PyObject *name = PyModule_GetNameObject(self);
    return name ? PyUnicode_AsUTF8(name) : NULL;        /* the dict keeps it */
}

const char *
PyModule_GetFilename(PyObject *self)
{
    own PyObject *name = PyModule_GetFilenameObject(self);
    return name ? PyUnicode_AsUTF8(name) : NULL;
}

struct PyModuleDef *
PyModule_GetDef(PyObject *self)
{
    return check_module(self) ? MODULE(self)->def : NULL;
}

void *
PyModule_GetState(PyObject *self)
{
    return check_module(self) ? MODULE(self)->state : NULL;
}

/* --- the end of a module: its names become None --- */

/* Pass 1 takes _private names, pass 2 all others but __builtins__. */
static void
clear_names(PyObject *dict, int pass)
{
    Py_ssize_t at = 0;
    PyObject *key, *value;
    while (PyDict_Next(dict, &at, &key, &value)) {
        if (value == Py_None || !PyUnicode_Check(key)) { continue; }
        Py_UCS4 first = PyUnicode_GET_LENGTH(key) > 0 ? PyUnicode_READ_CHAR(key, 0) : 0;
        Py_UCS4 second = PyUnicode_GET_LENGTH(key) > 1 ? PyUnicode_READ_CHAR(key, 1) : 0;
        bool is_private = first == '_' && second != '_';
        bool skip = pass == 1 ? !is_private
                              : first == '_' && _PyUnicode_EqualToASCIIString(key,
                                                                              "__builtins__");
        if (!skip && PyDict_SetItem(dict, key, Py_None) != 0) { PyErr_WriteUnraisable(NULL); }
    }
}

void
_PyModule_ClearDict(PyObject *dict)
{
    clear_names(dict, 1);
    clear_names(dict, 2);
}

void
_PyModule_Clear(PyObject *self)
{
    PyObject *dict = MODULE(self)->dict;
    if (dict) { _PyModule_ClearDict(dict); }
}

/* --- attributes --- */

int
_PyModuleSpec_IsInitializing(PyObject *spec)
{
    if (!spec) { return 0; }
    PyObject *found;
    if (_PyObject_LookupAttr(spec, ID(_initializing), &found) > 0) {
        int answer = PyObject_IsTrue(found);
        Py_DECREF(found);
        if (answer >= 0) { return answer; }
    }
    PyErr_Clear();
    return 0;
}

/* Is name a submodule that is just being imported? */
static bool
is_uninitialized_submodule(PyObject *spec, PyObject *name)
{
    if (!spec) { return false; }
    PyObject *found;
    if (_PyObject_LookupAttr(spec, ID(_uninitialized_submodules), &found) <= 0) {
        PyErr_Clear();
        return false;
    }
    int answer = PySequence_Contains(found, name);
    Py_DECREF(found);
    if (answer < 0) { PyErr_Clear(); }
    return answer > 0;
}

static void
error_missing(PyObject *self, PyObject *name)
{
    PyObject *dict = MODULE(self)->dict;
    own PyObject *module = Py_XNewRef(dict ? PyDict_GetItemWithError(dict, ID(__name__))
                                      : NULL);
    if (PyErr_Occurred()) { return; }
    if (!module || !PyUnicode_Check(module)) {
        PyErr_Format(PyExc_AttributeError, "module has no attribute '%U'", name);
        return;
    }
    own PyObject *spec = Py_XNewRef(PyDict_GetItemWithError(dict, ID(__spec__)));
    if (PyErr_Occurred()) { return; }
    if (_PyModuleSpec_IsInitializing(spec)) {
        PyErr_Format(PyExc_AttributeError, "partially initialized module '%U' has no attribute "
                     "'%U' (most likely due to a circular import)", module, name);
    }
    else if (is_uninitialized_submodule(spec, name)) {
        PyErr_Format(PyExc_AttributeError, "cannot access submodule '%U' of module '%U' "
                     "(most likely due to a circular import)", name, module);
    }
    else {
        PyErr_Format(PyExc_AttributeError, "module '%U' has no attribute '%U'", module, name);
    }
}

PyObject *
hob_module_getattro(PyObject *self, PyObject *name)
{
    PyObject *value = _PyObject_GenericGetAttrWithDict(self, name, NULL, 1);
    if (LIKELY(value != NULL) || PyErr_Occurred()) { return value; }
    PyObject *dict = MODULE(self)->dict;
    PyObject *getattr = dict ? PyDict_GetItemWithError(dict, ID(__getattr__)) : NULL;
    if (getattr) {
        Py_INCREF(getattr);
        value = PyObject_CallOneArg(getattr, name);
        Py_DECREF(getattr);
        return value;
    }
    if (!PyErr_Occurred()) { error_missing(self, name); }
    return NULL;
}

static PyObject *
module_repr(PyObject *self)
{
    PyObject *importlib = hob_ts()->interp->importlib;
    if (importlib) { return PyObject_CallMethod(importlib, "_module_repr", "O", self); }
    return PyUnicode_FromFormat("<module '%S'>",
                                MODULE(self)->name ? MODULE(self)->name : ID(__name__));
}

/** module.__init__(name, doc=None)
 *
 *  Create a module object.
 *
 *  The name must be a string; the optional docstring can have any type.
 */
static int
module_init(PyObject *self, PyUnicodeObject *name, PyObject *doc)
{
    if (!MODULE(self)->dict) {
        MODULE(self)->dict = PyDict_New();
        if (!MODULE(self)->dict) { return -1; }
    }
    return module_fill_dict(self, (PyObject *)name, doc);
}

static PyObject *
namespace_dict(PyObject *self)
{
    PyObject *dict;
    if (_PyObject_LookupAttr(self, ID(__dict__), &dict) < 0) { return NULL; }
    if (dict && PyDict_Check(dict)) { return dict; }
    Py_XDECREF(dict);
    PyErr_SetString(PyExc_TypeError, "<module>.__dict__ is not a dictionary");
    return NULL;
}

/** module.__dir__($self, /)
 *
 *  List the names of the module; its own __dir__() decides when it has one.
 */
static PyObject *
module_dir(PyObject *self)
{
    own PyObject *dict = namespace_dict(self);
    if (!dict) { return NULL; }
    own PyObject *dir = Py_XNewRef(PyDict_GetItemWithError(dict, ID(__dir__)));
    if (dir) { return PyObject_CallNoArgs(dir); }
    return PyErr_Occurred() ? NULL : PyDict_Keys(dict);
}

#include "gen/objects/module.bind.h"

static PyObject *
module_get_annotations(PyObject *self, void *context)
{
    own PyObject *dict = namespace_dict(self);
    if (!dict) { return NULL; }
    PyObject *found = PyDict_GetItemWithError(dict, ID(__annotations__));
    if (found || PyErr_Occurred()) { return Py_XNewRef(found); }
    own PyObject *fresh = PyDict_New();
    if (!fresh || PyDict_SetItem(dict, ID(__annotations__), fresh) < 0) { return NULL; }
    return take(fresh);
}

static int
module_set_annotations(PyObject *self, PyObject *value, void *context)
{
    own PyObject *dict = namespace_dict(self);
    if (!dict) { return -1; }
    if (value) { return PyDict_SetItem(dict, ID(__annotations__), value); }
    int done = PyDict_DelItem(dict, ID(__annotations__));
    if (done < 0 && hob_error_drop(PyExc_KeyError)) {
        PyErr_SetObject(PyExc_AttributeError, ID(__annotations__));
    }
    return done;
}

/* --- life --- */

static inline bool
hooks_may_run(const hob_module *module)
{
    return module->def && (module->def->m_size <= 0 || module->state);
}

static int
module_traverse(PyObject *self, visitproc visit, void *arg)
{
    hob_module *module = MODULE(self);
    if (hooks_may_run(module) && module->def->m_traverse) {
        int stop = module->def->m_traverse(self, visit, arg);
        if (stop) { return stop; }
    }
    Py_VISIT(module->dict);
    return 0;
}

static int
module_clear(PyObject *self)
{
    hob_module *module = MODULE(self);
    if (hooks_may_run(module) && module->def->m_clear) {
        int failed = module->def->m_clear(self);
        if (PyErr_Occurred()) {
            PySys_FormatStderr("Exception ignored in m_clear of module%s%V\n",
                               module->name ? " " : "", module->name, "");
            PyErr_WriteUnraisable(NULL);
        }
        if (failed) { return failed; }
    }
    Py_CLEAR(module->dict);
    return 0;
}

static void
module_dealloc(PyObject *self)
{
    hob_module *module = MODULE(self);
    PyObject_GC_UnTrack(self);
    if (Py_VerboseFlag && module->name) { PySys_FormatStderr("# destroy %U\n", module->name); }
    if (module->weakrefs) { PyObject_ClearWeakRefs(self); }
    if (hooks_may_run(module) && module->def->m_free) { module->def->m_free(self); }
    Py_XDECREF(module->dict);
    Py_XDECREF(module->name);
    PyMem_Free(module->state);
    Py_TYPE(self)->tp_free(self);
}

static PyMemberDef module_members[] = {
    {"__dict__", T_OBJECT, offsetof(hob_module, dict), READONLY, NULL},
    {NULL},
};

static PyGetSetDef module_getset[] = {
    {"__annotations__", module_get_annotations, module_set_annotations, NULL, NULL},
    {NULL},
};

PyTypeObject PyModule_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "module",
    .tp_basicsize = sizeof(hob_module),
    .tp_dealloc = module_dealloc,
    .tp_repr = module_repr,
    .tp_getattro = hob_module_getattro,
    .tp_setattro = PyObject_GenericSetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE,
    .tp_doc = module_init__doc,
    .tp_traverse = module_traverse,
    .tp_clear = module_clear,
    .tp_weaklistoffset = offsetof(hob_module, weakrefs),
    .tp_methods = module_methods,
    .tp_members = module_members,
    .tp_getset = module_getset,
    .tp_dictoffset = offsetof(hob_module, dict),
    .tp_init = module_init__slot,
    .tp_new = module_new,
    .tp_free = PyObject_GC_Del,
};

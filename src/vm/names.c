/* names.c -- names that live in dicts, and import. */
#include "vm/vm.h"

#include "memory/own.h"
#include "objects/dict/dict.h"
#include "objects/ids.h"
#include "state/interp.h"

static const char not_defined[] = "name '%.200s' is not defined";

/* namespace[name], or NULL: without an error when it is simply not there. */
static MAYBE_NULL PyObject *
lookup(PyObject *namespace, PyObject *name)
{
    if (PyDict_CheckExact(namespace)) {
        return Py_XNewRef(PyDict_GetItemWithError(namespace, name));
    }
    PyObject *value = PyObject_GetItem(namespace, name);
    if (!value && PyErr_ExceptionMatches(PyExc_KeyError)) { PyErr_Clear(); }
    return value;
}

PyObject *
hob_load_global(PyThreadState *ts, hob_frame *frame, PyObject *name)
{
    if (PyDict_CheckExact(frame->globals) && PyDict_CheckExact(frame->builtins)) {
        PyObject *value = hob_dict_load_global((PyDictObject *)frame->globals,
                                               (PyDictObject *)frame->builtins, name);
        if (value) { return value; }
    }
    else {
        PyObject *value = lookup(frame->globals, name);
        if (!value && !ts->curexc_type) { value = lookup(frame->builtins, name); }
        if (value) { return value; }
    }
    if (!ts->curexc_type) { hob_error_name(ts, PyExc_NameError, not_defined, name); }
    return NULL;
}

PyObject *
hob_load_name(PyThreadState *ts, hob_frame *frame, PyObject *name)
{
    if (!frame->locals) {
        PyErr_Format(PyExc_SystemError, "no locals when loading %R", name);
        return NULL;
    }
    PyObject *value = lookup(frame->locals, name);
    if (value || ts->curexc_type) { return value; }
    value = Py_XNewRef(PyDict_GetItemWithError(frame->globals, name));
    if (value || ts->curexc_type) { return value; }
    value = lookup(frame->builtins, name);
    if (!value && !ts->curexc_type) { hob_error_name(ts, PyExc_NameError, not_defined, name); }
    return value;
}

PyObject *
hob_load_classderef(PyThreadState *ts, hob_frame *frame, int slot)
{
    PyObject *name = PyTuple_GET_ITEM(frame->code->co_localsplusnames, slot);
    PyObject *value = lookup(frame->locals, name);
    if (value || ts->curexc_type) { return value; }
    value = PyCell_GET(frame->slots[slot]);
    if (!value) { hob_error_unbound(ts, frame->code, slot); }
    return Py_XNewRef(value);
}

PyObject *
hob_load_build_class(PyThreadState *ts, hob_frame *frame)
{
    PyObject *func = lookup(frame->builtins, ID(__build_class__));
    if (!func && !ts->curexc_type) {
        PyErr_SetString(PyExc_NameError, "__build_class__ not found");
    }
    return func;
}

status
hob_store_name(PyThreadState *ts, hob_frame *frame, PyObject *name, PyObject *value)
{
    if (!frame->locals) {
        PyErr_Format(PyExc_SystemError, "no locals found when storing %R", name);
        return -1;
    }
    if (PyDict_CheckExact(frame->locals)) { return PyDict_SetItem(frame->locals, name, value); }
    return PyObject_SetItem(frame->locals, name, value);
}

status
hob_delete_name(PyThreadState *ts, hob_frame *frame, PyObject *name)
{
    if (!frame->locals) {
        PyErr_Format(PyExc_SystemError, "no locals when deleting %R", name);
        return -1;
    }
    if (PyObject_DelItem(frame->locals, name) == 0) { return 0; }
    hob_error_name(ts, PyExc_NameError, not_defined, name);
    return -1;
}

status
hob_setup_annotations(PyThreadState *ts, hob_frame *frame)
{
    if (!frame->locals) {
        PyErr_SetString(PyExc_SystemError, "no locals found when setting up annotations");
        return -1;
    }
    own PyObject *there = lookup(frame->locals, ID(__annotations__));
    if (there) { return 0; }
    if (ts->curexc_type) { return -1; }
    own PyObject *fresh = PyDict_New();
    return fresh ? PyObject_SetItem(frame->locals, ID(__annotations__), fresh) : -1;
}

/* --- import --- */

PyObject *
hob_import_name(PyThreadState *ts, hob_frame *frame, PyObject *name, PyObject *fromlist,
                PyObject *level)
{
    own PyObject *import = lookup(frame->builtins, ID(__import__));
    if (!import) {
        if (!ts->curexc_type) { PyErr_SetString(PyExc_ImportError, "__import__ not found"); }
        return NULL;
    }
    PyObject *locals = frame->locals ? frame->locals : Py_None;
    if (import == ts->interp->import_func) {
        int n = _PyLong_AsInt(level);
        if (n == -1 && ts->curexc_type) { return NULL; }
        return PyImport_ImportModuleLevelObject(name, frame->globals, locals, fromlist, n);
    }
    PyObject *args[5] = {name, frame->globals, locals, fromlist, level};
    return PyObject_Vectorcall(import, args, 5, NULL);
}

/* ImportError for `from module import name`; module_name may be NULL. */
COLD static void
error_cannot_import(PyObject *module, PyObject *name, PyObject *module_name)
{
    own PyObject *known = module_name ? Py_NewRef(module_name)
                                      : PyUnicode_FromString("<unknown module name>");
    if (!known) { return; }
    own PyObject *path = PyModule_GetFilenameObject(module);
    own PyObject *text = NULL;
    if (!path) {
        PyErr_Clear();
        text = PyUnicode_FromFormat("cannot import name %R from %R (unknown location)", name,
                                    known);
    }
    else {
        own PyObject *spec = PyObject_GetAttr(module, ID(__spec__));
        const char *format = _PyModuleSpec_IsInitializing(spec)
            ? "cannot import name %R from partially initialized module %R "
              "(most likely due to a circular import) (%S)"
            : "cannot import name %R from %R (%S)";
        PyErr_Clear();
        text = PyUnicode_FromFormat(format, name, known, path);
    }
    if (text) { PyErr_SetImportError(text, known, path); }
}

PyObject *
hob_import_from(PyThreadState *ts, PyObject *module, PyObject *name)
{
    PyObject *value;
    if (_PyObject_LookupAttr(module, name, &value) != 0) { return value; }
    /* A submodule being imported in a circle is in sys.modules before it is an attribute. */
    own PyObject *module_name = PyObject_GetAttr(module, ID(__name__));
    if (!module_name || !PyUnicode_Check(module_name)) {
        Py_CLEAR(module_name);
        PyErr_Clear();
        error_cannot_import(module, name, NULL);
        return NULL;
    }
    own PyObject *full_name = PyUnicode_FromFormat("%U.%U", module_name, name);
    if (!full_name) { return NULL; }
    value = PyImport_GetModule(full_name);
    if (!value && !PyErr_Occurred()) { error_cannot_import(module, name, module_name); }
    return value;
}

COLD static status
error_star_name(PyObject *module, PyObject *name, bool from_dict)
{
    own PyObject *module_name = PyObject_GetAttr(module, ID(__name__));
    if (!module_name) { return -1; }
    if (!PyUnicode_Check(module_name)) {
        PyErr_Format(PyExc_TypeError, "module __name__ must be a string, not %.100s",
                     Py_TYPE(module_name)->tp_name);
        return -1;
    }
    PyErr_Format(PyExc_TypeError, "%s in %U.%s must be str, not %.100s",
                 from_dict ? "Key" : "Item", module_name, from_dict ? "__dict__" : "__all__",
                 Py_TYPE(name)->tp_name);
    return -1;
}

/* The names `import *` takes: __all__, or the keys of __dict__. */
static PyObject *
star_names(PyObject *module, bool *from_dict)
{
    PyObject *names;
    *from_dict = false;
    if (_PyObject_LookupAttr(module, ID(__all__), &names) != 0) { return names; }
    own PyObject *dict = NULL;
    int found = _PyObject_LookupAttr(module, ID(__dict__), &dict);
    if (found < 0) { return NULL; }
    if (!found) {
        PyErr_SetString(PyExc_ImportError,
                        "from-import-* object has no __dict__ and no __all__");
        return NULL;
    }
    *from_dict = true;
    return PyMapping_Keys(dict);
}

static status
import_all(PyObject *locals, PyObject *module)
{
    bool from_dict;
    own PyObject *names = star_names(module, &from_dict);
    if (!names) { return -1; }
    for (Py_ssize_t i = 0; ; i++) {
        own PyObject *name = PySequence_GetItem(names, i);
        if (!name) {
            if (!PyErr_ExceptionMatches(PyExc_IndexError)) { return -1; }
            PyErr_Clear();
            return 0;
        }
        if (!PyUnicode_Check(name)) { return error_star_name(module, name, from_dict); }
        if (from_dict) {
            if (PyUnicode_READY(name) < 0) { return -1; }
            if (PyUnicode_GET_LENGTH(name) && PyUnicode_READ_CHAR(name, 0) == '_') { continue; }
        }
        own PyObject *value = PyObject_GetAttr(module, name);
        if (!value) { return -1; }
        status done = PyDict_CheckExact(locals) ? PyDict_SetItem(locals, name, value)
                                                : PyObject_SetItem(locals, name, value);
        if (done < 0) { return -1; }
    }
}

status
hob_import_star(PyThreadState *ts, hob_frame *frame, PyObject *module)
{
    if (hob_frame_fast_to_locals(frame) < 0) { return -1; }
    if (!frame->locals) {
        PyErr_SetString(PyExc_SystemError, "no locals found during 'import *'");
        return -1;
    }
    status done = import_all(frame->locals, module);
    hob_frame_locals_to_fast(frame, false);
    return done;
}

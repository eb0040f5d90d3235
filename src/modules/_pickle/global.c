/* global.c -- writing classes and functions by the name they are found under.
 *
 * Forms      EXT1..4      a code of copyreg's extension registry, protocol 2
 *            GLOBAL       module and name, a line each; Python 2's names below 3
 *            STACK_GLOBAL module and dotted name, two str, protocol 4
 *            getattr      of the holder, for dotted names before protocol 4
 * A path is a list of names: the dotted name, split.
 */
#include "modules/_pickle/pickle_int.h"

#define PICKLING(...) (PyErr_Format(hob_pickle()->PicklingError, __VA_ARGS__), -1)

/* --- dotted names --- */

/* The parts of a dotted name; refuses what is local to a function. */
PyObject *
hob_split_path(PyObject *obj, PyObject *name)
{
    own PyObject *dot = PyUnicode_FromString(".");
    own PyObject *path = dot ? PyUnicode_Split(name, dot, -1) : NULL;
    if (!path) { return NULL; }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(path); i++) {
        if (!_PyUnicode_EqualToASCIIString(PyList_GET_ITEM(path, i), "<locals>")) { continue; }
        if (obj) {
            PyErr_Format(PyExc_AttributeError, "Can't pickle local attribute %R on %R", name,
                         obj);
        }
        else { PyErr_Format(PyExc_AttributeError, "Can't pickle local object %R", name); }
        return NULL;
    }
    return take(path);
}

/* Follow path from root; *found and, if wanted, *parent are new.  0: is not there. */
tri
hob_walk_path(PyObject *root, PyObject *path, PyObject **found, PyObject **parent)
{
    own PyObject *holder = NULL;
    own PyObject *at = Py_NewRef(root);
    *found = NULL;
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(path); i++) {
        Py_XSETREF(holder, take(at));
        PyObject *next;
        tri is_there = _PyObject_LookupAttr(holder, PyList_GET_ITEM(path, i), &next);
        if (is_there <= 0) { return is_there; }
        at = next;
    }
    if (parent) { *parent = take(holder); }
    *found = take(at);
    return 1;
}

/* --- whose is it? --- */

/* Whether the loaded module has obj under path. */
static MUST_USE tri
module_has(PyObject *module, PyObject *path, PyObject *obj)
{
    PyObject *found;
    tri is_there = hob_walk_path(module, path, &found, NULL);
    if (is_there <= 0) { return is_there; }
    Py_DECREF(found);
    return found == obj;
}

/* Look through all modules; __main__ if none has it. */
static MUST_USE PyObject *
search_modules(PyObject *obj, PyObject *path)
{
    PyObject *modules = PySys_GetObject("modules");
    if (!modules) {
        PyErr_SetString(PyExc_RuntimeError, "lost sys.modules");
        return NULL;
    }
    own PyObject *items = PyMapping_Items(modules);
    if (!items) { return NULL; }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(items); i++) {
        PyObject *pair = PyList_GET_ITEM(items, i);
        if (!PyTuple_Check(pair) || PyTuple_GET_SIZE(pair) != 2) { continue; }
        PyObject *name = PyTuple_GET_ITEM(pair, 0), *module = PyTuple_GET_ITEM(pair, 1);
        if (module == Py_None) { continue; }
        if (PyUnicode_Check(name) && _PyUnicode_Equal(name, NAME(__main__))) { continue; }
        tri has = module_has(module, path, obj);
        if (has < 0) { return NULL; }
        if (has) { return Py_NewRef(name); }
    }
    return Py_NewRef(NAME(__main__));
}

static MUST_USE PyObject *
which_module(PyObject *obj, PyObject *path)
{
    PyObject *name;
    if (_PyObject_LookupAttr(obj, NAME(__module__), &name) < 0) { return NULL; }
    if (name && name != Py_None) { return name; }
    Py_XDECREF(name);
    return search_modules(obj, path);
}

static MUST_USE PyObject *
name_of(PyObject *obj, PyObject *name)
{
    if (name) { return Py_NewRef(name); }
    PyObject *found;
    if (_PyObject_LookupAttr(obj, NAME(__qualname__), &found) < 0) { return NULL; }
    return found ? found : PyObject_GetAttr(obj, NAME(__name__));
}

/* --- where and how an object is to be found --- */

typedef struct {
    PyObject *name, *path, *module_name;
    PyObject *module, *holder;
    PyObject *last_name;                /* borrowed, from path */
} location;

static void
release(location *where)
{
    Py_XDECREF(where->name);
    Py_XDECREF(where->path);
    Py_XDECREF(where->module_name);
    Py_XDECREF(where->module);
    Py_XDECREF(where->holder);
}

/* Find obj by its name, and see that it is itself that is found. */
static MUST_USE status
locate(PyObject *obj, PyObject *name, location *where)
{
    where->name = name_of(obj, name);
    where->path = where->name ? hob_split_path(NULL, where->name) : NULL;
    where->module_name = where->path ? which_module(obj, where->path) : NULL;
    if (!where->module_name) { return -1; }
    where->module = PyImport_ImportModuleLevelObject(where->module_name, NULL, NULL, NULL, 0);
    if (!where->module) { return PICKLING("Can't pickle %R: import of module %R failed", obj,
                                          where->module_name); }
    Py_SETREF(where->module, PyImport_GetModule(where->module_name));
    if (!where->module) {
        return PICKLING("Can't pickle %R: import of module %R failed", obj, where->module_name);
    }
    PyObject *found;
    if (hob_walk_path(where->module, where->path, &found, &where->holder) <= 0) {
        return PICKLING("Can't pickle %R: attribute lookup %S on %S failed", obj, where->name,
                        where->module_name);
    }
    Py_DECREF(found);
    if (found != obj) {
        return PICKLING("Can't pickle %R: it's not the same object as %S.%S", obj,
                        where->module_name, where->name);
    }
    where->last_name = PyList_GET_ITEM(where->path, PyList_GET_SIZE(where->path) - 1);
    if (where->holder == where->module) { Py_SETREF(where->name, Py_NewRef(where->last_name)); }
    return 0;
}

/* --- the forms --- */

/* 1: written as an extension code. */
static MUST_USE tri
save_extension(pickler *self, PyObject *obj, location *where)
{
    own PyObject *key = PyTuple_Pack(2, where->module_name, where->name);
    if (!key) { return -1; }
    PyObject *number = PyDict_GetItemWithError(hob_pickle()->extension_registry, key);
    if (!number) { return PyErr_Occurred() ? -1 : 0; }
    if (!PyLong_Check(number)) {
        return PICKLING("Can't pickle %R: extension code %R isn't an integer", obj, number);
    }
    long code = PyLong_AsLong(number);
    if (code <= 0 || code > INT32_MAX) {
        if (PyErr_Occurred()) { return -1; }
        PyErr_Format(PyExc_RuntimeError, "Can't pickle %R: extension code %ld is out of range",
                     obj, code);
        return -1;
    }
    char bytes[5] = {0};
    int width = code <= 0xff ? 1 : code <= 0xffff ? 2 : 4;
    bytes[0] = (char)(width == 1 ? EXT1 : width == 2 ? EXT2 : EXT4);
    for (int i = 1; i <= width; i++, code >>= 8) { bytes[i] = (char)(code & 0xff); }
    return hob_pickler_write(self, bytes, width + 1) < 0 ? -1 : 1;
}

static MUST_USE status
check_pair(PyObject *found)
{
    if (!PyTuple_Check(found) || PyTuple_GET_SIZE(found) != 2) {
        PyErr_Format(PyExc_RuntimeError,
                     "_compat_pickle.REVERSE_NAME_MAPPING values should be 2-tuples, "
                     "not %.200s",
                     Py_TYPE(found)->tp_name);
        return -1;
    }
    PyObject *module = PyTuple_GET_ITEM(found, 0), *name = PyTuple_GET_ITEM(found, 1);
    if (PyUnicode_Check(module) && PyUnicode_Check(name)) { return 0; }
    PyErr_Format(PyExc_RuntimeError,
                 "_compat_pickle.REVERSE_NAME_MAPPING values should be pairs of str, "
                 "not (%.200s, %.200s)",
                 Py_TYPE(module)->tp_name, Py_TYPE(name)->tp_name);
    return -1;
}

/* Python 3's names to Python 2's, where they differ. */
static MUST_USE status
translate_back(PyObject **module, PyObject **name)
{
    own PyObject *key = PyTuple_Pack(2, *module, *name);
    if (!key) { return -1; }
    PyObject *found = PyDict_GetItemWithError(hob_pickle()->name_to_2, key);
    if (found) {
        if (check_pair(found) < 0) { return -1; }
        Py_SETREF(*module, Py_NewRef(PyTuple_GET_ITEM(found, 0)));
        Py_SETREF(*name, Py_NewRef(PyTuple_GET_ITEM(found, 1)));
        return 0;
    }
    if (PyErr_Occurred()) { return -1; }
    found = PyDict_GetItemWithError(hob_pickle()->import_to_2, *module);
    if (!found) { return PyErr_Occurred() ? -1 : 0; }
    if (!PyUnicode_Check(found)) {
        PyErr_Format(PyExc_RuntimeError,
                     "_compat_pickle.REVERSE_IMPORT_MAPPING values should be strings, "
                     "not %.200s",
                     Py_TYPE(found)->tp_name);
        return -1;
    }
    Py_SETREF(*module, Py_NewRef(found));
    return 0;
}

/* Write an identifier and a newline: ASCII before protocol 3. */
static MUST_USE status
save_identifier(pickler *self, PyObject *text, const char *what)
{
    own PyObject *bytes =
        self->proto >= 3 ? PyUnicode_AsUTF8String(text) : PyUnicode_AsASCIIString(text);
    if (!bytes) {
        if (!PyErr_ExceptionMatches(PyExc_UnicodeEncodeError)) { return -1; }
        return PICKLING("can't pickle %s identifier '%S' using pickle protocol %i", what, text,
                        self->proto);
    }
    if (hob_pickler_write(self, PyBytes_AS_STRING(bytes), PyBytes_GET_SIZE(bytes)) < 0) {
        return -1;
    }
    return hob_pickler_write(self, "\n", 1);
}

static MUST_USE status
save_lines(pickler *self, location *where)
{
    own PyObject *module = Py_NewRef(where->module_name);
    own PyObject *name = Py_NewRef(where->name);
    if (self->fix_imports && translate_back(&module, &name) < 0) { return -1; }
    if (hob_pickler_op(self, GLOBAL) < 0) { return -1; }
    return save_identifier(self, module, "module") < 0 ? -1 : save_identifier(self, name, "global");
}

/* Write the form that fits; 1: it is not to be put into the memo. */
static MUST_USE tri
save_located(pickler *self, PyObject *obj, location *where)
{
    if (self->proto >= 2) {
        tri is_saved = save_extension(self, obj, where);
        if (is_saved) { return is_saved; }
    }
    if (self->proto >= 4) {
        if (hob_save(self, where->module_name) < 0 || hob_save(self, where->name) < 0) {
            return -1;
        }
        return hob_pickler_op(self, STACK_GLOBAL);
    }
    if (where->holder == where->module) { return save_lines(self, where); }
    own PyObject *reduced =
        Py_BuildValue("(O(OO))", hob_pickle()->getattr, where->holder, where->last_name);
    return reduced ? hob_save_reduced(self, reduced, NULL) : -1;
}

/* Write obj as a global; name, if given, is its dotted name. */
status
hob_save_global(pickler *self, PyObject *obj, PyObject *name)
{
    location where = {NULL};
    tri is_saved = locate(obj, name, &where) < 0 ? -1 : save_located(self, obj, &where);
    release(&where);
    if (is_saved) { return is_saved < 0 ? -1 : 0; }
    return hob_save_put(self, obj);
}

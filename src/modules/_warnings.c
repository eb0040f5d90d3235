/* _warnings.c -- the module _warnings: warn, warn_explicit, and the state that
 * the Python module `warnings` shares.
 */
#include "memory/own.h"
#include "objects/bind.h"
#include "objects/ids.h"
#include "objects/warnings.h"
#include "state/interp.h"
#include "state/runtime.h"

/** warn($module, /, message, category=None, stacklevel=1, source=None)
 *
 *  Warn: show, ignore or raise, as the filters say.
 */
static status
warnings_warn(PyObject *module, PyObject *message, PyObject *category, Py_ssize_t stacklevel,
              PyObject *source)
{
    return hob_warnings_warn(message, category, stacklevel, source == Py_None ? NULL : source);
}

/* Line lineno of a module whose loader knows its source: NULL without an
 * exception when that cannot be had. */
static MAYBE_NULL PyObject *
loader_line(PyObject *globals, int lineno)
{
    own PyObject *loader = Py_XNewRef(PyDict_GetItemWithError(globals, ID(__loader__)));
    if (!loader) { return NULL; }
    own PyObject *name = Py_XNewRef(PyDict_GetItemWithError(globals, ID(__name__)));
    if (!name) { return NULL; }
    PyObject *found;
    if (_PyObject_LookupAttr(loader, ID(get_source), &found) <= 0) { return NULL; }
    own PyObject *get_source = found;
    own PyObject *source = PyObject_CallOneArg(get_source, name);
    if (!source || source == Py_None) { return NULL; }
    own PyObject *lines = PyUnicode_Splitlines(source, 0);
    if (!lines) { return NULL; }
    return Py_XNewRef(PyList_GetItem(lines, lineno - 1));
}

/** @nosig warn_explicit($module, /, message, category, filename, lineno, module=None,
 *          registry=None, module_globals=None, source=None)
 *
 *  Warn about a place that is named, not the running one.
 */
static PyObject *
warnings_warn_explicit(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"message", "category", "filename", "lineno", "module", "registry",
                            "module_globals", "source", NULL};
    PyObject *message, *category, *filename, *module = NULL, *registry = NULL;
    PyObject *globals = NULL, *source = NULL;
    int lineno;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "OOUi|OOOO:warn_explicit", names, &message,
                                     &category, &filename, &lineno, &module, &registry,
                                     &globals, &source)) {
        return NULL;
    }
    own PyObject *line = NULL;
    if (globals && globals != Py_None) {
        if (!PyDict_Check(globals)) {
            PyErr_Format(PyExc_TypeError, "module_globals must be a dict, not '%.200s'",
                         Py_TYPE(globals)->tp_name);
            return NULL;
        }
        line = loader_line(globals, lineno);
        if (!line && PyErr_Occurred()) { return NULL; }
    }
    if (hob_warnings_explicit(category, message, filename, lineno, module, registry, line,
                              source) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

/** @nosig _filters_mutated($module, /) */
static void
warnings_filters_mutated(PyObject *module)
{
    hob_warnings_mutated();
}

#include "gen/modules/_warnings.bind.h"

static int
warnings_exec(PyObject *module)
{
    if (hob_warnings_init() < 0) { return -1; }
    PyInterpreterState *interp = hob_ts()->interp;
    if (PyModule_AddObjectRef(module, "filters", interp->warn_filters) < 0 ||
        PyModule_AddObjectRef(module, "_onceregistry", interp->warn_once) < 0 ||
        PyModule_AddObjectRef(module, "_defaultaction", interp->warn_default) < 0) {
        return -1;
    }
    return 0;
}

static PyModuleDef_Slot warnings_slots[] = {
    {Py_mod_exec, warnings_exec},
    {0, NULL},
};

PyDoc_STRVAR(warnings_doc,
"The parts of warnings that work before, and faster than, the Python module.");

static struct PyModuleDef warnings_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_warnings",
    .m_doc = warnings_doc,
    .m_size = 0,
    .m_methods = module_methods,
    .m_slots = warnings_slots,
};

PyMODINIT_FUNC
PyInit__warnings(void)
{
    return PyModuleDef_Init(&warnings_module);
}

/* A module object made at once, for those who know the old name. */
HOB_EXPORT PyObject *
_PyWarnings_Init(void)
{
    own PyObject *spec_name = PyUnicode_FromString("_warnings");
    own PyObject *module = spec_name ? PyModule_NewObject(spec_name) : NULL;
    if (!module || PyModule_AddFunctions(module, module_methods) < 0 ||
        PyModule_SetDocString(module, warnings_doc) < 0 || warnings_exec(module) < 0) {
        return NULL;
    }
    return take(module);
}

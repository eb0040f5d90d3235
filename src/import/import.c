/* import.c -- the import statement, and PyImport_*.
 *
 * The machinery itself is the standard library's importlib: its two bootstrap
 * modules are frozen into the executable.  This file resolves names, serves
 * modules that are already in sys.modules without leaving C, and hands the
 * rest to importlib._bootstrap.
 *
 * Holds      interp->modules is sys.modules; interp->importlib is
 *            importlib._bootstrap once hob_import_start() has run.
 * Hazard     any look-up in sys.modules may find something a program put
 *            there; only exact dicts take the fast path.
 * Next       builtin.c frozen.c dynload.c extensions.c; docs/internals/import.md
 */
#include "import/import.h"

#include "base/trace.h"
#include "memory/own.h"
#include "objects/ids.h"
#include "objects/str/str.h"
#include "objects/undeclared.h"
#include "state/interp.h"
#include "state/runtime.h"

static PyInterpreterState *
interp_now(void)
{
    return hob_ts()->interp;
}

/* --- sys.modules --- */

PyObject *
PyImport_GetModuleDict(void)
{
    PyObject *modules = interp_now()->modules;
    if (!modules) { Py_FatalError("interpreter has no modules dictionary"); }
    return modules;
}

int
_PyImport_IsInitialized(PyInterpreterState *interp)
{
    return interp->modules != NULL;
}

/* New reference to sys.modules[name]; NULL without an error when absent. */
static MAYBE_NULL PyObject *
module_get(PyObject *name)
{
    PyObject *modules = PyImport_GetModuleDict();
    if (PyDict_CheckExact(modules)) {
        return Py_XNewRef(PyDict_GetItemWithError(modules, name));
    }
    own PyObject *keep = Py_NewRef(modules);
    PyObject *module = PyObject_GetItem(keep, name);
    if (!module && PyErr_ExceptionMatches(PyExc_KeyError)) { PyErr_Clear(); }
    return module;
}

PyObject *
PyImport_GetModule(PyObject *name)
{
    return module_get(name);
}

PyObject *
_PyImport_GetModuleId(_Py_Identifier *id)
{
    PyObject *name = _PyUnicode_FromId(id);
    return name ? module_get(name) : NULL;
}

int
_PyImport_SetModule(PyObject *name, PyObject *module)
{
    return PyObject_SetItem(PyImport_GetModuleDict(), name, module);
}

int
_PyImport_SetModuleString(const char *name, PyObject *module)
{
    return PyMapping_SetItemString(PyImport_GetModuleDict(), name, module);
}

static MUST_USE PyObject *
module_add(PyObject *name)
{
    PyObject *module = module_get(name);
    if (module && PyModule_Check(module)) { return module; }
    Py_XDECREF(module);
    if (PyErr_Occurred()) { return NULL; }

    own PyObject *fresh = PyModule_NewObject(name);
    if (!fresh || _PyImport_SetModule(name, fresh) < 0) { return NULL; }
    return take(fresh);
}

/* Borrowed, as the documentation wants it: sys.modules keeps it alive. */
PyObject *
PyImport_AddModuleObject(PyObject *name)
{
    PyObject *module = module_add(name);
    if (!module) { return NULL; }
    if (Py_REFCNT(module) == 1) {
        /* sys.modules is something that did not keep it; nor may we */
        Py_DECREF(module);
        PyErr_SetString(PyExc_RuntimeError, "sys.modules does not hold strong references");
        return NULL;
    }
    Py_DECREF(module);
    return module;
}

PyObject *
PyImport_AddModule(const char *name)
{
    own PyObject *text = PyUnicode_FromString(name);
    return text ? PyImport_AddModuleObject(text) : NULL;
}

static void
module_remove(PyObject *name)
{
    PyObject *type, *value, *tb;
    PyErr_Fetch(&type, &value, &tb);
    PyObject *modules = PyImport_GetModuleDict();
    if (PyMapping_HasKey(modules, name) && PyObject_DelItem(modules, name) < 0) {
        PyErr_WriteUnraisable(modules);
    }
    PyErr_Restore(type, value, tb);
}

/* --- magic --- */

long
PyImport_GetMagicNumber(void)
{
    return 3495 | ((long)'\r' << 16) | ((long)'\n' << 24);
}

const char *
PyImport_GetMagicTag(void)
{
    return "cpython-311";
}

/* --- running a code object as a module --- */

PyObject *
PyImport_ExecCodeModule(const char *name, PyObject *code)
{
    return PyImport_ExecCodeModuleWithPathnames(name, code, NULL, NULL);
}

PyObject *
PyImport_ExecCodeModuleEx(const char *name, PyObject *code, const char *pathname)
{
    return PyImport_ExecCodeModuleWithPathnames(name, code, pathname, NULL);
}

PyObject *
PyImport_ExecCodeModuleWithPathnames(const char *name, PyObject *code, const char *pathname,
                                     const char *cpathname)
{
    own PyObject *name_obj = PyUnicode_FromString(name);
    if (!name_obj) { return NULL; }
    own PyObject *cpath = cpathname ? PyUnicode_DecodeFSDefault(cpathname) : NULL;
    if (cpathname && !cpath) { return NULL; }
    own PyObject *path = pathname ? PyUnicode_DecodeFSDefault(pathname) : NULL;
    if (pathname && !path) { return NULL; }
    if (!path && cpath) {
        PyObject *external = PyObject_GetAttr(interp_now()->importlib, ID(_bootstrap_external));
        if (!external) { return NULL; }
        path = PyObject_CallMethodOneArg(external, ID(_get_sourcefile), cpath);
        Py_DECREF(external);
        if (!path) { PyErr_Clear(); }
    }
    return PyImport_ExecCodeModuleObject(name_obj, code, path, cpath);
}

static MUST_USE status
run_in_module(PyObject *name, PyObject *module_dict, PyObject *code)
{
    own PyObject *result = PyEval_EvalCode(code, module_dict, module_dict);
    if (!result) { module_remove(name); }
    return result ? 0 : -1;
}

PyObject *
PyImport_ExecCodeModuleObject(PyObject *name, PyObject *code, PyObject *pathname,
                              PyObject *cpathname)
{
    own PyObject *module = module_add(name);
    if (!module) { return NULL; }
    PyObject *dict = PyModule_GetDict(module);
    int has = PyDict_Contains(dict, ID(__builtins__));
    if (has < 0 || (!has && PyDict_SetItem(dict, ID(__builtins__), PyEval_GetBuiltins()) < 0)) {
        module_remove(name);
        return NULL;
    }
    own PyObject *external = PyObject_GetAttr(interp_now()->importlib, ID(_bootstrap_external));
    if (!external) { return NULL; }
    own PyObject *fixed = PyObject_CallMethodObjArgs(
        external, ID(_fix_up_module), dict, name,
        pathname ? pathname : ((PyCodeObject *)code)->co_filename,
        cpathname ? cpathname : Py_None, NULL);
    if (!fixed || run_in_module(name, dict, code) < 0) { return NULL; }

    PyObject *loaded = module_get(name);
    if (!loaded && !PyErr_Occurred()) {
        PyErr_Format(PyExc_ImportError, "Loaded module %R not found in sys.modules", name);
    }
    return loaded;
}

/* --- names --- */

/* The package that a relative import starts from.  NULL with an error. */
static MUST_USE PyObject *
package_of(PyObject *globals)
{
    PyObject *package = PyDict_GetItemWithError(globals, ID(__package__));
    if (!package && PyErr_Occurred()) { return NULL; }
    PyObject *spec = PyDict_GetItemWithError(globals, ID(__spec__));
    if (!spec && PyErr_Occurred()) { return NULL; }
    if (spec == Py_None) { spec = NULL; }

    if (package && package != Py_None) {
        if (!PyUnicode_Check(package)) {
            PyErr_SetString(PyExc_TypeError, "package must be a string");
            return NULL;
        }
        Py_INCREF(package);
        if (!spec) { return package; }
        own PyObject *parent = PyObject_GetAttr(spec, ID(parent));
        int same = parent ? PyObject_RichCompareBool(package, parent, Py_EQ) : -1;
        if (same == 0) {
            same = PyErr_WarnEx(PyExc_ImportWarning, "__package__ != __spec__.parent", 1);
        }
        if (same < 0) { Py_CLEAR(package); }
        return package;
    }
    if (spec) {
        PyObject *parent = PyObject_GetAttr(spec, ID(parent));
        if (parent && !PyUnicode_Check(parent)) {
            Py_DECREF(parent);
            PyErr_SetString(PyExc_TypeError, "__spec__.parent must be a string");
            return NULL;
        }
        return parent;
    }
    if (PyErr_WarnEx(PyExc_ImportWarning, "can't resolve package from __spec__ or __package__, "
                     "falling back on __name__ and __path__", 1) < 0) {
        return NULL;
    }
    PyObject *name = PyDict_GetItemWithError(globals, ID(__name__));
    if (!name) {
        if (!PyErr_Occurred()) {
            PyErr_SetString(PyExc_KeyError, "'__name__' not in globals");
        }
        return NULL;
    }
    if (!PyUnicode_Check(name)) {
        PyErr_SetString(PyExc_TypeError, "__name__ must be a string");
        return NULL;
    }
    int has_path = PyDict_Contains(globals, ID(__path__));
    if (has_path < 0) { return NULL; }
    if (has_path) { return Py_NewRef(name); }
    Py_ssize_t dot = PyUnicode_FindChar(name, '.', 0, PyUnicode_GET_LENGTH(name), -1);
    if (dot == -2) { return NULL; }
    if (dot == -1) { return PyUnicode_FromStringAndSize("", 0); }
    return PyUnicode_Substring(name, 0, dot);
}

static MUST_USE PyObject *
absolute_name(PyObject *name, PyObject *globals, int level)
{
    if (!globals) {
        PyErr_SetString(PyExc_KeyError, "'__name__' not in globals");
        return NULL;
    }
    if (!PyDict_Check(globals)) {
        PyErr_SetString(PyExc_TypeError, "globals must be a dict");
        return NULL;
    }
    own PyObject *package = package_of(globals);
    if (!package) { return NULL; }
    Py_ssize_t end = PyUnicode_GET_LENGTH(package);
    if (end == 0) {
        PyErr_SetString(PyExc_ImportError,
                        "attempted relative import with no known parent package");
        return NULL;
    }
    for (int up = 1; up < level; up++) {
        end = PyUnicode_FindChar(package, '.', 0, end, -1);
        if (end == -2) { return NULL; }
        if (end == -1) {
            PyErr_SetString(PyExc_ImportError,
                            "attempted relative import beyond top-level package");
            return NULL;
        }
    }
    own PyObject *base = PyUnicode_Substring(package, 0, end);
    if (!base || PyUnicode_GET_LENGTH(name) == 0) { return take(base); }
    return PyUnicode_FromFormat("%U.%U", base, name);
}

/* --- finding --- */

/* Drop the frames of importlib from the pending traceback: all of them for an
 * ImportError, else only runs that end in _call_with_frames_removed. */
static void
trim_traceback(void)
{
    PyObject *type, *value, *tb;
    PyErr_Fetch(&type, &value, &tb);
    if (!type || interp_now()->config.verbose) {
        PyErr_Restore(type, value, tb);
        return;
    }
    bool always = PyErr_GivenExceptionMatches(type, PyExc_ImportError);
    PyObject **link = &tb;              /* where the run began */
    PyObject **at = &tb;
    bool in_run = false;
    while (*at) {
        PyTracebackObject *entry = (PyTracebackObject *)*at;
        PyCodeObject *code = PyFrame_GetCode(entry->tb_frame);
        bool ours = _PyUnicode_EqualToASCIIString(code->co_filename,
                                                  "<frozen importlib._bootstrap>")
            || _PyUnicode_EqualToASCIIString(code->co_filename,
                                             "<frozen importlib._bootstrap_external>");
        bool ends = ours && _PyUnicode_EqualToASCIIString(code->co_name,
                                                          "_call_with_frames_removed");
        Py_DECREF(code);
        if (ours && !in_run) { link = at; }
        in_run = ours;
        PyObject **next = (PyObject **)&entry->tb_next;
        if (ours && (always || ends)) {
            PyObject *rest = Py_XNewRef(*next);
            Py_XSETREF(*link, rest);
            at = link;
        }
        else {
            at = next;
        }
    }
    PyErr_Restore(type, value, tb);
}

static struct { int depth; int64_t inner_ns; bool headed; } import_time;

static MUST_USE PyObject *
find_and_load_timed(PyInterpreterState *interp, PyObject *name)
{
    if (!import_time.headed) {
        import_time.headed = true;
        fputs("import time: self [us] | cumulative | imported package\n", stderr);
    }
    int64_t outer = import_time.inner_ns;
    import_time.inner_ns = 0;
    import_time.depth++;
    _PyTime_t start = _PyTime_GetPerfCounter();
    PyObject *module = PyObject_CallMethodObjArgs(interp->importlib, ID(_find_and_load), name,
                                                  interp->import_func, NULL);
    int64_t total = _PyTime_GetPerfCounter() - start;
    import_time.depth--;
    const char *text = PyUnicode_AsUTF8(name);
    fprintf(stderr, "import time: %9ld | %10ld | %*s%s\n",
            (long)((total - import_time.inner_ns + 999) / 1000), (long)((total + 999) / 1000),
            import_time.depth * 2, "", text ? text : "?");
    import_time.inner_ns = outer + total;
    return module;
}

static MUST_USE PyObject *
find_and_load_traced(PyInterpreterState *interp, PyObject *name)
{
    static int depth;
    const char *text = hob_str_show(name);
    uint64_t began = hob_trace_clock();
    TRACE(import, "begin name=%s depth=%d", text, depth);
    depth++;
    PyObject *module = PyObject_CallMethodObjArgs(interp->importlib, ID(_find_and_load), name,
                                                  interp->import_func, NULL);
    depth--;
    const char *file = module && PyModule_Check(module) ? PyModule_GetFilename(module) : NULL;
    if (module) { PyErr_Clear(); }      /* a module without a file */
    TRACE(import, "end name=%s depth=%d %s%s us=%llu", text, depth, file ? "file=" : "",
          file ? file : module ? "no_file" : "failed",
          (unsigned long long)(hob_trace_clock() - began));
    return module;
}

static MUST_USE PyObject *
find_and_load(PyObject *name)
{
    PyInterpreterState *interp = interp_now();
    PyObject *path = PySys_GetObject("path");
    PyObject *meta_path = PySys_GetObject("meta_path");
    PyObject *path_hooks = PySys_GetObject("path_hooks");
    if (PySys_Audit("import", "OOOOO", name, Py_None, path ? path : Py_None,
                    meta_path ? meta_path : Py_None, path_hooks ? path_hooks : Py_None) < 0) {
        return NULL;
    }
    if (interp->config.import_time) { return find_and_load_timed(interp, name); }
    if (TRACES(import)) { return find_and_load_traced(interp, name); }
    return PyObject_CallMethodObjArgs(interp->importlib, ID(_find_and_load), name,
                                      interp->import_func, NULL);
}

/* Wait until another thread has finished initialising module. */
static MUST_USE status
ensure_initialised(PyObject *module, PyObject *name)
{
    PyObject *found;
    if (_PyObject_LookupAttr(module, ID(__spec__), &found) < 0) { return -1; }
    own PyObject *spec = found;
    if (!spec) { return 0; }
    if (_PyObject_LookupAttr(spec, ID(_initializing), &found) < 0) { PyErr_Clear(); return 0; }
    own PyObject *initialising = found;
    if (!initialising) { return 0; }
    int busy = PyObject_IsTrue(initialising);
    if (busy <= 0) { PyErr_Clear(); return 0; }
    own PyObject *done = PyObject_CallMethodOneArg(interp_now()->importlib,
                                                   ID(_lock_unlock_module), name);
    return done ? 0 : -1;
}

/* What `import a.b.c` binds: a, or for a relative import its counterpart. */
static MUST_USE PyObject *
top_of(PyObject *module, PyObject *name, PyObject *abs_name, int level)
{
    Py_ssize_t length = PyUnicode_GET_LENGTH(name);
    if (level != 0 && length == 0) { return Py_NewRef(module); }
    Py_ssize_t dot = PyUnicode_FindChar(name, '.', 0, length, 1);
    if (dot == -2) { return NULL; }
    if (dot == -1) { return Py_NewRef(module); }
    if (level == 0) {
        own PyObject *front = PyUnicode_Substring(name, 0, dot);
        return front ? PyImport_ImportModuleLevelObject(front, NULL, NULL, NULL, 0) : NULL;
    }
    Py_ssize_t cut = length - dot;
    own PyObject *front = PyUnicode_Substring(abs_name, 0, PyUnicode_GET_LENGTH(abs_name) - cut);
    if (!front) { return NULL; }
    PyObject *top = module_get(front);
    if (!top && !PyErr_Occurred()) {
        PyErr_Format(PyExc_KeyError, "%R not in sys.modules as expected", front);
    }
    return top;
}

PyObject *
PyImport_ImportModuleLevelObject(PyObject *name, PyObject *globals, PyObject *locals,
                                 PyObject *fromlist, int level)
{
    if (!name) {
        PyErr_SetString(PyExc_ValueError, "Empty module name");
        return NULL;
    }
    if (!PyUnicode_Check(name)) {
        PyErr_SetString(PyExc_TypeError, "module name must be a string");
        return NULL;
    }
    if (level < 0) {
        PyErr_SetString(PyExc_ValueError, "level must be >= 0");
        return NULL;
    }
    if (level == 0 && PyUnicode_GET_LENGTH(name) == 0) {
        PyErr_SetString(PyExc_ValueError, "Empty module name");
        return NULL;
    }
    PyObject *module = NULL, *result = NULL;
    own PyObject *abs_name = level > 0 ? absolute_name(name, globals, level) : Py_NewRef(name);
    if (!abs_name) { goto done; }

    module = module_get(abs_name);
    if (module && module != Py_None) {
        if (ensure_initialised(module, abs_name) < 0) { goto done; }
    }
    else {
        Py_CLEAR(module);
        if (PyErr_Occurred()) { goto done; }
        module = find_and_load(abs_name);
        if (!module) { goto done; }
    }
    int from = fromlist && fromlist != Py_None ? PyObject_IsTrue(fromlist) : 0;
    if (from < 0) { goto done; }
    if (!from) {
        result = top_of(module, name, abs_name, level);
        goto done;
    }
    PyObject *found;
    if (_PyObject_LookupAttr(module, ID(__path__), &found) < 0) { goto done; }
    if (!found) {
        result = Py_NewRef(module);
        goto done;
    }
    Py_DECREF(found);
    result = PyObject_CallMethodObjArgs(interp_now()->importlib, ID(_handle_fromlist), module,
                                        fromlist, interp_now()->import_func, NULL);
done:
    Py_XDECREF(module);
    if (!result) { trim_traceback(); }
    return result;
}

PyObject *
PyImport_ImportModuleLevel(const char *name, PyObject *globals, PyObject *locals,
                           PyObject *fromlist, int level)
{
    own PyObject *text = PyUnicode_FromString(name);
    return text ? PyImport_ImportModuleLevelObject(text, globals, locals, fromlist, level) : NULL;
}

PyObject *
PyImport_ImportModule(const char *name)
{
    own PyObject *text = PyUnicode_FromString(name);
    return text ? PyImport_Import(text) : NULL;
}

PyObject *
PyImport_ImportModuleNoBlock(const char *name)
{
    return PyImport_ImportModule(name);
}

/* As the statement does it: through __import__ of the current builtins. */
PyObject *
PyImport_Import(PyObject *name)
{
    PyObject *current = PyEval_GetGlobals();
    own PyObject *globals = NULL;
    own PyObject *builtins = NULL;
    if (current) {
        globals = Py_NewRef(current);
        builtins = PyObject_GetItem(globals, ID(__builtins__));
        if (!builtins) { return NULL; }
    }
    else {
        builtins = PyImport_ImportModuleLevel("builtins", NULL, NULL, NULL, 0);
        if (!builtins) { return NULL; }
        globals = Py_BuildValue("{OO}", ID(__builtins__), builtins);
        if (!globals) { return NULL; }
    }
    own PyObject *import = NULL;
    if (PyDict_Check(builtins)) {
        import = PyObject_GetItem(builtins, ID(__import__));
        if (!import) { PyErr_SetObject(PyExc_KeyError, ID(__import__)); }
    }
    else {
        import = PyObject_GetAttr(builtins, ID(__import__));
    }
    if (!import) { return NULL; }
    own PyObject *empty = PyList_New(0);
    if (!empty) { return NULL; }
    own PyObject *top = PyObject_CallFunction(import, "OOOOi", name, globals, globals, empty, 0);
    if (!top) { return NULL; }
    PyObject *module = module_get(name);
    if (!module && !PyErr_Occurred()) { PyErr_SetObject(PyExc_KeyError, name); }
    return module;
}

PyObject *
PyImport_ReloadModule(PyObject *module)
{
    own PyObject *importlib = PyImport_ImportModule("importlib");
    return importlib ? PyObject_CallMethodOneArg(importlib, ID(reload), module) : NULL;
}

PyObject *
_PyImport_GetModuleAttr(PyObject *module_name, PyObject *attr)
{
    own PyObject *module = PyImport_Import(module_name);
    return module ? PyObject_GetAttr(module, attr) : NULL;
}

PyObject *
_PyImport_GetModuleAttrString(const char *module_name, const char *attr)
{
    own PyObject *module = PyImport_ImportModule(module_name);
    return module ? PyObject_GetAttrString(module, attr) : NULL;
}

/* The finder for one entry of sys.path; None when no hook takes it. */
PyObject *
PyImport_GetImporter(PyObject *path)
{
    PyObject *cache = PySys_GetObject("path_importer_cache");
    PyObject *hooks = PySys_GetObject("path_hooks");
    if (!cache || !hooks || !PyDict_Check(cache) || !PyList_Check(hooks)) {
        PyErr_SetString(PyExc_RuntimeError, "lost sys.path_importer_cache or sys.path_hooks");
        return NULL;
    }
    PyObject *importer = PyDict_GetItemWithError(cache, path);
    if (importer || PyErr_Occurred()) { return Py_XNewRef(importer); }

    if (PyDict_SetItem(cache, path, Py_None) < 0) { return NULL; }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(hooks); i++) {
        own PyObject *hook = Py_NewRef(PyList_GET_ITEM(hooks, i));
        own PyObject *made = PyObject_CallOneArg(hook, path);
        if (made) {
            if (PyDict_SetItem(cache, path, made) < 0) { return NULL; }
            return take(made);
        }
        if (!PyErr_ExceptionMatches(PyExc_ImportError)) { return NULL; }
        PyErr_Clear();
    }
    Py_RETURN_NONE;
}

/* --- frozen --- */

int
PyImport_ImportFrozenModuleObject(PyObject *name)
{
    struct hob_frozen_info info;
    enum hob_frozen_status found = hob_frozen_find(name, &info);
    if (found == FROZEN_NOT_FOUND || found == FROZEN_DISABLED) { return 0; }
    if (found != FROZEN_OKAY) {
        hob_frozen_set_error(found, name);
        return -1;
    }
    own PyObject *code = hob_frozen_code(&info);
    if (!code) { return -1; }
    own PyObject *module = module_add(name);
    if (!module) { return -1; }
    PyObject *dict = PyModule_GetDict(module);
    if (info.is_package) {
        own PyObject *path = PyList_New(0);
        if (!path || PyDict_SetItem(dict, ID(__path__), path) < 0) {
            module_remove(name);
            return -1;
        }
    }
    int has = PyDict_Contains(dict, ID(__builtins__));
    if (has < 0 || (!has && PyDict_SetItem(dict, ID(__builtins__), PyEval_GetBuiltins()) < 0)) {
        module_remove(name);
        return -1;
    }
    if (run_in_module(name, dict, code) < 0) { return -1; }
    own PyObject *origname = info.origname ? PyUnicode_FromString(info.origname)
                                           : Py_NewRef(Py_None);
    if (!origname || PyDict_SetItem(dict, ID(__origname__), origname) < 0) { return -1; }
    return 1;
}

int
PyImport_ImportFrozenModule(const char *name)
{
    own PyObject *text = PyUnicode_InternFromString(name);
    return text ? PyImport_ImportFrozenModuleObject(text) : -1;
}

/* --- start --- */

status
hob_import_start(PyInterpreterState *interp)
{
    if (PyImport_ImportFrozenModule("_frozen_importlib") <= 0) {
        if (!PyErr_Occurred()) {
            PyErr_SetString(PyExc_ImportError, "can't import _frozen_importlib");
        }
        return -1;
    }
    PyObject *bootstrap = PyImport_AddModule("_frozen_importlib");
    if (!bootstrap) { return -1; }
    interp->importlib = Py_NewRef(bootstrap);

    PyObject *import = PyDict_GetItemString(interp->builtins, "__import__");
    if (!import) {
        PyErr_SetString(PyExc_ImportError, "__import__ not found");
        return -1;
    }
    interp->import_func = Py_NewRef(import);

    own PyObject *spec = PyImport_AddModule("sys");     /* borrowed until counted */
    Py_XINCREF(spec);
    if (!spec) { return -1; }
    const struct _inittab *entry = NULL;
    own PyObject *imp_name = PyUnicode_InternFromString("_imp");
    if (!imp_name || !(entry = hob_builtin_find(imp_name))) { return -1; }
    own PyObject *namespace = _PyNamespace_New(NULL);
    if (!namespace || PyObject_SetAttrString(namespace, "name", imp_name) < 0) { return -1; }
    own PyObject *imp = hob_builtin_create(imp_name, namespace);
    if (!imp || _PyImport_SetModule(imp_name, imp) < 0) { return -1; }
    PyModuleDef *def = PyModule_GetDef(imp);
    if (def && PyModule_ExecDef(imp, def) < 0) { return -1; }

    own PyObject *done = PyObject_CallMethod(interp->importlib, "_install", "OO", spec, imp);
    return done ? 0 : -1;
}

status
hob_import_start_external(PyInterpreterState *interp)
{
    own PyObject *done = PyObject_CallMethod(interp->importlib, "_install_external_importers",
                                             NULL);
    if (!done) { return -1; }
    PyObject *hooks = PySys_GetObject("path_hooks");
    if (!hooks) {
        PyErr_SetString(PyExc_RuntimeError, "unable to get sys.path_hooks");
        return -1;
    }
    own PyObject *zipimporter = _PyImport_GetModuleAttrString("zipimport", "zipimporter");
    if (!zipimporter) {
        PyErr_Clear();
        return 0;
    }
    return PyList_Insert(hooks, 0, zipimporter);
}

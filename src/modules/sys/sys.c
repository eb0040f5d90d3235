/* sys.c -- module sys: the functions, and how the module is put together.
 *
 * The module is made in two steps: hob_sys_create() before any configuration
 * is known, hob_sys_configure() with what the configuration decides.
 * Next       hooks.c trace.c info.c api.c (PySys_*)
 */
#include "modules/sys/sys.h"

#include "bytecode/code.h"
#include "import/import.h"
#include "memory/alloc.h"
#include "memory/own.h"
#include "objects/ids.h"
#include "objects/tuple.h"
#include "objects/undeclared.h"
#include "run/version.h"
#include "state/gil.h"
#include "state/interp.h"
#include "state/runtime.h"
#include "vm/frame.h"
#include "vm/specialize.h"
#include "gen/modules/stdlib_names.h"   /* stdlib_names[] */

/** getrefcount($module, object, /)
 *
 *  Return the reference count of object.
 *
 *  The count is usually one higher than expected: it includes the temporary
 *  reference of the argument.
 */
static Py_ssize_t
sys_getrefcount(PyObject *module, PyObject *object)
{
    return Py_REFCNT(object);
}

/** exit($module, status=None, /)
 *
 *  Exit the interpreter by raising SystemExit(status).
 *
 *  An omitted or None status is zero, success; an integer is the exit status;
 *  any other object is printed and the exit status is one.
 */
static PyObject *
sys_exit(PyObject *module, PyObject *status)
{
    PyErr_SetObject(PyExc_SystemExit, status);
    return NULL;
}

/** getdefaultencoding($module, /)
 *
 *  Return the default encoding of str.encode and bytes.decode.
 */
static PyObject *
sys_getdefaultencoding(PyObject *module)
{
    return PyUnicode_InternFromString("utf-8");
}

/** getfilesystemencoding($module, /)
 *
 *  Return the encoding used to convert file names.
 */
static PyObject *
sys_getfilesystemencoding(PyObject *module)
{
    return PyUnicode_FromWideChar(hob_ts()->interp->config.filesystem_encoding, -1);
}

/** getfilesystemencodeerrors($module, /)
 *
 *  Return the error handler used to convert file names.
 */
static PyObject *
sys_getfilesystemencodeerrors(PyObject *module)
{
    return PyUnicode_FromWideChar(hob_ts()->interp->config.filesystem_errors, -1);
}

/** intern($module, string, /)
 *
 *  Enter string into the table of interned strings and return the interned one.
 */
static PyObject *
sys_intern(PyObject *module, PyObject *string)
{
    if (!PyUnicode_Check(string)) {
        _PyArg_BadArgument("intern", "argument", "str", string);
        return NULL;
    }
    if (!PyUnicode_CheckExact(string)) {
        PyErr_Format(PyExc_TypeError, "can't intern %.400s", Py_TYPE(string)->tp_name);
        return NULL;
    }
    Py_INCREF(string);
    PyUnicode_InternInPlace(&string);
    return string;
}

/** setrecursionlimit($module, limit, /)
 *
 *  Set the maximum depth of the Python interpreter stack to limit.
 */
static status
sys_setrecursionlimit(PyObject *module, int limit)
{
    if (limit < 1) {
        PyErr_SetString(PyExc_ValueError, "recursion limit must be greater or equal than 1");
        return -1;
    }
    PyThreadState *ts = hob_ts();
    int depth = ts->recursion_limit - ts->recursion_remaining;
    if (depth >= limit) {
        PyErr_Format(PyExc_RecursionError, "cannot set the recursion limit to %i at "
                     "the recursion depth %i: the limit is too low", limit, depth);
        return -1;
    }
    Py_SetRecursionLimit(limit);
    return 0;
}

/** getrecursionlimit($module, /)
 *
 *  Return the maximum depth of the Python interpreter stack.
 */
static int
sys_getrecursionlimit(PyObject *module)
{
    return Py_GetRecursionLimit();
}

/** setswitchinterval($module, interval, /)
 *
 *  Set the ideal duration, in seconds, of a computing thread's turn.
 */
static status
sys_setswitchinterval(PyObject *module, double interval)
{
    if (!(interval > 0.0)) {
        PyErr_SetString(PyExc_ValueError, "switch interval must be strictly positive");
        return -1;
    }
    double us = interval * 1e6;
    unsigned long whole = us > 4e9 ? 4000000000U : us < 1 ? 1 : (unsigned long)us;
    _PyEval_SetSwitchInterval(whole);
    return 0;
}

/** getswitchinterval($module, /)
 *
 *  Return the ideal duration of a computing thread's turn, in seconds.
 */
static double
sys_getswitchinterval(PyObject *module)
{
    return 1e-6 * (double)_PyEval_GetSwitchInterval();
}

/** getsizeof($module, object, default=None)
 *
 *  Return the size of object in bytes.
 */
static PyObject *
sys_getsizeof(PyObject *module, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"object", "default", NULL};
    PyObject *object, *fallback = NULL;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|O:getsizeof", names, &object, &fallback)) {
        return NULL;
    }
    size_t size = _PySys_GetSizeOf(object);
    if (size != (size_t)-1 || !PyErr_Occurred()) { return PyLong_FromSize_t(size); }
    if (fallback && PyErr_ExceptionMatches(PyExc_TypeError)) {
        PyErr_Clear();
        return Py_NewRef(fallback);
    }
    return NULL;
}

/** _getframe($module, depth=0, /)
 *
 *  Return the frame depth calls below the top of the stack.
 */
static PyObject *
sys_getframe(PyObject *module, int depth)
{
    hob_frame *frame = hob_frame_current(hob_ts());
    while (frame && depth-- > 0) { frame = hob_frame_skip_incomplete(frame->previous); }
    if (!frame) {
        PyErr_SetString(PyExc_ValueError, "call stack is not deep enough");
        return NULL;
    }
    own PyObject *object = Py_XNewRef((PyObject *)hob_frame_object(frame));
    if (!object || PySys_Audit("sys._getframe", "(O)", object) < 0) { return NULL; }
    return take(object);
}

/** _current_frames($module, /)
 *
 *  Return a dict from thread identifier to the thread's topmost frame.
 */
static PyObject *
sys_current_frames(PyObject *module)
{
    return _PyThread_CurrentFrames();
}

/** _current_exceptions($module, /)
 *
 *  Return a dict from thread identifier to what sys.exc_info() says there.
 */
static PyObject *
sys_current_exceptions(PyObject *module)
{
    return _PyThread_CurrentExceptions();
}

/** exc_info($module, /)
 *
 *  Return (type, value, traceback) of the exception being handled.
 */
static PyObject *
sys_exc_info(PyObject *module)
{
    PyObject *type, *value, *tb;
    PyErr_GetExcInfo(&type, &value, &tb);
    return Py_BuildValue("NNN", type ? type : Py_NewRef(Py_None),
                         value ? value : Py_NewRef(Py_None), tb ? tb : Py_NewRef(Py_None));
}

/** exception($module, /)
 *
 *  Return the exception being handled, or None.
 */
static PyObject *
sys_exception(PyObject *module)
{
    PyObject *value = PyErr_GetHandledException();
    return value ? value : Py_NewRef(Py_None);
}

/** getallocatedblocks($module, /)
 *
 *  How many blocks of memory the object allocator has given out.
 */
static Py_ssize_t
sys_getallocatedblocks(PyObject *module)
{
    return _Py_GetAllocatedBlocks();
}

/** _debugmallocstats($module, /)
 *
 *  Print what the allocator knows about itself to stderr.
 */
static void
sys_debugmallocstats(PyObject *module)
{
    if (_PyObject_DebugMallocStats(stderr)) { fputc('\n', stderr); }
    _PyObject_DebugTypeStats(stderr);
}

/** _clear_type_cache($module, /)
 *
 *  Clear the cache of method look-ups.
 */
static void
sys_clear_type_cache(PyObject *module)
{
    PyType_ClearCache();
}

/** _getquickenedcount($module, /)
 *
 *  Return the number of code objects that have been quickened.
 */
static Py_ssize_t
sys_getquickenedcount(PyObject *module)
{
    return hob_quickened_count;
}

/** is_finalizing($module, /)
 *
 *  Whether the interpreter is on its way out.
 */
static bool
sys_is_finalizing(PyObject *module)
{
    return _Py_IsFinalizing();
}

/** setdlopenflags($module, flags, /)
 *
 *  Set the flags for dlopen() of extension modules.
 */
static void
sys_setdlopenflags(PyObject *module, int flags)
{
    hob_ts()->interp->dlopenflags = flags;
}

/** getdlopenflags($module, /)
 *
 *  Return the flags used for dlopen() of extension modules.
 */
static int
sys_getdlopenflags(PyObject *module)
{
    return hob_ts()->interp->dlopenflags;
}

/** get_int_max_str_digits($module, /)
 *
 *  Return the limit on digits of int ↔ str conversion; 0 is no limit.
 */
static int
sys_get_int_max_str_digits(PyObject *module)
{
    return hob_ts()->interp->int_max_str_digits;
}

/** set_int_max_str_digits($module, /, maxdigits)
 *
 *  Set the limit on digits of int ↔ str conversion; 0 is no limit.
 */
static status
sys_set_int_max_str_digits(PyObject *module, int maxdigits)
{
    enum { THRESHOLD = 640 };
    if (maxdigits != 0 && maxdigits < THRESHOLD) {
        PyErr_Format(PyExc_ValueError, "maxdigits must be 0 or larger than %d", THRESHOLD);
        return -1;
    }
    hob_ts()->interp->int_max_str_digits = maxdigits;
    return 0;
}

/** set_coroutine_origin_tracking_depth($module, /, depth)
 *
 *  Record up to depth frames of where a coroutine was made, as cr_origin.
 */
static status
sys_set_coroutine_origin_tracking_depth(PyObject *module, int depth)
{
    if (depth < 0) {
        PyErr_SetString(PyExc_ValueError, "depth must be >= 0");
        return -1;
    }
    hob_ts()->coroutine_origin_tracking_depth = depth;
    return 0;
}

/** get_coroutine_origin_tracking_depth($module, /)
 *
 *  Return how many frames of a coroutine's origin are recorded.
 */
static int
sys_get_coroutine_origin_tracking_depth(PyObject *module)
{
    return hob_ts()->coroutine_origin_tracking_depth;
}

static MUST_USE status
set_hook(PyObject **slot, PyObject *hook, const char *name)
{
    if (!hook) { return 0; }
    if (hook != Py_None && !PyCallable_Check(hook)) {
        PyErr_Format(PyExc_TypeError, "callable %s expected, got %.50s", name,
                     Py_TYPE(hook)->tp_name);
        return -1;
    }
    char event[64];
    snprintf(event, sizeof event, "sys.set_asyncgen_hook_%s", name);
    if (PySys_Audit(event, NULL) < 0) { return -1; }
    Py_XSETREF(*slot, hook == Py_None ? NULL : Py_NewRef(hook));
    return 0;
}

/** set_asyncgen_hooks($module, *args, firstiter=NULL, finalizer=NULL)
 *
 *  Set the functions called when an async generator is first iterated and
 *  when one is about to be collected.
 */
static PyObject *
sys_set_asyncgen_hooks(PyObject *module, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"firstiter", "finalizer", NULL};
    PyObject *firstiter = NULL, *finalizer = NULL;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|OO", names, &firstiter, &finalizer)) {
        return NULL;
    }
    PyThreadState *ts = hob_ts();
    if (set_hook(&ts->async_gen_finalizer, finalizer, "finalizer") < 0
        || set_hook(&ts->async_gen_firstiter, firstiter, "firstiter") < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

PyObject *hob_sys_asyncgen_hooks(PyObject *firstiter, PyObject *finalizer);

/** get_asyncgen_hooks($module, /)
 *
 *  Return the hooks of async generators as a named tuple.
 */
static PyObject *
sys_get_asyncgen_hooks(PyObject *module)
{
    PyThreadState *ts = hob_ts();
    return hob_sys_asyncgen_hooks(ts->async_gen_firstiter, ts->async_gen_finalizer);
}

/** addaudithook($module, /, hook)
 *
 *  Add a hook that is called for every audit event.
 */
static PyObject *
sys_addaudithook(PyObject *module, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"hook", NULL};
    PyObject *hook;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O:addaudithook", names, &hook)) { return NULL; }
    if (PySys_Audit("sys.addaudithook", NULL) < 0) {
        if (!PyErr_ExceptionMatches(PyExc_Exception)) { return NULL; }
        PyErr_Clear();
        Py_RETURN_NONE;
    }
    PyInterpreterState *interp = hob_ts()->interp;
    if (!interp->audit_hooks) {
        interp->audit_hooks = PyList_New(0);
        if (!interp->audit_hooks) { return NULL; }
        PyObject_GC_UnTrack(interp->audit_hooks);       /* programs must not find it */
    }
    if (PyList_Append(interp->audit_hooks, hook) < 0) { return NULL; }
    Py_RETURN_NONE;
}

/** audit($module, event, /, *args)
 *
 *  Pass the event to the audit hooks.
 */
static PyObject *
sys_audit(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    if (nargs == 0) {
        PyErr_SetString(PyExc_TypeError, "audit() missing 1 required positional argument: 'event'");
        return NULL;
    }
    if (!PyUnicode_Check(args[0])) {
        PyErr_Format(PyExc_TypeError, "expected str for argument 'event', not %.200s",
                     Py_TYPE(args[0])->tp_name);
        return NULL;
    }
    const char *event = PyUnicode_AsUTF8(args[0]);
    if (!event) { return NULL; }
    own PyObject *rest = hob_tuple_copy_of(args + 1, nargs - 1);
    if (!rest || PySys_Audit(event, "O", rest) < 0) { return NULL; }
    Py_RETURN_NONE;
}

#include "gen/modules/sys/sys.bind.h"

static struct PyModuleDef sys_def = {
    PyModuleDef_HEAD_INIT,
    .m_name = "sys",
    .m_doc = "Access to objects used or maintained by the interpreter, and to functions that "
             "interact with it.",
    .m_size = -1,
    .m_methods = module_methods,
};

PyMODINIT_FUNC PyInit_sys(void);

/* For `import sys` after it was removed from sys.modules. */
PyMODINIT_FUNC
PyInit_sys(void)
{
    PyErr_SetString(PyExc_ImportError, "sys is made at start only");
    return NULL;
}

static MUST_USE PyObject *
stdlib_module_names(void)
{
    own PyObject *names = PyTuple_New((Py_ssize_t)ARRAY_LEN(stdlib_names));
    if (!names) { return NULL; }
    for (size_t i = 0; i < ARRAY_LEN(stdlib_names); i++) {
        PyObject *name = PyUnicode_FromString(stdlib_names[i]);
        if (!name) { return NULL; }
        PyTuple_SET_ITEM(names, (Py_ssize_t)i, name);
    }
    return PyFrozenSet_New(names);
}

static MUST_USE status
set_stolen(PyObject *dict, const char *name, STOLEN PyObject *value)
{
    own PyObject *kept = value;
    return kept ? PyDict_SetItemString(dict, name, kept) : -1;
}

PyObject *
hob_sys_create(PyInterpreterState *interp)
{
    own PyObject *module = PyModule_Create(&sys_def);
    if (!module) { return NULL; }
    PyObject *dict = PyModule_GetDict(module);
    interp->sysdict = Py_NewRef(dict);
    if (PyModule_AddFunctions(module, hob_sys_hook_methods) < 0
        || PyModule_AddFunctions(module, hob_sys_trace_methods) < 0
        || set_stolen(dict, "modules", Py_NewRef(interp->modules)) < 0
        || hob_sys_add_info(dict) < 0
        || set_stolen(dict, "builtin_module_names", hob_builtin_names()) < 0
        || set_stolen(dict, "stdlib_module_names", stdlib_module_names()) < 0
        || set_stolen(dict, "meta_path", PyList_New(0)) < 0
        || set_stolen(dict, "path_hooks", PyList_New(0)) < 0
        || set_stolen(dict, "path_importer_cache", PyDict_New()) < 0) {
        return NULL;
    }
    static const char *const hooks[] = {"displayhook", "excepthook", "breakpointhook",
                                        "unraisablehook"};
    for (size_t i = 0; i < ARRAY_LEN(hooks); i++) {
        char copy[32];
        snprintf(copy, sizeof copy, "__%s__", hooks[i]);
        PyObject *hook = PyDict_GetItemString(dict, hooks[i]);
        if (!hook || PyDict_SetItemString(dict, copy, hook) < 0) { return NULL; }
    }
    return take(module);
}

/* --- what the configuration decides --- */

static MUST_USE PyObject *
text_of(const wchar_t *text)
{
    return text ? PyUnicode_FromWideChar(text, -1) : Py_NewRef(Py_None);
}

static MUST_USE PyObject *
list_of(const PyWideStringList *items)
{
    own PyObject *list = PyList_New(items->length);
    if (!list) { return NULL; }
    for (Py_ssize_t i = 0; i < items->length; i++) {
        PyObject *item = PyUnicode_FromWideChar(items->items[i], -1);
        if (!item) { return NULL; }
        PyList_SET_ITEM(list, i, item);
    }
    return take(list);
}

static MUST_USE PyObject *
xoptions_of(const PyWideStringList *items)
{
    own PyObject *dict = PyDict_New();
    if (!dict) { return NULL; }
    for (Py_ssize_t i = 0; i < items->length; i++) {
        const wchar_t *option = items->items[i];
        const wchar_t *equals = wcschr(option, L'=');
        own PyObject *name = PyUnicode_FromWideChar(option, equals ? equals - option : -1);
        own PyObject *value = equals ? PyUnicode_FromWideChar(equals + 1, -1) : Py_NewRef(Py_True);
        if (!name || !value || PyDict_SetItem(dict, name, value) < 0) { return NULL; }
    }
    return take(dict);
}

status
hob_sys_configure(PyInterpreterState *interp)
{
    const PyConfig *config = &interp->config;
    PyObject *dict = interp->sysdict;
    const struct { const char *name; PyObject *value; } items[] = {
        {"path", list_of(&config->module_search_paths)},
        {"argv", list_of(&config->argv)},
        {"orig_argv", list_of(&config->orig_argv)},
        {"warnoptions", list_of(&config->warnoptions)},
        {"_xoptions", xoptions_of(&config->xoptions)},
        {"executable", text_of(config->executable ? config->executable : L"")},
        {"_base_executable", text_of(config->base_executable ? config->base_executable : L"")},
        {"prefix", text_of(config->prefix)},
        {"base_prefix", text_of(config->base_prefix)},
        {"exec_prefix", text_of(config->exec_prefix)},
        {"base_exec_prefix", text_of(config->base_exec_prefix)},
        {"platlibdir", text_of(config->platlibdir)},
        {"_home", text_of(config->home)},
        {"_stdlib_dir", text_of(config->stdlib_dir)},
        {"pycache_prefix", text_of(config->pycache_prefix)},
        {"flags", hob_sys_flags(config)},
        {"dont_write_bytecode", PyBool_FromLong(!config->write_bytecode)},
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

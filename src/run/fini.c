/* fini.c -- the end, in order: threads, atexit, modules, the collector, objects.
 *
 * Order      1. wait for non-daemon threads (threading._shutdown)
 *            2. atexit functions; flush the streams
 *            3. from here on other threads can no longer take the GIL
 *            4. drop modules: __main__ first, sys and builtins last, so that
 *               finalizers still find what they need
 *            5. collect what is left in cycles; run Py_AtExit functions
 */
#include "run/init.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/trace.h"
#include "memory/collect.h"
#include "memory/ledger.h"
#include "memory/own.h"
#include "modules/sys/sys.h"
#include "objects/ids.h"
#include "run/config.h"
#include "run/rooms.h"
#include "run/run.h"
#include "state/interp.h"
#include "state/runtime.h"

enum { N_EXIT_FUNCTIONS = 32 };
static void (*exit_functions[N_EXIT_FUNCTIONS])(void);
static int n_exit_functions;

int
Py_AtExit(void (*function)(void))
{
    if (n_exit_functions >= N_EXIT_FUNCTIONS) { return -1; }
    exit_functions[n_exit_functions++] = function;
    return 0;
}

int
_Py_IsFinalizing(void)
{
    return _PyRuntime.finalizing != NULL;
}

static void
wait_for_threads(void)
{
    own PyObject *name = PyUnicode_FromString("threading");
    own PyObject *threading = name ? PyImport_GetModule(name) : NULL;
    if (!threading) {
        PyErr_Clear();
        return;
    }
    own PyObject *done = PyObject_CallMethod(threading, "_shutdown", NULL);
    if (!done) { PyErr_WriteUnraisable(threading); }
}

/* Names of sys whose values keep much alive; and those reset to first values. */
static const char *const sys_deletes[] = {
    "path", "argv", "ps1", "ps2", "last_type", "last_value", "last_traceback", "path_hooks",
    "path_importer_cache", "meta_path", "__interactivehook__",
};
static const char *const sys_resets[][2] = {
    {"stdin", "__stdin__"}, {"stdout", "__stdout__"}, {"stderr", "__stderr__"},
};

static void
clear_sys_attributes(PyInterpreterState *interp)
{
    if (PyDict_SetItemString(interp->builtins, "_", Py_None) < 0) { PyErr_Clear(); }
    for (size_t i = 0; i < ARRAY_LEN(sys_deletes); i++) {
        if (PyDict_SetItemString(interp->sysdict, sys_deletes[i], Py_None) < 0) { PyErr_Clear(); }
    }
    for (size_t i = 0; i < ARRAY_LEN(sys_resets); i++) {
        PyObject *value = PyDict_GetItemString(interp->sysdict, sys_resets[i][1]);
        if (PyDict_SetItemString(interp->sysdict, sys_resets[i][0], value ? value : Py_None) < 0) {
            PyErr_Clear();
        }
    }
}

static bool
is_core_module(PyInterpreterState *interp, PyObject *module)
{
    PyObject *dict = PyModule_Check(module) ? PyModule_GetDict(module) : NULL;
    return dict && (dict == interp->sysdict || dict == interp->builtins);
}

/* Set every entry of sys.modules to None; weak references tell which modules
 * outlive that.  Returns the list of (name, weakref). */
static MAYBE_NULL PyObject *
drop_modules(PyInterpreterState *interp)
{
    own PyObject *weak = PyList_New(0);
    own PyObject *items = PyMapping_Items(interp->modules);
    if (!weak || !items) { return NULL; }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(items); i++) {
        PyObject *pair = PyList_GET_ITEM(items, i);
        PyObject *name = PyTuple_GET_ITEM(pair, 0), *module = PyTuple_GET_ITEM(pair, 1);
        if (PyModule_Check(module)) {
            own PyObject *ref = PyWeakref_NewRef(module, NULL);
            own PyObject *entry = ref ? PyTuple_Pack(2, name, ref) : NULL;
            if (!entry || PyList_Append(weak, entry) < 0) { PyErr_Clear(); }
        }
        if (PyObject_SetItem(interp->modules, name, Py_None) < 0) { PyErr_WriteUnraisable(NULL); }
    }
    return take(weak);
}

static void
clear_surviving(PyInterpreterState *interp, PyObject *weak)
{
    for (Py_ssize_t i = PyList_GET_SIZE(weak) - 1; i >= 0; i--) {
        own PyObject *module =
            Py_XNewRef(PyWeakref_GetObject(PyTuple_GET_ITEM(PyList_GET_ITEM(weak, i), 1)));
        if (!module || module == Py_None || is_core_module(interp, module)) { continue; }
        _PyModule_Clear(module);
    }
}

/* A single-phase module can be imported again from the copy of its first dict.  The
 * copies of other interpreters' modules stay, as extensions do. */
static void
drop_module_copies(PyInterpreterState *interp)
{
    PyObject *table = interp->modules_by_index;
    if (!table || interp != PyInterpreterState_Main()) { return; }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(table); i++) {
        PyObject *module = PyList_GET_ITEM(table, i);
        PyModuleDef *def = PyModule_Check(module) ? PyModule_GetDef(module) : NULL;
        if (def) { Py_CLEAR(def->m_base.m_copy); }
    }
}

/* What the program put into builtins goes; what it took away comes back. */
static void
restore_builtins(PyInterpreterState *interp)
{
    if (!interp->builtins_copy) { return; }
    own PyObject *old = PyDict_Copy(interp->builtins);
    if (old) { PyDict_Clear(interp->builtins); }
    if (PyDict_Update(interp->builtins, interp->builtins_copy) < 0) { PyErr_Clear(); }
}

static void
finish_modules(PyInterpreterState *interp)
{
    if (!interp->modules) { return; }
    clear_sys_attributes(interp);
    own PyObject *weak = drop_modules(interp);
    PyErr_Clear();
    /* modules that nothing else uses are gone now; give cycles their chance */
    PyDict_Clear(interp->modules);
    hob_gc_collect_quietly();
    hob_gc_shutdown_report();           /* while warnings can still be shown */
    hob_stdio_flush();
    restore_builtins(interp);
    if (weak) { clear_surviving(interp, weak); }
    PyErr_Clear();
    hob_atexit_fini(interp);
    drop_module_copies(interp);
    Py_CLEAR(interp->modules_by_index);
    _PyModule_ClearDict(interp->sysdict);
    _PyModule_ClearDict(interp->builtins);
    hob_gc_collect_quietly();
}

/* What is kept for speed and costs nobody anything: the process ends, or starts again.
 * An audited build lets it go, since a reference in a cache would look like a leak. */
static void
empty_caches(void)
{
#ifdef HOB_AUDITED
    PyType_ClearCache();
    hob_gc_empty();
#endif
}

int
Py_FinalizeEx(void)
{
    if (!_PyRuntime.initialized) { return 0; }
    PyThreadState *ts = hob_ts();
    PyInterpreterState *interp = ts->interp;
    TRACE(run, "end step=threads");
    wait_for_threads();
    Py_MakePendingCalls();
    TRACE(run, "end step=atexit");
    hob_atexit_run(interp);
    status result = hob_stdio_flush_last();

    hob_runtime_close(ts);              /* other threads stop here */
    _PyRuntime.initialized = 0;
    _PyRuntime.core_initialized = 0;
    PyGC_Collect();
    TRACE(run, "end step=modules");
    finish_modules(interp);
    hob_signal_fini();
    hob_stdio_flush();
    for (int i = n_exit_functions; i-- > 0; ) { exit_functions[i](); }
    n_exit_functions = 0;
    fflush(stdout);
    fflush(stderr);
    TRACE(run, "end step=runtime");
    hob_faulthandler_fini();
    hob_gc_fini();
    hob_tracemalloc_fini();
    hob_getargs_clear();
    hob_ast_fini();
    hob_runtime_fini();
    empty_caches();
    return result;
}

void
Py_Finalize(void)
{
    Py_FinalizeEx();
}

void
Py_EndInterpreter(PyThreadState *ts)
{
    PyInterpreterState *interp = ts->interp;
    if (ts != hob_ts()) { Py_FatalError("thread is not current"); }
    if (ts->cframe->current_frame) { Py_FatalError("thread still has a frame"); }
    interp->finalizing = 1;
    wait_for_threads();
    hob_atexit_run(interp);
    if (ts != interp->threads || ts->next) { Py_FatalError("not the last thread"); }
    hob_stdio_flush();
    finish_modules(interp);
    PyThreadState_Clear(ts);
    PyInterpreterState_Clear(interp);
    PyThreadState_Swap(NULL);
    PyInterpreterState_Delete(interp);
}

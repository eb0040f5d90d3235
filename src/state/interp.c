/* interp.c -- interpreters: the list of them, and access to what each holds.
 *
 * Holds      ids count up and are never used again; the list is guarded by
 *            hob_thread_lock_lists.
 * Next       interp.h (the layout), cross_interp.c
 */
#include "state/interp.h"

#include <dlfcn.h>
#include <stdlib.h>

#include "memory/collect.h"
#include "state/lifecycle.h"
#include "state/runtime.h"
#include "state/thread.h"

PyInterpreterState *
PyInterpreterState_New(void)
{
    PyThreadState *ts = hob_ts();
    if (ts && PySys_Audit("cpython.PyInterpreterState_New", NULL) < 0) { return NULL; }
    PyInterpreterState *interp = calloc(1, sizeof *interp);
    if (!interp) { return NULL; }
    interp->id_refcount = -1;
    interp->gil = &hob_the_gil;
    interp->eval_frame = _PyEval_EvalFrameDefault;
    interp->dlopenflags = RTLD_NOW;
    if (STRESSED(switch)) { interp->breaker = BREAK_GIL; }
    interp->int_max_str_digits = 4300;
    PyConfig_InitPythonConfig(&interp->config);

    hob_thread_lock_lists();
    interp->id = _PyRuntime.next_interp_id++;
    interp->next = _PyRuntime.interps;
    _PyRuntime.interps = interp;
    if (!_PyRuntime.main_interp) { _PyRuntime.main_interp = interp; }
    hob_thread_unlock_lists();
    return interp;
}

static void
clear_parts(PyInterpreterState *interp)
{
    Py_CLEAR(interp->audit_hooks);
    Py_CLEAR(interp->codec_search_path);
    Py_CLEAR(interp->codec_search_cache);
    Py_CLEAR(interp->codec_error_registry);
    Py_CLEAR(interp->modules);
    Py_CLEAR(interp->modules_by_index);
    Py_CLEAR(interp->builtins_copy);
    Py_CLEAR(interp->importlib);
    Py_CLEAR(interp->import_func);
    Py_CLEAR(interp->dict);
    Py_CLEAR(interp->before_forkers);
    Py_CLEAR(interp->after_forkers_parent);
    Py_CLEAR(interp->after_forkers_child);
    Py_CLEAR(interp->warn_filters);
    Py_CLEAR(interp->warn_once);
    Py_CLEAR(interp->warn_default);
}

/* The last collection finds what importlib, codecs and warnings held in cycles.  Its
 * finalizers may still use sys and builtins, and fill a part again. */
void
hob_interp_clear(PyInterpreterState *interp)
{
    clear_parts(interp);
    hob_gc_collect_quietly();
    clear_parts(interp);
    Py_CLEAR(interp->sysdict);
    Py_CLEAR(interp->builtins);
    PyConfig_Clear(&interp->config);
}

void
PyInterpreterState_Clear(PyInterpreterState *interp)
{
    if (PySys_Audit("cpython.PyInterpreterState_Clear", NULL) < 0) { PyErr_Clear(); }
    for (PyThreadState *ts = interp->threads; ts; ts = ts->next) { PyThreadState_Clear(ts); }
    hob_interp_clear(interp);
}

void
PyInterpreterState_Delete(PyInterpreterState *interp)
{
    while (interp->threads) {
        PyThreadState *ts = interp->threads;
        if (ts == hob_ts()) { PyThreadState_Swap(NULL); }
        PyThreadState_Delete(ts);
    }
    hob_thread_lock_lists();
    PyInterpreterState **link = &_PyRuntime.interps;
    while (*link && *link != interp) { link = &(*link)->next; }
    if (!*link) { Py_FatalError("NULL interpreter or interpreter not in the list"); }
    *link = interp->next;
    if (_PyRuntime.main_interp == interp) { _PyRuntime.main_interp = NULL; }
    hob_thread_unlock_lists();
    free(interp);
}

/* --- walking --- */

PyInterpreterState *
PyInterpreterState_Get(void)
{
    PyThreadState *ts = hob_ts();
    if (!ts) { _Py_FatalError_TstateNULL(__func__); }
    return ts->interp;
}

PyInterpreterState *
PyInterpreterState_Head(void)
{
    return _PyRuntime.interps;
}

PyInterpreterState *
PyInterpreterState_Main(void)
{
    return _PyRuntime.main_interp;
}

PyInterpreterState *
PyInterpreterState_Next(PyInterpreterState *interp)
{
    return interp->next;
}

PyThreadState *
PyInterpreterState_ThreadHead(PyInterpreterState *interp)
{
    return interp->threads;
}

/* --- ids, and references through them --- */

int64_t
PyInterpreterState_GetID(PyInterpreterState *interp)
{
    if (!interp) {
        PyErr_SetString(PyExc_RuntimeError, "no interpreter provided");
        return -1;
    }
    return interp->id;
}

HOB_EXPORT PyInterpreterState *_PyInterpreterState_LookUpID(int64_t id);
HOB_EXPORT int  _PyInterpreterState_IDInitref(PyInterpreterState *interp);
HOB_EXPORT int  _PyInterpreterState_IDIncref(PyInterpreterState *interp);
HOB_EXPORT void _PyInterpreterState_IDDecref(PyInterpreterState *interp);

PyInterpreterState *
_PyInterpreterState_LookUpID(int64_t id)
{
    PyInterpreterState *interp = NULL;
    if (id >= 0) {
        hob_thread_lock_lists();
        for (interp = _PyRuntime.interps; interp && interp->id != id; interp = interp->next) { }
        hob_thread_unlock_lists();
    }
    if (!interp && !PyErr_Occurred()) {
        PyErr_Format(PyExc_RuntimeError, "unrecognized interpreter ID %lld", (long long)id);
    }
    return interp;
}

int
_PyInterpreterState_IDInitref(PyInterpreterState *interp)
{
    if (interp->id_refcount < 0) { interp->id_refcount = 0; }
    return 0;
}

int
_PyInterpreterState_IDIncref(PyInterpreterState *interp)
{
    _PyInterpreterState_IDInitref(interp);
    interp->id_refcount++;
    return 0;
}

/* The last reference ends an interpreter that asked for it. */
void
_PyInterpreterState_IDDecref(PyInterpreterState *interp)
{
    if (--interp->id_refcount != 0 || !interp->requires_idref) { return; }
    PyThreadState *ts = interp->threads;
    PyThreadState *saved = PyThreadState_Swap(ts);
    Py_EndInterpreter(ts);
    PyThreadState_Swap(saved);
}

int
_PyInterpreterState_RequiresIDRef(PyInterpreterState *interp)
{
    return interp->requires_idref;
}

void
_PyInterpreterState_RequireIDRef(PyInterpreterState *interp, int required)
{
    interp->requires_idref = required ? 1 : 0;
}

/* --- what it holds --- */

PyObject *
PyInterpreterState_GetDict(PyInterpreterState *interp)
{
    if (!interp->dict) {
        interp->dict = PyDict_New();
        if (!interp->dict) { PyErr_Clear(); }
    }
    return interp->dict;
}

PyObject *
_PyInterpreterState_GetMainModule(PyInterpreterState *interp)
{
    if (!interp->modules) {
        PyErr_SetString(PyExc_RuntimeError, "interpreter not initialized");
        return NULL;
    }
    return PyMapping_GetItemString(interp->modules, "__main__");
}

const PyConfig *
_PyInterpreterState_GetConfig(PyInterpreterState *interp)
{
    return &interp->config;
}

const PyConfig *
_Py_GetConfig(void)
{
    return &PyInterpreterState_Get()->config;
}

_PyFrameEvalFunction
_PyInterpreterState_GetEvalFrameFunc(PyInterpreterState *interp)
{
    return interp->eval_frame;
}

int hob_eval_hooked;

void
_PyInterpreterState_SetEvalFrameFunc(PyInterpreterState *interp,
                                     _PyFrameEvalFunction eval_frame)
{
    interp->eval_frame = eval_frame;
    hob_eval_hooked = 0;
    for (interp = PyInterpreterState_Head(); interp; interp = PyInterpreterState_Next(interp)) {
        hob_eval_hooked |= interp->eval_frame != _PyEval_EvalFrameDefault;
    }
}

/* interp.h -- one interpreter: what its threads share.
 *
 * The public headers leave struct _is opaque, so this layout is Hob's own.
 * All object fields are owned references unless said otherwise; they are
 * cleared by hob_interp_clear().
 */
#pragma once
#include <Python.h>

#include "base/c.h"
#include "base/stress.h"

struct hob_gil;
struct hob_atexit_call;

struct _is {
    PyInterpreterState *next;           /* _PyRuntime.interps */
    PyThreadState *threads;             /* all thread states, newest first */
    int64_t id;
    int64_t id_refcount;
    int requires_idref;
    uint64_t next_thread_id;            /* PyThreadState.id */
    int finalizing;

    /* eval breaker: nonzero when the machine must leave its fast path.
     * Read with a relaxed load at RESUME, JUMP_BACKWARD and calls. */
    int breaker;
    struct hob_gil *gil;                /* shared by all interpreters */

    PyObject *modules;                  /* dict: sys.modules */
    PyObject *modules_by_index;         /* list, or NULL: PyState_* */
    PyObject *sysdict;                  /* dict of module sys */
    PyObject *builtins;                 /* dict of module builtins */
    PyObject *builtins_copy;            /* dict: builtins as first filled */
    PyObject *importlib;                /* module importlib._bootstrap */
    PyObject *import_func;              /* builtins.__import__ as first set */

    PyObject *codec_search_path;        /* list of functions */
    PyObject *codec_search_cache;       /* dict: normalised name -> CodecInfo */
    PyObject *codec_error_registry;     /* dict: name -> handler */

    PyObject *dict;                     /* PyInterpreterState_GetDict, or NULL */
    PyObject *before_forkers;           /* lists for os.register_at_fork, or NULL */
    PyObject *after_forkers_parent;
    PyObject *after_forkers_child;
    PyObject *audit_hooks;              /* list, or NULL */
    PyObject *warn_filters;             /* list: warnings.filters */
    PyObject *warn_once;                /* dict: onceregistry */
    PyObject *warn_default;             /* str: default action */
    long warn_filters_version;

    struct hob_atexit_call *atexit;     /* modules/atexit.c */
    int dlopenflags;
    int int_max_str_digits;             /* sys.set_int_max_str_digits; 0 is no limit */
    _PyFrameEvalFunction eval_frame;    /* hob_eval_frame unless replaced */
    freefunc co_extra_free[64];         /* _PyEval_RequestCodeExtraIndex */
    Py_ssize_t n_co_extra;
    PyConfig config;
};

/* Set bits of interp->breaker. */
enum {
    BREAK_GIL     = 1,                  /* someone asks for the GIL */
    BREAK_SIGNAL  = 2,                  /* a signal has arrived */
    BREAK_PENDING = 4,                  /* Py_AddPendingCall */
    BREAK_ASYNC   = 8,                  /* PyThreadState_SetAsyncExc */
    BREAK_TRASH   = 16,                 /* deallocations were put off */
};

static inline void
hob_breaker_set(PyInterpreterState *interp, int bits)
{
    __atomic_fetch_or(&interp->breaker, bits, __ATOMIC_RELAXED);
}

static inline void
hob_breaker_clear(PyInterpreterState *interp, int bits)
{
    if (STRESSED(switch)) { bits &= ~BREAK_GIL; }       /* it stays set */
    __atomic_fetch_and(&interp->breaker, ~bits, __ATOMIC_RELAXED);
}

/* An extension evaluates frames (PEP 523): no call may be taken into the running loop. */
extern int hob_eval_hooked;

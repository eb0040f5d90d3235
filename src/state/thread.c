/* thread.c -- thread states: made, current, switched, deleted.
 *
 * Layout     A hob_thread is the public PyThreadState with the stove's part behind
 *            it.  An interpreter links its states, newest first.
 *            `bound` (thread-local) is the state that PyGILState_* finds for the
 *            running OS thread: the first that was made for it.
 * Holds      _PyRuntime.current is the state that owns the GIL, or NULL; the lists
 *            are guarded by list_lock, so that states can be made without the GIL.
 * Hazard     While a thread finalises the interpreter, any other that comes for the
 *            GIL stops for good, holding nothing: hob_gil_park().
 * Next       gil.c, interp.c, breaker.c; modules/_thread/
 */
#include "state/thread.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/trace.h"
#include "memory/own.h"
#include "memory/pool.h"
#include "memory/trashcan.h"
#include "state/breaker.h"
#include "state/interp.h"
#include "state/runtime.h"

static pthread_mutex_t list_lock = PTHREAD_MUTEX_INITIALIZER;
static __thread PyThreadState *bound;
static hob_gil_thread nobody;           /* owns the GIL while a thread swaps states */
static bool check_is_off;               /* PyGILState_Check cannot know: several interpreters */

void
hob_thread_lock_lists(void)
{
    pthread_mutex_lock(&list_lock);
}

void
hob_thread_unlock_lists(void)
{
    pthread_mutex_unlock(&list_lock);
}

void
hob_gilstate_stop_checking(void)
{
    check_is_off = true;
}

void
_Py_FatalError_TstateNULL(const char *func)
{
    _Py_FatalErrorFunc(func, "the function must be called with the GIL held, "
                             "but the GIL is released "
                             "(the current Python thread state is NULL)");
}

#define NEED_CURRENT(ts) \
    do { if (UNLIKELY(!(ts))) { _Py_FatalError_TstateNULL(__func__); } } while (0)

/* --- the GIL by thread state --- */

static inline bool
is_too_late(PyThreadState *ts)
{
    PyThreadState *finaliser = __atomic_load_n(&_PyRuntime.finalizing, __ATOMIC_ACQUIRE);
    return UNLIKELY(finaliser != NULL) && finaliser != ts;
}

void
hob_thread_came_back(PyThreadState *ts)
{
    if (UNLIKELY(is_too_late(ts))) {
        hob_gil_drop(&hob_thread_of(ts)->gil);
        hob_gil_park();
    }
    hob_set_current(ts);
    hob_breaker_enter(ts);
}

void
hob_thread_enter(PyThreadState *ts, enum hob_why why)
{
    if (UNLIKELY(is_too_late(ts))) { hob_gil_park(); }  /* ts may be gone */
    hob_gil_take(&hob_thread_of(ts)->gil, why);
    hob_thread_came_back(ts);
}

void
hob_thread_leave(PyThreadState *ts)
{
    hob_set_current(NULL);
    hob_gil_drop(&hob_thread_of(ts)->gil);
}

void
hob_thread_close(PyThreadState *ts)
{
    __atomic_store_n(&_PyRuntime.finalizing, ts, __ATOMIC_RELEASE);
    hob_gil_close(ts->interp->gil);
}

/* --- making --- */

PyThreadState *
hob_thread_new_unbound(PyInterpreterState *interp)
{
    hob_thread *self = NULL;
    if (posix_memalign((void **)&self, _Alignof(hob_thread), sizeof *self) != 0) {
        return NULL;
    }
    memset(self, 0, sizeof *self);
    PyThreadState *ts = &self->ts;
    ts->interp = interp;
    hob_gil_init_thread(&self->gil, ts);
    ts->cframe = &ts->root_cframe;
    ts->exc_info = &ts->exc_state;
    ts->gilstate_counter = 1;
    ts->context_ver = 1;

    hob_thread_lock_lists();
    ts->recursion_limit = interp->threads ? interp->threads->recursion_limit : 1000;
    ts->recursion_remaining = ts->recursion_limit;
    ts->id = ++interp->next_thread_id;
    ts->next = interp->threads;
    if (ts->next) { ts->next->prev = ts; }
    interp->threads = ts;
    hob_thread_unlock_lists();
    return ts;
}

/* A thread binds itself before it has the GIL, while others may look for it. */
static unsigned long
ident_of(PyThreadState *ts)
{
    return __atomic_load_n(&ts->thread_id, __ATOMIC_RELAXED);
}

/* ts is for the running OS thread. */
void
hob_thread_bind(PyThreadState *ts)
{
    __atomic_store_n(&ts->thread_id, PyThread_get_thread_ident(), __ATOMIC_RELAXED);
    ts->native_thread_id = PyThread_get_thread_native_id();
    if (!bound) { bound = ts; }
    ts->_initialized = 1;
    TRACE(thread, "start id=%llu", (unsigned long long)ts->id);
}

PyThreadState *
PyThreadState_New(PyInterpreterState *interp)
{
    PyThreadState *ts = hob_thread_new_unbound(interp);
    if (ts) { hob_thread_bind(ts); }
    return ts;
}

PyThreadState *
_PyThreadState_Prealloc(PyInterpreterState *interp)
{
    return hob_thread_new_unbound(interp);
}

void
_PyThreadState_Init(PyThreadState *ts)
{
    hob_thread_bind(ts);
}

void
_PyThreadState_SetCurrent(PyThreadState *ts)
{
    bound = ts;
    ts->native_thread_id = PyThread_get_thread_native_id();
}

/* --- unmaking --- */

void
hob_thread_clear(PyThreadState *ts)
{
    ts->c_profilefunc = NULL;
    ts->c_tracefunc = NULL;
    ts->cframe->use_tracing = 0;
    Py_CLEAR(ts->dict);
    Py_CLEAR(ts->async_exc);
    Py_CLEAR(ts->curexc_type);
    Py_CLEAR(ts->curexc_value);
    Py_CLEAR(ts->curexc_traceback);
    Py_CLEAR(ts->exc_state.exc_value);
    Py_CLEAR(ts->c_profileobj);
    Py_CLEAR(ts->c_traceobj);
    Py_CLEAR(ts->async_gen_firstiter);
    Py_CLEAR(ts->async_gen_finalizer);
    Py_CLEAR(ts->context);
    if (ts->trash_delete_later && ts == hob_ts()) { hob_trash_empty(ts); }
}

void
PyThreadState_Clear(PyThreadState *ts)
{
    if (_Py_GetConfig()->verbose && ts->cframe->current_frame) {
        fprintf(stderr, "PyThreadState_Clear: warning: thread still has a frame\n");
    }
    hob_thread_clear(ts);
    void (*on_delete)(void *) = ts->on_delete;
    void *data = ts->on_delete_data;
    ts->on_delete = NULL;               /* once, however often the state is cleared */
    ts->on_delete_data = NULL;
    if (on_delete) { on_delete(data); }
}

static void
unlink_state(PyThreadState *ts)
{
    hob_thread_lock_lists();
    if (ts->prev) { ts->prev->next = ts->next; }
    else          { ts->interp->threads = ts->next; }
    if (ts->next) { ts->next->prev = ts->prev; }
    hob_thread_unlock_lists();
    if (bound == ts) { bound = NULL; }
    hob_gil *gil = ts->interp->gil;
    if (gil->main_thread == &hob_thread_of(ts)->gil) { gil->main_thread = NULL; }
}

static void
free_state(PyThreadState *ts)
{
    TRACE(thread, "end id=%llu of=#%lu", (unsigned long long)ts->id, ts->native_thread_id);
    _PyStackChunk *chunk = ts->datastack_chunk;
    while (chunk) {
        _PyStackChunk *previous = chunk->previous;
        hob_pool_arenas.free(hob_pool_arenas.ctx, chunk, chunk->size);
        chunk = previous;
    }
    free(hob_thread_of(ts));
}

void
PyThreadState_Delete(PyThreadState *ts)
{
    NEED_CURRENT(ts);
    if (ts == hob_ts()) {
        _Py_FatalErrorFormat(__func__, "tstate %p is still current", ts);
    }
    unlink_state(ts);
    free_state(ts);
}

void
_PyThreadState_DeleteCurrent(PyThreadState *ts)
{
    NEED_CURRENT(ts);
    unlink_state(ts);
    hob_thread_leave(ts);
    free_state(ts);
}

void
PyThreadState_DeleteCurrent(void)
{
    _PyThreadState_DeleteCurrent(hob_ts());
}

int hob_threads_left;

void
hob_thread_delete_others(PyThreadState *ts)
{
    hob_thread_lock_lists();
    PyThreadState *others = ts->interp->threads;
    if (others == ts) { others = ts->next; }
    if (ts->prev) { ts->prev->next = ts->next; }
    if (ts->next) { ts->next->prev = ts->prev; }
    ts->prev = ts->next = NULL;
    ts->interp->threads = ts;
    hob_thread_unlock_lists();

    /* Where threads may still wait for the GIL their memory must stay. */
    bool is_final = _PyRuntime.finalizing != NULL;
    while (others) {
        PyThreadState *next = others->next;
        hob_threads_left++;
        PyThreadState_Clear(others);
        if (!is_final) { free_state(others); }
        others = next;
    }
}

void
_PyThreadState_DeleteExcept(hob_runtime *runtime, PyThreadState *ts)
{
    hob_thread_delete_others(ts);
}

/* In the child of a fork, which has one thread.  The lists may have been locked. */
void
hob_thread_after_fork(PyThreadState *ts)
{
    pthread_mutex_init(&list_lock, NULL);
    ts->thread_id = PyThread_get_thread_ident();
    ts->native_thread_id = PyThread_get_thread_native_id();
    bound = ts;
    hob_gil_after_fork(&hob_thread_of(ts)->gil);
    ts->interp->gil->main_thread = &hob_thread_of(ts)->gil;
    _PyRuntime.main_thread = ts->thread_id;
    _PyRuntime.main_native_thread = ts->native_thread_id;
}

/* --- which one is it --- */

PyThreadState *
_PyThreadState_UncheckedGet(void)
{
    return hob_ts();
}

PyThreadState *
PyThreadState_Get(void)
{
    PyThreadState *ts = hob_ts();
    NEED_CURRENT(ts);
    return ts;
}

/* Run on under another state, without letting go of the GIL. */
PyThreadState *
PyThreadState_Swap(PyThreadState *ts)
{
    PyThreadState *old = hob_ts();
    if (old == ts) { return old; }
    hob_gil_thread *from = old ? &hob_thread_of(old)->gil : &nobody;
    hob_gil_thread *to = ts ? &hob_thread_of(ts)->gil : &nobody;
    hob_gil *gil = (ts ? ts : old)->interp->gil;
    hob_set_current(ts);
    if (hob_gil_is_owner(gil, from)) { hob_gil_rename(gil, from, to); }
    if (ts) { hob_breaker_enter(ts); }
    return old;
}

PyThreadState *
_PyThreadState_Swap(void *unused, PyThreadState *ts)
{
    return PyThreadState_Swap(ts);
}

PyThreadState *
PyThreadState_Next(PyThreadState *ts)
{
    return ts->next;
}

PyInterpreterState *
PyThreadState_GetInterpreter(PyThreadState *ts)
{
    return ts->interp;
}

uint64_t
PyThreadState_GetID(PyThreadState *ts)
{
    return ts->id;
}

PyObject *
_PyThreadState_GetDict(PyThreadState *ts)
{
    if (!ts->dict) {
        ts->dict = PyDict_New();
        if (!ts->dict) { PyErr_Clear(); }
    }
    return ts->dict;
}

PyObject *
PyThreadState_GetDict(void)
{
    PyThreadState *ts = hob_ts();
    return ts ? _PyThreadState_GetDict(ts) : NULL;
}

/* Set (or with NULL, take back) the exception that a thread is to raise at its
 * next check point; the number of threads found. */
int
PyThreadState_SetAsyncExc(unsigned long id, PyObject *exc)
{
    PyInterpreterState *interp = PyThreadState_Get()->interp;
    hob_thread_lock_lists();
    PyThreadState *ts = interp->threads;
    while (ts && ident_of(ts) != id) { ts = ts->next; }
    PyObject *old = NULL;
    if (ts) {
        old = ts->async_exc;
        ts->async_exc = Py_XNewRef(exc);
    }
    hob_thread_unlock_lists();
    Py_XDECREF(old);
    if (ts) { hob_breaker_set(interp, BREAK_ASYNC); }
    return ts != NULL;
}

/* --- letting go and coming back --- */

PyThreadState *
PyEval_SaveThread(void)
{
    PyThreadState *ts = hob_ts();
    NEED_CURRENT(ts);
    hob_thread_leave(ts);
    return ts;
}

void
PyEval_RestoreThread(PyThreadState *ts)
{
    NEED_CURRENT(ts);
    int saved = errno;
    hob_thread_enter(ts, WHY_IO);
    errno = saved;
}

void
PyEval_AcquireThread(PyThreadState *ts)
{
    NEED_CURRENT(ts);
    hob_thread_enter(ts, WHY_IO);
}

void
PyEval_ReleaseThread(PyThreadState *ts)
{
    if (ts != hob_ts()) { Py_FatalError("wrong thread state"); }
    hob_thread_leave(ts);
}

void
PyEval_AcquireLock(void)
{
    PyThreadState *ts = bound;
    NEED_CURRENT(ts);
    hob_gil_take(&hob_thread_of(ts)->gil, WHY_IO);
}

void
PyEval_ReleaseLock(void)
{
    PyThreadState *ts = bound;
    NEED_CURRENT(ts);
    hob_gil_drop(&hob_thread_of(ts)->gil);
}

void
PyEval_InitThreads(void)
{
}

int
PyEval_ThreadsInitialized(void)
{
    return _PyRuntime.main_interp != NULL;
}

/* --- threads that Python did not start --- */

PyThreadState *
PyGILState_GetThisThreadState(void)
{
    return bound;
}

int
PyGILState_Check(void)
{
    if (check_is_off) { return 1; }
    PyThreadState *ts = hob_ts_of_whoever();
    if (!ts && !_PyRuntime.core_initialized) { return 1; }     /* nobody else runs yet */
    return ts && ts == bound;
}

PyInterpreterState *
_PyGILState_GetInterpreterStateUnsafe(void)
{
    return _PyRuntime.main_interp;
}

PyGILState_STATE
PyGILState_Ensure(void)
{
    PyThreadState *ts = bound;
    bool has_gil = ts && ts == hob_ts_of_whoever();
    if (!ts) {
        if (!_PyRuntime.main_interp) {
            Py_FatalError("PyGILState_Ensure before Py_Initialize");
        }
        ts = PyThreadState_New(_PyRuntime.main_interp);
        if (!ts) { Py_FatalError("Couldn't create thread-state for new thread"); }
        ts->gilstate_counter = 0;               /* the last Release deletes it */
    }
    if (!has_gil) { PyEval_RestoreThread(ts); }
    ts->gilstate_counter++;
    return has_gil ? PyGILState_LOCKED : PyGILState_UNLOCKED;
}

void
PyGILState_Release(PyGILState_STATE old)
{
    PyThreadState *ts = bound;
    if (!ts) {
        Py_FatalError("auto-releasing thread-state, but no thread-state for this thread");
    }
    if (ts != hob_ts()) {
        _Py_FatalErrorFormat(__func__, "thread state %p must be current when releasing", ts);
    }
    if (--ts->gilstate_counter > 0) {
        if (old == PyGILState_UNLOCKED) { PyEval_SaveThread(); }
        return;
    }
    ts->gilstate_counter = 1;                   /* destructors may come in and out again */
    PyThreadState_Clear(ts);
    ts->gilstate_counter = 0;
    _PyThreadState_DeleteCurrent(ts);
}

/* --- sys._current_frames, sys._current_exceptions --- */

static status
collect_one(PyObject *result, PyThreadState *ts, PyObject *(*read)(PyThreadState *))
{
    own PyObject *value = read(ts);
    if (!value) { return PyErr_Occurred() ? -1 : 0; }
    own PyObject *key = PyLong_FromUnsignedLong(ident_of(ts));
    return key ? PyDict_SetItem(result, key, value) : -1;
}

/* With the lists locked no state comes or goes; without the collector nothing that
 * is done meanwhile runs Python code, which could wait for that lock. */
static PyObject *
collect_by_thread(const char *event, PyObject *(*read)(PyThreadState *))
{
    (void)PyThreadState_Get();
    if (PySys_Audit(event, NULL) < 0) { return NULL; }
    own PyObject *result = PyDict_New();
    if (!result) { return NULL; }
    int was_enabled = PyGC_Disable();
    status failed = 0;
    hob_thread_lock_lists();
    for (PyInterpreterState *interp = _PyRuntime.interps; interp; interp = interp->next) {
        for (PyThreadState *ts = interp->threads; ts && !failed; ts = ts->next) {
            failed = collect_one(result, ts, read);
        }
    }
    hob_thread_unlock_lists();
    if (was_enabled) { PyGC_Enable(); }
    return failed ? NULL : (PyObject *)take(result);
}

static PyObject *
read_frame(PyThreadState *ts)
{
    return (PyObject *)PyThreadState_GetFrame(ts);
}

static PyObject *
read_exception(PyThreadState *ts)
{
    _PyErr_StackItem *item = ts->exc_info;
    while (item->previous_item && (!item->exc_value || item->exc_value == Py_None)) {
        item = item->previous_item;
    }
    PyObject *value = item->exc_value;
    if (!value || value == Py_None) {
        /* A thread that handles nothing shows (None, None, None) if it runs code. */
        if (!ts->cframe->current_frame) { return NULL; }
        return PyTuple_Pack(3, Py_None, Py_None, Py_None);
    }
    PyObject *traceback = PyException_GetTraceback(value);
    PyObject *triple = PyTuple_Pack(3, (PyObject *)Py_TYPE(value), value,
                                    traceback ? traceback : Py_None);
    Py_XDECREF(traceback);
    return triple;
}

PyObject *
_PyThread_CurrentFrames(void)
{
    return collect_by_thread("sys._current_frames", read_frame);
}

PyObject *
_PyThread_CurrentExceptions(void)
{
    return collect_by_thread("sys._current_exceptions", read_exception);
}

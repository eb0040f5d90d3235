/* thread.h -- thread states: the public struct and what Hob keeps behind it. */
#pragma once
#include <Python.h>

#include "base/c.h"
#include "state/gil.h"
#include "state/runtime.h"

typedef struct hob_thread {
    PyThreadState ts;                   /* first: a PyThreadState * is a hob_thread * */
    hob_gil_thread gil;
} hob_thread;

static inline hob_thread *
hob_thread_of(PyThreadState *ts)
{
    return (hob_thread *)ts;
}

/* Take the GIL and make ts current; a thread that comes too late (the
 * interpreter is being finalised by another) never returns.  TAKES_GIL */
void hob_thread_enter(PyThreadState *ts, enum hob_why why);

/* ts, which is current, is not any more; drop the GIL.  DROPS_GIL */
void hob_thread_leave(PyThreadState *ts);

/* The second half of hob_thread_enter: ts owns the GIL already. */
void hob_thread_came_back(PyThreadState *ts);

/* Make the thread that finalises the only one that ever runs again; it holds
 * the GIL. */
void hob_thread_close(PyThreadState *ts);

/* Make a state whose OS thread is not running yet; it is bound there. */
MUST_USE PyThreadState *hob_thread_new_unbound(PyInterpreterState *interp);
void hob_thread_bind(PyThreadState *ts);

/* All of ts's object fields are dropped and the data stack is freed. */
void hob_thread_clear(PyThreadState *ts);

/* Forget and free every other state of all interpreters, without running
 * their destructors' hooks: after fork and at the end. */
void hob_thread_delete_others(PyThreadState *ts);

/* How many such states there were: their C frames own references for good. */
extern int hob_threads_left;

/* Guard the lists of states and interpreters. */
void hob_thread_lock_lists(void);
void hob_thread_unlock_lists(void);

void hob_thread_after_fork(PyThreadState *ts);

/* Several interpreters: PyGILState_Check says yes from now on. */
void hob_gilstate_stop_checking(void);

/* Names that the public headers leave out. */
HOB_EXPORT void _PyThreadState_Init(PyThreadState *ts);
HOB_EXPORT void _PyThreadState_SetCurrent(PyThreadState *ts);
HOB_EXPORT void _PyThreadState_DeleteCurrent(PyThreadState *ts);
HOB_EXPORT void _PyThreadState_DeleteExcept(hob_runtime *runtime, PyThreadState *ts);
HOB_EXPORT PyThreadState *_PyThreadState_Swap(void *unused, PyThreadState *ts);
HOB_EXPORT void _Py_FatalError_TstateNULL(const char *func) __attribute__((noreturn));

/* lifecycle.h -- what run/ calls at the start and at the end. */
#pragma once
#include <Python.h>

#include "base/c.h"

MUST_USE status hob_runtime_init(void);
void            hob_runtime_close(PyThreadState *ts);
void            hob_runtime_fini(void);

/* Drop what interp holds; part of PyInterpreterState_Clear. */
void            hob_interp_clear(PyInterpreterState *interp);
struct hob_gil;
struct hob_gil_thread;
void            hob_gil_forget_owner(struct hob_gil *gil);
void            hob_gil_open(struct hob_gil *gil, struct hob_gil_thread *main_thread);

/* eval.h -- what the two copies of the loop share. */
#pragma once
#include <Python.h>

#include "base/c.h"
#include "vm/frame.h"

extern const binaryfunc hob_binary_ops[26];             /* by NB_* */

PyObject *hob_eval_traced(PyThreadState *ts, _PyCFrame *cframe, _Py_CODEUNIT *next_instr,
                          bool throwing);

/* trace.c: calls and sends under tracing */
PyObject *hob_trace_call_ex(PyThreadState *ts, PyObject *func, PyObject *args,
                            PyObject *kwargs);
PySendResult hob_trace_send(PyThreadState *ts, hob_frame *frame, PyObject *receiver,
                            PyObject *sent, PyObject **result);

/* RecursionError: the C stack is nearly used up. */

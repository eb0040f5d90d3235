/* vm.h -- what the rooms above, and files of this one, may ask of the machine.
 *
 * Everything public is in <Python.h>; this is the rest, file by file.
 */
#pragma once
#include <Python.h>

#include "base/c.h"
#include "vm/frame.h"

/* --- start and end --- */
MUST_USE status hob_vm_init(void);          /* after types: caches of the machine */
void hob_vm_fini(void);
void hob_vm_clear_freelists(void);

/* Tell the machine which functions len and isinstance are. */
void hob_vm_know_builtins(PyObject *builtins_dict);

/* --- eval.c --- */
#define hob_eval_frame _PyEval_EvalFrameDefault

/* Call func with bound-later arguments: the body of vectorcall.  args and func
 * are borrowed.  locals is for class bodies and exec. */
MUST_USE PyObject *hob_eval_call(PyThreadState *ts, PyFunctionObject *func, PyObject *locals,
                                 PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames);

/* --- arguments.c --- */

/* The tuple of *args in a call of func: TypeError when args is no iterable. */
MUST_USE PyObject *hob_spread_arguments(PyThreadState *ts, PyObject *func, PyObject *args);

/* hob_frame_push for a tuple and a dict (or NULL), both borrowed, like func. */
MUST_USE hob_frame *hob_frame_push_ex(PyThreadState *ts, PyFunctionObject *func, PyObject *args,
                                      PyObject *kwargs);

/* Fill a frame's slots from arguments, which are taken over also on failure. */
MUST_USE status hob_bind_arguments(PyThreadState *ts, PyFunctionObject *func, PyObject **slots,
                                   STOLEN PyObject *const *args, Py_ssize_t nargs,
                                   PyObject *kwnames);

/* --- function.c --- */

/* A version for inline caches, made when it has none; 0 when they ran out. */
uint32_t hob_function_version(PyFunctionObject *func);
MUST_USE PyFunctionObject *hob_function_from(const PyFrameConstructor *spec);
BORROWED PyObject *hob_builtins_of(PyThreadState *ts, PyObject *globals);

/* --- generator.c --- */

/* The generator, coroutine or asynchronous generator of func's kind. */
MUST_USE PyObject *hob_generator_new(PyFunctionObject *func);

/* Where the FOR_ITER or SEND that resumed gen jumps when it ends; in four bytes
 * that the public struct leaves unused. */
static inline int32_t *
hob_generator_jump(PyGenObject *gen)
{
    return (int32_t *)&gen->gi_iframe - 1;
}

_Static_assert(offsetof(PyGenObject, gi_iframe) - offsetof(PyGenObject, gi_frame_state) == 5,
               "room for hob_generator_jump");

/* Mark gen as running; the caller pushes what is sent and links the frame. */
static inline void
hob_generator_resume(PyThreadState *ts, PyGenObject *gen)
{
    gen->gi_frame_state = GEN_EXECUTING;
    gen->gi_exc_state.previous_item = ts->exc_info;
    ts->exc_info = &gen->gi_exc_state;
}

static inline void
hob_generator_leave(PyThreadState *ts, PyGenObject *gen)
{
    EXPECT(ts->exc_info == &gen->gi_exc_state);
    ts->exc_info = gen->gi_exc_state.previous_item;
    gen->gi_exc_state.previous_item = NULL;
}

/* The frame of gen has returned or raised: drop what it holds. */
void hob_generator_finish(PyThreadState *ts, PyGenObject *gen);

/* The exception that leaves gen: StopIteration becomes RuntimeError. */
void hob_generator_check_stop(PyThreadState *ts, PyGenObject *gen);

/* What gen delegates to (yield from, await): new reference, or NULL. */
MAYBE_NULL PyObject *hob_generator_delegate(PyGenObject *gen);

/* What `await op` iterates: TypeError when op cannot be awaited. */
MUST_USE PyObject *hob_coro_awaitable_iter(PyObject *op);
MUST_USE PyObject *hob_asyncgen_wrap(PyObject *value);
/* anext(aiter, fallback): what awaiting it gives is wrapped's value or fallback. */
MUST_USE PyObject *hob_anext_awaitable_new(PyObject *wrapped, PyObject *fallback);
extern PyTypeObject hob_anext_awaitable_type;
MUST_USE PyObject *hob_coro_origin(int depth, hob_frame *from);
void hob_asyncgen_clear_freelists(void);

/* --- unwind.c --- */

/* `raise exc from cause`: 1 when an exception is re-raised as it is, else 0;
 * an exception is pending either way. */
int hob_raise(PyThreadState *ts, STOLEN MAYBE_NULL PyObject *exc,
              STOLEN MAYBE_NULL PyObject *cause);
MUST_USE tri hob_exception_matches(PyThreadState *ts, PyObject *left, PyObject *right);
MUST_USE status hob_group_check(PyThreadState *ts, PyObject *right);
void hob_error_unbound(PyThreadState *ts, PyCodeObject *code, int slot);
void hob_error_name(PyThreadState *ts, PyObject *exc, const char *format, PyObject *name);
void hob_error_not_mapping(PyThreadState *ts, PyObject *func, PyObject *kwargs);

/* --- names.c --- */
MUST_USE PyObject *hob_load_name(PyThreadState *ts, hob_frame *frame, PyObject *name);
MUST_USE PyObject *hob_load_global(PyThreadState *ts, hob_frame *frame, PyObject *name);
MUST_USE PyObject *hob_load_classderef(PyThreadState *ts, hob_frame *frame, int slot);
MUST_USE PyObject *hob_load_build_class(PyThreadState *ts, hob_frame *frame);
MUST_USE status hob_store_name(PyThreadState *ts, hob_frame *frame, PyObject *name,
                               PyObject *value);
MUST_USE status hob_delete_name(PyThreadState *ts, hob_frame *frame, PyObject *name);
MUST_USE status hob_setup_annotations(PyThreadState *ts, hob_frame *frame);
MUST_USE PyObject *hob_import_name(PyThreadState *ts, hob_frame *frame, PyObject *name,
                                   PyObject *fromlist, PyObject *level);
MUST_USE PyObject *hob_import_from(PyThreadState *ts, PyObject *module, PyObject *name);
MUST_USE status hob_import_star(PyThreadState *ts, hob_frame *frame, PyObject *module);

/* --- slices.c: container[a:b] and container[a:b] = value without a slice object --- */

/* bounds are the n operands of BUILD_SLICE: start, stop, perhaps step.  NULL or 0 without
 * an exception when container or bounds are not of the common kinds. */
MUST_USE PyObject *hob_slice_get(PyObject *container, PyObject *const *bounds, Py_ssize_t n);
MUST_USE tri hob_slice_set(PyObject *container, PyObject *const *bounds, Py_ssize_t n,
                           PyObject *value);

/* --- protocols.c: what instructions do beyond one API call --- */

/* Spread an iterable over end[-1] .. downwards: n_before values, and when
 * n_after >= 0 a list of the middle and n_after values. */
MUST_USE status hob_unpack(PyThreadState *ts, PyObject *seq, int n_before, int n_after,
                           PyObject **end);
MUST_USE PyObject *hob_match_keys(PyThreadState *ts, PyObject *map, PyObject *keys);
MUST_USE PyObject *hob_match_class(PyThreadState *ts, PyObject *subject, PyObject *type,
                                   Py_ssize_t n_positional, PyObject *names);
/* manager -> bound __exit__ (or __aexit__) and the result of __enter__(). */
MUST_USE status hob_enter_context(PyThreadState *ts, PyObject *manager, bool is_async,
                                  PyObject **exit, PyObject **result);
MUST_USE PyObject *hob_exit_context(PyThreadState *ts, PyObject *exit, PyObject *exc);
MUST_USE PyObject *hob_format_value(PyObject *value, PyObject *spec, int conversion);
MUST_USE PyObject *hob_lookup_special(PyObject *self,
                                      PyObject *name);  /* NULL: maybe no error */
MUST_USE status hob_print_expr(PyThreadState *ts, PyObject *value);
MUST_USE PyObject *hob_get_aiter(PyThreadState *ts, PyObject *obj);
MUST_USE PyObject *hob_get_anext(PyThreadState *ts, PyObject *aiter);
MUST_USE PyObject *hob_get_awaitable(PyThreadState *ts, PyObject *obj, int oparg);
MUST_USE PyObject *hob_get_yield_from_iter(PyThreadState *ts, PyCodeObject *code,
                                           PyObject *obj);
MUST_USE status hob_extend_list(PyThreadState *ts, PyObject *list, PyObject *iterable);
MUST_USE PyObject *hob_call_ex(PyThreadState *ts, PyObject *func, PyObject *args,
                               PyObject *kwargs);

/* The truth of anything, with the common types in line. */
tri hob_truth(PyObject *op);

/* --- trace.c --- */
int hob_trace_call(PyThreadState *ts, hob_frame *frame);
int hob_trace_return(PyThreadState *ts, hob_frame *frame, PyObject *value);
void hob_trace_unwind(PyThreadState *ts, hob_frame *frame);
void hob_trace_exception(PyThreadState *ts, hob_frame *frame);
int hob_trace_line(PyThreadState *ts, hob_frame *frame, int unit_before);
PyObject *hob_trace_c_call(PyThreadState *ts, PyObject *func, PyObject *const *args,
                           size_t nargsf,
                           PyObject *kwnames);

/* --- traceback.c --- */
MUST_USE status hob_traceback_here(PyThreadState *ts, hob_frame *frame);
int hob_traceback_line(PyTracebackObject *tb);
MUST_USE PyObject *hob_traceback_new(PyObject *next, PyFrameObject *frame, int lasti, int line);
void hob_traceback_clear_freelist(void);
void hob_traceback_dump_current(int fd);        /* async-signal-safe */

/* --- suggestions.c --- */
MAYBE_NULL PyObject *hob_suggest(PyObject *exc);        /* str, or NULL without an error */

/* --- context.c --- */
MUST_USE status hob_context_init(void);
void hob_context_clear_freelist(void);

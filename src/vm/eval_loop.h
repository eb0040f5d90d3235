/* eval_loop.h -- the loop that runs instructions; included twice.
 *
 * eval.c includes it as _PyEval_EvalFrameDefault, the loop that programs run in;
 * eval_traced.c with TRACED 1 as hob_eval_traced, which runs only base
 * instructions and looks at the trace and profile functions before each.  The
 * plain loop goes over to the other when it finds cframe->use_tracing set behind
 * an instruction that may have run other code (DISPATCH_CHECKED), so tracing
 * costs nothing while it is off.
 *
 * Registers  frame        what runs; cframe->current_frame says the same
 *            next_instr   the code unit after the current instruction's first
 *            sp           one above the top of the operand stack
 *            oparg        argument of the current instruction
 *            kwnames      left by KW_NAMES for the call behind it, else NULL
 * Holds      before anything that can run other code frame->prev_instr is the
 *            current instruction (SAVE_PC); what is above sp is nobody's.
 *            A call of Python by Python pushes a frame and goes on here.
 * Hazard     `goto error` notes next_instr - 1 as the place; bodies that have
 *            moved next_instr further use error_saved.
 *
 * The bodies are in ops/; tools/gen/ops.py makes eval_cases.h of them.
 */

#define TARGET(op) target_##op: UNUSED_LABEL; next_instr++; do_##op: UNUSED_LABEL;
#define UNUSED_LABEL __attribute__((unused))

#define SAVE_PC()    (frame->prev_instr = next_instr - 1)
#define SAVE_STACK() (frame->stacktop = (int)(sp - frame->slots))

/* Go on where frame stopped. */
#define LOAD_FRAME()                                                            \
    do {                                                                        \
        next_instr = frame->prev_instr + 1 + frame->resume;                     \
        sp = frame->slots + frame->stacktop;                                    \
        consts = ((PyTupleObject *)frame->code->co_consts)->ob_item;            \
        names = ((PyTupleObject *)frame->code->co_names)->ob_item;              \
    } while (0)

#define CONST(i)     (consts[i])
#define NAME(i)      (names[i])
#define LOCAL(i)     (frame->slots[i])
#define SET_LOCAL(i, new)                                                       \
    do {                                                                        \
        PyObject *old_ = LOCAL(i);                                              \
        LOCAL(i) = (new);                                                       \
        XDROP(old_);                                                            \
    } while (0)

/* --- letting go: like Py_DECREF, with the place noted when code may run --- */
#define DROP(x)                                                                 \
    do {                                                                        \
        PyObject *drop_ = (PyObject *)(x);                                      \
        if (--drop_->ob_refcnt == 0) {                                          \
            SAVE_PC();                                                          \
            Py_TYPE(drop_)->tp_dealloc(drop_);                                  \
        }                                                                       \
    } while (0)
#define XDROP(x)                                                                \
    do {                                                                        \
        PyObject *xdrop_ = (PyObject *)(x);                                     \
        if (xdrop_) { DROP(xdrop_); }                                           \
    } while (0)
#define DROP_INT(x)   do { if (--(x)->ob_refcnt == 0) { hob_int_bury(x); } } while (0)
#define DROP_FLOAT(x) do { if (--(x)->ob_refcnt == 0) { hob_float_bury(x); } } while (0)
#define DROP_STACK(n)                                                           \
    do {                                                                        \
        for (int n_ = (n); n_ > 0; n_--) {                                      \
            PyObject *top_ = *--sp;                                             \
            DROP(top_);                                                         \
        }                                                                       \
    } while (0)

/* --- leaving an instruction --- */
#define ERROR_IF(c) do { if (UNLIKELY(c)) { goto error; } } while (0)

#if TRACED
#  define DISPATCH()          goto trace_dispatch
#  define DISPATCH_CHECKED()  goto trace_dispatch
#  define DISPATCH_TO(op)     goto *targets[hob_opcode_deopt[op]]
#else
#  define DISPATCH()                                                            \
    do {                                                                        \
        const uint8_t *unit_ = (const uint8_t *)next_instr;                     \
        oparg = unit_[1];               /* two loads: cheaper than to split one */  \
        goto *targets[unit_[0]];                                                \
    } while (0)
#  define DISPATCH_CHECKED()                                                    \
    do {                                                                        \
        if (UNLIKELY(cframe->use_tracing)) { goto to_traced; }                  \
        DISPATCH();                                                             \
    } while (0)
#  define DISPATCH_TO(op)     goto *targets[op]
#endif

/* --- quickening --- */
#define CACHE_U32(i)    ({ uint32_t u_; memcpy(&u_, next_instr + (i), 4); u_; })
#define CACHE_OBJECT(i) ({ PyObject *o_; memcpy(&o_, next_instr + (i), 8); o_; })
#define MISS_TO(family, c) do { if (UNLIKELY(c)) { goto miss_##family; } } while (0)
#define FOR_MISS_IF(c)  do { if (UNLIKELY(c)) { goto miss_FOR_ITER; } } while (0)
#define RETRY()         do { next_instr--; goto *targets[*next_instr & 255]; } while (0)
#define ADAPTIVE(family, specialize)                                            \
    do {                                                                        \
        uint16_t *counter_ = next_instr + COUNTER_AT_##family;                  \
        if (*counter_ >= COUNTER_ONE) {                                         \
            *counter_ -= COUNTER_ONE;                                           \
            goto do_##family;                                                   \
        }                                                                       \
        SAVE_PC();                                                              \
        specialize;                                                             \
        RETRY();                                                                \
    } while (0)
#define MISS_LABEL(family)                                                      \
    miss_##family:                                                              \
        hob_cache_miss(next_instr - 1, COUNTER_AT_##family, family##_ADAPTIVE); \
        goto do_##family;

/* --- arithmetic; left, right and res are the instruction's --- */
#define INT_ARITH(op, slow)                                                     \
    do {                                                                        \
        if (LIKELY(hob_int_both_compact(left, right))) {                        \
            int64_t value_ = hob_int_compact_value(left) op                     \
                             hob_int_compact_value(right);                      \
            if (left->ob_refcnt == 1 && int_put(left, value_)) {                \
                res = left;                                                     \
                DROP_INT(right);                                                \
                break;                                                          \
            }                                                                   \
            res = hob_int_from_i64(value_);                                     \
        }                                                                       \
        else {                                                                  \
            res = slow(left, right);                                            \
        }                                                                       \
        ERROR_IF(!res);                                                         \
        DROP_INT(right);                                                        \
        DROP_INT(left);                                                         \
    } while (0)

#define FLOAT_ARITH(op)                                                         \
    do {                                                                        \
        double value_ = PyFloat_AS_DOUBLE(left) op PyFloat_AS_DOUBLE(right);    \
        if (left->ob_refcnt == 1) {                                             \
            ((PyFloatObject *)left)->ob_fval = value_;                          \
            res = left;                                                         \
            DROP_FLOAT(right);                                                  \
        }                                                                       \
        else if (right->ob_refcnt == 1) {                                       \
            ((PyFloatObject *)right)->ob_fval = value_;                         \
            res = right;                                                        \
            left->ob_refcnt--;                                                  \
        }                                                                       \
        else {                                                                  \
            res = hob_float_new(value_);                                        \
            ERROR_IF(!res);                                                     \
            DROP_FLOAT(right);                                                  \
            DROP_FLOAT(left);                                                   \
        }                                                                       \
    } while (0)

/* --- jumps and the breaker --- */
#define BREAKER_SET() UNLIKELY(__atomic_load_n(breaker, __ATOMIC_RELAXED))
#define CHECK_BREAKER()                                                         \
    do {                                                                        \
        if (BREAKER_SET()) {                                                    \
            SAVE_PC();                                                          \
            goto handle_breaker;                                                \
        }                                                                       \
    } while (0)
#define CHECK_BREAKER_AFTER_CALL() do { if (BREAKER_SET()) { goto handle_breaker; } } while (0)
#define JUMP_BACK(n)                                                            \
    do {                                                                        \
        if (BREAKER_SET()) {                                                    \
            SAVE_PC();                                                          \
            next_instr -= (n);                                                  \
            goto handle_breaker;                                                \
        }                                                                       \
        next_instr -= (n);                                                      \
    } while (0)
#define COMPARED_JUMP(outcome)                                                  \
    do {                                                                        \
        unsigned mask_ = next_instr[1];                                         \
        int by_ = next_instr[2] >> 8;                                           \
        next_instr += 3;                                                        \
        if ((outcome) & mask_) {                                                \
            if (mask_ & JUMP_BACKWARDS) {                                       \
                JUMP_BACK(by_);                                                 \
            }                                                                   \
            else {                                                              \
                next_instr += by_;                                              \
            }                                                                   \
        }                                                                       \
        DISPATCH();                                                             \
    } while (0)
/* truth = bool(value), where value has been popped. */
#define TRUTH_OF(value, truth)                                                  \
    do {                                                                        \
        if (LIKELY((value) == Py_True)) {                                       \
            Py_True->ob_refcnt--;                                               \
            (truth) = 1;                                                        \
        }                                                                       \
        else if (LIKELY((value) == Py_False)) {                                     \
            Py_False->ob_refcnt--;                                              \
            (truth) = 0;                                                        \
        }                                                                       \
        else {                                                                  \
            SAVE_PC();                                                          \
            (truth) = hob_truth(value);                                         \
            DROP(value);                                                        \
            ERROR_IF((truth) < 0);                                              \
        }                                                                       \
    } while (0)

/* --- calls --- */

/* Run callee; when it is done go on at next_instr + skip. */
#define CALL_FRAME(callee, skip)                                                \
    do {                                                                        \
        SAVE_PC();                                                              \
        SAVE_STACK();                                                           \
        frame->resume = (skip);                                                 \
        (callee)->previous = frame;                                             \
        frame = cframe->current_frame = (callee);                               \
        goto start_frame;                                                       \
    } while (0)
#define FIND_CALL()                                                             \
    Py_ssize_t nargs = oparg + (sp[-(oparg + 2)] != NULL);                      \
    PyObject **args = sp - nargs;                                               \
    PyObject *callable = args[-1];                                              \
    (void)callable
#define PUT_ARGS(callee, args, n, n_slots)                                      \
    do {                                                                        \
        Py_ssize_t i_ = 0;                                                      \
        for (; i_ < (n); i_++) { (callee)->slots[i_] = (args)[i_]; }            \
        for (; i_ < (n_slots); i_++) { (callee)->slots[i_] = NULL; }            \
    } while (0)
/* Drop everything of a call: arguments, callable, and the slot for self. */
#define DROP_CALL()                                                             \
    do {                                                                        \
        PyObject **base_ = sp - (oparg + 2);                                    \
        while (sp > base_ + 1) {                                                \
            PyObject *top_ = *--sp;                                             \
            DROP(top_);                                                         \
        }                                                                       \
        PyObject *first_ = *--sp;                                               \
        XDROP(first_);                                                          \
    } while (0)
/* [NULL, bound method] -> [function, self] */
#define UNPACK_METHOD()                                                         \
    do {                                                                        \
        PyMethodObject *bound_ = (PyMethodObject *)sp[-(oparg + 1)];            \
        sp[-(oparg + 2)] = Py_NewRef(bound_->im_func);                          \
        sp[-(oparg + 1)] = Py_NewRef(bound_->im_self);                          \
        DROP(bound_);                                                           \
    } while (0)
#define ENTER_C()                                                               \
    do {                                                                        \
        if (hob_recursion_count(ts, " while calling a Python object")) {        \
            goto error;                                                         \
        }                                                                       \
    } while (0)
#define LEAVE_C() hob_recursion_leave(ts)

/* Run gen in this loop with value pushed; kind says what its end means. */
#define RESUME_GENERATOR(gen, value, kind)                                      \
    do {                                                                        \
        hob_frame *inner_ = hob_generator_frame((PyObject *)(gen));             \
        SAVE_PC();                                                              \
        SAVE_STACK();                                                           \
        frame->resume = 0;                                                      \
        inner_->slots[inner_->stacktop] = (value);                              \
        sp = inner_->slots + inner_->stacktop + 1;                              \
        *hob_generator_jump(gen) = (int)oparg;                                       \
        inner_->on_return = (kind);                                             \
        inner_->is_entry = false;                                               \
        inner_->previous = frame;                                               \
        hob_generator_resume(ts, (gen));                                        \
        frame = cframe->current_frame = inner_;                                 \
        goto resume_generator;                                                  \
    } while (0)

#define LEAVE_EVAL(value) do { result = (value); goto leave; } while (0)

/* --- what the tracing loop does more --- */
#if TRACED
#  define TRACE_RETURN(value)                                                   \
    do {                                                                        \
        if (cframe->use_tracing && hob_trace_return(ts, frame, value) < 0) {    \
            Py_DECREF(value);                                                   \
            goto exit_unwind;                                                   \
        }                                                                       \
    } while (0)
#  define TRACE_STOP_ITERATION()                                                \
    do { if (ts->c_tracefunc) { hob_trace_exception(ts, frame); } } while (0)
#  define CALL_OUT(func, args, n, kwnames)                                      \
    (cframe->use_tracing                                                        \
     ? hob_trace_c_call(ts, func, args, (n) | PY_VECTORCALL_ARGUMENTS_OFFSET, kwnames)  \
     : hob_call_ts(ts, func, args, (n) | PY_VECTORCALL_ARGUMENTS_OFFSET, kwnames))
#  define CALL_OUT_EX(func, args, kwargs)                                       \
    (cframe->use_tracing ? hob_trace_call_ex(ts, func, args, kwargs)            \
                         : PyObject_Call(func, args, kwargs))
#  define SEND_TO(receiver, sent, res) hob_trace_send(ts, frame, receiver, sent, res)
#else
#  define TRACE_RETURN(value)    ((void)0)
#  define TRACE_STOP_ITERATION() ((void)0)
#  define CALL_OUT(func, args, n, kwnames)                                      \
    hob_call_ts(ts, func, args, (n) | PY_VECTORCALL_ARGUMENTS_OFFSET, kwnames)
#  define CALL_OUT_EX(func, args, kwargs) PyObject_Call(func, args, kwargs)
#  define SEND_TO(receiver, sent, res) PyIter_Send(receiver, sent, res)
#endif

#ifndef HOB_EVAL_HELPERS
#define HOB_EVAL_HELPERS

/* Make op, an exact int of 32 bytes that nobody else refers to, the int value;
 * false when that is a small int or needs two digits. */
static ALWAYS_INLINE bool
int_put(PyObject *op, int64_t value)
{
    if ((uint64_t)(value - SMALL_INT_MIN) < N_SMALL_INTS) { return false; }
    if ((uint64_t)(value + PyLong_MASK) > 2 * (uint64_t)PyLong_MASK) { return false; }
    Py_SET_SIZE(op, value < 0 ? -1 : 1);
    ((PyLongObject *)op)->ob_digit[0] = (digit)(value < 0 ? -value : value);
    return true;
}

/* The value of name in a dict of str keys if it is at entry i. */
static ALWAYS_INLINE MAYBE_NULL PyObject *
dict_value_at(PyDictObject *dict, unsigned i, PyObject *name)
{
    PyDictKeysObject *keys = dict->ma_keys;
    if (!hob_keys_is_str(keys) || (Py_ssize_t)i >= keys->n_entries) { return NULL; }
    hob_dict_str_entry *entry = &hob_keys_str(keys)[i];
    if (entry->key != name) { return NULL; }
    return dict->ma_values ? dict->ma_values->values[i] : entry->value;
}

/* A frame of the data stack is done; `last` is the instruction it returned at, or
 * NULL if prev_instr is already right. */
static ALWAYS_INLINE void
frame_end(PyThreadState *ts, hob_frame *frame, _Py_CODEUNIT *last)
{
    if (UNLIKELY(frame->object || frame->locals)) {
        if (last) { frame->prev_instr = last; }
        frame->stacktop = frame->code->co_nlocalsplus;
        hob_frame_clear(frame);
    }
    else {
        PyCodeObject *code = frame->code;
        PyObject **slot = frame->slots, **end = slot + code->co_nlocalsplus;
        for (; slot < end; slot++) { Py_XDECREF(*slot); }
        Py_DECREF(frame->func);
        Py_DECREF(code);
    }
    hob_stack_give(ts, frame);
}

/* The pending exception as an instance, taken out of the thread state. */
static inline PyObject *
take_exception(PyThreadState *ts)
{
    PyObject *type = ts->curexc_type, *value = ts->curexc_value, *tb = ts->curexc_traceback;
    ts->curexc_type = ts->curexc_value = ts->curexc_traceback = NULL;
    if (UNLIKELY(!value || (PyObject *)Py_TYPE(value) != type)) {
        PyErr_NormalizeException(&type, &value, &tb);
    }
    PyBaseExceptionObject *exc = (PyBaseExceptionObject *)value;
    PyObject *old = exc->traceback;
    exc->traceback = tb;
    Py_XDECREF(old);
    Py_DECREF(type);
    return value;
}
#endif

#if TRACED
/* Go on with cframe->current_frame: at next_instr, or raising what is pending.
 * Comes back with the result of the entry frame, or with (PyObject *)cframe when
 * tracing has been switched off. */
PyObject *
hob_eval_traced(PyThreadState *ts, _PyCFrame *cframe, _Py_CODEUNIT *next_instr, bool throwing)
#else
HOB_EXPORT PyObject *
_PyEval_EvalFrameDefault(PyThreadState *ts, hob_frame *frame, int throwing)
#endif
{
    static const void *const targets[256] = {
#if TRACED
        HOB_BASE_TARGETS
#else
        HOB_TARGETS
#endif
    };
#if TRACED
    hob_frame *frame = cframe->current_frame;
#else
    _Py_CODEUNIT *next_instr;
    _PyCFrame cframe_body, *const cframe = &cframe_body;
#endif
    PyObject **sp, **consts, **names;
    PyObject *kwnames = NULL, *result;
    Py_ssize_t oparg = 0;               /* as wide as an index: no sign to extend */
    const int *const breaker = &ts->interp->breaker;

#if TRACED
    _Py_CODEUNIT *first = next_instr;
    LOAD_FRAME();
    if (throwing) {
        if (hob_trace_call(ts, frame) < 0) { goto exit_unwind; }
        goto error_saved;
    }
    next_instr = first;
    DISPATCH();
#else
    cframe->previous = ts->cframe;
    cframe->use_tracing = cframe->previous->use_tracing;
    frame->is_entry = true;
    frame->on_return = RETURN_PUSH;
    frame->previous = cframe->previous->current_frame;
    cframe->current_frame = frame;
    ts->cframe = cframe;
    if (UNLIKELY(hob_recursion_enter(ts, ""))) {
        ts->recursion_remaining--;
        goto exit_unwind;
    }
    LOAD_FRAME();
    if (UNLIKELY(cframe->use_tracing)) {
        if (throwing) { goto throw_traced; }
        goto to_traced;
    }
    if (UNLIKELY(throwing)) { goto error_saved; }
    DISPATCH();
#endif

start_frame:
    if (UNLIKELY(hob_recursion_count(ts, ""))) {
        ts->recursion_remaining--;
        goto exit_unwind;
    }
    LOAD_FRAME();
    DISPATCH();

resume_generator: UNUSED_LABEL;
    consts = ((PyTupleObject *)frame->code->co_consts)->ob_item;
    names = ((PyTupleObject *)frame->code->co_names)->ob_item;
    if (UNLIKELY(hob_recursion_count(ts, ""))) {
        ts->recursion_remaining--;
        while (sp > hob_frame_stack(frame)) {
            PyObject *top = *--sp;
            Py_XDECREF(top);
        }
        goto exit_unwind;
    }
    next_instr = frame->prev_instr + 1;
    DISPATCH();

handle_breaker:
    if (hob_breaker_handle(ts) < 0) { goto error_saved; }
    DISPATCH_CHECKED();

#if TRACED
trace_dispatch:
    if (UNLIKELY(!cframe->use_tracing)) {
        SAVE_STACK();
        frame->prev_instr = next_instr - 1;
        frame->resume = 0;
        return (PyObject *)cframe;
    }
    {
        int unit_before = hob_frame_unit(frame);
        frame->prev_instr = next_instr;
        if (ts->tracing == 0 &&
            next_instr - hob_code_start(frame->code) >= frame->code->_co_firsttraceable) {
            bool is_resume = hob_opcode_deopt[*next_instr & 255] == RESUME;
            if (is_resume && *next_instr >> 8 < 2 && BREAKER_SET()) {
                if (hob_breaker_handle(ts) < 0) {
                    next_instr++;
                    goto error;
                }
            }
            SAVE_STACK();
            int failed = is_resume ? hob_trace_call(ts, frame)
                                   : hob_trace_line(ts, frame, unit_before);
            sp = frame->slots + frame->stacktop;
            if (failed < 0) {
                next_instr++;
                goto error;
            }
            next_instr = frame->prev_instr;     /* a trace function may jump */
        }
        oparg = *next_instr >> 8;
        DISPATCH_TO(*next_instr & 255);
    }
#else
to_traced:
    SAVE_STACK();
    result = hob_eval_traced(ts, cframe, next_instr, false);
    goto from_traced;
throw_traced:
    result = hob_eval_traced(ts, cframe, next_instr, true);
from_traced:
    frame = cframe->current_frame;
    if (result != (PyObject *)cframe) { goto leave; }
    LOAD_FRAME();
    DISPATCH();
#endif

#include "gen/vm/eval_cases.h"

unknown_opcode:
    next_instr++;
    SAVE_PC();
    PyErr_SetString(PyExc_SystemError, "unknown opcode");
    goto error;

#if !TRACED
    MISS_LABEL(BINARY_OP)
    MISS_LABEL(COMPARE_OP)
    MISS_LABEL(BINARY_SUBSCR)
    MISS_LABEL(STORE_SUBSCR)
    MISS_LABEL(UNPACK_SEQUENCE)
    MISS_LABEL(LOAD_GLOBAL)
    MISS_LABEL(LOAD_ATTR)
    MISS_LABEL(STORE_ATTR)
    MISS_LABEL(LOAD_METHOD)
    MISS_LABEL(PRECALL)
miss_FOR_ITER:
    _Py_SET_OPCODE(next_instr[-1], FOR_ITER_MIXED);
    goto do_FOR_ITER_MIXED;
#endif

    /* --- something was raised --- */
unbound_local:
unbound_slot:
    SAVE_PC();
    hob_error_unbound(ts, frame->code, (int)oparg);
error:
    frame->prev_instr = next_instr - 1;
error_saved:
    kwnames = NULL;
    if (UNLIKELY(!ts->curexc_type)) {
        PyErr_SetString(PyExc_SystemError, "error return without exception set");
    }
    if (!hob_frame_is_incomplete(frame)) {
        (void)(hob_traceback_here(ts, frame) < 0);      /* a new exception takes its place */
    }
#if TRACED
    if (ts->c_tracefunc) {
        SAVE_STACK();
        hob_trace_exception(ts, frame);
    }
#endif
unwind:
    {
        hob_exctable_entry entry;
        int unit = (int)(next_instr - 1 - hob_code_start(frame->code));
        bool found = hob_exctable_find(frame->code, unit, &entry);
        PyObject **down_to = hob_frame_stack(frame) + (found ? entry.depth : 0);
        while (sp > down_to) {
            PyObject *top = *--sp;
            Py_XDECREF(top);
        }
        if (!found) {
#if TRACED
            SAVE_STACK();
            if (cframe->use_tracing) { hob_trace_unwind(ts, frame); }
#endif
            goto exit_unwind;
        }
        if (entry.push_lasti) {
            PyObject *lasti = PyLong_FromLong(hob_frame_unit(frame));
            if (!lasti) { goto unwind; }
            *sp++ = lasti;
        }
        *sp++ = take_exception(ts);
        next_instr = hob_code_start(frame->code) + entry.target;
        DISPATCH();
    }

exit_unwind:
    ts->recursion_remaining++;
    {
        hob_frame *done = frame;
        bool was_entry = done->is_entry;
        if (done->on_return == RETURN_INIT) { hob_recursion_leave(ts); }
        frame = cframe->current_frame = done->previous;
        if (done->owner == OWNED_BY_GENERATOR) {
            PyGenObject *gen = hob_frame_generator(done);
            done->previous = NULL;
            hob_generator_leave(ts, gen);
            hob_generator_finish(ts, gen);
            hob_generator_check_stop(ts, gen);
        }
        else {
            frame_end(ts, done, NULL);
        }
        if (was_entry) {
            result = NULL;
            goto leave;
        }
        LOAD_FRAME();
        next_instr = frame->prev_instr + 1;
        goto error;
    }

    /* --- a frame has returned result, and is no plain call of this loop --- */
return_special:
    {
        hob_frame *done = frame;
        bool was_entry = done->is_entry;
        int kind = done->on_return, jump = 0;
        (void)jump;
        frame = cframe->current_frame = done->previous;
        if (done->owner == OWNED_BY_GENERATOR) {
            PyGenObject *gen = hob_frame_generator(done);
            done->previous = NULL;
            done->prev_instr = next_instr - 1;
            jump = *hob_generator_jump(gen);
            hob_generator_leave(ts, gen);
            gen->gi_frame_state = GEN_COMPLETED;
            hob_generator_finish(ts, gen);
        }
        else {
            frame_end(ts, done, next_instr - 1);
        }
        if (was_entry) { goto leave; }
        LOAD_FRAME();
        switch (kind) {
        case RETURN_PUSH:
            *sp++ = result;
            break;
        case RETURN_INIT:
            hob_recursion_leave(ts);
            if (UNLIKELY(result != Py_None)) {
                PyErr_Format(PyExc_TypeError, "__init__() should return None, not '%.200s'",
                             Py_TYPE(result)->tp_name);
                Py_DECREF(result);
                next_instr = frame->prev_instr + 1;
                goto error;
            }
            Py_None->ob_refcnt--;
            break;
        case RETURN_DISCARD:
            DROP(result);
            break;
        case RETURN_FOR: {
            PyObject *iter = *--sp;
            DROP(result);
            DROP(iter);
            next_instr += jump;
            break;
        }
        case RETURN_SEND: {
            PyObject *receiver = sp[-1];
            sp[-1] = result;
            DROP(receiver);
            next_instr += jump;
            break;
        }
        }
        DISPATCH_CHECKED();
    }

leave:
#if !TRACED
    ts->cframe = cframe->previous;
    ts->cframe->use_tracing = cframe->use_tracing;
    EXPECT(ts->cframe->current_frame == cframe->current_frame);
#endif
    return result;
}

/* frame.h -- the activation of one piece of Python code.
 *
 * Layout     frames of plain calls lie one behind the other on the thread's data
 *            stack (ts->datastack_*), those of generators inside the generator
 *            object, those that outlived their call in memory of their own:
 *
 *            [ head: 9 words ][ locals, cells, free variables ][ operand stack ]
 *                              ^ slots[0]                       ^ hob_frame_stack
 *
 * Holds      A frame that does not run has stacktop = values in slots[], and
 *            prev_instr = the last code unit it is through with; it goes on at
 *            prev_instr + 1 + resume.
 *            globals and builtins are borrowed from func.
 *            The PyFrameObject that Python sees is made when somebody asks; the
 *            frame owns a reference to it, it does not own the frame.  When the
 *            frame ends and others still hold the object, the object takes the
 *            contents over (hob_frame_clear).
 * Hazard     stacktop of a running frame is stale.
 * Next       frame.c frame_object.c eval_loop.h; docs/internals/vm.md
 */
#pragma once
#include <Python.h>

#include "base/c.h"
#include "state/runtime.h"

enum { OWNED_BY_THREAD = 0, OWNED_BY_GENERATOR = 1, OWNED_BY_OBJECT = 2 };

/* What happens to the value a frame returns; only frames called from the loop
 * itself have one (the others are entries). */
enum {
    RETURN_PUSH = 0,                    /* it is the caller's new top of stack */
    RETURN_INIT = 1,                    /* must be None: from __init__ of the caller's top */
    RETURN_DISCARD = 2,                 /* dropped: __setitem__ and the like */
    RETURN_FOR = 3,                     /* the end of a generator that FOR_ITER resumed */
    RETURN_SEND = 4,                    /* the end of a generator that SEND resumed */
};

/* States of a generator, in gi_frame_state; profilers read them. */
enum { GEN_CREATED = -2, GEN_SUSPENDED = -1, GEN_EXECUTING = 0, GEN_COMPLETED = 1,
    GEN_CLEARED = 4 };

typedef struct _PyInterpreterFrame {
    PyFunctionObject *func;             /* owned */
    PyObject *globals;                  /* borrowed */
    PyObject *builtins;                 /* borrowed */
    PyObject *locals;                   /* owned, MAYBE_NULL: f_locals of non-optimised code */
    PyCodeObject *code;                 /* owned */
    PyFrameObject *object;              /* owned, MAYBE_NULL */
    struct _PyInterpreterFrame *previous;
    _Py_CODEUNIT *prev_instr;
    int stacktop;
    bool is_entry;                      /* the C function hob_eval_frame was called for it */
    char owner;
    uint8_t on_return;
    uint8_t resume;                     /* code units of cache to skip when going on */
    PyObject *slots[1];
} hob_frame;

/* is_entry, owner and on_return all zero: the common return needs one test. */
static inline bool
hob_frame_is_plain(const hob_frame *frame)
{
    uint32_t word;
    memcpy(&word, &frame->is_entry, sizeof word);
    return (word & 0xffffff) == 0;
}

enum { FRAME_HEAD_WORDS = offsetof(hob_frame, slots) / sizeof(PyObject *) };

_Static_assert(offsetof(hob_frame, slots) == 72, "sizes of frames and generators");

/* What Python sees of a frame.  Extensions read and write the fields up to
 * trace_opcodes at these offsets. */
struct _frame {
    PyObject_HEAD
    PyFrameObject *f_back;              /* owned; set only once the frame has ended */
    hob_frame *f_frame;                 /* never NULL once made */
    PyObject *f_trace;                  /* owned, MAYBE_NULL */
    int f_lineno;                       /* 0: compute it */
    char f_trace_lines;
    char f_trace_opcodes;
    char f_fast_as_locals;              /* locals has been copied from the slots */
};

_Static_assert(offsetof(PyFrameObject, f_back) == 16 && offsetof(PyFrameObject,
                                                                 f_frame) == 24 &&
               offsetof(PyFrameObject, f_trace) == 32 && offsetof(PyFrameObject,
                                                                  f_lineno) == 40 &&
               offsetof(PyFrameObject, f_trace_lines) == 44 &&
               offsetof(PyFrameObject, f_trace_opcodes) == 45, "written by Cython, coverage");

/* --- looking --- */

static inline PyObject **
hob_frame_stack(const hob_frame *frame)
{
    return (PyObject **)frame->slots + frame->code->co_nlocalsplus;
}

static inline _Py_CODEUNIT *
hob_code_start(PyCodeObject *code)
{
    return _PyCode_CODE(code);
}

/* Index of the code unit last run, -1 before the first. */
static inline int
hob_frame_unit(const hob_frame *frame)
{
    return (int)(frame->prev_instr - hob_code_start(frame->code));
}

/* Its byte offset: f_lasti. */
static inline int
hob_frame_lasti(const hob_frame *frame)
{
    return hob_frame_unit(frame) * (int)sizeof(_Py_CODEUNIT);
}

/* A frame that has not yet made its cells is hidden from Python. */
static inline bool
hob_frame_is_incomplete(const hob_frame *frame)
{
    return frame->owner != OWNED_BY_GENERATOR &&
           frame->prev_instr < hob_code_start(frame->code) + frame->code->_co_firsttraceable;
}

static inline hob_frame *
hob_frame_skip_incomplete(hob_frame *frame)
{
    while (frame && hob_frame_is_incomplete(frame)) { frame = frame->previous; }
    return frame;
}

/* The running frame of a thread, or NULL. */
static inline hob_frame *
hob_frame_current(PyThreadState *ts)
{
    return hob_frame_skip_incomplete(ts->cframe->current_frame);
}

static inline PyGenObject *
hob_frame_generator(const hob_frame *frame)
{
    EXPECT(frame->owner == OWNED_BY_GENERATOR);
    return (PyGenObject *)((char *)frame - offsetof(PyGenObject, gi_iframe));
}

static inline hob_frame *
hob_generator_frame(PyObject *gen)
{
    return (hob_frame *)((PyGenObject *)gen)->gi_iframe;
}

/* The line it is on, or -1. */
int hob_frame_line(const hob_frame *frame);

/* --- the data stack --- */

MAYBE_NULL hob_frame *hob_stack_grow(PyThreadState *ts, size_t words);
void hob_stack_shrink(PyThreadState *ts);

/* Room for a frame; NULL with MemoryError. */
static inline hob_frame *
hob_stack_take(PyThreadState *ts, size_t words)
{
    PyObject **base = ts->datastack_top;
    if (UNLIKELY((uintptr_t)(base + words) >= (uintptr_t)ts->datastack_limit)) {
        return hob_stack_grow(ts, words);
    }
    ts->datastack_top = base + words;
    return (hob_frame *)base;
}

/* Give back the topmost frame's room. */
static inline void
hob_stack_give(PyThreadState *ts, hob_frame *frame)
{
    if (UNLIKELY((PyObject **)frame == ts->datastack_chunk->data)) {
        hob_stack_shrink(ts);
        return;
    }
    ts->datastack_top = (PyObject **)frame;
}

static inline size_t
hob_code_frame_words(const PyCodeObject *code)
{
    return (size_t)code->co_nlocalsplus + (size_t)code->co_stacksize + FRAME_HEAD_WORDS;
}

/* --- life --- */

/* Fill the head.  func's reference is taken over; slots are left alone. */
static inline void
hob_frame_init(hob_frame *frame, STOLEN PyFunctionObject *func, PyObject *locals,
               PyCodeObject *code)
{
    frame->func = func;
    frame->globals = func->func_globals;
    frame->builtins = func->func_builtins;
    frame->locals = Py_XNewRef(locals);
    frame->code = (PyCodeObject *)Py_NewRef(code);
    frame->object = NULL;
    frame->prev_instr = hob_code_start(code) - 1;
    frame->stacktop = code->co_nlocalsplus;
    frame->is_entry = false;
    frame->owner = OWNED_BY_THREAD;
    frame->on_return = RETURN_PUSH;
    frame->resume = 0;
}

/* A frame on the data stack for func with its arguments bound.  func and args
 * are taken over, also on failure.  kwnames are the names of the last args. */
MUST_USE hob_frame *hob_frame_push(PyThreadState *ts, STOLEN PyFunctionObject *func,
                                   PyObject *locals, STOLEN PyObject *const *args,
                                   Py_ssize_t nargs, PyObject *kwnames);

/* Drop what a frame holds, or hand it to its frame object. */
void hob_frame_clear(hob_frame *frame);

/* The frame object, made when missing; borrowed from the frame.  NULL with
 * MemoryError; a pending exception is kept otherwise. */
BORROWED PyFrameObject *hob_frame_make_object(hob_frame *frame);

static inline BORROWED PyFrameObject *
hob_frame_object(hob_frame *frame)
{
    return LIKELY(frame->object) ? frame->object : hob_frame_make_object(frame);
}

int hob_frame_traverse(hob_frame *frame, visitproc visit, void *arg);

/* --- locals as Python sees them --- */

/* Copy slots to frame->locals (made when missing); -1 with an exception. */
MUST_USE status hob_frame_fast_to_locals(hob_frame *frame);
void hob_frame_locals_to_fast(hob_frame *frame, bool clear);

/* f_locals: locals(), borrowed. */
BORROWED PyObject *hob_frame_locals(hob_frame *frame);

/* --- f_lineno = n --- */
int hob_frame_set_line(PyFrameObject *self, PyObject *line, void *closure);

extern hob_frame hob_no_frame;
MUST_USE status hob_frame_init_module(void);

/* --- deep invariants --- */
bool hob_frame_check(const hob_frame *frame);   /* of one that does not run */
bool hob_stack_check(PyThreadState *ts);        /* of a thread's data stack */
bool hob_frame_object_check(PyObject *op);

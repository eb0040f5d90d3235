/* frame.c -- frames: the data stack they lie on, their end, their locals.
 *
 * Layout     the data stack of a thread is a list of chunks from the arena
 *            allocator, newest first; ts->datastack_chunk/top/limit describe the
 *            newest, whose `top` field is only written when it stops being so.
 *
 *            chunk: [ previous | size | top ][ frame ][ frame ] ..  limit
 *
 * Holds      Word 0 of the first chunk stays unused, so that a frame at the very
 *            start of a chunk means "this chunk is now empty".
 * Hazard     greenlets save and clear the three fields; a thread may come back
 *            with none, and frees chunks itself by the arena allocator.
 * Next       frame_object.c (what Python sees), frame_line.c (f_lineno = n)
 */
#include "vm/frame.h"

#include "bytecode/code.h"
#include "memory/gc.h"
#include "memory/own.h"
#include "objects/dict/dict.h"
#include "vm/vm.h"

enum { CHUNK_BYTES = 16 * 1024, CHUNK_HEAD_WORDS = 4 };

/* One chunk is kept so that calls to and fro over a border cost nothing. */
static _PyStackChunk *spare_chunk;      /* of CHUNK_BYTES, or NULL */

static _PyStackChunk *
chunk_new(size_t bytes, _PyStackChunk *previous)
{
    _PyStackChunk *chunk = spare_chunk;
    if (chunk && bytes == CHUNK_BYTES) {
        spare_chunk = NULL;
    }
    else {
        PyObjectArenaAllocator arena;
        PyObject_GetArenaAllocator(&arena);
        chunk = arena.alloc(arena.ctx, bytes);
        if (!chunk) { return NULL; }
    }
    chunk->previous = previous;
    chunk->size = bytes;
    chunk->top = 0;
    return chunk;
}

static void
chunk_free(_PyStackChunk *chunk)
{
    if (!spare_chunk && chunk->size == CHUNK_BYTES) {
        spare_chunk = chunk;
        return;
    }
    PyObjectArenaAllocator arena;
    PyObject_GetArenaAllocator(&arena);
    arena.free(arena.ctx, chunk, chunk->size);
}

/* The present chunk is too small for a frame of so many words. */
COLD hob_frame *
hob_stack_grow(PyThreadState *ts, size_t words)
{
    size_t bytes = CHUNK_BYTES;
    while (bytes < (words + CHUNK_HEAD_WORDS + 1) * sizeof(PyObject *)) { bytes *= 2; }
    _PyStackChunk *old = ts->datastack_chunk;
    if (old) { old->top = (size_t)(ts->datastack_top - old->data); }
    _PyStackChunk *chunk = chunk_new(bytes, old);
    if (!chunk) {
        PyErr_NoMemory();
        return NULL;
    }
    ts->datastack_chunk = chunk;
    ts->datastack_limit = (PyObject **)((char *)chunk + bytes);
    PyObject **base = &chunk->data[chunk->previous == NULL];
    ts->datastack_top = base + words;
    return (hob_frame *)base;
}

/* The newest chunk is empty. */
COLD void
hob_stack_shrink(PyThreadState *ts)
{
    _PyStackChunk *chunk = ts->datastack_chunk, *previous = chunk->previous;
    EXPECT(previous != NULL);
    ts->datastack_chunk = previous;
    ts->datastack_top = previous->data + previous->top;
    ts->datastack_limit = (PyObject **)((char *)previous + previous->size);
    chunk_free(chunk);
}

/* --- life --- */

hob_frame *
hob_frame_push(PyThreadState *ts, PyFunctionObject *func, PyObject *locals,
               PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    PyCodeObject *code = (PyCodeObject *)func->func_code;
    hob_frame *frame = hob_stack_take(ts, hob_code_frame_words(code));
    if (UNLIKELY(!frame)) {
        Py_ssize_t all = nargs + (kwnames ? PyTuple_GET_SIZE(kwnames) : 0);
        for (Py_ssize_t i = 0; i < all; i++) { Py_DECREF(args[i]); }
        Py_DECREF(func);
        return NULL;
    }
    hob_frame_init(frame, func, locals, code);
    PyObject **slots = frame->slots;
    if (code->co_argcount == nargs && !kwnames && !code->co_kwonlyargcount &&
        !(code->co_flags & (CO_VARARGS | CO_VARKEYWORDS))) {
        Py_ssize_t i = 0;
        for (; i < nargs; i++) { slots[i] = args[i]; }
        for (; i < code->co_nlocalsplus; i++) { slots[i] = NULL; }
        return frame;
    }
    for (int i = 0; i < code->co_nlocalsplus; i++) { slots[i] = NULL; }
    if (UNLIKELY(hob_bind_arguments(ts, func, slots, args, nargs, kwnames) < 0)) {
        hob_frame_clear(frame);
        hob_stack_give(ts, frame);
        return NULL;
    }
    return frame;
}

/* Stands in for contents that could not be saved for lack of memory. */
hob_frame hob_no_frame = {.owner = OWNED_BY_OBJECT};

status
hob_frame_init_module(void)
{
    if (hob_no_frame.code) { return 0; }        /* the runtime starts again */
    hob_no_frame.code = PyCode_NewEmpty("<lost>", "<lost>", 1);
    if (!hob_no_frame.code) { return -1; }
    hob_no_frame.prev_instr = hob_code_start(hob_no_frame.code);
    return 0;
}

/* Drop the values and owners; frame->object is gone already. */
static void
drop_contents(hob_frame *frame)
{
    EXPECT(!frame->object);
    for (int i = 0; i < frame->stacktop; i++) { Py_XDECREF(frame->slots[i]); }
    frame->stacktop = 0;
    Py_CLEAR(frame->locals);
    Py_DECREF(frame->func);
    Py_DECREF(frame->code);
}

/* The frame ends but self lives on: self gets the contents, and links to what
 * lies below for f_back. */
static void
take_over(PyFrameObject *self, hob_frame *frame)
{
    EXPECT(frame->owner != OWNED_BY_OBJECT);
    PyObject *type, *value, *tb;
    PyErr_Fetch(&type, &value, &tb);
    size_t bytes = offsetof(hob_frame, slots) + (size_t)frame->stacktop * sizeof(PyObject *);
    hob_frame *copy = PyMem_Malloc(bytes < sizeof *copy ? sizeof *copy : bytes);
    if (!copy) {
        /* Nobody can be told.  The object stays, without values. */
        drop_contents(frame);
        self->f_frame = &hob_no_frame;
        PyErr_Restore(type, value, tb);
        return;
    }
    memcpy(copy, frame, bytes);
    copy->owner = OWNED_BY_OBJECT;
    copy->is_entry = false;
    self->f_frame = copy;
    if (hob_frame_is_incomplete(copy)) {
        /* Ended before its first line: RESUME stands for where it was. */
        copy->prev_instr = hob_code_start(copy->code) + copy->code->_co_firsttraceable;
    }
    hob_frame *below = hob_frame_skip_incomplete(copy->previous);
    copy->previous = NULL;
    if (below && !self->f_back) {
        PyFrameObject *back = hob_frame_object(below);
        if (back) { self->f_back = (PyFrameObject *)Py_NewRef(back); }
        else { PyErr_Clear(); }
    }
    if (!hob_gc_is_tracked(self)) { hob_gc_track(self); }
    PyErr_Restore(type, value, tb);
}

void
hob_frame_clear(hob_frame *frame)
{
    PyFrameObject *object = frame->object;
    if (object) {
        frame->object = NULL;
        if (Py_REFCNT(object) > 1) {
            take_over(object, frame);
            Py_DECREF(object);
            return;
        }
        Py_DECREF(object);
    }
    drop_contents(frame);
}

int
hob_frame_traverse(hob_frame *frame, visitproc visit, void *arg)
{
    Py_VISIT(frame->object);
    Py_VISIT(frame->locals);
    Py_VISIT(frame->func);
    Py_VISIT(frame->code);
    for (int i = 0; i < frame->stacktop; i++) { Py_VISIT(frame->slots[i]); }
    return 0;
}

int
hob_frame_line(const hob_frame *frame)
{
    return PyCode_Addr2Line(frame->code, hob_frame_lasti(frame));
}

/* --- locals as a dict --- */

static uint8_t
slot_kind(PyCodeObject *code, int i)
{
    return (uint8_t)PyBytes_AS_STRING(code->co_localspluskinds)[i];
}

/* A frame interrupted before it copied its free variables does it now. */
static void
complete_closure(hob_frame *frame)
{
    PyCodeObject *code = frame->code;
    if (frame->prev_instr >= hob_code_start(code) || !code->co_nfreevars ||
        !frame->func) { return; }
    if ((*hob_code_start(code) & 255) != 149 /* COPY_FREE_VARS */) { return; }
    PyObject *closure = frame->func->func_closure;
    int first = code->co_nlocalsplus - code->co_nfreevars;
    for (int i = 0; i < code->co_nfreevars; i++) {
        frame->slots[first + i] = Py_NewRef(PyTuple_GET_ITEM(closure, i));
    }
    frame->prev_instr = hob_code_start(code);
}

/* Does slot i hold the cell itself already, not yet the plain argument? */
static bool
holds_cell(const hob_frame *frame, int i, uint8_t kind, PyObject *value)
{
    if (kind & HOB_SLOT_FREE) { return value != NULL; }
    if (!(kind & HOB_SLOT_CELL) || !value || !PyCell_Check(value)) { return false; }
    /* Before MAKE_CELL an argument lies there, which could be a cell of another. */
    _Py_CODEUNIT *at = hob_code_start(frame->code);
    for (; at <= frame->prev_instr; at++) {
        if ((*at & 255) == 135 /* MAKE_CELL */ && *at >> 8 == (i & 255)) { return true; }
        if ((*at & 255) == 151 || (*at & 255) == 150 /* RESUME */) { return true; }
    }
    return false;
}

status
hob_frame_fast_to_locals(hob_frame *frame)
{
    if (!frame->locals) {
        frame->locals = PyDict_New();
        if (!frame->locals) { return -1; }
    }
    complete_closure(frame);
    PyCodeObject *code = frame->code;
    PyObject *locals = frame->locals;
    for (int i = 0; i < code->co_nlocalsplus; i++) {
        uint8_t kind = slot_kind(code, i);
        /* Class bodies see free variables through LOAD_CLASSDEREF only. */
        if (kind & HOB_SLOT_FREE && !(code->co_flags & CO_OPTIMIZED)) { continue; }
        PyObject *name = PyTuple_GET_ITEM(code->co_localsplusnames, i);
        PyObject *value = frame->slots[i];
        if (holds_cell(frame, i, kind, value)) { value = PyCell_GET(value); }
        if (value) {
            Py_INCREF(value);
            int failed = PyObject_SetItem(locals, name, value);
            Py_DECREF(value);
            if (failed < 0) { return -1; }
        }
        else if (PyObject_DelItem(locals, name) < 0) {
            if (!PyErr_ExceptionMatches(PyExc_KeyError)) { return -1; }
            PyErr_Clear();
        }
    }
    return 0;
}

void
hob_frame_locals_to_fast(hob_frame *frame, bool clear)
{
    PyObject *locals = frame->locals;
    if (!locals) { return; }
    PyObject *type, *error, *tb;
    PyErr_Fetch(&type, &error, &tb);
    complete_closure(frame);
    PyCodeObject *code = frame->code;
    for (int i = 0; i < code->co_nlocalsplus; i++) {
        uint8_t kind = slot_kind(code, i);
        if (kind & HOB_SLOT_FREE && !(code->co_flags & CO_OPTIMIZED)) { continue; }
        PyObject *name = PyTuple_GET_ITEM(code->co_localsplusnames, i);
        own PyObject *value = PyObject_GetItem(locals, name);
        if (!value) {
            PyErr_Clear();
            if (!clear) { continue; }
        }
        PyObject *old = frame->slots[i];
        PyObject *cell = holds_cell(frame, i, kind, old) ? old : NULL;
        if (cell) { old = PyCell_GET(cell); }
        if (value == old) { continue; }
        if (cell) { PyCell_SET(cell, Py_XNewRef(value)); }
        else { frame->slots[i] = Py_XNewRef(value); }
        Py_XDECREF(old);
    }
    PyErr_Restore(type, error, tb);
}

PyObject *
hob_frame_locals(hob_frame *frame)
{
    return hob_frame_fast_to_locals(frame) < 0 ? NULL : frame->locals;
}

/* --- invariants --- */

/* A frame that does not run: what is in its slots is known. */
bool
hob_frame_check(const hob_frame *frame)
{
    const PyCodeObject *code = frame->code;
    INVARIANT(1, code && PyCode_Check(code) && Py_REFCNT(code) > 0);
    int unit = hob_frame_unit(frame);
    INVARIANT(2, -1 <= unit && unit < Py_SIZE(code));
    INVARIANT(3, 0 <= frame->owner && frame->owner <= OWNED_BY_OBJECT);
    INVARIANT(4, !frame->object || frame->object->f_frame == frame);
    INVARIANT(5, 0 <= frame->stacktop
                 && frame->stacktop <= code->co_nlocalsplus + code->co_stacksize);
    for (int i = 0; i < frame->stacktop; i++) {
        INVARIANT(6, !frame->slots[i] || Py_REFCNT(frame->slots[i]) > 0);
    }
    return true;
}

/* The chunks of a thread's data stack, and that its frames lie on it. */
bool
hob_stack_check(PyThreadState *ts)
{
    _PyStackChunk *newest = ts->datastack_chunk;
    if (!newest) { return true; }
    PyObject **limit = (PyObject **)((char *)newest + newest->size);
    INVARIANT(1, ts->datastack_limit == limit);
    INVARIANT(2, newest->data <= ts->datastack_top && ts->datastack_top <= limit);
    for (const _PyStackChunk *c = newest->previous; c; c = c->previous) {
        INVARIANT(3, (char *)(c->data + c->top) <= (char *)c + c->size);
    }
    for (const hob_frame *f = ts->cframe->current_frame; f; f = f->previous) {
        INVARIANT(4, f->code && Py_REFCNT(f->code) > 0);
        if (f->owner != OWNED_BY_THREAD) { continue; }
        const _PyStackChunk *c = newest;
        while (c && !((char *)c < (char *)f && (char *)f < (char *)c + c->size)) {
            c = c->previous;
        }
        INVARIANT(5, c != NULL);
    }
    return true;
}

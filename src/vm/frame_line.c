/* frame_line.c -- `frame.f_lineno = n`: a debugger jumps.
 *
 * The jump goes to an instruction that starts line n and whose operand stack,
 * kind by kind, is what remains of the present one when some values are popped.
 * Which kinds of values lie on the stack at each instruction is found by a walk
 * over the code from its start and from every handler.
 *
 * Layout     a stack is a word of 4-bit kinds, top in the lowest bits; sixteen
 *            values fit, deeper ones are STACK_DEEP and never a target.
 */
#include "vm/frame.h"

#include "bytecode/exctable.h"
#include "bytecode/linetable.h"
#include "gen/bytecode/opcode.h"
#include "vm/vm.h"

enum kind { KIND_NONE, KIND_ITER, KIND_EXC, KIND_ANY, KIND_NULL, KIND_LASTI };

typedef uint64_t stack;                 /* STACK_EMPTY is no kinds at all */
enum { KIND_BITS = 4, KIND_MASK = 15 };
#define STACK_EMPTY   ((stack)0)
#define STACK_UNKNOWN (~(stack)0)       /* not reached */
#define STACK_DEEP    (~(stack)0 - 1)

static stack
push(stack s, enum kind kind)
{
    if (s >= STACK_DEEP || s >> (64 - KIND_BITS)) { return STACK_DEEP; }
    return s << KIND_BITS | kind;
}

static stack
pop(stack s)
{
    return s >= STACK_DEEP ? STACK_DEEP : s >> KIND_BITS;
}

static enum kind
top(stack s)
{
    return (enum kind)(s & KIND_MASK);
}

static int
depth(stack s)
{
    int n = 0;
    for (; s && s < STACK_DEEP; s >>= KIND_BITS) { n++; }
    return n;
}

/* The i-th value counted from the top, from 1. */
static enum kind
peek(stack s, int i)
{
    if (i > 16) { return KIND_ANY; }
    return (enum kind)(s >> (KIND_BITS * (i - 1)) & KIND_MASK);
}

/* Would popping values from `from` leave something fit for code that expects to? */
static bool
is_compatible(stack from, stack to)
{
    if (from >= STACK_DEEP || to >= STACK_DEEP) { return false; }
    int n = depth(to);
    for (int more = depth(from) - n; more; more--) {
        if (more < 0) { return false; }
        from = pop(from);
    }
    for (; to; to = pop(to), from = pop(from)) {
        if (top(to) == KIND_ANY ? top(from) == KIND_NULL
                                : top(to) != KIND_NULL && top(from) != top(to)) {
            return false;
        }
    }
    return true;
}

static const char *
why_not(stack to)
{
    switch (top(to)) {
    case KIND_EXC:   return "can't jump into an 'except' block as there's no exception";
    case KIND_LASTI: return "can't jump into a re-raising block as there's no location";
    case KIND_ITER:  return "can't jump into the body of a for loop";
    default:         return "incompatible stacks";
    }
}

/* --- the walk --- */
typedef struct {
    PyCodeObject *code;
    int n;                              /* code units */
    stack *at;                          /* on entry to each unit */
    bool changed;
} walk;

static void
reach(walk *w, int unit, stack s)
{
    if (unit >= 0 && unit < w->n && w->at[unit] == STACK_UNKNOWN) {
        w->at[unit] = s;
        w->changed = true;
    }
}

/* What one instruction does: next (or STACK_UNKNOWN when it does not go on). */
static stack
step(walk *w, int unit, int op, int arg, stack s)
{
    int next = unit + 1 + hob_opcode_caches[op];
    int forward = next + arg, backward = next - arg;
    switch (op) {
    case JUMP_IF_FALSE_OR_POP:
    case JUMP_IF_TRUE_OR_POP:
        reach(w, forward, s);
        return pop(s);
    case POP_JUMP_FORWARD_IF_FALSE:
    case POP_JUMP_FORWARD_IF_TRUE:
    case POP_JUMP_FORWARD_IF_NONE:
    case POP_JUMP_FORWARD_IF_NOT_NONE:
        reach(w, forward, pop(s));
        return pop(s);
    case POP_JUMP_BACKWARD_IF_FALSE:
    case POP_JUMP_BACKWARD_IF_TRUE:
    case POP_JUMP_BACKWARD_IF_NONE:
    case POP_JUMP_BACKWARD_IF_NOT_NONE:
        reach(w, backward, pop(s));
        return pop(s);
    case SEND:
        reach(w, forward, pop(s));
        return s;
    case JUMP_FORWARD:
        reach(w, forward, s);
        return STACK_UNKNOWN;
    case JUMP_BACKWARD:
    case JUMP_BACKWARD_NO_INTERRUPT:
        reach(w, backward, s);
        return STACK_UNKNOWN;
    case GET_ITER:
    case GET_AITER:
        return push(pop(s), KIND_ITER);
    case FOR_ITER:
        reach(w, forward, pop(s));
        return push(s, KIND_ANY);
    case END_ASYNC_FOR:
        return pop(pop(s));
    case PUSH_EXC_INFO:
        return push(push(pop(s), KIND_EXC), KIND_EXC);
    case POP_EXCEPT:
        return pop(s);
    case RETURN_VALUE:
    case RAISE_VARARGS:
    case RERAISE:
        return STACK_UNKNOWN;
    case PUSH_NULL:
        return push(s, KIND_NULL);
    case LOAD_GLOBAL:
        if (arg & 1) { s = push(s, KIND_NULL); }
        return push(s, KIND_ANY);
    case LOAD_METHOD:
        return push(push(pop(s), KIND_NULL), KIND_ANY);
    case PRECALL:
        return s;
    case CALL:
        for (int i = 0; i < arg + 2; i++) { s = pop(s); }
        return push(s, KIND_ANY);
    case SWAP: {
        enum kind a = peek(s, 1), b = peek(s, arg);
        int shift = KIND_BITS * (arg - 1);
        if (arg > 16) { return s; }
        s &= ~((stack)KIND_MASK | (stack)KIND_MASK << shift);
        return s | b | (stack)a << shift;
    }
    case COPY:
        return push(s, peek(s, arg));
    default: {
        int effect = hob_opcode_effect(op, arg, 0);
        for (; effect < 0; effect++) { s = pop(s); }
        for (; effect > 0; effect--) { s = push(s, KIND_ANY); }
        return s;
    }
    }
}

/* A handler is entered with what lay below the block it guards. */
static void
reach_handlers(walk *w)
{
    PyObject *table = w->code->co_exceptiontable;
    const uint8_t *at = (const uint8_t *)PyBytes_AS_STRING(table);
    const uint8_t *end = at + PyBytes_GET_SIZE(table);
    hob_exctable_entry entry;
    while (hob_exctable_next(&at, end, &entry)) {
        stack s = entry.start < w->n ? w->at[entry.start] : STACK_UNKNOWN;
        if (s == STACK_UNKNOWN) { continue; }
        while (depth(s) > entry.depth && s < STACK_DEEP) { s = pop(s); }
        if (entry.push_lasti) { s = push(s, KIND_LASTI); }
        reach(w, entry.target, push(s, KIND_EXC));
    }
}

/* The stacks of all units, or NULL with MemoryError. */
static stack *
find_stacks(PyCodeObject *code)
{
    walk w = {.code = code, .n = (int)Py_SIZE(code)};
    w.at = PyMem_New(stack, (size_t)w.n + 1);
    if (!w.at) {
        PyErr_NoMemory();
        return NULL;
    }
    for (int i = 0; i <= w.n; i++) { w.at[i] = STACK_UNKNOWN; }
    const _Py_CODEUNIT *units = hob_code_start(code);
    reach(&w, 0, STACK_EMPTY);
    if (code->co_flags & (CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR)) {
        /* Each start of a generator pushes the value sent, which is popped. */
        for (int i = 0; i < w.n; i += 1 + hob_opcode_caches[hob_opcode_deopt[units[i] & 255]]) {
            if ((units[i] & 255) == RETURN_GENERATOR && i + 1 < w.n) {
                reach(&w, i + 1, push(STACK_EMPTY, KIND_ANY));
                break;
            }
        }
    }
    do {
        w.changed = false;
        int arg = 0;
        for (int i = 0; i < w.n; ) {
            int op = hob_opcode_deopt[units[i] & 255];
            arg = arg << 8 | units[i] >> 8;
            int next = i + 1 + hob_opcode_caches[op];
            if (w.at[i] != STACK_UNKNOWN) {
                stack s = op == EXTENDED_ARG ? w.at[i] : step(&w, i, op, arg, w.at[i]);
                if (s != STACK_UNKNOWN) { reach(&w, next, s); }
            }
            if (op != EXTENDED_ARG) { arg = 0; }
            i = next;
        }
        reach_handlers(&w);
    } while (w.changed);
    return w.at;
}

/* The line that begins at each unit, -1 elsewhere. */
static int *
find_line_starts(PyCodeObject *code)
{
    int n = (int)Py_SIZE(code);
    int *lines = PyMem_New(int, (size_t)n + 1);
    if (!lines) {
        PyErr_NoMemory();
        return NULL;
    }
    for (int i = 0; i < n; i++) { lines[i] = -1; }
    hob_linetable_reader reader;
    hob_linetable_open(&reader, code);
    int last = -1;
    while (hob_linetable_next(&reader)) {
        int unit = reader.start / (int)sizeof(_Py_CODEUNIT), line = reader.where.line;
        if (unit < n && line != -1 && line != last) { lines[unit] = last = line; }
    }
    return lines;
}

/* Where to go for line: a unit, or -1 with *why set. */
static int
choose_target(const int *lines, const stack *stacks, int n, int line, stack from,
              const char **why)
{
    int best = -1, best_depth = -1;
    *why = "cannot find bytecode for specified line";
    for (int i = 0; i < n; i++) {
        if (lines[i] != line) { continue; }
        stack to = stacks[i];
        if (is_compatible(from, to)) {
            if (depth(to) > best_depth) {
                best = i;
                best_depth = depth(to);
            }
        }
        else if (best < 0) {
            *why = to >= STACK_DEEP
                 ? "can't jump into an exception handler, or code may be unreachable"
                 : why_not(to);
        }
    }
    return best;
}

/* Pop the values that the jump leaves behind. */
static void
pop_to(hob_frame *frame, stack from, int down_to)
{
    for (int n = depth(from); n > down_to; n--, from = pop(from)) {
        PyObject *value = frame->slots[--frame->stacktop];
        if (top(from) == KIND_EXC) {
            _PyErr_StackItem *item = hob_ts()->exc_info;
            PyObject *old = item->exc_value;
            item->exc_value = value;
            Py_XDECREF(old);
        }
        else {
            Py_XDECREF(value);
        }
    }
}

/* Only some events of a trace function allow it. */
static const char *
why_not_now(PyFrameObject *self)
{
    bool suspended = self->f_frame->owner == OWNED_BY_GENERATOR &&
                     hob_frame_generator(self->f_frame)->gi_frame_state == GEN_SUSPENDED;
    int what = hob_ts()->tracing ? hob_ts()->tracing_what : -1;
    if (what == PyTrace_CALL) {
        return "can't jump from the 'call' trace event of a new frame";
    }
    if (what < 0 || !self->f_trace) { return "f_lineno can only be set by a trace function"; }
    switch (what) {
    case PyTrace_LINE:
        return NULL;
    case PyTrace_RETURN:
        if (suspended) { return NULL; }
        break;
    }
    return "can only jump from a 'line' trace event";
}

/* The first line with code that is not before line, or -1. */
static int
next_line_with_code(const int *lines, int n, int line)
{
    int found = -1;
    for (int i = 0; i < n; i++) {
        if (lines[i] >= line && (found < 0 || lines[i] < found)) { found = lines[i]; }
    }
    return found;
}

static status
jump(PyFrameObject *self, int line)
{
    hob_frame *frame = self->f_frame;
    PyCodeObject *code = frame->code;
    int n = (int)Py_SIZE(code);
    if (line < code->co_firstlineno) {
        PyErr_Format(PyExc_ValueError, "line %d comes before the current code block", line);
        return -1;
    }
    int *lines = find_line_starts(code);
    stack *stacks = lines ? find_stacks(code) : NULL;
    status result = -1;
    if (!stacks) { goto done; }

    int target_line = next_line_with_code(lines, n, line);
    if (target_line < 0) {
        PyErr_Format(PyExc_ValueError, "line %d comes after the current code block", line);
        goto done;
    }
    int here = hob_frame_unit(frame);
    stack from = here < 0 ? STACK_EMPTY : stacks[here];
    const char *why = "can't jump from unreachable code";
    int target = from == STACK_UNKNOWN
               ? -1 : choose_target(lines, stacks, n, target_line, from, &why);
    if (target < 0) {
        PyErr_SetString(PyExc_ValueError, why);
        goto done;
    }
    if (frame->owner == OWNED_BY_GENERATOR &&
        hob_frame_generator(frame)->gi_frame_state == GEN_SUSPENDED) {
        from = pop(from);               /* the value yielded is no longer there */
    }
    pop_to(frame, from, depth(stacks[target]));
    self->f_lineno = 0;
    frame->prev_instr = hob_code_start(code) + target;
    result = 0;

done:
    PyMem_Free(lines);
    PyMem_Free(stacks);
    return result;
}

int
hob_frame_set_line(PyFrameObject *self, PyObject *value, void *unused)
{
    if (!value) {
        PyErr_SetString(PyExc_AttributeError, "cannot delete attribute");
        return -1;
    }
    if (!PyLong_CheckExact(value)) {
        PyErr_SetString(PyExc_ValueError, "lineno must be an integer");
        return -1;
    }
    const char *why = why_not_now(self);
    if (why) {
        PyErr_SetString(PyExc_ValueError, why);
        return -1;
    }
    int overflow;
    long line = PyLong_AsLongAndOverflow(value, &overflow);
    if (line == -1 && PyErr_Occurred()) { return -1; }
    if (overflow || line > INT_MAX || line < INT_MIN) {
        PyErr_SetString(PyExc_ValueError, "lineno out of range");
        return -1;
    }
    return jump(self, (int)line);
}

/* order.c -- the graph on its way to bytes: lines, stack depth, handlers, and the
 * direction of jumps.
 *
 * Holds      no unreachable block (flow.c has run); empty ones only between passes.
 * Hazard     copies of exits need n_ways_in; directions need the final order.
 */
#include "compile/flow.h"

#include "memory/own.h"

/* --- lines --- */

static bool
has_line(const hob_instr *in)
{
    return in->where.line >= 0;
}

/* The newest block first: its copy comes last. */
static status
split_lineless_exits(hob_cfg *cfg)
{
    for (hob_block *b = cfg->newest; b; b = b->older) {
        if (!hob_block_jumps(b)) { continue; }
        hob_instr *last = hob_block_last(b);
        hob_block *exit = last->target;
        if (!hob_block_is_lineless_exit(exit) || exit->n_ways_in <= 1) { continue; }

        hob_block *copy = hob_block_copy(cfg, exit);
        if (!copy) { return -1; }
        copy->instrs[0].where = last->where;
        copy->n_ways_in = 1;
        exit->n_ways_in--;
        copy->next = exit->next;
        exit->next = copy;
        last->target = copy;
    }
    hob_flow_drop_empty(cfg);

    /* what is left of them is reached by falling, from one place */
    for (hob_block *b = cfg->entry; b; b = b->next) {
        if (!b->n || !b->next || !hob_block_falls(b)) { continue; }
        if (hob_block_is_lineless_exit(b->next)) {
            b->next->instrs[0].where = hob_block_last(b)->where;
        }
    }
    return 0;
}

static void
lend_line(const hob_instr *from, hob_block *to)
{
    if (to->n_ways_in == 1 && to->n && !has_line(&to->instrs[0])) {
        to->instrs[0].where = from->where;
    }
}

/* Instructions without a line take that of the one that always runs before. */
static void
spread_lines(hob_cfg *cfg)
{
    for (hob_block *b = cfg->entry; b; b = b->next) {
        if (b->n == 0) { continue; }
        for (int i = 1; i < b->n; i++) {
            if (!has_line(&b->instrs[i])) { b->instrs[i].where = b->instrs[i - 1].where; }
        }
        const hob_instr *last = hob_block_last(b);
        if (b->next && hob_block_falls(b)) { lend_line(last, b->next); }
        if (hob_block_jumps(b)) { lend_line(last, last->target); }
    }
}

/* Even if all else fails a return is on some line: the one last seen. */
static void
give_returns_lines(hob_cfg *cfg, int line)
{
    for (hob_block *b = cfg->entry; b; b = b->next) {
        if (b->n == 0) { continue; }
        const hob_instr *last = hob_block_last(b);
        if (has_line(last)) {
            line = last->where.line;
            continue;
        }
        if (last->opcode != RETURN_VALUE) { continue; }
        for (int i = 0; i < b->n; i++) {
            if (!has_line(&b->instrs[i])) { b->instrs[i].where.line = line; }
        }
    }
}

status
hob_flow_place_lines(hob_flow *f)
{
    if (split_lineless_exits(f->cfg) < 0) { return -1; }
    spread_lines(f->cfg);
    give_returns_lines(f->cfg, f->firstlineno);
    return 0;
}

/* --- walking --- */

typedef struct {
    hob_block **items;
    int n;
} worklist;

static status
worklist_open(worklist *w, hob_cfg *cfg)
{
    for (hob_block *b = cfg->entry; b; b = b->next) { b->is_seen = false; }
    w->n = 0;
    w->items = PyMem_Malloc(cfg->n_blocks * sizeof *w->items);
    if (w->items) { return 0; }
    PyErr_NoMemory();
    return -1;
}

static void
worklist_close(worklist *w)
{
    PyMem_Free(w->items);
}

static bool                             /* false if it was there before */
worklist_add(worklist *w, hob_block *b)
{
    if (b->is_seen) { return false; }
    b->is_seen = true;
    w->items[w->n++] = b;
    return true;
}

/* --- stack depth --- */

static void
depth_reaches(worklist *w, hob_block *b, int depth)
{
    if (worklist_add(w, b)) { b->depth = depth; }
    EXPECT(b->depth == depth);
}

/* Follow one block; false if an instruction has no known effect. */
static bool
depth_in_block(worklist *w, hob_block *b, int *deepest)
{
    int depth = b->depth;
    for (int i = 0; i < b->n; i++) {
        const hob_instr *in = &b->instrs[i];
        int effect = hob_opcode_effect(in->opcode, in->oparg, 0);
        if (effect == HOB_EFFECT_INVALID) {
            PyErr_Format(PyExc_SystemError, "no stack effect for opcode=%d, arg=%i", in->opcode,
                         in->oparg);
            return false;
        }
        int after = depth + effect;
        EXPECT(after >= 0);
        if (after > *deepest) { *deepest = after; }
        if (in->target) {
            int there = depth + hob_opcode_effect(in->opcode, in->oparg, 1);
            if (there > *deepest) { *deepest = there; }
            depth_reaches(w, in->target, there);
        }
        depth = after;
    }
    if (b->next && hob_block_falls(b)) { depth_reaches(w, b->next, depth); }
    return true;
}

int
hob_flow_stack_depth(hob_flow *f)
{
    worklist w;
    if (worklist_open(&w, f->cfg) < 0) { return -1; }

    int deepest = f->depth_at_entry;
    depth_reaches(&w, f->cfg->entry, f->depth_at_entry);
    while (w.n) {
        if (!depth_in_block(&w, w.items[--w.n], &deepest)) {
            deepest = -1;
            break;
        }
    }
    worklist_close(&w);
    return deepest;
}

/* --- handlers --- */

static hob_handler *                    /* NULL with an exception */
enter_handler(hob_cfg *cfg, hob_handler *outer, const hob_instr *setup)
{
    hob_handler *handler = hob_arena_alloc(cfg->arena, sizeof *handler);
    if (!handler) { return NULL; }
    *handler = (hob_handler){outer, setup->target};
    if (setup->opcode != SETUP_FINALLY) { setup->target->keeps_lasti = true; }
    return handler;
}

static void
handlers_reach(worklist *w, hob_block *b, hob_handler *handlers)
{
    if (worklist_add(w, b)) { b->handlers = handlers; }
}

static status
label_block(hob_cfg *cfg, worklist *w, hob_block *b)
{
    hob_handler *handlers = b->handlers;
    for (int i = 0; i < b->n; i++) {
        hob_instr *in = &b->instrs[i];
        if (hob_op_is_setup(in->opcode)) {
            handlers_reach(w, in->target, handlers);
            handlers = enter_handler(cfg, handlers, in);
            if (!handlers) { return -1; }
        }
        else if (in->opcode == POP_BLOCK) {
            EXPECT(handlers);
            handlers = handlers->outer;
        }
        else {
            in->handler = handlers ? handlers->block : NULL;
            if (in->target) { handlers_reach(w, in->target, handlers); }
        }
    }
    if (b->next && hob_block_falls(b)) { handlers_reach(w, b->next, handlers); }
    return 0;
}

status
hob_flow_label_handlers(hob_flow *f)
{
    worklist w;
    if (worklist_open(&w, f->cfg) < 0) { return -1; }

    status result = 0;
    worklist_add(&w, f->cfg->entry);
    while (w.n && result == 0) { result = label_block(f->cfg, &w, w.items[--w.n]); }
    worklist_close(&w);
    if (result < 0) { return -1; }

    for (hob_block *b = f->cfg->entry; b; b = b->next) {
        for (int i = 0; i < b->n; i++) {
            hob_instr *in = &b->instrs[i];
            if (hob_op_is_setup(in->opcode) || in->opcode == POP_BLOCK) {
                in->opcode = NOP;
                in->target = NULL;
            }
        }
        hob_flow_drop_nops(b);
    }
    return 0;
}

/* --- directions --- */

static const struct { int opcode, forward, backward; } directions[] = {
    {JUMP, JUMP_FORWARD, JUMP_BACKWARD},
    {JUMP_NO_INTERRUPT, JUMP_FORWARD, JUMP_BACKWARD_NO_INTERRUPT},
    {POP_JUMP_IF_FALSE, POP_JUMP_FORWARD_IF_FALSE, POP_JUMP_BACKWARD_IF_FALSE},
    {POP_JUMP_IF_TRUE, POP_JUMP_FORWARD_IF_TRUE, POP_JUMP_BACKWARD_IF_TRUE},
    {POP_JUMP_IF_NONE, POP_JUMP_FORWARD_IF_NONE, POP_JUMP_BACKWARD_IF_NONE},
    {POP_JUMP_IF_NOT_NONE, POP_JUMP_FORWARD_IF_NOT_NONE, POP_JUMP_BACKWARD_IF_NOT_NONE},
};

status
hob_flow_direct_jumps(hob_flow *f)
{
    for (hob_block *b = f->cfg->entry; b; b = b->next) { b->is_seen = false; }
    for (hob_block *b = f->cfg->entry; b; b = b->next) {
        b->is_seen = true;              /* itself too is behind: the jump is at its end */
        if (!hob_block_jumps(b)) { continue; }
        hob_instr *last = hob_block_last(b);
        bool backward = last->target->is_seen;
        size_t i = 0;
        while (i < ARRAY_LEN(directions) && directions[i].opcode != last->opcode) { i++; }
        if (i < ARRAY_LEN(directions)) {
            last->opcode = backward ? directions[i].backward : directions[i].forward;
        }
        else if (backward) {
            PyErr_SetString(PyExc_SystemError, "malformed control flow graph.");
            return -1;
        }
    }
    return 0;
}

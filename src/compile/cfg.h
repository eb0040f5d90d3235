/* cfg.h -- a function's instructions as blocks, before they are bytes.
 *
 * Layout     entry -> block -> block -> ..       in the order of the code
 *            block: [ instr | instr | .. ]       control enters at the first only
 * Holds      in a block only the last instruction may jump or leave; a block
 *            that does neither at its end falls through to block->next.
 *            SETUP_* name their handler as target but do not end a block.
 * Next       flow.c improves the graph, order.c lays it out, assemble.c makes bytes.
 */
#pragma once
#include "bytecode/linetable.h"
#include "gen/bytecode/opcode.h"
#include "syntax/arena.h"

typedef struct hob_block hob_block;
typedef struct hob_handler hob_handler;

typedef struct {
    int opcode, oparg;
    hob_block *target;                  /* of jumps and SETUP_*; else NULL */
    hob_block *handler;                 /* where an exception goes, or NULL */
    hob_location where;
} hob_instr;

struct hob_block {
    hob_block *next;
    hob_block *older;                   /* made before this one */
    hob_instr *instrs;
    int n, room;
    int n_ways_in;                      /* by falling, jumping, or exception */
    int depth;                          /* of the stack at entry; -1 not known yet */
    int offset;                         /* in code units */
    bool is_seen;                       /* scratch of one pass */
    bool keeps_lasti;                   /* the handler gets the offset below the exception */
    hob_handler *handlers;              /* in force at entry */
};

struct hob_handler {                    /* innermost first; shared tails, never changed */
    hob_handler *outer;
    hob_block *block;
};

typedef struct {
    hob_arena *arena;
    hob_block *entry, *current;         /* current: the last placed */
    hob_block *newest;                  /* made last, placed or not */
    int n_blocks;
} hob_cfg;

MUST_USE status hob_cfg_init(hob_cfg *cfg, hob_arena *arena);

/* A block that is not yet in the code; NULL with an exception. */
MUST_USE hob_block *hob_cfg_block(hob_cfg *cfg);

/* Continue the code in block, which was not placed before. */
void hob_cfg_place(hob_cfg *cfg, hob_block *block);

/* Append an instruction; opens a block if the current one has ended. */
MUST_USE status hob_cfg_add(hob_cfg *cfg, hob_instr instr);

/* Put instr in front of block->instrs[at]. */
MUST_USE status hob_block_insert(hob_cfg *cfg, hob_block *block, int at, hob_instr instr);

/* A new block with the same instructions, not placed. */
MUST_USE hob_block *hob_block_copy(hob_cfg *cfg, const hob_block *block);

/* All invariants above; for DEEP. */
bool hob_cfg_check(const hob_cfg *cfg);

/* --- what an instruction is --- */
static inline bool
hob_op_is_setup(int opcode)
{
    return opcode == SETUP_FINALLY || opcode == SETUP_CLEANUP || opcode == SETUP_WITH;
}

static inline bool                      /* goes elsewhere, always */
hob_op_is_jump_always(int opcode)
{
    return opcode == JUMP || opcode == JUMP_NO_INTERRUPT || opcode == JUMP_FORWARD
        || opcode == JUMP_BACKWARD || opcode == JUMP_BACKWARD_NO_INTERRUPT;
}

static inline bool
hob_op_is_jump(int opcode)
{
    if (opcode > 255) { return !hob_op_is_setup(opcode) && opcode != POP_BLOCK; }
    return (hob_opcode_flags[opcode] & OP_JUMP) != 0;
}

static inline bool                      /* leaves the function */
hob_op_is_exit(int opcode)
{
    return opcode == RETURN_VALUE || opcode == RAISE_VARARGS || opcode == RERAISE;
}

/* --- what a block is --- */
static inline hob_instr *               /* NULL when empty */
hob_block_last(const hob_block *b)
{
    return b->n ? &b->instrs[b->n - 1] : NULL;
}

static inline bool
hob_block_exits(const hob_block *b)
{
    return b->n && hob_op_is_exit(b->instrs[b->n - 1].opcode);
}

static inline bool
hob_block_jumps(const hob_block *b)
{
    return b->n && hob_op_is_jump(b->instrs[b->n - 1].opcode);
}

static inline bool
hob_block_falls(const hob_block *b)
{
    if (!b->n) { return true; }
    int opcode = b->instrs[b->n - 1].opcode;
    return !hob_op_is_exit(opcode) && !hob_op_is_jump_always(opcode);
}

/* A block that leaves the function without saying where: it takes the place of
 * whoever gets there, so that each way in needs its own. */
bool hob_block_is_lineless_exit(const hob_block *b);

/* cfg.c -- blocks and instructions: making and checking them. See cfg.h. */
#include "compile/cfg.h"

#include <string.h>

hob_block *
hob_cfg_block(hob_cfg *cfg)
{
    hob_block *block = hob_arena_alloc(cfg->arena, sizeof *block);
    if (!block) { return NULL; }
    *block = (hob_block){.depth = -1, .older = cfg->newest};
    cfg->newest = block;
    cfg->n_blocks++;
    return block;
}

status
hob_cfg_init(hob_cfg *cfg, hob_arena *arena)
{
    *cfg = (hob_cfg){.arena = arena};
    cfg->entry = cfg->current = hob_cfg_block(cfg);
    return cfg->entry ? 0 : -1;
}

void
hob_cfg_place(hob_cfg *cfg, hob_block *block)
{
    EXPECT(!block->next && block != cfg->current);
    cfg->current->next = block;
    cfg->current = block;
}

static status
block_reserve(hob_cfg *cfg, hob_block *block)
{
    if (block->n < block->room) { return 0; }

    int room = block->room ? block->room * 2 : 8;
    hob_instr *instrs = hob_arena_alloc(cfg->arena, room * sizeof *instrs);
    if (!instrs) { return -1; }
    if (block->n) { memcpy(instrs, block->instrs, block->n * sizeof *instrs); }
    block->instrs = instrs;
    block->room = room;
    return 0;
}

status
hob_block_insert(hob_cfg *cfg, hob_block *block, int at, hob_instr instr)
{
    if (block_reserve(cfg, block) < 0) { return -1; }
    memmove(block->instrs + at + 1, block->instrs + at, (block->n - at) * sizeof instr);
    block->instrs[at] = instr;
    block->n++;
    return 0;
}

status
hob_cfg_add(hob_cfg *cfg, hob_instr instr)
{
    if (hob_block_exits(cfg->current) || hob_block_jumps(cfg->current)) {
        hob_block *block = hob_cfg_block(cfg);
        if (!block) { return -1; }
        hob_cfg_place(cfg, block);
    }
    hob_block *block = cfg->current;
    if (block_reserve(cfg, block) < 0) { return -1; }
    block->instrs[block->n++] = instr;
    return 0;
}

hob_block *
hob_block_copy(hob_cfg *cfg, const hob_block *block)
{
    hob_block *copy = hob_cfg_block(cfg);
    if (!copy) { return NULL; }
    hob_instr *instrs = hob_arena_alloc(cfg->arena, block->n * sizeof *instrs);
    if (!instrs) { return NULL; }
    memcpy(instrs, block->instrs, block->n * sizeof *instrs);
    copy->instrs = instrs;
    copy->n = copy->room = block->n;
    return copy;
}

bool
hob_block_is_lineless_exit(const hob_block *b)
{
    if (!hob_block_exits(b)) { return false; }
    for (int i = 0; i < b->n; i++) {
        if (b->instrs[i].where.line >= 0) { return false; }
    }
    return true;
}

bool
hob_cfg_check(const hob_cfg *cfg)
{
    for (const hob_block *b = cfg->entry; b; b = b->next) {
        if (b->n > b->room) { return false; }
        for (int i = 0; i < b->n; i++) {
            const hob_instr *in = &b->instrs[i];
            bool ends = hob_op_is_exit(in->opcode) || hob_op_is_jump(in->opcode);
            if (ends && i != b->n - 1) { return false; }
            bool aims = hob_op_is_jump(in->opcode) || hob_op_is_setup(in->opcode);
            if (aims != (in->target != NULL)) { return false; }
        }
        if (!b->next && hob_block_falls(b)) { return false; }
    }
    return true;
}

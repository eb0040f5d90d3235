/* flow.h -- passes over a function's graph, in the order hob_assemble runs them. */
#pragma once
#include "compile/cfg.h"

typedef struct {
    hob_cfg *cfg;
    PyObject *consts;                   /* list, borrowed: what LOAD_CONST indexes; may grow */
    PyObject *shared_consts;            /* dict, borrowed: see hob_const_share */
    int firstlineno;
    int depth_at_entry;                 /* 1 for what resumes with a value: generators */
} hob_flow;

/* The one object to use for a constant equal to value: new reference.  Items of
 * a tuple are replaced in place by their shared equals.  shared is a dict. */
MUST_USE PyObject *hob_const_share(PyObject *shared, PyObject *value);

/* --- flow.c --- */

/* Make instructions fewer and paths shorter; leave no unreachable code. */
MUST_USE status hob_flow_optimize(hob_flow *f);

/* --- order.c --- */

/* Give every instruction that can be traced a line. */
MUST_USE status hob_flow_place_lines(hob_flow *f);

/* The deepest the stack gets; sets block->depth.  -1 with an exception. */
MUST_USE int hob_flow_stack_depth(hob_flow *f);

/* Set instr->handler everywhere; SETUP_* and POP_BLOCK become NOP. */
MUST_USE status hob_flow_label_handlers(hob_flow *f);

/* Choose forward or backward for each jump: the order of blocks is final. */
MUST_USE status hob_flow_direct_jumps(hob_flow *f);

/* --- shared between the two --- */
void hob_flow_drop_nops(hob_block *block);
void hob_flow_drop_empty(hob_cfg *cfg);

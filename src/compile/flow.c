/* flow.c -- making a function's graph smaller.
 *
 * Each rule looks at one instruction and what follows it; rules are found by
 * opcode in a table.  A rule turns what it no longer needs into NOP, and NOPs go
 * in a pass of their own, which knows when one must stay so that a debugger
 * still stops on its line.
 *
 * Holds      hob_cfg_check before and after each pass.
 * Hazard     which rule sees what first decides the bytes: they must be those of
 *            CPython 3.11, so rules keep their place, even if another order
 *            would do better.
 */
#include "compile/flow.h"

#include "memory/own.h"

static void
make_nop(hob_instr *in)
{
    in->opcode = NOP;
    in->oparg = 0;
    in->target = NULL;
}

/* --- constants --- */

static status
share_items(PyObject *shared, PyObject *tuple)
{
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(tuple); i++) {
        PyObject *item = hob_const_share(shared, PyTuple_GET_ITEM(tuple, i));
        if (!item) { return -1; }
        Py_SETREF(PyTuple_GET_ITEM(tuple, i), item);
    }
    return 0;
}

static PyObject *                       /* an equal frozenset of shared items */
share_set(PyObject *shared, PyObject *set)
{
    if (PySet_GET_SIZE(set) == 0) { return Py_NewRef(set); }
    own PyObject *items = PySequence_Tuple(set);
    if (!items || share_items(shared, items) < 0) { return NULL; }
    return PyFrozenSet_New(items);
}

PyObject *
hob_const_share(PyObject *shared, PyObject *value)
{
    if (value == Py_None || value == Py_Ellipsis) { return Py_NewRef(value); }

    own PyObject *key = _PyCode_ConstantKey(value);
    if (!key) { return NULL; }
    PyObject *known = PyDict_GetItemWithError(shared, key);
    if (known) { return Py_NewRef(known); }
    if (PyErr_Occurred()) { return NULL; }

    own PyObject *result = NULL;
    if (PyFrozenSet_CheckExact(value)) { result = share_set(shared, value); }
    else if (!PyTuple_CheckExact(value) || share_items(shared, value) == 0) {
        result = Py_NewRef(value);
    }
    if (!result || PyDict_SetItem(shared, key, result) < 0) { return NULL; }
    return take(result);
}

/* The index of value in the constants, adding it if that very object is not there. */
static Py_ssize_t
const_index(hob_flow *f, STOLEN PyObject *fresh)
{
    own PyObject *mine = fresh;
    own PyObject *value = hob_const_share(f->shared_consts, mine);
    if (!value) { return -1; }
    Py_ssize_t n = PyList_GET_SIZE(f->consts);
    for (Py_ssize_t i = 0; i < n; i++) {
        if (PyList_GET_ITEM(f->consts, i) == value) { return i; }
    }
    if (n > INT_MAX - 1) {
        PyErr_SetString(PyExc_OverflowError, "too many constants");
        return -1;
    }
    return PyList_Append(f->consts, value) < 0 ? -1 : n;
}

/* --- rules ---
 * A rule returns the index to look at next; RULE_FAILED with an exception.
 */
enum { RULE_FAILED = -1 };
typedef int (*flow_rule)(hob_flow *f, hob_block *b, int i);

static int
opcode_at(const hob_block *b, int i)
{
    return i < b->n ? b->instrs[i].opcode : NOP;
}

/* The first instruction that a jump arrives at; its target moves past empty blocks. */
static hob_instr *
arrival(hob_instr *jump)
{
    while (jump->target->n == 0) { jump->target = jump->target->next; }
    return &jump->target->instrs[0];
}

/* Let jump go where the jump it arrives at would go, if no line is skipped. */
static bool
jump_through(hob_instr *jump, const hob_instr *second, int opcode)
{
    if (jump->where.line != second->where.line || jump->target == second->target) {
        return false;
    }
    jump->target = second->target;
    jump->opcode = opcode;
    return true;
}

/* LOAD_CONST c, test: which way it goes is known. */
static int
rule_load_const(hob_flow *f, hob_block *b, int i)
{
    hob_instr *load = &b->instrs[i], *test = load + 1;
    int next = opcode_at(b, i + 1);
    PyObject *value = PyList_GET_ITEM(f->consts, load->oparg);

    if (next == IS_OP) {
        int jump = opcode_at(b, i + 2);
        if (value == Py_None && (jump == POP_JUMP_IF_FALSE || jump == POP_JUMP_IF_TRUE)) {
            bool negated = test->oparg == 1, jumps_if_true = jump == POP_JUMP_IF_TRUE;
            make_nop(load);
            make_nop(test);
            b->instrs[i + 2].opcode = negated == jumps_if_true ? POP_JUMP_IF_NOT_NONE
                                                               : POP_JUMP_IF_NONE;
        }
        return i + 1;
    }
    bool pops = next == POP_JUMP_IF_FALSE || next == POP_JUMP_IF_TRUE;
    bool keeps = next == JUMP_IF_FALSE_OR_POP || next == JUMP_IF_TRUE_OR_POP;
    if (!pops && !keeps) { return i + 1; }

    int truth = PyObject_IsTrue(value);
    if (truth < 0) { return RULE_FAILED; }
    bool jumps_if_true = next == POP_JUMP_IF_TRUE || next == JUMP_IF_TRUE_OR_POP;
    bool jumps = truth == jumps_if_true;
    if (pops || !jumps) { make_nop(load); }
    if (jumps) { test->opcode = JUMP; }
    else { make_nop(test); }
    return i + 1;
}

/* n x LOAD_CONST, BUILD_TUPLE n: one LOAD_CONST. */
static status
fold_tuple(hob_flow *f, hob_block *b, int i)
{
    hob_instr *build = &b->instrs[i], *first = build - build->oparg;
    int n = build->oparg;
    for (int k = 0; k < n; k++) {
        if (first[k].opcode != LOAD_CONST) { return 0; }
    }
    PyObject *tuple = PyTuple_New(n);
    if (!tuple) { return -1; }
    for (int k = 0; k < n; k++) {
        PyTuple_SET_ITEM(tuple, k, Py_NewRef(PyList_GET_ITEM(f->consts, first[k].oparg)));
    }
    Py_ssize_t index = const_index(f, tuple);
    if (index < 0) { return -1; }
    for (int k = 0; k < n; k++) { make_nop(&first[k]); }
    build->opcode = LOAD_CONST;
    build->oparg = (int)index;
    return 0;
}

/* BUILD_TUPLE n, UNPACK_SEQUENCE n of 1..3 only turns the values round. */
static int
rule_build_tuple(hob_flow *f, hob_block *b, int i)
{
    hob_instr *build = &b->instrs[i], *unpack = build + 1;
    if (opcode_at(b, i + 1) == UNPACK_SEQUENCE && unpack->oparg == build->oparg) {
        if (build->oparg == 1) {
            make_nop(build);
            make_nop(unpack);
            return i + 1;
        }
        if (build->oparg == 2 || build->oparg == 3) {
            make_nop(build);
            unpack->opcode = SWAP;
            return i + 1;
        }
    }
    if (i >= build->oparg && fold_tuple(f, b, i) < 0) { return RULE_FAILED; }
    return i + 1;
}

/* JUMP_IF_x_OR_POP arriving at another test of the same value. */
static int
rule_or_pop(hob_flow *f, hob_block *b, int i)
{
    hob_instr *jump = &b->instrs[i];
    const hob_instr *second = arrival(jump);
    bool on_false = jump->opcode == JUMP_IF_FALSE_OR_POP;
    int same_pop = on_false ? POP_JUMP_IF_FALSE : POP_JUMP_IF_TRUE;
    int other_pop = on_false ? POP_JUMP_IF_TRUE : POP_JUMP_IF_FALSE;
    int other_keep = on_false ? JUMP_IF_TRUE_OR_POP : JUMP_IF_FALSE_OR_POP;

    bool again = false;
    if (second->opcode == same_pop) { again = jump_through(jump, second, same_pop); }
    else if (second->opcode == JUMP || second->opcode == jump->opcode) {
        again = jump_through(jump, second, jump->opcode);
    }
    else if ((second->opcode == other_pop || second->opcode == other_keep)
             && jump->where.line == second->where.line) {
        jump->opcode = same_pop;        /* the second test will not jump */
        jump->target = jump->target->next;
        again = true;
    }
    return again ? i : i + 1;
}

/* Any other jump arriving at an unconditional one. */
static int
rule_jump(hob_flow *f, hob_block *b, int i)
{
    hob_instr *jump = &b->instrs[i];
    const hob_instr *second = arrival(jump);
    bool again = second->opcode == JUMP && jump_through(jump, second, jump->opcode);
    return again ? i : i + 1;
}

static int
rule_push_null(hob_flow *f, hob_block *b, int i)
{
    if (opcode_at(b, i + 1) == LOAD_GLOBAL) {
        make_nop(&b->instrs[i]);
        b->instrs[i + 1].oparg |= 1;
    }
    return i + 1;
}

/* --- SWAP --- */

/* Rewrite n instructions, SWAPs and NOPs, into as few SWAPs at their end as will do:
 * what they do together is a permutation, and each of its cycles of k items takes k-1
 * swaps with the top if the top is in it, else k+1. */
static status
shorten_swaps(hob_instr *run, int n, int depth)
{
    enum { DONE = -1 };
    int few[32];
    int *from = depth <= (int)ARRAY_LEN(few) ? few : PyMem_Malloc(depth * sizeof *from);
    if (!from) {
        PyErr_NoMemory();
        return -1;
    }
    for (int k = 0; k < depth; k++) { from[k] = k; }
    for (int k = 0; k < n; k++) {
        if (run[k].opcode != SWAP) { continue; }
        int other = run[k].oparg - 1, top = from[0];
        from[0] = from[other];
        from[other] = top;
    }

    int at = n;                         /* swaps are written from the last to the first */
    for (int k = 0; k < depth; k++) {
        if (from[k] == DONE || from[k] == k) { continue; }
        int item = k;
        for (;;) {
            if (item != 0) {
                at--;
                run[at].opcode = SWAP;
                run[at].oparg = item + 1;
            }
            if (from[item] == DONE) { break; }
            int next = from[item];
            from[item] = DONE;
            item = next;
        }
    }
    while (at > 0) { make_nop(&run[--at]); }
    if (from != few) { PyMem_Free(from); }
    return 0;
}

/* Does in take the top of the stack and do nothing that order could show? */
static bool
is_plain_sink(const hob_instr *in)
{
    return in->opcode == STORE_FAST || in->opcode == POP_TOP;
}

/* The next plain sink behind i, on the line if it is not negative; else -1. */
static int
next_sink(const hob_block *b, int i, int line)
{
    while (++i < b->n) {
        const hob_instr *in = &b->instrs[i];
        if (line >= 0 && in->where.line != line) { return -1; }
        if (is_plain_sink(in)) { return i; }
        if (in->opcode != NOP) { return -1; }
    }
    return -1;
}

/* SWAP n in front of n sinks: let the first and the n-th change places instead.  Go on
 * to the left, where that may have uncovered more. */
static void
swap_sinks(hob_block *b, int i)
{
    for (; i >= 0; i--) {
        hob_instr *swap = &b->instrs[i];
        if (swap->opcode == NOP || is_plain_sink(swap)) { continue; }
        if (swap->opcode != SWAP) { return; }

        int first = next_sink(b, i, -1);
        if (first < 0) { return; }
        int last = first, line = b->instrs[first].where.line;
        for (int k = swap->oparg - 1; k > 0; k--) {
            last = next_sink(b, last, line);
            if (last < 0) { return; }
        }
        make_nop(swap);
        hob_instr kept = b->instrs[first];
        b->instrs[first] = b->instrs[last];
        b->instrs[last] = kept;
    }
}

static int
rule_swap(hob_flow *f, hob_block *b, int i)
{
    hob_instr *run = &b->instrs[i];
    if (run->oparg == 1) {
        make_nop(run);
        return i + 1;
    }
    int n = 1, depth = run->oparg, n_swaps = 1;
    for (; i + n < b->n && (run[n].opcode == SWAP || run[n].opcode == NOP); n++) {
        if (run[n].opcode == NOP) { continue; }
        n_swaps++;
        if (run[n].oparg > depth) { depth = run[n].oparg; }
    }
    if (n_swaps == 1) { n = 1; }
    else if (shorten_swaps(run, n, depth) < 0) { return RULE_FAILED; }
    swap_sinks(b, i + n - 1);
    return i + n;
}

static const flow_rule rules[] = {
    [LOAD_CONST] = rule_load_const,
    [BUILD_TUPLE] = rule_build_tuple,
    [JUMP_IF_FALSE_OR_POP] = rule_or_pop,
    [JUMP_IF_TRUE_OR_POP] = rule_or_pop,
    [POP_JUMP_IF_FALSE] = rule_jump,
    [POP_JUMP_IF_TRUE] = rule_jump,
    [POP_JUMP_IF_NONE] = rule_jump,
    [POP_JUMP_IF_NOT_NONE] = rule_jump,
    [JUMP] = rule_jump,
    [PUSH_NULL] = rule_push_null,
    [SWAP] = rule_swap,
};

static status
simplify(hob_flow *f, hob_block *b)
{
    for (int i = 0; i < b->n; ) {
        int opcode = b->instrs[i].opcode;
        flow_rule rule = opcode < (int)ARRAY_LEN(rules) ? rules[opcode] : NULL;
        i = rule ? rule(f, b, i) : i + 1;
        if (i == RULE_FAILED) { return -1; }
    }
    return 0;
}

/* --- passes --- */

static const hob_block *
next_with_code(const hob_block *b)
{
    do { b = b->next; } while (b && b->n == 0);
    return b;
}

/* Drop each NOP that is not the only instruction of its line here. */
void
hob_flow_drop_nops(hob_block *b)
{
    int kept = 0, line_before = -1;
    for (int i = 0; i < b->n; i++) {
        int line = b->instrs[i].where.line;
        if (b->instrs[i].opcode == NOP) {
            if (line < 0 || line == line_before) { continue; }
            if (i + 1 < b->n) {
                hob_instr *next = &b->instrs[i + 1];
                if (next->where.line == line) { continue; }
                if (next->where.line < 0) {
                    next->where = b->instrs[i].where;
                    continue;
                }
            }
            else {
                const hob_block *after = next_with_code(b);
                if (after && after->instrs[0].where.line == line) { continue; }
            }
        }
        b->instrs[kept++] = b->instrs[i];
        line_before = line;
    }
    b->n = kept;
}

/* A jump to a few instructions that leave the function, on no line: leave at once. */
static status
copy_small_exit(hob_cfg *cfg, hob_block *b)
{
    enum { SMALL = 4 };
    hob_instr *last = hob_block_last(b);
    if (!last || last->opcode != JUMP) { return 0; }
    arrival(last);
    const hob_block *exit = last->target;
    if (exit->n > SMALL || !hob_block_is_lineless_exit(exit)) { return 0; }

    make_nop(last);                     /* it keeps its line until NOPs are dropped */
    for (int i = 0; i < exit->n; i++) {
        if (hob_block_insert(cfg, b, b->n, exit->instrs[i]) < 0) { return -1; }
    }
    return 0;
}

static status
copy_small_exits(hob_cfg *cfg)          /* newest first: what follows an inner statement */
{
    for (hob_block *b = cfg->newest; b; b = b->older) {
        if (copy_small_exit(cfg, b) < 0) { return -1; }
    }
    return 0;
}

/* Count the ways into each block from the entry; none are left where code is dead. */
static status
count_ways_in(hob_cfg *cfg)
{
    hob_block **todo = PyMem_Malloc(cfg->n_blocks * sizeof *todo), **at = todo;
    if (!todo) {
        PyErr_NoMemory();
        return -1;
    }
    for (hob_block *b = cfg->entry; b; b = b->next) { b->n_ways_in = 0; }
    cfg->entry->n_ways_in = 1;
    *at++ = cfg->entry;
    while (at > todo) {
        hob_block *b = *--at;
        if (b->next && hob_block_falls(b) && b->next->n_ways_in++ == 0) { *at++ = b->next; }
        for (int i = 0; i < b->n; i++) {
            hob_block *target = b->instrs[i].target;
            if (target && target->n_ways_in++ == 0) { *at++ = target; }
        }
    }
    PyMem_Free(todo);
    return 0;
}

/* Unlink empty blocks; no jump leads to one any more. */
void
hob_flow_drop_empty(hob_cfg *cfg)
{
    for (hob_block *b = cfg->entry; b; b = b->next) {
        while (b->next && b->next->n == 0) { b->next = b->next->next; }
    }
    for (hob_block *b = cfg->entry; b; b = b->next) {
        for (int i = 0; i < b->n; i++) {
            if (b->instrs[i].target) { arrival(&b->instrs[i]); }
        }
    }
}

/* A jump to what comes next anyway is a NOP; it goes later, when it has a line. */
static void
drop_jumps_to_next(hob_cfg *cfg)
{
    for (hob_block *b = cfg->entry; b; b = b->next) {
        hob_instr *last = hob_block_last(b);
        if (!last || (last->opcode != JUMP && last->opcode != JUMP_NO_INTERRUPT)) { continue; }
        if (last->target == b->next) { make_nop(last); }
    }
}

status
hob_flow_optimize(hob_flow *f)
{
    hob_cfg *cfg = f->cfg;
    DEEP(hob_cfg_check(cfg));
    if (copy_small_exits(cfg) < 0) { return -1; }
    for (hob_block *b = cfg->entry; b; b = b->next) {
        if (simplify(f, b) < 0) { return -1; }
        hob_flow_drop_nops(b);
    }
    if (copy_small_exits(cfg) < 0) { return -1; }
    if (count_ways_in(cfg) < 0) { return -1; }
    for (hob_block *b = cfg->entry; b; b = b->next) {
        if (b->n_ways_in == 0) { b->n = 0; }
    }

    for (hob_block *b = cfg->entry; b; b = b->next) { hob_flow_drop_nops(b); }
    hob_flow_drop_empty(cfg);
    drop_jumps_to_next(cfg);
    DEEP(hob_cfg_check(cfg));
    return 0;
}

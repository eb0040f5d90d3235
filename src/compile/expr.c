/* expr.c -- expressions: each leaves one value on the stack, or stores or deletes.
 *
 * Holds      hob_compile_expr leaves c->unit->at as it found it.
 * Next       call.c display.c comprehension.c
 */
#include "compile/emit.h"

/* --- conditions --- */

static void
jump_if_bool_op(hob_compiler *c, hob_expr *test, hob_block *target, bool when)
{
    hob_expr_seq *values = test->v.bool_op.values;
    Py_ssize_t last = values->size - 1;
    bool decides = test->v.bool_op.op == BOOLOP_OR;     /* the value that ends the search */
    hob_block *decided = decides == when ? target : hob_emit_block(c);
    for (Py_ssize_t i = 0; i < last; i++) {
        hob_compile_jump_if(c, values->items[i], decided, decides);
    }
    hob_compile_jump_if(c, values->items[last], target, when);
    if (decided != target) { hob_emit_place(c, decided); }
}

static void
jump_if_conditional(hob_compiler *c, hob_expr *test, hob_block *target, bool when)
{
    hob_block *end = hob_emit_block(c), *orelse = hob_emit_block(c);
    hob_compile_jump_if(c, test->v.if_exp.test, orelse, false);
    hob_compile_jump_if(c, test->v.if_exp.body, target, when);
    hob_emit_jump_nowhere(c, JUMP, end);
    hob_emit_place(c, orelse);
    hob_compile_jump_if(c, test->v.if_exp.orelse, target, when);
    hob_emit_place(c, end);
}

/* Next operand of a chain, with a copy of it kept below the result for the one after. */
static void
compare_and_keep(hob_compiler *c, hob_expr *e, Py_ssize_t i)
{
    hob_compile_expr(c, e->v.compare.comparators->items[i]);
    hob_emit(c, SWAP, 2);
    hob_emit(c, COPY, 2);
    hob_emit_compare(c, e->v.compare.ops->items[i]);
}

static void
jump_if_chain(hob_compiler *c, hob_expr *test, hob_block *target, bool when)
{
    hob_compile_warn_compare(c, test);
    hob_block *cleanup = hob_emit_block(c), *end = hob_emit_block(c);
    Py_ssize_t last = test->v.compare.ops->size - 1;
    hob_compile_expr(c, test->v.compare.left);
    for (Py_ssize_t i = 0; i < last; i++) {
        compare_and_keep(c, test, i);
        hob_emit_jump(c, POP_JUMP_IF_FALSE, cleanup);
    }
    hob_compile_expr(c, test->v.compare.comparators->items[last]);
    hob_emit_compare(c, test->v.compare.ops->items[last]);
    hob_emit_jump(c, when ? POP_JUMP_IF_TRUE : POP_JUMP_IF_FALSE, target);
    hob_emit_jump_nowhere(c, JUMP, end);
    hob_emit_place(c, cleanup);
    hob_emit(c, POP_TOP, 0);
    if (!when) { hob_emit_jump_nowhere(c, JUMP, target); }
    hob_emit_place(c, end);
}

/* Go to target if the truth of test is `when`; else go on. */
void
hob_compile_jump_if(hob_compiler *c, hob_expr *test, hob_block *target, bool when)
{
    if (!hob_emit_goes_on(c)) { return; }
    if (test->kind == EXPR_UNARY_OP && test->v.unary_op.op == UNARYOP_NOT) {
        hob_compile_jump_if(c, test->v.unary_op.operand, target, !when);
        return;
    }
    if (test->kind == EXPR_BOOL_OP) {
        jump_if_bool_op(c, test, target, when);
        return;
    }
    if (test->kind == EXPR_IF_EXP) {
        jump_if_conditional(c, test, target, when);
        return;
    }
    if (test->kind == EXPR_COMPARE) {
        AT(c, test);
        if (test->v.compare.ops->size > 1) {
            jump_if_chain(c, test, target, when);
            return;
        }
    }
    hob_compile_expr(c, test);
    hob_emit_jump(c, when ? POP_JUMP_IF_TRUE : POP_JUMP_IF_FALSE, target);
}

/* --- operators --- */

static void
compile_bool_op(hob_compiler *c, hob_expr *e)
{
    int opcode = e->v.bool_op.op == BOOLOP_AND ? JUMP_IF_FALSE_OR_POP : JUMP_IF_TRUE_OR_POP;
    hob_expr_seq *values = e->v.bool_op.values;
    hob_block *end = hob_emit_block(c);
    for (Py_ssize_t i = 0; i < values->size; i++) {
        hob_compile_expr(c, values->items[i]);
        if (i + 1 < values->size) { hob_emit_jump(c, opcode, end); }
    }
    hob_emit_place(c, end);
}

static void
compile_unary_op(hob_compiler *c, hob_expr *e)
{
    static const int opcodes[] = {
        [UNARYOP_INVERT] = UNARY_INVERT, [UNARYOP_NOT] = UNARY_NOT,
        [UNARYOP_UADD] = UNARY_POSITIVE, [UNARYOP_USUB] = UNARY_NEGATIVE};
    hob_compile_expr(c, e->v.unary_op.operand);
    hob_emit(c, opcodes[e->v.unary_op.op], 0);
}

static void
compile_conditional(hob_compiler *c, hob_expr *e)
{
    hob_block *end = hob_emit_block(c), *orelse = hob_emit_block(c);
    hob_compile_jump_if(c, e->v.if_exp.test, orelse, false);
    hob_compile_expr(c, e->v.if_exp.body);
    hob_emit_jump_nowhere(c, JUMP, end);
    hob_emit_place(c, orelse);
    hob_compile_expr(c, e->v.if_exp.orelse);
    hob_emit_place(c, end);
}

static void
compile_compare(hob_compiler *c, hob_expr *e)
{
    Py_ssize_t last = e->v.compare.ops->size - 1;
    hob_compile_warn_compare(c, e);
    hob_compile_expr(c, e->v.compare.left);
    if (last == 0) {
        hob_compile_expr(c, e->v.compare.comparators->items[0]);
        hob_emit_compare(c, e->v.compare.ops->items[0]);
        return;
    }
    hob_block *cleanup = hob_emit_block(c), *end = hob_emit_block(c);
    for (Py_ssize_t i = 0; i < last; i++) {
        compare_and_keep(c, e, i);
        hob_emit_jump(c, JUMP_IF_FALSE_OR_POP, cleanup);
    }
    hob_compile_expr(c, e->v.compare.comparators->items[last]);
    hob_emit_compare(c, e->v.compare.ops->items[last]);
    hob_emit_jump_nowhere(c, JUMP, end);
    hob_emit_place(c, cleanup);
    hob_emit(c, SWAP, 2);
    hob_emit(c, POP_TOP, 0);
    hob_emit_place(c, end);
}

/* --- generators and coroutines --- */

static void
compile_yield(hob_compiler *c, hob_expr *e)
{
    if (c->unit->scope->type != BLOCK_FUNCTION) {
        hob_compile_error(c, "'yield' outside function");
        return;
    }
    if (e->v.yield.value) { hob_compile_expr(c, e->v.yield.value); }
    else { hob_emit_const(c, Py_None); }
    hob_emit_yield(c);
}

static void
compile_yield_from(hob_compiler *c, hob_expr *e)
{
    if (c->unit->scope->type != BLOCK_FUNCTION) {
        hob_compile_error(c, "'yield' outside function");
        return;
    }
    if (c->unit->kind == UNIT_ASYNC_FUNCTION) {
        hob_compile_error(c, "'yield from' inside async function");
        return;
    }
    hob_compile_expr(c, e->v.yield_from.value);
    hob_emit(c, GET_YIELD_FROM_ITER, 0);
    hob_emit_yield_from(c, false);
}

static void
compile_await(hob_compiler *c, hob_expr *e)
{
    if (!hob_unit_awaits_anywhere(c)) {
        if (c->unit->scope->type != BLOCK_FUNCTION) {
            hob_compile_error(c, "'await' outside function");
            return;
        }
        if (c->unit->kind != UNIT_ASYNC_FUNCTION && c->unit->kind != UNIT_COMPREHENSION) {
            hob_compile_error(c, "'await' outside async function");
            return;
        }
    }
    hob_compile_expr(c, e->v.await.value);
    hob_emit(c, GET_AWAITABLE, 0);
    hob_emit_yield_from(c, true);
}

/* --- attributes and items --- */

void
hob_compile_at_attribute(hob_compiler *c, const hob_expr *e)
{
    hob_location *at = &c->unit->at;
    if (at->line == e->end_lineno) { return; }

    at->line = e->end_lineno;
    int length = (int)PyUnicode_GET_LENGTH(e->v.attribute.attr);
    if (length <= e->end_col_offset) { at->column = e->end_col_offset - length; }
    else { at->column = at->end_column = -1; }          /* only in trees not from source */
}

static void
compile_attribute(hob_compiler *c, hob_expr *e)
{
    static const int opcodes[] = {
        [EXPR_CONTEXT_LOAD] = LOAD_ATTR, [EXPR_CONTEXT_STORE] = STORE_ATTR,
        [EXPR_CONTEXT_DEL] = DELETE_ATTR};
    hob_compile_expr(c, e->v.attribute.value);
    hob_compile_at_attribute(c, e);
    if (hob_compile_forbids(c, e->v.attribute.attr, e->v.attribute.ctx)) { return; }
    hob_emit_name(c, opcodes[e->v.attribute.ctx], e->v.attribute.attr);
}

static void
compile_subscript(hob_compiler *c, hob_expr *e)
{
    static const int opcodes[] = {
        [EXPR_CONTEXT_LOAD] = BINARY_SUBSCR, [EXPR_CONTEXT_STORE] = STORE_SUBSCR,
        [EXPR_CONTEXT_DEL] = DELETE_SUBSCR};
    if (e->v.subscript.ctx == EXPR_CONTEXT_LOAD) {
        hob_compile_warn_subscript(c, e->v.subscript.value, e->v.subscript.slice);
    }
    hob_compile_expr(c, e->v.subscript.value);
    hob_compile_expr(c, e->v.subscript.slice);
    hob_emit(c, opcodes[e->v.subscript.ctx], 0);
}

static void
compile_or_none(hob_compiler *c, hob_expr *e)
{
    if (e) { hob_compile_expr(c, e); }
    else { hob_emit_const(c, Py_None); }
}

static void
compile_slice(hob_compiler *c, hob_expr *e)
{
    compile_or_none(c, e->v.slice.lower);
    compile_or_none(c, e->v.slice.upper);
    if (e->v.slice.step) { hob_compile_expr(c, e->v.slice.step); }
    hob_emit(c, BUILD_SLICE, e->v.slice.step ? 3 : 2);
}

/* --- lists and tuples, as values and as targets --- */

/* UNPACK_EX counts the targets in front of the starred one in a byte. */
enum { MOST_BEFORE_STAR = 255, MOST_AFTER_STAR = (INT_MAX >> 8) - 1 };

static void
unpack_to(hob_compiler *c, hob_expr_seq *targets)
{
    bool has_star = false;
    Py_ssize_t n = targets->size;
    for (Py_ssize_t i = 0; i < n; i++) {
        if (targets->items[i]->kind != EXPR_STARRED) { continue; }
        if (has_star) {
            hob_compile_error(c, "multiple starred expressions in assignment");
            return;
        }
        Py_ssize_t after = n - i - 1;
        if (i > MOST_BEFORE_STAR || after > MOST_AFTER_STAR) {
            hob_compile_error(c, "too many expressions in star-unpacking assignment");
            return;
        }
        hob_emit(c, UNPACK_EX, (int)(i | after << 8));
        has_star = true;
    }
    if (!has_star) { hob_emit(c, UNPACK_SEQUENCE, (int)n); }
    for (Py_ssize_t i = 0; i < n; i++) {
        hob_expr *target = targets->items[i];
        hob_compile_expr(c, target->kind == EXPR_STARRED ? target->v.starred.value : target);
    }
}

static void
compile_sequence(hob_compiler *c, hob_expr_seq *elts, hob_expr_context ctx,
                 const hob_gather *gather)
{
    if (ctx == EXPR_CONTEXT_STORE) { unpack_to(c, elts); }
    else if (ctx == EXPR_CONTEXT_LOAD) { hob_compile_gather(c, elts, 0, gather); }
    else { hob_compile_exprs(c, elts); }
}

static void
compile_starred(hob_compiler *c, hob_expr *e)
{
    hob_compile_error(c, e->v.starred.ctx == EXPR_CONTEXT_STORE
                      ? "starred assignment target must be in a list or tuple"
                      : "can't use starred expression here");
}

/* --- dispatch --- */

static void
compile_expr_inner(hob_compiler *c, hob_expr *e)
{
    switch (e->kind) {
    case EXPR_NAMED_EXPR:
        hob_compile_expr(c, e->v.named_expr.value);
        hob_emit(c, COPY, 1);
        hob_compile_expr(c, e->v.named_expr.target);
        break;
    case EXPR_BOOL_OP: compile_bool_op(c, e); break;
    case EXPR_BIN_OP:
        hob_compile_expr(c, e->v.bin_op.left);
        hob_compile_expr(c, e->v.bin_op.right);
        hob_emit_binary(c, e->v.bin_op.op, false);
        break;
    case EXPR_UNARY_OP: compile_unary_op(c, e); break;
    case EXPR_LAMBDA: hob_compile_lambda(c, e); break;
    case EXPR_IF_EXP: compile_conditional(c, e); break;
    case EXPR_DICT: hob_compile_dict(c, e); break;
    case EXPR_SET: hob_compile_gather(c, e->v.set.elts, 0, &hob_gather_set); break;
    case EXPR_LIST_COMP:
    case EXPR_SET_COMP:
    case EXPR_DICT_COMP:
    case EXPR_GENERATOR_EXP: hob_compile_comprehension(c, e); break;
    case EXPR_YIELD: compile_yield(c, e); break;
    case EXPR_YIELD_FROM: compile_yield_from(c, e); break;
    case EXPR_AWAIT: compile_await(c, e); break;
    case EXPR_COMPARE: compile_compare(c, e); break;
    case EXPR_CALL: hob_compile_call(c, e); break;
    case EXPR_CONSTANT: hob_emit_const(c, e->v.constant.value); break;
    case EXPR_JOINED_STR: hob_compile_joined_str(c, e); break;
    case EXPR_FORMATTED_VALUE: hob_compile_formatted_value(c, e); break;
    case EXPR_ATTRIBUTE: compile_attribute(c, e); break;
    case EXPR_SUBSCRIPT: compile_subscript(c, e); break;
    case EXPR_STARRED: compile_starred(c, e); break;
    case EXPR_SLICE: compile_slice(c, e); break;
    case EXPR_NAME: hob_emit_variable(c, e->v.name.id, e->v.name.ctx); break;
    case EXPR_LIST: compile_sequence(c, e->v.list.elts, e->v.list.ctx, &hob_gather_list); break;
    case EXPR_TUPLE:
        compile_sequence(c, e->v.tuple.elts, e->v.tuple.ctx, &hob_gather_tuple);
        break;
    }
}

void
hob_compile_expr(hob_compiler *c, hob_expr *e)
{
    if (!hob_emit_goes_on(c)) { return; }
    hob_location at = c->unit->at;
    AT(c, e);
    compile_expr_inner(c, e);
    c->unit->at = at;
}

void
hob_compile_exprs(hob_compiler *c, hob_expr_seq *exprs)
{
    for (Py_ssize_t i = 0; i < exprs->size; i++) { hob_compile_expr(c, exprs->items[i]); }
}

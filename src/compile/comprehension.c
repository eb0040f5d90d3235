/* comprehension.c -- list, set and dict comprehensions, and generator expressions.
 *
 * Each is a function of one argument, `.0`, the iterator of its first `for`; the
 * code around it makes and calls the function.
 */
#include "compile/emit.h"

#include "objects/ids.h"

typedef struct {
    hob_comprehension_kind kind;
    hob_comprehension_seq *generators;
    hob_expr *element, *value;          /* value: of a dict, else NULL */
    const char *name;
    int build, add;                     /* opcodes, 0 for a generator expression */
} parts;

static parts
parts_of(hob_expr *e)
{
    switch (e->kind) {
    case EXPR_LIST_COMP:
        return (parts){LIST_COMPREHENSION, e->v.list_comp.generators, e->v.list_comp.elt, NULL,
                       "<listcomp>", BUILD_LIST, LIST_APPEND};
    case EXPR_SET_COMP:
        return (parts){SET_COMPREHENSION, e->v.set_comp.generators, e->v.set_comp.elt, NULL,
                       "<setcomp>", BUILD_SET, SET_ADD};
    case EXPR_DICT_COMP:
        return (parts){DICT_COMPREHENSION, e->v.dict_comp.generators, e->v.dict_comp.key,
                       e->v.dict_comp.value, "<dictcomp>", BUILD_MAP, MAP_ADD};
    default:
        return (parts){GENERATOR_EXPRESSION, e->v.generator_exp.generators,
                       e->v.generator_exp.elt, NULL, "<genexpr>", 0, 0};
    }
}

static void compile_generator(hob_compiler *c, const parts *p, Py_ssize_t index, int depth);

/* What happens for each combination of targets; depth loops' iterators are on the stack. */
static void
compile_element(hob_compiler *c, const parts *p, int depth)
{
    hob_compile_expr(c, p->element);
    if (p->value) { hob_compile_expr(c, p->value); }
    if (p->add) {
        hob_emit(c, p->add, depth + 1);
        return;
    }
    hob_emit_yield(c);
    hob_emit(c, POP_TOP, 0);
}

/* The inside of one `for`: its conditions, and what is inside of it. */
static void
compile_inside(hob_compiler *c, const parts *p, Py_ssize_t index, int depth, hob_block *skip)
{
    hob_expr_seq *ifs = p->generators->items[index]->ifs;
    for (Py_ssize_t i = 0; i < ifs->size; i++) {
        hob_compile_jump_if(c, ifs->items[i], skip, false);
    }
    if (index + 1 < p->generators->size) { compile_generator(c, p, index + 1, depth); }
    else { compile_element(c, p, depth); }
    hob_emit_place(c, skip);
}

/* `for x in [value]` only names a value: NULL if this is no such thing. */
static hob_expr *
only_value(const hob_expr *iter)
{
    const hob_expr_seq *elts = iter->kind == EXPR_LIST ? iter->v.list.elts
        : iter->kind == EXPR_TUPLE ? iter->v.tuple.elts : NULL;
    if (!elts || elts->size != 1 || elts->items[0]->kind == EXPR_STARRED) { return NULL; }
    return elts->items[0];
}

static void
compile_sync_generator(hob_compiler *c, const parts *p, Py_ssize_t index, int depth)
{
    hob_comprehension *gen = p->generators->items[index];
    hob_block *start = hob_emit_block(c), *skip = hob_emit_block(c);
    hob_block *anchor = hob_emit_block(c);
    hob_expr *single = index ? only_value(gen->iter) : NULL;
    if (index == 0) {
        c->unit->argcount = 1;
        hob_emit(c, LOAD_FAST, 0);
    }
    else if (single) { hob_compile_expr(c, single); }
    else {
        hob_compile_expr(c, gen->iter);
        hob_emit(c, GET_ITER, 0);
    }
    if (!single) {
        depth++;
        hob_emit_place(c, start);
        hob_emit_jump(c, FOR_ITER, anchor);
    }
    hob_compile_expr(c, gen->target);
    compile_inside(c, p, index, depth, skip);
    if (!single) {
        hob_emit_jump(c, JUMP, start);
        hob_emit_place(c, anchor);
    }
}

static void
compile_async_generator(hob_compiler *c, const parts *p, Py_ssize_t index, int depth)
{
    hob_comprehension *gen = p->generators->items[index];
    hob_block *start = hob_emit_block(c), *except = hob_emit_block(c);
    hob_block *skip = hob_emit_block(c);
    if (index == 0) {
        c->unit->argcount = 1;
        hob_emit(c, LOAD_FAST, 0);
    }
    else {
        hob_compile_expr(c, gen->iter);
        hob_emit(c, GET_AITER, 0);
    }
    hob_emit_place(c, start);
    hob_nest_push(c, NEST_ASYNC_GENERATOR, start, NULL, NULL);
    hob_emit_jump(c, SETUP_FINALLY, except);
    hob_emit(c, GET_ANEXT, 0);
    hob_emit_yield_from(c, true);
    hob_emit(c, POP_BLOCK, 0);
    hob_compile_expr(c, gen->target);
    compile_inside(c, p, index, depth + 1, skip);
    hob_emit_jump(c, JUMP, start);
    hob_nest_pop(c, NEST_ASYNC_GENERATOR);
    hob_emit_place(c, except);
    hob_emit(c, END_ASYNC_FOR, 0);
}

static void
compile_generator(hob_compiler *c, const parts *p, Py_ssize_t index, int depth)
{
    if (c->failed) { return; }
    if (p->generators->items[index]->is_async) { compile_async_generator(c, p, index, depth); }
    else { compile_sync_generator(c, p, index, depth); }
}

/* May an asynchronous comprehension, which must be awaited, stand in unit u? */
static bool
may_await_in(hob_compiler *c, hob_unit_kind around, bool top_level)
{
    if (around == UNIT_ASYNC_FUNCTION || around == UNIT_COMPREHENSION || top_level) {
        return true;
    }
    hob_compile_error(c, "asynchronous comprehension outside of an asynchronous function");
    return false;
}

void
hob_compile_comprehension(hob_compiler *c, hob_expr *e)
{
    parts p = parts_of(e);
    hob_unit_kind around = c->unit->kind;
    bool top_level = hob_unit_awaits_anywhere(c);
    if (!hob_unit_begin_unnamed(c, p.name, UNIT_COMPREHENSION, e, e->lineno)) { return; }
    AT(c, e);
    bool is_async = c->unit->scope->is_coroutine;
    bool must_await = is_async && p.kind != GENERATOR_EXPRESSION;
    if (!must_await || may_await_in(c, around, top_level)) {
        if (p.build) { hob_emit(c, p.build, 0); }
        compile_generator(c, &p, 0, 0);
        if (p.build) { hob_emit(c, RETURN_VALUE, 0); }
    }
    own PyCodeObject *code = hob_unit_end(c, true);
    if (!code) { return; }

    if (top_level && is_async) { c->unit->scope->is_coroutine = true; }
    hob_emit_closure(c, code, 0);
    hob_comprehension *first = p.generators->items[0];
    hob_compile_expr(c, first->iter);
    hob_emit(c, first->is_async ? GET_AITER : GET_ITER, 0);
    hob_emit_call(c, 0);
    if (must_await) {
        hob_emit(c, GET_AWAITABLE, 0);
        hob_emit_yield_from(c, true);
    }
}

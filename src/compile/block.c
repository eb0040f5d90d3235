/* block.c -- try, with, and leaving them.
 *
 * A SETUP_* begins the region that a handler covers, POP_BLOCK ends it; neither
 * is left in the bytes.  A handler starts with the exception on the stack (below
 * it, for SETUP_CLEANUP and SETUP_WITH, the offset of the instruction), and ends
 * by popping it or by raising it again.  The code of a handler is itself covered
 * by a cleanup that restores what PUSH_EXC_INFO put aside.
 */
#include "compile/emit.h"

/* --- leaving early --- */

static void
call_exit_with_nones(hob_compiler *c)
{
    enum { REAL_ARGUMENTS = 2 };        /* the third travels as self */
    for (int i = 0; i < 3; i++) { hob_emit_const(c, Py_None); }
    hob_emit_call(c, REAL_ARGUMENTS);
}

enum { AWAITS_ENTER = 1, AWAITS_EXIT = 2 };

static void
await_special(hob_compiler *c, int which)
{
    hob_emit(c, GET_AWAITABLE, which);
    hob_emit_yield_from(c, true);
}

/* name = None; del name */
static void
forget_name(hob_compiler *c, PyObject *name)
{
    hob_emit_const(c, Py_None);
    hob_emit_variable(c, name, EXPR_CONTEXT_STORE);
    hob_emit_variable(c, name, EXPR_CONTEXT_DEL);
}

static void
bring_up(hob_compiler *c, bool keep_top)
{
    if (keep_top) { hob_emit(c, SWAP, 2); }
}

static void
leave_finally_try(hob_compiler *c, const hob_nest *nest, bool keep_top)
{
    hob_emit(c, POP_BLOCK, 0);
    if (keep_top) { hob_nest_push(c, NEST_VALUE, NULL, NULL, NULL); }
    hob_compile_stmts(c, (hob_stmt_seq *)nest->node);
    if (keep_top) { hob_nest_pop(c, NEST_VALUE); }
    AT_NOWHERE(c);
}

static void
leave_with(hob_compiler *c, const hob_nest *nest, bool keep_top)
{
    AT(c, (const hob_stmt *)nest->node);
    hob_emit(c, POP_BLOCK, 0);
    bring_up(c, keep_top);
    call_exit_with_nones(c);
    if (nest->kind == NEST_ASYNC_WITH) { await_special(c, AWAITS_EXIT); }
    hob_emit(c, POP_TOP, 0);
    AT_NOWHERE(c);
}

static void
leave_finally_end(hob_compiler *c, bool keep_top)
{
    bring_up(c, keep_top);
    hob_emit(c, POP_TOP, 0);            /* the exception */
    bring_up(c, keep_top);
    hob_emit(c, POP_BLOCK, 0);
    hob_emit(c, POP_EXCEPT, 0);
}

static void
leave_handler_body(hob_compiler *c, const hob_nest *nest, bool keep_top)
{
    if (nest->node) { hob_emit(c, POP_BLOCK, 0); }
    bring_up(c, keep_top);
    hob_emit(c, POP_BLOCK, 0);
    hob_emit(c, POP_EXCEPT, 0);
    if (nest->node) { forget_name(c, (PyObject *)nest->node); }
}

void
hob_compile_unwind_one(hob_compiler *c, const hob_nest *nest, bool keep_top)
{
    switch (nest->kind) {
    case NEST_WHILE:
    case NEST_HANDLER:
    case NEST_GROUP_HANDLER:
    case NEST_ASYNC_GENERATOR: break;
    case NEST_FOR:
    case NEST_VALUE:
        bring_up(c, keep_top);
        hob_emit(c, POP_TOP, 0);
        break;
    case NEST_TRY: hob_emit(c, POP_BLOCK, 0); break;
    case NEST_FINALLY_TRY: leave_finally_try(c, nest, keep_top); break;
    case NEST_FINALLY_END: leave_finally_end(c, keep_top); break;
    case NEST_WITH:
    case NEST_ASYNC_WITH: leave_with(c, nest, keep_top); break;
    case NEST_HANDLER_BODY: leave_handler_body(c, nest, keep_top); break;
    }
}

/* While one is undone the code is outside it: so it is off the stack meanwhile. */
void
hob_compile_unwind(hob_compiler *c, bool keep_top, hob_nest **loop)
{
    hob_unit *u = c->unit;
    if (c->failed || u->n_nests == 0) { return; }
    hob_nest *top = &u->nests[u->n_nests - 1];
    if (top->kind == NEST_GROUP_HANDLER) {
        hob_compile_error(c, "'break', 'continue' and 'return' cannot appear in an "
                          "except* block");
        return;
    }
    if (loop && (top->kind == NEST_WHILE || top->kind == NEST_FOR)) {
        *loop = top;
        return;
    }
    hob_nest undone = *top;
    u->n_nests--;
    hob_compile_unwind_one(c, &undone, keep_top);
    hob_compile_unwind(c, keep_top, loop);
    u->nests[u->n_nests++] = undone;
}

/* --- handlers --- */

/* Begin code that an exception reaches. */
static void
begin_handler(hob_compiler *c, hob_block *handler, hob_block *cleanup)
{
    hob_emit_place(c, handler);
    hob_emit_jump(c, SETUP_CLEANUP, cleanup);
    hob_emit(c, PUSH_EXC_INFO, 0);
}

/* Where exceptions of a handler go: the one being handled is restored. */
static void
put_cleanup(hob_compiler *c, hob_block *cleanup)
{
    hob_emit_place(c, cleanup);
    hob_emit(c, COPY, 3);
    hob_emit(c, POP_EXCEPT, 0);
    hob_emit(c, RERAISE, 1);
}

static void
pop_block_nowhere(hob_compiler *c)
{
    hob_location at = c->unit->at;
    AT_NOWHERE(c);
    hob_emit(c, POP_BLOCK, 0);
    c->unit->at = at;
}

/* --- try: except: --- */

/* The statements, and behind them the end of the block that guards them. */
static void
compile_handler_body(hob_compiler *c, hob_excepthandler *handler)
{
    hob_block *body = hob_emit_block(c);
    hob_emit_place(c, body);
    hob_nest_push(c, NEST_HANDLER_BODY, body, NULL, handler->v.except_handler.name);
    hob_compile_stmts(c, handler->v.except_handler.body);
    hob_nest_pop(c, NEST_HANDLER_BODY);
    AT_NOWHERE(c);
    hob_emit(c, POP_BLOCK, 0);
}

/* except T as name: the name goes when the body is left, also by an exception. */
static void
compile_named_handler(hob_compiler *c, hob_excepthandler *handler, hob_block *end)
{
    PyObject *name = handler->v.except_handler.name;
    hob_block *cleanup = hob_emit_block(c);
    hob_emit_variable(c, name, EXPR_CONTEXT_STORE);
    hob_emit_jump(c, SETUP_CLEANUP, cleanup);
    compile_handler_body(c, handler);
    hob_emit(c, POP_BLOCK, 0);
    hob_emit(c, POP_EXCEPT, 0);
    forget_name(c, name);
    hob_emit_jump(c, JUMP, end);

    hob_emit_place(c, cleanup);
    AT_NOWHERE(c);
    forget_name(c, name);
    hob_emit(c, RERAISE, 1);
}

static void
compile_plain_handler(hob_compiler *c, hob_excepthandler *handler, hob_block *end)
{
    hob_emit(c, POP_TOP, 0);            /* the exception */
    compile_handler_body(c, handler);
    hob_emit(c, POP_EXCEPT, 0);
    hob_emit_jump(c, JUMP, end);
}

static void
compile_handlers(hob_compiler *c, hob_excepthandler_seq *handlers, hob_block *end)
{
    for (Py_ssize_t i = 0; i < handlers->size; i++) {
        hob_excepthandler *handler = handlers->items[i];
        hob_expr *type = handler->v.except_handler.type;
        hob_block *next = hob_emit_block(c);
        AT(c, handler);
        if (type) {
            hob_compile_expr(c, type);
            hob_emit(c, CHECK_EXC_MATCH, 0);
            hob_emit_jump(c, POP_JUMP_IF_FALSE, next);
        }
        else if (i + 1 < handlers->size) {
            hob_compile_error(c, "default 'except:' must be last");
            return;
        }
        if (handler->v.except_handler.name) { compile_named_handler(c, handler, end); }
        else { compile_plain_handler(c, handler, end); }
        hob_emit_place(c, next);
    }
}

static void
compile_try_except(hob_compiler *c, hob_stmt *s)
{
    hob_block *body = hob_emit_block(c), *except = hob_emit_block(c);
    hob_block *end = hob_emit_block(c), *cleanup = hob_emit_block(c);
    hob_emit_jump(c, SETUP_FINALLY, except);
    hob_emit_place(c, body);
    hob_nest_push(c, NEST_TRY, body, NULL, NULL);
    hob_compile_stmts(c, s->v.try.body);
    hob_nest_pop(c, NEST_TRY);
    pop_block_nowhere(c);
    hob_compile_stmts(c, s->v.try.orelse);
    hob_emit_jump_nowhere(c, JUMP, end);

    AT_NOWHERE(c);
    begin_handler(c, except, cleanup);
    hob_nest_push(c, NEST_HANDLER, NULL, NULL, NULL);
    compile_handlers(c, s->v.try.handlers, end);
    hob_nest_pop(c, NEST_HANDLER);
    hob_emit(c, RERAISE, 0);
    put_cleanup(c, cleanup);
    hob_emit_place(c, end);
}

/* --- try: except*: --- */

/* One except* takes its part of the group; what its body raises joins the list. */
static void
compile_group_handler(hob_compiler *c, hob_excepthandler *handler, hob_block *next)
{
    PyObject *name = handler->v.except_handler.name;
    hob_block *matched = hob_emit_block(c);
    hob_block *cleanup = hob_emit_block(c);
    if (handler->v.except_handler.type) {
        hob_compile_expr(c, handler->v.except_handler.type);
        hob_emit(c, CHECK_EG_MATCH, 0);
        hob_emit(c, COPY, 1);
        hob_emit_jump(c, POP_JUMP_IF_NOT_NONE, matched);
        hob_emit(c, POP_TOP, 0);        /* no match */
        hob_emit_jump(c, JUMP, next);
    }
    hob_emit_place(c, matched);
    if (name) { hob_emit_variable(c, name, EXPR_CONTEXT_STORE); }
    else { hob_emit(c, POP_TOP, 0); }
    hob_emit_jump(c, SETUP_CLEANUP, cleanup);
    compile_handler_body(c, handler);
    if (name) { forget_name(c, name); }
    hob_emit_jump(c, JUMP, next);

    hob_emit_place(c, cleanup);
    AT_NOWHERE(c);
    if (name) { forget_name(c, name); }
    hob_emit(c, LIST_APPEND, 3);        /* [.. list, rest, lasti, exc] */
    hob_emit(c, POP_TOP, 0);            /* lasti */
    hob_emit_jump(c, JUMP, next);
}

/* [exc info, group, list] -> raise what was raised or not handled, if there is any */
static void
reraise_group(hob_compiler *c, hob_block *end)
{
    hob_block *reraise = hob_emit_block(c);
    hob_emit(c, PREP_RERAISE_STAR, 0);
    hob_emit(c, COPY, 1);
    hob_emit_jump(c, POP_JUMP_IF_NOT_NONE, reraise);
    hob_emit(c, POP_TOP, 0);
    hob_emit(c, POP_BLOCK, 0);
    hob_emit(c, POP_EXCEPT, 0);
    hob_emit_jump(c, JUMP, end);
    hob_emit_place(c, reraise);
    hob_emit(c, POP_BLOCK, 0);
    hob_emit(c, SWAP, 2);
    hob_emit(c, POP_EXCEPT, 0);
    hob_emit(c, RERAISE, 0);
}

static void
compile_group_handlers(hob_compiler *c, hob_excepthandler_seq *handlers, hob_block *done)
{
    for (Py_ssize_t i = 0; i < handlers->size; i++) {
        hob_block *next = hob_emit_block(c);
        AT(c, handlers->items[i]);
        if (i == 0) {                   /* [group] -> [group, list, rest] */
            hob_emit(c, COPY, 1);
            hob_emit(c, BUILD_LIST, 0);
            hob_emit(c, SWAP, 2);
        }
        compile_group_handler(c, handlers->items[i], next);
        hob_emit_place(c, next);
        if (i + 1 == handlers->size) {
            hob_emit(c, LIST_APPEND, 1);
            hob_emit_jump(c, JUMP, done);
        }
    }
}

static void
compile_try_star_except(hob_compiler *c, hob_stmt *s)
{
    hob_block *body = hob_emit_block(c), *except = hob_emit_block(c);
    hob_block *orelse = hob_emit_block(c), *end = hob_emit_block(c);
    hob_block *cleanup = hob_emit_block(c), *done = hob_emit_block(c);
    hob_emit_jump(c, SETUP_FINALLY, except);
    hob_emit_place(c, body);
    hob_nest_push(c, NEST_TRY, body, NULL, NULL);
    hob_compile_stmts(c, s->v.try_star.body);
    hob_nest_pop(c, NEST_TRY);
    pop_block_nowhere(c);
    hob_emit_jump_nowhere(c, JUMP, orelse);

    AT_NOWHERE(c);
    begin_handler(c, except, cleanup);
    hob_nest_push(c, NEST_GROUP_HANDLER, NULL, NULL, NULL);
    compile_group_handlers(c, s->v.try_star.handlers, done);
    hob_nest_pop(c, NEST_GROUP_HANDLER);
    hob_emit_place(c, done);
    reraise_group(c, end);
    put_cleanup(c, cleanup);
    hob_emit_place(c, orelse);
    hob_compile_stmts(c, s->v.try_star.orelse);
    hob_emit_place(c, end);
}

/* --- try: finally: --- */

/* The finally part is there twice: for the way on, and for an exception.  (And once more
 * for each return, break or continue: leave_finally_try.) */
static void
compile_try_finally(hob_compiler *c, hob_stmt *s)
{
    __typeof__(&s->v.try) t = &s->v.try;                /* TryStar is alike */
    hob_block *body = hob_emit_block(c), *end = hob_emit_block(c);
    hob_block *exit = hob_emit_block(c), *cleanup = hob_emit_block(c);
    hob_emit_jump(c, SETUP_FINALLY, end);
    hob_emit_place(c, body);
    hob_nest_push(c, NEST_FINALLY_TRY, body, end, t->finalbody);
    if (t->handlers->size == 0) { hob_compile_stmts(c, t->body); }
    else if (s->kind == STMT_TRY) { compile_try_except(c, s); }
    else { compile_try_star_except(c, s); }
    pop_block_nowhere(c);
    hob_nest_pop(c, NEST_FINALLY_TRY);
    hob_compile_stmts(c, t->finalbody);
    hob_emit_jump_nowhere(c, JUMP, exit);

    AT_NOWHERE(c);
    begin_handler(c, end, cleanup);
    hob_nest_push(c, NEST_FINALLY_END, end, NULL, NULL);
    hob_compile_stmts(c, t->finalbody);
    hob_nest_pop(c, NEST_FINALLY_END);
    hob_emit(c, RERAISE, 0);
    put_cleanup(c, cleanup);
    hob_emit_place(c, exit);
}

void
hob_compile_try(hob_compiler *c, hob_stmt *s)
{
    if (s->v.try.finalbody->size) { compile_try_finally(c, s); }
    else { compile_try_except(c, s); }
}

void
hob_compile_try_star(hob_compiler *c, hob_stmt *s)
{
    if (s->v.try_star.finalbody->size) { compile_try_finally(c, s); }
    else { compile_try_star_except(c, s); }
}

/* --- with --- */

/* [exit, lasti, previous, exc, result of exit]: swallow the exception, or not. */
static void
finish_with(hob_compiler *c, hob_block *cleanup)
{
    hob_block *suppress = hob_emit_block(c);
    hob_emit_jump(c, POP_JUMP_IF_TRUE, suppress);
    hob_emit(c, RERAISE, 2);
    AT_NOWHERE(c);
    put_cleanup(c, cleanup);
    hob_emit_place(c, suppress);
    hob_emit(c, POP_TOP, 0);            /* the exception */
    hob_emit(c, POP_BLOCK, 0);
    hob_emit(c, POP_EXCEPT, 0);
    hob_emit(c, POP_TOP, 0);            /* lasti */
    hob_emit(c, POP_TOP, 0);            /* exit */
}

/* The items from index on, nested, with the body inside. */
static void
compile_with_items(hob_compiler *c, hob_stmt *s, Py_ssize_t index)
{
    __typeof__(&s->v.with) w = &s->v.with;              /* async ones are alike */
    bool is_async = s->kind == STMT_ASYNC_WITH;
    hob_nest_kind nest = is_async ? NEST_ASYNC_WITH : NEST_WITH;
    hob_withitem *item = w->items->items[index];
    hob_block *body = hob_emit_block(c), *final = hob_emit_block(c);
    hob_block *exit = hob_emit_block(c), *cleanup = hob_emit_block(c);

    hob_compile_expr(c, item->context_expr);
    hob_emit(c, is_async ? BEFORE_ASYNC_WITH : BEFORE_WITH, 0);
    if (is_async) { await_special(c, AWAITS_ENTER); }
    hob_emit_jump(c, SETUP_WITH, final);
    hob_emit_place(c, body);
    hob_nest_push(c, nest, body, final, s);
    if (item->optional_vars) { hob_compile_expr(c, item->optional_vars); }
    else { hob_emit(c, POP_TOP, 0); }
    if (index + 1 < w->items->size) { compile_with_items(c, s, index + 1); }
    else { hob_compile_stmts(c, w->body); }
    if (!is_async) { AT_NOWHERE(c); }
    hob_emit(c, POP_BLOCK, 0);
    hob_nest_pop(c, nest);

    AT(c, s);
    call_exit_with_nones(c);
    if (is_async) { await_special(c, AWAITS_EXIT); }
    hob_emit(c, POP_TOP, 0);
    hob_emit_jump(c, JUMP, exit);

    begin_handler(c, final, cleanup);
    hob_emit(c, WITH_EXCEPT_START, 0);
    if (is_async) { await_special(c, AWAITS_EXIT); }
    finish_with(c, cleanup);
    hob_emit_place(c, exit);
}

void
hob_compile_with(hob_compiler *c, hob_stmt *s)
{
    if (!c->failed) { compile_with_items(c, s, 0); }
}

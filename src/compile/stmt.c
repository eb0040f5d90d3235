/* stmt.c -- statements.
 *
 * Hazard     a statement leaves c->unit->at where its last part was, or nowhere;
 *            jumps that follow it in a compound statement take that place.
 * Next       block.c def.c pattern.c
 */
#include "compile/emit.h"

/* --- branches and loops --- */

static void
compile_if(hob_compiler *c, hob_stmt *s)
{
    hob_stmt_seq *otherwise = s->v.if_.orelse;
    hob_block *end = hob_emit_block(c);
    hob_block *orelse = otherwise->size ? hob_emit_block(c) : end;
    hob_compile_jump_if(c, s->v.if_.test, orelse, false);
    hob_compile_stmts(c, s->v.if_.body);
    if (otherwise->size) {
        hob_emit_jump_nowhere(c, JUMP, end);
        hob_emit_place(c, orelse);
        hob_compile_stmts(c, otherwise);
    }
    hob_emit_place(c, end);
}

static void
compile_while(hob_compiler *c, hob_stmt *s)
{
    hob_block *loop = hob_emit_block(c), *body = hob_emit_block(c);
    hob_block *anchor = hob_emit_block(c), *end = hob_emit_block(c);
    hob_emit_place(c, loop);
    hob_nest_push(c, NEST_WHILE, loop, end, NULL);
    hob_compile_jump_if(c, s->v.while_.test, anchor, false);
    hob_emit_place(c, body);
    hob_compile_stmts(c, s->v.while_.body);
    AT(c, s);
    hob_compile_jump_if(c, s->v.while_.test, body, true);
    hob_nest_pop(c, NEST_WHILE);
    hob_emit_place(c, anchor);
    hob_compile_stmts(c, s->v.while_.orelse);
    hob_emit_place(c, end);
}

static void
compile_for(hob_compiler *c, hob_stmt *s)
{
    hob_block *start = hob_emit_block(c), *body = hob_emit_block(c);
    hob_block *cleanup = hob_emit_block(c), *end = hob_emit_block(c);
    hob_nest_push(c, NEST_FOR, start, end, NULL);
    hob_compile_expr(c, s->v.for_.iter);
    hob_emit(c, GET_ITER, 0);
    hob_emit_place(c, start);
    hob_emit_jump(c, FOR_ITER, cleanup);
    hob_emit_place(c, body);
    hob_compile_expr(c, s->v.for_.target);
    hob_compile_stmts(c, s->v.for_.body);
    AT_NOWHERE(c);
    hob_emit_jump(c, JUMP, start);
    hob_emit_place(c, cleanup);
    hob_nest_pop(c, NEST_FOR);
    hob_compile_stmts(c, s->v.for_.orelse);
    hob_emit_place(c, end);
}

/* Make awaiting legal here, or fail. */
static bool
is_async_allowed(hob_compiler *c, const char *what)
{
    if (c->failed) { return false; }
    if (hob_unit_awaits_anywhere(c)) {
        c->unit->scope->is_coroutine = true;
        return true;
    }
    if (c->unit->kind == UNIT_ASYNC_FUNCTION) { return true; }
    hob_compile_error(c, "'%s' outside async function", what);
    return false;
}

static void
compile_async_for(hob_compiler *c, hob_stmt *s)
{
    if (!is_async_allowed(c, "async for")) { return; }
    hob_block *start = hob_emit_block(c), *except = hob_emit_block(c), *end = hob_emit_block(c);
    hob_compile_expr(c, s->v.async_for.iter);
    hob_emit(c, GET_AITER, 0);
    hob_emit_place(c, start);
    hob_nest_push(c, NEST_FOR, start, end, NULL);
    hob_emit_jump(c, SETUP_FINALLY, except);
    hob_emit(c, GET_ANEXT, 0);
    hob_emit_yield_from(c, true);
    hob_emit(c, POP_BLOCK, 0);
    hob_compile_expr(c, s->v.async_for.target);
    hob_compile_stmts(c, s->v.async_for.body);
    AT_NOWHERE(c);
    hob_emit_jump(c, JUMP, start);
    hob_nest_pop(c, NEST_FOR);
    hob_emit_place(c, except);
    AT(c, s->v.async_for.iter);         /* StopAsyncIteration ends the loop */
    hob_emit(c, END_ASYNC_FOR, 0);
    hob_compile_stmts(c, s->v.async_for.orelse);
    hob_emit_place(c, end);
}

static void
compile_break(hob_compiler *c, hob_stmt *s)
{
    hob_nest *loop = NULL;
    hob_emit(c, NOP, 0);                /* so that there is something on its line */
    hob_compile_unwind(c, false, &loop);
    if (!loop) {
        AT(c, s);
        hob_compile_error(c, "'break' outside loop");
        return;
    }
    hob_compile_unwind_one(c, loop, false);
    hob_emit_jump(c, JUMP, loop->exit);
}

static void
compile_continue(hob_compiler *c, hob_stmt *s)
{
    hob_nest *loop = NULL;
    hob_emit(c, NOP, 0);
    hob_compile_unwind(c, false, &loop);
    if (!loop) {
        AT(c, s);
        hob_compile_error(c, "'continue' not properly in loop");
        return;
    }
    hob_emit_jump(c, JUMP, loop->start);
}

static void
compile_return(hob_compiler *c, hob_stmt *s)
{
    hob_expr *value = s->v.return_.value;
    const hob_scope *scope = c->unit->scope;
    if (scope->type != BLOCK_FUNCTION) {
        hob_compile_error(c, "'return' outside function");
        return;
    }
    if (value && scope->is_coroutine && scope->is_generator) {
        hob_compile_error(c, "'return' with value in async generator");
        return;
    }
    bool is_computed = value && value->kind != EXPR_CONSTANT;
    if (is_computed) { hob_compile_expr(c, value); }
    else if (value) {
        AT(c, value);
        hob_emit(c, NOP, 0);
    }
    if (!value || value->lineno != s->lineno) {
        AT(c, s);
        hob_emit(c, NOP, 0);
    }
    hob_compile_unwind(c, is_computed, NULL);
    if (!value) { hob_emit_const(c, Py_None); }
    else if (!is_computed) { hob_emit_const(c, value->v.constant.value); }
    hob_emit(c, RETURN_VALUE, 0);
}

/* --- assignments --- */

static void
compile_assign(hob_compiler *c, hob_stmt *s)
{
    hob_expr_seq *targets = s->v.assign.targets;
    hob_compile_expr(c, s->v.assign.value);
    for (Py_ssize_t i = 0; i < targets->size; i++) {
        if (i + 1 < targets->size) { hob_emit(c, COPY, 1); }
        hob_compile_expr(c, targets->items[i]);
    }
}

/* The target's present value; what is needed to store to it stays below. */
static void
aug_load(hob_compiler *c, hob_expr *target)
{
    AT(c, target);
    switch (target->kind) {
    case EXPR_ATTRIBUTE:
        hob_compile_expr(c, target->v.attribute.value);
        hob_emit(c, COPY, 1);
        hob_compile_at_attribute(c, target);
        hob_emit_name(c, LOAD_ATTR, target->v.attribute.attr);
        break;
    case EXPR_SUBSCRIPT:
        hob_compile_expr(c, target->v.subscript.value);
        hob_compile_expr(c, target->v.subscript.slice);
        hob_emit(c, COPY, 2);
        hob_emit(c, COPY, 2);
        hob_emit(c, BINARY_SUBSCR, 0);
        break;
    case EXPR_NAME:
        hob_emit_variable(c, target->v.name.id, EXPR_CONTEXT_LOAD);
        break;
    default:
        if (!c->failed) {
            PyErr_Format(PyExc_SystemError,
                         "invalid node type (%d) for augmented assignment", target->kind);
            hob_compile_fail(c);
        }
    }
}

static void
aug_store(hob_compiler *c, hob_expr *target)
{
    AT(c, target);
    switch (target->kind) {
    case EXPR_ATTRIBUTE:
        hob_compile_at_attribute(c, target);
        hob_emit(c, SWAP, 2);
        hob_emit_name(c, STORE_ATTR, target->v.attribute.attr);
        break;
    case EXPR_SUBSCRIPT:
        hob_emit(c, SWAP, 3);
        hob_emit(c, SWAP, 2);
        hob_emit(c, STORE_SUBSCR, 0);
        break;
    default:
        hob_emit_variable(c, target->v.name.id, EXPR_CONTEXT_STORE);
    }
}

static void
compile_aug_assign(hob_compiler *c, hob_stmt *s)
{
    aug_load(c, s->v.aug_assign.target);
    AT(c, s);
    hob_compile_expr(c, s->v.aug_assign.value);
    hob_emit_binary(c, s->v.aug_assign.op, true);
    aug_store(c, s->v.aug_assign.target);
}

/* --- annotated names --- */

static void
evaluate(hob_compiler *c, hob_expr *e)
{
    hob_compile_expr(c, e);
    hob_emit(c, POP_TOP, 0);
}

/* The parts of a subscript that is annotated but not assigned to. */
static void
evaluate_slice(hob_compiler *c, hob_expr *e)
{
    if (e->kind == EXPR_SLICE) {
        if (e->v.slice.lower) { evaluate(c, e->v.slice.lower); }
        if (e->v.slice.upper) { evaluate(c, e->v.slice.upper); }
        if (e->v.slice.step) { evaluate(c, e->v.slice.step); }
    }
    else if (e->kind == EXPR_TUPLE) {
        for (Py_ssize_t i = 0; i < e->v.tuple.elts->size; i++) {
            evaluate_slice(c, e->v.tuple.elts->items[i]);
        }
    }
    else { evaluate(c, e); }
}

static void
note_annotation(hob_compiler *c, PyObject *name, hob_expr *annotation)
{
    own PyObject *annotations = PyUnicode_InternFromString("__annotations__");
    if (!annotations) {
        hob_compile_fail(c);
        return;
    }
    hob_compile_annotation(c, annotation);
    hob_emit_name(c, LOAD_NAME, annotations);
    if (!c->failed) { hob_emit_new_const(c, hob_mangle(c->unit->class_name, name)); }
    hob_emit(c, STORE_SUBSCR, 0);
}

static void
compile_ann_assign(hob_compiler *c, hob_stmt *s)
{
    __typeof__(&s->v.ann_assign) a = &s->v.ann_assign;
    hob_expr *target = a->target;
    bool keeps = c->unit->kind == UNIT_MODULE || c->unit->kind == UNIT_CLASS;
    if (c->failed) { return; }
    if (a->value) {
        hob_compile_expr(c, a->value);
        hob_compile_expr(c, target);
    }
    switch (target->kind) {
    case EXPR_NAME:
        if (hob_compile_forbids(c, target->v.name.id, EXPR_CONTEXT_STORE)) { return; }
        if (a->simple && keeps && !c->failed) {
            note_annotation(c, target->v.name.id, a->annotation);
        }
        break;
    case EXPR_ATTRIBUTE:
        if (hob_compile_forbids(c, target->v.attribute.attr, EXPR_CONTEXT_STORE)) { return; }
        if (!a->value) { evaluate(c, target->v.attribute.value); }
        break;
    case EXPR_SUBSCRIPT:
        if (!a->value) {
            evaluate(c, target->v.subscript.value);
            evaluate_slice(c, target->v.subscript.slice);
        }
        break;
    default:
        if (!c->failed) {
            PyErr_Format(PyExc_SystemError,
                         "invalid node type (%d) for annotated assignment", target->kind);
            hob_compile_fail(c);
        }
        return;
    }
    if (!a->simple && keeps && !(c->future_features & CO_FUTURE_ANNOTATIONS)) {
        evaluate(c, a->annotation);
    }
}

/* --- imports --- */

/* import a.b.c as d: d is the innermost, found through its packages. */
static void
import_as(hob_compiler *c, PyObject *name, PyObject *asname)
{
    Py_ssize_t n = PyUnicode_GET_LENGTH(name);
    Py_ssize_t dot = PyUnicode_FindChar(name, '.', 0, n, 1);
    if (dot < 0) {
        hob_emit_variable(c, asname, EXPR_CONTEXT_STORE);
        return;
    }
    while (dot >= 0 && !c->failed) {
        Py_ssize_t start = dot + 1;
        dot = PyUnicode_FindChar(name, '.', start, n, 1);
        own PyObject *part = PyUnicode_Substring(name, start, dot < 0 ? n : dot);
        if (!part) {
            hob_compile_fail(c);
            return;
        }
        hob_emit_name(c, IMPORT_FROM, part);
        if (dot >= 0) {
            hob_emit(c, SWAP, 2);
            hob_emit(c, POP_TOP, 0);
        }
    }
    hob_emit_variable(c, asname, EXPR_CONTEXT_STORE);
    hob_emit(c, POP_TOP, 0);
}

static void
compile_import(hob_compiler *c, hob_stmt *s)
{
    hob_alias_seq *names = s->v.import.names;
    for (Py_ssize_t i = 0; i < names->size && !c->failed; i++) {
        hob_alias *alias = names->items[i];
        hob_emit_int(c, 0);
        hob_emit_const(c, Py_None);
        hob_emit_name(c, IMPORT_NAME, alias->name);
        if (alias->asname) {
            import_as(c, alias->name, alias->asname);
            continue;
        }
        Py_ssize_t n = PyUnicode_GET_LENGTH(alias->name);
        Py_ssize_t dot = PyUnicode_FindChar(alias->name, '.', 0, n, 1);
        own PyObject *first = PyUnicode_Substring(alias->name, 0, dot < 0 ? n : dot);
        if (!first) { hob_compile_fail(c); }
        else { hob_emit_variable(c, first, EXPR_CONTEXT_STORE); }
    }
}

static PyObject *
alias_names(const hob_alias_seq *names)
{
    PyObject *tuple = PyTuple_New(names->size);
    for (Py_ssize_t i = 0; tuple && i < names->size; i++) {
        PyTuple_SET_ITEM(tuple, i, Py_NewRef(names->items[i]->name));
    }
    return tuple;
}

static void
compile_import_from(hob_compiler *c, hob_stmt *s)
{
    __typeof__(&s->v.import_from) f = &s->v.import_from;
    hob_emit_int(c, f->level);
    if (c->failed) { return; }
    own PyObject *names = alias_names(f->names);
    own PyObject *module = f->module ? Py_NewRef(f->module) : PyUnicode_New(0, 0);
    if (!names || !module) {
        hob_compile_fail(c);
        return;
    }
    if (s->lineno > c->future_line && _PyUnicode_EqualToASCIIString(module, "__future__")) {
        hob_compile_error(c, "from __future__ imports must occur at the beginning of the file");
        return;
    }
    hob_emit_const(c, names);
    hob_emit_name(c, IMPORT_NAME, module);
    for (Py_ssize_t i = 0; i < f->names->size; i++) {
        hob_alias *alias = f->names->items[i];
        if (i == 0 && _PyUnicode_EqualToASCIIString(alias->name, "*")) {
            hob_emit(c, IMPORT_STAR, 0);
            return;
        }
        hob_emit_name(c, IMPORT_FROM, alias->name);
        hob_emit_variable(c, alias->asname ? alias->asname : alias->name, EXPR_CONTEXT_STORE);
    }
    hob_emit(c, POP_TOP, 0);            /* the module */
}

/* --- the rest --- */

static bool
is_nonempty_tuple(const hob_expr *e)
{
    if (e->kind == EXPR_TUPLE) { return e->v.tuple.elts->size > 0; }
    return e->kind == EXPR_CONSTANT && PyTuple_Check(e->v.constant.value)
        && PyTuple_GET_SIZE(e->v.constant.value) > 0;
}

static void
compile_assert(hob_compiler *c, hob_stmt *s)
{
    if (is_nonempty_tuple(s->v.assert_.test)) {
        hob_compile_warning(c, "assertion is always true, perhaps remove parentheses?");
    }
    if (c->optimize) { return; }
    hob_block *end = hob_emit_block(c);
    hob_compile_jump_if(c, s->v.assert_.test, end, true);
    hob_emit(c, LOAD_ASSERTION_ERROR, 0);
    if (s->v.assert_.msg) {
        hob_compile_expr(c, s->v.assert_.msg);
        hob_emit_call(c, 0);
    }
    hob_emit(c, RAISE_VARARGS, 1);
    hob_emit_place(c, end);
}

static void
compile_raise(hob_compiler *c, hob_stmt *s)
{
    hob_expr *exc = s->v.raise.exc, *cause = s->v.raise.cause;
    if (exc) {
        hob_compile_expr(c, exc);
        if (cause) { hob_compile_expr(c, cause); }
    }
    hob_emit(c, RAISE_VARARGS, (exc != NULL) + (exc && cause));
}

static void
compile_expr_stmt(hob_compiler *c, hob_expr *value)
{
    if (c->is_interactive && c->n_units <= 1) {
        hob_compile_expr(c, value);
        hob_emit(c, PRINT_EXPR, 0);
        return;
    }
    if (value->kind == EXPR_CONSTANT) {
        hob_emit(c, NOP, 0);
        return;
    }
    hob_compile_expr(c, value);
    AT_NOWHERE(c);
    hob_emit(c, POP_TOP, 0);
}

static void
compile_stmt(hob_compiler *c, hob_stmt *s)
{
    if (!hob_emit_goes_on(c)) { return; }
    AT(c, s);
    switch (s->kind) {
    case STMT_FUNCTION_DEF:
    case STMT_ASYNC_FUNCTION_DEF: hob_compile_function(c, s); break;
    case STMT_CLASS_DEF: hob_compile_class(c, s); break;
    case STMT_RETURN: compile_return(c, s); break;
    case STMT_DELETE: hob_compile_exprs(c, s->v.delete.targets); break;
    case STMT_ASSIGN: compile_assign(c, s); break;
    case STMT_AUG_ASSIGN: compile_aug_assign(c, s); break;
    case STMT_ANN_ASSIGN: compile_ann_assign(c, s); break;
    case STMT_FOR: compile_for(c, s); break;
    case STMT_ASYNC_FOR: compile_async_for(c, s); break;
    case STMT_WHILE: compile_while(c, s); break;
    case STMT_IF: compile_if(c, s); break;
    case STMT_WITH: hob_compile_with(c, s); break;
    case STMT_ASYNC_WITH:
        if (is_async_allowed(c, "async with")) { hob_compile_with(c, s); }
        break;
    case STMT_MATCH: hob_compile_match(c, s); break;
    case STMT_RAISE: compile_raise(c, s); break;
    case STMT_TRY: hob_compile_try(c, s); break;
    case STMT_TRY_STAR: hob_compile_try_star(c, s); break;
    case STMT_ASSERT: compile_assert(c, s); break;
    case STMT_IMPORT: compile_import(c, s); break;
    case STMT_IMPORT_FROM: compile_import_from(c, s); break;
    case STMT_GLOBAL:
    case STMT_NONLOCAL: break;
    case STMT_EXPR: compile_expr_stmt(c, s->v.expr.value); break;
    case STMT_PASS: hob_emit(c, NOP, 0); break;
    case STMT_BREAK: compile_break(c, s); break;
    case STMT_CONTINUE: compile_continue(c, s); break;
    }
}

void
hob_compile_stmts_from(hob_compiler *c, hob_stmt_seq *body, Py_ssize_t first)
{
    for (Py_ssize_t i = first; i < body->size; i++) { compile_stmt(c, body->items[i]); }
}

void
hob_compile_stmts(hob_compiler *c, hob_stmt_seq *body)
{
    hob_compile_stmts_from(c, body, 0);
}

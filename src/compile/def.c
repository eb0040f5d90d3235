/* def.c -- functions, classes and lambdas, and the bodies that may have a docstring.
 *
 * A definition is an expression around a code object of its own: defaults,
 * annotations and decorators run outside, in this order on the stack:
 *
 *     decorators.. | defaults | keyword defaults | annotations | closure | code
 */
#include "compile/emit.h"

#include "objects/ids.h"

enum { HAS_DEFAULTS = 1, HAS_KW_DEFAULTS = 2, HAS_ANNOTATIONS = 4 };

/* --- docstrings and annotations of a body --- */

PyObject *
hob_compile_docstring(hob_stmt_seq *body)
{
    if (body->size == 0 || body->items[0]->kind != STMT_EXPR) { return NULL; }
    const hob_expr *e = body->items[0]->v.expr.value;
    if (e->kind != EXPR_CONSTANT || !PyUnicode_CheckExact(e->v.constant.value)) { return NULL; }
    return e->v.constant.value;
}

static bool has_annotations(const hob_stmt_seq *body);

static bool
try_has_annotations(const hob_stmt *s)
{
    __typeof__(&s->v.try) t = &s->v.try;                /* TryStar is alike */
    for (Py_ssize_t i = 0; i < t->handlers->size; i++) {
        if (has_annotations(t->handlers->items[i]->v.except_handler.body)) { return true; }
    }
    return has_annotations(t->body) || has_annotations(t->orelse)
        || has_annotations(t->finalbody);
}

static bool
stmt_has_annotations(const hob_stmt *s)
{
    switch (s->kind) {
    case STMT_ANN_ASSIGN: return true;
    case STMT_FOR:
    case STMT_ASYNC_FOR:
        return has_annotations(s->v.for_.body) || has_annotations(s->v.for_.orelse);
    case STMT_WHILE:
        return has_annotations(s->v.while_.body) || has_annotations(s->v.while_.orelse);
    case STMT_IF: return has_annotations(s->v.if_.body) || has_annotations(s->v.if_.orelse);
    case STMT_WITH: return has_annotations(s->v.with.body);
    case STMT_ASYNC_WITH: return has_annotations(s->v.async_with.body);
    case STMT_MATCH:
        for (Py_ssize_t i = 0; i < s->v.match.cases->size; i++) {
            if (has_annotations(s->v.match.cases->items[i]->body)) { return true; }
        }
        return false;
    case STMT_TRY:
    case STMT_TRY_STAR: return try_has_annotations(s);
    default: return false;
    }
}

static bool
has_annotations(const hob_stmt_seq *body)
{
    for (Py_ssize_t i = 0; i < body->size; i++) {
        if (stmt_has_annotations(body->items[i])) { return true; }
    }
    return false;
}

/* The statements of a module or class, behind __doc__ and __annotations__. */
void
hob_compile_body(hob_compiler *c, hob_stmt_seq *body)
{
    if (c->unit->kind == UNIT_MODULE && body->size) { AT(c, body->items[0]); }
    if (has_annotations(body)) { hob_emit(c, SETUP_ANNOTATIONS, 0); }

    Py_ssize_t i = 0;
    if (c->optimize < 2 && hob_compile_docstring(body)) {
        hob_compile_expr(c, body->items[0]->v.expr.value);
        AT_NOWHERE(c);
        hob_emit_variable(c, ID(__doc__), EXPR_CONTEXT_STORE);
        i = 1;
    }
    hob_compile_stmts_from(c, body, i);
}

/* A statement typed at a prompt has no docstring. */
void
hob_compile_interactive(hob_compiler *c, hob_stmt_seq *body)
{
    c->unit->at = (hob_location){1, 1, 0, 0};
    if (has_annotations(body)) { hob_emit(c, SETUP_ANNOTATIONS, 0); }
    hob_compile_stmts(c, body);
}

/* --- what goes before the code object --- */

static void
compile_kw_defaults(hob_compiler *c, hob_arguments *args, int *flags)
{
    if (c->failed) { return; }
    own PyObject *names = PyList_New(0);
    if (!names) { hob_compile_fail(c); }
    for (Py_ssize_t i = 0; i < args->kwonlyargs->size && !c->failed; i++) {
        hob_expr *value = args->kw_defaults->items[i];
        if (!value) { continue; }
        own PyObject *name = hob_mangle(c->unit->class_name, args->kwonlyargs->items[i]->arg);
        if (!name || PyList_Append(names, name) < 0) { hob_compile_fail(c); }
        hob_compile_expr(c, value);
    }
    if (c->failed || PyList_GET_SIZE(names) == 0) { return; }
    hob_emit_new_const(c, PyList_AsTuple(names));
    hob_emit(c, BUILD_CONST_KEY_MAP, (int)PyList_GET_SIZE(names));
    *flags |= HAS_KW_DEFAULTS;
}

static int                              /* flags for MAKE_FUNCTION */
compile_defaults(hob_compiler *c, hob_arguments *args)
{
    int flags = 0;
    if (args->defaults->size) {
        hob_compile_exprs(c, args->defaults);
        hob_emit(c, BUILD_TUPLE, (int)args->defaults->size);
        flags = HAS_DEFAULTS;
    }
    if (args->kwonlyargs->size) { compile_kw_defaults(c, args, &flags); }
    return flags;
}

/* An annotation as a value: its source if annotations are strings. */
void
hob_compile_annotation(hob_compiler *c, hob_expr *annotation)
{
    if (!(c->future_features & CO_FUTURE_ANNOTATIONS)) { hob_compile_expr(c, annotation); }
    else if (!c->failed) { hob_emit_new_const(c, hob_ast_unparse(annotation)); }
}

/* name, annotation; returns the number of values. */
static int
annotate(hob_compiler *c, PyObject *name, hob_expr *annotation)
{
    if (!annotation || c->failed) { return 0; }
    hob_emit_new_const(c, hob_mangle(c->unit->class_name, name));
    bool is_string = c->future_features & CO_FUTURE_ANNOTATIONS;
    if (!is_string && annotation->kind == EXPR_STARRED) {       /* *args: *Ts */
        hob_compile_expr(c, annotation->v.starred.value);
        hob_emit(c, UNPACK_SEQUENCE, 1);
    }
    else { hob_compile_annotation(c, annotation); }
    return 2;
}

static int
annotate_args(hob_compiler *c, hob_arg_seq *args)
{
    int n = 0;
    for (Py_ssize_t i = 0; i < args->size; i++) {
        n += annotate(c, args->items[i]->arg, args->items[i]->annotation);
    }
    return n;
}

static int                              /* flags for MAKE_FUNCTION */
compile_annotations(hob_compiler *c, hob_arguments *args, hob_expr *returns)
{
    int n = annotate_args(c, args->args);
    n += annotate_args(c, args->posonlyargs);
    if (args->vararg) { n += annotate(c, args->vararg->arg, args->vararg->annotation); }
    n += annotate_args(c, args->kwonlyargs);
    if (args->kwarg) { n += annotate(c, args->kwarg->arg, args->kwarg->annotation); }
    n += annotate(c, ID(return), returns);
    if (n == 0) { return 0; }
    hob_emit(c, BUILD_TUPLE, n);
    return HAS_ANNOTATIONS;
}

static void
check_args(hob_compiler *c, hob_arg_seq *args)
{
    for (Py_ssize_t i = 0; i < args->size; i++) {
        hob_compile_forbids(c, args->items[i]->arg, EXPR_CONTEXT_STORE);
    }
}

static void
check_arguments(hob_compiler *c, hob_arguments *args)
{
    check_args(c, args->posonlyargs);
    check_args(c, args->args);
    if (args->vararg) { hob_compile_forbids(c, args->vararg->arg, EXPR_CONTEXT_STORE); }
    check_args(c, args->kwonlyargs);
    if (args->kwarg) { hob_compile_forbids(c, args->kwarg->arg, EXPR_CONTEXT_STORE); }
}

static void
apply_decorators(hob_compiler *c, hob_expr_seq *decorators)
{
    hob_location at = c->unit->at;
    for (Py_ssize_t i = decorators->size - 1; i >= 0; i--) {
        AT(c, decorators->items[i]);
        hob_emit_call(c, 0);
    }
    c->unit->at = at;
}

static int
first_line(const hob_stmt *s, const hob_expr_seq *decorators)
{
    return decorators->size ? decorators->items[0]->lineno : s->lineno;
}

static void
count_arguments(hob_unit *u, const hob_arguments *args)
{
    u->argcount = (int)args->args->size;
    u->posonlyargcount = (int)args->posonlyargs->size;
    u->kwonlyargcount = (int)args->kwonlyargs->size;
}

/* --- functions --- */

void
hob_compile_function(hob_compiler *c, hob_stmt *s)
{
    __typeof__(&s->v.function_def) f = &s->v.function_def;      /* async ones are alike */
    bool is_async = s->kind == STMT_ASYNC_FUNCTION_DEF;
    check_arguments(c, f->args);
    hob_compile_exprs(c, f->decorator_list);
    int flags = compile_defaults(c, f->args);
    flags |= compile_annotations(c, f->args, f->returns);

    if (!hob_unit_begin(c, f->name, is_async ? UNIT_ASYNC_FUNCTION : UNIT_FUNCTION, s,
                        first_line(s, f->decorator_list))) {
        return;
    }
    PyObject *doc = c->optimize < 2 ? hob_compile_docstring(f->body) : NULL;
    hob_emit_const_index(c, doc ? doc : Py_None);
    count_arguments(c->unit, f->args);
    hob_compile_stmts_from(c, f->body, doc != NULL);
    own PyCodeObject *code = hob_unit_end(c, true);
    if (!code) { return; }

    hob_emit_closure(c, code, flags);
    apply_decorators(c, f->decorator_list);
    hob_emit_variable(c, f->name, EXPR_CONTEXT_STORE);
}

void
hob_compile_lambda(hob_compiler *c, hob_expr *e)
{
    hob_arguments *args = e->v.lambda.args;
    check_arguments(c, args);
    int flags = compile_defaults(c, args);
    if (!hob_unit_begin_unnamed(c, "<lambda>", UNIT_LAMBDA, e, e->lineno)) { return; }

    hob_emit_const_index(c, Py_None);   /* where a docstring would be */
    count_arguments(c->unit, args);
    hob_compile_expr(c, e->v.lambda.body);
    bool is_generator = c->unit->scope->is_generator;
    if (!is_generator) { hob_emit(c, RETURN_VALUE, 0); }
    own PyCodeObject *code = hob_unit_end(c, !is_generator);
    if (code) { hob_emit_closure(c, code, flags); }
}

/* --- classes --- */

/* A class body is a function that fills a namespace and returns its __class__ cell. */
static PyCodeObject *
compile_class_body(hob_compiler *c, hob_stmt *s)
{
    __typeof__(&s->v.class_def) d = &s->v.class_def;
    if (!hob_unit_begin(c, d->name, UNIT_CLASS, s, first_line(s, d->decorator_list))) {
        return NULL;
    }
    hob_unit *u = c->unit;
    u->class_name = d->name;
    hob_emit_variable(c, ID(__name__), EXPR_CONTEXT_LOAD);
    hob_emit_variable(c, ID(__module__), EXPR_CONTEXT_STORE);
    hob_emit_const(c, u->qualname);
    hob_emit_variable(c, ID(__qualname__), EXPR_CONTEXT_STORE);
    hob_compile_body(c, d->body);

    AT_NOWHERE(c);
    if (u->scope->needs_class_cell) {
        hob_emit(c, LOAD_CLOSURE, 0);
        hob_emit(c, COPY, 1);
        hob_emit_variable(c, ID(__classcell__), EXPR_CONTEXT_STORE);
    }
    else { hob_emit_const(c, Py_None); }
    hob_emit(c, RETURN_VALUE, 0);
    return hob_unit_end(c, true);
}

void
hob_compile_class(hob_compiler *c, hob_stmt *s)
{
    enum { BODY_AND_NAME = 2 };
    __typeof__(&s->v.class_def) d = &s->v.class_def;
    hob_compile_exprs(c, d->decorator_list);
    own PyCodeObject *code = compile_class_body(c, s);
    if (!code) { return; }

    hob_emit(c, PUSH_NULL, 0);
    hob_emit(c, LOAD_BUILD_CLASS, 0);
    hob_emit_closure(c, code, 0);
    hob_emit_const(c, d->name);
    hob_compile_arguments(c, BODY_AND_NAME, d->bases, d->keywords);
    apply_decorators(c, d->decorator_list);
    hob_emit_variable(c, d->name, EXPR_CONTEXT_STORE);
}

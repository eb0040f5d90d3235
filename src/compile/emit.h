/* emit.h -- the compiler at work: its state, and putting instructions down.
 *
 * A compiler has a stack of units, one for each code object in the making.  The
 * functions that follow the tree (stmt.c, expr.c, ..) return nothing: the first
 * failure sets c->failed, with an exception, and from then on every function here
 * does nothing.  Where an instruction comes from is c->unit->at.
 */
#pragma once
#include "compile/cfg.h"
#include "compile/symtable.h"

typedef enum {
    UNIT_MODULE, UNIT_CLASS, UNIT_FUNCTION, UNIT_ASYNC_FUNCTION, UNIT_LAMBDA, UNIT_COMPREHENSION
} hob_unit_kind;

/* Something that leaving it early must undo. */
typedef enum {
    NEST_WHILE, NEST_FOR,
    NEST_TRY,                           /* body of try with handlers */
    NEST_FINALLY_TRY,                   /* body of try with finally */
    NEST_FINALLY_END,                   /* the finally part, for an exception */
    NEST_WITH, NEST_ASYNC_WITH,
    NEST_HANDLER,                       /* choosing a handler */
    NEST_GROUP_HANDLER,                 /* the same for except* */
    NEST_HANDLER_BODY,                  /* inside a handler */
    NEST_VALUE,                         /* a value to return waits on the stack */
    NEST_ASYNC_GENERATOR,               /* async for of a comprehension */
} hob_nest_kind;

typedef struct {
    hob_nest_kind kind;
    hob_block *start, *exit;            /* of loops: where continue and break go */
    const void *node;                   /* finally: body; with: statement; handler: name */
} hob_nest;

typedef struct hob_unit {
    struct hob_unit *outer;
    hob_unit_kind kind;
    hob_scope *scope;                   /* borrowed from the symbol table */
    PyObject *name, *qualname;          /* owned, as are all below */
    PyObject *class_name;               /* borrowed; NULL outside classes */
    PyObject *const_index;              /* dict: key -> index in consts */
    PyObject *consts;                   /* list */
    PyObject *names, *varnames;         /* dicts: str -> index */
    PyObject *cells, *frees;            /* dicts; indices of frees follow those of cells */
    int argcount, posonlyargcount, kwonlyargcount, firstlineno;
    hob_cfg cfg;
    hob_location at;
    hob_nest nests[CO_MAXBLOCKS];
    int n_nests;
} hob_unit;

typedef struct {
    PyObject *filename;                 /* borrowed, as the next two */
    hob_symtable *symtable;
    hob_arena *arena;
    PyObject *shared_consts;            /* owned: see hob_const_share */
    int flags;                          /* cf_flags with the features of the module */
    int future_features, future_line;
    int optimize;
    bool is_interactive;
    bool failed;
    int n_units;
    hob_unit *unit;                     /* the innermost */
    hob_block nowhere;                  /* stands for blocks after a failure */
} hob_compiler;

/* False after a failure, and when the tree is too deep for the C stack: that is one. */
bool hob_emit_goes_on(hob_compiler *c);

/* --- units --- */

/* Begin a code object; false after a failure, when it must not be ended. */
MUST_USE bool hob_unit_begin(hob_compiler *c, PyObject *name, hob_unit_kind kind,
                             const void *node, int firstlineno);

/* hob_unit_begin for code that has no name of its own, only one like "<lambda>". */
MUST_USE bool hob_unit_begin_unnamed(hob_compiler *c, const char *name, hob_unit_kind kind,
                                     const void *node, int firstlineno);

/* Finish it and go back to the one around; NULL after a failure.  With returns_none,
 * code that reaches the end returns None. */
MUST_USE PyCodeObject *hob_unit_end(hob_compiler *c, bool returns_none);

void hob_unit_free(hob_unit *unit);

/* Is this the top level, with top-level await allowed? */
bool hob_unit_awaits_anywhere(hob_compiler *c);

/* --- instructions --- */
void hob_emit(hob_compiler *c, int opcode, int oparg);
void hob_emit_jump(hob_compiler *c, int opcode, hob_block *target);
void hob_emit_jump_nowhere(hob_compiler *c, int opcode, hob_block *target);     /* no line */
void hob_emit_const(hob_compiler *c, PyObject *value);
void hob_emit_new_const(hob_compiler *c, STOLEN PyObject *value);       /* NULL is a failure */
void hob_emit_int(hob_compiler *c, long value);

/* A name in co_names, mangled. */
void hob_emit_name(hob_compiler *c, int opcode, PyObject *name);

/* Load, store or delete a variable, whatever its scope. */
void hob_emit_variable(hob_compiler *c, PyObject *name, hob_expr_context ctx);
void hob_emit_compare(hob_compiler *c, hob_cmpop op);
void hob_emit_binary(hob_compiler *c, hob_operator op, bool in_place);
void hob_emit_call(hob_compiler *c, int n_args);
void hob_emit_yield(hob_compiler *c);
void hob_emit_yield_from(hob_compiler *c, bool is_await);      /* receiver is on the stack */

/* Make a function of code and what is below it on the stack. */
void hob_emit_closure(hob_compiler *c, PyCodeObject *code, int flags);

/* Index of a constant; -1 after a failure. */
int hob_emit_const_index(hob_compiler *c, PyObject *value);

/* --- blocks --- */
hob_block *hob_emit_block(hob_compiler *c);                     /* never NULL */
void hob_emit_place(hob_compiler *c, hob_block *block);

/* --- nesting --- */
void hob_nest_push(hob_compiler *c, hob_nest_kind kind, hob_block *start, hob_block *exit,
                   const void *node);
void hob_nest_pop(hob_compiler *c, hob_nest_kind kind);

/* --- places --- */
static inline hob_location
hob_location_of(hob_span at)
{
    return (hob_location){at.lineno, at.end_lineno, at.col_offset, at.end_col_offset};
}

#define AT(c, node) ((c)->unit->at = hob_location_of((node)->at))
#define AT_NOWHERE(c) ((c)->unit->at = HOB_NOWHERE)

/* --- errors and warnings, at c->unit->at --- */
void hob_compile_error(hob_compiler *c, const char *format, ...);
void hob_compile_warning(hob_compiler *c, const char *format, ...);
void hob_compile_fail(hob_compiler *c);         /* an exception is set already */

/* Is name one that may not be bound?  An error if so. */
bool hob_compile_forbids(hob_compiler *c, PyObject *name, hob_expr_context ctx);

/* --- following the tree --- */
enum { STACK_GUIDE = 30 };              /* more values than this are gathered piecewise */

void hob_compile_stmts(hob_compiler *c, hob_stmt_seq *body);
void hob_compile_stmts_from(hob_compiler *c, hob_stmt_seq *body, Py_ssize_t first);
void hob_compile_expr(hob_compiler *c, hob_expr *e);
void hob_compile_exprs(hob_compiler *c, hob_expr_seq *exprs);
void hob_compile_jump_if(hob_compiler *c, hob_expr *test, hob_block *target, bool when);

/* def.c */
void hob_compile_function(hob_compiler *c, hob_stmt *s);
void hob_compile_class(hob_compiler *c, hob_stmt *s);
void hob_compile_lambda(hob_compiler *c, hob_expr *e);
void hob_compile_body(hob_compiler *c, hob_stmt_seq *body);     /* of a module or class */
void hob_compile_interactive(hob_compiler *c, hob_stmt_seq *body);
void hob_compile_annotation(hob_compiler *c, hob_expr *annotation);
BORROWED MAYBE_NULL PyObject *hob_compile_docstring(hob_stmt_seq *body);

/* call.c */
void hob_compile_call(hob_compiler *c, hob_expr *e);
/* n_pushed arguments are on the stack already. */
void hob_compile_arguments(hob_compiler *c, int n_pushed, hob_expr_seq *args,
                           hob_keyword_seq *keywords);

/* Values of elts, with n_pushed before them, into a tuple, list or set. */
typedef struct { int build, add, extend; bool is_tuple; } hob_gather;
extern const hob_gather hob_gather_list, hob_gather_set, hob_gather_tuple;
void hob_compile_gather(hob_compiler *c, hob_expr_seq *elts, int n_pushed,
                        const hob_gather *how);

/* display.c */
void hob_compile_dict(hob_compiler *c, hob_expr *e);
void hob_compile_joined_str(hob_compiler *c, hob_expr *e);
void hob_compile_formatted_value(hob_compiler *c, hob_expr *e);

/* An attribute is where its name is, in a chain that goes over several lines. */
void hob_compile_at_attribute(hob_compiler *c, const hob_expr *e);

/* comprehension.c, pattern.c, block.c */
void hob_compile_comprehension(hob_compiler *c, hob_expr *e);
void hob_compile_match(hob_compiler *c, hob_stmt *s);
void hob_compile_try(hob_compiler *c, hob_stmt *s);
void hob_compile_try_star(hob_compiler *c, hob_stmt *s);
void hob_compile_with(hob_compiler *c, hob_stmt *s);
/* Undo what is between here and the function, or the innermost loop if loop is not NULL. */
void hob_compile_unwind(hob_compiler *c, bool keep_top, hob_nest **loop);
void hob_compile_unwind_one(hob_compiler *c, const hob_nest *nest, bool keep_top);

/* warn.c */
void hob_compile_warn_compare(hob_compiler *c, hob_expr *e);
void hob_compile_warn_call(hob_compiler *c, hob_expr *func);
void hob_compile_warn_subscript(hob_compiler *c, hob_expr *value, hob_expr *slice);

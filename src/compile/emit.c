/* emit.c -- units, instructions, constants, names and nesting of the compiler.
 *
 * Holds      emit.h says what a failure means here.
 *            DEREF arguments count the cells, in alphabetical order, then the free
 *            variables; assemble.c makes slots of them.
 */
#include "compile/emit.h"

#include "compile/assemble.h"
#include "objects/ids.h"
#include "state/c_stack.h"

/* --- errors --- */

void
hob_compile_fail(hob_compiler *c)
{
    EXPECT(c->failed || PyErr_Occurred());
    c->failed = true;
}

bool
hob_emit_goes_on(hob_compiler *c)
{
    if (!c->failed && hob_c_stack_is_low()) {
        hob_tree_too_deep();
        c->failed = true;
    }
    return !c->failed;
}

static void
set_error(hob_compiler *c, PyObject *message)
{
    const hob_location *at = &c->unit->at;
    own PyObject *text = PyErr_ProgramTextObject(c->filename, at->line);
    if (!text) {
        PyErr_Clear();
        text = Py_NewRef(Py_None);
    }
    own PyObject *args = Py_BuildValue("O(OiiOii)", message, c->filename, at->line,
                                       at->column + 1, text, at->end_line, at->end_column + 1);
    if (args) { PyErr_SetObject(PyExc_SyntaxError, args); }
}

void
hob_compile_error(hob_compiler *c, const char *format, ...)
{
    if (c->failed) { return; }
    c->failed = true;
    va_list args;
    va_start(args, format);
    own PyObject *message = PyUnicode_FromFormatV(format, args);
    va_end(args);
    if (message) { set_error(c, message); }
}

void
hob_compile_warning(hob_compiler *c, const char *format, ...)
{
    if (c->failed) { return; }
    va_list args;
    va_start(args, format);
    own PyObject *message = PyUnicode_FromFormatV(format, args);
    va_end(args);
    if (!message) {
        hob_compile_fail(c);
        return;
    }
    if (PyErr_WarnExplicitObject(PyExc_SyntaxWarning, message, c->filename, c->unit->at.line,
                                 NULL, NULL) == 0) {
        return;
    }
    c->failed = true;
    if (PyErr_ExceptionMatches(PyExc_SyntaxWarning)) {  /* made an error: say where */
        PyErr_Clear();
        set_error(c, message);
    }
}

bool
hob_compile_forbids(hob_compiler *c, PyObject *name, hob_expr_context ctx)
{
    if (ctx == EXPR_CONTEXT_LOAD || !_PyUnicode_EqualToASCIIString(name, "__debug__")) {
        return false;
    }
    hob_compile_error(c, ctx == EXPR_CONTEXT_STORE ? "cannot assign to __debug__"
                                                   : "cannot delete __debug__");
    return true;
}

/* --- tables of names --- */

/* The index of key, which is added if it is new; -1 with an exception. */
static Py_ssize_t
index_of(PyObject *table, PyObject *key)
{
    PyObject *index = PyDict_GetItemWithError(table, key);
    if (index) { return PyLong_AsSsize_t(index); }
    if (PyErr_Occurred()) { return -1; }

    Py_ssize_t n = PyDict_GET_SIZE(table);
    own PyObject *fresh = PyLong_FromSsize_t(n);
    if (!fresh || PyDict_SetItem(table, key, fresh) < 0) { return -1; }
    return n;
}

int
hob_emit_const_index(hob_compiler *c, PyObject *value)
{
    if (c->failed) { return -1; }
    hob_unit *u = c->unit;
    own PyObject *shared = hob_const_share(c->shared_consts, value);
    own PyObject *key = shared ? _PyCode_ConstantKey(shared) : NULL;
    Py_ssize_t index = key ? index_of(u->const_index, key) : -1;
    bool is_new = index == PyList_GET_SIZE(u->consts);
    if (is_new && PyList_Append(u->consts, shared) < 0) { index = -1; }
    if (index < 0) { hob_compile_fail(c); }
    return (int)index;
}

static PyObject *
indexed(PyObject *names)                /* list, or NULL: a table with the same order */
{
    PyObject *table = PyDict_New();
    if (!table) { return NULL; }
    for (Py_ssize_t i = 0; names && i < PyList_GET_SIZE(names); i++) {
        if (index_of(table, PyList_GET_ITEM(names, i)) < 0) {
            Py_DECREF(table);
            return NULL;
        }
    }
    return table;
}

/* Names of the scope that mean `meaning` or have the flag, sorted, numbered from first. */
static PyObject *
indexed_by_meaning(hob_scope *scope, int meaning, long flag, Py_ssize_t first)
{
    own PyObject *names = PyDict_Keys(scope->symbols);
    own PyObject *table = PyDict_New();
    if (!names || !table || PyList_Sort(names) < 0) { return NULL; }

    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(names); i++) {
        PyObject *name = PyList_GET_ITEM(names, i);
        long flags = hob_scope_flags(scope, name);
        if ((flags >> SCOPE_SHIFT & SCOPE_MASK) != meaning && !(flags & flag)) { continue; }
        own PyObject *index = PyLong_FromSsize_t(first++);
        if (!index || PyDict_SetItem(table, name, index) < 0) { return NULL; }
    }
    return take(table);
}

/* --- units --- */

void
hob_unit_free(hob_unit *u)
{
    Py_XDECREF(u->name);
    Py_XDECREF(u->qualname);
    Py_XDECREF(u->const_index);
    Py_XDECREF(u->consts);
    Py_XDECREF(u->names);
    Py_XDECREF(u->varnames);
    Py_XDECREF(u->cells);
    Py_XDECREF(u->frees);
    PyMem_Free(u);
}

static bool
is_function_like(const hob_unit *u)
{
    return u->kind == UNIT_FUNCTION || u->kind == UNIT_ASYNC_FUNCTION || u->kind == UNIT_LAMBDA;
}

/* Was the function or class declared global in the unit around it? */
static tri
is_declared_global(const hob_unit *u)
{
    if (u->kind != UNIT_FUNCTION && u->kind != UNIT_ASYNC_FUNCTION && u->kind != UNIT_CLASS) {
        return 0;
    }
    own PyObject *mangled = hob_mangle(u->outer->class_name, u->name);
    if (!mangled) { return -1; }
    int meaning = hob_scope_of(u->outer->scope, mangled);
    return meaning < 0 ? -1 : meaning == GLOBAL_EXPLICIT;
}

static PyObject *
qualname_of(const hob_unit *u)
{
    if (!u->outer || !u->outer->outer) { return Py_NewRef(u->name); }
    tri global = is_declared_global(u);
    if (global < 0) { return NULL; }
    if (global) { return Py_NewRef(u->name); }
    return PyUnicode_FromFormat(is_function_like(u->outer) ? "%U.<locals>.%U" : "%U.%U",
                                u->outer->qualname, u->name);
}

static status
unit_fill(hob_compiler *c, hob_unit *u)
{
    u->const_index = PyDict_New();
    u->consts = PyList_New(0);
    u->names = PyDict_New();
    u->varnames = indexed(u->scope->varnames);
    u->cells = indexed_by_meaning(u->scope, CELL, 0, 0);
    if (!u->const_index || !u->consts || !u->names || !u->varnames || !u->cells) { return -1; }
    if (u->scope->needs_class_cell && index_of(u->cells, ID(__class__)) < 0) { return -1; }

    u->frees = indexed_by_meaning(u->scope, FREE, DEF_FREE_CLASS, PyDict_GET_SIZE(u->cells));
    u->qualname = qualname_of(u);
    if (!u->frees || !u->qualname) { return -1; }
    return hob_cfg_init(&u->cfg, c->arena);
}

bool
hob_unit_begin(hob_compiler *c, PyObject *name, hob_unit_kind kind, const void *node,
               int firstlineno)
{
    if (c->failed) { return false; }
    hob_unit *u = PyMem_Calloc(1, sizeof *u);
    if (!u) {
        PyErr_NoMemory();
        hob_compile_fail(c);
        return false;
    }
    u->kind = kind;
    u->outer = c->unit;
    u->name = Py_NewRef(name);
    u->class_name = c->unit ? c->unit->class_name : NULL;
    u->firstlineno = firstlineno;
    u->at = (hob_location){kind == UNIT_MODULE ? 0 : firstlineno, firstlineno, 0, 0};
    u->scope = hob_symtable_lookup(c->symtable, node);
    if (!u->scope || unit_fill(c, u) < 0) {
        hob_unit_free(u);
        hob_compile_fail(c);
        return false;
    }
    c->unit = u;
    c->n_units++;
    hob_emit(c, RESUME, 0);
    if (kind == UNIT_MODULE) { u->at.line = -1; }
    return true;
}

/* The names of nameless code are made once and kept: .pyc files show which strings
 * are one object, and these are never those of a program. */
static PyObject *
unnamed(const char *name)
{
    static struct { const char *text; PyObject *str; } nameless[] = {
        {"<module>", NULL}, {"<lambda>", NULL}, {"<listcomp>", NULL}, {"<setcomp>", NULL},
        {"<dictcomp>", NULL}, {"<genexpr>", NULL}};
    size_t i = 0;
    while (strcmp(nameless[i].text, name) != 0) { i++; }
    if (!nameless[i].str) { nameless[i].str = PyUnicode_FromString(name); }
    return nameless[i].str;
}

bool
hob_unit_begin_unnamed(hob_compiler *c, const char *name, hob_unit_kind kind, const void *node,
                       int firstlineno)
{
    if (c->failed) { return false; }
    PyObject *str = unnamed(name);
    if (!str) {
        hob_compile_fail(c);
        return false;
    }
    return hob_unit_begin(c, str, kind, node, firstlineno);
}

bool
hob_unit_awaits_anywhere(hob_compiler *c)
{
    return (c->flags & PyCF_ALLOW_TOP_LEVEL_AWAIT) && c->unit->scope->type == BLOCK_MODULE;
}

static int
unit_flags(hob_compiler *c)
{
    const hob_scope *scope = c->unit->scope;
    int flags = c->flags & PyCF_MASK;
    bool generator = scope->is_generator, coroutine = scope->is_coroutine;
    if (scope->type == BLOCK_FUNCTION) {
        flags |= CO_NEWLOCALS | CO_OPTIMIZED;
        if (scope->nested) { flags |= CO_NESTED; }
        if (generator) { flags |= coroutine ? CO_ASYNC_GENERATOR : CO_GENERATOR; }
        else if (coroutine) { flags |= CO_COROUTINE; }
        if (scope->has_varargs) { flags |= CO_VARARGS; }
        if (scope->has_varkeywords) { flags |= CO_VARKEYWORDS; }
    }
    if (hob_unit_awaits_anywhere(c) && coroutine && !generator) { flags |= CO_COROUTINE; }
    return flags;
}

/* Slot names, slot kinds, and the slot of each DEREF argument (PyMem). */
static status
lay_out_slots(const hob_unit *u, PyObject **names, PyObject **kinds, int **cell_slots)
{
    Py_ssize_t n_vars = PyDict_GET_SIZE(u->varnames), n_cells = PyDict_GET_SIZE(u->cells);
    Py_ssize_t n_frees = PyDict_GET_SIZE(u->frees), at = 0;
    own PyObject *list = PyDict_Keys(u->varnames);
    own PyObject *bytes = PyBytes_FromStringAndSize(NULL, n_vars + n_cells + n_frees);
    int *slots = PyMem_Malloc((n_cells + n_frees + 1) * sizeof *slots);
    *cell_slots = slots;
    if (!slots) { PyErr_NoMemory(); }
    if (!list || !bytes || !slots) { return -1; }

    char *kind = PyBytes_AS_STRING(bytes);
    memset(kind, HOB_SLOT_LOCAL, n_vars);
    PyObject *name, *index;
    while (PyDict_Next(u->cells, &at, &name, &index)) {
        PyObject *var = PyDict_GetItemWithError(u->varnames, name);
        Py_ssize_t slot = PyList_GET_SIZE(list);
        if (var) {
            slot = PyLong_AsSsize_t(var);
            kind[slot] |= HOB_SLOT_CELL;
        }
        else {
            kind[slot] = HOB_SLOT_CELL;
            if (PyErr_Occurred() || PyList_Append(list, name) < 0) { return -1; }
        }
        slots[PyLong_AsSsize_t(index)] = (int)slot;
    }
    for (at = 0; PyDict_Next(u->frees, &at, &name, &index); ) {
        Py_ssize_t slot = PyList_GET_SIZE(list);
        kind[slot] = (char)HOB_SLOT_FREE;
        slots[PyLong_AsSsize_t(index)] = (int)slot;
        if (PyList_Append(list, name) < 0) { return -1; }
    }
    *names = PyList_AsTuple(list);
    if (!*names || _PyBytes_Resize(&bytes, PyList_GET_SIZE(list)) < 0) { return -1; }
    *kinds = take(bytes);
    return 0;
}

static PyCodeObject *
unit_assemble(hob_compiler *c)
{
    hob_unit *u = c->unit;
    own PyObject *slot_names = NULL;
    own PyObject *slot_kinds = NULL;
    own PyObject *names = PyDict_Keys(u->names);
    int *cell_slots = NULL;
    PyCodeObject *code = NULL;
    if (names && lay_out_slots(u, &slot_names, &slot_kinds, &cell_slots) == 0) {
        hob_assembly a = {
            .cfg = &u->cfg, .consts = u->consts, .names = names,
            .shared_consts = c->shared_consts,
            .n_varnames = (int)PyDict_GET_SIZE(u->varnames),
            .n_cells = (int)PyDict_GET_SIZE(u->cells), .n_free = (int)PyDict_GET_SIZE(u->frees),
            .slot_names = slot_names, .slot_kinds = slot_kinds, .cell_slots = cell_slots,
            .spec = {
                .filename = c->filename, .name = u->name, .qualname = u->qualname,
                .flags = unit_flags(c), .firstlineno = u->firstlineno,
                .argcount = u->posonlyargcount + u->argcount,
                .posonlyargcount = u->posonlyargcount,
                .kwonlyargcount = u->kwonlyargcount}};
        code = hob_assemble(&a);
    }
    PyMem_Free(cell_slots);
    return code;
}

PyCodeObject *
hob_unit_end(hob_compiler *c, bool returns_none)
{
    hob_unit *u = c->unit;
    hob_instr *last = hob_block_last(u->cfg.current);
    if (!c->failed && !(last && last->opcode == RETURN_VALUE)) {
        AT_NOWHERE(c);
        if (returns_none) { hob_emit_const(c, Py_None); }
        hob_emit(c, RETURN_VALUE, 0);
    }
    PyCodeObject *code = NULL;
    if (!c->failed) {
        code = unit_assemble(c);
        if (!code) { hob_compile_fail(c); }
    }
    c->unit = u->outer;
    c->n_units--;
    hob_unit_free(u);
    return code;
}

/* --- instructions --- */

static void
put(hob_compiler *c, int opcode, int oparg, hob_block *target, hob_location where)
{
    if (c->failed) { return; }
    hob_instr in = {.opcode = opcode, .oparg = oparg, .target = target, .where = where};
    if (hob_cfg_add(&c->unit->cfg, in) < 0) { hob_compile_fail(c); }
}

void
hob_emit(hob_compiler *c, int opcode, int oparg)
{
    put(c, opcode, oparg, NULL, c->unit->at);
}

void
hob_emit_jump(hob_compiler *c, int opcode, hob_block *target)
{
    put(c, opcode, 0, target, c->unit->at);
}

void
hob_emit_jump_nowhere(hob_compiler *c, int opcode, hob_block *target)
{
    put(c, opcode, 0, target, HOB_NOWHERE);
}

void
hob_emit_const(hob_compiler *c, PyObject *value)
{
    int index = hob_emit_const_index(c, value);
    hob_emit(c, LOAD_CONST, index);
}

void
hob_emit_new_const(hob_compiler *c, STOLEN PyObject *value)
{
    if (!value) { hob_compile_fail(c); }
    else { hob_emit_const(c, value); }
    Py_XDECREF(value);
}

void
hob_emit_int(hob_compiler *c, long value)
{
    if (!c->failed) { hob_emit_new_const(c, PyLong_FromLong(value)); }
}

/* The index of name, mangled, in a table of the unit; -1 after a failure. */
static Py_ssize_t
mangled_index(hob_compiler *c, PyObject *table, PyObject *name)
{
    if (c->failed) { return -1; }
    own PyObject *mangled = hob_mangle(c->unit->class_name, name);
    Py_ssize_t index = mangled ? index_of(table, mangled) : -1;
    if (index < 0) { hob_compile_fail(c); }
    return index;
}

void
hob_emit_name(hob_compiler *c, int opcode, PyObject *name)
{
    hob_emit(c, opcode, (int)mangled_index(c, c->unit->names, name));
}

/* --- variables --- */

typedef enum { KEPT_NAME, KEPT_GLOBAL, KEPT_FAST, KEPT_CELL, KEPT_CLASS_CELL } keeping;

static const int variable_ops[][4] = {          /* by hob_expr_context, from 1 */
    [KEPT_NAME] = {0, LOAD_NAME, STORE_NAME, DELETE_NAME},
    [KEPT_GLOBAL] = {0, LOAD_GLOBAL, STORE_GLOBAL, DELETE_GLOBAL},
    [KEPT_FAST] = {0, LOAD_FAST, STORE_FAST, DELETE_FAST},
    [KEPT_CELL] = {0, LOAD_DEREF, STORE_DEREF, DELETE_DEREF},
    [KEPT_CLASS_CELL] = {0, LOAD_CLASSDEREF, STORE_DEREF, DELETE_DEREF},
};

/* How a variable is kept, and the table its index comes from. */
static keeping
keeping_of(hob_unit *u, int meaning, PyObject **table)
{
    bool in_function = u->scope->type == BLOCK_FUNCTION;
    switch (meaning) {
    case FREE:
    case CELL:
        *table = meaning == FREE ? u->frees : u->cells;
        return u->scope->type == BLOCK_CLASS ? KEPT_CLASS_CELL : KEPT_CELL;
    case LOCAL:
        if (!in_function) { break; }
        *table = u->varnames;
        return KEPT_FAST;
    case GLOBAL_IMPLICIT:
        if (!in_function) { break; }
        *table = u->names;
        return KEPT_GLOBAL;
    case GLOBAL_EXPLICIT:
        *table = u->names;
        return KEPT_GLOBAL;
    }
    *table = u->names;
    return KEPT_NAME;
}

void
hob_emit_variable(hob_compiler *c, PyObject *name, hob_expr_context ctx)
{
    if (c->failed || hob_compile_forbids(c, name, ctx)) { return; }
    hob_unit *u = c->unit;
    own PyObject *mangled = hob_mangle(u->class_name, name);
    int meaning = mangled ? hob_scope_of(u->scope, mangled) : -1;
    if (meaning < 0) {
        hob_compile_fail(c);
        return;
    }
    PyObject *table;
    keeping kept = keeping_of(u, meaning, &table);
    Py_ssize_t index = index_of(table, mangled);
    if (index < 0) {
        hob_compile_fail(c);
        return;
    }
    int opcode = variable_ops[kept][ctx];
    hob_emit(c, opcode, (int)(opcode == LOAD_GLOBAL ? index << 1 : index));
}

/* --- operators --- */

void
hob_emit_compare(hob_compiler *c, hob_cmpop op)
{
    static const struct { int opcode, oparg; } ops[] = {
        [CMPOP_LT] = {COMPARE_OP, Py_LT}, [CMPOP_LT_E] = {COMPARE_OP, Py_LE},
        [CMPOP_EQ] = {COMPARE_OP, Py_EQ}, [CMPOP_NOT_EQ] = {COMPARE_OP, Py_NE},
        [CMPOP_GT] = {COMPARE_OP, Py_GT}, [CMPOP_GT_E] = {COMPARE_OP, Py_GE},
        [CMPOP_IS] = {IS_OP, 0}, [CMPOP_IS_NOT] = {IS_OP, 1},
        [CMPOP_IN] = {CONTAINS_OP, 0}, [CMPOP_NOT_IN] = {CONTAINS_OP, 1}};
    hob_emit(c, ops[op].opcode, ops[op].oparg);
}

void
hob_emit_binary(hob_compiler *c, hob_operator op, bool in_place)
{
    static const int args[] = {
        [OPERATOR_ADD] = NB_ADD, [OPERATOR_SUB] = NB_SUBTRACT, [OPERATOR_MULT] = NB_MULTIPLY,
        [OPERATOR_MAT_MULT] = NB_MATRIX_MULTIPLY, [OPERATOR_DIV] = NB_TRUE_DIVIDE,
        [OPERATOR_MOD] = NB_REMAINDER, [OPERATOR_POW] = NB_POWER, [OPERATOR_LSHIFT] = NB_LSHIFT,
        [OPERATOR_RSHIFT] = NB_RSHIFT, [OPERATOR_BIT_OR] = NB_OR, [OPERATOR_BIT_XOR] = NB_XOR,
        [OPERATOR_BIT_AND] = NB_AND, [OPERATOR_FLOOR_DIV] = NB_FLOOR_DIVIDE};
    _Static_assert(NB_INPLACE_ADD - NB_ADD == NB_INPLACE_XOR - NB_XOR, "in-place forms follow");
    hob_emit(c, BINARY_OP, args[op] + (in_place ? NB_INPLACE_ADD - NB_ADD : 0));
}

void
hob_emit_call(hob_compiler *c, int n_args)
{
    hob_emit(c, PRECALL, n_args);
    hob_emit(c, CALL, n_args);
}

void
hob_emit_yield(hob_compiler *c)
{
    const hob_scope *scope = c->unit->scope;
    if (scope->is_generator && scope->is_coroutine) { hob_emit(c, ASYNC_GEN_WRAP, 0); }
    hob_emit(c, YIELD_VALUE, 0);
    hob_emit(c, RESUME, 1);
}

void
hob_emit_yield_from(hob_compiler *c, bool is_await)
{
    enum { AFTER_YIELD_FROM = 2, AFTER_AWAIT = 3 };
    hob_block *start = hob_emit_block(c), *resume = hob_emit_block(c);
    hob_block *exit = hob_emit_block(c);
    hob_emit_const(c, Py_None);
    hob_emit_place(c, start);
    hob_emit_jump(c, SEND, exit);
    hob_emit_place(c, resume);
    hob_emit(c, YIELD_VALUE, 0);
    hob_emit(c, RESUME, is_await ? AFTER_AWAIT : AFTER_YIELD_FROM);
    hob_emit_jump(c, JUMP_NO_INTERRUPT, start);
    hob_emit_place(c, exit);
}

/* --- functions --- */

/* The DEREF argument here of a variable that is free in code; -1 after a failure. */
static int
outer_cell(hob_compiler *c, PyObject *name)
{
    hob_unit *u = c->unit;
    int meaning = CELL;
    if (u->kind != UNIT_CLASS || PyUnicode_Compare(name, ID(__class__)) != 0) {
        meaning = hob_scope_of(u->scope, name);
    }
    if (meaning >= 0) {
        PyObject *index = PyDict_GetItemWithError(meaning == CELL ? u->cells : u->frees, name);
        if (index) { return (int)PyLong_AsLong(index); }
    }
    if (!PyErr_Occurred()) {
        PyErr_Format(PyExc_SystemError, "free variable %R has no cell in %R", name, u->name);
    }
    hob_compile_fail(c);
    return -1;
}

void
hob_emit_closure(hob_compiler *c, PyCodeObject *code, int flags)
{
    enum { HAS_CLOSURE = 8 };
    if (c->failed) { return; }
    if (code->co_nfreevars) {
        int first = code->co_nlocals + code->co_nplaincellvars;
        for (int i = first; i < code->co_nlocalsplus; i++) {
            PyObject *name = PyTuple_GET_ITEM(code->co_localsplusnames, i);
            hob_emit(c, LOAD_CLOSURE, outer_cell(c, name));
        }
        flags |= HAS_CLOSURE;
        hob_emit(c, BUILD_TUPLE, code->co_nfreevars);
    }
    hob_emit_const(c, (PyObject *)code);
    hob_emit(c, MAKE_FUNCTION, flags);
}

/* --- blocks and nesting --- */

hob_block *
hob_emit_block(hob_compiler *c)
{
    if (c->failed) { return &c->nowhere; }
    hob_block *block = hob_cfg_block(&c->unit->cfg);
    if (block) { return block; }
    hob_compile_fail(c);
    return &c->nowhere;
}

void
hob_emit_place(hob_compiler *c, hob_block *block)
{
    if (!c->failed) { hob_cfg_place(&c->unit->cfg, block); }
}

void
hob_nest_push(hob_compiler *c, hob_nest_kind kind, hob_block *start, hob_block *exit,
              const void *node)
{
    hob_unit *u = c->unit;
    if (c->failed) { return; }
    if (u->n_nests == CO_MAXBLOCKS) {
        hob_compile_error(c, "too many statically nested blocks");
        return;
    }
    u->nests[u->n_nests++] = (hob_nest){kind, start, exit, node};
}

void
hob_nest_pop(hob_compiler *c, hob_nest_kind kind)
{
    if (c->failed) { return; }
    EXPECT(c->unit->n_nests > 0 && c->unit->nests[c->unit->n_nests - 1].kind == kind);
    c->unit->n_nests--;
}

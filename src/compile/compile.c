/* compile.c -- a module from tree to code, and what of that the public API has.
 *
 * tree -> features -> folded tree -> symbol table -> units -> code objects
 */
#include "compile/compile.h"

#include "base/trace.h"
#include "compile/emit.h"
#include "objects/ids.h"
#include "objects/str/str.h"
#include "state/interp.h"
#include "state/runtime.h"

static void
compile_mod_body(hob_compiler *c, hob_mod *mod)
{
    switch (mod->kind) {
    case MOD_MODULE: hob_compile_body(c, mod->v.module.body); break;
    case MOD_INTERACTIVE:
        c->is_interactive = true;
        hob_compile_interactive(c, mod->v.interactive.body);
        break;
    case MOD_EXPRESSION: hob_compile_expr(c, mod->v.expression.body); break;
    case MOD_FUNCTION_TYPE: break;      /* refused by the symbol table */
    }
}

static PyCodeObject *
compile_mod(hob_compiler *c, hob_mod *mod)
{
    if (!hob_unit_begin_unnamed(c, "<module>", UNIT_MODULE, mod, 1)) { return NULL; }
    compile_mod_body(c, mod);
    return hob_unit_end(c, mod->kind != MOD_EXPRESSION);
}

static int
default_optimize(void)
{
    return hob_ts()->interp->config.optimization_level;
}

PyCodeObject *
hob_compile_module(hob_mod *mod, PyObject *filename, PyCompilerFlags *flags, int optimize,
                   hob_arena *arena)
{
    hob_compiler c = {.filename = filename, .arena = arena,
                      .optimize = optimize < 0 ? default_optimize() : optimize};
    uint64_t began = TRACES(compile) ? hob_trace_clock() : 0;
    if (hob_future_scan(mod, filename, &c.future_features, &c.future_line) < 0) { return NULL; }
    c.flags = c.future_features | (flags ? flags->cf_flags : 0);
    c.future_features = c.flags;
    if (flags) { flags->cf_flags = c.flags; }

    if (hob_fold(mod, arena, c.optimize, c.future_features) < 0) { return NULL; }
    c.symtable = hob_symtable_build(mod, filename, c.future_features, arena);
    if (!c.symtable) { return NULL; }
    c.shared_consts = PyDict_New();
    PyCodeObject *code = c.shared_consts ? compile_mod(&c, mod) : NULL;
    Py_XDECREF(c.shared_consts);
    hob_symtable_free(c.symtable);
    TRACE(compile, "%s file=%s units=%zd us=%llu", code ? "done" : "failed",
          hob_str_show(filename), code ? Py_SIZE(code) : 0,
          (unsigned long long)(hob_trace_clock() - began));
    return code;
}

/* --- public API --- */

HOB_EXPORT PyCodeObject *
_PyAST_Compile(struct hob_mod *mod, PyObject *filename, PyCompilerFlags *flags, int optimize,
               struct _arena *arena)
{
    return hob_compile_module(mod, filename, flags, optimize, arena);
}

HOB_EXPORT PyObject *
Py_CompileStringObject(const char *source, PyObject *filename, int start,
                       PyCompilerFlags *flags, int optimize)
{
    hob_arena *arena = hob_arena_new();
    if (!arena) { return NULL; }

    int cf = flags ? flags->cf_flags : 0;
    int version = flags ? flags->cf_feature_version : PY_MINOR_VERSION;
    PyObject *result = NULL;
    hob_mod *mod = hob_parse(source, (Py_ssize_t)strlen(source), filename, start, cf, version,
                             arena);
    if (mod && (cf & PyCF_ONLY_AST)) { result = hob_ast_to_object(mod); }
    else if (mod) {
        result = (PyObject *)hob_compile_module(mod, filename, flags, optimize, arena);
    }
    hob_arena_free(arena);
    return result;
}

HOB_EXPORT PyObject *
Py_CompileStringExFlags(const char *source, const char *filename, int start,
                        PyCompilerFlags *flags, int optimize)
{
    own PyObject *name = PyUnicode_DecodeFSDefault(filename);
    return name ? Py_CompileStringObject(source, name, start, flags, optimize) : NULL;
}

#undef Py_CompileString
HOB_EXPORT PyObject *
Py_CompileString(const char *source, const char *filename, int start)
{
    return Py_CompileStringExFlags(source, filename, start, NULL, -1);
}

#undef Py_CompileStringFlags
HOB_EXPORT PyObject *
Py_CompileStringFlags(const char *source, const char *filename, int start,
                      PyCompilerFlags *flags)
{
    return Py_CompileStringExFlags(source, filename, start, flags, -1);
}

HOB_EXPORT int
PyCompile_OpcodeStackEffectWithJump(int opcode, int oparg, int jump)
{
    if (opcode > 255) { return PY_INVALID_STACK_EFFECT; }
    if (opcode < 0) { opcode = 255 - opcode; }      /* outside, pseudo opcodes are -1, -2 .. */
    int effect = hob_opcode_effect(opcode, oparg, jump);
    return effect == HOB_EFFECT_INVALID ? PY_INVALID_STACK_EFFECT : effect;
}

HOB_EXPORT int
PyCompile_OpcodeStackEffect(int opcode, int oparg)
{
    return PyCompile_OpcodeStackEffectWithJump(opcode, oparg, -1);
}

struct symtable;                        /* its name in a header of the reference */

HOB_EXPORT PyObject *
PySymtable_Lookup(struct symtable *st, void *node)
{
    return Py_XNewRef((PyObject *)hob_symtable_lookup((hob_symtable *)st, node));
}

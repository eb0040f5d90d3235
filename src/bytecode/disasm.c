/* disasm.c -- code objects as text.
 *
 *     code fib  file x.py  line 1  stack 4  flags 0x3
 *      line offset  instruction             argument
 *         1      0  RESUME                       0
 *         2      2  LOAD_FAST                    0  n
 *         2      4  LOAD_CONST                   1  2
 *                                               (CACHE units are left out)
 *     handlers:  4..20 -> 38 depth 0
 */
#include "bytecode/disasm.h"

#include "bytecode/code.h"
#include "bytecode/exctable.h"
#include "bytecode/linetable.h"
#include "gen/bytecode/opcode.h"
#include "memory/own.h"

enum { UNIT = (int)sizeof(_Py_CODEUNIT), MOST_TEXT = 60 };

static status
put_repr(FILE *out, PyObject *op)
{
    own PyObject *text = PyCode_Check(op)
        ? PyUnicode_FromFormat("code %U", ((PyCodeObject *)op)->co_qualname)
        : PyObject_ASCII(op);
    const char *utf8 = text ? PyUnicode_AsUTF8(text) : NULL;
    if (!utf8) { return -1; }
    fprintf(out, "  %.*s", MOST_TEXT, utf8);
    return 0;
}

static status
put_item(FILE *out, PyObject *tuple, int index)
{
    if (index < 0 || index >= PyTuple_GET_SIZE(tuple)) {
        fputs("  ?", out);
        return 0;
    }
    return put_repr(out, PyTuple_GET_ITEM(tuple, index));
}

/* What the argument means. */
static status
put_meaning(FILE *out, PyCodeObject *co, int opcode, int oparg, int next)
{
    unsigned flags = hob_opcode_flags[opcode];
    if (flags & OP_CONST) { return put_item(out, co->co_consts, oparg); }
    if (flags & OP_NAME) {
        return put_item(out, co->co_names, opcode == LOAD_GLOBAL ? oparg >> 1 : oparg);
    }
    if (flags & (OP_LOCAL | OP_FREE)) { return put_item(out, co->co_localsplusnames, oparg); }
    if (flags & OP_FORWARD) { fprintf(out, "  to %d", next + oparg * UNIT); }
    if (flags & OP_BACKWARD) { fprintf(out, "  to %d", next - oparg * UNIT); }
    return 0;
}

static void
put_line(FILE *out, int line)
{
    if (line < 0) { fputs("       -", out); }
    else { fprintf(out, "%8d", line); }
}

static status
put_units(PyCodeObject *co, FILE *out, bool as_running)
{
    own PyObject *code = PyCode_GetCode(co);
    if (!code) { return -1; }
    const _Py_CODEUNIT *base = (const _Py_CODEUNIT *)PyBytes_AS_STRING(code);
    const _Py_CODEUNIT *shown = as_running ? _PyCode_CODE(co) : base;
    hob_linetable_reader lines;
    hob_linetable_open(&lines, co);

    int extended = 0;
    for (int i = 0, n = (int)Py_SIZE(co); i < n; i++) {
        int opcode = _Py_OPCODE(base[i]), oparg = extended << 8 | _Py_OPARG(base[i]);
        int caches = hob_opcode_caches[opcode];
        const char *name = hob_opcode_name[_Py_OPCODE(shown[i])];
        while (lines.stop <= i * UNIT && hob_linetable_next(&lines)) { }

        put_line(out, lines.where.line);
        fprintf(out, " %6d  %-28s", i * UNIT, name ? name : "?");
        extended = opcode == EXTENDED_ARG ? oparg : 0;
        if (opcode >= HAVE_ARGUMENT) {
            fprintf(out, " %5d", oparg);
            if (put_meaning(out, co, opcode, oparg, (i + 1 + caches) * UNIT) < 0) { return -1; }
        }
        fputc('\n', out);
        i += caches;
    }
    return 0;
}

static void
put_handlers(PyCodeObject *co, FILE *out)
{
    const uint8_t *at = (const uint8_t *)PyBytes_AS_STRING(co->co_exceptiontable);
    const uint8_t *end = at + PyBytes_GET_SIZE(co->co_exceptiontable);
    hob_exctable_entry e;
    while (hob_exctable_next(&at, end, &e)) {
        fprintf(out, "handler  %d..%d -> %d  depth %d%s\n", e.start * UNIT, e.end * UNIT,
                e.target * UNIT, e.depth, e.push_lasti ? "  with lasti" : "");
    }
}

status
hob_disasm(PyCodeObject *co, FILE *out, bool as_running)
{
    const char *name = PyUnicode_AsUTF8(co->co_qualname);
    const char *file = name ? PyUnicode_AsUTF8(co->co_filename) : NULL;
    if (!file) { return -1; }
    if (Py_EnterRecursiveCall(" while showing code")) { return -1; }

    fprintf(out, "code %s  file %s  line %d  stack %d  flags 0x%x\n", name, file,
            co->co_firstlineno, co->co_stacksize, co->co_flags);
    status result = put_units(co, out, as_running);
    if (result == 0) { put_handlers(co, out); }
    fputc('\n', out);
    for (Py_ssize_t i = 0; result == 0 && i < PyTuple_GET_SIZE(co->co_consts); i++) {
        PyObject *item = PyTuple_GET_ITEM(co->co_consts, i);
        if (PyCode_Check(item)) { result = hob_disasm((PyCodeObject *)item, out, as_running); }
    }
    Py_LeaveRecursiveCall();
    return result;
}

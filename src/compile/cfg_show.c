/* cfg_show.c -- a function's graph as text: `hob -X dump=cfg`.
 *
 *     graph fib, as assembled
 *     block 0 (depth 0)
 *       line    2  LOAD_FAST                       0  n
 *       line    2  POP_JUMP_FORWARD_IF_FALSE         to block 2
 *     falls into block 1
 */
#include "compile/assemble.h"
#include "memory/own.h"
#include "objects/str/str.h"

enum { MOST_TEXT = 50 };

static int
number_of(const hob_cfg *cfg, const hob_block *wanted)
{
    int n = 0;
    for (const hob_block *b = cfg->entry; b && b != wanted; b = b->next) { n++; }
    return n;
}

static void
show_item(FILE *out, PyObject *sequence, int index)
{
    PyObject *item = index < PySequence_Fast_GET_SIZE(sequence)
        ? PySequence_Fast_GET_ITEM(sequence, index) : NULL;
    if (!item) { return; }
    own PyObject *text = PyUnicode_Check(item) ? Py_NewRef(item)
        : PyCode_Check(item) ? PyUnicode_FromFormat("code %U", ((PyCodeObject *)item)->co_qualname)
        : PyObject_ASCII(item);
    if (!text) { PyErr_Clear(); }
    fprintf(out, "  %.*s", MOST_TEXT, hob_str_show(text));
}

/* What the argument of a base instruction means. */
static void
show_meaning(FILE *out, const hob_assembly *a, const hob_instr *in)
{
    unsigned flags = in->opcode < 256 ? hob_opcode_flags[in->opcode] : 0;
    if (flags & OP_CONST) { show_item(out, a->consts, in->oparg); }
    else if (flags & OP_NAME) {
        show_item(out, a->names, in->opcode == LOAD_GLOBAL ? in->oparg >> 1 : in->oparg);
    }
    else if (flags & (OP_LOCAL | OP_FREE)) { show_item(out, a->slot_names, in->oparg); }
}

static void
show_instr(FILE *out, const hob_assembly *a, const hob_instr *in)
{
    const char *name = hob_opcode_name[in->opcode];
    if (in->where.line < 0) { fputs("    no line  ", out); }
    else { fprintf(out, "  line %4d  ", in->where.line); }
    if (in->target) { fprintf(out, "%-33s to block %d", name, number_of(a->cfg, in->target)); }
    else if (in->opcode < HAVE_ARGUMENT) { fputs(name, out); }
    else {
        fprintf(out, "%-28s %4d", name, in->oparg);
        show_meaning(out, a, in);
    }
    if (in->handler) { fprintf(out, "  (raising: block %d)", number_of(a->cfg, in->handler)); }
    fputc('\n', out);
}

void
hob_cfg_show(FILE *out, const hob_assembly *a, const char *stage)
{
    fprintf(out, "graph %s, %s\n", hob_str_show(a->spec.qualname), stage);
    int n = 0;
    for (const hob_block *b = a->cfg->entry; b; b = b->next, n++) {
        fprintf(out, "block %d", n);
        if (b->depth >= 0) { fprintf(out, " (depth %d)", b->depth); }
        fputc('\n', out);
        for (int i = 0; i < b->n; i++) { show_instr(out, a, &b->instrs[i]); }
        if (b->next && hob_block_falls(b)) { fprintf(out, "falls into block %d\n", n + 1); }
    }
    fputc('\n', out);
}

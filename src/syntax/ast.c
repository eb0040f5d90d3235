/* ast.c -- syntax tree nodes: constructors and the grammar as tables.
 *
 * All of it is made from ast.asdl by tools/gen/ast.py; see gen/syntax/ast.h.
 */
#include "syntax/syntax.h"

#include "gen/syntax/ast_nodes.c.h"

void *
hob_seq_new(Py_ssize_t size, hob_arena *arena)
{
    if (size > (Py_ssize_t)((PY_SSIZE_T_MAX - sizeof(hob_seq)) / sizeof(void *))) {
        PyErr_NoMemory();
        return NULL;
    }
    hob_seq *seq = hob_arena_alloc(arena, sizeof(hob_seq) + (size_t)size * sizeof(void *));
    if (seq) { seq->size = size; }
    return seq;
}

/* assemble.h -- a function's graph to a code object. */
#pragma once
#include "bytecode/code.h"
#include "compile/flow.h"

typedef struct {
    hob_cfg *cfg;
    PyObject *consts, *names;           /* lists, borrowed; consts may grow */
    PyObject *shared_consts;            /* dict, borrowed */
    int n_varnames, n_cells, n_free;    /* DEREF arguments count cells, then free variables */
    PyObject *slot_names;               /* tuple, bytes: see hob_code_spec; borrowed */
    PyObject *slot_kinds;
    const int *cell_slots;              /* slot of each DEREF argument */
    hob_code_spec spec;                 /* filled in but for code and tables */
} hob_assembly;

MUST_USE PyCodeObject *hob_assemble(hob_assembly *a);

/* Called, when set, with each graph as it was emitted and as it will be written. */
extern void (*hob_cfg_watcher)(const hob_assembly *a, const char *stage);

/* cfg_show.c: a graph as text. */
void hob_cfg_show(FILE *out, const hob_assembly *a, const char *stage);

/* arena.h -- memory that dies together: blocks, and references to drop with them.
 *
 * Nothing taken from an arena is freed alone.  hob_arena is the struct _arena
 * behind the exported _PyArena_* functions.
 */
#pragma once
#include <Python.h>

#include "base/c.h"

typedef struct _arena hob_arena;

MUST_USE hob_arena *hob_arena_new(void);
void hob_arena_free(hob_arena *arena);              /* NULL is fine */

/* 8-byte aligned, not cleared; NULL with MemoryError. */
MUST_USE void *hob_arena_alloc(hob_arena *arena, size_t size);

/* The arena owns op from now on; on failure op is released. */
MUST_USE status hob_arena_give(hob_arena *arena, STOLEN PyObject *op);

/* hob_arena_give, handing the (now borrowed) object back; NULL in, NULL out. */
MUST_USE BORROWED PyObject *hob_arena_keep(hob_arena *arena, STOLEN PyObject *op);

/* arena.c -- memory that dies together.
 *
 * Layout     blocks -> [ head | bytes.. | spare ] -> older block -> ..
 *            objects -> the same kind of block, holding PyObject * to drop.
 * Holds      `at` and `end` are inside the newest byte block; 8-aligned.
 * Hazard     dropping the objects may run Python code (never for the str, int,
 *            bytes .. that syntax trees hold, but _PyArena_AddPyObject takes any),
 *            so they are dropped before any memory is.
 */
#include "syntax/arena.h"

#include <string.h>

enum {
    FIRST_BLOCK = 4096 - 64,
    LARGEST_BLOCK = 256 * 1024,
    OBJECTS_PER_BLOCK = 126,
};

typedef struct block {
    struct block *next;
    max_align_t bytes[];
} block;

typedef struct object_block {
    struct object_block *next;
    int used;
    PyObject *objects[OBJECTS_PER_BLOCK];       /* owned */
} object_block;

struct _arena {
    char *at, *end;                     /* free part of the newest block */
    block *blocks;
    object_block *objects;
    size_t block_size;                  /* of the next block */
};

static status
arena_grow(hob_arena *arena, size_t size)
{
    size_t room = arena->block_size;
    if (room < LARGEST_BLOCK) { arena->block_size *= 2; }
    if (room < size) { room = size; }

    block *fresh = PyMem_Malloc(sizeof(block) + room);
    if (!fresh) {
        PyErr_NoMemory();
        return -1;
    }
    fresh->next = arena->blocks;
    arena->blocks = fresh;
    arena->at = (char *)fresh->bytes;
    arena->end = arena->at + room;
    return 0;
}

hob_arena *
hob_arena_new(void)
{
    hob_arena *arena = PyMem_Calloc(1, sizeof *arena);
    if (!arena) {
        PyErr_NoMemory();
        return NULL;
    }
    arena->block_size = FIRST_BLOCK;
    return arena;
}

void
hob_arena_free(hob_arena *arena)
{
    if (!arena) { return; }

    for (object_block *b = arena->objects, *next; b; b = next) {
        next = b->next;
        for (int i = 0; i < b->used; i++) { Py_DECREF(b->objects[i]); }
        PyMem_Free(b);
    }
    for (block *b = arena->blocks, *next; b; b = next) {
        next = b->next;
        PyMem_Free(b);
    }
    PyMem_Free(arena);
}

void *
hob_arena_alloc(hob_arena *arena, size_t size)
{
    if (UNLIKELY(size > PY_SSIZE_T_MAX - 64)) {
        PyErr_NoMemory();
        return NULL;
    }
    size = (size + 7) & ~(size_t)7;
    if (UNLIKELY((size_t)(arena->end - arena->at) < size) && arena_grow(arena, size) < 0) {
        return NULL;
    }
    void *result = arena->at;
    arena->at += size;
    return result;
}

status
hob_arena_give(hob_arena *arena, STOLEN PyObject *op)
{
    object_block *b = arena->objects;
    if (!b || b->used == OBJECTS_PER_BLOCK) {
        b = PyMem_Malloc(sizeof *b);
        if (!b) {
            Py_DECREF(op);
            PyErr_NoMemory();
            return -1;
        }
        b->next = arena->objects;
        b->used = 0;
        arena->objects = b;
    }
    b->objects[b->used++] = op;
    return 0;
}

BORROWED PyObject *
hob_arena_keep(hob_arena *arena, STOLEN PyObject *op)
{
    if (!op || hob_arena_give(arena, op) < 0) { return NULL; }
    return op;
}

/* --- exported under the names that extensions know --- */

HOB_EXPORT hob_arena *
_PyArena_New(void)
{
    return hob_arena_new();
}

HOB_EXPORT void
_PyArena_Free(hob_arena *arena)
{
    hob_arena_free(arena);
}

HOB_EXPORT void *
_PyArena_Malloc(hob_arena *arena, size_t size)
{
    return hob_arena_alloc(arena, size);
}

/* Steals op when it succeeds, leaves it alone when it fails. */
HOB_EXPORT int
_PyArena_AddPyObject(hob_arena *arena, PyObject *op)
{
    Py_INCREF(op);
    if (hob_arena_give(arena, op) < 0) { return -1; }
    Py_DECREF(op);
    return 0;
}

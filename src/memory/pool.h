/* pool.h -- small blocks (up to 512 bytes), the fast path inline.
 *
 * Layout     arena  1 MiB, aligned to its size, 64 pages
 *            page   16 KiB, aligned: [ hob_pool_page 64 bytes ][ block ][ block ] ...
 *            block  a multiple of 16 bytes, the same in one page; a free block's
 *                   first word links to the next free one
 * Holds      hob_pool_room[c] is never NULL: the first page of class c that may
 *            have a free block, or a page without any.
 *            debt is the number of blocks in use while the page is linked, and 1
 *            when it is full and unlinked: either way a decrement to 0 needs the
 *            slow path, and nothing else does.
 *            hob_pool_map has one bit for every megabyte of address space; it is
 *            set for arenas, so that foreign pointers are told apart without
 *            touching them.
 * Hazard     guarded by the GIL alone.
 */
#pragma once
#include <Python.h>

#include "base/c.h"

enum {
    POOL_STEP = 16, POOL_MAX = 512, POOL_CLASSES = POOL_MAX / POOL_STEP,
    POOL_PAGE = 1 << 14, POOL_ARENA_LOG2 = 20, POOL_ARENA = 1 << POOL_ARENA_LOG2,
    POOL_ARENA_PAGES = POOL_ARENA / POOL_PAGE,
    POOL_MAP_BITS = 47 - POOL_ARENA_LOG2,       /* user addresses have 47 bits */
};

struct hob_pool_arena;

typedef struct hob_pool_page {
    void *free;                     /* linked free blocks, or NULL */
    uint32_t debt;
    uint16_t capacity;              /* blocks in the page; 0 when the page is unused */
    uint8_t class;
    bool is_linked;
    char *fresh;                    /* first block never handed out */
    char *end;                      /* past the last whole block */
    struct hob_pool_page *next;     /* pages of the class with room */
    struct hob_pool_page *prev;
    struct hob_pool_arena *arena;
    void *reserved;
} hob_pool_page;

_Static_assert(sizeof(hob_pool_page) == 64, "blocks are 16-byte aligned");

extern hob_pool_page *hob_pool_room[POOL_CLASSES];
extern unsigned char hob_pool_map[1 << (POOL_MAP_BITS - 3)];

MAYBE_NULL void *hob_pool_alloc_slow(unsigned class);
void hob_pool_free_slow(hob_pool_page *page);

/* Was p handed out by hob_pool_alloc?  p may be anything but NULL. */
static ALWAYS_INLINE bool
hob_pool_owns(const void *p)
{
    uintptr_t index = ((uintptr_t)p >> POOL_ARENA_LOG2) & (((uintptr_t)1 << POOL_MAP_BITS) - 1);
    return hob_pool_map[index >> 3] >> (index & 7) & 1;
}

static ALWAYS_INLINE hob_pool_page *
hob_pool_page_of(const void *p)
{
    return (hob_pool_page *)((uintptr_t)p & ~(uintptr_t)(POOL_PAGE - 1));
}

static inline size_t
hob_pool_block_size(const hob_pool_page *page)
{
    return (page->class + (size_t)1) * POOL_STEP;
}

/* A block of size bytes, 1 <= size <= POOL_MAX; NULL when memory is out. */
static ALWAYS_INLINE void *
hob_pool_alloc(size_t size)
{
    unsigned class = (unsigned)(size - 1) / POOL_STEP;
    hob_pool_page *page = hob_pool_room[class];
    void *block = page->free;
    if (UNLIKELY(!block)) {
        return hob_pool_alloc_slow(class);
    }
    void *next = *(void **)block;
    __builtin_prefetch(next, 1);                /* the next call reads the link in it */
    page->free = next;
    page->debt++;
    return block;
}

/* Give back a block that hob_pool_owns. */
static ALWAYS_INLINE void
hob_pool_free(void *block)
{
    hob_pool_page *page = hob_pool_page_of(block);
    *(void **)block = page->free;
    page->free = block;
    if (UNLIKELY(--page->debt == 0)) {
        hob_pool_free_slow(page);
    }
}

/* True while PyObject_Malloc and PyObject_Free go straight to the pool: no
 * hooks, no debug layer, no other allocator installed. */
extern bool hob_pool_is_direct;

/* PyObject_Malloc and PyObject_Free with their common case inline. */
static ALWAYS_INLINE void *
hob_object_malloc(size_t size)
{
    if (LIKELY(hob_pool_is_direct && size - 1 < POOL_MAX)) {
        return hob_pool_alloc(size);
    }
    return PyObject_Malloc(size);
}

static ALWAYS_INLINE void
hob_object_free(void *block)
{
    if (LIKELY(hob_pool_is_direct && hob_pool_owns(block))) {
        hob_pool_free(block);
        return;
    }
    PyObject_Free(block);
}

/* Numbers for sys.getallocatedblocks and sys._debugmallocstats. */
Py_ssize_t hob_pool_count_blocks(void);
void hob_pool_report(FILE *out);
void hob_pool_each(void (*visit)(void *block, size_t size, void *ctx), void *ctx);
bool hob_pool_check(void);                      /* deep invariants */

/* Where arenas come from (PyObject_SetArenaAllocator). */
extern PyObjectArenaAllocator hob_pool_arenas;

/* pool.c -- pages and arenas beneath the small blocks of pool.h.
 *
 * Pages      A class keeps a list of its pages with room.  Its head serves all
 *            allocations until it is out of blocks; then it is unlinked (full)
 *            and the next one is the head.  The first block freed in a full
 *            page links it again, behind the head.  A page nobody uses goes
 *            back to its arena, except the only page of its class.
 * Arenas     Those with unused pages are filed by how many: a page is always
 *            taken from the fullest arena, so that the emptiest ones drain and
 *            go back to the system.  One empty arena is kept.
 * Fresh      Blocks never handed out are threaded onto the free list a
 *            kilobyte at a time, so that memory is touched when it is needed.
 * Next       alloc.c, docs/internals/memory.md
 */
#include "memory/pool.h"

#include "memory/ledger.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "base/trace.h"

typedef struct hob_pool_arena {
    char *base;                     /* aligned */
    void *raw;                      /* what the arena allocator gave */
    size_t raw_size;
    hob_pool_page *unused;          /* pages given back, by next */
    int n_unused;                   /* in the list and beyond n_touched */
    int n_touched;                  /* pages ever taken */
    struct hob_pool_arena *next, *prev;             /* same n_unused */
    struct hob_pool_arena *all_next, *all_prev;
} hob_pool_arena;

enum { FRESH_BYTES = 1024 };

static hob_pool_page no_room;       /* stands for "no page": its free list is empty */

#define X4(x) x, x, x, x
#define X32(x) X4(x), X4(x), X4(x), X4(x), X4(x), X4(x), X4(x), X4(x)
hob_pool_page *hob_pool_room[POOL_CLASSES] = {X32(&no_room)};
unsigned char hob_pool_map[1 << (POOL_MAP_BITS - 3)];

static hob_pool_arena *by_unused[POOL_ARENA_PAGES + 1];     /* [1 .. 64] */
static uint64_t by_unused_mask;                             /* bit n-1: by_unused[n] */
static hob_pool_arena *all_arenas;
static size_t n_arenas, n_arenas_ever, n_arenas_peak, n_arenas_freed;

/* --- arenas from the system --- */

static void *
arena_map(void *ctx, size_t size)
{
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return p == MAP_FAILED ? NULL : p;
}

static void
arena_unmap(void *ctx, void *p, size_t size)
{
    munmap(p, size);
}

PyObjectArenaAllocator hob_pool_arenas = {NULL, arena_map, arena_unmap};

static char *
align_up(void *p)
{
    return (char *)(((uintptr_t)p + POOL_ARENA - 1) & ~(uintptr_t)(POOL_ARENA - 1));
}

/* Map an aligned megabyte.  Neighbouring maps are usually aligned by
 * themselves; else twice the size is asked for and the ends are cut off. */
static bool
arena_get_memory(hob_pool_arena *arena)
{
    arena->raw_size = POOL_ARENA;
    arena->raw = hob_pool_arenas.alloc(hob_pool_arenas.ctx, arena->raw_size);
    if (!arena->raw) { return false; }
    arena->base = align_up(arena->raw);
    if (arena->base == arena->raw) { return true; }
    hob_pool_arenas.free(hob_pool_arenas.ctx, arena->raw, arena->raw_size);

    arena->raw_size = 2 * POOL_ARENA;
    arena->raw = hob_pool_arenas.alloc(hob_pool_arenas.ctx, arena->raw_size);
    if (!arena->raw) { return false; }
    arena->base = align_up(arena->raw);
    if (hob_pool_arenas.alloc == arena_map) {
        size_t before = (size_t)(arena->base - (char *)arena->raw);
        if (before) { munmap(arena->raw, before); }
        if (before < POOL_ARENA) { munmap(arena->base + POOL_ARENA, POOL_ARENA - before); }
        arena->raw = arena->base;
        arena->raw_size = POOL_ARENA;
    }
    return true;
}

static void
arena_mark(const hob_pool_arena *arena, bool ours)
{
    uintptr_t index = (uintptr_t)arena->base >> POOL_ARENA_LOG2;
    unsigned char bit = (unsigned char)(1u << (index & 7));
    if (ours) { hob_pool_map[index >> 3] |= bit; }
    else      { hob_pool_map[index >> 3] &= (unsigned char)~bit; }
}

static void
arena_file(hob_pool_arena *arena)
{
    if (arena->n_unused == 0) { return; }
    hob_pool_arena **head = &by_unused[arena->n_unused];
    arena->prev = NULL;
    arena->next = *head;
    if (*head) { (*head)->prev = arena; }
    *head = arena;
    by_unused_mask |= (uint64_t)1 << (arena->n_unused - 1);
}

static void
arena_unfile(hob_pool_arena *arena)
{
    if (arena->n_unused == 0) { return; }
    if (arena->next) { arena->next->prev = arena->prev; }
    if (arena->prev) { arena->prev->next = arena->next; }
    else {
        by_unused[arena->n_unused] = arena->next;
        if (!arena->next) { by_unused_mask &= ~((uint64_t)1 << (arena->n_unused - 1)); }
    }
}

static hob_pool_arena *
arena_new(void)
{
    hob_pool_arena *arena = calloc(1, sizeof *arena);
    if (!arena) { return NULL; }
    if (!arena_get_memory(arena) || (uintptr_t)arena->base >> 47) {
        if (arena->raw) {
            hob_pool_arenas.free(hob_pool_arenas.ctx, arena->raw, arena->raw_size);
        }
        free(arena);
        return NULL;
    }
    arena->n_unused = POOL_ARENA_PAGES;
    arena_mark(arena, true);
    arena_file(arena);
    arena->all_next = all_arenas;
    if (all_arenas) { all_arenas->all_prev = arena; }
    all_arenas = arena;
    n_arenas_ever++;
    if (++n_arenas > n_arenas_peak) { n_arenas_peak = n_arenas; }
    TRACE(memory, "arena_from_system base=%p arenas=%zu", (void *)arena->base, n_arenas);
    return arena;
}

/* arena is not filed */
static void
arena_free(hob_pool_arena *arena)
{
    arena_mark(arena, false);
    if (arena->all_next) { arena->all_next->all_prev = arena->all_prev; }
    if (arena->all_prev) { arena->all_prev->all_next = arena->all_next; }
    else                 { all_arenas = arena->all_next; }
    hob_pool_arenas.free(hob_pool_arenas.ctx, arena->raw, arena->raw_size);
    TRACE(memory, "arena_to_system base=%p arenas=%zu", (void *)arena->base, n_arenas - 1);
    free(arena);
    n_arenas--;
    n_arenas_freed++;
}

/* --- pages --- */

static hob_pool_page *
page_take(void)
{
    hob_pool_arena *arena;
    if (by_unused_mask) {
        arena = by_unused[__builtin_ctzll(by_unused_mask) + 1];
    }
    else {
        arena = arena_new();
        if (!arena) { return NULL; }
    }
    arena_unfile(arena);
    arena->n_unused--;
    arena_file(arena);
    hob_pool_page *page = arena->unused;
    if (page) {
        arena->unused = page->next;
    }
    else {
        page = (hob_pool_page *)(arena->base + (size_t)arena->n_touched++ * POOL_PAGE);
        page->arena = arena;
    }
    return page;
}

static void
page_give_back(hob_pool_page *page)
{
    hob_pool_arena *arena = page->arena;
    page->capacity = 0;
    page->next = arena->unused;
    arena->unused = page;
    arena_unfile(arena);
    arena->n_unused++;
    if (arena->n_unused == POOL_ARENA_PAGES && by_unused_mask) {
        arena_free(arena);
        return;
    }
    arena_file(arena);
}

static void
page_unlink(hob_pool_page *page)
{
    if (page->next) { page->next->prev = page->prev; }
    if (page->prev) { page->prev->next = page->next; }
    else { hob_pool_room[page->class] = page->next ? page->next : &no_room; }
    page->is_linked = false;
}

/* Second in the list: the head goes on serving. */
static void
page_link(hob_pool_page *page)
{
    hob_pool_page *head = hob_pool_room[page->class];
    page->is_linked = true;
    if (head == &no_room) {
        page->next = page->prev = NULL;
        hob_pool_room[page->class] = page;
        return;
    }
    page->prev = head;
    page->next = head->next;
    if (head->next) { head->next->prev = page; }
    head->next = page;
}

/* Thread some never used blocks onto the (empty) free list. */
static bool
page_extend(hob_pool_page *page)
{
    size_t size = hob_pool_block_size(page);
    if (page->fresh >= page->end) { return false; }
    char *stop = page->fresh + FRESH_BYTES;
    if (stop > page->end) { stop = page->end; }
    char *block = page->fresh;
    page->free = block;
    while (block + size < stop) {
        *(void **)block = block + size;
        block += size;
    }
    *(void **)block = NULL;
    page->fresh = block + size;
    return true;
}

static hob_pool_page *
page_new(unsigned class)
{
    hob_pool_page *page = page_take();
    if (!page) { return NULL; }
    size_t size = (class + (size_t)1) * POOL_STEP;
    page->free = NULL;
    page->debt = 0;
    page->class = (uint8_t)class;
    page->capacity = (uint16_t)((POOL_PAGE - sizeof *page) / size);
    page->fresh = (char *)(page + 1);
    page->end = page->fresh + page->capacity * size;
    page_link(page);
    return page;
}

/* The head page of class has no free block. */
void *
hob_pool_alloc_slow(unsigned class)
{
    hob_pool_page *page;
    while ((page = hob_pool_room[class]) != &no_room) {
        if (page->free || page_extend(page)) { goto found; }
        page_unlink(page);                      /* full */
        page->debt = 1;
    }
    page = page_new(class);
    if (!page) { return NULL; }
    page_extend(page);
found:;
    void *block = page->free;
    page->free = *(void **)block;
    page->debt++;
    return block;
}

/* debt has come to 0: a full page got a block back, or a linked one is empty. */
void
hob_pool_free_slow(hob_pool_page *page)
{
    if (!page->is_linked) {
        page->debt = page->capacity - 1u;
        page_link(page);
        if (page->debt) { return; }
    }
    if (hob_pool_room[page->class] == page && !page->next) { return; }
    page_unlink(page);
    page_give_back(page);
}

/* --- looking at it --- */

typedef struct {
    size_t n_pages, n_used, n_free;
} class_numbers;

static void
count_classes(class_numbers numbers[POOL_CLASSES])
{
    memset(numbers, 0, POOL_CLASSES * sizeof *numbers);
    for (hob_pool_arena *arena = all_arenas; arena; arena = arena->all_next) {
        for (int i = 0; i < arena->n_touched; i++) {
            hob_pool_page *page = (hob_pool_page *)(arena->base + (size_t)i * POOL_PAGE);
            if (!page->capacity) { continue; }
            size_t used = page->is_linked ? page->debt : page->capacity;
            class_numbers *c = &numbers[page->class];
            c->n_pages++;
            c->n_used += used;
            c->n_free += page->capacity - used;
        }
    }
}

Py_ssize_t
hob_pool_count_blocks(void)
{
    class_numbers numbers[POOL_CLASSES];
    count_classes(numbers);
    size_t n = 0;
    for (int c = 0; c < POOL_CLASSES; c++) { n += numbers[c].n_used; }
    return (Py_ssize_t)n;
}

/* Call visit(block, size, ctx) for each block in use. */
void
hob_pool_each(void (*visit)(void *block, size_t size, void *ctx), void *ctx)
{
    enum { MOST_BLOCKS = POOL_PAGE / POOL_STEP };
    bool is_free[MOST_BLOCKS];
    for (hob_pool_arena *arena = all_arenas; arena; arena = arena->all_next) {
        for (int i = 0; i < arena->n_touched; i++) {
            hob_pool_page *page = (hob_pool_page *)(arena->base + (size_t)i * POOL_PAGE);
            if (!page->capacity) { continue; }
            char *first = (char *)(page + 1);
            size_t size = hob_pool_block_size(page);
            memset(is_free, 0, sizeof is_free);
            for (char *block = page->free; block; block = *(void **)block) {
                is_free[(size_t)(block - first) / size] = true;
            }
            for (char *block = first; block < page->fresh; block += size) {
                if (!is_free[(size_t)(block - first) / size]) { visit(block, size, ctx); }
            }
        }
    }
}

/* "text      =      12,345" in the columns the reference uses */
static void
report_number(FILE *out, const char *text, size_t value)
{
    char digits[32], grouped[48];
    int n = snprintf(digits, sizeof digits, "%zu", value), k = 0;
    for (int i = 0; i < n; i++) {
        if (i && (n - i) % 3 == 0) { grouped[k++] = ','; }
        grouped[k++] = digits[i];
    }
    grouped[k] = '\0';
    fprintf(out, "%-35s=%21s\n", text, grouped);
}

void
hob_pool_report(FILE *out)
{
    class_numbers numbers[POOL_CLASSES];
    count_classes(numbers);
    fprintf(out, "Small block threshold = %d, in %d size classes.\n", POOL_MAX, POOL_CLASSES);
    fputs("\nclass   size   num pools   blocks in use  avail blocks\n"
          "-----   ----   ---------   -------------  ------------\n", out);
    size_t used = 0, available = 0, headers = 0, lost = 0, pages = 0;
    for (int c = 0; c < POOL_CLASSES; c++) {
        class_numbers *n = &numbers[c];
        if (!n->n_pages) { continue; }
        size_t size = (size_t)(c + 1) * POOL_STEP;
        fprintf(out, "%5d %6zu %11zu %15zu %13zu\n", c, size, n->n_pages, n->n_used, n->n_free);
        used += n->n_used * size;
        available += n->n_free * size;
        headers += n->n_pages * sizeof(hob_pool_page);
        lost += n->n_pages * ((POOL_PAGE - sizeof(hob_pool_page)) % size);
        pages += n->n_pages;
    }
    size_t idle = n_arenas * POOL_ARENA_PAGES - pages;
    char text[64];
    fputc('\n', out);
    report_number(out, "# arenas allocated total", n_arenas_ever);
    report_number(out, "# arenas reclaimed", n_arenas_freed);
    report_number(out, "# arenas highwater mark", n_arenas_peak);
    report_number(out, "# arenas allocated current", n_arenas);
    snprintf(text, sizeof text, "%zu arenas * %d bytes/arena", n_arenas, POOL_ARENA);
    report_number(out, text, n_arenas * POOL_ARENA);
    fputc('\n', out);
    report_number(out, "# bytes in allocated blocks", used);
    report_number(out, "# bytes in available blocks", available);
    snprintf(text, sizeof text, "%zu unused pools * %d bytes", idle, POOL_PAGE);
    report_number(out, text, idle * POOL_PAGE);
    report_number(out, "# bytes lost to pool headers", headers);
    report_number(out, "# bytes lost to quantization", lost);
    report_number(out, "Total", used + available + idle * POOL_PAGE + headers + lost);
}

static bool
page_check(const hob_pool_page *page)
{
    size_t size = hob_pool_block_size(page), n_free = 0;
    for (char *block = page->free; block; block = *(void **)block) {
        if (hob_pool_page_of(block) != page) { return false; }
        if ((size_t)(block - (char *)(page + 1)) % size || block >= page->fresh) {
            return false;
        }
        if (++n_free > page->capacity) { return false; }
    }
    n_free += (size_t)(page->end - page->fresh) / size;
    return page->is_linked ? page->debt + n_free == page->capacity
                           : page->debt == 1 && n_free == 0;
}

bool
hob_pool_check(void)
{
    for (hob_pool_arena *arena = all_arenas; arena; arena = arena->all_next) {
        int n_unused = POOL_ARENA_PAGES - arena->n_touched;
        for (int i = 0; i < arena->n_touched; i++) {
            hob_pool_page *page = (hob_pool_page *)(arena->base + (size_t)i * POOL_PAGE);
            if (page->arena != arena) { return false; }
            if (!page->capacity) { n_unused++; }
            else if (!page_check(page)) { return false; }
        }
        if (n_unused != arena->n_unused || !hob_pool_owns(arena->base)) { return false; }
    }
    return true;
}

/* --- public API --- */

void
PyObject_GetArenaAllocator(PyObjectArenaAllocator *allocator)
{
    *allocator = hob_pool_arenas;
}

void
PyObject_SetArenaAllocator(PyObjectArenaAllocator *allocator)
{
    hob_pool_arenas = *allocator;
}

/* Also the big blocks, where they are counted: in an audited build. */
HOB_EXPORT Py_ssize_t
_Py_GetAllocatedBlocks(void)
{
    return hob_pool_count_blocks() + (Py_ssize_t)hob_ledger_count;
}

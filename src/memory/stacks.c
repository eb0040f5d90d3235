/* stacks.c -- where each block was allocated, for HOB_LEAKS_STACKS=1.
 *
 * Hooks over the allocators note the C stack of each allocation in a table by
 * address.  It costs microseconds a block: only for hunting a leak that
 * leaks.c has reported.
 */
#include "memory/leaks.h"

#ifdef HOB_AUDITED

#include <Python.h>
#include <execinfo.h>
#include <pthread.h>

#include "memory/symbols.h"

enum { DEPTH = 24, SKIP = 2, HASH_BITS = 20 };

typedef struct note {
    struct note *next;
    uintptr_t not_block;        /* its address inverted: a note is no reference */
    int n;
    void *frames[DEPTH];
} note;

static note *table[1 << HASH_BITS];
static PyMemAllocatorEx inner[3];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool is_on;

static note **
bucket_of(const void *block)
{
    return &table[((uintptr_t)block >> 4) * 0x9E3779B97F4A7C15u >> (64 - HASH_BITS)];
}

static void *
noted(void *block)
{
    note *new = block && is_on ? malloc(sizeof *new) : NULL;
    if (!new) { return block; }
    new->not_block = ~(uintptr_t)block;
    new->n = backtrace(new->frames, DEPTH);
    pthread_mutex_lock(&lock);
    note **bucket = bucket_of(block);
    new->next = *bucket;
    *bucket = new;
    pthread_mutex_unlock(&lock);
    return block;
}

static void
forget(const void *block)
{
    pthread_mutex_lock(&lock);
    note **link = bucket_of(block);
    while (*link && (*link)->not_block != ~(uintptr_t)block) { link = &(*link)->next; }
    note *found = *link;
    if (found) { *link = found->next; }
    pthread_mutex_unlock(&lock);
    free(found);
}

static void *
noting_malloc(void *ctx, size_t size)
{
    PyMemAllocatorEx *under = ctx;
    return noted(under->malloc(under->ctx, size));
}

static void *
noting_calloc(void *ctx, size_t n, size_t size)
{
    PyMemAllocatorEx *under = ctx;
    return noted(under->calloc(under->ctx, n, size));
}

static void *
noting_realloc(void *ctx, void *block, size_t size)
{
    PyMemAllocatorEx *under = ctx;
    if (block) { forget(block); }
    void *moved = under->realloc(under->ctx, block, size);
    noted(moved ? moved : block);
    return moved;
}

static void
noting_free(void *ctx, void *block)
{
    PyMemAllocatorEx *under = ctx;
    if (block) { forget(block); }
    under->free(under->ctx, block);
}

void
hob_leaks_start_stacks(void)
{
    if (is_on || !getenv("HOB_LEAKS_STACKS")) { return; }
    is_on = true;
    for (int domain = 0; domain < 3; domain++) {
        PyMem_GetAllocator((PyMemAllocatorDomain)domain, &inner[domain]);
        PyMemAllocatorEx hook = {&inner[domain], noting_malloc, noting_calloc, noting_realloc,
                                 noting_free};
        PyMem_SetAllocator((PyMemAllocatorDomain)domain, &hook);
    }
}

/* The account begins: take no more notes. */
void
hob_leaks_forget_stacks(void)
{
    is_on = false;
}

void
hob_leaks_tell_stack(const void *block, void (*write)(const char *format, ...))
{
    note *found = *bucket_of(block);
    while (found && found->not_block != ~(uintptr_t)block) { found = found->next; }
    for (int i = SKIP; found && i < found->n; i++) {
        const hob_symbol *symbol = hob_symbols_find((uintptr_t)found->frames[i]);
        write("        %s\n", symbol ? symbol->name : "?");
    }
}

#endif

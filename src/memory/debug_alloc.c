/* debug_alloc.c -- allocator hooks that catch stray writes (PYTHONMALLOC=debug).
 *
 * Layout     [ size, big-endian 8 ][ domain letter ][ 7 fences ] data [ 8 fences ]
 *                                                               ^ p
 *            Fences are 0xFD; new data is filled with 0xCD, dead with 0xDD.
 * Holds      The fences of every block are checked when it is freed or resized,
 *            and so is the domain letter; the mem and obj domains need the GIL.
 * Hazard     A broken block ends the process, with a description on stderr.
 */
#include "memory/alloc.h"

#include <stdlib.h>

enum { CLEAN = 0xCD, DEAD = 0xDD, FENCE = 0xFD, HEAD = 16, TAIL = 8, ERASE = 64 };

typedef struct {
    char letter;                /* padded to a word: alloc.c reads `inner` behind it */
    PyMemAllocatorEx inner;
} debug_domain;

_Static_assert(offsetof(debug_domain, inner) == sizeof(void *), "alloc.c looks there");

static debug_domain contexts[3] = {{'r', {0}}, {'m', {0}}, {'o', {0}}};

static size_t
block_size(const uint8_t *p)
{
    uint64_t size;
    memcpy(&size, p - HEAD, sizeof size);
    return (size_t)__builtin_bswap64(size);
}

static void
fence_block(uint8_t *base, size_t size, char letter)
{
    uint64_t stored = __builtin_bswap64(size);
    memcpy(base, &stored, sizeof stored);
    base[8] = (uint8_t)letter;
    memset(base + 9, FENCE, HEAD - 9);
    memset(base + HEAD + size, FENCE, TAIL);
}

/* --- describing a broken block --- */

static bool
dump_fences(const char *where, const uint8_t *at, int n, bool below)
{
    bool whole = true;
    for (int i = 0; i < n; i++) { whole &= at[i] == FENCE; }
    if (whole) {
        fputs("FORBIDDENBYTE, as expected.\n", stderr);
        return true;
    }
    fprintf(stderr, "not all FORBIDDENBYTE (0x%02x):\n", FENCE);
    for (int i = 0; i < n; i++) {
        fprintf(stderr, below ? "        at %s-%d: 0x%02x" : "        at %s+%d: 0x%02x", where,
                below ? n - i : i, at[i]);
        fputs(at[i] == FENCE ? "\n" : " *** OUCH\n", stderr);
    }
    return false;
}

static void
dump_data(const uint8_t *p, size_t size)
{
    enum { EDGE = 8 };
    fputs("    Data at p:", stderr);
    for (size_t i = 0; i < size; i++) {
        if (size > 2 * EDGE && i == EDGE) {
            fputs(" ...", stderr);
            i = size - EDGE;
        }
        fprintf(stderr, " %02x", p[i]);
    }
    fputc('\n', stderr);
}

static void
dump_block(const uint8_t *p)
{
    fprintf(stderr, "Debug memory block at address p=%p:", (const void *)p);
    if (!p) {
        fputc('\n', stderr);
        return;
    }
    fprintf(stderr, " API '%c'\n", p[-8]);
    size_t size = block_size(p);
    fprintf(stderr, "    %zu bytes originally requested\n", size);
    fprintf(stderr, "    The %d pad bytes at p-%d are ", HEAD - 9, HEAD - 9);
    if (!dump_fences("p", p - (HEAD - 9), HEAD - 9, true)) {
        fputs("    Because memory is corrupted at the start, the count of bytes requested\n"
               "       may be bogus, and checking the trailing pad bytes may segfault.\n",
               stderr);
    }
    const uint8_t *tail = p + size;
    fprintf(stderr, "    The %d pad bytes at tail=%p are ", TAIL, (const void *)tail);
    dump_fences("tail", tail, TAIL, false);
    if (size > 0) { dump_data(p, size); }
    fputc('\n', stderr);
    fflush(stderr);
    hob_tracemalloc_dump_block(p, stderr);
}

static void
check_block(const char *func, char letter, const uint8_t *p)
{
    char text[96];
    const char *why = NULL;
    if ((char)p[-8] != letter) {
        snprintf(text, sizeof text, "bad ID: Allocated using API '%c', verified using API '%c'",
                 p[-8], letter);
        why = text;
    }
    for (int i = 1; !why && i < HEAD - 8; i++) {
        if (p[-i] != FENCE) { why = "bad leading pad byte"; }
    }
    if (!why) {
        const uint8_t *tail = p + block_size(p);
        for (int i = 0; !why && i < TAIL; i++) {
            if (tail[i] != FENCE) { why = "bad trailing pad byte"; }
        }
    }
    if (why) {
        dump_block(p);
        _Py_FatalErrorFunc(func, why);
    }
}

static void
need_gil(const char *func)
{
    if (!PyGILState_Check()) {
        _Py_FatalErrorFunc(func, "Python memory allocator called without holding the GIL");
    }
}

/* --- the hooks --- */

static void *
raw_new(debug_domain *domain, bool zeroed, size_t size)
{
    if (size > (size_t)PY_SSIZE_T_MAX - (HEAD + TAIL)) { return NULL; }
    PyMemAllocatorEx *inner = &domain->inner;
    uint8_t *base = zeroed ? inner->calloc(inner->ctx, 1, size + HEAD + TAIL)
                           : inner->malloc(inner->ctx, size + HEAD + TAIL);
    if (!base) { return NULL; }
    fence_block(base, size, domain->letter);
    if (!zeroed) { memset(base + HEAD, CLEAN, size); }
    return base + HEAD;
}

static void *
raw_malloc(void *ctx, size_t size)
{
    return raw_new(ctx, false, size);
}

static void *
raw_calloc(void *ctx, size_t n, size_t size)
{
    return raw_new(ctx, true, n * size);
}

static void
raw_free(void *ctx, void *p)
{
    if (!p) { return; }
    debug_domain *domain = ctx;
    check_block("_PyMem_DebugRawFree", domain->letter, p);
    uint8_t *base = (uint8_t *)p - HEAD;
    memset(base, DEAD, block_size(p) + HEAD + TAIL);
    domain->inner.free(domain->inner.ctx, base);
}

/* The block always moves to a fresh one, so that stale pointers show up. */
static void *
raw_realloc(void *ctx, void *p, size_t size)
{
    if (!p) { return raw_malloc(ctx, size); }
    debug_domain *domain = ctx;
    check_block("_PyMem_DebugRawRealloc", domain->letter, p);
    if (size > (size_t)PY_SSIZE_T_MAX - (HEAD + TAIL)) { return NULL; }
    size_t old = block_size(p);
    uint8_t *copy = raw_new(domain, false, size);
    if (!copy) { return NULL; }
    memcpy(copy, p, size < old ? size : old);
    uint8_t *base = (uint8_t *)p - HEAD;
    memset(base, DEAD, old + HEAD + TAIL);
    domain->inner.free(domain->inner.ctx, base);
    return copy;
}

static void *
gil_malloc(void *ctx, size_t size)
{
    need_gil("_PyMem_DebugMalloc");
    return raw_malloc(ctx, size);
}

static void *
gil_calloc(void *ctx, size_t n, size_t size)
{
    need_gil("_PyMem_DebugCalloc");
    return raw_calloc(ctx, n, size);
}

static void *
gil_realloc(void *ctx, void *p, size_t size)
{
    need_gil("_PyMem_DebugRealloc");
    return raw_realloc(ctx, p, size);
}

static void
gil_free(void *ctx, void *p)
{
    need_gil("_PyMem_DebugFree");
    raw_free(ctx, p);
}

const PyMemAllocatorEx hob_debug_raw = {&contexts[0], raw_malloc, raw_calloc, raw_realloc,
                                        raw_free};
const PyMemAllocatorEx hob_debug_mem = {&contexts[1], gil_malloc, gil_calloc, gil_realloc,
                                        gil_free};
const PyMemAllocatorEx hob_debug_obj = {&contexts[2], gil_malloc, gil_calloc, gil_realloc,
                                        gil_free};

bool
hob_debug_is_on(const PyMemAllocatorEx *allocator)
{
    return allocator->malloc == raw_malloc || allocator->malloc == gil_malloc;
}

/* Put the hooks over what the domain has now; no effect the second time. */
void
hob_debug_wrap(PyMemAllocatorDomain domain)
{
    static const PyMemAllocatorEx *const hooks[3] = {&hob_debug_raw, &hob_debug_mem,
                                                     &hob_debug_obj};
    PyMemAllocatorEx now;
    PyMem_GetAllocator(domain, &now);
    if (hob_debug_is_on(&now)) { return; }
    contexts[domain].inner = now;
    PyMemAllocatorEx hook = *hooks[domain];
    PyMem_SetAllocator(domain, &hook);
}

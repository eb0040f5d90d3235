/* alloc.c -- the allocator domains: PyMem_Raw*, PyMem_*, PyObject_*.
 *
 * Domains    raw  no GIL needed; the C library
 *            mem  GIL held; small blocks from the pool (pool.h)
 *            obj  the same, for objects
 *            Each is a record of four functions that can be replaced
 *            (PyMem_SetAllocator) or wrapped (debug_alloc.c, tracemalloc).
 * Holds      hob_pool_is_direct == the obj record is the pool's own, and then
 *            PyObject_Malloc does not look at the record at all; the same for
 *            mem_is_direct.  PyMem_SetAllocator keeps both true to the records.
 *            A zero-sized request gets a block of its own; more than
 *            PY_SSIZE_T_MAX bytes are refused here, before any allocator.
 * Next       pool.c, debug_alloc.c
 */
#include "memory/alloc.h"

#include <stdlib.h>
#include <wchar.h>

#include "memory/ledger.h"
#include "memory/pool.h"

/* --- the C library --- */

static void *
libc_malloc(void *ctx, size_t size)
{
    return hob_ledger_malloc(size ? size : 1);
}

static void *
libc_calloc(void *ctx, size_t n, size_t size)
{
    return n && size ? hob_ledger_calloc(n, size) : hob_ledger_calloc(1, 1);
}

static void *
libc_realloc(void *ctx, void *p, size_t size)
{
    return hob_ledger_realloc(p, size ? size : 1);
}

static void
libc_free(void *ctx, void *p)
{
    hob_ledger_free(p);
}

/* --- the pool, and the C library for what is too big for it --- */

static void *
pool_malloc(void *ctx, size_t size)
{
    if (LIKELY(size - 1 < POOL_MAX)) {
        void *block = hob_pool_alloc(size);
        if (LIKELY(block)) { return block; }
    }
    return size ? hob_ledger_malloc(size) : hob_pool_alloc(1);
}

static void *
pool_calloc(void *ctx, size_t n, size_t size)
{
    size_t total = n * size;
    if (total - 1 < POOL_MAX) {
        void *block = hob_pool_alloc(total);
        if (LIKELY(block)) { return memset(block, 0, total); }
    }
    return libc_calloc(NULL, n, size);
}

static void
pool_free(void *ctx, void *p)
{
    if (LIKELY(p && hob_pool_owns(p))) { hob_pool_free(p); }
    else { hob_ledger_free(p); }
}

/* Stay in the block unless that would waste more than a quarter of it. */
static void *
pool_realloc(void *ctx, void *p, size_t size)
{
    if (!p) { return pool_malloc(NULL, size); }
    if (!hob_pool_owns(p)) { return hob_ledger_realloc(p, size ? size : 1); }
    size_t old = hob_pool_block_size(hob_pool_page_of(p));
    if (size <= old && size >= old - old / 4) { return p; }
    if (size <= old && old == POOL_STEP) { return p; }
    void *block = pool_malloc(NULL, size);
    if (!block) { return size <= old ? p : NULL; }
    memcpy(block, p, size < old ? size : old);
    hob_pool_free(p);
    return block;
}

/* --- the records --- */

#define LIBC {NULL, libc_malloc, libc_calloc, libc_realloc, libc_free}
#define POOL {NULL, pool_malloc, pool_calloc, pool_realloc, pool_free}

static const PyMemAllocatorEx libc_record = LIBC, pool_record = POOL;

#ifdef __SANITIZE_ADDRESS__             /* the sanitizer must see every block */
static PyMemAllocatorEx domains[3] = {LIBC, LIBC, LIBC};
bool hob_pool_is_direct = false;
static bool mem_is_direct = false;
#else
static PyMemAllocatorEx domains[3] = {LIBC, POOL, POOL};
bool hob_pool_is_direct = true;
static bool mem_is_direct = true;
#endif

#define RAW (&domains[PYMEM_DOMAIN_RAW])
#define MEM (&domains[PYMEM_DOMAIN_MEM])
#define OBJ (&domains[PYMEM_DOMAIN_OBJ])

static bool
same_record(const PyMemAllocatorEx *a, const PyMemAllocatorEx *b)
{
    return a->malloc == b->malloc && a->calloc == b->calloc && a->realloc == b->realloc
        && a->free == b->free && a->ctx == b->ctx;
}

static void
records_changed(void)
{
    hob_pool_is_direct = same_record(OBJ, &pool_record);
    mem_is_direct = same_record(MEM, &pool_record);
}

void
PyMem_GetAllocator(PyMemAllocatorDomain domain, PyMemAllocatorEx *allocator)
{
    if ((unsigned)domain < ARRAY_LEN(domains)) { *allocator = domains[domain]; }
    else { memset(allocator, 0, sizeof *allocator); }
}

void
PyMem_SetAllocator(PyMemAllocatorDomain domain, PyMemAllocatorEx *allocator)
{
    if ((unsigned)domain >= ARRAY_LEN(domains)) { return; }
    domains[domain] = *allocator;
    records_changed();
}

void
PyMem_SetupDebugHooks(void)
{
    for (int domain = 0; domain < 3; domain++) {
        hob_debug_wrap((PyMemAllocatorDomain)domain);
    }
}

/* --- by name: PYTHONMALLOC, -X dev --- */

static const struct {
    const char *name;
    PyMemAllocatorName id;
    bool pool, debug;
} named[] = {
    {"default", PYMEM_ALLOCATOR_DEFAULT, true, false},
    {"debug", PYMEM_ALLOCATOR_DEBUG, true, true},
    {"pymalloc", PYMEM_ALLOCATOR_PYMALLOC, true, false},
    {"pymalloc_debug", PYMEM_ALLOCATOR_PYMALLOC_DEBUG, true, true},
    {"malloc", PYMEM_ALLOCATOR_MALLOC, false, false},
    {"malloc_debug", PYMEM_ALLOCATOR_MALLOC_DEBUG, false, true},
};

int
_PyMem_GetAllocatorName(const char *name, PyMemAllocatorName *allocator)
{
    if (!name || !*name) {
        *allocator = PYMEM_ALLOCATOR_DEFAULT;
        return 0;
    }
    for (size_t i = 0; i < ARRAY_LEN(named); i++) {
        if (strcmp(named[i].name, name) == 0) {
            *allocator = named[i].id;
            return 0;
        }
    }
    return -1;
}

int
_PyMem_SetupAllocators(PyMemAllocatorName allocator)
{
    if (allocator == PYMEM_ALLOCATOR_NOT_SET) { return 0; }
    for (size_t i = 0; i < ARRAY_LEN(named); i++) {
        if (named[i].id != allocator) { continue; }
        domains[PYMEM_DOMAIN_RAW] = libc_record;
        for (int d = PYMEM_DOMAIN_MEM; d <= PYMEM_DOMAIN_OBJ; d++) {
            domains[d] = named[i].pool ? pool_record : libc_record;
        }
        records_changed();
        if (named[i].debug) { PyMem_SetupDebugHooks(); }
        return 0;
    }
    return -1;
}

int
_PyMem_SetDefaultAllocator(PyMemAllocatorDomain domain, PyMemAllocatorEx *old)
{
    if ((unsigned)domain >= ARRAY_LEN(domains)) { return -1; }
    if (old) { *old = domains[domain]; }
    domains[domain] = domain == PYMEM_DOMAIN_RAW ? libc_record : pool_record;
    records_changed();
    return 0;
}

/* NULL when somebody else's allocator is installed. */
const char *
_PyMem_GetCurrentAllocatorName(void)
{
    static const PyMemAllocatorEx *const debug[3] = {&hob_debug_raw, &hob_debug_mem,
                                                     &hob_debug_obj};
    bool is_debug = true;
    PyMemAllocatorEx inner[3];
    for (int d = 0; d < 3; d++) {
        inner[d] = domains[d];
        if (same_record(&domains[d], debug[d])) {
            inner[d] = *(PyMemAllocatorEx *)((char *)domains[d].ctx + sizeof(void *));
        }
        else { is_debug = false; }
    }
    if (!same_record(&inner[0], &libc_record)) { return NULL; }
    for (int use_pool = 0; use_pool < 2; use_pool++) {
        const PyMemAllocatorEx *want = use_pool ? &pool_record : &libc_record;
        if (!same_record(&inner[1], want) || !same_record(&inner[2], want)) { continue; }
        if (is_debug) { return use_pool ? "pymalloc_debug" : "malloc_debug"; }
        return use_pool ? "pymalloc" : "malloc";
    }
    return NULL;
}

int
_PyObject_DebugMallocStats(FILE *out)
{
    const PyMemAllocatorEx *record = OBJ;
    if (hob_debug_is_on(record)) {
        record = (PyMemAllocatorEx *)((char *)record->ctx + sizeof(void *));
    }
    if (!same_record(record, &pool_record)) { return 0; }
    hob_pool_report(out);
    return 1;
}

/* --- public API: raw --- */

static inline bool
too_big(size_t n, size_t size)
{
    return size != 0 && n > (size_t)PY_SSIZE_T_MAX / size;
}

void *
PyMem_RawMalloc(size_t size)
{
    return size > (size_t)PY_SSIZE_T_MAX ? NULL : RAW->malloc(RAW->ctx, size);
}

void *
PyMem_RawCalloc(size_t n, size_t size)
{
    return too_big(n, size) ? NULL : RAW->calloc(RAW->ctx, n, size);
}

void *
PyMem_RawRealloc(void *p, size_t size)
{
    return size > (size_t)PY_SSIZE_T_MAX ? NULL : RAW->realloc(RAW->ctx, p, size);
}

void
PyMem_RawFree(void *p)
{
    RAW->free(RAW->ctx, p);
}

char *
_PyMem_RawStrdup(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = PyMem_RawMalloc(size);
    return copy ? memcpy(copy, text, size) : NULL;
}

wchar_t *
_PyMem_RawWcsdup(const wchar_t *text)
{
    size_t n = wcslen(text) + 1;
    if (n > (size_t)PY_SSIZE_T_MAX / sizeof *text) { return NULL; }
    wchar_t *copy = PyMem_RawMalloc(n * sizeof *text);
    return copy ? memcpy(copy, text, n * sizeof *text) : NULL;
}

/* --- public API: mem --- */

void *
PyMem_Malloc(size_t size)
{
    if (LIKELY(mem_is_direct)) { return UNLIKELY(size > (size_t)PY_SSIZE_T_MAX) ? NULL
                                                                : pool_malloc(NULL, size); }
    return size > (size_t)PY_SSIZE_T_MAX ? NULL : MEM->malloc(MEM->ctx, size);
}

void *
PyMem_Calloc(size_t n, size_t size)
{
    return too_big(n, size) ? NULL : MEM->calloc(MEM->ctx, n, size);
}

void *
PyMem_Realloc(void *p, size_t size)
{
    return size > (size_t)PY_SSIZE_T_MAX ? NULL : MEM->realloc(MEM->ctx, p, size);
}

void
PyMem_Free(void *p)
{
    if (LIKELY(mem_is_direct)) { pool_free(NULL, p); }
    else { MEM->free(MEM->ctx, p); }
}

char *
_PyMem_Strdup(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = PyMem_Malloc(size);
    return copy ? memcpy(copy, text, size) : NULL;
}

/* --- public API: objects --- */

void *
PyObject_Malloc(size_t size)
{
    if (LIKELY(hob_pool_is_direct)) {
        return UNLIKELY(size > (size_t)PY_SSIZE_T_MAX) ? NULL : pool_malloc(NULL, size);
    }
    return size > (size_t)PY_SSIZE_T_MAX ? NULL : OBJ->malloc(OBJ->ctx, size);
}

void *
PyObject_Calloc(size_t n, size_t size)
{
    return too_big(n, size) ? NULL : OBJ->calloc(OBJ->ctx, n, size);
}

void *
PyObject_Realloc(void *p, size_t size)
{
    return size > (size_t)PY_SSIZE_T_MAX ? NULL : OBJ->realloc(OBJ->ctx, p, size);
}

void
PyObject_Free(void *p)
{
    if (LIKELY(hob_pool_is_direct)) { pool_free(NULL, p); }
    else { OBJ->free(OBJ->ctx, p); }
}

/* One line of sys._debugmallocstats(): blocks of a kind and their bytes. */
void
_PyDebugAllocatorStats(FILE *out, const char *block_name, int n_blocks, size_t size)
{
    char label[128];
    snprintf(label, sizeof label, "%d %ss * %zd bytes each", n_blocks, block_name,
             (Py_ssize_t)size);
    fprintf(out, "%-48s = %19zu\n", label, (size_t)n_blocks * size);
}

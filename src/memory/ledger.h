/* ledger.h -- the list of blocks that came from the C library, in audited builds.
 *
 * Layout     [ hob_ledger_entry 32 bytes ][ data ]
 *                                         ^ what the caller gets
 * Holds      every block of alloc.c that is not the pool's is linked here, so that
 *            the account at the end (leaks.c) sees all of Hob's memory.
 *            A freed block is overwritten: a stale pointer in it holds nothing.
 * Hazard     raw blocks come and go without the GIL: the list has a lock of its
 *            own, taken over a fork by pthread_atfork.
 *
 * In a release build the functions are the C library's own.  Under ASan and TSan
 * too: their own leak check must see a block that only the ledger knows as lost.
 */
#pragma once
#include <stdlib.h>

#include "base/c.h"

#if defined HOB_DEBUG && !defined __SANITIZE_ADDRESS__ && !defined __SANITIZE_THREAD__
#define HOB_AUDITED 1

typedef struct hob_ledger_entry {
    struct hob_ledger_entry *next, *prev;
    size_t size;
    size_t reserved;
} hob_ledger_entry;

_Static_assert(sizeof(hob_ledger_entry) == 32, "blocks stay aligned to 16");

extern hob_ledger_entry hob_ledger;     /* circular, with this head */
extern size_t hob_ledger_count;         /* entries */

void *hob_ledger_malloc(size_t size);
void *hob_ledger_calloc(size_t n, size_t size);
void *hob_ledger_realloc(void *p, size_t size);
void  hob_ledger_free(void *p);

#else
enum { hob_ledger_count = 0 };
#define hob_ledger_malloc  malloc
#define hob_ledger_calloc  calloc
#define hob_ledger_realloc realloc
#define hob_ledger_free    free
#endif

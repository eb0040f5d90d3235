/* ledger.c -- malloc and its family, with every block on a list (ledger.h).
 *
 * Next       leaks.c reads the list
 */
#include "memory/ledger.h"

#ifdef HOB_AUDITED

#include <pthread.h>
#include <stdint.h>
#include <string.h>

hob_ledger_entry hob_ledger = {&hob_ledger, &hob_ledger, 0, 0};

size_t hob_ledger_count;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

enum { DEAD = 0xDD };

static void
take_lock(void)
{
    pthread_mutex_lock(&lock);
}

static void
drop_lock(void)
{
    pthread_mutex_unlock(&lock);
}

__attribute__((constructor)) static void
survive_forks(void)
{
    pthread_atfork(take_lock, drop_lock, drop_lock);
}

static void
link_entry(hob_ledger_entry *entry)
{
    take_lock();
    entry->next = &hob_ledger;
    entry->prev = hob_ledger.prev;
    entry->prev->next = entry;
    hob_ledger.prev = entry;
    hob_ledger_count++;
    drop_lock();
}

static void
unlink_entry(hob_ledger_entry *entry)
{
    take_lock();
    entry->prev->next = entry->next;
    entry->next->prev = entry->prev;
    hob_ledger_count--;
    drop_lock();
}

static void *
enter(hob_ledger_entry *entry, size_t size)
{
    if (!entry) { return NULL; }
    entry->size = size;
    entry->reserved = 0;
    link_entry(entry);
    return entry + 1;
}

void *
hob_ledger_malloc(size_t size)
{
    if (size > SIZE_MAX - sizeof(hob_ledger_entry)) { return NULL; }
    return enter(malloc(sizeof(hob_ledger_entry) + size), size);
}

void *
hob_ledger_calloc(size_t n, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(n, size, &total)
        || total > SIZE_MAX - sizeof(hob_ledger_entry)) {
        return NULL;
    }
    return enter(calloc(1, sizeof(hob_ledger_entry) + total), total);
}

void *
hob_ledger_realloc(void *p, size_t size)
{
    if (!p) { return hob_ledger_malloc(size); }
    if (size > SIZE_MAX - sizeof(hob_ledger_entry)) { return NULL; }
    hob_ledger_entry *entry = (hob_ledger_entry *)p - 1;
    size_t old = entry->size;
    unlink_entry(entry);
    hob_ledger_entry *moved = realloc(entry, sizeof *entry + size);
    if (!moved) {
        enter(entry, old);
        return NULL;
    }
    return enter(moved, size);
}

void
hob_ledger_free(void *p)
{
    if (!p) { return; }
    hob_ledger_entry *entry = (hob_ledger_entry *)p - 1;
    unlink_entry(entry);
    memset(entry, DEAD, sizeof *entry + entry->size);
    free(entry);
}

#else
typedef int hob_nothing_to_compile;
#endif

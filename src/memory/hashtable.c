/* hashtable.c -- the hash table that C modules share (_hashlib uses it).
 *
 * Layout     buckets of linked entries, in order of hash & (nbuckets - 1).  The two
 *            structs are laid out as extensions were compiled.
 * Holds      nbuckets is a power of two; the load stays between 1/10 and 1/2.
 */
#include <Python.h>

#include "base/c.h"

typedef struct entry {
    struct entry *next;
    Py_uhash_t hash;
    void *key, *value;
} entry;

typedef Py_uhash_t (*hash_func)(const void *key);
typedef int (*compare_func)(const void *a, const void *b);
typedef void (*destroy_func)(void *p);

typedef struct {
    void *(*malloc)(size_t size);
    void (*free)(void *p);
} table_allocator;

typedef struct hashtable {
    size_t nentries, nbuckets;
    entry **buckets;
    entry *(*get_entry)(struct hashtable *table, const void *key);
    hash_func hash;
    compare_func compare;
    destroy_func destroy_key, destroy_value;
    table_allocator alloc;
} hashtable;

enum { MIN_BUCKETS = 16 };

HOB_EXPORT Py_uhash_t _Py_hashtable_hash_ptr(const void *key);
HOB_EXPORT int        _Py_hashtable_compare_direct(const void *a, const void *b);
HOB_EXPORT hashtable *_Py_hashtable_new(hash_func hash, compare_func compare);
HOB_EXPORT hashtable *_Py_hashtable_new_full(hash_func hash, compare_func compare,
                                             destroy_func destroy_key,
                                             destroy_func destroy_value,
                                             table_allocator *alloc);
HOB_EXPORT void       _Py_hashtable_destroy(hashtable *table);
HOB_EXPORT void       _Py_hashtable_clear(hashtable *table);
HOB_EXPORT int        _Py_hashtable_foreach(hashtable *table,
                                            int (*func)(hashtable *, const void *key,
                                                        const void *value, void *data),
                                            void *data);
HOB_EXPORT size_t     _Py_hashtable_size(const hashtable *table);
HOB_EXPORT int        _Py_hashtable_set(hashtable *table, const void *key, void *value);
HOB_EXPORT void      *_Py_hashtable_get(hashtable *table, const void *key);
HOB_EXPORT void      *_Py_hashtable_steal(hashtable *table, const void *key);

Py_uhash_t
_Py_hashtable_hash_ptr(const void *key)
{
    return (Py_uhash_t)_Py_HashPointerRaw(key);
}

int
_Py_hashtable_compare_direct(const void *a, const void *b)
{
    return a == b;
}

static entry **
bucket_of(hashtable *table, Py_uhash_t hash)
{
    return &table->buckets[hash & (table->nbuckets - 1)];
}

static entry *
find_generic(hashtable *table, const void *key)
{
    Py_uhash_t hash = table->hash(key);
    entry *e = *bucket_of(table, hash);
    while (e && !(e->hash == hash && table->compare(key, e->key))) { e = e->next; }
    return e;
}

static entry *
find_pointer(hashtable *table, const void *key)
{
    entry *e = *bucket_of(table, _Py_hashtable_hash_ptr(key));
    while (e && e->key != key) { e = e->next; }
    return e;
}

/* Deep invariants. */
static __attribute__((unused)) bool
hashtable_check(const hashtable *table)
{
    INVARIANT(1, table->nbuckets >= MIN_BUCKETS && !(table->nbuckets & (table->nbuckets - 1)));
    size_t n = 0;
    for (size_t i = 0; i < table->nbuckets; i++) {
        for (const entry *e = table->buckets[i]; e; e = e->next, n++) {
            INVARIANT(2, (e->hash & (table->nbuckets - 1)) == i);
        }
    }
    INVARIANT(3, n == table->nentries);
    return true;
}

/* Have as many buckets as suit the entries; -1 when memory is out. */
static int
rehash(hashtable *table)
{
    size_t n = MIN_BUCKETS;
    while (n * 3 < table->nentries * 10) { n *= 2; }            /* a load of about 3/10 */
    if (n == table->nbuckets) { return 0; }
    entry **buckets = table->alloc.malloc(n * sizeof *buckets);
    if (!buckets) { return -1; }
    memset(buckets, 0, n * sizeof *buckets);
    for (size_t i = 0; i < table->nbuckets; i++) {
        entry *next;
        for (entry *e = table->buckets[i]; e; e = next) {
            next = e->next;
            entry **to = &buckets[e->hash & (n - 1)];
            e->next = *to;
            *to = e;
        }
    }
    table->alloc.free(table->buckets);
    table->buckets = buckets;
    table->nbuckets = n;
    DEEP(hashtable_check(table));
    return 0;
}

hashtable *
_Py_hashtable_new_full(hash_func hash, compare_func compare, destroy_func destroy_key,
                       destroy_func destroy_value, table_allocator *alloc)
{
    table_allocator with = alloc ? *alloc : (table_allocator){PyMem_Malloc, PyMem_Free};
    hashtable *table = with.malloc(sizeof *table);
    if (!table) { return NULL; }
    bool by_pointer = hash == _Py_hashtable_hash_ptr && compare == _Py_hashtable_compare_direct;
    *table = (hashtable){
        .nbuckets = MIN_BUCKETS, .get_entry = by_pointer ? find_pointer : find_generic,
        .hash = hash, .compare = compare, .destroy_key = destroy_key,
        .destroy_value = destroy_value, .alloc = with,
    };
    table->buckets = with.malloc(MIN_BUCKETS * sizeof *table->buckets);
    if (!table->buckets) {
        with.free(table);
        return NULL;
    }
    memset(table->buckets, 0, MIN_BUCKETS * sizeof *table->buckets);
    return table;
}

hashtable *
_Py_hashtable_new(hash_func hash, compare_func compare)
{
    return _Py_hashtable_new_full(hash, compare, NULL, NULL, NULL);
}

static void
entry_free(hashtable *table, entry *e)
{
    if (table->destroy_key) { table->destroy_key(e->key); }
    if (table->destroy_value) { table->destroy_value(e->value); }
    table->alloc.free(e);
}

void
_Py_hashtable_clear(hashtable *table)
{
    for (size_t i = 0; i < table->nbuckets; i++) {
        entry *next;
        for (entry *e = table->buckets[i]; e; e = next) {
            next = e->next;
            entry_free(table, e);
        }
        table->buckets[i] = NULL;
    }
    table->nentries = 0;
    (void)rehash(table);                /* a smaller table is a favour, not a need */
}

void
_Py_hashtable_destroy(hashtable *table)
{
    for (size_t i = 0; i < table->nbuckets; i++) {
        entry *next;
        for (entry *e = table->buckets[i]; e; e = next) {
            next = e->next;
            entry_free(table, e);
        }
    }
    table->alloc.free(table->buckets);
    table->alloc.free(table);
}

size_t
_Py_hashtable_size(const hashtable *table)
{
    return sizeof *table + table->nbuckets * sizeof *table->buckets
         + table->nentries * sizeof(entry);
}

int
_Py_hashtable_foreach(hashtable *table,
                      int (*func)(hashtable *, const void *key, const void *value, void *data),
                      void *data)
{
    for (size_t i = 0; i < table->nbuckets; i++) {
        for (entry *e = table->buckets[i]; e; e = e->next) {
            int result = func(table, e->key, e->value, data);
            if (result) { return result; }
        }
    }
    return 0;
}

/* Add a key that is not in the table. */
int
_Py_hashtable_set(hashtable *table, const void *key, void *value)
{
    entry *e = table->alloc.malloc(sizeof *e);
    if (!e) { return -1; }
    *e = (entry){NULL, table->hash(key), (void *)key, value};
    table->nentries++;
    if (table->nentries * 2 > table->nbuckets && rehash(table) < 0) {
        table->nentries--;
        table->alloc.free(e);
        return -1;
    }
    entry **bucket = bucket_of(table, e->hash);
    e->next = *bucket;
    *bucket = e;
    return 0;
}

void *
_Py_hashtable_get(hashtable *table, const void *key)
{
    entry *e = table->get_entry(table, key);
    return e ? e->value : NULL;
}

/* Take a key out without destroying it; its value. */
void *
_Py_hashtable_steal(hashtable *table, const void *key)
{
    Py_uhash_t hash = table->hash(key);
    for (entry **link = bucket_of(table, hash); *link; link = &(*link)->next) {
        entry *e = *link;
        if (e->hash != hash || !table->compare(key, e->key)) { continue; }
        void *value = e->value;
        *link = e->next;
        table->alloc.free(e);
        table->nentries--;
        if (table->nentries * 10 < table->nbuckets) { (void)rehash(table); }
        return value;
    }
    return NULL;
}

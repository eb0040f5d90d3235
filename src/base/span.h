/* span.h -- comparing and copying short spans of memory: keys, items, names.
 *
 * Most are of a few bytes, and a call of the C library costs more than they do.  Two loads
 * that overlap in the middle cover any length from one load's size to two's.
 */
#pragma once
#include <string.h>

#include "base/c.h"

static inline uint64_t
hob_load8(const void *p)
{
    uint64_t word;
    memcpy(&word, p, sizeof word);
    return word;
}

static inline uint32_t
hob_load4(const void *p)
{
    uint32_t word;
    memcpy(&word, p, sizeof word);
    return word;
}

/* Copy n bytes between spans that do not overlap. */
static ALWAYS_INLINE void
hob_span_copy(void *to, const void *from, size_t n)
{
    char *t = to;
    const char *f = from;
    if (n >= 8) {
        if (n > 16) {
            memcpy(t, f, n);
            return;
        }
        uint64_t first = hob_load8(f), last = hob_load8(f + n - 8);
        memcpy(t, &first, 8);
        memcpy(t + n - 8, &last, 8);
    }
    else if (n >= 4) {
        uint32_t first = hob_load4(f), last = hob_load4(f + n - 4);
        memcpy(t, &first, 4);
        memcpy(t + n - 4, &last, 4);
    }
    else if (n) {
        char first = f[0], middle = f[n >> 1], last = f[n - 1];
        t[0] = first;
        t[n >> 1] = middle;
        t[n - 1] = last;
    }
}

/* Are the n bytes at a those at b? */
static ALWAYS_INLINE bool
hob_span_same(const void *a, const void *b, size_t n)
{
    const char *x = a, *y = b;
    if (n >= 8) {
        if (n > 16) { return memcmp(x, y, n) == 0; }
        return ((hob_load8(x) ^ hob_load8(y)) | (hob_load8(x + n - 8) ^ hob_load8(y + n - 8))) == 0;
    }
    if (n >= 4) {
        return ((hob_load4(x) ^ hob_load4(y)) | (hob_load4(x + n - 4) ^ hob_load4(y + n - 4))) == 0;
    }
    return n == 0 || ((x[0] ^ y[0]) | (x[n >> 1] ^ y[n >> 1]) | (x[n - 1] ^ y[n - 1])) == 0;
}

/* Which of the n bytes at a and at b come first: less than 0, 0, more than 0. */
static inline int
hob_span_order(const void *a, const void *b, size_t n)
{
    const unsigned char *x = a, *y = b;
    if (n >= 8) {
        uint64_t p = hob_load8(x), q = hob_load8(y);
        if (p == q) { return n == 8 ? 0 : memcmp(x + 8, y + 8, n - 8); }
        return __builtin_bswap64(p) < __builtin_bswap64(q) ? -1 : 1;
    }
    if (n >= 4) {
        uint32_t p = hob_load4(x), q = hob_load4(y);
        if (p == q) {
            p = hob_load4(x + n - 4);
            q = hob_load4(y + n - 4);
            if (p == q) { return 0; }
        }
        return __builtin_bswap32(p) < __builtin_bswap32(q) ? -1 : 1;
    }
    for (size_t i = 0; i < n; i++) {
        if (x[i] != y[i]) { return x[i] < y[i] ? -1 : 1; }
    }
    return 0;
}

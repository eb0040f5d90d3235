/* hash.h -- the keyed hash of str and bytes: SipHash-1-3. */
#pragma once
#include "base/c.h"

/* Hash n bytes under the process's secret, as str and bytes do: 0 for none,
 * never -1. */
intptr_t hob_hash_bytes(const void *bytes, ptrdiff_t n);

/* SipHash-1-3 of n bytes under a key of ours. */
uint64_t hob_siphash13(const void *bytes, size_t n, uint64_t k0, uint64_t k1);

typedef enum { HASH_RANDOM, HASH_SEED } hob_hash_mode;

/* Choose the secret, before the first hash: random bytes, or those that follow
 * from seed (PYTHONHASHSEED; 0 means all zero).  -1: no random bytes to be had
 * (no exception: this runs before there are any). */
int hob_hash_init(hob_hash_mode mode, unsigned long seed);

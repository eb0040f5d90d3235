/* hash.h -- the keyed hash of str and bytes: SipHash-1-3. */
#pragma once
#include "base/c.h"

/* Hash n bytes under the process's secret, as str and bytes do: 0 for none,
 * never -1. */
intptr_t hob_hash_bytes(const void *bytes, ptrdiff_t n);

/* SipHash-1-3 of n bytes under a key of ours. */
uint64_t hob_siphash13(const void *bytes, size_t n, uint64_t k0, uint64_t k1);

/* Choose the secret, before the first hash: the bytes that follow from seed when
 * fixed (PYTHONHASHSEED; 0 means all zero), random ones otherwise.  -1: none to
 * be had (no exception: this runs before there are any). */
int hob_hash_init(int fixed, unsigned long seed);

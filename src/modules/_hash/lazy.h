/* lazy.h -- a library that is loaded when a module of ours first needs it.
 *
 *      #define CRYPTO(X) X(EVP_MD_fetch) X(EVP_MD_free)
 *      LAZY_LIBRARY(crypto, "libcrypto.so.3", CRYPTO)
 *
 * declares `crypto`, to be called as crypto.EVP_MD_free(md), and crypto_load(),
 * which must have succeeded before.  A program that never hashes does not pay for
 * mapping and relocating the library at its start.
 */
#pragma once
#include <Python.h>

#include "base/c.h"

/* Fill functions[0 .. n), pointers in the order of names; ImportError. */
MUST_USE status hob_lazy_load(const char *library, const char *const *names, size_t n,
                              void **functions);

#define LAZY_MEMBER(function) __typeof__(function) *function;
#define LAZY_NAME(function) #function,
#define LAZY_LIBRARY(noun, file, FUNCTIONS)                                     \
    static struct { FUNCTIONS(LAZY_MEMBER) } noun;                              \
    static MUST_USE status                                                      \
    noun##_load(void)                                                           \
    {                                                                           \
        static const char *const names[] = {FUNCTIONS(LAZY_NAME)};              \
        return hob_lazy_load(file, names, ARRAY_LEN(names), (void **)&noun);    \
    }

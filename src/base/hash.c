/* hash.c -- SipHash-1-3 and the secret it is keyed with.
 *
 * The secret is 24 bytes: two 64-bit keys for str and bytes, one word of salt
 * for the XML parser.  Compiled modules and tools read it by its public name,
 * and so do the names declared in pyhash.h; this room knows no Python header,
 * hence the types are spelled out here.
 *
 *   J.-P. Aumasson, D. J. Bernstein: SipHash, a fast short-input PRF, 2012.
 */
#include "base/hash.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

typedef union {
    unsigned char bytes[24];
    struct { uint64_t k0, k1; } siphash;
} hash_secret;

HOB_EXPORT hash_secret _Py_HashSecret;

/* --- SipHash --- */

static inline uint64_t
rotate(uint64_t x, int bits)
{
    return x << bits | x >> (64 - bits);
}

#define SIP_ROUND                                       \
    do {                                                \
        v0 += v1; v1 = rotate(v1, 13) ^ v0; v0 = rotate(v0, 32); \
        v2 += v3; v3 = rotate(v3, 16) ^ v2;             \
        v0 += v3; v3 = rotate(v3, 21) ^ v0;             \
        v2 += v1; v1 = rotate(v1, 17) ^ v2; v2 = rotate(v2, 32); \
    } while (0)

/* The last n < 8 bytes, little-endian. */
static inline uint64_t
tail_word(const uint8_t *at, size_t n)
{
    if (n >= 4) {               /* two loads that may overlap */
        uint32_t low, high;
        memcpy(&low, at, 4);
        memcpy(&high, at + n - 4, 4);
        return low | (uint64_t)high << ((n - 4) * 8);
    }
    if (n == 0) { return 0; }
    size_t middle = n >> 1;
    return at[0] | (uint64_t)at[middle] << (middle * 8) | (uint64_t)at[n - 1] << ((n - 1) * 8);
}

uint64_t
hob_siphash13(const void *bytes, size_t n, uint64_t k0, uint64_t k1)
{
    uint64_t v0 = k0 ^ 0x736f6d6570736575u, v1 = k1 ^ 0x646f72616e646f6du;
    uint64_t v2 = k0 ^ 0x6c7967656e657261u, v3 = k1 ^ 0x7465646279746573u;
    const uint8_t *at = bytes;
    uint64_t word;
    for (size_t left = n / 8; left; left--, at += 8) {
        memcpy(&word, at, 8);
        v3 ^= word;
        SIP_ROUND;
        v0 ^= word;
    }
    word = (uint64_t)n << 56 | tail_word(at, n & 7);
    v3 ^= word;
    SIP_ROUND;
    v0 ^= word;
    v2 ^= 0xff;
    SIP_ROUND;
    SIP_ROUND;
    SIP_ROUND;
    return v0 ^ v1 ^ v2 ^ v3;
}

intptr_t
hob_hash_bytes(const void *bytes, ptrdiff_t n)
{
    if (n == 0) { return 0; }
    intptr_t hash = (intptr_t)hob_siphash13(bytes, (size_t)n, _Py_HashSecret.siphash.k0,
                                            _Py_HashSecret.siphash.k1);
    return hash == -1 ? -2 : hash;
}

/* --- the secret --- */

/* The bytes that a seed stands for; a linear congruential generator. */
static void
secret_from_seed(uint32_t seed)
{
    for (size_t i = 0; i < sizeof _Py_HashSecret.bytes; i++) {
        seed = seed * 214013u + 2531011u;
        _Py_HashSecret.bytes[i] = (unsigned char)(seed >> 16);
    }
}

static int
secret_from_device(unsigned char *at, size_t n)
{
    int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
    if (fd < 0) { return -1; }
    while (n > 0) {
        ssize_t got = read(fd, at, n);
        if (got < 0 && errno == EINTR) { continue; }
        if (got <= 0) { break; }
        at += got;
        n -= (size_t)got;
    }
    close(fd);
    return n == 0 ? 0 : -1;
}

int
hob_hash_init(int fixed, unsigned long seed)
{
    unsigned char *at = _Py_HashSecret.bytes;
    size_t n = sizeof _Py_HashSecret.bytes;
    if (fixed) {
        if (seed == 0) { memset(at, 0, n); }
        else { secret_from_seed((uint32_t)seed); }
        return 0;
    }
    while (n > 0) {             /* never waits for the kernel's pool at boot */
        ssize_t got = getrandom(at, n, GRND_NONBLOCK);
        if (got < 0 && errno == EINTR) { continue; }
        if (got < 0) { return secret_from_device(at, n); }
        at += got;
        n -= (size_t)got;
    }
    return 0;
}

/* --- public names --- */

typedef struct {
    intptr_t (*const hash)(const void *, ptrdiff_t);
    const char *name;
    const int hash_bits;
    const int seed_bits;
} hash_func_def;

HOB_EXPORT intptr_t _Py_HashBytes(const void *bytes, ptrdiff_t n);
HOB_EXPORT hash_func_def *PyHash_GetFuncDef(void);

intptr_t
_Py_HashBytes(const void *bytes, ptrdiff_t n)
{
    return hob_hash_bytes(bytes, n);
}

hash_func_def *
PyHash_GetFuncDef(void)
{
    static hash_func_def siphash13 = {_Py_HashBytes, "siphash13", 64, 128};
    return &siphash13;
}

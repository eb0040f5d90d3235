/* units.c -- scans and copies of unit arrays, 16 bytes at a time. */
#include "text/units.h"

#include <emmintrin.h>
#include <string.h>

#include "base/span.h"

ptrdiff_t
hob_ascii_prefix(const uint8_t *s, ptrdiff_t n)
{
    ptrdiff_t i = 0;
    for (; i + 16 <= n; i += 16) {
        unsigned mask = _mm_movemask_epi8(_mm_loadu_si128((const __m128i *)(s + i)));
        if (mask) { return i + __builtin_ctz(mask); }
    }
    if (n >= 16 && i < n) {             /* the rest, with bytes already seen */
        unsigned mask = _mm_movemask_epi8(_mm_loadu_si128((const __m128i *)(s + n - 16)));
        return mask ? n - 16 + __builtin_ctz(mask) : n;
    }
    if (i + 8 <= n) {
        uint64_t word;
        memcpy(&word, s + i, 8);
        word &= 0x8080808080808080u;
        if (word) { return i + __builtin_ctzll(word) / 8; }
        i += 8;
    }
    while (i < n && s[i] < 0x80) { i++; }
    return i;
}

/* --- ASCII case --- */

/* Flip bit 5 of the letters from first to first + 25. */
static inline void
flip_case(const uint8_t *from, uint8_t *to, ptrdiff_t n, char first)
{
    const __m128i below = _mm_set1_epi8((char)(first - 1));
    const __m128i above = _mm_set1_epi8((char)(first + 26));
    const __m128i bit = _mm_set1_epi8(0x20);
    ptrdiff_t i = 0;
    for (; i + 16 <= n; i += 16) {              /* ASCII: signed comparison will do */
        __m128i block = _mm_loadu_si128((const __m128i *)(from + i));
        __m128i letters = _mm_and_si128(_mm_cmpgt_epi8(block, below), _mm_cmplt_epi8(block,
                                                                                     above));
        _mm_storeu_si128((__m128i *)(to + i), _mm_xor_si128(block, _mm_and_si128(letters,
                                                                                 bit)));
    }
    for (; i < n; i++) { to[i] = from[i] ^ (uint8_t)(((uint8_t)(from[i] - first) < 26) << 5); }
}

void
hob_ascii_lower(const uint8_t *from, uint8_t *to, ptrdiff_t n)
{
    flip_case(from, to, n, 'A');
}

void
hob_ascii_upper(const uint8_t *from, uint8_t *to, ptrdiff_t n)
{
    flip_case(from, to, n, 'a');
}

/* --- or of all units --- */

static uint64_t
bits_of_words(const void *units, size_t n_bytes)
{
    const char *at = units;
    __m128i sum = _mm_setzero_si128();
    for (; n_bytes >= 16; n_bytes -= 16, at += 16) {
        sum = _mm_or_si128(sum, _mm_loadu_si128((const __m128i *)at));
    }
    uint64_t bits = _mm_cvtsi128_si64(sum) | _mm_cvtsi128_si64(_mm_srli_si128(sum, 8));
    if (n_bytes >= 8) {
        uint64_t word;
        memcpy(&word, at, 8);
        bits |= word;
        n_bytes -= 8;
        at += 8;
    }
    uint64_t last = 0;
    if (n_bytes) { memcpy(&last, at, n_bytes); }     /* at may be NULL */
    return bits | last;
}

uint32_t
hob_units_bits(int kind, const void *units, ptrdiff_t n)
{
    if (kind == 1) { return hob_ascii_prefix(units, n) == n ? 0x7f : 0xff; }
    uint64_t bits = bits_of_words(units, (size_t)n * kind);
    bits |= bits >> 32;
    if (kind == 2) { bits = (bits | bits >> 16) & 0xffff; }
    return (uint32_t)bits;
}

/* --- copies --- */

static void
widen_1_2(uint16_t *to, const uint8_t *from, ptrdiff_t n)
{
    const __m128i zero = _mm_setzero_si128();
    ptrdiff_t i = 0;
    for (; i + 16 <= n; i += 16) {
        __m128i block = _mm_loadu_si128((const __m128i *)(from + i));
        _mm_storeu_si128((__m128i *)(to + i), _mm_unpacklo_epi8(block, zero));
        _mm_storeu_si128((__m128i *)(to + i + 8), _mm_unpackhi_epi8(block, zero));
    }
    for (; i < n; i++) { to[i] = from[i]; }
}

static void
widen_2_4(uint32_t *to, const uint16_t *from, ptrdiff_t n)
{
    const __m128i zero = _mm_setzero_si128();
    ptrdiff_t i = 0;
    for (; i + 8 <= n; i += 8) {
        __m128i block = _mm_loadu_si128((const __m128i *)(from + i));
        _mm_storeu_si128((__m128i *)(to + i), _mm_unpacklo_epi16(block, zero));
        _mm_storeu_si128((__m128i *)(to + i + 4), _mm_unpackhi_epi16(block, zero));
    }
    for (; i < n; i++) { to[i] = from[i]; }
}

#define COPY_LOOP(to_type, from_type)                                     \
    do {                                                                  \
        to_type *to_ = to;                                                \
        const from_type *from_ = from;                                    \
        for (ptrdiff_t i = 0; i < n; i++) { to_[i] = (to_type)from_[i]; } \
    } while (0)

void
hob_units_copy(int to_kind, void *to, int from_kind, const void *from, ptrdiff_t n)
{
    if (to_kind == from_kind) {
        hob_span_copy(to, from, (size_t)n * to_kind);
        return;
    }
    switch (to_kind * 8 + from_kind) {
    case 2 * 8 + 1: widen_1_2(to, from, n); break;
    case 4 * 8 + 2: widen_2_4(to, from, n); break;
    case 4 * 8 + 1: COPY_LOOP(uint32_t, uint8_t); break;
    case 1 * 8 + 2: COPY_LOOP(uint8_t, uint16_t); break;
    case 1 * 8 + 4: COPY_LOOP(uint8_t, uint32_t); break;
    case 2 * 8 + 4: COPY_LOOP(uint16_t, uint32_t); break;
    }
}

void
hob_units_fill(int kind, void *to, ptrdiff_t n, uint32_t value)
{
    if (kind == 1) {
        memset(to, (int)value, (size_t)n);
    }
    else if (kind == 2) {
        uint16_t *units = to;
        for (ptrdiff_t i = 0; i < n; i++) { units[i] = (uint16_t)value; }
    }
    else {
        uint32_t *units = to;
        for (ptrdiff_t i = 0; i < n; i++) { units[i] = value; }
    }
}

void
hob_units_replace(int kind, void *units, ptrdiff_t n, uint32_t old, uint32_t new)
{
    ptrdiff_t i = 0;
    if (kind == 1) {
        uint8_t *at = units;
        const __m128i olds = _mm_set1_epi8((char)old);
        const __m128i change = _mm_set1_epi8((char)(old ^ new));
        for (; i + 16 <= n; i += 16) {
            __m128i block = _mm_loadu_si128((__m128i *)(at + i));
            __m128i flips = _mm_and_si128(_mm_cmpeq_epi8(block, olds), change);
            _mm_storeu_si128((__m128i *)(at + i), _mm_xor_si128(block, flips));
        }
    }
    for (; i < n; i++) {
        if (hob_unit_at(kind, units, i) == old) { hob_unit_set(kind, units, i, new); }
    }
}

/* --- comparisons --- */

int
hob_units_compare(int kind_a, const void *a, ptrdiff_t n_a,
                  int kind_b, const void *b, ptrdiff_t n_b)
{
    ptrdiff_t n = n_a < n_b ? n_a : n_b;
    if (kind_a == 1 && kind_b == 1) {
        int order = hob_span_order(a, b, (size_t)n);
        if (order) { return order < 0 ? -1 : 1; }
    }
    else {
        for (ptrdiff_t i = 0; i < n; i++) {
            uint32_t x = hob_unit_at(kind_a, a, i), y = hob_unit_at(kind_b, b, i);
            if (x != y) { return x < y ? -1 : 1; }
        }
    }
    return (n_a > n_b) - (n_a < n_b);
}

bool
hob_units_equal(int kind_a, const void *a, int kind_b, const void *b, ptrdiff_t n)
{
    if (kind_a == kind_b) { return hob_span_same(a, b, (size_t)n * kind_a); }
    for (ptrdiff_t i = 0; i < n; i++) {
        if (hob_unit_at(kind_a, a, i) != hob_unit_at(kind_b, b, i)) { return false; }
    }
    return true;
}

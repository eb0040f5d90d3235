/* utf16.c -- UTF-16 and UTF-32: measure, then decode without a check. */
#include "text/utf16.h"

#include <emmintrin.h>
#include <string.h>

#include "text/units.h"

static inline uint32_t
read_16(const uint8_t *s, bool big)
{
    uint16_t unit;
    memcpy(&unit, s, 2);
    return big ? __builtin_bswap16(unit) : unit;
}

static inline uint32_t
read_32(const uint8_t *s, bool big)
{
    uint32_t unit;
    memcpy(&unit, s, 4);
    return big ? __builtin_bswap32(unit) : unit;
}

/* 8 units at s in the machine's order. */
static inline __m128i
load_16(const uint8_t *s, bool big)
{
    __m128i block = _mm_loadu_si128((const __m128i *)s);
    if (!big) { return block; }
    return _mm_or_si128(_mm_slli_epi16(block, 8), _mm_srli_epi16(block, 8));
}

static uint32_t
or_lanes_16(__m128i lanes)
{
    uint64_t bits = _mm_cvtsi128_si64(lanes) | _mm_cvtsi128_si64(_mm_srli_si128(lanes, 8));
    bits |= bits >> 32;
    return (bits | bits >> 16) & 0xffff;
}

hob_wide_scan
hob_utf16_measure(const uint8_t *s, ptrdiff_t n, bool big)
{
    hob_wide_scan scan = {.verdict = WIDE_GOOD};
    const __m128i top = _mm_set1_epi16((short)0xf800);
    const __m128i surrogate = _mm_set1_epi16((short)0xd800);
    __m128i bits = _mm_setzero_si128();
    ptrdiff_t i = 0;
    while (n - i >= 2) {
        while (n - i >= 16) {
            __m128i block = load_16(s + i, big);
            __m128i found = _mm_cmpeq_epi16(_mm_and_si128(block, top), surrogate);
            if (_mm_movemask_epi8(found)) { break; }
            bits = _mm_or_si128(bits, block);
            scan.n_chars += 8;
            i += 16;
        }
        if (n - i < 2) { break; }
        uint32_t unit = read_16(s + i, big);
        if (hob_is_surrogate(unit)) {
            if (unit >= 0xdc00) {
                scan.verdict = WIDE_LONE_LOW;
                break;
            }
            if (n - i < 4) {
                scan.verdict = WIDE_CUT_PAIR;
                break;
            }
            if ((read_16(s + i + 2, big) & 0xfc00) != 0xdc00) {
                scan.verdict = WIDE_BROKEN_PAIR;
                break;
            }
            unit = 0x10000;
            i += 2;
        }
        scan.bits |= unit;
        scan.n_chars++;
        i += 2;
    }
    if (scan.verdict == WIDE_GOOD && i < n) { scan.verdict = WIDE_CUT_UNIT; }
    scan.n_good = i;
    scan.bits |= or_lanes_16(bits);
    return scan;
}

hob_wide_scan
hob_utf32_measure(const uint8_t *s, ptrdiff_t n, bool big)
{
    hob_wide_scan scan = {.verdict = WIDE_GOOD};
    ptrdiff_t i = 0;
    for (; n - i >= 4; i += 4) {
        uint32_t ch = read_32(s + i, big);
        if (hob_is_surrogate(ch) || ch > 0x10ffff) {
            scan.verdict = ch > 0x10ffff ? WIDE_TOO_LARGE : WIDE_SURROGATE;
            break;
        }
        scan.bits |= ch;
    }
    if (scan.verdict == WIDE_GOOD && i < n) { scan.verdict = WIDE_CUT_UNIT; }
    scan.n_good = i;
    scan.n_chars = i / 4;
    return scan;
}

static void
decode_16_to_1(uint8_t *to, const uint8_t *s, ptrdiff_t n, bool big)
{
    for (ptrdiff_t i = big; i < n; i += 2) { *to++ = s[i]; }
}

static void
decode_16_to_2(uint16_t *to, const uint8_t *s, ptrdiff_t n, bool big)
{
    if (!big) {
        memcpy(to, s, (size_t)n);
        return;
    }
    ptrdiff_t i = 0;
    for (; i + 16 <= n; i += 16) { _mm_storeu_si128((__m128i *)(to + i / 2), load_16(s + i,
                                                                                     true)); }
    for (; i < n; i += 2) { to[i / 2] = (uint16_t)read_16(s + i, true); }
}

static void
decode_16_to_4(uint32_t *to, const uint8_t *s, ptrdiff_t n, bool big)
{
    for (ptrdiff_t i = 0; i < n; i += 2) {
        uint32_t ch = read_16(s + i, big);
        if (hob_is_surrogate(ch)) {
            i += 2;
            ch = 0x10000 + ((ch & 0x3ff) << 10 | (read_16(s + i, big) & 0x3ff));
        }
        *to++ = ch;
    }
}

void
hob_utf16_decode(int kind, void *to, const uint8_t *s, ptrdiff_t n, bool big)
{
    if (kind == 1) { decode_16_to_1(to, s, n, big); }
    else if (kind == 2) { decode_16_to_2(to, s, n, big); }
    else { decode_16_to_4(to, s, n, big); }
}

void
hob_utf32_decode(int kind, void *to, const uint8_t *s, ptrdiff_t n, bool big)
{
    if (!big && ((uintptr_t)s & 3) == 0) {
        hob_units_copy(kind, to, 4, s, n / 4);
        return;
    }
    for (ptrdiff_t i = 0; i < n; i += 4) { hob_unit_set(kind, to, i / 4, read_32(s + i, big)); }
}

static inline uint8_t *
put_16(uint8_t *to, uint32_t unit, bool big)
{
    to[0] = (uint8_t)(big ? unit >> 8 : unit);
    to[1] = (uint8_t)(big ? unit : unit >> 8);
    return to + 2;
}

uint8_t *
hob_utf16_put(uint8_t *to, uint32_t ch, bool big)
{
    if (ch < 0x10000) { return put_16(to, ch, big); }
    ch -= 0x10000;
    to = put_16(to, 0xd800 | ch >> 10, big);
    return put_16(to, 0xdc00 | (ch & 0x3ff), big);
}

uint8_t *
hob_utf32_put(uint8_t *to, uint32_t ch, bool big)
{
    uint32_t unit = big ? __builtin_bswap32(ch) : ch;
    memcpy(to, &unit, 4);
    return to + 4;
}

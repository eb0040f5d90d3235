/* utf16.c -- UTF-16 and UTF-32: measure, then decode without a check. */
#include "text/utf16.h"

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

hob_wide_scan
hob_utf16_measure(const uint8_t *s, ptrdiff_t n, bool big)
{
    hob_wide_scan scan = {.verdict = WIDE_GOOD};
    ptrdiff_t i = 0;
    while (n - i >= 2) {
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

void
hob_utf16_decode(int kind, void *to, const uint8_t *s, ptrdiff_t n, bool big)
{
    ptrdiff_t at = 0;
    for (ptrdiff_t i = 0; i < n; i += 2) {
        uint32_t ch = read_16(s + i, big);
        if (hob_is_surrogate(ch)) {
            i += 2;
            ch = 0x10000 + ((ch & 0x3ff) << 10 | (read_16(s + i, big) & 0x3ff));
        }
        hob_unit_set(kind, to, at++, ch);
    }
}

void
hob_utf32_decode(int kind, void *to, const uint8_t *s, ptrdiff_t n, bool big)
{
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

/* utf8.c -- UTF-8 in two passes: measure, then decode without a check.
 *
 * The measuring pass finds the number of characters and their range, so that
 * the caller can allocate exactly; runs of ASCII go through in blocks.
 */
#include "text/utf8.h"

#include <string.h>

#include "text/units.h"

static inline bool
is_continuation(uint8_t byte)
{
    return (byte & 0xc0) == 0x80;
}

/* Is `second` allowed after `lead` (0xe0 .. 0xf4)?  Rules out longer forms than
 * needed, surrogates, and what lies above U+10FFFF. */
static inline bool
is_second(uint8_t lead, uint8_t second)
{
    switch (lead) {
    case 0xe0: return second >= 0xa0 && second <= 0xbf;
    case 0xed: return second >= 0x80 && second <= 0x9f;
    case 0xf0: return second >= 0x90 && second <= 0xbf;
    case 0xf4: return second >= 0x80 && second <= 0x8f;
    default:   return is_continuation(second);
    }
}

/* What is wrong at s, where a sequence of `length` should be. */
static COLD void
blame(hob_utf8_scan *scan, const uint8_t *s, ptrdiff_t n, int length)
{
    if (length == 0) {
        scan->verdict = UTF8_BAD_START;
        scan->n_bad = 1;
        return;
    }
    int fine = 1;
    while (fine < length && fine < n
           && (fine == 1 ? is_second(s[0], s[1]) : is_continuation(s[fine]))) { fine++; }
    scan->verdict = fine < n ? UTF8_BAD_CONTINUATION : UTF8_CUT;
    scan->n_bad = fine;
}

/* Step over ASCII from i; most runs between other characters are short. */
static inline ptrdiff_t
skip_ascii(const uint8_t *s, ptrdiff_t i, ptrdiff_t n)
{
    while (n - i >= 8) {
        uint64_t word;
        memcpy(&word, s + i, 8);
        word &= 0x8080808080808080u;
        if (word) { return i + __builtin_ctzll(word) / 8; }
        i += 8;
        if (n - i >= 64) { return i + hob_ascii_prefix(s + i, n - i); }
    }
    while (i < n && s[i] < 0x80) { i++; }
    return i;
}

/* Step over sequences of 2 bytes from i. */
static inline ptrdiff_t
skip_pairs(const uint8_t *s, ptrdiff_t i, ptrdiff_t n, uint32_t *bits)
{
    uint32_t seen = 0;
    while (n - i >= 2 && s[i] >= 0xc2 && s[i] < 0xe0 && is_continuation(s[i + 1])) {
        seen |= (s[i] & 0x1fu) << 6 | 0x80;
        i += 2;
    }
    *bits |= seen;
    return i;
}

/* Step over sequences of 3 bytes from i. */
static inline ptrdiff_t
skip_triples(const uint8_t *s, ptrdiff_t i, ptrdiff_t n)
{
    for (; n - i >= 3; i += 3) {
        uint32_t word = s[i] | (uint32_t)s[i + 1] << 8 | (uint32_t)s[i + 2] << 16;
        if ((word & 0xc0c0f0) != 0x8080e0) { break; }
        uint32_t top = (word & 0xf) << 5 | (word >> 9 & 0x1f);     /* character >> 7 */
        if (top < 0x800 >> 7 || (top >= 0xd800 >> 7 && top <= 0xdfff >> 7)) { break; }
    }
    return i;
}

static inline ptrdiff_t
skip_quads(const uint8_t *s, ptrdiff_t i, ptrdiff_t n)
{
    while (n - i >= 4 && s[i] >= 0xf0 && s[i] < 0xf5 && is_second(s[i], s[i + 1])
           && is_continuation(s[i + 2]) && is_continuation(s[i + 3])) { i += 4; }
    return i;
}

hob_utf8_scan
hob_utf8_measure(const uint8_t *s, ptrdiff_t n)
{
    hob_utf8_scan scan = {.verdict = UTF8_GOOD};
    ptrdiff_t i = hob_ascii_prefix(s, n), n_rest = 0;   /* n_rest: continuation bytes */
    while (i < n) {
        uint8_t lead = s[i];
        ptrdiff_t start = i;
        int length;
        if (lead < 0x80) {
            i = skip_ascii(s, i, n);
            continue;
        }
        if (lead < 0xe0) {
            i = skip_pairs(s, i, n, &scan.bits);
            n_rest += (i - start) / 2;
            length = lead < 0xc2 ? 0 : 2;
        }
        else if (lead < 0xf0) {
            i = skip_triples(s, i, n);
            n_rest += (i - start) / 3 * 2;
            if (i > start) { scan.bits |= 0x800; }
            length = 3;
        }
        else {
            i = skip_quads(s, i, n);
            n_rest += (i - start) / 4 * 3;
            if (i > start) { scan.bits |= 0x10000; }
            length = lead < 0xf5 ? 4 : 0;
        }
        if (i == start) {
            blame(&scan, s + i, n - i, length);
            break;
        }
    }
    scan.n_good = i;
    scan.n_chars = i - n_rest;
    return scan;
}

/* --- decoding of valid text --- */

/* A sequence's lead byte tells its length; runs of one length stay in a loop. */
#define DECODE(type, name)                                                          \
    static void                                                                     \
    name(type *to, const uint8_t *s, ptrdiff_t n)                                   \
    {                                                                               \
        const uint8_t *end = s + n;                                                 \
        while (s < end) {                                                           \
            uint32_t lead = *s;                                                     \
            if (lead < 0x80) {                                                      \
                ptrdiff_t run = skip_ascii(s, 0, end - s);                          \
                if (run >= 32) { hob_units_copy(sizeof(type), to, 1, s, run); }     \
                else { for (ptrdiff_t i = 0; i < run; i++) { to[i] = (type)s[i]; } } \
                s += run;                                                           \
                to += run;                                                          \
            }                                                                       \
            else if (lead < 0xe0) {                                                 \
                do {                                                                \
                    *to++ = (type)((s[0] & 0x1f) << 6 | (s[1] & 0x3f));             \
                    s += 2;                                                         \
                } while (s < end && (*s & 0xe0) == 0xc0);                           \
            }                                                                       \
            else if (lead < 0xf0) {                                                 \
                do {                                                                \
                    *to++ = (type)((s[0] & 0xf) << 12 | (s[1] & 0x3f) << 6          \
                                   | (s[2] & 0x3f));                                \
                    s += 3;                                                         \
                } while (s < end && (*s & 0xf0) == 0xe0);                           \
            }                                                                       \
            else {                                                                  \
                *to++ = (type)((lead & 7) << 18 | (s[1] & 0x3f) << 12               \
                               | (s[2] & 0x3f) << 6 | (s[3] & 0x3f));               \
                s += 4;                                                             \
            }                                                                       \
        }                                                                           \
    }
DECODE(uint8_t, decode_1)
DECODE(uint16_t, decode_2)
DECODE(uint32_t, decode_4)

void
hob_utf8_decode(int kind, void *to, const uint8_t *s, ptrdiff_t n)
{
    if (kind == 1) { decode_1(to, s, n); }
    else if (kind == 2) { decode_2(to, s, n); }
    else { decode_4(to, s, n); }
}

/* --- encoding --- */

ptrdiff_t
hob_utf8_size(int kind, const void *units, ptrdiff_t n)
{
    ptrdiff_t size = n;
    if (kind == 1) {
        const uint8_t *u = units;
        ptrdiff_t i = 0;
        for (; i + 8 <= n; i += 8) {            /* add up the eight top bits */
            uint64_t word;
            memcpy(&word, u + i, 8);
            word = word >> 7 & 0x0101010101010101u;
            size += (ptrdiff_t)(word * 0x0101010101010101u >> 56);
        }
        for (; i < n; i++) { size += u[i] >> 7; }
    }
    else if (kind == 2) {
        const uint16_t *u = units;
        for (ptrdiff_t i = 0; i < n; i++) { size += (u[i] > 0x7f) + (u[i] > 0x7ff); }
    }
    else {
        const uint32_t *u = units;
        for (ptrdiff_t i = 0; i < n; i++) {
            size += (u[i] > 0x7f) + (u[i] > 0x7ff) + (u[i] > 0xffff);
        }
    }
    return size;
}

static inline uint8_t *
put(uint8_t *to, uint32_t ch)
{
    if (ch < 0x80) {
        *to++ = (uint8_t)ch;
        return to;
    }
    if (ch < 0x800) {
        *to++ = 0xc0 | ch >> 6;
    }
    else {
        if (ch < 0x10000) {
            *to++ = 0xe0 | ch >> 12;
        }
        else {
            *to++ = 0xf0 | ch >> 18;
            *to++ = 0x80 | (ch >> 12 & 0x3f);
        }
        *to++ = 0x80 | (ch >> 6 & 0x3f);
    }
    *to++ = 0x80 | (ch & 0x3f);
    return to;
}

uint8_t *
hob_utf8_put(uint8_t *to, uint32_t ch)
{
    return put(to, ch);
}

static ptrdiff_t
encode_1(const uint8_t *units, ptrdiff_t n, uint8_t **to)
{
    uint8_t *out = *to;
    for (ptrdiff_t i = 0; i < n;) {
        if (units[i] >= 0x80) {
            *out++ = 0xc0 | units[i] >> 6;
            *out++ = 0x80 | (units[i] & 0x3f);
            i++;
            continue;
        }
        ptrdiff_t end = skip_ascii(units, i, n);
        if (end - i >= 16) {
            memcpy(out, units + i, (size_t)(end - i));
            out += end - i;
            i = end;
        }
        while (i < end) { *out++ = units[i++]; }
    }
    *to = out;
    return n;
}

#define ENCODE(type, name)                                      \
    static ptrdiff_t                                            \
    name(const type *units, ptrdiff_t n, uint8_t **to)          \
    {                                                           \
        uint8_t *out = *to;                                     \
        ptrdiff_t i = 0;                                        \
        for (; i < n; i++) {                                    \
            uint32_t ch = units[i];                             \
            if (hob_is_surrogate(ch)) { break; }                \
            out = put(out, ch);                                 \
        }                                                       \
        *to = out;                                              \
        return i;                                               \
    }
ENCODE(uint16_t, encode_2)
ENCODE(uint32_t, encode_4)

ptrdiff_t
hob_utf8_encode(int kind, const void *units, ptrdiff_t n, uint8_t **to)
{
    return kind == 1 ? encode_1(units, n, to) : kind == 2 ? encode_2(units, n, to)
         : encode_4(units, n, to);
}

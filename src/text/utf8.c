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

hob_utf8_scan
hob_utf8_measure(const uint8_t *s, ptrdiff_t n)
{
    hob_utf8_scan scan = {.verdict = UTF8_GOOD};
    ptrdiff_t i = 0, n_chars = 0;
    uint32_t bits = 0;
    int length = 0;
    while (i < n) {
        uint8_t lead = s[i];
        if (lead < 0x80) {
            ptrdiff_t run = i + 8 <= n ? hob_ascii_prefix(s + i, n - i) : 1;
            i += run;
            n_chars += run;
            continue;
        }
        if (lead < 0xc2) {
            length = 0;
            goto fault;
        }
        if (lead < 0xe0) {
            length = 2;
            if (n - i < 2 || !is_continuation(s[i + 1])) { goto fault; }
            bits |= (lead & 0x1fu) << 6 | 0x80;
        }
        else if (lead < 0xf0) {
            length = 3;
            if (n - i < 3 || !is_second(lead, s[i + 1]) || !is_continuation(s[i + 2])) {
                goto fault;
            }
            bits |= 0x800;
        }
        else if (lead < 0xf5) {
            length = 4;
            if (n - i < 4 || !is_second(lead, s[i + 1]) || !is_continuation(s[i + 2])
                || !is_continuation(s[i + 3])) { goto fault; }
            bits |= 0x10000;
        }
        else {
            length = 0;
            goto fault;
        }
        i += length;
        n_chars++;
    }
    goto done;
fault:
    blame(&scan, s + i, n - i, length);
done:
    scan.n_good = i;
    scan.n_chars = n_chars;
    scan.bits = bits;
    return scan;
}

/* --- decoding of valid text --- */

#define DECODE(type, name)                                                          \
    static void                                                                     \
    name(type *to, const uint8_t *s, ptrdiff_t n)                                   \
    {                                                                               \
        const uint8_t *end = s + n;                                                 \
        while (s < end) {                                                           \
            uint32_t lead = *s;                                                     \
            if (lead < 0x80) {                                                      \
                if (end - s >= 8) {                                                 \
                    ptrdiff_t run = hob_ascii_prefix(s, end - s);                   \
                    hob_units_copy(sizeof(type), to, 1, s, run);                    \
                    s += run;                                                       \
                    to += run;                                                      \
                    continue;                                                       \
                }                                                                   \
                *to++ = (type)lead;                                                 \
                s++;                                                                \
            }                                                                       \
            else if (lead < 0xe0) {                                                 \
                *to++ = (type)((lead & 0x1f) << 6 | (s[1] & 0x3f));                 \
                s += 2;                                                             \
            }                                                                       \
            else if (lead < 0xf0) {                                                 \
                *to++ = (type)((lead & 0xf) << 12 | (s[1] & 0x3f) << 6 | (s[2] & 0x3f)); \
                s += 3;                                                             \
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
        for (ptrdiff_t i = 0; i < n; i++) { size += u[i] >> 7; }
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

uint8_t *
hob_utf8_put(uint8_t *to, uint32_t ch)
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

ptrdiff_t
hob_utf8_encode(int kind, const void *units, ptrdiff_t n, uint8_t **to)
{
    uint8_t *out = *to;
    ptrdiff_t i = 0;
    while (i < n) {
        if (kind == 1) {
            const uint8_t *u = units;
            if (u[i] < 0x80) {
                ptrdiff_t run = hob_ascii_prefix(u + i, n - i);
                memcpy(out, u + i, (size_t)run);
                out += run;
                i += run;
                continue;
            }
        }
        uint32_t ch = hob_unit_at(kind, units, i);
        if (hob_is_surrogate(ch)) { break; }
        out = hob_utf8_put(out, ch);
        i++;
    }
    *to = out;
    return i;
}

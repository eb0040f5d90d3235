/* utf16.h -- UTF-16 and UTF-32 in either byte order, to unit arrays. */
#pragma once
#include "base/c.h"

typedef enum {
    WIDE_GOOD,
    WIDE_CUT_UNIT,              /* bytes are missing in the last unit */
    WIDE_CUT_PAIR,              /* the text ends behind a high surrogate */
    WIDE_BROKEN_PAIR,           /* no low surrogate follows a high one */
    WIDE_LONE_LOW,              /* a low surrogate on its own */
    WIDE_SURROGATE,             /* a surrogate in UTF-32 */
    WIDE_TOO_LARGE,             /* a unit above U+10FFFF */
} hob_wide_verdict;

typedef struct {
    ptrdiff_t n_good;           /* bytes before the fault */
    ptrdiff_t n_chars;
    uint32_t bits;              /* of their range */
    hob_wide_verdict verdict;
} hob_wide_scan;

hob_wide_scan hob_utf16_measure(const uint8_t *s, ptrdiff_t n, bool big_endian);
hob_wide_scan hob_utf32_measure(const uint8_t *s, ptrdiff_t n, bool big_endian);

/* Decode n bytes of valid text into units wide enough. */
void hob_utf16_decode(int kind, void *to, const uint8_t *s, ptrdiff_t n, bool big_endian);
void hob_utf32_decode(int kind, void *to, const uint8_t *s, ptrdiff_t n, bool big_endian);

/* Write a character that is no surrogate; the place behind it. */
uint8_t *hob_utf16_put(uint8_t *to, uint32_t ch, bool big_endian);
uint8_t *hob_utf32_put(uint8_t *to, uint32_t ch, bool big_endian);

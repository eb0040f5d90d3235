/* utf8.h -- UTF-8 to and from unit arrays (RFC 3629: no surrogates, shortest form). */
#pragma once
#include "base/c.h"

typedef enum {
    UTF8_GOOD,                  /* all of it is valid */
    UTF8_BAD_START,             /* a byte that starts nothing */
    UTF8_BAD_CONTINUATION,      /* a started sequence is broken off */
    UTF8_CUT,                   /* the text ends inside of a sequence */
} hob_utf8_verdict;

typedef struct {
    ptrdiff_t n_good;           /* bytes before the fault */
    ptrdiff_t n_chars;          /* characters in them */
    uint32_t bits;              /* of their range: hob_range_max(bits) bounds them */
    int n_bad;                  /* bytes of the maximal subpart that is at fault */
    hob_utf8_verdict verdict;
} hob_utf8_scan;

/* Measure the longest valid start of s, and say what stopped it. */
hob_utf8_scan hob_utf8_measure(const uint8_t *s, ptrdiff_t n);

/* Decode n bytes of valid text into units wide enough for it. */
void hob_utf8_decode(int kind, void *to, const uint8_t *s, ptrdiff_t n);

/* Bytes needed to encode the units, surrogates counted as 3. */
ptrdiff_t hob_utf8_size(int kind, const void *units, ptrdiff_t n);

/* Encode up to the first surrogate; returns how many units were encoded and
 * moves *to behind what was written. */
ptrdiff_t hob_utf8_encode(int kind, const void *units, ptrdiff_t n, uint8_t **to);

/* Write one character (surrogates too); returns the place behind it. */
uint8_t *hob_utf8_put(uint8_t *to, uint32_t ch);

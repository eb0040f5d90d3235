/* units.h -- arrays of text units: how wide they are, and copies between widths.
 *
 * A kind is the size of a unit in bytes: 1, 2 or 4, as in PEP 393.
 */
#pragma once
#include "base/c.h"

/* How many bytes at the start of s are ASCII. */
ptrdiff_t hob_ascii_prefix(const uint8_t *s, ptrdiff_t n);

/* Copy ASCII text in lower or upper case. */
void hob_ascii_lower(const uint8_t *from, uint8_t *to, ptrdiff_t n);
void hob_ascii_upper(const uint8_t *from, uint8_t *to, ptrdiff_t n);

/* All units or-ed together.  The ranges of PEP 393 end at powers of two, so the
 * result lies in the same range as the largest unit. */
uint32_t hob_units_bits(int kind, const void *units, ptrdiff_t n);

/* Copy n units, widening or narrowing; narrowing expects values that fit. */
void hob_units_copy(int to_kind, void *to, int from_kind, const void *from, ptrdiff_t n);

/* Set n units. */
void hob_units_fill(int kind, void *to, ptrdiff_t n, uint32_t value);

/* Put new for every old. */
void hob_units_replace(int kind, void *units, ptrdiff_t n, uint32_t old, uint32_t new);

/* <0, 0, >0: the order of two arrays by unit value. */
int hob_units_compare(int kind_a, const void *a, ptrdiff_t n_a,
                      int kind_b, const void *b, ptrdiff_t n_b);

/* Do n units of either kind hold the same values? */
bool hob_units_equal(int kind_a, const void *a, int kind_b, const void *b, ptrdiff_t n);

static inline uint32_t
hob_unit_at(int kind, const void *units, ptrdiff_t i)
{
    return kind == 1 ? ((const uint8_t *)units)[i]
         : kind == 2 ? ((const uint16_t *)units)[i] : ((const uint32_t *)units)[i];
}

static inline void
hob_unit_set(int kind, void *units, ptrdiff_t i, uint32_t value)
{
    if (kind == 1) { ((uint8_t *)units)[i] = (uint8_t)value; }
    else if (kind == 2) { ((uint16_t *)units)[i] = (uint16_t)value; }
    else { ((uint32_t *)units)[i] = value; }
}

/* Largest value of the PEP 393 range that bits (hob_units_bits) lies in. */
static inline uint32_t
hob_range_max(uint32_t bits)
{
    return bits < 0x80 ? 0x7f : bits < 0x100 ? 0xff : bits < 0x10000 ? 0xffff : 0x10ffff;
}

static inline bool
hob_is_surrogate(uint32_t ch)
{
    return (ch & 0xfffff800u) == 0xd800;
}

/* ucd_data.c -- categories, widths, decompositions: what unicodedata asks. */
#include "text/ucd.h"

typedef struct { uint32_t first, second, composed; } ucd_pair;
typedef struct { uint32_t ch, was; } ucd_correction;

#include "gen/text/ucd_data.h"

enum { LAST_CHAR = 0x10ffff };

const ucd_data *
hob_ucd_data_of(uint32_t ch)
{
    if (ch > LAST_CHAR) { return &data_records[0]; }
    return &data_records[data_blocks[data_index[ch >> 7] << 7 | (ch & 127)]];
}

const ucd_old *
hob_ucd_old_of(uint32_t ch)
{
    if (ch > LAST_CHAR) { return &old_records[0]; }
    return &old_records[old_blocks[old_index[ch >> 7] << 7 | (ch & 127)]];
}

const char *
hob_ucd_category_name(int category)
{
    return category_names[category];
}

const char *
hob_ucd_bidi_name(int bidi)
{
    return bidi_names[bidi];
}

const char *
hob_ucd_width_name(int width)
{
    return width_names[width];
}

ucd_decomposition
hob_ucd_decomposition(uint32_t ch)
{
    uint32_t at = 0;
    if (ch <= LAST_CHAR) {
        at = decomposition_blocks[decomposition_index[ch >> 7] << 7 | (ch & 127)];
    }
    if (at == 0) { return (ucd_decomposition){NULL, 0, ""}; }
    uint32_t head = decompositions[at];
    return (ucd_decomposition){&decompositions[at + 1], (int)(head >> 8),
                               prefix_names[head & 0xff]};
}

uint32_t
hob_ucd_compose(uint32_t first, uint32_t second)
{
    for (uint32_t at = first * 31 + second;; at++) {
        const ucd_pair *pair = &pairs[at & PAIRS_MASK];
        if (pair->first == first && pair->second == second) { return pair->composed; }
        if (pair->composed == 0) { return 0; }
    }
}

uint32_t
hob_ucd_uncorrected(uint32_t ch)
{
    for (size_t i = 0; i < ARRAY_LEN(corrections); i++) {
        if (corrections[i].ch == ch) { return corrections[i].was; }
    }
    return 0;
}

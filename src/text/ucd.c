/* ucd.c -- class, case and numeric value of characters.
 *
 * The tables are made by tools/gen/unicode.py: for every 128 characters a block
 * number, for every block 128 record numbers.
 */
#include "text/ucd.h"

#include <string.h>

typedef struct {
    uint32_t full[4][UCD_LONGEST_CASE];         /* lower, title, upper, fold */
    uint8_t n[4];
} ucd_special;

typedef struct {
    uint32_t ch;
    double value;
} ucd_numeric;

#include "gen/text/ucd_types.h"

enum { LAST_CHAR = 0x10ffff };
enum { FULL_LOWER, FULL_TITLE, FULL_UPPER, FULL_FOLD };

const ucd_type *
hob_ucd_type_of(uint32_t ch)
{
    if (ch > LAST_CHAR) { return &types[0]; }
    return &types[types_blocks[types_index[ch >> 7] << 7 | (ch & 127)]];
}

/* --- case --- */

uint32_t
hob_ucd_lower(uint32_t ch)
{
    const ucd_type *type = hob_ucd_type_of(ch);
    return type->special ? specials[type->special].full[FULL_LOWER][0] : ch + type->lower;
}

uint32_t
hob_ucd_upper(uint32_t ch)
{
    const ucd_type *type = hob_ucd_type_of(ch);
    return type->special ? specials[type->special].full[FULL_UPPER][0] : ch + type->upper;
}

uint32_t
hob_ucd_title(uint32_t ch)
{
    const ucd_type *type = hob_ucd_type_of(ch);
    return type->special ? specials[type->special].full[FULL_TITLE][0] : ch + type->title;
}

static int
special_case(const ucd_type *type, int mapping, uint32_t *to)
{
    const ucd_special *special = &specials[type->special];
    memcpy(to, special->full[mapping], sizeof special->full[mapping]);
    return special->n[mapping];
}

int
hob_ucd_lower_full(uint32_t ch, uint32_t *to)
{
    const ucd_type *type = hob_ucd_type_of(ch);
    if (type->special) { return special_case(type, FULL_LOWER, to); }
    *to = ch + type->lower;
    return 1;
}

int
hob_ucd_upper_full(uint32_t ch, uint32_t *to)
{
    const ucd_type *type = hob_ucd_type_of(ch);
    if (type->special) { return special_case(type, FULL_UPPER, to); }
    *to = ch + type->upper;
    return 1;
}

int
hob_ucd_title_full(uint32_t ch, uint32_t *to)
{
    const ucd_type *type = hob_ucd_type_of(ch);
    if (type->special) { return special_case(type, FULL_TITLE, to); }
    *to = ch + type->title;
    return 1;
}

int
hob_ucd_fold_full(uint32_t ch, uint32_t *to)
{
    const ucd_type *type = hob_ucd_type_of(ch);
    if (type->special) { return special_case(type, FULL_FOLD, to); }
    *to = ch + type->lower;
    return 1;
}

/* --- numbers --- */

double
hob_ucd_numeric(uint32_t ch)
{
    if (!hob_ucd_is(ch, UCD_NUMERIC)) { return -1.0; }
    size_t low = 0, high = ARRAY_LEN(numerics);
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (numerics[middle].ch <= ch) { low = middle; }
        else { high = middle; }
    }
    return numerics[low].value;
}

/* ucd.h -- what Unicode 14.0 says about characters.
 *
 * Any uint32_t may be asked about; what lies above U+10FFFF is unassigned.
 */
#pragma once
#include "base/c.h"

/* --- types: class, case, digits --- */

typedef struct {
    int32_t lower, upper, title;        /* to be added for the simple mapping */
    uint16_t flags;                     /* UCD_... */
    uint16_t special;                   /* number of the full mappings, or 0 */
    uint8_t decimal, digit;             /* 255: none */
} ucd_type;

enum {
    UCD_ALPHA = 1 << 0, UCD_DECIMAL = 1 << 1, UCD_DIGIT = 1 << 2, UCD_LOWER = 1 << 3,
    UCD_LINEBREAK = 1 << 4, UCD_SPACE = 1 << 5, UCD_TITLE = 1 << 6, UCD_UPPER = 1 << 7,
    UCD_XID_START = 1 << 8, UCD_XID_CONTINUE = 1 << 9, UCD_PRINTABLE = 1 << 10,
    UCD_NUMERIC = 1 << 11, UCD_CASE_IGNORABLE = 1 << 12, UCD_CASED = 1 << 13,
    UCD_SPECIAL_CASE = 1 << 14,
};

const ucd_type *hob_ucd_type_of(uint32_t ch);

static inline bool
hob_ucd_is(uint32_t ch, unsigned flags)
{
    return hob_ucd_type_of(ch)->flags & flags;
}

/* Simple mappings; of a special one the first character. */
uint32_t hob_ucd_lower(uint32_t ch);
uint32_t hob_ucd_upper(uint32_t ch);
uint32_t hob_ucd_title(uint32_t ch);

/* Full mappings: up to 3 characters to `to`, their number back. */
enum { UCD_LONGEST_CASE = 3 };
int hob_ucd_lower_full(uint32_t ch, uint32_t *to);
int hob_ucd_upper_full(uint32_t ch, uint32_t *to);
int hob_ucd_title_full(uint32_t ch, uint32_t *to);
int hob_ucd_fold_full(uint32_t ch, uint32_t *to);

/* The numeric value, or -1. */
double hob_ucd_numeric(uint32_t ch);

/* --- data: what only unicodedata asks --- */

typedef struct {
    uint8_t category, combining, bidi, mirrored, width;
    uint8_t quick_check;                /* UCD_NFD_NO .. */
} ucd_data;

enum { UCD_NFD_NO = 1, UCD_NFKD_NO = 2, UCD_NFC_NO = 4, UCD_NFC_MAYBE = 8,
       UCD_NFKC_NO = 16, UCD_NFKC_MAYBE = 32 };

/* How Unicode 3.2 differed; 255 is no difference. */
typedef struct {
    uint8_t category, bidi, decimal, mirrored, width;
} ucd_old;

const ucd_data *hob_ucd_data_of(uint32_t ch);
const ucd_old *hob_ucd_old_of(uint32_t ch);
const char *hob_ucd_category_name(int category);
const char *hob_ucd_bidi_name(int bidi);
const char *hob_ucd_width_name(int width);

/* The decomposition of ch in the database: its characters (n may be 0) and the
 * name of its kind ("" when canonical). */
typedef struct {
    const uint32_t *chars;
    int n;
    const char *kind;
} ucd_decomposition;

ucd_decomposition hob_ucd_decomposition(uint32_t ch);

/* The character composed of two, or 0. */
uint32_t hob_ucd_compose(uint32_t first, uint32_t second);

/* The decomposition that Unicode 3.2 had by mistake, or 0. */
uint32_t hob_ucd_uncorrected(uint32_t ch);

/* --- names --- */

enum { UCD_NAME_SIZE = 256 };

/* The name of ch, terminated, to `to`; its length, or 0 without a name. */
int hob_ucd_name(uint32_t ch, char to[UCD_NAME_SIZE]);

/* Characters named so (upper and lower case alike): one, or up to 4 of a named
 * sequence, to `to`.  0: unknown.  `with` adds kinds of names to the plain ones. */
enum { UCD_LONGEST_SEQUENCE = 4 };
enum { UCD_WITH_ALIASES = 1, UCD_WITH_SEQUENCES = 2 };
int hob_ucd_lookup(const char *name, ptrdiff_t n, unsigned with,
                   uint32_t to[UCD_LONGEST_SEQUENCE]);

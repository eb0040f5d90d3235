/* ucd_names.c -- characters by name, and names of characters.
 *
 * Names are stored as word numbers (tools/gen/unicode.py tells how).  To find
 * a character, its name's hash leads to candidates whose names are spelled out
 * and compared.  Hangul syllables and unified ideographs have made-up names, which
 * are known in capitals only.
 */
#include "text/ucd.h"

#include <stdio.h>
#include <string.h>

typedef struct { uint32_t ch; uint8_t n; const char *name; } ucd_alias;
typedef struct {
    uint32_t chars[UCD_LONGEST_SEQUENCE];
    uint8_t n_chars, n;
    const char *name;
} ucd_sequence;
typedef struct { uint32_t first, last; } ucd_range;

#include "gen/text/ucd_names.h"

_Static_assert((int)LONGEST_NAME < (int)UCD_NAME_SIZE, "a name fits its buffer");

enum { LAST_CHAR = 0x10ffff, ALIAS = 0x200000, SEQUENCE = 0x300000 };

/* --- names by rule --- */

enum { HANGUL_FIRST = 0xac00, HANGUL_LAST = 0xd7a3, N_VOWELS = 21, N_FINALS = 28 };

static const char *const jamo_initials[] = {
    "G", "GG", "N", "D", "DD", "R", "M", "B", "BB", "S", "SS", "", "J", "JJ", "C", "K", "T",
    "P", "H"};
static const char *const jamo_vowels[] = {
    "A", "AE", "YA", "YAE", "EO", "E", "YEO", "YE", "O", "WA", "WAE", "OE", "YO", "U", "WEO",
    "WE", "WI", "YU", "EU", "YI", "I"};
static const char *const jamo_finals[] = {
    "", "G", "GG", "GS", "N", "NJ", "NH", "D", "L", "LG", "LM", "LB", "LS", "LT", "LP", "LH",
    "M", "B", "BS", "S", "SS", "NG", "J", "C", "K", "T", "P", "H"};

static const char hangul_prefix[] = "HANGUL SYLLABLE ";
static const char ideograph_prefix[] = "CJK UNIFIED IDEOGRAPH-";

static bool
is_ideograph(uint32_t ch)
{
    for (size_t i = 0; i < ARRAY_LEN(ideographs); i++) {
        if (ch >= ideographs[i].first && ch <= ideographs[i].last) { return true; }
    }
    return false;
}

static int
hangul_name(uint32_t ch, char *to)
{
    int at = (int)ch - HANGUL_FIRST;
    return snprintf(to, UCD_NAME_SIZE, "%s%s%s%s", hangul_prefix,
                    jamo_initials[at / (N_VOWELS * N_FINALS)],
                    jamo_vowels[at / N_FINALS % N_VOWELS], jamo_finals[at % N_FINALS]);
}

/* The longest of n spellings that text starts with; its number, *used its length. */
static int
longest_jamo(const char *const *spellings, int n, const char *text, ptrdiff_t left, int *used)
{
    int best = -1;
    *used = -1;
    for (int i = 0; i < n; i++) {
        int length = (int)strlen(spellings[i]);
        if (length > *used && length <= left && memcmp(text, spellings[i],
                                                       (size_t)length) == 0) {
            best = i;
            *used = length;
        }
    }
    return best;
}

static uint32_t
hangul_lookup(const char *text, ptrdiff_t n)
{
    int used, initial, vowel, final;
    initial = longest_jamo(jamo_initials, ARRAY_LEN(jamo_initials), text, n, &used);
    text += used;
    n -= used;
    vowel = longest_jamo(jamo_vowels, N_VOWELS, text, n, &used);
    if (vowel < 0) { return 0; }
    text += used;
    n -= used;
    final = longest_jamo(jamo_finals, N_FINALS, text, n, &used);
    if (used != n) { return 0; }
    return (uint32_t)(HANGUL_FIRST + (initial * N_VOWELS + vowel) * N_FINALS + final);
}

static uint32_t
ideograph_lookup(const char *digits, ptrdiff_t n)
{
    if (n != 4 && n != 5) { return 0; }
    uint32_t ch = 0;
    for (ptrdiff_t i = 0; i < n; i++) {
        char c = digits[i];
        if (c >= '0' && c <= '9') { ch = ch * 16 + (uint32_t)(c - '0'); }
        else if (c >= 'A' && c <= 'F') { ch = ch * 16 + (uint32_t)(c - 'A' + 10); }
        else { return 0; }
    }
    return is_ideograph(ch) ? ch : 0;
}

/* --- names of the table --- */

static int
spell(uint32_t at, char *to)
{
    char *out = to;
    const uint8_t *token = &name_stream[at];
    for (int left = *token++; left > 0; left--) {
        uint32_t word = *token++;
        if (word & 128) { word = (word & 127) | (uint32_t)*token++ << 7; }
        size_t n = word_starts[word + 1] - word_starts[word];
        memcpy(out, &letters[word_starts[word]], n);
        out += n;
        if (left > 1) { *out++ = ' '; }
    }
    *out = 0;
    return (int)(out - to);
}

int
hob_ucd_name(uint32_t ch, char to[UCD_NAME_SIZE])
{
    if (ch > LAST_CHAR) { return 0; }
    if (ch >= HANGUL_FIRST && ch <= HANGUL_LAST) { return hangul_name(ch, to); }
    uint32_t at = name_offset_blocks[name_offset_index[ch >> 7] << 7 | (ch & 127)];
    if (at) { return spell(at, to); }
    if (is_ideograph(ch)) { return snprintf(to, UCD_NAME_SIZE, "%s%X", ideograph_prefix, ch); }
    return 0;
}

static uint32_t
name_hash(const char *name, ptrdiff_t n)
{
    uint32_t value = 0;
    for (ptrdiff_t i = 0; i < n; i++) { value = value * 47 + (uint8_t)name[i]; }
    return value ^ value >> 16;
}

/* The name an entry of the hash table stands for; its length. */
static int
entry_name(uint32_t entry, char *spelled, const char **name)
{
    if (entry >= SEQUENCE) {
        *name = sequences[entry - SEQUENCE].name;
        return sequences[entry - SEQUENCE].n;
    }
    if (entry >= ALIAS) {
        *name = aliases[entry - ALIAS].name;
        return aliases[entry - ALIAS].n;
    }
    *name = spelled;
    return hob_ucd_name(entry, spelled);
}

static int
entry_chars(uint32_t entry, unsigned with, uint32_t *to)
{
    if (entry >= SEQUENCE) {
        if (!(with & UCD_WITH_SEQUENCES)) { return 0; }
        memcpy(to, sequences[entry - SEQUENCE].chars, sizeof sequences->chars);
        return sequences[entry - SEQUENCE].n_chars;
    }
    if (entry >= ALIAS && !(with & UCD_WITH_ALIASES)) { return 0; }
    to[0] = entry >= ALIAS ? aliases[entry - ALIAS].ch : entry;
    return 1;
}

int
hob_ucd_lookup(const char *name, ptrdiff_t n, unsigned with,
               uint32_t to[UCD_LONGEST_SEQUENCE])
{
    char wanted[UCD_NAME_SIZE], spelled[UCD_NAME_SIZE];
    if (n <= 0 || n > (ptrdiff_t)LONGEST_NAME) { return 0; }
    for (ptrdiff_t i = 0; i < n; i++) {
        wanted[i] = name[i] >= 'a' && name[i] <= 'z' ? name[i] - 32 : name[i];
    }
    const ptrdiff_t n_hangul = sizeof hangul_prefix - 1, n_cjk = sizeof ideograph_prefix - 1;
    uint32_t made_up = 0;
    if (n > n_hangul && memcmp(name, hangul_prefix, (size_t)n_hangul) == 0) {
        made_up = hangul_lookup(name + n_hangul, n - n_hangul);
    }
    else if (n > n_cjk && memcmp(name, ideograph_prefix, (size_t)n_cjk) == 0) {
        made_up = ideograph_lookup(name + n_cjk, n - n_cjk);
    }
    if (made_up) {
        to[0] = made_up;
        return 1;
    }
    for (uint32_t at = name_hash(wanted, n); name_slots[at % NAME_SLOTS]; at++) {
        uint32_t entry = name_slots[at % NAME_SLOTS] - 1;
        const char *candidate;
        if (entry_name(entry, spelled, &candidate) == n
            && memcmp(candidate, wanted, (size_t)n) == 0) {
            return entry_chars(entry, with, to);
        }
    }
    return 0;
}

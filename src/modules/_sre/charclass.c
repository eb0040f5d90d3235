/* charclass.c -- what a character is: categories, sets, case. */
#include "modules/_sre/sre.h"

#include <ctype.h>

static bool is_word_ascii(Py_UCS4 c) { return c < 128 && (isalnum((int)c) || c == '_'); }
static bool is_space_ascii(Py_UCS4 c) { return c < 128 && (c == ' ' || (c >= 9 && c <= 13)); }
static bool is_digit_ascii(Py_UCS4 c) { return c - '0' < 10; }

static bool
is_word_locale(Py_UCS4 c)
{
    return c < 256 && (isalnum((int)c) || c == '_');
}

static bool
is_word_unicode(Py_UCS4 c)
{
    return Py_UNICODE_ISALNUM(c) || c == '_';
}

bool
hob_sre_category(unsigned category, Py_UCS4 c)
{
    switch (category) {
    case SRE_CATEGORY_DIGIT: return is_digit_ascii(c);
    case SRE_CATEGORY_NOT_DIGIT: return !is_digit_ascii(c);
    case SRE_CATEGORY_SPACE: return is_space_ascii(c);
    case SRE_CATEGORY_NOT_SPACE: return !is_space_ascii(c);
    case SRE_CATEGORY_WORD: return is_word_ascii(c);
    case SRE_CATEGORY_NOT_WORD: return !is_word_ascii(c);
    case SRE_CATEGORY_LINEBREAK: return c == '\n';
    case SRE_CATEGORY_NOT_LINEBREAK: return c != '\n';
    case SRE_CATEGORY_LOC_WORD: return is_word_locale(c);
    case SRE_CATEGORY_LOC_NOT_WORD: return !is_word_locale(c);
    case SRE_CATEGORY_UNI_DIGIT: return Py_UNICODE_ISDECIMAL(c);
    case SRE_CATEGORY_UNI_NOT_DIGIT: return !Py_UNICODE_ISDECIMAL(c);
    case SRE_CATEGORY_UNI_SPACE: return Py_UNICODE_ISSPACE(c);
    case SRE_CATEGORY_UNI_NOT_SPACE: return !Py_UNICODE_ISSPACE(c);
    case SRE_CATEGORY_UNI_WORD: return is_word_unicode(c);
    case SRE_CATEGORY_UNI_NOT_WORD: return !is_word_unicode(c);
    case SRE_CATEGORY_UNI_LINEBREAK: return Py_UNICODE_ISLINEBREAK(c);
    case SRE_CATEGORY_UNI_NOT_LINEBREAK: return !Py_UNICODE_ISLINEBREAK(c);
    default: return false;
    }
}

/* A set is a list of tests ended by FAILURE; the first that fits answers. */
bool
hob_sre_in_set(const sre_code *set, Py_UCS4 c)
{
    bool answer = true;
    sre_code test = set[0];
    if (test >= SRE_MAPPED) {
        const sre_code *map = hob_sre_map(set);
        if (c < 256) { return sre_has_bit(map, c); }
        test = map[8];
    }
    for (set++;; test = *set++) {
        switch (test) {
        case SRE_OP_FAILURE:
            return !answer;
        case SRE_OP_LITERAL:
            if (c == set[0]) { return answer; }
            set++;
            break;
        case SRE_OP_CATEGORY:
            if (hob_sre_category(set[0], c)) { return answer; }
            set++;
            break;
        case SRE_OP_CHARSET:
            if (c < 256 && (set[c / 32] >> (c & 31) & 1)) { return answer; }
            set += 8;
            break;
        case SRE_OP_RANGE:
            if (set[0] <= c && c <= set[1]) { return answer; }
            set += 2;
            break;
        case SRE_OP_RANGE_UNI_IGNORE: {
            if (set[0] <= c && c <= set[1]) { return answer; }
            Py_UCS4 upper = Py_UNICODE_TOUPPER(c);
            if (set[0] <= upper && upper <= set[1]) { return answer; }
            set += 2;
            break;
        }
        case SRE_OP_NEGATE:
            answer = !answer;
            break;
        case SRE_OP_BIGCHARSET: {
            /* number of blocks, 256 bytes of block numbers, blocks of 256 bits */
            sre_code n_blocks = *set++;
            if (c < 65536) {
                unsigned block = ((const unsigned char *)set)[c >> 8];
                unsigned bit = block * 256 + (c & 255);
                if (set[64 + bit / 32] >> (bit & 31) & 1) { return answer; }
            }
            set += 64 + n_blocks * 8;
            break;
        }
        default:
            return false;
        }
    }
}

Py_UCS4
hob_sre_lower_ascii(Py_UCS4 c)
{
    return c - 'A' < 26 ? c + 32 : c;
}

Py_UCS4
hob_sre_lower_unicode(Py_UCS4 c)
{
    return Py_UNICODE_TOLOWER(c);
}

Py_UCS4
hob_sre_lower_locale(Py_UCS4 c)
{
    return c < 256 ? (Py_UCS4)tolower((int)c) : c;
}

bool
hob_sre_same_locale(sre_code wanted, Py_UCS4 c)
{
    return c == wanted
           || (c < 256
               && ((sre_code)tolower((int)c) == wanted || (sre_code)toupper((int)c) == wanted));
}

/* ctype.c -- the public names of character properties: _PyUnicode_Is*, _Py_ctype_*.
 *
 * The tables behind them are in text/ucd.c.
 */
#include "objects/str/str_int.h"

#include "text/ucd.h"

#define IS(name, flags) \
    int _PyUnicode_Is##name(Py_UCS4 ch) { return hob_ucd_is(ch, flags); }
IS(Alpha, UCD_ALPHA)
IS(Lowercase, UCD_LOWER)
IS(Uppercase, UCD_UPPER)
IS(Titlecase, UCD_TITLE)
IS(Numeric, UCD_NUMERIC)
IS(Printable, UCD_PRINTABLE)
IS(Cased, UCD_CASED)
IS(CaseIgnorable, UCD_CASE_IGNORABLE)
IS(XidStart, UCD_XID_START)
IS(XidContinue, UCD_XID_CONTINUE)
#undef IS

int
_PyUnicode_IsLinebreak(const Py_UCS4 ch)
{
    return hob_ucd_is(ch, UCD_LINEBREAK);
}

int
_PyUnicode_IsWhitespace(const Py_UCS4 ch)
{
    return hob_ucd_is(ch, UCD_SPACE);
}

int
_PyUnicode_ToDecimalDigit(Py_UCS4 ch)
{
    int digit = hob_ucd_type_of(ch)->decimal;
    return digit == 255 ? -1 : digit;
}

int
_PyUnicode_IsDecimalDigit(Py_UCS4 ch)
{
    return _PyUnicode_ToDecimalDigit(ch) >= 0;
}

int
_PyUnicode_ToDigit(Py_UCS4 ch)
{
    int digit = hob_ucd_type_of(ch)->digit;
    return digit == 255 ? -1 : digit;
}

int
_PyUnicode_IsDigit(Py_UCS4 ch)
{
    return _PyUnicode_ToDigit(ch) >= 0;
}

double
_PyUnicode_ToNumeric(Py_UCS4 ch)
{
    return hob_ucd_numeric(ch);
}

Py_UCS4 _PyUnicode_ToLowercase(Py_UCS4 ch) { return hob_ucd_lower(ch); }
Py_UCS4 _PyUnicode_ToUppercase(Py_UCS4 ch) { return hob_ucd_upper(ch); }
Py_UCS4 _PyUnicode_ToTitlecase(Py_UCS4 ch) { return hob_ucd_title(ch); }
int _PyUnicode_ToLowerFull(Py_UCS4 ch, Py_UCS4 *res) { return hob_ucd_lower_full(ch, res); }
int _PyUnicode_ToUpperFull(Py_UCS4 ch, Py_UCS4 *res) { return hob_ucd_upper_full(ch, res); }
int _PyUnicode_ToTitleFull(Py_UCS4 ch, Py_UCS4 *res) { return hob_ucd_title_full(ch, res); }
int _PyUnicode_ToFoldedFull(Py_UCS4 ch, Py_UCS4 *res) { return hob_ucd_fold_full(ch, res); }

/* --- ASCII, whatever the locale --- */

const unsigned char _Py_ascii_whitespace[128] = {
    ['\t'] = 1, ['\n'] = 1, ['\v'] = 1, ['\f'] = 1, ['\r'] = 1, [0x1c] = 1, [0x1d] = 1,
    [0x1e] = 1, [0x1f] = 1, [' '] = 1,
};

#define HEX_LETTER(kind) (kind | PY_CTF_XDIGIT)
const unsigned int _Py_ctype_table[256] = {
    ['\t'] = PY_CTF_SPACE, ['\n'] = PY_CTF_SPACE, ['\v'] = PY_CTF_SPACE, ['\f'] = PY_CTF_SPACE,
    ['\r'] = PY_CTF_SPACE, [' '] = PY_CTF_SPACE,
    ['0' ... '9'] = PY_CTF_DIGIT | PY_CTF_XDIGIT,
    ['A' ... 'F'] = HEX_LETTER(PY_CTF_UPPER), ['G' ... 'Z'] = PY_CTF_UPPER,
    ['a' ... 'f'] = HEX_LETTER(PY_CTF_LOWER), ['g' ... 'z'] = PY_CTF_LOWER,
};

#define SAME_8(c)   c, c + 1, c + 2, c + 3, c + 4, c + 5, c + 6, c + 7
#define SAME_32(c)  SAME_8(c), SAME_8(c + 8), SAME_8(c + 16), SAME_8(c + 24)
#define LETTERS_26(c) SAME_8(c), SAME_8(c + 8), SAME_8(c + 16), c + 24, c + 25

const unsigned char _Py_ctype_tolower[256] = {
    SAME_32(0), SAME_32(32), 64, LETTERS_26('a'), 91, 92, 93, 94, 95, SAME_32(96),
    SAME_32(128), SAME_32(160), SAME_32(192), SAME_32(224),
};

const unsigned char _Py_ctype_toupper[256] = {
    SAME_32(0), SAME_32(32), SAME_32(64), 96, LETTERS_26('A'), 123, 124, 125, 126, 127,
    SAME_32(128), SAME_32(160), SAME_32(192), SAME_32(224),
};

/* number.c -- the numeric literals, as the tokenizer reads them.
 *
 * Each reader is entered with the first byte it is to judge and leaves the byte
 * behind the number unread.  A wrong byte is read before it is complained about,
 * so that the error points at it.
 */
#include "syntax/tokenizer.h"

#include <string.h>

#define next_char hob_tokenizer_char
#define back      hob_tokenizer_back

static bool
is_name_char(int c)
{
    return c >= 0 && (Py_ISALNUM(c) || c == '_' || c >= 128);
}

static bool
is_octal(int c)
{
    return c >= '0' && c <= '7';
}

static bool
is_binary(int c)
{
    return c == '0' || c == '1';
}

static bool
is_hexadecimal(int c)
{
    return c >= 0 && Py_ISXDIGIT(c);
}

static bool
is_decimal(int c)
{
    return c >= '0' && c <= '9';
}

/* Does the rest of a word follow, c being its first letter (already read)? */
static bool
word_follows(hob_tokenizer *self, int c)
{
    static const char *const words[] = {"and", "else", "for", "if", "in", "is", "not", "or"};
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        const char *rest = words[i] + 1;
        size_t n = strlen(rest);
        if (words[i][0] == c && self->at + (Py_ssize_t)n <= self->line_end
            && memcmp(self->text + self->at, rest, n) == 0) {
            /* if, in and is may go on, like `1index`: the parser will not like it. */
            unsigned char next = (unsigned char)self->text[self->at + (Py_ssize_t)n];
            return c == 'i' || !is_name_char(next);
        }
    }
    return false;
}

/* c follows a number; it must not look like a part of it. */
static int
end_number(hob_tokenizer *self, int c, const char *kind)
{
    if (word_follows(self, c)) {
        back(self, c);
        if (!hob_tokenizer_warn(self, PyExc_SyntaxWarning, "invalid %s literal", kind)) {
            return TOK_ERRORTOKEN;
        }
        return TOK_NUMBER;
    }
    back(self, c);
    if (is_name_char(c)) { return hob_tokenizer_error(self, "invalid %s literal", kind); }
    return TOK_NUMBER;
}

/* digit ("_"? digit)*, c being the first; the byte behind, or -2 with an error. */
static int
read_decimals(hob_tokenizer *self, int c)
{
    for (;;) {
        do { c = next_char(self); } while (is_decimal(c));
        if (c != '_') { return c; }
        c = next_char(self);
        if (!is_decimal(c)) {
            back(self, c);
            hob_tokenizer_error(self, "invalid decimal literal");
            return -2;
        }
    }
}

/* Behind "0x", "0o" or "0b". */
static int
read_radix(hob_tokenizer *self, const char *kind, bool (*fits)(int))
{
    int c = next_char(self);
    do {
        if (c == '_') { c = next_char(self); }
        if (!fits(c)) {
            if (is_decimal(c)) {
                return hob_tokenizer_error(self, "invalid digit '%c' in %s literal", c, kind);
            }
            back(self, c);
            return hob_tokenizer_error(self, "invalid %s literal", kind);
        }
        do { c = next_char(self); } while (fits(c));
    } while (c == '_');
    if (is_decimal(c)) {
        return hob_tokenizer_error(self, "invalid digit '%c' in %s literal", c, kind);
    }
    return end_number(self, c, kind);
}

/* c follows the digits of a number that may have an exponent and a j. */
static int
read_exponent(hob_tokenizer *self, int c)
{
    if (c == 'e' || c == 'E') {
        int e = c;
        c = next_char(self);
        if (c == '+' || c == '-') {
            c = next_char(self);
            if (!is_decimal(c)) {
                back(self, c);
                return hob_tokenizer_error(self, "invalid decimal literal");
            }
        }
        else if (!is_decimal(c)) {
            back(self, c);
            return end_number(self, e, "decimal") == TOK_NUMBER ? TOK_NUMBER : TOK_ERRORTOKEN;
        }
        c = read_decimals(self, c);
        if (c == -2) { return TOK_ERRORTOKEN; }
    }
    if (c == 'j' || c == 'J') { return end_number(self, next_char(self), "imaginary"); }
    return end_number(self, c, "decimal");
}

/* Behind the point. */
static int
read_fraction(hob_tokenizer *self)
{
    int c = next_char(self);
    if (is_decimal(c)) {
        c = read_decimals(self, c);
        if (c == -2) { return TOK_ERRORTOKEN; }
    }
    return read_exponent(self, c);
}

/* A number that begins with 0 is 0, or a float, or an error. */
static int
read_zeros(hob_tokenizer *self)
{
    int c = next_char(self);
    if (c == 'x' || c == 'X') { return read_radix(self, "hexadecimal", is_hexadecimal); }
    if (c == 'o' || c == 'O') { return read_radix(self, "octal", is_octal); }
    if (c == 'b' || c == 'B') { return read_radix(self, "binary", is_binary); }

    bool is_zero = true;
    for (;;) {
        if (c == '_') {
            c = next_char(self);
            if (!is_decimal(c)) {
                back(self, c);
                return hob_tokenizer_error(self, "invalid decimal literal");
            }
        }
        if (c != '0') { break; }
        c = next_char(self);
    }
    Py_ssize_t zeros_end = c >= 0 ? self->at - 1 : self->at;
    if (is_decimal(c)) {
        is_zero = false;
        c = read_decimals(self, c);
        if (c == -2) { return TOK_ERRORTOKEN; }
    }
    if (c == '.') { return read_fraction(self); }
    if (c == 'e' || c == 'E' || c == 'j' || c == 'J') { return read_exponent(self, c); }
    if (!is_zero) {
        back(self, c);
        int column = (int)(self->start - self->line_start) + 1;
        return hob_tokenizer_error_range(self, column,
                                         column + (int)(zeros_end - self->start),
                                         "leading zeros in decimal integer literals are not "
                                         "permitted; use an 0o prefix for octal integers");
    }
    return end_number(self, c, "decimal");
}

int
hob_tokenizer_number(hob_tokenizer *self, int c)
{
    if (c == '.') { return read_fraction(self); }
    if (c == '0') { return read_zeros(self); }
    c = read_decimals(self, c);
    if (c == -2) { return TOK_ERRORTOKEN; }
    if (c == '.') { return read_fraction(self); }
    return read_exponent(self, c);
}

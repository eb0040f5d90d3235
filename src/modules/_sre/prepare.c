/* prepare.c -- what can be known of a pattern before any string: the characters
 * below 256 that each set holds, and those a match can begin with.
 *
 * Layout     code words | maps .. ; a map is 8 words of bits and the word that stood
 *            first in its set.  That first word becomes SRE_MAPPED + the distance to
 *            the map.  Sets that ask the locale keep their word and have no map.
 * Holds      Runs after validation, so no length is checked here.
 */
#include "modules/_sre/sre.h"

enum { MAP_BITS = 8, MAP_WORDS = MAP_BITS + 1 };

/* How many ways `first` may look at before it gives up. */
enum { MAX_STEPS = 500 };

Py_ssize_t
hob_sre_room_for_maps(const sre_code *code, Py_ssize_t n)
{
    Py_ssize_t sets = 2;                /* the charset of INFO; where matches begin */
    for (Py_ssize_t i = 0; i < n; i++) {
        sets += code[i] == SRE_OP_IN || code[i] == SRE_OP_IN_IGNORE
             || code[i] == SRE_OP_IN_UNI_IGNORE || code[i] == SRE_OP_IN_LOC_IGNORE;
    }
    return sets * MAP_WORDS;
}

static void
set_bit(sre_code *bits, Py_UCS4 c)
{
    if (c < 256) { bits[c / 32] |= 1u << (c & 31); }
}

static void
set_range(sre_code *bits, Py_UCS4 from, Py_UCS4 to)
{
    for (Py_UCS4 c = from; c <= to && c < 256; c++) { set_bit(bits, c); }
}

/* Characters of a category; NULL when the locale decides. */
static const sre_code *
category_bits(unsigned category)
{
    static sre_code made[SRE_CATEGORY_UNI_NOT_LINEBREAK + 1][MAP_BITS];
    if (category == SRE_CATEGORY_LOC_WORD || category == SRE_CATEGORY_LOC_NOT_WORD) {
        return NULL;
    }
    sre_code *bits = made[category];
    if (!bits[0] && !bits[1]) {         /* each holds a character below 64 */
        for (Py_UCS4 c = 0; c < 256; c++) {
            if (hob_sre_category(category, c)) { set_bit(bits, c); }
        }
    }
    return bits;
}

/* Bits of one test of a set; *width words belong to it.  False: the locale decides. */
static bool
test_bits(const sre_code *test, sre_code *bits, Py_ssize_t *width)
{
    const sre_code *from = NULL;
    memset(bits, 0, MAP_BITS * sizeof *bits);
    switch (test[0]) {
    case SRE_OP_LITERAL:
        set_bit(bits, test[1]);
        *width = 2;
        return true;
    case SRE_OP_RANGE_UNI_IGNORE:
        for (Py_UCS4 c = 0; c < 256; c++) {
            Py_UCS4 upper = Py_UNICODE_TOUPPER(c);
            if (test[1] <= upper && upper <= test[2]) { set_bit(bits, c); }
        }
        /* fallthrough */
    case SRE_OP_RANGE:
        set_range(bits, test[1], test[2]);
        *width = 3;
        return true;
    case SRE_OP_CATEGORY:
        from = category_bits(test[1]);
        *width = 2;
        break;
    case SRE_OP_CHARSET:
        from = test + 1;
        *width = 1 + MAP_BITS;
        break;
    default:                            /* BIGCHARSET: count, block numbers, blocks */
        from = test + 2 + 64 + ((const unsigned char *)(test + 2))[0] * MAP_BITS;
        *width = 2 + 64 + test[1] * MAP_BITS;
        break;
    }
    if (from) { memcpy(bits, from, MAP_BITS * sizeof *bits); }
    return from != NULL;
}

/* Give the set its map at *room, unless the locale decides about it. */
static void
map_set(sre_code *set, sre_code **room)
{
    sre_code yes[MAP_BITS] = {0}, decided[MAP_BITS] = {0}, bits[MAP_BITS];
    bool answer = true;
    for (const sre_code *test = set; *test != SRE_OP_FAILURE;) {
        Py_ssize_t width = 1;
        if (*test == SRE_OP_NEGATE) { answer = !answer; }
        else {
            if (!test_bits(test, bits, &width)) { return; }
            for (int i = 0; i < MAP_BITS; i++) {
                if (answer) { yes[i] |= bits[i] & ~decided[i]; }
                decided[i] |= bits[i];
            }
        }
        test += width;
    }
    for (int i = 0; i < MAP_BITS; i++) {
        (*room)[i] = answer ? yes[i] : yes[i] | ~decided[i];
    }
    (*room)[MAP_BITS] = set[0];
    set[0] = SRE_MAPPED + (sre_code)(*room - set);
    *room += MAP_WORDS;
}

/* Map the sets of code[at, end). */
static void
map_sets(sre_code *at, sre_code *end, sre_code **room)
{
    while (at < end) {
        switch (*at) {
        case SRE_OP_IN:
        case SRE_OP_IN_IGNORE:
        case SRE_OP_IN_UNI_IGNORE:
        case SRE_OP_IN_LOC_IGNORE:
            map_set(at + 2, room);
            at += 1 + at[1];
            break;
        case SRE_OP_INFO:
            if (at[2] & SRE_INFO_CHARSET) { map_set(at + 5, room); }
            at += 1 + at[1];
            break;
        case SRE_OP_BRANCH:
            for (at++; *at; at += *at) { map_sets(at + 1, at + *at, room); }
            at++;
            break;
        case SRE_OP_SUCCESS:
        case SRE_OP_FAILURE:
        case SRE_OP_ANY:
        case SRE_OP_ANY_ALL:
        case SRE_OP_MAX_UNTIL:
        case SRE_OP_MIN_UNTIL:
            at++;
            break;
        case SRE_OP_REPEAT:
        case SRE_OP_REPEAT_ONE:
        case SRE_OP_MIN_REPEAT_ONE:
        case SRE_OP_POSSESSIVE_REPEAT:
        case SRE_OP_POSSESSIVE_REPEAT_ONE:
            at += 4;
            break;
        case SRE_OP_ASSERT:
        case SRE_OP_ASSERT_NOT:
        case SRE_OP_GROUPREF_EXISTS:
            at += 3;
            break;
        default:                        /* an operation and one word */
            at += 2;
            break;
        }
    }
}

/* --- where a match can begin --- */

/* Characters that LITERAL and its kin accept. */
static void
add_literal(sre_code op, Py_UCS4 wanted, sre_code *bits)
{
    if (op == SRE_OP_LITERAL) {
        set_bit(bits, wanted);
        return;
    }
    bool unicode = op == SRE_OP_LITERAL_UNI_IGNORE;
    for (Py_UCS4 c = 0; c < 256; c++) {
        if ((unicode ? hob_sre_lower_unicode(c) : hob_sre_lower_ascii(c)) == wanted) {
            set_bit(bits, c);
        }
    }
}

/* Add what a match of the code at pc can begin with.  False: perhaps with nothing at
 * all, or nobody knows. */
static bool
first(const sre_code *pc, sre_code *bits, int *steps)
{
    while (++*steps < MAX_STEPS) {
        switch (pc[0]) {
        case SRE_OP_MARK:
        case SRE_OP_AT:
            pc += 2;
            continue;
        case SRE_OP_INFO:
        case SRE_OP_JUMP:
        case SRE_OP_ASSERT:
        case SRE_OP_ASSERT_NOT:
            pc += 1 + pc[1];
            continue;
        case SRE_OP_MAX_UNTIL:
        case SRE_OP_MIN_UNTIL:
            pc += 1;
            continue;
        case SRE_OP_FAILURE:
            return true;
        case SRE_OP_LITERAL:
        case SRE_OP_LITERAL_IGNORE:
        case SRE_OP_LITERAL_UNI_IGNORE:
            add_literal(pc[0], pc[1], bits);
            return true;
        case SRE_OP_IN:
            if (pc[2] < SRE_MAPPED) { return false; }
            for (int i = 0; i < MAP_BITS; i++) { bits[i] |= hob_sre_map(pc + 2)[i]; }
            return true;
        case SRE_OP_BRANCH:
            for (pc++; pc[0]; pc += pc[0]) {
                if (!first(pc + 1, bits, steps)) { return false; }
            }
            return true;
        case SRE_OP_REPEAT_ONE:
        case SRE_OP_MIN_REPEAT_ONE:
        case SRE_OP_POSSESSIVE_REPEAT_ONE:
            if (!first(pc + 4, bits, steps)) { return false; }
            if (pc[2] > 0) { return true; }
            pc += 1 + pc[1];
            continue;
        case SRE_OP_REPEAT:
            if (pc[2] == 0 && !first(pc + 2 + pc[1], bits, steps)) { return false; }
            pc += 4;
            continue;
        case SRE_OP_ATOMIC_GROUP:
            return first(pc + 2, bits, steps);
        default:
            return false;
        }
    }
    return false;
}

void
hob_sre_prepare(sre_pattern *self)
{
    sre_code *room = self->code + Py_SIZE(self);
    map_sets(self->code, room, &room);
    int steps = 0, n = 0;
    memset(room, 0, MAP_BITS * sizeof *room);
    if (!first(self->code, room, &steps)) { return; }
    for (int i = 0; i < MAP_BITS; i++) { n += __builtin_popcount(room[i]); }
    if (n == 256) { return; }
    self->starts = room;
    if (n != 1) { return; }
    for (int c = 0; c < 256; c++) {
        if (sre_has_bit(room, (Py_UCS4)c)) { self->only_start = c; }
    }
}

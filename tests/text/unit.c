/* unit.c -- text/ alone: UTF-8 both ways, searching. */
#include "tests/unit.h"

#include <stdlib.h>

#include "text/find.h"
#include "text/units.h"
#include "text/utf8.h"

static hob_utf8_scan
measure(const char *text)
{
    return hob_utf8_measure((const uint8_t *)text, (ptrdiff_t)strlen(text));
}

static void
check_utf8(void)
{
    hob_utf8_scan scan = measure("plain");
    CHECK(scan.verdict == UTF8_GOOD && scan.n_good == 5 && scan.n_chars == 5);
    CHECK(hob_range_max(scan.bits) == 127);
    scan = measure("\xe2\x82\xac\xf0\x9f\x98\x80");             /* euro, face */
    CHECK(scan.verdict == UTF8_GOOD && scan.n_chars == 2 && hob_range_max(scan.bits) == 0x10ffff);
    CHECK(measure("ab\x80").verdict == UTF8_BAD_START);
    CHECK(measure("ab\xe2\x82").verdict == UTF8_CUT);
    scan = measure("ab\xe2\x82x");
    CHECK(scan.verdict == UTF8_BAD_CONTINUATION && scan.n_good == 2 && scan.n_bad == 2);
    CHECK(measure("\xed\xa0\x80").verdict != UTF8_GOOD);        /* a surrogate */
    CHECK(measure("\xc0\x80").verdict == UTF8_BAD_START);       /* not the shortest form */
    CHECK(measure("\xf4\x90\x80\x80").verdict != UTF8_GOOD);    /* above U+10FFFF */

    int n_wrong = 0;
    for (uint32_t ch = 0; ch < 0x110000; ch++) {                /* every character there and back */
        if (ch >= 0xd800 && ch < 0xe000) { continue; }
        uint8_t bytes[8];
        uint32_t back = 0;
        ptrdiff_t n = hob_utf8_put(bytes, ch) - bytes;
        scan = hob_utf8_measure(bytes, n);
        if (scan.verdict == UTF8_GOOD && scan.n_chars == 1) { hob_utf8_decode(4, &back, bytes, n); }
        n_wrong += back != ch || hob_utf8_size(4, &ch, 1) != n;
    }
    CHECK(n_wrong == 0);
}

/* The plainest search there is. */
static ptrdiff_t
slow_find(const uint8_t *hay, ptrdiff_t n, const uint8_t *needle, ptrdiff_t m, int direction)
{
    ptrdiff_t found = -1;
    for (ptrdiff_t i = 0; i + m <= n; i++) {
        if (memcmp(hay + i, needle, (size_t)m) != 0) { continue; }
        if (direction == FIND_FORWARD) { return i; }
        found = i;
    }
    return found;
}

static void
check_find(void)
{
    int n_wrong = 0;
    srand(1);
    for (int round = 0; round < 20000; round++) {               /* few letters: many near misses */
        uint8_t hay[120], needle[20];
        ptrdiff_t n = rand() % 120, m = rand() % 20;
        for (ptrdiff_t i = 0; i < n; i++) { hay[i] = (uint8_t)('a' + rand() % 2); }
        for (ptrdiff_t i = 0; i < m; i++) { needle[i] = (uint8_t)('a' + rand() % 2); }
        for (int direction = -1; direction <= 1; direction += 2) {
            n_wrong += hob_find8(hay, n, needle, m, direction)
                    != slow_find(hay, n, needle, m, direction);
        }
    }
    CHECK(n_wrong == 0);

    static uint8_t hay[100000], needle[5000];                   /* quadratic for a naive search */
    memset(hay, 'a', sizeof hay);
    memset(needle, 'a', sizeof needle);
    needle[0] = 'b';
    CHECK(hob_find8(hay, sizeof hay, needle, sizeof needle, FIND_FORWARD) == -1);
    needle[0] = 'a';
    needle[2500] = 'b';
    CHECK(hob_find8(hay, sizeof hay, needle, sizeof needle, FIND_FORWARD) == -1);
    CHECK(hob_count8((const uint8_t *)"aaaa", 4, (const uint8_t *)"aa", 2, 9) == 2);
    CHECK(hob_count8_unit((const uint8_t *)"banana", 6, 'a', 9) == 3);
    uint16_t wide[] = {1, 500, 2, 500}, part[] = {2, 500};
    CHECK(hob_find16(wide, 4, part, 2, FIND_FORWARD) == 2);
    CHECK(hob_find16_unit(wide, 4, 500, FIND_BACKWARD) == 3);
}

int
main(void)
{
    check_utf8();
    check_find();
    return unit_result();
}

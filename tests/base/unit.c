/* unit.c -- base/ alone: hashing, decimal digits, spans, switches. */
#include "tests/unit.h"

#include <math.h>
#include <stdlib.h>

#include "base/decimal.h"
#include "base/hash.h"
#include "base/span.h"
#include "base/stress.h"
#include "base/switches.h"
#include "base/trace.h"

/* A deterministic stream of bits. */
static uint64_t
next_bits(void)
{
    static uint64_t state = 88172645463325252u;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static double
double_of(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* "0.<digits>e<point>", which reads back as the value. */
static void
write_decimal(char *to, const hob_decimal *d)
{
    sprintf(to, "0.%.*se%d", d->n, d->digits, d->point);
}

static bool
is_decimal(const hob_decimal *d, const char *digits, int point)
{
    return d->n == (int)strlen(digits) && !memcmp(d->digits, digits, (size_t)d->n)
        && d->point == point;
}

static void
check_decimals(void)
{
    static hob_decimal d;
    hob_decimal_shortest(0.1, &d);
    CHECK(is_decimal(&d, "1", 0));
    hob_decimal_shortest(5e-324, &d);
    CHECK(is_decimal(&d, "5", -323));
    hob_decimal_shortest(1.7976931348623157e308, &d);
    CHECK(is_decimal(&d, "17976931348623157", 309));
    hob_decimal_fixed(2.5, 0, &d);
    CHECK(is_decimal(&d, "2", 1));              /* half to even */
    hob_decimal_fixed(1e22, 3, &d);
    CHECK(is_decimal(&d, "1", 23));
    hob_decimal_significant(0.30000000000000004, 17, &d);
    CHECK(is_decimal(&d, "30000000000000004", 0));

    int n_wrong = 0;
    for (int i = 0; i < 200000; i++) {
        double value = fabs(double_of(next_bits()));
        if (!isfinite(value)) { continue; }
        char text[64];
        const char *end;
        bool overflow = false;
        hob_decimal_shortest(value, &d);
        write_decimal(text, &d);
        n_wrong += d.n > 17 || hob_decimal_read(text, &end, &overflow) != value
                || *end || strtod(text, NULL) != value;
    }
    CHECK(n_wrong == 0);

    const char *end;
    bool overflow = false;
    CHECK(hob_decimal_read("-12.5e1x", &end, &overflow) == -125 && *end == 'x');
    CHECK(isinf(hob_decimal_read("1e999", &end, &overflow)) && overflow);
    CHECK(hob_decimal_read("none", &end, &overflow) == 0 && *end == 'n');
    CHECK(hob_double_round(1, 10) == 1024 && isinf(hob_double_round(1, 2000)));
}

static void
check_hash(void)
{
    uint8_t bytes[64];
    for (int i = 0; i < 64; i++) { bytes[i] = (uint8_t)i; }
    uint64_t whole = hob_siphash13(bytes, 64, 1, 2);
    CHECK(whole == hob_siphash13(bytes, 64, 1, 2));
    CHECK(whole != hob_siphash13(bytes, 63, 1, 2) && whole != hob_siphash13(bytes, 64, 2, 1));
    CHECK(hob_hash_init(1, 0) == 0);
    CHECK(hob_hash_bytes("", 0) == 0);
    CHECK(hob_hash_bytes("abc", 3) == -4594863902769663758);     /* PYTHONHASHSEED=0 */
}

static void
check_switches(void)
{
    static const hob_switch table[] = {{"one", "1"}, {"two", "2"}, {"three", "3"}};
    uint32_t bits = 0;
    unsetenv("UNIT_SWITCHES");
    CHECK(hob_switches_read("UNIT_SWITCHES", table, 3, &bits) && bits == 0);
    setenv("UNIT_SWITCHES", "three,one,", 1);
    CHECK(hob_switches_read("UNIT_SWITCHES", table, 3, &bits) && bits == 5);
    setenv("UNIT_SWITCHES", "all", 1);
    CHECK(hob_switches_read("UNIT_SWITCHES", table, 3, &bits) && bits == 7);
    if (!freopen("/dev/null", "w", stderr)) { return; }
    setenv("UNIT_SWITCHES", "one,four", 1);
    CHECK(!hob_switches_read("UNIT_SWITCHES", table, 3, &bits));
    setenv("UNIT_SWITCHES", "thre", 1);
    CHECK(!hob_switches_read("UNIT_SWITCHES", table, 3, &bits));
}

static int
sign(int n)
{
    return (n > 0) - (n < 0);
}

/* Spans of every short length that differ in at most one byte: as memcmp has it. */
static void
check_spans(void)
{
    int n_wrong = 0;
    unsigned char a[40], b[40];
    for (size_t n = 0; n <= sizeof a; n++) {
        for (size_t i = 0; i < n; i++) { a[i] = b[i] = (unsigned char)next_bits(); }
        n_wrong += !hob_span_same(a, b, n) || hob_span_order(a, b, n) != 0;
        memset(b, 0, sizeof b);
        hob_span_copy(b, a, n);
        n_wrong += memcmp(a, b, n) != 0 || (n < sizeof b && b[n] != 0);
        for (size_t i = 0; i < n; i++) {
            b[i] ^= 0x81;
            n_wrong += hob_span_same(a, b, n)
                    || sign(hob_span_order(a, b, n)) != sign(memcmp(a, b, n));
            b[i] ^= 0x81;
        }
    }
    CHECK(n_wrong == 0);
}

int
main(void)
{
    check_decimals();
    check_hash();
    check_spans();
    check_switches();
    return unit_result();
}

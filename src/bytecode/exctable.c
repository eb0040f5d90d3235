/* exctable.c -- the exception table: writing, and finding an entry.
 *
 * Layout     exctable.h describes the bytes.
 * Hazard     a program may pass any bytes as co_exceptiontable: reading stays
 *            inside them, and missing numbers read as zero.
 */
#include "bytecode/exctable.h"

enum { ENTRY_MARK = 0x80, MORE = 0x40, GROUP = 0x3f, LONGEST_ENTRY = 4 * 6 };

static void
put_number(hob_buffer *table, unsigned value, unsigned mark)
{
    int shift = 0;
    while (shift < 30 && value >> (shift + 6)) { shift += 6; }
    for (; shift >= 0; shift -= 6) {
        hob_buffer_put(table, mark | (shift ? MORE : 0) | (value >> shift & GROUP));
        mark = 0;
    }
}

status
hob_exctable_add(hob_buffer *table, const hob_exctable_entry *e)
{
    if (hob_buffer_reserve(table, LONGEST_ENTRY) < 0) { return -1; }
    put_number(table, e->start, ENTRY_MARK);
    put_number(table, e->end - e->start, 0);
    put_number(table, e->target, 0);
    put_number(table, (unsigned)e->depth << 1 | e->push_lasti, 0);
    return 0;
}

static const uint8_t *
take_number(const uint8_t *at, const uint8_t *end, int *value)
{
    unsigned sum = 0, byte = MORE;
    while ((byte & MORE) && at < end) {
        byte = *at++;
        sum = sum << 6 | (byte & GROUP);
    }
    *value = (int)sum;
    return at;
}

bool
hob_exctable_next(const uint8_t **at, const uint8_t *end, hob_exctable_entry *entry)
{
    if (*at >= end) { return false; }

    int length, last;
    const uint8_t *p = take_number(*at, end, &entry->start);
    p = take_number(p, end, &length);
    p = take_number(p, end, &entry->target);
    *at = take_number(p, end, &last);
    entry->end = entry->start + length;
    entry->depth = last >> 1;
    entry->push_lasti = last & 1;
    return true;
}

bool
hob_exctable_find(PyCodeObject *co, int unit, hob_exctable_entry *entry)
{
    const uint8_t *low = (const uint8_t *)PyBytes_AS_STRING(co->co_exceptiontable);
    const uint8_t *end = low + PyBytes_GET_SIZE(co->co_exceptiontable);
    const uint8_t *high = end;

    /* Bisect until little is left; `low` is at an entry that starts at or before unit,
     * or at the first one. */
    while (high - low > 40) {
        const uint8_t *middle = low + (high - low) / 2;
        while (middle > low && !(*middle & ENTRY_MARK)) { middle--; }
        if (middle == low) { break; }
        int start;
        take_number(middle, end, &start);
        if (start > unit) { high = middle; }
        else { low = middle; }
    }
    while (hob_exctable_next(&low, end, entry)) {
        if (entry->start > unit) { return false; }
        if (entry->end > unit) { return true; }
    }
    return false;
}

/* exctable.h -- which handler covers which instructions.
 *
 * Entries are sorted and do not overlap.  Each is four numbers: first unit,
 * number of units, handler's unit, stack depth to unwind to << 1 | push lasti.
 * A number is written in groups of six bits, highest first, bit 6 set on all but
 * the last byte; bit 7 marks the first byte of an entry.
 */
#pragma once
#include "bytecode/buffer.h"

typedef struct {
    int start, end;                     /* code units, end exclusive */
    int target;
    int depth;                          /* values left on the stack */
    bool push_lasti;                    /* the instruction's offset goes below the exception */
} hob_exctable_entry;

MUST_USE status hob_exctable_add(hob_buffer *table, const hob_exctable_entry *entry);

/* The entry that covers the unit; false if none does. */
bool hob_exctable_find(PyCodeObject *co, int unit, hob_exctable_entry *entry);

/* Read the entry at *at and move on; false at the end. */
bool hob_exctable_next(const uint8_t **at, const uint8_t *end, hob_exctable_entry *entry);

/* linetable.h -- where each instruction came from, packed into bytes.
 *
 * An entry describes 1..8 code units.  Its first byte has bit 7 set, a form in
 * bits 3-6 and the number of units less one in bits 0-2; the bytes after it
 * have bit 7 clear, so that entries can be found from any place.
 *
 *   form 0..9     same line     byte: 0 (3 high bits of col are the form) |
 *                               col & 7 << 4 | length of the column range
 *   form 10..12   line + 0..2   bytes: column, end column
 *   form 13       line + sv     no columns
 *   form 14       line + sv     v: lines it spans, v: column + 1, v: end column + 1
 *   form 15       no location
 *
 * v is a number in groups of six bits, lowest first, bit 6 set on all but the
 * last; sv has its sign in bit 0.  Lines are relative to the previous entry's,
 * the first to co_firstlineno.
 */
#pragma once
#include "bytecode/buffer.h"

/* Lines from 1, columns from 0 in UTF-8 bytes, end exclusive.
 * line < 0: no location.  column < 0: only the line is known. */
typedef struct {
    int line, end_line, column, end_column;
} hob_location;

#define HOB_NOWHERE ((hob_location){-1, -1, -1, -1})

/* Append entries for n_units units; *line is the line of the entry before. */
MUST_USE status hob_linetable_add(hob_buffer *table, int *line, hob_location where,
                                  int n_units);

/* The same table with lines alone, as -X no_debug_ranges wants it: a new bytes. */
MUST_USE PyObject *hob_linetable_strip(PyObject *table);

/* --- reading --- */
typedef struct {
    const uint8_t *at, *end;            /* next entry */
    int line;                           /* of the last entry that had one */
    int form;                           /* of the current entry, as in its first byte */
    int start, stop;                    /* byte offsets of its units */
    hob_location where;
} hob_linetable_reader;

void hob_linetable_open(hob_linetable_reader *r, PyCodeObject *co);
bool hob_linetable_next(hob_linetable_reader *r);   /* false at the end */

/* find.h -- search in arrays of units: 1 byte (bytes, Latin-1), 2 or 4.
 *
 * Positions and lengths count units.  No allocation, no error: a search that
 * finds nothing answers -1.  An empty needle is found at the near end (0 going
 * forward, n going backward) and counted n + 1 times.
 */
#pragma once
#include "base/c.h"

enum { FIND_FORWARD = 1, FIND_BACKWARD = -1 };

/* First (or last) place of needle in hay, or -1. */
ptrdiff_t hob_find8 (const uint8_t *hay, ptrdiff_t n, const uint8_t *needle, ptrdiff_t m,
                     int direction);
ptrdiff_t hob_find16(const uint16_t *hay, ptrdiff_t n, const uint16_t *needle, ptrdiff_t m,
                     int direction);
ptrdiff_t hob_find32(const uint32_t *hay, ptrdiff_t n, const uint32_t *needle, ptrdiff_t m,
                     int direction);

/* First (or last) place of one unit in hay, or -1. */
ptrdiff_t hob_find8_unit (const uint8_t *hay, ptrdiff_t n, uint8_t unit, int direction);
ptrdiff_t hob_find16_unit(const uint16_t *hay, ptrdiff_t n, uint16_t unit, int direction);
ptrdiff_t hob_find32_unit(const uint32_t *hay, ptrdiff_t n, uint32_t unit, int direction);

/* How often needle occurs in hay without overlap, going forward; stops at max. */
ptrdiff_t hob_count8 (const uint8_t *hay, ptrdiff_t n, const uint8_t *needle, ptrdiff_t m,
                      ptrdiff_t max);
ptrdiff_t hob_count16(const uint16_t *hay, ptrdiff_t n, const uint16_t *needle, ptrdiff_t m,
                      ptrdiff_t max);
ptrdiff_t hob_count32(const uint32_t *hay, ptrdiff_t n, const uint32_t *needle, ptrdiff_t m,
                      ptrdiff_t max);

/* How many units of hay equal unit; stops at max. */
ptrdiff_t hob_count8_unit (const uint8_t *hay, ptrdiff_t n, uint8_t unit, ptrdiff_t max);
ptrdiff_t hob_count16_unit(const uint16_t *hay, ptrdiff_t n, uint16_t unit, ptrdiff_t max);
ptrdiff_t hob_count32_unit(const uint32_t *hay, ptrdiff_t n, uint32_t unit, ptrdiff_t max);

/* find.c -- substring search for units of 1, 2 and 4 bytes.
 *
 * The code is find_units.h; here are the three sizes it is made for.
 */
#include "text/find.h"

#include <emmintrin.h>
#include <string.h>

/* Candidates the filter may look at in vain before the two-way search takes
 * over; 16 bytes of hay earn 4 more. */
enum { FILTER_CREDIT = 2000 };

#define UNIT          uint8_t
#define BITS          8
#define SIZED(a, b)   a##8##b
#define LANES         16
#define LANE_MASK     1
#define SPLAT(x)      _mm_set1_epi8((char)(x))
#define EQUAL_LANES   _mm_cmpeq_epi8
#include "text/find_units.h"

#define UNIT          uint16_t
#define BITS          16
#define SIZED(a, b)   a##16##b
#define LANES         8
#define LANE_MASK     3
#define SPLAT(x)      _mm_set1_epi16((short)(x))
#define EQUAL_LANES   _mm_cmpeq_epi16
#include "text/find_units.h"

#define UNIT          uint32_t
#define BITS          32
#define SIZED(a, b)   a##32##b
#define LANES         4
#define LANE_MASK     15
#define SPLAT(x)      _mm_set1_epi32((int)(x))
#define EQUAL_LANES   _mm_cmpeq_epi32
#include "text/find_units.h"

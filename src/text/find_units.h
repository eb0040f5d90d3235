/* find_units.h -- the search of find.c for one unit size; included three times.
 *
 * Wants   UNIT            unsigned type of a unit
 *         BITS            8, 16 or 32
 *         SIZED(a, b)     the name a<size>b
 *         EQUAL_LANES     compares two vectors unit by unit
 *
 * A search runs in two gears.  The filter compares the needle's first and last
 * unit with 16 bytes of hay at once and looks closer where both agree: nearly
 * always the fastest thing to do.  When it looks closer too often (the work
 * outgrows what was covered) the two-way algorithm finishes the job, in linear
 * time and constant space.
 *
 *   M. Crochemore, D. Perrin: Two-way string-matching, JACM 38(3), 1991.
 *   W. Mula: SIMD-friendly algorithms for substring searching, 2016.
 *
 * Going backward is going forward through mirrored arrays: `at + i * step`.
 */

/* --- one unit --- */

static ptrdiff_t
SIZED(find, _unit_forward)(const UNIT *hay, ptrdiff_t n, UNIT unit)
{
    ptrdiff_t i = 0;
#if BITS == 8
    const UNIT *hit = n > 0 ? memchr(hay, unit, n) : NULL;
    (void)i;
    return hit ? hit - hay : -1;
#else
    const __m128i wanted = SPLAT(unit);
    for (; i + LANES <= n; i += LANES) {
        __m128i block = _mm_loadu_si128((const __m128i *)(hay + i));
        unsigned mask = _mm_movemask_epi8(EQUAL_LANES(block, wanted));
        if (mask) { return i + __builtin_ctz(mask) / (BITS / 8); }
    }
    for (; i < n; i++) {
        if (hay[i] == unit) { return i; }
    }
    return -1;
#endif
}

static ptrdiff_t
SIZED(find, _unit_backward)(const UNIT *hay, ptrdiff_t n, UNIT unit)
{
#if BITS == 8
    const UNIT *hit = n > 0 ? memrchr(hay, unit, n) : NULL;
    return hit ? hit - hay : -1;
#else
    const __m128i wanted = SPLAT(unit);
    while (n >= LANES) {
        __m128i block = _mm_loadu_si128((const __m128i *)(hay + n - LANES));
        unsigned mask = _mm_movemask_epi8(EQUAL_LANES(block, wanted));
        if (mask) { return n - LANES + (31 - __builtin_clz(mask)) / (BITS / 8); }
        n -= LANES;
    }
    while (n-- > 0) {
        if (hay[n] == unit) { return n; }
    }
    return -1;
#endif
}

ptrdiff_t
SIZED(hob_find, _unit)(const UNIT *hay, ptrdiff_t n, UNIT unit, int direction)
{
    return direction > 0 ? SIZED(find, _unit_forward)(hay, n, unit)
                         : SIZED(find, _unit_backward)(hay, n, unit);
}

ptrdiff_t
SIZED(hob_count, _unit)(const UNIT *hay, ptrdiff_t n, UNIT unit, ptrdiff_t max)
{
    ptrdiff_t count = 0, i = 0;
#if BITS == 8
    const __m128i wanted = SPLAT(unit), zero = _mm_setzero_si128();
    while (i + LANES <= n) {
        __m128i sums = zero;            /* each lane counts down from 0, at most 255 times */
        ptrdiff_t end = i + 255 * LANES < n ? i + 255 * LANES : n;
        for (; i + LANES <= end; i += LANES) {
            __m128i block = _mm_loadu_si128((const __m128i *)(hay + i));
            sums = _mm_sub_epi8(sums, EQUAL_LANES(block, wanted));
        }
        __m128i halves = _mm_sad_epu8(sums, zero);
        count += _mm_cvtsi128_si64(halves) + _mm_cvtsi128_si64(_mm_srli_si128(halves, 8));
        if (count >= max) { return max; }
    }
#endif
    for (; i < n; i++) { count += hay[i] == unit; }
    return count < max ? count : max;
}

/* --- two-way: x is the needle, y the hay, both walked by step --- */

/* Last index before the maximal suffix of x under the alphabet's order (or its
 * reverse); *period gets that suffix's period. */
static ptrdiff_t
SIZED(find, _maximal_suffix)(const UNIT *x, ptrdiff_t m, int step, bool reverse,
                             ptrdiff_t *period)
{
    ptrdiff_t suffix = -1, rival = 0, k = 1, p = 1;
    while (rival + k < m) {
        UNIT a = x[(rival + k) * step], b = x[(suffix + k) * step];
        if (a == b) {
            if (k == p) {
                rival += p;
                k = 1;
            }
            else {
                k++;
            }
        }
        else if ((a < b) != reverse) {          /* the rival loses: skip past it */
            rival += k;
            k = 1;
            p = rival - suffix;
        }
        else {                                  /* the rival wins */
            suffix = rival++;
            k = p = 1;
        }
    }
    *period = p;
    return suffix;
}

static ptrdiff_t
SIZED(find, _two_way)(const UNIT *y, ptrdiff_t n, const UNIT *x, ptrdiff_t m, int step)
{
    ptrdiff_t period, other_period;
    ptrdiff_t cut = SIZED(find, _maximal_suffix)(x, m, step, false, &period);
    ptrdiff_t other = SIZED(find, _maximal_suffix)(x, m, step, true, &other_period);
    if (other > cut) {
        cut = other;
        period = other_period;
    }
    bool is_periodic = true;                    /* does the left part repeat with it? */
    for (ptrdiff_t i = 0; i <= cut && is_periodic; i++) {
        is_periodic = x[i * step] == x[(i + period) * step];
    }
    if (!is_periodic) {
        period = (cut + 1 > m - cut - 1 ? cut + 1 : m - cut - 1) + 1;
    }

    ptrdiff_t known = -1;                       /* x[0..known] is already matched */
    for (ptrdiff_t at = 0; at <= n - m;) {
        ptrdiff_t i = (cut > known ? cut : known) + 1;
        while (i < m && x[i * step] == y[(at + i) * step]) { i++; }
        if (i < m) {
            at += i - cut;
            known = -1;
            continue;
        }
        i = cut;
        while (i > known && x[i * step] == y[(at + i) * step]) { i--; }
        if (i <= known) { return at; }
        at += period;
        known = is_periodic ? m - period - 1 : -1;
    }
    return -1;
}

static ptrdiff_t
SIZED(find, _two_way_forward)(const UNIT *hay, ptrdiff_t n, const UNIT *needle, ptrdiff_t m,
                      ptrdiff_t from)
{
    ptrdiff_t at = SIZED(find, _two_way)(hay + from, n - from, needle, m, 1);
    return at < 0 ? -1 : from + at;
}

static ptrdiff_t
SIZED(find, _two_way_backward)(const UNIT *hay, ptrdiff_t n, const UNIT *needle, ptrdiff_t m)
{
    ptrdiff_t at = SIZED(find, _two_way)(hay + n - 1, n, needle + m - 1, m, -1);
    return at < 0 ? -1 : n - at - m;
}

/* --- the filter; 2 <= m <= n --- */

static ptrdiff_t
SIZED(find, _forward)(const UNIT *hay, ptrdiff_t n, const UNIT *needle, ptrdiff_t m)
{
    const UNIT first = needle[0], last = needle[m - 1];
    const __m128i firsts = SPLAT(first), lasts = SPLAT(last);
    const ptrdiff_t cost = 1 + m / 32, n_starts = n - m + 1;
    ptrdiff_t i = 0, credit = FILTER_CREDIT;

    for (; i + LANES <= n_starts; i += LANES) {
        __m128i head = _mm_loadu_si128((const __m128i *)(hay + i));
        __m128i tail = _mm_loadu_si128((const __m128i *)(hay + i + m - 1));
        unsigned mask = _mm_movemask_epi8(_mm_and_si128(EQUAL_LANES(head, firsts),
                                                        EQUAL_LANES(tail, lasts)));
        for (; mask; mask &= ~((unsigned)LANE_MASK << __builtin_ctz(mask))) {
            ptrdiff_t at = i + __builtin_ctz(mask) / (BITS / 8);
            if (memcmp(hay + at + 1, needle + 1, (m - 2) * sizeof(UNIT)) == 0) { return at; }
            credit -= cost;
        }
        credit += 4;
        if (credit < 0) { return SIZED(find, _two_way_forward)(hay, n, needle, m, i + LANES); }
    }
    for (; i < n_starts; i++) {
        if (hay[i] == first && hay[i + m - 1] == last
            && memcmp(hay + i, needle, m * sizeof(UNIT)) == 0) { return i; }
    }
    return -1;
}

static ptrdiff_t
SIZED(find, _backward)(const UNIT *hay, ptrdiff_t n, const UNIT *needle, ptrdiff_t m)
{
    const UNIT first = needle[0], last = needle[m - 1];
    const ptrdiff_t cost = 1 + m / 32;
    ptrdiff_t credit = FILTER_CREDIT;

    for (ptrdiff_t at = n - m; at >= 0; at--) {
        if (hay[at] != first || hay[at + m - 1] != last) { continue; }
        if (memcmp(hay + at, needle, m * sizeof(UNIT)) == 0) { return at; }
        credit -= cost;
        if (credit < 0) { return SIZED(find, _two_way_backward)(hay, at + m - 1, needle, m); }
    }
    return -1;
}

ptrdiff_t
SIZED(hob_find, )(const UNIT *hay, ptrdiff_t n, const UNIT *needle, ptrdiff_t m, int direction)
{
    if (m > n) { return -1; }
    if (m == 0) { return direction > 0 ? 0 : n; }
    if (m == 1) { return SIZED(hob_find, _unit)(hay, n, needle[0], direction); }
    return direction > 0 ? SIZED(find, _forward)(hay, n, needle, m)
                         : SIZED(find, _backward)(hay, n, needle, m);
}

ptrdiff_t
SIZED(hob_count, )(const UNIT *hay, ptrdiff_t n, const UNIT *needle, ptrdiff_t m, ptrdiff_t max)
{
    if (m > n || max <= 0) { return 0; }
    if (m == 0) { return n < max ? n + 1 : max; }
    if (m == 1) { return SIZED(hob_count, _unit)(hay, n, needle[0], max); }
    ptrdiff_t count = 0;
    while (count < max && n >= m) {
        ptrdiff_t at = SIZED(find, _forward)(hay, n, needle, m);
        if (at < 0) { break; }
        count++;
        hay += at + m;
        n -= at + m;
    }
    return count;
}

#undef UNIT
#undef BITS
#undef SIZED
#undef LANES
#undef LANE_MASK
#undef SPLAT
#undef EQUAL_LANES

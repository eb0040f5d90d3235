/* list_sort.c -- list.sort(): a stable, adaptive merge sort.
 *
 * The method is timsort (T. Peters, listsort.txt) with powersort's merge policy
 * (Munro and Wild, "Nearly-Optimal Mergesorts", 2018): natural runs, short ones
 * stretched by binary insertion, merged by galloping when one side keeps winning.
 *
 * Layout     keys are sorted, and with a key function the items move along in a
 *            parallel array:  keys[i] is the key of values[i]; else values is NULL.
 *              stack   runs not merged yet, from the left, each with its power
 * Holds      only "less than" is asked, so equal keys keep their order.
 *            While it runs the list is empty and its allocated is -1: a comparison
 *            that touches the list is noticed at the end.
 *            On any way out the array holds each reference exactly once.
 * Hazard     every comparison may run Python code, except those of plain keys
 *            (plain.h), which are compared here when all keys are alike.
 */
#include "objects/list.h"

#include "memory/own.h"
#include "objects/plain.h"

enum { MIN_GALLOP = 7, MAX_MINRUN = 64, STACK_MAX = 85, FEW_TEMP = 256 };

typedef struct slice {
    PyObject **keys;
    PyObject **values;                  /* NULL without a key function */
} slice;

typedef struct run {
    slice at;
    Py_ssize_t length;
    int power;                          /* of the boundary to the next run */
} run;

typedef struct sorter sorter;
typedef tri (*less_function)(sorter *s, PyObject *a, PyObject *b);

struct sorter {
    less_function less;
    richcmpfunc type_compare;           /* of all keys, for less_same_type */
    Py_ssize_t min_gallop;              /* adapts: falls while galloping pays */
    PyObject **start;                   /* first key of the list */
    Py_ssize_t length;
    slice temp;                         /* merge space for temp_size pairs */
    Py_ssize_t temp_size;
    Py_ssize_t n_runs;
    run runs[STACK_MAX];
    PyObject *few[FEW_TEMP];            /* the first merge space */
};

/* --- comparison, specialised when all keys are of one type --- */

static tri
less_any(sorter *s, PyObject *a, PyObject *b)
{
    return PyObject_RichCompareBool(a, b, Py_LT);
}

static tri
less_same_type(sorter *s, PyObject *a, PyObject *b)
{
    /* a comparison may have changed the type under our feet */
    if (Py_TYPE(a)->tp_richcompare != s->type_compare) {
        return PyObject_RichCompareBool(a, b, Py_LT);
    }
    PyObject *answer = s->type_compare(a, b, Py_LT);
    if (answer == Py_NotImplemented) {
        Py_DECREF(answer);
        return PyObject_RichCompareBool(a, b, Py_LT);
    }
    if (!answer) { return -1; }
    tri is_less = PyBool_Check(answer) ? answer == Py_True : PyObject_IsTrue(answer);
    Py_DECREF(answer);
    return is_less;
}

/* Both are str of one byte a character. */
static tri
less_latin1(sorter *s, PyObject *a, PyObject *b)
{
    return hob_order_strs(a, b) == ORDER_LESS;
}

/* Both are int of at most one digit. */
static tri
less_small_int(sorter *s, PyObject *a, PyObject *b)
{
    return hob_int_compact_value(a) < hob_int_compact_value(b);
}

static tri
less_int(sorter *s, PyObject *a, PyObject *b)
{
    hob_order order = hob_order_items(a, b);
    return order != ORDER_UNKNOWN ? order == ORDER_LESS : less_any(s, a, b);
}

static tri
less_float(sorter *s, PyObject *a, PyObject *b)
{
    return PyFloat_AS_DOUBLE(a) < PyFloat_AS_DOUBLE(b);
}

/* Tuples: the first pair that is not equal decides. */
static tri
less_tuple(sorter *s, PyObject *a, PyObject *b)
{
    if (!PyTuple_CheckExact(a) || !PyTuple_CheckExact(b)) { return less_any(s, a, b); }
    Py_ssize_t n = PyTuple_GET_SIZE(a);
    Py_ssize_t m = PyTuple_GET_SIZE(b);
    Py_ssize_t i = 0;
    for (; i < n && i < m; i++) {
        PyObject *x = PyTuple_GET_ITEM(a, i);
        PyObject *y = PyTuple_GET_ITEM(b, i);
        if (x == y) { continue; }
        hob_order order = hob_order_items(x, y);
        if (order == ORDER_EQUAL) { continue; }
        if (order != ORDER_UNKNOWN) { return order == ORDER_LESS; }
        tri same = PyObject_RichCompareBool(x, y, Py_EQ);
        if (same < 0) { return -1; }
        if (!same) { return PyObject_RichCompareBool(x, y, Py_LT); }
    }
    return n < m;
}

/* The fastest comparison that is right for all keys. */
static less_function
choose_less(sorter *s, PyObject **keys, Py_ssize_t n)
{
    PyTypeObject *type = Py_TYPE(keys[0]);
    bool all_latin1 = type == &PyUnicode_Type;
    bool all_small = type == &PyLong_Type;
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *key = keys[i];
        if (!Py_IS_TYPE(key, type)) { return less_any; }
        if (all_latin1) {
            all_latin1 = PyUnicode_READY(key) == 0
                && PyUnicode_KIND(key) == PyUnicode_1BYTE_KIND;
        }
        all_small = all_small && hob_int_is_compact(key);
    }
    if (all_latin1) { return less_latin1; }
    if (all_small) { return less_small_int; }
    if (type == &PyLong_Type) { return less_int; }
    if (type == &PyFloat_Type) { return less_float; }
    if (type == &PyTuple_Type) { return less_tuple; }
    s->type_compare = type->tp_richcompare;
    return s->type_compare ? less_same_type : less_any;
}

/* Branch on a < b; a failed comparison leaves the function. */
#define LESS(a, b) ({                               \
        tri less_ = s->less(s, (a), (b));           \
        if (UNLIKELY(less_ < 0)) { goto failed; }   \
        less_;                                      \
    })

/* --- moving pairs --- */

static inline slice
shift(slice at, Py_ssize_t by)
{
    return (slice){at.keys + by, at.values ? at.values + by : NULL};
}

static inline void
copy_pair(slice to, Py_ssize_t i, slice from, Py_ssize_t j)
{
    to.keys[i] = from.keys[j];
    if (to.values) { to.values[i] = from.values[j]; }
}

static inline void
move_pairs(slice to, slice from, Py_ssize_t n)
{
    memmove(to.keys, from.keys, n * sizeof(PyObject *));
    if (to.values) { memmove(to.values, from.values, n * sizeof(PyObject *)); }
}

static void
reverse_array(PyObject **low, PyObject **high)
{
    for (high--; low < high; low++, high--) {
        PyObject *item = *low;
        *low = *high;
        *high = item;
    }
}

static void
reverse_pairs(slice at, Py_ssize_t n)
{
    reverse_array(at.keys, at.keys + n);
    if (at.values) { reverse_array(at.values, at.values + n); }
}

/* --- runs --- */

/* Length of the run at the left of n pairs; a strictly descending one is said so. */
static Py_ssize_t
count_run(sorter *s, slice at, Py_ssize_t n, bool *descending)
{
    PyObject **keys = at.keys;
    *descending = false;
    if (n < 2) { return n; }
    Py_ssize_t i = 2;
    if (LESS(keys[1], keys[0])) {
        *descending = true;
        while (i < n && LESS(keys[i], keys[i - 1])) { i++; }
    }
    else {
        while (i < n && !LESS(keys[i], keys[i - 1])) { i++; }
    }
    return i;
failed:
    return -1;
}

/* Sort n pairs of which the first n_sorted are in order, by binary insertion. */
static status
insertion_sort(sorter *s, slice at, Py_ssize_t n, Py_ssize_t n_sorted)
{
    PyObject **keys = at.keys;
    for (Py_ssize_t i = n_sorted ? n_sorted : 1; i < n; i++) {
        PyObject *pivot = keys[i];
        Py_ssize_t low = 0;
        Py_ssize_t high = i;
        while (low < high) {
            Py_ssize_t middle = low + ((high - low) >> 1);
            if (LESS(pivot, keys[middle])) { high = middle; }
            else { low = middle + 1; }
        }
        for (Py_ssize_t j = i; j > low; j--) { keys[j] = keys[j - 1]; }
        keys[low] = pivot;
        if (at.values) {
            PyObject *value = at.values[i];
            memmove(&at.values[low + 1], &at.values[low], (i - low) * sizeof(PyObject *));
            at.values[low] = value;
        }
    }
    return 0;
failed:
    return -1;
}

/* n / minrun is a power of two or a little less; n itself when n is small. */
static Py_ssize_t
minimal_run(Py_ssize_t n)
{
    Py_ssize_t rest = 0;
    while (n >= MAX_MINRUN) {
        rest |= n & 1;
        n >>= 1;
    }
    return n + rest;
}

/* --- galloping: where in n sorted keys does key belong? ---
 *
 * From hint, double the step until key is bracketed, then search in between.
 * Left: before keys that equal it; right: after them. */

static Py_ssize_t
gallop_left(sorter *s, PyObject *key, PyObject **keys, Py_ssize_t n, Py_ssize_t hint)
{
    Py_ssize_t last = 0;
    Py_ssize_t step = 1;
    Py_ssize_t low, high;               /* keys[low] < key <= keys[high] */
    if (LESS(keys[hint], key)) {
        Py_ssize_t max = n - hint;
        while (step < max && LESS(keys[hint + step], key)) {
            last = step;
            step = (step << 1) + 1;
        }
        low = hint + last;
        high = hint + Py_MIN(step, max);
    }
    else {
        Py_ssize_t max = hint + 1;
        while (step < max && !LESS(keys[hint - step], key)) {
            last = step;
            step = (step << 1) + 1;
        }
        low = hint - Py_MIN(step, max);
        high = hint - last;
    }
    for (low++; low < high;) {
        Py_ssize_t middle = low + ((high - low) >> 1);
        if (LESS(keys[middle], key)) { low = middle + 1; }
        else { high = middle; }
    }
    return high;
failed:
    return -1;
}

static Py_ssize_t
gallop_right(sorter *s, PyObject *key, PyObject **keys, Py_ssize_t n, Py_ssize_t hint)
{
    Py_ssize_t last = 0;
    Py_ssize_t step = 1;
    Py_ssize_t low, high;               /* keys[low] <= key < keys[high] */
    if (LESS(key, keys[hint])) {
        Py_ssize_t max = hint + 1;
        while (step < max && LESS(key, keys[hint - step])) {
            last = step;
            step = (step << 1) + 1;
        }
        low = hint - Py_MIN(step, max);
        high = hint - last;
    }
    else {
        Py_ssize_t max = n - hint;
        while (step < max && !LESS(key, keys[hint + step])) {
            last = step;
            step = (step << 1) + 1;
        }
        low = hint + last;
        high = hint + Py_MIN(step, max);
    }
    for (low++; low < high;) {
        Py_ssize_t middle = low + ((high - low) >> 1);
        if (LESS(key, keys[middle])) { high = middle; }
        else { low = middle + 1; }
    }
    return high;
failed:
    return -1;
}

/* --- merging --- */

static void
free_temp(sorter *s)
{
    if (s->temp.keys != s->few) { PyMem_Free(s->temp.keys); }
}

/* Merge space for n pairs; what it held is lost. */
static status
need_temp(sorter *s, Py_ssize_t n)
{
    if (n <= s->temp_size) { return 0; }
    bool has_values = s->temp.values != NULL;
    free_temp(s);
    s->temp.keys = NULL;
    if ((size_t)n > PY_SSIZE_T_MAX / sizeof(PyObject *) / 2
            || !(s->temp.keys = PyMem_New(PyObject *, n << has_values))) {
        s->temp.keys = s->few;
        s->temp_size = FEW_TEMP >> has_values;
        s->temp.values = has_values ? s->few + s->temp_size : NULL;
        PyErr_NoMemory();
        return -1;
    }
    s->temp_size = n;
    if (has_values) { s->temp.values = s->temp.keys + n; }
    return 0;
}

/* Merge neighbours a (na pairs) and b (nb), na <= nb, going up: a moves out of the
 * way.  b[0] < a[0] and a's last is greater than all of b: known from galloping. */
static status
merge_low(sorter *s, slice a, Py_ssize_t na, slice b, Py_ssize_t nb)
{
    if (need_temp(s, na) < 0) { return -1; }
    slice to = a;
    move_pairs(s->temp, a, na);
    a = s->temp;
    status done = -1;
    Py_ssize_t min_gallop = s->min_gallop;

#define TAKE_A(n) \
    do { move_pairs(to, a, n); to = shift(to, n); a = shift(a, n); na -= n; } while (0)
#define TAKE_B(n) \
    do { move_pairs(to, b, n); to = shift(to, n); b = shift(b, n); nb -= n; } while (0)
#define ONE_A() \
    do { copy_pair(to, 0, a, 0); to = shift(to, 1); a = shift(a, 1); na--; } while (0)
#define ONE_B() \
    do { copy_pair(to, 0, b, 0); to = shift(to, 1); b = shift(b, 1); nb--; } while (0)

    ONE_B();
    if (nb == 0) { goto b_done; }
    if (na == 1) { goto last_a; }
    for (;;) {
        Py_ssize_t wins_a = 0;
        Py_ssize_t wins_b = 0;
        do {                                    /* one by one, till one side keeps winning */
            if (LESS(b.keys[0], a.keys[0])) {
                ONE_B();
                wins_b++;
                wins_a = 0;
                if (nb == 0) { goto b_done; }
            }
            else {
                ONE_A();
                wins_a++;
                wins_b = 0;
                if (na == 1) { goto last_a; }
            }
        } while (wins_a < min_gallop && wins_b < min_gallop);

        min_gallop++;
        do {                                    /* gallop, while it pays */
            min_gallop -= min_gallop > 1;
            s->min_gallop = min_gallop;
            wins_a = gallop_right(s, b.keys[0], a.keys, na, 0);
            if (wins_a < 0) { goto failed; }
            if (wins_a) {
                TAKE_A(wins_a);
                if (na == 1) { goto last_a; }
                if (na == 0) { goto b_done; }   /* only by an inconsistent order */
            }
            ONE_B();
            if (nb == 0) { goto b_done; }
            wins_b = gallop_left(s, a.keys[0], b.keys, nb, 0);
            if (wins_b < 0) { goto failed; }
            if (wins_b) {
                TAKE_B(wins_b);
                if (nb == 0) { goto b_done; }
            }
            ONE_A();
            if (na == 1) { goto last_a; }
        } while (wins_a >= MIN_GALLOP || wins_b >= MIN_GALLOP);
        min_gallop++;                           /* it did not: ask more next time */
        s->min_gallop = min_gallop;
    }
b_done:
    done = 0;
failed:
    if (na) { move_pairs(to, a, na); }
    return done;
last_a:                                         /* goes behind all of b */
    move_pairs(to, b, nb);
    copy_pair(to, nb, a, 0);
    return 0;
#undef TAKE_A
#undef TAKE_B
#undef ONE_A
#undef ONE_B
}

/* The same for na >= nb, going down: b moves out of the way.  a and b are given by
 * their first pairs; a_end, b_end and to are past the last ones. */
static status
merge_high(sorter *s, slice a, Py_ssize_t na, slice b, Py_ssize_t nb)
{
    if (need_temp(s, nb) < 0) { return -1; }
    slice to = shift(b, nb);
    move_pairs(s->temp, b, nb);
    b = s->temp;
    status done = -1;
    Py_ssize_t min_gallop = s->min_gallop;

#define TAKE_A(n) \
    do { na -= n; to = shift(to, -(n)); move_pairs(to, shift(a, na), n); } while (0)
#define TAKE_B(n) \
    do { nb -= n; to = shift(to, -(n)); move_pairs(to, shift(b, nb), n); } while (0)
#define ONE_A() do { na--; to = shift(to, -1); copy_pair(to, 0, a, na); } while (0)
#define ONE_B() do { nb--; to = shift(to, -1); copy_pair(to, 0, b, nb); } while (0)

    ONE_A();
    if (na == 0) { goto a_done; }
    if (nb == 1) { goto last_b; }
    for (;;) {
        Py_ssize_t wins_a = 0;
        Py_ssize_t wins_b = 0;
        do {
            if (LESS(b.keys[nb - 1], a.keys[na - 1])) {
                ONE_A();
                wins_a++;
                wins_b = 0;
                if (na == 0) { goto a_done; }
            }
            else {
                ONE_B();
                wins_b++;
                wins_a = 0;
                if (nb == 1) { goto last_b; }
            }
        } while (wins_a < min_gallop && wins_b < min_gallop);

        min_gallop++;
        do {
            min_gallop -= min_gallop > 1;
            s->min_gallop = min_gallop;
            Py_ssize_t k = gallop_right(s, b.keys[nb - 1], a.keys, na, na - 1);
            if (k < 0) { goto failed; }
            wins_a = na - k;
            if (wins_a) {
                TAKE_A(wins_a);
                if (na == 0) { goto a_done; }
            }
            ONE_B();
            if (nb == 1) { goto last_b; }
            k = gallop_left(s, a.keys[na - 1], b.keys, nb, nb - 1);
            if (k < 0) { goto failed; }
            wins_b = nb - k;
            if (wins_b) {
                TAKE_B(wins_b);
                if (nb == 1) { goto last_b; }
                if (nb == 0) { goto a_done; }   /* only by an inconsistent order */
            }
            ONE_A();
            if (na == 0) { goto a_done; }
        } while (wins_a >= MIN_GALLOP || wins_b >= MIN_GALLOP);
        min_gallop++;
        s->min_gallop = min_gallop;
    }
a_done:
    done = 0;
failed:
    if (nb) { move_pairs(shift(to, -nb), b, nb); }
    return done;
last_b:                                         /* goes before all of a */
    move_pairs(shift(to, -na), a, na);
    to = shift(to, -na);
    copy_pair(to, -1, b, 0);
    return 0;
#undef TAKE_A
#undef TAKE_B
#undef ONE_A
#undef ONE_B
}

/* Merge runs i and i + 1 of the stack. */
static status
merge_at(sorter *s, Py_ssize_t i)
{
    slice a = s->runs[i].at;
    slice b = s->runs[i + 1].at;
    Py_ssize_t na = s->runs[i].length;
    Py_ssize_t nb = s->runs[i + 1].length;
    s->runs[i].length = na + nb;
    if (i == s->n_runs - 3) { s->runs[i + 1] = s->runs[i + 2]; }
    s->n_runs--;

    /* what of a comes before all of b, and of b after all of a, stays */
    Py_ssize_t k = gallop_right(s, b.keys[0], a.keys, na, 0);
    if (k < 0) { return -1; }
    a = shift(a, k);
    na -= k;
    if (na == 0) { return 0; }
    nb = gallop_left(s, a.keys[na - 1], b.keys, nb, nb - 1);
    if (nb <= 0) { return (status)nb; }
    return na <= nb ? merge_low(s, a, na, b, nb) : merge_high(s, a, na, b, nb);
}

/* Depth in a perfectly balanced merge tree at which the boundary between two runs
 * (n1 pairs from start, then n2) of n pairs in all would be merged: the number of
 * leading bits that the two midpoints, as fractions of n, have in common, plus 1. */
static int
boundary_power(Py_ssize_t start, Py_ssize_t n1, Py_ssize_t n2, Py_ssize_t n)
{
    Py_ssize_t left = 2 * start + n1;           /* twice the midpoints */
    Py_ssize_t right = left + n1 + n2;
    for (int power = 1;; power++) {
        bool left_bit = left >= n;
        bool right_bit = right >= n;
        if (left_bit != right_bit) { return power; }
        if (left_bit) {
            left -= n;
            right -= n;
        }
        left <<= 1;
        right <<= 1;
    }
}

/* Before a run of n pairs is pushed: merge what its boundary outweighs. */
static status
make_way(sorter *s, Py_ssize_t n)
{
    if (!s->n_runs) { return 0; }
    run *top = &s->runs[s->n_runs - 1];
    int power = boundary_power(top->at.keys - s->start, top->length, n, s->length);
    while (s->n_runs > 1 && s->runs[s->n_runs - 2].power > power) {
        if (merge_at(s, s->n_runs - 2) < 0) { return -1; }
    }
    s->runs[s->n_runs - 1].power = power;
    return 0;
}

static status
merge_all(sorter *s)
{
    while (s->n_runs > 1) {
        Py_ssize_t i = s->n_runs - 2;
        if (i > 0 && s->runs[i - 1].length < s->runs[i + 1].length) { i--; }
        if (merge_at(s, i) < 0) { return -1; }
    }
    return 0;
}

static status
sort_pairs(sorter *s, slice at, Py_ssize_t n)
{
    Py_ssize_t minrun = minimal_run(n);
    while (n > 0) {
        bool descending;
        Py_ssize_t length = count_run(s, at, n, &descending);
        if (length < 0) { return -1; }
        if (descending) { reverse_pairs(at, length); }
        if (length < minrun) {
            Py_ssize_t wanted = Py_MIN(n, minrun);
            if (insertion_sort(s, at, wanted, length) < 0) { return -1; }
            length = wanted;
        }
        if (make_way(s, length) < 0) { return -1; }
        EXPECT(s->n_runs < STACK_MAX);
        s->runs[s->n_runs++] = (run){at, length, 0};
        at = shift(at, length);
        n -= length;
    }
    return merge_all(s);
}

/* --- the list around it --- */

/* Keys of n items; NULL with an exception. */
static PyObject **
make_keys(PyObject **items, Py_ssize_t n, PyObject *function)
{
    PyObject **keys = PyMem_New(PyObject *, n ? n : 1);
    if (!keys) {
        PyErr_NoMemory();
        return NULL;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        keys[i] = PyObject_CallOneArg(function, items[i]);
        if (keys[i]) { continue; }
        while (i-- > 0) { Py_DECREF(keys[i]); }
        PyMem_Free(keys);
        return NULL;
    }
    return keys;
}

static status
sort_items(PyObject **items, Py_ssize_t n, PyObject *function, bool reverse)
{
    PyObject **keys = function ? make_keys(items, n, function) : items;
    if (function && !keys) { return -1; }
    slice at = {keys, function ? items : NULL};
    status done = 0;
    if (n > 1) {
        sorter s;
        s.min_gallop = MIN_GALLOP;
        s.start = keys;
        s.length = n;
        s.n_runs = 0;
        s.temp_size = function ? FEW_TEMP / 2 : FEW_TEMP;
        s.temp = (slice){s.few, function ? s.few + FEW_TEMP / 2 : NULL};
        s.less = choose_less(&s, keys, n);
        /* reversed twice, equal items keep their order */
        if (reverse) { reverse_pairs(at, n); }
        done = sort_pairs(&s, at, n);
        if (reverse) { reverse_array(items, items + n); }
        free_temp(&s);
    }
    if (function) {
        for (Py_ssize_t i = 0; i < n; i++) { Py_DECREF(keys[i]); }
        PyMem_Free(keys);
    }
    return done;
}

status
hob_list_sort(PyListObject *self, PyObject *key, bool reverse)
{
    if (key == Py_None) { key = NULL; }
    PyObject **items = self->ob_item;
    Py_ssize_t n = Py_SIZE(self);
    Py_ssize_t allocated = self->allocated;
    Py_SET_SIZE(self, 0);
    self->ob_item = NULL;
    self->allocated = -1;               /* any use of the list changes that */

    status done = sort_items(items, n, key, reverse);

    if (self->allocated != -1 && done == 0) {
        PyErr_SetString(PyExc_ValueError, "list modified during sort");
        done = -1;
    }
    PyObject **others = self->ob_item;
    Py_ssize_t n_others = Py_SIZE(self);
    self->ob_item = items;
    Py_SET_SIZE(self, n);
    self->allocated = allocated;
    if (others) {                       /* what was put in meanwhile */
        while (n_others-- > 0) { Py_XDECREF(others[n_others]); }
        PyMem_Free(others);
    }
    return done;
}

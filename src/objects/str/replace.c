/* replace.c -- a str with something changed: replace, strip, pad, expandtabs. */
#include "objects/str/split.h"

#include "text/ucd.h"

/* --- replace --- */

/* The bytes of a text if other threads may run while they are read, else 0. */
static inline uint64_t
work_in(text t, bool may_leave)
{
    return may_leave ? (uint64_t)t.n * t.kind : 0;
}

/* Copy t to units, of a kind, and put new for the first max old, the first of
 * which is at `at`. */
static void
copy_with_char(int kind, void *units, text t, Py_ssize_t at, Py_UCS4 old, Py_UCS4 new,
               Py_ssize_t max)
{
    hob_units_copy(kind, units, t.kind, t.data, t.n);
    if (max == PY_SSIZE_T_MAX) {
        hob_units_replace(kind, (char *)units + at * kind, t.n - at, old, new);
        return;
    }
    while (max-- > 0) {
        hob_unit_set(kind, units, at, new);
        text rest = {t.kind, text_place(t, at + 1), t.n - at - 1};
        Py_ssize_t step = hob_str_find_char(rest, old, FIND_FORWARD);
        if (step < 0) { return; }
        at += 1 + step;
    }
}

/* One character by another, both fit for str's kind. */
static PyObject *
replace_char(PyObject *str, text needle, Py_UCS4 new, Py_ssize_t max, bool may_leave)
{
    text t = text_of(str);
    Py_ssize_t at = may_leave ? hob_str_find_aside(t, needle, FIND_FORWARD)
                              : hob_str_find(t, needle, FIND_FORWARD);
    if (at < 0) { return hob_str_same(str); }
    Py_UCS4 old = text_at(needle, 0), str_max = PyUnicode_MAX_CHAR_VALUE(str);
    own PyObject *copy = PyUnicode_New(t.n, str_max > new ? str_max : new);
    if (!copy) { return NULL; }
    text changed = text_of(copy);
    bool may_shrink = hob_range_max(old) >= str_max && hob_range_max(new) < str_max;

    PyThreadState *aside = hob_aside_begin(work_in(t, may_leave), ASIDE_BYTES);
    copy_with_char(changed.kind, (void *)changed.data, t, at, old, new, max);
    /* the widest character may be gone */
    Py_UCS4 bits = may_shrink ? hob_units_bits(changed.kind, changed.data, changed.n) : 0;
    hob_aside_end(aside);

    if (!may_shrink || hob_range_max(bits) == PyUnicode_MAX_CHAR_VALUE(copy)) {
        return take(copy);
    }
    return hob_str_from_units_bits(changed.kind, changed.data, changed.n, bits);
}

/* new before each of the first `count` characters, and behind the last. */
static void
interleave(PyObject *to, PyObject *str, PyObject *new, Py_ssize_t count)
{
    Py_ssize_t at = 0, i = 0, n = LENGTH(str);
    for (;; i++) {
        if (count-- <= 0) { break; }
        hob_str_copy(to, at, new, 0, LENGTH(new));
        at += LENGTH(new);
        if (i == n) { break; }
        hob_str_copy(to, at++, str, i, 1);
    }
    if (i < n) { hob_str_copy(to, at, str, i, n - i); }
}

/* Where the needle was found: the first so many places are kept. */
enum { PLACES = 100 };

typedef struct {
    Py_ssize_t n;
    Py_ssize_t at[PLACES];
} places;

/* Find up to max places. */
static void
find_places(places *found, text t, text needle, Py_ssize_t max)
{
    found->n = 0;
    for (Py_ssize_t from = 0; found->n < max;) {
        text rest = {t.kind, text_place(t, from), t.n - from};
        if (found->n == PLACES) {               /* only count the others */
            found->n += hob_str_count(rest, needle, max - PLACES);
            return;
        }
        Py_ssize_t step = hob_str_find_same(rest, needle, FIND_FORWARD);
        if (step < 0) { return; }
        found->at[found->n++] = from + step;
        from += step + needle.n;
    }
}

/* Write t with part for each needle found, in units of a kind. */
static void
replace_all(int kind, char *out, text t, text needle, text part, const places *found)
{
    Py_ssize_t from = 0;
    for (Py_ssize_t i = 0; i < found->n; i++) {
        Py_ssize_t at;
        if (i < PLACES) {
            at = found->at[i];
        }
        else {
            text rest = {t.kind, text_place(t, from), t.n - from};
            at = from + hob_str_find_same(rest, needle, FIND_FORWARD);
        }
        hob_units_copy(kind, out, t.kind, text_place(t, from), at - from);
        out += (at - from) * kind;
        hob_units_copy(kind, out, part.kind, part.data, part.n);
        out += part.n * kind;
        from = at + needle.n;
    }
    hob_units_copy(kind, out, t.kind, text_place(t, from), t.n - from);
}

/* The same for a needle of str's kind. */
static PyObject *
replace_text(PyObject *str, text needle, PyObject *new, Py_ssize_t max, bool may_leave)
{
    text t = text_of(str), part = text_of(new);
    uint64_t work = work_in(t, may_leave && needle.n);
    places found = {.n = t.n < max ? t.n + 1 : max};
    PyThreadState *aside = hob_aside_begin(work, ASIDE_BYTES);
    if (needle.n) { find_places(&found, t, needle, max); }
    hob_aside_end(aside);
    Py_ssize_t count = found.n, change = LENGTH(new) - needle.n;
    if (count == 0) { return hob_str_same(str); }
    if (change > 0 && change > (PY_SSIZE_T_MAX - t.n) / count) {
        PyErr_SetString(PyExc_OverflowError, "replace string is too long");
        return NULL;
    }
    Py_UCS4 old_max = PyUnicode_MAX_CHAR_VALUE(str), new_max = PyUnicode_MAX_CHAR_VALUE(new);
    own PyObject *to = PyUnicode_New(t.n + change * count, old_max > new_max ? old_max
                                     : new_max);
    if (!to || LENGTH(to) == 0) { return take(to); }
    text changed = text_of(to);
    bool is_right = STATE(to).ascii && changed.n > 1;       /* as wide as it must be */

    aside = hob_aside_begin(work, ASIDE_BYTES);
    if (needle.n == 0) { interleave(to, str, new, count); }
    else { replace_all(changed.kind, (char *)changed.data, t, needle, part, &found); }
    Py_UCS4 bits = is_right ? 0 : hob_units_bits(changed.kind, changed.data, changed.n);
    hob_aside_end(aside);

    if (is_right) { return take(to); }
    if (changed.n > 1 && hob_range_max(bits) == PyUnicode_MAX_CHAR_VALUE(to)) {
        return take(to);
    }
    return hob_str_from_units_bits(changed.kind, changed.data, changed.n, bits);
}

PyObject *
hob_str_replace(PyObject *str, PyObject *old, PyObject *new, Py_ssize_t max, bool may_leave)
{
    if (max < 0) { max = PY_SSIZE_T_MAX; }
    text t = text_of(str), needle = text_of(old);
    if (max == 0 || needle.n > t.n || old == new || needle.kind > t.kind) {
        return hob_str_same(str);
    }
    if (needle.n == 1 && LENGTH(new) == 1) {
        return replace_char(str, needle, PyUnicode_READ_CHAR(new, 0), max, may_leave);
    }
    uint32_t stack[WIDEN_STACK / 4];
    void *heap;
    const void *units = hob_text_widen(needle, t.kind, stack, &heap);
    if (!units) { return NULL; }
    PyObject *result = replace_text(str, (text){t.kind, units, needle.n}, new, max,
                                    may_leave);
    PyMem_Free(heap);
    return result;
}

/* --- strip --- */

static inline bool
is_stripped(Py_UCS4 ch, const text *chars)
{
    if (!chars) { return ch < 128 ? _Py_ascii_whitespace[ch] : hob_ucd_is(ch, UCD_SPACE); }
    return hob_str_find_char(*chars, ch, FIND_FORWARD) >= 0;
}

PyObject *
hob_str_strip(PyObject *str, strip_side side, PyObject *chars)
{
    READY_OR(str, NULL);
    text t = text_of(str), set, *wanted = NULL;
    if (chars) {
        READY_OR(chars, NULL);
        set = text_of(chars);
        wanted = &set;
    }
    Py_ssize_t start = 0, stop = t.n;
    if (side & STRIP_LEFT) {
        while (start < stop && is_stripped(text_at(t, start), wanted)) { start++; }
    }
    if (side & STRIP_RIGHT) {
        while (stop > start && is_stripped(text_at(t, stop - 1), wanted)) { stop--; }
    }
    return hob_str_slice(str, start, stop);
}

/* --- padding --- */

PyObject *
hob_str_pad(PyObject *str, Py_ssize_t left, Py_ssize_t right, Py_UCS4 fill)
{
    left = Py_MAX(left, 0);
    right = Py_MAX(right, 0);
    if (left == 0 && right == 0) { return hob_str_same(str); }
    Py_ssize_t n = LENGTH(str);
    if (left > PY_SSIZE_T_MAX - n || right > PY_SSIZE_T_MAX - (left + n)) {
        PyErr_SetString(PyExc_OverflowError, "padded string is too long");
        return NULL;
    }
    Py_UCS4 max = PyUnicode_MAX_CHAR_VALUE(str);
    PyObject *padded = PyUnicode_New(left + n + right, max > fill ? max : fill);
    if (!padded) { return NULL; }
    if (left) { _PyUnicode_FastFill(padded, 0, left, fill); }
    if (right) { _PyUnicode_FastFill(padded, left + n, right, fill); }
    if (n) { hob_str_copy(padded, left, str, 0, n); }
    return padded;
}

PyObject *
hob_str_zfill(PyObject *str, Py_ssize_t width)
{
    READY_OR(str, NULL);
    if (width <= LENGTH(str)) { return hob_str_same(str); }
    Py_ssize_t fill = width - LENGTH(str);
    PyObject *padded = hob_str_pad(str, fill, 0, '0');
    if (!padded) { return NULL; }
    void *units = PyUnicode_DATA(padded);
    int kind = STATE(padded).kind;
    Py_UCS4 sign = fill < LENGTH(padded) ? hob_unit_at(kind, units, fill) : 0;
    if (sign == '+' || sign == '-') {           /* the sign goes in front of the zeros */
        hob_unit_set(kind, units, 0, sign);
        hob_unit_set(kind, units, fill, '0');
    }
    return padded;
}

/* --- tabs --- */

/* The length of str with tabs expanded, or -1 when it is too long. */
static Py_ssize_t
expanded_length(text t, int tabsize)
{
    Py_ssize_t n = 0, column = 0;
    for (Py_ssize_t i = 0; i < t.n; i++) {
        Py_UCS4 ch = text_at(t, i);
        Py_ssize_t step = 1;
        if (ch == '\t') { step = tabsize > 0 ? tabsize - column % tabsize : 0; }
        if (step > PY_SSIZE_T_MAX - n) { return -1; }
        n += step;
        column = ch == '\n' || ch == '\r' ? 0 : column + step;
    }
    return n;
}

PyObject *
hob_str_expandtabs(PyObject *str, int tabsize)
{
    READY_OR(str, NULL);
    text t = text_of(str);
    if (hob_str_find_char(t, '\t', FIND_FORWARD) < 0) { return hob_str_same(str); }
    Py_ssize_t n = expanded_length(t, tabsize);
    if (n < 0) {
        PyErr_SetString(PyExc_OverflowError, "new string is too long");
        return NULL;
    }
    PyObject *result = PyUnicode_New(n, PyUnicode_MAX_CHAR_VALUE(str));
    if (!result || n == 0) { return result; }
    void *to = PyUnicode_DATA(result);
    Py_ssize_t at = 0, column = 0;
    for (Py_ssize_t i = 0; i < t.n; i++) {
        Py_UCS4 ch = text_at(t, i);
        if (ch != '\t') {
            hob_unit_set(t.kind, to, at++, ch);
            column = ch == '\n' || ch == '\r' ? 0 : column + 1;
        }
        else if (tabsize > 0) {
            Py_ssize_t step = tabsize - column % tabsize;
            hob_units_fill(t.kind, (char *)to + at * t.kind, step, ' ');
            at += step;
            column += step;
        }
    }
    return result;
}

/* --- public API --- */

PyObject *
PyUnicode_Replace(PyObject *str, PyObject *substr, PyObject *replstr, Py_ssize_t maxcount)
{
    if (hob_str_expect(str) < 0 || hob_str_expect(substr) < 0 || hob_str_expect(replstr) < 0) {
        return NULL;
    }
    return hob_str_replace(str, substr, replstr, maxcount, false);
}

PyObject *
_PyUnicode_XStrip(PyObject *self, int striptype, PyObject *sepobj)
{
    static const strip_side sides[] = {STRIP_LEFT, STRIP_RIGHT, STRIP_BOTH};
    return hob_str_strip(self, sides[striptype], sepobj);
}

/* normalize.c -- normal forms: decompose, order, compose (UAX #15).
 *
 * Hangul syllables are decomposed and composed by arithmetic.
 */
#include "modules/unicodedata/normalize.h"

#include "memory/own.h"
#include "text/ucd.h"

enum {
    S_BASE = 0xac00, L_BASE = 0x1100, V_BASE = 0x1161, T_BASE = 0x11a7,
    L_COUNT = 19, V_COUNT = 21, T_COUNT = 28,
    N_COUNT = V_COUNT * T_COUNT, S_COUNT = L_COUNT * N_COUNT,
};

static inline bool
is_compat(normal_form form)
{
    return form == FORM_NFKC || form == FORM_NFKD;
}

/* --- quick check --- */

normal_verdict
hob_normal_check(PyObject *str, normal_form form, bool old, bool want_no)
{
    static const struct { uint8_t no, maybe; } bits[] = {
        [FORM_NFC] = {UCD_NFC_NO, UCD_NFC_MAYBE}, [FORM_NFD] = {UCD_NFD_NO, 0},
        [FORM_NFKC] = {UCD_NFKC_NO, UCD_NFKC_MAYBE}, [FORM_NFKD] = {UCD_NFKD_NO, 0}};
    if (PyUnicode_IS_ASCII(str)) { return NORMAL_YES; }
    if (old) { return NORMAL_MAYBE; }
    int kind = PyUnicode_KIND(str);
    const void *data = PyUnicode_DATA(str);
    Py_ssize_t n = PyUnicode_GET_LENGTH(str);
    normal_verdict verdict = NORMAL_YES;
    uint8_t before = 0;
    for (Py_ssize_t i = 0; i < n; i++) {
        const ucd_data *ch = hob_ucd_data_of(PyUnicode_READ(kind, data, i));
        if (ch->combining && before > ch->combining) { return NORMAL_NO; }
        before = ch->combining;
        if (ch->quick_check & bits[form].no) { return NORMAL_NO; }
        if (ch->quick_check & bits[form].maybe) {
            verdict = NORMAL_MAYBE;
            if (!want_no) { return verdict; }
        }
    }
    return verdict;
}

/* --- a growing text --- */

typedef struct {
    Py_UCS4 *chars;
    Py_ssize_t n, room;
} buffer;

static void
buffer_drop(buffer *b)
{
    PyMem_Free(b->chars);
}

static status
buffer_put(buffer *b, Py_UCS4 ch)
{
    if (b->n == b->room) {
        size_t room = (size_t)b->room + (size_t)b->room / 2 + 64;
        Py_UCS4 *chars = room > PY_SSIZE_T_MAX / sizeof *chars
            ? NULL : PyMem_Realloc(b->chars, room * sizeof *chars);
        if (!chars) {
            PyErr_NoMemory();
            return -1;
        }
        b->chars = chars;
        b->room = (Py_ssize_t)room;
    }
    b->chars[b->n++] = ch;
    return 0;
}

/* --- decomposition --- */

static status
put_hangul(buffer *out, Py_UCS4 ch)
{
    Py_UCS4 index = ch - S_BASE, final = index % T_COUNT;
    if (buffer_put(out, L_BASE + index / N_COUNT) < 0
        || buffer_put(out, V_BASE + index % N_COUNT / T_COUNT) < 0) { return -1; }
    return final ? buffer_put(out, T_BASE + final) : 0;
}

/* Put ch wholly decomposed. */
static status
put_decomposed(buffer *out, Py_UCS4 ch, bool compat, bool old)
{
    if (ch >= S_BASE && ch < S_BASE + S_COUNT) { return put_hangul(out, ch); }
    bool unassigned = old && hob_ucd_old_of(ch)->category == 0;
    if (old && !unassigned) {
        Py_UCS4 was = hob_ucd_uncorrected(ch);
        if (was) { return put_decomposed(out, was, compat, old); }
    }
    ucd_decomposition parts = hob_ucd_decomposition(ch);
    if (parts.n == 0 || unassigned || (parts.kind[0] && !compat)) {
        return buffer_put(out, ch);
    }
    for (int i = 0; i < parts.n; i++) {         /* the database nests a few levels at most */
        if (put_decomposed(out, parts.chars[i], compat, old) < 0) { return -1; }
    }
    return 0;
}

static inline uint8_t
class_of(Py_UCS4 ch)
{
    return hob_ucd_data_of(ch)->combining;
}

static void
sort_short(Py_UCS4 *chars, Py_ssize_t n)
{
    for (Py_ssize_t i = 1; i < n; i++) {
        Py_UCS4 ch = chars[i];
        uint8_t class = class_of(ch);
        Py_ssize_t at = i;
        for (; at > 0 && class_of(chars[at - 1]) > class; at--) { chars[at] = chars[at - 1]; }
        chars[at] = ch;
    }
}

/* The same by counting, so that a hostile text does not take quadratic time. */
static status
sort_long(Py_UCS4 *chars, Py_ssize_t n)
{
    Py_UCS4 *copy = PyMem_New(Py_UCS4, n);
    if (!copy) {
        PyErr_NoMemory();
        return -1;
    }
    memcpy(copy, chars, (size_t)n * sizeof *copy);
    Py_ssize_t start[257] = {0};
    for (Py_ssize_t i = 0; i < n; i++) { start[class_of(copy[i]) + 1]++; }
    for (int class = 1; class < 257; class++) { start[class] += start[class - 1]; }
    for (Py_ssize_t i = 0; i < n; i++) { chars[start[class_of(copy[i])]++] = copy[i]; }
    PyMem_Free(copy);
    return 0;
}

/* Sort runs of combining characters by class, keeping the order within one. */
static status
put_in_order(buffer *b)
{
    enum { SHORT = 32 };
    for (Py_ssize_t i = 0; i < b->n;) {
        Py_ssize_t start = i;
        while (i < b->n && class_of(b->chars[i])) { i++; }
        if (i - start > SHORT) {
            if (sort_long(b->chars + start, i - start) < 0) { return -1; }
        }
        else if (i - start > 1) {
            sort_short(b->chars + start, i - start);
        }
        i += i < b->n;
    }
    return 0;
}

/* --- composition --- */

static Py_UCS4
compose_pair(Py_UCS4 first, Py_UCS4 second)
{
    if (first >= L_BASE && first < L_BASE + L_COUNT
        && second >= V_BASE && second < V_BASE + V_COUNT) {
        return S_BASE + ((first - L_BASE) * V_COUNT + (second - V_BASE)) * T_COUNT;
    }
    if (first >= S_BASE && first < S_BASE + S_COUNT && (first - S_BASE) % T_COUNT == 0
        && second > T_BASE && second < T_BASE + T_COUNT) { return first + (second - T_BASE); }
    return hob_ucd_compose(first, second);
}

/* Compose in place what is not blocked from its starter. */
static void
compose(buffer *b)
{
    Py_ssize_t starter = -1, n = 0;
    uint8_t before = 0;         /* class of the last character kept */
    for (Py_ssize_t i = 0; i < b->n; i++) {
        Py_UCS4 ch = b->chars[i];
        uint8_t class = class_of(ch);
        if (starter >= 0 && (before == 0 || before < class)) {
            Py_UCS4 composed = compose_pair(b->chars[starter], ch);
            if (composed) {
                b->chars[starter] = composed;
                continue;
            }
        }
        if (class == 0) { starter = n; }
        before = class;
        b->chars[n++] = ch;
    }
    b->n = n;
}

PyObject *
hob_normalize(PyObject *str, normal_form form, bool old)
{
    __attribute__((cleanup(buffer_drop))) buffer out = {NULL, 0, 0};
    int kind = PyUnicode_KIND(str);
    const void *data = PyUnicode_DATA(str);
    Py_ssize_t n = PyUnicode_GET_LENGTH(str);
    for (Py_ssize_t i = 0; i < n; i++) {
        if (put_decomposed(&out, PyUnicode_READ(kind, data, i), is_compat(form), old) < 0) {
            return NULL;
        }
    }
    if (put_in_order(&out) < 0) { return NULL; }
    if (form == FORM_NFC || form == FORM_NFKC) { compose(&out); }
    return PyUnicode_FromKindAndData(PyUnicode_4BYTE_KIND, out.chars, out.n);
}

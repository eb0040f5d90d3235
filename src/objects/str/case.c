/* case.c -- upper, lower, title and folded text; questions about all characters.
 *
 * ASCII is mapped byte by byte.  Other text goes through a buffer of 4-byte
 * units, three for each character, since a full mapping may give so many.
 */
#include "objects/str/case.h"

#include "text/ucd.h"

/* --- mapping --- */

enum { SIGMA = 0x3a3, SMALL_SIGMA = 0x3c3, FINAL_SIGMA = 0x3c2 };

/* Is a capital sigma at i the last letter of its word? */
static bool
is_final_sigma(text t, Py_ssize_t i)
{
    Py_ssize_t before = i - 1, after = i + 1;
    while (before >= 0 && hob_ucd_is(text_at(t, before), UCD_CASE_IGNORABLE)) { before--; }
    if (before < 0 || !hob_ucd_is(text_at(t, before), UCD_CASED)) { return false; }
    while (after < t.n && hob_ucd_is(text_at(t, after), UCD_CASE_IGNORABLE)) { after++; }
    return after == t.n || !hob_ucd_is(text_at(t, after), UCD_CASED);
}

static inline int
lower_at(text t, Py_ssize_t i, Py_UCS4 ch, Py_UCS4 *to)
{
    if (ch == SIGMA) {
        *to = is_final_sigma(t, i) ? FINAL_SIGMA : SMALL_SIGMA;
        return 1;
    }
    return hob_ucd_lower_full(ch, to);
}

static Py_ssize_t
map_lower(text t, Py_UCS4 *to)
{
    Py_UCS4 *start = to;
    for (Py_ssize_t i = 0; i < t.n; i++) { to += lower_at(t, i, text_at(t, i), to); }
    return to - start;
}

static Py_ssize_t
map_upper(text t, Py_UCS4 *to)
{
    Py_UCS4 *start = to;
    for (Py_ssize_t i = 0; i < t.n; i++) { to += hob_ucd_upper_full(text_at(t, i), to); }
    return to - start;
}

static Py_ssize_t
map_fold(text t, Py_UCS4 *to)
{
    Py_UCS4 *start = to;
    for (Py_ssize_t i = 0; i < t.n; i++) { to += hob_ucd_fold_full(text_at(t, i), to); }
    return to - start;
}

static Py_ssize_t
map_title(text t, Py_UCS4 *to)
{
    Py_UCS4 *start = to;
    bool in_word = false;
    for (Py_ssize_t i = 0; i < t.n; i++) {
        Py_UCS4 ch = text_at(t, i);
        to += in_word ? lower_at(t, i, ch, to) : hob_ucd_title_full(ch, to);
        in_word = hob_ucd_is(ch, UCD_CASED);
    }
    return to - start;
}

static Py_ssize_t
map_capitalize(text t, Py_UCS4 *to)
{
    Py_UCS4 *start = to;
    for (Py_ssize_t i = 0; i < t.n; i++) {
        Py_UCS4 ch = text_at(t, i);
        to += i ? lower_at(t, i, ch, to) : hob_ucd_title_full(ch, to);
    }
    return to - start;
}

static Py_ssize_t
map_swap(text t, Py_UCS4 *to)
{
    Py_UCS4 *start = to;
    for (Py_ssize_t i = 0; i < t.n; i++) {
        Py_UCS4 ch = text_at(t, i);
        if (hob_ucd_is(ch, UCD_UPPER)) { to += lower_at(t, i, ch, to); }
        else if (hob_ucd_is(ch, UCD_LOWER)) { to += hob_ucd_upper_full(ch, to); }
        else { *to++ = ch; }
    }
    return to - start;
}

typedef Py_ssize_t (*mapping)(text t, Py_UCS4 *to);

static PyObject *
mapped(PyObject *str, mapping map)
{
    text t = text_of(str);
    if (t.n > PY_SSIZE_T_MAX / (Py_ssize_t)(UCD_LONGEST_CASE * sizeof(Py_UCS4))) {
        PyErr_SetString(PyExc_OverflowError, "string is too long");
        return NULL;
    }
    enum { ON_STACK = 128 };
    Py_UCS4 stack[ON_STACK * UCD_LONGEST_CASE], *to = stack;
    if (t.n > ON_STACK) {
        to = PyMem_Malloc((size_t)t.n * UCD_LONGEST_CASE * sizeof(Py_UCS4));
        if (!to) { return PyErr_NoMemory(); }
    }
    PyObject *result = hob_str_from_units(4, to, map(t, to));
    if (to != stack) { PyMem_Free(to); }
    return result;
}

/* --- ASCII --- */

static void
ascii_title(const uint8_t *from, uint8_t *to, Py_ssize_t n)
{
    bool in_word = false;
    for (Py_ssize_t i = 0; i < n; i++) {
        to[i] = in_word ? _Py_ctype_tolower[from[i]] : _Py_ctype_toupper[from[i]];
        in_word = Py_ISALPHA(from[i]);
    }
}

static void
ascii_capitalize(const uint8_t *from, uint8_t *to, Py_ssize_t n)
{
    hob_ascii_lower(from, to, n);
    if (n) { to[0] = _Py_ctype_toupper[from[0]]; }
}

static void
ascii_swap(const uint8_t *from, uint8_t *to, Py_ssize_t n)
{
    for (Py_ssize_t i = 0; i < n; i++) { to[i] = from[i] ^ (Py_ISALPHA(from[i]) ? 32 : 0); }
}

static PyObject *
changed(PyObject *str, void (*ascii)(const uint8_t *, uint8_t *, ptrdiff_t), mapping map)
{
    READY_OR(str, NULL);
    if (!STATE(str).ascii) { return mapped(str, map); }
    text t = text_of(str);
    if (t.n == 0) { return Py_NewRef(hob_str_empty()); }
    if (t.n == 1) {
        uint8_t ch;
        ascii(t.data, &ch, 1);
        return Py_NewRef(hob_str_char_peek(ch));
    }
    PyObject *result = new_ascii(t.n);
    if (result) { ascii(t.data, PyUnicode_DATA(result), t.n); }
    return result;
}

PyObject *hob_str_lower(PyObject *str) { return changed(str, hob_ascii_lower, map_lower); }
PyObject *hob_str_upper(PyObject *str) { return changed(str, hob_ascii_upper, map_upper); }
PyObject *hob_str_title(PyObject *str) { return changed(str, ascii_title, map_title); }
PyObject *hob_str_swapcase(PyObject *str) { return changed(str, ascii_swap, map_swap); }
PyObject *hob_str_casefold(PyObject *str) { return changed(str, hob_ascii_lower, map_fold); }

PyObject *
hob_str_capitalize(PyObject *str)
{
    return changed(str, ascii_capitalize, map_capitalize);
}

/* --- questions --- */

/* Have all characters one of the flags? */
bool
hob_str_all(PyObject *str, unsigned flags)
{
    text t = text_of(str);
    for (Py_ssize_t i = 0; i < t.n; i++) {
        if (!hob_ucd_is(text_at(t, i), flags)) { return false; }
    }
    return true;
}

/* Is there a letter of the case `wanted` and none of `unwanted`? */
bool
hob_str_is_case(PyObject *str, unsigned wanted, unsigned unwanted)
{
    text t = text_of(str);
    bool found = false;
    for (Py_ssize_t i = 0; i < t.n; i++) {
        unsigned flags = hob_ucd_type_of(text_at(t, i))->flags;
        if (flags & unwanted) { return false; }
        found = found || (flags & wanted);
    }
    return found;
}

bool
hob_str_is_title(PyObject *str)
{
    text t = text_of(str);
    bool found = false, in_word = false;
    for (Py_ssize_t i = 0; i < t.n; i++) {
        unsigned flags = hob_ucd_type_of(text_at(t, i))->flags;
        if (flags & (UCD_UPPER | UCD_TITLE)) {
            if (in_word) { return false; }
            found = in_word = true;
        }
        else if (flags & UCD_LOWER) {
            if (!in_word) { return false; }
            found = in_word = true;
        }
        else {
            in_word = false;
        }
    }
    return found;
}

/* --- public API --- */

Py_ssize_t
_PyUnicode_ScanIdentifier(PyObject *self)
{
    READY_OR(self, -1);
    text t = text_of(self);
    if (t.n == 0) { return 0; }
    Py_UCS4 first = text_at(t, 0);
    if (first != '_' && !hob_ucd_is(first, UCD_XID_START)) { return 0; }
    Py_ssize_t i = 1;
    while (i < t.n && hob_ucd_is(text_at(t, i), UCD_XID_CONTINUE)) { i++; }
    return i;
}

int
PyUnicode_IsIdentifier(PyObject *self)
{
    Py_ssize_t i = _PyUnicode_ScanIdentifier(self);
    if (i < 0) { return -1; }
    return LENGTH(self) && LENGTH(self) == i;
}

PyObject *
_PyUnicode_TransformDecimalAndSpaceToASCII(PyObject *unicode)
{
    if (!PyUnicode_Check(unicode)) {
        PyErr_BadInternalCall();
        return NULL;
    }
    READY_OR(unicode, NULL);
    if (STATE(unicode).ascii) { return Py_NewRef(unicode); }
    text t = text_of(unicode);
    PyObject *result = PyUnicode_New(t.n, 127);
    if (!result) { return NULL; }
    uint8_t *to = PyUnicode_DATA(result);
    for (Py_ssize_t i = 0; i < t.n; i++) {
        Py_UCS4 ch = text_at(t, i);
        int digit;
        if (ch < 127) { to[i] = (uint8_t)ch; }
        else if (hob_ucd_is(ch, UCD_SPACE)) { to[i] = ' '; }
        else if ((digit = _PyUnicode_ToDecimalDigit(ch)) >= 0) {
            to[i] = (uint8_t)('0' + digit);
        }
        else {                          /* no number goes on here: cut it */
            to[i] = '?';
            to[i + 1] = 0;
            LENGTH(result) = i + 1;
            break;
        }
    }
    return result;
}

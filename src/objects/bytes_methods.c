/* bytes_methods.c -- the methods that bytes and bytearray have in common.
 *
 * Each is written once, for self of either type; results are of the same kind:
 * bytes for bytes, bytearray for bytearray.
 *
 * Holds      a method that changes nothing gives back an exact bytes itself.
 * Hazard     converting an argument may run code that resizes a bytearray: look
 *            at self's data after all arguments are converted.  What allocates
 *            while it looks holds the bytearray (ob_exports), as a view would.
 */
#include "objects/bytes.h"

#include "memory/own.h"
#include "objects/bind.h"
#include "objects/scan.h"
#include "objects/strhex.h"
#include "text/find.h"

typedef const uint8_t u8;

static inline u8 *
data_of(PyObject *self)
{
    return (u8 *)hob_bytes_data(self);
}

/* A new object of self's kind. */
static PyObject *
make_like(PyObject *self, const void *data, Py_ssize_t n)
{
    return PyBytes_Check(self) ? PyBytes_FromStringAndSize(data, n)
                               : PyByteArray_FromStringAndSize(data, n);
}

static PyObject *
unchanged(PyObject *self)
{
    if (PyBytes_CheckExact(self)) { return Py_NewRef(self); }
    return make_like(self, data_of(self), Py_SIZE(self));
}

/* A part of self; the whole of an exact bytes is itself. */
static PyObject *
part_of(PyObject *self, Py_ssize_t start, Py_ssize_t end)
{
    if (start == 0 && end == Py_SIZE(self)) { return unchanged(self); }
    return make_like(self, data_of(self) + start, end - start);
}

/* While held, a bytearray cannot be resized. */
static void
hold(PyObject *self)
{
    if (!PyBytes_Check(self)) { ((PyByteArrayObject *)self)->ob_exports++; }
}

static void
let_go(PyObject *self)
{
    if (!PyBytes_Check(self)) { ((PyByteArrayObject *)self)->ob_exports--; }
}

/* --- arguments --- */

bool
hob_bytes_arg(PyObject *value, int *byte)
{
    int overflow;
    long number = PyLong_AsLongAndOverflow(value, &overflow);
    if (number == -1 && PyErr_Occurred()) { return false; }
    if (overflow || number < 0 || number > 255) {
        PyErr_SetString(PyExc_ValueError, "byte must be in range(0, 256)");
        return false;
    }
    *byte = (int)number;
    return true;
}

/* What is searched for: a bytes-like object or one byte. */
typedef struct needle {
    u8 *data;
    Py_ssize_t n;
    uint8_t byte;
    Py_buffer view;             /* view.obj is NULL for a byte */
} needle;

static bool
take_needle(PyObject *op, needle *x)
{
    x->view.obj = NULL;
    if (PyObject_CheckBuffer(op)) {
        if (PyObject_GetBuffer(op, &x->view, PyBUF_SIMPLE) < 0) { return false; }
        x->data = x->view.buf;
        x->n = x->view.len;
        return true;
    }
    if (!PyIndex_Check(op)) {
        PyErr_Format(PyExc_TypeError,
                     "argument should be integer or bytes-like object, not '%.200s'",
                     Py_TYPE(op)->tp_name);
        return false;
    }
    Py_ssize_t number = PyNumber_AsSsize_t(op, NULL);
    if (number == -1 && PyErr_Occurred()) { return false; }
    if (number < 0 || number > 255) {
        PyErr_SetString(PyExc_ValueError, "byte must be in range(0, 256)");
        return false;
    }
    x->byte = (uint8_t)number;
    x->data = &x->byte;
    x->n = 1;
    return true;
}

static void
drop_needle(needle *x)
{
    if (x->view.obj) { PyBuffer_Release(&x->view); }
}

/* (what, start=None, end=None) of find and its kind. */
static bool
take_range(const char *name, PyObject *const *args, Py_ssize_t nargs, Py_ssize_t *start,
           Py_ssize_t *end)
{
    *start = 0;
    *end = PY_SSIZE_T_MAX;
    if (nargs < 1 || nargs > 3) {
        PyErr_Format(PyExc_TypeError, "%s() takes at %s %d argument%s (%zd given)", name,
                     nargs < 1 ? "least" : "most", nargs < 1 ? 1 : 3, nargs < 1 ? "" : "s",
                     nargs);
        return false;
    }
    return (nargs < 2 || _PyEval_SliceIndex(args[1], start))
           && (nargs < 3 || _PyEval_SliceIndex(args[2], end));
}

static void
clip(Py_ssize_t *start, Py_ssize_t *end, Py_ssize_t n)
{
    if (*end > n) { *end = n; }
    else if (*end < 0) { *end = *end + n < 0 ? 0 : *end + n; }
    if (*start < 0) { *start = *start + n < 0 ? 0 : *start + n; }
}

/* --- find and its kind --- */

static Py_ssize_t
search(u8 *hay, Py_ssize_t n, u8 *what, Py_ssize_t m, int direction)
{
    if (n < m) { return -1; }
    return m == 1 ? hob_find8_unit(hay, n, *what, direction)
                  : hob_find8(hay, n, what, m, direction);
}

/* Does nobody change these: a bytes, and what a bytes or no object (NULL) lent? */
static inline bool
are_constant(PyObject *self, PyObject *lender)
{
    return PyBytes_Check(self) && (!lender || PyBytes_Check(lender));
}

/* The same in a part of self; aside, when it is long and nobody changes it. */
static Py_ssize_t
search_in(PyObject *self, Py_ssize_t start, Py_ssize_t n, const needle *x, int direction)
{
    u8 *hay = data_of(self) + start;
    if (hob_scan_is_long(1, n) && x->n <= n && are_constant(self, x->view.obj)) {
        return hob_scan_find((hob_span){1, hay, n}, (hob_span){1, x->data, x->n}, direction);
    }
    return search(hay, n, x->data, x->n, direction);
}

/* Position, -1 when absent, or -2 with an exception. */
static Py_ssize_t
find(const char *name, PyObject *self, PyObject *const *args, Py_ssize_t nargs, int direction)
{
    Py_ssize_t start, end;
    needle x;
    if (!take_range(name, args, nargs, &start, &end) || !take_needle(args[0], &x)) {
        return -2;
    }
    clip(&start, &end, Py_SIZE(self));
    Py_ssize_t at = -1;
    if (end - start >= 0) {
        at = search_in(self, start, end - start, &x, direction);
        if (at >= 0) { at += start; }
    }
    drop_needle(&x);
    return at;
}

static PyObject *
give_position(Py_ssize_t at)
{
    return at == -2 ? NULL : PyLong_FromSsize_t(at);
}

static PyObject *
need_position(Py_ssize_t at)
{
    if (at == -1) { PyErr_SetString(PyExc_ValueError, "subsection not found"); }
    return at < 0 ? NULL : PyLong_FromSsize_t(at);
}

/** shared.find($self, sub, start=None, end=None, /)
 *
 *  The lowest index at which sub lies in self[start:end], or -1.
 */
static PyObject *
bytes_find(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    return give_position(find("find", self, args, nargs, FIND_FORWARD));
}

/** shared.rfind($self, sub, start=None, end=None, /)
 *
 *  The highest index at which sub lies in self[start:end], or -1.
 */
static PyObject *
bytes_rfind(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    return give_position(find("rfind", self, args, nargs, FIND_BACKWARD));
}

/** shared.index($self, sub, start=None, end=None, /)
 *
 *  Like find, but ValueError when sub is not there.
 */
static PyObject *
bytes_index(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    return need_position(find("index", self, args, nargs, FIND_FORWARD));
}

/** shared.rindex($self, sub, start=None, end=None, /)
 *
 *  Like rfind, but ValueError when sub is not there.
 */
static PyObject *
bytes_rindex(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    return need_position(find("rindex", self, args, nargs, FIND_BACKWARD));
}

static Py_ssize_t
count_in(u8 *hay, Py_ssize_t n, u8 *what, Py_ssize_t m, Py_ssize_t max, bool may_leave)
{
    if (n < 0 || max <= 0) { return 0; }
    if (m == 0) { return n < max ? n + 1 : max; }
    PyThreadState *aside = hob_aside_begin(may_leave ? (uint64_t)n : 0, ASIDE_BYTES);
    Py_ssize_t count = m == 1 ? hob_count8_unit(hay, n, *what, max)
                     : n < m ? 0 : hob_count8(hay, n, what, m, max);
    hob_aside_end(aside);
    return count;
}

/** shared.count($self, sub, start=None, end=None, /)
 *
 *  How often sub occurs in self[start:end], without overlap.
 */
static PyObject *
bytes_count(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    Py_ssize_t start, end;
    needle x;
    if (!take_range("count", args, nargs, &start, &end) || !take_needle(args[0], &x)) {
        return NULL;
    }
    clip(&start, &end, Py_SIZE(self));
    Py_ssize_t count = count_in(data_of(self) + start, end - start, x.data, x.n,
                                PY_SSIZE_T_MAX, are_constant(self, x.view.obj));
    drop_needle(&x);
    return PyLong_FromSsize_t(count);
}

tri
hob_bytes_contains(PyObject *self, PyObject *item)
{
    Py_ssize_t number = PyNumber_AsSsize_t(item, NULL);
    if (number == -1 && PyErr_Occurred()) {
        needle x;
        PyErr_Clear();
        if (PyObject_GetBuffer(item, &x.view, PyBUF_SIMPLE) < 0) { return -1; }
        x.data = x.view.buf;
        x.n = x.view.len;
        Py_ssize_t at = search_in(self, 0, Py_SIZE(self), &x, FIND_FORWARD);
        drop_needle(&x);
        return at >= 0;
    }
    if (number < 0 || number > 255) {
        PyErr_SetString(PyExc_ValueError, "byte must be in range(0, 256)");
        return -1;
    }
    needle x = {.byte = (uint8_t)number, .n = 1};
    x.data = &x.byte;
    return search_in(self, 0, Py_SIZE(self), &x, FIND_FORWARD) >= 0;
}

/* --- startswith, endswith, removeprefix, removesuffix --- */

static tri
ends_match(PyObject *self, PyObject *what, Py_ssize_t start, Py_ssize_t end, bool at_end)
{
    Py_buffer view;
    if (PyObject_GetBuffer(what, &view, PyBUF_SIMPLE) < 0) { return -1; }
    clip(&start, &end, Py_SIZE(self));
    bool matches = end - start >= view.len && end >= start;
    if (matches && view.len) {
        Py_ssize_t at = at_end ? end - view.len : start;
        matches = memcmp(data_of(self) + at, view.buf, view.len) == 0;
    }
    PyBuffer_Release(&view);
    return matches;
}

static PyObject *
match_any(const char *name, PyObject *self, PyObject *const *args, Py_ssize_t nargs,
          bool at_end)
{
    Py_ssize_t start, end;
    if (!take_range(name, args, nargs, &start, &end)) { return NULL; }
    PyObject *what = args[0];
    if (PyTuple_Check(what)) {
        for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(what); i++) {
            tri matches = ends_match(self, PyTuple_GET_ITEM(what, i), start, end, at_end);
            if (matches) { return matches < 0 ? NULL : Py_NewRef(Py_True); }
        }
        Py_RETURN_FALSE;
    }
    tri matches = ends_match(self, what, start, end, at_end);
    if (matches >= 0) { return PyBool_FromLong(matches); }
    if (PyErr_ExceptionMatches(PyExc_TypeError)) {
        PyErr_Format(PyExc_TypeError, "%s first arg must be bytes or a tuple of bytes, not %s",
                     name, Py_TYPE(what)->tp_name);
    }
    return NULL;
}

/** shared.startswith($self, prefix, start=None, end=None, /)
 *
 *  Whether self[start:end] begins with prefix, or with one of a tuple of them.
 */
static PyObject *
bytes_startswith(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    return match_any("startswith", self, args, nargs, false);
}

/** shared.endswith($self, suffix, start=None, end=None, /)
 *
 *  Whether self[start:end] ends with suffix, or with one of a tuple of them.
 */
static PyObject *
bytes_endswith(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    return match_any("endswith", self, args, nargs, true);
}

/** shared.removeprefix($self, prefix, /)
 *
 *  A copy without the prefix, if it is there.
 */
static PyObject *
bytes_removeprefix(PyObject *self, Py_buffer *prefix)
{
    Py_ssize_t n = Py_SIZE(self);
    Py_ssize_t m = prefix->len;
    bool matches = m > 0 && m <= n && memcmp(data_of(self), prefix->buf, m) == 0;
    return part_of(self, matches ? m : 0, n);
}

/** shared.removesuffix($self, suffix, /)
 *
 *  A copy without the suffix, if it is there.
 */
static PyObject *
bytes_removesuffix(PyObject *self, Py_buffer *suffix)
{
    Py_ssize_t n = Py_SIZE(self);
    Py_ssize_t m = suffix->len;
    bool matches = m > 0 && m <= n && memcmp(data_of(self) + n - m, suffix->buf, m) == 0;
    return part_of(self, 0, matches ? n - m : n);
}

/* --- what the bytes are, as ASCII --- */

#define IS_METHOD(name, test)                               \
    static bool                                             \
    all_##name(PyObject *self)                              \
    {                                                       \
        u8 *p = data_of(self);                              \
        Py_ssize_t n = Py_SIZE(self);                       \
        for (Py_ssize_t i = 0; i < n; i++) {                \
            if (!test(p[i])) { return false; }              \
        }                                                   \
        return n > 0;                                       \
    }
IS_METHOD(space, Py_ISSPACE)
IS_METHOD(alpha, Py_ISALPHA)
IS_METHOD(alnum, Py_ISALNUM)
IS_METHOD(digit, Py_ISDIGIT)
#undef IS_METHOD

/* Whether some bytes are of one case and none of the other. */
static bool
has_case(PyObject *self, bool upper)
{
    u8 *p = data_of(self);
    bool found = false;
    for (Py_ssize_t i = 0, n = Py_SIZE(self); i < n; i++) {
        if (upper ? Py_ISLOWER(p[i]) : Py_ISUPPER(p[i])) { return false; }
        found = found || (upper ? Py_ISUPPER(p[i]) : Py_ISLOWER(p[i]));
    }
    return found;
}

/** shared.isspace($self, /)
 *
 *  Whether there are bytes and all are whitespace.
 */
static bool
bytes_isspace(PyObject *self)
{
    return all_space(self);
}

/** shared.isalpha($self, /)
 *
 *  Whether there are bytes and all are letters.
 */
static bool
bytes_isalpha(PyObject *self)
{
    return all_alpha(self);
}

/** shared.isalnum($self, /)
 *
 *  Whether there are bytes and all are letters or digits.
 */
static bool
bytes_isalnum(PyObject *self)
{
    return all_alnum(self);
}

/** shared.isdigit($self, /)
 *
 *  Whether there are bytes and all are digits.
 */
static bool
bytes_isdigit(PyObject *self)
{
    return all_digit(self);
}

/** shared.isascii($self, /)
 *
 *  Whether no byte is above 127.
 */
static bool
bytes_isascii(PyObject *self)
{
    u8 *p = data_of(self);
    Py_ssize_t n = Py_SIZE(self);
    for (; n >= 8; n -= 8, p += 8) {
        uint64_t word;
        memcpy(&word, p, 8);
        if (word & 0x8080808080808080ULL) { return false; }
    }
    for (; n > 0; n--, p++) {
        if (*p & 0x80) { return false; }
    }
    return true;
}

/** shared.islower($self, /)
 *
 *  Whether there are lowercase letters and no uppercase ones.
 */
static bool
bytes_islower(PyObject *self)
{
    return has_case(self, false);
}

/** shared.isupper($self, /)
 *
 *  Whether there are uppercase letters and no lowercase ones.
 */
static bool
bytes_isupper(PyObject *self)
{
    return has_case(self, true);
}

/** shared.istitle($self, /)
 *
 *  Whether there are words and each begins with its only uppercase letter.
 */
static bool
bytes_istitle(PyObject *self)
{
    u8 *p = data_of(self);
    bool found = false;
    bool in_word = false;
    for (Py_ssize_t i = 0, n = Py_SIZE(self); i < n; i++) {
        bool is_upper = Py_ISUPPER(p[i]);
        bool is_lower = Py_ISLOWER(p[i]);
        if ((is_upper && in_word) || (is_lower && !in_word)) { return false; }
        in_word = is_upper || is_lower;
        found = found || in_word;
    }
    return found;
}

/* --- case --- */

enum { CASE_LOWER, CASE_UPPER, CASE_SWAP, CASE_TITLE, CASE_CAPITAL };

static PyObject *
change_case(PyObject *self, int mode)
{
    Py_ssize_t n = Py_SIZE(self);
    PyObject *result = make_like(self, NULL, n);
    if (!result) { return NULL; }
    u8 *from = data_of(self);
    uint8_t *to = (uint8_t *)hob_bytes_data(result);
    if (mode == CASE_LOWER || mode == CASE_UPPER) {     /* by arithmetic, many at once */
        uint8_t first = mode == CASE_LOWER ? 'A' : 'a';
        for (Py_ssize_t i = 0; i < n; i++) {
            to[i] = from[i] ^ (uint8_t)((uint8_t)(from[i] - first) < 26 ? 0x20 : 0);
        }
        return result;
    }
    bool in_word = false;
    for (Py_ssize_t i = 0; i < n; i++) {
        uint8_t c = from[i];
        bool up = (mode == CASE_SWAP && Py_ISLOWER(c))
                  || (mode == CASE_TITLE && !in_word) || (mode == CASE_CAPITAL && i == 0);
        in_word = Py_ISALPHA(c);
        to[i] = (uint8_t)(up ? Py_TOUPPER(c) : Py_TOLOWER(c));
    }
    return result;
}

/** shared.lower($self, /)
 *
 *  A copy with ASCII letters in lowercase.
 */
static PyObject *
bytes_lower(PyObject *self)
{
    return change_case(self, CASE_LOWER);
}

/** shared.upper($self, /)
 *
 *  A copy with ASCII letters in uppercase.
 */
static PyObject *
bytes_upper(PyObject *self)
{
    return change_case(self, CASE_UPPER);
}

/** shared.swapcase($self, /)
 *
 *  A copy with the case of ASCII letters reversed.
 */
static PyObject *
bytes_swapcase(PyObject *self)
{
    return change_case(self, CASE_SWAP);
}

/** shared.title($self, /)
 *
 *  A copy in which each word begins with an uppercase letter, the rest lowercase.
 */
static PyObject *
bytes_title(PyObject *self)
{
    return change_case(self, CASE_TITLE);
}

/** shared.capitalize($self, /)
 *
 *  A copy with the first byte in uppercase and the rest in lowercase.
 */
static PyObject *
bytes_capitalize(PyObject *self)
{
    return change_case(self, CASE_CAPITAL);
}

/* --- strip --- */

enum { STRIP_LEFT = 1, STRIP_RIGHT = 2, STRIP_BOTH = 3 };

static PyObject *
strip(PyObject *self, PyObject *which, int sides)
{
    bool in_set[256];
    if (which == Py_None) {
        for (int i = 0; i < 256; i++) { in_set[i] = Py_ISSPACE(i); }
    }
    else {
        Py_buffer view;
        if (PyObject_GetBuffer(which, &view, PyBUF_SIMPLE) < 0) { return NULL; }
        memset(in_set, 0, sizeof in_set);
        for (Py_ssize_t i = 0; i < view.len; i++) { in_set[((u8 *)view.buf)[i]] = true; }
        PyBuffer_Release(&view);
    }
    u8 *p = data_of(self);
    Py_ssize_t start = 0;
    Py_ssize_t end = Py_SIZE(self);
    if (sides & STRIP_LEFT) {
        while (start < end && in_set[p[start]]) { start++; }
    }
    if (sides & STRIP_RIGHT) {
        while (end > start && in_set[p[end - 1]]) { end--; }
    }
    return part_of(self, start, end);
}

/** shared.strip($self, bytes=None, /)
 *
 *  A copy without the given bytes (ASCII whitespace) at both ends.
 */
static PyObject *
bytes_strip(PyObject *self, PyObject *bytes)
{
    return strip(self, bytes, STRIP_BOTH);
}

/** shared.lstrip($self, bytes=None, /)
 *
 *  A copy without the given bytes (ASCII whitespace) at its beginning.
 */
static PyObject *
bytes_lstrip(PyObject *self, PyObject *bytes)
{
    return strip(self, bytes, STRIP_LEFT);
}

/** shared.rstrip($self, bytes=None, /)
 *
 *  A copy without the given bytes (ASCII whitespace) at its end.
 */
static PyObject *
bytes_rstrip(PyObject *self, PyObject *bytes)
{
    return strip(self, bytes, STRIP_RIGHT);
}

/* --- split --- */

static status
push_part(PyObject *list, PyObject *self, Py_ssize_t start, Py_ssize_t end)
{
    own PyObject *part = make_like(self, data_of(self) + start, end - start);
    return part ? PyList_Append(list, part) : -1;
}

/* The whole of self, when nothing was split off. */
static status
push_rest(PyObject *list, PyObject *self, Py_ssize_t start, Py_ssize_t end)
{
    if (start == 0 && end == Py_SIZE(self) && PyBytes_CheckExact(self)) {
        return PyList_Append(list, self);
    }
    return push_part(list, self, start, end);
}

static status
split_space(PyObject *list, PyObject *self, Py_ssize_t max)
{
    u8 *p = data_of(self);
    Py_ssize_t n = Py_SIZE(self);
    for (Py_ssize_t i = 0;;) {
        while (i < n && Py_ISSPACE(p[i])) { i++; }
        if (i == n) { return 0; }
        if (max-- <= 0) { return push_rest(list, self, i, n); }
        Py_ssize_t start = i;
        while (i < n && !Py_ISSPACE(p[i])) { i++; }
        if (push_rest(list, self, start, i) < 0) { return -1; }
    }
}

static status
rsplit_space(PyObject *list, PyObject *self, Py_ssize_t max)
{
    u8 *p = data_of(self);
    for (Py_ssize_t end = Py_SIZE(self);;) {
        while (end > 0 && Py_ISSPACE(p[end - 1])) { end--; }
        if (end == 0) { return 0; }
        Py_ssize_t start = end;
        if (max-- <= 0) { return push_rest(list, self, 0, end); }
        while (start > 0 && !Py_ISSPACE(p[start - 1])) { start--; }
        if (push_rest(list, self, start, end) < 0) { return -1; }
        end = start;
    }
}

static status
split_at(PyObject *list, PyObject *self, Py_buffer *sep, Py_ssize_t max)
{
    Py_ssize_t n = Py_SIZE(self);
    Py_ssize_t start = 0;
    for (; max > 0; max--) {
        Py_ssize_t at = search(data_of(self) + start, n - start, sep->buf, sep->len,
                               FIND_FORWARD);
        if (at < 0) { break; }
        if (push_part(list, self, start, start + at) < 0) { return -1; }
        start += at + sep->len;
    }
    return push_rest(list, self, start, n);
}

static status
rsplit_at(PyObject *list, PyObject *self, Py_buffer *sep, Py_ssize_t max)
{
    Py_ssize_t end = Py_SIZE(self);
    for (; max > 0; max--) {
        Py_ssize_t at = search(data_of(self), end, sep->buf, sep->len, FIND_BACKWARD);
        if (at < 0) { break; }
        if (push_part(list, self, at + sep->len, end) < 0) { return -1; }
        end = at;
    }
    return push_rest(list, self, 0, end);
}

static PyObject *
split(PyObject *self, PyObject *sep, Py_ssize_t max, bool from_right)
{
    if (max < 0) { max = PY_SSIZE_T_MAX; }
    Py_buffer view = {.obj = NULL};
    if (sep != Py_None) {
        if (PyObject_GetBuffer(sep, &view, PyBUF_SIMPLE) < 0) { return NULL; }
        if (view.len == 0) {
            PyErr_SetString(PyExc_ValueError, "empty separator");
            PyBuffer_Release(&view);
            return NULL;
        }
    }
    own PyObject *list = PyList_New(0);
    status done = -1;
    if (list) {
        hold(self);
        done = sep == Py_None
               ? (from_right ? rsplit_space(list, self, max) : split_space(list, self, max))
               : (from_right ? rsplit_at(list, self, &view, max)
                             : split_at(list, self, &view, max));
        let_go(self);
    }
    if (view.obj) { PyBuffer_Release(&view); }
    if (done < 0 || (from_right && PyList_Reverse(list) < 0)) { return NULL; }
    return take(list);
}

/** shared.split($self, /, sep=None, maxsplit=-1)
 *
 *  A list of the parts between separators.
 *
 *  Without sep, runs of ASCII whitespace separate, and those at the ends do not
 *  count.  At most maxsplit splits are made, from the left.
 */
static PyObject *
bytes_split(PyObject *self, PyObject *sep, Py_ssize_t maxsplit)
{
    return split(self, sep, maxsplit, false);
}

/** shared.rsplit($self, /, sep=None, maxsplit=-1)
 *
 *  A list of the parts between separators; maxsplit counts from the right.
 */
static PyObject *
bytes_rsplit(PyObject *self, PyObject *sep, Py_ssize_t maxsplit)
{
    return split(self, sep, maxsplit, true);
}

/** shared.splitlines($self, /, keepends=False)
 *
 *  A list of the lines, with their ends if keepends is true.
 */
static PyObject *
bytes_splitlines(PyObject *self, int keepends)
{
    own PyObject *list = PyList_New(0);
    if (!list) { return NULL; }
    hold(self);
    u8 *p = data_of(self);
    Py_ssize_t n = Py_SIZE(self);
    status done = 0;
    for (Py_ssize_t start = 0, i = 0; i < n && done == 0; start = i) {
        while (i < n && p[i] != '\n' && p[i] != '\r') { i++; }
        Py_ssize_t end = i;
        if (i < n) { i += p[i] == '\r' && i + 1 < n && p[i + 1] == '\n' ? 2 : 1; }
        done = push_rest(list, self, start, keepends ? i : end);
    }
    let_go(self);
    return done < 0 ? NULL : take(list);
}

/* --- partition --- */

static PyObject *
partition(PyObject *self, Py_buffer *sep, int direction)
{
    if (sep->len == 0) {
        PyErr_SetString(PyExc_ValueError, "empty separator");
        return NULL;
    }
    bool is_bytes = PyBytes_Check(self);
    Py_ssize_t n = Py_SIZE(self);
    Py_ssize_t at = search(data_of(self), n, sep->buf, sep->len, direction);
    hold(self);
    own PyObject *head = NULL;
    own PyObject *middle = NULL;
    own PyObject *tail = NULL;
    if (at >= 0) {
        head = make_like(self, data_of(self), at);
        middle = is_bytes ? Py_NewRef(sep->obj) : make_like(self, sep->buf, sep->len);
        Py_ssize_t rest = at + sep->len;
        tail = make_like(self, data_of(self) + rest, n - rest);
    }
    else {
        PyObject *whole = is_bytes ? Py_NewRef(self) : make_like(self, data_of(self), n);
        head = direction > 0 ? whole : make_like(self, NULL, 0);
        middle = make_like(self, NULL, 0);
        tail = direction > 0 ? make_like(self, NULL, 0) : whole;
    }
    let_go(self);
    return head && middle && tail ? PyTuple_Pack(3, head, middle, tail) : NULL;
}

/** shared.partition($self, sep, /)
 *
 *  (head, sep, tail) around the first sep; (self, empty, empty) without one.
 */
static PyObject *
bytes_partition(PyObject *self, Py_buffer *sep)
{
    return partition(self, sep, FIND_FORWARD);
}

/** shared.rpartition($self, sep, /)
 *
 *  (head, sep, tail) around the last sep; (empty, empty, self) without one.
 */
static PyObject *
bytes_rpartition(PyObject *self, Py_buffer *sep)
{
    return partition(self, sep, FIND_BACKWARD);
}

/* --- join --- */

enum { FEW_VIEWS = 10 };

static status
take_views(PyObject *items, Py_buffer *views, Py_ssize_t n, Py_ssize_t *n_taken)
{
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *item = PySequence_Fast_GET_ITEM(items, i);
        if (PyBytes_CheckExact(item)) {
            views[i].obj = Py_NewRef(item);
            views[i].buf = PyBytes_AS_STRING(item);
            views[i].len = PyBytes_GET_SIZE(item);
        }
        else if (PyObject_GetBuffer(item, &views[i], PyBUF_SIMPLE) < 0) {
            PyErr_Format(PyExc_TypeError,
                         "sequence item %zd: expected a bytes-like object, %.80s found", i,
                         Py_TYPE(item)->tp_name);
            return -1;
        }
        *n_taken = i + 1;
        if (n != PySequence_Fast_GET_SIZE(items)) {
            PyErr_SetString(PyExc_RuntimeError, "sequence changed size during iteration");
            return -1;
        }
    }
    return 0;
}

static PyObject *
join_views(PyObject *self, Py_buffer *views, Py_ssize_t n)
{
    bool may_leave = PyBytes_Check(self);
    u8 *between = data_of(self);
    Py_ssize_t gap = Py_SIZE(self);
    Py_ssize_t total = 0;
    for (Py_ssize_t i = 0; i < n; i++) {
        may_leave &= PyBytes_Check(views[i].obj);
        if (__builtin_add_overflow(total, views[i].len, &total)
                || (i && __builtin_add_overflow(total, gap, &total))) {
            PyErr_SetString(PyExc_OverflowError, "join() result is too long");
            return NULL;
        }
    }
    PyObject *result = make_like(self, NULL, total);
    if (!result) { return NULL; }
    char *to = hob_bytes_data(result);
    PyThreadState *aside = hob_aside_begin(may_leave ? (uint64_t)total : 0,
                                           16 * ASIDE_BYTES);
    for (Py_ssize_t i = 0; i < n; i++) {
        if (i && gap) {
            memcpy(to, between, gap);
            to += gap;
        }
        if (views[i].len) { memcpy(to, views[i].buf, views[i].len); }
        to += views[i].len;
    }
    hob_aside_end(aside);
    return result;
}

/** shared.join($self, iterable_of_bytes, /)
 *
 *  All items put together, with self in between.
 */
static PyObject *
bytes_join(PyObject *self, PyObject *iterable_of_bytes)
{
    own PyObject *items = PySequence_Fast(iterable_of_bytes, "can only join an iterable");
    if (!items) { return NULL; }
    Py_ssize_t n = PySequence_Fast_GET_SIZE(items);
    if (n == 0) { return make_like(self, NULL, 0); }
    if (n == 1 && PyBytes_Check(self)
        && PyBytes_CheckExact(PySequence_Fast_GET_ITEM(items, 0))) {
        return Py_NewRef(PySequence_Fast_GET_ITEM(items, 0));
    }
    Py_buffer few[FEW_VIEWS];
    Py_buffer *views = few;
    if (n > FEW_VIEWS && !(views = PyMem_New(Py_buffer, n))) { return PyErr_NoMemory(); }
    Py_ssize_t n_taken = 0;
    hold(self);
    PyObject *result = NULL;
    if (take_views(items, views, n, &n_taken) == 0) { result = join_views(self, views, n); }
    let_go(self);
    for (Py_ssize_t i = 0; i < n_taken; i++) {
        if (PyBytes_CheckExact(views[i].obj)) { Py_DECREF(views[i].obj); }
        else { PyBuffer_Release(&views[i]); }
    }
    if (views != few) { PyMem_Free(views); }
    return result;
}

/* --- replace and translate --- */

/* Insert `by` before each of the first count bytes (and after the last). */
static void
fill_between(u8 *from, Py_ssize_t n, Py_buffer *by, Py_ssize_t count, uint8_t *to)
{
    for (Py_ssize_t i = 0; i <= n; i++) {
        if (i < count) {
            memcpy(to, by->buf, by->len);
            to += by->len;
        }
        if (i < n) { *to++ = from[i]; }
    }
}

static void
fill_replaced(u8 *from, Py_ssize_t n, Py_buffer *what, Py_buffer *by, Py_ssize_t count,
              uint8_t *to)
{
    while (count-- > 0) {
        Py_ssize_t at = search(from, n, what->buf, what->len, FIND_FORWARD);
        memcpy(to, from, at);
        if (by->len) { memcpy(to + at, by->buf, by->len); }
        to += at + by->len;
        from += at + what->len;
        n -= at + what->len;
    }
    memcpy(to, from, n);
}

/** shared.replace($self, old, new, count=-1, /)
 *
 *  A copy with every old, or the first count of them, replaced by new.
 */
static PyObject *
bytes_replace(PyObject *self, Py_buffer *old, Py_buffer *new, Py_ssize_t count)
{
    u8 *from = data_of(self);
    Py_ssize_t n = Py_SIZE(self);
    if (count < 0) { count = PY_SSIZE_T_MAX; }
    if (count == 0 || (old->len == 0 && new->len == 0) || n < old->len) {
        return unchanged(self);
    }
    bool may_leave = are_constant(self, old->obj) && are_constant(self, new->obj);
    count = count_in(from, n, old->buf, old->len, count, may_leave);
    if (count == 0) { return unchanged(self); }
    Py_ssize_t change, size;
    if (__builtin_mul_overflow(count, new->len - old->len, &change)
            || __builtin_add_overflow(n, change, &size)) {
        PyErr_SetString(PyExc_OverflowError, "replace bytes is too long");
        return NULL;
    }
    PyObject *result = make_like(self, NULL, size);
    if (!result) { return NULL; }
    uint8_t *to = (uint8_t *)hob_bytes_data(result);
    PyThreadState *aside = hob_aside_begin(may_leave ? (uint64_t)n : 0, ASIDE_BYTES);
    if (old->len == 0) { fill_between(from, n, new, count, to); }
    else { fill_replaced(from, n, old, new, count, to); }
    hob_aside_end(aside);
    return result;
}

/* Copy self through table (NULL: as it is), leaving out what is_deleted says. */
static PyObject *
translate(PyObject *self, u8 *table, const bool *is_deleted)
{
    Py_ssize_t n = Py_SIZE(self);
    PyObject *result = make_like(self, NULL, n);
    if (!result) { return NULL; }
    u8 *from = data_of(self);
    uint8_t *start = (uint8_t *)hob_bytes_data(result);
    uint8_t *to = start;
    bool has_changed = false;
    for (Py_ssize_t i = 0; i < n; i++) {
        if (is_deleted && is_deleted[from[i]]) { continue; }
        uint8_t c = table ? table[from[i]] : from[i];
        has_changed |= c != from[i];
        *to++ = c;
    }
    if (to - start == n) {
        if (has_changed || !PyBytes_CheckExact(self)) { return result; }
        Py_DECREF(result);
        return Py_NewRef(self);
    }
    if (PyBytes_Check(result)) {
        if (_PyBytes_Resize(&result, to - start) < 0) { return NULL; }
        return result;
    }
    if (PyByteArray_Resize(result, to - start) < 0) { Py_CLEAR(result); }
    return result;
}

/** shared.translate($self, table, /, delete=b'')
 *
 *  A copy without the bytes in delete and the rest mapped by table.
 *
 *  table is a bytes-like object of length 256, or None to map nothing.
 */
static PyObject *
bytes_translate(PyObject *self, PyObject *table, PyObject *delete)
{
    Py_buffer map = {.obj = NULL};
    Py_buffer dropped = {.obj = NULL};
    PyObject *result = NULL;
    if (table != Py_None) {
        if (PyObject_GetBuffer(table, &map, PyBUF_SIMPLE) < 0) { return NULL; }
        if (map.len != 256) {
            PyErr_SetString(PyExc_ValueError, "translation table must be 256 characters long");
            goto done;
        }
    }
    if (delete && PyObject_GetBuffer(delete, &dropped, PyBUF_SIMPLE) < 0) { goto done; }
    bool is_deleted[256] = {false};
    for (Py_ssize_t i = 0; delete && i < dropped.len; i++) {
        is_deleted[((u8 *)dropped.buf)[i]] = true;
    }
    result = translate(self, map.obj ? map.buf : NULL,
                       delete && dropped.len ? is_deleted : NULL);
done:
    if (map.obj) { PyBuffer_Release(&map); }
    if (dropped.obj) { PyBuffer_Release(&dropped); }
    return result;
}

/** shared.maketrans(frm, to, /)
 *
 *  A table for translate that maps each byte of frm to the one at its place in to.
 */
static PyObject *
bytes_maketrans(Py_buffer *frm, Py_buffer *to)
{
    if (frm->len != to->len) {
        PyErr_SetString(PyExc_ValueError, "maketrans arguments must have same length");
        return NULL;
    }
    PyObject *table = PyBytes_FromStringAndSize(NULL, 256);
    if (!table) { return NULL; }
    uint8_t *p = (uint8_t *)PyBytes_AS_STRING(table);
    for (int i = 0; i < 256; i++) { p[i] = (uint8_t)i; }
    for (Py_ssize_t i = 0; i < frm->len; i++) { p[((u8 *)frm->buf)[i]] = ((u8 *)to->buf)[i]; }
    return table;
}

/* --- padding --- */

/* How much is missing to width, 0 if nothing. */
static Py_ssize_t
missing_to(Py_ssize_t width, PyObject *self)
{
    return width > Py_SIZE(self) ? width - Py_SIZE(self) : 0;
}

static PyObject *
pad(PyObject *self, Py_ssize_t left, Py_ssize_t right, char fill)
{
    if (left == 0 && right == 0) { return unchanged(self); }
    Py_ssize_t n = Py_SIZE(self);
    PyObject *result = make_like(self, NULL, left + n + right);
    if (!result) { return NULL; }
    char *to = hob_bytes_data(result);
    memset(to, fill, left);
    memcpy(to + left, data_of(self), n);
    memset(to + left + n, fill, right);
    return result;
}

/* (width, fillchar=b' ') */
static bool
take_padding(const char *name, PyObject *const *args, Py_ssize_t nargs, Py_ssize_t *width,
             char *fill)
{
    if (!_PyArg_CheckPositional(name, nargs, 1, 2) || !arg_ssize(args[0], width)) {
        return false;
    }
    *fill = ' ';
    if (nargs < 2) { return true; }
    bool is_bytes = PyBytes_Check(args[1]) || PyByteArray_Check(args[1]);
    if (is_bytes && Py_SIZE(args[1]) == 1) {
        *fill = hob_bytes_data(args[1])[0];
        return true;
    }
    _PyArg_BadArgument(name, "argument 2", "a byte string of length 1", args[1]);
    return false;
}

/** shared.ljust($self, width, fillchar=b' ', /)
 *
 *  A copy filled up to width on the right.
 */
static PyObject *
bytes_ljust(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    Py_ssize_t width;
    char fill;
    if (!take_padding("ljust", args, nargs, &width, &fill)) { return NULL; }
    return pad(self, 0, missing_to(width, self), fill);
}

/** shared.rjust($self, width, fillchar=b' ', /)
 *
 *  A copy filled up to width on the left.
 */
static PyObject *
bytes_rjust(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    Py_ssize_t width;
    char fill;
    if (!take_padding("rjust", args, nargs, &width, &fill)) { return NULL; }
    return pad(self, missing_to(width, self), 0, fill);
}

/** shared.center($self, width, fillchar=b' ', /)
 *
 *  A copy filled up to width on both sides.
 */
static PyObject *
bytes_center(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    Py_ssize_t width;
    char fill;
    if (!take_padding("center", args, nargs, &width, &fill)) { return NULL; }
    Py_ssize_t missing = missing_to(width, self);
    Py_ssize_t left = missing / 2 + (missing & width & 1);
    return pad(self, left, missing - left, fill);
}

/** shared.zfill($self, width, /)
 *
 *  A copy filled up to width with zeros on the left, after the sign if any.
 */
static PyObject *
bytes_zfill(PyObject *self, Py_ssize_t width)
{
    Py_ssize_t missing = missing_to(width, self);
    PyObject *result = pad(self, missing, 0, '0');
    if (!result || missing == 0) { return result; }
    char *p = hob_bytes_data(result);
    if (Py_SIZE(result) > missing && (p[missing] == '+' || p[missing] == '-')) {
        p[0] = p[missing];
        p[missing] = '0';
    }
    return result;
}

/** shared.expandtabs($self, /, tabsize=8)
 *
 *  A copy with tabs expanded to spaces.
 */
static PyObject *
bytes_expandtabs(PyObject *self, int tabsize)
{
    u8 *p = data_of(self);
    Py_ssize_t n = Py_SIZE(self);
    Py_ssize_t size = 0;
    Py_ssize_t column = 0;
    for (Py_ssize_t i = 0; i < n; i++) {
        Py_ssize_t step = 1;
        if (p[i] == '\t') { step = tabsize > 0 ? tabsize - column % tabsize : 0; }
        column = p[i] == '\n' || p[i] == '\r' ? 0 : column + step;
        if (__builtin_add_overflow(size, step, &size)) {
            PyErr_SetString(PyExc_OverflowError, "result too long");
            return NULL;
        }
    }
    PyObject *result = make_like(self, NULL, size);
    if (!result) { return NULL; }
    char *to = hob_bytes_data(result);
    p = data_of(self);
    column = 0;
    for (Py_ssize_t i = 0; i < n; i++) {
        if (p[i] != '\t') {
            column = p[i] == '\n' || p[i] == '\r' ? 0 : column + 1;
            *to++ = (char)p[i];
            continue;
        }
        Py_ssize_t step = tabsize > 0 ? tabsize - column % tabsize : 0;
        memset(to, ' ', step);
        to += step;
        column += step;
    }
    return result;
}

/* --- text --- */

/** shared.hex($self, /, sep=NULL, bytes_per_sep=1)
 *
 *  Two hexadecimal digits for each byte, as a str.
 *
 *  sep goes between groups of bytes_per_sep bytes, counted from the right, or
 *  from the left when negative.
 *
 *      >>> value = bytearray(b'\xca\xfe\x01')
 *      >>> value.hex()
 *      'cafe01'
 *      >>> value.hex('-')
 *      'ca-fe-01'
 *      >>> value.hex(':', 2)
 *      'ca:fe01'
 *      >>> value.hex(':', -2)
 *      'cafe:01'
 */
static PyObject *
bytes_hex(PyObject *self, PyObject *sep, int bytes_per_sep)
{
    hold(self);
    PyObject *text = _Py_strhex_with_sep(hob_bytes_data(self), Py_SIZE(self), sep,
                                         bytes_per_sep);
    let_go(self);
    return text;
}

/** shared.decode($self, /, encoding='utf-8', errors='strict')
 *
 *  The str that the bytes encode.
 */
static PyObject *
bytes_decode(PyObject *self, const char *encoding, const char *errors)
{
    return PyUnicode_FromEncodedObject(self, encoding, errors);
}

/** shared.fromhex($type, string, /)
 *
 *  Bytes from a str of hexadecimal digits; spaces between bytes are skipped.
 */
static PyObject *
bytes_fromhex(PyObject *type, PyUnicodeObject *string)
{
    bool is_array = PyType_IsSubtype((PyTypeObject *)type, &PyByteArray_Type);
    PyObject *result = _PyBytes_FromHex((PyObject *)string, is_array);
    bool is_exact = type == (PyObject *)&PyByteArray_Type || type == (PyObject *)&PyBytes_Type;
    if (!is_exact && result) { Py_SETREF(result, PyObject_CallOneArg(type, result)); }
    return result;
}

/** shared.__getnewargs__($self, /)
 */
static PyObject *
bytes_getnewargs(PyObject *self)
{
    return Py_BuildValue("(y#)", PyBytes_AS_STRING(self), Py_SIZE(self));
}

/** shared.__bytes__($self, /)
 *
 *  The same bytes, of the exact type bytes.
 */
static PyObject *
bytes_bytes(PyObject *self)
{
    return part_of(self, 0, Py_SIZE(self));
}

/* the generated table is laid out anew below */
#pragma GCC diagnostic ignored "-Wunused-variable"
#include "gen/objects/bytes_methods.bind.h"

PyObject *
_PyBytes_Join(PyObject *sep, PyObject *x)
{
    if (!sep || !PyBytes_Check(sep)) {
        PyErr_BadInternalCall();
        return NULL;
    }
    return bytes_join(sep, x);
}

/* --- the two tables --- */

#define ROW(pyname, function, flags, doc) \
    {pyname, (PyCFunction)(void (*)(void))function, flags, doc}
#define RAW(name, flags) ROW(#name, bytes_##name, flags, bytes_##name##__doc)
#define CALL(name, flags) ROW(#name, bytes_##name##__call, flags, bytes_##name##__doc)
#define KEYWORDS (METH_FASTCALL | METH_KEYWORDS)

#define SHARED_ROWS                                                                         \
    CALL(capitalize, METH_NOARGS), RAW(center, METH_FASTCALL), RAW(count, METH_FASTCALL),   \
    CALL(decode, KEYWORDS), RAW(endswith, METH_FASTCALL), CALL(expandtabs, KEYWORDS),       \
    RAW(find, METH_FASTCALL), CALL(fromhex, METH_O | METH_CLASS), CALL(hex, KEYWORDS),      \
    RAW(index, METH_FASTCALL), CALL(isalnum, METH_NOARGS), CALL(isalpha, METH_NOARGS),      \
    CALL(isascii, METH_NOARGS), CALL(isdigit, METH_NOARGS), CALL(islower, METH_NOARGS),     \
    CALL(isspace, METH_NOARGS), CALL(istitle, METH_NOARGS), CALL(isupper, METH_NOARGS),     \
    RAW(join, METH_O), RAW(ljust, METH_FASTCALL), CALL(lower, METH_NOARGS),                 \
    CALL(lstrip, METH_FASTCALL), CALL(maketrans, METH_FASTCALL | METH_STATIC),              \
    CALL(partition, METH_O), CALL(replace, METH_FASTCALL), CALL(removeprefix, METH_O),      \
    CALL(removesuffix, METH_O), RAW(rfind, METH_FASTCALL), RAW(rindex, METH_FASTCALL),      \
    RAW(rjust, METH_FASTCALL), CALL(rpartition, METH_O), CALL(rsplit, KEYWORDS),            \
    CALL(rstrip, METH_FASTCALL), CALL(split, KEYWORDS), CALL(splitlines, KEYWORDS),         \
    RAW(startswith, METH_FASTCALL), CALL(strip, METH_FASTCALL), CALL(swapcase, METH_NOARGS),\
    CALL(title, METH_NOARGS), CALL(translate, KEYWORDS), CALL(upper, METH_NOARGS),          \
    CALL(zfill, METH_O)

PyMethodDef hob_bytes_methods[] = {
    ROW("__getnewargs__", bytes_getnewargs__call, METH_NOARGS, NULL),
    ROW("__bytes__", bytes_bytes__call, METH_NOARGS, bytes_bytes__doc),
    SHARED_ROWS,
    {NULL, NULL, 0, NULL},
};

PyMethodDef hob_bytearray_methods[] = {
    SHARED_ROWS,
    ROW("__alloc__", hob_bytearray_alloc, METH_NOARGS,
        PyDoc_STR("How many bytes are allocated.")),
    ROW("__reduce__", hob_bytearray_reduce, METH_NOARGS,
        PyDoc_STR("__reduce__($self, /)\n--\n\nState for pickling.")),
    ROW("__reduce_ex__", hob_bytearray_reduce_ex, METH_FASTCALL,
        PyDoc_STR("__reduce_ex__($self, proto=0, /)\n--\n\nState for pickling.")),
    ROW("__sizeof__", hob_bytearray_sizeof, METH_NOARGS,
        PyDoc_STR("__sizeof__($self, /)\n--\n\nBytes of the object and its buffer.")),
    ROW("append", hob_bytearray_append, METH_O,
        PyDoc_STR("append($self, item, /)\n--\n\nAdd one byte at the end.")),
    ROW("clear", hob_bytearray_clear, METH_NOARGS,
        PyDoc_STR("clear($self, /)\n--\n\nRemove all bytes.")),
    ROW("copy", hob_bytearray_copy, METH_NOARGS,
        PyDoc_STR("copy($self, /)\n--\n\nA copy.")),
    ROW("extend", hob_bytearray_extend, METH_O,
        PyDoc_STR("extend($self, iterable_of_ints, /)\n--\n\n"
                  "Add all bytes of an iterable at the end.")),
    ROW("insert", hob_bytearray_insert, METH_FASTCALL,
        PyDoc_STR("insert($self, index, item, /)\n--\n\nInsert one byte before index.")),
    ROW("pop", hob_bytearray_pop, METH_FASTCALL,
        PyDoc_STR("pop($self, index=-1, /)\n--\n\n"
                  "Remove the byte at index and return it; IndexError without one.")),
    ROW("remove", hob_bytearray_remove, METH_O,
        PyDoc_STR("remove($self, value, /)\n--\n\n"
                  "Remove the first byte of that value; ValueError without one.")),
    ROW("reverse", hob_bytearray_reverse, METH_NOARGS,
        PyDoc_STR("reverse($self, /)\n--\n\nReverse the order, in place.")),
    {NULL, NULL, 0, NULL},
};

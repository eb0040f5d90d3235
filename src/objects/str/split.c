/* split.c -- a str taken apart: split, rsplit, splitlines, partition. */
#include "objects/str/split.h"

#include "text/ucd.h"

static inline bool
is_space(Py_UCS4 ch)
{
    return ch < 128 ? _Py_ascii_whitespace[ch] : hob_ucd_is(ch, UCD_SPACE);
}

static inline bool
is_linebreak(Py_UCS4 ch)
{
    if (ch < 128) { return (ch >= 10 && ch <= 13) || (ch >= 0x1c && ch <= 0x1e); }
    return hob_ucd_is(ch, UCD_LINEBREAK);
}

/* Append str[start:stop] to list. */
static status
add_slice(PyObject *list, PyObject *str, Py_ssize_t start, Py_ssize_t stop)
{
    own PyObject *piece = hob_str_slice(str, start, stop);
    return piece ? PyList_Append(list, piece) : -1;
}

/* --- at whitespace --- */

static status
split_space(PyObject *list, PyObject *str, Py_ssize_t max)
{
    text t = text_of(str);
    Py_ssize_t i = 0;
    while (max-- > 0) {
        while (i < t.n && is_space(text_at(t, i))) { i++; }
        if (i == t.n) { return 0; }
        Py_ssize_t start = i++;
        while (i < t.n && !is_space(text_at(t, i))) { i++; }
        if (add_slice(list, str, start, i) < 0) { return -1; }
    }
    while (i < t.n && is_space(text_at(t, i))) { i++; }
    return i < t.n ? add_slice(list, str, i, t.n) : 0;
}

static status
rsplit_space(PyObject *list, PyObject *str, Py_ssize_t max)
{
    text t = text_of(str);
    Py_ssize_t i = t.n;
    while (max-- > 0) {
        while (i > 0 && is_space(text_at(t, i - 1))) { i--; }
        if (i == 0) { return 0; }
        Py_ssize_t stop = i--;
        while (i > 0 && !is_space(text_at(t, i - 1))) { i--; }
        if (add_slice(list, str, i, stop) < 0) { return -1; }
    }
    while (i > 0 && is_space(text_at(t, i - 1))) { i--; }
    return i > 0 ? add_slice(list, str, 0, i) : 0;
}

/* --- at a separator --- */

/* A hay and a needle widened to its kind, for many searches. */
typedef struct {
    text hay, needle;
    uint32_t stack[WIDEN_STACK / 4];
    void *heap;
    bool hopeless;              /* the needle cannot be in the hay */
} search;

static status
search_start(search *s, PyObject *hay, PyObject *needle)
{
    s->hay = text_of(hay);
    s->needle = text_of(needle);
    s->heap = NULL;
    s->hopeless = s->needle.kind > s->hay.kind || s->needle.n > s->hay.n;
    if (s->hopeless) { return 0; }
    const void *units = hob_text_widen(s->needle, s->hay.kind, s->stack, &s->heap);
    if (!units) { return -1; }
    s->needle = (text){s->hay.kind, units, s->needle.n};
    return 0;
}

static Py_ssize_t
search_in(search *s, Py_ssize_t start, Py_ssize_t stop, int direction)
{
    if (s->hopeless) { return -1; }
    text part = {s->hay.kind, text_place(s->hay, start), stop - start};
    Py_ssize_t at = hob_str_find(part, s->needle, direction);
    return at < 0 ? -1 : at + start;
}

static status
split_text(PyObject *list, PyObject *str, PyObject *sep, Py_ssize_t max)
{
    search s;
    if (search_start(&s, str, sep) < 0) { return -1; }
    Py_ssize_t start = 0;
    status result = 0;
    while (max-- > 0) {
        Py_ssize_t at = search_in(&s, start, s.hay.n, FIND_FORWARD);
        if (at < 0) { break; }
        result = add_slice(list, str, start, at);
        if (result < 0) { break; }
        start = at + LENGTH(sep);
    }
    PyMem_Free(s.heap);
    return result < 0 ? -1 : add_slice(list, str, start, s.hay.n);
}

static status
rsplit_text(PyObject *list, PyObject *str, PyObject *sep, Py_ssize_t max)
{
    search s;
    if (search_start(&s, str, sep) < 0) { return -1; }
    Py_ssize_t stop = s.hay.n;
    status result = 0;
    while (max-- > 0) {
        Py_ssize_t at = search_in(&s, 0, stop, FIND_BACKWARD);
        if (at < 0) { break; }
        result = add_slice(list, str, at + LENGTH(sep), stop);
        if (result < 0) { break; }
        stop = at;
    }
    PyMem_Free(s.heap);
    return result < 0 ? -1 : add_slice(list, str, 0, stop);
}

static PyObject *
split_with(PyObject *str, PyObject *sep, Py_ssize_t max,
           status (*at_space)(PyObject *, PyObject *, Py_ssize_t),
           status (*at_text)(PyObject *, PyObject *, PyObject *, Py_ssize_t))
{
    READY_OR(str, NULL);
    if (max < 0) { max = PY_SSIZE_T_MAX; }
    own PyObject *list = PyList_New(0);
    if (!list) { return NULL; }
    if (!sep) {
        if (at_space(list, str, max) < 0) { return NULL; }
        return take(list);
    }
    READY_OR(sep, NULL);
    if (LENGTH(sep) == 0) {
        PyErr_SetString(PyExc_ValueError, "empty separator");
        return NULL;
    }
    if (at_text(list, str, sep, max) < 0) { return NULL; }
    return take(list);
}

PyObject *
hob_str_split(PyObject *str, PyObject *sep, Py_ssize_t max)
{
    return split_with(str, sep, max, split_space, split_text);
}

PyObject *
hob_str_rsplit(PyObject *str, PyObject *sep, Py_ssize_t max)
{
    PyObject *list = split_with(str, sep, max, rsplit_space, rsplit_text);
    if (list && PyList_Reverse(list) < 0) { Py_CLEAR(list); }
    return list;
}

/* --- public API --- */

PyObject *
PyUnicode_Split(PyObject *s, PyObject *sep, Py_ssize_t maxsplit)
{
    if (hob_str_expect(s) < 0 || (sep && hob_str_expect(sep) < 0)) { return NULL; }
    return hob_str_split(s, sep, maxsplit);
}

PyObject *
PyUnicode_RSplit(PyObject *s, PyObject *sep, Py_ssize_t maxsplit)
{
    if (hob_str_expect(s) < 0 || (sep && hob_str_expect(sep) < 0)) { return NULL; }
    return hob_str_rsplit(s, sep, maxsplit);
}

PyObject *
PyUnicode_Splitlines(PyObject *string, int keepends)
{
    if (hob_str_expect(string) < 0) { return NULL; }
    own PyObject *list = PyList_New(0);
    if (!list) { return NULL; }
    text t = text_of(string);
    for (Py_ssize_t i = 0; i < t.n;) {
        Py_ssize_t start = i;
        while (i < t.n && !is_linebreak(text_at(t, i))) { i++; }
        Py_ssize_t stop = i;
        if (i < t.n) {
            i += 1 + (text_at(t, i) == '\r' && i + 1 < t.n && text_at(t, i + 1) == '\n');
            if (keepends) { stop = i; }
        }
        if (add_slice(list, string, start, stop) < 0) { return NULL; }
    }
    return take(list);
}

/* (before, sep, after), where sep begins at `at`; else str and two empty strs. */
static PyObject *
three_parts(PyObject *str, PyObject *sep, Py_ssize_t at, bool str_first)
{
    if (at < 0) {
        PyObject *empty = hob_str_empty();
        own PyObject *same = hob_str_same(str);
        if (!same) { return NULL; }
        return str_first ? PyTuple_Pack(3, same, empty, empty) : PyTuple_Pack(3, empty, empty, same);
    }
    own PyObject *before = hob_str_slice(str, 0, at);
    own PyObject *after = hob_str_slice(str, at + LENGTH(sep), LENGTH(str));
    if (!before || !after) { return NULL; }
    return PyTuple_Pack(3, before, sep, after);
}

static PyObject *
partition(PyObject *str, PyObject *sep, int direction)
{
    if (hob_str_expect(str) < 0 || hob_str_expect(sep) < 0) { return NULL; }
    if (LENGTH(sep) == 0) {
        PyErr_SetString(PyExc_ValueError, "empty separator");
        return NULL;
    }
    Py_ssize_t at = hob_str_find(text_of(str), text_of(sep), direction);
    if (at == -2) { return NULL; }
    return three_parts(str, sep, at, direction > 0);
}

PyObject *
PyUnicode_Partition(PyObject *s, PyObject *sep)
{
    return partition(s, sep, FIND_FORWARD);
}

PyObject *
PyUnicode_RPartition(PyObject *s, PyObject *sep)
{
    return partition(s, sep, FIND_BACKWARD);
}

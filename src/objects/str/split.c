/* split.c -- a str taken apart: split, rsplit, splitlines, partition. */
#include "objects/str/split.h"

#include "text/ucd.h"

static inline bool
is_space(Py_UCS4 ch)
{
    return ch < 128 ? _Py_ascii_whitespace[ch] : hob_ucd_is(ch, UCD_SPACE);
}

static const bool latin1_linebreaks[256] = {
    ['\n'] = 1, ['\v'] = 1, ['\f'] = 1, ['\r'] = 1,
    [0x1c] = 1, [0x1d] = 1, [0x1e] = 1, [0x85] = 1,
};

static inline bool
is_linebreak(Py_UCS4 ch)
{
    return ch < 256 ? latin1_linebreaks[ch] : hob_ucd_is(ch, UCD_LINEBREAK);
}

/* The first line break from i, or the end. */
static inline Py_ssize_t
find_linebreak(text t, Py_ssize_t i)
{
    if (t.kind == 1) {
        const uint8_t *s = t.data;
        while (i < t.n && !latin1_linebreaks[s[i]]) { i++; }
    }
    else {
        while (i < t.n && !is_linebreak(text_at(t, i))) { i++; }
    }
    return i;
}

/* A list of pieces under construction, made large enough beforehand. */
typedef struct {
    PyObject *str;              /* borrowed: what is split; ready */
    text t;                     /* of it */
    bool is_ascii;
    PyObject *list;             /* owned */
    Py_ssize_t n, room;
} pieces;

enum { FIRST_ROOM = 12 };

static status
pieces_start(pieces *p, PyObject *str, Py_ssize_t room)
{
    *p = (pieces){str, text_of(str), STATE(str).ascii, PyList_New(room), 0, room};
    return p->list ? 0 : -1;
}

/* Put str[start:stop] at the end. */
static inline status
put(pieces *p, Py_ssize_t start, Py_ssize_t stop)
{
    PyObject *piece = p->is_ascii && stop - start > 1
        ? hob_str_from_ascii((const char *)p->t.data + start, stop - start)
        : hob_str_slice(p->str, start, stop);
    if (UNLIKELY(!piece)) { return -1; }
    if (LIKELY(p->n < p->room)) {
        PyList_SET_ITEM(p->list, p->n++, piece);
        return 0;
    }
    status done = PyList_Append(p->list, piece);
    Py_DECREF(piece);
    p->n++;
    return done;
}

/* The finished list: cut to what is there. */
static PyObject *
pieces_finish(pieces *p, status done)
{
    if (p->n < p->room) { Py_SET_SIZE(p->list, p->n); }
    if (done < 0) { Py_CLEAR(p->list); }
    return p->list;
}

/* --- at whitespace --- */

static status
split_space(pieces *p, Py_ssize_t max)
{
    text t = p->t;
    Py_ssize_t i = 0;
    while (max-- > 0) {
        while (i < t.n && is_space(text_at(t, i))) { i++; }
        if (i == t.n) { return 0; }
        Py_ssize_t start = i++;
        while (i < t.n && !is_space(text_at(t, i))) { i++; }
        if (put(p, start, i) < 0) { return -1; }
    }
    while (i < t.n && is_space(text_at(t, i))) { i++; }
    return i < t.n ? put(p, i, t.n) : 0;
}

/* The same for ASCII. */
static status
split_ascii_space(pieces *p, Py_ssize_t max)
{
    const uint8_t *s = p->t.data;
    Py_ssize_t i = 0, n = p->t.n;
    while (max-- > 0) {
        while (i < n && _Py_ascii_whitespace[s[i]]) { i++; }
        if (i == n) { return 0; }
        Py_ssize_t start = i++;
        while (i < n && !_Py_ascii_whitespace[s[i]]) { i++; }
        if (put(p, start, i) < 0) { return -1; }
    }
    while (i < n && _Py_ascii_whitespace[s[i]]) { i++; }
    return i < n ? put(p, i, n) : 0;
}

static status
rsplit_space(pieces *p, Py_ssize_t max)
{
    text t = p->t;
    Py_ssize_t i = t.n;
    while (max-- > 0) {
        while (i > 0 && is_space(text_at(t, i - 1))) { i--; }
        if (i == 0) { return 0; }
        Py_ssize_t stop = i--;
        while (i > 0 && !is_space(text_at(t, i - 1))) { i--; }
        if (put(p, i, stop) < 0) { return -1; }
    }
    while (i > 0 && is_space(text_at(t, i - 1))) { i--; }
    return i > 0 ? put(p, 0, i) : 0;
}

/* --- at a separator of the same kind --- */

/* At one ASCII or Latin-1 character: the list has the right size already. */
static status
split_byte(pieces *p, uint8_t sep, Py_ssize_t max)
{
    const uint8_t *s = p->t.data, *end = s + p->t.n, *from = s;
    while (max-- > 0) {
        const uint8_t *at = memchr(from, sep, (size_t)(end - from));
        if (!at) { break; }
        if (put(p, from - s, at - s) < 0) { return -1; }
        from = at + 1;
    }
    return put(p, from - s, p->t.n);
}

static status
split_text(pieces *p, text sep, Py_ssize_t max)
{
    text t = p->t;
    Py_ssize_t start = 0;
    while (max-- > 0) {
        text rest = {t.kind, text_place(t, start), t.n - start};
        Py_ssize_t at = hob_str_find_same(rest, sep, FIND_FORWARD);
        if (at < 0) { break; }
        if (put(p, start, start + at) < 0) { return -1; }
        start += at + sep.n;
    }
    return put(p, start, t.n);
}

static status
rsplit_text(pieces *p, text sep, Py_ssize_t max)
{
    text t = p->t;
    Py_ssize_t stop = t.n;
    while (max-- > 0) {
        text rest = {t.kind, t.data, stop};
        Py_ssize_t at = hob_str_find_same(rest, sep, FIND_BACKWARD);
        if (at < 0) { break; }
        if (put(p, at + sep.n, stop) < 0) { return -1; }
        stop = at;
    }
    return put(p, 0, stop);
}

static PyObject *
split_at(PyObject *str, PyObject *sep, Py_ssize_t max,
         status (*split)(pieces *, text, Py_ssize_t))
{
    text t = text_of(str), needle = text_of(sep);
    uint32_t stack[WIDEN_STACK / 4];
    void *heap = NULL;
    const void *units = needle.data;
    bool hopeless = needle.kind > t.kind || needle.n > t.n;
    if (!hopeless && !(units = hob_text_widen(needle, t.kind, stack, &heap))) { return NULL; }
    needle = (text){t.kind, units, needle.n};
    bool by_byte = !hopeless && t.kind == 1 && needle.n == 1 && split == split_text;
    Py_ssize_t room = hopeless ? 1 : by_byte
        ? 1 + hob_count8_unit(t.data, t.n, *(const uint8_t *)units, max)
        : Py_MIN(max, FIRST_ROOM - 1) + 1;
    pieces p;
    PyObject *list = NULL;
    if (pieces_start(&p, str, room) == 0) {
        list = pieces_finish(&p, hopeless ? put(&p, 0, t.n)
                                 : by_byte ? split_byte(&p, *(const uint8_t *)units, max)
                                 : split(&p, needle, max));
    }
    PyMem_Free(heap);
    return list;
}

static status
check_separator(PyObject *sep)
{
    READY_OR(sep, -1);
    if (LENGTH(sep)) { return 0; }
    PyErr_SetString(PyExc_ValueError, "empty separator");
    return -1;
}

PyObject *
hob_str_split(PyObject *str, PyObject *sep, Py_ssize_t max)
{
    READY_OR(str, NULL);
    if (max < 0) { max = PY_SSIZE_T_MAX; }
    if (sep) { return check_separator(sep) < 0 ? NULL : split_at(str, sep, max, split_text); }
    pieces p;
    if (pieces_start(&p, str, Py_MIN(max, FIRST_ROOM - 1) + 1) < 0) { return NULL; }
    return pieces_finish(&p, p.is_ascii ? split_ascii_space(&p, max) : split_space(&p, max));
}

PyObject *
hob_str_rsplit(PyObject *str, PyObject *sep, Py_ssize_t max)
{
    READY_OR(str, NULL);
    if (max < 0) { max = PY_SSIZE_T_MAX; }
    PyObject *list;
    if (sep) {
        list = check_separator(sep) < 0 ? NULL : split_at(str, sep, max, rsplit_text);
    }
    else {
        pieces p;
        if (pieces_start(&p, str, Py_MIN(max, FIRST_ROOM - 1) + 1) < 0) { return NULL; }
        list = pieces_finish(&p, rsplit_space(&p, max));
    }
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
    pieces p;
    if (pieces_start(&p, string, FIRST_ROOM) < 0) { return NULL; }
    text t = p.t;
    status done = 0;
    for (Py_ssize_t i = 0; i < t.n && done == 0;) {
        Py_ssize_t start = i, stop = find_linebreak(t, i);
        i = stop;
        if (i < t.n) {
            i += 1 + (text_at(t, i) == '\r' && i + 1 < t.n && text_at(t, i + 1) == '\n');
            if (keepends) { stop = i; }
        }
        done = put(&p, start, stop);
    }
    return pieces_finish(&p, done);
}

/* (before, sep, after), where sep begins at `at`; else str and two empty strs. */
static PyObject *
three_parts(PyObject *str, PyObject *sep, Py_ssize_t at, bool str_first)
{
    if (at < 0) {
        PyObject *empty = hob_str_empty();
        own PyObject *same = hob_str_same(str);
        if (!same) { return NULL; }
        return str_first ? PyTuple_Pack(3, same, empty, empty) : PyTuple_Pack(3, empty, empty,
                                                                              same);
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

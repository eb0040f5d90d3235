/* find.c -- where a text occurs in another: find, count, contains, tail match.
 *
 * A needle of a wider kind than the hay cannot occur in it.  One of a narrower
 * kind is widened first, on the stack when it is short.
 *
 * What Python's methods and `in` ask is done aside when the hay is long; the C
 * API keeps the GIL, as its callers may only borrow the texts.
 */
#include "objects/str/str_int.h"

const void *
hob_text_widen(text needle, int kind, void *stack, void **heap)
{
    *heap = NULL;
    if (needle.kind == kind) { return needle.data; }
    size_t n_bytes = (size_t)needle.n * kind;
    void *to = stack;
    if (n_bytes > WIDEN_STACK) {
        if ((size_t)needle.n > (size_t)PY_SSIZE_T_MAX / kind || !(to = PyMem_Malloc(n_bytes))) {
            PyErr_NoMemory();
            return NULL;
        }
        *heap = to;
    }
    hob_units_copy(kind, to, needle.kind, needle.data, needle.n);
    return to;
}

Py_ssize_t
hob_str_find_char(text hay, Py_UCS4 ch, int direction)
{
    switch (hay.kind) {
    case 1: return ch > 0xff ? -1 : hob_find8_unit(hay.data, hay.n, (uint8_t)ch, direction);
    case 2: return ch > 0xffff ? -1 : hob_find16_unit(hay.data, hay.n, (uint16_t)ch, direction);
    default: return hob_find32_unit(hay.data, hay.n, ch, direction);
    }
}

/* By `find`, which wants a needle as wide as the hay; -2 without memory. */
static NOINLINE Py_ssize_t
find_widened(text hay, text needle, int direction, Py_ssize_t (*find)(text, text, int))
{
    uint32_t stack[WIDEN_STACK / 4];
    void *heap;
    const void *units = hob_text_widen(needle, hay.kind, stack, &heap);
    if (!units) { return -2; }
    Py_ssize_t at = find(hay, (text){hay.kind, units, needle.n}, direction);
    PyMem_Free(heap);
    return at;
}

Py_ssize_t
hob_str_find(text hay, text needle, int direction)
{
    if (needle.n > hay.n || needle.kind > hay.kind) { return -1; }
    if (needle.n == 1) { return hob_str_find_char(hay, text_at(needle, 0), direction); }
    if (needle.kind == hay.kind) { return hob_str_find_same(hay, needle, direction); }
    return find_widened(hay, needle, direction, hob_str_find_same);
}

Py_ssize_t
hob_str_find_aside(text hay, text needle, int direction)
{
    if (hob_scan_is_long(hay.kind, hay.n) && needle.n <= hay.n && needle.kind <= hay.kind) {
        return find_widened(hay, needle, direction, hob_scan_find);
    }
    return hob_str_find(hay, needle, direction);
}

/* How often needle occurs, at most max; -1 without memory. */
static Py_ssize_t
count(text hay, text needle, Py_ssize_t max, bool aside)
{
    if (needle.n > hay.n || needle.kind > hay.kind) { return 0; }
    uint32_t stack[WIDEN_STACK / 4];
    void *heap;
    const void *units = hob_text_widen(needle, hay.kind, stack, &heap);
    if (!units) { return -1; }
    Py_ssize_t n = hob_scan_count(hay, (text){hay.kind, units, needle.n}, max, aside);
    PyMem_Free(heap);
    return n;
}

Py_ssize_t
hob_str_count(text hay, text needle, Py_ssize_t max)
{
    return count(hay, needle, max, false);
}

/* Clip start and end as slices do. */
static inline void
clip(Py_ssize_t n, Py_ssize_t *start, Py_ssize_t *end)
{
    if (*end > n) { *end = n; }
    else if (*end < 0) { *end = Py_MAX(*end + n, 0); }
    if (*start < 0) { *start = Py_MAX(*start + n, 0); }
}

/* Two strs?  TypeError of `in` if not.  Readies them. */
static bool
may_contain(PyObject *str, PyObject *item)
{
    if (PyUnicode_Check(item)) {
        READY_OR(item, false);
        return hob_str_expect(str) == 0;
    }
    PyErr_Format(PyExc_TypeError, "'in <string>' requires string as left operand, not %.100s",
                 Py_TYPE(item)->tp_name);
    return false;
}

/* str[*start:end]; 0 when substr is longer, -1 with an exception. */
static inline tri
part_of(PyObject *str, PyObject *substr, Py_ssize_t *start, Py_ssize_t end, text *part)
{
    if (hob_str_expect(str) < 0 || hob_str_expect(substr) < 0) { return -1; }
    text hay = text_of(str);
    clip(hay.n, start, &end);
    if (end - *start < LENGTH(substr)) { return 0; }
    *part = (text){hay.kind, text_place(hay, *start), end - *start};
    return 1;
}

Py_ssize_t
hob_str_find_method(PyObject *str, PyObject *sub, Py_ssize_t start, Py_ssize_t end,
                    int direction)
{
    text part;
    tri fits = part_of(str, sub, &start, end, &part);
    if (fits <= 0) { return fits - 1; }
    Py_ssize_t at = hob_str_find_aside(part, text_of(sub), direction);
    return at >= 0 ? at + start : at;
}

Py_ssize_t
hob_str_count_method(PyObject *str, PyObject *sub, Py_ssize_t start, Py_ssize_t end)
{
    text part;
    tri fits = part_of(str, sub, &start, end, &part);
    return fits <= 0 ? fits : count(part, text_of(sub), PY_SSIZE_T_MAX, true);
}

tri
hob_str_contains(PyObject *str, PyObject *item)
{
    if (!may_contain(str, item)) { return -1; }
    Py_ssize_t at = hob_str_find_aside(text_of(str), text_of(item), FIND_FORWARD);
    return at == -2 ? -1 : at >= 0;
}

/* --- public API --- */

Py_ssize_t
PyUnicode_Find(PyObject *str, PyObject *substr, Py_ssize_t start, Py_ssize_t end, int direction)
{
    text part;
    tri fits = part_of(str, substr, &start, end, &part);
    if (fits <= 0) { return fits - 1; }
    Py_ssize_t at = hob_str_find(part, text_of(substr), direction);
    return at >= 0 ? at + start : at;
}

Py_ssize_t
PyUnicode_FindChar(PyObject *str, Py_UCS4 ch, Py_ssize_t start, Py_ssize_t end, int direction)
{
    READY_OR(str, -2);
    text hay = text_of(str);
    clip(hay.n, &start, &end);
    if (end - start < 1) { return -1; }
    text part = {hay.kind, text_place(hay, start), end - start};
    Py_ssize_t at = hob_str_find_char(part, ch, direction);
    return at >= 0 ? at + start : at;
}

Py_ssize_t
PyUnicode_Count(PyObject *str, PyObject *substr, Py_ssize_t start, Py_ssize_t end)
{
    text part;
    tri fits = part_of(str, substr, &start, end, &part);
    return fits <= 0 ? fits : hob_str_count(part, text_of(substr), PY_SSIZE_T_MAX);
}

int
PyUnicode_Contains(PyObject *str, PyObject *substr)
{
    if (!may_contain(str, substr)) { return -1; }
    Py_ssize_t at = hob_str_find(text_of(str), text_of(substr), FIND_FORWARD);
    return at == -2 ? -1 : at >= 0;
}

Py_ssize_t
PyUnicode_Tailmatch(PyObject *str, PyObject *substr, Py_ssize_t start, Py_ssize_t end,
                    int direction)
{
    if (hob_str_expect(str) < 0 || hob_str_expect(substr) < 0) { return -1; }
    text whole = text_of(str), part = text_of(substr);
    clip(whole.n, &start, &end);
    if (end - part.n < start) { return 0; }
    if (part.n == 0) { return 1; }
    Py_ssize_t at = direction > 0 ? end - part.n : start;
    return hob_units_equal(whole.kind, text_place(whole, at), part.kind, part.data, part.n);
}

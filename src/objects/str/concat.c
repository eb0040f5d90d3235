/* concat.c -- strs put together: +, +=, join, repeat.
 *
 * Hazard    PyUnicode_Append changes its left operand in place when nobody
 *           else can see it; that is what makes `s += x` in a loop linear.
 */
#include "objects/str/str_int.h"

#include "base/span.h"



static PyObject *
too_large(const char *what)
{
    PyErr_SetString(PyExc_OverflowError, what);
    return NULL;
}

static PyObject *
concat_ready(PyObject *left, PyObject *right)
{
    Py_ssize_t n_left = LENGTH(left), n_right = LENGTH(right);
    if (n_right > PY_SSIZE_T_MAX - n_left) {
        return too_large("strings are too large to concat");
    }
    Py_UCS4 max = PyUnicode_MAX_CHAR_VALUE(left), other = PyUnicode_MAX_CHAR_VALUE(right);
    PyObject *str = PyUnicode_New(n_left + n_right, max > other ? max : other);
    if (!str) { return NULL; }
    hob_str_copy(str, 0, left, 0, n_left);
    hob_str_copy(str, n_left, right, 0, n_right);
    return str;
}

/* --- public API --- */

PyObject *
PyUnicode_Concat(PyObject *left, PyObject *right)
{
    if (hob_str_expect(left) < 0) { return NULL; }
    if (!PyUnicode_Check(right)) {
        PyErr_Format(PyExc_TypeError, "can only concatenate str (not \"%.200s\") to str",
                     Py_TYPE(right)->tp_name);
        return NULL;
    }
    READY_OR(right, NULL);
    if (LENGTH(left) == 0) { return hob_str_same(right); }
    if (LENGTH(right) == 0) { return hob_str_same(left); }
    return concat_ready(left, right);
}

/* Make room behind *slot for right, in place; 0 when that cannot be. */
static tri
append_in_place(PyObject **slot, PyObject *right)
{
    PyObject *left = *slot;
    if (!is_modifiable(left) || STATE(right).kind > STATE(left).kind
        || (STATE(left).ascii && !STATE(right).ascii)) { return 0; }
    Py_ssize_t n = LENGTH(left);
    if (LENGTH(right) > PY_SSIZE_T_MAX - n) {
        too_large("strings are too large to concat");
        return -1;
    }
    if (hob_str_resize(slot, n + LENGTH(right)) < 0) { return -1; }
    hob_str_copy(*slot, n, right, 0, LENGTH(right));
    return 1;
}

void
PyUnicode_Append(PyObject **p_left, PyObject *right)
{
    PyObject *left = *p_left;
    if (!p_left || !left) {
        if (!PyErr_Occurred()) { PyErr_BadInternalCall(); }
        return;
    }
    if (!right || !PyUnicode_Check(left) || !PyUnicode_Check(right)) {
        if (!PyErr_Occurred()) { PyErr_BadInternalCall(); }
        Py_CLEAR(*p_left);
        return;
    }
    if ((!STATE(left).ready && _PyUnicode_Ready(left) < 0)
        || (!STATE(right).ready && _PyUnicode_Ready(right) < 0)) {
        Py_CLEAR(*p_left);
        return;
    }
    if (LENGTH(left) == 0) {
        PyObject *same = hob_str_same(right);
        Py_SETREF(*p_left, same);
        return;
    }
    if (LENGTH(right) == 0) { return; }
    tri done = append_in_place(p_left, right);
    if (done > 0) { return; }
    PyObject *joined = done < 0 ? NULL : concat_ready(left, right);
    Py_SETREF(*p_left, joined);
}

void
PyUnicode_AppendAndDel(PyObject **pleft, PyObject *right)
{
    PyUnicode_Append(pleft, right);
    Py_XDECREF(right);
}

/* --- join --- */

typedef struct {
    Py_ssize_t n;               /* of the result */
    Py_UCS4 max;
} join_size;

/* Measure the items and check that they are strs. */
static status
measure_items(PyObject *const *items, Py_ssize_t n_items, Py_ssize_t n_separator,
              join_size *size)
{
    size_t n = 0;
    for (Py_ssize_t i = 0; i < n_items; i++) {
        FETCH_AHEAD(items, i, n_items);
        PyObject *item = items[i];
        if (!PyUnicode_Check(item)) {
            PyErr_Format(PyExc_TypeError,
                         "sequence item %zd: expected str instance, %.80s found",
                         i, Py_TYPE(item)->tp_name);
            return -1;
        }
        if (!STATE(item).ascii) {
            READY_OR(item, -1);
            Py_UCS4 max = PyUnicode_MAX_CHAR_VALUE(item);
            if (max > size->max) { size->max = max; }
        }
        n += (size_t)LENGTH(item) + (i ? (size_t)n_separator : 0);
        if (n > PY_SSIZE_T_MAX) {
            PyErr_SetString(PyExc_OverflowError,
                            "join() result is too long for a Python string");
            return -1;
        }
    }
    size->n = (Py_ssize_t)n;
    return 0;
}

/* Where n bytes copied from `from` end. */
static inline char *
put_bytes(char *at, const char *from, Py_ssize_t n)
{
    if (n == 1) { *at = *from; }
    else        { hob_span_copy(at, from, (size_t)n); }
    return at + n;
}

/* Items and separator, all of one byte a character, one behind the other. */
static void
join_fill_narrow(char *at, PyObject *separator, PyObject *const *items, Py_ssize_t n_items)
{
    Py_ssize_t n_separator = separator ? LENGTH(separator) : 0;
    const char *between = n_separator ? PyUnicode_DATA(separator) : NULL;
    for (Py_ssize_t i = 0; i < n_items; i++) {
        PyObject *item = items[i];
        if (i && n_separator) { at = put_bytes(at, between, n_separator); }
        const char *from = PyUnicode_IS_COMPACT_ASCII(item)
                           ? (const char *)((PyASCIIObject *)item + 1) : PyUnicode_DATA(item);
        at = put_bytes(at, from, LENGTH(item));
    }
}

static void
join_fill(PyObject *str, PyObject *separator, PyObject *const *items, Py_ssize_t n_items)
{
    int kind = STATE(str).kind;
    if (kind == PyUnicode_1BYTE_KIND) {
        join_fill_narrow(PyUnicode_DATA(str), separator, items, n_items);
        return;
    }
    char *at = PyUnicode_DATA(str);
    Py_ssize_t n_separator = separator ? LENGTH(separator) : 0;
    for (Py_ssize_t i = 0; i < n_items; i++) {
        if (i && n_separator) {
            hob_units_copy(kind, at, STATE(separator).kind, PyUnicode_DATA(separator),
                           n_separator);
            at += n_separator * kind;
        }
        Py_ssize_t n = LENGTH(items[i]);
        if (n == 0) { continue; }
        hob_units_copy(kind, at, STATE(items[i]).kind, PyUnicode_DATA(items[i]), n);
        at += n * kind;
    }
}

PyObject *
_PyUnicode_JoinArray(PyObject *separator, PyObject *const *items, Py_ssize_t seqlen)
{
    if (seqlen == 0) { return Py_NewRef(hob_str_empty()); }
    if (seqlen == 1 && PyUnicode_CheckExact(items[0])) { return Py_NewRef(items[0]); }
    join_size size = {0, 127};
    Py_ssize_t n_separator = 1;
    PyObject *between = seqlen > 1 ? separator : NULL;
    if (!separator) {
        between = seqlen > 1 ? hob_str_char_peek(' ') : NULL;
    }
    else if (seqlen > 1) {
        if (!PyUnicode_Check(separator)) {
            PyErr_Format(PyExc_TypeError, "separator: expected str instance, %.80s found",
                         Py_TYPE(separator)->tp_name);
            return NULL;
        }
        READY_OR(separator, NULL);
        n_separator = LENGTH(separator);
        if (n_separator) { size.max = PyUnicode_MAX_CHAR_VALUE(separator); }
    }
    if (measure_items(items, seqlen, n_separator, &size) < 0) { return NULL; }
    PyObject *str = PyUnicode_New(size.n, size.max);
    if (!str || size.n == 0) { return str; }
    join_fill(str, between, items, seqlen);
    return str;
}

PyObject *
PyUnicode_Join(PyObject *separator, PyObject *seq)
{
    own PyObject *fast = PySequence_Fast(seq, "can only join an iterable");
    if (!fast) { return NULL; }
    return _PyUnicode_JoinArray(separator, PySequence_Fast_ITEMS(fast),
                                PySequence_Fast_GET_SIZE(fast));
}

/* --- repeat --- */

PyObject *
hob_str_repeat(PyObject *str, Py_ssize_t times)
{
    READY_OR(str, NULL);
    if (times < 1 || LENGTH(str) == 0) { return Py_NewRef(hob_str_empty()); }
    if (times == 1) { return hob_str_same(str); }
    text t = text_of(str);
    if (t.n > PY_SSIZE_T_MAX / times) { return too_large("repeated string is too long"); }
    PyObject *result = PyUnicode_New(t.n * times, PyUnicode_MAX_CHAR_VALUE(str));
    if (!result) { return NULL; }
    char *to = PyUnicode_DATA(result);
    if (t.n == 1) {
        hob_units_fill(t.kind, to, times, text_at(t, 0));
        return result;
    }
    size_t done = (size_t)t.n * t.kind, total = done * (size_t)times;
    memcpy(to, t.data, done);
    while (done < total) {                      /* double what is there */
        size_t more = done < total - done ? done : total - done;
        memcpy(to + done, to, more);
        done += more;
    }
    return result;
}

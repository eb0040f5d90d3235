/* scan.c -- searching, comparing, hashing long bytes and strs while other threads run.
 *
 * What may end early (a search, a comparison) looks at the first ASIDE_BYTES
 * before it leaves the stove: the next line of a long text is usually near, and
 * two texts usually differ soon.  Only the rest is done aside.
 */
#include "objects/scan.h"

#include "base/hash.h"
#include "objects/bytes.h"
#include "text/find.h"
#include "text/units.h"

static inline hob_span
part_of(hob_span whole, Py_ssize_t start, Py_ssize_t n)
{
    return (hob_span){whole.kind, (const char *)whole.data + start * whole.kind, n};
}

/* --- searching --- */

static Py_ssize_t
find(hob_span hay, hob_span needle, int direction)
{
    switch (hay.kind) {
    case 1:  return hob_find8(hay.data, hay.n, needle.data, needle.n, direction);
    case 2:  return hob_find16(hay.data, hay.n, needle.data, needle.n, direction);
    default: return hob_find32(hay.data, hay.n, needle.data, needle.n, direction);
    }
}

static Py_ssize_t
find_aside(hob_span hay, hob_span needle, int direction)
{
    PyThreadState *aside = hob_aside_begin((uint64_t)hay.n * hay.kind, ASIDE_BYTES);
    Py_ssize_t at = find(hay, needle, direction);
    hob_aside_end(aside);
    return at;
}

Py_ssize_t
hob_scan_find(hob_span hay, hob_span needle, int direction)
{
    Py_ssize_t sample = ASIDE_BYTES / hay.kind;             /* places looked at first */
    if (needle.n >= sample) {                               /* prepare it once */
        return find_aside(hay, needle, direction);
    }
    Py_ssize_t rest = hay.n - sample, near = sample + needle.n - 1;
    if (direction == FIND_FORWARD) {
        Py_ssize_t at = find(part_of(hay, 0, near), needle, direction);
        if (at >= 0) { return at; }
        at = find_aside(part_of(hay, sample, rest), needle, direction);
        return at < 0 ? -1 : at + sample;
    }
    Py_ssize_t at = find(part_of(hay, hay.n - near, near), needle, direction);
    if (at >= 0) { return at + hay.n - near; }
    return find_aside(part_of(hay, 0, rest), needle, direction);
}

Py_ssize_t
hob_scan_count(hob_span hay, hob_span needle, Py_ssize_t max, bool may_leave)
{
    PyThreadState *aside = hob_aside_begin(may_leave ? (uint64_t)hay.n * hay.kind : 0,
                                           ASIDE_BYTES);
    Py_ssize_t count;
    switch (hay.kind) {
    case 1:  count = hob_count8(hay.data, hay.n, needle.data, needle.n, max); break;
    case 2:  count = hob_count16(hay.data, hay.n, needle.data, needle.n, max); break;
    default: count = hob_count32(hay.data, hay.n, needle.data, needle.n, max); break;
    }
    hob_aside_end(aside);
    return count;
}

/* --- comparing --- */

/* The units of an exact str or bytes; n is -1 of others. */
static hob_span
span_of(PyObject *op)
{
    if (PyBytes_CheckExact(op)) { return (hob_span){1, PyBytes_AS_STRING(op), Py_SIZE(op)}; }
    if (!PyUnicode_CheckExact(op) || !PyUnicode_IS_READY(op)) { return (hob_span){.n = -1}; }
    return (hob_span){PyUnicode_KIND(op), PyUnicode_DATA(op), PyUnicode_GET_LENGTH(op)};
}

static inline int
order_of(hob_span a, hob_span b)
{
    return hob_units_compare(a.kind, a.data, a.n, b.kind, b.data, b.n);
}

/* <0, 0, >0: the order of both, which are long. */
static int
order_aside(hob_span a, hob_span b)
{
    Py_ssize_t sample = ASIDE_BYTES;
    int order = order_of(part_of(a, 0, sample), part_of(b, 0, sample));
    if (order) { return order; }
    PyThreadState *aside = hob_aside_begin((uint64_t)Py_MIN(a.n, b.n), ASIDE_BYTES);
    order = order_of(part_of(a, sample, a.n - sample), part_of(b, sample, b.n - sample));
    hob_aside_end(aside);
    return order;
}

/* Both are exact, of the same type, and long. */
PyObject *
hob_scan_compare_long(PyObject *a, PyObject *b, int op)
{
    hob_span x = span_of(a), y = span_of(b);
    if (x.n < 0 || y.n < 0 || a == b) { return PyObject_RichCompare(a, b, op); }
    bool differ = false;
    if (op == Py_EQ || op == Py_NE) {
        differ = x.n != y.n || x.kind != y.kind;
        x.n = y.n *= x.kind;                                /* are all bytes the same? */
        x.kind = y.kind = 1;
    }
    int order = differ ? 1 : order_aside(x, y);
    Py_RETURN_RICHCOMPARE(order, 0, op);
}

/* --- hashing --- */

Py_hash_t
hob_scan_hash(PyObject *op)
{
    hob_span span = span_of(op);
    if (span.n <= 0 || !hob_scan_is_long(span.kind, span.n)) { return PyObject_Hash(op); }
    Py_hash_t *known = PyBytes_CheckExact(op) ? hob_bytes_hash_place(op)
                                              : &((PyASCIIObject *)op)->hash;
    if (*known != -1) { return *known; }
    Py_ssize_t n_bytes = span.n * span.kind;
    PyThreadState *aside = hob_aside_begin((uint64_t)n_bytes, ASIDE_BYTES);
    Py_hash_t hash = hob_hash_bytes(span.data, n_bytes);
    hob_aside_end(aside);
    return *known = hash;
}

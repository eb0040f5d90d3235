/* repr.c -- a str as a Python literal.
 *
 * Two passes: measure, then write.  Printable characters stay; quotes are
 * chosen so that few need a backslash.
 */
#include "objects/str/methods.h"

#include "text/ucd.h"

typedef struct {
    Py_ssize_t n;               /* length without quotes and their backslashes */
    Py_ssize_t n_single, n_double;
    Py_UCS4 bits;
    bool too_long;
} repr_size;

static inline int
escape_length(Py_UCS4 ch)
{
    switch (ch) {
    case '\\': case '\t': case '\n': case '\r': return 2;
    }
    if (ch < ' ' || ch == 0x7f) { return 4; }
    if (ch < 0x7f || hob_ucd_is(ch, UCD_PRINTABLE)) { return 1; }
    return ch < 0x100 ? 4 : ch < 0x10000 ? 6 : 10;
}

static repr_size
measure(text t)
{
    repr_size size = {0};
    for (Py_ssize_t i = 0; i < t.n; i++) {
        Py_UCS4 ch = text_at(t, i);
        int step = escape_length(ch);
        if (step == 1) { size.bits |= ch; }
        size.n_single += ch == '\'';
        size.n_double += ch == '"';
        if (size.n > PY_SSIZE_T_MAX / 2 - step) {
            size.too_long = true;
            return size;
        }
        size.n += step;
    }
    return size;
}

/* A writer of units. */
typedef struct {
    int kind;
    void *units;
    Py_ssize_t at;
} output;

static inline void
put(output *out, Py_UCS4 ch)
{
    hob_unit_set(out->kind, out->units, out->at++, ch);
}

static void
put_hex(output *out, char letter, Py_UCS4 ch, int n_digits)
{
    put(out, '\\');
    put(out, (Py_UCS4)letter);
    while (n_digits-- > 0) { put(out, (Py_UCS4)Py_hexdigits[ch >> n_digits * 4 & 15]); }
}

static void
put_escaped(output *out, Py_UCS4 ch, Py_UCS4 quote)
{
    switch (escape_length(ch)) {
    case 1:
        if (ch == quote) { put(out, '\\'); }
        put(out, ch);
        break;
    case 2:
        put(out, '\\');
        put(out, ch == '\t' ? 't' : ch == '\n' ? 'n' : ch == '\r' ? 'r' : '\\');
        break;
    case 4:  put_hex(out, 'x', ch, 2); break;
    case 6:  put_hex(out, 'u', ch, 4); break;
    default: put_hex(out, 'U', ch, 8); break;
    }
}

PyObject *
hob_str_repr(PyObject *self)
{
    READY_OR(self, NULL);
    text t = text_of(self);
    repr_size size = measure(t);
    if (size.too_long) {
        PyErr_SetString(PyExc_OverflowError, "string is too long to generate repr");
        return NULL;
    }
    Py_UCS4 quote = size.n_single && !size.n_double ? '"' : '\'';
    Py_ssize_t n = size.n + 2 + (quote == '\'' ? size.n_single : 0);
    PyObject *result = PyUnicode_New(n, hob_range_max(size.bits | 0x7f));
    if (!result) { return NULL; }
    output out = {STATE(result).kind, PyUnicode_DATA(result), 0};
    put(&out, quote);
    if (n == t.n + 2) {                         /* nothing to escape */
        hob_units_copy(out.kind, (char *)out.units + out.kind, t.kind, t.data, t.n);
        out.at += t.n;
    }
    else {
        for (Py_ssize_t i = 0; i < t.n; i++) { put_escaped(&out, text_at(t, i), quote); }
    }
    put(&out, quote);
    return result;
}

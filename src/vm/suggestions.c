/* suggestions.c -- "Did you mean": the nearest name to one that does not exist.
 *
 * Nearness is the Levenshtein distance with costs: 2 for a character added,
 * dropped or replaced, 1 for one in the other case.  At most a third of the
 * characters may differ.
 */
#include "vm/vm.h"

#include "memory/own.h"
#include "objects/ids.h"

enum { CANDIDATES_MAX = 750, NAME_MAX_LENGTH = 40, MOVE_COST = 2, CASE_COST = 1 };

static Py_ssize_t
replace_cost(char a, char b)
{
    if (a == b) { return 0; }
    return Py_TOLOWER(a) == Py_TOLOWER(b) ? CASE_COST : MOVE_COST;
}

static Py_ssize_t
smaller(Py_ssize_t a, Py_ssize_t b)
{
    return a < b ? a : b;
}

/* The distance, or anything above limit when it is above. */
static Py_ssize_t
distance(const char *a, Py_ssize_t n_a, const char *b, Py_ssize_t n_b, Py_ssize_t limit)
{
    while (n_a && n_b && *a == *b) {
        a++, b++;
        n_a--, n_b--;
    }
    while (n_a && n_b && a[n_a - 1] == b[n_b - 1]) { n_a--, n_b--; }
    if (!n_a || !n_b) { return (n_a + n_b) * MOVE_COST; }
    if (n_a > NAME_MAX_LENGTH || n_b > NAME_MAX_LENGTH) { return limit + 1; }
    if (n_b < n_a) {
        const char *t = a;
        a = b;
        b = t;
        Py_ssize_t n = n_a;
        n_a = n_b;
        n_b = n;
    }
    if ((n_b - n_a) * MOVE_COST > limit) { return limit + 1; }
    Py_ssize_t row[NAME_MAX_LENGTH + 1];        /* of a's prefixes against b's first i */
    for (Py_ssize_t j = 0; j <= n_a; j++) { row[j] = j * MOVE_COST; }
    for (Py_ssize_t i = 0; i < n_b; i++) {
        Py_ssize_t diagonal = row[0], least = PY_SSIZE_T_MAX;
        row[0] = (i + 1) * MOVE_COST;
        for (Py_ssize_t j = 0; j < n_a; j++) {
            Py_ssize_t replaced = diagonal + replace_cost(b[i], a[j]);
            Py_ssize_t moved = smaller(row[j], row[j + 1]) + MOVE_COST;
            diagonal = row[j + 1];
            row[j + 1] = smaller(replaced, moved);
            least = smaller(least, row[j + 1]);
        }
        if (least > limit) { return limit + 1; }
    }
    return row[n_a];
}

/* The nearest of a list of str; new reference, or NULL. */
static MAYBE_NULL PyObject *
nearest(PyObject *candidates, PyObject *name)
{
    Py_ssize_t n = PyList_GET_SIZE(candidates), size;
    const char *text = PyUnicode_AsUTF8AndSize(name, &size);
    if (!text || n >= CANDIDATES_MAX) { return NULL; }
    PyObject *best = NULL;
    Py_ssize_t best_distance = PY_SSIZE_T_MAX;
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *item = PyList_GET_ITEM(candidates, i);
        Py_ssize_t item_size;
        if (!PyUnicode_Check(item)) { return NULL; }
        const char *item_text = PyUnicode_AsUTF8AndSize(item, &item_size);
        if (!item_text) { return NULL; }
        if (item_size == size && memcmp(item_text, text, (size_t)size) == 0) { continue; }
        Py_ssize_t limit = smaller((size + item_size + 3) * MOVE_COST / 6, best_distance - 1);
        Py_ssize_t d = distance(text, size, item_text, item_size, limit);
        if (d <= limit && d < best_distance) {
            best = item;
            best_distance = d;
        }
    }
    return Py_XNewRef(best);
}

static MAYBE_NULL PyObject *
suggest_attribute(PyAttributeErrorObject *error)
{
    if (!error->name || !error->obj || !PyUnicode_CheckExact(error->name)) { return NULL; }
    own PyObject *names = PyObject_Dir(error->obj);
    return names ? nearest(names, error->name) : NULL;
}

/* Names the frame in which it happened could have meant. */
static MAYBE_NULL PyObject *
suggest_name(PyNameErrorObject *error)
{
    PyTracebackObject *tb = (PyTracebackObject *)error->traceback;
    if (!error->name || !PyUnicode_CheckExact(error->name) || !tb || !PyTraceBack_Check(tb)) {
        return NULL;
    }
    while (tb->tb_next) { tb = tb->tb_next; }
    hob_frame *frame = tb->tb_frame->f_frame;
    own PyObject *varnames = PyCode_GetVarnames(frame->code);
    PyObject *sources[3] = {varnames, frame->globals, frame->builtins};
    for (int i = 0; i < 3; i++) {
        own PyObject *names = sources[i] ? PySequence_List(sources[i]) : NULL;
        PyObject *found = names ? nearest(names, error->name) : NULL;
        if (found || !names) { return found; }
    }
    return NULL;
}

PyObject *
hob_suggest(PyObject *exc)
{
    PyObject *found = NULL;
    if (Py_IS_TYPE(exc, (PyTypeObject *)PyExc_AttributeError)) {
        found = suggest_attribute((PyAttributeErrorObject *)exc);
    }
    else if (Py_IS_TYPE(exc, (PyTypeObject *)PyExc_NameError)) {
        found = suggest_name((PyNameErrorObject *)exc);
    }
    PyErr_Clear();
    return found;
}

/* The distance of two str; above max_cost anything that is. */
HOB_EXPORT Py_ssize_t
_Py_UTF8_Edit_Cost(PyObject *a, PyObject *b, Py_ssize_t max_cost)
{
    Py_ssize_t n_a, n_b;
    const char *text_a = PyUnicode_AsUTF8AndSize(a, &n_a);
    const char *text_b = text_a ? PyUnicode_AsUTF8AndSize(b, &n_b) : NULL;
    if (!text_b) { return -1; }
    if (max_cost == -1) { max_cost = MOVE_COST * (n_a > n_b ? n_a : n_b); }
    return distance(text_a, n_a, text_b, n_b, max_cost);
}

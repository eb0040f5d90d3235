/* intern.c -- one str for each name.
 *
 * Layout    an open-addressed table of strs, at least a third of it free.
 * Holds     the table does not own its strs: an interned str that dies takes
 *           itself out (hob_str_unintern).  The few immortal ones own
 *           themselves by one extra reference.
 */
#include "objects/str/str_int.h"

static struct {
    PyObject **slots;           /* borrowed strs, NULL free, BURIED was used */
    size_t mask;                /* n slots - 1 */
    size_t n_used;              /* strs */
    size_t n_filled;            /* strs and buried */
} interned_strs;

#define BURIED ((PyObject *)&interned_strs)

/* The slot of the str of these ASCII bytes, or the slot to put it. */
static PyObject **
slot_of_ascii(Py_hash_t hash, const char *ascii, Py_ssize_t n)
{
    PyObject **reuse = NULL;
    for (size_t i = (size_t)hash, step = 0;; i += ++step) {
        PyObject **slot = &interned_strs.slots[i & interned_strs.mask], *str = *slot;
        if (!str) { return reuse ? reuse : slot; }
        if (str == BURIED) {
            reuse = reuse ? reuse : slot;
            continue;
        }
        if (HASH(str) == hash && hob_str_equals_ascii(str, ascii, n)) { return slot; }
    }
}

static PyObject **
slot_of(PyObject *wanted)
{
    PyObject **reuse = NULL;
    for (size_t i = (size_t)HASH(wanted), step = 0;; i += ++step) {
        PyObject **slot = &interned_strs.slots[i & interned_strs.mask], *str = *slot;
        if (!str) { return reuse ? reuse : slot; }
        if (str == BURIED) {
            reuse = reuse ? reuse : slot;
            continue;
        }
        if (HASH(str) == HASH(wanted) && hob_str_equal(str, wanted)) { return slot; }
    }
}

/* Make room for one more; false without memory. */
static bool
table_room(void)
{
    size_t n_slots = interned_strs.slots ? interned_strs.mask + 1 : 0;
    if ((interned_strs.n_filled + 1) * 3 <= n_slots * 2) { return true; }
    size_t n_new = n_slots ? n_slots : 4096;
    while ((interned_strs.n_used + 1) * 2 > n_new) { n_new *= 2; }
    PyObject **old = interned_strs.slots;
    PyObject **slots = PyMem_RawCalloc(n_new, sizeof *slots);
    if (!slots) { return false; }
    interned_strs.slots = slots;
    interned_strs.mask = n_new - 1;
    interned_strs.n_filled = interned_strs.n_used;
    for (size_t i = 0; i < n_slots; i++) {
        if (!old[i] || old[i] == BURIED) { continue; }
        size_t at = (size_t)HASH(old[i]), step = 0;
        while (slots[at & interned_strs.mask]) { at += ++step; }
        slots[at & interned_strs.mask] = old[i];
    }
    PyMem_RawFree(old);
    return true;
}

static void
table_put(PyObject **slot, PyObject *str)
{
    interned_strs.n_filled += *slot != BURIED;
    interned_strs.n_used++;
    *slot = str;
    STATE(str).interned = SSTATE_INTERNED_MORTAL;
}

static inline bool
is_taken(PyObject **slot)
{
    return *slot && *slot != BURIED;
}

void
hob_str_unintern(PyObject *str)
{
    for (size_t i = (size_t)HASH(str), step = 0;; i += ++step) {
        PyObject **slot = &interned_strs.slots[i & interned_strs.mask];
        EXPECT(*slot);
        if (*slot == str) {
            *slot = BURIED;
            interned_strs.n_used--;
            break;
        }
    }
    STATE(str).interned = SSTATE_NOT_INTERNED;
}

PyObject *
hob_str_intern_ascii(const char *ascii, Py_ssize_t n)
{
    if (n > 0 && interned_strs.slots) {
        PyObject **slot = slot_of_ascii(_Py_HashBytes(ascii, n), ascii, n);
        if (is_taken(slot)) { return Py_NewRef(*slot); }
    }
    PyObject *str = hob_str_from_ascii(ascii, n);
    if (str) { PyUnicode_InternInPlace(&str); }
    return str;
}

int
hob_str_visit_interned(int (*visit)(PyObject *str, void *arg), void *arg)
{
    for (size_t i = 0; interned_strs.slots && i <= interned_strs.mask; i++) {
        if (!is_taken(&interned_strs.slots[i])) { continue; }
        int answer = visit(interned_strs.slots[i], arg);
        if (answer) { return answer; }
    }
    return 0;
}

/* --- public API --- */

/* Interning is an optimisation: without memory the str stays as it is. */
void
PyUnicode_InternInPlace(PyObject **slot)
{
    PyObject *str = *slot;
    if (!str || !PyUnicode_CheckExact(str) || STATE(str).interned) { return; }
    if (!STATE(str).ready && _PyUnicode_Ready(str) < 0) {
        PyErr_Clear();
        return;
    }
    hob_str_hash(str);
    if (!table_room()) { return; }
    PyObject **place = slot_of(str);
    if (is_taken(place)) {
        Py_INCREF(*place);
        Py_SETREF(*slot, *place);
        return;
    }
    table_put(place, str);
}

void
PyUnicode_InternImmortal(PyObject **slot)
{
    if (PyErr_WarnEx(PyExc_DeprecationWarning,
                     "PyUnicode_InternImmortal() is deprecated; "
                     "use PyUnicode_InternInPlace() instead", 1) < 0) { return; }
    PyUnicode_InternInPlace(slot);
    if (*slot && STATE(*slot).interned != SSTATE_INTERNED_IMMORTAL) {
        STATE(*slot).interned = SSTATE_INTERNED_IMMORTAL;
        Py_INCREF(*slot);
    }
}

PyObject *
PyUnicode_InternFromString(const char *u)
{
    size_t n = strlen(u);
    if (hob_ascii_prefix((const uint8_t *)u, (ptrdiff_t)n) == (ptrdiff_t)n) {
        return hob_str_intern_ascii(u, (Py_ssize_t)n);
    }
    PyObject *str = PyUnicode_FromString(u);
    if (str) { PyUnicode_InternInPlace(&str); }
    return str;
}

/* --- _Py_Identifier: interned strs of extensions, by a number given on first use --- */

static struct {
    PyObject **strs;            /* owned */
    Py_ssize_t n;
} identifiers;

PyObject *
_PyUnicode_FromId(_Py_Identifier *id)
{
    Py_ssize_t index = id->index;
    if (index >= 0 && index < identifiers.n) { return identifiers.strs[index]; }
    PyObject *str = PyUnicode_InternFromString(id->string);
    if (!str) { return NULL; }
    index = identifiers.n;
    if ((index & (index - 1)) == 0) {           /* full: grow at powers of two */
        size_t n = index ? (size_t)index * 2 : 1;
        PyObject **strs = PyMem_RawRealloc(identifiers.strs, n * sizeof *strs);
        if (!strs) {
            Py_DECREF(str);
            return PyErr_NoMemory();
        }
        identifiers.strs = strs;
    }
    identifiers.strs[index] = str;
    identifiers.n++;
    id->index = index;
    return str;
}

/* --- invariants --- */

bool
hob_str_intern_check(void)
{
    if (!interned_strs.slots) { return true; }
    size_t n_slots = interned_strs.mask + 1, n_used = 0, n_filled = 0;
    INVARIANT(1, (n_slots & interned_strs.mask) == 0);
    for (size_t i = 0; i < n_slots; i++) {
        PyObject *str = interned_strs.slots[i];
        n_filled += str != NULL;
        if (!is_taken(&interned_strs.slots[i])) { continue; }
        n_used++;
        INVARIANT(2, Py_REFCNT(str) > 0 && STATE(str).interned != SSTATE_NOT_INTERNED);
        INVARIANT(3, *slot_of(str) == str);             /* found, and the only one of its text */
    }
    INVARIANT(4, n_used == interned_strs.n_used && n_filled == interned_strs.n_filled);
    INVARIANT(5, n_filled * 3 <= n_slots * 2);
    return true;
}

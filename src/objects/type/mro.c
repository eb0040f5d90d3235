/* mro.c -- method resolution order, subtype tests, and which base gives a class
 * its memory layout.
 *
 * The order is C3 (Barrett et al., "A Monotonic Superclass Linearization for
 * Dylan", 1996): merge the orders of the bases and the list of bases itself,
 * always taking the first head that stands in no tail.
 *
 * Holds      tp_mro is a tuple of types that starts with the type itself, unless
 *            a metaclass's mro() says otherwise.
 */
#include "objects/type/type_int.h"

/* --- subtype --- */

int
PyType_IsSubtype(PyTypeObject *a, PyTypeObject *b)
{
    PyObject *mro = a->tp_mro;
    if (mro) {                  /* a custom mro may even leave a itself out */
        Py_ssize_t n = PyTuple_GET_SIZE(mro);
        for (Py_ssize_t i = 0; i < n; i++) {
            if (PyTuple_GET_ITEM(mro, i) == (PyObject *)b) { return 1; }
        }
        return 0;
    }
    for (; a; a = a->tp_base) {         /* not readied yet */
        if (a == b) { return 1; }
    }
    return b == &PyBaseObject_Type;
}

/* --- C3 --- */

/* Lists to merge: tuples, with the index of the first item not yet merged. */
typedef struct merge_list {
    PyObject *items;            /* borrowed tuple */
    Py_ssize_t at;
} merge_list;

static inline PyObject *
merge_head(const merge_list *list)
{
    return list->at < PyTuple_GET_SIZE(list->items) ? PyTuple_GET_ITEM(list->items, list->at)
        : NULL;
}

static bool
in_some_tail(const merge_list *lists, Py_ssize_t n, PyObject *candidate)
{
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *items = lists[i].items;
        for (Py_ssize_t k = lists[i].at + 1; k < PyTuple_GET_SIZE(items); k++) {
            if (PyTuple_GET_ITEM(items, k) == candidate) { return true; }
        }
    }
    return false;
}

static PyObject *
class_name(PyObject *cls)
{
    PyObject *name;
    if (_PyObject_LookupAttr(cls, ID(__name__), &name) < 0) { return NULL; }
    return name ? name : PyObject_Repr(cls);
}

static COLD void
error_inconsistent(const merge_list *lists, Py_ssize_t n)
{
    own PyObject *names = PyList_New(0);
    own PyObject *seen = PyDict_New();
    if (!names || !seen) { return; }
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *head = merge_head(&lists[i]);
        if (!head) { continue; }
        int known = PyDict_Contains(seen, head);
        if (known < 0) { return; }
        if (known) { continue; }
        own PyObject *name = class_name(head);
        own PyObject *text = name ? PyObject_Str(name) : NULL;
        if (!text || PyDict_SetItem(seen, head, Py_None) < 0
            || PyList_Append(names, text) < 0) {
            return;
        }
    }
    own PyObject *comma = PyUnicode_FromString(", ");
    own PyObject *joined = comma ? PyUnicode_Join(comma, names) : NULL;
    if (!joined) { return; }
    PyErr_Format(PyExc_TypeError,
                 "Cannot create a consistent method resolution\norder (MRO) for bases %U",
                 joined);
}

static status
check_duplicates(PyObject *bases)
{
    Py_ssize_t n = PyTuple_GET_SIZE(bases);
    for (Py_ssize_t i = 0; i < n; i++) {
        for (Py_ssize_t k = i + 1; k < n; k++) {
            if (PyTuple_GET_ITEM(bases, i) != PyTuple_GET_ITEM(bases, k)) { continue; }
            own PyObject *name = class_name(PyTuple_GET_ITEM(bases, i));
            if (name) { PyErr_Format(PyExc_TypeError, "duplicate base class %S", name); }
            return -1;
        }
    }
    return 0;
}

static PyObject *
merge(PyTypeObject *type, merge_list *lists, Py_ssize_t n)
{
    own PyObject *result = PyList_New(1);
    if (!result) { return NULL; }
    PyList_SET_ITEM(result, 0, Py_NewRef(type));
    for (;;) {
        PyObject *next = NULL;
        bool all_empty = true;
        for (Py_ssize_t i = 0; i < n && !next; i++) {
            PyObject *head = merge_head(&lists[i]);
            if (!head) { continue; }
            all_empty = false;
            if (!in_some_tail(lists, n, head)) { next = head; }
        }
        if (all_empty) { return PyList_AsTuple(result); }
        if (!next) {
            error_inconsistent(lists, n);
            return NULL;
        }
        if (PyList_Append(result, next) < 0) { return NULL; }
        for (Py_ssize_t i = 0; i < n; i++) {
            if (merge_head(&lists[i]) == next) { lists[i].at++; }
        }
    }
}

PyObject *
hob_mro_compute(PyTypeObject *type)
{
    PyObject *bases = type->tp_bases;
    Py_ssize_t n = PyTuple_GET_SIZE(bases);
    for (Py_ssize_t i = 0; i < n; i++) {
        PyTypeObject *base = (PyTypeObject *)PyTuple_GET_ITEM(bases, i);
        if (!base->tp_mro) {
            PyErr_Format(PyExc_TypeError, "Cannot extend an incomplete type '%.100s'",
                         base->tp_name);
            return NULL;
        }
    }
    if (n <= 1) {               /* the common case: in front of the base's order */
        PyObject *below = n ? ((PyTypeObject *)PyTuple_GET_ITEM(bases, 0))->tp_mro : NULL;
        Py_ssize_t m = below ? PyTuple_GET_SIZE(below) : 0;
        PyObject *mro = PyTuple_New(m + 1);
        if (!mro) { return NULL; }
        PyTuple_SET_ITEM(mro, 0, Py_NewRef(type));
        for (Py_ssize_t i = 0; i < m; i++) {
            PyTuple_SET_ITEM(mro, i + 1, Py_NewRef(PyTuple_GET_ITEM(below, i)));
        }
        return mro;
    }
    if (check_duplicates(bases) < 0) { return NULL; }
    merge_list *lists = PyMem_New(merge_list, (size_t)n + 1);
    if (!lists) { return PyErr_NoMemory(); }
    for (Py_ssize_t i = 0; i < n; i++) {
        lists[i] = (merge_list){((PyTypeObject *)PyTuple_GET_ITEM(bases, i))->tp_mro, 0};
    }
    lists[n] = (merge_list){bases, 0};
    PyObject *mro = merge(type, lists, n + 1);
    PyMem_Free(lists);
    return mro;
}

/* --- mro() of a metaclass --- */

static status
check_custom(PyTypeObject *type, PyObject *mro)
{
    PyTypeObject *solid = hob_mro_solid_base(type);
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(mro); i++) {
        PyObject *entry = PyTuple_GET_ITEM(mro, i);
        if (!PyType_Check(entry)) {
            PyErr_Format(PyExc_TypeError, "mro() returned a non-class ('%.500s')",
                         Py_TYPE(entry)->tp_name);
            return -1;
        }
        if (!PyType_IsSubtype(solid, hob_mro_solid_base((PyTypeObject *)entry))) {
            PyErr_Format(PyExc_TypeError,
                         "mro() returned base with unsuitable layout ('%.500s')",
                         ((PyTypeObject *)entry)->tp_name);
            return -1;
        }
    }
    return 0;
}

static PyObject *
mro_ask(PyTypeObject *type)
{
    if (LIKELY(Py_TYPE(type) == &PyType_Type)) { return hob_mro_compute(type); }
    bool missing;
    PyObject *args[] = {(PyObject *)type};
    own PyObject *answer = hob_special_call(ID(mro), args, 1, &missing);
    if (missing) { PyErr_SetObject(PyExc_AttributeError, ID(mro)); }
    if (!answer) { return NULL; }
    own PyObject *mro = PySequence_Tuple(answer);
    if (!mro) { return NULL; }
    if (PyTuple_GET_SIZE(mro) == 0) {
        PyErr_SetString(PyExc_TypeError, "type MRO must not be empty");
        return NULL;
    }
    if (check_custom(type, mro) < 0) { return NULL; }
    return take(mro);
}

/* Compute and set tp_mro.  *old_mro receives the old one (or NULL) when it was
 * replaced; the answer is 1 when done, 0 when a nested call got there first. */
status
hob_mro_set(PyTypeObject *type, PyObject **old_mro)
{
    PyObject *before = Py_XNewRef(type->tp_mro);
    PyObject *mro = mro_ask(type);
    bool raced = type->tp_mro != before;
    Py_XDECREF(before);         /* the type keeps it unless raced */
    if (old_mro) { *old_mro = NULL; }
    if (!mro) { return -1; }
    if (raced) {
        Py_DECREF(mro);
        return 0;
    }
    PyType_Modified(type);
    type->tp_mro = mro;
    if (old_mro) { *old_mro = before; }
    else { Py_XDECREF(before); }
    return 1;
}

/* --- layout --- */

/* Does type add C fields to base, beyond the dict and weak reference words that
 * a class statement adds? */
static bool
adds_fields(PyTypeObject *type, PyTypeObject *base)
{
    if (type->tp_itemsize || base->tp_itemsize) {
        return type->tp_basicsize != base->tp_basicsize
            || type->tp_itemsize != base->tp_itemsize;
    }
    Py_ssize_t size = type->tp_basicsize, word = sizeof(PyObject *);
    if (hob_type_is_heap(type)) {
        bool managed = type->tp_flags & Py_TPFLAGS_MANAGED_DICT;
        if (type->tp_weaklistoffset && !base->tp_weaklistoffset
            && type->tp_weaklistoffset + word == size) { size -= word; }
        if (!managed && type->tp_dictoffset && !base->tp_dictoffset
            && type->tp_dictoffset + word == size) { size -= word; }
    }
    return size != base->tp_basicsize;
}

PyTypeObject *
hob_mro_solid_base(PyTypeObject *type)
{
    PyTypeObject *base = type->tp_base ? hob_mro_solid_base(type->tp_base) : &PyBaseObject_Type;
    return adds_fields(type, base) ? type : base;
}

/* The base whose layout a class with these bases extends. */
PyTypeObject *
hob_mro_best_base(PyObject *bases)
{
    PyTypeObject *base = NULL, *winner = NULL;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(bases); i++) {
        PyObject *item = PyTuple_GET_ITEM(bases, i);
        if (!PyType_Check(item)) {
            PyErr_SetString(PyExc_TypeError, "bases must be types");
            return NULL;
        }
        PyTypeObject *candidate = (PyTypeObject *)item;
        if (!candidate->tp_dict && PyType_Ready(candidate) < 0) { return NULL; }
        if (!PyType_HasFeature(candidate, Py_TPFLAGS_BASETYPE)) {
            PyErr_Format(PyExc_TypeError, "type '%.100s' is not an acceptable base type",
                         candidate->tp_name);
            return NULL;
        }
        PyTypeObject *solid = hob_mro_solid_base(candidate);
        if (!winner) {
            winner = solid;
            base = candidate;
        }
        else if (PyType_IsSubtype(winner, solid)) {
            continue;
        }
        else if (PyType_IsSubtype(solid, winner)) {
            winner = solid;
            base = candidate;
        }
        else {
            PyErr_SetString(PyExc_TypeError, "multiple bases have instance lay-out conflict");
            return NULL;
        }
    }
    return base;
}

/* The most derived of metatype and the metatypes of bases. */
PyTypeObject *
_PyType_CalculateMetaclass(PyTypeObject *metatype, PyObject *bases)
{
    PyTypeObject *winner = metatype;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(bases); i++) {
        PyTypeObject *meta = Py_TYPE(PyTuple_GET_ITEM(bases, i));
        if (PyType_IsSubtype(winner, meta)) { continue; }
        if (PyType_IsSubtype(meta, winner)) {
            winner = meta;
            continue;
        }
        PyErr_SetString(PyExc_TypeError,
                        "metaclass conflict: the metaclass of a derived class must be a "
                        "(non-strict) subclass of the metaclasses of all its bases");
        return NULL;
    }
    return winner;
}

/* inherit.c -- what a type takes over from its bases, slot by slot.
 *
 * Walk      the mro after the type itself; a slot still empty is taken from the
 *           first entry that *defines* it (differs from its own base), so that an
 *           inherited copy further to the left does not win.
 * Groups    travel together, only when the type sets none of them:
 *           (getattr getattro) (setattr setattro) (richcompare hash)
 *           (HAVE_GC traverse clear).
 * Holds     a sub-table (tp_as_number ..) of a static type that has none is the
 *           base's own, shared; otherwise it is filled field by field.
 */
#include "objects/type/type_int.h"

#define FIELD(type, offset) (*(void **)((char *)(type) + (offset)))

/* Slots that stand alone. */
static const size_t alone[] = {
    offsetof(PyTypeObject, tp_repr), offsetof(PyTypeObject, tp_str),
    offsetof(PyTypeObject, tp_iter), offsetof(PyTypeObject, tp_iternext),
    offsetof(PyTypeObject, tp_descr_set), offsetof(PyTypeObject, tp_init),
    offsetof(PyTypeObject, tp_alloc), offsetof(PyTypeObject, tp_is_gc),
    offsetof(PyTypeObject, tp_finalize), offsetof(PyTypeObject, tp_dealloc),
    offsetof(PyTypeObject, tp_del), offsetof(PyTypeObject, tp_dictoffset),
};

static const struct { size_t table; size_t size; } tables[] = {
    {offsetof(PyTypeObject, tp_as_number), sizeof(PyNumberMethods)},
    {offsetof(PyTypeObject, tp_as_async), sizeof(PyAsyncMethods)},
    {offsetof(PyTypeObject, tp_as_sequence), sizeof(PySequenceMethods)},
    {offsetof(PyTypeObject, tp_as_mapping), sizeof(PyMappingMethods)},
    {offsetof(PyTypeObject, tp_as_buffer), sizeof(PyBufferProcs)},
};

static inline bool
defines(PyTypeObject *base, PyTypeObject *its_base, size_t offset)
{
    return FIELD(base, offset) && (!its_base || FIELD(base, offset) != FIELD(its_base, offset));
}

static inline void
take_slot(PyTypeObject *type, PyTypeObject *base, PyTypeObject *its_base, size_t offset)
{
    if (!FIELD(type, offset) && defines(base, its_base, offset)) {
        FIELD(type, offset) = FIELD(base, offset);
    }
}

static void
take_table(PyTypeObject *type, PyTypeObject *base, PyTypeObject *its_base, size_t table,
           size_t size)
{
    void **mine = FIELD(type, table), **theirs = FIELD(base, table);
    if (!mine || !theirs || mine == theirs) { return; }
    void **above = its_base ? FIELD(its_base, table) : NULL;
    for (size_t i = 0; i < size / sizeof(void *); i++) {
        if (!mine[i] && theirs[i] && (!above || theirs[i] != above[i])) { mine[i] = theirs[i]; }
    }
}

/* Does the type say itself how it compares or hashes? */
static tri
names_equality(PyTypeObject *type)
{
    tri found = PyDict_Contains(type->tp_dict, ID(__eq__));
    return found ? found : PyDict_Contains(type->tp_dict, ID(__hash__));
}

static void
take_calling(PyTypeObject *type, PyTypeObject *base, PyTypeObject *its_base)
{
    take_slot(type, base, its_base, offsetof(PyTypeObject, tp_vectorcall_offset));
    if (!type->tp_call && PyType_HasFeature(base, Py_TPFLAGS_HAVE_VECTORCALL)
        && PyType_HasFeature(type, Py_TPFLAGS_IMMUTABLETYPE)) {
        type->tp_flags |= Py_TPFLAGS_HAVE_VECTORCALL;
    }
    take_slot(type, base, its_base, offsetof(PyTypeObject, tp_call));
}

static void
take_free(PyTypeObject *type, PyTypeObject *base, PyTypeObject *its_base)
{
    bool collected = PyType_IS_GC(type);
    if (collected == PyType_IS_GC(base)) {
        take_slot(type, base, its_base, offsetof(PyTypeObject, tp_free));
    }
    else if (collected && !type->tp_free && base->tp_free == PyObject_Free) {
        type->tp_free = PyObject_GC_Del;        /* GC was added here */
    }
}

/* Take from base, an entry of the mro, what type still lacks. */
static status
take_from(PyTypeObject *type, PyTypeObject *base)
{
    PyTypeObject *its_base = base->tp_base;
    for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
        take_table(type, base, its_base, tables[i].table, tables[i].size);
    }
    if (!type->tp_getattr && !type->tp_getattro) {
        type->tp_getattr = base->tp_getattr;
        type->tp_getattro = base->tp_getattro;
    }
    if (!type->tp_setattr && !type->tp_setattro) {
        type->tp_setattr = base->tp_setattr;
        type->tp_setattro = base->tp_setattro;
    }
    if (!type->tp_richcompare && !type->tp_hash) {
        tri named = names_equality(type);
        if (named < 0) { return -1; }
        if (!named) {
            type->tp_richcompare = base->tp_richcompare;
            type->tp_hash = base->tp_hash;
        }
    }
    take_calling(type, base, its_base);
    take_slot(type, base, its_base, offsetof(PyTypeObject, tp_descr_get));
    if (base->tp_descr_get && type->tp_descr_get == base->tp_descr_get
        && PyType_HasFeature(type, Py_TPFLAGS_IMMUTABLETYPE)) {
        type->tp_flags |= base->tp_flags & Py_TPFLAGS_METHOD_DESCRIPTOR;
    }
    for (size_t i = 0; i < ARRAY_LEN(alone); i++) { take_slot(type, base, its_base, alone[i]); }
    take_free(type, base, its_base);
    return 0;
}

/* What follows the layout comes from tp_base alone. */
static void
take_layout(PyTypeObject *type, PyTypeObject *base)
{
    if (!PyType_IS_GC(type) && PyType_IS_GC(base) && !type->tp_traverse && !type->tp_clear) {
        type->tp_flags |= Py_TPFLAGS_HAVE_GC;
        type->tp_traverse = base->tp_traverse;
        type->tp_clear = base->tp_clear;
    }
    type->tp_flags |= base->tp_flags & Py_TPFLAGS_MANAGED_DICT;
    if (!type->tp_basicsize) { type->tp_basicsize = base->tp_basicsize; }
    if (!type->tp_itemsize) { type->tp_itemsize = base->tp_itemsize; }
    if (!type->tp_weaklistoffset) { type->tp_weaklistoffset = base->tp_weaklistoffset; }
    if (!type->tp_dictoffset) { type->tp_dictoffset = base->tp_dictoffset; }

    enum { N_BITS = 8 };
    static const unsigned long families[N_BITS] = {     /* PyXxx_Check */
        Py_TPFLAGS_BASE_EXC_SUBCLASS, Py_TPFLAGS_TYPE_SUBCLASS, Py_TPFLAGS_LONG_SUBCLASS,
        Py_TPFLAGS_BYTES_SUBCLASS, Py_TPFLAGS_UNICODE_SUBCLASS, Py_TPFLAGS_TUPLE_SUBCLASS,
        Py_TPFLAGS_LIST_SUBCLASS, Py_TPFLAGS_DICT_SUBCLASS,
    };
    for (int i = 0; i < N_BITS; i++) { type->tp_flags |= base->tp_flags & families[i]; }
    type->tp_flags |= base->tp_flags & _Py_TPFLAGS_MATCH_SELF;
}

/* match statements: the first base that says what it is decides. */
static void
take_patma(PyTypeObject *type, PyTypeObject *base)
{
    const unsigned long collection = Py_TPFLAGS_SEQUENCE | Py_TPFLAGS_MAPPING;
    if (!(type->tp_flags & collection)) { type->tp_flags |= base->tp_flags & collection; }
}

status
hob_inherit(PyTypeObject *type)
{
    if (type->tp_base) { take_layout(type, type->tp_base); }
    PyObject *mro = type->tp_mro;
    for (Py_ssize_t i = 1; i < PyTuple_GET_SIZE(mro); i++) {
        PyTypeObject *base = (PyTypeObject *)PyTuple_GET_ITEM(mro, i);
        if (!PyType_Check(base)) { continue; }
        if (take_from(type, base) < 0) { return -1; }
        take_patma(type, base);
    }
    for (size_t i = 0; i < ARRAY_LEN(tables) && type->tp_base; i++) {
        if (!FIELD(type, tables[i].table)) {
            FIELD(type, tables[i].table) = FIELD(type->tp_base, tables[i].table);
        }
    }
    return 0;
}

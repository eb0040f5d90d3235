/* alloc.c -- the life of instances: allocation for every type, and dealloc,
 * traverse and clear for classes that Python makes.
 *
 * Layout     a class adds to its base's body, in this order: one word for each
 *            name in __slots__, a weak reference list, and (for bases with items)
 *            a dict at the very end.  The ordinary dict is outside the body, see
 *            objects/instance.h.
 * Holds      an instance owns one reference to its heap type.
 * Hazard     __del__ and weak reference callbacks may resurrect the object or
 *            give it another class: the type is read again after them.
 */
#include "memory/gc.h"
#include "objects/instance.h"
#include "objects/type/type_int.h"

/* --- allocation --- */

PyObject *
PyType_GenericAlloc(PyTypeObject *type, Py_ssize_t n)
{
    bool managed = type->tp_flags & Py_TPFLAGS_MANAGED_DICT;
    if (managed && !type->tp_itemsize) { return hob_instance_alloc(type); }

    size_t size = _PyObject_VAR_SIZE(type, n + 1);      /* one more: a sentinel's place */
    bool collected = PyType_IS_GC(type);
    PyObject *self = collected ? hob_gc_alloc(size, hob_instance_before(type))
                               : PyObject_Malloc(size);
    if (UNLIKELY(!self)) { return collected ? NULL : PyErr_NoMemory(); }
    memset(self, 0, size);
    if (type->tp_itemsize) { Py_SET_SIZE(self, n); }
    Py_SET_TYPE(self, type);
    if (hob_type_is_heap(type)) { Py_INCREF(type); }
    Py_SET_REFCNT(self, 1);
    if (collected) { hob_gc_track(self); }
    return self;
}

PyObject *
PyType_GenericNew(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    return type->tp_alloc(type, 0);
}

/* --- the words that __slots__ made --- */

static int
slots_traverse(PyTypeObject *type, PyObject *self, visitproc visit, void *arg)
{
    PyMemberDef *member = hob_type_slot_members(type);
    for (Py_ssize_t i = Py_SIZE(type); --i >= 0; member++) {
        if (member->type == T_OBJECT_EX) {
            Py_VISIT(*(PyObject **)((char *)self + member->offset));
        }
    }
    return 0;
}

static void
slots_clear(PyTypeObject *type, PyObject *self)
{
    PyMemberDef *member = hob_type_slot_members(type);
    for (Py_ssize_t i = Py_SIZE(type); --i >= 0; member++) {
        if (member->type == T_OBJECT_EX && !(member->flags & READONLY)) {
            Py_CLEAR(*(PyObject **)((char *)self + member->offset));
        }
    }
}

/* --- traverse and clear --- */

static inline PyObject **
plain_dict_slot(PyTypeObject *type, PyTypeObject *base, PyObject *self)
{
    /* the base's business */
    if (type->tp_dictoffset == base->tp_dictoffset) { return NULL; }
    return hob_object_dict_slot(self);
}

int
hob_subtype_traverse(PyObject *self, visitproc visit, void *arg)
{
    PyTypeObject *type = Py_TYPE(self), *base = type;
    while (base->tp_traverse == hob_subtype_traverse) {
        if (Py_SIZE(base)) {
            int stop = slots_traverse(base, self, visit, arg);
            if (stop) { return stop; }
        }
        base = base->tp_base;
    }
    if (type->tp_flags & Py_TPFLAGS_MANAGED_DICT) {
        int stop = hob_instance_traverse(self, visit, arg);
        if (stop) { return stop; }
    }
    else {
        PyObject **slot = plain_dict_slot(type, base, self);
        if (slot) { Py_VISIT(*slot); }
    }
    traverseproc below = base->tp_traverse;
    if (hob_type_is_heap(type) && (!below || !hob_type_is_heap(base))) {
        Py_VISIT(type);         /* a heap base visits it */
    }
    return below ? below(self, visit, arg) : 0;
}

int
hob_subtype_clear(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self), *base = type;
    while (base->tp_clear == hob_subtype_clear) {
        if (Py_SIZE(base)) { slots_clear(base, self); }
        base = base->tp_base;
    }
    if (type->tp_flags & Py_TPFLAGS_MANAGED_DICT) {
        if (!(base->tp_flags & Py_TPFLAGS_MANAGED_DICT)) { hob_instance_clear(self); }
    }
    else {
        PyObject **slot = plain_dict_slot(type, base, self);
        if (slot) { Py_CLEAR(*slot); }
    }
    return base->tp_clear ? base->tp_clear(self) : 0;
}

/* --- dealloc --- */

/* The nearest base whose dealloc is its own. */
static inline PyTypeObject *
dealloc_base(PyTypeObject *type)
{
    do {
        type = type->tp_base;
    } while (type->tp_dealloc == hob_subtype_dealloc);
    return type;
}

/* Run __del__ (and tp_del).  False: the object lives again. */
static bool
finalize(PyObject *self, PyTypeObject *type)
{
    if (type->tp_finalize && PyObject_CallFinalizerFromDealloc(self) < 0) { return false; }
    if (type->tp_del) {
        if (PyType_SUPPORTS_WEAKREFS(type) && *PyObject_GET_WEAKREFS_LISTPTR(self)) {
            PyObject_ClearWeakRefs(self);
        }
        type->tp_del(self);
        if (Py_REFCNT(self) > 0) { return false; }
    }
    return true;
}

static void
drop_slots(PyTypeObject *type, PyTypeObject *base, PyObject *self)
{
    for (; type != base; type = type->tp_base) {
        if (Py_SIZE(type)) { slots_clear(type, self); }
    }
}

static void
drop_dict(PyTypeObject *type, PyTypeObject *base, PyObject *self)
{
    if (type->tp_flags & Py_TPFLAGS_MANAGED_DICT) {
        hob_instance_clear(self);
        return;
    }
    if (type->tp_dictoffset && !base->tp_dictoffset) {
        PyObject **slot = hob_object_dict_slot(self);
        if (slot) { Py_CLEAR(*slot); }
    }
}

static inline bool
owns_type(PyTypeObject *type, PyTypeObject *base)
{
    return hob_type_is_heap(type) && !hob_type_is_heap(base);
}

static void
dealloc_plain(PyObject *self, PyTypeObject *type)
{
    if (!finalize(self, type)) { return; }
    type = Py_TYPE(self);
    PyTypeObject *base = dealloc_base(type);
    bool drop_type = owns_type(type, base);
    base->tp_dealloc(self);
    if (drop_type) { Py_DECREF(type); }
}

/* Weak references, slots, dict; then the base's part. */
static void
dealloc_body(PyObject *self, PyTypeObject *type)
{
    if (UNLIKELY(type->tp_finalize || type->tp_del)) {
        hob_gc_track(self);
        if (!finalize(self, type)) { return; }
        hob_gc_untrack(self);
        type = Py_TYPE(self);
    }
    PyTypeObject *base = dealloc_base(type);
    if (type->tp_weaklistoffset && !base->tp_weaklistoffset) {
        PyObject **list = (PyObject **)((char *)self + type->tp_weaklistoffset);
        if (*list) { PyObject_ClearWeakRefs(self); }
    }
    drop_slots(type, base, self);
    drop_dict(type, base, self);
    bool drop_type = owns_type(type, base);
    if (base == &PyBaseObject_Type) {
        type->tp_free(self);
    }
    else {
        if (PyType_IS_GC(base)) { hob_gc_track(self); }     /* as its dealloc expects */
        base->tp_dealloc(self);
    }
    if (drop_type) { Py_DECREF(type); }
}

/* How deep deallocs may nest before the rest is put off (memory/ decides; this
 * only avoids calling it in vain). */
enum { NEST_UNASKED = 40 };

void
hob_subtype_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    EXPECT(hob_type_is_heap(type));
    if (!PyType_IS_GC(type)) {
        dealloc_plain(self, type);
        return;
    }
    if (hob_gc_is_tracked(self)) { hob_gc_untrack(self); }
    PyThreadState *ts = hob_ts();
    if (UNLIKELY(ts->trash_delete_nesting >= NEST_UNASKED)) {
        if (_PyTrash_begin(ts, self)) { return; }
    }
    else {
        ts->trash_delete_nesting++;
    }
    dealloc_body(self, type);
    if (UNLIKELY(ts->trash_delete_later && ts->trash_delete_nesting <= 1)) { _PyTrash_end(ts); }
    else { ts->trash_delete_nesting--; }
}

/* --- __dict__ and __weakref__ of instances --- */

/* A base that has a __dict__ of its own making (a C type with a getset). */
static PyTypeObject *
base_with_dict(PyTypeObject *type)
{
    for (; type->tp_base; type = type->tp_base) {
        if (type->tp_dictoffset && !type->tp_base->tp_dictoffset) { return type; }
    }
    return NULL;
}

/* The descriptor for __dict__ that such a C base brings along. */
static PyObject *
inherited_dict_descr(PyObject *self)
{
    PyTypeObject *base = base_with_dict(Py_TYPE(self));
    if (!base || hob_type_is_heap(base)) { return NULL; }
    PyObject *descr = hob_type_peek(base, ID(__dict__));
    return descr && hob_descr_is_data(descr) ? descr : NULL;
}

static void
error_no_dict(PyObject *self)
{
    hob_error_type("this __dict__ descriptor does not support '%.200s' objects", self);
}

static PyObject *
subtype_get_dict(PyObject *self, void *context)
{
    PyObject *descr = inherited_dict_descr(self);
    if (!descr) { return hob_object_get_dict(self); }
    descrgetfunc get = Py_TYPE(descr)->tp_descr_get;
    if (!get) {
        error_no_dict(self);
        return NULL;
    }
    return get(descr, self, (PyObject *)Py_TYPE(self));
}

static int
subtype_set_dict(PyObject *self, PyObject *value, void *context)
{
    PyObject *descr = inherited_dict_descr(self);
    if (descr) {
        descrsetfunc set = Py_TYPE(descr)->tp_descr_set;
        if (!set) {
            error_no_dict(self);
            return -1;
        }
        return set(descr, self, value);
    }
    PyObject **slot = _PyObject_GetDictPtr(self);
    if (!slot) {
        PyErr_SetString(PyExc_AttributeError, "This object has no __dict__");
        return -1;
    }
    if (value && !PyDict_Check(value)) {
        hob_error_type("__dict__ must be set to a dictionary, not a '%.200s'", value);
        return -1;
    }
    Py_XINCREF(value);
    Py_XSETREF(*slot, value);
    return 0;
}

static PyObject *
subtype_get_weakref(PyObject *self, void *context)
{
    Py_ssize_t offset = Py_TYPE(self)->tp_weaklistoffset;
    if (!offset) {
        PyErr_SetString(PyExc_AttributeError, "This object has no __weakref__");
        return NULL;
    }
    PyObject *list = *(PyObject **)((char *)self + offset);
    return Py_NewRef(list ? list : Py_None);
}

#define DICT_GETSET                                                             \
    {"__dict__", subtype_get_dict, subtype_set_dict,                            \
     "dictionary for instance variables (if defined)", NULL}
#define WEAKREF_GETSET                                                          \
    {"__weakref__", subtype_get_weakref, NULL,                                  \
     "list of weak references to the object (if defined)", NULL}

PyGetSetDef hob_subtype_getset_full[] = {DICT_GETSET, WEAKREF_GETSET, {NULL}};
PyGetSetDef hob_subtype_getset_dict[] = {DICT_GETSET, {NULL}};
PyGetSetDef hob_subtype_getset_weakref[] = {WEAKREF_GETSET, {NULL}};

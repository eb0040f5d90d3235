/* class_layout.c -- layout compatibility of classes, for assignments to
 * __class__ and __bases__.
 *
 * Each class is reduced to its layout root: the last class on the way to object
 * that added something to the instance.  Two classes fit when the roots are the
 * same, or stand on the same base and add the same words under the same names.
 */
#include "objects/type/class_layout.h"

#include "objects/type/type_int.h"

static bool
adds_nothing(PyTypeObject *type)
{
    PyTypeObject *base = type->tp_base;
    return base
        && type->tp_basicsize == base->tp_basicsize
        && type->tp_itemsize == base->tp_itemsize
        && type->tp_dictoffset == base->tp_dictoffset
        && type->tp_weaklistoffset == base->tp_weaklistoffset
        && ((type->tp_flags ^ base->tp_flags)
            & (Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_MANAGED_DICT)) == 0
        && (type->tp_clear == hob_subtype_clear || type->tp_clear == base->tp_clear);
}

static PyTypeObject *
layout_root(PyTypeObject *type)
{
    while (adds_nothing(type)) { type = type->tp_base; }
    return type;
}

/* Do two classes with one base add the same words? */
static bool
add_the_same(PyTypeObject *a, PyTypeObject *b)
{
    if (!hob_type_is_heap(a) || !hob_type_is_heap(b)) { return false; }
    if (a->tp_basicsize != b->tp_basicsize || a->tp_itemsize != b->tp_itemsize
        || a->tp_dictoffset != b->tp_dictoffset || a->tp_weaklistoffset != b->tp_weaklistoffset
        || ((a->tp_flags ^ b->tp_flags) & Py_TPFLAGS_MANAGED_DICT)) {
        return false;
    }
    if (a->tp_dealloc != hob_subtype_dealloc || b->tp_dealloc != hob_subtype_dealloc) {
        return a->tp_basicsize == a->tp_base->tp_basicsize;     /* fields of C: unknown */
    }
    PyObject *slots_a = ((PyHeapTypeObject *)a)->ht_slots;
    PyObject *slots_b = ((PyHeapTypeObject *)b)->ht_slots;
    Py_ssize_t n_a = slots_a ? PyTuple_GET_SIZE(slots_a) : 0;
    Py_ssize_t n_b = slots_b ? PyTuple_GET_SIZE(slots_b) : 0;
    if (n_a != n_b) { return false; }
    for (Py_ssize_t i = 0; i < n_a; i++) {
        if (!_PyUnicode_EQ(PyTuple_GET_ITEM(slots_a, i), PyTuple_GET_ITEM(slots_b, i))) {
            return false;
        }
    }
    return true;
}

bool
hob_layout_compatible(PyTypeObject *old, PyTypeObject *new, const char *attribute)
{
    if (new->tp_free != old->tp_free) {
        PyErr_Format(PyExc_TypeError, "%s assignment: '%s' deallocator differs from '%s'",
                     attribute, new->tp_name, old->tp_name);
        return false;
    }
    PyTypeObject *root_new = layout_root(new), *root_old = layout_root(old);
    if (root_new == root_old
        || (root_new->tp_base == root_old->tp_base && add_the_same(root_new, root_old))) {
        return true;
    }
    PyErr_Format(PyExc_TypeError, "%s assignment: '%s' object layout differs from '%s'",
                 attribute, new->tp_name, old->tp_name);
    return false;
}

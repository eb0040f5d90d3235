/* slots_update.c -- deciding what stands in a slot of a class, from its names.
 *
 * Rows of hob_slots with the same offset are neighbours: a group, one slot.  For
 * each name of the group the mro is asked, and the answers are weighed:
 *
 *   nothing                        no opinion
 *   a descriptor of a C base for   the base's own C function, so a class that
 *     this very name                 overrides nothing runs no Python code
 *   None, for __hash__             PyObject_HashNotImplemented
 *   anything else                  the row's function from slots_py.c
 *
 * One vote for Python code, or two different C functions, make it Python code.
 *
 * Holds      for a class made by type(): every slot is what this decides.  So a
 *            class with one such base need look at its own names only.
 */
#include "objects/type/slots_py.h"

enum vote { VOTE_NONE, VOTE_NATIVE, VOTE_PYTHON };

/* The C function of owner behind row, when owner is a C type that provides the
 * row's name through some slot. */
static enum vote
vote_of_owner(PyTypeObject *owner, const struct wrapperbase *row, void **native)
{
    void **slot = hob_slot_address(owner, row->offset);
    if (slot && *slot) {
        *native = *slot;
        return VOTE_NATIVE;
    }
    for (int i = 0; i < hob_n_slots; i++) {     /* __len__ of a sequence, asked for mapping */
        if (hob_slots[i].name_strobj != row->name_strobj) { continue; }
        slot = hob_slot_address(owner, hob_slots[i].offset);
        if (slot && *slot) { return VOTE_NONE; }
    }
    return VOTE_PYTHON;
}

static enum vote
vote(PyTypeObject *type, const struct wrapperbase *row, void **native)
{
    PyObject *found = hob_type_peek(type, row->name_strobj);
    if (!found) { return VOTE_NONE; }
    PyTypeObject *kind = Py_TYPE(found);
    if (kind == &PyWrapperDescr_Type) {
        PyWrapperDescrObject *descr = (PyWrapperDescrObject *)found;
        PyTypeObject *owner = PyDescr_TYPE(descr);
        if (strcmp(descr->d_base->name, row->name) != 0 || !PyType_IsSubtype(type, owner)) {
            return VOTE_PYTHON;
        }
        if (descr->d_base->offset == row->offset && descr->d_base->wrapper == row->wrapper) {
            *native = descr->d_wrapped;
            return VOTE_NATIVE;
        }
        return vote_of_owner(owner, row, native);
    }
    if (kind == &PyMethodDescr_Type) {          /* METH_COEXIST */
        PyTypeObject *owner = PyDescr_TYPE(found);
        PyMethodDef *def = ((PyMethodDescrObject *)found)->d_method;
        if (strcmp(def->ml_name, row->name) != 0 || !PyType_IsSubtype(type, owner)) {
            return VOTE_PYTHON;
        }
        return vote_of_owner(owner, row, native);
    }
    if (row->offset == offsetof(PyTypeObject, tp_new)) {
        if (hob_type_of_new_wrapper(found)) {
            *native = (void *)type->tp_new;     /* stays what was inherited, as ever */
            return VOTE_NATIVE;
        }
    }
    if (found == Py_None && row->offset == offsetof(PyTypeObject, tp_hash)) {
        *native = (void *)PyObject_HashNotImplemented;
        return VOTE_NATIVE;
    }
    return VOTE_PYTHON;
}

static inline int
group_start(int i)
{
    while (i > 0 && hob_slots[i - 1].offset == hob_slots[i].offset) { i--; }
    return i;
}

static inline int
group_end(int i)
{
    int offset = hob_slots[i].offset;
    while (i < hob_n_slots && hob_slots[i].offset == offset) { i++; }
    return i;
}

/* Decide the slot of the group that starts at row `start`. */
static void
update_group(PyTypeObject *type, int start)
{
    int offset = hob_slots[start].offset;
    void **slot = hob_slot_address(type, offset);
    if (!slot) { return; }
    void *native = NULL, *python = NULL;
    bool by_python = false;
    for (int i = start; i < group_end(start); i++) {
        void *candidate = NULL;
        switch (vote(type, &hob_slots[i], &candidate)) {
        case VOTE_NONE:
            break;
        case VOTE_NATIVE:
            if (native && native != candidate) { by_python = true; }
            native = candidate;
            break;
        case VOTE_PYTHON:
            by_python = true;
            break;
        }
        if (hob_slots[i].function) { python = hob_slots[i].function; }
    }
    if (by_python) {
        *slot = python;
        if (python == (void *)hob_slot_tp_call) {
            type->tp_flags &= ~Py_TPFLAGS_HAVE_VECTORCALL;
        }
    }
    else if (!native && offset == offsetof(PyTypeObject, tp_iternext)) {
        *slot = (void *)_PyObject_NextNotImplemented;
    }
    else {
        *slot = native;
    }
}

static void
update_name(PyTypeObject *type, PyObject *name)
{
    for (int i = 0; i < hob_n_slots; i++) {
        if (hob_slots[i].name_strobj == name) { update_group(type, group_start(i)); }
    }
}

static void
update_every_group(PyTypeObject *type)
{
    for (int i = 0; i < hob_n_slots; i = group_end(i)) { update_group(type, i); }
}

/* Are all inherited slots already what update_group would decide? */
static bool
base_is_settled(PyTypeObject *type)
{
    if (PyTuple_GET_SIZE(type->tp_bases) != 1 || Py_TYPE(type) != &PyType_Type) {
        return false;
    }
    PyTypeObject *base = type->tp_base;
    if ((PyObject *)base != PyTuple_GET_ITEM(type->tp_bases, 0)) { return false; }
    return base == &PyBaseObject_Type
        || (hob_type_is_heap(base) && base->tp_dealloc == hob_subtype_dealloc);
}

void
hob_slots_fill(PyTypeObject *type)
{
    if (!base_is_settled(type)) {
        update_every_group(type);
        return;
    }
    Py_ssize_t at = 0;
    PyObject *name;
    while (PyDict_Next(type->tp_dict, &at, &name, NULL)) {
        if (!PyUnicode_CheckExact(name) || !hob_name_is_dunder(name)) { continue; }
        Py_INCREF(name);
        PyObject *interned = name;
        PyUnicode_InternInPlace(&interned);     /* rows are found by identity */
        update_name(type, interned);
        if (interned == ID(__eq__) || interned == ID(__hash__)) {
            update_name(type, ID(__hash__));    /* neither was inherited, see inherit.c */
            update_name(type, ID(__eq__));
        }
        Py_DECREF(interned);
    }
    if (!type->tp_iternext) { type->tp_iternext = _PyObject_NextNotImplemented; }
}

/* A subclass follows unless it has the name itself. */
static int
follow_name(PyTypeObject *type, void *name)
{
    int own_name = type->tp_dict ? PyDict_Contains(type->tp_dict, name) : 0;
    if (own_name) { return own_name < 0 ? -1 : 0; }
    update_name(type, name);
    return hob_subclasses_each(type, follow_name, name);
}

status
hob_slots_update_name(PyTypeObject *type, PyObject *name)
{
    bool is_slot = false;
    for (int i = 0; i < hob_n_slots && !is_slot; i++) {
        is_slot = hob_slots[i].name_strobj == name;
    }
    if (!is_slot) { return 0; }
    update_name(type, name);
    if (name == ID(__get__) || name == ID(__set__) || name == ID(__delete__)) {
        hob_type_forget_descriptors();
    }
    return hob_subclasses_each(type, follow_name, name);
}

static int
follow_all(PyTypeObject *type, void *unused)
{
    hob_slots_update_all(type);
    return 0;
}

void
hob_slots_update_all(PyTypeObject *type)
{
    PyType_Modified(type);
    descrgetfunc get = type->tp_descr_get;
    descrsetfunc set = type->tp_descr_set;
    update_every_group(type);
    if (type->tp_descr_get != get || type->tp_descr_set != set) {
        hob_type_forget_descriptors();
    }
    hob_subclasses_each(type, follow_all, NULL);
}

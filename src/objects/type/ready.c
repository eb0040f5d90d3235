/* ready.c -- PyType_Ready: make a type struct usable.
 *
 * Order      base and metatype -> dict -> __new__ -> descriptors for its own
 *            slots, methods, members, getsets, __doc__ -> mro -> inherit ->
 *            __hash__ -> register with the bases -> READY.
 *            Descriptors come before inheriting: only own slots get them.
 * Holds      keys already in tp_dict win over everything put there.
 *            A static type is immutable once ready; extensions may still write
 *            its slots and its tp_dict by hand and call PyType_Modified.
 */
#include "objects/type/type_int.h"

/* --- __new__ of types in C --- */

static PyObject *
new_wrapper(PyObject *self, PyObject *args, PyObject *kwargs)
{
    PyTypeObject *type = (PyTypeObject *)self;
    if (PyTuple_GET_SIZE(args) < 1) {
        PyErr_Format(PyExc_TypeError, "%s.__new__(): not enough arguments", type->tp_name);
        return NULL;
    }
    PyObject *first = PyTuple_GET_ITEM(args, 0);
    if (!PyType_Check(first)) {
        PyErr_Format(PyExc_TypeError, "%s.__new__(X): X is not a type object (%s)",
                     type->tp_name,
                     Py_TYPE(first)->tp_name);
        return NULL;
    }
    PyTypeObject *subtype = (PyTypeObject *)first;
    if (!PyType_IsSubtype(subtype, type)) {
        PyErr_Format(PyExc_TypeError, "%s.__new__(%s): %s is not a subtype of %s",
                     type->tp_name,
                     subtype->tp_name, subtype->tp_name, type->tp_name);
        return NULL;
    }
    /* The nearest base that is not a Python class must construct the same way. */
    PyTypeObject *native = subtype;
    while (native && native->tp_new == hob_slot_tp_new) { native = native->tp_base; }
    if (native && native->tp_new != type->tp_new) {
        PyErr_Format(PyExc_TypeError, "%s.__new__(%s) is not safe, use %s.__new__()",
                     type->tp_name, subtype->tp_name, native->tp_name);
        return NULL;
    }
    own PyObject *rest = PyTuple_GetSlice(args, 1, PyTuple_GET_SIZE(args));
    return rest ? type->tp_new(subtype, rest, kwargs) : NULL;
}

static PyMethodDef new_method = {
    "__new__", (PyCFunction)(void (*)(void))new_wrapper, METH_VARARGS | METH_KEYWORDS,
    "__new__($type, *args, **kwargs)\n--\n\n"
    "Make an object of the type given first.  help(type) tells its real signature.",
};

status
hob_type_add_new_wrapper(PyTypeObject *type)
{
    int known = PyDict_Contains(type->tp_dict, ID(__new__));
    if (known) { return known < 0 ? -1 : 0; }
    own PyObject *func = PyCFunction_NewEx(&new_method, (PyObject *)type, NULL);
    return func ? PyDict_SetItem(type->tp_dict, ID(__new__), func) : -1;
}

PyTypeObject *
hob_type_of_new_wrapper(PyObject *callable)
{
    if (!Py_IS_TYPE(callable, &PyCFunction_Type)) { return NULL; }
    PyCFunctionObject *func = (PyCFunctionObject *)callable;
    return func->m_ml->ml_meth == new_method.ml_meth ? (PyTypeObject *)func->m_self : NULL;
}

/* --- descriptors --- */

/* Put descr (consumed; NULL passes the error on) under its name unless the name
 * is taken and `force` is off. */
static status
add_descr(PyTypeObject *type, const char *name, STOLEN PyObject *descr, bool force)
{
    own PyObject *value = descr;
    if (!value) { return -1; }
    own PyObject *key = PyUnicode_InternFromString(name);
    if (!key) { return -1; }
    if (force) { return PyDict_SetItem(type->tp_dict, key, value); }
    return PyDict_SetDefault(type->tp_dict, key, value) ? 0 : -1;
}

static PyObject *
method_descr(PyTypeObject *type, PyMethodDef *def)
{
    if (def->ml_flags & METH_CLASS) {
        if (def->ml_flags & METH_STATIC) {
            PyErr_SetString(PyExc_ValueError, "method cannot be both class and static");
            return NULL;
        }
        return PyDescr_NewClassMethod(type, def);
    }
    if (def->ml_flags & METH_STATIC) {
        own PyObject *func = PyCFunction_NewEx(def, (PyObject *)type, NULL);
        return func ? PyStaticMethod_New(func) : NULL;
    }
    return PyDescr_NewMethod(type, def);
}

static status
add_tables(PyTypeObject *type)
{
    for (PyMethodDef *def = type->tp_methods; def && def->ml_name; def++) {
        bool force = def->ml_flags & METH_COEXIST;
        if (add_descr(type, def->ml_name, method_descr(type, def), force) < 0) { return -1; }
    }
    for (PyMemberDef *def = type->tp_members; def && def->name; def++) {
        if (add_descr(type, def->name, PyDescr_NewMember(type, def), false) < 0) { return -1; }
    }
    for (PyGetSetDef *def = type->tp_getset; def && def->name; def++) {
        if (add_descr(type, def->name, PyDescr_NewGetSet(type, def), false) < 0) { return -1; }
    }
    return 0;
}

static status
add_doc(PyTypeObject *type)
{
    int known = PyDict_Contains(type->tp_dict, ID(__doc__));
    if (known) { return known < 0 ? -1 : 0; }
    own PyObject *doc = type->tp_doc ? _PyType_GetDocFromInternalDoc(type->tp_name,
                                                                     type->tp_doc)
                                     : Py_NewRef(Py_None);
    return doc ? PyDict_SetItem(type->tp_dict, ID(__doc__), doc) : -1;
}

/* --- the steps --- */

static status
set_base(PyTypeObject *type)
{
    if (!type->tp_base && type != &PyBaseObject_Type) {
        type->tp_base = &PyBaseObject_Type;
        if (hob_type_is_heap(type)) { Py_INCREF(type->tp_base); }
    }
    PyTypeObject *base = type->tp_base;
    if (base && !(base->tp_flags & Py_TPFLAGS_READY)) {
        if (base->tp_flags & Py_TPFLAGS_READYING) {
            PyErr_Format(PyExc_TypeError, "type '%.100s' derives from itself", type->tp_name);
            return -1;
        }
        if (PyType_Ready(base) < 0) { return -1; }
    }
    if (!Py_TYPE(type) && base) { Py_SET_TYPE(type, Py_TYPE(base)); }

    if (!type->tp_bases) {
        type->tp_bases = base ? PyTuple_Pack(1, base) : PyTuple_New(0);
        if (!type->tp_bases) { return -1; }
    }
    return 0;
}

/* tp_new: its own gets __new__; none of its own is inherited, though not by a
 * static type straight from object. */
static status
set_new(PyTypeObject *type)
{
    PyTypeObject *base = type->tp_base;
    if (!type->tp_new && base == &PyBaseObject_Type && !hob_type_is_heap(type)) {
        type->tp_flags |= Py_TPFLAGS_DISALLOW_INSTANTIATION;
    }
    if (type->tp_flags & Py_TPFLAGS_DISALLOW_INSTANTIATION) {
        type->tp_new = NULL;
        return 0;
    }
    if (type->tp_new) { return hob_type_add_new_wrapper(type); }
    if (base) { type->tp_new = base->tp_new; }
    return 0;
}

/* An unhashable type says so by __hash__ = None. */
static status
set_hash(PyTypeObject *type)
{
    if (type->tp_hash) { return 0; }
    int known = PyDict_Contains(type->tp_dict, ID(__hash__));
    if (known) { return known < 0 ? -1 : 0; }
    if (PyDict_SetItem(type->tp_dict, ID(__hash__), Py_None) < 0) { return -1; }
    type->tp_hash = PyObject_HashNotImplemented;
    return 0;
}

static status
check_fields(PyTypeObject *type)
{
    if (!type->tp_name) {
        PyErr_SetString(PyExc_SystemError, "Type does not define the tp_name field.");
        return -1;
    }
    if (PyType_IS_GC(type) && !type->tp_traverse) {
        PyErr_Format(PyExc_SystemError,
                     "type %s has the Py_TPFLAGS_HAVE_GC flag but has no traverse function",
                     type->tp_name);
        return -1;
    }
    return 0;
}

static status
ready(PyTypeObject *type)
{
    if (check_fields(type) < 0 || hob_slots_init() < 0) { return -1; }
    if (!type->tp_dict) {
        type->tp_dict = PyDict_New();
        if (!type->tp_dict) { return -1; }
    }
    if (set_base(type) < 0 || set_new(type) < 0 || hob_slots_add_wrappers(type) < 0
        || add_tables(type) < 0 || add_doc(type) < 0) {
        return -1;
    }
    if (hob_mro_set(type, NULL) < 0) { return -1; }
    if (hob_inherit(type) < 0 || set_hash(type) < 0) { return -1; }
    return hob_subclasses_add_to_bases(type, type->tp_bases);
}

int
PyType_Ready(PyTypeObject *type)
{
    if (type->tp_flags & Py_TPFLAGS_READY) { return 0; }
    type->tp_flags |= Py_TPFLAGS_READYING;
    if (!hob_type_is_heap(type)) { type->tp_flags |= Py_TPFLAGS_IMMUTABLETYPE; }
    status done = ready(type);
    type->tp_flags &= ~Py_TPFLAGS_READYING;
    if (done == 0) { type->tp_flags |= Py_TPFLAGS_READY; }
    return done;
}

/* --- start --- */

#define X(type) extern PyTypeObject type;
#include "objects/types.def"
#undef X

static PyTypeObject *const static_types[] = {
#define X(type) &type,
#include "objects/types.def"
#undef X
};

status
hob_types_init(void)
{
    if (hob_slots_init() < 0) { return -1; }
    for (size_t i = 0; i < ARRAY_LEN(static_types); i++) {
        if (PyType_Ready(static_types[i]) < 0) { return -1; }
    }
    return 0;
}

/* --- checks --- */

bool
hob_type_check(PyTypeObject *type)
{
    INVARIANT(1, PyType_Check(type));
    if (!(type->tp_flags & Py_TPFLAGS_READY)) { return true; }          /* not yet */
    INVARIANT(2, type->tp_dict && PyDict_Check(type->tp_dict));
    if (!type->tp_mro) { return true; }         /* the collector has taken it apart */
    INVARIANT(3, PyTuple_Check(type->tp_mro) && PyTuple_GET_SIZE(type->tp_mro) > 0);
    INVARIANT(4, type->tp_bases && PyTuple_Check(type->tp_bases));
    INVARIANT(5, !hob_type_is_heap(type) || ((PyHeapTypeObject *)type)->ht_name);
    INVARIANT(6, !PyType_IS_GC(type) || type->tp_traverse);
    for (Py_ssize_t i = 0; hob_type_version(type) && i < PyTuple_GET_SIZE(type->tp_bases); i++) {
        /* a version tag stands for the bases, too */
        INVARIANT(7, hob_type_version((PyTypeObject *)PyTuple_GET_ITEM(type->tp_bases, i)));
    }
    return true;
}

int
_PyType_CheckConsistency(PyTypeObject *type)
{
    ENSURE(hob_type_check(type));
    return 1;
}

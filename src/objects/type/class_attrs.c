/* class_attrs.c -- the special attributes of a class (__name__, __bases__,
 * __doc__ ..) and the methods of type.
 *
 * Holds      assigning one of them to an immutable type is TypeError; changing
 *            __bases__ redoes the mro of the class and of all below it, or leaves
 *            everything as it was.
 */
#include "objects/dict/keys.h"
#include "objects/type/class_layout.h"
#include "objects/type/type_int.h"

/* --- shared checks --- */

/* May this special attribute be set to value (NULL: deleted)? */
static bool
may_set(PyTypeObject *type, PyObject *value, const char *name)
{
    if (type->tp_flags & Py_TPFLAGS_IMMUTABLETYPE) {
        PyErr_Format(PyExc_TypeError, "cannot set '%s' attribute of immutable type '%s'", name,
                     type->tp_name);
        return false;
    }
    if (!value) {
        PyErr_Format(PyExc_TypeError, "cannot delete '%s' attribute of immutable type '%s'",
                     name,
                     type->tp_name);
        return false;
    }
    return PySys_Audit("object.__setattr__", "OsO", type, name, value) == 0;
}

/* --- __name__, __qualname__, __module__ --- */

PyObject *
hob_type_name(PyTypeObject *type)
{
    if (hob_type_is_heap(type)) {
        PyObject *name = ((PyHeapTypeObject *)type)->ht_name;
        if (name) { return Py_NewRef(name); }
    }
    PyObject *name = PyUnicode_FromString(_PyType_Name(type));
    if (name) { PyUnicode_InternInPlace(&name); }
    return name;
}

PyObject *
hob_type_module(PyTypeObject *type)
{
    if (hob_type_is_heap(type)) {
        PyObject *module = PyDict_GetItemWithError(type->tp_dict, ID(__module__));
        if (!module && !PyErr_Occurred()) {
            PyErr_SetObject(PyExc_AttributeError, ID(__module__));
        }
        return Py_XNewRef(module);
    }
    const char *dot = strrchr(type->tp_name, '.');
    if (!dot) { return Py_NewRef(ID(builtins)); }
    PyObject *module = PyUnicode_FromStringAndSize(type->tp_name, dot - type->tp_name);
    if (module) { PyUnicode_InternInPlace(&module); }
    return module;
}

static PyObject *
get_name(PyObject *self, void *context)
{
    return hob_type_name((PyTypeObject *)self);
}

static int
set_name(PyObject *self, PyObject *value, void *context)
{
    PyTypeObject *type = (PyTypeObject *)self;
    if (!may_set(type, value, "__name__")) { return -1; }
    if (!PyUnicode_Check(value)) {
        PyErr_Format(PyExc_TypeError, "can only assign string to %s.__name__, not '%s'",
                     type->tp_name, Py_TYPE(value)->tp_name);
        return -1;
    }
    Py_ssize_t n;
    const char *text = PyUnicode_AsUTF8AndSize(value, &n);
    if (!text) { return -1; }
    if (strlen(text) != (size_t)n) {
        PyErr_SetString(PyExc_ValueError, "type name must not contain null characters");
        return -1;
    }
    PyHeapTypeObject *heap = (PyHeapTypeObject *)type;
    type->tp_name = text;
    Py_INCREF(value);
    Py_SETREF(heap->ht_name, value);
    return 0;
}

static PyObject *
get_qualname(PyObject *self, void *context)
{
    return PyType_GetQualName((PyTypeObject *)self);
}

static int
set_qualname(PyObject *self, PyObject *value, void *context)
{
    PyTypeObject *type = (PyTypeObject *)self;
    if (!may_set(type, value, "__qualname__")) { return -1; }
    if (!PyUnicode_Check(value)) {
        PyErr_Format(PyExc_TypeError, "can only assign string to %s.__qualname__, not '%s'",
                     type->tp_name, Py_TYPE(value)->tp_name);
        return -1;
    }
    Py_INCREF(value);
    Py_XSETREF(((PyHeapTypeObject *)type)->ht_qualname, value);
    return 0;
}

static PyObject *
get_module(PyObject *self, void *context)
{
    return hob_type_module((PyTypeObject *)self);
}

static int
set_module(PyObject *self, PyObject *value, void *context)
{
    PyTypeObject *type = (PyTypeObject *)self;
    if (!may_set(type, value, "__module__")) { return -1; }
    PyType_Modified(type);
    return PyDict_SetItem(type->tp_dict, ID(__module__), value);
}

/* --- __abstractmethods__ --- */

static PyObject *
get_abstractmethods(PyObject *self, void *context)
{
    PyTypeObject *type = (PyTypeObject *)self;
    PyObject *names = NULL;
    if (type != &PyType_Type) {         /* whose own is this descriptor */
        names = PyDict_GetItemWithError(type->tp_dict, ID(__abstractmethods__));
    }
    if (!names && !PyErr_Occurred()) {
        PyErr_SetObject(PyExc_AttributeError, ID(__abstractmethods__));
    }
    return Py_XNewRef(names);
}

static int
set_abstractmethods(PyObject *self, PyObject *value, void *context)
{
    PyTypeObject *type = (PyTypeObject *)self;
    int abstract = 0;
    if (value) {
        abstract = PyObject_IsTrue(value);
        if (abstract < 0) { return -1; }
        if (PyDict_SetItem(type->tp_dict, ID(__abstractmethods__), value) < 0) { return -1; }
    }
    else if (PyDict_DelItem(type->tp_dict, ID(__abstractmethods__)) < 0) {
        if (hob_error_drop(PyExc_KeyError)) {
            PyErr_SetObject(PyExc_AttributeError, ID(__abstractmethods__));
        }
        return -1;
    }
    PyType_Modified(type);
    if (abstract) { type->tp_flags |= Py_TPFLAGS_IS_ABSTRACT; }
    else { type->tp_flags &= ~Py_TPFLAGS_IS_ABSTRACT; }
    return 0;
}

/* --- __doc__, __text_signature__, __annotations__, __dict__ --- */

static PyObject *
get_doc(PyObject *self, void *context)
{
    PyTypeObject *type = (PyTypeObject *)self;
    if (!hob_type_is_heap(type) && type->tp_doc) {
        return _PyType_GetDocFromInternalDoc(type->tp_name, type->tp_doc);
    }
    PyObject *doc = PyDict_GetItemWithError(type->tp_dict, ID(__doc__));
    if (!doc) { return PyErr_Occurred() ? NULL : Py_NewRef(Py_None); }
    descrgetfunc get = Py_TYPE(doc)->tp_descr_get;
    return get ? get(doc, NULL, self) : Py_NewRef(doc);
}

static int
set_doc(PyObject *self, PyObject *value, void *context)
{
    PyTypeObject *type = (PyTypeObject *)self;
    if (!may_set(type, value, "__doc__")) { return -1; }
    PyType_Modified(type);
    return PyDict_SetItem(type->tp_dict, ID(__doc__), value);
}

static PyObject *
get_text_signature(PyObject *self, void *context)
{
    PyTypeObject *type = (PyTypeObject *)self;
    return _PyType_GetTextSignatureFromInternalDoc(type->tp_name, type->tp_doc);
}

static PyObject *
get_annotations(PyObject *self, void *context)
{
    PyTypeObject *type = (PyTypeObject *)self;
    if (!hob_type_is_heap(type)) {
        PyErr_Format(PyExc_AttributeError,
                     "type object '%s' has no attribute '__annotations__'",
                     type->tp_name);
        return NULL;
    }
    PyObject *found = PyDict_GetItemWithError(type->tp_dict, ID(__annotations__));
    if (found) {
        descrgetfunc get = Py_TYPE(found)->tp_descr_get;
        return get ? get(found, NULL, self) : Py_NewRef(found);
    }
    if (PyErr_Occurred()) { return NULL; }
    own PyObject *fresh = PyDict_New();
    if (!fresh || PyDict_SetItem(type->tp_dict, ID(__annotations__), fresh) < 0) {
        return NULL;
    }
    PyType_Modified(type);
    return take(fresh);
}

static int
set_annotations(PyObject *self, PyObject *value, void *context)
{
    PyTypeObject *type = (PyTypeObject *)self;
    if (type->tp_flags & Py_TPFLAGS_IMMUTABLETYPE) {
        PyErr_Format(PyExc_TypeError,
                     "cannot set '__annotations__' attribute of immutable type '%s'",
                     type->tp_name);
        return -1;
    }
    int done;
    if (value) { done = PyDict_SetItem(type->tp_dict, ID(__annotations__), value); }
    else {
        done = PyDict_DelItem(type->tp_dict, ID(__annotations__));
        if (done < 0 && hob_error_drop(PyExc_KeyError)) {
            PyErr_SetObject(PyExc_AttributeError, ID(__annotations__));
        }
    }
    if (done == 0) { PyType_Modified(type); }
    return done;
}

static PyObject *
get_dict(PyObject *self, void *context)
{
    PyTypeObject *type = (PyTypeObject *)self;
    return type->tp_dict ? PyDictProxy_New(type->tp_dict) : Py_NewRef(Py_None);
}

/* --- __bases__ --- */

static PyObject *
get_bases(PyObject *self, void *context)
{
    return Py_NewRef(((PyTypeObject *)self)->tp_bases);
}

/* Redo the mro of type and of everything below; undo gets (type, old mro) pairs. */
static status
redo_mro(PyTypeObject *type, PyObject *undo)
{
    PyObject *old;
    status done = hob_mro_set(type, &old);
    if (done <= 0) { return done; }
    own PyObject *pair = PyTuple_Pack(2, type, old ? old : Py_None);
    Py_XDECREF(old);
    if (!pair || PyList_Append(undo, pair) < 0) { return -1; }

    own PyObject *subclasses = hob_subclasses_list(type);
    if (!subclasses) { return -1; }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(subclasses); i++) {
        if (redo_mro((PyTypeObject *)PyList_GET_ITEM(subclasses, i), undo) < 0) { return -1; }
    }
    return 0;
}

static void
undo_mro(PyObject *undo)
{
    for (Py_ssize_t i = PyList_GET_SIZE(undo); --i >= 0;) {
        PyObject *pair = PyList_GET_ITEM(undo, i);
        PyTypeObject *type = (PyTypeObject *)PyTuple_GET_ITEM(pair, 0);
        PyObject *mro = PyTuple_GET_ITEM(pair, 1);
        PyType_Modified(type);
        mro = mro == Py_None ? NULL : Py_NewRef(mro);
        Py_XSETREF(type->tp_mro, mro);
    }
}

/* By tp_base alone: while a mro() is running, tp_mro may not tell yet. */
static bool
derives_by_base(PyTypeObject *type, PyTypeObject *from)
{
    for (; type; type = type->tp_base) {
        if (type == from) { return true; }
    }
    return false;
}

static status
check_new_bases(PyTypeObject *type, PyObject *bases)
{
    if (!PyTuple_Check(bases)) {
        PyErr_Format(PyExc_TypeError, "can only assign tuple to %s.__bases__, not %s",
                     type->tp_name, Py_TYPE(bases)->tp_name);
        return -1;
    }
    if (PyTuple_GET_SIZE(bases) == 0) {
        PyErr_Format(PyExc_TypeError, "can only assign non-empty tuple to %s.__bases__, not ()",
                     type->tp_name);
        return -1;
    }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(bases); i++) {
        PyObject *base = PyTuple_GET_ITEM(bases, i);
        if (!PyType_Check(base)) {
            PyErr_Format(PyExc_TypeError, "%s.__bases__ must be tuple of classes, not '%s'",
                         type->tp_name, Py_TYPE(base)->tp_name);
            return -1;
        }
        PyTypeObject *b = (PyTypeObject *)base;
        if (PyType_IsSubtype(b, type) || derives_by_base(b, type)) {
            PyErr_SetString(PyExc_TypeError, "a __bases__ item causes an inheritance cycle");
            return -1;
        }
    }
    return 0;
}

static int
set_bases(PyObject *self, PyObject *bases, void *context)
{
    PyTypeObject *type = (PyTypeObject *)self;
    if (!may_set(type, bases, "__bases__") || check_new_bases(type, bases) < 0) { return -1; }
    PyTypeObject *new_base = hob_mro_best_base(bases);
    if (!new_base) { return -1; }
    if (!hob_layout_compatible(type->tp_base, new_base, "__bases__")) { return -1; }

    own PyObject *undo = PyList_New(0);
    if (!undo) { return -1; }
    PyObject *old_bases = type->tp_bases;
    PyTypeObject *old_base = type->tp_base;
    type->tp_bases = Py_NewRef(bases);
    type->tp_base = (PyTypeObject *)Py_NewRef(new_base);
    status done = redo_mro(type, undo);
    if (done < 0) {
        undo_mro(undo);
        if (type->tp_bases == bases) {          /* nobody has assigned again meanwhile */
            type->tp_bases = old_bases;
            type->tp_base = old_base;
            old_bases = bases;
            old_base = new_base;
        }
    }
    else if (type->tp_bases == bases) {
        hob_subclasses_remove_from_bases(type, old_bases);
        done = hob_subclasses_add_to_bases(type, bases);
        hob_slots_update_all(type);
    }
    Py_DECREF(old_bases);
    Py_DECREF(old_base);
    return done;
}

/* --- methods --- */

/** type.mro($self, /)
 *
 *  Compute the method resolution order of a class, as a list.
 */
static PyObject *
type_mro(PyTypeObject *self)
{
    own PyObject *mro = hob_mro_compute(self);
    return mro ? PySequence_List(mro) : NULL;
}

/** type.__subclasses__($self, /)
 *
 *  Return a list of immediate subclasses.
 */
static PyObject *
type_subclasses(PyTypeObject *self)
{
    return hob_subclasses_list(self);
}

/** type.__prepare__($type, name=None, bases=None, **kwargs)
 *
 *  Return the namespace in which the body of a class statement runs.
 */
static PyObject *
type_prepare(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    return PyDict_New();
}

/** type.__instancecheck__($self, instance, /)
 *
 *  Check if an object is an instance.
 */
static PyObject *
type_instancecheck(PyObject *self, PyObject *instance)
{
    int answer = _PyObject_RealIsInstance(instance, self);
    return answer < 0 ? NULL : PyBool_FromLong(answer);
}

/** type.__subclasscheck__($self, subclass, /)
 *
 *  Check if a class is a subclass.
 */
static PyObject *
type_subclasscheck(PyObject *self, PyObject *subclass)
{
    int answer = _PyObject_RealIsSubclass(subclass, self);
    return answer < 0 ? NULL : PyBool_FromLong(answer);
}

/** type.__dir__($self, /)
 *
 *  List the names of a class and of its bases.
 */
static PyObject *
type_dir(PyObject *self)
{
    own PyObject *names = PyDict_New();
    if (!names || hob_dir_merge_class(names, self) < 0) { return NULL; }
    return PyDict_Keys(names);
}

/** type.__sizeof__($self, /)
 *
 *  Return memory consumption of the type object.
 */
static size_t
type_sizeof(PyTypeObject *self)
{
    if (!hob_type_is_heap(self)) { return sizeof(PyTypeObject); }
    size_t size = sizeof(PyHeapTypeObject);
    PyDictKeysObject *keys = ((PyHeapTypeObject *)self)->ht_cached_keys;
    if (keys) {
        size_t room = ((size_t)1 << keys->log2_size << 1) / 3;
        size += sizeof *keys + ((size_t)1 << keys->log2_index_bytes)
              + room * sizeof(hob_dict_str_entry);
    }
    return size;
}

#include "gen/objects/type/class_attrs.bind.h"

/* The generated table under a name that class.c can initialise with. */
extern PyMethodDef hob_type_methods[ARRAY_LEN(type_methods)]
    __attribute__((alias("type_methods")));

/* Merge the names of a class and its bases (anything with __dict__, __bases__). */
status
hob_dir_merge_class(PyObject *names, PyObject *cls)
{
    PyObject *found;
    if (_PyObject_LookupAttr(cls, ID(__dict__), &found) < 0) { return -1; }
    own PyObject *dict = found;
    if (dict && PyDict_Update(names, dict) < 0) { return -1; }
    if (_PyObject_LookupAttr(cls, ID(__bases__), &found) < 0) { return -1; }
    own PyObject *bases = found;
    if (!bases) { return 0; }
    Py_ssize_t n = PySequence_Size(bases);
    if (n < 0) { return -1; }
    for (Py_ssize_t i = 0; i < n; i++) {
        own PyObject *base = PySequence_GetItem(bases, i);
        if (!base || hob_dir_merge_class(names, base) < 0) { return -1; }
    }
    return 0;
}

PyMemberDef hob_type_members[] = {
    {"__basicsize__", T_PYSSIZET, offsetof(PyTypeObject, tp_basicsize), READONLY, NULL},
    {"__itemsize__", T_PYSSIZET, offsetof(PyTypeObject, tp_itemsize), READONLY, NULL},
    {"__flags__", T_ULONG, offsetof(PyTypeObject, tp_flags), READONLY, NULL},
    {"__weakrefoffset__", T_PYSSIZET, offsetof(PyTypeObject,
                                               tp_weaklistoffset), READONLY, NULL},
    {"__base__", T_OBJECT, offsetof(PyTypeObject, tp_base), READONLY, NULL},
    {"__dictoffset__", T_PYSSIZET, offsetof(PyTypeObject, tp_dictoffset), READONLY, NULL},
    {"__mro__", T_OBJECT, offsetof(PyTypeObject, tp_mro), READONLY, NULL},
    {NULL},
};

PyGetSetDef hob_type_getset[] = {
    {"__name__", get_name, set_name, NULL, NULL},
    {"__qualname__", get_qualname, set_qualname, NULL, NULL},
    {"__bases__", get_bases, set_bases, NULL, NULL},
    {"__module__", get_module, set_module, NULL, NULL},
    {"__abstractmethods__", get_abstractmethods, set_abstractmethods, NULL, NULL},
    {"__dict__", get_dict, NULL, NULL, NULL},
    {"__doc__", get_doc, set_doc, NULL, NULL},
    {"__text_signature__", get_text_signature, NULL, NULL, NULL},
    {"__annotations__", get_annotations, set_annotations, NULL, NULL},
    {NULL},
};

/* base.c -- PyBaseObject_Type: what every object can do.
 *
 * Holds      object() takes arguments only where a subclass overrides one of
 *            __new__ and __init__ and leaves the other to object.
 * Next       reduce.c (pickling), class_layout.c
 */
#include "objects/instance.h"
#include "objects/type/class_layout.h"
#include "objects/type/type_int.h"

/* --- new and init --- */

static inline bool
has_arguments(PyObject *args, PyObject *kwargs)
{
    return PyTuple_GET_SIZE(args) || (kwargs && PyDict_GET_SIZE(kwargs));
}

int
hob_object_init(PyObject *self, PyObject *args, PyObject *kwargs)
{
    if (LIKELY(!has_arguments(args, kwargs))) { return 0; }
    PyTypeObject *type = Py_TYPE(self);
    if (type->tp_init != hob_object_init) {
        PyErr_SetString(PyExc_TypeError, "object.__init__() takes exactly one argument "
                        "(the instance to initialize)");
        return -1;
    }
    if (type->tp_new == hob_object_new) {
        PyErr_Format(PyExc_TypeError, "%.200s.__init__() takes exactly one argument "
                     "(the instance to initialize)", type->tp_name);
        return -1;
    }
    return 0;
}

static COLD void
error_abstract(PyTypeObject *type)
{
    own PyObject *names = PyObject_GetAttr((PyObject *)type, ID(__abstractmethods__));
    own PyObject *sorted = names ? PySequence_List(names) : NULL;
    if (!sorted || PyList_Sort(sorted) < 0) { return; }
    own PyObject *comma = PyUnicode_FromString(", ");
    own PyObject *joined = comma ? PyUnicode_Join(comma, sorted) : NULL;
    if (!joined) { return; }
    PyErr_Format(PyExc_TypeError,
                 "Can't instantiate abstract class %s with abstract method%s %U",
                 type->tp_name, PyList_GET_SIZE(sorted) > 1 ? "s" : "", joined);
}

PyObject *
hob_object_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    if (UNLIKELY(has_arguments(args, kwargs))) {
        if (type->tp_new != hob_object_new) {
            PyErr_SetString(PyExc_TypeError, "object.__new__() takes exactly one argument "
                            "(the type to instantiate)");
            return NULL;
        }
        if (type->tp_init == hob_object_init) {
            PyErr_Format(PyExc_TypeError, "%.200s() takes no arguments", type->tp_name);
            return NULL;
        }
    }
    if (UNLIKELY(type->tp_flags & Py_TPFLAGS_IS_ABSTRACT)) {
        error_abstract(type);
        return NULL;
    }
    return type->tp_alloc(type, 0);
}

static void
object_dealloc(PyObject *self)
{
    Py_TYPE(self)->tp_free(self);
}

/* --- text and order --- */

static PyObject *
object_repr(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    own PyObject *module = hob_type_module(type);
    if (!module) { PyErr_Clear(); }
    own PyObject *name = PyType_GetQualName(type);
    if (!name) { return NULL; }
    if (!module || !PyUnicode_Check(module)) {
        return PyUnicode_FromFormat("<%s object at %p>", type->tp_name, self);
    }
    if (_PyUnicode_EQ(module, ID(builtins))) {
        return PyUnicode_FromFormat("<%s object at %p>", type->tp_name, self);
    }
    return PyUnicode_FromFormat("<%U.%U object at %p>", module, name, self);
}

static PyObject *
object_str(PyObject *self)
{
    reprfunc repr = Py_TYPE(self)->tp_repr;
    return repr && repr != object_str ? repr(self) : object_repr(self);
}

/* == by identity; != by asking == of the same type. */
static PyObject *
object_richcompare(PyObject *self, PyObject *other, int op)
{
    if (op == Py_EQ) { return Py_NewRef(self == other ? Py_True : Py_NotImplemented); }
    if (op != Py_NE) { return Py_NewRef(Py_NotImplemented); }
    richcmpfunc compare = Py_TYPE(self)->tp_richcompare;
    if (!compare) { return Py_NewRef(Py_NotImplemented); }
    PyObject *equal = compare(self, other, Py_EQ);
    if (!equal || equal == Py_NotImplemented) { return equal; }
    int truth = PyObject_IsTrue(equal);
    Py_DECREF(equal);
    return truth < 0 ? NULL : PyBool_FromLong(!truth);
}

/* --- __class__ --- */

static PyObject *
object_get_class(PyObject *self, void *context)
{
    return Py_NewRef(Py_TYPE(self));
}

static bool
class_may_change(PyTypeObject *old, PyTypeObject *new)
{
    if (PyType_IsSubtype(old, &PyModule_Type) && PyType_IsSubtype(new, &PyModule_Type)) {
        return true;
    }
    if (!((old->tp_flags | new->tp_flags) & Py_TPFLAGS_IMMUTABLETYPE)) { return true; }
    PyErr_SetString(PyExc_TypeError, "__class__ assignment only supported for mutable types "
                    "or ModuleType subclasses");
    return false;
}

static int
object_set_class(PyObject *self, PyObject *value, void *context)
{
    PyTypeObject *old = Py_TYPE(self);
    if (!value) {
        PyErr_SetString(PyExc_TypeError, "can't delete __class__ attribute");
        return -1;
    }
    if (!PyType_Check(value)) {
        PyErr_Format(PyExc_TypeError, "__class__ must be set to a class, not '%s' object",
                     Py_TYPE(value)->tp_name);
        return -1;
    }
    PyTypeObject *new = (PyTypeObject *)value;
    if (PySys_Audit("object.__setattr__", "OsO", self, "__class__", value) < 0) { return -1; }
    if (!class_may_change(old, new) || !hob_layout_compatible(old, new, "__class__")) {
        return -1;
    }
    if (old->tp_flags & Py_TPFLAGS_MANAGED_DICT) {
        /* inline values are laid out by the keys of the old class */
        if (!hob_instance_materialise(self)) { return -1; }
    }
    if (hob_type_is_heap(new)) { Py_INCREF(new); }
    Py_SET_TYPE(self, new);
    if (old->tp_descr_get != new->tp_descr_get || old->tp_descr_set != new->tp_descr_set) {
        hob_type_forget_descriptors();
    }
    if (hob_type_is_heap(old)) { Py_DECREF(old); }
    return 0;
}

static PyGetSetDef object_getset[] = {
    {"__class__", object_get_class, object_set_class, "the object's class", NULL},
    {NULL},
};

/* --- methods --- */

/** object.__reduce_ex__($self, protocol, /)
 *
 *  Helper for pickle: a description from which the object can be made again.
 */
static PyObject *
object_reduce_ex(PyObject *self, PyObject *protocol)
{
    return hob_object_reduce_ex(self, protocol);
}

/** object.__reduce__($self, /)
 *
 *  Helper for pickle.
 */
static PyObject *
object_reduce(PyObject *self)
{
    return hob_object_reduce(self, NULL);
}

/** object.__getstate__($self, /)
 *
 *  Helper for pickle: the attributes of the object.
 */
static PyObject *
object_getstate(PyObject *self)
{
    return hob_object_getstate(self, NULL);
}

/** object.__subclasshook__($type, *args)
 *
 *  Abstract classes can override this to customize issubclass().
 *
 *  abc.ABCMeta.__subclasscheck__() calls it, and expects True, False or
 *  NotImplemented: with NotImplemented the usual algorithm goes on, any other
 *  answer stands and is cached.
 */
static PyObject *
object_subclasshook(PyObject *self, PyObject *args)
{
    return Py_NewRef(Py_NotImplemented);
}

/** object.__init_subclass__($type)
 *
 *  This method is called when a class is subclassed.
 *
 *  The default implementation does nothing. It may be overridden to extend
 *  subclasses.
 */
static PyObject *
object_init_subclass(PyObject *self)
{
    return Py_NewRef(Py_None);
}

/** object.__format__($self, format_spec, /)
 *
 *  Default object formatter: str(self), for an empty format_spec.
 */
static PyObject *
object_format(PyObject *self, PyUnicodeObject *format_spec)
{
    if (PyUnicode_GET_LENGTH(format_spec) > 0) {
        return hob_error_type("unsupported format string passed to %.200s.__format__", self);
    }
    own PyObject *text = PyObject_Str(self);
    return text ? PyObject_Format(text, (PyObject *)format_spec) : NULL;
}

/** object.__sizeof__($self, /)
 *
 *  Size of object in memory, in bytes.
 */
static Py_ssize_t
object_sizeof(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    Py_ssize_t size = type->tp_basicsize;
    if (type->tp_itemsize > 0) {
        Py_ssize_t n = Py_SIZE(self);
        size += (n < 0 ? -n : n) * type->tp_itemsize;
    }
    return size;
}

/** object.__dir__($self, /)
 *
 *  Default dir() implementation: the names of the object, its class and the
 *  bases of that.
 */
static PyObject *
object_dir(PyObject *self)
{
    PyObject *found;
    if (_PyObject_LookupAttr(self, ID(__dict__), &found) < 0) { return NULL; }
    own PyObject *dict = found;
    own PyObject *names = dict && PyDict_Check(dict) ? PyDict_Copy(dict) : PyDict_New();
    if (!names) { return NULL; }
    if (_PyObject_LookupAttr(self, ID(__class__), &found) < 0) { return NULL; }
    own PyObject *cls = found;
    if (cls && hob_dir_merge_class(names, cls) < 0) { return NULL; }
    return PySequence_List(names);
}

#include "gen/objects/type/base.bind.h"

PyDoc_STRVAR(object_doc,
"object()\n--\n\n"
"What every class derives from.\n\n"
"An instance of object itself has no attributes of its own and takes none.");

PyTypeObject PyBaseObject_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "object",
    .tp_basicsize = sizeof(PyObject),
    .tp_dealloc = object_dealloc,
    .tp_repr = object_repr,
    .tp_hash = (hashfunc)_Py_HashPointer,
    .tp_str = object_str,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_setattro = PyObject_GenericSetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .tp_doc = object_doc,
    .tp_richcompare = object_richcompare,
    .tp_methods = object_methods,
    .tp_getset = object_getset,
    .tp_init = hob_object_init,
    .tp_alloc = PyType_GenericAlloc,
    .tp_new = hob_object_new,
    .tp_free = PyObject_Free,
};

/* class.c -- PyType_Type: classes as objects.
 *
 * Holds      a heap type owns its dict, bases, mro, name, doc copy and cached
 *            keys; a static type owns what PyType_Ready gave it, forever.
 * Hazard     a subclass holds its bases; a base knows its subclasses by weak
 *            reference only.
 * Next       class_attrs.c (__name__ and the like), new.c, class_call.c, object.c
 */
#include "objects/dict/keys.h"
#include "objects/type/type_int.h"
#include "objects/union.h"


/* --- repr --- */

static PyObject *
type_repr(PyObject *self)
{
    PyTypeObject *type = (PyTypeObject *)self;
    own PyObject *module = hob_type_module(type);
    if (!module) { PyErr_Clear(); }
    own PyObject *name = PyType_GetQualName(type);
    if (!name) { return NULL; }
    if (!module || !PyUnicode_Check(module)) {
        return PyUnicode_FromFormat("<class '%s'>", type->tp_name);
    }
    if (_PyUnicode_EQ(module, ID(builtins))) {
        return PyUnicode_FromFormat("<class '%U'>", name);
    }
    return PyUnicode_FromFormat("<class '%U.%U'>", module, name);
}

/* --- attributes --- */

PyObject *
hob_type_getattr(PyTypeObject *type, PyObject *name, bool *missing)
{
    PyTypeObject *meta = Py_TYPE(type);
    if (UNLIKELY(!PyUnicode_Check(name))) {
        return hob_error_type("attribute name must be string, not '%.200s'", name);
    }
    bool readied = type->tp_flags & (Py_TPFLAGS_READY | Py_TPFLAGS_READYING);
    if (UNLIKELY(!readied) && PyType_Ready(type) < 0) { return NULL; }

    own PyObject *on_meta = Py_XNewRef(hob_type_peek(meta, name));
    descrgetfunc meta_get = on_meta ? Py_TYPE(on_meta)->tp_descr_get : NULL;
    if (meta_get && hob_descr_is_data(on_meta)) {
        return meta_get(on_meta, (PyObject *)type, (PyObject *)meta);
    }
    PyObject *here = hob_type_peek(type, name);
    if (here) {
        descrgetfunc get = Py_TYPE(here)->tp_descr_get;
        Py_INCREF(here);
        if (!get) { return here; }
        PyObject *result = get(here, NULL, (PyObject *)type);
        Py_DECREF(here);
        return result;
    }
    if (meta_get) { return meta_get(on_meta, (PyObject *)type, (PyObject *)meta); }
    if (on_meta) { return take(on_meta); }
    if (missing) { *missing = true; }
    else {
        PyErr_Format(PyExc_AttributeError, "type object '%.50s' has no attribute '%U'",
                     type->tp_name, name);
    }
    return NULL;
}

PyObject *
hob_type_getattro(PyObject *self, PyObject *name)
{
    return hob_type_getattr((PyTypeObject *)self, name, NULL);
}

/* An exact, interned str: names of a class are compared by address. */
static PyObject *
attribute_name(PyObject *name)
{
    if (!PyUnicode_Check(name)) {
        return hob_error_type("attribute name must be string, not '%.200s'", name);
    }
    PyObject *exact = PyUnicode_CheckExact(name) ? Py_NewRef(name) : PyUnicode_FromObject(name);
    if (exact) { PyUnicode_InternInPlace(&exact); }
    return exact;
}

static status
type_store(PyTypeObject *type, PyObject *name, PyObject *value)
{
    /* The old value lives until no cache can answer with it. */
    own PyObject *old = Py_XNewRef(PyDict_GetItemWithError(type->tp_dict, name));
    if (!old && PyErr_Occurred()) { return -1; }
    status done;
    if (value) {
        done = PyDict_SetItem(type->tp_dict, name, value);
    }
    else if (old) {
        done = PyDict_DelItem(type->tp_dict, name);
    }
    else {
        PyErr_Format(PyExc_AttributeError, "type object '%.100s' has no attribute '%U'",
                     type->tp_name, name);
        done = -1;
    }
    PyType_Modified(type);
    if (done == 0 && hob_name_is_dunder(name)) { done = hob_slots_update_name(type, name); }
    return done;
}

int
hob_type_setattro(PyObject *self, PyObject *given, PyObject *value)
{
    PyTypeObject *type = (PyTypeObject *)self;
    if (type->tp_flags & Py_TPFLAGS_IMMUTABLETYPE) {
        PyErr_Format(PyExc_TypeError, "cannot set %R attribute of immutable type '%s'", given,
                     type->tp_name);
        return -1;
    }
    own PyObject *name = attribute_name(given);
    if (!name) { return -1; }
    /* not ready yet: its maker puts names in before it says what the bases are */
    if (!type->tp_dict && !(type->tp_dict = PyDict_New())) { return -1; }

    PyObject *descr = hob_type_peek(Py_TYPE(type), name);
    descrsetfunc set = descr ? Py_TYPE(descr)->tp_descr_set : NULL;
    if (!set) { return type_store(type, name, value); }
    Py_INCREF(descr);
    status done = set(descr, self, value);
    Py_DECREF(descr);
    PyType_Modified(type);
    return done;
}

/* --- init, as a method of type --- */

static int
type_init(PyObject *self, PyObject *args, PyObject *kwargs)
{
    Py_ssize_t n = PyTuple_GET_SIZE(args);
    if (kwargs && n == 1 && PyDict_GET_SIZE(kwargs) != 0) {
        PyErr_SetString(PyExc_TypeError, "type.__init__() takes no keyword arguments");
        return -1;
    }
    if (n != 1 && n != 3) {
        PyErr_SetString(PyExc_TypeError, "type.__init__() takes 1 or 3 arguments");
        return -1;
    }
    return 0;
}

/* type(x) itself, without a tuple. */
static PyObject *
type_vectorcall(PyObject *self, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    if (PyVectorcall_NARGS(nargsf) == 1 && self == (PyObject *)&PyType_Type) {
        if (kwnames && PyTuple_GET_SIZE(kwnames)) {
            PyErr_SetString(PyExc_TypeError, "type() takes no keyword arguments");
            return NULL;
        }
        return Py_NewRef(Py_TYPE(args[0]));
    }
    return _PyObject_MakeTpCall(hob_ts(), self, args, PyVectorcall_NARGS(nargsf), kwnames);
}

/* --- life --- */

static int
type_is_gc(PyObject *self)
{
    return hob_type_is_heap((PyTypeObject *)self);
}

static int
type_traverse(PyObject *self, visitproc visit, void *arg)
{
    PyTypeObject *type = (PyTypeObject *)self;
    if (!hob_type_is_heap(type)) { return 0; }
    Py_VISIT(type->tp_dict);
    Py_VISIT(type->tp_cache);
    Py_VISIT(type->tp_mro);
    Py_VISIT(type->tp_bases);
    Py_VISIT(type->tp_base);
    Py_VISIT(((PyHeapTypeObject *)type)->ht_module);
    /* ht_name and its like are strings; tp_subclasses holds weak references */
    return 0;
}

/* Break the cycles a class is in: through its dict, its mro, its module. */
static int
type_clear(PyObject *self)
{
    PyTypeObject *type = (PyTypeObject *)self;
    PyHeapTypeObject *heap = (PyHeapTypeObject *)type;
    PyType_Modified(type);
    if (heap->ht_cached_keys) {
        hob_keys_decref(heap->ht_cached_keys);
        heap->ht_cached_keys = NULL;
    }
    if (type->tp_dict) { PyDict_Clear(type->tp_dict); }
    Py_CLEAR(heap->ht_module);
    Py_CLEAR(type->tp_mro);
    return 0;
}

static void
type_dealloc(PyObject *self)
{
    PyTypeObject *type = (PyTypeObject *)self;
    PyHeapTypeObject *heap = (PyHeapTypeObject *)type;
    EXPECT(hob_type_is_heap(type));
    PyObject_GC_UnTrack(self);
    PyType_Modified(type);
    if (type->tp_bases) {
        PyObject *exc, *value, *tb;
        PyErr_Fetch(&exc, &value, &tb);
        hob_subclasses_remove_from_bases(type, type->tp_bases);
        PyErr_Restore(exc, value, tb);
    }
    PyObject_ClearWeakRefs(self);
    Py_XDECREF(type->tp_base);
    Py_XDECREF(type->tp_dict);
    Py_XDECREF(type->tp_bases);
    Py_XDECREF(type->tp_mro);
    Py_XDECREF(type->tp_cache);
    Py_XDECREF(type->tp_subclasses);
    PyObject_Free((char *)type->tp_doc);
    Py_XDECREF(heap->ht_name);
    Py_XDECREF(heap->ht_qualname);
    Py_XDECREF(heap->ht_slots);
    if (heap->ht_cached_keys) { hob_keys_decref(heap->ht_cached_keys); }
    Py_XDECREF(heap->ht_module);
    PyMem_Free(heap->_ht_tpname);
    PyTypeObject *meta = Py_TYPE(type);
    meta->tp_free(self);
    if (hob_type_is_heap(meta) && meta->tp_dealloc == type_dealloc) { Py_DECREF(meta); }
}

/* --- the type --- */

static PyNumberMethods type_as_number = { .nb_or = hob_union_or };

PyDoc_STRVAR(type_doc,
"type(object) -> the object's type\n"
"type(name, bases, dict, **kwds) -> a new type");

PyTypeObject PyType_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "type",
    .tp_basicsize = sizeof(PyHeapTypeObject),
    .tp_itemsize = sizeof(PyMemberDef),
    .tp_dealloc = type_dealloc,
    .tp_vectorcall_offset = offsetof(PyTypeObject, tp_vectorcall),
    .tp_repr = type_repr,
    .tp_as_number = &type_as_number,
    .tp_call = hob_type_call,
    .tp_getattro = hob_type_getattro,
    .tp_setattro = hob_type_setattro,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE
              | Py_TPFLAGS_TYPE_SUBCLASS | Py_TPFLAGS_HAVE_VECTORCALL,
    .tp_doc = type_doc,
    .tp_traverse = type_traverse,
    .tp_clear = type_clear,
    .tp_weaklistoffset = offsetof(PyTypeObject, tp_weaklist),
    .tp_methods = hob_type_methods,
    .tp_members = hob_type_members,
    .tp_getset = hob_type_getset,
    .tp_dictoffset = offsetof(PyTypeObject, tp_dict),
    .tp_init = type_init,
    .tp_alloc = PyType_GenericAlloc,
    .tp_new = hob_type_new,
    .tp_free = PyObject_GC_Del,
    .tp_is_gc = type_is_gc,
    .tp_vectorcall = type_vectorcall,
};

/* --- public API --- */

unsigned long
PyType_GetFlags(PyTypeObject *type)
{
    return type->tp_flags;
}

PyObject *
PyType_GetName(PyTypeObject *type)
{
    return hob_type_name(type);
}

PyObject *
PyType_GetQualName(PyTypeObject *type)
{
    if (hob_type_is_heap(type)) {
        PyObject *qualname = ((PyHeapTypeObject *)type)->ht_qualname;
        if (qualname) { return Py_NewRef(qualname); }
    }
    return PyUnicode_FromString(_PyType_Name(type));
}

const char *
_PyType_Name(PyTypeObject *type)
{
    const char *dot = strrchr(type->tp_name, '.');
    return dot ? dot + 1 : type->tp_name;
}

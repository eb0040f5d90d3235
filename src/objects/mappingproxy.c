/* mappingproxy.c -- a read-only window on a mapping; what cls.__dict__ gives. */
#include "memory/own.h"
#include "objects/call.h"
#include "objects/ids.h"
#include "objects/object.h"

typedef struct proxy_object {
    PyObject_HEAD
    PyObject *mapping;
} proxy_object;

#define MAPPING(op) (((proxy_object *)(op))->mapping)

/* --- slots: ask the mapping --- */

static Py_ssize_t
proxy_len(PyObject *self)
{
    return hob_c_stack_has_room() ? PyObject_Size(MAPPING(self)) : -1;
}

static PyObject *
proxy_getitem(PyObject *self, PyObject *key)
{
    return hob_c_stack_has_room() ? PyObject_GetItem(MAPPING(self), key) : NULL;
}

static int
proxy_contains(PyObject *self, PyObject *key)
{
    PyObject *mapping = MAPPING(self);
    if (!hob_c_stack_has_room()) { return -1; }
    return PyDict_CheckExact(mapping) ? PyDict_Contains(mapping, key)
                                      : PySequence_Contains(mapping, key);
}

static inline PyObject *
unwrap(PyObject *op)
{
    return PyObject_TypeCheck(op, &PyDictProxy_Type) ? MAPPING(op) : op;
}

static PyObject *
proxy_or(PyObject *left, PyObject *right)
{
    return hob_c_stack_has_room() ? PyNumber_Or(unwrap(left), unwrap(right)) : NULL;
}

static PyObject *
proxy_ior(PyObject *self, PyObject *other)
{
    return hob_error_type("'|=' is not supported by %s; use '|' instead", self);
}

static PyObject *
proxy_iter(PyObject *self)
{
    return hob_c_stack_has_room() ? PyObject_GetIter(MAPPING(self)) : NULL;
}

static PyObject *
proxy_str(PyObject *self)
{
    return PyObject_Str(MAPPING(self));
}

static PyObject *
proxy_repr(PyObject *self)
{
    return PyUnicode_FromFormat("mappingproxy(%R)", MAPPING(self));
}

static PyObject *
proxy_richcompare(PyObject *self, PyObject *other, int op)
{
    return PyObject_RichCompare(MAPPING(self), other, op);
}

static int
proxy_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(MAPPING(self));
    return 0;
}

static void
proxy_dealloc(PyObject *self)
{
    PyObject_GC_UnTrack(self);
    Py_DECREF(MAPPING(self));
    PyObject_GC_Del(self);
}

/* --- methods --- */

/** mappingproxy.get($self, key, default=None, /)
 *
 *  Return the value for key if key is in the mapping, else default.
 */
static PyObject *
proxy_get(PyObject *self, PyObject *key, PyObject *default_)
{
    PyObject *args[] = {MAPPING(self), key, default_};
    return hob_call_method(ID(get), args, 3);
}

/** mappingproxy.keys($self, /)
 *
 *  A set-like object providing a view on the mapping's keys.
 */
static PyObject *
proxy_keys(PyObject *self)
{
    return PyObject_CallMethodNoArgs(MAPPING(self), ID(keys));
}

/** mappingproxy.values($self, /)
 *
 *  An object providing a view on the mapping's values.
 */
static PyObject *
proxy_values(PyObject *self)
{
    return PyObject_CallMethodNoArgs(MAPPING(self), ID(values));
}

/** mappingproxy.items($self, /)
 *
 *  A set-like object providing a view on the mapping's items.
 */
static PyObject *
proxy_items(PyObject *self)
{
    return PyObject_CallMethodNoArgs(MAPPING(self), ID(items));
}

/** mappingproxy.copy($self, /)
 *
 *  A shallow copy of the mapping.
 */
static PyObject *
proxy_copy(PyObject *self)
{
    return PyObject_CallMethodNoArgs(MAPPING(self), ID(copy));
}

/** mappingproxy.__class_getitem__($type, item, /)
 *
 *  See PEP 585.
 */
static PyObject *
proxy_class_getitem(PyObject *type, PyObject *item)
{
    return Py_GenericAlias(type, item);
}

/** mappingproxy.__reversed__($self, /)
 *
 *  A reverse iterator over the mapping's keys.
 */
static PyObject *
proxy_reversed(PyObject *self)
{
    return PyObject_CallMethodNoArgs(MAPPING(self), ID(__reversed__));
}

static bool
check_mapping(PyObject *mapping)
{
    if (PyMapping_Check(mapping) && !PyList_Check(mapping) && !PyTuple_Check(mapping)) {
        return true;
    }
    hob_error_type("mappingproxy() argument must be a mapping, not %s", mapping);
    return false;
}

static PyObject *
proxy_make(PyObject *mapping)
{
    proxy_object *proxy = PyObject_GC_New(proxy_object, &PyDictProxy_Type);
    if (!proxy) { return NULL; }
    proxy->mapping = Py_NewRef(mapping);
    PyObject_GC_Track(proxy);
    return (PyObject *)proxy;
}

/** mappingproxy.__new__($type, mapping) */
static PyObject *
proxy_new(PyTypeObject *type, PyObject *mapping)
{
    return check_mapping(mapping) ? proxy_make(mapping) : NULL;
}

#include "gen/objects/mappingproxy.bind.h"

static PyNumberMethods proxy_as_number = { .nb_or = proxy_or, .nb_inplace_or = proxy_ior };
static PyMappingMethods proxy_as_mapping = { proxy_len, proxy_getitem, NULL };
static PySequenceMethods proxy_as_sequence = { .sq_contains = proxy_contains };

PyTypeObject PyDictProxy_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "mappingproxy",
    .tp_basicsize = sizeof(proxy_object),
    .tp_dealloc = proxy_dealloc,
    .tp_repr = proxy_repr,
    .tp_as_number = &proxy_as_number,
    .tp_as_sequence = &proxy_as_sequence,
    .tp_as_mapping = &proxy_as_mapping,
    .tp_str = proxy_str,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_MAPPING,
    .tp_traverse = proxy_traverse,
    .tp_richcompare = proxy_richcompare,
    .tp_iter = proxy_iter,
    .tp_methods = mappingproxy_methods,
    .tp_new = proxy_new__slot,
};

PyObject *
PyDictProxy_New(PyObject *mapping)
{
    return check_mapping(mapping) ? proxy_make(mapping) : NULL;
}

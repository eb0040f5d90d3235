/* weakref.c -- weak references and proxies.
 *
 * Layout     An object that can be referred to weakly holds (tp_weaklistoffset)
 *            the head of a list of all its references:
 *
 *              [ plain ref ]? -> [ plain proxy ]? -> others, newest first
 *
 *            "Plain" has no callback and is of the exact type; there is one of
 *            each at most, and it is shared by all who ask for one.
 * Holds      wr_object is borrowed, and None once the object is gone.  A
 *            reference is on its object's list <=> wr_object is not None.
 * Hazard     Making a reference may run the collector, which may kill others of
 *            the same list or make the plain one: read the list after it.
 *            Callbacks run anything; all references to the dying object are
 *            cleared before the first of them is called.
 * Next       memory/gc.c (handle_weakrefs); Lib/weakref.py
 */
#include <Python.h>
#include <structmember.h>

#include "base/c.h"
#include "memory/gc.h"
#include "memory/own.h"
#include "objects/ids.h"
#include "state/c_stack.h"

static inline PyWeakReference **
list_of(PyObject *op)
{
    return (PyWeakReference **)((char *)op + Py_TYPE(op)->tp_weaklistoffset);
}

PyObject **
PyObject_GET_WEAKREFS_LISTPTR(PyObject *op)
{
    return (PyObject **)list_of(op);
}

/* --- the list --- */

typedef struct {
    PyWeakReference *ref, *proxy;               /* borrowed or NULL */
} plain_refs;

static inline bool
is_plain_proxy(PyWeakReference *self)
{
    return self && !self->wr_callback && PyWeakref_CheckProxy(self);
}

static plain_refs
find_plain(PyWeakReference *head)
{
    plain_refs found = {NULL, NULL};
    if (head && !head->wr_callback && PyWeakref_CheckRefExact(head)) {
        found.ref = head;
        head = head->wr_next;
    }
    if (is_plain_proxy(head)) { found.proxy = head; }
    return found;
}

/* Link self behind `before`, or first in the list. */
static void
link_ref(PyWeakReference *self, PyWeakReference *before, PyWeakReference **list)
{
    self->wr_prev = before;
    self->wr_next = before ? before->wr_next : *list;
    if (self->wr_next) { self->wr_next->wr_prev = self; }
    if (before) { before->wr_next = self; }
    else        { *list = self; }
}

/* The object is as good as gone for this reference; the callback stays. */
static void
unlink_ref(PyWeakReference *self)
{
    if (self->wr_object == Py_None) { return; }
    PyWeakReference **list = list_of(self->wr_object);
    if (*list == self) { *list = self->wr_next; }
    self->wr_object = Py_None;
    if (self->wr_prev) { self->wr_prev->wr_next = self->wr_next; }
    if (self->wr_next) { self->wr_next->wr_prev = self->wr_prev; }
    self->wr_prev = self->wr_next = NULL;
}

void
_PyWeakref_ClearRef(PyWeakReference *self)
{
    unlink_ref(self);
}

Py_ssize_t
_PyWeakref_GetWeakrefCount(PyWeakReference *head)
{
    Py_ssize_t n = 0;
    for (; head; head = head->wr_next) { n++; }
    return n;
}

static PyObject *ref_vectorcall(PyObject *self, PyObject *const *args, size_t nargsf,
                                PyObject *kwnames);

static void
set_up(PyWeakReference *self, PyObject *object, PyObject *callback)
{
    self->hash = -1;
    self->wr_object = object;
    self->wr_prev = self->wr_next = NULL;
    self->wr_callback = Py_XNewRef(callback);
    self->vectorcall = ref_vectorcall;
}

static PyWeakReference *
ref_make(PyTypeObject *type, PyObject *object, PyObject *callback)
{
    PyWeakReference *self = PyObject_GC_New(PyWeakReference, type);
    if (!self) { return NULL; }
    set_up(self, object, callback);
    hob_gc_track(self);
    return self;
}

/* --- weakref.ref --- */

static int
ref_traverse(PyWeakReference *self, visitproc visit, void *arg)
{
    Py_VISIT(self->wr_callback);
    return 0;
}

static int
ref_clear(PyWeakReference *self)
{
    unlink_ref(self);
    Py_CLEAR(self->wr_callback);
    return 0;
}

static void
ref_dealloc(PyObject *self)
{
    PyObject_GC_UnTrack(self);
    ref_clear((PyWeakReference *)self);
    Py_TYPE(self)->tp_free(self);
}

static PyObject *
ref_vectorcall(PyObject *self, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    if (kwnames && !_PyArg_NoKwnames("weakref", kwnames)) { return NULL; }
    if (!_PyArg_CheckPositional("weakref", PyVectorcall_NARGS(nargsf), 0, 0)) { return NULL; }
    return Py_NewRef(PyWeakref_GET_OBJECT(self));
}

static Py_hash_t
ref_hash(PyWeakReference *self)
{
    if (self->hash != -1) { return self->hash; }
    own PyObject *object = Py_NewRef(PyWeakref_GET_OBJECT((PyObject *)self));
    if (object == Py_None) {
        PyErr_SetString(PyExc_TypeError, "weak object has gone away");
        return -1;
    }
    self->hash = PyObject_Hash(object);
    return self->hash;
}

static PyObject *
ref_repr(PyWeakReference *self)
{
    own PyObject *object = Py_NewRef(PyWeakref_GET_OBJECT((PyObject *)self));
    if (object == Py_None) { return PyUnicode_FromFormat("<weakref at %p; dead>", self); }
    PyObject *found;
    if (_PyObject_LookupAttr(object, ID(__name__), &found) < 0) { return NULL; }
    own PyObject *name = found;
    if (!name || !PyUnicode_Check(name)) {
        return PyUnicode_FromFormat("<weakref at %p; to '%s' at %p>", self,
                                    Py_TYPE(object)->tp_name, object);
    }
    return PyUnicode_FromFormat("<weakref at %p; to '%s' at %p (%U)>", self,
                                Py_TYPE(object)->tp_name, object, name);
}

/* Living references compare by their objects, dead ones by identity. */
static PyObject *
ref_richcompare(PyObject *self, PyObject *other, int op)
{
    if ((op != Py_EQ && op != Py_NE) || !PyWeakref_Check(self) || !PyWeakref_Check(other)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    own PyObject *left = Py_NewRef(PyWeakref_GET_OBJECT(self));
    own PyObject *right = Py_NewRef(PyWeakref_GET_OBJECT(other));
    if (left == Py_None || right == Py_None) {
        return PyBool_FromLong((self == other) == (op == Py_EQ));
    }
    return PyObject_RichCompare(left, right, op);
}

static PyObject *
refuse(PyObject *object)
{
    PyErr_Format(PyExc_TypeError, "cannot create weak reference to '%s' object",
                 Py_TYPE(object)->tp_name);
    return NULL;
}

static PyObject *
ref_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *object, *callback = NULL;
    if (!PyArg_UnpackTuple(args, "__new__", 1, 2, &object, &callback)) { return NULL; }
    if (!PyType_SUPPORTS_WEAKREFS(Py_TYPE(object))) { return refuse(object); }
    if (callback == Py_None) { callback = NULL; }
    PyWeakReference **list = list_of(object);
    if (!callback && type == &_PyWeakref_RefType) {
        PyWeakReference *shared = find_plain(*list).ref;
        if (shared) { return Py_NewRef(shared); }
    }
    PyWeakReference *self = (PyWeakReference *)type->tp_alloc(type, 0);
    if (!self) { return NULL; }
    set_up(self, object, callback);
    plain_refs plain = find_plain(*list);
    if (!callback && type == &_PyWeakref_RefType) { link_ref(self, NULL, list); }
    else { link_ref(self, plain.proxy ? plain.proxy : plain.ref, list); }
    return (PyObject *)self;
}

static int
ref_init(PyObject *self, PyObject *args, PyObject *kwargs)
{
    PyObject *object, *callback;
    if (!_PyArg_NoKeywords("ref", kwargs)) { return -1; }
    return PyArg_UnpackTuple(args, "__init__", 1, 2, &object, &callback) ? 0 : -1;
}

static PyMemberDef ref_members[] = {
    {"__callback__", T_OBJECT, offsetof(PyWeakReference, wr_callback), READONLY, NULL},
    {NULL},
};

static PyMethodDef ref_methods[] = {
    {"__class_getitem__", Py_GenericAlias, METH_O | METH_CLASS, "See PEP 585"},
    {NULL},
};

PyTypeObject _PyWeakref_RefType = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "weakref.ReferenceType",
    .tp_basicsize = sizeof(PyWeakReference),
    .tp_dealloc = ref_dealloc,
    .tp_vectorcall_offset = offsetof(PyWeakReference, vectorcall),
    .tp_call = PyVectorcall_Call,
    .tp_repr = (reprfunc)ref_repr,
    .tp_hash = (hashfunc)ref_hash,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_setattro = PyObject_GenericSetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL
                | Py_TPFLAGS_BASETYPE,
    .tp_traverse = (traverseproc)ref_traverse,
    .tp_clear = (inquiry)ref_clear,
    .tp_richcompare = ref_richcompare,
    .tp_methods = ref_methods,
    .tp_members = ref_members,
    .tp_init = ref_init,
    .tp_alloc = PyType_GenericAlloc,
    .tp_new = ref_new,
    .tp_free = PyObject_GC_Del,
};

/* --- proxies: every operation is done on the object itself --- */

/* The object behind a proxy, new; op itself when it is no proxy.  NULL with
 * ReferenceError when it has gone. */
static PyObject *
unwrap(PyObject *op)
{
    if (!op || !PyWeakref_CheckProxy(op)) { return Py_XNewRef(op); }
    if (!hob_c_stack_has_room()) { return NULL; }
    PyObject *object = PyWeakref_GET_OBJECT(op);
    if (object == Py_None) {
        PyErr_SetString(PyExc_ReferenceError, "weakly-referenced object no longer exists");
        return NULL;
    }
    return Py_NewRef(object);
}

#define UNWRAP(name, proxy, failed)                                     \
    own PyObject *name = unwrap(proxy);                                 \
    if (!name) { return failed; }

#define PROXY_UNARY(method, call)                                       \
    static PyObject *                                                   \
    method(PyObject *self)                                              \
    {                                                                   \
        UNWRAP(x, self, NULL)                                           \
        return call(x);                                                 \
    }

#define PROXY_BINARY(method, call)                                      \
    static PyObject *                                                   \
    method(PyObject *left, PyObject *right)                             \
    {                                                                   \
        UNWRAP(x, left, NULL)                                           \
        UNWRAP(y, right, NULL)                                          \
        return call(x, y);                                              \
    }

#define PROXY_TERNARY(method, call)                                     \
    static PyObject *                                                   \
    method(PyObject *first, PyObject *second, PyObject *third)          \
    {                                                                   \
        UNWRAP(x, first, NULL)                                          \
        UNWRAP(y, second, NULL)                                         \
        if (!third) { return call(x, y, NULL); }                        \
        UNWRAP(z, third, NULL)                                          \
        return call(x, y, z);                                           \
    }

PROXY_BINARY(proxy_getattr, PyObject_GetAttr)
PROXY_UNARY(proxy_str, PyObject_Str)
PROXY_TERNARY(proxy_call, PyObject_Call)
PROXY_BINARY(proxy_add, PyNumber_Add)
PROXY_BINARY(proxy_sub, PyNumber_Subtract)
PROXY_BINARY(proxy_mul, PyNumber_Multiply)
PROXY_BINARY(proxy_floor_div, PyNumber_FloorDivide)
PROXY_BINARY(proxy_true_div, PyNumber_TrueDivide)
PROXY_BINARY(proxy_mod, PyNumber_Remainder)
PROXY_BINARY(proxy_divmod, PyNumber_Divmod)
PROXY_TERNARY(proxy_pow, PyNumber_Power)
PROXY_UNARY(proxy_neg, PyNumber_Negative)
PROXY_UNARY(proxy_pos, PyNumber_Positive)
PROXY_UNARY(proxy_abs, PyNumber_Absolute)
PROXY_UNARY(proxy_invert, PyNumber_Invert)
PROXY_BINARY(proxy_lshift, PyNumber_Lshift)
PROXY_BINARY(proxy_rshift, PyNumber_Rshift)
PROXY_BINARY(proxy_and, PyNumber_And)
PROXY_BINARY(proxy_xor, PyNumber_Xor)
PROXY_BINARY(proxy_or, PyNumber_Or)
PROXY_BINARY(proxy_matmul, PyNumber_MatrixMultiply)
PROXY_UNARY(proxy_int, PyNumber_Long)
PROXY_UNARY(proxy_float, PyNumber_Float)
PROXY_UNARY(proxy_index, PyNumber_Index)
PROXY_BINARY(proxy_iadd, PyNumber_InPlaceAdd)
PROXY_BINARY(proxy_isub, PyNumber_InPlaceSubtract)
PROXY_BINARY(proxy_imul, PyNumber_InPlaceMultiply)
PROXY_BINARY(proxy_ifloor_div, PyNumber_InPlaceFloorDivide)
PROXY_BINARY(proxy_itrue_div, PyNumber_InPlaceTrueDivide)
PROXY_BINARY(proxy_imod, PyNumber_InPlaceRemainder)
PROXY_TERNARY(proxy_ipow, PyNumber_InPlacePower)
PROXY_BINARY(proxy_ilshift, PyNumber_InPlaceLshift)
PROXY_BINARY(proxy_irshift, PyNumber_InPlaceRshift)
PROXY_BINARY(proxy_iand, PyNumber_InPlaceAnd)
PROXY_BINARY(proxy_ixor, PyNumber_InPlaceXor)
PROXY_BINARY(proxy_ior, PyNumber_InPlaceOr)
PROXY_BINARY(proxy_imatmul, PyNumber_InPlaceMatrixMultiply)
PROXY_BINARY(proxy_getitem, PyObject_GetItem)
PROXY_UNARY(proxy_iter, PyObject_GetIter)

static PyObject *
proxy_call_method(PyObject *self, const char *name)
{
    UNWRAP(x, self, NULL)
    return PyObject_CallMethod(x, name, NULL);
}

static PyObject *
proxy_bytes(PyObject *self, PyObject *unused)
{
    return proxy_call_method(self, "__bytes__");
}

static PyObject *
proxy_reversed(PyObject *self, PyObject *unused)
{
    return proxy_call_method(self, "__reversed__");
}

static PyObject *
proxy_repr(PyWeakReference *self)
{
    PyObject *object = PyWeakref_GET_OBJECT((PyObject *)self);
    return PyUnicode_FromFormat("<weakproxy at %p to %s at %p>", self, Py_TYPE(object)->tp_name,
                                object);
}

static int
proxy_setattr(PyObject *self, PyObject *name, PyObject *value)
{
    UNWRAP(x, self, -1)
    return PyObject_SetAttr(x, name, value);
}

static PyObject *
proxy_richcompare(PyObject *left, PyObject *right, int op)
{
    UNWRAP(x, left, NULL)
    UNWRAP(y, right, NULL)
    return PyObject_RichCompare(x, y, op);
}

static int
proxy_bool(PyObject *self)
{
    UNWRAP(x, self, -1)
    return PyObject_IsTrue(x);
}

static int
proxy_contains(PyObject *self, PyObject *value)
{
    UNWRAP(x, self, -1)
    return PySequence_Contains(x, value);
}

static Py_ssize_t
proxy_length(PyObject *self)
{
    UNWRAP(x, self, -1)
    return PyObject_Length(x);
}

static int
proxy_setitem(PyObject *self, PyObject *key, PyObject *value)
{
    UNWRAP(x, self, -1)
    return value ? PyObject_SetItem(x, key, value) : PyObject_DelItem(x, key);
}

static PyObject *
proxy_iternext(PyObject *self)
{
    UNWRAP(x, self, NULL)
    if (!PyIter_Check(x)) {
        PyErr_Format(PyExc_TypeError, "Weakref proxy referenced a non-iterator '%.200s' object",
                     Py_TYPE(x)->tp_name);
        return NULL;
    }
    return PyIter_Next(x);
}

static void
proxy_dealloc(PyWeakReference *self)
{
    PyObject_GC_UnTrack(self);
    ref_clear(self);
    PyObject_GC_Del(self);
}

static PyMethodDef proxy_methods[] = {
    {"__bytes__", proxy_bytes, METH_NOARGS, NULL},
    {"__reversed__", proxy_reversed, METH_NOARGS, NULL},
    {NULL},
};

static PyNumberMethods proxy_as_number = {
    .nb_add = proxy_add, .nb_subtract = proxy_sub, .nb_multiply = proxy_mul,
    .nb_remainder = proxy_mod, .nb_divmod = proxy_divmod, .nb_power = proxy_pow,
    .nb_negative = proxy_neg, .nb_positive = proxy_pos, .nb_absolute = proxy_abs,
    .nb_bool = proxy_bool, .nb_invert = proxy_invert,
    .nb_lshift = proxy_lshift, .nb_rshift = proxy_rshift,
    .nb_and = proxy_and, .nb_xor = proxy_xor, .nb_or = proxy_or,
    .nb_int = proxy_int, .nb_float = proxy_float,
    .nb_inplace_add = proxy_iadd, .nb_inplace_subtract = proxy_isub,
    .nb_inplace_multiply = proxy_imul, .nb_inplace_remainder = proxy_imod,
    .nb_inplace_power = proxy_ipow,
    .nb_inplace_lshift = proxy_ilshift, .nb_inplace_rshift = proxy_irshift,
    .nb_inplace_and = proxy_iand, .nb_inplace_xor = proxy_ixor, .nb_inplace_or = proxy_ior,
    .nb_floor_divide = proxy_floor_div, .nb_true_divide = proxy_true_div,
    .nb_inplace_floor_divide = proxy_ifloor_div, .nb_inplace_true_divide = proxy_itrue_div,
    .nb_index = proxy_index,
    .nb_matrix_multiply = proxy_matmul, .nb_inplace_matrix_multiply = proxy_imatmul,
};

static PySequenceMethods proxy_as_sequence = {
    .sq_length = proxy_length,
    .sq_contains = proxy_contains,
};

static PyMappingMethods proxy_as_mapping = {
    .mp_length = proxy_length,
    .mp_subscript = proxy_getitem,
    .mp_ass_subscript = proxy_setitem,
};

#define PROXY_SLOTS                                                     \
    .tp_basicsize = sizeof(PyWeakReference),                            \
    .tp_dealloc = (destructor)proxy_dealloc,                            \
    .tp_repr = (reprfunc)proxy_repr,                                    \
    .tp_as_number = &proxy_as_number,                                   \
    .tp_as_sequence = &proxy_as_sequence,                               \
    .tp_as_mapping = &proxy_as_mapping,                                 \
    .tp_hash = PyObject_HashNotImplemented,                             \
    .tp_str = proxy_str,                                                \
    .tp_getattro = proxy_getattr,                                       \
    .tp_setattro = proxy_setattr,                                       \
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC                 \
                | Py_TPFLAGS_DISALLOW_INSTANTIATION,                    \
    .tp_traverse = (traverseproc)ref_traverse,                          \
    .tp_clear = (inquiry)ref_clear,                                     \
    .tp_richcompare = proxy_richcompare,                                \
    .tp_iter = proxy_iter,                                              \
    .tp_iternext = proxy_iternext

PyTypeObject _PyWeakref_ProxyType = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "weakref.ProxyType",
    PROXY_SLOTS,
    .tp_methods = proxy_methods,
};

PyTypeObject _PyWeakref_CallableProxyType = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "weakref.CallableProxyType",
    PROXY_SLOTS,
    .tp_call = proxy_call,
};

/* --- public API --- */

PyObject *
PyWeakref_NewRef(PyObject *object, PyObject *callback)
{
    if (!PyType_SUPPORTS_WEAKREFS(Py_TYPE(object))) { return refuse(object); }
    if (callback == Py_None) { callback = NULL; }
    PyWeakReference **list = list_of(object);
    plain_refs plain = find_plain(*list);
    if (!callback && plain.ref) { return Py_NewRef(plain.ref); }
    PyWeakReference *self = ref_make(&_PyWeakref_RefType, object, callback);
    if (!self) { return NULL; }
    plain = find_plain(*list);
    if (callback) {
        link_ref(self, plain.proxy ? plain.proxy : plain.ref, list);
        return (PyObject *)self;
    }
    if (plain.ref) {                            /* the collector's code made one meanwhile */
        self->wr_object = Py_None;
        Py_DECREF(self);
        return Py_NewRef(plain.ref);
    }
    link_ref(self, NULL, list);
    return (PyObject *)self;
}

PyObject *
PyWeakref_NewProxy(PyObject *object, PyObject *callback)
{
    if (!PyType_SUPPORTS_WEAKREFS(Py_TYPE(object))) { return refuse(object); }
    if (callback == Py_None) { callback = NULL; }
    PyWeakReference **list = list_of(object);
    plain_refs plain = find_plain(*list);
    if (!callback && plain.proxy) { return Py_NewRef(plain.proxy); }
    PyTypeObject *type = PyCallable_Check(object) ? &_PyWeakref_CallableProxyType
                                                  : &_PyWeakref_ProxyType;
    PyWeakReference *self = ref_make(type, object, callback);
    if (!self) { return NULL; }
    plain = find_plain(*list);
    if (callback) {
        link_ref(self, plain.proxy ? plain.proxy : plain.ref, list);
        return (PyObject *)self;
    }
    if (plain.proxy) {
        self->wr_object = Py_None;
        Py_DECREF(self);
        return Py_NewRef(plain.proxy);
    }
    link_ref(self, plain.ref, list);
    return (PyObject *)self;
}

PyObject *
PyWeakref_GetObject(PyObject *ref)
{
    if (!ref || !PyWeakref_Check(ref)) {
        PyErr_BadInternalCall();
        return NULL;
    }
    return PyWeakref_GET_OBJECT(ref);
}

/* Clear all references in the list.  Those that live and have a callback come
 * back as a chain through wr_next, owned, each with its callback in wr_prev. */
static PyWeakReference *
clear_list(PyWeakReference **list)
{
    PyWeakReference *chain = NULL, **last = &chain;
    while (*list) {
        PyWeakReference *ref = *list;
        unlink_ref(ref);
        PyObject *callback = ref->wr_callback;
        if (!callback) { continue; }
        ref->wr_callback = NULL;
        if (Py_REFCNT(ref) == 0) {              /* being deallocated itself */
            Py_DECREF(callback);
            continue;
        }
        ref->wr_prev = (PyWeakReference *)callback;
        *last = (PyWeakReference *)Py_NewRef(ref);
        last = &ref->wr_next;
    }
    return chain;
}

/* object is being deallocated: no reference to it may stay. */
void
PyObject_ClearWeakRefs(PyObject *object)
{
    if (!object || !PyType_SUPPORTS_WEAKREFS(Py_TYPE(object)) || Py_REFCNT(object) != 0) {
        PyErr_BadInternalCall();
        return;
    }
    PyWeakReference **list = list_of(object);
    if (!*list) { return; }
    PyWeakReference *ref = clear_list(list);
    if (!ref) { return; }

    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    while (ref) {
        PyWeakReference *after = ref->wr_next;
        PyObject *callback = (PyObject *)ref->wr_prev;
        ref->wr_next = ref->wr_prev = NULL;
        PyObject *result = PyObject_CallOneArg(callback, (PyObject *)ref);
        if (result) { Py_DECREF(result); }
        else        { PyErr_WriteUnraisable(callback); }
        Py_DECREF(callback);
        Py_DECREF(ref);
        ref = after;
    }
    PyErr_Restore(type, value, traceback);
}

/* slots_py.c -- from Python to C slots: what stands in a slot of a class that
 * defines the special method in Python.
 *
 * Each function looks the method up on the type of self (one cache probe) and
 * calls it, without a bound method where the method is a plain function.
 *
 * Holds      a binary operator asks the right operand first when its type is a
 *            subclass that overrides the reflected method.
 * Hazard     the names that ID() interns are found by the build in this file's
 *            text, so the tables of slots_py.h are listed again below.
 * Next       slots_update.c (when these are put into a slot)
 */
#include "objects/type/slots_py.h"

/* The names of slots_py.h's tables: ID(__add__) ID(__radd__) ID(__sub__) ID(__rsub__)
 * ID(__mul__) ID(__rmul__) ID(__mod__) ID(__rmod__) ID(__divmod__) ID(__rdivmod__)
 * ID(__lshift__) ID(__rlshift__) ID(__rshift__) ID(__rrshift__) ID(__and__) ID(__rand__)
 * ID(__xor__) ID(__rxor__) ID(__or__) ID(__ror__) ID(__floordiv__) ID(__rfloordiv__)
 * ID(__truediv__) ID(__rtruediv__) ID(__matmul__) ID(__rmatmul__) ID(__iadd__)
 * ID(__isub__) ID(__imul__) ID(__imod__) ID(__ilshift__) ID(__irshift__) ID(__iand__)
 * ID(__ixor__) ID(__ior__) ID(__ifloordiv__) ID(__itruediv__) ID(__imatmul__)
 * ID(__neg__) ID(__pos__) ID(__abs__) ID(__invert__) ID(__int__) ID(__float__)
 * ID(__index__) */

/* --- calling --- */

/* self.name(*args) for a name the class must have: AttributeError otherwise. */
static PyObject *
call(PyObject *name, PyObject *const *args, Py_ssize_t nargs)
{
    bool missing;
    PyObject *result = hob_special_call(name, args, nargs, &missing);
    if (missing) { PyErr_SetObject(PyExc_AttributeError, name); }
    return result;
}

static inline PyObject *
call1(PyObject *name, PyObject *self)
{
    PyObject *args[] = {self};
    return call(name, args, 1);
}

static inline PyObject *
call2(PyObject *name, PyObject *self, PyObject *a)
{
    PyObject *args[] = {self, a};
    return call(name, args, 2);
}

static inline PyObject *
call3(PyObject *name, PyObject *self, PyObject *a, PyObject *b)
{
    PyObject *args[] = {self, a, b};
    return call(name, args, 3);
}

/* The same; NotImplemented when the class has no such name. */
static PyObject *
call_maybe(PyObject *name, PyObject *const *args, Py_ssize_t nargs)
{
    bool missing;
    PyObject *result = hob_special_call(name, args, nargs, &missing);
    return missing ? Py_NewRef(Py_NotImplemented) : result;
}

static int
drop_result(PyObject *result)
{
    if (!result) { return -1; }
    Py_DECREF(result);
    return 0;
}

/* --- numbers --- */

/* Does the type of right give name another meaning than the type of left? */
static tri
is_overridden(PyObject *left, PyObject *right, PyObject *name)
{
    PyObject *a, *b;
    if (_PyObject_LookupAttr((PyObject *)Py_TYPE(right), name, &b) < 0) { return -1; }
    if (!b) { return 0; }
    if (_PyObject_LookupAttr((PyObject *)Py_TYPE(left), name, &a) < 0) {
        Py_DECREF(b);
        return -1;
    }
    tri differs = a ? PyObject_RichCompareBool(a, b, Py_NE) : 1;
    Py_XDECREF(a);
    Py_DECREF(b);
    return differs;
}

static inline bool
has_number_slot(PyTypeObject *type, size_t offset, void *function)
{
    return type->tp_as_number && *(void **)((char *)type->tp_as_number + offset) == function;
}

static PyObject *
binary(PyObject *left, PyObject *right, size_t offset, void *function, PyObject *name,
       PyObject *reflected)
{
    PyTypeObject *tl = Py_TYPE(left), *tr = Py_TYPE(right);
    bool try_right = tl != tr && has_number_slot(tr, offset, function);
    if (has_number_slot(tl, offset, function)) {
        if (try_right && PyType_IsSubtype(tr, tl)) {
            tri overridden = is_overridden(left, right, reflected);
            if (overridden < 0) { return NULL; }
            if (overridden) {
                PyObject *result = call_maybe(reflected, (PyObject *[]){right, left}, 2);
                if (result != Py_NotImplemented) { return result; }
                Py_DECREF(result);
                try_right = false;
            }
        }
        PyObject *result = call_maybe(name, (PyObject *[]){left, right}, 2);
        if (result != Py_NotImplemented || Py_TYPE(right) == Py_TYPE(left)) { return result; }
        Py_DECREF(result);
    }
    if (try_right) { return call_maybe(reflected, (PyObject *[]){right, left}, 2); }
    return Py_NewRef(Py_NotImplemented);
}

#define X(slot, name, reflected)                                                        \
    PyObject *                                                                          \
    slot_##slot(PyObject *left, PyObject *right)                                        \
    {                                                                                   \
        return binary(left, right, offsetof(PyNumberMethods, slot), (void *)slot_##slot, \
                      ID(name), ID(reflected));                                         \
    }
SLOTS_BINARY(X)
#undef X

#define X(slot, name)                                   \
    PyObject *                                          \
    slot_##slot(PyObject *self, PyObject *other)        \
    {                                                   \
        return call2(ID(name), self, other);            \
    }
SLOTS_INPLACE(X)
#undef X

#define X(slot, name)                                   \
    PyObject *                                          \
    slot_##slot(PyObject *self)                         \
    {                                                   \
        return call1(ID(name), self);                   \
    }
SLOTS_UNARY(X)
#undef X

PyObject *
slot_nb_power(PyObject *self, PyObject *other, PyObject *third)
{
    if (third == Py_None) {
        return binary(self, other, offsetof(PyNumberMethods, nb_power), (void *)slot_nb_power,
                      ID(__pow__), ID(__rpow__));
    }
    /* three-argument pow() has no reflected form */
    if (has_number_slot(Py_TYPE(self), offsetof(PyNumberMethods, nb_power),
                        (void *)slot_nb_power)) {
        return call3(ID(__pow__), self, other, third);
    }
    return Py_NewRef(Py_NotImplemented);
}

PyObject *
slot_nb_inplace_power(PyObject *self, PyObject *other, PyObject *third)
{
    return call2(ID(__ipow__), self, other);
}

int
slot_nb_bool(PyObject *self)
{
    bool missing, by_length = false;
    PyObject *args[] = {self};
    PyObject *result = hob_special_call(ID(__bool__), args, 1, &missing);
    if (missing) {
        by_length = true;
        result = hob_special_call(ID(__len__), args, 1, &missing);
        if (missing) { return 1; }
    }
    if (!result) { return -1; }
    int truth;
    if (by_length) {
        truth = PyObject_IsTrue(result);        /* what it is worth, not how it counts */
    }
    else if (PyBool_Check(result)) {
        truth = result == Py_True;
    }
    else {
        PyErr_Format(PyExc_TypeError, "__bool__ should return bool, returned %s",
                     Py_TYPE(result)->tp_name);
        truth = -1;
    }
    Py_DECREF(result);
    return truth;
}

/* --- containers --- */

Py_ssize_t
slot_length(PyObject *self)
{
    own PyObject *result = call1(ID(__len__), self);
    if (!result) { return -1; }
    own PyObject *index = PyNumber_Index(result);
    if (!index) { return -1; }
    if (Py_SIZE(index) < 0) {
        PyErr_SetString(PyExc_ValueError, "__len__() should return >= 0");
        return -1;
    }
    return PyNumber_AsSsize_t(index, PyExc_OverflowError);
}

PyObject *
slot_mp_subscript(PyObject *self, PyObject *key)
{
    return call2(ID(__getitem__), self, key);
}

int
slot_mp_ass_subscript(PyObject *self, PyObject *key, PyObject *value)
{
    return drop_result(value ? call3(ID(__setitem__), self, key, value)
                             : call2(ID(__delitem__), self, key));
}

PyObject *
slot_sq_item(PyObject *self, Py_ssize_t i)
{
    own PyObject *index = PyLong_FromSsize_t(i);
    return index ? call2(ID(__getitem__), self, index) : NULL;
}

int
slot_sq_ass_item(PyObject *self, Py_ssize_t i, PyObject *value)
{
    own PyObject *index = PyLong_FromSsize_t(i);
    return index ? slot_mp_ass_subscript(self, index, value) : -1;
}

int
slot_sq_contains(PyObject *self, PyObject *value)
{
    bool unbound;
    own PyObject *method = hob_special_get(self, ID(__contains__), &unbound);
    if (method == Py_None) {
        hob_error_type("'%.200s' object is not a container", self);
        return -1;
    }
    if (!method) {
        if (PyErr_Occurred()) { return -1; }
        return (int)_PySequence_IterSearch(self, value, PY_ITERSEARCH_CONTAINS);
    }
    PyObject *args[] = {self, value};
    own PyObject *result = unbound ? hob_call(method, args, 2, NULL)
        : hob_call_one(method, value);
    return result ? PyObject_IsTrue(result) : -1;
}

PyObject *
slot_tp_iter(PyObject *self)
{
    bool unbound;
    own PyObject *method = hob_special_get(self, ID(__iter__), &unbound);
    if (method == Py_None) {
        return hob_error_type("'%.200s' object is not iterable", self);
    }
    if (method) { return unbound ? hob_call_one(method, self) : hob_call_noargs(method); }
    PyErr_Clear();              /* __iter__ that cannot even be bound counts as none */
    if (!hob_type_peek(Py_TYPE(self), ID(__getitem__))) {
        return hob_error_type("'%.200s' object is not iterable", self);
    }
    return PySeqIter_New(self);
}

PyObject *
slot_tp_iternext(PyObject *self)
{
    return call1(ID(__next__), self);
}

/* --- text, hash, order --- */

PyObject *
slot_tp_repr(PyObject *self)
{
    bool unbound;
    own PyObject *method = hob_special_get(self, ID(__repr__), &unbound);
    if (!method) {
        PyErr_Clear();
        return PyUnicode_FromFormat("<%s object at %p>", Py_TYPE(self)->tp_name, self);
    }
    return unbound ? hob_call_one(method, self) : hob_call_noargs(method);
}

PyObject *
slot_tp_str(PyObject *self)
{
    return call1(ID(__str__), self);
}

Py_hash_t
slot_tp_hash(PyObject *self)
{
    bool unbound;
    own PyObject *method = hob_special_get(self, ID(__hash__), &unbound);
    if (!method || method == Py_None) { return PyObject_HashNotImplemented(self); }
    own PyObject *result = unbound ? hob_call_one(method, self) : hob_call_noargs(method);
    if (!result) { return -1; }
    if (!PyLong_Check(result)) {
        PyErr_SetString(PyExc_TypeError, "__hash__ method should return an integer");
        return -1;
    }
    Py_hash_t hash = PyLong_AsSsize_t(result);
    if (hash == -1 && PyErr_Occurred()) {       /* too large: an int's own hash folds it */
        PyErr_Clear();
        hash = PyLong_Type.tp_hash(result);
    }
    return hash == -1 ? -2 : hash;
}

PyObject *
slot_tp_richcompare(PyObject *self, PyObject *other, int op)
{
    PyObject *const names[] = {ID(__lt__), ID(__le__), ID(__eq__), ID(__ne__), ID(__gt__),
                               ID(__ge__)};
    bool unbound;
    own PyObject *method = hob_special_get(self, names[op], &unbound);
    if (!method) {
        PyErr_Clear();
        return Py_NewRef(Py_NotImplemented);
    }
    PyObject *args[] = {self, other};
    return unbound ? hob_call(method, args, 2, NULL) : hob_call_one(method, other);
}

/* --- attributes --- */

PyObject *
hob_slot_tp_getattro(PyObject *self, PyObject *name)
{
    return call2(ID(__getattribute__), self, name);
}

/* The __getattribute__ of object: no need to go through Python for it. */
static bool
is_generic_getattribute(PyObject *method)
{
    return Py_IS_TYPE(method, &PyWrapperDescr_Type)
        && ((PyWrapperDescrObject *)method)->d_wrapped == (void *)PyObject_GenericGetAttr;
}

/* tp_getattro of classes with __getattr__ (or __getattribute__, or both). */
PyObject *
hob_slot_tp_getattr_hook(PyObject *self, PyObject *name)
{
    PyTypeObject *type = Py_TYPE(self);
    own PyObject *fallback = Py_XNewRef(hob_type_peek(type, ID(__getattr__)));
    PyObject *getattribute = hob_type_peek(type, ID(__getattribute__));
    if (!fallback) {            /* deleted since: no need to look for it again */
        type->tp_getattro = hob_slot_tp_getattro;
        return hob_slot_tp_getattro(self, name);
    }
    PyObject *result;
    if (!getattribute || is_generic_getattribute(getattribute)) {
        result = _PyObject_GenericGetAttrWithDict(self, name, NULL, 1);
        if (result || PyErr_Occurred()) { return result; }
    }
    else {
        result = call2(ID(__getattribute__), self, name);
        if (result || !hob_error_drop(PyExc_AttributeError)) { return result; }
    }
    return call2(ID(__getattr__), self, name);
}

int
slot_tp_setattro(PyObject *self, PyObject *name, PyObject *value)
{
    return drop_result(value ? call3(ID(__setattr__), self, name, value)
                             : call2(ID(__delattr__), self, name));
}

PyObject *
slot_tp_descr_get(PyObject *self, PyObject *instance, PyObject *owner)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject *get = hob_type_peek(type, ID(__get__));
    if (!get) {
        if (type->tp_descr_get == slot_tp_descr_get) { type->tp_descr_get = NULL; }
        return Py_NewRef(self);
    }
    PyObject *args[] = {self, instance ? instance : Py_None, owner ? owner : Py_None};
    Py_INCREF(get);             /* called with self, without binding, as it always was */
    PyObject *result = hob_call(get, args, 3, NULL);
    Py_DECREF(get);
    return result;
}

int
slot_tp_descr_set(PyObject *self, PyObject *instance, PyObject *value)
{
    return drop_result(value ? call3(ID(__set__), self, instance, value)
                             : call2(ID(__delete__), self, instance));
}

/* --- life --- */

PyObject *
hob_slot_tp_call(PyObject *self, PyObject *args, PyObject *kwargs)
{
    bool unbound;
    own PyObject *method = hob_special_get(self, ID(__call__), &unbound);
    if (!method) {
        if (!PyErr_Occurred()) { PyErr_SetObject(PyExc_AttributeError, ID(__call__)); }
        return NULL;
    }
    PyThreadState *ts = hob_ts();
    return unbound ? hob_call_prepend(ts, method, self, args, kwargs)
                   : _PyObject_Call(ts, method, args, kwargs);
}

int
hob_slot_tp_init(PyObject *self, PyObject *args, PyObject *kwargs)
{
    bool unbound;
    own PyObject *method = hob_special_get(self, ID(__init__), &unbound);
    if (!method) {
        if (!PyErr_Occurred()) { PyErr_SetObject(PyExc_AttributeError, ID(__init__)); }
        return -1;
    }
    PyThreadState *ts = hob_ts();
    own PyObject *result = unbound ? hob_call_prepend(ts, method, self, args, kwargs)
                                   : _PyObject_Call(ts, method, args, kwargs);
    if (!result) { return -1; }
    if (result != Py_None) {
        hob_error_type("__init__() should return None, not '%.200s'", result);
        return -1;
    }
    return 0;
}

PyObject *
hob_slot_tp_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    own PyObject *new = PyObject_GetAttr((PyObject *)type, ID(__new__));
    return new ? hob_call_prepend(hob_ts(), new, (PyObject *)type, args, kwargs) : NULL;
}

void
hob_slot_tp_finalize(PyObject *self)
{
    PyObject *exc, *value, *tb;
    PyErr_Fetch(&exc, &value, &tb);     /* a pending exception is none of its business */
    bool unbound;
    PyObject *method = hob_special_get(self, ID(__del__), &unbound);
    if (method) {
        PyObject *result = unbound ? hob_call_one(method, self) : hob_call_noargs(method);
        if (result) { Py_DECREF(result); }
        else { PyErr_WriteUnraisable(method); }
        Py_DECREF(method);
    }
    else if (PyErr_Occurred()) {
        PyErr_WriteUnraisable(self);
    }
    PyErr_Restore(exc, value, tb);
}

/* --- async --- */

static PyObject *
call_async(PyObject *self, PyObject *name)
{
    bool missing;
    PyObject *args[] = {self};
    PyObject *result = hob_special_call(name, args, 1, &missing);
    if (missing) {
        PyErr_Format(PyExc_AttributeError, "object %.50s does not have %U method",
                     Py_TYPE(self)->tp_name, name);
    }
    return result;
}

PyObject *
slot_am_await(PyObject *self)
{
    return call_async(self, ID(__await__));
}

PyObject *
slot_am_aiter(PyObject *self)
{
    return call_async(self, ID(__aiter__));
}

PyObject *
slot_am_anext(PyObject *self)
{
    return call_async(self, ID(__anext__));
}

/* descr.c -- descriptors that stand for C tables: methods, members, getsets, slot
 * wrappers; and the method-wrapper, a slot wrapper bound to an object.
 *
 * Holds      a descriptor keeps a pointer to the extension's own definition record
 *            and reads its doc on demand (extensions patch docs afterwards).
 *            d_base of a wrapper may be replaced by an extension's copy; calls go
 *            through d_base->wrapper and d_wrapped, whatever they are.
 * Next       cfunction.c, property.c, type/slots_c.c
 */
#include <Python.h>
#include <structmember.h>

#include "memory/own.h"
#include "objects/ids.h"
#include "objects/meth.h"
#include "objects/object.h"

#define OWNER(descr) PyDescr_TYPE(descr)
#define NAME(descr) PyDescr_NAME(descr)

/* --- shared --- */

static void *
descr_new(PyTypeObject *kind, PyTypeObject *type, const char *name)
{
    PyDescrObject *descr = (PyDescrObject *)PyType_GenericAlloc(kind, 0);
    if (!descr) { return NULL; }
    descr->d_type = (PyTypeObject *)Py_XNewRef(type);
    descr->d_name = PyUnicode_InternFromString(name);
    descr->d_qualname = NULL;
    if (!descr->d_name) {
        Py_DECREF(descr);
        return NULL;
    }
    return descr;
}

static void
descr_dealloc(PyObject *self)
{
    PyDescrObject *descr = (PyDescrObject *)self;
    PyObject_GC_UnTrack(self);
    Py_XDECREF(descr->d_type);
    Py_XDECREF(descr->d_name);
    Py_XDECREF(descr->d_qualname);
    PyObject_GC_Del(self);
}

static int
descr_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(OWNER(self));
    return 0;
}

static PyObject *
descr_repr(PyObject *self, const char *format)
{
    PyObject *name = NAME(self);
    return PyUnicode_FromFormat(format, name ? name : ID(__name__), OWNER(self)->tp_name);
}

static PyObject *
method_repr(PyObject *self)
{
    return descr_repr(self, "<method '%U' of '%s' objects>");
}

static PyObject *
member_repr(PyObject *self)
{
    return descr_repr(self, "<member '%U' of '%s' objects>");
}

static PyObject *
getset_repr(PyObject *self)
{
    return descr_repr(self, "<attribute '%U' of '%s' objects>");
}

static PyObject *
wrapper_repr(PyObject *self)
{
    return descr_repr(self, "<slot wrapper '%U' of '%s' objects>");
}

/* Is instance one that this descriptor was made for? */
static inline bool
check_instance(PyObject *self, PyObject *instance)
{
    if (LIKELY(PyObject_TypeCheck(instance, OWNER(self)))) { return true; }
    PyErr_Format(PyExc_TypeError, "descriptor '%U' for '%.100s' objects doesn't apply to a "
                 "'%.100s' object", NAME(self), OWNER(self)->tp_name,
                 Py_TYPE(instance)->tp_name);
    return false;
}

/* --- vectorcall of unbound methods: args[0] is the instance --- */

static bool
check_unbound(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
    if (UNLIKELY(n < 1)) {
        hob_meth_error(self, "unbound method %U needs an argument", -1);
        return false;
    }
    return check_instance(self, args[0]);
}

#define DEF(self) (((PyMethodDescrObject *)(self))->d_method)
#define METH(self, type) ((type)(hob_meth_any)DEF(self)->ml_meth)

static PyObject *
call_noargs(PyObject *self, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    Py_ssize_t n = PyVectorcall_NARGS(nargsf);
    if (!check_unbound(self, args, n) || !hob_meth_no_keywords(self, kwnames)) { return NULL; }
    if (UNLIKELY(n != 1)) {
        return hob_meth_error(self, "%U takes no arguments (%zd given)", n - 1);
    }
    PyThreadState *ts = hob_ts();
    if (hob_recursion_enter(ts, METH_RECURSION)) { return NULL; }
    PyObject *result = METH(self, PyCFunction)(args[0], NULL);
    hob_recursion_leave(ts);
    return result;
}

static PyObject *
call_o(PyObject *self, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    Py_ssize_t n = PyVectorcall_NARGS(nargsf);
    if (!check_unbound(self, args, n) || !hob_meth_no_keywords(self, kwnames)) { return NULL; }
    if (UNLIKELY(n != 2)) {
        return hob_meth_error(self, "%U takes exactly one argument (%zd given)", n - 1);
    }
    PyThreadState *ts = hob_ts();
    if (hob_recursion_enter(ts, METH_RECURSION)) { return NULL; }
    PyObject *result = METH(self, PyCFunction)(args[0], args[1]);
    hob_recursion_leave(ts);
    return result;
}

static PyObject *
call_fastcall(PyObject *self, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    Py_ssize_t n = PyVectorcall_NARGS(nargsf);
    if (!check_unbound(self, args, n) || !hob_meth_no_keywords(self, kwnames)) { return NULL; }
    PyThreadState *ts = hob_ts();
    if (hob_recursion_enter(ts, METH_RECURSION)) { return NULL; }
    PyObject *result = METH(self, _PyCFunctionFast)(args[0], args + 1, n - 1);
    hob_recursion_leave(ts);
    return result;
}

static PyObject *
call_fastcall_keywords(PyObject *self, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    Py_ssize_t n = PyVectorcall_NARGS(nargsf);
    if (!check_unbound(self, args, n)) { return NULL; }
    PyThreadState *ts = hob_ts();
    if (hob_recursion_enter(ts, METH_RECURSION)) { return NULL; }
    PyObject *result = METH(self, _PyCFunctionFastWithKeywords)(args[0], args + 1, n - 1,
                                                                kwnames);
    hob_recursion_leave(ts);
    return result;
}

static PyObject *
call_method(PyObject *self, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    Py_ssize_t n = PyVectorcall_NARGS(nargsf);
    if (!check_unbound(self, args, n)) { return NULL; }
    PyThreadState *ts = hob_ts();
    if (hob_recursion_enter(ts, METH_RECURSION)) { return NULL; }
    PyObject *result = METH(self, PyCMethod)(args[0], OWNER(self), args + 1, (size_t)(n - 1),
                                             kwnames);
    hob_recursion_leave(ts);
    return result;
}

static PyObject *
rest_as_tuple(PyObject *const *args, Py_ssize_t n)
{
    PyObject *tuple = PyTuple_New(n - 1);
    for (Py_ssize_t i = 1; tuple && i < n; i++) {
        PyTuple_SET_ITEM(tuple, i - 1, Py_NewRef(args[i]));
    }
    return tuple;
}

static PyObject *
call_varargs(PyObject *self, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    Py_ssize_t n = PyVectorcall_NARGS(nargsf);
    if (!check_unbound(self, args, n) || !hob_meth_no_keywords(self, kwnames)) { return NULL; }
    own PyObject *tuple = rest_as_tuple(args, n);
    PyThreadState *ts = hob_ts();
    if (!tuple || hob_recursion_enter(ts, METH_RECURSION)) { return NULL; }
    PyObject *result = METH(self, PyCFunction)(args[0], tuple);
    hob_recursion_leave(ts);
    return result;
}

static PyObject *
call_varargs_keywords(PyObject *self, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    Py_ssize_t n = PyVectorcall_NARGS(nargsf);
    if (!check_unbound(self, args, n)) { return NULL; }
    own PyObject *tuple = rest_as_tuple(args, n);
    if (!tuple) { return NULL; }
    bool has_keywords = kwnames && PyTuple_GET_SIZE(kwnames);
    own PyObject *kwargs = has_keywords ? _PyStack_AsDict(args + n, kwnames) : NULL;
    PyThreadState *ts = hob_ts();
    if ((has_keywords && !kwargs) || hob_recursion_enter(ts, METH_RECURSION)) { return NULL; }
    PyObject *result = METH(self, PyCFunctionWithKeywords)(args[0], tuple, kwargs);
    hob_recursion_leave(ts);
    return result;
}

static const struct { int flags; vectorcallfunc call; } kinds[] = {
    {METH_VARARGS, call_varargs},
    {METH_VARARGS | METH_KEYWORDS, call_varargs_keywords},
    {METH_FASTCALL, call_fastcall},
    {METH_FASTCALL | METH_KEYWORDS, call_fastcall_keywords},
    {METH_NOARGS, call_noargs},
    {METH_O, call_o},
    {METH_METHOD | METH_FASTCALL | METH_KEYWORDS, call_method},
};

/* --- calls through a tuple --- */

/* dict.__dict__["fromkeys"](cls, ...) */
static PyObject *
classmethod_call(PyObject *self, PyObject *args, PyObject *kwargs)
{
    if (PyTuple_GET_SIZE(args) < 1) {
        PyErr_Format(PyExc_TypeError, "descriptor '%U' of '%.100s' object needs an argument",
                     NAME(self), OWNER(self)->tp_name);
        return NULL;
    }
    own PyObject *bound = Py_TYPE(self)->tp_descr_get(self, NULL, PyTuple_GET_ITEM(args, 0));
    if (!bound) { return NULL; }
    return PyObject_VectorcallDict(bound, ((PyTupleObject *)args)->ob_item + 1,
                                   (size_t)PyTuple_GET_SIZE(args) - 1, kwargs);
}

static PyObject *
wrapper_call_slot(PyWrapperDescrObject *descr, PyObject *instance, PyObject *args,
                  PyObject *kwargs)
{
    wrapperfunc func = descr->d_base->wrapper;
    if (descr->d_base->flags & PyWrapperFlag_KEYWORDS) {
        return ((wrapperfunc_kwds)(hob_meth_any)func)(instance, args, descr->d_wrapped, kwargs);
    }
    if (kwargs && PyDict_GET_SIZE(kwargs)) {
        PyErr_Format(PyExc_TypeError, "wrapper %s() takes no keyword arguments",
                     descr->d_base->name);
        return NULL;
    }
    return func(instance, args, descr->d_wrapped);
}

static PyObject *
wrapper_call(PyObject *self, PyObject *args, PyObject *kwargs)
{
    if (PyTuple_GET_SIZE(args) < 1) {
        PyErr_Format(PyExc_TypeError, "descriptor '%U' of '%.100s' object needs an argument",
                     NAME(self), OWNER(self)->tp_name);
        return NULL;
    }
    PyObject *instance = PyTuple_GET_ITEM(args, 0);
    int fits = _PyObject_RealIsSubclass((PyObject *)Py_TYPE(instance), (PyObject *)OWNER(self));
    if (fits < 0) { return NULL; }
    if (!fits) {
        PyErr_Format(PyExc_TypeError,
                     "descriptor '%U' requires a '%.100s' object but received a "
                     "'%.100s'", NAME(self), OWNER(self)->tp_name, Py_TYPE(instance)->tp_name);
        return NULL;
    }
    own PyObject *rest = PyTuple_GetSlice(args, 1, PyTuple_GET_SIZE(args));
    return rest ? wrapper_call_slot((PyWrapperDescrObject *)self, instance, rest, kwargs)
        : NULL;
}

/* --- get and set --- */

static PyObject *
method_get(PyObject *self, PyObject *instance, PyObject *type)
{
    if (!instance) { return Py_NewRef(self); }
    if (!check_instance(self, instance)) { return NULL; }
    PyMethodDef *def = ((PyMethodDescrObject *)self)->d_method;
    if (!(def->ml_flags & METH_METHOD)) { return PyCMethod_New(def, instance, NULL, NULL); }
    if (type && !PyType_Check(type)) {
        PyErr_Format(PyExc_TypeError, "descriptor '%U' needs a type, not '%s', as arg 2",
                     NAME(self), Py_TYPE(type)->tp_name);
        return NULL;
    }
    return PyCMethod_New(def, instance, NULL, OWNER(self));
}

static PyObject *
classmethod_get(PyObject *self, PyObject *instance, PyObject *type)
{
    if (!type) {
        if (!instance) {
            PyErr_Format(PyExc_TypeError, "descriptor '%U' for type '%.100s' needs either an "
                         "object or a type", NAME(self), OWNER(self)->tp_name);
            return NULL;
        }
        type = (PyObject *)Py_TYPE(instance);
    }
    if (!PyType_Check(type)) {
        PyErr_Format(PyExc_TypeError, "descriptor '%U' for type '%.100s' needs a type, not a "
                     "'%.100s' as arg 2", NAME(self), OWNER(self)->tp_name,
                     Py_TYPE(type)->tp_name);
        return NULL;
    }
    if (!PyType_IsSubtype((PyTypeObject *)type, OWNER(self))) {
        PyErr_Format(PyExc_TypeError, "descriptor '%U' requires a subtype of '%.100s' but "
                     "received '%.100s'", NAME(self), OWNER(self)->tp_name,
                     ((PyTypeObject *)type)->tp_name);
        return NULL;
    }
    PyMethodDef *def = ((PyMethodDescrObject *)self)->d_method;
    return PyCMethod_New(def, type, NULL, def->ml_flags & METH_METHOD ? OWNER(self) : NULL);
}

static PyObject *
member_get(PyObject *self, PyObject *instance, PyObject *type)
{
    if (!instance) { return Py_NewRef(self); }
    if (!check_instance(self, instance)) { return NULL; }
    return PyMember_GetOne((char *)instance, ((PyMemberDescrObject *)self)->d_member);
}

static int
member_set(PyObject *self, PyObject *instance, PyObject *value)
{
    if (!check_instance(self, instance)) { return -1; }
    return PyMember_SetOne((char *)instance, ((PyMemberDescrObject *)self)->d_member, value);
}

static PyObject *
getset_get(PyObject *self, PyObject *instance, PyObject *type)
{
    if (!instance) { return Py_NewRef(self); }
    if (!check_instance(self, instance)) { return NULL; }
    PyGetSetDef *def = ((PyGetSetDescrObject *)self)->d_getset;
    if (def->get) { return def->get(instance, def->closure); }
    PyErr_Format(PyExc_AttributeError, "attribute '%U' of '%.100s' objects is not readable",
                 NAME(self), OWNER(self)->tp_name);
    return NULL;
}

static int
getset_set(PyObject *self, PyObject *instance, PyObject *value)
{
    if (!check_instance(self, instance)) { return -1; }
    PyGetSetDef *def = ((PyGetSetDescrObject *)self)->d_getset;
    if (def->set) { return def->set(instance, value, def->closure); }
    PyErr_Format(PyExc_AttributeError, "attribute '%U' of '%.100s' objects is not writable",
                 NAME(self), OWNER(self)->tp_name);
    return -1;
}

static PyObject *
wrapper_get(PyObject *self, PyObject *instance, PyObject *type)
{
    if (!instance) { return Py_NewRef(self); }
    return check_instance(self, instance) ? PyWrapper_New(self, instance) : NULL;
}

/* --- attributes of descriptors --- */

static PyObject *
method_get_doc(PyObject *self, void *context)
{
    PyMethodDef *def = ((PyMethodDescrObject *)self)->d_method;
    return _PyType_GetDocFromInternalDoc(def->ml_name, def->ml_doc);
}

static PyObject *
method_get_text_signature(PyObject *self, void *context)
{
    PyMethodDef *def = ((PyMethodDescrObject *)self)->d_method;
    return _PyType_GetTextSignatureFromInternalDoc(def->ml_name, def->ml_doc);
}

static PyObject *
text_or_none(const char *text)
{
    return text ? PyUnicode_FromString(text) : Py_NewRef(Py_None);
}

static PyObject *
member_get_doc(PyObject *self, void *context)
{
    return text_or_none(((PyMemberDescrObject *)self)->d_member->doc);
}

static PyObject *
getset_get_doc(PyObject *self, void *context)
{
    return text_or_none(((PyGetSetDescrObject *)self)->d_getset->doc);
}

static PyObject *
wrapper_get_doc(PyObject *self, void *context)
{
    struct wrapperbase *base = ((PyWrapperDescrObject *)self)->d_base;
    return _PyType_GetDocFromInternalDoc(base->name, base->doc);
}

static PyObject *
wrapper_get_text_signature(PyObject *self, void *context)
{
    struct wrapperbase *base = ((PyWrapperDescrObject *)self)->d_base;
    return _PyType_GetTextSignatureFromInternalDoc(base->name, base->doc);
}

static PyObject *
make_qualname(PyDescrObject *descr)
{
    if (!descr->d_name || !PyUnicode_Check(descr->d_name)) {
        PyErr_SetString(PyExc_TypeError, "<descriptor>.__name__ is not a unicode object");
        return NULL;
    }
    own PyObject *type = PyObject_GetAttr((PyObject *)descr->d_type, ID(__qualname__));
    if (!type) { return NULL; }
    if (!PyUnicode_Check(type)) {
        PyErr_SetString(PyExc_TypeError,
                        "<descriptor>.__objclass__.__qualname__ is not a unicode object");
        return NULL;
    }
    return PyUnicode_FromFormat("%S.%S", type, descr->d_name);
}

static PyObject *
descr_get_qualname(PyObject *self, void *context)
{
    PyDescrObject *descr = (PyDescrObject *)self;
    if (!descr->d_qualname) { descr->d_qualname = make_qualname(descr); }
    return Py_XNewRef(descr->d_qualname);
}

static PyObject *
descr_reduce(PyObject *self, PyObject *unused)
{
    return Py_BuildValue("N(OO)", _PyEval_GetBuiltin(ID(getattr)), OWNER(self), NAME(self));
}

static PyMethodDef descr_methods[] = {
    {"__reduce__", descr_reduce, METH_NOARGS, NULL},
    {NULL},
};

static PyMemberDef descr_members[] = {
    {"__objclass__", T_OBJECT, offsetof(PyDescrObject, d_type), READONLY, NULL},
    {"__name__", T_OBJECT, offsetof(PyDescrObject, d_name), READONLY, NULL},
    {NULL},
};

static PyGetSetDef method_getset[] = {
    {"__doc__", method_get_doc, NULL, NULL, NULL},
    {"__qualname__", descr_get_qualname, NULL, NULL, NULL},
    {"__text_signature__", method_get_text_signature, NULL, NULL, NULL},
    {NULL},
};

static PyGetSetDef member_getset[] = {
    {"__doc__", member_get_doc, NULL, NULL, NULL},
    {"__qualname__", descr_get_qualname, NULL, NULL, NULL},
    {NULL},
};

static PyGetSetDef getset_getset[] = {
    {"__doc__", getset_get_doc, NULL, NULL, NULL},
    {"__qualname__", descr_get_qualname, NULL, NULL, NULL},
    {NULL},
};

static PyGetSetDef wrapper_getset[] = {
    {"__doc__", wrapper_get_doc, NULL, NULL, NULL},
    {"__qualname__", descr_get_qualname, NULL, NULL, NULL},
    {"__text_signature__", wrapper_get_text_signature, NULL, NULL, NULL},
    {NULL},
};

/* --- the five types --- */

#define DESCR_COMMON(name, struct_type)                         \
    PyVarObject_HEAD_INIT(&PyType_Type, 0)                      \
    .tp_name = name,                                            \
    .tp_basicsize = sizeof(struct_type),                        \
    .tp_dealloc = descr_dealloc,                                \
    .tp_getattro = PyObject_GenericGetAttr,                     \
    .tp_traverse = descr_traverse,                              \
    .tp_members = descr_members

PyTypeObject PyMethodDescr_Type = {
    DESCR_COMMON("method_descriptor", PyMethodDescrObject),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL
              | Py_TPFLAGS_METHOD_DESCRIPTOR,
    .tp_vectorcall_offset = offsetof(PyMethodDescrObject, vectorcall),
    .tp_repr = method_repr,
    .tp_call = PyVectorcall_Call,
    .tp_methods = descr_methods,
    .tp_getset = method_getset,
    .tp_descr_get = method_get,
};

PyTypeObject PyClassMethodDescr_Type = {
    DESCR_COMMON("classmethod_descriptor", PyMethodDescrObject),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_repr = method_repr,
    .tp_call = classmethod_call,
    .tp_getset = method_getset,
    .tp_descr_get = classmethod_get,
};

PyTypeObject PyMemberDescr_Type = {
    DESCR_COMMON("member_descriptor", PyMemberDescrObject),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_repr = member_repr,
    .tp_methods = descr_methods,
    .tp_getset = member_getset,
    .tp_descr_get = member_get,
    .tp_descr_set = member_set,
};

PyTypeObject PyGetSetDescr_Type = {
    DESCR_COMMON("getset_descriptor", PyGetSetDescrObject),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_repr = getset_repr,
    .tp_getset = getset_getset,
    .tp_descr_get = getset_get,
    .tp_descr_set = getset_set,
};

PyTypeObject PyWrapperDescr_Type = {
    DESCR_COMMON("wrapper_descriptor", PyWrapperDescrObject),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_METHOD_DESCRIPTOR,
    .tp_repr = wrapper_repr,
    .tp_call = wrapper_call,
    .tp_methods = descr_methods,
    .tp_getset = wrapper_getset,
    .tp_descr_get = wrapper_get,
};

/* --- public API --- */

PyObject *
PyDescr_NewMethod(PyTypeObject *type, PyMethodDef *def)
{
    int flags = def->ml_flags & METH_KIND_BITS;
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        if (kinds[i].flags != flags) { continue; }
        PyMethodDescrObject *descr = descr_new(&PyMethodDescr_Type, type, def->ml_name);
        if (descr) {
            descr->d_method = def;
            descr->vectorcall = kinds[i].call;
        }
        return (PyObject *)descr;
    }
    PyErr_Format(PyExc_SystemError, "%s() method: bad call flags", def->ml_name);
    return NULL;
}

PyObject *
PyDescr_NewClassMethod(PyTypeObject *type, PyMethodDef *def)
{
    PyMethodDescrObject *descr = descr_new(&PyClassMethodDescr_Type, type, def->ml_name);
    if (descr) { descr->d_method = def; }
    return (PyObject *)descr;
}

PyObject *
PyDescr_NewMember(PyTypeObject *type, PyMemberDef *def)
{
    PyMemberDescrObject *descr = descr_new(&PyMemberDescr_Type, type, def->name);
    if (descr) { descr->d_member = def; }
    return (PyObject *)descr;
}

PyObject *
PyDescr_NewGetSet(PyTypeObject *type, PyGetSetDef *def)
{
    PyGetSetDescrObject *descr = descr_new(&PyGetSetDescr_Type, type, def->name);
    if (descr) { descr->d_getset = def; }
    return (PyObject *)descr;
}

PyObject *
PyDescr_NewWrapper(PyTypeObject *type, struct wrapperbase *base, void *wrapped)
{
    PyWrapperDescrObject *descr = descr_new(&PyWrapperDescr_Type, type, base->name);
    if (descr) {
        descr->d_base = base;
        descr->d_wrapped = wrapped;
    }
    return (PyObject *)descr;
}

int
PyDescr_IsData(PyObject *self)
{
    return hob_descr_is_data(self);
}

/* --- method-wrapper: a slot wrapper bound to an object --- */

typedef struct method_wrapper {
    PyObject_HEAD
    PyWrapperDescrObject *descr;
    PyObject *self;
} method_wrapper;

#define WRAPPER(op) ((method_wrapper *)(op))

static void
bound_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    Py_TRASHCAN_BEGIN(op, bound_dealloc)
    Py_XDECREF(WRAPPER(op)->descr);
    Py_XDECREF(WRAPPER(op)->self);
    PyObject_GC_Del(op);
    Py_TRASHCAN_END
}

static int
bound_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(WRAPPER(op)->descr);
    Py_VISIT(WRAPPER(op)->self);
    return 0;
}

static PyObject *
bound_repr(PyObject *op)
{
    return PyUnicode_FromFormat("<method-wrapper '%s' of %s object at %p>",
                                WRAPPER(op)->descr->d_base->name,
                                Py_TYPE(WRAPPER(op)->self)->tp_name, WRAPPER(op)->self);
}

static Py_hash_t
bound_hash(PyObject *op)
{
    Py_hash_t hash = _Py_HashPointer(WRAPPER(op)->self) ^ _Py_HashPointer(WRAPPER(op)->descr);
    return hash == -1 ? -2 : hash;
}

static PyObject *
bound_richcompare(PyObject *op, PyObject *other, int how)
{
    if ((how != Py_EQ && how != Py_NE) || !Py_IS_TYPE(op, &_PyMethodWrapper_Type)
        || !Py_IS_TYPE(other, &_PyMethodWrapper_Type)) {
        return Py_NewRef(Py_NotImplemented);
    }
    bool equal = WRAPPER(op)->descr == WRAPPER(other)->descr
              && WRAPPER(op)->self == WRAPPER(other)->self;
    return PyBool_FromLong(equal == (how == Py_EQ));
}

static PyObject *
bound_call(PyObject *op, PyObject *args, PyObject *kwargs)
{
    return wrapper_call_slot(WRAPPER(op)->descr, WRAPPER(op)->self, args, kwargs);
}

static PyObject *
bound_reduce(PyObject *op, PyObject *unused)
{
    return Py_BuildValue("N(OO)", _PyEval_GetBuiltin(ID(getattr)), WRAPPER(op)->self,
                         NAME(WRAPPER(op)->descr));
}

static PyObject *
bound_get_objclass(PyObject *op, void *context)
{
    return Py_NewRef(OWNER(WRAPPER(op)->descr));
}

static PyObject *
bound_get_name(PyObject *op, void *context)
{
    return PyUnicode_FromString(WRAPPER(op)->descr->d_base->name);
}

static PyObject *
bound_get_qualname(PyObject *op, void *context)
{
    return descr_get_qualname((PyObject *)WRAPPER(op)->descr, NULL);
}

static PyObject *
bound_get_doc(PyObject *op, void *context)
{
    return wrapper_get_doc((PyObject *)WRAPPER(op)->descr, NULL);
}

static PyObject *
bound_get_text_signature(PyObject *op, void *context)
{
    return wrapper_get_text_signature((PyObject *)WRAPPER(op)->descr, NULL);
}

static PyMethodDef bound_methods[] = {
    {"__reduce__", bound_reduce, METH_NOARGS, NULL},
    {NULL},
};

static PyMemberDef bound_members[] = {
    {"__self__", T_OBJECT, offsetof(method_wrapper, self), READONLY, NULL},
    {NULL},
};

static PyGetSetDef bound_getset[] = {
    {"__objclass__", bound_get_objclass, NULL, NULL, NULL},
    {"__name__", bound_get_name, NULL, NULL, NULL},
    {"__qualname__", bound_get_qualname, NULL, NULL, NULL},
    {"__doc__", bound_get_doc, NULL, NULL, NULL},
    {"__text_signature__", bound_get_text_signature, NULL, NULL, NULL},
    {NULL},
};

PyTypeObject _PyMethodWrapper_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "method-wrapper",
    .tp_basicsize = sizeof(method_wrapper),
    .tp_dealloc = bound_dealloc,
    .tp_repr = bound_repr,
    .tp_hash = bound_hash,
    .tp_call = bound_call,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_traverse = bound_traverse,
    .tp_richcompare = bound_richcompare,
    .tp_methods = bound_methods,
    .tp_members = bound_members,
    .tp_getset = bound_getset,
};

PyObject *
PyWrapper_New(PyObject *descr, PyObject *self)
{
    EXPECT(PyObject_TypeCheck(descr, &PyWrapperDescr_Type));
    method_wrapper *wrapper = PyObject_GC_New(method_wrapper, &_PyMethodWrapper_Type);
    if (!wrapper) { return NULL; }
    wrapper->descr = (PyWrapperDescrObject *)Py_NewRef(descr);
    wrapper->self = Py_NewRef(self);
    PyObject_GC_Track(wrapper);
    return (PyObject *)wrapper;
}

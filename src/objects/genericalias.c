/* genericalias.c -- types.GenericAlias: list[int].
 *
 * Layout     origin, args (a tuple), parameters (made when first asked for), and
 *            starred for the one that iterating gives (*tuple[int, ...]).
 * Holds      an alias behaves as its origin, but for a short list of names of its
 *            own (own_names).
 * Next       union.c; PEP 585, PEP 646
 */
#include "objects/genericalias.h"

#include <structmember.h>

#include "memory/own.h"
#include "objects/call.h"
#include "objects/ids.h"
#include "objects/object.h"
#include "objects/union.h"

typedef struct alias_object {
    PyObject_HEAD
    PyObject *origin;
    PyObject *args;
    PyObject *parameters;       /* NULL until needed */
    PyObject *weakrefs;
    bool starred;
    vectorcallfunc vectorcall;
} alias_object;

_Static_assert(sizeof(alias_object) == 64, "as the reference's");

#define ALIAS(op) ((alias_object *)(op))

/* Names that are not looked up on the origin. */
static const char *const own_names[] = {
    "__class__", "__origin__", "__args__", "__unpacked__", "__parameters__",
    "__typing_unpacked_tuple_args__", "__mro_entries__", "__reduce_ex__", "__reduce__",
    "__copy__", "__deepcopy__",
};

/* --- repr --- */

static PyObject *list_repr(PyObject *list);

PyObject *
hob_generic_arg_repr(PyObject *arg)
{
    if (arg == Py_Ellipsis) { return PyUnicode_FromString("..."); }
    if (PyList_Check(arg)) { return list_repr(arg); }
    PyObject *found;
    if (_PyObject_LookupAttr(arg, ID(__origin__), &found) < 0) { return NULL; }
    if (found) {
        Py_DECREF(found);
        if (_PyObject_LookupAttr(arg, ID(__args__), &found) < 0) { return NULL; }
        if (found) {            /* another alias: its own repr */
            Py_DECREF(found);
            return PyObject_Repr(arg);
        }
    }
    if (_PyObject_LookupAttr(arg, ID(__qualname__), &found) < 0) { return NULL; }
    own PyObject *qualname = found;
    if (!qualname) { return PyObject_Repr(arg); }
    if (_PyObject_LookupAttr(arg, ID(__module__), &found) < 0) { return NULL; }
    own PyObject *module = found;
    if (!module || module == Py_None) { return PyObject_Repr(arg); }
    if (PyUnicode_Check(module) && _PyUnicode_EQ(module, ID(builtins))) {
        return PyObject_Str(qualname);
    }
    return PyUnicode_FromFormat("%S.%S", module, qualname);
}

/* The reprs of items, joined. */
static PyObject *
join_reprs(PyObject *const *items, Py_ssize_t n)
{
    own PyObject *texts = PyList_New(0);
    for (Py_ssize_t i = 0; texts && i < n; i++) {
        own PyObject *text = hob_generic_arg_repr(items[i]);
        if (!text || PyList_Append(texts, text) < 0) { return NULL; }
    }
    own PyObject *comma = texts ? PyUnicode_FromString(", ") : NULL;
    return comma ? PyUnicode_Join(comma, texts) : NULL;
}

/* [int, str]: the arguments of a ParamSpec */
static PyObject *
list_repr(PyObject *list)
{
    own PyObject *items = PyList_AsTuple(list);
    if (!items) { return NULL; }
    PyThreadState *ts = hob_ts();
    if (hob_recursion_enter(ts, " while getting the repr of an object")) { return NULL; }
    own PyObject *inside = join_reprs(((PyTupleObject *)items)->ob_item,
                                      PyTuple_GET_SIZE(items));
    hob_recursion_leave(ts);
    return inside ? PyUnicode_FromFormat("[%U]", inside) : NULL;
}

static PyObject *
alias_repr(PyObject *self)
{
    own PyObject *origin = hob_generic_arg_repr(ALIAS(self)->origin);
    if (!origin) { return NULL; }
    PyObject *args = ALIAS(self)->args;
    const char *star = ALIAS(self)->starred ? "*" : "";
    if (PyTuple_GET_SIZE(args) == 0) { return PyUnicode_FromFormat("%s%U[()]", star, origin); }
    own PyObject *inside = join_reprs(((PyTupleObject *)args)->ob_item, PyTuple_GET_SIZE(args));
    return inside ? PyUnicode_FromFormat("%s%U[%U]", star, origin, inside) : NULL;
}

/* --- parameters --- */

static Py_ssize_t
position(PyObject *list, PyObject *item)
{
    for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(list); i++) {
        if (PySequence_Fast_GET_ITEM(list, i) == item) { return i; }
    }
    return -1;
}

static status
add_once(PyObject *list, PyObject *item)
{
    return position(list, item) >= 0 ? 0 : PyList_Append(list, item);
}

PyObject *
hob_generic_parameters(PyObject *args)
{
    own PyObject *found_list = PyList_New(0);
    for (Py_ssize_t i = 0; found_list && i < PyTuple_GET_SIZE(args); i++) {
        PyObject *arg = PyTuple_GET_ITEM(args, i), *found;
        if (PyType_Check(arg)) { continue; }    /* a generic class is not a parameter */
        if (_PyObject_LookupAttr(arg, ID(__typing_subst__), &found) < 0) { return NULL; }
        if (found) {
            Py_DECREF(found);
            if (add_once(found_list, arg) < 0) { return NULL; }
            continue;
        }
        if (_PyObject_LookupAttr(arg, ID(__parameters__), &found) < 0) { return NULL; }
        own PyObject *inner = found;
        if (!inner || !PyTuple_Check(inner)) { continue; }
        for (Py_ssize_t k = 0; k < PyTuple_GET_SIZE(inner); k++) {
            if (add_once(found_list, PyTuple_GET_ITEM(inner, k)) < 0) { return NULL; }
        }
    }
    return found_list ? PyList_AsTuple(found_list) : NULL;
}

static status
need_parameters(PyObject *self)
{
    if (!ALIAS(self)->parameters) {
        ALIAS(self)->parameters = hob_generic_parameters(ALIAS(self)->args);
    }
    return ALIAS(self)->parameters ? 0 : -1;
}

/* --- substitution --- */

static status
extend(PyObject *list, PyObject *tuple)
{
    Py_ssize_t end = PyList_GET_SIZE(list);
    return PyList_SetSlice(list, end, end, tuple);
}

/* Unpack *tuple[int, str] among the items. */
static PyObject *
unpack_items(PyObject *item)
{
    own PyObject *list = PyList_New(0);
    bool many = PyTuple_Check(item);
    Py_ssize_t n = many ? PyTuple_GET_SIZE(item) : 1;
    for (Py_ssize_t i = 0; list && i < n; i++) {
        PyObject *one = many ? PyTuple_GET_ITEM(item, i) : item;
        PyObject *found = NULL;
        if (!PyType_Check(one)
            && _PyObject_LookupAttr(one, ID(__typing_unpacked_tuple_args__), &found) < 0) {
            return NULL;
        }
        own PyObject *inner = found;
        if (inner && PyTuple_Check(inner)) {
            Py_ssize_t m = PyTuple_GET_SIZE(inner);
            if (m == 0 || PyTuple_GET_ITEM(inner, m - 1) != Py_Ellipsis) {
                if (extend(list, inner) < 0) { return NULL; }
                continue;
            }
        }
        if (PyList_Append(list, one) < 0) { return NULL; }
    }
    return list ? PyList_AsTuple(list) : NULL;
}

/* An argument that is generic itself: list[T] with T replaced. */
static PyObject *
substitute_inside(PyObject *arg, PyObject *parameters, PyObject *items)
{
    PyObject *found;
    if (_PyObject_LookupAttr(arg, ID(__parameters__), &found) < 0) { return NULL; }
    own PyObject *inner = found;
    if (!inner || !PyTuple_Check(inner) || PyTuple_GET_SIZE(inner) == 0) {
        return Py_NewRef(arg);
    }

    own PyObject *values = PyList_New(0);
    for (Py_ssize_t i = 0; values && i < PyTuple_GET_SIZE(inner); i++) {
        PyObject *parameter = PyTuple_GET_ITEM(inner, i), *value = parameter;
        Py_ssize_t at = position(parameters, parameter);
        if (at >= 0) {
            value = PyTuple_GET_ITEM(items, at);
            if (Py_TYPE(parameter)->tp_iter && PyTuple_Check(value)) {  /* a TypeVarTuple */
                if (extend(values, value) < 0) { return NULL; }
                continue;
            }
        }
        if (PyList_Append(values, value) < 0) { return NULL; }
    }
    own PyObject *key = values ? PyList_AsTuple(values) : NULL;
    return key ? PyObject_GetItem(arg, key) : NULL;
}

static tri
is_unpacked_typevartuple(PyObject *arg)
{
    if (PyType_Check(arg)) { return 0; }
    PyObject *found;
    if (_PyObject_LookupAttr(arg, ID(__typing_is_unpacked_typevartuple__), &found) <= 0) {
        return PyErr_Occurred() ? -1 : 0;
    }
    tri answer = PyObject_IsTrue(found);
    Py_DECREF(found);
    return answer;
}

/* What arg becomes. */
static PyObject *
substitute_one(PyObject *arg, PyObject *parameters, PyObject *items)
{
    if (PyType_Check(arg)) { return Py_NewRef(arg); }
    PyObject *found;
    if (_PyObject_LookupAttr(arg, ID(__typing_subst__), &found) < 0) { return NULL; }
    own PyObject *subst = found;
    if (!subst) { return substitute_inside(arg, parameters, items); }
    Py_ssize_t at = position(parameters, arg);
    EXPECT(at >= 0);
    return hob_call_one(subst, PyTuple_GET_ITEM(items, at));
}

/* Let each parameter look at the items (ParamSpec wraps, TypeVarTuple collects). */
static PyObject *
prepare_items(PyObject *self, PyObject *parameters, PyObject *item)
{
    own PyObject *items = unpack_items(item);
    for (Py_ssize_t i = 0; items && i < PyTuple_GET_SIZE(parameters); i++) {
        PyObject *found;
        if (_PyObject_LookupAttr(PyTuple_GET_ITEM(parameters, i), ID(__typing_prepare_subst__),
                                 &found) < 0) {
            return NULL;
        }
        own PyObject *prepare = found;
        if (!prepare || prepare == Py_None) { continue; }
        own PyObject *given = PyTuple_Check(items) ? Py_NewRef(items) : PyTuple_Pack(1, items);
        if (!given) { return NULL; }
        PyObject *args[] = {self, given};
        PyObject *prepared = hob_call(prepare, args, 2, NULL);
        if (!prepared) { return NULL; }
        Py_SETREF(items, prepared);
    }
    if (items && !PyTuple_Check(items)) {
        PyObject *tuple = PyTuple_Pack(1, items);
        if (!tuple) { return NULL; }
        Py_SETREF(items, tuple);
    }
    return take(items);
}

PyObject *
hob_generic_substitute(PyObject *self, PyObject *args, PyObject *parameters, PyObject *item)
{
    Py_ssize_t n = PyTuple_GET_SIZE(parameters);
    if (n == 0) {
        PyErr_Format(PyExc_TypeError, "%R is not a generic class", self);
        return NULL;
    }
    own PyObject *items = prepare_items(self, parameters, item);
    if (!items) { return NULL; }
    if (PyTuple_GET_SIZE(items) != n) {
        PyErr_Format(PyExc_TypeError, "Too %s arguments for %R; actual %zd, expected %zd",
                     PyTuple_GET_SIZE(items) > n ? "many" : "few", self,
                     PyTuple_GET_SIZE(items), n);
        return NULL;
    }
    own PyObject *result = PyList_New(0);
    for (Py_ssize_t i = 0; result && i < PyTuple_GET_SIZE(args); i++) {
        PyObject *arg = PyTuple_GET_ITEM(args, i);
        tri unpack = is_unpacked_typevartuple(arg);
        if (unpack < 0) { return NULL; }
        own PyObject *new = substitute_one(arg, parameters, items);
        if (!new) { return NULL; }
        status done = unpack && PyTuple_Check(new) ? extend(result, new)
                                                   : PyList_Append(result, new);
        if (done < 0) { return NULL; }
    }
    return result ? PyList_AsTuple(result) : NULL;
}

static PyObject *
alias_getitem(PyObject *self, PyObject *item)
{
    if (need_parameters(self) < 0) { return NULL; }
    own PyObject *args = hob_generic_substitute(self, ALIAS(self)->args,
                                                ALIAS(self)->parameters,
                                                item);
    if (!args) { return NULL; }
    PyObject *alias = Py_GenericAlias(ALIAS(self)->origin, args);
    if (alias) { ALIAS(alias)->starred = ALIAS(self)->starred; }
    return alias;
}

/* --- as its origin --- */

static PyObject *
alias_getattro(PyObject *self, PyObject *name)
{
    if (PyUnicode_Check(name)) {
        for (size_t i = 0; i < ARRAY_LEN(own_names); i++) {
            if (_PyUnicode_EqualToASCIIString(name, own_names[i])) {
                return PyObject_GenericGetAttr(self, name);
            }
        }
        return PyObject_GetAttr(ALIAS(self)->origin, name);
    }
    return PyObject_GenericGetAttr(self, name);
}

/* The instance remembers the alias, when it can.  Consumes instance. */
static PyObject *
set_orig_class(STOLEN PyObject *instance, PyObject *self)
{
    if (!instance || PyObject_SetAttr(instance, ID(__orig_class__), self) == 0) {
        return instance;
    }
    if (hob_error_drop(PyExc_AttributeError) || hob_error_drop(PyExc_TypeError)) {
        return instance;
    }
    Py_DECREF(instance);
    return NULL;
}

static PyObject *
alias_vectorcall(PyObject *self, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    PyObject *origin = ALIAS(self)->origin;
    return set_orig_class(hob_call(origin, args, nargsf, kwnames), self);
}

static PyObject *
alias_call(PyObject *self, PyObject *args, PyObject *kwargs)
{
    return set_orig_class(PyObject_Call(ALIAS(self)->origin, args, kwargs), self);
}

/* --- compare --- */

static Py_hash_t
alias_hash(PyObject *self)
{
    Py_hash_t a = PyObject_Hash(ALIAS(self)->origin);
    if (a == -1) { return -1; }
    Py_hash_t b = PyObject_Hash(ALIAS(self)->args);
    if (b == -1) { return -1; }
    Py_hash_t hash = a ^ b;
    return hash == -1 ? -2 : hash;
}

static PyObject *
alias_richcompare(PyObject *self, PyObject *other, int op)
{
    if (!PyObject_TypeCheck(self, &Py_GenericAliasType)
        || !PyObject_TypeCheck(other, &Py_GenericAliasType) || (op != Py_EQ && op != Py_NE)) {
        return Py_NewRef(Py_NotImplemented);
    }
    int equal = ALIAS(self)->starred == ALIAS(other)->starred;
    if (equal) {
        equal = PyObject_RichCompareBool(ALIAS(self)->origin, ALIAS(other)->origin, Py_EQ);
    }
    if (equal > 0) {
        equal = PyObject_RichCompareBool(ALIAS(self)->args, ALIAS(other)->args, Py_EQ);
    }
    return equal < 0 ? NULL : PyBool_FromLong(equal == (op == Py_EQ));
}

/* --- methods --- */

static PyObject *
alias_mro_entries(PyObject *self, PyObject *bases)
{
    return PyTuple_Pack(1, ALIAS(self)->origin);
}

static PyObject *
alias_instancecheck(PyObject *self, PyObject *instance)
{
    PyErr_SetString(PyExc_TypeError,
                    "isinstance() argument 2 cannot be a parameterized generic");
    return NULL;
}

static PyObject *
alias_subclasscheck(PyObject *self, PyObject *cls)
{
    PyErr_SetString(PyExc_TypeError,
                    "issubclass() argument 2 cannot be a parameterized generic");
    return NULL;
}

static PyObject *
alias_reduce(PyObject *self, PyObject *unused)
{
    if (!ALIAS(self)->starred) {
        return Py_BuildValue("O(OO)", Py_TYPE(self), ALIAS(self)->origin, ALIAS(self)->args);
    }
    own PyObject *plain = Py_GenericAlias(ALIAS(self)->origin, ALIAS(self)->args);
    own PyObject *iterator = plain ? PyObject_GetIter(plain) : NULL;
    if (!iterator) { return NULL; }
    return Py_BuildValue("N(O)", _PyEval_GetBuiltin(ID(next)), iterator);
}

static PyObject *
alias_dir(PyObject *self, PyObject *unused)
{
    own PyObject *names = PyObject_Dir(ALIAS(self)->origin);
    for (size_t i = 0; names && i < ARRAY_LEN(own_names); i++) {
        own PyObject *name = PyUnicode_FromString(own_names[i]);
        int known = name ? PySequence_Contains(names, name) : -1;
        if (known < 0 || (!known && PyList_Append(names, name) < 0)) { return NULL; }
    }
    return take(names);
}

static PyObject *
alias_get_parameters(PyObject *self, void *context)
{
    return need_parameters(self) < 0 ? NULL : Py_NewRef(ALIAS(self)->parameters);
}

static PyObject *
alias_get_unpacked_args(PyObject *self, void *context)
{
    bool is_tuple = ALIAS(self)->origin == (PyObject *)&PyTuple_Type;
    return Py_NewRef(ALIAS(self)->starred && is_tuple ? ALIAS(self)->args : Py_None);
}

static PyMethodDef alias_methods[] = {
    {"__mro_entries__", alias_mro_entries, METH_O, NULL},
    {"__instancecheck__", alias_instancecheck, METH_O, NULL},
    {"__subclasscheck__", alias_subclasscheck, METH_O, NULL},
    {"__reduce__", alias_reduce, METH_NOARGS, NULL},
    {"__dir__", alias_dir, METH_NOARGS, NULL},
    {NULL},
};

static PyMemberDef alias_members[] = {
    {"__origin__", T_OBJECT, offsetof(alias_object, origin), READONLY, NULL},
    {"__args__", T_OBJECT, offsetof(alias_object, args), READONLY, NULL},
    {"__unpacked__", T_BOOL, offsetof(alias_object, starred), READONLY, NULL},
    {NULL},
};

static PyGetSetDef alias_getset[] = {
    {"__parameters__", alias_get_parameters, NULL, "Type variables in the GenericAlias.", NULL},
    {"__typing_unpacked_tuple_args__", alias_get_unpacked_args, NULL, NULL, NULL},
    {NULL},
};

/* --- life --- */

static int
alias_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(ALIAS(self)->origin);
    Py_VISIT(ALIAS(self)->args);
    Py_VISIT(ALIAS(self)->parameters);
    return 0;
}

static void
alias_dealloc(PyObject *self)
{
    PyObject_GC_UnTrack(self);
    if (ALIAS(self)->weakrefs) { PyObject_ClearWeakRefs(self); }
    Py_XDECREF(ALIAS(self)->origin);
    Py_XDECREF(ALIAS(self)->args);
    Py_XDECREF(ALIAS(self)->parameters);
    Py_TYPE(self)->tp_free(self);
}

static status
alias_set(PyObject *self, PyObject *origin, PyObject *args)
{
    PyObject *tuple = PyTuple_Check(args) ? Py_NewRef(args) : PyTuple_Pack(1, args);
    if (!tuple) { return -1; }
    ALIAS(self)->origin = Py_NewRef(origin);
    ALIAS(self)->args = tuple;
    ALIAS(self)->vectorcall = PyVectorcall_Function(origin) ? alias_vectorcall : NULL;
    return 0;
}

static PyObject *
alias_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *origin, *arguments;
    if (!_PyArg_NoKeywords("GenericAlias", kwargs)
        || !PyArg_UnpackTuple(args, "GenericAlias", 2, 2, &origin, &arguments)) {
        return NULL;
    }
    own PyObject *self = type->tp_alloc(type, 0);
    if (!self || alias_set(self, origin, arguments) < 0) { return NULL; }
    return take(self);
}

/* --- iteration: once, the starred alias --- */

typedef struct alias_iter {
    PyObject_HEAD
    PyObject *alias;            /* NULL when exhausted */
} alias_iter;

#define ITER(op) ((alias_iter *)(op))

static PyObject *
alias_iter_new(PyObject *self)
{
    alias_iter *iterator = PyObject_GC_New(alias_iter, &hob_genericalias_iter_type);
    if (!iterator) { return NULL; }
    iterator->alias = Py_NewRef(self);
    PyObject_GC_Track(iterator);
    return (PyObject *)iterator;
}

static PyObject *
alias_iter_next(PyObject *op)
{
    if (!ITER(op)->alias) { return NULL; }
    own PyObject *alias = take(ITER(op)->alias);
    PyObject *starred = Py_GenericAlias(ALIAS(alias)->origin, ALIAS(alias)->args);
    if (starred) { ALIAS(starred)->starred = true; }
    return starred;
}

static PyObject *
alias_iter_reduce(PyObject *op, PyObject *unused)
{
    if (ITER(op)->alias) {
        return Py_BuildValue("N(O)", _PyEval_GetBuiltin(ID(iter)), ITER(op)->alias);
    }
    return Py_BuildValue("N(())", _PyEval_GetBuiltin(ID(iter)));
}

static int
alias_iter_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(ITER(op)->alias);
    return 0;
}

static int
alias_iter_clear(PyObject *op)
{
    Py_CLEAR(ITER(op)->alias);
    return 0;
}

static void
alias_iter_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    Py_XDECREF(ITER(op)->alias);
    PyObject_GC_Del(op);
}

static PyMethodDef alias_iter_methods[] = {
    {"__reduce__", alias_iter_reduce, METH_NOARGS, NULL},
    {NULL},
};

PyTypeObject hob_genericalias_iter_type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "generic_alias_iterator",
    .tp_basicsize = sizeof(alias_iter),
    .tp_dealloc = alias_iter_dealloc,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_traverse = alias_iter_traverse,
    .tp_clear = alias_iter_clear,
    .tp_iter = PyObject_SelfIter,
    .tp_iternext = alias_iter_next,
    .tp_methods = alias_iter_methods,
};

/* --- the type --- */

static PyMappingMethods alias_as_mapping = { .mp_subscript = alias_getitem };
static PyNumberMethods alias_as_number = { .nb_or = hob_union_or };

PyDoc_STRVAR(alias_doc,
"GenericAlias(origin, args, /)\n"
"--\n\n"
"Represent a PEP 585 generic type\n\n"
"E.g. for t = list[int], t.__origin__ is list and t.__args__ is (int,).");

PyTypeObject Py_GenericAliasType = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "types.GenericAlias",
    .tp_basicsize = sizeof(alias_object),
    .tp_dealloc = alias_dealloc,
    .tp_vectorcall_offset = offsetof(alias_object, vectorcall),
    .tp_repr = alias_repr,
    .tp_as_number = &alias_as_number,
    .tp_as_mapping = &alias_as_mapping,
    .tp_hash = alias_hash,
    .tp_call = alias_call,
    .tp_getattro = alias_getattro,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE
              | Py_TPFLAGS_HAVE_VECTORCALL,
    .tp_doc = alias_doc,
    .tp_traverse = alias_traverse,
    .tp_richcompare = alias_richcompare,
    .tp_weaklistoffset = offsetof(alias_object, weakrefs),
    .tp_iter = alias_iter_new,
    .tp_methods = alias_methods,
    .tp_members = alias_members,
    .tp_getset = alias_getset,
    .tp_alloc = PyType_GenericAlloc,
    .tp_new = alias_new,
    .tp_free = PyObject_GC_Del,
};

PyObject *
Py_GenericAlias(PyObject *origin, PyObject *args)
{
    own PyObject *self = PyType_GenericAlloc(&Py_GenericAliasType, 0);
    if (!self || alias_set(self, origin, args) < 0) { return NULL; }
    return take(self);
}

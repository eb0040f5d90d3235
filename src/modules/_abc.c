/* _abc.c -- the machinery of abc.ABCMeta: registration and cached answers to
 * isinstance() and issubclass().
 *
 * Layout     every abstract class has an _abc_data as cls._abc_impl:
 *              registry   classes registered as virtual subclasses
 *              yes, no    classes known to be subclasses, or known not to be
 *            each a set of weak references, or NULL while empty.
 * Holds      `no` answers for `counter` only as long as nothing was registered
 *            anywhere since (no_version == counter).
 * Hazard     __subclasshook__, __subclasscheck__ and hashing run Python code.
 */
#include <Python.h>

#include "memory/own.h"
#include "objects/ids.h"

typedef struct abc_data {
    PyObject_HEAD
    PyObject *registry;
    PyObject *yes;
    PyObject *no;
    unsigned long long no_version;
} abc_data;

typedef struct abc_state {
    PyTypeObject *data_type;
    unsigned long long counter; /* registrations so far */
} abc_state;

static inline abc_state *
state_of(PyObject *module)
{
    return PyModule_GetState(module);
}

/* --- _abc_data --- */

static PyObject *
data_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    abc_data *self = (abc_data *)type->tp_alloc(type, 0);
    if (!self) { return NULL; }
    abc_state *state = PyType_GetModuleState(type);
    if (!state) {
        Py_DECREF(self);
        return NULL;
    }
    self->no_version = state->counter;
    return (PyObject *)self;
}

static int
data_traverse(PyObject *op, visitproc visit, void *arg)
{
    abc_data *self = (abc_data *)op;
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(self->registry);
    Py_VISIT(self->yes);
    Py_VISIT(self->no);
    return 0;
}

static int
data_clear(PyObject *op)
{
    abc_data *self = (abc_data *)op;
    Py_CLEAR(self->registry);
    Py_CLEAR(self->yes);
    Py_CLEAR(self->no);
    return 0;
}

static void
data_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    PyTypeObject *type = Py_TYPE(op);
    (void)data_clear(op);
    type->tp_free(op);
    Py_DECREF(type);
}

PyDoc_STRVAR(data_doc, "Internal state held by ABC machinery.");

static PyType_Slot data_slots[] = {
    {Py_tp_doc, (void *)data_doc},
    {Py_tp_new, data_new},
    {Py_tp_dealloc, data_dealloc},
    {Py_tp_traverse, data_traverse},
    {Py_tp_clear, data_clear},
    {0, NULL},
};

static PyType_Spec data_spec = {
    .name = "_abc._abc_data",
    .basicsize = sizeof(abc_data),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .slots = data_slots,
};

/* The data of an abstract class; a new reference. */
static abc_data *
data_of(PyObject *module, PyObject *cls)
{
    PyObject *data = PyObject_GetAttr(cls, ID(_abc_impl));
    if (!data || Py_IS_TYPE(data, state_of(module)->data_type)) { return (abc_data *)data; }
    Py_DECREF(data);
    PyErr_SetString(PyExc_TypeError, "_abc_impl is set to a wrong type");
    return NULL;
}

/* --- sets of weak references --- */

static tri
weakset_contains(PyObject *set, PyObject *cls)
{
    if (!set || PySet_GET_SIZE(set) == 0) { return 0; }
    own PyObject *reference = PyWeakref_NewRef(cls, NULL);
    if (!reference) {
        if (!PyErr_ExceptionMatches(PyExc_TypeError)) { return -1; }
        PyErr_Clear();          /* cannot be referred to weakly: cannot be in there */
        return 0;
    }
    return PySet_Contains(set, reference);
}

/* Weak reference callback: drop the dead reference from its set. */
static PyObject *
weakset_forget(PyObject *set_reference, PyObject *dead)
{
    own PyObject *set = Py_NewRef(PyWeakref_GET_OBJECT(set_reference));
    if (set != Py_None && PySet_Discard(set, dead) < 0) { return NULL; }
    return Py_NewRef(Py_None);
}

static PyMethodDef forget_method = {"_destroy", weakset_forget, METH_O, NULL};

static status
weakset_add(PyObject **set, PyObject *cls)
{
    if (!*set) {
        *set = PySet_New(NULL);
        if (!*set) { return -1; }
    }
    own PyObject *set_reference = PyWeakref_NewRef(*set, NULL);
    if (!set_reference) { return -1; }
    own PyObject *forget = PyCFunction_NewEx(&forget_method, set_reference, NULL);
    own PyObject *reference = forget ? PyWeakref_NewRef(cls, forget) : NULL;
    return reference ? PySet_Add(*set, reference) : -1;
}

static PyObject *
weakset_copy(PyObject *set)
{
    return PySet_New(set);
}

/* --- making a class abstract --- */

/* Add the abstract names of a base that cls does not override. */
static status
inherit_abstract(PyObject *cls, PyObject *base, PyObject *abstracts)
{
    PyObject *found;
    if (_PyObject_LookupAttr(base, ID(__abstractmethods__), &found) < 0) { return -1; }
    own PyObject *names = found;
    own PyObject *iterator = names ? PyObject_GetIter(names) : NULL;
    if (!iterator) { return names ? -1 : 0; }
    for (;;) {
        own PyObject *name = PyIter_Next(iterator);
        if (!name) { return PyErr_Occurred() ? -1 : 0; }
        if (_PyObject_LookupAttr(cls, name, &found) < 0) { return -1; }
        own PyObject *value = found;
        int abstract = value ? _PyObject_IsAbstract(value) : 0;
        if (abstract < 0 || (abstract && PySet_Add(abstracts, name) < 0)) { return -1; }
    }
}

static status
compute_abstract(PyObject *cls)
{
    own PyObject *abstracts = PyFrozenSet_New(NULL);
    own PyObject *namespace = PyObject_GetAttr(cls, ID(__dict__));
    own PyObject *items = namespace ? PyMapping_Items(namespace) : NULL;
    if (!abstracts || !items) { return -1; }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(items); i++) {
        own PyObject *pair = PySequence_Tuple(PyList_GET_ITEM(items, i));
        if (!pair) { return -1; }
        if (PyTuple_GET_SIZE(pair) != 2) {
            PyErr_SetString(PyExc_TypeError, "Iteration over __dict__.items() gave no pairs");
            return -1;
        }
        int abstract = _PyObject_IsAbstract(PyTuple_GET_ITEM(pair, 1));
        if (abstract < 0 || (abstract && PySet_Add(abstracts, PyTuple_GET_ITEM(pair, 0)) < 0)) {
            return -1;
        }
    }
    own PyObject *bases = PyObject_GetAttr(cls, ID(__bases__));
    if (!bases) { return -1; }
    if (!PyTuple_Check(bases)) {
        PyErr_SetString(PyExc_TypeError, "__bases__ is not tuple");
        return -1;
    }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(bases); i++) {
        if (inherit_abstract(cls, PyTuple_GET_ITEM(bases, i), abstracts) < 0) { return -1; }
    }
    return PyObject_SetAttr(cls, ID(__abstractmethods__), abstracts);
}

enum { COLLECTION = Py_TPFLAGS_SEQUENCE | Py_TPFLAGS_MAPPING };

/* __abc_tpflags__ in a class body says that match statements shall see the class as
 * a sequence or a mapping. */
static status
take_collection_flags(PyObject *cls)
{
    if (!PyType_Check(cls)) { return 0; }
    PyTypeObject *type = (PyTypeObject *)cls;
    PyObject *flags = PyDict_GetItemWithError(type->tp_dict, ID(__abc_tpflags__));
    if (!flags) { return PyErr_Occurred() ? -1 : 0; }
    if (!PyLong_CheckExact(flags)) { return 0; }
    long bits = PyLong_AsLong(flags);
    if (bits == -1 && PyErr_Occurred()) { return -1; }
    if ((bits & COLLECTION) == COLLECTION) {
        PyErr_SetString(PyExc_TypeError, "__abc_tpflags__ cannot be both "
                        "Py_TPFLAGS_SEQUENCE and Py_TPFLAGS_MAPPING");
        return -1;
    }
    type->tp_flags |= (unsigned long)bits & COLLECTION;
    return PyDict_DelItem(type->tp_dict, ID(__abc_tpflags__));
}

/** _abc_init($module, self, /)
 *
 *  Give a new abstract base class its state and its set of abstract names.
 */
static PyObject *
abc_init(PyObject *module, PyObject *self)
{
    if (compute_abstract(self) < 0) { return NULL; }
    own PyObject *data = data_new(state_of(module)->data_type, NULL, NULL);
    if (!data || PyObject_SetAttr(self, ID(_abc_impl), data) < 0) { return NULL; }
    return take_collection_flags(self) < 0 ? NULL : Py_NewRef(Py_None);
}

/* --- register --- */

/* Give a registered class, and its subclasses, the flags of the abstract one. */
static status
spread_flags(PyTypeObject *type, unsigned long flags)
{
    if ((type->tp_flags & Py_TPFLAGS_IMMUTABLETYPE) || (type->tp_flags & COLLECTION) == flags) {
        return 0;
    }
    type->tp_flags = (type->tp_flags & ~(unsigned long)COLLECTION) | flags;
    own PyObject *subclasses = PyObject_CallMethod((PyObject *)type, "__subclasses__", NULL);
    if (!subclasses || !PyList_Check(subclasses)) {
        PyErr_Clear();          /* a metaclass that answers otherwise keeps its flags */
        return 0;
    }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(subclasses); i++) {
        if (spread_flags((PyTypeObject *)PyList_GET_ITEM(subclasses, i), flags) < 0) {
            return -1;
        }
    }
    return 0;
}

/** _abc_register($module, self, subclass, /)
 *
 *  Enter subclass into the registry; what ABCMeta.register() does.
 */
static PyObject *
abc_register(PyObject *module, PyObject *self, PyObject *subclass)
{
    if (!PyType_Check(subclass)) {
        PyErr_SetString(PyExc_TypeError, "Can only register classes");
        return NULL;
    }
    int known = PyObject_IsSubclass(subclass, self);
    if (known) { return known < 0 ? NULL : Py_NewRef(subclass); }
    int cycle = PyObject_IsSubclass(self, subclass);
    if (cycle < 0) { return NULL; }
    if (cycle) {
        PyErr_SetString(PyExc_RuntimeError, "Refusing to create an inheritance cycle");
        return NULL;
    }
    own abc_data *data = data_of(module, self);
    if (!data || weakset_add(&data->registry, subclass) < 0) { return NULL; }
    state_of(module)->counter++;        /* no `no` holds any more */
    if (PyType_Check(self)) {
        unsigned long flags = PyType_GetFlags((PyTypeObject *)self) & COLLECTION;
        if (flags && spread_flags((PyTypeObject *)subclass, flags) < 0) { return NULL; }
    }
    return Py_NewRef(subclass);
}

/* --- isinstance --- */

static PyObject *
ask_subclasscheck(PyObject *cls, PyObject *subclass)
{
    return PyObject_CallMethodOneArg(cls, ID(__subclasscheck__), subclass);
}

/** _abc_instancecheck($module, self, instance, /)
 *
 *  What isinstance() asks of an abstract base class.
 */
static PyObject *
abc_instancecheck(PyObject *module, PyObject *self, PyObject *instance)
{
    own abc_data *data = data_of(module, self);
    if (!data) { return NULL; }
    own PyObject *subclass = PyObject_GetAttr(instance, ID(__class__));
    if (!subclass) { return NULL; }
    tri known = weakset_contains(data->yes, subclass);
    if (known) { return known < 0 ? NULL : Py_NewRef(Py_True); }

    PyObject *subtype = (PyObject *)Py_TYPE(instance);
    if (subtype == subclass) {
        if (data->no_version == state_of(module)->counter) {
            known = weakset_contains(data->no, subclass);
            if (known) { return known < 0 ? NULL : Py_NewRef(Py_False); }
        }
        return ask_subclasscheck(self, subclass);
    }
    own PyObject *result = ask_subclasscheck(self, subclass);
    if (!result) { return NULL; }
    int truth = PyObject_IsTrue(result);
    if (truth < 0) { return NULL; }
    return truth ? take(result) : ask_subclasscheck(self, subtype);
}

/* --- issubclass --- */

/* The cache that `subclass` belongs in gets it; the answer comes back. */
static PyObject *
remember(abc_data *data, PyObject *subclass, bool answer)
{
    if (weakset_add(answer ? &data->yes : &data->no, subclass) < 0) { return NULL; }
    return Py_NewRef(answer ? Py_True : Py_False);
}

static tri
is_in_mro(PyObject *cls, PyObject *subclass)
{
    PyObject *mro = ((PyTypeObject *)subclass)->tp_mro;
    for (Py_ssize_t i = 0; mro && i < PyTuple_GET_SIZE(mro); i++) {
        if (PyTuple_GET_ITEM(mro, i) == cls) { return 1; }
    }
    return 0;
}

/* Is subclass derived from something registered? */
static tri
ask_registry(abc_data *data, PyObject *subclass)
{
    tri known = weakset_contains(data->registry, subclass);
    if (known || !data->registry) { return known; }
    own PyObject *copy = PySequence_List(data->registry);       /* asking may change it */
    if (!copy) { return -1; }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(copy); i++) {
        own PyObject *registered = Py_NewRef(PyWeakref_GetObject(PyList_GET_ITEM(copy, i)));
        if (registered == Py_None) { continue; }
        tri answer = PyObject_IsSubclass(subclass, registered);
        if (answer) { return answer; }
    }
    return 0;
}

/* Is subclass a virtual subclass of something that derives from cls? */
static tri
ask_subclasses(PyObject *cls, PyObject *subclass)
{
    own PyObject *subclasses = PyObject_CallMethod(cls, "__subclasses__", NULL);
    if (!subclasses) { return -1; }
    if (!PyList_Check(subclasses)) {
        PyErr_SetString(PyExc_TypeError, "__subclasses__() must return a list");
        return -1;
    }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(subclasses); i++) {
        own PyObject *one = Py_NewRef(PyList_GET_ITEM(subclasses, i));
        tri answer = PyObject_IsSubclass(subclass, one);
        if (answer) { return answer; }
    }
    return 0;
}

/* Answer from the caches: 1, 0, or 2 for "not known". */
static int
ask_caches(abc_data *data, PyObject *subclass, unsigned long long counter)
{
    tri known = weakset_contains(data->yes, subclass);
    if (known) { return known; }
    if (data->no_version < counter) {
        if (data->no && PySet_Clear(data->no) < 0) { return -1; }
        data->no_version = counter;
        return 2;
    }
    known = weakset_contains(data->no, subclass);
    return known < 0 ? -1 : known ? 0 : 2;
}

/** _abc_subclasscheck($module, self, subclass, /)
 *
 *  What issubclass() asks of an abstract base class.
 */
static PyObject *
abc_subclasscheck(PyObject *module, PyObject *self, PyObject *subclass)
{
    if (!PyType_Check(subclass)) {
        PyErr_SetString(PyExc_TypeError, "issubclass() arg 1 must be a class");
        return NULL;
    }
    own abc_data *data = data_of(module, self);
    if (!data) { return NULL; }
    int known = ask_caches(data, subclass, state_of(module)->counter);
    if (known != 2) { return known < 0 ? NULL : PyBool_FromLong(known); }

    own PyObject *hooked = PyObject_CallMethodOneArg(self, ID(__subclasshook__), subclass);
    if (!hooked) { return NULL; }
    if (hooked == Py_True || hooked == Py_False) {
        return remember(data, subclass, hooked == Py_True);
    }
    if (hooked != Py_NotImplemented) {
        PyErr_SetString(PyExc_AssertionError,
                        "__subclasshook__ must return either False, True, or NotImplemented");
        return NULL;
    }
    tri answer = is_in_mro(self, subclass);
    if (!answer) { answer = ask_registry(data, subclass); }
    if (!answer) { answer = ask_subclasses(self, subclass); }
    return answer < 0 ? NULL : remember(data, subclass, answer);
}

/* --- for tests and debugging --- */

/** get_cache_token($module, /)
 *
 *  A number that changes whenever any abstract base class registers a class;
 *  who caches answers about virtual subclasses compares it.
 */
static PyObject *
abc_get_cache_token(PyObject *module)
{
    return PyLong_FromUnsignedLongLong(state_of(module)->counter);
}

/** _reset_registry($module, self, /)
 *
 *  Internal ABC helper to reset registry of a given class.
 */
static PyObject *
abc_reset_registry(PyObject *module, PyObject *self)
{
    own abc_data *data = data_of(module, self);
    if (!data || (data->registry && PySet_Clear(data->registry) < 0)) { return NULL; }
    return Py_NewRef(Py_None);
}

/** _reset_caches($module, self, /)
 *
 *  Internal ABC helper to reset both caches of a given class.
 */
static PyObject *
abc_reset_caches(PyObject *module, PyObject *self)
{
    own abc_data *data = data_of(module, self);
    if (!data || (data->yes && PySet_Clear(data->yes) < 0)
        || (data->no && PySet_Clear(data->no) < 0)) {
        return NULL;
    }
    return Py_NewRef(Py_None);
}

/** _get_dump($module, self, /)
 *
 *  Copies of registry, cache and negative cache, and the latter's version:
 *  for ABC._dump_registry() alone.
 */
static PyObject *
abc_get_dump(PyObject *module, PyObject *self)
{
    own abc_data *data = data_of(module, self);
    if (!data) { return NULL; }
    return Py_BuildValue("NNNK", weakset_copy(data->registry), weakset_copy(data->yes),
                         weakset_copy(data->no), data->no_version);
}

#include "gen/modules/_abc.bind.h"

/* --- the module --- */

static int
module_exec(PyObject *module)
{
    abc_state *state = state_of(module);
    state->data_type = (PyTypeObject *)PyType_FromModuleAndSpec(module, &data_spec, NULL);
    return state->data_type ? 0 : -1;
}

static int
module_traverse(PyObject *module, visitproc visit, void *arg)
{
    Py_VISIT(state_of(module)->data_type);
    return 0;
}

static int
module_clear(PyObject *module)
{
    Py_CLEAR(state_of(module)->data_type);
    return 0;
}

static PyModuleDef_Slot module_slots[] = {
    {Py_mod_exec, module_exec},
    {0, NULL},
};

static struct PyModuleDef module_def = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_abc",
    .m_doc = "What abc.ABCMeta does at each isinstance(), issubclass() and register().",
    .m_size = sizeof(abc_state),
    .m_methods = module_methods,
    .m_slots = module_slots,
    .m_traverse = module_traverse,
    .m_clear = module_clear,
};

PyMODINIT_FUNC
PyInit__abc(void)
{
    return PyModuleDef_Init(&module_def);
}

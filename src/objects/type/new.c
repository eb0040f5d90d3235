/* new.c -- type(name, bases, namespace): make a class.
 *
 * Steps      metaclass and best base -> __slots__ -> the class object with its
 *            layout -> names that the statement gave a meaning to (__module__,
 *            __qualname__, __doc__, __classcell__ ..) -> PyType_Ready -> slots
 *            -> __set_name__ -> __init_subclass__.
 * Layout     PyHeapTypeObject, fields of the metatype, then Py_SIZE PyMemberDefs
 *            for __slots__.
 * Next       alloc.c (what instances look like), slots_update.c
 */
#include "objects/dict/keys.h"
#include "objects/type/type_int.h"

/* What one class statement asks for, while it is being carried out. */
typedef struct class_plan {
    PyTypeObject *metatype;     /* borrowed, as all here but slots */
    PyTypeObject *base;
    PyObject *bases;
    PyObject *name;
    PyObject *namespace;        /* owned copy */
    PyObject *slots;            /* owned tuple of mangled names, or NULL */
    Py_ssize_t n_slots;
    bool may_add_dict, may_add_weak;
    bool add_dict, add_weak;
} class_plan;

/* --- __slots__ --- */

/* __name inside class C means _C__name. */
static PyObject *
mangle(PyObject *class_name, PyObject *name)
{
    Py_ssize_t n = PyUnicode_GET_LENGTH(name);
    bool private = n >= 3
        && PyUnicode_READ_CHAR(name, 0) == '_' && PyUnicode_READ_CHAR(name, 1) == '_'
        && !(PyUnicode_READ_CHAR(name, n - 1) == '_' && PyUnicode_READ_CHAR(name, n - 2) == '_')
        && PyUnicode_FindChar(name, '.', 0, n, 1) < 0;
    if (!private) { return Py_NewRef(name); }
    Py_ssize_t start = 0, end = PyUnicode_GET_LENGTH(class_name);
    while (start < end && PyUnicode_READ_CHAR(class_name, start) == '_') { start++; }
    if (start == end) { return Py_NewRef(name); }
    own PyObject *bare = PyUnicode_Substring(class_name, start, end);
    return bare ? PyUnicode_FromFormat("_%U%U", bare, name) : NULL;
}

static status
slot_name_check(PyObject *name)
{
    if (!PyUnicode_Check(name)) {
        PyErr_Format(PyExc_TypeError, "__slots__ items must be strings, not '%.200s'",
                     Py_TYPE(name)->tp_name);
        return -1;
    }
    if (!PyUnicode_IsIdentifier(name)) {
        PyErr_SetString(PyExc_TypeError, "__slots__ must be identifiers");
        return -1;
    }
    return 0;
}

/* Note __dict__ and __weakref__ among the names. */
static status
slots_scan(class_plan *plan, PyObject *names)
{
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(names); i++) {
        PyObject *name = PyTuple_GET_ITEM(names, i);
        if (slot_name_check(name) < 0) { return -1; }
        if (_PyUnicode_EQ(name, ID(__dict__))) {
            if (!plan->may_add_dict || plan->add_dict) {
                PyErr_SetString(PyExc_TypeError,
                                "__dict__ slot disallowed: we already got one");
                return -1;
            }
            plan->add_dict = true;
        }
        if (_PyUnicode_EQ(name, ID(__weakref__))) {
            if (!plan->may_add_weak || plan->add_weak) {
                PyErr_SetString(PyExc_TypeError,
                                "__weakref__ slot disallowed: either we already "
                                "got one, or __itemsize__ != 0");
                return -1;
            }
            plan->add_weak = true;
        }
    }
    return 0;
}

/* The names that become words of the instance: mangled, sorted. */
static status
slots_choose(class_plan *plan, PyObject *names)
{
    own PyObject *chosen = PyList_New(0);
    if (!chosen) { return -1; }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(names); i++) {
        PyObject *name = PyTuple_GET_ITEM(names, i);
        if (_PyUnicode_EQ(name, ID(__dict__)) || _PyUnicode_EQ(name, ID(__weakref__))) {
            continue;
        }
        own PyObject *full = mangle(plan->name, name);
        if (!full) { return -1; }
        PyUnicode_InternInPlace(&full);
        if (PyList_Append(chosen, full) < 0) { return -1; }
        int known = PyDict_Contains(plan->namespace, full);
        if (known < 0) { return -1; }
        if (known && !_PyUnicode_EQ(full, ID(__qualname__))
            && !_PyUnicode_EQ(full, ID(__classcell__))) {
            PyErr_Format(PyExc_ValueError, "%R in __slots__ conflicts with class variable",
                         full);
            return -1;
        }
    }
    if (PyList_Sort(chosen) < 0) { return -1; }
    plan->slots = PyList_AsTuple(chosen);
    if (!plan->slots) { return -1; }
    plan->n_slots = PyTuple_GET_SIZE(plan->slots);
    return 0;
}

/* A further base with a dict or weak references makes the class have them too. */
static void
slots_from_other_bases(class_plan *plan)
{
    PyObject *bases = plan->bases;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(bases); i++) {
        PyTypeObject *base = (PyTypeObject *)PyTuple_GET_ITEM(bases, i);
        if (base == plan->base) { continue; }
        if (plan->may_add_dict && base->tp_dictoffset) { plan->add_dict = true; }
        if (plan->may_add_weak && base->tp_weaklistoffset) { plan->add_weak = true; }
    }
}

static status
plan_slots(class_plan *plan)
{
    plan->may_add_dict = plan->base->tp_dictoffset == 0;
    plan->may_add_weak = plan->base->tp_weaklistoffset == 0 && plan->base->tp_itemsize == 0;

    PyObject *given = PyDict_GetItemWithError(plan->namespace, ID(__slots__));
    if (!given) {
        if (PyErr_Occurred()) { return -1; }
        plan->add_dict = plan->may_add_dict;
        plan->add_weak = plan->may_add_weak;
        return 0;
    }
    own PyObject *names = PyUnicode_Check(given) ? PyTuple_Pack(1, given)
        : PySequence_Tuple(given);
    if (!names) { return -1; }
    if (PyTuple_GET_SIZE(names) > 0 && plan->base->tp_itemsize != 0) {
        PyErr_Format(PyExc_TypeError, "nonempty __slots__ not supported for subtype of '%s'",
                     plan->base->tp_name);
        return -1;
    }
    if (slots_scan(plan, names) < 0 || slots_choose(plan, names) < 0) { return -1; }
    slots_from_other_bases(plan);
    return 0;
}

/* --- the class object --- */

static status
set_name(PyTypeObject *type, PyObject *name)
{
    Py_ssize_t n;
    const char *text = PyUnicode_AsUTF8AndSize(name, &n);
    if (!text) { return -1; }
    if (strlen(text) != (size_t)n) {
        PyErr_SetString(PyExc_ValueError, "type name must not contain null characters");
        return -1;
    }
    type->tp_name = text;
    return 0;
}

/* Words for __slots__, weak references and dict; sizes and offsets. */
static status
lay_out(PyTypeObject *type, const class_plan *plan)
{
    PyTypeObject *base = plan->base;
    Py_ssize_t offset = base->tp_basicsize;
    PyMemberDef *member = hob_type_slot_members(type);
    for (Py_ssize_t i = 0; i < plan->n_slots; i++, member++) {
        member->name = PyUnicode_AsUTF8(PyTuple_GET_ITEM(plan->slots, i));
        if (!member->name) { return -1; }
        member->type = T_OBJECT_EX;
        member->offset = offset;
        offset += sizeof(PyObject *);
    }
    if (plan->add_weak) {
        type->tp_weaklistoffset = offset;
        offset += sizeof(PyObject *);
    }
    if (plan->add_dict) {
        if (base->tp_itemsize) {
            type->tp_dictoffset = -(Py_ssize_t)sizeof(PyObject *);
            offset += sizeof(PyObject *);
        }
        else {
            type->tp_flags |= Py_TPFLAGS_MANAGED_DICT;
            type->tp_dictoffset = -offset - 3 * (Py_ssize_t)sizeof(PyObject *);
        }
    }
    type->tp_basicsize = offset;
    type->tp_itemsize = base->tp_itemsize;
    type->tp_members = hob_type_slot_members(type);
    type->tp_getset = plan->add_dict && plan->add_weak ? hob_subtype_getset_full
                    : plan->add_dict ? hob_subtype_getset_dict
                    : plan->add_weak ? hob_subtype_getset_weakref : NULL;
    return 0;
}

/* Allocate and fill everything that does not depend on the namespace's values. */
static PyTypeObject *
make_object(const class_plan *plan)
{
    PyTypeObject *type = (PyTypeObject *)plan->metatype->tp_alloc(plan->metatype,
                                                                  plan->n_slots);
    if (!type) { return NULL; }
    PyHeapTypeObject *heap = (PyHeapTypeObject *)type;
    type->tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HEAPTYPE | Py_TPFLAGS_BASETYPE
                   /* any instance can close a cycle with its class */
                   | Py_TPFLAGS_HAVE_GC;
    heap->ht_name = Py_NewRef(plan->name);
    heap->ht_slots = Py_XNewRef(plan->slots);
    type->tp_bases = Py_NewRef(plan->bases);
    type->tp_base = (PyTypeObject *)Py_NewRef(plan->base);
    type->tp_dict = Py_NewRef(plan->namespace);

    type->tp_as_async = &heap->as_async;
    type->tp_as_sequence = &heap->as_sequence;
    type->tp_as_mapping = &heap->as_mapping;
    type->tp_as_number = &heap->as_number;
    type->tp_as_buffer = &heap->as_buffer;

    type->tp_dealloc = hob_subtype_dealloc;
    type->tp_alloc = PyType_GenericAlloc;
    type->tp_free = PyObject_GC_Del;
    type->tp_traverse = hob_subtype_traverse;
    type->tp_clear = hob_subtype_clear;
    if (set_name(type, plan->name) < 0 || lay_out(type, plan) < 0) {
        Py_DECREF(type);
        return NULL;
    }
    return type;
}

/* --- names with a meaning --- */

static status
set_module(PyTypeObject *type)
{
    int known = PyDict_Contains(type->tp_dict, ID(__module__));
    if (known) { return known < 0 ? -1 : 0; }
    PyObject *globals = PyEval_GetGlobals();
    if (!globals) { return 0; }
    PyObject *module = PyDict_GetItemWithError(globals, ID(__name__));
    if (!module) { return PyErr_Occurred() ? -1 : 0; }
    return PyDict_SetItem(type->tp_dict, ID(__module__), module);
}

static status
set_qualname(PyTypeObject *type)
{
    PyHeapTypeObject *heap = (PyHeapTypeObject *)type;
    PyObject *qualname = PyDict_GetItemWithError(type->tp_dict, ID(__qualname__));
    if (!qualname) {
        if (PyErr_Occurred()) { return -1; }
        heap->ht_qualname = Py_NewRef(heap->ht_name);
        return 0;
    }
    if (!PyUnicode_Check(qualname)) {
        PyErr_Format(PyExc_TypeError, "type __qualname__ must be a str, not %s",
                     Py_TYPE(qualname)->tp_name);
        return -1;
    }
    heap->ht_qualname = Py_NewRef(qualname);
    return PyDict_DelItem(type->tp_dict, ID(__qualname__));
}

static status
set_doc(PyTypeObject *type)
{
    PyObject *doc = PyDict_GetItemWithError(type->tp_dict, ID(__doc__));
    if (!doc) { return PyErr_Occurred() ? -1 : 0; }
    if (!PyUnicode_Check(doc)) { return 0; }
    Py_ssize_t n;
    const char *text = PyUnicode_AsUTF8AndSize(doc, &n);
    if (!text) { return -1; }
    char *copy = PyObject_Malloc((size_t)n + 1);
    if (!copy) {
        PyErr_NoMemory();
        return -1;
    }
    memcpy(copy, text, (size_t)n + 1);
    type->tp_doc = copy;
    return 0;
}

/* A plain function of this name is made a static or class method. */
static status
wrap_function(PyTypeObject *type, PyObject *name, PyObject *(*wrap)(PyObject *))
{
    PyObject *func = PyDict_GetItemWithError(type->tp_dict, name);
    if (!func) { return PyErr_Occurred() ? -1 : 0; }
    if (!PyFunction_Check(func)) { return 0; }
    own PyObject *wrapped = wrap(func);
    return wrapped ? PyDict_SetItem(type->tp_dict, name, wrapped) : -1;
}

/* Fill the cell through which methods see __class__. */
static status
set_class_cell(PyTypeObject *type)
{
    PyObject *cell = PyDict_GetItemWithError(type->tp_dict, ID(__classcell__));
    if (!cell) { return PyErr_Occurred() ? -1 : 0; }
    if (!PyCell_Check(cell)) {
        PyErr_Format(PyExc_TypeError, "__classcell__ must be a nonlocal cell, not %.200R",
                     Py_TYPE(cell));
        return -1;
    }
    (void)PyCell_Set(cell, (PyObject *)type);
    return PyDict_DelItem(type->tp_dict, ID(__classcell__));
}

static status
set_names_with_meaning(PyTypeObject *type)
{
    if (set_module(type) < 0 || set_qualname(type) < 0 || set_doc(type) < 0
        || wrap_function(type, ID(__new__), PyStaticMethod_New) < 0
        || wrap_function(type, ID(__init_subclass__), PyClassMethod_New) < 0
        || wrap_function(type, ID(__class_getitem__), PyClassMethod_New) < 0
        || set_class_cell(type) < 0) {
        return -1;
    }
    return 0;
}

/* --- after the class exists --- */

static status
tell_name(PyTypeObject *type, PyObject *name, PyObject *value)
{
    bool unbound;
    own PyObject *method = hob_special_get(value, ID(__set_name__), &unbound);
    if (!method) { return PyErr_Occurred() ? -1 : 0; }
    PyObject *args[] = {value, (PyObject *)type, name};
    own PyObject *result = hob_call(method, args + !unbound, 2 + unbound, NULL);
    if (result) { return 0; }
    _PyErr_FormatFromCause(PyExc_RuntimeError,
                           "Error calling __set_name__ on '%.100s' instance %R in '%.100s'",
                           Py_TYPE(value)->tp_name, name, type->tp_name);
    return -1;
}

/* Call __set_name__ of every value; over a copy, since it may change the class. */
static status
tell_names(PyTypeObject *type)
{
    own PyObject *names = PyDict_Copy(type->tp_dict);
    if (!names) { return -1; }
    Py_ssize_t at = 0;
    PyObject *name, *value;
    while (PyDict_Next(names, &at, &name, &value)) {
        if (tell_name(type, name, value) < 0) { return -1; }
    }
    return 0;
}

static status
tell_base(PyTypeObject *type, PyObject *kwargs)
{
    if (!kwargs || PyDict_GET_SIZE(kwargs) == 0) {      /* object's does nothing */
        PyTypeObject *base = type->tp_base;
        if (base == &PyBaseObject_Type && PyTuple_GET_SIZE(type->tp_mro) == 2) { return 0; }
    }
    own PyObject *method = hob_super_getattr(type, (PyObject *)type, ID(__init_subclass__),
                                             NULL);
    if (!method) { return -1; }
    own PyObject *result = PyObject_VectorcallDict(method, NULL, 0, kwargs);
    return result ? 0 : -1;
}

/* --- type.__new__ --- */

static status
check_bases(PyObject *bases)
{
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(bases); i++) {
        PyObject *base = PyTuple_GET_ITEM(bases, i);
        if (PyType_Check(base)) { continue; }
        PyObject *found;
        if (_PyObject_LookupAttr(base, ID(__mro_entries__), &found) < 0) { return -1; }
        if (!found) { continue; }
        Py_DECREF(found);
        PyErr_SetString(PyExc_TypeError,
                        "type() doesn't support MRO entry resolution; use types.new_class()");
        return -1;
    }
    return 0;
}

static PyTypeObject *
build(class_plan *plan, PyObject *kwargs)
{
    if (plan_slots(plan) < 0) { return NULL; }
    own PyTypeObject *type = make_object(plan);
    if (!type || set_names_with_meaning(type) < 0 || PyType_Ready(type) < 0) { return NULL; }
    if (type->tp_dictoffset) {
        ((PyHeapTypeObject *)type)->ht_cached_keys = hob_keys_new_shared();
        if (!((PyHeapTypeObject *)type)->ht_cached_keys) { return NULL; }
    }
    hob_slots_fill(type);
    if (Py_TYPE(type)->tp_call == hob_type_call) { type->tp_vectorcall = hob_class_vectorcall; }
    if (tell_names(type) < 0 || tell_base(type, kwargs) < 0) { return NULL; }
    DEEP(hob_type_check(type));
    return take(type);
}

PyObject *
hob_type_new(PyTypeObject *metatype, PyObject *args, PyObject *kwargs)
{
    class_plan plan = {.metatype = metatype};
    PyObject *given;
    if (!PyArg_ParseTuple(args, "UO!O!:type.__new__", &plan.name, &PyTuple_Type, &plan.bases,
                          &PyDict_Type, &given)) {
        return NULL;
    }
    if (check_bases(plan.bases) < 0) { return NULL; }
    plan.metatype = _PyType_CalculateMetaclass(metatype, plan.bases);
    if (!plan.metatype) { return NULL; }
    if (plan.metatype != metatype && plan.metatype->tp_new != hob_type_new) {
        return plan.metatype->tp_new(plan.metatype, args, kwargs);
    }
    own PyObject *bases = PyTuple_GET_SIZE(plan.bases)
        ? Py_NewRef(plan.bases) : PyTuple_Pack(1, &PyBaseObject_Type);
    if (!bases) { return NULL; }
    plan.bases = bases;
    plan.base = hob_mro_best_base(bases);
    if (!plan.base) { return NULL; }
    plan.namespace = PyDict_Copy(given);
    if (!plan.namespace) { return NULL; }
    PyObject *type = (PyObject *)build(&plan, kwargs);
    Py_DECREF(plan.namespace);
    Py_XDECREF(plan.slots);
    return type;
}

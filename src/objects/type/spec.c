/* spec.c -- heap types from C: PyType_FromSpec and its kin, PyType_GetSlot, and
 * the module behind a type.
 *
 * Holds      nothing of the spec is kept: name, doc and members are copied.
 */
#include "objects/dict/keys.h"
#include "objects/type/type_int.h"

/* --- slot numbers of the stable ABI --- */

#define TP(slot) [Py_##slot] = offsetof(PyHeapTypeObject, ht_type.slot)
#define AM(slot) [Py_##slot] = offsetof(PyHeapTypeObject, as_async.slot)
#define NB(slot) [Py_##slot] = offsetof(PyHeapTypeObject, as_number.slot)
#define MP(slot) [Py_##slot] = offsetof(PyHeapTypeObject, as_mapping.slot)
#define SQ(slot) [Py_##slot] = offsetof(PyHeapTypeObject, as_sequence.slot)
#define BF(slot) [Py_##slot] = offsetof(PyHeapTypeObject, as_buffer.slot)

static const short slot_offsets[] = {
    BF(bf_getbuffer), BF(bf_releasebuffer),
    MP(mp_ass_subscript), MP(mp_length), MP(mp_subscript),
    NB(nb_absolute), NB(nb_add), NB(nb_and), NB(nb_bool), NB(nb_divmod), NB(nb_float),
    NB(nb_floor_divide), NB(nb_index), NB(nb_inplace_add), NB(nb_inplace_and),
    NB(nb_inplace_floor_divide), NB(nb_inplace_lshift), NB(nb_inplace_multiply),
    NB(nb_inplace_or), NB(nb_inplace_power), NB(nb_inplace_remainder), NB(nb_inplace_rshift),
    NB(nb_inplace_subtract), NB(nb_inplace_true_divide), NB(nb_inplace_xor), NB(nb_int),
    NB(nb_invert), NB(nb_lshift), NB(nb_multiply), NB(nb_negative), NB(nb_or), NB(nb_positive),
    NB(nb_power), NB(nb_remainder), NB(nb_rshift), NB(nb_subtract), NB(nb_true_divide),
    NB(nb_xor), NB(nb_matrix_multiply), NB(nb_inplace_matrix_multiply),
    SQ(sq_ass_item), SQ(sq_concat), SQ(sq_contains), SQ(sq_inplace_concat),
    SQ(sq_inplace_repeat), SQ(sq_item), SQ(sq_length), SQ(sq_repeat),
    TP(tp_alloc), TP(tp_base), TP(tp_bases), TP(tp_call), TP(tp_clear), TP(tp_dealloc),
    TP(tp_del), TP(tp_descr_get), TP(tp_descr_set), TP(tp_doc), TP(tp_getattr), TP(tp_getattro),
    TP(tp_hash), TP(tp_init), TP(tp_is_gc), TP(tp_iter), TP(tp_iternext), TP(tp_methods),
    TP(tp_new), TP(tp_repr), TP(tp_richcompare), TP(tp_setattr), TP(tp_setattro), TP(tp_str),
    TP(tp_traverse), TP(tp_members), TP(tp_getset), TP(tp_free), TP(tp_finalize),
    AM(am_await), AM(am_aiter), AM(am_anext), AM(am_send),
};

enum { N_SLOT_IDS = sizeof slot_offsets / sizeof slot_offsets[0] };

/* --- what the spec says, before the type exists --- */

typedef struct spec_plan {
    PyMemberDef *members;       /* of the spec, or NULL */
    Py_ssize_t n_members;
    Py_ssize_t weaklist_offset, dict_offset, vectorcall_offset;
    PyTypeObject *base;         /* borrowed */
    PyObject *bases;            /* owned tuple */
} spec_plan;

static status
plan_members(spec_plan *plan, PyMemberDef *members)
{
    if (plan->members) {
        PyErr_SetString(PyExc_SystemError, "Multiple Py_tp_members slots are not supported.");
        return -1;
    }
    plan->members = members;
    for (PyMemberDef *m = members; m && m->name; m++) {
        plan->n_members++;
        const struct { const char *name; Py_ssize_t *offset; } special[] = {
            {"__weaklistoffset__", &plan->weaklist_offset},
            {"__dictoffset__", &plan->dict_offset},
            {"__vectorcalloffset__", &plan->vectorcall_offset},
        };
        for (size_t i = 0; i < ARRAY_LEN(special); i++) {
            if (strcmp(m->name, special[i].name) == 0) { *special[i].offset = m->offset; }
        }
    }
    return 0;
}

static status
plan_slots(spec_plan *plan, const PyType_Spec *spec, PyTypeObject **base, PyObject **bases)
{
    for (const PyType_Slot *slot = spec->slots; slot->slot; slot++) {
        if (slot->slot < 0 || slot->slot >= N_SLOT_IDS) {
            PyErr_SetString(PyExc_RuntimeError, "invalid slot offset");
            return -1;
        }
        switch (slot->slot) {
        case Py_tp_members:
            if (plan_members(plan, slot->pfunc) < 0) { return -1; }
            break;
        case Py_tp_base:
            *base = slot->pfunc;
            break;
        case Py_tp_bases:
            *bases = slot->pfunc;
            break;
        }
    }
    return 0;
}

/* Bases: the argument, or else the spec's. */
static status
plan_bases(spec_plan *plan, PyObject *given, PyTypeObject *slot_base, PyObject *slot_bases)
{
    PyObject *bases = given ? given : slot_bases;
    if (!bases) { bases = slot_base ? (PyObject *)slot_base : (PyObject *)&PyBaseObject_Type; }
    plan->bases = PyTuple_Check(bases) ? Py_NewRef(bases) : PyTuple_Pack(1, bases);
    if (!plan->bases) { return -1; }
    if (!given && !slot_bases && slot_base) {
        plan->base = slot_base;
    }
    else {
        plan->base = hob_mro_best_base(plan->bases);
        if (!plan->base) { return -1; }
    }
    if (!PyType_HasFeature(plan->base, Py_TPFLAGS_BASETYPE)) {
        PyErr_Format(PyExc_TypeError, "type '%.100s' is not an acceptable base type",
                     plan->base->tp_name);
        return -1;
    }
    return 0;
}

/* --- the type --- */

static char *
copy_text(const char *text)
{
    char *copy = PyMem_Malloc(strlen(text) + 1);
    if (!copy) {
        PyErr_NoMemory();
        return NULL;
    }
    return strcpy(copy, text);
}

static status
set_names(PyHeapTypeObject *heap, const char *name)
{
    if (!name) {
        PyErr_SetString(PyExc_SystemError, "Type spec does not define the name field.");
        return -1;
    }
    const char *dot = strrchr(name, '.');
    heap->ht_name = PyUnicode_FromString(dot ? dot + 1 : name);
    if (!heap->ht_name) { return -1; }
    heap->ht_qualname = Py_NewRef(heap->ht_name);
    heap->_ht_tpname = copy_text(name);
    heap->ht_type.tp_name = heap->_ht_tpname;
    return heap->_ht_tpname ? 0 : -1;
}

static status
set_doc(PyTypeObject *type, const char *doc)
{
    PyObject_Free((char *)type->tp_doc);        /* of a Py_tp_doc slot before this one */
    type->tp_doc = NULL;
    if (!doc) { return 0; }
    char *copy = PyObject_Malloc(strlen(doc) + 1);
    if (!copy) {
        PyErr_NoMemory();
        return -1;
    }
    type->tp_doc = strcpy(copy, doc);
    return 0;
}

static status
apply_slots(PyHeapTypeObject *heap, const PyType_Spec *spec, const spec_plan *plan)
{
    PyTypeObject *type = &heap->ht_type;
    for (const PyType_Slot *slot = spec->slots; slot->slot; slot++) {
        switch (slot->slot) {
        case Py_tp_base: case Py_tp_bases:
            break;              /* done */
        case Py_tp_doc:
            if (set_doc(type, slot->pfunc) < 0) { return -1; }
            break;
        case Py_tp_members:
            memcpy(hob_type_slot_members(type), plan->members,
                   (size_t)plan->n_members * sizeof(PyMemberDef));
            type->tp_members = hob_type_slot_members(type);
            break;
        default:
            *(void **)((char *)heap + slot_offsets[slot->slot]) = slot->pfunc;
        }
    }
    if (!type->tp_dealloc) { type->tp_dealloc = hob_subtype_dealloc; }
    return 0;
}

/* __module__: what stands in front of the last dot of the name. */
static status
set_module_name(PyTypeObject *type, const char *name)
{
    int known = PyDict_Contains(type->tp_dict, ID(__module__));
    if (known) { return known < 0 ? -1 : 0; }
    const char *dot = strrchr(name, '.');
    if (!dot) {
        return PyErr_WarnFormat(PyExc_DeprecationWarning, 1,
                                "builtin type %.200s has no __module__ attribute", name);
    }
    own PyObject *module = PyUnicode_FromStringAndSize(name, dot - name);
    return module ? PyDict_SetItem(type->tp_dict, ID(__module__), module) : -1;
}

static status
fill(PyHeapTypeObject *heap, PyObject *module, const PyType_Spec *spec, const spec_plan *plan)
{
    PyTypeObject *type = &heap->ht_type;
    type->tp_flags = spec->flags | Py_TPFLAGS_HEAPTYPE;
    if (set_names(heap, spec->name) < 0) { return -1; }
    heap->ht_module = Py_XNewRef(module);
    type->tp_as_async = &heap->as_async;
    type->tp_as_number = &heap->as_number;
    type->tp_as_sequence = &heap->as_sequence;
    type->tp_as_mapping = &heap->as_mapping;
    type->tp_as_buffer = &heap->as_buffer;
    type->tp_bases = Py_NewRef(plan->bases);
    type->tp_base = (PyTypeObject *)Py_NewRef(plan->base);
    type->tp_basicsize = spec->basicsize;
    type->tp_itemsize = spec->itemsize;
    if (apply_slots(heap, spec, plan) < 0) { return -1; }
    if (plan->vectorcall_offset) { type->tp_vectorcall_offset = plan->vectorcall_offset; }
    if (plan->weaklist_offset) { type->tp_weaklistoffset = plan->weaklist_offset; }
    if (plan->dict_offset) { type->tp_dictoffset = plan->dict_offset; }
    if (PyType_Ready(type) < 0) { return -1; }
    /* these two members only say where; of the vectorcall one programs see the offset */
    if (plan->weaklist_offset && PyDict_DelItemString(type->tp_dict, "__weaklistoffset__") < 0) {
        return -1;
    }
    if (plan->dict_offset && PyDict_DelItemString(type->tp_dict, "__dictoffset__") < 0) {
        return -1;
    }
    if (type->tp_dictoffset) {
        heap->ht_cached_keys = hob_keys_new_shared();
        if (!heap->ht_cached_keys) { return -1; }
    }
    return set_module_name(type, spec->name);
}

PyObject *
PyType_FromModuleAndSpec(PyObject *module, PyType_Spec *spec, PyObject *bases)
{
    spec_plan plan = {0};
    PyTypeObject *slot_base = NULL;
    PyObject *slot_bases = NULL;
    if (plan_slots(&plan, spec, &slot_base, &slot_bases) < 0) { return NULL; }
    if (plan_bases(&plan, bases, slot_base, slot_bases) < 0) {
        Py_XDECREF(plan.bases);
        return NULL;
    }
    own PyObject *type = PyType_GenericAlloc(&PyType_Type, plan.n_members);
    status done = type ? fill((PyHeapTypeObject *)type, module, spec, &plan) : -1;
    Py_DECREF(plan.bases);
    return done < 0 ? NULL : take(type);
}

PyObject *
PyType_FromSpecWithBases(PyType_Spec *spec, PyObject *bases)
{
    return PyType_FromModuleAndSpec(NULL, spec, bases);
}

PyObject *
PyType_FromSpec(PyType_Spec *spec)
{
    return PyType_FromModuleAndSpec(NULL, spec, NULL);
}

/* --- asking a type --- */

void *
PyType_GetSlot(PyTypeObject *type, int slot)
{
    if (slot <= 0 || slot >= N_SLOT_IDS) {
        PyErr_BadInternalCall();
        return NULL;
    }
    void **address = hob_slot_address(type, slot_offsets[slot]);
    return address ? *address : NULL;
}

PyObject *
PyType_GetModule(PyTypeObject *type)
{
    if (!hob_type_is_heap(type)) {
        PyErr_Format(PyExc_TypeError, "PyType_GetModule: Type '%s' is not a heap type",
                     type->tp_name);
        return NULL;
    }
    PyObject *module = ((PyHeapTypeObject *)type)->ht_module;
    if (!module) {
        PyErr_Format(PyExc_TypeError, "PyType_GetModule: Type '%s' has no associated module",
                     type->tp_name);
    }
    return module;
}

void *
PyType_GetModuleState(PyTypeObject *type)
{
    PyObject *module = PyType_GetModule(type);
    return module ? PyModule_GetState(module) : NULL;
}

PyObject *
PyType_GetModuleByDef(PyTypeObject *type, PyModuleDef *def)
{
    PyObject *mro = type->tp_mro;
    for (Py_ssize_t i = 0; mro && i < PyTuple_GET_SIZE(mro); i++) {
        PyTypeObject *entry = (PyTypeObject *)PyTuple_GET_ITEM(mro, i);
        if (!hob_type_is_heap(entry)) { continue; }
        PyObject *module = ((PyHeapTypeObject *)entry)->ht_module;
        if (module && PyModule_Check(module) && PyModule_GetDef(module) == def) {
            return module;
        }
    }
    PyErr_Format(PyExc_TypeError,
                 "PyType_GetModuleByDef: No superclass of '%s' has the given module",
                 type->tp_name);
    return NULL;
}

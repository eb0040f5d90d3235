/* slots_c.c -- from C slots to Python: the table of slot rows and the functions
 * with which a slot wrapper descriptor (int.__add__) calls its slot.
 *
 * Layout     hob_slots: one struct wrapperbase a row of slots.def, ended by an
 *            empty one.  d_base of a wrapper descriptor points at such a row (or
 *            at an extension's copy of one); its `offset` names the slot, its
 *            `wrapper` turns (self, args tuple) into a call of the slot.
 * Next       slots_py.c (the other direction), slots_update.c
 */
#include "objects/type/slots_py.h"
#include "objects/type/type_int.h"

/* --- arguments --- */

static bool
args_exactly(PyObject *args, Py_ssize_t n)
{
    EXPECT(PyTuple_Check(args));
    if (PyTuple_GET_SIZE(args) == n) { return true; }
    PyErr_Format(PyExc_TypeError, "expected %zd argument%s, got %zd", n, n == 1 ? "" : "s",
                 PyTuple_GET_SIZE(args));
    return false;
}

#define ARG(i) PyTuple_GET_ITEM(args, i)

static inline PyObject *
none_unless(int answer)
{
    return answer < 0 ? NULL : Py_NewRef(Py_None);
}

/* --- one wrapper a shape of slot --- */

static PyObject *
wrap_unary(PyObject *self, PyObject *args, void *slot)
{
    return args_exactly(args, 0) ? ((unaryfunc)slot)(self) : NULL;
}

static PyObject *
wrap_inquiry(PyObject *self, PyObject *args, void *slot)
{
    if (!args_exactly(args, 0)) { return NULL; }
    int answer = ((inquiry)slot)(self);
    return answer == -1 && PyErr_Occurred() ? NULL : PyBool_FromLong(answer);
}

static PyObject *
wrap_length(PyObject *self, PyObject *args, void *slot)
{
    if (!args_exactly(args, 0)) { return NULL; }
    Py_ssize_t n = ((lenfunc)slot)(self);
    return n == -1 && PyErr_Occurred() ? NULL : PyLong_FromSsize_t(n);
}

static PyObject *
wrap_hash(PyObject *self, PyObject *args, void *slot)
{
    if (!args_exactly(args, 0)) { return NULL; }
    Py_hash_t hash = ((hashfunc)slot)(self);
    return hash == -1 && PyErr_Occurred() ? NULL : PyLong_FromSsize_t(hash);
}

static PyObject *
wrap_binary(PyObject *self, PyObject *args, void *slot)
{
    return args_exactly(args, 1) ? ((binaryfunc)slot)(self, ARG(0)) : NULL;
}

static PyObject *
wrap_binary_l(PyObject *self, PyObject *args, void *slot)
{
    return args_exactly(args, 1) ? ((binaryfunc)slot)(self, ARG(0)) : NULL;
}

static PyObject *
wrap_binary_r(PyObject *self, PyObject *args, void *slot)
{
    return args_exactly(args, 1) ? ((binaryfunc)slot)(ARG(0), self) : NULL;
}

/* One or two arguments, the second None by default; errors without a name. */
static bool
args_one_or_two(PyObject *args, PyObject **first, PyObject **second)
{
    *second = Py_None;
    return PyArg_UnpackTuple(args, "", 1, 2, first, second);
}

static PyObject *
wrap_ternary(PyObject *self, PyObject *args, void *slot)
{
    PyObject *other, *third;
    return args_one_or_two(args, &other, &third) ? ((ternaryfunc)slot)(self, other, third)
        : NULL;
}

static PyObject *
wrap_ternary_r(PyObject *self, PyObject *args, void *slot)
{
    PyObject *other, *third;
    return args_one_or_two(args, &other, &third) ? ((ternaryfunc)slot)(other, self, third)
        : NULL;
}

static PyObject *
wrap_call(PyObject *self, PyObject *args, void *slot, PyObject *kwargs)
{
    return ((ternaryfunc)slot)(self, args, kwargs);
}

static PyObject *
wrap_init(PyObject *self, PyObject *args, void *slot, PyObject *kwargs)
{
    return none_unless(((initproc)slot)(self, args, kwargs));
}

static PyObject *
wrap_index_arg(PyObject *self, PyObject *args, void *slot)
{
    PyObject *index;
    if (!PyArg_UnpackTuple(args, "", 1, 1, &index)) { return NULL; }
    Py_ssize_t n = PyNumber_AsSsize_t(index, PyExc_OverflowError);
    return n == -1 && PyErr_Occurred() ? NULL : ((ssizeargfunc)slot)(self, n);
}

/* The index of a sequence slot: a negative one counts from the end. */
static bool
index_of(PyObject *self, PyObject *arg, Py_ssize_t *index)
{
    *index = PyNumber_AsSsize_t(arg, PyExc_OverflowError);
    if (*index == -1 && PyErr_Occurred()) { return false; }
    if (*index < 0) {
        PySequenceMethods *slots = Py_TYPE(self)->tp_as_sequence;
        if (slots && slots->sq_length) {
            Py_ssize_t n = slots->sq_length(self);
            if (n < 0) { return false; }
            *index += n;
        }
    }
    return true;
}

static PyObject *
wrap_sq_item(PyObject *self, PyObject *args, void *slot)
{
    Py_ssize_t i;
    if (!args_exactly(args, 1) || !index_of(self, ARG(0), &i)) { return NULL; }
    return ((ssizeargfunc)slot)(self, i);
}

static PyObject *
wrap_sq_set_item(PyObject *self, PyObject *args, void *slot)
{
    PyObject *key, *value;
    Py_ssize_t i;
    if (!PyArg_UnpackTuple(args, "", 2, 2, &key, &value) || !index_of(self, key, &i)) {
        return NULL;
    }
    return none_unless(((ssizeobjargproc)slot)(self, i, value));
}

static PyObject *
wrap_sq_del_item(PyObject *self, PyObject *args, void *slot)
{
    Py_ssize_t i;
    if (!args_exactly(args, 1) || !index_of(self, ARG(0), &i)) { return NULL; }
    return none_unless(((ssizeobjargproc)slot)(self, i, NULL));
}

static PyObject *
wrap_contains(PyObject *self, PyObject *args, void *slot)
{
    if (!args_exactly(args, 1)) { return NULL; }
    int answer = ((objobjproc)slot)(self, ARG(0));
    return answer == -1 && PyErr_Occurred() ? NULL : PyBool_FromLong(answer);
}

static PyObject *
wrap_object_set(PyObject *self, PyObject *args, void *slot)
{
    PyObject *key, *value;
    if (!PyArg_UnpackTuple(args, "", 2, 2, &key, &value)) { return NULL; }
    return none_unless(((objobjargproc)slot)(self, key, value));
}

static PyObject *
wrap_object_del(PyObject *self, PyObject *args, void *slot)
{
    if (!args_exactly(args, 1)) { return NULL; }
    return none_unless(((objobjargproc)slot)(self, ARG(0), NULL));
}

/* object.__setattr__(cls, ...) must not get around the metaclass: the slot that
 * is called has to be the one of the first base that is not a Python class. */
static bool
setattr_allowed(PyObject *self, setattrofunc slot, const char *what)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject *mro = type->tp_mro;
    if (!mro) { return true; }
    for (Py_ssize_t i = PyTuple_GET_SIZE(mro); --i >= 0;) {
        PyTypeObject *base = (PyTypeObject *)PyTuple_GET_ITEM(mro, i);
        if (base->tp_setattro != slot) { continue; }
        /* found who owns the slot; nobody nearer may have one of C */
        for (Py_ssize_t k = i; --k >= 0;) {
            PyTypeObject *nearer = (PyTypeObject *)PyTuple_GET_ITEM(mro, k);
            if (hob_type_is_heap(nearer) && nearer->tp_dealloc == hob_subtype_dealloc) {
                continue;
            }
            if (nearer->tp_setattro == slot) { continue; }
            PyErr_Format(PyExc_TypeError, "can't apply this %s to %s object", what,
                         type->tp_name);
            return false;
        }
        break;
    }
    return true;
}

static PyObject *
wrap_setattr(PyObject *self, PyObject *args, void *slot)
{
    PyObject *name, *value;
    if (!PyArg_UnpackTuple(args, "", 2, 2, &name, &value)) { return NULL; }
    if (!setattr_allowed(self, slot, "__setattr__")) { return NULL; }
    return none_unless(((setattrofunc)slot)(self, name, value));
}

static PyObject *
wrap_delattr(PyObject *self, PyObject *args, void *slot)
{
    if (!args_exactly(args, 1) || !setattr_allowed(self, slot, "__delattr__")) { return NULL; }
    return none_unless(((setattrofunc)slot)(self, ARG(0), NULL));
}

#define WRAP_COMPARE(name, op)                                                          \
    static PyObject *                                                                   \
    wrap_##name(PyObject *self, PyObject *args, void *slot)                             \
    {                                                                                   \
        return args_exactly(args, 1) ? ((richcmpfunc)slot)(self, ARG(0), op) : NULL;    \
    }
WRAP_COMPARE(lt, Py_LT)
WRAP_COMPARE(le, Py_LE)
WRAP_COMPARE(eq, Py_EQ)
WRAP_COMPARE(ne, Py_NE)
WRAP_COMPARE(gt, Py_GT)
WRAP_COMPARE(ge, Py_GE)
#undef WRAP_COMPARE

static PyObject *
wrap_next(PyObject *self, PyObject *args, void *slot)
{
    if (!args_exactly(args, 0)) { return NULL; }
    PyObject *item = ((unaryfunc)slot)(self);
    if (!item && !PyErr_Occurred()) { PyErr_SetNone(PyExc_StopIteration); }
    return item;
}

static PyObject *
wrap_descr_get(PyObject *self, PyObject *args, void *slot)
{
    PyObject *instance, *owner;
    if (!args_one_or_two(args, &instance, &owner)) { return NULL; }
    if (instance == Py_None) { instance = NULL; }
    if (owner == Py_None) { owner = NULL; }
    if (!instance && !owner) {
        PyErr_SetString(PyExc_TypeError, "__get__(None, None) is invalid");
        return NULL;
    }
    return ((descrgetfunc)slot)(self, instance, owner);
}

static PyObject *
wrap_descr_set(PyObject *self, PyObject *args, void *slot)
{
    PyObject *instance, *value;
    if (!PyArg_UnpackTuple(args, "", 2, 2, &instance, &value)) { return NULL; }
    return none_unless(((descrsetfunc)slot)(self, instance, value));
}

static PyObject *
wrap_descr_delete(PyObject *self, PyObject *args, void *slot)
{
    if (!args_exactly(args, 1)) { return NULL; }
    return none_unless(((descrsetfunc)slot)(self, ARG(0), NULL));
}

static PyObject *
wrap_del(PyObject *self, PyObject *args, void *slot)
{
    if (!args_exactly(args, 0)) { return NULL; }
    ((destructor)slot)(self);
    return Py_NewRef(Py_None);
}

/* --- the table --- */

#define OFFSET_TP(slot) offsetof(PyHeapTypeObject, ht_type.slot)
#define OFFSET_AM(slot) offsetof(PyHeapTypeObject, as_async.slot)
#define OFFSET_NB(slot) offsetof(PyHeapTypeObject, as_number.slot)
#define OFFSET_MP(slot) offsetof(PyHeapTypeObject, as_mapping.slot)
#define OFFSET_SQ(slot) offsetof(PyHeapTypeObject, as_sequence.slot)

struct wrapperbase hob_slots[] = {
#define X(group, slot, dunder, from_python, to_python, keywords, text)                  \
    {.name = #dunder, .offset = OFFSET_##group(slot), .function = (void *)from_python,    \
     .wrapper = (wrapperfunc)(void (*)(void))to_python,                                 \
     .doc = sizeof(text) > 1 ? #dunder text : NULL,                                     \
     .flags = (keywords) ? PyWrapperFlag_KEYWORDS : 0},
#include "objects/type/slots.def"
#undef X
    {.name = NULL},
};

const int hob_n_slots = ARRAY_LEN(hob_slots) - 1;

status
hob_slots_init(void)
{
    if (hob_slots[hob_n_slots - 1].name_strobj) { return 0; }
    for (int i = 0; i < hob_n_slots; i++) {
        hob_slots[i].name_strobj = PyUnicode_InternFromString(hob_slots[i].name);
        if (!hob_slots[i].name_strobj) { return -1; }
    }
    return 0;
}

void **
hob_slot_address(PyTypeObject *type, int offset)
{
#define GROUP(field, methods, table)                                                    \
    {offsetof(PyHeapTypeObject, field), sizeof(methods), offsetof(PyTypeObject, table)}
    static const struct { size_t start; size_t size; size_t table; } groups[] = {
        GROUP(as_async, PyAsyncMethods, tp_as_async),
        GROUP(as_number, PyNumberMethods, tp_as_number),
        GROUP(as_mapping, PyMappingMethods, tp_as_mapping),
        GROUP(as_sequence, PySequenceMethods, tp_as_sequence),
        GROUP(as_buffer, PyBufferProcs, tp_as_buffer),
    };
#undef GROUP
    if ((size_t)offset < groups[0].start) { return (void **)((char *)type + offset); }
    for (size_t i = 0; i < ARRAY_LEN(groups); i++) {
        if ((size_t)offset < groups[i].start + groups[i].size) {
            char *table = *(char **)((char *)type + groups[i].table);
            return table ? (void **)(table + (offset - groups[i].start)) : NULL;
        }
    }
    return NULL;
}

status
hob_slots_add_wrappers(PyTypeObject *type)
{
    PyObject *dict = type->tp_dict;
    for (int i = 0; i < hob_n_slots; i++) {
        struct wrapperbase *row = &hob_slots[i];
        if (!row->wrapper) { continue; }
        void **slot = hob_slot_address(type, row->offset);
        if (!slot || !*slot) { continue; }
        int known = PyDict_Contains(dict, row->name_strobj);
        if (known < 0) { return -1; }
        if (known) { continue; }
        if (*slot == (void *)PyObject_HashNotImplemented) {     /* says __hash__ = None */
            if (PyDict_SetItem(dict, row->name_strobj, Py_None) < 0) { return -1; }
            continue;
        }
        own PyObject *descr = PyDescr_NewWrapper(type, row, *slot);
        if (!descr || PyDict_SetItem(dict, row->name_strobj, descr) < 0) { return -1; }
    }
    return 0;
}

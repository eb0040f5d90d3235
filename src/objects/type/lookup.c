/* lookup.c -- names on a type: the mro walk, its cache, versions, subclasses,
 * and special methods.
 *
 * Layout     hob_type_cache: a direct-mapped table over (version tag, name).  An
 *            entry is never cleaned up when a type changes: its tag is gone for
 *            good, so the entry can never match again.
 * Holds      entry.value is alive as long as the tag is valid, since some dict of
 *            the mro owns it and changing that dict takes the tag away.
 *            A type with a valid tag has only bases with valid tags.
 * Next       slots_update.c
 */
#include "objects/dict/dict.h"
#include "objects/type/type_int.h"

hob_type_cache_entry hob_type_cache[TYPE_CACHE_SIZE];

static uint32_t last_version;                   /* never wraps: 0 when used up */
static bool versions_used_up;
static hob_type_watcher watchers[TYPE_WATCHERS_MAX];
static int n_watchers;

/* --- versions --- */

/* With a metaclass's own mro(), a class may stand in the mro without being a
 * base, and then its changes do not reach this type. */
static bool
mro_is_all_bases(PyTypeObject *type)
{
    PyObject *mro = type->tp_mro, *bases = type->tp_bases;
    for (Py_ssize_t i = 1; i < PyTuple_GET_SIZE(mro); i++) {
        PyTypeObject *entry = (PyTypeObject *)PyTuple_GET_ITEM(mro, i);
        bool reached = false;
        for (Py_ssize_t k = 0; k < PyTuple_GET_SIZE(bases) && !reached; k++) {
            reached = PyType_IsSubtype((PyTypeObject *)PyTuple_GET_ITEM(bases, k), entry);
        }
        if (!reached) { return false; }
    }
    return true;
}

uint32_t
hob_type_give_version(PyTypeObject *type)
{
    if (type->tp_flags & Py_TPFLAGS_VALID_VERSION_TAG) { return type->tp_version_tag; }
    if (!(type->tp_flags & Py_TPFLAGS_READY) || !type->tp_mro || versions_used_up) { return 0; }
    PyObject *bases = type->tp_bases;
    if (Py_TYPE(type) != &PyType_Type && bases && !mro_is_all_bases(type)) { return 0; }
    for (Py_ssize_t i = 0; bases && i < PyTuple_GET_SIZE(bases); i++) {
        if (!hob_type_give_version((PyTypeObject *)PyTuple_GET_ITEM(bases, i))) { return 0; }
    }
    if (++last_version == 0) {
        versions_used_up = true;
        return 0;
    }
    type->tp_version_tag = last_version;
    type->tp_flags |= Py_TPFLAGS_VALID_VERSION_TAG;
    return last_version;
}

status
hob_type_watch(hob_type_watcher watcher)
{
    if (n_watchers == TYPE_WATCHERS_MAX) { return -1; }
    watchers[n_watchers++] = watcher;
    return 0;
}

static int
modified_subclass(PyTypeObject *type, void *unused)
{
    PyType_Modified(type);
    return 0;
}

void
PyType_Modified(PyTypeObject *type)
{
    if (!(type->tp_flags & Py_TPFLAGS_VALID_VERSION_TAG)) { return; }
    hob_subclasses_each(type, modified_subclass, NULL);
    for (int i = 0; i < n_watchers; i++) { watchers[i](type); }
    type->tp_flags &= ~Py_TPFLAGS_VALID_VERSION_TAG;
    type->tp_version_tag = 0;
    if (type->tp_flags & Py_TPFLAGS_HEAPTYPE) {
        ((PyHeapTypeObject *)type)->_spec_cache.getitem = NULL;     /* borrowed, machine's */
    }
}

/* Who read an attribute under a version also relied on what kind of descriptor its
 * type makes it.  When an object's kind changes (rare), every version goes. */
void
hob_type_forget_descriptors(void)
{
    PyType_Modified(&PyBaseObject_Type);
}

unsigned int
PyType_ClearCache(void)
{
    for (int i = 0; i < TYPE_CACHE_SIZE; i++) {
        hob_type_cache_entry *entry = &hob_type_cache[i];
        entry->version = 0;
        entry->value = NULL;
        Py_CLEAR(entry->name);
    }
    return last_version;
}

/* --- lookup --- */

/* Walk the mro.  An error of a key's __eq__ counts as "not there". */
static PyObject *
mro_walk(PyTypeObject *type, PyObject *name)
{
    PyObject *mro = type->tp_mro;
    if (UNLIKELY(!mro)) {
        return type->tp_dict ? PyDict_GetItem(type->tp_dict, name) : NULL;
    }
    PyObject *value = NULL;
    Py_ssize_t n = PyTuple_GET_SIZE(mro);
    Py_INCREF(mro);             /* a key's __eq__ may give the type another one */
    if (LIKELY(PyUnicode_CheckExact(name))) {
        (void)hob_dict_hash(name);              /* cached in name from here on */
        for (Py_ssize_t i = 0; i < n && !value; i++) {
            PyTypeObject *base = (PyTypeObject *)PyTuple_GET_ITEM(mro, i);
            if (base->tp_dict) {
                value = hob_dict_peek_str((PyDictObject *)base->tp_dict, name);
            }
        }
    }
    else {
        for (Py_ssize_t i = 0; i < n && !value; i++) {
            PyTypeObject *base = (PyTypeObject *)PyTuple_GET_ITEM(mro, i);
            if (base->tp_dict) { value = PyDict_GetItem(base->tp_dict, name); }
        }
    }
    Py_DECREF(mro);
    return value;
}

PyObject *
_PyType_Lookup(PyTypeObject *type, PyObject *name)
{
    uint32_t version = hob_type_version(type);
    hob_type_cache_entry *entry = hob_type_cache_slot(version, name);
    if (version && entry->version == version && entry->name == name) { return entry->value; }

    bool is_cacheable = PyUnicode_CheckExact(name) && PyUnicode_GET_LENGTH(name) <= 100;
    if (is_cacheable) { version = hob_type_give_version(type); }
    PyObject *value = mro_walk(type, name);     /* may change the type */
    if (!is_cacheable || !version || hob_type_version(type) != version) { return value; }
    entry = hob_type_cache_slot(version, name);
    entry->version = version;
    entry->value = value;
    if (entry->name != name) {
        PyObject *old = entry->name;
        entry->name = Py_NewRef(name);
        Py_XDECREF(old);        /* a str: runs nothing */
    }
    return value;
}

PyObject *
_PyType_LookupId(PyTypeObject *type, _Py_Identifier *name)
{
    PyObject *text = _PyUnicode_FromId(name);
    return text ? _PyType_Lookup(type, text) : NULL;
}

/* --- special methods --- */

PyObject *
hob_special_get(PyObject *self, PyObject *name, bool *unbound)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject *found = hob_type_peek(type, name);
    *unbound = false;
    if (!found) { return NULL; }
    if (LIKELY(PyType_HasFeature(Py_TYPE(found), Py_TPFLAGS_METHOD_DESCRIPTOR))) {
        *unbound = true;
        return Py_NewRef(found);
    }
    descrgetfunc get = Py_TYPE(found)->tp_descr_get;
    if (!get) { return Py_NewRef(found); }
    Py_INCREF(found);
    PyObject *bound = get(found, self, (PyObject *)type);
    Py_DECREF(found);
    return bound;
}

PyObject *
hob_special_call(PyObject *name, PyObject *const *args, Py_ssize_t nargs, bool *missing)
{
    bool unbound;
    *missing = false;
    PyObject *method = hob_special_get(args[0], name, &unbound);
    if (!method) {
        *missing = !PyErr_Occurred();
        return NULL;
    }
    /* args[0] stays where it is: as the free slot in front of a bound call */
    PyObject *result = unbound
        ? hob_call(method, args, (size_t)nargs, NULL)
        : hob_call(method, args + 1, (size_t)(nargs - 1) | PY_VECTORCALL_ARGUMENTS_OFFSET,
                   NULL);
    Py_DECREF(method);
    return result;
}

PyObject *
_PyObject_LookupSpecial(PyObject *self, PyObject *name)
{
    PyObject *found = hob_type_peek(Py_TYPE(self), name);
    if (!found) { return NULL; }
    descrgetfunc get = Py_TYPE(found)->tp_descr_get;
    Py_INCREF(found);
    if (!get) { return found; }
    PyObject *bound = get(found, self, (PyObject *)Py_TYPE(self));
    Py_DECREF(found);
    return bound;
}

PyObject *
_PyObject_LookupSpecialId(PyObject *self, _Py_Identifier *name)
{
    PyObject *text = _PyUnicode_FromId(name);
    return text ? _PyObject_LookupSpecial(self, text) : NULL;
}

/* --- subclasses --- */

status
hob_subclasses_add(PyTypeObject *base, PyTypeObject *type)
{
    own PyObject *reference = PyWeakref_NewRef((PyObject *)type, NULL);
    if (!reference) { return -1; }
    own PyObject *key = PyLong_FromVoidPtr(type);
    if (!key) { return -1; }
    if (!base->tp_subclasses) {
        base->tp_subclasses = PyDict_New();
        if (!base->tp_subclasses) { return -1; }
    }
    return PyDict_SetItem(base->tp_subclasses, key, reference);
}

void
hob_subclasses_remove(PyTypeObject *base, PyTypeObject *type)
{
    if (!base->tp_subclasses) { return; }
    own PyObject *key = PyLong_FromVoidPtr(type);
    if (!key || PyDict_DelItem(base->tp_subclasses, key) < 0) { PyErr_Clear(); }
    if (base->tp_subclasses && PyDict_GET_SIZE(base->tp_subclasses) == 0) {
        Py_CLEAR(base->tp_subclasses);
    }
}

status
hob_subclasses_add_to_bases(PyTypeObject *type, PyObject *bases)
{
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(bases); i++) {
        if (hob_subclasses_add((PyTypeObject *)PyTuple_GET_ITEM(bases, i), type) < 0) {
            return -1;
        }
    }
    return 0;
}

void
hob_subclasses_remove_from_bases(PyTypeObject *type, PyObject *bases)
{
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(bases); i++) {
        hob_subclasses_remove((PyTypeObject *)PyTuple_GET_ITEM(bases, i), type);
    }
}

int
hob_subclasses_each(PyTypeObject *type, int (*visit)(PyTypeObject *, void *), void *arg)
{
    PyObject *subclasses = type->tp_subclasses;
    if (!subclasses) { return 0; }
    int answer = 0;
    Py_ssize_t at = 0;
    PyObject *reference;
    Py_INCREF(subclasses);      /* visit may drop the last subclass, and with it the dict */
    while (answer == 0 && PyDict_Next(subclasses, &at, NULL, &reference)) {
        PyObject *subclass = PyWeakref_GET_OBJECT(reference);
        if (subclass == Py_None) { continue; }
        Py_INCREF(subclass);
        answer = visit((PyTypeObject *)subclass, arg);
        Py_DECREF(subclass);
    }
    Py_DECREF(subclasses);
    return answer;
}

static int
list_subclass(PyTypeObject *type, void *list)
{
    return PyList_Append(list, (PyObject *)type);
}

PyObject *
hob_subclasses_list(PyTypeObject *type)
{
    own PyObject *list = PyList_New(0);
    if (!list || hob_subclasses_each(type, list_subclass, list) < 0) { return NULL; }
    return take(list);
}

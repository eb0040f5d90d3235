/* local.c -- _thread._local: attributes that each thread sees its own way.
 *
 * Layout     local ─ entries ─► [ guard, dict ] one for each thread that used it
 *                                  │
 *            thread state ─ dict ─► guard   (under the local's key)
 *
 * Holds      The local owns the dicts, so that the collector sees cycles through
 *            them; a thread owns its guard.  A guard and its local know each other:
 *            whichever dies first tells the other.
 * Hazard     dropping a dict runs any code; unlink the entry first.
 */
#include "modules/_thread/thread_int.h"

#include <structmember.h>

#include "memory/own.h"
#include "state/runtime.h"

struct local_object;

typedef struct {
    PyObject_HEAD
    struct local_object *local;         /* borrowed; NULL when it is gone */
    PyThreadState *ts;                  /* whose dict holds this guard */
} guard_object;

typedef struct local_entry {
    struct local_entry *next;
    guard_object *guard;                /* borrowed from the thread */
    PyObject *dict;                     /* owned */
} local_entry;

typedef struct local_object {
    PyObject_HEAD
    PyObject *key;                      /* owned: str, in thread dicts */
    PyObject *args, *kwargs;            /* owned, of __init__; may be NULL */
    PyObject *weakrefs;
    local_entry *entries;
    PyThreadState *cached_ts;           /* the last thread that looked, and its dict */
    uint64_t cached_id;
    PyObject *cached_dict;              /* borrowed */
} local_object;

/* --- guards --- */

/* Take the entry of a guard out of its local; what it held is the caller's. */
static local_entry *
entry_unlink(local_object *self, guard_object *guard)
{
    self->cached_ts = NULL;
    for (local_entry **link = &self->entries; *link; link = &(*link)->next) {
        local_entry *entry = *link;
        if (entry->guard == guard) {
            *link = entry->next;
            return entry;
        }
    }
    return NULL;
}

static void
entry_free(local_entry *entry)
{
    PyObject *dict = entry->dict;
    PyMem_Free(entry);
    Py_DECREF(dict);
}

static void
guard_dealloc(guard_object *self)
{
    PyTypeObject *type = Py_TYPE(self);
    if (self->local) {
        local_entry *entry = entry_unlink(self->local, self);
        self->local = NULL;
        if (entry) { entry_free(entry); }
    }
    type->tp_free(self);
    Py_DECREF(type);
}

static PyType_Slot guard_slots[] = {
    {Py_tp_dealloc, guard_dealloc},
    {Py_tp_doc, "Thread-local dummy"},
    {0, NULL},
};

PyType_Spec hob_thread_guard_spec = {
    .name = "_thread._localdummy",
    .basicsize = sizeof(guard_object),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = guard_slots,
};

/* --- the dict of this thread --- */

static BORROWED PyObject *
make_dict(local_object *self, PyThreadState *ts)
{
    PyObject *module = PyType_GetModuleByDef(Py_TYPE(self), &hob_thread_module_def);
    if (!module) { return NULL; }
    PyObject *thread_dict = _PyThreadState_GetDict(ts);
    if (!thread_dict) {
        PyErr_SetString(PyExc_SystemError, "Couldn't get thread-state dictionary");
        return NULL;
    }
    PyTypeObject *guard_type = hob_thread_state(module)->guard_type;
    own guard_object *guard = (guard_object *)guard_type->tp_alloc(guard_type, 0);
    own PyObject *dict = guard ? PyDict_New() : NULL;
    if (!dict) { return NULL; }
    local_entry *entry = PyMem_Malloc(sizeof *entry);
    if (!entry) { return PyErr_NoMemory(); }
    guard->ts = ts;
    if (PyDict_SetItem(thread_dict, self->key, (PyObject *)guard) < 0) {
        PyMem_Free(entry);
        return NULL;
    }
    guard->local = self;
    *entry = (local_entry){self->entries, guard, Py_NewRef(dict)};
    self->entries = entry;
    return entry->dict;
}

static BORROWED PyObject *
find_dict(local_object *self, PyThreadState *ts, bool *is_new)
{
    PyObject *thread_dict = _PyThreadState_GetDict(ts);
    PyObject *guard = NULL;
    if (thread_dict) {
        guard = PyDict_GetItemWithError(thread_dict, self->key);
        if (!guard && PyErr_Occurred()) { return NULL; }
    }
    *is_new = !guard;
    if (!guard) { return make_dict(self, ts); }
    for (local_entry *entry = self->entries; entry; entry = entry->next) {
        if ((PyObject *)entry->guard == guard) { return entry->dict; }
    }
    PyErr_SetString(PyExc_RuntimeError, "thread-local data has been cleared");
    return NULL;
}

/* What this thread sees; __init__ runs once in each thread. */
static BORROWED PyObject *
local_dict(local_object *self)
{
    PyThreadState *ts = hob_ts();
    if (LIKELY(self->cached_ts == ts && self->cached_id == ts->id)) {
        return self->cached_dict;
    }
    bool is_new;
    PyObject *dict = find_dict(self, ts, &is_new);
    if (!dict) { return NULL; }
    if (is_new && Py_TYPE(self)->tp_init != PyBaseObject_Type.tp_init
        && Py_TYPE(self)->tp_init((PyObject *)self, self->args, self->kwargs) < 0) {
        PyObject *thread_dict = _PyThreadState_GetDict(ts);
        PyObject *type, *value, *traceback;
        PyErr_Fetch(&type, &value, &traceback);
        if (!thread_dict || PyDict_DelItem(thread_dict, self->key) < 0) { PyErr_Clear(); }
        PyErr_Restore(type, value, traceback);
        return NULL;
    }
    self->cached_ts = ts;
    self->cached_id = ts->id;
    self->cached_dict = dict;
    return dict;
}

/* --- life --- */

static PyObject *
local_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    if (type->tp_init == PyBaseObject_Type.tp_init) {
        int given = args ? PyObject_IsTrue(args) : 0;
        if (!given && kwargs) { given = PyObject_IsTrue(kwargs); }
        if (given < 0) { return NULL; }
        if (given) {
            PyErr_SetString(PyExc_TypeError, "Initialization arguments are not supported");
            return NULL;
        }
    }
    own local_object *self = (local_object *)type->tp_alloc(type, 0);
    if (!self) { return NULL; }
    self->args = Py_XNewRef(args);
    self->kwargs = Py_XNewRef(kwargs);
    self->key = PyUnicode_FromFormat("thread.local.%p", self);
    if (!self->key || !make_dict(self, hob_ts())) { return NULL; }
    return (PyObject *)take(self);
}

static int
local_traverse(local_object *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(self->args);
    Py_VISIT(self->kwargs);
    for (local_entry *entry = self->entries; entry; entry = entry->next) {
        Py_VISIT(entry->dict);
    }
    return 0;
}

/* Drop all dicts, and the guards in the threads. */
static int
local_clear(local_object *self)
{
    Py_CLEAR(self->args);
    Py_CLEAR(self->kwargs);
    self->cached_ts = NULL;
    while (self->entries) {
        local_entry *entry = self->entries;
        guard_object *guard = entry->guard;
        PyObject *thread_dict = guard->ts->dict;
        self->entries = entry->next;
        guard->local = NULL;
        if (thread_dict && self->key) {
            PyObject *type, *value, *traceback;
            PyErr_Fetch(&type, &value, &traceback);
            if (PyDict_DelItem(thread_dict, self->key) < 0) { PyErr_Clear(); }
            PyErr_Restore(type, value, traceback);
        }
        entry_free(entry);
    }
    return 0;
}

static void
local_dealloc(local_object *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    if (self->weakrefs) { PyObject_ClearWeakRefs((PyObject *)self); }
    local_clear(self);
    Py_CLEAR(self->key);
    type->tp_free(self);
    Py_DECREF(type);
}

/* --- attributes --- */

static tri
is_dict_name(PyObject *name)
{
    return PyUnicode_Check(name) && PyUnicode_CompareWithASCIIString(name, "__dict__") == 0;
}

static PyObject *
local_getattro(local_object *self, PyObject *name)
{
    PyObject *dict = local_dict(self);
    if (!dict) { return NULL; }
    if (UNLIKELY(is_dict_name(name))) { return Py_NewRef(dict); }
    if (Py_TYPE(self)->tp_base == &PyBaseObject_Type) {             /* no subclass */
        PyObject *value = PyDict_GetItemWithError(dict, name);
        if (value) { return Py_NewRef(value); }
        if (PyErr_Occurred()) { return NULL; }
    }
    return _PyObject_GenericGetAttrWithDict((PyObject *)self, name, dict, 0);
}

static int
local_setattro(local_object *self, PyObject *name, PyObject *value)
{
    PyObject *dict = local_dict(self);
    if (!dict) { return -1; }
    if (is_dict_name(name)) {
        PyErr_Format(PyExc_AttributeError, "'%.100s' object attribute '%U' is read-only",
                     Py_TYPE(self)->tp_name, name);
        return -1;
    }
    return _PyObject_GenericSetAttrWithDict((PyObject *)self, name, value, dict);
}

static PyMemberDef local_members[] = {
    {"__weaklistoffset__", T_PYSSIZET, offsetof(local_object, weakrefs), READONLY},
    {NULL},
};

static PyType_Slot local_slots[] = {
    {Py_tp_dealloc, local_dealloc},
    {Py_tp_getattro, local_getattro},
    {Py_tp_setattro, local_setattro},
    {Py_tp_doc, "Thread-local data"},
    {Py_tp_traverse, local_traverse},
    {Py_tp_clear, local_clear},
    {Py_tp_new, local_new},
    {Py_tp_members, local_members},
    {0, NULL},
};

PyType_Spec hob_thread_local_spec = {
    .name = "_thread._local",
    .basicsize = sizeof(local_object),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC
             | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = local_slots,
};

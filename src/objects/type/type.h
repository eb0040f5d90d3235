/* type.h -- what other rooms may do with a type.
 *
 * Holds      a type with Py_TPFLAGS_VALID_VERSION_TAG has a tp_version_tag that no
 *            other state of any type ever had or will have; every change of the
 *            type, of a base, or of its mro takes the tag away first.  So a guard
 *            "version tag == n" says everything about what names mean on a type.
 *            Tags are given on demand: 0 means "none at present".
 * Hazard     anything that can run Python code can change a type: a borrowed
 *            result of hob_type_peek lives only until then.
 */
#pragma once
#include <Python.h>

#include "base/c.h"

/* --- versions and who depends on them --- */

static inline uint32_t
hob_type_version(const PyTypeObject *type)
{
    return type->tp_flags & Py_TPFLAGS_VALID_VERSION_TAG ? type->tp_version_tag : 0;
}

/* The version tag, given now when there is none; 0 when it cannot be had. */
uint32_t hob_type_give_version(PyTypeObject *type);

/* Called when a type that had a version loses it (once per type, subclasses
 * included), with the old tag still readable. */
typedef void (*hob_type_watcher)(PyTypeObject *type);
enum { TYPE_WATCHERS_MAX = 8 };
status hob_type_watch(hob_type_watcher watcher);        /* -1: no room (no exception) */

/* Take every version back: some object has become another kind of descriptor. */
void hob_type_forget_descriptors(void);

/* --- lookup on the type, through the mro --- */

enum { TYPE_CACHE_LOG2 = 12, TYPE_CACHE_SIZE = 1 << TYPE_CACHE_LOG2 };

typedef struct hob_type_cache_entry {
    uint32_t version;           /* 0: empty */
    PyObject *name;             /* owned, an exact str; or NULL */
    PyObject *value;            /* borrowed; NULL: the type has no such name */
} hob_type_cache_entry;

extern hob_type_cache_entry hob_type_cache[TYPE_CACHE_SIZE];

static inline hob_type_cache_entry *
hob_type_cache_slot(uint32_t version, PyObject *name)
{
    uint32_t mixed = version ^ (uint32_t)((uintptr_t)name >> 4);
    return &hob_type_cache[mixed & (TYPE_CACHE_SIZE - 1)];
}

/* The name in the type's mro; no exception, ever. */
static inline MAYBE_NULL BORROWED PyObject *
hob_type_peek(PyTypeObject *type, PyObject *name)
{
    uint32_t version = hob_type_version(type);
    hob_type_cache_entry *entry = hob_type_cache_slot(version, name);
    if (LIKELY(entry->version == version && entry->name == name && version)) {
        return entry->value;
    }
    return _PyType_Lookup(type, name);
}

/* The attribute of a class, as type.__getattribute__ finds it.  When missing is
 * given and the name is simply not there, *missing is set and no exception. */
MAYBE_NULL PyObject *hob_type_getattr(PyTypeObject *type, PyObject *name, bool *missing);

/* --- special methods: looked up on the type, called without a bound method --- */

/* The callable for a special method; when *unbound comes back true, self must be
 * passed first.  NULL without an exception when the type has none. */
MAYBE_NULL PyObject *hob_special_get(PyObject *self, PyObject *name, bool *unbound);

/* self.name(*args): args[0] is self, borrowed; NULL without an exception and
 * *missing set when the type has no such name. */
MAYBE_NULL PyObject *hob_special_call(PyObject *name, PyObject *const *args, Py_ssize_t nargs,
                                      bool *missing);

/* --- classes as callables --- */

/* type.__call__ over a vector: tp_vectorcall of the classes that Python makes. */
PyObject *hob_class_vectorcall(PyObject *self, PyObject *const *args, size_t nargsf,
                               PyObject *kwnames);

/* The vectorcall that makes instances of a static type: its tp_vectorcall or, where
 * the ABI wants that slot empty (int, zip, plain exceptions), the one kept aside. */
MAYBE_NULL vectorcallfunc hob_type_maker(PyTypeObject *type);

/* For a class whose call is nothing but "allocate, then __init__": what its mro
 * says __init__ is (a plain function, as a rule).  NULL for any other class.
 * Stays true as long as the version of the type. */
MAYBE_NULL BORROWED PyObject *hob_class_plain_init(PyTypeObject *type);

/* An instance of such a class, before __init__. */
MUST_USE PyObject *hob_class_alloc(PyTypeObject *type);

/* --- super() for the machine --- */

/* super(type, self).name without the super object; like _PyObject_GetMethod sets
 * *unbound (when given) if self must be passed first. */
MUST_USE PyObject *hob_super_getattr(PyTypeObject *type, PyObject *self, PyObject *name,
                                     bool *unbound);

/* --- start --- */

/* Ready every static type of types.def. */
MUST_USE status hob_types_init(void);

/* True when the class was made by a class statement or type(): its slots are
 * kept in step with its dunder names. */
bool hob_type_check(PyTypeObject *type);        /* deep invariants */

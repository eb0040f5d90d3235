/* property.c -- the property descriptor.
 *
 * Layout     64 bytes; the first four fields are known to extensions that derive
 *            from property with fields of their own.
 * Holds      getter_doc: the doc came from the getter, so a copy with another
 *            getter takes the new one's.
 */
#include <Python.h>
#include <structmember.h>

#include "memory/own.h"
#include "objects/call.h"
#include "objects/ids.h"
#include "objects/object.h"

typedef struct property_object {
    PyObject_HEAD
    PyObject *get;              /* all may be NULL */
    PyObject *set;
    PyObject *del;
    PyObject *doc;
    PyObject *name;             /* from __set_name__ */
    int getter_doc;
} property_object;

_Static_assert(sizeof(property_object) == 64, "extensions copy its head");

#define PROPERTY(op) ((property_object *)(op))

/* --- use --- */

static COLD void
error_no_accessor(PyObject *op, PyObject *instance, const char *what)
{
    own PyObject *type = PyType_GetQualName(Py_TYPE(instance));
    if (!type) { return; }
    if (PROPERTY(op)->name) {
        PyErr_Format(PyExc_AttributeError, "property %R of %R object has no %s",
                     PROPERTY(op)->name, type, what);
    }
    else {
        PyErr_Format(PyExc_AttributeError, "property of %R object has no %s", type, what);
    }
}

static PyObject *
property_get(PyObject *op, PyObject *instance, PyObject *type)
{
    if (!instance || instance == Py_None) { return Py_NewRef(op); }
    PyObject *get = PROPERTY(op)->get;
    if (LIKELY(get != NULL)) { return hob_call_one(get, instance); }
    error_no_accessor(op, instance, "getter");
    return NULL;
}

static int
property_set(PyObject *op, PyObject *instance, PyObject *value)
{
    PyObject *func = value ? PROPERTY(op)->set : PROPERTY(op)->del;
    if (!func) {
        error_no_accessor(op, instance, value ? "setter" : "deleter");
        return -1;
    }
    PyObject *args[] = {instance, value};
    own PyObject *result = hob_call(func, args, value ? 2 : 1, NULL);
    return result ? 0 : -1;
}

/* --- making --- */

/* Copy with some accessors replaced (NULL: as before). */
static PyObject *
property_copy(PyObject *op, PyObject *get, PyObject *set, PyObject *del)
{
    property_object *old = PROPERTY(op);
    PyObject *type = (PyObject *)Py_TYPE(op);
    if (!get || get == Py_None) { get = old->get ? old->get : Py_None; }
    if (!set || set == Py_None) { set = old->set ? old->set : Py_None; }
    if (!del || del == Py_None) { del = old->del ? old->del : Py_None; }
    bool doc_from_getter = old->getter_doc && get != Py_None;
    PyObject *doc = doc_from_getter || !old->doc ? Py_None : old->doc;

    PyObject *made = PyObject_CallFunctionObjArgs(type, get, set, del, doc, NULL);
    if (made && PyObject_TypeCheck(made, &PyProperty_Type)) {
        Py_XINCREF(old->name);
        Py_XSETREF(PROPERTY(made)->name, old->name);
    }
    return made;
}

/** property.getter($self, object, /)
 *
 *  Make a copy of the property with another getter.
 */
static PyObject *
property_getter(PyObject *self, PyObject *object)
{
    return property_copy(self, object, NULL, NULL);
}

/** property.setter($self, object, /)
 *
 *  Make a copy of the property with another setter.
 */
static PyObject *
property_setter(PyObject *self, PyObject *object)
{
    return property_copy(self, NULL, object, NULL);
}

/** property.deleter($self, object, /)
 *
 *  Make a copy of the property with another deleter.
 */
static PyObject *
property_deleter(PyObject *self, PyObject *object)
{
    return property_copy(self, NULL, NULL, object);
}

/** property.__set_name__($self, *args)
 *
 *  Learn the name of the property, for error messages.
 */
static PyObject *
property_set_name(PyObject *self, PyObject *args)
{
    if (PyTuple_GET_SIZE(args) != 2) {
        PyErr_Format(PyExc_TypeError,
                     "__set_name__() takes 2 positional arguments but %zd were given",
                     PyTuple_GET_SIZE(args));
        return NULL;
    }
    PyObject *name = PyTuple_GET_ITEM(args, 1);
    Py_INCREF(name);
    Py_XSETREF(PROPERTY(self)->name, name);
    return Py_NewRef(Py_None);
}

static inline void
replace(PyObject **field, PyObject *value)
{
    if (value == Py_None) { value = NULL; }
    Py_XINCREF(value);
    Py_XSETREF(*field, value);
}

/* No doc was given: the getter's will do. */
static status
take_doc_of_getter(PyObject *op)
{
    property_object *self = PROPERTY(op);
    PyObject *found;
    if (_PyObject_LookupAttr(self->get, ID(__doc__), &found) < 0) { return -1; }
    own PyObject *doc = found;
    if (!doc) { return 0; }
    if (Py_IS_TYPE(op, &PyProperty_Type)) {
        PyObject *old = self->doc;
        self->doc = take(doc);
        Py_XDECREF(old);
    }
    else if (PyObject_SetAttr(op, ID(__doc__), doc) < 0) {
        return -1;              /* a subclass keeps it in its __dict__ */
    }
    self->getter_doc = 1;
    return 0;
}

/** property.__init__(fget=None, fset=None, fdel=None, doc=None)
 *
 *  An attribute that functions compute.
 *
 *    fget
 *      function that gets the value
 *    fset
 *      function that sets the value
 *    fdel
 *      function that deletes the attribute
 *    doc
 *      docstring
 *
 *  As a decorator:
 *
 *  class Circle:
 *      @property
 *      def area(self):
 *          "The area."
 *          return 3.14 * self.r ** 2
 *      @area.setter
 *      def area(self, value):
 *          self.r = (value / 3.14) ** .5
 *      @area.deleter
 *      def area(self):
 *          del self.r
 */
static int
property_init(PyObject *self, PyObject *fget, PyObject *fset, PyObject *fdel, PyObject *doc)
{
    property_object *p = PROPERTY(self);
    replace(&p->get, fget);
    replace(&p->set, fset);
    replace(&p->del, fdel);
    replace(&p->doc, doc);
    Py_CLEAR(p->name);
    p->getter_doc = 0;
    bool wants_doc = !doc || doc == Py_None;
    return wants_doc && p->get ? take_doc_of_getter(self) : 0;
}

#include "gen/objects/property.bind.h"

static PyObject *
property_is_abstract(PyObject *op, void *context)
{
    PyObject *accessors[] = {PROPERTY(op)->get, PROPERTY(op)->set, PROPERTY(op)->del};
    for (size_t i = 0; i < ARRAY_LEN(accessors); i++) {
        int abstract = _PyObject_IsAbstract(accessors[i]);
        if (abstract) { return abstract < 0 ? NULL : Py_NewRef(Py_True); }
    }
    return Py_NewRef(Py_False);
}

static int
property_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(PROPERTY(op)->get);
    Py_VISIT(PROPERTY(op)->set);
    Py_VISIT(PROPERTY(op)->del);
    Py_VISIT(PROPERTY(op)->doc);
    Py_VISIT(PROPERTY(op)->name);
    return 0;
}

static int
property_clear(PyObject *op)
{
    Py_CLEAR(PROPERTY(op)->doc);
    return 0;
}

static void
property_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    Py_XDECREF(PROPERTY(op)->get);
    Py_XDECREF(PROPERTY(op)->set);
    Py_XDECREF(PROPERTY(op)->del);
    Py_XDECREF(PROPERTY(op)->doc);
    Py_XDECREF(PROPERTY(op)->name);
    Py_TYPE(op)->tp_free(op);
}

static PyMemberDef property_members[] = {
    {"fget", T_OBJECT, offsetof(property_object, get), READONLY, NULL},
    {"fset", T_OBJECT, offsetof(property_object, set), READONLY, NULL},
    {"fdel", T_OBJECT, offsetof(property_object, del), READONLY, NULL},
    {"__doc__", T_OBJECT, offsetof(property_object, doc), 0, NULL},
    {NULL},
};

static PyGetSetDef property_getset[] = {
    {"__isabstractmethod__", property_is_abstract, NULL, NULL, NULL},
    {NULL},
};

PyTypeObject PyProperty_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "property",
    .tp_basicsize = sizeof(property_object),
    .tp_dealloc = property_dealloc,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE,
    .tp_doc = property_init__doc,
    .tp_traverse = property_traverse,
    .tp_clear = property_clear,
    .tp_methods = property_methods,
    .tp_members = property_members,
    .tp_getset = property_getset,
    .tp_descr_get = property_get,
    .tp_descr_set = property_set,
    .tp_init = property_init__slot,
    .tp_alloc = PyType_GenericAlloc,
    .tp_new = PyType_GenericNew,
    .tp_free = PyObject_GC_Del,
};

/* super.c -- super(): attributes as the classes behind one in the mro see them.
 *
 * Layout     type      where the search starts (after it, in the mro)
 *            self      the object or class, or NULL (unbound super)
 *            self_type the class whose mro is walked
 * Next       hob_frame_super_args (vm/) finds both for super() without arguments.
 */
#include "objects/type/type_int.h"
#include "objects/upcalls.h"

typedef struct super_object {
    PyObject_HEAD
    PyTypeObject *type;
    PyObject *self;
    PyTypeObject *self_type;
} super_object;

/* The class to search for a super(type, self); TypeError when self does not fit. */
static PyTypeObject *
super_check(PyTypeObject *type, PyObject *self)
{
    if (PyType_Check(self) && PyType_IsSubtype((PyTypeObject *)self, type)) {
        return (PyTypeObject *)Py_NewRef(self);
    }
    if (PyType_IsSubtype(Py_TYPE(self), type)) {
        return (PyTypeObject *)Py_NewRef(Py_TYPE(self));
    }

    PyObject *found;            /* a proxy may say that it is something else */
    if (_PyObject_LookupAttr(self, ID(__class__), &found) < 0) { return NULL; }
    own PyObject *claimed = found;
    if (claimed && PyType_Check(claimed) && (PyTypeObject *)claimed != Py_TYPE(self)
        && PyType_IsSubtype((PyTypeObject *)claimed, type)) {
        return (PyTypeObject *)take(claimed);
    }
    PyErr_SetString(PyExc_TypeError,
                    "super(type, obj): obj must be an instance or subtype of type");
    return NULL;
}

/* The first value for name behind type in the mro of start; borrowed, no error. */
static PyObject *
search_behind(PyTypeObject *type, PyTypeObject *start, PyObject *name)
{
    PyObject *mro = start->tp_mro;
    if (!mro) { return NULL; }
    Py_ssize_t n = PyTuple_GET_SIZE(mro), i = 0;
    while (i < n && PyTuple_GET_ITEM(mro, i) != (PyObject *)type) { i++; }
    for (i++; i < n; i++) {
        PyTypeObject *entry = (PyTypeObject *)PyTuple_GET_ITEM(mro, i);
        PyObject *value = entry->tp_dict ? PyDict_GetItemWithError(entry->tp_dict, name) : NULL;
        if (value || PyErr_Occurred()) { return value; }
    }
    return NULL;
}

/* Bind what search_behind found; consumes the reference. */
static PyObject *
bind(STOLEN PyObject *value, PyObject *self, PyTypeObject *self_type)
{
    descrgetfunc get = Py_TYPE(value)->tp_descr_get;
    if (!get) { return value; }
    PyObject *instance = self == (PyObject *)self_type ? NULL : self;
    PyObject *result = get(value, instance, (PyObject *)self_type);
    Py_DECREF(value);
    return result;
}

static PyObject *
super_getattro(PyObject *op, PyObject *name)
{
    super_object *super = (super_object *)op;
    bool is_class = PyUnicode_Check(name) && _PyUnicode_EQ(name, ID(__class__));
    if (super->self_type && !is_class) {
        own PyTypeObject *start = (PyTypeObject *)Py_NewRef(super->self_type);
        own PyObject *mro = Py_XNewRef(start->tp_mro);
        PyObject *value = Py_XNewRef(search_behind(super->type, start, name));
        if (value) { return bind(value, super->self, start); }
        if (PyErr_Occurred()) { return NULL; }
    }
    return PyObject_GenericGetAttr(op, name);
}

PyObject *
hob_super_getattr(PyTypeObject *type, PyObject *self, PyObject *name, bool *unbound)
{
    if (unbound) { *unbound = false; }
    own PyTypeObject *start = super_check(type, self);
    if (!start) { return NULL; }
    if (name == ID(__class__)) { return Py_NewRef(&PySuper_Type); }
    own PyObject *mro = Py_XNewRef(start->tp_mro);
    PyObject *value = Py_XNewRef(search_behind(type, start, name));
    if (value) {
        if (unbound && self != (PyObject *)start
            && PyType_HasFeature(Py_TYPE(value), Py_TPFLAGS_METHOD_DESCRIPTOR)) {
            *unbound = true;
            return value;
        }
        return bind(value, self, start);
    }
    if (PyErr_Occurred()) { return NULL; }
    /* what super objects have themselves, or the right error */
    own PyObject *super = PyObject_CallFunctionObjArgs((PyObject *)&PySuper_Type, type, self,
                                                       NULL);
    return super ? PyObject_GetAttr(super, name) : NULL;
}

static PyObject *
super_repr(PyObject *op)
{
    super_object *super = (super_object *)op;
    const char *type = super->type ? super->type->tp_name : "NULL";
    if (!super->self_type) { return PyUnicode_FromFormat("<super: <class '%s'>, NULL>", type); }
    return PyUnicode_FromFormat("<super: <class '%s'>, <%s object>>", type,
                                super->self_type->tp_name);
}

static PyObject *
super_descr_get(PyObject *op, PyObject *instance, PyObject *owner)
{
    super_object *super = (super_object *)op;
    if (!instance || instance == Py_None || super->self) { return Py_NewRef(op); }
    if (!Py_IS_TYPE(op, &PySuper_Type)) {
        return PyObject_CallFunctionObjArgs((PyObject *)Py_TYPE(op), super->type, instance,
                                            NULL);
    }
    own PyTypeObject *start = super_check(super->type, instance);
    if (!start) { return NULL; }
    super_object *bound = (super_object *)PySuper_Type.tp_new(&PySuper_Type, NULL, NULL);
    if (!bound) { return NULL; }
    bound->type = (PyTypeObject *)Py_NewRef(super->type);
    bound->self = Py_NewRef(instance);
    bound->self_type = take(start);
    return (PyObject *)bound;
}

/* type and self are borrowed; NULL type: find both in the running frame. */
static status
super_set(super_object *super, PyTypeObject *type, PyObject *self)
{
    if (!type && hob_frame_super_args(&type, &self) < 0) { return -1; }
    if (self == Py_None) { self = NULL; }
    PyTypeObject *start = NULL;
    if (self) {
        start = super_check(type, self);
        if (!start) { return -1; }
    }
    Py_INCREF(type);
    Py_XSETREF(super->type, (PyTypeObject *)type);
    Py_XINCREF(self);
    Py_XSETREF(super->self, self);
    Py_XSETREF(super->self_type, start);
    return 0;
}

static int
super_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    PyTypeObject *type = NULL;
    PyObject *self = NULL;
    if (!_PyArg_NoKeywords("super", kwargs)) { return -1; }
    if (!PyArg_ParseTuple(args, "|O!O:super", &PyType_Type, &type, &self)) { return -1; }
    return super_set((super_object *)op, type, self);
}

static PyObject *
super_vectorcall(PyObject *callable, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    Py_ssize_t nargs = PyVectorcall_NARGS(nargsf);
    if (!_PyArg_NoKwnames("super", kwnames)
        || !_PyArg_CheckPositional("super()", nargs, 0, 2)) {
        return NULL;
    }
    if (nargs && !PyType_Check(args[0])) {
        return hob_error_type("super() argument 1 must be a type, not %.200s", args[0]);
    }
    PyTypeObject *type = (PyTypeObject *)callable;
    own PyObject *super = type->tp_new(type, NULL, NULL);
    if (!super) { return NULL; }
    if (super_set((super_object *)super, nargs ? (PyTypeObject *)args[0] : NULL,
                  nargs > 1 ? args[1] : NULL) < 0) {
        return NULL;
    }
    return take(super);
}

static int
super_traverse(PyObject *op, visitproc visit, void *arg)
{
    super_object *super = (super_object *)op;
    Py_VISIT(super->type);
    Py_VISIT(super->self);
    Py_VISIT(super->self_type);
    return 0;
}

static void
super_dealloc(PyObject *op)
{
    super_object *super = (super_object *)op;
    PyObject_GC_UnTrack(op);
    Py_XDECREF(super->type);
    Py_XDECREF(super->self);
    Py_XDECREF(super->self_type);
    Py_TYPE(op)->tp_free(op);
}

static PyMemberDef super_members[] = {
    {"__thisclass__", T_OBJECT, offsetof(super_object, type), READONLY,
     "the class invoking super()"},
    {"__self__", T_OBJECT, offsetof(super_object, self), READONLY,
     "the instance invoking super(); may be None"},
    {"__self_class__", T_OBJECT, offsetof(super_object, self_type), READONLY,
     "the type of the instance invoking super(); may be None"},
    {NULL},
};

PyDoc_STRVAR(super_doc,
"super() -> same as super(__class__, <first argument>)\n"
"super(type) -> unbound super object\n"
"super(type, obj) -> bound super object; requires isinstance(obj, type)\n"
"super(type, type2) -> bound super object; requires issubclass(type2, type)\n"
"Looks attributes up behind `type` in the method resolution order, as in\n"
"class C(B):\n"
"    def meth(self, arg):\n"
"        super().meth(arg)\n");

PyTypeObject PySuper_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "super",
    .tp_basicsize = sizeof(super_object),
    .tp_dealloc = super_dealloc,
    .tp_repr = super_repr,
    .tp_getattro = super_getattro,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE,
    .tp_doc = super_doc,
    .tp_traverse = super_traverse,
    .tp_members = super_members,
    .tp_descr_get = super_descr_get,
    .tp_init = super_init,
    .tp_alloc = PyType_GenericAlloc,
    .tp_new = PyType_GenericNew,
    .tp_free = PyObject_GC_Del,
    .tp_vectorcall = super_vectorcall,
};

/* ast_types.c -- the Python types of syntax tree nodes.
 *
 * Layout     AST is an object with nothing but a __dict__; every other type derives
 *            from it and is made by calling type(), as a class statement would.
 * Holds      the tables of gen/syntax/ast.h decide names, fields and docstrings.
 *            Optional fields read None from the class until they are set.
 */
#include "syntax/ast_types.h"

#include "memory/own.h"
#include "syntax/syntax.h"

#include <structmember.h>

typedef struct {
    PyObject_HEAD
    PyObject *dict;
} ast_object;

/* --- AST --- */

static int
ast_traverse(ast_object *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(self->dict);
    return 0;
}

static int
ast_clear(ast_object *self)
{
    Py_CLEAR(self->dict);
    return 0;
}

static void
ast_dealloc(ast_object *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    Py_CLEAR(self->dict);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
    Py_DECREF(type);
}

/* The class's _fields; NULL without an error if it has none. */
static status
fields_of(PyObject *self, PyObject **fields, Py_ssize_t *n)
{
    *n = 0;
    own PyObject *name = PyUnicode_InternFromString("_fields");
    if (!name || _PyObject_LookupAttr((PyObject *)Py_TYPE(self), name, fields) < 0) { return -1; }
    if (!*fields) { return 0; }
    *n = PySequence_Size(*fields);
    return *n < 0 ? -1 : 0;
}

static status
init_keyword(PyObject *self, PyObject *fields, Py_ssize_t n_fields, Py_ssize_t n_args,
             PyObject *key, PyObject *value)
{
    if (n_fields > 0) {
        int known = PySequence_Contains(fields, key);
        if (known < 0) { return -1; }
        if (known) {
            Py_ssize_t at = PySequence_Index(fields, key);
            if (at < 0) { return -1; }
            if (at < n_args) {
                PyErr_Format(PyExc_TypeError, "%.400s got multiple values for argument '%U'",
                             _PyType_Name(Py_TYPE(self)), key);
                return -1;
            }
        }
    }
    return PyObject_SetAttr(self, key, value);
}

static int
ast_init(PyObject *self, PyObject *args, PyObject *kwargs)
{
    own PyObject *fields = NULL;
    Py_ssize_t n_fields, n_args = PyTuple_GET_SIZE(args);
    if (fields_of(self, &fields, &n_fields) < 0) { return -1; }
    if (n_args > n_fields) {
        PyErr_Format(PyExc_TypeError, "%.400s constructor takes at most %zd positional argument%s",
                     _PyType_Name(Py_TYPE(self)), n_fields, n_fields == 1 ? "" : "s");
        return -1;
    }
    for (Py_ssize_t i = 0; i < n_args; i++) {
        own PyObject *name = PySequence_GetItem(fields, i);
        if (!name || PyObject_SetAttr(self, name, PyTuple_GET_ITEM(args, i)) < 0) { return -1; }
    }
    PyObject *key, *value;
    Py_ssize_t at = 0;
    while (kwargs && PyDict_Next(kwargs, &at, &key, &value)) {
        if (init_keyword(self, fields, n_fields, n_args, key, value) < 0) { return -1; }
    }
    return 0;
}

static PyObject *
ast_reduce(PyObject *self, PyObject *unused)
{
    own PyObject *name = PyUnicode_InternFromString("__dict__");
    own PyObject *dict = NULL;
    if (!name || _PyObject_LookupAttr(self, name, &dict) < 0) { return NULL; }
    if (dict) { return Py_BuildValue("O()O", Py_TYPE(self), dict); }
    return Py_BuildValue("O()", Py_TYPE(self));
}

static PyMethodDef ast_methods[] = {
    {"__reduce__", ast_reduce, METH_NOARGS, NULL},
    {NULL},
};

static PyGetSetDef ast_getset[] = {
    {"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict},
    {NULL},
};

static PyMemberDef ast_members[] = {
    {"__dictoffset__", T_PYSSIZET, offsetof(ast_object, dict), READONLY},
    {NULL},
};

static PyType_Slot ast_slots[] = {
    {Py_tp_dealloc, ast_dealloc},
    {Py_tp_getattro, PyObject_GenericGetAttr},
    {Py_tp_setattro, PyObject_GenericSetAttr},
    {Py_tp_traverse, ast_traverse},
    {Py_tp_clear, ast_clear},
    {Py_tp_members, ast_members},
    {Py_tp_methods, ast_methods},
    {Py_tp_getset, ast_getset},
    {Py_tp_init, ast_init},
    {Py_tp_alloc, PyType_GenericAlloc},
    {Py_tp_new, PyType_GenericNew},
    {Py_tp_free, PyObject_GC_Del},
    {0, NULL},
};

static PyType_Spec ast_spec = {
    "ast.AST", sizeof(ast_object), 0,
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, ast_slots,
};

/* --- the rest, from the tables --- */

static hob_ast_objects objects;
static bool is_ready;

static PyObject *
names_tuple(const hob_ast_field *fields, int n)
{
    own PyObject *names = PyTuple_New(n);
    for (int i = 0; names && i < n; i++) {
        PyObject *name = PyUnicode_InternFromString(fields[i].name);
        if (!name) { return NULL; }
        PyTuple_SET_ITEM(names, i, name);
    }
    return take(names);
}

static PyObject *
make_type(const char *name, const char *doc, PyObject *base, PyObject *fields)
{
    return PyObject_CallFunction((PyObject *)&PyType_Type, "s(O){sOsOssss}", name, base, "_fields",
                                 fields, "__match_args__", fields, "__module__", "ast", "__doc__",
                                 doc);
}

static status
set_optional_fields(PyObject *type, const hob_ast_shape *shape)
{
    for (int i = 0; i < shape->n_fields; i++) {
        if (shape->fields[i].quantity == AST_OPTIONAL
            && PyObject_SetAttrString(type, shape->fields[i].name, Py_None) < 0) {
            return -1;
        }
    }
    return 0;
}

static status
set_attributes(PyObject *type, const hob_ast_type *row)
{
    own PyObject *none = PyTuple_New(0);
    PyObject *attributes = row->has_span ? objects.attributes : none;
    if (!none || PyObject_SetAttrString(type, "_attributes", attributes) < 0) { return -1; }
    if (row->kind == AST_PRODUCT
        && set_optional_fields(type, &hob_ast_shapes[row->first_shape]) < 0) {
        return -1;
    }
    if (!row->has_span || !row->end_is_optional) { return 0; }
    return PyObject_SetAttrString(type, "end_lineno", Py_None) < 0
                || PyObject_SetAttrString(type, "end_col_offset", Py_None) < 0 ? -1 : 0;
}

static status
make_shape(int at, const hob_ast_type *row, PyObject *base)
{
    const hob_ast_shape *shape = &hob_ast_shapes[at];
    if (row->kind == AST_PRODUCT) {
        objects.shapes[at] = Py_NewRef(base);
        return 0;
    }
    objects.shapes[at] = make_type(shape->name, shape->doc, base, objects.fields[at]);
    if (!objects.shapes[at] || set_optional_fields(objects.shapes[at], shape) < 0) { return -1; }
    if (row->kind != AST_ENUM) { return 0; }
    objects.singletons[at] = PyType_GenericNew((PyTypeObject *)objects.shapes[at], NULL, NULL);
    return objects.singletons[at] ? 0 : -1;
}

static status
make_types_of(int i)
{
    const hob_ast_type *row = &hob_ast_types[i];
    own PyObject *no_fields = PyTuple_New(0);
    if (!no_fields) { return -1; }
    for (int k = 0; k < row->n_shapes; k++) {
        const hob_ast_shape *shape = &hob_ast_shapes[row->first_shape + k];
        PyObject *fields = names_tuple(shape->fields, shape->n_fields);
        objects.fields[row->first_shape + k] = fields;
        if (!fields) { return -1; }
    }
    PyObject *fields = row->kind == AST_PRODUCT ? objects.fields[row->first_shape] : no_fields;
    PyObject *type = make_type(row->name, row->doc, objects.base, fields);
    objects.types[i] = type;
    if (!type || set_attributes(type, row) < 0) { return -1; }
    for (int k = 0; k < row->n_shapes; k++) {
        if (make_shape(row->first_shape + k, row, type) < 0) { return -1; }
    }
    return 0;
}

static status
make_all(void)
{
    own PyObject *empty = PyTuple_New(0);
    objects.attributes = Py_BuildValue("(ssss)", "lineno", "col_offset", "end_lineno",
                                       "end_col_offset");
    objects.base = PyType_FromSpec(&ast_spec);
    if (!empty || !objects.attributes || !objects.base) { return -1; }
    for (int i = 0; i < 4; i++) {
        PyUnicode_InternInPlace(&((PyTupleObject *)objects.attributes)->ob_item[i]);
    }
    if (PyObject_SetAttrString(objects.base, "_fields", empty) < 0
        || PyObject_SetAttrString(objects.base, "__match_args__", empty) < 0
        || PyObject_SetAttrString(objects.base, "_attributes", empty) < 0) {
        return -1;
    }
    for (int i = 0; i < HOB_AST_N_TYPES; i++) {
        if (make_types_of(i) < 0) { return -1; }
    }
    return 0;
}

static void
clear_all(PyObject **slots, size_t n)
{
    for (size_t i = 0; i < n; i++) { Py_CLEAR(slots[i]); }
}

void
hob_ast_fini(void)
{
    is_ready = false;
    clear_all((PyObject **)&objects, sizeof objects / sizeof(PyObject *));
}

BORROWED const hob_ast_objects *
hob_ast_objects_get(void)
{
    if (is_ready) { return &objects; }
    if (make_all() < 0) {
        hob_ast_fini();
        return NULL;
    }
    is_ready = true;
    return &objects;
}

/* module.c -- module _functools: reduce, cmp_to_key, and the types of the other files. */
#include "modules/_functools/functools.h"

#include <structmember.h>

/* --- cmp_to_key: a key object that compares by a cmp function --- */

typedef struct {
    PyObject_HEAD
    PyObject *cmp, *object;     /* owned; object NULL for the factory */
} key_wrapper;

static int
key_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(((key_wrapper *)op)->cmp);
    Py_VISIT(((key_wrapper *)op)->object);
    return 0;
}

static int
key_clear(PyObject *op)
{
    Py_CLEAR(((key_wrapper *)op)->cmp);
    Py_CLEAR(((key_wrapper *)op)->object);
    return 0;
}

static void
key_dealloc(PyObject *op)
{
    PyTypeObject *type = Py_TYPE(op);
    PyObject_GC_UnTrack(op);
    key_clear(op);
    type->tp_free(op);
    Py_DECREF(type);
}

static MUST_USE PyObject *
key_make(PyTypeObject *type, PyObject *cmp, PyObject *object)
{
    key_wrapper *key = PyObject_GC_New(key_wrapper, type);
    if (!key) { return NULL; }
    key->cmp = Py_NewRef(cmp);
    key->object = Py_XNewRef(object);
    PyObject_GC_Track(key);
    return (PyObject *)key;
}

static PyObject *
key_call(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"obj", NULL};
    PyObject *object;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O:K", names, &object)) { return NULL; }
    return key_make(Py_TYPE(op), ((key_wrapper *)op)->cmp, object);
}

static PyObject *
key_compare(PyObject *a, PyObject *b, int op)
{
    if (!Py_IS_TYPE(b, Py_TYPE(a))) {
        PyErr_SetString(PyExc_TypeError, "other argument must be K instance");
        return NULL;
    }
    PyObject *x = ((key_wrapper *)a)->object, *y = ((key_wrapper *)b)->object;
    if (!x || !y) {
        PyErr_SetString(PyExc_AttributeError, "object");
        return NULL;
    }
    PyObject *pair[2] = {x, y};
    own PyObject *order = PyObject_Vectorcall(((key_wrapper *)a)->cmp, pair, 2, NULL);
    own PyObject *zero = order ? PyLong_FromLong(0) : NULL;
    return zero ? PyObject_RichCompare(order, zero, op) : NULL;
}

static PyMemberDef key_members[] = {
    {"obj", T_OBJECT, offsetof(key_wrapper, object), 0, "Value wrapped by a key function."},
    {NULL},
};

static PyType_Slot key_slots[] = {
    {Py_tp_dealloc, key_dealloc},
    {Py_tp_call, key_call},
    {Py_tp_getattro, PyObject_GenericGetAttr},
    {Py_tp_traverse, key_traverse},
    {Py_tp_clear, key_clear},
    {Py_tp_members, key_members},
    {Py_tp_richcompare, key_compare},
    {0, NULL},
};

static PyType_Spec key_spec = {
    .name = "functools.KeyWrapper",
    .basicsize = sizeof(key_wrapper),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_HAVE_GC
        | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = key_slots,
};

static PyObject *
functools_cmp_to_key(PyObject *module, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"mycmp", NULL};
    PyObject *cmp;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O:cmp_to_key", names, &cmp)) { return NULL; }
    return key_make(state_of(module)->key_type, cmp, NULL);
}

/* --- reduce --- */

static PyObject *
functools_reduce(PyObject *module, PyObject *args)
{
    PyObject *func, *iterable, *initial = NULL;
    if (!PyArg_UnpackTuple(args, "reduce", 2, 3, &func, &iterable, &initial)) { return NULL; }
    own PyObject *result = Py_XNewRef(initial);
    own PyObject *iterator = PyObject_GetIter(iterable);
    if (!iterator) {
        if (PyErr_ExceptionMatches(PyExc_TypeError)) {
            PyErr_SetString(PyExc_TypeError, "reduce() arg 2 must support iteration");
        }
        return NULL;
    }
    for (;;) {
        own PyObject *item = PyIter_Next(iterator);
        if (!item) { break; }
        if (!result) {
            result = take(item);
            continue;
        }
        PyObject *pair[3] = {NULL, result, item};
        PyObject *next =
            PyObject_Vectorcall(func, pair + 1, 2 | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
        if (!next) { return NULL; }
        Py_SETREF(result, next);
    }
    if (PyErr_Occurred()) { return NULL; }
    if (!result) {
        PyErr_SetString(PyExc_TypeError, "reduce() of empty iterable with no initial value");
    }
    return take(result);
}

static PyMethodDef methods[] = {
    {"reduce", functools_reduce, METH_VARARGS,
     "reduce(function, iterable[, initial]) -> value\n\n"
     "Fold the items into one: function(function(a, b), c) and so on, from the left.\n"
     "initial, if given, comes before the first item; without it an iterable with no\n"
     "item is an error."},
    {"cmp_to_key", (PyCFunction)(void (*)(void))functools_cmp_to_key, METH_VARARGS | METH_KEYWORDS,
     "A key function for sorted() and the like, from one that compares two items."},
    {NULL},
};

/* --- the module --- */

static int
functools_exec(PyObject *module)
{
    functools_state *state = state_of(module);
    const struct { PyTypeObject **slot; PyType_Spec *spec; bool is_public; } types[] = {
        {&state->partial_type, &hob_partial_spec, true},
        {&state->lru_type, &hob_lru_spec, true},
        {&state->key_type, &key_spec, false},
        {&state->lru_link_type, &hob_lru_link_spec, false},
    };
    state->kwd_mark = PyObject_CallNoArgs((PyObject *)&PyBaseObject_Type);
    if (!state->kwd_mark) { return -1; }
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        *types[i].slot = (PyTypeObject *)PyType_FromModuleAndSpec(module, types[i].spec, NULL);
        if (!*types[i].slot) { return -1; }
        if (types[i].is_public && PyModule_AddType(module, *types[i].slot) < 0) { return -1; }
    }
    return 0;
}

static int
functools_traverse(PyObject *module, visitproc visit, void *arg)
{
    functools_state *state = state_of(module);
    Py_VISIT(state->partial_type);
    Py_VISIT(state->key_type);
    Py_VISIT(state->lru_type);
    Py_VISIT(state->lru_link_type);
    Py_VISIT(state->kwd_mark);
    return 0;
}

static int
functools_clear(PyObject *module)
{
    functools_state *state = state_of(module);
    Py_CLEAR(state->partial_type);
    Py_CLEAR(state->key_type);
    Py_CLEAR(state->lru_type);
    Py_CLEAR(state->lru_link_type);
    Py_CLEAR(state->kwd_mark);
    return 0;
}

static void
functools_free(void *module)
{
    functools_clear(module);
}

static PyModuleDef_Slot slots[] = {{Py_mod_exec, functools_exec}, {0, NULL}};

struct PyModuleDef hob_functools_def = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_functools",
    .m_doc = "Tools that operate on functions.",
    .m_size = sizeof(functools_state),
    .m_methods = methods,
    .m_slots = slots,
    .m_traverse = functools_traverse,
    .m_clear = functools_clear,
    .m_free = functools_free,
};

PyMODINIT_FUNC
PyInit__functools(void)
{
    return PyModuleDef_Init(&hob_functools_def);
}

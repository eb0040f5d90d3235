/* xxsubtype.c -- module xxsubtype: subtypes of list and dict, made in C as an example.
 *
 * Layout     a subtype's struct begins with its base's; `state` comes after it.
 * Next       the standard library's tests of descriptors use both types.
 */
#include <Python.h>
#include <structmember.h>
#include <time.h>

#include "base/c.h"
#include "memory/own.h"

/* --- spamlist --- */

typedef struct {
    PyListObject list;
    int state;
} spamlist;

PyDoc_STRVAR(getstate_doc, "getstate() -> state");
PyDoc_STRVAR(setstate_doc, "setstate(state)");
PyDoc_STRVAR(special_doc, "classmeth(*args, **kw)");

static PyObject *
spamlist_getstate(spamlist *self, PyObject *args)
{
    if (!PyArg_ParseTuple(args, ":getstate")) { return NULL; }
    return PyLong_FromLong(self->state);
}

static PyObject *
spamlist_setstate(spamlist *self, PyObject *args)
{
    int state;
    if (!PyArg_ParseTuple(args, "i:setstate", &state)) { return NULL; }
    self->state = state;
    Py_RETURN_NONE;
}

/* What it was called with: (self or None, args, kwargs or None). */
static PyObject *
spamlist_special(PyObject *self, PyObject *args, PyObject *kwargs)
{
    return PyTuple_Pack(3, self ? self : Py_None, args, kwargs ? kwargs : Py_None);
}

static PyObject *
spamlist_get_state(spamlist *self, void *closure)
{
    return PyLong_FromLong(self->state);
}

static int
spamlist_init(spamlist *self, PyObject *args, PyObject *kwargs)
{
    if (PyList_Type.tp_init((PyObject *)self, args, kwargs) < 0) { return -1; }
    self->state = 0;
    return 0;
}

#define METHOD(function) (PyCFunction)(void (*)(void))function
static PyMethodDef spamlist_methods[] = {
    {"getstate", METHOD(spamlist_getstate), METH_VARARGS, getstate_doc},
    {"setstate", METHOD(spamlist_setstate), METH_VARARGS, setstate_doc},
    {"classmeth", METHOD(spamlist_special), METH_VARARGS | METH_KEYWORDS | METH_CLASS,
     special_doc},
    {"staticmeth", METHOD(spamlist_special), METH_VARARGS | METH_KEYWORDS | METH_STATIC,
     special_doc},
    {NULL},
};

static PyGetSetDef spamlist_getset[] = {
    {"state", (getter)spamlist_get_state, NULL, "an int that the list carries"},
    {NULL},
};

static PyTypeObject spamlist_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "xxsubtype.spamlist",
    .tp_basicsize = sizeof(spamlist),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .tp_methods = spamlist_methods,
    .tp_getset = spamlist_getset,
    .tp_init = (initproc)spamlist_init,
};

/* --- spamdict --- */

typedef struct {
    PyDictObject dict;
    int state;
} spamdict;

static PyObject *
spamdict_getstate(spamdict *self, PyObject *args)
{
    if (!PyArg_ParseTuple(args, ":getstate")) { return NULL; }
    return PyLong_FromLong(self->state);
}

static PyObject *
spamdict_setstate(spamdict *self, PyObject *args)
{
    int state;
    if (!PyArg_ParseTuple(args, "i:setstate", &state)) { return NULL; }
    self->state = state;
    Py_RETURN_NONE;
}

static int
spamdict_init(spamdict *self, PyObject *args, PyObject *kwargs)
{
    if (PyDict_Type.tp_init((PyObject *)self, args, kwargs) < 0) { return -1; }
    self->state = 0;
    return 0;
}

static PyMethodDef spamdict_methods[] = {
    {"getstate", METHOD(spamdict_getstate), METH_VARARGS, getstate_doc},
    {"setstate", METHOD(spamdict_setstate), METH_VARARGS, setstate_doc},
    {NULL},
};

static PyMemberDef spamdict_members[] = {
    {"state", T_INT, offsetof(spamdict, state), READONLY, "an int that the dict carries"},
    {NULL},
};

static PyTypeObject spamdict_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "xxsubtype.spamdict",
    .tp_basicsize = sizeof(spamdict),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .tp_methods = spamdict_methods,
    .tp_members = spamdict_members,
    .tp_init = (initproc)spamdict_init,
};

/* --- the module --- */

/* bench(object, name, n=1000): processor seconds that n look-ups of an attribute take. */
static PyObject *
spam_bench(PyObject *module, PyObject *args)
{
    PyObject *object, *name;
    int n = 1000;
    if (!PyArg_ParseTuple(args, "OU|i", &object, &name, &n)) { return NULL; }
    clock_t start = clock();
    for (; n > 0; n--) {
        own PyObject *found = PyObject_GetAttr(object, name);
        if (!found) { return NULL; }
    }
    return PyFloat_FromDouble((double)(clock() - start) / CLOCKS_PER_SEC);
}

static PyMethodDef spam_functions[] = {
    {"bench", spam_bench, METH_VARARGS, NULL},
    {NULL},
};

static int
spam_exec(PyObject *module)
{
    /* the addresses of another file's types are not constants in every linkage */
    spamlist_type.tp_base = &PyList_Type;
    spamdict_type.tp_base = &PyDict_Type;
    if (PyType_Ready(&spamlist_type) < 0 || PyType_Ready(&spamdict_type) < 0) { return -1; }
    if (PyModule_AddObjectRef(module, "spamlist", (PyObject *)&spamlist_type) < 0) { return -1; }
    return PyModule_AddObjectRef(module, "spamdict", (PyObject *)&spamdict_type);
}

static PyModuleDef_Slot spam_slots[] = {
    {Py_mod_exec, spam_exec},
    {0, NULL},
};

PyDoc_STRVAR(spam_doc,
    "An example of subtypes of built-in types that are made in C.\n\n"
    "The standard library's own tests need it.");

static struct PyModuleDef spam_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "xxsubtype",
    .m_doc = spam_doc,
    .m_methods = spam_functions,
    .m_slots = spam_slots,
};

PyMODINIT_FUNC
PyInit_xxsubtype(void)
{
    return PyModuleDef_Init(&spam_module);
}

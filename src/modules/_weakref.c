/* _weakref.c -- the module behind weakref. */
#include <Python.h>

#include "base/c.h"

static PyWeakReference **
list_of(PyObject *object)
{
    return (PyWeakReference **)PyObject_GET_WEAKREFS_LISTPTR(object);
}

/** getweakrefcount($module, object, /)
 *
 *  Return how many weak references refer to object.
 */
static Py_ssize_t
getweakrefcount(PyObject *module, PyObject *object)
{
    if (!PyType_SUPPORTS_WEAKREFS(Py_TYPE(object))) { return 0; }
    return _PyWeakref_GetWeakrefCount(*list_of(object));
}

/** getweakrefs($module, object, /)
 *
 *  Return a list of all weak reference objects that refer to object.
 */
static PyObject *
getweakrefs(PyObject *module, PyObject *object)
{
    if (!PyType_SUPPORTS_WEAKREFS(Py_TYPE(object))) { return PyList_New(0); }
    Py_ssize_t n = _PyWeakref_GetWeakrefCount(*list_of(object));
    PyObject *result = PyList_New(n);
    if (!result) { return NULL; }
    PyWeakReference *ref = *list_of(object);
    for (Py_ssize_t i = 0; i < n; i++, ref = ref->wr_next) {
        PyList_SET_ITEM(result, i, Py_NewRef(ref));
    }
    return result;
}

/** proxy($module, object, callback=None, /)
 *
 *  Make a proxy that refers to object weakly.
 *
 *  callback, when given, is called with the proxy once object is about to be
 *  finalized.
 */
static PyObject *
proxy(PyObject *module, PyObject *object, PyObject *callback)
{
    return PyWeakref_NewProxy(object, callback);
}

static int
is_dead(PyObject *value)
{
    if (!PyWeakref_Check(value)) {
        PyErr_SetString(PyExc_TypeError, "not a weakref");
        return -1;
    }
    return PyWeakref_GET_OBJECT(value) == Py_None;
}

/** _remove_dead_weakref($module, dct, key, /)
 *
 *  Remove key from dct in one step, if its value is a dead weak reference.
 */
static status
remove_dead_weakref(PyObject *module, PyDictObject *dct, PyObject *key)
{
    if (_PyDict_DelItemIf((PyObject *)dct, key, is_dead) < 0) {
        if (!PyErr_ExceptionMatches(PyExc_KeyError)) { return -1; }
        PyErr_Clear();                          /* a callback has removed it before us */
    }
    return 0;
}

#include "gen/modules/_weakref.bind.h"

static int
weakref_exec(PyObject *module)
{
    static const struct { const char *name; PyTypeObject *type; } types[] = {
        {"ref", &_PyWeakref_RefType},
        {"ReferenceType", &_PyWeakref_RefType},
        {"ProxyType", &_PyWeakref_ProxyType},
        {"CallableProxyType", &_PyWeakref_CallableProxyType},
    };
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        if (PyModule_AddObjectRef(module, types[i].name, (PyObject *)types[i].type) < 0) {
            return -1;
        }
    }
    return 0;
}

static PyModuleDef_Slot weakref_slots[] = {
    {Py_mod_exec, weakref_exec},
    {0, NULL},
};

static struct PyModuleDef weakref_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_weakref",
    .m_doc = "Weak-reference support module.",
    .m_methods = module_methods,
    .m_slots = weakref_slots,
};

PyMODINIT_FUNC
PyInit__weakref(void)
{
    return PyModuleDef_Init(&weakref_module);
}

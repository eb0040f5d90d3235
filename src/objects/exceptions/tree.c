/* tree.c -- every built-in exception type, from exceptions.def, and their start.
 *
 * Layout     hob_<Name>_type is the type, PyExc_<Name> the exported pointer to
 *            it, valid from the first instruction on.  ExceptionGroup alone
 *            is a heap type: it has two bases.
 * Next       base.c is what all share; kinds.h says who has more.
 */
#include "objects/exceptions/kinds.h"

enum { NEW = 1, INHERITED = 0 };

#define hob_object_type PyBaseObject_Type
#define X(name, base, kind, makes, docstring)                                   \
    PyTypeObject hob_##name##_type = {                                          \
        PyVarObject_HEAD_INIT(&PyType_Type, 0)                                  \
        .tp_name = #name,                                                       \
        .tp_basicsize = sizeof(hob_##kind##_struct),                            \
        .tp_dealloc = hob_##kind##_dealloc,                                     \
        .tp_str = hob_##kind##_str,                                             \
        .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE |                  \
                    Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASE_EXC_SUBCLASS,          \
        .tp_doc = PyDoc_STR(docstring),                                         \
        .tp_traverse = hob_##kind##_traverse,                                   \
        .tp_clear = hob_##kind##_clear,                                         \
        .tp_methods = hob_##kind##_methods,                                     \
        .tp_members = hob_##kind##_members,                                     \
        .tp_getset = hob_##kind##_getset,                                       \
        .tp_base = &hob_##base##_type,                                          \
        .tp_dictoffset = offsetof(PyBaseExceptionObject, dict),                 \
        .tp_init = hob_##kind##_init,                                           \
        .tp_alloc = PyType_GenericAlloc,                                        \
        .tp_new = makes ? hob_##kind##_new : NULL,                              \
        .tp_free = PyObject_GC_Del,                                             \
    };                                                                          \
    HOB_EXPORT PyObject *PyExc_##name = (PyObject *)&hob_##name##_type;
#include "objects/exceptions/exceptions.def"
#undef X

HOB_EXPORT PyObject *PyExc_EnvironmentError = (PyObject *)&hob_OSError_type;
HOB_EXPORT PyObject *PyExc_IOError = (PyObject *)&hob_OSError_type;

static PyTypeObject *const exception_types[] = {
#define X(name, base, kind, makes, doc) &hob_##name##_type,
#include "objects/exceptions/exceptions.def"
#undef X
};

static PyObject *exception_group;       /* owned */

/* A type of the same kind as its base has nothing to add to the base's
 * descriptors. */
static void
drop_inherited_tables(PyTypeObject *type)
{
    PyTypeObject *base = type->tp_base;
    if (base->tp_dealloc != type->tp_dealloc) { return; }
    if (base->tp_methods == type->tp_methods) { type->tp_methods = NULL; }
    if (base->tp_members == type->tp_members) { type->tp_members = NULL; }
    if (base->tp_getset == type->tp_getset) { type->tp_getset = NULL; }
    if (base->tp_str == type->tp_str) { type->tp_str = NULL; }
}

status
hob_exceptions_init(void)
{
    if (exception_group) { return 0; }
    PyTypeObject *root = &hob_BaseException_type;
    root->tp_repr = hob_base_repr;
    root->tp_getattro = PyObject_GenericGetAttr;
    root->tp_setattro = PyObject_GenericSetAttr;
    /* from the leaves up, so that a base still has its tables when compared */
    for (size_t i = ARRAY_LEN(exception_types); i-- > 1;) {
        drop_inherited_tables(exception_types[i]);
    }
    for (size_t i = 0; i < ARRAY_LEN(exception_types); i++) {
        if (PyType_Ready(exception_types[i]) < 0) { return -1; }
    }
    own PyObject *bases = PyTuple_Pack(2, PyExc_BaseExceptionGroup, PyExc_Exception);
    if (!bases) { return -1; }
    exception_group = PyErr_NewException("builtins.ExceptionGroup", bases, NULL);
    if (!exception_group) { return -1; }
    return hob_os_fill_errno_map() < 0 || hob_memory_fill() < 0 ? -1 : 0;
}

PyObject *                              /* borrowed */
hob_exception_group_type(void)
{
    return exception_group;
}

status
hob_exceptions_publish(PyObject *builtins_dict)
{
    for (size_t i = 0; i < ARRAY_LEN(exception_types); i++) {
        PyTypeObject *type = exception_types[i];
        if (PyDict_SetItemString(builtins_dict, type->tp_name, (PyObject *)type) < 0) {
            return -1;
        }
    }
    if (PyDict_SetItemString(builtins_dict, "ExceptionGroup", exception_group) < 0 ||
        PyDict_SetItemString(builtins_dict, "EnvironmentError", PyExc_OSError) < 0 ||
        PyDict_SetItemString(builtins_dict, "IOError", PyExc_OSError) < 0) {
        return -1;
    }
    return 0;
}

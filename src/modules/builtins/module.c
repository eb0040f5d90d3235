/* module.c -- module builtins: one-object functions, and how the module is filled. */
#include "modules/builtins/builtins.h"

#include "objects/exceptions/exceptions.h"
#include "objects/scan.h"
#include "objects/undeclared.h"
#include "state/interp.h"
#include "state/runtime.h"
#include "vm/vm.h"

/** abs($module, x, /)
 *
 *  How far the number is from zero.
 */
static PyObject *
builtin_abs(PyObject *module, PyObject *x)
{
    return PyNumber_Absolute(x);
}

/** ascii($module, obj, /)
 *
 *  What repr() gives, with every character beyond ASCII as an escape.
 */
static PyObject *
builtin_ascii(PyObject *module, PyObject *obj)
{
    return PyObject_ASCII(obj);
}

/** bin($module, number, /)
 *
 *  The number in base 2, as text.
 *
 *      >>> bin(-10)
 *      '-0b1010'
 */
static PyObject *
builtin_bin(PyObject *module, PyObject *number)
{
    return PyNumber_ToBase(number, 2);
}

/** oct($module, number, /)
 *
 *  The number in base 8, as text.
 *
 *      >>> oct(-511)
 *      '-0o777'
 */
static PyObject *
builtin_oct(PyObject *module, PyObject *number)
{
    return PyNumber_ToBase(number, 8);
}

/** hex($module, number, /)
 *
 *  The number in base 16, as text.
 *
 *      >>> hex(-48879)
 *      '-0xbeef'
 */
static PyObject *
builtin_hex(PyObject *module, PyObject *number)
{
    return PyNumber_ToBase(number, 16);
}

/** callable($module, obj, /)
 *
 *  Whether obj can be called.
 *
 *  Classes can, and so can what has a __call__() in its class.
 */
static bool
builtin_callable(PyObject *module, PyObject *obj)
{
    return PyCallable_Check(obj);
}

/** chr($module, i, /)
 *
 *  The one-character string with code point i, from 0 to 0x10ffff.
 */
static PyObject *
builtin_chr(PyObject *module, int i)
{
    return PyUnicode_FromOrdinal(i);
}

/** ord($module, c, /)
 *
 *  The code point of a string (or bytes) of length one.
 */
static PyObject *
builtin_ord(PyObject *module, PyObject *c)
{
    Py_ssize_t n;
    if (PyUnicode_Check(c)) {
        n = PyUnicode_GET_LENGTH(c);
        if (n == 1) { return PyLong_FromLong((long)PyUnicode_READ_CHAR(c, 0)); }
    }
    else if (PyBytes_Check(c)) {
        n = PyBytes_GET_SIZE(c);
        if (n == 1) { return PyLong_FromLong((unsigned char)*PyBytes_AS_STRING(c)); }
    }
    else if (PyByteArray_Check(c)) {
        n = PyByteArray_GET_SIZE(c);
        if (n == 1) { return PyLong_FromLong((unsigned char)*PyByteArray_AS_STRING(c)); }
    }
    else {
        PyErr_Format(PyExc_TypeError, "ord() expected string of length 1, but %.200s found",
                     Py_TYPE(c)->tp_name);
        return NULL;
    }
    PyErr_Format(PyExc_TypeError, "ord() expected a character, but string of length %zd found", n);
    return NULL;
}

/** format($module, value, format_spec='', /)
 *
 *  Return type(value).__format__(value, format_spec)
 *
 *  Many built-in types implement format_spec according to the
 *  Format Specification Mini-language. See help('FORMATTING') for details.
 */
static PyObject *
builtin_format(PyObject *module, PyObject *value, PyUnicodeObject *format_spec)
{
    return PyObject_Format(value, (PyObject *)format_spec);
}

/** divmod($module, x, y, /)
 *
 *  Quotient and remainder in one go: the pair (x // y, x % y).
 */
static PyObject *
builtin_divmod(PyObject *module, PyObject *x, PyObject *y)
{
    return PyNumber_Divmod(x, y);
}

/** pow($module, /, base, exp, mod=None)
 *
 *  base to the power of exp; modulo mod, if that is given.
 *
 *  For ints the modular power never builds the full one.
 */
static PyObject *
builtin_pow(PyObject *module, PyObject *base, PyObject *exp, PyObject *mod)
{
    return PyNumber_Power(base, exp, mod);
}

/** round($module, /, number, ndigits=None)
 *
 *  The number rounded to ndigits decimal places.
 *
 *  Without ndigits the result is an int, else it keeps its type; a negative
 *  ndigits rounds left of the point.
 */
static PyObject *
builtin_round(PyObject *module, PyObject *number, PyObject *ndigits)
{
    PyObject *method = _PyObject_LookupSpecial(number, ID(__round__));
    if (!method) {
        if (!PyErr_Occurred()) {
            PyErr_Format(PyExc_TypeError, "type %.100s doesn't define __round__ method",
                         Py_TYPE(number)->tp_name);
        }
        return NULL;
    }
    PyObject *result = ndigits == Py_None ? PyObject_CallNoArgs(method)
                                          : PyObject_CallOneArg(method, ndigits);
    Py_DECREF(method);
    return result;
}

/* --- attributes --- */

static PyObject *
builtin_getattr(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    if (!_PyArg_CheckPositional("getattr", nargs, 2, 3)) { return NULL; }
    PyObject *value = NULL;
    if (!PyUnicode_Check(args[1])) {
        PyErr_Format(PyExc_TypeError, "attribute name must be string, not '%.200s'",
                     Py_TYPE(args[1])->tp_name);
        return NULL;
    }
    if (nargs == 2) { return PyObject_GetAttr(args[0], args[1]); }
    if (_PyObject_LookupAttr(args[0], args[1], &value) == 0) { return Py_NewRef(args[2]); }
    return value;
}

/** hasattr($module, obj, name, /)
 *
 *  Whether getattr(obj, name) would find something.
 *
 *  It tries, and takes an AttributeError for no.
 */
static tri
builtin_hasattr(PyObject *module, PyObject *obj, PyObject *name)
{
    PyObject *value;
    if (!PyUnicode_Check(name)) {
        PyErr_Format(PyExc_TypeError, "attribute name must be string, not '%.200s'",
                     Py_TYPE(name)->tp_name);
        return -1;
    }
    int found = _PyObject_LookupAttr(obj, name, &value);
    Py_XDECREF(value);
    return found;
}

/** setattr($module, obj, name, value, /)
 *
 *  Give obj an attribute: setattr(x, 'y', v) does what x.y = v does.
 */
static status
builtin_setattr(PyObject *module, PyObject *obj, PyObject *name, PyObject *value)
{
    return PyObject_SetAttr(obj, name, value);
}

/** delattr($module, obj, name, /)
 *
 *  Take an attribute away: delattr(x, 'y') does what del x.y does.
 */
static status
builtin_delattr(PyObject *module, PyObject *obj, PyObject *name)
{
    return PyObject_SetAttr(obj, name, NULL);
}

static PyObject *
builtin_dir(PyObject *module, PyObject *args)
{
    PyObject *object = NULL;
    if (!PyArg_UnpackTuple(args, "dir", 0, 1, &object)) { return NULL; }
    return PyObject_Dir(object);
}

static PyObject *
builtin_vars(PyObject *module, PyObject *args)
{
    PyObject *object = NULL, *dict;
    if (!PyArg_UnpackTuple(args, "vars", 0, 1, &object)) { return NULL; }
    if (!object) { return Py_XNewRef(PyEval_GetLocals()); }
    if (_PyObject_LookupAttr(object, ID(__dict__), &dict) == 0) {
        PyErr_SetString(PyExc_TypeError, "vars() argument must have __dict__ attribute");
    }
    return dict;
}

/* --- identity, class, length --- */

/** hash($module, obj, /)
 *
 *  An int by which dicts and sets find obj again.
 *
 *  Equal objects have equal hashes; unequal ones may have.
 */
static PyObject *
builtin_hash(PyObject *module, PyObject *obj)
{
    Py_hash_t hash = hob_scan_hash(obj);
    return hash == -1 ? NULL : PyLong_FromSsize_t(hash);
}

/** id($module, obj, /)
 *
 *  A number that no other living object has.
 *
 *  Here it is the object's address.
 */
static PyObject *
builtin_id(PyObject *module, PyObject *obj)
{
    own PyObject *id = PyLong_FromVoidPtr(obj);
    if (id && PySys_Audit("builtins.id", "O", id) < 0) { return NULL; }
    return take(id);
}

/** isinstance($module, obj, class_or_tuple, /)
 *
 *  Whether obj belongs to a class, or to one that derives from it.
 *
 *  With a tuple or a union of classes, whether it belongs to any of them.
 */
static tri
builtin_isinstance(PyObject *module, PyObject *obj, PyObject *class_or_tuple)
{
    return PyObject_IsInstance(obj, class_or_tuple);
}

/** issubclass($module, cls, class_or_tuple, /)
 *
 *  Whether cls is a class or derives from it.
 *
 *  With a tuple or a union of classes, whether that holds for any of them.
 */
static tri
builtin_issubclass(PyObject *module, PyObject *cls, PyObject *class_or_tuple)
{
    return PyObject_IsSubclass(cls, class_or_tuple);
}

/** len($module, obj, /)
 *
 *  How many items the container has.
 */
static PyObject *
builtin_len(PyObject *module, PyObject *obj)
{
    Py_ssize_t n = PyObject_Size(obj);
    return n < 0 ? NULL : PyLong_FromSsize_t(n);
}

/** repr($module, obj, /)
 *
 *  The object as text for a programmer; where possible, text that eval() turns
 *  back into an equal object.
 */
static PyObject *
builtin_repr(PyObject *module, PyObject *obj)
{
    return PyObject_Repr(obj);
}

/* --- iteration --- */

static PyObject *
builtin_iter(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    if (!_PyArg_CheckPositional("iter", nargs, 1, 2)) { return NULL; }
    if (nargs == 1) { return PyObject_GetIter(args[0]); }
    if (!PyCallable_Check(args[0])) {
        PyErr_SetString(PyExc_TypeError, "iter(v, w): v must be callable");
        return NULL;
    }
    return PyCallIter_New(args[0], args[1]);
}

static PyObject *
builtin_next(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    if (!_PyArg_CheckPositional("next", nargs, 1, 2)) { return NULL; }
    PyObject *iterator = args[0];
    if (!PyIter_Check(iterator)) {
        PyErr_Format(PyExc_TypeError, "'%.200s' object is not an iterator",
                     Py_TYPE(iterator)->tp_name);
        return NULL;
    }
    PyObject *item = Py_TYPE(iterator)->tp_iternext(iterator);
    if (item) { return item; }
    if (nargs > 1) {
        if (PyErr_Occurred()) {
            if (!PyErr_ExceptionMatches(PyExc_StopIteration)) { return NULL; }
            PyErr_Clear();
        }
        return Py_NewRef(args[1]);
    }
    if (!PyErr_Occurred()) { PyErr_SetNone(PyExc_StopIteration); }
    return NULL;
}

/** aiter($module, async_iterable, /)
 *
 *  The asynchronous iterator that async_iterable supplies.
 */
static PyObject *
builtin_aiter(PyObject *module, PyObject *async_iterable)
{
    return PyObject_GetAIter(async_iterable);
}

/** anext($module, aiterator, default=NULL, /)
 *
 *  An awaitable for the iterator's next item.
 *
 *  At the end it gives default, if there is one, instead of raising
 *  StopAsyncIteration.
 */
static PyObject *
builtin_anext(PyObject *module, PyObject *aiterator, PyObject *default_)
{
    PyTypeObject *type = Py_TYPE(aiterator);
    if (!type->tp_as_async || !type->tp_as_async->am_anext) {
        PyErr_Format(PyExc_TypeError, "'%.200s' object is not an async iterator", type->tp_name);
        return NULL;
    }
    own PyObject *awaitable = type->tp_as_async->am_anext(aiterator);
    if (!awaitable || !default_) { return take(awaitable); }
    return hob_anext_awaitable_new(awaitable, default_);
}

#include "gen/modules/builtins/module.bind.h"

static PyMethodDef plain_methods[] = {
    {"getattr", (PyCFunction)(void (*)(void))builtin_getattr, METH_FASTCALL,
     "getattr(object, name[, default]) -> value\n\n"
     "Read an attribute: getattr(x, 'y') does what x.y does, except that a missing\n"
     "one gives default, if there is one."},
    {"dir", builtin_dir, METH_VARARGS,
     "dir([object]) -> list of strings\n\n"
     "The names in an object, sorted: what its __dir__() says. That of a module\n"
     "tells its globals, that of a class its attributes and its bases', that of\n"
     "another object its own and its class's. Alone, the names in the caller's scope."},
    {"vars", builtin_vars, METH_VARARGS,
     "vars([object]) -> dictionary\n\n"
     "The object's __dict__; alone, what locals() gives."},
    {"iter", (PyCFunction)(void (*)(void))builtin_iter, METH_FASTCALL,
     "iter(iterable) -> iterator\n"
     "iter(callable, sentinel) -> iterator\n\n"
     "What walks over an iterable: its __iter__(), or its items from 0 on.\n"
     "The second form calls until the answer equals sentinel."},
    {"next", (PyCFunction)(void (*)(void))builtin_next, METH_FASTCALL,
     "next(iterator[, default])\n\n"
     "The iterator's next item; at its end default, if there is one, instead of\n"
     "StopIteration."},
    {NULL},
};

static struct PyModuleDef builtins_def = {
    PyModuleDef_HEAD_INIT,
    .m_name = "builtins",
    .m_doc = "The names that every module sees: functions, types, exceptions, constants.",
    .m_size = -1,
    .m_methods = module_methods,
};

PyMODINIT_FUNC PyInit_builtins(void);

PyMODINIT_FUNC
PyInit_builtins(void)
{
    PyErr_SetString(PyExc_ImportError, "builtins is made at start only");
    return NULL;
}

static const struct { const char *name; PyTypeObject *type; } types[] = {
    {"bool", &PyBool_Type}, {"memoryview", &PyMemoryView_Type}, {"bytearray", &PyByteArray_Type},
    {"bytes", &PyBytes_Type}, {"classmethod", &PyClassMethod_Type}, {"complex", &PyComplex_Type},
    {"dict", &PyDict_Type}, {"enumerate", &PyEnum_Type}, {"filter", &PyFilter_Type},
    {"float", &PyFloat_Type}, {"frozenset", &PyFrozenSet_Type}, {"property", &PyProperty_Type},
    {"int", &PyLong_Type}, {"list", &PyList_Type}, {"map", &PyMap_Type},
    {"object", &PyBaseObject_Type}, {"range", &PyRange_Type}, {"reversed", &PyReversed_Type},
    {"set", &PySet_Type}, {"slice", &PySlice_Type}, {"staticmethod", &PyStaticMethod_Type},
    {"str", &PyUnicode_Type}, {"super", &PySuper_Type}, {"tuple", &PyTuple_Type},
    {"type", &PyType_Type}, {"zip", &PyZip_Type},
};

static MUST_USE status
fill(PyObject *module, const PyConfig *config)
{
    PyObject *dict = PyModule_GetDict(module);
    PyMethodDef *const tables[] = {plain_methods, hob_builtins_evaluate, hob_builtins_stream,
                                   hob_builtins_reduce};
    for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
        if (PyModule_AddFunctions(module, tables[i]) < 0) { return -1; }
    }
    const struct { const char *name; PyObject *value; } constants[] = {
        {"None", Py_None}, {"Ellipsis", Py_Ellipsis}, {"NotImplemented", Py_NotImplemented},
        {"False", Py_False}, {"True", Py_True},
        {"__debug__", config->optimization_level > 0 ? Py_False : Py_True},
    };
    for (size_t i = 0; i < ARRAY_LEN(constants); i++) {
        if (PyDict_SetItemString(dict, constants[i].name, constants[i].value) < 0) { return -1; }
    }
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        if (PyDict_SetItemString(dict, types[i].name, (PyObject *)types[i].type) < 0) { return -1; }
    }
    return hob_exceptions_publish(dict);
}

status
hob_builtins_init(PyInterpreterState *interp)
{
    own PyObject *module = PyModule_Create(&builtins_def);
    if (!module) { return -1; }
    interp->builtins = Py_NewRef(PyModule_GetDict(module));
    if (fill(module, &interp->config) < 0) { return -1; }
    interp->builtins_copy = PyDict_Copy(interp->builtins);
    if (!interp->builtins_copy) { return -1; }
    if (_PyImport_FixupBuiltin(module, "builtins", interp->modules) < 0) { return -1; }
    hob_vm_know_builtins(interp->builtins);
    return 0;
}

/* call.c -- calling objects: vectorcall, tp_call, and the many ways of C to spell
 * the arguments.
 *
 * Holds      exactly one of "a result" and "an exception set" comes back from a
 *            call; _Py_CheckFunctionResult turns anything else into SystemError.
 *            A callee never keeps the argument array.
 * Hazard     with PY_VECTORCALL_ARGUMENTS_OFFSET args[-1] is the callee's to use
 *            during the call; it gives it back as it was.
 */
#include "objects/call.h"

#include <stdarg.h>

#include "memory/own.h"
#include "objects/ids.h"
#include "objects/type/type.h"

enum { N_SMALL = 8 };           /* arguments that fit on the C stack */

/* --- results --- */

PyObject *
_Py_CheckFunctionResult(PyThreadState *ts, PyObject *callable, PyObject *result,
                        const char *where)
{
    if (!result) {
        if (LIKELY(ts->curexc_type != NULL)) { return NULL; }
        if (callable) {
            PyErr_Format(PyExc_SystemError, "%R returned NULL without setting an exception",
                         callable);
        }
        else {
            PyErr_Format(PyExc_SystemError, "%s returned NULL without setting an exception",
                         where);
        }
        return NULL;
    }
    if (LIKELY(!ts->curexc_type)) { return result; }
    Py_DECREF(result);
    if (callable) {
        _PyErr_FormatFromCause(PyExc_SystemError, "%R returned a result with an exception set",
                               callable);
    }
    else {
        _PyErr_FormatFromCause(PyExc_SystemError, "%s returned a result with an exception set",
                               where);
    }
    return NULL;
}

/* --- arrays of arguments --- */

/* Room for n words: the small buffer, or memory.  NULL with MemoryError. */
static inline PyObject **
args_room(PyObject **small, Py_ssize_t n)
{
    if (n <= N_SMALL) { return small; }
    PyObject **big = PyMem_New(PyObject *, (size_t)n);
    if (!big) { PyErr_NoMemory(); }
    return big;
}

static inline void
args_done(PyObject **small, PyObject **args)
{
    if (args != small) { PyMem_Free(args); }
}

/* Positional arguments, then the values of kwargs; *kwnames becomes a tuple of
 * their names.  All references in the array are borrowed, but kwnames is owned.
 * One spare word lies in front of the result. */
static PyObject **
args_unpack(PyObject **small, PyObject *const *args, Py_ssize_t nargs, PyObject *kwargs,
            PyObject **kwnames)
{
    Py_ssize_t n_kw = PyDict_GET_SIZE(kwargs);
    PyObject **room = args_room(small, 1 + nargs + n_kw);
    if (!room) { return NULL; }
    PyObject **out = room + 1;
    *kwnames = PyTuple_New(n_kw);
    if (!*kwnames) {
        args_done(small, room);
        return NULL;
    }
    room[0] = NULL;
    if (nargs) { memcpy(out, args, (size_t)nargs * sizeof *out); }
    Py_ssize_t at = 0, i = 0;
    PyObject *key, *value;
    bool all_str = true;
    while (i < n_kw && PyDict_Next(kwargs, &at, &key, &value)) {
        all_str &= PyUnicode_Check(key) != 0;
        PyTuple_SET_ITEM(*kwnames, i, Py_NewRef(key));
        out[nargs + i] = value;
        i++;
    }
    if (all_str && i == n_kw) {
        for (Py_ssize_t k = 0; k < nargs + n_kw; k++) { Py_INCREF(out[k]); }
        return out;
    }
    PyErr_SetString(PyExc_TypeError, "keywords must be strings");
    Py_CLEAR(*kwnames);
    args_done(small, room);
    return NULL;
}

static void
args_unpack_done(PyObject **small, PyObject **args, Py_ssize_t n, PyObject *kwnames)
{
    for (Py_ssize_t i = 0; i < n; i++) { Py_DECREF(args[i]); }
    Py_DECREF(kwnames);
    args_done(small, args - 1);
}

PyObject *
_PyStack_AsDict(PyObject *const *values, PyObject *kwnames)
{
    own PyObject *dict = PyDict_New();
    Py_ssize_t n = kwnames ? PyTuple_GET_SIZE(kwnames) : 0;
    for (Py_ssize_t i = 0; dict && i < n; i++) {
        if (PyDict_SetItem(dict, PyTuple_GET_ITEM(kwnames, i), values[i]) < 0) { return NULL; }
    }
    return take(dict);
}

static PyObject *
tuple_of(PyObject *const *args, Py_ssize_t n)
{
    PyObject *tuple = PyTuple_New(n);
    for (Py_ssize_t i = 0; tuple && i < n; i++) {
        PyTuple_SET_ITEM(tuple, i, Py_NewRef(args[i]));
    }
    return tuple;
}

/* --- tp_call --- */

static COLD void *
error_not_callable(PyObject *callable)
{
    return hob_error_type("'%.200s' object is not callable", callable);
}

static PyObject *
call_slot(PyThreadState *ts, ternaryfunc slot, PyObject *callable, PyObject *args,
          PyObject *kwargs)
{
    if (hob_recursion_enter(ts, " while calling a Python object")) { return NULL; }
    PyObject *result = slot(callable, args, kwargs);
    hob_recursion_leave(ts);
    return _Py_CheckFunctionResult(ts, callable, result, NULL);
}

/* keywords is a tuple of names, a dict, or NULL. */
PyObject *
_PyObject_MakeTpCall(PyThreadState *ts, PyObject *callable, PyObject *const *args,
                     Py_ssize_t nargs, PyObject *keywords)
{
    ternaryfunc slot = Py_TYPE(callable)->tp_call;
    if (!slot) { return error_not_callable(callable); }

    if (slot == PyType_Type.tp_call && callable != (PyObject *)&PyType_Type
        && (!keywords || PyTuple_Check(keywords))) {
        /* a class with a metaclass: no tuple needed */
        PyObject *result = hob_class_vectorcall(callable, args, (size_t)nargs, keywords);
        return _Py_CheckFunctionResult(ts, callable, result, NULL);
    }
    own PyObject *tuple = tuple_of(args, nargs);
    if (!tuple) { return NULL; }
    own PyObject *kwargs = NULL;
    if (keywords && PyDict_Check(keywords)) {
        kwargs = Py_NewRef(keywords);
    }
    else if (keywords && PyTuple_GET_SIZE(keywords)) {
        kwargs = _PyStack_AsDict(args + nargs, keywords);
        if (!kwargs) { return NULL; }
    }
    return call_slot(ts, slot, callable, tuple, kwargs);
}

/* --- vectorcall --- */

vectorcallfunc
PyVectorcall_Function(PyObject *callable)
{
    return hob_vectorcall_of(callable);
}

/* func over an args tuple and a kwargs dict. */
static PyObject *
vectorcall_unpacked(PyThreadState *ts, vectorcallfunc func, PyObject *callable, PyObject *tuple,
                    PyObject *kwargs)
{
    Py_ssize_t nargs = PyTuple_GET_SIZE(tuple);
    PyObject *const *items = ((PyTupleObject *)tuple)->ob_item;
    PyObject *result;
    if (!kwargs || PyDict_GET_SIZE(kwargs) == 0) {
        result = func(callable, items, (size_t)nargs, NULL);
        if (!result) { return NULL; }   /* without an exception?  the machine says so */
    }
    else {
        PyObject *small[N_SMALL], *kwnames;
        PyObject **args = args_unpack(small, items, nargs, kwargs, &kwnames);
        if (!args) { return NULL; }
        result = func(callable, args, (size_t)nargs | PY_VECTORCALL_ARGUMENTS_OFFSET, kwnames);
        args_unpack_done(small, args, nargs + PyTuple_GET_SIZE(kwnames), kwnames);
    }
    return _Py_CheckFunctionResult(ts, callable, result, NULL);
}

PyObject *
PyVectorcall_Call(PyObject *callable, PyObject *tuple, PyObject *kwargs)
{
    vectorcallfunc func = NULL;
    Py_ssize_t offset = Py_TYPE(callable)->tp_vectorcall_offset;
    if (offset > 0) { func = *(vectorcallfunc *)((char *)callable + offset); }
    if (!func) {
        PyErr_Format(PyExc_TypeError, "'%.200s' object does not support vectorcall",
                     Py_TYPE(callable)->tp_name);
        return NULL;
    }
    return vectorcall_unpacked(hob_ts(), func, callable, tuple, kwargs);
}

PyObject *
PyObject_Vectorcall(PyObject *callable, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    return hob_call_ts(hob_ts(), callable, args, nargsf, kwnames);
}

PyObject *
_PyObject_FastCallDictTstate(PyThreadState *ts, PyObject *callable, PyObject *const *args,
                             size_t nargsf, PyObject *kwargs)
{
    Py_ssize_t nargs = PyVectorcall_NARGS(nargsf);
    vectorcallfunc func = hob_vectorcall_of(callable);
    if (!func) { return _PyObject_MakeTpCall(ts, callable, args, nargs, kwargs); }
    PyObject *result;
    if (!kwargs || PyDict_GET_SIZE(kwargs) == 0) {
        result = func(callable, args, nargsf, NULL);
    }
    else {
        PyObject *small[N_SMALL], *kwnames;
        PyObject **all = args_unpack(small, args, nargs, kwargs, &kwnames);
        if (!all) { return NULL; }
        result = func(callable, all, (size_t)nargs | PY_VECTORCALL_ARGUMENTS_OFFSET, kwnames);
        args_unpack_done(small, all, nargs + PyTuple_GET_SIZE(kwnames), kwnames);
    }
    return _Py_CheckFunctionResult(ts, callable, result, NULL);
}

PyObject *
PyObject_VectorcallDict(PyObject *callable, PyObject *const *args, size_t nargsf,
                        PyObject *kwargs)
{
    return _PyObject_FastCallDictTstate(hob_ts(), callable, args, nargsf, kwargs);
}

/* --- tuple and dict --- */

PyObject *
_PyObject_Call(PyThreadState *ts, PyObject *callable, PyObject *args, PyObject *kwargs)
{
    EXPECT(!ts->curexc_type);
    vectorcallfunc func = hob_vectorcall_of(callable);
    if (func) { return vectorcall_unpacked(ts, func, callable, args, kwargs); }
    ternaryfunc slot = Py_TYPE(callable)->tp_call;
    if (!slot) { return error_not_callable(callable); }
    return call_slot(ts, slot, callable, args, kwargs);
}

PyObject *
PyObject_Call(PyObject *callable, PyObject *args, PyObject *kwargs)
{
    return _PyObject_Call(hob_ts(), callable, args, kwargs);
}

PyObject *
PyCFunction_Call(PyObject *callable, PyObject *args, PyObject *kwargs)
{
    return _PyObject_Call(hob_ts(), callable, args, kwargs);
}

PyObject *
PyObject_CallObject(PyObject *callable, PyObject *args)
{
    PyThreadState *ts = hob_ts();
    if (!args) { return hob_call_ts(ts, callable, NULL, 0, NULL); }
    if (!PyTuple_Check(args)) {
        PyErr_SetString(PyExc_TypeError, "argument list must be a tuple");
        return NULL;
    }
    return _PyObject_Call(ts, callable, args, NULL);
}

PyObject *
PyEval_CallObjectWithKeywords(PyObject *callable, PyObject *args, PyObject *kwargs)
{
    if (args && !PyTuple_Check(args)) {
        PyErr_SetString(PyExc_TypeError, "argument list must be a tuple");
        return NULL;
    }
    if (kwargs && !PyDict_Check(kwargs)) {
        PyErr_SetString(PyExc_TypeError, "keyword list must be a dictionary");
        return NULL;
    }
    PyThreadState *ts = hob_ts();
    if (!args) { return _PyObject_FastCallDictTstate(ts, callable, NULL, 0, kwargs); }
    return _PyObject_Call(ts, callable, args, kwargs);
}

PyObject *
hob_call_prepend(PyThreadState *ts, PyObject *callable, PyObject *first, PyObject *args,
                 PyObject *kwargs)
{
    EXPECT(PyTuple_Check(args));
    Py_ssize_t nargs = PyTuple_GET_SIZE(args);
    PyObject *small[N_SMALL];
    PyObject **all = args_room(small, nargs + 1);
    if (!all) { return NULL; }
    all[0] = first;
    memcpy(all + 1, ((PyTupleObject *)args)->ob_item, (size_t)nargs * sizeof *all);
    PyObject *result = _PyObject_FastCallDictTstate(ts, callable, all, (size_t)nargs + 1,
                                                    kwargs);
    args_done(small, all);
    return result;
}

PyObject *
_PyObject_Call_Prepend(PyThreadState *ts, PyObject *callable, PyObject *obj, PyObject *args,
                       PyObject *kwargs)
{
    return hob_call_prepend(ts, callable, obj, args, kwargs);
}

/* --- few arguments --- */

PyObject *
_PyObject_FastCall(PyObject *callable, PyObject *const *args, Py_ssize_t nargs)
{
    return hob_call(callable, args, (size_t)nargs, NULL);
}

PyObject *
PyObject_CallNoArgs(PyObject *callable)
{
    return hob_call_noargs(callable);
}

PyObject *
PyObject_CallOneArg(PyObject *callable, PyObject *arg)
{
    return hob_call_one(callable, arg);
}

/* --- methods --- */

PyObject *
PyObject_VectorcallMethod(PyObject *name, PyObject *const *args, size_t nargsf,
                          PyObject *kwnames)
{
    PyObject *callable = NULL;
    int unbound = _PyObject_GetMethod(args[0], name, &callable);
    if (!callable) { return NULL; }
    if (unbound) { nargsf &= ~PY_VECTORCALL_ARGUMENTS_OFFSET; }
    else {                      /* args[0] is not passed: its word becomes the spare one */
        args++;
        nargsf = (nargsf - 1) | PY_VECTORCALL_ARGUMENTS_OFFSET;
    }
    PyObject *result = hob_call(callable, args, nargsf, kwnames);
    Py_DECREF(callable);
    return result;
}

PyObject *
hob_call_method(PyObject *name, PyObject *const *args, Py_ssize_t nargs)
{
    return PyObject_VectorcallMethod(name, args, (size_t)nargs, NULL);
}

/* --- arguments as a NULL-ended list --- */

/* The call of self.callable (self NULL: callable alone) with the objects of va. */
static PyObject *
call_objects(PyObject *self, PyObject *callable, va_list va)
{
    if (!callable) { return hob_error_null(); }
    va_list counting;
    va_copy(counting, va);
    Py_ssize_t n = self ? 1 : 0;
    while (va_arg(counting, PyObject *)) { n++; }
    va_end(counting);

    PyObject *small[N_SMALL];
    PyObject **args = args_room(small, n);
    if (!args) { return NULL; }
    Py_ssize_t i = 0;
    if (self) { args[i++] = self; }
    while (i < n) { args[i++] = va_arg(va, PyObject *); }
    PyObject *result = hob_call(callable, args, (size_t)n, NULL);
    args_done(small, args);
    return result;
}

PyObject *
PyObject_CallFunctionObjArgs(PyObject *callable, ...)
{
    va_list va;
    va_start(va, callable);
    PyObject *result = call_objects(NULL, callable, va);
    va_end(va);
    return result;
}

static PyObject *
call_method_objects(PyObject *self, PyObject *name, va_list va)
{
    if (!self || !name) { return hob_error_null(); }
    PyObject *callable = NULL;
    int unbound = _PyObject_GetMethod(self, name, &callable);
    if (!callable) { return NULL; }
    PyObject *result = call_objects(unbound ? self : NULL, callable, va);
    Py_DECREF(callable);
    return result;
}

PyObject *
PyObject_CallMethodObjArgs(PyObject *self, PyObject *name, ...)
{
    va_list va;
    va_start(va, name);
    PyObject *result = call_method_objects(self, name, va);
    va_end(va);
    return result;
}

PyObject *
_PyObject_CallMethodIdObjArgs(PyObject *self, _Py_Identifier *name, ...)
{
    PyObject *text = _PyUnicode_FromId(name);
    if (!text) { return NULL; }
    va_list va;
    va_start(va, name);
    PyObject *result = call_method_objects(self, text, va);
    va_end(va);
    return result;
}

/* --- arguments by format ---
 * Each function exists twice: the _SizeT one is what callers get who define
 * PY_SSIZE_T_CLEAN, where "#" takes a Py_ssize_t. */

#undef _Py_VaBuildStack
PyAPI_FUNC(PyObject **) _Py_VaBuildStack(PyObject **small, Py_ssize_t n_small,
                                         const char *format,
                                         va_list va, Py_ssize_t *n);
PyAPI_FUNC(PyObject **) _Py_VaBuildStack_SizeT(PyObject **small, Py_ssize_t n_small,
                                               const char *format, va_list va, Py_ssize_t *n);

static PyObject *
call_format(PyObject *callable, const char *format, va_list va, bool size_t_clean)
{
    if (!callable) { return hob_error_null(); }
    if (!format || !*format) { return hob_call_noargs(callable); }
    PyObject *small[N_SMALL];
    Py_ssize_t n;
    PyObject **args = size_t_clean ? _Py_VaBuildStack_SizeT(small, N_SMALL, format, va, &n)
                                   : _Py_VaBuildStack(small, N_SMALL, format, va, &n);
    if (!args) { return NULL; }
    PyObject *result;
    if (n == 1 && PyTuple_Check(args[0])) {     /* "O" with a tuple means its items */
        PyObject *tuple = args[0];
        result = hob_call(callable, ((PyTupleObject *)tuple)->ob_item,
                          (size_t)PyTuple_GET_SIZE(tuple), NULL);
    }
    else {
        result = hob_call(callable, args, (size_t)n, NULL);
    }
    for (Py_ssize_t i = 0; i < n; i++) { Py_DECREF(args[i]); }
    if (args != small) { PyMem_Free(args); }
    return result;
}

/* callable is consumed; NULL passes an error on. */
static PyObject *
call_method_format(STOLEN PyObject *method, const char *format, va_list va, bool size_t_clean)
{
    own PyObject *callable = method;
    if (!callable) { return NULL; }
    if (!PyCallable_Check(callable)) {
        return hob_error_type("attribute of type '%.200s' is not callable", callable);
    }
    return call_format(callable, format, va, size_t_clean);
}

#undef PyObject_CallFunction
#undef PyObject_CallMethod
#undef _PyObject_CallMethodId
#undef PyEval_CallFunction
#undef PyEval_CallMethod

/* the header declared the _SizeT names in place of these */
PyAPI_FUNC(PyObject *) PyObject_CallFunction(PyObject *callable, const char *format, ...);
PyAPI_FUNC(PyObject *) PyObject_CallMethod(PyObject *self, const char *name,
                                           const char *format, ...);
PyAPI_FUNC(PyObject *) _PyObject_CallMethodId(PyObject *self, _Py_Identifier *name,
                                              const char *format, ...);

#define WITH_VA(last, expression)               \
    va_list va;                                 \
    va_start(va, last);                         \
    PyObject *result = (expression);            \
    va_end(va);                                 \
    return result

PyObject *
PyObject_CallFunction(PyObject *callable, const char *format, ...)
{
    WITH_VA(format, call_format(callable, format, va, false));
}

PyObject *
_PyObject_CallFunction_SizeT(PyObject *callable, const char *format, ...)
{
    WITH_VA(format, call_format(callable, format, va, true));
}

PyObject *
PyEval_CallFunction(PyObject *callable, const char *format, ...)
{
    WITH_VA(format, call_format(callable, format, va, false));
}

PyObject *
PyObject_CallMethod(PyObject *self, const char *name, const char *format, ...)
{
    if (!self || !name) { return hob_error_null(); }
    WITH_VA(format, call_method_format(PyObject_GetAttrString(self, name), format, va, false));
}

PyObject *
_PyObject_CallMethod_SizeT(PyObject *self, const char *name, const char *format, ...)
{
    if (!self || !name) { return hob_error_null(); }
    WITH_VA(format, call_method_format(PyObject_GetAttrString(self, name), format, va, true));
}

PyObject *
PyEval_CallMethod(PyObject *self, const char *name, const char *format, ...)
{
    if (!self || !name) { return hob_error_null(); }
    WITH_VA(format, call_method_format(PyObject_GetAttrString(self, name), format, va, false));
}

PyObject *
_PyObject_CallMethod(PyObject *self, PyObject *name, const char *format, ...)
{
    if (!self || !name) { return hob_error_null(); }
    WITH_VA(format, call_method_format(PyObject_GetAttr(self, name), format, va, true));
}

PyObject *
_PyObject_CallMethodId(PyObject *self, _Py_Identifier *name, const char *format, ...)
{
    if (!self || !name) { return hob_error_null(); }
    WITH_VA(format, call_method_format(_PyObject_GetAttrId(self, name), format, va, false));
}

PyObject *
_PyObject_CallMethodId_SizeT(PyObject *self, _Py_Identifier *name, const char *format, ...)
{
    if (!self || !name) { return hob_error_null(); }
    WITH_VA(format, call_method_format(_PyObject_GetAttrId(self, name), format, va, true));
}

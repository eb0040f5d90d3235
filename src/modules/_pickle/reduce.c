/* reduce.c -- writing objects by what their __reduce_ex__ says, and by name.
 *
 * A reduction is the name of a global, or a tuple: callable, arguments and, each None
 * or left out, state, iterator of list items, iterator of dict items, state setter.
 * Two callables are known by name from protocol 2 on: __newobj__ and __newobj_ex__
 * stand for cls.__new__ and have opcodes of their own.
 */
#include "modules/_pickle/pickle_int.h"

enum { REDUCE_MIN = 2, REDUCE_MAX = 6 };

#define PICKLING(...) (PyErr_Format(hob_pickle()->PicklingError, __VA_ARGS__), -1)

/* --- construction --- */

/* cls, arguments, keywords -- NEWOBJ_EX, or before protocol 4 a partial of cls.__new__. */
static MUST_USE status
save_newobj_ex(pickler *self, PyObject *args)
{
    if (PyTuple_GET_SIZE(args) != 3) {
        return PICKLING("length of the NEWOBJ_EX argument tuple must be exactly 3, not %zd",
                        PyTuple_GET_SIZE(args));
    }
    PyObject *cls = PyTuple_GET_ITEM(args, 0);
    PyObject *plain = PyTuple_GET_ITEM(args, 1), *named = PyTuple_GET_ITEM(args, 2);
    if (!PyType_Check(cls)) {
        return PICKLING("first item from NEWOBJ_EX argument tuple must be a class, not %.200s",
                        Py_TYPE(cls)->tp_name);
    }
    if (!PyTuple_Check(plain)) {
        return PICKLING("second item from NEWOBJ_EX argument tuple must be a tuple, not %.200s",
                        Py_TYPE(plain)->tp_name);
    }
    if (!PyDict_Check(named)) {
        return PICKLING("third item from NEWOBJ_EX argument tuple must be a dict, not %.200s",
                        Py_TYPE(named)->tp_name);
    }
    if (self->proto >= 4) {
        if (hob_save(self, cls) < 0 || hob_save(self, plain) < 0 || hob_save(self, named) < 0) {
            return -1;
        }
        return hob_pickler_op(self, NEWOBJ_EX);
    }
    own PyObject *maker = PyObject_GetAttr(cls, NAME(__new__));
    if (!maker) { return -1; }
    own PyObject *front = PyTuple_Pack(2, maker, cls);
    own PyObject *all = front ? PySequence_Concat(front, plain) : NULL;
    own PyObject *partial = all ? PyObject_Call(hob_pickle()->partial, all, named) : NULL;
    own PyObject *nothing = PyTuple_New(0);
    if (!partial || !nothing) { return -1; }
    if (hob_save(self, partial) < 0 || hob_save(self, nothing) < 0) { return -1; }
    return hob_pickler_op(self, REDUCE);
}

static MUST_USE status
save_newobj(pickler *self, PyObject *args, PyObject *obj)
{
    if (PyTuple_GET_SIZE(args) < 1) { return PICKLING("__newobj__ arglist is empty"); }
    PyObject *cls = PyTuple_GET_ITEM(args, 0);
    if (!PyType_Check(cls)) { return PICKLING("args[0] from __newobj__ args is not a type"); }
    if (obj) {
        own PyObject *obj_class = PyObject_GetAttr(obj, NAME(__class__));
        if (!obj_class) { return -1; }
        if (obj_class != cls) {
            return PICKLING("args[0] from __newobj__ args has the wrong class");
        }
    }
    own PyObject *rest = PyTuple_GetSlice(args, 1, PyTuple_GET_SIZE(args));
    if (!rest || hob_save(self, cls) < 0 || hob_save(self, rest) < 0) { return -1; }
    return hob_pickler_op(self, NEWOBJ);
}

static MUST_USE status
save_construction(pickler *self, PyObject *callable, PyObject *args, PyObject *obj)
{
    if (self->proto >= 2) {
        own PyObject *name = NULL;
        PyObject *found;
        if (_PyObject_LookupAttr(callable, NAME(__name__), &found) < 0) { return -1; }
        name = found;
        if (name && PyUnicode_Check(name)) {
            if (_PyUnicode_Equal(name, NAME(__newobj_ex__))) { return save_newobj_ex(self, args); }
            if (_PyUnicode_Equal(name, NAME(__newobj__))) { return save_newobj(self, args, obj); }
        }
    }
    if (hob_save(self, callable) < 0 || hob_save(self, args) < 0) { return -1; }
    return hob_pickler_op(self, REDUCE);
}

/* --- state --- */

static MUST_USE status
save_state(pickler *self, PyObject *state, PyObject *setter, PyObject *obj)
{
    if (!state) { return 0; }
    if (!setter) { return hob_save(self, state) < 0 ? -1 : hob_pickler_op(self, BUILD); }
    static const char call_and_drop[] = {(char)TUPLE2, REDUCE, POP};
    if (hob_save(self, setter) < 0 || hob_save(self, obj) < 0 || hob_save(self, state) < 0) {
        return -1;
    }
    return hob_pickler_write(self, call_and_drop, 3);
}

/* Check the parts of a reduction; None becomes NULL. */
static MUST_USE status
unpack(PyObject *reduced, PyObject *parts[REDUCE_MAX])
{
    Py_ssize_t n = PyTuple_GET_SIZE(reduced);
    if (n < REDUCE_MIN || n > REDUCE_MAX) {
        return PICKLING("tuple returned by __reduce__ must contain 2 through 6 elements");
    }
    for (Py_ssize_t i = 0; i < REDUCE_MAX; i++) {
        parts[i] = i < n ? PyTuple_GET_ITEM(reduced, i) : NULL;
        if (i >= REDUCE_MIN && parts[i] == Py_None) { parts[i] = NULL; }
    }
    if (!PyCallable_Check(parts[0])) {
        return PICKLING("first item of the tuple returned by __reduce__ must be callable");
    }
    if (!PyTuple_Check(parts[1])) {
        return PICKLING("second item of the tuple returned by __reduce__ must be a tuple");
    }
    static const char *ordinals[] = {[3] = "fourth", [4] = "fifth"};
    for (int i = 3; i <= 4; i++) {
        if (!parts[i] || PyIter_Check(parts[i])) { continue; }
        return PICKLING(
            "%s element of the tuple returned by __reduce__ must be an iterator, not %s",
            ordinals[i], Py_TYPE(parts[i])->tp_name);
    }
    if (parts[5] && !PyCallable_Check(parts[5])) {
        return PICKLING(
            "sixth element of the tuple returned by __reduce__ must be a function, not %s",
            Py_TYPE(parts[5])->tp_name);
    }
    return 0;
}

/* Write a reduction, which is a tuple; obj, if any, is what it stands for. */
status
hob_save_reduced(pickler *self, PyObject *reduced, PyObject *obj)
{
    PyObject *parts[REDUCE_MAX];
    if (unpack(reduced, parts) < 0) { return -1; }
    if (save_construction(self, parts[0], parts[1], obj) < 0) { return -1; }
    if (obj) {
        Py_ssize_t place = hob_seen_find(self->memo, obj);
        if (place >= 0) {               /* its own arguments hold it */
            return hob_pickler_op(self, POP) < 0 ? -1 : hob_save_get(self, place);
        }
        if (hob_save_put(self, obj) < 0) { return -1; }
    }
    if (parts[3] && hob_save_list_items(self, parts[3]) < 0) { return -1; }
    if (parts[4] && hob_save_dict_items(self, parts[4]) < 0) { return -1; }
    return save_state(self, parts[2], parts[5], obj);
}

/* --- finding the reduction --- */

/* type(None) and its like have no name to be found by. */
static MUST_USE status
save_singleton_type(pickler *self, PyObject *obj, PyObject *singleton)
{
    own PyObject *reduced = Py_BuildValue("(O(O))", &PyType_Type, singleton);
    return reduced ? hob_save_reduced(self, reduced, obj) : -1;
}

static MUST_USE status
save_type(pickler *self, PyObject *obj)
{
    PyObject *singletons[] = {Py_None, Py_Ellipsis, Py_NotImplemented};
    for (size_t i = 0; i < ARRAY_LEN(singletons); i++) {
        if (obj == (PyObject *)Py_TYPE(singletons[i])) {
            return save_singleton_type(self, obj, singletons[i]);
        }
    }
    return hob_save_global(self, obj, NULL);
}

/* The reducer that a dispatch table has for type, or NULL with or without an error. */
static MAYBE_NULL PyObject *
find_reducer(pickler *self, PyTypeObject *type)
{
    if (!self->dispatch_table) {
        return Py_XNewRef(PyDict_GetItemWithError(hob_pickle()->dispatch_table, (PyObject *)type));
    }
    own PyObject *table = Py_NewRef(self->dispatch_table);
    PyObject *reducer = PyObject_GetItem(table, (PyObject *)type);
    if (!reducer && PyErr_ExceptionMatches(PyExc_KeyError)) { PyErr_Clear(); }
    return reducer;
}

/* obj.__reduce_ex__(protocol), else obj.__reduce__(). */
static MUST_USE PyObject *
call_reduce(pickler *self, PyObject *obj)
{
    PyObject *found;
    if (_PyObject_LookupAttr(obj, NAME(__reduce_ex__), &found) < 0) { return NULL; }
    own PyObject *method = found;
    if (method) {
        own PyObject *protocol = PyLong_FromLong(self->proto);
        return protocol ? PyObject_CallOneArg(method, protocol) : NULL;
    }
    if (_PyObject_LookupAttr(obj, NAME(__reduce__), &found) < 0) { return NULL; }
    own PyObject *plain = found;
    if (plain) { return PyObject_CallNoArgs(plain); }
    PyErr_Format(hob_pickle()->PicklingError, "can't pickle '%.200s' object: %R",
                 Py_TYPE(obj)->tp_name, obj);
    return NULL;
}

static MUST_USE status
save_reduction(pickler *self, STOLEN PyObject *value, PyObject *obj)
{
    own PyObject *reduced = value;
    if (!reduced) { return -1; }
    if (PyUnicode_Check(reduced)) { return hob_save_global(self, obj, reduced); }
    if (!PyTuple_Check(reduced)) { return PICKLING("__reduce__ must return a string or tuple"); }
    return hob_save_reduced(self, reduced, obj);
}

/* Write an object that is not of a type known to save.c. */
status
hob_save_by_reduction(pickler *self, PyObject *obj)
{
    PyTypeObject *type = Py_TYPE(obj);
    if (self->reducer_override) {
        own PyObject *override = Py_NewRef(self->reducer_override);
        PyObject *value = PyObject_CallOneArg(override, obj);
        if (value != Py_NotImplemented) { return save_reduction(self, value, obj); }
        Py_DECREF(value);
    }
    if (type == &PyType_Type) { return save_type(self, obj); }
    if (type == &PyFunction_Type) { return hob_save_global(self, obj, NULL); }

    own PyObject *reducer = find_reducer(self, type);
    if (reducer) { return save_reduction(self, PyObject_CallOneArg(reducer, obj), obj); }
    if (PyErr_Occurred()) { return -1; }
    if (PyType_IsSubtype(type, &PyType_Type)) { return hob_save_global(self, obj, NULL); }
    return save_reduction(self, call_reduce(self, obj), obj);
}

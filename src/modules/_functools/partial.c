/* partial.c -- functools.partial: a call with some arguments already given.
 *
 * Holds      args is an exact tuple, kw an exact dict.  vectorcall is set when
 *            func has vectorcall, else NULL: then tp_call does the work.
 */
#include "modules/_functools/functools.h"

#include <structmember.h>

typedef struct {
    PyObject_HEAD
    PyObject *func, *args, *kw; /* owned */
    PyObject *dict;             /* owned, MAYBE_NULL */
    PyObject *weakrefs;
    vectorcallfunc vectorcall;
} partial;

enum { SMALL_CALL = 8 };

static PyObject *partial_vectorcall(PyObject *op, PyObject *const *args, size_t nargsf,
                                    PyObject *kwnames);

static void
choose_call(partial *self)
{
    self->vectorcall = PyVectorcall_Function(self->func) ? partial_vectorcall : NULL;
}

/* With keywords of both sides: merge them into a dict. */
static PyObject *
call_merged(partial *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    own PyObject *kw = PyDict_Copy(self->kw);
    if (!kw) { return NULL; }
    for (Py_ssize_t i = 0; kwnames && i < PyTuple_GET_SIZE(kwnames); i++) {
        if (PyDict_SetItem(kw, PyTuple_GET_ITEM(kwnames, i), args[nargs + i]) < 0) { return NULL; }
    }
    Py_ssize_t n_mine = PyTuple_GET_SIZE(self->args);
    own PyObject *all = PyTuple_New(n_mine + nargs);
    if (!all) { return NULL; }
    for (Py_ssize_t i = 0; i < n_mine; i++) {
        PyTuple_SET_ITEM(all, i, Py_NewRef(PyTuple_GET_ITEM(self->args, i)));
    }
    for (Py_ssize_t i = 0; i < nargs; i++) {
        PyTuple_SET_ITEM(all, n_mine + i, Py_NewRef(args[i]));
    }
    return PyObject_Call(self->func, all, kw);
}

static PyObject *
partial_vectorcall(PyObject *op, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    partial *self = (partial *)op;
    Py_ssize_t nargs = PyVectorcall_NARGS(nargsf);
    if (PyDict_GET_SIZE(self->kw)) { return call_merged(self, args, nargs, kwnames); }
    Py_ssize_t n_mine = PyTuple_GET_SIZE(self->args);
    if (n_mine == 0) { return PyObject_Vectorcall(self->func, args, nargsf, kwnames); }

    PyObject *const *mine = ((PyTupleObject *)self->args)->ob_item;
    Py_ssize_t n_all = nargs + (kwnames ? PyTuple_GET_SIZE(kwnames) : 0);
    if (n_mine == 1 && (nargsf & PY_VECTORCALL_ARGUMENTS_OFFSET)) {
        PyObject **front = (PyObject **)args - 1;       /* the slot before is ours to use */
        PyObject *keep = front[0];
        front[0] = mine[0];
        PyObject *result = PyObject_Vectorcall(self->func, front, (size_t)nargs + 1, kwnames);
        front[0] = keep;
        return result;
    }
    PyObject *small[SMALL_CALL + 1];
    PyObject **stack = small;
    if (n_mine + n_all > SMALL_CALL) {
        stack = PyMem_Malloc((size_t)(n_mine + n_all + 1) * sizeof *stack);
        if (!stack) { return PyErr_NoMemory(); }
    }
    memcpy(stack + 1, mine, (size_t)n_mine * sizeof *stack);
    if (n_all) { memcpy(stack + 1 + n_mine, args, (size_t)n_all * sizeof *stack); }
    PyObject *result = PyObject_Vectorcall(
        self->func, stack + 1, (size_t)(n_mine + nargs) | PY_VECTORCALL_ARGUMENTS_OFFSET, kwnames);
    if (stack != small) { PyMem_Free(stack); }
    return result;
}

static PyObject *
partial_call(PyObject *op, PyObject *args, PyObject *kwargs)
{
    partial *self = (partial *)op;
    own PyObject *kw = PyDict_GET_SIZE(self->kw) ? PyDict_Copy(self->kw) : Py_XNewRef(kwargs);
    if (PyDict_GET_SIZE(self->kw) && (!kw || (kwargs && PyDict_Merge(kw, kwargs, 1) < 0))) {
        return NULL;
    }
    own PyObject *all = PySequence_Concat(self->args, args);
    return all ? PyObject_Call(self->func, all, kw) : NULL;
}

static PyObject *
partial_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    if (PyTuple_GET_SIZE(args) < 1) {
        PyErr_SetString(PyExc_TypeError, "type 'partial' takes at least one argument");
        return NULL;
    }
    functools_state *state = state_of_type(type);
    if (!state) { return NULL; }
    PyObject *func = PyTuple_GET_ITEM(args, 0);
    partial *inner = NULL;              /* partial(partial(f, ..)) is flattened */
    if (Py_TYPE(func)->tp_call == partial_call && Py_IS_TYPE(func, state->partial_type)
        && type == state->partial_type && !((partial *)func)->dict) {
        inner = (partial *)func;
        func = inner->func;
    }
    if (!PyCallable_Check(func)) {
        PyErr_SetString(PyExc_TypeError, "the first argument must be callable");
        return NULL;
    }
    own partial *self = (partial *)type->tp_alloc(type, 0);
    if (!self) { return NULL; }
    self->func = Py_NewRef(func);
    own PyObject *rest = PyTuple_GetSlice(args, 1, PY_SSIZE_T_MAX);
    if (!rest) { return NULL; }
    self->args = inner ? PySequence_Concat(inner->args, rest) : take(rest);
    if (!self->args) { return NULL; }
    self->kw = inner ? PyDict_Copy(inner->kw) : PyDict_New();
    if (!self->kw || (kwargs && PyDict_Merge(self->kw, kwargs, 1) < 0)) { return NULL; }
    choose_call(self);
    return (PyObject *)take(self);
}

static int
partial_traverse(PyObject *op, visitproc visit, void *arg)
{
    partial *self = (partial *)op;
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(self->func);
    Py_VISIT(self->args);
    Py_VISIT(self->kw);
    Py_VISIT(self->dict);
    return 0;
}

static int
partial_clear(PyObject *op)
{
    partial *self = (partial *)op;
    Py_CLEAR(self->func);
    Py_CLEAR(self->args);
    Py_CLEAR(self->kw);
    Py_CLEAR(self->dict);
    return 0;
}

static void
partial_dealloc(PyObject *op)
{
    PyTypeObject *type = Py_TYPE(op);
    PyObject_GC_UnTrack(op);
    if (((partial *)op)->weakrefs) { PyObject_ClearWeakRefs(op); }
    partial_clear(op);
    type->tp_free(op);
    Py_DECREF(type);
}

static PyObject *
partial_repr(PyObject *op)
{
    partial *self = (partial *)op;
    int entered = Py_ReprEnter(op);
    if (entered != 0) { return entered < 0 ? NULL : PyUnicode_FromString("..."); }
    PyObject *text = PyUnicode_FromString("");
    for (Py_ssize_t i = 0; text && i < PyTuple_GET_SIZE(self->args); i++) {
        Py_SETREF(text, PyUnicode_FromFormat("%U, %R", text, PyTuple_GET_ITEM(self->args, i)));
    }
    PyObject *key, *value;
    Py_ssize_t at = 0;
    while (text && PyDict_Next(self->kw, &at, &key, &value)) {
        own PyObject *keep = Py_NewRef(value);
        Py_SETREF(text, PyUnicode_FromFormat("%U, %S=%R", text, key, keep));
    }
    PyObject *result = NULL;
    if (text) {
        result = PyUnicode_FromFormat("%s(%R%U)", Py_TYPE(op)->tp_name, self->func, text);
        Py_DECREF(text);
    }
    Py_ReprLeave(op);
    return result;
}

/* pickling: (func, args, kw, dict) */
static PyObject *
partial_reduce(PyObject *op, PyObject *unused)
{
    partial *self = (partial *)op;
    return Py_BuildValue("O(O)(OOOO)", Py_TYPE(op), self->func, self->func, self->args, self->kw,
                         self->dict ? self->dict : Py_None);
}

static PyObject *
partial_setstate(PyObject *op, PyObject *state)
{
    partial *self = (partial *)op;
    PyObject *func, *given_args, *given_kw, *dict;
    if (!PyTuple_Check(state)
        || !PyArg_ParseTuple(state, "OOOO", &func, &given_args, &given_kw, &dict)
        || !PyCallable_Check(func) || !PyTuple_Check(given_args)
        || (given_kw != Py_None && !PyDict_Check(given_kw))) {
        PyErr_SetString(PyExc_TypeError, "invalid partial state");
        return NULL;
    }
    PyObject *args = PyTuple_CheckExact(given_args) ? Py_NewRef(given_args)
                                                    : PySequence_Tuple(given_args);
    if (!args) { return NULL; }
    PyObject *kw = given_kw == Py_None ? PyDict_New()
        : PyDict_CheckExact(given_kw) ? Py_NewRef(given_kw) : PyDict_Copy(given_kw);
    if (!kw) {
        Py_DECREF(args);
        return NULL;
    }
    Py_SETREF(self->func, Py_NewRef(func));
    Py_SETREF(self->args, args);
    Py_SETREF(self->kw, kw);
    Py_XSETREF(self->dict, dict == Py_None ? NULL : Py_NewRef(dict));
    choose_call(self);
    Py_RETURN_NONE;
}

static PyMethodDef partial_methods[] = {
    {"__reduce__", partial_reduce, METH_NOARGS, NULL},
    {"__setstate__", partial_setstate, METH_O, NULL},
    {"__class_getitem__", Py_GenericAlias, METH_O | METH_CLASS,
     "__class_getitem__($type, object, /)\n--\n\nSee PEP 585"},
    {NULL},
};

static PyMemberDef partial_members[] = {
    {"func", T_OBJECT, offsetof(partial, func), READONLY,
     "what is called"},
    {"args", T_OBJECT, offsetof(partial, args), READONLY,
     "the arguments that come first"},
    {"keywords", T_OBJECT, offsetof(partial, kw), READONLY,
     "the keyword arguments that are always passed"},
    {"__weaklistoffset__", T_PYSSIZET, offsetof(partial, weakrefs), READONLY, NULL},
    {"__dictoffset__", T_PYSSIZET, offsetof(partial, dict), READONLY, NULL},
    {"__vectorcalloffset__", T_PYSSIZET, offsetof(partial, vectorcall), READONLY, NULL},
    {NULL},
};

static PyGetSetDef partial_getset[] = {
    {"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, NULL, NULL},
    {NULL},
};

static PyType_Slot partial_slots[] = {
    {Py_tp_dealloc, partial_dealloc},
    {Py_tp_repr, partial_repr},
    {Py_tp_call, partial_call},
    {Py_tp_getattro, PyObject_GenericGetAttr},
    {Py_tp_setattro, PyObject_GenericSetAttr},
    {Py_tp_doc, "partial(func, *args, **keywords)\n\n"
                "func with some arguments filled in: a call adds to them."},
    {Py_tp_traverse, partial_traverse},
    {Py_tp_clear, partial_clear},
    {Py_tp_methods, partial_methods},
    {Py_tp_members, partial_members},
    {Py_tp_getset, partial_getset},
    {Py_tp_new, partial_new},
    {Py_tp_free, PyObject_GC_Del},
    {0, NULL},
};

PyType_Spec hob_partial_spec = {
    .name = "functools.partial",
    .basicsize = sizeof(partial),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE
        | Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_HAVE_VECTORCALL,
    .slots = partial_slots,
};

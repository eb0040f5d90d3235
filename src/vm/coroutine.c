/* coroutine.c -- coroutines, their await iterators, and anext() with a default. */
#include "vm/generator.h"

#include <structmember.h>

#include "memory/gc.h"
#include "memory/own.h"
#include "objects/ids.h"

/* --- what await iterates --- */

/* A generator that @types.coroutine has marked. */
static bool
is_generator_coroutine(PyObject *op)
{
    return PyGen_CheckExact(op) &&
           ((PyGenObject *)op)->gi_code->co_flags & CO_ITERABLE_COROUTINE;
}

PyObject *
hob_coro_awaitable_iter(PyObject *op)
{
    if (PyCoro_CheckExact(op) || is_generator_coroutine(op)) { return Py_NewRef(op); }
    PyTypeObject *type = Py_TYPE(op);
    unaryfunc await = type->tp_as_async ? type->tp_as_async->am_await : NULL;
    if (!await) {
        PyErr_Format(PyExc_TypeError, "object %.100s can't be used in 'await' expression",
                     type->tp_name);
        return NULL;
    }
    own PyObject *iter = await(op);
    if (!iter) { return NULL; }
    if (PyCoro_CheckExact(iter) || is_generator_coroutine(iter)) {
        PyErr_SetString(PyExc_TypeError, "__await__() returned a coroutine");
        return NULL;
    }
    if (!PyIter_Check(iter)) {
        PyErr_Format(PyExc_TypeError, "__await__() returned non-iterator of type '%.100s'",
                     Py_TYPE(iter)->tp_name);
        return NULL;
    }
    return take(iter);
}

/* The newest depth frames from `from` downwards: ((file, line, function), ..). */
PyObject *
hob_coro_origin(int depth, hob_frame *from)
{
    int n = 0;
    for (hob_frame *f = from; f &&
         n < depth; f = hob_frame_skip_incomplete(f->previous)) { n++; }
    own PyObject *origin = PyTuple_New(n);
    if (!origin) { return NULL; }
    hob_frame *frame = from;
    for (int i = 0; i < n; i++, frame = hob_frame_skip_incomplete(frame->previous)) {
        PyCodeObject *code = frame->code;
        PyObject *entry = Py_BuildValue("OiO", code->co_filename, hob_frame_line(frame),
                                        code->co_name);
        if (!entry) { return NULL; }
        PyTuple_SET_ITEM(origin, i, entry);
    }
    return take(origin);
}

/* --- coroutine_wrapper: what coroutine.__await__() gives --- */
typedef struct {
    PyObject_HEAD
    PyGenObject *coro;                  /* owned */
} coro_wrapper;

static PyObject *
coroutine_await(PyObject *self)
{
    coro_wrapper *wrapper = PyObject_GC_New(coro_wrapper, &_PyCoroWrapper_Type);
    if (!wrapper) { return NULL; }
    wrapper->coro = (PyGenObject *)Py_NewRef(self);
    PyObject_GC_Track(wrapper);
    return (PyObject *)wrapper;
}

static void
wrapper_dealloc(coro_wrapper *self)
{
    PyObject_GC_UnTrack(self);
    Py_CLEAR(self->coro);
    PyObject_GC_Del(self);
}

static int
wrapper_traverse(coro_wrapper *self, visitproc visit, void *arg)
{
    Py_VISIT(self->coro);
    return 0;
}

static PyObject *
wrapper_next(coro_wrapper *self)
{
    return hob_generator_m_send((PyObject *)self->coro, Py_None);
}

static PyObject *
wrapper_send(coro_wrapper *self, PyObject *arg)
{
    return hob_generator_m_send((PyObject *)self->coro, arg);
}

static PyObject *
wrapper_throw(coro_wrapper *self, PyObject *const *args, Py_ssize_t nargs)
{
    return hob_generator_throw_args(self->coro, args, nargs);
}

static PyObject *
wrapper_close(coro_wrapper *self, PyObject *unused)
{
    return hob_generator_close(self->coro);
}

static const char doc_send[] =
    "send(arg) -> send 'arg' into coroutine,\n"
    "return next iterated value or raise StopIteration.";
static const char doc_throw[] =
    "throw(value)\n"
    "throw(type[,value[,traceback]])\n\n"
    "Raise exception in coroutine, return next iterated value or raise\n"
    "StopIteration.";
static const char doc_close[] = "close() -> raise GeneratorExit inside coroutine.";

static PyMethodDef wrapper_methods[] = {
    {"send", (PyCFunction)wrapper_send, METH_O, doc_send},
    {"throw", (PyCFunction)(void (*)(void))wrapper_throw, METH_FASTCALL, doc_throw},
    {"close", (PyCFunction)wrapper_close, METH_NOARGS, doc_close},
    {NULL},
};

PyTypeObject _PyCoroWrapper_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "coroutine_wrapper",
    .tp_basicsize = sizeof(coro_wrapper),
    .tp_dealloc = (destructor)wrapper_dealloc,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_doc = "A wrapper object implementing __await__ for coroutines.",
    .tp_traverse = (traverseproc)wrapper_traverse,
    .tp_iter = PyObject_SelfIter,
    .tp_iternext = (iternextfunc)wrapper_next,
    .tp_methods = wrapper_methods,
};

/* --- coroutine --- */

static PyMethodDef coroutine_methods[] = {
    {"send", hob_generator_m_send, METH_O, doc_send},
    {"throw", (PyCFunction)(void (*)(void))hob_generator_m_throw, METH_FASTCALL, doc_throw},
    {"close", hob_generator_m_close, METH_NOARGS, doc_close},
    {"__sizeof__", hob_generator_m_sizeof, METH_NOARGS, hob_doc_sizeof},
    {NULL},
};

static PyMemberDef coroutine_members[] = {
    {"cr_code", T_OBJECT, offsetof(PyCoroObject, cr_code), READONLY | PY_AUDIT_READ, NULL},
    {"cr_origin", T_OBJECT, offsetof(PyCoroObject, cr_origin_or_finalizer), READONLY, NULL},
    {NULL},
};

static PyGetSetDef coroutine_getset[] = {
    {"__name__", hob_generator_get_name, hob_generator_set_name, "name of the coroutine", NULL},
    {"__qualname__", hob_generator_get_qualname, hob_generator_set_qualname,
     "qualified name of the coroutine", NULL},
    {"cr_await", hob_generator_get_delegate, NULL, "object being awaited on, or None", NULL},
    {"cr_running", hob_generator_get_running, NULL, NULL, NULL},
    {"cr_frame", hob_generator_get_frame, NULL, NULL, "cr_frame"},
    {"cr_suspended", hob_generator_get_suspended, NULL, NULL, NULL},
    {NULL},
};

static PyAsyncMethods coroutine_as_async = {
    .am_await = coroutine_await,
    .am_send = hob_generator_am_send,
};

PyTypeObject PyCoro_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "coroutine",
    .tp_basicsize = offsetof(PyCoroObject, cr_iframe) + offsetof(hob_frame, slots),
    .tp_itemsize = sizeof(PyObject *),
    .tp_dealloc = hob_generator_dealloc,
    .tp_as_async = &coroutine_as_async,
    .tp_repr = hob_generator_repr,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_traverse = hob_generator_traverse,
    .tp_weaklistoffset = offsetof(PyCoroObject, cr_weakreflist),
    .tp_methods = coroutine_methods,
    .tp_members = coroutine_members,
    .tp_getset = coroutine_getset,
    .tp_finalize = _PyGen_Finalize,
};

/* --- anext(aiter, fallback) --- */
typedef struct {
    PyObject_HEAD
    PyObject *wrapped;                  /* owned: an awaitable */
    PyObject *fallback;                 /* owned */
} anext_awaitable;

PyObject *
hob_anext_awaitable_new(PyObject *wrapped, PyObject *fallback)
{
    anext_awaitable *self = PyObject_GC_New(anext_awaitable, &hob_anext_awaitable_type);
    if (!self) { return NULL; }
    self->wrapped = Py_NewRef(wrapped);
    self->fallback = Py_NewRef(fallback);
    PyObject_GC_Track(self);
    return (PyObject *)self;
}

static void
anext_dealloc(anext_awaitable *self)
{
    PyObject_GC_UnTrack(self);
    Py_XDECREF(self->wrapped);
    Py_XDECREF(self->fallback);
    PyObject_GC_Del(self);
}

static int
anext_traverse(anext_awaitable *self, visitproc visit, void *arg)
{
    Py_VISIT(self->wrapped);
    Py_VISIT(self->fallback);
    return 0;
}

/* The iterator behind wrapped: of a coroutine its wrapper, which has __next__. */
static PyObject *
anext_iter(anext_awaitable *self)
{
    own PyObject *iter = hob_coro_awaitable_iter(self->wrapped);
    if (!iter || Py_TYPE(iter)->tp_iternext) { return take(iter); }
    own PyObject *inner = Py_TYPE(iter)->tp_as_async->am_await(iter);
    if (inner && !PyIter_Check(inner)) {
        PyErr_SetString(PyExc_TypeError, "__await__ returned a non-iterable");
        return NULL;
    }
    return take(inner);
}

/* Exhausted means the fallback. */
static PyObject *
anext_result(anext_awaitable *self, PyObject *result)
{
    if (!result && PyErr_ExceptionMatches(PyExc_StopAsyncIteration)) {
        PyErr_Clear();
        _PyGen_SetStopIterationValue(self->fallback);
    }
    return result;
}

static PyObject *
anext_next(anext_awaitable *self)
{
    own PyObject *iter = anext_iter(self);
    return iter ? anext_result(self, Py_TYPE(iter)->tp_iternext(iter)) : NULL;
}

static PyObject *
anext_pass_on(anext_awaitable *self, PyObject *method, PyObject *args)
{
    own PyObject *iter = anext_iter(self);
    own PyObject *bound = iter ? PyObject_GetAttr(iter, method) : NULL;
    if (!bound) { return NULL; }
    return anext_result(self, args ? PyObject_CallObject(bound,
                                                         args) : PyObject_CallNoArgs(bound));
}

static PyObject *
anext_send(anext_awaitable *self, PyObject *arg)
{
    own PyObject *args = PyTuple_Pack(1, arg);
    return args ? anext_pass_on(self, ID(send), args) : NULL;
}

static PyObject *
anext_throw(anext_awaitable *self, PyObject *args)
{
    return anext_pass_on(self, ID(throw), args);
}

static PyObject *
anext_close(anext_awaitable *self, PyObject *unused)
{
    return anext_pass_on(self, ID(close), NULL);
}

static PyMethodDef anext_methods[] = {
    {"send", (PyCFunction)anext_send, METH_O,
     "send(arg) -> send 'arg' into the wrapped iterator,\n"
     "return next yielded value or raise StopIteration."},
    {"throw", (PyCFunction)anext_throw, METH_VARARGS,
     "throw(value)\nthrow(typ[,val[,tb]])\n\n"
     "raise exception in the wrapped iterator, return next yielded value\n"
     "or raise StopIteration."},
    {"close", (PyCFunction)anext_close, METH_NOARGS,
     "close() -> raise GeneratorExit inside generator."},
    {NULL},
};

static PyAsyncMethods anext_as_async = {.am_await = PyObject_SelfIter};

PyTypeObject hob_anext_awaitable_type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "anext_awaitable",
    .tp_basicsize = sizeof(anext_awaitable),
    .tp_dealloc = (destructor)anext_dealloc,
    .tp_as_async = &anext_as_async,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_traverse = (traverseproc)anext_traverse,
    .tp_iter = PyObject_SelfIter,
    .tp_iternext = (iternextfunc)anext_next,
    .tp_methods = anext_methods,
};

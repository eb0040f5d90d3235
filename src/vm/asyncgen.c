/* asyncgen.c -- asynchronous generators.
 *
 * `yield x` in one is made to yield a wrapped x (ASYNC_GEN_WRAP), so that a value
 * for the consumer can be told from what an inner await passes to the event loop.
 * asend(), athrow() and aclose() give awaitables that drive the generator until
 * a wrapped value comes: that ends the await, as StopIteration(x).
 *
 * Holds      ag_running_async from the first step of an awaitable to its end;
 *            a second awaitable meanwhile is refused.
 */
#include "base/stress.h"
#include "vm/generator.h"

#include <structmember.h>

#include "memory/gc.h"
#include "memory/own.h"

typedef enum { STEP_INIT, STEP_ITER, STEP_CLOSED } step_state;

typedef struct {
    PyObject_HEAD
    PyObject *value;                    /* owned */
} wrapped_value;

typedef struct {
    PyObject_HEAD
    PyAsyncGenObject *gen;              /* owned */
    PyObject *sent;                     /* owned, MAYBE_NULL: __anext__ */
    step_state state;
} asend;

typedef struct {
    PyObject_HEAD
    PyAsyncGenObject *gen;              /* owned */
    PyObject *args;                     /* owned tuple of throw's; NULL: aclose() */
    step_state state;
} athrow;

/* --- freelists: both are made for each item --- */
enum { FREE_MAX = 80 };
static struct { PyObject *items[FREE_MAX]; int n; } free_wrapped, free_asend;

void
hob_asyncgen_clear_freelists(void)
{
    while (free_wrapped.n) { hob_gc_free(free_wrapped.items[--free_wrapped.n], 0); }
    while (free_asend.n) { hob_gc_free(free_asend.items[--free_asend.n], 0); }
}

/* --- hooks --- */

/* On first use: remember the thread's finalizer hook, call its firstiter hook. */
static status
init_hooks(PyAsyncGenObject *gen)
{
    if (gen->ag_hooks_inited) { return 0; }
    gen->ag_hooks_inited = 1;
    PyThreadState *ts = hob_ts();
    gen->ag_origin_or_finalizer = Py_XNewRef(ts->async_gen_finalizer);
    own PyObject *first = Py_XNewRef(ts->async_gen_firstiter);
    if (!first) { return 0; }
    own PyObject *result = PyObject_CallOneArg(first, (PyObject *)gen);
    return result ? 0 : -1;
}

/* --- the values --- */

PyObject *
hob_asyncgen_wrap(PyObject *value)
{
    wrapped_value *self;
    if (free_wrapped.n) {
        self = (wrapped_value *)free_wrapped.items[--free_wrapped.n];
    }
    else {
        self = (wrapped_value *)hob_gc_alloc(sizeof *self, 0);
        if (!self) { return NULL; }
        Py_SET_TYPE(self, &_PyAsyncGenWrappedValue_Type);
    }
    Py_SET_REFCNT(self, 1);
    self->value = Py_NewRef(value);
    hob_gc_track(self);
    return (PyObject *)self;
}

static bool
is_wrapped(PyObject *op)
{
    return Py_IS_TYPE(op, &_PyAsyncGenWrappedValue_Type);
}

/* What a step of the generator means to the awaiting side; result is taken over. */
static PyObject *
unwrap(PyAsyncGenObject *gen, PyObject *result)
{
    if (!result) {
        if (!PyErr_Occurred()) { PyErr_SetNone(PyExc_StopAsyncIteration); }
        if (PyErr_ExceptionMatches(PyExc_StopAsyncIteration) ||
            PyErr_ExceptionMatches(PyExc_GeneratorExit)) {
            gen->ag_closed = 1;
        }
        gen->ag_running_async = 0;
        return NULL;
    }
    if (!is_wrapped(result)) { return result; }
    _PyGen_SetStopIterationValue(((wrapped_value *)result)->value);
    Py_DECREF(result);
    gen->ag_running_async = 0;
    return NULL;
}

static void
wrapped_dealloc(wrapped_value *self)
{
    hob_gc_untrack(self);
    Py_CLEAR(self->value);
    if (free_wrapped.n < FREE_MAX && !STRESSED(freelist)) {
        free_wrapped.items[free_wrapped.n++] = (PyObject *)self;
    }
    else { hob_gc_free(self, 0); }
}

static int
wrapped_traverse(wrapped_value *self, visitproc visit, void *arg)
{
    Py_VISIT(self->value);
    return 0;
}

PyTypeObject _PyAsyncGenWrappedValue_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "async_generator_wrapped_value",
    .tp_basicsize = sizeof(wrapped_value),
    .tp_dealloc = (destructor)wrapped_dealloc,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_traverse = (traverseproc)wrapped_traverse,
};

/* --- asend() and __anext__() --- */

static PyObject *
asend_new(PyAsyncGenObject *gen, PyObject *sent)
{
    asend *self;
    if (free_asend.n) {
        self = (asend *)free_asend.items[--free_asend.n];
    }
    else {
        self = (asend *)hob_gc_alloc(sizeof *self, 0);
        if (!self) { return NULL; }
        Py_SET_TYPE(self, &_PyAsyncGenASend_Type);
    }
    Py_SET_REFCNT(self, 1);
    self->gen = (PyAsyncGenObject *)Py_NewRef(gen);
    self->sent = Py_XNewRef(sent);
    self->state = STEP_INIT;
    hob_gc_track(self);
    return (PyObject *)self;
}

static void
asend_dealloc(asend *self)
{
    hob_gc_untrack(self);
    Py_CLEAR(self->gen);
    Py_CLEAR(self->sent);
    if (free_asend.n < FREE_MAX && !STRESSED(freelist)) {
        free_asend.items[free_asend.n++] = (PyObject *)self;
    }
    else { hob_gc_free(self, 0); }
}

static int
asend_traverse(asend *self, visitproc visit, void *arg)
{
    Py_VISIT(self->gen);
    Py_VISIT(self->sent);
    return 0;
}

static PyObject *
asend_send(asend *self, PyObject *arg)
{
    if (self->state == STEP_CLOSED) {
        PyErr_SetString(PyExc_RuntimeError, "cannot reuse already awaited __anext__()/asend()");
        return NULL;
    }
    if (self->state == STEP_INIT) {
        if (self->gen->ag_running_async) {
            PyErr_SetString(PyExc_RuntimeError,
                            "anext(): asynchronous generator is already running");
            return NULL;
        }
        if (!arg || arg == Py_None) { arg = self->sent; }
        self->state = STEP_ITER;
    }
    self->gen->ag_running_async = 1;
    PyObject *result = hob_generator_send_value((PyGenObject *)self->gen, arg, false, false);
    result = unwrap(self->gen, result);
    if (!result) { self->state = STEP_CLOSED; }
    return result;
}

static PyObject *
asend_next(asend *self)
{
    return asend_send(self, NULL);
}

static PyObject *
asend_throw(asend *self, PyObject *const *args, Py_ssize_t nargs)
{
    if (self->state == STEP_CLOSED) {
        PyErr_SetString(PyExc_RuntimeError, "cannot reuse already awaited __anext__()/asend()");
        return NULL;
    }
    PyObject *result = hob_generator_throw_args((PyGenObject *)self->gen, args, nargs);
    result = unwrap(self->gen, result);
    if (!result) { self->state = STEP_CLOSED; }
    return result;
}

static PyObject *
asend_close(asend *self, PyObject *unused)
{
    self->state = STEP_CLOSED;
    Py_RETURN_NONE;
}

static PyMethodDef asend_methods[] = {
    {"send", (PyCFunction)asend_send, METH_O, hob_doc_send},
    {"throw", (PyCFunction)(void (*)(void))asend_throw, METH_FASTCALL, hob_doc_throw},
    {"close", (PyCFunction)asend_close, METH_NOARGS, hob_doc_close},
    {NULL},
};

static PyAsyncMethods step_as_async = {.am_await = PyObject_SelfIter};

PyTypeObject _PyAsyncGenASend_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "async_generator_asend",
    .tp_basicsize = sizeof(asend),
    .tp_dealloc = (destructor)asend_dealloc,
    .tp_as_async = &step_as_async,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_traverse = (traverseproc)asend_traverse,
    .tp_iter = PyObject_SelfIter,
    .tp_iternext = (iternextfunc)asend_next,
    .tp_methods = asend_methods,
};

/* --- athrow() and aclose() --- */

static PyObject *
athrow_new(PyAsyncGenObject *gen, PyObject *args)
{
    athrow *self = (athrow *)hob_gc_alloc(sizeof *self, 0);
    if (!self) { return NULL; }
    Py_SET_TYPE(self, &_PyAsyncGenAThrow_Type);
    Py_SET_REFCNT(self, 1);
    self->gen = (PyAsyncGenObject *)Py_NewRef(gen);
    self->args = Py_XNewRef(args);
    self->state = STEP_INIT;
    hob_gc_track(self);
    return (PyObject *)self;
}

static void
athrow_dealloc(athrow *self)
{
    hob_gc_untrack(self);
    Py_CLEAR(self->gen);
    Py_CLEAR(self->args);
    hob_gc_free(self, 0);
}

static int
athrow_traverse(athrow *self, visitproc visit, void *arg)
{
    Py_VISIT(self->gen);
    Py_VISIT(self->args);
    return 0;
}

static PyObject *
athrow_finished(athrow *self)
{
    self->gen->ag_running_async = 0;
    self->state = STEP_CLOSED;
    return NULL;
}

/* aclose() and the generator yielded; result is taken over. */
static PyObject *
athrow_ignored(athrow *self, PyObject *result)
{
    Py_DECREF(result);
    PyErr_SetString(PyExc_RuntimeError, "async generator ignored GeneratorExit");
    return athrow_finished(self);
}

/* An exception came out.  That the generator is over is what aclose() wants. */
static PyObject *
athrow_raised(athrow *self)
{
    if (!self->args && (PyErr_ExceptionMatches(PyExc_StopAsyncIteration) ||
                        PyErr_ExceptionMatches(PyExc_GeneratorExit))) {
        PyErr_Clear();
        PyErr_SetNone(PyExc_StopIteration);
    }
    return athrow_finished(self);
}

/* The first step: throw. */
static PyObject *
athrow_begin(athrow *self, PyObject *arg)
{
    PyAsyncGenObject *gen = self->gen;
    if (gen->ag_running_async) {
        self->state = STEP_CLOSED;
        PyErr_SetString(PyExc_RuntimeError, self->args
                        ? "athrow(): asynchronous generator is already running"
                        : "aclose(): asynchronous generator is already running");
        return NULL;
    }
    if (gen->ag_closed) {
        self->state = STEP_CLOSED;
        PyErr_SetNone(PyExc_StopAsyncIteration);
        return NULL;
    }
    if (arg != Py_None) {
        PyErr_SetString(PyExc_RuntimeError,
                        "can't send non-None value to a just-started coroutine");
        return NULL;
    }
    self->state = STEP_ITER;
    gen->ag_running_async = 1;
    PyObject *result;
    if (!self->args) {
        gen->ag_closed = 1;
        result = hob_generator_throw((PyGenObject *)gen, false, PyExc_GeneratorExit, NULL,
                                     NULL);
        if (result && is_wrapped(result)) { return athrow_ignored(self, result); }
    }
    else {
        PyObject *type, *value = NULL, *tb = NULL;
        if (!PyArg_UnpackTuple(self->args, "athrow", 1, 3, &type, &value, &tb)) { return NULL; }
        result = hob_generator_throw((PyGenObject *)gen, false, type, value, tb);
        result = unwrap(gen, result);
    }
    return result ? result : athrow_raised(self);
}

static PyObject *
athrow_send(athrow *self, PyObject *arg)
{
    if (self->state == STEP_CLOSED) {
        PyErr_SetString(PyExc_RuntimeError, "cannot reuse already awaited aclose()/athrow()");
        return NULL;
    }
    if (self->gen->ag_frame_state >= GEN_COMPLETED) {
        self->state = STEP_CLOSED;
        PyErr_SetNone(PyExc_StopIteration);
        return NULL;
    }
    if (self->state == STEP_INIT) { return athrow_begin(self, arg); }
    PyObject *result = hob_generator_send_value((PyGenObject *)self->gen, arg, false, false);
    if (self->args) { return unwrap(self->gen, result); }
    if (!result) { return athrow_raised(self); }
    return is_wrapped(result) ? athrow_ignored(self, result) : result;
}

static PyObject *
athrow_next(athrow *self)
{
    return athrow_send(self, Py_None);
}

static PyObject *
athrow_throw(athrow *self, PyObject *const *args, Py_ssize_t nargs)
{
    if (self->state == STEP_CLOSED) {
        PyErr_SetString(PyExc_RuntimeError, "cannot reuse already awaited aclose()/athrow()");
        return NULL;
    }
    PyObject *result = hob_generator_throw_args((PyGenObject *)self->gen, args, nargs);
    if (self->args) { return unwrap(self->gen, result); }
    if (result && is_wrapped(result)) { return athrow_ignored(self, result); }
    if (!result && (PyErr_ExceptionMatches(PyExc_StopAsyncIteration) ||
                    PyErr_ExceptionMatches(PyExc_GeneratorExit))) {
        PyErr_Clear();
        PyErr_SetNone(PyExc_StopIteration);
    }
    return result;
}

static PyObject *
athrow_close(athrow *self, PyObject *unused)
{
    self->state = STEP_CLOSED;
    Py_RETURN_NONE;
}

static PyMethodDef athrow_methods[] = {
    {"send", (PyCFunction)athrow_send, METH_O, hob_doc_send},
    {"throw", (PyCFunction)(void (*)(void))athrow_throw, METH_FASTCALL, hob_doc_throw},
    {"close", (PyCFunction)athrow_close, METH_NOARGS, hob_doc_close},
    {NULL},
};

PyTypeObject _PyAsyncGenAThrow_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "async_generator_athrow",
    .tp_basicsize = sizeof(athrow),
    .tp_dealloc = (destructor)athrow_dealloc,
    .tp_as_async = &step_as_async,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_traverse = (traverseproc)athrow_traverse,
    .tp_iter = PyObject_SelfIter,
    .tp_iternext = (iternextfunc)athrow_next,
    .tp_methods = athrow_methods,
};

/* --- async_generator --- */

static PyObject *
asyncgen_anext(PyObject *self)
{
    PyAsyncGenObject *gen = (PyAsyncGenObject *)self;
    return init_hooks(gen) < 0 ? NULL : asend_new(gen, NULL);
}

static PyObject *
asyncgen_asend(PyObject *self, PyObject *arg)
{
    PyAsyncGenObject *gen = (PyAsyncGenObject *)self;
    return init_hooks(gen) < 0 ? NULL : asend_new(gen, arg);
}

static PyObject *
asyncgen_athrow(PyObject *self, PyObject *args)
{
    PyAsyncGenObject *gen = (PyAsyncGenObject *)self;
    return init_hooks(gen) < 0 ? NULL : athrow_new(gen, args);
}

static PyObject *
asyncgen_aclose(PyObject *self, PyObject *unused)
{
    PyAsyncGenObject *gen = (PyAsyncGenObject *)self;
    return init_hooks(gen) < 0 ? NULL : athrow_new(gen, NULL);
}

static PyMethodDef asyncgen_methods[] = {
    {"asend", asyncgen_asend, METH_O, "asend(v) -> send 'v' in generator."},
    {"athrow", asyncgen_athrow, METH_VARARGS,
     "athrow(typ[,val[,tb]]) -> raise exception in generator."},
    {"aclose", asyncgen_aclose, METH_NOARGS,
     "aclose() -> raise GeneratorExit inside generator."},
    {"__sizeof__", hob_generator_m_sizeof, METH_NOARGS, hob_doc_sizeof},
    {"__class_getitem__", Py_GenericAlias, METH_O | METH_CLASS, "See PEP 585"},
    {NULL},
};

static PyMemberDef asyncgen_members[] = {
    {"ag_running", T_BOOL, offsetof(PyAsyncGenObject, ag_running_async), READONLY, NULL},
    {"ag_code", T_OBJECT, offsetof(PyAsyncGenObject, ag_code), READONLY | PY_AUDIT_READ, NULL},
    {NULL},
};

static PyGetSetDef asyncgen_getset[] = {
    {"__name__", hob_generator_get_name, hob_generator_set_name, "name of the async generator",
     NULL},
    {"__qualname__", hob_generator_get_qualname, hob_generator_set_qualname,
     "qualified name of the async generator", NULL},
    {"ag_await", hob_generator_get_delegate, NULL, "object being awaited on, or None", NULL},
    {"ag_frame", hob_generator_get_frame, NULL, NULL, "ag_frame"},
    {NULL},
};

static PyAsyncMethods asyncgen_as_async = {
    .am_aiter = PyObject_SelfIter,
    .am_anext = asyncgen_anext,
    .am_send = hob_generator_am_send,
};

PyTypeObject PyAsyncGen_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "async_generator",
    .tp_basicsize = offsetof(PyAsyncGenObject, ag_iframe) + offsetof(hob_frame, slots),
    .tp_itemsize = sizeof(PyObject *),
    .tp_dealloc = hob_generator_dealloc,
    .tp_as_async = &asyncgen_as_async,
    .tp_repr = hob_generator_repr,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_traverse = hob_generator_traverse,
    .tp_weaklistoffset = offsetof(PyAsyncGenObject, ag_weakreflist),
    .tp_methods = asyncgen_methods,
    .tp_members = asyncgen_members,
    .tp_getset = asyncgen_getset,
    .tp_finalize = _PyGen_Finalize,
};

/* atexit.c -- module atexit: functions that run when the interpreter ends.
 *
 * Layout     interp->atexit is an array of calls in order of registration; an
 *            unregistered one has func NULL.
 * Hazard     the functions may register and unregister others while they run.
 */
#include <Python.h>

#include "base/c.h"
#include "memory/own.h"
#include "state/interp.h"
#include "state/runtime.h"

typedef struct {
    PyObject *func;                     /* owned; NULL when unregistered */
    PyObject *args;                     /* owned: tuple */
    PyObject *kwargs;                   /* owned: dict or NULL */
} exit_call;

struct hob_atexit_call {
    int n, n_allocated;
    exit_call *calls;
};

void hob_atexit_run(PyInterpreterState *interp);
void hob_atexit_fini(PyInterpreterState *interp);

static struct hob_atexit_call *
calls_of(PyInterpreterState *interp)
{
    if (!interp->atexit) { interp->atexit = PyMem_Calloc(1, sizeof *interp->atexit); }
    return interp->atexit;
}

static void
call_clear(exit_call *call)
{
    exit_call old = *call;
    call->func = call->args = call->kwargs = NULL;
    Py_XDECREF(old.func);
    Py_XDECREF(old.args);
    Py_XDECREF(old.kwargs);
}

static void
clear_all(struct hob_atexit_call *all)
{
    for (int i = all->n - 1; i >= 0; i--) { call_clear(&all->calls[i]); }
    all->n = 0;
}

/* Run them all, last registered first; errors are reported. */
static void
run_all(struct hob_atexit_call *all)
{
    for (int i = all->n - 1; i >= 0; i--) {
        if (i >= all->n || !all->calls[i].func) { continue; }
        own PyObject *func = Py_NewRef(all->calls[i].func);
        own PyObject *args = Py_NewRef(all->calls[i].args);
        own PyObject *kwargs = Py_XNewRef(all->calls[i].kwargs);
        own PyObject *result = PyObject_Call(func, args, kwargs);
        if (!result) { _PyErr_WriteUnraisableMsg("in atexit callback", func); }
    }
    clear_all(all);
}

void
hob_atexit_run(PyInterpreterState *interp)
{
    struct hob_atexit_call *all = interp->atexit;
    if (!all) { return; }
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    run_all(all);
    PyErr_Restore(type, value, traceback);
}

/* The interpreter has ended: forget what was registered since. */
void
hob_atexit_fini(PyInterpreterState *interp)
{
    struct hob_atexit_call *all = interp->atexit;
    if (!all) { return; }
    clear_all(all);
    interp->atexit = NULL;
    PyMem_Free(all->calls);
    PyMem_Free(all);
}

PyDoc_STRVAR(register_doc,
    "register(func, *args, **kwargs) -> func\n\n"
    "Have func called with these arguments when Python ends; later ones first.\n"
    "Returns func, so it can be a decorator.");

static PyObject *
atexit_register(PyObject *module, PyObject *args, PyObject *kwargs)
{
    if (PyTuple_GET_SIZE(args) == 0) {
        PyErr_SetString(PyExc_TypeError, "register() takes at least 1 argument (0 given)");
        return NULL;
    }
    PyObject *func = PyTuple_GET_ITEM(args, 0);
    if (!PyCallable_Check(func)) {
        PyErr_SetString(PyExc_TypeError, "the first argument must be callable");
        return NULL;
    }
    struct hob_atexit_call *all = calls_of(PyInterpreterState_Get());
    if (!all) { return PyErr_NoMemory(); }
    PyObject *rest = PyTuple_GetSlice(args, 1, PyTuple_GET_SIZE(args));
    if (!rest) { return NULL; }
    if (all->n == all->n_allocated) {
        int wanted = all->n_allocated ? 2 * all->n_allocated : 32;
        exit_call *more = PyMem_Realloc(all->calls, (size_t)wanted * sizeof *more);
        if (!more) {
            Py_DECREF(rest);
            return PyErr_NoMemory();
        }
        all->calls = more;
        all->n_allocated = wanted;
    }
    all->calls[all->n++] = (exit_call){Py_NewRef(func), rest, Py_XNewRef(kwargs)};
    return Py_NewRef(func);
}

static PyObject *
atexit_run_exitfuncs(PyObject *module, PyObject *unused)
{
    struct hob_atexit_call *all = calls_of(PyInterpreterState_Get());
    if (!all) { return PyErr_NoMemory(); }
    run_all(all);
    Py_RETURN_NONE;
}

static PyObject *
atexit_clear(PyObject *module, PyObject *unused)
{
    struct hob_atexit_call *all = calls_of(PyInterpreterState_Get());
    if (!all) { return PyErr_NoMemory(); }
    clear_all(all);
    Py_RETURN_NONE;
}

static PyObject *
atexit_ncallbacks(PyObject *module, PyObject *unused)
{
    struct hob_atexit_call *all = PyInterpreterState_Get()->atexit;
    return PyLong_FromLong(all ? all->n : 0);
}

PyDoc_STRVAR(unregister_doc,
    "unregister(func)\n\nForget all registrations of func (compared with ==).");

static PyObject *
atexit_unregister(PyObject *module, PyObject *func)
{
    struct hob_atexit_call *all = calls_of(PyInterpreterState_Get());
    if (!all) { return PyErr_NoMemory(); }
    for (int i = 0; i < all->n; i++) {
        own PyObject *candidate = Py_XNewRef(all->calls[i].func);
        if (!candidate) { continue; }
        int same = PyObject_RichCompareBool(candidate, func, Py_EQ);
        if (same < 0) { return NULL; }
        if (same && i < all->n) { call_clear(&all->calls[i]); }
    }
    Py_RETURN_NONE;
}

static PyMethodDef atexit_methods[] = {
    {"register", (PyCFunction)(void (*)(void))atexit_register, METH_VARARGS | METH_KEYWORDS,
     register_doc},
    {"_clear", atexit_clear, METH_NOARGS, "_clear()\n\nForget all registrations."},
    {"unregister", atexit_unregister, METH_O, unregister_doc},
    {"_run_exitfuncs", atexit_run_exitfuncs, METH_NOARGS,
     "_run_exitfuncs()\n\nRun all registered functions now, and forget them."},
    {"_ncallbacks", atexit_ncallbacks, METH_NOARGS,
     "_ncallbacks() -> int\n\nReturn how many functions are registered."},
    {NULL},
};

PyDoc_STRVAR(atexit_doc,
    "Functions to be called when Python ends.\n\n"
    "register and unregister are the two one needs.\n");

static PyModuleDef_Slot atexit_slots[] = {
    {0, NULL},
};

static struct PyModuleDef atexit_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "atexit",
    .m_doc = atexit_doc,
    .m_methods = atexit_methods,
    .m_slots = atexit_slots,
};

PyMODINIT_FUNC
PyInit_atexit(void)
{
    return PyModuleDef_Init(&atexit_module);
}

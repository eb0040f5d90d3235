/* module.c -- _thread: starting threads, and what threading.py builds on. */
#include "modules/_thread/thread_int.h"

#include <math.h>
#include <structmember.h>

#include "memory/own.h"
#include "state/interp.h"
#include "state/runtime.h"
#include "state/thread.h"

static long n_running;                  /* threads started here; guarded by the GIL */

/* --- starting a thread --- */

typedef struct {
    PyThreadState *ts;
    PyObject *func, *args, *kwargs;     /* owned; kwargs may be NULL */
} boot_record;

static void
boot_free(boot_record *boot)
{
    Py_DECREF(boot->func);
    Py_DECREF(boot->args);
    Py_XDECREF(boot->kwargs);
    PyMem_RawFree(boot);
}

/* First function of a new OS thread. */
static void
thread_run(void *given)
{
    boot_record *boot = given;
    PyThreadState *ts = boot->ts;
    hob_thread_bind(ts);
    hob_thread_enter(ts, WHY_START);
    n_running++;
    PyObject *result = PyObject_Call(boot->func, boot->args, boot->kwargs);
    if (result) { Py_DECREF(result); }
    else if (PyErr_ExceptionMatches(PyExc_SystemExit)) { PyErr_Clear(); }
    else { _PyErr_WriteUnraisableMsg("in thread started by", boot->func); }
    boot_free(boot);
    n_running--;
    PyThreadState_Clear(ts);
    PyThreadState_DeleteCurrent();
}

PyDoc_STRVAR(start_new_thread_doc,
    "start_new_thread(function, args[, kwargs])\n\n"
    "Start a thread that calls function with args (a tuple) and kwargs (a dict), and\n"
    "return its identifier.  It ends when the function returns; an exception other\n"
    "than SystemExit is reported through sys.unraisablehook.");

static PyObject *
start_new_thread(PyObject *module, PyObject *given)
{
    PyObject *func, *args, *kwargs = NULL;
    if (!PyArg_UnpackTuple(given, "start_new_thread", 2, 3, &func, &args, &kwargs)) {
        return NULL;
    }
    if (!PyCallable_Check(func)) {
        PyErr_SetString(PyExc_TypeError, "first arg must be callable");
        return NULL;
    }
    if (!PyTuple_Check(args)) {
        PyErr_SetString(PyExc_TypeError, "2nd arg must be a tuple");
        return NULL;
    }
    if (kwargs && !PyDict_Check(kwargs)) {
        PyErr_SetString(PyExc_TypeError, "optional 3rd arg must be a dictionary");
        return NULL;
    }
    PyInterpreterState *interp = hob_ts()->interp;
    if (interp->config._isolated_interpreter) {
        PyErr_SetString(PyExc_RuntimeError,
                        "thread is not supported for isolated subinterpreters");
        return NULL;
    }
    boot_record *boot = PyMem_RawMalloc(sizeof *boot);
    if (!boot) { return PyErr_NoMemory(); }
    boot->ts = hob_thread_new_unbound(interp);
    if (!boot->ts) {
        PyMem_RawFree(boot);
        return PyErr_NoMemory();
    }
    boot->func = Py_NewRef(func);
    boot->args = Py_NewRef(args);
    boot->kwargs = Py_XNewRef(kwargs);
    PyThreadState *ts = boot->ts;
    unsigned long id = PyThread_start_new_thread(thread_run, boot);
    if (id == PYTHREAD_INVALID_THREAD_ID) {
        boot_free(boot);
        PyThreadState_Clear(ts);
        PyThreadState_Delete(ts);
        PyErr_SetString(PyExc_RuntimeError, "can't start new thread");
        return NULL;
    }
    hob_gil_await_arrival(&hob_thread_of(ts)->gil);
    return PyLong_FromUnsignedLong(id);
}

/* --- small ones --- */

static PyObject *
exit_thread(PyObject *module, PyObject *unused)
{
    PyErr_SetNone(PyExc_SystemExit);
    return NULL;
}

static PyObject *
interrupt_main(PyObject *module, PyObject *args)
{
    int signum = 2;                     /* SIGINT */
    if (!PyArg_ParseTuple(args, "|i:signum", &signum)) { return NULL; }
    if (PyErr_SetInterruptEx(signum) < 0) {
        PyErr_SetString(PyExc_ValueError, "signal number out of range");
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
allocate_lock(PyObject *module, PyObject *unused)
{
    return hob_thread_lock_new(hob_thread_state(module)->lock_type);
}

static PyObject *
get_ident(PyObject *module, PyObject *unused)
{
    return PyLong_FromUnsignedLong(PyThread_get_thread_ident());
}

static PyObject *
get_native_id(PyObject *module, PyObject *unused)
{
    return PyLong_FromUnsignedLong(PyThread_get_thread_native_id());
}

static PyObject *
count(PyObject *module, PyObject *unused)
{
    return PyLong_FromLong(n_running);
}

static PyObject *
stack_size(PyObject *module, PyObject *args)
{
    Py_ssize_t size = 0;
    if (!PyArg_ParseTuple(args, "|n:stack_size", &size)) { return NULL; }
    if (size < 0) {
        PyErr_SetString(PyExc_ValueError, "size must be 0 or a positive value");
        return NULL;
    }
    size_t old = PyThread_get_stacksize();
    int error = PyTuple_GET_SIZE(args) ? PyThread_set_stacksize((size_t)size) : 0;
    if (error == -1) {
        return PyErr_Format(PyExc_ValueError, "size not valid: %zd bytes", size);
    }
    if (error == -2) {
        PyErr_SetString(PyExc_RuntimeError, "setting stack size not supported");
        return NULL;
    }
    return PyLong_FromSsize_t((Py_ssize_t)old);
}

/* The thread whose state is deleted had this lock: who joins it waits for that. */
static void
release_sentinel(void *data)
{
    PyObject *ref = data;
    PyObject *lock = PyWeakref_GET_OBJECT(ref);
    if (lock != Py_None) { hob_thread_lock_let_go(lock); }
    Py_DECREF(ref);
}

static PyObject *
set_sentinel(PyObject *module, PyObject *unused)
{
    PyThreadState *ts = hob_ts();
    if (ts->on_delete_data) {
        PyObject *old = ts->on_delete_data;
        ts->on_delete = NULL;
        ts->on_delete_data = NULL;
        Py_DECREF(old);
    }
    own PyObject *lock = allocate_lock(module, NULL);
    PyObject *ref = lock ? PyWeakref_NewRef(lock, NULL) : NULL;
    if (!ref) { return NULL; }
    ts->on_delete_data = ref;
    ts->on_delete = release_sentinel;
    return take(lock);
}

/* --- threading.excepthook --- */

HOB_EXPORT void _PyErr_Display(PyObject *file, PyObject *exception, PyObject *value,
                               PyObject *traceback);

static PyStructSequence_Field hook_args_fields[] = {
    {"exc_type", "Exception type"},
    {"exc_value", "Exception value"},
    {"exc_traceback", "Exception traceback"},
    {"thread", "Thread"},
    {NULL},
};

PyDoc_STRVAR(hook_args_doc, "ExceptHookArgs\n\nWhat threading.excepthook is given.");

static PyStructSequence_Desc hook_args_desc = {"_thread._ExceptHookArgs", hook_args_doc,
                                               hook_args_fields, 4};

static status
write_thread_name(PyObject *file, PyObject *thread)
{
    PyObject *name = NULL;
    if (thread && thread != Py_None) {
        own PyObject *key = PyUnicode_FromString("name");
        if (!key || _PyObject_LookupAttr(thread, key, &name) < 0) { return -1; }
    }
    status result;
    if (name) {
        result = PyFile_WriteObject(name, file, Py_PRINT_RAW);
        Py_DECREF(name);
        return result;
    }
    own PyObject *ident = PyLong_FromUnsignedLong(PyThread_get_thread_ident());
    own PyObject *text = ident ? PyObject_Str(ident) : NULL;
    return text ? PyFile_WriteObject(text, file, Py_PRINT_RAW) : -1;
}

/* New reference to where to write, or None. */
static PyObject *
hook_file(PyObject *thread)
{
    PyObject *file = PySys_GetObject("stderr");
    if (file && file != Py_None) { return Py_NewRef(file); }
    if (thread == Py_None) { Py_RETURN_NONE; }
    return PyObject_GetAttrString(thread, "_stderr");       /* kept since the thread was made */
}

static PyObject *
excepthook(PyObject *module, PyObject *args)
{
    if (!Py_IS_TYPE(args, hob_thread_state(module)->hook_args_type)) {
        PyErr_SetString(PyExc_TypeError,
                        "_thread.excepthook argument type must be ExceptHookArgs");
        return NULL;
    }
    PyObject *type = PyStructSequence_GET_ITEM(args, 0);
    if (type == PyExc_SystemExit) { Py_RETURN_NONE; }
    PyObject *value = PyStructSequence_GET_ITEM(args, 1);
    PyObject *traceback = PyStructSequence_GET_ITEM(args, 2);
    PyObject *thread = PyStructSequence_GET_ITEM(args, 3);
    own PyObject *file = hook_file(thread);
    if (!file) { return NULL; }
    if (file == Py_None) { Py_RETURN_NONE; }
    if (PyFile_WriteString("Exception in thread ", file) < 0) { return NULL; }
    if (write_thread_name(file, thread) < 0) { return NULL; }
    if (PyFile_WriteString(":\n", file) < 0) { return NULL; }
    _PyErr_Display(file, type, value, traceback);
    own PyObject *flushed = PyObject_CallMethod(file, "flush", NULL);
    if (!flushed) { PyErr_Clear(); }
    Py_RETURN_NONE;
}

/* --- module --- */

PyDoc_STRVAR(interrupt_main_doc,
    "interrupt_main(signum=signal.SIGINT, /)\n\n"
    "Behave as if the signal had arrived: its Python handler will run in the main\n"
    "thread.  Nothing happens when Python does not handle it.");
PyDoc_STRVAR(stack_size_doc,
    "stack_size([size]) -> size\n\n"
    "Return the stack size of new threads, and set it if size is given: 0 for the\n"
    "system's default, or at least 32768 bytes.");
PyDoc_STRVAR(exit_doc, "exit()\n\nRaise SystemExit, which ends the thread.");
PyDoc_STRVAR(allocate_doc, "allocate_lock() -> lock object\n\nMake a lock; it is unlocked.");

static PyMethodDef thread_methods[] = {
    {"start_new_thread", start_new_thread, METH_VARARGS, start_new_thread_doc},
    {"start_new", start_new_thread, METH_VARARGS, start_new_thread_doc},
    {"allocate_lock", allocate_lock, METH_NOARGS, allocate_doc},
    {"allocate", allocate_lock, METH_NOARGS, allocate_doc},
    {"exit_thread", exit_thread, METH_NOARGS, exit_doc},
    {"exit", exit_thread, METH_NOARGS, exit_doc},
    {"interrupt_main", interrupt_main, METH_VARARGS, interrupt_main_doc},
    {"get_ident", get_ident, METH_NOARGS,
     "get_ident() -> integer\n\nReturn a number no other thread has now."},
    {"get_native_id", get_native_id, METH_NOARGS,
     "get_native_id() -> integer\n\nReturn the kernel's number of this thread."},
    {"_count", count, METH_NOARGS,
     "_count() -> integer\n\nReturn how many threads started here are running."},
    {"stack_size", stack_size, METH_VARARGS, stack_size_doc},
    {"_set_sentinel", set_sentinel, METH_NOARGS,
     "_set_sentinel() -> lock\n\nMake a lock that is released when this thread has ended."},
    {"_excepthook", excepthook, METH_O,
     "excepthook(exc_type, exc_value, exc_traceback, thread)\n\n"
     "Report an exception that a thread did not catch."},
    {NULL},
};

static PyTypeObject *
make_type(PyObject *module, PyType_Spec *spec)
{
    return (PyTypeObject *)PyType_FromModuleAndSpec(module, spec, NULL);
}

static int
thread_exec(PyObject *module)
{
    hob_thread_module *state = hob_thread_state(module);
    if (!(state->lock_type = make_type(module, &hob_thread_lock_spec))) { return -1; }
    if (!(state->rlock_type = make_type(module, &hob_thread_rlock_spec))) { return -1; }
    if (!(state->guard_type = make_type(module, &hob_thread_guard_spec))) { return -1; }
    if (!(state->local_type = make_type(module, &hob_thread_local_spec))) { return -1; }
    if (!(state->hook_args_type = PyStructSequence_NewType(&hook_args_desc))) { return -1; }

    PyObject *dict = PyModule_GetDict(module);
    if (PyDict_SetItemString(dict, "LockType", (PyObject *)state->lock_type) < 0) { return -1; }
    if (PyModule_AddType(module, state->rlock_type) < 0) { return -1; }
    if (PyModule_AddType(module, state->local_type) < 0) { return -1; }
    if (PyDict_SetItemString(dict, "error", PyExc_RuntimeError) < 0) { return -1; }
    if (PyModule_AddType(module, state->hook_args_type) < 0) { return -1; }
    double most = floor((double)PY_TIMEOUT_MAX * 1e-6);
    own PyObject *timeout_max = PyFloat_FromDouble(most);
    return PyModule_AddObjectRef(module, "TIMEOUT_MAX", timeout_max);
}

static int
thread_traverse(PyObject *module, visitproc visit, void *arg)
{
    hob_thread_module *state = hob_thread_state(module);
    Py_VISIT(state->lock_type);
    Py_VISIT(state->rlock_type);
    Py_VISIT(state->local_type);
    Py_VISIT(state->guard_type);
    Py_VISIT(state->hook_args_type);
    return 0;
}

static int
thread_clear(PyObject *module)
{
    hob_thread_module *state = hob_thread_state(module);
    Py_CLEAR(state->lock_type);
    Py_CLEAR(state->rlock_type);
    Py_CLEAR(state->local_type);
    Py_CLEAR(state->guard_type);
    Py_CLEAR(state->hook_args_type);
    return 0;
}

static void
thread_free(void *module)
{
    thread_clear(module);
}

PyDoc_STRVAR(thread_doc,
    "Threads and locks, as the system has them; module threading is built on this.");

static PyModuleDef_Slot thread_slots[] = {
    {Py_mod_exec, thread_exec},
    {0, NULL},
};

struct PyModuleDef hob_thread_module_def = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_thread",
    .m_doc = thread_doc,
    .m_size = sizeof(hob_thread_module),
    .m_methods = thread_methods,
    .m_slots = thread_slots,
    .m_traverse = thread_traverse,
    .m_clear = thread_clear,
    .m_free = thread_free,
};

PyMODINIT_FUNC
PyInit__thread(void)
{
    return PyModuleDef_Init(&hob_thread_module_def);
}

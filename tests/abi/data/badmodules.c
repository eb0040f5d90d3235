/* badmodules.c -- modules whose initialisation goes wrong, each in its way. */
#include <Python.h>

#define SINGLE(name) \
    static struct PyModuleDef name##_def = {PyModuleDef_HEAD_INIT, #name, "doc", -1};

/* --- one phase --- */
PyMODINIT_FUNC PyInit_quiet_null(void) { return NULL; }

PyMODINIT_FUNC PyInit_raises(void)
{
    PyErr_SetString(PyExc_ValueError, "on purpose");
    return NULL;
}

SINGLE(unreported)
PyMODINIT_FUNC PyInit_unreported(void)
{
    PyErr_SetString(PyExc_ValueError, "forgotten");
    return PyModule_Create(&unreported_def);
}

PyMODINIT_FUNC PyInit_a_number(void) { return PyLong_FromLong(7); }
PyMODINIT_FUNC PyInit_made_by_hand(void) { return PyModule_New("made_by_hand"); }

SINGLE(uninitialised)
PyMODINIT_FUNC PyInit_uninitialised(void) { return (PyObject *)&uninitialised_def; }

SINGLE(other_version)
PyMODINIT_FUNC PyInit_other_version(void) { return PyModule_Create2(&other_version_def, 1012); }

static PyModuleDef_Slot no_slots[] = {{0, NULL}};
static struct PyModuleDef slots_in_one_phase_def = {
    PyModuleDef_HEAD_INIT, "slots_in_one_phase", NULL, 0, NULL, no_slots};
PyMODINIT_FUNC PyInit_slots_in_one_phase(void) { return PyModule_Create(&slots_in_one_phase_def); }

/* --- two phases --- */
#define MULTI(name, size, ...)                                                          \
    static PyModuleDef_Slot name##_slots[] = {__VA_ARGS__, {0, NULL}};                  \
    static struct PyModuleDef name##_def = {                                            \
        PyModuleDef_HEAD_INIT, #name, "doc of " #name, size, NULL, name##_slots};       \
    PyMODINIT_FUNC PyInit_##name(void) { return PyModuleDef_Init(&name##_def); }

static PyObject *create_quiet(PyObject *spec, PyModuleDef *def) { return NULL; }
static PyObject *create_number(PyObject *spec, PyModuleDef *def) { return PyLong_FromLong(5); }
static PyObject *create_unreported(PyObject *spec, PyModuleDef *def)
{
    PyErr_SetString(PyExc_KeyError, "left behind");
    return PyModule_New("x");
}
static int exec_quiet(PyObject *m) { return -1; }
static int exec_unreported(PyObject *m)
{
    PyErr_SetString(PyExc_KeyError, "left behind");
    return 0;
}
static int exec_raises(PyObject *m)
{
    PyErr_SetString(PyExc_KeyError, "exec");
    return -1;
}
static int exec_one(PyObject *m) { return PyModule_AddIntConstant(m, "one", 1); }
static int exec_two(PyObject *m)
{
    PyObject *one = PyObject_GetAttrString(m, "one");
    if (!one) { return -1; }
    Py_DECREF(one);
    int *state = PyModule_GetState(m);
    return PyModule_AddIntConstant(m, "state", state ? *state : -1);
}

MULTI(create_null, 0, {Py_mod_create, create_quiet})
MULTI(create_left, 0, {Py_mod_create, create_unreported})
MULTI(create_any, 0, {Py_mod_create, create_number})
MULTI(create_any_state, 8, {Py_mod_create, create_number})
MULTI(create_any_exec, 0, {Py_mod_create, create_number}, {Py_mod_exec, exec_one})
MULTI(create_twice, 0, {Py_mod_create, create_number}, {Py_mod_create, create_number})
MULTI(exec_null, 0, {Py_mod_exec, exec_quiet})
MULTI(exec_left, 0, {Py_mod_exec, exec_unreported})
MULTI(exec_error, 0, {Py_mod_exec, exec_raises})
MULTI(exec_order, sizeof(int), {Py_mod_exec, exec_one}, {Py_mod_exec, exec_two})
MULTI(slot_unknown, 0, {77, exec_one})
MULTI(slot_negative, 0, {-3, exec_one})
MULTI(size_negative, -1, {Py_mod_exec, exec_one})

/* --- names --- */
static struct PyModuleDef accent_def = {PyModuleDef_HEAD_INIT, "caf\xc3\xa9", NULL, 0, NULL, no_slots};
PyMODINIT_FUNC PyInitU_caf_dma(void) { return PyModuleDef_Init(&accent_def); }

/* --- state of a module found by its definition --- */
static struct PyModuleDef counted_def = {PyModuleDef_HEAD_INIT, "counted", NULL, sizeof(long)};
PyMODINIT_FUNC PyInit_counted(void)
{
    PyObject *before = PyState_FindModule(&counted_def);
    PyObject *m = PyModule_Create(&counted_def);
    if (!m) { return NULL; }
    *(long *)PyModule_GetState(m) = 41;
    PyModule_AddObject(m, "was_there", PyBool_FromLong(before != NULL));
    return m;
}

static PyObject *counted_state(PyObject *self, PyObject *unused)
{
    PyObject *m = PyState_FindModule(&counted_def);
    if (!m) { return PyUnicode_FromString("not found"); }
    return PyLong_FromLong(++*(long *)PyModule_GetState(m));
}
static PyObject *counted_forget(PyObject *self, PyObject *unused)
{
    return PyLong_FromLong(PyState_RemoveModule(&counted_def));
}
static PyObject *counted_add(PyObject *self, PyObject *module)
{
    if (PyState_AddModule(module, &counted_def) < 0) { return NULL; }
    Py_RETURN_NONE;
}
static PyMethodDef counter_methods[] = {
    {"state", counted_state, METH_NOARGS}, {"forget", counted_forget, METH_NOARGS},
    {"add", counted_add, METH_O}, {NULL}};
static struct PyModuleDef counter_def = {PyModuleDef_HEAD_INIT, "pkg.counter", NULL, -1, counter_methods};
PyMODINIT_FUNC PyInit_counter(void) { return PyModule_Create(&counter_def); }

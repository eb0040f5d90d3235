/* quiet.c -- functions and slots that break the contract of results and exceptions. */
#include <Python.h>

static PyObject *forget(void) { PyErr_SetString(PyExc_KeyError, "set and forgotten"); Py_RETURN_NONE; }

/* --- functions of each calling convention --- */
static PyObject *null_o(PyObject *m, PyObject *x) { return NULL; }
static PyObject *null_noargs(PyObject *m, PyObject *x) { return NULL; }
static PyObject *null_varargs(PyObject *m, PyObject *a) { return NULL; }
static PyObject *null_keywords(PyObject *m, PyObject *a, PyObject *k) { return NULL; }
static PyObject *null_fast(PyObject *m, PyObject *const *a, Py_ssize_t n) { return NULL; }
static PyObject *null_fastkw(PyObject *m, PyObject *const *a, Py_ssize_t n, PyObject *k) { return NULL; }
static PyObject *set_o(PyObject *m, PyObject *x) { return forget(); }
static PyObject *set_noargs(PyObject *m, PyObject *x) { return forget(); }
static PyObject *set_varargs(PyObject *m, PyObject *a) { return forget(); }
static PyObject *set_fast(PyObject *m, PyObject *const *a, Py_ssize_t n) { return forget(); }
static PyObject *set_fastkw(PyObject *m, PyObject *const *a, Py_ssize_t n, PyObject *k) { return forget(); }

/* call(f, x): what PyObject_CallOneArg makes of it */
static PyObject *call(PyObject *m, PyObject *const *a, Py_ssize_t n)
{
    return n == 1 ? PyObject_CallNoArgs(a[0]) : PyObject_Vectorcall(a[0], a + 1, n - 1, NULL);
}

static PyMethodDef methods[] = {
    {"null_o", null_o, METH_O}, {"null_noargs", null_noargs, METH_NOARGS},
    {"null_varargs", null_varargs, METH_VARARGS},
    {"null_keywords", (PyCFunction)null_keywords, METH_VARARGS | METH_KEYWORDS},
    {"null_fast", (PyCFunction)null_fast, METH_FASTCALL},
    {"null_fastkw", (PyCFunction)null_fastkw, METH_FASTCALL | METH_KEYWORDS},
    {"set_o", set_o, METH_O}, {"set_noargs", set_noargs, METH_NOARGS},
    {"set_varargs", set_varargs, METH_VARARGS}, {"set_fast", (PyCFunction)set_fast, METH_FASTCALL},
    {"set_fastkw", (PyCFunction)set_fastkw, METH_FASTCALL | METH_KEYWORDS},
    {"call", (PyCFunction)call, METH_FASTCALL}, {NULL}};

/* --- a type each of whose slots returns an error without an exception --- */
static PyObject *q1(PyObject *a) { return NULL; }
static PyObject *q2(PyObject *a, PyObject *b) { return NULL; }
static PyObject *q3(PyObject *a, PyObject *b, PyObject *c) { return NULL; }
static PyObject *q_compare(PyObject *a, PyObject *b, int op) { return NULL; }
static PyObject *q_item(PyObject *a, Py_ssize_t i) { return NULL; }
static int q_int(PyObject *a) { return -1; }
static int q_int2(PyObject *a, PyObject *b) { return -1; }
static int q_int3(PyObject *a, PyObject *b, PyObject *c) { return -1; }
static Py_ssize_t q_size(PyObject *a) { return -1; }
static Py_hash_t q_hash(PyObject *a) { return -1; }
static int q_buffer(PyObject *a, Py_buffer *b, int f) { return -1; }

static PyType_Slot quiet_slots[] = {
    {Py_tp_repr, q1}, {Py_tp_str, q1}, {Py_tp_hash, q_hash}, {Py_tp_iter, q1},
    {Py_tp_richcompare, q_compare}, {Py_nb_add, q2}, {Py_nb_negative, q1}, {Py_nb_bool, q_int},
    {Py_nb_int, q1}, {Py_nb_float, q1}, {Py_nb_index, q1}, {Py_nb_power, q3},
    {Py_mp_length, q_size}, {Py_mp_subscript, q2}, {Py_mp_ass_subscript, q_int3},
    {Py_sq_contains, q_int2}, {Py_am_await, q1}, {Py_bf_getbuffer, q_buffer}, {0, NULL}};
static PyType_Spec quiet_spec = {"quiet.Quiet", sizeof(PyObject), 0, Py_TPFLAGS_DEFAULT, quiet_slots};

static PyType_Slot call_slots[] = {{Py_tp_call, q3}, {0, NULL}};
static PyType_Spec call_spec = {"quiet.Call", sizeof(PyObject), 0, Py_TPFLAGS_DEFAULT, call_slots};

static int init_quiet(PyObject *a, PyObject *b, PyObject *c) { return -1; }
static PyType_Slot init_slots[] = {{Py_tp_init, init_quiet}, {0, NULL}};
static PyType_Spec init_spec = {"quiet.Init", sizeof(PyObject), 0, Py_TPFLAGS_DEFAULT, init_slots};

static PyObject *new_quiet(PyTypeObject *a, PyObject *b, PyObject *c) { return NULL; }
static PyType_Slot new_slots[] = {{Py_tp_new, new_quiet}, {0, NULL}};
static PyType_Spec new_spec = {"quiet.New", sizeof(PyObject), 0, Py_TPFLAGS_DEFAULT, new_slots};

static PyType_Slot attr_slots[] = {{Py_tp_getattro, q2}, {Py_tp_setattro, q_int3}, {0, NULL}};
static PyType_Spec attr_spec = {"quiet.Attr", sizeof(PyObject), 0, Py_TPFLAGS_DEFAULT, attr_slots};

/* --- results of the wrong type --- */
static PyObject *five(PyObject *a) { return PyLong_FromLong(5); }
static PyObject *text(PyObject *a) { return PyUnicode_FromString("text"); }
static Py_ssize_t minus_two(PyObject *a) { return -2; }
static PyType_Slot wrong_slots[] = {
    {Py_tp_repr, five}, {Py_tp_str, five}, {Py_nb_int, text}, {Py_nb_float, text}, {Py_nb_index, text},
    {Py_tp_iter, five}, {Py_am_await, five}, {Py_am_aiter, five}, {0, NULL}};
static PyType_Spec wrong_spec = {"quiet.Wrong", sizeof(PyObject), 0, Py_TPFLAGS_DEFAULT, wrong_slots};

/* --- results together with an exception --- */
static PyObject *s1(PyObject *a) { return forget(); }
static PyObject *s3(PyObject *a, PyObject *b, PyObject *c) { return forget(); }
static PyType_Slot set_slots[] = {{Py_tp_call, s3}, {0, NULL}};
static PyType_Spec set_spec = {"quiet.Set", sizeof(PyObject), 0, Py_TPFLAGS_DEFAULT, set_slots};

/* iterators: NULL quietly is the end; with StopIteration too */
static PyObject *next_stop(PyObject *a) { PyErr_SetString(PyExc_StopIteration, "over"); return NULL; }
static PyType_Slot iter_slots[] = {{Py_tp_iter, PyObject_SelfIter}, {Py_tp_iternext, next_stop}, {0, NULL}};
static PyType_Spec iter_spec = {"quiet.Iter", sizeof(PyObject), 0, Py_TPFLAGS_DEFAULT, iter_slots};

static struct PyModuleDef def = {PyModuleDef_HEAD_INIT, "quiet", NULL, -1, methods};

PyMODINIT_FUNC
PyInit_quiet(void)
{
    PyObject *m = PyModule_Create(&def);
    PyType_Spec *specs[] = {&quiet_spec, &call_spec, &init_spec, &new_spec, &attr_spec, &wrong_spec, &set_spec, &iter_spec};
    for (int i = 0; i < 8; i++) {
        if (PyModule_AddType(m, (PyTypeObject *)PyType_FromSpec(specs[i])) < 0) { return NULL; }
    }
    return m;
}

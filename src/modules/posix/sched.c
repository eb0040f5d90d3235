/* sched.c -- module posix: the kernel's scheduler. */
#include "modules/posix/posix_int.h"

#include <sched.h>

#include "memory/own.h"

PyDoc_STRVAR(sched_param_doc,
    "sched_param(sched_priority)\n--\n\n"
    "The parameters of a scheduling policy; there is just one, the priority.");

static PyStructSequence_Field sched_param_fields[] = {
    {"sched_priority", "the scheduling priority"},
    {NULL},
};

static PyStructSequence_Desc sched_param_desc = {"posix.sched_param", sched_param_doc,
                                                 sched_param_fields, 1};
static PyTypeObject *sched_param_type;

static PyObject *
sched_param_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static const char *const names[] = {"sched_priority", NULL};
    static _PyArg_Parser parser = {NULL, names, "sched_param", 0};
    PyObject *slots[1];
    PyObject *const *items = ((PyTupleObject *)args)->ob_item;
    PyObject *const *given = _PyArg_UnpackKeywords(items, PyTuple_GET_SIZE(args), kwargs, NULL,
                                                   &parser, 1, 1, 0, slots);
    if (!given) { return NULL; }
    PyObject *self = PyStructSequence_New(type);
    if (self) { PyStructSequence_SET_ITEM(self, 0, Py_NewRef(given[0])); }
    return self;
}

status hob_sched_param_from(PyObject *op, struct sched_param *out);

status
hob_sched_param_from(PyObject *op, struct sched_param *out)
{
    if (!Py_IS_TYPE(op, sched_param_type)) {
        PyErr_SetString(PyExc_TypeError, "must have a sched_param object");
        return -1;
    }
    long priority = PyLong_AsLong(PyStructSequence_GET_ITEM(op, 0));
    if (priority == -1 && PyErr_Occurred()) { return -1; }
    if (priority > INT_MAX || priority < INT_MIN) {
        PyErr_SetString(PyExc_OverflowError, "sched_priority out of range");
        return -1;
    }
    out->sched_priority = (int)priority;
    return 0;
}

/** sched_get_priority_max($module, /, policy)
 *
 *  Return the highest priority of a policy.
 */
static PyObject *
posix_sched_get_priority_max(PyObject *module, int policy)
{
    int value = sched_get_priority_max(policy);
    return value < 0 ? hob_posix_error() : PyLong_FromLong(value);
}

/** sched_get_priority_min($module, /, policy)
 *
 *  Return the lowest priority of a policy.
 */
static PyObject *
posix_sched_get_priority_min(PyObject *module, int policy)
{
    int value = sched_get_priority_min(policy);
    return value < 0 ? hob_posix_error() : PyLong_FromLong(value);
}

/** sched_getscheduler($module, pid, /)
 *
 *  Return the policy of a process; 0 is this one.
 */
static PyObject *
posix_sched_getscheduler(PyObject *module, pid_arg pid)
{
    int policy = sched_getscheduler(pid);
    return policy < 0 ? hob_posix_error() : PyLong_FromLong(policy);
}

/** sched_setscheduler($module, pid, policy, param, /)
 *
 *  Set the policy of a process and its sched_param.
 */
static PyObject *
posix_sched_setscheduler(PyObject *module, pid_arg pid, cint_arg policy, PyObject *param)
{
    struct sched_param value;
    if (hob_sched_param_from(param, &value) < 0) { return NULL; }
    return hob_posix_result(sched_setscheduler(pid, policy, &value) == -1);
}

/** sched_getparam($module, pid, /)
 *
 *  Return the sched_param of a process.
 */
static PyObject *
posix_sched_getparam(PyObject *module, pid_arg pid)
{
    struct sched_param param;
    if (sched_getparam(pid, &param) != 0) { return hob_posix_error(); }
    own PyObject *priority = PyLong_FromLong(param.sched_priority);
    own PyObject *result = priority ? PyStructSequence_New(sched_param_type) : NULL;
    if (!result) { return NULL; }
    PyStructSequence_SET_ITEM(result, 0, take(priority));
    return take(result);
}

/** sched_setparam($module, pid, param, /)
 *
 *  Set the sched_param of a process.
 */
static PyObject *
posix_sched_setparam(PyObject *module, pid_arg pid, PyObject *param)
{
    struct sched_param value;
    if (hob_sched_param_from(param, &value) < 0) { return NULL; }
    return hob_posix_result(sched_setparam(pid, &value) != 0);
}

/** sched_rr_get_interval($module, pid, /)
 *
 *  Return the seconds that a round-robin process may run at once.
 */
static PyObject *
posix_sched_rr_get_interval(PyObject *module, pid_arg pid)
{
    struct timespec interval;
    if (sched_rr_get_interval(pid, &interval) == -1) { return hob_posix_error(); }
    return PyFloat_FromDouble((double)interval.tv_sec + 1e-9 * (double)interval.tv_nsec);
}

/** sched_yield($module, /)
 *
 *  Let others run first.
 */
static PyObject *
posix_sched_yield(PyObject *module)
{
    int result;
    Py_BEGIN_ALLOW_THREADS
    result = sched_yield();
    Py_END_ALLOW_THREADS
    return hob_posix_result(result != 0);
}

/* --- which processors --- */

typedef struct { cpu_set_t *set; int n; size_t size; } cpu_mask;

static void
mask_free(cpu_mask *mask)
{
    if (mask->set) { CPU_FREE(mask->set); }
}

#define own_mask __attribute__((cleanup(mask_free))) cpu_mask

static status
mask_resize(cpu_mask *mask, int n)
{
    cpu_set_t *set = CPU_ALLOC(n);
    if (!set) {
        PyErr_NoMemory();
        return -1;
    }
    size_t size = CPU_ALLOC_SIZE(n);
    CPU_ZERO_S(size, set);
    if (mask->set) {
        memcpy(set, mask->set, mask->size);
        CPU_FREE(mask->set);
    }
    *mask = (cpu_mask){set, n, size};
    return 0;
}

static status
mask_add(cpu_mask *mask, PyObject *item)
{
    if (!PyLong_Check(item)) {
        PyErr_Format(PyExc_TypeError, "expected an iterator of ints, but iterator yielded %R",
                     Py_TYPE(item));
        return -1;
    }
    long cpu = PyLong_AsLong(item);
    if (cpu < 0) {
        if (!PyErr_Occurred()) { PyErr_SetString(PyExc_ValueError, "negative CPU number"); }
        return -1;
    }
    if (cpu > INT_MAX - 1) {
        PyErr_SetString(PyExc_OverflowError, "CPU number too large");
        return -1;
    }
    if (cpu >= mask->n && mask_resize(mask, (int)Py_MAX(cpu + 1, 2L * mask->n)) < 0) {
        return -1;
    }
    CPU_SET_S((size_t)cpu, mask->size, mask->set);
    return 0;
}

/** sched_setaffinity($module, pid, mask, /)
 *
 *  Set which processors a process may run on; mask is an iterable of numbers.
 */
static PyObject *
posix_sched_setaffinity(PyObject *module, pid_arg pid, PyObject *mask)
{
    own PyObject *iterator = PyObject_GetIter(mask);
    if (!iterator) { return NULL; }
    own_mask cpus = {0};
    if (mask_resize(&cpus, 16 * 8) < 0) { return NULL; }
    PyObject *next;
    while ((next = PyIter_Next(iterator))) {
        own PyObject *item = next;
        if (mask_add(&cpus, item) < 0) { return NULL; }
    }
    if (PyErr_Occurred()) { return NULL; }
    return hob_posix_result(sched_setaffinity(pid, cpus.size, cpus.set) != 0);
}

/** sched_getaffinity($module, pid, /)
 *
 *  Return the set of processors that a process may run on.
 */
static PyObject *
posix_sched_getaffinity(PyObject *module, pid_arg pid)
{
    own_mask cpus = {0};
    for (int n = 128;; n *= 2) {
        if (mask_resize(&cpus, n) < 0) { return NULL; }
        if (sched_getaffinity(pid, cpus.size, cpus.set) == 0) { break; }
        if (errno != EINVAL) { return hob_posix_error(); }
        if (n > INT_MAX / 2) {
            PyErr_SetString(PyExc_OverflowError, "could not allocate a large enough CPU set");
            return NULL;
        }
    }
    own PyObject *result = PySet_New(NULL);
    if (!result) { return NULL; }
    for (int cpu = 0; cpu < cpus.n; cpu++) {
        if (!CPU_ISSET_S((size_t)cpu, cpus.size, cpus.set)) { continue; }
        own PyObject *number = PyLong_FromLong(cpu);
        if (!number || PySet_Add(result, number) < 0) { return NULL; }
    }
    return take(result);
}

#include "gen/modules/posix/sched.bind.h"

PyMethodDef *const hob_posix_sched_methods = module_methods;

status
hob_posix_add_sched_types(PyObject *module)
{
    bool is_new = !sched_param_type;
    if (hob_posix_add_structseq(module, "sched_param", &sched_param_desc,
                                &sched_param_type) < 0) {
        return -1;
    }
    if (is_new) { sched_param_type->tp_new = sched_param_new; }
    return 0;
}

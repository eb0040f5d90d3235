/* gc.c -- module gc: what memory/gc.c lets Python see. */
#include "memory/collect.h"

#include "memory/own.h"
#include "state/runtime.h"

/** enable($module, /)
 *
 *  Let the collector run by itself.
 */
static PyObject *
enable(PyObject *module)
{
    PyGC_Enable();
    Py_RETURN_NONE;
}

/** disable($module, /)
 *
 *  Let the collector run only when it is asked to.
 */
static PyObject *
disable(PyObject *module)
{
    PyGC_Disable();
    Py_RETURN_NONE;
}

/** isenabled($module, /)
 *
 *  Return whether the collector runs by itself.
 */
static bool
isenabled(PyObject *module)
{
    return PyGC_IsEnabled();
}

/** collect($module, /, generation=2)
 *
 *  Collect a generation and all younger ones.
 *
 *  Without an argument everything is collected.  The result is the number of
 *  unreachable objects that were found.
 */
static Py_ssize_t
collect(PyObject *module, int generation)
{
    if (generation < 0 || generation >= GC_GENERATIONS) {
        PyErr_SetString(PyExc_ValueError, "invalid generation");
        return -1;
    }
    return hob_gc_collect(generation);
}

/** set_debug($module, flags, /)
 *
 *  Choose what the collector writes to stderr, by DEBUG_* flags.
 */
static PyObject *
set_debug(PyObject *module, int flags)
{
    hob_gc.debug = flags;
    Py_RETURN_NONE;
}

/** get_debug($module, /)
 *
 *  Return the debugging flags.
 */
static int
get_debug(PyObject *module)
{
    return hob_gc.debug;
}

PyDoc_STRVAR(set_threshold_doc,
    "set_threshold(threshold0, [threshold1, threshold2]) -> None\n\n"
    "Set how many objects, and collections of the generation below, start a\n"
    "collection.  A threshold0 of zero turns automatic collection off.\n");

static PyObject *
set_threshold(PyObject *module, PyObject *args)
{
    hob_gc_generation *gen = hob_gc.generations;
    if (!PyArg_ParseTuple(args, "i|ii:set_threshold", &gen[0].threshold, &gen[1].threshold,
                          &gen[2].threshold)) {
        return NULL;
    }
    Py_RETURN_NONE;
}

/** get_threshold($module, /)
 *
 *  Return the three thresholds.
 */
static PyObject *
get_threshold(PyObject *module)
{
    hob_gc_generation *gen = hob_gc.generations;
    return Py_BuildValue("(iii)", gen[0].threshold, gen[1].threshold, gen[2].threshold);
}

/** get_count($module, /)
 *
 *  Return the three counts that are compared with the thresholds.
 */
static PyObject *
get_count(PyObject *module)
{
    hob_gc_generation *gen = hob_gc.generations;
    return Py_BuildValue("(iii)", gen[0].count, gen[1].count, gen[2].count);
}

/* --- who refers to whom --- */

static int
is_wanted(PyObject *op, void *wanted)
{
    PyObject *objects = wanted;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(objects); i++) {
        if (PyTuple_GET_ITEM(objects, i) == op) { return 1; }
    }
    return 0;
}

static status
append_referrers(PyObject *objects, hob_gc_head *list, PyObject *result)
{
    for (hob_gc_head *head = (hob_gc_head *)list->next; head != list;
         head = (hob_gc_head *)head->next) {
        PyObject *op = hob_gc_object_of(head);
        if (op == objects || op == result) { continue; }
        if (Py_TYPE(op)->tp_traverse(op, is_wanted, objects)
            && PyList_Append(result, op) < 0) {
            return -1;
        }
    }
    return 0;
}

PyDoc_STRVAR(get_referrers_doc,
    "get_referrers(*objs) -> list\n"
    "Return a list of the tracked objects that refer directly to any of objs.");

static PyObject *
get_referrers(PyObject *module, PyObject *args)
{
    if (PySys_Audit("gc.get_referrers", "(O)", args) < 0) { return NULL; }
    own PyObject *result = PyList_New(0);
    if (!result) { return NULL; }
    for (int i = 0; i < GC_GENERATIONS; i++) {
        if (append_referrers(args, hob_gc.generations[i].list, result) < 0) { return NULL; }
    }
    return take(result);
}

static int
append_referent(PyObject *op, void *list)
{
    return PyList_Append(list, op) < 0;
}

PyDoc_STRVAR(get_referents_doc,
    "get_referents(*objs) -> list\n"
    "Return a list of the objects that objs refer to directly.");

static PyObject *
get_referents(PyObject *module, PyObject *args)
{
    if (PySys_Audit("gc.get_referents", "(O)", args) < 0) { return NULL; }
    own PyObject *result = PyList_New(0);
    if (!result) { return NULL; }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(args); i++) {
        PyObject *op = PyTuple_GET_ITEM(args, i);
        if (!PyObject_IS_GC(op) || !Py_TYPE(op)->tp_traverse) { continue; }
        if (Py_TYPE(op)->tp_traverse(op, append_referent, result)) { return NULL; }
    }
    return take(result);
}

static status
append_objects(hob_gc_head *list, PyObject *result)
{
    for (hob_gc_head *head = (hob_gc_head *)list->next; head != list;
         head = (hob_gc_head *)head->next) {
        PyObject *op = hob_gc_object_of(head);
        if (op != result && PyList_Append(result, op) < 0) { return -1; }
    }
    return 0;
}

/** get_objects($module, /, generation=None)
 *
 *  Return a list of the tracked objects, of one generation if it is given.
 *
 *  The list itself is left out.
 */
static PyObject *
get_objects(PyObject *module, PyObject *generation)
{
    Py_ssize_t number = -1;
    if (generation && generation != Py_None) {
        if (!PyIndex_Check(generation)) {
            return PyErr_Format(PyExc_TypeError,
                                "argument should be integer or None, not '%.200s'",
                                Py_TYPE(generation)->tp_name);
        }
        number = PyNumber_AsSsize_t(generation, PyExc_OverflowError);
        if (number == -1 && PyErr_Occurred()) { return NULL; }
        if (number >= GC_GENERATIONS) {
            return PyErr_Format(PyExc_ValueError, "generation parameter must be less than the "
                                "number of available generations (%i)", GC_GENERATIONS);
        }
        if (number < -1) {
            PyErr_SetString(PyExc_ValueError, "generation parameter cannot be negative");
            return NULL;
        }
    }
    if (PySys_Audit("gc.get_objects", "n", number) < 0) { return NULL; }
    own PyObject *result = PyList_New(0);
    if (!result) { return NULL; }
    for (int i = 0; i < GC_GENERATIONS; i++) {
        if (number >= 0 && i != number) { continue; }
        if (append_objects(hob_gc.generations[i].list, result) < 0) { return NULL; }
    }
    return take(result);
}

/** get_stats($module, /)
 *
 *  Return a list of one dict of statistics for each generation.
 */
static PyObject *
get_stats(PyObject *module)
{
    own PyObject *result = PyList_New(0);
    if (!result) { return NULL; }
    for (int i = 0; i < GC_GENERATIONS; i++) {
        hob_gc_generation *gen = &hob_gc.generations[i];
        own PyObject *stats = Py_BuildValue("{snsnsn}", "collections", gen->n_collections,
                                            "collected", gen->n_collected, "uncollectable",
                                            gen->n_uncollectable);
        if (!stats || PyList_Append(result, stats) < 0) { return NULL; }
    }
    return take(result);
}

/** is_tracked($module, obj, /)
 *
 *  Return whether the collector watches obj.
 */
static PyObject *
is_tracked(PyObject *module, PyObject *obj)
{
    return PyBool_FromLong(PyObject_GC_IsTracked(obj));
}

/** is_finalized($module, obj, /)
 *
 *  Return whether the collector has finalized obj.
 */
static PyObject *
is_finalized(PyObject *module, PyObject *obj)
{
    return PyBool_FromLong(PyObject_GC_IsFinalized(obj));
}

/** freeze($module, /)
 *
 *  Move all tracked objects where no collection looks at them.
 *
 *  Of use before fork(): their pages are then less likely to be copied.
 */
static PyObject *
freeze(PyObject *module)
{
    for (int i = 0; i < GC_GENERATIONS; i++) {
        hob_gc_list_merge(hob_gc.generations[i].list, hob_gc.permanent);
        hob_gc.generations[i].count = 0;
    }
    Py_RETURN_NONE;
}

/** unfreeze($module, /)
 *
 *  Move all frozen objects to the oldest generation.
 */
static PyObject *
unfreeze(PyObject *module)
{
    hob_gc_list_merge(hob_gc.permanent, hob_gc.generations[GC_GENERATIONS - 1].list);
    Py_RETURN_NONE;
}

/** get_freeze_count($module, /)
 *
 *  Return the number of frozen objects.
 */
static Py_ssize_t
get_freeze_count(PyObject *module)
{
    return hob_gc_list_size(hob_gc.permanent);
}

#include "gen/modules/gc.bind.h"

static PyMethodDef raw_methods[] = {
    {"set_threshold", set_threshold, METH_VARARGS, set_threshold_doc},
    {"get_referrers", get_referrers, METH_VARARGS, get_referrers_doc},
    {"get_referents", get_referents, METH_VARARGS, get_referents_doc},
    {NULL},
};

PyDoc_STRVAR(gc_doc,
    "This module controls the collector of reference cycles.\n\n"
    "enable, disable, isenabled -- automatic collection on and off.\n"
    "collect -- collect now; the number of unreachable objects.\n"
    "get_count, get_threshold, set_threshold -- when it runs.\n"
    "get_debug, set_debug, get_stats -- what it tells.\n"
    "get_objects, is_tracked, is_finalized, get_referrers, get_referents -- what it sees.\n"
    "freeze, unfreeze, get_freeze_count -- objects it ignores.\n");

static int
gc_exec(PyObject *module)
{
    if (PyModule_AddFunctions(module, raw_methods) < 0) { return -1; }
    if (!hob_gc.garbage && !(hob_gc.garbage = PyList_New(0))) { return -1; }
    if (!hob_gc.callbacks && !(hob_gc.callbacks = PyList_New(0))) { return -1; }
    if (PyModule_AddObjectRef(module, "garbage", hob_gc.garbage) < 0) { return -1; }
    if (PyModule_AddObjectRef(module, "callbacks", hob_gc.callbacks) < 0) { return -1; }
    static const struct { const char *name; int value; } flags[] = {
        {"DEBUG_STATS", GC_DEBUG_STATS},
        {"DEBUG_COLLECTABLE", GC_DEBUG_COLLECTABLE},
        {"DEBUG_UNCOLLECTABLE", GC_DEBUG_UNCOLLECTABLE},
        {"DEBUG_SAVEALL", GC_DEBUG_SAVEALL},
        {"DEBUG_LEAK", GC_DEBUG_LEAK},
    };
    for (size_t i = 0; i < ARRAY_LEN(flags); i++) {
        if (PyModule_AddIntConstant(module, flags[i].name, flags[i].value) < 0) { return -1; }
    }
    return 0;
}

static PyModuleDef_Slot gc_slots[] = {
    {Py_mod_exec, gc_exec},
    {0, NULL},
};

static struct PyModuleDef gc_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "gc",
    .m_doc = gc_doc,
    .m_methods = module_methods,
    .m_slots = gc_slots,
};

PyMODINIT_FUNC
PyInit_gc(void)
{
    return PyModuleDef_Init(&gc_module);
}

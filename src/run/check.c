/* check.c -- are all structures in order?  HOB_STRESS=check, in debug builds.
 *
 * Every file that keeps an invariant has a hob_<x>_check, which tells the number
 * of the one that is broken.  Here they are put together: before each full
 * collection, and at the end, all collected objects and what they refer to are
 * looked at, then the structures that are no objects.
 */
#include "run/init.h"

#include "bytecode/code.h"
#include "memory/collect.h"
#include "memory/pool.h"
#include "objects/bytes.h"
#include "objects/containers.h"
#include "objects/dict/dict.h"
#include "objects/instance.h"
#include "objects/int/int.h"
#include "objects/list.h"
#include "objects/managedbuffer.h"
#include "objects/str/str.h"
#include "objects/tuple.h"
#include "objects/type/type.h"
#include "run/rooms.h"
#include "state/interp.h"
#include "state/runtime.h"
#include "vm/frame.h"
#include "vm/generator.h"

typedef bool (*checker)(PyObject *op);

/* A type, which its subclasses follow, and how its objects are checked. */
static const struct {
    PyTypeObject *type;
    checker check;
} checkers[] = {
    {&PyLong_Type, hob_int_check},
    {&PyUnicode_Type, hob_str_check},
    {&PyBytes_Type, hob_bytes_check},
    {&PyByteArray_Type, hob_bytearray_check},
    {&PyTuple_Type, hob_tuple_check},
    {&PyList_Type, (checker)hob_list_check},
    {&PyODict_Type, hob_odict_check},
    {&PyDict_Type, (checker)hob_dict_check},
    {&PySet_Type, hob_set_check},
    {&PyFrozenSet_Type, hob_set_check},
    {&PyMemoryView_Type, hob_memoryview_check},
    {&_PyManagedBuffer_Type, hob_managedbuffer_check},
    {&PyType_Type, (checker)hob_type_check},
    {&PyCode_Type, hob_code_is_whole},
    {&PyFrame_Type, hob_frame_object_check},
    {&PyGen_Type, hob_generator_check},
    {&PyCoro_Type, hob_generator_check},
    {&PyAsyncGen_Type, hob_generator_check},
    {&hob_deque_type, hob_deque_check},
};

static bool
object_check(PyObject *op)
{
    PyTypeObject *type = Py_TYPE(op);
    INVARIANT(1, Py_REFCNT(op) > 0);
    INVARIANT(2, type && Py_REFCNT(type) > 0 && type->tp_name);
    for (size_t i = 0; i < ARRAY_LEN(checkers); i++) {
        if (type == checkers[i].type || PyType_IsSubtype(type, checkers[i].type)) {
            if (!checkers[i].check(op)) { return false; }
        }
    }
    return !PyType_HasFeature(type, Py_TPFLAGS_MANAGED_DICT) || hob_instance_check(op);
}

/* What an object refers to and the collector does not list. */
static int
check_referent(PyObject *op, void *unused)
{
    return PyObject_IS_GC(op) && hob_gc_is_tracked(op) ? 0 : !object_check(op);
}

static bool
list_check(const hob_gc_head *list)
{
    for (hob_gc_head *head = (hob_gc_head *)list->next; head != list;
         head = (hob_gc_head *)head->next) {
        PyObject *op = hob_gc_object_of(head);
        if (!object_check(op) || Py_TYPE(op)->tp_traverse(op, check_referent, NULL)) {
            fprintf(stderr, "hob: .. in or below a %s at %p\n", Py_TYPE(op)->tp_name, (void *)op);
            return false;
        }
    }
    return true;
}

bool
hob_check_everything(void)
{
    if (!hob_gc_check() || !hob_pool_check() || !hob_str_intern_check()) { return false; }
    for (int i = 0; i < GC_GENERATIONS; i++) {
        if (!list_check(hob_gc.generations[i].list)) { return false; }
    }
    for (PyInterpreterState *interp = _PyRuntime.interps; interp; interp = interp->next) {
        for (PyThreadState *ts = interp->threads; ts; ts = ts->next) {
            if (!hob_stack_check(ts)) { return false; }
        }
    }
    return true;
}

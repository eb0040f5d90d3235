/* object.c -- what any object can be asked: its text, its truth, its order, its
 * hash, its names; and how it is born and dies.
 *
 * Holds      a protocol function checks what the slot gave back and turns a
 *            nonsensical answer into TypeError, so callers need not.
 * Hazard     every slot may run Python code.
 * Next       attribute.c (getattr and its kin); type/ (where slots come from)
 */
#include "objects/object.h"

#include <stdio.h>

#include "memory/alloc.h"
#include "memory/gc.h"
#include "memory/own.h"
#include "memory/trashcan.h"
#include "objects/call.h"
#include "objects/ids.h"
#include "objects/plain.h"
#include "objects/type/type.h"

/* --- errors --- */

void *
hob_error_null(void)
{
    if (!PyErr_Occurred()) {
        PyErr_SetString(PyExc_SystemError, "null argument to internal routine");
    }
    return NULL;
}

void *
hob_error_type(const char *format, PyObject *op)
{
    PyErr_Format(PyExc_TypeError, format, Py_TYPE(op)->tp_name);
    return NULL;
}

void
_Py_FatalRefcountErrorFunc(const char *func, const char *message)
{
    _Py_FatalErrorFunc(func, message);
}

/* --- birth and death --- */

/* Count one for the instance: heap types are owned by their instances. */
static inline void
object_set_type(PyObject *op, PyTypeObject *type)
{
    Py_SET_TYPE(op, type);
    if (type->tp_flags & Py_TPFLAGS_HEAPTYPE) { Py_INCREF(type); }
    _Py_NewReference(op);
}

PyObject *
PyObject_Init(PyObject *op, PyTypeObject *type)
{
    if (!op) { return PyErr_NoMemory(); }
    object_set_type(op, type);
    return op;
}

PyVarObject *
PyObject_InitVar(PyVarObject *op, PyTypeObject *type, Py_ssize_t size)
{
    if (!op) { return (PyVarObject *)PyErr_NoMemory(); }
    Py_SET_SIZE(op, size);
    object_set_type((PyObject *)op, type);
    return op;
}

PyObject *
_PyObject_New(PyTypeObject *type)
{
    return PyObject_Init(PyObject_Malloc((size_t)type->tp_basicsize), type);
}

PyVarObject *
_PyObject_NewVar(PyTypeObject *type, Py_ssize_t n)
{
    PyVarObject *op = PyObject_Malloc(_PyObject_VAR_SIZE(type, n));
    return PyObject_InitVar(op, type, n);
}

void
_Py_NewReference(PyObject *op)
{
    if (UNLIKELY(_Py_tracemalloc_config.tracing)) { _PyTraceMalloc_NewReference(op); }
    Py_SET_REFCNT(op, 1);
}

/* What a deallocator wants, so that a finalizer's few calls fit. */
enum { DEALLOC_STACK = 16 * 1024 };

void
_Py_Dealloc(PyObject *op)
{
    if (UNLIKELY(hob_c_stack_is_low_by(DEALLOC_STACK)) && hob_trash_put_off(op)) { return; }
    Py_TYPE(op)->tp_dealloc(op);
}

/* --- text --- */

/* A str from a tp_repr/tp_str slot, checked. */
static PyObject *
text_from_slot(PyObject *self, reprfunc slot, const char *where, const char *method)
{
    PyThreadState *ts = hob_ts();
    if (hob_recursion_enter(ts, where)) { return NULL; }
    PyObject *text = slot(self);
    hob_recursion_leave(ts);
    if (!text) { return NULL; }
    if (LIKELY(PyUnicode_Check(text))) { return text; }
    PyErr_Format(PyExc_TypeError, "%s returned non-string (type %.200s)", method,
                 Py_TYPE(text)->tp_name);
    Py_DECREF(text);
    return NULL;
}

PyObject *
PyObject_Repr(PyObject *self)
{
    if (PyErr_CheckSignals()) { return NULL; }
    if (!self) { return PyUnicode_FromString("<NULL>"); }
    reprfunc slot = Py_TYPE(self)->tp_repr;
    if (!slot) {
        return PyUnicode_FromFormat("<%s object at %p>", Py_TYPE(self)->tp_name, self);
    }
    return text_from_slot(self, slot, " while getting the repr of an object", "__repr__");
}

PyObject *
PyObject_Str(PyObject *self)
{
    if (PyErr_CheckSignals()) { return NULL; }
    if (!self) { return PyUnicode_FromString("<NULL>"); }
    if (PyUnicode_CheckExact(self)) { return Py_NewRef(self); }
    reprfunc slot = Py_TYPE(self)->tp_str;
    if (!slot) { return PyObject_Repr(self); }
    return text_from_slot(self, slot, " while getting the str of an object", "__str__");
}

PyObject *
PyObject_ASCII(PyObject *self)
{
    own PyObject *repr = PyObject_Repr(self);
    if (!repr) { return NULL; }
    if (PyUnicode_IS_ASCII(repr)) { return take(repr); }

    own PyObject *bytes = PyUnicode_AsEncodedString(repr, "ascii", "backslashreplace");
    if (!bytes) { return NULL; }
    return PyUnicode_DecodeASCII(PyBytes_AS_STRING(bytes), PyBytes_GET_SIZE(bytes), "strict");
}

PyObject *
PyObject_Bytes(PyObject *self)
{
    if (!self) { return PyBytes_FromString("<NULL>"); }
    if (PyBytes_CheckExact(self)) { return Py_NewRef(self); }

    own PyObject *method = _PyObject_LookupSpecial(self, ID(__bytes__));
    if (method) {
        own PyObject *result = hob_call_noargs(method);
        if (result && !PyBytes_Check(result)) {
            return hob_error_type("__bytes__ returned non-bytes (type %.200s)", result);
        }
        return take(result);
    }
    if (PyErr_Occurred()) { return NULL; }
    return PyBytes_FromObject(self);
}

int
PyObject_Print(PyObject *self, FILE *fp, int flags)
{
    if (PyErr_CheckSignals()) { return -1; }
    clearerr(fp);
    int wrong = 0;
    if (!self) {
        fprintf(fp, "<nil>");
    }
    else if (Py_REFCNT(self) <= 0) {
        fprintf(fp, "<refcnt %zd at %p>", Py_REFCNT(self), (void *)self);
    }
    else {
        own PyObject *text = flags & Py_PRINT_RAW ? PyObject_Str(self) : PyObject_Repr(self);
        own PyObject *bytes = text ? PyUnicode_AsEncodedString(text, "utf-8",
                                                               "backslashreplace")
                                   : NULL;
        if (!bytes) { wrong = -1; }
        else { fwrite(PyBytes_AS_STRING(bytes), 1, (size_t)PyBytes_GET_SIZE(bytes), fp); }
    }
    if (wrong == 0 && ferror(fp)) {
        PyErr_SetFromErrno(PyExc_OSError);
        clearerr(fp);
        wrong = -1;
    }
    return wrong;
}

/* Is this pointer one that the debug allocator or free() left behind? */
int
_PyObject_IsFreed(PyObject *op)
{
    uintptr_t bits = (uintptr_t)op;
    static const uint8_t fillers[] = {0xCD, 0xDD, 0xFD};
    for (size_t i = 0; i < ARRAY_LEN(fillers); i++) {
        uintptr_t pattern = fillers[i] * (UINTPTR_MAX / 0xFF);
        if (bits == pattern || (op && (uintptr_t)Py_TYPE(op) == pattern)) { return 1; }
    }
    return !op || !Py_TYPE(op);
}

void
_PyObject_Dump(PyObject *op)
{
    if (!op || _PyObject_IsFreed(op)) {
        fprintf(stderr, "<object at %p is freed>\n", (void *)op);
        fflush(stderr);
        return;
    }
    PyTypeObject *type = Py_TYPE(op);
    fprintf(stderr, "object address  : %p\n", (void *)op);
    fprintf(stderr, "object refcount : %zd\n", Py_REFCNT(op));
    fprintf(stderr, "object type     : %p\n", (void *)type);
    fprintf(stderr, "object type name: %s\n", type && type->tp_name ? type->tp_name : "NULL");
    fprintf(stderr, "object repr     : ");
    fflush(stderr);

    PyGILState_STATE gil = PyGILState_Ensure();
    PyObject *exc, *value, *tb;
    PyErr_Fetch(&exc, &value, &tb);
    PyObject_Print(op, stderr, 0);
    fflush(stderr);
    PyErr_Restore(exc, value, tb);
    PyGILState_Release(gil);
    fprintf(stderr, "\n");
    fflush(stderr);
}

void
_PyObject_AssertFailed(PyObject *obj, const char *expr, const char *msg, const char *file,
                       int line, const char *function)
{
    fprintf(stderr, "%s:%d: ", file, line);
    if (function) { fprintf(stderr, "%s: ", function); }
    if (expr) { fprintf(stderr, "Assertion \"%s\" failed", expr); }
    else { fprintf(stderr, "Assertion failed"); }
    if (msg) { fprintf(stderr, ": %s", msg); }
    fprintf(stderr, "\n");
    fflush(stderr);
    _PyObject_Dump(obj);
    _Py_FatalErrorFunc("_PyObject_AssertFailed", "_PyObject_AssertFailed");
}

int
_PyObject_CheckConsistency(PyObject *op, int check_content)
{
    ENSURE(op && !_PyObject_IsFreed(op));
    ENSURE(Py_REFCNT(op) >= 1);
    if (PyType_Check(op)) { _PyType_CheckConsistency((PyTypeObject *)op); }
    return 1;
}

void
_PyObject_DebugTypeStats(FILE *out)
{
    _PyDict_DebugMallocStats(out);
    _PyList_DebugMallocStats(out);
    _PyTuple_DebugMallocStats(out);
}

void
_Py_BreakPoint(void)
{
}

/* --- repr of what contains itself ---
 * A list in the thread's dict holds what is being printed, innermost last. */

int
Py_ReprEnter(PyObject *self)
{
    PyObject *dict = PyThreadState_GetDict();
    if (!dict) { return 0; }
    PyObject *active = PyDict_GetItemWithError(dict, ID(Py_Repr));
    if (!active) {
        if (PyErr_Occurred()) { return -1; }
        own PyObject *fresh = PyList_New(0);
        if (!fresh || PyDict_SetItem(dict, ID(Py_Repr), fresh) < 0) { return -1; }
        active = fresh;         /* the dict keeps it */
    }
    for (Py_ssize_t i = PyList_GET_SIZE(active); --i >= 0;) {
        if (PyList_GET_ITEM(active, i) == self) { return 1; }
    }
    return PyList_Append(active, self) < 0 ? -1 : 0;
}

void
Py_ReprLeave(PyObject *self)
{
    PyObject *exc, *value, *tb;
    PyErr_Fetch(&exc, &value, &tb);
    PyObject *dict = PyThreadState_GetDict();
    PyObject *active = dict ? PyDict_GetItemWithError(dict, ID(Py_Repr)) : NULL;
    if (active && PyList_Check(active)) {
        for (Py_ssize_t i = PyList_GET_SIZE(active); --i >= 0;) {
            if (PyList_GET_ITEM(active, i) == self) {
                PyList_SetSlice(active, i, i + 1, NULL);
                break;
            }
        }
    }
    PyErr_Restore(exc, value, tb);
}

/* --- order --- */

int _Py_SwappedOp[] = {Py_GT, Py_GE, Py_EQ, Py_NE, Py_LT, Py_LE};

static const char *const op_signs[] = {"<", "<=", "==", "!=", ">", ">="};

/* One try of a side's slot; NotImplemented counts as NULL without error. */
static inline PyObject *
compare_try(richcmpfunc slot, PyObject *a, PyObject *b, int op, bool *done)
{
    PyObject *result = slot(a, b, op);
    *done = result != Py_NotImplemented;
    if (!*done) { Py_DECREF(result); }
    return result;
}

/* The right side goes first when its type derives from the left's; at the end
 * == and != fall back to identity. */
static PyObject *
compare(PyObject *a, PyObject *b, int op)
{
    bool done, swapped_tried = false;
    PyTypeObject *ta = Py_TYPE(a), *tb = Py_TYPE(b);
    PyObject *result;

    if (ta != tb && tb->tp_richcompare && PyType_IsSubtype(tb, ta)) {
        swapped_tried = true;
        result = compare_try(tb->tp_richcompare, b, a, _Py_SwappedOp[op], &done);
        if (done) { return result; }
    }
    richcmpfunc slot = Py_TYPE(a)->tp_richcompare;
    if (slot) {
        result = compare_try(slot, a, b, op, &done);
        if (done) { return result; }
    }
    slot = Py_TYPE(b)->tp_richcompare;
    if (!swapped_tried && slot) {
        result = compare_try(slot, b, a, _Py_SwappedOp[op], &done);
        if (done) { return result; }
    }
    if (op == Py_EQ) { return PyBool_FromLong(a == b); }
    if (op == Py_NE) { return PyBool_FromLong(a != b); }
    PyErr_Format(PyExc_TypeError,
                 "'%s' not supported between instances of '%.100s' and '%.100s'",
                 op_signs[op], Py_TYPE(a)->tp_name, Py_TYPE(b)->tp_name);
    return NULL;
}

PyObject *
PyObject_RichCompare(PyObject *a, PyObject *b, int op)
{
    if (UNLIKELY(!a || !b)) {
        if (!PyErr_Occurred()) { PyErr_BadInternalCall(); }
        return NULL;
    }
    PyThreadState *ts = hob_ts();
    if (hob_recursion_enter(ts, " in comparison")) { return NULL; }
    PyObject *result = compare(a, b, op);
    hob_recursion_leave(ts);
    return result;
}

int
PyObject_RichCompareBool(PyObject *a, PyObject *b, int op)
{
    if (a == b) {               /* what is the same is equal, whatever it says */
        if (op == Py_EQ) { return 1; }
        if (op == Py_NE) { return 0; }
    }
    else if (LIKELY(a && b)) {
        hob_order order = hob_order_plain(a, b);
        if (order != ORDER_UNKNOWN) { return hob_order_holds(order, op); }
        richcmpfunc by_identity = PyBaseObject_Type.tp_richcompare;
        if (Py_TYPE(a)->tp_richcompare == by_identity
            && Py_TYPE(b)->tp_richcompare == by_identity) {
            if (op == Py_EQ) { return 0; }
            if (op == Py_NE) { return 1; }
        }
    }
    PyObject *result = PyObject_RichCompare(a, b, op);
    if (!result) { return -1; }
    int truth = PyBool_Check(result) ? result == Py_True : PyObject_IsTrue(result);
    Py_DECREF(result);
    return truth;
}

/* --- hash and truth --- */

Py_hash_t
PyObject_HashNotImplemented(PyObject *self)
{
    hob_error_type("unhashable type: '%.200s'", self);
    return -1;
}

Py_hash_t
PyObject_Hash(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    if (!hob_c_stack_has_room()) { return -1; }
    if (LIKELY(type->tp_hash != NULL)) { return type->tp_hash(self); }
    if (!type->tp_dict) {       /* a static type nobody has readied */
        if (PyType_Ready(type) < 0) { return -1; }
        if (type->tp_hash) { return type->tp_hash(self); }
    }
    return PyObject_HashNotImplemented(self);
}

/* Addresses are aligned: rotate the low bits, all zero, away. */
Py_hash_t
_Py_HashPointerRaw(const void *p)
{
    size_t bits = (size_t)p;
    return (Py_hash_t)((bits >> 4) | (bits << (8 * sizeof bits - 4)));
}

Py_hash_t
_Py_HashPointer(const void *p)
{
    Py_hash_t hash = _Py_HashPointerRaw(p);
    return hash == -1 ? -2 : hash;
}

int
PyObject_IsTrue(PyObject *self)
{
    if (self == Py_True) { return 1; }
    if (self == Py_False || self == Py_None) { return 0; }
    PyTypeObject *type = Py_TYPE(self);
    Py_ssize_t answer;
    if (type->tp_as_number && type->tp_as_number->nb_bool) {
        answer = type->tp_as_number->nb_bool(self);
    }
    else if (type->tp_as_mapping && type->tp_as_mapping->mp_length) {
        answer = type->tp_as_mapping->mp_length(self);
    }
    else if (type->tp_as_sequence && type->tp_as_sequence->sq_length) {
        answer = type->tp_as_sequence->sq_length(self);
    }
    else {
        return 1;
    }
    return answer > 0 ? 1 : (int)answer;
}

int
PyObject_Not(PyObject *self)
{
    int truth = PyObject_IsTrue(self);
    return truth < 0 ? truth : !truth;
}

/* --- small questions --- */

int
PyCallable_Check(PyObject *self)
{
    return self && Py_TYPE(self)->tp_call != NULL;
}

PyObject *
PyObject_SelfIter(PyObject *self)
{
    return Py_NewRef(self);
}

PyObject *
_PyObject_NextNotImplemented(PyObject *self)
{
    return hob_error_type("'%.200s' object is not iterable", self);
}

int
_PyObject_IsAbstract(PyObject *self)
{
    if (!self) { return 0; }
    PyObject *value;
    int found = _PyObject_LookupAttr(self, ID(__isabstractmethod__), &value);
    if (found > 0) {
        found = PyObject_IsTrue(value);
        Py_DECREF(value);
    }
    return found;
}

/* How an error names a callable: module.qualname(), or its str. */
PyObject *
_PyObject_FunctionStr(PyObject *callable)
{
    PyObject *found;
    if (_PyObject_LookupAttr(callable, ID(__qualname__), &found) < 0) { return NULL; }
    own PyObject *qualname = found;
    if (!qualname) { return PyObject_Str(callable); }
    if (_PyObject_LookupAttr(callable, ID(__module__), &found) < 0) { return NULL; }
    own PyObject *module = found;
    if (module && module != Py_None) {
        int builtin = PyObject_RichCompareBool(module, ID(builtins), Py_EQ);
        if (builtin < 0) { return NULL; }
        if (!builtin) { return PyUnicode_FromFormat("%S.%S()", module, qualname); }
    }
    return PyUnicode_FromFormat("%S()", qualname);
}

/* --- dir() --- */

static PyObject *
dir_of_frame(void)
{
    PyObject *locals = PyEval_GetLocals();
    if (!locals) { return NULL; }
    own PyObject *names = PyMapping_Keys(locals);
    if (!names) { return NULL; }
    if (!PyList_Check(names)) {
        return hob_error_type("dir(): expected keys() of locals to be a list, not '%.200s'",
                              names);
    }
    if (PyList_Sort(names)) { return NULL; }
    return take(names);
}

PyObject *
PyObject_Dir(PyObject *self)
{
    if (!self) { return dir_of_frame(); }
    own PyObject *method = _PyObject_LookupSpecial(self, ID(__dir__));
    if (!method) {
        if (!PyErr_Occurred()) {
            PyErr_SetString(PyExc_TypeError, "object does not provide __dir__");
        }
        return NULL;
    }
    own PyObject *result = hob_call_noargs(method);
    if (!result) { return NULL; }
    own PyObject *sorted = PySequence_List(result);
    if (!sorted || PyList_Sort(sorted)) { return NULL; }
    return take(sorted);
}

int
PyType_SUPPORTS_WEAKREFS(PyTypeObject *type)
{
    return type->tp_weaklistoffset > 0;
}

/* --- tp_finalize --- */

void
PyObject_CallFinalizer(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    if (!type->tp_finalize) { return; }
    bool is_gc = hob_object_is_gc(self);
    if (is_gc && PyObject_GC_IsFinalized(self)) { return; }
    type->tp_finalize(self);
    if (is_gc) { hob_gc_head_of(self)->prev |= GC_FINALIZED; }
}

/* Run tp_finalize from tp_dealloc: -1 when the object has come back to life,
 * and the caller must return at once. */
int
PyObject_CallFinalizerFromDealloc(PyObject *self)
{
    if (Py_REFCNT(self) != 0) {
        _Py_FatalRefcountErrorFunc("PyObject_CallFinalizerFromDealloc",
                                   "called on object with a non-zero refcount");
    }
    Py_SET_REFCNT(self, 1);
    PyObject_CallFinalizer(self);
    Py_SET_REFCNT(self, Py_REFCNT(self) - 1);
    return Py_REFCNT(self) == 0 ? 0 : -1;
}

/* --- the same as the macros, for those who cannot use them --- */

#undef Py_Is
#undef Py_IsNone
#undef Py_NewRef
#undef Py_XNewRef

void
Py_IncRef(PyObject *op)
{
    Py_XINCREF(op);
}

void
Py_DecRef(PyObject *op)
{
    Py_XDECREF(op);
}

void
_Py_IncRef(PyObject *op)
{
    Py_INCREF(op);
}

void
_Py_DecRef(PyObject *op)
{
    Py_DECREF(op);
}

PyObject *
Py_NewRef(PyObject *op)
{
    Py_INCREF(op);
    return op;
}

PyObject *
Py_XNewRef(PyObject *op)
{
    Py_XINCREF(op);
    return op;
}

int
Py_Is(PyObject *a, PyObject *b)
{
    return a == b;
}

int
Py_IsNone(PyObject *op)
{
    return op == Py_None;
}

/* group.c -- BaseExceptionGroup (PEP 654): exceptions that travel together.
 *
 * Holds      msg is a str and excs a non-empty tuple of exceptions, both fixed
 *            at __new__.  BaseExceptionGroup(...) of nothing but Exceptions is
 *            an ExceptionGroup; a group that is an Exception holds no other.
 *            split() and subgroup() keep the tree: every group on the way is
 *            made anew by derive(), with traceback, cause, context, notes.
 * Hazard     derive() and the condition are the program's: they may do anything.
 */
#include "objects/exceptions/kinds.h"

#include "objects/ids.h"

typedef PyBaseExceptionGroupObject Group;

PyObject *hob_exception_group_type(void);

#define GROUP_FIELDS(F) F(msg) F(excs)
EXCEPTION_MEMORY(group, PyBaseExceptionGroupObject, GROUP_FIELDS)

/* --- construction --- */

/* Whether all are Exceptions; -1 with ValueError when one is no exception. */
static tri
group_survey(PyObject *excs)
{
    bool plain = true;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(excs); i++) {
        PyObject *exc = PyTuple_GET_ITEM(excs, i);
        if (!PyExceptionInstance_Check(exc)) {
            PyErr_Format(PyExc_ValueError,
                         "Item %d of second argument (exceptions) is not an exception", (int)i);
            return -1;
        }
        plain = plain && PyObject_TypeCheck(exc, &hob_Exception_type);
    }
    return plain;
}

/* The class that cls(...) of such exceptions makes; TypeError. */
static PyTypeObject *
group_class(PyTypeObject *cls, bool plain)
{
    PyTypeObject *exception_group = (PyTypeObject *)hob_exception_group_type();
    if (cls == &hob_BaseExceptionGroup_type) { return plain ? exception_group : cls; }
    if (plain || !PyType_IsSubtype(cls, &hob_Exception_type)) { return cls; }
    if (cls == exception_group) {
        PyErr_SetString(PyExc_TypeError, "Cannot nest BaseExceptions in an ExceptionGroup");
    }
    else {
        PyErr_Format(PyExc_TypeError, "Cannot nest BaseExceptions in '%.200s'", cls->tp_name);
    }
    return NULL;
}

PyObject *
hob_group_new(PyTypeObject *cls, PyObject *args, PyObject *kwargs)
{
    PyObject *msg, *given;
    if (!PyArg_ParseTuple(args, "UO:BaseExceptionGroup.__new__", &msg, &given)) { return NULL; }
    if (!PySequence_Check(given)) {
        PyErr_SetString(PyExc_TypeError, "second argument (exceptions) must be a sequence");
        return NULL;
    }
    own PyObject *excs = PySequence_Tuple(given);
    if (!excs) { return NULL; }
    if (PyTuple_GET_SIZE(excs) == 0) {
        PyErr_SetString(PyExc_ValueError,
                        "second argument (exceptions) must be a non-empty sequence");
        return NULL;
    }
    tri plain = group_survey(excs);
    cls = plain < 0 ? NULL : group_class(cls, plain);
    if (!cls) { return NULL; }
    Group *self = (Group *)hob_base_new(cls, args, kwargs);
    if (!self) { return NULL; }
    self->msg = Py_NewRef(msg);
    self->excs = take(excs);
    return (PyObject *)self;
}

int
hob_group_init(PyObject *self, PyObject *args, PyObject *kwargs)
{
    return hob_base_init(self, args, kwargs);
}

PyObject *
hob_group_str(PyObject *op)
{
    Group *self = (Group *)op;
    Py_ssize_t n = PyTuple_GET_SIZE(self->excs);
    return PyUnicode_FromFormat("%S (%zd sub-exception%s)", self->msg, n, n > 1 ? "s" : "");
}

static PyObject *
group_derive(PyObject *op, PyObject *given)
{
    PyObject *excs;
    if (!PyArg_ParseTuple(given, "O", &excs)) { return NULL; }
    own PyObject *args = PyTuple_Pack(2, ((Group *)op)->msg, excs);
    return args ? PyObject_CallObject(PyExc_BaseExceptionGroup, args) : NULL;
}

/* --- splitting --- */

/* What decides which exceptions go to the matching side. */
typedef struct {
    enum { BY_TYPE, BY_CALL, BY_IDENTITY } kind;
    PyObject *what;                     /* class or tuple; callable; set of addresses */
} condition;

static bool
is_exception_filter(PyObject *op)
{
    if (PyExceptionClass_Check(op)) { return true; }
    if (!PyTuple_CheckExact(op)) { return false; }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(op); i++) {
        if (!PyExceptionClass_Check(PyTuple_GET_ITEM(op, i))) { return false; }
    }
    return true;
}

static status
condition_of(PyObject *given, condition *out)
{
    if (PyFunction_Check(given)) {
        *out = (condition){BY_CALL, given};
        return 0;
    }
    if (is_exception_filter(given)) {
        *out = (condition){BY_TYPE, given};
        return 0;
    }
    PyErr_SetString(PyExc_TypeError,
                    "expected a function, exception type or tuple of exception types");
    return -1;
}

static tri
condition_holds(const condition *c, PyObject *exc)
{
    if (c->kind == BY_TYPE) { return PyErr_GivenExceptionMatches(exc, c->what); }
    if (c->kind == BY_CALL) {
        own PyObject *result = PyObject_CallOneArg(c->what, exc);
        return result ? PyObject_IsTrue(result) : -1;
    }
    if (hob_exception_is_group(exc)) { return 0; }
    own PyObject *address = PyLong_FromVoidPtr(exc);
    return address ? PySet_Contains(c->what, address) : -1;
}

/* A group like orig with other exceptions: NULL in *out when there are none. */
static status
derive_like(PyObject *orig, PyObject *excs, PyObject **out)
{
    *out = NULL;
    if (PyList_GET_SIZE(excs) == 0) { return 0; }
    own PyObject *group = PyObject_CallMethodOneArg(orig, ID(derive), excs);
    if (!group) { return -1; }
    if (!hob_exception_is_group(group)) {
        PyErr_SetString(PyExc_TypeError,
                        "derive must return an instance of BaseExceptionGroup");
        return -1;
    }
    own PyObject *traceback = PyException_GetTraceback(orig);
    if (traceback && PyException_SetTraceback(group, traceback) < 0) { return -1; }
    PyException_SetContext(group, PyException_GetContext(orig));
    PyException_SetCause(group, PyException_GetCause(orig));
    PyObject *found;
    if (_PyObject_LookupAttr(orig, ID(__notes__), &found) < 0) { return -1; }
    own PyObject *notes = found;
    if (notes && PySequence_Check(notes)) {
        own PyObject *copy = PySequence_List(notes);
        if (!copy || PyObject_SetAttr(group, ID(__notes__), copy) < 0) { return -1; }
    }
    *out = take(group);
    return 0;
}

/* Split exc: both sides new references or NULL.  rest == NULL: not wanted. */
static status
split_exception(PyObject *exc, const condition *c, PyObject **match, PyObject **rest)
{
    *match = NULL;
    if (rest) { *rest = NULL; }
    tri all = condition_holds(c, exc);
    if (all < 0) { return -1; }
    if (all) {
        *match = Py_NewRef(exc);
        return 0;
    }
    if (!hob_exception_is_group(exc)) {
        if (rest) { *rest = Py_NewRef(exc); }
        return 0;
    }
    own PyObject *matches = PyList_New(0);
    own PyObject *others = rest ? PyList_New(0) : NULL;
    if (!matches || (rest && !others)) { return -1; }
    own PyObject *excs = Py_NewRef(((Group *)exc)->excs);
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(excs); i++) {
        PyObject *one = NULL, *other = NULL;
        if (Py_EnterRecursiveCall(" in exceptiongroup_split_recursive")) { return -1; }
        status failed = split_exception(PyTuple_GET_ITEM(excs, i), c, &one,
                                        rest ? &other : NULL);
        Py_LeaveRecursiveCall();
        own PyObject *held_one = one;
        own PyObject *held_other = other;
        if (failed || (one && PyList_Append(matches, one) < 0) ||
            (other && PyList_Append(others, other) < 0)) {
            return -1;
        }
    }
    if (derive_like(exc, matches, match) < 0) { return -1; }
    if (rest && derive_like(exc, others, rest) < 0) {
        Py_CLEAR(*match);
        return -1;
    }
    return 0;
}

static PyObject *
group_split(PyObject *self, PyObject *given)
{
    condition c;
    PyObject *value, *match, *rest;
    if (!PyArg_UnpackTuple(given, "split", 1, 1, &value)) { return NULL; }
    if (condition_of(value, &c) < 0 || split_exception(self, &c, &match, &rest) < 0) {
        return NULL;
    }
    PyObject *pair = PyTuple_Pack(2, match ? match : Py_None, rest ? rest : Py_None);
    Py_XDECREF(match);
    Py_XDECREF(rest);
    return pair;
}

static PyObject *
group_subgroup(PyObject *self, PyObject *given)
{
    condition c;
    PyObject *value, *match;
    if (!PyArg_UnpackTuple(given, "subgroup", 1, 1, &value)) { return NULL; }
    if (condition_of(value, &c) < 0 || split_exception(self, &c, &match, NULL) < 0) {
        return NULL;
    }
    return match ? match : Py_NewRef(Py_None);
}

PyMethodDef hob_group_methods[] = {
    {"__class_getitem__", Py_GenericAlias, METH_O | METH_CLASS, PyDoc_STR("as PEP 585 says")},
    {"derive", group_derive, METH_VARARGS, NULL},
    {"split", group_split, METH_VARARGS, NULL},
    {"subgroup", group_subgroup, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

PyMemberDef hob_group_members[] = {
    {"message", T_OBJECT, offsetof(Group, msg), READONLY, PyDoc_STR("the message")},
    {"exceptions", T_OBJECT, offsetof(Group, excs), READONLY, PyDoc_STR("the exceptions held")},
    {NULL, 0, 0, 0, NULL},
};

/* --- except* --- */

status
hob_exception_group_match(PyObject *exc, PyObject *type, PyObject **match, PyObject **rest)
{
    *match = *rest = NULL;
    if (PyErr_GivenExceptionMatches(exc, type)) {
        if (hob_exception_is_group(exc)) {
            *match = Py_NewRef(exc);
            return 0;
        }
        own PyObject *excs = PyTuple_Pack(1, exc);              /* a naked exception */
        own PyObject *msg = excs ? PyUnicode_FromString("") : NULL;
        if (!msg) { return -1; }
        *match = PyObject_CallFunctionObjArgs(PyExc_BaseExceptionGroup, msg, excs, NULL);
        return *match ? 0 : -1;
    }
    if (!hob_exception_is_group(exc)) {
        *rest = Py_NewRef(exc);
        return 0;
    }
    own PyObject *pair = PyObject_CallMethodOneArg(exc, ID(split), type);
    if (!pair) { return -1; }
    if (!PyTuple_CheckExact(pair) || PyTuple_GET_SIZE(pair) < 2) {
        PyErr_SetString(PyExc_TypeError, "split must return a 2-tuple");
        return -1;
    }
    PyObject *one = PyTuple_GET_ITEM(pair, 0), *other = PyTuple_GET_ITEM(pair, 1);
    if (one != Py_None) { *match = Py_NewRef(one); }
    if (other != Py_None) { *rest = Py_NewRef(other); }
    return 0;
}

/* Add the addresses of the leaves below exc. */
static status
collect_leaves(PyObject *exc, PyObject *addresses)
{
    if (!hob_exception_is_group(exc)) {
        own PyObject *address = PyLong_FromVoidPtr(exc);
        return address ? PySet_Add(addresses, address) : -1;
    }
    PyObject *excs = ((Group *)exc)->excs;
    if (Py_EnterRecursiveCall(" in collect_exception_group_leaf_ids")) { return -1; }
    status failed = 0;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(excs) && !failed; i++) {
        failed = collect_leaves(PyTuple_GET_ITEM(excs, i), addresses);
    }
    Py_LeaveRecursiveCall();
    return failed;
}

/* Whether exc was part of orig: raised again by a handler, not anew. */
static bool
same_origin(PyObject *orig, PyObject *exc)
{
    PyBaseExceptionObject *a = (PyBaseExceptionObject *)orig, *b = (PyBaseExceptionObject *)exc;
    return a->traceback == b->traceback && a->context == b->context &&
           a->cause == b->cause;
}

PyObject *
hob_exception_reraise_star(PyObject *orig, PyObject *excs)
{
    Py_ssize_t n = PyList_GET_SIZE(excs);
    if (n == 0) { Py_RETURN_NONE; }
    if (!hob_exception_is_group(orig)) {        /* naked: at most one thing was left */
        PyObject *exc = PyList_GET_ITEM(excs, 0);
        if (n == 1 || exc != Py_None) { return Py_NewRef(exc); }
        Py_RETURN_NONE;
    }
    own PyObject *raised = PyList_New(0);
    own PyObject *leaves = PySet_New(NULL);
    if (!raised || !leaves) { return NULL; }
    bool any_again = false;
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *exc = PyList_GET_ITEM(excs, i);
        if (exc == Py_None) { continue; }
        if (same_origin(orig, exc)) {
            any_again = true;
            if (collect_leaves(exc, leaves) < 0) { return NULL; }
        }
        else if (PyList_Append(raised, exc) < 0) {
            return NULL;
        }
    }
    PyObject *again = NULL;
    if (any_again) {
        condition c = {BY_IDENTITY, leaves};
        if (split_exception(orig, &c, &again, NULL) < 0) { return NULL; }
    }
    own PyObject *unhandled = again;
    if (PyList_GET_SIZE(raised) == 0) { return Py_NewRef(unhandled ? unhandled : Py_None); }
    if (unhandled && PyList_Append(raised, unhandled) < 0) { return NULL; }
    own PyObject *msg = PyUnicode_FromString("");
    if (!msg) { return NULL; }
    return PyObject_CallFunctionObjArgs(PyExc_BaseExceptionGroup, msg, raised, NULL);
}

/* context.c -- contexts and context variables (PEP 567).
 *
 * Layout     the structs are those extensions know by size.
 * Holds      ts->context is the current context or NULL (an empty one is made on
 *            first use); ts->context_ver changes with every switch.  A variable
 *            remembers its value for one (thread, version), borrowed: a switch or
 *            a new value makes that stale.
 * Next       hamt.c
 */
#include "base/stress.h"
#include "vm/vm.h"

#include <structmember.h>

#include "memory/own.h"
#include "objects/ids.h"
#include "vm/hamt.h"

struct _pycontextobject {
    PyObject_HEAD
    PyContext *previous;                /* owned: current before this was entered */
    hob_hamt *vars;                     /* owned */
    PyObject *weakreflist;
    int entered;
};

struct _pycontextvarobject {
    PyObject_HEAD
    PyObject *name;
    PyObject *fallback;                 /* owned, MAYBE_NULL */
    PyObject *cached;                   /* borrowed, or NULL */
    uint64_t cached_thread;
    uint64_t cached_version;
    Py_hash_t hash;
};

struct _pycontexttokenobject {
    PyObject_HEAD
    PyContext *context;                 /* owned */
    PyContextVar *var;                  /* owned */
    PyObject *old;                      /* owned, MAYBE_NULL */
    int used;
};

static PyObject *missing;               /* Token.MISSING */

/* --- contexts --- */
enum { FREE_MAX = 255 };
static PyContext *free_list;            /* chained through weakreflist */
static int n_free;

static PyContext *
context_make(STOLEN hob_hamt *vars)
{
    if (!vars) { return NULL; }
    PyContext *self = free_list;
    if (self) {
        free_list = (PyContext *)self->weakreflist;
        n_free--;
        _Py_NewReference((PyObject *)self);
    }
    else {
        self = PyObject_GC_New(PyContext, &PyContext_Type);
        if (!self) {
            Py_DECREF(vars);
            return NULL;
        }
    }
    self->previous = NULL;
    self->vars = vars;
    self->weakreflist = NULL;
    self->entered = 0;
    PyObject_GC_Track(self);
    return self;
}

void
hob_context_clear_freelist(void)
{
    while (free_list) {
        PyContext *next = (PyContext *)free_list->weakreflist;
        PyObject_GC_Del(free_list);
        free_list = next;
    }
    n_free = 0;
}

/* The current context; borrowed. */
static BORROWED PyContext *
current(void)
{
    PyThreadState *ts = hob_ts();
    if (!ts->context) { ts->context = (PyObject *)context_make(hob_hamt_new()); }
    return (PyContext *)ts->context;
}

static bool
enter(PyContext *self)
{
    PyThreadState *ts = hob_ts();
    if (self->entered) {
        PyErr_Format(PyExc_RuntimeError, "cannot enter context: %R is already entered", self);
        return false;
    }
    self->previous = (PyContext *)ts->context;
    self->entered = 1;
    ts->context = Py_NewRef(self);
    ts->context_ver++;
    return true;
}

static bool
leave(PyContext *self)
{
    PyThreadState *ts = hob_ts();
    if (!self->entered) {
        PyErr_Format(PyExc_RuntimeError, "cannot exit context: %R has not been entered", self);
        return false;
    }
    if (ts->context != (PyObject *)self) {
        PyErr_SetString(PyExc_RuntimeError, "cannot exit context: thread state references "
                                            "a different context object");
        return false;
    }
    Py_SETREF(ts->context, (PyObject *)self->previous);
    ts->context_ver++;
    self->previous = NULL;
    self->entered = 0;
    return true;
}

static int
context_clear(PyContext *self)
{
    Py_CLEAR(self->previous);
    Py_CLEAR(self->vars);
    return 0;
}

static int
context_traverse(PyContext *self, visitproc visit, void *arg)
{
    Py_VISIT(self->previous);
    Py_VISIT(self->vars);
    return 0;
}

static void
context_dealloc(PyContext *self)
{
    PyObject_GC_UnTrack(self);
    if (self->weakreflist) { PyObject_ClearWeakRefs((PyObject *)self); }
    context_clear(self);
    if (n_free < FREE_MAX && !STRESSED(freelist)) {
        self->weakreflist = (PyObject *)free_list;
        free_list = self;
        n_free++;
    }
    else {
        PyObject_GC_Del(self);
    }
}

static PyObject *
context_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    if (PyTuple_Size(args) || (kwargs && PyDict_Size(kwargs))) {
        PyErr_SetString(PyExc_TypeError, "Context() does not accept any arguments");
        return NULL;
    }
    return PyContext_New();
}

/* --- Context as a mapping of variables --- */

static bool
check_key(PyObject *key)
{
    if (PyContextVar_CheckExact(key)) { return true; }
    PyErr_Format(PyExc_TypeError, "a ContextVar key was expected, got %R", key);
    return false;
}

static PyObject *
context_subscript(PyContext *self, PyObject *key)
{
    PyObject *value;
    if (!check_key(key)) { return NULL; }
    tri found = hob_hamt_find(self->vars, key, &value);
    if (found == 0) { PyErr_SetObject(PyExc_KeyError, key); }
    return found > 0 ? Py_NewRef(value) : NULL;
}

static int
context_contains(PyContext *self, PyObject *key)
{
    PyObject *value;
    return check_key(key) ? hob_hamt_find(self->vars, key, &value) : -1;
}

static Py_ssize_t
context_length(PyContext *self)
{
    return self->vars->count;
}

static PyObject *
context_iter(PyContext *self)
{
    return hob_hamt_iter_keys(self->vars);
}

static PyObject *
context_richcompare(PyObject *a, PyObject *b, int op)
{
    if (!PyContext_CheckExact(a) || !PyContext_CheckExact(b) || (op != Py_EQ && op != Py_NE)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    tri same = hob_hamt_equal(((PyContext *)a)->vars, ((PyContext *)b)->vars);
    return same < 0 ? NULL : PyBool_FromLong(same == (op == Py_EQ));
}

static const char doc_context_get[] =
    "get($self, key, default=None, /)\n"
    "--\n"
    "\n"
    "Return the value for `key` if `key` has the value in the context object.\n"
    "\n"
    "If `key` does not exist, return `default`. If `default` is not given,\n"
    "return None.";

static PyObject *
context_get(PyContext *self, PyObject *const *args, Py_ssize_t nargs)
{
    PyObject *value;
    if (!_PyArg_CheckPositional("get", nargs, 1, 2) || !check_key(args[0])) { return NULL; }
    tri found = hob_hamt_find(self->vars, args[0], &value);
    return found < 0 ? NULL : Py_NewRef(found ? value : nargs > 1 ? args[1] : Py_None);
}

static const char doc_context_items[] =
    "items($self, /)\n"
    "--\n"
    "\n"
    "Return all variables and their values in the context object.\n"
    "\n"
    "The result is returned as a list of 2-tuples (variable, value).";

static PyObject *
context_items(PyContext *self, PyObject *unused)
{
    return hob_hamt_iter_items(self->vars);
}

static const char doc_context_keys[] =
    "keys($self, /)\n"
    "--\n"
    "\n"
    "Return a list of all variables in the context object.";

static PyObject *
context_keys(PyContext *self, PyObject *unused)
{
    return hob_hamt_iter_keys(self->vars);
}

static const char doc_context_values[] =
    "values($self, /)\n"
    "--\n"
    "\n"
    "Return a list of all variables' values in the context object.";

static PyObject *
context_values(PyContext *self, PyObject *unused)
{
    return hob_hamt_iter_values(self->vars);
}

static const char doc_context_copy[] =
    "copy($self, /)\n"
    "--\n"
    "\n"
    "Return a shallow copy of the context object.";

static PyObject *
context_copy(PyContext *self, PyObject *unused)
{
    return PyContext_Copy((PyObject *)self);
}

static PyObject *
context_run(PyContext *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    if (nargs < 1) {
        PyErr_SetString(PyExc_TypeError, "run() missing 1 required positional argument");
        return NULL;
    }
    if (!enter(self)) { return NULL; }
    PyObject *result = PyObject_Vectorcall(args[0], args + 1, (size_t)nargs - 1, kwnames);
    if (!leave(self)) { Py_CLEAR(result); }
    return result;
}

static PyMethodDef context_methods[] = {
    {"get", (PyCFunction)(void (*)(void))context_get, METH_FASTCALL, doc_context_get},
    {"items", (PyCFunction)context_items, METH_NOARGS, doc_context_items},
    {"keys", (PyCFunction)context_keys, METH_NOARGS, doc_context_keys},
    {"values", (PyCFunction)context_values, METH_NOARGS, doc_context_values},
    {"copy", (PyCFunction)context_copy, METH_NOARGS, doc_context_copy},
    {"run", (PyCFunction)(void (*)(void))context_run, METH_FASTCALL | METH_KEYWORDS, NULL},
    {NULL},
};

static PySequenceMethods context_as_sequence = {.sq_contains = (objobjproc)context_contains};
static PyMappingMethods context_as_mapping = {
    .mp_length = (lenfunc)context_length,
    .mp_subscript = (binaryfunc)context_subscript,
};

PyTypeObject PyContext_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "_contextvars.Context",
    .tp_basicsize = sizeof(PyContext),
    .tp_dealloc = (destructor)context_dealloc,
    .tp_as_sequence = &context_as_sequence,
    .tp_as_mapping = &context_as_mapping,
    .tp_hash = PyObject_HashNotImplemented,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_traverse = (traverseproc)context_traverse,
    .tp_clear = (inquiry)context_clear,
    .tp_richcompare = context_richcompare,
    .tp_weaklistoffset = offsetof(PyContext, weakreflist),
    .tp_iter = (getiterfunc)context_iter,
    .tp_methods = context_methods,
    .tp_new = context_new,
    .tp_free = PyObject_GC_Del,
};

/* --- variables --- */

static void
cache(PyContextVar *self, PyObject *value)
{
    PyThreadState *ts = hob_ts();
    self->cached = value;
    self->cached_thread = ts->id;
    self->cached_version = ts->context_ver;
}

static status
var_store(PyContextVar *self, PyObject *value)
{
    self->cached = NULL;
    PyContext *context = current();
    hob_hamt *vars = context ? hob_hamt_with(context->vars, (PyObject *)self, value) : NULL;
    if (!vars) { return -1; }
    Py_SETREF(context->vars, vars);
    cache(self, value);
    return 0;
}

static status
var_delete(PyContextVar *self)
{
    self->cached = NULL;
    PyContext *context = current();
    hob_hamt *vars = context ? hob_hamt_without(context->vars, (PyObject *)self) : NULL;
    if (!vars) { return -1; }
    if (vars == context->vars) {
        Py_DECREF(vars);
        PyErr_SetObject(PyExc_LookupError, (PyObject *)self);
        return -1;
    }
    Py_SETREF(context->vars, vars);
    return 0;
}

static PyObject *
var_make(PyObject *name, PyObject *fallback)
{
    if (!PyUnicode_Check(name)) {
        PyErr_SetString(PyExc_TypeError, "context variable name must be a str");
        return NULL;
    }
    Py_hash_t name_hash = PyObject_Hash(name);
    if (name_hash == -1) { return NULL; }
    PyContextVar *self = PyObject_GC_New(PyContextVar, &PyContextVar_Type);
    if (!self) { return NULL; }
    self->name = Py_NewRef(name);
    self->fallback = Py_XNewRef(fallback);
    self->cached = NULL;
    self->cached_thread = 0;
    self->cached_version = 0;
    self->hash = _Py_HashPointer(self) ^ name_hash;
    if (self->hash == -1) { self->hash = -2; }
    PyObject_GC_Track(self);
    return (PyObject *)self;
}

static PyObject *
var_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *keywords[] = {"", "default", NULL};
    PyObject *name, *fallback = NULL;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|$O:ContextVar", keywords, &name,
                                     &fallback)) {
        return NULL;
    }
    return var_make(name, fallback);
}

static int
var_clear(PyContextVar *self)
{
    Py_CLEAR(self->name);
    Py_CLEAR(self->fallback);
    self->cached = NULL;
    return 0;
}

static int
var_traverse(PyContextVar *self, visitproc visit, void *arg)
{
    Py_VISIT(self->name);
    Py_VISIT(self->fallback);
    return 0;
}

static void
var_dealloc(PyContextVar *self)
{
    PyObject_GC_UnTrack(self);
    var_clear(self);
    PyObject_GC_Del(self);
}

static Py_hash_t
var_hash(PyContextVar *self)
{
    return self->hash;
}

static PyObject *
var_repr(PyContextVar *self)
{
    if (self->fallback) {
        own PyObject *fallback = PyObject_Repr(self->fallback);
        return fallback ? PyUnicode_FromFormat("<ContextVar name=%R default=%U at %p>",
                                               self->name,
                                               fallback, self) : NULL;
    }
    return PyUnicode_FromFormat("<ContextVar name=%R at %p>", self->name, self);
}

static const char doc_contextvar_get[] =
    "get($self, default=<unrepresentable>, /)\n"
    "--\n"
    "\n"
    "Return a value for the context variable for the current context.\n"
    "\n"
    "If there is no value for the variable in the current context, the method will:\n"
    " * return the value of the default argument of the method, if provided; or\n"
    " * return the default value for the context variable, if it was created\n"
    "   with one; or\n"
    " * raise a LookupError.";

static PyObject *
var_get(PyContextVar *self, PyObject *const *args, Py_ssize_t nargs)
{
    if (!_PyArg_CheckPositional("get", nargs, 0, 1)) { return NULL; }
    PyObject *value;
    if (PyContextVar_Get((PyObject *)self, nargs ? args[0] : NULL, &value) < 0) { return NULL; }
    if (!value) { PyErr_SetObject(PyExc_LookupError, (PyObject *)self); }
    return value;
}

static const char doc_contextvar_set[] =
    "set($self, value, /)\n"
    "--\n"
    "\n"
    "Call to set a new value for the context variable in the current context.\n"
    "\n"
    "The required value argument is the new value for the context variable.\n"
    "\n"
    "Returns a Token object that can be used to restore the variable to its previous\n"
    "value via the `ContextVar.reset()` method.";

static PyObject *
var_set(PyContextVar *self, PyObject *value)
{
    return PyContextVar_Set((PyObject *)self, value);
}

static const char doc_contextvar_reset[] =
    "reset($self, token, /)\n"
    "--\n"
    "\n"
    "Reset the context variable.\n"
    "\n"
    "The variable is reset to the value it had before the `ContextVar.set()` that\n"
    "created the token was used.";

static PyObject *
var_reset(PyContextVar *self, PyObject *token)
{
    if (!PyContextToken_CheckExact(token)) {
        PyErr_Format(PyExc_TypeError, "expected an instance of Token, got %R", token);
        return NULL;
    }
    return PyContextVar_Reset((PyObject *)self, token) < 0 ? NULL : Py_NewRef(Py_None);
}

static PyMethodDef var_methods[] = {
    {"get", (PyCFunction)(void (*)(void))var_get, METH_FASTCALL, doc_contextvar_get},
    {"set", (PyCFunction)var_set, METH_O, doc_contextvar_set},
    {"reset", (PyCFunction)var_reset, METH_O, doc_contextvar_reset},
    {"__class_getitem__", Py_GenericAlias, METH_O | METH_CLASS, "See PEP 585"},
    {NULL},
};

static PyMemberDef var_members[] = {
    {"name", T_OBJECT, offsetof(PyContextVar, name), READONLY, NULL},
    {NULL},
};

PyTypeObject PyContextVar_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "_contextvars.ContextVar",
    .tp_basicsize = sizeof(PyContextVar),
    .tp_dealloc = (destructor)var_dealloc,
    .tp_repr = (reprfunc)var_repr,
    .tp_hash = (hashfunc)var_hash,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_traverse = (traverseproc)var_traverse,
    .tp_clear = (inquiry)var_clear,
    .tp_methods = var_methods,
    .tp_members = var_members,
    .tp_new = var_new,
    .tp_free = PyObject_GC_Del,
};

/* --- tokens --- */

static PyContextToken *
token_make(PyContext *context, PyContextVar *var, PyObject *old)
{
    PyContextToken *self = PyObject_GC_New(PyContextToken, &PyContextToken_Type);
    if (!self) { return NULL; }
    self->context = (PyContext *)Py_NewRef(context);
    self->var = (PyContextVar *)Py_NewRef(var);
    self->old = Py_XNewRef(old);
    self->used = 0;
    PyObject_GC_Track(self);
    return self;
}

static PyObject *
token_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyErr_SetString(PyExc_RuntimeError, "Tokens can only be created by ContextVars");
    return NULL;
}

static int
token_clear(PyContextToken *self)
{
    Py_CLEAR(self->context);
    Py_CLEAR(self->var);
    Py_CLEAR(self->old);
    return 0;
}

static int
token_traverse(PyContextToken *self, visitproc visit, void *arg)
{
    Py_VISIT(self->context);
    Py_VISIT(self->var);
    Py_VISIT(self->old);
    return 0;
}

static void
token_dealloc(PyContextToken *self)
{
    PyObject_GC_UnTrack(self);
    token_clear(self);
    PyObject_GC_Del(self);
}

static PyObject *
token_repr(PyContextToken *self)
{
    return PyUnicode_FromFormat("<Token%s var=%R at %p>", self->used ? " used" : "", self->var,
                                self);
}

static PyObject *
token_get_var(PyContextToken *self, void *unused)
{
    return Py_NewRef(self->var);
}

static PyObject *
token_get_old(PyContextToken *self, void *unused)
{
    return Py_NewRef(self->old ? self->old : missing);
}

static PyGetSetDef token_getset[] = {
    {"var", (getter)token_get_var, NULL, NULL, NULL},
    {"old_value", (getter)token_get_old, NULL, NULL, NULL},
    {NULL},
};

static PyMethodDef token_methods[] = {
    {"__class_getitem__", Py_GenericAlias, METH_O | METH_CLASS, "See PEP 585"},
    {NULL},
};

PyTypeObject PyContextToken_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "_contextvars.Token",
    .tp_basicsize = sizeof(PyContextToken),
    .tp_dealloc = (destructor)token_dealloc,
    .tp_repr = (reprfunc)token_repr,
    .tp_hash = PyObject_HashNotImplemented,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_traverse = (traverseproc)token_traverse,
    .tp_clear = (inquiry)token_clear,
    .tp_methods = token_methods,
    .tp_getset = token_getset,
    .tp_new = token_new,
    .tp_free = PyObject_GC_Del,
};

/* --- Token.MISSING --- */

static PyObject *
missing_repr(PyObject *self)
{
    return PyUnicode_FromString("<Token.MISSING>");
}

static void
missing_dealloc(PyObject *self)
{
    Py_SET_REFCNT(self, 1);             /* static; it stays */
}

PyTypeObject hob_token_missing_type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "Token.MISSING",
    .tp_basicsize = sizeof(PyObject),
    .tp_dealloc = missing_dealloc,
    .tp_repr = missing_repr,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT,
};

status
hob_context_init(void)
{
    static PyObject the_missing = {.ob_refcnt = 1, .ob_type = &hob_token_missing_type};
    missing = &the_missing;
    if (PyDict_SetItemString(PyContextToken_Type.tp_dict, "MISSING",
                             missing) < 0) { return -1; }
    PyType_Modified(&PyContextToken_Type);
    return 0;
}

/* --- public API --- */

PyObject *
PyContext_New(void)
{
    return (PyObject *)context_make(hob_hamt_new());
}

static bool
check_context(PyObject *op)
{
    if (PyContext_CheckExact(op)) { return true; }
    PyErr_SetString(PyExc_TypeError, "an instance of Context was expected");
    return false;
}

static bool
check_var(PyObject *op)
{
    if (PyContextVar_CheckExact(op)) { return true; }
    PyErr_SetString(PyExc_TypeError, "an instance of ContextVar was expected");
    return false;
}

PyObject *
PyContext_Copy(PyObject *op)
{
    if (!check_context(op)) { return NULL; }
    return (PyObject *)context_make((hob_hamt *)Py_NewRef(((PyContext *)op)->vars));
}

PyObject *
PyContext_CopyCurrent(void)
{
    PyContext *context = current();
    return context ? PyContext_Copy((PyObject *)context) : NULL;
}

int
PyContext_Enter(PyObject *op)
{
    return check_context(op) && enter((PyContext *)op) ? 0 : -1;
}

int
PyContext_Exit(PyObject *op)
{
    return check_context(op) && leave((PyContext *)op) ? 0 : -1;
}

PyObject *
PyContextVar_New(const char *name, PyObject *fallback)
{
    own PyObject *name_str = PyUnicode_FromString(name);
    return name_str ? var_make(name_str, fallback) : NULL;
}

int
PyContextVar_Get(PyObject *op, PyObject *fallback, PyObject **value)
{
    *value = NULL;
    if (!check_var(op)) { return -1; }
    PyContextVar *self = (PyContextVar *)op;
    PyThreadState *ts = hob_ts();
    if (ts->context) {
        if (self->cached && self->cached_thread == ts->id &&
            self->cached_version == ts->context_ver) {
            *value = Py_NewRef(self->cached);
            return 0;
        }
        PyObject *found;
        tri known = hob_hamt_find(((PyContext *)ts->context)->vars, op, &found);
        if (known < 0) { return -1; }
        if (known) {
            cache(self, found);
            *value = Py_NewRef(found);
            return 0;
        }
    }
    *value = Py_XNewRef(fallback ? fallback : self->fallback);
    return 0;
}

PyObject *
PyContextVar_Set(PyObject *op, PyObject *value)
{
    if (!check_var(op)) { return NULL; }
    PyContext *context = current();
    if (!context) { return NULL; }
    PyObject *old = NULL;
    if (hob_hamt_find(context->vars, op, &old) < 0) { return NULL; }
    own PyContextToken *token = token_make(context, (PyContextVar *)op, old);
    if (!token || var_store((PyContextVar *)op, value) < 0) { return NULL; }
    return (PyObject *)take(token);
}

int
PyContextVar_Reset(PyObject *op, PyObject *token_object)
{
    PyContextToken *token = (PyContextToken *)token_object;
    if (!check_var(op)) { return -1; }
    if (token->used) {
        PyErr_Format(PyExc_RuntimeError, "%R has already been used once", token);
        return -1;
    }
    if (token->var != (PyContextVar *)op) {
        PyErr_Format(PyExc_ValueError, "%R was created by a different ContextVar", token);
        return -1;
    }
    if (token->context != current()) {
        PyErr_Format(PyExc_ValueError, "%R was created in a different Context", token);
        return -1;
    }
    token->used = 1;
    return token->old ? var_store(token->var, token->old) : var_delete(token->var);
}

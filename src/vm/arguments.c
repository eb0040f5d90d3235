/* arguments.c -- binding the arguments of a call to the parameters of a function.
 *
 * Layout     slots of a frame, as the code object orders them:
 *
 *            [ positional | keyword-only ][ *args ][ **kwargs ][ other locals .. ]
 *              co_argcount  co_kwonlyargcount   if the flags say so
 *
 * Holds      every function here takes the references of args over, on success
 *            and on failure; slots own what was put there.
 */
#include "vm/vm.h"

#include "memory/own.h"
#include "objects/call.h"
#include "objects/dict/dict.h"
#include "objects/tuple.h"

typedef struct {
    PyThreadState *ts;
    PyFunctionObject *func;
    PyCodeObject *code;
    PyObject **slots;
    PyObject *kwdict;                   /* borrowed from its slot, or NULL */
    int n_params;                       /* positional and keyword-only */
} binding;

/* --- errors --- */

/* "'a', 'b', and 'c'"; drops to the plain forms for one and two names. */
static PyObject *
join_names(PyObject *names)
{
    Py_ssize_t n = PyList_GET_SIZE(names);
    if (n == 1) { return Py_NewRef(PyList_GET_ITEM(names, 0)); }
    PyObject *last = PyList_GET_ITEM(names, n - 1), *before = PyList_GET_ITEM(names, n - 2);
    if (n == 2) { return PyUnicode_FromFormat("%U and %U", before, last); }
    own PyObject *tail = PyUnicode_FromFormat(", %U, and %U", before, last);
    own PyObject *comma = PyUnicode_FromString(", ");
    own PyObject *head = PyList_GetSlice(names, 0, n - 2);
    own PyObject *front = tail && comma && head ? PyUnicode_Join(comma, head) : NULL;
    return front ? PyUnicode_Concat(front, tail) : NULL;
}

COLD static status
error_missing(const binding *b, int first, int end, const char *kind)
{
    own PyObject *names = PyList_New(0);
    if (!names) { return -1; }
    for (int i = first; i < end; i++) {
        if (b->slots[i]) { continue; }
        own PyObject *name = PyObject_Repr(PyTuple_GET_ITEM(b->code->co_localsplusnames, i));
        if (!name || PyList_Append(names, name) < 0) { return -1; }
    }
    own PyObject *joined = join_names(names);
    if (!joined) { return -1; }
    Py_ssize_t n = PyList_GET_SIZE(names);
    PyErr_Format(PyExc_TypeError, "%U() missing %zd required %s argument%s: %U",
                 b->func->func_qualname, n, kind, n == 1 ? "" : "s", joined);
    return -1;
}

COLD static status
error_too_many(const binding *b, Py_ssize_t given)
{
    PyCodeObject *code = b->code;
    int n_keywords = 0;
    for (int i = code->co_argcount; i < b->n_params; i++) { n_keywords += b->slots[i] != NULL; }
    PyObject *defaults = b->func->func_defaults;
    Py_ssize_t n_defaults = defaults ? PyTuple_GET_SIZE(defaults) : 0;
    bool plural = n_defaults > 0 || code->co_argcount != 1;
    own PyObject *takes = n_defaults
        ? PyUnicode_FromFormat("from %zd to %zd", code->co_argcount - n_defaults,
                               (Py_ssize_t)code->co_argcount)
        : PyUnicode_FromFormat("%zd", (Py_ssize_t)code->co_argcount);
    if (!takes) { return -1; }
    own PyObject *keywords = n_keywords
        ? PyUnicode_FromFormat(" positional argument%s (and %d keyword-only argument%s)",
                               given != 1 ? "s" : "", n_keywords, n_keywords != 1 ? "s" : "")
        : PyUnicode_FromString("");
    if (!keywords) { return -1; }
    PyErr_Format(PyExc_TypeError, "%U() takes %U positional argument%s but %zd%U %s given",
                 b->func->func_qualname, takes, plural ? "s" : "", given, keywords,
                 given == 1 && !n_keywords ? "was" : "were");
    return -1;
}

/* 1 and TypeError if positional-only parameters are among the keywords. */
COLD static tri
error_positional_only(const binding *b, PyObject *kwnames)
{
    own PyObject *found = PyList_New(0);
    if (!found) { return -1; }
    for (int i = 0; i < b->code->co_posonlyargcount; i++) {
        PyObject *param = PyTuple_GET_ITEM(b->code->co_localsplusnames, i);
        for (Py_ssize_t k = 0; k < PyTuple_GET_SIZE(kwnames); k++) {
            PyObject *name = PyTuple_GET_ITEM(kwnames, k);
            tri same = param == name ? 1 : PyObject_RichCompareBool(param, name, Py_EQ);
            if (same < 0 || (same && PyList_Append(found, param) < 0)) { return -1; }
        }
    }
    if (!PyList_GET_SIZE(found)) { return 0; }
    own PyObject *comma = PyUnicode_FromString(", ");
    own PyObject *joined = comma ? PyUnicode_Join(comma, found) : NULL;
    if (!joined) { return -1; }
    PyErr_Format(PyExc_TypeError,
                 "%U() got some positional-only arguments passed as keyword arguments: '%U'",
                 b->func->func_qualname, joined);
    return 1;
}

COLD static status
error_unexpected(const binding *b, PyObject *kwnames, PyObject *name)
{
    if (b->code->co_posonlyargcount && error_positional_only(b, kwnames) != 0) { return -1; }
    PyErr_Format(PyExc_TypeError, "%U() got an unexpected keyword argument '%S'",
                 b->func->func_qualname, name);
    return -1;
}

/* --- keywords --- */

/* The parameter called name: its slot, -1 when there is none, -2 on error. */
static int
find_parameter(const binding *b, PyObject *name)
{
    PyObject **params = ((PyTupleObject *)b->code->co_localsplusnames)->ob_item;
    for (int i = b->code->co_posonlyargcount; i < b->n_params; i++) {
        if (params[i] == name) { return i; }
    }
    for (int i = b->code->co_posonlyargcount; i < b->n_params; i++) {
        tri same = PyObject_RichCompareBool(name, params[i], Py_EQ);
        if (same) { return same < 0 ? -2 : i; }
    }
    return -1;
}

/* Bind name=value; value is taken over. */
static status
bind_keyword(const binding *b, PyObject *kwnames, PyObject *name, PyObject *value)
{
    if (UNLIKELY(!PyUnicode_Check(name))) {
        PyErr_Format(PyExc_TypeError, "%U() keywords must be strings", b->func->func_qualname);
        goto fail;
    }
    int i = find_parameter(b, name);
    if (i == -2) { goto fail; }
    if (i >= 0) {
        if (UNLIKELY(b->slots[i] != NULL)) {
            PyErr_Format(PyExc_TypeError, "%U() got multiple values for argument '%S'",
                         b->func->func_qualname, name);
            goto fail;
        }
        b->slots[i] = value;
        return 0;
    }
    if (!b->kwdict) {
        (void)error_unexpected(b, kwnames, name);
        goto fail;
    }
    status done = PyDict_SetItem(b->kwdict, name, value);
    Py_DECREF(value);
    return done;

fail:
    Py_DECREF(value);
    return -1;
}

/* --- defaults --- */

static status
fill_positional(const binding *b, Py_ssize_t nargs)
{
    PyObject *defaults = b->func->func_defaults;
    Py_ssize_t argcount = b->code->co_argcount;
    Py_ssize_t n_defaults = defaults ? PyTuple_GET_SIZE(defaults) : 0;
    Py_ssize_t n_required = argcount - n_defaults;
    for (Py_ssize_t i = nargs; i < n_required; i++) {
        if (!b->slots[i]) { return error_missing(b, 0, (int)n_required, "positional"); }
    }
    Py_ssize_t i = nargs > n_required ? nargs : n_required > 0 ? n_required : 0;
    for (; i < argcount; i++) {
        if (!b->slots[i]) {
            b->slots[i] = Py_NewRef(PyTuple_GET_ITEM(defaults, i - n_required));
        }
    }
    return 0;
}

static status
fill_keyword_only(const binding *b)
{
    PyObject *defaults = b->func->func_kwdefaults;
    bool missing = false;
    for (int i = b->code->co_argcount; i < b->n_params; i++) {
        if (b->slots[i]) { continue; }
        PyObject *name = PyTuple_GET_ITEM(b->code->co_localsplusnames, i);
        PyObject *value = defaults ? PyDict_GetItemWithError(defaults, name) : NULL;
        if (!value && PyErr_Occurred()) { return -1; }
        missing |= !value;
        b->slots[i] = Py_XNewRef(value);
    }
    return missing ? error_missing(b, b->code->co_argcount, b->n_params, "keyword-only") : 0;
}

status
hob_bind_arguments(PyThreadState *ts, PyFunctionObject *func, PyObject **slots,
                   PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    PyCodeObject *code = (PyCodeObject *)func->func_code;
    binding b = {ts, func, code, slots, NULL, code->co_argcount + code->co_kwonlyargcount};
    int flags = code->co_flags;
    Py_ssize_t n_keywords = kwnames ? PyTuple_GET_SIZE(kwnames) : 0, next_keyword = 0;
    Py_ssize_t n = nargs < code->co_argcount ? nargs : code->co_argcount;
    for (Py_ssize_t i = 0; i < n; i++) { slots[i] = args[i]; }

    int rest_slot = b.n_params, kw_slot = b.n_params + (flags & CO_VARARGS ? 1 : 0);
    if (flags & CO_VARARGS) {
        slots[rest_slot] = nargs > n ? hob_tuple_from_array(args + n, nargs - n)
                                     : Py_NewRef(hob_tuple_empty());
    }
    else {
        for (Py_ssize_t i = n; i < nargs; i++) { Py_DECREF(args[i]); }
    }
    if (flags & CO_VARARGS && UNLIKELY(!slots[rest_slot])) { goto fail; }
    if (flags & CO_VARKEYWORDS) {
        b.kwdict = slots[kw_slot] = PyDict_New();
        if (!b.kwdict) { goto fail; }
    }
    while (next_keyword < n_keywords) {
        Py_ssize_t k = next_keyword++;
        if (bind_keyword(&b, kwnames, PyTuple_GET_ITEM(kwnames, k), args[nargs + k]) < 0) {
            goto fail;
        }
    }
    if (UNLIKELY(nargs > code->co_argcount && !(flags & CO_VARARGS))) {
        return error_too_many(&b, nargs);
    }
    if (nargs < code->co_argcount && fill_positional(&b, nargs) < 0) { return -1; }
    return code->co_kwonlyargcount ? fill_keyword_only(&b) : 0;

fail:
    for (; next_keyword < n_keywords; next_keyword++) { Py_DECREF(args[nargs + next_keyword]); }
    return -1;
}

/* --- f(*args, **kwargs) --- */

COLD static PyObject *
error_not_iterable(PyObject *func, PyObject *args)
{
    own PyObject *name = _PyObject_FunctionStr(func);
    if (!name) { return NULL; }
    PyErr_Format(PyExc_TypeError, "%U argument after * must be an iterable, not %.200s", name,
                 Py_TYPE(args)->tp_name);
    return NULL;
}

PyObject *
hob_spread_arguments(PyThreadState *ts, PyObject *func, PyObject *args)
{
    if (!Py_TYPE(args)->tp_iter && !PySequence_Check(args)) {
        return error_not_iterable(func, args);
    }
    return PySequence_Tuple(args);
}

hob_frame *
hob_frame_push_ex(PyThreadState *ts, PyFunctionObject *func, PyObject *args, PyObject *kwargs)
{
    Py_ssize_t n = PyTuple_GET_SIZE(args), n_kwargs = kwargs ? PyDict_GET_SIZE(kwargs) : 0;
    PyObject *few[16], **all = few;
    if (n + n_kwargs > (Py_ssize_t)ARRAY_LEN(few)) {
        all = PyMem_New(PyObject *, (size_t)(n + n_kwargs));
        if (!all) { return (hob_frame *)PyErr_NoMemory(); }
    }
    own PyObject *kwnames = NULL;
    hob_frame *frame = NULL;
    if (n_kwargs) {
        kwnames = PyTuple_New(n_kwargs);
        if (!kwnames) { goto done; }
        Py_ssize_t pos = 0, i = 0;
        PyObject *key, *value;
        bool all_str = true;
        while (PyDict_Next(kwargs, &pos, &key, &value)) {
            PyTuple_SET_ITEM(kwnames, i, Py_NewRef(key));
            all_str &= PyUnicode_Check(key);
            all[n + i++] = value;
        }
        if (!all_str) {
            PyErr_SetString(PyExc_TypeError, "keywords must be strings");
            goto done;
        }
    }
    for (Py_ssize_t i = 0; i < n; i++) { all[i] = Py_NewRef(PyTuple_GET_ITEM(args, i)); }
    for (Py_ssize_t i = 0; i < n_kwargs; i++) { Py_INCREF(all[n + i]); }
    PyCodeObject *code = (PyCodeObject *)func->func_code;
    PyObject *locals = code->co_flags & CO_OPTIMIZED ? NULL : func->func_globals;
    frame = hob_frame_push(ts, (PyFunctionObject *)Py_NewRef(func), locals, all, n, kwnames);
done:
    if (all != few) { PyMem_Free(all); }
    return frame;
}

/* The error of merging kwargs into the keywords of a call of func. */
COLD void
hob_error_not_mapping(PyThreadState *ts, PyObject *func, PyObject *kwargs)
{
    if (PyErr_ExceptionMatches(PyExc_AttributeError)) {
        PyErr_Clear();
        own PyObject *name = _PyObject_FunctionStr(func);
        if (!name) { return; }
        PyErr_Format(PyExc_TypeError, "%U argument after ** must be a mapping, not %.200s",
                     name,
                     Py_TYPE(kwargs)->tp_name);
        return;
    }
    if (!PyErr_ExceptionMatches(PyExc_KeyError)) { return; }
    PyObject *type, *value, *tb;
    PyErr_Fetch(&type, &value, &tb);
    PyObject *args = value && PyExceptionInstance_Check(value)
                   ? ((PyBaseExceptionObject *)value)->args : value;
    if (!args || !PyTuple_Check(args) || PyTuple_GET_SIZE(args) != 1) {
        if (!args || PyTuple_Check(args)) {
            PyErr_Restore(type, value, tb);
            return;
        }
    }
    PyObject *key = PyTuple_Check(args) ? PyTuple_GET_ITEM(args, 0) : args;
    own PyObject *name = _PyObject_FunctionStr(func);
    if (name) {
        PyErr_Format(PyExc_TypeError, "%U got multiple values for keyword argument '%S'", name,
                     key);
    }
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(tb);
}

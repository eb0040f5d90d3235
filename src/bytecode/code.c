/* code.c -- the code object: its parts, their checks, and what Python sees of it.
 *
 * Layout     PyCodeObject of cpython/code.h; Py_SIZE is the number of code units
 *            in co_code_adaptive.  co_localsplusnames[i] names slot i of a frame,
 *            co_localspluskinds[i] says what it is:
 *
 *            [ arguments, locals .. | cells that are no argument .. | free .. ]
 *
 *            _co_code caches the bytes of `co_code`, or is NULL.
 * Holds      the units are a valid program for the machine whenever they came
 *            from the compiler; a program may also pass any bytes it likes.
 * Hazard     the machine rewrites co_code_adaptive; never compare or show it
 *            without undoing that (original_units).
 * Next       linetable.c exctable.c marshal_read.c
 */
#include "bytecode/code.h"

#include <structmember.h>

#include "base/stress.h"
#include "bytecode/exctable.h"
#include "bytecode/linetable.h"
#include "gen/bytecode/opcode.h"
#include "memory/own.h"
#include "state/c_stack.h"
#include "state/interp.h"
#include "state/runtime.h"

/* --- names and constants that are worth sharing --- */

static bool
looks_like_name(PyObject *text)
{
    if (PyUnicode_READY(text) < 0 || !PyUnicode_IS_ASCII(text)) { return false; }

    const uint8_t *at = PyUnicode_1BYTE_DATA(text), *end = at + PyUnicode_GET_LENGTH(text);
    for (; at < end; at++) {
        if (!Py_ISALNUM(*at) && *at != '_') { return false; }
    }
    return true;
}

static status
intern_names(PyObject *names)
{
    for (Py_ssize_t i = PyTuple_GET_SIZE(names); --i >= 0; ) {
        PyObject **slot = &PyTuple_GET_ITEM(names, i);
        if (!PyUnicode_CheckExact(*slot)) {
            PyErr_SetString(PyExc_SystemError, "non-string found in code slot");
            return -1;
        }
        PyUnicode_InternInPlace(slot);
    }
    return 0;
}

static tri intern_constants(PyObject *constants);

/* 1 if *slot had to be replaced by an equal set with interned items. */
static tri
intern_in_set(PyObject **slot)
{
    own PyObject *items = PySequence_Tuple(*slot);
    if (!items) { return -1; }
    tri changed = intern_constants(items);
    if (changed <= 0) { return changed; }

    PyObject *fresh = PyFrozenSet_New(items);
    if (!fresh) { return -1; }
    Py_SETREF(*slot, fresh);
    return 1;
}

/* Intern the str constants that look like names, also those inside tuples and sets. */
static tri
intern_constants(PyObject *constants)
{
    tri any = 0;
    for (Py_ssize_t i = PyTuple_GET_SIZE(constants); --i >= 0; ) {
        PyObject **slot = &PyTuple_GET_ITEM(constants, i);
        tri changed = 0;
        if (PyUnicode_CheckExact(*slot)) {
            if (!looks_like_name(*slot)) { continue; }
            PyObject *before = *slot;
            PyUnicode_InternInPlace(slot);
            changed = *slot != before;
        }
        else if (PyTuple_CheckExact(*slot)) { changed = intern_constants(*slot); }
        else if (PyFrozenSet_CheckExact(*slot)) { changed = intern_in_set(slot); }
        if (changed < 0) { return -1; }
        any |= changed;
    }
    return any;
}

/* --- making --- */

static bool
spec_is_typed(const hob_code_spec *s)
{
    return s->argcount >= s->posonlyargcount && s->posonlyargcount >= 0
        && s->kwonlyargcount >= 0 && s->stacksize >= 0 && s->flags >= 0
        && s->code && PyBytes_Check(s->code)
        && s->consts && PyTuple_Check(s->consts)
        && s->names && PyTuple_Check(s->names)
        && s->localsplusnames && PyTuple_Check(s->localsplusnames)
        && s->localspluskinds && PyBytes_Check(s->localspluskinds)
        && PyTuple_GET_SIZE(s->localsplusnames) == PyBytes_GET_SIZE(s->localspluskinds)
        && s->name && PyUnicode_Check(s->name)
        && s->qualname && PyUnicode_Check(s->qualname)
        && s->filename && PyUnicode_Check(s->filename)
        && s->linetable && PyBytes_Check(s->linetable)
        && s->exceptiontable && PyBytes_Check(s->exceptiontable);
}

static int
count_slots(PyObject *kinds, int wanted)
{
    const uint8_t *at = (const uint8_t *)PyBytes_AS_STRING(kinds);
    int n = 0;
    for (Py_ssize_t i = PyBytes_GET_SIZE(kinds); --i >= 0; ) {
        n += (at[i] & wanted) != 0;
    }
    return n;
}

status
hob_code_check(const hob_code_spec *s)
{
    if (!spec_is_typed(s)) {
        PyErr_BadInternalCall();
        return -1;
    }
    if (PyBytes_GET_SIZE(s->code) % sizeof(_Py_CODEUNIT) != 0) {
        PyErr_SetString(PyExc_ValueError, "code: co_code is malformed");
        return -1;
    }
    if (PyBytes_GET_SIZE(s->code) > INT_MAX) {
        PyErr_SetString(PyExc_OverflowError, "code: co_code larger than INT_MAX");
        return -1;
    }
    Py_ssize_t args = (Py_ssize_t)s->argcount + s->kwonlyargcount
        + ((s->flags & CO_VARARGS) != 0) + ((s->flags & CO_VARKEYWORDS) != 0);
    if (args > count_slots(s->localspluskinds, HOB_SLOT_LOCAL)) {
        PyErr_SetString(PyExc_ValueError, "code: co_varnames is too small");
        return -1;
    }
    return 0;
}

static int                              /* index of the first unit that tracing reports */
first_traceable(PyCodeObject *co)
{
    const _Py_CODEUNIT *units = _PyCode_CODE(co);
    int i = 0;
    while (i < Py_SIZE(co) && hob_opcode_deopt[_Py_OPCODE(units[i])] != RESUME) { i++; }
    return i;
}

static void
count_kinds(PyCodeObject *co)
{
    const uint8_t *kinds = (const uint8_t *)PyBytes_AS_STRING(co->co_localspluskinds);
    for (int i = 0; i < co->co_nlocalsplus; i++) {
        if (kinds[i] & HOB_SLOT_LOCAL) {
            co->co_nlocals++;
            co->co_ncellvars += (kinds[i] & HOB_SLOT_CELL) != 0;
        }
        else if (kinds[i] & HOB_SLOT_CELL) {
            co->co_ncellvars++;
            co->co_nplaincellvars++;
        }
        else {
            co->co_nfreevars++;
        }
    }
}

/* The line table to keep: without columns under -X no_debug_ranges. */
static PyObject *
kept_linetable(PyObject *table)
{
    const PyConfig *config = &hob_ts()->interp->config;
    bool keeps_columns = config->code_debug_ranges || !config->_config_init;
    return keeps_columns ? Py_NewRef(table) : hob_linetable_strip(table);
}

PyCodeObject *
hob_code_new(const hob_code_spec *s)
{
    own PyObject *linetable = kept_linetable(s->linetable);
    if (!linetable || intern_names(s->names) < 0 || intern_names(s->localsplusnames) < 0
        || intern_constants(s->consts) < 0) {
        return NULL;
    }

    Py_ssize_t n_bytes = PyBytes_GET_SIZE(s->code);
    Py_ssize_t n_units = n_bytes / (Py_ssize_t)sizeof(_Py_CODEUNIT);
    PyCodeObject *co = PyObject_NewVar(PyCodeObject, &PyCode_Type, n_units);
    if (!co) { return NULL; }

    memset((char *)co + sizeof(PyVarObject), 0,
           offsetof(PyCodeObject, co_code_adaptive) - sizeof(PyVarObject));
    co->co_consts = Py_NewRef(s->consts);
    co->co_names = Py_NewRef(s->names);
    co->co_exceptiontable = Py_NewRef(s->exceptiontable);
    co->co_localsplusnames = Py_NewRef(s->localsplusnames);
    co->co_localspluskinds = Py_NewRef(s->localspluskinds);
    co->co_filename = Py_NewRef(s->filename);
    co->co_name = Py_NewRef(s->name);
    co->co_qualname = Py_NewRef(s->qualname);
    co->co_linetable = take(linetable);
    co->co_flags = s->flags;
    co->co_warmup = STRESSED(specialize) ? -1 : HOB_CODE_WARMUP;
    co->co_argcount = s->argcount;
    co->co_posonlyargcount = s->posonlyargcount;
    co->co_kwonlyargcount = s->kwonlyargcount;
    co->co_stacksize = s->stacksize;
    co->co_firstlineno = s->firstlineno;
    co->co_nlocalsplus = (int)PyTuple_GET_SIZE(s->localsplusnames);
    count_kinds(co);
    memcpy(co->co_code_adaptive, PyBytes_AS_STRING(s->code), n_bytes);
    co->_co_firsttraceable = first_traceable(co);
    return co;
}

/* --- the slots by name --- */

PyObject *
hob_code_slot_names(PyCodeObject *co, int wanted)
{
    const uint8_t *kinds = (const uint8_t *)PyBytes_AS_STRING(co->co_localspluskinds);
    PyObject *names = PyTuple_New(count_slots(co->co_localspluskinds, wanted));
    if (!names) { return NULL; }

    for (Py_ssize_t i = 0, at = 0; i < co->co_nlocalsplus; i++) {
        if (kinds[i] & wanted) {
            PyObject *name = PyTuple_GET_ITEM(co->co_localsplusnames, i);
            PyTuple_SET_ITEM(names, at++, Py_NewRef(name));
        }
    }
    return names;
}

/* Make localsplusnames and -kinds out of the three tuples. */
static status
join_slots(PyObject *varnames, PyObject *cellvars, PyObject *freevars, PyObject **names,
           PyObject **kinds)
{
    Py_ssize_t n_vars = PyTuple_GET_SIZE(varnames), n_cells = PyTuple_GET_SIZE(cellvars);
    Py_ssize_t n_free = PyTuple_GET_SIZE(freevars), at = n_vars;
    own PyObject *all = PyTuple_New(n_vars + n_cells + n_free);
    own PyObject *kind = PyBytes_FromStringAndSize(NULL, n_vars + n_cells + n_free);
    if (!all || !kind) { return -1; }

    uint8_t *bytes = (uint8_t *)PyBytes_AS_STRING(kind);
    for (Py_ssize_t i = 0; i < n_vars; i++) {
        PyTuple_SET_ITEM(all, i, Py_NewRef(PyTuple_GET_ITEM(varnames, i)));
        bytes[i] = HOB_SLOT_LOCAL;
    }
    for (Py_ssize_t i = 0; i < n_cells; i++) {
        PyObject *cell = PyTuple_GET_ITEM(cellvars, i);
        Py_ssize_t j = 0;
        while (j < n_vars) {
            int order = PyUnicode_Compare(cell, PyTuple_GET_ITEM(varnames, j));
            if (order == -1 && PyErr_Occurred()) { return -1; }
            if (order == 0) { break; }
            j++;
        }
        if (j < n_vars) {
            bytes[j] |= HOB_SLOT_CELL;
            continue;
        }
        PyTuple_SET_ITEM(all, at, Py_NewRef(cell));
        bytes[at++] = HOB_SLOT_CELL;
    }
    for (Py_ssize_t i = 0; i < n_free; i++) {
        PyTuple_SET_ITEM(all, at, Py_NewRef(PyTuple_GET_ITEM(freevars, i)));
        bytes[at++] = HOB_SLOT_FREE;
    }
    if (at != PyTuple_GET_SIZE(all)) {
        if (_PyTuple_Resize(&all, at) < 0 || _PyBytes_Resize(&kind, at) < 0) { return -1; }
    }
    *names = take(all);
    *kinds = take(kind);
    return 0;
}

/* --- the code as compiled --- */

/* Undo what the machine did to n units: base opcodes, empty caches. */
static void
original_units(_Py_CODEUNIT *units, Py_ssize_t n)
{
    for (Py_ssize_t i = 0; i < n; i++) {
        int opcode = hob_opcode_deopt[_Py_OPCODE(units[i])];
        units[i] = _Py_MAKECODEUNIT(opcode, _Py_OPARG(units[i]));
        for (int caches = hob_opcode_caches[opcode]; caches > 0 && i + 1 < n; caches--) {
            units[++i] = 0;
        }
    }
}

HOB_EXPORT PyObject *
PyCode_GetCode(PyCodeObject *co)
{
    if (!co->_co_code) {
        PyObject *code = PyBytes_FromStringAndSize(co->co_code_adaptive, _PyCode_NBYTES(co));
        if (!code) { return NULL; }
        original_units((_Py_CODEUNIT *)PyBytes_AS_STRING(code), Py_SIZE(co));
        co->_co_code = code;
    }
    return Py_NewRef(co->_co_code);
}

/* --- life --- */

typedef struct {
    Py_ssize_t size;
    void *items[];
} code_extra;                           /* co_extra */

static void
drop_extra(code_extra *extra)
{
    PyInterpreterState *interp = hob_ts()->interp;
    for (Py_ssize_t i = 0; i < extra->size; i++) {
        if (interp->co_extra_free[i]) { interp->co_extra_free[i](extra->items[i]); }
    }
    PyMem_Free(extra);
}

static void
code_dealloc(PyCodeObject *co)
{
    if (co->co_extra) { drop_extra(co->co_extra); }
    if (co->co_weakreflist) { PyObject_ClearWeakRefs((PyObject *)co); }
    Py_XDECREF(co->co_consts);
    Py_XDECREF(co->co_names);
    Py_XDECREF(co->co_exceptiontable);
    Py_XDECREF(co->co_localsplusnames);
    Py_XDECREF(co->co_localspluskinds);
    Py_XDECREF(co->co_filename);
    Py_XDECREF(co->co_name);
    Py_XDECREF(co->co_qualname);
    Py_XDECREF(co->co_linetable);
    Py_XDECREF(co->_co_code);
    if (co->_co_linearray) { PyMem_Free(co->_co_linearray); }
    PyObject_Free(co);
}

static PyObject *
code_repr(PyCodeObject *co)
{
    int line = co->co_firstlineno != 0 ? co->co_firstlineno : -1;
    if (co->co_filename && PyUnicode_Check(co->co_filename)) {
        return PyUnicode_FromFormat("<code object %U at %p, file \"%U\", line %d>",
                                    co->co_name, co, co->co_filename, line);
    }
    return PyUnicode_FromFormat("<code object %U at %p, file ???, line %d>", co->co_name, co,
                                line);
}

/* --- equality: of constants, and of code --- */

/* (type, item) and a mark: floats and complexes keep the signs of zeros apart. */
static PyObject *
zero_aware_key(PyObject *op, bool real_negative, bool imag_negative)
{
    if (!real_negative && !imag_negative) { return PyTuple_Pack(2, Py_TYPE(op), op); }

    PyObject *mark = !imag_negative ? Py_None : real_negative ? Py_True : Py_False;
    return PyTuple_Pack(3, Py_TYPE(op), op, mark);
}

static bool
is_negative_zero(double x)
{
    return x == 0.0 && signbit(x);
}

static PyObject *
tuple_key(PyObject *op)
{
    Py_ssize_t n = PyTuple_GET_SIZE(op);
    own PyObject *keys = PyTuple_New(n);
    if (!keys) { return NULL; }
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *key = _PyCode_ConstantKey(PyTuple_GET_ITEM(op, i));
        if (!key) { return NULL; }
        PyTuple_SET_ITEM(keys, i, key);
    }
    return PyTuple_Pack(2, keys, op);
}

static PyObject *
frozenset_key(PyObject *op)
{
    own PyObject *keys = PyTuple_New(PySet_GET_SIZE(op));
    if (!keys) { return NULL; }
    Py_ssize_t at = 0, i = 0;
    PyObject *item;
    Py_hash_t hash;
    while (_PySet_NextEntry(op, &at, &item, &hash)) {
        PyObject *key = _PyCode_ConstantKey(item);
        if (!key) { return NULL; }
        PyTuple_SET_ITEM(keys, i++, key);
    }
    own PyObject *set = PyFrozenSet_New(keys);
    if (!set) { return NULL; }
    return PyTuple_Pack(2, set, op);
}

HOB_EXPORT PyObject *
_PyCode_ConstantKey(PyObject *op)
{
    if (op == Py_None || op == Py_Ellipsis || PyLong_CheckExact(op)
        || PyUnicode_CheckExact(op) || PyCode_Check(op)) {
        return Py_NewRef(op);
    }
    if (PyBool_Check(op) || PyBytes_CheckExact(op)) {
        return PyTuple_Pack(2, Py_TYPE(op), op);
    }
    if (PyFloat_CheckExact(op)) {
        return zero_aware_key(op, is_negative_zero(PyFloat_AS_DOUBLE(op)), false);
    }
    if (PyComplex_CheckExact(op)) {
        Py_complex z = PyComplex_AsCComplex(op);
        return zero_aware_key(op, is_negative_zero(z.real), is_negative_zero(z.imag));
    }
    if (!hob_c_stack_has_room()) { return NULL; }
    if (PyTuple_CheckExact(op)) { return tuple_key(op); }
    if (PyFrozenSet_CheckExact(op)) { return frozenset_key(op); }

    /* anything else is the same constant only if it is the same object */
    own PyObject *id = PyLong_FromVoidPtr(op);
    if (!id) { return NULL; }
    return PyTuple_Pack(2, id, op);
}

static tri
consts_equal(PyCodeObject *a, PyCodeObject *b)
{
    own PyObject *left = _PyCode_ConstantKey(a->co_consts);
    if (!left) { return -1; }
    own PyObject *right = _PyCode_ConstantKey(b->co_consts);
    if (!right) { return -1; }
    return PyObject_RichCompareBool(left, right, Py_EQ);
}

static bool
numbers_equal(PyCodeObject *a, PyCodeObject *b)
{
    return a->co_argcount == b->co_argcount
        && a->co_posonlyargcount == b->co_posonlyargcount
        && a->co_kwonlyargcount == b->co_kwonlyargcount
        && a->co_flags == b->co_flags
        && a->co_firstlineno == b->co_firstlineno
        && Py_SIZE(a) == Py_SIZE(b);
}

static tri
units_equal(PyCodeObject *a, PyCodeObject *b)
{
    own PyObject *left = PyCode_GetCode(a);
    if (!left) { return -1; }
    own PyObject *right = PyCode_GetCode(b);
    if (!right) { return -1; }
    return PyObject_RichCompareBool(left, right, Py_EQ);
}

static tri
code_equal(PyCodeObject *a, PyCodeObject *b)
{
    if (a == b) { return 1; }
    if (!numbers_equal(a, b)) { return 0; }

    tri equal = PyObject_RichCompareBool(a->co_name, b->co_name, Py_EQ);
    if (equal > 0) { equal = units_equal(a, b); }
    if (equal > 0) { equal = consts_equal(a, b); }
    const size_t rest[] = {
        offsetof(PyCodeObject, co_names), offsetof(PyCodeObject, co_localsplusnames),
        offsetof(PyCodeObject, co_linetable), offsetof(PyCodeObject, co_exceptiontable)};
    for (size_t i = 0; equal > 0 && i < ARRAY_LEN(rest); i++) {
        equal = PyObject_RichCompareBool(*(PyObject **)((char *)a + rest[i]),
                                         *(PyObject **)((char *)b + rest[i]), Py_EQ);
    }
    return equal;
}

static PyObject *
code_richcompare(PyObject *self, PyObject *other, int op)
{
    if ((op != Py_EQ && op != Py_NE) || !PyCode_Check(self) || !PyCode_Check(other)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    tri equal = code_equal((PyCodeObject *)self, (PyCodeObject *)other);
    if (equal < 0) { return NULL; }
    return PyBool_FromLong(equal == (op == Py_EQ));
}

static Py_hash_t
code_hash(PyCodeObject *co)
{
    PyObject *const parts[] = {co->co_name, co->co_consts, co->co_names, co->co_localsplusnames,
                               co->co_linetable, co->co_exceptiontable};
    Py_uhash_t sum = (Py_uhash_t)co->co_argcount ^ (Py_uhash_t)co->co_posonlyargcount << 4
        ^ (Py_uhash_t)co->co_kwonlyargcount << 8 ^ (Py_uhash_t)co->co_flags << 12
        ^ (Py_uhash_t)co->co_firstlineno << 24;
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        Py_hash_t hash = PyObject_Hash(parts[i]);
        if (hash == -1) { return -1; }
        sum = (sum ^ (Py_uhash_t)hash) * 1000003u;
    }
    return sum == (Py_uhash_t)-1 ? -2 : (Py_hash_t)sum;
}

/* --- attributes --- */

#define MEMBER(name, kind) {#name, kind, offsetof(PyCodeObject, name), READONLY, NULL}
static PyMemberDef code_members[] = {
    MEMBER(co_argcount, T_INT), MEMBER(co_posonlyargcount, T_INT),
    MEMBER(co_kwonlyargcount, T_INT), MEMBER(co_stacksize, T_INT), MEMBER(co_flags, T_INT),
    MEMBER(co_nlocals, T_INT), MEMBER(co_consts, T_OBJECT), MEMBER(co_names, T_OBJECT),
    MEMBER(co_filename, T_OBJECT), MEMBER(co_name, T_OBJECT), MEMBER(co_qualname, T_OBJECT),
    MEMBER(co_firstlineno, T_INT), MEMBER(co_linetable, T_OBJECT),
    MEMBER(co_exceptiontable, T_OBJECT),
    {0},
};

static PyObject *
code_get_lnotab(PyCodeObject *co, void *closure)
{
    return hob_code_lnotab(co);
}

static PyObject *
code_get_adaptive(PyCodeObject *co, void *closure)
{
    return PyBytes_FromStringAndSize(co->co_code_adaptive, _PyCode_NBYTES(co));
}

static PyObject *
code_get_code(PyCodeObject *co, void *closure)
{
    return PyCode_GetCode(co);
}

static PyObject *
code_get_slots(PyCodeObject *co, void *kind)
{
    return hob_code_slot_names(co, (int)(intptr_t)kind);
}

static PyGetSetDef code_getset[] = {
    {"co_lnotab", (getter)code_get_lnotab, NULL, NULL, NULL},
    {"_co_code_adaptive", (getter)code_get_adaptive, NULL, NULL, NULL},
    {"co_varnames", (getter)code_get_slots, NULL, NULL, (void *)HOB_SLOT_LOCAL},
    {"co_cellvars", (getter)code_get_slots, NULL, NULL, (void *)HOB_SLOT_CELL},
    {"co_freevars", (getter)code_get_slots, NULL, NULL, (void *)HOB_SLOT_FREE},
    {"co_code", (getter)code_get_code, NULL, NULL, NULL},
    {0},
};

/* --- code() --- */

/* A new tuple of exact str from one of str and its subclasses. */
static PyObject *
checked_names(PyObject *names)
{
    Py_ssize_t n = PyTuple_GET_SIZE(names);
    PyObject *result = PyTuple_New(n);
    if (!result) { return NULL; }

    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *name = PyTuple_GET_ITEM(names, i);
        if (!PyUnicode_Check(name)) {
            PyErr_Format(PyExc_TypeError, "name tuples must contain only strings, not '%.500s'",
                         Py_TYPE(name)->tp_name);
            Py_DECREF(result);
            return NULL;
        }
        PyObject *exact = PyUnicode_FromObject(name);
        if (!exact) {
            Py_DECREF(result);
            return NULL;
        }
        PyTuple_SET_ITEM(result, i, exact);
    }
    return result;
}

static bool
count_is_negative(int count, const char *what)
{
    if (count < 0) {
        PyErr_Format(PyExc_ValueError, "code: %s must not be negative", what);
        return true;
    }
    return false;
}

static PyObject *
code_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    int argcount, posonly, kwonly, nlocals, stacksize, flags, firstlineno;
    PyObject *code, *consts, *names, *varnames, *filename, *name, *qualname, *linetable;
    PyObject *exceptiontable, *freevars = NULL, *cellvars = NULL;

    if (type == &PyCode_Type && !_PyArg_NoKeywords("code", kwargs)) { return NULL; }
    if (!_PyArg_CheckPositional("code", PyTuple_GET_SIZE(args), 16, 18)) { return NULL; }
    if (!PyArg_ParseTuple(args, "iiiiiiSO!O!O!UUUiSS|O!O!:code", &argcount, &posonly, &kwonly,
                          &nlocals, &stacksize, &flags, &code, &PyTuple_Type, &consts,
                          &PyTuple_Type, &names, &PyTuple_Type, &varnames, &filename, &name,
                          &qualname, &firstlineno, &linetable, &exceptiontable, &PyTuple_Type,
                          &freevars, &PyTuple_Type, &cellvars)) {
        return NULL;
    }
    if (PySys_Audit("code.__new__", "OOOiiiiii", code, filename, name, argcount, posonly,
                    kwonly, nlocals, stacksize, flags) < 0) {
        return NULL;
    }
    if (count_is_negative(argcount, "argcount")
        || count_is_negative(posonly, "posonlyargcount")
        || count_is_negative(kwonly, "kwonlyargcount")
        || count_is_negative(nlocals, "nlocals")) {
        return NULL;
    }

    own PyObject *our_names = checked_names(names);
    if (!our_names) { return NULL; }
    own PyObject *our_varnames = checked_names(varnames);
    if (!our_varnames) { return NULL; }
    own PyObject *our_freevars = freevars ? checked_names(freevars) : PyTuple_New(0);
    if (!our_freevars) { return NULL; }
    own PyObject *our_cellvars = cellvars ? checked_names(cellvars) : PyTuple_New(0);
    if (!our_cellvars) { return NULL; }
    return (PyObject *)PyCode_NewWithPosOnlyArgs(
        argcount, posonly, kwonly, nlocals, stacksize, flags, code, consts, our_names,
        our_varnames, our_freevars, our_cellvars, filename, name, qualname, firstlineno,
        linetable, exceptiontable);
}

/* --- code.replace() --- */

enum { FIELD_INT, FIELD_BYTES, FIELD_TUPLE, FIELD_STR };

typedef struct {
    const char *name;
    int kind;
    Py_ssize_t offset;                  /* in PyCodeObject; < 0: made by hob_code_slot_names */
} code_field;

enum {
    ARGCOUNT, POSONLY, KWONLY, NLOCALS, STACKSIZE, FLAGS, FIRSTLINENO, N_INTS,
    CODE = N_INTS, CONSTS, NAMES, VARNAMES, FREEVARS, CELLVARS, FILENAME, NAME, QUALNAME,
    LINETABLE, EXCEPTIONTABLE, N_FIELDS
};

#define FIELD(name, kind) {#name, kind, offsetof(PyCodeObject, name)}
#define MADE(name, kind, slots) {#name, kind, -(slots)}
static const code_field code_fields[N_FIELDS] = {
    FIELD(co_argcount, FIELD_INT), FIELD(co_posonlyargcount, FIELD_INT),
    FIELD(co_kwonlyargcount, FIELD_INT), FIELD(co_nlocals, FIELD_INT),
    FIELD(co_stacksize, FIELD_INT), FIELD(co_flags, FIELD_INT),
    FIELD(co_firstlineno, FIELD_INT), MADE(co_code, FIELD_BYTES, 1),
    FIELD(co_consts, FIELD_TUPLE), FIELD(co_names, FIELD_TUPLE),
    MADE(co_varnames, FIELD_TUPLE, HOB_SLOT_LOCAL),
    MADE(co_freevars, FIELD_TUPLE, HOB_SLOT_FREE),
    MADE(co_cellvars, FIELD_TUPLE, HOB_SLOT_CELL), FIELD(co_filename, FIELD_STR),
    FIELD(co_name, FIELD_STR), FIELD(co_qualname, FIELD_STR), FIELD(co_linetable, FIELD_BYTES),
    FIELD(co_exceptiontable, FIELD_BYTES),
};

typedef struct {
    int ints[N_INTS];
    PyObject *objects[N_FIELDS];        /* owned or NULL, from CODE on */
} code_values;

static status
replace_one(code_values *values, PyObject *keyword, PyObject *value)
{
    static const char *const expected[] = {"int", "bytes", "tuple", "str"};
    for (int i = 0; i < N_FIELDS; i++) {
        const code_field *field = &code_fields[i];
        if (!_PyUnicode_EqualToASCIIString(keyword, field->name)) { continue; }
        if (field->kind == FIELD_INT) {
            values->ints[i] = _PyLong_AsInt(value);
            return values->ints[i] == -1 && PyErr_Occurred() ? -1 : 0;
        }
        if (field->kind == FIELD_BYTES ? PyBytes_Check(value)
            : field->kind == FIELD_TUPLE ? PyTuple_Check(value) : PyUnicode_Check(value)) {
            Py_XSETREF(values->objects[i], Py_NewRef(value));
            return 0;
        }
        char what[48];
        PyOS_snprintf(what, sizeof what, "argument '%s'", field->name);
        _PyArg_BadArgument("replace", what, expected[field->kind], value);
        return -1;
    }
    PyErr_Format(PyExc_TypeError, "'%U' is an invalid keyword argument for replace()", keyword);
    return -1;
}

/* Fill in what no argument gave; check the numbers. */
static status
replace_rest(PyCodeObject *co, code_values *values)
{
    for (int i = 0; i < N_INTS; i++) {
        if (values->ints[i] < 0) {
            PyErr_Format(PyExc_ValueError, "%s must be a positive integer",
                         code_fields[i].name);
            return -1;
        }
    }
    for (int i = CODE; i < N_FIELDS; i++) {
        const code_field *field = &code_fields[i];
        if (values->objects[i]) { continue; }
        values->objects[i] = i == CODE ? PyCode_GetCode(co)
            : field->offset < 0 ? hob_code_slot_names(co, (int)-field->offset)
            : Py_NewRef(*(PyObject **)((char *)co + field->offset));
        if (!values->objects[i]) { return -1; }
    }
    return 0;
}

static PyObject *
replace_make(const code_values *v)
{
    PyObject *const *o = v->objects;
    const int *n = v->ints;
    if (PySys_Audit("code.__new__", "OOOiiiiii", o[CODE], o[FILENAME], o[NAME], n[ARGCOUNT],
                    n[POSONLY], n[KWONLY], n[NLOCALS], n[STACKSIZE], n[FLAGS]) < 0) {
        return NULL;
    }
    return (PyObject *)PyCode_NewWithPosOnlyArgs(
        n[ARGCOUNT], n[POSONLY], n[KWONLY], n[NLOCALS], n[STACKSIZE], n[FLAGS], o[CODE],
        o[CONSTS], o[NAMES], o[VARNAMES], o[FREEVARS], o[CELLVARS], o[FILENAME], o[NAME],
        o[QUALNAME], n[FIRSTLINENO], o[LINETABLE], o[EXCEPTIONTABLE]);
}

static PyObject *
code_replace(PyCodeObject *co, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    if (nargs > 0) {
        PyErr_SetString(PyExc_TypeError, "replace() takes no positional arguments");
        return NULL;
    }
    code_values values = {0};
    for (int i = 0; i < N_INTS; i++) {
        values.ints[i] = *(int *)((char *)co + code_fields[i].offset);
    }
    PyObject *result = NULL;
    Py_ssize_t n = kwnames ? PyTuple_GET_SIZE(kwnames) : 0;
    for (Py_ssize_t i = 0; i < n; i++) {
        if (replace_one(&values, PyTuple_GET_ITEM(kwnames, i), args[i]) < 0) { goto done; }
    }
    if (replace_rest(co, &values) < 0) { goto done; }
    result = replace_make(&values);
done:
    for (int i = CODE; i < N_FIELDS; i++) { Py_XDECREF(values.objects[i]); }
    return result;
}

/* --- other methods --- */

static PyObject *
code_sizeof(PyCodeObject *co, PyObject *unused)
{
    size_t size = _PyObject_VAR_SIZE(Py_TYPE(co), Py_SIZE(co));
    const code_extra *extra = co->co_extra;
    if (extra) { size += sizeof(code_extra) + extra->size * sizeof(void *); }
    return PyLong_FromSize_t(size);
}

static PyObject *
code_co_lines(PyCodeObject *co, PyObject *unused)
{
    return hob_code_lines(co);
}

static PyObject *
code_co_positions(PyCodeObject *co, PyObject *unused)
{
    return hob_code_positions(co);
}

static PyObject *
code_varname_from_oparg(PyCodeObject *co, PyObject *const *args, Py_ssize_t nargs,
                        PyObject *kwnames)
{
    static const char *const names[] = {"oparg", NULL};
    static _PyArg_Parser parser = {NULL, names, "_varname_from_oparg"};
    PyObject *slots[1];
    args = _PyArg_UnpackKeywords(args, nargs, NULL, kwnames, &parser, 1, 1, 0, slots);
    if (!args) { return NULL; }

    int oparg = _PyLong_AsInt(args[0]);
    if (oparg == -1 && PyErr_Occurred()) { return NULL; }
    if (oparg < 0 || oparg >= co->co_nlocalsplus) {
        PyErr_SetString(PyExc_IndexError, "tuple index out of range");
        return NULL;
    }
    return Py_NewRef(PyTuple_GET_ITEM(co->co_localsplusnames, oparg));
}

#define OPARG_DOC                                                               \
    "_varname_from_oparg($self, /, oparg)\n"                                    \
    "--\n"                                                                      \
    "\n"                                                                        \
    "(internal-only) Return the local variable name for the given oparg.\n"     \
    "\n"                                                                        \
    "WARNING: this method is for internal use only and may change or go away."

#define REPLACE_DOC                                                             \
    "replace($self, /, *, co_argcount=-1, co_posonlyargcount=-1,\n"             \
    "        co_kwonlyargcount=-1, co_nlocals=-1, co_stacksize=-1,\n"           \
    "        co_flags=-1, co_firstlineno=-1, co_code=None, co_consts=None,\n"   \
    "        co_names=None, co_varnames=None, co_freevars=None,\n"              \
    "        co_cellvars=None, co_filename=None, co_name=None,\n"               \
    "        co_qualname=None, co_linetable=None, co_exceptiontable=None)\n"    \
    "--\n"                                                                      \
    "\n"                                                                        \
    "Return a copy of the code object with new values for the specified fields."

static PyMethodDef code_methods[] = {
    {"__sizeof__", (PyCFunction)code_sizeof, METH_NOARGS, NULL},
    {"co_lines", (PyCFunction)code_co_lines, METH_NOARGS, NULL},
    {"co_positions", (PyCFunction)code_co_positions, METH_NOARGS, NULL},
    {"replace", (PyCFunction)(void *)code_replace, METH_FASTCALL | METH_KEYWORDS, REPLACE_DOC},
    {"_varname_from_oparg", (PyCFunction)(void *)code_varname_from_oparg,
     METH_FASTCALL | METH_KEYWORDS, OPARG_DOC},
    {0},
};

HOB_EXPORT PyTypeObject PyCode_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "code",
    .tp_basicsize = offsetof(PyCodeObject, co_code_adaptive),
    .tp_itemsize = sizeof(_Py_CODEUNIT),
    .tp_dealloc = (destructor)code_dealloc,
    .tp_repr = (reprfunc)code_repr,
    .tp_hash = (hashfunc)code_hash,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_doc = "Create a code object.  Not for the faint of heart.",
    .tp_richcompare = code_richcompare,
    .tp_weaklistoffset = offsetof(PyCodeObject, co_weakreflist),
    .tp_methods = code_methods,
    .tp_members = code_members,
    .tp_getset = code_getset,
    .tp_new = code_new,
};

/* --- public API --- */

HOB_EXPORT int
_PyCode_Validate(struct _PyCodeConstructor *spec)
{
    return hob_code_check(spec);
}

HOB_EXPORT PyCodeObject *
_PyCode_New(struct _PyCodeConstructor *spec)
{
    return hob_code_new(spec);
}

HOB_EXPORT PyCodeObject *
PyCode_NewWithPosOnlyArgs(int argcount, int posonlyargcount, int kwonlyargcount, int nlocals,
                          int stacksize, int flags, PyObject *code, PyObject *consts,
                          PyObject *names, PyObject *varnames, PyObject *freevars,
                          PyObject *cellvars, PyObject *filename, PyObject *name,
                          PyObject *qualname, int firstlineno, PyObject *linetable,
                          PyObject *exceptiontable)
{
    if (!varnames || !PyTuple_Check(varnames) || !cellvars || !PyTuple_Check(cellvars)
        || !freevars || !PyTuple_Check(freevars)) {
        PyErr_BadInternalCall();
        return NULL;
    }
    own PyObject *slot_names = NULL;
    own PyObject *slot_kinds = NULL;
    if (join_slots(varnames, cellvars, freevars, &slot_names, &slot_kinds) < 0) { return NULL; }

    hob_code_spec spec = {
        .filename = filename, .name = name, .qualname = qualname, .flags = flags, .code = code,
        .firstlineno = firstlineno, .linetable = linetable, .consts = consts, .names = names,
        .localsplusnames = slot_names, .localspluskinds = slot_kinds, .argcount = argcount,
        .posonlyargcount = posonlyargcount, .kwonlyargcount = kwonlyargcount,
        .stacksize = stacksize, .exceptiontable = exceptiontable};
    if (hob_code_check(&spec) < 0) { return NULL; }
    if (nlocals != PyTuple_GET_SIZE(varnames)) {
        PyErr_SetString(PyExc_ValueError, "code: co_nlocals != len(co_varnames)");
        return NULL;
    }
    return hob_code_new(&spec);
}

HOB_EXPORT PyCodeObject *
PyCode_New(int argcount, int kwonlyargcount, int nlocals, int stacksize, int flags,
           PyObject *code, PyObject *consts, PyObject *names, PyObject *varnames,
           PyObject *freevars, PyObject *cellvars, PyObject *filename, PyObject *name,
           PyObject *qualname, int firstlineno, PyObject *linetable, PyObject *exceptiontable)
{
    return PyCode_NewWithPosOnlyArgs(argcount, 0, kwonlyargcount, nlocals, stacksize, flags,
                                     code, consts, names, varnames, freevars, cellvars,
                                     filename, name, qualname, firstlineno, linetable,
                                     exceptiontable);
}

/* Code that raises AssertionError, for extensions that need some for a frame. */
HOB_EXPORT PyCodeObject *
PyCode_NewEmpty(const char *filename, const char *funcname, int firstlineno)
{
    static const uint8_t units[] = {RESUME, 0, LOAD_ASSERTION_ERROR, 0, RAISE_VARARGS, 1};
    static const uint8_t table[] = {
        0x80 | PY_CODE_LOCATION_INFO_NO_COLUMNS << 3 | (sizeof units / 2 - 1), 0};

    own PyObject *file = PyUnicode_DecodeFSDefault(filename);
    if (!file) { return NULL; }
    own PyObject *name = PyUnicode_FromString(funcname);
    if (!name) { return NULL; }
    own PyObject *code = PyBytes_FromStringAndSize((const char *)units, sizeof units);
    own PyObject *linetable = PyBytes_FromStringAndSize((const char *)table, sizeof table);
    own PyObject *no_names = PyTuple_New(0);
    own PyObject *no_bytes = PyBytes_FromStringAndSize(NULL, 0);
    if (!code || !linetable || !no_names || !no_bytes) { return NULL; }

    hob_code_spec spec = {
        .filename = file, .name = name, .qualname = name, .code = code,
        .firstlineno = firstlineno, .linetable = linetable, .consts = no_names,
        .names = no_names, .localsplusnames = no_names, .localspluskinds = no_bytes,
        .exceptiontable = no_bytes, .stacksize = 1};
    return hob_code_new(&spec);
}

HOB_EXPORT PyObject *
PyCode_GetVarnames(PyCodeObject *co)
{
    return hob_code_slot_names(co, HOB_SLOT_LOCAL);
}

HOB_EXPORT PyObject *
PyCode_GetCellvars(PyCodeObject *co)
{
    return hob_code_slot_names(co, HOB_SLOT_CELL);
}

HOB_EXPORT PyObject *
PyCode_GetFreevars(PyCodeObject *co)
{
    return hob_code_slot_names(co, HOB_SLOT_FREE);
}

/* Since 3.10 there is nothing left for it to do. */
HOB_EXPORT PyObject *
PyCode_Optimize(PyObject *code, PyObject *consts, PyObject *names, PyObject *lnotab)
{
    return Py_NewRef(code);
}

HOB_EXPORT int
_PyCode_GetExtra(PyObject *code, Py_ssize_t index, void **item)
{
    if (!PyCode_Check(code)) {
        PyErr_BadInternalCall();
        return -1;
    }
    const code_extra *extra = ((PyCodeObject *)code)->co_extra;
    *item = extra && index >= 0 && index < extra->size ? extra->items[index] : NULL;
    return 0;
}

HOB_EXPORT int
_PyCode_SetExtra(PyObject *code, Py_ssize_t index, void *item)
{
    PyInterpreterState *interp = hob_ts()->interp;
    if (!PyCode_Check(code) || index < 0 || index >= interp->n_co_extra) {
        PyErr_BadInternalCall();
        return -1;
    }
    PyCodeObject *co = (PyCodeObject *)code;
    code_extra *extra = co->co_extra;
    if (!extra || extra->size <= index) {
        Py_ssize_t before = extra ? extra->size : 0, size = interp->n_co_extra;
        extra = PyMem_Realloc(extra, sizeof(code_extra) + size * sizeof(void *));
        if (!extra) {
            PyErr_NoMemory();
            return -1;
        }
        memset(extra->items + before, 0, (size - before) * sizeof(void *));
        extra->size = size;
        co->co_extra = extra;
    }
    if (extra->items[index] && interp->co_extra_free[index]) {
        interp->co_extra_free[index](extra->items[index]);
    }
    extra->items[index] = item;
    return 0;
}

/* --- invariants --- */

/* Do base instructions and their caches fill the code, and jumps stay inside? */
static bool
check_units(PyCodeObject *co)
{
    const _Py_CODEUNIT *units = _PyCode_CODE(co);
    Py_ssize_t n = Py_SIZE(co), i = 0;
    while (i < n) {
        int op = hob_opcode_deopt[_Py_OPCODE(units[i])];
        INVARIANT(1, op != CACHE && hob_opcode_name[op]);
        i += 1 + hob_opcode_caches[op];
    }
    INVARIANT(2, i == n);
    return true;
}

static bool
check_tables(PyCodeObject *co)
{
    int n = (int)Py_SIZE(co);
    hob_linetable_reader lines;
    hob_linetable_open(&lines, co);
    while (hob_linetable_next(&lines)) { }
    INVARIANT(3, lines.stop == n * (int)sizeof(_Py_CODEUNIT));
    const uint8_t *at = (const uint8_t *)PyBytes_AS_STRING(co->co_exceptiontable);
    const uint8_t *end = at + PyBytes_GET_SIZE(co->co_exceptiontable);
    hob_exctable_entry e;
    for (int last = 0; hob_exctable_next(&at, end, &e); last = e.end) {
        INVARIANT(4, last <= e.start && e.start < e.end && e.end <= n && e.target < n);
        INVARIANT(5, e.depth >= 0 && e.depth < co->co_stacksize);
    }
    return true;
}

bool
hob_code_is_whole(PyObject *op)
{
    PyCodeObject *co = (PyCodeObject *)op;
    INVARIANT(6, PyTuple_Check(co->co_consts) && PyTuple_Check(co->co_names));
    INVARIANT(7, PyTuple_GET_SIZE(co->co_localsplusnames) == co->co_nlocalsplus
                 && PyBytes_GET_SIZE(co->co_localspluskinds) == co->co_nlocalsplus);
    INVARIANT(8, co->co_nlocals + co->co_nplaincellvars + co->co_nfreevars == co->co_nlocalsplus);
    INVARIANT(9, co->co_argcount + co->co_kwonlyargcount <= co->co_nlocals);
    INVARIANT(10, 0 <= co->co_stacksize);           /* `while True: pass` needs none */
    return check_units(co) && check_tables(co);
}

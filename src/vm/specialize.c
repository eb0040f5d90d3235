/* specialize.c -- quickening: which form of an instruction fits what it has met.
 *
 * Next       specialize.h says how the parts work together, ops/ has the forms.
 */
#include "vm/specialize.h"

#include <structmember.h>

#include "base/stress.h"
#include "base/trace.h"
#include "memory/own.h"
#include "objects/call.h"
#include "objects/dict/dict.h"
#include "objects/ids.h"
#include "objects/instance.h"
#include "objects/int/int.h"
#include "objects/iterators.h"
#include "objects/str/str.h"
#include "objects/type/type.h"
#include "objects/upcalls.h"
#include "vm/vm.h"

hob_side hob_side_table[SIDE_ENTRIES];
PyObject *hob_builtin_len, *hob_builtin_isinstance, *hob_list_append_descr;

void
hob_vm_know_builtins(PyObject *builtins_dict)
{
    hob_builtin_len = PyDict_GetItemString(builtins_dict, "len");
    hob_builtin_isinstance = PyDict_GetItemString(builtins_dict, "isinstance");
    hob_list_append_descr = PyDict_GetItemString(PyList_Type.tp_dict, "append");
}

/* --- quickening a code object --- */

/* What each base instruction becomes; 0 stays. */
static const uint8_t quick_form[256] = {
    [BINARY_OP] = BINARY_OP_ADAPTIVE,
    [BINARY_SUBSCR] = BINARY_SUBSCR_ADAPTIVE,
    [COMPARE_OP] = COMPARE_OP_ADAPTIVE,
    [EXTENDED_ARG] = EXTENDED_ARG_QUICK,
    [FOR_ITER] = FOR_ITER_ADAPTIVE,
    [JUMP_BACKWARD] = JUMP_BACKWARD_QUICK,
    [LOAD_ATTR] = LOAD_ATTR_ADAPTIVE,
    [LOAD_GLOBAL] = LOAD_GLOBAL_ADAPTIVE,
    [LOAD_METHOD] = LOAD_METHOD_ADAPTIVE,
    [POP_JUMP_BACKWARD_IF_FALSE] = POP_JUMP_BACKWARD_IF_FALSE_QUICK,
    [POP_JUMP_BACKWARD_IF_TRUE] = POP_JUMP_BACKWARD_IF_TRUE_QUICK,
    [PRECALL] = PRECALL_ADAPTIVE,
    [RESUME] = RESUME_QUICK,
    [STORE_ATTR] = STORE_ATTR_ADAPTIVE,
    [STORE_SUBSCR] = STORE_SUBSCR_ADAPTIVE,
    [UNPACK_SEQUENCE] = UNPACK_SEQUENCE_ADAPTIVE,
};

/* Pairs that run in one dispatch. */
static int
pair_form(int first, int second)
{
    if (first == LOAD_FAST) {
        return second == LOAD_FAST ? LOAD_FAST__LOAD_FAST
             : second == LOAD_CONST ? LOAD_FAST__LOAD_CONST : 0;
    }
    if (first == STORE_FAST) {
        return second == LOAD_FAST ? STORE_FAST__LOAD_FAST
             : second == STORE_FAST ? STORE_FAST__STORE_FAST : 0;
    }
    if (first == BUILD_SLICE) {
        return second == BINARY_SUBSCR ? BUILD_SLICE__BINARY_SUBSCR
             : second == STORE_SUBSCR ? BUILD_SLICE__STORE_SUBSCR : 0;
    }
    return first == LOAD_CONST && second == LOAD_FAST ? LOAD_CONST__LOAD_FAST : 0;
}

Py_ssize_t hob_quickened_count;

void
hob_quicken(PyCodeObject *code)
{
    hob_quickened_count++;
    _Py_CODEUNIT *units = hob_code_start(code);
    Py_ssize_t n = Py_SIZE(code);
    int before = 0;                     /* base opcode of the unit in front, when adjacent */
    for (Py_ssize_t i = 0; i < n; ) {
        int op = hob_opcode_deopt[units[i] & 255];
        int n_cache = hob_opcode_caches[op];
        int form = quick_form[op];
        if (form) {
            _Py_SET_OPCODE(units[i], form);
            if (n_cache) { units[i + 1 + (op == PRECALL ? COUNTER_AT_PRECALL : 0)] = 0; }
        }
        int pair = pair_form(before, op);
        if (pair) { _Py_SET_OPCODE(units[i - 1], pair); }
        before = n_cache ? 0 : op;
        i += 1 + n_cache;
    }
}

/* --- outcomes --- */
enum { MISSES_ALLOWED = 40, EXPONENT_MIN = 4, EXPONENT_MAX = 11 };

/* Where in the program `at` is, and what becomes of it. */
static COLD void
tell(const _Py_CODEUNIT *at, const char *form)
{
    const PyCodeObject *code = hob_ts()->cframe->current_frame->code;
    Py_ssize_t unit = at - hob_code_start((PyCodeObject *)code);
    bool is_ours = unit >= 0 && unit < Py_SIZE(code);
    TRACE(specialize, "from=%s to=%s in=%s line=%d offset=%zd", hob_opcode_name[*at & 255], form,
          is_ours ? hob_str_show(code->co_qualname) : "?",
          is_ours ? PyCode_Addr2Line((PyCodeObject *)code, (int)unit * 2) : -1, unit * 2);
}

static void
succeed(_Py_CODEUNIT *at, int counter_at, int form)
{
    if (TRACES(specialize)) { tell(at, hob_opcode_name[form]); }
    _Py_SET_OPCODE(*at, form);
    at[1 + counter_at] = (STRESSED(specialize) ? 0 : MISSES_ALLOWED) << 4 | EXPONENT_MIN;
}

static void
fail(_Py_CODEUNIT *at, int counter_at)
{
    if (TRACES(specialize)) { tell(at, "nothing_fits"); }
    if (STRESSED(specialize)) {
        at[1 + counter_at] = COUNTER_ONE;       /* run the base now, try again the next time */
        return;
    }
    int exponent = (at[1 + counter_at] & COUNTER_EXPONENT) + 1;
    if (exponent < EXPONENT_MIN) { exponent = EXPONENT_MIN; }
    if (exponent > EXPONENT_MAX) { exponent = EXPONENT_MAX; }
    at[1 + counter_at] = (uint16_t)(((1 << exponent) - 1) << 4 | exponent);
}

/* Choose form, or wait longer when it is 0. */
static void
settle(_Py_CODEUNIT *at, int counter_at, int form)
{
    if (form) { succeed(at, counter_at, form); }
    else { fail(at, counter_at); }
}

static void
put_u32(_Py_CODEUNIT *at, int i, uint32_t value)
{
    memcpy(at + 1 + i, &value, sizeof value);
}

static void
put_object(_Py_CODEUNIT *at, int i, PyObject *op)
{
    memcpy(at + 1 + i, &op, sizeof op);
}

/* The next side entry, for the instruction at `at`. */
static uint16_t
new_side(_Py_CODEUNIT *at, PyObject *object, uint32_t version)
{
    static uint16_t next;
    hob_side *side = &hob_side_table[next];
    side->owner = at + 1;
    side->object = object;
    side->version = version;
    side->start = NULL;
    side->extra = 0;
    return next++;
}

static int
base_op(_Py_CODEUNIT unit)
{
    return hob_opcode_deopt[unit & 255];
}

/* --- operators --- */

enum operands { OPERANDS_OTHER, OPERANDS_INT, OPERANDS_FLOAT, OPERANDS_MIXED, OPERANDS_STR };

static enum operands
operands_of(PyObject *left, PyObject *right)
{
    PyTypeObject *a = Py_TYPE(left), *b = Py_TYPE(right);
    if (a == &PyLong_Type) {
        return b == a ? OPERANDS_INT : b == &PyFloat_Type ? OPERANDS_MIXED : OPERANDS_OTHER;
    }
    if (a == &PyFloat_Type) {
        return b == a ? OPERANDS_FLOAT : b == &PyLong_Type ? OPERANDS_MIXED : OPERANDS_OTHER;
    }
    return a == &PyUnicode_Type && b == a ? OPERANDS_STR : OPERANDS_OTHER;
}

/* For + - *: forms by operands, and by whether left is the local stored to next. */
static int
arithmetic_form(int op, enum operands kind, bool in_place, PyObject *left, PyObject *right)
{
    switch (kind) {
    case OPERANDS_INT:
        if (in_place && op != NB_MULTIPLY && hob_int_both_compact(left, right)) {
            return BINARY_OP_INPLACE_INT;
        }
        return op == NB_ADD ? BINARY_OP_ADD_INT
             : op == NB_SUBTRACT ? BINARY_OP_SUBTRACT_INT : BINARY_OP_MULTIPLY_INT;
    case OPERANDS_FLOAT:
        if (in_place) { return BINARY_OP_INPLACE_FLOAT; }
        return op == NB_ADD ? BINARY_OP_ADD_FLOAT
             : op == NB_SUBTRACT ? BINARY_OP_SUBTRACT_FLOAT : BINARY_OP_MULTIPLY_FLOAT;
    case OPERANDS_MIXED:
        return BINARY_OP_MIXED_FLOAT;
    case OPERANDS_STR:
        if (op != NB_ADD) { return 0; }
        return in_place ? BINARY_OP_INPLACE_ADD_UNICODE : BINARY_OP_ADD_UNICODE;
    default:
        return 0;
    }
}

void
hob_specialize_binary_op(_Py_CODEUNIT *at, int oparg, PyObject *left, PyObject *right,
                         PyObject **slots)
{
    enum operands kind = operands_of(left, right);
    _Py_CODEUNIT next = at[2];
    bool in_place = base_op(next) == STORE_FAST && slots[next >> 8] == left;
    int op = oparg >= NB_INPLACE_ADD ? oparg - NB_INPLACE_ADD : oparg;
    bool ints = kind == OPERANDS_INT;
    int form = 0;
    switch (op) {
    case NB_ADD: case NB_SUBTRACT: case NB_MULTIPLY:
        form = arithmetic_form(op, kind, in_place, left, right);
        break;
    case NB_TRUE_DIVIDE:
        form = kind == OPERANDS_FLOAT ? BINARY_OP_DIVIDE_FLOAT
             : kind == OPERANDS_MIXED ? BINARY_OP_MIXED_FLOAT
             : ints && hob_int_both_compact(left, right) ? BINARY_OP_DIVIDE_INT : 0;
        break;
    case NB_POWER:
        if (kind == OPERANDS_MIXED && PyLong_CheckExact(right) && Py_SIZE(right) == 1 &&
            ((PyLongObject *)right)->ob_digit[0] == 2) {
            form = BINARY_OP_POWER_FLOAT;
        }
        break;
    case NB_AND:          form = ints ? BINARY_OP_AND_INT : 0; break;
    case NB_OR:           form = ints ? BINARY_OP_OR_INT : 0; break;
    case NB_XOR:          form = ints ? BINARY_OP_XOR_INT : 0; break;
    case NB_LSHIFT:       form = ints ? BINARY_OP_LSHIFT_INT : 0; break;
    case NB_RSHIFT:       form = ints ? BINARY_OP_RSHIFT_INT : 0; break;
    case NB_FLOOR_DIVIDE: form = ints ? BINARY_OP_FLOORDIV_INT : 0; break;
    case NB_REMAINDER:    form = ints ? BINARY_OP_MOD_INT : 0; break;
    }
    settle(at, COUNTER_AT_BINARY_OP, form);
}

void
hob_specialize_compare_op(_Py_CODEUNIT *at, int oparg, PyObject *left, PyObject *right)
{
    static const uint8_t outcomes[6] = {
        [Py_LT] = JUMP_IF_LESS,
        [Py_LE] = JUMP_IF_LESS | JUMP_IF_EQUAL,
        [Py_EQ] = JUMP_IF_EQUAL,
        [Py_NE] = JUMP_IF_LESS | JUMP_IF_GREATER | JUMP_IF_UNORDERED,
        [Py_GT] = JUMP_IF_GREATER,
        [Py_GE] = JUMP_IF_GREATER | JUMP_IF_EQUAL,
    };
    enum operands kind = operands_of(left, right);
    bool equality = oparg == Py_EQ || oparg == Py_NE;
    if ((kind == OPERANDS_INT && !hob_int_both_compact(left, right)) ||
        (kind == OPERANDS_STR && !equality)) {
        kind = OPERANDS_OTHER;
    }
    int mask = outcomes[oparg], next = base_op(at[3]);
    bool jumps = true;
    switch (next) {
    case POP_JUMP_FORWARD_IF_TRUE:   break;
    case POP_JUMP_FORWARD_IF_FALSE:  mask ^= 15; break;
    case POP_JUMP_BACKWARD_IF_TRUE:  mask |= JUMP_BACKWARDS; break;
    case POP_JUMP_BACKWARD_IF_FALSE: mask ^= 15 | JUMP_BACKWARDS; break;
    default:                         jumps = false;
    }
    int form = 0;
    switch (kind) {
    case OPERANDS_INT:   form = jumps ? COMPARE_OP_INT_JUMP : COMPARE_OP_INT; break;
    case OPERANDS_FLOAT: form = jumps ? COMPARE_OP_FLOAT_JUMP : COMPARE_OP_FLOAT; break;
    case OPERANDS_STR:   form = jumps ? COMPARE_OP_STR_JUMP : COMPARE_OP_STR; break;
    default:             break;
    }
    at[2] = (uint16_t)mask;
    settle(at, COUNTER_AT_COMPARE_OP, form);
}

/* --- items --- */

/* A Python function that takes exactly n positional arguments and nothing else. */
static bool
is_simple(PyObject *func, int n)
{
    if (!func || !Py_IS_TYPE(func, &PyFunction_Type)) { return false; }
    PyCodeObject *code = (PyCodeObject *)((PyFunctionObject *)func)->func_code;
    return (code->co_flags & (CO_OPTIMIZED | CO_VARARGS | CO_VARKEYWORDS)) == CO_OPTIMIZED &&
           code->co_kwonlyargcount == 0 && code->co_argcount == n;
}

void
hob_specialize_binary_subscr(_Py_CODEUNIT *at, PyObject *container, PyObject *index)
{
    PyTypeObject *type = Py_TYPE(container);
    int form = 0;
    if (PyLong_CheckExact(index) && hob_int_is_compact(index)) {
        form = type == &PyList_Type ? BINARY_SUBSCR_LIST_INT
             : type == &PyTuple_Type ? BINARY_SUBSCR_TUPLE_INT
             : type == &PyUnicode_Type ? BINARY_SUBSCR_STR_INT : 0;
    }
    if (type == &PyDict_Type) { form = BINARY_SUBSCR_DICT; }
    if (!form && PyType_HasFeature(type, Py_TPFLAGS_HEAPTYPE)) {
        PyObject *func = hob_type_peek(type, ID(__getitem__));
        uint32_t version = hob_type_give_version(type);
        uint32_t func_version = version && is_simple(func, 2)
                              ? hob_function_version((PyFunctionObject *)func) : 0;
        if (func_version) {
            put_u32(at, 1, version);
            at[4] = new_side(at, func, func_version);
            form = BINARY_SUBSCR_GETITEM;
        }
    }
    settle(at, COUNTER_AT_BINARY_SUBSCR, form);
}

void
hob_specialize_store_subscr(_Py_CODEUNIT *at, PyObject *container, PyObject *index)
{
    int form = 0;
    if (PyDict_CheckExact(container)) {
        form = STORE_SUBSCR_DICT;
    }
    else if (PyList_CheckExact(container) && PyLong_CheckExact(index) &&
             hob_int_is_compact(index)) {
        form = STORE_SUBSCR_LIST_INT;
    }
    settle(at, COUNTER_AT_STORE_SUBSCR, form);
}

void
hob_specialize_unpack(_Py_CODEUNIT *at, int oparg, PyObject *seq)
{
    int form = 0;
    if (PyTuple_CheckExact(seq) && PyTuple_GET_SIZE(seq) == oparg) {
        form = oparg == 2 ? UNPACK_SEQUENCE_TWO_TUPLE : UNPACK_SEQUENCE_TUPLE;
    }
    else if (PyList_CheckExact(seq) && PyList_GET_SIZE(seq) == oparg) {
        form = UNPACK_SEQUENCE_LIST;
    }
    settle(at, COUNTER_AT_UNPACK_SEQUENCE, form);
}

/* --- names in dicts --- */

/* The entry of name in a dict of its own str keys; -1 when it is not there or the
 * dict is of another kind. *version is of its keys, 0 when there is none. */
static Py_ssize_t
find_entry(PyObject *op, PyObject *name, uint32_t *version)
{
    *version = 0;
    if (!PyDict_CheckExact(op)) { return -1; }
    PyDictObject *dict = (PyDictObject *)op;
    if (dict->ma_values || dict->ma_keys->kind != KEYS_STR) { return -1; }
    Py_ssize_t i = hob_keys_find_str(dict->ma_keys, name, ((PyASCIIObject *)name)->hash);
    *version = hob_keys_version(dict->ma_keys);
    return i > UINT16_MAX ? -1 : i < 0 ? -1 : i;
}

void
hob_specialize_load_global(_Py_CODEUNIT *at, PyObject *globals, PyObject *builtins,
                           PyObject *name)
{
    uint32_t version, builtins_version;
    Py_ssize_t i = find_entry(globals, name, &version);
    int form = 0;
    if (version && i >= 0) {
        at[2] = (uint16_t)i;
        put_u32(at, 2, version);
        form = LOAD_GLOBAL_MODULE;
    }
    else if (version) {
        i = find_entry(builtins, name, &builtins_version);
        if (i >= 0 && builtins_version && builtins_version <= UINT16_MAX) {
            at[2] = (uint16_t)i;
            put_u32(at, 2, version);
            at[5] = (uint16_t)builtins_version;
            form = LOAD_GLOBAL_BUILTIN;
        }
    }
    settle(at, COUNTER_AT_LOAD_GLOBAL, form);
}

/* --- attributes --- */

/* Where an instance may keep attributes of its own. */
enum storage { STORE_NOWHERE, STORE_VALUES, STORE_DICT, STORE_BODY, STORE_UNKNOWN };

static enum storage
storage_of(PyObject *owner, PyObject **dict)
{
    PyTypeObject *type = Py_TYPE(owner);
    *dict = NULL;
    if (PyType_HasFeature(type, Py_TPFLAGS_MANAGED_DICT)) {
        if (*hob_instance_values(owner)) { return STORE_VALUES; }
        *dict = *hob_instance_dict(owner);
        return *dict && PyDict_CheckExact(*dict) ? STORE_DICT : STORE_UNKNOWN;
    }
    if (type->tp_dictoffset == 0) { return STORE_NOWHERE; }
    if (type->tp_dictoffset < 0 || type->tp_dictoffset > UINT16_MAX) { return STORE_UNKNOWN; }
    *dict = *(PyObject **)((char *)owner + type->tp_dictoffset);
    return !*dict || PyDict_CheckExact(*dict) ? STORE_BODY : STORE_UNKNOWN;
}

/* Entry of name among str keys, at most UINT16_MAX; -1 when absent. */
static Py_ssize_t
key_index(PyDictKeysObject *keys, PyObject *name)
{
    if (!keys || !hob_keys_is_str(keys)) { return -1; }
    Py_ssize_t i = hob_keys_find_str(keys, name, ((PyASCIIObject *)name)->hash);
    return i > UINT16_MAX ? -1 : i;
}

static bool
is_plain_value(PyObject *descr)
{
    return !Py_TYPE(descr)->tp_descr_get && !Py_TYPE(descr)->tp_descr_set;
}

/* The offset of a slot made by __slots__ or T_OBJECT_EX, or 0. */
static int
slot_offset(PyTypeObject *type, PyObject *descr, bool for_store)
{
    if (!Py_IS_TYPE(descr, &PyMemberDescr_Type)) { return 0; }
    PyMemberDef *member = ((PyMemberDescrObject *)descr)->d_member;
    if (member->type != T_OBJECT_EX || member->flags & PY_AUDIT_READ) { return 0; }
    if (for_store && member->flags & READONLY) { return 0; }
    if (!PyType_IsSubtype(type, PyDescr_TYPE(descr))) { return 0; }
    return member->offset > 0 && member->offset <= UINT16_MAX ? (int)member->offset : 0;
}

/* --- LOAD_ATTR, case by case; each gives the form or 0 --- */

static int
load_attr_module(_Py_CODEUNIT *at, PyObject *owner, PyObject *name)
{
    PyObject *descr = hob_type_peek(&PyModule_Type, name);
    if (descr && Py_TYPE(descr)->tp_descr_set) { return 0; }
    uint32_t version;
    Py_ssize_t i = find_entry(hob_module_dict(owner), name, &version);
    if (i < 0 || !version) { return 0; }
    put_u32(at, 1, version);
    at[4] = (uint16_t)i;
    return LOAD_ATTR_MODULE;
}

/* What a class attribute is when read from the class; NULL when that depends. */
static MAYBE_NULL BORROWED PyObject *
class_attribute(PyObject *owner, PyObject *name)
{
    PyTypeObject *meta = Py_TYPE(owner);
    if (meta->tp_getattro != PyType_Type.tp_getattro) { return NULL; }
    PyObject *over = hob_type_peek(meta, name);
    if (over && Py_TYPE(over)->tp_descr_set) { return NULL; }
    return hob_type_peek((PyTypeObject *)owner, name);
}

static int
load_attr_class(_Py_CODEUNIT *at, PyObject *owner, PyObject *name)
{
    PyObject *value = class_attribute(owner, name);
    if (!value) { return 0; }
    if (Py_TYPE(value)->tp_descr_get && !Py_IS_TYPE(value, &PyFunction_Type)) { return 0; }
    uint32_t version = hob_type_give_version((PyTypeObject *)owner);
    uint32_t meta_version = hob_type_give_version(Py_TYPE(owner));
    if (!version || !meta_version) { return 0; }
    put_u32(at, 1, version);
    at[4] = new_side(at, value, meta_version);
    return LOAD_ATTR_CLASS;
}

static int
load_attr_data(_Py_CODEUNIT *at, PyTypeObject *type, PyObject *descr)
{
    int offset = slot_offset(type, descr, false);
    if (offset) {
        at[4] = (uint16_t)offset;
        return LOAD_ATTR_SLOT;
    }
    if (!Py_IS_TYPE(descr, &PyProperty_Type)) { return 0; }
    PyObject *get = hob_property_getter(descr);
    if (!is_simple(get, 1)) { return 0; }
    uint32_t func_version = hob_function_version((PyFunctionObject *)get);
    if (!func_version) { return 0; }
    at[4] = new_side(at, get, func_version);
    return LOAD_ATTR_PROPERTY;
}

static int
load_attr_stored(_Py_CODEUNIT *at, PyObject *owner, PyObject *name, PyObject *descr)
{
    PyObject *dict;
    PyDictKeysObject *keys;
    Py_ssize_t i;
    switch (storage_of(owner, &dict)) {
    case STORE_NOWHERE:
        if (!descr || !is_plain_value(descr)) { return 0; }
        at[4] = new_side(at, descr, 0);
        return LOAD_ATTR_CLASS_VALUE;
    case STORE_VALUES:
        keys = hob_instance_keys(Py_TYPE(owner));
        i = key_index(keys, name);
        if (i >= 0) {
            if (!(*hob_instance_values(owner))->values[i]) { return 0; }
            at[4] = (uint16_t)i;
            return LOAD_ATTR_INSTANCE_VALUE;
        }
        if (!descr || !is_plain_value(descr) || !keys || !hob_keys_version(keys)) { return 0; }
        at[4] = new_side(at, descr, keys->version);
        return LOAD_ATTR_CLASS_VALUE;
    case STORE_DICT:
        i = key_index(((PyDictObject *)dict)->ma_keys, name);
        at[4] = (uint16_t)i;
        return i < 0 ? 0 : LOAD_ATTR_WITH_HINT;
    case STORE_BODY:
        i = dict ? key_index(((PyDictObject *)dict)->ma_keys, name) : -1;
        at[4] = (uint16_t)i;
        return i < 0 ? 0 : LOAD_ATTR_BODY_DICT;
    default:
        return 0;
    }
}

static int
load_attr_instance(_Py_CODEUNIT *at, PyObject *owner, PyObject *name)
{
    PyTypeObject *type = Py_TYPE(owner);
    if (type->tp_getattro != PyObject_GenericGetAttr) { return 0; }
    PyObject *descr = hob_type_peek(type, name);
    uint32_t version = hob_type_give_version(type);
    if (!version) { return 0; }
    put_u32(at, 1, version);
    return descr && Py_TYPE(descr)->tp_descr_set && Py_TYPE(descr)->tp_descr_get
         ? load_attr_data(at, type, descr) : load_attr_stored(at, owner, name, descr);
}

void
hob_specialize_load_attr(_Py_CODEUNIT *at, PyObject *owner, PyObject *name)
{
    int form = PyModule_CheckExact(owner) ? load_attr_module(at, owner, name)
             : PyType_Check(owner) ? load_attr_class(at, owner, name)
                                   : load_attr_instance(at, owner, name);
    settle(at, COUNTER_AT_LOAD_ATTR, form);
}

/* --- STORE_ATTR --- */

static int
store_attr_form(_Py_CODEUNIT *at, PyObject *owner, PyObject *name)
{
    PyTypeObject *type = Py_TYPE(owner);
    if (type->tp_setattro != PyObject_GenericSetAttr || PyType_Check(owner)) { return 0; }
    PyObject *descr = hob_type_peek(type, name);
    uint32_t version = hob_type_give_version(type);
    if (!version) { return 0; }
    put_u32(at, 1, version);
    if (descr && Py_TYPE(descr)->tp_descr_set) {
        int offset = slot_offset(type, descr, true);
        at[4] = (uint16_t)offset;
        return offset ? STORE_ATTR_SLOT : 0;
    }
    PyObject *dict;
    Py_ssize_t i;
    switch (storage_of(owner, &dict)) {
    case STORE_VALUES:
        i = key_index(hob_instance_keys(type), name);
        at[4] = (uint16_t)i;
        return i < 0 ? 0 : STORE_ATTR_INSTANCE_VALUE;
    case STORE_DICT:
        return STORE_ATTR_WITH_HINT;
    default:
        return 0;
    }
}

void
hob_specialize_store_attr(_Py_CODEUNIT *at, PyObject *owner, PyObject *name)
{
    settle(at, COUNTER_AT_STORE_ATTR, store_attr_form(at, owner, name));
}

/* --- LOAD_METHOD --- */

static int
load_method_module(_Py_CODEUNIT *at, PyObject *owner, PyObject *name)
{
    PyObject *descr = hob_type_peek(&PyModule_Type, name);
    if (descr && Py_TYPE(descr)->tp_descr_set) { return 0; }
    uint32_t version;
    Py_ssize_t i = find_entry(hob_module_dict(owner), name, &version);
    if (i < 0 || !version) { return 0; }
    at[4] = (uint16_t)i;
    put_u32(at, 4, version);
    return LOAD_METHOD_MODULE;
}

static int
load_method_class(_Py_CODEUNIT *at, PyObject *owner, PyObject *name)
{
    PyObject *descr = class_attribute(owner, name);
    if (!descr) { return 0; }
    int form = LOAD_METHOD_CLASS;
    PyObject *target = descr;
    if (Py_IS_TYPE(descr, &PyStaticMethod_Type) || Py_IS_TYPE(descr, &PyClassMethod_Type)) {
        /* What it wraps is kept alive by descr, so the bound result can go. */
        own PyObject *bound = Py_TYPE(descr)->tp_descr_get(descr, NULL, owner);
        if (!bound) {
            PyErr_Clear();
            return 0;
        }
        target = bound;
        if (Py_IS_TYPE(descr, &PyClassMethod_Type)) {
            if (!Py_IS_TYPE(bound, &PyMethod_Type) || PyMethod_GET_SELF(bound) != owner ||
                !PyFunction_Check(PyMethod_GET_FUNCTION(bound))) {
                return 0;
            }
            target = PyMethod_GET_FUNCTION(bound);
            form = LOAD_METHOD_CLASSMETHOD;
        }
    }
    else if (Py_TYPE(descr)->tp_descr_get && !Py_IS_TYPE(descr, &PyFunction_Type)) {
        return 0;
    }
    uint32_t version = hob_type_give_version((PyTypeObject *)owner);
    uint32_t meta_version = hob_type_give_version(Py_TYPE(owner));
    if (!version || !meta_version) { return 0; }
    put_u32(at, 1, version);
    put_u32(at, 4, meta_version);
    put_object(at, 6, target);
    return form;
}

static int
load_method_instance(_Py_CODEUNIT *at, PyObject *owner, PyObject *name)
{
    PyTypeObject *type = Py_TYPE(owner);
    if (type->tp_getattro != PyObject_GenericGetAttr) { return 0; }
    PyObject *descr = hob_type_peek(type, name);
    uint32_t version = hob_type_give_version(type);
    if (!version || (descr && Py_TYPE(descr)->tp_descr_set)) { return 0; }
    bool is_method = descr && PyType_HasFeature(Py_TYPE(descr), Py_TPFLAGS_METHOD_DESCRIPTOR);
    PyObject *dict;
    enum storage storage = storage_of(owner, &dict);
    PyDictKeysObject *keys = storage == STORE_VALUES ? hob_instance_keys(type)
                           : dict ? ((PyDictObject *)dict)->ma_keys : NULL;
    put_u32(at, 1, version);
    put_object(at, 6, descr);
    if (storage == STORE_NOWHERE) { return is_method ? LOAD_METHOD_NO_DICT : 0; }
    if (storage == STORE_BODY && !dict) { return is_method ? LOAD_METHOD_LAZY_DICT : 0; }
    if (storage == STORE_UNKNOWN || !keys || !hob_keys_is_str(keys)) { return 0; }
    Py_ssize_t i = key_index(keys, name);
    if (i >= 0) {
        if (storage != STORE_VALUES || !(*hob_instance_values(owner))->values[i]) { return 0; }
        at[4] = (uint16_t)i;
        return LOAD_METHOD_INSTANCE_VALUE;
    }
    uint32_t keys_version = hob_keys_version(keys);
    if (!is_method || !keys_version) { return 0; }
    put_u32(at, 4, keys_version);
    at[4] = storage == STORE_BODY ? (uint16_t)type->tp_dictoffset : 0;
    return storage == STORE_VALUES ? LOAD_METHOD_WITH_VALUES : LOAD_METHOD_WITH_DICT;
}

void
hob_specialize_load_method(_Py_CODEUNIT *at, PyObject *owner, PyObject *name)
{
    int form = PyModule_CheckExact(owner) ? load_method_module(at, owner, name)
             : PyType_Check(owner) ? load_method_class(at, owner, name)
                                   : load_method_instance(at, owner, name);
    settle(at, COUNTER_AT_LOAD_METHOD, form);
}

/* --- PRECALL --- */

static int
call_function(_Py_CODEUNIT *at, PyFunctionObject *func, int nargs, PyObject *kwnames)
{
    PyCodeObject *code = (PyCodeObject *)func->func_code;
    uint32_t version = hob_function_version(func);
    if (!version || !(code->co_flags & CO_OPTIMIZED)) { return 0; }
    put_u32(at, 3, version);
    if (kwnames || code->co_kwonlyargcount ||
        code->co_flags & (CO_VARARGS | CO_VARKEYWORDS)) {
        return PRECALL_PY_GENERAL;
    }
    if (nargs == code->co_argcount) { return PRECALL_PYFUNC; }
    Py_ssize_t n_defaults = func->func_defaults ? PyTuple_GET_SIZE(func->func_defaults) : 0;
    Py_ssize_t n_required = code->co_argcount - n_defaults;
    if (n_required < 0 || nargs > code->co_argcount || nargs < n_required ||
        code->co_argcount > UINT16_MAX) {
        return 0;
    }
    at[6] = (uint16_t)n_required;
    return PRECALL_PY_DEFAULTS;
}

/* super() followed by the load of a method. */
static int
call_super(_Py_CODEUNIT *at, hob_frame *frame)
{
    _Py_CODEUNIT load = at[7];
    PyCodeObject *code = frame->code;
    if (base_op(load) != LOAD_METHOD || code->co_argcount == 0) { return 0; }
    PyObject *name = PyTuple_GET_ITEM(code->co_names, load >> 8);
    PyTypeObject *start;
    PyObject *self;
    if (name == ID(__class__) || hob_frame_super_args(&start, &self) < 0) {
        PyErr_Clear();
        return 0;
    }
    PyTypeObject *type = Py_TYPE(self);
    if (!PyType_IsSubtype(type, start) || PyType_Check(self)) { return 0; }
    int slot = -1;
    for (int i = code->co_nlocalsplus - code->co_nfreevars; i < code->co_nlocalsplus; i++) {
        PyObject *cell = frame->slots[i];
        if (cell && PyCell_Check(cell) && PyCell_GET(cell) == (PyObject *)start &&
            PyTuple_GET_ITEM(code->co_localsplusnames, i) == ID(__class__)) {
            slot = i;
        }
    }
    bool unbound = false;
    own PyObject *method = hob_super_getattr(start, self, name, &unbound);
    if (!method) { PyErr_Clear(); }
    uint32_t version = hob_type_give_version(type);
    if (!method || !unbound || !version || slot < 0 || slot > UINT16_MAX) { return 0; }
    at[1] = new_side(at, method, version);
    hob_side *side = &hob_side_table[at[1]];
    side->start = (PyObject *)start;
    side->extra = frame->slots[0] != self;
    at[6] = (uint16_t)slot;
    return PRECALL_SUPER_METHOD;
}

static int
call_class(_Py_CODEUNIT *at, PyTypeObject *type, int oparg, PyObject *kwnames, hob_frame *frame)
{
    if (!kwnames && oparg == 1) {
        if (type == &PyUnicode_Type) { return PRECALL_NO_KW_STR_1; }
        if (type == &PyType_Type) { return PRECALL_NO_KW_TYPE_1; }
        if (type == &PyTuple_Type) { return PRECALL_NO_KW_TUPLE_1; }
    }
    if (type == &PySuper_Type && oparg == 0) { return call_super(at, frame); }
    PyObject *init = hob_class_plain_init(type);
    if (init && Py_IS_TYPE(init, &PyFunction_Type)) {
        PyCodeObject *code = (PyCodeObject *)((PyFunctionObject *)init)->func_code;
        uint32_t version = hob_type_give_version(type);
        uint32_t init_version = hob_function_version((PyFunctionObject *)init);
        bool runs = code->co_flags & CO_OPTIMIZED &&
                    !(code->co_flags & (CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR));
        if (version && init_version && runs) {
            put_u32(at, 3, version);
            at[1] = new_side(at, init, init_version);
            hob_side_table[at[1]].extra = !kwnames && is_simple(init, oparg + 1);
            return PRECALL_PY_CLASS;
        }
    }
    return hob_type_maker(type) ? PRECALL_BUILTIN_CLASS : 0;
}

static int
call_builtin(PyObject *callable, int nargs, PyObject *kwnames)
{
    if (!kwnames && nargs == 1 && callable == hob_builtin_len) { return PRECALL_NO_KW_LEN; }
    if (!kwnames && nargs == 2 && callable == hob_builtin_isinstance) {
        return PRECALL_NO_KW_ISINSTANCE;
    }
    switch (PyCFunction_GET_FLAGS(callable)) {
    case METH_O:
        return !kwnames && nargs == 1 ? PRECALL_NO_KW_BUILTIN_O : 0;
    case METH_FASTCALL:
        return !kwnames ? PRECALL_NO_KW_BUILTIN_FAST : 0;
    case METH_FASTCALL | METH_KEYWORDS:
        return PRECALL_BUILTIN_FAST_WITH_KEYWORDS;
    default:
        return 0;
    }
}

static int
call_descriptor(PyMethodDescrObject *descr, PyObject *self, int oparg, PyObject *kwnames)
{
    if (!Py_IS_TYPE(self, PyDescr_TYPE(descr))) { return 0; }
    switch (descr->d_method->ml_flags) {
    case METH_NOARGS:
        return !kwnames && oparg == 0 ? PRECALL_NO_KW_METHOD_DESCRIPTOR_NOARGS : 0;
    case METH_O:
        if (kwnames || oparg != 1) { return 0; }
        return (PyObject *)descr == hob_list_append_descr ? PRECALL_NO_KW_LIST_APPEND
                                                          : PRECALL_NO_KW_METHOD_DESCRIPTOR_O;
    case METH_FASTCALL:
        return !kwnames ? PRECALL_NO_KW_METHOD_DESCRIPTOR_FAST : 0;
    case METH_FASTCALL | METH_KEYWORDS:
        return PRECALL_METHOD_DESCRIPTOR_FAST_WITH_KEYWORDS;
    default:
        return 0;
    }
}

void
hob_specialize_precall(_Py_CODEUNIT *at, int oparg, PyObject **sp, PyObject *kwnames,
                       hob_frame *frame)
{
    bool has_self = sp[-(oparg + 2)] != NULL;
    int nargs = oparg + has_self, form = 0;
    PyObject **args = sp - nargs, *callable = args[-1];
    if (Py_IS_TYPE(callable, &PyFunction_Type)) {
        form = call_function(at, (PyFunctionObject *)callable, nargs, kwnames);
    }
    else if (Py_IS_TYPE(callable, &PyMethod_Type) && !has_self) {
        PyObject *func = PyMethod_GET_FUNCTION(callable);
        if (!kwnames && is_simple(func, oparg + 1)) {
            uint32_t version = hob_function_version((PyFunctionObject *)func);
            put_u32(at, 3, version);
            form = version ? PRECALL_BOUND_METHOD : 0;
        }
    }
    else if (PyType_Check(callable)) {
        form = has_self ? 0 : call_class(at, (PyTypeObject *)callable, oparg, kwnames, frame);
    }
    else if (PyCFunction_CheckExact(callable)) {
        form = call_builtin(callable, nargs, kwnames);
    }
    else if (Py_IS_TYPE(callable, &PyMethodDescr_Type) && has_self) {
        form = call_descriptor((PyMethodDescrObject *)callable, args[0], oparg, kwnames);
    }
    settle(at, COUNTER_AT_PRECALL, form);
}

/* --- FOR_ITER: no cache --- */

void
hob_specialize_for_iter(_Py_CODEUNIT *at, int oparg, PyObject *iter)
{
    PyTypeObject *type = Py_TYPE(iter);
    _Py_CODEUNIT next = at[1];
    bool pairs = base_op(next) == UNPACK_SEQUENCE && next >> 8 == 2;
    int form = FOR_ITER_MIXED;
    if (type == &PyListIter_Type) { form = FOR_ITER_LIST; }
    else if (type == &PyTupleIter_Type) { form = FOR_ITER_TUPLE; }
    else if (type == &PyRangeIter_Type) {
        form = base_op(next) == STORE_FAST ? FOR_ITER_RANGE_FAST : FOR_ITER_RANGE;
    }
    else if (type == &PyGen_Type) { form = FOR_ITER_GENERATOR; }
    else if (type == &PyDictIterKey_Type) { form = FOR_ITER_DICT_KEYS; }
    else if (type == &PyDictIterValue_Type) { form = FOR_ITER_DICT_VALUES; }
    else if (type == &PyDictIterItem_Type && pairs) { form = FOR_ITER_DICT_PAIRS; }
    else if (type == &PyEnum_Type && pairs) { form = FOR_ITER_ENUMERATE; }
    _Py_SET_OPCODE(*at, form);
}

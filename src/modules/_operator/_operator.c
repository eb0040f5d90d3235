/* _operator.c -- the operators of the language as functions.
 *
 * Those that only pass their arguments on to the C API come from the tables
 * below; the rest parse theirs by the generated code.
 * Next       getters.c (itemgetter, attrgetter, methodcaller)
 */
#include <Python.h>

#include "memory/own.h"
#include "modules/_operator/_operator.h"
#include "objects/scan.h"
#include "objects/str/str.h"

/* --- tables --- */

/* X(name, C function, doc) of one argument with an object for an answer */
#define UNARY(X)                                                        \
    X(index, PyNumber_Index, "Same as a.__index__()")                   \
    X(neg, PyNumber_Negative, "Same as -a.")                            \
    X(pos, PyNumber_Positive, "Same as +a.")                            \
    X(inv, PyNumber_Invert, "Same as ~a.")                              \
    X(invert, PyNumber_Invert, "Same as ~a.")                           \
    X(abs, PyNumber_Absolute, "Same as abs(a).")

#define BINARY(X)                                                       \
    X(add, PyNumber_Add, "Same as a + b.")                              \
    X(sub, PyNumber_Subtract, "Same as a - b.")                         \
    X(mul, PyNumber_Multiply, "Same as a * b.")                         \
    X(matmul, PyNumber_MatrixMultiply, "Same as a @ b.")                \
    X(floordiv, PyNumber_FloorDivide, "Same as a // b.")                \
    X(truediv, PyNumber_TrueDivide, "Same as a / b.")                   \
    X(mod, PyNumber_Remainder, "Same as a % b.")                        \
    X(lshift, PyNumber_Lshift, "Same as a << b.")                       \
    X(rshift, PyNumber_Rshift, "Same as a >> b.")                       \
    X(and_, PyNumber_And, "Same as a & b.")                             \
    X(xor, PyNumber_Xor, "Same as a ^ b.")                              \
    X(or_, PyNumber_Or, "Same as a | b.")                               \
    X(iadd, PyNumber_InPlaceAdd, "Same as a += b.")                     \
    X(isub, PyNumber_InPlaceSubtract, "Same as a -= b.")                \
    X(imul, PyNumber_InPlaceMultiply, "Same as a *= b.")                \
    X(imatmul, PyNumber_InPlaceMatrixMultiply, "Same as a @= b.")       \
    X(ifloordiv, PyNumber_InPlaceFloorDivide, "Same as a //= b.")       \
    X(itruediv, PyNumber_InPlaceTrueDivide, "Same as a /= b.")          \
    X(imod, PyNumber_InPlaceRemainder, "Same as a %= b.")               \
    X(ilshift, PyNumber_InPlaceLshift, "Same as a <<= b.")              \
    X(irshift, PyNumber_InPlaceRshift, "Same as a >>= b.")              \
    X(iand, PyNumber_InPlaceAnd, "Same as a &= b.")                     \
    X(ixor, PyNumber_InPlaceXor, "Same as a ^= b.")                     \
    X(ior, PyNumber_InPlaceOr, "Same as a |= b.")                       \
    X(concat, PySequence_Concat, "Same as a + b, for a and b sequences.") \
    X(iconcat, PySequence_InPlaceConcat, "Same as a += b, for a and b sequences.") \
    X(getitem, PyObject_GetItem, "Same as a[b].")                       \
    X(pow, power, "Same as a ** b.")                                    \
    X(ipow, power_inplace, "Same as a **= b.")                          \
    X(lt, less, "Same as a < b.")                                       \
    X(le, less_equal, "Same as a <= b.")                                \
    X(eq, equal, "Same as a == b.")                                     \
    X(ne, not_equal, "Same as a != b.")                                 \
    X(gt, greater, "Same as a > b.")                                    \
    X(ge, greater_equal, "Same as a >= b.")

#define WITH(name, call) static PyObject *name(PyObject *a, PyObject *b) { return call; }
WITH(power, PyNumber_Power(a, b, Py_None))
WITH(power_inplace, PyNumber_InPlacePower(a, b, Py_None))
WITH(less, hob_scan_compare(a, b, Py_LT))
WITH(less_equal, hob_scan_compare(a, b, Py_LE))
WITH(equal, hob_scan_compare(a, b, Py_EQ))
WITH(not_equal, hob_scan_compare(a, b, Py_NE))
WITH(greater, hob_scan_compare(a, b, Py_GT))
WITH(greater_equal, hob_scan_compare(a, b, Py_GE))
#undef WITH

#define X(name, func, doc)                                              \
    static PyObject *                                                   \
    operator_##name(PyObject *module, PyObject *a)                      \
    {                                                                   \
        return func(a);                                                 \
    }
UNARY(X)
#undef X

#define X(name, func, doc)                                              \
    static PyObject *                                                   \
    operator_##name(PyObject *module, PyObject *const *args, Py_ssize_t nargs) \
    {                                                                   \
        if (!_PyArg_CheckPositional(#name, nargs, 2, 2)) { return NULL; } \
        return func(args[0], args[1]);                                  \
    }
BINARY(X)
#undef X

static PyMethodDef table_methods[] = {
#define X(name, func, doc)                                              \
    {#name, operator_##name, METH_O, #name "($module, a, /)\n--\n\n" doc},
    UNARY(X)
#undef X
#define X(name, func, doc)                                              \
    {#name, (PyCFunction)(void (*)(void))operator_##name, METH_FASTCALL, \
     #name "($module, a, b, /)\n--\n\n" doc},
    BINARY(X)
#undef X
    {NULL},
};

/* --- the others --- */

/** truth($module, a, /)
 *
 *  bool(a).
 */
static tri
operator_truth(PyObject *module, PyObject *a)
{
    return PyObject_IsTrue(a);
}

/** not_($module, a, /)
 *
 *  Same as not a.
 */
static tri
operator_not_(PyObject *module, PyObject *a)
{
    return PyObject_Not(a);
}

/** is_($module, a, b, /)
 *
 *  Same as a is b.
 */
static bool
operator_is_(PyObject *module, PyObject *a, PyObject *b)
{
    return a == b;
}

/** is_not($module, a, b, /)
 *
 *  a is not b.
 */
static bool
operator_is_not(PyObject *module, PyObject *a, PyObject *b)
{
    return a != b;
}

/** contains($module, a, b, /)
 *
 *  b in a: mind the order.
 */
static tri
operator_contains(PyObject *module, PyObject *a, PyObject *b)
{
    return PyUnicode_CheckExact(a) ? hob_str_contains(a, b) : PySequence_Contains(a, b);
}

/** countOf($module, a, b, /)
 *
 *  How many items of a are b or equal it.
 */
static Py_ssize_t
operator_countOf(PyObject *module, PyObject *a, PyObject *b)
{
    return PySequence_Count(a, b);
}

/** indexOf($module, a, b, /)
 *
 *  The place of the first item of a that is b or equals it.
 */
static Py_ssize_t
operator_indexOf(PyObject *module, PyObject *a, PyObject *b)
{
    return PySequence_Index(a, b);
}

/** setitem($module, a, b, c, /)
 *
 *  Same as a[b] = c.
 */
static status
operator_setitem(PyObject *module, PyObject *a, PyObject *b, PyObject *c)
{
    return PyObject_SetItem(a, b, c);
}

/** delitem($module, a, b, /)
 *
 *  Same as del a[b].
 */
static status
operator_delitem(PyObject *module, PyObject *a, PyObject *b)
{
    return PyObject_DelItem(a, b);
}

/** length_hint($module, obj, default=0, /)
 *
 *  How many items obj is likely to yield, at least 0.
 *
 *  len() if it has one, else what its __length_hint__() guesses, else default.
 */
static Py_ssize_t
operator_length_hint(PyObject *module, PyObject *obj, Py_ssize_t default_)
{
    return PyObject_LengthHint(obj, default_);
}

/** call($module, obj, /, *args, **kwargs)
 *
 *  Same as obj(*args, **kwargs).
 */
static PyObject *
operator_call(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    if (!_PyArg_CheckPositional("call", nargs, 1, PY_SSIZE_T_MAX)) { return NULL; }
    return PyObject_Vectorcall(args[0], args + 1,
                               (size_t)(nargs - 1) | PY_VECTORCALL_ARGUMENTS_OFFSET, kwnames);
}

/* Equality whose time depends on the length of b alone. */
static bool
equal_in_constant_time(const unsigned char *a, Py_ssize_t len_a, const unsigned char *b,
                       Py_ssize_t len_b)
{
    const volatile unsigned char *left = len_a == len_b ? a : b, *right = b;
    volatile unsigned char differs = len_a != len_b;
    for (volatile Py_ssize_t i = 0; i < len_b; i++) { differs |= left[i] ^ right[i]; }
    return !differs;
}

static status
get_flat_buffer(PyObject *op, Py_buffer *view)
{
    if (PyObject_GetBuffer(op, view, PyBUF_SIMPLE) < 0) { return -1; }
    if (view->ndim <= 1) { return 0; }
    PyBuffer_Release(view);
    PyErr_SetString(PyExc_BufferError, "Buffer must be single dimension");
    return -1;
}

/** _compare_digest($module, a, b, /)
 *
 *  Whether a equals b, in a time that does not depend on where they differ.
 *
 *  Both are str of ASCII alone, or both bytes-like. Made for secrets; still, the
 *  time may tell their type and their length.
 */
static tri
operator_compare_digest(PyObject *module, PyObject *a, PyObject *b)
{
    if (PyUnicode_Check(a) && PyUnicode_Check(b)) {
        if (!PyUnicode_IS_ASCII(a) || !PyUnicode_IS_ASCII(b)) {
            PyErr_SetString(PyExc_TypeError,
                            "comparing strings with non-ASCII characters is not supported");
            return -1;
        }
        return equal_in_constant_time(PyUnicode_DATA(a), PyUnicode_GET_LENGTH(a),
                                      PyUnicode_DATA(b),
                                      PyUnicode_GET_LENGTH(b));
    }
    if (!PyObject_CheckBuffer(a) && !PyObject_CheckBuffer(b)) {
        PyErr_Format(PyExc_TypeError, "unsupported operand types(s) or combination of types: "
                     "'%.100s' and '%.100s'", Py_TYPE(a)->tp_name, Py_TYPE(b)->tp_name);
        return -1;
    }
    Py_buffer left, right;
    if (get_flat_buffer(a, &left) < 0) { return -1; }
    if (get_flat_buffer(b, &right) < 0) {
        PyBuffer_Release(&left);
        return -1;
    }
    tri answer = equal_in_constant_time(left.buf, left.len, right.buf, right.len);
    PyBuffer_Release(&left);
    PyBuffer_Release(&right);
    return answer;
}

#include "gen/modules/_operator/_operator.bind.h"

/* --- the module --- */

static status
add_type(PyObject *module, PyType_Spec *spec)
{
    own PyObject *type = PyType_FromModuleAndSpec(module, spec, NULL);
    return type ? PyModule_AddType(module, (PyTypeObject *)type) : -1;
}

static int
module_exec(PyObject *module)
{
    if (PyModule_AddFunctions(module, table_methods) < 0
        || add_type(module, &hob_attrgetter_spec) < 0
        || add_type(module, &hob_itemgetter_spec) < 0
        || add_type(module, &hob_methodcaller_spec) < 0) {
        return -1;
    }
    return 0;
}

static PyModuleDef_Slot module_slots[] = {
    {Py_mod_exec, module_exec},
    {0, NULL},
};

PyDoc_STRVAR(module_doc,
"Operator interface.\n"
"\n"
"The operators of the language as functions written in C: operator.add(x, y) is\n"
"x+y, and so on.  The functions are named after the special methods, without the\n"
"leading and trailing '__'.");

static struct PyModuleDef module_def = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_operator",
    .m_doc = module_doc,
    .m_size = 0,
    .m_methods = module_methods,
    .m_slots = module_slots,
};

PyMODINIT_FUNC
PyInit__operator(void)
{
    return PyModuleDef_Init(&module_def);
}

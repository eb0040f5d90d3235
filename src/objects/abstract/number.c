/* number.c -- the number protocol: operators and conversions.
 *
 * Rule       the left operand's slot goes first, except that the right one's does
 *            when its type derives from the left's; NotImplemented passes on; at
 *            last + and * try the sequence slots.
 * Next       sequence.c
 */
#include "memory/own.h"
#include "objects/call.h"
#include "objects/ids.h"
#include "objects/object.h"

/* --- errors --- */

static COLD void *
error_operands(PyObject *left, PyObject *right, const char *sign)
{
    PyErr_Format(PyExc_TypeError,
                 "unsupported operand type(s) for %.100s: '%.100s' and '%.100s'",
                 sign, Py_TYPE(left)->tp_name, Py_TYPE(right)->tp_name);
    return NULL;
}

/* --- slots --- */

#define NB(slot) offsetof(PyNumberMethods, slot)

static inline void *
slot_of(PyTypeObject *type, size_t offset)
{
    return type->tp_as_number ? *(void **)((char *)type->tp_as_number + offset) : NULL;
}

/* Try both operands; NotImplemented (new reference) when neither knows. */
static PyObject *
binary(PyObject *left, PyObject *right, size_t offset)
{
    PyTypeObject *tl = Py_TYPE(left), *tr = Py_TYPE(right);
    binaryfunc first = slot_of(tl, offset);
    binaryfunc second = NULL;
    if (tl != tr) {
        second = slot_of(tr, offset);
        if (second == first) { second = NULL; }
    }
    if (first) {
        PyObject *result;
        if (second && PyType_IsSubtype(tr, tl)) {
            result = second(left, right);
            if (result != Py_NotImplemented) { return result; }
            Py_DECREF(result);
            second = NULL;
        }
        result = first(left, right);
        if (result != Py_NotImplemented) { return result; }
        Py_DECREF(result);
    }
    if (second) { return second(left, right); }
    return Py_NewRef(Py_NotImplemented);
}

static PyObject *
inplace(PyObject *left, PyObject *right, size_t inplace_offset, size_t offset)
{
    binaryfunc slot = slot_of(Py_TYPE(left), inplace_offset);
    if (slot) {
        PyObject *result = slot(left, right);
        if (result != Py_NotImplemented) { return result; }
        Py_DECREF(result);
    }
    return binary(left, right, offset);
}

static inline PyObject *
known_or_error(PyObject *result, PyObject *left, PyObject *right, const char *sign)
{
    if (LIKELY(result != Py_NotImplemented)) { return result; }
    Py_DECREF(result);
    return error_operands(left, right, sign);
}

/* --- the plain operators --- */

#define OPERATOR(Name, slot, sign)                                              \
    PyObject *                                                                  \
    PyNumber_##Name(PyObject *left, PyObject *right)                            \
    {                                                                           \
        return known_or_error(binary(left, right, NB(slot)), left, right, sign); \
    }
OPERATOR(Or, nb_or, "|")
OPERATOR(Xor, nb_xor, "^")
OPERATOR(And, nb_and, "&")
OPERATOR(Lshift, nb_lshift, "<<")
OPERATOR(Subtract, nb_subtract, "-")
OPERATOR(Divmod, nb_divmod, "divmod()")
OPERATOR(FloorDivide, nb_floor_divide, "//")
OPERATOR(TrueDivide, nb_true_divide, "/")
OPERATOR(Remainder, nb_remainder, "%")
OPERATOR(MatrixMultiply, nb_matrix_multiply, "@")
#undef OPERATOR

#define INPLACE(Name, inplace_slot, slot, sign)                                 \
    PyObject *                                                                  \
    PyNumber_InPlace##Name(PyObject *left, PyObject *right)                     \
    {                                                                           \
        return known_or_error(inplace(left, right, NB(inplace_slot), NB(slot)), left, right, \
                              sign);                                            \
    }
INPLACE(Or, nb_inplace_or, nb_or, "|=")
INPLACE(Xor, nb_inplace_xor, nb_xor, "^=")
INPLACE(And, nb_inplace_and, nb_and, "&=")
INPLACE(Lshift, nb_inplace_lshift, nb_lshift, "<<=")
INPLACE(Rshift, nb_inplace_rshift, nb_rshift, ">>=")
INPLACE(Subtract, nb_inplace_subtract, nb_subtract, "-=")
INPLACE(FloorDivide, nb_inplace_floor_divide, nb_floor_divide, "//=")
INPLACE(TrueDivide, nb_inplace_true_divide, nb_true_divide, "/=")
INPLACE(Remainder, nb_inplace_remainder, nb_remainder, "%=")
INPLACE(MatrixMultiply, nb_inplace_matrix_multiply, nb_matrix_multiply, "@=")
#undef INPLACE

/* print >>file, the way of Python 2, gets a hint. */
PyObject *
PyNumber_Rshift(PyObject *left, PyObject *right)
{
    PyObject *result = binary(left, right, NB(nb_rshift));
    if (LIKELY(result != Py_NotImplemented)) { return result; }
    Py_DECREF(result);
    if (PyCFunction_CheckExact(left)
        && strcmp(((PyCFunctionObject *)left)->m_ml->ml_name, "print") == 0) {
        PyErr_Format(PyExc_TypeError,
                     "unsupported operand type(s) for >>: '%.100s' and '%.100s'. "
                     "Did you mean \"print(<message>, file=<output_stream>)\"?",
                     Py_TYPE(left)->tp_name, Py_TYPE(right)->tp_name);
        return NULL;
    }
    return error_operands(left, right, ">>");
}

/* --- + and *, which sequences know too --- */

PyObject *
PyNumber_Add(PyObject *left, PyObject *right)
{
    PyObject *result = binary(left, right, NB(nb_add));
    if (result != Py_NotImplemented) { return result; }
    Py_DECREF(result);
    PySequenceMethods *sequence = Py_TYPE(left)->tp_as_sequence;
    if (sequence && sequence->sq_concat) { return sequence->sq_concat(left, right); }
    return error_operands(left, right, "+");
}

PyObject *
PyNumber_InPlaceAdd(PyObject *left, PyObject *right)
{
    PyObject *result = inplace(left, right, NB(nb_inplace_add), NB(nb_add));
    if (result != Py_NotImplemented) { return result; }
    Py_DECREF(result);
    PySequenceMethods *sequence = Py_TYPE(left)->tp_as_sequence;
    if (sequence) {
        binaryfunc concat = sequence->sq_inplace_concat ? sequence->sq_inplace_concat
                                                        : sequence->sq_concat;
        if (concat) { return concat(left, right); }
    }
    return error_operands(left, right, "+=");
}

static PyObject *
repeat(ssizeargfunc slot, PyObject *sequence, PyObject *count)
{
    if (!PyIndex_Check(count)) {
        return hob_error_type("can't multiply sequence by non-int of type '%.200s'", count);
    }
    Py_ssize_t n = PyNumber_AsSsize_t(count, PyExc_OverflowError);
    if (n == -1 && PyErr_Occurred()) { return NULL; }
    return slot(sequence, n);
}

PyObject *
PyNumber_Multiply(PyObject *left, PyObject *right)
{
    PyObject *result = binary(left, right, NB(nb_multiply));
    if (result != Py_NotImplemented) { return result; }
    Py_DECREF(result);
    PySequenceMethods *a = Py_TYPE(left)->tp_as_sequence, *b = Py_TYPE(right)->tp_as_sequence;
    if (a && a->sq_repeat) { return repeat(a->sq_repeat, left, right); }
    if (b && b->sq_repeat) { return repeat(b->sq_repeat, right, left); }
    return error_operands(left, right, "*");
}

PyObject *
PyNumber_InPlaceMultiply(PyObject *left, PyObject *right)
{
    PyObject *result = inplace(left, right, NB(nb_inplace_multiply), NB(nb_multiply));
    if (result != Py_NotImplemented) { return result; }
    Py_DECREF(result);
    PySequenceMethods *a = Py_TYPE(left)->tp_as_sequence, *b = Py_TYPE(right)->tp_as_sequence;
    if (a) {
        ssizeargfunc slot = a->sq_inplace_repeat ? a->sq_inplace_repeat : a->sq_repeat;
        if (slot) { return repeat(slot, left, right); }
    }
    else if (b && b->sq_repeat) {
        return repeat(b->sq_repeat, right, left);
    }
    return error_operands(left, right, "*=");
}

/* --- ** --- */

/* left, right, third: whoever has a slot is asked, a subclass on the right first. */
static PyObject *
power(PyObject *left, PyObject *right, PyObject *third, const char *sign)
{
    PyTypeObject *tl = Py_TYPE(left), *tr = Py_TYPE(right);
    ternaryfunc first = slot_of(tl, NB(nb_power)), second = NULL, last;
    PyObject *result;
    if (tl != tr) {
        second = slot_of(tr, NB(nb_power));
        if (second == first) { second = NULL; }
    }
    ternaryfunc first_asked = first, second_asked = second;
    if (first) {
        if (second && PyType_IsSubtype(tr, tl)) {
            result = second(left, right, third);
            if (result != Py_NotImplemented) { return result; }
            Py_DECREF(result);
            second = NULL;
        }
        result = first(left, right, third);
        if (result != Py_NotImplemented) { return result; }
        Py_DECREF(result);
    }
    if (second) {
        result = second(left, right, third);
        if (result != Py_NotImplemented) { return result; }
        Py_DECREF(result);
    }
    last = slot_of(Py_TYPE(third), NB(nb_power));
    if (last && last != first_asked && last != second_asked) {
        result = last(left, right, third);
        if (result != Py_NotImplemented) { return result; }
        Py_DECREF(result);
    }
    if (third == Py_None) { return error_operands(left, right, sign); }
    PyErr_Format(PyExc_TypeError,
                 "unsupported operand type(s) for %.100s: '%.100s', '%.100s', '%.100s'", sign,
                 tl->tp_name, tr->tp_name, Py_TYPE(third)->tp_name);
    return NULL;
}

PyObject *
PyNumber_Power(PyObject *left, PyObject *right, PyObject *third)
{
    return power(left, right, third, "** or pow()");
}

PyObject *
PyNumber_InPlacePower(PyObject *left, PyObject *right, PyObject *third)
{
    ternaryfunc slot = slot_of(Py_TYPE(left), NB(nb_inplace_power));
    if (slot) {
        PyObject *result = slot(left, right, third);
        if (result != Py_NotImplemented) { return result; }
        Py_DECREF(result);
    }
    return power(left, right, third, "**=");
}

/* --- unary --- */

#define UNARY(Name, slot, sign)                                                 \
    PyObject *                                                                  \
    PyNumber_##Name(PyObject *self)                                             \
    {                                                                           \
        if (UNLIKELY(!self)) { return hob_error_null(); }                       \
        unaryfunc func = slot_of(Py_TYPE(self), NB(slot));                      \
        if (LIKELY(func != NULL)) { return func(self); }                        \
        return hob_error_type("bad operand type for " sign ": '%.200s'", self); \
    }
UNARY(Negative, nb_negative, "unary -")
UNARY(Positive, nb_positive, "unary +")
UNARY(Invert, nb_invert, "unary ~")
UNARY(Absolute, nb_absolute, "abs()")
#undef UNARY

/* --- questions --- */

int
PyNumber_Check(PyObject *self)
{
    if (!self) { return 0; }
    PyNumberMethods *number = Py_TYPE(self)->tp_as_number;
    return (number && (number->nb_index || number->nb_int || number->nb_float))
        || PyComplex_Check(self);
}

int
PyIndex_Check(PyObject *self)
{
    return slot_of(Py_TYPE(self), NB(nb_index)) != NULL;
}

/* --- to int --- */

/* An instance of a subclass of int from __index__ or __int__: warn, pass it on.
 * Consumes result. */
static PyObject *
checked_int(STOLEN PyObject *result, const char *method)
{
    if (!result || PyLong_CheckExact(result)) { return result; }
    if (!PyLong_Check(result)) {
        PyErr_Format(PyExc_TypeError, "%s returned non-int (type %.200s)", method,
                     Py_TYPE(result)->tp_name);
        Py_DECREF(result);
        return NULL;
    }
    if (PyErr_WarnFormat(PyExc_DeprecationWarning, 1,
                         "%s returned non-int (type %.200s).  The ability to return an "
                         "instance of a strict subclass of int is deprecated, and may not "
                         "be supported in a future version of Python.", method,
                         Py_TYPE(result)->tp_name) < 0) {
        Py_DECREF(result);
        return NULL;
    }
    return result;
}

/* Consumes result; an exact int of the same value. */
static PyObject *
exact_int(STOLEN PyObject *result)
{
    if (!result || PyLong_CheckExact(result)) { return result; }
    PyObject *exact = _PyLong_Copy((PyLongObject *)result);
    Py_DECREF(result);
    return exact;
}

PyObject *
_PyNumber_Index(PyObject *self)
{
    if (UNLIKELY(!self)) { return hob_error_null(); }
    if (PyLong_Check(self)) { return Py_NewRef(self); }
    unaryfunc slot = slot_of(Py_TYPE(self), NB(nb_index));
    if (!slot) {
        return hob_error_type("'%.200s' object cannot be interpreted as an integer", self);
    }
    return checked_int(slot(self), "__index__");
}

PyObject *
PyNumber_Index(PyObject *self)
{
    return exact_int(_PyNumber_Index(self));
}

Py_ssize_t
PyNumber_AsSsize_t(PyObject *self, PyObject *error)
{
    own PyObject *index = _PyNumber_Index(self);
    if (!index) { return -1; }
    Py_ssize_t n = PyLong_AsSsize_t(index);
    if (n != -1 || !PyErr_Occurred()) { return n; }
    if (!hob_error_drop(PyExc_OverflowError)) { return -1; }
    if (!error) { return _PyLong_Sign(index) < 0 ? PY_SSIZE_T_MIN : PY_SSIZE_T_MAX; }
    PyErr_Format(error, "cannot fit '%.200s' into an index-sized integer",
                 Py_TYPE(self)->tp_name);
    return -1;
}

/* int() of an object that has __trunc__ only. */
static PyObject *
int_by_trunc(PyObject *method)
{
    if (PyErr_WarnEx(PyExc_DeprecationWarning,
                     "The delegation of int() to __trunc__ is deprecated.", 1) < 0) {
        return NULL;
    }
    own PyObject *truncated = hob_call_noargs(method);
    if (!truncated || PyLong_CheckExact(truncated)) { return take(truncated); }
    if (PyLong_Check(truncated)) { return _PyLong_Copy((PyLongObject *)truncated); }
    if (!PyIndex_Check(truncated)) {
        PyErr_Format(PyExc_TypeError, "__trunc__ returned non-Integral (type %.200s)",
                     Py_TYPE(truncated)->tp_name);
        return NULL;
    }
    return PyNumber_Index(truncated);
}

static PyObject *
int_from_buffer(PyObject *self)
{
    Py_buffer view;
    if (PyObject_GetBuffer(self, &view, PyBUF_SIMPLE) < 0) { return NULL; }
    own PyObject *bytes = PyBytes_FromStringAndSize(view.buf, view.len);    /* adds the NUL */
    PyBuffer_Release(&view);
    if (!bytes) { return NULL; }
    return _PyLong_FromBytes(PyBytes_AS_STRING(bytes), PyBytes_GET_SIZE(bytes), 10);
}

PyObject *
PyNumber_Long(PyObject *self)
{
    if (UNLIKELY(!self)) { return hob_error_null(); }
    if (PyLong_CheckExact(self)) { return Py_NewRef(self); }
    unaryfunc slot = slot_of(Py_TYPE(self), NB(nb_int));
    if (slot) {
        PyObject *result = slot(self);
        return exact_int(checked_int(result, "__int__"));
    }
    if (PyIndex_Check(self)) { return PyNumber_Index(self); }
    own PyObject *trunc = _PyObject_LookupSpecial(self, ID(__trunc__));
    if (trunc) { return int_by_trunc(trunc); }
    if (PyErr_Occurred()) { return NULL; }

    if (PyUnicode_Check(self)) { return PyLong_FromUnicodeObject(self, 10); }
    if (PyBytes_Check(self)) {
        return _PyLong_FromBytes(PyBytes_AS_STRING(self), PyBytes_GET_SIZE(self), 10);
    }
    if (PyByteArray_Check(self)) {
        return _PyLong_FromBytes(PyByteArray_AS_STRING(self), PyByteArray_GET_SIZE(self), 10);
    }
    if (PyObject_CheckBuffer(self)) { return int_from_buffer(self); }
    return hob_error_type("int() argument must be a string, a bytes-like object or a real "
                          "number, not '%.200s'", self);
}

PyObject *
PyNumber_ToBase(PyObject *self, int base)
{
    if (base != 2 && base != 8 && base != 10 && base != 16) {
        PyErr_SetString(PyExc_SystemError, "PyNumber_ToBase: base must be 2, 8, 10 or 16");
        return NULL;
    }
    own PyObject *index = _PyNumber_Index(self);
    return index ? _PyLong_Format(index, base) : NULL;
}

/* --- to float --- */

/* Consumes result of self.__float__(). */
static PyObject *
checked_float(STOLEN PyObject *result, PyObject *self)
{
    if (!result || PyFloat_CheckExact(result)) { return result; }
    own PyObject *value = result;
    if (!PyFloat_Check(value)) {
        PyErr_Format(PyExc_TypeError, "%.50s.__float__ returned non-float (type %.50s)",
                     Py_TYPE(self)->tp_name, Py_TYPE(value)->tp_name);
        return NULL;
    }
    if (PyErr_WarnFormat(PyExc_DeprecationWarning, 1,
                         "%.50s.__float__ returned non-float (type %.50s).  The ability to "
                         "return an instance of a strict subclass of float is deprecated, "
                         "and may not be supported in a future version of Python.",
                         Py_TYPE(self)->tp_name, Py_TYPE(value)->tp_name) < 0) {
        return NULL;
    }
    return PyFloat_FromDouble(PyFloat_AS_DOUBLE(value));
}

PyObject *
PyNumber_Float(PyObject *self)
{
    if (UNLIKELY(!self)) { return hob_error_null(); }
    if (PyFloat_CheckExact(self)) { return Py_NewRef(self); }
    unaryfunc slot = slot_of(Py_TYPE(self), NB(nb_float));
    if (slot) { return checked_float(slot(self), self); }
    if (PyIndex_Check(self)) {
        own PyObject *index = _PyNumber_Index(self);
        if (!index) { return NULL; }
        double value = PyLong_AsDouble(index);
        return value == -1.0 && PyErr_Occurred() ? NULL : PyFloat_FromDouble(value);
    }
    if (PyFloat_Check(self)) { return PyFloat_FromDouble(PyFloat_AS_DOUBLE(self)); }
    return PyFloat_FromString(self);
}

/* --- a converter for argument parsing --- */

int
_Py_convert_optional_to_ssize_t(PyObject *self, void *result)
{
    if (self == Py_None) { return 1; }
    if (!PyIndex_Check(self)) {
        hob_error_type("argument should be integer or None, not '%.200s'", self);
        return 0;
    }
    Py_ssize_t n = PyNumber_AsSsize_t(self, PyExc_OverflowError);
    if (n == -1 && PyErr_Occurred()) { return 0; }
    *(Py_ssize_t *)result = n;
    return 1;
}

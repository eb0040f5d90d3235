/* float.c -- the float type: an IEEE double in a box.
 *
 * Holds      dead exact floats wait in hob_float_pool; subclass instances come
 *            from and go to their type's allocator.
 *            Comparison with ints is exact, whatever their size.
 * Next       float_pack.c (bytes, hexadecimal), number_text.c (decimal text),
 *            docs/internals/objects-numbers.md
 */
#include "objects/float.h"

#include "base/decimal.h"
#include "memory/own.h"
#include "objects/bind.h"
#include "objects/float_int.h"
#include "objects/int/int.h"
#include "objects/number_text.h"
#include "objects/undeclared.h"

#include <errno.h>
#include <float.h>
#include <math.h>

struct hob_float_pool hob_float_pool;

/* --- life --- */

PyObject *
hob_float_alloc(double value)
{
    PyFloatObject *op = PyObject_Malloc(sizeof *op);
    if (!op) { return PyErr_NoMemory(); }
    PyObject_Init((PyObject *)op, &PyFloat_Type);
    op->ob_fval = value;
    return (PyObject *)op;
}

void
hob_float_clear_pool(void)
{
    while (hob_float_pool.first) {
        PyObject *op = hob_float_pool.first;
        hob_float_pool.first = (PyObject *)op->ob_type;
        PyObject_Free(op);
    }
    hob_float_pool.n = 0;
}

static void
float_dealloc(PyObject *self)
{
    if (LIKELY(PyFloat_CheckExact(self))) {
        hob_float_bury(self);
        return;
    }
    Py_TYPE(self)->tp_free(self);
}

/* The exact float for float(x). */
static PyObject *
float_convert(PyObject *x)
{
    return PyUnicode_CheckExact(x) ? PyFloat_FromString(x) : PyNumber_Float(x);
}

static PyObject *
float_new_subclass(PyTypeObject *type, PyObject *x)
{
    own PyObject *exact = x ? float_convert(x) : hob_float_new(0.0);
    if (!exact) { return NULL; }
    PyObject *self = type->tp_alloc(type, 0);
    if (self) { ((PyFloatObject *)self)->ob_fval = PyFloat_AS_DOUBLE(exact); }
    return self;
}

/** @type PyFloat_Type float.__new__($type, x=0, /)
 *
 *  Make a float of a number, or of text that holds one.
 */
static PyObject *
float_new(PyTypeObject *type, PyObject *x)
{
    if (type != &PyFloat_Type) { return float_new_subclass(type, x); }
    return x ? float_convert(x) : hob_float_new(0.0);
}

static PyObject *
float_vectorcall(PyObject *type, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    Py_ssize_t nargs = PyVectorcall_NARGS(nargsf);
    if (!_PyArg_NoKwnames("float", kwnames) || !_PyArg_CheckPositional("float", nargs, 0, 1)) {
        return NULL;
    }
    return nargs ? float_convert(args[0]) : hob_float_new(0.0);
}

/* --- object protocol --- */

static PyObject *
float_repr(PyObject *self)
{
    double value = PyFloat_AS_DOUBLE(self);
    char text[32];
    Py_ssize_t n;
    if (isfinite(value)) {
        n = hob_double_repr(value, text) - text;
    }
    else {
        strcpy(text, isnan(value) ? "nan" : value < 0 ? "-inf" : "inf");
        n = (Py_ssize_t)strlen(text);
    }
    PyObject *result = PyUnicode_New(n, 127);
    if (result) { memcpy(PyUnicode_1BYTE_DATA(result), text, (size_t)n); }
    return result;
}

static Py_hash_t
float_hash(PyObject *self)
{
    return _Py_HashDouble(self, PyFloat_AS_DOUBLE(self));
}

/* Order of a finite or other double (not NaN) and an int: -1, 0, 1. */
static int
compare_with_int(double a, PyObject *b)
{
    int b_sign = _PyLong_Sign(b), a_sign = (a > 0) - (a < 0);
    if (a_sign != b_sign) { return a_sign < b_sign ? -1 : 1; }
    if (hob_int_is_medium(b) && _PyLong_NumBits(b) <= DBL_MANT_DIG) {
        double x = (double)hob_int_medium_value(b);
        return (a > x) - (a < x);
    }
    if (isinf(a)) { return a_sign; }
    int exponent;
    (void)frexp(a, &exponent);                          /* 2**(exponent-1) <= |a| */
    size_t bits = _PyLong_NumBits(b);
    if (exponent < 0 || (size_t)exponent < bits) { return -a_sign; }
    if ((size_t)exponent > bits) { return a_sign; }
    /* more than 53 bits: a is an integer as well */
    PyObject *whole = PyLong_FromDouble(a);
    if (!whole) { return -2; }
    int order = hob_int_compare(whole, b);
    Py_DECREF(whole);
    return order;
}

PyObject *
hob_float_richcompare(PyObject *self, PyObject *other, int op)
{
    double a = PyFloat_AS_DOUBLE(self);
    if (PyFloat_Check(other)) {
        double b = PyFloat_AS_DOUBLE(other);
        Py_RETURN_RICHCOMPARE(a, b, op);
    }
    if (!PyLong_Check(other)) { Py_RETURN_NOTIMPLEMENTED; }
    if (isnan(a)) { return PyBool_FromLong(op == Py_NE); }
    int order = compare_with_int(a, other);
    if (order == -2) { return NULL; }
    Py_RETURN_RICHCOMPARE(order, 0, op);
}

/* --- number protocol --- */

/* op as a double: 1; 0 for what is no float and no int; -1 with an exception. */
static inline tri
operand(PyObject *op, double *out)
{
    if (LIKELY(PyFloat_Check(op))) {
        *out = PyFloat_AS_DOUBLE(op);
        return 1;
    }
    if (!PyLong_Check(op)) { return 0; }
    if (LIKELY(hob_int_is_medium(op))) {
        *out = (double)hob_int_medium_value(op);
        return 1;
    }
    *out = PyLong_AsDouble(op);
    return *out == -1.0 && PyErr_Occurred() ? -1 : 1;
}

/* Declare a and b as doubles, or return what the operation must return. */
#define OPERANDS(v, w)                                                          \
    double a, b;                                                                \
    tri known_ = operand(v, &a);                                                \
    if (known_ > 0) { known_ = operand(w, &b); }                                \
    if (UNLIKELY(known_ <= 0)) {                                                \
        if (known_ < 0) { return NULL; }                                        \
        Py_RETURN_NOTIMPLEMENTED;                                               \
    }

#define ARITHMETIC(name, expression)                                            \
    static PyObject *                                                           \
    float_##name(PyObject *v, PyObject *w)                                      \
    {                                                                           \
        OPERANDS(v, w)                                                          \
        return hob_float_new(expression);                                       \
    }
ARITHMETIC(add, a + b)
ARITHMETIC(sub, a - b)
ARITHMETIC(mul, a * b)
#undef ARITHMETIC

static PyObject *
refuse_zero(const char *text)
{
    PyErr_SetString(PyExc_ZeroDivisionError, text);
    return NULL;
}

static PyObject *
float_truediv(PyObject *v, PyObject *w)
{
    OPERANDS(v, w)
    return b == 0.0 ? refuse_zero("float division by zero") : hob_float_new(a / b);
}

double
hob_float_mod(double a, double b)
{
    double mod = fmod(a, b);
    if (mod == 0.0) { return copysign(0.0, b); }
    return (b < 0) != (mod < 0) ? mod + b : mod;
}

/* Both halves of divmod(a, b). */
static double
float_divide(double a, double b, double *rest)
{
    double mod = fmod(a, b), quotient = (a - mod) / b;
    if (mod == 0.0) {
        mod = copysign(0.0, b);                         /* the zero's sign is b's */
    }
    else if ((b < 0) != (mod < 0)) {
        mod += b;
        quotient -= 1.0;
    }
    *rest = mod;
    if (quotient == 0.0) { return copysign(0.0, a / b); }
    double whole = floor(quotient);
    return quotient - whole > 0.5 ? whole + 1.0 : whole;        /* it was rounded below */
}

double
hob_float_floordiv(double a, double b)
{
    double rest;
    return float_divide(a, b, &rest);
}

static PyObject *
float_mod(PyObject *v, PyObject *w)
{
    OPERANDS(v, w)
    return b == 0.0 ? refuse_zero("float modulo") : hob_float_new(hob_float_mod(a, b));
}

static PyObject *
float_floordiv(PyObject *v, PyObject *w)
{
    OPERANDS(v, w)
    if (b == 0.0) { return refuse_zero("float floor division by zero"); }
    return hob_float_new(hob_float_floordiv(a, b));
}

static PyObject *
float_divmod(PyObject *v, PyObject *w)
{
    OPERANDS(v, w)
    if (b == 0.0) { return refuse_zero("float divmod()"); }
    double rest, quotient = float_divide(a, b, &rest);
    return Py_BuildValue("(dd)", quotient, rest);
}

PyObject *
hob_float_pow(double a, double b)
{
    if (a == 0.0 && b < 0.0 && !isinf(b)) {
        return refuse_zero("0.0 cannot be raised to a negative power");
    }
    if (a < 0.0 && isfinite(a) && isfinite(b) && b != floor(b)) {
        own PyObject *base = PyComplex_FromDoubles(a, 0.0);
        own PyObject *exponent = base ? PyComplex_FromDoubles(b, 0.0) : NULL;
        if (!exponent) { return NULL; }
        return PyComplex_Type.tp_as_number->nb_power(base, exponent, Py_None);
    }
    double power = pow(a, b);
    if (isinf(power) && isfinite(a) && isfinite(b)) {
        errno = ERANGE;
        return PyErr_SetFromErrno(PyExc_OverflowError);
    }
    return hob_float_new(power);
}

static PyObject *
float_pow(PyObject *v, PyObject *w, PyObject *modulus)
{
    if (modulus != Py_None) {
        PyErr_SetString(PyExc_TypeError, "pow() 3rd argument not allowed unless all arguments "
                        "are integers");
        return NULL;
    }
    OPERANDS(v, w)
    return hob_float_pow(a, b);
}

static PyObject *
float_neg(PyObject *self)
{
    return hob_float_new(-PyFloat_AS_DOUBLE(self));
}

static PyObject *
float_abs(PyObject *self)
{
    return hob_float_new(fabs(PyFloat_AS_DOUBLE(self)));
}

/* self as an exact float */
static PyObject *
float_exact(PyObject *self)
{
    return PyFloat_CheckExact(self) ? Py_NewRef(self) : hob_float_new(PyFloat_AS_DOUBLE(self));
}

static int
float_bool(PyObject *self)
{
    return PyFloat_AS_DOUBLE(self) != 0.0;
}

static PyObject *
float_int(PyObject *self)
{
    return PyLong_FromDouble(PyFloat_AS_DOUBLE(self));
}

static PyNumberMethods float_as_number = {
    .nb_add = float_add,
    .nb_subtract = float_sub,
    .nb_multiply = float_mul,
    .nb_remainder = float_mod,
    .nb_divmod = float_divmod,
    .nb_power = float_pow,
    .nb_negative = float_neg,
    .nb_positive = float_exact,
    .nb_absolute = float_abs,
    .nb_bool = float_bool,
    .nb_int = float_int,
    .nb_float = float_exact,
    .nb_floor_divide = float_floordiv,
    .nb_true_divide = float_truediv,
};

/* --- methods --- */

/** float.conjugate($self, /)
 *
 *  The number itself: a float has no imaginary part.
 */
static PyObject *
float_conjugate(PyObject *self)
{
    return float_exact(self);
}

/** float.__trunc__($self, /)
 *
 *  The integer part, as an int.
 */
static PyObject *
float_trunc(PyObject *self)
{
    return float_int(self);
}

/** float.__floor__($self, /)
 *
 *  The greatest int not above the number.
 */
static PyObject *
float_floor(PyObject *self)
{
    return PyLong_FromDouble(floor(PyFloat_AS_DOUBLE(self)));
}

/** float.__ceil__($self, /)
 *
 *  The least int not below the number.
 */
static PyObject *
float_ceil(PyObject *self)
{
    return PyLong_FromDouble(ceil(PyFloat_AS_DOUBLE(self)));
}

/* x rounded half-even to n digits after the point, as Python rounds decimals. */
static PyObject *
round_to_digits(double x, int n)
{
    hob_decimal d;
    hob_decimal_fixed(x, n, &d);
    if (d.n == 0) { return hob_float_new(copysign(0.0, x)); }
    char text[DECIMAL_ROOM + 16];
    memcpy(text, d.digits, (size_t)d.n);
    snprintf(text + d.n, 16, "e%d", d.point - d.n);
    const char *end;
    bool overflow;
    double rounded = hob_decimal_read(text, &end, &overflow);
    if (overflow) {
        PyErr_SetString(PyExc_OverflowError, "rounded value too large to represent");
        return NULL;
    }
    return hob_float_new(copysign(rounded, x));
}

/** float.__round__($self, ndigits=None, /)
 *
 *  The nearest int, the even one of two; with ndigits, the nearest float of
 *  so many decimals.
 */
static PyObject *
float_round(PyObject *self, PyObject *ndigits)
{
    double x = PyFloat_AS_DOUBLE(self);
    if (ndigits == Py_None) { return PyLong_FromDouble(rint(x)); }
    Py_ssize_t n = PyNumber_AsSsize_t(ndigits, NULL);
    if (n == -1 && PyErr_Occurred()) { return NULL; }
    if (!isfinite(x) || n > 323) { return hob_float_new(x); }
    if (n < -308) { return hob_float_new(copysign(0.0, x)); }
    return round_to_digits(x, (int)n);
}

/** float.as_integer_ratio($self, /)
 *
 *  A pair of ints, in lowest terms, whose quotient is the number exactly; the
 *  denominator is positive.
 *
 *      >>> (-0.375).as_integer_ratio()
 *      (-3, 8)
 *      >>> (1e3).as_integer_ratio()
 *      (1000, 1)
 *      >>> (0.1).as_integer_ratio()
 *      (3602879701896397, 36028797018963968)
 */
static PyObject *
float_as_integer_ratio(PyObject *self)
{
    double x = PyFloat_AS_DOUBLE(self);
    if (isinf(x)) {
        PyErr_SetString(PyExc_OverflowError, "cannot convert Infinity to integer ratio");
        return NULL;
    }
    if (isnan(x)) {
        PyErr_SetString(PyExc_ValueError, "cannot convert NaN to integer ratio");
        return NULL;
    }
    int exponent;
    int64_t mantissa = (int64_t)ldexp(frexp(x, &exponent), DBL_MANT_DIG);
    exponent -= DBL_MANT_DIG;
    if (mantissa == 0) { exponent = 0; }
    while (exponent < 0 && mantissa % 2 == 0) {
        mantissa /= 2;
        exponent++;
    }
    own PyObject *top = PyLong_FromLongLong(mantissa);
    own PyObject *bottom = PyLong_FromLong(1);
    if (!top || !bottom) { return NULL; }
    if (exponent > 0) { Py_SETREF(top, _PyLong_Lshift(top, (size_t)exponent)); }
    else { Py_SETREF(bottom, _PyLong_Lshift(bottom, (size_t)-exponent)); }
    return top && bottom ? PyTuple_Pack(2, top, bottom) : NULL;
}

/** float.fromhex($type, string, /)
 *
 *  The float that a hexadecimal text says.
 *
 *  >>> float.fromhex('0x1.ffffp10')
 *  2047.984375
 *  >>> float.fromhex('-0x1p-1074')
 *  -5e-324
 */
static PyObject *
float_fromhex(PyObject *type, PyObject *string)
{
    Py_ssize_t size;
    const char *text = PyUnicode_Check(string) ? PyUnicode_AsUTF8AndSize(string, &size) : NULL;
    if (!text) {
        if (!PyErr_Occurred()) { PyErr_BadArgument(); }
        return NULL;
    }
    double value;
    if (hob_float_read_hex(text, text + size, &value) < 0) { return NULL; }
    PyObject *result = hob_float_new(value);
    if (!result || type == (PyObject *)&PyFloat_Type) { return result; }
    PyObject *made = PyObject_CallOneArg(type, result);
    Py_DECREF(result);
    return made;
}

/** float.hex($self, /)
 *
 *  The number in hexadecimal, exactly.
 *
 *  >>> (-0.1).hex()
 *  '-0x1.999999999999ap-4'
 *  >>> 3.14159.hex()
 *  '0x1.921f9f01b866ep+1'
 */
static PyObject *
float_hex(PyObject *self)
{
    double x = PyFloat_AS_DOUBLE(self);
    if (!isfinite(x)) { return float_repr(self); }
    char text[40];
    hob_float_write_hex(x, text);
    return PyUnicode_FromString(text);
}

/** float.is_integer($self, /)
 *
 *  Whether the number has no fraction.
 */
static bool
float_is_integer(PyObject *self)
{
    double x = PyFloat_AS_DOUBLE(self);
    return isfinite(x) && floor(x) == x;
}

/** float.__getnewargs__($self, /) */
static PyObject *
float_getnewargs(PyObject *self)
{
    return Py_BuildValue("(d)", PyFloat_AS_DOUBLE(self));
}

/** float.__getformat__($type, typestr, /)
 *
 *  Of use to Python's test suite only.
 *
 *    typestr
 *      'double' or 'float'.
 *
 *  How C numbers of that type are laid out in memory.
 */
static PyObject *
float_getformat(PyObject *type, const char *typestr)
{
    if (strcmp(typestr, "double") != 0 && strcmp(typestr, "float") != 0) {
        PyErr_SetString(PyExc_ValueError,
                        "__getformat__() argument 1 must be 'double' or 'float'");
        return NULL;
    }
    return PyUnicode_FromString("IEEE, little-endian");
}

HOB_EXPORT int _PyFloat_FormatAdvancedWriter(_PyUnicodeWriter *, PyObject *, PyObject *,
                                             Py_ssize_t, Py_ssize_t);

/** float.__format__($self, format_spec, /)
 *
 *  The number as text, the way format_spec says.
 */
static PyObject *
float_format(PyObject *self, PyUnicodeObject *format_spec)
{
    PyObject *spec = (PyObject *)format_spec;
    _PyUnicodeWriter writer;
    _PyUnicodeWriter_Init(&writer);
    if (_PyFloat_FormatAdvancedWriter(&writer, self, spec, 0, PyUnicode_GET_LENGTH(spec)) < 0) {
        _PyUnicodeWriter_Dealloc(&writer);
        return NULL;
    }
    return _PyUnicodeWriter_Finish(&writer);
}

#include "gen/objects/float.bind.h"

static PyObject *
float_get_real(PyObject *self, void *unused)
{
    return float_exact(self);
}

static PyObject *
float_get_imag(PyObject *self, void *unused)
{
    return hob_float_new(0.0);
}

static PyGetSetDef float_getset[] = {
    {"real", float_get_real, NULL, "the real part of a complex number", NULL},
    {"imag", float_get_imag, NULL, "the imaginary part of a complex number", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

PyTypeObject PyFloat_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "float",
    .tp_basicsize = sizeof(PyFloatObject),
    .tp_dealloc = float_dealloc,
    .tp_repr = float_repr,
    .tp_as_number = &float_as_number,
    .tp_hash = float_hash,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | _Py_TPFLAGS_MATCH_SELF,
    .tp_doc = float_new__doc,
    .tp_richcompare = hob_float_richcompare,
    .tp_methods = float_methods,
    .tp_getset = float_getset,
    .tp_alloc = PyType_GenericAlloc,
    .tp_new = float_new__slot,
    .tp_free = PyObject_Free,
    .tp_vectorcall = float_vectorcall,
};

/* --- public API --- */

PyObject *
PyFloat_FromDouble(double value)
{
    return hob_float_new(value);
}

/* The double of what __float__ gave. */
static double
take_converted(PyObject *op, STOLEN PyObject *result)
{
    own PyObject *held = result;
    if (!PyFloat_CheckExact(held)) {
        if (!PyFloat_Check(held)) {
            PyErr_Format(PyExc_TypeError, "%.50s.__float__ returned non-float (type %.50s)",
                         Py_TYPE(op)->tp_name, Py_TYPE(held)->tp_name);
            return -1.0;
        }
        if (PyErr_WarnFormat(PyExc_DeprecationWarning, 1,
                             "%.50s.__float__ returned non-float (type %.50s).  The ability to "
                             "return an instance of a strict subclass of float is deprecated, "
                             "and may be removed in a future version of Python.",
                             Py_TYPE(op)->tp_name, Py_TYPE(held)->tp_name) < 0) {
            return -1.0;
        }
    }
    return PyFloat_AS_DOUBLE(held);
}

double
PyFloat_AsDouble(PyObject *op)
{
    if (!op) {
        PyErr_BadArgument();
        return -1.0;
    }
    if (LIKELY(PyFloat_Check(op))) { return PyFloat_AS_DOUBLE(op); }
    PyNumberMethods *number = Py_TYPE(op)->tp_as_number;
    if (number && number->nb_float) {
        if (PyLong_CheckExact(op)) { return PyLong_AsDouble(op); }
        PyObject *result = number->nb_float(op);
        return result ? take_converted(op, result) : -1.0;
    }
    if (number && number->nb_index) {
        own PyObject *index = _PyNumber_Index(op);
        return index ? PyLong_AsDouble(index) : -1.0;
    }
    PyErr_Format(PyExc_TypeError, "must be real number, not %.50s", Py_TYPE(op)->tp_name);
    return -1.0;
}

/* What PyFloat_FromString reads, blanks around it removed. */
static PyObject *
read_text(const char *s, Py_ssize_t len, void *shown)
{
    const char *end;
    bool overflow;
    double value = hob_decimal_read(s, &end, &overflow);
    if (end == s) {
        char *stop;
        value = _Py_parse_inf_or_nan(s, &stop);
        end = stop;
    }
    if (end != s && end == s + len) { return hob_float_new(value); }
    PyErr_Format(PyExc_ValueError, "could not convert string to float: %R", (PyObject *)shown);
    return NULL;
}

static PyObject *
from_ascii(const char *s, Py_ssize_t len, PyObject *shown)
{
    const char *end = s + len;
    while (s < end && Py_ISSPACE(*s)) { s++; }
    while (s < end && Py_ISSPACE(end[-1])) { end--; }
    return _Py_string_to_number_with_underscores(s, end - s, "float", shown, shown, read_text);
}

PyObject *
PyFloat_FromString(PyObject *op)
{
    if (PyUnicode_Check(op)) {
        own PyObject *ascii = _PyUnicode_TransformDecimalAndSpaceToASCII(op);
        if (!ascii) { return NULL; }
        return from_ascii((const char *)PyUnicode_1BYTE_DATA(ascii),
                          PyUnicode_GET_LENGTH(ascii), op);
    }
    if (PyBytes_Check(op)) {
        return from_ascii(PyBytes_AS_STRING(op), PyBytes_GET_SIZE(op), op);
    }
    if (PyByteArray_Check(op)) {
        return from_ascii(PyByteArray_AS_STRING(op), PyByteArray_GET_SIZE(op), op);
    }
    Py_buffer view;
    if (PyObject_GetBuffer(op, &view, PyBUF_SIMPLE) == 0) {
        /* a copy that ends in NUL */
        own PyObject *bytes = PyBytes_FromStringAndSize(view.buf, view.len);
        PyObject *result = NULL;
        if (bytes) {
            result = from_ascii(PyBytes_AS_STRING(bytes), PyBytes_GET_SIZE(bytes), op);
        }
        PyBuffer_Release(&view);
        return result;
    }
    PyErr_Format(PyExc_TypeError,
                 "float() argument must be a string or a real number, not '%.200s'",
                 Py_TYPE(op)->tp_name);
    return NULL;
}

double
PyFloat_GetMax(void)
{
    return DBL_MAX;
}

double
PyFloat_GetMin(void)
{
    return DBL_MIN;
}

/* The number m * 2**e has hash m rotated by e in 61 bits: 2**61 is 1 modulo
 * the prime 2**61 - 1. */
Py_hash_t
_Py_HashDouble(PyObject *inst, double value)
{
    if (!isfinite(value)) {
        if (isinf(value)) { return value > 0 ? _PyHASH_INF : -_PyHASH_INF; }
        return _Py_HashPointer(inst);
    }
    int e;
    uint64_t m = (uint64_t)ldexp(frexp(fabs(value), &e), DBL_MANT_DIG);
    e = (e - DBL_MANT_DIG) % 61;
    if (e < 0) { e += 61; }
    const uint64_t prime = ((uint64_t)1 << 61) - 1;
    uint64_t x = e ? ((m << e) & prime) | (m >> (61 - e)) : m;
    Py_hash_t hash = value < 0 ? -(Py_hash_t)x : (Py_hash_t)x;
    return hash == -1 ? -2 : hash;
}

HOB_EXPORT void
_PyFloat_DebugMallocStats(FILE *out)
{
    _PyDebugAllocatorStats(out, "free PyFloatObject", hob_float_pool.n, sizeof(PyFloatObject));
}

/* --- public API: sys.float_info --- */

static PyStructSequence_Field info_fields[] = {
    {"max", "DBL_MAX -- the largest finite float"},
    {"max_exp", "DBL_MAX_EXP -- the largest e for which radix**(e-1) is a float"},
    {"max_10_exp", "DBL_MAX_10_EXP -- the largest e for which 10**e is a float"},
    {"min", "DBL_MIN -- the smallest positive normalized float"},
    {"min_exp", "DBL_MIN_EXP -- the smallest e for which radix**(e-1) is a normalized float"},
    {"min_10_exp", "DBL_MIN_10_EXP -- the smallest e for which 10**e is a normalized float"},
    {"dig", "DBL_DIG -- decimal digits that a float always keeps"},
    {"mant_dig", "DBL_MANT_DIG -- digits of the mantissa, in the radix"},
    {"epsilon", "DBL_EPSILON -- from 1 to the next float"},
    {"radix", "FLT_RADIX -- radix of the exponent"},
    {"rounds", "FLT_ROUNDS -- how arithmetic rounds"},
    {NULL, NULL},
};

static PyStructSequence_Desc info_desc = {
    "sys.float_info",
    "sys.float_info\n\nWhat floats can hold, as a named tuple: the constants of C's float.h.",
    info_fields, 11,
};

static PyTypeObject info_type;

status
hob_float_init(void)
{
    if (info_type.tp_name) { return 0; }
    return PyStructSequence_InitType2(&info_type, &info_desc);
}

PyObject *
PyFloat_GetInfo(void)
{
    if (hob_float_init() < 0) { return NULL; }
    own PyObject *info = PyStructSequence_New(&info_type);
    if (!info) { return NULL; }
    PyObject *values[] = {
        PyFloat_FromDouble(DBL_MAX), PyLong_FromLong(DBL_MAX_EXP),
        PyLong_FromLong(DBL_MAX_10_EXP),
        PyFloat_FromDouble(DBL_MIN), PyLong_FromLong(DBL_MIN_EXP),
        PyLong_FromLong(DBL_MIN_10_EXP),
        PyLong_FromLong(DBL_DIG), PyLong_FromLong(DBL_MANT_DIG),
        PyFloat_FromDouble(DBL_EPSILON),
        PyLong_FromLong(FLT_RADIX), PyLong_FromLong(FLT_ROUNDS),
    };
    bool complete = true;
    for (int i = 0; i < (int)ARRAY_LEN(values); i++) {
        PyStructSequence_SET_ITEM(info, i, values[i]);
        complete = complete && values[i];
    }
    return complete ? take(info) : NULL;
}

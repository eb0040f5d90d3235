/* complex.c -- the complex type: two doubles in a box.
 *
 * Holds      arithmetic is the schoolbook's on the parts; division is R. L.
 *            Smith's (Algorithm 116), which does not overflow needlessly.
 *            The _Py_c_ functions report trouble through errno.
 */
#include "memory/own.h"
#include "objects/bind.h"
#include "objects/ids.h"
#include "objects/undeclared.h"

#include <errno.h>
#include <math.h>
#include <structmember.h>

static inline Py_complex
complex_value(PyObject *op)
{
    return ((PyComplexObject *)op)->cval;
}

/* --- arithmetic --- */

Py_complex
_Py_c_sum(Py_complex a, Py_complex b)
{
    return (Py_complex){a.real + b.real, a.imag + b.imag};
}

Py_complex
_Py_c_diff(Py_complex a, Py_complex b)
{
    return (Py_complex){a.real - b.real, a.imag - b.imag};
}

Py_complex
_Py_c_neg(Py_complex a)
{
    return (Py_complex){-a.real, -a.imag};
}

Py_complex
_Py_c_prod(Py_complex a, Py_complex b)
{
    return (Py_complex){a.real * b.real - a.imag * b.imag, a.real * b.imag + a.imag * b.real};
}

/* a / b; errno is EDOM when b is 0. */
Py_complex
_Py_c_quot(Py_complex a, Py_complex b)
{
    double across = fabs(b.real), up = fabs(b.imag);
    if (across >= up) {
        if (across == 0.0) {
            errno = EDOM;
            return (Py_complex){0.0, 0.0};
        }
        double ratio = b.imag / b.real, unit = b.real + b.imag * ratio;
        return (Py_complex){(a.real + a.imag * ratio) / unit, (a.imag - a.real * ratio) / unit};
    }
    if (up >= across) {
        double ratio = b.real / b.imag, unit = b.real * ratio + b.imag;
        return (Py_complex){(a.real * ratio + a.imag) / unit, (a.imag * ratio - a.real) / unit};
    }
    return (Py_complex){NAN, NAN};                      /* a NaN in b */
}

/* a ** n for n >= 0 by squaring. */
static Py_complex
power_by_squaring(Py_complex a, long n)
{
    Py_complex result = {1.0, 0.0};
    for (;; n >>= 1) {
        if (n & 1) { result = _Py_c_prod(result, a); }
        if (n <= 1) { return result; }
        a = _Py_c_prod(a, a);
    }
}

/* a ** b; errno is EDOM for 0 to a negative or complex power. */
Py_complex
_Py_c_pow(Py_complex a, Py_complex b)
{
    if (b.real == 0.0 && b.imag == 0.0) { return (Py_complex){1.0, 0.0}; }
    if (a.real == 0.0 && a.imag == 0.0) {
        if (b.imag != 0.0 || b.real < 0.0) { errno = EDOM; }
        return (Py_complex){0.0, 0.0};
    }
    double length = hypot(a.real, a.imag), angle = atan2(a.imag, a.real);
    double scale = pow(length, b.real), phase = angle * b.real;
    if (b.imag != 0.0) {
        scale /= exp(angle * b.imag);
        phase += b.imag * log(length);
    }
    return (Py_complex){scale * cos(phase), scale * sin(phase)};
}

/* |a|; errno is ERANGE when it does not fit. */
double
_Py_c_abs(Py_complex a)
{
    errno = 0;
    if (isfinite(a.real) && isfinite(a.imag)) {
        double length = hypot(a.real, a.imag);
        errno = isfinite(length) ? 0 : ERANGE;
        return length;
    }
    return isinf(a.real) || isinf(a.imag) ? HUGE_VAL : NAN;
}

/* --- construction --- */

static PyObject *
complex_of(PyTypeObject *type, Py_complex value)
{
    PyObject *self = type->tp_alloc(type, 0);
    if (self) { ((PyComplexObject *)self)->cval = value; }
    return self;
}

PyObject *
PyComplex_FromCComplex(Py_complex value)
{
    PyComplexObject *self = PyObject_Malloc(sizeof *self);
    if (!self) { return PyErr_NoMemory(); }
    PyObject_Init((PyObject *)self, &PyComplex_Type);
    self->cval = value;
    return (PyObject *)self;
}

PyObject *
PyComplex_FromDoubles(double real, double imag)
{
    return PyComplex_FromCComplex((Py_complex){real, imag});
}

/* Read a double at *s and step over it: 1 found, 0 not, -1 exception. */
static tri
read_part(const char **s, double *out)
{
    char *end;
    *out = PyOS_string_to_double(*s, &end, NULL);
    if (*out == -1.0 && PyErr_Occurred()) {
        if (!PyErr_ExceptionMatches(PyExc_ValueError)) { return -1; }
        PyErr_Clear();
    }
    bool found = end != *s;
    *s = end;
    return found;
}

/* Read "1", "1+2j", "2j", "+j" ... at *s: 1, 0 when malformed, -1 exception. */
static tri
read_parts(const char **s, Py_complex *out)
{
    *out = (Py_complex){0.0, 0.0};
    double first;
    tri found = read_part(s, &first);
    if (found < 0) { return -1; }
    if (found && **s != '+' && **s != '-') {
        if (**s == 'j' || **s == 'J') {
            out->imag = first;
            ++*s;
        }
        else {
            out->real = first;
        }
        return 1;
    }
    if (found) {
        out->real = first;
        found = read_part(s, &out->imag);
        if (found < 0) { return -1; }
    }
    if (!found) {                                       /* a sign alone, or nothing */
        out->imag = **s == '-' ? -1.0 : 1.0;
        if (**s == '+' || **s == '-') { ++*s; }
    }
    if (**s != 'j' && **s != 'J') { return 0; }
    ++*s;
    return 1;
}

static void
skip_blanks(const char **s)
{
    while (Py_ISSPACE(**s)) { ++*s; }
}

/* Called with the text free of underscores. */
static PyObject *
complex_from_ascii(const char *s, Py_ssize_t len, void *type)
{
    const char *end = s + len;
    skip_blanks(&s);
    bool in_parens = *s == '(';
    if (in_parens) {
        s++;
        skip_blanks(&s);
    }
    Py_complex value;
    tri found = read_parts(&s, &value);
    if (found < 0) { return NULL; }
    skip_blanks(&s);
    if (found && in_parens) {
        found = *s == ')';
        if (found) {
            s++;
            skip_blanks(&s);
        }
    }
    if (found && s == end) { return complex_of(type, value); }
    PyErr_SetString(PyExc_ValueError, "complex() arg is a malformed string");
    return NULL;
}

static PyObject *
complex_from_text(PyTypeObject *type, PyObject *text)
{
    own PyObject *ascii = _PyUnicode_TransformDecimalAndSpaceToASCII(text);
    if (!ascii) { return NULL; }
    return _Py_string_to_number_with_underscores(
        (const char *)PyUnicode_1BYTE_DATA(ascii), PyUnicode_GET_LENGTH(ascii), "complex", text,
        type, complex_from_ascii);
}

/* op.__complex__() as a complex, op itself if exact; NULL without an error
 * when there is no such method. */
static PyObject *
special_complex(PyObject *op)
{
    if (PyComplex_CheckExact(op)) { return Py_NewRef(op); }
    own PyObject *method = _PyObject_LookupSpecial(op, ID(__complex__));
    if (!method) { return NULL; }
    own PyObject *result = PyObject_CallNoArgs(method);
    if (!result || PyComplex_CheckExact(result)) { return take(result); }
    if (!PyComplex_Check(result)) {
        PyErr_Format(PyExc_TypeError, "__complex__ returned non-complex (type %.200s)",
                     Py_TYPE(result)->tp_name);
        return NULL;
    }
    if (PyErr_WarnFormat(PyExc_DeprecationWarning, 1,
                         "__complex__ returned non-complex (type %.200s).  The ability to "
                         "return an instance of a strict subclass of complex is deprecated, "
                         "and may be "
                         "removed in a future version of Python.",
                         Py_TYPE(result)->tp_name) < 0) {
        return NULL;
    }
    return take(result);
}

static bool
is_number(PyObject *op)
{
    PyNumberMethods *number = Py_TYPE(op)->tp_as_number;
    return PyComplex_Check(op) || (number && (number->nb_float || number->nb_index));
}

/* op, a number, as a complex value. */
static bool
number_value(PyObject *op, Py_complex *out)
{
    if (PyComplex_Check(op)) {
        *out = complex_value(op);
        return true;
    }
    own PyObject *real = PyNumber_Float(op);
    if (!real) { return false; }
    *out = (Py_complex){PyFloat_AsDouble(real), 0.0};
    return true;
}

/** complex.__new__($type, real=0, imag=0)
 *
 *  Make a complex number of a real part and an imaginary part.
 *
 *  A str as the only argument is read.
 */
static PyObject *
complex_new(PyTypeObject *type, PyObject *real, PyObject *imag)
{
    if (real && !imag && PyComplex_CheckExact(real) && type == &PyComplex_Type) {
        return Py_NewRef(real);
    }
    if (real && PyUnicode_Check(real)) {
        if (!imag) { return complex_from_text(type, real); }
        PyErr_SetString(PyExc_TypeError,
                        "complex() can't take second arg if first is a string");
        return NULL;
    }
    if (imag && PyUnicode_Check(imag)) {
        PyErr_SetString(PyExc_TypeError, "complex() second arg can't be a string");
        return NULL;
    }
    Py_complex r = {0.0, 0.0}, i = {0.0, 0.0};
    own PyObject *held = real ? special_complex(real) : PyLong_FromLong(0);
    if (!held) {
        if (PyErr_Occurred()) { return NULL; }
        held = Py_NewRef(real);
    }
    if (!is_number(held)) {
        PyErr_Format(PyExc_TypeError,
                     "complex() first argument must be a string or a number, not '%.200s'",
                     Py_TYPE(held)->tp_name);
        return NULL;
    }
    if (imag && !is_number(imag)) {
        PyErr_Format(PyExc_TypeError,
                     "complex() second argument must be a number, not '%.200s'",
                     Py_TYPE(imag)->tp_name);
        return NULL;
    }
    if (!number_value(held, &r) || (imag && !number_value(imag, &i))) { return NULL; }
    if (!imag) { return complex_of(type, r); }
    if (PyComplex_Check(imag)) { r.real -= i.imag; }    /* r + i * 1j, signs of zeros kept */
    if (PyComplex_Check(held)) { i.real += r.imag; }
    return complex_of(type, (Py_complex){r.real, i.real});
}

/* --- object protocol --- */

static PyObject *
complex_repr(PyObject *self)
{
    Py_complex v = complex_value(self);
    bool only_imag = v.real == 0.0 && !signbit(v.real);
    char *imag = PyOS_double_to_string(v.imag, 'r', 0, only_imag ? 0 : Py_DTSF_SIGN, NULL);
    char *real = imag && !only_imag ? PyOS_double_to_string(v.real, 'r', 0, 0, NULL) : NULL;
    PyObject *text = NULL;
    if (imag && (real || only_imag)) {
        text = only_imag ? PyUnicode_FromFormat("%sj", imag)
                         : PyUnicode_FromFormat("(%s%sj)", real, imag);
    }
    PyMem_Free(imag);
    PyMem_Free(real);
    return text;
}

static Py_hash_t
complex_hash(PyObject *self)
{
    Py_complex v = complex_value(self);
    Py_uhash_t real = (Py_uhash_t)_Py_HashDouble(self, v.real);
    Py_uhash_t imag = (Py_uhash_t)_Py_HashDouble(self, v.imag);
    Py_hash_t hash = (Py_hash_t)(real + _PyHASH_IMAG * imag);
    return hash == -1 ? -2 : hash;
}

static PyObject *
complex_richcompare(PyObject *self, PyObject *other, int op)
{
    if (op != Py_EQ && op != Py_NE) { Py_RETURN_NOTIMPLEMENTED; }
    Py_complex a = complex_value(self);
    bool equal;
    if (PyComplex_Check(other)) {
        Py_complex b = complex_value(other);
        equal = a.real == b.real && a.imag == b.imag;
    }
    else if (PyFloat_Check(other)) {
        equal = a.real == PyFloat_AS_DOUBLE(other) && a.imag == 0.0;
    }
    else if (PyLong_Check(other)) {
        equal = false;
        if (a.imag == 0.0) {
            own PyObject *real = PyFloat_FromDouble(a.real);
            int same = real ? PyObject_RichCompareBool(real, other, Py_EQ) : -1;
            if (same < 0) { return NULL; }
            equal = same;
        }
    }
    else {
        Py_RETURN_NOTIMPLEMENTED;
    }
    return PyBool_FromLong(equal == (op == Py_EQ));
}

/* --- number protocol --- */

/* op as a complex value: 1; 0 for what is no number; -1 with an exception. */
static tri
operand(PyObject *op, Py_complex *out)
{
    if (PyComplex_Check(op)) {
        *out = complex_value(op);
        return 1;
    }
    if (PyLong_Check(op)) {
        *out = (Py_complex){PyLong_AsDouble(op), 0.0};
        return out->real == -1.0 && PyErr_Occurred() ? -1 : 1;
    }
    if (!PyFloat_Check(op)) { return 0; }
    *out = (Py_complex){PyFloat_AS_DOUBLE(op), 0.0};
    return 1;
}

#define OPERANDS(v, w)                                                          \
    Py_complex a, b;                                                            \
    tri known_ = operand(v, &a);                                                \
    if (known_ > 0) { known_ = operand(w, &b); }                                \
    if (known_ <= 0) {                                                          \
        if (known_ < 0) { return NULL; }                                        \
        Py_RETURN_NOTIMPLEMENTED;                                               \
    }

#define ARITHMETIC(name, work)                                                  \
    static PyObject *                                                           \
    complex_##name(PyObject *v, PyObject *w)                                    \
    {                                                                           \
        OPERANDS(v, w)                                                          \
        return PyComplex_FromCComplex(work(a, b));                              \
    }
ARITHMETIC(add, _Py_c_sum)
ARITHMETIC(sub, _Py_c_diff)
ARITHMETIC(mul, _Py_c_prod)
#undef ARITHMETIC

static PyObject *
complex_truediv(PyObject *v, PyObject *w)
{
    OPERANDS(v, w)
    errno = 0;
    Py_complex quotient = _Py_c_quot(a, b);
    if (errno != EDOM) { return PyComplex_FromCComplex(quotient); }
    PyErr_SetString(PyExc_ZeroDivisionError, "complex division by zero");
    return NULL;
}

static PyObject *
complex_pow(PyObject *v, PyObject *w, PyObject *modulus)
{
    OPERANDS(v, w)
    if (modulus != Py_None) {
        PyErr_SetString(PyExc_ValueError, "complex modulo");
        return NULL;
    }
    errno = 0;
    Py_complex power;
    if (b.imag == 0.0 && b.real == floor(b.real) && fabs(b.real) <= 100.0) {
        power = power_by_squaring(a, (long)fabs(b.real));
        if (b.real < 0) { power = _Py_c_quot((Py_complex){1.0, 0.0}, power); }
    }
    else {
        power = _Py_c_pow(a, b);
    }
    if (errno == EDOM) {
        PyErr_SetString(PyExc_ZeroDivisionError, "0.0 to a negative or complex power");
        return NULL;
    }
    if (isinf(power.real) || isinf(power.imag)) {
        PyErr_SetString(PyExc_OverflowError, "complex exponentiation");
        return NULL;
    }
    return PyComplex_FromCComplex(power);
}

static PyObject *
complex_neg(PyObject *self)
{
    return PyComplex_FromCComplex(_Py_c_neg(complex_value(self)));
}

static PyObject *
complex_pos(PyObject *self)
{
    if (PyComplex_CheckExact(self)) { return Py_NewRef(self); }
    return PyComplex_FromCComplex(complex_value(self));
}

static PyObject *
complex_abs(PyObject *self)
{
    double length = _Py_c_abs(complex_value(self));
    if (errno != ERANGE) { return PyFloat_FromDouble(length); }
    PyErr_SetString(PyExc_OverflowError, "absolute value too large");
    return NULL;
}

static int
complex_bool(PyObject *self)
{
    Py_complex v = complex_value(self);
    return v.real != 0.0 || v.imag != 0.0;
}

static PyNumberMethods complex_as_number = {
    .nb_add = complex_add,
    .nb_subtract = complex_sub,
    .nb_multiply = complex_mul,
    .nb_power = complex_pow,
    .nb_negative = complex_neg,
    .nb_positive = complex_pos,
    .nb_absolute = complex_abs,
    .nb_bool = complex_bool,
    .nb_true_divide = complex_truediv,
};

/* --- methods --- */

/** complex.conjugate($self, /)
 *
 *  The number with the sign of its imaginary part turned.
 */
static PyObject *
complex_conjugate(PyObject *self)
{
    Py_complex v = complex_value(self);
    return PyComplex_FromDoubles(v.real, -v.imag);
}

/** complex.__complex__($self, /)
 *
 *  The number as an exact complex.
 */
static PyObject *
complex_complex(PyObject *self)
{
    return complex_pos(self);
}

/** complex.__getnewargs__($self, /) */
static PyObject *
complex_getnewargs(PyObject *self)
{
    Py_complex v = complex_value(self);
    return Py_BuildValue("(dd)", v.real, v.imag);
}

HOB_EXPORT int _PyComplex_FormatAdvancedWriter(_PyUnicodeWriter *, PyObject *, PyObject *,
                                               Py_ssize_t, Py_ssize_t);

/** complex.__format__($self, format_spec, /)
 *
 *  The number as text, the way format_spec says.
 */
static PyObject *
complex_format(PyObject *self, PyUnicodeObject *format_spec)
{
    PyObject *spec = (PyObject *)format_spec;
    _PyUnicodeWriter writer;
    _PyUnicodeWriter_Init(&writer);
    if (_PyComplex_FormatAdvancedWriter(&writer, self, spec, 0,
                                        PyUnicode_GET_LENGTH(spec)) < 0) {
        _PyUnicodeWriter_Dealloc(&writer);
        return NULL;
    }
    return _PyUnicodeWriter_Finish(&writer);
}

#include "gen/objects/complex.bind.h"

static PyMemberDef complex_members[] = {
    {"real", T_DOUBLE, offsetof(PyComplexObject, cval.real), READONLY,
     "the real part of a complex number"},
    {"imag", T_DOUBLE, offsetof(PyComplexObject, cval.imag), READONLY,
     "the imaginary part of a complex number"},
    {NULL, 0, 0, 0, NULL},
};

static void
complex_dealloc(PyObject *self)
{
    Py_TYPE(self)->tp_free(self);
}

PyTypeObject PyComplex_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "complex",
    .tp_basicsize = sizeof(PyComplexObject),
    .tp_dealloc = complex_dealloc,
    .tp_repr = complex_repr,
    .tp_as_number = &complex_as_number,
    .tp_hash = complex_hash,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .tp_doc = complex_new__doc,
    .tp_richcompare = complex_richcompare,
    .tp_methods = complex_methods,
    .tp_members = complex_members,
    .tp_alloc = PyType_GenericAlloc,
    .tp_new = complex_new__slot,
    .tp_free = PyObject_Free,
};

/* --- public API --- */

Py_complex
PyComplex_AsCComplex(PyObject *op)
{
    if (PyComplex_Check(op)) { return complex_value(op); }
    own PyObject *converted = special_complex(op);
    if (converted) { return complex_value(converted); }
    if (PyErr_Occurred()) { return (Py_complex){-1.0, 0.0}; }
    return (Py_complex){PyFloat_AsDouble(op), 0.0};
}

double
PyComplex_RealAsDouble(PyObject *op)
{
    return PyComplex_Check(op) ? complex_value(op).real : PyFloat_AsDouble(op);
}

double
PyComplex_ImagAsDouble(PyObject *op)
{
    return PyComplex_Check(op) ? complex_value(op).imag : 0.0;
}

/* type.c -- the int type: construction, number protocol, methods.
 *
 * Holds      instances of int are immutable; a subclass instance carries a
 *            copy of the digits of the int it was made from, and arithmetic
 *            on it gives exact ints.
 * Next       small.c makes ints, native.c reads them, add mul div shift work,
 *            text.c reads and writes them; docs/internals/objects-numbers.md
 */
#include "objects/int/arith.h"
#include "objects/bind.h"
#include "objects/int/digits.h"

/* --- construction --- */

/* An instance of a subclass with the digits of value. */
static PyObject *
subclass_copy(PyTypeObject *type, PyObject *value)
{
    Py_ssize_t n = hob_int_ndigits(value);
    PyLongObject *z = (PyLongObject *)type->tp_alloc(type, n ? n : 1);
    if (!z) { return NULL; }
    Py_SET_SIZE(z, Py_SIZE(value));
    memcpy(z->ob_digit, hob_int_digits(value), (size_t)n * sizeof(digit));
    return (PyObject *)z;
}

/* int(x, base) with base given: x must be text. */
static PyObject *
int_from_text(PyObject *x, PyObject *base)
{
    Py_ssize_t b = PyNumber_AsSsize_t(base, NULL);
    if (b == -1 && PyErr_Occurred()) { return NULL; }
    if ((b != 0 && b < 2) || b > 36) {
        PyErr_SetString(PyExc_ValueError, "int() base must be >= 2 and <= 36, or 0");
        return NULL;
    }
    if (PyUnicode_Check(x)) { return PyLong_FromUnicodeObject(x, (int)b); }
    if (PyBytes_Check(x)) {
        return _PyLong_FromBytes(PyBytes_AS_STRING(x), PyBytes_GET_SIZE(x), (int)b);
    }
    if (PyByteArray_Check(x)) {
        return _PyLong_FromBytes(PyByteArray_AS_STRING(x), PyByteArray_GET_SIZE(x), (int)b);
    }
    PyErr_SetString(PyExc_TypeError, "int() can't convert non-string with explicit base");
    return NULL;
}

/* The exact int for int(x, base); either may be missing (NULL). */
static PyObject *
int_construct(PyObject *x, PyObject *base)
{
    if (base) {
        if (x) { return int_from_text(x, base); }
        PyErr_SetString(PyExc_TypeError, "int() missing string argument");
        return NULL;
    }
    return x ? PyNumber_Long(x) : Py_NewRef(hob_small_int(0));
}

static PyObject *
int_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static const char *const names[] = {"", "base", NULL};
    static _PyArg_Parser parser = {NULL, names, "int"};
    PyObject *slots[2] = {NULL};
    PyObject *const *items = ((PyTupleObject *)args)->ob_item;
    Py_ssize_t nargs = PyTuple_GET_SIZE(args);
    PyObject *x, *base;
    if ((!kwargs || PyDict_GET_SIZE(kwargs) == 0) && nargs <= 2) {
        x = nargs > 0 ? items[0] : NULL;
        base = nargs > 1 ? items[1] : NULL;
    }
    else {
        items = _PyArg_UnpackKeywords(items, nargs, kwargs, NULL, &parser, 0, 2, 0, slots);
        if (!items) { return NULL; }
        x = items[0];
        base = items[1];
    }
    PyObject *value = int_construct(x, base);
    if (!value || type == &PyLong_Type) { return value; }
    PyObject *z = subclass_copy(type, value);
    Py_DECREF(value);
    return z;
}

PyObject *
hob_int_vectorcall(PyObject *type, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    Py_ssize_t nargs = PyVectorcall_NARGS(nargsf);
    if (LIKELY((!kwnames || PyTuple_GET_SIZE(kwnames) == 0) && nargs <= 2)) {
        return int_construct(nargs > 0 ? args[0] : NULL, nargs > 1 ? args[1] : NULL);
    }
    static const char *const names[] = {"", "base", NULL};
    static _PyArg_Parser parser = {NULL, names, "int"};
    PyObject *slots[2] = {NULL};
    args = _PyArg_UnpackKeywords(args, nargs, NULL, kwnames, &parser, 0, 2, 0, slots);
    return args ? int_construct(args[0], args[1]) : NULL;
}

static void
int_dealloc(PyObject *self)
{
    if (LIKELY(PyLong_CheckExact(self))) {
        hob_int_bury(self);
        return;
    }
    Py_TYPE(self)->tp_free(self);
}

/* --- object protocol --- */

/* The value modulo 2**61 - 1, with the value's sign; never -1. */
static Py_hash_t
int_hash(PyObject *self)
{
    if (LIKELY(hob_int_is_medium(self))) {
        int64_t value = hob_int_medium_value(self);
        return value == -1 ? -2 : value;
    }
    const uint64_t prime = ((uint64_t)1 << 61) - 1;
    const digit *d = hob_int_digits(self);
    uint64_t x = 0;
    for (Py_ssize_t i = hob_int_ndigits(self); --i >= 0;) {
        x = (x << DIGIT_BITS & prime) | x >> (61 - DIGIT_BITS);
        x += d[i];
        if (x >= prime) { x -= prime; }
    }
    Py_hash_t hash = Py_SIZE(self) < 0 ? -(Py_hash_t)x : (Py_hash_t)x;
    return hash == -1 ? -2 : hash;
}

static PyObject *
int_richcompare(PyObject *a, PyObject *b, int op)
{
    if (!PyLong_Check(a) || !PyLong_Check(b)) { Py_RETURN_NOTIMPLEMENTED; }
    return hob_int_richcompare(a, b, op);
}

/* --- number protocol --- */

#define BINARY(name, work)                                                      \
    static PyObject *                                                           \
    int_##name(PyObject *a, PyObject *b)                                        \
    {                                                                           \
        if (!PyLong_Check(a) || !PyLong_Check(b)) { Py_RETURN_NOTIMPLEMENTED; } \
        return work(a, b);                                                      \
    }
BINARY(add, hob_int_add)
BINARY(sub, hob_int_sub)
BINARY(mul, hob_int_mul)
BINARY(floordiv, hob_int_floordiv)
BINARY(mod, hob_int_mod)
BINARY(truediv, hob_int_truediv)
BINARY(and, hob_int_and)
BINARY(or, hob_int_or)
BINARY(xor, hob_int_xor)
BINARY(lshift, hob_int_lshift)
BINARY(rshift, hob_int_rshift)
#undef BINARY

static PyObject *
int_divmod(PyObject *a, PyObject *b)
{
    if (!PyLong_Check(a) || !PyLong_Check(b)) { Py_RETURN_NOTIMPLEMENTED; }
    PyObject *q, *r;
    if (hob_int_divmod(a, b, &q, &r) < 0) { return NULL; }
    PyObject *pair = PyTuple_New(2);
    if (!pair) {
        Py_DECREF(q);
        Py_DECREF(r);
        return NULL;
    }
    PyTuple_SET_ITEM(pair, 0, q);
    PyTuple_SET_ITEM(pair, 1, r);
    return pair;
}

static PyObject *
int_pow(PyObject *a, PyObject *b, PyObject *modulus)
{
    if (!PyLong_Check(a) || !PyLong_Check(b)) { Py_RETURN_NOTIMPLEMENTED; }
    if (modulus != Py_None) {
        if (!PyLong_Check(modulus)) { Py_RETURN_NOTIMPLEMENTED; }
        return hob_int_pow_mod(a, b, modulus);
    }
    if (Py_SIZE(b) >= 0) { return hob_int_pow_plain(a, b); }
    double x = PyLong_AsDouble(a);                  /* a negative exponent: floats */
    if (x == -1.0 && PyErr_Occurred()) { return NULL; }
    own PyObject *base = PyFloat_FromDouble(x);
    return base ? PyFloat_Type.tp_as_number->nb_power(base, b, Py_None) : NULL;
}

/* self as an exact int */
static PyObject *
int_exact(PyObject *self)
{
    return PyLong_CheckExact(self) ? Py_NewRef(self) : _PyLong_Copy((PyLongObject *)self);
}

static PyObject *
int_neg(PyObject *self)
{
    return hob_int_neg(self);
}

static PyObject *
int_abs(PyObject *self)
{
    return Py_SIZE(self) < 0 ? hob_int_neg(self) : int_exact(self);
}

static PyObject *
int_invert(PyObject *self)
{
    return hob_int_invert(self);
}

static int
int_bool(PyObject *self)
{
    return Py_SIZE(self) != 0;
}

static PyObject *
int_float(PyObject *self)
{
    double value = PyLong_AsDouble(self);
    if (value == -1.0 && PyErr_Occurred()) { return NULL; }
    return PyFloat_FromDouble(value);
}

static PyNumberMethods int_as_number = {
    .nb_add = int_add,
    .nb_subtract = int_sub,
    .nb_multiply = int_mul,
    .nb_remainder = int_mod,
    .nb_divmod = int_divmod,
    .nb_power = int_pow,
    .nb_negative = int_neg,
    .nb_positive = int_exact,
    .nb_absolute = int_abs,
    .nb_bool = int_bool,
    .nb_invert = int_invert,
    .nb_lshift = int_lshift,
    .nb_rshift = int_rshift,
    .nb_and = int_and,
    .nb_xor = int_xor,
    .nb_or = int_or,
    .nb_int = int_exact,
    .nb_float = int_float,
    .nb_floor_divide = int_floordiv,
    .nb_true_divide = int_truediv,
    .nb_index = int_exact,
};

/* --- methods --- */

/** int.bit_length($self, /)
 *
 *  How many bits the magnitude takes: 0 for 0, 6 for 37 or -37.
 *
 *      >>> (37).bit_length()
 *      6
 *      >>> (-256).bit_length()
 *      9
 */
static PyObject *
int_bit_length(PyObject *self)
{
    return hob_int_from_i64(hob_int_bits(self));
}

/** int.bit_count($self, /)
 *
 *  How many ones the binary magnitude has; the population count.
 *
 *      >>> (13).bit_count()
 *      3
 *      >>> (-255).bit_count()
 *      8
 */
static PyObject *
int_bit_count(PyObject *self)
{
    const digit *d = hob_int_digits(self);
    int64_t count = 0;
    for (Py_ssize_t i = hob_int_ndigits(self); --i >= 0;) { count += __builtin_popcount(d[i]); }
    return hob_int_from_i64(count);
}

typedef struct {
    int little;
    bool is_signed;
} bytes_options;

/* byteorder='big', signed=False as given, or NULL. */
static bool
bytes_options_read(bytes_options *how, PyObject *byteorder, PyObject *is_signed,
                   const char *func)
{
    *how = (bytes_options){0, false};
    if (byteorder) {
        if (!PyUnicode_Check(byteorder)) {
            _PyArg_BadArgument(func, "argument 'byteorder'", "str", byteorder);
            return false;
        }
        how->little = _PyUnicode_EqualToASCIIString(byteorder, "little");
    }
    if (is_signed && !arg_bool(is_signed, &how->is_signed)) { return false; }
    if (!byteorder || how->little || _PyUnicode_EqualToASCIIString(byteorder, "big")) {
        return true;
    }
    PyErr_SetString(PyExc_ValueError, "byteorder must be either 'little' or 'big'");
    return false;
}

/** int.to_bytes($self, /, length=1, byteorder='big', *, signed=False)
 *
 *  The number as length bytes.
 *
 *    length
 *      How many bytes; OverflowError when they are too few.
 *    byteorder
 *      'big' puts the most significant byte first, 'little' last;
 *      sys.byteorder is the machine's own.
 *    signed
 *      True for two's complement; otherwise a negative number is an
 *      OverflowError.
 */
static PyObject *
int_to_bytes(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const names[] = {"length", "byteorder", "signed", NULL};
    static _PyArg_Parser parser = {NULL, names, "to_bytes"};
    PyObject *slots[3] = {NULL};
    args = _PyArg_UnpackKeywords(args, nargs, NULL, kwnames, &parser, 0, 2, 0, slots);
    if (!args) { return NULL; }
    Py_ssize_t length = 1;
    if (args != slots) { args = memcpy(slots, args, (size_t)nargs * sizeof *slots); }
    if (args[0] && !arg_ssize(args[0], &length)) { return NULL; }
    bytes_options how;
    if (!bytes_options_read(&how, args[1], args[2], "to_bytes")) { return NULL; }
    if (length < 0) {
        PyErr_SetString(PyExc_ValueError, "length argument must be non-negative");
        return NULL;
    }
    own PyObject *bytes = PyBytes_FromStringAndSize(NULL, length);
    if (!bytes) { return NULL; }
    if (_PyLong_AsByteArray((PyLongObject *)self, (unsigned char *)PyBytes_AS_STRING(bytes),
                            (size_t)length, how.little, how.is_signed) < 0) {
        return NULL;
    }
    return take(bytes);
}

/** int.from_bytes($type, /, bytes, byteorder='big', *, signed=False)
 *
 *  The number that an array of bytes holds.
 *
 *    bytes
 *      Any buffer, or an iterable of byte values.
 *    byteorder
 *      'big' when the most significant byte comes first, 'little' when it
 *      comes last; sys.byteorder is the machine's own.
 *    signed
 *      True to read two's complement.
 */
static PyObject *
int_from_bytes(PyObject *type, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    static const char *const names[] = {"bytes", "byteorder", "signed", NULL};
    static _PyArg_Parser parser = {NULL, names, "from_bytes"};
    PyObject *slots[3] = {NULL};
    args = _PyArg_UnpackKeywords(args, nargs, NULL, kwnames, &parser, 1, 2, 0, slots);
    if (!args) { return NULL; }
    if (args != slots) { args = memcpy(slots, args, (size_t)nargs * sizeof *slots); }
    bytes_options how;
    if (!bytes_options_read(&how, args[1], args[2], "from_bytes")) { return NULL; }
    own PyObject *raw = PyObject_Bytes(args[0]);
    if (!raw) { return NULL; }
    PyObject *z = _PyLong_FromByteArray((unsigned char *)PyBytes_AS_STRING(raw),
                                        (size_t)PyBytes_GET_SIZE(raw), how.little,
                                        how.is_signed);
    if (!z || type == (PyObject *)&PyLong_Type) { return z; }
    PyObject *made = PyObject_CallOneArg(type, z);
    Py_DECREF(z);
    return made;
}

/** int.as_integer_ratio($self, /)
 *
 *  The number over 1, as a pair of ints.
 *
 *      >>> (-7).as_integer_ratio()
 *      (-7, 1)
 *      >>> (10).as_integer_ratio()
 *      (10, 1)
 *      >>> True.as_integer_ratio()
 *      (1, 1)
 */
static PyObject *
int_as_integer_ratio(PyObject *self)
{
    own PyObject *exact = int_exact(self);
    return exact ? PyTuple_Pack(2, exact, hob_small_int(1)) : NULL;
}

/** @nosig int.conjugate($self)
 *
 *  The number itself: an int has no imaginary part.
 */
static PyObject *
int_conjugate(PyObject *self)
{
    return int_exact(self);
}

/** @nosig int.__trunc__($self)
 *
 *  The number itself.
 */
static PyObject *
int_trunc(PyObject *self)
{
    return int_exact(self);
}

/** @nosig int.__floor__($self)
 *
 *  The number itself.
 */
static PyObject *
int_floor(PyObject *self)
{
    return int_exact(self);
}

/** @nosig int.__ceil__($self)
 *
 *  The number itself.
 */
static PyObject *
int_ceil(PyObject *self)
{
    return int_exact(self);
}

/* 10 ** n */
static PyObject *
power_of_ten(Py_ssize_t n)
{
    own PyObject *exponent = PyLong_FromSsize_t(n);
    return exponent ? hob_int_pow_plain(hob_small_int(10), exponent) : NULL;
}

/** int.__round__($self, ndigits=NULL, /)
 *
 *  The int itself; with a negative ndigits, rounded half-even to a multiple
 *  of a power of ten.
 */
static PyObject *
int_round(PyObject *self, PyObject *ndigits)
{
    if (!ndigits) { return int_exact(self); }
    own PyObject *index = PyNumber_Index(ndigits);
    if (!index) { return NULL; }
    if (Py_SIZE(index) >= 0) { return int_exact(self); }
    int64_t most = hob_int_bits(self) / 3 + 2;      /* at least its decimal digits, plus one */
    Py_ssize_t n = hob_int_is_medium(index) ? -hob_int_medium_value(index) : PY_SSIZE_T_MAX;
    if (n > most) { return Py_NewRef(hob_small_int(0)); }
    own PyObject *unit = power_of_ten(n);
    if (!unit) { return NULL; }
    own PyObject *pair = _PyLong_DivmodNear(self, unit);
    if (!pair) { return NULL; }
    return hob_int_sub(self, PyTuple_GET_ITEM(pair, 1));
}

/** int.__getnewargs__($self, /) */
static PyObject *
int_getnewargs(PyObject *self)
{
    own PyObject *exact = _PyLong_Copy((PyLongObject *)self);
    return exact ? PyTuple_Pack(1, exact) : NULL;
}

/** int.__format__($self, format_spec, /) */
static PyObject *
int_format(PyObject *self, PyUnicodeObject *format_spec)
{
    PyObject *spec = (PyObject *)format_spec;
    _PyUnicodeWriter writer;
    _PyUnicodeWriter_Init(&writer);
    extern int _PyLong_FormatAdvancedWriter(_PyUnicodeWriter *, PyObject *, PyObject *,
                                            Py_ssize_t, Py_ssize_t);
    if (_PyLong_FormatAdvancedWriter(&writer, self, spec, 0, PyUnicode_GET_LENGTH(spec)) < 0) {
        _PyUnicodeWriter_Dealloc(&writer);
        return NULL;
    }
    return _PyUnicodeWriter_Finish(&writer);
}

/** int.__sizeof__($self, /)
 *
 *  Bytes of memory the object takes.
 */
static Py_ssize_t
int_sizeof(PyObject *self)
{
    Py_ssize_t n = hob_int_ndigits(self);
    return (Py_ssize_t)offsetof(PyLongObject, ob_digit) +
           (n ? n : 1) * (Py_ssize_t)sizeof(digit);
}

#include "gen/objects/int/type.bind.h"

static PyObject *
int_get_itself(PyObject *self, void *unused)
{
    return int_exact(self);
}

static PyObject *
int_get_number(PyObject *self, void *number)
{
    return Py_NewRef(hob_small_int((long)(intptr_t)number));
}

static PyGetSetDef int_getset[] = {
    {"real", int_get_itself, NULL, "the real part of a complex number", NULL},
    {"imag", int_get_number, NULL, "the imaginary part of a complex number", (void *)0},
    {"numerator", int_get_itself, NULL, "the number as a fraction's numerator", NULL},
    {"denominator", int_get_number, NULL, "1, the denominator", (void *)1},
    {NULL, NULL, NULL, NULL, NULL},
};

PyDoc_STRVAR(int_doc,
"int([x]) -> integer\n"
"int(x, base=10) -> integer\n"
"\n"
"Make an int of a number or of text; 0 without an argument.\n"
"A number x gives x.__int__(), where floats lose their fraction.\n"
"\n"
"With a base, or when x is not a number, x is a str, bytes or bytearray\n"
"with an integer literal in that base: blanks around it, a sign and single\n"
"underscores between digits are fine.  Bases are 2 to 36, and 0 for the\n"
"one that the literal's prefix names.\n"
">>> int('0b100', base=0)\n"
"4");

PyTypeObject PyLong_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "int",
    .tp_basicsize = offsetof(PyLongObject, ob_digit),
    .tp_itemsize = sizeof(digit),
    .tp_dealloc = int_dealloc,
    .tp_repr = hob_int_to_decimal,
    .tp_as_number = &int_as_number,
    .tp_hash = int_hash,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_LONG_SUBCLASS |
                _Py_TPFLAGS_MATCH_SELF,
    .tp_doc = int_doc,
    .tp_richcompare = int_richcompare,
    .tp_methods = int_methods,
    .tp_getset = int_getset,
    .tp_alloc = PyType_GenericAlloc,
    .tp_new = int_new,
    .tp_free = PyObject_Free,
};

/* --- public API: sys.int_info --- */

static PyStructSequence_Field int_info_fields[] = {
    {"bits_per_digit", "bits in a digit"},
    {"sizeof_digit", "bytes of the C type that holds a digit"},
    {"default_max_str_digits",
     "decimal digits that str() and int() allow unless told otherwise"},
    {"str_digits_check_threshold", "the lowest limit that can be set"},
    {NULL, NULL},
};

static PyStructSequence_Desc int_info_desc = {
    "sys.int_info",
    "sys.int_info\n\nHow ints are stored, and the limit on their text, as a named tuple.",
    int_info_fields, 4,
};

static PyTypeObject int_info_type;

status
hob_int_info_init(void)
{
    if (int_info_type.tp_name) { return 0; }
    return PyStructSequence_InitType2(&int_info_type, &int_info_desc);
}

PyObject *
PyLong_GetInfo(void)
{
    static const int values[] = {PyLong_SHIFT, sizeof(digit), 4300, 640};
    if (hob_int_info_init() < 0) { return NULL; }
    own PyObject *info = PyStructSequence_New(&int_info_type);
    if (!info) { return NULL; }
    for (int i = 0; i < (int)ARRAY_LEN(values); i++) {
        PyObject *value = PyLong_FromLong(values[i]);
        if (!value) { return NULL; }
        PyStructSequence_SET_ITEM(info, i, value);
    }
    return take(info);
}

/* memory_item.c -- single elements of memory: native formats, objects from and to them.
 *
 * Holds      one table says everything about a native format character; the rest
 *            of struct's formats is only compared, through module struct.
 * Next       memoryview.c
 */
#include "objects/memory_item.h"

#include "memory/own.h"

/* code, C type, how to make an object of it */
#define NATIVE_FORMATS(X) PLAIN_FORMATS(X)                      \
    X('?', bool, )
#define PLAIN_FORMATS(X)                                        \
    X('c', unsigned char, PyBytes_FromStringAndSize(p, 1))      \
    X('b', signed char, PyLong_FromLong(x))                     \
    X('B', unsigned char, PyLong_FromLong(x))                   \
    X('h', short, PyLong_FromLong(x))                           \
    X('H', unsigned short, PyLong_FromLong(x))                  \
    X('i', int, PyLong_FromLong(x))                             \
    X('I', unsigned int, PyLong_FromUnsignedLong(x))            \
    X('l', long, PyLong_FromLong(x))                            \
    X('L', unsigned long, PyLong_FromUnsignedLong(x))           \
    X('q', long long, PyLong_FromLongLong(x))                   \
    X('Q', unsigned long long, PyLong_FromUnsignedLongLong(x))  \
    X('n', Py_ssize_t, PyLong_FromSsize_t(x))                   \
    X('N', size_t, PyLong_FromSize_t(x))                        \
    X('f', float, PyFloat_FromDouble((double)x))                \
    X('d', double, PyFloat_FromDouble(x))                       \
    X('P', void *, PyLong_FromVoidPtr(x))

Py_ssize_t
hob_item_size(char code)
{
    switch (code) {
#define SIZE(c, type, make) case c: return sizeof(type);
    NATIVE_FORMATS(SIZE)
#undef SIZE
    default: return -1;
    }
}

const char *
hob_item_native(const char *format)
{
    static const char all[][2] = {
#define TEXT(c, type, make) {c, '\0'},
        NATIVE_FORMATS(TEXT)
#undef TEXT
    };
    if (*format == '@') { format++; }
    if (!format[0] || format[1]) { return ""; }
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        if (all[i][0] == format[0]) { return all[i]; }
    }
    return "";
}

PyObject *
hob_item_unpack(const char *p, const char *format)
{
    switch (*format) {
#define UNPACK(c, type, make)                   \
    case c: {                                   \
        type x;                                 \
        memcpy(&x, p, sizeof x);                \
        (void)x;                                \
        return make;                            \
    }
    PLAIN_FORMATS(UNPACK)
#undef UNPACK
    case '?': return PyBool_FromLong(*p != 0);
    default:
        PyErr_Format(PyExc_NotImplementedError, "memoryview: format %s not supported", format);
        return NULL;
    }
}

bool
hob_item_equal(const char *p, const char *q, char code)
{
    switch (code) {
    case '?': return (*p != 0) == (*q != 0);
#define EQUAL(c, type, make)                    \
    case c: {                                   \
        type x;                                 \
        type y;                                 \
        memcpy(&x, p, sizeof x);                \
        memcpy(&y, q, sizeof y);                \
        return x == y;                          \
    }
    PLAIN_FORMATS(EQUAL)
#undef EQUAL
    default: return false;
    }
}

/* --- packing --- */

static status
bad_type(const char *format)
{
    PyErr_Format(PyExc_TypeError, "memoryview: invalid type for format '%s'", format);
    return -1;
}

static status
bad_value(const char *format)
{
    PyErr_Format(PyExc_ValueError, "memoryview: invalid value for format '%s'", format);
    return -1;
}

/* Say the pending conversion error in terms of the format. */
static status
convert_error(const char *format)
{
    if (PyErr_ExceptionMatches(PyExc_TypeError)) { return bad_type(format); }
    if (PyErr_ExceptionMatches(PyExc_OverflowError)
        || PyErr_ExceptionMatches(PyExc_ValueError)) {
        return bad_value(format);
    }
    return -1;
}

static bool
is_unsigned(char code)
{
    return strchr("BHILQNP", code) != NULL;
}

static status
pack_int(char *p, PyObject *item, const char *format)
{
    own PyObject *number = PyNumber_Index(item);
    if (!number) { return convert_error(format); }
    size_t size = (size_t)hob_item_size(*format);
    if (is_unsigned(*format)) {
        unsigned long long value = PyLong_AsUnsignedLongLong(number);
        if (value == (unsigned long long)-1 && PyErr_Occurred()) {
            return convert_error(format);
        }
        if (size < 8 && value >> (size * 8)) { return bad_value(format); }
        memcpy(p, &value, size);                /* little-endian */
        return 0;
    }
    long long value = PyLong_AsLongLong(number);
    if (value == -1 && PyErr_Occurred()) { return convert_error(format); }
    if (size < 8 && (value >> (size * 8 - 1)) != 0 && (value >> (size * 8 - 1)) != -1) {
        return bad_value(format);
    }
    memcpy(p, &value, size);
    return 0;
}

static status
pack_pointer(char *p, PyObject *item, const char *format)
{
    own PyObject *number = PyNumber_Index(item);
    void *value = number ? PyLong_AsVoidPtr(number) : NULL;
    if (!value && PyErr_Occurred()) { return convert_error(format); }
    memcpy(p, &value, sizeof value);
    return 0;
}

static status
pack_float(char *p, PyObject *item, const char *format)
{
    double value = PyFloat_AsDouble(item);
    if (value == -1.0 && PyErr_Occurred()) { return convert_error(format); }
    if (*format == 'f') {
        float narrow = (float)value;
        memcpy(p, &narrow, sizeof narrow);
    }
    else {
        memcpy(p, &value, sizeof value);
    }
    return 0;
}

status
hob_item_pack(char *p, PyObject *item, const char *format)
{
    switch (*format) {
    case 'f': case 'd':
        return pack_float(p, item, format);
    case 'c':
        if (!PyBytes_Check(item)) { return bad_type(format); }
        if (PyBytes_GET_SIZE(item) != 1) { return bad_value(format); }
        *p = PyBytes_AS_STRING(item)[0];
        return 0;
    case '?': {
        int truth = PyObject_IsTrue(item);
        if (truth < 0) { return -1; }
        *p = (char)truth;
        return 0;
    }
    case 'P':
        return pack_pointer(p, item, format);
    default:
        if (hob_item_size(*format) > 0) { return pack_int(p, item, format); }
        PyErr_Format(PyExc_NotImplementedError, "memoryview: format %s not supported", format);
        return -1;
    }
}

/* --- comparing views --- */

/* Unpacks elements of one struct format. */
typedef struct unpacker {
    PyObject *unpack_from;      /* Struct(format).unpack_from */
    PyObject *view;             /* memoryview of item */
    char *item;
    Py_ssize_t size;
} unpacker;

static void
drop_unpacker(unpacker *u)
{
    Py_XDECREF(u->unpack_from);
    Py_XDECREF(u->view);
    PyMem_Free(u->item);
}

static status
make_unpacker(unpacker *u, const char *format, Py_ssize_t size)
{
    own PyObject *module = PyImport_ImportModule("struct");
    own PyObject *text = module ? PyBytes_FromString(format) : NULL;
    own PyObject *made = text ? PyObject_CallMethod(module, "Struct", "O", text) : NULL;
    if (!made) { return -1; }
    u->unpack_from = PyObject_GetAttrString(made, "unpack_from");
    u->item = PyMem_Malloc(size);
    u->size = size;
    if (!u->item) { PyErr_NoMemory(); }
    if (!u->unpack_from || !u->item) { return -1; }
    u->view = PyMemoryView_FromMemory(u->item, size, PyBUF_WRITE);
    return u->view ? 0 : -1;
}

static PyObject *
unpack_with(unpacker *u, const char *p)
{
    memcpy(u->item, p, u->size);
    own PyObject *values = PyObject_CallOneArg(u->unpack_from, u->view);
    if (!values || PyTuple_GET_SIZE(values) != 1) { return take(values); }
    return Py_NewRef(PyTuple_GET_ITEM(values, 0));
}

typedef struct comparison {
    char code;                  /* native format of both, or '\0': unpack with struct */
    unpacker v, w;
} comparison;

static tri
compare_items(comparison *c, const char *p, const char *q)
{
    if (c->code) { return hob_item_equal(p, q, c->code); }
    own PyObject *x = unpack_with(&c->v, p);
    if (!x) { return -1; }
    own PyObject *y = unpack_with(&c->w, q);
    if (!y) { return -1; }
    return PyObject_RichCompareBool(x, y, Py_EQ);
}

static const char *
follow(const char *p, const Py_ssize_t *suboffsets, int axis)
{
    if (!suboffsets || suboffsets[axis] < 0) { return p; }
    return *(char *const *)p + suboffsets[axis];
}

static tri
compare_axis(comparison *c, const Py_buffer *v, const char *p, const Py_buffer *w,
             const char *q,
             int axis)
{
    if (axis == v->ndim) { return compare_items(c, p, q); }
    for (Py_ssize_t i = 0; i < v->shape[axis]; i++) {
        const char *x = follow(p + i * v->strides[axis], v->suboffsets, axis);
        const char *y = follow(q + i * w->strides[axis], w->suboffsets, axis);
        tri same = compare_axis(c, v, x, w, y, axis + 1);
        if (same <= 0) { return same; }
    }
    return 1;
}

static bool
same_shape(const Py_buffer *v, const Py_buffer *w)
{
    if (v->ndim != w->ndim) { return false; }
    for (int i = 0; i < v->ndim; i++) {
        if (v->shape[i] != w->shape[i]) { return false; }
        if (v->shape[i] == 0) { break; }
    }
    return true;
}

/* A format that struct refuses makes views unequal, not an error. */
static tri
struct_refused(void)
{
    if (PyErr_ExceptionMatches(PyExc_ImportError)
        || PyErr_ExceptionMatches(PyExc_MemoryError)) {
        return -1;
    }
    PyErr_Clear();
    return 0;
}

tri
hob_item_equal_views(const Py_buffer *v, const Py_buffer *w)
{
    if (!same_shape(v, w)) { return 0; }
    const char *v_format = v->format ? v->format : "B";
    const char *w_format = w->format ? w->format : "B";
    comparison c = {.code = *hob_item_native(v_format)};
    if (c.code != *hob_item_native(w_format)) { c.code = '\0'; }

    tri same;
    if (!c.code && (make_unpacker(&c.v, v_format, v->itemsize) < 0
                    || make_unpacker(&c.w, w_format, w->itemsize) < 0)) {
        same = struct_refused();
    }
    else {
        same = compare_axis(&c, v, v->buf, w, w->buf, 0);
    }
    drop_unpacker(&c.v);
    drop_unpacker(&c.w);
    return same;
}

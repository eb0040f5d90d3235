/* _struct.c -- the module _struct: values to and from C structures in bytes.
 *
 * Layout     a Struct is its format compiled to a row of items { unit, offset,
 *            size, repeat }; a unit says how one value is packed and unpacked,
 *            and lives in one of three tables: native, standard little-endian,
 *            standard big-endian.  The module caches compiled formats.
 * Holds      items are in order and within `size`; `n_values` is the sum of
 *            repeats.  A Struct before __init__ has size and n_values -1.
 */
#include <Python.h>

#include <structmember.h>

#include "memory/own.h"
#include "objects/bind.h"

typedef struct unit unit;
typedef struct state state;

struct unit {
    char code;
    unsigned char size, align;          /* align 0: nowhere */
    bool swap;                          /* bytes are in the other order */
    status (*pack)(const state *st, char *to, PyObject *value, const unit *u);
    PyObject *(*unpack)(const char *from, const unit *u);
    const char *kind;                   /* name in range errors; NULL: 'code' */
};

typedef struct {
    const unit *unit;
    Py_ssize_t offset, size, repeat;    /* size of one value */
} item;

typedef struct {
    PyObject_HEAD
    Py_ssize_t size;
    Py_ssize_t n_values;
    item *items;                        /* ends with unit == NULL */
    PyObject *format;                   /* bytes, MAYBE_NULL */
    PyObject *weakrefs;
} StructObject;

struct state {
    PyObject *error;
    PyObject *cache;                    /* dict: format -> Struct */
    PyTypeObject *struct_type;
    PyTypeObject *iterator_type;
};

enum { CACHE_MAX = 100 };

static struct PyModuleDef struct_module;

static state *
state_of_module(PyObject *module)
{
    return PyModule_GetState(module);
}

static state *
state_of(PyObject *self)
{
    return state_of_module(PyType_GetModuleByDef(Py_TYPE(self), &struct_module));
}

/* --- numbers out of objects --- */

/* value as an int: a new reference, or NULL. */
static PyObject *
as_int(const state *st, PyObject *value)
{
    if (LIKELY(PyLong_Check(value))) { return Py_NewRef(value); }
    if (PyIndex_Check(value)) { return _PyNumber_Index(value); }
    PyErr_SetString(st->error, "required argument is not an integer");
    return NULL;
}

/* After a conversion of an int failed. */
static status
out_of_range(const state *st)
{
    if (PyErr_ExceptionMatches(PyExc_OverflowError)) {
        PyErr_SetString(st->error, "argument out of range");
    }
    return -1;
}

static status
fetch_signed(const state *st, PyObject *value, long *out)
{
    if (LIKELY(PyLong_CheckExact(value))) {
        *out = PyLong_AsLong(value);
        return *out == -1 && PyErr_Occurred() ? out_of_range(st) : 0;
    }
    own PyObject *number = as_int(st, value);
    if (!number) { return -1; }
    *out = PyLong_AsLong(number);
    return *out == -1 && PyErr_Occurred() ? out_of_range(st) : 0;
}

static status
fetch_unsigned(const state *st, PyObject *value, unsigned long *out)
{
    own PyObject *number = as_int(st, value);
    if (!number) { return -1; }
    *out = PyLong_AsUnsignedLong(number);
    return *out == (unsigned long)-1 && PyErr_Occurred() ? out_of_range(st) : 0;
}

static status
refuse_range(const state *st, const unit *u, bool is_signed)
{
    int bits = u->size * 8;
    long low = is_signed ? -(1L << (bits - 1)) : 0;
    unsigned long high = (1UL << (bits - is_signed)) - 1;
    if (u->kind) {
        PyErr_Format(st->error, "%s format requires %ld <= number <= %lu", u->kind, low, high);
    }
    else {
        PyErr_Format(st->error, "'%c' format requires %ld <= number <= %lu", u->code, low,
                     high);
    }
    return -1;
}

/* --- integers --- */

/* Store the lowest size bytes. */
static inline void
store(char *to, uint64_t value, int size, bool swap)
{
    if (swap) { value = __builtin_bswap64(value) >> (64 - 8 * size); }
    memcpy(to, &value, (size_t)size);
}

static status
pack_signed(const state *st, char *to, PyObject *value, const unit *u)
{
    long x;
    if (fetch_signed(st, value, &x) < 0) { return -1; }
    if (u->size < 8) {
        long limit = 1L << (u->size * 8 - 1);
        if (x < -limit || x >= limit) { return refuse_range(st, u, true); }
    }
    store(to, (uint64_t)x, u->size, u->swap);
    return 0;
}

static status
pack_unsigned(const state *st, char *to, PyObject *value, const unit *u)
{
    unsigned long x;
    if (fetch_unsigned(st, value, &x) < 0) { return -1; }
    if (u->size < 8 && x >> (u->size * 8)) { return refuse_range(st, u, false); }
    store(to, x, u->size, u->swap);
    return 0;
}

/* Unsigned types shorter than int are fetched with a sign. */
static status
pack_short_unsigned(const state *st, char *to, PyObject *value, const unit *u)
{
    long x;
    if (fetch_signed(st, value, &x) < 0) { return -1; }
    if (x < 0 || x >> (u->size * 8)) { return refuse_range(st, u, false); }
    store(to, (uint64_t)x, u->size, u->swap);
    return 0;
}

/* Eight bytes, with the errors of the int itself. */
static status
pack_wide(const state *st, char *to, PyObject *value, const unit *u)
{
    own PyObject *number = as_int(st, value);
    if (!number) { return -1; }
    return _PyLong_AsByteArray((PyLongObject *)number, (unsigned char *)to, 8, !u->swap,
                               u->code == 'q');
}

static status
pack_pointer(const state *st, char *to, PyObject *value, const unit *u)
{
    own PyObject *number = as_int(st, value);
    if (!number) { return -1; }
    void *x = PyLong_AsVoidPtr(number);
    if (!x && PyErr_Occurred()) { return -1; }
    memcpy(to, &x, sizeof x);
    return 0;
}

#define UNPACK_INTEGER(name, ctype, swapped, make)                              \
    static PyObject *                                                           \
    unpack_##name(const char *from, const unit *u)                              \
    {                                                                           \
        ctype x;                                                                \
        memcpy(&x, from, sizeof x);                                             \
        if (u->swap) { x = (ctype)swapped(x); }                                 \
        return make(x);                                                         \
    }
#define SAME(x) (x)
UNPACK_INTEGER(i8, int8_t, SAME, PyLong_FromLong)
UNPACK_INTEGER(u8, uint8_t, SAME, PyLong_FromLong)
UNPACK_INTEGER(i16, int16_t, __builtin_bswap16, PyLong_FromLong)
UNPACK_INTEGER(u16, uint16_t, __builtin_bswap16, PyLong_FromLong)
UNPACK_INTEGER(i32, int32_t, __builtin_bswap32, PyLong_FromLong)
UNPACK_INTEGER(u32, uint32_t, __builtin_bswap32, PyLong_FromLong)
UNPACK_INTEGER(i64, int64_t, __builtin_bswap64, PyLong_FromLong)
UNPACK_INTEGER(u64, uint64_t, __builtin_bswap64, PyLong_FromUnsignedLong)
#undef SAME
#undef UNPACK_INTEGER

/* --- floats --- */

static status
fetch_double(const state *st, PyObject *value, double *out)
{
    *out = PyFloat_AsDouble(value);
    if (*out != -1.0 || !PyErr_Occurred()) { return 0; }
    PyErr_SetString(st->error, "required argument is not a float");
    return -1;
}

static status
pack_half(const state *st, char *to, PyObject *value, const unit *u)
{
    double x;
    return fetch_double(st, value, &x) < 0 ? -1 : PyFloat_Pack2(x, to, !u->swap);
}

static status
pack_float(const state *st, char *to, PyObject *value, const unit *u)
{
    double x;
    return fetch_double(st, value, &x) < 0 ? -1 : PyFloat_Pack4(x, to, !u->swap);
}

/* The machine's own float takes anything: too large becomes infinite. */
static status
pack_native_float(const state *st, char *to, PyObject *value, const unit *u)
{
    double x;
    if (fetch_double(st, value, &x) < 0) { return -1; }
    float y = (float)x;
    memcpy(to, &y, sizeof y);
    return 0;
}

static status
pack_double(const state *st, char *to, PyObject *value, const unit *u)
{
    double x;
    return fetch_double(st, value, &x) < 0 ? -1 : PyFloat_Pack8(x, to, !u->swap);
}

static PyObject *
unpack_half(const char *from, const unit *u)
{
    return PyFloat_FromDouble(PyFloat_Unpack2(from, !u->swap));
}

static PyObject *
unpack_float(const char *from, const unit *u)
{
    return PyFloat_FromDouble(PyFloat_Unpack4(from, !u->swap));
}

static PyObject *
unpack_double(const char *from, const unit *u)
{
    return PyFloat_FromDouble(PyFloat_Unpack8(from, !u->swap));
}

/* --- the rest --- */

static status
pack_bool(const state *st, char *to, PyObject *value, const unit *u)
{
    int truth = PyObject_IsTrue(value);
    if (truth < 0) { return -1; }
    *to = (char)truth;
    return 0;
}

static PyObject *
unpack_bool(const char *from, const unit *u)
{
    return PyBool_FromLong(*from != 0);
}

static status
pack_char(const state *st, char *to, PyObject *value, const unit *u)
{
    if (!PyBytes_Check(value) || PyBytes_GET_SIZE(value) != 1) {
        PyErr_SetString(st->error, "char format requires a bytes object of length 1");
        return -1;
    }
    *to = PyBytes_AS_STRING(value)[0];
    return 0;
}

static PyObject *
unpack_char(const char *from, const unit *u)
{
    return PyBytes_FromStringAndSize(from, 1);
}

/* --- the tables --- */

#define COMMON(swap)                                                            \
    {'x', 1, 0, swap, NULL, NULL, NULL},                                        \
    {'c', 1, 0, swap, pack_char, unpack_char, NULL},                            \
    {'s', 1, 0, swap, NULL, NULL, NULL},                                        \
    {'p', 1, 0, swap, NULL, NULL, NULL},                                        \
    {'b', 1, 0, swap, pack_signed, unpack_i8, "byte"},                          \
    {'B', 1, 0, swap, pack_short_unsigned, unpack_u8, "ubyte"},                 \
    {'?', 1, 0, swap, pack_bool, unpack_bool, NULL}

static const unit native_units[] = {
    COMMON(false),
    {'h', 2, 2, false, pack_signed, unpack_i16, "short"},
    {'H', 2, 2, false, pack_short_unsigned, unpack_u16, "ushort"},
    {'i', 4, 4, false, pack_signed, unpack_i32, NULL},
    {'I', 4, 4, false, pack_unsigned, unpack_u32, NULL},
    {'l', 8, 8, false, pack_signed, unpack_i64, NULL},
    {'L', 8, 8, false, pack_unsigned, unpack_u64, NULL},
    {'n', 8, 8, false, pack_signed, unpack_i64, NULL},
    {'N', 8, 8, false, pack_unsigned, unpack_u64, NULL},
    {'q', 8, 8, false, pack_signed, unpack_i64, NULL},
    {'Q', 8, 8, false, pack_unsigned, unpack_u64, NULL},
    {'e', 2, 2, false, pack_half, unpack_half, NULL},
    {'f', 4, 4, false, pack_native_float, unpack_float, NULL},
    {'d', 8, 8, false, pack_double, unpack_double, NULL},
    {'P', 8, 8, false, pack_pointer, unpack_u64, NULL},
    {0},
};

static const unit little_units[] = {
    COMMON(false),
    {'h', 2, 0, false, pack_signed, unpack_i16, "short"},
    {'H', 2, 0, false, pack_short_unsigned, unpack_u16, "ushort"},
    {'i', 4, 0, false, pack_signed, unpack_i32, NULL},
    {'I', 4, 0, false, pack_unsigned, unpack_u32, NULL},
    {'l', 4, 0, false, pack_signed, unpack_i32, NULL},
    {'L', 4, 0, false, pack_unsigned, unpack_u32, NULL},
    {'q', 8, 0, false, pack_signed, unpack_i64, NULL},
    {'Q', 8, 0, false, pack_unsigned, unpack_u64, NULL},
    {'e', 2, 0, false, pack_half, unpack_half, NULL},
    {'f', 4, 0, false, pack_float, unpack_float, NULL},
    {'d', 8, 0, false, pack_double, unpack_double, NULL},
    {0},
};

static const unit big_units[] = {
    COMMON(true),
    {'h', 2, 0, true, pack_signed, unpack_i16, NULL},
    {'H', 2, 0, true, pack_unsigned, unpack_u16, NULL},
    {'i', 4, 0, true, pack_signed, unpack_i32, NULL},
    {'I', 4, 0, true, pack_unsigned, unpack_u32, NULL},
    {'l', 4, 0, true, pack_signed, unpack_i32, NULL},
    {'L', 4, 0, true, pack_unsigned, unpack_u32, NULL},
    {'q', 8, 0, true, pack_wide, unpack_i64, NULL},
    {'Q', 8, 0, true, pack_wide, unpack_u64, NULL},
    {'e', 2, 0, true, pack_half, unpack_half, NULL},
    {'f', 4, 0, true, pack_float, unpack_float, NULL},
    {'d', 8, 0, true, pack_double, unpack_double, NULL},
    {0},
};

/* --- compiling a format --- */

static const unit *
choose_table(const char **format)
{
    switch (**format) {
    case '@': ++*format; return native_units;
    case '<': case '=': ++*format; return little_units;
    case '>': case '!': ++*format; return big_units;
    default: return native_units;
    }
}

static status
refuse_format(const state *st, const char *text)
{
    PyErr_SetString(st->error, text);
    return -1;
}

static const unit *
find_unit(const state *st, const unit *table, char code)
{
    for (const unit *u = table; u->code; u++) {
        if (u->code == code) { return u; }
    }
    refuse_format(st, "bad char in struct format");
    return NULL;
}

/* Read "12i" at *format: 1, 0 at the end, -1 with struct.error. */
static tri
next_unit(const state *st, const unit *table, const char **format, const unit **u,
          Py_ssize_t *count)
{
    while (Py_ISSPACE(**format)) { ++*format; }
    if (!**format) { return 0; }
    *count = 1;
    if (Py_ISDIGIT(**format)) {
        *count = 0;
        for (; Py_ISDIGIT(**format); ++*format) {
            if (__builtin_mul_overflow(*count, 10, count) ||
                __builtin_add_overflow(*count, **format - '0', count)) {
                return refuse_format(st, "total struct size too long");
            }
        }
        if (!**format) {
            return refuse_format(st, "repeat count given without format specifier");
        }
    }
    *u = find_unit(st, table, *(*format)++);
    return *u ? 1 : -1;
}

static inline bool
is_string(const unit *u)
{
    return u->code == 's' || u->code == 'p';
}

/* Walk a format: sum up sizes, and fill items unless NULL. */
static status
walk_format(const state *st, const char *format, item *items, Py_ssize_t *size_out,
            Py_ssize_t *n_values_out, Py_ssize_t *n_items_out)
{
    const unit *table = choose_table(&format), *u = NULL;
    Py_ssize_t size = 0, n_values = 0, n_items = 0, count;
    tri more;
    while ((more = next_unit(st, table, &format, &u, &count)) > 0) {
        if (u->align && size % u->align) {
            Py_ssize_t gap = u->align - size % u->align;
            if (__builtin_add_overflow(size, gap, &size)) {
                return refuse_format(st, "total struct size too long");
            }
        }
        Py_ssize_t total;
        bool listed = is_string(u) || (u->code != 'x' && count > 0);
        if (listed) {
            if (items) {
                items[n_items] = is_string(u) ? (item){u, size, count, 1}
                                              : (item){u, size, u->size, count};
            }
            n_items++;
            n_values += is_string(u) ? 1 : count;
        }
        if (__builtin_mul_overflow(count, (Py_ssize_t)u->size, &total) ||
            __builtin_add_overflow(size, total, &size)) {
            return refuse_format(st, "total struct size too long");
        }
    }
    if (more < 0) { return -1; }
    *size_out = size;
    *n_values_out = n_values;
    *n_items_out = n_items;
    return 0;
}

static status
compile_format(const state *st, StructObject *self)
{
    const char *format = PyBytes_AS_STRING(self->format);
    if (strlen(format) != (size_t)PyBytes_GET_SIZE(self->format)) {
        return refuse_format(st, "embedded null character");
    }
    Py_ssize_t size, n_values, n_items;
    if (walk_format(st, format, NULL, &size, &n_values, &n_items) < 0) { return -1; }
    if (n_items >= PY_SSIZE_T_MAX / (Py_ssize_t)sizeof(item)) {
        PyErr_NoMemory();
        return -1;
    }
    item *items = PyMem_New(item, n_items + 1);
    if (!items) {
        PyErr_NoMemory();
        return -1;
    }
    if (walk_format(st, format, items, &size, &n_values, &n_items) < 0) {
        PyMem_Free(items);
        return -1;
    }
    items[n_items] = (item){NULL, 0, 0, 0};
    PyMem_Free(self->items);
    self->items = items;
    self->size = size;
    self->n_values = n_values;
    return 0;
}

/* --- packing --- */

static status
pack_text(const state *st, char *to, PyObject *value, const item *it)
{
    bool is_bytes = PyBytes_Check(value), pascal = it->unit->code == 'p';
    if (!is_bytes && !PyByteArray_Check(value)) {
        PyErr_Format(st->error, "argument for '%c' must be a bytes object", it->unit->code);
        return -1;
    }
    const char *from = is_bytes ? PyBytes_AS_STRING(value) : PyByteArray_AS_STRING(value);
    Py_ssize_t n = is_bytes ? PyBytes_GET_SIZE(value) : PyByteArray_GET_SIZE(value);
    if (!pascal) {
        memcpy(to, from, (size_t)Py_MIN(n, it->size));
        return 0;
    }
    if (it->size == 0) { return 0; }
    n = Py_MIN(n, it->size - 1);
    memcpy(to + 1, from, (size_t)n);
    *to = (char)Py_MIN(n, 255);
    return 0;
}

/* A unit failed: a value that is an int and too large is struct.error. */
static status
pack_failed(const state *st, PyObject *value)
{
    if (PyLong_Check(value) && PyErr_ExceptionMatches(PyExc_OverflowError)) {
        PyErr_SetString(st->error, "int too large to convert");
    }
    return -1;
}

/* Pack n_values values into size bytes. */
static status
pack_values(const state *st, const StructObject *self, PyObject *const *values, char *to)
{
    memset(to, 0, (size_t)self->size);
    for (const item *it = self->items; it && it->unit; it++) {
        char *at = to + it->offset;
        if (is_string(it->unit)) {
            if (pack_text(st, at, *values++, it) < 0) { return -1; }
            continue;
        }
        for (Py_ssize_t i = 0; i < it->repeat; i++, at += it->size, values++) {
            if (UNLIKELY(it->unit->pack(st, at, *values, it->unit) < 0)) {
                return pack_failed(st, *values);
            }
        }
    }
    return 0;
}

/* --- unpacking --- */

static PyObject *
unpack_text(const char *from, const item *it)
{
    if (it->unit->code == 's') { return PyBytes_FromStringAndSize(from, it->size); }
    Py_ssize_t n = it->size > 0 ? (unsigned char)*from : 0;
    if (n >= it->size) { n = it->size - 1; }
    return PyBytes_FromStringAndSize(from + 1, n);
}

static PyObject *
unpack_values(const StructObject *self, const char *from)
{
    own PyObject *result = PyTuple_New(self->n_values);
    if (!result) { return NULL; }
    Py_ssize_t n = 0;
    for (const item *it = self->items; it && it->unit; it++) {
        const char *at = from + it->offset;
        for (Py_ssize_t i = 0; i < it->repeat; i++, at += it->size) {
            PyObject *value = is_string(it->unit) ? unpack_text(at, it)
                                                  : it->unit->unpack(at, it->unit);
            if (!value) { return NULL; }
            PyTuple_SET_ITEM(result, n++, value);
        }
    }
    return take(result);
}

/* --- the work of methods and functions --- */

static PyObject *
do_pack(const state *st, StructObject *self, PyObject *const *values, Py_ssize_t n)
{
    if (n != self->n_values) {
        PyErr_Format(st->error, "pack expected %zd items for packing (got %zd)",
                     self->n_values, n);
        return NULL;
    }
    own PyObject *bytes = PyBytes_FromStringAndSize(NULL, self->size);
    if (!bytes || pack_values(st, self, values, PyBytes_AS_STRING(bytes)) < 0) { return NULL; }
    return take(bytes);
}

/* args: buffer, offset, values */
static PyObject *
do_pack_into(const state *st, StructObject *self, PyObject *const *args, Py_ssize_t n)
{
    if (n != self->n_values + 2) {
        if (n == 0) { PyErr_SetString(st->error, "pack_into expected buffer argument"); }
        else if (n == 1) { PyErr_SetString(st->error, "pack_into expected offset argument"); }
        else {
            PyErr_Format(st->error, "pack_into expected %zd items for packing (got %zd)",
                         self->n_values, n - 2);
        }
        return NULL;
    }
    Py_buffer view;
    if (!PyArg_Parse(args[0], "w*", &view)) { return NULL; }
    PyObject *result = NULL;
    Py_ssize_t offset = PyNumber_AsSsize_t(args[1], PyExc_IndexError);
    if (offset == -1 && PyErr_Occurred()) { goto done; }
    if (offset < 0) {
        if (offset + self->size > 0) {
            PyErr_Format(st->error, "no space to pack %zd bytes at offset %zd", self->size,
                         offset);
            goto done;
        }
        if (offset + view.len < 0) {
            PyErr_Format(st->error, "offset %zd out of range for %zd-byte buffer", offset,
                         view.len);
            goto done;
        }
        offset += view.len;
    }
    if (view.len - offset < self->size) {
        PyErr_Format(st->error, "pack_into requires a buffer of at least %zu bytes for packing "
                     "%zd bytes at offset %zd (actual buffer size is %zd)",
                     (size_t)self->size + (size_t)offset, self->size, offset, view.len);
        goto done;
    }
    if (pack_values(st, self, args + 2, (char *)view.buf + offset) == 0) {
        result = Py_NewRef(Py_None);
    }
done:
    PyBuffer_Release(&view);
    return result;
}

static PyObject *
do_unpack(const state *st, StructObject *self, Py_buffer *buffer)
{
    if (buffer->len == self->size) { return unpack_values(self, buffer->buf); }
    PyErr_Format(st->error, "unpack requires a buffer of %zd bytes", self->size);
    return NULL;
}

static PyObject *
do_unpack_from(const state *st, StructObject *self, Py_buffer *buffer, Py_ssize_t offset)
{
    if (offset < 0) {
        if (offset + self->size > 0) {
            PyErr_Format(st->error, "not enough data to unpack %zd bytes at offset %zd",
                         self->size, offset);
            return NULL;
        }
        if (offset + buffer->len < 0) {
            PyErr_Format(st->error, "offset %zd out of range for %zd-byte buffer", offset,
                         buffer->len);
            return NULL;
        }
        offset += buffer->len;
    }
    if (buffer->len - offset < self->size) {
        PyErr_Format(st->error, "unpack_from requires a buffer of at least %zu bytes for "
                     "unpacking %zd bytes at offset %zd (actual buffer size is %zd)",
                     (size_t)self->size + (size_t)offset, self->size, offset, buffer->len);
        return NULL;
    }
    return unpack_values(self, (const char *)buffer->buf + offset);
}

/* --- the iterator --- */

typedef struct {
    PyObject_HEAD
    StructObject *owner;                /* owned; NULL when exhausted */
    Py_buffer buffer;
    Py_ssize_t index;                   /* bytes read */
} IteratorObject;

static PyObject *
do_iter_unpack(const state *st, StructObject *self, PyObject *buffer)
{
    if (self->size == 0) {
        PyErr_SetString(st->error, "cannot iteratively unpack with a struct of length 0");
        return NULL;
    }
    PyTypeObject *type = st->iterator_type;
    IteratorObject *iterator = (IteratorObject *)type->tp_alloc(type, 0);
    if (!iterator) { return NULL; }
    own PyObject *held = (PyObject *)iterator;
    if (PyObject_GetBuffer(buffer, &iterator->buffer, PyBUF_SIMPLE) < 0) { return NULL; }
    if (self->size > 0 && iterator->buffer.len % self->size != 0) {
        PyErr_Format(st->error,
                     "iterative unpacking requires a buffer of a multiple of %zd bytes",
                     self->size);
        return NULL;
    }
    iterator->owner = (StructObject *)Py_NewRef(self);
    return take(held);
}

static int
iterator_traverse(PyObject *op, visitproc visit, void *arg)
{
    IteratorObject *self = (IteratorObject *)op;
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(self->owner);
    Py_VISIT(self->buffer.obj);
    return 0;
}

static int
iterator_clear(PyObject *op)
{
    IteratorObject *self = (IteratorObject *)op;
    Py_CLEAR(self->owner);
    PyBuffer_Release(&self->buffer);
    return 0;
}

static void
iterator_dealloc(PyObject *op)
{
    PyTypeObject *type = Py_TYPE(op);
    PyObject_GC_UnTrack(op);
    iterator_clear(op);
    type->tp_free(op);
    Py_DECREF(type);
}

static PyObject *
iterator_next(PyObject *op)
{
    IteratorObject *self = (IteratorObject *)op;
    if (!self->owner) { return NULL; }
    if (self->index >= self->buffer.len) {
        iterator_clear(op);
        return NULL;
    }
    PyObject *result = unpack_values(self->owner, (const char *)self->buffer.buf + self->index);
    self->index += self->owner->size;
    return result;
}

static PyObject *
iterator_length_hint(PyObject *op, PyObject *unused)
{
    IteratorObject *self = (IteratorObject *)op;
    if (!self->owner) { return PyLong_FromLong(0); }
    return PyLong_FromSsize_t((self->buffer.len - self->index) / self->owner->size);
}

static PyObject *
iterator_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyErr_Format(PyExc_TypeError, "Cannot create '%.200s objects", _PyType_Name(type));
    return NULL;
}

static PyMethodDef iterator_methods[] = {
    {"__length_hint__", iterator_length_hint, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot iterator_slots[] = {
    {Py_tp_dealloc, iterator_dealloc},
    {Py_tp_getattro, PyObject_GenericGetAttr},
    {Py_tp_traverse, iterator_traverse},
    {Py_tp_clear, iterator_clear},
    {Py_tp_iter, PyObject_SelfIter},
    {Py_tp_iternext, iterator_next},
    {Py_tp_methods, iterator_methods},
    {Py_tp_new, iterator_new},
    {0, NULL},
};

static PyType_Spec iterator_spec = {
    "_struct.unpack_iterator", sizeof(IteratorObject), 0,
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE, iterator_slots,
};

/* --- Struct --- */

static PyObject *
struct_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    StructObject *self = (StructObject *)type->tp_alloc(type, 0);
    if (self) { self->size = self->n_values = -1; }
    return (PyObject *)self;
}

/** Struct.__init__($self, format)
 *
 *  Struct(fmt) --> compiled struct object
 */
static int
struct_init(PyObject *op, PyObject *format)
{
    StructObject *self = (StructObject *)op;
    own PyObject *bytes = PyUnicode_Check(format) ? PyUnicode_AsASCIIString(format)
                                                  : Py_NewRef(format);
    if (!bytes) { return -1; }
    if (!PyBytes_Check(bytes)) {
        PyErr_Format(PyExc_TypeError,
                     "Struct() argument 1 must be a str or bytes object, not %.200s",
                     Py_TYPE(format)->tp_name);
        return -1;
    }
    Py_XSETREF(self->format, take(bytes));
    return compile_format(state_of(op), self);
}

static int
struct_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(op));
    return 0;
}

static int
struct_clear(PyObject *op)
{
    Py_CLEAR(((StructObject *)op)->format);
    return 0;
}

static void
struct_dealloc(PyObject *op)
{
    StructObject *self = (StructObject *)op;
    PyTypeObject *type = Py_TYPE(op);
    PyObject_GC_UnTrack(op);
    if (self->weakrefs) { PyObject_ClearWeakRefs(op); }
    PyMem_Free(self->items);
    Py_XDECREF(self->format);
    type->tp_free(op);
    Py_DECREF(type);
}

/** Struct.iter_unpack($self, buffer, /)
 *
 *  An iterator over the tuples that a buffer of such structures holds; its
 *  length must be a multiple of theirs.
 */
static PyObject *
struct_iter_unpack(PyObject *self, PyObject *buffer)
{
    return do_iter_unpack(state_of(self), (StructObject *)self, buffer);
}

/** @nosig Struct.pack($self, *values)
 *
 *  S.pack(v1, v2, ...) -> bytes
 *
 *  The values as the bytes of such a structure.
 */
static PyObject *
struct_pack(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    return do_pack(state_of(self), (StructObject *)self, args, nargs);
}

/** @nosig Struct.pack_into($self, buffer, offset, *values)
 *
 *  S.pack_into(buffer, offset, v1, v2, ...)
 *
 *  Write the values as the bytes of such a structure into a buffer, from
 *  offset on.
 */
static PyObject *
struct_pack_into(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    return do_pack_into(state_of(self), (StructObject *)self, args, nargs);
}

/** Struct.unpack($self, buffer, /)
 *
 *  The values in a buffer that holds one such structure, as a tuple.
 */
static PyObject *
struct_unpack(PyObject *self, Py_buffer *buffer)
{
    return do_unpack(state_of(self), (StructObject *)self, buffer);
}

/** Struct.unpack_from($self, /, buffer, offset=0)
 *
 *  The values in a buffer that holds such a structure at offset, as a tuple.
 */
static PyObject *
struct_unpack_from(PyObject *self, Py_buffer *buffer, Py_ssize_t offset)
{
    return do_unpack_from(state_of(self), (StructObject *)self, buffer, offset);
}

/** @nosig Struct.__sizeof__($self, /)
 *
 *  S.__sizeof__() -> bytes of memory that S takes
 */
static PyObject *
struct_sizeof(PyObject *op)
{
    StructObject *self = (StructObject *)op;
    size_t size = (size_t)Py_TYPE(op)->tp_basicsize + sizeof(item);
    for (const item *it = self->items; it && it->unit; it++) { size += sizeof(item); }
    return PyLong_FromSize_t(size);
}

/* --- functions of the module --- */

/* The Struct of a format, cached: new reference. */
static StructObject *
struct_of(state *st, PyObject *format)
{
    PyObject *found = PyDict_GetItemWithError(st->cache, format);
    if (found) { return (StructObject *)Py_NewRef(found); }
    if (PyErr_Occurred()) { return NULL; }
    PyObject *made = PyObject_CallOneArg((PyObject *)st->struct_type, format);
    if (!made) { return NULL; }
    if (PyDict_GET_SIZE(st->cache) >= CACHE_MAX) { PyDict_Clear(st->cache); }
    if (PyDict_SetItem(st->cache, format, made) < 0) { PyErr_Clear(); }
    return (StructObject *)made;
}

/** _clearcache($module, /)
 *
 *  Forget the compiled formats.
 */
static void
struct_clearcache(PyObject *module)
{
    PyDict_Clear(state_of_module(module)->cache);
}

/** calcsize($module, format, /)
 *
 *  The size in bytes of the structure that format describes.
 */
static PyObject *
struct_calcsize(PyObject *module, PyObject *format)
{
    own StructObject *s = struct_of(state_of_module(module), format);
    return s ? PyLong_FromSsize_t(s->size) : NULL;
}

static PyObject *
need_format(void)
{
    PyErr_SetString(PyExc_TypeError, "missing format argument");
    return NULL;
}

/** @nosig pack($module, format, *values)
 *
 *  pack(format, v1, v2, ...) -> bytes
 *
 *  The values as the bytes of the structure that format describes.
 */
static PyObject *
struct_pack_(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    if (nargs == 0) { return need_format(); }
    state *st = state_of_module(module);
    own StructObject *s = struct_of(st, args[0]);
    return s ? do_pack(st, s, args + 1, nargs - 1) : NULL;
}

/** @nosig pack_into($module, format, buffer, offset, *values)
 *
 *  pack_into(format, buffer, offset, v1, v2, ...)
 *
 *  Write the values as the bytes of the structure that format describes into
 *  a buffer, from offset on.
 */
static PyObject *
struct_pack_into_(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    if (nargs == 0) { return need_format(); }
    state *st = state_of_module(module);
    own StructObject *s = struct_of(st, args[0]);
    return s ? do_pack_into(st, s, args + 1, nargs - 1) : NULL;
}

/** unpack($module, format, buffer, /)
 *
 *  The values in a buffer that holds one structure of that format, as a tuple.
 */
static PyObject *
struct_unpack_(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    if (!_PyArg_CheckPositional("unpack", nargs, 2, 2)) { return NULL; }
    state *st = state_of_module(module);
    own StructObject *s = struct_of(st, args[0]);
    Py_buffer view;
    if (!s || !arg_buffer(args[1], &view, PyBUF_SIMPLE, "unpack", "argument 2")) {
        return NULL;
    }
    PyObject *result = do_unpack(st, s, &view);
    PyBuffer_Release(&view);
    return result;
}

/** unpack_from($module, format, /, buffer, offset=0)
 *
 *  The values in a buffer that holds a structure of that format at offset, as
 *  a tuple.
 */
static PyObject *
struct_unpack_from_(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
                    PyObject *kwnames)
{
    static const char *const names[] = {"", "buffer", "offset", NULL};
    static _PyArg_Parser parser = {NULL, names, "unpack_from"};
    PyObject *slots[3] = {NULL};
    args = _PyArg_UnpackKeywords(args, nargs, NULL, kwnames, &parser, 2, 3, 0, slots);
    if (!args) { return NULL; }
    if (args != slots) { args = memcpy(slots, args, (size_t)nargs * sizeof *slots); }
    state *st = state_of_module(module);
    own StructObject *s = struct_of(st, args[0]);
    Py_ssize_t offset = 0;
    Py_buffer view;
    if (!s || !arg_buffer(args[1], &view, PyBUF_SIMPLE, "unpack_from", "argument 'buffer'")) {
        return NULL;
    }
    PyObject *result = NULL;
    if (!args[2] || arg_ssize(args[2], &offset)) {
        result = do_unpack_from(st, s, &view, offset);
    }
    PyBuffer_Release(&view);
    return result;
}

/** iter_unpack($module, format, buffer, /)
 *
 *  An iterator over the tuples that a buffer of structures of that format
 *  holds; its length must be a multiple of theirs.
 */
static PyObject *
struct_iter_unpack_(PyObject *module, PyObject *format, PyObject *buffer)
{
    state *st = state_of_module(module);
    own StructObject *s = struct_of(st, format);
    return s ? do_iter_unpack(st, s, buffer) : NULL;
}

#include "gen/modules/_struct.bind.h"

/* --- the rest of the Struct type --- */

static PyObject *
struct_get_format(PyObject *op, void *unused)
{
    PyObject *format = ((StructObject *)op)->format;
    if (!format) { return PyUnicode_FromString(""); }
    return PyUnicode_FromStringAndSize(PyBytes_AS_STRING(format), PyBytes_GET_SIZE(format));
}

static PyObject *
struct_get_size(PyObject *op, void *unused)
{
    return PyLong_FromSsize_t(((StructObject *)op)->size);
}

static PyGetSetDef struct_getset[] = {
    {"format", struct_get_format, NULL, PyDoc_STR("the format"), NULL},
    {"size", struct_get_size, NULL, PyDoc_STR("bytes of the structure"), NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMemberDef struct_members[] = {
    {"__weaklistoffset__", T_PYSSIZET, offsetof(StructObject, weakrefs), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

PyDoc_STRVAR(struct_type_doc, "Struct(fmt) --> compiled struct object");

static PyType_Slot struct_slots[] = {
    {Py_tp_dealloc, struct_dealloc},
    {Py_tp_getattro, PyObject_GenericGetAttr},
    {Py_tp_setattro, PyObject_GenericSetAttr},
    {Py_tp_doc, (void *)struct_type_doc},
    {Py_tp_traverse, struct_traverse},
    {Py_tp_clear, struct_clear},
    {Py_tp_methods, Struct_methods},
    {Py_tp_members, struct_members},
    {Py_tp_getset, struct_getset},
    {Py_tp_init, struct_init__slot},
    {Py_tp_alloc, PyType_GenericAlloc},
    {Py_tp_new, struct_new},
    {Py_tp_free, PyObject_GC_Del},
    {0, NULL},
};

static PyType_Spec struct_spec = {
    "_struct.Struct", sizeof(StructObject), 0,
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_IMMUTABLETYPE,
    struct_slots,
};

/* --- the module --- */

static int
module_exec(PyObject *module)
{
    state *st = state_of_module(module);
    st->cache = PyDict_New();
    st->error = PyErr_NewException("struct.error", NULL, NULL);
    st->struct_type = (PyTypeObject *)PyType_FromModuleAndSpec(module, &struct_spec, NULL);
    st->iterator_type = (PyTypeObject *)PyType_FromModuleAndSpec(module, &iterator_spec, NULL);
    if (!st->cache || !st->error || !st->struct_type || !st->iterator_type) { return -1; }
    if (PyModule_AddType(module, st->struct_type) < 0) { return -1; }
    return PyModule_AddObjectRef(module, "error", st->error);
}

static int
module_traverse(PyObject *module, visitproc visit, void *arg)
{
    state *st = state_of_module(module);
    Py_VISIT(st->cache);
    Py_VISIT(st->error);
    Py_VISIT(st->struct_type);
    Py_VISIT(st->iterator_type);
    return 0;
}

static int
module_clear(PyObject *module)
{
    state *st = state_of_module(module);
    Py_CLEAR(st->cache);
    Py_CLEAR(st->error);
    Py_CLEAR(st->struct_type);
    Py_CLEAR(st->iterator_type);
    return 0;
}

static PyModuleDef_Slot module_slots[] = {
    {Py_mod_exec, module_exec},
    {0, NULL},
};

PyDoc_STRVAR(module_doc,
"Python values to and from C structures that are kept in bytes.\n"
"\n"
"A format says how a structure is laid out.  Its first character may be:\n"
"  @  this machine's byte order, sizes and alignment (as without any)\n"
"  =  this machine's byte order, standard sizes, no alignment\n"
"  <  little-endian, standard sizes, no alignment\n"
"  >  big-endian, standard sizes, no alignment; ! is the same\n"
"\n"
"The others name the types, each with a repeat count in front if need be:\n"
"  x  a pad byte           c  a character         ?  a _Bool\n"
"  b  signed char          h  short               i  int\n"
"  l  long                 q  long long           n  ssize_t (@ only)\n"
"  B H I L Q N             the same without a sign\n"
"  e  half-float           f  float               d  double\n"
"  s  characters           p  characters after a byte with their count\n"
"  P  a pointer as an int (@ only)\n"
"The count of s and p is their length.  Blanks between types are ignored.\n"
"\n"
"What goes wrong raises struct.error.");

static struct PyModuleDef struct_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_struct",
    .m_doc = module_doc,
    .m_size = sizeof(state),
    .m_methods = module_methods,
    .m_slots = module_slots,
    .m_traverse = module_traverse,
    .m_clear = module_clear,
    .m_free = (freefunc)(void (*)(void))module_clear,
};

PyMODINIT_FUNC
PyInit__struct(void)
{
    return PyModuleDef_Init(&struct_module);
}

/* marshal_read.c -- bytes to values.
 *
 * Layout     marshal.h describes the format.  A reader takes its bytes from
 *            memory, a FILE, or an object with readinto(); `reader_claim` is the
 *            one place that knows.
 * Holds      refs[i] is value number i; None while that value is being built and
 *            may not be referred to (frozenset, code).
 * Hazard     input may be hostile: sizes are checked against what is left before
 *            they are believed.  Start-up waits for this file.
 */
#include "bytecode/marshal.h"

#include <marshal.h>
#include <sys/stat.h>

#include "bytecode/code.h"
#include "memory/own.h"
#include "objects/ids.h"
#include "state/c_stack.h"

typedef struct {
    const uint8_t *at, *end;            /* memory */
    FILE *file;                         /* or this */
    PyObject *stream;                   /* or this; borrowed */
    uint8_t *scratch;                   /* bytes of file or stream; PyMem */
    Py_ssize_t scratch_room;
    int depth;
    PyObject **refs;                    /* owned; PyMem */
    Py_ssize_t n_refs, refs_room;
} reader;

static PyObject *read_object(reader *r);

/* --- bytes --- */

static Py_ssize_t                       /* bytes read, or -1 with an exception */
stream_fill(reader *r, Py_ssize_t n)
{
    own PyObject *view = PyMemoryView_FromMemory((char *)r->scratch, n, PyBUF_WRITE);
    if (!view) { return -1; }
    own PyObject *count = PyObject_CallMethodOneArg(r->stream, ID(readinto), view);
    if (!count) { return -1; }
    return PyNumber_AsSsize_t(count, PyExc_ValueError);
}

static COLD const uint8_t *
outside_claim(reader *r, Py_ssize_t n)
{
    if (!r->file && !r->stream) {
        PyErr_SetString(PyExc_EOFError, "marshal data too short");
        return NULL;
    }
    if (n > r->scratch_room) {
        uint8_t *fresh = PyMem_Realloc(r->scratch, n);
        if (!fresh) {
            PyErr_NoMemory();
            return NULL;
        }
        r->scratch = fresh;
        r->scratch_room = n;
    }
    Py_ssize_t have = r->file ? (Py_ssize_t)fread(r->scratch, 1, n, r->file)
                              : stream_fill(r, n);
    if (have == n) { return r->scratch; }
    if (have > n) {
        PyErr_Format(PyExc_ValueError, "read() returned too much data: "
                     "%zd bytes requested, %zd returned", n, have);
    }
    else if (!PyErr_Occurred()) {
        PyErr_SetString(PyExc_EOFError, "EOF read where not expected");
    }
    return NULL;
}

/* n bytes, valid until the next claim; NULL with an exception. */
static ALWAYS_INLINE const uint8_t *
reader_claim(reader *r, Py_ssize_t n)
{
    if (UNLIKELY(r->end - r->at < n || !r->at)) { return outside_claim(r, n); }
    const uint8_t *bytes = r->at;
    r->at += n;
    return bytes;
}

static int                              /* -1 with an exception */
read_byte(reader *r)
{
    const uint8_t *byte = reader_claim(r, 1);
    if (LIKELY(byte)) { return *byte; }
    PyErr_SetString(PyExc_EOFError, "EOF read where object expected");
    return -1;
}

static int                              /* -1 also with an exception */
read_short(reader *r)
{
    const uint8_t *b = reader_claim(r, 2);
    return b ? (int16_t)(b[0] | b[1] << 8) : -1;
}

static long                             /* -1 also with an exception */
read_long(reader *r)
{
    const uint8_t *b = reader_claim(r, 4);
    return b ? (int32_t)(b[0] | b[1] << 8 | b[2] << 16 | (uint32_t)b[3] << 24) : -1;
}

static bool
read_failed(long value)
{
    return value == -1 && PyErr_Occurred();
}

/* A size, or -1 with ValueError for one that is out of range. */
static Py_ssize_t
read_size(reader *r, const char *what)
{
    long n = read_long(r);
    if (read_failed(n)) { return -1; }
    if (n < 0) {
        PyErr_Format(PyExc_ValueError, "bad marshal data (%s size out of range)", what);
        return -1;
    }
    return n;
}

/* How many of n items can be there at all: memory holds one in each byte. */
static Py_ssize_t
believable(const reader *r, Py_ssize_t n)
{
    return r->at && n > r->end - r->at ? r->end - r->at + 1 : n;
}

/* --- references --- */

/* Number op, which may be NULL after a failure; hand it on. */
static PyObject *
note_ref(reader *r, PyObject *op)
{
    if (!op) { return NULL; }
    if (r->n_refs == r->refs_room) {
        Py_ssize_t room = r->refs_room ? r->refs_room * 2 : 64;
        PyObject **refs = PyMem_Realloc(r->refs, room * sizeof *refs);
        if (!refs) {
            Py_DECREF(op);
            PyErr_NoMemory();
            return NULL;
        }
        r->refs = refs;
        r->refs_room = room;
    }
    r->refs[r->n_refs++] = Py_NewRef(op);
    return op;
}

static PyObject *
flagged(reader *r, PyObject *op, bool flag)
{
    return flag ? note_ref(r, op) : op;
}

/* Keep a number for a value that is not there yet: it, or -1 with an exception. */
static Py_ssize_t
reserve_ref(reader *r, bool flag)
{
    if (!flag) { return 0; }
    if (!note_ref(r, Py_None)) { return -1; }       /* note_ref added its own reference */
    return r->n_refs - 1;
}

static PyObject *
settle_ref(reader *r, PyObject *op, Py_ssize_t number, bool flag)
{
    if (op && flag) { Py_SETREF(r->refs[number], Py_NewRef(op)); }
    return op;
}

static PyObject *
read_ref(reader *r)
{
    long n = read_long(r);
    if (read_failed(n)) { return NULL; }
    if (n < 0 || n >= r->n_refs || r->refs[n] == Py_None) {
        PyErr_SetString(PyExc_ValueError, "bad marshal data (invalid reference)");
        return NULL;
    }
    return Py_NewRef(r->refs[n]);
}

/* --- values --- */

static PyObject *
read_int(reader *r)
{
    long value = read_long(r);
    return read_failed(value) ? NULL : PyLong_FromLong(value);
}

static PyObject *
read_int64(reader *r)
{
    const uint8_t *bytes = reader_claim(r, 8);
    return bytes ? _PyLong_FromByteArray(bytes, 8, 1, 1) : NULL;
}

static PyObject *
read_digits(reader *r)
{
    long n = read_long(r);
    if (read_failed(n)) { return NULL; }
    if (n == 0) { return PyLong_FromLong(0); }
    if (n < -INT_MAX || n > INT_MAX) {
        PyErr_SetString(PyExc_ValueError, "bad marshal data (long size out of range)");
        return NULL;
    }

    Py_ssize_t n_in = n < 0 ? -n : n, size = (n_in + 1) / 2;
    bool is_short = r->at && r->end - r->at < n_in * 2;         /* it will fail, but how? */
    PyLongObject *result = _PyLong_New(is_short ? 1 : size);
    if (!result) { return NULL; }
    memset(result->ob_digit, 0, (is_short ? 1 : size) * sizeof(digit));
    int part = 0;
    for (Py_ssize_t i = 0; i < n_in; i++) {
        part = read_short(r);
        if (part < 0) {
            if (!PyErr_Occurred()) {
                PyErr_SetString(PyExc_ValueError,
                                "bad marshal data (digit out of range in long)");
            }
            Py_DECREF(result);
            return NULL;
        }
        if (is_short) { continue; }
        result->ob_digit[i / 2] |= (digit)part << (i & 1 ? MARSHAL_DIGIT_BITS : 0);
    }
    if (part == 0) {
        PyErr_SetString(PyExc_ValueError, "bad marshal data (unnormalized long data)");
        Py_DECREF(result);
        return NULL;
    }
    Py_SET_SIZE(result, n < 0 ? -size : size);
    if (size == 1) {                    /* small values have one object each */
        long value = (long)result->ob_digit[0];
        Py_DECREF(result);
        return PyLong_FromLong(n < 0 ? -value : value);
    }
    return (PyObject *)result;
}

static bool
read_double(reader *r, double *value)
{
    const uint8_t *bytes = reader_claim(r, 8);
    if (!bytes) { return false; }
    *value = PyFloat_Unpack8((const char *)bytes, 1);
    return !(*value == -1.0 && PyErr_Occurred());
}

static bool
read_double_text(reader *r, double *value)
{
    char text[256];
    int n = read_byte(r);
    if (n < 0) { return false; }
    const uint8_t *bytes = reader_claim(r, n);
    if (!bytes) { return false; }
    memcpy(text, bytes, n);
    text[n] = 0;
    *value = PyOS_string_to_double(text, NULL, NULL);
    return !(*value == -1.0 && PyErr_Occurred());
}

static PyObject *
read_float(reader *r, bool is_binary)
{
    double value;
    if (!(is_binary ? read_double : read_double_text)(r, &value)) { return NULL; }
    return PyFloat_FromDouble(value);
}

static PyObject *
read_complex(reader *r, bool is_binary)
{
    Py_complex z;
    if (!(is_binary ? read_double : read_double_text)(r, &z.real)) { return NULL; }
    if (!(is_binary ? read_double : read_double_text)(r, &z.imag)) { return NULL; }
    return PyComplex_FromCComplex(z);
}

static PyObject *
read_bytes(reader *r)
{
    Py_ssize_t n = read_size(r, "bytes object");
    if (n < 0) { return NULL; }
    const uint8_t *bytes = reader_claim(r, n);
    if (!bytes) { return NULL; }
    PyObject *result = PyBytes_FromStringAndSize(NULL, n);      /* its own, also for n == 1 */
    if (result) { memcpy(PyBytes_AS_STRING(result), bytes, n); }
    return result;
}

static PyObject *
read_latin1(reader *r, Py_ssize_t n, bool is_interned)
{
    const uint8_t *bytes = reader_claim(r, n);
    if (!bytes) { return NULL; }
    PyObject *text = PyUnicode_FromKindAndData(PyUnicode_1BYTE_KIND, bytes, n);
    if (text && is_interned) { PyUnicode_InternInPlace(&text); }
    return text;
}

static PyObject *
read_ascii(reader *r, bool is_interned)
{
    Py_ssize_t n = read_size(r, "string");
    return n < 0 ? NULL : read_latin1(r, n, is_interned);
}

static PyObject *
read_short_ascii(reader *r, bool is_interned)
{
    int n = read_byte(r);
    return n < 0 ? NULL : read_latin1(r, n, is_interned);
}

static PyObject *
read_utf8(reader *r, bool is_interned)
{
    Py_ssize_t n = read_size(r, "string");
    if (n < 0) { return NULL; }
    const uint8_t *bytes = reader_claim(r, n);
    if (!bytes) { return NULL; }
    PyObject *text = PyUnicode_DecodeUTF8((const char *)bytes, n, "surrogatepass");
    if (text && is_interned) { PyUnicode_InternInPlace(&text); }
    return text;
}

/* A NULL where the format has an item. */
static void
complain_null(const char *where)
{
    if (!PyErr_Occurred()) {
        PyErr_Format(PyExc_TypeError, "NULL object in marshal data for %s", where);
    }
}

/* An unfinished tuple may hold itself, which the collector cannot undo. */
static void
drop_unfinished(STOLEN PyObject *tuple, Py_ssize_t n)
{
    for (Py_ssize_t i = 0; i < n; i++) { Py_CLEAR(((PyTupleObject *)tuple)->ob_item[i]); }
    Py_DECREF(tuple);
}

static PyObject *
read_tuple(reader *r, Py_ssize_t n, bool flag)
{
    PyObject *tuple = PyTuple_New(believable(r, n));
    if (!flagged(r, tuple, flag)) { return NULL; }

    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *item = read_object(r);
        if (!item) {
            complain_null("tuple");
            drop_unfinished(tuple, i);
            return NULL;
        }
        PyTuple_SET_ITEM(tuple, i, item);
    }
    return tuple;
}

static PyObject *
read_long_tuple(reader *r, bool flag)
{
    Py_ssize_t n = read_size(r, "tuple");
    return n < 0 ? NULL : read_tuple(r, n, flag);
}

static PyObject *
read_small_tuple(reader *r, bool flag)
{
    int n = read_byte(r);
    return n < 0 ? NULL : read_tuple(r, n, flag);
}

static PyObject *
read_list(reader *r, bool flag)
{
    Py_ssize_t n = read_size(r, "list");
    if (n < 0) { return NULL; }
    PyObject *list = PyList_New(believable(r, n));
    if (!flagged(r, list, flag)) { return NULL; }

    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *item = read_object(r);
        if (!item) {
            complain_null("list");
            Py_DECREF(list);
            return NULL;
        }
        PyList_SET_ITEM(list, i, item);
    }
    return list;
}

static PyObject *
read_dict(reader *r, bool flag)
{
    PyObject *dict = PyDict_New();
    if (!flagged(r, dict, flag)) { return NULL; }

    for (;;) {
        own PyObject *key = read_object(r);
        if (!key) { break; }
        own PyObject *value = read_object(r);
        if (!value) { break; }
        if (PyDict_SetItem(dict, key, value) < 0) { break; }
    }
    if (PyErr_Occurred()) {
        Py_DECREF(dict);
        return NULL;
    }
    return dict;
}

static PyObject *
read_set(reader *r, bool is_frozen, bool flag)
{
    Py_ssize_t n = read_size(r, "set");
    if (n < 0) { return NULL; }
    PyObject *set = is_frozen ? PyFrozenSet_New(NULL) : PySet_New(NULL);
    if (!set) { return NULL; }

    /* an empty frozenset may be shared, and is complete */
    Py_ssize_t number = 0;
    bool reserve = is_frozen && n > 0;
    if (reserve) {
        number = reserve_ref(r, flag);
        if (number < 0) {
            Py_DECREF(set);
            return NULL;
        }
    }
    else if (!flagged(r, set, flag)) { return NULL; }

    for (Py_ssize_t i = 0; i < n; i++) {
        own PyObject *item = read_object(r);
        if (!item) { complain_null("set"); }
        if (!item || PySet_Add(set, item) < 0) {
            Py_DECREF(set);
            return NULL;
        }
    }
    return reserve ? settle_ref(r, set, number, flag) : set;
}

static PyObject *
read_code_parts(reader *r)
{
    int counts[5];                      /* positional, of those /, keyword-only, stack, flags */
    for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
        long value = read_long(r);
        if (read_failed(value)) { return NULL; }
        counts[i] = (int)value;
    }
    own PyObject *code = read_object(r);
    if (!code) { return NULL; }
    own PyObject *consts = read_object(r);
    if (!consts) { return NULL; }
    own PyObject *names = read_object(r);
    if (!names) { return NULL; }
    own PyObject *slot_names = read_object(r);
    if (!slot_names) { return NULL; }
    own PyObject *slot_kinds = read_object(r);
    if (!slot_kinds) { return NULL; }
    own PyObject *filename = read_object(r);
    if (!filename) { return NULL; }
    own PyObject *name = read_object(r);
    if (!name) { return NULL; }
    own PyObject *qualname = read_object(r);
    if (!qualname) { return NULL; }
    long firstlineno = read_long(r);
    if (read_failed(firstlineno)) { return NULL; }
    own PyObject *linetable = read_object(r);
    if (!linetable) { return NULL; }
    own PyObject *exceptiontable = read_object(r);
    if (!exceptiontable) { return NULL; }

    hob_code_spec spec = {
        .filename = filename, .name = name, .qualname = qualname, .flags = counts[4],
        .code = code, .firstlineno = (int)firstlineno, .linetable = linetable,
        .consts = consts, .names = names, .localsplusnames = slot_names,
        .localspluskinds = slot_kinds, .argcount = counts[0], .posonlyargcount = counts[1],
        .kwonlyargcount = counts[2], .stacksize = counts[3],
        .exceptiontable = exceptiontable};
    if (hob_code_check(&spec) < 0) { return NULL; }
    return (PyObject *)hob_code_new(&spec);
}

static PyObject *
read_code(reader *r, bool flag)
{
    Py_ssize_t number = reserve_ref(r, flag);
    return number < 0 ? NULL : settle_ref(r, read_code_parts(r), number, flag);
}

static PyObject *
read_typed(reader *r, int type, bool flag)
{
    switch (type) {
    case MARSHAL_NULL: return NULL;
    case MARSHAL_NONE: return Py_NewRef(Py_None);
    case MARSHAL_STOP_ITERATION: return Py_NewRef(PyExc_StopIteration);
    case MARSHAL_ELLIPSIS: return Py_NewRef(Py_Ellipsis);
    case MARSHAL_FALSE: return Py_NewRef(Py_False);
    case MARSHAL_TRUE: return Py_NewRef(Py_True);
    case MARSHAL_INT: return flagged(r, read_int(r), flag);
    case MARSHAL_INT64: return flagged(r, read_int64(r), flag);
    case MARSHAL_LONG: return flagged(r, read_digits(r), flag);
    case MARSHAL_FLOAT: return flagged(r, read_float(r, false), flag);
    case MARSHAL_BINARY_FLOAT: return flagged(r, read_float(r, true), flag);
    case MARSHAL_COMPLEX: return flagged(r, read_complex(r, false), flag);
    case MARSHAL_BINARY_COMPLEX: return flagged(r, read_complex(r, true), flag);
    case MARSHAL_BYTES: return flagged(r, read_bytes(r), flag);
    case MARSHAL_UNICODE: return flagged(r, read_utf8(r, false), flag);
    case MARSHAL_INTERNED: return flagged(r, read_utf8(r, true), flag);
    case MARSHAL_ASCII: return flagged(r, read_ascii(r, false), flag);
    case MARSHAL_ASCII_INTERNED: return flagged(r, read_ascii(r, true), flag);
    case MARSHAL_SHORT_ASCII: return flagged(r, read_short_ascii(r, false), flag);
    case MARSHAL_SHORT_ASCII_INTERNED: return flagged(r, read_short_ascii(r, true), flag);
    case MARSHAL_SMALL_TUPLE: return read_small_tuple(r, flag);
    case MARSHAL_TUPLE: return read_long_tuple(r, flag);
    case MARSHAL_LIST: return read_list(r, flag);
    case MARSHAL_DICT: return read_dict(r, flag);
    case MARSHAL_SET: return read_set(r, false, flag);
    case MARSHAL_FROZENSET: return read_set(r, true, flag);
    case MARSHAL_CODE: return read_code(r, flag);
    case MARSHAL_REF: return read_ref(r);
    }
    PyErr_SetString(PyExc_ValueError, "bad marshal data (unknown type code)");
    return NULL;
}

/* A value; NULL with an exception, or without one for the NULL of the format. */
static PyObject *
read_object(reader *r)
{
    int head = read_byte(r);
    if (UNLIKELY(head < 0)) { return NULL; }
    if (UNLIKELY(r->depth >= MARSHAL_DEPTH || hob_c_stack_is_low())) {
        PyErr_SetString(PyExc_ValueError, "recursion limit exceeded");
        return NULL;
    }
    r->depth++;
    PyObject *result = read_typed(r, head & ~MARSHAL_FLAG_REF, head & MARSHAL_FLAG_REF);
    r->depth--;
    return result;
}

/* One value, and the end of the reader. */
static PyObject *
read_whole(reader *r)
{
    PyObject *result = read_object(r);
    if (!result) { complain_null("object"); }
    for (Py_ssize_t i = 0; i < r->n_refs; i++) { Py_DECREF(r->refs[i]); }
    PyMem_Free(r->refs);
    PyMem_Free(r->scratch);
    return result;
}

/* --- for the module marshal --- */

PyObject *
hob_marshal_read_stream(PyObject *stream)
{
    if (PySys_Audit("marshal.load", NULL) < 0) { return NULL; }

    /* a text file would only fail later, and less clearly */
    own PyObject *nothing = PyObject_CallMethod(stream, "read", "i", 0);
    if (!nothing) { return NULL; }
    if (!PyBytes_Check(nothing)) {
        PyErr_Format(PyExc_TypeError, "file.read() returned not bytes but %.100s",
                     Py_TYPE(nothing)->tp_name);
        return NULL;
    }
    reader r = {.stream = stream};
    return read_whole(&r);
}

/* --- public API --- */

HOB_EXPORT PyObject *
PyMarshal_ReadObjectFromString(const char *bytes, Py_ssize_t n)
{
    if (PySys_Audit("marshal.loads", "y#", bytes, n) < 0) { return NULL; }

    reader r = {.at = (const uint8_t *)bytes, .end = (const uint8_t *)bytes + n};
    return read_whole(&r);
}

HOB_EXPORT int
PyMarshal_ReadShortFromFile(FILE *file)
{
    reader r = {.file = file};
    int value = read_short(&r);
    PyMem_Free(r.scratch);
    return value;
}

HOB_EXPORT long
PyMarshal_ReadLongFromFile(FILE *file)
{
    reader r = {.file = file};
    long value = read_long(&r);
    PyMem_Free(r.scratch);
    return value;
}

HOB_EXPORT PyObject *
PyMarshal_ReadObjectFromFile(FILE *file)
{
    reader r = {.file = file};
    return read_whole(&r);
}

/* The last value of a file: the rest may be taken in one go. */
HOB_EXPORT PyObject *
PyMarshal_ReadLastObjectFromFile(FILE *file)
{
    enum { LARGEST = 1 << 18 };
    struct stat st;
    if (fstat(fileno(file), &st) == 0 && st.st_size > 0 && st.st_size <= LARGEST) {
        char *bytes = PyMem_Malloc(st.st_size);
        if (bytes) {
            size_t n = fread(bytes, 1, st.st_size, file);
            PyObject *result = PyMarshal_ReadObjectFromString(bytes, (Py_ssize_t)n);
            PyMem_Free(bytes);
            return result;
        }
    }
    return PyMarshal_ReadObjectFromFile(file);
}

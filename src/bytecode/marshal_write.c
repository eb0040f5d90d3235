/* marshal_write.c -- values to bytes.
 *
 * Layout     marshal.h describes the format.
 * Holds      numbers for references are given in the order in which values are
 *            first written, to those that more than one owner holds: a value
 *            with one reference cannot come again.
 * Hazard     only a file target can fail while writing bytes; its errors stay in
 *            the FILE for the caller, as the public API has it.
 */
#include "bytecode/marshal.h"

#include <marshal.h>

#include "bytecode/buffer.h"
#include "bytecode/code.h"
#include "memory/own.h"
#include "state/c_stack.h"

typedef enum { W_FINE, W_UNMARSHALLABLE, W_TOO_DEEP, W_NO_MEMORY } write_error;

typedef struct {
    PyObject *op;                       /* owned, or NULL */
    int number;
} seen_entry;

typedef struct {
    hob_buffer out;
    FILE *file;                         /* NULL: everything stays in out */
    int version;
    int depth;
    write_error error;                  /* the last one; W_NO_MEMORY may be any exception */
    seen_entry *seen;                   /* open addressing, n_slots a power of two */
    int n_seen, n_slots;
} writer;

static void write_object(writer *w, PyObject *op);

/* --- bytes --- */

static uint8_t *                        /* room for n bytes, or NULL */
writer_claim(writer *w, Py_ssize_t n)
{
    if (w->file && w->out.size >= 8192) {
        fwrite(w->out.bytes, 1, w->out.size, w->file);
        w->out.size = 0;
    }
    if (UNLIKELY(hob_buffer_reserve(&w->out, n) < 0)) {
        w->error = W_NO_MEMORY;
        return NULL;
    }
    uint8_t *at = w->out.bytes + w->out.size;
    w->out.size += n;
    return at;
}

static void
write_byte(writer *w, int byte)
{
    uint8_t *at = writer_claim(w, 1);
    if (at) { *at = (uint8_t)byte; }
}

static void
write_short(writer *w, int value)
{
    uint8_t *at = writer_claim(w, 2);
    if (!at) { return; }
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
}

static void
write_long(writer *w, long value)
{
    uint8_t *at = writer_claim(w, 4);
    if (!at) { return; }
    for (int i = 0; i < 4; i++) { at[i] = (uint8_t)(value >> 8 * i); }
}

static void
write_bytes(writer *w, const void *bytes, Py_ssize_t n)
{
    uint8_t *at = writer_claim(w, n);
    if (at) { memcpy(at, bytes, n); }
}

/* False, and an error, if n does not fit the format. */
static bool
write_size(writer *w, Py_ssize_t n)
{
    if (n > INT32_MAX) {
        w->error = W_UNMARSHALLABLE;
        return false;
    }
    write_long(w, (long)n);
    return true;
}

static void
write_sized(writer *w, const void *bytes, Py_ssize_t n)
{
    if (write_size(w, n)) { write_bytes(w, bytes, n); }
}

static void
write_short_sized(writer *w, const void *bytes, Py_ssize_t n)
{
    write_byte(w, (int)n);
    write_bytes(w, bytes, n);
}

/* --- references --- */

static size_t
seen_slot(const writer *w, PyObject *op)
{
    size_t mask = (size_t)w->n_slots - 1;
    size_t at = ((uintptr_t)op >> 4) * 0x9E3779B97F4A7C15u >> 20 & mask;
    while (w->seen[at].op && w->seen[at].op != op) { at = (at + 1) & mask; }
    return at;
}

static bool
seen_grow(writer *w)
{
    int n_before = w->n_slots;
    seen_entry *before = w->seen;
    int n_slots = n_before ? n_before * 2 : 256;
    seen_entry *fresh = PyMem_Calloc(n_slots, sizeof *fresh);
    if (!fresh) {
        w->error = W_NO_MEMORY;
        return false;
    }
    w->seen = fresh;
    w->n_slots = n_slots;
    for (int i = 0; i < n_before; i++) {
        if (before[i].op) { fresh[seen_slot(w, before[i].op)] = before[i]; }
    }
    PyMem_Free(before);
    return true;
}

/* True when op came before and a reference is written; else *flag for its type byte. */
static bool
write_reference(writer *w, PyObject *op, int *flag)
{
    *flag = 0;
    if (w->version < 3 || Py_REFCNT(op) == 1) { return false; }
    if (w->n_seen * 2 >= w->n_slots && !seen_grow(w)) { return true; }

    seen_entry *entry = &w->seen[seen_slot(w, op)];
    if (entry->op) {
        write_byte(w, MARSHAL_REF);
        write_long(w, entry->number);
        return true;
    }
    *entry = (seen_entry){Py_NewRef(op), w->n_seen++};
    *flag = MARSHAL_FLAG_REF;
    return false;
}

static void
writer_clear(writer *w)
{
    for (int i = 0; i < w->n_slots; i++) { Py_XDECREF(w->seen[i].op); }
    PyMem_Free(w->seen);
    w->seen = NULL;
    w->n_slots = w->n_seen = 0;
}

/* --- values --- */

static void
write_int(writer *w, PyObject *op, int flag)
{
    int overflow;
    long value = PyLong_AsLongAndOverflow(op, &overflow);
    if (!overflow && value >= INT32_MIN && value <= INT32_MAX) {
        write_byte(w, MARSHAL_INT | flag);
        write_long(w, value);
        return;
    }

    /* each 30-bit digit is two of the format's, the last perhaps one */
    const PyLongObject *number = (const PyLongObject *)op;
    Py_ssize_t n = Py_ABS(Py_SIZE(op));
    Py_ssize_t n_out = n * 2 - (number->ob_digit[n - 1] < 1u << MARSHAL_DIGIT_BITS);
    write_byte(w, MARSHAL_LONG | flag);
    if (n_out > INT32_MAX) {
        w->error = W_UNMARSHALLABLE;
        return;
    }
    write_long(w, Py_SIZE(op) < 0 ? -(long)n_out : (long)n_out);
    for (Py_ssize_t i = 0; i < n_out; i++) {
        write_short(w, number->ob_digit[i / 2] >> (i & 1 ? MARSHAL_DIGIT_BITS : 0) & 0x7fff);
    }
}

static void
write_double(writer *w, double value)
{
    uint8_t *at = writer_claim(w, 8);
    if (at && PyFloat_Pack8(value, (char *)at, 1) < 0) { w->error = W_UNMARSHALLABLE; }
}

static void
write_double_text(writer *w, double value)
{
    char *text = PyOS_double_to_string(value, 'g', 17, 0, NULL);
    if (!text) {
        w->error = W_NO_MEMORY;
        return;
    }
    write_short_sized(w, text, (Py_ssize_t)strlen(text));
    PyMem_Free(text);
}

static void
write_number(writer *w, PyObject *op, int flag)
{
    bool is_binary = w->version > 1;
    if (PyFloat_CheckExact(op)) {
        write_byte(w, (is_binary ? MARSHAL_BINARY_FLOAT : MARSHAL_FLOAT) | flag);
        (is_binary ? write_double : write_double_text)(w, PyFloat_AS_DOUBLE(op));
        return;
    }
    Py_complex z = PyComplex_AsCComplex(op);
    write_byte(w, (is_binary ? MARSHAL_BINARY_COMPLEX : MARSHAL_COMPLEX) | flag);
    (is_binary ? write_double : write_double_text)(w, z.real);
    (is_binary ? write_double : write_double_text)(w, z.imag);
}

static void
write_str(writer *w, PyObject *op, int flag)
{
    if (PyUnicode_READY(op) < 0) {
        w->error = W_NO_MEMORY;
        return;
    }
    bool is_interned = PyUnicode_CHECK_INTERNED(op);
    Py_ssize_t n = PyUnicode_GET_LENGTH(op);
    if (w->version >= 4 && PyUnicode_IS_ASCII(op)) {
        bool is_short = n < 256;
        write_byte(w, flag | (is_short
            ? is_interned ? MARSHAL_SHORT_ASCII_INTERNED : MARSHAL_SHORT_ASCII
            : is_interned ? MARSHAL_ASCII_INTERNED : MARSHAL_ASCII));
        (is_short ? write_short_sized : write_sized)(w, PyUnicode_1BYTE_DATA(op), n);
        return;
    }
    own PyObject *utf8 = PyUnicode_AsEncodedString(op, "utf8", "surrogatepass");
    if (!utf8) {
        w->error = W_UNMARSHALLABLE;
        return;
    }
    write_byte(w, (w->version >= 3 && is_interned ? MARSHAL_INTERNED : MARSHAL_UNICODE) | flag);
    write_sized(w, PyBytes_AS_STRING(utf8), PyBytes_GET_SIZE(utf8));
}

static void
write_tuple(writer *w, PyObject *op, int flag)
{
    Py_ssize_t n = PyTuple_GET_SIZE(op);
    if (w->version >= 4 && n < 256) {
        write_byte(w, MARSHAL_SMALL_TUPLE | flag);
        write_byte(w, (int)n);
    }
    else {
        write_byte(w, MARSHAL_TUPLE | flag);
        if (!write_size(w, n)) { return; }
    }
    for (Py_ssize_t i = 0; i < n; i++) { write_object(w, PyTuple_GET_ITEM(op, i)); }
}

static void
write_list(writer *w, PyObject *op, int flag)
{
    write_byte(w, MARSHAL_LIST | flag);
    if (!write_size(w, PyList_GET_SIZE(op))) { return; }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(op); i++) {
        write_object(w, PyList_GET_ITEM(op, i));
    }
}

static void
write_dict(writer *w, PyObject *op, int flag)
{
    write_byte(w, MARSHAL_DICT | flag);
    Py_ssize_t at = 0;
    PyObject *key, *value;
    while (PyDict_Next(op, &at, &key, &value)) {
        write_object(w, key);
        write_object(w, value);
    }
    write_byte(w, MARSHAL_NULL);
}

/* Items in the order of their own bytes, so that equal sets give equal files. */
static void
write_set(writer *w, PyObject *op, int flag)
{
    write_byte(w, (PyFrozenSet_CheckExact(op) ? MARSHAL_FROZENSET : MARSHAL_SET) | flag);
    if (!write_size(w, PySet_GET_SIZE(op))) { return; }

    own PyObject *pairs = PyList_New(0);
    if (!pairs) {
        w->error = W_NO_MEMORY;
        return;
    }
    Py_ssize_t at = 0;
    PyObject *item;
    Py_hash_t hash;
    while (_PySet_NextEntry(op, &at, &item, &hash)) {
        own PyObject *bytes = PyMarshal_WriteObjectToString(item, w->version);
        if (!bytes) {
            w->error = W_UNMARSHALLABLE;
            return;
        }
        own PyObject *pair = PyTuple_Pack(2, bytes, item);
        if (!pair || PyList_Append(pairs, pair) < 0) {
            w->error = W_NO_MEMORY;
            return;
        }
    }
    if (PyList_Sort(pairs) < 0) {
        w->error = W_NO_MEMORY;
        return;
    }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(pairs); i++) {
        write_object(w, PyTuple_GET_ITEM(PyList_GET_ITEM(pairs, i), 1));
    }
}

static void
write_code(writer *w, PyCodeObject *co, int flag)
{
    own PyObject *code = PyCode_GetCode(co);
    if (!code) {
        w->error = W_NO_MEMORY;
        return;
    }
    write_byte(w, MARSHAL_CODE | flag);
    write_long(w, co->co_argcount);
    write_long(w, co->co_posonlyargcount);
    write_long(w, co->co_kwonlyargcount);
    write_long(w, co->co_stacksize);
    write_long(w, co->co_flags);
    write_object(w, code);
    write_object(w, co->co_consts);
    write_object(w, co->co_names);
    write_object(w, co->co_localsplusnames);
    write_object(w, co->co_localspluskinds);
    write_object(w, co->co_filename);
    write_object(w, co->co_name);
    write_object(w, co->co_qualname);
    write_long(w, co->co_firstlineno);
    write_object(w, co->co_linetable);
    write_object(w, co->co_exceptiontable);
}

static void
write_buffer(writer *w, PyObject *op, int flag)
{
    Py_buffer view;
    if (PyObject_GetBuffer(op, &view, PyBUF_SIMPLE) < 0) {
        write_byte(w, MARSHAL_UNKNOWN);
        w->error = W_UNMARSHALLABLE;
        return;
    }
    write_byte(w, MARSHAL_BYTES | flag);
    write_sized(w, view.buf, view.len);
    PyBuffer_Release(&view);
}

static void
write_compound(writer *w, PyObject *op)
{
    int flag;
    if (write_reference(w, op, &flag)) { return; }

    if (PyLong_CheckExact(op)) { write_int(w, op, flag); }
    else if (PyFloat_CheckExact(op) || PyComplex_CheckExact(op)) { write_number(w, op, flag); }
    else if (PyBytes_CheckExact(op)) {
        write_byte(w, MARSHAL_BYTES | flag);
        write_sized(w, PyBytes_AS_STRING(op), PyBytes_GET_SIZE(op));
    }
    else if (PyUnicode_CheckExact(op)) { write_str(w, op, flag); }
    else if (PyTuple_CheckExact(op)) { write_tuple(w, op, flag); }
    else if (PyList_CheckExact(op)) { write_list(w, op, flag); }
    else if (PyDict_CheckExact(op)) { write_dict(w, op, flag); }
    else if (PyAnySet_CheckExact(op)) { write_set(w, op, flag); }
    else if (PyCode_Check(op)) { write_code(w, (PyCodeObject *)op, flag); }
    else if (PyObject_CheckBuffer(op)) { write_buffer(w, op, flag); }
    else {
        write_byte(w, MARSHAL_UNKNOWN);
        w->error = W_UNMARSHALLABLE;
    }
}

static void
write_object(writer *w, PyObject *op)
{
    w->depth++;
    if (w->depth > MARSHAL_DEPTH || hob_c_stack_is_low()) { w->error = W_TOO_DEEP; }
    else if (!op) { write_byte(w, MARSHAL_NULL); }
    else if (op == Py_None) { write_byte(w, MARSHAL_NONE); }
    else if (op == PyExc_StopIteration) { write_byte(w, MARSHAL_STOP_ITERATION); }
    else if (op == Py_Ellipsis) { write_byte(w, MARSHAL_ELLIPSIS); }
    else if (op == Py_False) { write_byte(w, MARSHAL_FALSE); }
    else if (op == Py_True) { write_byte(w, MARSHAL_TRUE); }
    else { write_compound(w, op); }
    w->depth--;
}

/* --- public API --- */

HOB_EXPORT PyObject *
PyMarshal_WriteObjectToString(PyObject *value, int version)
{
    if (PySys_Audit("marshal.dumps", "Oi", value, version) < 0) { return NULL; }

    writer w = {.version = version};
    PyObject *result = NULL;
    write_object(&w, value);
    writer_clear(&w);
    if (w.error == W_FINE) {
        result = hob_buffer_bytes(&w.out);
    }
    else if (w.error == W_NO_MEMORY) {
        if (!PyErr_Occurred()) { PyErr_NoMemory(); }
    }
    else if (w.error == W_TOO_DEEP) {
        PyErr_SetString(PyExc_ValueError, "object too deeply nested to marshal");
    }
    else {
        PyErr_SetString(PyExc_ValueError, "unmarshallable object");
    }
    hob_buffer_clear(&w.out);
    return result;
}

static void
writer_finish(writer *w)
{
    writer_clear(w);
    fwrite(w->out.bytes, 1, w->out.size, w->file);
    hob_buffer_clear(&w->out);
}

HOB_EXPORT void
PyMarshal_WriteLongToFile(long value, FILE *file, int version)
{
    writer w = {.file = file, .version = version};
    write_long(&w, value);
    writer_finish(&w);
}

HOB_EXPORT void
PyMarshal_WriteObjectToFile(PyObject *value, FILE *file, int version)
{
    if (PySys_Audit("marshal.dumps", "Oi", value, version) < 0) { return; }

    writer w = {.file = file, .version = version};
    write_object(&w, value);
    writer_finish(&w);
}

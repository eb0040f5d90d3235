/* writer.c -- _PyUnicodeWriter: a str under construction.
 *
 * Layout    buffer is a compact str with room for `size` units of `kind`, of
 *           which `pos` are written; data points at them.
 * Holds     readonly: buffer is someone else's str, complete, written by the
 *           first write; it is copied before anything else is written.
 *           size is 0 then, so that the fast path of the macros misses.
 *           Without a buffer kind and maxchar may promise a minimum.
 */
#include "objects/str/str_int.h"

static inline void
writer_update(_PyUnicodeWriter *writer)
{
    writer->maxchar = PyUnicode_MAX_CHAR_VALUE(writer->buffer);
    writer->data = PyUnicode_DATA(writer->buffer);
    writer->kind = STATE(writer->buffer).kind;
    writer->size = LENGTH(writer->buffer);
    if (writer->readonly) { writer->size = 0; }
}

void
_PyUnicodeWriter_Init(_PyUnicodeWriter *writer)
{
    memset(writer, 0, sizeof *writer);
    writer->min_char = 127;
}

/* A buffer of n units for the writer, with what is written so far. */
static status
writer_move(_PyUnicodeWriter *writer, Py_ssize_t n, Py_UCS4 maxchar)
{
    PyObject *wider = PyUnicode_New(n, maxchar);
    if (!wider) { return -1; }
    if (writer->pos) { hob_str_copy(wider, 0, writer->buffer, 0, writer->pos); }
    writer->readonly = 0;
    Py_XSETREF(writer->buffer, wider);
    writer_update(writer);
    return 0;
}

int
_PyUnicodeWriter_PrepareInternal(_PyUnicodeWriter *writer, Py_ssize_t length, Py_UCS4 maxchar)
{
    if (length > PY_SSIZE_T_MAX - writer->pos) {
        PyErr_NoMemory();
        return -1;
    }
    Py_ssize_t needed = writer->pos + length;
    maxchar = Py_MAX(maxchar, writer->min_char);
    if (!writer->buffer) {
        if (writer->overallocate && needed <= PY_SSIZE_T_MAX - needed / 4) {
            needed += needed / 4;
        }
        needed = Py_MAX(needed, writer->min_length);
        writer->buffer = PyUnicode_New(needed, maxchar);
        if (!writer->buffer) { return -1; }
        writer_update(writer);
        return 0;
    }
    bool grows = writer->readonly || needed > writer->size;
    if (grows && writer->overallocate && length > 0 && needed <= PY_SSIZE_T_MAX - needed / 4) {
        needed += needed / 4;
    }
    if (grows) { needed = Py_MAX(needed, writer->min_length); }
    if (writer->readonly || maxchar > writer->maxchar) {
        return writer_move(writer, grows ? needed : writer->size,
                           Py_MAX(maxchar, writer->maxchar));
    }
    if (!grows) { return 0; }
    if (!is_modifiable(writer->buffer)) { return writer_move(writer, needed, writer->maxchar); }
    if (hob_str_resize(&writer->buffer, needed) < 0) { return -1; }
    writer_update(writer);
    return 0;
}

int
_PyUnicodeWriter_PrepareKindInternal(_PyUnicodeWriter *writer, enum PyUnicode_Kind kind)
{
    Py_UCS4 maxchar = kind == 1 ? 0xff : kind == 2 ? 0xffff : MAX_CHAR;
    return _PyUnicodeWriter_PrepareInternal(writer, 0, maxchar);
}

int
_PyUnicodeWriter_WriteChar(_PyUnicodeWriter *writer, Py_UCS4 ch)
{
    if (_PyUnicodeWriter_Prepare(writer, 1, ch) < 0) { return -1; }
    PyUnicode_WRITE(writer->kind, writer->data, writer->pos, ch);
    writer->pos++;
    return 0;
}

int
_PyUnicodeWriter_WriteStr(_PyUnicodeWriter *writer, PyObject *str)
{
    READY_OR(str, -1);
    Py_ssize_t n = LENGTH(str);
    if (n == 0) { return 0; }
    Py_UCS4 maxchar = PyUnicode_MAX_CHAR_VALUE(str);
    if (maxchar > writer->maxchar || n > writer->size - writer->pos) {
        if (!writer->buffer && !writer->overallocate && PyUnicode_CheckExact(str)) {
            writer->readonly = 1;
            writer->buffer = Py_NewRef(str);
            writer_update(writer);
            writer->pos += n;
            return 0;
        }
        if (_PyUnicodeWriter_PrepareInternal(writer, n, maxchar) < 0) { return -1; }
    }
    hob_units_copy(writer->kind, (char *)writer->data + writer->pos * writer->kind,
                   STATE(str).kind, PyUnicode_DATA(str), n);
    writer->pos += n;
    return 0;
}

int
_PyUnicodeWriter_WriteSubstring(_PyUnicodeWriter *writer, PyObject *str, Py_ssize_t start,
                                Py_ssize_t end)
{
    READY_OR(str, -1);
    if (end == start) { return 0; }
    if (start == 0 && end == LENGTH(str)) { return _PyUnicodeWriter_WriteStr(writer, str); }
    text t = text_of(str);
    Py_UCS4 maxchar = PyUnicode_MAX_CHAR_VALUE(str);
    if (maxchar > writer->maxchar) { maxchar = _PyUnicode_FindMaxChar(str, start, end); }
    if (_PyUnicodeWriter_Prepare(writer, end - start, maxchar) < 0) { return -1; }
    hob_units_copy(writer->kind, (char *)writer->data + writer->pos * writer->kind,
                   t.kind, text_place(t, start), end - start);
    writer->pos += end - start;
    return 0;
}

int
_PyUnicodeWriter_WriteASCIIString(_PyUnicodeWriter *writer, const char *ascii, Py_ssize_t len)
{
    if (len == -1) { len = (Py_ssize_t)strlen(ascii); }
    if (_PyUnicodeWriter_Prepare(writer, len, 127) < 0) { return -1; }
    hob_units_copy(writer->kind, (char *)writer->data + writer->pos * writer->kind, 1, ascii,
                   len);
    writer->pos += len;
    return 0;
}

int
_PyUnicodeWriter_WriteLatin1String(_PyUnicodeWriter *writer, const char *str, Py_ssize_t len)
{
    Py_UCS4 maxchar = hob_range_max(hob_units_bits(1, str, len));
    if (_PyUnicodeWriter_Prepare(writer, len, maxchar) < 0) { return -1; }
    hob_units_copy(writer->kind, (char *)writer->data + writer->pos * writer->kind, 1, str,
                   len);
    writer->pos += len;
    return 0;
}

/* str narrowed to the kind its text needs, consuming it. */
static PyObject *
narrowed(STOLEN PyObject *str)
{
    text t = text_of(str);
    if (t.n == 1 && t.kind == 1) {
        Py_UCS4 ch = text_at(t, 0);
        Py_DECREF(str);
        return Py_NewRef(hob_str_char_peek(ch));
    }
    if (STATE(str).ascii) { return str; }
    Py_UCS4 bits = hob_units_bits(t.kind, t.data, t.n);
    if (hob_range_max(bits) == PyUnicode_MAX_CHAR_VALUE(str)) { return str; }
    PyObject *narrow = hob_str_from_units_bits(t.kind, t.data, t.n, bits);
    Py_DECREF(str);
    return narrow;
}

PyObject *
_PyUnicodeWriter_Finish(_PyUnicodeWriter *writer)
{
    if (writer->pos == 0) {
        Py_CLEAR(writer->buffer);
        return Py_NewRef(hob_str_empty());
    }
    PyObject *str = writer->buffer;
    writer->buffer = NULL;
    if (writer->readonly) { return str; }
    if (LENGTH(str) != writer->pos && hob_str_resize(&str, writer->pos) < 0) {
        Py_DECREF(str);
        return NULL;
    }
    return narrowed(str);
}

void
_PyUnicodeWriter_Dealloc(_PyUnicodeWriter *writer)
{
    Py_CLEAR(writer->buffer);
}

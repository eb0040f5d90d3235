/* codec_charmap.c -- encodings of one byte a character, given as a table.
 *
 * Decoding tables are strs of 256 characters, or mappings.  Encoding tables
 * are EncodingMap objects built from such a str, or mappings.
 *
 * Layout    EncodingMap: a character's bits 15..11 choose from level1, bits
 *           10..7 from 16 bytes of level 2, bits 6..0 from 128 bytes of level 3.
 *           0xff in levels 1 and 2 is nothing, 0 in level 3 is unmapped.
 */
#include "objects/str/str_int.h"

#include "objects/str/charmap.h"

enum { UNDEFINED = 0xfffe };
static const char undefined[] = "character maps to <undefined>";

/* --- decoding --- */

/* Write what mapping has for byte: 1, or 0 when that is undefined. */
static tri
decode_mapped(_PyUnicodeWriter *writer, PyObject *mapping, uint8_t byte)
{
    own PyObject *item = PyObject_GetItem(mapping, hob_small_int(byte));
    if (!item) {
        if (!PyErr_ExceptionMatches(PyExc_LookupError)) { return -1; }
        PyErr_Clear();
        return 0;
    }
    if (item == Py_None) { return 0; }
    if (PyLong_Check(item)) {
        long value = PyLong_AsLong(item);
        if (value == UNDEFINED) { return 0; }
        if (value < 0 || value > MAX_CHAR) {
            PyErr_Format(PyExc_TypeError, "character mapping must be in range(0x%x)",
                         MAX_CHAR + 1);
            return -1;
        }
        return _PyUnicodeWriter_WriteChar(writer, (Py_UCS4)value) < 0 ? -1 : 1;
    }
    if (!PyUnicode_Check(item)) {
        PyErr_SetString(PyExc_TypeError, "character mapping must return integer, None or str");
        return -1;
    }
    READY_OR(item, -1);
    if (LENGTH(item) == 1 && PyUnicode_READ_CHAR(item, 0) == UNDEFINED) { return 0; }
    return _PyUnicodeWriter_WriteStr(writer, item) < 0 ? -1 : 1;
}

/* Decode from *pos by a table as far as that goes. */
static status
decode_run(_PyUnicodeWriter *writer, text table, Py_UCS4 max, const decoder_input *input,
           Py_ssize_t *pos)
{
    const uint8_t *s = (const uint8_t *)input->start;
    if (_PyUnicodeWriter_Prepare(writer, input->n - *pos, max) < 0) { return -1; }
    Py_ssize_t i = *pos;
    for (; i < input->n; i++) {
        Py_UCS4 ch = s[i] < table.n ? text_at(table, s[i]) : UNDEFINED;
        if (ch == UNDEFINED) { break; }
        hob_unit_set(writer->kind, writer->data, writer->pos++, ch);
    }
    *pos = i;
    return 0;
}

static status
decode_all(codec_fault *fault, decoder_input *input, PyObject *mapping,
           _PyUnicodeWriter *writer)
{
    bool is_table = PyUnicode_CheckExact(mapping);
    text table = {0};
    if (is_table) {
        READY_OR(mapping, -1);
        table = text_of(mapping);
    }
    for (Py_ssize_t pos = 0; pos < input->n;) {
        if (is_table) {
            if (decode_run(writer, table, PyUnicode_MAX_CHAR_VALUE(mapping), input, &pos) < 0) {
                return -1;
            }
            if (pos == input->n) { return 0; }
        }
        else {
            tri done = decode_mapped(writer, mapping, (uint8_t)input->start[pos]);
            if (done < 0) { return -1; }
            if (done) {
                pos++;
                continue;
            }
        }
        if (hob_decode_fault(fault, input, pos, pos + 1, undefined, writer, &pos) < 0) {
            return -1;
        }
    }
    return 0;
}

PyObject *
PyUnicode_DecodeCharmap(const char *s, Py_ssize_t size, PyObject *mapping, const char *errors)
{
    if (!mapping) { return PyUnicode_DecodeLatin1(s, size, errors); }
    if (size == 0) { return Py_NewRef(hob_str_empty()); }
    own_fault fault = CODEC_FAULT("charmap", errors);
    decoder_input input = {s, size, NULL};
    _PyUnicodeWriter writer;
    _PyUnicodeWriter_Init(&writer);
    writer.min_length = size;
    status done = decode_all(&fault, &input, mapping, &writer);
    Py_XDECREF(input.bytes);
    if (done == 0) { return _PyUnicodeWriter_Finish(&writer); }
    _PyUnicodeWriter_Dealloc(&writer);
    return NULL;
}

/* --- EncodingMap --- */

typedef struct {
    PyObject_HEAD
    uint8_t level1[32];
    int n_level2, n_level3;     /* blocks of 16 and of 128 bytes */
    uint8_t level23[1];
} encoding_map;

/* EncodingMap.size() */
static PyObject *
map_size(PyObject *self, PyObject *unused)
{
    encoding_map *map = (encoding_map *)self;
    return PyLong_FromLong((long)sizeof *map - 1 + 16 * map->n_level2 + 128 * map->n_level3);
}

static PyMethodDef map_methods[] = {
    {"size", map_size, METH_NOARGS, "Bytes that the map takes."},
    {NULL, NULL, 0, NULL},
};

PyTypeObject hob_str_encoding_map_type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "EncodingMap",
    .tp_basicsize = sizeof(encoding_map),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_methods = map_methods,
};

static PyObject *
map_to_dict(PyObject *string)
{
    own PyObject *dict = PyDict_New();
    if (!dict) { return NULL; }
    Py_ssize_t n = Py_MIN(LENGTH(string), 256);
    for (Py_ssize_t i = 0; i < n; i++) {
        own PyObject *key = PyLong_FromLong((long)PyUnicode_READ_CHAR(string, i));
        if (!key || PyDict_SetItem(dict, key, hob_small_int((long)i)) < 0) { return NULL; }
    }
    return take(dict);
}

PyObject *
PyUnicode_BuildEncodingMap(PyObject *string)
{
    if (!PyUnicode_Check(string) || PyUnicode_READY(string) < 0 || !LENGTH(string)) {
        PyErr_BadArgument();
        return NULL;
    }
    text t = text_of(string);
    t.n = Py_MIN(t.n, 256);
    uint8_t level1[32], level2[512];
    int n_level2 = 0, n_level3 = 0;
    memset(level1, 0xff, sizeof level1);
    memset(level2, 0xff, sizeof level2);
    if (text_at(t, 0) != 0) { return map_to_dict(string); }
    for (Py_ssize_t i = 1; i < t.n; i++) {
        Py_UCS4 ch = text_at(t, i);
        if (ch == 0 || ch > 0xffff) { return map_to_dict(string); }
        if (ch == UNDEFINED) { continue; }
        if (level1[ch >> 11] == 0xff) { level1[ch >> 11] = (uint8_t)n_level2++; }
        if (level2[ch >> 7] == 0xff) { level2[ch >> 7] = (uint8_t)n_level3++; }
    }
    if (n_level2 >= 0xff || n_level3 >= 0xff) { return map_to_dict(string); }

    size_t size = sizeof(encoding_map) + 16u * (unsigned)n_level2 + 128u * (unsigned)n_level3;
    encoding_map *map = PyObject_Malloc(size);
    if (!map) { return PyErr_NoMemory(); }
    PyObject_Init((PyObject *)map, &hob_str_encoding_map_type);
    map->n_level2 = n_level2;
    map->n_level3 = n_level3;
    memcpy(map->level1, level1, sizeof level1);
    uint8_t *blocks2 = map->level23, *blocks3 = map->level23 + 16 * n_level2;
    memset(blocks2, 0xff, 16u * (unsigned)n_level2);
    memset(blocks3, 0, 128u * (unsigned)n_level3);
    for (Py_ssize_t i = 1; i < t.n; i++) {
        Py_UCS4 ch = text_at(t, i);
        if (ch == UNDEFINED) { continue; }
        blocks2[16 * level1[ch >> 11] + (ch >> 7 & 15)] = level2[ch >> 7];
        blocks3[128 * level2[ch >> 7] + (ch & 127)] = (uint8_t)i;
    }
    return (PyObject *)map;
}

/* The byte for ch, or -1. */
static int
map_lookup(const encoding_map *map, Py_UCS4 ch)
{
    if (ch > 0xffff) { return -1; }
    if (ch == 0) { return 0; }
    int block = map->level1[ch >> 11];
    if (block == 0xff) { return -1; }
    block = map->level23[16 * block + (ch >> 7 & 15)];
    if (block == 0xff) { return -1; }
    int byte = map->level23[16 * map->n_level2 + 128 * block + (ch & 127)];
    return byte ? byte : -1;
}

/* --- encoding --- */

/* What mapping has for ch: int, bytes or None (new). */
static PyObject *
lookup(PyObject *mapping, Py_UCS4 ch)
{
    own PyObject *key = PyLong_FromLong((long)ch);
    if (!key) { return NULL; }
    own PyObject *item = PyObject_GetItem(mapping, key);
    if (!item) {
        if (!PyErr_ExceptionMatches(PyExc_LookupError)) { return NULL; }
        PyErr_Clear();
        return Py_NewRef(Py_None);
    }
    if (item == Py_None || PyBytes_Check(item)) { return take(item); }
    if (!PyLong_Check(item)) {
        PyErr_Format(PyExc_TypeError,
                     "character mapping must return integer, bytes or None, not %.400s",
                     Py_TYPE(item)->tp_name);
        return NULL;
    }
    long value = PyLong_AsLong(item);
    if (value < 0 || value > 255) {
        PyErr_SetString(PyExc_TypeError, "character mapping must be in range(256)");
        return NULL;
    }
    return take(item);
}

/* Put ch: 1, or 0 when it cannot be encoded.  sink may be NULL to only ask. */
static tri
put_mapped(byte_sink *sink, PyObject *mapping, Py_UCS4 ch)
{
    char byte;
    if (Py_IS_TYPE(mapping, &hob_str_encoding_map_type)) {
        int found = map_lookup((encoding_map *)mapping, ch);
        if (found < 0) { return 0; }
        byte = (char)found;
    }
    else {
        own PyObject *item = lookup(mapping, ch);
        if (!item) { return -1; }
        if (item == Py_None) { return 0; }
        if (PyBytes_Check(item)) {
            if (!sink) { return 1; }
            return hob_sink_put(sink, PyBytes_AS_STRING(item),
                                PyBytes_GET_SIZE(item)) < 0 ? -1 : 1;
        }
        byte = (char)PyLong_AsLong(item);
    }
    return sink && hob_sink_put(sink, &byte, 1) < 0 ? -1 : 1;
}

typedef struct {
    codec_fault *fault;
    PyObject *str, *mapping;    /* borrowed */
    byte_sink *sink;
    Py_ssize_t start, stop;     /* what cannot be encoded */
} charmap_encoder;

/* Put a replacement's character, which the mapping must know. */
static status
put_or_raise(charmap_encoder *e, Py_UCS4 ch)
{
    tri done = put_mapped(e->sink, e->mapping, ch);
    if (done == 0) { hob_encode_raise(e->fault, e->str, e->start, e->stop, undefined); }
    return done > 0 ? 0 : -1;
}

static status
replace_by_handler(charmap_encoder *e, Py_ssize_t *pos)
{
    own PyObject *replacement = hob_encode_fault(e->fault, e->str, e->start, e->stop, undefined,
                                                 pos);
    if (!replacement) { return -1; }
    if (PyBytes_Check(replacement)) {
        return hob_sink_put(e->sink, PyBytes_AS_STRING(replacement),
                            PyBytes_GET_SIZE(replacement));
    }
    text t = text_of(replacement);
    for (Py_ssize_t i = 0; i < t.n; i++) {
        if (put_or_raise(e, text_at(t, i)) < 0) { return -1; }
    }
    return 0;
}

/* Deal with what cannot be encoded at *pos. */
static status
encode_bad(charmap_encoder *e, Py_ssize_t *pos)
{
    text t = text_of(e->str);
    e->start = *pos;
    e->stop = *pos + 1;
    for (; e->stop < t.n; e->stop++) {
        tri known = put_mapped(NULL, e->mapping, text_at(t, e->stop));
        if (known < 0) { return -1; }
        if (known) { break; }
    }
    *pos = e->stop;
    switch (hob_codec_fault_mode(e->fault)) {
    case ERRORS_IGNORE:
        return 0;
    case ERRORS_REPLACE:
        for (Py_ssize_t i = e->start; i < e->stop; i++) {
            if (put_or_raise(e, '?') < 0) { return -1; }
        }
        return 0;
    case ERRORS_XMLCHARREFREPLACE:
        for (Py_ssize_t i = e->start; i < e->stop; i++) {
            char escaped[ESCAPE_SIZE];
            int n = hob_escape_xml(text_at(t, i), escaped);
            for (int j = 0; j < n; j++) {
                if (put_or_raise(e, (Py_UCS4)escaped[j]) < 0) { return -1; }
            }
        }
        return 0;
    default:
        return replace_by_handler(e, pos);
    }
}

PyObject *
_PyUnicode_EncodeCharmap(PyObject *unicode, PyObject *mapping, const char *errors)
{
    READY_OR(unicode, NULL);
    if (!mapping) { return _PyUnicode_AsLatin1String(unicode, errors); }
    text t = text_of(unicode);
    if (t.n == 0) { return PyBytes_FromStringAndSize(NULL, 0); }
    own_fault fault = CODEC_FAULT("charmap", errors);
    own_sink sink;
    if (hob_sink_start(&sink, t.n) < 0) { return NULL; }
    charmap_encoder e = {&fault, unicode, mapping, &sink, 0, 0};
    for (Py_ssize_t pos = 0; pos < t.n;) {
        tri done = put_mapped(&sink, mapping, text_at(t, pos));
        if (done < 0) { return NULL; }
        if (done) { pos++; }
        else if (encode_bad(&e, &pos) < 0) { return NULL; }
    }
    return hob_sink_finish(&sink);
}

PyObject *
PyUnicode_AsCharmapString(PyObject *unicode, PyObject *mapping)
{
    if (!PyUnicode_Check(unicode) || !mapping) {
        PyErr_BadArgument();
        return NULL;
    }
    return _PyUnicode_EncodeCharmap(unicode, mapping, NULL);
}

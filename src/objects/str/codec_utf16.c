/* codec_utf16.c -- UTF-16 and UTF-32, with and without byte order mark.
 *
 * The two differ in the width of a unit and in what can be wrong; a `form`
 * holds what differs.
 */
#include "objects/str/str_int.h"

#include "text/utf16.h"

typedef struct {
    const char *name, *name_le, *name_be;
    int width;                  /* bytes of a unit */
    hob_wide_scan (*measure)(const uint8_t *s, ptrdiff_t n, bool big);
    void (*decode)(int kind, void *to, const uint8_t *s, ptrdiff_t n, bool big);
    uint8_t *(*put)(uint8_t *to, uint32_t ch, bool big);
} wide_form;

static const wide_form utf16 = {
    "utf-16", "utf-16-le", "utf-16-be", 2, hob_utf16_measure, hob_utf16_decode, hob_utf16_put};
static const wide_form utf32 = {
    "utf-32", "utf-32-le", "utf-32-be", 4, hob_utf32_measure, hob_utf32_decode, hob_utf32_put};

/* --- decoding --- */

static const char *
reason_of(hob_wide_verdict verdict)
{
    switch (verdict) {
    case WIDE_CUT_UNIT:    return "truncated data";
    case WIDE_CUT_PAIR:    return "unexpected end of data";
    case WIDE_BROKEN_PAIR: return "illegal UTF-16 surrogate";
    case WIDE_LONE_LOW:    return "illegal encoding";
    case WIDE_SURROGATE:   return "code point in surrogate code point range(0xd800, 0xe000)";
    default:               return "code point not in range(0x110000)";
    }
}

static inline bool
is_cut(hob_wide_verdict verdict)
{
    return verdict == WIDE_CUT_UNIT || verdict == WIDE_CUT_PAIR;
}

typedef struct {
    const wide_form *form;
    bool big_endian, may_be_cut;
    codec_fault *fault;
    decoder_input input;
    _PyUnicodeWriter writer;
    Py_ssize_t pos;
} wide_decoder;

static status
decode_all(wide_decoder *d)
{
    for (;;) {
        const uint8_t *at = (const uint8_t *)d->input.start + d->pos;
        hob_wide_scan scan = d->form->measure(at, d->input.n - d->pos, d->big_endian);
        if (scan.n_chars) {
            Py_UCS4 max = hob_range_max(scan.bits);
            if (_PyUnicodeWriter_Prepare(&d->writer, scan.n_chars, max) < 0) { return -1; }
            d->form->decode(d->writer.kind,
                            (char *)d->writer.data + d->writer.pos * d->writer.kind, at,
                            scan.n_good, d->big_endian);
            d->writer.pos += scan.n_chars;
            d->pos += scan.n_good;
        }
        if (scan.verdict == WIDE_GOOD || (is_cut(scan.verdict) && d->may_be_cut)) { return 0; }
        Py_ssize_t stop = is_cut(scan.verdict) ? d->input.n : d->pos + d->form->width;
        if (hob_decode_fault(d->fault, &d->input, d->pos, stop, reason_of(scan.verdict),
                             &d->writer, &d->pos) < 0) { return -1; }
    }
}

/* Look for a byte order mark: -1 little endian, 1 big endian, 0 none. */
static int
byte_order_mark(const wide_form *form, const char *s, Py_ssize_t size)
{
    static const char marks[2][2][5] = {{"\xff\xfe", "\xfe\xff"},
                                        {"\xff\xfe\0\0", "\0\0\xfe\xff"}};
    if (size < form->width) { return 0; }
    const char (*mark)[5] = marks[form->width == 4];
    if (memcmp(s, mark[0], (size_t)form->width) == 0) { return -1; }
    return memcmp(s, mark[1], (size_t)form->width) == 0;
}

static PyObject *
decode_wide(const wide_form *form, const char *s, Py_ssize_t size, const char *errors,
            int *byteorder, Py_ssize_t *consumed)
{
    int order = byteorder ? *byteorder : 0;
    Py_ssize_t start = 0;
    if (order == 0) {
        order = byte_order_mark(form, s, size);
        if (order) { start = form->width; }
    }
    own_fault fault = CODEC_FAULT(order > 0 ? form->name_be : form->name_le, errors);
    wide_decoder d = {form, order > 0, consumed != NULL, &fault, {s, size, NULL}, {0}, start};
    _PyUnicodeWriter_Init(&d.writer);
    status done = decode_all(&d);
    Py_XDECREF(d.input.bytes);
    if (done < 0) {
        _PyUnicodeWriter_Dealloc(&d.writer);
        return NULL;
    }
    if (byteorder) { *byteorder = order; }
    if (consumed) { *consumed = d.pos; }
    return _PyUnicodeWriter_Finish(&d.writer);
}

PyObject *
PyUnicode_DecodeUTF16Stateful(const char *s, Py_ssize_t size, const char *errors,
                              int *byteorder,
                              Py_ssize_t *consumed)
{
    return decode_wide(&utf16, s, size, errors, byteorder, consumed);
}

PyObject *
PyUnicode_DecodeUTF16(const char *s, Py_ssize_t size, const char *errors, int *byteorder)
{
    return decode_wide(&utf16, s, size, errors, byteorder, NULL);
}

PyObject *
PyUnicode_DecodeUTF32Stateful(const char *s, Py_ssize_t size, const char *errors,
                              int *byteorder,
                              Py_ssize_t *consumed)
{
    return decode_wide(&utf32, s, size, errors, byteorder, consumed);
}

PyObject *
PyUnicode_DecodeUTF32(const char *s, Py_ssize_t size, const char *errors, int *byteorder)
{
    return decode_wide(&utf32, s, size, errors, byteorder, NULL);
}

/* --- encoding --- */

static const char no_surrogates[] = "surrogates not allowed";

/* Ask the handler about the surrogate at *pos. */
static status
encode_bad(codec_fault *fault, const wide_form *form, bool big, byte_sink *sink, PyObject *str,
           Py_ssize_t *pos)
{
    Py_ssize_t start = *pos;
    own PyObject *replacement = hob_encode_fault(fault, str, start, start + 1, no_surrogates,
                                                 pos);
    if (!replacement) { return -1; }
    if (PyBytes_Check(replacement)) {
        Py_ssize_t n = PyBytes_GET_SIZE(replacement);
        if (n % form->width == 0) {
            return hob_sink_put(sink, PyBytes_AS_STRING(replacement), n);
        }
    }
    else if (STATE(replacement).ascii) {
        text t = text_of(replacement);
        if (hob_sink_room(sink, t.n * form->width) < 0) { return -1; }
        for (Py_ssize_t i = 0; i < t.n; i++) {
            sink->at = (char *)form->put((uint8_t *)sink->at, text_at(t, i), big);
        }
        return 0;
    }
    hob_encode_raise(fault, str, start, start + 1, no_surrogates);
    return -1;
}

static PyObject *
encode_wide(PyObject *str, const wide_form *form, const char *errors, int byteorder)
{
    if (!PyUnicode_Check(str)) {
        PyErr_BadArgument();
        return NULL;
    }
    READY_OR(str, NULL);
    text t = text_of(str);
    Py_ssize_t most = t.kind == 4 ? 4 : form->width;    /* bytes of a character */
    if (t.n > PY_SSIZE_T_MAX / most - 4) { return PyErr_NoMemory(); }
    bool big = byteorder > 0;
    const char *name = byteorder < 0 ? form->name_le : big ? form->name_be : form->name;
    own_fault fault = CODEC_FAULT(name, errors);
    own_sink sink;
    if (hob_sink_start(&sink, t.n * most + (byteorder == 0 ? form->width : 0)) < 0) {
        return NULL;
    }
    if (byteorder == 0) { sink.at = (char *)form->put((uint8_t *)sink.at, 0xfeff, big); }
    for (Py_ssize_t pos = 0; pos < t.n;) {
        Py_UCS4 ch = text_at(t, pos);
        if (UNLIKELY(hob_is_surrogate(ch))) {
            if (encode_bad(&fault, form, big, &sink, str, &pos) < 0
                || hob_sink_room(&sink, (t.n - pos) * most) < 0) { return NULL; }
            continue;
        }
        sink.at = (char *)form->put((uint8_t *)sink.at, ch, big);
        pos++;
    }
    return hob_sink_finish(&sink);
}

PyObject *
_PyUnicode_EncodeUTF16(PyObject *str, const char *errors, int byteorder)
{
    return encode_wide(str, &utf16, errors, byteorder);
}

PyObject *
PyUnicode_AsUTF16String(PyObject *unicode)
{
    return encode_wide(unicode, &utf16, NULL, 0);
}

PyObject *
_PyUnicode_EncodeUTF32(PyObject *str, const char *errors, int byteorder)
{
    return encode_wide(str, &utf32, errors, byteorder);
}

PyObject *
PyUnicode_AsUTF32String(PyObject *unicode)
{
    return encode_wide(unicode, &utf32, NULL, 0);
}

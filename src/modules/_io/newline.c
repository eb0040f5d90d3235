/* newline.c -- universal newlines: IncrementalNewlineDecoder, and finding line ends.
 *
 * Holds      a trailing "\r" is kept back (pending_cr) until what follows shows
 *            whether it was half of "\r\n".
 */
#include "modules/_io/io.h"

typedef struct {
    PyObject_HEAD
    PyObject *decoder;          /* owned; None: input is text already */
    PyObject *errors;           /* owned */
    bool pending_cr, translate;
    unsigned seen;              /* SEEN_* */
} newline_decoder;

/** IncrementalNewlineDecoder.__init__($self, decoder, translate, errors='strict')
 *
 *  A decoder behind another one that sees to line ends.
 *
 *  It notes which kinds occur, and with translate turns them all into \\n; it
 *  never tears \\r\\n apart. Without a decoder it takes str.
 */
static int
newline_init(newline_decoder *self, PyObject *decoder, int translate, PyObject *errors)
{
    Py_XSETREF(self->decoder, Py_NewRef(decoder));
    if (errors) { Py_XSETREF(self->errors, Py_NewRef(errors)); }
    else {
        PyObject *strict = PyUnicode_FromString("strict");
        if (!strict) { return -1; }
        Py_XSETREF(self->errors, strict);
    }
    self->translate = translate != 0;
    self->seen = 0;
    self->pending_cr = false;
    return 0;
}

static status
check_init(newline_decoder *self)
{
    if (self->decoder) { return 0; }
    PyErr_SetString(PyExc_ValueError, "IncrementalNewlineDecoder.__init__() not called");
    return -1;
}

/* Which line ends text has. */
static unsigned
look(PyObject *text)
{
    int kind = PyUnicode_KIND(text);
    const void *data = PyUnicode_DATA(text);
    Py_ssize_t n = PyUnicode_GET_LENGTH(text);
    unsigned seen = 0;
    for (Py_ssize_t i = 0; i < n && seen != 7; i++) {
        Py_UCS4 c = PyUnicode_READ(kind, data, i);
        if (c == '\n') { seen |= SEEN_LF; }
        else if (c == '\r') {
            if (i + 1 < n && PyUnicode_READ(kind, data, i + 1) == '\n') {
                seen |= SEEN_CRLF;
                i++;
            }
            else { seen |= SEEN_CR; }
        }
    }
    return seen;
}

static PyObject *
translate(PyObject *text)
{
    int kind = PyUnicode_KIND(text);
    const void *data = PyUnicode_DATA(text);
    Py_ssize_t n = PyUnicode_GET_LENGTH(text), n_out = 0;
    for (Py_ssize_t i = 0; i < n; i++) {
        n_out++;
        if (PyUnicode_READ(kind, data, i) == '\r' && i + 1 < n
            && PyUnicode_READ(kind, data, i + 1) == '\n') {
            i++;
        }
    }
    PyObject *out = PyUnicode_New(n_out, PyUnicode_MAX_CHAR_VALUE(text));
    if (!out) { return NULL; }
    void *to = PyUnicode_DATA(out);
    Py_ssize_t at = 0;
    for (Py_ssize_t i = 0; i < n; i++) {
        Py_UCS4 c = PyUnicode_READ(kind, data, i);
        if (c == '\r') {
            if (i + 1 < n && PyUnicode_READ(kind, data, i + 1) == '\n') { i++; }
            c = '\n';
        }
        PyUnicode_WRITE(kind, to, at++, c);
    }
    return out;
}

static bool
has_cr(PyObject *text)
{
    Py_ssize_t n = PyUnicode_GET_LENGTH(text);
    if (PyUnicode_KIND(text) == PyUnicode_1BYTE_KIND) {
        return n && memchr(PyUnicode_1BYTE_DATA(text), '\r', (size_t)n);
    }
    return PyUnicode_FindChar(text, '\r', 0, n, 1) >= 0;
}

PyObject *
hob_newline_decode(PyObject *op, PyObject *input, bool final)
{
    newline_decoder *self = (newline_decoder *)op;
    if (check_init(self) < 0) { return NULL; }
    own PyObject *text = self->decoder == Py_None ? Py_NewRef(input)
        : PyObject_CallMethodObjArgs(self->decoder, ID(decode), input,
                                     final ? Py_True : Py_False, NULL);
    if (!text) { return NULL; }
    if (!PyUnicode_Check(text)) {
        PyErr_Format(PyExc_TypeError, "decoder should return a string result, not '%.200s'",
                     Py_TYPE(text)->tp_name);
        return NULL;
    }
    if (PyUnicode_READY(text) < 0) { return NULL; }
    Py_ssize_t n = PyUnicode_GET_LENGTH(text);
    if (self->pending_cr && (final || n > 0)) {
        own PyObject *cr = PyUnicode_FromString("\r");
        PyObject *joined = cr ? PyUnicode_Concat(cr, text) : NULL;
        if (!joined) { return NULL; }
        Py_SETREF(text, joined);
        self->pending_cr = false;
        n++;
    }
    if (!final && n > 0 && PyUnicode_READ_CHAR(text, n - 1) == '\r') {
        PyObject *shorter = PyUnicode_Substring(text, 0, n - 1);
        if (!shorter) { return NULL; }
        Py_SETREF(text, shorter);
        self->pending_cr = true;
        n--;
    }
    if (n == 0) { return take(text); }
    if (!has_cr(text)) {
        if (!(self->seen & SEEN_LF)
            && PyUnicode_FindChar(text, '\n', 0, n, 1) >= 0) { self->seen |= SEEN_LF; }
        return take(text);
    }
    self->seen |= look(text);
    return self->translate ? translate(text) : take(text);
}

/** IncrementalNewlineDecoder.decode($self, /, input, final=False)
 */
static PyObject *
newline_decode(newline_decoder *self, PyObject *input, int final)
{
    return hob_newline_decode((PyObject *)self, input, final != 0);
}

/** IncrementalNewlineDecoder.getstate($self, /)
 */
static PyObject *
newline_getstate(newline_decoder *self)
{
    if (check_init(self) < 0) { return NULL; }
    own PyObject *buffer = NULL;
    unsigned long long flag = 0;
    if (self->decoder == Py_None) { buffer = PyBytes_FromString(""); }
    else {
        own PyObject *state = PyObject_CallMethodNoArgs(self->decoder, ID(getstate));
        if (!state) { return NULL; }
        if (!PyTuple_Check(state)) {
            PyErr_SetString(PyExc_TypeError, "illegal decoder state");
            return NULL;
        }
        PyObject *inner;
        if (!PyArg_ParseTuple(state, "OK;illegal decoder state", &inner, &flag)) { return NULL; }
        buffer = Py_NewRef(inner);
    }
    if (!buffer) { return NULL; }
    return Py_BuildValue("OK", buffer, flag << 1 | self->pending_cr);
}

/** IncrementalNewlineDecoder.setstate($self, state, /)
 */
static PyObject *
newline_setstate(newline_decoder *self, PyObject *state)
{
    if (check_init(self) < 0) { return NULL; }
    if (!PyTuple_Check(state)) {
        PyErr_SetString(PyExc_TypeError, "state argument must be a tuple");
        return NULL;
    }
    PyObject *buffer;
    unsigned long long flag;
    if (!PyArg_ParseTuple(state, "OK;setstate(): illegal state argument", &buffer, &flag)) {
        return NULL;
    }
    self->pending_cr = flag & 1;
    if (self->decoder == Py_None) { Py_RETURN_NONE; }
    return PyObject_CallMethod(self->decoder, "setstate", "((OK))", buffer, flag >> 1);
}

/** IncrementalNewlineDecoder.reset($self, /)
 */
static PyObject *
newline_reset(newline_decoder *self)
{
    if (check_init(self) < 0) { return NULL; }
    self->seen = 0;
    self->pending_cr = false;
    if (self->decoder == Py_None) { Py_RETURN_NONE; }
    return PyObject_CallMethodNoArgs(self->decoder, ID(reset));
}

#include "gen/modules/_io/newline.bind.h"

PyObject *
hob_newlines_seen(int seen)
{
    static const char *const one[8] = {[SEEN_CR] = "\r", [SEEN_LF] = "\n", [SEEN_CRLF] = "\r\n"};
    if (seen == 0) { Py_RETURN_NONE; }
    if (one[seen]) { return PyUnicode_FromString(one[seen]); }
    static const int order[] = {SEEN_CR, SEEN_LF, SEEN_CRLF};
    own PyObject *list = PyList_New(0);
    for (int i = 0; list && i < 3; i++) {
        if (!(seen & order[i])) { continue; }
        own PyObject *text = PyUnicode_FromString(one[order[i]]);
        if (!text || PyList_Append(list, text) < 0) { return NULL; }
    }
    return list ? PyList_AsTuple(list) : NULL;
}

static PyObject *
newline_get_newlines(PyObject *op, void *closure)
{
    newline_decoder *self = (newline_decoder *)op;
    return check_init(self) < 0 ? NULL : hob_newlines_seen((int)self->seen);
}

static void
newline_dealloc(PyObject *op)
{
    newline_decoder *self = (newline_decoder *)op;
    Py_CLEAR(self->decoder);
    Py_CLEAR(self->errors);
    Py_TYPE(op)->tp_free(op);
}

static PyGetSetDef newline_getset[] = {
    {"newlines", newline_get_newlines, NULL, NULL, NULL},
    {NULL},
};

PyTypeObject hob_newline_decoder_type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "_io.IncrementalNewlineDecoder",
    .tp_basicsize = sizeof(newline_decoder),
    .tp_dealloc = newline_dealloc,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .tp_doc = newline_init__doc,
    .tp_methods = IncrementalNewlineDecoder_methods,
    .tp_getset = newline_getset,
    .tp_init = newline_init__slot,
    .tp_new = PyType_GenericNew,
};

/* --- line ends --- */

static Py_ssize_t
find_char(PyObject *text, Py_UCS4 c, Py_ssize_t start, Py_ssize_t end)
{
    if (PyUnicode_KIND(text) == PyUnicode_1BYTE_KIND) {
        if (start >= end) { return -1; }
        const Py_UCS1 *data = PyUnicode_1BYTE_DATA(text);
        const Py_UCS1 *at = memchr(data + start, (int)c, (size_t)(end - start));
        return at ? at - data : -1;
    }
    return PyUnicode_FindChar(text, c, start, end, 1);
}

Py_ssize_t
hob_io_find_line_end(bool translated, bool universal, PyObject *newline, PyObject *text,
                     Py_ssize_t start, Py_ssize_t end, Py_ssize_t *consumed)
{
    *consumed = end - start;
    if (translated) {
        Py_ssize_t at = find_char(text, '\n', start, end);
        return at < 0 ? -1 : at + 1;
    }
    if (universal) {
        Py_ssize_t lf = find_char(text, '\n', start, end);
        Py_ssize_t cr = find_char(text, '\r', start, lf < 0 ? end : lf);
        if (cr < 0) { return lf < 0 ? -1 : lf + 1; }
        return cr + 1 < end && PyUnicode_READ_CHAR(text, cr + 1) == '\n' ? cr + 2 : cr + 1;
    }
    Py_ssize_t length = PyUnicode_GET_LENGTH(newline);
    Py_UCS4 first = PyUnicode_READ_CHAR(newline, 0);
    for (Py_ssize_t at = start; (at = find_char(text, first, at, end)) >= 0; at++) {
        if (at + length > end) {
            *consumed = at - start;
            return -1;
        }
        Py_ssize_t i = 1;
        while (i < length && PyUnicode_READ_CHAR(text, at + i) == PyUnicode_READ_CHAR(newline, i)) {
            i++;
        }
        if (i == length) { return at + length; }
    }
    return -1;
}

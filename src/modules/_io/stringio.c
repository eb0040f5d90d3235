/* stringio.c -- StringIO: a text stream in memory.
 *
 * Layout     UCS-4 code points in one array with room to spare, so that seek and
 *            overwrite are index operations.
 * Holds      0 <= n <= room; pos may lie past n (a hole reads as NULs).
 */
#include "modules/_io/io.h"

typedef struct {
    PyObject_HEAD
    PyObject *dict;
    PyObject *weakrefs;
    Py_UCS4 *text;
    Py_ssize_t n, room, pos;
    bool ok, closed, universal, translate;
    PyObject *decoder;          /* owned, MAYBE_NULL: newline translation on write */
    PyObject *readnl;           /* owned str or NULL: what ends a line */
    PyObject *writenl;          /* owned str or NULL: what "\n" is written as */
} stringio;

static status
check_open(stringio *self)
{
    if (!self->ok) {
        PyErr_SetString(PyExc_ValueError, "I/O operation on uninitialized object");
        return -1;
    }
    if (self->closed) {
        PyErr_SetString(PyExc_ValueError, "I/O operation on closed file");
        return -1;
    }
    return 0;
}

static MUST_USE status
reserve(stringio *self, Py_ssize_t size)
{
    if (size <= self->room) { return 0; }
    if (size > PY_SSIZE_T_MAX / 8) {
        PyErr_SetString(PyExc_OverflowError, "new buffer size too large");
        return -1;
    }
    Py_ssize_t room = size + (size >> 3) + 16;
    if (room < 2 * self->room && self->room < 4096) { room = 2 * self->room; }
    Py_UCS4 *text = PyMem_Realloc(self->text, (size_t)room * sizeof(Py_UCS4));
    if (!text) {
        PyErr_NoMemory();
        return -1;
    }
    self->text = text;
    self->room = room;
    return 0;
}

static MUST_USE status
write_text(stringio *self, PyObject *given)
{
    own PyObject *text = self->decoder ? hob_newline_decode(self->decoder, given, true)
                                       : Py_NewRef(given);
    if (!text) { return -1; }
    if (self->writenl) {
        own PyObject *newline = PyUnicode_FromString("\n");
        PyObject *replaced = newline ? PyUnicode_Replace(text, newline, self->writenl, -1) : NULL;
        if (!replaced) { return -1; }
        Py_SETREF(text, replaced);
    }
    Py_ssize_t n = PyUnicode_GET_LENGTH(text);
    if (n == 0) { return 0; }
    if (self->pos > PY_SSIZE_T_MAX - n) {
        PyErr_SetString(PyExc_OverflowError, "new position too large");
        return -1;
    }
    if (reserve(self, self->pos + n) < 0) { return -1; }
    if (self->pos > self->n) {
        memset(self->text + self->n, 0, (size_t)(self->pos - self->n) * sizeof(Py_UCS4));
    }
    if (!PyUnicode_AsUCS4(text, self->text + self->pos, n, 0)) { return -1; }
    self->pos += n;
    if (self->n < self->pos) { self->n = self->pos; }
    return 0;
}

static PyObject *
text_between(stringio *self, Py_ssize_t start, Py_ssize_t end)
{
    return PyUnicode_FromKindAndData(PyUnicode_4BYTE_KIND, self->text + start, end - start);
}

/** StringIO.getvalue($self, /)
 *
 *  All of the text, wherever the position is.
 */
static PyObject *
stringio_getvalue(stringio *self)
{
    return check_open(self) < 0 ? NULL : text_between(self, 0, self->n);
}

/** StringIO.tell($self, /)
 *
 *  Tell the current file position.
 */
static PyObject *
stringio_tell(stringio *self)
{
    return check_open(self) < 0 ? NULL : PyLong_FromSsize_t(self->pos);
}

/** StringIO.read($self, size=-1, /)
 *
 *  The next characters, at most size of them; all that are left if size is
 *  negative or None.
 */
static PyObject *
stringio_read(stringio *self, ssize_or_none size)
{
    if (check_open(self) < 0) { return NULL; }
    Py_ssize_t left = self->n > self->pos ? self->n - self->pos : 0;
    if (size < 0 || size > left) { size = left; }
    if (size == 0) { return PyUnicode_New(0, 0); }
    PyObject *text = text_between(self, self->pos, self->pos + size);
    if (text) { self->pos += size; }
    return text;
}

static Py_ssize_t
line_end(stringio *self, Py_ssize_t limit)
{
    Py_ssize_t stop = self->n;
    if (limit >= 0 && self->n - self->pos > limit) { stop = self->pos + limit; }
    const Py_UCS4 *text = self->text;
    bool any = self->universal && !self->translate;
    Py_UCS4 first = '\n';
    Py_ssize_t length = 1;
    if (!self->translate && !self->universal && self->readnl) {
        length = PyUnicode_GET_LENGTH(self->readnl);
        first = PyUnicode_READ_CHAR(self->readnl, 0);
    }
    for (Py_ssize_t i = self->pos; i < stop; i++) {
        if (any) {
            if (text[i] == '\n') { return i + 1; }
            if (text[i] == '\r') { return i + 1 < stop && text[i + 1] == '\n' ? i + 2 : i + 1; }
            continue;
        }
        if (text[i] != first) { continue; }
        if (length == 1) { return i + 1; }
        Py_ssize_t k = 1;
        while (k < length && i + k < stop && text[i + k] == PyUnicode_READ_CHAR(self->readnl, k)) {
            k++;
        }
        if (k == length) { return i + length; }
    }
    return stop;
}

static PyObject *
read_line(stringio *self, Py_ssize_t limit)
{
    if (self->pos >= self->n || limit == 0) { return PyUnicode_New(0, 0); }
    Py_ssize_t end = line_end(self, limit);
    PyObject *line = text_between(self, self->pos, end);
    if (line) { self->pos = end; }
    return line;
}

/** StringIO.readline($self, size=-1, /)
 *
 *  The text up to and with the next line end; '' at the end of the file.
 */
static PyObject *
stringio_readline(stringio *self, ssize_or_none size)
{
    return check_open(self) < 0 ? NULL : read_line(self, size);
}

/** StringIO.truncate($self, pos=None, /)
 *
 *  Cut the text off at pos, by default at the position, which stays; pos.
 */
static PyObject *
stringio_truncate(stringio *self, PyObject *pos)
{
    if (check_open(self) < 0) { return NULL; }
    Py_ssize_t size = self->pos;
    if (pos != Py_None && !arg_ssize_or_none(pos, &size)) { return NULL; }
    if (size < 0) {
        PyErr_Format(PyExc_ValueError, "Negative size value %zd", size);
        return NULL;
    }
    if (size < self->n) { self->n = size; }
    return PyLong_FromSsize_t(size);
}

/** StringIO.seek($self, pos, whence=0, /)
 *
 *  Move the position, and return it.
 *
 *  pos counts from the start (whence 0); 0 from the present position (1) or the
 *  end (2) is all that is allowed otherwise.
 */
static PyObject *
stringio_seek(stringio *self, Py_ssize_t pos, int whence)
{
    if (check_open(self) < 0) { return NULL; }
    if (whence < 0 || whence > 2) {
        PyErr_Format(PyExc_ValueError, "Invalid whence (%i, should be 0, 1 or 2)", whence);
        return NULL;
    }
    if (pos < 0 && whence == 0) {
        PyErr_Format(PyExc_ValueError, "Negative seek position %zd", pos);
        return NULL;
    }
    if (whence != 0 && pos != 0) {
        PyErr_SetString(PyExc_OSError, "Can't do nonzero cur-relative seeks");
        return NULL;
    }
    self->pos = whence == 1 ? self->pos : whence == 2 ? self->n : pos;
    return PyLong_FromSsize_t(self->pos);
}

/** StringIO.write($self, s, /)
 *
 *  Put text at the position, over what is there; its length.
 */
static PyObject *
stringio_write(stringio *self, PyObject *s)
{
    if (check_open(self) < 0) { return NULL; }
    if (!PyUnicode_Check(s)) {
        PyErr_Format(PyExc_TypeError, "string argument expected, got '%s'", Py_TYPE(s)->tp_name);
        return NULL;
    }
    Py_ssize_t n = PyUnicode_GET_LENGTH(s);
    if (n > 0 && write_text(self, s) < 0) { return NULL; }
    return PyLong_FromSsize_t(n);
}

/** StringIO.close($self, /)
 *
 *  Free the content; whatever is tried afterwards raises ValueError.
 */
static PyObject *
stringio_close(stringio *self)
{
    self->closed = true;
    PyMem_Free(self->text);
    self->text = NULL;
    self->n = self->room = 0;
    Py_RETURN_NONE;
}

/** StringIO.readable($self, /)
 *
 *  Whether the file can be read: always, while it is open.
 */
static PyObject *
stringio_readable(stringio *self)
{
    if (check_open(self) < 0) { return NULL; }
    Py_RETURN_TRUE;
}

/** StringIO.writable($self, /)
 *
 *  Whether the file can be written: always, while it is open.
 */
static PyObject *
stringio_writable(stringio *self)
{
    return stringio_readable(self);
}

/** StringIO.seekable($self, /)
 *
 *  Whether the position can be moved: always, while the file is open.
 */
static PyObject *
stringio_seekable(stringio *self)
{
    return stringio_readable(self);
}

static MUST_USE status
set_newline(stringio *self, PyObject *newline)
{
    const char *text = NULL;
    if (newline && newline != Py_None) {
        if (!PyUnicode_Check(newline)) {
            PyErr_Format(PyExc_TypeError, "newline must be str or None, not %.200s",
                         Py_TYPE(newline)->tp_name);
            return -1;
        }
        text = PyUnicode_AsUTF8(newline);
        if (!text) { return -1; }
    }
    else if (!newline) { text = "\n"; }
    bool legal = !text || !text[0] || strcmp(text, "\n") == 0 || strcmp(text, "\r") == 0
        || strcmp(text, "\r\n") == 0;
    if (!legal) {
        PyErr_Format(PyExc_ValueError, "illegal newline value: %R", newline);
        return -1;
    }
    Py_CLEAR(self->readnl);
    Py_CLEAR(self->writenl);
    Py_CLEAR(self->decoder);
    if (text) {
        self->readnl = newline ? Py_NewRef(newline) : PyUnicode_FromString(text);
        if (!self->readnl) { return -1; }
    }
    self->universal = !text || !text[0];
    self->translate = !text;
    if (text && text[0] == '\r') { self->writenl = Py_NewRef(self->readnl); }
    if (self->universal) {
        self->decoder = PyObject_CallFunction((PyObject *)&hob_newline_decoder_type, "Oi", Py_None,
                                              (int)self->translate);
        if (!self->decoder) { return -1; }
    }
    return 0;
}

/** @type hob_stringio_type StringIO.__init__($self, initial_value='', newline='\n')
 *
 *  A text file that lives in memory.
 *
 *  It begins with initial_value; newline means what it means to open().
 */
static int
stringio_init(stringio *self, PyObject *initial_value, PyObject *newline)
{
    self->ok = false;
    if (set_newline(self, newline) < 0) { return -1; }
    if (initial_value && initial_value != Py_None && !PyUnicode_Check(initial_value)) {
        PyErr_Format(PyExc_TypeError, "initial_value must be str or None, not %.200s",
                     Py_TYPE(initial_value)->tp_name);
        return -1;
    }
    self->n = self->pos = 0;
    self->closed = false;
    self->ok = true;
    if (initial_value && initial_value != Py_None && PyUnicode_GET_LENGTH(initial_value) > 0) {
        if (write_text(self, initial_value) < 0) { return -1; }
    }
    self->pos = 0;
    return 0;
}

#include "gen/modules/_io/stringio.bind.h"

static PyObject *
stringio_iternext(PyObject *op)
{
    stringio *self = (stringio *)op;
    if (check_open(self) < 0) { return NULL; }
    own PyObject *line = NULL;
    if (Py_IS_TYPE(op, &hob_stringio_type)) { line = read_line(self, -1); }
    else {
        line = PyObject_CallMethodNoArgs(op, ID(readline));
        if (line && !PyUnicode_Check(line)) {
            PyErr_Format(PyExc_OSError,
                         "readline() should have returned a str object, not '%.200s'",
                         Py_TYPE(line)->tp_name);
            return NULL;
        }
    }
    if (!line || PyUnicode_GET_LENGTH(line) == 0) { return NULL; }
    return take(line);
}

/* pickling: (value, newline, position, __dict__) */
static PyObject *
stringio_getstate(PyObject *op, PyObject *unused)
{
    stringio *self = (stringio *)op;
    own PyObject *value = stringio_getvalue(self);
    if (!value) { return NULL; }
    own PyObject *dict = self->dict ? PyDict_Copy(self->dict) : Py_NewRef(Py_None);
    if (!dict) { return NULL; }
    return Py_BuildValue("(OOnO)", value, self->readnl ? self->readnl : Py_None, self->pos, dict);
}

static PyObject *
stringio_setstate(PyObject *op, PyObject *state)
{
    stringio *self = (stringio *)op;
    if (self->closed) {
        check_open(self);
        return NULL;
    }
    if (!PyTuple_Check(state) || PyTuple_GET_SIZE(state) < 4) {
        PyErr_Format(PyExc_TypeError, "%.200s.__setstate__ argument should be 4-tuple, got %.200s",
                     Py_TYPE(op)->tp_name, Py_TYPE(state)->tp_name);
        return NULL;
    }
    PyObject *value = PyTuple_GET_ITEM(state, 0), *newline = PyTuple_GET_ITEM(state, 1);
    PyObject *position = PyTuple_GET_ITEM(state, 2), *dict = PyTuple_GET_ITEM(state, 3);
    own PyObject *empty = PyUnicode_FromString("");
    if (!empty || stringio_init(self, empty, newline) < 0) { return NULL; }
    if (value != Py_None && !PyUnicode_Check(value)) {
        PyErr_Format(PyExc_TypeError, "initial_value must be str or None, not %.200s",
                     Py_TYPE(value)->tp_name);
        return NULL;
    }
    if (value != Py_None) {             /* as it was: no translation */
        Py_ssize_t n = PyUnicode_GET_LENGTH(value);
        if (reserve(self, n) < 0) { return NULL; }
        if (n && !PyUnicode_AsUCS4(value, self->text, n, 0)) { return NULL; }
        self->n = n;
    }
    if (!PyLong_Check(position)) {
        PyErr_Format(PyExc_TypeError, "third item of state must be an integer, got %.200s",
                     Py_TYPE(position)->tp_name);
        return NULL;
    }
    if (hob_io_state_position(position, &self->pos) < 0) { return NULL; }
    if (hob_io_state_dict((struct io_head *)self, dict, "fourth") < 0) { return NULL; }
    Py_RETURN_NONE;
}

static PyMethodDef state_methods[] = {
    {"__getstate__", stringio_getstate, METH_NOARGS, NULL},
    {"__setstate__", stringio_setstate, METH_O, NULL},
    {NULL},
};
PyMethodDef *const hob_stringio_private = state_methods;

static PyObject *
stringio_get_closed(PyObject *op, void *closure)
{
    stringio *self = (stringio *)op;
    if (!self->ok) {
        check_open(self);
        return NULL;
    }
    return PyBool_FromLong(self->closed);
}

static PyObject *
stringio_get_line_buffering(PyObject *op, void *closure)
{
    if (check_open((stringio *)op) < 0) { return NULL; }
    Py_RETURN_FALSE;
}

static PyObject *
stringio_get_newlines(PyObject *op, void *closure)
{
    stringio *self = (stringio *)op;
    if (check_open(self) < 0) { return NULL; }
    if (!self->decoder) { Py_RETURN_NONE; }
    return PyObject_GetAttr(self->decoder, ID(newlines));
}

static PyGetSetDef stringio_getset[] = {
    {"closed", stringio_get_closed, NULL, NULL, NULL},
    {"newlines", stringio_get_newlines, NULL, NULL, NULL},
    {"line_buffering", stringio_get_line_buffering, NULL, NULL, NULL},
    {NULL},
};

static int
stringio_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(((stringio *)op)->dict);
    Py_VISIT(((stringio *)op)->decoder);
    return 0;
}

static int
stringio_clear(PyObject *op)
{
    Py_CLEAR(((stringio *)op)->dict);
    return 0;
}

static void
stringio_dealloc(PyObject *op)
{
    stringio *self = (stringio *)op;
    PyObject_GC_UnTrack(op);
    self->ok = false;
    PyMem_Free(self->text);
    Py_CLEAR(self->readnl);
    Py_CLEAR(self->writenl);
    Py_CLEAR(self->decoder);
    hob_io_head_clear(op);
    Py_TYPE(op)->tp_free(op);
}

PyTypeObject hob_stringio_type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "_io.StringIO",
    .tp_basicsize = sizeof(stringio),
    .tp_dealloc = stringio_dealloc,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .tp_doc = stringio_init__doc,
    .tp_traverse = stringio_traverse,
    .tp_clear = stringio_clear,
    .tp_weaklistoffset = IO_WEAK_OFFSET,
    .tp_iternext = stringio_iternext,
    .tp_methods = StringIO_methods,
    .tp_getset = stringio_getset,
    .tp_base = &hob_textiobase_type,
    .tp_dictoffset = IO_DICT_OFFSET,
    .tp_init = stringio_init__slot,
    .tp_new = PyType_GenericNew,
};

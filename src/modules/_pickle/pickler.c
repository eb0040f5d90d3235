/* pickler.c -- the Pickler: its buffer, its frames, its attributes.
 *
 * Layout     buffer -> [ finished frames | header of 9 | open frame .. | room ]
 *                                        ^ frame_start           ^ n_written
 * Holds      A frame is open from the first byte written after another ended.  Its
 *            header is filled in, or squeezed out, when it is closed.
 * Hazard     flushing calls the file's write(), which may run anything; the buffer is
 *            taken out of the pickler before.
 */
#include "modules/_pickle/pickle_int.h"

#include <structmember.h>

#include "objects/bind.h"

_Static_assert(sizeof(pickler) == 152, "sys.getsizeof() of a Pickler is known to programs");

/* --- output --- */

/* Make room for n bytes, behind the header of a new frame where one begins. */
status
hob_pickler_grow(pickler *self, Py_ssize_t n)
{
    bool opens = self->is_framing && self->frame_start < 0;
    Py_ssize_t header = opens ? FRAME_HEADER : 0;
    if (n > PY_SSIZE_T_MAX / 2 - self->n_written - header) {
        PyErr_NoMemory();
        return -1;
    }
    Py_ssize_t needed = self->n_written + header + n;
    if (needed > self->n_room || !self->buffer) {
        Py_ssize_t room = Py_MAX(WRITE_BUFFER, self->buffer ? needed / 2 * 3 : needed);
        if (!self->buffer) { self->buffer = PyBytes_FromStringAndSize(NULL, room); }
        else if (_PyBytes_Resize(&self->buffer, room) < 0) { self->buffer = NULL; }
        self->n_room = self->buffer ? room : 0;
        if (!self->buffer) {
            self->n_written = 0;
            self->frame_start = -1;
            return -1;
        }
    }
    if (opens) {
        self->frame_start = self->n_written;
        self->n_written += FRAME_HEADER;
    }
    return 0;
}

static void
clear_buffer(pickler *self)
{
    Py_CLEAR(self->buffer);
    self->n_written = 0;
    self->n_room = 0;
    self->frame_start = -1;
}

static void
close_frame(pickler *self)
{
    if (!self->is_framing || self->frame_start < 0) { return; }
    char *header = PyBytes_AS_STRING(self->buffer) + self->frame_start;
    Py_ssize_t length = self->n_written - self->frame_start - FRAME_HEADER;
    if (length < FRAME_MIN) {
        memmove(header, header + FRAME_HEADER, (size_t)length);
        self->n_written -= FRAME_HEADER;
    }
    else {
        uint64_t n = (uint64_t)length;
        header[0] = (char)FRAME;
        for (int i = 1; i < FRAME_HEADER; i++, n >>= 8) { header[i] = (char)(n & 0xff); }
    }
    self->frame_start = -1;
}

/* The finished output, taken out of the pickler. */
PyObject *
hob_pickler_bytes(pickler *self)
{
    close_frame(self);
    PyObject *output = take(self->buffer);
    Py_ssize_t n = self->n_written;
    clear_buffer(self);
    if (!output) { return PyBytes_FromStringAndSize(NULL, 0); }
    if (_PyBytes_Resize(&output, n) < 0) { return NULL; }
    return output;
}

status
hob_pickler_flush(pickler *self)
{
    own PyObject *output = hob_pickler_bytes(self);
    own PyObject *write = Py_XNewRef(self->write);
    own PyObject *result = output ? PyObject_CallOneArg(write, output) : NULL;
    return result ? 0 : -1;
}

status
hob_pickler_boundary(pickler *self)
{
    if (!self->is_framing || self->frame_start < 0) { return 0; }
    if (self->n_written - self->frame_start - FRAME_HEADER < FRAME_TARGET) { return 0; }
    close_frame(self);
    return self->write ? hob_pickler_flush(self) : 0;
}

static MUST_USE status
write_payload(pickler *self, const char *data, Py_ssize_t size, PyObject *payload)
{
    own PyObject *bytes = payload ? Py_NewRef(payload) : PyBytes_FromStringAndSize(data, size);
    own PyObject *write = Py_XNewRef(self->write);
    own PyObject *result = bytes ? PyObject_CallOneArg(write, bytes) : NULL;
    return result ? 0 : -1;
}

/* Write opcode and data; much data stands outside of frames and is not copied. */
status
hob_pickler_blob(pickler *self, const char *header, Py_ssize_t n_header,
                 const char *data, Py_ssize_t size, PyObject *payload)
{
    if (size < FRAME_TARGET) {
        return hob_pickler_write(self, header, n_header) < 0
                   ? -1
                   : hob_pickler_write(self, data, size);
    }
    close_frame(self);
    int was_framing = self->is_framing;
    self->is_framing = 0;
    status result = hob_pickler_write(self, header, n_header);
    if (result == 0 && !self->write) { result = hob_pickler_write(self, data, size); }
    else if (result == 0) {
        result = hob_pickler_flush(self) < 0 ? -1 : write_payload(self, data, size, payload);
    }
    self->is_framing = was_framing;
    return result;
}

/* --- one dump --- */

static MUST_USE status
find_override(pickler *self)
{
    PyObject *override = NULL;
    if (!Py_IS_TYPE(self, &hob_pickler_type)
        && _PyObject_LookupAttr((PyObject *)self, NAME(reducer_override), &override) < 0) {
        return -1;
    }
    Py_XSETREF(self->reducer_override, override);
    return 0;
}

static MUST_USE status
run_framed(pickler *self, PyObject *obj)
{
    if (self->proto >= 2) {
        char header[2] = {(char)PROTO, (char)self->proto};
        if (hob_pickler_write(self, header, 2) < 0) { return -1; }
        self->is_framing = self->proto >= 4;
    }
    if (hob_save(self, obj) < 0) { return -1; }
    return hob_pickler_op(self, STOP);
}

/* Write PROTO, the object, STOP into the buffer. */
status
hob_pickler_run(pickler *self, PyObject *obj)
{
    if (hob_pickle_ready() < 0 || find_override(self) < 0) { return -1; }
    clear_buffer(self);
    self->is_framing = 0;
    status result = run_framed(self, obj);
    if (result == 0) { close_frame(self); }
    self->is_framing = 0;
    self->frame_start = -1;
    Py_CLEAR(self->reducer_override);
    return result;
}

/* --- making one --- */

static MUST_USE status
pickler_ready(pickler *self)
{
    self->frame_start = -1;
    if (!self->memo && !(self->memo = hob_seen_new())) {
        PyErr_NoMemory();
        return -1;
    }
    if (self->buffer) { return 0; }
    self->buffer = PyBytes_FromStringAndSize(NULL, WRITE_BUFFER);
    self->n_room = self->buffer ? WRITE_BUFFER : 0;
    return self->buffer ? 0 : -1;
}

pickler *
hob_pickler_new(void)
{
    pickler *self = (pickler *)PyType_GenericAlloc(&hob_pickler_type, 0);
    if (!self) { return NULL; }
    if (pickler_ready(self) == 0) { return self; }
    Py_DECREF(self);
    return NULL;
}

status
hob_pickler_protocol(pickler *self, PyObject *protocol, bool fix_imports)
{
    long proto = DEFAULT_PROTOCOL;
    if (protocol != Py_None) {
        proto = PyLong_AsLong(protocol);
        if (proto == -1 && PyErr_Occurred()) { return -1; }
        if (proto < 0) { proto = HIGHEST_PROTOCOL; }
        if (proto > HIGHEST_PROTOCOL) {
            PyErr_Format(PyExc_ValueError, "pickle protocol must be <= %d", HIGHEST_PROTOCOL);
            return -1;
        }
    }
    self->proto = (int)proto;
    self->bin = proto > 0;
    self->fix_imports = fix_imports && proto < 3;
    return 0;
}

status
hob_pickler_callback(pickler *self, PyObject *buffer_callback)
{
    if (buffer_callback != Py_None && self->proto < 5) {
        PyErr_SetString(PyExc_ValueError, "buffer_callback needs protocol >= 5");
        return -1;
    }
    Py_XSETREF(self->buffer_callback,
               buffer_callback == Py_None ? NULL : Py_NewRef(buffer_callback));
    return 0;
}

status
hob_pickler_file(pickler *self, PyObject *file)
{
    PyObject *write;
    if (_PyObject_LookupAttr(file, NAME(write), &write) < 0) { return -1; }
    if (!write) {
        PyErr_SetString(PyExc_TypeError, "file must have a 'write' attribute");
        return -1;
    }
    Py_XSETREF(self->write, write);
    return 0;
}

/** Pickler.__init__($self, file, protocol=None, fix_imports=True, buffer_callback=None)
 *
 *  Make a pickler that writes to a binary file.
 *
 *  file needs a write() method that takes bytes.  protocol is a number from 0 to
 *  5, 4 if not given; a negative one means the highest.  A higher one is more
 *  compact, and wants a newer Python to read it.
 *
 *  With fix_imports and a protocol below 3, names of modules are written as
 *  Python 2 had them.
 *
 *  buffer_callback, for protocol 5, is called with the PickleBuffer of each large
 *  piece of data.  Where it returns something false, the data is left out of the
 *  stream, and has to be given to the unpickler as one of its buffers.
 */
static status
pickler_init(pickler *self, PyObject *file, PyObject *protocol, bool fix_imports,
             PyObject *buffer_callback)
{
    PyObject *me = (PyObject *)self;
    Py_CLEAR(self->write);
    if (hob_pickler_protocol(self, protocol, fix_imports) < 0) { return -1; }
    if (hob_pickler_file(self, file) < 0) { return -1; }
    if (hob_pickler_callback(self, buffer_callback) < 0) { return -1; }
    if (pickler_ready(self) < 0) { return -1; }
    self->fast = 0;
    self->fast_nesting = 0;
    Py_CLEAR(self->fast_memo);
    if (hob_persistent_bind(&self->head, NAME(persistent_id)) < 0) { return -1; }
    PyObject *table;
    if (_PyObject_LookupAttr(me, NAME(dispatch_table), &table) < 0) { return -1; }
    Py_XSETREF(self->dispatch_table, table);
    return 0;
}

/** Pickler.dump($self, obj, /)
 *
 *  Write the pickled form of obj to the file.
 */
static status
pickler_dump(pickler *self, PyObject *obj)
{
    if (!self->write || !self->memo) {
        PyErr_Format(hob_pickle()->PicklingError,
                     "Pickler.__init__() was not called by %s.__init__()", Py_TYPE(self)->tp_name);
        return -1;
    }
    if (hob_pickler_run(self, obj) < 0) { return -1; }
    return hob_pickler_flush(self);
}

/** Pickler.clear_memo($self, /)
 *
 *  Forget what was written so far.
 *
 *  The memo remembers the objects written, so that they are written again by
 *  reference only.  Clear it to use the pickler for an unrelated stream.
 */
static status
pickler_clear_memo(pickler *self)
{
    if (self->memo) { hob_seen_clear(self->memo); }
    return 0;
}

/** Pickler.__sizeof__($self, /)
 *
 *  Return the size of the pickler in memory, in bytes.
 */
static PyObject *
pickler_sizeof(pickler *self)
{
    size_t n = (size_t)Py_TYPE(self)->tp_basicsize;
    if (self->memo) { n += sizeof *self->memo + self->memo->n_slots * sizeof(memo_entry); }
    if (self->buffer) { n += (size_t)(PyBytes_Type.tp_basicsize + PyBytes_GET_SIZE(self->buffer)); }
    return PyLong_FromSize_t(n);
}

#include "gen/modules/_pickle/pickler.bind.h"

static int
pickler_traverse(PyObject *op, visitproc visit, void *arg)
{
    pickler *self = (pickler *)op;
    Py_VISIT(self->head.persistent);
    Py_VISIT(self->dispatch_table);
    Py_VISIT(self->reducer_override);
    Py_VISIT(self->write);
    Py_VISIT(self->fast_memo);
    Py_VISIT(self->buffer_callback);
    for (size_t i = 0; self->memo && i < self->memo->n_slots; i++) {
        Py_VISIT(self->memo->slots[i].key);
    }
    return 0;
}

static int
pickler_clear(PyObject *op)
{
    pickler *self = (pickler *)op;
    Py_CLEAR(self->head.persistent);
    Py_CLEAR(self->dispatch_table);
    Py_CLEAR(self->reducer_override);
    Py_CLEAR(self->write);
    Py_CLEAR(self->buffer);
    self->n_room = self->n_written = 0;
    Py_CLEAR(self->fast_memo);
    Py_CLEAR(self->buffer_callback);
    hob_seen_free(take(self->memo));
    return 0;
}

static void
pickler_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    pickler_clear(op);
    Py_TYPE(op)->tp_free(op);
}

/* --- attributes --- */

static PyGetSetDef pickler_getset[] = {
    {"memo", hob_memo_get, hob_memo_set, NULL, NULL},
    {"persistent_id", hob_persistent_get, hob_persistent_set, NULL, "persistent_id"},
    {NULL},
};

static PyMemberDef pickler_members[] = {
    {"bin", T_INT, offsetof(pickler, bin), 0, NULL},
    {"fast", T_INT, offsetof(pickler, fast), 0, NULL},
    {"dispatch_table", T_OBJECT_EX, offsetof(pickler, dispatch_table), 0, NULL},
    {NULL},
};

PyTypeObject hob_pickler_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "_pickle.Pickler",
    .tp_basicsize = sizeof(pickler),
    .tp_dealloc = pickler_dealloc,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_setattro = PyObject_GenericSetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .tp_doc = pickler_init__doc,
    .tp_traverse = pickler_traverse,
    .tp_clear = pickler_clear,
    .tp_methods = Pickler_methods,
    .tp_members = pickler_members,
    .tp_getset = pickler_getset,
    .tp_init = pickler_init__slot,
    .tp_alloc = PyType_GenericAlloc,
    .tp_new = PyType_GenericNew,
    .tp_free = PyObject_GC_Del,
};

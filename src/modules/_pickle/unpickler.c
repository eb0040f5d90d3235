/* unpickler.c -- the Unpickler: where its bytes come from, its attributes.
 *
 * Layout     bytes -> [ used | at .. | n_taken .. n_bytes ]
 * Holds      Bytes before n_taken were read from the file; those after it were only
 *            peeked at, and are read ("skipped") once used, so that the file stands
 *            just behind the pickle in the end.
 * Hazard     the file's methods may run anything, a nested load() too.
 */
#include "modules/_pickle/pickle_int.h"

#include "objects/bind.h"

_Static_assert(sizeof(unpickler) == 272, "sys.getsizeof() of an Unpickler is known to programs");

/* --- input --- */

COLD status
hob_unpickler_truncated(void)
{
    PyErr_SetString(hob_pickle()->UnpicklingError, "pickle data was truncated");
    return -1;
}

/* Let the file go past what was used of the peeked bytes. */
status
hob_unpickler_skip(unpickler *self)
{
    Py_ssize_t n = self->at - self->n_taken;
    if (n <= 0 || !self->read) { return 0; }
    own PyObject *read = Py_NewRef(self->read);
    own PyObject *bytes = PyObject_CallFunction(read, "n", n);
    self->n_taken = self->at;
    return bytes ? 0 : -1;
}

/* Make the bytes the input.  Their number, or -1. */
static Py_ssize_t
set_input(unpickler *self, STOLEN PyObject *bytes)
{
    if (!bytes) { return -1; }
    if (!PyBytes_Check(bytes)) {
        PyErr_Format(PyExc_TypeError, "a bytes-like object is required, not '%.100s'",
                     Py_TYPE(bytes)->tp_name);
        Py_DECREF(bytes);
        return -1;
    }
    self->bytes = PyBytes_AS_STRING(bytes);
    self->n_bytes = PyBytes_GET_SIZE(bytes);
    self->at = 0;
    self->n_taken = self->n_bytes;
    Py_XSETREF(self->input, bytes);
    return self->n_bytes;
}

/* Peek at a lot.  The bytes seen; 0 if the file cannot peek; -1. */
static Py_ssize_t
peek_file(unpickler *self)
{
    own PyObject *peek = Py_NewRef(self->peek);
    PyObject *bytes = PyObject_CallFunction(peek, "i", PREFETCH);
    if (!bytes && PyErr_ExceptionMatches(PyExc_NotImplementedError)) {
        PyErr_Clear();
        Py_CLEAR(self->peek);
        return 0;
    }
    Py_ssize_t n = set_input(self, bytes);
    if (n >= 0) { self->n_taken = 0; }
    return n;
}

static Py_ssize_t
read_file(unpickler *self, Py_ssize_t n)
{
    if (hob_unpickler_skip(self) < 0) { return -1; }
    if (self->peek && n < PREFETCH) {
        Py_ssize_t n_seen = peek_file(self);
        if (n_seen < 0 || n_seen >= n) { return n_seen; }
    }
    own PyObject *read = Py_NewRef(self->read);
    return set_input(self, PyObject_CallFunction(read, "n", n));
}

/* The slow path of hob_unpickler_read: n or -1. */
Py_ssize_t
hob_unpickler_fetch(unpickler *self, const char **bytes, Py_ssize_t n)
{
    if (n > PY_SSIZE_T_MAX - self->at) {
        PyErr_SetString(hob_pickle()->UnpicklingError,
                        "read would overflow (invalid bytecode)");
        return -1;
    }
    if (!self->read) { return hob_unpickler_truncated(); }
    Py_ssize_t n_read = read_file(self, n);
    if (n_read < 0) { return -1; }
    if (n_read < n) { return hob_unpickler_truncated(); }
    *bytes = self->bytes;
    self->at = n;
    return n;
}

static MUST_USE status
read_into(unpickler *self, char *to, Py_ssize_t n)
{
    own PyObject *read = Py_NewRef(self->read);
    own PyObject *bytes = PyObject_CallFunction(read, "n", n);
    if (!bytes) { return -1; }
    if (!PyBytes_Check(bytes)) {
        PyErr_Format(PyExc_ValueError, "read() returned non-bytes object (%R)", Py_TYPE(bytes));
        return -1;
    }
    if (PyBytes_GET_SIZE(bytes) < n) { return hob_unpickler_truncated(); }
    memcpy(to, PyBytes_AS_STRING(bytes), (size_t)n);
    return 0;
}

/* Fill to[0:n]. */
status
hob_unpickler_into(unpickler *self, char *to, Py_ssize_t n)
{
    Py_ssize_t n_here = Py_MIN(self->n_bytes - self->at, n);
    if (n_here > 0) {
        memcpy(to, self->bytes + self->at, (size_t)n_here);
        self->at += n_here;
        to += n_here;
        n -= n_here;
    }
    if (n == 0) { return 0; }
    if (!self->read) { return hob_unpickler_truncated(); }
    if (hob_unpickler_skip(self) < 0) { return -1; }
    if (!self->readinto) { return read_into(self, to, n); }

    own PyObject *readinto = Py_NewRef(self->readinto);
    own PyObject *window = PyMemoryView_FromMemory(to, n, PyBUF_WRITE);
    own PyObject *count = window ? PyObject_CallOneArg(readinto, window) : NULL;
    if (!count) { return -1; }
    Py_ssize_t n_read = PyLong_AsSsize_t(count);
    if (n_read < 0) {
        if (!PyErr_Occurred()) {
            PyErr_SetString(PyExc_ValueError, "readinto() returned negative size");
        }
        return -1;
    }
    return n_read < n ? hob_unpickler_truncated() : 0;
}

static Py_ssize_t
copy_line(unpickler *self, Py_ssize_t n, char **line)
{
    char *copy = PyMem_Realloc(self->line, (size_t)n + 1);
    if (!copy) {
        PyErr_NoMemory();
        return -1;
    }
    memcpy(copy, self->bytes + self->at, (size_t)n);
    copy[n] = '\0';
    self->at += n;
    self->line = *line = copy;
    return n;
}

/* Read up to and with a newline.  The length, or -1; the line is ours until the next. */
Py_ssize_t
hob_unpickler_line(unpickler *self, char **line)
{
    Py_ssize_t n_here = self->n_bytes - self->at;
    const char *start = self->bytes + self->at;
    const char *end = n_here > 0 ? memchr(start, '\n', (size_t)n_here) : NULL;
    if (end) { return copy_line(self, end - start + 1, line); }
    if (!self->read) { return hob_unpickler_truncated(); }

    if (hob_unpickler_skip(self) < 0) { return -1; }
    own PyObject *readline = Py_NewRef(self->readline);
    Py_ssize_t n = set_input(self, PyObject_CallNoArgs(readline));
    if (n < 0) { return -1; }
    if (n == 0 || self->bytes[n - 1] != '\n') { return hob_unpickler_truncated(); }
    return copy_line(self, n, line);
}

/* --- finding globals --- */

/* Python 2's names to ours, where they differ. */
static MUST_USE status
translate(PyObject **module, PyObject **name)
{
    own PyObject *key = PyTuple_Pack(2, *module, *name);
    if (!key) { return -1; }
    PyObject *found = PyDict_GetItemWithError(hob_pickle()->name_to_3, key);
    if (found) {
        if (!PyTuple_Check(found) || PyTuple_GET_SIZE(found) != 2) {
            PyErr_Format(PyExc_RuntimeError,
                         "_compat_pickle.NAME_MAPPING values should be 2-tuples, "
                         "not %.200s",
                         Py_TYPE(found)->tp_name);
            return -1;
        }
        PyObject *new_module = PyTuple_GET_ITEM(found, 0), *new_name = PyTuple_GET_ITEM(found, 1);
        if (!PyUnicode_Check(new_module) || !PyUnicode_Check(new_name)) {
            PyErr_Format(PyExc_RuntimeError,
                         "_compat_pickle.NAME_MAPPING values should be pairs of "
                         "str, not (%.200s, %.200s)",
                         Py_TYPE(new_module)->tp_name, Py_TYPE(new_name)->tp_name);
            return -1;
        }
        Py_SETREF(*module, Py_NewRef(new_module));
        Py_SETREF(*name, Py_NewRef(new_name));
        return 0;
    }
    if (PyErr_Occurred()) { return -1; }
    found = PyDict_GetItemWithError(hob_pickle()->import_to_3, *module);
    if (!found) { return PyErr_Occurred() ? -1 : 0; }
    if (!PyUnicode_Check(found)) {
        PyErr_Format(PyExc_RuntimeError, "_compat_pickle.IMPORT_MAPPING values should be strings, "
                     "not %.200s", Py_TYPE(found)->tp_name);
        return -1;
    }
    Py_SETREF(*module, Py_NewRef(found));
    return 0;
}

static PyObject *
find_class(unpickler *self, PyObject *module_name, PyObject *global_name)
{
    if (PySys_Audit("pickle.find_class", "OO", module_name, global_name) < 0) { return NULL; }
    own PyObject *module = Py_NewRef(module_name);
    own PyObject *name = Py_NewRef(global_name);
    if (self->proto < 3 && self->fix_imports && translate(&module, &name) < 0) { return NULL; }

    own PyObject *imported = PyImport_Import(module);
    if (!imported) { return NULL; }
    if (self->proto < 4) {
        PyObject *plain;
        tri is_there = _PyObject_LookupAttr(imported, name, &plain);
        if (is_there == 0) {
            PyErr_Format(PyExc_AttributeError, "Can't get attribute %R on %R", name, imported);
        }
        return plain;
    }
    own PyObject *path = hob_split_path(imported, name);
    if (!path) { return NULL; }
    PyObject *found = NULL;
    tri is_there = hob_walk_path(imported, path, &found, NULL);
    if (is_there == 0) {
        PyErr_Format(PyExc_AttributeError, "Can't get attribute %R on %R", name, imported);
    }
    return found;
}

PyObject *
hob_unpickler_class(unpickler *self, PyObject *module, PyObject *name)
{
    if (Py_IS_TYPE(self, &hob_unpickler_type)) { return find_class(self, module, name); }
    return PyObject_CallMethodObjArgs((PyObject *)self, NAME(find_class), module, name, NULL);
}

/* --- making one --- */

unpickler *
hob_unpickler_new(void)
{
    unpickler *self = (unpickler *)PyType_GenericAlloc(&hob_unpickler_type, 0);
    if (!self) { return NULL; }
    if (hob_places_grow(self, MEMO_SLOTS) == 0) { return self; }
    Py_DECREF(self);
    return NULL;
}

status
hob_unpickler_file(unpickler *self, PyObject *file)
{
    struct { PyObject *name, **slot; } wanted[] = {
        {NAME(peek), &self->peek}, {NAME(readinto), &self->readinto},
        {NAME(read), &self->read}, {NAME(readline), &self->readline},
    };
    for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
        PyObject *method;
        if (_PyObject_LookupAttr(file, wanted[i].name, &method) < 0) { return -1; }
        Py_XSETREF(*wanted[i].slot, method);
    }
    if (self->read && self->readline) { return 0; }
    PyErr_SetString(PyExc_TypeError, "file must have 'read' and 'readline' attributes");
    Py_CLEAR(self->read);
    Py_CLEAR(self->readinto);
    Py_CLEAR(self->readline);
    Py_CLEAR(self->peek);
    return -1;
}

static MUST_USE status
keep_text(char **slot, const char *text)
{
    char *copy = PyMem_Malloc(strlen(text) + 1);
    if (!copy) {
        PyErr_NoMemory();
        return -1;
    }
    strcpy(copy, text);
    PyMem_Free(*slot);
    *slot = copy;
    return 0;
}

status
hob_unpickler_encoding(unpickler *self, const char *encoding, const char *errors)
{
    return keep_text(&self->encoding, encoding) < 0 ? -1 : keep_text(&self->errors, errors);
}

status
hob_unpickler_buffers(unpickler *self, PyObject *buffers)
{
    PyObject *iterator = NULL;
    if (buffers && buffers != Py_None && !(iterator = PyObject_GetIter(buffers))) { return -1; }
    Py_XSETREF(self->buffers, iterator);
    return 0;
}

static void
forget_stack(unpickler *self)
{
    while (self->n_stack) { Py_DECREF(self->stack[--self->n_stack]); }
    self->n_marks = 0;
    self->fence = 0;
}

/** Unpickler.__init__($self, file, *, fix_imports=True, encoding='ASCII', errors='strict',
 *                     buffers=())
 *
 *  Make an unpickler that reads from a binary file.
 *
 *  file needs a read() method that takes a number and a readline() method; both
 *  return bytes.  The protocol is recognized by itself, and what follows the
 *  pickle is left alone.
 *
 *  The rest is for pickles of Python 2: fix_imports maps its names of modules to
 *  ours, encoding and errors tell how to decode its 8-bit strings, where the
 *  encoding 'bytes' leaves them bytes.  buffers gives, in order, the data that a
 *  buffer_callback kept out of the stream.
 */
static status
unpickler_init(unpickler *self, PyObject *file, bool fix_imports, const char *encoding,
               const char *errors, PyObject *buffers)
{
    Py_CLEAR(self->read);
    if (hob_unpickler_file(self, file) < 0) { return -1; }
    self->bytes = NULL;
    self->n_bytes = self->at = self->n_taken = 0;
    Py_CLEAR(self->input);
    if (hob_unpickler_encoding(self, encoding, errors) < 0) { return -1; }
    if (hob_unpickler_buffers(self, buffers) < 0) { return -1; }
    self->fix_imports = fix_imports;
    if (hob_persistent_bind(&self->head, NAME(persistent_load)) < 0) { return -1; }
    forget_stack(self);
    hob_places_clear(self);
    self->proto = 0;
    return hob_places_grow(self, MEMO_SLOTS);
}

/** Unpickler.load($self, /)
 *
 *  Read a pickle from the file and return the object it makes.
 */
static PyObject *
unpickler_load(unpickler *self)
{
    if (self->read) { return hob_unpickler_run(self); }
    PyErr_Format(hob_pickle()->UnpicklingError,
                 "Unpickler.__init__() was not called by %s.__init__()", Py_TYPE(self)->tp_name);
    return NULL;
}

/** Unpickler.find_class($self, module_name, global_name, /)
 *
 *  Import a module and return a class or function of it.
 *
 *  Subclasses define it to decide what may be loaded.
 */
static PyObject *
unpickler_find_class(unpickler *self, PyObject *module_name, PyObject *global_name)
{
    return find_class(self, module_name, global_name);
}

/** Unpickler.__sizeof__($self, /)
 *
 *  Return the size of the unpickler in memory, in bytes.
 */
static PyObject *
unpickler_sizeof(unpickler *self)
{
    size_t n = (size_t)Py_TYPE(self)->tp_basicsize + self->n_memo * sizeof(PyObject *)
        + (size_t)self->n_marks_room * sizeof(Py_ssize_t);
    const char *texts[] = {self->line, self->encoding, self->errors};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) { n += texts[i] ? strlen(texts[i]) + 1 : 0; }
    return PyLong_FromSize_t(n);
}

#include "gen/modules/_pickle/unpickler.bind.h"

static int
unpickler_traverse(PyObject *op, visitproc visit, void *arg)
{
    unpickler *self = (unpickler *)op;
    Py_VISIT(self->read);
    Py_VISIT(self->readinto);
    Py_VISIT(self->readline);
    Py_VISIT(self->peek);
    Py_VISIT(self->head.persistent);
    Py_VISIT(self->buffers);
    for (Py_ssize_t i = 0; i < self->n_stack; i++) { Py_VISIT(self->stack[i]); }
    for (size_t i = 0; i < self->n_memo; i++) { Py_VISIT(self->memo[i]); }
    return 0;
}

static int
unpickler_clear(PyObject *op)
{
    unpickler *self = (unpickler *)op;
    Py_CLEAR(self->read);
    Py_CLEAR(self->readinto);
    Py_CLEAR(self->readline);
    Py_CLEAR(self->peek);
    Py_CLEAR(self->head.persistent);
    Py_CLEAR(self->buffers);
    self->bytes = NULL;
    self->n_bytes = self->at = 0;
    Py_CLEAR(self->input);
    forget_stack(self);
    hob_places_clear(self);
    return 0;
}

static void
unpickler_dealloc(PyObject *op)
{
    unpickler *self = (unpickler *)op;
    PyObject_GC_UnTrack(op);
    unpickler_clear(op);
    PyMem_Free(self->stack);
    PyMem_Free(self->marks);
    PyMem_Free(self->line);
    PyMem_Free(self->encoding);
    PyMem_Free(self->errors);
    Py_TYPE(op)->tp_free(op);
}

/* --- attributes --- */

static PyGetSetDef unpickler_getset[] = {
    {"memo", hob_memo_get, hob_memo_set, NULL, NULL},
    {"persistent_load", hob_persistent_get, hob_persistent_set, NULL, "persistent_load"},
    {NULL},
};

PyTypeObject hob_unpickler_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "_pickle.Unpickler",
    .tp_basicsize = sizeof(unpickler),
    .tp_dealloc = unpickler_dealloc,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_setattro = PyObject_GenericSetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .tp_doc = unpickler_init__doc,
    .tp_traverse = unpickler_traverse,
    .tp_clear = unpickler_clear,
    .tp_methods = Unpickler_methods,
    .tp_getset = unpickler_getset,
    .tp_init = unpickler_init__slot,
    .tp_alloc = PyType_GenericAlloc,
    .tp_new = PyType_GenericNew,
    .tp_free = PyObject_GC_Del,
};

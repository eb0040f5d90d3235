/* load.c -- running a pickle: the opcode table and what each opcode does.
 *
 * The machine  a stack of objects, a stack of marks into it, and a memo by number.
 * Holds        fence is the topmost mark: what is below it may be looked at by opcodes
 *              that build on (APPENDS, BUILD) only after the mark is popped.
 * Hazard       pickles are strangers' input: every count, place and type is checked.
 *              Calls may run a nested load() on the same unpickler; handlers own what
 *              they took off the stack and look at the stack anew afterwards.
 */
#include "modules/_pickle/pickle_int.h"

typedef struct {
    status (*run)(unpickler *self, int arg);
    int arg;                    /* width of an argument, length of a tuple, ... */
} operation;

#define UNPICKLING(...) (PyErr_Format(hob_pickle()->UnpicklingError, __VA_ARGS__), -1)

/* --- the stack --- */

static COLD status
underflow(unpickler *self)
{
    return UNPICKLING(self->n_marks ? "unexpected MARK found" : "unpickling stack underflow");
}

static COLD status
grow_stack(unpickler *self)
{
    Py_ssize_t room = self->n_stack_room + (self->n_stack_room >> 3) + 8;
    PyObject **stack = room > PY_SSIZE_T_MAX / (Py_ssize_t)sizeof *stack ? NULL
        : PyMem_Realloc(self->stack, (size_t)room * sizeof *stack);
    if (!stack) {
        PyErr_NoMemory();
        return -1;
    }
    self->stack = stack;
    self->n_stack_room = room;
    return 0;
}

static inline MUST_USE status
push(unpickler *self, STOLEN PyObject *value)
{
    if (UNLIKELY(!value)) { return -1; }
    if (UNLIKELY(self->n_stack == self->n_stack_room) && grow_stack(self) < 0) {
        Py_DECREF(value);
        return -1;
    }
    self->stack[self->n_stack++] = value;
    return 0;
}

static inline MUST_USE PyObject *
pop(unpickler *self)
{
    if (self->n_stack > self->fence) { return self->stack[--self->n_stack]; }
    underflow(self);
    return NULL;
}

static void
drop_from(unpickler *self, Py_ssize_t place)
{
    while (self->n_stack > place) {
        PyObject *value = self->stack[--self->n_stack];
        Py_DECREF(value);
    }
}

/* Pop the topmost mark: its place, or -1. */
static Py_ssize_t
pop_mark(unpickler *self)
{
    if (self->n_marks < 1) { return UNPICKLING("could not find MARK"); }
    Py_ssize_t place = self->marks[--self->n_marks];
    self->fence = self->n_marks ? self->marks[self->n_marks - 1] : 0;
    return place;
}

/* Move all from place on into a new list or tuple. */
static MUST_USE PyObject *
pop_all(unpickler *self, Py_ssize_t place, bool as_list)
{
    if (place < self->fence) {
        underflow(self);
        return NULL;
    }
    Py_ssize_t n = self->n_stack - place;
    PyObject *result = as_list ? PyList_New(n) : PyTuple_New(n);
    if (!result) { return NULL; }
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *value = self->stack[place + i];
        if (as_list) { PyList_SET_ITEM(result, i, value); }
        else { PyTuple_SET_ITEM(result, i, value); }
    }
    self->n_stack = place;
    return result;
}

/* --- arguments --- */

/* A little-endian number of width bytes. */
static inline uint64_t
number_at(const char *bytes, int width)
{
    uint64_t value = 0;
    for (int i = width; i-- > 0; ) { value = value << 8 | (unsigned char)bytes[i]; }
    return value;
}

static inline MUST_USE status
read_number(unpickler *self, int width, uint64_t *value)
{
    const char *bytes;
    if (hob_unpickler_read(self, &bytes, width) < 0) { return -1; }
    *value = number_at(bytes, width);
    return 0;
}

/* Read a length; one past Py_ssize_t raises error with the text, a format. */
static MUST_USE status
read_size(unpickler *self, int width, Py_ssize_t *size, const char *text)
{
    uint64_t value;
    if (read_number(self, width, &value) < 0) { return -1; }
    *size = (Py_ssize_t)value;
    if (value <= PY_SSIZE_T_MAX) { return 0; }
    PyErr_Format(PyExc_OverflowError, text, PY_SSIZE_T_MAX);
    return -1;
}

/* Read a line of at least n characters, newline included. */
static Py_ssize_t
read_line(unpickler *self, char **line, Py_ssize_t n_min)
{
    Py_ssize_t n = hob_unpickler_line(self, line);
    return n >= 0 && n < n_min ? hob_unpickler_truncated() : n;
}

/* --- constants and numbers --- */

static status
load_none(unpickler *self, int arg)
{
    return push(self, Py_NewRef(Py_None));
}

static status
load_bool(unpickler *self, int arg)
{
    return push(self, PyBool_FromLong(arg));
}

static status
load_binint(unpickler *self, int width)
{
    uint64_t value;
    if (read_number(self, width, &value) < 0) { return -1; }
    return push(self, PyLong_FromLong(width == 4 ? (long)(int32_t)value : (long)value));
}

static status
load_int(unpickler *self, int arg)
{
    char *line, *end;
    Py_ssize_t n = read_line(self, &line, 2);
    if (n < 0) { return -1; }
    errno = 0;
    long value = strtol(line, &end, 0);
    if (errno || (*end != '\n' && *end != '\0')) {
        errno = 0;
        PyObject *number = PyLong_FromString(line, NULL, 0);
        if (!number) { PyErr_SetString(PyExc_ValueError, "could not convert string to int"); }
        return push(self, number);
    }
    bool is_bool = n == 3 && (value == 0 || value == 1);    /* I00 and I01 */
    return push(self, is_bool ? PyBool_FromLong(value) : PyLong_FromLong(value));
}

static status
load_long(unpickler *self, int arg)
{
    char *line;
    Py_ssize_t n = read_line(self, &line, 2);
    if (n < 0) { return -1; }
    if (line[n - 2] == 'L') { line[n - 2] = '\0'; }
    return push(self, PyLong_FromString(line, NULL, 0));
}

static status
load_long_bytes(unpickler *self, int width)
{
    uint64_t n;
    const char *bytes;
    if (read_number(self, width, &n) < 0) { return -1; }
    if (width == 4 && n > INT32_MAX) { return UNPICKLING("LONG pickle has negative byte count"); }
    if (hob_unpickler_read(self, &bytes, (Py_ssize_t)n) < 0) { return -1; }
    if (n == 0) { return push(self, PyLong_FromLong(0)); }
    return push(self, _PyLong_FromByteArray((const unsigned char *)bytes, (size_t)n, 1, 1));
}

static status
load_float(unpickler *self, int arg)
{
    char *line, *end;
    if (read_line(self, &line, 2) < 0) { return -1; }
    double value = PyOS_string_to_double(line, &end, PyExc_OverflowError);
    if (value == -1.0 && PyErr_Occurred()) { return -1; }
    if (*end != '\n' && *end != '\0') {
        PyErr_SetString(PyExc_ValueError, "could not convert string to float");
        return -1;
    }
    return push(self, PyFloat_FromDouble(value));
}

static status
load_binfloat(unpickler *self, int arg)
{
    const char *bytes;
    if (hob_unpickler_read(self, &bytes, 8) < 0) { return -1; }
    double value = PyFloat_Unpack8(bytes, 0);
    if (value == -1.0 && PyErr_Occurred()) { return -1; }
    return push(self, PyFloat_FromDouble(value));
}

/* --- text and bytes --- */

/* An 8-bit string of Python 2. */
static MUST_USE PyObject *
decode(unpickler *self, const char *bytes, Py_ssize_t n)
{
    if (strcmp(self->encoding, "bytes") == 0) { return PyBytes_FromStringAndSize(bytes, n); }
    if (strcmp(self->encoding, "ASCII") == 0) {
        return PyUnicode_DecodeASCII(bytes, n, self->errors);
    }
    return PyUnicode_Decode(bytes, n, self->encoding, self->errors);
}

static status
load_string(unpickler *self, int arg)
{
    char *line;
    Py_ssize_t n = hob_unpickler_line(self, &line);
    if (n < 0) { return -1; }
    n--;
    if (n < 2 || line[0] != line[n - 1] || (line[0] != '\'' && line[0] != '"')) {
        return UNPICKLING("the STRING opcode argument must be quoted");
    }
    own PyObject *bytes = PyBytes_DecodeEscape(line + 1, n - 2, NULL, 0, NULL);
    return bytes ? push(self, decode(self, PyBytes_AS_STRING(bytes), PyBytes_GET_SIZE(bytes))) : -1;
}

static status
load_binstring(unpickler *self, int width)
{
    Py_ssize_t n;
    const char *bytes;
    if (read_size(self, width, &n, "BINSTRING exceeds system's maximum size of %zd bytes") < 0) {
        return -1;
    }
    if (hob_unpickler_read(self, &bytes, n) < 0) { return -1; }
    return push(self, decode(self, bytes, n));
}

static status
load_unicode(unpickler *self, int arg)
{
    char *line;
    Py_ssize_t n = read_line(self, &line, 1);
    return n < 0 ? -1 : push(self, PyUnicode_DecodeRawUnicodeEscape(line, n - 1, NULL));
}

static status
load_binunicode(unpickler *self, int width)
{
    Py_ssize_t n;
    const char *bytes;
    if (read_size(self, width, &n, "BINUNICODE exceeds system's maximum size of %zd bytes") < 0) {
        return -1;
    }
    if (hob_unpickler_read(self, &bytes, n) < 0) { return -1; }
    return push(self, PyUnicode_DecodeUTF8(bytes, n, "surrogatepass"));
}

/* Whether n more bytes may come; those of loads() are all there.  What no object holds is
 * left for the object to refuse. */
static MUST_USE status
check_left(unpickler *self, Py_ssize_t n)
{
    bool fits = n < PY_SSIZE_T_MAX - (Py_ssize_t)sizeof(PyBytesObject);
    return self->read || !fits || n <= self->n_bytes - self->at ? 0 : hob_unpickler_truncated();
}

static status
load_binbytes(unpickler *self, int width)
{
    Py_ssize_t n;
    if (read_size(self, width, &n, "BINBYTES exceeds system's maximum size of %zd bytes") < 0
        || check_left(self, n) < 0) {
        return -1;
    }
    own PyObject *bytes = PyBytes_FromStringAndSize(NULL, n);
    if (!bytes || hob_unpickler_into(self, PyBytes_AS_STRING(bytes), n) < 0) { return -1; }
    return push(self, take(bytes));
}

static status
load_bytearray(unpickler *self, int width)
{
    Py_ssize_t n;
    if (read_size(self, width, &n, "BYTEARRAY8 exceeds system's maximum size of %zd bytes") < 0
        || check_left(self, n) < 0) {
        return -1;
    }
    own PyObject *array = PyByteArray_FromStringAndSize(NULL, n);
    if (!array || hob_unpickler_into(self, PyByteArray_AS_STRING(array), n) < 0) { return -1; }
    return push(self, take(array));
}

static status
load_next_buffer(unpickler *self, int arg)
{
    if (!self->buffers) {
        return UNPICKLING(
            "pickle stream refers to out-of-band data but no *buffers* argument was given");
    }
    own PyObject *buffers = Py_NewRef(self->buffers);
    PyObject *buffer = PyIter_Next(buffers);
    if (!buffer && !PyErr_Occurred()) { return UNPICKLING("not enough out-of-band buffers"); }
    return push(self, buffer);
}

static status
load_readonly_buffer(unpickler *self, int arg)
{
    own PyObject *buffer = pop(self);
    own PyObject *view = buffer ? PyMemoryView_FromObject(buffer) : NULL;
    if (!view) { return -1; }
    if (PyMemoryView_GET_BUFFER(view)->readonly) { return push(self, take(buffer)); }
    return push(self, PyObject_CallMethodNoArgs(view, NAME(toreadonly)));
}

/* --- containers --- */

static status
load_mark(unpickler *self, int arg)
{
    if (self->n_marks == self->n_marks_room) {
        Py_ssize_t room = self->n_marks * 2 + 20;
        Py_ssize_t *marks = room > PY_SSIZE_T_MAX / (Py_ssize_t)sizeof *marks ? NULL
            : PyMem_Realloc(self->marks, (size_t)room * sizeof *marks);
        if (!marks) {
            PyErr_NoMemory();
            return -1;
        }
        self->marks = marks;
        self->n_marks_room = room;
    }
    self->marks[self->n_marks++] = self->fence = self->n_stack;
    return 0;
}

static status
load_empty_tuple(unpickler *self, int arg)
{
    return push(self, PyTuple_New(0));
}

static status
load_empty_list(unpickler *self, int arg)
{
    return push(self, PyList_New(0));
}

static status
load_empty_dict(unpickler *self, int arg)
{
    return push(self, PyDict_New());
}

static status
load_empty_set(unpickler *self, int arg)
{
    return push(self, PySet_New(NULL));
}

static status
load_short_tuple(unpickler *self, int n)
{
    if (self->n_stack - self->fence < n) { return underflow(self); }
    return push(self, pop_all(self, self->n_stack - n, false));
}

static status
load_tuple(unpickler *self, int arg)
{
    Py_ssize_t place = pop_mark(self);
    return place < 0 ? -1 : push(self, pop_all(self, place, false));
}

static status
load_list(unpickler *self, int arg)
{
    Py_ssize_t place = pop_mark(self);
    return place < 0 ? -1 : push(self, pop_all(self, place, true));
}

static status
load_frozenset(unpickler *self, int arg)
{
    Py_ssize_t place = pop_mark(self);
    own PyObject *items = place < 0 ? NULL : pop_all(self, place, false);
    return items ? push(self, PyFrozenSet_New(items)) : -1;
}

static status
load_dict(unpickler *self, int arg)
{
    Py_ssize_t place = pop_mark(self);
    if (place < 0) { return -1; }
    if ((self->n_stack - place) % 2) { return UNPICKLING("odd number of items for DICT"); }
    own PyObject *items = pop_all(self, place, false);
    own PyObject *dict = items ? PyDict_New() : NULL;
    if (!dict) { return -1; }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(items); i += 2) {
        if (PyDict_SetItem(dict, PyTuple_GET_ITEM(items, i), PyTuple_GET_ITEM(items, i + 1)) < 0) {
            return -1;
        }
    }
    return push(self, take(dict));
}

/* Append what is from place on to the list, or what acts like one, below it. */
static MUST_USE status
append_from(unpickler *self, Py_ssize_t place)
{
    if (self->n_stack < place || place <= self->fence) { return underflow(self); }
    if (self->n_stack == place) { return 0; }
    own PyObject *items = pop_all(self, place, true);
    if (!items) { return -1; }
    own PyObject *list = Py_NewRef(self->stack[place - 1]);
    if (PyList_CheckExact(list)) {
        if (PyList_GET_SIZE(items) == 1) { return PyList_Append(list, PyList_GET_ITEM(items, 0)); }
        Py_ssize_t n = PyList_GET_SIZE(list);
        return PyList_SetSlice(list, n, n, items);
    }
    PyObject *found;
    if (_PyObject_LookupAttr(list, NAME(extend), &found) < 0) { return -1; }
    own PyObject *extend = found;
    if (extend) {
        own PyObject *result = PyObject_CallOneArg(extend, items);
        return result ? 0 : -1;
    }
    own PyObject *append = PyObject_GetAttr(list, NAME(append));
    if (!append) { return -1; }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(items); i++) {
        own PyObject *result = PyObject_CallOneArg(append, PyList_GET_ITEM(items, i));
        if (!result) { return -1; }
    }
    return 0;
}

static status
load_append(unpickler *self, int arg)
{
    if (self->n_stack - 1 <= self->fence) { return underflow(self); }
    if (PyList_CheckExact(self->stack[self->n_stack - 2])) {
        own PyObject *item = pop(self);
        return PyList_Append(self->stack[self->n_stack - 1], item);
    }
    return append_from(self, self->n_stack - 1);
}

static status
load_appends(unpickler *self, int arg)
{
    Py_ssize_t place = pop_mark(self);
    return place < 0 ? -1 : append_from(self, place);
}

static MUST_USE status
set_from(unpickler *self, Py_ssize_t place)
{
    if (self->n_stack < place || place <= self->fence) { return underflow(self); }
    if (self->n_stack == place) { return 0; }
    if ((self->n_stack - place) % 2) { return UNPICKLING("odd number of items for SETITEMS"); }
    own PyObject *items = pop_all(self, place, false);
    if (!items) { return -1; }
    own PyObject *dict = Py_NewRef(self->stack[place - 1]);
    int (*set)(PyObject *, PyObject *, PyObject *) = PyDict_CheckExact(dict) ? PyDict_SetItem
                                                                             : PyObject_SetItem;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(items); i += 2) {
        if (set(dict, PyTuple_GET_ITEM(items, i), PyTuple_GET_ITEM(items, i + 1)) < 0) {
            return -1;
        }
    }
    return 0;
}

static status
load_setitem(unpickler *self, int arg)
{
    return set_from(self, self->n_stack - 2);
}

static status
load_setitems(unpickler *self, int arg)
{
    Py_ssize_t place = pop_mark(self);
    return place < 0 ? -1 : set_from(self, place);
}

static status
load_additems(unpickler *self, int arg)
{
    Py_ssize_t place = pop_mark(self);
    if (place < 0) { return -1; }
    if (self->n_stack < place || place <= self->fence) { return underflow(self); }
    if (self->n_stack == place) { return 0; }
    own PyObject *items = pop_all(self, place, false);
    if (!items) { return -1; }
    own PyObject *set = Py_NewRef(self->stack[place - 1]);
    if (PySet_CheckExact(set)) { return _PySet_Update(set, items); }
    own PyObject *add = PyObject_GetAttr(set, NAME(add));
    if (!add) { return -1; }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(items); i++) {
        own PyObject *result = PyObject_CallOneArg(add, PyTuple_GET_ITEM(items, i));
        if (!result) { return -1; }
    }
    return 0;
}

/* --- the stack itself --- */

static status
load_pop(unpickler *self, int arg)
{
    if (self->n_marks > 0 && self->marks[self->n_marks - 1] == self->n_stack) {
        return pop_mark(self) < 0 ? -1 : 0;
    }
    own PyObject *dropped = pop(self);
    return dropped ? 0 : -1;
}

static status
load_pop_mark(unpickler *self, int arg)
{
    Py_ssize_t place = pop_mark(self);
    if (place < 0) { return -1; }
    drop_from(self, place);
    return 0;
}

static status
load_dup(unpickler *self, int arg)
{
    if (self->n_stack <= self->fence) { return underflow(self); }
    return push(self, Py_NewRef(self->stack[self->n_stack - 1]));
}

/* --- memo --- */

static MUST_USE status
get_place(unpickler *self, size_t place)
{
    PyObject *value = place < self->n_memo ? self->memo[place] : NULL;
    if (!value) { return UNPICKLING("Memo value not found at index %ld", (long)place); }
    return push(self, Py_NewRef(value));
}

static MUST_USE status
put_place(unpickler *self, size_t place)
{
    if (self->n_stack <= self->fence) { return underflow(self); }
    return hob_places_set(self, place, self->stack[self->n_stack - 1]);
}

/* Read a place in decimal; to put there, the stack must hold something. */
static MUST_USE status
read_place(unpickler *self, bool is_put, Py_ssize_t *place)
{
    char *line;
    if (read_line(self, &line, 2) < 0) { return -1; }
    if (is_put && self->n_stack <= self->fence) { return underflow(self); }
    own PyObject *number = PyLong_FromString(line, NULL, 10);
    *place = number ? PyLong_AsSsize_t(number) : -1;
    return *place == -1 && PyErr_Occurred() ? -1 : 0;
}

static status
load_get(unpickler *self, int arg)
{
    Py_ssize_t place;
    return read_place(self, false, &place) < 0 ? -1 : get_place(self, (size_t)place);
}

static status
load_put(unpickler *self, int arg)
{
    Py_ssize_t place;
    if (read_place(self, true, &place) < 0) { return -1; }
    if (place >= 0) { return put_place(self, (size_t)place); }
    PyErr_SetString(PyExc_ValueError, "negative PUT argument");
    return -1;
}

static status
load_binget(unpickler *self, int width)
{
    uint64_t place;
    return read_number(self, width, &place) < 0 ? -1 : get_place(self, place);
}

static status
load_binput(unpickler *self, int width)
{
    uint64_t place;
    return read_number(self, width, &place) < 0 ? -1 : put_place(self, place);
}

static status
load_memoize(unpickler *self, int arg)
{
    return put_place(self, (size_t)self->n_memoized);
}

/* --- globals --- */

static status
load_global(unpickler *self, int arg)
{
    char *line;
    Py_ssize_t n = read_line(self, &line, 2);
    own PyObject *module = n < 0 ? NULL : PyUnicode_DecodeUTF8(line, n - 1, "strict");
    if (!module) { return -1; }
    n = read_line(self, &line, 2);
    own PyObject *name = n < 0 ? NULL : PyUnicode_DecodeUTF8(line, n - 1, "strict");
    return name ? push(self, hob_unpickler_class(self, module, name)) : -1;
}

static status
load_stack_global(unpickler *self, int arg)
{
    if (self->n_stack - self->fence < 2
        || !PyUnicode_CheckExact(self->stack[self->n_stack - 1])
        || !PyUnicode_CheckExact(self->stack[self->n_stack - 2])) {
        return UNPICKLING("STACK_GLOBAL requires str");
    }
    own PyObject *name = pop(self);
    own PyObject *module = pop(self);
    return push(self, hob_unpickler_class(self, module, name));
}

/* The object of an extension code not met before. */
static MUST_USE PyObject *
find_extension(unpickler *self, PyObject *code)
{
    PyObject *pair = PyDict_GetItemWithError(hob_pickle()->inverted_registry, code);
    if (!pair) {
        if (!PyErr_Occurred()) {
            PyErr_Format(PyExc_ValueError, "unregistered extension code %S", code);
        }
        return NULL;
    }
    if (!PyTuple_Check(pair) || PyTuple_GET_SIZE(pair) != 2
        || !PyUnicode_Check(PyTuple_GET_ITEM(pair, 0))
        || !PyUnicode_Check(PyTuple_GET_ITEM(pair, 1))) {
        PyErr_Format(PyExc_ValueError, "_inverted_registry[%S] isn't a 2-tuple of strings", code);
        return NULL;
    }
    own PyObject *kept = Py_NewRef(pair);
    own PyObject *found =
        hob_unpickler_class(self, PyTuple_GET_ITEM(kept, 0), PyTuple_GET_ITEM(kept, 1));
    if (!found || PyDict_SetItem(hob_pickle()->extension_cache, code, found) < 0) { return NULL; }
    return take(found);
}

static status
load_extension(unpickler *self, int width)
{
    uint64_t value;
    if (read_number(self, width, &value) < 0) { return -1; }
    long number = width == 4 ? (long)(int32_t)value : (long)value;
    if (number <= 0) { return UNPICKLING("EXT specifies code <= 0"); }
    own PyObject *code = PyLong_FromLong(number);
    if (!code) { return -1; }
    PyObject *known = PyDict_GetItemWithError(hob_pickle()->extension_cache, code);
    if (known) { return push(self, Py_NewRef(known)); }
    return PyErr_Occurred() ? -1 : push(self, find_extension(self, code));
}

static MUST_USE status
push_persistent(unpickler *self, PyObject *pid)
{
    return push(self, hob_persistent_call(&self->head, pid));
}

static COLD status
no_persistent_load(void)
{
    return UNPICKLING("A load persistent id instruction was encountered,\n"
                      "but no persistent_load function was specified.");
}

static status
load_persid(unpickler *self, int arg)
{
    if (!self->head.persistent) { return no_persistent_load(); }
    char *line;
    Py_ssize_t n = read_line(self, &line, 1);
    if (n < 0) { return -1; }
    own PyObject *pid = PyUnicode_DecodeASCII(line, n - 1, "strict");
    if (pid) { return push_persistent(self, pid); }
    if (!PyErr_ExceptionMatches(PyExc_UnicodeDecodeError)) { return -1; }
    return UNPICKLING("persistent IDs in protocol 0 must be ASCII strings");
}

static status
load_binpersid(unpickler *self, int arg)
{
    if (!self->head.persistent) { return no_persistent_load(); }
    own PyObject *pid = pop(self);
    return pid ? push_persistent(self, pid) : -1;
}

/* --- construction --- */

static status
load_reduce(unpickler *self, int arg)
{
    own PyObject *args = pop(self);
    own PyObject *callable = args ? pop(self) : NULL;
    return callable ? push(self, PyObject_CallObject(callable, args)) : -1;
}

static status
load_newobj(unpickler *self, int has_kwargs)
{
    const char *op = has_kwargs ? "NEWOBJ_EX" : "NEWOBJ";
    own PyObject *kwargs = has_kwargs ? pop(self) : NULL;
    if (has_kwargs && !kwargs) { return -1; }
    own PyObject *args = pop(self);
    own PyObject *cls = args ? pop(self) : NULL;
    if (!cls) { return -1; }
    if (!PyType_Check(cls)) {
        return UNPICKLING("%s class argument must be a type, not %.200s", op,
                          Py_TYPE(cls)->tp_name);
    }
    PyTypeObject *type = (PyTypeObject *)cls;
    if (!type->tp_new) {
        return UNPICKLING("%s class argument '%.200s' doesn't have __new__", op, type->tp_name);
    }
    if (!PyTuple_Check(args)) {
        return UNPICKLING("%s args argument must be a tuple, not %.200s", op,
                          Py_TYPE(args)->tp_name);
    }
    if (kwargs && !PyDict_Check(kwargs)) {
        return UNPICKLING("%s kwargs argument must be a dict, not %.200s", op,
                          Py_TYPE(kwargs)->tp_name);
    }
    return push(self, type->tp_new(type, args, kwargs));
}

/* cls(*args), where old-style classes without __getinitargs__ skip __init__. */
static MUST_USE PyObject *
instantiate(PyObject *cls, PyObject *args)
{
    if (PyTuple_GET_SIZE(args) == 0 && PyType_Check(cls)) {
        PyObject *found;
        if (_PyObject_LookupAttr(cls, NAME(__getinitargs__), &found) < 0) { return NULL; }
        if (!found) { return PyObject_CallMethodOneArg(cls, NAME(__new__), cls); }
        Py_DECREF(found);
    }
    return PyObject_CallObject(cls, args);
}

static status
load_obj(unpickler *self, int arg)
{
    Py_ssize_t place = pop_mark(self);
    if (place < 0) { return -1; }
    if (self->n_stack - place < 1) { return underflow(self); }
    own PyObject *args = pop_all(self, place + 1, false);
    own PyObject *cls = args ? pop(self) : NULL;
    return cls ? push(self, instantiate(cls, args)) : -1;
}

static status
load_inst(unpickler *self, int arg)
{
    Py_ssize_t place = pop_mark(self);
    if (place < 0) { return -1; }
    char *line;
    Py_ssize_t n = read_line(self, &line, 2);
    own PyObject *module = n < 0 ? NULL : PyUnicode_DecodeASCII(line, n - 1, "strict");
    if (!module) { return -1; }
    n = read_line(self, &line, 2);
    own PyObject *name = n < 0 ? NULL : PyUnicode_DecodeASCII(line, n - 1, "strict");
    own PyObject *cls = name ? hob_unpickler_class(self, module, name) : NULL;
    own PyObject *args = cls ? pop_all(self, Py_MIN(place, self->n_stack), false) : NULL;
    return args ? push(self, instantiate(cls, args)) : -1;
}

/* --- state --- */

/* object.__dict__.update(state), with the keys interned as attribute names are. */
static MUST_USE status
update_dict(PyObject *object, PyObject *state)
{
    if (!PyDict_Check(state)) { return UNPICKLING("state is not a dictionary"); }
    own PyObject *dict = PyObject_GetAttr(object, NAME(__dict__));
    if (!dict) { return -1; }
    PyObject *found_key, *found_value;
    for (Py_ssize_t i = 0; PyDict_Next(state, &i, &found_key, &found_value); ) {
        own PyObject *value = Py_NewRef(found_value);
        PyObject *key = Py_NewRef(found_key);
        if (PyUnicode_CheckExact(key)) { PyUnicode_InternInPlace(&key); }
        status result = PyObject_SetItem(dict, key, value);
        Py_DECREF(key);
        if (result < 0) { return -1; }
    }
    return 0;
}

static MUST_USE status
set_slots(PyObject *object, PyObject *slots)
{
    if (!PyDict_Check(slots)) { return UNPICKLING("slot state is not a dictionary"); }
    PyObject *found_key, *found_value;
    for (Py_ssize_t i = 0; PyDict_Next(slots, &i, &found_key, &found_value); ) {
        own PyObject *key = Py_NewRef(found_key);
        own PyObject *value = Py_NewRef(found_value);
        if (PyObject_SetAttr(object, key, value) < 0) { return -1; }
    }
    return 0;
}

static status
load_build(unpickler *self, int arg)
{
    if (self->n_stack - 2 < self->fence) { return underflow(self); }
    own PyObject *state = pop(self);
    own PyObject *object = Py_NewRef(self->stack[self->n_stack - 1]);
    PyObject *found;
    if (_PyObject_LookupAttr(object, NAME(__setstate__), &found) < 0) { return -1; }
    own PyObject *setstate = found;
    if (setstate) {
        own PyObject *result = PyObject_CallOneArg(setstate, state);
        return result ? 0 : -1;
    }
    PyObject *attributes = state, *slots = NULL;
    if (PyTuple_Check(state) && PyTuple_GET_SIZE(state) == 2) {
        attributes = PyTuple_GET_ITEM(state, 0);
        slots = PyTuple_GET_ITEM(state, 1);
    }
    if (attributes != Py_None && update_dict(object, attributes) < 0) { return -1; }
    return slots && slots != Py_None ? set_slots(object, slots) : 0;
}

/* --- the stream --- */

static status
load_proto(unpickler *self, int arg)
{
    uint64_t proto;
    if (read_number(self, 1, &proto) < 0) { return -1; }
    if (proto <= HIGHEST_PROTOCOL) {
        self->proto = (int)proto;
        return 0;
    }
    PyErr_Format(PyExc_ValueError, "unsupported pickle protocol: %d", (int)proto);
    return -1;
}

/* Fetch a frame whole; its opcodes then come from memory. */
static status
load_frame(unpickler *self, int arg)
{
    Py_ssize_t n;
    const char *bytes;
    if (read_size(self, 8, &n, "FRAME length exceeds system's maximum of %zd bytes") < 0) {
        return -1;
    }
    if (hob_unpickler_read(self, &bytes, n) < 0) { return -1; }
    self->at -= n;
    return 0;
}

static const operation operations[256] = {
    [NONE] = {load_none, 0}, [NEWTRUE] = {load_bool, 1}, [NEWFALSE] = {load_bool, 0},
    [INT] = {load_int, 0}, [LONG] = {load_long, 0}, [FLOAT] = {load_float, 0},
    [BININT] = {load_binint, 4}, [BININT1] = {load_binint, 1}, [BININT2] = {load_binint, 2},
    [LONG1] = {load_long_bytes, 1}, [LONG4] = {load_long_bytes, 4}, [BINFLOAT] = {load_binfloat, 0},

    [STRING] = {load_string, 0}, [BINSTRING] = {load_binstring, 4},
    [SHORT_BINSTRING] = {load_binstring, 1}, [UNICODE] = {load_unicode, 0},
    [SHORT_BINUNICODE] = {load_binunicode, 1}, [BINUNICODE] = {load_binunicode, 4},
    [BINUNICODE8] = {load_binunicode, 8}, [SHORT_BINBYTES] = {load_binbytes, 1},
    [BINBYTES] = {load_binbytes, 4}, [BINBYTES8] = {load_binbytes, 8},
    [BYTEARRAY8] = {load_bytearray, 8}, [NEXT_BUFFER] = {load_next_buffer, 0},
    [READONLY_BUFFER] = {load_readonly_buffer, 0},

    [MARK] = {load_mark, 0}, [POP] = {load_pop, 0}, [POP_MARK] = {load_pop_mark, 0},
    [DUP] = {load_dup, 0},
    [EMPTY_TUPLE] = {load_empty_tuple, 0}, [EMPTY_LIST] = {load_empty_list, 0},
    [EMPTY_DICT] = {load_empty_dict, 0}, [EMPTY_SET] = {load_empty_set, 0},
    [TUPLE] = {load_tuple, 0}, [TUPLE1] = {load_short_tuple, 1}, [TUPLE2] = {load_short_tuple, 2},
    [TUPLE3] = {load_short_tuple, 3}, [LIST] = {load_list, 0}, [DICT] = {load_dict, 0},
    [FROZENSET] = {load_frozenset, 0}, [APPEND] = {load_append, 0}, [APPENDS] = {load_appends, 0},
    [SETITEM] = {load_setitem, 0}, [SETITEMS] = {load_setitems, 0}, [ADDITEMS] = {load_additems, 0},

    [GET] = {load_get, 0}, [BINGET] = {load_binget, 1}, [LONG_BINGET] = {load_binget, 4},
    [PUT] = {load_put, 0}, [BINPUT] = {load_binput, 1}, [LONG_BINPUT] = {load_binput, 4},
    [MEMOIZE] = {load_memoize, 0},

    [GLOBAL] = {load_global, 0}, [STACK_GLOBAL] = {load_stack_global, 0},
    [EXT1] = {load_extension, 1}, [EXT2] = {load_extension, 2}, [EXT4] = {load_extension, 4},
    [PERSID] = {load_persid, 0}, [BINPERSID] = {load_binpersid, 0},
    [REDUCE] = {load_reduce, 0}, [NEWOBJ] = {load_newobj, 0}, [NEWOBJ_EX] = {load_newobj, 1},
    [OBJ] = {load_obj, 0}, [INST] = {load_inst, 0}, [BUILD] = {load_build, 0},
    [PROTO] = {load_proto, 0}, [FRAME] = {load_frame, 0},
};

static COLD status
unknown_opcode(unsigned char op)
{
    if (op >= 0x20 && op < 0x7f && op != '\'' && op != '\\') {
        return UNPICKLING("invalid load key, '%c'.", op);
    }
    return UNPICKLING("invalid load key, '\\x%02x'.", op);
}

static MUST_USE status
run_all(unpickler *self)
{
    for (;;) {
        const char *bytes;
        if (hob_unpickler_read(self, &bytes, 1) < 0) {
            if (PyErr_ExceptionMatches(hob_pickle()->UnpicklingError)) {
                PyErr_SetString(PyExc_EOFError, "Ran out of input");
            }
            return -1;
        }
        unsigned char op = (unsigned char)*bytes;
        const operation *operation = &operations[op];
        if (op == STOP) { return hob_unpickler_skip(self); }
        if (UNLIKELY(!operation->run)) { return unknown_opcode(op); }
        if (operation->run(self, operation->arg) < 0) { return -1; }
    }
}

/* Run opcodes up to STOP; the object on top is the result. */
PyObject *
hob_unpickler_run(unpickler *self)
{
    if (hob_pickle_ready() < 0) { return NULL; }
    self->n_marks = 0;
    self->fence = 0;
    self->proto = 0;
    drop_from(self, 0);
    return run_all(self) < 0 ? NULL : pop(self);
}

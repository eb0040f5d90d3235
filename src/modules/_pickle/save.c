/* save.c -- writing objects of the built-in types, and finding the way for the others.
 *
 * Order      persistent id; atoms; memo; str and bytes; containers; reducer_override;
 *            None's type and its like, functions; dispatch table; classes; reduction.
 * Holds      A list, dict or set is put into the memo before its items, so that it may
 *            hold itself; a tuple or frozenset afterwards, and when by then it is in
 *            the memo already, the items are dropped and that one is fetched.
 * Hazard     saving an item runs code that may change the container.
 */
#include "modules/_pickle/pickle_int.h"

/* --- small pieces --- */

/* Write op and the low n bytes of value. */
static MUST_USE status
save_op_number(pickler *self, enum opcode op, uint64_t value, int n)
{
    char bytes[FRAME_HEADER] = {(char)op};
    for (int i = 1; i <= n; i++, value >>= 8) { bytes[i] = (char)(value & 0xff); }
    return hob_pickler_write(self, bytes, n + 1);
}

/* Write op, a number and a newline. */
static MUST_USE status
save_op_text(pickler *self, enum opcode op, Py_ssize_t value)
{
    char text[32];
    int n = PyOS_snprintf(text, sizeof text, "%c%zd\n", (char)op, value);
    return hob_pickler_write(self, text, n);
}

status
hob_save_get(pickler *self, Py_ssize_t place)
{
    if (!self->bin) { return save_op_text(self, GET, place); }
    if (place < 256) { return save_op_number(self, BINGET, (uint64_t)place, 1); }
    if ((size_t)place <= UINT32_MAX) {
        return save_op_number(self, LONG_BINGET, (uint64_t)place, 4);
    }
    PyErr_SetString(hob_pickle()->PicklingError, "memo id too large for LONG_BINGET");
    return -1;
}

status
hob_save_put(pickler *self, PyObject *obj)
{
    if (self->fast) { return 0; }
    Py_ssize_t place = (Py_ssize_t)self->memo->n_used;
    if (hob_seen_set(self->memo, obj, place) < 0) { return -1; }
    if (self->proto >= 4) { return hob_pickler_op(self, MEMOIZE); }
    if (!self->bin) { return save_op_text(self, PUT, place); }
    if (place < 256) { return save_op_number(self, BINPUT, (uint64_t)place, 1); }
    if ((size_t)place <= UINT32_MAX) {
        return save_op_number(self, LONG_BINPUT, (uint64_t)place, 4);
    }
    PyErr_SetString(hob_pickle()->PicklingError, "memo id too large for LONG_BINPUT");
    return -1;
}

/* In fast mode, which has no memo, look for cycles once containers are deep. */
static bool
fast_enter(pickler *self, PyObject *obj)
{
    if (!self->fast || ++self->fast_nesting < FAST_NESTING_LIMIT) { return true; }
    own PyObject *id = NULL;
    if (!self->fast_memo) { self->fast_memo = PyDict_New(); }
    if (self->fast_memo) { id = PyLong_FromVoidPtr(obj); }
    tri is_there = id ? PyDict_Contains(self->fast_memo, id) : -1;
    if (is_there == 0 && PyDict_SetItem(self->fast_memo, id, Py_None) == 0) { return true; }
    if (is_there > 0) {
        PyErr_Format(PyExc_ValueError,
                     "fast mode: can't pickle cyclic objects including object type "
                     "%.200s at %p",
                     Py_TYPE(obj)->tp_name, obj);
    }
    self->fast_nesting = -1;
    return false;
}

static bool
fast_leave(pickler *self, PyObject *obj)
{
    if (!self->fast || self->fast_nesting-- < FAST_NESTING_LIMIT) { return true; }
    own PyObject *id = PyLong_FromVoidPtr(obj);
    return id && self->fast_memo && PyDict_DelItem(self->fast_memo, id) == 0;
}

typedef status (*save_function)(pickler *self, PyObject *obj);

/* Save one level deeper.  Lists and dicts count twice: programs know how deep they go. */
static MUST_USE status
save_deeper(pickler *self, PyObject *obj, save_function save)
{
    if (Py_EnterRecursiveCall(" while pickling an object")) { return -1; }
    status result = save(self, obj);
    Py_LeaveRecursiveCall();
    return result;
}

/* --- atoms --- */

static MUST_USE status
save_bool(pickler *self, PyObject *obj)
{
    bool is_true = obj == Py_True;
    if (self->proto >= 2) { return hob_pickler_op(self, is_true ? NEWTRUE : NEWFALSE); }
    return hob_pickler_write(self, is_true ? "I01\n" : "I00\n", 4);
}

/* Protocols 0 and 1: decimal. */
static MUST_USE status
save_int_text(pickler *self, PyObject *obj)
{
    own PyObject *text = PyObject_Repr(obj);
    Py_ssize_t n;
    const char *digits = text ? PyUnicode_AsUTF8AndSize(text, &n) : NULL;
    if (!digits || hob_pickler_op(self, LONG) < 0) { return -1; }
    if (hob_pickler_write(self, digits, n) < 0) { return -1; }
    return hob_pickler_write(self, "L\n", 2);
}

/* Two's complement, as short as it goes. */
static MUST_USE status
save_int_bytes(pickler *self, PyObject *obj)
{
    size_t n_bits = _PyLong_NumBits(obj);
    if (n_bits == (size_t)-1 && PyErr_Occurred()) { return -1; }
    size_t n = n_bits / 8 + 1;
    if (n > INT32_MAX) {
        PyErr_SetString(PyExc_OverflowError, "int too large to pickle");
        return -1;
    }
    own PyObject *data = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)n);
    if (!data) { return -1; }
    unsigned char *bytes = (unsigned char *)PyBytes_AS_STRING(data);
    if (_PyLong_AsByteArray((PyLongObject *)obj, bytes, n, 1, 1) < 0) { return -1; }
    if (n > 1 && bytes[n - 1] == 0xff && (bytes[n - 2] & 0x80)) { n--; }
    status header = n < 256 ? save_op_number(self, LONG1, n, 1) : save_op_number(self, LONG4, n, 4);
    return header < 0 ? -1 : hob_pickler_write(self, bytes, (Py_ssize_t)n);
}

static MUST_USE status
save_int(pickler *self, PyObject *obj)
{
    int overflow;
    long value = PyLong_AsLongAndOverflow(obj, &overflow);
    if (value == -1 && PyErr_Occurred()) { return -1; }
    if (overflow || value > INT32_MAX || value < INT32_MIN) {
        return self->proto >= 2 ? save_int_bytes(self, obj) : save_int_text(self, obj);
    }
    if (!self->bin) { return save_op_text(self, INT, value); }
    if (value >= 0 && value < 256) { return save_op_number(self, BININT1, (uint64_t)value, 1); }
    if (value >= 0 && value < 65536) { return save_op_number(self, BININT2, (uint64_t)value, 2); }
    return save_op_number(self, BININT, (uint64_t)value, 4);
}

static MUST_USE status
save_float(pickler *self, PyObject *obj)
{
    double value = PyFloat_AS_DOUBLE(obj);
    if (self->bin) {
        char bytes[9] = {BINFLOAT};
        if (PyFloat_Pack8(value, bytes + 1, 0) < 0) { return -1; }
        return hob_pickler_write(self, bytes, 9);
    }
    char *text = PyOS_double_to_string(value, 'r', 0, Py_DTSF_ADD_DOT_0, NULL);
    if (!text) { return -1; }
    status result = hob_pickler_op(self, FLOAT);
    if (result == 0) { result = hob_pickler_write(self, text, (Py_ssize_t)strlen(text)); }
    PyMem_Free(text);
    return result < 0 ? -1 : hob_pickler_write(self, "\n", 1);
}

/* --- bytes and text --- */

/* Opcodes of a kind of data by the width of its length; 0: none. */
typedef struct {
    enum opcode by_1, by_4, by_8;
    int by_8_from;                      /* protocol */
    const char *too_long;
} sized_ops;

static const sized_ops bytes_ops = {
    SHORT_BINBYTES, BINBYTES, BINBYTES8, 4,
    "serializing a bytes object larger than 4 GiB requires pickle protocol 4 or higher",
};
static const sized_ops text_ops = {
    SHORT_BINUNICODE, BINUNICODE, BINUNICODE8, 4,
    "serializing a string larger than 4 GiB requires pickle protocol 4 or higher",
};

static MUST_USE status
save_sized(pickler *self, const sized_ops *ops, bool has_short, const char *data, Py_ssize_t size,
           PyObject *payload)
{
    char header[FRAME_HEADER];
    int width = has_short && size < 256 ? 1 : (size_t)size <= UINT32_MAX ? 4 : 8;
    if (width == 8 && self->proto < ops->by_8_from) {
        PyErr_SetString(PyExc_OverflowError, ops->too_long);
        return -1;
    }
    uint64_t length = (uint64_t)size;
    header[0] = (char)(width == 1 ? ops->by_1 : width == 4 ? ops->by_4 : ops->by_8);
    for (int i = 1; i <= width; i++, length >>= 8) { header[i] = (char)(length & 0xff); }
    return hob_pickler_blob(self, header, width + 1, data, size, payload);
}

/* Save by a reduction made here. */
static MUST_USE status
save_built(pickler *self, STOLEN PyObject *reduced, PyObject *obj)
{
    own PyObject *owned = reduced;
    return owned ? hob_save_reduced(self, owned, obj) : -1;
}

static MUST_USE status
save_bytes(pickler *self, PyObject *obj)
{
    char *data = PyBytes_AS_STRING(obj);
    Py_ssize_t n = PyBytes_GET_SIZE(obj);
    if (self->proto >= 3) {
        status result = save_sized(self, &bytes_ops, true, data, n, obj);
        return result < 0 ? -1 : hob_save_put(self, obj);
    }
    if (n == 0) { return save_built(self, Py_BuildValue("(O())", &PyBytes_Type), obj); }
    own PyObject *text = PyUnicode_DecodeLatin1(data, n, "strict");
    if (!text) { return -1; }
    PyObject *encode = hob_pickle()->encode;
    return save_built(self, Py_BuildValue("(O(OO))", encode, text, NAME(latin1)), obj);
}

static MUST_USE status
save_bytearray_data(pickler *self, PyObject *obj, const char *data, Py_ssize_t n, PyObject *payload)
{
    char header[FRAME_HEADER] = {(char)BYTEARRAY8};
    uint64_t length = (uint64_t)n;
    for (int i = 1; i < FRAME_HEADER; i++, length >>= 8) { header[i] = (char)(length & 0xff); }
    if (hob_pickler_blob(self, header, FRAME_HEADER, data, n, payload) < 0) { return -1; }
    return hob_save_put(self, obj);
}

static MUST_USE status
save_bytearray(pickler *self, PyObject *obj)
{
    Py_ssize_t n = PyByteArray_GET_SIZE(obj);
    if (self->proto >= 5) {
        return save_bytearray_data(self, obj, PyByteArray_AS_STRING(obj), n, NULL);
    }
    if (n == 0) { return save_built(self, Py_BuildValue("(O())", &PyByteArray_Type), obj); }
    own PyObject *data = PyBytes_FromObject(obj);
    if (!data) { return -1; }
    return save_built(self, Py_BuildValue("(O(O))", &PyByteArray_Type, data), obj);
}

static MUST_USE status
save_buffer(pickler *self, PyObject *obj)
{
    if (self->proto < 5) {
        PyErr_SetString(hob_pickle()->PicklingError,
                        "PickleBuffer can only pickled with protocol >= 5");
        return -1;
    }
    const Py_buffer *view = PyPickleBuffer_GetBuffer(obj);
    if (!view) { return -1; }
    if (view->suboffsets || !PyBuffer_IsContiguous(view, 'A')) {
        PyErr_SetString(hob_pickle()->PicklingError,
                        "PickleBuffer can not be pickled when pointing to a "
                        "non-contiguous buffer");
        return -1;
    }
    bool is_in_band = true;
    if (self->buffer_callback) {
        own PyObject *callback = Py_NewRef(self->buffer_callback);
        own PyObject *answer = PyObject_CallOneArg(callback, obj);
        tri truth = answer ? PyObject_IsTrue(answer) : -1;
        if (truth < 0) { return -1; }
        is_in_band = truth;
        view = PyPickleBuffer_GetBuffer(obj);   /* may be released by now */
        if (!view) { return -1; }
    }
    if (!is_in_band) {
        bool readonly = view->readonly;
        if (hob_pickler_op(self, NEXT_BUFFER) < 0) { return -1; }
        return readonly ? hob_pickler_op(self, READONLY_BUFFER) : 0;
    }
    if (!view->readonly) { return save_bytearray_data(self, obj, view->buf, view->len, NULL); }
    status result = save_sized(self, &bytes_ops, true, view->buf, view->len, NULL);
    return result < 0 ? -1 : hob_save_put(self, obj);
}

/* Write one character of protocol 0's text, which has no line ends in it. */
static int
escape(Py_UCS4 c, char out[10])
{
    static const char hex[] = "0123456789abcdef";
    bool is_special = c == '\\' || c == 0 || c == '\n' || c == '\r' || c == 0x1a;
    if (c < 256 && !is_special) {
        out[0] = (char)c;
        return 1;
    }
    int n_digits = c > 0xffff ? 8 : 4;
    out[0] = '\\';
    out[1] = n_digits == 8 ? 'U' : 'u';
    for (int i = 0; i < n_digits; i++) { out[2 + i] = hex[c >> (4 * (n_digits - 1 - i)) & 15]; }
    return 2 + n_digits;
}

static MUST_USE status
save_escaped(pickler *self, PyObject *obj)
{
    if (hob_pickler_op(self, UNICODE) < 0) { return -1; }
    for (Py_ssize_t i = 0; i < PyUnicode_GET_LENGTH(obj); i++) {
        char escaped[10];
        int n = escape(PyUnicode_READ_CHAR(obj, i), escaped);
        if (hob_pickler_write(self, escaped, n) < 0) { return -1; }
    }
    return hob_pickler_write(self, "\n", 1);
}

static MUST_USE status
save_text(pickler *self, PyObject *obj)
{
    bool has_short = self->proto >= 4;
    if (PyUnicode_READY(obj) < 0) { return -1; }
    if (PyUnicode_IS_COMPACT_ASCII(obj)) {
        return save_sized(self, &text_ops, has_short, (const char *)PyUnicode_DATA(obj),
                          PyUnicode_GET_LENGTH(obj), NULL);
    }
    own PyObject *utf8 = PyUnicode_AsEncodedString(obj, "utf-8", "surrogatepass");
    if (!utf8) { return -1; }
    return save_sized(self, &text_ops, has_short, PyBytes_AS_STRING(utf8), PyBytes_GET_SIZE(utf8),
                      utf8);
}

static MUST_USE status
save_str(pickler *self, PyObject *obj)
{
    status result = self->bin ? save_text(self, obj) : save_escaped(self, obj);
    return result < 0 ? -1 : hob_save_put(self, obj);
}

/* --- tuples --- */

/* Drop what was pushed, n items and perhaps a mark, and fetch obj from the memo. */
static MUST_USE status
drop_and_get(pickler *self, PyObject *obj, Py_ssize_t n, bool has_mark)
{
    Py_ssize_t place = hob_seen_find(self->memo, obj);
    if (has_mark && self->bin) {
        if (hob_pickler_op(self, POP_MARK) < 0) { return -1; }
        return hob_save_get(self, place);
    }
    for (Py_ssize_t i = 0; i < n + has_mark; i++) {
        if (hob_pickler_op(self, POP) < 0) { return -1; }
    }
    return hob_save_get(self, place);
}

static MUST_USE status
save_tuple(pickler *self, PyObject *obj)
{
    static const enum opcode by_size[] = {EMPTY_TUPLE, TUPLE1, TUPLE2, TUPLE3};
    Py_ssize_t n = PyTuple_GET_SIZE(obj);
    if (n == 0) {
        return self->bin ? hob_pickler_op(self, EMPTY_TUPLE) : hob_pickler_write(self, "(t", 2);
    }
    bool has_mark = n > 3 || self->proto < 2;
    if (has_mark && hob_pickler_op(self, MARK) < 0) { return -1; }
    for (Py_ssize_t i = 0; i < n; i++) {
        if (hob_save(self, PyTuple_GET_ITEM(obj, i)) < 0) { return -1; }
    }
    if (hob_seen_find(self->memo, obj) >= 0) { return drop_and_get(self, obj, n, has_mark); }
    if (hob_pickler_op(self, has_mark ? TUPLE : by_size[n]) < 0) { return -1; }
    return hob_save_put(self, obj);
}

/* --- lists --- */

/* Append what iterator yields, BATCH_SIZE at a time. */
status
hob_save_list_items(pickler *self, PyObject *iterator)
{
    if (self->proto == 0) {
        for (;;) {
            own PyObject *item = PyIter_Next(iterator);
            if (!item) { return PyErr_Occurred() ? -1 : 0; }
            if (hob_save(self, item) < 0 || hob_pickler_op(self, APPEND) < 0) { return -1; }
        }
    }
    for (int n = BATCH_SIZE; n == BATCH_SIZE; ) {
        own PyObject *item = PyIter_Next(iterator);
        if (!item) { return PyErr_Occurred() ? -1 : 0; }
        own PyObject *next = PyIter_Next(iterator);
        if (!next) {
            if (PyErr_Occurred() || hob_save(self, item) < 0) { return -1; }
            return hob_pickler_op(self, APPEND);
        }
        if (hob_pickler_op(self, MARK) < 0 || hob_save(self, item) < 0) { return -1; }
        for (n = 1; next; ) {
            if (hob_save(self, next) < 0) { return -1; }
            if (++n == BATCH_SIZE) { break; }
            Py_SETREF(next, PyIter_Next(iterator));
        }
        if (!next && PyErr_Occurred()) { return -1; }
        if (hob_pickler_op(self, APPENDS) < 0) { return -1; }
    }
    return 0;
}

static MUST_USE status
save_exact_list(pickler *self, PyObject *obj)
{
    if (PyList_GET_SIZE(obj) == 1) {
        own PyObject *item = Py_NewRef(PyList_GET_ITEM(obj, 0));
        return hob_save(self, item) < 0 ? -1 : hob_pickler_op(self, APPEND);
    }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(obj); ) {
        if (hob_pickler_op(self, MARK) < 0) { return -1; }
        for (int n = 0; n < BATCH_SIZE && i < PyList_GET_SIZE(obj); n++, i++) {
            own PyObject *item = Py_NewRef(PyList_GET_ITEM(obj, i));
            if (hob_save(self, item) < 0) { return -1; }
        }
        if (hob_pickler_op(self, APPENDS) < 0) { return -1; }
    }
    return 0;
}

static MUST_USE status
save_items(pickler *self, PyObject *obj)
{
    if (self->bin) { return save_exact_list(self, obj); }
    own PyObject *iterator = PyObject_GetIter(obj);
    return iterator ? hob_save_list_items(self, iterator) : -1;
}

static MUST_USE status
save_list(pickler *self, PyObject *obj)
{
    if (!fast_enter(self, obj)) { return -1; }
    status result = self->bin ? hob_pickler_op(self, EMPTY_LIST) : hob_pickler_write(self, "(l", 2);
    if (result < 0 || hob_save_put(self, obj) < 0) { return -1; }
    if (PyList_GET_SIZE(obj)) { result = save_deeper(self, obj, save_items); }
    bool left = fast_leave(self, obj);
    return left ? result : -1;
}

/* --- dicts --- */

static MUST_USE status
save_pair(pickler *self, PyObject *pair)
{
    if (!PyTuple_Check(pair) || PyTuple_GET_SIZE(pair) != 2) {
        PyErr_SetString(PyExc_TypeError, "dict items iterator must return 2-tuples");
        return -1;
    }
    return hob_save(self, PyTuple_GET_ITEM(pair, 0)) < 0
               ? -1
               : hob_save(self, PyTuple_GET_ITEM(pair, 1));
}

status
hob_save_dict_items(pickler *self, PyObject *iterator)
{
    if (self->proto == 0) {
        for (;;) {
            own PyObject *pair = PyIter_Next(iterator);
            if (!pair) { return PyErr_Occurred() ? -1 : 0; }
            if (save_pair(self, pair) < 0 || hob_pickler_op(self, SETITEM) < 0) { return -1; }
        }
    }
    for (int n = BATCH_SIZE; n == BATCH_SIZE; ) {
        own PyObject *pair = PyIter_Next(iterator);
        if (!pair) { return PyErr_Occurred() ? -1 : 0; }
        if (!PyTuple_Check(pair) || PyTuple_GET_SIZE(pair) != 2) { return save_pair(self, pair); }
        own PyObject *next = PyIter_Next(iterator);
        if (!next) {
            if (PyErr_Occurred() || save_pair(self, pair) < 0) { return -1; }
            return hob_pickler_op(self, SETITEM);
        }
        if (hob_pickler_op(self, MARK) < 0 || save_pair(self, pair) < 0) { return -1; }
        for (n = 1; next; ) {
            if (save_pair(self, next) < 0) { return -1; }
            if (++n == BATCH_SIZE) { break; }
            Py_SETREF(next, PyIter_Next(iterator));
        }
        if (!next && PyErr_Occurred()) { return -1; }
        if (hob_pickler_op(self, SETITEMS) < 0) { return -1; }
    }
    return 0;
}

/* Save the next item of an exact dict: 1, or 0 at the end. */
static MUST_USE tri
save_next_item(pickler *self, PyObject *obj, Py_ssize_t *place)
{
    PyObject *found_key, *found_value;
    if (!PyDict_Next(obj, place, &found_key, &found_value)) { return 0; }
    own PyObject *key = Py_NewRef(found_key);
    own PyObject *value = Py_NewRef(found_value);
    return hob_save(self, key) < 0 || hob_save(self, value) < 0 ? -1 : 1;
}

static MUST_USE status
save_exact_dict(pickler *self, PyObject *obj)
{
    Py_ssize_t size = PyDict_GET_SIZE(obj), place = 0;
    if (size == 1) {
        return save_next_item(self, obj, &place) < 0 ? -1 : hob_pickler_op(self, SETITEM);
    }
    for (int n = BATCH_SIZE; n == BATCH_SIZE; ) {
        tri goes_on = 1;
        if (hob_pickler_op(self, MARK) < 0) { return -1; }
        for (n = 0; n < BATCH_SIZE && (goes_on = save_next_item(self, obj, &place)) > 0; n++) { }
        if (goes_on < 0 || hob_pickler_op(self, SETITEMS) < 0) { return -1; }
        if (PyDict_GET_SIZE(obj) != size) {
            PyErr_SetString(PyExc_RuntimeError, "dictionary changed size during iteration");
            return -1;
        }
    }
    return 0;
}

static MUST_USE status
save_pairs(pickler *self, PyObject *obj)
{
    if (self->bin) { return save_exact_dict(self, obj); }
    own PyObject *items = PyObject_CallMethodNoArgs(obj, NAME(items));
    own PyObject *iterator = items ? PyObject_GetIter(items) : NULL;
    return iterator ? hob_save_dict_items(self, iterator) : -1;
}

static MUST_USE status
save_dict(pickler *self, PyObject *obj)
{
    if (!fast_enter(self, obj)) { return -1; }
    status result = self->bin ? hob_pickler_op(self, EMPTY_DICT) : hob_pickler_write(self, "(d", 2);
    if (result < 0 || hob_save_put(self, obj) < 0) { return -1; }
    if (PyDict_GET_SIZE(obj)) { result = save_deeper(self, obj, save_pairs); }
    bool left = fast_leave(self, obj);
    return left ? result : -1;
}

/* --- sets --- */

/* Before protocol 4: type(list). */
static MUST_USE status
save_set_by_list(pickler *self, PyObject *obj)
{
    own PyObject *items = PySequence_List(obj);
    if (!items) { return -1; }
    return save_built(self, Py_BuildValue("(O(O))", Py_TYPE(obj), items), obj);
}

static MUST_USE status
save_set(pickler *self, PyObject *obj)
{
    if (self->proto < 4) { return save_set_by_list(self, obj); }
    if (hob_pickler_op(self, EMPTY_SET) < 0 || hob_save_put(self, obj) < 0) { return -1; }
    Py_ssize_t size = PySet_GET_SIZE(obj), place = 0;
    if (size == 0) { return 0; }
    for (int n = BATCH_SIZE; n == BATCH_SIZE; ) {
        PyObject *found;
        Py_hash_t hash;
        if (hob_pickler_op(self, MARK) < 0) { return -1; }
        for (n = 0; n < BATCH_SIZE && _PySet_NextEntry(obj, &place, &found, &hash); n++) {
            own PyObject *item = Py_NewRef(found);
            if (hob_save(self, item) < 0) { return -1; }
        }
        if (hob_pickler_op(self, ADDITEMS) < 0) { return -1; }
        if (PySet_GET_SIZE(obj) != size) {
            PyErr_SetString(PyExc_RuntimeError, "set changed size during iteration");
            return -1;
        }
    }
    return 0;
}

static MUST_USE status
save_frozenset(pickler *self, PyObject *obj)
{
    if (self->proto < 4) { return save_set_by_list(self, obj); }
    own PyObject *iterator = PyObject_GetIter(obj);
    if (!iterator || hob_pickler_op(self, MARK) < 0) { return -1; }
    for (;;) {
        own PyObject *item = PyIter_Next(iterator);
        if (!item) { break; }
        if (hob_save(self, item) < 0) { return -1; }
    }
    if (PyErr_Occurred()) { return -1; }
    if (hob_seen_find(self->memo, obj) >= 0) { return drop_and_get(self, obj, 0, true); }
    if (hob_pickler_op(self, FROZENSET) < 0) { return -1; }
    return hob_save_put(self, obj);
}

/* --- the way of an object --- */

/* 1: written as its persistent id, 0: has none. */
static MUST_USE tri
save_persistent(pickler *self, PyObject *obj)
{
    own PyObject *pid = hob_persistent_call(&self->head, obj);
    if (!pid) { return -1; }
    if (pid == Py_None) { return 0; }
    if (self->bin) {
        return hob_save_plainly(self, pid) < 0 || hob_pickler_op(self, BINPERSID) < 0 ? -1 : 1;
    }
    own PyObject *text = PyObject_Str(pid);
    if (!text) { return -1; }
    if (!PyUnicode_IS_ASCII(text)) {
        PyErr_SetString(hob_pickle()->PicklingError,
                        "persistent IDs in protocol 0 must be ASCII strings");
        return -1;
    }
    if (hob_pickler_op(self, PERSID) < 0) { return -1; }
    if (hob_pickler_write(self, PyUnicode_DATA(text), PyUnicode_GET_LENGTH(text)) < 0) {
        return -1;
    }
    return hob_pickler_write(self, "\n", 1) < 0 ? -1 : 1;
}

/* How exact types are written whose saving may nest. */
static const struct {
    PyTypeObject *type;
    save_function save;
} containers[] = {
    {&PyDict_Type, save_dict}, {&PyTuple_Type, save_tuple}, {&PyList_Type, save_list},
    {&PySet_Type, save_set}, {&PyFrozenSet_Type, save_frozenset},
    {&PyByteArray_Type, save_bytearray}, {&PyPickleBuffer_Type, save_buffer},
};

static MUST_USE status
save_nesting(pickler *self, PyObject *obj)
{
    PyTypeObject *type = Py_TYPE(obj);
    for (size_t i = 0; i < ARRAY_LEN(containers); i++) {
        if (type == containers[i].type) { return containers[i].save(self, obj); }
    }
    return hob_save_by_reduction(self, obj);
}

status
hob_save_plainly(pickler *self, PyObject *obj)
{
    PyTypeObject *type = Py_TYPE(obj);
    if (obj == Py_None) { return hob_pickler_op(self, NONE); }
    if (type == &PyBool_Type) { return save_bool(self, obj); }
    if (type == &PyLong_Type) { return save_int(self, obj); }
    if (type == &PyFloat_Type) { return save_float(self, obj); }

    Py_ssize_t place = hob_seen_find(self->memo, obj);
    if (place >= 0) { return hob_save_get(self, place); }
    if (type == &PyUnicode_Type) { return save_str(self, obj); }
    if (type == &PyBytes_Type) { return save_bytes(self, obj); }

    return save_deeper(self, obj, save_nesting);
}

status
hob_save(pickler *self, PyObject *obj)
{
    if (hob_pickler_boundary(self) < 0) { return -1; }
    if (self->head.persistent) {
        tri is_saved = save_persistent(self, obj);
        if (is_saved) { return is_saved < 0 ? -1 : 0; }
    }
    return hob_save_plainly(self, obj);
}

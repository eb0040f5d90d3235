/* layout.c -- a str in memory: allocation, growth, copying, death.
 *
 * Layout    compact ASCII      [ PyASCIIObject          ][ units .. | 0 ]
 *           compact            [ PyCompactUnicodeObject ][ units .. | 0 ]
 *           subclass, legacy   [ PyUnicodeObject | data.any ] -> [ units .. | 0 ]
 *           legacy, not ready  the same, units in wstr only
 *
 * Holds     the kind is the narrowest that fits, so equal strs have equal
 *           kinds; there is always a zero unit behind the last.
 *           utf8 and wstr are caches, owned unless they point into the units.
 *           With 4-byte units wstr is the units themselves.
 * Hazard    extensions read and (while the str is new) write these fields.
 * Next      new.c, writer.c; docs/internals/text.md
 */
#include "objects/str/str_int.h"

/* --- the static ones --- */

#define CHAR_STATE(is_ascii) {.kind = 1, .compact = 1, .ascii = is_ascii, .ready = 1}
#define STATIC_REFCNT 999999999
#define ASCII_HEAD(n) \
    {.ob_base = {_PyObject_EXTRA_INIT STATIC_REFCNT, &PyUnicode_Type}, .length = n, \
     .hash = -1, .state = CHAR_STATE(1)}
#define ONE_ASCII(c)    {ASCII_HEAD(1), {c}}
#define ONE_LATIN1(c) \
    {{{.ob_base = {_PyObject_EXTRA_INIT STATIC_REFCNT, &PyUnicode_Type}, .length = 1, \
       .hash = -1, .state = CHAR_STATE(0)}}, {c}}
#define TIMES_8(X, c) \
    X(c), X(c + 1), X(c + 2), X(c + 3), X(c + 4), X(c + 5), X(c + 6), X(c + 7)
#define TIMES_64(X, c) \
    TIMES_8(X, c), TIMES_8(X, c + 8), TIMES_8(X, c + 16), TIMES_8(X, c + 24), \
    TIMES_8(X, c + 32), TIMES_8(X, c + 40), TIMES_8(X, c + 48), TIMES_8(X, c + 56)

hob_str_ascii1 hob_str_the_empty = {ASCII_HEAD(0), {0}};
hob_str_ascii1 hob_str_chars_ascii[128] = {TIMES_64(ONE_ASCII, 0), TIMES_64(ONE_ASCII, 64)};
hob_str_latin1 hob_str_chars_latin1[128] = {
    TIMES_64(ONE_LATIN1, 128), TIMES_64(ONE_LATIN1, 192)};

PyObject *
hob_str_char_get(Py_UCS4 ch)
{
    if (ch < 256) { return Py_NewRef(hob_str_char_peek(ch)); }
    PyObject *str = PyUnicode_New(1, ch);
    if (!str) { return NULL; }
    PyUnicode_WRITE(STATE(str).kind, PyUnicode_DATA(str), 0, ch);
    return str;
}

/* --- allocation --- */

static inline size_t
head_size(Py_UCS4 max)
{
    return max < 0x80 ? sizeof(PyASCIIObject) : sizeof(PyCompactUnicodeObject);
}

/* Terminate the units of a compact str and fill in its head. */
static inline void
init_compact(PyObject *str, Py_ssize_t n, Py_UCS4 max)
{
    int kind = kind_of_max(max);
    LENGTH(str) = n;
    HASH(str) = -1;
    unsigned state = (unsigned)kind << 2 | 1u << 5 | 1u << 7 | (max < 0x80) << 6;
    memcpy(&STATE(str), &state, sizeof state);
    WSTR(str) = NULL;
    if (max < 0x80) {
        ((char *)((PyASCIIObject *)str + 1))[n] = 0;
        return;
    }
    UTF8(str) = NULL;
    UTF8_LENGTH(str) = 0;
    WSTR_LENGTH(str) = 0;
    void *units = (PyCompactUnicodeObject *)str + 1;
    hob_unit_set(kind, units, n, 0);
    if (kind == sizeof(wchar_t)) {
        WSTR(str) = units;
        WSTR_LENGTH(str) = n;
    }
}

PyObject *
PyUnicode_New(Py_ssize_t size, Py_UCS4 maxchar)
{
    if (size == 0) { return Py_NewRef(hob_str_empty()); }
    if (UNLIKELY(maxchar > MAX_CHAR)) {
        PyErr_SetString(PyExc_SystemError, "invalid maximum character passed to PyUnicode_New");
        return NULL;
    }
    if (UNLIKELY(size < 0)) {
        PyErr_SetString(PyExc_SystemError, "Negative size passed to PyUnicode_New");
        return NULL;
    }
    size_t head = head_size(maxchar), kind = kind_of_max(maxchar);
    if (UNLIKELY((size_t)size > (PY_SSIZE_T_MAX - head) / kind - 1)) {
        return PyErr_NoMemory();
    }
    PyObject *str = hob_object_malloc(head + ((size_t)size + 1) * kind);
    if (UNLIKELY(!str)) { return PyErr_NoMemory(); }
    Py_SET_REFCNT(str, 1);
    Py_SET_TYPE(str, &PyUnicode_Type);
    init_compact(str, size, maxchar);
    return str;
}

/* A legacy str, its units to be filled in wstr. */
static PyObject *
new_legacy(Py_ssize_t n)
{
    if (n < 0) {
        PyErr_SetString(PyExc_SystemError, "Negative size passed to _PyUnicode_New");
        return NULL;
    }
    if ((size_t)n > PY_SSIZE_T_MAX / sizeof(wchar_t) - 1) { return PyErr_NoMemory(); }
    PyObject *str = PyObject_Malloc(sizeof(PyUnicodeObject));
    wchar_t *units = PyObject_Malloc(((size_t)n + 1) * sizeof(wchar_t));
    if (!str || !units) {
        PyObject_Free(str);
        PyObject_Free(units);
        return PyErr_NoMemory();
    }
    memset(str, 0, sizeof(PyUnicodeObject));
    Py_SET_REFCNT(str, 1);
    Py_SET_TYPE(str, &PyUnicode_Type);
    HASH(str) = -1;
    units[0] = units[n] = 0;
    WSTR(str) = units;
    WSTR_LENGTH(str) = n;
    return str;
}

PyObject *
hob_str_new_subtype(PyTypeObject *type, PyObject *value)
{
    text t = text_of(value);
    if ((size_t)t.n > (size_t)(PY_SSIZE_T_MAX / t.kind - 1)) { return PyErr_NoMemory(); }
    own PyObject *str = type->tp_alloc(type, 0);
    if (!str) { return NULL; }
    HASH(str) = -1;
    size_t n_bytes = ((size_t)t.n + 1) * t.kind;
    void *units = PyObject_Malloc(n_bytes);
    if (!units) { return PyErr_NoMemory(); }
    memcpy(units, t.data, n_bytes);
    HASH(str) = HASH(value);
    LENGTH(str) = t.n;
    STATE(str).kind = t.kind;
    STATE(str).ascii = STATE(value).ascii;
    STATE(str).ready = 1;
    DATA_ANY(str) = units;
    if (STATE(value).ascii) {
        UTF8(str) = units;
        UTF8_LENGTH(str) = t.n;
    }
    if (t.kind == sizeof(wchar_t)) {
        WSTR(str) = units;
        WSTR_LENGTH(str) = t.n;
    }
    return take(str);
}

/* --- death --- */

static inline bool
owns_wstr(PyObject *str)
{
    return WSTR(str) && (!STATE(str).ready || (void *)WSTR(str) != PyUnicode_DATA(str));
}

/* Units of wstr. */
static inline Py_ssize_t
wstr_length(PyObject *str)
{
    return STATE(str).compact && STATE(str).ascii ? LENGTH(str) : WSTR_LENGTH(str);
}

static inline bool
owns_utf8(PyObject *str)
{
    return !(STATE(str).compact && STATE(str).ascii) && UTF8(str)
        && (!STATE(str).ready || (void *)UTF8(str) != PyUnicode_DATA(str));
}

void
hob_str_dealloc(PyObject *str)
{
    PyASCIIObject *head = (PyASCIIObject *)str;
    if (LIKELY(head->state.compact && head->state.ascii && !head->state.interned && !head->wstr
               && PyUnicode_CheckExact(str))) {
        hob_object_free(str);
        return;
    }
    if (STATE(str).interned == SSTATE_INTERNED_MORTAL) { hob_str_unintern(str); }
    if (owns_wstr(str)) { PyObject_Free(WSTR(str)); }
    if (owns_utf8(str)) { PyObject_Free(UTF8(str)); }
    if (!STATE(str).compact && DATA_ANY(str)) { PyObject_Free(DATA_ANY(str)); }
    Py_TYPE(str)->tp_free(str);
}

Py_ssize_t
hob_str_sizeof(PyObject *str)
{
    Py_ssize_t size = (Py_ssize_t)sizeof(PyUnicodeObject);
    Py_ssize_t units = (LENGTH(str) + 1) * STATE(str).kind;
    if (STATE(str).compact) {
        size = (Py_ssize_t)(STATE(str).ascii ? sizeof(PyASCIIObject)
                                             : sizeof(PyCompactUnicodeObject)) + units;
    }
    else if (DATA_ANY(str)) {
        size += units;
    }
    if (owns_wstr(str)) {
        size += (wstr_length(str) + 1) * (Py_ssize_t)sizeof(wchar_t);
    }
    if (owns_utf8(str)) { size += UTF8_LENGTH(str) + 1; }
    return size;
}

/* --- ready --- */

/* Move the units of a legacy str out of wstr, narrowed. */
static status
ready_narrow(PyObject *str, Py_ssize_t n, Py_UCS4 max)
{
    int kind = kind_of_max(max);
    void *units = PyObject_Malloc(((size_t)n + 1) * kind);
    if (!units) {
        PyErr_NoMemory();
        return -1;
    }
    hob_units_copy(kind, units, sizeof(wchar_t), WSTR(str), n);
    hob_unit_set(kind, units, n, 0);
    PyObject_Free(WSTR(str));
    WSTR(str) = NULL;
    WSTR_LENGTH(str) = 0;
    DATA_ANY(str) = units;
    STATE(str).kind = kind;
    if (max < 0x80) {
        STATE(str).ascii = 1;
        UTF8(str) = units;
        UTF8_LENGTH(str) = n;
    }
    return 0;
}

int
_PyUnicode_Ready(PyObject *unicode)
{
    if (STATE(unicode).ready) { return 0; }
    EXPECT(WSTR(unicode));
    Py_ssize_t n = WSTR_LENGTH(unicode);
    Py_UCS4 max = hob_range_max(hob_units_bits(sizeof(wchar_t), WSTR(unicode), n));
    if (max > 0xffff) {
        const wchar_t *units = WSTR(unicode);
        for (Py_ssize_t i = 0; i < n; i++) {
            if ((Py_UCS4)units[i] > MAX_CHAR) {
                PyErr_Format(PyExc_ValueError,
                             "character U+%x is not in range [U+0000; U+%x]",
                             (unsigned)units[i], MAX_CHAR);
                return -1;
            }
        }
        DATA_ANY(unicode) = WSTR(unicode);
        STATE(unicode).kind = 4;
    }
    else if (ready_narrow(unicode, n, max) < 0) {
        return -1;
    }
    LENGTH(unicode) = n;
    STATE(unicode).ready = 1;
    return 0;
}

status
hob_str_expect(PyObject *op)
{
    if (!PyUnicode_Check(op)) {
        PyErr_Format(PyExc_TypeError, "must be str, not %.100s", Py_TYPE(op)->tp_name);
        return -1;
    }
    READY_OR(op, -1);
    return 0;
}

/* --- growth --- */

/* Forget what was computed from the units. */
static void
drop_caches(PyObject *str)
{
    if (owns_utf8(str)) {
        PyObject_Free(UTF8(str));
        UTF8(str) = NULL;
        UTF8_LENGTH(str) = 0;
    }
    if (owns_wstr(str) && STATE(str).ready) {
        PyObject_Free(WSTR(str));
        WSTR(str) = NULL;
        if (!(STATE(str).compact && STATE(str).ascii)) { WSTR_LENGTH(str) = 0; }
    }
}

static status
resize_compact(PyObject **slot, Py_ssize_t n)
{
    PyObject *str = *slot;
    size_t kind = STATE(str).kind;
    Py_UCS4 max = PyUnicode_MAX_CHAR_VALUE(str);
    size_t head = head_size(max);
    if ((size_t)n > (PY_SSIZE_T_MAX - head) / kind - 1) {
        PyErr_NoMemory();
        return -1;
    }
    drop_caches(str);
    PyObject *moved = PyObject_Realloc(str, head + ((size_t)n + 1) * kind);
    if (!moved) {
        PyErr_NoMemory();
        return -1;
    }
    *slot = moved;
    LENGTH(moved) = n;
    void *units = (char *)moved + head;
    if (kind == sizeof(wchar_t)) {
        WSTR(moved) = units;
        WSTR_LENGTH(moved) = n;
    }
    hob_unit_set((int)kind, units, n, 0);
    return 0;
}

/* Resize the separate units of a subclass or legacy str. */
static status
resize_legacy(PyObject *str, Py_ssize_t n)
{
    bool ready = STATE(str).ready;
    size_t kind = ready ? STATE(str).kind : sizeof(wchar_t);
    if ((size_t)n > PY_SSIZE_T_MAX / kind - 1) {
        PyErr_NoMemory();
        return -1;
    }
    bool wstr_shared = ready && WSTR(str) && !owns_wstr(str);
    if (ready) { drop_caches(str); }
    void *units = PyObject_Realloc(ready ? DATA_ANY(str) : WSTR(str), ((size_t)n + 1) * kind);
    if (!units) {
        PyErr_NoMemory();
        return -1;
    }
    hob_unit_set((int)kind, units, n, 0);
    if (!ready || wstr_shared) {
        WSTR(str) = units;
        WSTR_LENGTH(str) = n;
    }
    if (ready) {
        DATA_ANY(str) = units;
        LENGTH(str) = n;
        if (STATE(str).ascii) {
            UTF8(str) = units;
            UTF8_LENGTH(str) = n;
        }
    }
    return 0;
}

/* Replace *slot by a copy of another length. */
static status
resize_by_copy(PyObject **slot, Py_ssize_t n)
{
    PyObject *str = *slot, *copy;
    if (!STATE(str).ready) {
        copy = new_legacy(n);
        if (!copy) { return -1; }
        Py_ssize_t kept = WSTR_LENGTH(str) < n ? WSTR_LENGTH(str) : n;
        memcpy(WSTR(copy), WSTR(str), (size_t)kept * sizeof(wchar_t));
    }
    else {
        copy = PyUnicode_New(n, PyUnicode_MAX_CHAR_VALUE(str));
        if (!copy) { return -1; }
        if (n > 0) { hob_str_copy(copy, 0, str, 0, LENGTH(str) < n ? LENGTH(str) : n); }
    }
    Py_SETREF(*slot, copy);
    return 0;
}

status
hob_str_resize(PyObject **slot, Py_ssize_t n)
{
    PyObject *str = *slot;
    Py_ssize_t old = STATE(str).ready ? LENGTH(str) : WSTR_LENGTH(str);
    if (old == n) { return 0; }
    if (n == 0) {
        Py_INCREF(hob_str_empty());
        Py_SETREF(*slot, hob_str_empty());
        return 0;
    }
    if (!is_modifiable(str)) { return resize_by_copy(slot, n); }
    return STATE(str).compact ? resize_compact(slot, n) : resize_legacy(str, n);
}

/* --- copying and filling --- */

void
hob_str_copy(PyObject *to, Py_ssize_t at, PyObject *from, Py_ssize_t start, Py_ssize_t n)
{
    int to_kind = STATE(to).kind, from_kind = STATE(from).kind;
    hob_units_copy(to_kind, (char *)PyUnicode_DATA(to) + at * to_kind,
                   from_kind, (const char *)PyUnicode_DATA(from) + start * from_kind, n);
}

/* --- public API --- */

int
PyUnicode_Resize(PyObject **unicode, Py_ssize_t length)
{
    if (!unicode || !*unicode || !PyUnicode_Check(*unicode) || length < 0) {
        PyErr_BadInternalCall();
        return -1;
    }
    return hob_str_resize(unicode, length);
}

void
_PyUnicode_FastCopyCharacters(PyObject *to, Py_ssize_t to_start, PyObject *from,
                              Py_ssize_t from_start, Py_ssize_t how_many)
{
    if (how_many > 0) { hob_str_copy(to, to_start, from, from_start, how_many); }
}

/* SystemError unless str may be changed. */
static status
expect_modifiable(PyObject *str)
{
    if (is_modifiable(str)) { return 0; }
    PyErr_SetString(PyExc_SystemError, "Cannot modify a string currently used");
    return -1;
}

Py_ssize_t
PyUnicode_CopyCharacters(PyObject *to, Py_ssize_t to_start, PyObject *from,
                         Py_ssize_t from_start, Py_ssize_t how_many)
{
    if (!PyUnicode_Check(from) || !PyUnicode_Check(to)) {
        PyErr_BadInternalCall();
        return -1;
    }
    READY_OR(from, -1);
    READY_OR(to, -1);
    if ((size_t)from_start > (size_t)LENGTH(from) || (size_t)to_start > (size_t)LENGTH(to)) {
        PyErr_SetString(PyExc_IndexError, "string index out of range");
        return -1;
    }
    if (how_many < 0) {
        PyErr_SetString(PyExc_SystemError, "how_many cannot be negative");
        return -1;
    }
    how_many = Py_MIN(LENGTH(from) - from_start, how_many);
    if (to_start + how_many > LENGTH(to)) {
        PyErr_Format(PyExc_SystemError,
                     "Cannot write %zi characters at %zi in a string of %zi characters",
                     how_many, to_start, LENGTH(to));
        return -1;
    }
    if (how_many == 0) { return 0; }
    if (expect_modifiable(to) < 0) { return -1; }
    text source = text_of(from);
    Py_UCS4 bits = hob_units_bits(source.kind, text_place(source, from_start), how_many);
    if (hob_range_max(bits) > PyUnicode_MAX_CHAR_VALUE(to)) {
        PyErr_Format(PyExc_SystemError,
                     "Cannot copy %s characters into a string of %s characters",
                     source.kind == 1 ? (STATE(from).ascii ? "ascii" : "latin1")
                                      : source.kind == 2 ? "UCS2" : "UCS4",
                     STATE(to).kind == 1 ? (STATE(to).ascii ? "ascii" : "latin1")
                                         : STATE(to).kind == 2 ? "UCS2" : "UCS4");
        return -1;
    }
    hob_str_copy(to, to_start, from, from_start, how_many);
    return how_many;
}

void
_PyUnicode_FastFill(PyObject *unicode, Py_ssize_t start, Py_ssize_t length, Py_UCS4 fill_char)
{
    int kind = STATE(unicode).kind;
    hob_units_fill(kind, (char *)PyUnicode_DATA(unicode) + start * kind, length, fill_char);
}

Py_ssize_t
PyUnicode_Fill(PyObject *unicode, Py_ssize_t start, Py_ssize_t length, Py_UCS4 fill_char)
{
    if (!PyUnicode_Check(unicode)) {
        PyErr_BadInternalCall();
        return -1;
    }
    READY_OR(unicode, -1);
    if (expect_modifiable(unicode) < 0) { return -1; }
    if (start < 0) {
        PyErr_SetString(PyExc_IndexError, "string index out of range");
        return -1;
    }
    if (fill_char > PyUnicode_MAX_CHAR_VALUE(unicode)) {
        PyErr_SetString(PyExc_ValueError,
                        "fill character is bigger than the string maximum character");
        return -1;
    }
    length = Py_MIN(LENGTH(unicode) - start, length);
    if (length <= 0) { return 0; }
    _PyUnicode_FastFill(unicode, start, length, fill_char);
    return length;
}

Py_UCS4
_PyUnicode_FindMaxChar(PyObject *unicode, Py_ssize_t start, Py_ssize_t end)
{
    if (start == 0 && end == LENGTH(unicode)) { return PyUnicode_MAX_CHAR_VALUE(unicode); }
    if (STATE(unicode).ascii || start == end) { return 127; }
    text t = text_of(unicode);
    return hob_range_max(hob_units_bits(t.kind, text_place(t, start), end - start));
}

Py_ssize_t
PyUnicode_GetLength(PyObject *unicode)
{
    if (!PyUnicode_Check(unicode)) {
        PyErr_BadArgument();
        return -1;
    }
    READY_OR(unicode, -1);
    return LENGTH(unicode);
}

Py_UCS4
PyUnicode_ReadChar(PyObject *unicode, Py_ssize_t index)
{
    if (!PyUnicode_Check(unicode)) {
        PyErr_BadArgument();
        return (Py_UCS4)-1;
    }
    READY_OR(unicode, (Py_UCS4)-1);
    if (index < 0 || index >= LENGTH(unicode)) {
        PyErr_SetString(PyExc_IndexError, "string index out of range");
        return (Py_UCS4)-1;
    }
    return PyUnicode_READ_CHAR(unicode, index);
}

int
PyUnicode_WriteChar(PyObject *unicode, Py_ssize_t index, Py_UCS4 ch)
{
    if (!PyUnicode_Check(unicode) || !STATE(unicode).compact) {
        PyErr_BadArgument();
        return -1;
    }
    if (index < 0 || index >= LENGTH(unicode)) {
        PyErr_SetString(PyExc_IndexError, "string index out of range");
        return -1;
    }
    if (expect_modifiable(unicode) < 0) { return -1; }
    if (ch > PyUnicode_MAX_CHAR_VALUE(unicode)) {
        PyErr_SetString(PyExc_ValueError, "character out of range");
        return -1;
    }
    PyUnicode_WRITE(STATE(unicode).kind, PyUnicode_DATA(unicode), index, ch);
    return 0;
}

/* --- the wchar_t representation (deprecated API) --- */

PyObject *
PyUnicode_FromUnicode(const Py_UNICODE *u, Py_ssize_t size)
{
    if (u) { return PyUnicode_FromWideChar(u, size); }
    if (size > 0
        && PyErr_WarnEx(PyExc_DeprecationWarning,
                        "PyUnicode_FromUnicode(NULL, size) is deprecated; "
                        "use PyUnicode_New() instead", 1) < 0) { return NULL; }
    if (size == 0) { return Py_NewRef(hob_str_empty()); }
    return new_legacy(size);
}

PyObject *
hob_str_new_legacy(Py_ssize_t n)
{
    return n == 0 ? Py_NewRef(hob_str_empty()) : new_legacy(n);
}

/* The wchar_t units of a str, made when they are not there. */
static wchar_t *
wide_units(PyObject *unicode, Py_ssize_t *size)
{
    if (!PyUnicode_Check(unicode)) {
        PyErr_BadArgument();
        return NULL;
    }
    if (!WSTR(unicode)) {
        Py_ssize_t n = LENGTH(unicode);
        if ((size_t)n > PY_SSIZE_T_MAX / sizeof(wchar_t) - 1) {
            PyErr_NoMemory();
            return NULL;
        }
        wchar_t *units = PyObject_Malloc(((size_t)n + 1) * sizeof(wchar_t));
        if (!units) {
            PyErr_NoMemory();
            return NULL;
        }
        hob_units_copy(sizeof(wchar_t), units, STATE(unicode).kind, PyUnicode_DATA(unicode), n);
        units[n] = 0;
        WSTR(unicode) = units;
        if (!(STATE(unicode).compact && STATE(unicode).ascii)) { WSTR_LENGTH(unicode) = n; }
    }
    if (size) { *size = wstr_length(unicode); }
    return WSTR(unicode);
}

Py_UNICODE *
PyUnicode_AsUnicodeAndSize(PyObject *unicode, Py_ssize_t *size)
{
    return wide_units(unicode, size);
}

Py_UNICODE *
PyUnicode_AsUnicode(PyObject *unicode)
{
    return wide_units(unicode, NULL);
}

const Py_UNICODE *
_PyUnicode_AsUnicode(PyObject *unicode)
{
    Py_ssize_t size;
    const wchar_t *units = wide_units(unicode, &size);
    if (units && wcslen(units) != (size_t)size) {
        PyErr_SetString(PyExc_ValueError, "embedded null character");
        return NULL;
    }
    return units;
}

Py_ssize_t
PyUnicode_GetSize(PyObject *unicode)
{
    Py_ssize_t size;
    return wide_units(unicode, &size) ? size : -1;
}

/* --- invariants --- */

static bool
check_unready(PyObject *op)
{
    INVARIANT(1, LENGTH(op) == 0 && HASH(op) == -1 && STATE(op).kind == 0);
    INVARIANT(2, !STATE(op).ascii && !STATE(op).interned);
    INVARIANT(3, WSTR(op) && !DATA_ANY(op) && !UTF8(op));
    return true;
}

static bool
check_content_of(PyObject *op)
{
    text t = text_of(op);
    Py_UCS4 max = hob_range_max(hob_units_bits(t.kind, t.data, t.n));
    INVARIANT(4, max == PyUnicode_MAX_CHAR_VALUE(op));          /* the narrowest kind */
    INVARIANT(5, text_at(t, t.n) == 0);
    return true;
}

static bool
check_str(PyObject *op, bool with_content)
{
    INVARIANT(6, PyUnicode_Check(op));
    if (!STATE(op).ready && !check_unready(op)) { return false; }
    if (STATE(op).compact) {
        INVARIANT(7, STATE(op).ready);
        INVARIANT(8, STATE(op).kind == 1 || STATE(op).kind == 2 || STATE(op).kind == 4);
        INVARIANT(9, !STATE(op).ascii || STATE(op).kind == 1);
        if (STATE(op).ascii) { return !with_content || check_content_of(op); }
        INVARIANT(10, (void *)UTF8(op) != PyUnicode_DATA(op));
    }
    else if (STATE(op).ready) {
        INVARIANT(11, DATA_ANY(op));
        INVARIANT(12, ((void *)UTF8(op) == DATA_ANY(op)) == STATE(op).ascii);
        INVARIANT(13, !STATE(op).ascii || UTF8_LENGTH(op) == LENGTH(op));
    }
    INVARIANT(14, UTF8(op) || UTF8_LENGTH(op) == 0);
    INVARIANT(15, WSTR(op) || WSTR_LENGTH(op) == 0);
    return !with_content || !STATE(op).ready || check_content_of(op);
}

bool
hob_str_check(PyObject *op)
{
    return check_str(op, true);
}

int
_PyUnicode_CheckConsistency(PyObject *op, int check_content)
{
    ENSURE(check_str(op, check_content));
    return 1;
}

/* new.c -- strs made from other things, and other things made from strs.
 *
 * Holds     whatever is made here is canonical: narrowest kind, the shared
 *           empty str and Latin-1 characters where the text is that.
 * Next      codec_utf8.c (from and to char *), layout.c
 */
#include "objects/str/str_int.h"

/* --- from units --- */

PyObject *
hob_str_from_ascii(const void *bytes, Py_ssize_t n)
{
    if (n <= 1) {
        return Py_NewRef(n == 0 ? hob_str_empty() : hob_str_char_peek(*(const uint8_t *)bytes));
    }
    PyObject *str = new_ascii(n);
    if (!str) { return NULL; }
    memcpy((PyASCIIObject *)str + 1, bytes, (size_t)n);
    return str;
}

PyObject *
hob_str_from_units_bits(int kind, const void *units, Py_ssize_t n, Py_UCS4 bits)
{
    if (n == 0) { return Py_NewRef(hob_str_empty()); }
    if (n == 1) { return hob_str_char_get(hob_unit_at(kind, units, 0)); }
    PyObject *str = PyUnicode_New(n, hob_range_max(bits));
    if (!str) { return NULL; }
    hob_units_copy(STATE(str).kind, PyUnicode_DATA(str), kind, units, n);
    return str;
}

PyObject *
hob_str_from_units(int kind, const void *units, Py_ssize_t n)
{
    return hob_str_from_units_bits(kind, units, n, hob_units_bits(kind, units, n));
}

PyObject *
hob_str_from_latin1(const void *bytes, Py_ssize_t n)
{
    return hob_str_from_units(1, bytes, n);
}

PyObject *
hob_str_same(PyObject *str)
{
    if (PyUnicode_CheckExact(str)) { return Py_NewRef(str); }
    READY_OR(str, NULL);
    return _PyUnicode_Copy(str);
}

PyObject *
hob_str_slice(PyObject *str, Py_ssize_t start, Py_ssize_t stop)
{
    text t = text_of(str);
    Py_ssize_t n = stop - start;
    if (n == t.n && PyUnicode_CheckExact(str)) { return Py_NewRef(str); }
    if (n <= 0) { return Py_NewRef(hob_str_empty()); }
    if (STATE(str).ascii) { return hob_str_from_ascii((const char *)t.data + start, n); }
    return hob_str_from_units(t.kind, text_place(t, start), n);
}

/* --- public API: from C data --- */

PyObject *
PyUnicode_FromStringAndSize(const char *u, Py_ssize_t size)
{
    if (size < 0) {
        PyErr_SetString(PyExc_SystemError,
                        "Negative size passed to PyUnicode_FromStringAndSize");
        return NULL;
    }
    if (u) { return PyUnicode_DecodeUTF8(u, size, NULL); }
    if (size > 0
        && PyErr_WarnEx(PyExc_DeprecationWarning,
                        "PyUnicode_FromStringAndSize(NULL, size) is deprecated; "
                        "use PyUnicode_New() instead", 1) < 0) { return NULL; }
    return hob_str_new_legacy(size);
}

PyObject *
PyUnicode_FromString(const char *u)
{
    size_t n = strlen(u);
    if (n > PY_SSIZE_T_MAX) {
        PyErr_SetString(PyExc_OverflowError, "input too long");
        return NULL;
    }
    return PyUnicode_DecodeUTF8(u, (Py_ssize_t)n, NULL);
}

PyObject *
_PyUnicode_FromASCII(const char *buffer, Py_ssize_t size)
{
    return hob_str_from_ascii(buffer, size);
}

PyObject *
PyUnicode_FromKindAndData(int kind, const void *buffer, Py_ssize_t size)
{
    if (size < 0) {
        PyErr_SetString(PyExc_ValueError, "size must be positive");
        return NULL;
    }
    if (kind != 1 && kind != 2 && kind != 4) {
        PyErr_SetString(PyExc_SystemError, "invalid kind");
        return NULL;
    }
    return hob_str_from_units(kind, buffer, size);
}

PyObject *
PyUnicode_FromWideChar(const wchar_t *w, Py_ssize_t size)
{
    if (!w && size != 0) {
        PyErr_BadInternalCall();
        return NULL;
    }
    if (size == -1) { size = (Py_ssize_t)wcslen(w); }
    Py_UCS4 bits = hob_units_bits(sizeof(wchar_t), w, size);
    if (bits > 0xffff) {
        for (Py_ssize_t i = 0; i < size; i++) {
            if ((Py_UCS4)w[i] > MAX_CHAR) {
                PyErr_Format(PyExc_ValueError,
                             "character U+%x is not in range [U+0000; U+%x]",
                             (unsigned)w[i], MAX_CHAR);
                return NULL;
            }
        }
    }
    return hob_str_from_units_bits(sizeof(wchar_t), w, size, bits);
}

PyObject *
PyUnicode_FromOrdinal(int ordinal)
{
    if (ordinal < 0 || ordinal > MAX_CHAR) {
        PyErr_SetString(PyExc_ValueError, "chr() arg not in range(0x110000)");
        return NULL;
    }
    return hob_str_char_get((Py_UCS4)ordinal);
}

PyObject *
PyUnicode_FromObject(PyObject *obj)
{
    if (PyUnicode_CheckExact(obj)) {
        READY_OR(obj, NULL);
        return Py_NewRef(obj);
    }
    if (PyUnicode_Check(obj)) { return _PyUnicode_Copy(obj); }
    PyErr_Format(PyExc_TypeError, "Can't convert '%.100s' object to str implicitly",
                 Py_TYPE(obj)->tp_name);
    return NULL;
}

PyObject *
_PyUnicode_Copy(PyObject *unicode)
{
    if (!PyUnicode_Check(unicode)) {
        PyErr_BadInternalCall();
        return NULL;
    }
    READY_OR(unicode, NULL);
    PyObject *copy = PyUnicode_New(LENGTH(unicode), PyUnicode_MAX_CHAR_VALUE(unicode));
    if (!copy) { return NULL; }
    if (LENGTH(unicode)) { hob_str_copy(copy, 0, unicode, 0, LENGTH(unicode)); }
    return copy;
}

PyObject *
PyUnicode_Substring(PyObject *self, Py_ssize_t start, Py_ssize_t end)
{
    READY_OR(self, NULL);
    end = Py_MIN(end, LENGTH(self));
    if (start == 0 && end == LENGTH(self)) { return hob_str_same(self); }
    if (start < 0 || end < 0) {
        PyErr_SetString(PyExc_IndexError, "string index out of range");
        return NULL;
    }
    return hob_str_slice(self, Py_MIN(start, end), end);
}

/* --- public API: to C data --- */

Py_UCS4 *
PyUnicode_AsUCS4(PyObject *string, Py_UCS4 *target, Py_ssize_t targetsize, int copy_null)
{
    if (!target || targetsize < 0) {
        PyErr_BadInternalCall();
        return NULL;
    }
    READY_OR(string, NULL);
    text t = text_of(string);
    if (t.n + (copy_null != 0) > targetsize) {
        PyErr_SetString(PyExc_SystemError, "string is longer than the buffer");
        if (copy_null && targetsize > 0) { target[0] = 0; }
        return NULL;
    }
    hob_units_copy(4, target, t.kind, t.data, t.n);
    if (copy_null) { target[t.n] = 0; }
    return target;
}

Py_UCS4 *
PyUnicode_AsUCS4Copy(PyObject *string)
{
    READY_OR(string, NULL);
    Py_UCS4 *copy = PyMem_New(Py_UCS4, LENGTH(string) + 1);
    if (!copy) {
        PyErr_NoMemory();
        return NULL;
    }
    return PyUnicode_AsUCS4(string, copy, LENGTH(string) + 1, 1);
}

/* The wchar_t units of a str, ready or not. */
static text
wide_text(PyObject *str)
{
    if (STATE(str).ready) { return text_of(str); }
    return (text){sizeof(wchar_t), WSTR(str), WSTR_LENGTH(str)};
}

Py_ssize_t
PyUnicode_AsWideChar(PyObject *unicode, wchar_t *w, Py_ssize_t size)
{
    if (!unicode) {
        PyErr_BadInternalCall();
        return -1;
    }
    if (!PyUnicode_Check(unicode)) {
        PyErr_BadArgument();
        return -1;
    }
    text t = wide_text(unicode);
    if (!w) { return t.n + 1; }
    Py_ssize_t n = t.n;
    if (size > n) { w[n] = 0; }
    else { n = size; }
    hob_units_copy(sizeof(wchar_t), w, t.kind, t.data, n);
    return n;
}

wchar_t *
PyUnicode_AsWideCharString(PyObject *unicode, Py_ssize_t *size)
{
    if (!unicode) {
        PyErr_BadInternalCall();
        return NULL;
    }
    if (!PyUnicode_Check(unicode)) {
        PyErr_BadArgument();
        return NULL;
    }
    text t = wide_text(unicode);
    wchar_t *copy = PyMem_New(wchar_t, t.n + 1);
    if (!copy) {
        PyErr_NoMemory();
        return NULL;
    }
    hob_units_copy(sizeof(wchar_t), copy, t.kind, t.data, t.n);
    copy[t.n] = 0;
    if (size) {
        *size = t.n;
    }
    else if (wcslen(copy) != (size_t)t.n) {
        PyMem_Free(copy);
        PyErr_SetString(PyExc_ValueError, "embedded null character");
        return NULL;
    }
    return copy;
}

int
_PyUnicode_WideCharString_Converter(PyObject *obj, void *ptr)
{
    wchar_t **slot = ptr;
    if (!obj) {
        PyMem_Free(*slot);
        *slot = NULL;
        return 1;
    }
    if (!PyUnicode_Check(obj)) {
        PyErr_Format(PyExc_TypeError, "argument must be str, not %.50s", Py_TYPE(obj)->tp_name);
        return 0;
    }
    *slot = PyUnicode_AsWideCharString(obj, NULL);
    return *slot ? Py_CLEANUP_SUPPORTED : 0;
}

int
_PyUnicode_WideCharString_Opt_Converter(PyObject *obj, void *ptr)
{
    wchar_t **slot = ptr;
    if (!obj) {
        PyMem_Free(*slot);
        *slot = NULL;
        return 1;
    }
    if (obj == Py_None) {
        *slot = NULL;
        return 1;
    }
    if (!PyUnicode_Check(obj)) {
        PyErr_Format(PyExc_TypeError, "argument must be str or None, not %.50s",
                     Py_TYPE(obj)->tp_name);
        return 0;
    }
    *slot = PyUnicode_AsWideCharString(obj, NULL);
    return *slot ? Py_CLEANUP_SUPPORTED : 0;
}

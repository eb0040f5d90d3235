/* buildvalue.c -- Py_BuildValue: objects from C values by a format string.
 *
 * Holds      'N' hands a reference over whatever happens: when one item of a
 *            group cannot be made, the rest is still made, and dropped.
 */
#include "memory/own.h"

#include <ctype.h>
#include <wchar.h>

enum { BUILD_SIZE_T = 1 };

typedef struct {
    const char *format;             /* next character */
    va_list *va;                    /* next value */
    int flags;
} build;

#define VALUE(b, type) va_arg(*(b)->va, type)

static PyObject *build_item(build *b);

/* --- formats --- */

/* Units from format up to `end` at level 0; -1 with SystemError. */
static Py_ssize_t
count_units(const char *format, char end)
{
    Py_ssize_t n = 0;
    int level = 0;
    while (level > 0 || *format != end) {
        switch (*format) {
        case '\0':
            PyErr_SetString(PyExc_SystemError, "unmatched paren in format");
            return -1;
        case '(': case '[': case '{':
            n += level == 0;
            level++;
            break;
        case ')': case ']': case '}':
            level--;
            break;
        case '#': case '&': case ',': case ':': case ' ': case '\t':
            break;
        default:
            n += level == 0;
        }
        format++;
    }
    return n;
}

/* --- strings --- */

/* The size after a '#' if there is one, else -1; false: it is not allowed. */
static bool
take_size(build *b, Py_ssize_t *size)
{
    *size = -1;
    if (*b->format != '#') { return true; }
    b->format++;
    if (b->flags & BUILD_SIZE_T) {
        *size = VALUE(b, Py_ssize_t);
        return true;
    }
    *size = VALUE(b, int);
    PyErr_SetString(PyExc_SystemError,
                    "PY_SSIZE_T_CLEAN macro must be defined for '#' formats");
    return false;
}

static PyObject *
build_text(build *b, bool bytes)
{
    const char *text = VALUE(b, const char *);
    Py_ssize_t size;
    if (!take_size(b, &size)) { return NULL; }
    if (!text) { Py_RETURN_NONE; }
    if (size < 0) {
        size_t n = strlen(text);
        if (n > PY_SSIZE_T_MAX) {
            PyErr_SetString(PyExc_OverflowError, bytes ? "string too long for Python bytes"
                                                       : "string too long for Python string");
            return NULL;
        }
        size = (Py_ssize_t)n;
    }
    return bytes ? PyBytes_FromStringAndSize(text, size)
                 : PyUnicode_FromStringAndSize(text, size);
}

static PyObject *
build_wide(build *b)
{
    const wchar_t *text = VALUE(b, const wchar_t *);
    Py_ssize_t size;
    if (!take_size(b, &size)) { return NULL; }
    if (!text) { Py_RETURN_NONE; }
    return PyUnicode_FromWideChar(text, size < 0 ? (Py_ssize_t)wcslen(text) : size);
}

/* --- objects --- */

static PyObject *
build_object(build *b, char unit)
{
    if (*b->format == '&') {
        b->format++;
        PyObject *(*converter)(void *) = VALUE(b, PyObject *(*)(void *));
        return converter(VALUE(b, void *));
    }
    PyObject *op = VALUE(b, PyObject *);
    if (op) { return unit == 'N' ? op : Py_NewRef(op); }
    if (!PyErr_Occurred()) {
        PyErr_SetString(PyExc_SystemError, "NULL object passed to Py_BuildValue");
    }
    return NULL;
}

/* --- groups --- */

/* Keep the first error while the rest of a group is made and dropped. */
static void
drop_rest(build *b, Py_ssize_t n)
{
    PyObject *type, *value, *tb;
    PyErr_Fetch(&type, &value, &tb);
    while (n-- > 0) {
        PyObject *item = build_item(b);
        Py_XDECREF(item);
        PyErr_Clear();
    }
    PyErr_Restore(type, value, tb);
}

/* Step over the end of a group. */
static status
close_group(build *b, char end)
{
    if (*b->format != end) {
        PyErr_SetString(PyExc_SystemError, "Unmatched paren in format");
        return -1;
    }
    if (end) { b->format++; }
    return 0;
}

static PyObject *
build_row(build *b, char end, Py_ssize_t n, PyObject *(*make)(Py_ssize_t),
          void (*put)(PyObject *, Py_ssize_t, PyObject *))
{
    if (n < 0) { return NULL; }
    own PyObject *row = make(n);
    if (!row) {
        drop_rest(b, n);
        return NULL;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *item = build_item(b);
        if (!item) {
            drop_rest(b, n - i - 1);
            return NULL;
        }
        put(row, i, item);
    }
    return close_group(b, end) < 0 ? NULL : take(row);
}

static void
put_tuple(PyObject *row, Py_ssize_t i, PyObject *item)
{
    PyTuple_SET_ITEM(row, i, item);
}

static void
put_list(PyObject *row, Py_ssize_t i, PyObject *item)
{
    PyList_SET_ITEM(row, i, item);
}

static PyObject *
build_dict(build *b, Py_ssize_t n)
{
    if (n < 0) { return NULL; }
    if (n % 2) {
        PyErr_SetString(PyExc_SystemError, "Bad dict format");
        drop_rest(b, n);
        return NULL;
    }
    own PyObject *dict = PyDict_New();
    if (!dict) {
        drop_rest(b, n);
        return NULL;
    }
    for (Py_ssize_t i = 0; i < n; i += 2) {
        own PyObject *key = build_item(b);
        if (!key) {
            drop_rest(b, n - i - 1);
            return NULL;
        }
        own PyObject *value = build_item(b);
        if (!value || PyDict_SetItem(dict, key, value) < 0) {
            drop_rest(b, n - i - 2);
            return NULL;
        }
    }
    return close_group(b, '}') < 0 ? NULL : take(dict);
}

/* --- one unit --- */

static PyObject *
build_item(build *b)
{
    for (;;) {
        char c = *b->format++;
        switch (c) {
        case '(': return build_row(b, ')', count_units(b->format, ')'), PyTuple_New, put_tuple);
        case '[': return build_row(b, ']', count_units(b->format, ']'), PyList_New, put_list);
        case '{': return build_dict(b, count_units(b->format, '}'));
        case 'b': case 'B': case 'h': case 'i': return PyLong_FromLong(VALUE(b, int));
        case 'H': return PyLong_FromLong((long)VALUE(b, unsigned int));
        case 'I': return PyLong_FromUnsignedLong(VALUE(b, unsigned int));
        case 'n': return PyLong_FromSsize_t(VALUE(b, Py_ssize_t));
        case 'l': return PyLong_FromLong(VALUE(b, long));
        case 'k': return PyLong_FromUnsignedLong(VALUE(b, unsigned long));
        case 'L': return PyLong_FromLongLong(VALUE(b, long long));
        case 'K': return PyLong_FromUnsignedLongLong(VALUE(b, unsigned long long));
        case 'f': case 'd': return PyFloat_FromDouble(VALUE(b, double));
        case 'D': return PyComplex_FromCComplex(*VALUE(b, Py_complex *));
        case 'u': return build_wide(b);
        case 's': case 'z': case 'U': return build_text(b, false);
        case 'y': return build_text(b, true);
        case 'N': case 'S': case 'O': return build_object(b, c);
        case 'c': {
            char byte = (char)VALUE(b, int);
            return PyBytes_FromStringAndSize(&byte, 1);
        }
        case 'C': return PyUnicode_FromOrdinal(VALUE(b, int));
        case ',': case ':': case ' ': case '\t': continue;
        default:
            b->format--;
            PyErr_SetString(PyExc_SystemError, "bad format char passed to Py_BuildValue");
            return NULL;
        }
    }
}

static PyObject *
build_value(const char *format, va_list given, int flags)
{
    Py_ssize_t n = count_units(format, '\0');
    if (n < 0) { return NULL; }
    if (n == 0) { Py_RETURN_NONE; }
    va_list va;
    va_copy(va, given);
    build b = {format, &va, flags};
    PyObject *value = n == 1 ? build_item(&b) : build_row(&b, '\0', n, PyTuple_New, put_tuple);
    va_end(va);
    return value;
}

/* --- an argument row for a call --- */

static PyObject **
build_stack(PyObject **small, Py_ssize_t n_small, const char *format, va_list given, int flags,
            Py_ssize_t *n_out)
{
    Py_ssize_t n = count_units(format, '\0');
    if (n < 0) { return NULL; }
    *n_out = n;
    if (n == 0) { return small; }
    PyObject **stack = n <= n_small ? small : PyMem_New(PyObject *, n);
    if (!stack) {
        PyErr_NoMemory();
        return NULL;
    }
    va_list va;
    va_copy(va, given);
    build b = {format, &va, flags};
    for (Py_ssize_t i = 0; i < n; i++) {
        stack[i] = build_item(&b);
        if (stack[i]) { continue; }
        drop_rest(&b, n - i - 1);
        while (i-- > 0) { Py_DECREF(stack[i]); }
        if (stack != small) { PyMem_Free(stack); }
        stack = NULL;
        break;
    }
    va_end(va);
    return stack;
}

/* --- public API --- */

#undef Py_BuildValue
#undef Py_VaBuildValue
#undef _Py_VaBuildStack

HOB_EXPORT PyObject *
Py_BuildValue(const char *format, ...)
{
    va_list va;
    va_start(va, format);
    PyObject *value = build_value(format, va, 0);
    va_end(va);
    return value;
}

PyObject *
_Py_BuildValue_SizeT(const char *format, ...)
{
    va_list va;
    va_start(va, format);
    PyObject *value = build_value(format, va, BUILD_SIZE_T);
    va_end(va);
    return value;
}

HOB_EXPORT PyObject *
Py_VaBuildValue(const char *format, va_list va)
{
    return build_value(format, va, 0);
}

HOB_EXPORT PyObject *
_Py_VaBuildValue_SizeT(const char *format, va_list va)
{
    return build_value(format, va, BUILD_SIZE_T);
}

HOB_EXPORT PyObject **
_Py_VaBuildStack(PyObject **small_stack, Py_ssize_t small_stack_len, const char *format,
                 va_list va, Py_ssize_t *p_nargs)
{
    return build_stack(small_stack, small_stack_len, format, va, 0, p_nargs);
}

HOB_EXPORT PyObject **
_Py_VaBuildStack_SizeT(PyObject **small_stack, Py_ssize_t small_stack_len, const char *format,
                       va_list va, Py_ssize_t *p_nargs)
{
    return build_stack(small_stack, small_stack_len, format, va, BUILD_SIZE_T, p_nargs);
}

/* --- public API: filling a module --- */

int
PyModule_AddObjectRef(PyObject *module, const char *name, PyObject *value)
{
    if (!PyModule_Check(module)) {
        PyErr_SetString(PyExc_TypeError,
                        "PyModule_AddObjectRef() first argument must be a module");
        return -1;
    }
    if (!value) {
        if (!PyErr_Occurred()) {
            PyErr_SetString(PyExc_SystemError, "PyModule_AddObjectRef() must be called with an "
                            "exception raised if value is NULL");
        }
        return -1;
    }
    PyObject *dict = PyModule_GetDict(module);
    if (!dict) {
        PyErr_Format(PyExc_SystemError, "module '%s' has no __dict__",
                     PyModule_GetName(module));
        return -1;
    }
    return PyDict_SetItemString(dict, name, value);
}

int
PyModule_AddObject(PyObject *module, const char *name, PyObject *value)
{
    if (PyModule_AddObjectRef(module, name, value) < 0) { return -1; }
    Py_DECREF(value);                   /* stolen, but on success only */
    return 0;
}

int
PyModule_AddIntConstant(PyObject *module, const char *name, long value)
{
    own PyObject *number = PyLong_FromLong(value);
    return number ? PyModule_AddObjectRef(module, name, number) : -1;
}

int
PyModule_AddStringConstant(PyObject *module, const char *name, const char *value)
{
    own PyObject *text = PyUnicode_FromString(value);
    return text ? PyModule_AddObjectRef(module, name, text) : -1;
}

int
PyModule_AddType(PyObject *module, PyTypeObject *type)
{
    if (PyType_Ready(type) < 0) { return -1; }
    return PyModule_AddObjectRef(module, _PyType_Name(type), (PyObject *)type);
}

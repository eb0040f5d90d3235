/* subject.c -- the string that is looked through, and the engine for its width. */
#include "modules/_sre/sre.h"

#include <ctype.h>

/* The operation that looks at the first character of what pc begins with, or one
 * that looks at none. */
static inline const sre_code *
lead(const sre_code *pc)
{
    for (;;) {
        switch (pc[0]) {
        case SRE_OP_MARK:
            pc += 2;
            continue;
        case SRE_OP_JUMP:
            pc += 1 + pc[1];
            continue;
        case SRE_OP_REPEAT_ONE:
        case SRE_OP_MIN_REPEAT_ONE:
        case SRE_OP_POSSESSIVE_REPEAT_ONE:
        case SRE_OP_REPEAT:
            if (pc[2] == 0) { return pc; }
            pc += 4;
            continue;
        default:
            return pc;
        }
    }
}

#define CHAR Py_UCS1
#define NAME(x) narrow_##x
#include "modules/_sre/engine.h"
#define CHAR Py_UCS2
#define NAME(x) medium_##x
#include "modules/_sre/engine.h"
#define CHAR Py_UCS4
#define NAME(x) wide_##x
#include "modules/_sre/engine.h"

status
hob_sre_grow_stack(sre_subject *s)
{
    bool first = s->stack == s->first_stack;
    size_t room = first ? 4 * SRE_FIRST_STACK : 2 * s->room_stack;
    sre_entry *stack = PyMem_Realloc(first ? NULL : s->stack, room * sizeof *stack);
    if (!stack) { return -1; }
    if (first) { memcpy(stack, s->first_stack, sizeof s->first_stack); }
    s->stack = stack;
    s->room_stack = room;
    return 0;
}

status
hob_sre_grow_repeats(sre_subject *s)
{
    if (s->room_repeats > INT32_MAX / 2) { return -1; }
    bool first = s->repeats == s->first_repeats;
    int32_t room = 2 * s->room_repeats;
    sre_repeat *repeats = PyMem_Realloc(first ? NULL : s->repeats,
                                        (size_t)room * sizeof *repeats);
    if (!repeats) { return -1; }
    if (first) { memcpy(repeats, s->first_repeats, sizeof s->first_repeats); }
    s->repeats = repeats;
    s->room_repeats = room;
    return 0;
}

/* The characters of string: pointer, length, width.  Fills s->buffer for bytes. */
static MUST_USE status
look(sre_subject *s, PyObject *string, const void **data, Py_ssize_t *length)
{
    if (PyUnicode_Check(string)) {
        if (PyUnicode_READY(string) < 0) { return -1; }
        *length = PyUnicode_GET_LENGTH(string);
        s->char_size = PyUnicode_KIND(string);
        *data = PyUnicode_DATA(string);
        return 0;
    }
    if (PyObject_GetBuffer(string, &s->buffer, PyBUF_SIMPLE) != 0) {
        PyErr_Format(PyExc_TypeError, "expected string or bytes-like object, got '%.200s'",
                     Py_TYPE(string)->tp_name);
        return -1;
    }
    s->is_bytes = true;
    s->char_size = 1;
    *length = s->buffer.len;
    *data = s->buffer.buf;
    if (!*data) {
        PyBuffer_Release(&s->buffer);
        PyErr_SetString(PyExc_ValueError, "Buffer is NULL");
        return -1;
    }
    return 0;
}

status
hob_sre_open(sre_subject *s, sre_pattern *pattern, PyObject *string, Py_ssize_t start,
             Py_ssize_t end)
{
    memset(s, 0, offsetof(sre_subject, first_marks));
    s->stack = s->first_stack;
    s->room_stack = SRE_FIRST_STACK;
    s->repeats = s->first_repeats;
    s->room_repeats = SRE_FIRST_REPEATS;
    s->lastmark = s->lastindex = s->current = -1;
    const void *data;
    Py_ssize_t length;
    if (look(s, string, &data, &length) < 0) { return -1; }
    if (pattern->pattern != Py_None && s->is_bytes != pattern->is_bytes) {
        PyErr_SetString(PyExc_TypeError, s->is_bytes
                        ? "cannot use a string pattern on a bytes-like object"
                        : "cannot use a bytes pattern on a string-like object");
        if (s->is_bytes) { PyBuffer_Release(&s->buffer); }
        return -1;
    }
    if (pattern->groups * 2 <= SRE_FIRST_MARKS) {
        s->mark = s->first_marks;
        memset(s->first_marks, 0, (size_t)pattern->groups * 2 * sizeof *s->mark);
    }
    else {
        s->mark = PyMem_Calloc((size_t)pattern->groups * 2, sizeof *s->mark);
        if (!s->mark) {
            if (s->is_bytes) { PyBuffer_Release(&s->buffer); }
            PyErr_NoMemory();
            return -1;
        }
    }
    start = start < 0 ? 0 : start > length ? length : start;
    end = end < 0 ? 0 : end > length ? length : end;
    s->beginning = data;
    s->start = (const char *)data + start * s->char_size;
    s->end = (const char *)data + end * s->char_size;
    s->pos = start;
    s->endpos = end;
    s->string = Py_NewRef(string);
    return 0;
}

void
hob_sre_close(sre_subject *s)
{
    if (s->is_bytes) { PyBuffer_Release(&s->buffer); }
    Py_CLEAR(s->string);
    if (s->mark != s->first_marks) { PyMem_Free(s->mark); }
    if (s->stack != s->first_stack) { PyMem_Free(s->stack); }
    if (s->repeats != s->first_repeats) { PyMem_Free(s->repeats); }
    s->mark = NULL;
    s->stack = NULL;
    s->repeats = NULL;
    s->is_bytes = false;
}

void
hob_sre_reset(sre_subject *s)
{
    s->lastmark = s->lastindex = -1;
}

int
hob_sre_match(sre_subject *s, const sre_pattern *pattern)
{
    switch (s->char_size) {
    case 1: return narrow_match(s, pattern->code);
    case 2: return medium_match(s, pattern->code);
    default: return wide_match(s, pattern->code);
    }
}

int
hob_sre_search(sre_subject *s, const sre_pattern *pattern)
{
    switch (s->char_size) {
    case 1: return narrow_search(s, pattern);
    case 2: return medium_search(s, pattern);
    default: return wide_search(s, pattern);
    }
}

void
hob_sre_set_error(int result)
{
    if (result == SRE_ERROR_MEMORY) { PyErr_NoMemory(); }
    else if (result != SRE_ERROR_INTERRUPT) {
        PyErr_SetString(PyExc_RuntimeError, "internal error in regular expression engine");
    }
}

PyObject *
hob_sre_slice(PyObject *string, Py_ssize_t start, Py_ssize_t end)
{
    if (PyUnicode_Check(string)) { return PyUnicode_Substring(string, start, end); }
    if (PyBytes_CheckExact(string) && start == 0 && end == PyBytes_GET_SIZE(string)) {
        return Py_NewRef(string);
    }
    Py_buffer view;
    if (PyObject_GetBuffer(string, &view, PyBUF_SIMPLE) != 0) { return NULL; }
    if (start > view.len) { start = view.len; }
    if (end > view.len) { end = view.len; }
    PyObject *bytes = PyBytes_FromStringAndSize((char *)view.buf + start, end - start);
    PyBuffer_Release(&view);
    return bytes;
}

/* Group index of the last match; unmatched: None, or empty. */
PyObject *
hob_sre_group(sre_subject *s, Py_ssize_t index, bool empty)
{
    Py_ssize_t i = 2 * (index - 1);
    bool set = s->lastmark > i && s->mark[i] && s->mark[i + 1];
    if (!set) {
        if (!empty) { Py_RETURN_NONE; }
        return hob_sre_slice(s->string, 0, 0);
    }
    const char *start = s->beginning;
    int shift = s->char_size >> 1;
    Py_ssize_t from = ((const char *)s->mark[i] - start) >> shift;
    Py_ssize_t to = ((const char *)s->mark[i + 1] - start) >> shift;
    if (from > to) {
        PyErr_SetString(PyExc_SystemError, "The span of capturing group is wrong, please report a "
                        "bug for the re module.");
        return NULL;
    }
    return hob_sre_slice(s->string, from, to);
}

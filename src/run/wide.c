/* wide.c -- PyStatus and PyWideStringList: the C API's small change. */
#include <Python.h>

#include <wchar.h>

#include "base/c.h"
#include "run/config.h"

/* --- PyStatus --- */

PyStatus
PyStatus_Ok(void)
{
    return (PyStatus){._type = _PyStatus_TYPE_OK};
}

PyStatus
PyStatus_Error(const char *err_msg)
{
    return (PyStatus){._type = _PyStatus_TYPE_ERROR, .err_msg = err_msg};
}

PyStatus
PyStatus_NoMemory(void)
{
    return PyStatus_Error("memory allocation failed");
}

PyStatus
PyStatus_Exit(int exitcode)
{
    return (PyStatus){._type = _PyStatus_TYPE_EXIT, .exitcode = exitcode};
}

int PyStatus_IsError(PyStatus status) { return status._type == _PyStatus_TYPE_ERROR; }
int PyStatus_IsExit(PyStatus status) { return status._type == _PyStatus_TYPE_EXIT; }
int PyStatus_Exception(PyStatus status) { return status._type != _PyStatus_TYPE_OK; }

/* --- strings --- */

wchar_t *
hob_wide_copy(const wchar_t *text)
{
    size_t size = (wcslen(text) + 1) * sizeof(wchar_t);
    wchar_t *copy = PyMem_RawMalloc(size);
    if (copy) { memcpy(copy, text, size); }
    return copy;
}

wchar_t *
hob_wide_join(const wchar_t *front, const wchar_t *back)
{
    size_t n_front = wcslen(front), n_back = wcslen(back);
    wchar_t *joined = PyMem_RawMalloc((n_front + n_back + 1) * sizeof(wchar_t));
    if (!joined) { return NULL; }
    memcpy(joined, front, n_front * sizeof(wchar_t));
    memcpy(joined + n_front, back, (n_back + 1) * sizeof(wchar_t));
    return joined;
}

status
hob_wide_set(wchar_t **slot, const wchar_t *text)
{
    wchar_t *copy = text ? hob_wide_copy(text) : NULL;
    if (text && !copy) { return -1; }
    PyMem_RawFree(*slot);
    *slot = copy;
    return 0;
}

/* --- lists --- */

void
_PyWideStringList_Clear(PyWideStringList *list)
{
    for (Py_ssize_t i = 0; i < list->length; i++) { PyMem_RawFree(list->items[i]); }
    PyMem_RawFree(list->items);
    *list = (PyWideStringList){0, NULL};
}

PyStatus
PyWideStringList_Insert(PyWideStringList *list, Py_ssize_t index, const wchar_t *item)
{
    if (index < 0) {
        return PyStatus_Error("PyWideStringList_Insert index must be >= 0");
    }
    Py_ssize_t n = list->length;
    if (index > n) { index = n; }
    wchar_t *copy = hob_wide_copy(item);
    if (!copy) { return PyStatus_NoMemory(); }
    wchar_t **items = PyMem_RawRealloc(list->items, (size_t)(n + 1) * sizeof *items);
    if (!items) {
        PyMem_RawFree(copy);
        return PyStatus_NoMemory();
    }
    memmove(items + index + 1, items + index, (size_t)(n - index) * sizeof *items);
    items[index] = copy;
    *list = (PyWideStringList){n + 1, items};
    return PyStatus_Ok();
}

PyStatus
PyWideStringList_Append(PyWideStringList *list, const wchar_t *item)
{
    return PyWideStringList_Insert(list, list->length, item);
}

PyStatus
_PyWideStringList_Extend(PyWideStringList *list, const PyWideStringList *more)
{
    for (Py_ssize_t i = 0; i < more->length; i++) {
        PyStatus status = PyWideStringList_Append(list, more->items[i]);
        if (PyStatus_Exception(status)) { return status; }
    }
    return PyStatus_Ok();
}

int
_PyWideStringList_Copy(PyWideStringList *list, const PyWideStringList *from)
{
    if (list == from) { return 0; }
    PyWideStringList copy = {0, NULL};
    if (PyStatus_Exception(_PyWideStringList_Extend(&copy, from))) {
        _PyWideStringList_Clear(&copy);
        return -1;
    }
    _PyWideStringList_Clear(list);
    *list = copy;
    return 0;
}

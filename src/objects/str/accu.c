/* accu.c -- an accumulator of text: many small strings, few large ones.
 *
 * Extensions that write long texts piece by piece (_json) keep a struct accu on
 * their own stack and call these functions; its two fields are part of the ABI.
 *
 * Layout     small -> list of the latest pieces; large -> list of joined runs
 * Holds      small has fewer than N_SMALL pieces between calls; large is NULL
 *            until the first run is full.
 */
#include <Python.h>

#include "base/c.h"
#include "memory/own.h"

#define N_SMALL 100000          /* observable: how the encoder's output is cut */

struct accu {
    PyObject *large;            /* list of str, or NULL */
    PyObject *small;            /* list of str; NULL once finished */
};

/* The pieces so far become one string of large. */
static status
accu_join(struct accu *self)
{
    if (PyList_GET_SIZE(self->small) == 0) { return 0; }
    if (!self->large) {
        self->large = PyList_New(0);
        if (!self->large) { return -1; }
    }
    own PyObject *empty = PyUnicode_New(0, 0);
    own PyObject *joined = empty ? PyUnicode_Join(empty, self->small) : NULL;
    if (!joined || PyList_Append(self->large, joined) < 0) { return -1; }
    return PyList_SetSlice(self->small, 0, PyList_GET_SIZE(self->small), NULL);
}

/* --- the ABI --- */

HOB_EXPORT void
_PyAccu_Destroy(struct accu *self)
{
    Py_CLEAR(self->small);
    Py_CLEAR(self->large);
}

HOB_EXPORT int
_PyAccu_Init(struct accu *self)
{
    self->large = NULL;
    self->small = PyList_New(0);
    return self->small ? 0 : -1;
}

HOB_EXPORT int
_PyAccu_Accumulate(struct accu *self, PyObject *text)
{
    if (PyList_Append(self->small, text) < 0) { return -1; }
    return PyList_GET_SIZE(self->small) < N_SMALL ? 0 : accu_join(self);
}

/* The list of runs; the accumulator is empty afterwards, also on failure. */
HOB_EXPORT PyObject *
_PyAccu_FinishAsList(struct accu *self)
{
    if (accu_join(self) < 0) {
        _PyAccu_Destroy(self);
        return NULL;
    }
    Py_CLEAR(self->small);
    PyObject *runs = self->large;
    self->large = NULL;
    return runs ? runs : PyList_New(0);
}

HOB_EXPORT PyObject *
_PyAccu_Finish(struct accu *self)
{
    own PyObject *runs = _PyAccu_FinishAsList(self);
    own PyObject *empty = runs ? PyUnicode_New(0, 0) : NULL;
    return empty ? PyUnicode_Join(empty, runs) : NULL;
}

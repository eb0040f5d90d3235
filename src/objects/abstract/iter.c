/* iter.c -- the iterator protocol: iter(), aiter(), next, send. */
#include "memory/own.h"
#include "objects/call.h"
#include "objects/ids.h"
#include "objects/object.h"

int
PyIter_Check(PyObject *self)
{
    iternextfunc next = Py_TYPE(self)->tp_iternext;
    return next && next != _PyObject_NextNotImplemented;
}

PyObject *
PyObject_GetIter(PyObject *self)
{
    getiterfunc slot = Py_TYPE(self)->tp_iter;
    if (!slot) {
        if (PySequence_Check(self)) { return PySeqIter_New(self); }
        return hob_error_type("'%.200s' object is not iterable", self);
    }
    PyObject *iterator = slot(self);
    if (LIKELY(!iterator || PyIter_Check(iterator))) { return iterator; }
    hob_error_type("iter() returned non-iterator of type '%.100s'", iterator);
    Py_DECREF(iterator);
    return NULL;
}

int
PyAIter_Check(PyObject *self)
{
    PyAsyncMethods *slots = Py_TYPE(self)->tp_as_async;
    return slots && slots->am_anext && slots->am_anext != _PyObject_NextNotImplemented;
}

PyObject *
PyObject_GetAIter(PyObject *self)
{
    PyAsyncMethods *slots = Py_TYPE(self)->tp_as_async;
    if (!slots || !slots->am_aiter) {
        return hob_error_type("'%.200s' object is not an async iterable", self);
    }
    PyObject *iterator = slots->am_aiter(self);
    if (!iterator || PyAIter_Check(iterator)) { return iterator; }
    hob_error_type("aiter() returned not an async iterator of type '%.100s'", iterator);
    Py_DECREF(iterator);
    return NULL;
}

/* The next item; NULL without an exception at the end. */
PyObject *
PyIter_Next(PyObject *self)
{
    PyObject *item = hob_object_next(self);
    if (UNLIKELY(!item) && hob_ts()->curexc_type) { (void)hob_error_drop(PyExc_StopIteration); }
    return item;
}

PySendResult
PyIter_Send(PyObject *self, PyObject *value, PyObject **result)
{
    PyAsyncMethods *slots = Py_TYPE(self)->tp_as_async;
    if (slots && slots->am_send) { return slots->am_send(self, value, result); }
    if (value == Py_None && PyIter_Check(self)) {
        *result = Py_TYPE(self)->tp_iternext(self);
    }
    else {
        *result = hob_call_method(ID(send), (PyObject *[]){self, value}, 2);
    }
    if (*result) { return PYGEN_NEXT; }
    return _PyGen_FetchStopIterationValue(result) == 0 ? PYGEN_RETURN : PYGEN_ERROR;
}

/* meth.h -- calling a C function by its METH_ flags, for cfunction.c and descr.c. */
#pragma once
#include <Python.h>

#include "base/c.h"
#include "objects/call.h"

/* The kinds of flags that a vectorcall exists for; METH_VARARGS alone has none. */
enum { METH_KIND_BITS = METH_VARARGS | METH_FASTCALL | METH_NOARGS | METH_O | METH_KEYWORDS
                      | METH_METHOD };

typedef void (*hob_meth_any)(void);

/* TypeError about the arguments of callable: "X() takes ..."; %U stands for "X()".
 * With n >= 0 the format also has a %zd.  Returns NULL. */
COLD void *hob_meth_error(PyObject *callable, const char *format, Py_ssize_t n);

static inline bool
hob_meth_no_keywords(PyObject *callable, PyObject *kwnames)
{
    if (LIKELY(!kwnames || PyTuple_GET_SIZE(kwnames) == 0)) { return true; }
    hob_meth_error(callable, "%U takes no keyword arguments", -1);
    return false;
}

#define METH_RECURSION " while calling a Python object"

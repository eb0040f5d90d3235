/* trashcan.h -- deallocations that are put off. */
#pragma once
#include <Python.h>

#include "base/c.h"

/* op has no reference left and the C stack is low: keep op until there is more.
 * False when it is not the collector's, and so holds nothing that nests. */
bool hob_trash_put_off(PyObject *op);

/* Deallocate what was put off, as far as the C stack allows. */
void hob_trash_empty(PyThreadState *ts);

/* upcalls.h -- what objects/ needs from rooms above it; one reason a line.
 * (Public API functions need no entry: <Python.h> is open to every room.)
 */
#pragma once
#include <Python.h>

#include "base/c.h"

/* super() without arguments: the running frame's __class__ cell and first
 * argument, both borrowed.  RuntimeError as the reference words it.  vm/ */
MUST_USE status hob_frame_super_args(PyTypeObject **type, PyObject **self);

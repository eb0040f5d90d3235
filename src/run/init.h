/* init.h -- start and end of the process's Python. */
#pragma once
#include <Python.h>

#include "base/c.h"

status hob_finalize(void);              /* Py_FinalizeEx */

/* format.h -- str.format and what it shares with the _string module. */
#pragma once
#include "objects/str/str_int.h"

/* Fill in the replacement fields of self.  args is a tuple, or NULL for
 * format_map; kwargs a mapping or NULL. */
MUST_USE PyObject *hob_str_format(PyObject *self, PyObject *args, PyObject *kwargs);

/* case.h -- text in another case, and questions about all characters. */
#pragma once
#include "objects/str/str_int.h"

MUST_USE PyObject *hob_str_lower(PyObject *str);
MUST_USE PyObject *hob_str_upper(PyObject *str);
MUST_USE PyObject *hob_str_title(PyObject *str);
MUST_USE PyObject *hob_str_capitalize(PyObject *str);
MUST_USE PyObject *hob_str_swapcase(PyObject *str);
MUST_USE PyObject *hob_str_casefold(PyObject *str);

/* Of a ready str; flags are UCD_... (text/ucd.h). */
bool hob_str_all(PyObject *str, unsigned flags);
bool hob_str_is_case(PyObject *str, unsigned wanted, unsigned unwanted);
bool hob_str_is_title(PyObject *str);

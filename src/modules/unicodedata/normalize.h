/* normalize.h -- normal forms of Unicode text (UAX #15). */
#pragma once
#include <Python.h>

#include "base/c.h"

typedef enum { FORM_NFC, FORM_NFD, FORM_NFKC, FORM_NFKD } normal_form;
typedef enum { NORMAL_NO, NORMAL_YES, NORMAL_MAYBE } normal_verdict;

/* What a look at each character alone tells.  `old` is Unicode 3.2, of which
 * nothing is known; `want_no` tells NO from MAYBE. */
normal_verdict hob_normal_check(PyObject *str, normal_form form, bool old, bool want_no);

/* A new str in the normal form. */
MUST_USE PyObject *hob_normalize(PyObject *str, normal_form form, bool old);

/* _operator.h -- the callable objects of _operator, for its module file. */
#pragma once
#include <Python.h>

#include "base/c.h"

extern PyType_Spec hob_itemgetter_spec;
extern PyType_Spec hob_attrgetter_spec;
extern PyType_Spec hob_methodcaller_spec;

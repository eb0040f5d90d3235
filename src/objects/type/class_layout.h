/* class_layout.h -- may objects of one class become objects of another? */
#pragma once
#include <Python.h>

#include "base/c.h"

/* True when instances of old can be instances of new as they lie in memory;
 * TypeError that names the attribute (__class__, __bases__) otherwise. */
MUST_USE bool hob_layout_compatible(PyTypeObject *old, PyTypeObject *new,
                                    const char *attribute);

/* names.update(names of cls and its bases), for dir(). */
MUST_USE status hob_dir_merge_class(PyObject *names, PyObject *cls);

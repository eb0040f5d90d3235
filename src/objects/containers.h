/* containers.h -- what the containers offer together. */
#pragma once
#include <Python.h>

#include "base/c.h"

/* Give back the dead objects that wait to be used again: for full collections and the
 * end.  Containers: dicts, lists, tuples. */
void hob_containers_clear_freelists(void);
void hob_method_clear_freelist(void);
void hob_slice_clear_freelist(void);

/* Deep invariants of those without a header of their own. */
bool hob_set_check(PyObject *op);               /* frozenset, too */
bool hob_odict_check(PyObject *op);

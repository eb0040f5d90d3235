/* init.c -- what str needs at start: nothing but the table of interned names. */
#include "objects/str/str_int.h"

status
hob_str_init(void)
{
    PyObject *empty = Py_NewRef(hob_str_empty());
    PyUnicode_InternInPlace(&empty);
    Py_DECREF(empty);
    return STATE(hob_str_empty()).interned ? 0 : -1;
}

/* ids.c -- make the interned names of ids.h, once, at start. */
#include "objects/ids.h"

struct hob_ids_table hob_ids;

static const char *const names[] = {
#define X(name) #name,
    HOB_IDS(X)
#undef X
};

status
hob_ids_init(void)
{
    PyObject **slot = (PyObject **)&hob_ids;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        slot[i] = PyUnicode_InternFromString(names[i]);
        if (!slot[i]) { return -1; }
    }
    return 0;
}

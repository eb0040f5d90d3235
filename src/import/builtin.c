/* builtin.c -- modules compiled into the executable.
 *
 * modules.def lists them; PyImport_Inittab is the table extensions and
 * embedders may extend before start (PyImport_AppendInittab).
 */
#include "import/import.h"

#include "base/trace.h"
#include "memory/own.h"
#include "objects/ids.h"
#include "state/interp.h"
#include "state/runtime.h"

#define X(name) PyMODINIT_FUNC PyInit_##name(void);
#include "modules/modules.def"
#undef X

static struct _inittab table[] = {
#define X(name) {#name, PyInit_##name},
#include "modules/modules.def"
#undef X
    {NULL, NULL},
};

struct _inittab *PyImport_Inittab = table;

int
PyImport_ExtendInittab(struct _inittab *more)
{
    size_t n_more = 0, n_have = 0;
    while (more[n_more].name) { n_more++; }
    if (n_more == 0) { return 0; }
    while (PyImport_Inittab[n_have].name) { n_have++; }

    size_t size = (n_have + n_more + 1) * sizeof(struct _inittab);
    struct _inittab *grown = PyMem_RawMalloc(size);
    if (!grown) { return -1; }
    memcpy(grown, PyImport_Inittab, n_have * sizeof *grown);
    memcpy(grown + n_have, more, (n_more + 1) * sizeof *grown);
    if (PyImport_Inittab != table) { PyMem_RawFree(PyImport_Inittab); }
    PyImport_Inittab = grown;
    return 0;
}

int
PyImport_AppendInittab(const char *name, PyObject *(*initfunc)(void))
{
    if (Py_IsInitialized()) {
        Py_FatalError("PyImport_AppendInittab() may not be called after Py_Initialize()");
    }
    struct _inittab more[2] = {{name, initfunc}, {NULL, NULL}};
    return PyImport_ExtendInittab(more);
}

const struct _inittab *
hob_builtin_find(PyObject *name)
{
    for (const struct _inittab *entry = PyImport_Inittab; entry->name; entry++) {
        if (_PyUnicode_EqualToASCIIString(name, entry->name)) { return entry; }
    }
    return NULL;
}

PyObject *
hob_builtin_names(void)
{
    own PyObject *list = PyList_New(0);
    if (!list) { return NULL; }
    for (const struct _inittab *entry = PyImport_Inittab; entry->name; entry++) {
        own PyObject *name = PyUnicode_InternFromString(entry->name);
        if (!name || PyList_Append(list, name) < 0) { return NULL; }
    }
    return PyList_Sort(list) < 0 ? NULL : PyList_AsTuple(list);
}

/* Create the module of a spec; None when there is no such module. */
PyObject *
hob_builtin_create(PyObject *name, PyObject *spec)
{
    bool found;
    PyObject *module = hob_extension_find(name, name, &found);
    if (found || PyErr_Occurred()) { return module; }

    const struct _inittab *entry = hob_builtin_find(name);
    if (!entry) { Py_RETURN_NONE; }
    TRACE(import, "builtin name=%s", entry->name);
    if (!entry->initfunc) {
        /* builtins and sys exist already; a table may say so with NULL */
        return Py_NewRef(PyImport_AddModuleObject(name));
    }
    return hob_extension_from_init(entry->initfunc, name, name, spec, NULL);
}

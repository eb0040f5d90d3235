/* dynload.c -- extension modules in shared objects (dlopen). */
#include "import/import.h"

#include <dlfcn.h>
#include <string.h>

#include "base/trace.h"
#include "memory/own.h"
#include "objects/ids.h"
#include "state/interp.h"
#include "state/runtime.h"

const char *const hob_dynload_suffixes[] = {
    ".cpython-311-x86_64-linux-gnu.so", ".abi3.so", ".so", NULL,
};

/* "PyInit_" + last part of the name; non-ASCII names in punycode: "PyInitU_". */
static MUST_USE PyObject *
init_name_of(PyObject *name)
{
    Py_ssize_t length = PyUnicode_GET_LENGTH(name);
    Py_ssize_t dot = PyUnicode_FindChar(name, '.', 0, length, -1);
    if (dot == -2) { return NULL; }
    own PyObject *last = PyUnicode_Substring(name, dot + 1, length);
    if (!last) { return NULL; }
    bool is_ascii = PyUnicode_IS_ASCII(last);
    own PyObject *encoded = is_ascii ? PyUnicode_AsASCIIString(last)
                                     : PyUnicode_AsEncodedString(last, "punycode", NULL);
    if (!encoded) { return NULL; }
    own PyObject *plain = PyObject_CallMethod(encoded, "replace", "y#y#", "-", (Py_ssize_t)1, "_",
                                              (Py_ssize_t)1);
    if (!plain) { return NULL; }
    return PyBytes_FromFormat("%s_%s", is_ascii ? "PyInit" : "PyInitU", PyBytes_AS_STRING(plain));
}

static COLD void
set_import_error(PyObject *message, PyObject *name, PyObject *path)
{
    if (message) { PyErr_SetImportError(message, name, path); }
    Py_XDECREF(message);
}

PyObject *
hob_dynload_create(PyObject *spec)
{
    own PyObject *name = PyObject_GetAttr(spec, ID(name));
    if (!name) { return NULL; }
    if (!PyUnicode_Check(name)) {
        PyErr_SetString(PyExc_TypeError, "spec.name must be a string");
        return NULL;
    }
    own PyObject *path = PyObject_GetAttr(spec, ID(origin));
    if (!path) { return NULL; }
    bool found;
    PyObject *known = hob_extension_find(name, path, &found);
    if (found || PyErr_Occurred()) { return known; }

    own PyObject *init_name = init_name_of(name);
    if (!init_name) { return NULL; }
    own PyObject *file = PyUnicode_EncodeFSDefault(path);
    if (!file) { return NULL; }
    if (PySys_Audit("import", "OOOOO", name, path, Py_None, Py_None, Py_None) < 0) { return NULL; }

    char slashed[4096];
    const char *file_name = PyBytes_AS_STRING(file);
    if (!strchr(file_name, '/')) {      /* or dlopen would search its own path */
        snprintf(slashed, sizeof slashed, "./%s", file_name);
        file_name = slashed;
    }
    TRACE(import, "shared_object file=%s init=%s", file_name, PyBytes_AS_STRING(init_name));
    void *handle = dlopen(file_name, hob_ts()->interp->dlopenflags);
    if (!handle) {
        const char *why = dlerror();
        own PyObject *text = PyUnicode_DecodeLocale(why ? why : "unknown dlopen() error",
                                                    "surrogateescape");
        if (!text) { return NULL; }
        set_import_error(Py_NewRef(text), name, path);
        return NULL;
    }
    const char *symbol = PyBytes_AS_STRING(init_name);
    PyObject *(*init)(void) = (PyObject *(*)(void))dlsym(handle, symbol);
    if (!init) {
        set_import_error(PyUnicode_FromFormat(
            "dynamic module does not define module export function (%s)", symbol), name, path);
        return NULL;
    }
    return hob_extension_from_init(init, name, path, spec, symbol);
}

/* lazy.c -- loading a library of functions by name. */
#include "modules/_hash/lazy.h"

#include <dlfcn.h>

status
hob_lazy_load(const char *library, const char *const *names, size_t n, void **functions)
{
    if (functions[n - 1]) { return 0; }         /* done before */
    void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    for (size_t i = 0; handle && i < n; i++) {
        functions[i] = dlsym(handle, names[i]);
        if (!functions[i]) { handle = NULL; }
    }
    if (handle) { return 0; }
    functions[n - 1] = NULL;
    PyErr_Format(PyExc_ImportError, "cannot load %s: %s", library, dlerror());
    return -1;
}

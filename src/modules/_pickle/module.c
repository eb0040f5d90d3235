/* module.c -- the module _pickle: dump, dumps, load, loads.
 *
 * Holds      the module's state keeps what other modules gave: copyreg's registries,
 *            which are dicts shared with it, and _compat_pickle's tables of names.
 *            The types are the process's, so their methods find the state by the
 *            running interpreter: hob_pickle().
 */
#include "modules/_pickle/pickle_int.h"

#include "objects/bind.h"

struct hob_pickle_names hob_pickle_names;
struct hob_pickle_last hob_pickle_last = {-1, NULL};
static struct PyModuleDef pickle_module;

pickle_state *
hob_pickle_find(void)
{
    static pickle_state none;
    PyObject *module = PyState_FindModule(&pickle_module);
    if (!module) { return &none; }
    hob_pickle_last = (struct hob_pickle_last){hob_ts()->interp->id, PyModule_GetState(module)};
    return hob_pickle_last.state;
}

status
hob_pickle_ready(void)
{
    if (hob_pickle()->PickleError) { return 0; }
    PyErr_SetString(PyExc_RuntimeError, "the interpreter is shutting down");
    return -1;
}

static MUST_USE status
prepare_dump(pickler *self, PyObject *protocol, bool fix_imports, PyObject *buffer_callback)
{
    if (hob_pickler_protocol(self, protocol, fix_imports) < 0) { return -1; }
    return hob_pickler_callback(self, buffer_callback);
}

/** dump($module, /, obj, file, protocol=None, *, fix_imports=True, buffer_callback=None)
 *
 *  Write obj in pickled form to a binary file.
 *
 *  The same as Pickler(file, protocol).dump(obj); see there for the arguments.
 */
static PyObject *
pickle_dump(PyObject *module, PyObject *obj, PyObject *file, PyObject *protocol, bool fix_imports,
            PyObject *buffer_callback)
{
    own pickler *self = hob_pickler_new();
    if (!self || hob_pickler_protocol(self, protocol, fix_imports) < 0) { return NULL; }
    if (hob_pickler_file(self, file) < 0 || hob_pickler_callback(self, buffer_callback) < 0) {
        return NULL;
    }
    if (hob_pickler_run(self, obj) < 0 || hob_pickler_flush(self) < 0) { return NULL; }
    Py_RETURN_NONE;
}

/** dumps($module, /, obj, protocol=None, *, fix_imports=True, buffer_callback=None)
 *
 *  Return obj in pickled form, as bytes.
 *
 *  See Pickler for the arguments.
 */
static PyObject *
pickle_dumps(PyObject *module, PyObject *obj, PyObject *protocol, bool fix_imports,
             PyObject *buffer_callback)
{
    own pickler *self = hob_pickler_new();
    if (!self || prepare_dump(self, protocol, fix_imports, buffer_callback) < 0) { return NULL; }
    return hob_pickler_run(self, obj) < 0 ? NULL : hob_pickler_bytes(self);
}

static MUST_USE status
prepare_load(unpickler *self, bool fix_imports, const char *encoding, const char *errors,
             PyObject *buffers)
{
    if (hob_unpickler_encoding(self, encoding, errors) < 0) { return -1; }
    self->fix_imports = fix_imports;
    return hob_unpickler_buffers(self, buffers);
}

/** load($module, /, file, *, fix_imports=True, encoding='ASCII', errors='strict', buffers=())
 *
 *  Read a pickle from a binary file and return the object it makes.
 *
 *  The same as Unpickler(file).load(); see there for the arguments.
 */
static PyObject *
pickle_load(PyObject *module, PyObject *file, bool fix_imports, const char *encoding,
            const char *errors, PyObject *buffers)
{
    own unpickler *self = hob_unpickler_new();
    if (!self || hob_unpickler_file(self, file) < 0) { return NULL; }
    if (prepare_load(self, fix_imports, encoding, errors, buffers) < 0) { return NULL; }
    return hob_unpickler_run(self);
}

/** loads($module, data, /, *, fix_imports=True, encoding='ASCII', errors='strict', buffers=())
 *
 *  Return the object that the pickle in data makes.
 *
 *  What follows the pickle is ignored.  See Unpickler for the arguments.
 */
static PyObject *
pickle_loads(PyObject *module, PyObject *data, bool fix_imports, const char *encoding,
             const char *errors, PyObject *buffers)
{
    own unpickler *self = hob_unpickler_new();
    Py_buffer view;
    if (!self || PyObject_GetBuffer(data, &view, PyBUF_CONTIG_RO) < 0) { return NULL; }
    self->bytes = view.buf;
    self->n_bytes = self->n_taken = view.len;
    PyObject *result = prepare_load(self, fix_imports, encoding, errors, buffers) < 0 ? NULL
        : hob_unpickler_run(self);
    self->bytes = NULL;
    self->n_bytes = self->at = 0;
    PyBuffer_Release(&view);
    return result;
}

#include "gen/modules/_pickle/module.bind.h"

/* --- start --- */

static MUST_USE status
make_names(void)
{
#define X(name) \
    if (!NAME(name) && !(NAME(name) = PyUnicode_InternFromString(#name))) { return -1; }
    PICKLE_NAMES(X)
#undef X
    return 0;
}

/* What is wanted of other modules, and where in the state it goes. */
static const struct {
    const char *module, *name;
    bool is_dict;
    size_t to;
} wanted[] = {
#define TO(field) offsetof(pickle_state, field)
    {"copyreg", "dispatch_table", true, TO(dispatch_table)},
    {"copyreg", "_extension_registry", true, TO(extension_registry)},
    {"copyreg", "_inverted_registry", true, TO(inverted_registry)},
    {"copyreg", "_extension_cache", true, TO(extension_cache)},
    {"_compat_pickle", "NAME_MAPPING", true, TO(name_to_3)},
    {"_compat_pickle", "IMPORT_MAPPING", true, TO(import_to_3)},
    {"_compat_pickle", "REVERSE_NAME_MAPPING", true, TO(name_to_2)},
    {"_compat_pickle", "REVERSE_IMPORT_MAPPING", true, TO(import_to_2)},
    {"codecs", "encode", false, TO(encode)},
    {"builtins", "getattr", false, TO(getattr)},
    {"functools", "partial", false, TO(partial)},
#undef TO
};

static MUST_USE status
find_wanted(pickle_state *state)
{
    for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
        own PyObject *module = PyImport_ImportModule(wanted[i].module);
        PyObject *found = module ? PyObject_GetAttrString(module, wanted[i].name) : NULL;
        if (!found) { return -1; }
        *(PyObject **)((char *)state + wanted[i].to) = found;
        if (wanted[i].is_dict && !PyDict_CheckExact(found)) {
            PyErr_Format(PyExc_RuntimeError, "%s.%s should be a dict, not %.200s", wanted[i].module,
                         wanted[i].name, Py_TYPE(found)->tp_name);
            return -1;
        }
    }
    return 0;
}

static MUST_USE status
make_error(PyObject *module, const char *full_name, PyObject *base, PyObject **to)
{
    *to = PyErr_NewException(full_name, base, NULL);
    return *to ? PyModule_AddObjectRef(module, strchr(full_name, '.') + 1, *to) : -1;
}

static MUST_USE status
fill_module(PyObject *module, pickle_state *state)
{
    PyTypeObject *types[] = {&hob_pickler_type, &hob_unpickler_type, &PyPickleBuffer_Type};
    PyTypeObject *inner[] = {&hob_pickler_memo_type, &hob_unpickler_memo_type};
    for (size_t i = 0; i < ARRAY_LEN(inner); i++) {
        if (PyType_Ready(inner[i]) < 0) { return -1; }
    }
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        if (PyModule_AddType(module, types[i]) < 0) { return -1; }
    }
    if (make_error(module, "_pickle.PickleError", NULL, &state->PickleError) < 0) { return -1; }
    PyObject *base = state->PickleError;
    if (make_error(module, "_pickle.PicklingError", base, &state->PicklingError) < 0) {
        return -1;
    }
    return make_error(module, "_pickle.UnpicklingError", base, &state->UnpicklingError);
}

static PyObject **
state_slot(PyObject *module, size_t i)
{
    return (PyObject **)PyModule_GetState(module) + i;
}

enum { N_SLOTS = sizeof(pickle_state) / sizeof(PyObject *) };

static int
pickle_traverse(PyObject *module, visitproc visit, void *arg)
{
    for (size_t i = 0; i < N_SLOTS; i++) { Py_VISIT(*state_slot(module, i)); }
    return 0;
}

static int
pickle_clear(PyObject *module)
{
    for (size_t i = 0; i < N_SLOTS; i++) { Py_CLEAR(*state_slot(module, i)); }
    return 0;
}

static void
pickle_free(void *module)
{
    pickle_clear(module);
    hob_pickle_last.interp_id = -1;
}

static struct PyModuleDef pickle_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_pickle",
    .m_doc = "The pickle module's work, compiled: picklers, unpicklers and their errors.",
    .m_size = sizeof(pickle_state),
    .m_methods = module_methods,
    .m_traverse = pickle_traverse,
    .m_clear = pickle_clear,
    .m_free = pickle_free,
};

PyMODINIT_FUNC PyInit__pickle(void);
PyMODINIT_FUNC
PyInit__pickle(void)
{
    PyObject *found = PyState_FindModule(&pickle_module);
    if (found) { return Py_NewRef(found); }
    own PyObject *module = make_names() < 0 ? NULL : PyModule_Create(&pickle_module);
    if (!module) { return NULL; }
    pickle_state *state = PyModule_GetState(module);
    return find_wanted(state) == 0 && fill_module(module, state) == 0 ? take(module) : NULL;
}

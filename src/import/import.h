/* import.h -- what the rest of Hob asks of the import room. */
#pragma once
#include <Python.h>

#include "base/c.h"

/* Bind importlib's bootstrap to this interpreter: frozen modules only. */
MUST_USE status hob_import_start(PyInterpreterState *interp);

/* Install the path-based importers and zipimport's hook. */
MUST_USE status hob_import_start_external(PyInterpreterState *interp);

/* --- builtin.c: modules compiled in --- */
MAYBE_NULL const struct _inittab *hob_builtin_find(PyObject *name);
MUST_USE PyObject *hob_builtin_names(void);             /* sorted tuple of str */
MUST_USE PyObject *hob_builtin_create(PyObject *name, PyObject *spec);

/* --- frozen.c: code objects stored in the executable --- */
enum hob_frozen_status { FROZEN_OKAY, FROZEN_BAD_NAME, FROZEN_NOT_FOUND, FROZEN_DISABLED,
                         FROZEN_EXCLUDED, FROZEN_INVALID };

struct hob_frozen_info {
    PyObject *name;             /* borrowed */
    const char *data;
    Py_ssize_t size;
    bool is_package;
    const char *origname;       /* NULL: none */
};

enum hob_frozen_status hob_frozen_find(PyObject *name, struct hob_frozen_info *info);
void hob_frozen_set_error(enum hob_frozen_status status, PyObject *name);
MUST_USE PyObject *hob_frozen_code(const struct hob_frozen_info *info);
MUST_USE PyObject *hob_frozen_names(void);

/* --- dynload.c: extension modules --- */
extern const char *const hob_dynload_suffixes[];
MUST_USE PyObject *hob_dynload_create(PyObject *spec);

/* --- extensions.c: single-phase modules and their registry --- */
MUST_USE PyObject *hob_extension_find(PyObject *name, PyObject *filename, bool *found);
MUST_USE status hob_extension_finish(PyObject *module, PyObject *name, PyObject *filename);
MUST_USE PyObject *hob_extension_from_init(PyObject *(*init)(void), PyObject *name,
                                           PyObject *filename, PyObject *spec,
                                           const char *init_name);
extern HOB_EXPORT const char *_Py_PackageContext;     /* dotted name while PyInit_x runs, or NULL */

/* --- import_lock --- */
extern int hob_import_override_frozen;      /* -X frozen_modules for tests: 0, 1, -1 */

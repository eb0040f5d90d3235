/* frozen.c -- code objects stored in the executable, as marshal wrote them.
 *
 * Hob's own compiler (tools/gen/freeze.c) and tools/gen/frozen.py make the table
 * from the standard library: what start-up imports, so that starting reads no
 * files.  PyImport_FrozenModules holds entries of embedders, searched first.
 */
#include "import/import.h"

#include <marshal.h>

#include "memory/own.h"
#include "objects/ids.h"
#include "state/interp.h"
#include "state/runtime.h"

struct frozen_entry {
    const char *name;
    const unsigned char *data;  /* NULL: listed, but empty */
    int size;
    bool is_package;
    bool is_bootstrap;          /* always used; the rest obey -X frozen_modules */
    const char *origname;
};

#ifdef HOB_FROZEN_NONE                  /* the build's freeze, which makes the table */
static const struct frozen_entry frozen_table[] = {{NULL}};
static const struct _frozen frozen_bootstrap[] = {{NULL}}, frozen_stdlib[] = {{NULL}},
    frozen_test[] = {{NULL}};
#else
#include "gen/import/frozen.h"          /* frozen_table[] */
#endif

const struct _frozen *PyImport_FrozenModules;
HOB_EXPORT const struct _frozen *_PyImport_FrozenBootstrap = frozen_bootstrap;
HOB_EXPORT const struct _frozen *_PyImport_FrozenStdlib = frozen_stdlib;
HOB_EXPORT const struct _frozen *_PyImport_FrozenTest = frozen_test;
int hob_import_override_frozen;

static bool
frozen_enabled(void)
{
    if (hob_import_override_frozen) { return hob_import_override_frozen > 0; }
    return hob_ts()->interp->config.use_frozen_modules;
}

enum hob_frozen_status
hob_frozen_find(PyObject *name, struct hob_frozen_info *info)
{
    *info = (struct hob_frozen_info){.name = name};
    if (!name || name == Py_None || !PyUnicode_Check(name)) { return FROZEN_BAD_NAME; }

    for (const struct _frozen *entry = PyImport_FrozenModules; entry && entry->name; entry++) {
        if (!_PyUnicode_EqualToASCIIString(name, entry->name)) { continue; }
        info->data = (const char *)entry->code;
        info->size = entry->size < 0 ? -entry->size : entry->size;
        info->is_package = entry->is_package || entry->size < 0;
        info->origname = entry->name;
        return !entry->code ? FROZEN_EXCLUDED : entry->size == 0 ? FROZEN_INVALID : FROZEN_OKAY;
    }
    for (const struct frozen_entry *entry = frozen_table; entry->name; entry++) {
        if (!_PyUnicode_EqualToASCIIString(name, entry->name)) { continue; }
        if (!entry->is_bootstrap && !frozen_enabled()) { return FROZEN_DISABLED; }
        info->data = (const char *)entry->data;
        info->size = entry->size;
        info->is_package = entry->is_package;
        info->origname = entry->origname;
        return entry->data ? FROZEN_OKAY : FROZEN_EXCLUDED;
    }
    return FROZEN_NOT_FOUND;
}

void
hob_frozen_set_error(enum hob_frozen_status why, PyObject *name)
{
    static const char *const texts[] = {
        [FROZEN_BAD_NAME] = "No such frozen object named %R",
        [FROZEN_NOT_FOUND] = "No such frozen object named %R",
        [FROZEN_DISABLED] = "Frozen modules are disabled and the frozen object named %R "
                            "is not essential",
        [FROZEN_EXCLUDED] = "Excluded frozen object named %R",
        [FROZEN_INVALID] = "Frozen object named %R is invalid",
    };
    own PyObject *message = PyUnicode_FromFormat(texts[why], name ? name : Py_None);
    if (message) { PyErr_SetImportError(message, name, NULL); }
}

PyObject *
hob_frozen_code(const struct hob_frozen_info *info)
{
    own PyObject *code = PyMarshal_ReadObjectFromString(info->data, info->size);
    if (!code) {
        PyErr_Clear();
        hob_frozen_set_error(FROZEN_INVALID, info->name);
        return NULL;
    }
    if (!PyCode_Check(code)) {
        PyErr_Format(PyExc_TypeError, "frozen object %R is not a code object", info->name);
        return NULL;
    }
    return take(code);
}

PyObject *
hob_frozen_names(void)
{
    own PyObject *list = PyList_New(0);
    if (!list) { return NULL; }
    const struct _frozen *const groups[] = {frozen_bootstrap, frozen_stdlib, frozen_test};
    for (size_t i = 0; i < ARRAY_LEN(groups); i++) {
        for (const struct _frozen *entry = groups[i]; entry->name; entry++) {
            own PyObject *name = PyUnicode_FromString(entry->name);
            if (!name || PyList_Append(list, name) < 0) { return NULL; }
        }
    }
    return take(list);
}

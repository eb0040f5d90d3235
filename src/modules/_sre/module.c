/* module.c -- module _sre: from code words to Pattern objects. */
#include "modules/_sre/sre.h"

extern PyMethodDef *const hob_pattern_extra, *const hob_match_extra;

/** getcodesize($module, /)
 */
static int
sre_getcodesize(PyObject *module)
{
    return sizeof(sre_code);
}

/** ascii_iscased($module, character, /)
 */
static bool
sre_ascii_iscased(PyObject *module, int character)
{
    Py_UCS4 c = (Py_UCS4)character;
    return c < 128 && Py_ISALPHA(c);
}

/** unicode_iscased($module, character, /)
 */
static bool
sre_unicode_iscased(PyObject *module, int character)
{
    Py_UCS4 c = (Py_UCS4)character;
    return Py_UNICODE_TOLOWER(c) != c || Py_UNICODE_TOUPPER(c) != c;
}

/** ascii_tolower($module, character, /)
 */
static int
sre_ascii_tolower(PyObject *module, int character)
{
    return (int)hob_sre_lower_ascii((Py_UCS4)character);
}

/** unicode_tolower($module, character, /)
 */
static int
sre_unicode_tolower(PyObject *module, int character)
{
    return (int)hob_sre_lower_unicode((Py_UCS4)character);
}

static MUST_USE status
fill_code(sre_code *words, PyObject *code)
{
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(code); i++) {
        unsigned long word = PyLong_AsUnsignedLong(PyList_GET_ITEM(code, i));
        if (word == (unsigned long)-1 && PyErr_Occurred()) {
            if (PyErr_ExceptionMatches(PyExc_OverflowError)) {
                PyErr_SetString(PyExc_OverflowError, "regular expression code size limit exceeded");
            }
            return -1;
        }
        words[i] = (sre_code)word;
        if (words[i] != word) {
            PyErr_SetString(PyExc_OverflowError, "regular expression code size limit exceeded");
            return -1;
        }
    }
    return 0;
}

static MUST_USE status
look_at_pattern(sre_pattern *self, PyObject *pattern)
{
    self->is_bytes = false;
    if (pattern == Py_None || PyUnicode_Check(pattern)) { return 0; }
    Py_buffer view;
    if (PyObject_GetBuffer(pattern, &view, PyBUF_SIMPLE) != 0) {
        PyErr_Format(PyExc_TypeError, "expected string or bytes-like object, got '%.200s'",
                     Py_TYPE(pattern)->tp_name);
        return -1;
    }
    PyBuffer_Release(&view);
    self->is_bytes = true;
    return 0;
}

/** compile($module, /, pattern, flags, code, groups, groupindex, indexgroup)
 */
static PyObject *
sre_compile(PyObject *module, PyObject *pattern, int flags, PyListObject *code, Py_ssize_t groups,
            PyDictObject *groupindex, PyTupleObject *indexgroup)
{
    sre_state *state = PyModule_GetState(module);
    Py_ssize_t n = PyList_GET_SIZE(code);
    sre_code *words = PyMem_New(sre_code, n);
    if (!words) { return PyErr_NoMemory(); }
    if (fill_code(words, (PyObject *)code) < 0) {
        PyMem_Free(words);
        return NULL;
    }
    own sre_pattern *self = PyObject_GC_NewVar(sre_pattern, state->pattern_type,
                                               n + hob_sre_room_for_maps(words, n));
    if (self) {
        Py_SET_SIZE(self, n);
        memcpy(self->code, words, (size_t)n * sizeof *words);
    }
    PyMem_Free(words);
    if (!self) { return NULL; }
    self->starts = NULL;
    self->only_start = -1;
    self->weakrefs = NULL;
    self->pattern = self->groupindex = self->indexgroup = NULL;
    self->flags = flags;
    self->groups = groups;
    PyObject_GC_Track(self);
    if (look_at_pattern(self, pattern) < 0) { return NULL; }
    self->pattern = Py_NewRef(pattern);
    self->groupindex = Py_NewRef((PyObject *)groupindex);
    self->indexgroup = Py_NewRef((PyObject *)indexgroup);
    if (hob_sre_validate(self) < 0) { return NULL; }
    hob_sre_prepare(self);
    return (PyObject *)take(self);
}

#include "gen/modules/_sre/module.bind.h"

static MUST_USE status
add_extra(PyTypeObject *type, PyMethodDef *methods)
{
    for (PyMethodDef *def = methods; def->ml_name; def++) {
        own PyObject *descr = def->ml_flags & METH_CLASS ? PyDescr_NewClassMethod(type, def)
                                                         : PyDescr_NewMethod(type, def);
        if (!descr || PyDict_SetItemString(type->tp_dict, def->ml_name, descr) < 0) { return -1; }
    }
    PyType_Modified(type);
    return 0;
}

static int
sre_exec(PyObject *module)
{
    sre_state *state = PyModule_GetState(module);
    const struct { PyTypeObject **slot; PyType_Spec *spec; } types[] = {
        {&state->pattern_type, &hob_pattern_spec}, {&state->match_type, &hob_match_spec},
        {&state->scanner_type, &hob_scanner_spec},
    };
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        *types[i].slot = (PyTypeObject *)PyType_FromModuleAndSpec(module, types[i].spec, NULL);
        if (!*types[i].slot) { return -1; }
    }
    if (add_extra(state->pattern_type, hob_pattern_extra) < 0
        || add_extra(state->match_type, hob_match_extra) < 0) {
        return -1;
    }
    own PyObject *max_repeat = PyLong_FromUnsignedLong(SRE_MAX_REPEAT);
    if (!max_repeat || PyModule_AddObjectRef(module, "MAXREPEAT", max_repeat) < 0) { return -1; }
    if (PyModule_AddIntConstant(module, "MAGIC", SRE_MAGIC) < 0
        || PyModule_AddIntConstant(module, "CODESIZE", sizeof(sre_code)) < 0
        || PyModule_AddIntConstant(module, "MAXGROUPS", SRE_MAX_GROUPS) < 0) {
        return -1;
    }
    return PyModule_AddStringConstant(module, "copyright", "Hob's regular expression engine");
}

static int
sre_traverse(PyObject *module, visitproc visit, void *arg)
{
    sre_state *state = PyModule_GetState(module);
    Py_VISIT(state->pattern_type);
    Py_VISIT(state->match_type);
    Py_VISIT(state->scanner_type);
    return 0;
}

static int
sre_clear(PyObject *module)
{
    sre_state *state = PyModule_GetState(module);
    Py_CLEAR(state->pattern_type);
    Py_CLEAR(state->match_type);
    Py_CLEAR(state->scanner_type);
    return 0;
}

static PyModuleDef_Slot slots[] = {{Py_mod_exec, sre_exec}, {0, NULL}};

struct PyModuleDef hob_sre_def = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_sre",
    .m_size = sizeof(sre_state),
    .m_methods = module_methods,
    .m_slots = slots,
    .m_traverse = sre_traverse,
    .m_clear = sre_clear,
};

PyMODINIT_FUNC
PyInit__sre(void)
{
    return PyModuleDef_Init(&hob_sre_def);
}

/* _symtable.c -- the compiler's symbol table, for Lib/symtable.py. */
#include <Python.h>

#include "compile/symtable.h"
#include "memory/own.h"

/** symtable($module, source, filename, startstr, /)
 *
 *  The scopes and their symbols, as the compiler sees them, of a source text.
 */
static PyObject *
symtable_symtable(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    if (!_PyArg_CheckPositional("symtable", nargs, 3, 3)) { return NULL; }
    own PyObject *filename = NULL;
    if (!PyUnicode_FSDecoder(args[1], &filename)) { return NULL; }
    if (!PyUnicode_Check(args[2])) {
        _PyArg_BadArgument("symtable", "argument 3", "str", args[2]);
        return NULL;
    }
    Py_ssize_t length;
    const char *mode = PyUnicode_AsUTF8AndSize(args[2], &length);
    if (!mode) { return NULL; }
    if (strlen(mode) != (size_t)length) {
        PyErr_SetString(PyExc_ValueError, "embedded null character");
        return NULL;
    }

    PyCompilerFlags flags = _PyCompilerFlags_INIT;
    flags.cf_flags = PyCF_SOURCE_IS_UTF8;
    own PyObject *kept = NULL;
    const char *source = _Py_SourceAsString(args[0], "symtable", "string or bytes", &flags,
                                            &kept);
    if (!source) { return NULL; }

    int start;
    if (strcmp(mode, "exec") == 0) { start = Py_file_input; }
    else if (strcmp(mode, "eval") == 0) { start = Py_eval_input; }
    else if (strcmp(mode, "single") == 0) { start = Py_single_input; }
    else {
        PyErr_SetString(PyExc_ValueError,
                        "symtable() arg 3 must be 'exec' or 'eval' or 'single'");
        return NULL;
    }
    return hob_symtable_of_source(source, (Py_ssize_t)strlen(source), filename, start, &flags);
}

#include "gen/modules/_symtable.bind.h"

static const struct { const char *name; long value; } constants[] = {
    {"USE", USE}, {"DEF_GLOBAL", DEF_GLOBAL}, {"DEF_NONLOCAL", DEF_NONLOCAL},
    {"DEF_LOCAL", DEF_LOCAL}, {"DEF_PARAM", DEF_PARAM}, {"DEF_FREE", DEF_FREE},
    {"DEF_FREE_CLASS", DEF_FREE_CLASS}, {"DEF_IMPORT", DEF_IMPORT}, {"DEF_BOUND", DEF_BOUND},
    {"DEF_ANNOT", DEF_ANNOT}, {"TYPE_FUNCTION", BLOCK_FUNCTION}, {"TYPE_CLASS", BLOCK_CLASS},
    {"TYPE_MODULE", BLOCK_MODULE}, {"LOCAL", LOCAL}, {"GLOBAL_EXPLICIT", GLOBAL_EXPLICIT},
    {"GLOBAL_IMPLICIT", GLOBAL_IMPLICIT}, {"FREE", FREE}, {"CELL", CELL},
    {"SCOPE_OFF", SCOPE_SHIFT}, {"SCOPE_MASK", SCOPE_MASK},
};

static int
symtable_exec(PyObject *module)
{
    for (size_t i = 0; i < ARRAY_LEN(constants); i++) {
        if (PyModule_AddIntConstant(module, constants[i].name, constants[i].value) < 0) {
            return -1;
        }
    }
    return 0;
}

static PyModuleDef_Slot symtable_slots[] = {
    {Py_mod_exec, symtable_exec},
    {0},
};

static PyModuleDef symtable_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_symtable",
    .m_methods = module_methods,
    .m_slots = symtable_slots,
};

PyMODINIT_FUNC
PyInit__symtable(void)
{
    return PyModuleDef_Init(&symtable_module);
}

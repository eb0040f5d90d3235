/* _ast.c -- module _ast: the node types, and the flags that compile() takes for them. */
#include "memory/own.h"
#include "syntax/ast_types.h"

static status
add_types(PyObject *module, const hob_ast_objects *objects)
{
    for (int i = 0; i < HOB_AST_N_TYPES; i++) {
        const hob_ast_type *row = &hob_ast_types[i];
        if (PyModule_AddObjectRef(module, row->name, objects->types[i]) < 0) { return -1; }
        if (row->kind == AST_PRODUCT) { continue; }
        for (int k = row->first_shape; k < row->first_shape + row->n_shapes; k++) {
            if (PyModule_AddObjectRef(module, hob_ast_shapes[k].name, objects->shapes[k]) < 0) {
                return -1;
            }
        }
    }
    return 0;
}

static int
ast_exec(PyObject *module)
{
    const hob_ast_objects *objects = hob_ast_objects_get();
    if (!objects || PyModule_AddObjectRef(module, "AST", objects->base) < 0
        || PyModule_AddIntMacro(module, PyCF_ALLOW_TOP_LEVEL_AWAIT) < 0
        || PyModule_AddIntMacro(module, PyCF_ONLY_AST) < 0
        || PyModule_AddIntMacro(module, PyCF_TYPE_COMMENTS) < 0) {
        return -1;
    }
    return add_types(module, objects);
}

static PyModuleDef_Slot ast_slots[] = {
    {Py_mod_exec, ast_exec},
    {0, NULL},
};

static PyModuleDef ast_module = {
    PyModuleDef_HEAD_INIT, .m_name = "_ast", .m_size = 0, .m_slots = ast_slots,
};

PyMODINIT_FUNC
PyInit__ast(void)
{
    return PyModuleDef_Init(&ast_module);
}

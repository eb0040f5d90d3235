/* _opcode.c -- what the module opcode asks of the compiler. */
#include <Python.h>

#include "base/c.h"
#include "memory/own.h"

#include <opcode.h>

/** stack_effect($module, opcode, oparg=None, /, *, jump=None)
 *
 *  By how much the instruction makes the value stack grow.
 */
static PyObject *
opcode_stack_effect(PyObject *module, int opcode, PyObject *oparg, PyObject *jump)
{
    int arg = 0;
    if (opcode >= HAVE_ARGUMENT) {
        if (oparg == Py_None) {
            PyErr_SetString(PyExc_ValueError,
                            "stack_effect: opcode requires oparg but oparg was not specified");
            return NULL;
        }
        arg = (int)PyLong_AsLong(oparg);
        if (arg == -1 && PyErr_Occurred()) { return NULL; }
    }
    else if (oparg != Py_None) {
        PyErr_SetString(PyExc_ValueError,
                        "stack_effect: opcode does not permit oparg but oparg was specified");
        return NULL;
    }

    int taken = -1;
    if (jump == Py_True) { taken = 1; }
    else if (jump == Py_False) { taken = 0; }
    else if (jump != Py_None) {
        PyErr_SetString(PyExc_ValueError, "stack_effect: jump must be False, True or None");
        return NULL;
    }
    int effect = PyCompile_OpcodeStackEffectWithJump(opcode, arg, taken);
    if (effect == PY_INVALID_STACK_EFFECT) {
        PyErr_SetString(PyExc_ValueError, "invalid opcode or oparg");
        return NULL;
    }
    return PyLong_FromLong(effect);
}

/** get_specialization_stats($module, /)
 *
 *  Return the specialization stats
 */
static PyObject *
opcode_get_specialization_stats(PyObject *module)
{
    Py_RETURN_NONE;                     /* as in a build that does not count them */
}

#include "gen/modules/_opcode.bind.h"

static PyModuleDef opcode_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_opcode",
    .m_doc = "Opcode support module.",
    .m_methods = module_methods,
};

PyMODINIT_FUNC
PyInit__opcode(void)
{
    return PyModuleDef_Init(&opcode_module);
}

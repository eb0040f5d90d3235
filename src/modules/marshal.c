/* marshal.c -- the module marshal: values to bytes and back.
 *
 * The format and both directions are in bytecode/marshal*.c.
 */
#include "bytecode/marshal.h"

#include <marshal.h>

#include "memory/own.h"
#include "objects/ids.h"

/* The version in args[at], or the newest. */
static bool
take_version(const char *func, PyObject *const *args, Py_ssize_t nargs, Py_ssize_t at,
             int *version)
{
    if (!_PyArg_CheckPositional(func, nargs, at, at + 1)) { return false; }
    *version = Py_MARSHAL_VERSION;
    if (nargs <= at) { return true; }
    *version = _PyLong_AsInt(args[at]);
    return !(*version == -1 && PyErr_Occurred());
}

/** dump($module, value, file, version=version, /)
 *
 *  Write value to a file opened for binary writing.
 *
 *    version
 *      which form of the format to write
 *
 *  A value of an unsupported type raises ValueError; the file then already holds
 *  the part before it.
 */
static PyObject *
marshal_dump(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    int version;
    if (!take_version("dump", args, nargs, 2, &version)) { return NULL; }

    own PyObject *bytes = PyMarshal_WriteObjectToString(args[0], version);
    if (!bytes) { return NULL; }
    return PyObject_CallMethodOneArg(args[1], ID(write), bytes);
}

/** dumps($module, value, version=version, /)
 *
 *  The bytes that dump() would write for value.
 *
 *    version
 *      which form of the format to write
 *
 *  A value of an unsupported type raises ValueError.
 */
static PyObject *
marshal_dumps(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    int version;
    if (!take_version("dumps", args, nargs, 1, &version)) { return NULL; }
    return PyMarshal_WriteObjectToString(args[0], version);
}

/** load($module, file, /)
 *
 *  Read one value from a file opened for binary reading.
 *
 *  Bytes that are no value raise EOFError, ValueError or TypeError.
 */
static PyObject *
marshal_load(PyObject *module, PyObject *file)
{
    return hob_marshal_read_stream(file);
}

/** loads($module, bytes, /)
 *
 *  The value that the bytes stand for; what follows it is ignored.
 *
 *  Bytes that are no value raise EOFError, ValueError or TypeError.
 */
static PyObject *
marshal_loads(PyObject *module, Py_buffer *bytes)
{
    return PyMarshal_ReadObjectFromString(bytes->buf, bytes->len);
}

#include "gen/modules/marshal.bind.h"

PyDoc_STRVAR(marshal_doc,
"Values as bytes, in the format of .pyc files.\n"
"\n"
"It holds None, Ellipsis, StopIteration, bools, numbers, str, bytes-like objects,\n"
"tuples, lists, dicts, sets, frozensets and code objects, nested as they like\n"
"but not in a circle. Which bytes mean what is Python's own affair and may\n"
"change with its version; `version` is the form written by default.");

static int
marshal_exec(PyObject *module)
{
    return PyModule_AddIntConstant(module, "version", Py_MARSHAL_VERSION);
}

static PyModuleDef_Slot marshal_slots[] = {
    {Py_mod_exec, marshal_exec},
    {0},
};

static PyModuleDef marshal_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "marshal",
    .m_doc = marshal_doc,
    .m_methods = module_methods,
    .m_slots = marshal_slots,
};

PyMODINIT_FUNC
PyInit_marshal(void)
{
    return PyModuleDef_Init(&marshal_module);
}

PyMODINIT_FUNC PyMarshal_Init(void);    /* its other name among the exported symbols */

PyMODINIT_FUNC
PyMarshal_Init(void)
{
    return PyModuleDef_Init(&marshal_module);
}

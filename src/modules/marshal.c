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
 *  Write the value on the open file.
 *
 *    value
 *      Must be a supported type.
 *    file
 *      Must be a writeable binary file.
 *    version
 *      Indicates the data format that dump should use.
 *
 *  If the value has (or contains an object that has) an unsupported type, a
 *  ValueError exception is raised - but garbage data will also be written
 *  to the file. The object will not be properly read back by load().
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
 *  Return the bytes object that would be written to a file by dump(value, file).
 *
 *    value
 *      Must be a supported type.
 *    version
 *      Indicates the data format that dumps should use.
 *
 *  Raise a ValueError exception if value has (or contains an object that has) an
 *  unsupported type.
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
 *  Read one value from the open file and return it.
 *
 *    file
 *      Must be readable binary file.
 *
 *  If no valid value is read (e.g. because the data has a different Python
 *  version's incompatible marshal format), raise EOFError, ValueError or
 *  TypeError.
 *
 *  Note: If an object containing an unsupported type was marshalled with
 *  dump(), load() will substitute None for the unmarshallable type.
 */
static PyObject *
marshal_load(PyObject *module, PyObject *file)
{
    return hob_marshal_read_stream(file);
}

/** loads($module, bytes, /)
 *
 *  Convert the bytes-like object to a value.
 *
 *  If no valid value is found, raise EOFError, ValueError or TypeError.  Extra
 *  bytes in the input are ignored.
 */
static PyObject *
marshal_loads(PyObject *module, Py_buffer *bytes)
{
    return PyMarshal_ReadObjectFromString(bytes->buf, bytes->len);
}

#include "gen/modules/marshal.bind.h"

PyDoc_STRVAR(marshal_doc,
"This module contains functions that can read and write Python values in\n\
a binary format. The format is specific to Python, but independent of\n\
machine architecture issues.\n\
\n\
Not all Python object types are supported; in general, only objects\n\
whose value is independent from a particular invocation of Python can be\n\
written and read by this module. The following types are supported:\n\
None, integers, floating point numbers, strings, bytes, bytearrays,\n\
tuples, lists, sets, dictionaries, and code objects, where it\n\
should be understood that tuples, lists and dictionaries are only\n\
supported as long as the values contained therein are themselves\n\
supported; and recursive lists and dictionaries should not be written\n\
(they will cause infinite loops).\n\
\n\
Variables:\n\
\n\
version -- indicates the format that the module uses. Version 0 is the\n\
    historical format, version 1 shares interned strings and version 2\n\
    uses a binary format for floating point numbers.\n\
    Version 3 shares common object references (New in version 3.4).\n\
\n\
Functions:\n\
\n\
dump() -- write value to a file\n\
load() -- read value from a file\n\
dumps() -- marshal value as a bytes object\n\
loads() -- read value from a bytes-like object");

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

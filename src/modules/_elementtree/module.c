/* module.c -- the module _elementtree: xml.etree.ElementTree's types in C.
 *
 * Layout     The types are static; what else the module needs is in hob_etree.
 * Holds      There is one module: a fresh import gets the same object, so that its
 *            ParseError is the one that the types raise.
 * Next       element.c, builder.c, parser.c; etree.h first.
 */
#include "modules/_elementtree/etree.h"

#include "objects/bind.h"

struct etree_state hob_etree;

static PyObject *
etree_sub_element(PyObject *module, PyObject *args, PyObject *kwargs)
{
    PyObject *parent, *tag, *dict = NULL;
    if (!PyArg_ParseTuple(args, "O!O|O!:SubElement", &hob_etree_element_type, &parent, &tag,
                          &PyDict_Type, &dict)) {
        return NULL;
    }
    own PyObject *attrib = hob_etree_collect_attrib(dict, kwargs);
    if (!attrib && PyErr_Occurred()) { return NULL; }
    own PyObject *element = hob_etree_new(tag, attrib);
    if (!element || hob_etree_add((etree_element *)parent, element) < 0) { return NULL; }
    return take(element);
}

static status
check_factory(PyObject *factory, const char *what)
{
    if (factory == Py_None || PyCallable_Check(factory)) { return 0; }
    PyErr_Format(PyExc_TypeError, "%s factory must be callable, not %.100s", what,
                 Py_TYPE(factory)->tp_name);
    return -1;
}

/* Put the new factory in place (None: no factory); what was there before. */
static PyObject *
swap_factory(PyObject **slot, PyObject *factory)
{
    PyObject *old = *slot;
    *slot = factory == Py_None ? NULL : Py_NewRef(factory);
    return old ? old : Py_NewRef(Py_None);
}

/** _set_factories($module, comment_factory, pi_factory, /)
 *
 *  Change the factories used to create comments and processing instructions.
 *
 *  For internal use only.
 */
static PyObject *
etree_set_factories(PyObject *module, PyObject *comment_factory, PyObject *pi_factory)
{
    if (check_factory(comment_factory, "Comment") < 0) { return NULL; }
    if (check_factory(pi_factory, "PI") < 0) { return NULL; }
    own PyObject *comment = swap_factory(&hob_etree.comment_factory, comment_factory);
    own PyObject *pi = swap_factory(&hob_etree.pi_factory, pi_factory);
    return PyTuple_Pack(2, comment, pi);
}

#include "gen/modules/_elementtree/module.bind.h"

/* SubElement has no signature to show: it is not in the generated table. */
static PyMethodDef sub_element_def = {
    "SubElement", (PyCFunction)(void (*)(void))etree_sub_element, METH_VARARGS | METH_KEYWORDS,
    NULL,
};

/* --- start --- */

static status
need_attribute(PyObject **slot, const char *module, const char *name)
{
    own PyObject *found = PyImport_ImportModule(module);
    PyObject *value = found && name ? PyObject_GetAttrString(found, name) : take(found);
    if (!value) { return -1; }
    Py_XSETREF(*slot, value);
    return 0;
}

static status
make_parse_error(void)
{
    PyObject *error = PyErr_NewException("xml.etree.ElementTree.ParseError", PyExc_SyntaxError,
                                         NULL);
    if (!error) { return -1; }
    Py_XSETREF(hob_etree.parse_error, error);
    return 0;
}

static status
add_names(PyObject *module)
{
    own PyObject *name = PyModule_GetNameObject(module);
    own PyObject *sub = name ? PyCFunction_NewEx(&sub_element_def, module, name) : NULL;
    if (!sub || PyModule_AddObjectRef(module, "SubElement", sub) < 0) { return -1; }
    if (PyModule_AddObjectRef(module, "ParseError", hob_etree.parse_error) < 0) { return -1; }
    PyTypeObject *const types[] = {
        &hob_etree_element_type, &hob_etree_builder_type, &hob_etree_parser_type,
    };
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        if (PyModule_AddType(module, types[i]) < 0) { return -1; }
    }
    return 0;
}

static struct PyModuleDef etree_def = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_elementtree",
    .m_size = 0,
    .m_methods = module_methods,
};

PyMODINIT_FUNC
PyInit__elementtree(void)
{
    PyObject *before = PyState_FindModule(&etree_def);
    if (before) { return Py_NewRef(before); }
    if (PyType_Ready(&hob_etree_iter_type) < 0) { return NULL; }
    if (need_attribute(&hob_etree.deepcopy, "copy", "deepcopy") < 0) { return NULL; }
    if (need_attribute(&hob_etree.path, "xml.etree.ElementPath", NULL) < 0) { return NULL; }
    if (make_parse_error() < 0) { return NULL; }
    own PyObject *module = PyModule_Create(&etree_def);
    if (!module || add_names(module) < 0) { return NULL; }
    return take(module);
}

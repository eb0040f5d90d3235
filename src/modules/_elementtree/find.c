/* find.c -- find, findtext, findall: a plain tag is looked for here, a path is left
 * to xml.etree.ElementPath.
 */
#include "modules/_elementtree/etree.h"

#include "objects/ids.h"

/* Does path say more than the tag of a child?  Braces hold a namespace, in which any
 * character may stand; {} and {*} are patterns. */
static bool
is_path(PyObject *path)
{
    bool is_bytes = PyBytes_Check(path);
    if (!is_bytes && (!PyUnicode_Check(path) || PyUnicode_READY(path) < 0)) { return true; }
    int kind = is_bytes ? PyUnicode_1BYTE_KIND : PyUnicode_KIND(path);
    const void *data = is_bytes ? PyBytes_AS_STRING(path) : PyUnicode_DATA(path);
    Py_ssize_t n = is_bytes ? PyBytes_GET_SIZE(path) : PyUnicode_GET_LENGTH(path);
#define AT(i) PyUnicode_READ(kind, data, i)
    bool is_pattern = (n >= 2 + is_bytes && AT(0) == '{' && AT(1) == '}')
        || (n >= 3 && AT(0) == '{' && AT(1) == '*' && AT(2) == '}');
    bool is_inside = false;
    for (Py_ssize_t i = 0; i < n && !is_pattern; i++) {
        Py_UCS4 c = AT(i);
        if (c == '{') { is_inside = true; }
        else if (c == '}') { is_inside = false; }
        else if (!is_inside) { is_pattern = c < 128 && strchr("/*[@.", (int)c) && c; }
    }
#undef AT
    return is_pattern;
}

/* The next child from *i on whose tag is path: a new reference.  NULL without an
 * exception: there is none.  Comparing may change the children. */
static MAYBE_NULL PyObject *
next_match(etree_element *self, PyObject *path, Py_ssize_t *i)
{
    while (*i < etree_n_children(self)) {
        own PyObject *child = Py_NewRef(self->more->children[(*i)++]);
        own PyObject *tag = Py_NewRef(((etree_element *)child)->tag);
        tri same = PyObject_RichCompareBool(tag, path, Py_EQ);
        if (same) { return same < 0 ? NULL : take(child); }
    }
    return NULL;
}

PyObject *
hob_etree_find(etree_element *self, PyObject *path, PyObject *namespaces)
{
    if (namespaces != Py_None || is_path(path)) {
        return PyObject_CallMethodObjArgs(hob_etree.path, ID(find), self, path, namespaces, NULL);
    }
    Py_ssize_t i = 0;
    PyObject *found = next_match(self, path, &i);
    return found || PyErr_Occurred() ? found : Py_NewRef(Py_None);
}

PyObject *
hob_etree_findtext(etree_element *self, PyObject *path, PyObject *other, PyObject *namespaces)
{
    if (namespaces != Py_None || is_path(path)) {
        return PyObject_CallMethodObjArgs(hob_etree.path, ID(findtext), self, path, other,
                                          namespaces, NULL);
    }
    Py_ssize_t i = 0;
    own PyObject *found = next_match(self, path, &i);
    if (!found) { return PyErr_Occurred() ? NULL : Py_NewRef(other); }
    PyObject *text = hob_etree_text_get(&((etree_element *)found)->text);
    if (!text) { return NULL; }
    return text == Py_None ? PyUnicode_New(0, 0) : Py_NewRef(text);
}

PyObject *
hob_etree_findall(etree_element *self, PyObject *path, PyObject *namespaces)
{
    if (namespaces != Py_None || is_path(path)) {
        return PyObject_CallMethodObjArgs(hob_etree.path, ID(findall), self, path, namespaces,
                                          NULL);
    }
    own PyObject *list = PyList_New(0);
    if (!list) { return NULL; }
    for (Py_ssize_t i = 0;;) {
        own PyObject *found = next_match(self, path, &i);
        if (!found) { return PyErr_Occurred() ? NULL : take(list); }
        if (PyList_Append(list, found) < 0) { return NULL; }
    }
}

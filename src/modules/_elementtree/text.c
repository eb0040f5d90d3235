/* text.c -- text and tail of an element: an object, or pieces not yet joined.
 *
 * A parser hands over text in pieces (a line, an entity, a line …).  The builder
 * puts them in a list, and only who reads the attribute pays for joining it.
 */
#include "modules/_elementtree/etree.h"

static inline bool
is_pieces(etree_text text)
{
    return text.bits & 1;
}

static inline etree_text
pieces_of(STOLEN PyObject *list)
{
    return (etree_text){(uintptr_t)list | 1};
}

etree_text
hob_etree_text_of(STOLEN PyObject *value)
{
    return (etree_text){(uintptr_t)(value ? value : Py_NewRef(Py_None))};
}

void
hob_etree_text_set(etree_text *text, STOLEN PyObject *value)
{
    PyObject *old = etree_text_peek(*text);
    *text = hob_etree_text_of(value);
    Py_XDECREF(old);
}

PyObject *                              /* borrowed */
hob_etree_text_get(etree_text *text)
{
    if (LIKELY(!is_pieces(*text))) { return (PyObject *)text->bits; }
    own PyObject *empty = PyUnicode_New(0, 0);
    if (!empty) { return NULL; }
    PyObject *joined = PyUnicode_Join(empty, etree_text_peek(*text));
    if (!joined) { return NULL; }
    hob_etree_text_set(text, joined);
    return joined;
}

status
hob_etree_text_extend(etree_text *text, PyObject *data)
{
    PyObject *now = etree_text_peek(*text);
    if (now == Py_None) {
        *text = PyList_CheckExact(data) ? pieces_of(Py_NewRef(data))
                                        : hob_etree_text_of(Py_NewRef(data));
        Py_DECREF(now);
        return 0;
    }
    if (!is_pieces(*text)) {
        PyObject *list = PyList_New(1);
        if (!list) { return -1; }
        PyList_SET_ITEM(list, 0, now);  /* the reference moves */
        *text = pieces_of(list);
    }
    PyObject *list = etree_text_peek(*text);
    if (!PyList_CheckExact(data)) { return PyList_Append(list, data); }
    Py_ssize_t n = PyList_GET_SIZE(list);
    return PyList_SetSlice(list, n, n, data);
}

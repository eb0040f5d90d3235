/* etree.h -- what the files of _elementtree share.
 *
 * Layout     An element is five words; what most leaves lack (attributes, children)
 *            is in `more`, made when there is something to hold:
 *
 *                element -> tag text tail more weakrefs
 *                                         |
 *                                         +-> attrib  n  room  children -> few[4]
 *                                                                   (or an array of `room`)
 * Holds      tag, text and tail are never NULL.  text and tail are etree_text: an
 *            object, or, with the lowest bit set, a list of pieces that the builder
 *            collected and nobody has looked at; hob_etree_text_get joins them.
 *            attrib is NULL as long as there are none; it is a dict, but for
 *            __setstate__, which takes what it is given.
 * Hazard     Dropping a child, a text or an attribute can run Python code that
 *            changes the element: set the field first, drop the old value last.
 */
#pragma once
#include <Python.h>

#include "base/c.h"
#include "memory/own.h"

typedef struct etree_text {
    uintptr_t bits;                     /* an owned reference, lowest bit: to be joined */
} etree_text;

enum { ETREE_FEW = 4 };                 /* children that need no array of their own */

typedef struct etree_more {
    PyObject *attrib;                   /* NULL: none yet */
    Py_ssize_t n;                       /* of children */
    Py_ssize_t room;
    PyObject **children;                /* few, or an array of room */
    PyObject *few[ETREE_FEW];
} etree_more;

typedef struct etree_element {
    PyObject_HEAD
    PyObject *tag;
    etree_text text;                    /* between the start tag and the first child */
    etree_text tail;                    /* after the end tag */
    etree_more *more;                   /* NULL: neither attributes nor children */
    PyObject *weakrefs;
} etree_element;

extern PyTypeObject hob_etree_element_type, hob_etree_iter_type, hob_etree_builder_type,
    hob_etree_parser_type;

/* What the module made or was given. */
extern struct etree_state {
    PyObject *parse_error;
    PyObject *deepcopy;                 /* copy.deepcopy */
    PyObject *path;                     /* the module xml.etree.ElementPath */
    PyObject *comment_factory;          /* NULL or callable */
    PyObject *pi_factory;
} hob_etree;

static inline bool
etree_check(PyObject *op)
{
    return PyObject_TypeCheck(op, &hob_etree_element_type);
}

static inline bool
etree_check_exact(PyObject *op)
{
    return Py_IS_TYPE(op, &hob_etree_element_type);
}

static inline Py_ssize_t
etree_n_children(const etree_element *self)
{
    return self->more ? self->more->n : 0;
}

/* --- text.c --- */

/* Take over value; NULL is None. */
etree_text hob_etree_text_of(STOLEN PyObject *value);
/* The object or list behind it. */
static inline PyObject *
etree_text_peek(etree_text text)
{
    return (PyObject *)(text.bits & ~(uintptr_t)1);
}

/* The text as Python sees it, joined for good. */
MUST_USE BORROWED PyObject *hob_etree_text_get(etree_text *text);
/* Put data, a str or a list of pieces, behind what is there. */
MUST_USE status hob_etree_text_extend(etree_text *text, PyObject *data);
void hob_etree_text_set(etree_text *text, STOLEN PyObject *value);

/* --- element.c --- */

/* A plain Element; an empty attrib is as none. */
MUST_USE PyObject *hob_etree_new(PyObject *tag, MAYBE_NULL PyObject *attrib);
/* Append a child, which is an Element. */
MUST_USE status hob_etree_add(etree_element *self, PyObject *child);
/* Make room for more children than there are. */
MUST_USE status hob_etree_make_room(etree_element *self, Py_ssize_t more);
/* The attributes, made when there are none yet. */
MUST_USE BORROWED PyObject *hob_etree_attrib(etree_element *self);
/* dict + kwargs, whose key "attrib" is another such dict, as one new dict; dict may
 * be NULL.  NULL without an exception: neither is given. */
MAYBE_NULL PyObject *hob_etree_collect_attrib(PyObject *dict, PyObject *kwargs);
/* Is op an element?  If not, TypeError of the function of this name. */
MUST_USE bool hob_etree_need(PyObject *op, const char *function, const char *argument);
/* TypeError unless each of the items is an element. */
MUST_USE status hob_etree_need_all(PyObject *const *items, Py_ssize_t n);

/* --- children.c, find.c, iter.c, copy.c: methods and slots of Element --- */
extern PyMappingMethods hob_etree_as_mapping;
extern PySequenceMethods hob_etree_as_sequence;
MUST_USE PyObject *hob_etree_iter_new(etree_element *root, PyObject *tag, bool texts);

PyObject *hob_etree_append(PyObject *self, PyObject *child);
PyObject *hob_etree_extend(PyObject *self, PyObject *elements);
MUST_USE status hob_etree_insert(etree_element *self, Py_ssize_t index, PyObject *child);
MUST_USE status hob_etree_remove(etree_element *self, PyObject *child);
MUST_USE PyObject *hob_etree_find(etree_element *self, PyObject *path, PyObject *namespaces);
MUST_USE PyObject *hob_etree_findtext(etree_element *self, PyObject *path, PyObject *other,
                                      PyObject *namespaces);
MUST_USE PyObject *hob_etree_findall(etree_element *self, PyObject *path, PyObject *namespaces);
MUST_USE PyObject *hob_etree_copy(etree_element *self);
MUST_USE PyObject *hob_etree_deepcopy(etree_element *self, PyObject *memo);
MUST_USE PyObject *hob_etree_get_state(etree_element *self);
MUST_USE status hob_etree_set_state(etree_element *self, PyObject *state);
void hob_etree_more_free(STOLEN etree_more *more);
MUST_USE status hob_etree_need_more(etree_element *self);

/* --- builder.c: what the parser tells a TreeBuilder without calling methods --- */

typedef struct etree_builder etree_builder;
enum etree_event { ON_START, ON_END, ON_COMMENT, ON_PI, ON_START_NS, ON_END_NS, N_EVENTS };
extern const char *const hob_etree_event_names[N_EVENTS];

/* A builder for a parser that was given no target: without any factory. */
MUST_USE PyObject *hob_etree_builder_new(void);
MUST_USE PyObject *hob_etree_builder_start(etree_builder *self, PyObject *tag,
                                           MAYBE_NULL PyObject *attrib);
MUST_USE PyObject *hob_etree_builder_end(etree_builder *self);
MUST_USE status hob_etree_builder_data(etree_builder *self, PyObject *data);
MUST_USE PyObject *hob_etree_builder_comment(etree_builder *self, PyObject *text);
MUST_USE PyObject *hob_etree_builder_pi(etree_builder *self, PyObject *target, PyObject *text);
MUST_USE PyObject *hob_etree_builder_close(etree_builder *self);
/* Report (event, value) when somebody asked for the event. */
MUST_USE status hob_etree_builder_report(etree_builder *self, enum etree_event event,
                                         PyObject *value);
bool hob_etree_builder_listens(etree_builder *self, enum etree_event event);
/* Append events of these names (None: "end") to queue from now on. */
MUST_USE status hob_etree_builder_listen(etree_builder *self, PyObject *queue, PyObject *names);

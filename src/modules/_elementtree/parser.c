/* parser.c -- XMLParser: Expat's events, told to a target.
 *
 * Layout     An exact TreeBuilder is told directly (`builder`); any other target has
 *            its methods looked up once, at the start, in `methods`.
 * Holds      names maps what Expat calls an element or attribute to the one str for
 *            it, "{uri}local".
 *            expat is NULL until __init__ ran.
 * Hazard     A callback runs Python code.  With an exception pending the callbacks
 *            do nothing; feed() reports it when Expat is back.  While Expat is at
 *            work (is_busy) the parser may not be fed or made anew from inside.
 */
#include "modules/_elementtree/etree.h"

#include <expat.h>
#include <pyexpat.h>
#include <structmember.h>

#include "memory/gc.h"
#include "objects/bind.h"
#include "objects/ids.h"

enum { READ_CHUNK = 64 * 1024 };        /* what _parse_whole() asks read() for */

enum {
    CALLS_start_ns, CALLS_end_ns, CALLS_start, CALLS_data, CALLS_end, CALLS_comment, CALLS_pi,
    CALLS_close, CALLS_doctype, N_METHODS
};

typedef struct {
    PyObject_HEAD
    XML_Parser expat;
    bool is_busy;
    PyObject *target;
    etree_builder *builder;             /* borrowed from target, or NULL */
    PyObject *entity;                   /* dict */
    PyObject *names;                    /* dict bytes -> str */
    PyObject *methods[N_METHODS];       /* bound methods of target, or NULL */
} etree_parser;

/* --- text of Expat as objects --- */

static PyObject *
text_of(const XML_Char *text)
{
    return PyUnicode_DecodeUTF8(text, (Py_ssize_t)strlen(text), "strict");
}

static PyObject *
text_or(const XML_Char *text, PyObject *other)
{
    return text ? text_of(text) : Py_NewRef(other);
}

/* "uri}local" of Expat as "{uri}local"; a name without a namespace as it is. */
static PyObject *
universal_name(const XML_Char *name)
{
    if (!strchr(name, '}')) { return text_of(name); }
    size_t n = strlen(name);
    char small[256], *text = n + 2 <= sizeof small ? small : PyMem_Malloc(n + 2);
    if (!text) { return PyErr_NoMemory(); }
    text[0] = '{';
    memcpy(text + 1, name, n + 1);
    PyObject *made = PyUnicode_DecodeUTF8(text, (Py_ssize_t)n + 1, "strict");
    if (text != small) { PyMem_Free(text); }
    return made;
}

/* The one str for a name. */
static PyObject *
name_of(etree_parser *self, const XML_Char *name)
{
    own PyObject *key = PyBytes_FromString(name);
    if (!key) { return NULL; }
    PyObject *known = PyDict_GetItemWithError(self->names, key);
    if (known || PyErr_Occurred()) { return Py_XNewRef(known); }
    own PyObject *made = universal_name(name);
    if (!made || PyDict_SetItem(self->names, key, made) < 0) { return NULL; }
    return take(made);
}

/* --- errors --- */

static void
raise_parse_error(enum XML_Error code, Py_ssize_t line, Py_ssize_t column, const char *what)
{
    own PyObject *text = PyUnicode_FromFormat("%s: line %zd, column %zd",
                                              what ? what : XML_ErrorString(code), line, column);
    own PyObject *error = text ? PyObject_CallOneArg(hob_etree.parse_error, text) : NULL;
    own PyObject *number = error ? PyLong_FromLong((long)code) : NULL;
    if (!number || PyObject_SetAttr(error, ID(code), number) < 0) { return; }
    own PyObject *position = Py_BuildValue("(nn)", line, column);
    if (!position || PyObject_SetAttr(error, ID(position), position) < 0) { return; }
    PyErr_SetObject(hob_etree.parse_error, error);
}

static void
raise_here(etree_parser *self, enum XML_Error code, const char *what)
{
    raise_parse_error(code, (Py_ssize_t)XML_GetErrorLineNumber(self->expat),
                      (Py_ssize_t)XML_GetErrorColumnNumber(self->expat), what);
}

/* --- callbacks --- */

/* method(first, second), arguments NULL from the end on left out; the result goes. */
static void
tell(PyObject *method, PyObject *first, PyObject *second)
{
    if (!method) { return; }
    own PyObject *kept = Py_NewRef(method);
    own PyObject *done = PyObject_CallFunctionObjArgs(kept, first, second, NULL);
}

static PyObject *
attributes_of(etree_parser *self, const XML_Char **pairs)
{
    own PyObject *attrib = PyDict_New();
    for (; attrib && pairs[0] && pairs[1]; pairs += 2) {
        own PyObject *key = name_of(self, pairs[0]);
        own PyObject *value = key ? text_of(pairs[1]) : NULL;
        if (!value || PyDict_SetItem(attrib, key, value) < 0) { return NULL; }
    }
    return take(attrib);
}

static void
on_start(void *user, const XML_Char *name, const XML_Char **pairs)
{
    etree_parser *self = user;
    if (PyErr_Occurred()) { return; }
    own PyObject *tag = name_of(self, name);
    if (!tag) { return; }
    bool is_bare = self->builder && !pairs[0];
    own PyObject *attrib = is_bare ? NULL : attributes_of(self, pairs);
    if (!attrib && !is_bare) { return; }
    if (self->builder) {
        own PyObject *element = hob_etree_builder_start(self->builder, tag, attrib);
        return;
    }
    tell(self->methods[CALLS_start], tag, attrib);
}

static void
on_end(void *user, const XML_Char *name)
{
    etree_parser *self = user;
    if (PyErr_Occurred()) { return; }
    if (self->builder) {
        own PyObject *element = hob_etree_builder_end(self->builder);
        return;
    }
    if (!self->methods[CALLS_end]) { return; }
    own PyObject *tag = name_of(self, name);
    if (tag) { tell(self->methods[CALLS_end], tag, NULL); }
}

static void
give_data(etree_parser *self, PyObject *data)
{
    if (!self->builder) { tell(self->methods[CALLS_data], data, NULL); }
    else if (hob_etree_builder_data(self->builder, data) < 0) { return; }
}

static void
on_data(void *user, const XML_Char *text, int length)
{
    etree_parser *self = user;
    if (PyErr_Occurred() || (!self->builder && !self->methods[CALLS_data])) { return; }
    own PyObject *data = PyUnicode_DecodeUTF8(text, length, "strict");
    if (data) { give_data(self, data); }
}

/* What Expat does not understand: of interest are references to entities that it
 * does not know, and the dict `entity` may. */
static void
on_default(void *user, const XML_Char *text, int length)
{
    etree_parser *self = user;
    if (PyErr_Occurred() || length < 2 || text[0] != '&') { return; }
    own PyObject *name = PyUnicode_DecodeUTF8(text + 1, length - 2, "strict");
    if (!name) { return; }
    own PyObject *value = Py_XNewRef(PyDict_GetItemWithError(self->entity, name));
    if (value) {
        give_data(self, value);
        return;
    }
    if (PyErr_Occurred()) { return; }
    own PyObject *what = PyUnicode_FromFormat("undefined entity &%U;", name);
    if (what) { raise_here(self, XML_ERROR_UNDEFINED_ENTITY, PyUnicode_AsUTF8(what)); }
}

static void
on_comment(void *user, const XML_Char *text)
{
    etree_parser *self = user;
    if (PyErr_Occurred()) { return; }
    own PyObject *comment = text_of(text);
    if (!comment) { return; }
    if (self->builder) {
        own PyObject *node = hob_etree_builder_comment(self->builder, comment);
        return;
    }
    tell(self->methods[CALLS_comment], comment, NULL);
}

static void
on_pi(void *user, const XML_Char *target_text, const XML_Char *data_text)
{
    etree_parser *self = user;
    if (PyErr_Occurred()) { return; }
    own PyObject *target = text_of(target_text);
    own PyObject *data = target ? text_of(data_text ? data_text : "") : NULL;
    if (!data) { return; }
    if (self->builder) {
        own PyObject *node = hob_etree_builder_pi(self->builder, target, data);
        return;
    }
    tell(self->methods[CALLS_pi], target, data);
}

static void
on_start_ns(void *user, const XML_Char *prefix_text, const XML_Char *uri_text)
{
    etree_parser *self = user;
    if (PyErr_Occurred()) { return; }
    own PyObject *prefix = text_of(prefix_text ? prefix_text : "");
    own PyObject *uri = prefix ? text_of(uri_text ? uri_text : "") : NULL;
    if (!uri) { return; }
    if (!self->builder) {
        tell(self->methods[CALLS_start_ns], prefix, uri);
        return;
    }
    own PyObject *pair = PyTuple_Pack(2, prefix, uri);
    if (pair && hob_etree_builder_report(self->builder, ON_START_NS, pair) < 0) { return; }
}

static void
on_end_ns(void *user, const XML_Char *prefix_text)
{
    etree_parser *self = user;
    if (PyErr_Occurred()) { return; }
    if (self->builder) {
        if (hob_etree_builder_report(self->builder, ON_END_NS, Py_None) < 0) { return; }
        return;
    }
    own PyObject *prefix = text_of(prefix_text ? prefix_text : "");
    if (prefix) { tell(self->methods[CALLS_end_ns], prefix, NULL); }
}

static void
on_doctype(void *user, const XML_Char *name_text, const XML_Char *system_text,
           const XML_Char *public_text, int has_subset)
{
    etree_parser *self = user;
    if (PyErr_Occurred()) { return; }
    own PyObject *method = Py_XNewRef(self->methods[CALLS_doctype]);
    if (!method) {
        own PyObject *old = NULL;
        if (_PyObject_LookupAttr((PyObject *)self, ID(doctype), (PyObject **)&old) <= 0) { return; }
        PyErr_WarnEx(PyExc_RuntimeWarning,
                     "The doctype() method of XMLParser is ignored.  "
                     "Define doctype() method on the TreeBuilder target.", 1);
        return;
    }
    own PyObject *name = text_or(name_text, Py_None);
    own PyObject *public = name ? text_or(public_text, Py_None) : NULL;
    own PyObject *system = public ? text_or(system_text, Py_None) : NULL;
    if (!system) { return; }
    own PyObject *done = PyObject_CallFunctionObjArgs(method, name, public, system, NULL);
}

/* --- life --- */

static PyObject *
parser_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    return type->tp_alloc(type, 0);
}

static int
parser_traverse(PyObject *op, visitproc visit, void *arg)
{
    etree_parser *self = (etree_parser *)op;
    Py_VISIT(self->target);
    Py_VISIT(self->entity);
    Py_VISIT(self->names);
    for (int i = 0; i < N_METHODS; i++) { Py_VISIT(self->methods[i]); }
    return 0;
}

static void
drop_expat(etree_parser *self)
{
    XML_Parser expat = self->expat;
    self->expat = NULL;
    if (expat) { XML_ParserFree(expat); }
}

static int
parser_clear(PyObject *op)
{
    etree_parser *self = (etree_parser *)op;
    drop_expat(self);
    self->builder = NULL;
    Py_CLEAR(self->target);
    Py_CLEAR(self->entity);
    Py_CLEAR(self->names);
    for (int i = 0; i < N_METHODS; i++) { Py_CLEAR(self->methods[i]); }
    return 0;
}

static void
parser_dealloc(PyObject *op)
{
    PyObject_GC_UnTrack(op);
    parser_clear(op);
    Py_TYPE(op)->tp_free(op);
}

/* Let Expat call back for what target wants to know. */
static void
set_callbacks(etree_parser *self, const struct PyExpat_CAPI *capi)
{
    XML_Parser expat = self->expat;
    XML_SetUserData(expat, self);
    XML_SetElementHandler(expat, on_start, on_end);
    XML_SetDefaultHandlerExpand(expat, on_default);
    XML_SetCharacterDataHandler(expat, on_data);
    XML_SetStartDoctypeDeclHandler(expat, on_doctype);
    XML_SetUnknownEncodingHandler(expat, capi->DefaultUnknownEncodingHandler, NULL);
    XML_SetHashSalt(expat, (unsigned long)_Py_HashSecret.expat.hashsalt);
    if (self->builder || self->methods[CALLS_comment]) {
        XML_SetCommentHandler(expat, on_comment);
    }
    if (self->builder || self->methods[CALLS_pi]) {
        XML_SetProcessingInstructionHandler(expat, on_pi);
    }
    if (self->methods[CALLS_start_ns]) { XML_SetStartNamespaceDeclHandler(expat, on_start_ns); }
    if (self->methods[CALLS_end_ns]) { XML_SetEndNamespaceDeclHandler(expat, on_end_ns); }
}

static status
find_methods(etree_parser *self)
{
    PyObject *const names[N_METHODS] = {
        [CALLS_start_ns] = ID(start_ns), [CALLS_end_ns] = ID(end_ns),
        [CALLS_start] = ID(start), [CALLS_data] = ID(data), [CALLS_end] = ID(end),
        [CALLS_comment] = ID(comment), [CALLS_pi] = ID(pi), [CALLS_close] = ID(close),
        [CALLS_doctype] = ID(doctype),
    };
    for (int i = 0; i < N_METHODS; i++) {
        PyObject *method = NULL;
        if (!self->builder && _PyObject_LookupAttr(self->target, names[i], &method) < 0) {
            return -1;
        }
        Py_XSETREF(self->methods[i], method);
    }
    return 0;
}

static bool
may_start(etree_parser *self)
{
    if (!self->is_busy) { return true; }
    PyErr_SetString(PyExc_RuntimeError, "the parser is at work");
    return false;
}

static int
parser_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"target", "encoding", NULL};
    etree_parser *self = (etree_parser *)op;
    PyObject *target = Py_None, *encoding = Py_None;
    if (PyTuple_GET_SIZE(args)) {
        PyErr_SetString(PyExc_TypeError, "XMLParser() takes no positional arguments");
        return -1;
    }
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|$OO:XMLParser", names, &target, &encoding)) {
        return -1;
    }
    const char *codec;
    if (!arg_utf8_or_none(encoding, &codec, "XMLParser", "argument 'encoding'")) { return -1; }
    const struct PyExpat_CAPI *capi = PyCapsule_Import(PyExpat_CAPSULE_NAME, 0);
    if (!capi || !may_start(self)) { return -1; }

    own PyObject *told = target != Py_None ? Py_NewRef(target) : hob_etree_builder_new();
    own PyObject *entity = told ? PyDict_New() : NULL;
    own PyObject *known = entity ? PyDict_New() : NULL;
    if (!known) { return -1; }
    drop_expat(self);
    self->builder = Py_IS_TYPE(told, &hob_etree_builder_type) ? (etree_builder *)told : NULL;
    Py_XSETREF(self->target, take(told));
    Py_XSETREF(self->entity, take(entity));
    Py_XSETREF(self->names, take(known));
    if (find_methods(self) < 0) { return -1; }
    self->expat = XML_ParserCreate_MM(codec, NULL, "}");
    if (!self->expat) {
        PyErr_NoMemory();
        return -1;
    }
    set_callbacks(self, capi);
    return 0;
}

/* --- parsing --- */

static bool
is_ready(etree_parser *self)
{
    if (self->expat) { return true; }
    PyErr_SetString(PyExc_ValueError, "XMLParser.__init__() wasn't called");
    return false;
}

static status
parse(etree_parser *self, const char *data, size_t length, bool is_final)
{
    EXPECT(!PyErr_Occurred());
    if (!may_start(self)) { return -1; }
    self->is_busy = true;
    enum XML_Status done = XML_Parse(self->expat, data, (int)length, is_final);
    self->is_busy = false;
    if (PyErr_Occurred()) { return -1; }
    if (done == XML_STATUS_OK) { return 0; }
    raise_here(self, XML_GetErrorCode(self->expat), NULL);
    return -1;
}

/* Parse a buffer, however long. */
static status
parse_all(etree_parser *self, const char *data, size_t length)
{
    while (length > INT_MAX) {
        if (parse(self, data, INT_MAX, false) < 0) { return -1; }
        data += INT_MAX;
        length -= INT_MAX;
    }
    return parse(self, data, length, false);
}

static status
feed_text(etree_parser *self, PyObject *text)
{
    Py_ssize_t length;
    const char *data = PyUnicode_AsUTF8AndSize(text, &length);
    if (!data) { return -1; }
    if (length > INT_MAX) {
        PyErr_SetString(PyExc_OverflowError, "size does not fit in an int");
        return -1;
    }
    /* whatever the document says of its encoding, this is UTF-8 */
    (void)XML_SetEncoding(self->expat, "utf-8");
    return parse(self, data, (size_t)length, false);
}

static status
feed_bytes(etree_parser *self, PyObject *data)
{
    Py_buffer view;
    if (PyObject_GetBuffer(data, &view, PyBUF_SIMPLE) < 0) { return -1; }
    status done = -1;
    if (view.len > INT_MAX) {
        PyErr_SetString(PyExc_OverflowError, "size does not fit in an int");
    }
    else {
        done = parse(self, view.buf, (size_t)view.len, false);
    }
    PyBuffer_Release(&view);
    return done;
}

/* The end of the document was given: what the target made of it. */
static PyObject *
result_of(etree_parser *self)
{
    if (self->builder) { return hob_etree_builder_close(self->builder); }
    own PyObject *method = Py_XNewRef(self->methods[CALLS_close]);
    return method ? PyObject_CallNoArgs(method) : Py_NewRef(Py_None);
}

/** XMLParser.feed($self, data, /) */
static PyObject *
parser_feed(PyObject *op, PyObject *data)
{
    etree_parser *self = (etree_parser *)op;
    if (!is_ready(self)) { return NULL; }
    status done = PyUnicode_Check(data) ? feed_text(self, data) : feed_bytes(self, data);
    return done < 0 ? NULL : Py_NewRef(Py_None);
}

/** XMLParser.close($self, /) */
static PyObject *
parser_close(etree_parser *self)
{
    if (!is_ready(self) || parse(self, "", 0, true) < 0) { return NULL; }
    return result_of(self);
}

/* The bytes of what read() gave; NULL without an exception at the end. */
static MAYBE_NULL PyObject *
bytes_of_chunk(PyObject *chunk)
{
    if (PyUnicode_CheckExact(chunk)) {
        if (PyUnicode_GET_LENGTH(chunk) == 0) { return NULL; }
        return PyUnicode_AsEncodedString(chunk, "utf-8", "surrogatepass");
    }
    if (!PyBytes_CheckExact(chunk) || PyBytes_GET_SIZE(chunk) == 0) { return NULL; }
    return Py_NewRef(chunk);
}

/** XMLParser._parse_whole($self, file, /) */
static PyObject *
parser_parse_whole(PyObject *op, PyObject *file)
{
    etree_parser *self = (etree_parser *)op;
    if (!is_ready(self)) { return NULL; }
    own PyObject *read = PyObject_GetAttr(file, ID(read));
    if (!read) { return NULL; }
    for (;;) {
        own PyObject *chunk = PyObject_CallFunction(read, "i", READ_CHUNK);
        if (!chunk) { return NULL; }
        own PyObject *bytes = bytes_of_chunk(chunk);
        if (!bytes && PyErr_Occurred()) { return NULL; }
        if (!bytes) { break; }
        if (!is_ready(self)) { return NULL; }
        if (PyUnicode_Check(chunk)) { (void)XML_SetEncoding(self->expat, "utf-8"); }
        size_t length = (size_t)PyBytes_GET_SIZE(bytes);
        if (parse_all(self, PyBytes_AS_STRING(bytes), length) < 0) { return NULL; }
    }
    if (!is_ready(self) || parse(self, "", 0, true) < 0) { return NULL; }
    return self->builder ? hob_etree_builder_close(self->builder) : Py_NewRef(Py_None);
}

/** XMLParser._setevents($self, events_queue, events_to_report=None, /) */
static PyObject *
parser_setevents(etree_parser *self, PyObject *events_queue, PyObject *events_to_report)
{
    if (!is_ready(self)) { return NULL; }
    if (!self->builder) {
        PyErr_SetString(PyExc_TypeError,
                        "event handling only supported for ElementTree.TreeBuilder targets");
        return NULL;
    }
    if (hob_etree_builder_listen(self->builder, events_queue, events_to_report) < 0) {
        return NULL;
    }
    if (hob_etree_builder_listens(self->builder, ON_START_NS)) {
        XML_SetStartNamespaceDeclHandler(self->expat, on_start_ns);
    }
    if (hob_etree_builder_listens(self->builder, ON_END_NS)) {
        XML_SetEndNamespaceDeclHandler(self->expat, on_end_ns);
    }
    Py_RETURN_NONE;
}

#include "gen/modules/_elementtree/parser.bind.h"

static PyMemberDef parser_members[] = {
    {"entity", T_OBJECT, offsetof(etree_parser, entity), READONLY, NULL},
    {"target", T_OBJECT, offsetof(etree_parser, target), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyObject *
get_version(PyObject *self, void *closure)
{
    return PyUnicode_FromFormat("Expat %d.%d.%d", XML_MAJOR_VERSION, XML_MINOR_VERSION,
                                XML_MICRO_VERSION);
}

static PyGetSetDef parser_getset[] = {
    {"version", get_version, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

PyTypeObject hob_etree_parser_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "xml.etree.ElementTree.XMLParser",
    .tp_basicsize = sizeof(etree_parser),
    .tp_dealloc = parser_dealloc,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .tp_traverse = parser_traverse,
    .tp_clear = parser_clear,
    .tp_methods = XMLParser_methods,
    .tp_members = parser_members,
    .tp_getset = parser_getset,
    .tp_init = parser_init,
    .tp_alloc = PyType_GenericAlloc,
    .tp_new = parser_new,
    .tp_free = PyObject_GC_Del,
};

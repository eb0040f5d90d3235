/* pyexpat.c -- module pyexpat: Python callbacks on the Expat XML parser.
 *
 * Layout     HANDLERS is the one table of events: attribute, the C callback that
 *            Expat calls, how its arguments become objects.  A parser has an array
 *            of Python callables in that order.
 * Holds      An Expat callback is set exactly while handlers[i] is (but see
 *            ignore_text), so that Expat skips what nobody listens to.
 *            0 <= n_buffered <= buffer_size when there is a buffer.
 *            A parser of an external entity may share tables with the one it was
 *            made by, so it keeps that one alive.
 * Hazard     A callback runs Python code, which may change buffer, handlers and
 *            parser: read the fields again after it.  With an exception pending
 *            the callbacks do nothing; Parse() reports it when Expat is back.
 */
#include <Python.h>
#include <expat.h>
#include <limits.h>
#include <structmember.h>

#include <pyexpat.h>

#include "base/c.h"
#include "memory/own.h"

enum {
    BUFFER_SIZE_DEFAULT = 8192,         /* of text collected for buffer_text */
    PARSE_CHUNK = 1 << 20,              /* Expat counts in int: feed it in pieces */
    READ_CHUNK = 2048                   /* what ParseFile() asks read() for */
};

typedef struct {
    PyTypeObject *parser_type;
    PyObject *error;                    /* ExpatError */
} expat_state;

typedef struct {
    PyObject_HEAD
    XML_Parser expat;
    bool ordered_attributes, specified_attributes, namespace_prefixes;
    bool in_callback;                   /* Python code is running for an event */
    int buffer_size;
    int n_buffered;
    char *buffer;                       /* NULL unless buffer_text */
    PyObject *intern;                   /* dict str -> str, or NULL */
    PyObject **handlers;                /* N_HANDLERS callables or NULL */
    PyObject *parent;                   /* the parser of the document, or NULL */
} expat_parser;

/* --- the table of events ---
 *
 * X(name, attribute, C result, C parameters, format, arguments)
 *
 * Format, a letter a Python argument:  i interned str   s str   d str of (text, length)
 * n int;  NULL strings are None.  The first three rows have callbacks of their own.
 */
#define OWN_CALLBACKS(X)                                                                \
    X(StartElement, "StartElementHandler")                                              \
    X(CharacterData, "CharacterDataHandler")                                            \
    X(ElementDecl, "ElementDeclHandler")

#define XS const XML_Char *
#define PLAIN_CALLBACKS(X)                                                              \
    X(EndElement, "EndElementHandler", void, (void *user, XS name), "i", name)        \
    X(ProcessingInstruction, "ProcessingInstructionHandler", void,                    \
      (void *user, XS target, XS data), "is", target, data)                             \
    X(UnparsedEntityDecl, "UnparsedEntityDeclHandler", void,                          \
      (void *user, XS name, XS base, XS system, XS public, XS notation), "iiiii",       \
      name, base, system, public, notation)                                             \
    X(NotationDecl, "NotationDeclHandler", void,                                      \
      (void *user, XS name, XS base, XS system, XS public), "iiii",                     \
      name, base, system, public)                                                       \
    X(StartNamespaceDecl, "StartNamespaceDeclHandler", void,                          \
      (void *user, XS prefix, XS uri), "ii", prefix, uri)                               \
    X(EndNamespaceDecl, "EndNamespaceDeclHandler", void, (void *user, XS prefix),     \
      "i", prefix)                                                                      \
    X(Comment, "CommentHandler", void, (void *user, XS text), "s", text)              \
    X(StartCdataSection, "StartCdataSectionHandler", void, (void *user), "", NULL)    \
    X(EndCdataSection, "EndCdataSectionHandler", void, (void *user), "", NULL)        \
    X(Default, "DefaultHandler", void, (void *user, XS text, int length), "d",        \
      text, length)                                                                     \
    X(DefaultHandlerExpand, "DefaultHandlerExpand", void,                             \
      (void *user, XS text, int length), "d", text, length)                             \
    X(NotStandalone, "NotStandaloneHandler", int, (void *user), "", NULL)       \
    X(ExternalEntityRef, "ExternalEntityRefHandler", int,                       \
      (XML_Parser user, XS context, XS base, XS system, XS public), "siii",             \
      context, base, system, public)                                                    \
    X(StartDoctypeDecl, "StartDoctypeDeclHandler", void,                              \
      (void *user, XS name, XS system, XS public, int has_subset), "iiin",              \
      name, system, public, has_subset)                                                 \
    X(EndDoctypeDecl, "EndDoctypeDeclHandler", void, (void *user), "", NULL)          \
    X(EntityDecl, "EntityDeclHandler", void,                                          \
      (void *user, XS name, int is_parameter, XS value, int length, XS base, XS system, \
       XS public, XS notation), "indiiii",                                              \
      name, is_parameter, value, length, base, system, public, notation)                \
    X(XmlDecl, "XmlDeclHandler", void,                                                \
      (void *user, XS version, XS encoding, int standalone), "ssn",                     \
      version, encoding, standalone)                                                    \
    X(AttlistDecl, "AttlistDeclHandler", void,                                        \
      (void *user, XS element, XS name, XS type, XS value, int is_required), "iissn",   \
      element, name, type, value, is_required)                                          \
    X(SkippedEntity, "SkippedEntityHandler", void,                                    \
      (void *user, XS name, int is_parameter), "in", name, is_parameter)

enum {
#define X(name, ...) H_##name,
    OWN_CALLBACKS(X) PLAIN_CALLBACKS(X)
#undef X
    N_HANDLERS
};

/* Below the callbacks, which need it to end the parsing. */
static void set_callback(expat_parser *self, int which, bool listen);

static expat_state *
state_of(expat_parser *self)
{
    return PyType_GetModuleState(Py_TYPE(self));
}

/* --- text of Expat as objects --- */

static PyObject *
text_or_none(const XML_Char *text)
{
    return text ? PyUnicode_FromString(text) : Py_NewRef(Py_None);
}

static PyObject *
sized_text_or_none(const XML_Char *text, int length)
{
    return text ? PyUnicode_DecodeUTF8(text, length, "strict") : Py_NewRef(Py_None);
}

/* The one object for this text, of those the intern dict has. */
static PyObject *
interned_or_none(expat_parser *self, const XML_Char *text)
{
    own PyObject *name = text_or_none(text);
    PyObject *intern = self->intern;
    if (!name || !intern) { return take(name); }
    return Py_XNewRef(PyDict_SetDefault(intern, name, name));
}

/* --- calling a handler --- */

/* After an exception: forget all handlers, so that Expat calls none any more. */
static void
handlers_clear(expat_parser *self)
{
    for (int i = 0; i < N_HANDLERS; i++) {
        set_callback(self, i, false);
        Py_CLEAR(self->handlers[i]);
    }
}

static int
refuse_entity(XML_Parser user, XS context, XS base, XS system, XS public)
{
    return 0;
}

/* Let a failed callback end the parsing. */
static COLD void
stop_parsing(expat_parser *self)
{
    handlers_clear(self);
    XML_SetExternalEntityRefHandler(self->expat, refuse_entity);
}

/* Call handlers[which]; an exception gets a traceback entry with the event's name. */
static PyObject *
handler_call(expat_parser *self, int which, PyObject *const *args, Py_ssize_t n_args,
             const char *event, int line)
{
    own PyObject *handler = Py_XNewRef(self->handlers[which]);
    if (!handler) { Py_RETURN_NONE; }   /* a finalizer took it while args were made */
    self->in_callback = true;
    PyObject *result = PyObject_Vectorcall(handler, args, (size_t)n_args, NULL);
    self->in_callback = false;
    if (!result) {
        _PyTraceback_Add(event, __FILE__, line);
        XML_StopParser(self->expat, XML_FALSE);
        stop_parsing(self);
    }
    return result;
}

/* The callback of CharacterDataHandler removed from inside a handler: Expat may be
 * in the middle of a run of text and must find a callback to give the rest to. */
static void
ignore_text(void *user, const XML_Char *text, int length)
{
}

static status
text_deliver(expat_parser *self, const XML_Char *text, int length)
{
    if (!self->handlers[H_CharacterData]) { return PyErr_Occurred() ? -1 : 0; }
    own PyObject *string = PyUnicode_DecodeUTF8(text, length, "strict");
    if (!string) {
        stop_parsing(self);
        XML_SetCharacterDataHandler(self->expat, ignore_text);
        return -1;
    }
    own PyObject *result =
        handler_call(self, H_CharacterData, &string, 1, "CharacterData", __LINE__);
    if (!result) {
        XML_SetCharacterDataHandler(self->expat, ignore_text);
        return -1;
    }
    return 0;
}

static status
buffer_flush(expat_parser *self)
{
    if (!self->buffer || self->n_buffered == 0) { return 0; }
    status result = text_deliver(self, self->buffer, self->n_buffered);
    self->n_buffered = 0;
    return result;
}

/* True when the handler shall hear of an event now; text before it is delivered. */
static bool
event_begins(expat_parser *self, int which)
{
    return self->handlers[which] && !PyErr_Occurred() && buffer_flush(self) == 0
        && self->handlers[which];
}

/* --- the callbacks Expat knows --- */

enum { MAX_ARGS = 8 };

/* The arguments of an event as a tuple; see the table for the format. */
static PyObject *
event_args(expat_parser *self, const char *format, va_list given)
{
    struct { const XML_Char *text; int number; } values[MAX_ARGS] = {{NULL, 0}};
    int n = (int)strlen(format);
    for (int i = 0; i < n; i++) {
        if (format[i] != 'n') { values[i].text = va_arg(given, const XML_Char *); }
        if (format[i] == 'n' || format[i] == 'd') { values[i].number = va_arg(given, int); }
    }
    own PyObject *args = PyTuple_New(n);
    if (!args) { return NULL; }
    /* from the last: names enter the intern dict in this order */
    for (int i = n - 1; i >= 0; i--) {
        PyObject *item = format[i] == 'i' ? interned_or_none(self, values[i].text)
                       : format[i] == 's' ? text_or_none(values[i].text)
                       : format[i] == 'n' ? PyLong_FromLong(values[i].number)
                       : sized_text_or_none(values[i].text, values[i].number);
        if (!item) { return NULL; }
        PyTuple_SET_ITEM(args, i, item);
    }
    return take(args);
}

/* Tell a handler of an event.  Its answer, 0 if there is none, as Expat wants it: a
 * result that is no number counts as true and leaves its exception. */
static int
tell(expat_parser *self, int which, bool wants_answer, const char *event, int line,
     const char *format, ...)
{
    if (!event_begins(self, which)) { return 0; }
    va_list given;
    va_start(given, format);
    own PyObject *args = event_args(self, format, given);
    va_end(given);
    if (!args) {
        stop_parsing(self);
        return 0;
    }
    own PyObject *result = handler_call(self, which, &PyTuple_GET_ITEM(args, 0),
                                        PyTuple_GET_SIZE(args), event, line);
    return result && wants_answer ? (int)PyLong_AsLong(result) : 0;
}

#define ANSWERS_void 0
#define ANSWERS_int 1
#define RETURN_void
#define RETURN_int return

/* ExternalEntityRef is given the parser where the others get the user data. */
#define PARSER_OF(user) _Generic((user),                                                \
    void *: (expat_parser *)(user),                                                     \
    XML_Parser: (expat_parser *)XML_GetUserData((XML_Parser)(user)))

#define X(name, attribute, type, parameters, format, ...)                       \
    static type                                                                         \
    on_##name parameters                                                                \
    {                                                                                   \
        RETURN_##type tell(PARSER_OF(user), H_##name, ANSWERS_##type, #name, __LINE__,     \
                           format, __VA_ARGS__);                                        \
    }
PLAIN_CALLBACKS(X)
#undef X

/* [name, value, ..] or {name: value}. */
static PyObject *
attributes_new(expat_parser *self, const XML_Char **attributes)
{
    Py_ssize_t n = 0;
    if (self->specified_attributes) { n = XML_GetSpecifiedAttributeCount(self->expat); }
    else {
        while (attributes[n]) { n += 2; }
    }
    own PyObject *result = self->ordered_attributes ? PyList_New(n) : PyDict_New();
    if (!result) { return NULL; }
    for (Py_ssize_t i = 0; i < n; i += 2) {
        own PyObject *name = interned_or_none(self, attributes[i]);
        if (!name) { return NULL; }
        own PyObject *value = text_or_none(attributes[i + 1]);
        if (!value) { return NULL; }
        if (self->ordered_attributes) {
            PyList_SET_ITEM(result, i, take(name));
            PyList_SET_ITEM(result, i + 1, take(value));
        }
        else if (PyDict_SetItem(result, name, value) < 0) { return NULL; }
    }
    return take(result);
}

static void
on_StartElement(void *user, const XML_Char *name, const XML_Char **attributes)
{
    expat_parser *self = user;
    if (!event_begins(self, H_StartElement)) { return; }
    own PyObject *container = attributes_new(self, attributes);
    own PyObject *tag = container ? interned_or_none(self, name) : NULL;
    if (!tag) {
        stop_parsing(self);
        return;
    }
    PyObject *args[] = {tag, container};
    own PyObject *result =
        handler_call(self, H_StartElement, args, 2, "StartElement", __LINE__);
}

static void
on_CharacterData(void *user, const XML_Char *text, int length)
{
    expat_parser *self = user;
    if (PyErr_Occurred()) { return; }
    if (self->buffer && length > self->buffer_size - self->n_buffered) {
        if (buffer_flush(self) < 0 || !self->handlers[H_CharacterData]) { return; }
    }
    if (!self->buffer || length > self->buffer_size) {
        (void)text_deliver(self, text, length);         /* it stops the parser itself */
        self->n_buffered = 0;
        return;
    }
    memcpy(self->buffer + self->n_buffered, text, (size_t)length);
    self->n_buffered += length;
}

/* A node of a content model as a tuple (type, quantifier, name, children). */
static PyObject *
content_model(const XML_Content *node)
{
    /* a stranger chooses how deep it is */
    if (Py_EnterRecursiveCall(" in conv_content_model")) { return NULL; }
    own PyObject *children = PyTuple_New((Py_ssize_t)node->numchildren);
    for (unsigned i = 0; children && i < node->numchildren; i++) {
        PyObject *child = content_model(&node->children[i]);
        if (child) { PyTuple_SET_ITEM(children, i, child); }
        else { Py_CLEAR(children); }
    }
    Py_LeaveRecursiveCall();
    if (!children) { return NULL; }
    return Py_BuildValue("(iizO)", (int)node->type, (int)node->quant, node->name, children);
}

static void
on_ElementDecl(void *user, const XML_Char *name, XML_Content *model)
{
    expat_parser *self = user;
    if (event_begins(self, H_ElementDecl)) {
        own PyObject *nodes = content_model(model);
        own PyObject *tag = nodes ? interned_or_none(self, name) : NULL;
        if (!tag) { stop_parsing(self); }
        else {
            PyObject *args[] = {tag, nodes};
            own PyObject *result =
                handler_call(self, H_ElementDecl, args, 2, "ElementDecl", __LINE__);
        }
    }
    XML_FreeContentModel(self->expat, model);
}

static void
set_callback(expat_parser *self, int which, bool listen)
{
    switch (which) {
#define XML_SetDefaultHandlerExpandHandler XML_SetDefaultHandlerExpand
#define X(name, ...)                                                                    \
    case H_##name: XML_Set##name##Handler(self->expat, listen ? on_##name : NULL); break;
        OWN_CALLBACKS(X) PLAIN_CALLBACKS(X)
#undef X
    }
}

/* Describe to Expat an encoding it does not know: an 8-bit codec of ours. */
static int
on_unknown_encoding(void *data, const XML_Char *name, XML_Encoding *info)
{
    if (PyErr_Occurred()) { return XML_STATUS_ERROR; }
    unsigned char all[256];
    for (int i = 0; i < 256; i++) { all[i] = (unsigned char)i; }
    own PyObject *text = PyUnicode_Decode((const char *)all, 256, name, "replace");
    if (!text || PyUnicode_READY(text) < 0) { return XML_STATUS_ERROR; }
    if (PyUnicode_GET_LENGTH(text) != 256) {
        PyErr_SetString(PyExc_ValueError, "multi-byte encodings are not supported");
        return XML_STATUS_ERROR;
    }
    for (int i = 0; i < 256; i++) {
        Py_UCS4 c = PyUnicode_READ_CHAR(text, i);
        info->map[i] = c == Py_UNICODE_REPLACEMENT_CHARACTER ? -1 : (int)c;
    }
    info->data = NULL;
    info->convert = NULL;
    info->release = NULL;
    return XML_STATUS_OK;
}

/* --- errors --- */

static COLD status
raise_expat_error(expat_parser *self, enum XML_Error code)
{
    XML_Size line = XML_GetErrorLineNumber(self->expat);
    XML_Size column = XML_GetErrorColumnNumber(self->expat);
    PyObject *type = state_of(self)->error;
    own PyObject *message = PyUnicode_FromFormat("%s: line %zu, column %zu",
                                                 XML_ErrorString(code), (size_t)line,
                                                 (size_t)column);
    if (!message) { return -1; }
    own PyObject *error = PyObject_CallOneArg(type, message);
    if (!error) { return -1; }
    const struct { const char *name; XML_Size value; } facts[] = {
        {"code", (XML_Size)code}, {"offset", column}, {"lineno", line}};
    for (size_t i = 0; i < ARRAY_LEN(facts); i++) {
        own PyObject *value = PyLong_FromUnsignedLong(facts[i].value);
        if (!value || PyObject_SetAttrString(error, facts[i].name, value) < 0) { return -1; }
    }
    PyErr_SetObject(type, error);
    return -1;
}

/* What Parse() answers after Expat returned. */
static PyObject *
parse_result(expat_parser *self, enum XML_Status outcome)
{
    if (PyErr_Occurred()) { return NULL; }
    if (outcome == XML_STATUS_ERROR) {
        raise_expat_error(self, XML_GetErrorCode(self->expat));
        return NULL;
    }
    if (buffer_flush(self) < 0) { return NULL; }
    return PyLong_FromLong(outcome);
}

/* --- methods --- */

/** xmlparser.Parse($self, data, isfinal=False, /)
 *
 *  Parse a piece of XML, str or bytes.
 *
 *  A true isfinal says that it is the last piece.
 */
static PyObject *
parser_parse(expat_parser *self, PyTypeObject *cls, PyObject *data, int isfinal)
{
    Py_buffer view = {NULL};
    const char *text;
    Py_ssize_t length;
    if (PyUnicode_Check(data)) {
        text = PyUnicode_AsUTF8AndSize(data, &length);
        if (!text) { return NULL; }
        /* whatever the document declares; too late once the parsing has begun */
        (void)XML_SetEncoding(self->expat, "utf-8");
    }
    else {
        if (PyObject_GetBuffer(data, &view, PyBUF_SIMPLE) < 0) { return NULL; }
        text = view.buf;
        length = view.len;
    }
    enum XML_Status outcome = XML_STATUS_OK;
    for (; length > PARSE_CHUNK && outcome != XML_STATUS_ERROR; length -= PARSE_CHUNK) {
        outcome = XML_Parse(self->expat, text, PARSE_CHUNK, 0);
        if (PyErr_Occurred()) { outcome = XML_STATUS_ERROR; }
        text += PARSE_CHUNK;
    }
    if (outcome != XML_STATUS_ERROR) {
        outcome = XML_Parse(self->expat, text, (int)length, isfinal);
    }
    if (view.obj) { PyBuffer_Release(&view); }
    return parse_result(self, outcome);
}

/* Read the next piece of a file into Expat's buffer; its length, -1 with an exception. */
static Py_ssize_t
read_piece(expat_parser *self, PyObject *read)
{
    own PyObject *piece = PyObject_CallFunction(read, "i", (int)READ_CHUNK);
    if (!piece) { return -1; }
    bool is_bytes = PyBytes_Check(piece);
    if (!is_bytes && !PyByteArray_Check(piece)) {
        PyErr_Format(PyExc_TypeError, "read() did not return a bytes object (type=%.400s)",
                     Py_TYPE(piece)->tp_name);
        return -1;
    }
    const char *text = is_bytes ? PyBytes_AS_STRING(piece) : PyByteArray_AS_STRING(piece);
    Py_ssize_t length = Py_SIZE(piece);
    if (length > READ_CHUNK) {
        PyErr_Format(PyExc_ValueError,
                     "read() returned too much data: %i bytes requested, %zd returned",
                     (int)READ_CHUNK, length);
        return -1;
    }
    /* only now: read() may have used the parser */
    void *buffer = XML_GetBuffer(self->expat, READ_CHUNK);
    if (!buffer) {
        return raise_expat_error(self, XML_GetErrorCode(self->expat));
    }
    memcpy(buffer, text, (size_t)length);
    return length;
}

/** xmlparser.ParseFile($self, file, /)
 *
 *  Parse all that file.read() gives.
 */
static PyObject *
parser_parse_file(expat_parser *self, PyTypeObject *cls, PyObject *file)
{
    own PyObject *read = PyObject_GetAttrString(file, "read");
    if (!read) {
        if (PyErr_ExceptionMatches(PyExc_AttributeError)) {
            PyErr_SetString(PyExc_TypeError, "argument must have 'read' attribute");
        }
        return NULL;
    }
    for (;;) {
        if (!XML_GetBuffer(self->expat, READ_CHUNK)) {
            return parse_result(self, XML_STATUS_ERROR);
        }
        Py_ssize_t length = read_piece(self, read);
        if (length < 0) { return NULL; }
        enum XML_Status outcome = XML_ParseBuffer(self->expat, (int)length, length == 0);
        if (PyErr_Occurred()) { return NULL; }
        if (outcome == XML_STATUS_ERROR || length == 0) { return parse_result(self, outcome); }
    }
}

/** xmlparser.SetBase($self, base, /)
 *
 *  Set the base that handlers get with relative system identifiers.
 */
static PyObject *
parser_set_base(expat_parser *self, const char *base)
{
    if (XML_SetBase(self->expat, base) == XML_STATUS_ERROR) { return PyErr_NoMemory(); }
    Py_RETURN_NONE;
}

/** xmlparser.GetBase($self, /)
 *
 *  Return what SetBase() has set, or None.
 */
static PyObject *
parser_get_base(expat_parser *self)
{
    return text_or_none(XML_GetBase(self->expat));
}

/** xmlparser.GetInputContext($self, /)
 *
 *  Return the input from the current event on, as bytes.
 *
 *  It is in the encoding of the document and may end before the event does.
 *  Outside of handlers it is None.
 */
static PyObject *
parser_get_input_context(expat_parser *self)
{
    if (!self->in_callback) { Py_RETURN_NONE; }
    int offset, size;
    const char *input = XML_GetInputContext(self->expat, &offset, &size);
    if (!input) { Py_RETURN_NONE; }
    return PyBytes_FromStringAndSize(input + offset, size - offset);
}

static PyObject *
parser_alloc(PyTypeObject *type)
{
    expat_parser *self = PyObject_GC_New(expat_parser, type);
    if (!self) { return NULL; }
    memset((char *)self + sizeof(PyObject), 0, sizeof *self - sizeof(PyObject));
    self->buffer_size = BUFFER_SIZE_DEFAULT;
    self->handlers = PyMem_New(PyObject *, N_HANDLERS);
    if (!self->handlers) {
        Py_DECREF(self);
        return PyErr_NoMemory();
    }
    memset(self->handlers, 0, N_HANDLERS * sizeof *self->handlers);
    return (PyObject *)self;
}

static status
entity_text(PyObject *value, const char *what, const char *expected, const char **text)
{
    if (!PyUnicode_Check(value)) {
        _PyArg_BadArgument("ExternalEntityParserCreate", what, expected, value);
        return -1;
    }
    Py_ssize_t length;
    *text = PyUnicode_AsUTF8AndSize(value, &length);
    if (!*text) { return -1; }
    if (strlen(*text) != (size_t)length) {
        PyErr_SetString(PyExc_ValueError, "embedded null character");
        return -1;
    }
    return 0;
}

/** xmlparser.ExternalEntityParserCreate($self, context, encoding=NULL, /)
 *
 *  Return a parser for the external entity that ExternalEntityRefHandler was told of.
 */
static PyObject *
parser_external_entity(expat_parser *self, PyTypeObject *cls, PyObject *context,
                       PyObject *encoding)
{
    const char *context_text = NULL, *encoding_text = NULL;
    if (context != Py_None
        && entity_text(context, "argument 1", "str or None", &context_text) < 0) {
        return NULL;
    }
    if (encoding && entity_text(encoding, "argument 2", "str", &encoding_text) < 0) {
        return NULL;
    }
    own expat_parser *child = (expat_parser *)parser_alloc(Py_TYPE(self));
    if (!child) { return NULL; }
    child->buffer_size = self->buffer_size;
    child->ordered_attributes = self->ordered_attributes;
    child->specified_attributes = self->specified_attributes;
    child->namespace_prefixes = self->namespace_prefixes;
    child->intern = Py_XNewRef(self->intern);
    child->parent = Py_NewRef(self);
    if (self->buffer) {
        child->buffer = PyMem_Malloc((size_t)child->buffer_size);
        if (!child->buffer) { return PyErr_NoMemory(); }
    }
    child->expat = XML_ExternalEntityParserCreate(self->expat, context_text, encoding_text);
    if (!child->expat) { return PyErr_NoMemory(); }
    XML_SetUserData(child->expat, child);
    for (int i = 0; i < N_HANDLERS; i++) {
        if (!self->handlers[i]) { continue; }
        child->handlers[i] = Py_NewRef(self->handlers[i]);
        set_callback(child, i, true);
    }
    PyObject_GC_Track(child);
    return (PyObject *)take(child);
}

/** xmlparser.SetParamEntityParsing($self, flag, /)
 *
 *  Choose whether parameter entities and the external DTD subset are parsed.
 *
 *  The flag is one of XML_PARAM_ENTITY_PARSING_NEVER, .._UNLESS_STANDALONE and
 *  .._ALWAYS.  Returns true if it could be set.
 */
static int
parser_set_param_entity_parsing(expat_parser *self, int flag)
{
    return XML_SetParamEntityParsing(self->expat, (enum XML_ParamEntityParsing)flag);
}

/** xmlparser.UseForeignDTD($self, flag=True, /)
 *
 *  Let ExternalEntityRefHandler supply a DTD for a document that names none.
 */
static PyObject *
parser_use_foreign_dtd(expat_parser *self, PyTypeObject *cls, bool flag)
{
    enum XML_Error code = XML_UseForeignDTD(self->expat, flag ? XML_TRUE : XML_FALSE);
    if (code != XML_ERROR_NONE) {
        raise_expat_error(self, code);
        return NULL;
    }
    Py_RETURN_NONE;
}

/* --- attributes --- */

static COLD status
cannot_delete(void)
{
    PyErr_SetString(PyExc_RuntimeError, "Cannot delete attribute");
    return -1;
}

static PyObject *
parser_get_handler(expat_parser *self, void *which)
{
    PyObject *handler = self->handlers[(intptr_t)which];
    return Py_NewRef(handler ? handler : Py_None);
}

static status
parser_set_handler(expat_parser *self, PyObject *handler, void *closure)
{
    int which = (int)(intptr_t)closure;
    if (!handler) { return cannot_delete(); }
    /* text that is there already belongs to the old handler */
    if (which == H_CharacterData && buffer_flush(self) < 0) { return -1; }
    bool listen = handler != Py_None;
    Py_XSETREF(self->handlers[which], listen ? Py_NewRef(handler) : NULL);
    if (which == H_CharacterData && !listen && self->in_callback) {
        XML_SetCharacterDataHandler(self->expat, ignore_text);
        return 0;
    }
    set_callback(self, which, self->handlers[which]);
    return 0;
}

/* ErrorLineNumber and CurrentLineNumber are one number, and so on. */
static PyObject *
parser_get_line(expat_parser *self, void *closure)
{
    return PyLong_FromLong((long)XML_GetCurrentLineNumber(self->expat));
}

static PyObject *
parser_get_column(expat_parser *self, void *closure)
{
    return PyLong_FromLong((long)XML_GetCurrentColumnNumber(self->expat));
}

static PyObject *
parser_get_byte_index(expat_parser *self, void *closure)
{
    return PyLong_FromLong((long)XML_GetCurrentByteIndex(self->expat));
}

static PyObject *
parser_get_error_code(expat_parser *self, void *closure)
{
    return PyLong_FromLong(XML_GetErrorCode(self->expat));
}

static PyObject *
parser_get_buffer_used(expat_parser *self, void *closure)
{
    return PyLong_FromLong(self->n_buffered);
}

static PyObject *
parser_get_buffer_size(expat_parser *self, void *closure)
{
    return PyLong_FromLong(self->buffer_size);
}

static status
parser_set_buffer_size(expat_parser *self, PyObject *value, void *closure)
{
    if (!value) { return cannot_delete(); }
    if (!PyLong_Check(value)) {
        PyErr_SetString(PyExc_TypeError, "buffer_size must be an integer");
        return -1;
    }
    long size = PyLong_AsLong(value);
    if (size == -1 && PyErr_Occurred()) { return -1; }
    if (size == self->buffer_size) { return 0; }
    if (size <= 0) {
        PyErr_SetString(PyExc_ValueError, "buffer_size must be greater than zero");
        return -1;
    }
    if (size > INT_MAX) {
        PyErr_Format(PyExc_ValueError, "buffer_size must not be greater than %i", INT_MAX);
        return -1;
    }
    if (buffer_flush(self) < 0) { return -1; }
    /* a size of one's own also turns buffer_text on */
    char *buffer = PyMem_Realloc(self->buffer, (size_t)size);
    if (!buffer) {
        PyErr_NoMemory();
        return -1;
    }
    if (!self->buffer) { self->n_buffered = 0; }
    self->buffer = buffer;
    self->buffer_size = (int)size;
    return 0;
}

static PyObject *
parser_get_buffer_text(expat_parser *self, void *closure)
{
    return PyBool_FromLong(self->buffer != NULL);
}

static status
parser_set_buffer_text(expat_parser *self, PyObject *value, void *closure)
{
    if (!value) { return cannot_delete(); }
    tri wanted = PyObject_IsTrue(value);
    if (wanted < 0) { return -1; }
    if (!wanted) {
        if (buffer_flush(self) < 0) { return -1; }
        PyMem_Free(self->buffer);
        self->buffer = NULL;
        return 0;
    }
    if (self->buffer) { return 0; }
    self->buffer = PyMem_Malloc((size_t)self->buffer_size);
    if (!self->buffer) {
        PyErr_NoMemory();
        return -1;
    }
    self->n_buffered = 0;
    return 0;
}

/* A bool field; the closure is its offset. */
static PyObject *
parser_get_option(expat_parser *self, void *offset)
{
    return PyBool_FromLong(*(bool *)((char *)self + (intptr_t)offset));
}

static status
parser_set_option(expat_parser *self, PyObject *value, void *offset)
{
    if (!value) { return cannot_delete(); }
    tri wanted = PyObject_IsTrue(value);
    if (wanted < 0) { return -1; }
    *(bool *)((char *)self + (intptr_t)offset) = wanted;
    XML_SetReturnNSTriplet(self->expat, self->namespace_prefixes);
    return 0;
}

#define READ(name, what) {name, (getter)parser_get_##what}
#define WRITE(name, what) {name, (getter)parser_get_##what, (setter)parser_set_##what}
#define OPTION(name)                                                                    \
    {#name, (getter)parser_get_option, (setter)parser_set_option, NULL,                 \
     (void *)offsetof(expat_parser, name)}

static PyGetSetDef parser_getset[] = {
#define X(name, attribute, ...)                                                         \
    {attribute, (getter)parser_get_handler, (setter)parser_set_handler, NULL,           \
     (void *)(intptr_t)H_##name},
    OWN_CALLBACKS(X) PLAIN_CALLBACKS(X)
#undef X
    READ("ErrorCode", error_code),
    READ("ErrorLineNumber", line),
    READ("ErrorColumnNumber", column),
    READ("ErrorByteIndex", byte_index),
    READ("CurrentLineNumber", line),
    READ("CurrentColumnNumber", column),
    READ("CurrentByteIndex", byte_index),
    WRITE("buffer_size", buffer_size),
    WRITE("buffer_text", buffer_text),
    READ("buffer_used", buffer_used),
    OPTION(namespace_prefixes),
    OPTION(ordered_attributes),
    OPTION(specified_attributes),
    {NULL}
};

static PyMemberDef parser_members[] = {
    {"intern", T_OBJECT, offsetof(expat_parser, intern), READONLY},
    {NULL}
};

/* --- the type --- */

static int
parser_traverse(expat_parser *self, visitproc visit, void *arg)
{
    for (int i = 0; self->handlers && i < N_HANDLERS; i++) { Py_VISIT(self->handlers[i]); }
    Py_VISIT(self->intern);
    Py_VISIT(self->parent);
    Py_VISIT(Py_TYPE(self));
    return 0;
}

/* The parent stays: Expat's parser here may use its tables. */
static int
parser_clear(expat_parser *self)
{
    if (self->expat) { handlers_clear(self); }
    Py_CLEAR(self->intern);
    return 0;
}

static void
parser_dealloc(expat_parser *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    parser_clear(self);
    if (self->expat) { XML_ParserFree(self->expat); }
    Py_CLEAR(self->parent);
    PyMem_Free(self->handlers);
    PyMem_Free(self->buffer);
    type->tp_free(self);
    Py_DECREF(type);
}

/** ParserCreate($module, /, encoding=None, namespace_separator=None, intern=NULL)
 *
 *  Return a new parser.
 */
static PyObject *
expat_parser_create(PyObject *module, const char *encoding, const char *namespace_separator,
                    PyObject *intern)
{
    static const XML_Memory_Handling_Suite memory = {PyObject_Malloc, PyObject_Realloc,
                                                     PyObject_Free};
    if (namespace_separator && strlen(namespace_separator) > 1) {
        PyErr_SetString(PyExc_ValueError,
                        "namespace_separator must be at most one character, omitted, or None");
        return NULL;
    }
    if (intern && intern != Py_None && !PyDict_Check(intern)) {
        PyErr_SetString(PyExc_TypeError, "intern must be a dictionary");
        return NULL;
    }
    expat_state *state = PyModule_GetState(module);
    own expat_parser *self = (expat_parser *)parser_alloc(state->parser_type);
    if (!self) { return NULL; }
    if (!intern) {
        self->intern = PyDict_New();
        if (!self->intern) { return NULL; }
    }
    else if (intern != Py_None) { self->intern = Py_NewRef(intern); }
    self->expat = XML_ParserCreate_MM(encoding, &memory, namespace_separator);
    if (!self->expat) {
        PyErr_SetString(PyExc_RuntimeError, "XML_ParserCreate failed");
        return NULL;
    }
    XML_SetHashSalt(self->expat, (unsigned long)_Py_HashSecret.expat.hashsalt);
    XML_SetUserData(self->expat, self);
    XML_SetUnknownEncodingHandler(self->expat, on_unknown_encoding, NULL);
    PyObject_GC_Track(self);
    return (PyObject *)take(self);
}

/** ErrorString($module, code, /)
 *
 *  Return the message of an error code, None if there is none.
 */
static PyObject *
expat_error_string(PyObject *module, long code)
{
    return text_or_none(XML_ErrorString((enum XML_Error)code));
}

#include "gen/modules/pyexpat.bind.h"

static PyType_Slot parser_slots[] = {
    {Py_tp_doc, "XML parser"},
    {Py_tp_dealloc, parser_dealloc},
    {Py_tp_traverse, parser_traverse},
    {Py_tp_clear, parser_clear},
    {Py_tp_methods, xmlparser_methods},
    {Py_tp_members, parser_members},
    {Py_tp_getset, parser_getset},
    {0, NULL}
};

static PyType_Spec parser_spec = {
    .name = "pyexpat.xmlparser",
    .basicsize = sizeof(expat_parser),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE
           | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = parser_slots,
};

/* --- module pyexpat.errors --- */

/* Names of the error codes, by code. */
#define ERRORS(X)                                                                       \
    X(NO_MEMORY) X(SYNTAX) X(NO_ELEMENTS) X(INVALID_TOKEN) X(UNCLOSED_TOKEN)            \
    X(PARTIAL_CHAR) X(TAG_MISMATCH) X(DUPLICATE_ATTRIBUTE) X(JUNK_AFTER_DOC_ELEMENT)    \
    X(PARAM_ENTITY_REF) X(UNDEFINED_ENTITY) X(RECURSIVE_ENTITY_REF) X(ASYNC_ENTITY)     \
    X(BAD_CHAR_REF) X(BINARY_ENTITY_REF) X(ATTRIBUTE_EXTERNAL_ENTITY_REF)               \
    X(MISPLACED_XML_PI) X(UNKNOWN_ENCODING) X(INCORRECT_ENCODING)                       \
    X(UNCLOSED_CDATA_SECTION) X(EXTERNAL_ENTITY_HANDLING) X(NOT_STANDALONE)             \
    X(UNEXPECTED_STATE) X(ENTITY_DECLARED_IN_PE) X(FEATURE_REQUIRES_XML_DTD)            \
    X(CANT_CHANGE_FEATURE_ONCE_PARSING) X(UNBOUND_PREFIX) X(UNDECLARING_PREFIX)         \
    X(INCOMPLETE_PE) X(XML_DECL) X(TEXT_DECL) X(PUBLICID) X(SUSPENDED)                  \
    X(NOT_SUSPENDED) X(ABORTED) X(FINISHED) X(SUSPEND_PE) X(RESERVED_PREFIX_XML)        \
    X(RESERVED_PREFIX_XMLNS) X(RESERVED_NAMESPACE_URI) X(INVALID_ARGUMENT)              \
    X(NO_BUFFER) X(AMPLIFICATION_LIMIT_BREACH)

typedef struct { const char *name; int value; } constant;

static const constant error_codes[] = {
#define X(name) {"XML_ERROR_" #name, XML_ERROR_##name},
    ERRORS(X)
#undef X
};

static const constant model_constants[] = {
#define X(name) {#name, name},
    X(XML_CTYPE_EMPTY) X(XML_CTYPE_ANY) X(XML_CTYPE_MIXED) X(XML_CTYPE_NAME)
    X(XML_CTYPE_CHOICE) X(XML_CTYPE_SEQ) X(XML_CQUANT_NONE) X(XML_CQUANT_OPT)
    X(XML_CQUANT_REP) X(XML_CQUANT_PLUS)
#undef X
};

static const constant module_constants[] = {
#define X(name) {"XML_PARAM_ENTITY_PARSING_" #name, XML_PARAM_ENTITY_PARSING_##name},
    X(NEVER) X(UNLESS_STANDALONE) X(ALWAYS)
#undef X
};

static status
add_constants(PyObject *module, const constant *constants, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (PyModule_AddIntConstant(module, constants[i].name, constants[i].value) < 0) {
            return -1;
        }
    }
    return 0;
}

/* A module inside, also to be found in sys.modules.  Borrowed. */
static PyObject *
submodule_add(PyObject *module, const char *full_name, const char *name, const char *doc)
{
    PyObject *inner = PyImport_AddModule(full_name);
    if (!inner || PyModule_SetDocString(inner, doc) < 0
        || PyModule_AddObjectRef(module, name, inner) < 0) {
        return NULL;
    }
    return inner;
}

static status
errors_add(PyObject *module)
{
    PyObject *errors = submodule_add(module, "pyexpat.errors", "errors",
                                     "Constants used to describe error conditions.");
    if (!errors) { return -1; }
    own PyObject *codes = PyDict_New();
    own PyObject *messages = PyDict_New();
    if (!codes || !messages) { return -1; }
    for (size_t i = 0; i < ARRAY_LEN(error_codes); i++) {
        own PyObject *code = PyLong_FromLong(error_codes[i].value);
        own PyObject *text = text_or_none(XML_ErrorString(error_codes[i].value));
        if (!code || !text || PyDict_SetItem(codes, text, code) < 0
            || PyDict_SetItem(messages, code, text) < 0
            || PyModule_AddObjectRef(errors, error_codes[i].name, text) < 0) {
            return -1;
        }
    }
    return PyModule_AddObjectRef(errors, "codes", codes) < 0
        || PyModule_AddObjectRef(errors, "messages", messages) < 0 ? -1 : 0;
}

static status
model_add(PyObject *module)
{
    PyObject *model = submodule_add(module, "pyexpat.model", "model",
                                    "Constants used to interpret content model information.");
    return model ? add_constants(model, model_constants, ARRAY_LEN(model_constants)) : -1;
}

/* --- module pyexpat --- */

/* [(name, value)] of what Expat was built with. */
static status
features_add(PyObject *module)
{
    own PyObject *list = PyList_New(0);
    if (!list) { return -1; }
    for (const XML_Feature *f = XML_GetFeatureList(); f->feature != XML_FEATURE_END; f++) {
        own PyObject *pair = Py_BuildValue("sl", f->name, f->value);
        if (!pair || PyList_Append(list, pair) < 0) { return -1; }
    }
    return PyModule_AddObjectRef(module, "features", list);
}

/* What other extension modules use of Expat. */
static struct PyExpat_CAPI capi = {
    .magic = PyExpat_CAPI_MAGIC,
    .size = sizeof(struct PyExpat_CAPI),
    .MAJOR_VERSION = XML_MAJOR_VERSION,
    .MINOR_VERSION = XML_MINOR_VERSION,
    .MICRO_VERSION = XML_MICRO_VERSION,
#define X(name) .name = XML_##name,
    X(ErrorString) X(GetErrorCode) X(GetErrorColumnNumber) X(GetErrorLineNumber) X(Parse)
    X(ParserCreate_MM) X(ParserFree) X(SetCharacterDataHandler) X(SetCommentHandler)
    X(SetDefaultHandlerExpand) X(SetElementHandler) X(SetNamespaceDeclHandler)
    X(SetProcessingInstructionHandler) X(SetUnknownEncodingHandler) X(SetUserData)
    X(SetStartDoctypeDeclHandler) X(SetEncoding) X(SetHashSalt)
#undef X
    .DefaultUnknownEncodingHandler = on_unknown_encoding,
};

static status
versions_add(PyObject *module)
{
    XML_Expat_Version version = XML_ExpatVersionInfo();
    own PyObject *numbers = Py_BuildValue("(iii)", version.major, version.minor, version.micro);
    return !numbers || PyModule_AddObjectRef(module, "version_info", numbers) < 0
        || PyModule_AddStringConstant(module, "EXPAT_VERSION", XML_ExpatVersion()) < 0
        || PyModule_AddStringConstant(module, "native_encoding", "UTF-8") < 0 ? -1 : 0;
}

static int
expat_exec(PyObject *module)
{
    expat_state *state = PyModule_GetState(module);
    state->parser_type = (PyTypeObject *)PyType_FromModuleAndSpec(module, &parser_spec, NULL);
    state->error = PyErr_NewException("xml.parsers.expat.ExpatError", NULL, NULL);
    if (!state->parser_type || !state->error
        || PyModule_AddObjectRef(module, "error", state->error) < 0
        || PyModule_AddObjectRef(module, "ExpatError", state->error) < 0
        || PyModule_AddObjectRef(module, "XMLParserType", (PyObject *)state->parser_type) < 0
        || versions_add(module) < 0 || errors_add(module) < 0 || model_add(module) < 0
        || features_add(module) < 0
        || add_constants(module, module_constants, ARRAY_LEN(module_constants)) < 0) {
        return -1;
    }
    own PyObject *capsule = PyCapsule_New(&capi, PyExpat_CAPSULE_NAME, NULL);
    return capsule ? PyModule_AddObjectRef(module, "expat_CAPI", capsule) : -1;
}

static int
expat_traverse(PyObject *module, visitproc visit, void *arg)
{
    expat_state *state = PyModule_GetState(module);
    Py_VISIT(state->parser_type);
    Py_VISIT(state->error);
    return 0;
}

static int
expat_clear(PyObject *module)
{
    expat_state *state = PyModule_GetState(module);
    Py_CLEAR(state->parser_type);
    Py_CLEAR(state->error);
    return 0;
}

static void
expat_free(void *module)
{
    expat_clear(module);
}

static PyModuleDef_Slot expat_slots[] = {{Py_mod_exec, expat_exec}, {0, NULL}};

static struct PyModuleDef expat_def = {
    PyModuleDef_HEAD_INIT,
    .m_name = "pyexpat",
    .m_doc = "Python wrapper for Expat parser.",
    .m_size = sizeof(expat_state),
    .m_methods = module_methods,
    .m_slots = expat_slots,
    .m_traverse = expat_traverse,
    .m_clear = expat_clear,
    .m_free = expat_free,
};

PyMODINIT_FUNC
PyInit_pyexpat(void)
{
    return PyModuleDef_Init(&expat_def);
}

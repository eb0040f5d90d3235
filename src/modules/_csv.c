/* _csv.c -- reading and writing rows of separated fields (PEP 305).
 *
 * A dialect  knows for each character below 256 what it means (marks[]); readers
 *            and writers run over plain characters by that table alone and stop
 *            where a mark of theirs stands.
 * A row      is parsed in a row_parser on the stack.  The field under way is
 *
 *                text  +  line[from:to]
 *
 *            and text stays empty unless a quote, an escape or the end of a line
 *            cuts the field in pieces: most fields are one slice of their line.
 * Holds      from <= to; the slice is moved into text before line goes away.
 * Hazard     the iterator behind a reader may come back to the same reader; so
 *            nothing of a row is kept in the reader.
 */
#include <Python.h>
#include <structmember.h>

#include "memory/own.h"
#include "objects/bind.h"

enum { QUOTE_MINIMAL, QUOTE_ALL, QUOTE_NONNUMERIC, QUOTE_NONE };

static const struct {
    const char *name;
    int value;
} quotings[] = {
    {"QUOTE_MINIMAL", QUOTE_MINIMAL},
    {"QUOTE_ALL", QUOTE_ALL},
    {"QUOTE_NONNUMERIC", QUOTE_NONNUMERIC},
    {"QUOTE_NONE", QUOTE_NONE},
};

#define NO_CHAR ((Py_UCS4)-1)

/* What a character means; one may mean several things. */
enum {
    M_DELIMITER = 1, M_QUOTE = 2, M_ESCAPE = 4, M_NEWLINE = 8,
    M_SKIP      = 16,           /* a blank to skip before a field */
    M_WRITE     = 32,           /* a writer must quote or escape it */
    M_END       = 64,           /* no character: the end of the line */
    M_LINE      = M_NEWLINE | M_END,
};

typedef struct {
    PyObject_HEAD
    PyObject *lineterminator;
    Py_UCS4 delimiter, quotechar, escapechar;   /* the last two may be NO_CHAR */
    int quoting;
    char doublequote, skipinitialspace, strict;
    unsigned char marks[256];
} dialect;

typedef struct {
    PyObject_HEAD
    PyObject *lines;            /* an iterator */
    dialect *dialect;
    unsigned long line_num;
} reader;

typedef struct {
    PyObject_HEAD
    PyObject *write;
    dialect *dialect;
} writer;

typedef struct {
    PyObject *error;
    PyObject *dialects;         /* name -> dialect */
    PyTypeObject *dialect_type, *reader_type, *writer_type;
    long field_limit;
} csv_state;

static struct PyModuleDef module_def;

static csv_state *
state_of(PyObject *module)
{
    return PyModule_GetState(module);
}

static MUST_USE csv_state *
state_of_type(PyTypeObject *type)
{
    PyObject *module = PyType_GetModuleByDef(type, &module_def);
    return module ? PyModule_GetState(module) : NULL;
}

/* --- dialect: settings --- */

static MUST_USE status
take_char(const char *name, PyObject *value, bool may_be_none, Py_UCS4 *out)
{
    if (!value) { return 0; }
    if (may_be_none && value == Py_None) {
        *out = NO_CHAR;
        return 0;
    }
    if (!PyUnicode_Check(value)) {
        PyErr_Format(PyExc_TypeError, "\"%s\" must be string%s, not %.200s", name,
                     may_be_none ? " or None" : "", Py_TYPE(value)->tp_name);
        return -1;
    }
    if (PyUnicode_READY(value) < 0) { return -1; }
    if (PyUnicode_GET_LENGTH(value) != 1) {
        PyErr_Format(PyExc_TypeError, "\"%s\" must be a 1-character string", name);
        return -1;
    }
    *out = PyUnicode_READ_CHAR(value, 0);
    return 0;
}

static MUST_USE status
take_truth(PyObject *value, char *out)
{
    if (!value) { return 0; }
    int truth = PyObject_IsTrue(value);
    if (truth < 0) { return -1; }
    *out = (char)truth;
    return 0;
}

static MUST_USE status
take_terminator(PyObject *value, dialect *self)
{
    if (!value) {
        self->lineterminator = PyUnicode_FromString("\r\n");
        return self->lineterminator ? 0 : -1;
    }
    if (value == Py_None) { return 0; }
    if (!PyUnicode_Check(value)) {
        PyErr_SetString(PyExc_TypeError, "\"lineterminator\" must be a string");
        return -1;
    }
    if (PyUnicode_READY(value) < 0) { return -1; }
    self->lineterminator = Py_NewRef(value);
    return 0;
}

static MUST_USE status
take_quoting(PyObject *value, int *out)
{
    if (!value) { return 0; }
    if (!PyLong_CheckExact(value)) {
        PyErr_SetString(PyExc_TypeError, "\"quoting\" must be an integer");
        return -1;
    }
    *out = _PyLong_AsInt(value);
    if (*out == -1 && PyErr_Occurred()) { return -1; }
    if (*out >= QUOTE_MINIMAL && *out <= QUOTE_NONE) { return 0; }
    PyErr_SetString(PyExc_TypeError, "bad \"quoting\" value");
    return -1;
}

static unsigned char
classify(const dialect *d, Py_UCS4 c)
{
    Py_ssize_t n = PyUnicode_GET_LENGTH(d->lineterminator);
    bool ends = PyUnicode_FindChar(d->lineterminator, c, 0, n, 1) >= 0;
    bool special = c == d->delimiter || c == d->quotechar || c == d->escapechar;
    return (c == d->delimiter ? M_DELIMITER : 0)
        | (c == d->quotechar && d->quoting != QUOTE_NONE ? M_QUOTE : 0)
        | (c == d->escapechar ? M_ESCAPE : 0)
        | (c == '\n' || c == '\r' ? M_NEWLINE : 0)
        | (c == ' ' && d->skipinitialspace ? M_SKIP : 0)
        | (special || ends ? M_WRITE : 0);
}

/* The settings in the order of the arguments; dialect itself comes first. */
enum {
    S_DIALECT, S_DELIMITER, S_DOUBLEQUOTE, S_ESCAPECHAR, S_LINETERMINATOR, S_QUOTECHAR,
    S_QUOTING, S_SKIPINITIALSPACE, S_STRICT, N_SETTINGS
};
static char *setting_names[] = {
    "dialect", "delimiter", "doublequote", "escapechar", "lineterminator", "quotechar",
    "quoting", "skipinitialspace", "strict", NULL,
};

/* Fill self from settings; NULL ones leave the default. */
static MUST_USE status
settle(dialect *self, PyObject *const *settings)
{
    self->delimiter = ',';
    self->quotechar = '"';
    self->escapechar = NO_CHAR;
    self->quoting = QUOTE_MINIMAL;
    self->doublequote = true;
    if (take_char("delimiter", settings[S_DELIMITER], false, &self->delimiter) < 0
        || take_truth(settings[S_DOUBLEQUOTE], &self->doublequote) < 0
        || take_char("escapechar", settings[S_ESCAPECHAR], true, &self->escapechar) < 0
        || take_terminator(settings[S_LINETERMINATOR], self) < 0
        || take_char("quotechar", settings[S_QUOTECHAR], true, &self->quotechar) < 0
        || take_quoting(settings[S_QUOTING], &self->quoting) < 0
        || take_truth(settings[S_SKIPINITIALSPACE], &self->skipinitialspace) < 0
        || take_truth(settings[S_STRICT], &self->strict) < 0) {
        return -1;
    }
    if (settings[S_QUOTECHAR] == Py_None && !settings[S_QUOTING]) {
        self->quoting = QUOTE_NONE;
    }
    if (self->quotechar == NO_CHAR && self->quoting != QUOTE_NONE) {
        PyErr_SetString(PyExc_TypeError, "quotechar must be set if quoting enabled");
        return -1;
    }
    if (!self->lineterminator) {
        PyErr_SetString(PyExc_TypeError, "lineterminator must be set");
        return -1;
    }
    for (Py_UCS4 c = 0; c < ARRAY_LEN(self->marks); c++) { self->marks[c] = classify(self, c); }
    return 0;
}

static BORROWED PyObject *
find_dialect(csv_state *state, PyObject *name)
{
    PyObject *found = PyDict_GetItemWithError(state->dialects, name);
    if (!found && !PyErr_Occurred()) { PyErr_SetString(state->error, "unknown dialect"); }
    return found;
}

/* A dialect like base (a dialect, any object with attributes, or NULL), where given
 * settings win.  settings are borrowed but for those read from base, which are put
 * into held. */
static MUST_USE PyObject *
dialect_make(PyTypeObject *type, csv_state *state, PyObject **settings, PyObject **held)
{
    PyObject *base = settings[S_DIALECT];
    if (base && PyUnicode_Check(base)) {
        base = find_dialect(state, base);
        if (!base) { return NULL; }
    }
    if (base) {
        Py_INCREF(base);
        held[S_DIALECT] = base;
        bool alone = true;
        for (int i = S_DIALECT + 1; i < N_SETTINGS; i++) { alone = alone && !settings[i]; }
        if (alone && PyObject_TypeCheck(base, state->dialect_type)) { return Py_NewRef(base); }
        for (int i = S_DIALECT + 1; i < N_SETTINGS; i++) {
            if (settings[i]) { continue; }
            settings[i] = held[i] = PyObject_GetAttrString(base, setting_names[i]);
            if (!settings[i]) { PyErr_Clear(); }
        }
    }
    own dialect *self = (dialect *)type->tp_alloc(type, 0);
    if (!self || settle(self, settings) < 0) { return NULL; }
    return (PyObject *)take(self);
}

static PyObject *
dialect_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    csv_state *state = state_of_type(type);
    if (!state) { return NULL; }
    PyObject *s[N_SETTINGS] = {NULL}, *held[N_SETTINGS] = {NULL};
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|OOOOOOOOO", setting_names, &s[0], &s[1],
                                     &s[2], &s[3], &s[4], &s[5], &s[6], &s[7], &s[8])) {
        return NULL;
    }
    PyObject *made = dialect_make(type, state, s, held);
    for (int i = 0; i < N_SETTINGS; i++) { Py_XDECREF(held[i]); }
    return made;
}

/* Dialect(base, **kwargs); base may be NULL. */
static MUST_USE PyObject *
dialect_from(csv_state *state, PyObject *base, PyObject *kwargs)
{
    own PyObject *args = base ? PyTuple_Pack(1, base) : PyTuple_New(0);
    return args ? PyObject_Call((PyObject *)state->dialect_type, args, kwargs) : NULL;
}

/* --- dialect: the type --- */

static int
dialect_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(((dialect *)op)->lineterminator);
    return 0;
}

static int
dialect_clear(PyObject *op)
{
    Py_CLEAR(((dialect *)op)->lineterminator);
    return 0;
}

static void
free_object(PyObject *op, inquiry clear)
{
    PyTypeObject *type = Py_TYPE(op);
    PyObject_GC_UnTrack(op);
    clear(op);
    type->tp_free(op);
    Py_DECREF(type);
}

static void
dialect_dealloc(PyObject *op)
{
    free_object(op, dialect_clear);
}

static PyObject *
char_or_none(Py_UCS4 c)
{
    if (c == NO_CHAR) { Py_RETURN_NONE; }
    return PyUnicode_FromOrdinal((int)c);
}

static PyObject *
get_delimiter(PyObject *op, void *closure)
{
    return char_or_none(((dialect *)op)->delimiter);
}

static PyObject *
get_quotechar(PyObject *op, void *closure)
{
    return char_or_none(((dialect *)op)->quotechar);
}

static PyObject *
get_escapechar(PyObject *op, void *closure)
{
    return char_or_none(((dialect *)op)->escapechar);
}

static PyObject *
get_lineterminator(PyObject *op, void *closure)
{
    PyObject *text = ((dialect *)op)->lineterminator;
    return Py_NewRef(text ? text : Py_None);
}

static PyObject *
get_quoting(PyObject *op, void *closure)
{
    return PyLong_FromLong(((dialect *)op)->quoting);
}

static PyGetSetDef dialect_getset[] = {
    {"delimiter", get_delimiter, NULL, NULL, NULL},
    {"escapechar", get_escapechar, NULL, NULL, NULL},
    {"lineterminator", get_lineterminator, NULL, NULL, NULL},
    {"quotechar", get_quotechar, NULL, NULL, NULL},
    {"quoting", get_quoting, NULL, NULL, NULL},
    {NULL},
};

static PyMemberDef dialect_members[] = {
    {"skipinitialspace", T_BOOL, offsetof(dialect, skipinitialspace), READONLY, NULL},
    {"doublequote", T_BOOL, offsetof(dialect, doublequote), READONLY, NULL},
    {"strict", T_BOOL, offsetof(dialect, strict), READONLY, NULL},
    {NULL},
};

static PyObject *
refuse_pickle(PyObject *op)
{
    PyErr_Format(PyExc_TypeError, "cannot pickle '%.100s' instances",
                 _PyType_Name(Py_TYPE(op)));
    return NULL;
}

/** @nosig dialect.__reduce__($self, /, *args)
 *
 *  Raise TypeError: a dialect cannot be pickled.
 */
static PyObject *
dialect_reduce(PyObject *op, PyObject *args)
{
    return refuse_pickle(op);
}

/** @nosig dialect.__reduce_ex__($self, /, *args)
 *
 *  Raise TypeError: a dialect cannot be pickled.
 */
static PyObject *
dialect_reduce_ex(PyObject *op, PyObject *args)
{
    return refuse_pickle(op);
}

/* --- reading --- */

typedef enum {
    LINE_START, FIELD_START, IN_FIELD, IN_QUOTES,
    QUOTE_SEEN,                 /* in quotes: the end, or half of a doubled one */
    ESCAPE, ESCAPE_IN_QUOTES,   /* after the escape character */
    ESCAPED_NEWLINE,            /* in a field, after it: the line's end is no row's end */
    LINE_OVER,                  /* only newlines may follow */
} place;

typedef struct {
    const dialect *dialect;
    csv_state *state;
    PyObject *fields;
    PyObject *line;             /* borrowed from the loop that reads it */
    const void *chars;
    int kind;
    Py_ssize_t n_chars;
    Py_ssize_t from, to;        /* the part of line that belongs to the field */
    _PyUnicodeWriter text;      /* what stands before that part */
    place place;
    bool is_number;
} row_parser;

static inline unsigned
marks_of(const dialect *d, Py_UCS4 c)
{
    return LIKELY(c < ARRAY_LEN(d->marks)) ? d->marks[c] : classify(d, c);
}

static inline unsigned
marks_at(const row_parser *p, Py_ssize_t i)
{
    return i < p->n_chars ? marks_of(p->dialect, PyUnicode_READ(p->kind, p->chars, i)) : M_END;
}

/* The first place from i on that has one of marks, or n. */
static Py_ssize_t
find_mark(const dialect *d, int kind, const void *chars, Py_ssize_t i, Py_ssize_t n,
          unsigned marks)
{
    if (kind == PyUnicode_1BYTE_KIND) {
        const Py_UCS1 *bytes = chars;
        while (i < n && !(d->marks[bytes[i]] & marks)) { i++; }
        return i;
    }
    while (i < n && !(marks_of(d, PyUnicode_READ(kind, chars, i)) & marks)) { i++; }
    return i;
}

static void
text_begin(row_parser *p)
{
    _PyUnicodeWriter_Init(&p->text);
    p->text.overallocate = 1;
}

/* Move the part of the field that still lies in line into text. */
static MUST_USE status
text_gather(row_parser *p)
{
    if (p->from == p->to) { return 0; }
    if (_PyUnicodeWriter_WriteSubstring(&p->text, p->line, p->from, p->to) < 0) { return -1; }
    p->from = p->to = 0;
    return 0;
}

static MUST_USE status
check_limit(const row_parser *p, Py_ssize_t n_more)
{
    if (p->text.pos + (p->to - p->from) + n_more <= p->state->field_limit) { return 0; }
    PyErr_Format(p->state->error, "field larger than field limit (%ld)", p->state->field_limit);
    return -1;
}

/* Add line[from:to] to the field. */
static MUST_USE status
add_run(row_parser *p, Py_ssize_t from, Py_ssize_t to)
{
    if (from == to) { return 0; }
    if (check_limit(p, to - from) < 0) { return -1; }
    if (p->from != p->to && p->to == from) {
        p->to = to;
        return 0;
    }
    if (text_gather(p) < 0) { return -1; }
    p->from = from;
    p->to = to;
    return 0;
}

static MUST_USE status
add_newline(row_parser *p)
{
    if (check_limit(p, 1) < 0 || text_gather(p) < 0) { return -1; }
    return _PyUnicodeWriter_WriteChar(&p->text, '\n');
}

static MUST_USE PyObject *
field_text(row_parser *p)
{
    if (p->text.pos == 0) {
        PyObject *slice = p->from == p->to ? PyUnicode_New(0, 0)
            : PyUnicode_Substring(p->line, p->from, p->to);
        p->from = p->to = 0;
        return slice;
    }
    if (text_gather(p) < 0) { return NULL; }
    PyObject *text = _PyUnicodeWriter_Finish(&p->text);
    text_begin(p);
    return text;
}

/* The field is complete: append it to the row. */
static MUST_USE status
save_field(row_parser *p)
{
    own PyObject *field = field_text(p);
    if (!field) { return -1; }
    if (!p->is_number) { return PyList_Append(p->fields, field); }
    p->is_number = false;
    own PyObject *number = PyNumber_Float(field);
    return number ? PyList_Append(p->fields, number) : -1;
}

/* A step reads at i, where marks stand, and returns where to go on, -1 on error.  At
 * the end of the line it returns n_chars + 1. */
#define STEP(name)                                                              \
    static inline Py_ssize_t                                                    \
    name(row_parser *p, Py_ssize_t i, unsigned marks)

STEP(step_field_end)
{
    if (save_field(p) < 0) { return -1; }
    p->place = marks & M_END ? LINE_START : marks & M_NEWLINE ? LINE_OVER : FIELD_START;
    return i + 1;
}

STEP(step_in_field)
{
    Py_ssize_t stop = find_mark(p->dialect, p->kind, p->chars, i, p->n_chars,
                                M_NEWLINE | M_DELIMITER | M_ESCAPE);
    if (add_run(p, i, stop) < 0) { return -1; }
    marks = marks_at(p, stop);
    if (marks & M_END && p->place == ESCAPED_NEWLINE) { return stop + 1; }
    if (marks & M_LINE || !(marks & M_ESCAPE)) { return step_field_end(p, stop, marks); }
    p->place = ESCAPE;
    return stop + 1;
}

STEP(step_field_start)
{
    if (marks & M_LINE) { return step_field_end(p, i, marks); }
    if (marks & M_QUOTE) { p->place = IN_QUOTES; }
    else if (marks & M_ESCAPE) { p->place = ESCAPE; }
    else if (marks & M_SKIP) { p->place = FIELD_START; }
    else if (marks & M_DELIMITER) { return step_field_end(p, i, M_DELIMITER); }
    else {
        p->is_number = p->dialect->quoting == QUOTE_NONNUMERIC;
        p->place = IN_FIELD;
        return i;
    }
    return i + 1;
}

STEP(step_line_start)
{
    if (marks & M_END) { return i + 1; }
    if (!(marks & M_NEWLINE)) { return step_field_start(p, i, marks); }
    p->place = LINE_OVER;
    return i + 1;
}

STEP(step_in_quotes)
{
    Py_ssize_t stop = find_mark(p->dialect, p->kind, p->chars, i, p->n_chars,
                                M_QUOTE | M_ESCAPE);
    if (add_run(p, i, stop) < 0) { return -1; }
    marks = marks_at(p, stop);
    if (marks & M_ESCAPE) { p->place = ESCAPE_IN_QUOTES; }
    else if (marks & M_QUOTE) { p->place = p->dialect->doublequote ? QUOTE_SEEN : IN_FIELD; }
    return stop + 1;
}

static COLD Py_ssize_t
bad_after_quote(const row_parser *p)
{
    PyErr_Format(p->state->error, "'%c' expected after '%c'", (int)p->dialect->delimiter,
                 (int)p->dialect->quotechar);
    return -1;
}

STEP(step_quote_seen)
{
    if (marks & M_QUOTE) { p->place = IN_QUOTES; }
    else if (marks & (M_DELIMITER | M_LINE)) {
        return step_field_end(p, i, marks & M_DELIMITER ? M_DELIMITER : marks);
    }
    else if (p->dialect->strict) { return bad_after_quote(p); }
    else { p->place = IN_FIELD; }
    return add_run(p, i, i + 1) < 0 ? -1 : i + 1;
}

STEP(step_escape)
{
    p->place = p->place == ESCAPE_IN_QUOTES ? IN_QUOTES
        : marks & M_NEWLINE ? ESCAPED_NEWLINE : IN_FIELD;
    status added = marks & M_END ? add_newline(p) : add_run(p, i, i + 1);
    return added < 0 ? -1 : i + 1;
}

STEP(step_line_over)
{
    if (marks & M_END) { p->place = LINE_START; }
    else if (!(marks & M_NEWLINE)) {
        PyErr_SetString(p->state->error, "new-line character seen in unquoted field - do you "
                        "need to open the file in universal-newline mode?");
        return -1;
    }
    return i + 1;
}

static Py_ssize_t
step(row_parser *p, Py_ssize_t i)
{
    unsigned marks = marks_at(p, i);
    switch (p->place) {
    case LINE_START: return step_line_start(p, i, marks);
    case FIELD_START: return step_field_start(p, i, marks);
    case ESCAPED_NEWLINE:
    case IN_FIELD: return step_in_field(p, i, marks);
    case IN_QUOTES: return step_in_quotes(p, i, marks);
    case QUOTE_SEEN: return step_quote_seen(p, i, marks);
    case ESCAPE:
    case ESCAPE_IN_QUOTES: return step_escape(p, i, marks);
    case LINE_OVER: return step_line_over(p, i, marks);
    }
    Py_UNREACHABLE();
}

static MUST_USE status
parse_line(row_parser *p, PyObject *line)
{
    if (!PyUnicode_Check(line)) {
        PyErr_Format(p->state->error, "iterator should return strings, not %.200s (the file "
                     "should be opened in text mode)", Py_TYPE(line)->tp_name);
        return -1;
    }
    if (PyUnicode_READY(line) < 0) { return -1; }
    p->line = line;
    p->kind = PyUnicode_KIND(line);
    p->chars = PyUnicode_DATA(line);
    p->n_chars = PyUnicode_GET_LENGTH(line);
    for (Py_ssize_t i = 0; i <= p->n_chars; ) {
        i = step(p, i);
        if (i < 0) { return -1; }
    }
    return text_gather(p);
}

/* No line is left: keep what is under way.  1 if that makes a row, 0 if not. */
static tri
parse_end(row_parser *p)
{
    if (PyErr_Occurred()) { return -1; }
    if (p->text.pos == 0 && p->place != IN_QUOTES) { return 0; }
    if (p->dialect->strict) {
        PyErr_SetString(p->state->error, "unexpected end of data");
        return -1;
    }
    return save_field(p) < 0 ? -1 : 1;
}

/* Read lines until a row is complete; 0 when there are none. */
static tri
parse_row(reader *self, row_parser *p)
{
    do {
        own PyObject *line = PyIter_Next(self->lines);
        if (!line) { return parse_end(p); }
        self->line_num++;
        if (parse_line(p, line) < 0) { return -1; }
    } while (p->place != LINE_START);
    return 1;
}

static PyObject *
reader_next(PyObject *op)
{
    reader *self = (reader *)op;
    csv_state *state = state_of_type(Py_TYPE(op));
    if (!state) { return NULL; }
    if (!self->lines) {
        PyErr_SetString(state->error, "the reader has no input; make it with reader()");
        return NULL;
    }
    own dialect *used = (dialect *)Py_NewRef((PyObject *)self->dialect);
    own PyObject *fields = PyList_New(0);
    if (!fields) { return NULL; }
    row_parser parser = {.dialect = used, .state = state, .fields = fields};
    text_begin(&parser);
    tri found = parse_row(self, &parser);
    _PyUnicodeWriter_Dealloc(&parser.text);
    return found > 0 ? take(fields) : NULL;
}

static int
reader_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(((reader *)op)->lines);
    Py_VISIT(((reader *)op)->dialect);
    return 0;
}

static int
reader_clear(PyObject *op)
{
    Py_CLEAR(((reader *)op)->lines);
    Py_CLEAR(((reader *)op)->dialect);
    return 0;
}

static void
reader_dealloc(PyObject *op)
{
    free_object(op, reader_clear);
}

static PyMemberDef reader_members[] = {
    {"dialect", T_OBJECT, offsetof(reader, dialect), READONLY, NULL},
    {"line_num", T_ULONG, offsetof(reader, line_num), READONLY, NULL},
    {NULL},
};

/** @nosig reader($module, /, *args, **kwargs)
 *
 *  reader(iterable[, dialect='excel'[, setting=value ...]])
 *
 *  An iterator over the rows, lists of fields, that the lines of iterable hold.
 *  A row may span several lines.  Settings win over those of the dialect.
 */
static PyObject *
csv_reader(PyObject *module, PyObject *args, PyObject *kwargs)
{
    csv_state *state = state_of(module);
    PyObject *iterable, *base = NULL;
    if (!PyArg_UnpackTuple(args, "", 1, 2, &iterable, &base)) { return NULL; }
    own PyObject *lines = PyObject_GetIter(iterable);
    if (!lines) { return NULL; }
    own PyObject *used = dialect_from(state, base, kwargs);
    if (!used) { return NULL; }
    reader *self = (reader *)state->reader_type->tp_alloc(state->reader_type, 0);
    if (!self) { return NULL; }
    self->lines = take(lines);
    self->dialect = (dialect *)take(used);
    return (PyObject *)self;
}

/* --- writing --- */

typedef struct {
    const dialect *dialect;
    csv_state *state;
    _PyUnicodeWriter text;
} row_writer;

/* Write c, which has M_WRITE, in a field; true in *quoted if quotes must surround it. */
static MUST_USE status
write_marked(row_writer *w, Py_UCS4 c, bool *quoted)
{
    const dialect *d = w->dialect;
    bool escapes = d->quoting == QUOTE_NONE
        || (c == d->quotechar ? !d->doublequote : c == d->escapechar);
    if (!escapes) {
        *quoted = true;
        if (c == d->quotechar && _PyUnicodeWriter_WriteChar(&w->text, c) < 0) { return -1; }
    }
    else if (d->escapechar == NO_CHAR) {
        PyErr_SetString(w->state->error, "need to escape, but no escapechar set");
        return -1;
    }
    else if (_PyUnicodeWriter_WriteChar(&w->text, d->escapechar) < 0) { return -1; }
    return _PyUnicodeWriter_WriteChar(&w->text, c);
}

static MUST_USE status
write_marked_field(row_writer *w, PyObject *field, bool *quoted)
{
    int kind = PyUnicode_KIND(field);
    const void *chars = PyUnicode_DATA(field);
    Py_ssize_t n = PyUnicode_GET_LENGTH(field);
    for (Py_ssize_t i = 0; i < n; i++) {
        Py_ssize_t stop = find_mark(w->dialect, kind, chars, i, n, M_WRITE);
        if (stop > i
            && _PyUnicodeWriter_WriteSubstring(&w->text, field, i, stop) < 0) {
            return -1;
        }
        i = stop;
        if (i < n && write_marked(w, PyUnicode_READ(kind, chars, i), quoted) < 0) { return -1; }
    }
    return 0;
}

/* Would quotes be put around field for one of its characters?  A field that needs an
 * escape it cannot have is found by write_marked. */
static bool
wants_quotes(const dialect *d, PyObject *field)
{
    int kind = PyUnicode_KIND(field);
    const void *chars = PyUnicode_DATA(field);
    Py_ssize_t n = PyUnicode_GET_LENGTH(field);
    if (d->quoting == QUOTE_NONE) { return false; }
    for (Py_ssize_t i = 0; (i = find_mark(d, kind, chars, i, n, M_WRITE)) < n; i++) {
        Py_UCS4 c = PyUnicode_READ(kind, chars, i);
        if (c == d->quotechar ? d->doublequote : c != d->escapechar) { return true; }
    }
    return false;
}

/* Write the text of one field. */
static MUST_USE status
write_text(row_writer *w, PyObject *field, bool quoted)
{
    if (PyUnicode_READY(field) < 0) { return -1; }
    Py_UCS4 quote = w->dialect->quotechar;
    quoted = quoted || wants_quotes(w->dialect, field);
    if (quoted && _PyUnicodeWriter_WriteChar(&w->text, quote) < 0) { return -1; }
    bool found = quoted;
    if (write_marked_field(w, field, &found) < 0) { return -1; }
    EXPECT(found == quoted);
    return quoted ? _PyUnicodeWriter_WriteChar(&w->text, quote) : 0;
}

static MUST_USE status
write_field(row_writer *w, PyObject *field)
{
    int quoting = w->dialect->quoting;
    bool quoted = quoting == QUOTE_ALL
        || (quoting == QUOTE_NONNUMERIC && !PyNumber_Check(field));
    if (PyUnicode_Check(field)) { return write_text(w, field, quoted); }
    own PyObject *text = field == Py_None ? PyUnicode_New(0, 0) : PyObject_Str(field);
    return text ? write_text(w, text, quoted) : -1;
}

/* A row of one empty field would read back as no field: quote it. */
static MUST_USE status
write_lone_empty(row_writer *w)
{
    if (w->dialect->quoting == QUOTE_NONE) {
        PyErr_SetString(w->state->error, "single empty field record must be quoted");
        return -1;
    }
    Py_UCS4 quote = w->dialect->quotechar;
    if (_PyUnicodeWriter_WriteChar(&w->text, quote) < 0) { return -1; }
    return _PyUnicodeWriter_WriteChar(&w->text, quote);
}

static MUST_USE status
write_fields(row_writer *w, PyObject *fields)
{
    bool any = false;
    Py_UCS4 delimiter = w->dialect->delimiter;
    for (;; any = true) {
        own PyObject *field = PyIter_Next(fields);
        if (!field) { break; }
        if (any && _PyUnicodeWriter_WriteChar(&w->text, delimiter) < 0) { return -1; }
        if (write_field(w, field) < 0) { return -1; }
    }
    if (PyErr_Occurred()) { return -1; }
    if (any && w->text.pos == 0 && write_lone_empty(w) < 0) { return -1; }
    return _PyUnicodeWriter_WriteStr(&w->text, w->dialect->lineterminator);
}

/** @nosig writer.writerow($self, row, /)
 *
 *  writerow(iterable)
 *
 *  Write one row; what is not a string is written as str() shows it.
 */
static PyObject *
writer_writerow(PyObject *op, PyObject *row)
{
    writer *self = (writer *)op;
    csv_state *state = state_of_type(Py_TYPE(op));
    if (!state) { return NULL; }
    if (!self->write) {
        PyErr_SetString(state->error, "the writer has no output; make it with writer()");
        return NULL;
    }
    own PyObject *fields = PyObject_GetIter(row);
    if (!fields) {
        if (PyErr_ExceptionMatches(PyExc_TypeError)) {
            PyErr_Format(state->error, "iterable expected, not %.200s", Py_TYPE(row)->tp_name);
        }
        return NULL;
    }
    own dialect *used = (dialect *)Py_NewRef((PyObject *)self->dialect);
    row_writer w = {.dialect = used, .state = state};
    _PyUnicodeWriter_Init(&w.text);
    w.text.overallocate = 1;
    if (write_fields(&w, fields) < 0) {
        _PyUnicodeWriter_Dealloc(&w.text);
        return NULL;
    }
    own PyObject *line = _PyUnicodeWriter_Finish(&w.text);
    return line ? PyObject_CallOneArg(self->write, line) : NULL;
}

/** @nosig writer.writerows($self, rows, /)
 *
 *  writerows(iterable of iterables)
 *
 *  Write each row as writerow() does.
 */
static PyObject *
writer_writerows(PyObject *op, PyObject *rows)
{
    own PyObject *iterator = PyObject_GetIter(rows);
    if (!iterator) { return NULL; }
    for (;;) {
        own PyObject *row = PyIter_Next(iterator);
        if (!row) { break; }
        own PyObject *written = writer_writerow(op, row);
        if (!written) { return NULL; }
    }
    if (PyErr_Occurred()) { return NULL; }
    Py_RETURN_NONE;
}

static int
writer_traverse(PyObject *op, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(((writer *)op)->write);
    Py_VISIT(((writer *)op)->dialect);
    return 0;
}

static int
writer_clear(PyObject *op)
{
    Py_CLEAR(((writer *)op)->write);
    Py_CLEAR(((writer *)op)->dialect);
    return 0;
}

static void
writer_dealloc(PyObject *op)
{
    free_object(op, writer_clear);
}

static PyMemberDef writer_members[] = {
    {"dialect", T_OBJECT, offsetof(writer, dialect), READONLY, NULL},
    {NULL},
};

/** @nosig writer($module, /, *args, **kwargs)
 *
 *  writer(file[, dialect='excel'[, setting=value ...]])
 *
 *  An object whose writerow() and writerows() call file.write with a line for each
 *  row.  Settings win over those of the dialect.
 */
static PyObject *
csv_writer(PyObject *module, PyObject *args, PyObject *kwargs)
{
    csv_state *state = state_of(module);
    PyObject *file, *base = NULL;
    if (!PyArg_UnpackTuple(args, "", 1, 2, &file, &base)) { return NULL; }
    own PyObject *write = PyObject_GetAttrString(file, "write");
    if (!write && !PyErr_ExceptionMatches(PyExc_AttributeError)) { return NULL; }
    if (!write || !PyCallable_Check(write)) {
        PyErr_Clear();
        PyErr_SetString(PyExc_TypeError, "argument 1 must have a \"write\" method");
        return NULL;
    }
    own PyObject *used = dialect_from(state, base, kwargs);
    if (!used) { return NULL; }
    writer *self = (writer *)state->writer_type->tp_alloc(state->writer_type, 0);
    if (!self) { return NULL; }
    self->write = take(write);
    self->dialect = (dialect *)take(used);
    return (PyObject *)self;
}

/* --- the registry of dialects --- */

/** list_dialects($module, /)
 *
 *  A list of the names of all registered dialects.
 */
static PyObject *
csv_list_dialects(PyObject *module)
{
    return PyDict_Keys(state_of(module)->dialects);
}

/** @nosig register_dialect($module, /, *args, **kwargs)
 *
 *  register_dialect(name[, dialect[, setting=value ...]])
 *
 *  Make a dialect known under a name, a string.
 */
static PyObject *
csv_register_dialect(PyObject *module, PyObject *args, PyObject *kwargs)
{
    csv_state *state = state_of(module);
    PyObject *name, *base = NULL;
    if (!PyArg_UnpackTuple(args, "", 1, 2, &name, &base)) { return NULL; }
    if (!PyUnicode_Check(name)) {
        PyErr_SetString(PyExc_TypeError, "dialect name must be a string");
        return NULL;
    }
    own PyObject *made = dialect_from(state, base, kwargs);
    if (!made || PyDict_SetItem(state->dialects, name, made) < 0) { return NULL; }
    Py_RETURN_NONE;
}

/** unregister_dialect($module, /, name)
 *
 *  Forget the dialect of that name.
 */
static PyObject *
csv_unregister_dialect(PyObject *module, PyObject *name)
{
    csv_state *state = state_of(module);
    if (!find_dialect(state, name) || PyDict_DelItem(state->dialects, name) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

/** get_dialect($module, /, name)
 *
 *  The dialect that is registered under name.
 */
static PyObject *
csv_get_dialect(PyObject *module, PyObject *name)
{
    PyObject *found = find_dialect(state_of(module), name);
    Py_XINCREF(found);
    return found;
}

/** field_size_limit($module, /, new_limit=NULL)
 *
 *  The greatest length of a field that a reader takes; with an argument, set it.
 *
 *  The result is the limit that held before.
 */
static PyObject *
csv_field_size_limit(PyObject *module, PyObject *new_limit)
{
    csv_state *state = state_of(module);
    long before = state->field_limit;
    if (!new_limit) { return PyLong_FromLong(before); }
    if (!PyLong_CheckExact(new_limit)) {
        PyErr_SetString(PyExc_TypeError, "limit must be an integer");
        return NULL;
    }
    long limit = PyLong_AsLong(new_limit);
    if (limit == -1 && PyErr_Occurred()) { return NULL; }
    state->field_limit = limit;
    return PyLong_FromLong(before);
}

#include "gen/modules/_csv.bind.h"

/* --- types and module --- */

#define CSV_FLAGS (Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC \
                   | Py_TPFLAGS_IMMUTABLETYPE)

static PyType_Slot dialect_slots[] = {
    {Py_tp_doc, "How rows are read and written: the settings of readers and writers."},
    {Py_tp_new, dialect_new},
    {Py_tp_dealloc, dialect_dealloc},
    {Py_tp_traverse, dialect_traverse},
    {Py_tp_clear, dialect_clear},
    {Py_tp_methods, dialect_methods},
    {Py_tp_members, dialect_members},
    {Py_tp_getset, dialect_getset},
    {0, NULL},
};
static PyType_Spec dialect_spec = {
    .name = "_csv.Dialect", .basicsize = sizeof(dialect), .flags = CSV_FLAGS,
    .slots = dialect_slots,
};

static PyType_Slot reader_slots[] = {
    {Py_tp_doc, "An iterator over the rows of lines of text."},
    {Py_tp_dealloc, reader_dealloc},
    {Py_tp_traverse, reader_traverse},
    {Py_tp_clear, reader_clear},
    {Py_tp_iter, PyObject_SelfIter},
    {Py_tp_iternext, reader_next},
    {Py_tp_members, reader_members},
    {0, NULL},
};
static PyType_Spec reader_spec = {
    .name = "_csv.reader", .basicsize = sizeof(reader), .flags = CSV_FLAGS,
    .slots = reader_slots,
};

static PyType_Slot writer_slots[] = {
    {Py_tp_doc, "Writes rows as lines of text."},
    {Py_tp_dealloc, writer_dealloc},
    {Py_tp_traverse, writer_traverse},
    {Py_tp_clear, writer_clear},
    {Py_tp_methods, writer_methods},
    {Py_tp_members, writer_members},
    {0, NULL},
};
static PyType_Spec writer_spec = {
    .name = "_csv.writer", .basicsize = sizeof(writer), .flags = CSV_FLAGS,
    .slots = writer_slots,
};

static PyType_Slot error_slots[] = {{0, NULL}};
static PyType_Spec error_spec = {
    .name = "_csv.Error", .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .slots = error_slots,
};

static MUST_USE status
add_type(PyObject *module, const char *name, PyType_Spec *spec, PyTypeObject **out)
{
    *out = (PyTypeObject *)PyType_FromModuleAndSpec(module, spec, NULL);
    return *out ? PyModule_AddObjectRef(module, name, (PyObject *)*out) : -1;
}

static MUST_USE status
add_error(PyObject *module, csv_state *state)
{
    own PyObject *bases = PyTuple_Pack(1, PyExc_Exception);
    if (!bases) { return -1; }
    state->error = PyType_FromModuleAndSpec(module, &error_spec, bases);
    return state->error ? PyModule_AddObjectRef(module, "Error", state->error) : -1;
}

static int
module_exec(PyObject *module)
{
    csv_state *state = state_of(module);
    state->field_limit = 128 * 1024;
    state->dialects = PyDict_New();
    if (!state->dialects
        || add_type(module, "Dialect", &dialect_spec, &state->dialect_type) < 0
        || add_type(module, "Reader", &reader_spec, &state->reader_type) < 0
        || add_type(module, "Writer", &writer_spec, &state->writer_type) < 0
        || PyModule_AddStringConstant(module, "__version__", "1.0") < 0
        || PyModule_AddObjectRef(module, "_dialects", state->dialects) < 0
        || add_error(module, state) < 0) {
        return -1;
    }
    for (size_t i = 0; i < ARRAY_LEN(quotings); i++) {
        if (PyModule_AddIntConstant(module, quotings[i].name, quotings[i].value) < 0) {
            return -1;
        }
    }
    return 0;
}

static int
module_traverse(PyObject *module, visitproc visit, void *arg)
{
    csv_state *state = state_of(module);
    Py_VISIT(state->error);
    Py_VISIT(state->dialects);
    Py_VISIT(state->dialect_type);
    Py_VISIT(state->reader_type);
    Py_VISIT(state->writer_type);
    return 0;
}

static int
module_clear(PyObject *module)
{
    csv_state *state = state_of(module);
    Py_CLEAR(state->error);
    Py_CLEAR(state->dialects);
    Py_CLEAR(state->dialect_type);
    Py_CLEAR(state->reader_type);
    Py_CLEAR(state->writer_type);
    return 0;
}

static void
module_free(void *module)
{
    module_clear(module);
}

static PyModuleDef_Slot module_slots[] = {
    {Py_mod_exec, module_exec},
    {0, NULL},
};

PyDoc_STRVAR(module_doc,
    "Reading and writing of separated values (PEP 305).\n\n"
    "Readers, writers and register_dialect() take a dialect: a registered name, a\n"
    "class or an object with settings as attributes.  The settings are\n\n"
    "    delimiter         stands between fields, ','\n"
    "    quotechar         surrounds a field, '\"'\n"
    "    doublequote       whether a quote in a field is doubled, True\n"
    "    escapechar        takes the meaning from the next character, None\n"
    "    skipinitialspace  whether blanks before a field are skipped, False\n"
    "    lineterminator    what a writer puts after a row, '\\r\\n'\n"
    "    quoting           when to quote, a constant QUOTE_..., QUOTE_MINIMAL\n"
    "    strict            whether malformed input is an Error, False");

static struct PyModuleDef module_def = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_csv",
    .m_doc = module_doc,
    .m_size = sizeof(csv_state),
    .m_methods = module_methods,
    .m_slots = module_slots,
    .m_traverse = module_traverse,
    .m_clear = module_clear,
    .m_free = module_free,
};

PyMODINIT_FUNC
PyInit__csv(void)
{
    return PyModuleDef_Init(&module_def);
}

/* traceback_print.c -- what an uncaught exception looks like.
 *
 * Everything is written to a Python file object and may fail at any write; then
 * PyErr_Display gives up and dumps the exception object to the C stderr.
 *
 * Layout     inside exception groups every line starts with 2 * depth spaces and
 *            "| " (hob_write_margin); depth 0 is outside.
 */
#include "vm/traceback.h"

#include "memory/own.h"
#include "objects/exceptions/exceptions.h"
#include "objects/ids.h"
#include "objects/object.h"
#include "vm/upcalls.h"

enum { SOURCE_INDENT = 4, SHOW_REPEATED = 3, DEFAULT_LIMIT = 1000 };
enum { GROUP_WIDTH_MAX = 15, GROUP_DEPTH_MAX = 10 };

static const char header_plain[] = "Traceback (most recent call last):\n";
static const char header_group[] = "Exception Group Traceback (most recent call last):\n";
static const char cause_text[] =
    "The above exception was the direct cause of the following exception:\n";
static const char context_text[] =
    "During handling of the above exception, another exception occurred:\n";

/* --- writing --- */

static status
put(PyObject *file, const char *text)
{
    return PyFile_WriteString(text, file);
}

static status
put_object(PyObject *file, STOLEN PyObject *text)
{
    if (!text) { return -1; }
    status done = PyFile_WriteObject(text, file, Py_PRINT_RAW);
    Py_DECREF(text);
    return done;
}

status
hob_write_margin(int indent, const char *margin, PyObject *file)
{
    char line[2 * GROUP_DEPTH_MAX + 64];
    if (indent == 0 && !*margin) { return 0; }
    if (indent > (int)sizeof line - 16) { indent = (int)sizeof line - 16; }
    memset(line, ' ', (size_t)indent);
    snprintf(line + indent, sizeof line - (size_t)indent, "%s", margin);
    return put(file, line);
}

/* --- one entry of a traceback --- */

/* Columns of a code unit in characters of line; false when not all are known. */
static bool
find_span(PyTracebackObject *tb, PyObject *line, hob_source_span *span)
{
    int start, end;
    if (tb->tb_lasti < 0) { return false; }
    if (!PyCode_Addr2Location(tb->tb_frame->f_frame->code, tb->tb_lasti, &span->first_line,
                              &start, &span->last_line, &end)) {
        return false;
    }
    if (span->first_line < 0 || span->last_line < 0 || start < 0 || end < 0) { return false; }
    Py_ssize_t n;
    const char *bytes = PyUnicode_AsUTF8AndSize(line, &n);
    if (!bytes) {
        PyErr_Clear();
        return false;
    }
    /* Code may have been compiled from another version of the file. */
    Py_ssize_t ends[2] = {start < n ? start : n, end < n ? end : n};
    Py_ssize_t *into[2] = {&span->start, &span->end};
    for (int i = 0; i < 2; i++) {
        own PyObject *before = PyUnicode_DecodeUTF8(bytes, ends[i], "replace");
        if (!before) {
            PyErr_Clear();
            return false;
        }
        *into[i] = PyUnicode_GET_LENGTH(before);
    }
    return true;
}

static bool
is_blank(Py_UCS4 c)
{
    return c == ' ' || c == '\t' || c == '\f';
}

/* The line of ~~^~~ below the quoted source; indent characters of line are cut. */
static status
write_carets(PyTracebackObject *tb, PyObject *filename, PyObject *line, Py_ssize_t cut,
             int indent, const char *margin, PyObject *file)
{
    hob_source_span span;
    if (!find_span(tb, line, &span)) { return 0; }
    Py_ssize_t stop = PyUnicode_GET_LENGTH(line);
    while (stop > 0 && is_blank(PyUnicode_READ_CHAR(line, stop - 1))) { stop--; }
    Py_ssize_t end = span.first_line == span.last_line ? span.end : stop;
    Py_ssize_t left_end = -1, right_start = -1;
    bool has_anchors = hob_source_anchors(line, filename, span.start, end, &left_end,
                                          &right_start);
    if (!has_anchors && end - span.start == stop - cut) { return 0; }   /* the whole line */
    Py_ssize_t n = end < cut ? 0 : end - cut;       /* a place of no width: an empty line */
    if (n > 100000) { return 0; }
    own PyObject *carets = PyUnicode_New(n, 127);
    if (!carets) { return -1; }
    for (Py_ssize_t i = 0; i < n; i++) {
        Py_ssize_t at = cut + i;
        char c = at < span.start ? ' ' : !has_anchors ? '^'
               : at >= left_end && at < right_start ? '^' : '~';
        PyUnicode_WRITE(PyUnicode_1BYTE_KIND, PyUnicode_DATA(carets), i, c);
    }
    if (hob_write_margin(indent, margin, file) < 0) { return -1; }
    return put_object(file, PyUnicode_FromFormat("    %U\n", carets));
}

/* Write line without its leading blanks; *cut is how many there were. */
static status
write_source(PyObject *line, int source_indent, int indent, const char *margin, PyObject *file,
             Py_ssize_t *cut)
{
    Py_ssize_t n = PyUnicode_GET_LENGTH(line), i = 0;
    while (i < n && is_blank(PyUnicode_READ_CHAR(line, i))) { i++; }
    *cut = i;
    own PyObject *text = PyUnicode_Substring(line, i, n);
    if (!text || hob_write_margin(indent, margin, file) < 0 ||
        hob_write_margin(source_indent, "", file) < 0) {
        return -1;
    }
    return put_object(file, PyUnicode_FromFormat("%U\n", text));
}

static status
write_entry(PyTracebackObject *tb, int indent, const char *margin, PyObject *file)
{
    PyCodeObject *code = tb->tb_frame->f_frame->code;
    int line_number = hob_traceback_line(tb);
    if (hob_write_margin(indent, margin, file) < 0 ||
        put_object(file, PyUnicode_FromFormat("  File \"%U\", line %d, in %U\n",
                                                code->co_filename, line_number,
                                                code->co_name)) < 0) {
        return -1;
    }
    own PyObject *line = hob_source_line(code->co_filename, line_number);
    if (!line) { return 0; }
    Py_ssize_t cut;
    if (write_source(line, SOURCE_INDENT, indent, margin, file, &cut) < 0) { return -1; }
    return write_carets(tb, code->co_filename, line, cut, indent, margin, file);
}

static status
write_repeated(long more, int indent, const char *margin, PyObject *file)
{
    if (hob_write_margin(indent, margin, file) < 0) { return -1; }
    return put_object(file, PyUnicode_FromFormat("  [Previous line repeated %ld more time%s]\n",
                                                   more, more > 1 ? "s" : ""));
}

static status
write_entries(PyTracebackObject *tb, long limit, int indent, const char *margin, PyObject *file)
{
    long n = 0;
    for (PyTracebackObject *t = tb; t; t = t->tb_next) { n++; }
    for (; n > limit; n--) { tb = tb->tb_next; }
    PyCodeObject *last_code = NULL;
    int last_line = -1;
    long same = 0;
    for (; tb; tb = tb->tb_next) {
        PyCodeObject *code = tb->tb_frame->f_frame->code;
        int line = hob_traceback_line(tb);
        bool repeats = last_code && line == last_line &&
            (code == last_code || (PyUnicode_Compare(code->co_filename,
                                                     last_code->co_filename) == 0 &&
                                   PyUnicode_Compare(code->co_name, last_code->co_name) == 0));
        if (!repeats) {
            if (same > SHOW_REPEATED &&
                write_repeated(same - SHOW_REPEATED, indent, margin, file) < 0) {
                return -1;
            }
            same = 0;
        }
        last_code = code;
        last_line = line;
        if (++same <= SHOW_REPEATED && write_entry(tb, indent, margin, file) < 0) { return -1; }
        if (PyErr_CheckSignals() < 0) { return -1; }
    }
    if (same > SHOW_REPEATED) { return write_repeated(same - SHOW_REPEATED, indent, margin,
                                                      file); }
    return 0;
}

static long
traceback_limit(void)
{
    PyObject *value = PySys_GetObject("tracebacklimit");
    if (!value || !PyLong_Check(value)) { return DEFAULT_LIMIT; }
    int overflow;
    long limit = PyLong_AsLongAndOverflow(value, &overflow);
    return overflow > 0 ? LONG_MAX : overflow < 0 || limit < 0 ? 0 : limit;
}

int
_PyTraceBack_Print_Indented(PyObject *tb, int indent, const char *margin,
                            const char *header_margin, const char *header, PyObject *file)
{
    if (!tb) { return 0; }
    if (!PyTraceBack_Check(tb)) {
        PyErr_BadInternalCall();
        return -1;
    }
    long limit = traceback_limit();
    if (limit <= 0) { return 0; }
    if (hob_write_margin(indent, header_margin, file) < 0 || put(file, header) < 0) {
        return -1;
    }
    return write_entries((PyTracebackObject *)tb, limit, indent, margin, file);
}

int
PyTraceBack_Print(PyObject *tb, PyObject *file)
{
    return _PyTraceBack_Print_Indented(tb, 0, "", "", header_plain, file);
}

/* Write a line of a file, indented; how many characters were cut goes to *cut. */
int
_Py_DisplaySourceLine(PyObject *file, PyObject *filename, int line, int indent, int *cut,
                      PyObject **text)
{
    PyObject *source = filename ? hob_source_line(filename, line) : NULL;
    if (!source) { return 0; }
    Py_ssize_t n_cut;
    status done = write_source(source, indent, 0, "", file, &n_cut);
    if (cut) { *cut = (int)n_cut - indent; }
    if (text) { *text = Py_NewRef(source); }
    Py_DECREF(source);
    return done;
}

/* --- one exception --- */
typedef struct {
    PyObject *file;
    PyObject *seen;                     /* set of ids, or NULL */
    int depth;                          /* of groups */
    bool need_close;                    /* the frame around the last of a group is open */
} printer;

static int
indent_of(const printer *p)
{
    return 2 * p->depth;
}

static const char *
margin_of(const printer *p)
{
    return p->depth ? "| " : "";
}

static status
margin(const printer *p)
{
    return hob_write_margin(indent_of(p), margin_of(p), p->file);
}

static status
print_traceback(const printer *p, PyObject *value)
{
    own PyObject *tb = PyException_GetTraceback(value);
    if (!tb || tb == Py_None) { return 0; }
    bool group = hob_exception_is_group(value);
    const char *header_margin = group && p->depth == 1 ? "+ " : margin_of(p);
    return _PyTraceBack_Print_Indented(tb, indent_of(p), margin_of(p), header_margin,
                                       group ? header_group : header_plain, p->file);
}

/* The fields of a syntax error; false (and no error) when they do not fit. */
typedef struct {
    PyObject *message, *filename, *text;        /* owned; text may be None */
    Py_ssize_t line, column, end_line, end_column;
    bool shows_end;                     /* subclasses of SyntaxError get one caret */
} syntax_place;

static void
clear_place(syntax_place *place)
{
    Py_XDECREF(place->message);
    Py_XDECREF(place->filename);
    Py_XDECREF(place->text);
}

/* An int attribute; None is `none`.  False when it is something else. */
static bool
int_attribute(PyObject *value, PyObject *name, Py_ssize_t none, Py_ssize_t *out)
{
    own PyObject *op = PyObject_GetAttr(value, name);
    if (!op) { return false; }
    if (op == Py_None) {
        *out = none;
        return true;
    }
    Py_ssize_t n = PyLong_AsSsize_t(op);
    if (n == -1 && PyErr_Occurred()) { return false; }
    *out = n;
    return true;
}

static bool
read_place(PyObject *value, syntax_place *place)
{
    *place = (syntax_place){.shows_end = Py_IS_TYPE(value, (PyTypeObject *)PyExc_SyntaxError)};
    place->message = PyObject_GetAttr(value, ID(msg));
    place->filename = place->message ? PyObject_GetAttr(value, ID(filename)) : NULL;
    if (place->filename == Py_None) {
        Py_SETREF(place->filename, PyUnicode_FromString("<string>"));
    }
    own PyObject *line = place->filename ? PyObject_GetAttr(value, ID(lineno)) : NULL;
    if (!line || line == Py_None) { goto fail; }
    place->line = PyLong_AsSsize_t(line);
    if (place->line == -1 && PyErr_Occurred()) { goto fail; }
    if (!int_attribute(value, ID(offset), -1, &place->column) ||
        !int_attribute(value, ID(end_lineno), place->line, &place->end_line) ||
        !int_attribute(value, ID(end_offset), -1, &place->end_column)) {
        goto fail;
    }
    place->text = PyObject_GetAttr(value, ID(text));
    if (place->text) { return true; }
fail:
    PyErr_Clear();
    clear_place(place);
    return false;
}

/* The offending line and a caret under column .. end_column (from 1). */
static status
print_syntax_text(const printer *p, const syntax_place *place)
{
    Py_ssize_t n;
    const char *all = PyUnicode_AsUTF8AndSize(place->text, &n);
    if (!all) { return -1; }
    Py_ssize_t column = place->column - 1;
    Py_ssize_t end_column = (place->end_line > place->line ? n : place->end_column) - 1;
    const char *text = all;
    if (n > 0 && text[n - 1] == '\n') { n--; }
    if (column > n) { column = n; }
    if (end_column > n) { end_column = n; }
    /* Of several lines show the one that column is in. */
    for (;;) {
        const char *newline = memchr(text, '\n', (size_t)n);
        if (!newline || newline - text >= column) { break; }
        Py_ssize_t skip = newline - text + 1;
        text += skip;
        n -= skip;
        column -= skip;
        end_column -= skip;
    }
    while (n > 0 && is_blank((unsigned char)*text)) {
        text++;
        n--;
        column--;
        end_column--;
    }
    own PyObject *line = PyUnicode_DecodeUTF8(text, n, "replace");
    if (!line || margin(p) < 0 ||
        put_object(p->file, PyUnicode_FromFormat("    %U\n", line)) < 0) {
        return -1;
    }
    if (column < 0) { return 0; }
    Py_ssize_t width = place->shows_end && end_column > column ? end_column - column : 1;
    char *carets = PyMem_Malloc((size_t)(column + width) + 1);
    if (!carets) {
        PyErr_NoMemory();
        return -1;
    }
    memset(carets, ' ', (size_t)column);
    memset(carets + column, '^', (size_t)width);
    carets[column + width] = '\0';
    status done = margin(p) < 0 ? -1
                : put_object(p->file, PyUnicode_FromFormat("    %s\n", carets));
    PyMem_Free(carets);
    return done;
}

/* For syntax errors: the place; *message becomes what to print as the message. */
static status
print_place(const printer *p, PyObject **message)
{
    PyObject *marker;
    int has = _PyObject_LookupAttr(*message, ID(print_file_and_line), &marker);
    if (has <= 0) { return has; }
    Py_DECREF(marker);
    syntax_place place;
    if (!read_place(*message, &place)) { return 0; }
    Py_SETREF(*message, Py_NewRef(place.message));
    status done = -1;
    if (margin(p) == 0 &&
        put_object(p->file, PyUnicode_FromFormat("  File \"%S\", line %zd\n", place.filename,
                                                   place.line)) == 0) {
        done = place.text == Py_None ? 0 : print_syntax_text(p, &place);
    }
    clear_place(&place);
    return done;
}

static status
print_type(const printer *p, PyObject *type)
{
    own PyObject *module = PyObject_GetAttr(type, ID(__module__));
    if (!module || !PyUnicode_Check(module)) {
        PyErr_Clear();
        if (put(p->file, "<unknown>.") < 0) { return -1; }
    }
    else if (!_PyUnicode_EqualToASCIIString(module, "builtins") &&
             !_PyUnicode_EqualToASCIIString(module, "__main__")) {
        if (put_object(p->file, PyUnicode_FromFormat("%U.", module)) < 0) { return -1; }
    }
    own PyObject *name = PyType_GetQualName((PyTypeObject *)type);
    if (!name || !PyUnicode_Check(name)) {
        PyErr_Clear();
        return put(p->file, "<unknown>");
    }
    return PyFile_WriteObject(name, p->file, Py_PRINT_RAW);
}

static status
print_message(const printer *p, PyObject *type, PyObject *message)
{
    if (margin(p) < 0 || print_type(p, type) < 0) { return -1; }
    if (!message || message == Py_None) { return 0; }
    own PyObject *text = PyObject_Str(message);
    if (!text) {
        PyErr_Clear();
        return put(p->file, ": <exception str() failed>");
    }
    if (PyUnicode_GET_LENGTH(text) == 0) { return 0; }
    return put_object(p->file, PyUnicode_FromFormat(": %U", text));
}

static status
print_suggestion(const printer *p, PyObject *value)
{
    own PyObject *suggestion = hob_suggest(value);
    if (!suggestion) { return 0; }
    return put_object(p->file, PyUnicode_FromFormat(". Did you mean: '%U'?", suggestion));
}

static status
print_note(const printer *p, PyObject *note)
{
    own PyObject *text = PyUnicode_Check(note) ? Py_NewRef(note) : PyObject_Str(note);
    if (!text) {
        PyErr_Clear();
        text = PyUnicode_FromString("<note str() failed>");
    }
    own PyObject *lines = text ? PyUnicode_Splitlines(text, 1) : NULL;
    if (!lines) { return -1; }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(lines); i++) {
        if (margin(p) < 0 ||
            PyFile_WriteObject(PyList_GET_ITEM(lines, i), p->file, Py_PRINT_RAW) < 0) {
            return -1;
        }
    }
    return put(p->file, "\n");
}

static status
print_notes(const printer *p, PyObject *notes)
{
    if (!notes) { return 0; }
    if (!PySequence_Check(notes)) {
        if (margin(p) < 0) { return -1; }
        own PyObject *text = PyObject_Repr(notes);
        if (!text) {
            PyErr_Clear();
            return put(p->file, "<__notes__ repr() failed>");
        }
        return PyFile_WriteObject(text, p->file, Py_PRINT_RAW);
    }
    Py_ssize_t n = PySequence_Size(notes);
    for (Py_ssize_t i = 0; i < n; i++) {
        own PyObject *note = PySequence_GetItem(notes, i);
        if (!note || print_note(p, note) < 0) { return -1; }
    }
    return n < 0 ? -1 : 0;
}

static status
print_one(const printer *p, PyObject *value)
{
    if (!PyExceptionInstance_Check(value)) {
        if (margin(p) < 0) { return -1; }
        return put_object(p->file, PyUnicode_FromFormat(
            "TypeError: print_exception(): Exception expected for value, %s found\n",
            Py_TYPE(value)->tp_name));
    }
    own PyObject *self = Py_NewRef(value);
    own PyObject *message = Py_NewRef(value);
    own PyObject *notes = NULL;
    fflush(stdout);
    if (print_traceback(p, self) < 0 ||
        _PyObject_LookupAttr(self, ID(__notes__), &notes) < 0 ||
        print_place(p, &message) < 0 ||
        print_message(p, (PyObject *)Py_TYPE(self), message) < 0 ||
        print_suggestion(p, self) < 0 ||
        put(p->file, "\n") < 0) {
        return -1;
    }
    return print_notes(p, notes);
}

/* --- chains and groups --- */

static status print_tree(printer *p, PyObject *value);

/* The cause or context of an exception, then the sentence between the two. */
static status
print_linked(printer *p, PyObject *linked, const char *sentence)
{
    own PyObject *id = PyLong_FromVoidPtr(linked);
    int known = id ? PySet_Contains(p->seen, id) : -1;
    if (known) { return known < 0 ? -1 : 0; }
    bool need_close = p->need_close;
    if (Py_EnterRecursiveCall(" in print_chained") != 0) { return -1; }
    status done = print_tree(p, linked);
    Py_LeaveRecursiveCall();
    p->need_close = need_close;
    if (done < 0 || margin(p) < 0 || put(p->file, "\n") < 0 || margin(p) < 0 ||
        put(p->file, sentence) < 0 || margin(p) < 0) {
        return -1;
    }
    return put(p->file, "\n");
}

static status
print_links(printer *p, PyObject *value)
{
    own PyObject *id = PyLong_FromVoidPtr(value);
    if (!id || PySet_Add(p->seen, id) < 0) { return -1; }
    if (!PyExceptionInstance_Check(value)) { return 0; }
    own PyObject *cause = PyException_GetCause(value);
    if (cause) { return print_linked(p, cause, cause_text); }
    if (((PyBaseExceptionObject *)value)->suppress_context) { return 0; }
    own PyObject *context = PyException_GetContext(value);
    return context ? print_linked(p, context, context_text) : 0;
}

/* The i-th of the exceptions in a group, or how many more there are. */
static status
print_member(printer *p, PyObject *members, Py_ssize_t i)
{
    Py_ssize_t n = PyTuple_GET_SIZE(members);
    bool cut = i >= GROUP_WIDTH_MAX, last = i == n - 1 || cut;
    if (last) { p->need_close = true; }         /* an inner group may do it */
    char label[24];
    snprintf(label, sizeof label, "%zd", i + 1);
    if (hob_write_margin(indent_of(p), "", p->file) < 0 ||
        put_object(p->file, PyUnicode_FromFormat("%s+---------------- %s ----------------\n",
                                                   i == 0 ? "+-" : "  ",
                                                   cut ? "..." : label)) < 0) {
        return -1;
    }
    p->depth++;
    status done;
    if (cut) {
        Py_ssize_t more = n - GROUP_WIDTH_MAX;
        done = margin(p) < 0 ? -1
             : put_object(p->file, PyUnicode_FromFormat("and %zd more exception%s\n", more,
                                                          more > 1 ? "s" : ""));
    }
    else if (Py_EnterRecursiveCall(" in print_exception_group") != 0) {
        done = -1;
    }
    else {
        done = print_tree(p, PyTuple_GET_ITEM(members, i));
        Py_LeaveRecursiveCall();
    }
    if (done == 0 && last && p->need_close) {
        done = hob_write_margin(indent_of(p), "", p->file) < 0 ? -1
             : put(p->file, "+------------------------------------\n");
        p->need_close = false;
    }
    p->depth--;
    return done;
}

static status
print_group(printer *p, PyObject *value)
{
    if (p->depth > GROUP_DEPTH_MAX) {
        if (margin(p) < 0) { return -1; }
        return put_object(p->file, PyUnicode_FromFormat("... (max_group_depth is %d)\n",
                                                          GROUP_DEPTH_MAX));
    }
    if (p->depth == 0) { p->depth = 1; }
    if (print_one(p, value) < 0) { return -1; }
    own PyObject *members = Py_NewRef(((PyBaseExceptionGroupObject *)value)->excs);
    p->need_close = false;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(members) && i <= GROUP_WIDTH_MAX; i++) {
        if (print_member(p, members, i) < 0) { return -1; }
    }
    if (p->depth == 1) { p->depth = 0; }
    return 0;
}

/* An exception with everything that hangs on it. */
static status
print_tree(printer *p, PyObject *value)
{
    if (Py_EnterRecursiveCall(" in print_exception_recursive") != 0) { return -1; }
    status done = p->seen ? print_links(p, value) : 0;
    if (done == 0) {
        done = hob_exception_is_group(value) ? print_group(p, value) : print_one(p, value);
    }
    Py_LeaveRecursiveCall();
    return done;
}

/* --- public API --- */

static void
flush(PyObject *file)
{
    own PyObject *result = PyObject_CallMethodNoArgs(file, ID(flush));
    if (!result) { PyErr_Clear(); }
}

void
_PyErr_Display(PyObject *file, PyObject *unused, PyObject *value, PyObject *tb)
{
    if (value && PyExceptionInstance_Check(value) && tb && PyTraceBack_Check(tb)) {
        /* So that it is shown with the exception. */
        own PyObject *present = PyException_GetTraceback(value);
        if (!present) { PyException_SetTraceback(value, tb); }
    }
    printer p = {.file = file, .seen = PySet_New(NULL)};
    if (!p.seen) { PyErr_Clear(); }
    if (print_tree(&p, value ? value : Py_None) < 0) {
        PyErr_Clear();
        _PyObject_Dump(value);
        fprintf(stderr, "lost sys.stderr\n");
    }
    Py_XDECREF(p.seen);
    flush(file);
}

void
PyErr_Display(PyObject *type, PyObject *value, PyObject *tb)
{
    PyObject *file = PySys_GetObject("stderr");
    if (!file) {
        _PyObject_Dump(value);
        fprintf(stderr, "lost sys.stderr\n");
        return;
    }
    if (file == Py_None) { return; }
    Py_INCREF(file);
    _PyErr_Display(file, type, value, tb);
    Py_DECREF(file);
}

/* The pending exception of a hook that failed, then the one it was called for. */
static void
display_both(PyObject *type, PyObject *value, PyObject *tb)
{
    PyObject *type2, *value2, *tb2;
    PyErr_Fetch(&type2, &value2, &tb2);
    PyErr_NormalizeException(&type2, &value2, &tb2);
    if (!type2) { type2 = Py_NewRef(Py_None); }
    if (!value2) { value2 = Py_NewRef(Py_None); }
    fflush(stdout);
    PySys_WriteStderr("Error in sys.excepthook:\n");
    PyErr_Display(type2, value2, tb2);
    PySys_WriteStderr("\nOriginal exception was:\n");
    PyErr_Display(type, value, tb);
    Py_DECREF(type2);
    Py_DECREF(value2);
    Py_XDECREF(tb2);
}

static void
exit_if_asked(void)
{
    int code;
    if (hob_system_exit(&code)) { Py_Exit(code); }
}

void
PyErr_PrintEx(int set_last)
{
    exit_if_asked();
    PyObject *type, *value, *tb;
    PyErr_Fetch(&type, &value, &tb);
    if (!type) { return; }
    PyErr_NormalizeException(&type, &value, &tb);
    if (!tb) { tb = Py_NewRef(Py_None); }
    PyException_SetTraceback(value, tb);
    if (set_last) {
        if (PySys_SetObject("last_type", type) < 0) { PyErr_Clear(); }
        if (PySys_SetObject("last_value", value) < 0) { PyErr_Clear(); }
        if (PySys_SetObject("last_traceback", tb) < 0) { PyErr_Clear(); }
    }
    own PyObject *hook = Py_XNewRef(PySys_GetObject("excepthook"));
    if (PySys_Audit("sys.excepthook", "OOOO", hook ? hook : Py_None, type, value, tb) < 0) {
        if (PyErr_ExceptionMatches(PyExc_RuntimeError)) {
            PyErr_Clear();
            goto done;
        }
        _PyErr_WriteUnraisableMsg("in audit hook", NULL);
    }
    if (hook) {
        own PyObject *result = PyObject_CallFunctionObjArgs(hook, type, value, tb, NULL);
        if (!result) {
            exit_if_asked();
            display_both(type, value, tb);
        }
    }
    else {
        PySys_WriteStderr("sys.excepthook is missing\n");
        PyErr_Display(type, value, tb);
    }
done:
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(tb);
}

void
PyErr_Print(void)
{
    PyErr_PrintEx(1);
}

void
_PyErr_Print(PyThreadState *ts)
{
    PyErr_PrintEx(1);
}

HOB_EXPORT int
_Py_WriteIndent(int indent, PyObject *file)
{
    return hob_write_margin(indent, "", file);
}

HOB_EXPORT int
_Py_WriteIndentedMargin(int indent, const char *margin, PyObject *file)
{
    return hob_write_margin(indent, margin, file);
}

/* tokenizer.c -- source text to tokens, one call each.
 *
 * Layout     text: .. | buffer_start .. start .. at .. line_end | lines to come
 *            `at` is the next byte; bytes are read through next_char(), which
 *            steps into the next line when the current one is used up.
 * Holds      columns[0..indent] grow strictly; level brackets lie in parens[].
 *            lineno is the line of the last byte read, not of the next one: a
 *            newline that was read still belongs to its line.
 * Errors     either an exception is set (stop == STOP_ERROR) or `stop` says what
 *            the parser shall raise, which knows more about places.
 * Next       number.c; parser.c fills its token array from here.
 */
#include "syntax/tokenizer.h"

#include "memory/own.h"

#include <stdarg.h>
#include <string.h>

enum { END = -1, TAB_SIZE = 8, ALT_TAB_SIZE = 1 };

/* --- tables --- */

enum { NAME_START = 1, NAME_CHAR = 2 };

static const unsigned char char_class[256] = {
    ['a' ... 'z'] = NAME_START | NAME_CHAR, ['A' ... 'Z'] = NAME_START | NAME_CHAR,
    ['_'] = NAME_START | NAME_CHAR, ['0' ... '9'] = NAME_CHAR,
    [128 ... 255] = NAME_START | NAME_CHAR,
};

static const struct { char length; char text[9]; short type; } keywords[] = {
#define KEYWORD(word, name) {sizeof #word - 1, #word, TOK_##name},
#include "syntax/tokens.def"
};

HOB_EXPORT const char *const _PyParser_TokenNames[] = {
#define TOKEN(name) #name,
#include "syntax/tokens.def"
    "<N_TOKENS>",
};

int
hob_keyword_find(const char *word, Py_ssize_t length)
{
    /* First index in keywords[] for each first letter; the table is sorted. */
    static const signed char first[26] = {
        ['a' - 'a'] = 4, ['b' - 'a'] = 7, ['c' - 'a'] = 8, ['d' - 'a'] = 10, ['e' - 'a'] = 12,
        ['f' - 'a'] = 15, ['g' - 'a'] = 18, ['i' - 'a'] = 19, ['l' - 'a'] = 23,
        ['n' - 'a'] = 24, ['o' - 'a'] = 26, ['p' - 'a'] = 27, ['r' - 'a'] = 28,
        ['t' - 'a'] = 30, ['w' - 'a'] = 31, ['y' - 'a'] = 33,
    };
    if (length < 2 || length > 8) { return TOK_NAME; }
    int at = word[0] >= 'a' && word[0] <= 'z' ? first[word[0] - 'a'] - 1 : 0;
    if (at < 0) { return TOK_NAME; }
    for (; at < (int)ARRAY_LEN(keywords) && keywords[at].text[0] <= word[0]; at++) {
        if (keywords[at].length == length && memcmp(keywords[at].text, word, (size_t)length) == 0) {
            return keywords[at].type;
        }
    }
    return TOK_NAME;
}

const char *
hob_keyword_text(int type)
{
    EXPECT(type >= TOK_FIRST_KEYWORD && type < TOK_AFTER_KEYWORDS);
    return keywords[type - TOK_FIRST_KEYWORD].text;
}

/* --- bytes --- */

void
hob_tokenizer_init(hob_tokenizer *self, hob_source *source, PyObject *filename)
{
    memset(self, 0, offsetof(hob_tokenizer, columns));
    self->columns[0] = self->alt_columns[0] = 0;
    self->source = source;
    self->text = source->text;
    self->filename = filename;
    self->start = -1;
    self->at_line_start = true;
    self->is_interactive = source->interactive;
}

/* Step into the next line, reading it if need be; its first byte, or END. */
static NOINLINE int
next_line(hob_tokenizer *self)
{
    if (self->stop != STOP_NOT) { return END; }
    if (self->line_end >= self->source->length) {
        if (self->source->stopped) {
            self->stop = STOP_INTERACTIVE;
            return END;
        }
        tri more = hob_source_more(self->source, self->is_continued);
        self->text = self->source->text;
        if (more < 0) {
            self->stop = STOP_ERROR;
            return END;
        }
        if (more == 0) {
            self->stop = STOP_EOF;
            return END;
        }
    }
    const char *line = self->text + self->line_end;
    Py_ssize_t rest = self->source->length - self->line_end;
    const char *newline = memchr(line, '\n', (size_t)rest);
    self->at = self->line_start = self->line_end;
    self->line_end += newline ? newline - line + 1 : rest;
    if (self->start < 0) { self->buffer_start = self->line_start; }
    self->lineno++;
    return (unsigned char)self->text[self->at++];
}

static ALWAYS_INLINE int
next_char(hob_tokenizer *self)
{
    if (LIKELY(self->at < self->line_end)) { return (unsigned char)self->text[self->at++]; }
    return next_line(self);
}

static ALWAYS_INLINE void
back(hob_tokenizer *self, int c)
{
    if (c != END) { self->at--; }
}

int
hob_tokenizer_char(hob_tokenizer *self)
{
    return next_char(self);
}

void
hob_tokenizer_back(hob_tokenizer *self, int c)
{
    back(self, c);
}

/* --- errors --- */

static PyObject *
decode(hob_tokenizer *self, Py_ssize_t from, Py_ssize_t to)
{
    return PyUnicode_DecodeUTF8(self->text + from, to - from, "replace");
}

static int
raise_here(hob_tokenizer *self, int column, int end_column, const char *format, va_list rest)
{
    self->stop = STOP_ERROR;
    own PyObject *message = PyUnicode_FromFormatV(format, rest);
    if (!message) { return TOK_ERRORTOKEN; }
    own PyObject *read = decode(self, self->line_start, self->at);
    if (!read) { return TOK_ERRORTOKEN; }
    if (column == -1) { column = (int)PyUnicode_GET_LENGTH(read); }

    const char *line = self->text + self->line_start;
    own PyObject *text = decode(self, self->line_start,
                                self->line_start + (Py_ssize_t)strcspn(line, "\n"));
    if (!text) { return TOK_ERRORTOKEN; }
    own PyObject *args = Py_BuildValue("(O(OiiOii))", message, self->filename, self->lineno, column,
                                       text, self->lineno, end_column == -1 ? column : end_column);
    if (args) { PyErr_SetObject(PyExc_SyntaxError, args); }
    return TOK_ERRORTOKEN;
}

int
hob_tokenizer_error(hob_tokenizer *self, const char *format, ...)
{
    va_list rest;
    va_start(rest, format);
    raise_here(self, -1, -1, format, rest);
    va_end(rest);
    return TOK_ERRORTOKEN;
}

int
hob_tokenizer_error_range(hob_tokenizer *self, int column, int end_column, const char *format, ...)
{
    va_list rest;
    va_start(rest, format);
    raise_here(self, column, end_column, format, rest);
    va_end(rest);
    return TOK_ERRORTOKEN;
}

static int
stop_with(hob_tokenizer *self, hob_stop stop)
{
    self->stop = stop;
    return TOK_ERRORTOKEN;
}

bool
hob_tokenizer_warn(hob_tokenizer *self, PyObject *category, const char *format, ...)
{
    va_list rest;
    va_start(rest, format);
    own PyObject *message = PyUnicode_FromFormatV(format, rest);
    va_end(rest);
    self->n_warnings++;
    if (message && PyErr_WarnExplicitObject(category, message, self->filename, self->lineno, NULL,
                                            NULL) == 0) {
        return true;
    }
    if (message && PyErr_ExceptionMatches(category)) {
        /* The filter made it an error: one that shows the line. */
        PyErr_Clear();
        hob_tokenizer_error(self, "%U", message);
    }
    self->stop = STOP_ERROR;
    return false;
}

/* --- indentation --- */

static int
tabs_error(hob_tokenizer *self)
{
    self->at = self->line_end;
    return stop_with(self, STOP_TABS);
}

/* Behind a backslash: the first byte of the next line, or END with stop set. */
static int
continue_line(hob_tokenizer *self)
{
    int c = next_char(self);
    if (c != '\n') {
        stop_with(self, STOP_LINE_CONT);
        return END;
    }
    self->is_continued = true;
    c = next_char(self);
    if (c == END) {
        if (self->stop == STOP_EOF) { self->at = self->line_end; }
        return END;
    }
    back(self, c);
    return c;
}

/* Compare a line's columns with the stack; false with stop set. */
static bool
place_line(hob_tokenizer *self, int column, int alt_column)
{
    if (column == self->columns[self->indent]) {
        if (alt_column != self->alt_columns[self->indent]) { return tabs_error(self), false; }
        return true;
    }
    if (column > self->columns[self->indent]) {
        if (self->indent + 1 >= MAX_INDENT) {
            self->at = self->line_end;
            return stop_with(self, STOP_TOO_DEEP), false;
        }
        if (alt_column <= self->alt_columns[self->indent]) { return tabs_error(self), false; }
        self->n_pending++;
        self->indent++;
        self->columns[self->indent] = column;
        self->alt_columns[self->indent] = alt_column;
        return true;
    }
    while (self->indent > 0 && column < self->columns[self->indent]) {
        self->n_pending--;
        self->indent--;
    }
    if (column != self->columns[self->indent]) {
        self->at = self->line_end;
        return stop_with(self, STOP_DEDENT), false;
    }
    if (alt_column != self->alt_columns[self->indent]) { return tabs_error(self), false; }
    return true;
}

/* Measure the white space a line begins with; false with stop set.  Blank lines
 * and comments do not count, except at a prompt, where they end a statement. */
static bool
read_indentation(hob_tokenizer *self, bool *is_blank)
{
    int column = 0, alt_column = 0, continued_column = 0, c;
    self->at_line_start = false;
    for (;;) {
        c = next_char(self);
        if (c == ' ') {
            column++;
            alt_column++;
        }
        else if (c == '\t') {
            column = (column / TAB_SIZE + 1) * TAB_SIZE;
            alt_column = (alt_column / ALT_TAB_SIZE + 1) * ALT_TAB_SIZE;
        }
        else if (c == '\f') {
            column = alt_column = 0;
        }
        else if (c == '\\') {
            /* A backslash may join an indentation that is going on below. */
            if (!continued_column) { continued_column = column; }
            if (continue_line(self) == END) { return false; }
        }
        else {
            break;
        }
    }
    back(self, c);
    if (c == '#' || c == '\n') {
        if (column == 0 && c == '\n' && self->is_interactive) {
            *is_blank = false;
        }
        else if (self->is_interactive && self->lineno == 1) {
            *is_blank = false;
            column = alt_column = 0;
        }
        else {
            *is_blank = true;
        }
    }
    if (*is_blank || self->level > 0) { return true; }
    if (continued_column) { column = alt_column = continued_column; }
    return place_line(self, column, alt_column);
}

/* --- comments --- */

/* At "# type: ..": the place behind it, else -1.  A blank in the pattern stands for
 * any number of blanks and tabs. */
static Py_ssize_t
type_comment_text(hob_tokenizer *self, Py_ssize_t from)
{
    const char *c = self->text + from;
    for (const char *want = "# type: "; *want; want++) {
        if (*want == ' ') {
            while (*c == ' ' || *c == '\t') { c++; }
        }
        else if (*c++ != *want) {
            return -1;
        }
    }
    Py_ssize_t at = c - self->text;
    return at <= self->at ? at : -1;
}

static bool
is_type_ignore(hob_tokenizer *self, Py_ssize_t text)
{
    Py_ssize_t end = text + 6;
    if (self->at < end || memcmp(self->text + text, "ignore", 6) != 0) { return false; }
    unsigned char next = (unsigned char)self->text[end];
    return !(self->at > end && (next >= 128 || Py_ISALNUM(next)));
}

/* Skip the comment from `#`; the byte behind it, or a token type in *type. */
static int
read_comment(hob_tokenizer *self, bool is_blank, int *type, Py_ssize_t *start, Py_ssize_t *end)
{
    const char *newline = memchr(self->text + self->at, '\n',
                                 (size_t)(self->line_end - self->at));
    self->at = newline ? newline - self->text : self->line_end;
    if (self->type_comments) {
        Py_ssize_t text = type_comment_text(self, self->start);
        if (text >= 0) {
            *end = self->at;
            if (!newline) { back(self, next_char(self)); }      /* now the end is known */
            if (is_type_ignore(self, text)) {
                *type = TOK_TYPE_IGNORE;
                *start = text + 6;
                if (is_blank) {             /* alone on its line: take the newline too */
                    (void)next_char(self);
                    self->at_line_start = true;
                }
            }
            else {
                *type = TOK_TYPE_COMMENT;
                *start = text;
            }
            return 0;
        }
    }
    return next_char(self);
}

/* --- names --- */

/* Raise for the first character that no identifier may have there. */
static bool
invalid_character(hob_tokenizer *self, PyObject *name)
{
    Py_ssize_t good = 0, length = PyUnicode_GET_LENGTH(name);
    for (; good < length; good++) {
        own PyObject *prefix = PyUnicode_Substring(name, 0, good + 1);
        if (!prefix) {
            self->stop = STOP_ERROR;
            return false;
        }
        if (!PyUnicode_IsIdentifier(prefix)) { break; }
    }
    Py_UCS4 c = PyUnicode_READ_CHAR(name, good < length ? good : length - 1);
    own PyObject *upto = PyUnicode_Substring(name, 0, good + 1);
    own PyObject *bytes = upto ? PyUnicode_AsUTF8String(upto) : NULL;
    if (!bytes) {
        self->stop = STOP_ERROR;
        return false;
    }
    self->at = self->start + PyBytes_GET_SIZE(bytes);
    char hex[16];
    PyOS_snprintf(hex, sizeof hex, "%04X", (unsigned)c);
    if (Py_UNICODE_ISPRINTABLE(c)) {
        hob_tokenizer_error(self, "invalid character '%c' (U+%s)", c, hex);
    }
    else {
        hob_tokenizer_error(self, "invalid non-printable character U+%s", hex);
    }
    return false;
}

static bool
check_identifier(hob_tokenizer *self)
{
    own PyObject *name = PyUnicode_DecodeUTF8(self->text + self->start, self->at - self->start,
                                              NULL);
    if (!name) {
        self->stop = PyErr_ExceptionMatches(PyExc_UnicodeDecodeError) ? STOP_TOKEN : STOP_ERROR;
        return false;
    }
    if (PyUnicode_IsIdentifier(name)) { return true; }
    return invalid_character(self, name);
}

/* Is the token after `async` the word def? */
static bool
def_follows(hob_tokenizer *self)
{
    hob_tokenizer ahead = *self;
    Py_ssize_t start, end;
    int type = hob_tokenizer_next(&ahead, &start, &end);
    self->text = self->source->text;
    if (type == TOK_ERRORTOKEN) { PyErr_Clear(); }
    return type == TOK_NAME && end - start == 3 && memcmp(ahead.text + start, "def", 3) == 0;
}

static int
name_type(hob_tokenizer *self, Py_ssize_t start)
{
    const char *word = self->text + start;
    if (self->at - start != 5 || word[0] != 'a') { return TOK_NAME; }
    bool is_async = memcmp(word, "async", 5) == 0;
    if (!is_async && memcmp(word, "await", 5) != 0) { return TOK_NAME; }

    if (!self->async_hacks || self->in_async_def) { return is_async ? TOK_ASYNC : TOK_AWAIT; }
    if (is_async && def_follows(self)) {
        self->async_def_indent = self->indent;
        self->in_async_def = true;
        return TOK_ASYNC;
    }
    return TOK_NAME;
}

/* --- strings --- */

static int
unterminated(hob_tokenizer *self, bool is_triple)
{
    int detected = self->lineno;
    self->at = self->start + 1;
    self->line_start = self->first_line_start;
    self->lineno = self->first_lineno;
    if (is_triple) {
        return hob_tokenizer_error(self, "unterminated triple-quoted string literal "
                                         "(detected at line %d)", detected);
    }
    return hob_tokenizer_error(self, "unterminated string literal (detected at line %d)", detected);
}

/* Behind the opening quote. */
static int
read_string(hob_tokenizer *self, int quote)
{
    int size = 1, end_size = 0;
    self->first_lineno = self->lineno;
    self->first_line_start = self->line_start;

    int c = next_char(self);
    if (c == quote) {
        c = next_char(self);
        if (c == quote) { size = 3; }
        else { end_size = 1; }              /* empty string */
    }
    if (c != quote) { back(self, c); }

    while (end_size != size) {
        c = next_char(self);
        if (self->stop == STOP_ERROR) { return TOK_ERRORTOKEN; }
        if (c == END || (size == 1 && c == '\n')) {
            self->ended_in_string = c == END;
            return unterminated(self, size == 3);
        }
        if (c == quote) {
            end_size++;
            continue;
        }
        end_size = 0;
        if (c == '\\') { (void)next_char(self); }
    }
    return TOK_STRING;
}

/* A name, or a string with a prefix; c is the first byte. */
static int
read_name(hob_tokenizer *self, int c)
{
    bool saw_b = false, saw_r = false, saw_u = false, saw_f = false;
    for (;;) {
        if (!(saw_b || saw_u || saw_f) && (c == 'b' || c == 'B')) { saw_b = true; }
        else if (!(saw_b || saw_u || saw_r || saw_f) && (c == 'u' || c == 'U')) { saw_u = true; }
        else if (!(saw_r || saw_u) && (c == 'r' || c == 'R')) { saw_r = true; }
        else if (!(saw_f || saw_b || saw_u) && (c == 'f' || c == 'F')) { saw_f = true; }
        else { break; }
        c = next_char(self);
        if (c == '"' || c == '\'') { return read_string(self, c); }
    }
    bool is_ascii = true;
    while (c != END && char_class[c]) {
        if (c >= 128) { is_ascii = false; }
        c = next_char(self);
    }
    back(self, c);
    if (!is_ascii && !check_identifier(self)) { return TOK_ERRORTOKEN; }
    return name_type(self, self->start);
}

/* --- operators --- */

static int
open_paren(hob_tokenizer *self, int c)
{
    if (self->level >= MAX_PARENS) {
        return hob_tokenizer_error(self, "too many nested parentheses");
    }
    self->parens[self->level] = (char)c;
    self->paren_lines[self->level] = self->lineno;
    self->paren_columns[self->level] = (int)(self->start - self->line_start);
    self->level++;
    return c == '(' ? TOK_LPAR : c == '[' ? TOK_LSQB : TOK_LBRACE;
}

static int
close_paren(hob_tokenizer *self, int c)
{
    if (self->level == 0) { return hob_tokenizer_error(self, "unmatched '%c'", c); }
    self->level--;
    int opening = self->parens[self->level];
    int line = self->paren_lines[self->level];
    bool fits = opening == '(' ? c == ')' : opening == '[' ? c == ']' : c == '}';
    if (!fits && line != self->lineno) {
        return hob_tokenizer_error(self, "closing parenthesis '%c' does not match "
                                         "opening parenthesis '%c' on line %d", c, opening, line);
    }
    if (!fits) {
        return hob_tokenizer_error(self, "closing parenthesis '%c' does not match "
                                         "opening parenthesis '%c'", c, opening);
    }
    return c == ')' ? TOK_RPAR : c == ']' ? TOK_RSQB : TOK_RBRACE;
}

/* c alone, or with `=` behind it. */
static ALWAYS_INLINE int
maybe_equal(hob_tokenizer *self, int alone, int with_equal)
{
    int c = next_char(self);
    if (c == '=') { return with_equal; }
    back(self, c);
    return alone;
}

/* c, cc, c= or cc=. */
static int
maybe_double(hob_tokenizer *self, int first, const short types[4])
{
    int c = next_char(self);
    if (c == first) { return maybe_equal(self, types[1], types[3]); }
    if (c == '=') { return types[2]; }
    back(self, c);
    return types[0];
}

static int
read_dots(hob_tokenizer *self)
{
    int c = next_char(self);
    if (c == '.') {
        c = next_char(self);
        if (c == '.') { return TOK_ELLIPSIS; }
        back(self, c);
        back(self, '.');
        return TOK_DOT;
    }
    back(self, c);
    return TOK_DOT;
}

static int
unknown_character(hob_tokenizer *self, int c)
{
    if (c >= ' ' && c < 127) { return TOK_OP; }     /* the parser will not like it */
    char hex[16];
    PyOS_snprintf(hex, sizeof hex, "%04X", (unsigned)c);
    return hob_tokenizer_error(self, "invalid non-printable character U+%s", hex);
}

static int
read_operator(hob_tokenizer *self, int c)
{
    static const short star[4] = {TOK_STAR, TOK_DOUBLESTAR, TOK_STAREQUAL, TOK_DOUBLESTAREQUAL};
    static const short slash[4] = {TOK_SLASH, TOK_DOUBLESLASH, TOK_SLASHEQUAL,
                                   TOK_DOUBLESLASHEQUAL};
    static const short less[4] = {TOK_LESS, TOK_LEFTSHIFT, TOK_LESSEQUAL, TOK_LEFTSHIFTEQUAL};
    static const short greater[4] = {TOK_GREATER, TOK_RIGHTSHIFT, TOK_GREATEREQUAL,
                                     TOK_RIGHTSHIFTEQUAL};
    switch (c) {
    case '(': case '[': case '{': return open_paren(self, c);
    case ')': case ']': case '}': return close_paren(self, c);
    case ',': return TOK_COMMA;
    case ';': return TOK_SEMI;
    case '~': return TOK_TILDE;
    case ':': return maybe_equal(self, TOK_COLON, TOK_COLONEQUAL);
    case '=': return maybe_equal(self, TOK_EQUAL, TOK_EQEQUAL);
    case '+': return maybe_equal(self, TOK_PLUS, TOK_PLUSEQUAL);
    case '|': return maybe_equal(self, TOK_VBAR, TOK_VBAREQUAL);
    case '&': return maybe_equal(self, TOK_AMPER, TOK_AMPEREQUAL);
    case '^': return maybe_equal(self, TOK_CIRCUMFLEX, TOK_CIRCUMFLEXEQUAL);
    case '%': return maybe_equal(self, TOK_PERCENT, TOK_PERCENTEQUAL);
    case '@': return maybe_equal(self, TOK_AT, TOK_ATEQUAL);
    case '!': return maybe_equal(self, TOK_OP, TOK_NOTEQUAL);
    case '*': return maybe_double(self, c, star);
    case '/': return maybe_double(self, c, slash);
    case '>': return maybe_double(self, c, greater);
    case '<':
        if (self->at < self->line_end && self->text[self->at] == '>') {
            self->at++;
            return TOK_NOTEQUAL;
        }
        return maybe_double(self, c, less);
    case '-':
        if (self->at < self->line_end && self->text[self->at] == '>') {
            self->at++;
            return TOK_RARROW;
        }
        return maybe_equal(self, TOK_MINUS, TOK_MINEQUAL);
    }
    return unknown_character(self, c);
}

/* --- the next token --- */

/* At the end of the logical line that ends an `async def`. */
static void
leave_async_def(hob_tokenizer *self)
{
    if (self->async_def_has_line && self->async_def_indent >= self->indent) {
        self->in_async_def = false;
        self->async_def_indent = 0;
        self->async_def_has_line = false;
    }
}

static int
end_token(hob_tokenizer *self)
{
    if (self->stop == STOP_INTERACTIVE) { return TOK_ENDMARKER; }
    if (self->level > 0) { return TOK_ERRORTOKEN; }
    return self->stop == STOP_EOF ? TOK_ENDMARKER : TOK_ERRORTOKEN;
}

int
hob_tokenizer_next(hob_tokenizer *self, Py_ssize_t *start, Py_ssize_t *end)
{
    bool is_blank;
    int c, type;

next_line:
    *start = *end = -1;
    self->start = -1;
    is_blank = false;
    bool starts_line = self->at_line_start;     /* not after a type comment alone on it */
    if (self->at_line_start && !read_indentation(self, &is_blank)) { return TOK_ERRORTOKEN; }
    self->start = self->at;
    if (self->n_pending < 0) {
        self->n_pending++;
        return TOK_DEDENT;
    }
    if (self->n_pending > 0) {
        self->n_pending--;
        return TOK_INDENT;
    }
    if (self->in_async_def && starts_line && !is_blank && self->level == 0) {
        leave_async_def(self);
    }

again:
    self->start = -1;
    do { c = next_char(self); } while (c == ' ' || c == '\t' || c == '\f');
    self->start = c == END ? self->at : self->at - 1;

    if (c == '#') {
        type = -1;
        c = read_comment(self, is_blank, &type, start, end);
        if (type >= 0) { return type; }
    }
    if (c == END) { return end_token(self); }

    if (char_class[c] & NAME_START) {
        type = read_name(self, c);
    }
    else if (c == '\n') {
        self->at_line_start = true;
        if (is_blank || self->level > 0) { goto next_line; }
        *start = self->start;
        *end = self->at - 1;
        self->is_continued = false;
        if (self->in_async_def) { self->async_def_has_line = true; }
        return TOK_NEWLINE;
    }
    else if (c >= '0' && c <= '9') {
        type = hob_tokenizer_number(self, c);
    }
    else if (c == '.') {
        c = self->at < self->line_end ? (unsigned char)self->text[self->at] : END;
        type = c >= '0' && c <= '9' ? hob_tokenizer_number(self, '.') : read_dots(self);
    }
    else if (c == '\'' || c == '"') {
        type = read_string(self, c);
    }
    else if (c == '\\') {
        if (continue_line(self) == END) { return TOK_ERRORTOKEN; }
        self->is_continued = true;
        goto again;
    }
    else {
        type = read_operator(self, c);
        /* Operators look one byte ahead, so that the end of the text is known now. */
        if (self->at == self->line_end && self->at - self->start < 3 && type != TOK_ERRORTOKEN) {
            back(self, next_char(self));
        }
    }
    if (type == TOK_ERRORTOKEN) { return type; }
    *start = self->start;
    *end = self->at;
    return type;
}

/* --- the ABI: the operator made of these characters, or OP --- */

static int
operator_type(const char *text)
{
    static const struct { char text[4]; short type; } operators[] = {
#define OPERATOR(name, text) {text, TOK_##name},
#include "syntax/tokens.def"
    };
    for (size_t i = 0; i < ARRAY_LEN(operators); i++) {
        if (strcmp(operators[i].text, text) == 0) { return operators[i].type; }
    }
    return TOK_OP;
}

HOB_EXPORT int
PyToken_OneChar(int a)
{
    return operator_type((char[]){(char)a, 0});
}

HOB_EXPORT int
PyToken_TwoChars(int a, int b)
{
    return operator_type((char[]){(char)a, (char)b, 0});
}

HOB_EXPORT int
PyToken_ThreeChars(int a, int b, int c)
{
    return operator_type((char[]){(char)a, (char)b, (char)c, 0});
}

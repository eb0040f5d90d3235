/* source.c -- program text, handed out line by line as UTF-8.
 *
 * Layout     text = every line read so far, newlines made "\n", NUL behind it.
 *            A string source is complete from the start; a file source grows by
 *            hob_source_more().
 * Encodings  PEP 263: a BOM, a cookie in a comment of line 1 or 2, else UTF-8.
 *            Whole strings are decoded at once.  Files are read raw until another
 *            encoding shows, then through io.open(fd, encoding).readline.
 * Hazard     text moves when it grows: keep offsets, not pointers.
 */
#include "syntax/source.h"

#include "memory/own.h"
#include "syntax/syntax.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* --- the buffer --- */

static status
source_reserve(hob_source *self, Py_ssize_t extra)
{
    if (extra > PY_SSIZE_T_MAX - self->length - 64) {
        PyErr_NoMemory();
        return -1;
    }
    Py_ssize_t need = self->length + extra + 2;
    if (need <= self->capacity) { return 0; }

    Py_ssize_t capacity = self->capacity + self->capacity / 2;
    if (capacity < need) { capacity = need; }
    char *text = PyMem_Realloc(self->text, (size_t)capacity);
    if (!text) {
        PyErr_NoMemory();
        return -1;
    }
    self->text = text;
    self->capacity = capacity;
    return 0;
}

/* Append bytes with "\r\n" and "\r" made "\n".  end_line adds a newline where there
 * is none, and, as in the reference, behind "\r\n". */
static status
source_append(hob_source *self, const char *bytes, Py_ssize_t length, bool end_line)
{
    if (source_reserve(self, length + 2) < 0) { return -1; }

    char *out = self->text + self->length;
    const char *end = bytes + length;
    bool ends_in_crlf = length >= 2 && end[-2] == '\r' && end[-1] == '\n';
    while (bytes < end) {
        const char *cr = memchr(bytes, '\r', (size_t)(end - bytes));
        size_t run = (size_t)((cr ? cr : end) - bytes);
        memcpy(out, bytes, run);
        out += run;
        bytes += run;
        if (cr) {
            *out++ = '\n';
            bytes += bytes + 1 < end && bytes[1] == '\n' ? 2 : 1;
        }
    }
    if (end_line && (out == self->text || out[-1] != '\n' || ends_in_crlf)) { *out++ = '\n'; }
    *out = 0;
    self->length = out - self->text;
    return 0;
}

void
hob_source_close(hob_source *self)
{
    PyMem_Free(self->text);
    PyMem_Free(self->original);
    PyMem_Free(self->encoding);
    Py_XDECREF(self->readline);
    memset(self, 0, sizeof *self);
}

/* --- PEP 263 --- */

static status
source_set_encoding(hob_source *self, const char *name)
{
    size_t length = strlen(name);
    char *copy = PyMem_Malloc(length + 1);
    if (!copy) {
        PyErr_NoMemory();
        return -1;
    }
    memcpy(copy, name, length + 1);
    PyMem_Free(self->encoding);
    self->encoding = copy;
    return 0;
}

/* The two encodings with many spellings get one name. */
static const char *
cookie_normal_name(const char *name)
{
    static const char *const latin1[] = {"latin-1", "iso-8859-1", "iso-latin-1"};
    char start[13];
    int i = 0;
    for (; i < 12 && name[i]; i++) {
        start[i] = name[i] == '_' ? '-' : (char)Py_TOLOWER(name[i]);
    }
    start[i] = 0;

    if (strcmp(start, "utf-8") == 0 || strncmp(start, "utf-8-", 6) == 0) { return "utf-8"; }
    for (size_t k = 0; k < ARRAY_LEN(latin1); k++) {
        size_t n = strlen(latin1[k]);
        if (strncmp(start, latin1[k], n) == 0 && (start[n] == 0 || start[n] == '-')) {
            return "iso-8859-1";
        }
    }
    return name;
}

static bool
is_cookie_char(char c)
{
    return Py_ISALNUM(c) || c == '-' || c == '_' || c == '.';
}

/* Length of the encoding name in `coding[:=]\s*name` of a comment line, 0 if none. */
static Py_ssize_t
cookie_find(const char *line, Py_ssize_t length, const char **name)
{
    Py_ssize_t i = 0;
    while (i < length && (line[i] == ' ' || line[i] == '\t' || line[i] == '\f')) { i++; }
    if (i == length || line[i] != '#') { return 0; }

    for (; i + 7 <= length; i++) {
        if (memcmp(line + i, "coding", 6) != 0) { continue; }
        const char *at = line + i + 6, *end = line + length;
        if (*at != ':' && *at != '=') { continue; }
        do { at++; } while (at < end && (*at == ' ' || *at == '\t'));
        *name = at;
        while (at < end && is_cookie_char(*at)) { at++; }
        if (at > *name) { return at - *name; }
    }
    return 0;
}

static bool
is_blank_or_comment(const char *line, Py_ssize_t length)
{
    for (Py_ssize_t i = 0; i < length; i++) {
        char c = line[i];
        if (c == '#' || c == '\n' || c == '\r') { return true; }
        if (c != ' ' && c != '\t' && c != '\f') { return false; }
    }
    return true;
}

/* Look for a cookie in one of the first two lines.  1: it declared an encoding
 * other than UTF-8, now in self->encoding. */
static tri
source_check_cookie(hob_source *self, const char *line, Py_ssize_t length)
{
    const char *name;
    Py_ssize_t n = cookie_find(line, length, &name);
    if (n == 0) {
        if (!is_blank_or_comment(line, length)) { self->cookie_done = true; }
        return 0;
    }
    self->cookie_done = true;

    char *copy = PyMem_Malloc((size_t)n + 1);
    if (!copy) {
        PyErr_NoMemory();
        return -1;
    }
    memcpy(copy, name, (size_t)n);
    copy[n] = 0;
    const char *normal = cookie_normal_name(copy);
    tri result = -1;
    if (!self->encoding) {
        if (source_set_encoding(self, normal) == 0) { result = strcmp(normal, "utf-8") != 0; }
    }
    else if (strcmp(self->encoding, normal) == 0) {
        result = 0;
    }
    else {
        PyErr_Format(PyExc_SyntaxError, "encoding problem: %s with BOM", normal);
    }
    PyMem_Free(copy);
    return result;
}

/* --- strings --- */

status
hob_source_open_utf8(hob_source *self, const char *bytes, Py_ssize_t length, bool end_line)
{
    memset(self, 0, sizeof *self);
    if (source_append(self, bytes, length, end_line) < 0
        || source_set_encoding(self, "utf-8") < 0) {
        hob_source_close(self);
        return -1;
    }
    return 0;
}

static status
source_check_cookies(hob_source *self)
{
    Py_ssize_t at = 0;
    for (int line = 0; line < 2 && !self->cookie_done && at < self->length; line++) {
        char *newline = memchr(self->text + at, '\n', (size_t)(self->length - at));
        if (!newline) { break; }
        Py_ssize_t end = newline - self->text;
        tri other = source_check_cookie(self, self->text + at, end - at);
        if (other < 0) { return -1; }
        at = end + 1;
    }
    return 0;
}

static status
source_recode(hob_source *self)
{
    own PyObject *decoded = PyUnicode_Decode(self->text, self->length, self->encoding, NULL);
    if (!decoded) { return -1; }
    own PyObject *utf8 = PyUnicode_AsUTF8String(decoded);
    if (!utf8) { return -1; }
    self->original = self->text;            /* errors may show it */
    self->text = NULL;
    self->length = self->capacity = 0;
    return source_append(self, PyBytes_AS_STRING(utf8), PyBytes_GET_SIZE(utf8), false);
}

status
hob_source_open_bytes(hob_source *self, const char *bytes, Py_ssize_t length, bool end_line)
{
    memset(self, 0, sizeof *self);
    if (length >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) {
        if (source_set_encoding(self, "utf-8") < 0) { return -1; }
        bytes += 3;
        length -= 3;
    }
    if (source_append(self, bytes, length, end_line) < 0 || source_check_cookies(self) < 0
        || (self->encoding && strcmp(self->encoding, "utf-8") != 0 && source_recode(self) < 0)) {
        hob_source_close(self);
        return -1;
    }
    return 0;
}

/* --- files --- */

status
hob_source_open_file(hob_source *self, FILE *file, PyObject *filename, const char *encoding,
                     const char *ps1, const char *ps2)
{
    memset(self, 0, sizeof *self);
    self->file = file;
    self->filename = filename;
    self->prompt = ps1;
    self->next_prompt = ps2;
    self->interactive = ps1 || ps2;
    if (encoding) { self->cookie_done = true; }
    if (source_reserve(self, 8000) < 0 || (encoding && source_set_encoding(self, encoding) < 0)) {
        hob_source_close(self);
        return -1;
    }
    self->text[0] = 0;
    return 0;
}

/* Read the rest of the file through io.open(), past the lines already had. */
static status
source_open_readline(hob_source *self)
{
    int fd = fileno(self->file);
    if (lseek(fd, 0, SEEK_SET) < 0) {
        PyErr_SetFromErrno(PyExc_OSError);
        return -1;
    }
    own PyObject *io = PyImport_ImportModule("io");
    if (!io) { return -1; }
    own PyObject *stream = PyObject_CallMethod(io, "open", "isisOOO", fd, "r", -1, self->encoding,
                                               Py_None, Py_None, Py_False);
    if (!stream) { return -1; }
    self->readline = PyObject_GetAttrString(stream, "readline");
    if (!self->readline) { return -1; }
    for (int i = 0; i < self->n_lines; i++) {
        own PyObject *line = PyObject_CallNoArgs(self->readline);
        if (!line) { return -1; }
    }
    return 0;
}

/* One raw line onto the text, newlines as they are; 0 at the end of the file.
 * What follows a NUL on its line is lost, newline included. */
static tri
source_read_raw(hob_source *self)
{
    Py_ssize_t before = self->length;
    bool is_cut = false;
    int c = 0;
    flockfile(self->file);
    while ((c = getc_unlocked(self->file)) != EOF) {
        if (self->length + 2 >= self->capacity && source_reserve(self, self->capacity) < 0) {
            funlockfile(self->file);
            return -1;
        }
        if (c == '\r') {
            int next = getc_unlocked(self->file);
            if (next != '\n' && next != EOF) { ungetc(next, self->file); }
            c = '\n';
        }
        if (c == 0) { is_cut = true; }
        if (!is_cut) { self->text[self->length++] = (char)c; }
        if (c == '\n') {
            if (!is_cut) { break; }
            is_cut = false;
        }
    }
    funlockfile(self->file);
    self->text[self->length] = 0;
    return self->length > before || c != EOF;
}

static status
source_check_utf8(hob_source *self, Py_ssize_t from)
{
    own PyObject *decoded = PyUnicode_DecodeUTF8(self->text + from, self->length - from, NULL);
    if (decoded) { return 0; }
    if (!PyErr_ExceptionMatches(PyExc_UnicodeDecodeError)) { return -1; }

    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    Py_ssize_t start = 0;
    if (value && PyUnicodeDecodeError_GetStart(value, &start) < 0) { PyErr_Clear(); }
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(traceback);
    PyErr_Format(PyExc_SyntaxError,
                 "Non-UTF-8 code starting with '\\x%.2x' in file %U on line %i, but no encoding "
                 "declared; see https://peps.python.org/pep-0263/ for details",
                 (unsigned char)self->text[from + start], self->filename, self->n_lines + 1);
    return -1;
}

static tri
source_read_decoded(hob_source *self)
{
    own PyObject *line = PyObject_CallNoArgs(self->readline);
    if (!line) { return -1; }
    Py_ssize_t length;
    const char *utf8 = PyUnicode_Check(line) ? PyUnicode_AsUTF8AndSize(line, &length) : NULL;
    if (!utf8) {
        if (!PyErr_Occurred()) {
            PyErr_Format(PyExc_TypeError, "readline() should return a str object, not '%.200s'",
                         Py_TYPE(line)->tp_name);
        }
        return -1;
    }
    if (length == 0) { return 0; }
    return source_append(self, utf8, length, false) < 0 ? -1 : 1;
}

/* A cookie asked for another encoding: take the line again, decoded. */
static status
source_switch(hob_source *self, Py_ssize_t before)
{
    self->length = before;
    if (source_open_readline(self) == 0 && source_read_decoded(self) >= 0) { return 0; }
    if (!PyErr_ExceptionMatches(PyExc_MemoryError)) {
        PyErr_Clear();
        PyErr_Format(PyExc_SyntaxError, "encoding problem: %s", self->encoding);
    }
    return -1;
}

static tri
source_read_file(hob_source *self, bool is_continued_line)
{
    if (self->readline) { return source_read_decoded(self); }

    Py_ssize_t before = self->length;
    tri some = source_read_raw(self);
    if (some <= 0) { return some; }
    if (self->length == before) { return 0; }

    if (self->n_lines == 0 && !self->encoding && self->length - before >= 3
        && memcmp(self->text + before, "\xef\xbb\xbf", 3) == 0) {
        if (source_set_encoding(self, "utf-8") < 0) { return -1; }
        memmove(self->text + before, self->text + before + 3, (size_t)(self->length - before - 2));
        self->length -= 3;
    }
    if (self->n_lines < 2 && !self->cookie_done) {
        if (is_continued_line) {
            self->cookie_done = true;
        }
        else {
            tri other = source_check_cookie(self, self->text + before, self->length - before);
            if (other < 0) { return -1; }
            if (other > 0) { return source_switch(self, before) < 0 ? -1 : 1; }
        }
    }
    if (!self->encoding && source_check_utf8(self, before) < 0) { return -1; }
    return 1;
}

/* --- the terminal --- */

static status
source_append_typed(hob_source *self, const char *line)
{
    Py_ssize_t length = (Py_ssize_t)strlen(line);
    if (!self->encoding || strcmp(self->encoding, "utf-8") == 0) {
        return source_append(self, line, length, false);
    }
    own PyObject *decoded = PyUnicode_Decode(line, length, self->encoding, NULL);
    if (!decoded) { return -1; }
    Py_ssize_t size;
    const char *utf8 = PyUnicode_AsUTF8AndSize(decoded, &size);
    if (!utf8) { return -1; }
    return source_append(self, utf8, size, false);
}

/* Whether a piece of a line was typed; *ends: it was the last piece. */
static tri
source_read_piece(hob_source *self, bool *ends)
{
    char *line = PyOS_Readline(self->file, stdout, self->prompt ? self->prompt : "");
    if (self->next_prompt) { self->prompt = self->next_prompt; }
    if (!line) {
        if (!PyErr_Occurred()) { PyErr_SetNone(PyExc_KeyboardInterrupt); }
        PySys_WriteStderr("\n");               /* the line of the prompt ends here */
        return -1;
    }
    size_t length = strlen(line);
    status added = length ? source_append_typed(self, line) : 0;
    *ends = length && line[length - 1] == '\n';
    PyMem_Free(line);
    return added < 0 ? -1 : length > 0;
}

/* A line may end without a newline, at the end of the input: then more is asked for. */
static tri
source_read_typed(hob_source *self)
{
    bool some = false, ends = false;
    while (!ends) {
        tri more = source_read_piece(self, &ends);
        if (more < 0) { return -1; }
        if (more == 0) {
            fputc('\n', stderr);
            self->is_eof = true;
            return some;
        }
        some = true;
    }
    return true;
}

tri
hob_source_more(hob_source *self, bool is_continued_line)
{
    if (!self->file || self->is_eof || self->stopped) { return 0; }

    tri some = self->interactive ? source_read_typed(self)
                                 : source_read_file(self, is_continued_line);
    if (some == 0) { self->is_eof = true; }
    if (some <= 0) { return some; }

    self->n_lines++;
    if (self->text[self->length - 1] != '\n') {
        if (source_reserve(self, 1) < 0) { return -1; }
        self->text[self->length++] = '\n';
        self->text[self->length] = 0;
    }
    return 1;
}

/* --- for tracebacks --- */

MAYBE_NULL char *
hob_source_encoding(int fd)
{
    char head[8192];
    if (lseek(fd, 0, SEEK_SET) < 0) { return NULL; }
    ssize_t n = read(fd, head, sizeof head);
    if (n <= 0) { return NULL; }

    hob_source source;
    memset(&source, 0, sizeof source);
    source.text = head;
    source.length = n;
    if (n >= 3 && memcmp(head, "\xef\xbb\xbf", 3) == 0) { return NULL; }
    if (source_check_cookies(&source) < 0) { PyErr_Clear(); }
    if (source.encoding && strcmp(source.encoding, "utf-8") == 0) {
        PyMem_Free(source.encoding);
        return NULL;
    }
    return source.encoding;
}

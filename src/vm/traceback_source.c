/* traceback_source.c -- the source lines that tracebacks quote. */
#include "vm/traceback.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "memory/own.h"
#include "objects/ids.h"

enum { FILE_MAX = 64 << 20 };           /* larger files are not quoted from */

/* --- reading --- */

static MAYBE_NULL char *
read_file(PyObject *path, size_t *length)
{
    own PyObject *name = NULL;
    if (!PyUnicode_FSConverter(path, &name)) {
        PyErr_Clear();
        return NULL;
    }
    if (PySys_Audit("open", "Osi", path, "rb", O_RDONLY) < 0) {
        PyErr_Clear();
        return NULL;
    }
    int fd = open(PyBytes_AS_STRING(name), O_RDONLY | O_CLOEXEC);
    if (fd < 0) { return NULL; }
    struct stat st;
    char *text = NULL;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size <= FILE_MAX) {
        text = PyMem_RawMalloc((size_t)st.st_size + 1);
    }
    size_t n = 0;
    while (text && n < (size_t)st.st_size) {
        ssize_t got = read(fd, text + n, (size_t)st.st_size - n);
        if (got <= 0) { break; }
        n += (size_t)got;
    }
    close(fd);
    if (text) { text[n] = '\0'; }
    *length = n;
    return text;
}

/* The file, or one of the same last name along sys.path. */
static MAYBE_NULL char *
find_file(PyObject *filename, size_t *length)
{
    char *text = read_file(filename, length);
    if (text) { return text; }
    Py_ssize_t n = PyUnicode_GET_LENGTH(filename);
    Py_ssize_t slash = PyUnicode_FindChar(filename, '/', 0, n, -1);
    own PyObject *tail = PyUnicode_Substring(filename, slash + 1, n);
    PyObject *path = PySys_GetObject("path");
    if (!tail || !path || !PyList_Check(path)) {
        PyErr_Clear();
        return NULL;
    }
    Py_INCREF(path);
    for (Py_ssize_t i = 0; !text && i < PyList_GET_SIZE(path); i++) {
        PyObject *folder = PyList_GET_ITEM(path, i);
        if (!PyUnicode_Check(folder)) { continue; }
        Py_ssize_t m = PyUnicode_GET_LENGTH(folder);
        bool ends = m == 0 || PyUnicode_READ_CHAR(folder, m - 1) == '/';
        own PyObject *full = PyUnicode_FromFormat("%U%s%U", folder, ends ? "" : "/", tail);
        if (!full) { break; }
        text = read_file(full, length);
    }
    Py_DECREF(path);
    PyErr_Clear();
    return text;
}

/* --- encoding: PEP 263 --- */

/* The name in a "coding: name" comment of one line, or false. */
static bool
coding_comment(const char *line, const char *end, char *name, size_t size)
{
    while (line < end && (*line == ' ' || *line == '\t' || *line == '\f')) { line++; }
    if (line == end || *line != '#') { return false; }
    for (; line + 7 < end; line++) {
        if (memcmp(line, "coding", 6) != 0 || (line[6] != ':' && line[6] != '=')) { continue; }
        const char *at = line + 7;
        while (at < end && (*at == ' ' || *at == '\t')) { at++; }
        size_t n = 0;
        while (at < end && n + 1 < size && (Py_ISALNUM(*at) || *at == '-' || *at == '_' ||
                                            *at == '.')) {
            name[n++] = *at++;
        }
        name[n] = '\0';
        return n > 0;
    }
    return false;
}

static const char *
line_end(const char *at, const char *end)
{
    while (at < end && *at != '\n' && *at != '\r') { at++; }
    return at;
}

static const char *
next_line(const char *at, const char *end)
{
    at = line_end(at, end);
    if (at < end && *at == '\r' && at + 1 < end && at[1] == '\n') { return at + 2; }
    return at < end ? at + 1 : end;
}

static bool
is_blank_or_comment(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\t' || *at == '\f')) { at++; }
    return at == end || *at == '#';
}

static void
find_encoding(const char *text, const char *end, char *name, size_t size)
{
    strcpy(name, "utf-8");
    const char *first_end = line_end(text, end);
    if (coding_comment(text, first_end, name, size)) { return; }
    if (!is_blank_or_comment(text, first_end)) { return; }
    const char *second = next_line(text, end);
    coding_comment(second, line_end(second, end), name, size);
}

PyObject *
hob_source_line(PyObject *filename, int line)
{
    Py_ssize_t n = PyUnicode_GET_LENGTH(filename);
    if (line < 1 || n == 0) { return NULL; }
    if (PyUnicode_READ_CHAR(filename, 0) == '<' && PyUnicode_READ_CHAR(filename,
                                                                       n - 1) == '>') {
        return NULL;
    }
    size_t length;
    char *text = find_file(filename, &length);
    if (!text) { return NULL; }
    const char *at = text, *end = text + length;
    if (length >= 3 && memcmp(at, "\xef\xbb\xbf", 3) == 0) { at += 3; }
    char encoding[64];
    find_encoding(at, end, encoding, sizeof encoding);
    for (int i = 1; i < line && at < end; i++) { at = next_line(at, end); }
    PyObject *result = NULL;
    if (at < end) {
        const char *stop = line_end(at, end);
        result = PyUnicode_Decode(at, stop - at, encoding, NULL);
        if (!result) { PyErr_Clear(); }
    }
    PyMem_RawFree(text);
    return result;
}

/* --- anchors --- */

/* A field of an ast node that is an int; -1 when it is not there. */
static Py_ssize_t
int_field(PyObject *node, PyObject *name)
{
    own PyObject *value = node ? PyObject_GetAttr(node, name) : NULL;
    Py_ssize_t n = value ? PyLong_AsSsize_t(value) : -1;
    PyErr_Clear();
    return n;
}

static MAYBE_NULL PyObject *
field(PyObject *node, PyObject *name)
{
    PyObject *value = node ? PyObject_GetAttr(node, name) : NULL;
    PyErr_Clear();
    return value;
}

static bool
is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\f';
}

/* Byte offsets in segment of the operator of a binary operation. */
static bool
operator_of(PyObject *node, const char *segment, Py_ssize_t *left_end, Py_ssize_t *right_start)
{
    own PyObject *left = field(node, ID(left));
    own PyObject *right = field(node, ID(right));
    Py_ssize_t from = int_field(left, ID(end_col_offset));
    Py_ssize_t to = int_field(right, ID(col_offset));
    if (from < 0 || to > (Py_ssize_t)strlen(segment)) { return false; }
    for (Py_ssize_t i = from; i < to; i++) {
        if (is_space(segment[i])) { continue; }
        *left_end = i;
        *right_start = i + 1;
        if (i + 1 < to && !is_space(segment[i + 1])) { ++*right_start; }
        return true;
    }
    return false;
}

/* The only expression of the module that segment is, or NULL. */
static MAYBE_NULL PyObject *
parse_expression(const char *segment, PyObject *filename)
{
    PyCompilerFlags flags = {.cf_flags = PyCF_ONLY_AST | PyCF_IGNORE_COOKIE,
                             .cf_feature_version = PY_MINOR_VERSION};
    own PyObject *module = Py_CompileStringObject(segment, filename, Py_file_input, &flags, -1);
    PyErr_Clear();
    own PyObject *body = field(module, ID(body));
    if (!body || !PyList_Check(body) || PyList_GET_SIZE(body) != 1) { return NULL; }
    PyObject *statement = PyList_GET_ITEM(body, 0);
    if (strcmp(Py_TYPE(statement)->tp_name, "Expr") != 0 &&
        strcmp(Py_TYPE(statement)->tp_name, "ast.Expr") != 0) {
        return NULL;
    }
    return field(statement, ID(value));
}

static bool
is_node(PyObject *node, const char *name)
{
    const char *type = Py_TYPE(node)->tp_name;
    const char *dot = strrchr(type, '.');
    return strcmp(dot ? dot + 1 : type, name) == 0;
}

bool
hob_source_anchors(PyObject *line, PyObject *filename, Py_ssize_t start, Py_ssize_t end,
                   Py_ssize_t *left_end, Py_ssize_t *right_start)
{
    own PyObject *part = PyUnicode_Substring(line, start, end);
    const char *segment = part ? PyUnicode_AsUTF8(part) : NULL;
    own PyObject *node = segment ? parse_expression(segment, filename) : NULL;
    PyErr_Clear();
    if (!node) { return false; }
    Py_ssize_t left = 0, right = 0;
    if (is_node(node, "BinOp")) {
        if (!operator_of(node, segment, &left, &right)) { return false; }
    }
    else if (is_node(node, "Subscript")) {
        own PyObject *value = field(node, ID(value));
        own PyObject *slice = field(node, ID(slice));
        left = int_field(value, ID(end_col_offset));
        right = int_field(slice, ID(end_col_offset)) + 1;
        if (left < 0 || right <= 0 || right > (Py_ssize_t)strlen(segment)) { return false; }
    }
    else {
        return false;
    }
    /* From bytes of the segment to characters of the line. */
    own PyObject *before_left = PyUnicode_DecodeUTF8(segment, left, "replace");
    own PyObject *before_right = PyUnicode_DecodeUTF8(segment, right, "replace");
    if (!before_left || !before_right) {
        PyErr_Clear();
        return false;
    }
    *left_end = start + PyUnicode_GET_LENGTH(before_left);
    *right_start = start + PyUnicode_GET_LENGTH(before_right);
    return true;
}

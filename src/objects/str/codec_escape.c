/* codec_escape.c -- text with backslash escapes: unicode-escape and raw-unicode-escape.
 *
 * The compiler reads string literals with these.  Bytes outside of escapes are
 * Latin-1.
 */
#include "objects/str/str_int.h"

#include "text/ucd.h"

typedef struct {
    decoder_input input;
    _PyUnicodeWriter writer;
    codec_fault *fault;
    Py_ssize_t pos;
    bool may_be_cut;            /* more input may follow later */
    bool stopped;               /* at an escape that is cut off */
    int invalid_char;           /* first unknown escape, or octal above 0377; -1 none */
    const char *invalid_at;     /* what follows its backslash */
} escape_decoder;

static inline status
write_char(escape_decoder *d, Py_UCS4 ch)
{
    return _PyUnicodeWriter_WriteChar(&d->writer, ch);
}

/* The escape input[start:pos] is wrong; it may only lack its end. */
static status
complain(escape_decoder *d, Py_ssize_t start, const char *reason)
{
    if (d->may_be_cut && d->pos == d->input.n) {
        d->pos = start;
        d->stopped = true;
        return 0;
    }
    return hob_decode_fault(d->fault, &d->input, start, d->pos, reason, &d->writer, &d->pos);
}

/* Read up to n hex digits at pos; how many there were. */
static int
read_hex(escape_decoder *d, int n, Py_UCS4 *value)
{
    int i = 0;
    *value = 0;
    for (; i < n && d->pos < d->input.n; i++, d->pos++) {
        char c = d->input.start[d->pos];
        if (!Py_ISXDIGIT(c)) { break; }
        *value = *value << 4 | (Py_UCS4)(Py_ISDIGIT(c) ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    return i;
}

static status
decode_hex(escape_decoder *d, Py_ssize_t start, int n, const char *truncated,
           const char *too_large)
{
    Py_UCS4 ch;
    if (read_hex(d, n, &ch) < n) { return complain(d, start, truncated); }
    if (ch <= MAX_CHAR) { return write_char(d, ch); }
    bool may_be_cut = d->may_be_cut;            /* this one is complete, and wrong */
    d->may_be_cut = false;
    status done = complain(d, start, too_large);
    d->may_be_cut = may_be_cut;
    return done;
}

/* Are names to be had?  They are those of the module unicodedata, which a program
 * may have taken away; it is looked for once. */
static status
need_names(void)
{
    static bool found;
    if (found || PyCapsule_Import("unicodedata._ucnhash_CAPI", 1)) {
        found = true;
        return 0;
    }
    PyErr_SetString(PyExc_UnicodeError,
                    "\\N escapes not supported (can't load unicodedata module)");
    return -1;
}

/* \N{name} */
static status
decode_name(escape_decoder *d, Py_ssize_t start)
{
    static const char malformed[] = "malformed \\N character escape";
    Py_ssize_t n = d->input.n;
    const char *s = d->input.start;
    if (need_names() < 0) { return -1; }
    if (d->pos == n || s[d->pos] != '{') { return complain(d, start, malformed); }
    Py_ssize_t name = ++d->pos;
    while (d->pos < n && s[d->pos] != '}') { d->pos++; }
    if (d->pos == n || d->pos == name) { return complain(d, start, malformed); }
    Py_UCS4 chars[UCD_LONGEST_SEQUENCE];
    int found = hob_ucd_lookup(s + name, d->pos - name, UCD_WITH_ALIASES, chars);
    d->pos++;
    if (found) { return write_char(d, chars[0]); }
    return hob_decode_fault(d->fault, &d->input, start, d->pos,
                            "unknown Unicode character name",
                            &d->writer, &d->pos);
}

static void
note_invalid(escape_decoder *d, int what, Py_ssize_t at)
{
    if (d->invalid_char != -1) { return; }
    d->invalid_char = what;
    d->invalid_at = d->input.start + at;
}

static status
decode_octal(escape_decoder *d, Py_ssize_t start)
{
    Py_UCS4 ch = 0;
    for (int i = 0; i < 3 && d->pos < d->input.n; i++, d->pos++) {
        char c = d->input.start[d->pos];
        if (c < '0' || c > '7') { break; }
        ch = ch << 3 | (Py_UCS4)(c - '0');
    }
    if (ch > 0377) { note_invalid(d, (int)ch, start + 1); }
    return write_char(d, ch);
}

/* Escapes of one letter and what they mean; 0 for others. */
static const uint8_t simple_escapes[128] = {
    ['\\'] = '\\', ['\''] = '\'', ['"'] = '"', ['b'] = '\b', ['f'] = '\f', ['t'] = '\t',
    ['n'] = '\n', ['r'] = '\r', ['v'] = '\v', ['a'] = '\a',
};

/* The escape at pos, where a backslash is. */
static status
decode_escape(escape_decoder *d)
{
    Py_ssize_t start = d->pos++;
    if (d->pos == d->input.n) { return complain(d, start, "\\ at end of string"); }
    uint8_t c = (uint8_t)d->input.start[d->pos++];
    if (c < 128 && simple_escapes[c]) { return write_char(d, simple_escapes[c]); }
    switch (c) {
    case '\n': return 0;
    case 'x': return decode_hex(d, start, 2, "truncated \\xXX escape", NULL);
    case 'u': return decode_hex(d, start, 4, "truncated \\uXXXX escape", NULL);
    case 'U':
        return decode_hex(d, start, 8, "truncated \\UXXXXXXXX escape",
                          "illegal Unicode character");
    case 'N': return decode_name(d, start);
    case '0' ... '7':
        d->pos--;
        return decode_octal(d, start);
    default:
        note_invalid(d, c, start + 1);
        return write_char(d, '\\') < 0 ? -1 : write_char(d, c);
    }
}

static status
decode_all(escape_decoder *d, status (*escape)(escape_decoder *))
{
    while (d->pos < d->input.n && !d->stopped) {
        const char *at = d->input.start + d->pos;
        Py_ssize_t left = d->input.n - d->pos;
        Py_ssize_t run = hob_find8_unit((const uint8_t *)at, left, '\\', FIND_FORWARD);
        if (run < 0) { run = left; }
        if (run) {
            if (_PyUnicodeWriter_WriteLatin1String(&d->writer, at, run) < 0) { return -1; }
            d->pos += run;
        }
        else if (escape(d) < 0) {
            return -1;
        }
    }
    return 0;
}

static PyObject *
decode(escape_decoder *d, status (*escape)(escape_decoder *), Py_ssize_t *consumed)
{
    d->may_be_cut = consumed != NULL;
    d->invalid_char = -1;
    _PyUnicodeWriter_Init(&d->writer);
    d->writer.min_length = d->input.n;
    status done = decode_all(d, escape);
    Py_XDECREF(d->input.bytes);
    if (done < 0) {
        _PyUnicodeWriter_Dealloc(&d->writer);
        return NULL;
    }
    if (d->stopped) { *consumed = d->pos; }      /* else the caller's: all of it */
    return _PyUnicodeWriter_Finish(&d->writer);
}

PyObject *
_PyUnicode_DecodeUnicodeEscapeInternal2(const char *s, Py_ssize_t size, const char *errors,
                                        Py_ssize_t *consumed, int *first_invalid_escape_char,
                                        const char **first_invalid_escape_ptr)
{
    *first_invalid_escape_char = -1;
    *first_invalid_escape_ptr = NULL;
    if (size == 0) {
        if (consumed) { *consumed = 0; }
        return Py_NewRef(hob_str_empty());
    }
    own_fault fault = CODEC_FAULT("unicodeescape", errors);
    escape_decoder d = {.input = {s, size, NULL}, .fault = &fault};
    PyObject *str = decode(&d, decode_escape, consumed);
    *first_invalid_escape_char = d.invalid_char;
    *first_invalid_escape_ptr = d.invalid_at;
    return str;
}

PyObject *
_PyUnicode_DecodeUnicodeEscapeInternal(const char *s, Py_ssize_t size, const char *errors,
                                       Py_ssize_t *consumed, const char **first_invalid_escape)
{
    int invalid_char;
    return _PyUnicode_DecodeUnicodeEscapeInternal2(s, size, errors, consumed, &invalid_char,
                                                   first_invalid_escape);
}

static status
warn_invalid(int invalid)
{
    if (invalid == -1) { return 0; }
    if (invalid <= 0xff) {
        return PyErr_WarnFormat(PyExc_DeprecationWarning, 1, "invalid escape sequence '\\%c'",
                                invalid);
    }
    char text[64];
    PyOS_snprintf(text, sizeof text, "invalid octal escape sequence '\\%o'", (unsigned)invalid);
    return PyErr_WarnEx(PyExc_DeprecationWarning, text, 1);
}

PyObject *
_PyUnicode_DecodeUnicodeEscapeStateful(const char *s, Py_ssize_t size, const char *errors,
                                       Py_ssize_t *consumed)
{
    int invalid;
    const char *invalid_at;
    own PyObject *str = _PyUnicode_DecodeUnicodeEscapeInternal2(s, size, errors, consumed,
                                                                &invalid, &invalid_at);
    if (!str || warn_invalid(invalid) < 0) { return NULL; }
    return take(str);
}

PyObject *
PyUnicode_DecodeUnicodeEscape(const char *s, Py_ssize_t size, const char *errors)
{
    return _PyUnicode_DecodeUnicodeEscapeStateful(s, size, errors, NULL);
}

/* --- raw: only \u and \U with their digits, behind an odd number of backslashes --- */

static status
decode_raw_escape(escape_decoder *d)
{
    const char *s = d->input.start;
    Py_ssize_t start = d->pos, n = d->input.n;
    while (d->pos < n && s[d->pos] == '\\') { d->pos++; }
    Py_ssize_t n_slashes = d->pos - start;
    bool open = n_slashes % 2;
    if (open && d->pos == n && d->may_be_cut) {         /* what will follow the last one? */
        n_slashes--;
        d->stopped = true;
    }
    bool is_escape = open && d->pos < n && (s[d->pos] == 'u' || s[d->pos] == 'U');
    if (is_escape) { n_slashes--; }
    if (_PyUnicodeWriter_WriteASCIIString(&d->writer, s + start, n_slashes) < 0) { return -1; }
    if (!is_escape) {
        d->pos = start + n_slashes;
        return 0;
    }
    start += n_slashes;
    bool is_short = s[d->pos++] == 'u';
    return decode_hex(d, start, is_short ? 4 : 8,
                      is_short ? "truncated \\uXXXX escape" : "truncated \\UXXXXXXXX escape",
                      "\\Uxxxxxxxx out of range");
}

PyObject *
_PyUnicode_DecodeRawUnicodeEscapeStateful(const char *s, Py_ssize_t size, const char *errors,
                                          Py_ssize_t *consumed)
{
    if (size == 0) {
        if (consumed) { *consumed = 0; }
        return Py_NewRef(hob_str_empty());
    }
    own_fault fault = CODEC_FAULT("rawunicodeescape", errors);
    escape_decoder d = {.input = {s, size, NULL}, .fault = &fault};
    return decode(&d, decode_raw_escape, consumed);
}

PyObject *
PyUnicode_DecodeRawUnicodeEscape(const char *s, Py_ssize_t size, const char *errors)
{
    return _PyUnicode_DecodeRawUnicodeEscapeStateful(s, size, errors, NULL);
}

/* --- encoding --- */

static char *
put_hex(char *to, char letter, Py_UCS4 ch, int n)
{
    *to++ = '\\';
    *to++ = letter;
    while (n-- > 0) { *to++ = Py_hexdigits[ch >> n * 4 & 15]; }
    return to;
}

static char *
put_wide(char *to, Py_UCS4 ch)
{
    return ch < 0x10000 ? put_hex(to, 'u', ch, 4) : put_hex(to, 'U', ch, 8);
}

static char *
put_escape(char *to, Py_UCS4 ch)
{
    if (ch >= ' ' && ch < 127 && ch != '\\') {
        *to++ = (char)ch;
        return to;
    }
    char letter = ch == '\\' ? '\\'
                : ch == '\t' ? 't' : ch == '\n' ? 'n' : ch == '\r' ? 'r' : 0;
    if (letter) {
        *to++ = '\\';
        *to++ = letter;
        return to;
    }
    return ch < 0x100 ? put_hex(to, 'x', ch, 2) : put_wide(to, ch);
}

static char *
put_raw(char *to, Py_UCS4 ch)
{
    if (ch >= 0x100) { return put_wide(to, ch); }
    *to++ = (char)ch;
    return to;
}

static PyObject *
encode(PyObject *str, char *(*put)(char *to, Py_UCS4 ch))
{
    if (!PyUnicode_Check(str)) {
        PyErr_BadArgument();
        return NULL;
    }
    READY_OR(str, NULL);
    text t = text_of(str);
    Py_ssize_t most = t.kind == 1 ? 4 : t.kind == 2 ? 6 : 10;
    if (t.n > PY_SSIZE_T_MAX / most) { return PyErr_NoMemory(); }
    if (t.n == 0) { return PyBytes_FromStringAndSize(NULL, 0); }
    PyObject *bytes = PyBytes_FromStringAndSize(NULL, t.n * most);
    if (!bytes) { return NULL; }
    char *at = PyBytes_AS_STRING(bytes);
    for (Py_ssize_t i = 0; i < t.n; i++) { at = put(at, text_at(t, i)); }
    if (_PyBytes_Resize(&bytes, at - PyBytes_AS_STRING(bytes)) < 0) { return NULL; }
    return bytes;
}

PyObject *
PyUnicode_AsUnicodeEscapeString(PyObject *unicode)
{
    return encode(unicode, put_escape);
}

PyObject *
PyUnicode_AsRawUnicodeEscapeString(PyObject *unicode)
{
    return encode(unicode, put_raw);
}

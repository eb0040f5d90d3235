/* codec_locale.c -- text of the operating system: file names and the locale.
 *
 * Names go through the file system encoding, which is chosen once at start
 * (hob_fs_encoding_init) and is nearly always UTF-8 with surrogateescape.
 * Messages of the C library go through the locale's own encoding.
 */
#include "objects/str/str_int.h"

#include <langinfo.h>
#include <locale.h>
#include <wchar.h>

#include "objects/undeclared.h"
#include "state/interp.h"
#include "state/runtime.h"
#include "text/utf8.h"

const char *Py_FileSystemDefaultEncoding;
const char *Py_FileSystemDefaultEncodeErrors;
int Py_HasFileSystemDefaultEncoding;
HOB_EXPORT int _Py_HasFileSystemDefaultEncodeErrors;

/* --- wchar_t and bytes; -1 no memory, -2 cannot be coded, -3 unknown handler --- */

enum { CODED = 0, CODED_NO_MEMORY = -1, CODED_FAULT = -2, CODED_BAD_HANDLER = -3 };

typedef enum { FORM_LOCALE, FORM_UTF8, FORM_ASCII } locale_form;

/* A C locale whose codec is eight bits wide though it says ASCII. */
static int force_ascii = -1;

static bool
locale_lies_about_ascii(void)
{
    const char *name = setlocale(LC_CTYPE, NULL);
    if (!name || (strcmp(name, "C") != 0 && strcmp(name, "POSIX") != 0)) { return false; }
    const char *codeset = nl_langinfo(CODESET);
    if (!codeset || (PyOS_stricmp(codeset, "ANSI_X3.4-1968") != 0
                     && PyOS_stricmp(codeset, "ASCII") != 0
                     && PyOS_stricmp(codeset, "US-ASCII") != 0)) { return false; }
    for (int byte = 0x80; byte < 0x100; byte++) {
        char text[2] = {(char)byte, 0};
        wchar_t wide[2];
        if (mbstowcs(wide, text, 1) != (size_t)-1) { return true; }
    }
    return false;
}

HOB_EXPORT int _Py_GetForceASCII(void);
HOB_EXPORT void _Py_ResetForceASCII(void);

int
_Py_GetForceASCII(void)
{
    if (force_ascii < 0) { force_ascii = locale_lies_about_ascii(); }
    return force_ascii;
}

void
_Py_ResetForceASCII(void)
{
    force_ascii = -1;
}

static locale_form
choose_form(int current_locale)
{
    if (current_locale) { return FORM_LOCALE; }
    if (Py_UTF8Mode > 0) { return FORM_UTF8; }
    return _Py_GetForceASCII() ? FORM_ASCII : FORM_LOCALE;
}

/* One character at s, n bytes left: the bytes used, 0 when it is faulty. */
static size_t
decode_one(locale_form form, const char *s, size_t n, wchar_t *to, mbstate_t *state)
{
    if (form == FORM_ASCII) {
        *to = (unsigned char)*s;
        return *to < 128;
    }
    if (form == FORM_UTF8) {
        hob_utf8_scan scan = hob_utf8_measure((const uint8_t *)s, n < 4 ? (ptrdiff_t)n : 4);
        size_t lead = (unsigned char)*s;
        size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
        if (scan.n_good < (ptrdiff_t)length) { return 0; }
        hob_utf8_decode(4, to, (const uint8_t *)s, (ptrdiff_t)length);
        return length;
    }
    size_t used = mbrtowc(to, s, n, state);
    if (used == (size_t)-1 || used == (size_t)-2 || hob_is_surrogate((uint32_t)*to)) {
        memset(state, 0, sizeof *state);
        return 0;
    }
    return used;
}

static int
decode_wide(locale_form form, const char *s, size_t n, wchar_t **result, size_t *wlen,
            const char **reason, errors_mode errors)
{
    if (errors != ERRORS_STRICT && errors != ERRORS_SURROGATEESCAPE
        && !(errors == ERRORS_SURROGATEPASS && form == FORM_UTF8)) { return CODED_BAD_HANDLER; }
    if (n > PY_SSIZE_T_MAX / sizeof(wchar_t) - 1) { return CODED_NO_MEMORY; }
    wchar_t *to = PyMem_RawMalloc((n + 1) * sizeof(wchar_t));
    if (!to) { return CODED_NO_MEMORY; }
    mbstate_t state;
    memset(&state, 0, sizeof state);
    size_t at = 0;
    for (size_t i = 0; i < n;) {
        size_t used = decode_one(form, s + i, n - i, &to[at], &state);
        if (used == 0 && errors == ERRORS_SURROGATEPASS && n - i >= 3 && s[i] == '\xed'
            && (s[i + 1] & 0xe0) == 0xa0 && (s[i + 2] & 0xc0) == 0x80) {
            hob_utf8_decode(4, &to[at], (const uint8_t *)s + i, 3);
            used = 3;
        }
        if (used == 0) {
            if (errors != ERRORS_SURROGATEESCAPE) {
                PyMem_RawFree(to);
                if (wlen) { *wlen = i; }
                if (reason) { *reason = "decoding error"; }
                return CODED_FAULT;
            }
            to[at] = 0xdc00 + (unsigned char)s[i];
            used = 1;
        }
        at++;
        i += used;
    }
    to[at] = 0;
    *result = to;
    if (wlen) { *wlen = at; }
    return CODED;
}

/* Encode one character to at least MB_LEN_MAX bytes; (size_t)-1 when that cannot be. */
static size_t
encode_one(locale_form form, wchar_t ch, char *to, errors_mode errors)
{
    if (hob_is_surrogate((uint32_t)ch)) {
        if (errors == ERRORS_SURROGATEESCAPE && ch >= 0xdc80 && ch <= 0xdcff) {
            *to = (char)(ch - 0xdc00);
            return 1;
        }
        if (errors != ERRORS_SURROGATEPASS) { return (size_t)-1; }
    }
    if (form == FORM_ASCII) {
        *to = (char)ch;
        return ch < 128 ? 1 : (size_t)-1;
    }
    if (form == FORM_UTF8) {
        return (size_t)(hob_utf8_put((uint8_t *)to, (uint32_t)ch) - (uint8_t *)to);
    }
    mbstate_t state;
    memset(&state, 0, sizeof state);
    return wcrtomb(to, ch, &state);
}

static int
encode_wide(locale_form form, const wchar_t *text, char **result, size_t *error_pos,
            const char **reason, bool raw_malloc, errors_mode errors)
{
    if (errors != ERRORS_STRICT && errors != ERRORS_SURROGATEESCAPE
        && !(errors == ERRORS_SURROGATEPASS && form == FORM_UTF8)) { return CODED_BAD_HANDLER; }
    size_t n = wcslen(text), most = form == FORM_UTF8 ? 4 : MB_CUR_MAX;
    if (n > (PY_SSIZE_T_MAX - 16) / most) { return CODED_NO_MEMORY; }
    size_t room = n * most + 16;
    char *to = raw_malloc ? PyMem_RawMalloc(room) : PyMem_Malloc(room);
    if (!to) { return CODED_NO_MEMORY; }
    size_t at = 0;
    for (size_t i = 0; i < n; i++) {
        size_t used = encode_one(form, text[i], to + at, errors);
        if (used == (size_t)-1) {
            if (raw_malloc) { PyMem_RawFree(to); }
            else { PyMem_Free(to); }
            if (error_pos) { *error_pos = i; }
            if (reason) { *reason = "encoding error"; }
            return CODED_FAULT;
        }
        at += used;
    }
    to[at] = 0;
    *result = to;
    return CODED;
}

/* The names the reference exports for this, with its own handler numbers, which
 * are those of errors_mode. */
HOB_EXPORT int _Py_DecodeLocaleEx(const char *arg, wchar_t **wstr, size_t *wlen,
                                  const char **reason, int current_locale, int errors);
HOB_EXPORT int _Py_EncodeLocaleEx(const wchar_t *text, char **str, size_t *error_pos,
                                  const char **reason, int current_locale, int errors);
HOB_EXPORT int _Py_DecodeUTF8Ex(const char *arg, Py_ssize_t arglen, wchar_t **wstr,
                                size_t *wlen,
                                const char **reason, int errors);
HOB_EXPORT int _Py_EncodeUTF8Ex(const wchar_t *text, char **str, size_t *error_pos,
                                const char **reason, int raw_malloc, int errors);
HOB_EXPORT wchar_t *_Py_DecodeUTF8_surrogateescape(const char *arg, Py_ssize_t arglen,
                                                   size_t *wlen);
HOB_EXPORT int _Py_GetErrorHandler(const char *errors);

int
_Py_DecodeLocaleEx(const char *arg, wchar_t **wstr, size_t *wlen, const char **reason,
                   int current_locale, int errors)
{
    return decode_wide(choose_form(current_locale), arg, strlen(arg), wstr, wlen, reason,
                       (errors_mode)errors);
}

int
_Py_EncodeLocaleEx(const wchar_t *text, char **str, size_t *error_pos, const char **reason,
                   int current_locale, int errors)
{
    return encode_wide(choose_form(current_locale), text, str, error_pos, reason, true,
                       (errors_mode)errors);
}

int
_Py_DecodeUTF8Ex(const char *arg, Py_ssize_t arglen, wchar_t **wstr, size_t *wlen,
                 const char **reason, int errors)
{
    return decode_wide(FORM_UTF8, arg, (size_t)arglen, wstr, wlen, reason, (errors_mode)errors);
}

int
_Py_EncodeUTF8Ex(const wchar_t *text, char **str, size_t *error_pos, const char **reason,
                 int raw_malloc, int errors)
{
    return encode_wide(FORM_UTF8, text, str, error_pos, reason, raw_malloc,
                       (errors_mode)errors);
}

wchar_t *
_Py_DecodeUTF8_surrogateescape(const char *arg, Py_ssize_t arglen, size_t *wlen)
{
    wchar_t *text = NULL;
    int done = decode_wide(FORM_UTF8, arg, (size_t)arglen, &text, wlen, NULL,
                           ERRORS_SURROGATEESCAPE);
    if (done != CODED && wlen) { *wlen = (size_t)done; }
    return done == CODED ? text : NULL;
}

int
_Py_GetErrorHandler(const char *errors)
{
    return (int)hob_errors_mode(errors);
}

/* --- str in the locale's encoding --- */

static PyObject *
raise_fault(PyObject *exc)
{
    if (exc) {
        PyErr_SetObject((PyObject *)Py_TYPE(exc), exc);
        Py_DECREF(exc);
    }
    return NULL;
}

static PyObject *
raise_other(int done)
{
    if (done == CODED_NO_MEMORY) { return PyErr_NoMemory(); }
    PyErr_SetString(PyExc_ValueError, "unsupported error handler");
    return NULL;
}

static PyObject *
decode_locale(const char *s, Py_ssize_t n, errors_mode errors, int current_locale)
{
    if (s[n] != 0 || strlen(s) != (size_t)n) {
        PyErr_SetString(PyExc_ValueError, "embedded null byte");
        return NULL;
    }
    wchar_t *text;
    size_t length;
    const char *reason;
    int done = _Py_DecodeLocaleEx(s, &text, &length, &reason, current_locale, (int)errors);
    if (done == CODED) {
        PyObject *str = PyUnicode_FromWideChar(text, (Py_ssize_t)length);
        PyMem_RawFree(text);
        return str;
    }
    if (done != CODED_FAULT) { return raise_other(done); }
    return raise_fault(PyUnicodeDecodeError_Create("locale", s, n, (Py_ssize_t)length,
                                                   (Py_ssize_t)length + 1, reason));
}

static PyObject *
encode_locale(PyObject *str, errors_mode errors, int current_locale)
{
    Py_ssize_t n;
    wchar_t *text = PyUnicode_AsWideCharString(str, &n);
    if (!text) { return NULL; }
    if (wcslen(text) != (size_t)n) {
        PyErr_SetString(PyExc_ValueError, "embedded null character");
        PyMem_Free(text);
        return NULL;
    }
    char *bytes;
    size_t error_pos;
    const char *reason;
    int done = _Py_EncodeLocaleEx(text, &bytes, &error_pos, &reason, current_locale,
                                  (int)errors);
    PyMem_Free(text);
    if (done == CODED) {
        PyObject *result = PyBytes_FromString(bytes);
        PyMem_RawFree(bytes);
        return result;
    }
    if (done != CODED_FAULT) { return raise_other(done); }
    return raise_fault(PyObject_CallFunction(PyExc_UnicodeEncodeError, "sOnns", "locale", str,
                                             (Py_ssize_t)error_pos, (Py_ssize_t)error_pos + 1,
                                             reason));
}

PyObject *
PyUnicode_DecodeLocaleAndSize(const char *str, Py_ssize_t len, const char *errors)
{
    return decode_locale(str, len, hob_errors_mode(errors), 1);
}

PyObject *
PyUnicode_DecodeLocale(const char *str, const char *errors)
{
    return decode_locale(str, (Py_ssize_t)strlen(str), hob_errors_mode(errors), 1);
}

PyObject *
PyUnicode_EncodeLocale(PyObject *unicode, const char *errors)
{
    return encode_locale(unicode, hob_errors_mode(errors), 1);
}

/* --- file system --- */

static struct {
    bool chosen;
    bool is_utf8;
    char encoding[64];
    char errors[32];
    errors_mode mode;
} fs;

bool
hob_fs_chosen(void)
{
    return fs.chosen;
}

static status
copy_name(const wchar_t *name, char *to, size_t room)
{
    size_t n = wcslen(name);
    if (n >= room) {
        PyErr_SetString(PyExc_ValueError, "encoding name too long");
        return -1;
    }
    for (size_t i = 0; i <= n; i++) { to[i] = (char)name[i]; }
    return 0;
}

/* The codec's own name for an encoding, which may be an alias. */
static status
canonical_name(char *encoding, size_t room)
{
    own PyObject *codec = _PyCodec_Lookup(encoding);
    if (!codec) { return -1; }
    own PyObject *name = PyObject_GetAttrString(codec, "name");
    const char *text = name ? PyUnicode_AsUTF8(name) : NULL;
    if (!text) { return -1; }
    if (strlen(text) < room) { strcpy(encoding, text); }
    return 0;
}

status
hob_fs_encoding_init(void)
{
    PyConfig *config = &hob_ts()->interp->config;
    if (copy_name(config->filesystem_encoding, fs.encoding, sizeof fs.encoding) < 0
        || copy_name(config->filesystem_errors, fs.errors, sizeof fs.errors) < 0
        || canonical_name(fs.encoding, sizeof fs.encoding) < 0) { return -1; }
    PyStatus kept = PyConfig_SetBytesString(config, &config->filesystem_encoding, fs.encoding);
    if (PyStatus_Exception(kept)) {
        PyErr_NoMemory();
        return -1;
    }
    fs.is_utf8 = strcmp(fs.encoding, "utf-8") == 0;
    fs.mode = hob_errors_mode(fs.errors);
    fs.chosen = true;
    Py_FileSystemDefaultEncoding = fs.encoding;
    Py_FileSystemDefaultEncodeErrors = fs.errors;
    return 0;
}

PyObject *
PyUnicode_DecodeFSDefaultAndSize(const char *s, Py_ssize_t size)
{
    if (LIKELY(fs.is_utf8)) { return PyUnicode_DecodeUTF8Stateful(s, size, fs.errors, NULL); }
    if (fs.chosen) { return PyUnicode_Decode(s, size, fs.encoding, fs.errors); }
    return decode_locale(s, size, ERRORS_SURROGATEESCAPE, 0);
}

PyObject *
PyUnicode_DecodeFSDefault(const char *s)
{
    return PyUnicode_DecodeFSDefaultAndSize(s, (Py_ssize_t)strlen(s));
}

PyObject *
PyUnicode_EncodeFSDefault(PyObject *unicode)
{
    if (LIKELY(fs.is_utf8)) { return _PyUnicode_AsUTF8String(unicode, fs.errors); }
    if (fs.chosen) { return PyUnicode_AsEncodedString(unicode, fs.encoding, fs.errors); }
    return encode_locale(unicode, ERRORS_SURROGATEESCAPE, 0);
}

int
PyUnicode_FSConverter(PyObject *arg, void *addr)
{
    PyObject **slot = addr;
    if (!arg) {
        Py_CLEAR(*slot);
        return 1;
    }
    own PyObject *path = PyOS_FSPath(arg);
    if (!path) { return 0; }
    own PyObject *bytes = PyBytes_Check(path) ? Py_NewRef(path)
                                              : PyUnicode_EncodeFSDefault(path);
    if (!bytes) { return 0; }
    if (strlen(PyBytes_AS_STRING(bytes)) != (size_t)PyBytes_GET_SIZE(bytes)) {
        PyErr_SetString(PyExc_ValueError, "embedded null byte");
        return 0;
    }
    *slot = take(bytes);
    return Py_CLEANUP_SUPPORTED;
}

/* The str of a path given as str, bytes or (deprecated) another buffer. */
static PyObject *
path_as_str(PyObject *arg)
{
    bool is_buffer = PyObject_CheckBuffer(arg);
    own PyObject *path = PyUnicode_Check(arg) || is_buffer ? Py_NewRef(arg) : PyOS_FSPath(arg);
    if (!path || PyUnicode_Check(path)) { return take(path); }
    if (!PyBytes_Check(path)
        && PyErr_WarnFormat(PyExc_DeprecationWarning, 1,
                            "path should be string, bytes, or os.PathLike, not %.200s",
                            Py_TYPE(arg)->tp_name) < 0) { return NULL; }
    own PyObject *bytes = PyBytes_FromObject(path);
    if (!bytes) { return NULL; }
    return PyUnicode_DecodeFSDefaultAndSize(PyBytes_AS_STRING(bytes), PyBytes_GET_SIZE(bytes));
}

int
PyUnicode_FSDecoder(PyObject *arg, void *addr)
{
    PyObject **slot = addr;
    if (!arg) {
        Py_CLEAR(*slot);
        return 1;
    }
    own PyObject *str = path_as_str(arg);
    if (!str) { return 0; }
    READY_OR(str, 0);
    if (hob_str_find_char(text_of(str), 0, FIND_FORWARD) >= 0) {
        PyErr_SetString(PyExc_ValueError, "embedded null character");
        return 0;
    }
    *slot = take(str);
    return Py_CLEANUP_SUPPORTED;
}

/* --- numbers in the locale --- */

/* Strings of LC_NUMERIC are in its encoding, which need not be that of LC_CTYPE:
 * change that one for a moment when they are not ASCII. */
static status
enter_numeric_locale(struct lconv *lc, char **saved)
{
    *saved = NULL;
    bool plain = strlen(lc->decimal_point) <= 1 && (uint8_t)lc->decimal_point[0] < 128
        && strlen(lc->thousands_sep) <= 1 && (uint8_t)lc->thousands_sep[0] < 128;
    if (plain) { return 0; }
    const char *numeric = setlocale(LC_NUMERIC, NULL), *ctype = setlocale(LC_CTYPE, NULL);
    if (!numeric || !ctype || strcmp(numeric, ctype) == 0) { return 0; }
    own PyObject *wanted = PyBytes_FromString(numeric);
    *saved = _PyMem_Strdup(ctype);
    if (!wanted || !*saved) {
        PyMem_Free(*saved);
        PyErr_NoMemory();
        return -1;
    }
    setlocale(LC_CTYPE, PyBytes_AS_STRING(wanted));
    return 0;
}

int
_Py_GetLocaleconvNumeric(struct lconv *lc, PyObject **decimal_point, PyObject **thousands_sep)
{
    char *saved;
    if (enter_numeric_locale(lc, &saved) < 0) { return -1; }
    *decimal_point = PyUnicode_DecodeLocale(lc->decimal_point, NULL);
    *thousands_sep = *decimal_point ? PyUnicode_DecodeLocale(lc->thousands_sep, NULL) : NULL;
    if (saved) {
        setlocale(LC_CTYPE, saved);
        PyMem_Free(saved);
    }
    return *thousands_sep ? 0 : -1;
}

/* locale.c -- the locale at start, UTF-8 mode, and bytes ↔ wchar_t.
 *
 * PEP 538 (coerce the C locale), PEP 540 (UTF-8 mode), PEP 383 (undecodable
 * bytes become lone surrogates U+DC80..U+DCFF and come back as bytes).
 */
#include "run/config.h"

#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

static bool initialised;
static bool c_locale;                   /* LC_CTYPE is "C" or "POSIX" */

static bool
is_c_name(const char *name)
{
    return name && (strcmp(name, "C") == 0 || strcmp(name, "POSIX") == 0);
}

static const char *const coercion_targets[] = {"C.UTF-8", "C.utf8", "UTF-8"};

HOB_EXPORT int _Py_IsLocaleCoercionTarget(const char *name);

int
_Py_IsLocaleCoercionTarget(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(coercion_targets); i++) {
        if (strcmp(name, coercion_targets[i]) == 0) { return 1; }
    }
    return 0;
}

int
_Py_LegacyLocaleDetected(int warn)
{
    const char *name = setlocale(LC_CTYPE, NULL);
    return warn ? name && strcmp(name, "C") == 0 : is_c_name(name);
}

int
_Py_CoerceLegacyLocale(int warn)
{
    char *old = strdup(setlocale(LC_CTYPE, NULL));
    const char *all = getenv("LC_ALL");
    int done = 0;
    if (all && all[0]) { goto restore; }
    for (size_t i = 0; i < ARRAY_LEN(coercion_targets); i++) {
        if (!setlocale(LC_CTYPE, coercion_targets[i])) { continue; }
        const char *codeset = nl_langinfo(CODESET);
        if (!codeset || !codeset[0]) { continue; }
        if (setenv("LC_CTYPE", coercion_targets[i], 1) != 0) { break; }
        if (warn) {
            fprintf(stderr, "Python detected LC_CTYPE=C: LC_CTYPE coerced to %.20s (set another "
                    "locale or PYTHONCOERCECLOCALE=0 to disable this locale coercion behavior).\n",
                    coercion_targets[i]);
        }
        setlocale(LC_ALL, "");
        done = 1;
        break;
    }
restore:
    if (!done) { setlocale(LC_CTYPE, old); }
    free(old);
    return done;
}

char *
_Py_SetLocaleFromEnv(int category)
{
    return setlocale(category, "");
}

bool
hob_locale_is_c(void)
{
    return c_locale;
}

const char *
hob_locale_encoding(void)
{
    const char *codeset = nl_langinfo(CODESET);
    if (!codeset || !codeset[0] || strcmp(codeset, "UTF-8") == 0) { return "utf-8"; }
    return codeset;
}

/* Decide from environment and -X what locale and mode to run in. */
void
hob_locale_init(PyPreConfig *pre)
{
    if (initialised) { return; }
    initialised = true;
    if (pre->configure_locale) { setlocale(LC_CTYPE, ""); }
    c_locale = is_c_name(setlocale(LC_CTYPE, NULL));
    const char *coerce = pre->use_environment ? getenv("PYTHONCOERCECLOCALE") : NULL;
    bool want = pre->configure_locale && !pre->isolated && pre->coerce_c_locale != 0;
    bool warn = pre->coerce_c_locale_warn > 0;
    if (coerce && strcmp(coerce, "0") == 0) { want = false; }
    if (coerce && strcmp(coerce, "warn") == 0) { warn = true; }
    bool was_c = c_locale;
    if (pre->utf8_mode < 0 && pre->use_environment) {
        const char *value = getenv("PYTHONUTF8");
        if (value && value[0]) {
            if (strcmp(value, "1") == 0) { pre->utf8_mode = 1; }
            else if (strcmp(value, "0") == 0) { pre->utf8_mode = 0; }
        }
    }
    if (want && was_c) { _Py_CoerceLegacyLocale(warn); }
    if (warn && was_c && _Py_LegacyLocaleDetected(1)) {
        fputs("Python runtime initialized with LC_CTYPE=C (a locale with default ASCII encoding), "
              "which may cause Unicode compatibility problems. Using C.UTF-8, C.utf8, or UTF-8 (if "
              "available) as alternative Unicode-compatible locales is recommended.\n", stderr);
    }
    if (pre->utf8_mode < 0) { pre->utf8_mode = was_c; }
    Py_UTF8Mode = pre->utf8_mode;
    /* stdio is lax when the locale was C, or is now what C was coerced to */
    const char *now = setlocale(LC_CTYPE, NULL);
    c_locale = is_c_name(now) || _Py_IsLocaleCoercionTarget(now);
}

/* --- bytes to wchar_t --- */

static bool
is_utf8(void)
{
    return Py_UTF8Mode > 0 || strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

/* One UTF-8 sequence at text: its length, or 0 when it is not one. */
static int
utf8_sequence(const unsigned char *text, wchar_t *out)
{
    unsigned lead = text[0];
    int length = lead < 0x80 ? 1 : lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3
        : lead < 0xF5 ? 4 : 0;
    if (length <= 1) { *out = (wchar_t)lead; return length; }
    uint32_t value = lead & (0x7F >> length);
    for (int i = 1; i < length; i++) {
        if ((text[i] & 0xC0) != 0x80) { return 0; }
        value = value << 6 | (text[i] & 0x3F);
    }
    bool overlong = (length == 3 && value < 0x800) || (length == 4 && value < 0x10000);
    if (overlong || (value >= 0xD800 && value < 0xE000) || value > 0x10FFFF) { return 0; }
    *out = (wchar_t)value;
    return length;
}

static size_t
locale_sequence(const char *text, size_t left, wchar_t *out, mbstate_t *state)
{
    size_t length = mbrtowc(out, text, left, state);
    bool bad = length == (size_t)-1 || length == (size_t)-2
        || (length > 0 && *out >= 0xD800 && *out < 0xE000);
    if (bad) {
        memset(state, 0, sizeof *state);
        return 0;
    }
    return length;
}

/* size: characters, or (size_t)-1 for memory, (size_t)-2 for a decoding error.
 * strict: an undecodable byte is an error instead of a lone surrogate. */
HOB_EXPORT wchar_t *hob_decode_locale(const char *text, size_t *size, bool strict, bool utf8);

wchar_t *
hob_decode_locale(const char *text, size_t *size, bool strict, bool utf8)
{
    size_t n = strlen(text), n_out = 0;
    wchar_t *out = PyMem_RawMalloc((n + 1) * sizeof(wchar_t));
    if (!out) {
        if (size) { *size = (size_t)-1; }
        return NULL;
    }
    mbstate_t state;
    memset(&state, 0, sizeof state);
    for (size_t i = 0; i < n; ) {
        size_t used = utf8 ? (size_t)utf8_sequence((const unsigned char *)text + i, out + n_out)
                           : locale_sequence(text + i, n - i, out + n_out, &state);
        if (used == 0) {
            if (strict) {
                PyMem_RawFree(out);
                if (size) { *size = (size_t)-2; }
                return NULL;
            }
            out[n_out] = 0xDC00 + (unsigned char)text[i];
            used = 1;
        }
        n_out++;
        i += used;
    }
    out[n_out] = 0;
    if (size) { *size = n_out; }
    return out;
}

wchar_t *
Py_DecodeLocale(const char *text, size_t *size)
{
    return hob_decode_locale(text, size, false, is_utf8());
}

/* --- wchar_t to bytes --- */

static size_t
utf8_encode(uint32_t value, char *out)
{
    if (value < 0x80) { out[0] = (char)value; return 1; }
    if (value < 0x800) {
        out[0] = (char)(0xC0 | value >> 6);
        out[1] = (char)(0x80 | (value & 0x3F));
        return 2;
    }
    if (value < 0x10000) {
        out[0] = (char)(0xE0 | value >> 12);
        out[1] = (char)(0x80 | (value >> 6 & 0x3F));
        out[2] = (char)(0x80 | (value & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | value >> 18);
    out[1] = (char)(0x80 | (value >> 12 & 0x3F));
    out[2] = (char)(0x80 | (value >> 6 & 0x3F));
    out[3] = (char)(0x80 | (value & 0x3F));
    return 4;
}

/* Bytes from `allocate`; *error_pos is where it failed, or (size_t)-1 for memory. */
HOB_EXPORT char *hob_encode_locale(const wchar_t *text, size_t *error_pos, bool raw, bool utf8);

char *
hob_encode_locale(const wchar_t *text, size_t *error_pos, bool raw, bool utf8)
{
    size_t n = wcslen(text), n_out = 0, room = n * (utf8 ? 4 : MB_CUR_MAX) + 1;
    char *out = raw ? PyMem_RawMalloc(room) : PyMem_Malloc(room);
    if (error_pos) { *error_pos = (size_t)-1; }
    if (!out) { return NULL; }
    mbstate_t state;
    memset(&state, 0, sizeof state);
    for (size_t i = 0; i < n; i++) {
        uint32_t value = (uint32_t)text[i];
        size_t used;
        if (value >= 0xDC80 && value <= 0xDCFF) {
            out[n_out] = (char)(value - 0xDC00);
            used = 1;
        }
        else if (value >= 0xD800 && value < 0xE000) { used = (size_t)-1; }
        else {
            used =
                utf8 ? utf8_encode(value, out + n_out) : wcrtomb(out + n_out, text[i], &state);
        }
        if (used == (size_t)-1) {
            if (raw) { PyMem_RawFree(out); } else { PyMem_Free(out); }
            if (error_pos) { *error_pos = i; }
            return NULL;
        }
        n_out += used;
    }
    out[n_out] = 0;
    return out;
}

char *
Py_EncodeLocale(const wchar_t *text, size_t *error_pos)
{
    return hob_encode_locale(text, error_pos, false, is_utf8());
}

HOB_EXPORT char *_Py_EncodeLocaleRaw(const wchar_t *text, size_t *error_pos);

char *
_Py_EncodeLocaleRaw(const wchar_t *text, size_t *error_pos)
{
    return hob_encode_locale(text, error_pos, true, is_utf8());
}

/* _locale.c -- module _locale: the C library's locales, for module locale. */
#include <Python.h>
#include <langinfo.h>
#include <libintl.h>
#include <limits.h>
#include <locale.h>
#include <wchar.h>

#include "base/c.h"
#include "memory/own.h"
#include "state/file.h"

static PyObject *locale_error;

static PyObject *
fail(const char *why)
{
    PyErr_SetString(locale_error, why);
    return NULL;
}

/* A str without nulls, or None as NULL. */
static bool
text_or_none(PyObject *value, const char **text, const char *func, const char *what)
{
    *text = NULL;
    if (value == Py_None) { return true; }
    if (!PyUnicode_Check(value)) {
        _PyArg_BadArgument(func, what, "str or None", value);
        return false;
    }
    Py_ssize_t length;
    *text = PyUnicode_AsUTF8AndSize(value, &length);
    if (!*text) { return false; }
    if (strlen(*text) == (size_t)length) { return true; }
    PyErr_SetString(PyExc_ValueError, "embedded null character");
    return false;
}

/** setlocale($module, category, locale=NULL, /)
 *
 *  Set the locale of a category, and return its name; without locale, or with
 *  None, only return it.
 */
static PyObject *
locale_setlocale(PyObject *module, int category, PyObject *locale)
{
    const char *wanted = NULL;
    if (locale && !text_or_none(locale, &wanted, "setlocale", "argument 2")) { return NULL; }
    const char *result = setlocale(category, wanted);
    if (!result) { return fail(wanted ? "unsupported locale setting" : "locale query failed"); }
    return PyUnicode_DecodeLocale(result, NULL);
}

/* --- localeconv() --- */

/* Group sizes; CHAR_MAX ends them, and so does 0, which stays in the list. */
static PyObject *
copy_grouping(const char *sizes)
{
    own PyObject *list = PyList_New(0);
    if (!list || !sizes[0]) { return take(list); }
    for (int i = 0;; i++) {
        own PyObject *size = PyLong_FromLong(sizes[i]);
        if (!size || PyList_Append(list, size) < 0) { return NULL; }
        if (sizes[i] == 0 || sizes[i] == CHAR_MAX) { break; }
    }
    return take(list);
}

static status
add(PyObject *dict, const char *name, STOLEN PyObject *value)
{
    own PyObject *held = value;
    return held ? PyDict_SetItemString(dict, name, held) : -1;
}

/* The C library encodes each category's texts as that category says: decode them
 * with LC_CTYPE set alike when they are not ASCII. */
static PyObject *
decode_as(int category, const char *text)
{
    bool ascii = true;
    for (const char *c = text; *c; c++) { ascii &= (unsigned char)*c < 128; }
    if (ascii) { return PyUnicode_FromString(text); }
    const char *current = setlocale(LC_CTYPE, NULL), *wanted = setlocale(category, NULL);
    if (!current || !wanted || strcmp(current, wanted) == 0) {
        return PyUnicode_DecodeLocale(text, NULL);
    }
    char *saved = _PyMem_Strdup(current), *copy = _PyMem_Strdup(text);
    PyObject *result = NULL;
    if (!saved || !copy) { PyErr_NoMemory(); }
    else {
        setlocale(LC_CTYPE, wanted);
        result = PyUnicode_DecodeLocale(copy, NULL);
        setlocale(LC_CTYPE, saved);
    }
    PyMem_Free(saved);
    PyMem_Free(copy);
    return result;
}

/** localeconv($module, /)
 *
 *  Return how numbers and amounts of money are written, as a dict.
 */
static PyObject *
locale_localeconv(PyObject *module)
{
    own PyObject *dict = PyDict_New();
    if (!dict) { return NULL; }
    struct lconv *now = localeconv();
    struct lconv lc = *now;             /* decoding may change what it points to: read first */
    enum { TEXT, NUMBER, SIZES };
    const struct { const char *name; int kind; int category; const char *text; int number; }
    items[] = {
        {"int_curr_symbol", TEXT, LC_MONETARY, lc.int_curr_symbol, 0},
        {"currency_symbol", TEXT, LC_MONETARY, lc.currency_symbol, 0},
        {"mon_decimal_point", TEXT, LC_MONETARY, lc.mon_decimal_point, 0},
        {"mon_thousands_sep", TEXT, LC_MONETARY, lc.mon_thousands_sep, 0},
        {"mon_grouping", SIZES, 0, lc.mon_grouping, 0},
        {"positive_sign", TEXT, LC_MONETARY, lc.positive_sign, 0},
        {"negative_sign", TEXT, LC_MONETARY, lc.negative_sign, 0},
        {"int_frac_digits", NUMBER, 0, NULL, lc.int_frac_digits},
        {"frac_digits", NUMBER, 0, NULL, lc.frac_digits},
        {"p_cs_precedes", NUMBER, 0, NULL, lc.p_cs_precedes},
        {"p_sep_by_space", NUMBER, 0, NULL, lc.p_sep_by_space},
        {"n_cs_precedes", NUMBER, 0, NULL, lc.n_cs_precedes},
        {"n_sep_by_space", NUMBER, 0, NULL, lc.n_sep_by_space},
        {"p_sign_posn", NUMBER, 0, NULL, lc.p_sign_posn},
        {"n_sign_posn", NUMBER, 0, NULL, lc.n_sign_posn},
        {"decimal_point", TEXT, LC_NUMERIC, lc.decimal_point, 0},
        {"thousands_sep", TEXT, LC_NUMERIC, lc.thousands_sep, 0},
        {"grouping", SIZES, 0, lc.grouping, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(items); i++) {
        PyObject *value = items[i].kind == TEXT ? decode_as(items[i].category, items[i].text)
                        : items[i].kind == SIZES ? copy_grouping(items[i].text)
                        : PyLong_FromLong(items[i].number);
        if (add(dict, items[i].name, value) < 0) { return NULL; }
    }
    return take(dict);
}

/* --- order of strings --- */

/** strcoll($module, os1, os2, /)
 *
 *  Compare two strings as the locale says: negative, zero or positive.
 */
static PyObject *
locale_strcoll(PyObject *module, PyUnicodeObject *os1, PyUnicodeObject *os2)
{
    wchar_t *left = PyUnicode_AsWideCharString((PyObject *)os1, NULL);
    if (!left) { return NULL; }
    wchar_t *right = PyUnicode_AsWideCharString((PyObject *)os2, NULL);
    PyObject *result = right ? PyLong_FromLong(wcscoll(left, right)) : NULL;
    PyMem_Free(left);
    PyMem_Free(right);
    return result;
}

/** strxfrm($module, string, /)
 *
 *  Return a string that compares with others like it as the locale says.
 */
static PyObject *
locale_strxfrm(PyObject *module, PyUnicodeObject *string)
{
    Py_ssize_t length;
    wchar_t *text = PyUnicode_AsWideCharString((PyObject *)string, &length);
    if (!text) { return NULL; }
    PyObject *result = NULL;
    wchar_t *key = NULL;
    if (wcslen(text) != (size_t)length) {
        PyErr_SetString(PyExc_ValueError, "embedded null character");
        goto done;
    }
    errno = 0;
    size_t n = wcsxfrm(NULL, text, 0);
    if (errno && errno != ERANGE) {
        PyErr_SetFromErrno(PyExc_OSError);
        goto done;
    }
    key = PyMem_New(wchar_t, n + 1);
    if (!key) {
        PyErr_NoMemory();
        goto done;
    }
    errno = 0;
    n = wcsxfrm(key, text, n + 1);
    if (errno) { PyErr_SetFromErrno(PyExc_OSError); }
    else { result = PyUnicode_FromWideChar(key, (Py_ssize_t)n); }
done:
    PyMem_Free(key);
    PyMem_Free(text);
    return result;
}

/* --- nl_langinfo() --- */

#define LANGINFO_NAMES(X)                                                           \
    X(DAY_1) X(DAY_2) X(DAY_3) X(DAY_4) X(DAY_5) X(DAY_6) X(DAY_7)                  \
    X(ABDAY_1) X(ABDAY_2) X(ABDAY_3) X(ABDAY_4) X(ABDAY_5) X(ABDAY_6) X(ABDAY_7)    \
    X(MON_1) X(MON_2) X(MON_3) X(MON_4) X(MON_5) X(MON_6) X(MON_7) X(MON_8)         \
    X(MON_9) X(MON_10) X(MON_11) X(MON_12)                                          \
    X(ABMON_1) X(ABMON_2) X(ABMON_3) X(ABMON_4) X(ABMON_5) X(ABMON_6) X(ABMON_7)    \
    X(ABMON_8) X(ABMON_9) X(ABMON_10) X(ABMON_11) X(ABMON_12)                       \
    X(RADIXCHAR) X(THOUSEP) X(CRNCYSTR) X(D_FMT) X(D_T_FMT) X(T_FMT) X(AM_STR)      \
    X(PM_STR) X(CODESET) X(T_FMT_AMPM) X(ERA) X(ERA_D_FMT) X(ERA_D_T_FMT)           \
    X(ERA_T_FMT) X(ALT_DIGITS) X(YESEXPR) X(NOEXPR) X(_DATE_FMT)

static const struct { const char *name; int value; } langinfo[] = {
#define X(name) {#name, name},
    LANGINFO_NAMES(X)
#undef X
};

/** nl_langinfo($module, key, /)
 *
 *  Return a text of the locale.
 */
static PyObject *
locale_nl_langinfo(PyObject *module, int key)
{
    for (size_t i = 0; i < ARRAY_LEN(langinfo); i++) {
        if (langinfo[i].value != key) { continue; }
        const char *text = nl_langinfo(key);
        return PyUnicode_DecodeLocale(text ? text : "", NULL);
    }
    PyErr_SetString(PyExc_ValueError, "unsupported langinfo constant");
    return NULL;
}

/* --- messages --- */

/** gettext($module, msg, /)
 *
 *  Return the translation of msg.
 */
static PyObject *
locale_gettext(PyObject *module, const char *msg)
{
    return PyUnicode_DecodeLocale(gettext(msg), NULL);
}

/** dgettext($module, domain, msg, /)
 *
 *  Return the translation of msg in domain.
 */
static PyObject *
locale_dgettext(PyObject *module, PyObject *domain, const char *msg)
{
    const char *text;
    if (!text_or_none(domain, &text, "dgettext", "argument 1")) { return NULL; }
    return PyUnicode_DecodeLocale(dgettext(text, msg), NULL);
}

/** dcgettext($module, domain, msg, category, /)
 *
 *  Return the translation of msg in domain and category.
 */
static PyObject *
locale_dcgettext(PyObject *module, PyObject *domain, const char *msg, int category)
{
    const char *text;
    if (!text_or_none(domain, &text, "dcgettext", "argument 1")) { return NULL; }
    return PyUnicode_DecodeLocale(dcgettext(text, msg, category), NULL);
}

/** textdomain($module, domain, /)
 *
 *  Set the domain of messages, and return its name; None only returns it.
 */
static PyObject *
locale_textdomain(PyObject *module, PyObject *domain)
{
    const char *text;
    if (!text_or_none(domain, &text, "textdomain", "argument")) { return NULL; }
    text = textdomain(text);
    return text ? PyUnicode_DecodeLocale(text, NULL) : PyErr_SetFromErrno(PyExc_OSError);
}

/** bindtextdomain($module, domain, dir, /)
 *
 *  Set where the messages of a domain are, and return it; None only returns it.
 */
static PyObject *
locale_bindtextdomain(PyObject *module, const char *domain, PyObject *dir)
{
    if (!domain[0]) { return fail("domain must be a non-empty string"); }
    PyObject *bytes = NULL;
    if (dir != Py_None && !PyUnicode_FSConverter(dir, &bytes)) { return NULL; }
    own PyObject *held = bytes;
    const char *where = bindtextdomain(domain, held ? PyBytes_AsString(held) : NULL);
    return where ? PyUnicode_DecodeLocale(where, NULL) : PyErr_SetFromErrno(PyExc_OSError);
}

/** bind_textdomain_codeset($module, domain, codeset, /)
 *
 *  Set the encoding of the messages of a domain, and return it.
 */
static PyObject *
locale_bind_textdomain_codeset(PyObject *module, const char *domain, PyObject *codeset)
{
    const char *text;
    if (!text_or_none(codeset, &text, "bind_textdomain_codeset", "argument 2")) { return NULL; }
    text = bind_textdomain_codeset(domain, text);
    if (text) { return PyUnicode_DecodeLocale(text, NULL); }
    Py_RETURN_NONE;
}

/** getencoding($module, /)
 *
 *  Return the encoding of the locale.
 */
static PyObject *
locale_getencoding(PyObject *module)
{
    return _Py_GetLocaleEncodingObject();
}

#include "gen/modules/_locale.bind.h"

static int
locale_exec(PyObject *module)
{
    static const struct { const char *name; int value; } constants[] = {
        {"LC_CTYPE", LC_CTYPE}, {"LC_TIME", LC_TIME}, {"LC_COLLATE", LC_COLLATE},
        {"LC_MONETARY", LC_MONETARY}, {"LC_MESSAGES", LC_MESSAGES},
        {"LC_NUMERIC", LC_NUMERIC}, {"LC_ALL", LC_ALL}, {"CHAR_MAX", CHAR_MAX},
    };
    for (size_t i = 0; i < ARRAY_LEN(constants); i++) {
        if (PyModule_AddIntConstant(module, constants[i].name, constants[i].value) < 0) {
            return -1;
        }
    }
    for (size_t i = 0; i < ARRAY_LEN(langinfo); i++) {
        if (PyModule_AddIntConstant(module, langinfo[i].name, langinfo[i].value) < 0) {
            return -1;
        }
    }
    if (!locale_error) {
        locale_error = PyErr_NewException("locale.Error", NULL, NULL);
        if (!locale_error) { return -1; }
    }
    return PyModule_AddObjectRef(module, "Error", locale_error);
}

static PyModuleDef_Slot locale_slots[] = {
    {Py_mod_exec, locale_exec},
    {0, NULL},
};

static struct PyModuleDef locale_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_locale",
    .m_doc = "Support for POSIX locales.",
    .m_methods = module_methods,
    .m_slots = locale_slots,
};

PyMODINIT_FUNC
PyInit__locale(void)
{
    return PyModuleDef_Init(&locale_module);
}

/* getargs_keywords.c -- arguments by name: PyArg_ParseTupleAndKeywords,
 * _PyArg_Parser and _PyArg_UnpackKeywords.
 *
 * Layout     a _PyArg_Parser is a static at the call site; the first call
 *            fills it: fname, pos, min, max and kwtuple, the interned names of
 *            the parameters that have one.  Parsers are linked, so that
 *            hob_getargs_clear can empty them at the end.
 * Holds      names at call sites are interned, too: a keyword is found by
 *            address, and compared by text only when that fails.
 */
#include "objects/getargs_int.h"

#include "memory/own.h"
#include "objects/getargs.h"

#include <ctype.h>
#include <limits.h>

/* --- who is called, for messages --- */

typedef struct {
    const char *name;               /* "function" when it has none */
    const char *call;               /* "()" or "" */
} callee;

static callee
callee_of(const char *fname)
{
    return fname ? (callee){fname, "()"} : (callee){"function", ""};
}

static void
refuse_total(callee f, Py_ssize_t len, Py_ssize_t nargs, Py_ssize_t nkwargs)
{
    PyErr_Format(PyExc_TypeError, "%.200s%s takes %s %zd %sargument%s (%zd given)", f.name,
                 f.call, "at most", len, nargs == 0 ? "keyword " : "", len == 1 ? "" : "s",
                 nargs + nkwargs);
}

static void
refuse_positional(callee f, const char *how, Py_ssize_t bound, Py_ssize_t nargs)
{
    if (bound == 0) {
        PyErr_Format(PyExc_TypeError, "%.200s%s takes no positional arguments", f.name, f.call);
        return;
    }
    PyErr_Format(PyExc_TypeError, "%.200s%s takes %s %zd positional argument%s (%zd given)",
                 f.name, f.call, how, bound, bound == 1 ? "" : "s", nargs);
}

static void
refuse_unknown(const char *fname, PyObject *keyword)
{
    if (!PyUnicode_Check(keyword)) {
        PyErr_SetString(PyExc_TypeError, "keywords must be strings");
        return;
    }
    PyErr_Format(PyExc_TypeError, "'%S' is an invalid keyword argument for %.200s%s", keyword,
                 fname ? fname : "this function", fname ? "()" : "");
}

/* --- the keyword arguments of a call --- */

typedef struct {
    PyObject *dict;                 /* borrowed, MAYBE_NULL */
    PyObject *names;                /* borrowed tuple, MAYBE_NULL; values from args + nargs */
    PyObject *const *values;
    Py_ssize_t n;
} keywords;

static keywords
keywords_of(PyObject *const *args, Py_ssize_t nargs, PyObject *kwargs, PyObject *kwnames)
{
    if (kwargs) { return (keywords){kwargs, NULL, NULL, PyDict_GET_SIZE(kwargs)}; }
    if (kwnames) { return (keywords){NULL, kwnames, args + nargs, PyTuple_GET_SIZE(kwnames)}; }
    return (keywords){NULL, NULL, NULL, 0};
}

/* The value called name: borrowed, or NULL, with an exception or without. */
static inline PyObject *
keyword_find(const keywords *kw, PyObject *name)
{
    if (kw->dict) { return PyDict_GetItemWithError(kw->dict, name); }
    for (Py_ssize_t i = 0; i < kw->n; i++) {
        if (PyTuple_GET_ITEM(kw->names, i) == name) { return kw->values[i]; }
    }
    for (Py_ssize_t i = 0; i < kw->n; i++) {
        PyObject *given = PyTuple_GET_ITEM(kw->names, i);
        if (_PyUnicode_EQ(given, name)) { return kw->values[i]; }
    }
    return NULL;
}

/* The keyword number i of the call (*at keeps the place in a dict). */
static PyObject *
keyword_name(const keywords *kw, Py_ssize_t i, Py_ssize_t *at)
{
    if (kw->names) { return PyTuple_GET_ITEM(kw->names, i); }
    PyObject *name, *value;
    return PyDict_Next(kw->dict, at, &name, &value) ? name : NULL;
}

/* --- _PyArg_Parser --- */

static _PyArg_Parser *filled_parsers;

void
hob_getargs_clear(void)
{
    while (filled_parsers) {
        _PyArg_Parser *parser = filled_parsers;
        filled_parsers = parser->next;
        parser->next = NULL;
        Py_CLEAR(parser->kwtuple);
    }
}

/* Count names: *pos without text first, *len in all. */
static status
count_names(const char *const *names, int *pos, int *len)
{
    int n = 0;
    while (names[n] && !*names[n]) { n++; }
    *pos = n;
    for (; names[n]; n++) {
        if (!*names[n]) {
            PyErr_SetString(PyExc_SystemError, "Empty keyword parameter name");
            return -1;
        }
    }
    *len = n;
    return 0;
}

static PyObject *
intern_names(const char *const *names, int n)
{
    own PyObject *tuple = PyTuple_New(n);
    if (!tuple) { return NULL; }
    for (int i = 0; i < n; i++) {
        PyObject *name = PyUnicode_InternFromString(names[i]);
        if (!name) { return NULL; }
        PyTuple_SET_ITEM(tuple, i, name);
    }
    return take(tuple);
}

/* Read min and max from the format of a parser that has one. */
static status
read_bounds(_PyArg_Parser *parser, int len)
{
    const char *colon = strchr(parser->format, ':');
    if (colon) { parser->fname = colon + 1; }
    else {
        const char *semicolon = strchr(parser->format, ';');
        if (semicolon) { parser->custom_msg = semicolon + 1; }
    }
    parser->min = parser->max = INT_MAX;
    const char *f = parser->format;
    int i = 0;
    for (; i < len; i++) {
        if (*f == '|') {
            if (parser->min != INT_MAX || parser->max != INT_MAX) {
                PyErr_SetString(PyExc_SystemError, parser->min != INT_MAX
                                ? "Invalid format string (| specified twice)"
                                : "Invalid format string ($ before |)");
                return -1;
            }
            parser->min = i;
            f++;
        }
        if (*f == '$') {
            if (parser->max != INT_MAX || i < parser->pos) {
                PyErr_SetString(PyExc_SystemError, parser->max != INT_MAX
                                ? "Invalid format string ($ specified twice)"
                                : "Empty parameter name after $");
                return -1;
            }
            parser->max = i;
            f++;
        }
        if (args_at_end(f)) {
            PyErr_Format(PyExc_SystemError,
                         "More keyword list entries (%d) than format specifiers (%d)", len, i);
            return -1;
        }
        f = hob_getargs_after_unit(f);
        if (!f) {
            PyErr_Format(PyExc_SystemError, "impossible<bad format char>: '%s'",
                         parser->format);
            return -1;
        }
    }
    parser->min = Py_MIN(parser->min, len);
    parser->max = Py_MIN(parser->max, len);
    if (args_at_end(f) || *f == '|' || *f == '$') { return 0; }
    PyErr_Format(PyExc_SystemError, "more argument specifiers than keyword list entries "
                 "(remaining format:'%s')", f);
    return -1;
}

static COLD status
parser_fill(_PyArg_Parser *parser)
{
    int len;
    if (count_names(parser->keywords, &parser->pos, &len) < 0) { return -1; }
    if (parser->format && read_bounds(parser, len) < 0) { return -1; }
    PyObject *names = intern_names(parser->keywords + parser->pos, len - parser->pos);
    if (!names) { return -1; }
    parser->kwtuple = names;
    parser->next = filled_parsers;
    filled_parsers = parser;
    return 0;
}

/* --- unpacking into a row of objects --- */

/* After all parameters were looked up: some keyword is left over. */
static COLD void
refuse_leftover(const _PyArg_Parser *parser, const keywords *kw, Py_ssize_t nargs)
{
    callee f = callee_of(parser->fname);
    for (Py_ssize_t i = parser->pos; i < nargs; i++) {
        if (i - parser->pos >= PyTuple_GET_SIZE(parser->kwtuple)) { break; }
        PyObject *name = PyTuple_GET_ITEM(parser->kwtuple, i - parser->pos);
        if (keyword_find(kw, name)) {
            PyErr_Format(PyExc_TypeError,
                         "argument for %.200s%s given by name ('%U') and position (%zd)",
                         f.name, f.call, name, i + 1);
            return;
        }
        if (PyErr_Occurred()) { return; }
    }
    Py_ssize_t at = 0;
    for (Py_ssize_t i = 0; i < kw->n; i++) {
        PyObject *given = keyword_name(kw, i, &at);
        bool known = false;
        Py_ssize_t n = PyUnicode_Check(given) ? PyTuple_GET_SIZE(parser->kwtuple) : 0;
        for (Py_ssize_t j = 0; j < n; j++) {
            known = known || _PyUnicode_EQ(PyTuple_GET_ITEM(parser->kwtuple, j), given);
        }
        if (!known) {
            refuse_unknown(parser->fname, given);
            return;
        }
    }
    at = 0;             /* every name is known by its text: a subclass of str hides itself */
    for (Py_ssize_t i = 0; i < kw->n; i++) {
        PyObject *given = keyword_name(kw, i, &at);
        if (PyUnicode_CheckExact(given)) { continue; }
        refuse_unknown(parser->fname, given);
        return;
    }
}

static COLD void
refuse_missing(const _PyArg_Parser *parser, Py_ssize_t i)
{
    callee f = callee_of(parser->fname);
    PyErr_Format(PyExc_TypeError, "%.200s%s missing required argument '%U' (pos %zd)", f.name,
                 f.call, PyTuple_GET_ITEM(parser->kwtuple, i - parser->pos), i + 1);
}

/* Fill buf[first .. end) from keywords; parameters before minpos, or between
 * maxpos and reqlimit, are required.  vararg shifts the rest by one. */
static bool
take_keywords(const _PyArg_Parser *parser, const keywords *kw, Py_ssize_t nargs, int first,
              int end, int minpos, int maxpos, int reqlimit, PyObject **buf, int vararg)
{
    Py_ssize_t left = kw->n;
    for (int i = first; i < end; i++) {
        PyObject *value = NULL;
        if (left) {
            value = keyword_find(kw, PyTuple_GET_ITEM(parser->kwtuple, i - parser->pos));
            if (!value && kw->dict && PyErr_Occurred()) { return false; }
        }
        else if (i >= minpos && i >= reqlimit) {
            break;
        }
        buf[i + (i >= vararg)] = value;
        if (value) { left--; }
        else if (i < minpos || (maxpos <= i && i < reqlimit)) {
            refuse_missing(parser, i);
            return false;
        }
    }
    if (left == 0) { return true; }
    refuse_leftover(parser, kw, nargs);
    return false;
}

#undef _PyArg_UnpackKeywords
PyObject *const *
_PyArg_UnpackKeywords(PyObject *const *args, Py_ssize_t nargs, PyObject *kwargs,
                      PyObject *kwnames, struct _PyArg_Parser *parser, int minpos, int maxpos,
                      int minkw, PyObject **buf)
{
    if (!args && nargs == 0) { args = buf; }
    keywords kw = keywords_of(args, nargs, kwargs, kwnames);
    if (kw.n == 0 && minkw == 0 && minpos <= nargs && nargs <= maxpos) { return args; }
    if (UNLIKELY(!parser->kwtuple) && parser_fill(parser) < 0) { return NULL; }
    int posonly = parser->pos, minposonly = Py_MIN(posonly, minpos);
    int end = posonly + (int)PyTuple_GET_SIZE(parser->kwtuple);
    callee f = callee_of(parser->fname);
    if (nargs + kw.n > end) {
        refuse_total(f, end, nargs, kw.n);
        return NULL;
    }
    if (nargs > maxpos) {
        refuse_positional(f, minpos < maxpos ? "at most" : "exactly", maxpos, nargs);
        return NULL;
    }
    if (nargs < minposonly) {
        refuse_positional(f, minposonly < maxpos ? "at least" : "exactly", minposonly, nargs);
        return NULL;
    }
    memcpy(buf, args, (size_t)nargs * sizeof *buf);
    for (int i = (int)nargs; i < end; i++) { buf[i] = NULL; }
    int reqlimit = minkw ? maxpos + minkw : minpos;
    int first = Py_MAX((int)nargs, posonly);
    if (!take_keywords(parser, &kw, nargs, first, end, minpos, maxpos, reqlimit, buf,
                       INT_MAX)) {
        return NULL;
    }
    return buf;
}

PyObject *const *
_PyArg_UnpackKeywordsWithVararg(PyObject *const *args, Py_ssize_t nargs, PyObject *kwargs,
                                PyObject *kwnames, struct _PyArg_Parser *parser, int minpos,
                                int maxpos, int minkw, int vararg, PyObject **buf)
{
    if (!args && nargs == 0) { args = buf; }
    keywords kw = keywords_of(args, nargs, kwargs, kwnames);
    if (UNLIKELY(!parser->kwtuple) && parser_fill(parser) < 0) { return NULL; }
    int posonly = parser->pos, minposonly = Py_MIN(posonly, minpos);
    int end = posonly + (int)PyTuple_GET_SIZE(parser->kwtuple);
    if (nargs < minposonly) {
        refuse_positional(callee_of(parser->fname),
                          minposonly < maxpos ? "at least" : "exactly", minposonly, nargs);
        return NULL;
    }
    Py_ssize_t n_extra = Py_MAX(nargs - vararg, 0);
    PyObject *extra = PyTuple_New(n_extra);
    if (!extra) { return NULL; }
    for (Py_ssize_t i = 0; i < n_extra; i++) {
        PyTuple_SET_ITEM(extra, i, Py_NewRef(args[vararg + i]));
    }
    int n_taken = (int)(nargs - n_extra);
    memcpy(buf, args, (size_t)n_taken * sizeof *buf);
    for (int i = n_taken; i < end + 1; i++) { buf[i] = NULL; }
    buf[vararg] = extra;                            /* the caller's, on success */
    int reqlimit = minkw ? maxpos + minkw : minpos;
    if (!take_keywords(parser, &kw, n_taken, Py_MAX(n_taken, posonly), end, minpos, maxpos,
                       reqlimit, buf, vararg)) {
        Py_DECREF(extra);
        return NULL;
    }
    return buf;
}

/* --- by format --- */

/* What is to be parsed, whichever way the names are kept. */
typedef struct {
    PyObject *const *args;
    Py_ssize_t nargs;
    keywords kw;
    const char *const *names;       /* with pos empty ones in front */
    PyObject *kwtuple;              /* interned names after those, MAYBE_NULL */
    int pos, len;
    const char *format, *fname, *custom;
} named_call;

static PyObject *                   /* borrowed */
named_find(const named_call *c, int i)
{
    if (c->kwtuple) { return keyword_find(&c->kw, PyTuple_GET_ITEM(c->kwtuple, i - c->pos)); }
    return c->kw.dict ? _PyDict_GetItemStringWithError(c->kw.dict, c->names[i]) : NULL;
}

/* A keyword matched no parameter that was still open. */
static void
named_refuse_leftover(const named_call *c)
{
    callee f = callee_of(c->fname);
    for (int i = c->pos; i < c->nargs; i++) {
        if (named_find(c, i)) {
            PyErr_Format(PyExc_TypeError,
                         "argument for %.200s%s given by name ('%s') and position (%d)", f.name,
                         f.call, c->names[i], i + 1);
            return;
        }
        if (PyErr_Occurred()) { return; }
    }
    Py_ssize_t at = 0;
    for (Py_ssize_t i = 0; i < c->kw.n; i++) {
        PyObject *given = keyword_name(&c->kw, i, &at);
        bool known = false;
        for (int j = c->pos; PyUnicode_Check(given) && j < c->len; j++) {
            known = known || _PyUnicode_EqualToASCIIString(given, c->names[j]);
        }
        if (!known) {
            refuse_unknown(c->fname, given);
            return;
        }
    }
    /* every name is known by its text: a subclass of str hides from the lookup */
    at = 0;
    for (Py_ssize_t i = 0; i < c->kw.n; i++) {
        PyObject *given = keyword_name(&c->kw, i, &at);
        if (PyUnicode_CheckExact(given)) { continue; }
        refuse_unknown(c->fname, given);
        return;
    }
}

/* The bounds that '|' and '$' set while the format is walked. */
typedef struct {
    int min, max;
} named_bounds;

/* Step over '|' and '$' in front of parameter i; false with an exception. */
static bool
named_marks(const named_call *c, args_parse *p, named_bounds *b, int i, bool *positional_done)
{
    *positional_done = false;
    if (*p->format == '|') {
        if (b->min != INT_MAX) {
            PyErr_SetString(PyExc_SystemError, "Invalid format string (| specified twice)");
            return false;
        }
        b->min = i;
        p->format++;
        if (b->max != INT_MAX) {
            PyErr_SetString(PyExc_SystemError, "Invalid format string ($ before |)");
            return false;
        }
    }
    if (*p->format == '$') {
        if (b->max != INT_MAX) {
            PyErr_SetString(PyExc_SystemError, "Invalid format string ($ specified twice)");
            return false;
        }
        b->max = i;
        p->format++;
        if (b->max < c->pos) {
            PyErr_SetString(PyExc_SystemError, "Empty parameter name after $");
            return false;
        }
        *positional_done = true;
    }
    return true;
}

static int
named_walk(const named_call *c, args_parse *p)
{
    callee f = callee_of(c->fname);
    Py_ssize_t left = c->kw.n;
    named_bounds b = {INT_MAX, INT_MAX};
    bool missing_positional = false;        /* only the bounds are still of interest */
    int i = 0;
    for (; i < c->len; i++) {
        bool positional_done;
        if (!named_marks(c, p, &b, i, &positional_done)) { return 0; }
        if (positional_done) {
            if (missing_positional) { break; }
            if (b.max < c->nargs) {
                refuse_positional(f, b.min != INT_MAX ? "at most" : "exactly", b.max, c->nargs);
                return 0;
            }
        }
        if (args_at_end(p->format)) {
            PyErr_Format(PyExc_SystemError,
                         "More keyword list entries (%d) than format specifiers (%d)", c->len,
                         i);
            return 0;
        }
        if (!missing_positional) {
            PyObject *value = NULL;
            if (i < c->nargs) {
                value = c->args[i];
            }
            else if (left && i >= c->pos) {
                value = named_find(c, i);
                if (!value && PyErr_Occurred()) { return 0; }
                left -= value != NULL;
            }
            if (value) {
                p->levels[0] = 0;
                const char *bad = args_convert(p, value);
                if (!bad) { continue; }
                args_set_error(p, i + 1, bad, c->fname, c->custom);
                return 0;
            }
            if (i < b.min) {
                if (i >= c->pos) {
                    PyErr_Format(PyExc_TypeError,
                                 "%.200s%s missing required argument '%s' (pos %d)", f.name,
                                 f.call, c->names[i], i + 1);
                    return 0;
                }
                missing_positional = true;
            }
            else if (left == 0) {
                return 1;                   /* nothing more can be given */
            }
        }
        const char *bad = args_skip(p);
        if (bad) {
            PyErr_Format(PyExc_SystemError, "%s: '%s'", bad, p->format);
            return 0;
        }
    }
    if (missing_positional) {
        int bound = Py_MIN(c->pos, b.min);
        refuse_positional(f, bound < i ? "at least" : "exactly", bound, c->nargs);
        return 0;
    }
    if (!args_at_end(p->format) && *p->format != '|' && *p->format != '$') {
        PyErr_Format(PyExc_SystemError, "more argument specifiers than keyword list entries "
                     "(remaining format:'%s')", p->format);
        return 0;
    }
    if (left == 0) { return 1; }
    named_refuse_leftover(c);
    return 0;
}

static int
named_parse(const named_call *c, va_list *va, int flags)
{
    if (c->nargs + c->kw.n > c->len) {
        refuse_total(callee_of(c->fname), c->len, c->nargs, c->kw.n);
        return 0;
    }
    args_parse p;
    if (!args_parse_init(&p, c->format, va, flags, (int)strlen(c->format))) { return 0; }
    return args_parse_end(&p, named_walk(c, &p));
}

/* PyArg_ParseTupleAndKeywords: nothing is remembered between calls. */
static int
parse_keywords(PyObject *args, PyObject *kwargs, const char *format, char **names, va_list *va,
               int flags)
{
    if (!args || !PyTuple_Check(args) || (kwargs && !PyDict_Check(kwargs)) || !format ||
        !names) {
        PyErr_BadInternalCall();
        return 0;
    }
    named_call c = {
        .args = ((PyTupleObject *)args)->ob_item, .nargs = PyTuple_GET_SIZE(args),
        .kw = keywords_of(NULL, 0, kwargs, NULL), .names = (const char *const *)names,
        .format = format,
    };
    const char *mark = strchr(format, ':');
    if (mark) { c.fname = mark + 1; }
    else if ((mark = strchr(format, ';'))) { c.custom = mark + 1; }
    if (count_names(c.names, &c.pos, &c.len) < 0) { return 0; }
    return named_parse(&c, va, flags);
}

/* With a parser: its bounds are known before anything is converted. */
static int
parse_fast(PyObject *const *args, Py_ssize_t nargs, PyObject *kwargs, PyObject *kwnames,
           struct _PyArg_Parser *parser, va_list *va, int flags)
{
    if (!parser || (kwargs && !PyDict_Check(kwargs))) {
        PyErr_BadInternalCall();
        return 0;
    }
    if (UNLIKELY(!parser->kwtuple) && parser_fill(parser) < 0) { return 0; }
    named_call c = {
        .args = args, .nargs = nargs, .kw = keywords_of(args, nargs, kwargs, kwnames),
        .names = parser->keywords, .kwtuple = parser->kwtuple, .pos = parser->pos,
        .len = parser->pos + (int)PyTuple_GET_SIZE(parser->kwtuple), .format = parser->format,
        .fname = parser->fname, .custom = parser->custom_msg,
    };
    if (c.nargs + c.kw.n <= c.len && nargs > parser->max) {
        refuse_positional(callee_of(c.fname), parser->min < parser->max ? "at most" : "exactly",
                          parser->max, nargs);
        return 0;
    }
    return named_parse(&c, va, flags);
}

/* --- public API --- */

#undef PyArg_ParseTupleAndKeywords
#undef PyArg_VaParseTupleAndKeywords
#undef _PyArg_ParseTupleAndKeywordsFast
#undef _PyArg_VaParseTupleAndKeywordsFast
#undef _PyArg_ParseStackAndKeywords

#define WITH_VA(last, call) do {                                                \
    va_list va;                                                                 \
    va_start(va, last);                                                         \
    int result = (call);                                                        \
    va_end(va);                                                                 \
    return result;                                                              \
} while (0)

#define WITH_VA_COPY(given, call) do {                                          \
    va_list va;                                                                 \
    va_copy(va, given);                                                         \
    int result = (call);                                                        \
    va_end(va);                                                                 \
    return result;                                                              \
} while (0)

HOB_EXPORT int
PyArg_ParseTupleAndKeywords(PyObject *args, PyObject *kwargs, const char *format, char **names,
                            ...)
{
    WITH_VA(names, parse_keywords(args, kwargs, format, names, &va, 0));
}

int
_PyArg_ParseTupleAndKeywords_SizeT(PyObject *args, PyObject *kwargs, const char *format,
                                   char **names, ...)
{
    WITH_VA(names, parse_keywords(args, kwargs, format, names, &va, ARGS_SIZE_T));
}

HOB_EXPORT int
PyArg_VaParseTupleAndKeywords(PyObject *args, PyObject *kwargs, const char *format,
                              char **names, va_list given)
{
    WITH_VA_COPY(given, parse_keywords(args, kwargs, format, names, &va, 0));
}

int
_PyArg_VaParseTupleAndKeywords_SizeT(PyObject *args, PyObject *kwargs, const char *format,
                                     char **names, va_list given)
{
    WITH_VA_COPY(given, parse_keywords(args, kwargs, format, names, &va, ARGS_SIZE_T));
}

#define TUPLE_ITEMS(args) ((PyTupleObject *)(args))->ob_item, PyTuple_GET_SIZE(args)

HOB_EXPORT int
_PyArg_ParseTupleAndKeywordsFast(PyObject *args, PyObject *kwargs, struct _PyArg_Parser *parser,
                                 ...)
{
    WITH_VA(parser, parse_fast(TUPLE_ITEMS(args), kwargs, NULL, parser, &va, 0));
}

int
_PyArg_ParseTupleAndKeywordsFast_SizeT(PyObject *args, PyObject *kwargs,
                                       struct _PyArg_Parser *parser, ...)
{
    WITH_VA(parser, parse_fast(TUPLE_ITEMS(args), kwargs, NULL, parser, &va, ARGS_SIZE_T));
}

HOB_EXPORT int
_PyArg_VaParseTupleAndKeywordsFast(PyObject *args, PyObject *kwargs,
                                   struct _PyArg_Parser *parser, va_list given)
{
    WITH_VA_COPY(given, parse_fast(TUPLE_ITEMS(args), kwargs, NULL, parser, &va, 0));
}

int
_PyArg_VaParseTupleAndKeywordsFast_SizeT(PyObject *args, PyObject *kwargs,
                                         struct _PyArg_Parser *parser, va_list given)
{
    WITH_VA_COPY(given, parse_fast(TUPLE_ITEMS(args), kwargs, NULL, parser, &va, ARGS_SIZE_T));
}

HOB_EXPORT int
_PyArg_ParseStackAndKeywords(PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames,
                             struct _PyArg_Parser *parser, ...)
{
    WITH_VA(parser, parse_fast(args, nargs, NULL, kwnames, parser, &va, 0));
}

int
_PyArg_ParseStackAndKeywords_SizeT(PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames,
                                   struct _PyArg_Parser *parser, ...)
{
    WITH_VA(parser, parse_fast(args, nargs, NULL, kwnames, parser, &va, ARGS_SIZE_T));
}

int
PyArg_ValidateKeywordArguments(PyObject *kwargs)
{
    if (!PyDict_Check(kwargs)) {
        PyErr_BadInternalCall();
        return 0;
    }
    PyObject *name, *value;
    Py_ssize_t at = 0;
    while (PyDict_Next(kwargs, &at, &name, &value)) {
        if (PyUnicode_Check(name)) { continue; }
        PyErr_SetString(PyExc_TypeError, "keywords must be strings");
        return 0;
    }
    return 1;
}

/* methods.c -- the str type: what Python sees of it.
 *
 * Work is done elsewhere (find.c, case.c, split.c ...); here are arguments,
 * slots and the type object.
 */
#include "objects/str/methods.h"

#include "objects/ids.h"
#include "objects/str/case.h"
#include "objects/str/format.h"
#include "objects/str/split.h"
#include "text/ucd.h"

/* --- codecs --- */

/** str.encode($self, /, encoding='utf-8'{NULL}, errors='strict'{NULL})
 *
 *  Encode the text into bytes.
 *
 *    encoding
 *      Name of the encoding.
 *    errors
 *      What to do about characters it cannot express: 'strict' raises
 *      UnicodeEncodeError; 'ignore', 'replace', 'xmlcharrefreplace' and any
 *      name registered with codecs.register_error work too.
 */
static PyObject *
str_encode(PyObject *self, const char *encoding, const char *errors)
{
    return PyUnicode_AsEncodedString(self, encoding, errors);
}

/* --- search --- */

typedef struct {
    PyObject *sub;
    Py_ssize_t start, stop;
} range_args;

/* (sub[, start[, end]]) */
static bool
parse_range(const char *name, PyObject *const *args, Py_ssize_t nargs, range_args *out)
{
    if (nargs < 1 || nargs > 3) {
        PyErr_Format(PyExc_TypeError, "%s() takes at %s (%zd given)", name,
                     nargs < 1 ? "least 1 argument" : "most 3 arguments", nargs);
        return false;
    }
    out->sub = args[0];
    out->start = 0;
    out->stop = PY_SSIZE_T_MAX;
    return (nargs < 2 || _PyEval_SliceIndex(args[1], &out->start))
        && (nargs < 3 || _PyEval_SliceIndex(args[2], &out->stop));
}

/* The position of args[0], or -1; -2 with an exception. */
static Py_ssize_t
find_args(const char *name, PyObject *self, PyObject *const *args, Py_ssize_t nargs,
          int direction)
{
    range_args r;
    if (!parse_range(name, args, nargs, &r)) { return -2; }
    return hob_str_find_method(self, r.sub, r.start, r.stop, direction);
}

static PyObject *
index_args(const char *name, PyObject *self, PyObject *const *args, Py_ssize_t nargs,
           int direction)
{
    Py_ssize_t at = find_args(name, self, args, nargs, direction);
    if (at == -1) { PyErr_SetString(PyExc_ValueError, "substring not found"); }
    return at < 0 ? NULL : PyLong_FromSsize_t(at);
}

/** @nosig str.find($self, sub, start=None, end=None, /)
 *
 *  S.find(sub[, start[, end]]) -> int
 *
 *  The lowest index at which sub lies within S[start:end], or -1.
 */
static PyObject *
str_find(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    Py_ssize_t at = find_args("find", self, args, nargs, FIND_FORWARD);
    return at == -2 ? NULL : PyLong_FromSsize_t(at);
}

/** @nosig str.rfind($self, sub, start=None, end=None, /)
 *
 *  S.rfind(sub[, start[, end]]) -> int
 *
 *  The highest index at which sub lies within S[start:end], or -1.
 */
static PyObject *
str_rfind(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    Py_ssize_t at = find_args("rfind", self, args, nargs, FIND_BACKWARD);
    return at == -2 ? NULL : PyLong_FromSsize_t(at);
}

/** @nosig str.index($self, sub, start=None, end=None, /)
 *
 *  S.index(sub[, start[, end]]) -> int
 *
 *  The lowest index at which sub lies within S[start:end]; ValueError if none.
 */
static PyObject *
str_index(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    return index_args("index", self, args, nargs, FIND_FORWARD);
}

/** @nosig str.rindex($self, sub, start=None, end=None, /)
 *
 *  S.rindex(sub[, start[, end]]) -> int
 *
 *  The highest index at which sub lies within S[start:end]; ValueError if none.
 */
static PyObject *
str_rindex(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    return index_args("rindex", self, args, nargs, FIND_BACKWARD);
}

/** @nosig str.count($self, sub, start=None, end=None, /)
 *
 *  S.count(sub[, start[, end]]) -> int
 *
 *  How often sub occurs in S[start:end] without overlapping itself.
 */
static PyObject *
str_count(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    range_args r;
    if (!parse_range("count", args, nargs, &r)) { return NULL; }
    Py_ssize_t count = hob_str_count_method(self, r.sub, r.start, r.stop);
    return count < 0 ? NULL : PyLong_FromSsize_t(count);
}

static PyObject *
tail_match(const char *name, PyObject *self, PyObject *const *args, Py_ssize_t nargs,
           int direction)
{
    range_args r;
    if (!parse_range(name, args, nargs, &r)) { return NULL; }
    Py_ssize_t match = 0;
    if (PyUnicode_Check(r.sub)) {
        match = PyUnicode_Tailmatch(self, r.sub, r.start, r.stop, direction);
    }
    else if (PyTuple_Check(r.sub)) {
        for (Py_ssize_t i = 0; match == 0 && i < PyTuple_GET_SIZE(r.sub); i++) {
            PyObject *sub = PyTuple_GET_ITEM(r.sub, i);
            if (!PyUnicode_Check(sub)) {
                PyErr_Format(PyExc_TypeError, "tuple for %s must only contain str, not %.100s",
                             name, Py_TYPE(sub)->tp_name);
                return NULL;
            }
            match = PyUnicode_Tailmatch(self, sub, r.start, r.stop, direction);
        }
    }
    else {
        PyErr_Format(PyExc_TypeError, "%s first arg must be str or a tuple of str, not %.100s",
                     name, Py_TYPE(r.sub)->tp_name);
        return NULL;
    }
    return match < 0 ? NULL : PyBool_FromLong(match);
}

/** @nosig str.startswith($self, prefix, start=None, end=None, /)
 *
 *  S.startswith(prefix[, start[, end]]) -> bool
 *
 *  Does S[start:end] begin with prefix, or with one of a tuple of them?
 */
static PyObject *
str_startswith(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    return tail_match("startswith", self, args, nargs, -1);
}

/** @nosig str.endswith($self, suffix, start=None, end=None, /)
 *
 *  S.endswith(suffix[, start[, end]]) -> bool
 *
 *  Does S[start:end] end with suffix, or with one of a tuple of them?
 */
static PyObject *
str_endswith(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    return tail_match("endswith", self, args, nargs, 1);
}

/* --- taking apart and putting together --- */

static bool
separator_ok(PyObject **sep)
{
    if (*sep == Py_None) {
        *sep = NULL;
        return true;
    }
    if (PyUnicode_Check(*sep)) { return true; }
    PyErr_Format(PyExc_TypeError, "must be str or None, not %.100s", Py_TYPE(*sep)->tp_name);
    return false;
}

/** str.split($self, /, sep=None, maxsplit=-1)
 *
 *  The words of the text, in a list.
 *
 *    sep
 *      What separates them; None means any run of whitespace, and drops empty
 *      words.
 *    maxsplit
 *      At most so many splits, from the left; -1 is no limit.
 */
static PyObject *
str_split(PyObject *self, PyObject *sep, Py_ssize_t maxsplit)
{
    return separator_ok(&sep) ? hob_str_split(self, sep, maxsplit) : NULL;
}

/** str.rsplit($self, /, sep=None, maxsplit=-1)
 *
 *  The words of the text, in a list.
 *
 *    sep
 *      What separates them; None means any run of whitespace, and drops empty
 *      words.
 *    maxsplit
 *      At most so many splits, from the right; -1 is no limit.
 */
static PyObject *
str_rsplit(PyObject *self, PyObject *sep, Py_ssize_t maxsplit)
{
    return separator_ok(&sep) ? hob_str_rsplit(self, sep, maxsplit) : NULL;
}

/** str.splitlines($self, /, keepends=False)
 *
 *  The lines of the text, in a list; without their ends unless keepends is true.
 */
static PyObject *
str_splitlines(PyObject *self, int keepends)
{
    return PyUnicode_Splitlines(self, keepends);
}

/** str.partition($self, sep, /)
 *
 *  Split at the first sep: (before, sep, after), or (self, '', '') without one.
 */
static PyObject *
str_partition(PyObject *self, PyObject *sep)
{
    return PyUnicode_Partition(self, sep);
}

/** str.rpartition($self, sep, /)
 *
 *  Split at the last sep: (before, sep, after), or ('', '', self) without one.
 */
static PyObject *
str_rpartition(PyObject *self, PyObject *sep)
{
    return PyUnicode_RPartition(self, sep);
}

/** str.join($self, iterable, /)
 *
 *  The strings of iterable one after the other, this text between them.
 */
static PyObject *
str_join(PyObject *self, PyObject *iterable)
{
    return PyUnicode_Join(self, iterable);
}

/** str.replace($self, old, new, count=-1, /)
 *
 *  The text with old replaced by new, everywhere or the first count times.
 */
static PyObject *
str_replace(PyObject *self, PyUnicodeObject *old, PyUnicodeObject *new, Py_ssize_t count)
{
    READY_OR(self, NULL);
    READY_OR(old, NULL);
    READY_OR(new, NULL);
    return hob_str_replace(self, (PyObject *)old, (PyObject *)new, count, true);
}

/** str.removeprefix($self, prefix, /)
 *
 *  The text without prefix, if it begins with it.
 */
static PyObject *
str_removeprefix(PyObject *self, PyUnicodeObject *prefix)
{
    Py_ssize_t match = PyUnicode_Tailmatch(self, (PyObject *)prefix, 0, PY_SSIZE_T_MAX, -1);
    if (match < 0) { return NULL; }
    return match ? PyUnicode_Substring(self, LENGTH(prefix), LENGTH(self)) : hob_str_same(self);
}

/** str.removesuffix($self, suffix, /)
 *
 *  The text without suffix, if it ends with it.
 */
static PyObject *
str_removesuffix(PyObject *self, PyUnicodeObject *suffix)
{
    Py_ssize_t match = PyUnicode_Tailmatch(self, (PyObject *)suffix, 0, PY_SSIZE_T_MAX, 1);
    if (match < 0) { return NULL; }
    return match ? PyUnicode_Substring(self, 0,
                                       LENGTH(self) - LENGTH(suffix)) : hob_str_same(self);
}

static PyObject *
strip_args(const char *name, PyObject *self, strip_side side, PyObject *chars)
{
    if (chars == Py_None) { return hob_str_strip(self, side, NULL); }
    if (PyUnicode_Check(chars)) { return hob_str_strip(self, side, chars); }
    PyErr_Format(PyExc_TypeError, "%s arg must be None or str", name);
    return NULL;
}

/** str.strip($self, chars=None, /)
 *
 *  The text without whitespace, or without any of chars, at its ends.
 */
static PyObject *
str_strip(PyObject *self, PyObject *chars)
{
    return strip_args("strip", self, STRIP_BOTH, chars);
}

/** str.lstrip($self, chars=None, /)
 *
 *  The text without whitespace, or without any of chars, in front.
 */
static PyObject *
str_lstrip(PyObject *self, PyObject *chars)
{
    return strip_args("lstrip", self, STRIP_LEFT, chars);
}

/** str.rstrip($self, chars=None, /)
 *
 *  The text without whitespace, or without any of chars, behind.
 */
static PyObject *
str_rstrip(PyObject *self, PyObject *chars)
{
    return strip_args("rstrip", self, STRIP_RIGHT, chars);
}

/* --- padding --- */

/* fillchar: a str of one character. */
static bool
fill_char(PyObject *value, Py_UCS4 *fill)
{
    if (!value) {
        *fill = ' ';
        return true;
    }
    if (!PyUnicode_Check(value)) {
        PyErr_Format(PyExc_TypeError,
                     "The fill character must be a unicode character, not %.100s",
                     Py_TYPE(value)->tp_name);
        return false;
    }
    READY_OR(value, false);
    if (LENGTH(value) != 1) {
        PyErr_SetString(PyExc_TypeError,
                        "The fill character must be exactly one character long");
        return false;
    }
    *fill = PyUnicode_READ_CHAR(value, 0);
    return true;
}

typedef enum { PAD_LEFT, PAD_RIGHT, PAD_BOTH } padding;

static PyObject *
padded(PyObject *self, Py_ssize_t width, PyObject *fillchar, padding side)
{
    Py_UCS4 fill;
    if (!fill_char(fillchar, &fill)) { return NULL; }
    READY_OR(self, NULL);
    Py_ssize_t room = width - LENGTH(self);
    if (width <= LENGTH(self)) { return hob_str_same(self); }
    switch (side) {
    case PAD_LEFT:  return hob_str_pad(self, room, 0, fill);
    case PAD_RIGHT: return hob_str_pad(self, 0, room, fill);
    default: {
        Py_ssize_t left = room / 2 + (room & width & 1);
        return hob_str_pad(self, left, room - left, fill);
    }
    }
}

/** str.center($self, width, fillchar=' ', /)
 *
 *  The text in the middle of width characters.
 */
static PyObject *
str_center(PyObject *self, Py_ssize_t width, PyObject *fillchar)
{
    return padded(self, width, fillchar, PAD_BOTH);
}

/** str.ljust($self, width, fillchar=' ', /)
 *
 *  The text at the left of width characters.
 */
static PyObject *
str_ljust(PyObject *self, Py_ssize_t width, PyObject *fillchar)
{
    return padded(self, width, fillchar, PAD_RIGHT);
}

/** str.rjust($self, width, fillchar=' ', /)
 *
 *  The text at the right of width characters.
 */
static PyObject *
str_rjust(PyObject *self, Py_ssize_t width, PyObject *fillchar)
{
    return padded(self, width, fillchar, PAD_LEFT);
}

/** str.zfill($self, width, /)
 *
 *  The text filled up to width with zeros in front, behind a sign if it has one.
 */
static PyObject *
str_zfill(PyObject *self, Py_ssize_t width)
{
    return hob_str_zfill(self, width);
}

/** str.expandtabs($self, /, tabsize=8)
 *
 *  The text with each tab replaced by spaces up to the next column of tabsize.
 */
static PyObject *
str_expandtabs(PyObject *self, int tabsize)
{
    return hob_str_expandtabs(self, tabsize);
}

/* --- case --- */

/** str.capitalize($self, /)
 *
 *  The text with its first character in title case, the rest in lower case.
 */
static PyObject *
str_capitalize(PyObject *self)
{
    return hob_str_capitalize(self);
}

/** str.casefold($self, /)
 *
 *  The text made for comparisons that ignore case.
 */
static PyObject *
str_casefold(PyObject *self)
{
    return hob_str_casefold(self);
}

/** str.title($self, /)
 *
 *  The text with each word's first letter in title case, the others lower.
 */
static PyObject *
str_title(PyObject *self)
{
    return hob_str_title(self);
}

/** str.lower($self, /)
 *
 *  The text in lower case.
 */
static PyObject *
str_lower(PyObject *self)
{
    return hob_str_lower(self);
}

/** str.swapcase($self, /)
 *
 *  The text with upper case made lower and lower made upper.
 */
static PyObject *
str_swapcase(PyObject *self)
{
    return hob_str_swapcase(self);
}

/** str.upper($self, /)
 *
 *  The text in upper case.
 */
static PyObject *
str_upper(PyObject *self)
{
    return hob_str_upper(self);
}

/* --- questions --- */

#define ALL(self, flags)                                    \
    do {                                                    \
        READY_OR(self, -1);                                 \
        return LENGTH(self) && hob_str_all(self, flags);    \
    } while (0)

/** str.isascii($self, /)
 *
 *  Are all characters ASCII?  The empty text's are.
 */
static tri
str_isascii(PyObject *self)
{
    READY_OR(self, -1);
    return STATE(self).ascii;
}

/** str.islower($self, /)
 *
 *  Are all letters lower case, and is there one?
 */
static tri
str_islower(PyObject *self)
{
    READY_OR(self, -1);
    return hob_str_is_case(self, UCD_LOWER, UCD_UPPER | UCD_TITLE);
}

/** str.isupper($self, /)
 *
 *  Are all letters upper case, and is there one?
 */
static tri
str_isupper(PyObject *self)
{
    READY_OR(self, -1);
    return hob_str_is_case(self, UCD_UPPER, UCD_LOWER | UCD_TITLE);
}

/** str.istitle($self, /)
 *
 *  Does every word begin in upper or title case and go on in lower case?
 */
static tri
str_istitle(PyObject *self)
{
    READY_OR(self, -1);
    return hob_str_is_title(self);
}

/** str.isspace($self, /)
 *
 *  Is it all whitespace, and not empty?
 */
static tri
str_isspace(PyObject *self)
{
    ALL(self, UCD_SPACE);
}

/** str.isdecimal($self, /)
 *
 *  Are all characters decimal digits, and is there one?
 */
static tri
str_isdecimal(PyObject *self)
{
    ALL(self, UCD_DECIMAL);
}

/** str.isdigit($self, /)
 *
 *  Are all characters digits, and is there one?
 */
static tri
str_isdigit(PyObject *self)
{
    ALL(self, UCD_DIGIT);
}

/** str.isnumeric($self, /)
 *
 *  Do all characters mean numbers, and is there one?
 */
static tri
str_isnumeric(PyObject *self)
{
    ALL(self, UCD_NUMERIC);
}

/** str.isalpha($self, /)
 *
 *  Are all characters letters, and is there one?
 */
static tri
str_isalpha(PyObject *self)
{
    ALL(self, UCD_ALPHA);
}

/** str.isalnum($self, /)
 *
 *  Are all characters letters or numbers, and is there one?
 */
static tri
str_isalnum(PyObject *self)
{
    ALL(self, UCD_ALPHA | UCD_DECIMAL | UCD_DIGIT | UCD_NUMERIC);
}

/** str.isidentifier($self, /)
 *
 *  Is it shaped like a Python identifier?  keyword.iskeyword(s) tells whether
 *  it is reserved.
 */
static tri
str_isidentifier(PyObject *self)
{
    return PyUnicode_IsIdentifier(self);
}

/** str.isprintable($self, /)
 *
 *  Would repr() show all characters as they are?  The empty text's, yes.
 */
static tri
str_isprintable(PyObject *self)
{
    READY_OR(self, -1);
    return hob_str_all(self, UCD_PRINTABLE);
}

/* --- translation --- */

/** str.translate($self, table, /)
 *
 *  The text with every character replaced by what table[ord(character)] is:
 *  a number, a string, or None to drop it.  LookupError leaves it as it is.
 */
static PyObject *
str_translate(PyObject *self, PyObject *table)
{
    return PyUnicode_Translate(self, table, "ignore");
}

/* Add to table: the characters of x to those of y, those of z to None. */
static status
maketrans_pairs(PyObject *table, PyObject *x, PyObject *y, PyObject *z)
{
    for (Py_ssize_t i = 0; i < LENGTH(x); i++) {
        own PyObject *key = PyLong_FromLong((long)PyUnicode_READ_CHAR(x, i));
        own PyObject *value = key ? PyLong_FromLong((long)PyUnicode_READ_CHAR(y, i)) : NULL;
        if (!value || PyDict_SetItem(table, key, value) < 0) { return -1; }
    }
    for (Py_ssize_t i = 0; z && i < LENGTH(z); i++) {
        own PyObject *key = PyLong_FromLong((long)PyUnicode_READ_CHAR(z, i));
        if (!key || PyDict_SetItem(table, key, Py_None) < 0) { return -1; }
    }
    return 0;
}

/* Add dict's items to table, characters as keys made numbers. */
static status
maketrans_dict(PyObject *table, PyObject *dict)
{
    if (!PyDict_CheckExact(dict)) {
        PyErr_SetString(PyExc_TypeError,
                        "if you give only one argument to maketrans it must be a dict");
        return -1;
    }
    PyObject *key, *value;
    for (Py_ssize_t i = 0; PyDict_Next(dict, &i, &key, &value);) {
        if (PyLong_Check(key)) {
            if (PyDict_SetItem(table, key, value) < 0) { return -1; }
            continue;
        }
        if (!PyUnicode_Check(key)) {
            PyErr_SetString(PyExc_TypeError,
                            "keys in translate table must be strings or integers");
            return -1;
        }
        READY_OR(key, -1);
        if (LENGTH(key) != 1) {
            PyErr_SetString(PyExc_ValueError,
                            "string keys in translate table must be of length 1");
            return -1;
        }
        own PyObject *code = PyLong_FromLong((long)PyUnicode_READ_CHAR(key, 0));
        if (!code || PyDict_SetItem(table, code, value) < 0) { return -1; }
    }
    return 0;
}

/** @nosig str.maketrans(x, y=NULL, z=NULL, /)
 *
 *  Return a table for str.translate().
 *
 *  One argument: a dict from characters or code points to code points, strings
 *  or None.  Two: strings of equal length, each character of the first becoming
 *  that of the second.  A third is a string of characters to drop.
 */
static PyObject *
str_maketrans(PyObject *x, PyUnicodeObject *y, PyUnicodeObject *z)
{
    own PyObject *table = PyDict_New();
    if (!table) { return NULL; }
    if (!y) { return maketrans_dict(table, x) < 0 ? NULL : take(table); }
    if (!PyUnicode_Check(x)) {
        PyErr_SetString(PyExc_TypeError,
                        "first maketrans argument must be a string if there is "
                        "a second argument");
        return NULL;
    }
    READY_OR(x, NULL);
    READY_OR(y, NULL);
    if (z) { READY_OR(z, NULL); }
    if (LENGTH(x) != LENGTH(y)) {
        PyErr_SetString(PyExc_ValueError,
                        "the first two maketrans arguments must have equal length");
        return NULL;
    }
    return maketrans_pairs(table, x, (PyObject *)y, (PyObject *)z) < 0 ? NULL : take(table);
}

/* --- formatting --- */

/** @nosig str.format($self, *args, **kwargs)
 *
 *  S.format(*args, **kwargs) -> str
 *
 *  The text with its {replacement fields} filled in from the arguments.
 */
static PyObject *
str_format(PyObject *self, PyObject *args, PyObject *kwargs)
{
    return hob_str_format(self, args, kwargs);
}

/** @nosig str.format_map($self, mapping, /)
 *
 *  S.format_map(mapping) -> str
 *
 *  The text with its {replacement fields} filled in from mapping.
 */
static PyObject *
str_format_map(PyObject *self, PyObject *mapping)
{
    return hob_str_format(self, NULL, mapping);
}

/** str.__format__($self, format_spec, /)
 *
 *  The text formatted as format_spec says.
 */
static PyObject *
str___format__(PyObject *self, PyUnicodeObject *format_spec)
{
    READY_OR(self, NULL);
    READY_OR(format_spec, NULL);
    if (LENGTH(format_spec) == 0) { return PyObject_Str(self); }
    _PyUnicodeWriter writer;
    _PyUnicodeWriter_Init(&writer);
    if (_PyUnicode_FormatAdvancedWriter(&writer, self, (PyObject *)format_spec, 0,
                                        LENGTH(format_spec)) < 0) {
        _PyUnicodeWriter_Dealloc(&writer);
        return NULL;
    }
    return _PyUnicodeWriter_Finish(&writer);
}

/** str.__sizeof__($self, /)
 *
 *  Bytes it takes in memory.
 */
static Py_ssize_t
str___sizeof__(PyObject *self)
{
    return hob_str_sizeof(self);
}

/** @nosig str.__getnewargs__($self, /) */
static PyObject *
str___getnewargs__(PyObject *self)
{
    own PyObject *copy = _PyUnicode_Copy(self);
    return copy ? PyTuple_Pack(1, copy) : NULL;
}

/* --- slots --- */

static PyObject *
value_of(PyObject *object, const char *encoding, const char *errors)
{
    if (!object) { return Py_NewRef(hob_str_empty()); }
    if (!encoding && !errors) { return PyObject_Str(object); }
    return PyUnicode_FromEncodedObject(object, encoding, errors);
}

/** @nosig str.__new__($type, object=NULL, encoding=NULL, errors=NULL)
 *
 *  str(object='') -> str
 *  str(bytes_or_buffer[, encoding[, errors]]) -> str
 *
 *  The text of an object: object.__str__(), or its repr() when it has none.
 *  With encoding or errors the object's bytes are decoded instead; encoding
 *  is then UTF-8 and errors 'strict' unless given.
 */
static PyObject *
str_new(PyTypeObject *type, PyObject *object, const char *encoding, const char *errors)
{
    PyObject *value = value_of(object, encoding, errors);
    if (LIKELY(type == &PyUnicode_Type) || !value) { return value; }
    own PyObject *plain = value;
    READY_OR(plain, NULL);
    return hob_str_new_subtype(type, plain);
}

#include "gen/objects/str/methods.bind.h"

static PyObject *
str_str(PyObject *self)
{
    return hob_str_same(self);
}

static Py_ssize_t
str_length(PyObject *self)
{
    READY_OR(self, -1);
    return LENGTH(self);
}

static PyObject *
str_item(PyObject *self, Py_ssize_t i)
{
    if (PyUnicode_IS_COMPACT_ASCII(self) && (size_t)i < (size_t)LENGTH(self)) {
        return Py_NewRef(hob_str_char_peek(((const char *)((PyASCIIObject *)self + 1))[i]));
    }
    READY_OR(self, NULL);
    if ((size_t)i >= (size_t)LENGTH(self)) {
        PyErr_SetString(PyExc_IndexError, "string index out of range");
        return NULL;
    }
    return hob_str_char_get(PyUnicode_READ_CHAR(self, i));
}

/* self[start::step], n characters, step other than 1 */
static PyObject *
str_steps(PyObject *self, Py_ssize_t start, Py_ssize_t step, Py_ssize_t n)
{
    text t = text_of(self);
    Py_UCS4 bits = 0x7f;
    if (!STATE(self).ascii) {
        for (Py_ssize_t i = 0, at = start; i < n; i++, at += step) { bits |= text_at(t, at); }
    }
    if (n == 1) { return hob_str_char_get(text_at(t, start)); }
    PyObject *result = PyUnicode_New(n, hob_range_max(bits));
    if (!result) { return NULL; }
    int kind = STATE(result).kind;
    void *to = PyUnicode_DATA(result);
    for (Py_ssize_t i = 0, at = start; i < n; i++, at += step) {
        hob_unit_set(kind, to, i, text_at(t, at));
    }
    return result;
}

static PyObject *
str_subscript(PyObject *self, PyObject *item)
{
    READY_OR(self, NULL);
    if (PyIndex_Check(item)) {
        Py_ssize_t i = PyNumber_AsSsize_t(item, PyExc_IndexError);
        if (i == -1 && PyErr_Occurred()) { return NULL; }
        return str_item(self, i < 0 ? i + LENGTH(self) : i);
    }
    if (!PySlice_Check(item)) {
        PyErr_Format(PyExc_TypeError, "string indices must be integers, not '%.200s'",
                     Py_TYPE(item)->tp_name);
        return NULL;
    }
    Py_ssize_t start, stop, step;
    if (PySlice_Unpack(item, &start, &stop, &step) < 0) { return NULL; }
    Py_ssize_t n = PySlice_AdjustIndices(LENGTH(self), &start, &stop, step);
    if (n <= 0) { return Py_NewRef(hob_str_empty()); }
    if (step == 1) { return hob_str_slice(self, start, start + n); }
    return str_steps(self, start, step, n);
}

static PyObject *
str_remainder(PyObject *left, PyObject *right)
{
    if (!PyUnicode_Check(left)) { Py_RETURN_NOTIMPLEMENTED; }
    return PyUnicode_Format(left, right);
}

static PyNumberMethods str_as_number = {.nb_remainder = str_remainder};

static PySequenceMethods str_as_sequence = {
    .sq_length = str_length,
    .sq_concat = PyUnicode_Concat,
    .sq_repeat = hob_str_repeat,
    .sq_item = str_item,
    .sq_contains = PyUnicode_Contains,
};

static PyMappingMethods str_as_mapping = {
    .mp_length = str_length,
    .mp_subscript = str_subscript,
};

PyTypeObject PyUnicode_Type = {
    PyVarObject_HEAD_INIT(&PyType_Type, 0)
    .tp_name = "str",
    .tp_basicsize = sizeof(PyUnicodeObject),
    .tp_dealloc = hob_str_dealloc,
    .tp_repr = hob_str_repr,
    .tp_as_number = &str_as_number,
    .tp_as_sequence = &str_as_sequence,
    .tp_as_mapping = &str_as_mapping,
    .tp_hash = hob_str_hash,
    .tp_str = str_str,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_UNICODE_SUBCLASS
        | _Py_TPFLAGS_MATCH_SELF,
    .tp_doc = str_new__doc,
    .tp_richcompare = PyUnicode_RichCompare,
    .tp_iter = hob_sequence_iter_str,
    .tp_methods = str_methods,
    .tp_base = &PyBaseObject_Type,
    .tp_new = str_new__slot,
    .tp_free = PyObject_Free,
};

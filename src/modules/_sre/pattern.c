/* pattern.c -- Pattern: match, search, sub, split, findall; and the scanner. */
#include "modules/_sre/sre.h"

#include <structmember.h>

typedef struct {
    PyObject_HEAD
    sre_pattern *pattern;       /* owned */
    sre_subject subject;
    bool busy;
} sre_scanner;

/* --- one match --- */

static PyObject *
run_once(sre_pattern *self, PyObject *string, Py_ssize_t pos, Py_ssize_t endpos, bool search,
         bool whole)
{
    sre_subject s;
    if (hob_sre_open(&s, self, string, pos, endpos) < 0) { return NULL; }
    s.match_all = whole;
    s.ptr = s.start;
    int result = pos > endpos && s.start > s.end ? 0
        : search ? hob_sre_search(&s, self) : hob_sre_match(&s, self);
    PyObject *match = result < 0 || !PyErr_Occurred() ? hob_sre_match_new(self, &s, result) : NULL;
    hob_sre_close(&s);
    return match;
}

/** Pattern.match($self, /, string, pos=0, endpos=sys.maxsize)
 *
 *  Matches zero or more characters at the beginning of the string.
 */
static PyObject *
pattern_match(sre_pattern *self, PyObject *string, Py_ssize_t pos, Py_ssize_t endpos)
{
    return run_once(self, string, pos, endpos, false, false);
}

/** Pattern.fullmatch($self, /, string, pos=0, endpos=sys.maxsize)
 *
 *  Matches against all of the string.
 */
static PyObject *
pattern_fullmatch(sre_pattern *self, PyObject *string, Py_ssize_t pos, Py_ssize_t endpos)
{
    return run_once(self, string, pos, endpos, false, true);
}

/** Pattern.search($self, /, string, pos=0, endpos=sys.maxsize)
 *
 *  Scan through string looking for a match, and return a corresponding match object instance.
 *
 *  Return None if no position in the string matches.
 */
static PyObject *
pattern_search(sre_pattern *self, PyObject *string, Py_ssize_t pos, Py_ssize_t endpos)
{
    return run_once(self, string, pos, endpos, true, false);
}

/* --- many matches --- */

/* After a match: where the next search begins. */
static void
advance(sre_subject *s)
{
    s->must_advance = s->ptr == s->start ? s->ptr : NULL;
    s->start = s->ptr;
}

static Py_ssize_t
index_of(const sre_subject *s, const void *ptr)
{
    return ((const char *)ptr - (const char *)s->beginning) >> (s->char_size >> 1);
}

/* Search from where the last match left off. */
static MUST_USE tri
find_next(sre_pattern *self, sre_subject *s)
{
    hob_sre_reset(s);
    s->ptr = s->start;
    int found = hob_sre_search(s, self);
    if (found < 0) { hob_sre_set_error(found); }
    return found < 0 ? -1 : found != 0;
}

static MUST_USE PyObject *
findall_item(sre_pattern *self, sre_subject *s)
{
    if (self->groups == 0) {
        return hob_sre_slice(s->string, index_of(s, s->start), index_of(s, s->ptr));
    }
    if (self->groups == 1) { return hob_sre_group(s, 1, true); }
    own PyObject *item = PyTuple_New(self->groups);
    for (Py_ssize_t i = 0; item && i < self->groups; i++) {
        PyObject *group = hob_sre_group(s, i + 1, true);
        if (!group) { return NULL; }
        PyTuple_SET_ITEM(item, i, group);
    }
    return take(item);
}

/** Pattern.findall($self, /, string, pos=0, endpos=sys.maxsize)
 *
 *  Return a list of all non-overlapping matches of pattern in string.
 */
static PyObject *
pattern_findall(sre_pattern *self, PyObject *string, Py_ssize_t pos, Py_ssize_t endpos)
{
    sre_subject s;
    if (hob_sre_open(&s, self, string, pos, endpos) < 0) { return NULL; }
    own PyObject *list = PyList_New(0);
    PyObject *result = NULL;
    while (list && s.start <= s.end) {
        tri found = find_next(self, &s);
        if (found < 0) { goto done; }
        if (!found) { break; }
        own PyObject *item = findall_item(self, &s);
        if (!item || PyList_Append(list, item) < 0) { goto done; }
        advance(&s);
    }
    result = take(list);
done:
    hob_sre_close(&s);
    return result;
}

/** Pattern.split($self, /, string, maxsplit=0)
 *
 *  Split string by the occurrences of pattern.
 */
static PyObject *
pattern_split(sre_pattern *self, PyObject *string, Py_ssize_t maxsplit)
{
    sre_subject s;
    if (hob_sre_open(&s, self, string, 0, PY_SSIZE_T_MAX) < 0) { return NULL; }
    own PyObject *list = PyList_New(0);
    PyObject *result = NULL;
    const void *last = s.start;
    Py_ssize_t n = 0;
    while (list && (!maxsplit || n < maxsplit)) {
        tri found = find_next(self, &s);
        if (found < 0) { goto done; }
        if (!found) { break; }
        own PyObject *piece = hob_sre_slice(s.string, index_of(&s, last), index_of(&s, s.start));
        if (!piece || PyList_Append(list, piece) < 0) { goto done; }
        for (Py_ssize_t i = 0; i < self->groups; i++) {
            own PyObject *group = hob_sre_group(&s, i + 1, false);
            if (!group || PyList_Append(list, group) < 0) { goto done; }
        }
        n++;
        last = s.ptr;
        advance(&s);
    }
    if (list) {
        own PyObject *rest = hob_sre_slice(s.string, index_of(&s, last), s.endpos);
        if (!rest || PyList_Append(list, rest) < 0) { goto done; }
        result = take(list);
    }
done:
    hob_sre_close(&s);
    return result;
}

/* --- substitution --- */

/* A template without backslash stands for itself. */
static MUST_USE tri
is_literal(PyObject *template)
{
    if (PyUnicode_Check(template)) {
        Py_ssize_t at = PyUnicode_FindChar(template, '\\', 0, PyUnicode_GET_LENGTH(template), 1);
        return at == -2 ? -1 : at < 0;
    }
    Py_buffer view;
    if (PyObject_GetBuffer(template, &view, PyBUF_SIMPLE) != 0) {
        PyErr_Clear();
        return 0;
    }
    bool literal = !view.len || !memchr(view.buf, '\\', (size_t)view.len);
    PyBuffer_Release(&view);
    return literal;
}

/* What is put in place of matches: *is_call when it must be called for each. */
static MUST_USE PyObject *
substitute_of(sre_pattern *self, PyObject *repl, bool *is_call)
{
    *is_call = PyCallable_Check(repl);
    if (*is_call) { return Py_NewRef(repl); }
    tri literal = is_literal(repl);
    if (literal < 0) { return NULL; }
    if (literal) { return Py_NewRef(repl); }
    own PyObject *re = PyImport_ImportModule("re");
    own PyObject *subx = re ? PyObject_GetAttrString(re, "_subx") : NULL;
    PyObject *made = subx ? PyObject_CallFunctionObjArgs(subx, self, repl, NULL) : NULL;
    if (made) { *is_call = PyCallable_Check(made); }
    return made;
}

static MUST_USE PyObject *
join(PyObject *list, PyObject *string)
{
    own PyObject *empty = hob_sre_slice(string, 0, 0);
    if (!empty) { return NULL; }
    if (PyList_GET_SIZE(list) == 0) { return take(empty); }
    if (PyUnicode_Check(empty)) { return PyUnicode_Join(empty, list); }
    return _PyBytes_Join(empty, list);
}

static PyObject *
substitute(sre_pattern *self, PyObject *repl, PyObject *string, Py_ssize_t count, bool counted)
{
    bool is_call;
    own PyObject *filter = substitute_of(self, repl, &is_call);
    sre_subject s;
    if (!filter || hob_sre_open(&s, self, string, 0, PY_SSIZE_T_MAX) < 0) { return NULL; }
    own PyObject *list = PyList_New(0);
    PyObject *result = NULL;
    Py_ssize_t n = 0, last = 0;
    while (list && (!count || n < count)) {
        tri found = find_next(self, &s);
        if (found < 0) { goto done; }
        if (!found) { break; }
        Py_ssize_t from = index_of(&s, s.start), to = index_of(&s, s.ptr);
        if (last < from) {
            own PyObject *piece = hob_sre_slice(s.string, last, from);
            if (!piece || PyList_Append(list, piece) < 0) { goto done; }
        }
        own PyObject *item = NULL;
        if (is_call) {
            own PyObject *match = hob_sre_match_new(self, &s, 1);
            item = match ? PyObject_CallOneArg(filter, match) : NULL;
        }
        else { item = Py_NewRef(filter); }
        if (!item) { goto done; }
        if (item != Py_None && PyList_Append(list, item) < 0) { goto done; }
        last = to;
        n++;
        advance(&s);
    }
    if (list && last < s.endpos) {
        own PyObject *rest = hob_sre_slice(s.string, last, s.endpos);
        if (!rest || PyList_Append(list, rest) < 0) { goto done; }
    }
    result = list ? join(list, string) : NULL;
    if (result && counted) { result = Py_BuildValue("Nn", result, n); }
done:
    hob_sre_close(&s);
    return result;
}

/** Pattern.sub($self, /, repl, string, count=0)
 *
 *  Return the string obtained by replacing the leftmost non-overlapping occurrences of
 *  pattern in string by the replacement repl.
 */
static PyObject *
pattern_sub(sre_pattern *self, PyObject *repl, PyObject *string, Py_ssize_t count)
{
    return substitute(self, repl, string, count, false);
}

/** Pattern.subn($self, /, repl, string, count=0)
 *
 *  Return the tuple (new_string, number_of_subs_made) found by replacing the leftmost
 *  non-overlapping occurrences of pattern with the replacement repl.
 */
static PyObject *
pattern_subn(sre_pattern *self, PyObject *repl, PyObject *string, Py_ssize_t count)
{
    return substitute(self, repl, string, count, true);
}

/* --- the scanner --- */

/** Pattern.scanner($self, /, string, pos=0, endpos=sys.maxsize)
 */
static PyObject *
pattern_scanner(sre_pattern *self, PyObject *string, Py_ssize_t pos, Py_ssize_t endpos)
{
    sre_state *state = sre_state_of(Py_TYPE(self));
    sre_scanner *scanner = PyObject_GC_New(sre_scanner, state->scanner_type);
    if (!scanner) { return NULL; }
    memset(&scanner->subject, 0, offsetof(sre_subject, first_marks));
    scanner->busy = false;
    scanner->pattern = NULL;
    if (hob_sre_open(&scanner->subject, self, string, pos, endpos) < 0) {
        Py_DECREF(scanner);
        return NULL;
    }
    scanner->pattern = (sre_pattern *)Py_NewRef((PyObject *)self);
    PyObject_GC_Track(scanner);
    return (PyObject *)scanner;
}

static PyObject *
scan(PyObject *op, bool search)
{
    sre_scanner *self = (sre_scanner *)op;
    if (self->busy) {
        PyErr_SetString(PyExc_ValueError, "regular expression scanner already executing");
        return NULL;
    }
    sre_subject *s = &self->subject;
    if (!s->start) { Py_RETURN_NONE; }
    self->busy = true;
    hob_sre_reset(s);
    s->ptr = s->start;
    int found = s->start > s->end ? 0 : search ? hob_sre_search(s, self->pattern)
                                               : hob_sre_match(s, self->pattern);
    PyObject *match = hob_sre_match_new(self->pattern, s, found);
    if (found == 0) { s->start = NULL; }
    else { advance(s); }
    self->busy = false;
    return match;
}

/** SRE_Scanner.match($self, /)
 */
static PyObject *
scanner_match(PyObject *self, PyTypeObject *cls)
{
    return scan(self, false);
}

/** SRE_Scanner.search($self, /)
 */
static PyObject *
scanner_search(PyObject *self, PyTypeObject *cls)
{
    return scan(self, true);
}

/** Pattern.finditer($self, /, string, pos=0, endpos=sys.maxsize)
 *
 *  Return an iterator over all non-overlapping matches for the RE pattern in string.
 *
 *  For each match, the iterator returns a match object.
 */
static PyObject *
pattern_finditer(sre_pattern *self, PyObject *string, Py_ssize_t pos, Py_ssize_t endpos)
{
    own PyObject *scanner = pattern_scanner(self, string, pos, endpos);
    own PyObject *search = scanner ? PyObject_GetAttrString(scanner, "search") : NULL;
    return search ? PyCallIter_New(search, Py_None) : NULL;
}

/** Pattern.__copy__($self, /)
 */
static PyObject *
pattern_copy(PyObject *self)
{
    return Py_NewRef(self);
}

/** Pattern.__deepcopy__($self, memo, /)
 */
static PyObject *
pattern_deepcopy(PyObject *self, PyObject *memo)
{
    return Py_NewRef(self);
}

#include "gen/modules/_sre/pattern.bind.h"

static PyMethodDef extra_methods[] = {
    {"__class_getitem__", Py_GenericAlias, METH_O | METH_CLASS, "See PEP 585"},
    {NULL},
};
PyMethodDef *const hob_pattern_extra = extra_methods;

/* --- the types --- */

static const struct { const char *name; int value; } flag_names[] = {
    {"re.TEMPLATE", SRE_FLAG_TEMPLATE}, {"re.IGNORECASE", SRE_FLAG_IGNORECASE},
    {"re.LOCALE", SRE_FLAG_LOCALE}, {"re.MULTILINE", SRE_FLAG_MULTILINE},
    {"re.DOTALL", SRE_FLAG_DOTALL}, {"re.UNICODE", SRE_FLAG_UNICODE},
    {"re.VERBOSE", SRE_FLAG_VERBOSE}, {"re.DEBUG", SRE_FLAG_DEBUG}, {"re.ASCII", SRE_FLAG_ASCII},
};

static PyObject *
pattern_repr(PyObject *op)
{
    sre_pattern *self = (sre_pattern *)op;
    int flags = self->flags;
    if (PyUnicode_Check(self->pattern)
        && (flags & (SRE_FLAG_LOCALE | SRE_FLAG_UNICODE | SRE_FLAG_ASCII)) == SRE_FLAG_UNICODE) {
        flags &= ~SRE_FLAG_UNICODE;
    }
    own PyObject *list = PyList_New(0);
    if (!list) { return NULL; }
    for (size_t i = 0; i < ARRAY_LEN(flag_names); i++) {
        if (!(flags & flag_names[i].value)) { continue; }
        own PyObject *name = PyUnicode_FromString(flag_names[i].name);
        if (!name || PyList_Append(list, name) < 0) { return NULL; }
        flags &= ~flag_names[i].value;
    }
    if (flags) {
        own PyObject *rest = PyUnicode_FromFormat("0x%x", flags);
        if (!rest || PyList_Append(list, rest) < 0) { return NULL; }
    }
    if (PyList_GET_SIZE(list) == 0) {
        return PyUnicode_FromFormat("re.compile(%.200R)", self->pattern);
    }
    own PyObject *bar = PyUnicode_FromString("|");
    own PyObject *text = bar ? PyUnicode_Join(bar, list) : NULL;
    return text ? PyUnicode_FromFormat("re.compile(%.200R, %S)", self->pattern, text) : NULL;
}

static Py_hash_t
pattern_hash(PyObject *op)
{
    sre_pattern *self = (sre_pattern *)op;
    Py_hash_t hash = PyObject_Hash(self->pattern);
    if (hash == -1) { return -1; }
    hash ^= _Py_HashBytes(self->code, Py_SIZE(self) * (Py_ssize_t)sizeof(sre_code));
    hash ^= self->flags;
    hash ^= self->is_bytes;
    hash ^= self->groups;
    return hash == -1 ? -2 : hash;
}

static PyObject *
pattern_compare(PyObject *a, PyObject *b, int op)
{
    if ((op != Py_EQ && op != Py_NE) || !Py_IS_TYPE(b, Py_TYPE(a))) { Py_RETURN_NOTIMPLEMENTED; }
    sre_pattern *x = (sre_pattern *)a, *y = (sre_pattern *)b;
    int same = x == y;
    if (!same) {
        same = x->flags == y->flags && x->is_bytes == y->is_bytes && x->groups == y->groups
            && Py_SIZE(x) == Py_SIZE(y)
            && memcmp(x->code, y->code, (size_t)Py_SIZE(x) * sizeof(sre_code)) == 0;
        if (same) { same = PyObject_RichCompareBool(x->pattern, y->pattern, Py_EQ); }
        if (same < 0) { return NULL; }
    }
    return PyBool_FromLong(same == (op == Py_EQ));
}

static int
pattern_traverse(PyObject *op, visitproc visit, void *arg)
{
    sre_pattern *self = (sre_pattern *)op;
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(self->groupindex);
    Py_VISIT(self->indexgroup);
    Py_VISIT(self->pattern);
    return 0;
}

static int
pattern_clear(PyObject *op)
{
    sre_pattern *self = (sre_pattern *)op;
    Py_CLEAR(self->groupindex);
    Py_CLEAR(self->indexgroup);
    Py_CLEAR(self->pattern);
    return 0;
}

static void
pattern_dealloc(PyObject *op)
{
    PyTypeObject *type = Py_TYPE(op);
    PyObject_GC_UnTrack(op);
    if (((sre_pattern *)op)->weakrefs) { PyObject_ClearWeakRefs(op); }
    pattern_clear(op);
    PyObject_GC_Del(op);
    Py_DECREF(type);
}

static PyObject *
pattern_get_groupindex(PyObject *self, void *closure)
{
    return PyDictProxy_New(((sre_pattern *)self)->groupindex);
}

static PyGetSetDef pattern_getset[] = {
    {"groupindex", pattern_get_groupindex, NULL,
     "A dictionary mapping group names to group numbers.", NULL},
    {NULL},
};

static PyMemberDef pattern_members[] = {
    {"pattern", T_OBJECT, offsetof(sre_pattern, pattern), READONLY,
     "The pattern string from which the RE object was compiled."},
    {"flags", T_INT, offsetof(sre_pattern, flags), READONLY, "The regex matching flags."},
    {"groups", T_PYSSIZET, offsetof(sre_pattern, groups), READONLY,
     "The number of capturing groups in the pattern."},
    {"__weaklistoffset__", T_PYSSIZET, offsetof(sre_pattern, weakrefs), READONLY, NULL},
    {NULL},
};

static PyType_Slot pattern_slots[] = {
    {Py_tp_dealloc, pattern_dealloc},
    {Py_tp_repr, pattern_repr},
    {Py_tp_hash, pattern_hash},
    {Py_tp_doc, "Compiled regular expression object."},
    {Py_tp_richcompare, pattern_compare},
    {Py_tp_methods, Pattern_methods},
    {Py_tp_members, pattern_members},
    {Py_tp_getset, pattern_getset},
    {Py_tp_traverse, pattern_traverse},
    {Py_tp_clear, pattern_clear},
    {0, NULL},
};

PyType_Spec hob_pattern_spec = {
    .name = "re.Pattern",
    .basicsize = offsetof(sre_pattern, code),
    .itemsize = sizeof(sre_code),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION
        | Py_TPFLAGS_HAVE_GC,
    .slots = pattern_slots,
};

static int
scanner_traverse(PyObject *op, visitproc visit, void *arg)
{
    sre_scanner *self = (sre_scanner *)op;
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(self->pattern);
    Py_VISIT(self->subject.string);
    return 0;
}

static int
scanner_clear(PyObject *op)
{
    Py_CLEAR(((sre_scanner *)op)->pattern);
    return 0;
}

static void
scanner_dealloc(PyObject *op)
{
    PyTypeObject *type = Py_TYPE(op);
    PyObject_GC_UnTrack(op);
    hob_sre_close(&((sre_scanner *)op)->subject);
    scanner_clear(op);
    PyObject_GC_Del(op);
    Py_DECREF(type);
}

static PyMemberDef scanner_members[] = {
    {"pattern", T_OBJECT, offsetof(sre_scanner, pattern), READONLY, NULL},
    {NULL},
};

static PyType_Slot scanner_slots[] = {
    {Py_tp_dealloc, scanner_dealloc},
    {Py_tp_methods, SRE_Scanner_methods},
    {Py_tp_members, scanner_members},
    {Py_tp_traverse, scanner_traverse},
    {Py_tp_clear, scanner_clear},
    {0, NULL},
};

PyType_Spec hob_scanner_spec = {
    .name = "_sre.SRE_Scanner",
    .basicsize = sizeof(sre_scanner),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION
        | Py_TPFLAGS_HAVE_GC,
    .slots = scanner_slots,
};

/* match.c -- Match: where a pattern matched. */
#include "modules/_sre/sre.h"

#include "objects/int/int.h"

#include <structmember.h>

PyObject *
hob_sre_match_new(sre_pattern *pattern, sre_subject *s, int result)
{
    if (result == 0) { Py_RETURN_NONE; }
    if (result < 0) {
        hob_sre_set_error(result);
        return NULL;
    }
    sre_state *state = PyType_GetModuleState(Py_TYPE(pattern));
    sre_match *match = PyObject_GC_NewVar(sre_match, state->match_type, 2 * (pattern->groups + 1));
    if (!match) { return NULL; }
    Py_SET_SIZE(match, pattern->groups + 1);
    match->pattern = (sre_pattern *)Py_NewRef((PyObject *)pattern);
    match->string = Py_NewRef(s->string);
    match->regs = NULL;
    match->groups = pattern->groups + 1;
    const char *base = s->beginning;
    int shift = s->char_size >> 1;      /* 1, 2, 4 -> 0, 1, 2 */
    match->mark[0] = ((const char *)s->start - base) >> shift;
    match->mark[1] = ((const char *)s->ptr - base) >> shift;
    for (Py_ssize_t i = 0; i < pattern->groups; i++) {
        const char *from = s->mark[2 * i], *to = s->mark[2 * i + 1];
        bool set = 2 * i + 1 <= s->lastmark && from && to;
        match->mark[2 * i + 2] = set ? (from - base) >> shift : -1;
        match->mark[2 * i + 3] = set ? (to - base) >> shift : -1;
        if (set && from > to) {
            PyErr_SetString(PyExc_SystemError, "The span of capturing group is wrong, please "
                            "report a bug for the re module.");
            Py_DECREF(match);
            return NULL;
        }
    }
    match->pos = s->pos;
    match->endpos = s->endpos;
    match->lastindex = s->lastindex;
    PyObject_GC_Track(match);
    return (PyObject *)match;
}

static PyObject *
slice(sre_match *self, Py_ssize_t index, PyObject *fallback)
{
    if (index < 0 || index >= self->groups) {
        PyErr_SetString(PyExc_IndexError, "no such group");
        return NULL;
    }
    if (self->string == Py_None || self->mark[2 * index] < 0) { return Py_NewRef(fallback); }
    return hob_sre_slice(self->string, self->mark[2 * index], self->mark[2 * index + 1]);
}

/* Number of the group named or numbered; -1 with IndexError. */
static Py_ssize_t
group_index(sre_match *self, PyObject *which)
{
    Py_ssize_t index = -1;
    if (PyLong_CheckExact(which) && hob_int_is_compact(which)) {
        index = hob_int_compact_value(which);
    }
    else if (PyIndex_Check(which)) { index = PyNumber_AsSsize_t(which, NULL); }
    else if (PyDict_GET_SIZE(self->pattern->groupindex)) {
        PyObject *number = PyDict_GetItemWithError(self->pattern->groupindex, which);
        if (number && PyLong_Check(number)) { index = PyLong_AsSsize_t(number); }
    }
    if (index < 0 || index >= self->groups) {
        if (!PyErr_Occurred()) { PyErr_SetString(PyExc_IndexError, "no such group"); }
        return -1;
    }
    return index;
}

static PyObject *
get_group(sre_match *self, PyObject *which)
{
    Py_ssize_t index = group_index(self, which);
    return index < 0 ? NULL : slice(self, index, Py_None);
}

/** Match.expand($self, /, template)
 *
 *  Return the string obtained by doing backslash substitution on the string
 *  template, as done by the sub() method.
 */
static PyObject *
match_expand(sre_match *self, PyObject *template)
{
    own PyObject *re = PyImport_ImportModule("re");
    own PyObject *expand = re ? PyObject_GetAttrString(re, "_expand") : NULL;
    return expand ? PyObject_CallFunctionObjArgs(expand, self->pattern, self, template, NULL)
                  : NULL;
}

static PyObject *
match_group(PyObject *op, PyObject *const *which, Py_ssize_t n)
{
    sre_match *self = (sre_match *)op;
    if (n == 0) { return slice(self, 0, Py_None); }
    if (n == 1) { return get_group(self, which[0]); }
    own PyObject *result = PyTuple_New(n);
    for (Py_ssize_t i = 0; result && i < n; i++) {
        PyObject *item = get_group(self, which[i]);
        if (!item) { return NULL; }
        PyTuple_SET_ITEM(result, i, item);
    }
    return take(result);
}

/** Match.groups($self, /, default=None)
 *
 *  Return a tuple containing all the subgroups of the match, from 1.
 *
 *    default
 *      Is used for groups that did not participate in the match.
 */
static PyObject *
match_groups(sre_match *self, PyObject *default_)
{
    own PyObject *result = PyTuple_New(self->groups - 1);
    for (Py_ssize_t i = 1; result && i < self->groups; i++) {
        PyObject *item = slice(self, i, default_);
        if (!item) { return NULL; }
        PyTuple_SET_ITEM(result, i - 1, item);
    }
    return take(result);
}

/** Match.groupdict($self, /, default=None)
 *
 *  Return a dictionary containing all the named subgroups of the match, keyed by
 *  the subgroup name.
 *
 *    default
 *      Is used for groups that did not participate in the match.
 */
static PyObject *
match_groupdict(sre_match *self, PyObject *default_)
{
    own PyObject *result = PyDict_New();
    if (!result || !self->pattern->groupindex) { return take(result); }
    PyObject *name, *number;
    Py_ssize_t at = 0;
    while (PyDict_Next(self->pattern->groupindex, &at, &name, &number)) {
        own PyObject *key = Py_NewRef(name);
        Py_ssize_t index = group_index(self, key);
        own PyObject *value = index < 0 ? NULL : slice(self, index, default_);
        if (!value || PyDict_SetItem(result, key, value) < 0) { return NULL; }
    }
    return take(result);
}

static Py_ssize_t
bound(sre_match *self, PyObject *group, int which)
{
    Py_ssize_t index = group ? group_index(self, group) : 0;
    return index < 0 ? -1 : self->mark[2 * index + which];
}

/** Match.start($self, group=NULL, /)
 *
 *  Return index of the start of the substring matched by group.
 */
static Py_ssize_t
match_start(sre_match *self, PyObject *group)
{
    return bound(self, group, 0);
}

/** Match.end($self, group=NULL, /)
 *
 *  Return index of the end of the substring matched by group.
 */
static Py_ssize_t
match_end(sre_match *self, PyObject *group)
{
    return bound(self, group, 1);
}

/** Match.span($self, group=NULL, /)
 *
 *  For match object m, return the 2-tuple (m.start(group), m.end(group)).
 */
static PyObject *
match_span(sre_match *self, PyObject *group)
{
    Py_ssize_t index = group ? group_index(self, group) : 0;
    if (index < 0) { return NULL; }
    return Py_BuildValue("nn", self->mark[2 * index], self->mark[2 * index + 1]);
}

/** Match.__copy__($self, /)
 */
static PyObject *
match_copy(sre_match *self)
{
    return Py_NewRef((PyObject *)self);
}

/** Match.__deepcopy__($self, memo, /)
 */
static PyObject *
match_deepcopy(PyObject *self, PyObject *memo)
{
    return Py_NewRef(self);
}

#include "gen/modules/_sre/match.bind.h"

static PyMethodDef extra_methods[] = {
    {"group", (PyCFunction)(void (*)(void))match_group, METH_FASTCALL,
     "group([group1, ...]) -> str or tuple.\n"
     "Return subgroup(s) of the match by indices or names.\n"
     "For 0 returns the entire match."},
    {"__class_getitem__", Py_GenericAlias, METH_O | METH_CLASS, "See PEP 585"},
    {NULL},
};

static PyObject *
match_get_lastindex(PyObject *self, void *closure)
{
    Py_ssize_t index = ((sre_match *)self)->lastindex;
    if (index < 0) { Py_RETURN_NONE; }
    return PyLong_FromSsize_t(index);
}

static PyObject *
match_get_lastgroup(PyObject *op, void *closure)
{
    sre_match *self = (sre_match *)op;
    PyObject *names = self->pattern->indexgroup;
    if (self->lastindex < 0 || !names || self->lastindex >= PyTuple_GET_SIZE(names)) {
        Py_RETURN_NONE;
    }
    return Py_NewRef(PyTuple_GET_ITEM(names, self->lastindex));
}

static PyObject *
match_get_regs(PyObject *op, void *closure)
{
    sre_match *self = (sre_match *)op;
    if (!self->regs) {
        own PyObject *regs = PyTuple_New(self->groups);
        for (Py_ssize_t i = 0; regs && i < self->groups; i++) {
            PyObject *pair = Py_BuildValue("nn", self->mark[2 * i], self->mark[2 * i + 1]);
            if (!pair) { return NULL; }
            PyTuple_SET_ITEM(regs, i, pair);
        }
        self->regs = take(regs);
    }
    return Py_XNewRef(self->regs);
}

static PyObject *
match_repr(PyObject *op)
{
    sre_match *self = (sre_match *)op;
    own PyObject *text = slice(self, 0, Py_None);
    if (!text) { return NULL; }
    return PyUnicode_FromFormat("<%s object; span=(%zd, %zd), match=%.50R>", Py_TYPE(op)->tp_name,
                                self->mark[0], self->mark[1], text);
}

static int
match_traverse(PyObject *op, visitproc visit, void *arg)
{
    sre_match *self = (sre_match *)op;
    Py_VISIT(Py_TYPE(op));
    Py_VISIT(self->string);
    Py_VISIT(self->regs);
    Py_VISIT(self->pattern);
    return 0;
}

static int
match_clear(PyObject *op)
{
    sre_match *self = (sre_match *)op;
    Py_CLEAR(self->string);
    Py_CLEAR(self->regs);
    Py_CLEAR(self->pattern);
    return 0;
}

static void
match_dealloc(PyObject *op)
{
    PyTypeObject *type = Py_TYPE(op);
    PyObject_GC_UnTrack(op);
    match_clear(op);
    PyObject_GC_Del(op);
    Py_DECREF(type);
}

static PyObject *
match_getitem(PyObject *op, PyObject *name)
{
    return get_group((sre_match *)op, name);
}

static PyGetSetDef match_getset[] = {
    {"lastindex", match_get_lastindex, NULL,
     "The integer index of the last matched capturing group.", NULL},
    {"lastgroup", match_get_lastgroup, NULL, "The name of the last matched capturing group.",
     NULL},
    {"regs", match_get_regs, NULL, NULL, NULL},
    {NULL},
};

static PyMemberDef match_members[] = {
    {"string", T_OBJECT, offsetof(sre_match, string), READONLY,
     "The string passed to match() or search()."},
    {"re", T_OBJECT, offsetof(sre_match, pattern), READONLY, "The regular expression object."},
    {"pos", T_PYSSIZET, offsetof(sre_match, pos), READONLY,
     "The index into the string at which the RE engine started looking for a match."},
    {"endpos", T_PYSSIZET, offsetof(sre_match, endpos), READONLY,
     "The index into the string beyond which the RE engine will not go."},
    {NULL},
};

static PyType_Slot match_slots[] = {
    {Py_tp_dealloc, match_dealloc},
    {Py_tp_repr, match_repr},
    {Py_tp_doc, "The result of re.match() and re.search().\n"
                "Match objects always have a boolean value of True."},
    {Py_tp_methods, Match_methods},
    {Py_tp_members, match_members},
    {Py_tp_getset, match_getset},
    {Py_tp_traverse, match_traverse},
    {Py_tp_clear, match_clear},
    {Py_mp_subscript, match_getitem},
    {0, NULL},
};

PyType_Spec hob_match_spec = {
    .name = "re.Match",
    .basicsize = offsetof(sre_match, mark),
    .itemsize = sizeof(Py_ssize_t),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION
        | Py_TPFLAGS_HAVE_GC,
    .slots = match_slots,
};

PyMethodDef *const hob_match_extra = extra_methods;

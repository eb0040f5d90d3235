/* timezone.c -- tzinfo, the abstract time zone, and timezone, a fixed offset.
 *
 * Holds      an offset is strictly between -24 and 24 hours; timezone(0) without
 *            a name is always the one object hob_timezone_utc.
 * Hazard     the methods of a tzinfo are Python code, and may answer anything:
 *            only hob_timezone_offset and its like ask them.
 */
#include "modules/_datetime/datetime_int.h"

PyObject *hob_timezone_utc;

#define TIMEZONE(op) ((timezone_object *)(op))

static bool
offset_fits(PyObject *delta)
{
    span us = hob_delta_span(delta);
    return us > -DAY_US && us < DAY_US;
}

status
hob_timezone_check(PyObject *tzinfo)
{
    if (tzinfo == Py_None || PyTZInfo_Check(tzinfo)) { return 0; }
    PyErr_Format(PyExc_TypeError,
                 "tzinfo argument must be None or of a tzinfo subclass, not type '%s'",
                 Py_TYPE(tzinfo)->tp_name);
    return -1;
}

/* --- asking any tzinfo --- */

static PyObject *
ask_delta(PyObject *tzinfo, PyObject *method, PyObject *moment)
{
    if (tzinfo == Py_None) { return Py_NewRef(Py_None); }
    own PyObject *answer = PyObject_CallMethodOneArg(tzinfo, method, moment);
    if (!answer || answer == Py_None) { return take(answer); }
    if (!PyDelta_Check(answer)) {
        PyErr_Format(PyExc_TypeError, "tzinfo.%U() must return None or timedelta, not '%.200s'",
                     method, Py_TYPE(answer)->tp_name);
        return NULL;
    }
    if (!offset_fits(answer)) {
        PyErr_SetString(PyExc_ValueError, "offset must be a timedelta strictly between "
                        "-timedelta(hours=24) and timedelta(hours=24).");
        return NULL;
    }
    return take(answer);
}

PyObject *
hob_timezone_offset(PyObject *tzinfo, PyObject *moment)
{
    if (Py_IS_TYPE(tzinfo, &hob_timezone_type)) { return Py_NewRef(TIMEZONE(tzinfo)->offset); }
    return ask_delta(tzinfo, NAME(utcoffset), moment);
}

PyObject *
hob_timezone_dst(PyObject *tzinfo, PyObject *moment)
{
    return ask_delta(tzinfo, NAME(dst), moment);
}

PyObject *
hob_timezone_name(PyObject *tzinfo, PyObject *moment)
{
    if (tzinfo == Py_None) { return Py_NewRef(Py_None); }
    own PyObject *name = PyObject_CallMethodOneArg(tzinfo, NAME(tzname), moment);
    if (!name || name == Py_None || PyUnicode_Check(name)) { return take(name); }
    PyErr_Format(PyExc_TypeError, "tzinfo.tzname() must return None or a string, not '%.200s'",
                 Py_TYPE(name)->tp_name);
    return NULL;
}

/* --- tzinfo --- */

#define ABSTRACT(name)                                                                      \
    static PyObject *                                                                       \
    tzinfo_##name(PyObject *self, PyObject *moment)                                         \
    {                                                                                       \
        PyErr_SetString(PyExc_NotImplementedError,                                          \
                        "a tzinfo subclass must implement " #name "()");                    \
        return NULL;                                                                        \
    }
ABSTRACT(utcoffset)
ABSTRACT(dst)
ABSTRACT(tzname)
#undef ABSTRACT

static status
check_fromutc(PyObject *self, PyObject *moment)
{
    if (!PyDateTime_Check(moment)) {
        PyErr_SetString(PyExc_TypeError, "fromutc: argument must be a datetime");
        return -1;
    }
    if (PyDateTime_DATE_GET_TZINFO(moment) != self) {
        PyErr_SetString(PyExc_ValueError, "fromutc: dt.tzinfo is not self");
        return -1;
    }
    return 0;
}

static PyObject *
refuse_none(const char *what)
{
    PyErr_SetString(PyExc_ValueError, what);
    return NULL;
}

/* The documented default: standard offset first, then the dst in force there. */
static PyObject *
tzinfo_fromutc(PyObject *self, PyObject *moment)
{
    if (check_fromutc(self, moment) < 0) { return NULL; }
    own PyObject *offset = hob_timezone_offset(self, moment);
    if (!offset) { return NULL; }
    if (offset == Py_None) {
        return refuse_none("fromutc: non-None utcoffset() result required");
    }
    own PyObject *dst = hob_timezone_dst(self, moment);
    if (!dst) { return NULL; }
    if (dst == Py_None) { return refuse_none("fromutc: non-None dst() result required"); }

    own PyObject *standard = hob_delta_from_span(hob_delta_span(offset) - hob_delta_span(dst),
                                                 &hob_delta_type);
    if (!standard) { return NULL; }
    own PyObject *local = hob_datetime_add(moment, standard, 1);
    if (!local) { return NULL; }
    own PyObject *dst_then = PyDateTime_Check(local)
        ? hob_timezone_dst(PyDateTime_DATE_GET_TZINFO(local), local) : Py_NewRef(Py_None);
    if (!dst_then) { return NULL; }
    if (dst_then == Py_None) {
        return refuse_none("fromutc: tz.dst() gave inconsistent results; cannot convert");
    }
    if (hob_delta_span(dst_then) == 0) { return take(local); }
    return hob_datetime_add(local, dst_then, 1);
}

static PyObject *
tzinfo_reduce(PyObject *self, PyObject *unused)
{
    PyObject *method;
    if (_PyObject_LookupAttr(self, NAME(__getinitargs__), &method) < 0) { return NULL; }
    own PyObject *getinitargs = method;
    own PyObject *args = getinitargs ? PyObject_CallNoArgs(getinitargs) : PyTuple_New(0);
    if (!args) { return NULL; }
    own PyObject *state = PyObject_CallMethodNoArgs(self, NAME(__getstate__));
    return state ? PyTuple_Pack(3, Py_TYPE(self), args, state) : NULL;
}

static PyMethodDef tzinfo_methods[] = {
    {"tzname", tzinfo_tzname, METH_O, "The zone's name at a datetime."},
    {"utcoffset", tzinfo_utcoffset, METH_O,
     "The zone's offset from UTC at a datetime, as a timedelta, negative west of it."},
    {"dst", tzinfo_dst, METH_O, "The daylight saving part of utcoffset(), as a timedelta."},
    {"fromutc", tzinfo_fromutc, METH_O, "The local datetime for a datetime in UTC."},
    {"__reduce__", tzinfo_reduce, METH_NOARGS, "-> (cls, state)"},
    {NULL, NULL, 0, NULL},
};

PyTypeObject hob_tzinfo_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "datetime.tzinfo",
    .tp_basicsize = sizeof(PyDateTime_TZInfo),
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .tp_doc = PyDoc_STR("What a time zone is to a datetime: an abstract base class."),
    .tp_methods = tzinfo_methods,
    .tp_new = PyType_GenericNew,
};

/* --- timezone --- */

PyObject *
hob_timezone_make(PyObject *offset, PyObject *name)
{
    timezone_object *self = PyObject_New(timezone_object, &hob_timezone_type);
    if (!self) { return NULL; }
    self->offset = Py_NewRef(offset);
    self->name = Py_XNewRef(name);
    return (PyObject *)self;
}

PyObject *
hob_timezone_new(PyObject *offset, PyObject *name)
{
    if (!name && hob_delta_span(offset) == 0) { return Py_NewRef(hob_timezone_utc); }
    if (!offset_fits(offset)) {
        PyErr_Format(PyExc_ValueError, "offset must be a timedelta strictly between "
                     "-timedelta(hours=24) and timedelta(hours=24), not %R.", offset);
        return NULL;
    }
    return hob_timezone_make(offset, name);
}

static PyObject *
timezone_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"offset", "name", NULL};
    PyObject *offset, *name = NULL;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O!|U:timezone", names, &hob_delta_type,
                                     &offset, &name)) {
        return NULL;
    }
    return hob_timezone_new(offset, name);
}

static void
timezone_dealloc(PyObject *self)
{
    Py_CLEAR(TIMEZONE(self)->offset);
    Py_CLEAR(TIMEZONE(self)->name);
    Py_TYPE(self)->tp_free(self);
}

static PyObject *
timezone_richcompare(PyObject *a, PyObject *b, int op)
{
    if ((op != Py_EQ && op != Py_NE) || !Py_IS_TYPE(b, &hob_timezone_type)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    bool same = hob_delta_span(TIMEZONE(a)->offset) == hob_delta_span(TIMEZONE(b)->offset);
    return PyBool_FromLong(same == (op == Py_EQ));
}

static Py_hash_t
timezone_hash(PyObject *self)
{
    return PyObject_Hash(TIMEZONE(self)->offset);
}

static PyObject *
timezone_repr(PyObject *self)
{
    const char *type = Py_TYPE(self)->tp_name;
    if (self == hob_timezone_utc) { return PyUnicode_FromFormat("%s.utc", type); }
    if (!TIMEZONE(self)->name) {
        return PyUnicode_FromFormat("%s(%R)", type, TIMEZONE(self)->offset);
    }
    return PyUnicode_FromFormat("%s(%R, %R)", type, TIMEZONE(self)->offset,
                                TIMEZONE(self)->name);
}

static PyObject *
timezone_str(PyObject *self)
{
    if (TIMEZONE(self)->name) { return Py_NewRef(TIMEZONE(self)->name); }
    span offset = hob_delta_span(TIMEZONE(self)->offset);
    if (self == hob_timezone_utc || offset == 0) { return PyUnicode_FromString("UTC"); }
    char out[OFFSET_ROOM + 8] = "UTC";
    hob_format_span(out + 3, ":", offset);
    return PyUnicode_FromString(out);
}

static status
check_moment(const char *method, PyObject *moment)
{
    if (moment == Py_None || PyDateTime_Check(moment)) { return 0; }
    PyErr_Format(PyExc_TypeError,
                 "%s(dt) argument must be a datetime instance or None, not %.200s",
                 method, Py_TYPE(moment)->tp_name);
    return -1;
}

static PyObject *
timezone_tzname(PyObject *self, PyObject *moment)
{
    return check_moment("tzname", moment) < 0 ? NULL : timezone_str(self);
}

static PyObject *
timezone_utcoffset(PyObject *self, PyObject *moment)
{
    return check_moment("utcoffset", moment) < 0 ? NULL : Py_NewRef(TIMEZONE(self)->offset);
}

static PyObject *
timezone_dst(PyObject *self, PyObject *moment)
{
    return check_moment("dst", moment) < 0 ? NULL : Py_NewRef(Py_None);
}

static PyObject *
timezone_fromutc(PyObject *self, PyObject *moment)
{
    if (check_fromutc(self, moment) < 0) { return NULL; }
    return hob_datetime_add(moment, TIMEZONE(self)->offset, 1);
}

static PyObject *
timezone_getinitargs(PyObject *self, PyObject *unused)
{
    if (!TIMEZONE(self)->name) { return PyTuple_Pack(1, TIMEZONE(self)->offset); }
    return PyTuple_Pack(2, TIMEZONE(self)->offset, TIMEZONE(self)->name);
}

static PyMethodDef timezone_methods[] = {
    {"tzname", timezone_tzname, METH_O, "The name given, else the offset as 'UTC(+|-)HH:MM'."},
    {"utcoffset", timezone_utcoffset, METH_O, "The fixed offset."},
    {"dst", timezone_dst, METH_O, "None: a fixed offset knows no daylight saving."},
    {"fromutc", timezone_fromutc, METH_O, "The local datetime for a datetime in UTC."},
    {"__getinitargs__", timezone_getinitargs, METH_NOARGS,
     "What pickle makes the object from."},
    {NULL, NULL, 0, NULL},
};

PyTypeObject hob_timezone_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "datetime.timezone",
    .tp_basicsize = sizeof(timezone_object),
    .tp_dealloc = timezone_dealloc,
    .tp_repr = timezone_repr,
    .tp_hash = timezone_hash,
    .tp_str = timezone_str,
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_doc = PyDoc_STR("A time zone at a fixed offset from UTC."),
    .tp_richcompare = timezone_richcompare,
    .tp_methods = timezone_methods,
    .tp_base = &hob_tzinfo_type,
    .tp_new = timezone_new,
};

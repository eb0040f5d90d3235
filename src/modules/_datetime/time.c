/* time.c -- time: an hour of the day, with or without a tzinfo.
 *
 * Layout     six bytes that order as the times do; for the rest see clock.c.
 */
#include "modules/_datetime/datetime_int.h"

#define TIME(op) ((PyDateTime_Time *)(op))

PyObject *
hob_time_new(clock_time clock, PyObject *tzinfo, int fold, PyTypeObject *type)
{
    if (hob_calendar_check_clock(clock, fold) < 0) { return NULL; }
    if (hob_timezone_check(tzinfo) < 0) { return NULL; }
    PyObject *self = hob_clock_make(tzinfo, type);
    if (!self) { return NULL; }
    put_clock(TIME(self)->data, clock);
    TIME(self)->fold = (unsigned char)fold;
    return self;
}

PyObject *
hob_time_call(clock_time clock, PyObject *tzinfo, PyObject *type)
{
    if (type == (PyObject *)&hob_time_type) {
        return hob_time_new(clock, tzinfo, 0, &hob_time_type);
    }
    return PyObject_CallFunction(type, "iiiiO", clock.hour, clock.minute, clock.second,
                                 clock.us, tzinfo);
}

static PyObject *
time_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"hour", "minute", "second", "microsecond", "tzinfo", "fold", NULL};
    int f[4] = {0};
    if (hob_datetime_plain_ints(args, kwargs, 0, 4, f)) {
        return hob_time_new((clock_time){f[0], f[1], f[2], f[3]}, Py_None, 0, type);
    }
    Py_ssize_t n = PyTuple_GET_SIZE(args);
    if (n == 1 || n == 2) {
        PyObject *bytes = NULL;
        tri found = hob_datetime_state(PyTuple_GET_ITEM(args, 0), _PyDateTime_TIME_DATASIZE, 0,
                                       0x7f, 0, 23, "time", &bytes);
        if (found < 0) { return NULL; }
        if (found) {
            own PyObject *state = bytes;
            return hob_clock_from_state(type, state, n == 2 ? PyTuple_GET_ITEM(args, 1) : Py_None);
        }
    }
    clock_time t = {0};
    PyObject *tzinfo = Py_None;
    int fold = 0;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|iiiiO$i", names, &t.hour, &t.minute,
                                     &t.second, &t.us, &tzinfo, &fold)) {
        return NULL;
    }
    return hob_time_new(t, tzinfo, fold, type);
}

static PyObject *
time_fromisoformat(PyObject *type, PyObject *string)
{
    text s;
    parsed_time t;
    if (hob_parse_open(string, &s) < 0) { return NULL; }
    if (s.length && PyUnicode_READ(s.kind, s.data, 0) == 'T') { s = text_part(s, 1, s.length); }
    if (hob_parse_time(s, &t) < 0) { return hob_parse_refuse(string); }
    own PyObject *tzinfo = hob_parse_tzinfo(&t);
    return tzinfo ? hob_time_call(t.clock, tzinfo, type) : NULL;
}

/* --- text --- */

static PyObject *
time_repr(PyObject *self)
{
    clock_time t = time_clock(self);
    char fields[64], fold[16] = "";
    int n = sprintf(fields, "%d, %d", t.hour, t.minute);
    if (t.second || t.us) { n += sprintf(fields + n, ", %d", t.second); }
    if (t.us) { sprintf(fields + n, ", %d", t.us); }
    if (TIME(self)->fold) { sprintf(fold, ", fold=%d", TIME(self)->fold); }
    const char *type = Py_TYPE(self)->tp_name;
    if (!TIME(self)->hastzinfo) { return PyUnicode_FromFormat("%s(%s%s)", type, fields, fold); }
    return PyUnicode_FromFormat("%s(%s, tzinfo=%R%s)", type, fields, TIME(self)->tzinfo, fold);
}

static PyObject *
time_str(PyObject *self)
{
    return PyObject_CallMethodNoArgs(self, NAME(isoformat));
}

static PyObject *
time_isoformat(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"timespec", NULL};
    const char *name = NULL;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|s:isoformat", names, &name)) {
        return NULL;
    }
    clock_time t = time_clock(self);
    timespec spec = hob_format_timespec(name, t.us);
    if (spec == SPEC_UNKNOWN) { return NULL; }
    char out[ISO_TIME_ROOM + OFFSET_ROOM];
    char *end = hob_format_clock(out, t, spec);
    if (hob_format_offset(end, ":", PyDateTime_TIME_GET_TZINFO(self), Py_None) < 0) {
        return NULL;
    }
    return PyUnicode_FromString(out);
}

static PyObject *
time_strftime(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"format", NULL};
    PyObject *format;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "U:strftime", names, &format)) {
        return NULL;
    }
    clock_time t = time_clock(self);
    own PyObject *tuple = Py_BuildValue("iiiiiiiii", 1900, 1, 1, t.hour, t.minute, t.second, 0,
                                        1, -1);
    return tuple ? hob_format_strftime(self, format, tuple, Py_None) : NULL;
}

/* --- tzinfo --- */

static PyObject *
time_utcoffset(PyObject *self, PyObject *unused)
{
    return hob_timezone_offset(PyDateTime_TIME_GET_TZINFO(self), Py_None);
}

static PyObject *
time_dst(PyObject *self, PyObject *unused)
{
    return hob_timezone_dst(PyDateTime_TIME_GET_TZINFO(self), Py_None);
}

static PyObject *
time_tzname(PyObject *self, PyObject *unused)
{
    return hob_timezone_name(PyDateTime_TIME_GET_TZINFO(self), Py_None);
}

/* --- operators --- */

/* Seconds since midnight UTC; the microseconds of offsets do not count. */
static int
utc_seconds(PyObject *self, PyObject *offset)
{
    return clock_seconds(time_clock(self)) - PyDateTime_DELTA_GET_DAYS(offset) * DAY_SECONDS
        - PyDateTime_DELTA_GET_SECONDS(offset);
}

static PyObject *
time_richcompare(PyObject *a, PyObject *b, int op)
{
    if (!PyTime_Check(b)) { Py_RETURN_NOTIMPLEMENTED; }
    int order = memcmp(TIME(a)->data, TIME(b)->data, _PyDateTime_TIME_DATASIZE);
    if (PyDateTime_TIME_GET_TZINFO(a) == PyDateTime_TIME_GET_TZINFO(b)) {
        Py_RETURN_RICHCOMPARE(order, 0, op);
    }
    own PyObject *x = time_utcoffset(a, NULL);
    if (!x) { return NULL; }
    own PyObject *y = time_utcoffset(b, NULL);
    if (!y) { return NULL; }
    if (x == y || (x != Py_None && y != Py_None && hob_delta_span(x) == hob_delta_span(y))) {
        Py_RETURN_RICHCOMPARE(order, 0, op);
    }
    if (x != Py_None && y != Py_None) {
        order = utc_seconds(a, x) - utc_seconds(b, y);
        if (order == 0) { order = time_clock(a).us - time_clock(b).us; }
        Py_RETURN_RICHCOMPARE(order, 0, op);
    }
    if (op == Py_EQ) { Py_RETURN_FALSE; }
    if (op == Py_NE) { Py_RETURN_TRUE; }
    PyErr_SetString(PyExc_TypeError, "can't compare offset-naive and offset-aware times");
    return NULL;
}

static Py_hash_t
hash_value(PyObject *self)
{
    own PyObject *offset = time_utcoffset(self, NULL);
    if (!offset) { return -1; }
    if (offset == Py_None) {
        return _Py_HashBytes(TIME(self)->data, _PyDateTime_TIME_DATASIZE);
    }
    clock_time t = time_clock(self);
    span us = (int64_t)clock_seconds(t) * SECOND_US + t.us - hob_delta_span(offset);
    own PyObject *delta = hob_delta_from_span(us, &hob_delta_type);
    return delta ? PyObject_Hash(delta) : -1;
}

static Py_hash_t
time_hash(PyObject *self)
{
    if (TIME(self)->hashcode == -1) { TIME(self)->hashcode = hash_value(self); }
    return TIME(self)->hashcode;
}

static PyObject *
time_replace(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"hour", "minute", "second", "microsecond", "tzinfo", "fold", NULL};
    clock_time t = time_clock(self);
    PyObject *tzinfo = PyDateTime_TIME_GET_TZINFO(self);
    int fold = TIME(self)->fold;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|iiiiO$i:replace", names, &t.hour,
                                     &t.minute, &t.second, &t.us, &tzinfo, &fold)) {
        return NULL;
    }
    return hob_time_new(t, tzinfo, fold, Py_TYPE(self));
}

/* --- the type --- */

#define KEYWORDS(f) ((PyCFunction)(void (*)(void))(f))
static PyMethodDef time_methods[] = {
    {"isoformat", KEYWORDS(time_isoformat), METH_VARARGS | METH_KEYWORDS,
     "The time in ISO 8601 format, [HH[:MM[:SS[.mmm[uuu]]]]][+HH:MM].\n\n"
     "timespec names the last part to show: 'auto', 'hours', 'minutes', 'seconds',\n"
     "'milliseconds' or 'microseconds'.\n"},
    {"strftime", KEYWORDS(time_strftime), METH_VARARGS | METH_KEYWORDS,
     "The time written by a strftime() format."},
    {"__format__", hob_format_with, METH_VARARGS, "strftime() with the format, or str()."},
    {"utcoffset", time_utcoffset, METH_NOARGS, "self.tzinfo.utcoffset(None), or None."},
    {"tzname", time_tzname, METH_NOARGS, "self.tzinfo.tzname(None), or None."},
    {"dst", time_dst, METH_NOARGS, "self.tzinfo.dst(None), or None."},
    {"replace", KEYWORDS(time_replace), METH_VARARGS | METH_KEYWORDS,
     "The time with some fields changed."},
    {"fromisoformat", time_fromisoformat, METH_O | METH_CLASS,
     "The time that a string in ISO 8601 format tells."},
    {"__reduce_ex__", hob_clock_reduce_ex, METH_VARARGS, "__reduce_ex__(proto) -> (cls, state)"},
    {"__reduce__", hob_clock_reduce, METH_NOARGS, "__reduce__() -> (cls, state)"},
    {NULL, NULL, 0, NULL},
};

PyTypeObject hob_time_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "datetime.time",
    .tp_basicsize = sizeof(PyDateTime_Time),
    .tp_dealloc = hob_clock_dealloc,
    .tp_repr = time_repr,
    .tp_hash = time_hash,
    .tp_str = time_str,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .tp_doc = PyDoc_STR("time([hour[, minute[, second[, microsecond[, tzinfo]]]]]) --> a time "
                        "object\n\nWhat is left out is 0; tzinfo is None or of a tzinfo "
                        "subclass.\n"),
    .tp_richcompare = time_richcompare,
    .tp_methods = time_methods,
    .tp_getset = hob_clock_getset,
    .tp_alloc = hob_clock_alloc,
    .tp_new = time_new,
};

/* date.c -- date, and the named tuple isocalendar() answers with.
 *
 * Hazard     datetime is a subclass of date: methods here also serve it, and
 *            arithmetic must leave it to datetime.c.
 */
#include "modules/_datetime/datetime_int.h"

#define DATE(op) ((PyDateTime_Date *)(op))

PyObject *
hob_date_new(civil date, PyTypeObject *type)
{
    if (hob_calendar_check_date(date) < 0) { return NULL; }
    PyDateTime_Date *self = (PyDateTime_Date *)type->tp_alloc(type, 0);
    if (!self) { return NULL; }
    self->hashcode = -1;
    self->hastzinfo = 0;
    put_civil(self->data, date);
    return (PyObject *)self;
}

PyObject *
hob_date_call(civil date, PyObject *type)
{
    if (type == (PyObject *)&hob_date_type) { return hob_date_new(date, &hob_date_type); }
    if (type == (PyObject *)&hob_datetime_type) {
        return hob_datetime_new(date, (clock_time){0}, Py_None, 0, &hob_datetime_type);
    }
    return PyObject_CallFunction(type, "iii", date.year, date.month, date.day);
}

tri
hob_datetime_state(PyObject *arg, Py_ssize_t size, int at, int mask, int low, int high,
                   const char *what, PyObject **out)
{
    if (PyBytes_Check(arg)) {
        if (PyBytes_GET_SIZE(arg) != size) { return 0; }
        int byte = (unsigned char)PyBytes_AS_STRING(arg)[at] & mask;
        if (byte < low || byte > high) { return 0; }
        *out = Py_NewRef(arg);
        return 1;
    }
    if (!PyUnicode_Check(arg)) { return 0; }
    if (PyUnicode_READY(arg) < 0) { return -1; }
    if (PyUnicode_GET_LENGTH(arg) != size) { return 0; }
    Py_UCS4 c = PyUnicode_READ_CHAR(arg, at);
    c = c > 0x7f && mask == 0x7f && c <= 0xff ? c & 0x7f : c;
    if (c < (Py_UCS4)low || c > (Py_UCS4)high) { return 0; }
    *out = PyUnicode_AsLatin1String(arg);
    if (*out) { return 1; }
    if (PyErr_ExceptionMatches(PyExc_UnicodeEncodeError)) {
        PyErr_Format(PyExc_ValueError,
                     "Failed to encode latin1 string when unpickling a %s object."
                     " pickle.load(data, encoding='latin1') is assumed.", what);
    }
    return -1;
}

static PyObject *
date_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"year", "month", "day", NULL};
    int plain[3];
    if (hob_datetime_plain_ints(args, kwargs, 3, 3, plain)) {
        return hob_date_new((civil){plain[0], plain[1], plain[2]}, type);
    }
    if (PyTuple_GET_SIZE(args) == 1) {
        PyObject *bytes = NULL;
        tri found = hob_datetime_state(PyTuple_GET_ITEM(args, 0), _PyDateTime_DATE_DATASIZE, 2,
                                       0xff, 1, 12, "date", &bytes);
        if (found < 0) { return NULL; }
        if (found) {
            own PyObject *state = bytes;
            PyDateTime_Date *self = (PyDateTime_Date *)type->tp_alloc(type, 0);
            if (!self) { return NULL; }
            self->hashcode = -1;
            memcpy(self->data, PyBytes_AS_STRING(state), _PyDateTime_DATE_DATASIZE);
            return (PyObject *)self;
        }
    }
    civil date;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "iii", names, &date.year, &date.month,
                                     &date.day)) {
        return NULL;
    }
    return hob_date_new(date, type);
}

/* --- other ways to a date --- */

static PyObject *
date_fromtimestamp(PyObject *type, PyObject *timestamp)
{
    time_t when;
    struct tm tm;
    if (_PyTime_ObjectToTime_t(timestamp, &when, _PyTime_ROUND_FLOOR) < 0) { return NULL; }
    if (_PyTime_localtime(when, &tm) != 0) { return NULL; }
    return hob_date_call((civil){tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday}, type);
}

static PyObject *
date_today(PyObject *type, PyObject *unused)
{
    own PyObject *module = hob_datetime_module(NAME(time));
    if (!module) { return NULL; }
    own PyObject *now = PyObject_CallMethodNoArgs(module, NAME(time));
    return now ? PyObject_CallMethodOneArg(type, NAME(fromtimestamp), now) : NULL;
}

static PyObject *
date_fromordinal(PyObject *type, PyObject *args)
{
    int ordinal;
    if (!PyArg_ParseTuple(args, "i:fromordinal", &ordinal)) { return NULL; }
    if (ordinal < 1) {
        PyErr_SetString(PyExc_ValueError, "ordinal must be >= 1");
        return NULL;
    }
    if (ordinal > INT_MAX - 400) { ordinal = INT_MAX - 400; }   /* the shift must not wrap */
    return hob_date_call(hob_calendar_civil(ordinal), type);
}

static PyObject *
date_fromisoformat(PyObject *type, PyObject *string)
{
    text s;
    civil date;
    if (hob_parse_open(string, &s) < 0) { return NULL; }
    if (hob_parse_date(s, &date) < 0) { return hob_parse_refuse(string); }
    return hob_date_call(date, type);
}

static PyObject *
date_fromisocalendar(PyObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"year", "week", "day", NULL};
    int year, week, day, bad;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "iii:fromisocalendar", names, &year, &week,
                                     &day)) {
        if (PyErr_ExceptionMatches(PyExc_OverflowError)) {
            PyErr_SetString(PyExc_ValueError, "ISO calendar component out of range");
        }
        return NULL;
    }
    civil date;
    const char *wrong = hob_calendar_from_iso(year, week, day, &date, &bad);
    if (wrong) {
        PyErr_Format(PyExc_ValueError, wrong, bad);
        return NULL;
    }
    return hob_date_call(date, type);
}

/* --- text --- */

static PyObject *
date_repr(PyObject *self)
{
    civil d = date_civil(self);
    return PyUnicode_FromFormat("%s(%d, %d, %d)", Py_TYPE(self)->tp_name, d.year, d.month,
                                d.day);
}

static PyObject *
date_isoformat(PyObject *self, PyObject *unused)
{
    char out[ISO_TIME_ROOM];
    char *end = hob_format_date(out, date_civil(self));
    return PyUnicode_FromStringAndSize(out, end - out);
}

static PyObject *
date_str(PyObject *self)
{
    return PyObject_CallMethodNoArgs(self, NAME(isoformat));
}

static PyObject *
date_ctime(PyObject *self, PyObject *unused)
{
    return hob_format_ctime(date_civil(self), (clock_time){0});
}

static PyObject *
date_strftime(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"format", NULL};
    PyObject *format;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "U:strftime", names, &format)) {
        return NULL;
    }
    own PyObject *tuple = PyObject_CallMethodNoArgs(self, NAME(timetuple));
    return tuple ? hob_format_strftime(self, format, tuple, self) : NULL;
}

/* --- other views --- */

static PyObject *
date_timetuple(PyObject *self, PyObject *unused)
{
    return hob_format_struct_time(date_civil(self), (clock_time){0}, -1);
}

static PyObject *
date_toordinal(PyObject *self, PyObject *unused)
{
    return PyLong_FromLong(hob_calendar_ordinal(date_civil(self)));
}

static PyObject *
date_weekday(PyObject *self, PyObject *unused)
{
    return PyLong_FromLong(hob_calendar_weekday(date_civil(self)));
}

static PyObject *
date_isoweekday(PyObject *self, PyObject *unused)
{
    return PyLong_FromLong(hob_calendar_weekday(date_civil(self)) + 1);
}

static PyObject *
iso_make(PyTypeObject *type, int year, int week, int weekday)
{
    own PyObject *self = type->tp_alloc(type, 3);
    if (!self) { return NULL; }
    int values[] = {year, week, weekday};
    for (int i = 0; i < 3; i++) {
        PyObject *number = PyLong_FromLong(values[i]);
        if (!number) { return NULL; }
        PyTuple_SET_ITEM(self, i, number);
    }
    return take(self);
}

static PyObject *
date_isocalendar(PyObject *self, PyObject *unused)
{
    int year, week, weekday;
    hob_calendar_iso(date_civil(self), &year, &week, &weekday);
    return iso_make(&hob_iso_date_type, year, week, weekday);
}

static PyObject *
date_replace(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"year", "month", "day", NULL};
    civil d = date_civil(self);
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|iii:replace", names, &d.year, &d.month,
                                     &d.day)) {
        return NULL;
    }
    return hob_date_new(d, Py_TYPE(self));
}

static PyObject *
date_reduce(PyObject *self, PyObject *unused)
{
    return Py_BuildValue("O(N)", Py_TYPE(self),
                         PyBytes_FromStringAndSize((char *)DATE(self)->data,
                                                   _PyDateTime_DATE_DATASIZE));
}

/* --- operators --- */

static PyObject *
date_shift(PyObject *self, int64_t days)
{
    civil date = date_civil(self);
    if (hob_calendar_shift(&date, days) < 0) { return NULL; }
    return hob_date_call(date, (PyObject *)Py_TYPE(self));
}

static PyObject *
date_add(PyObject *a, PyObject *b)
{
    if (PyDateTime_Check(a) || PyDateTime_Check(b)) { Py_RETURN_NOTIMPLEMENTED; }
    PyObject *date = PyDate_Check(a) ? a : b;
    PyObject *delta = date == a ? b : a;
    if (!PyDelta_Check(delta)) { Py_RETURN_NOTIMPLEMENTED; }
    return date_shift(date, PyDateTime_DELTA_GET_DAYS(delta));
}

static PyObject *
date_subtract(PyObject *a, PyObject *b)
{
    if (PyDateTime_Check(a) || PyDateTime_Check(b) || !PyDate_Check(a)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    if (PyDate_Check(b)) {
        int days = hob_calendar_ordinal(date_civil(a)) - hob_calendar_ordinal(date_civil(b));
        return hob_delta_new(days, 0, 0, false, &hob_delta_type);
    }
    if (!PyDelta_Check(b)) { Py_RETURN_NOTIMPLEMENTED; }
    return date_shift(a, -(int64_t)PyDateTime_DELTA_GET_DAYS(b));
}

static PyObject *
date_richcompare(PyObject *a, PyObject *b, int op)
{
    if (!PyDate_Check(b)) { Py_RETURN_NOTIMPLEMENTED; }
    int order = memcmp(DATE(a)->data, DATE(b)->data, _PyDateTime_DATE_DATASIZE);
    Py_RETURN_RICHCOMPARE(order, 0, op);
}

static Py_hash_t
date_hash(PyObject *self)
{
    if (DATE(self)->hashcode == -1) {
        DATE(self)->hashcode = _Py_HashBytes(DATE(self)->data, _PyDateTime_DATE_DATASIZE);
    }
    return DATE(self)->hashcode;
}

#define GET(name)                                                               \
    static PyObject *                                                           \
    date_##name(PyObject *self, void *unused)                                   \
    {                                                                           \
        return PyLong_FromLong(date_civil(self).name);                          \
    }
GET(year)
GET(month)
GET(day)
#undef GET

static PyGetSetDef date_getset[] = {
    {"year", date_year, NULL, NULL, NULL},
    {"month", date_month, NULL, NULL, NULL},
    {"day", date_day, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

#define KEYWORDS(f) ((PyCFunction)(void (*)(void))(f))
static PyMethodDef date_methods[] = {
    {"fromtimestamp", date_fromtimestamp, METH_O | METH_CLASS,
     "fromtimestamp($type, timestamp, /)\n--\n\n"
     "The local date at a POSIX timestamp, such as time.time() gives."},
    {"fromordinal", date_fromordinal, METH_VARARGS | METH_CLASS,
     "The date with a proleptic Gregorian ordinal; 1 is 0001-01-01."},
    {"fromisoformat", date_fromisoformat, METH_O | METH_CLASS,
     "The date that a string in ISO 8601 format tells."},
    {"fromisocalendar", KEYWORDS(date_fromisocalendar),
     METH_VARARGS | METH_KEYWORDS | METH_CLASS,
     "The date of an ISO year, week number and weekday; isocalendar() goes back."},
    {"today", date_today, METH_NOARGS | METH_CLASS,
     "Today, or now: cls.fromtimestamp(time.time())."},
    {"ctime", date_ctime, METH_NOARGS, "The date as ctime() writes it."},
    {"strftime", KEYWORDS(date_strftime), METH_VARARGS | METH_KEYWORDS,
     "The date written by a strftime() format."},
    {"__format__", hob_format_with, METH_VARARGS, "strftime() with the format, or str()."},
    {"timetuple", date_timetuple, METH_NOARGS, "A struct_time, as time.localtime() makes."},
    {"isocalendar", date_isocalendar, METH_NOARGS,
     "A named tuple of ISO year, week number and weekday."},
    {"isoformat", date_isoformat, METH_NOARGS, "The date in ISO 8601 format, YYYY-MM-DD."},
    {"isoweekday", date_isoweekday, METH_NOARGS, "The weekday, Monday 1 to Sunday 7."},
    {"toordinal", date_toordinal, METH_NOARGS,
     "The proleptic Gregorian ordinal; 0001-01-01 is 1."},
    {"weekday", date_weekday, METH_NOARGS, "The weekday, Monday 0 to Sunday 6."},
    {"replace", KEYWORDS(date_replace), METH_VARARGS | METH_KEYWORDS,
     "The date with some fields changed."},
    {"__reduce__", date_reduce, METH_NOARGS, "__reduce__() -> (cls, state)"},
    {NULL, NULL, 0, NULL},
};

static PyNumberMethods date_number = {.nb_add = date_add, .nb_subtract = date_subtract};

PyTypeObject hob_date_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "datetime.date",
    .tp_basicsize = sizeof(PyDateTime_Date),
    .tp_repr = date_repr,
    .tp_as_number = &date_number,
    .tp_hash = date_hash,
    .tp_str = date_str,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .tp_doc = PyDoc_STR("date(year, month, day) --> date object"),
    .tp_richcompare = date_richcompare,
    .tp_methods = date_methods,
    .tp_getset = date_getset,
    .tp_new = date_new,
};

/* --- IsoCalendarDate --- */

static PyObject *
iso_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"year", "week", "weekday", NULL};
    PyObject *given[3];
    int fields[3];
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "OOO:IsoCalendarDate", names, &given[0],
                                     &given[1], &given[2])) {
        return NULL;
    }
    for (int i = 0; i < 3; i++) {
        fields[i] = _PyLong_AsInt(given[i]);
        if (fields[i] == -1 && PyErr_Occurred()) { return NULL; }
    }
    return iso_make(type, fields[0], fields[1], fields[2]);
}

static PyObject *
iso_repr(PyObject *self)
{
    return PyUnicode_FromFormat("%.200s(year=%S, week=%S, weekday=%S)", Py_TYPE(self)->tp_name,
                                PyTuple_GET_ITEM(self, 0), PyTuple_GET_ITEM(self, 1),
                                PyTuple_GET_ITEM(self, 2));
}

/* A plain tuple, so that pickles need not know this type. */
static PyObject *
iso_reduce(PyObject *self, PyObject *unused)
{
    return Py_BuildValue("O((OOO))", &PyTuple_Type, PyTuple_GET_ITEM(self, 0),
                         PyTuple_GET_ITEM(self, 1), PyTuple_GET_ITEM(self, 2));
}

static PyObject *
iso_get(PyObject *self, void *index)
{
    return Py_NewRef(PyTuple_GET_ITEM(self, (Py_ssize_t)(intptr_t)index));
}

static PyGetSetDef iso_getset[] = {
    {"year", iso_get, NULL, NULL, (void *)0},
    {"week", iso_get, NULL, NULL, (void *)1},
    {"weekday", iso_get, NULL, NULL, (void *)2},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMethodDef iso_methods[] = {
    {"__reduce__", iso_reduce, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

PyTypeObject hob_iso_date_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "datetime.IsoCalendarDate",
    .tp_basicsize = sizeof(PyTupleObject) - sizeof(PyObject *),
    .tp_itemsize = sizeof(PyObject *),
    .tp_repr = iso_repr,
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_doc = PyDoc_STR("What isocalendar() returns: the tuple (year, week, weekday), whose\n"
                        "items are also attributes."),
    .tp_methods = iso_methods,
    .tp_getset = iso_getset,
    .tp_base = &PyTuple_Type,
    .tp_new = iso_new,
};

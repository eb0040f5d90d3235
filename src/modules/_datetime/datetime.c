/* datetime.c -- datetime: a date and a time of day, with or without a tzinfo.
 *
 * Layout     as date, four bytes of date first, so that date's methods serve;
 *            then as time (clock.c tells of the short object without tzinfo).
 * Holds      naive arithmetic only: an offset matters between two datetimes
 *            of different tzinfo objects, never between those of one.
 * Hazard     utcoffset() is Python code; PEP 495 says what fold changes.
 */
#include "modules/_datetime/datetime_int.h"

#define DATETIME(op) ((PyDateTime_DateTime *)(op))
#define TZINFO(op)   PyDateTime_DATE_GET_TZINFO(op)

enum { EPOCH_ORDINAL = 719163 };        /* 1970-01-01 */

PyObject *
hob_datetime_new(civil date, clock_time clock, PyObject *tzinfo, int fold, PyTypeObject *type)
{
    if (hob_calendar_check_date(date) < 0 || hob_calendar_check_clock(clock, fold) < 0) {
        return NULL;
    }
    if (hob_timezone_check(tzinfo) < 0) { return NULL; }
    PyObject *self = hob_clock_make(tzinfo, type);
    if (!self) { return NULL; }
    put_civil(DATETIME(self)->data, date);
    put_clock(DATETIME(self)->data + _PyDateTime_DATE_DATASIZE, clock);
    DATETIME(self)->fold = (unsigned char)fold;
    return self;
}

PyObject *
hob_datetime_call(civil date, clock_time clock, PyObject *tzinfo, int fold, PyObject *type)
{
    if (type == (PyObject *)&hob_datetime_type) {
        return hob_datetime_new(date, clock, tzinfo, fold, &hob_datetime_type);
    }
    PyObject *self = PyObject_CallFunction(type, "iiiiiiiO", date.year, date.month, date.day,
                                           clock.hour, clock.minute, clock.second, clock.us,
                                           tzinfo);
    if (self && fold && PyDateTime_Check(self)) { DATETIME(self)->fold = (unsigned char)fold; }
    return self;
}

static PyObject *
datetime_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"year", "month", "day", "hour", "minute", "second", "microsecond",
                            "tzinfo", "fold", NULL};
    int f[7] = {0};
    if (hob_datetime_plain_ints(args, kwargs, 3, 7, f)) {
        return hob_datetime_new((civil){f[0], f[1], f[2]}, (clock_time){f[3], f[4], f[5], f[6]},
                                Py_None, 0, type);
    }
    Py_ssize_t n = PyTuple_GET_SIZE(args);
    if (n == 1 || n == 2) {
        PyObject *bytes = NULL;
        tri found = hob_datetime_state(PyTuple_GET_ITEM(args, 0), _PyDateTime_DATETIME_DATASIZE,
                                       2, 0x7f, 1, 12, "datetime", &bytes);
        if (found < 0) { return NULL; }
        if (found) {
            own PyObject *state = bytes;
            PyObject *tzinfo = n == 2 ? PyTuple_GET_ITEM(args, 1) : Py_None;
            return hob_clock_from_state(type, state, tzinfo);
        }
    }
    civil d;
    clock_time t = {0};
    PyObject *tzinfo = Py_None;
    int fold = 0;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "iii|iiiiO$i", names, &d.year, &d.month,
                                     &d.day,
                                     &t.hour, &t.minute, &t.second, &t.us, &tzinfo, &fold)) {
        return NULL;
    }
    return hob_datetime_new(d, t, tzinfo, fold, type);
}

/* --- local time, by PEP 495 --- */

static int64_t
naive_seconds(civil date, clock_time clock)     /* as if UTC, since 1970 */
{
    return (int64_t)(hob_calendar_ordinal(date) - EPOCH_ORDINAL) * DAY_SECONDS
        + clock_seconds(clock);
}

/* Local wall clock at a POSIX time, as naive seconds. */
static status
local_seconds(int64_t when, int64_t *out)
{
    struct tm tm;
    if (_PyTime_localtime((time_t)when, &tm) != 0) { return -1; }
    civil date = {tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday};
    if (hob_calendar_check_date(date) < 0) { return -1; }
    *out = naive_seconds(date, (clock_time){tm.tm_hour, tm.tm_min, tm.tm_sec, 0});
    return 0;
}

/* 1 when the wall clock showed `wall` once before it does at `when`. */
static tri
is_repeated(int64_t when, int64_t wall)
{
    int64_t before, then;
    if (local_seconds(when - DAY_SECONDS, &before) < 0) { return -1; }
    int64_t jump = wall - before - DAY_SECONDS;
    if (jump >= 0) { return 0; }
    if (local_seconds(when + jump, &then) < 0) { return -1; }
    return then == wall;
}

/* The POSIX time at which the local wall clock shows `wall`. */
static status
posix_from_local(int64_t wall, int fold, int64_t *out)
{
    int64_t shown, again, other;
    if (local_seconds(wall, &shown) < 0) { return -1; }
    int64_t offset = shown - wall;
    int64_t first = wall - offset;
    if (local_seconds(first, &again) < 0) { return -1; }
    if (again == wall) {                /* one answer; a day away may be another offset */
        int64_t probe = first + (fold ? DAY_SECONDS : -DAY_SECONDS);
        if (local_seconds(probe, &shown) < 0) { return -1; }
        other = shown - probe;
        *out = first;
        if (other == offset) { return 0; }
    }
    else {
        other = again - first;
    }
    int64_t second = wall - other;
    if (local_seconds(second, &shown) < 0) { return -1; }
    if (shown == wall) { *out = second; }
    else if (again == wall) { *out = first; }
    else {                              /* in a gap: fold picks the side */
        *out = (first < second) == (fold != 0) ? first : second;
    }
    return 0;
}

static PyObject *
local_timezone(int64_t when)
{
    struct tm tm;
    if (_PyTime_localtime((time_t)when, &tm) != 0) { return NULL; }
    own PyObject *offset = hob_delta_new(0, (int)tm.tm_gmtoff, 0, true, &hob_delta_type);
    if (!offset) { return NULL; }
    own PyObject *name = PyUnicode_DecodeLocale(tm.tm_zone, "surrogateescape");
    return name ? hob_timezone_new(offset, name) : NULL;
}

static status
posix_of_naive(PyObject *self, int64_t *when)
{
    return posix_from_local(naive_seconds(date_civil(self), datetime_clock(self)),
                            DATETIME(self)->fold, when);
}

/* --- now and timestamps --- */

static PyObject *
from_posix(PyObject *type, bool utc, time_t when, int us, PyObject *tzinfo)
{
    struct tm tm;
    if ((utc ? _PyTime_gmtime(when, &tm) : _PyTime_localtime(when, &tm)) != 0) { return NULL; }
    civil date = {tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday};
    clock_time clock = {tm.tm_hour, tm.tm_min, tm.tm_sec > 59 ? 59 : tm.tm_sec, us};
    tri fold = 0;
    if (tzinfo == Py_None && !utc) {
        if (hob_calendar_check_date(date) < 0) { return NULL; }
        fold = is_repeated(when, naive_seconds(date, clock));
        if (fold < 0) { return NULL; }
    }
    return hob_datetime_call(date, clock, tzinfo, fold, type);
}

/* In tzinfo when there is one, else local. */
static PyObject *
from_posix_in(PyObject *type, time_t when, int us, PyObject *tzinfo)
{
    own PyObject *self = from_posix(type, tzinfo != Py_None, when, us, tzinfo);
    if (!self || tzinfo == Py_None) { return take(self); }
    return PyObject_CallMethodOneArg(tzinfo, NAME(fromutc), self);
}

static status
read_clock(time_t *when, int *us)
{
    return _PyTime_AsTimevalTime_t(_PyTime_GetSystemClock(), when, us, _PyTime_ROUND_FLOOR);
}

static PyObject *
datetime_now(PyObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"tz", NULL};
    PyObject *tzinfo = Py_None;
    time_t when;
    int us;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|O:now", names, &tzinfo)) { return NULL; }
    if (hob_timezone_check(tzinfo) < 0 || read_clock(&when, &us) < 0) { return NULL; }
    return from_posix_in(type, when, us, tzinfo);
}

static PyObject *
datetime_utcnow(PyObject *type, PyObject *unused)
{
    time_t when;
    int us;
    if (read_clock(&when, &us) < 0) { return NULL; }
    return from_posix(type, true, when, us, Py_None);
}

static status
split_timestamp(PyObject *timestamp, time_t *when, int *us)
{
    long rest;
    if (_PyTime_ObjectToTimeval(timestamp, when, &rest, _PyTime_ROUND_HALF_EVEN) < 0) {
        return -1;
    }
    *us = (int)rest;
    return 0;
}

PyObject *
hob_datetime_fromtimestamp(PyObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"timestamp", "tz", NULL};
    PyObject *timestamp, *tzinfo = Py_None;
    time_t when;
    int us;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|O:fromtimestamp", names, &timestamp,
                                     &tzinfo)) {
        return NULL;
    }
    if (hob_timezone_check(tzinfo) < 0) { return NULL; }
    if (split_timestamp(timestamp, &when, &us) < 0) { return NULL; }
    return from_posix_in(type, when, us, tzinfo);
}

static PyObject *
datetime_utcfromtimestamp(PyObject *type, PyObject *args)
{
    PyObject *timestamp;
    time_t when;
    int us;
    if (!PyArg_ParseTuple(args, "O:utcfromtimestamp", &timestamp)) { return NULL; }
    if (split_timestamp(timestamp, &when, &us) < 0) { return NULL; }
    return from_posix(type, true, when, us, Py_None);
}

/* --- from text and parts --- */

static PyObject *
datetime_strptime(PyObject *type, PyObject *args)
{
    PyObject *string, *format;
    if (!PyArg_ParseTuple(args, "UU:strptime", &string, &format)) { return NULL; }
    own PyObject *module = hob_datetime_module(NAME(_strptime));
    if (!module) { return NULL; }
    return PyObject_CallMethodObjArgs(module, NAME(_strptime_datetime), type, string, format,
                                      NULL);
}

static PyObject *
datetime_combine(PyObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"date", "time", "tzinfo", NULL};
    PyObject *date, *time, *tzinfo = NULL;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O!O!|O:combine", names, &hob_date_type,
                                     &date, &hob_time_type, &time, &tzinfo)) {
        return NULL;
    }
    if (!tzinfo) { tzinfo = PyDateTime_TIME_GET_TZINFO(time); }
    return hob_datetime_call(date_civil(date), time_clock(time), tzinfo,
                             PyDateTime_TIME_GET_FOLD(time), type);
}

static PyObject *
datetime_fromisoformat(PyObject *type, PyObject *string)
{
    text s;
    civil date;
    parsed_time t = {0};
    if (hob_parse_open(string, &s) < 0) { return NULL; }
    Py_ssize_t split = hob_parse_date_length(s);
    if (split > s.length) { split = s.length; }
    if (hob_parse_date(text_part(s, 0, split), &date) < 0) { return hob_parse_refuse(string); }
    if (split < s.length && hob_parse_time(text_part(s, split + 1, s.length), &t) < 0) {
        return hob_parse_refuse(string);
    }
    own PyObject *tzinfo = hob_parse_tzinfo(&t);
    return tzinfo ? hob_datetime_call(date, t.clock, tzinfo, 0, type) : NULL;
}

/* --- tzinfo --- */

static PyObject *
datetime_utcoffset(PyObject *self, PyObject *unused)
{
    return hob_timezone_offset(TZINFO(self), self);
}

static PyObject *
datetime_dst(PyObject *self, PyObject *unused)
{
    return hob_timezone_dst(TZINFO(self), self);
}

static PyObject *
datetime_tzname(PyObject *self, PyObject *unused)
{
    return hob_timezone_name(TZINFO(self), self);
}

/* self with another fold. */
static PyObject *
with_fold(PyObject *self, int fold)
{
    return hob_datetime_new(date_civil(self), datetime_clock(self), TZINFO(self), fold,
                            Py_TYPE(self));
}

static bool
same_offset(PyObject *a, PyObject *b)
{
    if (a == b) { return true; }
    return a != Py_None && b != Py_None && hob_delta_span(a) == hob_delta_span(b);
}

/* 1 when the offset depends on fold: such a datetime equals none of other zones. */
static tri
offset_is_problematic(PyObject *self, PyObject *offset)
{
    if (TZINFO(self) == Py_None || Py_IS_TYPE(TZINFO(self), &hob_timezone_type)) { return 0; }
    own PyObject *flipped = with_fold(self, !DATETIME(self)->fold);
    if (!flipped) { return -1; }
    own PyObject *other = datetime_utcoffset(flipped, NULL);
    return other ? !same_offset(other, offset) : -1;
}

/* --- operators --- */

PyObject *
hob_datetime_add(PyObject *self, PyObject *delta, int factor)
{
    civil date = date_civil(self);
    clock_time clock = datetime_clock(self);
    int us = clock.us + factor * PyDateTime_DELTA_GET_MICROSECONDS(delta);
    int carry = us < 0 ? -1 : us >= SECOND_US;
    us -= carry * SECOND_US;
    int seconds = clock_seconds(clock) + factor * PyDateTime_DELTA_GET_SECONDS(delta) + carry;
    carry = seconds < 0 ? -1 : seconds >= DAY_SECONDS;
    seconds -= carry * DAY_SECONDS;
    int64_t days = (int64_t)factor * PyDateTime_DELTA_GET_DAYS(delta) + carry;
    if (hob_calendar_shift(&date, days) < 0) { return NULL; }
    return hob_datetime_call(date, clock_from(seconds, us), TZINFO(self), 0,
                             (PyObject *)Py_TYPE(self));
}

static PyObject *
datetime_add(PyObject *a, PyObject *b)
{
    PyObject *moment = PyDateTime_Check(a) ? a : b;
    PyObject *delta = moment == a ? b : a;
    if (!PyDelta_Check(delta)) { Py_RETURN_NOTIMPLEMENTED; }
    return hob_datetime_add(moment, delta, 1);
}

static span
naive_span(PyObject *self)
{
    clock_time clock = datetime_clock(self);
    return naive_seconds(date_civil(self), clock) * SECOND_US + clock.us;
}

static PyObject *
difference(PyObject *a, PyObject *b)
{
    span us = naive_span(a) - naive_span(b);
    if (TZINFO(a) == TZINFO(b)) { return hob_delta_from_span(us, &hob_delta_type); }
    own PyObject *x = datetime_utcoffset(a, NULL);
    if (!x) { return NULL; }
    own PyObject *y = datetime_utcoffset(b, NULL);
    if (!y) { return NULL; }
    if ((x == Py_None) != (y == Py_None)) {
        PyErr_SetString(PyExc_TypeError,
                        "can't subtract offset-naive and offset-aware datetimes");
        return NULL;
    }
    if (x != Py_None) { us -= hob_delta_span(x) - hob_delta_span(y); }
    return hob_delta_from_span(us, &hob_delta_type);
}

static PyObject *
datetime_subtract(PyObject *a, PyObject *b)
{
    if (!PyDateTime_Check(a)) { Py_RETURN_NOTIMPLEMENTED; }
    if (PyDateTime_Check(b)) { return difference(a, b); }
    if (PyDelta_Check(b)) { return hob_datetime_add(a, b, -1); }
    Py_RETURN_NOTIMPLEMENTED;
}

/* The order of two moments whose offsets are known and unequal. */
static status
compare_moments(PyObject *a, PyObject *b, int *order)
{
    own PyObject *delta = difference(a, b);
    if (!delta) { return -1; }
    span us = hob_delta_span(delta);
    *order = us < 0 ? -1 : us > 0;
    return 0;
}

static PyObject *
datetime_richcompare(PyObject *a, PyObject *b, int op)
{
    bool equality = op == Py_EQ || op == Py_NE;
    if (!PyDateTime_Check(b)) {
        if (!PyDate_Check(b)) { Py_RETURN_NOTIMPLEMENTED; }
        if (equality) { return PyBool_FromLong(op == Py_NE); }
        PyErr_Format(PyExc_TypeError, "can't compare %s to %s", Py_TYPE(a)->tp_name,
                     Py_TYPE(b)->tp_name);
        return NULL;
    }
    int order = memcmp(DATETIME(a)->data, DATETIME(b)->data, _PyDateTime_DATETIME_DATASIZE);
    if (TZINFO(a) == TZINFO(b)) { Py_RETURN_RICHCOMPARE(order, 0, op); }

    own PyObject *x = datetime_utcoffset(a, NULL);
    if (!x) { return NULL; }
    own PyObject *y = datetime_utcoffset(b, NULL);
    if (!y) { return NULL; }
    if (!same_offset(x, y)) {
        if (x == Py_None || y == Py_None) {
            if (equality) { return PyBool_FromLong(op == Py_NE); }
            PyErr_SetString(PyExc_TypeError,
                            "can't compare offset-naive and offset-aware datetimes");
            return NULL;
        }
        if (compare_moments(a, b, &order) < 0) { return NULL; }
    }
    if (equality && order == 0) {
        tri odd = offset_is_problematic(a, x);
        if (odd == 0) { odd = offset_is_problematic(b, y); }
        if (odd < 0) { return NULL; }
        order = odd;
    }
    Py_RETURN_RICHCOMPARE(order, 0, op);
}

static Py_hash_t
hash_value(PyObject *self)
{
    own PyObject *first = DATETIME(self)->fold ? with_fold(self, 0) : Py_NewRef(self);
    if (!first) { return -1; }
    own PyObject *offset = datetime_utcoffset(first, NULL);
    if (!offset) { return -1; }
    if (offset == Py_None) {
        return _Py_HashBytes(DATETIME(self)->data, _PyDateTime_DATETIME_DATASIZE);
    }
    span us = naive_span(self) + EPOCH_ORDINAL * DAY_US - hob_delta_span(offset);
    own PyObject *delta = hob_delta_from_span(us, &hob_delta_type);
    return delta ? PyObject_Hash(delta) : -1;
}

static Py_hash_t
datetime_hash(PyObject *self)
{
    if (DATETIME(self)->hashcode == -1) { DATETIME(self)->hashcode = hash_value(self); }
    return DATETIME(self)->hashcode;
}

/* --- text --- */

static PyObject *
datetime_repr(PyObject *self)
{
    civil d = date_civil(self);
    clock_time t = datetime_clock(self);
    char fields[96];
    int n = sprintf(fields, "%d, %d, %d, %d, %d", d.year, d.month, d.day, t.hour, t.minute);
    if (t.second || t.us) { n += sprintf(fields + n, ", %d", t.second); }
    if (t.us) { n += sprintf(fields + n, ", %d", t.us); }
    if (DATETIME(self)->fold) { sprintf(fields + n, ", fold=%d", DATETIME(self)->fold); }
    const char *type = Py_TYPE(self)->tp_name;
    if (!DATETIME(self)->hastzinfo) { return PyUnicode_FromFormat("%s(%s)", type, fields); }
    return PyUnicode_FromFormat("%s(%s, tzinfo=%R)", type, fields, DATETIME(self)->tzinfo);
}

static PyObject *
datetime_str(PyObject *self)
{
    own PyObject *space = PyUnicode_FromOrdinal(' ');
    return space ? PyObject_CallMethodOneArg(self, NAME(isoformat), space) : NULL;
}

static PyObject *
datetime_isoformat(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"sep", "timespec", NULL};
    int sep = 'T';
    const char *name = NULL;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|Cs:isoformat", names, &sep, &name)) {
        return NULL;
    }
    clock_time t = datetime_clock(self);
    timespec spec = hob_format_timespec(name, t.us);
    if (spec == SPEC_UNKNOWN) { return NULL; }
    char date[ISO_TIME_ROOM], time[ISO_TIME_ROOM + OFFSET_ROOM];
    *hob_format_date(date, date_civil(self)) = '\0';
    char *end = hob_format_clock(time, t, spec);
    if (hob_format_offset(end, ":", TZINFO(self), self) < 0) { return NULL; }
    return PyUnicode_FromFormat("%s%c%s", date, sep, time);
}

static PyObject *
datetime_ctime(PyObject *self, PyObject *unused)
{
    return hob_format_ctime(date_civil(self), datetime_clock(self));
}

/* --- other views --- */

static PyObject *
datetime_date(PyObject *self, PyObject *unused)
{
    return hob_date_new(date_civil(self), &hob_date_type);
}

static PyObject *
datetime_time(PyObject *self, PyObject *unused)
{
    return hob_time_new(datetime_clock(self), Py_None, DATETIME(self)->fold, &hob_time_type);
}

static PyObject *
datetime_timetz(PyObject *self, PyObject *unused)
{
    return hob_time_new(datetime_clock(self), TZINFO(self), DATETIME(self)->fold,
                        &hob_time_type);
}

static PyObject *
datetime_timetuple(PyObject *self, PyObject *unused)
{
    own PyObject *dst = datetime_dst(self, NULL);
    if (!dst) { return NULL; }
    int flag = dst == Py_None ? -1 : hob_delta_span(dst) != 0;
    return hob_format_struct_time(date_civil(self), datetime_clock(self), flag);
}

static PyObject *
datetime_utctimetuple(PyObject *self, PyObject *unused)
{
    own PyObject *offset = datetime_utcoffset(self, NULL);
    if (!offset) { return NULL; }
    civil date = date_civil(self);
    clock_time clock = datetime_clock(self);
    if (offset != Py_None) {
        span rest, us = (int64_t)clock_seconds(clock) * SECOND_US + clock.us;
        span days = hob_calendar_floor_div(us - hob_delta_span(offset), DAY_US, &rest);
        if (hob_calendar_shift(&date, (int64_t)days) < 0) { return NULL; }
        clock = clock_from((int)(rest / SECOND_US), (int)(rest % SECOND_US));
    }
    return hob_format_struct_time(date, clock, 0);
}

static PyObject *
datetime_timestamp(PyObject *self, PyObject *unused)
{
    if (TZINFO(self) == Py_None) {
        int64_t when;
        if (posix_of_naive(self, &when) < 0) { return NULL; }
        return PyFloat_FromDouble((double)when + datetime_clock(self).us / 1e6);
    }
    own PyObject *epoch = hob_datetime_new((civil){1970, 1, 1}, (clock_time){0},
                                           hob_timezone_utc, 0, &hob_datetime_type);
    if (!epoch) { return NULL; }
    own PyObject *delta = difference(self, epoch);
    return delta ? PyObject_CallMethod(delta, "total_seconds", NULL) : NULL;
}

static PyObject *
datetime_replace(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"year", "month", "day", "hour", "minute", "second", "microsecond",
                            "tzinfo", "fold", NULL};
    civil d = date_civil(self);
    clock_time t = datetime_clock(self);
    PyObject *tzinfo = TZINFO(self);
    int fold = DATETIME(self)->fold;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|iiiiiiiO$i:replace", names, &d.year,
                                     &d.month,
                                     &d.day, &t.hour, &t.minute, &t.second, &t.us, &tzinfo,
                                     &fold)) {
        return NULL;
    }
    return hob_datetime_new(d, t, tzinfo, fold, Py_TYPE(self));
}

/* --- to another zone --- */

/* The offset of self, taking a datetime without one as local time.  When self
 * is in tz already: NULL without an exception. */
static MAYBE_NULL PyObject *
source_offset(PyObject *self, PyObject *tz)
{
    PyObject *tzinfo = TZINFO(self);
    if (tzinfo != Py_None) {
        if (tzinfo == tz) { return NULL; }
        own PyObject *offset = hob_timezone_offset(tzinfo, self);
        if (!offset || offset != Py_None) { return take(offset); }
    }
    int64_t when;
    if (posix_of_naive(self, &when) < 0) { return NULL; }
    own PyObject *local = local_timezone(when);
    return local ? hob_timezone_offset(local, self) : NULL;
}

static int64_t
floor_seconds(PyObject *utc)
{
    return naive_seconds(date_civil(utc), datetime_clock(utc));
}

static PyObject *
datetime_astimezone(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"tz", NULL};
    PyObject *tz = Py_None;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|O:astimezone", names, &tz)) {
        return NULL;
    }
    if (hob_timezone_check(tz) < 0) { return NULL; }

    own PyObject *offset = source_offset(self, tz);
    if (!offset) { return PyErr_Occurred() ? NULL : Py_NewRef(self); }
    own PyObject *utc = hob_datetime_add(self, offset, -1);
    if (!utc) { return NULL; }
    if (!PyDateTime_Check(utc)) {
        PyErr_Format(PyExc_TypeError, "expected datetime.datetime, got '%.200s'",
                     Py_TYPE(utc)->tp_name);
        return NULL;
    }
    own PyObject *target = tz == Py_None ? local_timezone(floor_seconds(utc)) : Py_NewRef(tz);
    if (!target) { return NULL; }
    own PyObject *moment = hob_datetime_new(date_civil(utc), datetime_clock(utc), target, 0,
                                            Py_TYPE(utc));
    if (!moment || target == hob_timezone_utc) { return take(moment); }
    return PyObject_CallMethodOneArg(target, NAME(fromutc), moment);
}

/* --- the type --- */

#define KEYWORDS(f) ((PyCFunction)(void (*)(void))(f))
static PyMethodDef datetime_methods[] = {
    {"now", KEYWORDS(datetime_now), METH_VARARGS | METH_KEYWORDS | METH_CLASS,
     "now($type, /, tz=None)\n--\n\nThe current time in the time zone tz, or local time."},
    {"utcnow", datetime_utcnow, METH_NOARGS | METH_CLASS, "The current time in UTC, naive."},
    {"fromtimestamp", KEYWORDS(hob_datetime_fromtimestamp),
     METH_VARARGS | METH_KEYWORDS | METH_CLASS,
     "timestamp[, tz] -> the time at a POSIX timestamp in tz, or local time."},
    {"utcfromtimestamp", datetime_utcfromtimestamp, METH_VARARGS | METH_CLASS,
     "The time in UTC, naive, at a POSIX timestamp."},
    {"strptime", datetime_strptime, METH_VARARGS | METH_CLASS,
     "string, format -> the datetime read by a strptime() format."},
    {"combine", KEYWORDS(datetime_combine), METH_VARARGS | METH_KEYWORDS | METH_CLASS,
     "date, time -> the datetime of both"},
    {"fromisoformat", datetime_fromisoformat, METH_O | METH_CLASS,
     "The datetime that a string in most ISO 8601 formats tells."},
    {"date", datetime_date, METH_NOARGS, "The date."},
    {"time", datetime_time, METH_NOARGS, "The time of day, without tzinfo."},
    {"timetz", datetime_timetz, METH_NOARGS, "The time of day, with tzinfo."},
    {"ctime", datetime_ctime, METH_NOARGS, "The datetime as ctime() writes it."},
    {"timetuple", datetime_timetuple, METH_NOARGS, "A struct_time, as time.localtime() makes."},
    {"timestamp", datetime_timestamp, METH_NOARGS, "The POSIX timestamp, a float."},
    {"utctimetuple", datetime_utctimetuple, METH_NOARGS, "A struct_time in UTC."},
    {"isoformat", KEYWORDS(datetime_isoformat), METH_VARARGS | METH_KEYWORDS,
     "[sep] -> the datetime in ISO 8601 format, YYYY-MM-DDT[HH[:MM[:SS[.mmm[uuu]]]]][+HH:MM].\n"
     "sep stands between date and time.  timespec names the last part to show:\n"
     "'auto', 'hours', 'minutes', 'seconds', 'milliseconds' or 'microseconds'.\n"},
    {"utcoffset", datetime_utcoffset, METH_NOARGS, "self.tzinfo.utcoffset(self), or None."},
    {"tzname", datetime_tzname, METH_NOARGS, "self.tzinfo.tzname(self), or None."},
    {"dst", datetime_dst, METH_NOARGS, "self.tzinfo.dst(self), or None."},
    {"replace", KEYWORDS(datetime_replace), METH_VARARGS | METH_KEYWORDS,
     "The datetime with some fields changed."},
    {"astimezone", KEYWORDS(datetime_astimezone), METH_VARARGS | METH_KEYWORDS,
     "tz -> the same moment in the time zone tz, or local time\n"},
    {"__reduce_ex__", hob_clock_reduce_ex, METH_VARARGS, "__reduce_ex__(proto) -> (cls, state)"},
    {"__reduce__", hob_clock_reduce, METH_NOARGS, "__reduce__() -> (cls, state)"},
    {NULL, NULL, 0, NULL},
};

static PyNumberMethods datetime_number = {
    .nb_add = datetime_add,
    .nb_subtract = datetime_subtract,
};

PyTypeObject hob_datetime_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "datetime.datetime",
    .tp_basicsize = sizeof(PyDateTime_DateTime),
    .tp_dealloc = hob_clock_dealloc,
    .tp_repr = datetime_repr,
    .tp_as_number = &datetime_number,
    .tp_hash = datetime_hash,
    .tp_str = datetime_str,
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .tp_doc = PyDoc_STR("datetime(year, month, day[, hour[, minute[, second[, "
                        "microsecond[,tzinfo]]]]])\n\nYear, month and day must be given; "
                        "tzinfo is None or of a tzinfo subclass.\n"),
    .tp_richcompare = datetime_richcompare,
    .tp_methods = datetime_methods,
    .tp_getset = hob_clock_getset,
    .tp_base = &hob_date_type,
    .tp_alloc = hob_clock_alloc,
    .tp_new = datetime_new,
};

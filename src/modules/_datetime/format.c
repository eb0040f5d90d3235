/* format.c -- dates and times as text: ISO 8601, ctime, strftime.
 *
 * strftime is time.strftime, looked up at each call, after %f, %z and %Z have
 * been replaced here: libc knows neither microseconds nor tzinfo objects.
 */
#include "modules/_datetime/datetime_int.h"

timespec
hob_format_timespec(const char *name, int us)
{
    static const char *const names[] = {"auto", "hours", "minutes", "seconds", "milliseconds",
                                        "microseconds"};
    if (!name) { return us ? SPEC_MICRO : SPEC_SECONDS; }
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (strcmp(name, names[i]) != 0) { continue; }
        if (i == SPEC_AUTO) { return us ? SPEC_MICRO : SPEC_SECONDS; }
        return (timespec)i;
    }
    PyErr_SetString(PyExc_ValueError, "Unknown timespec value");
    return SPEC_UNKNOWN;
}

/* n decimal digits of value at to; the place after them. */
static char *
put_number(char *to, int value, int n)
{
    for (int i = n; i-- > 0; value /= 10) { to[i] = (char)('0' + value % 10); }
    return to + n;
}

char *
hob_format_clock(char *to, clock_time clock, timespec spec)
{
    to = put_number(to, clock.hour, 2);
    if (spec >= SPEC_MINUTES) {
        *to++ = ':';
        to = put_number(to, clock.minute, 2);
    }
    if (spec >= SPEC_SECONDS) {
        *to++ = ':';
        to = put_number(to, clock.second, 2);
    }
    if (spec >= SPEC_MILLI) {
        *to++ = '.';
        to = spec == SPEC_MILLI ? put_number(to, clock.us / 1000, 3)
                                : put_number(to, clock.us, 6);
    }
    return to;
}

char *
hob_format_date(char *to, civil date)
{
    to = put_number(to, date.year, 4);
    *to++ = '-';
    to = put_number(to, date.month, 2);
    *to++ = '-';
    return put_number(to, date.day, 2);
}

void
hob_format_span(char *to, const char *sep, span us)
{
    int64_t left = (int64_t)(us < 0 ? -us : us);
    int seconds = (int)(left / SECOND_US), rest = (int)(left % SECOND_US);
    to += sprintf(to, "%c%02d%s%02d", us < 0 ? '-' : '+', seconds / 3600 % 100, sep,
                  seconds / 60 % 60);
    if (seconds % 60 || rest) { to += sprintf(to, "%s%02d", sep, seconds % 60); }
    if (rest) { sprintf(to, ".%06d", rest); }
}

status
hob_format_offset(char *to, const char *sep, PyObject *tzinfo, PyObject *moment)
{
    to[0] = '\0';
    if (tzinfo == Py_None) { return 0; }
    own PyObject *offset = hob_timezone_offset(tzinfo, moment);
    if (!offset) { return -1; }
    if (offset != Py_None) { hob_format_span(to, sep, hob_delta_span(offset)); }
    return 0;
}

PyObject *
hob_format_ctime(civil date, clock_time clock)
{
    static const char days[] = "MonTueWedThuFriSatSun";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    char out[64];
    int n = snprintf(out, sizeof out, "%.3s %.3s %2d %02d:%02d:%02d %04d",
                     days + 3 * hob_calendar_weekday(date), months + 3 * (date.month - 1),
                     date.day, clock.hour, clock.minute, clock.second, date.year);
    return PyUnicode_FromStringAndSize(out, n);
}

PyObject *
hob_format_struct_time(civil date, clock_time clock, int dst)
{
    own PyObject *module = hob_datetime_module(NAME(time));
    if (!module) { return NULL; }
    own PyObject *fields = Py_BuildValue(
        "(iiiiiiiii)", date.year, date.month, date.day, clock.hour, clock.minute, clock.second,
        hob_calendar_weekday(date), hob_calendar_year_day(date), dst);
    return fields ? PyObject_CallMethodOneArg(module, NAME(struct_time), fields) : NULL;
}

/* --- strftime --- */

static PyObject *
tzinfo_of(PyObject *self)
{
    if (PyTime_Check(self)) { return PyDateTime_TIME_GET_TZINFO(self); }
    if (PyDateTime_Check(self)) { return PyDateTime_DATE_GET_TZINFO(self); }
    return Py_None;
}

static int
microsecond_of(PyObject *self)
{
    if (PyTime_Check(self)) { return PyDateTime_TIME_GET_MICROSECOND(self); }
    return PyDateTime_Check(self) ? PyDateTime_DATE_GET_MICROSECOND(self) : 0;
}

/* The time zone's name, safe inside a format. */
static PyObject *
escaped_name(PyObject *tzinfo, PyObject *moment)
{
    if (tzinfo == Py_None) { return PyUnicode_New(0, 0); }
    own PyObject *name = hob_timezone_name(tzinfo, moment);
    if (!name) { return NULL; }
    if (name == Py_None) { return PyUnicode_New(0, 0); }
    own PyObject *result = PyObject_CallMethod(name, "replace", "ss", "%", "%%");
    if (result && !PyUnicode_Check(result)) {
        PyErr_SetString(PyExc_TypeError, "tzname.replace() did not return a string");
        return NULL;
    }
    if (result && !PyUnicode_AsUTF8(result)) { return NULL; }   /* as for the format */
    return take(result);
}

/* What stands for %f, %z or %Z. */
static PyObject *
replacement(char what, PyObject *self, PyObject *moment)
{
    char out[OFFSET_ROOM + 8];
    if (what == 'Z') { return escaped_name(tzinfo_of(self), moment); }
    if (what == 'z') {
        if (hob_format_offset(out, "", tzinfo_of(self), moment) < 0) { return NULL; }
    }
    else {
        sprintf(out, "%06d", microsecond_of(self));
    }
    return PyUnicode_FromString(out);
}

static status
write_part(_PyUnicodeWriter *w, PyObject *format, Py_ssize_t start, Py_ssize_t end)
{
    return start < end ? _PyUnicodeWriter_WriteSubstring(w, format, start, end) : 0;
}

/* format, to its first NUL, with %f, %z and %Z replaced. */
static PyObject *
expand(PyObject *self, PyObject *format, PyObject *moment)
{
    if (!PyUnicode_AsUTF8(format)) { return NULL; }     /* refuses surrogates */
    int kind = PyUnicode_KIND(format);
    const void *data = PyUnicode_DATA(format);
    Py_ssize_t length = PyUnicode_GET_LENGTH(format), done = 0, i = 0;
    _PyUnicodeWriter w;
    _PyUnicodeWriter_Init(&w);
    w.overallocate = 1;
    for (; i < length; i++) {
        Py_UCS4 c = PyUnicode_READ(kind, data, i);
        if (c == 0) { break; }
        if (c != '%' || i + 1 == length) { continue; }
        c = PyUnicode_READ(kind, data, i + 1);
        if (c == 'z' || c == 'Z' || c == 'f') {
            own PyObject *text = replacement((char)c, self, moment);
            if (!text || write_part(&w, format, done, i) < 0
                || _PyUnicodeWriter_WriteStr(&w, text) < 0) {
                _PyUnicodeWriter_Dealloc(&w);
                return NULL;
            }
            done = i + 2;
        }
        if (c != 0) { i++; }
    }
    if (write_part(&w, format, done, i) < 0) {
        _PyUnicodeWriter_Dealloc(&w);
        return NULL;
    }
    return _PyUnicodeWriter_Finish(&w);
}

PyObject *
hob_format_strftime(PyObject *self, PyObject *format, PyObject *tuple, PyObject *moment)
{
    own PyObject *whole = expand(self, format, moment);
    if (!whole) { return NULL; }
    Py_ssize_t length = PyUnicode_GET_LENGTH(whole);    /* a zone's name may hold a NUL too */
    Py_ssize_t end = PyUnicode_FindChar(whole, 0, 0, length, 1);
    own PyObject *expanded = PyUnicode_Substring(whole, 0, end < 0 ? length : end);
    if (!expanded) { return NULL; }
    own PyObject *module = hob_datetime_module(NAME(time));
    if (!module) { return NULL; }
    return PyObject_CallMethodObjArgs(module, NAME(strftime), expanded, tuple, NULL);
}

PyObject *
hob_format_with(PyObject *self, PyObject *args)
{
    PyObject *format;
    if (!PyArg_ParseTuple(args, "U:__format__", &format)) { return NULL; }
    if (PyUnicode_GetLength(format) == 0) { return PyObject_Str(self); }
    return PyObject_CallMethodOneArg(self, NAME(strftime), format);
}

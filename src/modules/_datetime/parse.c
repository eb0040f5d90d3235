/* parse.c -- reading ISO 8601 text: dates, ISO weeks, times, offsets.
 *
 * Layout     a text is a stretch of a str, read by code point; digits are ASCII
 *            only.  Forms: YYYYMMDD, YYYY-MM-DD, YYYY[-]Www[[-]D] for dates and
 *            HH[[:]MM[[:]SS]][(.|,)f..] with Z or a signed time after it.
 * Holds      the parsers check the form, hardly the ranges.
 */
#include "modules/_datetime/datetime_int.h"

static inline Py_UCS4
at(text s, Py_ssize_t i)
{
    return i < s.length ? PyUnicode_READ(s.kind, s.data, i) : 0;
}

static inline bool
is_digit(Py_UCS4 c)
{
    return c >= '0' && c <= '9';
}

/* count digits at i as a number, or -1. */
static int
digits(text s, Py_ssize_t i, int count)
{
    int value = 0;
    if (i + count > s.length) { return -1; }
    for (int k = 0; k < count; k++) {
        Py_UCS4 c = at(s, i + k);
        if (!is_digit(c)) { return -1; }
        value = value * 10 + (int)(c - '0');
    }
    return value;
}

/* Www[[-]D] at i. */
static int
parse_week(text s, Py_ssize_t i, int year, bool dashes, civil *out)
{
    int week = digits(s, i + 1, 2), weekday = 1, bad;
    if (week < 0) { return -1; }
    i += 3;
    if (i < s.length) {
        if ((at(s, i) == '-') != dashes) { return -1; }
        i += dashes;
        weekday = digits(s, i, 1);
        if (weekday < 0) { return -1; }
    }
    /* Year 0 has the weeks of 400, but no dates. */
    if (hob_calendar_from_iso(year ? year : 400, week, weekday, out, &bad)) { return -1; }
    if (year == 0) { *out = (civil){MIN_YEAR, 0, 0}; }
    return 0;
}

int
hob_parse_date(text s, civil *out)
{
    /* Of 10 characters without dashes the last two go unread, as the reference has it. */
    if (s.length != 7 && s.length != 8 && s.length != 10) { return -1; }
    out->year = digits(s, 0, 4);
    if (out->year < 0) { return -1; }
    bool dashes = at(s, 4) == '-';
    Py_ssize_t i = 4 + dashes;
    if (at(s, i) == 'W') { return parse_week(s, i, out->year, dashes, out); }
    if (dashes && at(s, 7) != '-') { return -1; }
    out->month = digits(s, i, 2);
    out->day = digits(s, i + 2 + dashes, 2);
    return out->month < 0 || out->day < 0 ? -1 : 0;
}

/* How much of "date, any character, time" is the date. */
Py_ssize_t
hob_parse_date_length(text s)
{
    if (at(s, 4) == '-') {
        if (at(s, 5) != 'W') { return 10; }
        if (at(s, 8) != '-') { return 8; }
        /* Www-D, or Www and a time of two digits after the "-". */
        return s.length > 10 && is_digit(at(s, 10)) ? 8 : 10;
    }
    if (at(s, 4) != 'W') { return 8; }
    Py_ssize_t i = 7;
    while (i < s.length && is_digit(at(s, i))) { i++; }
    if (i < 9) { return i; }
    return i % 2 == 0 ? 7 : 8;          /* a time has an even number of digits */
}

/* f.. in microseconds; 1 when something follows digits beyond the sixth. */
static int
parse_fraction(text s, Py_ssize_t i, int *us)
{
    Py_ssize_t length = s.length - i < 6 ? s.length - i : 6;
    *us = digits(s, i, (int)length);
    if (length == 0 || *us < 0) { return -1; }
    i += length;
    for (; length < 6; length++) { *us *= 10; }
    while (i < s.length && is_digit(at(s, i))) { i++; }
    return i < s.length;
}

/* HH[[:]MM[[:]SS]][.f..]: 0 for the whole of s, 1 when something is left over
 * that the reference lets pass in front of an offset. */
static int
parse_clock(text s, clock_time *out)
{
    int parts[3] = {0}, us = 0, left = 0;
    bool colons = at(s, 2) == ':';
    Py_ssize_t i = 0;
    for (int k = 0; k < 3; k++) {
        parts[k] = digits(s, i, 2);
        if (parts[k] < 0) { return -1; }
        i += 2;
        if (i == s.length) { break; }
        if (i + 1 == s.length) {
            *out = (clock_time){parts[0], parts[1], parts[2], 0};
            return 1;
        }
        Py_UCS4 c = at(s, i);
        bool fraction = c == '.' || c == ',';
        if (!fraction && colons && c != ':') { return -1; }
        if (fraction || colons) { i++; }
        if (fraction || k == 2) {
            left = parse_fraction(s, i, &us);
            break;
        }
    }
    *out = (clock_time){parts[0], parts[1], parts[2], us};
    return left;
}

int
hob_parse_time(text s, parsed_time *out)
{
    Py_ssize_t end = 0;
    *out = (parsed_time){0};
    while (end < s.length && at(s, end) != '+' && at(s, end) != '-' && at(s, end) != 'Z') {
        end++;
    }
    int left = parse_clock(text_part(s, 0, end), &out->clock);
    if (left < 0 || end == s.length) { return left ? -1 : 0; }
    out->has_offset = true;
    if (at(s, end) == 'Z') { return end + 1 == s.length ? 0 : -1; }
    clock_time offset;
    if (parse_clock(text_part(s, end + 1, s.length), &offset) != 0) { return -1; }
    int64_t us = (int64_t)clock_seconds(offset) * SECOND_US;
    us = clock_seconds(offset) == 0 ? 0 : us + offset.us;   /* less than a second is none */
    out->offset = at(s, end) == '-' ? -us : us;
    return 0;
}

status
hob_parse_open(PyObject *str, text *out)
{
    if (!PyUnicode_Check(str)) {
        PyErr_SetString(PyExc_TypeError, "fromisoformat: argument must be str");
        return -1;
    }
    if (PyUnicode_READY(str) < 0) { return -1; }
    *out = (text){PyUnicode_KIND(str), PyUnicode_DATA(str), PyUnicode_GET_LENGTH(str)};
    return 0;
}

PyObject *
hob_parse_tzinfo(const parsed_time *t)
{
    if (!t->has_offset) { return Py_NewRef(Py_None); }
    if (t->offset == 0) { return Py_NewRef(hob_timezone_utc); }
    own PyObject *delta = hob_delta_from_span(t->offset, &hob_delta_type);
    return delta ? hob_timezone_new(delta, NULL) : NULL;
}

PyObject *
hob_parse_refuse(PyObject *str)
{
    PyErr_Format(PyExc_ValueError, "Invalid isoformat string: %R", str);
    return NULL;
}

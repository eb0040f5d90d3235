/* datetime_int.h -- what the files of _datetime share.
 *
 * Layout     objects are those of <datetime.h>: dates and times are big-endian
 *            bytes, so that memcmp orders them; a date or time without tzinfo
 *            is allocated without the last two words.
 *            Arithmetic happens elsewhere, in plain numbers: a civil date, a
 *            clock reading, or a span (microseconds in 128 bits, enough for
 *            any timedelta times any 64-bit number).
 */
#pragma once
#define _PY_DATETIME_IMPL
#include <Python.h>

#include <datetime.h>
#include <time.h>

#include "memory/own.h"

enum {
    MIN_YEAR = 1, MAX_YEAR = 9999,
    MAX_ORDINAL = 3652059,              /* of 9999-12-31 */
    MAX_DELTA_DAYS = 999999999,
    DAY_SECONDS = 24 * 3600,
    SECOND_US = 1000000,
};
#define DAY_US ((span)DAY_SECONDS * SECOND_US)

typedef __int128 span;                  /* microseconds */

typedef struct {
    int year, month, day;
} civil;

typedef struct {
    int hour, minute, second, us;
} clock_time;

/* --- calendar.c: numbers only --- */
bool  hob_calendar_is_leap(int year);
int   hob_calendar_month_length(int year, int month);
int   hob_calendar_ordinal(civil date);         /* 0001-01-01 is 1 */
civil hob_calendar_civil(int ordinal);
int   hob_calendar_weekday(civil date);         /* Monday is 0 */
int   hob_calendar_year_day(civil date);        /* January 1 is 1 */
void  hob_calendar_iso(civil date, int *year, int *week, int *weekday);
/* NULL, or the text of what is wrong with a format for the bad number. */
const char *hob_calendar_from_iso(int year, int week, int weekday, civil *out, int *bad);
span  hob_calendar_floor_div(span a, span b, span *rest);
MUST_USE status hob_calendar_check_date(civil date);
MUST_USE status hob_calendar_check_clock(clock_time clock, int fold);
/* Move by whole days; OverflowError outside the years 1..9999. */
MUST_USE status hob_calendar_shift(civil *date, int64_t days);

static inline int
clock_seconds(clock_time t)
{
    return (t.hour * 60 + t.minute) * 60 + t.second;
}

static inline clock_time
clock_from(int seconds, int us)
{
    return (clock_time){seconds / 3600, seconds / 60 % 60, seconds % 60, us};
}

/* --- types --- */
typedef struct {
    PyObject_HEAD
    PyObject *offset;                   /* timedelta */
    PyObject *name;                     /* str, MAYBE_NULL */
} timezone_object;

extern PyTypeObject hob_date_type, hob_datetime_type, hob_time_type, hob_delta_type,
                    hob_tzinfo_type, hob_timezone_type, hob_iso_date_type;
extern PyObject *hob_timezone_utc;

#define PyDate_Check(op)          PyObject_TypeCheck(op, &hob_date_type)
#define PyDate_CheckExact(op)     Py_IS_TYPE(op, &hob_date_type)
#define PyDateTime_Check(op)      PyObject_TypeCheck(op, &hob_datetime_type)
#define PyDateTime_CheckExact(op) Py_IS_TYPE(op, &hob_datetime_type)
#define PyTime_Check(op)          PyObject_TypeCheck(op, &hob_time_type)
#define PyTime_CheckExact(op)     Py_IS_TYPE(op, &hob_time_type)
#define PyDelta_Check(op)         PyObject_TypeCheck(op, &hob_delta_type)
#define PyTZInfo_Check(op)        PyObject_TypeCheck(op, &hob_tzinfo_type)

static inline civil
date_civil(const void *op)              /* of a date or a datetime */
{
    return (civil){PyDateTime_GET_YEAR(op), PyDateTime_GET_MONTH(op), PyDateTime_GET_DAY(op)};
}

static inline clock_time
datetime_clock(const void *op)
{
    return (clock_time){PyDateTime_DATE_GET_HOUR(op), PyDateTime_DATE_GET_MINUTE(op),
                        PyDateTime_DATE_GET_SECOND(op), PyDateTime_DATE_GET_MICROSECOND(op)};
}

static inline clock_time
time_clock(const void *op)
{
    return (clock_time){PyDateTime_TIME_GET_HOUR(op), PyDateTime_TIME_GET_MINUTE(op),
                        PyDateTime_TIME_GET_SECOND(op), PyDateTime_TIME_GET_MICROSECOND(op)};
}

static inline void
put_civil(unsigned char *to, civil date)
{
    to[0] = (unsigned char)(date.year >> 8);
    to[1] = (unsigned char)date.year;
    to[2] = (unsigned char)date.month;
    to[3] = (unsigned char)date.day;
}

static inline void
put_clock(unsigned char *to, clock_time clock)
{
    to[0] = (unsigned char)clock.hour;
    to[1] = (unsigned char)clock.minute;
    to[2] = (unsigned char)clock.second;
    to[3] = (unsigned char)(clock.us >> 16);
    to[4] = (unsigned char)(clock.us >> 8);
    to[5] = (unsigned char)clock.us;
}

/* --- makers.  The first of a pair allocates an instance of type directly; the
 *     second calls a subclass, as programs expect of alternative constructors. --- */
MUST_USE PyObject *hob_delta_new(int days, int seconds, int us, bool normalize,
                                 PyTypeObject *type);
MUST_USE PyObject *hob_delta_from_span(span us, PyTypeObject *type);
MUST_USE PyObject *hob_date_new(civil date, PyTypeObject *type);
MUST_USE PyObject *hob_date_call(civil date, PyObject *type);
MUST_USE PyObject *hob_time_new(clock_time clock, PyObject *tzinfo, int fold,
                                PyTypeObject *type);
MUST_USE PyObject *hob_time_call(clock_time clock, PyObject *tzinfo, PyObject *type);
MUST_USE PyObject *hob_datetime_new(civil date, clock_time clock, PyObject *tzinfo, int fold,
                                    PyTypeObject *type);
MUST_USE PyObject *hob_datetime_call(civil date, clock_time clock, PyObject *tzinfo, int fold,
                                     PyObject *type);
MUST_USE PyObject *hob_timezone_new(PyObject *offset, PyObject *name);
MUST_USE PyObject *hob_timezone_make(PyObject *offset, PyObject *name);  /* checks nothing */

/* --- values --- */
span hob_delta_span(PyObject *delta);
MUST_USE PyObject *hob_delta_negative(PyObject *delta);
MUST_USE PyObject *hob_datetime_add(PyObject *self, PyObject *delta, int factor);
MUST_USE PyObject *hob_datetime_fromtimestamp(PyObject *type, PyObject *args, PyObject *kwargs);

/* --- time zones --- */
MUST_USE status    hob_timezone_check(PyObject *tzinfo);        /* None or a tzinfo */
MUST_USE PyObject *hob_timezone_offset(PyObject *tzinfo, PyObject *moment);
MUST_USE PyObject *hob_timezone_dst(PyObject *tzinfo, PyObject *moment);
MUST_USE PyObject *hob_timezone_name(PyObject *tzinfo, PyObject *moment);

/* --- clock.c: what time and datetime share --- */
PyObject *hob_clock_alloc(PyTypeObject *type, Py_ssize_t aware);
void      hob_clock_dealloc(PyObject *self);
/* All zero but for tzinfo, which may be None; not checked. */
MUST_USE PyObject *hob_clock_make(PyObject *tzinfo, PyTypeObject *type);
MUST_USE PyObject *hob_clock_from_state(PyTypeObject *type, PyObject *state, PyObject *tzinfo);
extern PyGetSetDef hob_clock_getset[];                          /* hour .. fold */
PyObject *hob_clock_reduce_ex(PyObject *self, PyObject *args);
PyObject *hob_clock_reduce(PyObject *self, PyObject *unused);

/* --- format.c --- */
enum { ISO_TIME_ROOM = 16, OFFSET_ROOM = 20 };
typedef enum {
    SPEC_AUTO, SPEC_HOURS, SPEC_MINUTES, SPEC_SECONDS, SPEC_MILLI, SPEC_MICRO, SPEC_UNKNOWN,
} timespec;
timespec hob_format_timespec(const char *name, int us); /* auto resolved, or SPEC_UNKNOWN */
char    *hob_format_clock(char *to, clock_time clock, timespec spec);
char    *hob_format_date(char *to, civil date);
/* "+hh<sep>mm[<sep>ss[.ffffff]]" or nothing; sep may be "". */
MUST_USE status hob_format_offset(char *to, const char *sep, PyObject *tzinfo,
                                  PyObject *moment);
void     hob_format_span(char *to, const char *sep, span us);
MUST_USE PyObject *hob_format_ctime(civil date, clock_time clock);
MUST_USE PyObject *hob_format_strftime(PyObject *self, PyObject *format, PyObject *tuple,
                                       PyObject *moment);
MUST_USE PyObject *hob_format_struct_time(civil date, clock_time clock, int dst);
MUST_USE PyObject *hob_format_with(PyObject *self, PyObject *args);     /* __format__ */

/* --- parse.c: 0, or -1 when the text is not of the form (no exception) --- */
typedef struct {
    int kind;
    const void *data;
    Py_ssize_t length;
} text;

typedef struct {
    clock_time clock;
    bool has_offset;
    span offset;
} parsed_time;

int hob_parse_date(text s, civil *out);
int hob_parse_time(text s, parsed_time *out);
Py_ssize_t hob_parse_date_length(text s);
MUST_USE status hob_parse_open(PyObject *str, text *out);
MUST_USE PyObject *hob_parse_tzinfo(const parsed_time *t);
PyObject *hob_parse_refuse(PyObject *str);              /* always NULL */

static inline text
text_part(text s, Py_ssize_t start, Py_ssize_t end)
{
    return (text){s.kind, (const char *)s.data + start * s.kind, end - start};
}

/* --- names looked up often, interned by module.c --- */
#define DATETIME_NAMES(X)                                                       \
    X(utcoffset) X(dst) X(tzname) X(fromutc) X(isoformat) X(strftime)           \
    X(timetuple) X(replace) X(struct_time) X(fromtimestamp) X(time)             \
    X(__getinitargs__) X(__getstate__) X(as_integer_ratio) X(_strptime_datetime) X(_strptime)
typedef struct {
#define X(name) PyObject *name;
    DATETIME_NAMES(X)
#undef X
} name_table;
extern name_table hob_datetime_names;
#define NAME(name) (hob_datetime_names.name)

/* Fast path of constructors: true when there are no keywords and the arguments,
 * low to high of them, are plain ints that fit; the rest of out is left alone. */
bool hob_datetime_plain_ints(PyObject *args, PyObject *kwargs, int low, int high, int *out);

/* The module of that name, from sys.modules when it is there. */
MUST_USE PyObject *hob_datetime_module(PyObject *name);

/* A pickled state: bytes, or the str old pickles hold (then encoded).  1 when
 * arg is one, with *out new; byte `at` without its top bit is in low..high. */
MUST_USE tri hob_datetime_state(PyObject *arg, Py_ssize_t size, int at, int mask, int low,
                                int high, const char *what, PyObject **out);

/* time.c -- points in time and durations as 64-bit nanoseconds (_PyTime_t).
 *
 * Everything that waits or reads a clock speaks in these; Python's ints and
 * floats are converted here, with the rounding the caller asks for.
 *
 * Holds      Arithmetic that overflows is clamped or an OverflowError, as the
 *            function says; it never wraps.
 * Next       modules/time.c
 */
#include <Python.h>
#include <errno.h>
#include <math.h>
#include <sys/time.h>
#include <time.h>

#include "base/c.h"

#define NS_PER_SECOND INT64_C(1000000000)

typedef _PyTime_round_t rounding;

/* --- errors --- */

static status
too_large(void)
{
    PyErr_SetString(PyExc_OverflowError, "timestamp too large to convert to C _PyTime_t");
    return -1;
}

static status
out_of_time_t(void)
{
    PyErr_SetString(PyExc_OverflowError, "timestamp out of range for platform time_t");
    return -1;
}

static status
not_a_number(void)
{
    PyErr_SetString(PyExc_ValueError, "Invalid value NaN (not a number)");
    return -1;
}

/* --- rounding --- */

static double
round_double(double x, rounding how)
{
    switch (how) {
    case _PyTime_ROUND_FLOOR:   return floor(x);
    case _PyTime_ROUND_CEILING: return ceil(x);
    case _PyTime_ROUND_UP:      return x >= 0.0 ? ceil(x) : floor(x);
    default:                    return nearbyint(x);        /* ties to even */
    }
}

/* t / k, k > 1, rounded */
static int64_t
divide(int64_t t, int64_t k, rounding how)
{
    int64_t quotient = t / k, rest = t % k;         /* rest has t's sign */
    if (rest == 0) { return quotient; }
    int away = t > 0 ? 1 : -1;
    switch (how) {
    case _PyTime_ROUND_FLOOR:   return t < 0 ? quotient - 1 : quotient;
    case _PyTime_ROUND_CEILING: return t > 0 ? quotient + 1 : quotient;
    case _PyTime_ROUND_UP:      return quotient + away;
    default: {
        int64_t size = rest < 0 ? -rest : rest;
        bool further = size > k - size || (size == k - size && (quotient & 1));
        return further ? quotient + away : quotient;
    }
    }
}

static int64_t
clamped_mul(int64_t a, int64_t b)
{
    int64_t product;
    if (!__builtin_mul_overflow(a, b, &product)) { return product; }
    return (a < 0) == (b < 0) ? _PyTime_MAX : _PyTime_MIN;
}

static int64_t
clamped_add(int64_t a, int64_t b)
{
    int64_t sum;
    if (!__builtin_add_overflow(a, b, &sum)) { return sum; }
    return b > 0 ? _PyTime_MAX : _PyTime_MIN;
}

_PyTime_t
_PyTime_Add(_PyTime_t t1, _PyTime_t t2)
{
    return clamped_add(t1, t2);
}

_PyTime_t
_PyTime_MulDiv(_PyTime_t ticks, _PyTime_t mul, _PyTime_t div)
{
    return clamped_add(clamped_mul(ticks / div, mul), ticks % div * mul / div);
}

/* --- time_t and Python objects --- */

PyObject *
_PyLong_FromTime_t(time_t t)
{
    return PyLong_FromLongLong((long long)t);
}

time_t
_PyLong_AsTime_t(PyObject *obj)
{
    long long value = PyLong_AsLongLong(obj);
    if (value == -1 && PyErr_Occurred() && PyErr_ExceptionMatches(PyExc_OverflowError)) {
        out_of_time_t();
    }
    return (time_t)value;
}

static bool
fits_int64(double x)
{
    return -9223372036854775808.0 <= x && x < 9223372036854775808.0;
}

int
_PyTime_ObjectToTime_t(PyObject *obj, time_t *sec, rounding how)
{
    if (PyFloat_Check(obj)) {
        double d = PyFloat_AsDouble(obj);
        if (isnan(d)) {
            *sec = 0;
            return not_a_number();
        }
        d = round_double(d, how);
        if (!fits_int64(d)) {
            *sec = 0;
            return out_of_time_t();
        }
        *sec = (time_t)d;
        return 0;
    }
    *sec = _PyLong_AsTime_t(obj);
    return *sec == (time_t)-1 && PyErr_Occurred() ? -1 : 0;
}

/* Seconds and a fraction, 0 <= fraction < unit. */
static status
split_seconds(PyObject *obj, time_t *sec, long *fraction, long unit, rounding how)
{
    *fraction = 0;
    if (!PyFloat_Check(obj)) {
        *sec = _PyLong_AsTime_t(obj);
        return *sec == (time_t)-1 && PyErr_Occurred() ? -1 : 0;
    }
    double d = PyFloat_AsDouble(obj), whole;
    if (isnan(d)) {
        *sec = 0;
        return not_a_number();
    }
    double part = round_double(modf(d, &whole) * (double)unit, how);
    if (part >= (double)unit) {
        part -= (double)unit;
        whole += 1.0;
    }
    else if (part < 0) {
        part += (double)unit;
        whole -= 1.0;
    }
    if (!fits_int64(whole)) {
        *sec = 0;
        return out_of_time_t();
    }
    *sec = (time_t)whole;
    *fraction = (long)part;
    return 0;
}

int
_PyTime_ObjectToTimespec(PyObject *obj, time_t *sec, long *nsec, rounding how)
{
    return split_seconds(obj, sec, nsec, 1000000000, how);
}

int
_PyTime_ObjectToTimeval(PyObject *obj, time_t *sec, long *usec, rounding how)
{
    return split_seconds(obj, sec, usec, 1000000, how);
}

/* --- to _PyTime_t --- */

_PyTime_t
_PyTime_FromSeconds(int seconds)
{
    return (_PyTime_t)seconds * NS_PER_SECOND;
}

_PyTime_t
_PyTime_FromNanoseconds(_PyTime_t ns)
{
    return ns;
}

int
_PyTime_FromNanosecondsObject(_PyTime_t *t, PyObject *obj)
{
    if (!PyLong_Check(obj)) {
        PyErr_Format(PyExc_TypeError, "expect int, got %s", Py_TYPE(obj)->tp_name);
        return -1;
    }
    long long ns = PyLong_AsLongLong(obj);
    if (ns == -1 && PyErr_Occurred()) {
        return PyErr_ExceptionMatches(PyExc_OverflowError) ? too_large() : -1;
    }
    *t = ns;
    return 0;
}

static status
from_object(_PyTime_t *t, PyObject *obj, rounding how, int64_t unit_ns)
{
    if (PyFloat_Check(obj)) {
        double d = PyFloat_AsDouble(obj);
        if (isnan(d)) { return not_a_number(); }
        d = round_double(d * (double)unit_ns, how);
        if (!fits_int64(d)) { return too_large(); }
        *t = (_PyTime_t)d;
        return 0;
    }
    long long value = PyLong_AsLongLong(obj);
    if (value == -1 && PyErr_Occurred()) {
        return PyErr_ExceptionMatches(PyExc_OverflowError) ? too_large() : -1;
    }
    if (__builtin_mul_overflow((int64_t)value, unit_ns, t)) {
        *t = clamped_mul(value, unit_ns);
        return too_large();
    }
    return 0;
}

int
_PyTime_FromSecondsObject(_PyTime_t *t, PyObject *obj, rounding how)
{
    return from_object(t, obj, how, NS_PER_SECOND);
}

int
_PyTime_FromMillisecondsObject(_PyTime_t *t, PyObject *obj, rounding how)
{
    return from_object(t, obj, how, 1000000);
}

/* sec and a fraction in ns; clamped, false when it was */
static bool
join(int64_t sec, int64_t ns, _PyTime_t *t)
{
    int64_t whole;
    bool fits = !__builtin_mul_overflow(sec, NS_PER_SECOND, &whole);
    if (!fits) { whole = clamped_mul(sec, NS_PER_SECOND); }
    fits &= !__builtin_add_overflow(whole, ns, t);
    if (!fits) { *t = clamped_add(whole, ns); }
    return fits;
}

int
_PyTime_FromTimespec(_PyTime_t *t, struct timespec *ts)
{
    return join(ts->tv_sec, ts->tv_nsec, t) ? 0 : too_large();
}

int
_PyTime_FromTimeval(_PyTime_t *t, struct timeval *tv)
{
    return join(tv->tv_sec, (int64_t)tv->tv_usec * 1000, t) ? 0 : too_large();
}

/* --- from _PyTime_t --- */

double
_PyTime_AsSecondsDouble(_PyTime_t t)
{
    /* Whole seconds exactly, so that no bit is lost twice. */
    if (t % NS_PER_SECOND == 0) { return (double)(t / NS_PER_SECOND); }
    return (double)t / 1e9;
}

_PyTime_t
_PyTime_AsNanoseconds(_PyTime_t t)
{
    return t;
}

PyObject *
_PyTime_AsNanosecondsObject(_PyTime_t t)
{
    return PyLong_FromLongLong(t);
}

_PyTime_t
_PyTime_AsMilliseconds(_PyTime_t t, rounding how)
{
    return divide(t, 1000000, how);
}

_PyTime_t
_PyTime_AsMicroseconds(_PyTime_t t, rounding how)
{
    return divide(t, 1000, how);
}

/* t in units of 1 s / unit: whole seconds, 0 <= fraction < unit */
static void
split_time(int64_t t, int64_t unit, time_t *sec, long *fraction)
{
    int64_t whole = t / unit, rest = t % unit;
    if (rest < 0) {
        rest += unit;
        whole -= 1;
    }
    *sec = (time_t)whole;
    *fraction = (long)rest;
}

void
_PyTime_AsTimeval_clamp(_PyTime_t t, struct timeval *tv, rounding how)
{
    split_time(divide(t, 1000, how), 1000000, &tv->tv_sec, &tv->tv_usec);
}

int
_PyTime_AsTimeval(_PyTime_t t, struct timeval *tv, rounding how)
{
    _PyTime_AsTimeval_clamp(t, tv, how);        /* a 64-bit time_t holds every value */
    return 0;
}

int
_PyTime_AsTimevalTime_t(_PyTime_t t, time_t *secs, int *us, rounding how)
{
    struct timeval tv;
    _PyTime_AsTimeval_clamp(t, &tv, how);
    *secs = tv.tv_sec;
    *us = (int)tv.tv_usec;
    return 0;
}

void
_PyTime_AsTimespec_clamp(_PyTime_t t, struct timespec *ts)
{
    split_time(t, NS_PER_SECOND, &ts->tv_sec, &ts->tv_nsec);
}

int
_PyTime_AsTimespec(_PyTime_t t, struct timespec *ts)
{
    _PyTime_AsTimespec_clamp(t, ts);
    return 0;
}

/* --- clocks --- */

static status
read_clock(clockid_t clock, const char *name, bool is_monotonic, _PyTime_t *t,
           _Py_clock_info_t *info)
{
    struct timespec ts;
    if (clock_gettime(clock, &ts) != 0) {
        PyErr_SetFromErrno(PyExc_OSError);
        return -1;
    }
    if (!join(ts.tv_sec, ts.tv_nsec, t)) { return too_large(); }
    if (!info) { return 0; }
    info->implementation = name;
    info->monotonic = is_monotonic;
    info->adjustable = !is_monotonic;
    if (clock_getres(clock, &ts) != 0) {
        PyErr_SetFromErrno(PyExc_OSError);
        return -1;
    }
    info->resolution = (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
    return 0;
}

static _PyTime_t
peek_clock(clockid_t clock)
{
    struct timespec ts;
    _PyTime_t t;
    if (clock_gettime(clock, &ts) != 0) { return 0; }
    join(ts.tv_sec, ts.tv_nsec, &t);
    return t;
}

_PyTime_t
_PyTime_GetSystemClock(void)
{
    return peek_clock(CLOCK_REALTIME);
}

int
_PyTime_GetSystemClockWithInfo(_PyTime_t *t, _Py_clock_info_t *info)
{
    return read_clock(CLOCK_REALTIME, "clock_gettime(CLOCK_REALTIME)", false, t, info);
}

_PyTime_t
_PyTime_GetMonotonicClock(void)
{
    return peek_clock(CLOCK_MONOTONIC);
}

int
_PyTime_GetMonotonicClockWithInfo(_PyTime_t *t, _Py_clock_info_t *info)
{
    return read_clock(CLOCK_MONOTONIC, "clock_gettime(CLOCK_MONOTONIC)", true, t, info);
}

_PyTime_t
_PyTime_GetPerfCounter(void)
{
    return _PyTime_GetMonotonicClock();
}

int
_PyTime_GetPerfCounterWithInfo(_PyTime_t *t, _Py_clock_info_t *info)
{
    return _PyTime_GetMonotonicClockWithInfo(t, info);
}

_PyTime_t
_PyDeadline_Init(_PyTime_t timeout)
{
    return clamped_add(_PyTime_GetMonotonicClock(), timeout);
}

_PyTime_t
_PyDeadline_Get(_PyTime_t deadline)
{
    return deadline - _PyTime_GetMonotonicClock();
}

/* --- calendars --- */

static int
from_calendar(struct tm *result)
{
    if (result) { return 0; }
    if (errno == 0) { errno = EINVAL; }
    PyErr_SetFromErrno(PyExc_OSError);
    return -1;
}

int
_PyTime_localtime(time_t t, struct tm *tm)
{
    errno = 0;
    return from_calendar(localtime_r(&t, tm));
}

int
_PyTime_gmtime(time_t t, struct tm *tm)
{
    errno = 0;
    return from_calendar(gmtime_r(&t, tm));
}

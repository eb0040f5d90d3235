/* time.c -- module time: clocks, sleeping, calendars.
 *
 * Holds      A struct tm in here has tm_mon, tm_wday and tm_yday as C wants them
 *            (from 0, Sunday first); time.struct_time as Python does.
 *            tzname, timezone, altzone and daylight are computed at import and by
 *            tzset() from what localtime() says of January and July.
 * Next       state/time.c (conversions, _PyTime_t)
 */
#include <Python.h>
#include <errno.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/times.h>
#include <time.h>
#include <unistd.h>

#include "base/c.h"
#include "memory/own.h"

static PyTypeObject *struct_time_type;

/* --- clocks --- */

static PyObject *
seconds_object(_PyTime_t t)
{
    return PyFloat_FromDouble(_PyTime_AsSecondsDouble(t));
}

static status
read_cpu_clock(clockid_t clock, const char *name, _PyTime_t *t, _Py_clock_info_t *info)
{
    struct timespec ts;
    if (clock_gettime(clock, &ts) != 0) {
        PyErr_SetFromErrno(PyExc_OSError);
        return -1;
    }
    if (_PyTime_FromTimespec(t, &ts) < 0) { return -1; }
    if (!info) { return 0; }
    info->implementation = name;
    info->monotonic = 1;
    info->adjustable = 0;
    if (clock_getres(clock, &ts) != 0) {
        PyErr_SetFromErrno(PyExc_OSError);
        return -1;
    }
    info->resolution = (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
    return 0;
}

static int
process_clock(_PyTime_t *t, _Py_clock_info_t *info)
{
    return read_cpu_clock(CLOCK_PROCESS_CPUTIME_ID, "clock_gettime(CLOCK_PROCESS_CPUTIME_ID)",
                          t,
                          info);
}

static int
thread_clock(_PyTime_t *t, _Py_clock_info_t *info)
{
    return read_cpu_clock(CLOCK_THREAD_CPUTIME_ID, "clock_gettime(CLOCK_THREAD_CPUTIME_ID)", t,
                          info);
}

#define CLOCK_PAIR(name, read)                                          \
    static PyObject *                                                   \
    name(PyObject *module, PyObject *unused)                            \
    {                                                                   \
        _PyTime_t t;                                                    \
        return read(&t, NULL) < 0 ? NULL : seconds_object(t);           \
    }                                                                   \
    static PyObject *                                                   \
    name##_ns(PyObject *module, PyObject *unused)                       \
    {                                                                   \
        _PyTime_t t;                                                    \
        return read(&t, NULL) < 0 ? NULL : _PyTime_AsNanosecondsObject(t); \
    }

CLOCK_PAIR(time_time, _PyTime_GetSystemClockWithInfo)
CLOCK_PAIR(monotonic, _PyTime_GetMonotonicClockWithInfo)
CLOCK_PAIR(perf_counter, _PyTime_GetPerfCounterWithInfo)
CLOCK_PAIR(process_time, process_clock)
CLOCK_PAIR(thread_time, thread_clock)

static const struct {
    const char *name;
    int (*read)(_PyTime_t *t, _Py_clock_info_t *info);
} clocks[] = {
    {"time", _PyTime_GetSystemClockWithInfo},
    {"monotonic", _PyTime_GetMonotonicClockWithInfo},
    {"perf_counter", _PyTime_GetPerfCounterWithInfo},
    {"process_time", process_clock},
    {"thread_time", thread_clock},
};

HOB_EXPORT PyObject *_PyNamespace_New(PyObject *kwds);

static PyObject *
get_clock_info(PyObject *module, PyObject *args)
{
    const char *name;
    if (!PyArg_ParseTuple(args, "s:get_clock_info", &name)) { return NULL; }
    for (size_t i = 0; i < ARRAY_LEN(clocks); i++) {
        if (strcmp(name, clocks[i].name) != 0) { continue; }
        _PyTime_t t;
        _Py_clock_info_t info;
        if (clocks[i].read(&t, &info) < 0) { return NULL; }
        own PyObject *dict = Py_BuildValue("{sssNsNsd}", "implementation", info.implementation,
                                           "monotonic", PyBool_FromLong(info.monotonic),
                                           "adjustable", PyBool_FromLong(info.adjustable),
                                           "resolution", info.resolution);
        return dict ? _PyNamespace_New(dict) : NULL;
    }
    PyErr_SetString(PyExc_ValueError, "unknown clock");
    return NULL;
}

static PyObject *
clock_read(PyObject *args, const char *format, bool as_float)
{
    int id;
    struct timespec ts;
    _PyTime_t t;
    if (!PyArg_ParseTuple(args, format, &id)) { return NULL; }
    if (clock_gettime((clockid_t)id, &ts) != 0) { return PyErr_SetFromErrno(PyExc_OSError); }
    if (as_float) {
        return PyFloat_FromDouble((double)ts.tv_sec + (double)ts.tv_nsec * 1e-9);
    }
    return _PyTime_FromTimespec(&t, &ts) < 0 ? NULL : _PyTime_AsNanosecondsObject(t);
}

static PyObject *
clock_gettime_(PyObject *module, PyObject *args)
{
    return clock_read(args, "i:clock_gettime", true);
}

static PyObject *
clock_gettime_ns(PyObject *module, PyObject *args)
{
    return clock_read(args, "i:clock_gettime", false);
}

static PyObject *
clock_write(int id, _PyTime_t t)
{
    struct timespec ts;
    if (_PyTime_AsTimespec(t, &ts) < 0) { return NULL; }
    if (clock_settime((clockid_t)id, &ts) != 0) { return PyErr_SetFromErrno(PyExc_OSError); }
    Py_RETURN_NONE;
}

static PyObject *
clock_settime_(PyObject *module, PyObject *args)
{
    int id;
    PyObject *obj;
    _PyTime_t t;
    if (!PyArg_ParseTuple(args, "iO:clock_settime", &id, &obj)) { return NULL; }
    if (_PyTime_FromSecondsObject(&t, obj, _PyTime_ROUND_FLOOR) < 0) { return NULL; }
    return clock_write(id, t);
}

static PyObject *
clock_settime_ns(PyObject *module, PyObject *args)
{
    int id;
    PyObject *obj;
    _PyTime_t t;
    if (!PyArg_ParseTuple(args, "iO:clock_settime", &id, &obj)) { return NULL; }
    if (_PyTime_FromNanosecondsObject(&t, obj) < 0) { return NULL; }
    return clock_write(id, t);
}

static PyObject *
clock_getres_(PyObject *module, PyObject *args)
{
    int id;
    struct timespec ts;
    if (!PyArg_ParseTuple(args, "i:clock_getres", &id)) { return NULL; }
    if (clock_getres((clockid_t)id, &ts) != 0) { return PyErr_SetFromErrno(PyExc_OSError); }
    return PyFloat_FromDouble((double)ts.tv_sec + (double)ts.tv_nsec * 1e-9);
}

static PyObject *
pthread_getcpuclockid_(PyObject *module, PyObject *args)
{
    unsigned long thread_id;
    clockid_t id;
    if (!PyArg_ParseTuple(args, "k:pthread_getcpuclockid", &thread_id)) { return NULL; }
    int error = pthread_getcpuclockid((pthread_t)thread_id, &id);
    if (error) {
        errno = error;
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    return PyLong_FromLong(id);
}

/* --- sleeping --- */

static PyObject *
time_sleep(PyObject *module, PyObject *seconds)
{
    _PyTime_t t;
    if (_PyTime_FromSecondsObject(&t, seconds, _PyTime_ROUND_TIMEOUT) < 0) { return NULL; }
    if (t < 0) {
        PyErr_SetString(PyExc_ValueError, "sleep length must be non-negative");
        return NULL;
    }
    _PyTime_t deadline = _PyDeadline_Init(t);
    struct timespec until;
    _PyTime_AsTimespec_clamp(deadline, &until);
    for (;;) {
        int error;
        Py_BEGIN_ALLOW_THREADS
        error = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
        Py_END_ALLOW_THREADS
        if (error == 0) { Py_RETURN_NONE; }
        if (error != EINTR) {
            errno = error;
            return PyErr_SetFromErrno(PyExc_OSError);
        }
        if (PyErr_CheckSignals()) { return NULL; }
    }
}

/* --- struct_time --- */

static PyStructSequence_Field struct_time_fields[] = {
    {"tm_year", "year, for example, 1993"},
    {"tm_mon", "month of year, range [1, 12]"},
    {"tm_mday", "day of month, range [1, 31]"},
    {"tm_hour", "hours, range [0, 23]"},
    {"tm_min", "minutes, range [0, 59]"},
    {"tm_sec", "seconds, range [0, 61])"},
    {"tm_wday", "day of week, range [0, 6], Monday is 0"},
    {"tm_yday", "day of year, range [1, 366]"},
    {"tm_isdst", "1 if summer time is in effect, 0 if not, and -1 if unknown"},
    {"tm_zone", "abbreviation of timezone name"},
    {"tm_gmtoff", "offset from UTC in seconds"},
    {NULL},
};

PyDoc_STRVAR(struct_time_doc,
    "A point in time by the calendar, as gmtime(), localtime() and strptime() return it\n"
    "and asctime(), mktime() and strftime() take it: a sequence of 9 integers.\n\n"
    "Years are real ones, months count from 1, and Monday is day 0 of the week.");

static PyStructSequence_Desc struct_time_desc = {"time.struct_time", struct_time_doc,
                                                 struct_time_fields, 9};

static PyObject *
struct_time_from(const struct tm *tm)
{
    own PyObject *result = PyStructSequence_New(struct_time_type);
    if (!result) { return NULL; }
    const long values[] = {tm->tm_year + 1900L, tm->tm_mon + 1, tm->tm_mday, tm->tm_hour,
                           tm->tm_min, tm->tm_sec, (tm->tm_wday + 6) % 7, tm->tm_yday + 1,
                           tm->tm_isdst};
    for (int i = 0; i < 9; i++) {
        PyObject *value = PyLong_FromLong(values[i]);
        if (!value) { return NULL; }
        PyStructSequence_SET_ITEM(result, i, value);
    }
    PyObject *zone = PyUnicode_DecodeLocale(tm->tm_zone, "surrogateescape");
    if (!zone) { return NULL; }
    PyStructSequence_SET_ITEM(result, 9, zone);
    PyObject *offset = PyLong_FromLong(tm->tm_gmtoff);
    if (!offset) { return NULL; }
    PyStructSequence_SET_ITEM(result, 10, offset);
    return take(result);
}

/* An optional number of seconds; now without it. */
static status
parse_when(PyObject *args, const char *format, time_t *when)
{
    PyObject *obj = NULL;
    if (!PyArg_ParseTuple(args, format, &obj)) { return -1; }
    if (!obj || obj == Py_None) {
        *when = time(NULL);
        return 0;
    }
    return _PyTime_ObjectToTime_t(obj, when, _PyTime_ROUND_FLOOR);
}

static PyObject *
time_gmtime(PyObject *module, PyObject *args)
{
    time_t when;
    struct tm tm;
    if (parse_when(args, "|O:gmtime", &when) < 0 || _PyTime_gmtime(when, &tm) < 0) {
        return NULL;
    }
    return struct_time_from(&tm);
}

static PyObject *
time_localtime(PyObject *module, PyObject *args)
{
    time_t when;
    struct tm tm;
    if (parse_when(args, "|O:localtime", &when) < 0 || _PyTime_localtime(when, &tm) < 0) {
        return NULL;
    }
    return struct_time_from(&tm);
}

/* Read a tuple or struct_time; format names the function in its errors. */
static status
tm_from(PyObject *obj, struct tm *tm, const char *format)
{
    memset(tm, 0, sizeof *tm);
    if (!PyTuple_Check(obj)) {
        PyErr_SetString(PyExc_TypeError, "Tuple or struct_time argument required");
        return -1;
    }
    own PyObject *tuple = Py_NewRef(obj);
    if (Py_IS_TYPE(obj, struct_time_type)) {
        Py_SETREF(tuple, PySequence_Tuple(obj));        /* without the hidden fields */
        if (!tuple) { return -1; }
    }
    int year;
    if (!PyArg_ParseTuple(tuple, format, &year, &tm->tm_mon, &tm->tm_mday, &tm->tm_hour,
                           &tm->tm_min, &tm->tm_sec, &tm->tm_wday, &tm->tm_yday,
                           &tm->tm_isdst)) {
        return -1;
    }
    if (year < INT_MIN + 1900) {
        PyErr_SetString(PyExc_OverflowError, "year out of range");
        return -1;
    }
    tm->tm_year = year - 1900;
    tm->tm_mon--;
    tm->tm_wday = (tm->tm_wday + 1) % 7;
    tm->tm_yday--;
    if (!Py_IS_TYPE(obj, struct_time_type)) { return 0; }
    PyObject *zone = PyStructSequence_GET_ITEM(obj,
                                               9), *offset = PyStructSequence_GET_ITEM(obj, 10);
    if (zone && zone != Py_None) {
        tm->tm_zone = PyUnicode_AsUTF8(zone);
        if (!tm->tm_zone) { return -1; }
    }
    if (offset && offset != Py_None) {
        tm->tm_gmtoff = PyLong_AsLong(offset);
        if (PyErr_Occurred()) { return -1; }
    }
    return 0;
}

/* Is every field one that strftime() and asctime() may see?  0 stands for 1 in
 * months and days, as it always did. */
static status
check_fields(struct tm *tm)
{
    if (tm->tm_mon == -1) { tm->tm_mon = 0; }
    if (tm->tm_mday == 0) { tm->tm_mday = 1; }
    if (tm->tm_yday == -1) { tm->tm_yday = 0; }
    const struct { int value, low, high; const char *what; } ranges[] = {
        {tm->tm_mon, 0, 11, "month out of range"},
        {tm->tm_mday, 1, 31, "day of month out of range"},
        {tm->tm_hour, 0, 23, "hour out of range"},
        {tm->tm_min, 0, 59, "minute out of range"},
        {tm->tm_sec, 0, 61, "seconds out of range"},
        {tm->tm_wday, 0, INT_MAX, "day of week out of range"},
        {tm->tm_yday, 0, 365, "day of year out of range"},
    };
    for (size_t i = 0; i < ARRAY_LEN(ranges); i++) {
        if (ranges[i].value < ranges[i].low || ranges[i].value > ranges[i].high) {
            PyErr_SetString(PyExc_ValueError, ranges[i].what);
            return -1;
        }
    }
    return 0;
}

/* --- text --- */

static PyObject *
asctime_of(const struct tm *tm)
{
    static const char days[7][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    return PyUnicode_FromFormat("%s %s%3d %.2d:%.2d:%.2d %d", days[tm->tm_wday],
                                months[tm->tm_mon], tm->tm_mday, tm->tm_hour, tm->tm_min,
                                tm->tm_sec, 1900 + tm->tm_year);
}

static PyObject *
time_asctime(PyObject *module, PyObject *args)
{
    PyObject *given = NULL;
    struct tm tm;
    if (!PyArg_UnpackTuple(args, "asctime", 0, 1, &given)) { return NULL; }
    if (!given) {
        if (_PyTime_localtime(time(NULL), &tm) < 0) { return NULL; }
    }
    else if (tm_from(given, &tm, "iiiiiiiii;asctime(): illegal time tuple argument") < 0
             || check_fields(&tm) < 0) {
        return NULL;
    }
    return asctime_of(&tm);
}

static PyObject *
time_ctime(PyObject *module, PyObject *args)
{
    time_t when;
    struct tm tm;
    if (parse_when(args, "|O:ctime", &when) < 0 || _PyTime_localtime(when, &tm) < 0) {
        return NULL;
    }
    return asctime_of(&tm);
}

/* One run of format without surrogates that the locale cannot write. */
static PyObject *
format_time(const char *format, const struct tm *tm)
{
    size_t length = strlen(format);
    for (size_t size = 1024;; size *= 2) {
        char *text = PyMem_Malloc(size);
        if (!text) { return PyErr_NoMemory(); }
        errno = 0;
        size_t n = strftime(text, size, format, tm);
        if (n > 0 || size >= 256 * (length + 1)) {
            PyObject *result = n || !errno || errno == ERANGE
                ? PyUnicode_DecodeLocaleAndSize(text, (Py_ssize_t)n, "surrogateescape")
                : PyErr_SetFromErrno(PyExc_OSError);
            PyMem_Free(text);
            return result;
        }
        PyMem_Free(text);
    }
}

/* strftime() as the C library has it, on wide characters: any text passes. */
static PyObject *
format_time_wide(const wchar_t *format, const struct tm *tm)
{
    size_t length = wcslen(format);
    for (size_t size = 1024;; size *= 2) {
        wchar_t *text = PyMem_New(wchar_t, size);
        if (!text) { return PyErr_NoMemory(); }
        size_t n = wcsftime(text, size, format, tm);
        if (n > 0 || size >= 256 * (length + 1)) {
            PyObject *result = PyUnicode_FromWideChar(text, (Py_ssize_t)n);
            PyMem_Free(text);
            return result;
        }
        PyMem_Free(text);
    }
}

static PyObject *
time_strftime(PyObject *module, PyObject *args)
{
    PyObject *format, *given = NULL;
    struct tm tm;
    if (!PyArg_ParseTuple(args, "U|O:strftime", &format, &given)) { return NULL; }
    if (!given) {
        if (_PyTime_localtime(time(NULL), &tm) < 0) { return NULL; }
    }
    else if (tm_from(given, &tm, "iiiiiiiii;strftime(): illegal time tuple argument") < 0
             || check_fields(&tm) < 0) {
        return NULL;
    }
    if (tm.tm_isdst < -1) { tm.tm_isdst = -1; }         /* the C library crashes on others */
    else if (tm.tm_isdst > 1) { tm.tm_isdst = 1; }
    if (PyUnicode_IS_ASCII(format)) {
        const char *text = PyUnicode_AsUTF8(format);
        if (!text) { return NULL; }
        if (strlen(text) == (size_t)PyUnicode_GET_LENGTH(format)) {
            return format_time(text, &tm);
        }
    }
    wchar_t *wide = PyUnicode_AsWideCharString(format, NULL);   /* refuses embedded nulls */
    if (!wide) { return NULL; }
    PyObject *result = format_time_wide(wide, &tm);
    PyMem_Free(wide);
    return result;
}

static PyObject *
time_strptime(PyObject *module, PyObject *args)
{
    own PyObject *helper = PyImport_ImportModule("_strptime");
    own PyObject *func = helper ? PyObject_GetAttrString(helper, "_strptime_time") : NULL;
    return func ? PyObject_Call(func, args, NULL) : NULL;
}

static PyObject *
time_mktime(PyObject *module, PyObject *given)
{
    struct tm tm;
    if (tm_from(given, &tm, "iiiiiiiii;mktime(): illegal time tuple argument") < 0) {
        return NULL;
    }
    tm.tm_wday = -1;                    /* stays so if mktime() fails: -1 is also a time */
    time_t t = mktime(&tm);
    if (t == (time_t)-1 && tm.tm_wday == -1) {
        PyErr_SetString(PyExc_OverflowError, "mktime argument out of range");
        return NULL;
    }
    return PyFloat_FromDouble((double)t);
}

/* --- zones --- */

enum { YEAR = (365 * 24 + 6) * 3600 };

static status
zone_of(time_t when, char *name, size_t size, long *west)
{
    struct tm tm;
    if (_PyTime_localtime(when, &tm) < 0) { return -1; }
    const char *zone = tm.tm_zone ? tm.tm_zone : "   ";
    size_t n = strlen(zone) < size - 1 ? strlen(zone) : size - 1;
    memcpy(name, zone, n);
    name[n] = '\0';
    *west = -tm.tm_gmtoff;
    return 0;
}

static status
add_zones(PyObject *module)
{
    char january[10], july[10];
    long west_january, west_july;
    time_t first = time(NULL) / YEAR * YEAR;            /* near the start of this year */
    if (zone_of(first, january, sizeof january, &west_january) < 0) { return -1; }
    if (zone_of(first + YEAR / 2, july, sizeof july, &west_july) < 0) { return -1; }
    /* Summer time is where the clock is ahead: July in the north, else January. */
    bool north = west_january >= west_july;
    const struct { const char *name; long value; } numbers[] = {
        {"timezone", north ? west_january : west_july},
        {"altzone", north ? west_july : west_january},
        {"daylight", west_january != west_july},
    };
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        if (PyModule_AddIntConstant(module, numbers[i].name, numbers[i].value) < 0) {
            return -1;
        }
    }
    own PyObject *names = Py_BuildValue("(NN)",
        PyUnicode_DecodeLocale(north ? january : july, "surrogateescape"),
        PyUnicode_DecodeLocale(north ? july : january, "surrogateescape"));
    return names ? PyModule_AddObjectRef(module, "tzname", names) : -1;
}

static PyObject *
time_tzset(PyObject *module, PyObject *unused)
{
    own PyObject *self = PyImport_ImportModule("time");
    if (!self) { return NULL; }
    tzset();
    if (add_zones(self) < 0) { return NULL; }
    Py_RETURN_NONE;
}

/* --- module --- */

#define V METH_VARARGS
#define N METH_NOARGS

static PyMethodDef time_methods[] = {
    {"time", time_time, N, "time() -> floating point number\n\n"
     "Return the seconds since the Epoch."},
    {"time_ns", time_time_ns, N, "time_ns() -> int\n\nReturn the nanoseconds since the Epoch."},
    {"clock_gettime", clock_gettime_, V, "clock_gettime(clk_id) -> float\n\nRead a clock."},
    {"clock_gettime_ns", clock_gettime_ns, V, "clock_gettime_ns(clk_id) -> int\n\n"
     "Read a clock, in nanoseconds."},
    {"clock_settime", clock_settime_, V, "clock_settime(clk_id, time)\n\nSet a clock."},
    {"clock_settime_ns", clock_settime_ns, V, "clock_settime_ns(clk_id, time)\n\n"
     "Set a clock, in nanoseconds."},
    {"clock_getres", clock_getres_, V, "clock_getres(clk_id) -> floating point number\n\n"
     "Return the resolution of a clock."},
    {"pthread_getcpuclockid", pthread_getcpuclockid_, V,
     "pthread_getcpuclockid(thread_id) -> int\n\nReturn the clk_id of a thread's CPU time."},
    {"sleep", time_sleep, METH_O, "sleep(seconds)\n\nWait; the seconds may be a fraction."},
    {"gmtime", time_gmtime, V, "gmtime([seconds]) -> struct_time\n\n"
     "Convert seconds since the Epoch (now without them) to the calendar, in UTC."},
    {"localtime", time_localtime, V, "localtime([seconds]) -> struct_time\n\n"
     "Convert seconds since the Epoch (now without them) to the calendar, locally."},
    {"asctime", time_asctime, V, "asctime([tuple]) -> string\n\n"
     "Write a time like 'Sat Jun 06 16:26:11 1998'."},
    {"ctime", time_ctime, V,
     "ctime([seconds]) -> string\n\nThe same as asctime(localtime(seconds))."},
    {"mktime", time_mktime, METH_O, "mktime(tuple) -> floating point number\n\n"
     "Convert a local time to seconds since the Epoch."},
    {"strftime", time_strftime, V, "strftime(format[, tuple]) -> string\n\n"
     "Write a time as format says: %Y year, %m month, %d day, %H hour, %M minute,\n"
     "%S second, %z offset from UTC, %a %A day name, %b %B month name, %j day of the\n"
     "year, %c %x %X the locale's forms, %I %p twelve hours, %Z zone, %% a %."},
    {"strptime", time_strptime, V, "strptime(string, format) -> struct_time\n\n"
     "Read a time that is written as format says."},
    {"tzset", time_tzset, N, "tzset()\n\nRead the zone from the environment (TZ) again."},
    {"monotonic", monotonic, N, "monotonic() -> float\n\nRead a clock that never goes back."},
    {"monotonic_ns", monotonic_ns, N, "monotonic_ns() -> int\n\n"
     "Read a clock that never goes back, in nanoseconds."},
    {"process_time", process_time, N, "process_time() -> float\n\n"
     "Return the processor time of this process."},
    {"process_time_ns", process_time_ns, N, "process_time_ns() -> int\n\n"
     "Return the processor time of this process in nanoseconds."},
    {"thread_time", thread_time, N, "thread_time() -> float\n\n"
     "Return the processor time of this thread."},
    {"thread_time_ns", thread_time_ns, N, "thread_time_ns() -> int\n\n"
     "Return the processor time of this thread in nanoseconds."},
    {"perf_counter", perf_counter, N, "perf_counter() -> float\n\n"
     "Read the clock that is best for measuring short times."},
    {"perf_counter_ns", perf_counter_ns, N, "perf_counter_ns() -> int\n\n"
     "Read the clock that is best for measuring short times, in nanoseconds."},
    {"get_clock_info", get_clock_info, V, "get_clock_info(name: str) -> dict\n\n"
     "Return what is known of a clock of this module."},
    {NULL},
};

static int
time_exec(PyObject *module)
{
    static const struct { const char *name; long value; } constants[] = {
        {"CLOCK_REALTIME", CLOCK_REALTIME}, {"CLOCK_MONOTONIC", CLOCK_MONOTONIC},
        {"CLOCK_MONOTONIC_RAW", CLOCK_MONOTONIC_RAW},
        {"CLOCK_PROCESS_CPUTIME_ID", CLOCK_PROCESS_CPUTIME_ID},
        {"CLOCK_THREAD_CPUTIME_ID", CLOCK_THREAD_CPUTIME_ID},
        {"CLOCK_BOOTTIME", CLOCK_BOOTTIME}, {"CLOCK_TAI", CLOCK_TAI},
        {"_STRUCT_TM_ITEMS", 11},
    };
    if (add_zones(module) < 0) { return -1; }
    for (size_t i = 0; i < ARRAY_LEN(constants); i++) {
        if (PyModule_AddIntConstant(module, constants[i].name, constants[i].value) < 0) {
            return -1;
        }
    }
    if (!struct_time_type) {
        struct_time_type = PyStructSequence_NewType(&struct_time_desc);
        if (!struct_time_type) { return -1; }
    }
    return PyModule_AddObjectRef(module, "struct_time", (PyObject *)struct_time_type);
}

PyDoc_STRVAR(time_doc,
    "Clocks, and conversions between ways of writing a time.\n\n"
    "A time is seconds since the Epoch (January 1, 1970, 0:00 UTC), or a struct_time by\n"
    "the calendar: year, month, day, hour, minute, second, day of the week, day of the\n"
    "year, and whether it is summer time.\n\n"
    "timezone, altzone -- seconds west of UTC, in winter and in summer\n"
    "daylight -- whether the two differ;  tzname -- their names");

static PyModuleDef_Slot time_slots[] = {
    {Py_mod_exec, time_exec},
    {0, NULL},
};

static struct PyModuleDef time_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "time",
    .m_doc = time_doc,
    .m_methods = time_methods,
    .m_slots = time_slots,
};

PyMODINIT_FUNC
PyInit_time(void)
{
    return PyModuleDef_Init(&time_module);
}

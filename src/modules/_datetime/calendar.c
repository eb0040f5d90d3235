/* calendar.c -- the proleptic Gregorian calendar in numbers, and its range errors.
 *
 * Layout     an ordinal counts days, 0001-01-01 being 1.  Inside, years start
 *            in March, so that the leap day is the last of its year, and eras
 *            of 400 years repeat exactly (146097 days).
 * Holds      every function but the checks takes dates within 1..9999.
 */
#include "modules/_datetime/datetime_int.h"

enum { ERA_DAYS = 146097, MARCH_SHIFT = 305 };  /* days from March 1 of year 0 to year 1 */

bool
hob_calendar_is_leap(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int
hob_calendar_month_length(int year, int month)
{
    static const signed char lengths[] = {0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && hob_calendar_is_leap(year) ? 29 : lengths[month];
}

int
hob_calendar_ordinal(civil date)
{
    int march_year = date.year - (date.month < 3);
    int march_month = (date.month + 9) % 12;
    int before_month = (153 * march_month + 2) / 5;
    return march_year * 365 + march_year / 4 - march_year / 100 + march_year / 400
        + before_month + date.day - MARCH_SHIFT - 1;
}

civil
hob_calendar_civil(int ordinal)
{
    int days = ordinal + MARCH_SHIFT;           /* since March 1 of year 0 */
    int era = days / ERA_DAYS;
    int of_era = days % ERA_DAYS;
    int year = (of_era - of_era / 1460 + of_era / 36524 - of_era / (ERA_DAYS - 1)) / 365;
    int of_year = of_era - (365 * year + year / 4 - year / 100);
    int march_month = (5 * of_year + 2) / 153;
    int month = march_month < 10 ? march_month + 3 : march_month - 9;
    return (civil){era * 400 + year + (month < 3), month,
                   of_year - (153 * march_month + 2) / 5 + 1};
}

int
hob_calendar_weekday(civil date)
{
    return (hob_calendar_ordinal(date) + 6) % 7;
}

int
hob_calendar_year_day(civil date)
{
    return hob_calendar_ordinal(date) - hob_calendar_ordinal((civil){date.year, 1, 1}) + 1;
}

/* Ordinal of the Monday that starts week 1: the week with January 4. */
static int
iso_start(int year)
{
    int fourth = hob_calendar_ordinal((civil){year, 1, 4});
    return fourth - (fourth + 6) % 7;
}

void
hob_calendar_iso(civil date, int *year, int *week, int *weekday)
{
    int ordinal = hob_calendar_ordinal(date);
    int iso_year = date.year;
    if (ordinal < iso_start(iso_year)) {
        iso_year--;
    }
    else if (ordinal >= iso_start(iso_year + 1)) {
        iso_year++;
    }
    int of_year = ordinal - iso_start(iso_year);
    *year = iso_year;
    *week = of_year / 7 + 1;
    *weekday = of_year % 7 + 1;
}

const char *
hob_calendar_from_iso(int year, int week, int weekday, civil *out, int *bad)
{
    if (year < MIN_YEAR || year > MAX_YEAR) {
        *bad = year;
        return "Year is out of range: %d";
    }
    int start = iso_start(year);
    if (week < 1 || week > (iso_start(year + 1) - start) / 7) {
        *bad = week;
        return "Invalid week: %d";
    }
    if (weekday < 1 || weekday > 7) {
        *bad = weekday;
        return "Invalid day: %d (range is [1, 7])";
    }
    *out = hob_calendar_civil(start + (week - 1) * 7 + weekday - 1);
    return NULL;
}

span
hob_calendar_floor_div(span a, span b, span *rest)
{
    span q = a / b, r = a % b;
    if (r != 0 && (r < 0) != (b < 0)) {
        q--;
        r += b;
    }
    *rest = r;
    return q;
}

/* --- ranges --- */

status
hob_calendar_check_date(civil date)
{
    if (date.year < MIN_YEAR || date.year > MAX_YEAR) {
        PyErr_Format(PyExc_ValueError, "year %i is out of range", date.year);
        return -1;
    }
    if (date.month < 1 || date.month > 12) {
        PyErr_SetString(PyExc_ValueError, "month must be in 1..12");
        return -1;
    }
    if (date.day < 1 || date.day > hob_calendar_month_length(date.year, date.month)) {
        PyErr_SetString(PyExc_ValueError, "day is out of range for month");
        return -1;
    }
    return 0;
}

status
hob_calendar_check_clock(clock_time clock, int fold)
{
    const char *wrong = NULL;
    if (clock.hour < 0 || clock.hour > 23) { wrong = "hour must be in 0..23"; }
    else if (clock.minute < 0 || clock.minute > 59) { wrong = "minute must be in 0..59"; }
    else if (clock.second < 0 || clock.second > 59) { wrong = "second must be in 0..59"; }
    else if (clock.us < 0 || clock.us >= SECOND_US) {
        wrong = "microsecond must be in 0..999999";
    }
    else if (fold != 0 && fold != 1) { wrong = "fold must be either 0 or 1"; }
    if (!wrong) { return 0; }
    PyErr_SetString(PyExc_ValueError, wrong);
    return -1;
}

status
hob_calendar_shift(civil *date, int64_t days)
{
    int64_t ordinal = hob_calendar_ordinal(*date) + days;
    if (ordinal < 1 || ordinal > MAX_ORDINAL) {
        PyErr_SetString(PyExc_OverflowError, "date value out of range");
        return -1;
    }
    *date = hob_calendar_civil((int)ordinal);
    return 0;
}

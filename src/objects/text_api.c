/* text_api.c -- small C-string functions of the C API: PyOS_snprintf and kin. */
#include <Python.h>

#include <stdarg.h>

#include "base/c.h"

HOB_EXPORT const char *Py_hexdigits = "0123456789abcdef";

/* vsnprintf that always ends str with a NUL and never reports more than INT_MAX. */
int
PyOS_vsnprintf(char *str, size_t size, const char *format, va_list args)
{
    if (size > INT_MAX - 512) {
        if (size > 0) { str[0] = 0; }
        return -666;
    }
    int n = vsnprintf(str, size, format, args);
    if (size > 0) { str[size - 1] = 0; }
    return n;
}

int
PyOS_snprintf(char *str, size_t size, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = PyOS_vsnprintf(str, size, format, args);
    va_end(args);
    return n;
}

int
PyOS_mystrnicmp(const char *a, const char *b, Py_ssize_t n)
{
    for (; n > 0; n--, a++, b++) {
        int difference = Py_TOLOWER(*a) - Py_TOLOWER(*b);
        if (difference || !*a) { return difference; }
    }
    return 0;
}

int
PyOS_mystricmp(const char *a, const char *b)
{
    while (*a && Py_TOLOWER(*a) == Py_TOLOWER(*b)) { a++; b++; }
    return Py_TOLOWER(*a) - Py_TOLOWER(*b);
}

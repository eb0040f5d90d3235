/* getargs_int.h -- what getargs.c and getargs_keywords.c share. */
#pragma once
#include <Python.h>

#include "base/c.h"

enum { ARGS_COMPAT = 1, ARGS_SIZE_T = 2 };
enum { ARGS_LEVELS = 32, ARGS_MESSAGE = 256, ARGS_CLEANUPS = 8 };

/* What a failed parse must undo. */
typedef struct {
    void *what;
    int (*undo)(PyObject *no_object, void *what);
} args_cleanup;

/* One parse in progress: where it is in the format and what it has made. */
typedef struct {
    const char *format;             /* next character */
    va_list *va;                    /* next destination */
    int flags;
    int levels[ARGS_LEVELS];        /* item numbers on the way to a bad item */
    char message[ARGS_MESSAGE];     /* what is wrong with it */
    args_cleanup *cleanups;
    int n_cleanups;
    args_cleanup first_cleanups[ARGS_CLEANUPS];
} args_parse;

/* n_max: at most so many destinations; false with MemoryError. */
bool args_parse_init(args_parse *p, const char *format, va_list *va, int flags, int n_max);

/* End a parse: undo everything unless it succeeded.  Passes result on. */
int args_parse_end(args_parse *p, int result);

/* Convert arg by the unit at p->format and step over it.  NULL, or what is
 * wrong; then an exception may be pending already. */
const char *args_convert(args_parse *p, PyObject *arg);

/* Step over a unit and its destinations. */
const char *args_skip(args_parse *p);

/* Set TypeError (or SystemError for a bad format) about argument number iarg,
 * unless an exception is pending. */
void args_set_error(args_parse *p, Py_ssize_t iarg, const char *what, const char *fname,
                    const char *custom);

static inline bool
args_at_end(const char *format)
{
    return *format == '\0' || *format == ':' || *format == ';';
}

/* promise.c -- what happens when a promise (ENSURE, EXPECT, DEEP) is broken. */
#include "base/c.h"

#include <stdio.h>
#include <stdlib.h>

void
hob_promise_broken(const char *what, const char *file, int line)
{
    fprintf(stderr, "hob: broken promise: %s (%s:%d)\n", what, file, line);
    fflush(stderr);
    abort();
}

bool
hob_invariant_broken(const char *where, int number, const char *what)
{
    fprintf(stderr, "hob: %s: invariant %d is broken: %s\n", where, number, what);
    fflush(stderr);
    return false;
}

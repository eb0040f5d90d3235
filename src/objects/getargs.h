/* getargs.h -- what the end of the process needs of argument parsing. */
#pragma once
#include "base/c.h"

/* Forget the interned names that parsers keep. */
void hob_getargs_clear(void);

/* Where the unit at format ends, NULL when it is none. */
const char *hob_getargs_after_unit(const char *format);

/* version.h -- what Hob calls itself. */
#pragma once

#define HOB_VERSION "0.1.0"

/* sys.flags.int_max_str_digits: what the command line or environment said, or -1. */
extern int hob_int_max_str_digits_flag;

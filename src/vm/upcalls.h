/* upcalls.h -- what vm/ needs from rooms above it; one reason a line. */
#pragma once
#include "base/c.h"

/* The pending exception is SystemExit and ends the process (not with -i): drop
 * it, print its message if it has one, tell the exit code.  PyErr_Print.  run/ */
bool hob_system_exit(int *code);

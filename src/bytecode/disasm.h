/* disasm.h -- a code object as text: `hob -X dump=bytecode`. */
#pragma once
#include <Python.h>
#include <stdio.h>

#include "base/c.h"

/* Write co and the code objects among its constants, as compiled or, with
 * as_running, with what the machine has made of the instructions. */
MUST_USE status hob_disasm(PyCodeObject *co, FILE *out, bool as_running);

/* builtins.h -- what the files of module builtins share. */
#pragma once
#include <Python.h>

#include "base/c.h"
#include "memory/own.h"
#include "objects/bind.h"
#include "objects/ids.h"

extern PyMethodDef *const hob_builtins_evaluate;        /* compile, eval, exec ... */
extern PyMethodDef *const hob_builtins_stream;          /* print, input, breakpoint */
extern PyMethodDef *const hob_builtins_reduce;          /* min, max, sum, sorted ... */

/* run.h -- start, run, end: the pieces of this room. */
#pragma once
#include <Python.h>

#include "base/c.h"

/* stdio.c */
MUST_USE status hob_stdio_init_early(void);
MUST_USE status hob_stdio_init(PyInterpreterState *interp);
void hob_stdio_flush(void);
MUST_USE status hob_stdio_flush_last(void);

/* pipeline.c: the arrows, in order; source in, result out */
MUST_USE PyObject *hob_run_text(const char *text, PyObject *filename, int start,
                                PyObject *globals, PyObject *locals, PyCompilerFlags *flags);
MUST_USE PyObject *hob_run_code(PyObject *code, PyObject *globals, PyObject *locals);

/* dump.c: -X dump=, show what the pipeline makes of a script instead of running it */
MUST_USE status hob_dump_script(const wchar_t *filename, const wchar_t *what);

/* repl.c */
int hob_repl_file(FILE *file, PyObject *filename, PyCompilerFlags *flags);
int hob_repl_one(FILE *file, PyObject *filename, PyCompilerFlags *flags);

/* simple.c: a whole file as __main__ */
int hob_run_simple_file(FILE *file, PyObject *filename, bool close, PyCompilerFlags *flags);
int hob_run_any_file(FILE *file, PyObject *filename, bool close, PyCompilerFlags *flags);

/* exit.c: SystemExit asked for an end; true with *code when it did */
bool hob_system_exit(int *code);

extern HOB_EXPORT int _Py_UnhandledKeyboardInterrupt;   /* it ended the main program */

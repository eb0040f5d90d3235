/* traceback.h -- for the files that show tracebacks. */
#pragma once
#include "vm/vm.h"

/* Where a piece of source stands, columns in characters of the line. */
typedef struct {
    int first_line, last_line;
    Py_ssize_t start, end;              /* end is only good when the lines are the same */
} hob_source_span;

/* The text of a line of a file, without the line end: looked for where the name
 * says, then along sys.path.  NULL without an error when it cannot be had. */
MAYBE_NULL PyObject *hob_source_line(PyObject *filename, int line);

/* Which part of line[start:end] is the operator or the brackets to be pointed at:
 * 1 found (in characters of line), 0 not, never an error. */
bool hob_source_anchors(PyObject *line, PyObject *filename, Py_ssize_t start, Py_ssize_t end,
                        Py_ssize_t *left_end, Py_ssize_t *right_start);

/* Indentation, then margin ("| " inside groups); to a Python file. */
MUST_USE status hob_write_margin(int indent, const char *margin, PyObject *file);

HOB_EXPORT int _PyTraceBack_Print_Indented(PyObject *tb, int indent, const char *margin,
                                           const char *header_margin, const char *header,
                                           PyObject *file);
HOB_EXPORT void _PyErr_Display(PyObject *file, PyObject *type, PyObject *value, PyObject *tb);
HOB_EXPORT void _PyErr_Print(PyThreadState *ts);

/* code.h -- what other rooms may do with a code object.
 *
 * The struct is public (cpython/code.h).  co_code_adaptive holds the units that
 * run, which the machine rewrites in place; `co_code` is always the units as
 * compiled, made from those by undoing the rewriting.
 */
#pragma once
#include <Python.h>

#include "base/c.h"

/* What a slot of a frame's locals is; co_localspluskinds has one byte a slot. */
enum {
    HOB_SLOT_LOCAL = 0x20,
    HOB_SLOT_CELL  = 0x40,
    HOB_SLOT_FREE  = 0x80,
};

enum { HOB_CODE_WARMUP = -8 };          /* co_warmup of new code: calls until it is quickened */

/* Everything a code object is made of; extensions pass it to _PyCode_New. */
typedef struct _PyCodeConstructor {
    PyObject *filename;                 /* str; all objects here are borrowed */
    PyObject *name;                     /* str */
    PyObject *qualname;                 /* str */
    int flags;
    PyObject *code;                     /* bytes */
    int firstlineno;
    PyObject *linetable;                /* bytes */
    PyObject *consts;                   /* tuple */
    PyObject *names;                    /* tuple of str */
    PyObject *localsplusnames;          /* tuple of str */
    PyObject *localspluskinds;          /* bytes, as long as localsplusnames */
    int argcount;                       /* with the positional-only ones */
    int posonlyargcount;
    int kwonlyargcount;
    int stacksize;
    PyObject *exceptiontable;           /* bytes */
} hob_code_spec;

/* SystemError or ValueError when the parts do not fit together. */
MUST_USE status hob_code_check(const hob_code_spec *spec);

/* Deep invariants of a code object, also while it runs. */
bool hob_code_is_whole(PyObject *co);

/* A code object of parts that hob_code_check has passed. */
MUST_USE PyCodeObject *hob_code_new(const hob_code_spec *spec);

/* Names of the slots that have any of the kinds, in slot order: a tuple. */
MUST_USE PyObject *hob_code_slot_names(PyCodeObject *co, int kinds);

/* Constants are the same only if a program cannot tell them apart: the key of
 * 1, 1.0 and True differs, and so does that of 0.0 and -0.0.  _PyCode_ConstantKey. */

extern PyTypeObject hob_line_iterator_type;         /* co_lines() */
extern PyTypeObject hob_position_iterator_type;     /* co_positions() */

MUST_USE PyObject *hob_code_lines(PyCodeObject *co);
MUST_USE PyObject *hob_code_positions(PyCodeObject *co);
MUST_USE PyObject *hob_code_lnotab(PyCodeObject *co);

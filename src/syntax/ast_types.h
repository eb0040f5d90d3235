/* ast_types.h -- the Python types of syntax tree nodes, as module _ast shows them. */
#pragma once
#include <Python.h>

#include "gen/syntax/ast.h"

typedef struct {
    PyObject *base;                             /* AST */
    PyObject *types[HOB_AST_N_TYPES];           /* stmt, expr, arguments .. */
    PyObject *shapes[HOB_AST_N_SHAPES];         /* If, BinOp .. ; of products the type again */
    PyObject *singletons[HOB_AST_N_SHAPES];     /* the instances that Load(), Add() .. share */
    PyObject *fields[HOB_AST_N_SHAPES];         /* tuples of interned str */
    PyObject *attributes;                       /* ("lineno", ..) */
} hob_ast_objects;

/* All types, made on first use; NULL with an exception. */
MUST_USE BORROWED const hob_ast_objects *hob_ast_objects_get(void);

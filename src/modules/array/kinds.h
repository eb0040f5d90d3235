/* kinds.h -- the kinds of items an array can have, by type code. */
#pragma once
#include <Python.h>

#include "base/c.h"

/* Names of item formats in pickles, of any machine; the numbers are stored. */
typedef enum {
    U8, S8, U16_LE, U16_BE, S16_LE, S16_BE, U32_LE, U32_BE, S32_LE, S32_BE, U64_LE, U64_BE,
    S64_LE, S64_BE, F32_LE, F32_BE, F64_LE, F64_BE, UTF16_LE, UTF16_BE, UTF32_LE, UTF32_BE,
    N_FORMATS
} item_format;

typedef union { char bytes[8]; long long align; } item;

typedef struct {
    char code;
    int size;
    PyObject *(*get)(const void *at);
    status (*set)(PyObject *value, void *at);
    int (*compare)(const void *a, const void *b, Py_ssize_t n);     /* NULL: as objects */
    const char *buffer_format;
    item_format format;
} item_kind;

/* In the order of typecodes. */
#define N_KINDS 13
extern const item_kind hob_array_kinds[N_KINDS];
const item_kind *MAYBE_NULL hob_array_kind(int code);

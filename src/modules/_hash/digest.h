/* digest.h -- hash objects over libcrypto: what the modules share. */
#pragma once
#include <Python.h>

#include "base/c.h"
#include "memory/own.h"

/* One algorithm as a module shows it. */
typedef struct {
    const char *type_name;      /* "_md5.md5" */
    const char *attribute;      /* "MD5Type" in the module; NULL: under its own name */
    const char *evp_name;       /* libcrypto's */
    const char *name;           /* .name */
    int block_size, digest_size;        /* digest_size 0: the caller chooses (SHAKE) */
    bool is_sha3;               /* callable type with the sponge's attributes */
    PyMethodDef function;       /* `name`, where the type is not callable; filled on import */
    char doc[176];
} hob_digest_kind;

/* Add the types (and for those that are not callable the functions) of the kinds of a
 * module, which its state must be set to. */
typedef struct {
    hob_digest_kind *kinds;
    size_t n;
} hob_digest_module;

MUST_USE status hob_digest_add(PyObject *module, hob_digest_kind *kinds, size_t n);

/* The bytes of data, or TypeError as hashlib words it. */
MUST_USE status hob_digest_buffer(PyObject *data, Py_buffer *view);

MUST_USE PyObject *hob_hex(const unsigned char *bytes, size_t n);

enum { DIGEST_GIL_MIN = 2048 };         /* longer data are hashed without the GIL */

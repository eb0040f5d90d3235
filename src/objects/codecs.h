/* codecs.h -- the codec registry, beyond the public API. */
#pragma once
#include <Python.h>

#include "base/c.h"

/* Lower-case name to `to` (at least as long): letters, digits and dots, with
 * one underscore for any run of other characters between them. */
void hob_encoding_normalize(const char *name, char *to);

/* Put the standard error handlers into a dict. */
MUST_USE status hob_codec_errors_register(PyObject *registry);

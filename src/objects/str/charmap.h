/* charmap.h -- the EncodingMap type. */
#pragma once
#include <Python.h>

#include "state/runtime.h"

extern PyTypeObject hob_str_encoding_map_type;

/* marshal.h -- values as bytes: the format of .pyc files.
 *
 * A value is a type byte and what follows from it, little-endian.  From version
 * 3 on, bit 7 of the type byte gives the value the next number, and 'r' with that
 * number means the same object again.
 *
 *   0 NULL   N None   F False   T True   S StopIteration   . Ellipsis
 *   i int32   I int64 (read only)   l int: count of 15-bit digits, signed; digits
 *   f g float as text, as 8 bytes   x y complex likewise
 *   s bytes   u str in UTF-8, t interned   a A ASCII, interned   z Z, short
 *   ( tuple   ) short tuple   [ list   { dict, ended by NULL   < set   > frozenset
 *   c code   r reference
 */
#pragma once
#include <Python.h>

#include "base/c.h"

enum {
    MARSHAL_NULL = '0', MARSHAL_NONE = 'N', MARSHAL_FALSE = 'F', MARSHAL_TRUE = 'T',
    MARSHAL_STOP_ITERATION = 'S', MARSHAL_ELLIPSIS = '.', MARSHAL_INT = 'i',
    MARSHAL_INT64 = 'I', MARSHAL_LONG = 'l', MARSHAL_FLOAT = 'f', MARSHAL_BINARY_FLOAT = 'g',
    MARSHAL_COMPLEX = 'x', MARSHAL_BINARY_COMPLEX = 'y', MARSHAL_BYTES = 's',
    MARSHAL_UNICODE = 'u', MARSHAL_INTERNED = 't', MARSHAL_ASCII = 'a',
    MARSHAL_ASCII_INTERNED = 'A', MARSHAL_SHORT_ASCII = 'z',
    MARSHAL_SHORT_ASCII_INTERNED = 'Z', MARSHAL_TUPLE = '(', MARSHAL_SMALL_TUPLE = ')',
    MARSHAL_LIST = '[', MARSHAL_DICT = '{', MARSHAL_SET = '<', MARSHAL_FROZENSET = '>',
    MARSHAL_CODE = 'c', MARSHAL_REF = 'r', MARSHAL_UNKNOWN = '?',
    MARSHAL_FLAG_REF = 0x80,
};

enum {
    MARSHAL_DEPTH = 2000,               /* nesting, so that the C stack lasts */
    MARSHAL_DIGIT_BITS = 15,
};

/* marshal.load: from an object with read() and readinto(). */
MUST_USE PyObject *hob_marshal_read_stream(PyObject *stream);

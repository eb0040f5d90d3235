/* specialize.h -- how instructions adapt to what they see.
 *
 * Code that has run a few times is quickened (hob_quicken): instructions of a
 * family become FAMILY_ADAPTIVE, some pairs superinstructions.  The adaptive
 * form counts down in its cache, then asks the family's function here, which
 * either writes a quickened opcode and fills the cache, or sets a longer count.
 * A quickened form checks what it assumed; a miss runs the base instruction and
 * counts, until the instruction becomes adaptive again.
 *
 * Counter    value in the upper twelve bits, in the lower four the exponent of
 *            the next wait.  Family PRECALL has its counter in CALL's cache.
 * Holds      the functions never leave an exception.
 */
#pragma once
#include <Python.h>

#include "base/c.h"
#include "base/stress.h"
#include "gen/bytecode/opcode.h"
#include "vm/frame.h"

/* What does not fit a cache of four units.  owner is the cache that refers to
 * the entry; entries are used round, so it must be compared. */
typedef struct hob_side {
    const _Py_CODEUNIT *owner;
    PyObject *object;                   /* borrowed: lives while the version holds */
    PyObject *start;                    /* borrowed, only compared */
    uint32_t version;
    uint32_t extra;
} hob_side;

enum { SIDE_ENTRIES = 1 << 16 };
extern hob_side hob_side_table[SIDE_ENTRIES];

enum { COUNTER_ONE = 16, COUNTER_EXPONENT = 15 };

/* COMPARE_OP's cache: which outcomes make the answer true, and for the jumping
 * forms, jump. */
enum {
    JUMP_IF_LESS = 1, JUMP_IF_EQUAL = 2, JUMP_IF_GREATER = 4, JUMP_IF_UNORDERED = 8,
    JUMP_BACKWARDS = 16,
};

/* Where a family keeps its counter, in units behind the instruction. */
enum {
    COUNTER_AT_BINARY_OP = 0, COUNTER_AT_COMPARE_OP = 0, COUNTER_AT_BINARY_SUBSCR = 0,
    COUNTER_AT_STORE_SUBSCR = 0, COUNTER_AT_UNPACK_SEQUENCE = 0, COUNTER_AT_LOAD_GLOBAL = 0,
    COUNTER_AT_LOAD_ATTR = 0, COUNTER_AT_STORE_ATTR = 0, COUNTER_AT_LOAD_METHOD = 0,
    COUNTER_AT_PRECALL = 2,
};

extern Py_ssize_t hob_quickened_count;  /* since the process began */
void hob_quicken(PyCodeObject *code);

void hob_specialize_binary_op(_Py_CODEUNIT *at, int oparg, PyObject *left, PyObject *right,
                              PyObject **slots);
void hob_specialize_compare_op(_Py_CODEUNIT *at, int oparg, PyObject *left, PyObject *right);
void hob_specialize_binary_subscr(_Py_CODEUNIT *at, PyObject *container, PyObject *index);
void hob_specialize_store_subscr(_Py_CODEUNIT *at, PyObject *container, PyObject *index);
void hob_specialize_unpack(_Py_CODEUNIT *at, int oparg, PyObject *seq);
void hob_specialize_load_global(_Py_CODEUNIT *at, PyObject *globals, PyObject *builtins,
                                PyObject *name);
void hob_specialize_load_attr(_Py_CODEUNIT *at, PyObject *owner, PyObject *name);
void hob_specialize_store_attr(_Py_CODEUNIT *at, PyObject *owner, PyObject *name);
void hob_specialize_load_method(_Py_CODEUNIT *at, PyObject *owner, PyObject *name);
void hob_specialize_precall(_Py_CODEUNIT *at, int oparg, PyObject **sp, PyObject *kwnames,
                            hob_frame *frame);
void hob_specialize_for_iter(_Py_CODEUNIT *at, int oparg, PyObject *iter);

/* A quickened instruction met something else. */
static inline void
hob_cache_miss(_Py_CODEUNIT *at, int counter_at, int adaptive)
{
    uint16_t *counter = at + 1 + counter_at;
    if (*counter >= COUNTER_ONE) {
        *counter -= COUNTER_ONE;
        return;
    }
    _Py_SET_OPCODE(*at, adaptive);
    *counter = STRESSED(specialize) ? 0 : (16 << 4) | 4;
}

/* Objects that quickened calls compare with; borrowed. */
extern PyObject *hob_builtin_len, *hob_builtin_isinstance, *hob_list_append_descr;

/* The dict of a module object; borrowed.  It is the first word of its body. */
static inline BORROWED PyObject *
hob_module_dict(PyObject *module)
{
    return *(PyObject **)(module + 1);
}

/* The getter of a property, or None; borrowed.  Also the first word of its body. */
static inline BORROWED PyObject *
hob_property_getter(PyObject *property)
{
    return *(PyObject **)(property + 1);
}

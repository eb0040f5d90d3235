/* sre.h -- regular expressions: what the files of module _sre share.
 *
 * A pattern is an array of 32-bit code words made by re._compiler.  The engine
 * (engine.h, once for each character width) runs it by backtracking, with one
 * explicit stack and no recursion but for look-around and atomic groups.
 */
#pragma once
#include <Python.h>

#include "base/c.h"
#include "memory/own.h"
#include "objects/bind.h"

#include "gen/modules/_sre/constants.h"

typedef uint32_t sre_code;

enum { SRE_MAX_GROUPS = INT32_MAX / 2 };
#define SRE_MAX_REPEAT UINT32_MAX

typedef struct {
    PyTypeObject *pattern_type, *match_type, *scanner_type;     /* owned */
} sre_state;

extern struct PyModuleDef hob_sre_def;
extern PyType_Spec hob_pattern_spec, hob_match_spec, hob_scanner_spec;

static inline sre_state *
sre_state_of(PyTypeObject *type)
{
    return PyModule_GetState(PyType_GetModuleByDef(type, &hob_sre_def));
}

typedef struct {
    PyObject_VAR_HEAD           /* ob_size: code words */
    Py_ssize_t groups;
    PyObject *groupindex;       /* owned dict: name -> number */
    PyObject *indexgroup;       /* owned tuple: number -> name or None */
    PyObject *pattern;          /* owned: str, bytes, or None */
    int flags;
    PyObject *weakrefs;
    bool is_bytes;              /* pattern is bytes-like; meaningless for None */
    const sre_code *starts;     /* bits of the characters < 256 a match can begin with, below
                                   code's end; MAYBE_NULL: anything, even nothing */
    int only_start;             /* the one of them, if it is one; or -1 */
    sre_code code[1];           /* then maps of its sets (prepare.c) */
} sre_pattern;

typedef struct {
    PyObject_VAR_HEAD           /* ob_size: groups + 1 */
    PyObject *string;           /* owned; NULL once released */
    PyObject *regs;             /* owned tuple, MAYBE_NULL: made when asked */
    sre_pattern *pattern;       /* owned */
    Py_ssize_t pos, endpos;
    Py_ssize_t lastindex;       /* -1: none */
    Py_ssize_t groups;
    Py_ssize_t mark[1];         /* start, end of each group; -1: not matched */
} sre_match;

/* --- one subject and the machine that looks through it (subject.c) --- */

enum sre_undo { CHOICE_BRANCH, CHOICE_SHORTER, CHOICE_LONGER, CHOICE_TAIL, CHOICE_BODY,
                UNDO_MARK, UNDO_REPEAT, UNDO_CURRENT, UNDO_COUNT };

/* What to do when the way taken fails: try another (CHOICE) or put back (UNDO). */
typedef struct {
    enum sre_undo kind;
    int32_t a;                  /* mark number, repeat index, ... */
    const sre_code *pc;
    const void *ptr;
    Py_ssize_t n;
} sre_entry;

/* One repeat that is being run: REPEAT .. MAX_UNTIL. */
typedef struct {
    const sre_code *pc;         /* at REPEAT's skip word */
    int64_t count;
    const void *last;           /* where the last round began */
    int32_t outer;              /* index of the repeat around it, or -1 */
} sre_repeat;

enum { SRE_FIRST_MARKS = 20, SRE_FIRST_STACK = 24, SRE_FIRST_REPEATS = 4 };

/* Must stay where it is: it points into itself. */
typedef struct {
    PyObject *string;           /* owned */
    Py_buffer buffer;
    const void *beginning, *start, *end;        /* string start; search start; limit */
    const void *ptr;            /* where the match ended */
    const void *must_advance;   /* an empty match here does not count; or NULL */
    int char_size;
    bool is_bytes, match_all;
    Py_ssize_t pos, endpos;
    int32_t lastmark, lastindex;
    const void **mark;          /* 2 * groups */
    sre_entry *stack;
    size_t n_stack, room_stack;
    sre_repeat *repeats;
    int32_t n_repeats, room_repeats, current;   /* current: index or -1 */
    unsigned ticks;             /* until the next look for signals */
    /* What mark, stack and repeats are at first; small matches need no memory. */
    const void *first_marks[SRE_FIRST_MARKS];
    sre_entry first_stack[SRE_FIRST_STACK];
    sre_repeat first_repeats[SRE_FIRST_REPEATS];
} sre_subject;

enum { SRE_ERROR_MEMORY = -9, SRE_ERROR_INTERRUPT = -10, SRE_ERROR_CODE = -2 };

MUST_USE status hob_sre_open(sre_subject *subject, sre_pattern *pattern, PyObject *string,
                             Py_ssize_t start, Py_ssize_t end);
void hob_sre_close(sre_subject *subject);
void hob_sre_reset(sre_subject *subject);               /* marks of the last match */

/* 1 match, 0 none, negative SRE_ERROR_*. */
int hob_sre_match(sre_subject *subject, const sre_pattern *pattern);
int hob_sre_search(sre_subject *subject, const sre_pattern *pattern);
void hob_sre_set_error(int result);

MUST_USE PyObject *hob_sre_match_new(sre_pattern *pattern, sre_subject *subject, int result);

/* The text between two byte-indices in characters; whole strings are shared. */
MUST_USE PyObject *hob_sre_slice(PyObject *string, Py_ssize_t start, Py_ssize_t end);
MUST_USE PyObject *hob_sre_group(sre_subject *subject, Py_ssize_t index, bool empty);

/* The engine's growing stacks; -1 without memory. */
status hob_sre_grow_stack(sre_subject *subject);
status hob_sre_grow_repeats(sre_subject *subject);

/* prepare.c: maps of sets.  A set whose first word is SRE_MAPPED or more has a map of
 * the characters below 256, that many words less SRE_MAPPED behind it. */
enum { SRE_MAPPED = 64 };
Py_ssize_t hob_sre_room_for_maps(const sre_code *code, Py_ssize_t n);
void hob_sre_prepare(sre_pattern *pattern);

static inline const sre_code *
hob_sre_map(const sre_code *set)
{
    return set + (set[0] - SRE_MAPPED);
}

static inline bool
sre_has_bit(const sre_code *bits, Py_UCS4 c)
{
    return bits[c / 32] >> (c & 31) & 1;
}

/* charclass.c */
bool hob_sre_category(unsigned category, Py_UCS4 c);
bool hob_sre_in_set(const sre_code *set, Py_UCS4 c);
Py_UCS4 hob_sre_lower_ascii(Py_UCS4 c);
Py_UCS4 hob_sre_lower_unicode(Py_UCS4 c);
bool hob_sre_same_locale(sre_code wanted, Py_UCS4 c);
Py_UCS4 hob_sre_lower_locale(Py_UCS4 c);

/* validate.c: RuntimeError("invalid SRE code") */
MUST_USE status hob_sre_validate(sre_pattern *pattern);

/* validate.c -- is an array of code words something the engine can run safely?
 *
 * re._compiler writes only valid code; programs can hand _sre.compile() anything.
 * Each function checks code[at, end) and never reads outside it.
 */
#include "modules/_sre/sre.h"

#define FAIL return false
#define NEED(n) do { if (end - at < (n)) { FAIL; } } while (0)

static bool
valid_set(const sre_code *at, const sre_code *end)
{
    while (at < end) {
        switch (*at++) {
        case SRE_OP_NEGATE:
            break;
        case SRE_OP_LITERAL:
            NEED(1);
            at++;
            break;
        case SRE_OP_RANGE:
        case SRE_OP_RANGE_UNI_IGNORE:
            NEED(2);
            at += 2;
            break;
        case SRE_OP_CHARSET:
            NEED(8);
            at += 8;
            break;
        case SRE_OP_BIGCHARSET: {
            NEED(1);
            sre_code n_blocks = *at++;
            if (n_blocks > 256) { FAIL; }
            NEED(64);
            for (int i = 0; i < 256; i++) {
                if (((const unsigned char *)at)[i] >= n_blocks) { FAIL; }
            }
            at += 64;
            NEED((Py_ssize_t)n_blocks * 8);
            at += n_blocks * 8;
            break;
        }
        case SRE_OP_CATEGORY:
            NEED(1);
            if (*at++ > SRE_CATEGORY_UNI_NOT_LINEBREAK) { FAIL; }
            break;
        default:
            FAIL;
        }
    }
    return true;
}

static bool
is_single(const sre_code *at, const sre_code *end)
{
    if (end - at < 1) { FAIL; }
    switch (at[0]) {
    case SRE_OP_ANY:
    case SRE_OP_ANY_ALL:
        return end - at == 1;
    case SRE_OP_IN:
    case SRE_OP_IN_IGNORE:
    case SRE_OP_IN_LOC_IGNORE:
    case SRE_OP_IN_UNI_IGNORE:
        return end - at >= 2 && at + 1 + at[1] == end;
    default:
        return end - at == 2;
    }
}

static bool valid_code(const sre_code *at, const sre_code *end, Py_ssize_t groups);

/* <skip> ...: the word at `at` counts from itself to *target, inside the code. */
#define SKIP(target)                                                            \
    const sre_code *target;                                                     \
    do {                                                                        \
        NEED(1);                                                                \
        if (*at > (size_t)(end - at)) { FAIL; }                                 \
        target = at + *at;                                                      \
        at++;                                                                   \
    } while (0)

static bool
valid_branch(const sre_code **pc, const sre_code *end, Py_ssize_t groups)
{
    const sre_code *at = *pc, *target = NULL;
    for (;;) {
        NEED(1);
        if (*at == 0) { break; }
        SKIP(next);
        if (next - at < 2 || next[-2] != SRE_OP_JUMP) { FAIL; }
        if (!valid_code(at, next - 2, groups)) { FAIL; }
        const sre_code *jump = next - 1 + next[-1];
        if (next[-1] > (size_t)(end - (next - 1))) { FAIL; }
        if (target && jump != target) { FAIL; }
        target = jump;
        at = next;
    }
    at++;
    if (target && at != target) { FAIL; }
    *pc = at;
    return true;
}

static bool
valid_info(const sre_code *at, const sre_code *end)
{
    NEED(3);
    sre_code flags = at[0];
    at += 3;
    if (flags & ~(SRE_INFO_PREFIX | SRE_INFO_LITERAL | SRE_INFO_CHARSET)) { FAIL; }
    if ((flags & SRE_INFO_PREFIX) && (flags & SRE_INFO_CHARSET)) { FAIL; }
    if ((flags & SRE_INFO_LITERAL) && !(flags & SRE_INFO_PREFIX)) { FAIL; }
    if (flags & SRE_INFO_PREFIX) {
        NEED(2);
        sre_code n = at[0];
        at += 2;
        if (n == 0) { FAIL; }
        NEED((Py_ssize_t)n);
        at += n;
        NEED((Py_ssize_t)n);
        for (sre_code i = 0; i < n; i++) {
            if (at[i] >= n) { FAIL; }
        }
        at += n;
    }
    if (flags & SRE_INFO_CHARSET) {
        if (at >= end || !valid_set(at, end - 1) || end[-1] != SRE_OP_FAILURE) { FAIL; }
        at = end;
    }
    return at == end;
}

/* One case an instruction: long, but each is read by itself. */
static bool
valid_code(const sre_code *at, const sre_code *end, Py_ssize_t groups)
{
    while (at < end) {
        sre_code op = *at++;
        switch (op) {
        case SRE_OP_MARK:
            NEED(1);
            if (*at++ > 2 * (size_t)groups + 1 || at[-1] >= 2 * (size_t)groups) { FAIL; }
            break;
        case SRE_OP_LITERAL:
        case SRE_OP_NOT_LITERAL:
        case SRE_OP_LITERAL_IGNORE:
        case SRE_OP_NOT_LITERAL_IGNORE:
        case SRE_OP_LITERAL_UNI_IGNORE:
        case SRE_OP_NOT_LITERAL_UNI_IGNORE:
        case SRE_OP_LITERAL_LOC_IGNORE:
        case SRE_OP_NOT_LITERAL_LOC_IGNORE:
            NEED(1);
            at++;
            break;
        case SRE_OP_SUCCESS:
        case SRE_OP_FAILURE:
        case SRE_OP_ANY:
        case SRE_OP_ANY_ALL:
            break;
        case SRE_OP_AT:
            NEED(1);
            if (*at++ > SRE_AT_UNI_NON_BOUNDARY) { FAIL; }
            break;
        case SRE_OP_IN:
        case SRE_OP_IN_IGNORE:
        case SRE_OP_IN_UNI_IGNORE:
        case SRE_OP_IN_LOC_IGNORE: {
            SKIP(next);
            if (next <= at || next[-1] != SRE_OP_FAILURE || !valid_set(at, next - 1)) { FAIL; }
            at = next;
            break;
        }
        case SRE_OP_INFO: {
            SKIP(next);
            if (!valid_info(at, next)) { FAIL; }
            at = next;
            break;
        }
        case SRE_OP_BRANCH:
            if (!valid_branch(&at, end, groups)) { FAIL; }
            break;
        case SRE_OP_REPEAT_ONE:
        case SRE_OP_MIN_REPEAT_ONE:
        case SRE_OP_POSSESSIVE_REPEAT_ONE: {
            SKIP(next);
            NEED(2);
            if (at[0] > at[1]) { FAIL; }
            at += 2;
            if (next - at < 2 || next[-1] != SRE_OP_SUCCESS || !valid_code(at, next - 1, groups)
                || !is_single(at, next - 1)) {
                FAIL;
            }
            at = next;
            break;
        }
        case SRE_OP_REPEAT:
        case SRE_OP_POSSESSIVE_REPEAT: {
            SKIP(next);
            NEED(2);
            if (at[0] > at[1]) { FAIL; }
            at += 2;
            if (next < at || !valid_code(at, next, groups)) { FAIL; }
            at = next;
            NEED(1);
            sre_code last = *at++;
            bool fits = op == SRE_OP_REPEAT ? last == SRE_OP_MAX_UNTIL || last == SRE_OP_MIN_UNTIL
                                            : last == SRE_OP_SUCCESS;
            if (!fits) { FAIL; }
            break;
        }
        case SRE_OP_ATOMIC_GROUP: {
            SKIP(next);
            if (next <= at || next[-1] != SRE_OP_SUCCESS || !valid_code(at, next - 1, groups)) {
                FAIL;
            }
            at = next;
            break;
        }
        case SRE_OP_GROUPREF:
        case SRE_OP_GROUPREF_IGNORE:
        case SRE_OP_GROUPREF_UNI_IGNORE:
        case SRE_OP_GROUPREF_LOC_IGNORE:
            NEED(1);
            if (*at++ >= (size_t)groups) { FAIL; }
            break;
        case SRE_OP_GROUPREF_EXISTS: {
            /* <GROUPREF_EXISTS> <group> <skip> yes [<JUMP> <skip> no] */
            NEED(1);
            if (*at++ >= (size_t)groups) { FAIL; }
            NEED(1);
            sre_code skip = *at;
            if (skip > (size_t)(end - (at - 1)) || skip < 2) { FAIL; }
            const sre_code *no = at - 1 + skip;
            at++;
            if (no - at >= 2 && no[-2] == SRE_OP_JUMP && no[-1] <= (size_t)(end - (no - 1))
                && valid_code(at, no - 2, groups)) {
                const sre_code *after = no - 1 + no[-1];
                if (after < no || !valid_code(no, after, groups)) { FAIL; }
                at = after;
            }
            else {
                if (!valid_code(at, no, groups)) { FAIL; }
                at = no;
            }
            break;
        }
        case SRE_OP_ASSERT:
        case SRE_OP_ASSERT_NOT: {
            SKIP(next);
            NEED(1);
            if (*at++ & 0x80000000) { FAIL; }
            if (next <= at || next[-1] != SRE_OP_SUCCESS || !valid_code(at, next - 1, groups)) {
                FAIL;
            }
            at = next;
            break;
        }
        default:
            FAIL;
        }
    }
    return true;
}

status
hob_sre_validate(sre_pattern *pattern)
{
    const sre_code *code = pattern->code;
    Py_ssize_t n = Py_SIZE(pattern);
    if (pattern->groups >= 0 && pattern->groups <= SRE_MAX_GROUPS && n > 0
        && code[n - 1] == SRE_OP_SUCCESS && valid_code(code, code + n - 1, pattern->groups)) {
        return 0;
    }
    PyErr_SetString(PyExc_RuntimeError, "invalid SRE code");
    return -1;
}

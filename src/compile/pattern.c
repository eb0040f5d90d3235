/* pattern.c -- the match statement.
 *
 * While a pattern is tried the stack is, from the bottom:
 *
 *     subject (a copy, unless this is the last case)
 *     captures so far, in the order of p->names
 *     n_work values that the patterns around the present one still need
 *     the value to match, which the pattern consumes
 *
 * A test that fails must pop all of that but the subject.  So there is one landing
 * block for each number of values to pop: landings[n] pops one and falls into
 * landings[n - 1]; landings[0] is the next case.
 *
 * Holds      names are bound only when the whole pattern has matched.
 */
#include "compile/emit.h"

typedef struct {
    PyObject *names;                    /* list: captures on the stack, lowest first */
    int n_work;
    bool may_always_match;              /* an irrefutable pattern is allowed here */
    hob_block **landings;               /* PyMem */
    int n_landings;
} attempt;

static void compile_pattern(hob_compiler *c, hob_pattern *p, attempt *a);

/* --- failing --- */

/* Make sure there are landings that pop up to n values. */
static void
need_landings(hob_compiler *c, attempt *a, int n)
{
    if (c->failed || n < a->n_landings) { return; }
    hob_block **landings = PyMem_Realloc(a->landings, (n + 1) * sizeof *landings);
    if (!landings) {
        PyErr_NoMemory();
        hob_compile_fail(c);
        return;
    }
    a->landings = landings;
    while (a->n_landings <= n) { landings[a->n_landings++] = hob_emit_block(c); }
}

/* Jump, on opcode's condition, to where everything above the subject is popped. */
static void
fail_on(hob_compiler *c, attempt *a, int opcode)
{
    if (c->failed) { return; }
    int n = a->n_work + (int)PyList_GET_SIZE(a->names);
    need_landings(c, a, n);
    if (!c->failed) { hob_emit_jump(c, opcode, a->landings[n]); }
}

static void
put_landings(hob_compiler *c, attempt *a)
{
    if (!c->failed) {
        for (int n = a->n_landings - 1; n > 0; n--) {
            hob_emit_place(c, a->landings[n]);
            hob_emit(c, POP_TOP, 0);
        }
        hob_emit_place(c, a->n_landings ? a->landings[0] : hob_emit_block(c));
    }
    PyMem_Free(a->landings);
    a->landings = NULL;
    a->n_landings = 0;
}

/* --- capturing --- */

/* Move the top of the stack below count - 1 others. */
static void
sink(hob_compiler *c, int count)
{
    for (; count > 1; count--) { hob_emit(c, SWAP, count); }
}

static void
add_name(hob_compiler *c, attempt *a, PyObject *name)
{
    if (c->failed) { return; }
    int known = PySequence_Contains(a->names, name);
    if (known < 0) { hob_compile_fail(c); }
    else if (known) {
        hob_compile_error(c, "multiple assignments to name %R in pattern", name);
    }
    else if (PyList_Append(a->names, name) < 0) { hob_compile_fail(c); }
}

/* Keep the top of the stack for name; drop it if name is NULL. */
static void
capture(hob_compiler *c, attempt *a, PyObject *name)
{
    if (!name) {
        hob_emit(c, POP_TOP, 0);
        return;
    }
    if (c->failed || hob_compile_forbids(c, name, EXPR_CONTEXT_STORE)) { return; }
    int depth = a->n_work + (int)PyList_GET_SIZE(a->names) + 1;
    int known = PySequence_Contains(a->names, name);
    if (known < 0) { hob_compile_fail(c); }
    if (known == 0) { sink(c, depth); }
    add_name(c, a, name);
}

static bool
is_wildcard(const hob_pattern *p)
{
    return p->kind == PATTERN_MATCH_AS && !p->v.match_as.name;
}

static bool
is_star_wildcard(const hob_pattern *p)
{
    return p->kind == PATTERN_MATCH_STAR && !p->v.match_star.name;
}

/* A pattern inside another may always match: the outer one has made its test. */
static void
compile_part(hob_compiler *c, hob_pattern *p, attempt *a)
{
    bool outer = a->may_always_match;
    a->may_always_match = true;
    compile_pattern(c, p, a);
    a->may_always_match = outer;
}

static void
compile_as(hob_compiler *c, hob_pattern *p, attempt *a)
{
    PyObject *name = p->v.match_as.name;
    if (p->v.match_as.pattern) {
        a->n_work++;
        hob_emit(c, COPY, 1);
        compile_pattern(c, p->v.match_as.pattern, a);
        a->n_work--;
        capture(c, a, name);
        return;
    }
    if (a->may_always_match) {
        capture(c, a, name);
        return;
    }
    if (name) {
        hob_compile_error(c, "name capture %R makes remaining patterns unreachable", name);
    }
    else { hob_compile_error(c, "wildcard makes remaining patterns unreachable"); }
}

/* --- values --- */

static void
compile_value(hob_compiler *c, hob_pattern *p, attempt *a)
{
    hob_expr *value = p->v.match_value.value;
    if (value->kind != EXPR_CONSTANT && value->kind != EXPR_ATTRIBUTE) {
        hob_compile_error(c, "patterns may only match literals and attribute lookups");
        return;
    }
    hob_compile_expr(c, value);
    hob_emit_compare(c, CMPOP_EQ);
    fail_on(c, a, POP_JUMP_IF_FALSE);
}

static void
compile_singleton(hob_compiler *c, hob_pattern *p, attempt *a)
{
    hob_emit_const(c, p->v.match_singleton.value);
    hob_emit_compare(c, CMPOP_IS);
    fail_on(c, a, POP_JUMP_IF_FALSE);
}

/* Fail unless the length of the top of the stack, which stays, compares so. */
static void
check_length(hob_compiler *c, attempt *a, hob_cmpop op, Py_ssize_t n)
{
    hob_emit(c, GET_LEN, 0);
    hob_emit_int(c, n);
    hob_emit_compare(c, op);
    fail_on(c, a, POP_JUMP_IF_FALSE);
}

/* Fail if the top of the stack is None; it stays. */
static void
fail_on_none(hob_compiler *c, attempt *a)
{
    hob_emit(c, COPY, 1);
    hob_emit_const(c, Py_None);
    hob_emit_compare(c, CMPOP_IS_NOT);
    fail_on(c, a, POP_JUMP_IF_FALSE);
}

/* --- sequences --- */

/* UNPACK_EX counts the values in front of the starred one in a byte. */
enum { MOST_BEFORE_STAR = 255, MOST_AFTER_STAR = (INT_MAX >> 8) - 1 };

static void
unpack_and_match(hob_compiler *c, hob_pattern_seq *patterns, Py_ssize_t star, attempt *a)
{
    Py_ssize_t n = patterns->size;
    if (star < 0) { hob_emit(c, UNPACK_SEQUENCE, (int)n); }
    else {
        Py_ssize_t after = n - star - 1;
        if (star > MOST_BEFORE_STAR || after > MOST_AFTER_STAR) {
            hob_compile_error(c, "too many expressions in star-unpacking sequence pattern");
            return;
        }
        hob_emit(c, UNPACK_EX, (int)(star | after << 8));
    }
    a->n_work += (int)n;
    for (Py_ssize_t i = 0; i < n; i++) {
        a->n_work--;
        compile_part(c, patterns->items[i], a);
    }
}

/* With *_ among the patterns the items need not all be taken out: index. */
static void
index_and_match(hob_compiler *c, hob_pattern_seq *patterns, Py_ssize_t star, attempt *a)
{
    a->n_work++;
    for (Py_ssize_t i = 0; i < patterns->size; i++) {
        hob_pattern *p = patterns->items[i];
        if (i == star || is_wildcard(p)) { continue; }
        hob_emit(c, COPY, 1);
        if (i < star) { hob_emit_int(c, i); }
        else {                          /* a subject may not know negative indices */
            hob_emit(c, GET_LEN, 0);
            hob_emit_int(c, patterns->size - i);
            hob_emit_binary(c, OPERATOR_SUB, false);
        }
        hob_emit(c, BINARY_SUBSCR, 0);
        compile_part(c, p, a);
    }
    a->n_work--;
    hob_emit(c, POP_TOP, 0);
}

static void
compile_sequence(hob_compiler *c, hob_pattern *p, attempt *a)
{
    hob_pattern_seq *patterns = p->v.match_sequence.patterns;
    Py_ssize_t star = -1;
    bool only_wildcards = true;
    for (Py_ssize_t i = 0; i < patterns->size; i++) {
        hob_pattern *part = patterns->items[i];
        if (part->kind == PATTERN_MATCH_STAR) {
            if (star >= 0) {
                hob_compile_error(c, "multiple starred names in sequence pattern");
                return;
            }
            star = i;
        }
        only_wildcards &= is_wildcard(part) || is_star_wildcard(part);
    }

    a->n_work++;
    hob_emit(c, MATCH_SEQUENCE, 0);
    fail_on(c, a, POP_JUMP_IF_FALSE);
    if (star < 0) { check_length(c, a, CMPOP_EQ, patterns->size); }
    else if (patterns->size > 1) { check_length(c, a, CMPOP_GT_E, patterns->size - 1); }
    a->n_work--;
    if (only_wildcards) { hob_emit(c, POP_TOP, 0); }
    else if (star >= 0 && is_star_wildcard(patterns->items[star])) {
        index_and_match(c, patterns, star, a);
    }
    else { unpack_and_match(c, patterns, star, a); }
}

/* --- mappings --- */

/* Keys are literals, all different, or dotted names. */
static void
compile_keys(hob_compiler *c, hob_pattern *p)
{
    hob_expr_seq *keys = p->v.match_mapping.keys;
    own PyObject *known = PySet_New(NULL);
    if (!known) { hob_compile_fail(c); }
    for (Py_ssize_t i = 0; i < keys->size && !c->failed; i++) {
        hob_expr *key = keys->items[i];
        if (!key) {
            AT(c, p->v.match_mapping.patterns->items[i]);
            hob_compile_error(c, "can't use NULL keys in MatchMapping "
                              "(set 'rest' parameter instead)");
            return;
        }
        if (key->kind == EXPR_CONSTANT) {
            PyObject *value = key->v.constant.value;
            int seen = PySet_Contains(known, value);
            if (seen > 0) {
                hob_compile_error(c, "mapping pattern checks duplicate key (%R)", value);
                return;
            }
            if (seen < 0 || PySet_Add(known, value) < 0) { hob_compile_fail(c); }
        }
        else if (key->kind != EXPR_ATTRIBUTE) {
            hob_compile_error(c, "mapping pattern keys may only match literals and "
                              "attribute lookups");
            return;
        }
        hob_compile_expr(c, key);
    }
}

/* [subject, keys] -> a dict of the items that no key has taken */
static void
collect_rest(hob_compiler *c, int n_keys)
{
    hob_emit(c, BUILD_MAP, 0);
    hob_emit(c, SWAP, 3);
    hob_emit(c, DICT_UPDATE, 2);
    hob_emit(c, UNPACK_SEQUENCE, n_keys);
    for (; n_keys > 0; n_keys--) {
        hob_emit(c, COPY, 1 + n_keys);
        hob_emit(c, SWAP, 2);
        hob_emit(c, DELETE_SUBSCR, 0);
    }
}

static void
compile_mapping(hob_compiler *c, hob_pattern *p, attempt *a)
{
    hob_pattern_seq *patterns = p->v.match_mapping.patterns;
    PyObject *rest = p->v.match_mapping.rest;
    Py_ssize_t n = p->v.match_mapping.keys->size;
    if (n != patterns->size) {
        hob_compile_error(c, "keys (%d) / patterns (%d) length mismatch in mapping pattern",
                          (int)n, (int)patterns->size);
        return;
    }
    a->n_work++;                        /* the subject stays for now */
    hob_emit(c, MATCH_MAPPING, 0);
    fail_on(c, a, POP_JUMP_IF_FALSE);
    if (n == 0 && !rest) {
        a->n_work--;
        hob_emit(c, POP_TOP, 0);
        return;
    }
    if (n) { check_length(c, a, CMPOP_GT_E, n); }
    if (n > INT_MAX - 1) {
        hob_compile_error(c, "too many sub-patterns in mapping pattern");
        return;
    }
    compile_keys(c, p);
    hob_emit(c, BUILD_TUPLE, (int)n);
    hob_emit(c, MATCH_KEYS, 0);         /* [subject, keys, values or None] */
    a->n_work += 2;
    fail_on_none(c, a);
    hob_emit(c, UNPACK_SEQUENCE, (int)n);
    a->n_work += (int)n - 1;
    for (Py_ssize_t i = 0; i < n; i++) {
        a->n_work--;
        compile_part(c, patterns->items[i], a);
    }
    a->n_work -= 2;
    if (rest) {
        collect_rest(c, (int)n);
        capture(c, a, rest);
        return;
    }
    hob_emit(c, POP_TOP, 0);            /* keys */
    hob_emit(c, POP_TOP, 0);            /* subject */
}

/* --- classes --- */

static void
check_attributes(hob_compiler *c, hob_identifier_seq *names, hob_pattern_seq *patterns)
{
    for (Py_ssize_t i = 0; i < names->size && !c->failed; i++) {
        AT(c, patterns->items[i]);
        if (hob_compile_forbids(c, names->items[i], EXPR_CONTEXT_STORE)) { return; }
        for (Py_ssize_t k = i + 1; k < names->size; k++) {
            if (PyUnicode_Compare(names->items[i], names->items[k]) != 0) { continue; }
            AT(c, patterns->items[k]);
            hob_compile_error(c, "attribute name repeated in class pattern: %U",
                              names->items[i]);
            return;
        }
    }
}

static PyObject *
name_tuple(const hob_identifier_seq *names)
{
    PyObject *tuple = PyTuple_New(names->size);
    for (Py_ssize_t i = 0; tuple && i < names->size; i++) {
        PyTuple_SET_ITEM(tuple, i, Py_NewRef(names->items[i]));
    }
    return tuple;
}

static void
compile_class(hob_compiler *c, hob_pattern *p, attempt *a)
{
    __typeof__(&p->v.match_class) m = &p->v.match_class;
    Py_ssize_t n_args = m->patterns->size, n_attrs = m->kwd_attrs->size;
    if (n_attrs != m->kwd_patterns->size) {
        hob_compile_error(c, "kwd_attrs (%d) / kwd_patterns (%d) length mismatch in class "
                          "pattern", (int)n_attrs, (int)m->kwd_patterns->size);
        return;
    }
    if (n_args + n_attrs > INT_MAX - 1) {
        hob_compile_error(c, "too many sub-patterns in class pattern %R",
                          m->cls->v.name.id);
        return;
    }
    if (n_attrs) {
        check_attributes(c, m->kwd_attrs, m->kwd_patterns);
        if (c->failed) { return; }
        AT(c, p);
    }
    hob_compile_expr(c, m->cls);
    if (!c->failed) { hob_emit_new_const(c, name_tuple(m->kwd_attrs)); }
    hob_emit(c, MATCH_CLASS, (int)n_args);      /* a tuple of attributes, or None */
    a->n_work++;
    fail_on_none(c, a);
    hob_emit(c, UNPACK_SEQUENCE, (int)(n_args + n_attrs));
    a->n_work += (int)(n_args + n_attrs) - 1;
    for (Py_ssize_t i = 0; i < n_args + n_attrs; i++) {
        hob_pattern *part = i < n_args ? m->patterns->items[i]
                                       : m->kwd_patterns->items[i - n_args];
        a->n_work--;
        if (is_wildcard(part)) { hob_emit(c, POP_TOP, 0); }
        else { compile_part(c, part, a); }
    }
}

/* --- alternatives --- */

/* Turn the captures of an alternative, names, into the order of those of the first. */
static void
reorder_captures(hob_compiler *c, PyObject *names, PyObject *wanted)
{
    Py_ssize_t n = PyList_GET_SIZE(wanted);
    bool differs = PyList_GET_SIZE(names) != n;
    for (Py_ssize_t at = n - 1; at >= 0 && !differs && !c->failed; at--) {
        Py_ssize_t have = PySequence_Index(names, PyList_GET_ITEM(wanted, at));
        if (have < 0) {
            if (PyErr_ExceptionMatches(PyExc_ValueError)) { PyErr_Clear(); }
            else { hob_compile_fail(c); }
            differs = true;
            break;
        }
        if (have == at) { continue; }

        /* turn the lowest at + 1 of them until this one is at its place */
        own PyObject *turned = PyList_GetSlice(names, 0, have + 1);
        if (!turned || PyList_SetSlice(names, 0, have + 1, NULL) < 0
            || PyList_SetSlice(names, at - have, at - have, turned) < 0) {
            hob_compile_fail(c);
            return;
        }
        for (Py_ssize_t k = 0; k <= have; k++) { sink(c, (int)at + 1); }
    }
    if (differs) { hob_compile_error(c, "alternative patterns bind different names"); }
}

/* One alternative, on a copy of the subject; names gets its captures. */
static void
compile_alternative(hob_compiler *c, hob_pattern *p, bool may_always_match, PyObject *names,
                    PyObject *wanted, hob_block *end)
{
    attempt a = {.names = names, .may_always_match = may_always_match};
    AT(c, p);
    hob_emit(c, COPY, 1);
    compile_pattern(c, p, &a);
    if (!c->failed && wanted) { reorder_captures(c, names, wanted); }
    hob_emit_jump(c, JUMP, end);
    put_landings(c, &a);
}

static void
compile_or(hob_compiler *c, hob_pattern *p, attempt *a)
{
    hob_pattern_seq *patterns = p->v.match_or.patterns;
    hob_block *end = hob_emit_block(c);
    own PyObject *wanted = NULL;        /* captures of the first alternative */
    for (Py_ssize_t i = 0; i < patterns->size && !c->failed; i++) {
        own PyObject *names = PyList_New(0);
        if (!names) {
            hob_compile_fail(c);
            return;
        }
        bool is_last = i + 1 == patterns->size;
        compile_alternative(c, patterns->items[i], is_last && a->may_always_match, names,
                            wanted, end);
        if (!wanted) { wanted = take(names); }
    }
    hob_emit(c, POP_TOP, 0);            /* none matched: the copy of the subject */
    fail_on(c, a, JUMP);
    hob_emit_place(c, end);
    if (c->failed) { return; }

    /* [work, subject, captures] -> [captures, work, subject] */
    Py_ssize_t n = PyList_GET_SIZE(wanted);
    int depth = (int)n + 1 + a->n_work + (int)PyList_GET_SIZE(a->names);
    for (Py_ssize_t i = 0; i < n; i++) {
        sink(c, depth);
        add_name(c, a, PyList_GET_ITEM(wanted, i));
    }
    hob_emit(c, POP_TOP, 0);            /* subject */
}

/* --- dispatch --- */

static void
compile_pattern(hob_compiler *c, hob_pattern *p, attempt *a)
{
    if (!hob_emit_goes_on(c)) { return; }
    AT(c, p);
    switch (p->kind) {
    case PATTERN_MATCH_VALUE: compile_value(c, p, a); break;
    case PATTERN_MATCH_SINGLETON: compile_singleton(c, p, a); break;
    case PATTERN_MATCH_SEQUENCE: compile_sequence(c, p, a); break;
    case PATTERN_MATCH_MAPPING: compile_mapping(c, p, a); break;
    case PATTERN_MATCH_CLASS: compile_class(c, p, a); break;
    case PATTERN_MATCH_STAR: capture(c, a, p->v.match_star.name); break;
    case PATTERN_MATCH_AS: compile_as(c, p, a); break;
    case PATTERN_MATCH_OR: compile_or(c, p, a); break;
    }
}

/* --- the statement --- */

/* A case that is tried; the subject is on the stack, and a copy is left if keeps_subject. */
static void
compile_case(hob_compiler *c, hob_match_case *m, bool keeps_subject, bool is_last,
             hob_block *end)
{
    if (c->failed) { return; }
    own PyObject *names = PyList_New(0);
    if (!names) {
        hob_compile_fail(c);
        return;
    }
    attempt a = {.names = names, .may_always_match = m->guard || is_last};
    AT(c, m->pattern);
    if (keeps_subject) { hob_emit(c, COPY, 1); }
    compile_pattern(c, m->pattern, &a);
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(names) && !c->failed; i++) {
        hob_emit_variable(c, PyList_GET_ITEM(names, i), EXPR_CONTEXT_STORE);
    }
    if (m->guard) {
        need_landings(c, &a, 0);
        if (!c->failed) { hob_compile_jump_if(c, m->guard, a.landings[0], false); }
    }
    if (keeps_subject) { hob_emit(c, POP_TOP, 0); }
    hob_compile_stmts(c, m->body);
    hob_emit_jump(c, JUMP, end);
    AT(c, m->pattern);
    put_landings(c, &a);
}

void
hob_compile_match(hob_compiler *c, hob_stmt *s)
{
    hob_match_case_seq *cases = s->v.match.cases;
    hob_block *end = hob_emit_block(c);
    hob_compile_expr(c, s->v.match.subject);
    Py_ssize_t n = cases->size;
    hob_match_case *last = cases->items[n - 1];
    bool has_default = n > 1 && is_wildcard(last->pattern);
    Py_ssize_t n_tried = n - has_default;
    for (Py_ssize_t i = 0; i < n_tried; i++) {
        compile_case(c, cases->items[i], i + 1 < n_tried, i + 1 == n, end);
    }
    if (has_default) {                  /* needs no subject */
        AT(c, last->pattern);
        hob_emit(c, NOP, 0);
        if (last->guard) { hob_compile_jump_if(c, last->guard, end, false); }
        hob_compile_stmts(c, last->body);
    }
    hob_emit_place(c, end);
}

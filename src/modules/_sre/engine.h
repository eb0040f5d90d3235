/* engine.h -- the backtracking machine; included once for each character width
 * with CHAR and NAME(x) defined.
 *
 * State      pc and ptr; marks; the repeat being run.  Every change to marks and
 *            repeats pushes what undoes it, every alternative pushes where else to
 *            go.  To fail is to pop: UNDO entries are put back, a CHOICE resumes.
 * Holds      entries above `base` belong to this run (look-around runs nest).  A run
 *            that succeeds as a whole drops its choices but keeps its undos, for
 *            the run around it may still fail back over them (NAME(commit)).
 */

#define LENGTH(from) (end - (from))

static inline bool
NAME(in_set)(const sre_code *set, CHAR c)
{
    if (LIKELY(set[0] >= SRE_MAPPED && (sizeof(CHAR) == 1 || c < 256))) {
        return sre_has_bit(hob_sre_map(set), c);
    }
    return hob_sre_in_set(set, c);
}

/* The first character from ptr on that is `wanted`, or end. */
static const CHAR *
NAME(find)(const CHAR *ptr, const CHAR *end, sre_code wanted)
{
    if ((CHAR)wanted != wanted || ptr >= end) { return end; }
    if (sizeof(CHAR) == 1) {
        const void *at = memchr(ptr, (int)wanted, (size_t)(end - ptr));
        return at ? at : end;
    }
    while (ptr < end && *ptr != (CHAR)wanted) { ptr++; }
    return ptr;
}

/* Can the operation found by lead() take the character at ptr? */
static inline bool
NAME(can_take)(const sre_code *op, const CHAR *ptr, const CHAR *end)
{
    switch (op[0]) {
    case SRE_OP_LITERAL: return ptr < end && *ptr == op[1];
    case SRE_OP_NOT_LITERAL: return ptr < end && *ptr != op[1];
    case SRE_OP_IN: return ptr < end && NAME(in_set)(op + 2, *ptr);
    default: return true;
    }
}

/* How many of at most `limit` characters from ptr the one-character item at pc takes. */
static Py_ssize_t
NAME(count)(const sre_subject *s, const sre_code *pc, const CHAR *ptr, sre_code limit)
{
    const CHAR *end = s->end, *from = ptr;
    if (limit != SRE_MAX_REPEAT && limit < (size_t)LENGTH(ptr)) { end = ptr + limit; }
    sre_code wanted = pc[1];
    switch (pc[0]) {
    case SRE_OP_IN:
        if (sizeof(CHAR) == 1 && pc[2] >= SRE_MAPPED) {
            const sre_code *map = hob_sre_map(pc + 2);
            while (ptr < end && sre_has_bit(map, *ptr)) { ptr++; }
            break;
        }
        while (ptr < end && NAME(in_set)(pc + 2, *ptr)) { ptr++; }
        break;
    case SRE_OP_ANY:
        ptr = NAME(find)(ptr, end, '\n');
        break;
    case SRE_OP_ANY_ALL:
        ptr = end;
        break;
    case SRE_OP_LITERAL:
        if ((CHAR)wanted == wanted) { while (ptr < end && *ptr == (CHAR)wanted) { ptr++; } }
        break;
    case SRE_OP_NOT_LITERAL:
        ptr = NAME(find)(ptr, end, wanted);
        break;
    case SRE_OP_LITERAL_IGNORE:
        while (ptr < end && hob_sre_lower_ascii(*ptr) == wanted) { ptr++; }
        break;
    case SRE_OP_NOT_LITERAL_IGNORE:
        while (ptr < end && hob_sre_lower_ascii(*ptr) != wanted) { ptr++; }
        break;
    case SRE_OP_LITERAL_UNI_IGNORE:
        while (ptr < end && hob_sre_lower_unicode(*ptr) == wanted) { ptr++; }
        break;
    case SRE_OP_NOT_LITERAL_UNI_IGNORE:
        while (ptr < end && hob_sre_lower_unicode(*ptr) != wanted) { ptr++; }
        break;
    case SRE_OP_LITERAL_LOC_IGNORE:
        while (ptr < end && hob_sre_same_locale(wanted, *ptr)) { ptr++; }
        break;
    case SRE_OP_NOT_LITERAL_LOC_IGNORE:
        while (ptr < end && !hob_sre_same_locale(wanted, *ptr)) { ptr++; }
        break;
    case SRE_OP_IN_IGNORE:
        while (ptr < end && hob_sre_in_set(pc + 2, hob_sre_lower_ascii(*ptr))) { ptr++; }
        break;
    case SRE_OP_IN_UNI_IGNORE:
        while (ptr < end && hob_sre_in_set(pc + 2, hob_sre_lower_unicode(*ptr))) { ptr++; }
        break;
    case SRE_OP_IN_LOC_IGNORE:
        while (ptr < end && (hob_sre_in_set(pc + 2, (Py_UCS4)hob_sre_lower_locale(*ptr))
                             || hob_sre_in_set(pc + 2, *ptr < 256 ? (Py_UCS4)toupper((int)*ptr)
                                                                  : (Py_UCS4)*ptr))) {
            ptr++;
        }
        break;
    default:
        return SRE_ERROR_CODE;
    }
    return ptr - from;
}

static bool
NAME(is_word_at)(const sre_subject *s, const CHAR *ptr, unsigned category)
{
    return ptr >= (const CHAR *)s->beginning && ptr < (const CHAR *)s->end
        && hob_sre_category(category, *ptr);
}

static bool
NAME(at)(const sre_subject *s, const CHAR *ptr, sre_code where)
{
    const CHAR *beginning = s->beginning, *end = s->end;
    unsigned word;
    bool wanted;
    switch (where) {
    case SRE_AT_BEGINNING:
    case SRE_AT_BEGINNING_STRING: return ptr == beginning;
    case SRE_AT_BEGINNING_LINE: return ptr == beginning || ptr[-1] == '\n';
    case SRE_AT_END: return ptr == end || (end - ptr == 1 && *ptr == '\n');
    case SRE_AT_END_LINE: return ptr == end || *ptr == '\n';
    case SRE_AT_END_STRING: return ptr == end;
    case SRE_AT_BOUNDARY: word = SRE_CATEGORY_WORD; wanted = true; break;
    case SRE_AT_NON_BOUNDARY: word = SRE_CATEGORY_WORD; wanted = false; break;
    case SRE_AT_LOC_BOUNDARY: word = SRE_CATEGORY_LOC_WORD; wanted = true; break;
    case SRE_AT_LOC_NON_BOUNDARY: word = SRE_CATEGORY_LOC_WORD; wanted = false; break;
    case SRE_AT_UNI_BOUNDARY: word = SRE_CATEGORY_UNI_WORD; wanted = true; break;
    case SRE_AT_UNI_NON_BOUNDARY: word = SRE_CATEGORY_UNI_WORD; wanted = false; break;
    default: return false;
    }
    if (beginning == end) { return false; }
    bool before = NAME(is_word_at)(s, ptr - 1, word), after = NAME(is_word_at)(s, ptr, word);
    return (before != after) == wanted;
}

/* Keep what undoes this run's changes, drop its other ways. */
static void
NAME(commit)(sre_subject *s, size_t base)
{
    size_t to = base;
    for (size_t from = base; from < s->n_stack; from++) {
        if (s->stack[from].kind >= UNDO_MARK) { s->stack[to++] = s->stack[from]; }
    }
    s->n_stack = to;
}

/* Put back what this run changed, trying none of its other ways. */
static void
NAME(unwind)(sre_subject *s, size_t base)
{
    while (s->n_stack > base) {
        const sre_entry *e = &s->stack[--s->n_stack];
        switch (e->kind) {
        case UNDO_MARK:
            s->mark[e->a] = e->ptr;
            s->lastmark = (int32_t)(e->n >> 32);
            s->lastindex = (int32_t)(uint32_t)e->n;
            break;
        case UNDO_REPEAT:
            s->n_repeats--;
            s->current = e->a;
            break;
        case UNDO_COUNT:
            s->repeats[e->a].count = e->n;
            s->repeats[e->a].last = e->ptr;
            break;
        default:
            break;
        }
    }
}

#define PUSH(kind_, a_, pc_, ptr_, n_)                                          \
    do {                                                                        \
        if (s->n_stack == s->room_stack && hob_sre_grow_stack(s) < 0) {         \
            return SRE_ERROR_MEMORY;                                            \
        }                                                                       \
        s->stack[s->n_stack++] = (sre_entry){kind_, a_, pc_, ptr_, n_};         \
    } while (0)
#define FAIL goto fail
#define MORE(wanted) do { if (ptr >= end || !(wanted)) { FAIL; } ptr++; } while (0)

/* The first of a BRANCH's ways from `way` on that can start; its end (0) if none. */
static inline const sre_code *
NAME(next_way)(const sre_code *way, const CHAR *ptr, const CHAR *end)
{
    while (way[0] && !NAME(can_take)(lead(way + 1), ptr, end)) { way += way[0]; }
    return way;
}

/* Run code from pc at ptr until SUCCESS.  1 with s->ptr; 0; or an error.
 * A case an instruction; in one function, so that pc, ptr and end stay in registers. */
static int
NAME(run)(sre_subject *s, const sre_code *pc, const CHAR *ptr, bool toplevel)
{
    const CHAR *const end = s->end;
    const size_t base = s->n_stack;

    for (;;) {
        switch (*pc++) {
        case SRE_OP_SUCCESS:
            if (toplevel && ((s->match_all && ptr != end) || (s->must_advance
                                                              && ptr == s->must_advance))) {
                FAIL;
            }
            s->ptr = ptr;
            return 1;
        case SRE_OP_FAILURE:
            FAIL;

        case SRE_OP_LITERAL: MORE((sre_code)*ptr == pc[0]); pc++; continue;
        case SRE_OP_NOT_LITERAL: MORE((sre_code)*ptr != pc[0]); pc++; continue;
        case SRE_OP_ANY: MORE(*ptr != '\n'); continue;
        case SRE_OP_ANY_ALL: MORE(true); continue;
        case SRE_OP_IN: MORE(NAME(in_set)(pc + 1, *ptr)); pc += pc[0]; continue;
        case SRE_OP_CATEGORY: MORE(hob_sre_category(pc[0], *ptr)); pc++; continue;
        case SRE_OP_LITERAL_IGNORE: MORE(hob_sre_lower_ascii(*ptr) == pc[0]); pc++; continue;
        case SRE_OP_NOT_LITERAL_IGNORE: MORE(hob_sre_lower_ascii(*ptr) != pc[0]); pc++; continue;
        case SRE_OP_LITERAL_UNI_IGNORE: MORE(hob_sre_lower_unicode(*ptr) == pc[0]); pc++; continue;
        case SRE_OP_NOT_LITERAL_UNI_IGNORE:
            MORE(hob_sre_lower_unicode(*ptr) != pc[0]); pc++; continue;
        case SRE_OP_LITERAL_LOC_IGNORE: MORE(hob_sre_same_locale(pc[0], *ptr)); pc++; continue;
        case SRE_OP_NOT_LITERAL_LOC_IGNORE:
            MORE(!hob_sre_same_locale(pc[0], *ptr)); pc++; continue;
        case SRE_OP_IN_IGNORE:
            MORE(hob_sre_in_set(pc + 1, hob_sre_lower_ascii(*ptr))); pc += pc[0]; continue;
        case SRE_OP_IN_UNI_IGNORE:
            MORE(hob_sre_in_set(pc + 1, hob_sre_lower_unicode(*ptr))); pc += pc[0]; continue;
        case SRE_OP_IN_LOC_IGNORE:
            if (NAME(count)(s, pc - 1, ptr, 1) != 1) { FAIL; }
            ptr++;
            pc += pc[0];
            continue;
        case SRE_OP_AT:
            if (!NAME(at)(s, ptr, pc[0])) { FAIL; }
            pc++;
            continue;
        case SRE_OP_JUMP:
        case SRE_OP_INFO:
            pc += pc[0];
            continue;

        case SRE_OP_MARK: {
            int32_t i = (int32_t)*pc++;
            if (toplevel && s->n_stack == 0 && i == s->lastmark + 1) {
                /* nothing to fail back to: a failure ends the match and its marks */
                if (i & 1) { s->lastindex = i / 2 + 1; }
                s->lastmark = i;
                s->mark[i] = ptr;
                continue;
            }
            PUSH(UNDO_MARK, i, NULL, s->mark[i],
                 (Py_ssize_t)s->lastmark << 32 | (uint32_t)s->lastindex);
            if (i & 1) { s->lastindex = i / 2 + 1; }
            if (i > s->lastmark) {
                for (int32_t j = s->lastmark + 1; j < i; j++) {
                    PUSH(UNDO_MARK, j, NULL, s->mark[j],
                         (Py_ssize_t)s->lastmark << 32 | (uint32_t)s->lastindex);
                    s->mark[j] = NULL;
                }
                s->lastmark = i;
            }
            s->mark[i] = ptr;
            continue;
        }

        case SRE_OP_BRANCH: {
            /* <BRANCH> <skip> ... <JUMP> ... <skip> ... <0>; the first way that can start */
            const sre_code *way = NAME(next_way)(pc, ptr, end);
            if (!way[0]) { FAIL; }
            const sre_code *other = NAME(next_way)(way + way[0], ptr, end);
            if (other[0]) { PUSH(CHOICE_BRANCH, 0, other, ptr, 0); }
            pc = way + 1;
            continue;
        }

        case SRE_OP_REPEAT_ONE: {
            /* <REPEAT_ONE> <skip> <min> <max> item <SUCCESS> tail */
            const Py_ssize_t min = (Py_ssize_t)pc[1];
            if (LENGTH(ptr) < min) { FAIL; }
            Py_ssize_t n = NAME(count)(s, pc + 3, ptr, pc[2]);
            if (n < 0) { return (int)n; }
            if (n < min) { FAIL; }
            ptr += n;
            const sre_code *tail = pc + pc[0];
            if (*tail == SRE_OP_SUCCESS && ptr == end && toplevel && !s->must_advance) {
                s->ptr = ptr;
                return 1;
            }
            const sre_code *next = lead(tail);
            while (!NAME(can_take)(next, ptr, end)) {
                if (--n < min) { FAIL; }
                ptr--;
            }
            if (n > min) { PUSH(CHOICE_SHORTER, 0, pc, ptr - 1, n - 1); }
            pc = tail;
            continue;
        }

        case SRE_OP_MIN_REPEAT_ONE: {
            if (LENGTH(ptr) < (Py_ssize_t)pc[1]) { FAIL; }
            Py_ssize_t n = 0;
            if (pc[1]) {
                n = NAME(count)(s, pc + 3, ptr, pc[1]);
                if (n < 0) { return (int)n; }
                if (n < (Py_ssize_t)pc[1]) { FAIL; }
                ptr += n;
            }
            if (pc[2] == SRE_MAX_REPEAT || (sre_code)n < pc[2]) {
                PUSH(CHOICE_LONGER, 0, pc, ptr, n);
            }
            pc += pc[0];
            if (!NAME(can_take)(lead(pc), ptr, end)) { FAIL; }
            continue;
        }

        case SRE_OP_POSSESSIVE_REPEAT_ONE: {
            if (LENGTH(ptr) < (Py_ssize_t)pc[1]) { FAIL; }
            Py_ssize_t n = NAME(count)(s, pc + 3, ptr, pc[2]);
            if (n < 0) { return (int)n; }
            if (n < (Py_ssize_t)pc[1]) { FAIL; }
            ptr += n;
            pc += pc[0];
            continue;
        }

        case SRE_OP_REPEAT: {
            /* <REPEAT> <skip> <min> <max> body <MAX_UNTIL or MIN_UNTIL> tail */
            if (s->n_repeats == s->room_repeats && hob_sre_grow_repeats(s) < 0) {
                return SRE_ERROR_MEMORY;
            }
            PUSH(UNDO_REPEAT, s->current, NULL, NULL, 0);
            s->repeats[s->n_repeats] = (sre_repeat){pc, -1, NULL, s->current};
            s->current = s->n_repeats++;
            pc += pc[0];                /* to UNTIL: it decides whether to begin */
            continue;
        }

        case SRE_OP_MAX_UNTIL: {
            int32_t index = s->current;
            if (index < 0) { return SRE_ERROR_CODE; }
            sre_repeat *rep = &s->repeats[index];
            int64_t count = rep->count + 1;
            const sre_code *head = rep->pc;
            if (count < (int64_t)head[1]) {
                PUSH(UNDO_COUNT, index, NULL, rep->last, (Py_ssize_t)rep->count);
                rep->count = count;
                pc = head + 3;
                continue;
            }
            if ((head[2] == SRE_MAX_REPEAT || count < (int64_t)head[2]) && ptr != rep->last) {
                PUSH(CHOICE_TAIL, index, pc, ptr, 0);
                PUSH(UNDO_COUNT, index, NULL, rep->last, (Py_ssize_t)rep->count);
                rep->count = count;
                rep->last = ptr;
                pc = head + 3;
                continue;
            }
            PUSH(UNDO_CURRENT, index, NULL, NULL, 0);
            s->current = rep->outer;
            continue;
        }

        case SRE_OP_MIN_UNTIL: {
            int32_t index = s->current;
            if (index < 0) { return SRE_ERROR_CODE; }
            sre_repeat *rep = &s->repeats[index];
            int64_t count = rep->count + 1;
            const sre_code *head = rep->pc;
            if (count < (int64_t)head[1]) {
                PUSH(UNDO_COUNT, index, NULL, rep->last, (Py_ssize_t)rep->count);
                rep->count = count;
                pc = head + 3;
                continue;
            }
            if ((head[2] == SRE_MAX_REPEAT || count < (int64_t)head[2]) && ptr != rep->last) {
                PUSH(CHOICE_BODY, index, pc, ptr, (Py_ssize_t)count);
            }
            PUSH(UNDO_CURRENT, index, NULL, NULL, 0);
            s->current = rep->outer;
            continue;
        }

        case SRE_OP_POSSESSIVE_REPEAT: {
            /* <POSSESSIVE_REPEAT> <skip> <min> <max> body <SUCCESS> tail */
            int64_t count = 0;
            int32_t outer = s->current;
            const CHAR *last = NULL;
            while (pc[2] == SRE_MAX_REPEAT || count < (int64_t)pc[2]) {
                if (count >= (int64_t)pc[1] && ptr == last) { break; }
                last = ptr;
                size_t mine = s->n_stack;
                int found = NAME(run)(s, pc + 3, ptr, false);
                if (found < 0) { return found; }
                if (!found) { break; }
                NAME(commit)(s, mine);
                s->current = outer;
                ptr = s->ptr;
                count++;
            }
            if (count < (int64_t)pc[1]) { FAIL; }
            pc += pc[0] + 1;
            continue;
        }

        case SRE_OP_ATOMIC_GROUP: {
            size_t mine = s->n_stack;
            int32_t outer = s->current;
            int found = NAME(run)(s, pc + 1, ptr, false);
            if (found < 0) { return found; }
            if (!found) { FAIL; }
            NAME(commit)(s, mine);
            s->current = outer;
            ptr = s->ptr;
            pc += pc[0];
            continue;
        }

        case SRE_OP_ASSERT: {
            /* <ASSERT> <skip> <back> pattern <SUCCESS> */
            if (ptr - (const CHAR *)s->beginning < (Py_ssize_t)pc[1]) { FAIL; }
            size_t mine = s->n_stack;
            int32_t outer = s->current;
            int found = NAME(run)(s, pc + 2, ptr - pc[1], false);
            if (found < 0) { return found; }
            if (!found) { FAIL; }
            NAME(commit)(s, mine);
            s->current = outer;
            pc += pc[0];
            continue;
        }

        case SRE_OP_ASSERT_NOT: {
            if (ptr - (const CHAR *)s->beginning >= (Py_ssize_t)pc[1]) {
                size_t mine = s->n_stack;
                int32_t outer = s->current;
                int found = NAME(run)(s, pc + 2, ptr - pc[1], false);
                if (found < 0) { return found; }
                if (found) {
                    NAME(unwind)(s, mine);
                    s->current = outer;
                    FAIL;
                }
                s->current = outer;
            }
            pc += pc[0];
            continue;
        }

        case SRE_OP_GROUPREF:
        case SRE_OP_GROUPREF_IGNORE:
        case SRE_OP_GROUPREF_UNI_IGNORE:
        case SRE_OP_GROUPREF_LOC_IGNORE: {
            sre_code op = pc[-1];
            int32_t i = (int32_t)pc[0] * 2;
            if (i >= s->lastmark) { FAIL; }
            const CHAR *p = s->mark[i], *stop = s->mark[i + 1];
            if (!p || !stop || stop < p) { FAIL; }
            for (; p < stop; p++, ptr++) {
                if (ptr >= end) { FAIL; }
                Py_UCS4 a = *p, b = *ptr;
                if (op == SRE_OP_GROUPREF_IGNORE) {
                    a = hob_sre_lower_ascii(a);
                    b = hob_sre_lower_ascii(b);
                }
                else if (op == SRE_OP_GROUPREF_UNI_IGNORE) {
                    a = hob_sre_lower_unicode(a);
                    b = hob_sre_lower_unicode(b);
                }
                else if (op == SRE_OP_GROUPREF_LOC_IGNORE) {
                    a = hob_sre_lower_locale(a);
                    b = hob_sre_lower_locale(b);
                }
                if (a != b) { FAIL; }
            }
            pc++;
            continue;
        }

        case SRE_OP_GROUPREF_EXISTS: {
            int32_t i = (int32_t)pc[0] * 2;
            bool set = i < s->lastmark && s->mark[i] && s->mark[i + 1]
                && s->mark[i + 1] >= s->mark[i];
            pc += set ? 2 : pc[1];
            continue;
        }

        default:
            return SRE_ERROR_CODE;
        }

    fail:
        for (;;) {
            if (s->n_stack == base) { return 0; }
            if ((++s->ticks & 0xfff) == 0 && PyErr_CheckSignals() < 0) {
                return SRE_ERROR_INTERRUPT;
            }
            sre_entry *e = &s->stack[s->n_stack - 1];
            ptr = e->ptr;
            switch (e->kind) {
            case UNDO_MARK:
                s->mark[e->a] = e->ptr;
                s->lastmark = (int32_t)(e->n >> 32);
                s->lastindex = (int32_t)(uint32_t)e->n;
                s->n_stack--;
                continue;
            case UNDO_REPEAT:
                s->current = e->a;
                s->n_repeats--;
                s->n_stack--;
                continue;
            case UNDO_CURRENT:
                s->current = e->a;
                s->n_stack--;
                continue;
            case UNDO_COUNT:
                s->repeats[e->a].count = e->n;
                s->repeats[e->a].last = e->ptr;
                s->n_stack--;
                continue;

            case CHOICE_BRANCH: {
                const sre_code *way = e->pc, *next = NAME(next_way)(way + way[0], ptr, end);
                if (next[0]) { e->pc = next; }
                else { s->n_stack--; }
                pc = way + 1;
                break;
            }
            case CHOICE_SHORTER: {
                /* e->n characters are taken up to ptr; give back until the tail can start */
                const sre_code *head = e->pc, *tail = head + head[0], *next = lead(tail);
                Py_ssize_t n = e->n, min = (Py_ssize_t)head[1];
                while (n >= min && !NAME(can_take)(next, ptr, end)) { ptr--; n--; }
                if (n <= min) { s->n_stack--; }
                if (n < min) { continue; }
                e->n = n - 1;
                e->ptr = ptr - 1;
                pc = tail;
                break;
            }
            case CHOICE_LONGER: {
                /* take more until the tail can start */
                const sre_code *head = e->pc, *tail = head + head[0], *next = lead(tail);
                Py_ssize_t one;
                bool more = true;
                do {
                    one = NAME(count)(s, head + 3, ptr, 1);
                    if (one <= 0) { break; }
                    ptr++;
                    e->n++;
                    more = head[2] == SRE_MAX_REPEAT || (sre_code)e->n < head[2];
                } while (more && !NAME(can_take)(next, ptr, end));
                if (one < 0) { return (int)one; }
                if (one == 0 || !more) { s->n_stack--; }
                if (one == 0) { continue; }
                e->ptr = ptr;
                pc = tail;
                break;
            }
            case CHOICE_TAIL: {
                int32_t index = e->a;
                pc = e->pc;
                e->kind = UNDO_CURRENT;         /* the entry becomes its own undo */
                s->current = s->repeats[index].outer;
                break;
            }
            case CHOICE_BODY: {
                int32_t index = e->a;
                sre_repeat *rep = &s->repeats[index];
                Py_ssize_t count = e->n;
                *e = (sre_entry){UNDO_COUNT, index, NULL, rep->last, (Py_ssize_t)rep->count};
                rep->count = count;
                rep->last = ptr;
                s->current = index;
                pc = rep->pc + 3;
                break;
            }
            }
            break;
        }
    }
}

/* --- searching --- */

static int
NAME(match)(sre_subject *s, const sre_code *code)
{
    s->n_stack = 0;
    s->n_repeats = 0;
    s->current = -1;
    return NAME(run)(s, code, s->start, true);
}

static int
NAME(match_at)(sre_subject *s, const sre_code *code, const CHAR *ptr)
{
    s->start = ptr;
    s->lastmark = s->lastindex = -1;
    int found = NAME(match)(s, code);
    s->must_advance = NULL;
    return found;
}

/* The first place from ptr on where a match can start; end if there is none. */
static inline const CHAR *
NAME(next_start)(const sre_pattern *pattern, const sre_code *charset, const CHAR *ptr,
                 const CHAR *end)
{
    const sre_code *starts = pattern->starts;
    if (sizeof(CHAR) == 1 && starts) {
        if (pattern->only_start >= 0) {
            return NAME(find)(ptr, end, (sre_code)pattern->only_start);
        }
        while (ptr < end && !sre_has_bit(starts, *ptr)) { ptr++; }
        return ptr;
    }
    for (; ptr < end; ptr++) {
        if (starts && *ptr < 256 ? sre_has_bit(starts, *ptr)
            : !charset || NAME(in_set)(charset, *ptr)) {
            break;
        }
    }
    return ptr;
}

static int
NAME(search)(sre_subject *s, const sre_pattern *pattern)
{
    const sre_code *code = pattern->code;
    const CHAR *ptr = s->start, *end = s->end;
    if (ptr > end) { return 0; }
    sre_code flags = 0;
    Py_ssize_t n_prefix = 0;
    const sre_code *prefix = NULL, *charset = NULL;
    if (code[0] == SRE_OP_INFO) {
        /* <INFO> <skip> <flags> <min> <max> [<n> <skip> prefix overlap | charset] */
        flags = code[2];
        if (code[3] && (size_t)(end - ptr) < code[3]) { return 0; }
        if (code[3] > 1) {
            /* no match can start later */
            end -= code[3] - 1;
            if (end <= ptr) { end = ptr; }
        }
        if (flags & SRE_INFO_PREFIX) {
            n_prefix = code[5];
            prefix = code + 7;
        }
        else if (flags & SRE_INFO_CHARSET) { charset = code + 5; }
        code += 1 + code[1];
    }
    int found;
    if (prefix) {
        for (;; ptr++) {
            ptr = NAME(find)(ptr, end, prefix[0]);
            if (ptr >= end) { return 0; }
            Py_ssize_t i = 1;
            while (i < n_prefix && ptr + i < (const CHAR *)s->end
                   && (sre_code)ptr[i] == prefix[i]) {
                i++;
            }
            if (i < n_prefix) { continue; }
            if ((flags & SRE_INFO_LITERAL) && !s->match_all
                && !(s->must_advance && ptr + n_prefix == s->must_advance)) {
                s->start = ptr;
                s->ptr = ptr + n_prefix;
                s->lastmark = s->lastindex = -1;
                return 1;
            }
            found = NAME(match_at)(s, code, ptr);
            if (found) { return found; }
        }
    }
    bool at_line = code[0] == SRE_OP_AT && code[1] == SRE_AT_BEGINNING_LINE;
    bool consumes = pattern->starts || charset;
    if (code[0] == SRE_OP_AT
        && (code[1] == SRE_AT_BEGINNING || code[1] == SRE_AT_BEGINNING_STRING)) {
        if (ptr != s->beginning) { return 0; }
        return NAME(match_at)(s, code, ptr);
    }
    for (;; ptr++) {
        if (at_line && ptr != s->beginning && ptr[-1] != '\n') {
            ptr = NAME(find)(ptr, s->end, '\n') + 1;
            if (ptr > end) { return 0; }
        }
        else if (consumes) {
            const CHAR *to = NAME(next_start)(pattern, charset, ptr, end);
            if (to >= end) { return 0; }
            if (at_line && to != ptr) {         /* this line begins otherwise */
                ptr = to - 1;
                continue;
            }
            ptr = to;
        }
        found = NAME(match_at)(s, code, ptr);
        if (found || ptr >= end) { return found; }
    }
}

#undef LENGTH
#undef PUSH
#undef FAIL
#undef MORE
#undef CHAR
#undef NAME

/* gc.c -- finding garbage in cycles.
 *
 * Objects of collected types are on one of four circular lists: three
 * generations and the frozen ones.  A collection takes a generation and all
 * younger ones and finds what only refers to itself:
 *
 *   count     write every object's reference count into its header's prev word
 *   subtract  traverse all: each reference between two of them takes one off
 *   reach     what has references left is held from outside; it and all it leads
 *             to is alive.  The work list is linked through the prev words, which
 *             those objects no longer need, so marking needs no memory.
 *   split     relink the living; the rest is garbage, in its old order
 *
 * Most of the time goes into waiting for memory: so what a reference leads to is
 * fetched while others are looked at (window), and each list is walked as few
 * times as can be.
 *
 * Then, for the garbage: set legacy tp_del objects aside with all they hold →
 * clear weak references and call the callbacks of living ones → tp_finalize,
 * once per object → find again what finalizers brought back → tp_clear.
 *
 * Holds      While counting, prev = count << 2 | GC_COLLECTING | GC_FINALIZED and
 *            next still links the list.  Outside of count..split, prev is a link.
 *            GC_COLLECTING is set exactly on objects that are being judged.
 * Hazard     Callbacks, finalizers and tp_clear run any code: lists are then read
 *            one head at a time from the front.
 * Next       weakref.c, trashcan.c, modules/gc.c; docs/internals/memory.md
 */
#include "memory/collect.h"

#include "base/stress.h"
#include "base/trace.h"
#include "memory/own.h"
#include "memory/pool.h"
#include "objects/instance.h"
#include "state/runtime.h"

#include <time.h>

hob_gc_head hob_gc_young = {(uintptr_t)&hob_gc_young, (uintptr_t)&hob_gc_young};
static hob_gc_head middle = {(uintptr_t)&middle, (uintptr_t)&middle};
static hob_gc_head oldest = {(uintptr_t)&oldest, (uintptr_t)&oldest};
static hob_gc_head frozen = {(uintptr_t)&frozen, (uintptr_t)&frozen};

hob_gc_state hob_gc = {
    .generations = {{&hob_gc_young, 700}, {&middle, 10}, {&oldest, 10}},
    .permanent = &frozen,
};

enum { COUNT_SHIFT = 2, COUNT_ONE = 1 << COUNT_SHIFT };

/* --- lists --- */

static inline hob_gc_head *
next_of(const hob_gc_head *head)
{
    return (hob_gc_head *)head->next;
}

static inline hob_gc_head *
prev_of(const hob_gc_head *head)
{
    return (hob_gc_head *)(head->prev & ~(uintptr_t)GC_PREV_BITS);
}

static inline void
set_prev(hob_gc_head *head, const hob_gc_head *prev)
{
    head->prev = (head->prev & GC_PREV_BITS) | (uintptr_t)prev;
}

static inline void
list_init(hob_gc_head *list)
{
    list->next = list->prev = (uintptr_t)list;
}

static inline bool
list_is_empty(const hob_gc_head *list)
{
    return list->next == (uintptr_t)list;
}

static inline void
list_append(hob_gc_head *head, hob_gc_head *list)
{
    hob_gc_head *last = (hob_gc_head *)list->prev;
    last->next = (uintptr_t)head;
    set_prev(head, last);
    head->next = (uintptr_t)list;
    list->prev = (uintptr_t)head;
}

static inline void
list_move(hob_gc_head *head, hob_gc_head *list)
{
    hob_gc_head *before = prev_of(head), *after = next_of(head);
    before->next = (uintptr_t)after;
    set_prev(after, before);
    list_append(head, list);
}

void
hob_gc_list_merge(hob_gc_head *from, hob_gc_head *to)
{
    if (!list_is_empty(from)) {
        hob_gc_head *last = (hob_gc_head *)to->prev;
        hob_gc_head *first = next_of(from), *end = (hob_gc_head *)from->prev;
        last->next = (uintptr_t)first;
        set_prev(first, last);
        end->next = (uintptr_t)to;
        to->prev = (uintptr_t)end;
    }
    list_init(from);
}

Py_ssize_t
hob_gc_list_size(const hob_gc_head *list)
{
    Py_ssize_t n = 0;
    for (const hob_gc_head *head = next_of(list); head != list; head = next_of(head)) { n++; }
    return n;
}

/* --- looking ahead ---
 *
 * References wait in a short queue while what they lead to comes into the cache
 * (Cher, Hosking and Vitek, "Software prefetching for mark-sweep", 2004). */

enum { WINDOW = 16 };

typedef struct window {
    PyObject *waiting[WINDOW];
    unsigned at;
    hob_gc_head *stack;                 /* of the living whose references are not seen yet */
} window;

static void
window_init(window *w)
{
    for (int i = 0; i < WINDOW; i++) { w->waiting[i] = Py_None; }
    w->at = 0;
    w->stack = NULL;
}

/* Queue op; whose turn it is.  Py_None is there when nobody waits. */
static ALWAYS_INLINE PyObject *
window_next(window *w, PyObject *op)
{
    __builtin_prefetch((void *)((uintptr_t)op - sizeof(hob_gc_head)), 1);
    __builtin_prefetch(op);
    PyObject **slot = &w->waiting[w->at++ % WINDOW];
    PyObject *turn = *slot;
    *slot = op;
    return turn;
}

/* tp_traverse, inline for the commonest types when visit is. */
static ALWAYS_INLINE void
traverse(PyObject *op, visitproc visit, window *w)
{
    PyObject **items;
    if (PyTuple_CheckExact(op))     { items = ((PyTupleObject *)op)->ob_item; }
    else if (PyList_CheckExact(op)) { items = ((PyListObject *)op)->ob_item; }
    else {
        Py_TYPE(op)->tp_traverse(op, visit, w);
        return;
    }
    for (Py_ssize_t i = 0, n = Py_SIZE(op); i < n; i++) {
        if (items[i]) { visit(items[i], w); }
    }
}

/* --- who is garbage --- */

static inline bool
is_judged(const hob_gc_head *head)
{
    return head->prev & GC_COLLECTING;
}

static void
count_references(hob_gc_head *list)
{
    for (hob_gc_head *head = next_of(list); head != list; head = next_of(head)) {
        Py_ssize_t count = hob_gc_object_of(head)->ob_refcnt;
        EXPECT(count > 0);
        head->prev = (head->prev & GC_FINALIZED) | GC_COLLECTING
                     | (uintptr_t)count << COUNT_SHIFT;
    }
}

static ALWAYS_INLINE int
subtract_one(PyObject *op, void *w)
{
    op = window_next(w, op);
    if (hob_gc_is_collected(op)) {
        hob_gc_head *head = hob_gc_head_of(op);
        if (is_judged(head)) {
            EXPECT(head->prev >> COUNT_SHIFT > 0);
            head->prev -= COUNT_ONE;
        }
    }
    return 0;
}

static void
subtract_inner_references(hob_gc_head *list)
{
    window w;
    window_init(&w);
    for (hob_gc_head *head = next_of(list); head != list; head = next_of(head)) {
        traverse(hob_gc_object_of(head), subtract_one, &w);
    }
    for (int i = 0; i < WINDOW; i++) { subtract_one(Py_None, &w); }
}

/* Acquit an object: it waits on the stack until its referents are, too. */
static inline void
push_living(hob_gc_head *head, hob_gc_head **stack)
{
    head->prev = (head->prev & GC_FINALIZED) | (uintptr_t)*stack;
    *stack = head;
}

static ALWAYS_INLINE int
reach_one(PyObject *op, void *w)
{
    op = window_next(w, op);
    if (hob_gc_is_collected(op)) {
        hob_gc_head *head = hob_gc_head_of(op);
        if (is_judged(head)) { push_living(head, &((window *)w)->stack); }
    }
    return 0;
}

static void
reach_from_stack(window *w)
{
    while (w->stack) {
        PyObject *op = hob_gc_object_of(w->stack);
        w->stack = prev_of(w->stack);
        traverse(op, reach_one, w);
    }
}

static void
reach_from_outside(hob_gc_head *list)
{
    window w;
    window_init(&w);
    for (hob_gc_head *head = next_of(list); head != list; head = next_of(head)) {
        if (!is_judged(head) || head->prev >> COUNT_SHIFT == 0) { continue; }
        push_living(head, &w.stack);
        reach_from_stack(&w);
    }
    /* those in the window may lead on: it is empty after a round that found none */
    for (int n_idle = 0; n_idle < WINDOW; n_idle++) {
        reach_one(Py_None, &w);
        if (w.stack) { n_idle = -1; }
        reach_from_stack(&w);
    }
}

/* Can a tuple be part of a cycle? */
static bool
tuple_matters(PyTupleObject *tuple)
{
    for (Py_ssize_t i = 0, n = Py_SIZE(tuple); i < n; i++) {
        PyObject *item = tuple->ob_item[i];
        if (!item || hob_gc_is_trackable(item)) { return true; }    /* NULL: still being filled */
    }
    return false;
}

/* Move what is still judged from list to garbage (empty) and let go of living tuples
 * that cannot be part of a cycle; restore all links.  How many are left in list. */
static Py_ssize_t
split(hob_gc_head *list, hob_gc_head *garbage)
{
    hob_gc_head *last_living = list, *last_garbage = garbage, *after;
    Py_ssize_t n = 0;
    for (hob_gc_head *head = next_of(list); head != list; head = after) {
        after = next_of(head);
        if (is_judged(head)) {
            last_garbage->next = (uintptr_t)head;
            set_prev(head, last_garbage);
            last_garbage = head;
            continue;
        }
        head->prev &= GC_FINALIZED;
        PyObject *op = hob_gc_object_of(head);
        if (PyTuple_CheckExact(op) && !tuple_matters((PyTupleObject *)op)) {
            head->next = 0;
            continue;
        }
        last_living->next = (uintptr_t)head;
        head->prev |= (uintptr_t)last_living;
        last_living = head;
        n++;
    }
    last_living->next = (uintptr_t)list;
    list->prev = (uintptr_t)last_living;
    last_garbage->next = (uintptr_t)garbage;
    garbage->prev = (uintptr_t)last_garbage;
    return n;
}

/* Leave the living in list and say how many they are; garbage keeps GC_COLLECTING set. */
static Py_ssize_t
find_garbage(hob_gc_head *list, hob_gc_head *garbage)
{
    list_init(garbage);
    count_references(list);
    subtract_inner_references(list);
    reach_from_outside(list);
    return split(list, garbage);
}

static void
acquit_all(hob_gc_head *list)
{
    for (hob_gc_head *head = next_of(list); head != list; head = next_of(head)) {
        head->prev &= ~(uintptr_t)GC_COLLECTING;
    }
}

/* --- dicts that cannot be part of a cycle leave the collector --- */

static void
untrack_dicts(hob_gc_head *list)
{
    hob_gc_head *after;
    for (hob_gc_head *head = next_of(list); head != list; head = after) {
        after = next_of(head);
        PyObject *op = hob_gc_object_of(head);
        if (PyDict_CheckExact(op)) { _PyDict_MaybeUntrack(op); }
    }
}

/* --- tp_del: such objects and all they reach are left alone --- */

static int
move_reached(PyObject *op, void *list)
{
    if (hob_gc_is_collected(op)) {
        hob_gc_head *head = hob_gc_head_of(op);
        if (is_judged(head)) {
            list_move(head, list);
            head->prev &= ~(uintptr_t)GC_COLLECTING;
        }
    }
    return 0;
}

static void
set_aside_legacy(hob_gc_head *garbage, hob_gc_head *legacy)
{
    hob_gc_head *after;
    for (hob_gc_head *head = next_of(garbage); head != garbage; head = after) {
        after = next_of(head);
        if (Py_TYPE(hob_gc_object_of(head))->tp_del) {
            list_move(head, legacy);
            head->prev &= ~(uintptr_t)GC_COLLECTING;
        }
    }
    /* legacy grows while we walk it */
    for (hob_gc_head *head = next_of(legacy); head != legacy; head = next_of(head)) {
        PyObject *op = hob_gc_object_of(head);
        Py_TYPE(op)->tp_traverse(op, move_reached, legacy);
    }
}

/* --- weak references into the garbage --- */

/* Clear every weak reference to op; those that live and have a callback move
 * to `calls`, with a reference taken. */
static void
clear_weakrefs_to(PyObject *op, hob_gc_head *calls)
{
    if (!PyType_SUPPORTS_WEAKREFS(Py_TYPE(op))) { return; }
    PyWeakReference **list = (PyWeakReference **)PyObject_GET_WEAKREFS_LISTPTR(op);
    while (*list) {
        PyWeakReference *ref = *list;
        _PyWeakref_ClearRef(ref);
        if (!ref->wr_callback || is_judged(hob_gc_head_of(ref))) { continue; }
        Py_INCREF(ref);
        list_move(hob_gc_head_of(ref), calls);
    }
}

static void
handle_weakrefs(hob_gc_head *garbage, hob_gc_head *old)
{
    hob_gc_head calls;
    list_init(&calls);
    for (hob_gc_head *head = next_of(garbage); head != garbage; head = next_of(head)) {
        PyObject *op = hob_gc_object_of(head);
        if (PyWeakref_Check(op)) {
            /* Dying itself: its callback must not see what tp_clear leaves. */
            _PyWeakref_ClearRef((PyWeakReference *)op);
        }
        clear_weakrefs_to(op, &calls);
    }
    while (!list_is_empty(&calls)) {
        hob_gc_head *head = next_of(&calls);
        PyWeakReference *ref = (PyWeakReference *)hob_gc_object_of(head);
        PyObject *callback = ref->wr_callback;
        PyObject *result = PyObject_CallOneArg(callback, (PyObject *)ref);
        if (result) { Py_DECREF(result); }
        else        { PyErr_WriteUnraisable(callback); }
        if (next_of(&calls) == head) { list_move(head, old); }
        Py_DECREF(ref);
    }
}

/* --- last words, and the end --- */

/* Call tp_finalize where it has not been called; true when there was one. */
static bool
finalize(hob_gc_head *garbage)
{
    bool called = false;
    hob_gc_head done;
    list_init(&done);
    while (!list_is_empty(garbage)) {
        hob_gc_head *head = next_of(garbage);
        PyObject *op = hob_gc_object_of(head);
        list_move(head, &done);
        destructor finalizer = Py_TYPE(op)->tp_finalize;
        if (!finalizer || head->prev & GC_FINALIZED) { continue; }
        head->prev |= GC_FINALIZED;
        called = true;
        Py_INCREF(op);
        finalizer(op);
        EXPECT(!PyErr_Occurred());
        Py_DECREF(op);
    }
    hob_gc_list_merge(&done, garbage);
    return called;
}

static void
save_garbage(PyObject *op)
{
    if (!hob_gc.garbage || PyList_Append(hob_gc.garbage, op) < 0) { PyErr_Clear(); }
}

static void
clear_one(PyObject *op)
{
    inquiry clear = Py_TYPE(op)->tp_clear;
    if (!clear) { return; }
    Py_INCREF(op);
    (void)clear(op);
    if (PyErr_Occurred()) {
        _PyErr_WriteUnraisableMsg("in tp_clear of", (PyObject *)Py_TYPE(op));
    }
    Py_DECREF(op);
}

static void
break_cycles(hob_gc_head *garbage, hob_gc_head *old)
{
    while (!list_is_empty(garbage)) {
        hob_gc_head *head = next_of(garbage);
        PyObject *op = hob_gc_object_of(head);
        if (hob_gc.debug & GC_DEBUG_SAVEALL) { save_garbage(op); }
        else                                 { clear_one(op); }
        if (next_of(garbage) == head) {         /* not freed: it waits for others */
            head->prev &= ~(uintptr_t)GC_COLLECTING;
            list_move(head, old);
        }
    }
}

static void
keep_uncollectable(hob_gc_head *legacy, hob_gc_head *old)
{
    if (!hob_gc.garbage) {
        hob_gc.garbage = PyList_New(0);
        if (!hob_gc.garbage) { PyErr_Clear(); }
    }
    for (hob_gc_head *head = next_of(legacy); head != legacy; head = next_of(head)) {
        PyObject *op = hob_gc_object_of(head);
        if (hob_gc.debug & GC_DEBUG_SAVEALL || Py_TYPE(op)->tp_del) { save_garbage(op); }
    }
    hob_gc_list_merge(legacy, old);
}

/* --- one collection --- */

static Py_ssize_t
count_and_tell(hob_gc_head *list, int flag, const char *what)
{
    Py_ssize_t n = 0;
    for (hob_gc_head *head = next_of(list); head != list; head = next_of(head)) {
        n++;
        if (hob_gc.debug & flag) {
            PyObject *op = hob_gc_object_of(head);
            PySys_FormatStderr("gc: %s <%s %p>\n", what, Py_TYPE(op)->tp_name, op);
        }
    }
    return n;
}

static double
now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void
tell_begin(int generation)
{
    PySys_WriteStderr("gc: collecting generation %d...\n", generation);
    PySys_FormatStderr("gc: objects in each generation: %zd %zd %zd\n",
                       hob_gc_list_size(&hob_gc_young), hob_gc_list_size(&middle),
                       hob_gc_list_size(&oldest));
    PySys_WriteStderr("gc: objects in permanent generation: %zd\n", hob_gc_list_size(&frozen));
}

enum { MAX_EMPTIERS = 32 };
static void (*emptiers[MAX_EMPTIERS])(void);
static int n_emptiers;

void
hob_gc_add_emptier(void (*empty)(void))
{
    for (int i = 0; i < n_emptiers; i++) {
        if (emptiers[i] == empty) { return; }
    }
    ENSURE(n_emptiers < MAX_EMPTIERS);
    emptiers[n_emptiers++] = empty;
}

void
hob_gc_empty(void)
{
    for (int i = 0; i < n_emptiers; i++) { emptiers[i](); }
}

/* The n living objects of `young`, the merged generations, join `old`. */
static void
age(hob_gc_head *young, hob_gc_head *old, int generation, Py_ssize_t n)
{
    if (young != old) {
        if (generation == GC_GENERATIONS - 2) { hob_gc.n_long_pending += n; }
        hob_gc_list_merge(young, old);
        return;
    }
    untrack_dicts(young);
    hob_gc.n_long_pending = 0;
    hob_gc.n_long_lived = hob_gc_list_size(young);
}

static Py_ssize_t
collect(int generation, Py_ssize_t *n_collected, Py_ssize_t *n_uncollectable, bool quiet)
{
    hob_gc_generation *gen = &hob_gc.generations[generation];
    double began = 0;
    uint64_t trace_began = TRACES(gc) ? hob_trace_clock() : 0;
    if (hob_gc.debug & GC_DEBUG_STATS) {
        tell_begin(generation);
        began = now();
    }
    if (generation + 1 < GC_GENERATIONS) { gen[1].count++; }
    for (int i = 0; i <= generation; i++) { hob_gc.generations[i].count = 0; }
    hob_gc_head *young = gen->list;
    hob_gc_head *old = generation + 1 < GC_GENERATIONS ? gen[1].list : young;
    for (int i = generation; i-- > 0;) {        /* so that what is older stays before */
        hob_gc_list_merge(hob_gc.generations[i].list, young);
    }

    if (STRESSED(check) && generation == GC_GENERATIONS - 1 && hob_gc_watcher) {
        ENSURE(hob_gc_watcher());
    }
    TRACE(gc, "begin generation=%d objects=%zd", generation, hob_gc_list_size(young));
    hob_gc_head garbage, legacy, dead;
    Py_ssize_t n_living = find_garbage(young, &garbage);
    age(young, old, generation, n_living);
    Py_ssize_t n_dead = 0, n_legacy = 0;
    list_init(&legacy);
    if (!list_is_empty(&garbage)) {
        set_aside_legacy(&garbage, &legacy);
        count_and_tell(&garbage, GC_DEBUG_COLLECTABLE, "collectable");
        handle_weakrefs(&garbage, old);
        if (finalize(&garbage)) {
            find_garbage(&garbage, &dead);          /* some may have been brought back */
            hob_gc_list_merge(&garbage, old);
        }
        else {
            list_init(&dead);
            hob_gc_list_merge(&garbage, &dead);
        }
        acquit_all(&dead);
        n_dead = hob_gc_list_size(&dead);
        break_cycles(&dead, old);
        n_legacy = count_and_tell(&legacy, GC_DEBUG_UNCOLLECTABLE, "uncollectable");
        if (n_legacy) { keep_uncollectable(&legacy, old); }
    }
    if (hob_gc.debug & GC_DEBUG_STATS) {
        PySys_WriteStderr("gc: done, %zd unreachable, %zd uncollectable, %.4fs elapsed\n",
                          n_dead + n_legacy, n_legacy, now() - began);
    }
    TRACE(gc, "end generation=%d unreachable=%zd uncollectable=%zd us=%llu", generation,
          n_dead + n_legacy, n_legacy, (unsigned long long)(hob_trace_clock() - trace_began));
    if (generation == GC_GENERATIONS - 1) { hob_gc_empty(); }
    if (PyErr_Occurred()) {
        if (quiet) { PyErr_Clear(); }
        else       { _PyErr_WriteUnraisableMsg("in garbage collection", NULL); }
    }
    gen->n_collections++;
    gen->n_collected += n_dead;
    gen->n_uncollectable += n_legacy;
    *n_collected = n_dead;
    *n_uncollectable = n_legacy;
    return n_dead + n_legacy;
}

/* Tell gc.callbacks that a collection starts or stops. */
static void
call_callbacks(const char *phase, int generation, Py_ssize_t n_collected,
               Py_ssize_t n_uncollectable)
{
    if (!hob_gc.callbacks || PyList_GET_SIZE(hob_gc.callbacks) == 0) { return; }
    own PyObject *info = Py_BuildValue("{sisnsn}", "generation", generation, "collected",
                                       n_collected, "uncollectable", n_uncollectable);
    own PyObject *name = info ? PyUnicode_FromString(phase) : NULL;
    if (!name) {
        PyErr_WriteUnraisable(NULL);
        return;
    }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(hob_gc.callbacks); i++) {
        own PyObject *callback = Py_NewRef(PyList_GET_ITEM(hob_gc.callbacks, i));
        own PyObject *result = PyObject_CallFunctionObjArgs(callback, name, info, NULL);
        if (!result) { PyErr_WriteUnraisable(callback); }
    }
}

/* hob_gc.is_collecting is set */
static Py_ssize_t
collect_and_tell(int generation)
{
    Py_ssize_t n_collected, n_uncollectable;
    call_callbacks("start", generation, 0, 0);
    Py_ssize_t n = collect(generation, &n_collected, &n_uncollectable, false);
    call_callbacks("stop", generation, n_collected, n_uncollectable);
    return n;
}

Py_ssize_t
hob_gc_collect(int generation)
{
    if (hob_gc.is_collecting) { return 0; }
    hob_gc.is_collecting = true;
    Py_ssize_t n = collect_and_tell(generation);
    hob_gc.is_collecting = false;
    return n;
}

Py_ssize_t
hob_gc_collect_quietly(void)
{
    if (hob_gc.is_collecting) { return 0; }
    Py_ssize_t n_collected, n_uncollectable;
    hob_gc.is_collecting = true;
    Py_ssize_t n = collect(GC_GENERATIONS - 1, &n_collected, &n_uncollectable, true);
    hob_gc.is_collecting = false;
    return n;
}

/* The youngest generation is over its threshold: collect the oldest that is.
 * A full collection waits until a quarter more objects than last time would be
 * looked at, which keeps its total cost linear. */
static COLD void
collect_what_is_due(void)
{
    if (!hob_gc.is_enabled || !hob_gc.generations[0].threshold || hob_gc.is_collecting
        || PyErr_Occurred()) {
        return;
    }
    for (int i = GC_GENERATIONS - 1; i >= 0; i--) {
        if (hob_gc.generations[i].count <= hob_gc.generations[i].threshold
            && !(i == 0 && STRESSED(gc))) {
            continue;
        }
        if (i == GC_GENERATIONS - 1 && hob_gc.n_long_pending < hob_gc.n_long_lived / 4) {
            continue;
        }
        hob_gc_collect(i);
        return;
    }
}

/* --- invariants --- */

bool (*hob_gc_watcher)(void);

static bool
list_check(const hob_gc_head *list)
{
    for (const hob_gc_head *head = next_of(list); head != list; head = next_of(head)) {
        INVARIANT(1, prev_of(next_of(head)) == head && next_of(prev_of(head)) == head);
        INVARIANT(2, hob_gc.is_collecting || !(head->prev & GC_COLLECTING));
        INVARIANT(3, Py_REFCNT(hob_gc_object_of(head)) > 0);
        INVARIANT(4, hob_gc_is_collected(hob_gc_object_of(head)));
    }
    return true;
}

bool
hob_gc_check(void)
{
    for (int i = 0; i < GC_GENERATIONS; i++) {
        if (!list_check(hob_gc.generations[i].list)) { return false; }
    }
    return list_check(hob_gc.permanent);
}

/* --- start and end --- */

status
hob_gc_init(void)
{
    if (!hob_gc.garbage) {
        hob_gc.garbage = PyList_New(0);
        if (!hob_gc.garbage) { return -1; }
    }
    if (!hob_gc.callbacks) {
        hob_gc.callbacks = PyList_New(0);
        if (!hob_gc.callbacks) { return -1; }
    }
    hob_gc.is_enabled = true;
    return 0;
}

void
hob_gc_shutdown_report(void)
{
    if (hob_gc.debug & GC_DEBUG_SAVEALL || !hob_gc.garbage
        || PyList_GET_SIZE(hob_gc.garbage) == 0) {
        return;
    }
    Py_ssize_t n = PyList_GET_SIZE(hob_gc.garbage);
    const char *text = hob_gc.debug & GC_DEBUG_UNCOLLECTABLE
        ? "gc: %zd uncollectable objects at shutdown"
        : "gc: %zd uncollectable objects at shutdown; "
          "use gc.set_debug(gc.DEBUG_UNCOLLECTABLE) to list them";
    if (PyErr_WarnExplicitFormat(PyExc_ResourceWarning, "gc", 0, "gc", NULL, text, n) < 0) {
        PyErr_WriteUnraisable(NULL);
    }
    if (!(hob_gc.debug & GC_DEBUG_UNCOLLECTABLE)) { return; }
    own PyObject *repr = PyObject_Repr(hob_gc.garbage);
    own PyObject *bytes = repr ? PyUnicode_EncodeFSDefault(repr) : NULL;
    if (!bytes) { PyErr_WriteUnraisable(hob_gc.garbage); }
    else { PySys_WriteStderr("      %s\n", PyBytes_AS_STRING(bytes)); }
}

void
hob_gc_fini(void)
{
    hob_gc.debug &= ~GC_DEBUG_SAVEALL;          /* nobody will look; the last collection frees */
    Py_CLEAR(hob_gc.garbage);
    Py_CLEAR(hob_gc.callbacks);
}

/* --- memory of collected objects --- */

PyObject *
hob_gc_alloc(size_t size, size_t before)
{
    if (UNLIKELY(size > (size_t)PY_SSIZE_T_MAX - sizeof(hob_gc_head) - before)) {
        return PyErr_NoMemory();
    }
    char *base = hob_object_malloc(before + sizeof(hob_gc_head) + size);
    if (UNLIKELY(!base)) { return PyErr_NoMemory(); }
    if (before) { memset(base, 0, before); }
    hob_gc_head *head = (hob_gc_head *)(base + before);
    head->next = head->prev = 0;
    if (UNLIKELY(++hob_gc.generations[0].count > hob_gc.generations[0].threshold)
        || STRESSED(gc)) {
        collect_what_is_due();
    }
    return hob_gc_object_of(head);
}

void
hob_gc_free(void *op, size_t before)
{
    if (hob_gc_is_tracked(op)) { hob_gc_untrack(op); }
    if (hob_gc.generations[0].count > 0) { hob_gc.generations[0].count--; }
    hob_object_free((char *)hob_gc_head_of(op) - before);
}

/* --- public API --- */

Py_ssize_t
PyGC_Collect(void)
{
    if (!hob_gc.is_enabled || hob_gc.is_collecting) { return 0; }
    PyObject *type, *value, *traceback;
    hob_gc.is_collecting = true;
    PyErr_Fetch(&type, &value, &traceback);
    Py_ssize_t n = collect_and_tell(GC_GENERATIONS - 1);
    PyErr_Restore(type, value, traceback);
    hob_gc.is_collecting = false;
    return n;
}

int
PyGC_Enable(void)
{
    bool was = hob_gc.is_enabled;
    hob_gc.is_enabled = true;
    return was;
}

int
PyGC_Disable(void)
{
    bool was = hob_gc.is_enabled;
    hob_gc.is_enabled = false;
    return was;
}

int
PyGC_IsEnabled(void)
{
    return hob_gc.is_enabled;
}

void
PyObject_GC_Track(void *op)
{
    if (hob_gc_is_tracked(op)) {
        _PyObject_ASSERT_FAILED_MSG((PyObject *)op,
            "object already tracked by the garbage collector");
    }
    hob_gc_track(op);
}

void
PyObject_GC_UnTrack(void *op)
{
    if (hob_gc_is_tracked(op)) { hob_gc_untrack(op); }
}

int
PyObject_IS_GC(PyObject *op)
{
    return hob_gc_is_collected(op);
}

int
PyObject_GC_IsTracked(PyObject *op)
{
    return hob_gc_is_collected(op) && hob_gc_is_tracked(op);
}

int
PyObject_GC_IsFinalized(PyObject *op)
{
    return hob_gc_is_collected(op) && (hob_gc_head_of(op)->prev & GC_FINALIZED);
}

PyObject *
_PyObject_GC_New(PyTypeObject *type)
{
    PyObject *op = hob_gc_alloc((size_t)type->tp_basicsize, hob_instance_before(type));
    return op ? PyObject_Init(op, type) : NULL;
}

PyVarObject *
_PyObject_GC_NewVar(PyTypeObject *type, Py_ssize_t n)
{
    if (n < 0) {
        PyErr_BadInternalCall();
        return NULL;
    }
    size_t size = _PyObject_VAR_SIZE(type, n);
    PyVarObject *op = (PyVarObject *)hob_gc_alloc(size, hob_instance_before(type));
    return op ? PyObject_InitVar(op, type, n) : NULL;
}

PyVarObject *
_PyObject_GC_Resize(PyVarObject *op, Py_ssize_t n)
{
    PyTypeObject *type = Py_TYPE(op);
    size_t size = _PyObject_VAR_SIZE(type, n);
    size_t before = hob_instance_before(type);
    EXPECT(!hob_gc_is_tracked(op));
    if (size > (size_t)PY_SSIZE_T_MAX - sizeof(hob_gc_head) - before) {
        return (PyVarObject *)PyErr_NoMemory();
    }
    char *base = PyObject_Realloc((char *)hob_gc_head_of(op) - before,
                                  before + sizeof(hob_gc_head) + size);
    if (!base) { return (PyVarObject *)PyErr_NoMemory(); }
    op = (PyVarObject *)(base + before + sizeof(hob_gc_head));
    Py_SET_SIZE(op, n);
    return op;
}

void
PyObject_GC_Del(void *op)
{
    hob_gc_free(op, hob_instance_before(Py_TYPE((PyObject *)op)));
}

/* gil.c -- who may use the stove next, and how they come to know.
 *
 * Layout     one word says who owns it; its low bit, that somebody queues.  While
 *            it is 0, taking and dropping are one compare-and-swap each.
 *            Waiters are in two queues: urgent (back from I/O or native code and
 *            not over their fair share) and normal (round robin).
 * Rules      1 An urgent arrival asks at once: BREAK_GIL in the owner's breaker.
 *              A normal one waits until the owner's slice is used up.
 *            2 Time on the stove is charged (`used`); fair_clock advances by it
 *              divided by all who want to run.  A thread behind the clock is
 *              urgent, one ahead is ordinary; sleepers save up at most one slice.
 *              To interrupt another costs something, and much more for a thread
 *              that lets go all the time without ever waiting for anything.
 *            3 The stove is handed only to a waiter proven to be on a core (a
 *              fresh beat).  Others are woken, and ask again when they run: nobody
 *              idles meanwhile.  On one core it is handed over at the check.
 *            4 A free stove may be taken by whoever runs, and an urgent waiter that
 *              spins goes before a first one that sleeps.  The first is served
 *              wherever it is once it was overtaken OVERTAKE_MAX times and queues
 *              for a slice, or when it asked twice: the owner checks seldom.
 *            5 Who asks spins, at most spin_ns, as far as spinning has paid off; and
 *              no more after one spun in vain, for the owner may be off its core.
 *              While more threads want a core than there are (is_crowded), who
 *              waits for a lock leaves its own at once.
 *            6 Each waiter's nap ends when those before it should have had their
 *              slices.  Whoever then finds the owner's slice used up asks, also for
 *              the first in the queue.  Time over the slice is taken from the next.
 *            7 When many came back at once and sleep, a drop wakes also the one behind
 *              the next: it arrives while that one runs, and needs no waking then.
 * Modes      GIL_CPYTHON: every arrival is normal, no spinning, a hand-over at the
 *            check is strict.  GIL_SHAKE: BREAK_GIL is always set, a random number
 *            decides at each check and each drop who is next; no clock has a say.
 * Holds      While the queue lock is held and the low bit is set, the owner cannot
 *            leave: a drop with waiters needs that lock.
 *            A thread in a queue of the stove has is_queued; `before` and `next` link it,
 *            and `ticket` ascends along the queue.
 *            If the first in the queue has no timer (it sleeps for a lock that was
 *            released), `asked` is set, or the stove is free and it has been woken.
 * Hazard     The order "set nap, look at the word" in nap_in_queue pairs with "set
 *            the word, look at nap" in drop, and "set nap, look at is_queued" in
 *            sleep_for_lock with "queue, look at nap" of whoever wakes: both sides
 *            need sequential consistency.
 * Proof      tests/gil/gil.pml (every order of a few threads), tests/gil/gil_test.c
 * Next       breaker.c, lock.c; docs/internals/state.md, docs/decisions
 */
#include "state/gil.h"

#include <errno.h>
#include <sched.h>
#include <unistd.h>

#include "base/os/futex.h"
#include "base/stress.h"
#include "base/trace.h"
#include "state/interp.h"
#include "state/lifecycle.h"
#include "state/runtime.h"
#include "state/thread.h"

enum { NAP_AWAKE = 0, NAP_GRANTED = 1, NAP_COME = 2, NAP_ASLEEP = 3 };
enum { ASKED_NOW = 1, ASKED_LAZILY = 2 };

enum {
    CREDIT_MAX = 5000000,       /* ns a sleeper can save up */
    SPIN_NS = 20000,
    PREEMPT_COST = 3000,        /* ns charged to who interrupts another */
    HASTE_COST = 50000,         /* .. to who does so without having waited for anything */
    HASTE_FREE = 4,             /* .. more often than this since it last waited */
    OVERTAKE_MAX = 8,
    URGENT_NS = 500000,         /* an urgent waiter asks again this often */
    FRESH_TICKS = 30000,        /* a beat younger than about 10 us */
    LAZY_CHECKS = 50,
    SHORT_NAP_NS = 50000,       /* less than that is not worth a timer */
    SHAKE_ONE_IN = 8,           /* checks a switch, on average */
};

hob_gil hob_the_gil = {.slice = 5000000, .spin_ns = SPIN_NS};
uint32_t hob_fork_era;

void
hob_gil_init_thread(hob_gil_thread *self, PyThreadState *ts)
{
    memset(self, 0, sizeof *self);
    self->ts = ts;
    self->gil = ts->interp->gil;
    self->spin_luck = 128;
}

void
hob_gil_set_mode(hob_gil *gil, enum hob_gil_mode mode, uint64_t seed)
{
    gil->mode = mode;
    gil->shake_state = seed;
    gil->spin_ns = mode == GIL_HOB ? SPIN_NS : 0;
}

/* The next of the numbers that a seed stands for (splitmix64). */
static uint64_t
shake_number(hob_gil *gil)
{
    uint64_t x = gil->shake_state += 0x9e3779b97f4a7c15u;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

/* --- the queue lock: held for tens of nanoseconds --- */

static void
lock_queue(hob_gil *gil)
{
    for (int i = 0; i < 100; i++) {
        uint32_t zero = 0;
        if (atomic_compare_exchange_weak_explicit(&gil->queue_lock, &zero, 1,
                                                  memory_order_acquire, memory_order_relaxed)) {
            return;
        }
        hob_relax();
    }
    while (atomic_exchange_explicit(&gil->queue_lock, 2, memory_order_acquire)) {
        hob_futex_wait(&gil->queue_lock, 2, 0);
    }
}

static void
unlock_queue(hob_gil *gil)
{
    if (atomic_exchange_explicit(&gil->queue_lock, 0, memory_order_release) == 2) {
        hob_futex_wake(&gil->queue_lock);
    }
}

/* --- the queues; all below with the queue lock held --- */

static int
n_waiting(hob_gil *gil)
{
    return gil->urgent.n + gil->normal.n;
}

static hob_gil_queue *
queue_of(hob_gil *gil, const hob_gil_thread *t)
{
    return t->is_urgent ? &gil->urgent : &gil->normal;
}

/* Put t behind `before`, or at the front. */
static void
insert(hob_gil *gil, hob_gil_queue *queue, hob_gil_thread *t, hob_gil_thread *before)
{
    hob_gil_thread *after = before ? before->next : queue->first;
    t->ticket = before ? before->ticket + 1 : after ? after->ticket - 1 : 0;
    t->before = before;
    t->next = after;
    *(before ? &before->next : &queue->first) = t;
    *(after ? &after->before : &queue->last) = t;
    queue->n++;
    t->is_urgent = queue == &gil->urgent;
    t->overtaken = t->n_asks = 0;
    t->queued_at = atomic_load_explicit(&gil->since, memory_order_relaxed);
    atomic_store(&t->is_queued, true);
}

static void
push_tail(hob_gil *gil, hob_gil_thread *t, bool urgent)
{
    hob_gil_queue *queue = urgent ? &gil->urgent : &gil->normal;
    insert(gil, queue, t, queue->last);
}

static void
push_front(hob_gil *gil, hob_gil_thread *t)
{
    insert(gil, &gil->normal, t, NULL);
}

static void
unlink_waiter(hob_gil *gil, hob_gil_thread *t)
{
    hob_gil_queue *queue = queue_of(gil, t);
    *(t->before ? &t->before->next : &queue->first) = t->next;
    *(t->next ? &t->next->before : &queue->last) = t->before;
    queue->n--;
    atomic_store(&t->is_queued, false);
}

static bool
is_wanted_main(hob_gil *gil, const hob_gil_thread *t)
{
    return t == gil->main_thread && gil->mode == GIL_HOB
        && atomic_load_explicit(&gil->main_is_wanted, memory_order_relaxed);
}

/* Who comes next, or NULL. */
static hob_gil_thread *
peek(hob_gil *gil)
{
    hob_gil_thread *main_thread = gil->main_thread;
    if (main_thread && is_wanted_main(gil, main_thread)
        && atomic_load(&main_thread->is_queued)) {
        return main_thread;
    }
    return gil->urgent.n ? gil->urgent.first : gil->normal.first;
}

/* The waiter that a random number stands for; there is one. */
static hob_gil_thread *
shake_pick(hob_gil *gil, uint64_t number)
{
    int n = (int)(number % (uint64_t)n_waiting(gil));
    hob_gil_thread *t = gil->normal.n ? gil->normal.first : gil->urgent.first;
    while (n--) { t = t->next ? t->next : gil->urgent.first; }
    return t;
}

static hob_gil_thread *
owner(hob_gil *gil)
{
    uintptr_t word = atomic_load_explicit(&gil->word, memory_order_relaxed);
    return (hob_gil_thread *)(word & ~(uintptr_t)1);
}

/* Charge the time since the last look to the owner. */
static void
account(hob_gil *gil, uint64_t now)
{
    hob_gil_thread *t = owner(gil);
    uint64_t since = atomic_load_explicit(&gil->since, memory_order_relaxed);
    if (t && since && now > since) {
        uint64_t held = now - since;
        t->used += held;
        t->slice_used += held;
        gil->fair_clock += held / (uint64_t)(1 + n_waiting(gil));
    }
    atomic_store_explicit(&gil->since, now, memory_order_relaxed);
}

static void
limit_credit(hob_gil *gil, hob_gil_thread *t)
{
    if (t->used + CREDIT_MAX < gil->fair_clock) { t->used = gil->fair_clock - CREDIT_MAX; }
}

static uint64_t
slice_of(hob_gil *gil)
{
    return atomic_load_explicit(&gil->slice, memory_order_relaxed);
}

/* How long it will be until a normal waiter's turn: h (or NULL) has the stove, n others
 * come before it. */
static uint64_t
time_to_turn(hob_gil *gil, const hob_gil_thread *h, int n)
{
    uint64_t slice = slice_of(gil), used = h ? h->slice_used : 0;
    uint64_t left = used < slice ? slice - used : 0;
    return (left < SHORT_NAP_NS ? SHORT_NAP_NS : left) + slice * (uint64_t)n;
}

static void
beat(hob_gil_thread *t)
{
    atomic_store_explicit(&t->beat, hob_ticks(), memory_order_relaxed);
}

/* The owner is to look at the queue at its next check.  It cannot leave now. */
static void
ask(hob_gil *gil, int how)
{
    atomic_fetch_or_explicit(&gil->asked, how, memory_order_relaxed);
    hob_gil_thread *t = owner(gil);
    if (t && t->ts) { hob_breaker_set(t->ts->interp, BREAK_GIL); }
}

/* Nothing asks the owner t to look, unless nobody else would see to the first. */
static void
ask_no_more(hob_gil *gil, hob_gil_thread *t)
{
    hob_gil_thread *first = peek(gil);
    bool is_needed = gil->mode == GIL_SHAKE || (first && !first->has_timer);
    if (is_needed) { gil->lazy = LAZY_CHECKS; }
    atomic_store_explicit(&gil->asked, is_needed ? ASKED_LAZILY : 0, memory_order_relaxed);
    if (first && is_wanted_main(gil, first)) {          /* since a signal came just now */
        is_needed = true;
        atomic_store_explicit(&gil->asked, ASKED_NOW, memory_order_relaxed);
    }
    if (!t->ts) { return; }
    if (is_needed) { hob_breaker_set(t->ts->interp, BREAK_GIL); }
    else           { hob_breaker_clear(t->ts->interp, BREAK_GIL); }
}

static void
become_owner(hob_gil *gil, hob_gil_thread *t, uint64_t now)
{
    atomic_store(&gil->word, (uintptr_t)t | (n_waiting(gil) ? 1 : 0));
    atomic_store_explicit(&gil->since, now, memory_order_relaxed);
    atomic_store_explicit(&gil->is_spun_in_vain, false, memory_order_relaxed);
    gil->n_switches++;
    ask_no_more(gil, t);
    if (t == gil->main_thread) {
        atomic_store_explicit(&gil->main_is_wanted, 0, memory_order_relaxed);
    }
}

static bool
is_on_core(hob_gil_thread *t)
{
    return atomic_load(&t->nap) == NAP_AWAKE
        && hob_ticks() - atomic_load_explicit(&t->beat, memory_order_relaxed) < FRESH_TICKS;
}

/* Others went first often enough, and for a whole slice. */
static bool
is_overdue(hob_gil *gil, const hob_gil_thread *t, uint64_t now)
{
    return t->overtaken >= OVERTAKE_MAX && now - t->queued_at > slice_of(gil);
}

/* Who should have the stove now, or NULL: the first in the queue; while that one
 * sleeps rather an urgent one that spins, which needs no waking. */
static hob_gil_thread *
choose(hob_gil *gil, uint64_t now)
{
    hob_gil_thread *first = peek(gil);
    if (!first || is_on_core(first)) { return first; }
    hob_gil_thread *t = atomic_load(&gil->spinner);
    bool is_fit = t && atomic_load(&t->is_queued) && t->is_urgent && is_on_core(t);
    if (!is_fit || is_overdue(gil, first, now) || is_wanted_main(gil, first)) { return first; }
    first->overtaken++;
    return t;
}

/* Hand the stove to a waiter; true, and the queue unlocked, when it took it. */
static bool
grant(hob_gil *gil, hob_gil_thread *t, uint64_t now, bool strictly)
{
    if (!strictly && !is_on_core(t)) { return false; }
    unlink_waiter(gil, t);
    become_owner(gil, t, now);
    uint32_t was = atomic_exchange(&t->nap, NAP_GRANTED);
    unlock_queue(gil);
    if (was == NAP_ASLEEP) { hob_futex_wake(&t->nap); }
    return true;
}

/* Make a waiter, if there is one, come and ask; unlocks the queue. */
static void
wake_and_unlock(hob_gil *gil, hob_gil_thread *t)
{
    uint32_t asleep = NAP_ASLEEP;
    bool wake = t && atomic_compare_exchange_strong(&t->nap, &asleep, NAP_COME);
    unlock_queue(gil);
    if (wake) { hob_futex_wake(&t->nap); }
}

/* The queue is locked: leave it and stop, if the interpreter is being finalised. */
static inline void
stop_if_closed(hob_gil *gil)
{
    if (UNLIKELY(gil->is_closed) && !pthread_equal(gil->finaliser, pthread_self())) {
        unlock_queue(gil);
        hob_gil_park();
    }
}

/* Is it this waiter's turn to have the owner stop, or high time for the first's? */
static bool
may_ask(hob_gil *gil, hob_gil_thread *t)
{
    if (gil->mode == GIL_SHAKE) { return false; }
    if (is_wanted_main(gil, t)) { return true; }
    hob_gil_thread *h = owner(gil);
    if (h->slice_used >= slice_of(gil)) { return true; }
    return peek(gil) == t && t->is_urgent && (!h->is_urgent || h->used > gil->fair_clock);
}

/* How many are before t in its queue, or were when it came. */
static int
position_of(hob_gil *gil, const hob_gil_thread *t)
{
    return (int)(t->ticket - queue_of(gil, t)->first->ticket);
}

/* Set when t, which is queued, asks if nothing happens before. */
static void
set_timer(hob_gil *gil, hob_gil_thread *t, bool has_asked)
{
    uint64_t limit = URGENT_NS;
    if (!has_asked) {
        int n = position_of(gil, t);
        limit = t->is_urgent ? URGENT_NS + slice_of(gil) * (uint64_t)n
                             : time_to_turn(gil, owner(gil), n);
    }
    t->nap_limit = limit;
    t->has_timer = true;
}

/* --- waiting; without the queue lock --- */

static int
n_cores(hob_gil *gil)
{
    int n = atomic_load_explicit(&gil->n_cores, memory_order_relaxed);
    if (UNLIKELY(!n)) {
        n = hob_cores();
        atomic_store_explicit(&gil->n_cores, n, memory_order_relaxed);
    }
    return n;
}

/* One spinner fewer than there are cores, one more if it is urgent. */
static bool
may_spin(hob_gil *gil, bool urgent)
{
    int limit = n_cores(gil) - !urgent;
    for (int tries = 0; atomic_fetch_add(&gil->n_spinners, 1) >= limit; tries++) {
        atomic_fetch_sub(&gil->n_spinners, 1);
        if (tries == 20) { return false; }
        for (int i = 0; i < 10; i++) { hob_relax(); }
    }
    return true;
}

/* What spinning has earned, ns: the whole budget, an eighth, or a rare try. */
static uint64_t
spin_budget(hob_gil *gil, hob_gil_thread *t)
{
    if (t->spin_luck > 64) { return gil->spin_ns; }
    return t->spin_luck > 16 || !(++t->spin_probe & 15) ? gil->spin_ns / 8 : 0;
}

/* NAP_AWAKE when the budget is spent, NAP_GRANTED, or NAP_COME: try now. */
static uint32_t
spin(hob_gil *gil, hob_gil_thread *t, uint64_t budget_ns, bool urgent)
{
    if (!budget_ns || atomic_load_explicit(&gil->is_spun_in_vain, memory_order_relaxed)
        || n_cores(gil) < 2 || !may_spin(gil, urgent)) {
        return NAP_AWAKE;
    }
    uint32_t nap;
    uint64_t end = hob_clock_ns() + budget_ns;
    atomic_store(&gil->spinner, t);
    do {
        beat(t);
        for (int i = 0; i < 20; i++) {
            nap = atomic_load_explicit(&t->nap, memory_order_acquire);
            if (nap) { goto done; }
            if (atomic_load_explicit(&gil->word, memory_order_relaxed) == 1
                && atomic_load_explicit(&t->is_queued, memory_order_relaxed)) {
                nap = NAP_COME;
                goto done;
            }
            hob_relax();
        }
    } while (hob_clock_ns() < end);
done:
    atomic_compare_exchange_strong(&gil->spinner, &(hob_gil_thread *){t}, NULL);
    atomic_fetch_sub(&gil->n_spinners, 1);
    atomic_store_explicit(&t->beat, 0, memory_order_relaxed);
    t->spin_luck += nap ? (256 - t->spin_luck) / 8 : -(t->spin_luck / 8);
    if (!nap && budget_ns == gil->spin_ns) {
        atomic_store_explicit(&gil->is_spun_in_vain, true, memory_order_relaxed);
    }
    return nap;
}

/* Sleep in a queue of the stove until something happens.  Result as spin(). */
static uint32_t
nap_in_queue(hob_gil *gil, hob_gil_thread *t)
{
    uint32_t awake = NAP_AWAKE, asleep = NAP_ASLEEP;
    if (!atomic_compare_exchange_strong(&t->nap, &awake, NAP_ASLEEP)) { return awake; }
    if (atomic_load(&gil->word) != 1) {         /* else it came free on our way to bed */
        hob_futex_wait(&t->nap, NAP_ASLEEP, t->nap_limit);
    }
    if (atomic_compare_exchange_strong(&t->nap, &asleep, NAP_COME)) { return NAP_COME; }
    if (asleep == NAP_GRANTED) {                /* waking up is not charged */
        atomic_store_explicit(&gil->since, hob_clock_ns(), memory_order_relaxed);
    }
    return asleep;
}

/* Wait until t, which is queued, owns the stove. */
static void
wait_turn(hob_gil *gil, hob_gil_thread *t, uint64_t budget_ns)
{
    uint32_t nap = spin(gil, t, budget_ns, t->is_urgent);
    for (;;) {
        if (nap == NAP_AWAKE) { nap = nap_in_queue(gil, t); }
        if (nap == NAP_GRANTED) { return; }
        lock_queue(gil);                        /* NAP_COME: try, or ask */
        stop_if_closed(gil);
        if (atomic_load(&t->nap) == NAP_GRANTED) {
            unlock_queue(gil);
            return;
        }
        uint64_t now = hob_clock_ns();
        if (atomic_load(&gil->word) == 1) {
            unlink_waiter(gil, t);
            become_owner(gil, t, now);
            atomic_store(&t->nap, NAP_GRANTED);
            unlock_queue(gil);
            return;
        }
        atomic_store(&t->nap, NAP_AWAKE);
        account(gil, now);
        bool asks = may_ask(gil, t), is_first = peek(gil) == t;
        if (asks && is_first) {
            beat(t);
            t->n_asks++;
        }
        if (asks) { ask(gil, ASKED_NOW); }
        set_timer(gil, t, asks);
        unlock_queue(gil);
        bool may_soon = is_first && (asks || t->is_urgent);
        nap = spin(gil, t, may_soon ? gil->spin_ns : 0, t->is_urgent);
    }
}

/* --- take, drop, check --- */

/* The queue is locked.  True when t took the stove, which was free; else the word
 * says that somebody queues, and the owner cannot leave. */
static bool
take_if_free(hob_gil *gil, hob_gil_thread *t, uint64_t now)
{
    for (;;) {
        uintptr_t word = atomic_load(&gil->word);
        if (word == 0) {
            if (!atomic_compare_exchange_strong(&gil->word, &word, (uintptr_t)t)) { continue; }
            atomic_store_explicit(&gil->since, now, memory_order_relaxed);
            t->is_urgent = true;
            return true;
        }
        if (word == 1) {                        /* free; the next one is on its way */
            hob_gil_thread *first = peek(gil);
            if (is_overdue(gil, first, now)) { return false; }
            first->overtaken++;
            t->is_urgent = t->used <= gil->fair_clock;
            become_owner(gil, t, now);
            return true;
        }
        if ((word & 1) || atomic_compare_exchange_strong(&gil->word, &word, word | 1)) {
            return false;
        }
    }
}

/* What interrupting another costs t, who comes back now.  One that was away for less
 * time than that could have stayed: it is served like others as long as it also waits
 * for something now and then. */
static uint64_t
price_of_asking(hob_gil_thread *t, enum hob_why why, uint64_t now)
{
    if (why != WHY_IO || now - t->left_at >= PREEMPT_COST) { t->haste_left = HASTE_FREE; }
    else if (t->haste_left == 0)                            { return HASTE_COST; }
    else                                                    { t->haste_left--; }
    return PREEMPT_COST;
}

static NOINLINE void
take_slowly(hob_gil_thread *t, enum hob_why why)
{
    hob_gil *gil = t->gil;
    lock_queue(gil);
    stop_if_closed(gil);
    uint64_t now = hob_clock_ns();
    limit_credit(gil, t);
    if (why == WHY_START && t->used < gil->fair_clock) { t->used = gil->fair_clock; }
    if (why == WHY_IO || gil->mode == GIL_CPYTHON) { t->slice_used = 0; }
    if (take_if_free(gil, t, now)) {
        unlock_queue(gil);
        return;
    }
    account(gil, now);
    bool urgent = gil->mode == GIL_HOB && t->used <= gil->fair_clock;
    atomic_store_explicit(&t->nap, NAP_AWAKE, memory_order_relaxed);
    push_tail(gil, t, urgent);
    set_timer(gil, t, false);
    hob_gil_thread *h = owner(gil);
    bool asks = h && ((urgent && !h->is_urgent) || is_wanted_main(gil, t));
    if (asks) {
        beat(t);
        ask(gil, ASKED_NOW);
        t->used += price_of_asking(t, why, now);
    }
    unlock_queue(gil);
    wait_turn(gil, t, asks || urgent ? spin_budget(gil, t) : 0);
}

void
hob_gil_take(hob_gil_thread *t, enum hob_why why)
{
    uintptr_t zero = 0;
    if (UNLIKELY(!atomic_compare_exchange_strong_explicit(&t->gil->word, &zero, (uintptr_t)t,
                                                          memory_order_acquire,
                                                          memory_order_relaxed))) {
        uint64_t since = TRACES(gil) ? hob_trace_clock() : 0;
        take_slowly(t, why);
        TRACE(gil, "take after=%s waited_us=%llu",
              why == WHY_IO ? "io" : why == WHY_LOCK ? "lock" : "start",
              (unsigned long long)(hob_trace_clock() - since));
    }
}

/* Many are back at once, and sleep again for want of the stove: have the one behind
 * next wake up meanwhile.  Who that is, to be woken, or NULL. */
static hob_gil_thread *
call_ahead(hob_gil *gil, const hob_gil_thread *next)
{
    hob_gil_thread *t = gil->urgent.first;
    if (t == next) { t = next->next; }
    uint32_t asleep = NAP_ASLEEP;
    bool is_fit = t && next->is_urgent && t->has_timer;
    return is_fit && atomic_compare_exchange_strong(&t->nap, &asleep, NAP_COME) ? t : NULL;
}

/* More threads want a core than there are, as far as the stove can see: one that was
 * woken does not come, or many are back at once. */
static bool
is_crowded(hob_gil *gil, const hob_gil_thread *next)
{
    return next->overtaken >= 2 || gil->urgent.n > n_cores(gil);
}

static NOINLINE void
drop_slowly(hob_gil *gil)
{
    lock_queue(gil);
    uint64_t now = hob_clock_ns();
    account(gil, now);
    owner(gil)->left_at = now;
    hob_gil_thread *next = choose(gil, now);
    if (!next) {
        atomic_store(&gil->word, 0);
        unlock_queue(gil);
        return;
    }
    if (gil->mode == GIL_SHAKE) {
        grant(gil, shake_pick(gil, shake_number(gil)), now, true);
        return;
    }
    atomic_store_explicit(&gil->is_crowded, is_crowded(gil, next), memory_order_relaxed);
    hob_gil_thread *after_next = call_ahead(gil, next);
    if (!grant(gil, next, now, is_overdue(gil, next, now))) {
        atomic_store(&gil->word, 1);            /* free; next is woken, may be overtaken */
        atomic_store_explicit(&gil->asked, 0, memory_order_relaxed);
        wake_and_unlock(gil, next);
    }
    if (after_next) { hob_futex_wake(&after_next->nap); }
}

void
hob_gil_drop(hob_gil_thread *t)
{
    hob_gil *gil = t->gil;
    uintptr_t word = (uintptr_t)t;
    if (!(atomic_load_explicit(&gil->word, memory_order_relaxed) & 1)) {
        atomic_store_explicit(&gil->since, 0, memory_order_relaxed);
    }
    if (UNLIKELY(!atomic_compare_exchange_strong_explicit(&gil->word, &word, 0,
                                                          memory_order_release,
                                                          memory_order_relaxed))) {
        drop_slowly(gil);
    }
}

/* The first waiter sleeps, or is between spinning and sleeping: wake it, run on,
 * and look again soon.  Unlocks the queue. */
static void
run_on(hob_gil *gil, hob_gil_thread *next)
{
    if (atomic_load(&next->nap) == NAP_AWAKE) {
        gil->lazy = LAZY_CHECKS / 2;
        ask(gil, ASKED_LAZILY);
    }
    wake_and_unlock(gil, next);
}

/* Queue as one that had its turn, or was interrupted in it; next will be the owner. */
static void
queue_again(hob_gil *gil, hob_gil_thread *t, hob_gil_thread *next, bool spent)
{
    uint64_t slice = slice_of(gil);
    atomic_store_explicit(&t->nap, NAP_AWAKE, memory_order_relaxed);
    if (!spent) { push_front(gil, t); }
    else {
        uint64_t over = t->slice_used > slice ? t->slice_used - slice : 0;
        t->slice_used = over < slice ? over : slice;
        push_tail(gil, t, false);
    }
    int n_between = spent ? gil->normal.n - 1 - !next->is_urgent : 0;
    t->nap_limit = time_to_turn(gil, next, n_between);
    t->has_timer = true;
}

/* One random decision: run on, or let a random waiter go first. */
static void
shake(hob_gil *gil, hob_gil_thread *t)
{
    uint64_t number = shake_number(gil);
    if (number % SHAKE_ONE_IN) { return; }
    lock_queue(gil);
    if (n_waiting(gil) == 0) {
        unlock_queue(gil);
        return;
    }
    hob_gil_thread *next = shake_pick(gil, number / SHAKE_ONE_IN);
    queue_again(gil, t, next, false);
    grant(gil, next, hob_clock_ns(), true);
    wait_turn(gil, t, 0);
}

void
hob_gil_await_arrival(hob_gil_thread *t)
{
    if (t->gil->mode != GIL_SHAKE) { return; }
    while (!atomic_load(&t->is_queued) && !t->gil->is_closed) { sched_yield(); }
}

void
hob_gil_check(hob_gil_thread *t)
{
    hob_gil *gil = t->gil;
    if (UNLIKELY(gil->mode == GIL_SHAKE)) {
        shake(gil, t);
        return;
    }
    int asked = atomic_load_explicit(&gil->asked, memory_order_relaxed);
    if (asked == ASKED_LAZILY && --gil->lazy > 0) { return; }
    lock_queue(gil);
    uint64_t now = hob_clock_ns();
    account(gil, now);
    atomic_store_explicit(&gil->asked, 0, memory_order_relaxed);
    atomic_store_explicit(&gil->is_spun_in_vain, false, memory_order_relaxed);
    hob_breaker_clear(t->ts->interp, BREAK_GIL);
    hob_gil_thread *next = choose(gil, now);
    if (!next) {
        unlock_queue(gil);
        return;
    }
    bool spent = t->slice_used >= slice_of(gil) || STRESSED(switch);
    if (!next->is_urgent && !spent && !is_wanted_main(gil, next)) {
        if (next->has_timer) { unlock_queue(gil); }
        else                 { run_on(gil, next); }
        return;
    }
    bool is_patient = next->n_asks < 2 && next->overtaken++ < 4 && !STRESSED(switch);
    if (is_patient && n_cores(gil) > 1 && gil->spin_ns && !is_on_core(next)) {
        run_on(gil, next);
        return;
    }
    unsigned long heir = next->ts->native_thread_id;
    queue_again(gil, t, next, spent);
    grant(gil, next, now, true);
    TRACE(gil, "hand_over to=#%lu slice_spent=%d", heir, spent);
    wait_turn(gil, t, spent ? 0 : spin_budget(gil, t));
    TRACE(gil, "resume waited_us=%llu", (unsigned long long)(hob_clock_ns() - now) / 1000);
}

void
hob_gil_rename(hob_gil *gil, hob_gil_thread *from, hob_gil_thread *to)
{
    uintptr_t word = (uintptr_t)from;
    if (!atomic_compare_exchange_strong(&gil->word, &word, (uintptr_t)to)) {
        lock_queue(gil);
        to->slice_used = from->slice_used;
        to->used = from->used;
        atomic_store(&gil->word, (uintptr_t)to | 1);
        unlock_queue(gil);
    }
    if (to->ts && atomic_load(&gil->asked)) { hob_breaker_set(to->ts->interp, BREAK_GIL); }
}

void
hob_gil_park(void)
{
    for (;;) { pause(); }
}

/* All waiters are taken out of the queues and sent to park. */
void
hob_gil_close(hob_gil *gil)
{
    lock_queue(gil);
    gil->is_closed = true;
    gil->finaliser = pthread_self();
    hob_gil_thread *t;
    while ((t = gil->urgent.n ? gil->urgent.first : gil->normal.first)) {
        unlink_waiter(gil, t);
        if (atomic_exchange(&t->nap, NAP_COME) == NAP_ASLEEP) { hob_futex_wake(&t->nap); }
    }
    atomic_store(&gil->word, (uintptr_t)owner(gil));
    unlock_queue(gil);
}

/* The owner has been deleted together with its interpreter: nobody owns it. */
void
hob_gil_forget_owner(hob_gil *gil)
{
    lock_queue(gil);
    atomic_store(&gil->word, 0);
    atomic_store_explicit(&gil->since, 0, memory_order_relaxed);
    gil->main_thread = NULL;
    unlock_queue(gil);
}

/* A new interpreter begins, its first thread is the main one; whoever is parked
 * stays so. */
void
hob_gil_open(hob_gil *gil, hob_gil_thread *main_thread)
{
    gil->is_closed = false;
    gil->main_thread = main_thread;
    hob_gil_take(main_thread, WHY_START);
    ask_no_more(gil, main_thread);
}

void
hob_gil_want_main(hob_gil *gil)
{
    atomic_store(&gil->main_is_wanted, 1);
    atomic_fetch_or(&gil->asked, ASKED_NOW);
}

bool
hob_gil_main_is_away(hob_gil *gil)
{
    hob_gil_thread *main_thread = gil->main_thread;
    return main_thread && !hob_gil_is_owner(gil, main_thread)
        && !atomic_load(&main_thread->is_queued);
}

void
hob_gil_after_fork(hob_gil_thread *self)
{
    hob_gil *gil = self->gil;
    hob_gil_thread *main_thread = gil->main_thread;
    enum hob_gil_mode mode = gil->mode;
    uint64_t slice = slice_of(gil), shake_state = gil->shake_state;
    memset(gil, 0, sizeof *gil);
    gil->slice = slice;
    hob_gil_set_mode(gil, mode, shake_state);
    gil->main_thread = main_thread;
    hob_gil_init_thread(self, self->ts);
    atomic_store(&gil->word, (uintptr_t)self);
    ask_no_more(gil, self);
    hob_fork_era++;
}

/* --- locks of Python code --- */

static hob_gil_thread *
running(void)
{
    return &hob_thread_of(hob_ts())->gil;
}

/* After a fork the threads that waited are gone. */
static void
forget_the_dead(hob_lock *lock)
{
    if (lock->era == hob_fork_era) { return; }
    lock->era = hob_fork_era;
    lock->first = lock->last = NULL;
}

static void
lock_enqueue(hob_lock *lock, hob_gil_thread *t)
{
    t->lock_next = NULL;
    t->waits_for_lock = true;
    if (lock->first) { lock->last->lock_next = t; }
    else             { lock->first = t; }
    lock->last = t;
}

static void
lock_dequeue(hob_lock *lock, hob_gil_thread *t)
{
    hob_gil_thread *before = NULL;
    for (hob_gil_thread *i = lock->first; i != t; i = i->lock_next) { before = i; }
    if (before) { before->lock_next = t->lock_next; }
    else        { lock->first = t->lock_next; }
    if (lock->last == t) { lock->last = before; }
    t->waits_for_lock = false;
}

/* Queue t, back from waiting for a lock; the queue is locked. */
static void
queue_from_lock(hob_gil *gil, hob_gil_thread *t)
{
    limit_credit(gil, t);
    if (gil->mode == GIL_CPYTHON) { t->slice_used = 0; }
    push_tail(gil, t, gil->mode == GIL_HOB && t->used <= gil->fair_clock);
    t->has_timer = false;
}

typedef enum { LOCK_FREED, LOCK_TIMED_OUT, LOCK_SIGNALLED } lock_wait;

/* Sleep until a releaser has queued us, time is up, or a signal comes.  NAP_AWAKE
 * and *why, or NAP_GRANTED, or NAP_COME: we are queued. */
static uint32_t
sleep_for_lock(hob_gil_thread *t, int64_t timeout_ns, uint64_t deadline, bool interruptible,
               lock_wait *why)
{
    while (!atomic_load(&t->is_queued)) {
        uint32_t awake = NAP_AWAKE, asleep = NAP_ASLEEP;
        if (!atomic_compare_exchange_strong(&t->nap, &awake, NAP_ASLEEP)) { return awake; }
        int error = 0;
        if (atomic_load(&t->is_queued)) { }     /* on our way to bed: who wakes may not know */
        else if (timeout_ns < 0) { error = hob_futex_wait(&t->nap, NAP_ASLEEP, 0); }
        else {
            uint64_t now = hob_clock_ns();
            error = now >= deadline ? ETIMEDOUT
                                    : hob_futex_wait(&t->nap, NAP_ASLEEP, deadline - now);
        }
        if (!atomic_compare_exchange_strong(&t->nap, &asleep, NAP_AWAKE)) { return asleep; }
        if (error == ETIMEDOUT) { *why = LOCK_TIMED_OUT; }
        if (error == EINTR && interruptible) { *why = LOCK_SIGNALLED; }
        if (*why != LOCK_FREED) { return NAP_AWAKE; }
    }
    return NAP_COME;
}

/* Wait without the GIL until a releaser queues us for it, or time is up, or a
 * signal comes; then wait for our turn.  TAKES_GIL */
static lock_wait
wait_for_release(hob_gil_thread *t, int64_t timeout_ns, uint64_t deadline, bool interruptible)
{
    hob_gil *gil = t->gil;
    lock_wait why = LOCK_FREED;
    bool is_crowded = atomic_load_explicit(&gil->is_crowded, memory_order_relaxed);
    uint32_t nap = spin(gil, t, is_crowded ? 0 : spin_budget(gil, t), true);
    if (nap == NAP_AWAKE) {
        nap = sleep_for_lock(t, timeout_ns, deadline, interruptible, &why);
    }
    if (nap == NAP_GRANTED) { return LOCK_FREED; }
    lock_queue(gil);
    stop_if_closed(gil);
    if (atomic_load(&t->nap) == NAP_GRANTED) {
        unlock_queue(gil);
        return LOCK_FREED;
    }
    uint64_t now = hob_clock_ns();
    if (!atomic_load(&t->is_queued)) {
        /* Time is up or a signal came, and nobody has queued us: come as from I/O. */
        if (why == LOCK_FREED) { why = LOCK_SIGNALLED; }
        if (take_if_free(gil, t, now)) {
            unlock_queue(gil);
            return why;
        }
        account(gil, now);
        queue_from_lock(gil, t);
        hob_gil_thread *h = owner(gil);
        if (h && ((t->is_urgent && !h->is_urgent) || is_wanted_main(gil, t))) {
            ask(gil, ASKED_NOW);
        }
    }
    atomic_store(&t->nap, NAP_AWAKE);
    set_timer(gil, t, false);
    unlock_queue(gil);
    wait_turn(gil, t, gil->spin_ns);
    return why;
}

PyLockStatus
hob_lock_acquire(hob_lock *lock, int64_t timeout_ns, bool interruptible)
{
    if (LIKELY(!lock->is_locked)) {
        lock->is_locked = true;
        return PY_LOCK_ACQUIRED;
    }
    if (timeout_ns == 0) { return PY_LOCK_FAILURE; }
    uint64_t deadline = timeout_ns > 0 ? hob_clock_ns() + (uint64_t)timeout_ns : 0;
    PyThreadState *ts = hob_ts();
    hob_gil_thread *t = running();
    for (;;) {
        forget_the_dead(lock);
        lock_enqueue(lock, t);
        atomic_store(&t->nap, NAP_AWAKE);
        hob_set_current(NULL);
        hob_gil_drop(t);
        lock_wait why = wait_for_release(t, timeout_ns, deadline, interruptible);
        hob_thread_came_back(ts);
        if (t->waits_for_lock) { lock_dequeue(lock, t); }
        if (!lock->is_locked) {                 /* also when late: we were woken for it */
            lock->is_locked = true;
            return PY_LOCK_ACQUIRED;
        }
        if (why == LOCK_TIMED_OUT) { return PY_LOCK_FAILURE; }
        if (why == LOCK_SIGNALLED && interruptible) { return PY_LOCK_INTR; }
    }
}

/* Have the first waiter queue for the stove.  It is not woken yet: most often the
 * releaser blocks soon, and then one switch does it all. */
static NOINLINE void
pass_on(hob_lock *lock)
{
    forget_the_dead(lock);
    hob_gil_thread *t = lock->first;
    if (!t) { return; }
    lock_dequeue(lock, t);
    hob_gil *gil = t->gil;
    lock_queue(gil);
    if (!atomic_load(&t->is_queued)) {
        uintptr_t word = (uintptr_t)running();
        atomic_compare_exchange_strong(&gil->word, &word, word | 1);
        account(gil, hob_clock_ns());
        queue_from_lock(gil, t);
        if (gil->lazy <= 0) { gil->lazy = LAZY_CHECKS; }
        ask(gil, ASKED_LAZILY);
    }
    unlock_queue(gil);
}

void
hob_lock_release(hob_lock *lock)
{
    lock->is_locked = false;
    if (UNLIKELY(lock->first)) { pass_on(lock); }
}

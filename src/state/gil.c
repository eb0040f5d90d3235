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
 *            3 The stove is handed only to a waiter proven to be on a core (a
 *              fresh beat).  Others are woken, and ask again when they run: nobody
 *              idles meanwhile.  On one core it is handed over at the check.
 *            4 A free stove may be taken by whoever runs, but the first in the
 *              queue is overtaken at most OVERTAKE_MAX times.
 *            5 Who asks spins, at most spin_ns, as far as spinning has paid off.
 * Holds      While the queue lock is held and the low bit is set, the owner cannot
 *            leave: a drop with waiters needs that lock.
 *            A thread in a queue of the stove has is_queued; `next` links it.
 * Hazard     The order "set nap, look at the word" in wait_turn pairs with "set
 *            the word, look at nap" in drop: both sides need sequential consistency.
 * Next       breaker.c, lock.c; docs/internals/state.md, docs/decisions
 */
#include "state/gil.h"

#include <errno.h>
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
    PREEMPT_COST = 3000,        /* ns charged to who interrupts another */
    OVERTAKE_MAX = 8,
    URGENT_NS = 500000,         /* an urgent waiter asks again this often */
    FRESH_TICKS = 30000,        /* a beat younger than about 10 us */
    LAZY_CHECKS = 50,
};

hob_gil hob_the_gil = {.slice = 5000000, .spin_ns = 20000};
static hob_gil *const gil = &hob_the_gil;
uint32_t hob_fork_era;

void
hob_gil_init_thread(hob_gil_thread *self, PyThreadState *ts)
{
    memset(self, 0, sizeof *self);
    self->ts = ts;
    self->spin_luck = 128;
}

/* --- the queue lock: held for tens of nanoseconds --- */

static void
lock_queue(void)
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
unlock_queue(void)
{
    if (atomic_exchange_explicit(&gil->queue_lock, 0, memory_order_release) == 2) {
        hob_futex_wake(&gil->queue_lock);
    }
}

/* --- the queues; all below with the queue lock held --- */

static int
n_waiting(void)
{
    return gil->n_urgent + gil->n_normal;
}

static void
count_in(hob_gil_thread *t, int delta)
{
    if (t->is_urgent) { gil->n_urgent += delta; }
    else              { gil->n_normal += delta; }
    atomic_store(&t->is_queued, delta > 0);
}

static void
push_tail(hob_gil_thread *t, bool urgent)
{
    hob_gil_thread **first = urgent ? &gil->urgent_first : &gil->normal_first;
    hob_gil_thread **last = urgent ? &gil->urgent_last : &gil->normal_last;
    t->next = NULL;
    t->is_urgent = urgent;
    t->position = urgent ? gil->n_urgent : gil->n_normal;
    t->overtaken = 0;
    if (*first) { (*last)->next = t; }
    else        { *first = t; }
    *last = t;
    count_in(t, 1);
}

static void
push_front(hob_gil_thread *t)
{
    t->next = gil->normal_first;
    t->is_urgent = false;
    t->position = 0;
    t->overtaken = 0;
    gil->normal_first = t;
    if (!gil->normal_last) { gil->normal_last = t; }
    count_in(t, 1);
}

static void
unlink_waiter(hob_gil_thread *t)
{
    hob_gil_thread **first = t->is_urgent ? &gil->urgent_first : &gil->normal_first;
    hob_gil_thread **last = t->is_urgent ? &gil->urgent_last : &gil->normal_last;
    hob_gil_thread *before = NULL;
    for (hob_gil_thread *i = *first; i != t; i = i->next) { before = i; }
    if (before) { before->next = t->next; }
    else        { *first = t->next; }
    if (*last == t) { *last = before; }
    count_in(t, -1);
}

static bool
is_wanted_main(const hob_gil_thread *t)
{
    return t == gil->main_thread
        && atomic_load_explicit(&gil->main_is_wanted, memory_order_relaxed);
}

/* Who comes next, or NULL. */
static hob_gil_thread *
peek(void)
{
    hob_gil_thread *main_thread = gil->main_thread;
    if (main_thread && is_wanted_main(main_thread) && atomic_load(&main_thread->is_queued)) {
        return main_thread;
    }
    return gil->urgent_first ? gil->urgent_first : gil->normal_first;
}

static hob_gil_thread *
owner(void)
{
    uintptr_t word = atomic_load_explicit(&gil->word, memory_order_relaxed);
    return (hob_gil_thread *)(word & ~(uintptr_t)1);
}

/* Charge the time since the last look to the owner. */
static void
account(uint64_t now)
{
    hob_gil_thread *t = owner();
    if (t && gil->since && now > gil->since) {
        uint64_t held = now - gil->since;
        t->used += held;
        t->slice_used += held;
        gil->fair_clock += held / (uint64_t)(1 + n_waiting());
    }
    gil->since = now;
}

static void
limit_credit(hob_gil_thread *t)
{
    if (t->used + CREDIT_MAX < gil->fair_clock) { t->used = gil->fair_clock - CREDIT_MAX; }
}

static void
beat(hob_gil_thread *t)
{
    atomic_store_explicit(&t->beat, hob_ticks(), memory_order_relaxed);
}

/* The owner is to look at the queue at its next check.  It cannot leave now. */
static void
ask(int how)
{
    atomic_fetch_or_explicit(&gil->asked, how, memory_order_relaxed);
    hob_gil_thread *t = owner();
    if (t && t->ts) { hob_breaker_set(t->ts->interp, BREAK_GIL); }
}

static void
become_owner(hob_gil_thread *t, uint64_t now)
{
    atomic_store(&gil->word, (uintptr_t)t | (n_waiting() ? 1 : 0));
    gil->since = now;
    atomic_store_explicit(&gil->asked, 0, memory_order_relaxed);
    hob_breaker_clear(t->ts->interp, BREAK_GIL);
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

/* Hand the stove to a waiter; true, and the queue unlocked, when it took it. */
static bool
grant(hob_gil_thread *t, uint64_t now, bool strictly)
{
    if (!strictly && !is_on_core(t)) { return false; }
    unlink_waiter(t);
    become_owner(t, now);
    uint32_t was = atomic_exchange(&t->nap, NAP_GRANTED);
    unlock_queue();
    if (was == NAP_ASLEEP) { hob_futex_wake(&t->nap); }
    return true;
}

/* Make a waiter come and ask; unlocks the queue. */
static void
wake_and_unlock(hob_gil_thread *t)
{
    uint32_t asleep = NAP_ASLEEP;
    bool wake = t && atomic_compare_exchange_strong(&t->nap, &asleep, NAP_COME);
    unlock_queue();
    if (wake) { hob_futex_wake(&t->nap); }
}

static int
n_cores(void)
{
    if (UNLIKELY(!gil->n_cores)) { gil->n_cores = hob_cores(); }
    return gil->n_cores;
}

/* --- waiting; without the queue lock --- */

/* One spinner fewer than there are cores, one more if it is urgent. */
static bool
may_spin(const hob_gil_thread *t)
{
    for (int tries = 0; atomic_fetch_add(&gil->n_spinners, 1) >= n_cores() - !t->is_urgent;
         tries++) {
        atomic_fetch_sub(&gil->n_spinners, 1);
        if (tries == 20) { return false; }
        for (int i = 0; i < 10; i++) { hob_relax(); }
    }
    return true;
}

/* NAP_AWAKE when the budget is spent, NAP_GRANTED, or NAP_COME: try now. */
static uint32_t
spin(hob_gil_thread *t, uint64_t budget_ns)
{
    if (!budget_ns || n_cores() < 2 || !may_spin(t)) { return NAP_AWAKE; }
    uint32_t nap;
    uint64_t end = hob_clock_ns() + budget_ns;
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
    atomic_fetch_sub(&gil->n_spinners, 1);
    atomic_store_explicit(&t->beat, 0, memory_order_relaxed);
    t->spin_luck += nap ? (256 - t->spin_luck) / 8 : -(t->spin_luck / 8);
    return nap;
}

/* What spinning has earned: the whole budget, an eighth, or a rare try. */
static uint64_t
spin_budget(hob_gil_thread *t)
{
    if (t->spin_luck > 64) { return gil->spin_ns; }
    return t->spin_luck > 16 || !(++t->spin_probe & 15) ? gil->spin_ns / 8 : 0;
}

/* Sleep in a queue of the stove until something happens.  Result as spin(). */
static uint32_t
nap_in_queue(hob_gil_thread *t)
{
    uint32_t awake = NAP_AWAKE, asleep = NAP_ASLEEP;
    if (!atomic_compare_exchange_strong(&t->nap, &awake, NAP_ASLEEP)) { return awake; }
    if (atomic_load(&gil->word) != 1) {         /* else it came free on our way to bed */
        uint64_t limit = gil->slice * (uint64_t)t->position
                         + (t->is_urgent ? URGENT_NS : gil->slice);
        hob_futex_wait(&t->nap, NAP_ASLEEP, limit ? limit : 1);
    }
    if (atomic_compare_exchange_strong(&t->nap, &asleep, NAP_COME)) { return NAP_COME; }
    return asleep;
}

/* Is it this waiter's turn to have the owner stop? */
static bool
may_ask(hob_gil_thread *t)
{
    if (is_wanted_main(t)) { return true; }
    if (peek() != t) { return false; }
    hob_gil_thread *h = owner();
    return h->slice_used >= gil->slice
        || (t->is_urgent && (!h->is_urgent || h->used > gil->fair_clock));
}

static int
position_of(const hob_gil_thread *t)
{
    int n = 0;
    for (hob_gil_thread *i = t->is_urgent ? gil->urgent_first : gil->normal_first; i != t;
         i = i->next) {
        n++;
    }
    return n;
}

/* The queue is locked: leave it and stop, if the interpreter is being finalised. */
static inline void
stop_if_closed(void)
{
    if (UNLIKELY(gil->is_closed) && !pthread_equal(gil->finaliser, pthread_self())) {
        unlock_queue();
        hob_gil_park();
    }
}

/* Wait until t, which is queued, owns the stove. */
static void
wait_turn(hob_gil_thread *t, uint64_t budget_ns)
{
    uint32_t nap = spin(t, budget_ns);
    for (;;) {
        if (nap == NAP_AWAKE) { nap = nap_in_queue(t); }
        if (nap == NAP_GRANTED) { return; }
        lock_queue();                           /* NAP_COME: try, or ask */
        stop_if_closed();
        if (atomic_load(&t->nap) == NAP_GRANTED) {
            unlock_queue();
            return;
        }
        uint64_t now = hob_clock_ns();
        if (atomic_load(&gil->word) == 1) {
            unlink_waiter(t);
            become_owner(t, now);
            atomic_store(&t->nap, NAP_GRANTED);
            unlock_queue();
            return;
        }
        atomic_store(&t->nap, NAP_AWAKE);
        account(now);
        bool asks = may_ask(t);
        if (asks) {
            beat(t);
            ask(ASKED_NOW);
        }
        t->position = position_of(t);
        unlock_queue();
        nap = spin(t, asks ? gil->spin_ns : 0);
    }
}

/* --- take, drop, check --- */

static NOINLINE void
take_slowly(hob_gil_thread *t, enum hob_why why)
{
    lock_queue();
    stop_if_closed();
    uint64_t now = hob_clock_ns();
    limit_credit(t);
    for (;;) {
        uintptr_t word = atomic_load(&gil->word);
        if (word == 0) {
            if (atomic_compare_exchange_strong(&gil->word, &word, (uintptr_t)t)) {
                gil->since = now;
                t->is_urgent = true;
                unlock_queue();
                return;
            }
        }
        else if (word == 1) {                   /* free; the next one is on its way */
            hob_gil_thread *first = peek();
            if (first->overtaken >= OVERTAKE_MAX) { break; }
            first->overtaken++;
            t->is_urgent = t->used <= gil->fair_clock;
            become_owner(t, now);
            unlock_queue();
            return;
        }
        else if ((word & 1) || atomic_compare_exchange_strong(&gil->word, &word, word | 1)) {
            break;
        }
    }
    account(now);
    bool urgent = why == WHY_IO && t->used <= gil->fair_clock;
    if (why == WHY_IO) { t->slice_used = 0; }
    atomic_store_explicit(&t->nap, NAP_AWAKE, memory_order_relaxed);
    push_tail(t, urgent);
    hob_gil_thread *h = owner();
    bool asks = h && ((urgent && !h->is_urgent) || is_wanted_main(t));
    if (asks) {
        beat(t);
        ask(ASKED_NOW);
        t->used += PREEMPT_COST;
    }
    unlock_queue();
    wait_turn(t, asks || urgent ? spin_budget(t) : 0);
}

void
hob_gil_take(hob_gil_thread *t, enum hob_why why)
{
    uintptr_t zero = 0;
    if (UNLIKELY(!atomic_compare_exchange_strong_explicit(&gil->word, &zero, (uintptr_t)t,
                                                          memory_order_acquire,
                                                          memory_order_relaxed))) {
        uint64_t since = TRACES(gil) ? hob_trace_clock() : 0;
        take_slowly(t, why);
        TRACE(gil, "take after=%s waited_us=%llu",
              why == WHY_IO ? "io" : why == WHY_LOCK ? "lock" : "start",
              (unsigned long long)(hob_trace_clock() - since));
    }
}

static NOINLINE void
drop_slowly(void)
{
    lock_queue();
    uint64_t now = hob_clock_ns();
    account(now);
    hob_gil_thread *next = peek();
    if (!next) {
        atomic_store(&gil->word, 0);
        unlock_queue();
        return;
    }
    if (grant(next, now, next->overtaken >= OVERTAKE_MAX)) { return; }
    atomic_store(&gil->word, 1);                /* free; next is woken, may be overtaken */
    atomic_store_explicit(&gil->asked, 0, memory_order_relaxed);
    wake_and_unlock(next);
}

void
hob_gil_drop(hob_gil_thread *t)
{
    uintptr_t word = (uintptr_t)t;
    if (!(atomic_load_explicit(&gil->word, memory_order_relaxed) & 1)) { gil->since = 0; }
    if (UNLIKELY(!atomic_compare_exchange_strong_explicit(&gil->word, &word, 0,
                                                          memory_order_release,
                                                          memory_order_relaxed))) {
        drop_slowly();
    }
}

/* The waiter sleeps, or is between spinning and sleeping: wake it and run on. */
static void
run_on(hob_gil_thread *next)
{
    if (atomic_load(&next->nap) == NAP_AWAKE) {
        gil->lazy = 20;
        ask(ASKED_LAZILY);
    }
    wake_and_unlock(next);
}

void
hob_gil_check(hob_gil_thread *t)
{
    int asked = atomic_load_explicit(&gil->asked, memory_order_relaxed);
    if (asked == ASKED_LAZILY && --gil->lazy > 0) { return; }
    lock_queue();
    uint64_t now = hob_clock_ns();
    account(now);
    atomic_store_explicit(&gil->asked, 0, memory_order_relaxed);
    hob_breaker_clear(t->ts->interp, BREAK_GIL);
    hob_gil_thread *next = peek();
    if (!next) {
        unlock_queue();
        return;
    }
    bool spent = t->slice_used >= gil->slice || STRESSED(switch);
    if (!next->is_urgent && !spent && !is_wanted_main(next)) {
        wake_and_unlock(asked == ASKED_LAZILY ? next : NULL);
        return;
    }
    if (n_cores() > 1 && gil->spin_ns && !is_on_core(next) && next->overtaken++ < 4
        && !STRESSED(switch)) {
        run_on(next);
        return;
    }
    atomic_store_explicit(&t->nap, NAP_AWAKE, memory_order_relaxed);
    t->is_urgent = false;
    if (spent) {
        t->slice_used = 0;
        push_tail(t, false);
    }
    else { push_front(t); }
    unsigned long heir = next->ts->native_thread_id;
    grant(next, now, true);
    TRACE(gil, "hand_over to=#%lu slice_spent=%d", heir, spent);
    wait_turn(t, spent ? 0 : spin_budget(t));
    TRACE(gil, "resume waited_us=%llu", (unsigned long long)(hob_clock_ns() - now) / 1000);
}

void
hob_gil_rename(hob_gil_thread *from, hob_gil_thread *to)
{
    uintptr_t word = (uintptr_t)from;
    if (atomic_compare_exchange_strong(&gil->word, &word, (uintptr_t)to)) { return; }
    lock_queue();
    to->slice_used = from->slice_used;
    to->used = from->used;
    atomic_store(&gil->word, (uintptr_t)to | 1);
    if (to->ts && atomic_load(&gil->asked)) { hob_breaker_set(to->ts->interp, BREAK_GIL); }
    unlock_queue();
}

void
hob_gil_park(void)
{
    for (;;) { pause(); }
}

/* All waiters are taken out of the queues and sent to park. */
void
hob_gil_close(void)
{
    lock_queue();
    gil->is_closed = true;
    gil->finaliser = pthread_self();
    hob_gil_thread *t;
    while ((t = gil->urgent_first ? gil->urgent_first : gil->normal_first)) {
        unlink_waiter(t);
        if (atomic_exchange(&t->nap, NAP_COME) == NAP_ASLEEP) { hob_futex_wake(&t->nap); }
    }
    atomic_store(&gil->word, (uintptr_t)owner());
    unlock_queue();
}

/* The owner has been deleted together with its interpreter: nobody owns it. */
void
hob_gil_forget_owner(void)
{
    lock_queue();
    atomic_store(&gil->word, 0);
    gil->since = 0;
    gil->main_thread = NULL;
    unlock_queue();
}

/* A new interpreter begins; whoever is parked stays so. */
void
hob_gil_open(void)
{
    gil->is_closed = false;
}

void
hob_gil_want_main(void)
{
    atomic_store(&gil->main_is_wanted, 1);
    atomic_fetch_or(&gil->asked, ASKED_NOW);
}

void
hob_gil_after_fork(hob_gil_thread *self)
{
    hob_gil_thread *main_thread = gil->main_thread;
    uint64_t slice = gil->slice, spin_ns = gil->spin_ns;
    memset(gil, 0, sizeof *gil);
    gil->slice = slice;
    gil->spin_ns = spin_ns;
    gil->main_thread = main_thread;
    hob_gil_init_thread(self, self->ts);
    atomic_store(&gil->word, (uintptr_t)self);
    hob_fork_era++;
}

/* --- locks of Python code --- */

static hob_gil_thread *
running(void)
{
    return owner();
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

/* Move t from a lock's queue to the stove's. */
static void
queue_from_lock(hob_gil_thread *t)
{
    limit_credit(t);
    push_tail(t, t->used <= gil->fair_clock);
}

typedef enum { LOCK_FREED, LOCK_TIMED_OUT, LOCK_SIGNALLED } lock_wait;

/* Sleep without the GIL until a releaser queues us for it, or time is up, or a
 * signal comes; then wait for our turn.  TAKES_GIL */
static lock_wait
wait_for_release(hob_lock *lock, hob_gil_thread *t, int64_t timeout_ns, uint64_t deadline,
                 bool interruptible)
{
    lock_wait why = LOCK_FREED;
    uint32_t nap = spin(t, spin_budget(t));
    while (nap == NAP_AWAKE && !atomic_load(&t->is_queued)) {
        uint32_t awake = NAP_AWAKE, asleep = NAP_ASLEEP;
        if (!atomic_compare_exchange_strong(&t->nap, &awake, NAP_ASLEEP)) {
            nap = awake;
            break;
        }
        int error = 0;
        if (atomic_load(&t->is_queued) && atomic_load(&gil->word) == 1) { }    /* come */
        else if (timeout_ns < 0) { error = hob_futex_wait(&t->nap, NAP_ASLEEP, 0); }
        else {
            uint64_t now = hob_clock_ns();
            error = now >= deadline ? ETIMEDOUT
                                    : hob_futex_wait(&t->nap, NAP_ASLEEP, deadline - now);
        }
        if (!atomic_compare_exchange_strong(&t->nap, &asleep, NAP_AWAKE)) {
            nap = asleep;                       /* granted, or to come and ask */
            break;
        }
        if (error == ETIMEDOUT) { why = LOCK_TIMED_OUT; }
        if (error == EINTR && interruptible) { why = LOCK_SIGNALLED; }
        if (why != LOCK_FREED) { break; }
    }
    if (nap == NAP_GRANTED) { return LOCK_FREED; }
    lock_queue();
    stop_if_closed();
    if (!atomic_load(&t->is_queued) && atomic_load(&t->nap) != NAP_GRANTED) {
        /* Time is up or a signal came, and nobody has queued us: do it here. */
        uintptr_t word = atomic_load(&gil->word);
        while (word != 1 && !(word & 1)
               && !atomic_compare_exchange_strong(&gil->word, &word, word ? word | 1 : 1)) { }
        if (why == LOCK_FREED) { why = LOCK_SIGNALLED; }
        atomic_store(&t->nap, NAP_AWAKE);
        account(hob_clock_ns());
        queue_from_lock(t);
        hob_gil_thread *h = owner();
        if (h && t->is_urgent && !h->is_urgent) { ask(ASKED_NOW); }
    }
    unlock_queue();
    wait_turn(t, gil->spin_ns);
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
    hob_gil_thread *t = running();
    PyThreadState *ts = t->ts;
    for (;;) {
        forget_the_dead(lock);
        lock_enqueue(lock, t);
        atomic_store(&t->nap, NAP_AWAKE);
        _PyRuntime.current = NULL;
        hob_gil_drop(t);
        lock_wait why = wait_for_release(lock, t, timeout_ns, deadline, interruptible);
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

static NOINLINE void
pass_on(hob_lock *lock)
{
    forget_the_dead(lock);
    hob_gil_thread *t = lock->first;
    if (!t) { return; }
    lock_dequeue(lock, t);
    lock_queue();
    if (!atomic_load(&t->is_queued)) {
        uintptr_t word = (uintptr_t)running();
        atomic_compare_exchange_strong(&gil->word, &word, word | 1);
        account(hob_clock_ns());
        queue_from_lock(t);
        if (gil->lazy <= 0) { gil->lazy = LAZY_CHECKS; }
        ask(ASKED_LAZILY);
    }
    unlock_queue();
}

void
hob_lock_release(hob_lock *lock)
{
    lock->is_locked = false;
    if (UNLIKELY(lock->first)) { pass_on(lock); }
}

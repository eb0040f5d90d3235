/* gil.h -- the stove: one thread at a time runs Python code.
 *
 * Taking and dropping it is one compare-and-swap each while nobody waits.
 * The rules by which waiters are served are in gil.c.
 */
#pragma once
#include <Python.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/c.h"

enum hob_why { WHY_IO, WHY_LOCK, WHY_START };   /* where a thread comes back from */

/* -X gil=: the rules of gil.c; slices only, as others do it; or a turn that ends
 * at random, to find races. */
enum hob_gil_mode { GIL_HOB, GIL_CPYTHON, GIL_SHAKE };

/* The part of a thread state that the stove needs. */
typedef struct hob_gil_thread {
    _Alignas(64)
    _Atomic uint32_t nap;               /* NAP_*: what the owner of this waits on */
    _Atomic uint64_t beat;              /* ticks of the last spin round: proof of a core */
    struct hob_gil_thread *before, *next;       /* in a queue of the stove */
    int64_t ticket;                     /* ascending in a queue, mostly by one */
    struct hob_gil_thread *lock_next;   /* in the queue of a lock */
    _Atomic int is_queued;              /* in a queue of the stove */
    bool is_urgent;                     /* which of the two */
    bool waits_for_lock;                /* in the queue of a lock; guarded by the GIL */
    bool has_timer;                     /* it asks for its turn without being woken */
    int spin_luck;                      /* 0..256: how often spinning paid off lately */
    int spin_probe;
    uint64_t nap_limit;                 /* how long to sleep before it asks, ns */
    int n_asks;                         /* how often it asked in vain since it queues */
    int overtaken;                      /* how often others went first since it queues */
    uint64_t queued_at;                 /* when it queued, ns */
    uint64_t left_at;                   /* when it last let go while others queued, ns */
    int haste_left;                     /* visits without waiting that cost no more than others */
    uint64_t used;                      /* time on the stove, ns: what fairness compares */
    uint64_t slice_used;                /* .. since its last turn at the tail */
    PyThreadState *ts;
    struct hob_gil *gil;                /* its interpreter's */
} hob_gil_thread;

typedef struct hob_gil_queue {
    hob_gil_thread *first, *last;
    int n;
} hob_gil_queue;

/* All fields guarded by the queue lock unless said otherwise. */
typedef struct hob_gil {
    _Alignas(64)
    _Atomic uintptr_t word;             /* owner | 1 when somebody queues; atomic */
    _Atomic uint64_t since;             /* start of the accounted run; 0 unknown; atomic */

    _Alignas(64)
    _Atomic uint32_t queue_lock;        /* 0 free, 1 held, 2 held and waited for */
    hob_gil_queue urgent, normal;
    int lazy;                           /* checks until a lock's waiter is woken; by the GIL */
    _Atomic int asked;                  /* ASKED_*: why BREAK_GIL is set; atomic */
    _Atomic int n_spinners;             /* atomic */
    hob_gil_thread *_Atomic spinner;    /* the last of them while it spins; atomic */
    _Atomic bool is_crowded;            /* who waits for a lock had better sleep; atomic */
    _Atomic bool is_spun_in_vain;       /* .. and the owner was not seen running since; atomic */
    uint64_t fair_clock;                /* what `used` would be if all were served alike */
    uint64_t n_switches;                /* how often the owner changed while others queued */
    _Atomic uint64_t slice;             /* sys.setswitchinterval, ns; atomic */
    uint64_t spin_ns;                   /* constant */
    _Atomic int n_cores;                /* 0 until first needed; atomic */
    enum hob_gil_mode mode;             /* constant once threads run */
    uint64_t shake_state;               /* guarded by the GIL itself */
    bool is_closed;                     /* only the thread `finaliser` may come in */
    pthread_t finaliser;
    hob_gil_thread *_Atomic main_thread;        /* who runs signal handlers, or NULL; atomic */
    _Atomic int main_is_wanted;         /* a signal waits for it; atomic */
} hob_gil;

extern hob_gil hob_the_gil;             /* every interpreter's `gil` points here */

void hob_gil_init_thread(hob_gil_thread *self, PyThreadState *ts);

/* Before the first thread takes it.  `seed` is for GIL_SHAKE: the same seed, the
 * same decisions. */
void hob_gil_set_mode(hob_gil *gil, enum hob_gil_mode mode, uint64_t seed);

void hob_gil_take(hob_gil_thread *self, enum hob_why why);      /* TAKES_GIL */
void hob_gil_drop(hob_gil_thread *self);                        /* DROPS_GIL */

/* Called at a check point when BREAK_GIL is set: hand over if somebody's turn
 * has come.  The caller owns the GIL before and after. */
void hob_gil_check(hob_gil_thread *self);

/* The caller, who owns the GIL, has just started thread t.  With GIL_SHAKE wait
 * until it queues, so that the same seed finds the same threads there. */
void hob_gil_await_arrival(hob_gil_thread *t);

/* The running thread goes on under another state. */
void hob_gil_rename(hob_gil *gil, hob_gil_thread *from, hob_gil_thread *to);

/* The caller, who owns the GIL, will be the last to run Python: all who wait, and
 * all who come later, stop for good (hob_gil_park). */
void hob_gil_close(hob_gil *gil);
void hob_gil_park(void) __attribute__((noreturn));

/* A signal arrived: let the main thread come first.  Async-signal-safe. */
void hob_gil_want_main(hob_gil *gil);

/* Is the main thread neither running nor about to: in a system call, or asleep
 * for a lock?  Async-signal-safe. */
bool hob_gil_main_is_away(hob_gil *gil);

/* In the child of a fork: self is the only thread and the owner. */
void hob_gil_after_fork(hob_gil_thread *self);

static inline bool
hob_gil_is_owner(hob_gil *gil, const hob_gil_thread *self)
{
    uintptr_t word = atomic_load_explicit(&gil->word, memory_order_relaxed);
    return (word & ~(uintptr_t)1) == (uintptr_t)self;
}

/* --- locks of Python code ---
 * Guarded by the GIL: free to free is plain loads and stores.  A releaser moves
 * the first waiter into the stove's queue, so a switch costs one wake-up. */
typedef struct hob_lock {
    bool is_locked;
    uint32_t era;                       /* forks so far when the queue was last used */
    hob_gil_thread *first, *last;       /* waiters */
} hob_lock;

/* Lock, waiting up to timeout_ns (-1 without limit, 0 not at all).  With
 * interruptible a signal ends the wait: PY_LOCK_INTR. */
PyLockStatus hob_lock_acquire(hob_lock *lock, int64_t timeout_ns, bool interruptible);
void hob_lock_release(hob_lock *lock);          /* it is locked */

extern uint32_t hob_fork_era;

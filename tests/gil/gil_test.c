/* gil_test.c -- the stove alone: src/state/gil.c under threads that are not Python's.
 *
 * usage      gil_test [FACTOR [NAME]]      FACTOR stretches every scenario (default 1);
 *            NAME runs only scenarios whose name contains it
 * Layout     The shims below stand for what gil.c needs of its room: a thread state,
 *            an interpreter with a breaker word, the current thread.  A scenario
 *            starts workers; each works in the hand-made equivalent of an evaluation
 *            loop: it looks at the breaker between units of work.
 * Checks     `shared` is plain memory that only the owner touches: two owners lose
 *            updates.  `inside` catches them in the act.  A watchdog ends the program
 *            when nobody finishes a unit for ten seconds: a lost wake-up or request.
 */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/os/futex.h"
#include "base/trace.h"
#include "state/breaker.h"
#include "state/interp.h"
#include "state/lifecycle.h"
#include "state/thread.h"

/* --- shims --- */

hob_runtime _PyRuntime;
uint32_t hob_trace_on;
#ifdef HOB_DEBUG
uint32_t hob_stress_on;
#endif
uint64_t hob_trace_clock(void) { return 0; }
void hob_trace_say(int channel, const char *format, ...) { }

static struct _is interp;

/* As the real one: who took the stove after the end began gives it back and stops. */
void
hob_thread_came_back(PyThreadState *ts)
{
    PyThreadState *finaliser = __atomic_load_n(&_PyRuntime.finalizing, __ATOMIC_ACQUIRE);
    if (finaliser && finaliser != ts) {
        hob_gil_drop(&hob_thread_of(ts)->gil);
        hob_gil_park();
    }
    hob_set_current(ts);
}

/* --- workers --- */

typedef struct worker {
    hob_thread state;
    pthread_t thread;
    void (*work)(struct worker *);
    uint64_t random;
    uint64_t n_done;                    /* units */
    uint64_t last, worst_gap;           /* ns between units */
} worker;

enum { MAX_WORKERS = 256 };
static worker *workers[MAX_WORKERS];
static int n_workers;
static double factor = 1;
static _Atomic int is_over;
static _Atomic uint64_t n_units;        /* of all: what the watchdog watches */
static uint64_t shared;                 /* guarded by the GIL and nothing else */
static _Atomic int inside;              /* owners at this moment */
static const char *scenario;

static void
fail(const char *what)
{
    fprintf(stderr, "gil_test: %s: %s\n", scenario, what);
    fflush(stderr);
    _exit(1);
}

static uint64_t
random_of(worker *w)
{
    w->random ^= w->random << 13;
    w->random ^= w->random >> 7;
    return w->random ^= w->random << 17;
}

static worker *
new_worker(void (*work)(worker *))
{
    worker *w = NULL;
    if (posix_memalign((void **)&w, 64, sizeof *w) != 0) { abort(); }
    memset(w, 0, sizeof *w);
    w->state.ts.interp = &interp;
    w->work = work;
    w->random = 88172645463325252u + 7919u * (uint64_t)n_workers;
    hob_gil_init_thread(&w->state.gil, &w->state.ts);
    workers[n_workers++] = w;
    return w;
}

static void
take(worker *w, enum hob_why why)
{
    hob_gil_take(&w->state.gil, why);
    hob_thread_came_back(&w->state.ts);
}

static void
drop(worker *w)
{
    hob_set_current(NULL);
    hob_gil_drop(&w->state.gil);
}

static inline void
check(worker *w)
{
    if (!__atomic_load_n(&interp.breaker, __ATOMIC_RELAXED)) { return; }
    hob_set_current(NULL);
    hob_gil_check(&w->state.gil);
    hob_thread_came_back(&w->state.ts);
}

static void
sleep_ns(uint64_t ns)
{
    struct timespec t = {(time_t)(ns / 1000000000u), (long)(ns % 1000000000u)};
    nanosleep(&t, NULL);
}

static void
busy_ns(uint64_t ns)
{
    for (uint64_t end = hob_clock_ns() + ns; hob_clock_ns() < end; ) { hob_relax(); }
}

/* One unit: some work that only the owner may do. */
static void
unit(worker *w)
{
    if (atomic_fetch_add_explicit(&inside, 1, memory_order_relaxed)) { fail("two owners"); }
    shared = shared + 1;
    w->n_done++;
    for (volatile int i = 0; i < 20; i++) { }
    atomic_fetch_sub_explicit(&inside, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&n_units, 1, memory_order_relaxed);
}

static void *
worker_main(void *given)
{
    worker *w = given;
    take(w, WHY_START);
    w->last = hob_clock_ns();
    w->work(w);
    drop(w);
    return NULL;
}

static void
reset(enum hob_gil_mode mode, uint64_t seed)
{
    n_workers = 0;
    shared = 0;
    atomic_store(&n_units, 0);
    atomic_store(&is_over, 0);
    memset(&hob_the_gil, 0, sizeof hob_the_gil);
    hob_the_gil.slice = 5000000;
    hob_gil_set_mode(&hob_the_gil, mode, seed);
    interp.gil = &hob_the_gil;
    interp.breaker = mode == GIL_SHAKE ? BREAK_GIL : 0;
}

static void
start_workers(void)
{
    for (int i = 0; i < n_workers; i++) {
        if (pthread_create(&workers[i]->thread, NULL, worker_main, workers[i]) != 0) { abort(); }
    }
}

/* Wait for all; look whether what they did adds up. */
static void
join_workers(void)
{
    uint64_t sum = 0;
    for (int i = 0; i < n_workers; i++) {
        pthread_join(workers[i]->thread, NULL);
        sum += workers[i]->n_done;
    }
    if (sum != shared) { fail("a lost update"); }
    if (hob_the_gil.word != 0) { fail("somebody still owns or awaits it"); }
    for (int i = 0; i < n_workers; i++) { free(workers[i]); }
}

static void
run_for(double seconds)
{
    start_workers();
    sleep_ns((uint64_t)(seconds * factor * 1e9));
    atomic_store(&is_over, 1);
    join_workers();
}

static void *
watchdog(void *unused)
{
    for (uint64_t last = 0, still = 0; still < 100; ) {
        sleep_ns(100000000);
        uint64_t n = atomic_load(&n_units);
        still = n == last ? still + 1 : 0;
        last = n;
    }
    fail("nobody moves: a lost wake-up or request");
    return NULL;
}

/* --- what threads do --- */

static void
compute(worker *w)
{
    while (!atomic_load_explicit(&is_over, memory_order_relaxed)) {
        for (int i = 0; i < 16; i++) {
            unit(w);
            check(w);
        }
        uint64_t now = hob_clock_ns();
        if (now - w->last > w->worst_gap) { w->worst_gap = now - w->last; }
        w->last = now;
    }
}

static hob_lock common_lock, pair[2];
static uint64_t n_locked;               /* holders of common_lock */

static void
with_lock(worker *w, int64_t timeout_ns)
{
    if (hob_lock_acquire(&common_lock, timeout_ns, false) != PY_LOCK_ACQUIRED) {
        if (timeout_ns < 0) { fail("an unlimited wait ended without the lock"); }
        return;
    }
    if (n_locked++) { fail("two threads have the lock"); }
    for (uint64_t i = random_of(w) % 20; i; i--) {
        unit(w);
        check(w);
    }
    n_locked--;
    hob_lock_release(&common_lock);
}

/* Everything, at random. */
static void
mix(worker *w)
{
    while (!atomic_load_explicit(&is_over, memory_order_relaxed)) {
        for (uint64_t i = random_of(w) % 50; i; i--) {
            unit(w);
            check(w);
        }
        uint64_t choice = random_of(w) >> 20;
        switch (choice % 8) {
        case 0: case 1: drop(w); take(w, WHY_IO); break;
        case 2: drop(w); busy_ns(choice % 20000); take(w, WHY_IO); break;
        case 3: drop(w); sched_yield(); take(w, WHY_IO); break;
        case 4: with_lock(w, -1); break;
        case 5: with_lock(w, (int64_t)(choice % 100000) + 1); break;
        case 6: drop(w); sleep_ns(choice % 200000); take(w, WHY_IO); break;
        default: break;
        }
    }
}

static void
sleeper(worker *w)
{
    while (!atomic_load(&is_over)) {
        drop(w);
        sleep_ns(5000000);
        take(w, WHY_IO);
        for (int i = 0; i < 20; i++) {
            unit(w);
            check(w);
        }
    }
}

static _Atomic uint64_t n_pings;

/* Two threads in turn, each waiting for the other's release. */
static void
ping(worker *w)
{
    int me = w == workers[1];
    while (!atomic_load(&is_over)) {
        unit(w);
        atomic_fetch_add(&n_pings, 1);
        check(w);
        hob_lock_release(&pair[!me]);
        hob_lock_acquire(&pair[me], -1, false);
    }
    hob_lock_release(&pair[!me]);
}

/* --- scenarios --- */

static void
mixed(enum hob_gil_mode mode, int n, double seconds)
{
    reset(mode, 1);
    memset(&common_lock, 0, sizeof common_lock);
    for (int i = 0; i < n; i++) { new_worker(mix); }
    run_for(seconds);
}

static void mix_2(void)       { mixed(GIL_HOB, 2, 0.3); }
static void mix_8(void)       { mixed(GIL_HOB, 8, 0.3); }
static void mix_40(void)      { mixed(GIL_HOB, 40, 0.4); }
static void mix_cpython(void) { mixed(GIL_CPYTHON, 8, 0.3); }
static void mix_shake(void)   { mixed(GIL_SHAKE, 8, 0.3); }

static void
mix_one_core(void)
{
    reset(GIL_HOB, 0);
    hob_the_gil.n_cores = 1;
    memset(&common_lock, 0, sizeof common_lock);
    for (int i = 0; i < 8; i++) { new_worker(mix); }
    run_for(0.3);
}

static void
starvation(void)
{
    reset(GIL_HOB, 0);
    for (int i = 0; i < 16; i++) { new_worker(compute); }
    double sum = 0, squares = 0;
    uint64_t worst = 0;
    start_workers();
    sleep_ns((uint64_t)(0.8 * factor * 1e9));
    atomic_store(&is_over, 1);
    for (int i = 0; i < n_workers; i++) { pthread_join(workers[i]->thread, NULL); }
    for (int i = 0; i < n_workers; i++) {
        double n = (double)workers[i]->n_done;
        sum += n;
        squares += n * n;
        if (workers[i]->worst_gap > worst) { worst = workers[i]->worst_gap; }
        free(workers[i]);
    }
    if (sum * sum / (16 * squares) < 0.8) { fail("16 computing threads are served unevenly"); }
    if (worst > 1500000000) { fail("a computing thread starves"); }
}

static void
many_sleepers(void)
{
    reset(GIL_HOB, 0);
    new_worker(compute);
    for (int i = 0; i < 200; i++) { new_worker(sleeper); }
    run_for(0.3);
}

static void
ping_pong(void)
{
    reset(GIL_HOB, 0);
    memset(pair, 0, sizeof pair);
    pair[0].is_locked = pair[1].is_locked = true;
    new_worker(ping);
    new_worker(ping);
    run_for(0.3);
}

/* Lock waiters are queued without a wake-up; beside computing threads they must
 * come to their turn all the same. */
static void
ping_beside_compute(void)
{
    reset(GIL_HOB, 0);
    memset(pair, 0, sizeof pair);
    pair[0].is_locked = pair[1].is_locked = true;
    new_worker(ping);
    new_worker(ping);
    new_worker(compute);
    new_worker(compute);
    new_worker(compute);
    start_workers();
    for (int i = 0; i < (int)(10 * factor); i++) {
        uint64_t before = atomic_load(&n_pings);
        int tries = 0;
        while (atomic_load(&n_pings) == before) {
            if (tries++ > 5000) { fail("a lock's waiter is forgotten"); }
            sleep_ns(1000000);
        }
    }
    atomic_store(&is_over, 1);
    join_workers();
}

static _Atomic int n_signals, n_handled;

static void
compute_as_main(worker *w)
{
    while (!atomic_load(&is_over)) {
        unit(w);
        check(w);
        if (atomic_load(&n_signals) != atomic_load(&n_handled)) {
            atomic_store(&hob_the_gil.main_is_wanted, 0);
            atomic_fetch_add(&n_handled, 1);
        }
    }
}

static void
signals(void)
{
    reset(GIL_HOB, 0);
    atomic_store(&n_signals, 0);
    atomic_store(&n_handled, 0);
    worker *m = new_worker(compute_as_main);
    hob_the_gil.main_thread = &m->state.gil;
    for (int i = 0; i < 4; i++) { new_worker(compute); }
    start_workers();
    for (int i = 0; i < (int)(50 * factor); i++) {
        atomic_fetch_add(&n_signals, 1);
        hob_gil_want_main(&hob_the_gil);
        hob_breaker_set(&interp, BREAK_GIL);
        for (int tries = 0; atomic_load(&n_handled) != atomic_load(&n_signals); tries++) {
            if (tries > 50000) { fail("the main thread is not let in for a signal"); }
            sleep_ns(100000);
        }
    }
    atomic_store(&is_over, 1);
    join_workers();
}

/* The child of a fork has one thread, and everything works there. */
static void
forks(worker *w)
{
    for (int i = 0; i < (int)(20 * factor); i++) {
        for (int k = 0; k < 100; k++) {
            unit(w);
            check(w);
        }
        pid_t pid = fork();
        if (pid == 0) {
            hob_gil_after_fork(&w->state.gil);
            for (int k = 0; k < 1000; k++) {
                check(w);
                drop(w);
                take(w, WHY_IO);
            }
            hob_lock lock = {0};
            hob_lock_acquire(&lock, -1, false);
            if (hob_lock_acquire(&lock, 100000, false) != PY_LOCK_FAILURE) { _exit(2); }
            hob_lock_release(&lock);
            if (common_lock.first && hob_fork_era == common_lock.era) { _exit(3); }
            _exit(hob_gil_is_owner(&hob_the_gil, &w->state.gil) ? 0 : 4);
        }
        int how = -1;
        drop(w);
        waitpid(pid, &how, 0);
        take(w, WHY_IO);
        if (how != 0) { fail("the child of a fork cannot go on"); }
    }
    atomic_store(&is_over, 1);
}

static void
forking(void)
{
    reset(GIL_HOB, 0);
    memset(&common_lock, 0, sizeof common_lock);
    new_worker(forks);
    for (int i = 0; i < 4; i++) { new_worker(mix); }
    start_workers();
    join_workers();
}

/* After hob_gil_close only the finaliser runs, and it can drop and take. */
static void
finalise(worker *w)
{
    for (int i = 0; i < 2000; i++) {
        unit(w);
        check(w);
    }
    __atomic_store_n(&_PyRuntime.finalizing, &w->state.ts, __ATOMIC_RELEASE);
    hob_gil_close(&hob_the_gil);
    uint64_t n = shared;
    for (int i = 0; i < 1000; i++) {
        drop(w);
        if (i % 100 == 0) { sleep_ns(100000); }
        take(w, WHY_IO);
    }
    _exit(shared == n ? 0 : 5);
}

static void
finalising(void)
{
    for (int i = 0; i < (int)(10 * factor); i++) {
        pid_t pid = fork();
        if (pid == 0) {
            alarm(20);
            reset(GIL_HOB, 0);
            memset(&common_lock, 0, sizeof common_lock);
            worker *last = new_worker(finalise);
            for (int k = 0; k < 8; k++) { new_worker(mix); }
            start_workers();
            pthread_join(last->thread, NULL);
            _exit(6);
        }
        int how = -1;
        waitpid(pid, &how, 0);
        if (how != 0) { fail("finalisation hangs, or another thread ran after it"); }
        atomic_fetch_add(&n_units, 1);
    }
}

/* The same seed, the same order of threads. */
static uint64_t order;

static void
log_order(worker *w)
{
    for (int i = 0; i < 2000; i++) {
        unit(w);
        order = order * 31 + (uint64_t)w->random;
        check(w);
    }
}

static void
gather(worker *w)
{
    for (int i = 1; i < n_workers; i++) {
        pthread_create(&workers[i]->thread, NULL, worker_main, workers[i]);
        hob_gil_await_arrival(&workers[i]->state.gil);
    }
    log_order(w);
}

static uint64_t
shaken(uint64_t seed)
{
    reset(GIL_SHAKE, seed);
    order = 0;
    new_worker(gather);
    for (int i = 0; i < 4; i++) { new_worker(log_order); }
    if (pthread_create(&workers[0]->thread, NULL, worker_main, workers[0]) != 0) { abort(); }
    join_workers();                     /* the first has started the others by the time it ends */
    return order;
}

static void
replay(void)
{
    uint64_t one = shaken(1), two = shaken(2);
    if (one == two) { fail("another seed decides the same"); }
    if (shaken(1) != one || shaken(2) != two) { fail("the same seed decides otherwise"); }
}

static const struct {
    const char *name;
    void (*run)(void);
} scenarios[] = {
    {"mix_2", mix_2}, {"mix_8", mix_8}, {"mix_40", mix_40}, {"mix_cpython", mix_cpython},
    {"mix_shake", mix_shake}, {"mix_one_core", mix_one_core}, {"starvation", starvation},
    {"many_sleepers", many_sleepers}, {"ping_pong", ping_pong},
    {"ping_beside_compute", ping_beside_compute}, {"signals", signals}, {"forking", forking},
    {"replay", replay}, {"finalising", finalising},
};

int
main(int argc, char **argv)
{
    if (argc > 1) { factor = atof(argv[1]); }
    int n = 0;
    pthread_t dog;
    for (size_t i = 0; i < ARRAY_LEN(scenarios); i++) {
        scenario = scenarios[i].name;
        if (argc > 2 && !strstr(scenario, argv[2])) { continue; }
        if (!n++ && pthread_create(&dog, NULL, watchdog, NULL) != 0) { abort(); }
        uint64_t start = hob_clock_ns();
        scenarios[i].run();
        if (argc > 1) {
            printf("%-20s ok, %llu switches, %.1f s\n", scenario,
                   (unsigned long long)hob_the_gil.n_switches,
                   (double)(hob_clock_ns() - start) / 1e9);
            fflush(stdout);
        }
    }
    printf("the GIL alone: %d scenarios ok\n", n);
    return 0;
}

/* gil.pml -- the protocol of src/state/gil.c, for spin to try every order of.
 *
 * What is here   word (owner and low bit), nap and futex of each thread, the queues
 *                with urgent ones first, has_timer, asked; take, drop, check, a lock's
 *                acquire (also with a limit) and release, step by step as in gil.c.
 *                What the queue lock guards is one step where nobody else looks at it.
 * What is not    Clocks.  Whether a waiter is seen on a core, whether it spins and for
 *                how long is left open: every answer is tried.  A timer may end a nap
 *                at any time, and then the slice is used up (TIMERS); without TIMERS it
 *                never does, so nothing that a timer would put right stays hidden.
 * Checked        assert: one owner, one holder of the lock.  No deadlock: everybody
 *                comes to the end.  TIMERS: beside a thread that computes for
 *                ever the others come to their end all the same (ltl served).
 * Broken         -DBREAK=n leaves out one thing that the protocol needs; each must be
 *                found out.  tests/gil/model.py runs all of it.
 */
#if RUN == 5 || RUN == 6 || RUN == 8
#define N 2
#else
#define N 3
#endif
#ifndef BREAK
#define BREAK 0
#endif
#define OVERTAKE_MAX 1

#define AWAKE   0
#define GRANTED 1
#define COME    2
#define ASLEEP  3

byte owner;                             /* thread + 1, 0: nobody */
bit  low;                               /* somebody queues */
bit  queue_lock;
byte queue[N], n_queue;                 /* in order of arrival */
bit  queued[N], urgent[N], has_timer[N], overtaken[N];
byte nap[N];
bit  sleeping[N];                       /* in the kernel */
bit  asked, spent;
bit  locked;                            /* a lock of Python code, and who waits for it */
byte waiting[N], n_waiting;
bit  waits[N];
byte inside, holding, n_ended;

#define FREE_AND_AWAITED (owner == 0 && low)

#ifdef TIMERS                           /* in turn: being passed over for ever is not the question */
byte ticket, serving;
inline lock_queue()   { d_step { mine = ticket; ticket = (ticket + 1) % (N + 1) }; serving == mine }
inline unlock_queue() { d_step { serving = (serving + 1) % (N + 1); mine = 0 } }
#else
inline lock_queue()   { atomic { queue_lock == 0 -> queue_lock = 1 } }
inline unlock_queue() { queue_lock = 0 }
#endif

/* x: the first urgent one, else the first; N if there is none */
inline peek(x) {
    d_step {
        x = N; i = 0;
        do
        :: i < n_queue && x == N && urgent[queue[i]] -> x = queue[i]
        :: i < n_queue -> i++
        :: else -> break
        od;
        if
        :: x == N && n_queue > 0 -> x = queue[0]
        :: else
        fi;
        i = 0
    }
}

#define MAY_PASS(t, x) t != x && queued[t] && urgent[t] && nap[t] == AWAKE

/* x: the first; while it does not spin perhaps an urgent one that does, but not for ever */
inline choose(x) {
    peek(x);
    atomic {
        if
        :: x < N && nap[x] != AWAKE && overtaken[x] < OVERTAKE_MAX ->
            if
            :: MAY_PASS(0, x) -> overtaken[x] = overtaken[x] + 1; x = 0
            :: MAY_PASS(1, x) -> overtaken[x] = overtaken[x] + 1; x = 1
#if N > 2
            :: MAY_PASS(2, x) -> overtaken[x] = overtaken[x] + 1; x = 2
#endif
            :: true
            fi
        :: else
        fi
    }
}

inline push(t, is_urgent, at_front) {
    d_step {
        if
        :: at_front ->
            i = n_queue;
            do
            :: i > 0 -> queue[i] = queue[i - 1]; i--
            :: else -> break
            od;
            queue[0] = t
        :: else -> queue[n_queue] = t
        fi;
        n_queue++;
        urgent[t] = is_urgent; overtaken[t] = 0; queued[t] = 1; i = 0
    }
}

inline unlink(t) {
    d_step {
        i = 0;
        do
        :: queue[i] != t -> i++
        :: else -> break
        od;
        do
        :: i < n_queue - 1 -> queue[i] = queue[i + 1]; i++
        :: else -> break
        od;
        n_queue--; queue[n_queue] = 0; queued[t] = 0; i = 0
    }
}

inline become_owner(t) {
    d_step { owner = t + 1; low = n_queue > 0; spent = 0 };
    peek(j);
    d_step {
        asked = 0;
        if
#if BREAK != 2
        :: j < N && !has_timer[j] -> asked = 1
#endif
        :: else
        fi;
        j = 0
    }
}

/* the queue is locked before and unlocked after */
inline grant(t) {
    unlink(t);
    become_owner(t);
    d_step { was = nap[t]; nap[t] = GRANTED };
    unlock_queue();
    if
    :: was == ASLEEP -> sleeping[t] = 0
    :: else
    fi;
    was = 0
}

inline wake_and_unlock(t) {
    d_step {
        was = nap[t];
        if
        :: was == ASLEEP -> nap[t] = COME
        :: else
        fi
    };
    unlock_queue();
    if
    :: was == ASLEEP -> sleeping[t] = 0
    :: else
    fi;
    was = 0
}

/* ahead: the urgent one behind next, which slept and is to come; N if there is none */
inline call_ahead() {
    d_step {
        ahead = N; i = 0;
        do
        :: i < n_queue && ahead == N && urgent[queue[i]] && queue[i] != next -> ahead = queue[i]
        :: i < n_queue -> i++
        :: else -> break
        od;
        if
        :: ahead < N && (!urgent[next] || !has_timer[ahead] || nap[ahead] != ASLEEP) -> ahead = N
        :: ahead < N && urgent[next] && has_timer[ahead] && nap[ahead] == ASLEEP ->
            nap[ahead] = COME
        :: else
        fi;
        i = 0
    }
}

inline run_on(t) {
    if
    :: nap[t] == AWAKE -> asked = 1
    :: else
    fi;
    wake_and_unlock(t)
}

/* sleep while nap is ASLEEP, perhaps until a timer */
inline futex_wait(me, timed) {
    atomic {
        if
        :: nap[me] == ASLEEP -> sleeping[me] = 1
        :: else
        fi
    };
    if
    :: !sleeping[me]
    :: timed && sleeping[me] -> sleeping[me] = 0; timed_out = 1
    fi
}

#ifdef TIMERS
#define TIMER 1
#else
#define TIMER 0
#endif

/* me is queued; at the end it owns the stove */
inline wait_turn(me) {
    do
    :: nap[me] == GRANTED -> break
    :: else ->
        timed_out = 0;
        if
        :: nap[me] != AWAKE                             /* spinning, it saw that .. */
        :: FREE_AND_AWAITED && queued[me]
        :: atomic { nap[me] == AWAKE -> nap[me] = ASLEEP };     /* .. or nothing */
            if
#if BREAK != 1
            :: FREE_AND_AWAITED
#endif
            :: else -> futex_wait(me, TIMER)
            fi;
            atomic {
                if
                :: nap[me] == ASLEEP -> nap[me] = COME
                :: else
                fi
            }
        fi;
        if
        :: nap[me] == GRANTED -> break
        :: else
        fi;
        lock_queue();
        if
        :: nap[me] == GRANTED -> unlock_queue(); break
        :: nap[me] != GRANTED && FREE_AND_AWAITED ->
            unlink(me); become_owner(me); nap[me] = GRANTED; unlock_queue(); break
        :: else ->
            nap[me] = AWAKE;
            d_step {
                if
                :: timed_out -> spent = 1; timed_out = 0
                :: else
                fi
            };
            peek(j);
            d_step {
                if
                :: spent || (j == me && urgent[me]) -> asked = 1
                :: else
                fi;
                j = 0
            };
            has_timer[me] = 1;
            unlock_queue()
        fi
    od;
    timed_out = 0
}

/* the queue is locked; got: me took the stove */
inline take_if_free(me) {
    got = 0;
    if
    :: atomic { owner == 0 && !low -> owner = me + 1; got = 1 }
    :: FREE_AND_AWAITED ->
        peek(j);
        if
        :: overtaken[j] < OVERTAKE_MAX -> overtaken[j] = overtaken[j] + 1; become_owner(me); got = 1
        :: else
        fi;
        j = 0
    :: atomic { owner != 0 -> low = 1 }
    fi
}

inline enter(me) { inside++; assert(inside == 1 && owner == me + 1) }
inline leave()   { inside-- }

inline take(me, is_urgent) {
    if
#if BREAK == 4
    :: atomic { owner == 0 -> owner = me + 1 }
#else
    :: atomic { owner == 0 && !low -> owner = me + 1 }
#endif
    :: else ->
        lock_queue();
        take_if_free(me);
        if
        :: got -> unlock_queue()
        :: else ->
            nap[me] = AWAKE;
            push(me, is_urgent, 0);
            has_timer[me] = 1;
            if
            :: is_urgent && owner != 0 -> asked = 1
            :: else
            fi;
            unlock_queue();
            wait_turn(me)
        fi;
        got = 0
    fi;
    enter(me)
}

inline drop(me) {
    leave();
    if
#if BREAK == 3
    :: atomic { owner == me + 1 -> owner = 0 }
#else
    :: atomic { owner == me + 1 && !low -> owner = 0 }
    :: atomic { owner == me + 1 && low -> skip };
        lock_queue();
        choose(next);
        if
        :: next == N -> d_step { owner = 0; low = 0 }; unlock_queue()
        :: else ->
            call_ahead();
            if
            :: overtaken[next] == OVERTAKE_MAX || nap[next] == AWAKE -> grant(next)
            :: overtaken[next] < OVERTAKE_MAX ->
                d_step { owner = 0; low = 1 };
                asked = 0;
                wake_and_unlock(next)
            fi;
            if
            :: ahead < N -> sleeping[ahead] = 0
            :: else
            fi;
            ahead = 0
        fi;
        next = 0
#endif
    fi
}

/* a check point of the owner */
inline check(me) {
    if
    :: asked ->
        leave();
        lock_queue();
        asked = 0;
        choose(next);
        if
        :: next == N -> unlock_queue()
        :: next < N && !urgent[next] && !spent ->
            if
#if BREAK == 2
            :: true -> unlock_queue()
#else
            :: has_timer[next] -> unlock_queue()
            :: else -> run_on(next)
#endif
            fi
        :: next < N && (urgent[next] || spent) ->
            if
            :: nap[next] != AWAKE && !overtaken[next] -> overtaken[next] = 1; run_on(next)
            :: true ->
                nap[me] = AWAKE;
                if
                :: spent -> push(me, 0, 0)
                :: else -> push(me, 0, 1)
                fi;
                has_timer[me] = 1;
                grant(next);
                wait_turn(me)
            fi
        fi;
        next = 0;
        enter(me)
    :: else
    fi
}

/* me owns the stove; limited: it may give up, then got_lock is 0 */
inline acquire(me, limited) {
    got_lock = 0;
    do
    :: !locked -> locked = 1; got_lock = 1; break
    :: else ->
        d_step { waiting[n_waiting] = me; n_waiting++; waits[me] = 1 };
        nap[me] = AWAKE;
        drop(me);
        late = 0;
        do                                              /* sleep_for_lock */
        :: queued[me] || late -> break
        :: nap[me] != AWAKE -> break
        :: !queued[me] && !late && nap[me] == AWAKE ->
            if
            :: nap[me] != AWAKE
            :: atomic { nap[me] == AWAKE -> nap[me] = ASLEEP };
                timed_out = 0;
                if
                :: queued[me]
                :: else -> futex_wait(me, limited)
                fi;
                atomic {
                    if
                    :: nap[me] == ASLEEP -> nap[me] = AWAKE; late = timed_out
                    :: else
                    fi;
                    timed_out = 0
                }
            fi
        od;
        if
        :: nap[me] == GRANTED
        :: else ->
            lock_queue();
            got = 0;
            if
            :: nap[me] == GRANTED -> got = 1
            :: nap[me] != GRANTED && !queued[me] ->
                take_if_free(me);
                if
                :: got
                :: else -> push(me, 1, 0)
                fi
            :: else
            fi;
            if
            :: got -> unlock_queue()
            :: else -> nap[me] = AWAKE; has_timer[me] = 1; unlock_queue(); wait_turn(me)
            fi;
            got = 0
        fi;
        enter(me);
        if
        :: waits[me] ->
            d_step {
                i = 0;
                do
                :: waiting[i] != me -> i++
                :: else -> break
                od;
                do
                :: i < n_waiting - 1 -> waiting[i] = waiting[i + 1]; i++
                :: else -> break
                od;
                n_waiting--; waiting[n_waiting] = 0; waits[me] = 0; i = 0
            }
        :: else
        fi;
        if
        :: late && locked -> break
        :: else
        fi
    od;
    if
    :: got_lock -> holding++; assert(holding == 1)
    :: else
    fi
}

inline release(me) {
    holding--;
    locked = 0;
    if
    :: n_waiting > 0 ->
        d_step {
            next = waiting[0]; i = 0;
            do
            :: i < n_waiting - 1 -> waiting[i] = waiting[i + 1]; i++
            :: else -> break
            od;
            n_waiting--; waiting[n_waiting] = 0; waits[next] = 0; i = 0
        };
        lock_queue();
        if
        :: !queued[next] ->
            low = 1;
            if
            :: push(next, 0, 0)
            :: push(next, 1, 0)
            fi;
            has_timer[next] = 0;
            asked = 1
        :: else
        fi;
        unlock_queue();
        next = 0
    :: else
    fi
}

#define LOCALS byte i, j, was, next, ahead, mine; bit got, timed_out, late, got_lock

/* --- threads --- */

proctype io(byte me; byte rounds) {
    LOCALS;
    do
    :: rounds > 0 -> take(me, 1); check(me); drop(me); rounds--
    :: else -> break
    od;
    n_ended++
}

proctype compute(byte me; byte rounds) {
    LOCALS;
    take(me, 0);
    do
    :: rounds > 0 -> check(me); rounds--
    :: else -> break
    od;
    drop(me);
    n_ended++
}

/* computes for ever; before that, perhaps, it lets go of a lock that others want */
proctype endless(byte me; bit has_lock) {
    LOCALS;
    take(me, 0);
    if
    :: has_lock ->
        acquire(me, 0);
        check(me);
        release(me)
    :: else
    fi;
end:
    do
    :: true -> check(me)
    od
}

proctype locker(byte me; byte rounds; bit limited) {
    LOCALS;
    take(me, 0);
    do
    :: rounds > 0 ->
        acquire(me, limited);
        check(me);
        if
        :: got_lock -> release(me)
        :: else
        fi;
        rounds--
    :: else -> break
    od;
    drop(me);
    n_ended++
}

/* --- what is tried --- */

#if RUN == 1                            /* back and forth between I/O */
init { atomic { run io(0, 2); run io(1, 2); run io(2, 1) } }
#elif RUN == 2                          /* computing and I/O */
init { atomic { run compute(0, 2); run compute(1, 1); run io(2, 2) } }
#elif RUN == 3                          /* a lock, two who want it and one who does not care */
init { atomic { run locker(0, 2, 0); run locker(1, 2, 0); run io(2, 1) } }
#elif RUN == 4                          /* waits for the lock that may end early */
init { atomic { run locker(0, 2, 1); run locker(1, 2, 0); run compute(2, 1) } }
#elif RUN == 5                          /* beside one that never stops */
init { atomic { run endless(0, 1); run locker(1, 1, 0) } }
ltl served { <> (n_ended == 1) }
#elif RUN == 6
init { atomic { run endless(0, 0); run io(1, 1) } }
ltl served { <> (n_ended == 1) }
#elif RUN == 7
init { atomic { run locker(0, 2, 0); run locker(1, 2, 0); run locker(2, 1, 1) } }
#elif RUN == 8                          /* two, often */
init { atomic { run locker(0, 3, 1); run locker(1, 3, 0) } }
#elif RUN == 9                          /* three, once */
init { atomic { run locker(0, 1, 0); run locker(1, 1, 0); run io(2, 1) } }
#endif
